//! What items of lists say by way of the resources that their keys name: the values of a custom field are
//! those that it has in a layout, where the layout says nothing else. Where layouts say of themselves what the
//! field says, as those of an export do, they set it as well.

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::codec::listed::is_own;
use crate::codec::{self, handle, is_listed, leaf_field};
use crate::kind::{Keyed, Keys, Shape};
use crate::manifest::Desired;
use crate::plan::Options;
use crate::plan::ownership::left_alone;
use crate::state::{Address, FieldPath, Leaves, Value};

/// The declared resources that stand in a list which takes some of their fields over, or says the same, with
/// these.
#[derive(Debug, Default)]
pub(super) struct Placed(HashSet<(Address, &'static str)>);

impl Placed {
    /// Finds them, but for what is left as it is: that sets nothing.
    pub(super) fn of(desired: &Desired, options: &Options) -> Self {
        let mut found = HashSet::new();
        let mut said: HashMap<(Address, &'static str), Vec<Value>> = HashMap::new();
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
                        for (leaf, other) in as_of_key(shape) {
                            if is_left(&path.child(leaf)) {
                                continue;
                            }
                            let place = (address.clone(), other);
                            match item.get(leaf) {
                                None => {
                                    found.insert(place);
                                }
                                Some(value) => said.entry(place).or_default().push(value.clone()),
                            }
                        }
                    },
                );
            }
        }
        for ((address, field), said) in said {
            let resource = desired.state.get(&address);
            let own = resource.and_then(|resource| resource.body.get(field));
            if own.is_some_and(|own| is_covered(own, &said)) {
                found.insert((address, field));
            }
        }
        Self(found)
    }

    /// Whether a field of a resource is set where the resource stands in a list.
    pub(super) fn has(&self, address: &Address, field: &'static str) -> bool {
        !self.0.is_empty() && self.0.contains(&(address.clone(), field))
    }
}

/// The leaves of an item that are what a field of the named resource says where they say nothing.
fn as_of_key(shape: &Shape) -> impl Iterator<Item = (&'static str, &'static str)> {
    let fields = match shape {
        Shape::Map(map) => map.fields,
        _ => &[],
    };
    let leaves = fields.iter();
    leaves.filter_map(|leaf| Some((leaf.name, leaf.as_of_key?)))
}

/// The leaves of an item that say nothing and are what a field of the named resource says.
fn taken(shape: &Shape, item: &Leaves) -> Vec<(&'static str, &'static str)> {
    let leaves = as_of_key(shape);
    leaves
        .filter(|(leaf, _)| !item.contains_key(leaf))
        .collect()
}

/// Whether what a resource says is said by one of the items that name it; of a list, all of it by some of
/// them, in its order.
fn is_covered(own: &Value, said: &[Value]) -> bool {
    let Value::List(own) = own else {
        return said.contains(own);
    };
    let lists = said.iter().filter_map(|said| match said {
        Value::List(list) => Some(list),
        _ => None,
    });
    let mut all: Vec<&Value> = Vec::new();
    for one in lists.flatten().filter(|one| own.contains(one)) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    own.iter().eq(all)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_resource_says_is_set_where_items_say_all_of_it() {
        let list = |words: &str| Value::List(words.split_whitespace().map(Value::text).collect());
        let covers = |own: &str, said: &[&str]| {
            let said: Vec<Value> = said.iter().map(|one| list(one)).collect();
            is_covered(&list(own), &said)
        };
        assert!(covers("A B", &["A B"]));
        assert!(covers("A B", &["C", "A B C"]));
        assert!(covers("A B C", &["A B", "B C"]));
        assert!(!covers("A B", &["A"]));
        assert!(!covers("A B", &["B A"]));
        assert!(!covers("A", &[]));
        let yes = Value::Bool(true);
        assert!(is_covered(&yes, &[Value::Bool(false), yes.clone()]));
        assert!(!is_covered(&yes, &[Value::Bool(false)]));
        assert!(!is_covered(&yes, &[list("true")]));
    }
}
