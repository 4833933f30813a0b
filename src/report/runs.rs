//! Past runs: what each did, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::markdown::{code, html_sentence};
use super::{Style, text};
use crate::plan::Step;
use crate::problem::counted;
use crate::run_record::history::{Came, FORMAT_VERSION, PastResult, PastRun};
use crate::safe::safe;
use crate::verb::Verb;

/// Characters of a commit that are shown in a list.
const SHORT: usize = 12;

/// One line of the list of runs: a run, or why it cannot be shown.
#[derive(Debug)]
pub enum Listed {
    /// A run.
    Run(Box<PastRun>),
    /// What is kept of a run cannot be understood: its name, and why.
    Unreadable(String, String),
}

/// The runs as text, the latest first.
#[must_use]
pub fn list(runs: &[Listed]) -> String {
    if runs.is_empty() {
        return "No run is kept that wrote anything.\n".to_owned();
    }
    let mut out = String::new();
    for run in runs {
        // Writing into a string cannot fail, here and below.
        let _ = match run {
            Listed::Run(run) => writeln!(out, "{}  {}", run.run, safe(&head(run))),
            Listed::Unreadable(run, why) => writeln!(out, "{}  {}", safe(run), safe(why)),
        };
    }
    out
}

/// One run as text.
#[must_use]
pub fn one(run: &PastRun, style: Style) -> String {
    let mut out = format!("Run {}\n", run.run);
    for (name, value) in facts(run) {
        let _ = writeln!(out, "    {name}: {}", safe(&value));
    }
    out.push('\n');
    for step in &run.plan.steps {
        text::add_step(&mut out, step, style);
        let _ = writeln!(out, "    came to: {}", safe(&came_to(run, step)));
        out.push('\n');
    }
    let taken = &run.plan.taken_over;
    text::section(
        &mut out,
        "Taken over as they were:",
        taken.iter().map(ToString::to_string),
    );
    let _ = writeln!(out, "{}.", tally(run));
    out
}

/// The runs as Markdown.
#[must_use]
pub fn list_markdown(runs: &[Listed]) -> String {
    if runs.is_empty() {
        return "No run is kept that wrote anything.\n".to_owned();
    }
    let mut out = String::new();
    for run in runs {
        let (name, words) = match run {
            Listed::Run(run) => (run.run.to_string(), head(run)),
            Listed::Unreadable(run, why) => (run.clone(), why.clone()),
        };
        let _ = writeln!(out, "- {}: {}", code(&name), html_sentence(&words));
    }
    out
}

/// One run as Markdown.
#[must_use]
pub fn one_markdown(run: &PastRun) -> String {
    let mut out = format!("### Run {}\n\n", code(&run.run.to_string()));
    for (name, value) in facts(run) {
        let _ = writeln!(out, "- {name}: {}", html_sentence(&value));
    }
    out.push('\n');
    for step in &run.plan.steps {
        let _ = writeln!(
            out,
            "- {} {}: {}",
            step.verb.as_str(),
            code(&step.address.to_string()),
            html_sentence(&came_to(run, step))
        );
    }
    let _ = write!(out, "\n**{}.**\n", tally(run));
    out
}

/// The runs for programs.
#[must_use]
pub fn list_json(environment: &str, runs: &[Listed]) -> Json {
    let runs: Vec<Json> = runs
        .iter()
        .map(|run| match run {
            Listed::Run(run) => {
                let mut object = about(run);
                object["summary"] = json!({
                    "applied": count(run, Came::Applied),
                    "partly": count(run, Came::Partly),
                    "failed": count(run, Came::Failed),
                    "unknown": count(run, Came::Unknown),
                });
                object
            }
            Listed::Unreadable(run, why) => json!({"run": run, "unreadable": why}),
        })
        .collect();
    json!({"formatVersion": FORMAT_VERSION, "environment": environment, "runs": runs})
}

/// One run for programs: its plan, as a saved one, and what came of it.
#[must_use]
pub fn one_json(run: &PastRun) -> Json {
    let mut object = about(run);
    object["formatVersion"] = json!(FORMAT_VERSION);
    object["plan"] = json!(run.plan);
    object["results"] = json!(run.results);
    object
}

fn about(run: &PastRun) -> Json {
    let made = run.plan.made.as_ref();
    json!({
        "run": run.run,
        "who": run.who,
        "host": run.host,
        "began": time(run.began),
        "ended": run.ended.map(time),
        "commit": made.and_then(|made| made.commit.as_deref()),
        "version": made.map(|made| &*made.version),
    })
}

/// What is said of a run in a list.
fn head(run: &PastRun) -> String {
    let commit = run.plan.made.as_ref().and_then(|made| made.commit.as_ref());
    let commit = commit.map(|commit| {
        let short: String = commit.chars().take(SHORT).collect();
        format!(" at {short}")
    });
    format!(
        "{} on {}{}: {}",
        run.who,
        run.host,
        commit.unwrap_or_default(),
        tally(run)
    )
}

fn facts(run: &PastRun) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("environment", run.plan.environment.clone()),
        ("organization", run.plan.org_id.clone()),
        ("who", run.who.clone()),
        ("machine", run.host.clone()),
        ("began", time(run.began)),
    ];
    facts.push(match run.ended {
        Some(at) => ("ended", time(at)),
        None => ("ended", "not in order".to_owned()),
    });
    if let Some(made) = &run.plan.made {
        facts.extend(made.commit.clone().map(|commit| ("commit", commit)));
        facts.push(("deskform", made.version.clone()));
    }
    facts
}

/// How many steps came to what.
fn tally(run: &PastRun) -> String {
    let steps = run.plan.steps.iter();
    let steps = steps.filter(|step| step.verb != Verb::Manual).count();
    let mut words = format!(
        "{} of {} applied",
        count(run, Came::Applied),
        counted(steps, "step")
    );
    for came in [Came::Partly, Came::Failed, Came::Unknown] {
        let count = count(run, came);
        if count > 0 {
            let _ = write!(words, ", {count} {}", came.as_str());
        }
    }
    if run.ended.is_none() {
        words.push_str("; it did not end in order");
    }
    words
}

fn count(run: &PastRun, came: Came) -> usize {
    let steps = run.plan.steps.iter();
    let results = steps.filter_map(|step| result(run, step));
    results.filter(|one| one.result == came).count()
}

fn result<'r>(run: &'r PastRun, step: &Step) -> Option<&'r PastResult> {
    let mut results = run.results.iter();
    results.find(|one| one.address == step.address && one.verb == step.verb)
}

fn came_to(run: &PastRun, step: &Step) -> String {
    match result(run, step) {
        Some(one) => {
            let id = one.id.as_ref().map(|id| format!(" (id {id})"));
            let error = one.error.as_ref().map(|error| format!(": {error}"));
            let word = one.result.as_str();
            format!(
                "{word}{}{}",
                id.unwrap_or_default(),
                error.unwrap_or_default()
            )
        }
        None if step.verb == Verb::Manual => "left to a person".to_owned(),
        None => "not tried".to_owned(),
    }
}

/// A time in UTC, from milliseconds since the Unix epoch.
fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| format!("{ms} ms"), |time| format!("{time:.0}"))
}
