//! Compares what is wanted with what the reader of manifests reads.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::raw::{Raw, escape};

/// Whether a value that was read is a wanted one. How a number is spelled does not count.
pub(super) fn is_same(wanted: &Value, read: &Raw) -> bool {
    difference(wanted, read).is_none()
}

/// Where a value that was read is first another than the wanted one, as a JSON pointer.
pub(super) fn difference(wanted: &Value, read: &Raw) -> Option<String> {
    let is_same = match (wanted, read.meaning()) {
        (Value::Null, Raw::Null) => true,
        (Value::Bool(wanted), Raw::Bool(read)) => wanted == read,
        (Value::Number(wanted), Raw::Number(read)) => wanted == read,
        (Value::String(wanted), Raw::Text(read)) => **wanted == **read,
        (Value::Array(wanted), Raw::List(read)) if wanted.len() == read.len() => {
            let mut both = wanted.iter().zip(read).enumerate();
            return both.find_map(|(index, (wanted, read))| {
                let below = difference(wanted, read)?;
                Some(format!("/{index}{below}"))
            });
        }
        (Value::Object(wanted), Raw::Map(read)) if wanted.len() == read.len() => {
            return in_maps(wanted, read);
        }
        _ => false,
    };
    (!is_same).then(String::new)
}

fn in_maps(wanted: &Map<String, Value>, read: &[(std::sync::Arc<str>, Raw)]) -> Option<String> {
    let mut by_key: Option<HashMap<&str, &Raw>> = None;
    for ((key, wanted), (other, value)) in wanted.iter().zip(read) {
        let value = if **key == **other {
            Some(value)
        } else {
            let all = || read.iter().map(|(key, value)| (&**key, value)).collect();
            by_key.get_or_insert_with(all).get(&**key).copied()
        };
        let below = match value {
            Some(value) => difference(wanted, value),
            None => Some(String::new()),
        };
        if let Some(below) = below {
            return Some(format!("/{}{below}", escape(key)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::raw::read;

    #[test]
    fn values_are_compared_by_what_they_mean() {
        let text = "{a: 1.10, b: [x, null], c: {d: True, e: '1'}, f: +5}";
        let read = read(text);
        let wanted = json!({"c": {"e": "1", "d": true}, "a": 1.1, "f": 5, "b": ["x", null]});
        assert!(is_same(&wanted, &read));
        for (wanted, at) in [
            (
                json!({"a": 1.1, "b": ["x", "y"], "c": {"d": true, "e": "1"}, "f": 5}),
                "/b/1",
            ),
            (
                json!({"a": 1.1, "b": ["x", null], "c": {"d": true, "e": 1}, "f": 5}),
                "/c/e",
            ),
            (
                json!({"a": 1.1, "b": ["x", null], "c": {"d": true, "g/": "1"}, "f": 5}),
                "/c/g~1",
            ),
            (json!({"a": 1.1, "b": ["x"], "c": {}, "f": 5}), "/b"),
            (json!("x"), ""),
        ] {
            assert_eq!(difference(&wanted, &read).as_deref(), Some(at), "{wanted}");
        }
    }
}
