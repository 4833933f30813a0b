//! The plan as Markdown, made for a comment on a pull request.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::lines::{self, Line, STEP, Sign};
use super::{
    FIELDS_LEFT, Whereabouts, count, fields_left, first_taken_over, forecast, moved_handles,
    not_compared, refused, risks, summary, taken_over, text,
};
use crate::plan::alike::Alike;
use crate::plan::{Acknowledged, Plan, Step};
use crate::safe::mask::masked;
use crate::safe::safe;
use crate::verb::Verb;

/// A comment is shorter than this; counted in bytes, which are never fewer than characters.
///
/// Source: the limit of GitHub's comments, 65,536 characters.
pub const LIMIT: usize = 65_536;
/// Room for the sentences that say what is not shown.
const TAIL: usize = 600;
/// Room for the lines in which a pipeline names the commit and the run of a comment.
pub const PIPELINE: usize = 800;
/// The longest name or reason, in characters.
const MAX_NAME: usize = 300;

/// The longest sentence that is shown.
const MAX_SENTENCE: usize = 4_000;
/// Room for the steps of one class of risk at the head, in bytes.
const MAX_CLASS: usize = 3_000;
/// The longest line of a step's details, in characters.
const MAX_LINE: usize = 2_000;
/// The longest details of one step, in bytes, so that none takes the room of all others.
const MAX_DETAILS: usize = 12_000;
/// The comment's hidden first line, by which a later run finds the comment to replace.
#[must_use]
pub fn marker(environment: &str) -> String {
    marker_of("plan", environment)
}

/// The hidden first line of a comment about something.
pub(super) fn marker_of(what: &str, environment: &str) -> String {
    let mut name = String::new();
    for c in environment.chars().take(MAX_NAME) {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') || (c == '-' && !name.ends_with('-'))
        {
            name.push(c);
        } else {
            // Writing into a string cannot fail, here and below.
            let _ = write!(name, "%{:X}", u32::from(c));
        }
    }
    format!("<!-- deskform {what}: {name} -->")
}

/// Summary first, then the steps by verb with their details folded; always [`PIPELINE`] below
/// [`LIMIT`].
///
/// Every step is named as long as the names fit; details are left out before names are.
#[must_use]
pub fn plan(plan: &Plan, whereabouts: &Whereabouts) -> String {
    let mut out = format!(
        "{}\n### deskform plan for {}\n\n",
        marker(&plan.environment),
        code(&plan.environment),
    );
    // Nobody shall take it for a good one.
    if let Some(line) = refused(plan) {
        let _ = write!(out, "**{}**\n\n", html(&line));
    }
    let _ = write!(
        out,
        "**{}**\n\n{}\n\n",
        summary(plan),
        sentence(whereabouts)
    );
    // It must not fall to what is cut off, so it comes before the steps.
    if let Some(line) = forecast(plan) {
        let _ = write!(out, "{line}\n\n");
    }
    add_risks(&mut out, plan);
    add_sections(&mut out, &sections(plan), "step", "plan");
    out
}

/// What has to be seen first.
fn add_risks(out: &mut String, plan: &Plan) {
    let classes = risks::of(plan);
    if classes.is_empty() {
        return;
    }
    out.push_str("#### Look at this first\n\n");
    for class in classes {
        let _ = writeln!(out, "- {} ({})", class.title, class.count);
        let (mut named, end) = (0, out.len() + MAX_CLASS);
        for step in &class.named {
            let mut line = format!("  - {}", code(&step.address));
            if !step.about.is_empty() {
                let _ = write!(line, ": {}", code(&step.about.join("; ")));
            }
            if out.len() + line.len() > end {
                break;
            }
            let _ = writeln!(out, "{line}");
            named += 1;
        }
        let more = class.count - named;
        if more > 0 {
            let _ = writeln!(out, "  - and {more} more");
        }
    }
    out.push('\n');
}

/// Says below the heading, which names the environment, where the rest is.
pub(super) fn sentence(whereabouts: &Whereabouts) -> String {
    format!("Organization {}.", whereabouts.told(code))
}

/// Adds sections as far as a comment takes them; `noun` is what the important entries are, and
/// `command` shows everything.
pub(super) fn add_sections(out: &mut String, sections: &[Section], noun: &str, command: &str) {
    let budget = LIMIT.saturating_sub(TAIL + PIPELINE + out.len());
    let names: usize = sections
        .iter()
        .map(|section| {
            section.title.len()
                + section
                    .entries
                    .iter()
                    .map(|entry| entry.name.len())
                    .sum::<usize>()
        })
        .sum();
    let (mut folded, mut hidden_steps, mut hidden_remarks) = (0, 0, 0);
    if names <= budget {
        let mut spare = budget - names;
        for section in sections {
            out.push_str(&section.title);
            for entry in &section.entries {
                match &entry.details {
                    Some(details) if details.len() <= spare => {
                        spare -= details.len();
                        out.push_str(details);
                    }
                    Some(_) => {
                        folded += 1;
                        out.push_str(&entry.name);
                    }
                    None => out.push_str(&entry.name),
                }
            }
        }
    } else {
        let mut spare = budget;
        for section in sections {
            let mut title = section.title.as_str();
            for entry in &section.entries {
                let size = title.len() + entry.name.len();
                if size <= spare && hidden_steps + hidden_remarks == 0 {
                    spare -= size;
                    out.push_str(title);
                    out.push_str(&entry.name);
                    title = "";
                } else if section.steps {
                    hidden_steps += 1;
                } else {
                    hidden_remarks += 1;
                }
            }
        }
        folded = 1;
    }
    let hidden = (hidden_steps, hidden_remarks);
    tail(out, folded > 0, hidden, noun, command);
}

fn tail(
    out: &mut String,
    without_details: bool,
    hidden: (usize, usize),
    noun: &str,
    command: &str,
) {
    let sentence = match hidden {
        (0, 0) if !without_details => return,
        (0, 0) => "Some details are not shown here".to_owned(),
        (0, remarks) => format!(
            "Details and {} are not shown here",
            count(remarks, "remark")
        ),
        (steps, 0) => format!("Details and {} are not shown here", count(steps, noun)),
        (steps, remarks) => format!(
            "Details, {} and {} are not shown here",
            count(steps, noun),
            count(remarks, "remark")
        ),
    };
    let _ = writeln!(
        out,
        "_{sentence}, since a comment has to be short. `deskform {command}` shows everything._"
    );
}

/// Entries below one heading.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) steps: bool,
    pub(super) entries: Vec<Entry>,
}

/// One step or remark: its name alone, or its name with details.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) details: Option<String>,
    /// For how many it counts: none where it says something of the others.
    pub(super) counts: usize,
}

fn sections(plan: &Plan) -> Vec<Section> {
    // What can do harm comes first.
    let verbs = [
        (Verb::Delete, "Delete"),
        (Verb::Replace, "Replace"),
        (Verb::Disable, "Disable"),
        (Verb::Update, "Update"),
        (Verb::Create, "Create"),
        (Verb::Manual, "By hand"),
    ];
    let mut sections: Vec<_> = verbs
        .into_iter()
        .map(|(verb, title)| {
            let steps = plan.steps.iter().filter(|step| step.verb == verb);
            (title, true, steps.map(step_entry).collect::<Vec<_>>())
        })
        .collect();
    let named = |names: &[String]| names.iter().map(|name| remark(&code(name))).collect();
    let alike: Vec<String> = plan.alike.iter().map(Alike::told).collect();
    sections.push(("These may be renames", false, named(&alike)));
    let acknowledged = plan
        .acknowledged
        .iter()
        .map(acknowledged)
        .map(|text| remark(&text));
    sections.push(("Acknowledged differences", false, acknowledged.collect()));
    for (title, addresses) in not_compared(&plan.not_compared) {
        sections.push((title, false, named(&addresses)));
    }
    let stays: Vec<String> = plan
        .no_longer_declared
        .iter()
        .map(ToString::to_string)
        .collect();
    sections.push((
        "No longer declared; these stay in Zoho Desk, and the ledger lets them go",
        false,
        named(&stays),
    ));
    sections.push((FIELDS_LEFT, false, named(&fields_left(&plan.fields_left))));
    sections.push(taken_section(plan));
    let handles: Vec<String> = moved_handles(plan).collect();
    sections.push((
        "Owned under another handle from now on",
        false,
        named(&handles),
    ));
    let gone: Vec<String> = plan.gone.iter().map(ToString::to_string).collect();
    sections.push((
        "Gone from Zoho Desk; the ledger lets them go",
        false,
        named(&gone),
    ));
    let targets: Vec<String> = plan.targets.iter().map(ToString::to_string).collect();
    sections.push(("Limited to", false, named(&targets)));
    let dragged: Vec<String> = text::dragged(plan).collect();
    sections.push((
        "Done besides, since a target needs it",
        false,
        named(&dragged),
    ));
    let warnings = plan.warnings.iter().map(|warning| warning.message.clone());
    let warnings = warnings.map(|message| Entry {
        name: format!("> {}\n\n", code(&message)),
        details: None,
        counts: 1,
    });
    sections.push(("Warnings", false, warnings.collect()));
    sections
        .into_iter()
        .filter(|(_, _, entries)| !entries.is_empty())
        .map(|(title, steps, entries)| {
            let items: usize = entries.iter().map(|entry| entry.counts).sum();
            let items = match items {
                0 => String::new(),
                items => format!(" ({items})"),
            };
            Section {
                title: format!("#### {title}{items}\n\n"),
                steps,
                entries,
            }
        })
        .collect()
}

fn remark(text: &str) -> Entry {
    Entry {
        name: format!("- {text}\n\n"),
        details: None,
        counts: 1,
    }
}

/// What is owned from now on.
fn taken_section(plan: &Plan) -> (&'static str, bool, Vec<Entry>) {
    let (taken, more) = taken_over(plan, false);
    let mut entries: Vec<Entry> = taken.iter().map(|name| remark(&code(name))).collect();
    if more > 0 {
        let words = format!("and {more} more; `deskform plan -v` names all");
        entries.push(Entry {
            counts: more,
            ..remark(&words)
        });
    }
    entries.extend(first_taken_over(plan).map(|line| Entry {
        name: format!("{line}\n\n"),
        details: None,
        // What changes stands among the steps, and counts there.
        counts: 0,
    }));
    let title = if plan.taken_over.is_empty() {
        "Taken over with a change"
    } else {
        "Taken over as they are"
    };
    (title, false, entries)
}

fn step_entry(step: &Step) -> Entry {
    let address = step.address.to_string();
    let mark = if step.adopted { " (adopted)" } else { "" };
    let name = format!("- {}{mark}\n\n", code(&address));
    // Requests and prerequisites are for the terminal; here 100 characters make a line.
    let lines = lines::of(step, 100, false);
    let details = (!lines.is_empty()).then(|| folded(&address, mark, &lines));
    Entry {
        name,
        details,
        counts: 1,
    }
}

/// An address with lines that unfold.
pub(super) fn folded(address: &str, mark: &str, lines: &[Line]) -> String {
    format!(
        "<details><summary><code>{}</code>{mark}</summary>\n\n{}\n</details>\n\n",
        html(address),
        fenced(lines)
    )
}

pub(super) fn acknowledged(entry: &Acknowledged) -> String {
    let mut text = code(&entry.address.to_string());
    if let Some(field) = &entry.field {
        let _ = write!(text, " {}", code(&lines::path(field)));
    }
    let _ = write!(text, ": {}", code(&entry.reason));
    if let Some(until) = &entry.until {
        let _ = write!(text, " until {}", code(until));
    }
    text
}

/// Lines in a fence that nothing inside can close.
fn fenced(lines: &[Line]) -> String {
    let mut body = String::new();
    for (index, line) in lines.iter().enumerate() {
        let sign = match line.sign {
            Sign::Plain => ' ',
            Sign::Added => '+',
            Sign::Removed => '-',
        };
        let indent = " ".repeat(if line.nested { 4 } else { 1 } + STEP * line.depth);
        let row = format!("{sign}{indent}{}", cut(&line.text, MAX_LINE));
        if body.len() + row.len() > MAX_DETAILS {
            let _ = writeln!(body, "  … and {}", count(lines.len() - index, "more line"));
            break;
        }
        body.push_str(row.trim_end());
        body.push('\n');
    }
    let fence = "`".repeat(longest_run(&body).max(2) + 1);
    format!("{fence}diff\n{body}{fence}\n")
}

/// A text as a code span: nothing in it is read as Markdown, HTML, a mention or a reference.
pub(super) fn code(text: &str) -> String {
    let text = safe(text);
    let text = cut(&text, MAX_NAME);
    let ticks = "`".repeat(longest_run(&text) + 1);
    if text.is_empty() {
        return "` `".to_owned();
    }
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A name inside an HTML element.
pub(super) fn html(text: &str) -> String {
    html_within(text, MAX_NAME)
}

/// A sentence inside an HTML element: it ends with what to do.
pub(super) fn html_sentence(text: &str) -> String {
    html_within(text, MAX_SENTENCE)
}

fn html_within(text: &str, most: usize) -> String {
    let mut out = String::new();
    for c in cut(&safe(text), most).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// At most so many characters; what is never printed goes first, since a part of it tells, too.
fn cut(text: &str, max: usize) -> Cow<'_, str> {
    let text = masked(text);
    match text.char_indices().nth(max) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => text,
    }
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
