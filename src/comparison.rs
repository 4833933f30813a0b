//! Two sides compared: organizations as they are, and manifests as they are composed.
//!
//! Neither side is to become the other, so that nothing is planned here: what the first side alone has,
//! what the second one alone has, and where what both have differs. Of secrets templates are compared,
//! and nothing else.

mod against;
mod declared;
mod live;

pub use against::{Against, against};
pub use declared::declared;
pub use live::{Exports, exports};

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use crate::codec::listed;
use crate::diff::{Difference, between};
use crate::kind::{self, Kind};
use crate::plan::{Acknowledged, FieldChange, of_sides};
use crate::secret::can_be_of;
use crate::state::{Address, Body, FieldPath, Reference, State, Value};

/// The version of the report's JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// One of two sides, for readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// How the command line names it: an environment, `dir:PATH` or `git:REV`.
    pub name: String,
    /// The environment that it is, or that its manifests are composed for.
    pub environment: String,
    /// The organization's id, where the side is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    /// The commit, where the side is a revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Which side has a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Where {
    /// The first side alone.
    OnlyInA,
    /// The second side alone.
    OnlyInB,
    /// Both, with other values.
    Both,
}

impl Where {
    /// Everything that may be.
    pub const ALL: [Self; 3] = [Self::OnlyInA, Self::OnlyInB, Self::Both];
}

/// One resource that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The resource.
    pub address: Address,
    /// Who has it.
    pub found: Where,
    /// Its address on the second side, where that has another handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Address>,
    /// The fields that differ; of what one side alone has all that it says.
    pub fields: Vec<Field>,
}

/// One field with its values on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// A JSON Pointer to the field.
    pub field: String,
    /// The first side's value; null stands for none.
    pub a: Json,
    /// The second side's value; null stands for none.
    pub b: Json,
    /// Whether the values are secret; then a template or a fixed text stands for them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

impl From<FieldChange> for Field {
    fn from(change: FieldChange) -> Self {
        Self {
            field: change.field,
            a: change.before,
            b: change.after,
            secret: change.secret,
        }
    }
}

/// How many resources there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Those that the first side alone has.
    pub only_in_a: usize,
    /// Those that the second side alone has.
    pub only_in_b: usize,
    /// Those that both have, with other values.
    pub different: usize,
    /// Those that are the same, as far as they were compared.
    pub equal: usize,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The first side.
    pub a: Side,
    /// The second side.
    pub b: Side,
    /// The kinds that were compared.
    pub kinds: Vec<&'static str>,
    /// Counts.
    pub summary: Counts,
    /// What is not the same, by kind and handle.
    pub differences: Vec<Entry>,
    /// Differences that an `ignore:` entry accepts; they do not count.
    pub acknowledged: Vec<Acknowledged>,
    /// Addresses of which a part was not compared: a secret, an answer or a name is lacking.
    pub not_compared: Vec<String>,
    /// Addresses that were not compared since it is not clear what they are.
    pub unclear: Vec<String>,
}

/// What two sides come to.
#[derive(Debug, Default)]
pub struct Compared {
    /// What is not the same.
    pub entries: Vec<Entry>,
    /// How many resources are the same.
    pub equal: usize,
    /// Differences that an `ignore:` entry accepts.
    pub acknowledged: Vec<Acknowledged>,
    /// Resources of which a part was not compared.
    pub not_compared: BTreeSet<Address>,
    /// Resources of which nobody knows what they are.
    pub unclear: BTreeSet<Address>,
}

impl Compared {
    /// The report about two sides of which these kinds were compared.
    #[must_use]
    pub fn report(mut self, a: Side, b: Side, kinds: &BTreeSet<&'static str>) -> Report {
        let place: BTreeMap<&str, usize> = (kind::all().enumerate())
            .map(|(place, kind)| (kind.collection, place))
            .collect();
        let order = |entry: &Entry| {
            let Address { collection, handle } = &entry.address;
            (place.get(collection).copied(), handle.clone())
        };
        self.entries.sort_by_cached_key(order);
        let count = |found: Where| {
            let entries = self.entries.iter();
            entries.filter(|entry| entry.found == found).count()
        };
        Report {
            format_version: FORMAT_VERSION,
            summary: Counts {
                only_in_a: count(Where::OnlyInA),
                only_in_b: count(Where::OnlyInB),
                different: count(Where::Both),
                equal: self.equal,
            },
            a,
            b,
            kinds: (kind::all().map(|kind| kind.collection))
                .filter(|collection| kinds.contains(collection))
                .collect(),
            differences: self.entries,
            acknowledged: self.acknowledged,
            not_compared: texts(&self.not_compared),
            unclear: texts(&self.unclear),
        }
    }
}

fn texts(addresses: &BTreeSet<Address>) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

/// Compares two states in which the same thing has the same address. Where a handle of the second side is
/// another one there, `others` tells it by the address here.
fn states(a: &State, b: &State, others: &BTreeMap<Address, Address>) -> Compared {
    let mut compared = Compared::default();
    for (address, one) in a {
        let kind = one.kind;
        let Some(other) = b.get(address) else {
            compared.one_sided(kind, address, &one.body, Where::OnlyInA);
            continue;
        };
        let fields = differing(kind, &one.body, &other.body);
        if fields.is_empty() {
            compared.equal += 1;
            continue;
        }
        compared.entries.push(Entry {
            address: address.clone(),
            found: Where::Both,
            other: others.get(address).cloned(),
            fields,
        });
    }
    for (address, one) in b.iter().filter(|(address, _)| !a.contains_key(*address)) {
        let own = others.get(address).unwrap_or(address);
        compared.one_sided(one.kind, own, &one.body, Where::OnlyInB);
    }
    compared
}

impl Compared {
    /// Adds what one side alone has.
    fn one_sided(&mut self, kind: &'static Kind, address: &Address, body: &Body, found: Where) {
        self.entries.push(Entry {
            address: address.clone(),
            found,
            other: None,
            fields: all_of(kind, &address.handle, body, found),
        });
    }
}

/// The fields of two bodies that differ, in the order of the table.
fn differing(kind: &'static Kind, a: &Body, b: &Body) -> Vec<Field> {
    let value = |body: &Body, field: &str| body.get(field).cloned().unwrap_or_default();
    let differences = kind.fields.iter().flat_map(|field| {
        let (one, other) = (value(a, field.name), value(b, field.name));
        between(field.name, &one, &other)
    });
    differences
        .map(|difference| shown(kind, &difference))
        .collect()
}

/// A difference for readers.
fn shown(kind: &'static Kind, difference: &Difference) -> Field {
    let Difference {
        path,
        before,
        after,
    } = difference;
    of_sides(kind, path, before, after).into()
}

/// All that a body says, as fields of the side that has it.
fn all_of(kind: &'static Kind, handle: &str, body: &Body, found: Where) -> Vec<Field> {
    let field = |path: &FieldPath, value: &Value| {
        let (a, b) = match found {
            Where::OnlyInB => (&Value::Null, value),
            Where::OnlyInA | Where::Both => (value, &Value::Null),
        };
        Field::from(of_sides(kind, path, a, b))
    };
    let mut fields = Vec::new();
    for (own, value) in body.of_kind(kind) {
        let path = FieldPath::of(own.name);
        match value {
            // What has no name of its own says none, and a name that is the handle is said already.
            value if own.naming && (kind.fixed_name().is_some() || value.is_word(handle)) => {}
            Value::Null => {}
            Value::List(list) if list.is_empty() => {}
            Value::Map(map) => fields.extend(
                listed::items(map)
                    .filter(|(_, leaf)| !leaf.is_null())
                    .map(|(key, leaf)| field(&path.child(key), leaf)),
            ),
            value => fields.push(field(&path, value)),
        }
    }
    fields
}

/// A value as it is compared: without what only one side has for itself, such as the ids of items, and with its
/// secrets as templates.
fn normal(value: &Value) -> Value {
    let mut value = listed::without_ids(value);
    value.walk_mut(&mut |value| {
        if let Value::Secret(secret) = value {
            // Secrets are equal where their texts are, and the text of a template is the template.
            secret.value = Some(secret.template.to_string().into());
        }
    });
    value
}

/// Makes one of two values what nobody can tell apart: secrets that can be the same, and what is known by its id
/// alone, which says nothing in another organization. Says where the latter was so.
fn alike(a: &mut Value, b: &mut Value, lacks_names: &mut bool) {
    match (&mut *a, &mut *b) {
        (Value::Secret(one), Value::Secret(other)) if one.is_spelled_like(other) => {
            *b = a.clone();
        }
        (Value::Secret(secret), Value::Text(text)) if can_be_of(text, &secret.template) => {
            *b = a.clone();
        }
        (Value::Text(text), Value::Secret(secret)) if can_be_of(text, &secret.template) => {
            *a = b.clone();
        }
        (
            Value::Reference(Reference::Id { collection, .. }),
            Value::Reference(Reference::Id {
                collection: other, ..
            }),
        ) if collection == other => {
            *lacks_names |= a != b;
            *b = a.clone();
        }
        (Value::List(one), Value::List(other)) if one.len() == other.len() => {
            for (one, other) in one.iter_mut().zip(other) {
                alike(one, other, lacks_names);
            }
        }
        (Value::Map(one), Value::Map(other)) => {
            for (key, one) in one.iter_mut() {
                if let Some(other) = other.get_mut(key) {
                    alike(one, other, lacks_names);
                }
            }
        }
        _ => {}
    }
}
