//! Single objects: those that listings show in part, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::needs::planted;
use super::objects::key_of;
use super::single::{Single, single, singles};
use super::{Needs, Unread, told_apart};
use crate::api::{ApiError, ErrorKind, Reader, Request, template};
use crate::codec::{self, Ids, handle, id_text, shown_at};
use crate::dialect::Dialect;
use crate::kind::rules::Deed;
use crate::kind::{self, Apart, Field, Kind, Listing, Shown, Wire};
use crate::ledger::Ledger;
use crate::live::marks::forbidden;
use crate::live::{Live, LiveObject, put, standard_part, standard_path};
use crate::manifest::Desired;
use crate::plan::row::Rows;
use crate::state::{Address, Body, Key, Reference, Value};

/// Which objects need a GET of their own: those that the manifests name with fields that the
/// listing did not carry, or of which every update sends such a field again.
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
    object.kind.fields.iter().any(|field| {
        let value = named.get(field.name);
        let counts = value.is_some() || object.kind.resends(field, live.dialect);
        if field.write_only || !counts {
            return false;
        }
        let Wire::Sent {
            name, read, shown, ..
        } = field.wire(live.dialect)
        else {
            return false;
        };
        match (field.shape.keyed_by(), value) {
            // It has a GET of its own.
            _ if *shown == Shown::Apart => false,
            (Some(keys), Some(Value::Map(map))) if *shown != Shown::InList => {
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
        let is_read = kind.api(dialect)?.item.is_some();
        let seen = live.find_id(address.collection, &entry.id).is_some();
        (is_read && !seen).then_some((address, entry, kind))
    });
    let is_proved =
        |address: &Address, id: &String| live.absent.contains(&(address.collection, id.clone()));
    let (proved, missing): (Vec<_>, Vec<_>) =
        missing.partition(|(address, entry, _)| is_proved(address, &entry.id));
    let mut absent: Vec<Address> = proved
        .iter()
        .map(|(address, ..)| (*address).clone())
        .collect();
    let wanted = missing
        .into_iter()
        .map(|(address, entry, kind)| (kind, entry.id.clone(), (address, entry)));
    for ((kind, id, (address, entry)), told) in singles(reader, dialect, wanted).await? {
        match told {
            Single::There(mut raw) => {
                plant(kind, &entry.key, dialect, &mut raw);
                live.add(LiveObject::new(kind, id, raw));
            }
            Single::Gone(_) | Single::Absent => absent.push(address.clone()),
        }
    }
    Ok(absent)
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

/// What an answer of its own shows of objects: the object, and the endpoint.
pub type ShownApart = Vec<(usize, Apart)>;

/// Which objects need such an answer: those of which the manifests name a field that no other one shows.
#[must_use]
pub fn lacking_apart(rows: &Rows, live: &Live) -> ShownApart {
    let objects = rows.objects().filter_map(|(row, index)| {
        let (object, named) = (live.objects.get(index)?, row.named.as_ref()?);
        let is_named = |field: &Field| named.get(field.name).is_some();
        Some((index, shown_apart(object, live.dialect, &is_named)))
    });
    in_order(objects)
}

/// Which objects have such answers, but for those that no export writes.
#[must_use]
pub fn all_apart(live: &Live) -> ShownApart {
    let objects = live.objects.iter().enumerate();
    let exported = objects
        .filter(|(_, object)| object.kind.managed && forbidden(object, Deed::Export).is_none());
    in_order(exported.map(|(index, object)| (index, shown_apart(object, live.dialect, &|_| true))))
}

fn in_order(objects: impl Iterator<Item = (usize, Vec<Apart>)>) -> ShownApart {
    let mut all: ShownApart = objects
        .flat_map(|(index, endpoints)| endpoints.into_iter().map(move |one| (index, one)))
        .collect();
    all.sort_unstable_by_key(|(index, apart)| (*index, apart.path));
    all
}

/// The endpoints that show what no other answer shows of an object.
fn shown_apart(
    object: &LiveObject,
    dialect: Dialect,
    wants: &dyn Fn(&Field) -> bool,
) -> Vec<Apart> {
    let Some(api) = object.kind.api(dialect) else {
        return Vec::new();
    };
    let is_alone = |apart: &&Apart| {
        object.kind.field(apart.field).is_some_and(|field| {
            let alone = matches!(
                field.wire(dialect),
                Wire::Sent {
                    shown: Shown::Apart,
                    ..
                }
            );
            alone && wants(field) && !object.raw.contains_key(apart.shown)
        })
    };
    api.apart.iter().filter(is_alone).copied().collect()
}

/// Reads what answers of their own show of objects.
///
/// # Errors
/// Every answer that could not be read.
pub async fn complete_apart(
    reader: &Reader,
    live: &mut Live,
    wanted: ShownApart,
) -> Result<(), Vec<Unread>> {
    let dialect = live.dialect;
    let calls = wanted.into_iter().filter_map(|(index, apart)| {
        let object = live.objects.get(index)?;
        let (kind, id) = (object.kind, object.id.clone());
        let items = kind.api(dialect)?.items;
        Some(async move { (kind, index, listed_apart(reader, &apart, items, &id).await) })
    });
    let mut failures = Vec::new();
    for (kind, index, shown) in join_all(calls).await {
        match (shown, live.objects.get_mut(index)) {
            (Ok(shown), Some(object)) => object.raw.extend(shown),
            (Ok(_), None) => {}
            (Err(error), _) => failures.push(Unread::of(kind, dialect, error)),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

/// Reads what an object shows of a field that has endpoints of its own, as a listing would show it.
///
/// # Errors
/// [`ApiError`] of the call.
pub async fn listed_apart(
    reader: &Reader,
    apart: &Apart,
    items: &str,
    id: &str,
) -> Result<Map<String, Json>, ApiError> {
    let answer = reader.get(&template::get_by_id(apart.path, id)).await?;
    let list = answer
        .body
        .and_then(|mut body| Some(body.get_mut(items)?.take()));
    // No content is an empty list.
    let list = list.unwrap_or_else(|| Json::Array(Vec::new()));
    Ok(Map::from_iter([(apart.shown.to_owned(), list)]))
}

/// The objects of which listings show a part only, but for those that no export writes.
#[must_use]
pub fn partial(live: &Live) -> Vec<usize> {
    live.objects
        .iter()
        .enumerate()
        .filter(|(_, object)| {
            object.kind.managed
                && forbidden(object, Deed::Export).is_none()
                && object.kind.fields.iter().any(|field| {
                    let Wire::Sent { read, shown, .. } = field.wire(live.dialect) else {
                        return false;
                    };
                    match shown {
                        Shown::InObject => true,
                        // The listing may not have taken the question.
                        Shown::ByFields => shown_at(&object.raw, read).is_none(),
                        Shown::InList | Shown::Apart => false,
                    }
                })
        })
        .map(|(index, _)| index)
        .collect()
}

/// What was not read although a bound object refers to it in a field that is compared, or an object that
/// goes refers to it: of a kind that was read in part nobody has asked for what only a live object names.
#[must_use]
pub fn referred(rows: &Rows, live: &Live) -> BTreeSet<(&'static str, String)> {
    let mut referred = BTreeSet::new();
    let of_part = &|collection: &str| live.is_read_in_part(collection);
    for (row, index) in rows.objects() {
        let (Some(object), Some(named)) = (live.objects.get(index), &row.named) else {
            continue;
        };
        for (name, _) in named.iter() {
            if let Some(field) = object.kind.field(name) {
                note_referred(field, &object.raw, live, of_part, &mut referred);
            }
        }
    }
    // Of what goes everything is shown.
    let going = rows.iter().filter_map(|row| row.going.as_ref());
    for object in going.filter_map(|going| live.objects.get(going.object)) {
        for field in object.kind.fields {
            note_referred(field, &object.raw, live, of_part, &mut referred);
        }
    }
    referred
}

/// What objects of some kinds refer to although no listing shows it.
fn unlisted(live: &Live, of: &dyn Fn(&Kind) -> bool) -> BTreeSet<(&'static str, String)> {
    let mut referred = BTreeSet::new();
    for object in live.objects.iter().filter(|object| of(object.kind)) {
        for field in object.kind.fields {
            note_referred(field, &object.raw, live, &|_| true, &mut referred);
        }
    }
    referred
}

/// Notes what the value of a field refers to, itself and inside, where it was not read: of the kinds
/// that are asked about.
fn note_referred(
    field: &Field,
    raw: &Map<String, Json>,
    live: &Live,
    is_asked: &dyn Fn(&str) -> bool,
    referred: &mut BTreeSet<(&'static str, String)>,
) {
    let mut may_refer = Vec::new();
    field.targets(&mut may_refer);
    // Nothing is decoded in vain: most kinds were read as a whole.
    if !(may_refer.iter()).any(|to| is_asked(to.collection)) {
        return;
    }
    let Some(value) = codec::read_field(field, live.dialect, raw, live) else {
        return;
    };
    codec::targets(&field.shape, &value, &mut |target| {
        let codec::Target::To(address) = target else {
            return;
        };
        let collection = address.collection;
        if let Some(id) = live.id(address)
            && is_asked(collection)
            && live.find_id(collection, &id).is_none()
            && !live.absent.contains(&(collection, id.clone()))
        {
            referred.insert((collection, id));
        }
    });
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
    let wanted = wanted
        .into_iter()
        .filter_map(|(collection, id)| Some((kind::find(collection)?, id, ())));
    for ((kind, id, ()), told) in singles(reader, live.dialect, wanted).await? {
        if let Single::There(raw) = told {
            live.add(LiveObject::new(kind, id, raw));
        }
    }
    Ok(())
}

/// Asks for what the manifests name by an id that no listing shows, whether its kind was read or not.
///
/// A listing may lag, and may leave out what is there: the answer that there is no such object proves
/// its absence. Where a kind has no such question its whole listing is all that there is. What no answer
/// tells of stays unproved.
///
/// # Errors
/// Every object of which nothing can be said although it may be asked for.
pub async fn fetch_named(
    reader: &Reader,
    live: &mut Live,
    desired: &Desired,
    ledger: Option<&Ledger>,
) -> Result<(), Vec<Unread>> {
    let named = named_by_id(desired, live, ledger).into_iter();
    let named = named.map(|(collection, id)| (collection, id.to_owned()));
    let there = prove(reader, live, named.collect()).await?;
    for object in there {
        live.add(object);
    }
    Ok(())
}

/// Reads what new objects have that say nothing, of the kinds that are laid over it: one GET for each
/// path.
///
/// # Errors
/// Every path that could not be read.
pub async fn fetch_standards(
    reader: &Reader,
    live: &mut Live,
    desired: &Desired,
    rows: &Rows,
) -> Result<(), Vec<Unread>> {
    let dialect = live.dialect;
    // What is replaced is made anew.
    let new = rows
        .iter()
        .filter(|row| row.object.is_none() || desired.is_replaced(&row.address));
    let mut wanted: BTreeMap<String, (&'static Kind, Request)> = new
        .filter_map(|row| {
            let standard = row.kind.api(dialect)?.standard?;
            let body = row.named.as_ref()?;
            let request = template::get(standard.path, &|place| standard_part(body, place, live))?;
            Some((standard_path(standard, body, live)?, (row.kind, request)))
        })
        .collect();
    wanted.retain(|path, _| !live.standards.contains_key(path));
    let calls = wanted
        .into_iter()
        .map(|(path, (kind, request))| async move { (kind, path, reader.get(&request).await) });
    let mut failures = Vec::new();
    for (kind, path, answer) in join_all(calls).await {
        let items = kind.api(dialect).map_or("data", |api| api.items);
        match answer {
            Ok(answer) => {
                let shown = answer
                    .body
                    .and_then(|mut body| Some(body.get_mut(items)?.take()));
                live.standards.insert(path, shown.unwrap_or_default());
            }
            Err(error) => failures.push(Unread::of(kind, dialect, error)),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

/// Finds out what objects of some kinds refer to in vain: what is no longer there, or trashed.
///
/// What is there and belongs to a kind that was not listed is added, so that an export names it by its name. What
/// a listing should have shown is not: an export names it by its id.
///
/// # Errors
/// Every object of which nothing can be said although it may be asked for.
pub async fn prove_referred(
    reader: &Reader,
    live: &mut Live,
    of: &dyn Fn(&Kind) -> bool,
) -> Result<(), Vec<Unread>> {
    let referred = unlisted(live, of);
    let there = prove(reader, live, referred).await?;
    for object in there {
        let is_listed = live.listed.contains(object.kind.collection);
        // Of the many seeds of an organization another one may have the name.
        if !is_listed && !of(object.kind) && !object.kind.seed {
            live.add(object);
        }
    }
    Ok(())
}

/// Finds out whether there are objects with some ids that no listing shows: marks those that are proved to be
/// absent, and returns the others.
async fn prove(
    reader: &Reader,
    live: &mut Live,
    named: BTreeSet<(&'static str, String)>,
) -> Result<Vec<LiveObject>, Vec<Unread>> {
    let dialect = live.dialect;
    let wanted: Vec<(&'static Kind, String)> = named
        .into_iter()
        .filter(|(collection, id)| {
            live.find_id(collection, id).is_none() && !live.is_absent(collection, id)
        })
        .filter_map(|(collection, id)| Some((kind::find(collection)?, id)))
        // Of a kind without such a GET only a whole listing says that there is no such object.
        .filter(|(kind, _)| {
            let has_item = kind.api(dialect).is_some_and(|api| api.item.is_some());
            has_item || live.listed.contains(kind.collection)
        })
        .collect();
    let calls = wanted.into_iter().map(|(kind, id)| async move {
        let told = single(reader, kind, dialect, &id).await;
        (kind, id, told)
    });
    let (mut there, mut failures) = (Vec::new(), Vec::new());
    for (kind, id, told) in join_all(calls).await {
        match told {
            Ok(Some(Single::There(raw))) => there.push(LiveObject::new(kind, id, raw)),
            Ok(Some(Single::Gone(_) | Single::Absent) | None) => {
                live.absent.insert((kind.collection, id));
            }
            Err(error) if tells_nothing(&error) => {}
            Err(error) => failures.push(Unread::of(kind, dialect, error)),
        }
    }
    let failures = told_apart(reader, failures).await;
    let failures: Vec<Unread> = (failures.into_iter())
        .filter(|one| one.error.kind() != ErrorKind::ScopeMissing)
        .collect();
    if failures.is_empty() {
        Ok(there)
    } else {
        Err(failures)
    }
}

/// Whether an answer leaves open what there is, and the next question may be answered all the same.
fn tells_nothing(error: &ApiError) -> bool {
    error.is_forbidden()
        || matches!(
            error.kind(),
            ErrorKind::Invalid | ErrorKind::BadRequest | ErrorKind::Malformed
        )
}

/// What the manifests name by its id, but for what was read.
///
/// What a check is about is asked for where the check is, and need not be there: only a whole listing counts.
fn named_by_id<'d>(
    desired: &'d Desired,
    live: &Live,
    ledger: Option<&Ledger>,
) -> BTreeSet<(&'static str, &'d str)> {
    let by_id = |reference| match reference {
        &Reference::Id { collection, ref id } => Some((collection, &**id)),
        Reference::To(_) | Reference::Lookup { .. } => None,
    };
    let mut named = BTreeSet::new();
    for (address, resource) in &desired.state {
        let own = || {
            let entry = ledger?.get(address)?;
            live.objects
                .get(live.find_id(address.collection, &entry.id)?)
        };
        // What its object names already was taken by the server once. Few name anything by an id.
        let is_live =
            |id: &str| own().is_some_and(|own| own.raw.values().any(|raw| holds(raw, id)));
        let is_asked = |collection: &str, id: &str| {
            (!resource.kind.is_check() || live.listed.contains(collection)) && !is_live(id)
        };
        for (name, value) in resource.body.iter() {
            // The id may be that of an object of another kind, where a field takes several.
            let field = resource.kind.field(name);
            if let (Some(target), Value::Reference(Reference::Id { id, .. })) =
                (field.and_then(|field| field.shape.target()), value)
            {
                if live.find_target(&target, id).is_none() && !is_live(id) {
                    named.extend(target.collections().map(|collection| (collection, &**id)));
                }
                continue;
            }
            value.walk(&mut |value| {
                if let Value::Reference(reference) = value {
                    named.extend(
                        by_id(reference).filter(|(collection, id)| is_asked(collection, id)),
                    );
                }
            });
        }
    }
    let declared = desired.details.values();
    let heirs = declared.flat_map(|detail| detail.lifecycle.transfer_to.values());
    named.extend(heirs.filter_map(by_id));
    let removed = desired.removed.iter();
    let heirs = removed.flat_map(|tombstone| tombstone.transfer_to.values());
    named.extend(heirs.filter_map(by_id));
    let of_kinds = desired.heirs.values().flat_map(|heirs| heirs.values());
    named.extend(of_kinds.filter_map(by_id));
    named
}

/// Whether an id stands anywhere in a value.
fn holds(raw: &Json, id: &str) -> bool {
    match raw {
        Json::Array(items) => items.iter().any(|item| holds(item, id)),
        Json::Object(map) => map.values().any(|item| holds(item, id)),
        other => id_text(other).is_some_and(|text| text == *id),
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
    let wanted = left.into_iter().filter_map(|index| {
        let object = live.objects.get(index)?;
        Some((object.kind, object.id.clone(), index))
    });
    let wanted: Vec<_> = wanted.collect();
    let mut vanished = Vec::new();
    for ((kind, id, index), told) in singles(reader, live.dialect, wanted).await? {
        match (told, live.objects.get_mut(index)) {
            (Single::There(raw), Some(object)) => extend(object, raw, live.dialect),
            // It was there a moment ago: of what is under way nobody can say what it is.
            _ => vanished.push(Unread::of(kind, live.dialect, vanished_since(&id))),
        }
    }
    if vanished.is_empty() {
        Ok(())
    } else {
        Err(vanished)
    }
}

/// Says that an object of the listing is not there any more.
fn vanished_since(id: &str) -> ApiError {
    ApiError::new(ErrorKind::Unstable, &format!("the object with the id {id}"))
        .with_message("it was listed, and by its id it is not there")
}

/// Takes over what an answer says of an object, but for the scope that its listing was asked for.
fn extend(object: &mut LiveObject, body: Map<String, Json>, dialect: Dialect) {
    let Some(api) = object.kind.api(dialect) else {
        return;
    };
    let planted: Vec<(String, Json)> = planted(api.listing)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{Scripted, client, ok, refused};
    use crate::dialect::Dialect;
    use crate::kind::{Items, Map as Leaves, Null, Owned, Sent, Shape, Target, find};
    use crate::live::ways::{Choice, Cost, Way};

    const ACCOUNT: Shape = Shape::Reference(Target::to("accounts"));
    const ACCOUNTS: Shape = Shape::References(Target::to("accounts"));
    const LEAVES: &[Field] = &[Field::new("name", ACCOUNT), Field::new("all", ACCOUNTS)];

    fn whole(fields: &'static [Field]) -> Shape {
        Shape::Map(Leaves {
            fields,
            owned: Owned::Whole,
            sent: Sent::Whole,
            null: Null::Nothing,
            elsewhere: &[],
            keeps_unknown: false,
        })
    }

    /// Nothing is planned for what was removed while it was read, whatever its listing showed.
    #[tokio::test(start_paused = true)]
    async fn what_was_listed_and_is_not_there_by_its_id_is_an_error() {
        let object = |more: &str| format!(r#"{{"id":"7","lastName":"A"{more}}}"#);
        for (given, is_there) in [
            (ok(&object("")), true),
            (ok(&object(r#","isTrashed":true"#)), false),
            (ok(&object(r#","isDeleted":"true""#)), false),
            (refused(404, "URL_NOT_FOUND"), false),
        ] {
            let told = format!("{given:?}");
            let transport = Scripted::queue(vec![given]);
            let client = client(&transport);
            let mut live = Live::new(Dialect::Openapi);
            let Json::Object(raw) = json!({"id": "7", "lastName": "A"}) else {
                panic!("it is an object");
            };
            live.add(LiveObject::new(
                find("contacts").unwrap(),
                "7".to_owned(),
                raw,
            ));
            let read = complete(&client.reader(), &mut live, &[0]).await;
            assert_eq!(read.is_ok(), is_there, "{told}");
            for unread in read.err().into_iter().flatten() {
                assert_eq!(unread.error.kind(), ErrorKind::Unstable, "{told}");
            }
        }
    }

    /// What is referred to counts wherever it stands: as a value, in a list, in a map, in a list of maps.
    #[test]
    fn what_is_referred_to_counts_at_any_depth() {
        let items = Shape::Items(Items {
            fields: LEAVES,
            key: "name",
            min: 0,
            max: 0,
            one_each: false,
            idle: &[],
            span: None,
        });
        let both = json!({"name": "1", "all": ["2", "3"]});
        for (shape, value, expected) in [
            (ACCOUNT, json!("1"), &["1"][..]),
            (ACCOUNT, json!(null), &[]),
            (ACCOUNTS, json!(["1", "4"]), &["1", "4"]),
            (whole(LEAVES), both.clone(), &["1", "2", "3"]),
            (items, json!([both]), &["1", "2", "3"]),
        ] {
            let mut live = Live::new(Dialect::Openapi);
            let kind = find("accounts").unwrap();
            let known = json!({"id": "4", "accountName": "Known"});
            let Json::Object(known) = known else { panic!() };
            live.add(LiveObject::new(kind, "4".to_owned(), known));
            let field = Field::new("x", shape);
            let raw = json!({"x": value});
            let raw = raw.as_object().unwrap();
            let noted = |live: &Live| {
                let mut referred = BTreeSet::new();
                let of_part = &|collection: &str| live.is_read_in_part(collection);
                note_referred(&field, raw, live, of_part, &mut referred);
                referred
            };
            assert!(noted(&live).is_empty(), "all accounts were read");
            live.choices.push(Choice {
                collection: "accounts".into(),
                way: Way::Search,
                needed: 1,
                live: None,
                cost: Cost::default(),
                instead_of: None,
            });
            let expected = expected.iter().filter(|id| **id != "4");
            let expected = expected.map(|id| ("accounts", (*id).to_owned()));
            assert_eq!(noted(&live), expected.collect(), "{raw:?}");
        }
    }

    /// Only what is named by its id and not listed is asked for, and only one answer proves that it is not
    /// there.
    #[tokio::test(start_paused = true)]
    async fn an_id_is_proved_absent_by_its_answer_or_by_a_whole_listing() {
        use crate::api::testing::{Scripted, answer, client, ok};
        let not_found = r#"{"errorCode":"URL_NOT_FOUND","message":"no"}"#;
        let forbidden = r#"{"errorCode":"FORBIDDEN","message":"no"}"#;
        for (collection, is_listed, given, found, absent) in [
            (
                "agents",
                true,
                Some(answer(404, &[], not_found)),
                false,
                true,
            ),
            ("agents", true, Some(ok(r#"{"id":"12"}"#)), true, false),
            (
                "agents",
                true,
                Some(answer(403, &[], forbidden)),
                false,
                false,
            ),
            // Whether anything else of the kind was read makes no difference.
            (
                "agents",
                false,
                Some(answer(404, &[], not_found)),
                false,
                true,
            ),
            // The listing of this one is all that can be asked.
            ("slas", true, None, false, true),
            ("slas", false, None, false, false),
        ] {
            let said = format!("{collection} {is_listed} {given:?}");
            let mut live = Live::new(Dialect::Guide);
            live.listed.extend(is_listed.then_some(collection));
            let transport = Scripted::queue(given.into_iter().collect());
            let client = client(&transport);
            let named = BTreeSet::from([(collection, "12".to_owned())]);
            let read = prove(&client.reader(), &mut live, named).await;
            let there = read.unwrap_or_else(|unread| panic!("{said}: {unread:?}"));
            assert_eq!(there.len(), usize::from(found), "{said}");
            assert_eq!(live.is_absent(collection, "12"), absent, "{said}");
        }
    }
}
