//! Single objects: those that listings show in part, or not at all.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::needs::roots;
use super::{Needs, Unread, key_of};
use crate::api::{Reader, template};
use crate::codec::{Ids, handle, id_text, shown_at};
use crate::dialect::Dialect;
use crate::kind::{self, Kind, Listing, Shape, Shown, Wire};
use crate::ledger::Ledger;
use crate::live::{Live, LiveObject, is_gone, put};
use crate::plan::row::Rows;
use crate::state::{Address, Body, Key, Value};

/// Which objects need a GET of their own: those that the manifests name with fields that the
/// listing did not carry.
#[must_use]
pub fn incomplete(rows: &Rows, live: &Live) -> Vec<usize> {
    let mut wanted: Vec<usize> = rows
        .objects()
        .filter(|(row, index)| {
            let object = live.objects.get(*index);
            let both = object.zip(row.named.as_ref());
            both.is_some_and(|(object, named)| lacks(object, named, live))
        })
        .map(|(_, index)| index)
        .collect();
    wanted.sort_unstable();
    wanted
}

fn lacks(object: &LiveObject, named: &Body, live: &Live) -> bool {
    named.iter().any(|(name, value)| {
        let Some(field) = object.kind.field(name).filter(|field| !field.write_only) else {
            return false;
        };
        let Wire::Sent {
            name, read, shown, ..
        } = field.wire(live.dialect)
        else {
            return false;
        };
        match (field.shape.keyed_by(), value) {
            (Some(keys), Value::Map(map)) if *shown != Shown::InList => {
                let carried = object.raw.get(*name).and_then(Json::as_object);
                map.keys().any(|key| {
                    let on_wire = match handle(&keys, key) {
                        Some(handle) => live.wire_name(&Address::new(keys.collection, handle)),
                        None => Some(key.to_owned()),
                    };
                    // What is only about to be created has no value yet.
                    on_wire.is_some_and(|on_wire| {
                        !carried.is_some_and(|carried| carried.contains_key(&on_wire))
                    })
                })
            }
            _ => *shown != Shown::InList && shown_at(&object.raw, read).is_none(),
        }
    })
}

/// Fetches by id what the ledger owns and the listings do not show.
///
/// A listing may lag: only the answer that there is no such object proves its absence. What is
/// proved to be absent is returned.
///
/// # Errors
/// Every object of which nothing can be said.
pub async fn fetch_missing(
    reader: &Reader,
    live: &mut Live,
    needs: &Needs,
    ledger: &Ledger,
) -> Result<Vec<Address>, Vec<Unread>> {
    let dialect = live.dialect;
    let read = |address: &Address| needs.reads(address.collection);
    let missing = ledger.resources.iter().filter_map(|(address, entry)| {
        let kind = kind::find(address.collection).filter(|_| read(address))?;
        let api = kind.api(dialect)?;
        let item = api.item?;
        let seen = live.find_id(address.collection, &entry.id).is_some();
        (!seen).then_some((address, entry, kind, api, item))
    });
    let is_proved =
        |address: &Address, id: &String| live.absent.contains(&(address.collection, id.clone()));
    let (proved, missing): (Vec<_>, Vec<_>) =
        missing.partition(|(address, entry, ..)| is_proved(address, &entry.id));
    let mut absent: Vec<Address> = proved
        .iter()
        .map(|(address, ..)| (*address).clone())
        .collect();
    let missing = missing.into_iter();
    let answers = join_all(missing.map(|(address, entry, kind, api, item)| async move {
        let request = template::get_by_id(item, &entry.id);
        (address, entry, kind, api, reader.get(&request).await)
    }))
    .await;
    let mut failures = Vec::new();
    for (address, entry, kind, api, answer) in answers {
        match answer {
            Ok(answer) => match answer.body {
                Some(Json::Object(mut raw)) if !is_gone(&raw) => {
                    plant(kind, &entry.key, dialect, &mut raw);
                    live.add(LiveObject {
                        kind,
                        id: entry.id.clone(),
                        raw,
                        parts: Vec::new(),
                    });
                }
                _ => absent.push(address.clone()),
            },
            Err(error) if error.is_absent() => absent.push(address.clone()),
            Err(error) => failures.push(Unread {
                collection: kind.collection,
                error,
                scope: api.scopes.read.first().copied(),
            }),
        }
    }
    if failures.is_empty() {
        Ok(absent)
    } else {
        Err(failures)
    }
}

/// What the ledger owns, the listings lack, and no GET by id could prove absent; with whether the
/// whole object is lacking and not just a part of it.
#[must_use]
pub fn lacking_in_listings(live: &Live, needs: &Needs, ledger: &Ledger) -> Vec<(Address, bool)> {
    let lacking = ledger.resources.iter().filter_map(|(address, entry)| {
        let kind = kind::find(address.collection).filter(|kind| needs.reads(kind.collection))?;
        let api = kind.api(live.dialect)?;
        if api.item.is_some() || api.listing == Listing::Mentioned {
            return None;
        }
        let mut ids: Vec<&String> = entry.parts.iter().collect();
        if ids.is_empty() {
            ids.push(&entry.id);
        }
        let lacking = ids
            .iter()
            .filter(|id| live.find_id(address.collection, id).is_none())
            .count();
        (lacking > 0).then(|| (address.clone(), lacking == ids.len()))
    });
    lacking.collect()
}

/// The objects of which listings show a part only.
#[must_use]
pub fn partial(live: &Live) -> Vec<usize> {
    live.objects
        .iter()
        .enumerate()
        .filter(|(_, object)| {
            object.kind.managed
                && object.kind.fields.iter().any(|field| {
                    let Wire::Sent { read, shown, .. } = field.wire(live.dialect) else {
                        return false;
                    };
                    match shown {
                        Shown::InObject => true,
                        // The listing may not have taken the question.
                        Shown::ByFields => shown_at(&object.raw, read).is_none(),
                        Shown::InList => false,
                    }
                })
        })
        .map(|(index, _)| index)
        .collect()
}

/// What bound objects refer to in fields that are compared, where it was not read: of a kind that was
/// read in part nobody has asked for what only a live object names.
#[must_use]
pub fn referred(rows: &Rows, live: &Live) -> BTreeSet<(&'static str, String)> {
    let mut referred = BTreeSet::new();
    for (row, index) in rows.objects() {
        let (Some(object), Some(named)) = (live.objects.get(index), &row.named) else {
            continue;
        };
        for (name, _) in named.iter() {
            let field = object.kind.field(name);
            let target = field.and_then(|field| match field.shape {
                Shape::Reference(target) => Some((field, target.collection)),
                _ => None,
            });
            let Some((field, collection)) = target.filter(|(_, to)| live.is_read_in_part(to))
            else {
                continue;
            };
            let read = field.wire(live.dialect).read_name();
            let value = read.and_then(|read| shown_at(&object.raw, read));
            if let Some(id) = value.and_then(|value| id_text(&value))
                && live.find_id(collection, &id).is_none()
                && !live.absent.contains(&(collection, id.clone()))
            {
                referred.insert((collection, id));
            }
        }
    }
    referred
}

/// Reads objects by their ids; what is not there is left out.
///
/// # Errors
/// Every object of which nothing can be said.
pub async fn fetch(
    reader: &Reader,
    live: &mut Live,
    wanted: BTreeSet<(&'static str, String)>,
) -> Result<(), Vec<Unread>> {
    let dialect = live.dialect;
    let wanted = wanted.into_iter().filter_map(|(collection, id)| {
        let kind = kind::find(collection)?;
        let api = kind.api(dialect)?;
        Some((kind, api, template::get_by_id(api.item?, &id), id))
    });
    let answers = join_all(wanted.map(|(kind, api, request, id)| async move {
        (kind, api, id, reader.get(&request).await)
    }))
    .await;
    let mut failures = Vec::new();
    for (kind, api, id, answer) in answers {
        match answer.map(|answer| answer.body) {
            Ok(Some(Json::Object(raw))) if !is_gone(&raw) => {
                live.add(LiveObject {
                    kind,
                    id,
                    raw,
                    parts: Vec::new(),
                });
            }
            Ok(_) => {}
            Err(error) if error.is_absent() => {}
            Err(error) => failures.push(Unread {
                collection: kind.collection,
                error,
                scope: api.scopes.read.first().copied(),
            }),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

/// Reads single objects whole.
///
/// # Errors
/// Every object that could not be read.
pub async fn complete(
    reader: &Reader,
    live: &mut Live,
    indices: &[usize],
) -> Result<(), Vec<Unread>> {
    let mut left = Vec::new();
    for index in indices {
        let single = |object: &LiveObject| (object.kind.collection, object.id.clone());
        let key = live.objects.get(*index).map(single);
        // What came alone was read whole.
        let whole = key.and_then(|key| live.singles.get(&key)).cloned();
        match (whole, live.objects.get_mut(*index)) {
            (Some(whole), Some(object)) => extend(object, whole, live.dialect),
            _ => left.push(*index),
        }
    }
    let calls = left.iter().filter_map(|index| {
        let object = live.objects.get(*index)?;
        let api = object.kind.api(live.dialect)?;
        let request = template::get_by_id(api.item?, &object.id);
        Some((*index, object.kind, api, request))
    });
    let answers = join_all(calls.map(|(index, kind, api, request)| async move {
        reader
            .get(&request)
            .await
            .map(|answer| (index, answer))
            .map_err(|error| Unread {
                collection: kind.collection,
                error,
                scope: api.scopes.read.first().copied(),
            })
    }))
    .await;
    let dialect = live.dialect;
    let mut failures = Vec::new();
    for answer in answers {
        match answer {
            Ok((index, answer)) => {
                if let (Some(Json::Object(body)), Some(object)) =
                    (answer.body, live.objects.get_mut(index))
                {
                    extend(object, body, dialect);
                }
            }
            Err(unread) => failures.push(unread),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

/// Takes over what an answer says of an object, but for the scope that its listing was asked for.
fn extend(object: &mut LiveObject, body: Map<String, Json>, dialect: Dialect) {
    let Some(api) = object.kind.api(dialect) else {
        return;
    };
    let planted: Vec<(String, Json)> = roots(api.listing)
        .filter_map(|root| key_of(object.kind.field(root)?.wire(dialect)))
        .filter_map(|key| Some((key.to_owned(), shown_at(&object.raw, key)?.into_owned())))
        .filter(|(_, value)| value.is_string())
        .collect();
    object.raw.extend(body);
    for (key, value) in planted {
        put(&mut object.raw, &key, value);
    }
}

/// Writes into an object the words of its scope, by which it is listed; parents only where the answer
/// does not say which they are.
fn plant(kind: &'static Kind, key: &Key<'_>, dialect: Dialect, raw: &mut Map<String, Json>) {
    for (name, value) in key.scope.iter() {
        let field = kind.field(name);
        let is_word = field.is_some_and(|field| field.shape.target().is_none());
        let wire = field.and_then(|field| key_of(field.wire(dialect)));
        if let Some(wire) = wire.filter(|wire| is_word || shown_at(raw, wire).is_none()) {
            put(raw, wire, Json::from(value));
        }
    }
}
