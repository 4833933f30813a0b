//! A kind that manifests can declare is proved in every frame of the tests, in every dialect.
//!
//! A kind is one file in `src/kind`, one line in its registry, and rows in the simulator. The
//! frames take it from there by themselves; what a person has to add is asked for here.

#![expect(clippy::expect_used, reason = "helpers of tests")]

#[path = "campaign/case.rs"]
#[expect(dead_code, reason = "of a schedule only its manifests count here")]
mod case;
mod common;
#[path = "properties/random.rs"]
mod random;
#[path = "common/registry.rs"]
mod registry;
#[path = "properties/shapes.rs"]
mod shapes;
#[path = "campaign/wire.rs"]
#[expect(dead_code, reason = "nothing is sent over a wire here")]
mod wire;

use common::recorded;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::{Desk, secrets_of, settings};
use deskform::config::{Project, Target};
use deskform::dialect::{Dialect, Edition};
use deskform::kind::{Api, Create, Field, Kind, Removal, Wire, scopes};
use deskform::manifest::Sources;
use deskform::reading::Needs;
use deskform::simulator::Simulator;
use deskform::yaml::source::Source;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use registry::{DIALECTS, kept_in};
use serde_json::Value;

/// Draws of the properties and of the campaign that are looked at.
const DRAWS: u64 = 400;

/// What the plans of the cases say of a kind in a dialect.
#[derive(Default)]
struct Shown {
    verbs: BTreeSet<String>,
    fields: BTreeSet<String>,
    /// The first case that creates it, with its environment.
    made_by: Option<(PathBuf, String)>,
}

/// What all plans of the cases say, by dialect and collection.
type Recorded = BTreeMap<(Dialect, String), Shown>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every kind that a dialect can have, in both.
fn all() -> impl Iterator<Item = (Dialect, &'static Kind, &'static Api)> {
    DIALECTS.into_iter().flat_map(|dialect| {
        registry::kinds(dialect).filter_map(move |kind| Some((dialect, kind, kind.api(dialect)?)))
    })
}

/// Reads the plans that are recorded beside the cases.
fn recorded() -> Recorded {
    let mut recorded = Recorded::new();
    let mut folders: Vec<PathBuf> = fs::read_dir(root().join("tests/cases"))
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    for folder in folders {
        let (Ok(project), _) = Project::read(&folder) else {
            continue;
        };
        for environment in &project.environments {
            let Target::Simulator { dialect, .. } = environment.target else {
                continue;
            };
            let file = folder.join(format!("{}.plan.txt", environment.name));
            if let Ok(plan) = fs::read_to_string(file) {
                note(&plan, dialect, (&folder, &environment.name), &mut recorded);
            }
        }
    }
    recorded
}

/// Notes what a plan shows: a line a step, and a line a field below it.
fn note(plan: &str, dialect: Dialect, case: (&Path, &str), recorded: &mut Recorded) {
    let mut step: Option<(Dialect, String)> = None;
    for line in plan.lines() {
        if let Some(rest) = line.strip_prefix("    ") {
            let name = rest.split([':', '.', ' ']).next().unwrap_or_default();
            if let Some(key) = &step {
                let shown = recorded.entry(key.clone()).or_default();
                shown.fields.insert(name.to_owned());
            }
            continue;
        }
        step = None;
        let Some((words, handle)) = line.split_once('/') else {
            continue;
        };
        let mut words = words.split(' ').skip(1).collect::<Vec<_>>();
        let (Some(collection), false) = (words.pop(), handle.is_empty()) else {
            continue;
        };
        let verb = words.join(" ");
        let key = (dialect, collection.to_owned());
        let shown = recorded.entry(key.clone()).or_default();
        let makes = match deskform::kind::find(collection).and_then(|kind| kind.api(dialect)) {
            Some(api) if api.create == Create::Update || is_given(collection) => {
                matches!(verb.as_str(), "create" | "update")
            }
            _ => verb == "create",
        };
        if makes && shown.made_by.is_none() {
            shown.made_by = Some((case.0.to_owned(), case.1.to_owned()));
        }
        shown.verbs.insert(verb);
        step = Some(key);
    }
}

/// Whether nothing makes or removes the objects of a collection.
fn is_given(collection: &str) -> bool {
    deskform::kind::find(collection).is_some_and(Kind::is_given)
}

/// Whether a request can carry a field, or change it.
fn can_be_sent(field: &Field, dialect: Dialect) -> bool {
    matches!(
        field.wire(dialect),
        Wire::Sent { .. } | Wire::Switched(_) | Wire::Query(_) | Wire::InPath
    )
}

fn is_by_hand(kind: &Kind, api: &Api) -> bool {
    matches!(api.create, Create::Manual(_) | Create::Never) && !kind.is_given()
}

/// The cases that are lacking.
fn cases_lacking(recorded: &Recorded) -> Vec<String> {
    let mut lacking = Vec::new();
    let nothing = Shown::default();
    for (dialect, kind, api) in all() {
        let name = kind.collection;
        let shown = recorded
            .get(&(dialect, name.to_owned()))
            .unwrap_or(&nothing);
        let mut ask = |what: String| {
            lacking.push(format!(
                "{name}, {dialect}: {what}; add a folder to tests/cases, run \
                 `DESKFORM_BLESS=1 cargo test --test cases`, and look at what came out"
            ));
        };
        let made = match api.create {
            Create::Never if kind.is_given() => "update",
            Create::Manual(_) | Create::Never => "by hand",
            // What the organization has one of is always there.
            Create::Update if scopes(kind).next().is_none() => "update",
            Create::Post(_) | Create::PostWith { .. } | Create::Clone { .. } | Create::Update => {
                "create"
            }
        };
        if !shown.verbs.contains(made) {
            ask(format!("no case has a step `{made} {name}/…`"));
        }
        let is_removed = ["delete", "disable"]
            .iter()
            .any(|verb| shown.verbs.contains(*verb));
        if !is_removed && !matches!(api.removal, Removal::Manual(_) | Removal::Never) {
            ask("no case removes one (`delete` or `disable`)".to_owned());
        }
        let fields: Vec<&str> = kind
            .fields
            .iter()
            // What is there anyway is changed alone.
            .filter(|field| !(kind.is_given() && field.identity))
            .filter(|field| can_be_sent(field, dialect) && !shown.fields.contains(field.name))
            .map(|field| field.name)
            .collect();
        if !fields.is_empty() {
            ask(format!("no case sets or changes `{}`", fields.join("`, `")));
        }
    }
    lacking
}

#[test]
fn every_kind_and_field_has_cases() {
    let lacking = cases_lacking(&recorded());
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    // Without cases everything is asked for.
    let asked = cases_lacking(&Recorded::new());
    for (dialect, kind, _) in all() {
        let start = format!("{}, {dialect}: no case", kind.collection);
        assert!(asked.iter().any(|line| line.starts_with(&start)), "{start}");
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// A new organization without manifests.
async fn bare(dialect: Dialect) -> Desk {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {dialect}, edition: enterprise, organization: '700001'}}}}\n"
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(Path::new("."), &source).expect("a project");
    let environment = project.environment(None).expect("it").clone();
    let simulator = Simulator::new(settings(dialect, Edition::Enterprise));
    Desk::with(
        environment,
        Sources::default(),
        BTreeMap::new(),
        std::sync::Arc::new(std::sync::Mutex::new(simulator)),
    )
    .await
}

#[test]
fn the_simulator_lists_every_kind() {
    let mut lacking = Vec::new();
    for (dialect, kind, _) in all() {
        let name = kind.collection;
        let place = format!("add its routes to src/simulator, for the dialect {dialect}");
        run(async {
            let desk = bare(dialect).await;
            desk.take_log();
            let read = desk.session.read(&Needs::of_kind(kind)).await;
            let requests: Vec<String> = desk
                .take_log()
                .into_iter()
                .map(|request| format!("{} {}", request.method, request.target))
                .filter(|request| !request.contains("/organizations") && !request.contains("/my"))
                .collect();
            let refused = desk.violations();
            if let Err(error) = read {
                lacking.push(format!("{name}: its listing fails: {error:?}; {place}"));
            } else if !refused.is_empty() {
                lacking.push(format!("{name}: {refused:?}; {place}"));
            } else if requests.is_empty() {
                lacking.push(format!(
                    "{name}: nothing is asked for, so that nothing is listed in {dialect}"
                ));
            }
        });
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn every_kind_is_kept_and_exported() {
    let recorded = recorded();
    let mut lacking = Vec::new();
    for (dialect, kind, api) in all() {
        let name = kind.collection;
        let made = recorded.get(&(dialect, name.to_owned()));
        let Some((folder, environment)) = made.and_then(|shown| shown.made_by.as_ref()) else {
            // Of what a person makes nothing but the name is seen.
            if !is_by_hand(kind, api) {
                lacking.push(format!("{name}, {dialect}: no case makes one"));
            }
            continue;
        };
        run(async {
            let desk = Desk::open(folder, environment, &secrets_of(folder)).await;
            let ready = desk.plan().await.expect("a plan");
            desk.apply(&ready).await;
            if desk.objects(kept_in(kind, dialect)).is_empty() {
                lacking.push(format!(
                    "{name}: {} has made one, and the simulator has no `{}` in {dialect}; say in \
                     tests/common/registry.rs (KEPT) where the simulator keeps them",
                    folder.display(),
                    kept_in(kind, dialect)
                ));
            }
            let exported = match desk.exported().await {
                Ok(exported) => exported,
                Err(error) => {
                    lacking.push(format!("{name}, {dialect}: nothing is exported: {error}"));
                    return;
                }
            };
            if !collections(&exported).contains_key(name) {
                lacking.push(format!(
                    "{name}: {} has made one, and the export of {dialect} has none; see \
                     src/export.rs and `Needs::everything`",
                    folder.display()
                ));
            }
        });
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

/// Every way down an object to a text that is the id of another one, but for its own.
fn ways_to_ids(object: &Value, ids: &BTreeSet<String>) -> Vec<String> {
    fn walk(value: &Value, way: &str, ids: &BTreeSet<String>, into: &mut Vec<String>) {
        match value {
            Value::String(text) if ids.contains(text) => into.push(way.to_owned()),
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    walk(item, &format!("{way}/{number}"), ids, into);
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    walk(value, &format!("{way}/{key}"), ids, into);
                }
            }
            _ => {}
        }
    }
    let mut ways = Vec::new();
    walk(object, "", ids, &mut ways);
    ways.retain(|way| way != "/id");
    ways
}

/// An organization keeps the ids of what was trashed since: an export of it plans to nothing all the
/// same, whatever refers to it.
#[test]
fn what_refers_in_vain_is_not_exported() {
    const GONE: &str = "700000000999999";
    let recorded = recorded();
    let (mut tried, mut failed) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for (dialect, kind, api) in all() {
        let made = recorded.get(&(dialect, kind.collection.to_owned()));
        let Some((folder, environment)) = made.and_then(|shown| shown.made_by.as_ref()) else {
            assert!(is_by_hand(kind, api), "{} has no case", kind.collection);
            continue;
        };
        run(async {
            let secrets = secrets_of(folder);
            let desk = Desk::open(folder, environment, &secrets).await;
            let ready = desk.plan().await.expect("a plan");
            desk.apply(&ready).await;
            if desk.export_plans_to_nothing(&secrets).await.is_err() {
                // The keys of its URLs are hidden, which are no references.
                assert_eq!(kind.collection, "webhooks");
                return;
            }
            let id = &desk.environment.org_id;
            let collection = kept_in(kind, dialect);
            let ids: BTreeSet<String> = {
                let simulator = desk.simulator.lock().expect("it");
                let organization = simulator.organization(id).expect("it");
                (organization.collections())
                    .flat_map(|collection| organization.objects(collection))
                    .filter_map(|object| object["id"].as_str().map(str::to_owned))
                    .collect()
            };
            for object in desk.objects(collection) {
                let own = object["id"].as_str().expect("an id").to_owned();
                for way in ways_to_ids(&object, &ids) {
                    let put = |value: &Value| {
                        let mut changed = object.clone();
                        *changed.pointer_mut(&way).expect("it") = value.clone();
                        let mut simulator = desk.simulator.lock().expect("it");
                        let organization = simulator.organization_mut(id).expect("it");
                        let Value::Object(changed) = changed else {
                            return;
                        };
                        organization.change(collection, &own, |object| *object = changed);
                    };
                    put(&Value::from(GONE));
                    *tried.entry(kind.collection).or_default() += 1;
                    if let Err(error) = desk.export_plans_to_nothing(&secrets).await {
                        failed.push(format!("{}, {dialect}, {way}: {error}", kind.collection));
                    }
                    put(object.pointer(&way).expect("it"));
                }
            }
        });
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let ways: usize = tried.values().sum();
    assert!(tried.len() > 4 && ways > 40, "{tried:?}");
}

/// A value whose field is not exported beside it means nothing in another organization.
#[test]
fn values_are_exported_with_their_custom_fields() {
    for (folder, environment) in [
        ("agents-every-field", "openapi"),
        ("customers-every-field", "openapi"),
        ("customers-every-field", "guide"),
    ] {
        run(async {
            let folder = root().join("tests/cases").join(folder);
            let desk = Desk::open(&folder, environment, &secrets_of(&folder)).await;
            let ready = desk.plan().await.expect("a plan");
            desk.apply(&ready).await;
            let sources = desk.exported().await.expect("an export");
            let text: String = sources
                .base
                .iter()
                .map(|one| one.text.to_string())
                .collect();
            assert!(text.contains("cf:"), "{}: {text}", folder.display());
            assert!(!text.contains("cf_"), "{}: {text}", folder.display());
        });
    }
}

/// The collections that manifests declare, with the fields that they give.
fn collections(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources.base.iter().chain(sources.overlays.iter().flatten()) {
        let Ok(file) = serde_yaml::from_str::<Value>(&source.text) else {
            continue;
        };
        for (collection, bodies) in file.as_object().into_iter().flatten() {
            let fields = found.entry(collection.clone()).or_default();
            let bodies = bodies.as_object().into_iter().flatten();
            for (_, body) in bodies {
                fields.extend(
                    body.as_object()
                        .into_iter()
                        .flatten()
                        .map(|(key, _)| key.clone()),
                );
            }
        }
    }
    found
}

/// Collects the keys of maps that stand where a text may.
fn named_in_texts(key: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) if matches!(key, "value" | "from") => found.extend(map.keys().cloned()),
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| named_in_texts(key, value, found)),
        Value::Array(items) => items
            .iter()
            .for_each(|item| named_in_texts(key, item, found)),
        _ => {}
    }
}

#[test]
fn the_properties_draw_all_that_a_text_may_name() {
    let words = deskform::kind::KINDS.iter().map(|kind| kind.word);
    let words: BTreeSet<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let strategy = random::manifest(Dialect::Openapi, false);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut found = BTreeSet::new();
    for _ in 0..DRAWS {
        let manifest = strategy.new_tree(&mut runner).expect("a draw").current();
        for source in manifest.sources().base {
            let file = serde_yaml::from_str(&source.text).unwrap_or_default();
            named_in_texts("", &file, &mut found);
        }
    }
    assert_eq!(found, words);
}

#[test]
fn the_properties_draw_every_field_of_every_kind() {
    let mut lacking = Vec::new();
    for dialect in DIALECTS {
        let mut drawn: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let strategies = [false, true].map(|later| random::manifest(dialect, later));
        let seed = [dialect as u8; 32];
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        for turn in 0..DRAWS {
            for strategy in &strategies {
                let manifest = strategy.new_tree(&mut runner).expect("a draw").current();
                let turn = u8::try_from(turn % 256).expect("a byte");
                for (collection, fields) in collections(&manifest.turned(turn).sources()) {
                    drawn.entry(collection).or_default().extend(fields);
                }
            }
        }
        for kind in registry::kinds(dialect) {
            let name = kind.collection;
            let Some(fields) = drawn.get(name) else {
                lacking.push(format!(
                    "{name}: no manifest of {dialect} in {DRAWS} draws declares one; see \
                     tests/properties/random.rs"
                ));
                continue;
            };
            for field in kind.fields {
                let excluded = shapes::NOT_DRAWN
                    .iter()
                    .any(|(of, no, only, _)| *of == name && *no == field.name && *only == dialect);
                if can_be_sent(field, dialect) && !excluded && !fields.contains(field.name) {
                    lacking.push(format!(
                        "{name}: no manifest of {dialect} in {DRAWS} draws gives `{}`; if no text \
                         in tests/properties/shapes.rs (TEXTS) fits its shape, add one",
                        field.name
                    ));
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn fault_schedules_draw_every_kind() {
    let strategies = case::Strategies::new();
    let mut before = BTreeSet::new();
    let mut now = BTreeSet::new();
    for seed in 1..=DRAWS {
        let case = case::Case::draw(seed, &strategies);
        let of = |manifest: &random::Manifest| -> Vec<(Dialect, String)> {
            let declared = collections(&manifest.sources());
            declared
                .into_keys()
                .map(|collection| (case.dialect, collection))
                .collect()
        };
        before.extend(case.before.iter().flat_map(of));
        now.extend(of(&case.now));
    }
    let mut lacking = Vec::new();
    for (dialect, kind, _) in all() {
        let key = (dialect, kind.collection.to_owned());
        if !before.contains(&key) || !now.contains(&key) {
            lacking.push(format!(
                "{}: none of {DRAWS} fault schedules of {dialect} has one before and one \
                 afterwards; see tests/campaign/case.rs and tests/properties/random.rs",
                kind.collection
            ));
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

/// The collections that a project declares in its files.
fn declared_in(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml")
                && let Ok(text) = fs::read_to_string(&path)
                && let Ok(Value::Object(file)) = serde_yaml::from_str(&text)
            {
                found.extend(file.into_iter().map(|(key, _)| key));
            }
        }
    }
    found
}

#[test]
fn the_example_declares_every_kind() {
    let acme = root().join("examples/acme");
    let mut declared = declared_in(&acme.join("manifests"));
    declared.extend(declared_in(&acme.join("overlays")));
    let lacking: BTreeSet<&str> = all()
        .map(|(_, kind, _)| kind.collection)
        .filter(|collection| !declared.contains(*collection))
        .collect();
    assert!(
        lacking.is_empty(),
        "examples/acme declares none of `{}`: add some to its manifests, or to the overlay of the \
         dialect that has them",
        lacking.into_iter().collect::<Vec<_>>().join("`, `")
    );
}
