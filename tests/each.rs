//! What holds for every kind and every field of it, tried on the cases: each is an organization, and manifests
//! that make something in it.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod common;
#[path = "common/registry.rs"]
mod registry;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::{Desk, secrets_of, shown, work};
use deskform::config::{Project, Target};
use deskform::dialect::Dialect;
use deskform::drift::{self, Drift, Moved};
use deskform::export::{Choice, export_chosen};
use deskform::kind::{self, Encoding, Field, Shape, Wire, find};
use deskform::ledger::Ledger;
use deskform::manifest::{Desired, compose, to_sources};
use deskform::plan::Options;
use deskform::reading::Needs;
use deskform::run_record::update::after;
use deskform::state::{Address, Reference, State, Value};
use registry::{kept_in, kinds};
use serde_json::Value as Json;

/// The folders of the cases, each with its environments that are simulated and their dialects.
fn cases() -> Vec<(PathBuf, String, Dialect)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    let mut found = Vec::new();
    for folder in folders {
        let (Ok(project), _) = Project::read(&folder) else {
            continue;
        };
        for environment in &project.environments {
            if let Target::Simulator { dialect, .. } = environment.target {
                found.push((folder.clone(), environment.name.clone(), dialect));
            }
        }
    }
    assert!(found.len() > 100, "cases are missing");
    found
}

/// A case whose manifests plan to something.
async fn planned(folder: &Path, environment: &str) -> Option<(Desk, Desired)> {
    let desk = Desk::open(folder, environment, &secrets_of(folder)).await;
    let desired = desk.compose().ok()?;
    desk.plan_of(&desired, &desk.options()).await.ok()?;
    Some((desk, desired))
}

/// Every way down a value to what names another resource, as the names of the leaves.
fn ways_to_references(value: &Value, way: &[String], into: &mut Vec<Vec<String>>) {
    match value {
        Value::Reference(_) => into.push(way.to_vec()),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let way: Vec<String> = way.iter().cloned().chain([index.to_string()]).collect();
                ways_to_references(item, &way, into);
            }
        }
        Value::Map(map) => {
            for (key, item) in map {
                let way: Vec<String> = way.iter().cloned().chain([key.to_owned()]).collect();
                ways_to_references(item, &way, into);
            }
        }
        _ => {}
    }
}

/// What stands at a way down.
fn at<'v>(value: &'v mut Value, way: &[String]) -> &'v mut Value {
    let Some((first, rest)) = way.split_first() else {
        return value;
    };
    let below = match value {
        Value::List(items) => items.get_mut(first.parse::<usize>().expect("an index")),
        Value::Map(map) => map.get_mut(first),
        _ => None,
    };
    at(below.expect("it is there"), rest)
}

/// References whose ids nothing proves: the collection, the field, and what it names. No request asks for one of
/// them by its id, and nothing else needs their listing; `docs/limits.md` says so.
const UNPROVED: &[(Dialect, &str, &str, &str)] = &[
    (Dialect::Openapi, "accounts", "slas", "slas"),
    (Dialect::Openapi, "supportPlans", "sla", "slas"),
    // A question about what is not there has no answer, which is a warning.
    (
        Dialect::Openapi,
        "checks",
        "fieldIsUsedBy field",
        "customFields",
    ),
    (Dialect::Guide, "agents", "profile", "profiles"),
    (Dialect::Guide, "agents", "role", "roles"),
];

/// An id that no object has is refused when planning, wherever it stands.
#[tokio::test(start_paused = true)]
async fn a_made_up_id_is_refused_in_the_place_of_each_reference() {
    const MADE_UP: &str = "799999999999999999";
    let mut tried: BTreeSet<(Dialect, &str, String, &str)> = BTreeSet::new();
    let mut accepted: BTreeMap<(Dialect, &str, String, &str), String> = BTreeMap::new();
    for (folder, environment, dialect) in cases() {
        let Some((desk, desired)) = planned(&folder, &environment).await else {
            continue;
        };
        for (address, resource) in &desired.state {
            for (name, value) in resource.body.iter() {
                let mut ways = Vec::new();
                ways_to_references(value, &[], &mut ways);
                for way in ways {
                    let mut changed = value.clone();
                    let reference = at(&mut changed, &way);
                    let Value::Reference(named) = reference else {
                        continue;
                    };
                    let collection = named.collection();
                    let leaf = way.iter().rfind(|key| key.parse::<u64>().is_err());
                    let field = leaf.map_or(name.to_owned(), |leaf| format!("{name} {leaf}"));
                    let key = (dialect, address.collection, field, collection);
                    if !tried.insert(key.clone()) {
                        continue;
                    }
                    *reference = Value::Reference(Reference::Id {
                        collection,
                        id: MADE_UP.into(),
                    });
                    let mut other = desired.clone();
                    let mut body = resource.body.clone();
                    *body.get_mut(name).expect("it") = changed;
                    let kind = resource.kind;
                    other
                        .state
                        .insert(address.clone(), deskform::state::Resource { kind, body });
                    let plan = desk.plan_of(&other, &desk.options()).await;
                    let told = plan.err().unwrap_or_else(|| "a plan".to_owned());
                    if !told.contains(&format!("with the id `{MADE_UP}`")) {
                        accepted.insert(key, format!("{}: {told}", folder.display()));
                    }
                }
            }
        }
    }
    assert!(tried.len() > 60, "{}", tried.len());
    let unproved: BTreeSet<(Dialect, &str, String, &str)> = UNPROVED
        .iter()
        .map(|(dialect, collection, field, named)| {
            (*dialect, *collection, (*field).to_owned(), *named)
        })
        .collect();
    let known: BTreeSet<_> = accepted.keys().cloned().collect();
    assert_eq!(known, unproved, "{accepted:#?}");
}

/// The steps of a plan that are not left to a person, applied; with the ledger of it.
async fn applied(desk: &Desk, desired: &Desired) -> Ledger {
    let mut ledger = Ledger::new(&desk.environment.name, &desk.environment.org_id);
    // What waits for something else is applied with the second plan.
    for _ in 0..2 {
        let options = Options {
            ledger: Some(ledger.clone()),
            ..desk.options()
        };
        let Ok(ready) = desk.plan_of(desired, &options).await else {
            break;
        };
        let events = desk.apply(&ready).await;
        let done = deskform::apply::event::finished(&ready.planned.plan, &events);
        ledger = after(ledger, desired, &ready, &done);
    }
    ledger
}

/// An export of one kind names by lookup what it does not declare, where answers tell its name, and plans to nothing.
#[tokio::test(start_paused = true)]
async fn an_export_of_one_kind_names_others_by_lookup() {
    let (mut looked_up, mut by_id) = (BTreeSet::new(), BTreeMap::new());
    let mut not_nothing = BTreeMap::new();
    for (folder, environment, dialect) in cases() {
        let Some((desk, desired)) = planned(&folder, &environment).await else {
            continue;
        };
        applied(&desk, &desired).await;
        let declared: BTreeSet<&'static str> = desired
            .state
            .iter()
            .map(|(address, _)| address.collection)
            .collect();
        for collection in declared {
            let chosen = BTreeSet::from([collection]);
            let needs = Needs::everything_of(&chosen, &|_| false, dialect);
            let mut live = desk.session.read(&needs).await.expect("a listing");
            let completed = desk.session.complete_chosen(&mut live, &chosen).await;
            completed.expect("all of it");
            let choice = Choice {
                kinds: Some(chosen),
                ..Choice::default()
            };
            let exported = export_chosen(&mut live, &choice, &|_| false);
            if let Err(why) = plans_to_nothing(&desk, &exported.state).await {
                not_nothing.insert(
                    (dialect, collection),
                    format!("{}: {why}", folder.display()),
                );
            }
            for (address, resource) in &exported.state {
                for (name, value) in resource.body.iter() {
                    value.walk(&mut |value| match value {
                        Value::Reference(Reference::Id { collection, id }) => {
                            let key = (dialect, address.collection, name, *collection);
                            let what = format!("{} {address} {id}", folder.display());
                            by_id.entry(key).or_insert(what);
                        }
                        Value::Reference(Reference::Lookup { collection, .. }) => {
                            looked_up.insert((dialect, address.collection, name, *collection));
                        }
                        _ => {}
                    });
                }
            }
        }
    }
    assert!(not_nothing.is_empty(), "{not_nothing:#?}");
    assert!(looked_up.len() > 40, "{looked_up:?}");
    let known: BTreeSet<(Dialect, &str, &str, &str)> = by_id.keys().copied().collect();
    let unnamed: BTreeSet<(Dialect, &str, &str, &str)> = UNNAMED.iter().copied().collect();
    assert_eq!(known, unnamed, "{by_id:#?}");
}

/// Plans what an export wrote against the organization that it is of.
async fn plans_to_nothing(desk: &Desk, state: &State) -> Result<(), String> {
    let sources = to_sources(state);
    let desired = compose(&sources, &desk.environment, &|_| None);
    let desired = desired.map_err(|problems| shown(&problems, &sources))?;
    let mut options = desk.options();
    options.ignore.clear();
    let ready = desk.plan_of(&desired, &options).await?;
    let steps = work(&ready.planned.plan);
    if steps.is_empty() {
        Ok(())
    } else {
        Err(format!("{steps:#?}"))
    }
}

/// What an export names by an id: the collection, the field, and what it names.
const UNNAMED: &[(Dialect, &str, &str, &str)] = &[
    (Dialect::Openapi, "accounts", "slas", "slas"),
    // One whose label is the name of a module of the system.
    (Dialect::Openapi, "customFields", "module", "customModules"),
    // Of customers' records that were not listed another one may have the name.
    (
        Dialect::Openapi,
        "ticketTemplates",
        "ticketTemplateValues",
        "accounts",
    ),
    (
        Dialect::Openapi,
        "ticketTemplates",
        "ticketTemplateValues",
        "contacts",
    ),
    (
        Dialect::Openapi,
        "ticketTemplates",
        "ticketTemplateValues",
        "products",
    ),
    (Dialect::Guide, "agents", "profile", "profiles"),
];

/// Other values of an answer in the place of one, by the shape of the field.
fn others(field: &Field, dialect: Dialect, value: &Json, ids: &[String]) -> Vec<Json> {
    let words = match field.wire(dialect) {
        Wire::Sent {
            encoding: Encoding::Words(words),
            ..
        } => *words,
        _ => &[],
    };
    let spelt = |word: &str| {
        let wire = words.iter().find(|(manifest, _)| *manifest == word);
        Json::from(wire.map_or(word, |(_, wire)| *wire))
    };
    let mut others = match (&field.shape, value) {
        (Shape::Choice(choices), _) => choices.iter().map(|word| spelt(word)).collect(),
        (Shape::Reference(_), Json::String(_)) => ids.iter().map(|id| Json::from(&**id)).collect(),
        (_, Json::Bool(flag)) => vec![Json::from(!flag)],
        (_, Json::Number(number)) => {
            let number = number.as_i64().unwrap_or_default();
            vec![Json::from(number + 1)]
        }
        (_, Json::String(text)) => match &**text {
            "true" => vec![Json::from("false")],
            "false" => vec![Json::from("true")],
            text if text.parse::<u64>().is_ok() => vec![],
            text => vec![
                Json::from(format!("{text} anew")),
                Json::from(text.replace('1', "2")),
            ],
        },
        (_, Json::Array(items)) => {
            let mut fewer = items.clone();
            fewer.pop();
            let mut all = vec![Json::Array(fewer)];
            for (index, item) in items.iter().enumerate().take(2) {
                for other in within(item) {
                    let mut items = items.clone();
                    items[index] = other;
                    all.push(Json::Array(items));
                }
            }
            all
        }
        (_, object @ Json::Object(_)) => within(object),
        (_, Json::Null) => Vec::new(),
    };
    others.retain(|other| other != value);
    others
}

/// An object with one of its leaves changed.
fn within(value: &Json) -> Vec<Json> {
    match value {
        Json::Bool(flag) => vec![Json::from(!flag)],
        Json::String(text) if text.parse::<u64>().is_err() => {
            vec![Json::from(format!("{text} anew"))]
        }
        Json::Number(number) => vec![Json::from(number.as_i64().unwrap_or_default() + 1)],
        Json::Array(items) => {
            let changed = items.iter().enumerate().flat_map(|(index, item)| {
                within(item).into_iter().map(move |other| (index, other))
            });
            let changed = changed.map(|(index, other)| {
                let mut items = items.clone();
                items[index] = other;
                Json::Array(items)
            });
            changed.collect()
        }
        Json::Object(map) => {
            let leaves = map
                .iter()
                .filter(|(key, _)| *key != "id" && !key.ends_with("Id"));
            let changed = leaves.flat_map(|(key, leaf)| {
                within(leaf)
                    .into_iter()
                    .map(move |other| (key.clone(), other))
            });
            let changed = changed.map(|(key, other)| {
                let mut map = map.clone();
                map.insert(key, other);
                Json::Object(map)
            });
            changed.collect()
        }
        _ => Vec::new(),
    }
}

async fn drifts(desk: &Desk, desired: &Desired, ledger: &Ledger) -> Vec<Drift> {
    let options = Options {
        ledger: Some(ledger.clone()),
        ..desk.options()
    };
    let found = drift::detect(&desk.session, desired, &options, false).await;
    found.map_or_else(|_| Vec::new(), |found| found.report.drifts)
}

/// Whether a difference is one of a field.
fn is_about(drift: &Drift, name: &str) -> bool {
    let field = drift.field.as_deref().unwrap_or_default();
    field.trim_start_matches('/').split('/').next() == Some(name)
}

/// Maps with a secret in them, of which no record holds what was applied.
const UNKNOWN: &[(&str, &str)] = &[("mailReplyAddresses", "smtpDetails")];

/// Kinds none of whose fields was seen to be changed in Zoho Desk: all that they have is their identity, or no text
/// of an answer is theirs alone.
const UNSEEN: &[(Dialect, &str)] = &[
    (Dialect::Openapi, "fieldAccess"),
    (Dialect::Openapi, "ruleGroups"),
    (Dialect::Openapi, "skillTypes"),
    (Dialect::Openapi, "slas"),
];

/// A field of a live object, and where the simulator keeps it.
struct Place<'d> {
    desk: &'d Desk,
    collection: &'static str,
    id: String,
    /// The way to the field in the object.
    path: String,
}

impl Place<'_> {
    /// Puts a value there, as somebody does in Zoho Desk.
    fn put(&self, value: &Json) {
        let mut simulator = self.desk.simulator.lock().expect("it");
        let organization = simulator.organization_mut(&self.desk.environment.org_id);
        let organization = organization.expect("it");
        organization.change(self.collection, &self.id, |object| {
            let mut whole = Json::Object(object.clone());
            if let Some(place) = whole.pointer_mut(&self.path) {
                *place = value.clone();
            }
            if let Json::Object(changed) = whole {
                *object = changed;
            }
        });
    }
}

/// The ids of what a field may refer to.
fn ids(desk: &Desk, field: &Field) -> Vec<String> {
    let targets = field.shape.target().into_iter();
    let collections = targets.flat_map(kind::Target::collections);
    let objects = collections.flat_map(|collection| desk.objects(collection));
    let ids = objects.filter_map(|object| Some(object["id"].as_str()?.to_owned()));
    ids.take(5).collect()
}

/// Whether a plan says of an address that it sets back what somebody did.
async fn sets_back(desk: &Desk, desired: &Desired, ledger: &Ledger, address: &Address) -> bool {
    let options = Options {
        ledger: Some(ledger.clone()),
        ..desk.options()
    };
    let Ok(ready) = desk.plan_of(desired, &options).await else {
        return true;
    };
    let steps = ready.planned.plan.steps.iter();
    let steps = steps.filter(|step| step.address == *address);
    let mut changes = steps.flat_map(|step| &step.changes);
    changes.any(|change| change.sets_back.is_some())
}

/// What was tried, and what came of it.
#[derive(Default)]
struct Found {
    tried: BTreeSet<(Dialect, &'static str, &'static str)>,
    seen: BTreeSet<(Dialect, &'static str, &'static str)>,
    wrong: BTreeMap<String, String>,
}

impl Found {
    /// Changes the fields of one live object, one after the other.
    async fn change(
        &mut self,
        (desk, desired, ledger): (&Desk, &Desired, &Ledger),
        before: &[Drift],
        address: &Address,
        object: &Json,
    ) {
        let dialect = desk.session.dialect;
        let (Some(resource), Some(id)) = (desired.state.get(address), object["id"].as_str()) else {
            return;
        };
        for (name, _) in resource.body.iter() {
            let key = (dialect, address.collection, name);
            // What differed before was never seen as it should be.
            let of_it = |one: &&Drift| one.address == *address && is_about(one, name);
            let Some(field) = resource.kind.field(name).filter(|field| {
                !field.identity && !self.seen.contains(&key) && before.iter().find(of_it).is_none()
            }) else {
                continue;
            };
            let Some(path) = field.wire(dialect).read_name() else {
                continue;
            };
            let place = Place {
                desk,
                collection: kept_in(resource.kind, dialect),
                id: id.to_owned(),
                path: format!("/{path}"),
            };
            let Some(value) = object.pointer(&place.path) else {
                continue;
            };
            self.tried.insert(key);
            // Of a map with a secret in it nobody knows what was applied.
            let moved = if UNKNOWN.contains(&(address.collection, name)) {
                Moved::Unknown
            } else {
                Moved::Live
            };
            for other in others(field, dialect, value, &ids(desk, field))
                .into_iter()
                .take(12)
            {
                place.put(&other);
                let mut own = drifts(desk, desired, ledger).await;
                own.retain(|one| of_it(&one) && !before.contains(one));
                let what = format!("{dialect} {} {name}", address.collection);
                let change = format!("{value} -> {other}: {own:?}");
                if own.iter().any(|drift| drift.moved != moved) {
                    self.wrong.insert(what, change);
                } else if !own.is_empty() {
                    self.seen.insert(key);
                    if moved == Moved::Live && !sets_back(desk, desired, ledger, address).await {
                        self.wrong.insert(format!("{what}: plan"), change);
                    }
                }
                place.put(value);
                if self.seen.contains(&key) {
                    break;
                }
            }
        }
    }
}

/// What somebody changes in Zoho Desk after an apply is told as that, by the drift and by the plan, whatever
/// kind and field it is.
#[tokio::test(start_paused = true)]
async fn what_is_changed_live_is_told_as_changed_live() {
    let mut found = Found::default();
    for (folder, environment, dialect) in cases() {
        let Some((desk, desired)) = planned(&folder, &environment).await else {
            continue;
        };
        let ledger = applied(&desk, &desired).await;
        let before = drifts(&desk, &desired, &ledger).await;
        for (address, entry) in &ledger.resources {
            let Some(kind) = find(address.collection) else {
                continue;
            };
            let objects = desk.objects(kept_in(kind, dialect));
            let is_it = |object: &&Json| entry.ids().any(|id| object["id"] == **id);
            // What there is one of has the id of the organization in a ledger.
            let only = || objects.first().filter(|_| objects.len() == 1);
            if let Some(object) = objects.iter().find(is_it).or_else(only) {
                let all = (&desk, &desired, &ledger);
                found.change(all, &before, address, object).await;
            }
        }
    }
    assert!(found.wrong.is_empty(), "{:#?}", found.wrong);
    let seen: BTreeSet<(Dialect, &str)> = found
        .seen
        .iter()
        .map(|(dialect, collection, _)| (*dialect, *collection))
        .collect();
    let all = registry::DIALECTS.into_iter().flat_map(|dialect| {
        let kinds = kinds(dialect).filter(|kind| !kind.is_check());
        kinds.map(move |kind| (dialect, kind.collection))
    });
    let unseen: BTreeSet<(Dialect, &str)> = all.filter(|kind| !seen.contains(kind)).collect();
    let left: Vec<_> = found.tried.difference(&found.seen).collect();
    let known: BTreeSet<(Dialect, &str)> = UNSEEN.iter().copied().collect();
    assert_eq!(unseen, known, "{left:#?}");
    assert!(found.seen.len() > 150, "{}", found.seen.len());
}
