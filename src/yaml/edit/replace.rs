//! Writes a value in the place of another one, with what stands around it: comments, anchors, tags.

use std::ops::Range;

use serde_json::Value;

use super::outline::{Id, Kind, Node, Style};
use super::pen::{Manner, Written};
use super::scalar::{as_block, digit, in_one_line};
use super::splices::{Slot, Splices};

/// Where a value begins, behind the colon or dash, the anchor and the tag.
pub(super) fn begin(node: &Node, slot: Slot) -> usize {
    let properties = [&node.anchor, &node.tag];
    let ends = properties.into_iter().flatten().map(|range| range.end);
    ends.chain(slot.lead).max().unwrap_or(node.range.start)
}

impl Splices<'_> {
    /// Writes a new value in the place of a node outside of every flow.
    pub(super) fn replace_by(&mut self, id: Id, value: &Value, slot: Slot) {
        let written = self.written(id, value, slot);
        self.drop_tag(self.outline.node(id), value);
        self.replace(id, written, slot);
    }

    /// A new value as it is written in the place of a node.
    fn written(&self, id: Id, value: &Value, slot: Slot) -> Written {
        let node = self.outline.node(id);
        if let Value::String(text) = value {
            let old = self.text.slice(node.range.clone());
            let style = match node.kind {
                Kind::Scalar(style) => Some(style),
                _ => None,
            };
            let is_block = matches!(style, Some(Style::Literal | Style::Folded));
            if text.contains('\n') || is_block {
                let style = style.unwrap_or(Style::Plain);
                if let Some(block) = as_block(text, style, old, self.column_of_block(node, slot)) {
                    return block;
                }
            }
            return Written {
                inline: in_one_line(text, style, old, false),
                below: Vec::new(),
            };
        }
        if slot.is_item {
            let manner = Manner {
                quotes: None,
                is_block: slot.is_block,
            };
            return self.pen.behind_dash(value, slot.column, manner);
        }
        let from = self.text.column(begin(node, slot)) + 1;
        self.pen.value(value, slot.column, from)
    }

    /// In which column the lines of a block begin: where they do already, or where new ones would.
    fn column_of_block(&self, node: &Node, slot: Slot) -> usize {
        let digit = digit(self.text.slice(node.range.clone()));
        if let Some(digit) = digit.and_then(|digit| digit.to_digit(10)) {
            return slot.column + usize::try_from(digit).unwrap_or_default();
        }
        let mut line = self.text.next_line(node.range.start);
        while matches!(node.kind, Kind::Scalar(Style::Literal | Style::Folded))
            && line < node.range.end
        {
            let written = self.text.line_from(line);
            let bare = written.trim_start_matches(' ');
            if !bare.is_empty() {
                return written.len() - bare.len();
            }
            line = self.text.next_line(line);
        }
        let step = if slot.is_item { 2 } else { self.pen.layout.map };
        slot.column + step
    }

    /// Writes what is new in the place of a node.
    pub(super) fn replace(&mut self, id: Id, written: Written, slot: Slot) {
        let node = self.outline.node(id);
        let begin = begin(node, slot);
        if slot.lead.is_none() && slot.column > 0 {
            self.is_unsure = true;
            return;
        }
        match &node.kind {
            Kind::Nothing => self.behind(begin, begin..begin, written),
            Kind::Scalar(Style::Literal | Style::Folded) => {
                self.in_place_of_block(begin, node, written);
            }
            Kind::Map(units) | Kind::List(units) if !units.is_flow => {
                let end = self.text.line_end(node.range.end);
                let first = units
                    .list
                    .first()
                    .map_or(node.range.start, |unit| unit.start);
                if slot.lead.is_none() || !self.text.begins_line(first) {
                    let Written { inline, below } = written;
                    let new = inline + &self.below(&below);
                    self.put(first..end, new);
                } else {
                    let line = self.text.line_end(begin);
                    let Written { inline, below } = written;
                    let below = self.below(&below);
                    self.put(line..end, below);
                    let below = Vec::new();
                    self.behind(begin, begin..begin, Written { inline, below });
                }
            }
            _ => self.behind(begin, node.range.clone(), written),
        }
    }

    /// A tag says what a scalar is, and another one is something else.
    fn drop_tag(&mut self, node: &Node, value: &Value) {
        let Some(tag) = node.tag.clone() else { return };
        let is_text = value.is_string() && self.text.slice(tag.clone()) == "!!str";
        if is_text || !matches!(node.kind, Kind::Scalar(_)) {
            return;
        }
        let rest = self.text.line_from(tag.end);
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        self.put(tag.start..tag.end + blanks, "");
    }

    /// Writes in the place of a range behind a colon or a dash that ends at `begin`.
    pub(super) fn behind(&mut self, begin: usize, old: Range<usize>, written: Written) {
        let Written { mut inline, below } = written;
        let is_new = old.is_empty();
        let mut old = old;
        if inline.is_empty() {
            // No blank stays at the end of the line.
            let gap = self.text.slice(begin..old.start);
            if gap.bytes().all(|byte| byte == b' ') {
                old.start = begin;
            }
        } else if is_new {
            inline.insert(0, ' ');
        }
        let line = self.text.line_end(old.end);
        self.keep_comment(&old, &inline);
        // What stands on the line comes first, also where the line ends right there.
        self.put(old, inline);
        if !below.is_empty() {
            let below = self.below(&below);
            self.put(line..line, below);
        }
    }

    /// Keeps the comment behind a value in its column, as far as the length of the new one allows it.
    fn keep_comment(&mut self, old: &Range<usize>, inline: &str) {
        let Some(comment) = self.text.comment_behind(old.end) else {
            if old.is_empty() || inline.is_empty() {
                self.put(old.end..self.text.line_end(old.end), "");
            }
            return;
        };
        let gap = self.text.slice(old.end..comment);
        let is_in_one_line = !self.text.slice(old.clone()).contains('\n') && !inline.contains('\n');
        if !is_in_one_line || gap.contains('\t') {
            return;
        }
        if inline.is_empty() && gap.len() == 1 {
            // Nothing says that it stands in a column with others.
            return;
        }
        let end = self.text.column(old.start) + inline.chars().count();
        let blanks = self.text.column(comment).saturating_sub(end).max(1);
        self.put(old.end..comment, " ".repeat(blanks));
    }

    /// Writes in the place of a block text, whose first line may end in a comment.
    fn in_place_of_block(&mut self, begin: usize, node: &Node, written: Written) {
        let start = node.range.start;
        let header = self.text.line_from(start);
        let length = header.find([' ', '\t', '#']).unwrap_or(header.len());
        let line = self.text.line_end(start);
        let end = self.text.line_end(node.range.end).max(line);
        let Written { inline, below } = written;
        let below = self.below(&below);
        self.put(line..end, below);
        let mut old = start..start + length;
        let gap = self.text.slice(begin..start);
        if inline.is_empty() && gap.bytes().all(|byte| byte == b' ') {
            old.start = begin;
        }
        self.keep_comment(&old, &inline);
        self.put(old, inline);
    }
}
