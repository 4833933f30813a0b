//! From the items of a listing to objects, with what they lie below.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::below::{TOPMOST, live_value};
use super::needs::{Scope, planted};
use super::{object_of_listing, paging};
use crate::api::{ApiError, Reader, Request, template};
use crate::codec;
use crate::dialect::Dialect;
use crate::kind::{Api, Kind, Wire, find};
use crate::live::{Live, LiveObject, put};
use crate::state::{Address, Body, Reference, Value};

/// The name under which an answer carries a field, or a query asks for it.
pub(super) fn key_of(wire: &'static Wire) -> Option<&'static str> {
    match wire {
        Wire::Query(name) => Some(name),
        wire => wire.read_name(),
    }
}

/// An object as a listing shows it; none of what has no id.
pub(super) fn object(
    kind: &'static Kind,
    api: &Api,
    item: Json,
    scope: &Scope,
    (parents, owned): (&Live, &BTreeMap<Address, String>),
) -> Option<LiveObject> {
    let Json::Object(mut raw) = item else {
        return None;
    };
    plant(kind, scope, (parents, owned), &mut raw);
    if api.is_blank(&raw) {
        return None;
    }
    let id = raw.get(api.id).and_then(codec::id_text)?;
    gather(kind, parents.dialect, &mut raw);
    Some(LiveObject::new(kind, id, raw))
}

/// Writes into an object the scopes that its listing was asked for, whatever the answer says of them.
pub(super) fn plant(
    kind: &'static Kind,
    scope: &Scope,
    (parents, owned): (&Live, &BTreeMap<Address, String>),
    raw: &mut Map<String, Json>,
) {
    let Some(api) = kind.api(parents.dialect) else {
        return;
    };
    plant_name(kind, parents.dialect, raw);
    for root in planted(api.listing) {
        let Some(value) = scope.get(root) else {
            continue;
        };
        let key = kind
            .field(root)
            .and_then(|field| key_of(field.wire(parents.dialect)));
        let text = live_value(value, parents, owned);
        if let (Some(text), Some(key)) = (text, key) {
            put(raw, key, Json::from(text));
        }
    }
}

/// Writes the name into an object of which there is one.
pub(super) fn plant_name(kind: &'static Kind, dialect: Dialect, raw: &mut Map<String, Json>) {
    if let (Wire::Fixed(key), Some(name)) = (kind.naming_field().wire(dialect), kind.fixed_name()) {
        put(raw, key, Json::from(name));
    }
}

/// Builds the listing that shows a resource; none where something that it lies below is not live.
#[must_use]
pub fn listing_of(api: &Api, body: &Body, live: &Live) -> Option<Request> {
    let plain = |value: &Value| match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Reference(reference) => live.in_scope(reference),
        _ => None,
    };
    template::get(api.listing.template()?, &|place| {
        let Some((root, field)) = place.split_once('.') else {
            return plain(body.get(place)?);
        };
        let Value::Reference(parent) = body.get(root)? else {
            return None;
        };
        if field != TOPMOST {
            return plain(stored_or_live(parent, live)?.get(field)?);
        }
        topmost_id(root, parent, live)
    })
}

/// The id of what stands on top of all that something lies below, by way of the field `root`.
fn topmost_id(root: &str, parent: &Reference, live: &Live) -> Option<String> {
    let mut topmost = parent.clone();
    let mut seen = BTreeSet::new();
    // What lies below nothing of this kind is on top.
    while find(topmost.collection())?.field(root).is_some() && seen.insert(topmost.clone()) {
        match stored_or_live(&topmost, live)?.get(root)? {
            Value::Reference(above) => topmost = above.clone(),
            _ => return None,
        }
    }
    live.id_behind(&topmost)
}

/// Lists what stands beside a resource, as the reading of the organization would have it, with the id of
/// each; none where something that the resource lies below is not live.
///
/// # Errors
/// What the call fails with.
pub async fn list_beside(
    reader: &Reader,
    kind: &'static Kind,
    api: &Api,
    body: &Body,
    live: &Live,
) -> Result<Option<Vec<(String, Map<String, Json>)>>, ApiError> {
    let Some(request) = listing_of(api, body, live) else {
        return Ok(None);
    };
    let items = reader.list(&request, paging(api)).await?;
    let items = object_of_listing(kind, live.dialect, items);
    let top = api.tree.and_then(|tree| match body.get(tree.parent)? {
        Value::Reference(parent) => topmost_id(tree.parent, parent, live),
        _ => None,
    });
    let items = laid_out(kind, api, live.dialect, top.as_deref(), items).into_iter();
    let objects = items.filter_map(|item| match item {
        Json::Object(mut raw) => {
            plant_scopes(kind, api, body, live, &mut raw);
            Some((raw.get(api.id).and_then(codec::id_text)?, raw))
        }
        _ => None,
    });
    Ok(Some(objects.collect()))
}

/// What is stored of what a reference names, by the last answer or as it was read.
fn stored_or_live(reference: &Reference, live: &Live) -> Option<Body> {
    let stored = match reference {
        Reference::To(address) => live.stored(address),
        Reference::Lookup { .. } | Reference::Id { .. } => None,
    };
    stored.or_else(|| {
        let index = live.find_id(reference.collection(), &live.id_behind(reference)?)?;
        Some(live.body(index))
    })
}

/// The objects of a listing, those that stand in each other one after the other; `top` is the id of what the
/// listing was asked for.
pub(super) fn laid_out(
    kind: &Kind,
    api: &Api,
    dialect: Dialect,
    top: Option<&str>,
    items: Vec<Json>,
) -> Vec<Json> {
    let key = api
        .tree
        .and_then(|tree| key_of(kind.field(tree.parent)?.wire(dialect)));
    let (Some(tree), Some(key)) = (api.tree, key) else {
        return items;
    };
    let mut open: Vec<(Option<String>, Json)> = (items.into_iter().rev())
        .map(|item| (top.map(str::to_owned), item))
        .collect();
    let mut all = Vec::new();
    while let Some((parent, mut item)) = open.pop() {
        if let Json::Object(object) = &mut item {
            if let Some(parent) = parent {
                put(object, key, Json::from(parent));
            }
            let id = object.get(api.id).and_then(codec::id_text);
            if let Some(Json::Array(below)) = object.remove(tree.below) {
                open.extend(below.into_iter().rev().map(|item| (id.clone(), item)));
            }
        }
        all.push(item);
    }
    all
}

/// Writes the scopes of a resource into an answer, whatever the answer says of them, and ids where it names
/// others as maps do.
pub fn plant_scopes(
    kind: &'static Kind,
    api: &Api,
    body: &Body,
    live: &Live,
    raw: &mut Map<String, Json>,
) {
    plant_name(kind, live.dialect, raw);
    for root in planted(api.listing) {
        let key = kind
            .field(root)
            .and_then(|field| key_of(field.wire(live.dialect)));
        let value = match body.get(root) {
            Some(Value::Text(text)) => Some(text.to_string()),
            Some(Value::Reference(reference)) => live.in_scope(reference),
            _ => None,
        };
        if let (Some(value), Some(key)) = (value, key) {
            put(raw, key, Json::from(value));
        }
    }
    live.lift(kind, raw);
}

/// Puts the values that a list item carries beside a map into the map, where all others stand.
pub(super) fn gather(kind: &'static Kind, dialect: Dialect, raw: &mut Map<String, Json>) {
    for field in kind.fields {
        let (Some(prefix), Some(name)) = (field.beside, field.wire(dialect).read_name()) else {
            continue;
        };
        let beside: Vec<String> = raw
            .keys()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        if beside.is_empty() {
            continue;
        }
        let mut map = match raw.remove(name) {
            Some(Json::Object(map)) => map,
            _ => Map::new(),
        };
        for key in beside {
            if let Some(value) = raw.remove(&key) {
                map.entry(key).or_insert(value);
            }
        }
        raw.insert(name.to_owned(), Json::Object(map));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::needs::ScopeValue;
    use super::*;
    use crate::kind::KINDS;

    #[test]
    fn what_an_item_carries_beside_a_map_is_put_into_it() {
        let mut seen = 0;
        for (kind, dialect) in KINDS
            .iter()
            .flat_map(|kind| Dialect::ALL.map(|dialect| (*kind, dialect)))
        {
            let fields = kind
                .fields
                .iter()
                .filter_map(|field| Some((field.beside?, field.wire(dialect).read_name()?)));
            for (prefix, name) in fields {
                seen += 1;
                let key = |end: &str| format!("{prefix}{end}");
                for (map, wanted) in [
                    (json!(null), json!({key("a"): "1", key("b"): null})),
                    (json!({}), json!({key("a"): "1", key("b"): null})),
                    // What stands in the map is the value.
                    (
                        json!({key("a"): "2", "c": "3"}),
                        json!({key("a"): "2", "c": "3", key("b"): null}),
                    ),
                ] {
                    let raw = json!({"id": "7", name: map, key("a"): "1", key("b"): null});
                    let mut raw = raw.as_object().unwrap().clone();
                    gather(kind, dialect, &mut raw);
                    assert_eq!(Json::from(raw), json!({"id": "7", name: wanted}));
                }
                let raw = json!({"id": "7", name: null});
                let mut same = raw.as_object().unwrap().clone();
                gather(kind, dialect, &mut same);
                assert_eq!(Json::from(same), raw);
            }
        }
        assert!(seen > 0);
    }

    /// Where an object of a tree stands says what it lies below, whatever it says itself.
    #[test]
    fn a_tree_is_laid_out_from_the_top() {
        let mut seen = 0;
        for kind in KINDS {
            let Some(api) = kind.api(Dialect::Openapi) else {
                continue;
            };
            let Some(tree) = api.tree else {
                let items = vec![json!({"id": "1", "children": [{"id": "2"}]})];
                let same = laid_out(kind, api, Dialect::Openapi, Some("9"), items.clone());
                assert_eq!(same, items, "{kind:?}");
                continue;
            };
            seen += 1;
            let key = key_of(kind.field(tree.parent).unwrap().wire(Dialect::Openapi)).unwrap();
            let items = vec![
                json!({"id": "1", key: null, tree.below: [
                    {"id": "2", tree.below: [{"id": "3", key: "7"}]},
                    {"id": "4", tree.below: null},
                ]}),
                json!({"id": "5"}),
            ];
            let laid = laid_out(kind, api, Dialect::Openapi, Some("9"), items);
            let ways: Vec<_> = laid.iter().map(|one| (&one["id"], &one[key])).collect();
            let wanted = [("1", "9"), ("2", "1"), ("3", "2"), ("4", "1"), ("5", "9")];
            let wanted = wanted.map(|(id, parent)| (json!(id), json!(parent)));
            assert_eq!(ways, wanted.each_ref().map(|(id, parent)| (id, parent)));
        }
        assert!(seen > 0);
    }

    #[test]
    fn a_listing_plants_what_stands_in_its_path_alone() {
        for (collection, wanted) in [
            // Two types of one department have one listing, and each skill its own type.
            ("skills", json!({"id": "7", "skillTypeId": "5"})),
            (
                "teams",
                json!({"id": "7", "skillTypeId": "5", "departmentId": "6"}),
            ),
        ] {
            let kind = find(collection).unwrap();
            let root = crate::kind::scopes(kind).next().unwrap().name;
            let parent = ScopeValue::Parent {
                collection: "layouts",
                id: Some("6".to_owned()),
                address: None,
                names: BTreeSet::new(),
            };
            let mut parents = Live::new(Dialect::Openapi);
            parents.add(LiveObject::new(
                find("layouts").unwrap(),
                "6".to_owned(),
                Map::new(),
            ));
            let mut raw = json!({"id": "7", "skillTypeId": "5"});
            let object = raw.as_object_mut().unwrap();
            let scope = Scope::from([(root, parent)]);
            plant(kind, &scope, (&parents, &BTreeMap::new()), object);
            assert_eq!(raw, wanted, "{collection}");
        }
    }

    #[test]
    fn nothing_is_taken_from_a_kind_that_has_no_such_map() {
        let kind = find("roles").unwrap();
        let raw = json!({"id": "7", "cf_a": "1"});
        let mut same = raw.as_object().unwrap().clone();
        gather(kind, Dialect::Openapi, &mut same);
        assert_eq!(Json::from(same), raw);
    }
}
