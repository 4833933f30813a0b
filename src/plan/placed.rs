//! What items of lists say by way of the resources that their keys name: the values of a custom field are
//! those that it has in a layout, where the layout says nothing else.

use foldhash::{HashSet, HashSetExt as _};

use crate::codec::listed::is_own;
use crate::codec::{self, handle, is_listed, leaf_field};
use crate::kind::{Keyed, Keys, Shape};
use crate::manifest::Desired;
use crate::plan::Options;
use crate::plan::ownership::left_alone;
use crate::state::{Address, FieldPath, Leaves, Value};

/// The declared resources that stand in a list which takes some of their fields over, with these.
#[derive(Debug, Default)]
pub(super) struct Placed(HashSet<(Address, &'static str)>);

impl Placed {
    /// Finds them, but for what is left as it is: that sets nothing.
    pub(super) fn of(desired: &Desired, options: &Options) -> Self {
        let mut found = HashSet::new();
        for (owner, resource) in &desired.state {
            for (field, value) in resource.body.of_kind(resource.kind) {
                let (true, Value::Map(map)) = (is_listed(&field.shape), value) else {
                    continue;
                };
                let (hands_off, ignored) = left_alone(desired, owner, resource.kind, options);
                if hands_off || options.ignoring(owner, Some(field.name)).is_some() {
                    continue;
                }
                let rules = options.ignoring_inside(owner, field.name);
                let rules = rules.iter().filter_map(|rule| rule.field.as_deref());
                let left: Vec<&str> = ignored.iter().map(String::as_str).chain(rules).collect();
                let is_left = |path: &FieldPath| {
                    let path = codec::written(resource.kind, path).pointer();
                    let above = |left: &&str| {
                        path.strip_prefix(left)
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    };
                    left.iter().any(above)
                };
                let path = FieldPath::of(field.name);
                items(
                    &field.shape,
                    map,
                    &path,
                    &mut |address, item, shape, path| {
                        for (leaf, other) in taken(shape, item) {
                            if !is_left(&path.child(leaf)) {
                                found.insert((address.clone(), other));
                            }
                        }
                    },
                );
            }
        }
        Self(found)
    }

    /// Whether a field of a resource is set where the resource stands in a list.
    pub(super) fn has(&self, address: &Address, field: &'static str) -> bool {
        !self.0.is_empty() && self.0.contains(&(address.clone(), field))
    }
}

/// The leaves of an item that say nothing and are what a field of the named resource says.
fn taken(shape: &Shape, item: &Leaves) -> Vec<(&'static str, &'static str)> {
    let Shape::Map(map) = shape else {
        return Vec::new();
    };
    let leaves = map.fields.iter();
    leaves
        .filter(|leaf| !item.contains_key(leaf.name))
        .filter_map(|leaf| Some((leaf.name, leaf.as_of_key?)))
        .collect()
}

/// Hands over the items whose keys are handles, at any depth.
fn items(
    shape: &Shape,
    map: &Leaves,
    path: &FieldPath,
    f: &mut dyn FnMut(Address, &Leaves, &Shape, &FieldPath),
) {
    for (key, value) in map.iter().filter(|(key, _)| !is_own(key)) {
        let (Some(leaf), Value::Map(item)) = (leaf_field(shape, key), value) else {
            continue;
        };
        let path = path.child(key);
        if let Some(address) = named(shape, key) {
            f(address, item, &leaf.shape, &path);
        }
        items(&leaf.shape, item, &path, f);
    }
}

/// What a key of a list names by its handle.
fn named(shape: &Shape, key: &str) -> Option<Address> {
    let Shape::Keyed(Keyed {
        keys: Keys::Of { target, .. },
        listed: Some(_),
        ..
    }) = shape
    else {
        return None;
    };
    Some(Address::new(target.collection, handle(target, key)?))
}

/// Completes the items of a value by what the resources say that their keys name.
pub(super) fn complete(desired: &Desired, shape: &Shape, value: &mut Value) {
    let Value::Map(map) = value else { return };
    if !is_listed(shape) && !matches!(shape, Shape::Map(_)) {
        return;
    }
    for (key, value) in map.iter_mut().filter(|(key, _)| !is_own(key)) {
        let Some(leaf) = leaf_field(shape, key) else {
            continue;
        };
        if let (Some(address), Value::Map(item)) = (named(shape, key), &mut *value)
            && let Some(resource) = desired.state.get(&address)
        {
            for (name, other) in taken(&leaf.shape, item) {
                let said = resource.body.get(other).filter(|said| !said.is_null());
                if let Some(said) = said {
                    item.insert(name, said.clone());
                }
            }
        }
        complete(desired, &leaf.shape, value);
    }
}
