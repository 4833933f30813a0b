//! What happens during an apply, for the renderers.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::Plan;
use serde::Serialize;

use crate::run_record::history::{Came, PastResult};
use crate::safe::mask::masked;
use crate::state::Address;
use crate::verb::Verb;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// The run begins.
    Started {
        /// How many steps will be tried; manual ones do not count.
        steps: usize,
    },
    /// A step begins.
    StepStarted {
        /// The resource.
        address: Address,
        /// What is done.
        verb: Verb,
    },
    /// A step ended.
    StepFinished {
        /// The resource.
        address: Address,
        /// What was to be done.
        verb: Verb,
        /// How it ended.
        outcome: Outcome,
    },
    /// The run ended.
    Finished {
        /// The counts.
        report: Tally,
    },
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "outcome",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Outcome {
    /// It was done.
    Applied {
        /// The object's id.
        id: Option<String>,
    },
    /// It was refused.
    Failed {
        /// The cause, a whole sentence without a final period.
        error: String,
        /// The way out.
        hint: Option<String>,
        /// What the server calls the failed call.
        request_id: Option<String>,
        /// Whether some of its writes were done before one was refused.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        partly: bool,
    },
    /// It was not tried, since a step it needs did not succeed.
    Skipped {
        /// The resource whose step did not succeed.
        because: Address,
    },
    /// It was sent and nobody knows whether it was done.
    Unknown {
        /// What to look at.
        error: String,
        /// The way out, where there is more than to look.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// It was not tried, since the run was stopped.
    Stopped,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Tally {
    /// Counts one outcome.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Applied { .. } => self.applied += 1,
            Outcome::Failed { partly, .. } => {
                self.failed += 1;
                self.partly += usize::from(*partly);
            }
            Outcome::Skipped { .. } => self.skipped += 1,
            Outcome::Unknown { .. } => self.unknown += 1,
            Outcome::Stopped => self.stopped += 1,
        }
    }
}

/// Counts of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Steps done.
    pub applied: usize,
    /// Steps refused.
    pub failed: usize,
    /// Of these, steps some of whose writes were done.
    #[serde(skip_serializing_if = "is_zero")]
    pub partly: usize,
    /// Steps not tried because of others.
    pub skipped: usize,
    /// Steps with an unknown outcome.
    pub unknown: usize,
    /// Steps not tried since the run was stopped.
    pub stopped: usize,
    /// Steps left for a person.
    pub manual: usize,
    /// Calls sent, reads included.
    pub calls: u64,
}

/// What came of the steps that were tried, as it is kept of a run.
#[must_use]
pub fn results(events: &[Event]) -> Vec<PastResult> {
    let result = |event: &Event| {
        let Event::StepFinished {
            address,
            verb,
            outcome,
        } = event
        else {
            return None;
        };
        let (result, id, error) = match outcome {
            Outcome::Applied { id } => (Came::Applied, id.clone(), None),
            Outcome::Failed { error, partly, .. } => {
                let result = if *partly { Came::Partly } else { Came::Failed };
                (result, None, Some(masked(error).into_owned()))
            }
            Outcome::Unknown { error, .. } => {
                (Came::Unknown, None, Some(masked(error).into_owned()))
            }
            Outcome::Skipped { .. } | Outcome::Stopped => return None,
        };
        Some(PastResult {
            address: address.clone(),
            verb: *verb,
            result,
            id,
            error,
        })
    };
    events.iter().filter_map(result).collect()
}

/// The addresses all of whose steps were done.
#[must_use]
pub fn finished(plan: &Plan, events: &[Event]) -> BTreeSet<Address> {
    let mut left: BTreeMap<&Address, usize> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| step.verb != Verb::Manual) {
        *left.entry(&step.address).or_default() += 1;
    }
    for event in events {
        if let Event::StepFinished {
            address,
            outcome: Outcome::Applied { .. },
            ..
        } = event
            && let Some(left) = left.get_mut(address)
        {
            *left = left.saturating_sub(1);
        }
    }
    left.into_iter()
        .filter(|(_, left)| *left == 0)
        .map(|(address, _)| address.clone())
        .collect()
}
