//! Maps that are lists on the wire, in an order that counts: read, written, laid over each other.
//!
//! Beside its items such a map holds their order, and each item holds its id. Both stand under keys that
//! begin with a dollar sign, as no key of a manifest does: they are compared and sent, and a reader is
//! shown the order alone.

use std::sync::Arc;

use serde_json::{Map as Object, Value as Json};

use super::encode::{EncodeError, encode};
use super::{
    Ids, Names, Part, decode_map, handle, id_text, is_nothing, merge, switch_value, written_key,
};
use crate::dialect::Dialect;
/// The key of a map's order: the list of its keys.
pub use crate::kind::ORDER;
use crate::kind::{self, Field, Keyed, Keys, Listed, Shape};
use crate::state::{Address, Leaves, Value};

/// The key of an item's id.
pub const ID: &str = "$id";
/// The key of an item's name, where another one of that name stands beside it.
pub const NAME: &str = "$name";
/// The key of the values that others replace: each old one with the new one.
pub const REPLACES: &str = "$replaces";

/// The key of the name that an item had before.
pub const FORMER: &str = "$renamedFrom";

/// Whether a key is none that a manifest may have.
#[must_use]
pub fn is_own(key: &str) -> bool {
    key.starts_with('$')
}

/// The items of such a map in their order, with their keys.
pub fn items(map: &Leaves) -> impl Iterator<Item = (&str, &Value)> {
    let ordered = order(map);
    let others = map
        .keys()
        .filter(|key| !is_own(key) && !ordered.contains(key));
    let mut keys = ordered.clone();
    keys.extend(others);
    keys.into_iter()
        .filter_map(|key| Some((key, map.get(key)?)))
}

/// The keys that the order of a map names.
pub(super) fn order(map: &Leaves) -> Vec<&str> {
    match map.get(ORDER) {
        Some(Value::List(keys)) => keys.iter().filter_map(Value::as_text).collect(),
        _ => Vec::new(),
    }
}

/// An order of keys as a value.
pub fn order_of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Value {
    let keys = keys.into_iter();
    Value::List(keys.map(|key| Value::Text(key.into())).collect())
}

/// A value without what no manifest says.
#[must_use]
pub fn said(value: &Value) -> Value {
    keeping(value, |key| !is_own(key))
}

/// A value without what items hold beside their fields, such as their ids: what is made anew has others. The
/// order of the items stays.
#[must_use]
pub fn without_ids(value: &Value) -> Value {
    keeping(value, |key| !is_own(key) || key == ORDER)
}

/// A value whose maps, at any depth, have some of their keys alone.
fn keeping(value: &Value, keeps: fn(&str) -> bool) -> Value {
    match value {
        Value::Map(map) => map
            .iter()
            .filter(|(key, _)| keeps(key))
            .map(|(key, value)| (key, keeping(value, keeps)))
            .collect::<Leaves>()
            .into(),
        value => value.clone(),
    }
}

/// Reads the list of an answer.
pub(super) fn decode(
    keyed: &Keyed,
    listed: Listed,
    dialect: Dialect,
    list: &[Json],
    names: &dyn Names,
) -> Value {
    let mut map = Leaves::new();
    let mut keys: Vec<Arc<str>> = Vec::new();
    for json in list {
        let Json::Object(raw) = json else { continue };
        let id = raw.get("id").and_then(id_text).unwrap_or_default();
        let text = |key: &str| raw.get(key).and_then(Json::as_str);
        let found: Option<Arc<str>> = match keyed.keys {
            Keys::Of { target, .. } => names.key_of_id(&target, &id).or_else(|| {
                let wire_name = kind::find(target.collection).and_then(|kind| kind.wire_name);
                let shown = wire_name.and_then(text).or_else(|| text("name"));
                // Nothing is left out of a list that may be sent back.
                Some(shown.map_or_else(|| format!("id:{id}").into(), Arc::from))
            }),
            Keys::Texts(_) | Keys::Places => Some(text(listed.name).unwrap_or_default().into()),
        };
        let Some(mut key) = found else { continue };
        let mut item = match keyed.value.shape {
            Shape::Map(shape) => match decode_map(&shape, dialect, json, names) {
                Value::Map(item) => item,
                _ => Leaves::new(),
            },
            _ => Leaves::new(),
        };
        if !id.is_empty() {
            item.insert(ID, Value::text(&id));
        }
        sort(listed, &mut item);
        // Two of one name, and one that looks like what no manifest may say.
        if map.contains_key(&key) || is_own(&key) {
            item.insert(NAME, Value::Text(Arc::clone(&key)));
            key = format!("[{id}] {key}").into();
        }
        map.insert(Arc::clone(&key), Value::Map(item));
        keys.push(key);
    }
    map.insert(ORDER, order_of(keys.iter().map(|key| &**key)));
    Value::Map(map)
}

/// Writes all items in their order, each with its id.
pub(super) fn encode_items(
    keyed: &Keyed,
    listed: Listed,
    dialect: Dialect,
    map: &Leaves,
    ids: &dyn Ids,
) -> Result<Json, EncodeError> {
    let mut list = Vec::new();
    for (key, value) in items(map) {
        let Value::Map(item) = value else { continue };
        let own = |key: &str| item.get(key).and_then(Value::as_text);
        let mut object = Object::new();
        let id = match (own(ID), keyed.keys) {
            (Some(id), _) => Json::from(id),
            (None, Keys::Of { target, .. }) => {
                let handle = handle(&target, key).unwrap_or(key);
                let address = Address::new(target.collection, handle);
                let id = ids.id(&address);
                Json::from(id.ok_or(EncodeError::UnknownId(address))?)
            }
            (None, Keys::Texts(_) | Keys::Places) => Json::Null,
        };
        object.insert("id".to_owned(), id);
        if !listed.name.is_empty() {
            let name = own(NAME).unwrap_or(key);
            object.insert(listed.name.to_owned(), name.into());
        }
        // What says nothing is sent only where null says it.
        let speaks = |key: &str, value: &Value| {
            let leaf = super::leaf_field(&keyed.value.shape, key);
            !is_nothing(value) || leaf.is_some_and(|leaf| leaf.takes_null(dialect))
        };
        let spoken: Leaves = item
            .iter()
            .filter(|(key, value)| !is_own(key) && speaks(key, value))
            .map(|(key, value)| (key, value.clone()))
            .collect();
        let item = encode(keyed.value, dialect, &spoken.into(), Part::All, ids)?;
        if let Json::Object(item) = item {
            // An empty list says that there is none: null, which is taken of items that can have none.
            let said = item.into_iter().map(|(key, value)| match value {
                Json::Array(list) if list.is_empty() && listed.once.is_none() => (key, Json::Null),
                value => (key, value),
            });
            object.extend(said);
        }
        if let Some(inner) = listed.once {
            object
                .entry(inner)
                .or_insert_with(|| Json::Array(Vec::new()));
        }
        list.push(Json::Object(object));
    }
    Ok(Json::Array(list))
}

/// Lays declared items over live ones: what is not named stays, and stays where it is.
///
/// The named items take, in their declared order, the places that named items have. A new one comes
/// right behind the one that is declared before it, or else right before the next one, or last. Where items of inner lists stand once, one
/// that is named leaves the list in which it is.
pub(super) fn laid(keyed: &Keyed, listed: Listed, named: &Leaves, current: &Value) -> Value {
    let mut map = match current {
        Value::Map(live) => with_new_names(named, live.clone()),
        _ => Leaves::new(),
    };
    if let Some(inner) = listed.once {
        gather(inner, named, &mut map);
    }
    let live: Vec<String> = order(&map).into_iter().map(str::to_owned).collect();
    for (key, value) in named.iter().filter(|(key, _)| !is_own(key)) {
        if value.is_null() {
            map.remove(key);
            continue;
        }
        let before = map.get(key);
        let mut item = match merge(&keyed.value.shape, value, before.unwrap_or(&Value::Null)) {
            Value::Map(item) => item,
            _ => Leaves::new(),
        };
        if before.is_none() {
            add_defaults(&keyed.value.shape, &mut item);
        }
        sort(listed, &mut item);
        if let Some(former) = item.remove(FORMER)
            && item.get(NAME) == Some(&former)
        {
            item.remove(NAME);
        }
        add_replacements(keyed.value, value, before, &mut item);
        map.insert(key, Value::Map(item));
    }
    let mut keys: Vec<&str> = live
        .iter()
        .map(|key| &**key)
        .filter(|key| map.contains_key(key))
        .collect();
    let declared: Vec<&str> = order(named)
        .into_iter()
        .filter(|key| map.contains_key(key))
        .collect();
    let mut known = declared.iter().filter(|key| keys.contains(key)).copied();
    let known: Vec<&str> = known.by_ref().collect();
    let mut next = known.iter().copied();
    for place in &mut keys {
        if known.contains(place)
            && let Some(key) = next.next()
        {
            *place = key;
        }
    }
    let mut before: Option<&str> = None;
    for key in declared {
        if !keys.contains(&key) {
            let find = |one: &str| keys.iter().position(|have| *have == one);
            let behind = before.and_then(find).map(|place| place + 1);
            let first = || known.first().and_then(|first| find(first));
            let place = behind.or_else(first).unwrap_or(keys.len());
            keys.insert(place, key);
        }
        before = Some(key);
    }
    let order = order_of(keys);
    map.insert(ORDER, order);
    Value::Map(map)
}

/// Brings the items of inner lists that are named to where they are named, and takes away those that
/// shall be nowhere.
fn gather(inner: &str, named: &Leaves, map: &mut Leaves) {
    for (outer, value) in named.iter() {
        let Value::Map(value) = value else { continue };
        let Some(Value::Map(wanted)) = value.get(inner) else {
            continue;
        };
        for (key, value) in wanted.iter().filter(|(key, _)| !is_own(key)) {
            let mut moved = None;
            for (other, item) in map.iter_mut() {
                if other == outer && !value.is_null() {
                    continue;
                }
                let list = match item {
                    Value::Map(item) => item.get_mut(inner),
                    _ => None,
                };
                let Some(Value::Map(list)) = list else {
                    continue;
                };
                let Some(taken) = list.remove(key) else {
                    continue;
                };
                let rest = order_of(order(list).into_iter().filter(|have| *have != key));
                list.insert(ORDER, rest);
                moved = Some(taken);
            }
            let (Some(moved), false) = (moved, value.is_null()) else {
                continue;
            };
            let item = map.get_or_insert(outer, || Value::Map(Leaves::new()));
            if let Some(Value::Map(item)) = item
                && let Some(Value::Map(list)) =
                    item.get_or_insert(inner, || Value::Map(Leaves::new()))
            {
                list.insert(key, moved);
            }
        }
    }
}

/// Gives live items the names that they are declared to have now: each keeps the old one beside its id until
/// it is sent under the new one.
#[must_use]
pub fn renamed(named: &Value, live: Value) -> Value {
    match (named, live) {
        (Value::Map(named), Value::Map(live)) => with_new_names(named, live).into(),
        (_, live) => live,
    }
}

fn with_new_names(named: &Leaves, mut live: Leaves) -> Leaves {
    for (key, value) in named.iter().filter(|(key, _)| !is_own(key)) {
        let former = match value {
            Value::Map(item) => item.get(FORMER).and_then(Value::as_text),
            _ => None,
        };
        let Some(former) = former.filter(|_| !live.contains_key(key)) else {
            continue;
        };
        let Some(Value::Map(mut item)) = live.remove(former) else {
            continue;
        };
        item.insert(NAME, Value::Text(former.into()));
        let order = order_of(order(&live).into_iter().map(|have| match have {
            have if have == former => key,
            have => have,
        }));
        live.insert(key, Value::Map(item));
        live.insert(ORDER, order);
    }
    live
}

/// The name under which an item is live, where that is not its key.
#[must_use]
pub fn live_name(item: &Value) -> Option<&str> {
    match item {
        Value::Map(item) => item.get(NAME).and_then(Value::as_text),
        _ => None,
    }
}

/// Sorts the list of an item whose order does not count.
fn sort(listed: Listed, item: &mut Leaves) {
    let Some((values, by, word)) = listed.sorted else {
        return;
    };
    if item.get(by).and_then(Value::as_text) == Some(word)
        && let Some(Value::List(values)) = item.get_mut(values)
    {
        super::sort(values);
    }
}

/// A declared value without what stands at a way down in the manifest's terms: of that nothing is wanted.
#[must_use]
pub fn without(shape: &Shape, named: &Value, way: &[String]) -> Value {
    let (Value::Map(map), Some((key, below))) = (named, way.split_first()) else {
        return named.clone();
    };
    let mut map = map.clone();
    let own = map.keys().find(|own| written_key(shape, own) == key);
    let Some(own) = own.map(str::to_owned) else {
        return named.clone();
    };
    if below.is_empty() {
        map.remove(&own);
        let kept = order_of(order(&map).into_iter().filter(|have| **have != *own));
        if map.contains_key(ORDER) {
            map.insert(ORDER, kept);
        }
        // What it replaces goes with it.
        let replaces =
            |shape: &Shape| super::leaf_field(shape, &own).is_some_and(|leaf| leaf.replaces_values);
        if replaces(shape) {
            map.remove(REPLACES);
        }
    } else if let Some(leaf) = super::leaf_field(shape, &own)
        && let Some(inner) = map.get(&own)
    {
        let inner = without(&leaf.shape, inner, below);
        map.insert(own, inner);
    }
    Value::Map(map)
}

/// Whether a value that is sent makes an item: one that is known by its own name has no id yet.
#[must_use]
pub fn makes(shape: &Shape, value: &Value) -> bool {
    let (Shape::Keyed(keyed), Value::Map(map)) = (shape, value) else {
        return false;
    };
    keyed.listed.is_some()
        && items(map).any(|(_, item)| {
            let Value::Map(item) = item else { return false };
            let is_new =
                matches!(keyed.keys, Keys::Texts(_) | Keys::Places) && !item.contains_key(ID);
            let mut leaves = item.iter().filter(|(key, _)| !is_own(key));
            is_new
                || leaves.any(|(key, value)| {
                    super::leaf_field(&keyed.value.shape, key)
                        .is_some_and(|leaf| makes(&leaf.shape, value))
                })
        })
}

/// Hands over the ids of items, each with what its key names.
pub fn ids<'v>(shape: &Shape, value: &'v Value, f: &mut dyn FnMut(kind::Target, &'v str)) {
    let Value::Map(map) = value else { return };
    for (key, item) in map.iter().filter(|(key, _)| !is_own(key)) {
        let Some(leaf) = super::leaf_field(shape, key) else {
            continue;
        };
        if let (Some(target), Value::Map(inner)) = (shape.keyed_by(), item)
            && let Some(id) = inner.get(ID).and_then(Value::as_text)
        {
            f(target, id);
        }
        ids(&leaf.shape, item, f);
    }
}

/// What a new item has where nobody says it.
fn add_defaults(shape: &Shape, item: &mut Leaves) {
    let Shape::Map(shape) = shape else { return };
    for leaf in shape.fields {
        if let Some(value) = leaf.default_on_create
            && !item.contains_key(leaf.name)
        {
            item.insert(leaf.name, switch_value(value));
        }
    }
}

/// Keeps of the values that are to be replaced those that are live and go.
fn add_replacements(field: &Field, named: &Value, before: Option<&Value>, item: &mut Leaves) {
    item.remove(REPLACES);
    let Value::Map(named) = named else { return };
    let Some(Value::Map(replaces)) = named.get(REPLACES) else {
        return;
    };
    let Shape::Map(shape) = field.shape else {
        return;
    };
    let Some(leaf) = shape.fields.iter().find(|leaf| leaf.replaces_values) else {
        return;
    };
    let has = |values: Option<&Value>, text: &str| match values {
        Some(Value::List(values)) => values.iter().any(|value| value.as_text() == Some(text)),
        _ => false,
    };
    let live = match before {
        Some(Value::Map(before)) => before.get(leaf.name),
        _ => None,
    };
    let due: Leaves = replaces
        .iter()
        .filter(|(old, _)| has(live, old) && !has(item.get(leaf.name), old))
        .map(|(old, new)| (old, new.clone()))
        .collect();
    if !due.is_empty() {
        item.insert(REPLACES, Value::Map(due));
    }
}
