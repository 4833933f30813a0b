//! References as files write them where they are not the values of fields: in tombstones, old names,
//! lookups and heirs, of manifests and of the project file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kind::{Field, Kind, Target, find};
use crate::problem::{Code, Part, Place, Problem, ticked};
use crate::state::identity::scopes;
use crate::yaml::raw::{At, Raw};
use crate::yaml::walk::Walker;

/// A reference as it is written, with its expressions replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// A handle or a name.
    Text(Arc<str>),
    /// A name, with what it counts below by scope.
    Lookup(WrittenName),
    /// An id, digits only.
    Id(Arc<str>),
}

/// A name as it is written, with what it counts below as far as that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenName {
    /// The name.
    pub name: Arc<str>,
    /// What it counts below, by scope.
    pub scope: BTreeMap<&'static str, Written>,
}

/// The name, where it is there, and what it counts below.
type Parts = (Option<Arc<str>>, BTreeMap<&'static str, Written>);

/// Replaces the expressions of a text at a place, or says what is wrong with them.
pub(crate) type Expand<'e> = &'e dyn Fn(&str, Place) -> Result<String, Vec<Problem>>;

/// Reads small fixed shapes that hold references, and reports what is wrong with them.
pub(crate) struct WrittenReader<'w, 'p> {
    pub(crate) walker: &'w mut Walker<'p>,
    pub(crate) expand: Expand<'w>,
}

impl WrittenReader<'_, '_> {
    /// Reads a text and replaces its expressions.
    pub(crate) fn text(&mut self, raw: &Raw, at: At<'_>, name: &str) -> Option<Arc<str>> {
        let text = self.walker.text(raw, at, name)?;
        let place = (self.walker.place)(at, Part::Value);
        match (self.expand)(&text, place) {
            Ok(text) => Some(text.into()),
            Err(mut problems) => {
                self.walker.problems.append(&mut problems);
                None
            }
        }
    }

    /// Reads a reference to a resource of a collection: a handle or a name, `{lookup: …}` or `{id: …}`.
    pub(crate) fn reference(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        name: &str,
        collection: &str,
    ) -> Option<Written> {
        let Raw::Map(entries) = raw else {
            return self.text(raw, at, name).map(Written::Text);
        };
        match entries.as_slice() {
            [(key, value)] if &**key == LOOKUP => self
                .lookup(value, at.key(key), collection)
                .map(Written::Lookup),
            [(key, value)] if &**key == ID => {
                let at = at.key(key);
                let id = self.text(value, at, ID)?;
                if id.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Some(Written::Id(id));
                }
                self.walker.report(
                    Code::BadFormat,
                    (at, Part::Value),
                    format!("the id `{id}` must be made of digits"),
                    "not an id",
                    Some(format!("write `{{lookup: \"{id}\"}}` if this is a name")),
                );
                None
            }
            _ => {
                self.walker.report(
                    Code::BadReference,
                    (at, Part::Value),
                    format!("`{name}` must have the one key `lookup` or `id`"),
                    "not a reference",
                    Some("write a handle, `{lookup: \"Name\"}` or `{id: \"…\"}`".to_owned()),
                );
                None
            }
        }
    }

    /// Reads what stands behind `lookup`: a name, or a map with what the name counts below.
    pub(crate) fn lookup(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        collection: &str,
    ) -> Option<WrittenName> {
        match find(collection).filter(|_| matches!(raw, Raw::Map(_))) {
            Some(kind) if scopes(kind).next().is_some() => {
                let name = self.name(raw, at, (LOOKUP, kind), &[]);
                self.whole(name, at, (LOOKUP, kind))
            }
            _ => {
                let name = self.text(raw, at, LOOKUP)?;
                let scope = BTreeMap::new();
                Some(WrittenName { name, scope })
            }
        }
    }

    /// Reads a map with the parts of an identity; its name may be missing. Keys that are `known`
    /// besides are the caller's.
    pub(crate) fn name(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        (what, kind): (&str, &'static Kind),
        known: &[&'static str],
    ) -> Option<Parts> {
        let keys = parts(kind).into_iter().chain(known.iter().copied());
        let keys: Vec<&str> = keys.collect();
        let before = self.walker.problems.len();
        let (mut name, mut scope) = (None, BTreeMap::new());
        for (key, value) in self.walker.known(raw, at, what, &keys) {
            let here = at.key(key);
            let Some(field) = kind.field(key).filter(|field| field.identity) else {
                continue;
            };
            if field.naming {
                name = self.text(value, here, key);
                continue;
            }
            let below = match field.above() {
                Some(target) => self.reference(value, here, key, meant(target, value).collection),
                None => self.text(value, here, key).map(Written::Text),
            };
            scope.extend(below.map(|below| (field.name, below)));
        }
        (self.walker.problems.len() == before).then_some((name, scope))
    }

    /// Refuses a name that is missing.
    pub(crate) fn whole(
        &mut self,
        read: Option<Parts>,
        at: At<'_>,
        (what, kind): (&str, &'static Kind),
    ) -> Option<WrittenName> {
        let (name, scope) = read?;
        let nameless = kind.fixed_name().filter(|_| kind.is_nameless());
        let Some(name) = name.or_else(|| nameless.map(Arc::from)) else {
            let naming = kind.naming_field().name;
            let form = parts(kind).join(": …, ");
            self.walker.report(
                Code::MissingRequired,
                (at, Part::Value),
                format!("`{what}` lacks `{naming}`"),
                &format!("`{naming}` is missing"),
                Some(format!("write `{{{form}: …}}`")),
            );
            return None;
        };
        Some(WrittenName { name, scope })
    }

    /// Reads who takes over what hangs on a removed resource.
    pub(crate) fn heirs(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        kind: &'static Kind,
    ) -> BTreeMap<&'static str, Written> {
        let chosen = kind.chosen_heirs();
        let mut heirs = BTreeMap::new();
        match chosen.as_slice() {
            [] => self.walker.report(
                Code::NotAllowed,
                (at, Part::Key),
                format!(
                    "nobody is chosen to take over what hangs on {}",
                    kind.collection
                ),
                "",
                Some("take it away".to_owned()),
            ),
            [one] if one.name.is_empty() => {
                let heir = self.reference(raw, at, TRANSFER_TO, one.target.collection);
                heirs.extend(heir.map(|heir| ("", heir)));
            }
            several => {
                let names: Vec<&str> = several.iter().map(|one| one.name).collect();
                let entries = self.walker.known(raw, at, TRANSFER_TO, &names);
                if entries.is_empty() && matches!(raw, Raw::Map(entries) if entries.is_empty()) {
                    self.walker.report(
                        Code::MissingRequired,
                        (at, Part::Value),
                        format!("`{TRANSFER_TO}` names nobody"),
                        "nothing in it",
                        Some(format!("name {}", ticked(&names, "or"))),
                    );
                }
                for (key, value) in entries {
                    let Some(one) = several.iter().find(|one| one.name == key) else {
                        continue;
                    };
                    let heir = self.reference(value, at.key(key), key, one.target.collection);
                    heirs.extend(heir.map(|heir| (one.name, heir)));
                }
            }
        }
        heirs
    }
}

/// In which of its collections a target is meant: the one whose identity has what a lookup names. All of them
/// where nothing tells.
pub(crate) fn meant(target: Target, raw: &Raw) -> Target {
    let Raw::Map(entries) = raw else {
        return target;
    };
    let [(_, Raw::Map(named))] = entries.as_slice() else {
        return target;
    };
    let keys: Vec<&str> = named.iter().map(|(key, _)| &**key).collect();
    with_parts(target, &keys)
}

/// In which of its collections a target is meant: the first one whose identity has all these parts, or else the
/// one that a name alone means.
pub(crate) fn with_parts(target: Target, keys: &[&str]) -> Target {
    let has_all = |collection: &&'static str| {
        let parts = find(collection).map(parts).unwrap_or_default();
        keys.iter().all(|key| parts.contains(key))
    };
    let collection = target.collections().find(has_all);
    target.only(collection.unwrap_or(target.collection))
}

/// The key of a reference by name.
pub(crate) const LOOKUP: &str = "lookup";

/// The key of a reference by id.
pub(crate) const ID: &str = "id";

/// The key under which it stands who takes over.
pub(crate) const TRANSFER_TO: &str = "transferTo";

/// The fields of an identity in the order in which people write them.
pub(crate) fn parts(kind: &Kind) -> Vec<&'static str> {
    let fields = kind.fields.iter();
    // What has no name is named by what it lies below alone.
    let is_written = |field: &&Field| field.identity && !(field.naming && kind.is_nameless());
    fields.filter(is_written).map(|field| field.name).collect()
}
