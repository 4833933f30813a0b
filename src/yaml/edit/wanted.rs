//! What is wanted of a file: its values as they were read, with the edits carried out on them.
//!
//! Only maps and lists that an edit goes through are taken apart; everything else stays what was read.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::raw::Raw;
use super::carry::{Here, Maker, No};
use super::known::is_same;
use super::outline::{Id, Outline};
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
    pub(super) index: HashMap<Arc<str>, usize>,
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
    pub(super) fn find(&mut self, key: &str) -> Option<&mut Entry<'a>> {
        let at = self.index.get(key)?;
        self.list.get_mut(*at)
    }

    pub(super) fn add(&mut self, entry: Entry<'a>) {
        self.index.insert(Arc::clone(&entry.key), self.list.len());
        self.list.push(entry);
    }

    pub(super) fn add_new(&mut self, key: &str, value: Value) {
        self.add(Entry {
            key: key.into(),
            origin: Origin::New,
            value: Want::New(value),
            is_gone: false,
            is_renamed: false,
        });
    }
}
