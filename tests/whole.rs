//! A whole desk: some 2,000 objects of every kind, exported, planned to nothing, and applied into an
//! organization that has none of them but what no request makes: SLAs, rule groups, help centers and fields of
//! the system. Domains and views stay out. An export writes checks besides, which are no objects: they are
//! compared like everything else, and not counted.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, which panic to fail"
)]

#[path = "whole/calls.rs"]
mod calls;
mod common;
#[path = "whole/desk.rs"]
mod desk;
#[path = "properties/random.rs"]
mod random;
#[path = "common/registry.rs"]
mod registry;
#[path = "properties/shapes.rs"]
mod shapes;

use common::recorded;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use calls::{Reading, There};
use common::{Desk, Variables, settings, work};
use deskform::comparison::{Entry, Exports, Report, Side, exports};
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::export::{Choice, export_chosen};
use deskform::kind::ORDER;
use deskform::ledger::Ledger;
use deskform::live::Live;
use deskform::manifest::Sources;
use deskform::plan::Options;
use deskform::reading::Needs;
use deskform::run_record::update::after;
use deskform::session::Ready;
use deskform::simulator::{Organization, OrganizationSeed, Settings, Simulator};
use deskform::state::Address;
use deskform::verb::Verb;
use deskform::yaml::source::Source;
use serde_json::{Map, Value, json};

/// The organization that is exported.
const A: &str = "700001";
/// The one that it goes to.
const B: &str = "700002";

/// Two organizations with what no request makes. The first has besides what drawn resources look up.
fn simulator(dialect: Dialect) -> Arc<Mutex<Simulator>> {
    let settings = Settings {
        enforce_minute_limits: false,
        organizations: [A, B].map(OrganizationSeed::new).to_vec(),
        ..settings(dialect, Edition::Enterprise)
    };
    let mut simulator = shapes::simulator(settings.clone());
    let new = Simulator::new(settings);
    *simulator.organization_mut(B).expect("it") = new.organization(B).expect("it").clone();
    for id in [A, B] {
        let organization = simulator.organization_mut(id).expect("it");
        match dialect {
            Dialect::Openapi => desk::given(organization),
            Dialect::Guide => desk::given_of_guide(organization),
        }
    }
    // Nothing makes rule groups: the same ones are there.
    let first = simulator.organization(A).expect("it").clone();
    let second = simulator.organization_mut(B).expect("it");
    let department = |of: &Organization| of.objects("departments")[0]["id"].clone();
    for mut group in first.objects("ruleGroups") {
        group.as_object_mut().expect("it").remove("id");
        assert_eq!(group["departmentProperties"][0]["id"], department(&first));
        group["departmentProperties"][0]["id"] = department(second);
        second.insert("ruleGroups", group);
    }
    // Fields of the system are the same everywhere.
    let fields = simulator.organization(A).expect("it").objects("fields");
    let other = simulator.organization_mut(B).expect("it");
    for mut field in fields {
        let name = field["apiName"].as_str().unwrap_or_default();
        let has =
            |one: &Value| one["apiName"] == field["apiName"] && one["module"] == field["module"];
        if !name.is_empty() && !other.objects("fields").iter().any(has) {
            field.as_object_mut().expect("it").remove("id");
            other.insert("fields", field);
        }
    }
    Arc::new(Mutex::new(simulator))
}

fn environment(dialect: Dialect, organization: &str) -> Environment {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {dialect}, edition: enterprise, organization: '{organization}'}}}}\n"
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

async fn desk_of(
    simulator: &Arc<Mutex<Simulator>>,
    dialect: Dialect,
    organization: &str,
    sources: Sources,
    secrets: Variables,
) -> Desk {
    let environment = environment(dialect, organization);
    let desk = Desk::with(environment, sources, secrets, Arc::clone(simulator)).await;
    desk.take_log();
    desk
}

async fn planned(desk: &Desk) -> Ready {
    desk.plan().await.unwrap_or_else(|text| panic!("{text}"))
}

/// Applies a plan; all of it has to be done.
async fn applied(desk: &Desk, ready: &Ready) {
    let done = desk.applied(ready).await;
    done.unwrap_or_else(|failures| panic!("not applied:\n{failures}"));
}

/// The organization as manifests, as `export --kinds all` writes them.
async fn exported(desk: &Desk) -> Sources {
    desk.exported().await.expect("all of it")
}

/// Makes a desk in the first organization, as manifests that are applied, and exports it.
async fn made(simulator: &Arc<Mutex<Simulator>>, dialect: Dialect, sources: Sources) -> Sources {
    let secrets = Variables::from([(random::SECRET.0.to_owned(), random::SECRET.1.to_owned())]);
    let desk = desk_of(simulator, dialect, A, sources, secrets).await;
    applied(&desk, &planned(&desk).await).await;
    let left = work(&planned(&desk).await.planned.plan);
    assert!(left.is_empty(), "{left:#?}");
    desk.take_log();
    let export = exported(&desk).await;
    costs(&desk, Reading::Export);
    export
}

/// A new session with an organization, whose manifests are those of an export.
async fn with_export(
    simulator: &Arc<Mutex<Simulator>>,
    dialect: Dialect,
    organization: &str,
    export: &Sources,
) -> Desk {
    let secrets = secrets_of(export);
    desk_of(simulator, dialect, organization, export.clone(), secrets).await
}

/// The kind and the handle of a resource.
type Place = (String, String);

fn place(address: &Address) -> Place {
    (address.collection.to_owned(), address.handle.to_string())
}

/// The resources of an export.
fn resources(export: &Sources) -> BTreeMap<Place, Value> {
    let mut all = BTreeMap::new();
    for source in &export.base {
        let file: Map<String, Value> = serde_yaml::from_str(&source.text).expect("YAML");
        for (kind, bodies) in file {
            for (handle, body) in bodies.as_object().expect("resources") {
                all.insert((kind.clone(), handle.clone()), body.clone());
            }
        }
    }
    all
}

fn text(export: &Sources) -> String {
    export.base.iter().map(|source| &*source.text).collect()
}

/// The resources that a plan leaves to a person, with those that wait for one of them.
fn manual(ready: &Ready) -> BTreeSet<Place> {
    let steps = ready.planned.plan.steps.iter();
    let by_hand = steps.filter(|step| step.verb == Verb::Manual);
    let mut all: BTreeSet<Place> = by_hand.map(|step| place(&step.address)).collect();
    all.extend(ready.owned.waiting.iter().map(|(_, who)| place(who)));
    all
}

/// Does by hand what no request does: each root category of the knowledge base of the first organization is
/// made in the second one, with what it refers to there.
fn make_root_categories(simulator: &Mutex<Simulator>) {
    let mut simulator = simulator.lock().expect("it");
    let first = simulator.organization(A).expect("it").clone();
    let second = simulator.organization_mut(B).expect("it");
    let mut twins: Vec<(String, String)> = Vec::new();
    let there = |object: &Value, twins: &[(String, String)]| {
        let text = twins.iter().fold(object.to_string(), |text, (one, other)| {
            text.replace(one, other)
        });
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    for collection in ["departments", "helpCenters", "helpCenterGroups"] {
        for object in first.objects(collection) {
            let wanted = there(&object, &twins);
            let is_it = |other: &&Value| {
                ["name", "helpCenterId"]
                    .iter()
                    .all(|key| other[*key] == wanted[*key])
            };
            let others = second.objects(collection);
            let twin = others.iter().find(is_it).expect("the same over there");
            let id = |object: &Value| object["id"].as_str().expect("an id").to_owned();
            twins.push((id(&object), id(twin)));
        }
    }
    for category in first.objects("kbRootCategories") {
        let mut category = there(&category, &twins);
        // Answers show groups, of which the ids are kept.
        let groups = category["groups"].as_array().expect("a list").iter();
        let groups: Vec<Value> = groups.map(|group| group["id"].clone()).collect();
        let own = category.as_object_mut().expect("it");
        own.remove("id");
        own.remove("groups");
        own.insert("groupIds".to_owned(), json!(groups));
        second.insert("kbRootCategories", category);
    }
}

/// Asserts the calls of a reading, all of them.
fn costs(desk: &Desk, reading: Reading) {
    let found = calls::counted(&desk.take_log());
    let wanted = match desk.session.dialect {
        Dialect::Openapi => There(desk).calls(reading),
        Dialect::Guide => There(desk).calls_of_guide(reading),
    };
    let all: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    let wrong: Vec<String> = all
        .into_iter()
        .filter(|call| found.get(*call) != wanted.get(*call))
        .map(|call| {
            format!(
                "{call}: {:?} instead of {:?}",
                found.get(call),
                wanted.get(call)
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{reading:?}:\n{}", wrong.join("\n"));
}

/// Every kind of a dialect is there; says how many objects are.
fn objects_of_every_kind(dialect: Dialect, declared: &BTreeMap<Place, Value>) -> usize {
    for kind in registry::kinds(dialect) {
        let mut places = declared.keys();
        let has_any = places.any(|(collection, _)| collection == kind.collection);
        assert!(has_any, "no {}", kind.collection);
    }
    // Checks are no objects, and nor are orders.
    for (kind, handle) in declared.keys() {
        let mut parts = handle.split('/');
        assert!(
            parts.all(|part| !part.is_empty()),
            "{kind}/{handle} has an empty part"
        );
    }
    let places = declared.keys();
    let objects = places.filter(|(kind, handle)| kind != "checks" && handle != ORDER);
    objects.count()
}

/// An export plans to nothing, and again; what was counted the last time costs its pages and no more.
async fn plans_to_nothing(simulator: &Arc<Mutex<Simulator>>, dialect: Dialect, export: &Sources) {
    let desk = with_export(simulator, dialect, A, export).await;
    let ready = planned(&desk).await;
    assert_eq!(ready.planned.plan.steps, []);
    costs(&desk, Reading::Plan);
    let desired = desk.compose().expect("manifests");
    let none = || Ledger::new(&desk.options().environment, A);
    let ledger = Ledger {
        listings: after(none(), &desired, &ready, &BTreeSet::new()).listings,
        ..none()
    };
    let options = Options {
        ledger: Some(ledger),
        ..desk.options()
    };
    let again = desk.plan_of(&desired, &options).await.expect("a plan");
    assert_eq!(again.planned.plan.steps, []);
    costs(&desk, Reading::PlanAgain);
}

/// What of an export can go elsewhere. The guide has no listing of roles and profiles: an export names them by
/// ids of one organization, or by what its agents tell of them, so that agents go without.
fn portable(dialect: Dialect, mut export: Sources) -> Sources {
    if dialect == Dialect::Guide {
        let is_agents = |source: &&mut Source| source.name.as_ref() == "agents.yaml";
        for source in export.base.iter_mut().filter(is_agents) {
            let is_of_one =
                |line: &&str| line.starts_with("    role: ") || line.starts_with("    profile: ");
            let lines = source.text.split_inclusive('\n');
            let kept: String = lines.filter(|line| !is_of_one(line)).collect();
            *source = Source::new(source.name.to_string(), kept.as_bytes());
        }
    }
    export
}

/// An export goes to the second organization, and what comes from there is the same, but for what the plan has
/// left to a person beforehand.
async fn crosses(simulator: &Arc<Mutex<Simulator>>, dialect: Dialect, export: &Sources) -> Desk {
    let desk = with_export(simulator, dialect, B, export).await;
    let ready = planned(&desk).await;
    let by_hand = manual(&ready);
    applied(&desk, &ready).await;
    let left = planned(&desk).await;
    let steps = left.planned.plan.steps.iter();
    let others =
        steps.filter(|step| step.verb != Verb::Manual || !by_hand.contains(&place(&step.address)));
    let others: Vec<String> = others
        .map(|step| {
            format!(
                "{} {}: {:?}",
                step.verb.as_str(),
                step.address,
                step.changes
            )
        })
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    let (here, there) = (
        resources(export),
        resources(&portable(dialect, exported(&desk).await)),
    );
    let all: BTreeSet<&Place> = here.keys().chain(there.keys()).collect();
    let differing: Vec<_> = all
        .into_iter()
        .filter(|place| here.get(*place) != there.get(*place) && !by_hand.contains(*place))
        .map(|place| (place, here.get(place), there.get(place)))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
    desk
}

#[tokio::test(start_paused = true)]
async fn a_whole_desk_goes_to_an_empty_organization() {
    let dialect = Dialect::Openapi;
    let simulator = simulator(dialect);
    let [drawn, _] = random::rest(dialect, &[]);
    let mut sources = drawn.sources();
    sources.base.extend(desk::sources());
    let export = made(&simulator, dialect, sources).await;
    let objects = objects_of_every_kind(dialect, &resources(&export));
    assert!((1_900..2_300).contains(&objects), "{objects} objects");
    plans_to_nothing(&simulator, dialect, &export).await;
    let other = crosses(&simulator, dialect, &export).await;

    // Once a person has made the categories, what waits for them follows, and both say the same.
    make_root_categories(&simulator);
    applied(&other, &planned(&other).await).await;
    assert_eq!(planned(&other).await.planned.plan.steps, []);
    same_text(&text(&export), &text(&exported(&other).await));
    let first = with_export(&simulator, dialect, A, &export).await;
    let report = compared(&first, &other).await;
    assert_eq!(report.differences, []);
    assert_eq!(report.not_compared, Vec::<String>::new());
    assert!(report.summary.equal >= objects, "{:?}", report.summary);

    // No request broke a fact of the API.
    assert_eq!(other.violations(), Vec::<String>::new());
}

/// What the guide has of it: nothing there is left to a person.
#[tokio::test(start_paused = true)]
async fn a_desk_of_the_guide_goes_to_an_empty_organization() {
    let dialect = Dialect::Guide;
    let simulator = simulator(dialect);
    let sources = Sources {
        base: desk::sources_of_guide(),
        ..Sources::default()
    };
    let export = made(&simulator, dialect, sources).await;
    let objects = objects_of_every_kind(dialect, &resources(&export));
    assert!((900..1_100).contains(&objects), "{objects} objects");
    plans_to_nothing(&simulator, dialect, &export).await;
    let export = portable(dialect, export);
    let other = crosses(&simulator, dialect, &export).await;
    let there = portable(dialect, exported(&other).await);
    same_text(&text(&export), &text(&there));
    // What agents have is known by ids of one organization alone.
    let first = with_export(&simulator, dialect, A, &export).await;
    let report = compared(&first, &other).await;
    let is_of_agents = |one: &&Entry| one.address.collection == "agents";
    let others: Vec<_> = (report.differences.iter())
        .filter(|one| !is_of_agents(one))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(other.violations(), Vec::<String>::new());
}

/// Two organizations side by side, as `deskform diff` compares them.
async fn compared(a: &Desk, b: &Desk) -> Report {
    let (mut one, mut other) = (read(a).await, read(b).await);
    let first = export_chosen(&mut one, &Choice::default(), &|_| false);
    let choice = Choice {
        names: first.names(&one),
        ..Choice::default()
    };
    let second = export_chosen(&mut other, &choice, &|_| false);
    let side = |name: &str| Side {
        name: name.to_owned(),
        environment: name.to_owned(),
        org_id: None,
        commit: None,
    };
    let found = exports(Exports {
        a: (&first, one.dialect),
        b: (&second, other.dialect),
    });
    found.report(side("a"), side("b"), &BTreeSet::new())
}

/// All that an organization shows.
async fn read(desk: &Desk) -> Live {
    let session = &desk.session;
    let needs = Needs::everything(session.dialect);
    let mut live = session.read(&needs).await.expect("all of it");
    session.complete_all(&mut live).await.expect("all of it");
    live
}

/// Tells where two exports differ.
fn same_text(one: &str, other: &str) {
    let diff = similar::TextDiff::from_lines(one, other);
    assert!(one == other, "{}", diff.unified_diff().context_radius(3));
}

/// The secret variables that an export names, all of one value: the drawn ones have no other.
fn secrets_of(export: &Sources) -> Variables {
    let mut secrets = Variables::new();
    for source in &export.base {
        for part in source.text.split("${secret.").skip(1) {
            let name = part.split('}').next().unwrap_or_default();
            secrets.insert(name.to_owned(), random::SECRET.1.to_owned());
        }
    }
    secrets
}
