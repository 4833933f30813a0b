//! The declared and the live value of a field, laid over each other.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::alike::are_alike;
use super::{
    NO_LEAVES, Names, as_handle, handle, is_by_name, is_owned_by_name, leaf_field, listed,
    normalise, shape_below, written_key,
};
use crate::dialect::Dialect;
use crate::kind::{Alike, Field, Items, Keyed, Keys, Kind, Map, Shape};
use crate::secret::Secret;
use crate::state::{Address, FieldPath, Leaves, Reference, Value, keys, pointer};

/// Lays what is declared over what is live: maps that are owned by name leaf by leaf, everything else
/// whole.
#[must_use]
pub fn merge(shape: &Shape, named: &Value, current: &Value) -> Value {
    let (true, Value::Map(leaves)) = (is_owned_by_name(shape), named) else {
        return named.clone();
    };
    if let Shape::Keyed(keyed) = shape
        && let Some(listed) = keyed.listed
    {
        return listed::laid(keyed, listed, leaves, current);
    }
    let mut map = match current {
        Value::Map(map) => map.clone(),
        _ => Leaves::new(),
    };
    for (key, value) in leaves {
        let value = match (value, map.get(key)) {
            // Absent and null are one value, unless the server gives one to what is left out.
            (Value::Null, None) if !is_filled_in(shape, key) => continue,
            (value, Some(live)) => match leaf_field(shape, key) {
                Some(leaf) => merge(&leaf.shape, value, live),
                None => value.clone(),
            },
            (value, None) => match leaf_field(shape, key) {
                Some(leaf) if is_listed(&leaf.shape) => merge(&leaf.shape, value, &Value::Null),
                _ => value.clone(),
            },
        };
        map.insert(key, value);
    }
    if map.is_empty() {
        current.clone()
    } else {
        Value::Map(map)
    }
}

/// Whether the server gives a leaf that is left out a value, and takes null.
#[must_use]
pub fn is_filled_in(shape: &Shape, key: &str) -> bool {
    leaf_field(shape, key).is_some_and(|leaf| leaf.server_default && leaf.nullable)
}

/// Whether a value is a list in an order that counts, see [`crate::kind::Listed`].
#[must_use]
pub const fn is_listed(shape: &Shape) -> bool {
    matches!(shape, Shape::Keyed(keyed) if keyed.listed.is_some())
}

/// Of a live value only what the declared one names.
#[must_use]
pub fn restrict(shape: &Shape, named: &Value, live: &Value) -> Value {
    if let (Shape::Ranked(_), Value::List(wanted), Value::List(live)) = (shape, named, live) {
        let is_named = |item: &&Value| wanted.contains(item);
        return Value::List(live.iter().filter(is_named).cloned().collect());
    }
    let (Value::Map(wanted), Value::Map(leaves)) = (named, live) else {
        return live.clone();
    };
    if !is_owned_by_name(shape) {
        return live.clone();
    }
    wanted
        .iter()
        .filter(|(key, _)| !listed::is_own(key) || *key == listed::ORDER)
        .map(|(key, value)| {
            let live = leaves.get(key).unwrap_or(&Value::Null);
            if let (listed::ORDER, Value::List(named), Value::List(live)) = (key, value, live) {
                let is_named = |item: &&Value| named.contains(item);
                return (
                    key,
                    Value::List(live.iter().filter(is_named).cloned().collect()),
                );
            }
            let live = match leaf_field(shape, key) {
                Some(leaf) => restrict(&leaf.shape, value, live),
                None => live.clone(),
            };
            (key, live)
        })
        .collect::<Leaves>()
        .into()
}

/// Of two recorded orders what both hold, so that they can be compared; every other value as it is.
#[must_use]
pub fn common(shape: &Shape, one: &Json, other: &Json) -> Json {
    match (shape, one, other) {
        (Shape::Ranked(_), Json::Array(one), Json::Array(other)) => {
            let is_in_both = |item: &&Json| other.contains(item);
            one.iter().filter(is_in_both).cloned().collect()
        }
        _ => one.clone(),
    }
}

/// Gives a live map the declared values of the leaves that no answer shows.
fn with_unseen(map: &Map, declared: &Leaves, mut live: Leaves) -> Leaves {
    for leaf in map.fields.iter().filter(|leaf| leaf.is_unseen()) {
        if let Some(value) = declared.get(leaf.name) {
            live.insert(leaf.name, value.clone());
        }
    }
    live
}

/// A declared value without its leaves that are secrets by the table.
#[must_use]
pub fn without_secrets<'v>(field: &Field, value: &'v Value) -> Cow<'v, Value> {
    let (Shape::Map(map), Value::Map(leaves)) = (field.shape, value) else {
        return Cow::Borrowed(value);
    };
    let is_secret = |key: &str| map.field(key).is_some_and(|leaf| leaf.secret);
    if !leaves.keys().any(is_secret) {
        return Cow::Borrowed(value);
    }
    let kept = leaves.iter().filter(|(key, _)| !is_secret(key));
    let kept: Leaves = kept.map(|(key, value)| (key, value.clone())).collect();
    Cow::Owned(Value::Map(kept))
}

/// Gives a live value the declared values of what no answer shows of it.
#[must_use]
pub fn as_unseen(field: &Field, declared: &Value, live: Value) -> Value {
    match (&field.shape, declared, live) {
        (Shape::Map(map), Value::Map(declared), Value::Map(live)) => {
            Value::Map(with_unseen(map, declared, live))
        }
        (_, _, live) => live,
    }
}

/// Gives a live value the declared spelling wherever the two are one by their type.
///
/// Items of a list take the handles of the declared ones that they are.
#[must_use]
pub fn settle(field: &Field, declared: &Value, current: Value, names: &dyn Names) -> Value {
    if *declared == current {
        return current;
    }
    match (&field.shape, declared, current) {
        (Shape::Map(map), Value::Map(wanted), Value::Map(leaves)) => {
            with_unseen(map, wanted, leaves)
                .into_iter()
                .map(|(key, live)| {
                    let live = match (map.field(&key), wanted.get(&key)) {
                        (Some(leaf), Some(wanted)) => settle(leaf, wanted, live, names),
                        _ => live,
                    };
                    (key, live)
                })
                .collect::<Leaves>()
                .into()
        }
        (Shape::Keyed(keyed), Value::Map(wanted), Value::Map(leaves)) => leaves
            .into_iter()
            .map(|(key, live)| {
                let Some(wanted) = wanted.get(&key) else {
                    return (key, live);
                };
                let live = match keyed.keys {
                    Keys::Of { target, .. } => {
                        let alike = names.alike(&target, &key);
                        settle(&keyed.value.alike(alike), wanted, live, names)
                    }
                    Keys::Texts(_) | Keys::Places => settle(keyed.value, wanted, live, names),
                };
                (key, live)
            })
            .collect::<Leaves>()
            .into(),
        (Shape::Items(shape), Value::Map(wanted), Value::Map(live)) => {
            Value::Map(matched(shape, wanted, live, names))
        }
        (
            Shape::Text { .. }
            | Shape::Email { .. }
            | Shape::Scalar { .. }
            | Shape::Date
            | Shape::Choice(_),
            Value::Text(wanted),
            Value::Text(live),
        ) => {
            let alike = match field.shape {
                Shape::Date => Alike::Day,
                _ => field.alike,
            };
            if are_alike(alike, wanted, &live) {
                declared.clone()
            } else {
                Value::Text(live)
            }
        }
        (Shape::Ranked(_), Value::List(_), live @ Value::List(_)) => {
            restrict(&field.shape, declared, &live)
        }
        (Shape::Text { .. }, declared, live) if are_one_text(field, declared, &live, names) => {
            declared.clone()
        }
        (Shape::Texts { .. }, Value::List(wanted), Value::List(live)) => {
            let same = |(a, b): (&Value, &Value)| match (a, b) {
                (Value::Text(a), Value::Text(b)) => are_alike(Alike::Text, a, b),
                (a, b) => a == b || are_one_text(field, a, b, names),
            };
            if wanted.len() == live.len() && wanted.iter().zip(&live).all(same) {
                declared.clone()
            } else {
                Value::List(live)
            }
        }
        // An absent flag is none; a custom field's value may be spelled in many ways.
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
            _,
            current,
        ) => current,
    }
}

/// Whether one of two values is what the other one names, see [`Field::refers`].
fn are_one_text(field: &Field, one: &Value, other: &Value, names: &dyn Names) -> bool {
    match (one, other) {
        (Value::Reference(Reference::To(address)), Value::Text(text))
        | (Value::Text(text), Value::Reference(Reference::To(address)))
            if !field.refers.is_empty() =>
        {
            let is_text = |own: String| {
                if is_by_name(field.refers, address) {
                    own.to_lowercase() == text.to_lowercase()
                } else {
                    *own == **text
                }
            };
            names.text_of(field.refers, address).is_some_and(is_text)
        }
        _ => false,
    }
}

/// Gives live items the handles of the declared ones: those that are equal first, then those whose
/// key field is equal, each in order.
fn matched(shape: &Items, wanted: &Leaves, live: Leaves, names: &dyn Names) -> Leaves {
    let item = Field::new(shape.key, Shape::Map(shape.item()));
    let mut open: Vec<(Arc<str>, Value)> = live.into_iter().collect();
    let mut out = Leaves::new();
    let mut left: Vec<(&str, &Value)> = Vec::new();
    for (handle, value) in wanted {
        let equal =
            |(_, have): &(Arc<str>, Value)| settle(&item, value, have.clone(), names) == *value;
        match open.iter().position(equal) {
            Some(at) => {
                open.remove(at);
                out.insert(handle, value.clone());
            }
            None => left.push((handle, value)),
        }
    }
    let key = |value: &Value| match value {
        Value::Map(map) => map.get(shape.key).cloned(),
        _ => None,
    };
    for (handle, value) in left {
        let found = open.iter().position(|(_, have)| key(have) == key(value));
        if let Some(at) = found {
            let (_, have) = open.remove(at);
            out.insert(handle, settle(&item, value, have, names));
        }
    }
    for (handle, have) in open {
        // A declared item of that handle is another one.
        let mut handle = handle.to_string();
        let mut number = 2;
        while out.contains_key(&handle) || wanted.contains_key(&handle) {
            handle = format!(
                "{} ({number})",
                key(&have).as_ref().and_then(as_handle).unwrap_or_default()
            );
            number += 1;
        }
        out.insert(handle, have);
    }
    out
}

/// What stands for the template of a value that was read.
pub const LIVE_VALUE: &str = "(live value)";

/// Makes a live value a secret wherever the declared one is: equal to it where the two are one.
#[must_use]
pub fn as_secret(field: &Field, dialect: Dialect, named: &Value, current: Value) -> Value {
    match (named, current) {
        (Value::Secret(secret), Value::Text(text)) => {
            // Compare in the normal form, as every other text is.
            let wanted = secret
                .expose()
                .map(|text| normalise(field, dialect, Value::text(text)));
            let same = match &wanted {
                Some(Value::Text(wanted)) => are_alike(field.alike, wanted, &text),
                _ => false,
            };
            Value::Secret(Secret {
                template: LIVE_VALUE.into(),
                value: Some(if same {
                    secret.expose().unwrap_or_default().to_owned().into()
                } else {
                    text.to_string().into()
                }),
            })
        }
        (Value::Map(named), Value::Map(current)) => current
            .into_iter()
            .map(|(key, value)| {
                let leaf = leaf_field(&field.shape, &key).unwrap_or(field);
                let value = match named.get(&key) {
                    Some(named) => as_secret(leaf, dialect, named, value),
                    None => value,
                };
                (key, value)
            })
            .collect::<Leaves>()
            .into(),
        (_, current) => current,
    }
}

/// What a value refers to.
#[derive(Debug, Clone, Copy)]
pub enum Target<'v> {
    /// A resource.
    To(&'v Address),
    /// A resource that a key of a map names: its collection and handle.
    Key(&'static str, &'v str),
}

/// Hands over what a value refers to, itself and inside.
pub fn targets<'v>(shape: &Shape, value: &'v Value, f: &mut dyn FnMut(Target<'v>)) {
    match value {
        Value::Reference(Reference::To(address)) => f(Target::To(address)),
        Value::List(items) => items.iter().for_each(|item| targets(shape, item, f)),
        Value::Map(map) => {
            let item = Shape::Map(match shape {
                Shape::Items(items) => items.item(),
                _ => NO_LEAVES,
            });
            for (key, value) in map {
                if let Shape::Keyed(Keyed {
                    keys: Keys::Of { target, .. },
                    ..
                }) = shape
                    && let Some(handle) = handle(target, key)
                {
                    f(Target::Key(target.collection, handle));
                }
                let below = leaf_field(shape, key).map_or(item, |leaf| leaf.shape);
                targets(&below, value, f);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::Secret(_)
        | Value::Reference(Reference::Lookup { .. } | Reference::Id { .. }) => {}
    }
}

/// Hands over the texts in a value that may name a resource, each with what it may name and the way to it; to all of
/// a list it is the way to the list. See [`Field::refers`].
pub fn texts_that_may_name(
    field: &Field,
    value: &Value,
    path: &FieldPath,
    f: &mut dyn FnMut(&[crate::kind::Target], &str, &FieldPath),
) {
    match value {
        Value::Text(text) if !field.refers.is_empty() => f(field.refers, text, path),
        Value::List(items) => {
            for item in items {
                texts_that_may_name(field, item, path, f);
            }
        }
        Value::Map(map) => {
            let item;
            let shape = match field.shape {
                Shape::Items(items) => {
                    item = Shape::Map(items.item());
                    &item
                }
                _ => &field.shape,
            };
            for (key, value) in map {
                let Some(leaf) = leaf_field(shape, key) else {
                    // The first step below a list of items is the item's handle.
                    if let Shape::Items(_) = field.shape {
                        let item = Field::new(field.name, *shape);
                        texts_that_may_name(&item, value, &path.child(key), f);
                    }
                    continue;
                };
                let told = leaf.told_beside.and_then(|told| map.get(told.leaf));
                let leaf = leaf.as_told_beside(told.and_then(Value::as_text));
                texts_that_may_name(&leaf, value, &path.child(key), f);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::Secret(_)
        | Value::Reference(_) => {}
    }
}

/// A path in the manifest's terms: keys of maps that name resources are handles.
#[must_use]
pub fn written(kind: &Kind, path: &FieldPath) -> FieldPath {
    let mut shape = kind.field(path.field).map(|field| field.shape);
    let below = path.below.iter().map(|key| {
        let at = shape.take();
        shape = match at {
            Some(Shape::Items(items)) => Some(Shape::Map(items.item())),
            Some(at) => leaf_field(&at, key).map(|leaf| leaf.shape),
            None => None,
        };
        match at {
            Some(at) => written_key(&at, key).into(),
            None => Arc::clone(key),
        }
    });
    FieldPath {
        field: path.field,
        below: below.collect(),
    }
}

/// The keys of an order in the manifest's terms: those that name resources are handles.
#[must_use]
pub fn written_order(kind: &Kind, path: &FieldPath, order: &Value) -> Value {
    let Value::List(keys) = order else {
        return order.clone();
    };
    let above = path.below.len().saturating_sub(1);
    let written = keys.iter().filter_map(Value::as_text).map(|key| {
        let mut below: Vec<Arc<str>> = path.below.iter().take(above).cloned().collect();
        below.push(key.into());
        let path = FieldPath {
            field: path.field,
            below: below.into(),
        };
        let written = written(kind, &path);
        let key = written.below.last().map_or(key, |key| &**key);
        Value::Text(key.into())
    });
    Value::List(written.collect())
}

/// Looks up what a value holds at a way down; null and nothing are one.
#[must_use]
pub fn value_at<'v>(value: &'v Value, way: &[Arc<str>]) -> Option<&'v Value> {
    let found = way.iter().try_fold(value, |value, key| match value {
        Value::Map(map) => map.get(key),
        _ => None,
    })?;
    (!found.is_null()).then_some(found)
}

/// Reads the way to a value as people write it, into a JSON Pointer: a field, `cf.key`, or a pointer
/// such as `/cf/key`. Nothing where the kind has no such field.
#[must_use]
pub fn named_path(kind: &Kind, text: &str) -> Option<String> {
    let way = way_of(kind, text);
    reached(kind, &way)?;
    Some(pointer(way.iter().map(String::as_str)))
}

/// Reads the way to a value as [`named_path`] does, whether or not there is something at its end.
#[must_use]
pub fn way_of(kind: &Kind, text: &str) -> Vec<String> {
    match (text.strip_prefix('/'), text.split_once('.')) {
        (Some(_), _) => keys(text).map(Cow::into_owned).collect(),
        (None, Some((field, key))) if kind.field(text).is_none() => {
            vec![field.to_owned(), key.to_owned()]
        }
        (None, _) => vec![text.to_owned()],
    }
}

/// Finds the shape at the end of a way, and the field there; an item of a list of maps is no field.
#[must_use]
pub fn reached(kind: &Kind, way: &[String]) -> Option<(Shape, Option<&'static Field>)> {
    let (field, below) = way.split_first()?;
    let field = kind.field(field)?;
    let mut found = (field.shape, Some(field));
    for key in below {
        found = match found.0 {
            Shape::Items(items) => (Shape::Map(items.item()), None),
            shape => {
                let leaf = leaf_field(&shape, key)?;
                (leaf.shape, Some(leaf))
            }
        };
    }
    Some(found)
}

/// Copies what is live at a way down, in the manifest's terms, into what is wanted.
#[must_use]
pub fn keep_live(shape: &Shape, wanted: Value, current: &Value, way: &[String]) -> Value {
    let Some((key, below)) = way.split_first() else {
        return current.clone();
    };
    let find = |value: &Value| match value {
        Value::Map(map) => map
            .iter()
            .find(|(own, _)| written_key(shape, own) == key)
            .map(|(own, value)| (own.to_owned(), value.clone())),
        _ => None,
    };
    let live = find(current);
    let (mut map, had) = match wanted {
        Value::Map(map) => (map, true),
        _ => (Leaves::new(), false),
    };
    let declared = find(&Value::Map(map.clone()));
    match (declared, live) {
        (Some((own, _)), None) if below.is_empty() => {
            map.remove(&own);
        }
        (Some((own, value)), None) => {
            let inner = shape_below(shape, &own);
            map.insert(own, keep_live(&inner, value, &Value::Null, below));
        }
        // What is not declared goes or stays as a whole.
        (None, None) => {}
        (None, Some(_)) if !below.is_empty() => {}
        (declared, Some((own, live))) => {
            let value = declared.map(|(_, value)| value).unwrap_or_default();
            let inner = shape_below(shape, &own);
            map.insert(own, keep_live(&inner, value, &live, below));
        }
    }
    if map.is_empty() && !had {
        Value::Null
    } else {
        Value::Map(map)
    }
}

/// A live word that the table does not know. Where no request changes it, nobody can say whether it is
/// another one.
#[must_use]
pub fn strange_word(field: &Field, current: &Value) -> Option<Arc<str>> {
    match (field.shape, current) {
        (Shape::Choice(words), Value::Text(word)) if !words.contains(&&**word) => {
            Some(Arc::clone(word))
        }
        _ => None,
    }
}

/// Gives the items of live lists the handles of the declared ones, and leaves everything else as it is
/// spelled.
#[must_use]
pub fn as_handled(field: &Field, declared: &Value, current: Value, names: &dyn Names) -> Value {
    match (&field.shape, declared, current) {
        (Shape::Items(items), Value::Map(wanted), Value::Map(live)) => {
            Value::Map(matched(items, wanted, live, names))
        }
        (Shape::Map(map), Value::Map(wanted), Value::Map(live)) => live
            .into_iter()
            .map(|(key, value)| {
                let value = match (map.field(&key), wanted.get(&key)) {
                    (Some(leaf), Some(wanted)) => as_handled(leaf, wanted, value, names),
                    _ => value,
                };
                (key, value)
            })
            .collect::<Leaves>()
            .into(),
        (_, _, current) => current,
    }
}
