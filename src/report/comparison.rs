//! A comparison of two sides as text, JSON and Markdown.

use std::fmt::Write as _;

use super::lines::{self, Line};
use super::markdown::{self, Entry as Item, Section};
use super::{Paint, Style, parts, text};
use crate::comparison::{Entry, Field, Report, Side, Where};
use crate::plan::FieldChange;
use crate::problem::counted;
use crate::safe::{self, safe};
use crate::verb::Verb;

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

/// The sides, then one block a resource that is not the same on both, then the summary.
#[must_use]
pub fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for (sign, paint, side) in [('-', Paint::Red, &report.a), ('+', Paint::Green, &report.b)] {
        let line = format!("{sign} {}", told(side, plain));
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(out, "{}", style.paint(paint, &line));
    }
    out.push('\n');
    for found in Where::ALL {
        let mut entries = of(report, found).peekable();
        if entries.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "{}:\n", title(report, found, plain));
        for entry in entries {
            let (sign, paint, _) = look(found);
            let head = style.paint(
                paint,
                &format!("{sign} {}", safe(&entry.address.to_string())),
            );
            let _ = writeln!(out, "{head}{}", mark(entry, plain));
            for line in lines_of(entry, style.width) {
                text::add_line(&mut out, &line, style);
            }
            out.push('\n');
        }
    }
    text::section(
        &mut out,
        "Acknowledged differences:",
        report.acknowledged.iter().map(text::acknowledged),
    );
    for (title, addresses) in remarks(report) {
        text::section(&mut out, &format!("{title}:"), addresses.iter().cloned());
    }
    out.push_str(&summary(report, plain));
    out.push('\n');
    out
}

/// The report for a comment or the summary of a job; always below [`markdown::LIMIT`].
#[must_use]
pub fn markdown(report: &Report) -> String {
    let name = format!("{} {}", report.a.name, report.b.name);
    let mut out = format!(
        "{}\n### deskform diff of {} and {}\n\n**{}**\n\n",
        markdown::marker_of("diff", &name),
        markdown::code(&report.a.name),
        markdown::code(&report.b.name),
        summary(report, markdown::code),
    );
    for (sign, side) in [("-", &report.a), ("+", &report.b)] {
        let _ = writeln!(out, "- `{sign}` {}", told(side, markdown::code));
    }
    out.push('\n');
    let mut sections = Vec::new();
    let mut add = |title: String, steps: bool, entries: Vec<Item>| {
        if !entries.is_empty() {
            sections.push(Section {
                title: format!("#### {title} ({})\n\n", entries.len()),
                steps,
                entries,
            });
        }
    };
    for found in Where::ALL {
        let entries = of(report, found).map(item).collect();
        add(title(report, found, markdown::code), true, entries);
    }
    let remark = |text: String| Item {
        name: format!("- {text}\n\n"),
        details: None,
        counts: 1,
    };
    let acknowledged = report.acknowledged.iter().map(markdown::acknowledged);
    add(
        "Acknowledged differences".to_owned(),
        false,
        acknowledged.map(remark).collect(),
    );
    for (title, addresses) in remarks(report) {
        let addresses = addresses.iter().map(|address| markdown::code(address));
        add(title.to_owned(), false, addresses.map(remark).collect());
    }
    markdown::add_sections(&mut out, &sections, "resource", "diff");
    out
}

/// The one line that sums a report up; `shown` makes the names of the sides harmless.
fn summary(report: &Report, shown: fn(&str) -> String) -> String {
    let counts = &report.summary;
    let only_in = |side: &Side| format!("only in {}", shown(&side.name));
    let differs = parts(&[
        (counts.only_in_a, &only_in(&report.a)),
        (counts.only_in_b, &only_in(&report.b)),
        (counts.different, "different"),
    ]);
    let is_whole = report.not_compared.is_empty() && report.unclear.is_empty();
    match (differs.is_empty(), is_whole) {
        (false, _) => format!("Differences: {differs}, {} equal.", counts.equal),
        (true, true) => format!("No differences: {}.", equal(counts.equal)),
        (true, false) => format!(
            "No differences in what could be compared: {}.",
            equal(counts.equal)
        ),
    }
}

/// A foreign text in a text.
fn plain(text: &str) -> String {
    safe(text).into_owned()
}

fn equal(number: usize) -> String {
    match number {
        0 => "no resource was compared".to_owned(),
        1 => "1 resource is equal".to_owned(),
        number => format!("{} are equal", counted(number, "resource")),
    }
}

/// A side in words; `shown` makes harmless what comes from outside.
fn told(side: &Side, shown: fn(&str) -> String) -> String {
    let mut told = format!("{} (", shown(&side.name));
    // Writing into a string cannot fail, here and below.
    if let Some(id) = &side.org_id {
        let _ = write!(told, "organization {}", shown(id));
    } else {
        if let Some(commit) = &side.commit {
            let _ = write!(told, "commit {}, ", shown(commit));
        }
        let _ = write!(told, "composed for {}", shown(&side.environment));
    }
    told.push(')');
    told
}

/// What stands below the differences and does not count.
fn remarks(report: &Report) -> [(&'static str, &Vec<String>); 2] {
    [
        (
            "Not compared, or not whole, since something about them is not known",
            &report.not_compared,
        ),
        (
            "Not compared, since it is not clear what they are",
            &report.unclear,
        ),
    ]
}

fn title(report: &Report, found: Where, shown: fn(&str) -> String) -> String {
    let (a, b) = (shown(&report.a.name), shown(&report.b.name));
    match found {
        Where::OnlyInA => format!("Only in {a}"),
        Where::OnlyInB => format!("Only in {b}"),
        Where::Both => format!("Different ({a} → {b})"),
    }
}

/// The sign of a resource, its colour, and the verb whose lines it has.
const fn look(found: Where) -> (char, Paint, Verb) {
    match found {
        Where::OnlyInA => ('-', Paint::Red, Verb::Delete),
        Where::OnlyInB => ('+', Paint::Green, Verb::Create),
        Where::Both => ('~', Paint::Yellow, Verb::Update),
    }
}

fn of(report: &Report, found: Where) -> impl Iterator<Item = &Entry> {
    let entries = report.differences.iter();
    entries.filter(move |entry| entry.found == found)
}

/// What is said beside an address.
fn mark(entry: &Entry, shown: fn(&str) -> String) -> String {
    let other = entry.other.as_ref();
    let other = other.map(|other| format!(" (there {})", shown(&other.to_string())));
    other.unwrap_or_default()
}

fn item(entry: &Entry) -> Item {
    let address = entry.address.to_string();
    let mark = mark(entry, markdown::html);
    let lines = lines_of(entry, 100);
    Item {
        name: format!("- {}{mark}\n\n", markdown::code(&address)),
        details: (!lines.is_empty()).then(|| markdown::folded(&address, &mark, &lines)),
        counts: 1,
    }
}

fn lines_of(entry: &Entry, width: usize) -> Vec<Line> {
    let (_, _, verb) = look(entry.found);
    let changes = entry.fields.iter().map(|field| {
        let Field {
            field,
            a,
            b,
            secret,
        } = field.clone();
        FieldChange {
            field,
            before: a,
            after: b,
            secret,
            sets_back: None,
        }
    });
    let changes: Vec<FieldChange> = changes.collect();
    lines::of_changes(&entry.address, verb, &changes, width)
}
