//! Carries out edits on what is wanted, and says why one cannot be.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map as Object, Value};

use super::super::raw::Raw;
use super::Step;
use super::inside;
use super::known::is_same;
use super::lists::{Piece, pieces};
use super::outline::{Id, Kind, Outline};
use super::wanted::{Entries, Entry, Item, Origin, Want};

/// Why an edit cannot be carried out: what has to be done by hand, and at which byte.
pub(super) type No = (usize, String);

/// A value on the way of an edit.
pub(super) struct Here<'w, 'a> {
    pub(super) want: &'w mut Want<'a>,
    /// What it is in the text.
    pub(super) node: Option<Id>,
    /// Why nothing below may be changed.
    pub(super) blocked: Option<No>,
}

/// Carries out the edits of one document.
pub(super) struct Maker<'m, 'a> {
    pub(super) text: &'a str,
    pub(super) outline: &'a Outline,
    pub(super) looked_at: &'m mut usize,
}

/// The value that the rest of a way is to lead to.
fn nested(way: &[Step], to: &Value) -> Option<Value> {
    way.iter()
        .rev()
        .try_fold(to.clone(), |value, step| match step {
            Step::Key(key) => Some(Value::Object(Object::from_iter([(key.clone(), value)]))),
            Step::Index(0) => Some(Value::Array(vec![value])),
            Step::Index(_) => None,
        })
}

impl<'a> Maker<'_, 'a> {
    /// Where something stands that is refused.
    pub(super) fn byte(&self, node: Option<Id>) -> usize {
        node.map_or(0, |id| self.outline.node(id).range.start)
    }

    pub(super) fn anchor_name(&self, at: usize) -> &'a str {
        let rest = self.text.get(at + 1..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Why nothing below an alias may be changed.
    pub(super) fn is_alias(&self, alias: Id, what: &str) -> No {
        let at = self.outline.node(alias).range.start;
        let why = match self.outline.meaning(alias) {
            Some(anchor) => format!(
                "{what} comes from the anchor `&{}` on line {}, which other places may use",
                self.anchor_name(anchor.at),
                self.outline.line(anchor.at),
            ),
            None => format!("{what} comes from an anchor"),
        };
        (at, why)
    }

    /// Why a value may not be changed: something else uses it.
    fn is_used(&self, id: Id) -> Option<No> {
        let line = self.outline.first_use(id)?;
        let anchor = self.outline.node(id).anchor.as_ref()?;
        let name = self.anchor_name(anchor.start);
        let why = format!("the anchor `&{name}` holds it, and line {line} uses that, too");
        Some((anchor.start, why))
    }

    /// Why a stretch of the text may not go: something else uses a part of it.
    pub(super) fn is_needed(&self, range: &Range<usize>) -> Option<No> {
        let (at, line) = self.outline.used_outside(range)?;
        let name = self.anchor_name(at);
        let why = format!("the anchor `&{name}` stands in it, and line {line} uses that");
        Some((at, why))
    }

    /// Takes a map or a list of the text apart, so that its members can be edited.
    pub(super) fn open(&mut self, want: &mut Want<'a>, node: Option<Id>) -> Result<(), No> {
        let Want::Kept(raw) = want else { return Ok(()) };
        let Some(id) = node else { return Ok(()) };
        let units = self.outline.units(id);
        let unsure = || {
            let why = "it is not certain what stands where here".to_owned();
            (self.outline.node(id).range.start, why)
        };
        match raw {
            Raw::Map(read) => {
                let units = units.ok_or_else(unsure)?;
                let own = units.list.iter().filter(|unit| !unit.merges).count();
                let merge = units.list.iter().find(|unit| unit.merges);
                *self.looked_at += units.list.len();
                if own > read.len() || (own < read.len() && merge.is_none()) {
                    return Err(unsure());
                }
                let mut entries = Entries::default();
                let mut read = read.iter();
                let places = units.list.iter().enumerate();
                for (at, unit) in places.filter(|(_, unit)| !unit.merges) {
                    let (key, raw) = read.next().ok_or_else(unsure)?;
                    let written = self.text.get(unit.key.clone()).unwrap_or_default();
                    let is_plain = !written.starts_with(['"', '\'']) && !written.contains('\n');
                    if is_plain && written != &**key {
                        return Err(unsure());
                    }
                    entries.add(Entry {
                        key: Arc::clone(key),
                        origin: Origin::Own(at, unit.value),
                        value: Want::Kept(raw),
                        is_gone: false,
                        is_renamed: false,
                    });
                }
                if let Some(merge) = merge {
                    for (key, raw) in read {
                        entries.add(Entry {
                            key: Arc::clone(key),
                            origin: Origin::Merged(merge.value),
                            value: Want::Kept(raw),
                            is_gone: false,
                            is_renamed: false,
                        });
                    }
                }
                *want = Want::Map(entries);
            }
            Raw::List(read) => {
                let units = units.ok_or_else(unsure)?;
                *self.looked_at += units.list.len();
                if units.list.len() != read.len() {
                    return Err(unsure());
                }
                let both = units.list.iter().zip(read).enumerate();
                let items = both.map(|(at, (unit, raw))| Item {
                    from: Some((at, unit.value)),
                    value: Want::Kept(raw),
                });
                *want = Want::List {
                    items: items.collect(),
                    before: read.len(),
                };
            }
            _ => {}
        }
        Ok(())
    }

    /// Goes on from a value that may be changed, if nothing forbids it.
    pub(super) fn pass<'w>(&self, mut here: Here<'w, 'a>) -> Here<'w, 'a> {
        let used = here.node.and_then(|id| self.is_used(id));
        here.blocked = here.blocked.or(used);
        here
    }

    pub(super) fn set(&mut self, here: Here<'_, 'a>, way: &[Step], to: &Value) -> Result<(), No> {
        let Some((step, below)) = way.split_first() else {
            return self.assign(here, to);
        };
        if let Some(no) = self.aliased(&here, way, Some(to)) {
            return no;
        }
        let here = self.pass(here);
        let byte = self.byte(here.node);
        let new = || nested(below, to).ok_or_else(|| (byte, NO_ITEM.to_owned()));
        if let Want::New(value) = here.want {
            return inside::set(value, way, to).map_err(|why| (byte, why.to_owned()));
        }
        self.open(here.want, here.node)?;
        if let Want::Kept(raw) = here.want {
            if !matches!(raw, Raw::Null) {
                return Err((byte, format!("it would stand inside of {}", raw.what())));
            }
            let value = nested(way, to).ok_or_else(|| (byte, NO_ITEM.to_owned()))?;
            here.blocked.map_or(Ok(()), Err)?;
            *here.want = Want::New(value);
            return Ok(());
        }
        match (here.want, step) {
            (Want::Map(entries), Step::Key(key)) => match entries.find(key) {
                None => {
                    here.blocked.map_or(Ok(()), Err)?;
                    let value = new()?;
                    entries.add_new(key, value);
                    Ok(())
                }
                Some(entry) => self.set_entry(entry, here.blocked, below, to),
            },
            (Want::List { items, .. }, Step::Index(index)) => {
                let count = items.len();
                if let Some(item) = items.get_mut(*index) {
                    let here = Here {
                        node: item.from.map(|(_, node)| node),
                        want: &mut item.value,
                        blocked: here.blocked,
                    };
                    return self.set(here, below, to);
                }
                if *index > count {
                    return Err((byte, format!("the list has {count} items")));
                }
                here.blocked.map_or(Ok(()), Err)?;
                items.push(Item {
                    from: None,
                    value: Want::New(new()?),
                });
                Ok(())
            }
            (Want::Map(_), Step::Index(_)) => Err((byte, "a map has no items".to_owned())),
            _ => Err((byte, "a list has no keys".to_owned())),
        }
    }

    fn set_entry(
        &mut self,
        entry: &mut Entry<'a>,
        blocked: Option<No>,
        below: &[Step],
        to: &Value,
    ) -> Result<(), No> {
        let node = match entry.origin {
            Origin::Own(_, node) => Some(node),
            Origin::New => None,
            Origin::Merged(alias) => {
                let is_there = match &entry.value {
                    Want::Kept(raw) => at_way(raw, below).is_some_and(|raw| is_same(to, raw)),
                    _ => false,
                };
                if is_there {
                    return Ok(());
                }
                return Err(self.is_alias(alias, "it"));
            }
        };
        if entry.is_gone {
            // It comes back, in its old place.
            blocked.map_or(Ok(()), Err)?;
            entry.is_gone = false;
            let value = nested(below, to).ok_or_else(|| (self.byte(node), NO_ITEM.to_owned()))?;
            let here = Here {
                want: &mut entry.value,
                node,
                blocked: None,
            };
            return self.assign(here, &value);
        }
        let here = Here {
            want: &mut entry.value,
            node,
            blocked,
        };
        self.set(here, below, to)
    }

    /// What comes of an edit that goes on inside of an alias: nothing where there is nothing to do.
    pub(super) fn aliased(
        &self,
        here: &Here<'_, 'a>,
        way: &[Step],
        to: Option<&Value>,
    ) -> Option<Result<(), No>> {
        let (Want::Kept(raw), Some(id)) = (&*here.want, here.node) else {
            return None;
        };
        if !matches!(self.outline.node(id).kind, Kind::Alias) {
            return None;
        }
        let is_done = match (at_way(raw, way), to) {
            (Some(raw), Some(to)) => is_same(to, raw),
            (None, None) => true,
            _ => false,
        };
        Some(if is_done {
            Ok(())
        } else {
            Err(self.is_alias(id, "it"))
        })
    }

    /// Makes a value another one, member by member where that is possible.
    fn assign(&mut self, here: Here<'_, 'a>, to: &Value) -> Result<(), No> {
        if let Want::Kept(raw) = here.want
            && is_same(to, raw)
        {
            return Ok(());
        }
        let here = self.pass(here);
        here.blocked.map_or(Ok(()), Err)?;
        let Here { want, node, .. } = here;
        if let Some(id) = node {
            match self.outline.node(id).kind {
                Kind::Alias if to.is_object() || to.is_array() => {
                    return Err(self.is_alias(id, "the value"));
                }
                Kind::Pair => {
                    let why = "an entry stands in a list without braces here".to_owned();
                    return Err((self.byte(node), why));
                }
                _ => {}
            }
            let is_open = matches!(
                (&*want, to),
                (Want::Kept(Raw::Map(_)), Value::Object(_))
                    | (Want::Kept(Raw::List(_)), Value::Array(_))
            );
            if is_open && !matches!(self.outline.node(id).kind, Kind::Alias) {
                self.open(want, node)?;
            }
        }
        match (&mut *want, to) {
            (Want::Map(entries), Value::Object(to)) => self.assign_map(entries, node, to),
            (Want::List { items, .. }, Value::Array(to)) => self.assign_list(items, to),
            _ => {
                if let Some(id) = node
                    && let Some(no) = self.is_needed(&self.outline.node(id).range)
                {
                    return Err(no);
                }
                *want = Want::New(to.clone());
                Ok(())
            }
        }
    }

    fn assign_map(
        &mut self,
        entries: &mut Entries<'a>,
        node: Option<Id>,
        to: &Object<String, Value>,
    ) -> Result<(), No> {
        let gone: Vec<Arc<str>> = (entries.left())
            .filter(|entry| !to.contains_key(&*entry.key))
            .map(|entry| Arc::clone(&entry.key))
            .collect();
        for key in gone {
            self.remove_entry(entries, node, &key)?;
        }
        for (key, to) in to {
            match entries.find(key) {
                Some(entry) => self.set_entry(entry, None, &[], to)?,
                None => entries.add_new(key, to.clone()),
            }
        }
        Ok(())
    }

    fn assign_list(&mut self, items: &mut Vec<Item<'a>>, to: &[Value]) -> Result<(), No> {
        // What earlier edits made of the items is compared by what it is.
        let is_plain = items.iter().all(|item| matches!(item.value, Want::Kept(_)));
        let found = if is_plain {
            let before: Vec<&Raw> = (items.iter())
                .filter_map(|item| match &item.value {
                    Want::Kept(raw) => Some(*raw),
                    _ => None,
                })
                .collect();
            *self.looked_at += before.len() + to.len();
            pieces(&before, to)
        } else {
            let paired = items.len();
            let piece = |at| match at {
                at if at < paired => Piece::Becomes(at, at),
                at => Piece::Added(at),
            };
            (0..to.len()).map(piece).collect()
        };
        let mut before: Vec<Option<Item<'a>>> =
            std::mem::take(items).into_iter().map(Some).collect();
        let take = |before: &mut Vec<Option<Item<'a>>>, at: usize| {
            before.get_mut(at).and_then(Option::take)
        };
        for piece in found {
            match piece {
                Piece::Keeps(old) => items.extend(take(&mut before, old)),
                Piece::Becomes(old, new) => {
                    let item = take(&mut before, old);
                    if let (Some(mut item), Some(to)) = (item, to.get(new)) {
                        let here = Here {
                            node: item.from.map(|(_, node)| node),
                            want: &mut item.value,
                            blocked: None,
                        };
                        self.assign(here, to)?;
                        items.push(item);
                    }
                }
                Piece::Added(new) => items.extend(to.get(new).map(|to| Item {
                    from: None,
                    value: Want::New(to.clone()),
                })),
            }
        }
        for gone in before.into_iter().flatten() {
            self.is_item_needed(&gone)?;
        }
        Ok(())
    }

    pub(super) fn is_item_needed(&self, item: &Item<'_>) -> Result<(), No> {
        let Some((_, id)) = item.from else {
            return Ok(());
        };
        let node = self.outline.node(id);
        let start = node
            .anchor
            .as_ref()
            .map_or(node.range.start, |anchor| anchor.start);
        let no = self.is_needed(&(start..node.range.end));
        no.map_or(Ok(()), Err)
    }
}

/// Why a list cannot begin with an item that is not its first.
const NO_ITEM: &str = "the first item of a new list has the index 0";

/// What stands at the end of a way in what was read.
pub(super) fn at_way<'r>(raw: &'r Raw, way: &[Step]) -> Option<&'r Raw> {
    way.iter().try_fold(raw, |raw, step| match (raw, step) {
        (Raw::Map(_), Step::Key(key)) => raw.get(key),
        (Raw::List(items), Step::Index(index)) => items.get(*index),
        _ => None,
    })
}
