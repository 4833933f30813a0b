//! From values to the wire: what is sent, what clears, and what cannot be sent at all.

use std::sync::Arc;

use serde_json::{Map as Object, Value as Json};

use super::{Ids, handle, is_nothing, leaf_field, listed, plain_number, switch_value};
use crate::dialect::Dialect;
use crate::kind::{
    self, Encoding, Field, Keyed, Keys, Null, Owned, Rows, Sent, Shape, Target, Wire,
};
use crate::secret::Secret;
use crate::state::{Address, FieldPath, Leaves, Reference, Value};

/// What could not be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodeError {
    /// The id behind this address is not known.
    UnknownId(Address),
    /// A secret has no value in this environment.
    NoSecret,
}

/// How much of a value is sent.
#[derive(Debug, Clone, Copy)]
pub enum Part<'p> {
    /// All of it.
    All,
    /// Of maps that are sent by changed leaf only these leaves, each a way down from the field.
    Leaves(&'p [&'p [Arc<str>]]),
}

/// Writes one field of a body, for a create or an update.
///
/// # Errors
/// [`EncodeError`] when an id or a secret is missing.
pub fn encode(
    field: &Field,
    dialect: Dialect,
    value: &Value,
    part: Part<'_>,
    ids: &dyn Ids,
) -> Result<Json, EncodeError> {
    let encoding = match field.wire(dialect) {
        Wire::Sent { encoding, .. } => *encoding,
        Wire::Switched(_)
        | Wire::Query(_)
        | Wire::InPath
        | Wire::Fixed(_)
        | Wire::Manual { .. }
        | Wire::Harmless
        | Wire::Refused(_) => Encoding::Plain,
    };
    if let Some(target) = field.shape.target()
        && target.by_wire_name
        && !value.is_null()
    {
        return named_in_maps(encoding, value, ids);
    }
    if let Value::Reference(_) = value
        && !field.refers.is_empty()
    {
        return named(field, value, ids);
    }
    if let (Encoding::Rows(rows), Value::Map(map)) = (encoding, value) {
        return in_rows(rows, field, map, part, ids);
    }
    let list = match value {
        Value::Bool(flag) if encoding == Encoding::FlagAsText => {
            return Ok(Json::from(flag.to_string()));
        }
        Value::Null => return Ok(empty(field, dialect)),
        Value::Secret(secret) => return exposed(secret),
        Value::Text(text) => return Ok(encode_text(text, encoding)),
        Value::Bool(_) | Value::Number(_) | Value::Reference(_) => return plain(value, ids),
        Value::Map(map) if encoding == Encoding::Leaf => {
            let leaf = map.values().next().unwrap_or(&Value::Null);
            return plain(leaf, ids);
        }
        Value::Map(map) => return encode_leaves(field, dialect, map, part, ids),
        Value::List(list) => list,
    };
    let items = list.iter().map(|item| {
        let item = named(field, item, ids)?;
        Ok(match encoding {
            Encoding::ValueObjects => serde_json::json!({ "value": item }),
            Encoding::Plain
            | Encoding::TextAsNumber
            | Encoding::Words(_)
            | Encoding::Leaf
            | Encoding::FlagAsText
            | Encoding::Labelled(..)
            | Encoding::Rows(_)
            | Encoding::AsShown(_) => item,
        })
    });
    Ok(Json::Array(items.collect::<Result<_, EncodeError>>()?))
}

/// Writes what a text names, or the text, see [`Field::refers`].
fn named(field: &Field, value: &Value, ids: &dyn Ids) -> Result<Json, EncodeError> {
    match value {
        Value::Reference(Reference::To(address)) if is_by_name(field.refers, address) => {
            let name = name_in_text(ids, address);
            Ok(Json::from(
                name.ok_or_else(|| EncodeError::UnknownId(address.clone()))?,
            ))
        }
        value => plain(value, ids),
    }
}

/// The name that stands in a text for what it names: the one that maps have, where there is one.
pub fn name_in_text(ids: &dyn Ids, address: &Address) -> Option<String> {
    let in_maps = kind::find(address.collection).is_some_and(kind::Kind::names_keys);
    if in_maps {
        ids.wire_name(address)
    } else {
        ids.name(address)
    }
}

/// Whether what a text names stands there by its name in place of its id.
#[must_use]
pub fn is_by_name(targets: &[Target], address: &Address) -> bool {
    let mut targets = targets.iter();
    targets.any(|target| target.by_name && target.is_to(address.collection))
}

fn encode_text(text: &str, encoding: Encoding) -> Json {
    match encoding {
        Encoding::TextAsNumber => plain_number(text).map_or_else(|| Json::from(text), Json::Number),
        Encoding::Words(words) => {
            let wire = words.iter().find(|(manifest, _)| *manifest == text);
            Json::from(wire.map_or(text, |(_, wire)| wire))
        }
        Encoding::Plain
        | Encoding::ValueObjects
        | Encoding::Leaf
        | Encoding::FlagAsText
        | Encoding::Labelled(..)
        | Encoding::Rows(_)
        | Encoding::AsShown(_) => Json::from(text),
    }
}

/// Writes a map from resources to words as a list of objects.
fn in_rows(
    rows: &Rows,
    field: &Field,
    map: &Leaves,
    part: Part<'_>,
    ids: &dyn Ids,
) -> Result<Json, EncodeError> {
    let Shape::Keyed(Keyed {
        keys: Keys::Of { target, .. },
        sent,
        ..
    }) = field.shape
    else {
        return Ok(Json::Null);
    };
    let mut list = Vec::new();
    for (key, value) in map {
        let (Some(_), Some(word)) = (ways(part, sent, key), value.as_text()) else {
            continue;
        };
        // A live word that the table does not know is never sent.
        let Some(row) = rows.words.iter().find(|row| row.word == word) else {
            continue;
        };
        let id = ids.id_of_key(&target, key).ok_or_else(|| {
            let name = handle(&target, key).unwrap_or(key);
            EncodeError::UnknownId(Address::new(target.collection, name))
        })?;
        let mut object = Object::from_iter([(rows.id.to_owned(), Json::from(id))]);
        for (key, is) in row.means.iter().chain(row.besides) {
            object.insert((*key).to_owned(), plain(&switch_value(*is), ids)?);
        }
        list.push(Json::Object(object));
    }
    Ok(Json::Array(list))
}

/// Writes references by the names that maps on the wire have for what they name.
fn named_in_maps(encoding: Encoding, value: &Value, ids: &dyn Ids) -> Result<Json, EncodeError> {
    match value {
        Value::List(items) => {
            let items = items.iter().map(|item| named_in_maps(encoding, item, ids));
            Ok(Json::Array(items.collect::<Result<_, _>>()?))
        }
        Value::Reference(Reference::To(address)) => {
            let name = ids.wire_name(address);
            let name = name.ok_or_else(|| EncodeError::UnknownId(address.clone()))?;
            Ok(match encoding {
                Encoding::Labelled(key, label) => {
                    let shown = ids.label(address).unwrap_or_else(|| name.clone());
                    serde_json::json!({ key: name, label: shown })
                }
                _ => Json::from(name),
            })
        }
        other => plain(other, ids),
    }
}

/// What people read of a value that was encoded.
fn for_people(leaf: &Field, value: &Value, sent: &Json, ids: &dyn Ids) -> Json {
    match (value, sent) {
        (Value::Reference(Reference::To(address)), sent)
            if leaf.shape.target().is_some() || !leaf.refers.is_empty() =>
        {
            ids.label(address).map_or_else(|| sent.clone(), Json::from)
        }
        (Value::List(values), Json::Array(items)) if !leaf.refers.is_empty() => {
            let both = values.iter().zip(items);
            both.map(|(value, sent)| for_people(leaf, value, sent, ids))
                .collect()
        }
        (_, sent) => sent.clone(),
    }
}

fn encode_leaves(
    field: &Field,
    dialect: Dialect,
    map: &Leaves,
    part: Part<'_>,
    ids: &dyn Ids,
) -> Result<Json, EncodeError> {
    let mut object = Object::new();
    match field.shape {
        Shape::Map(shape) => {
            if map.is_empty() && shape.null == Null::Empty {
                return Ok(Json::Null);
            }
            for (key, value) in map {
                let Some(below) = ways(part, shape.sent, key) else {
                    continue;
                };
                if listed::is_own(key) {
                    continue;
                }
                let below = part_of(&below);
                match shape.field(key) {
                    Some(leaf) if leaf.remembered => {}
                    Some(leaf) => {
                        let json = encode(leaf, dialect, value, below, ids)?;
                        if let Some(key) = leaf.shown_as {
                            object.insert(key.to_owned(), for_people(leaf, value, &json, ids));
                        }
                        object.insert(sent_name(leaf, dialect).to_owned(), json);
                    }
                    // What no table knows goes back as it came.
                    None if is_nothing(value) => {
                        object.insert(key.to_owned(), Json::Null);
                    }
                    None => {
                        object.insert(key.to_owned(), plain(value, ids)?);
                    }
                }
            }
            let unsaid = shape.fields.iter();
            let unsaid = unsaid.filter(|leaf| leaf.sent_empty || leaf.any.is_some());
            for leaf in unsaid.filter(|leaf| !map.contains_key(leaf.name)) {
                object.insert(sent_name(leaf, dialect).to_owned(), empty(leaf, dialect));
            }
        }
        Shape::Keyed(shape) => {
            if let Some(listed) = shape.listed {
                return listed::encode_items(&shape, listed, dialect, map, ids);
            }
            for (key, value) in map {
                let Some(below) = ways(part, shape.sent, key) else {
                    continue;
                };
                let below = part_of(&below);
                let name = match shape.keys {
                    Keys::Of { target, .. } => wire_key(&target, key, ids)?,
                    Keys::Texts(_) | Keys::Places => key.to_owned(),
                };
                object.insert(name, encode(shape.value, dialect, value, below, ids)?);
            }
            if matches!(shape.keys, Keys::Places) {
                let mut items: Vec<_> = object.into_iter().collect();
                items.sort_by_key(|(place, _)| place.parse::<usize>().unwrap_or(usize::MAX));
                return Ok(items.into_iter().map(|(_, item)| item).collect());
            }
        }
        Shape::Items(shape) => {
            let item = Field::new(field.name, Shape::Map(shape.item()));
            let items = map.values();
            let items = items.map(|value| encode(&item, dialect, value, Part::All, ids));
            return Ok(Json::Array(items.collect::<Result<_, _>>()?));
        }
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
        | Shape::Texts { .. } => {
            for (key, value) in map {
                object.insert(key.to_owned(), plain(value, ids)?);
            }
        }
    }
    Ok(Json::Object(object))
}

fn sent_name(leaf: &Field, dialect: Dialect) -> &'static str {
    match leaf.wire(dialect) {
        Wire::Sent { name, .. } => name,
        Wire::Switched(_)
        | Wire::Query(_)
        | Wire::InPath
        | Wire::Fixed(_)
        | Wire::Manual { .. }
        | Wire::Harmless
        | Wire::Refused(_) => leaf.name,
    }
}

/// Finds the ways that go on below one leaf of a map: nothing where the leaf is not sent, and no way
/// where all of it is.
fn ways<'p>(part: Part<'p>, sent: Sent, key: &str) -> Option<Vec<&'p [Arc<str>]>> {
    let Part::Leaves(ways) = part else {
        return Some(Vec::new());
    };
    if sent == Sent::Whole {
        return Some(Vec::new());
    }
    let is_it = |way: &&&[Arc<str>]| way.first().is_none_or(|first| **first == *key);
    let below: Vec<&[Arc<str>]> = ways
        .iter()
        .filter(is_it)
        .map(|way| way.get(1..).unwrap_or_default())
        .collect();
    if below.iter().any(|way| way.is_empty()) {
        return Some(Vec::new());
    }
    (!below.is_empty()).then_some(below)
}

fn part_of<'p>(ways: &'p [&'p [Arc<str>]]) -> Part<'p> {
    if ways.is_empty() {
        Part::All
    } else {
        Part::Leaves(ways)
    }
}

/// What clears a field: its own word for nothing, or null where the API takes it, else the empty value.
fn empty(field: &Field, dialect: Dialect) -> Json {
    if let Some((_, nothing)) = field.any {
        return Json::from(nothing);
    }
    if field.takes_null(dialect) {
        return Json::Null;
    }
    match field.shape {
        Shape::References(_) | Shape::Ranked(_) | Shape::Texts { .. } | Shape::Items(_) => {
            Json::Array(Vec::new())
        }
        Shape::Text { .. } | Shape::Email { .. } | Shape::Scalar { .. } | Shape::Date => {
            Json::String(String::new())
        }
        Shape::Flag
        | Shape::Integer { .. }
        | Shape::Number
        | Shape::Choice(_)
        | Shape::Reference(_)
        | Shape::Map(_)
        | Shape::Keyed(_) => Json::Null,
    }
}

/// Whether the API has a way to clear a field once it has a value.
#[must_use]
pub fn can_be_cleared(field: &Field, dialect: Dialect) -> bool {
    if field.required || field.never_null {
        return false;
    }
    let by_shape = match field.shape {
        Shape::References(_) | Shape::Ranked(_) | Shape::Texts { .. } => true,
        Shape::Items(items) => items.min == 0,
        Shape::Text { pattern, .. } => pattern.is_none_or(|pattern| pattern.allows_empty),
        Shape::Email { .. }
        | Shape::Scalar { .. }
        | Shape::Date
        | Shape::Integer { .. }
        | Shape::Number
        | Shape::Reference(_)
        | Shape::Map(_) => false,
        // A flag or a word has no empty value; the keys of a map are cleared one by one.
        Shape::Flag | Shape::Choice(_) | Shape::Keyed(_) => {
            return field.can_be_unset(dialect);
        }
    };
    by_shape || field.takes_null(dialect)
}

/// Whether a list would be shorter than the API takes it.
#[must_use]
pub fn is_too_short(field: &Field, value: &Value) -> bool {
    match (field.shape, value) {
        (Shape::Items(items), Value::Map(map)) => map.len() < items.min as usize,
        (Shape::Items(items), Value::Null) => items.min > 0,
        _ => false,
    }
}

/// Whether the API has a way to let go of what stands at a path.
#[must_use]
pub fn may_go(field: &Field, path: &FieldPath, dialect: Dialect) -> bool {
    let mut at = *field;
    let mut keys = path.below.iter();
    loop {
        let owned = match at.shape {
            Shape::Map(map) => map.owned,
            Shape::Keyed(keyed) => keyed.owned,
            Shape::Items(_) => Owned::Whole,
            _ => Owned::Named,
        };
        let Some(key) = keys.next() else {
            return can_be_cleared(&at, dialect);
        };
        // What is owned whole is sent whole: what goes is left out. An item of a list goes, or goes
        // elsewhere, by a way of its own.
        let is_listed = matches!(at.shape, Shape::Keyed(keyed) if keyed.listed.is_some());
        if owned == Owned::Whole || (is_listed && keys.len() == 0) {
            return true;
        }
        match (at.shape, leaf_field(&at.shape, key)) {
            // A map that is sent whole takes null for a leaf.
            (Shape::Map(map), Some(leaf)) if map.sent == Sent::Whole && keys.len() == 0 => {
                return !leaf.never_null;
            }
            (_, Some(leaf)) => at = *leaf,
            (_, None) => return true,
        }
    }
}

/// Whether what stands at a path can be given on creation only.
#[must_use]
pub fn is_fixed(field: &Field, path: &FieldPath) -> bool {
    let mut at = field;
    let mut fixed = field.create_only;
    for key in &path.below {
        let Some(leaf) = leaf_field(&at.shape, key) else {
            break;
        };
        fixed |= leaf.create_only;
        at = leaf;
    }
    fixed
}

fn wire_key(target: &Target, key: &str, ids: &dyn Ids) -> Result<String, EncodeError> {
    match handle(target, key) {
        Some(handle) => {
            let address = Address::new(target.collection, handle);
            ids.wire_name(&address)
                .ok_or(EncodeError::UnknownId(address))
        }
        None => Ok(key.to_owned()),
    }
}

fn exposed(secret: &Secret) -> Result<Json, EncodeError> {
    Ok(Json::from(secret.expose().ok_or(EncodeError::NoSecret)?))
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
        Value::Text(text) => Json::from(&**text),
        Value::Secret(secret) => exposed(secret)?,
        Value::Reference(Reference::To(address)) => Json::String(
            ids.id(address)
                .ok_or_else(|| EncodeError::UnknownId(address.clone()))?,
        ),
        Value::Reference(Reference::Id { id, .. }) => Json::from(&**id),
        Value::Reference(Reference::Lookup { collection, name }) => {
            let address = Address::new(collection, name.clone());
            return Err(EncodeError::UnknownId(address));
        }
        Value::List(list) => {
            let items = list.iter().map(|item| plain(item, ids));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Map(map) => Json::Object(
            map.iter()
                .map(|(key, value)| Ok((key.to_owned(), plain(value, ids)?)))
                .collect::<Result<_, EncodeError>>()?,
        ),
    })
}
