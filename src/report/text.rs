//! The plan as text for a terminal or a log.

use std::fmt::Write as _;

use super::lines::{self, Line, STEP, Sign};
use super::{
    FIELDS_LEFT, Paint, Style, count, fields_left, first_taken_over, forecast, heading,
    moved_handles, not_compared, refused, risks, summary, table, taken_over, together,
};
use crate::kind::Risk;
use crate::plan::alike::Alike;
use crate::plan::{Acknowledged, Plan, Step};
use crate::safe::safe;

/// A plan of so many steps fits on no screen: it begins with a table of kinds by verbs, below what has
/// to be seen first.
const LONG: usize = 30;

/// One block a step, then what was acknowledged or not compared, then the summary; of a
/// refused plan the last line says so.
#[must_use]
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    add_risks(&mut out, plan, style);
    if plan.steps.len() >= LONG {
        let _ = writeln!(out, "{}:", count(plan.steps.len(), "step"));
        let steps = plan.steps.iter();
        let steps = steps.map(|step| (step.address.collection, step.verb));
        table::add(&mut out, steps, style.width);
        out.push('\n');
    }
    for step in &plan.steps {
        add_step(&mut out, step, style);
        out.push('\n');
    }
    section(
        &mut out,
        "These may be renames:",
        plan.alike.iter().map(Alike::told),
    );
    section(
        &mut out,
        "Acknowledged differences:",
        plan.acknowledged.iter().map(acknowledged),
    );
    for (title, addresses) in not_compared(&plan.not_compared) {
        section(&mut out, &format!("{title}:"), addresses.into_iter());
    }
    section(
        &mut out,
        "No longer declared; these stay in Zoho Desk, and the ledger lets them go:",
        together(&plan.no_longer_declared, style.verbose).into_iter(),
    );
    section(
        &mut out,
        &format!("{FIELDS_LEFT}:"),
        fields_left(&plan.fields_left).into_iter(),
    );
    let (named, more) = taken_over(plan, style.verbose);
    let more = (more > 0).then(|| format!("and {more} more; -v names all"));
    section(
        &mut out,
        "Taken over as they are:",
        named.into_iter().chain(more),
    );
    section(
        &mut out,
        "Owned under another handle from now on:",
        moved_handles(plan),
    );
    section(
        &mut out,
        "Gone from Zoho Desk; the ledger lets them go:",
        plan.gone.iter().map(ToString::to_string),
    );
    if let Some(line) = first_taken_over(plan) {
        out.push_str(line);
        out.push_str("\n\n");
    }
    section(
        &mut out,
        "Limited to:",
        plan.targets.iter().map(ToString::to_string),
    );
    section(
        &mut out,
        "Done besides, since a target needs it:",
        dragged(plan),
    );
    out.push_str(&summary(plan));
    out.push('\n');
    for line in [forecast(plan), refused(plan)].into_iter().flatten() {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// The steps that no target is, with the effects of those that concern people.
pub(super) fn dragged(plan: &Plan) -> impl Iterator<Item = String> {
    let needed = plan.steps.iter().filter(|step| step.needed);
    needed.map(|step| {
        let done = format!("{} {}", step.verb.as_str(), step.address);
        let is_of_people = step.risk.iter().any(|risk| risk.class == Risk::People);
        match step.effects.join("; ").as_str() {
            effects if is_of_people && !effects.is_empty() => format!("{done}: {effects}"),
            _ => done,
        }
    })
}

/// What has to be seen first.
fn add_risks(out: &mut String, plan: &Plan, style: Style) {
    let classes = risks::of(plan);
    if classes.is_empty() {
        return;
    }
    out.push_str("Look at this first:\n");
    for class in classes {
        let title = style.paint(Paint::Yellow, class.title);
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(out, "    {title} ({}):", class.count);
        for step in &class.named {
            let mut line = safe(&step.address).into_owned();
            if !step.about.is_empty() {
                let _ = write!(line, " ({})", safe(&step.about.join("; ")));
            }
            let _ = writeln!(out, "        {line}");
        }
        let more = class.count - class.named.len();
        if more > 0 {
            let _ = writeln!(out, "        and {more} more");
        }
    }
    out.push('\n');
}

/// One step with its changes.
pub(super) fn add_step(out: &mut String, step: &Step, style: Style) {
    let (sign, words, paint) = heading(step.verb);
    let address = step.address.to_string();
    let head = style.paint(paint, &format!("{sign} {words} {}", safe(&address)));
    let mark = if step.adopted { " (adopted)" } else { "" };
    // Writing into a string cannot fail, here and below.
    let _ = writeln!(out, "{head}{mark}");
    for line in lines::of(step, style.width, style.verbose) {
        add_line(out, &line, style);
    }
}

pub(super) fn add_line(out: &mut String, line: &Line, style: Style) {
    let text = &line.text;
    let deep = " ".repeat(STEP * line.depth);
    let row = match (line.nested, line.sign) {
        (false, _) => format!("    {deep}{text}"),
        (true, Sign::Plain) => format!("        {deep}{text}"),
        (true, Sign::Added) => {
            let row = format!("+ {text}");
            format!("      {deep}{}", style.paint(Paint::Green, row.trim_end()))
        }
        (true, Sign::Removed) => {
            let row = format!("- {text}");
            format!("      {deep}{}", style.paint(Paint::Red, row.trim_end()))
        }
    };
    out.push_str(row.trim_end());
    out.push('\n');
}

pub(super) fn section(out: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "{title}");
    for item in items {
        let _ = writeln!(out, "    {}", safe(&item));
    }
    out.push('\n');
}

pub(super) fn acknowledged(entry: &Acknowledged) -> String {
    let mut text = entry.address.to_string();
    if let Some(field) = &entry.field {
        let _ = write!(text, " {}", lines::path(field));
    }
    let _ = write!(text, ": {}", entry.reason);
    if let Some(until) = &entry.until {
        let _ = write!(text, " (until {until})");
    }
    text
}
