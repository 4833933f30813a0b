//! What happens during an apply, and how it ended, as text.

use std::fmt::Write as _;

use super::{Paint, Style, count, heading, parts, text};
use crate::apply::event::{Event, Outcome, Tally};
use crate::plan::Plan;
use crate::safe::safe;
use crate::state::Address;
use crate::verb::Verb;

/// The line, or lines, for one event; nothing for events that only a verbose style shows.
#[must_use]
pub fn line(event: &Event, style: Style) -> Option<String> {
    match event {
        Event::Started { steps: 0 } => None,
        Event::Started { steps } => Some(format!("Applying {}.", count(*steps, "step"))),
        Event::StepStarted { address, verb } => style
            .verbose
            .then(|| format!("  {} {} …", heading(*verb).1, name(address))),
        Event::StepFinished {
            address,
            verb,
            outcome,
        } => Some(ended(address, *verb, outcome, style)),
        Event::Finished { report } => Some(tally(report)),
    }
}

/// The final report: what did not succeed and why, what a person has to do, and the counts.
#[must_use]
pub fn report(plan: &Plan, events: &[Event], style: Style) -> String {
    let mut out = String::new();
    // Failures first, then what they led to.
    for rank in 0..4 {
        let mut any = false;
        for event in events {
            if let Event::StepFinished {
                address,
                verb,
                outcome,
            } = event
                && rank_of(outcome) == Some(rank)
            {
                out.push_str(&ended(address, *verb, outcome, style));
                out.push('\n');
                any = true;
            }
        }
        if any {
            out.push('\n');
        }
    }
    for step in plan.steps.iter().filter(|step| step.verb == Verb::Manual) {
        text::add_step(&mut out, step, style);
        out.push('\n');
    }
    let last = events.iter().rev().find_map(|event| match event {
        Event::Finished { report } => Some(*report),
        _ => None,
    });
    if let Some(report) = last {
        out.push_str(&tally(&report));
        out.push('\n');
    }
    out
}

const fn rank_of(outcome: &Outcome) -> Option<u8> {
    match outcome {
        Outcome::Applied { .. } => None,
        Outcome::Failed { .. } => Some(0),
        Outcome::Unknown { .. } => Some(1),
        Outcome::Skipped { .. } => Some(2),
        Outcome::Stopped => Some(3),
    }
}

fn ended(address: &Address, verb: Verb, outcome: &Outcome, style: Style) -> String {
    let (sign, words, paint) = heading(verb);
    let step = format!("{words} {}", name(address));
    match outcome {
        Outcome::Applied { id } => {
            let mut line = style.paint(paint, &format!("{sign} {} {}", done(verb), name(address)));
            if let (true, Some(id)) = (style.verbose, id) {
                // Writing into a string cannot fail, here and below.
                let _ = write!(line, " (id {})", safe(id));
            }
            line
        }
        Outcome::Failed {
            error,
            hint,
            request_id,
            partly,
        } => {
            let partly = if *partly {
                " after a part of it was done"
            } else {
                ""
            };
            let mut line = format!(
                "{}: {step}{partly}: {}",
                style.paint(Paint::Red, "failed"),
                safe(error)
            );
            if let Some(hint) = hint {
                let _ = write!(line, "\n    hint: {}", safe(hint));
            }
            if let Some(id) = request_id {
                let _ = write!(line, "\n    request id: {}", safe(id));
            }
            line
        }
        Outcome::Skipped { because } => format!(
            "{}: {step}, because {} did not succeed",
            style.paint(Paint::Yellow, "skipped"),
            name(because)
        ),
        Outcome::Unknown { error, hint } => {
            let mut line = format!(
                "{}: {step}: {}",
                style.paint(Paint::Red, "unknown"),
                safe(error)
            );
            if let Some(hint) = hint {
                let _ = write!(line, "\n    hint: {}", safe(hint));
            }
            line
        }
        Outcome::Stopped => format!(
            "{}: {step} was not tried",
            style.paint(Paint::Yellow, "stopped")
        ),
    }
}

fn name(address: &Address) -> String {
    safe(&address.to_string()).into_owned()
}

const fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "updated",
        Verb::Replace => "replaced",
        Verb::Delete => "deleted",
        Verb::Disable => "disabled",
        Verb::Manual => "left for a person:",
    }
}

/// The counts in one line, such as `Applied 12 of 14 steps: 1 failed, 1 skipped. 15 calls.`
#[must_use]
pub fn tally(tally: &Tally) -> String {
    let not = [
        (tally.failed, "failed"),
        (tally.unknown, "unknown"),
        (tally.skipped, "skipped"),
        (tally.stopped, "stopped"),
    ];
    let all = tally.applied + not.iter().map(|(number, _)| number).sum::<usize>();
    let mut line = if all == 0 {
        "Nothing to apply.".to_owned()
    } else {
        let mut line = format!("Applied {} of {}", tally.applied, count(all, "step"));
        let rest = parts(&not);
        if !rest.is_empty() {
            let _ = write!(line, ": {rest}");
        }
        line.push('.');
        line
    };
    if tally.calls > 0 {
        let _ = write!(
            line,
            " {}.",
            count(usize::try_from(tally.calls).unwrap_or(usize::MAX), "call")
        );
    }
    if tally.manual > 0 {
        let _ = write!(line, " {} left to do by hand.", count(tally.manual, "step"));
    }
    line
}
