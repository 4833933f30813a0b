//! Plans, events and kinds as text, JSON and Markdown: pure functions that choose the words.

pub mod comparison;
pub mod doctor;
pub mod drift;
pub mod environments;
pub mod events;
pub mod explain;
pub mod json;
pub mod ledger_schema;
mod limits;
mod lines;
pub mod markdown;
pub mod output_schema;
pub mod plan_schema;
pub mod problems;
mod risks;
pub mod runs;
pub mod runs_schema;
mod table;
pub mod text;
pub mod topics;

#[cfg(test)]
mod alike_tests;
#[cfg(test)]
mod ended_tests;
#[cfg(test)]
mod mask_tests;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::dialect::{Dialect, Edition, Unit};
use crate::kind::{self, is_of_check};
use crate::ledger::NOWHERE;
use crate::plan::Plan;
use crate::plan::record::FieldLeft;
use crate::safe::safe;
use crate::state::Address;
use crate::verb::Verb;

/// Where a command works. Every report says it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The environment's name.
    pub environment: String,
    /// The organization's id.
    pub org_id: String,
    /// The organization's name, where the server tells it; otherwise empty.
    pub organization: String,
    /// The organization's edition; none where nothing tells it.
    pub edition: Option<Edition>,
    /// Whether the organization is simulated in this process.
    pub simulated: bool,
    /// The dialect that its API speaks.
    pub dialect: Dialect,
    /// The place of the ledger: a path from the project folder on, a URL, or [`NOWHERE`]; empty where
    /// nothing tells it.
    pub ledger: String,
}

impl Whereabouts {
    /// What a plan by itself tells: a saved one was made elsewhere.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        Self {
            environment: plan.environment.clone(),
            org_id: plan.org_id.clone(),
            organization: String::new(),
            edition: None,
            simulated: false,
            dialect: plan.dialect,
            ledger: String::new(),
        }
    }

    /// Writes the first line of a text report, with its line end.
    #[must_use]
    pub fn line(&self) -> String {
        let shown = |text: &str| safe(text).into_owned();
        format!(
            "Environment {}: organization {}\n",
            safe(&self.environment),
            self.told(shown)
        )
    }

    /// Tells of the organization, its dialect and its ledger what is known; `shown` makes harmless what
    /// comes from outside.
    fn told(&self, shown: fn(&str) -> String) -> String {
        let mut told = shown(&self.org_id);
        let traits = self.traits(shown);
        // Writing into a string cannot fail, here and below.
        if !traits.is_empty() {
            let _ = write!(told, " ({})", traits.join(", "));
        }
        let _ = write!(told, ", dialect {}", self.dialect);
        if !self.ledger.is_empty() {
            let _ = write!(told, ", ledger {}{}", shown(&self.ledger), self.unnoticed());
        }
        told
    }

    /// Tells what nobody notices where no ledger is kept.
    fn unnoticed(&self) -> &'static str {
        if self.ledger == NOWHERE {
            ": deletions, undo and changes by hand are not noticed"
        } else {
            ""
        }
    }

    /// Tells what is known of the organization besides its id: name, edition, whether it is simulated.
    ///
    /// The name comes from outside: `shown` makes it harmless.
    fn traits(&self, shown: fn(&str) -> String) -> Vec<String> {
        let name = (!self.organization.is_empty()).then(|| shown(&self.organization));
        let simulated = self.simulated.then(|| "simulated".to_owned());
        name.into_iter()
            .chain(self.edition.map(|edition| edition.to_string()))
            .chain(simulated)
            .collect()
    }
}

/// How text for a terminal looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used; nothing is said by colour alone.
    pub color: bool,
    /// The width in characters beyond which a change takes more than one line.
    pub width: usize,
    /// Whether prerequisites, requests and the beginning of steps are shown too.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            verbose: false,
        }
    }
}

/// The colours of a terminal that are used.
#[derive(Debug, Clone, Copy)]
enum Paint {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}

impl Style {
    /// The text in a colour, if colours are used.
    fn paint(self, paint: Paint, text: &str) -> String {
        if self.color {
            format!("\u{1b}[{}m{text}\u{1b}[0m", paint as u8)
        } else {
            text.to_owned()
        }
    }
}

/// The sign before a step, its words, and its colour.
const fn heading(verb: Verb) -> (&'static str, &'static str, Paint) {
    match verb {
        Verb::Create => ("+", "create", Paint::Green),
        Verb::Update => ("~", "update", Paint::Yellow),
        Verb::Replace => ("~", "replace", Paint::Yellow),
        Verb::Delete => ("-", "delete", Paint::Red),
        Verb::Disable => ("-", "disable", Paint::Red),
        Verb::Manual => ("!", "by hand", Paint::Cyan),
    }
}

/// A number and its noun: `1 call`, `2 calls`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Joins the parts whose number is not zero: `1 failed, 2 skipped`.
fn parts(parts: &[(usize, &str)]) -> String {
    let shown: Vec<_> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    shown.join(", ")
}

/// What was not compared, by the reason.
fn not_compared(addresses: &[String]) -> [(&'static str, Vec<String>); 2] {
    let (unanswered, secret) = addresses
        .iter()
        .cloned()
        .partition(|address| is_of_check(address));
    [
        ("Not compared, since their secrets are not set here", secret),
        (
            "Not compared, or not whole, since questions about them have no answer",
            unanswered,
        ),
    ]
}

/// Says that nothing differs, in how many resources, and where nobody looked.
fn no_changes(plan: &Plan) -> String {
    let same = plan.summary.unchanged;
    let matching = match same {
        0 => "no resource was compared".to_owned(),
        1 => "1 resource matches the manifests".to_owned(),
        _ => format!("{same} resources match the manifests"),
    };
    let mut line = format!("No changes: {matching}");
    if !plan.not_compared.is_empty() {
        let missing = count(plan.not_compared.len(), "resource");
        // Writing into a string cannot fail.
        let _ = write!(line, ", and {missing} could not be compared");
    }
    if !plan.targets.is_empty() {
        line.push_str("; nothing else was looked at");
    }
    line.push('.');
    line
}

/// The one line that sums a plan up.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let summary = &plan.summary;
    let mut line = if plan.steps.is_empty() {
        no_changes(plan)
    } else {
        let verbs = parts(&[
            (summary.create, "to create"),
            (summary.update, "to update"),
            (summary.replace, "to replace"),
            (summary.delete, "to delete"),
            (summary.disable, "to disable"),
            (summary.manual, "to do by hand"),
        ]);
        let mut line = format!("Plan: {verbs}.");
        if summary.calls > 0 {
            line.push(' ');
            line.push_str(&count(summary.calls, "call"));
            // The guide's API counts calls, not credits.
            if plan.dialect.unit() == Unit::Credits && summary.credits > 0 {
                line.push_str(", ");
                line.push_str(&count(summary.credits, "credit"));
            }
            line.push('.');
        }
        line
    };
    let record = record(
        plan,
        ["to take over", "to move to another handle", "to let go"],
    );
    if !record.is_empty() {
        let end = if plan.steps.is_empty() {
            "; nothing changes in Zoho Desk"
        } else {
            ""
        };
        // Writing into a string cannot fail.
        let _ = write!(line, " In the ledger alone: {record}{end}.");
    }
    line
}

/// What changes in the ledger alone, in three verbs: taking over, moving and letting go.
fn record(plan: &Plan, [take_over, moved, let_go]: [&str; 3]) -> String {
    let record = plan.summary.record;
    let fields = if record.fields == 1 {
        "field"
    } else {
        "fields"
    };
    parts(&[
        (record.take_over, take_over),
        (record.moved, moved),
        (record.let_go, let_go),
        (record.fields, &format!("{fields} {let_go}")),
    ])
}

/// The line that says after an apply what has changed in the ledger alone; none where nothing has.
#[must_use]
pub fn recorded(plan: &Plan) -> Option<String> {
    let record = record(plan, ["taken over", "moved to another handle", "let go"]);
    (!record.is_empty()).then(|| format!("In the ledger alone: {record}."))
}

/// How many of what is taken over are named.
const TAKEN_OVER: usize = 10;

/// Names what is taken over, as far as it is named, and says how many more there are.
fn taken_over(plan: &Plan, all: bool) -> (Vec<String>, usize) {
    let most = if all { usize::MAX } else { TAKEN_OVER };
    let named = plan.taken_over.iter().take(most);
    let named: Vec<String> = named.map(ToString::to_string).collect();
    let more = plan.taken_over.len() - named.len();
    (named, more)
}

/// What follows from a first taking over; none where the ledger owned something before, or where nothing
/// that is taken over can be removed.
fn first_taken_over(plan: &Plan) -> Option<&'static str> {
    let adopted = plan.steps.iter().filter(|step| step.adopted);
    let mut all = (plan.taken_over.iter()).chain(adopted.map(|step| &step.address));
    let may_go =
        all.any(|address| kind::find(address.collection).is_none_or(kind::Kind::may_be_removed));
    (plan.owns_nothing_yet && may_go).then_some(
        "What is taken over belongs to these files from then on: whoever deletes its lines later removes it from Zoho Desk, except where `prune` is `none`, as it is for seeds. What others deleted before is not noticed: where it is still declared, it is made anew.",
    )
}

/// Resources of one kind that are named by themselves; more of them are one line.
const BY_THEMSELVES: usize = 10;

/// Addresses in lines: many of one kind, such as the rows of a table that is gone, are one with their number.
fn together(addresses: &[Address], verbose: bool) -> Vec<String> {
    let kinds = addresses.chunk_by(|one, other| one.collection == other.collection);
    let told = kinds.flat_map(|all| match all {
        [first, .., last] if all.len() > BY_THEMSELVES && !verbose => vec![format!(
            "{} {}, from {} to {}; -v names all",
            all.len(),
            first.collection,
            first.handle,
            last.handle
        )],
        all => all.iter().map(ToString::to_string).collect(),
    });
    told.collect()
}

/// The handles that change, in words.
fn moved_handles(plan: &Plan) -> impl Iterator<Item = String> {
    let moved = plan.moved_handles.iter();
    moved.map(|moved| format!("{} → {}", moved.old, moved.new))
}

/// What is said above fields that are no longer declared.
const FIELDS_LEFT: &str = "No longer declared and left as they are (write `null` to clear one); the next apply forgets them";

/// Fields that are no longer declared, by resource.
fn fields_left(left: &[FieldLeft]) -> Vec<String> {
    let of_one = left.chunk_by(|one, other| one.address == other.address);
    let told = of_one.filter_map(|fields| {
        let names: Vec<String> = fields
            .iter()
            .map(|left| {
                let name = lines::path(&left.field);
                if left.can_be_cleared {
                    name
                } else {
                    format!("{name} (cannot be cleared)")
                }
            })
            .collect();
        Some(format!("{}: {}", fields.first()?.address, names.join(", ")))
    });
    told.collect()
}

/// The line that says that guards refuse the plan, and why; none where they do not.
#[must_use]
pub fn refused(plan: &Plan) -> Option<String> {
    (!plan.refused.is_empty()).then(|| {
        format!(
            "Refused: {}. Nothing is applied.",
            safe(&plan.refused.join("; "))
        )
    })
}

/// The line that tells what an apply will cost; none when it has nothing to write.
#[must_use]
pub fn forecast(plan: &Plan) -> Option<String> {
    let forecast = plan.forecast.as_ref()?;
    let number = |calls: u64, noun: &str| count(usize::try_from(calls).unwrap_or(usize::MAX), noun);
    let mut line = "Apply: ".to_owned();
    if forecast.reads > 0 {
        line.push_str(&number(forecast.reads, "read"));
        line.push_str(" and ");
    }
    line.push_str(&number(forecast.writes, "write"));
    if plan.dialect.unit() == Unit::Credits {
        line.push_str(", ");
        line.push_str(&number(forecast.credits(), "credit"));
        if forecast.dearer_price {
            line.push_str(" with long lists at the dearer of two known prices");
        }
    }
    if let Some(budget) = &forecast.budget {
        let needed = forecast.needed(budget.unit);
        let unit = match budget.unit {
            Unit::Credits => "",
            Unit::Calls => " calls",
        };
        // Writing into a string cannot fail, here and below.
        let _ = if needed > budget.left {
            write!(line, " ({}{unit} left today, too few)", budget.left)
        } else {
            write!(line, " ({}{unit} left today after it)", budget.after)
        };
    }
    line.push_str(", ");
    line.push_str(&duration(forecast.seconds));
    if let Some(limit) = forecast.calls_per_minute {
        let _ = write!(line, " at {} a minute", number(limit, "call"));
    }
    if !forecast.latency_measured {
        let _ = write!(line, " if a call takes {} ms", forecast.latency_ms);
    }
    line.push('.');
    Some(line)
}

/// An estimated time in words, rounded up.
#[must_use]
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..=10 => "a few seconds".to_owned(),
        11..=90 => format!("about {} s", seconds.div_ceil(10) * 10),
        91..=5_400 => format!("about {} min", seconds.div_ceil(60)),
        _ => format!("about {} h", seconds.div_ceil(3_600)),
    }
}
