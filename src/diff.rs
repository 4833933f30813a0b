//! The difference between two states: plain equality, nothing else.

use crate::state::{Address, Body, FieldPath, Leaves, Value};

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

/// One resource on both sides: nothing where it is not wanted, or not live.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The resource.
    pub address: &'a Address,
    /// What is wanted of it.
    pub wanted: Option<&'a Body>,
    /// What is live of it.
    pub live: Option<&'a Body>,
}

/// What has to change so that what is live becomes what is wanted, in the given order, removals last.
///
/// Both sides are in the same normal form and hold the same fields of each resource; what must
/// not be touched is the same on both sides.
#[must_use]
pub fn changes<'a>(pairs: impl IntoIterator<Item = Pair<'a>>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut removals = Vec::new();
    for pair in pairs {
        let address = pair.address;
        let (wanted, have) = match (pair.wanted, pair.live) {
            (Some(wanted), Some(have)) => (wanted, have),
            (Some(_), None) => {
                changes.push(Change::Create(address.clone()));
                continue;
            }
            (None, Some(_)) => {
                removals.push(Change::Remove(address.clone()));
                continue;
            }
            (None, None) => continue,
        };
        if wanted.is_shared_with(have) {
            continue;
        }
        let mut differences = Vec::new();
        for (field, after) in wanted.iter() {
            let before = have.get(field).unwrap_or(&Value::Null);
            compare(FieldPath::of(field), before, after, &mut differences);
        }
        if !differences.is_empty() {
            changes.push(Change::Update(address.clone(), differences));
        }
    }
    changes.append(&mut removals);
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

    fn differ(wanted: Option<&Body>, live: Option<&Body>) -> Vec<Change> {
        let address = &Address::new("departments", "Billing");
        changes([Pair {
            address,
            wanted,
            live,
        }])
    }

    fn body(fields: &[(&'static str, Value)]) -> Body {
        fields.iter().cloned().collect()
    }

    #[test]
    fn equal_states_have_no_difference() {
        let one = body(&[("name", Value::text("Billing"))]);
        let same = body(&[("name", Value::text("Billing"))]);
        assert!(differ(Some(&one), Some(&one)).is_empty());
        assert!(differ(Some(&one), Some(&same)).is_empty());
        assert!(differ(None, None).is_empty());
    }

    #[test]
    fn each_way_of_differing_is_told() {
        let one = body(&[("description", Value::text("a"))]);
        let two = body(&[("description", Value::text("b"))]);
        assert!(matches!(differ(Some(&one), None)[..], [Change::Create(_)]));
        assert!(matches!(differ(None, Some(&one))[..], [Change::Remove(_)]));
        let [Change::Update(_, differences)] = &differ(Some(&two), Some(&one))[..] else {
            panic!("one update");
        };
        assert_eq!(differences[0].path.field, "description");
        assert_eq!(differences[0].before, Value::text("a"));
    }

    /// What goes comes after all that stays, wherever it stands.
    #[test]
    fn removals_come_last() {
        let [a, b, c] = ["a", "b", "c"].map(|handle| Address::new("departments", handle));
        let one = body(&[("description", Value::text("a"))]);
        let pair = |address, wanted, live| Pair {
            address,
            wanted,
            live,
        };
        let found = changes([
            pair(&a, None, Some(&one)),
            pair(&b, Some(&one), None),
            pair(&c, None, Some(&one)),
        ]);
        let found: Vec<&Address> = found.iter().map(Change::address).collect();
        assert_eq!(found, [&b, &a, &c]);
    }
}
