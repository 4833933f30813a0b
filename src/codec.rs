//! Values of fields: every walk over a shape and a value stands here.
//!
//! [`decode`] and [`encode`] go between the wire and the manifest's terms. [`normalise`] gives both
//! sides one form, [`merge`] lays what is declared over what is live, and [`settle`] gives a live
//! value the declared spelling where the two are one by their type. No walk ends in a catch-all arm,
//! so that a new shape is met everywhere. Two shortcuts, [`is_normal`] and [`surely_reads_as`], are
//! held to the long way by tests.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map as Object, Number, Value as Json};

use crate::dialect::Dialect;
use crate::kind::{
    self, Alike, Encoding, Field, Items, Keyed, Keys, Map, Null, Owned, Row, Rows, Sent, Shape,
    Switch, Wire,
};
use crate::state::{Address, FieldPath, Leaves, Reference, Value, tidy};

mod alike;
mod encode;
mod html;
mod lay;
pub mod listed;

pub(crate) use alike::plain_text;
pub use alike::{
    are_alike, field_at, is_as_before, may_be_rewritten, opaque_field, renamed, same_json,
    with_handles_of,
};
pub use encode::{
    EncodeError, Part, can_be_cleared, encode, is_by_name, is_fixed, is_too_short, may_go,
    name_in_text, plain,
};
pub use lay::{
    LIVE_VALUE, Target, as_handled, as_secret, as_unseen, common, is_filled_in, is_listed,
    keep_live, merge, named_path, reached, restrict, settle, strange_word, targets,
    texts_that_may_name, value_at, way_of, without_secrets, written, written_order,
};

/// Translates ids and wire names of an organization to addresses.
pub trait Names {
    /// The address of the object with this id; made up when no listing shows it.
    fn address(&self, collection: &'static str, id: &str) -> Address;
    /// The collection of the object with this id, where a target has several.
    fn collection(&self, target: &kind::Target, id: &str) -> &'static str;
    /// Whether the object with this id is sure to be at an address; never of one learned since.
    fn is_address(&self, collection: &'static str, id: &str, address: &Address) -> bool;
    /// Whether a wire name of a target is sure to have a key in a map.
    fn is_key(&self, target: &kind::Target, wire_name: &str, key: &str) -> bool;
    /// The key in a map for a wire name of a target.
    fn key(&self, target: &kind::Target, wire_name: &str) -> Arc<str>;
    /// The key in a map for the object with an id; none where it was not read.
    fn key_of_id(&self, target: &kind::Target, id: &str) -> Option<Arc<str>>;
    /// When two values under a key of a map are one, by what the key names.
    fn alike(&self, target: &kind::Target, key: &str) -> Alike;
    /// The one live object that a text names, see [`Field::refers`].
    fn meant(&self, targets: &[kind::Target], text: &str) -> Option<Address>;
    /// The text that stands for what a text names, if it is known, see [`Field::refers`].
    fn text_of(&self, targets: &[kind::Target], address: &Address) -> Option<String>;
}

/// Translates addresses to ids and wire names of an organization.
pub trait Ids {
    /// The id behind an address, if it is known.
    fn id(&self, address: &Address) -> Option<String>;
    /// The name under which maps on the wire name what an address stands for, if it is known.
    fn wire_name(&self, address: &Address) -> Option<String>;
    /// The id of what a key of a map names, if it is known.
    fn id_of_key(&self, target: &kind::Target, key: &str) -> Option<String>;
    /// What people call what an address stands for, if it is known.
    fn label(&self, address: &Address) -> Option<String>;
    /// The name of what an address stands for, which is sent in place of its id, if it is known.
    fn name(&self, address: &Address) -> Option<String> {
        self.label(address)
    }
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
pub fn flag(raw: &Object<String, Json>, key: &str) -> Option<bool> {
    as_flag(raw.get(key)?)
}

fn as_flag(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Looks up what an answer carries at a path.
///
/// A slash stands before what lies below, `*` for every item of a list, and `|` between places of
/// which the first that is there counts.
#[must_use]
pub fn shown_at<'j>(raw: &'j Object<String, Json>, path: &str) -> Option<Cow<'j, Json>> {
    if let Some(json) = raw.get(path) {
        return Some(Cow::Borrowed(json));
    }
    if !path.contains(['/', '|']) {
        return None;
    }
    path.split('|').find_map(|path| {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        below(raw.get(first)?, rest)
    })
}

fn below<'j>(json: &'j Json, path: &str) -> Option<Cow<'j, Json>> {
    if path.is_empty() {
        return Some(Cow::Borrowed(json));
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match (first, json) {
        ("*", Json::Array(items)) => {
            let found = items.iter().filter_map(|item| below(item, rest));
            Some(Cow::Owned(found.map(Cow::into_owned).collect()))
        }
        // What is there and empty has nothing below, and says so.
        (_, Json::Null) => Some(Cow::Borrowed(json)),
        (name, Json::Object(object)) => below(object.get(name)?, rest),
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
    raw: &Object<String, Json>,
    value: &Value,
    names: &dyn Names,
) -> bool {
    let name = match field.wire(dialect) {
        Wire::Sent {
            read,
            encoding: Encoding::Plain,
            ..
        } => *read,
        Wire::Switched(name) | Wire::Query(name) | Wire::Fixed(name) => *name,
        _ => return false,
    };
    let text = |json: &Json, value: &Value| match (json, value) {
        // What it names is looked up.
        _ if !field.refers.is_empty() => false,
        (Json::String(read), Value::Text(text)) => **text == **read || *tidy(read) == **text,
        _ => false,
    };
    let Some(json) = raw.get(name).filter(|_| is_normal(field, dialect, value)) else {
        return false;
    };
    match (field.shape, json, value) {
        (Shape::Email { .. }, Json::String(read), Value::Text(text)) => **text == **read,
        (
            Shape::Text { .. } | Shape::Scalar { .. } | Shape::Choice(_) | Shape::Date,
            json,
            value,
        ) => text(json, value),
        (Shape::Flag, Json::Bool(read), Value::Bool(flag)) => read == flag,
        (Shape::Reference(target), Json::String(id), Value::Reference(Reference::To(address))) => {
            target.is_to(address.collection) && names.is_address(address.collection, id, address)
        }
        (
            Shape::Keyed(Keyed {
                keys: Keys::Of { target, .. },
                ..
            }),
            Json::Object(read),
            Value::Map(map),
        ) => {
            read.len() == map.len()
                && read.iter().all(|(wire_name, json)| {
                    let mut leaves = map.iter();
                    leaves.any(|(key, leaf)| {
                        text(json, leaf) && names.is_key(&target, wire_name, key)
                    })
                })
        }
        (
            Shape::Email { .. }
            | Shape::Flag
            | Shape::Integer { .. }
            | Shape::Number
            | Shape::Reference(_)
            | Shape::References(_)
            | Shape::Ranked(_)
            | Shape::Texts { .. }
            | Shape::Map(_)
            | Shape::Keyed(_)
            | Shape::Items(_),
            ..,
        ) => false,
    }
}

/// Reads one field of an object; `None` when the answer does not carry it at all.
#[must_use]
pub fn read_field(
    field: &Field,
    dialect: Dialect,
    raw: &Object<String, Json>,
    names: &dyn Names,
) -> Option<Value> {
    let (path, encoding) = match field.wire(dialect) {
        Wire::Sent { read, encoding, .. }
        | Wire::Manual {
            read: Some(read),
            encoding,
            ..
        } => (*read, *encoding),
        Wire::Switched(name) | Wire::Query(name) | Wire::Fixed(name) => (*name, Encoding::Plain),
        Wire::Manual { read: None, .. } | Wire::InPath | Wire::Harmless | Wire::Refused(_) => {
            return None;
        }
    };
    shown_at(raw, path).map(|json| decode(field, dialect, encoding, &json, names))
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
        Shape::Text { .. } | Shape::Scalar { .. } | Shape::Email { .. } => match encoding {
            Encoding::AsShown(without) => as_shown(json, without),
            _ => scalar_text(json),
        },
        Shape::Date => day_text(json),
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
        Shape::Flag => as_flag(json).map_or(Value::Null, Value::Bool),
        Shape::Integer { .. } | Shape::Number => match json {
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => text
                .trim()
                .parse::<Number>()
                .map_or(Value::Null, Value::Number),
            _ => Value::Null,
        },
        Shape::Reference(target) => {
            let id = id_text(json).filter(|id| field.any.is_none_or(|(_, any)| id != any));
            id.map_or(Value::Null, |id| {
                let collection = names.collection(&target, &id);
                Value::Reference(Reference::To(names.address(collection, &id)))
            })
        }
        Shape::References(target) | Shape::Ranked(target) => Value::List(
            items(json)
                .filter_map(id_text)
                .map(|id| {
                    let collection = names.collection(&target, &id);
                    Value::Reference(Reference::To(names.address(collection, &id)))
                })
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
        Shape::Map(map) => decode_map(&map, dialect, json, names),
        Shape::Keyed(keyed) => match json {
            Json::Array(list) if keyed.listed.is_some() => {
                let listed = keyed.listed.unwrap_or_default();
                listed::decode(&keyed, listed, dialect, list, names)
            }
            Json::Object(object) => object
                .iter()
                .map(|(name, json)| {
                    let key = match keyed.keys {
                        Keys::Of { target, .. } => names.key(&target, name),
                        Keys::Texts(_) | Keys::Places => name.as_str().into(),
                    };
                    let value = decode(keyed.value, dialect, Encoding::Plain, json, names);
                    (key, value)
                })
                .collect::<Leaves>()
                .into(),
            Json::Array(list)
                if let (Encoding::Rows(rows), Keys::Of { target, .. }) = (encoding, keyed.keys) =>
            {
                of_rows(rows, &target, list, names)
            }
            Json::Array(list) if matches!(keyed.keys, Keys::Places) => list
                .iter()
                .enumerate()
                .map(|(place, json)| {
                    let value = decode(keyed.value, dialect, Encoding::Plain, json, names);
                    ((place + 1).to_string(), value)
                })
                .collect::<Leaves>()
                .into(),
            _ => Value::Null,
        },
        Shape::Items(shape) => match json {
            Json::Array(list) => {
                let item = shape.item();
                let items = list
                    .iter()
                    .map(|json| decode_map(&item, dialect, json, names));
                Value::Map(handled(&shape, items.collect()))
            }
            _ => Value::Null,
        },
    };
    normalise(field, dialect, named_in_texts(field, value, names))
}

/// Puts references in the place of texts that name a live object, where a field's texts may.
fn named_in_texts(field: &Field, value: Value, names: &dyn Names) -> Value {
    match value {
        value if field.refers.is_empty() => value,
        Value::Text(text) => match names.meant(field.refers, &text) {
            Some(address) => Value::Reference(Reference::To(address)),
            None => Value::Text(text),
        },
        Value::List(items) => {
            let items = items.into_iter();
            Value::List(
                items
                    .map(|item| named_in_texts(field, item, names))
                    .collect(),
            )
        }
        value => value,
    }
}

/// Reads a list of objects as a map from resources to words; what means no word is left out.
fn of_rows(rows: &Rows, target: &kind::Target, list: &[Json], names: &dyn Names) -> Value {
    let read = list.iter().filter_map(|json| {
        let raw = json.as_object()?;
        let is_meant = |row: &&Row| {
            row.means.iter().all(|(key, is)| match is {
                Switch::Flag(is) => flag(raw, key) == Some(*is),
                Switch::Word(word) => raw.get(*key).and_then(Json::as_str) == Some(word),
                Switch::Empty => false,
            })
        };
        let word = rows.words.iter().find(is_meant)?.word;
        let id = raw.get(rows.id).and_then(id_text)?;
        let by_name = || {
            let name = raw.get(rows.name)?.as_str()?;
            Some(names.key(target, name))
        };
        let key = names.key_of_id(target, &id).or_else(by_name)?;
        Some((key, Value::text(word)))
    });
    read.collect::<Leaves>().into()
}

fn decode_map(map: &Map, dialect: Dialect, json: &Json, names: &dyn Names) -> Value {
    let Json::Object(object) = json else {
        return match map.null {
            Null::Empty => Value::Map(Leaves::new()),
            Null::Nothing => Value::Null,
        };
    };
    let mut leaves: Leaves = map
        .fields
        .iter()
        .filter_map(|leaf| {
            // The wire has the word that manifests have: a label or an API name.
            let told = || {
                let by = map.field(leaf.told_beside?.leaf)?;
                object.get(by.wire(dialect).read_name()?)?.as_str()
            };
            let leaf = leaf.as_told_beside(told());
            Some((leaf.name, read_field(&leaf, dialect, object, names)?))
        })
        .collect();
    if map.keeps_unknown {
        for (key, json) in object {
            let is_known = |leaf: &Field| {
                let wire = leaf.wire(dialect);
                leaf.name == key || wire.read_name().is_some_and(|path| is_part(path, key))
            };
            if !map.fields.iter().any(is_known) {
                leaves.insert(key.as_str(), opaque(json));
            }
        }
    }
    Value::Map(leaves)
}

/// Whether a map without leaves is more than none: null says the same, or there may be what no table knows.
fn counts_empty(shape: &Shape) -> bool {
    matches!(shape, Shape::Map(map) if map.null == Null::Empty || map.keeps_unknown)
}

/// Whether a key is one of the places that a path names.
fn is_part(path: &str, key: &str) -> bool {
    path.split('|')
        .any(|path| path.split('/').next() == Some(key))
}

/// A value that no table knows, as it is.
fn opaque(json: &Json) -> Value {
    match json {
        Json::Null => Value::Map(Leaves::new()),
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(opaque).collect()),
        Json::Object(object) => object
            .iter()
            .map(|(key, json)| (key.as_str(), opaque(json)))
            .collect::<Leaves>()
            .into(),
    }
}

/// A tree as a text that is the same in every organization, see [`Encoding::AsShown`].
fn as_shown(json: &Json, without: &[&str]) -> Value {
    fn same(json: &Json, without: &[&str]) -> Json {
        match json {
            Json::Array(items) => items.iter().map(|item| same(item, without)).collect(),
            Json::Object(object) => {
                let is_own = |key: &str| key == "id" || key.ends_with("Id");
                let kept = object.iter();
                let kept = kept.filter(|(key, _)| !is_own(key) && !without.contains(&&***key));
                let kept = kept.map(|(key, json)| (key.clone(), same(json, without)));
                let sorted: BTreeMap<String, Json> = kept.collect();
                sorted.into_iter().collect()
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json.clone(),
        }
    }
    match json {
        Json::Null => Value::Null,
        json => Value::text(&format!("{:#}", same(json, without))),
    }
}

/// A tree in a text in the form in which answers are read, see [`Encoding::AsShown`].
///
/// # Errors
/// [`serde_json::Error`] where it is no JSON.
pub fn written_as_shown(text: &str, without: &[&str]) -> Result<Arc<str>, serde_json::Error> {
    let json: Json = serde_json::from_str(text)?;
    Ok(match as_shown(&json, without) {
        Value::Text(text) => text,
        _ => text.into(),
    })
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
        Json::Null | Json::Object(_) => Value::Null,
    }
}

/// A day, which some answers have as milliseconds since the Unix epoch.
fn day_text(json: &Json) -> Value {
    let millis = match json {
        Json::Number(number) => whole(number.clone()).as_i64(),
        _ => None,
    };
    match millis.and_then(alike::day_of_millis) {
        Some(day) => Value::text(&day.to_string()),
        None => scalar_text(json),
    }
}

/// Gives the items of a list the handles that an export writes: the key field's value, and where
/// several share it, what tells them apart.
fn handled(shape: &Items, items: Vec<Value>) -> Leaves {
    let mut maps: Vec<Leaves> = items
        .into_iter()
        .filter_map(|item| match item {
            Value::Map(map) if !is_idle(shape, &map) => Some(map),
            _ => None,
        })
        .collect();
    let name = |map: &Leaves| {
        let key = map.get(shape.key).and_then(as_handle);
        key.unwrap_or_default().to_owned()
    };
    maps.sort_by_cached_key(|map| (name(map), format!("{map:?}")));
    maps.dedup();
    let mut out = Leaves::new();
    for (index, map) in maps.iter().enumerate() {
        let own = name(map);
        let twins: Vec<&Leaves> = maps.iter().filter(|other| name(other) == own).collect();
        let mut handle = own.clone();
        if twins.len() > 1 {
            let apart = shape.fields.iter().find_map(|field| {
                let text = map.get(field.name)?.as_text()?;
                let same =
                    |other: &&&Leaves| other.get(field.name).and_then(Value::as_text) == Some(text);
                (twins.iter().filter(same).count() == 1).then(|| text.to_owned())
            });
            if let Some(apart) = apart {
                handle = format!("{own} ({apart})");
            }
        }
        if out.contains_key(&handle) {
            handle = format!("{own} ({})", index + 1);
        }
        out.insert(handle, Value::Map(map.clone()));
    }
    out
}

/// The handle that a key field's value stands for: a text, or that of the resource that it names.
#[must_use]
pub fn as_handle(value: &Value) -> Option<&str> {
    match value {
        Value::Reference(Reference::To(address)) => Some(&address.handle),
        value => value.as_text(),
    }
}

/// Whether an item says nothing, so that it is as good as absent.
#[must_use]
pub fn is_idle(shape: &Items, map: &Leaves) -> bool {
    let says = |name: &str| shape.idle.iter().any(|(idle, _)| *idle == name);
    !shape.idle.is_empty()
        && shape
            .idle
            .iter()
            .all(|(name, word)| map.get(name).and_then(Value::as_text) == Some(*word))
        && map
            .iter()
            .all(|(name, value)| name == shape.key || says(name) || is_nothing(value))
}

/// Whether a value says nothing: null, or an empty list or map.
#[must_use]
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

/// Whether a recorded value says nothing: null, false, or an empty text, list or map.
#[must_use]
pub fn says_nothing(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(true) | Json::Number(_) => false,
    }
}

/// Sorts values that form a set.
pub fn sort(values: &mut [Value]) {
    values.sort_by(|a, b| match (a, b) {
        (Value::Reference(a), Value::Reference(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Reference(_), Value::Text(_)) => Ordering::Less,
        (Value::Text(_), Value::Reference(_)) => Ordering::Greater,
        _ => Ordering::Equal,
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
    if field
        .unsaid
        .is_some_and(|unsaid| switch_value(unsaid) == value)
    {
        return Value::Null;
    }
    match (field.shape, value) {
        (Shape::Email { .. }, Value::Text(text)) => Value::text(&text.trim().to_lowercase()),
        (Shape::Date, Value::Text(text)) => match alike::day(&text) {
            Some(day) => Value::text(&day.to_string()),
            None => Value::text(&tidy(&text)),
        },
        (Shape::Text { .. } | Shape::Scalar { .. } | Shape::Choice(_), Value::Text(text)) => {
            let text = tidy(&text);
            if is_amount(field, dialect)
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
        (Shape::References(_) | Shape::Ranked(_) | Shape::Texts { .. }, Value::Null) => {
            Value::List(Vec::new())
        }
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
        (Shape::Map(map), Value::Null) if map.null == Null::Empty => Value::Map(Leaves::new()),
        (Shape::Map(map), Value::Map(leaves)) => normal_map(&map, dialect, leaves),
        (Shape::Keyed(keyed), Value::Map(leaves)) => leaves
            .into_iter()
            .map(|(key, value)| {
                if listed::is_own(&key) {
                    (key, value)
                } else {
                    (key, normalise(keyed.value, dialect, value))
                }
            })
            .collect::<Leaves>()
            .into(),
        (Shape::Items(shape), Value::Map(leaves)) => normal_items(&shape, dialect, leaves),
        (Shape::Items(_), Value::Null) => Value::Map(Leaves::new()),
        (
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
            | Shape::Texts { .. }
            | Shape::Map(_)
            | Shape::Keyed(_)
            | Shape::Items(_),
            value,
        ) => value,
    }
}

fn normal_map(map: &Map, dialect: Dialect, leaves: Leaves) -> Value {
    let mut normal: Leaves = leaves
        .into_iter()
        .map(|(key, value)| {
            let value = match map.field(&key) {
                Some(leaf) => normalise(leaf, dialect, value),
                None => value,
            };
            (key, value)
        })
        .collect();
    if map.owned == Owned::Whole {
        normal.retain(|key, value| {
            let means_something = map.field(key).is_none_or(|leaf| counts_empty(&leaf.shape));
            !value.is_null() && (means_something || !is_nothing(value))
        });
    }
    Value::Map(normal)
}

fn normal_items(shape: &Items, dialect: Dialect, leaves: Leaves) -> Value {
    let map = shape.item();
    leaves
        .into_iter()
        .filter_map(|(handle, item)| {
            let Value::Map(mut item) = item else {
                // What is null shall not be there.
                return None;
            };
            if item.get(shape.key).is_none_or(Value::is_null) {
                item.insert(shape.key, Value::text(&handle));
            }
            let item = normal_map(&map, dialect, item);
            let is_idle = matches!(&item, Value::Map(item) if is_idle(shape, item));
            (!is_idle).then_some((handle, item))
        })
        .collect::<Leaves>()
        .into()
}

fn is_amount(field: &Field, dialect: Dialect) -> bool {
    matches!(
        field.wire(dialect),
        Wire::Sent {
            encoding: Encoding::TextAsNumber,
            ..
        }
    )
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
        (Shape::Date, Value::Text(text)) => field.unsaid.is_none() && is_day(text),
        (Shape::Text { .. } | Shape::Scalar { .. } | Shape::Choice(_), Value::Text(text)) => {
            field.unsaid.is_none()
                && !is_amount(field, dialect)
                && is_tidy(text)
                && one_line_end(text)
        }
        (Shape::References(_), Value::List(list)) => list.windows(2).all(|pair| {
            matches!(pair, [Value::Reference(first), Value::Reference(second)] if first < second)
        }),
        (Shape::Keyed(keyed), Value::Map(map)) => map
            .values()
            .all(|value| is_normal(keyed.value, dialect, value)),
        (Shape::Flag, Value::Bool(_)) => field.unsaid.is_none(),
        (Shape::Reference(_), Value::Reference(_)) | (Shape::Ranked(_), Value::List(_)) => true,
        (
            Shape::Text { .. }
            | Shape::Email { .. }
            | Shape::Scalar { .. }
            | Shape::Flag
            | Shape::Integer { .. }
            | Shape::Number
            | Shape::Date
            | Shape::Choice(_)
            | Shape::Reference(_)
            | Shape::Keyed(_),
            value,
        ) => value.is_null(),
        (Shape::Map(map), value) => value.is_null() && map.null == Null::Nothing,
        (
            Shape::References(_) | Shape::Ranked(_) | Shape::Texts { .. } | Shape::Items(_),
            _,
        ) => false,
    }
}

/// Whether a text has the form of a day such as `2027-06-30`, be there such a day or not.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let is_part = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(is_part)
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

/// The handle in a key of a map whose keys are resources; none where the key is a wire name.
#[must_use]
pub fn handle<'k>(target: &kind::Target, key: &'k str) -> Option<&'k str> {
    key.strip_prefix(target.collection)?.strip_prefix('/')
}

/// A key of a map as manifests write it.
#[must_use]
pub fn written_key<'k>(shape: &Shape, key: &'k str) -> &'k str {
    match shape {
        Shape::Keyed(Keyed {
            keys: Keys::Of { target, .. },
            ..
        }) => handle(target, key).unwrap_or(key),
        _ => key,
    }
}

/// The field of what stands under a key of a map.
#[must_use]
pub fn leaf_field(shape: &Shape, key: &str) -> Option<&'static Field> {
    match shape {
        Shape::Map(map) => map.field(key),
        Shape::Keyed(keyed) => (!listed::is_own(key)).then_some(keyed.value),
        Shape::Items(_)
        | Shape::Text { .. }
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
        | Shape::Texts { .. } => None,
    }
}

/// Lists the names of the leaves that a map with fixed leaves has.
#[must_use]
pub fn leaf_names(shape: &Shape) -> Vec<&'static str> {
    let fields = match shape {
        Shape::Map(map) => map.fields,
        Shape::Items(items) => items.fields,
        _ => &[],
    };
    fields.iter().map(|leaf| leaf.name).collect()
}

/// Hands over the maps whose keys are names, the value itself and those inside of it, each with its field
/// and the way to it; what stands in place of one, such as null, too.
pub fn keyed_maps<'v>(
    field: &'static Field,
    value: &'v Value,
    f: &mut dyn FnMut(&FieldPath, &'static Field, &'v Value),
) {
    keyed_below(field, value, &FieldPath::of(field.name), f);
}

fn keyed_below<'v>(
    field: &'static Field,
    value: &'v Value,
    path: &FieldPath,
    f: &mut dyn FnMut(&FieldPath, &'static Field, &'v Value),
) {
    if matches!(field.shape, Shape::Keyed(_)) {
        f(path, field, value);
    }
    let Value::Map(map) = value else { return };
    for (key, value) in map {
        if let Some(leaf) = leaf_field(&field.shape, key) {
            keyed_below(leaf, value, &path.child(key), f);
        }
    }
}

/// The shape of what stands under a key of a map; of what no table knows that of a plain map.
#[must_use]
pub fn shape_below(shape: &Shape, key: &str) -> Shape {
    match shape {
        Shape::Items(items) => Shape::Map(items.item()),
        shape => leaf_field(shape, key).map_or(Shape::Map(NO_LEAVES), |leaf| leaf.shape),
    }
}

/// The value of a switch.
#[must_use]
pub fn switch_value(switch: Switch) -> Value {
    match switch {
        Switch::Flag(flag) => Value::Bool(flag),
        Switch::Word(word) => Value::text(word),
        Switch::Empty => Value::List(Vec::new()),
    }
}

/// Whether a key that a map does not name is left alone.
#[must_use]
pub fn is_owned_by_name(shape: &Shape) -> bool {
    match shape {
        Shape::Map(map) => map.owned == Owned::Named,
        Shape::Keyed(keyed) => keyed.owned == Owned::Named,
        Shape::Items(_)
        | Shape::Text { .. }
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
        | Shape::Texts { .. } => false,
    }
}

/// A map of which no leaf is known.
const NO_LEAVES: Map = Map {
    fields: &[],
    owned: Owned::Whole,
    sent: Sent::Whole,
    null: Null::Nothing,
    elsewhere: &[],
    keeps_unknown: false,
};

#[cfg(test)]
mod tests;
