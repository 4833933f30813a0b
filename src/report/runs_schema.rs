//! The JSON Schemas of what `runs` prints for programs.

use serde_json::{Value, json};

use super::plan_schema::{address, count, list, object, plan_schema, reference, text, word};
use crate::kind::schema::DRAFT;
use crate::run_record::history::{Came, FORMAT_VERSION};
use crate::verb::Verb;

fn maybe_text(doc: &str) -> Value {
    json!({ "description": doc, "type": ["string", "null"] })
}

fn format() -> (&'static str, Value) {
    (
        "formatVersion",
        json!({ "description": "The format.", "const": FORMAT_VERSION }),
    )
}

/// What is told of each run.
fn about() -> Vec<(&'static str, Value)> {
    vec![
        ("run", text("The run's name.")),
        ("who", text("A person or a CI job.")),
        ("host", text("The machine.")),
        ("began", text("When it began to write, in UTC.")),
        (
            "ended",
            maybe_text("When it ended, in UTC; null of a run that was killed."),
        ),
        (
            "commit",
            maybe_text("The commit of the files, where that was known."),
        ),
        ("version", maybe_text("The version of deskform.")),
    ]
}

/// What `deskform runs --format json` prints.
#[must_use]
pub fn runs_schema() -> Value {
    let mut schema = object(
        "Past runs that wrote something, the latest first, as `deskform runs --format json` prints them.",
        &[
            format(),
            ("environment", text("The environment's name.")),
            (
                "runs",
                list(
                    "The runs.",
                    json!({ "anyOf": [reference("run"), reference("unreadable")] }),
                ),
            ),
        ],
        &[],
    );
    let mut run = about();
    run.push((
        "summary",
        object(
            "How many steps came to what.",
            &[
                ("applied", count("Steps that were done.")),
                ("partly", count("Steps of which some writes were done.")),
                ("failed", count("Steps that were refused.")),
                ("unknown", count("Steps of which nobody knows.")),
            ],
            &[],
        ),
    ));
    let unreadable = object(
        "A run of which what is kept cannot be understood.",
        &[
            ("run", text("The run's name.")),
            ("unreadable", text("Why.")),
        ],
        &[],
    );
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!("deskform runs");
    schema["$defs"] = json!({
        "run": object("A run.", &run, &[]),
        "unreadable": unreadable,
    });
    schema
}

/// What `deskform runs show RUN --format json` prints.
#[must_use]
pub fn run_schema() -> Value {
    let mut facts = about();
    facts.extend([
        format(),
        ("plan", reference("plan")),
        (
            "results",
            list(
                "What came of the steps that were tried.",
                reference("result"),
            ),
        ),
    ]);
    let mut schema = object(
        "A past run, as `deskform runs show RUN --format json` prints it: its plan, and what came of it.",
        &facts,
        &[],
    );
    let mut plan = plan_schema();
    let mut definitions = json!({});
    if let Some(own) = plan.as_object_mut() {
        own.remove("$schema");
        own.remove("title");
        definitions = own.remove("$defs").unwrap_or(definitions);
    }
    definitions["plan"] = plan;
    definitions["address"] = address();
    definitions["result"] = object(
        "What came of a step.",
        &[
            ("address", reference("address")),
            ("verb", word("What was to be done.", &Verb::ALL)),
            (
                "result",
                word(
                    "How it ended: `partly` where some of its writes were done and one was refused.",
                    &Came::ALL,
                ),
            ),
        ],
        &[
            ("id", text("The object's id, where a step made it.")),
            ("error", text("What went wrong.")),
        ],
    );
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!("deskform runs show");
    schema["$defs"] = definitions;
    schema
}
