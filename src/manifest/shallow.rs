//! Keys that stand one level too shallow, or without their colon: what was meant, and the way out.

use std::sync::Arc;

use super::resolve::article;
use crate::kind::words::NEW;
use crate::kind::{Field, KINDS, Kind, Shape, find};
use crate::problem::{Code, Place, Problem, ticked};
use crate::yaml::raw::Raw;

/// Fields that get a label of their own.
const LABELS: usize = 6;

type Entries = Vec<(Arc<str>, Raw)>;

/// Takes fields out that stand among the handles of a collection, with the handle that they belong
/// below, and reports them together.
pub(super) fn without_fields(
    kind: &Kind,
    entries: Entries,
    place: &dyn Fn(&str) -> Place,
) -> (Entries, Option<Problem>) {
    let shallow = shallow(kind, &entries);
    let Some(first) = shallow.first().copied() else {
        return (entries, None);
    };
    // A handle without fields right above is the one that they belong to.
    let owner = first
        .checked_sub(1)
        .and_then(|index| entries.get(index))
        .filter(|(_, body)| matches!(body, Raw::Null))
        .map(|(handle, _)| Arc::clone(handle));
    let names: Vec<&str> = shallow
        .iter()
        .filter_map(|index| entries.get(*index))
        .map(|(name, _)| &**name)
        .collect();
    let (are, stand, them) = match names.as_slice() {
        [_] => ("is a field", "it stands", "it"),
        _ => ("are fields", "they stand", "them"),
    };
    let mut problem = Problem::error(
        Code::TooShallow,
        format!(
            "{} {are} of {}: {stand} one level too shallow",
            ticked(&names, "and"),
            article(kind.singular)
        ),
    );
    for name in names.iter().take(LABELS) {
        problem = problem.at(place(name), "a field, not a handle");
    }
    let help = match &owner {
        Some(owner) => format!("indent {them} below `{owner}`"),
        None => format!(
            "give the {} a handle, and indent {them} below that",
            kind.singular
        ),
    };
    let kept = entries
        .iter()
        .enumerate()
        .filter(|(index, (handle, _))| {
            !shallow.contains(index) && owner.as_ref().is_none_or(|owner| owner != handle)
        })
        .map(|(_, entry)| entry.clone())
        .collect();
    (kept, Some(problem.help(help)))
}

/// The places of fields among handles: by their names, and by values that no resource has.
fn shallow(kind: &Kind, entries: &Entries) -> Vec<usize> {
    let mut found = Vec::new();
    let mut is_open = false;
    for (index, (name, body)) in entries.iter().enumerate() {
        let field = kind.fields.iter().find(|field| field.name == &**name);
        let is_lifecycle = &**name == "lifecycle";
        let is_field = match body {
            Raw::Null => false,
            // A resource may have the name of a field; below a handle without fields it is one.
            Raw::Map(_) => {
                let takes_map = |shape: &Shape| {
                    matches!(
                        shape,
                        Shape::Map(_) | Shape::Keyed(_) | Shape::Items(_) | Shape::Reference(_)
                    )
                };
                let takes = |field: &Field| takes_map(&field.shape) || !field.refers.is_empty();
                is_open && (is_lifecycle || field.is_some_and(takes))
            }
            _ => field.is_some(),
        };
        if is_field {
            found.push(index);
        }
        is_open = is_field || matches!(body, Raw::Null);
    }
    found
}

/// What helps where a key stands beside an empty collection and is none itself.
pub(super) fn help_at_root(key: &str, above: Option<&'static Kind>) -> Option<String> {
    let kind = above?;
    let collection = kind.collection;
    Some(if kind.field(key).is_some() {
        format!("`{key}` is a field: indent it below a handle, and the handle below `{collection}`")
    } else {
        format!(
            "indent it below `{collection}` if it is {}",
            article(kind.singular)
        )
    })
}

/// What helps where what stands below a key at the root are fields, so that the key is a handle; `last`
/// is the collection above it.
pub(super) fn help_for_fields(key: &str, raw: &Raw, last: Option<&'static Kind>) -> Option<String> {
    let Raw::Map(entries) = raw else { return None };
    let fits = |kind: &&'static Kind| {
        let is_known =
            |name: &str| name == "lifecycle" || name == NEW || kind.field(name).is_some();
        entries.iter().all(|(name, _)| is_known(name))
    };
    if entries.is_empty() {
        return None;
    }
    let mut all = KINDS
        .iter()
        .copied()
        .filter(|kind| kind.managed && fits(kind));
    let (first, second) = (all.next()?, all.next());
    let meant = last
        .filter(fits)
        .or(Some(first).filter(|_| second.is_none()));
    Some(match meant {
        Some(kind) => format!(
            "what stands below it are fields of {}: if it is one, it is indented too little; indent `{key}` below `{}`",
            article(kind.singular),
            kind.collection
        ),
        None => format!(
            "what stands below it are fields: if it is a handle, it is indented too little; indent `{key}` below its kind"
        ),
    })
}

/// What helps where a handle stands without its colon.
pub(super) fn help_without_colon(raw: &Raw) -> Option<String> {
    match raw {
        Raw::Text(text) if !text.contains([':', '\n', '{', '}']) && !text.is_empty() => Some(
            format!("if `{text}` is a handle, its colon is missing: write `{text}: {{}}`"),
        ),
        _ => None,
    }
}

/// What helps where a collection stands without its colon.
pub(super) fn help_for_collection(raw: &Raw) -> Option<String> {
    match raw {
        Raw::Text(text) => find(text.trim())
            .map(|kind| format!("a colon is missing: write `{}:`", kind.collection)),
        _ => None,
    }
}
