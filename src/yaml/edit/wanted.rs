//! What is wanted of a file: its values as they were read, with the edits carried out on them.
//!
//! Only maps and lists that an edit goes through are taken apart; everything else stays what was read.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map as Object, Value};

use super::super::raw::Raw;
use super::inside;
use super::known::is_same;
use super::lists::{Piece, pieces};
use super::outline::{Id, Kind, Outline};
use super::{Edit, MAX_DEPTH, Reason, Refused, Spot, Step, pointer};

/// What is wanted of the documents of a text.
pub(super) struct Wanted<'a> {
    text: &'a str,
    outline: &'a Outline,
    pub(super) roots: Vec<Root<'a>>,
    looked_at: usize,
}

/// A document.
pub(super) struct Root<'a> {
    /// What it holds in the text.
    pub(super) node: Option<Id>,
    pub(super) value: Want<'a>,
}

impl Root<'_> {
    /// Whether it is a map without entries.
    pub(super) fn is_empty(&self) -> bool {
        match &self.value {
            Want::Map(entries) => entries.left().next().is_none(),
            Want::New(Value::Object(map)) => map.is_empty(),
            _ => false,
        }
    }
}

/// A value that is wanted.
pub(super) enum Want<'a> {
    /// What was read.
    Kept(&'a Raw),
    /// Another one.
    New(Value),
    Map(Entries<'a>),
    /// The items, and how many there were before.
    List {
        items: Vec<Item<'a>>,
        before: usize,
    },
}

/// The entries of a map that is edited.
#[derive(Default)]
pub(super) struct Entries<'a> {
    /// Those of the text come first, in its order.
    pub(super) list: Vec<Entry<'a>>,
    index: HashMap<Arc<str>, usize>,
}

pub(super) struct Entry<'a> {
    pub(super) key: Arc<str>,
    pub(super) origin: Origin,
    pub(super) value: Want<'a>,
    pub(super) is_gone: bool,
    pub(super) is_renamed: bool,
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is this unit of its map, with this value.
    Own(usize, Id),
    /// It comes from `<<`; the alias there is this node.
    Merged(Id),
    /// It is new.
    New,
}

pub(super) struct Item<'a> {
    /// Which unit of its list it is, and with which value; none if it is new.
    pub(super) from: Option<(usize, Id)>,
    pub(super) value: Want<'a>,
}

/// Why an edit cannot be carried out: what has to be done by hand, and at which byte.
type No = (usize, String);

/// A value on the way of an edit.
struct Here<'w, 'a> {
    want: &'w mut Want<'a>,
    /// What it is in the text.
    node: Option<Id>,
    /// Why nothing below may be changed.
    blocked: Option<No>,
}

const NULL: &Raw = &Raw::Null;

impl<'a> Wanted<'a> {
    pub(super) fn of(
        text: &'a str,
        outline: &'a Outline,
        documents: &'a [(u32, Raw)],
    ) -> Result<Self, Refused> {
        let mut read: HashMap<usize, &Raw> = HashMap::new();
        for (number, raw) in documents {
            read.insert(usize::try_from(*number).unwrap_or(usize::MAX), raw);
        }
        let mut roots = Vec::new();
        for (number, document) in outline.documents.iter().enumerate() {
            let raw = read.remove(&number).unwrap_or(NULL);
            let value = Want::Kept(raw);
            let node = document.root;
            roots.push(Root { node, value });
        }
        if !read.is_empty() {
            let why = "it is not certain where the documents of this file begin";
            return Err(Refused::file(1, why));
        }
        if roots.is_empty() {
            // A text of comments, or of nothing.
            roots.push(Root {
                node: None,
                value: Want::Kept(NULL),
            });
        }
        Ok(Self {
            text,
            outline,
            roots,
            looked_at: 0,
        })
    }

    /// Whether nothing is to be changed.
    pub(super) fn is_kept(&self) -> bool {
        self.roots.iter().all(|root| is_kept(&root.value))
    }

    /// How many entries and items were looked at.
    pub(super) fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// Carries out an edit.
    pub(super) fn carry_out(&mut self, index: usize, edit: &Edit) -> Result<(), Reason> {
        let at = edit.at();
        self.tried(at, edit).map_err(|(byte, why)| Reason {
            edit: Some(index),
            pointer: at.pointer(),
            line: self.outline.line(byte),
            why,
        })
    }

    fn tried(&mut self, at: &Spot, edit: &Edit) -> Result<(), No> {
        let depth = match edit {
            Edit::Set { to, .. } => depth(to, MAX_DEPTH),
            _ => 0,
        };
        if at.way.len() + depth > MAX_DEPTH {
            return Err((
                0,
                format!("it would nest more than {MAX_DEPTH} levels deep"),
            ));
        }
        let documents = self.roots.len();
        let Some(root) = self.roots.get_mut(at.document) else {
            let why = format!(
                "the file has {documents} documents, and this is number {}",
                at.document + 1
            );
            return Err((self.text.len(), why));
        };
        let mut maker = Maker {
            text: self.text,
            outline: self.outline,
            looked_at: &mut self.looked_at,
        };
        let here = Here {
            node: root.node,
            want: &mut root.value,
            blocked: None,
        };
        match edit {
            Edit::Set { to, .. } => maker.set(here, &at.way, to),
            Edit::Remove { .. } => match at.way.split_last() {
                Some((last, above)) => maker.remove(here, above, last),
                None => Err((0, "the whole of a document is not removed".to_owned())),
            },
            Edit::Rename { key, .. } => match at.way.split_last() {
                Some((Step::Key(last), above)) => maker.rename(here, above, last, key),
                _ => Err((0, "only an entry of a map has a key".to_owned())),
            },
        }
    }

    /// Where what was read from the edited text is not what is wanted: the document, the pointer and why.
    pub(super) fn differs_from(&self, after: &[(u32, Raw)]) -> Option<(usize, String, String)> {
        let mut read: HashMap<usize, &Raw> = HashMap::new();
        for (number, raw) in after {
            read.insert(usize::try_from(*number).unwrap_or(usize::MAX), raw);
        }
        let why = "the edited text would not be read as it is wanted here";
        for (number, root) in self.roots.iter().enumerate() {
            let found = read.remove(&number).unwrap_or(NULL);
            // A document without entries holds nothing.
            if matches!(found, Raw::Null) && root.is_empty() {
                continue;
            }
            let mut way = Vec::new();
            if !is_as_wanted(&root.value, found, &mut way) {
                return Some((number, pointer(&way), why.to_owned()));
            }
        }
        let more = read.keys().min()?;
        Some((*more, String::new(), why.to_owned()))
    }
}

/// The levels of a value, up to a bound.
fn depth(value: &Value, bound: usize) -> usize {
    let deepest = |depths: &mut dyn Iterator<Item = usize>| depths.max().unwrap_or_default() + 1;
    match value {
        Value::Array(_) | Value::Object(_) if bound == 0 => 1,
        Value::Array(items) => deepest(&mut items.iter().map(|item| depth(item, bound - 1))),
        Value::Object(map) => deepest(&mut map.values().map(|value| depth(value, bound - 1))),
        _ => 0,
    }
}

/// Whether a value is what was read.
pub(super) fn is_kept(want: &Want<'_>) -> bool {
    match want {
        Want::Kept(_) => true,
        Want::New(_) => false,
        Want::Map(entries) => is_kept_map(entries),
        Want::List { items, before } => {
            // Where no item came or went, their places tell.
            items.len() == *before
                && items.iter().enumerate().all(|(at, item)| {
                    item.from.is_some_and(|(from, _)| from == at) && is_kept(&item.value)
                })
        }
    }
}

/// Whether a map is what was read.
pub(super) fn is_kept_map(entries: &Entries<'_>) -> bool {
    entries.list.iter().all(|entry| {
        if entry.origin == Origin::New {
            return entry.is_gone;
        }
        !entry.is_gone && !entry.is_renamed && is_kept(&entry.value)
    })
}

fn is_as_wanted(want: &Want<'_>, read: &Raw, way: &mut Vec<Step>) -> bool {
    match want {
        Want::Kept(raw) => **raw == *read,
        Want::New(value) => is_same(value, read),
        Want::List { items, .. } => {
            let Raw::List(read) = read else { return false };
            read.len() == items.len()
                && items
                    .iter()
                    .zip(read)
                    .enumerate()
                    .all(|(at, (item, read))| {
                        way.push(Step::Index(at));
                        let is_same = is_as_wanted(&item.value, read, way);
                        if is_same {
                            way.pop();
                        }
                        is_same
                    })
        }
        Want::Map(entries) => {
            let Raw::Map(read) = read else { return false };
            let read: HashMap<&str, &Raw> =
                read.iter().map(|(key, value)| (&**key, value)).collect();
            let mut count = 0;
            for entry in entries.left() {
                count += 1;
                way.push(Step::Key(entry.key.to_string()));
                let found = read.get(&*entry.key);
                if !found.is_some_and(|found| is_as_wanted(&entry.value, found, way)) {
                    return false;
                }
                way.pop();
            }
            count == read.len()
        }
    }
}

impl Want<'_> {
    /// What is new as a value.
    pub(super) fn as_value(&self) -> Value {
        match self {
            Self::New(value) => value.clone(),
            Self::Map(entries) => entries.as_value(),
            Self::List { items, .. } => items.iter().map(|item| item.value.as_value()).collect(),
            // What was read stands in the text.
            Self::Kept(_) => Value::Null,
        }
    }
}

impl<'a> Entries<'a> {
    /// New entries as a value.
    pub(super) fn as_value(&self) -> Value {
        let left = self.left();
        Value::Object(
            left.map(|entry| (entry.key.to_string(), entry.value.as_value()))
                .collect(),
        )
    }

    /// The entries that do not go.
    pub(super) fn left(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.list.iter().filter(|entry| !entry.is_gone)
    }

    /// The entry of a key, even if it goes.
    fn find(&mut self, key: &str) -> Option<&mut Entry<'a>> {
        let at = self.index.get(key)?;
        self.list.get_mut(*at)
    }

    fn add(&mut self, entry: Entry<'a>) {
        self.index.insert(Arc::clone(&entry.key), self.list.len());
        self.list.push(entry);
    }

    fn add_new(&mut self, key: &str, value: Value) {
        self.add(Entry {
            key: key.into(),
            origin: Origin::New,
            value: Want::New(value),
            is_gone: false,
            is_renamed: false,
        });
    }
}

/// Carries out the edits of one document.
struct Maker<'m, 'a> {
    text: &'a str,
    outline: &'a Outline,
    looked_at: &'m mut usize,
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
    fn byte(&self, node: Option<Id>) -> usize {
        node.map_or(0, |id| self.outline.node(id).range.start)
    }

    fn anchor_name(&self, at: usize) -> &'a str {
        let rest = self.text.get(at + 1..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Why nothing below an alias may be changed.
    fn is_alias(&self, alias: Id, what: &str) -> No {
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
    fn is_needed(&self, range: &std::ops::Range<usize>) -> Option<No> {
        let (at, line) = self.outline.used_outside(range)?;
        let name = self.anchor_name(at);
        let why = format!("the anchor `&{name}` stands in it, and line {line} uses that");
        Some((at, why))
    }

    /// Takes a map or a list of the text apart, so that its members can be edited.
    fn open(&mut self, want: &mut Want<'a>, node: Option<Id>) -> Result<(), No> {
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
    fn pass<'w>(&self, mut here: Here<'w, 'a>) -> Here<'w, 'a> {
        let used = here.node.and_then(|id| self.is_used(id));
        here.blocked = here.blocked.or(used);
        here
    }

    fn set(&mut self, here: Here<'_, 'a>, way: &[Step], to: &Value) -> Result<(), No> {
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
    fn aliased(
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
            let is_open = match (&*want, to) {
                (Want::Kept(Raw::Map(_)), Value::Object(_)) => true,
                (Want::Kept(Raw::List(_)), Value::Array(_)) => true,
                _ => false,
            };
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

    fn is_item_needed(&self, item: &Item<'_>) -> Result<(), No> {
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

    /// Goes to the value at the end of a way, or as far as what is new, and says how far; none where it is
    /// not there.
    fn find<'w>(
        &mut self,
        here: Here<'w, 'a>,
        way: &[Step],
        last: &Step,
    ) -> Result<Option<(Here<'w, 'a>, usize)>, No> {
        let mut here = here;
        for (passed, step) in way.iter().enumerate() {
            let mut rest = way.get(passed..).unwrap_or_default().to_vec();
            rest.push(last.clone());
            if let Some(no) = self.aliased(&here, &rest, None) {
                return no.map(|()| None);
            }
            here = self.pass(here);
            self.open(here.want, here.node)?;
            let blocked = here.blocked;
            here = match (here.want, step) {
                (Want::Map(entries), Step::Key(key)) => {
                    let Some(entry) = entries.find(key).filter(|entry| !entry.is_gone) else {
                        return Ok(None);
                    };
                    let node = match entry.origin {
                        Origin::Own(_, node) => Some(node),
                        Origin::New => None,
                        Origin::Merged(alias) => {
                            let rest = rest.get(1..).unwrap_or_default();
                            let is_there = match &entry.value {
                                Want::Kept(raw) => at_way(raw, rest).is_some(),
                                _ => true,
                            };
                            if is_there {
                                return Err(self.is_alias(alias, "it"));
                            }
                            return Ok(None);
                        }
                    };
                    Here {
                        want: &mut entry.value,
                        node,
                        blocked,
                    }
                }
                (Want::List { items, .. }, Step::Index(index)) => {
                    let Some(item) = items.get_mut(*index) else {
                        return Ok(None);
                    };
                    Here {
                        node: item.from.map(|(_, node)| node),
                        want: &mut item.value,
                        blocked,
                    }
                }
                (want @ Want::New(_), _) => {
                    // What is new is edited as a value.
                    let new = Here {
                        want,
                        node: None,
                        blocked,
                    };
                    return Ok(Some((new, passed)));
                }
                _ => return Ok(None),
            };
        }
        let rest = std::slice::from_ref(last);
        if let Some(no) = self.aliased(&here, rest, None) {
            return no.map(|()| None);
        }
        let here = self.pass(here);
        self.open(here.want, here.node)?;
        Ok(Some((here, way.len())))
    }

    fn remove(&mut self, here: Here<'_, 'a>, above: &[Step], last: &Step) -> Result<(), No> {
        let Some((here, passed)) = self.find(here, above, last)? else {
            return Ok(());
        };
        let blocked = here.blocked;
        match (here.want, last) {
            (Want::New(value), _) => {
                inside::remove(value, above.get(passed..).unwrap_or_default(), last);
                Ok(())
            }
            (Want::Map(entries), Step::Key(key)) => {
                if !entries.find(key).is_some_and(|entry| !entry.is_gone) {
                    return Ok(());
                }
                blocked.map_or(Ok(()), Err)?;
                self.remove_entry(entries, here.node, key)
            }
            (Want::List { items, .. }, Step::Index(index)) => {
                let Some(item) = items.get(*index) else {
                    return Ok(());
                };
                blocked.map_or(Ok(()), Err)?;
                self.is_item_needed(item)?;
                items.remove(*index);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn remove_entry(
        &mut self,
        entries: &mut Entries<'a>,
        node: Option<Id>,
        key: &str,
    ) -> Result<(), No> {
        let Some(entry) = entries.find(key) else {
            return Ok(());
        };
        match entry.origin {
            Origin::New => {}
            Origin::Merged(alias) => return Err(self.is_alias(alias, "it")),
            Origin::Own(at, _) => {
                let units = node.and_then(|id| self.outline.units(id));
                let unit = units.and_then(|units| units.list.get(at));
                if let Some(unit) = unit
                    && let Some(no) = self.is_needed(&(unit.start..unit.end))
                {
                    return Err(no);
                }
                let merge = units.and_then(|units| units.list.iter().find(|unit| unit.merges));
                *self.looked_at += 1;
                if let (Some(merge), Some(unit)) = (merge, unit)
                    && self.brings(merge.value, key)
                {
                    let line = self.outline.line(merge.start);
                    let why = format!("`<<` on line {line} would bring another `{key}` in");
                    return Err((unit.start, why));
                }
            }
        }
        entry.is_gone = true;
        Ok(())
    }

    /// Whether the alias behind a `<<` means a map with a key, as far as its spelling tells.
    fn brings(&self, alias: Id, key: &str) -> bool {
        let Some(anchor) = self.outline.meaning(alias) else {
            return false;
        };
        let units = self.outline.units(anchor.node);
        units.is_some_and(|units| {
            units.list.iter().any(|unit| {
                let written = self.text.get(unit.key.clone()).unwrap_or_default();
                written.trim_matches(['"', '\'']) == key
            })
        })
    }

    fn rename(
        &mut self,
        here: Here<'_, 'a>,
        above: &[Step],
        last: &str,
        key: &str,
    ) -> Result<(), No> {
        let byte = self.byte(here.node);
        let missing = (byte, format!("there is no `{last}` to rename"));
        let step = Step::Key(last.to_owned());
        let Some((here, passed)) = self.find(here, above, &step)? else {
            return Err(missing);
        };
        let byte = self.byte(here.node);
        let missing = (byte, format!("there is no `{last}` to rename"));
        let entries = match here.want {
            Want::New(value) => {
                let above = above.get(passed..).unwrap_or_default();
                return if inside::rename(value, above, last, key) {
                    Ok(())
                } else {
                    Err(missing)
                };
            }
            Want::Map(entries) => entries,
            _ => return Err(missing),
        };
        let is_there = |entries: &mut Entries<'a>, key: &str| {
            entries.find(key).is_some_and(|entry| !entry.is_gone)
        };
        match (is_there(entries, last), is_there(entries, key)) {
            (true, _) if last == key => return Ok(()),
            (false, true) => return Ok(()),
            (false, false) => return Err(missing),
            (true, true) => return Err((byte, format!("there is a `{key}` already"))),
            (true, false) => {}
        }
        here.blocked.map_or(Ok(()), Err)?;
        // One that goes gives its key away.
        entries.index.remove(key);
        let Some(at) = entries.index.remove(last) else {
            return Err(missing);
        };
        let Some(entry) = entries.list.get_mut(at) else {
            return Err(missing);
        };
        if let Origin::Merged(alias) = entry.origin {
            return Err(self.is_alias(alias, "it"));
        }
        entry.key = key.into();
        entry.is_renamed = entry.origin != Origin::New;
        let key = Arc::clone(&entry.key);
        entries.index.insert(key, at);
        Ok(())
    }
}

/// Why a list cannot begin with an item that is not its first.
const NO_ITEM: &str = "the first item of a new list has the index 0";

/// What stands at the end of a way in what was read.
fn at_way<'r>(raw: &'r Raw, way: &[Step]) -> Option<&'r Raw> {
    way.iter().try_fold(raw, |raw, step| match (raw, step) {
        (Raw::Map(_), Step::Key(key)) => raw.get(key),
        (Raw::List(items), Step::Index(index)) => items.get(*index),
        _ => None,
    })
}
