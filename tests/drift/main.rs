//! What drift says: every `cases/*.yaml` is applied, then somebody changes the organization, then
//! the manifests change; beside it lies the report of each dialect.
//!
//! `DESKFORM_BLESS=1 cargo test --test drift` writes the reports anew.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what does not hold in a helper fails the test"
)]

#[path = "../common/mod.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use common::{Desk, Variables, bless_or_compare, settings, shown};
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::drift::{Drifted, Moved, What};
use deskform::ledger::{FieldRecord, Ledger};
use deskform::manifest::Sources;
use deskform::plan::Options;
use deskform::report::{self, Style, Whereabouts};
use deskform::run_record::update::after;
use deskform::simulator::Simulator;
use deskform::yaml::source::Source;
use serde::Deserialize;
use serde_json::Value;
use tokio::task::{LocalSet, spawn_local};

/// One case as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    /// What it shows, for readers.
    #[serde(rename = "about")]
    _about: String,
    #[serde(default = "both")]
    dialects: Vec<Dialect>,
    /// Keys of the environment.
    #[serde(default)]
    environment: BTreeMap<String, Value>,
    /// The project's `ignore:`.
    #[serde(default)]
    ignore: Vec<Value>,
    #[serde(default)]
    secrets: Variables,
    /// What is there before anything is applied.
    #[serde(default)]
    before: Vec<Act>,
    /// What is applied.
    applied: Value,
    /// What the manifests say now; what was applied, unless said otherwise.
    now: Option<Value>,
    secrets_now: Option<Variables>,
    /// What somebody does in Zoho Desk.
    #[serde(default)]
    live: Vec<Act>,
    /// What the ledger is made to say.
    #[serde(default)]
    records: BTreeMap<String, BTreeMap<String, FieldRecord>>,
    /// Whether there is a ledger.
    #[serde(default = "yes")]
    ledger: bool,
    #[serde(default)]
    targets: Vec<String>,
    /// Checks about what is not there: nothing was seen to be missing.
    #[serde(default)]
    unasked: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Act {
    collection: String,
    /// A field and its value, which choose the object.
    #[serde(default)]
    of: BTreeMap<String, String>,
    #[serde(default)]
    set: serde_json::Map<String, Value>,
    #[serde(default)]
    remove: bool,
    /// Takes the object away and makes an equal one with another id.
    #[serde(default)]
    anew: bool,
    insert: Option<Value>,
}

fn both() -> Vec<Dialect> {
    vec![Dialect::Openapi, Dialect::Guide]
}

fn yes() -> bool {
    true
}

fn environment(case: &Case, dialect: Dialect) -> Environment {
    let mut keys = case.environment.clone();
    keys.insert(
        "simulator".to_owned(),
        serde_json::json!({"dialect": dialect, "edition": Edition::Enterprise}),
    );
    let project = serde_json::json!({"environments": {"test": keys}, "ignore": case.ignore});
    let text = serde_yaml::to_string(&project).expect("YAML");
    let source = Source::new("deskform.yaml", text.as_bytes());
    match Project::parse(Path::new("."), &source) {
        Ok(project) => project.environment(None).expect("it").clone(),
        Err(problems) => panic!("{}", shown(&problems, &Sources::default())),
    }
}

fn sources(manifest: &Value) -> Sources {
    let text = serde_yaml::to_string(manifest).expect("YAML");
    Sources {
        base: vec![Source::new("all.yaml", text.as_bytes())],
        overlays: Vec::new(),
    }
}

fn act(desk: &Desk, acts: &[Act]) {
    let mut simulator = desk.simulator.lock().expect("it");
    let organization = simulator
        .organization_mut(&desk.environment.org_id)
        .expect("it");
    for act in acts {
        if let Some(object) = &act.insert {
            organization.insert(&act.collection, object.clone());
            continue;
        }
        let (field, value) = act.of.iter().next().expect("an object to choose");
        let found = organization
            .find(&act.collection, field, value)
            .unwrap_or_else(|| panic!("no {} with {field} {value}", act.collection));
        let id = found["id"].as_str().expect("an id").to_owned();
        if act.remove || act.anew {
            assert!(organization.remove(&act.collection, &id));
        }
        if act.anew {
            let mut object = found.as_object().expect("an object").clone();
            object.remove("id");
            object.extend(act.set.clone());
            organization.insert(&act.collection, Value::Object(object));
        } else if !act.remove {
            assert!(organization.change(&act.collection, &id, |object| {
                object.extend(act.set.clone());
            }));
        }
    }
}

/// Applies everything and keeps the ledger that an apply keeps.
async fn apply(desk: &Desk) -> Ledger {
    let desired = desk.compose().expect("manifests");
    let mut options = desk.options();
    let new = Ledger::new(&options.environment, &options.org_id);
    options.ledger = Some(new.clone());
    let ready = desk
        .plan_of(&desired, &options)
        .await
        .unwrap_or_else(|text| panic!("{text}"));
    desk.apply(&ready).await;
    let applied: BTreeSet<_> = ready
        .planned
        .plan
        .steps
        .iter()
        .map(|step| step.address.clone())
        .collect();
    after(new, &desired, &ready, &applied)
}

async fn drift(desk: &Desk, options: &Options, only_live: bool) -> Drifted {
    let desired = desk
        .compose()
        .unwrap_or_else(|problems| panic!("{}", shown(&problems, &desk.sources)));
    deskform::drift::detect(&desk.session, &desired, options, only_live)
        .await
        .unwrap_or_else(|error| panic!("{error:?}"))
}

async fn run(case: &Case, dialect: Dialect) -> String {
    let environment = environment(case, dialect);
    let simulator = Simulator::new(settings(dialect, Edition::Enterprise));
    let mut desk = Desk::with(
        environment,
        sources(&case.applied),
        case.secrets.clone(),
        Arc::new(Mutex::new(simulator)),
    )
    .await;
    act(&desk, &case.before);
    let mut ledger = apply(&desk).await;
    let unchanged = drift(
        &desk,
        &Options {
            ledger: Some(ledger.clone()),
            ..desk.options()
        },
        false,
    )
    .await;
    let moved = |drifted: &Drifted| {
        drifted
            .report
            .drifts
            .iter()
            .filter(|drift| drift.what != What::ByHand)
            .count()
    };
    assert_eq!(moved(&unchanged), 0, "after the apply: {unchanged:#?}");
    for (address, fields) in &case.records {
        let address = address.parse().expect("an address");
        let entry = ledger.resources.get_mut(&address).expect("an entry");
        for (name, record) in fields {
            entry.fields.insert(name.clone(), record.clone());
        }
    }
    act(&desk, &case.live);
    if let Some(now) = &case.now {
        desk.sources = sources(now);
    }
    if let Some(secrets) = &case.secrets_now {
        desk.secrets.clone_from(secrets);
    }
    let mut options = desk.options();
    options.ledger = case.ledger.then_some(ledger);
    options.targets = case
        .targets
        .iter()
        .map(|target| target.parse().expect("an address"))
        .collect();
    let writes = desk.writes();
    let whole = drift(&desk, &options, false).await;
    let only_live = drift(&desk, &options, true).await;
    assert_eq!(desk.writes(), writes, "drift writes");
    assert_eq!(desk.violations(), Vec::<String>::new());
    let kept: Vec<_> = whole
        .report
        .drifts
        .iter()
        .filter(|drift| drift.moved != Moved::Manifests)
        // Nobody knows whether it ever was live.
        .filter(|drift| case.ledger || drift.what != What::Missing)
        .filter(|drift| !case.unasked.contains(&drift.address.to_string()))
        .collect();
    assert_eq!(
        only_live.report.drifts.iter().collect::<Vec<_>>(),
        kept,
        "only what moved in Zoho Desk"
    );
    let mut out = report::drift::text(&whole.report, Style::default());
    for problem in whole.warnings.iter().chain(&whole.problems) {
        writeln!(out, "[{}] {}", problem.code, problem.message).expect("a text");
    }
    if only_live.report.drifts.is_empty() != whole.report.drifts.is_empty() {
        out.push_str("[nothing with --only-live]\n");
    }
    let secrets = case.secrets.values().chain(desk.secrets.values());
    let json = report::drift::json(&whole.report);
    let markdown = report::drift::markdown(
        &whole.report,
        &Whereabouts {
            environment: whole.report.environment.clone(),
            org_id: whole.report.org_id.clone(),
            organization: "Example Company".to_owned(),
            edition: Some(Edition::Enterprise),
            simulated: true,
            dialect,
            ledger: ".deskform/test.json".to_owned(),
        },
    );
    for secret in secrets {
        for text in [&out, &json, &markdown] {
            assert!(!text.contains(secret.as_str()), "a secret is shown: {text}");
        }
    }
    out
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drift/cases");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    paths.sort();
    paths
}

#[tokio::test(start_paused = true)]
async fn every_case_says_what_it_should() {
    let mut failures = Vec::new();
    let paths = cases();
    assert!(paths.len() >= 15, "cases are missing");
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a case");
        let case: Case = serde_yaml::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let case = Rc::new(case);
        for dialect in &case.dialects {
            let (one, dialect) = (Rc::clone(&case), *dialect);
            // One that panics does not keep the others from being looked at.
            let out = LocalSet::new()
                .run_until(
                    async move { spawn_local(async move { run(&one, dialect).await }).await },
                )
                .await;
            let out = match out {
                Ok(out) => out,
                Err(error) => {
                    failures.push(format!("{} {dialect}: {error}", path.display()));
                    continue;
                }
            };
            let wanted = path.with_extension(format!("{dialect}.txt"));
            failures.extend(bless_or_compare(&wanted, &out).err());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
