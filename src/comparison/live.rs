//! Two organizations, each as an export reads it.

use std::collections::BTreeMap;

use super::{Compared, alike, normal, states};
use crate::codec;
use crate::dialect::Dialect;
use crate::export::Exported;
use crate::kind::{Field, Kind, Wire};
use crate::state::{Address, Body, Reference, Resource, State, Value, identity};

/// Two exports in which the same thing has the same address.
#[derive(Debug, Clone, Copy)]
pub struct Exports<'e> {
    /// The first one, with the dialect in which it was read.
    pub a: (&'e Exported, Dialect),
    /// The second one, with the dialect in which it was read.
    pub b: (&'e Exported, Dialect),
}

/// Compares two organizations.
///
/// What no answer of either dialect shows is not compared, nor is what was applied as a secret on either side.
#[must_use]
pub fn exports(exports: Exports<'_>) -> Compared {
    let Exports {
        a: (one, of_one),
        b: (other, of_other),
    } = exports;
    let (mut a, mut b) = (one.state.clone(), other.state.clone());
    add_given(&mut a, &b);
    add_given(&mut b, &a);
    let mut unclear = Vec::new();
    for (address, resource) in &mut a {
        let kind = resource.kind;
        let here = &mut resource.body;
        let Some(there) = b.get_mut(address).map(|one| &mut one.body) else {
            shape(kind, of_one, here);
            continue;
        };
        for field in kind.fields {
            // Both have it, or else they were no pair.
            let is_known = field.identity && !field.may_hold_key;
            if is_known || !is_shown(field, of_one) || !is_shown(field, of_other) {
                here.remove(field.name);
                there.remove(field.name);
            }
        }
        shape(kind, of_one, here);
        shape(kind, of_other, there);
        let secret = [one, other].map(|side| side.secret.get(address));
        for way in secret.into_iter().flatten().flatten() {
            hide(here, way);
            hide(there, way);
        }
        let mut lacks_names = false;
        for (field, value) in here.iter_mut() {
            if let Some(other) = there.get_mut(field) {
                alike(value, other, &mut lacks_names);
            }
        }
        if lacks_names {
            unclear.push(address.clone());
        }
    }
    for (address, resource) in &mut b {
        if !a.contains_key(address) {
            shape(resource.kind, of_other, &mut resource.body);
        }
    }
    let mut compared = states(&a, &b, &BTreeMap::new());
    compared.not_compared.extend(unclear);
    compared
}

/// Brings values to the form in which both sides are compared.
fn shape(kind: &'static Kind, dialect: Dialect, body: &mut Body) {
    for field in kind.fields {
        if let Some(value) = body.get_mut(field.name) {
            let plain = normal(value);
            *value = codec::normalise(field, dialect, plain);
        }
    }
}

/// Whether answers of a dialect show a field.
fn is_shown(field: &Field, dialect: Dialect) -> bool {
    let wire = field.wire(dialect);
    matches!(wire, Wire::Query(_)) || wire.read_name().is_some()
}

/// What is there as long as its parent is says nothing where an export leaves it out: it is in both or in none.
fn add_given(here: &mut State, there: &State) {
    let lacking: Vec<(Address, Resource)> = (there.iter())
        .filter(|(address, one)| one.kind.is_given() && !here.contains_key(*address))
        .filter(|(_, one)| {
            let mut above = identity::scopes(one.kind).filter_map(|field| one.body.get(field.name));
            above.all(|value| match value {
                Value::Reference(Reference::To(parent)) => here.contains_key(parent),
                _ => true,
            })
        })
        .map(|(address, one)| {
            let body = Body::default();
            let kind = one.kind;
            (address.clone(), Resource { kind, body })
        })
        .collect();
    here.extend(lacking);
}

/// Takes out what stands at a JSON Pointer.
fn hide(body: &mut Body, way: &str) {
    let way: Vec<String> = crate::state::keys(way)
        .map(std::borrow::Cow::into_owned)
        .collect();
    let Some((field, below)) = way.split_first() else {
        return;
    };
    if below.is_empty() {
        body.remove(field);
    } else if let Some(value) = body.get_mut(field) {
        take(value, below);
    }
}

fn take(value: &mut Value, way: &[String]) {
    match (value, way) {
        (Value::Map(map), [last]) => {
            map.remove(last);
        }
        (Value::Map(map), [key, below @ ..]) => {
            if let Some(value) = map.get_mut(key) {
                take(value, below);
            }
        }
        _ => {}
    }
}
