//! Choices that only a person can set, and values that wait for them.
//!
//! A value that is none of the live choices may be refused, or taken and never shown.

use foldhash::{HashMap, HashMapExt as _};
use std::sync::Arc;

use crate::codec::{self, are_alike, read_field};
use crate::dialect::Dialect;
use crate::kind::rules::{Holds, Rule, Sort, Sorts};
use crate::kind::{self, Alike, Field, Kind, Shape, Wire};
use crate::live::Live;
use crate::plan::placed::Placed;
use crate::state::{Address, Body, Leaves, Value};

/// What has declared choices that are not all live and that only a person can set, each with those that
/// are live.
#[derive(Debug, Default)]
pub(super) struct Choices(HashMap<Address, Offered>);

/// What records may hold under a name already.
#[derive(Debug)]
struct Offered {
    holds: Holds,
    live: Vec<Arc<str>>,
}

impl Choices {
    /// Looks at what is declared, each with its live object.
    pub(super) fn of<'a>(
        declared: impl Iterator<Item = (&'a Address, &'static Kind, &'a Body, Option<usize>)>,
        (live, placed): (&Live, &Placed),
    ) -> Self {
        let mut choices = HashMap::new();
        for (address, kind, body, object) in declared {
            let Some((sorts, sort, field)) = set_by_hand(kind, body, live.dialect) else {
                continue;
            };
            // What a layout sets is there before the records that have it.
            if placed.has(address, field.name) {
                continue;
            }
            let Some(Value::List(wanted)) = body.get(field.name) else {
                continue;
            };
            let Some(offered) = offered(sorts, field, body, (kind, object), live) else {
                continue;
            };
            let is_there =
                |value: &Value| value.as_text().is_none_or(|text| is_among(text, &offered));
            if !wanted.iter().all(is_there) {
                let offered = Offered {
                    holds: sort.holds,
                    live: offered,
                };
                choices.insert(address.clone(), offered);
            }
        }
        Self(choices)
    }

    /// Takes values out of what is wanted now whose choice a person has to make first.
    pub(super) fn drop_waiting(
        &self,
        address: &Address,
        kind: &Kind,
        body: &mut Body,
        waiting: &mut Vec<(Address, Address)>,
    ) {
        if self.0.is_empty() {
            return;
        }
        for field in kind.fields {
            let Some(value) = body.get(field.name) else {
                continue;
            };
            let mut firsts: Vec<Address> = Vec::new();
            codec::keyed_maps(field, value, &mut |_, inner, map| {
                if let Value::Map(map) = map {
                    let all = map.iter();
                    firsts.extend(
                        all.filter_map(|(key, value)| self.first(&inner.shape, key, value)),
                    );
                }
            });
            if firsts.is_empty() {
                continue;
            }
            waiting.extend(firsts.into_iter().map(|first| (first, address.clone())));
            match self.without_waiting(&field.shape, value) {
                Some(left) => body.set(field.name, left),
                None => {
                    body.remove(field.name);
                }
            }
        }
    }

    /// What has to get its choices first, where the value under a key of a map is none of the live ones.
    fn first(&self, shape: &Shape, key: &str, value: &Value) -> Option<Address> {
        let target = shape.keyed_by()?;
        let of = Address::new(target.collection, codec::handle(&target, key)?);
        let waits = self.0.get(&of)?.is_without(value);
        waits.then_some(of)
    }

    /// What is left of a value without what waits; nothing of a map in which nothing is left.
    fn without_waiting(&self, shape: &Shape, value: &Value) -> Option<Value> {
        let Value::Map(map) = value else {
            return Some(value.clone());
        };
        let left = |key: &str, value: &Value| {
            if self.first(shape, key, value).is_some() {
                return None;
            }
            match codec::leaf_field(shape, key) {
                Some(leaf) => self.without_waiting(&leaf.shape, value),
                None => Some(value.clone()),
            }
        };
        let kept: Leaves = map
            .iter()
            .filter_map(|(key, value)| Some((Arc::from(key), left(key, value)?)))
            .collect();
        (map.is_empty() || !kept.is_empty()).then_some(Value::Map(kept))
    }
}

impl Offered {
    /// Whether a value has a choice that is not live yet.
    fn is_without(&self, value: &Value) -> bool {
        let text = match value {
            Value::Text(text) => Some(&**text),
            Value::Secret(secret) => secret.expose(),
            _ => None,
        };
        let Some(text) = text else { return false };
        match self.holds {
            Holds::SomeOf(_) => !text
                .split(';')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .all(|part| is_among(part, &self.live)),
            _ => !is_among(text, &self.live),
        }
    }
}

/// Whether a field of a kind holds the choices of records' values.
pub(super) fn are_in(collection: &str, field: &Field) -> bool {
    let rules = kind::find(collection).map_or(&[][..], |kind| kind.rules);
    rules.iter().any(|rule| {
        match rule {
        Rule::Sorts(sorts) => sorts.sorts.iter().any(|sort| {
            matches!(sort.holds, Holds::OneOf(name) | Holds::SomeOf(name) if name == field.name)
        }),
        _ => false,
    }
    })
}

fn is_among(text: &str, choices: &[Arc<str>]) -> bool {
    choices
        .iter()
        .any(|choice| are_alike(Alike::Text, text, choice))
}

/// The field with the choices of records' values, where only a person can set them.
fn set_by_hand(
    kind: &'static Kind,
    body: &Body,
    dialect: Dialect,
) -> Option<(&'static Sorts, &'static Sort, &'static Field)> {
    kind.rules.iter().find_map(|rule| {
        let Rule::Sorts(sorts) = rule else {
            return None;
        };
        let word = body.get(sorts.field)?.as_text()?;
        let sort = sorts.sorts.iter().find(|sort| sort.name == word)?;
        let (Holds::OneOf(name) | Holds::SomeOf(name)) = sort.holds else {
            return None;
        };
        let field = kind.field(name)?;
        matches!(field.wire(dialect), Wire::Manual { .. }).then_some((*sorts, sort, field))
    })
}

/// The live choices; nothing where no answer shows them.
fn offered(
    sorts: &Sorts,
    field: &Field,
    declared: &Body,
    (kind, object): (&'static Kind, Option<usize>),
    live: &Live,
) -> Option<Vec<Arc<str>>> {
    let Some(object) = object.and_then(|index| live.objects.get(index)) else {
        return Some(Vec::new());
    };
    let read = |field: &Field| read_field(field, live.dialect, &object.raw, live);
    // An object of another sort is made anew, without any choice.
    let is_replaced = kind.field(sorts.field).is_some_and(|sort| {
        read(sort).is_some_and(|now| {
            codec::strange_word(sort, &now).is_none() && Some(&now) != declared.get(sort.name)
        })
    });
    if is_replaced {
        return Some(Vec::new());
    }
    match read(field)? {
        Value::List(list) => Some(
            list.iter()
                .filter_map(|one| one.as_text().map(Arc::from))
                .collect(),
        ),
        _ => Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_40_a_value_waits_for_each_of_its_choices() {
        let offered = |holds| Offered {
            holds,
            live: vec!["A".into(), "R&amp;D".into()],
        };
        let one = offered(Holds::OneOf("values"));
        let some = offered(Holds::SomeOf("values"));
        for (text, one_waits, some_waits) in [
            ("A", false, false),
            ("R&D", false, false),
            ("a", true, true),
            ("B", true, true),
            ("A;R&D", true, false),
            ("A; R&D ;", true, false),
            ("A;B", true, true),
            ("", true, false),
        ] {
            let value = Value::Text(text.into());
            assert_eq!(one.is_without(&value), one_waits, "{text}");
            assert_eq!(some.is_without(&value), some_waits, "{text}");
        }
        // Clearing needs no choice.
        assert!(!one.is_without(&Value::Null));
    }
}
