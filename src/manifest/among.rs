//! Values that are choices, held against the choices that manifests say, see [`Field::among`].

use super::compose::Detail;
use crate::codec::listed::is_own;
use crate::codec::{handle, leaf_field, written};
use crate::kind::rules::{Holds, Rule};
use crate::kind::{Among, Field, Keyed, Keys, Shape};
use crate::problem::{Code, Problem, did_you_mean, few};
use crate::state::{Address, ByAddress, FieldPath, Leaves, Reference, Resource, State, Value};

/// Choices that something has, with the resource and the field that say so.
struct Known<'s> {
    texts: Vec<&'s str>,
    address: &'s Address,
    path: FieldPath,
}

/// A map with the field whose value it is, and the way to it.
#[derive(Clone, Copy)]
struct InMap<'s> {
    field: &'static Field,
    map: &'s Leaves,
    path: &'s FieldPath,
}

/// What stands around a value.
#[derive(Clone, Copy)]
struct Around<'s> {
    address: &'s Address,
    resource: &'s Resource,
    /// The list in which the value stands, and the key of its item.
    item: Option<(&'static Field, &'s str)>,
    map: Option<InMap<'s>>,
}

type All<'s> = (&'s State, &'s ByAddress<Detail>);

/// Refuses every value that is none of the choices that the manifests say.
pub(super) fn check(state: &State, details: &ByAddress<Detail>, problems: &mut Vec<Problem>) {
    for (address, resource) in state {
        let around = Around {
            address,
            resource,
            item: None,
            map: None,
        };
        for (field, value) in resource.body.of_kind(resource.kind) {
            let path = FieldPath::of(field.name);
            walk((state, details), around, (field, value), &path, problems);
        }
    }
}

fn walk(
    all: All<'_>,
    around: Around<'_>,
    (field, value): (&'static Field, &Value),
    path: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    if let Some(among) = field.among
        && let Some(known) = choices(all.0, around, among)
    {
        problems.extend(held_against(all, around, (field, value), path, &known));
    }
    let Value::Map(map) = value else { return };
    for (key, below) in map.iter().filter(|(key, _)| !is_own(key)) {
        let Some(leaf) = leaf_field(&field.shape, key) else {
            continue;
        };
        let around = match field.shape {
            Shape::Keyed(Keyed {
                keys: Keys::Of { .. },
                ..
            }) => Around {
                item: Some((field, key)),
                ..around
            },
            Shape::Map(_) => Around {
                map: Some(InMap { field, map, path }),
                ..around
            },
            _ => around,
        };
        walk(all, around, (leaf, below), &path.child(key), problems);
    }
}

/// The choices that count; none where no manifest says them.
fn choices<'s>(state: &'s State, around: Around<'s>, among: &Among) -> Option<Known<'s>> {
    match among {
        Among::Beside => {
            let (list, key) = around.item?;
            let named = named(list, key);
            let map = around.map?;
            let own = (map.field, map.map);
            said(state, around.address, own, map.path, named.as_ref())
        }
        Among::Of { by, within, only } => {
            let beside = around.map.map(|around| around.map);
            if let Some((leaf, words)) = only
                && !words.contains(&beside?.get(leaf)?.as_text()?)
            {
                return None;
            }
            let body = &around.resource.body;
            let of = beside.and_then(|map| map.get(by)).or_else(|| body.get(by));
            // Of what no manifest declares nobody knows the choices.
            let (Some(Value::Reference(of)), Some(Value::Reference(Reference::To(owner)))) =
                (of, body.get(within))
            else {
                return None;
            };
            let (owner, resource) = state.get_key_value(owner)?;
            let declared = match of {
                Reference::To(address) => Some(address),
                _ => None,
            };
            let is_it = |list: &Field, key: &str| match (of, named(list, key)) {
                (Reference::To(address), Some(named)) => *address == named,
                (Reference::Lookup { name, .. }, None) => *name.name == *key,
                _ => false,
            };
            let mut found = resource.body.of_kind(resource.kind);
            let found = found
                .find_map(|(field, value)| item(field, value, &FieldPath::of(field.name), &is_it));
            // What a layout does not place by its manifest may have choices of its own there.
            let (field, map, path) = found?;
            said(state, owner, (field, map), &path, declared)
        }
    }
}

/// The resource that a key of a list names by its handle.
fn named(list: &Field, key: &str) -> Option<Address> {
    let target = list.shape.keyed_by()?;
    Some(Address::new(target.collection, handle(&target, key)?))
}

/// The item of a list that is about something, at any depth.
fn item<'s>(
    field: &'static Field,
    value: &'s Value,
    path: &FieldPath,
    is_it: &dyn Fn(&Field, &str) -> bool,
) -> Option<(&'static Field, &'s Leaves, FieldPath)> {
    let Value::Map(map) = value else { return None };
    let is_list = matches!(field.shape, Shape::Keyed(keyed) if keyed.listed.is_some());
    let mut items = map.iter().filter(|(key, _)| !is_own(key));
    items.find_map(|(key, below)| {
        let leaf = leaf_field(&field.shape, key)?;
        let path = path.child(key);
        match below {
            Value::Map(map) if is_list && is_it(field, key) => Some((leaf, map, path)),
            below => item(leaf, below, &path, is_it),
        }
    })
}

/// The choices that an item says, or else what it is about.
fn said<'s>(
    state: &'s State,
    address: &'s Address,
    (field, map): (&'static Field, &'s Leaves),
    path: &FieldPath,
    named: Option<&Address>,
) -> Option<Known<'s>> {
    let Shape::Map(shape) = field.shape else {
        return None;
    };
    let leaf = shape.fields.iter().find(|leaf| leaf.replaces_values)?;
    match map.get(leaf.name) {
        Some(value) => Some(Known {
            texts: texts(value)?,
            address,
            path: path.child(leaf.name),
        }),
        None => own(state, named?),
    }
}

/// The choices that a declared resource has of its own.
fn own<'s>(state: &'s State, address: &Address) -> Option<Known<'s>> {
    let (address, resource) = state.get_key_value(address)?;
    let field = resource.kind.rules.iter().find_map(|rule| {
        let Rule::Sorts(sorts) = rule else {
            return None;
        };
        let word = resource.body.get(sorts.field)?.as_text()?;
        match sorts.find(word)?.holds {
            Holds::OneOf(field) => resource.kind.field(field),
            _ => None,
        }
    })?;
    Some(Known {
        texts: texts(resource.body.get(field.name)?)?,
        address,
        path: FieldPath::of(field.name),
    })
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::List(items) if !items.is_empty() => {
            Some(items.iter().filter_map(Value::as_text).collect())
        }
        _ => None,
    }
}

/// What is wrong with each text that is none of the choices.
fn held_against(
    (_, details): All<'_>,
    around: Around<'_>,
    (field, value): (&Field, &Value),
    path: &FieldPath,
    known: &Known<'_>,
) -> Vec<Problem> {
    let is_choice = |text: &str| known.texts.contains(&text);
    // What Zoho Desk puts something else for is no choice.
    let is_meant = |text: &&str| !text.starts_with("${");
    let (own, items): (Vec<&str>, &[Value]) = match value {
        Value::Map(map) => (map.keys().filter(|key| !is_own(key)).collect(), &[]),
        Value::List(items) => (Vec::new(), items),
        one => (Vec::new(), std::slice::from_ref(one)),
    };
    let all = own
        .into_iter()
        .chain(items.iter().filter_map(Value::as_text));
    let strange = all.filter(is_meant).filter(|text| !is_choice(text));
    let place = |address: &Address, path: &FieldPath| {
        let path = way_to(address, path);
        let detail = details.get(address)?;
        Some(detail.origin.place(address, &path))
    };
    let problems = strange.map(|text| {
        let mut problem = Problem::error(
            Code::NotAChoice,
            format!(
                "`{text}` in `{}` is none of the choices that `{}` says",
                field.name, known.address
            ),
        );
        if let Some(at) = place(around.address, path) {
            problem = problem.at_part(at, text, "no choice");
        }
        if let Some(at) = place(known.address, &known.path) {
            problem = problem.at(at, "because of this");
        }
        let near = did_you_mean(text, known.texts.iter().copied());
        problem.help(near.unwrap_or_else(|| format!("the choices are {}", few(&known.texts))))
    });
    problems.collect()
}

/// The way to a value as manifests write it.
fn way_to(address: &Address, path: &FieldPath) -> String {
    let written = match crate::kind::find(address.collection) {
        Some(kind) => written(kind, path),
        None => path.clone(),
    };
    written.pointer().trim_start_matches('/').to_owned()
}
