//! What references mean: a declared resource, a live object, or nothing.

use crate::kind::{Kind, Shape};
use crate::live::Live;
use crate::live::convert::{Names, is_normal, normalise};
use crate::manifest::Desired;
use crate::parallel::each;
use crate::plan::bound::{Bound, place};
use crate::problem::Problem;
use crate::state::identity::canonical_text;
use crate::state::{Address, Leaves, Reference, Resource, Value};

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
        if resource
            .body
            .get(field.name)
            .is_none_or(|value| is_normal(field, live.dialect, value) && is_bound(value))
        {
            continue;
        }
        let Some(value) = resource.body.get_mut(field.name) else {
            continue;
        };
        let mut fail = |path: &str, problem: Problem| {
            problems.push(problem.at(place(desired, address, path), "referenced here"));
        };
        resolve(value, field.name, kind, live, &mut fail);
        if let (Shape::CustomFields { module }, Value::Map(map)) = (field.shape, &mut *value) {
            let mut keyed = Leaves::new();
            for (key, leaf) in std::mem::take(map) {
                let canonical = if key.starts_with("customFields/") {
                    key.clone()
                } else {
                    if live.custom_field(module, &key).is_none() {
                        fail(
                            &format!("{}/{key}", field.name),
                            Problem::error(
                                "no-such-field",
                                format!("the module `{module}` has no custom field with the API name `{key}`"),
                            )
                            .help("a value under an unknown key is accepted by Zoho Desk and lost; declare the field under `customFields`, or correct the key"),
                        );
                    }
                    live.custom_field(module, &key)
                        .and_then(|index| live.bound(index))
                        .map_or_else(|| key.clone(), |address| address.to_string().into())
                };
                if keyed.insert(canonical.clone(), leaf).is_some() {
                    fail(
                        &format!("{}/{key}", field.name),
                        Problem::error(
                            "one-field-twice",
                            format!("`{key}` and `{canonical}` are the same custom field"),
                        )
                        .help("keep the handle"),
                    );
                }
            }
            *map = keyed;
        }
        let taken = std::mem::take(value);
        *value = normalise(field, live.dialect, taken);
    }
}

/// Whether a value refers to addresses only.
fn is_bound(value: &Value) -> bool {
    match value {
        Value::Reference(reference) => matches!(reference, Reference::To(_)),
        Value::List(list) => list.iter().all(is_bound),
        Value::Map(map) => map
            .iter()
            .all(|(key, value)| key.starts_with("customFields/") && is_bound(value)),
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
                let wanted = lookup_identity(collection, kind, name);
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
                                "ambiguous-name",
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

/// Whether an e-mail address names the objects of a collection.
fn is_mailed(collection: &str) -> bool {
    crate::kind::find(collection)
        .is_some_and(|kind| matches!(kind.naming_field().shape, Shape::Email { .. }))
}

/// A layout's name counts inside the module of the record that names it.
fn lookup_identity(collection: &str, kind: &'static Kind, name: &str) -> String {
    let name = canonical_text(name).into_owned();
    match collection {
        "layouts" => format!("{}/{name}", kind.collection),
        _ if is_mailed(collection) => name.to_lowercase(),
        _ => name,
    }
}

fn unknown_name(live: &Live, collection: &'static str, name: &str) -> Problem {
    let problem = Problem::error(
        "no-such-live-object",
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
        .filter_map(|index| live.identity_of(index))
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
