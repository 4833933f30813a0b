//! The ledger after an apply: what is owned now, and what was sent and stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

use crate::codec::{self, Ids};
use crate::kind::{Field, Shape, Wire};
use crate::ledger::{Entry, FieldRecord, Ledger, RememberedHeir};
use crate::live::key;
use crate::manifest::Desired;
use crate::plan::requests::{Act, Op};
use crate::plan::{old_keys, shown_live, shown_value};
use crate::reading::{listing_of, path_of};
use crate::session::Ready;
use crate::state::{Address, FieldPath, Key, Reference, Value, keys};
use crate::verb::Verb;

/// Objects from which on a listing may take more than one page.
const WORTH_REMEMBERING: usize = 50;

/// How far the count of a listing may be off without being worth a save: a page.
const NEAR: usize = 100;

/// The ledger after a run; `applied` are the addresses all of whose steps were done.
///
/// What failed keeps its entry as it was, or gets one without fields where an object was made all
/// the same; what was proved to be absent loses it.
#[must_use]
pub fn after(old: Ledger, desired: &Desired, ready: &Ready, applied: &BTreeSet<Address>) -> Ledger {
    let mut ledger = old;
    ledger.touched.clear();
    // What a limited plan did not look at stays as it is.
    let targets = &ready.planned.plan.targets;
    let busy: BTreeSet<&Address> = ready
        .planned
        .tasks
        .iter()
        .map(|task| &task.address)
        .collect();
    let is_in_scope = |address: &Address| {
        targets.is_empty()
            || busy.contains(address)
            || targets.iter().any(|target| target.covers(address))
    };
    for address in &ready.absent {
        if !ready.bound.rows.is_live(address) && is_in_scope(address) {
            ledger.resources.remove(address);
        }
    }
    let mut removed = BTreeSet::new();
    let mut unfinished = BTreeSet::new();
    for task in &ready.planned.tasks {
        let address = &task.address;
        match task.verb {
            Verb::Manual => {}
            Verb::Delete | Verb::Disable if applied.contains(address) => {
                let id = ready.live.id(address);
                removed.extend(id.map(|id| (address.collection, id)));
            }
            _ if applied.contains(address) => {}
            _ => {
                unfinished.insert(address.clone());
            }
        }
    }
    for address in &ready.planned.plan.no_longer_declared {
        ledger.resources.remove(address);
    }
    remember_listings(&mut ledger, ready, applied);
    let mut entries = BTreeMap::new();
    let mut superseded: BTreeMap<(&'static str, String), Address> = BTreeMap::new();
    let mut claimed: BTreeMap<(&'static str, String), Address> = BTreeMap::new();
    let update = Update {
        desired,
        ready,
        applied,
        unfinished: &unfinished,
        removed: &removed,
        old: &ledger,
        by_id: ledger.index(),
    };
    for (address, resource) in &desired.state {
        // Of a check nothing is owned.
        if resource.kind.is_check() {
            continue;
        }
        let row = ready.bound.rows.get(address);
        if row.is_some_and(|row| row.not_compared) || !is_in_scope(address) {
            continue;
        }
        let Some(id) = ready.live.id(address) else {
            continue;
        };
        if update.is_untouched(address, &id) {
            continue;
        }
        entries.insert(address.clone(), update.entry(address, &id));
        // Where a step made an object anew, its ids of before may still be another address's.
        let before = row.and_then(|row| row.object);
        if let Some(object) = before.and_then(|index| ready.live.objects.get(index))
            && applied.contains(address)
        {
            let ids = object.ids().map(|id| (address.collection, id.clone()));
            superseded.extend(ids.map(|id| (id, address.clone())));
        }
        claimed.insert((address.collection, id), address.clone());
    }
    // A declaration that moved to another handle leaves no entry behind; a killed run may have left
    // several that owned what was made anew.
    ledger.resources.retain(|address, entry| {
        let mut ids = entry.ids().map(|id| (address.collection, id.clone()));
        let is_its = |owner: Option<&Address>| owner.is_none_or(|owner| owner == address);
        let own = (address.collection, entry.id.clone());
        is_its(claimed.get(&own))
            && ids.all(|id| !removed.contains(&id) && is_its(superseded.get(&id)))
    });
    ledger.resources.extend(entries);
    ledger
}

/// Counts what each listing holds after the run: what was read, what came and what went.
///
/// A count that is off by less than a page is left, so that a ledger changes only for a reason.
fn remember_listings(ledger: &mut Ledger, ready: &Ready, applied: &BTreeSet<Address>) {
    let live = &ready.live;
    let mut listings = live.listings.clone();
    for task in &ready.planned.tasks {
        let Some(api) = task.kind.api(live.dialect) else {
            continue;
        };
        // An order has the listing of those that it puts in order.
        if !applied.contains(&task.address) || api.page == 0 || api.ranking().is_some() {
            continue;
        }
        let request = listing_of(api, &task.body, live);
        let known = request.and_then(|request| listings.get_mut(&path_of(&request)));
        let Some(known) = known else { continue };
        match task.verb {
            Verb::Create => known.objects += 1,
            Verb::Delete => known.objects = known.objects.saturating_sub(1),
            Verb::Update | Verb::Replace | Verb::Disable | Verb::Manual => {}
        }
    }
    for (path, known) in listings {
        if known.objects < WORTH_REMEMBERING && !known.unpaged {
            ledger.listings.remove(&path);
            continue;
        }
        let is_near = ledger.listings.get(&path).is_some_and(|old| {
            old.objects.abs_diff(known.objects) < NEAR
                && old.base == known.base
                && old.unpaged == known.unpaged
        });
        // Once something is saved anyway, the exact count is.
        if !is_near || !applied.is_empty() {
            ledger.listings.insert(path, known);
        }
    }
}

struct Update<'a> {
    desired: &'a Desired,
    ready: &'a Ready,
    applied: &'a BTreeSet<Address>,
    unfinished: &'a BTreeSet<Address>,
    removed: &'a BTreeSet<(&'static str, String)>,
    old: &'a Ledger,
    by_id: HashMap<(&'static str, &'a str), &'a Address>,
}

impl Update<'_> {
    /// Whether an object was there before, differs, and was not changed: then it is not ours yet.
    fn is_untouched(&self, address: &Address, id: &str) -> bool {
        let Some(row) = self.ready.bound.rows.get(address) else {
            return false;
        };
        let was_there = row
            .object
            .and_then(|index| self.ready.live.objects.get(index))
            .is_some_and(|object| object.id == id);
        was_there
            && !self.by_id.contains_key(&(address.collection, id))
            && !row.known
            && !self.is_in_step(address)
    }

    fn entry(&self, address: &Address, id: &str) -> Entry {
        let ready = self.ready;
        let declared = self.desired.state.get(address);
        let index = ready.bound.rows.object(address);
        let was_there = index.and_then(|index| ready.live.objects.get(index));
        // What is owned already, whatever its handle was.
        let old = self
            .by_id
            .get(&(address.collection, id))
            .and_then(|owner| self.old.resources.get(*owner));
        let is_in_step = self.is_in_step(address);
        let recorded = if is_in_step {
            self.fields(address, index, old)
        } else {
            let kept = old.map(|entry| Recorded {
                fields: entry.fields.clone(),
                secrets: entry.secrets.clone(),
                templates: entry.templates.clone(),
            });
            kept.unwrap_or_default()
        };
        let mut entry = Entry {
            id: id.to_owned(),
            parts: self.parts(address, index),
            key: old.map(|old| old.key.clone()).unwrap_or_default(),
            names: old.map(|old| old.names.clone()).unwrap_or_default(),
            renamed_from: self.renamed_from(address, old),
            prevent_destroy: self
                .desired
                .details
                .get(address)
                .is_some_and(|detail| detail.lifecycle.prevent_destroy),
            transfer_to: self.heirs(address),
            temporary_member: self.temporary_member(address, old),
            adopted: old.map_or_else(
                || was_there.is_some_and(|object| object.id == id),
                |entry| entry.adopted,
            ),
            secrets: recorded.secrets,
            templates: recorded.templates,
            fields: recorded.fields,
        };
        // A new name that was not taken is not its name.
        if old.is_none() || is_in_step {
            let resource = declared.filter(|resource| {
                !resource
                    .kind
                    .key_holders()
                    .any(|name| resource.body.get(name).is_some_and(Value::is_secret))
            });
            let key = resource.and_then(|resource| {
                let id = |reference: &Reference| ready.live.in_scope(reference);
                key(resource.kind, ready.live.dialect, &resource.body, &id).map(Key::into_owned)
            });
            entry.rename(key.unwrap_or_default());
        }
        entry
    }

    /// The old key that is followed once the resource has its new one.
    fn renamed_from(&self, address: &Address, old: Option<&Entry>) -> Option<Key<'static>> {
        let resource = self.desired.state.get(address)?;
        let written = &self.desired.details.get(address)?.lifecycle.renamed_from;
        let keys = old_keys(&self.ready.live, resource, written);
        if self.is_in_step(address) {
            return keys.into_iter().next();
        }
        let followed = old?.renamed_from.clone();
        followed.filter(|followed| keys.contains(followed))
    }

    /// Who takes over what hangs on a resource, as far as they are live.
    fn heirs(&self, address: &Address) -> BTreeMap<String, RememberedHeir> {
        let row = self.ready.bound.rows.get(address);
        let heirs = row.into_iter().flat_map(|row| &row.heirs);
        let known = heirs.filter_map(|(name, heir)| {
            let Reference::To(heir) = heir else {
                return None;
            };
            let id = self.ready.live.id(heir)?;
            let address = heir.clone();
            Some(((*name).to_owned(), RememberedHeir { address, id }))
        });
        known.collect()
    }

    /// Whether what is live is what is wanted now: a step may have failed or not been a target.
    fn is_in_step(&self, address: &Address) -> bool {
        if self.unfinished.contains(address) {
            return false;
        }
        let rows = &self.ready.bound.rows;
        self.applied.contains(address) || rows.wanted(address) == rows.live(address)
    }

    /// What is recorded of each field, and which fields are secrets.
    fn fields(&self, address: &Address, index: Option<usize>, old: Option<&Entry>) -> Recorded {
        let live = &self.ready.live;
        let before = index.map(|index| live.body(index)).unwrap_or_default();
        let stored = live.stored(address).unwrap_or_default();
        let Some((row, named)) =
            (self.ready.bound.rows.get(address)).and_then(|row| Some((row, row.named.as_ref()?)))
        else {
            return Recorded::default();
        };
        let mut secrets = Vec::new();
        let mut templates = BTreeMap::new();
        let is_applied = self.applied.contains(address);
        let mut fields = BTreeMap::new();
        for (name, value) in named.iter() {
            let Some(field) = row.kind.field(name) else {
                continue;
            };
            let wire = field.wire(live.dialect);
            let travels = matches!(wire, Wire::Sent { .. } | Wire::Switched(_));
            let by_hand = matches!(wire, Wire::Manual { read: Some(_), .. });
            let path = FieldPath::of(field.name);
            // Of what no answer ever shows nothing is kept, not even that it is a secret.
            let value = &*codec::without_secrets(field, value);
            secret_paths(&path, value, &mut secrets, &mut templates);
            if field.write_only || !(travels || by_hand) {
                continue;
            }
            if by_hand {
                // Only a person changes it: it is known once it was seen as it should be.
                let is_seen = before.get(name) == Some(value);
                let old = || old.and_then(|entry| entry.fields.get(name)).cloned();
                let seen = is_seen.then(|| FieldRecord {
                    sent: shown_value(value),
                    stored: shown_value(value),
                });
                fields.extend(seen.or_else(old).map(|record| (name.to_owned(), record)));
                continue;
            }
            if value.is_secret() {
                let old = old.and_then(|entry| entry.fields.get(name));
                let record = only_remembered(field, value, old.filter(|_| !is_applied));
                fields.extend(record.map(|record| (name.to_owned(), record)));
                continue;
            }
            // Where a difference is accepted (`ignore`, `ignoreChanges`, `createOnly`), nothing was
            // applied: what was applied before is still the last thing that was.
            let is_accepted = (row.wanted.as_ref())
                .and_then(|wanted| wanted.get(name))
                .is_some_and(|wanted| {
                    let said = |value: &Value| codec::listed::said(value);
                    said(&codec::restrict(&field.shape, value, wanted)) != said(value)
                });
            if is_accepted {
                let record = old.and_then(|entry| entry.fields.get(name));
                fields.extend(record.map(|record| (name.to_owned(), record.clone())));
                continue;
            }
            let current = match wire {
                // The answer to an update may be older than the switch.
                Wire::Switched(_) if is_applied => value,
                _ if is_applied => stored.get(name).unwrap_or(value),
                _ => before.get(name).unwrap_or(value),
            };
            let current = &codec::as_unseen(field, value, current.clone());
            // What is not changed, as with `ignoreChanges`, may still be the secret of before.
            if current != value {
                let mut former = former_secrets(old, name);
                // What no answer shows is not live anywhere.
                former.retain(|path| !is_unseen(field, path));
                if !former.is_empty() {
                    let known = old.into_iter().flat_map(|entry| &entry.templates);
                    let known = known.filter(|(path, _)| former.contains(path));
                    templates.extend(known.map(|(path, one)| (path.clone(), one.clone())));
                    secrets.extend(former);
                    continue;
                }
                if shown_live(row.kind, name, current) != shown_value(current) {
                    continue;
                }
            }
            // Items are recorded under the handles that the manifests give them.
            let settled = codec::as_handled(field, value, current.clone(), live);
            fields.insert(
                name.to_owned(),
                FieldRecord {
                    sent: shown_value(value),
                    stored: shown_value(&codec::restrict(&field.shape, value, &settled)),
                },
            );
        }
        secrets.sort_unstable();
        secrets.dedup();
        Recorded {
            fields,
            secrets,
            templates,
        }
    }

    /// The objects that form a resource, where several do.
    fn parts(&self, address: &Address, index: Option<usize>) -> Vec<String> {
        let live = &self.ready.live;
        let is_parted = self
            .desired
            .state
            .get(address)
            .is_some_and(|resource| resource.kind.grouping(live.dialect).is_some());
        if !is_parted {
            return Vec::new();
        }
        let mut parts: BTreeSet<String> = live.learned_ids(address).into_iter().collect();
        if let Some(object) = index.and_then(|index| live.objects.get(index)) {
            parts.extend(object.parts.iter().map(|part| part.id.clone()));
        }
        if self.applied.contains(address) {
            for op in self.ops(address) {
                if let (Act::RemovePart, Some(id)) = (op.act, &op.id) {
                    parts.remove(&**id);
                }
            }
        }
        // Parts of what was left stay owned until they are removed.
        let old = self.old.resources.get(address);
        parts.extend(
            old.into_iter()
                .flat_map(|old| &old.parts)
                .filter(|id| {
                    live.find_id(address.collection, id)
                        .filter(|other| Some(*other) != index && live.bound(*other).is_none())
                        .and_then(|other| live.objects.get(other))
                        .is_some_and(|object| {
                            !self
                                .removed
                                .contains(&(address.collection, object.id.clone()))
                        })
                })
                .cloned(),
        );
        parts.into_iter().collect()
    }

    /// The one who still belongs to an object for a time.
    fn temporary_member(&self, address: &Address, old: Option<&Entry>) -> Option<String> {
        if self.applied.contains(address) && self.ops(address).any(|op| op.act == Act::Leave) {
            return None;
        }
        self.ops(address)
            .find_map(Op::temporary_member)
            .map(str::to_owned)
            .or_else(|| old?.temporary_member.clone())
    }

    fn ops(&self, address: &Address) -> impl Iterator<Item = &Op> {
        self.ready
            .planned
            .tasks
            .iter()
            .filter(move |task| task.address == *address)
            .flat_map(|task| &task.ops)
    }
}

/// What is recorded of a map that holds a secret: no more than the leaves that the record alone remembers,
/// as they are declared, or as they were recorded before where nothing was applied.
fn only_remembered(field: &Field, value: &Value, old: Option<&FieldRecord>) -> Option<FieldRecord> {
    let (Shape::Map(map), Value::Map(leaves)) = (field.shape, value) else {
        return None;
    };
    let remembered = map.fields.iter().filter(|leaf| leaf.remembered);
    let known = remembered.filter_map(|leaf| {
        let named = leaves.get(leaf.name).filter(|value| !value.is_secret())?;
        let known = match old {
            Some(old) => old.sent.get(leaf.name)?.clone(),
            None => shown_value(named),
        };
        Some((leaf.name.to_owned(), known))
    });
    let known: Map<String, Json> = known.collect();
    (!known.is_empty()).then(|| FieldRecord {
        sent: Json::Object(known.clone()),
        stored: Json::Object(known),
    })
}

/// Whether no answer shows what stands at a path directly below a field.
fn is_unseen(field: &Field, path: &str) -> bool {
    let leaf = keys(path).nth(1);
    let leaf = leaf.and_then(|leaf| codec::leaf_field(&field.shape, &leaf));
    leaf.is_some_and(Field::is_unseen)
}

/// The secrets that an entry remembers of a field.
fn former_secrets(old: Option<&Entry>, name: &str) -> Vec<String> {
    let is_of_field = |one: &&String| keys(one).next().as_deref() == Some(name);
    old.into_iter()
        .flat_map(|entry| &entry.secrets)
        .filter(is_of_field)
        .cloned()
        .collect()
}

/// What is recorded of the fields of a resource.
#[derive(Default)]
struct Recorded {
    /// What was sent and stored, by field.
    fields: BTreeMap<String, FieldRecord>,
    /// The paths of secrets.
    secrets: Vec<String>,
    /// Their templates, as far as manifests say them.
    templates: BTreeMap<String, String>,
}

/// The paths of the secrets in a value, and their templates.
fn secret_paths(
    path: &FieldPath,
    value: &Value,
    paths: &mut Vec<String>,
    templates: &mut BTreeMap<String, String>,
) {
    match value {
        Value::Map(map) => {
            for (key, value) in map {
                secret_paths(&path.child(key), value, paths, templates);
            }
        }
        value if value.is_secret() => {
            if let Value::Secret(secret) = value {
                templates.insert(path.pointer(), secret.template.to_string());
            }
            paths.push(path.pointer());
        }
        _ => {}
    }
}
