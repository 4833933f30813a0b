//! What holds for every organization and every manifest, and whatever goes wrong on the way.
//!
//! `PROPTEST_CASES` raises the number of cases.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod common;
#[path = "properties/faults.rs"]
mod faults;
#[path = "properties/random.rs"]
mod random;
#[path = "common/registry.rs"]
mod registry;
#[path = "properties/shapes.rs"]
mod shapes;

use common::recorded;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};

use common::{Desk, Variables, settings, work};
use deskform::api::page::Known;
use deskform::apply::event::finished;
use deskform::config::{Environment, Project, Prune};
use deskform::dialect::{Dialect, Edition};
use deskform::diff::{Pair, changes};
use deskform::ledger::Ledger;
use deskform::live::ways::Way;
use deskform::plan::{Options, Plan};
use deskform::report::plan_schema::plan_schema;
use deskform::report::{Style, Whereabouts, json, markdown, summary, text};
use deskform::run_record::update::after;
use deskform::simulator::{OrganizationSeed, Settings, Simulator};
use deskform::verb::Verb;
use deskform::yaml::source::Source;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use random::{Change, Manifest, SECRET};
use serde_json::Value;

/// Everything that is drawn for one case.
#[derive(Debug, Clone)]
struct Case {
    /// What was applied before.
    before: Manifest,
    /// What has happened since.
    since: Vec<Change>,
    /// What is applied now.
    now: Manifest,
}

fn case() -> impl Strategy<Value = Case> {
    any::<bool>().prop_flat_map(|guide| {
        let dialect = if guide {
            Dialect::Guide
        } else {
            Dialect::Openapi
        };
        (
            random::manifest(dialect, false),
            random::changes(dialect),
            random::manifest(dialect, true),
            any::<u8>(),
        )
            .prop_map(|(before, since, now, turn)| Case {
                before: before.turned(turn),
                since,
                now: now.turned(turn),
            })
    })
}

fn cases(default: u32) -> Config {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default);
    Config {
        cases,
        max_shrink_iters: 3_000,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Runs a test on paused time.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// An environment whose organization is simulated.
fn environment(dialect: Dialect, organization: &str) -> Environment {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {dialect}, edition: enterprise, organization: '{organization}'}}}}\n{}",
        random::policies(dialect)
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

fn secrets() -> Variables {
    Variables::from([(SECRET.0.to_owned(), SECRET.1.to_owned())])
}

fn simulator(dialect: Dialect, organizations: &[&str]) -> Arc<Mutex<Simulator>> {
    Arc::new(Mutex::new(shapes::simulator(Settings {
        organizations: organizations
            .iter()
            .map(|id| OrganizationSeed::new(*id))
            .collect(),
        ..settings(dialect, Edition::Enterprise)
    })))
}

/// Applies a plan and says what went wrong.
async fn applied(desk: &Desk, ready: &deskform::session::Ready) -> Result<(), String> {
    let done = desk.applied(ready).await;
    done.map_err(|failures| format!("not applied:\n{failures}"))
}

macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            return Err(format!($($words)*));
        }
    };
}
use ensure;

/// What is left of the day moves with every call, and with those of others.
fn without_budget(ready: &mut deskform::session::Ready) {
    if let Some(forecast) = &mut ready.planned.plan.forecast {
        forecast.budget = None;
    }
}

/// The counts in every form are the steps that the form lists; what is saved is what the schema says.
fn counts_are_those_listed(plan: &Plan) -> Result<(), String> {
    let verbs = [
        (Verb::Create, "+ create ", "to create", "Create"),
        (Verb::Update, "~ update ", "to update", "Update"),
        (Verb::Replace, "~ replace ", "to replace", "Replace"),
        (Verb::Delete, "- delete ", "to delete", "Delete"),
        (Verb::Disable, "- disable ", "to disable", "Disable"),
        (Verb::Manual, "! by hand ", "to do by hand", "By hand"),
    ];
    let text = text::plan(plan, Style::default());
    let head = summary(plan);
    let saved: Value =
        serde_json::from_str(&json::plan(plan)).map_err(|error| error.to_string())?;
    let markdown = markdown::plan(plan, &whereabouts(plan));
    for (verb, sign, words, title) in verbs {
        let steps = plan.steps.iter().filter(|step| step.verb == verb);
        let steps = steps.count();
        let listed = text.lines().filter(|line| line.starts_with(sign)).count();
        let counted = saved["summary"][verb.as_str()].as_u64();
        let saved = saved["steps"].as_array().into_iter().flatten();
        let saved = saved.filter(|step| step["verb"] == verb.as_str()).count();
        let said = head.contains(&format!("{steps} {words}"));
        let heading = markdown.contains(&format!("#### {title} ({steps})\n"));
        ensure!(
            listed == steps && saved == steps && counted == Some(steps as u64),
            "{verb:?}: {steps} steps, {listed} in the text, {saved} in JSON, {counted:?} counted\n{text}"
        );
        ensure!(
            said == (steps > 0) && heading == (steps > 0),
            "{verb:?}: {steps} steps\n{head}\n{markdown}"
        );
    }
    let errors: Vec<String> = VALIDATOR
        .iter_errors(&saved)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    ensure!(
        errors.is_empty(),
        "the schema refuses a plan: {errors:#?}\n{saved:#}"
    );
    Ok(())
}

static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&plan_schema()).expect("a schema"));

fn whereabouts(plan: &Plan) -> Whereabouts {
    Whereabouts {
        environment: plan.environment.clone(),
        org_id: plan.org_id.clone(),
        organization: String::new(),
        edition: Some(Edition::Enterprise),
        simulated: true,
        dialect: plan.dialect,
        ledger: String::new(),
    }
}

/// Whatever a step needs stands before it, by the plan's own word and by its references.
fn prerequisites_first(plan: &Plan) -> Result<(), String> {
    let created: BTreeSet<String> = plan
        .steps
        .iter()
        .filter(|step| step.verb == Verb::Create)
        .map(|step| step.address.to_string())
        .collect();
    let mut done: BTreeSet<String> = BTreeSet::new();
    for step in &plan.steps {
        for needed in &step.after {
            ensure!(
                done.contains(&needed.to_string()),
                "{} stands before {needed}, which it needs",
                step.address
            );
        }
        if step.verb != Verb::Manual {
            let mut texts = Vec::new();
            for change in &step.changes {
                leaves(&change.after, &mut texts);
                texts.push(change.field.trim_start_matches("cf.").to_owned());
            }
            for text in texts {
                ensure!(
                    !created.contains(&text)
                        || done.contains(&text)
                        || text == step.address.to_string(),
                    "{} refers to {text}, which is created later",
                    step.address
                );
            }
        }
        done.insert(step.address.to_string());
    }
    Ok(())
}

fn leaves(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Value::Object(map) => map.values().for_each(|item| leaves(item, into)),
        _ => {}
    }
}

/// No two objects of an organization have one identity.
fn no_duplicates(desk: &Desk) -> Result<(), String> {
    for collection in desk.collections() {
        let keys = registry::identity_keys(&collection);
        let mut seen = BTreeSet::new();
        for object in desk.objects(&collection) {
            let identity = registry::identity(&object, &keys);
            ensure!(
                seen.insert(identity.clone()),
                "two live {collection} are {identity:?}"
            );
        }
    }
    Ok(())
}

/// The exported organization as one text.
async fn export_text(desk: &Desk) -> Result<String, String> {
    Ok(desk
        .exported()
        .await?
        .base
        .iter()
        .map(|source| source.text.to_string())
        .collect())
}

/// Variables under which the exported URLs are what they were.
fn export_secrets() -> Variables {
    let mut variables = secrets();
    for n in 0..8 {
        for handle in [
            format!("WEBHOOK_{n}"),
            format!("WEBHOOK_{n}_ANEW"),
            format!("HOOKS_EXAMPLE_COM_ZOHO_{n}"),
            format!("HOOKS_EXAMPLE_COM_MOVED_{n}"),
        ] {
            for twin in ["", "_2"] {
                variables.insert(format!("{handle}{twin}_KEY"), SECRET.1.to_owned());
            }
        }
    }
    variables
}

async fn holds(case: Case) -> Result<(), String> {
    let dialect = case.now.dialect;
    let simulator = simulator(dialect, &["700001"]);
    let mut desk = Desk::with(
        environment(dialect, "700001"),
        case.before.sources(),
        secrets(),
        Arc::clone(&simulator),
    )
    .await;
    let ready = desk
        .plan()
        .await
        .map_err(|text| format!("before:\n{text}"))?;
    prerequisites_first(&ready.planned.plan)?;
    counts_are_those_listed(&ready.planned.plan)?;
    applied(&desk, &ready)
        .await
        .map_err(|text| format!("before: {text}"))?;
    let again = desk.plan().await?;
    let left = work(&again.planned.plan);
    ensure!(left.is_empty(), "before, planned again: {left:#?}");
    {
        let mut simulator = simulator.lock().expect("it");
        let organization = simulator.organization_mut("700001").expect("it");
        for change in &case.since {
            random::happen(organization, dialect, change);
        }
    }

    desk.sources = case.now.sources();
    let desired = desk
        .compose()
        .map_err(|problems| common::shown(&problems, &desk.sources))?;
    let none = changes(desired.state.iter().map(|(address, resource)| Pair {
        address,
        wanted: Some(&resource.body),
        live: Some(&resource.body),
    }));
    ensure!(none.is_empty(), "a state differs from itself: {none:?}");

    let mut ready = desk.plan().await?;
    without_budget(&mut ready);
    let plan = &ready.planned.plan;
    prerequisites_first(plan)?;
    counts_are_those_listed(plan)?;
    let text = json::plan(plan);
    let mut again = desk.plan().await?;
    without_budget(&mut again);
    let twice = json::plan(&again.planned.plan);
    ensure!(text == twice, "planned twice:\n{text}\n{twice}");
    desk.sources.base.reverse();
    let mut again = desk.plan().await?;
    without_budget(&mut again);
    let reversed = json::plan(&again.planned.plan);
    ensure!(
        text == reversed,
        "files in another order:\n{text}\n{reversed}"
    );
    let parsed = json::parse(&text).map_err(|error| error.to_string())?;
    ensure!(parsed == *plan, "the plan read back differs:\n{text}");
    ensure!(
        json::plan(&parsed) == text,
        "the plan written again differs:\n{text}"
    );
    let mut shown = plan.clone();
    for change in shown.steps.iter_mut().flat_map(|step| &mut step.changes) {
        // What was a secret is none any more once the manifests write it openly.
        if !change.secret {
            change.before = Value::Null;
        }
    }
    ensure!(
        !json::plan(&shown).contains(SECRET.1),
        "the plan holds a secret:\n{text}"
    );

    let writes = desk.writes();
    applied(&desk, &ready)
        .await
        .map_err(|problem| format!("{problem}\nof the plan\n{text}"))?;
    let sent = desk.writes() - writes;
    ensure!(
        sent == plan.summary.calls as u64,
        "{sent} writes, {} in the plan\n{text}",
        plan.summary.calls
    );
    let violations = desk.violations();
    ensure!(violations.is_empty(), "{violations:?}");
    no_duplicates(&desk)?;

    let again = desk.plan().await?;
    let left = work(&again.planned.plan);
    ensure!(left.is_empty(), "planned again: {left:#?}\nafter\n{text}");
    ensure!(again.planned.plan.summary.calls == 0, "calls without steps");
    let writes = desk.writes();
    applied(&desk, &again).await?;
    ensure!(desk.writes() == writes, "the second apply wrote something");

    desk.export_plans_to_nothing(&export_secrets())
        .await
        .map_err(|problem| format!("exported: {problem}"))?;
    let violations = desk.violations();
    ensure!(violations.is_empty(), "{violations:?}");
    Ok(())
}

/// Objects of each seed kind that nobody declares, so many that listing them costs more than whatever is
/// declared.
const STRANGERS: usize = 2_600;

/// What a plan does, by whichever way its kinds are read; whether it is refused says as much.
async fn steps_by(
    desk: &Desk,
    ledger: &Ledger,
    lists: bool,
) -> Result<(Option<Plan>, BTreeSet<Way>), String> {
    let desired = desk
        .compose()
        .map_err(|problems| common::shown(&problems, &desk.sources))?;
    let mut ledger = ledger.clone();
    ledger.listings.clear();
    if lists {
        // One page is cheaper than anything else.
        for path in ["/contacts", "/accounts"] {
            let few = Known {
                objects: 1,
                ..Known::default()
            };
            ledger.listings.insert(path.to_owned(), few);
        }
    }
    // What is no longer declared is refused more often than not, and says nothing of reading.
    let kinds = registry::kinds(desk.session.dialect);
    let kept = kinds.map(|kind| (kind.collection.to_owned(), Prune::None));
    let options = Options {
        ledger: Some(ledger),
        prune: kept.collect(),
        ..desk.options()
    };
    Ok(match desk.plan_of(&desired, &options).await {
        Ok(ready) => {
            let ways = ready.live.choices.iter().map(|choice| choice.way).collect();
            (Some(ready.planned.plan), ways)
        }
        Err(_) => (None, BTreeSet::new()),
    })
}

async fn ways_agree(case: Case) -> Result<BTreeSet<Way>, String> {
    let dialect = case.now.dialect;
    let simulator = simulator(dialect, &["700001"]);
    {
        let mut simulator = simulator.lock().expect("it");
        let organization = simulator.organization_mut("700001").expect("it");
        for n in 0..STRANGERS {
            let email = format!("stranger{n}@example.org");
            let contact = serde_json::json!({"email": email, "lastName": "Stranger"});
            organization.insert("contacts", contact);
            let account = serde_json::json!({"accountName": format!("Stranger {n}")});
            organization.insert("accounts", account);
        }
    }
    let mut desk = Desk::with(
        environment(dialect, "700001"),
        case.before.sources(),
        secrets(),
        Arc::clone(&simulator),
    )
    .await;
    let new = Ledger::new(&desk.options().environment, "700001");
    let desired = desk
        .compose()
        .map_err(|problems| common::shown(&problems, &desk.sources))?;
    let options = Options {
        ledger: Some(new.clone()),
        ..desk.options()
    };
    let ready = desk.plan_of(&desired, &options).await?;
    let events = desk.apply(&ready).await;
    let done = finished(&ready.planned.plan, &events);
    let owned = after(new.clone(), &desired, &ready, &done);
    {
        let mut simulator = simulator.lock().expect("it");
        let organization = simulator.organization_mut("700001").expect("it");
        for change in &case.since {
            random::happen(organization, dialect, change);
        }
    }
    let mut ways = BTreeSet::new();
    let (before, now) = (case.before.sources(), case.now.sources());
    for (sources, ledger) in [(&now, &new), (&now, &owned), (&before, &owned)] {
        desk.sources = sources.clone();
        let (alone, taken) = steps_by(&desk, ledger, false).await?;
        let (listed, others) = steps_by(&desk, ledger, true).await?;
        ways.extend(taken.into_iter().chain(others));
        let (alone, listed) = match (alone, listed) {
            (Some(alone), Some(listed)) => (alone, listed),
            (None, None) => continue,
            (alone, listed) => {
                return Err(format!(
                    "one way is refused: alone {}, listed {}",
                    alone.is_some(),
                    listed.is_some()
                ));
            }
        };
        let same = alone.steps.len() == listed.steps.len()
            && (alone.steps.iter())
                .zip(&listed.steps)
                .all(|(one, other)| one.does_the_same(other));
        ensure!(
            same,
            "two ways of reading, two plans:\n{}\n{}",
            json::plan(&alone),
            json::plan(&listed)
        );
    }
    let violations = desk.violations();
    ensure!(violations.is_empty(), "{violations:?}");
    Ok(ways)
}

#[test]
fn case_22_plans_are_equal_whichever_way_is_read() {
    let mut runner = TestRunner::new(Config {
        max_shrink_iters: 100,
        ..cases(12)
    });
    let ways = Mutex::new(BTreeSet::new());
    let result = runner.run(&case(), |case| {
        let taken = run(ways_agree(case)).map_err(TestCaseError::fail)?;
        ways.lock().expect("it").extend(taken);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let ways = ways.into_inner().expect("it");
    for way in [Way::ById, Way::Search, Way::Listing] {
        assert!(ways.contains(&way), "{way:?} was never taken: {ways:?}");
    }
}

#[test]
fn every_manifest_converges_on_every_organization() {
    let mut runner = TestRunner::new(cases(64));
    let result = runner.run(&case(), |case| {
        run(holds(case)).map_err(TestCaseError::fail)
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// Every id that an organization holds.
fn ids(simulator: &Mutex<Simulator>, organization: &str) -> BTreeSet<String> {
    let simulator = simulator.lock().expect("it");
    let organization = simulator.organization(organization).expect("it");
    organization
        .collections()
        .flat_map(|collection| organization.objects(collection))
        .filter_map(|object| object["id"].as_str().map(str::to_owned))
        .collect()
}

/// What one organization got by a manifest, or what it exports, goes to another one.
async fn promotes(first: Manifest, there: Manifest, by_export: bool) -> Result<(), String> {
    let dialect = first.dialect;
    let simulator = simulator(dialect, &["700001", "700002"]);
    let a = Desk::with(
        environment(dialect, "700001"),
        first.sources(),
        secrets(),
        Arc::clone(&simulator),
    )
    .await;
    applied(&a, &a.plan().await?).await?;
    let before = ids(&simulator, "700001");
    let mut b = Desk::with(
        environment(dialect, "700002"),
        there.sources(),
        export_secrets(),
        Arc::clone(&simulator),
    )
    .await;
    applied(&b, &b.plan().await?).await?;
    b.take_log();
    // In the guide dialect profiles and most roles have no names, so that an export names ids.
    b.sources = if by_export && dialect == Dialect::Openapi {
        a.exported().await?
    } else {
        first.sources()
    };
    let ready = b.plan().await?;
    applied(&b, &ready).await?;
    let left = work(&b.plan().await?.planned.plan);
    ensure!(left.is_empty(), "promoted, planned again: {left:#?}");
    for request in b.take_log() {
        let body = request.body.map(|body| body.to_string());
        let text = format!("{} {}", request.target, body.unwrap_or_default());
        let foreign = before.iter().find(|id| text.contains(*id));
        ensure!(
            foreign.is_none(),
            "an id of the other organization stands in {} {text}",
            request.method
        );
    }
    ensure!(
        before.is_disjoint(&ids(&simulator, "700002")),
        "the organizations share ids, so that nothing is proved"
    );
    ensure!(
        before == ids(&simulator, "700001"),
        "the first organization has changed"
    );
    no_duplicates(&b)?;
    let violations = b.violations();
    ensure!(violations.is_empty(), "{violations:?}");
    Ok(())
}

#[test]
fn no_id_of_one_organization_goes_to_another() {
    let drawn = any::<(bool, bool)>().prop_flat_map(|(guide, by_export)| {
        let dialect = if guide {
            Dialect::Guide
        } else {
            Dialect::Openapi
        };
        (
            random::manifest(dialect, false),
            random::manifest(dialect, false),
            Just(by_export),
            any::<u8>(),
        )
    });
    let mut runner = TestRunner::new(cases(24));
    let result = runner.run(&drawn, |(first, there, by_export, turn)| {
        run(promotes(first.turned(turn), there.turned(turn), by_export))
            .map_err(TestCaseError::fail)
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
