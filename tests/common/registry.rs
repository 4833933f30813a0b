//! What the frames of the tests list: the kinds of the registry, and where the simulator keeps them.

#![allow(
    clippy::allow_attributes,
    dead_code,
    unreachable_pub,
    reason = "a module of several test binaries, each of which uses a part of it"
)]

use deskform::dialect::Dialect;
use deskform::kind::{KINDS, Kind, Wire};
use serde_json::Value;

/// Both dialects.
pub const DIALECTS: [Dialect; 2] = [Dialect::Openapi, Dialect::Guide];

/// Kinds whose objects the simulator keeps elsewhere than under the name of their collection: the
/// kind, the dialect, where they are, and the keys of an object's identity where they are others
/// than the kind's.
const KEPT: &[(&str, Dialect, &str, Option<&[&str]>)] = &[
    ("customFields", Dialect::Openapi, "fields", None),
    ("customFields", Dialect::Guide, "fields", None),
    ("fieldAccess", Dialect::Openapi, "fields", None),
    // One webhook is all the events with its address.
    (
        "webhooks",
        Dialect::Guide,
        "events",
        Some(&["url", "eventType"]),
    ),
];

fn kept(
    kind: &Kind,
    dialect: Dialect,
) -> Option<&'static (
    &'static str,
    Dialect,
    &'static str,
    Option<&'static [&'static str]>,
)> {
    KEPT.iter()
        .find(|(collection, spoken, ..)| *collection == kind.collection && *spoken == dialect)
}

/// The kinds that manifests of a dialect can declare.
pub fn kinds(dialect: Dialect) -> impl Iterator<Item = &'static Kind> {
    KINDS
        .iter()
        .copied()
        .filter(move |kind| kind.managed && kind.api(dialect).is_some())
}

/// Where the simulator keeps the objects of a kind.
pub fn kept_in(kind: &'static Kind, dialect: Dialect) -> &'static str {
    kept(kind, dialect).map_or(kind.collection, |(_, _, place, _)| place)
}

/// The key under which the simulator's objects hold a field.
pub fn key(field: &deskform::kind::Field, dialect: Dialect) -> &'static str {
    match field.wire(dialect) {
        Wire::Query(name) => name,
        wire => wire.read_name().unwrap_or(field.name),
    }
}

/// The keys of an object's identity, in either dialect, in a collection of the simulator.
pub fn identity_keys(place: &str) -> Vec<&'static str> {
    let mut keys = Vec::new();
    for kind in KINDS {
        for dialect in DIALECTS {
            if kept_in(kind, dialect) != place {
                continue;
            }
            let own = kept(kind, dialect).and_then(|(.., keys)| *keys);
            let of_kind = kind.fields.iter().filter(|field| field.identity);
            let wanted = match own {
                Some(keys) => keys.to_vec(),
                None => of_kind.map(|field| key(field, dialect)).collect(),
            };
            for key in wanted {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
    }
    if keys.is_empty() {
        // What no kind knows is told apart by its name.
        keys.push("name");
    }
    keys
}

/// What tells an object from others, without case; all that it holds when it has no name.
pub fn identity(object: &Value, keys: &[&str]) -> Vec<String> {
    let named: Vec<String> = keys
        .iter()
        .filter_map(|key| object.pointer(&format!("/{key}"))?.as_str())
        .map(str::to_lowercase)
        .collect();
    if named.is_empty() {
        vec![object.to_string()]
    } else {
        named
    }
}
