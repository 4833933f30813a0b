//! Single objects: those that listings show in part, or not at all.

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::needs::roots;
use super::{Needs, Unread, key_of};
use crate::api::{Reader, template};
use crate::codec::{Ids, handle, shown_at};
use crate::dialect::Dialect;
use crate::kind::{self, Kind, Listing, Shown, Wire};
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
    let answers = join_all(missing.map(|(address, entry, kind, api, item)| async move {
        let request = template::get_by_id(item, &entry.id);
        (address, entry, kind, api, reader.get(&request).await)
    }))
    .await;
    let mut absent = Vec::new();
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
                    matches!(
                        field.wire(live.dialect),
                        Wire::Sent {
                            shown: Shown::InObject,
                            ..
                        }
                    )
                })
        })
        .map(|(index, _)| index)
        .collect()
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
    let calls = indices.iter().filter_map(|index| {
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
