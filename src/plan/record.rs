//! What an apply changes in the ledger alone: no step, and work all the same.

use std::cell::OnceCell;

use foldhash::{HashSet, HashSetExt as _};
use serde::{Deserialize, Serialize};

use super::moved::Sides;
use super::ownership::left_alone;
use super::row::Rows;
use super::{Options, Plan};
use crate::codec;
use crate::config::Prune;
use crate::kind::{Kind, find};
use crate::ledger::Entry;
use crate::live::{Live, LiveObject};
use crate::manifest::Desired;
use crate::state::{Address, Value, pointer};
use crate::verb::Verb;

/// An owned object that is declared under another handle now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MovedHandle {
    /// The address that owns it.
    pub old: Address,
    /// The address that will.
    pub new: Address,
}

/// A field that was applied, that the manifests no longer name, and that is live as it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldLeft {
    /// The resource.
    pub address: Address,
    /// A JSON Pointer to the field.
    pub field: String,
    /// Whether `null` clears it.
    pub can_be_cleared: bool,
}

/// How many objects the ledger takes up, moves or drops although nothing changes in Zoho Desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// Live objects that match already and are owned from now on.
    pub take_over: usize,
    /// Owned objects that are declared under another handle now.
    pub moved: usize,
    /// Owned objects that are neither declared nor removed, or that do not exist any more.
    pub let_go: usize,
    /// Fields that the manifests no longer name and that stay as they were applied.
    #[serde(default)]
    pub fields: usize,
}

impl Record {
    /// Counts all of it.
    #[must_use]
    pub const fn total(self) -> usize {
        self.take_over + self.moved + self.let_go + self.fields
    }
}

/// Lists and counts what changes in the ledger alone.
///
/// `absent` is what the ledger owns and does not exist any more.
pub(crate) fn note(
    plan: &mut Plan,
    desired: &Desired,
    rows: &Rows,
    live: &Live,
    absent: &[Address],
    options: &Options,
) {
    let Some(ledger) = &options.ledger else {
        return;
    };
    let absent: HashSet<&Address> = absent.iter().collect();
    let busy: HashSet<&Address> = plan.steps.iter().map(|step| &step.address).collect();
    plan.ledger_serial = Some(ledger.serial);
    plan.owns_nothing_yet = ledger.resources.is_empty();
    let owners = OnceCell::new();
    let owner = |address: &Address, object: &LiveObject| {
        let owners = owners.get_or_init(|| ledger.index());
        let mut ids = object.ids();
        ids.find_map(|id| owners.get(&(address.collection, id.as_str())).copied())
    };
    let mut record = Record::default();
    let (mut taken_over, mut moved_handles) = (Vec::new(), Vec::new());
    let (mut gone, mut no_longer_declared) = (Vec::new(), Vec::new());
    let mut claimed: HashSet<(&str, &str)> = HashSet::new();
    for (row, index) in rows.objects() {
        let Some(object) = live.objects.get(index) else {
            continue;
        };
        // Of a check nothing is owned.
        if row.kind.is_check() {
            continue;
        }
        let address = &row.address;
        claimed.extend(object.ids().map(|id| (address.collection, id.as_str())));
        if busy.contains(address) || row.not_compared || !options.looks_at(address) {
            continue;
        }
        if !row.known {
            record.take_over += 1;
            taken_over.push(address.clone());
        } else if !ledger
            .get(address)
            .is_some_and(|entry| object.ids().any(|id| entry.has_id(id)))
        {
            record.moved += 1;
            moved_handles.extend(owner(address, object).map(|old| MovedHandle {
                old: old.clone(),
                new: address.clone(),
            }));
        }
    }
    for (address, entry) in &ledger.resources {
        if busy.contains(address)
            || entry
                .ids()
                .any(|id| claimed.contains(&(address.collection, id.as_str())))
            || !options.looks_at(address)
        {
            continue;
        }
        let kind = find(address.collection);
        let is_never_pruned = kind.is_some_and(|kind| options.prune(kind) == Prune::None);
        // What nothing removes needs no protection.
        let is_protected = entry.prevent_destroy && kind.is_some_and(Kind::may_be_removed);
        // What is declared and waits for a person has gone all the same.
        // Another object that has its name takes its place.
        if absent.contains(address) && !rows.is_live(address) {
            record.let_go += 1;
            gone.push(address.clone());
        } else if is_never_pruned && !is_protected && !desired.state.contains_key(address) {
            record.let_go += 1;
            no_longer_declared.push(address.clone());
        }
    }
    let anew: HashSet<&Address> = (plan.steps.iter())
        .filter(|step| step.verb == Verb::Replace)
        .map(|step| &step.address)
        .collect();
    let mut fields_left = fields_left(desired, rows, live, options);
    fields_left.retain(|left| !anew.contains(&left.address));
    taken_over.sort_unstable();
    moved_handles.sort_unstable_by(|one: &MovedHandle, other| one.new.cmp(&other.new));
    plan.taken_over = taken_over;
    plan.moved_handles = moved_handles;
    plan.gone = gone;
    plan.no_longer_declared = no_longer_declared;
    plan.fields_left = fields_left;
    record.fields = plan.fields_left.len();
    plan.summary.record = record;
}

/// Lists the fields that were applied, that the manifests no longer name, and that are live as they
/// were applied: nothing is done about them, and the next apply forgets them.
pub(crate) fn fields_left(
    desired: &Desired,
    rows: &Rows,
    live: &Live,
    options: &Options,
) -> Vec<FieldLeft> {
    let Some(ledger) = &options.ledger else {
        return Vec::new();
    };
    // Nearly always no field is left, and then nothing of this is needed.
    let sides = OnceCell::new();
    let mut left = Vec::new();
    for (row, index) in rows.objects() {
        let address = &row.address;
        let Some(object) = live.objects.get(index) else {
            continue;
        };
        if !row.known || row.not_compared || !options.looks_at(address) {
            continue;
        }
        let own = (ledger.get(address)).filter(|entry| object.ids().any(|id| entry.has_id(id)));
        let is_whole = |entry: &Entry| {
            let mut fields = entry.fields.keys();
            fields.all(|name| {
                let named = row.named.as_ref().and_then(|body| body.get(name));
                // Of a map the manifests may name another part.
                named.is_some_and(|value| !matches!(value, Value::Map(_)))
            })
        };
        if own.is_some_and(is_whole) {
            continue;
        }
        let sides = sides.get_or_init(|| Sides::of(rows, live, desired, options));
        let (hands_off, ignored) = left_alone(desired, address, row.kind, options);
        if hands_off {
            continue;
        }
        for path in sides.undeclared(row, index) {
            if options.ignoring(address, Some(path.field)).is_some()
                || ignored.contains(&pointer([path.field]))
            {
                continue;
            }
            let field = row.kind.field(path.field);
            left.push(FieldLeft {
                address: address.clone(),
                can_be_cleared: field
                    .is_some_and(|field| codec::may_go(field, &path, live.dialect)),
                field: codec::written(row.kind, &path).pointer(),
            });
        }
    }
    left.sort_unstable_by(|one, other| {
        (&one.address, &one.field).cmp(&(&other.address, &other.field))
    });
    left
}
