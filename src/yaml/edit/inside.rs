//! Edits of values that are new themselves: no text has to be looked after.

use serde_json::{Map, Value};

use super::Step;

/// The value at the end of a way.
fn find<'v>(value: &'v mut Value, way: &[Step]) -> Option<&'v mut Value> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.as_object_mut()?.get_mut(key),
        Step::Index(index) => value.as_array_mut()?.get_mut(*index),
    })
}

/// Sets the value at the end of a way; maps that are missing are made.
pub(super) fn set(value: &mut Value, way: &[Step], to: &Value) -> Result<(), &'static str> {
    let Some((step, below)) = way.split_first() else {
        *value = to.clone();
        return Ok(());
    };
    match step {
        Step::Key(key) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            let map = value
                .as_object_mut()
                .ok_or("it would stand inside of what is no map")?;
            set(map.entry(key.as_str()).or_insert(Value::Null), below, to)
        }
        Step::Index(index) => {
            if value.is_null() {
                *value = Value::Array(Vec::new());
            }
            let items = value
                .as_array_mut()
                .ok_or("it would stand inside of what is no list")?;
            if *index == items.len() {
                items.push(Value::Null);
            }
            let item = items.get_mut(*index).ok_or("the list has fewer items")?;
            set(item, below, to)
        }
    }
}

/// Takes away what stands at the end of a way and one step more.
pub(super) fn remove(value: &mut Value, above: &[Step], last: &Step) {
    match (find(value, above), last) {
        (Some(Value::Object(map)), Step::Key(key)) => {
            map.shift_remove(key);
        }
        (Some(Value::Array(items)), Step::Index(index)) if *index < items.len() => {
            items.remove(*index);
        }
        _ => {}
    }
}

/// Gives an entry another key; whether that is its key now.
pub(super) fn rename(value: &mut Value, above: &[Step], last: &str, key: &str) -> bool {
    let Some(Value::Object(map)) = find(value, above) else {
        return false;
    };
    match (map.contains_key(last), map.contains_key(key)) {
        (true, true) => last == key,
        (true, false) => {
            let entries = std::mem::take(map).into_iter();
            *map = entries
                .map(|(own, value)| (if own == last { key.to_owned() } else { own }, value))
                .collect();
            true
        }
        (false, is_there) => is_there,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(key: &str) -> Step {
        Step::Key(key.to_owned())
    }

    #[test]
    fn new_values_are_edited() {
        let mut value = json!({"a": {"b": 1, "c": 2}});
        set(
            &mut value,
            &[key("a"), key("d"), Step::Index(0)],
            &json!("x"),
        )
        .unwrap();
        remove(&mut value, &[key("a")], &key("b"));
        remove(&mut value, &[key("q")], &key("b"));
        assert!(rename(&mut value, &[key("a")], "c", "e"));
        assert!(rename(&mut value, &[key("a")], "c", "e"));
        assert!(!rename(&mut value, &[key("a")], "e", "d"));
        assert_eq!(value.to_string(), r#"{"a":{"e":2,"d":["x"]}}"#);
        for way in [
            vec![key("a"), key("e"), key("x")],
            vec![key("a"), Step::Index(1)],
        ] {
            set(&mut value, &way, &json!(1)).unwrap_err();
        }
    }
}
