//! What references mean: a declared resource, a live object, or nothing.

use crate::codec::{self, Names, is_normal, normalise};
use crate::kind::{Keyed, Keys, Kind, Shape, Target, Within};
use crate::live::Live;
use crate::manifest::Desired;
use crate::parallel::each;
use crate::plan::bound::{Bound, place};
use crate::problem::{Code, Problem};
use crate::state::identity::{canonical, canonical_text};
use crate::state::{Address, FieldPath, Key, Leaves, Reference, Resource, Value};

/// Translates all resources, side by side where they are many.
pub(super) fn translated(
    desired: &Desired,
    live: &Live,
    bound: &mut Bound,
    problems: &mut Vec<Problem>,
) {
    let all: Vec<(&Address, &Resource)> = desired.state.iter().collect();
    let translated = each(&all, |_, (address, resource)| {
        let mut resource = (*resource).clone();
        let mut problems = Vec::new();
        translate(desired, live, address, &mut resource, &mut problems);
        (resource, problems)
    });
    bound.desired.reserve(all.len());
    for ((address, _), (resource, mut found)) in all.into_iter().zip(translated) {
        if !found.is_empty() {
            bound.unclear.insert(address.clone());
            problems.append(&mut found);
        }
        bound.desired.insert(address.clone(), resource);
    }
}

/// Gives every reference its address and every value its normal form.
fn translate(
    desired: &Desired,
    live: &Live,
    address: &Address,
    resource: &mut Resource,
    problems: &mut Vec<Problem>,
) {
    let kind = resource.kind;
    for field in kind.fields {
        // Most values are what they have to be: the body stays shared with the manifests' one.
        if resource.body.get(field.name).is_none_or(|value| {
            is_normal(field, live.dialect, value) && is_bound(&field.shape, value)
        }) {
            continue;
        }
        let Some(value) = resource.body.get_mut(field.name) else {
            continue;
        };
        let mut fail = |path: &str, problem: Problem| {
            problems.push(problem.at(place(desired, address, path), "referenced here"));
        };
        resolve(value, field.name, kind, live, &mut fail);
        name_keys(
            &field.shape,
            value,
            FieldPath::of(field.name),
            live,
            &mut fail,
        );
        let taken = std::mem::take(value);
        *value = normalise(field, live.dialect, taken);
    }
}

/// Gives the keys of maps that name resources the one form: the address of what is declared, the wire
/// name of everything else.
fn name_keys(
    shape: &Shape,
    value: &mut Value,
    path: FieldPath,
    live: &Live,
    fail: &mut dyn FnMut(&str, Problem),
) {
    let Value::Map(map) = value else { return };
    for (key, leaf) in map.iter_mut() {
        let below = match shape {
            Shape::Items(items) => Some(Shape::Map(items.item())),
            shape => codec::leaf_field(shape, key).map(|leaf| leaf.shape),
        };
        if let Some(below) = below {
            name_keys(&below, leaf, path.child(key), live, fail);
        }
    }
    let Shape::Keyed(Keyed {
        keys: Keys::Of { target, .. },
        ..
    }) = shape
    else {
        return;
    };
    let mut keyed = Leaves::new();
    for (key, leaf) in std::mem::take(map) {
        let at = path.child(&key).pointer();
        let canonical = if codec::handle(target, &key).is_some() {
            key.clone()
        } else {
            let found = live.find_wire_name(target, &key);
            if found.is_none() {
                fail(&at[1..], no_such_key(target, &key));
            }
            found
                .and_then(|index| live.bound(index))
                .map_or_else(|| key.clone(), |address| address.to_string().into())
        };
        if keyed.insert(canonical.clone(), leaf).is_some() {
            let singular = singular(target.collection);
            fail(
                &at[1..],
                Problem::error(
                    Code::OneFieldTwice,
                    format!("`{key}` and `{canonical}` are the same {singular}"),
                )
                .help("keep the handle"),
            );
        }
    }
    *map = keyed;
}

fn no_such_key(target: &Target, key: &str) -> Problem {
    let singular = singular(target.collection);
    let place = match target.within {
        Within::Fixed(scope, word) => format!("the {scope} `{word}`"),
        Within::Anywhere | Within::Same(_) => "the organization".to_owned(),
    };
    Problem::error(
        Code::NoSuchField,
        format!("{place} has no {singular} with the API name `{key}`"),
    )
    .help(format!(
        "a value under an unknown key is accepted by Zoho Desk and lost; declare the {singular} under `{}`, or correct the key",
        target.collection
    ))
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
                }) => codec::handle(target, key).is_some(),
                _ => true,
            };
            let below = codec::leaf_field(shape, key).map_or(*shape, |leaf| leaf.shape);
            names && is_bound(&below, value)
        }),
        _ => true,
    }
}

fn resolve(
    value: &mut Value,
    path: &str,
    kind: &'static Kind,
    live: &Live,
    fail: &mut dyn FnMut(&str, Problem),
) {
    match value {
        Value::Reference(reference) => match reference {
            Reference::To(_) => {}
            Reference::Id { collection, id } => {
                *reference = Reference::To(live.address(collection, id));
            }
            Reference::Lookup { collection, name } => {
                let wanted = looked_up(collection, kind, name);
                match *live.find(collection, &wanted) {
                    [index] => {
                        if let Some(address) = live.address_of(index) {
                            *reference = Reference::To(address);
                        }
                    }
                    [] => {
                        let problem = unknown_name(live, collection, name);
                        fail(path, problem);
                    }
                    ref several => {
                        let ids: Vec<String> = several
                            .iter()
                            .filter_map(|index| live.objects.get(*index))
                            .map(|object| object.id.clone())
                            .collect();
                        fail(
                            path,
                            Problem::error(
                                Code::AmbiguousName,
                                format!("{} live {collection} are named `{name}`", several.len()),
                            )
                            .help(format!(
                                "choose one by id: `{{id: \"{}\"}}`",
                                ids.join("\"}` or `{id: \"")
                            )),
                        );
                    }
                }
            }
        },
        Value::List(list) => {
            for (index, item) in list.iter_mut().enumerate() {
                resolve(item, &format!("{path}/{index}"), kind, live, fail);
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter_mut() {
                resolve(item, &format!("{path}/{key}"), kind, live, fail);
            }
        }
        _ => {}
    }
}

/// The key that a name stands for; the name of a layout counts in the module of what refers to it.
fn looked_up(collection: &str, from: &'static Kind, name: &str) -> Key<'static> {
    let name = match crate::kind::find(collection) {
        Some(kind) => canonical(kind.naming_field(), name).into_owned(),
        None => canonical_text(name).into_owned(),
    };
    let mut key = Key::of_name(name);
    if collection == "layouts" {
        key.scope.set("module", from.collection);
    }
    key
}

fn unknown_name(live: &Live, collection: &'static str, name: &str) -> Problem {
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
            "the guide dialect has no listing of {collection}; give the id instead: `{{id: \"…\"}}`"
        ));
    }
    let mut nearest: Vec<(f64, String)> = live
        .collection(collection)
        .filter_map(|index| Some(live.key_of(index)?.to_string()))
        .map(|have| {
            (
                strsim::jaro_winkler(&have.to_lowercase(), &name.to_lowercase()),
                have,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    match nearest.first() {
        Some((_, have)) => problem.help(format!("did you mean `{have}`?")),
        None => problem.help("check the name in Zoho Desk, or give the id: `{id: \"…\"}`"),
    }
}

fn singular(collection: &str) -> &str {
    crate::kind::find(collection).map_or(collection, |kind| kind.singular)
}
