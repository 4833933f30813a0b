//! A report of drift as text, JSON and Markdown.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::lines::{self, Line};
use super::markdown::{self, Entry, Section};
use super::{FIELDS_LEFT, Paint, Style, Whereabouts, fields_left, not_compared, parts, text};
use crate::drift::{Drift, Moved, Report, What};
use crate::plan::FieldChange;
use crate::safe::{self, safe};

/// The sides in the order in which they are told, with what stands before and behind the arrow.
const SIDES: [(Moved, &str); 4] = [
    (Moved::Both, "Changed on both sides (last applied → now)"),
    (Moved::Live, "Changed in Zoho Desk (last applied → now)"),
    (
        Moved::Unknown,
        "Different, and no record says which side moved (Zoho Desk → manifests)",
    ),
    (
        Moved::Manifests,
        "Changed in the manifests and not applied (Zoho Desk → manifests)",
    ),
];

/// The report as indented JSON with a newline at the end.
///
/// Values are the manifest's own, references are addresses, null stands for "none". Within one
/// `formatVersion` fields are neither removed nor given another meaning.
#[must_use]
pub fn json(report: &Report) -> String {
    // Cannot fail: the report's maps have texts as keys.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    safe::json(text)
}

/// One block a resource below each side, then what does not count, then the summary.
#[must_use]
pub fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for (moved, title) in SIDES {
        let mut blocks = of_side(report, moved).peekable();
        if blocks.peek().is_none() {
            continue;
        }
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(out, "{}:\n", title_of(report, moved, title));
        for drifts in blocks {
            add_block(&mut out, &drifts, moved, style);
            out.push('\n');
        }
    }
    text::section(
        &mut out,
        "Acknowledged differences:",
        report.acknowledged.iter().map(text::acknowledged),
    );
    text::section(
        &mut out,
        &format!("{FIELDS_LEFT}:"),
        fields_left(&report.fields_left).into_iter(),
    );
    for (title, addresses) in remarks(report) {
        text::section(&mut out, &format!("{title}:"), addresses.iter().cloned());
    }
    out.push_str(&summary(report));
    out.push('\n');
    out
}

/// The report for a comment or the summary of a CI job; always below [`markdown::LIMIT`].
#[must_use]
pub fn markdown(report: &Report, whereabouts: &Whereabouts) -> String {
    let mut out = format!(
        "{}\n### deskform drift for {}\n\n**{}**\n\n{}\n\n",
        markdown::marker_of("drift", &report.environment),
        markdown::code(&report.environment),
        summary(report),
        markdown::sentence(whereabouts),
    );
    let mut sections = Vec::new();
    let mut add = |title: &str, steps: bool, entries: Vec<Entry>| {
        if !entries.is_empty() {
            sections.push(Section {
                title: format!("#### {title} ({})\n\n", entries.len()),
                steps,
                entries,
            });
        }
    };
    for (moved, title) in SIDES {
        let entries = of_side(report, moved)
            .map(|drifts| entry(&drifts, moved))
            .collect();
        add(&title_of(report, moved, title), true, entries);
    }
    let remark = |text: String| Entry {
        name: format!("- {text}\n\n"),
        details: None,
        counts: 1,
    };
    let acknowledged = report.acknowledged.iter().map(markdown::acknowledged);
    add(
        "Acknowledged differences",
        false,
        acknowledged.map(remark).collect(),
    );
    let left = fields_left(&report.fields_left);
    let left = left.iter().map(|line| markdown::code(line));
    add(FIELDS_LEFT, false, left.map(remark).collect());
    for (title, addresses) in remarks(report) {
        let addresses = addresses.iter().map(|address| markdown::code(address));
        add(title, false, addresses.map(remark).collect());
    }
    markdown::add_sections(&mut out, &sections, "resource", "drift");
    out
}

/// The one line that sums a report up.
#[must_use]
pub fn summary(report: &Report) -> String {
    let number = |moved: Moved| of_side(report, moved).count();
    let different = if report.three_way {
        "different for an unknown reason"
    } else {
        "different"
    };
    let sides = parts(&[
        (number(Moved::Both), "changed on both sides"),
        (number(Moved::Live), "changed in Zoho Desk"),
        (number(Moved::Unknown), different),
        (
            number(Moved::Manifests),
            "changed in the manifests and not applied",
        ),
    ]);
    let unclear = !report.not_compared.is_empty() || !report.unclear.is_empty();
    match (sides.is_empty(), unclear) {
        (false, _) => format!("Drift: {sides}."),
        (true, false) => "No drift.".to_owned(),
        (true, true) => "No drift in what could be compared.".to_owned(),
    }
}

/// What stands below the drift and does not count.
fn remarks(report: &Report) -> [(&'static str, Vec<String>); 4] {
    let [secret, unanswered] = not_compared(&report.not_compared);
    [
        secret,
        unanswered,
        (
            "Not compared, since it is not clear what they are",
            report.unclear.clone(),
        ),
        ("Limited to", report.targets.clone()),
    ]
}

fn title_of(report: &Report, moved: Moved, title: &str) -> String {
    if moved == Moved::Unknown && !report.three_way {
        "Different (Zoho Desk → manifests)".to_owned()
    } else {
        title.to_owned()
    }
}

/// What moved on one side, by resource.
fn of_side(report: &Report, moved: Moved) -> impl Iterator<Item = Vec<&Drift>> {
    let mut groups: Vec<Vec<&Drift>> = Vec::new();
    for drift in report.drifts.iter().filter(|drift| drift.moved == moved) {
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|d| d.address == drift.address) => {
                group.push(drift);
            }
            _ => groups.push(vec![drift]),
        }
    }
    groups.into_iter()
}

/// The sign of a resource, its colour, and what is said beside its address.
fn heading(drifts: &[&Drift]) -> (&'static str, Paint, String) {
    let whole = drifts.iter().find(|drift| drift.field.is_none());
    let (sign, paint) = match whole.map(|drift| drift.what) {
        Some(What::Deleted | What::Undeclared | What::Removed) => ("-", Paint::Red),
        Some(What::Missing | What::Appeared) => ("+", Paint::Green),
        _ => ("~", Paint::Yellow),
    };
    let mut mark = String::new();
    if let Some(drift) = whole {
        let _ = write!(mark, ": {}", drift.what.as_str());
    }
    let dated = drifts.iter().find(|drift| drift.modified.is_some());
    if let Some((drift, modified)) = dated.and_then(|d| Some((d, d.modified.as_ref()?))) {
        let _ = write!(mark, " (modified {}", safe(modified));
        if let Some(by) = &drift.by {
            let _ = write!(mark, " by {}", safe(by));
        }
        mark.push(')');
    }
    (sign, paint, mark)
}

fn add_block(out: &mut String, drifts: &[&Drift], moved: Moved, style: Style) {
    let Some(address) = drifts.first().map(|drift| drift.address.to_string()) else {
        return;
    };
    let (sign, paint, mark) = heading(drifts);
    let head = style.paint(paint, &format!("{sign} {}", safe(&address)));
    let _ = writeln!(out, "{head}{mark}");
    for line in lines_of(drifts, moved, style.width) {
        text::add_line(out, &line, style);
    }
}

fn entry(drifts: &[&Drift], moved: Moved) -> Entry {
    let address = drifts
        .first()
        .map(|drift| drift.address.to_string())
        .unwrap_or_default();
    let (_, _, mark) = heading(drifts);
    // What an API says of times and people is data: it is no Markdown and no HTML.
    let mark = markdown::html(&mark);
    let lines = lines_of(drifts, moved, 100);
    Entry {
        name: format!("- {}{mark}\n\n", markdown::code(&address)),
        details: (!lines.is_empty()).then(|| markdown::folded(&address, &mark, &lines)),
        counts: 1,
    }
}

fn lines_of(drifts: &[&Drift], moved: Moved, width: usize) -> Vec<Line> {
    let mut out = Vec::new();
    let fields: Vec<&Drift> = drifts
        .iter()
        .filter(|drift| drift.field.is_some())
        .copied()
        .collect();
    match moved {
        Moved::Live => {
            for drift in fields {
                add_field(&mut out, drift, &drift.applied, &drift.live, width);
            }
        }
        Moved::Manifests | Moved::Unknown => {
            for drift in fields {
                add_field(&mut out, drift, &drift.live, &drift.wanted, width);
            }
        }
        Moved::Both => {
            for drift in fields {
                for (side, now) in [
                    ("in Zoho Desk", &drift.live),
                    ("in the manifests", &drift.wanted),
                ] {
                    let at = out.len();
                    add_field(&mut out, drift, &drift.applied, now, width);
                    let name = drift.field.as_deref().map(lines::path).unwrap_or_default();
                    let name = safe(&name);
                    if let Some(line) = out.get_mut(at)
                        && let Some(rest) = line.text.strip_prefix(&*name)
                    {
                        line.text = format!("{name} {side}{rest}");
                    }
                }
            }
        }
    }
    out.extend(drifts.iter().filter_map(|drift| {
        let instruction = drift.instruction.as_ref()?;
        Some(Line::plain(format!("to do: {}", safe(instruction))))
    }));
    out
}

fn add_field(out: &mut Vec<Line>, drift: &Drift, before: &Json, after: &Json, width: usize) {
    let change = FieldChange {
        field: drift.field.clone().unwrap_or_default(),
        before: before.clone(),
        after: after.clone(),
        secret: drift.secret,
        sets_back: None,
    };
    lines::add_field(out, drift.address.collection, &change, false, width);
}
