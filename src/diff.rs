//! The difference between two states: plain equality, nothing else.

use std::sync::Arc;

use crate::state::{Address, Leaves, State, Value};

/// One resource's difference.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Wanted and not live.
    Create(Address),
    /// Wanted and live, with other values.
    Update(Address, Vec<Difference>),
    /// Live and not wanted.
    Remove(Address),
}

impl Change {
    /// The resource.
    #[must_use]
    pub fn address(&self) -> &Address {
        match self {
            Self::Create(address) | Self::Update(address, _) | Self::Remove(address) => address,
        }
    }
}

/// One field's difference; maps are compared leaf by leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The field.
    pub field: &'static str,
    /// The leaf of a map.
    pub leaf: Option<Arc<str>>,
    /// The live value.
    pub before: Value,
    /// The wanted value.
    pub after: Value,
}

/// What has to change so that `live` becomes `desired`, in the order of `desired`, removals last.
///
/// Both states are in the same normal form and hold the same fields of each resource; what must
/// not be touched is the same on both sides.
#[must_use]
pub fn changes(desired: &State, live: &State) -> Vec<Change> {
    let mut changes = Vec::new();
    for (address, wanted) in desired {
        let Some(have) = live.get(address) else {
            changes.push(Change::Create(address.clone()));
            continue;
        };
        if wanted.body.is_shared_with(&have.body) {
            continue;
        }
        let mut differences = Vec::new();
        for (field, after) in wanted.body.iter() {
            let before = have.body.get(field).unwrap_or(&Value::Null);
            compare(field, before, after, &mut differences);
        }
        if !differences.is_empty() {
            changes.push(Change::Update(address.clone(), differences));
        }
    }
    for address in live.keys() {
        if !desired.contains_key(address) {
            changes.push(Change::Remove(address.clone()));
        }
    }
    changes
}

fn compare(field: &'static str, before: &Value, after: &Value, into: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let empty = Leaves::new();
    let (old, new) = match (before, after) {
        (Value::Map(old), Value::Map(new)) => (old, new),
        (Value::Null, Value::Map(new)) => (&empty, new),
        (Value::Map(old), Value::Null) => (old, &empty),
        _ => {
            into.push(Difference {
                field,
                leaf: None,
                before: before.clone(),
                after: after.clone(),
            });
            return;
        }
    };
    let mut keys: Vec<&str> = old.keys().chain(new.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        // Absent and null differ here on purpose: a subscription without a filter is null.
        let (before, after) = (old.get(key), new.get(key));
        if before != after {
            into.push(Difference {
                field,
                leaf: Some(key.into()),
                before: leaf(before, after),
                after: leaf(after, before),
            });
        }
    }
}

/// One side of a leaf. A present null beside nothing, or beside a map, is the empty map.
fn leaf(side: Option<&Value>, other: Option<&Value>) -> Value {
    match (side, other) {
        (Some(Value::Null), None | Some(Value::Map(_))) => Value::Map(Leaves::new()),
        (side, _) => side.cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;
    use crate::state::{Body, Resource};

    fn state(fields: &[(&'static str, Value)]) -> State {
        let kind = find("departments").expect("a kind");
        let body: Body = fields.iter().cloned().collect();
        State::from_iter([(
            Address::new("departments", "Billing"),
            Resource { kind, body },
        )])
    }

    #[test]
    fn equal_states_have_no_difference() {
        let one = state(&[("name", Value::text("Billing"))]);
        assert!(changes(&one, &one).is_empty());
    }

    #[test]
    fn each_way_of_differing_is_told() {
        let none = State::default();
        let one = state(&[("description", Value::text("a"))]);
        let two = state(&[("description", Value::text("b"))]);
        assert!(matches!(changes(&one, &none)[..], [Change::Create(_)]));
        assert!(matches!(changes(&none, &one)[..], [Change::Remove(_)]));
        let [Change::Update(_, differences)] = &changes(&two, &one)[..] else {
            panic!("one update");
        };
        assert_eq!(differences[0].field, "description");
        assert_eq!(differences[0].before, Value::text("a"));
    }
}
