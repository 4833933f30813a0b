//! Manifests against manifests: what both compose to.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use super::{Compared, normal, states};
use crate::codec::listed::ORDER;
use crate::manifest::Desired;
use crate::state::{Address, Below, Leaves, Named, Reference, State, Value, identity};

/// How far up from what a name counts below; what lies deeper has no name here.
const DEEPEST: usize = 64;

/// Compares what two sets of manifests compose to. The same address is the same resource; what has another handle
/// and the same name below the same parents is the same, too.
#[must_use]
pub fn declared(a: &Desired, b: &Desired, kinds: &BTreeSet<&'static str>) -> Compared {
    let (mut a, b) = (Side::of(&a.state), Side::of(&b.state));
    let mut renames = Renames::default();
    for (address, natural) in b.names.iter().filter(|(one, _)| !a.has(one)) {
        let own = a.by_name.get(&(address.collection, natural.clone()));
        if let Some(Some(own)) = own
            && !b.has(own)
        {
            renames.0.insert(address.to_string(), own.clone());
        }
    }
    let mut others = BTreeMap::new();
    let as_here = b.state.into_iter().map(|(address, mut resource)| {
        let own = renames.address(&address);
        for (_, value) in resource.body.iter_mut() {
            renames.within(value);
        }
        if own != address {
            others.insert(own.clone(), address);
        }
        (own, resource)
    });
    let mut b: State = as_here.collect();
    for state in [&mut a.state, &mut b] {
        state.retain(|address, _| kinds.contains(address.collection));
    }
    states(&a.state, &b, &others)
}

/// One side, in which what is looked up and declared stands by its address.
struct Side {
    state: State,
    /// The names of what is declared, by address.
    names: BTreeMap<Address, Named<'static>>,
    /// What is declared, by its name; nothing where two have it.
    by_name: BTreeMap<(&'static str, Named<'static>), Option<Address>>,
}

impl Side {
    fn of(declared: &State) -> Self {
        let mut names = BTreeMap::new();
        let mut by_name = BTreeMap::new();
        for address in declared.keys() {
            let Some(name) = natural(declared, address, 0) else {
                continue;
            };
            names.insert(address.clone(), name.clone());
            by_name
                .entry((address.collection, name))
                .and_modify(|one| *one = None)
                .or_insert_with(|| Some(address.clone()));
        }
        let mut side = Self {
            state: declared.clone(),
            names,
            by_name,
        };
        let mut state = std::mem::take(&mut side.state);
        for resource in state.values_mut() {
            for (_, value) in resource.body.iter_mut() {
                value.walk_mut(&mut |value| {
                    let Value::Reference(reference) = value else {
                        return;
                    };
                    if let Some(address) = side.looked_up(declared, reference) {
                        *reference = Reference::To(address);
                    }
                });
                *value = normal(value);
            }
        }
        side.state = state;
        side
    }

    fn has(&self, address: &Address) -> bool {
        self.state.contains_key(address)
    }

    /// What is declared and named by a lookup.
    fn looked_up(&self, declared: &State, reference: &Reference) -> Option<Address> {
        let Reference::Lookup { collection, name } = reference else {
            return None;
        };
        let name = above(declared, name, 0)?;
        self.by_name.get(&(*collection, name))?.clone()
    }
}

/// The name of a declared resource with the names of all that it lies below.
fn natural(declared: &State, address: &Address, depth: usize) -> Option<Named<'static>> {
    let resource = declared.get(address)?;
    let named = identity::named(resource.kind, &resource.body)?;
    above(declared, &named, depth)
}

/// A name in which what it counts below stands by its name.
fn above(declared: &State, named: &Named<'_>, depth: usize) -> Option<Named<'static>> {
    if depth > DEEPEST {
        return None;
    }
    let mut natural_name = Named::of_name(named.name.clone().into_owned());
    for (field, below) in &named.scope {
        let below = match below {
            Below::Word(word) => Below::Word(word.clone()),
            Below::Parent(Reference::Id { .. }) => return None,
            Below::Parent(Reference::To(parent)) => Below::Parent(Reference::Lookup {
                collection: parent.collection,
                name: natural(declared, parent, depth + 1)?.into(),
            }),
            Below::Parent(Reference::Lookup { collection, name }) => {
                Below::Parent(Reference::Lookup {
                    collection,
                    name: above(declared, name, depth + 1)?.into(),
                })
            }
        };
        natural_name.fill(field, below);
    }
    Some(natural_name)
}

/// The addresses of the first side for those of the second one, as these are written.
#[derive(Default)]
struct Renames(HashMap<String, Address>);

impl Renames {
    fn address(&self, address: &Address) -> Address {
        if self.0.is_empty() {
            return address.clone();
        }
        (self.0.get(&address.to_string()).unwrap_or(address)).clone()
    }

    fn key(&self, key: &str) -> String {
        let renamed = self.0.get(key).map(ToString::to_string);
        renamed.unwrap_or_else(|| key.to_owned())
    }

    fn reference(&self, reference: &Reference) -> Reference {
        match reference {
            Reference::To(address) => Reference::To(self.address(address)),
            Reference::Lookup { collection, name } => {
                let mut name = Named::clone(name);
                for (_, below) in &mut name.scope {
                    if let Below::Parent(parent) = below {
                        *parent = self.reference(parent);
                    }
                }
                Reference::Lookup {
                    collection,
                    name: name.into(),
                }
            }
            Reference::Id { .. } => reference.clone(),
        }
    }

    /// Renames wherever a value names something, in the keys of maps as well.
    fn within(&self, value: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::Reference(reference) => *reference = self.reference(reference),
            Value::List(items) => items.iter_mut().for_each(|item| self.within(item)),
            Value::Map(map) => {
                let renamed = map.iter().map(|(key, value)| {
                    let mut value = value.clone();
                    match &mut value {
                        // The order of a map lists its keys.
                        Value::List(keys) if key == ORDER => {
                            for text in keys {
                                if let Value::Text(text) = text {
                                    *text = self.key(text).into();
                                }
                            }
                        }
                        value => self.within(value),
                    }
                    (self.key(key), value)
                });
                let renamed: Leaves = renamed.collect();
                *map = renamed;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) => {
            }
        }
    }
}
