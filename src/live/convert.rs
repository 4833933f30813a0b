//! Values between the wire and the manifest's terms: one decoder and one encoder for all kinds.

use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use crate::dialect::Dialect;
use crate::kind::{Encoding, Field, Shape, Switch, Wire};
use crate::state::{Address, Leaves, Reference, Value, tidy};

/// Translates ids and API names of an organization to addresses.
pub trait Names {
    /// The address of the object with this id; made up when no listing shows it.
    fn address(&self, collection: &'static str, id: &str) -> Address;
    /// Whether the object with this id is sure to be at an address; never of one learned since.
    fn is_address(&self, collection: &'static str, id: &str, address: &Address) -> bool;
    /// Whether an API name of a module's field is sure to have a key under `cf`.
    fn is_custom_field(&self, module: &str, api_name: &str, key: &str) -> bool;
    /// The key under `cf` for an API name of a module's field.
    fn custom_field(&self, module: &str, api_name: &str) -> Arc<str>;
}

/// Translates addresses to ids and API names of an organization.
pub trait Ids {
    /// The id behind an address, if it is known.
    fn id(&self, address: &Address) -> Option<String>;
    /// The API name of a managed custom field, if it is known.
    fn api_name(&self, address: &Address) -> Option<String>;
}

/// An id as text; the API writes ids as texts or as numbers.
#[must_use]
pub fn id_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A boolean of an answer; the API writes some of them as texts.
#[must_use]
pub fn flag(raw: &Map<String, Json>, key: &str) -> Option<bool> {
    match raw.get(key)? {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether one field of an object is sure to read as a value, told without a copy of it.
///
/// It may say no of a field that [`read_field`] reads so; it never says yes of another.
#[must_use]
pub fn surely_reads_as(
    field: &Field,
    dialect: Dialect,
    raw: &Map<String, Json>,
    value: &Value,
    names: &dyn Names,
) -> bool {
    let name = match field.wire(dialect) {
        Wire::Sent {
            name,
            encoding: Encoding::Plain,
            ..
        }
        | Wire::Switched(name)
        | Wire::Query(name) => *name,
        _ => return false,
    };
    let text = |json: &Json, value: &Value| match (json, value) {
        (Json::String(read), Value::Text(text)) => **text == **read || *tidy(read) == **text,
        _ => false,
    };
    let Some(json) = raw.get(name).filter(|_| is_normal(field, dialect, value)) else {
        return false;
    };
    match (field.shape, json, value) {
        (Shape::Email { .. }, Json::String(read), Value::Text(text)) => **text == **read,
        (Shape::Text { .. } | Shape::Scalar { .. } | Shape::Choice(_), json, value) => {
            text(json, value)
        }
        (Shape::Flag, Json::Bool(read), Value::Bool(flag)) => read == flag,
        (Shape::Reference(target), Json::String(id), Value::Reference(Reference::To(address))) => {
            names.is_address(target.collection, id, address)
        }
        (Shape::CustomFields { module }, Json::Object(read), Value::Map(map)) => {
            read.len() == map.len()
                && read.iter().all(|(api_name, json)| {
                    let mut leaves = map.iter();
                    leaves.any(|(key, leaf)| {
                        text(json, leaf) && names.is_custom_field(module, api_name, key)
                    })
                })
        }
        _ => false,
    }
}

/// Reads one field of an object; `None` when the answer does not carry it at all.
#[must_use]
pub fn read_field(
    field: &Field,
    dialect: Dialect,
    raw: &Map<String, Json>,
    names: &dyn Names,
) -> Option<Value> {
    let (name, encoding) = match field.wire(dialect) {
        Wire::Sent { name, encoding, .. }
        | Wire::Manual {
            read: Some(name),
            encoding,
            ..
        } => (*name, *encoding),
        Wire::Switched(name) | Wire::Query(name) => (*name, Encoding::Plain),
        Wire::Manual { read: None, .. } | Wire::InPath | Wire::Harmless | Wire::Refused(_) => {
            return None;
        }
    };
    raw.get(name)
        .map(|json| decode(field, dialect, encoding, json, names))
}

/// Decodes one JSON value by the field's shape; what does not fit becomes null.
fn decode(
    field: &Field,
    dialect: Dialect,
    encoding: Encoding,
    json: &Json,
    names: &dyn Names,
) -> Value {
    let value = match field.shape {
        Shape::Text { .. } | Shape::Scalar { .. } | Shape::Email { .. } => scalar_text(json),
        Shape::Choice(_) => match (json, encoding) {
            (Json::String(word), Encoding::Words(words)) => {
                let manifest = words
                    .iter()
                    .find(|(_, wire)| wire == word)
                    .map_or(word.as_str(), |(manifest, _)| manifest);
                Value::text(manifest)
            }
            _ => scalar_text(json),
        },
        Shape::Flag => match json {
            Json::Bool(flag) => Value::Bool(*flag),
            Json::String(text) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
            Json::String(text) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
            _ => Value::Null,
        },
        Shape::Integer { .. } | Shape::Number => match json {
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => text
                .trim()
                .parse::<Number>()
                .map_or(Value::Null, Value::Number),
            _ => Value::Null,
        },
        Shape::Reference(target) => id_text(json).map_or(Value::Null, |id| {
            Value::Reference(Reference::To(names.address(target.collection, &id)))
        }),
        Shape::References(target) => Value::List(
            items(json)
                .filter_map(id_text)
                .map(|id| Value::Reference(Reference::To(names.address(target.collection, &id))))
                .collect(),
        ),
        Shape::Texts { .. } => Value::List(
            items(json)
                .map(|item| match (item, encoding) {
                    (Json::Object(object), Encoding::ValueObjects) => {
                        object.get("value").map_or(Value::Null, scalar_text)
                    }
                    _ => scalar_text(item),
                })
                .filter(|item| !item.is_null())
                .collect(),
        ),
        Shape::Map(leaves) => match json {
            Json::Object(object) => Value::Map(
                leaves
                    .iter()
                    .filter_map(|leaf| {
                        let value = read_field(leaf, dialect, object, names)?;
                        Some((leaf.name.to_owned(), value))
                    })
                    .collect(),
            ),
            _ => Value::Null,
        },
        Shape::CustomFields { module } => match json {
            Json::Object(object) => Value::Map(
                object
                    .iter()
                    .map(|(key, value)| (names.custom_field(module, key), scalar_text(value)))
                    .collect(),
            ),
            _ => Value::Null,
        },
        Shape::Subscriptions => match json {
            Json::Object(object) => Value::Map(
                object
                    .iter()
                    .map(|(event, filter)| (event.clone(), decode_filter(filter, names)))
                    .collect(),
            ),
            _ => Value::Null,
        },
    };
    normalise(field, dialect, value)
}

fn items(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().map_or(&[][..], Vec::as_slice).iter()
}

fn scalar_text(json: &Json) -> Value {
    match json {
        Json::String(text) => Value::text(text),
        Json::Number(number) => Value::Text(number.to_string().into()),
        Json::Bool(flag) => Value::Text(flag.to_string().into()),
        // Several choices of one field, written as manifests write them.
        Json::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            Value::text(&items.join(";"))
        }
        _ => Value::Null,
    }
}

fn decode_filter(json: &Json, names: &dyn Names) -> Value {
    let Json::Object(object) = json else {
        return Value::Null;
    };
    let mut filter = Leaves::new();
    let mut departments: Vec<Value> = ["departmentIds", "departmentId"]
        .iter()
        .filter_map(|key| object.get(*key))
        .flat_map(items)
        .filter_map(id_text)
        .map(|id| Value::Reference(Reference::To(names.address("departments", &id))))
        .collect();
    sort(&mut departments);
    departments.dedup();
    if !departments.is_empty() {
        filter.insert("departments".to_owned(), Value::List(departments));
    }
    if let Some(Json::Bool(true)) = object.get("includePrevState") {
        filter.insert("includePrevState".to_owned(), Value::Bool(true));
    }
    let mut fields: Vec<Value> = object
        .get("fields")
        .into_iter()
        .flat_map(items)
        .map(scalar_text)
        .filter(|field| !field.is_null())
        .collect();
    sort(&mut fields);
    if !fields.is_empty() {
        filter.insert("fields".to_owned(), Value::List(fields));
    }
    if let Some(direction @ Json::String(_)) = object.get("direction") {
        filter.insert("direction".to_owned(), scalar_text(direction));
    }
    if filter.is_empty() {
        Value::Null
    } else {
        Value::Map(filter)
    }
}

/// Sorts values that form a set.
pub fn sort(values: &mut [Value]) {
    values.sort_by(|a, b| match (a, b) {
        (Value::Reference(a), Value::Reference(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
}

/// Brings a value of either side to the one form in which both are compared.
///
/// What Desk itself may do to a value must not look like a difference: white space at the ends,
/// line ends, the case of an e-mail address, the order of a set, the form of an amount.
#[must_use]
pub fn normalise(field: &Field, dialect: Dialect, value: Value) -> Value {
    if is_normal(field, dialect, &value) {
        value
    } else {
        normal_form(field, dialect, value)
    }
}

fn normal_form(field: &Field, dialect: Dialect, value: Value) -> Value {
    match (field.shape, value) {
        (Shape::Email { .. }, Value::Text(text)) => Value::text(&text.trim().to_lowercase()),
        // Of a map of custom fields this is one value.
        (
            Shape::Text { .. }
            | Shape::Scalar { .. }
            | Shape::Choice(_)
            | Shape::CustomFields { .. },
            Value::Text(text),
        ) => {
            let text = tidy(&text);
            if let Wire::Sent {
                encoding: Encoding::TextAsNumber,
                ..
            } = field.wire(dialect)
                && let Some(number) = plain_number(&text)
            {
                return Value::Text(number.to_string().into());
            }
            Value::text(&text)
        }
        (Shape::Integer { .. } | Shape::Number, Value::Number(number)) => {
            Value::Number(whole(number))
        }
        (Shape::References(_), Value::List(mut list)) => {
            sort(&mut list);
            list.dedup();
            Value::List(list)
        }
        (Shape::References(_) | Shape::Texts { .. }, Value::Null) => Value::List(Vec::new()),
        (Shape::Texts { set, .. }, Value::List(list)) => {
            let mut list: Vec<Value> = list
                .into_iter()
                .map(|item| match item {
                    Value::Text(text) => Value::text(text.trim()),
                    other => other,
                })
                .collect();
            if set {
                sort(&mut list);
                list.dedup();
            }
            Value::List(list)
        }
        (Shape::Map(leaves), Value::Map(map)) => Value::Map(
            map.into_iter()
                .map(|(key, value)| {
                    let value = match leaves.iter().find(|leaf| *leaf.name == *key) {
                        Some(leaf) => normalise(leaf, dialect, value),
                        None => value,
                    };
                    (key, value)
                })
                .collect(),
        ),
        (Shape::CustomFields { .. }, Value::Map(map)) => Value::Map(
            map.into_iter()
                .map(|(key, value)| {
                    let value = match value {
                        Value::Text(text) => Value::text(&tidy(&text)),
                        other => other,
                    };
                    (key, value)
                })
                .collect(),
        ),
        (Shape::Subscriptions, Value::Map(map)) => Value::Map(
            map.into_iter()
                .map(|(event, filter)| (event, normalise_filter(filter)))
                .collect(),
        ),
        (_, value) => value,
    }
}

/// Whether [`normalise`] is sure to leave a value as it is, told without a copy.
///
/// It may say no of a value that is in normal form; it never says yes of another.
#[must_use]
pub fn is_normal(field: &Field, dialect: Dialect, value: &Value) -> bool {
    let is_tidy = |text: &str| !text.is_empty() && text.trim().len() == text.len();
    let one_line_end = |text: &str| !text.as_bytes().contains(&b'\r');
    match (field.shape, value) {
        (Shape::Email { .. }, Value::Text(text)) => {
            text.is_ascii() && is_tidy(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
        }
        (Shape::Text { .. } | Shape::Scalar { .. } | Shape::Choice(_), Value::Text(text)) => {
            let amount = matches!(
                field.wire(dialect),
                Wire::Sent {
                    encoding: Encoding::TextAsNumber,
                    ..
                }
            );
            !amount && is_tidy(text) && one_line_end(text)
        }
        (Shape::References(_), Value::List(list)) => list.windows(2).all(|pair| {
            matches!(pair, [Value::Reference(first), Value::Reference(second)] if first < second)
        }),
        (Shape::CustomFields { .. }, Value::Map(map)) => map.values().all(|value| match value {
            Value::Text(text) => is_tidy(text) && one_line_end(text),
            _ => true,
        }),
        (shape, Value::Null) => !matches!(shape, Shape::References(_) | Shape::Texts { .. }),
        (Shape::Flag, Value::Bool(_)) | (Shape::Reference(_), Value::Reference(_)) => true,
        _ => false,
    }
}

fn normalise_filter(filter: Value) -> Value {
    let Value::Map(mut map) = filter else {
        return Value::Null;
    };
    map.retain(|_, value| match value {
        Value::List(list) => {
            sort(list);
            list.dedup();
            !list.is_empty()
        }
        Value::Bool(flag) => *flag,
        Value::Null => false,
        _ => true,
    });
    if map.is_empty() {
        Value::Null
    } else {
        Value::Map(map)
    }
}

/// A whole number as an integer, so that 24.0 and 24 are one value.
#[must_use]
pub fn whole(number: Number) -> Number {
    match number.as_f64() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::float_cmp,
            reason = "the guard holds the value to what an i64 and an f64 share exactly"
        )]
        Some(float) if float.trunc() == float && float.abs() < 9.0e15 => Number::from(float as i64),
        _ => number,
    }
}

fn plain_number(text: &str) -> Option<Number> {
    text.trim_end_matches('.').parse::<Number>().ok().map(whole)
}

/// What could not be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodeError {
    /// The id behind this address is not known.
    UnknownId(Address),
    /// A secret has no value in this environment.
    NoSecret,
}

/// Writes one field of a body, for a create or an update.
///
/// `named` is the part of `value` that the manifests name; of a map of custom fields only that is
/// sent.
///
/// # Errors
/// [`EncodeError`] when an id or a secret is missing.
pub fn encode(
    field: &Field,
    dialect: Dialect,
    value: &Value,
    named: Option<&Value>,
    ids: &dyn Ids,
) -> Result<Json, EncodeError> {
    let encoding = match field.wire(dialect) {
        Wire::Sent { encoding, .. } => *encoding,
        _ => Encoding::Plain,
    };
    Ok(match (field.shape, value) {
        (_, Value::Null) => empty(field, dialect),
        (_, Value::Secret(secret)) => {
            Json::String(secret.expose().ok_or(EncodeError::NoSecret)?.to_owned())
        }
        (Shape::CustomFields { .. }, Value::Map(map)) => {
            let mut object = Map::new();
            for (key, value) in map {
                if let Some(Value::Map(named)) = named
                    && !named.contains_key(key)
                {
                    continue;
                }
                object.insert(
                    wire_key(key, ids)?,
                    match value {
                        Value::Null if dialect == Dialect::Guide => Json::Null,
                        Value::Null => Json::String(String::new()),
                        other => plain(other, ids)?,
                    },
                );
            }
            Json::Object(object)
        }
        (Shape::Subscriptions, Value::Map(map)) => {
            let mut object = Map::new();
            for (event, filter) in map {
                object.insert(event.to_owned(), encode_filter(filter, ids)?);
            }
            Json::Object(object)
        }
        (Shape::Map(leaves), Value::Map(map)) => {
            let mut object = Map::new();
            for leaf in leaves {
                if let Some(value) = map.get(leaf.name) {
                    let name = leaf.wire(dialect).read_name().unwrap_or(leaf.name);
                    object.insert(name.to_owned(), encode(leaf, dialect, value, None, ids)?);
                }
            }
            Json::Object(object)
        }
        (Shape::Texts { .. }, Value::List(list)) if encoding == Encoding::ValueObjects => {
            let mut array = Vec::with_capacity(list.len());
            for item in list {
                let mut object = Map::new();
                object.insert("value".to_owned(), plain(item, ids)?);
                array.push(Json::Object(object));
            }
            Json::Array(array)
        }
        (_, Value::Text(text)) => match encoding {
            Encoding::TextAsNumber => {
                plain_number(text).map_or_else(|| Json::String(text.to_string()), Json::Number)
            }
            Encoding::Words(words) => Json::String(
                words
                    .iter()
                    .find(|(manifest, _)| *manifest == &**text)
                    .map_or(&**text, |(_, wire)| wire)
                    .to_owned(),
            ),
            _ => Json::String(text.to_string()),
        },
        (_, value) => plain(value, ids)?,
    })
}

/// What clears a field: null where the API takes it, else the empty value.
fn empty(field: &Field, dialect: Dialect) -> Json {
    if field.nullable || dialect == Dialect::Guide {
        return Json::Null;
    }
    match field.shape {
        Shape::References(_) | Shape::Texts { .. } => Json::Array(Vec::new()),
        Shape::Text { .. } | Shape::Email { .. } | Shape::Scalar { .. } => {
            Json::String(String::new())
        }
        _ => Json::Null,
    }
}

/// Whether the API has a way to clear a field once it has a value.
#[must_use]
pub fn can_be_cleared(field: &Field, dialect: Dialect) -> bool {
    if field.required {
        return false;
    }
    if dialect == Dialect::Guide {
        // Custom fields are cleared one by one.
        return !matches!(
            field.shape,
            Shape::Flag | Shape::Choice(_) | Shape::CustomFields { .. }
        );
    }
    field.nullable
        || match field.shape {
            Shape::Text { pattern, .. } => pattern.is_none_or(|pattern| pattern.allows_empty),
            Shape::References(_) | Shape::Texts { .. } => true,
            _ => false,
        }
}

fn wire_key(key: &str, ids: &dyn Ids) -> Result<String, EncodeError> {
    match key.strip_prefix("customFields/") {
        Some(handle) => {
            let address = Address::new("customFields", handle);
            ids.api_name(&address)
                .ok_or(EncodeError::UnknownId(address))
        }
        None => Ok(key.to_owned()),
    }
}

/// Writes a value that is no field's.
///
/// # Errors
/// [`EncodeError`] when an id or a secret is missing.
pub fn plain(value: &Value, ids: &dyn Ids) -> Result<Json, EncodeError> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => Json::String(text.to_string()),
        Value::Secret(secret) => {
            Json::String(secret.expose().ok_or(EncodeError::NoSecret)?.to_owned())
        }
        Value::Reference(Reference::To(address)) => Json::String(
            ids.id(address)
                .ok_or_else(|| EncodeError::UnknownId(address.clone()))?,
        ),
        Value::Reference(Reference::Id { id, .. }) => Json::String(id.to_string()),
        Value::Reference(Reference::Lookup { collection, name }) => {
            return Err(EncodeError::UnknownId(Address::new(
                collection,
                name.clone(),
            )));
        }
        Value::List(list) => Json::Array(
            list.iter()
                .map(|item| plain(item, ids))
                .collect::<Result<_, _>>()?,
        ),
        Value::Map(map) => Json::Object(
            map.iter()
                .map(|(key, value)| Ok((key.to_owned(), plain(value, ids)?)))
                .collect::<Result<_, EncodeError>>()?,
        ),
    })
}

fn encode_filter(filter: &Value, ids: &dyn Ids) -> Result<Json, EncodeError> {
    let Value::Map(map) = filter else {
        return Ok(Json::Null);
    };
    let mut object = Map::new();
    for (key, value) in map {
        let name = if key == "departments" {
            "departmentIds"
        } else {
            key
        };
        object.insert(name.to_owned(), plain(value, ids)?);
    }
    Ok(Json::Object(object))
}

/// The value of a switch.
#[must_use]
pub fn switch_value(switch: Switch) -> Value {
    match switch {
        Switch::Flag(flag) => Value::Bool(flag),
        Switch::Word(word) => Value::text(word),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::{KINDS, find};
    use crate::live::{Live, LiveObject};

    /// Values of every form, in normal form and not.
    fn values() -> Vec<Value> {
        let texts = [
            "",
            "a",
            " a",
            "a ",
            "a\r\nb",
            "a\nb\n",
            "A@Example.com",
            "a@example.com",
            "ß",
            "12",
            "12.50",
            "12.",
            "\u{a0}a",
            "\t",
        ];
        let texts = texts.map(|text| Value::Text(text.into()));
        let to = |handle: &str| Value::Reference(Reference::To(Address::new("agents", handle)));
        let mut values: Vec<Value> = vec![
            Value::Null,
            Value::Bool(true),
            Value::Number(Number::from(24)),
            Value::Number(Number::from_f64(24.0).unwrap()),
            to("a"),
            Value::List(Vec::new()),
            Value::List(vec![to("a"), to("b")]),
            Value::List(vec![to("b"), to("a")]),
            Value::List(vec![to("a"), to("a")]),
            Value::List(vec![Value::text("b "), Value::text("a")]),
            Value::Map(Leaves::new()),
        ];
        values.extend(
            texts
                .iter()
                .map(|text| Value::Map(Leaves::from([("a", text.clone())]))),
        );
        values.extend(texts);
        values
    }

    #[test]
    fn what_surely_reads_as_a_value_is_read_as_it() {
        for dialect in [Dialect::Openapi, Dialect::Guide] {
            surely_reads(dialect);
        }
    }

    fn surely_reads(dialect: Dialect) {
        let mut live = Live::new(dialect);
        for (index, (collection, raw)) in [
            ("agents", json!({"id": "1", "emailId": "a"})),
            ("agents", json!({"id": "2", "emailId": "b"})),
            (
                "customFields",
                json!({"id": "3", "module": "contacts", "apiName": "cf_a"}),
            ),
        ]
        .into_iter()
        .enumerate()
        {
            live.add(LiveObject {
                kind: find(collection).unwrap(),
                id: (index + 1).to_string(),
                raw: raw.as_object().unwrap().clone(),
                parts: Vec::new(),
            });
            let handle = ["a", "b", "field"][index];
            live.bind(
                index,
                Address::new(find(collection).unwrap().collection, handle),
            );
        }
        let mut raws: Vec<Json> = values()
            .iter()
            .filter_map(|value| value.as_text().map(Json::from))
            .collect();
        raws.extend([
            json!(null),
            json!(true),
            json!("true"),
            json!(1),
            json!("1"),
            json!(2),
            json!([1]),
        ]);
        for text in ["a", " a", "", "b"] {
            raws.extend([
                json!({"cf_a": text}),
                json!({"cf_b": text}),
                json!({"cf_a": text, "cf_b": "a"}),
            ]);
        }
        let mut wanted = values();
        for text in ["a", "b"] {
            for keys in [
                &["customFields/field"][..],
                &["cf_b"],
                &["customFields/field", "cf_b"],
            ] {
                let leaves = keys.iter().map(|key| (*key, Value::text(text)));
                wanted.push(Value::Map(leaves.collect()));
            }
        }
        let mut sure = 0;
        for field in KINDS.iter().flat_map(|kind| kind.fields) {
            let Some(name) = field.wire(dialect).read_name() else {
                continue;
            };
            for raw in &raws {
                let raw = Map::from_iter([(name.to_owned(), raw.clone())]);
                for value in &wanted {
                    if surely_reads_as(field, dialect, &raw, value, &live) {
                        let read = read_field(field, dialect, &raw, &live);
                        assert_eq!(read.as_ref(), Some(value), "{} {raw:?}", field.name);
                        sure += 1;
                    }
                }
            }
        }
        assert!(sure > 100, "{sure}");
    }

    #[test]
    fn what_is_told_to_be_normal_is_left_as_it_is() {
        let mut normal = 0;
        for kind in KINDS {
            for field in kind.fields {
                for dialect in [Dialect::Openapi, Dialect::Guide] {
                    for value in values() {
                        let form = normal_form(field, dialect, value.clone());
                        if is_normal(field, dialect, &value) {
                            assert_eq!(form, value, "{}.{}", kind.collection, field.name);
                            normal += 1;
                        }
                        let again = normal_form(field, dialect, form.clone());
                        assert_eq!(again, form, "{}.{}", kind.collection, field.name);
                    }
                }
            }
        }
        assert!(normal > 1_000, "{normal}");
    }
}
