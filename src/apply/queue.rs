//! Which task starts next: the first in the plan's order whose prerequisites have ended.
//!
//! The plan's order puts the longest remaining path first, so that taking the first ready task
//! shortens the whole run.

use std::collections::BTreeSet;

use crate::plan::task::Task;
use crate::state::Address;
use crate::verb::Verb;

/// How a task ended, for those that wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was done.
    Good,
    /// It was not done, or nobody knows.
    Bad,
}

/// What is to be done with a task whose turn has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// It starts.
    Go,
    /// It is left out, since this one was not done.
    Skip(Address),
}

/// The tasks that have not started. Every operation costs what it touches, so that a whole run is
/// linear in tasks and prerequisites but for the ordered set.
pub(super) struct Queue<'a> {
    tasks: &'a [Task],
    dependents: Vec<Vec<usize>>,
    /// How many prerequisites have not ended well yet.
    missing: Vec<usize>,
    ended: Vec<Option<End>>,
    waiting: Vec<bool>,
    /// Those that wait and can start, or must be left out.
    due: BTreeSet<usize>,
}

impl<'a> Queue<'a> {
    /// All tasks but those for a person.
    pub(super) fn new(tasks: &'a [Task]) -> Self {
        let mut dependents = vec![Vec::new(); tasks.len()];
        for (index, task) in tasks.iter().enumerate() {
            for needed in &task.prerequisites {
                if let Some(list) = dependents.get_mut(*needed) {
                    list.push(index);
                }
            }
        }
        let missing: Vec<usize> = tasks.iter().map(|task| task.prerequisites.len()).collect();
        let waiting: Vec<bool> = tasks.iter().map(|task| task.verb != Verb::Manual).collect();
        let due = (0..tasks.len())
            .filter(|index| waiting.get(*index) == Some(&true) && missing.get(*index) == Some(&0))
            .collect();
        Self {
            tasks,
            dependents,
            missing,
            ended: vec![None; tasks.len()],
            waiting,
            due,
        }
    }

    /// How many tasks have not started.
    pub(super) fn len(&self) -> usize {
        self.waiting.iter().filter(|waits| **waits).count()
    }

    /// Takes the first task that can start or must be left out.
    pub(super) fn pop(&mut self) -> Option<(usize, Start)> {
        let index = self.due.pop_first()?;
        if let Some(waits) = self.waiting.get_mut(index) {
            *waits = false;
        }
        let bad = self.tasks.get(index).and_then(|task| {
            task.prerequisites
                .iter()
                .find(|needed| self.ended.get(**needed) == Some(&Some(End::Bad)))
        });
        let start = match bad.and_then(|needed| self.tasks.get(*needed)) {
            Some(task) => Start::Skip(task.address.clone()),
            None => Start::Go,
        };
        Some((index, start))
    }

    /// Takes note of an end; what waited for it may be due now.
    pub(super) fn end(&mut self, index: usize, end: End) {
        if let Some(slot) = self.ended.get_mut(index) {
            *slot = Some(end);
        }
        for dependent in self.dependents.get(index).map_or(&[][..], Vec::as_slice) {
            let Some(missing) = self.missing.get_mut(*dependent) else {
                continue;
            };
            if end == End::Good {
                *missing = missing.saturating_sub(1);
            }
            // After one bad end the others do not matter.
            let is_due = *missing == 0 || end == End::Bad;
            if is_due && self.waiting.get(*dependent) == Some(&true) {
                self.due.insert(*dependent);
            }
        }
    }
}
