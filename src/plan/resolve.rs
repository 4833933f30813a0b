//! What references mean: a declared resource, a live object, or nothing.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::codec::listed::{ID, ORDER, is_own};
use crate::codec::{self, Names as _, is_normal, normalise};
use crate::config::written::TRANSFER_TO;
use crate::kind::{Keyed, Keys, Kind, Shape, Target, Within};
use crate::live::{Live, LiveObject};
use crate::manifest::Desired;
use crate::parallel::in_runs;
use crate::plan::bound::place;
use crate::plan::placed;
use crate::plan::row::{Going, Row, Rows};
use crate::plan::taken::written_parent;
use crate::problem::{Code, Place, Problem, listed};
use crate::state::identity::{self, fill_in, scopes};
use crate::state::{Address, Below, Body, FieldPath, Heirs, Key, Leaves, Named, Reference, Value};

/// What is live, and which of it goes, by index.
#[derive(Clone, Copy)]
struct Seen<'l> {
    live: &'l Live,
    going: &'l HashSet<usize>,
}

/// Translates what the manifests name, side by side where it is much.
pub(super) fn translated(
    desired: &Desired,
    live: &Live,
    going: &HashSet<usize>,
    rows: &mut Rows,
    problems: &mut Vec<Problem>,
) {
    let found = in_runs(rows.as_mut_slice(), |rows| {
        let mut problems = Vec::new();
        for row in rows {
            let before = problems.len();
            translate(desired, Seen { live, going }, row, &mut problems);
            row.unclear |= problems.len() > before;
        }
        problems
    });
    problems.extend(found.into_iter().flatten());
}

/// Gives every reference its address and every value its normal form.
fn translate(desired: &Desired, seen: Seen<'_>, row: &mut Row, problems: &mut Vec<Problem>) {
    let live = seen.live;
    let Row {
        address,
        kind,
        named: Some(body),
        ..
    } = row
    else {
        return;
    };
    let own = body.clone();
    for field in kind.fields {
        // Most values are what they have to be: the body stays shared with the manifests' one.
        if body.get(field.name).is_none_or(|value| {
            is_normal(field, live.dialect, value) && is_bound(&field.shape, value)
        }) {
            continue;
        }
        let Some(value) = body.get_mut(field.name) else {
            continue;
        };
        let mut fail = |path: &str, focus: Option<&str>, problem: Problem| {
            let place = place(desired, address, path);
            problems.push(match focus {
                Some(focus) => problem.at_part(place, focus, "referenced here"),
                None => problem.at(place, "referenced here"),
            });
        };
        if let (Some(target), Value::Reference(Reference::Id { collection, id })) =
            (field.shape.target(), &mut *value)
        {
            // Ids are drawn from one sequence: the id says of which collection it is.
            *collection = codec::Names::collection(live, &target, id);
            // What is proved of one of them says nothing of the others.
            if live.is_absent(collection, id) {
                let mut open = target.collections();
                *collection = open
                    .find(|one| !live.is_absent(one, id))
                    .unwrap_or(collection);
            }
        }
        resolve(value, field.name, seen, &mut fail);
        let place = &|target: Target| {
            let word = |scope: &str| live.scope_value(&identity::below(own.get(scope)?)?);
            target.beside(kind, &word)
        };
        name_keys(
            &field.shape,
            value,
            &FieldPath::of(field.name),
            (live, place),
            &mut fail,
        );
        placed::complete(desired, &field.shape, value);
        let taken = std::mem::take(value);
        *value = normalise(field, live.dialect, taken);
    }
}

/// Takes what is wrong, with the path at which it stands and, in a list, the words there.
type Fail<'f> = &'f mut dyn FnMut(&str, Option<&str>, Problem);

/// Gives the keys of maps that name resources the one form: the address of what is declared, the wire
/// name of everything else.
fn name_keys(
    shape: &Shape,
    value: &mut Value,
    path: &FieldPath,
    (live, place): (&Live, &dyn Fn(Target) -> Target),
    fail: Fail<'_>,
) {
    let Value::Map(map) = value else { return };
    for (key, leaf) in map.iter_mut() {
        let below = match shape {
            Shape::Items(items) => Some(Shape::Map(items.item())),
            shape => codec::leaf_field(shape, key).map(|leaf| leaf.shape),
        };
        if let Some(below) = below {
            name_keys(&below, leaf, &path.child(key), (live, place), fail);
        }
    }
    let Shape::Keyed(Keyed {
        keys: Keys::Of { target, .. },
        listed: in_order,
        ..
    }) = shape
    else {
        return;
    };
    let target = &place(*target);
    let found = |key: &str| live.find_wire_name(target, key);
    let canonical = |key: &str, found: Option<usize>| {
        found
            .and_then(|index| live.bound(index))
            .map_or_else(|| Arc::from(key), |address| Arc::from(address.to_string()))
    };
    if let Some(Value::List(order)) = map.get_mut(ORDER) {
        for key in order {
            if let Value::Text(text) = key
                && codec::handle(target, text).is_none()
            {
                *text = canonical(text, found(text));
            }
        }
    }
    let mut keyed = Leaves::new();
    let mut written: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    for (key, mut leaf) in std::mem::take(map) {
        let at = path.child(&key).pointer();
        let canonical = if is_own(&key) || codec::handle(target, &key).is_some() {
            key.clone()
        } else {
            let index = found(&key);
            match index.and_then(|index| live.objects.get(index)) {
                // What is not there is nowhere in the list.
                None if in_order.is_some() && leaf.is_null() => {}
                None => fail(
                    &at[1..],
                    None,
                    no_such_key(target, &key, in_order.is_some()),
                ),
                // What is new in a list goes there by its id.
                Some(object) => {
                    if let (Some(_), Value::Map(item)) = (in_order, &mut leaf) {
                        item.insert(ID, Value::text(&object.id));
                    }
                }
            }
            canonical(&key, index)
        };
        let first = written.insert(Arc::clone(&canonical), Arc::clone(&key));
        keyed.insert(canonical, leaf);
        if let Some(first) = first {
            let singular = singular(target.collection);
            let shown = |key: &Arc<str>| codec::handle(target, key).unwrap_or(key).to_owned();
            let (one, other) = (shown(&first), shown(&key));
            fail(
                &at[1..],
                None,
                Problem::error(
                    Code::OneFieldTwice,
                    format!("`{one}` and `{other}` are the same {singular}"),
                )
                .help("keep the handle"),
            );
        }
    }
    *map = keyed;
}

fn no_such_key(target: &Target, key: &str, in_order: bool) -> Problem {
    let singular = singular(target.collection);
    let is_named = crate::kind::find(target.collection).is_some_and(Kind::is_named_in_maps);
    let place = match target.within {
        Within::Fixed(scope, word) => format!("the {scope} `{word}`"),
        // The word is known once it is there.
        Within::Same(scope) => format!("the {scope}, which is made in the same run,"),
        Within::Anywhere | Within::As(..) => "the organization".to_owned(),
    };
    Problem::error(
        Code::NoSuchField,
        if is_named {
            format!("{place} has no {singular} named `{key}`")
        } else {
            format!("{place} has no {singular} with the API name `{key}`")
        },
    )
    .help(if is_named {
        format!(
            "declare the {singular} under `{}`, or correct the name",
            target.collection
        )
    } else if in_order {
        format!(
            "declare the {singular} under `{}`, or correct the name; `null` needs none",
            target.collection
        )
    } else {
        format!(
            "a value under an unknown key is accepted by Zoho Desk and lost; declare the {singular} under `{}`, or correct the key",
            target.collection
        )
    })
}

/// Whether a value refers to addresses only.
fn is_bound(shape: &Shape, value: &Value) -> bool {
    match value {
        Value::Reference(reference) => matches!(reference, Reference::To(_)),
        Value::List(list) => list.iter().all(|item| is_bound(shape, item)),
        Value::Map(map) => map.iter().all(|(key, value)| {
            let names = match shape {
                Shape::Keyed(Keyed {
                    keys: Keys::Of { target, .. },
                    ..
                }) => is_own(key) || codec::handle(target, key).is_some(),
                _ => true,
            };
            let below = codec::leaf_field(shape, key).map_or(*shape, |leaf| leaf.shape);
            names && is_bound(&below, value)
        }),
        _ => true,
    }
}

fn resolve(value: &mut Value, path: &str, seen: Seen<'_>, fail: Fail<'_>) {
    let live = seen.live;
    match value {
        Value::Reference(reference) => match reference {
            Reference::To(_) => {}
            Reference::Id { collection, id } if live.is_absent(collection, id) => {
                fail(path, None, unknown_id(live, collection, id));
            }
            Reference::Id { collection, id } => {
                *reference = Reference::To(live.address(collection, id));
            }
            Reference::Lookup { collection, name } => match looked_up(seen, collection, name) {
                Ok(Some(address)) => *reference = Reference::To(address),
                Ok(None) => {}
                Err(problem) => fail(path, None, *problem),
            },
        },
        Value::List(list) => {
            for (index, item) in list.iter_mut().enumerate() {
                // Sets are sorted, so that the place in the file is another one: the words tell it.
                let written = match item {
                    Value::Reference(Reference::Id { id, .. }) => id.to_string(),
                    Value::Reference(Reference::Lookup { name, .. }) => name.name.to_string(),
                    _ => {
                        resolve(item, &format!("{path}/{index}"), seen, fail);
                        continue;
                    }
                };
                resolve(item, path, seen, &mut |path, _, problem| {
                    fail(path, Some(&written), problem);
                });
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter_mut() {
                resolve(item, &format!("{path}/{key}"), seen, fail);
            }
        }
        _ => {}
    }
}

/// Finds the one live object that a name means.
fn looked_up(
    seen: Seen<'_>,
    collection: &'static str,
    name: &Named<'_>,
) -> Result<Option<Address>, Box<Problem>> {
    let live = seen.live;
    match *live.referred(collection, name) {
        [index] => Ok(live.address_of(index)),
        [] => Err(Box::new(unknown_name(seen, collection, name))),
        ref several => {
            let objects = several.iter().filter_map(|index| live.objects.get(*index));
            let ids: Vec<&str> = objects.map(|object| object.id.as_str()).collect();
            let parents: Vec<String> = several
                .iter()
                .filter_map(|index| live.with_parent(*index))
                .collect();
            let message = format!(
                "{} live {collection} are named `{}`",
                several.len(),
                name.name
            );
            let is_below = crate::kind::find(collection)
                .is_some_and(|kind| scopes(kind).any(|field| field.shape.target().is_some()));
            let (message, help) = if is_below {
                let said = format!("{message}: {}", parents.join(" and "));
                (
                    said,
                    "say which one: `{lookup: {…}}` with what it lies below, or ",
                )
            } else {
                (message, "")
            };
            Err(Box::new(Problem::error(Code::AmbiguousName, message).help(
                format!(
                    "{help}choose one by id: `{{id: \"{}\"}}`",
                    ids.join("\"}` or `{id: \"")
                ),
            )))
        }
    }
}

/// Finds those who take over, each as an address.
pub(super) fn heirs(
    desired: &Desired,
    live: &Live,
    rows: &mut Rows,
    going: &mut [Going],
    problems: &mut Vec<Problem>,
) {
    let mut found = |heirs: &Heirs, from: Option<usize>, at: &dyn Fn(&str) -> Option<Place>| {
        let mut resolved = Heirs::new();
        for (name, heir) in heirs {
            let object = from.and_then(|index| Some((index, live.objects.get(index)?.kind)));
            let mut value = Value::Reference(match object {
                Some((index, kind)) => beside(kind, name, heir, &|field| {
                    scope_of(live, kind, index, field)
                }),
                None => heir.clone(),
            });
            let mut fail = |_: &str, _: Option<&str>, problem: Problem| {
                problems.push(match at(name) {
                    Some(place) => problem.at(place, "to take over"),
                    None => problem,
                });
            };
            let going = &HashSet::new();
            resolve(&mut value, "", Seen { live, going }, &mut fail);
            if let Value::Reference(heir @ Reference::To(_)) = value {
                resolved.insert(name, heir);
            }
        }
        resolved
    };
    for (address, detail) in &desired.details {
        let heirs = &detail.lifecycle.transfer_to;
        if !heirs.is_empty() {
            let at = |name: &str| {
                let path = format!("lifecycle/{TRANSFER_TO}/{name}");
                Some(place(desired, address, path.trim_end_matches('/')))
            };
            let heirs = found(heirs, None, &at);
            if let Some(row) = rows.get_mut(address) {
                row.heirs = heirs;
            }
        }
    }
    for one in going.iter_mut().filter(|one| !one.heirs.is_empty()) {
        let at = |name: &str| {
            let mut place = one.at.clone()?;
            place.pointer = format!("{}/{TRANSFER_TO}/{name}", place.pointer);
            place
                .pointer
                .truncate(place.pointer.trim_end_matches('/').len());
            Some(place)
        };
        one.heirs = found(&one.heirs, Some(one.object), &at);
    }
}

/// Finds those whom the project chooses to take over from all objects of a kind, each as an address.
///
/// What is wrong with a policy is said where it is needed: nothing may have to be removed.
pub(super) fn heirs_of_kind(
    desired: &Desired,
    live: &Live,
    kind: &'static Kind,
    index: usize,
) -> Heirs {
    heirs_by_policy(desired, live, kind, &|field| {
        scope_of(live, kind, index, field)
    })
}

/// Finds those whom the project chooses to take over from what is declared, each as an address.
pub(super) fn heirs_beside(
    desired: &Desired,
    live: &Live,
    kind: &'static Kind,
    body: &Body,
) -> Heirs {
    heirs_by_policy(desired, live, kind, &|field| {
        body.get(field).and_then(identity::below)
    })
}

/// Finds those whom the project chooses. Where nothing else is said, the name of one counts below what the one
/// lies below from which it takes over: that is `own`.
fn heirs_by_policy(
    desired: &Desired,
    live: &Live,
    kind: &'static Kind,
    own: &dyn Fn(&'static str) -> Option<Below>,
) -> Heirs {
    let heirs = desired.heirs.get(kind.collection).into_iter().flatten();
    let known = heirs.filter_map(|(name, heir)| {
        let mut value = Value::Reference(beside(kind, name, heir, own));
        let going = &HashSet::new();
        resolve(&mut value, "", Seen { live, going }, &mut |_, _, _| {});
        match value {
            Value::Reference(heir @ Reference::To(_)) => Some((*name, heir)),
            _ => None,
        }
    });
    known.collect()
}

/// An heir whose name counts below what the one lies below from which it takes over, where nothing else is
/// said: `own` tells that.
fn beside(
    kind: &'static Kind,
    name: &str,
    heir: &Reference,
    own: &dyn Fn(&'static str) -> Option<Below>,
) -> Reference {
    let chosen = kind.chosen_heirs().into_iter().find(|one| one.name == name);
    let (Reference::Lookup { collection, name }, Some(chosen)) = (heir, chosen) else {
        return heir.clone();
    };
    let mut named = (**name).clone();
    fill_in(&mut named, &chosen.target, &Body::default());
    if let Within::Same(field) = chosen.target.within
        && let Some(own) = own(field)
    {
        named.fill(field, own);
    }
    Reference::Lookup {
        collection,
        name: named.into(),
    }
}

/// What the name of a live object counts below in a scope.
fn scope_of(live: &Live, kind: &'static Kind, index: usize, field: &str) -> Option<Below> {
    let key = live.key_of(index)?;
    let value = key.scope.get(field)?;
    Some(match kind.field(field)?.shape.target() {
        None => Below::Word(value.into()),
        Some(target) => Below::Parent(Reference::Id {
            collection: codec::Names::collection(live, &target, value),
            id: value.into(),
        }),
    })
}

/// What is wrong with an id that no object has.
fn unknown_id(live: &Live, collection: &'static str, id: &str) -> Problem {
    let singular = singular(collection);
    let problem = Problem::error(
        Code::NoSuchObject,
        format!("the organization has no {singular} with the id `{id}`"),
    );
    let is_gone = |object: &LiveObject| object.kind.collection == collection && object.id == id;
    if live.gone.iter().any(is_gone) {
        return problem
            .help("it is trashed or deleted; restore it in Zoho Desk, or name another one");
    }
    // All ids are drawn from one sequence, so that one may be that of another kind.
    let mut kinds = crate::kind::KINDS.iter();
    let other = kinds.find_map(|kind| live.address_of(live.find_id(kind.collection, id)?));
    if let Some(other) = other {
        return problem.help(format!(
            "`{id}` is the id of `{other}`; write the id of a {singular}"
        ));
    }
    let mut nearest = live
        .collection(collection)
        .filter_map(|index| Some((index, &live.objects.get(index)?.id)))
        .filter(|(_, have)| strsim::osa_distance(have, id) == 1);
    if let (Some((index, have)), None) = (nearest.next(), nearest.next())
        && let Some(address) = live.address_of(index)
    {
        return problem.help(format!(
            "did you mean `{{id: \"{have}\"}}`, which is `{address}`?"
        ));
    }
    problem.help("check the id in Zoho Desk, or name it: `{lookup: NAME}`")
}

fn unknown_name(seen: Seen<'_>, collection: &'static str, named: &Named<'_>) -> Problem {
    let live = seen.live;
    let name = &*named.name;
    let problem = Problem::error(
        Code::NoSuchLiveObject,
        format!(
            "the organization shows no {} named `{name}`",
            singular(collection)
        ),
    );
    let readable =
        crate::kind::find(collection).is_some_and(|kind| kind.api(live.dialect).is_some());
    if !readable {
        return problem.help(format!(
            "the {} dialect has no listing of {collection}; give the id instead: `{{id: \"…\"}}`",
            live.dialect
        ));
    }
    // The name may be one below something else.
    let elsewhere = live.named(collection, &Named::of_name(name));
    let mut elsewhere = elsewhere.iter().filter_map(|index| live.key_of(*index));
    if let Some(first) = elsewhere.next() {
        let all: Vec<String> = std::iter::once(&first)
            .chain(&elsewhere.collect::<Vec<_>>())
            .filter_map(|key| below(live, collection, key))
            .map(|below| format!("`{below}`"))
            .collect();
        let is_one = all.len() == 1;
        return problem.help(format!(
            "there {} with {}; name {} with what it lies below, such as `{{lookup: {{{}: {}, {}}}}}`",
            if is_one { "is one" } else { "are some" },
            listed(&all, "and"),
            if is_one { "it" } else { "one" },
            naming(collection),
            first.name,
            below(live, collection, &first).unwrap_or_default(),
        ));
    }
    let mut nearest: Vec<(f64, Key<'_>, usize)> = live
        .collection(collection)
        .filter_map(|index| Some((index, live.key_of(index)?)))
        .filter_map(|(index, key)| {
            let whole = crate::kind::find(collection).map(|kind| live.shown(kind, &key))?;
            let likeness =
                |have: &str| strsim::jaro_winkler(&have.to_lowercase(), &name.to_lowercase());
            let likeness = likeness(&key.name).max(likeness(&whole));
            // What was written already is no proposal.
            (likeness > 0.75 && *key.name != *name).then_some((likeness, key, index))
        })
        .collect();
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    match nearest.first() {
        // What goes is no proposal.
        Some((_, key, index)) if seen.going.contains(index) => problem.help(format!(
            "`{}` is to be removed: take the reference out, or go on declaring it",
            key.name
        )),
        Some((_, key, _)) => problem.help(match below(live, collection, key) {
            None => format!("did you mean `{}`?", key.name),
            Some(below) => format!(
                "did you mean `{0}` with `{below}`? write `{{lookup: {{{1}: {0}, {below}}}}}`",
                key.name,
                naming(collection)
            ),
        }),
        None => problem.help("check the name in Zoho Desk, or give the id: `{id: \"…\"}`"),
    }
}

/// The field that names the objects of a collection.
fn naming(collection: &str) -> &'static str {
    crate::kind::find(collection).map_or("name", |kind| kind.naming_field().name)
}

/// What the name of an object counts below, as a manifest says it; none where it counts everywhere.
fn below(live: &Live, collection: &str, key: &Key<'_>) -> Option<String> {
    let kind = crate::kind::find(collection)?;
    let parts: Vec<String> = key
        .scope
        .iter()
        .map(|(field, value)| {
            let parent = kind.field(field).and_then(|field| field.shape.target());
            let parent = parent.and_then(|to| live.find_target(&to, value));
            let shown = parent.and_then(|index| written_parent(live, index));
            format!("{field}: {}", shown.as_deref().unwrap_or(value))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn singular(collection: &str) -> &str {
    crate::kind::find(collection).map_or(collection, |kind| kind.singular)
}
