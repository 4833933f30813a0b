//! What happens during an apply, and how it ended, as text.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::markdown::{self, Entry, Section};
use super::{Paint, Style, Whereabouts, count, heading, parts, recorded, table, text};
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

/// What went wrong up to now, so that one cause is told once while a run goes on.
///
/// The closing report counts what ended alike, and names some of it.
#[derive(Debug, Default)]
pub struct Told(HashSet<(u8, String, Option<String>)>);

impl Told {
    /// The lines for one event; nothing for a failure that reads as an earlier one did, unless the
    /// style is verbose.
    #[must_use]
    pub fn line(&mut self, event: &Event, style: Style) -> Option<String> {
        if let Event::StepFinished { outcome, .. } = event
            && let Some(rank) = rank_of(outcome)
        {
            let (rank, error, rest) = likeness(rank, outcome);
            let is_new = self
                .0
                .insert((rank, error.to_owned(), rest.map(str::to_owned)));
            if !is_new && !style.verbose {
                return None;
            }
        }
        line(event, style)
    }
}

/// What ended a run before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Ctrl-C, or a signal of the system.
    Signal,
    /// The lock was lost to another run.
    LockLost,
    /// The calls or credits of the day are used up.
    DayOver,
    /// Another limit lasts longer than the run may wait.
    WaitTooLong,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End {
    /// What ended it before its end.
    pub cause: Option<Cause>,
    /// Whether it applied a saved plan.
    pub saved: bool,
    /// Whether the ledger was saved at its end, with what the plan says of it.
    pub recorded: bool,
    /// How long it took, in seconds.
    pub seconds: u64,
}

/// How many reports of one rank are told, and how many resources one of them names.
const TOLD: usize = 5;
const NAMED: usize = 3;
/// How many steps to do by hand are told in full beside what did not succeed.
const BY_HAND: usize = 2;
/// A run that took less needs no word about it, in seconds.
const BRIEF: u64 = 10;

/// The final report: what did not succeed and why, what a person has to do, and the counts.
#[must_use]
pub fn report(plan: &Plan, events: &[Event], style: Style) -> String {
    let mut out = String::new();
    for group in groups(events) {
        out.push_str(&group.text(style));
        out.push('\n');
    }
    let aborted = !out.is_empty();
    let mut by_hand = plan.steps.iter().filter(|step| step.verb == Verb::Manual);
    let told = if aborted { BY_HAND } else { usize::MAX };
    for step in by_hand.by_ref().take(told) {
        text::add_step(&mut out, step, style);
        out.push('\n');
    }
    let more = by_hand.count();
    if more > 0 {
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(
            out,
            "{} to do by hand; `deskform plan` tells them.\n",
            count(more, "more step")
        );
    }
    if let Some(report) = last(events) {
        out.push_str(&tally(&report));
        out.push('\n');
    }
    out
}

/// The final report with how long it took and, where it did not do everything, why and what to do next.
#[must_use]
pub fn closing(plan: &Plan, events: &[Event], end: &End, style: Style) -> String {
    let mut out = report(plan, events, style);
    if let Some(line) = recorded(plan).filter(|_| end.recorded) {
        out.push_str(&line);
        out.push('\n');
    }
    if let Some(took) = took(end) {
        out.push_str(&took);
        out.push('\n');
    }
    if let Some(next) = next(events, end) {
        out.push_str(&next);
        out.push('\n');
    }
    out
}

fn last(events: &[Event]) -> Option<Tally> {
    events.iter().rev().find_map(|event| match event {
        Event::Finished { report } => Some(*report),
        _ => None,
    })
}

fn took(end: &End) -> Option<String> {
    let (minutes, seconds) = (end.seconds / 60, end.seconds % 60);
    match minutes {
        0 if seconds < BRIEF => None,
        0 => Some(format!("Took {seconds} s.")),
        1..60 => Some(format!("Took {minutes} min {seconds} s.")),
        _ => Some(format!("Took {} h {} min.", minutes / 60, minutes % 60)),
    }
}

/// Why a run did not do everything, and what to do next; nothing where it did.
fn next(events: &[Event], end: &End) -> Option<String> {
    let tally = last(events)?;
    if tally.failed + tally.unknown + tally.skipped + tally.stopped == 0 {
        return None;
    }
    let again = if end.saved {
        "make a new plan with `deskform plan --out FILE` and apply it"
    } else {
        "run `deskform apply` again"
    };
    let goes_on = "it goes on where this run ended";
    Some(match end.cause {
        Some(Cause::Signal) => format!("Stopped by a signal. Next: {again}; {goes_on}."),
        Some(Cause::LockLost) => format!(
            "Stopped, since another run took the lock. Next: wait for that run, then {again}; {goes_on}."
        ),
        Some(Cause::DayOver) => format!(
            "Stopped, since the day's calls are used up. Next: wait for the next day, then {again}; {goes_on}."
        ),
        Some(Cause::WaitTooLong) => format!(
            "Stopped, since a limit lasts longer than `--max-wait` allows. Next: wait until it ends, or allow a longer wait, then {again}; {goes_on}."
        ),
        None if tally.failed > 0 => {
            format!("Next: mend what failed, then {again}; what is done is not done twice.")
        }
        None => format!("Next: {again}; it looks up what became of the rest."),
    })
}

/// Steps that ended alike, and are told as one.
struct Group<'e> {
    rank: u8,
    outcome: &'e Outcome,
    steps: Vec<(&'e Address, Verb)>,
    /// How many more such groups there are, of which nothing is told.
    more: usize,
}

/// What did not succeed: failures first, then what they led to; equal ones once, floods counted.
fn groups(events: &[Event]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<(u8, &str, Option<&str>), usize> = HashMap::new();
    for event in events {
        let Event::StepFinished {
            address,
            verb,
            outcome,
        } = event
        else {
            continue;
        };
        let Some(rank) = rank_of(outcome) else {
            continue;
        };
        let place = *places
            .entry(likeness(rank, outcome))
            .or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group {
                rank,
                outcome,
                steps: Vec::new(),
                more: 0,
            });
        }
        groups[place].steps.push((address, *verb));
    }
    groups.sort_by_key(|group| group.rank);
    let mut told: Vec<Group<'_>> = Vec::new();
    for group in groups {
        let of_rank = told.iter().filter(|one| one.rank == group.rank).count();
        match told.last_mut() {
            Some(last) if of_rank == TOLD => last.more += group.steps.len(),
            _ => told.push(group),
        }
    }
    told
}

/// What makes outcomes equal for a reader.
fn likeness(rank: u8, outcome: &Outcome) -> (u8, &str, Option<&str>) {
    match outcome {
        Outcome::Failed { error, hint, .. } | Outcome::Unknown { error, hint } => {
            (rank, error, hint.as_deref())
        }
        Outcome::Skipped { because } => (rank, &because.handle, Some(because.collection)),
        Outcome::Applied { .. } | Outcome::Stopped => (rank, "", None),
    }
}

impl Group<'_> {
    fn text(&self, style: Style) -> String {
        let mut out = String::new();
        if let (Outcome::Stopped, true) = (self.outcome, self.steps.len() > NAMED) {
            let title = format!("not tried ({}):", self.steps.len());
            out.push_str(&style.paint(Paint::Yellow, &title));
            out.push('\n');
            let counted = self
                .steps
                .iter()
                .map(|(address, verb)| (address.collection, *verb));
            table::add(&mut out, counted, style.width);
            return out;
        }
        for (address, verb) in self.steps.iter().take(NAMED) {
            out.push_str(&ended(address, *verb, self.outcome, style));
            out.push('\n');
            if self.steps.len() > NAMED {
                break;
            }
        }
        let more = self.steps.len().saturating_sub(NAMED) + self.more;
        if self.steps.len() > NAMED {
            let others = self.steps.iter().skip(1).take(NAMED - 1);
            let others: Vec<String> = others.map(|(address, _)| name(address)).collect();
            let _ = writeln!(out, "    likewise {} and {more} more", others.join(", "));
        } else if self.more > 0 {
            let _ = writeln!(out, "    and {more} more steps for other reasons");
        }
        out
    }
}

/// The final report as Markdown, for the summary of a pipeline's step: far below the 1,024 KiB that it
/// may have.
#[must_use]
pub fn markdown(plan: &Plan, events: &[Event], end: &End, whereabouts: &Whereabouts) -> String {
    let mut out = format!(
        "{}\n### deskform apply to {}\n\n",
        markdown::marker_of("apply", &plan.environment),
        markdown::code(&plan.environment),
    );
    let counts = last(events)
        .map(|report| tally(&report))
        .unwrap_or_default();
    let _ = write!(
        out,
        "**{counts}**\n\n{}\n\n",
        markdown::sentence(whereabouts)
    );
    let recorded = recorded(plan).filter(|_| end.recorded);
    for line in [recorded, took(end), next(events, end)]
        .into_iter()
        .flatten()
    {
        let _ = write!(out, "{line}\n\n");
    }
    let titles = ["Failed", "Unknown", "Skipped", "Not tried"];
    let mut sections: Vec<Section> = Vec::new();
    for (rank, title) in (0..).zip(titles) {
        sections.push(section(title, events, |outcome| {
            rank_of(outcome) == Some(rank)
        }));
    }
    sections.push(section("Applied", events, |outcome| {
        matches!(outcome, Outcome::Applied { .. })
    }));
    let by_hand = plan.steps.iter().filter(|step| step.verb == Verb::Manual);
    sections.push(Section {
        title: "#### By hand\n\n".to_owned(),
        steps: true,
        entries: by_hand
            .map(|step| {
                let instruction = step.instruction.as_deref().unwrap_or_default();
                entry(&step.address, Some(instruction))
            })
            .collect(),
    });
    sections.retain(|section| !section.entries.is_empty());
    markdown::add_sections(&mut out, &sections, "step", "runs");
    out
}

fn section(title: &str, events: &[Event], is_in: impl Fn(&Outcome) -> bool) -> Section {
    let entries = events.iter().filter_map(|event| match event {
        Event::StepFinished {
            address, outcome, ..
        } if is_in(outcome) => {
            let why = match outcome {
                Outcome::Failed { error, .. } | Outcome::Unknown { error, .. } => {
                    Some(error.clone())
                }
                Outcome::Skipped { because } => Some(format!("{because} did not succeed")),
                Outcome::Applied { .. } | Outcome::Stopped => None,
            };
            Some(entry(address, why.as_deref()))
        }
        _ => None,
    });
    Section {
        title: format!("#### {title}\n\n"),
        steps: true,
        entries: entries.collect(),
    }
}

fn entry(address: &Address, why: Option<&str>) -> Entry {
    let mut line = format!("- {}", markdown::code(&address.to_string()));
    if let Some(why) = why.filter(|why| !why.is_empty()) {
        let _ = write!(line, ": {}", markdown::code(why));
    }
    line.push('\n');
    Entry {
        name: line,
        details: None,
        counts: 1,
    }
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
