//! How overlays are laid over what stands below: by the shapes of the fields, never by looks.

use std::sync::Arc;

pub(super) use crate::kind::words::NEW;
use crate::kind::{Field, Kind, Null, Shape};
use crate::yaml::raw::Raw;

/// Takes what an overlay says of a resource's being new out of its body; the value is handed back where
/// it is neither true nor false.
pub(super) fn take_new(body: &mut Raw) -> Result<Option<bool>, Raw> {
    let Raw::Map(entries) = body else {
        return Ok(None);
    };
    let Some(at) = entries.iter().position(|(key, _)| &**key == NEW) else {
        return Ok(None);
    };
    let (_, value) = entries.remove(at);
    match value.meaning() {
        Raw::Bool(is_new) => Ok(Some(*is_new)),
        _ => Err(value),
    }
}

/// Lays a resource's body over another's.
pub(super) fn merge_body(kind: &Kind, base: &mut Raw, over: Raw) {
    let by_field = |key: &str| match kind.field(key) {
        Some(field) => Laid::of(&field.shape),
        // Of the lifecycle each key, and of what is no field nothing is known.
        None => Laid::Keys,
    };
    lay(base, over, &|key, own, value| {
        lay_value(by_field(key), own, value);
    });
}

/// How a value of an overlay is laid over the one below.
#[derive(Clone, Copy)]
enum Laid {
    /// It takes the place.
    Whole,
    /// It is a map of values of one shape.
    Each(&'static Shape),
    /// It is a map of maps with these fields.
    EachOf(&'static [Field]),
    /// It is the lifecycle, a map of which each key takes the place.
    Keys,
    /// It is a map with these fields.
    Fields(&'static [Field]),
}

impl Laid {
    const fn of(shape: &'static Shape) -> Self {
        match shape {
            Shape::Map(map) => Self::Fields(map.fields),
            // Keys under it are handles: one of them may be called `id`.
            Shape::Keyed(keyed) => Self::Each(&keyed.value.shape),
            Shape::Items(items) => Self::EachOf(items.fields),
            Shape::Text { .. }
            | Shape::Email { .. }
            | Shape::Scalar { .. }
            | Shape::Flag
            | Shape::Integer { .. }
            | Shape::Number
            | Shape::Date
            | Shape::Choice(_)
            | Shape::Reference(_)
            | Shape::References(_)
            | Shape::Ranked(_)
            | Shape::Texts { .. } => Self::Whole,
        }
    }
}

fn lay_value(how: Laid, base: &mut Raw, over: Raw) {
    match how {
        Laid::Whole => *base = over,
        Laid::Each(shape) => lay(base, over, &|_, own, value| {
            lay_value(Laid::of(shape), own, value);
        }),
        Laid::EachOf(fields) => lay(base, over, &|_, own, value| {
            lay_value(Laid::Fields(fields), own, value);
        }),
        Laid::Keys => lay(base, over, &|_, own, value| *own = value),
        Laid::Fields(fields) => {
            let field = |key: &str| fields.iter().find(|field| field.name == key);
            let gone = taken_out(&over, &|key| {
                field(key).is_some_and(|field| is_there_when_empty(&field.shape))
            });
            lay(base, over, &|key, own, value| {
                let how = field(key).map_or(Laid::Whole, |field| Laid::of(&field.shape));
                lay_value(how, own, value);
            });
            remove(base, &gone);
        }
    }
}

/// Whether a map is there although nothing is in it, so that only its absence takes it away.
const fn is_there_when_empty(shape: &Shape) -> bool {
    matches!(shape, Shape::Map(map) if matches!(map.null, Null::Empty))
}

/// Names the keys that an overlay takes out of what stands below: those that it sets to null.
fn taken_out(over: &Raw, may: &dyn Fn(&str) -> bool) -> Vec<Arc<str>> {
    let Raw::Map(over) = over else {
        return Vec::new();
    };
    let is_null = |(key, value): &&(Arc<str>, Raw)| matches!(value, Raw::Null) && may(key);
    let gone = over.iter().filter(is_null);
    gone.map(|(key, _)| Arc::clone(key)).collect()
}

fn remove(base: &mut Raw, gone: &[Arc<str>]) {
    if let Raw::Map(base) = base {
        base.retain(|(key, _)| !gone.contains(key));
    }
}

/// Lays one map over another, key by key; everything else takes the place.
fn lay(base: &mut Raw, over: Raw, each: &dyn Fn(&str, &mut Raw, Raw)) {
    match (base, over) {
        (Raw::Map(base), Raw::Map(over)) => {
            for (key, value) in over {
                match base.iter_mut().find(|(own, _)| *own == key) {
                    Some((_, own)) => each(&key, own, value),
                    None => base.push((key, value)),
                }
            }
        }
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;
    use crate::yaml::{Source, load};

    fn read(text: &str) -> Raw {
        let source = Source::new("a.yaml", text.as_bytes());
        let mut documents = load::documents(&source, "").unwrap();
        documents.remove(0).1
    }

    #[test]
    fn overlays_are_laid_by_shape_and_not_by_looks() {
        for (collection, base, over, expected) in [
            // Keys under `cf` are handles, whatever they are called.
            (
                "contacts",
                "cf: {a: 1, id: 2}",
                "cf: {id: 3}",
                "cf: {a: 1, id: 3}",
            ),
            // An event is there although nothing is said of it: null takes it out.
            (
                "webhooks",
                "subscriptions: {Ticket_Add: {departments: [A]}, Contact_Add: {}}",
                "subscriptions: {Ticket_Add: null, Task_Add: null}",
                "subscriptions: {Contact_Add: {}}",
            ),
            // A reference is one value, however it is said.
            (
                "contacts",
                "account: {lookup: A}",
                "account: {id: '1'}",
                "account: {id: '1'}",
            ),
            (
                "agents",
                "departments: [A]",
                "departments: [B]",
                "departments: [B]",
            ),
            (
                "slas",
                "responseTime: {businessHours: 1, calendarHours: 2}",
                "responseTime: {businessHours: 3}",
                "responseTime: {businessHours: 3, calendarHours: 2}",
            ),
            (
                "webhooks",
                "subscriptions: {Ticket_Add: {}, Ticket_Update: {fields: [a], departments: [D]}}",
                "subscriptions: {Ticket_Update: {fields: [b]}}",
                "subscriptions: {Ticket_Add: {}, Ticket_Update: {fields: [b], departments: [D]}}",
            ),
            (
                "teams",
                "lifecycle: {preventDestroy: true, transferTo: {team: A}}",
                "lifecycle: {transferTo: {agent: b}}",
                "lifecycle: {preventDestroy: true, transferTo: {agent: b}}",
            ),
        ] {
            let mut body = read(base);
            merge_body(find(collection).unwrap(), &mut body, read(over));
            assert_eq!(body, read(expected), "{collection}");
        }
    }
}
