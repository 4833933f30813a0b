//! Collects what is to be written into a text where, and writes it.

use std::ops::Range;

use super::block::Block;
use super::outline::{Id, Kind, Outline};
use super::pen::{Manner, Pen, Written, flow};
use super::text::Text;
use super::wanted::{Entries, Item, Want, Wanted};
use super::{Order, Step};

/// What is to be written into a text.
pub(super) struct Splices<'s> {
    pub(super) text: Text<'s>,
    pub(super) outline: &'s Outline,
    pub(super) pen: Pen,
    /// How lines end.
    pub(super) end: &'static str,
    pub(super) order: Order<'s>,
    /// The way to what is being written.
    pub(super) way: Vec<Step>,
    pub(super) looked_at: usize,
    list: Vec<(Range<usize>, String)>,
    /// Whether something stands where it is not known how to write.
    pub(super) is_unsure: bool,
}

/// What holds a value: the root of a document, an entry of a map or an item of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Where the colon or the dash before the value ends; none at a root.
    pub(super) lead: Option<usize>,
    /// The column of the key or the dash.
    pub(super) column: usize,
    pub(super) is_item: bool,
    /// Whether maps are written as blocks behind the dash.
    pub(super) is_block: bool,
}

impl<'s> Splices<'s> {
    pub(super) fn new(
        text: &'s str,
        outline: &'s Outline,
        end: &'static str,
        order: Order<'s>,
    ) -> Self {
        Self {
            text: Text::of(text),
            outline,
            pen: Pen {
                layout: outline.layout,
            },
            end,
            order,
            way: Vec::new(),
            looked_at: 0,
            list: Vec::new(),
            is_unsure: false,
        }
    }

    /// How many entries and items were looked at.
    pub(super) fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// Writes something in the place of a range.
    pub(super) fn put(&mut self, range: Range<usize>, new: impl Into<String>) {
        let new = new.into();
        if self.text.slice(range.clone()) != new {
            self.list.push((range, new));
        }
    }

    /// Lines with their ends.
    pub(super) fn lines(&self, lines: &[String]) -> String {
        lines
            .iter()
            .flat_map(|line| [line.as_str(), self.end])
            .collect()
    }

    /// Lines each behind a line end.
    pub(super) fn below(&self, lines: &[String]) -> String {
        lines
            .iter()
            .flat_map(|line| [self.end, line.as_str()])
            .collect()
    }

    /// The text with everything written; none where that is not possible.
    pub(super) fn applied(mut self) -> Option<String> {
        if self.is_unsure {
            return None;
        }
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.end());
        let mut from = 0;
        let mut was_removal = false;
        for (range, new) in &self.list {
            if range.start < from {
                // Two removals may share empty lines.
                if was_removal && new.is_empty() {
                    from = from.max(range.end);
                    continue;
                }
                return None;
            }
            was_removal = new.is_empty();
            out.push_str(self.text.slice(from..range.start));
            out.push_str(new);
            from = range.end;
        }
        out.push_str(self.text.slice(from..self.text.end()));
        Some(out)
    }

    /// Writes what is wanted of every document.
    pub(super) fn documents(&mut self, wanted: &Wanted<'_>) {
        for (number, root) in wanted.roots.iter().enumerate() {
            self.way.clear();
            if let Some(node) = root.node {
                let slot = Slot {
                    lead: None,
                    column: 0,
                    is_item: false,
                    is_block: true,
                };
                self.value(&root.value, node, slot);
            } else if let Want::New(value) = &root.value
                && !root.is_empty()
            {
                let open = self.outline.documents.get(number);
                let open = open.map_or(self.text.end(), |document| document.open);
                let lines = self.root(value);
                let new = self.lines(&lines);
                self.put(open..open, new);
            }
        }
    }

    /// The lines of a value at the root of a document.
    fn root(&self, value: &serde_json::Value) -> Vec<String> {
        match value {
            serde_json::Value::Object(map) if !map.is_empty() => (map.iter())
                .flat_map(|(key, value)| self.pen.entry(key, value, 0))
                .collect(),
            serde_json::Value::Array(items) if !items.is_empty() => (items.iter())
                .flat_map(|item| self.pen.item(item, 0, Manner::default()))
                .collect(),
            value => vec![flow(value, None)],
        }
    }

    /// Writes a value that stands outside of every flow.
    pub(super) fn value(&mut self, want: &Want<'_>, node: Id, slot: Slot) {
        match want {
            Want::Kept(_) => {}
            Want::New(value) if slot.lead.is_none() => {
                let mut lines = self.root(value);
                if !lines.is_empty() {
                    let inline = lines.remove(0);
                    let below = lines;
                    self.replace(node, Written { inline, below }, slot);
                }
            }
            Want::New(value) => self.replace_by(node, value, slot),
            Want::Map(entries) => self.map(entries, node, slot),
            Want::List { items, .. } => self.list_of(items, node, slot),
        }
    }

    fn map(&mut self, entries: &Entries<'_>, node: Id, slot: Slot) {
        if super::wanted::is_kept_map(entries) {
            return;
        }
        match &self.outline.node(node).kind {
            Kind::Map(units) if units.is_flow && !units.list.is_empty() => {
                self.whole_flow(&FlowOf::Map(entries), node, slot);
            }
            Kind::Map(units) if !units.is_flow => {
                let block = Block::of_map(self, entries, units, slot);
                self.block(&block, units, node, slot);
            }
            _ => self.value(&Want::New(entries.as_value()), node, slot),
        }
    }

    fn list_of(&mut self, items: &[Item<'_>], node: Id, slot: Slot) {
        match &self.outline.node(node).kind {
            Kind::List(units) if units.is_flow && !units.list.is_empty() => {
                self.whole_flow(&FlowOf::List(items), node, slot);
            }
            Kind::List(units) if !units.is_flow => {
                let block = Block::of_list(self, items, units);
                self.block(&block, units, node, slot);
            }
            _ => {
                let items = items.iter().map(|item| item.value.as_value());
                self.value(&Want::New(items.collect()), node, slot);
            }
        }
    }

    /// Writes a flow anew, with everything that stays as it was.
    fn whole_flow(&mut self, want: &FlowOf<'_, '_>, node: Id, slot: Slot) {
        let inline = match want {
            FlowOf::Map(entries) => self.flow_map(entries, node),
            FlowOf::List(items) => self.flow_list(items, node),
        };
        let range = self.outline.node(node).range.clone();
        if self.text.slice(range) == inline {
            return;
        }
        let below = Vec::new();
        self.replace(node, Written { inline, below }, slot);
    }
}

/// What a flow is to hold.
enum FlowOf<'f, 'a> {
    Map(&'f Entries<'a>),
    List(&'f [Item<'a>]),
}
