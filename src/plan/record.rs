//! What an apply changes in the ledger alone: no step, and work all the same.

use foldhash::{HashSet, HashSetExt as _};
use serde::{Deserialize, Serialize};

use super::row::Rows;
use super::task::Task;
use super::{Options, Plan};
use crate::config::Prune;
use crate::kind::find;
use crate::live::Live;
use crate::manifest::Desired;
use crate::state::Address;

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
}

impl Record {
    /// Counts all of it.
    #[must_use]
    pub const fn total(self) -> usize {
        self.take_over + self.moved + self.let_go
    }
}

/// Counts what changes in the ledger alone, and lists what is no longer declared and stays.
///
/// `absent` is what the ledger owns and does not exist any more.
pub(crate) fn note(
    plan: &mut Plan,
    tasks: &[Task],
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
    let busy: HashSet<&Address> = tasks.iter().map(|task| &task.address).collect();
    let mut record = Record::default();
    let mut claimed: HashSet<(&str, &str)> = HashSet::new();
    for (row, index) in rows.objects() {
        let Some(object) = live.objects.get(index) else {
            continue;
        };
        let address = &row.address;
        claimed.extend(object.ids().map(|id| (address.collection, id.as_str())));
        if busy.contains(address) || row.not_compared || !options.looks_at(address) {
            continue;
        }
        if !row.known {
            record.take_over += 1;
        } else if !ledger
            .get(address)
            .is_some_and(|entry| object.ids().any(|id| entry.has_id(id)))
        {
            record.moved += 1;
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
        let is_never_pruned =
            find(address.collection).is_some_and(|kind| options.prune(kind) == Prune::None);
        // What is declared and waits for a person has gone all the same.
        // Another object that has its name takes its place.
        if absent.contains(address) && !rows.is_live(address) {
            record.let_go += 1;
        } else if is_never_pruned && !entry.prevent_destroy && !desired.state.contains_key(address)
        {
            record.let_go += 1;
            plan.no_longer_declared.push(address.clone());
        }
    }
    plan.summary.record = record;
}
