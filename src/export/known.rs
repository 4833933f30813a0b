//! What the ledger knows of what is exported: how it may be treated, and which values were secrets.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Exported;
use crate::codec::Ids;
use crate::kind::Kind;
use crate::ledger::{Entry, Ledger, RememberedHeir};
use crate::live::{Live, LiveObject};
use crate::secret::{Secret, can_be_of};
use crate::state::{Address, FieldPath, Lifecycle, Reference, Value, keys};

/// The entries of a ledger by what they own, made once for an export.
#[derive(Debug, Default)]
pub struct Known<'l>(HashMap<(&'static str, &'l str), &'l Entry>);

impl<'l> Known<'l> {
    /// Makes it. Where two addresses claim one id, the first address counts.
    #[must_use]
    pub fn of(ledger: &'l Ledger) -> Self {
        let mut entries = HashMap::with_capacity(ledger.resources.len());
        for (address, entry) in &ledger.resources {
            for id in entry.ids() {
                entries
                    .entry((address.collection, id.as_str()))
                    .or_insert(entry);
            }
        }
        Self(entries)
    }

    /// What is known of an object.
    #[must_use]
    pub fn entry(&self, object: &LiveObject) -> Option<&'l Entry> {
        let collection = object.kind.collection;
        let mut ids = object.ids();
        ids.find_map(|id| self.0.get(&(collection, id.as_str())).copied())
    }

    /// The templates of the secrets of an object, by JSON Pointers.
    pub(super) fn templates(&self, object: &LiveObject) -> Option<&'l BTreeMap<String, String>> {
        let entry = self.entry(object)?;
        Some(&entry.templates).filter(|templates| !templates.is_empty())
    }

    /// How an object may be treated; `heir` names one that takes over, if it is live.
    pub(super) fn lifecycle(
        &self,
        object: &LiveObject,
        heir: impl Fn(&RememberedHeir) -> Option<Reference>,
    ) -> Option<Lifecycle> {
        let entry = self.entry(object)?;
        let chosen = object.kind.chosen_heirs();
        let heirs = entry.transfer_to.iter().filter_map(|(name, remembered)| {
            let chosen = chosen.iter().find(|one| one.name == name)?;
            Some((chosen.name, heir(remembered)?))
        });
        let lifecycle = Lifecycle {
            prevent_destroy: entry.prevent_destroy,
            transfer_to: heirs.collect(),
            ..Lifecycle::default()
        };
        (lifecycle != Lifecycle::NOTHING).then_some(lifecycle)
    }
}

/// A value with the templates of its secrets, where what is live can have come from them.
pub(super) fn as_known(
    value: Value,
    path: &FieldPath,
    templates: &BTreeMap<String, String>,
) -> Value {
    match value {
        Value::Map(map) => Value::Map(
            map.into_iter()
                .map(|(key, value)| {
                    let value = as_known(value, &path.child(&key), templates);
                    (key, value)
                })
                .collect(),
        ),
        Value::Text(text) => match templates.get(&path.pointer()) {
            Some(template) if can_be_of(&text, template) => Value::Secret(Secret {
                template: Arc::from(template.as_str()),
                value: None,
            }),
            _ => Value::Text(text),
        },
        value => value,
    }
}

/// Takes out what stands at a way down from a value, unless its template stands for it; says whether
/// there was anything.
fn take(value: &mut Value, way: &[String]) -> bool {
    match (value, way) {
        (Value::Map(map), [last]) if !map.get(last).is_some_and(Value::is_secret) => {
            map.remove(last).is_some()
        }
        (Value::Map(map), [key, below @ ..]) if !below.is_empty() => {
            map.get_mut(key).is_some_and(|value| take(value, below))
        }
        _ => false,
    }
}

/// Whether a way down from a value ends at a secret.
fn is_secret(value: &Value, way: &[String]) -> bool {
    match (value, way) {
        (value, []) => value.is_secret(),
        (Value::Map(map), [key, below @ ..]) => {
            map.get(key).is_some_and(|value| is_secret(value, below))
        }
        _ => false,
    }
}

/// Leaves out what the ledger knows was applied as a secret. Templates stay, and what
/// `may_hold_key` says may hold a key is hidden already.
pub fn leave_secrets_out(
    known: &Known<'_>,
    live: &Live,
    exported: &mut Exported,
    may_hold_key: &dyn Fn(&Kind, &str) -> bool,
) {
    for (address, resource) in &mut exported.state {
        let Some(entry) = live
            .id(address)
            .and_then(|id| known.0.get(&(address.collection, id.as_str())).copied())
        else {
            continue;
        };
        let kind = resource.kind;
        for path in entry
            .secrets
            .iter()
            .filter(|path| !may_hold_key(kind, path))
        {
            let known = exported.secret.entry(address.clone()).or_default();
            known.insert(path.clone());
            let way: Vec<String> = keys(path).map(Cow::into_owned).collect();
            let Some((field, way)) = way.split_first() else {
                continue;
            };
            if (resource.body.get(field)).is_some_and(|value| is_secret(value, way)) {
                continue;
            }
            let is_taken = resource
                .body
                .get_mut(field)
                .is_some_and(|value| take(value, way));
            let left_out = is_taken || resource.body.remove(field).is_some();
            if left_out {
                let path = keys(path).collect::<Vec<_>>().join(" › ");
                exported.notes.add(
                    told(address, &path),
                    "left out, since it was applied as a secret".to_owned(),
                );
            }
        }
    }
}

/// A field of a resource for a note.
pub(super) fn told(address: &Address, field: &str) -> String {
    format!("`{field}` of `{address}`")
}
