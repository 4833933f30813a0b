//! The ledger after an apply: what is owned now, and what was sent and stored.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, FieldRecord, Ledger};
use crate::kind::Wire;
use crate::live::convert::Ids;
use crate::live::identity;
use crate::manifest::Desired;
use crate::plan::Verb;
use crate::plan::{shown_live, shown_value};
use crate::session::Ready;
use crate::state::{Address, Body, Value};

/// The ledger after a run; `applied` are the addresses whose steps were done.
///
/// What failed keeps its entry as it was; what was proved to be absent loses it.
#[must_use]
pub fn after(old: Ledger, desired: &Desired, ready: &Ready, applied: &BTreeSet<Address>) -> Ledger {
    let mut ledger = old;
    for address in &ready.absent {
        if !ready.bound.live.contains_key(address) {
            ledger.resources.remove(address);
        }
    }
    let mut removed = BTreeSet::new();
    let mut unfinished = BTreeSet::new();
    for task in &ready.planned.tasks {
        let address = &task.step.address;
        match task.step.verb {
            Verb::Manual => {}
            Verb::Delete | Verb::Disable if applied.contains(address) => {
                removed.extend(ready.live.id(address));
            }
            _ if applied.contains(address) => {}
            _ => {
                unfinished.insert(address.clone());
            }
        }
    }
    ledger
        .resources
        .retain(|_, entry| !removed.contains(&entry.id));
    for address in desired.state.keys() {
        if ready.owned.not_compared.contains(address) {
            continue;
        }
        let live = ready.bound.live.get(address).copied();
        if live.is_none() && !applied.contains(address) {
            continue;
        }
        let Some(id) = ready.live.id(address) else {
            continue;
        };
        if unfinished.contains(address) && ledger.resources.contains_key(address) {
            continue;
        }
        let entry = entry(address, &id, desired, ready, &unfinished, &ledger);
        // A declaration that moved to another handle leaves no entry behind.
        ledger
            .resources
            .retain(|other, entry| other == address || entry.id != id);
        ledger.resources.insert(address.clone(), entry);
    }
    ledger
}

fn entry(
    address: &Address,
    id: &str,
    desired: &Desired,
    ready: &Ready,
    unfinished: &BTreeSet<Address>,
    ledger: &Ledger,
) -> Entry {
    let named = ready
        .owned
        .named
        .get(address)
        .map(|resource| resource.body.clone())
        .unwrap_or_default();
    let index = ready.bound.live.get(address).copied();
    let before = index
        .map(|index| ready.live.body(index))
        .unwrap_or_default();
    let stored = ready.live.stored(address);
    let kind = desired.state.get(address).map(|resource| resource.kind);
    let parts = index
        .and_then(|index| ready.live.objects.get(index))
        .map(|object| object.parts.iter().map(|part| part.id.clone()).collect())
        .unwrap_or_default();
    let mut fields = BTreeMap::new();
    let mut secrets = Vec::new();
    let before_secret = |name: &str| {
        // A changed handle has not moved the entry yet.
        let entry = ledger.get(address).or_else(|| {
            let found = ledger.by_id(address.collection, id);
            found.map(|(_, entry)| entry)
        });
        let secrets = entry.into_iter().flat_map(|entry| &entry.secrets);
        let is_inside = |one: &&String| {
            one.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        secrets.filter(is_inside).cloned().collect::<Vec<_>>()
    };
    if !unfinished.contains(address) {
        for (name, value) in named.iter() {
            let travels = kind.and_then(|kind| kind.field(name)).is_some_and(|field| {
                matches!(
                    field.wire(ready.live.dialect),
                    Wire::Sent { .. } | Wire::Switched(_)
                ) && !field.write_only
            });
            secret_names(name, value, &mut secrets);
            if !travels || value.is_secret() {
                continue;
            }
            let now = stored.as_ref().and_then(|body: &Body| body.get(name));
            let current = now.or_else(|| before.get(name)).unwrap_or(value);
            // What was not changed, as with `ignoreChanges`, may still be the secret of before.
            if current != value {
                let still = before_secret(name);
                if !still.is_empty() {
                    secrets.extend(still);
                    continue;
                }
                if shown_live(name, current) != shown_value(current) {
                    continue;
                }
            }
            fields.insert(
                name.to_owned(),
                FieldRecord {
                    sent: shown_value(value),
                    stored: shown_value(&only_named(value, current)),
                },
            );
        }
    }
    let known = ready.bound.known.contains(address)
        || ledger
            .resources
            .get(address)
            .is_some_and(|entry| !entry.adopted);
    secrets.sort_unstable();
    secrets.dedup();
    Entry {
        id: id.to_owned(),
        parts,
        identity: desired
            .state
            .get(address)
            .filter(|resource| !resource.body.get("url").is_some_and(Value::is_secret))
            .and_then(|resource| identity(resource.kind, ready.live.dialect, &resource.body))
            .unwrap_or_default(),
        prevent_destroy: desired
            .details
            .get(address)
            .is_some_and(|detail| detail.lifecycle.prevent_destroy),
        adopted: index.is_some() && !known,
        secrets,
        fields,
    }
}

/// The names of the secrets in a value, with a dot before a leaf.
fn secret_names(name: &str, value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Map(map) => {
            for (key, value) in map {
                secret_names(&format!("{name}.{key}"), value, names);
            }
        }
        value if value.is_secret() => names.push(name.to_owned()),
        _ => {}
    }
}

/// Of a live map only the leaves that the manifests name are owned.
pub(crate) fn only_named(named: &Value, live: &Value) -> Value {
    match (named, live) {
        (Value::Map(named), Value::Map(live)) => Value::Map(
            named
                .iter()
                .map(|(key, value)| {
                    let live = live.get(key).unwrap_or(&Value::Null);
                    (key.clone(), only_named(value, live))
                })
                .collect(),
        ),
        (_, live) => live.clone(),
    }
}
