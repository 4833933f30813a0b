//! Cases as data: a folder is a project, one environment a dialect, beside what must come out.
//!
//! `tests/cases/NAME/` holds `deskform.yaml` and manifests; `organization.json` holds objects that
//! are live before (by collection of the simulator), `secrets.env` holds environment variables.
//! For each environment ENV the folder holds `ENV.plan.txt`, `ENV.requests.txt`, `ENV.report.txt`
//! and `ENV.after.json`. Every case is planned again after the apply, which must find nothing but
//! steps done by hand, and is exported, and the export must plan to nothing as well.
//! `DESKFORM_BLESS=1 cargo test --test cases` writes what came out.

#![expect(clippy::expect_used, reason = "a test panics to fail")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Desk, bless_or_compare, secrets_of, work};
use deskform::apply::event::{Event, Outcome, finished};
use deskform::ledger::Ledger;
use deskform::report::ledger_schema::ledger_schema;
use deskform::report::output_schema::log_schema;
use deskform::report::plan_schema::plan_schema;
use deskform::report::{Style, events, json, text};
use deskform::run_record::update::after as ledger_after;
use deskform::session::Ready;
use jsonschema::Validator;
use serde_json::{Map, Value};

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(&root)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(folders.len() >= 25, "{} cases", folders.len());
    let mut failures = Vec::new();
    for folder in folders {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        for (name, problem) in runtime.block_on(case(&folder)) {
            failures.push(format!("{}: {name}: {problem}", folder.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs a case in each of its environments and returns what is wrong.
async fn case(folder: &Path) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let secrets = secrets_of(folder);
    let names = Desk::environments(folder);
    for name in names {
        let mut check = |file: &str, text: &str| {
            let path = folder.join(format!("{name}.{file}"));
            if let Err(problem) = bless_or_compare(&path, text) {
                wrong.push((name.clone(), problem));
            }
        };
        let desk = Desk::open(folder, &name, &secrets).await;
        let planned = match desk.plan().await {
            Ok(planned) => planned,
            Err(refusal) => {
                // A case may show a refusal; then nothing may have been written.
                check("refusal.txt", &refusal);
                assert_eq!(desk.writes(), 0, "{name}: a refusal wrote something");
                continue;
            }
        };
        check(
            "plan.txt",
            &text::plan(&planned.planned.plan, Style::default()),
        );
        let reads = desk.take_log();
        let events = desk.apply(&planned).await;
        let writes = desk.take_log();
        check("requests.txt", &requests(&reads, &writes));
        check(
            "report.txt",
            &events::report(&planned.planned.plan, &events, Style::default()),
        );
        check("after.json", &after(&desk));
        if let Err(problem) = fits_schemas(&desk, &planned, &events) {
            wrong.push((name.clone(), problem));
        }
        let failed = events.iter().any(|event| {
            matches!(event, Event::StepFinished { outcome, .. } if !matches!(outcome, Outcome::Applied { .. }))
        });
        let violations = desk.violations();
        if !violations.is_empty() && !failed {
            wrong.push((
                name.clone(),
                format!("requests broke the facts: {violations:?}"),
            ));
        }
        if failed {
            continue;
        }
        match desk.plan().await {
            Ok(again) => {
                let left = work(&again.planned.plan);
                if !left.is_empty() {
                    wrong.push((name.clone(), format!("planned again: {left:?}")));
                }
            }
            Err(refusal) => wrong.push((name.clone(), format!("planned again: {refusal}"))),
        }
        if let Err(problem) = desk.export_plans_to_nothing(&secrets).await {
            wrong.push((name.clone(), format!("exported: {problem}")));
        }
    }
    wrong
}

/// What the case writes for programs is valid by its schema: the plan, the lines of the run, and the
/// ledger after it.
fn fits_schemas(desk: &Desk, planned: &Ready, events: &[Event]) -> Result<(), String> {
    thread_local! {
        static PLAN: Validator = compiled(&plan_schema());
        static LEDGER: Validator = compiled(&ledger_schema());
        static LOG: Validator = compiled(&log_schema());
    }
    let plan = &planned.planned.plan;
    let desired = desk.compose().expect("manifests");
    let before = Ledger::new(&plan.environment, &plan.org_id);
    let ledger = ledger_after(before, &desired, planned, &finished(plan, events));
    let ledger = ledger.to_bytes().expect("JSON");
    PLAN.with(|schema| valid(schema, "the plan", json::plan(plan).as_bytes()))?;
    LEDGER.with(|schema| valid(schema, "the ledger", &ledger))?;
    events.iter().try_for_each(|event| {
        LOG.with(|schema| valid(schema, "a line", json::event(event).as_bytes()))
    })
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).expect("generated schemas compile")
}

fn valid(schema: &Validator, what: &str, text: &[u8]) -> Result<(), String> {
    let value: Value = serde_json::from_slice(text).expect("JSON");
    schema.validate(&value).map_err(|error| {
        format!(
            "{what} breaks its schema at {}: {error}",
            error.instance_path()
        )
    })
}

fn requests(reads: &[common::Logged], writes: &[common::Logged]) -> String {
    let mut text = String::new();
    for request in reads.iter().chain(writes) {
        let _ = write!(text, "{} {}", request.method, request.target);
        if let Some(body) = &request.body {
            let _ = write!(text, " {body}");
        }
        let _ = match request.status {
            Some(status) => writeln!(text, " -> {status}"),
            None => writeln!(text, " -> no answer"),
        };
    }
    text
}

/// What the organization holds afterwards, without what differs from run to run.
///
/// A collection that is left out is as every new organization has it.
fn after(desk: &Desk) -> String {
    let new = desk.new_organization();
    let settled = |objects: Vec<Value>| -> Vec<Value> {
        objects
            .into_iter()
            .map(|object| match object {
                Value::Object(map) => Value::Object(
                    map.into_iter()
                        .filter(|(key, value)| !key.ends_with("Time") && !value.is_null())
                        .collect::<Map<_, _>>(),
                ),
                other => other,
            })
            .collect()
    };
    let names: BTreeSet<String> = desk
        .collections()
        .into_iter()
        .chain(new.collections().map(str::to_owned))
        .collect();
    let collections: BTreeMap<String, Vec<Value>> = names
        .into_iter()
        .map(|name| {
            let objects = settled(desk.objects(&name));
            (name, objects)
        })
        .filter(|(name, objects)| *objects != settled(new.objects(name)))
        .collect();
    let mut text = serde_json::to_string_pretty(&collections).expect("JSON");
    text.push('\n');
    text
}
