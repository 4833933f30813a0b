//! The difference between two states: plain equality, nothing else.

use crate::state::{Address, FieldPath, Leaves, State, Value};

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

/// One difference; maps are compared leaf by leaf, however deep they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where it is.
    pub path: FieldPath,
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
            compare(FieldPath::of(field), before, after, &mut differences);
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

/// Tells how two values of one field differ.
#[must_use]
pub fn between(field: &'static str, before: &Value, after: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare(FieldPath::of(field), before, after, &mut differences);
    differences
}

fn compare(path: FieldPath, before: &Value, after: &Value, into: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let empty = Leaves::new();
    let is_field = path.below.is_empty();
    let (old, new) = match (before, after) {
        (Value::Map(old), Value::Map(new)) => (old, new),
        // A field that has no value yet, or loses it, is told leaf by leaf; deeper down as one.
        (Value::Null, Value::Map(new)) if is_field => (&empty, new),
        (Value::Map(old), Value::Null) if is_field => (old, &empty),
        _ => {
            into.push(Difference {
                path,
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
        // Absent and null are one value.
        let side = |leaves: &Leaves| leaves.get(key).cloned().unwrap_or_default();
        compare(path.child(key), &side(old), &side(new), into);
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
        assert_eq!(differences[0].path.field, "description");
        assert_eq!(differences[0].before, Value::text("a"));
    }
}
