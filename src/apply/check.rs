//! The answer compared with what was asked: Desk accepts some values and stores nothing.

use serde_json::{Map, Value as Json};

use crate::dialect::Dialect;
use crate::kind::{Field, Shape, Wire};
use crate::live::Live;
use crate::live::convert::normalise;
use crate::plan::requests::Op;
use crate::plan::task::Task;
use crate::state::Value;

/// The fields (`cf.region`) of a write that did not take, by the answer.
///
/// A field that the answer does not carry at all proves nothing and is passed over; only a key
/// under `cf` that is missing there did not take.
#[must_use]
pub fn did_not_take(task: &Task, op: &Op, answer: &Map<String, Json>, live: &Live) -> Vec<String> {
    let sent = task.kind.fields.iter();
    let sent = sent.filter(|field| op.sends(field, live.dialect));
    let stored = live.decode(task.kind, answer);
    let mut missing = Vec::new();
    for field in sent {
        if field.write_only || !matches!(field.wire(live.dialect), Wire::Sent { .. }) {
            continue;
        }
        let (Some(wanted), Some(have)) = (task.body.get(field.name), stored.get(field.name)) else {
            continue;
        };
        match (field.shape, wanted, have) {
            (Shape::CustomFields { .. }, Value::Map(wanted), have) => {
                let named = task.named.get(field.name);
                for (key, value) in wanted {
                    if let Some(Value::Map(named)) = named
                        && !named.contains_key(key)
                    {
                        continue;
                    }
                    let stored = match have {
                        Value::Map(map) => map.get(key).unwrap_or(&Value::Null),
                        _ => &Value::Null,
                    };
                    if !same(field, live.dialect, value, stored) {
                        let key = key.strip_prefix("customFields/").unwrap_or(key);
                        missing.push(format!("{}.{key}", field.name));
                    }
                }
            }
            (Shape::Map(leaves), Value::Map(wanted), Value::Map(have)) => {
                for leaf in leaves {
                    let Some(value) = wanted.get(leaf.name) else {
                        continue;
                    };
                    let stored = have.get(leaf.name).unwrap_or(&Value::Null);
                    if !matches!(value, Value::Map(_)) && !same(leaf, live.dialect, value, stored) {
                        missing.push(format!("{}.{}", field.name, leaf.name));
                    }
                }
            }
            (_, wanted, have) => {
                // A create leaves null out, and the server may fill in a default.
                let filled_in = op.creates() && wanted.is_null();
                if !filled_in && !same(field, live.dialect, wanted, have) {
                    missing.push(field.name.to_owned());
                }
            }
        }
    }
    missing
}

fn same(field: &Field, dialect: Dialect, wanted: &Value, stored: &Value) -> bool {
    match wanted {
        Value::Secret(secret) => {
            let wanted = secret
                .expose()
                .map(|text| normalise(field, dialect, Value::text(text)));
            wanted.as_ref() == Some(stored)
        }
        wanted => wanted == stored,
    }
}
