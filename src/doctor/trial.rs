//! Makes, changes and removes one object of each kind, through planner and applier.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::apply::event::{Event, Outcome, finished};
use crate::apply::recover::Recovery;
use crate::apply::run::{ApplyContext, run};
use crate::config::{Environment, Prune};
use crate::dialect::Dialect;
use crate::kind::{self, Create, Field, KINDS, Kind, Removal, Shape, Target, Wire};
use crate::ledger::{Holder, RunId, Store};
use crate::manifest::{self, Desired, Sources};
use crate::plan::Options;
use crate::plan::guards::Limits;
use crate::problem::{Code, Problem, Problems};
use crate::run_record::Keeper;
use crate::session::{Session, SessionError};
use crate::state::Address;
use crate::verb::Verb;
use crate::yaml::source::Source;

/// What came of one deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It was done, and a plan made afterwards had nothing left to do.
    Done,
    /// The server refused it, or nobody knows what came of it.
    Refused,
    /// It was not sent, for the problem of this code.
    NotSent(&'static str),
    /// It was not tried: nothing tells a value that would do, or what comes before it was not done.
    NotTried,
}

/// What came of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The kind's collection.
    pub kind: &'static str,
    /// Making an object.
    pub made: Came,
    /// Changing one field of it.
    pub changed: Came,
    /// Removing it.
    pub removed: Came,
}

/// What came of all of them.
#[derive(Debug, Default)]
pub struct Trials {
    /// By kind, in the order in which they were made.
    pub trials: Vec<Trial>,
    /// What may be left, for the person who has to look: it holds names.
    pub left: Vec<Address>,
    /// What was refused, a sentence each, for the same person: it holds what the server said.
    pub refusals: Vec<String>,
}

/// What trials work with.
pub struct Means<'a> {
    /// The session.
    pub session: &'a Session,
    /// The environment; it says that it is a sandbox.
    pub environment: &'a Environment,
    /// Who runs.
    pub holder: Holder,
    /// What every name ends with: letters and digits that nobody else has.
    pub stem: String,
    /// An object that is there, by collection.
    pub existing: &'a BTreeMap<&'static str, String>,
}

/// What is declared so far, in the order in which it was made.
type Declared = Vec<(&'static Kind, Map<String, Json>)>;

/// Tries each kind that is made and deleted without anybody else hearing of it; `stopped` is asked before each
/// step. What was made is removed in any case.
pub async fn try_all(means: &Means<'_>, stopped: &dyn Fn() -> bool) -> Trials {
    let run = Run {
        means,
        dialect: means.session.dialect,
        runs: 0,
        store: Store::in_memory(&means.environment.name, &means.environment.org_id),
        told: Trials::default(),
    };
    run.all(stopped).await
}

struct Run<'a> {
    means: &'a Means<'a>,
    dialect: Dialect,
    /// How many runs have begun: each has a name of its own.
    runs: u32,
    /// Nobody else's ledger: what is made here is owned here alone, and goes with it.
    store: Store,
    told: Trials,
}

impl Run<'_> {
    async fn all(mut self, stopped: &dyn Fn() -> bool) -> Trials {
        let mut declared = Declared::new();
        let (kinds, dialect) = (KINDS.iter().copied(), self.dialect);
        for kind in kinds.filter(|kind| is_tried(kind, dialect)) {
            if stopped() {
                break;
            }
            let mut trial = Trial {
                kind: kind.collection,
                made: Came::NotTried,
                changed: Came::NotTried,
                removed: Came::NotTried,
            };
            if let Some(body) = self.smallest(kind, &declared) {
                declared.push((kind, body));
                trial.made = self.apply(&declared, None, stopped).await;
                match trial.made {
                    Came::Done => trial.changed = self.change(&mut declared, stopped).await,
                    // Nothing was sent, so that nothing is there.
                    Came::NotSent(_) => drop(declared.pop()),
                    Came::Refused | Came::NotTried => {}
                }
            }
            self.told.trials.push(trial);
        }
        self.clean_up(declared).await;
        self.told
    }

    /// Gives the object that was made last a value that it does not have.
    async fn change(&mut self, declared: &mut Declared, stopped: &dyn Fn() -> bool) -> Came {
        let Some((kind, body)) = declared.last().cloned() else {
            return Came::NotTried;
        };
        let dialect = self.dialect;
        for field in kind
            .fields
            .iter()
            .filter(|field| is_changed(field, dialect))
        {
            if body.contains_key(field.name) {
                continue;
            }
            let value = kind::example_value(kind, field, &|_| Json::Null);
            let mut with = declared.clone();
            if let Some((_, body)) = with.last_mut() {
                body.insert(field.name.to_owned(), value);
            }
            // What belongs to another sort of object is refused before anything is sent.
            if self.compose(&with).is_err() {
                continue;
            }
            let came = self.apply(&with, None, stopped).await;
            if !matches!(came, Came::NotSent(_)) {
                *declared = with;
            }
            return came;
        }
        Came::NotTried
    }

    /// Removes what was made, the last first: what refers to another one goes before it.
    async fn clean_up(&mut self, mut declared: Declared) {
        let mut stays = Declared::new();
        while let Some((kind, body)) = declared.pop() {
            let without: Declared = declared.iter().chain(&stays).cloned().collect();
            let came = self.remove(&without).await;
            if came != Came::Done {
                stays.push((kind, body));
            }
            let mut trials = self.told.trials.iter_mut();
            if let Some(trial) = trials.find(|trial| trial.kind == kind.collection) {
                trial.removed = came;
            }
        }
        if let Ok(loaded) = self.store.load().await {
            let environment = self.means.environment;
            let ledger = loaded.load.or_new(&environment.name, &environment.org_id);
            self.told.left.extend(ledger.resources.keys().cloned());
        }
    }

    /// Removes the one object that is no longer declared, even where nothing else is.
    async fn remove(&mut self, without: &Declared) -> Came {
        let told = self.told.refusals.len();
        let came = self.apply(without, None, &|| false).await;
        if came != Came::NotSent(Code::NothingDeclared.as_str()) {
            return came;
        }
        self.told.refusals.truncate(told);
        self.apply(without, Some(1), &|| false).await
    }

    /// What a manifest has to say of an object of a kind; none where it would have to name what is not there.
    fn smallest(&self, kind: &'static Kind, declared: &Declared) -> Option<Map<String, Json>> {
        let api = kind.api(self.dialect)?;
        let sort = kind.sorts().and_then(|sorts| sorts.sorts.first());
        let is_needed = |field: &&Field| {
            !field.naming
                && field.name != kind.field_of_handle().name
                && (field.required
                    || api.required_on_create.contains(&field.name)
                    || sort.is_some_and(|sort| sort.required.contains(&field.name)))
        };
        let lacking = Cell::new(false);
        let refer = |target: Target| {
            let made = declared
                .iter()
                .find(|(kind, _)| target.collections().any(|one| one == kind.collection));
            let there = || {
                target
                    .collections()
                    .find_map(|one| self.means.existing.get(one))
            };
            match (made, there()) {
                (Some((kind, _)), _) => json!(self.name(kind)),
                (None, Some(id)) => json!({ "id": id }),
                (None, None) => {
                    lacking.set(true);
                    Json::Null
                }
            }
        };
        let needed = kind.fields.iter().filter(is_needed);
        let body: Map<String, Json> = needed
            .map(|field| {
                (
                    field.name.to_owned(),
                    kind::example_value(kind, field, &refer),
                )
            })
            .collect();
        (!lacking.get()).then_some(body)
    }

    /// The name of what is made of a kind.
    fn name(&self, kind: &Kind) -> String {
        let stem = &self.means.stem;
        if matches!(kind.naming_field().shape, Shape::Email { .. }) {
            return format!("deskform-{stem}@example.com");
        }
        format!("deskform {stem}")
    }

    fn compose(&self, declared: &Declared) -> Result<Desired, Problems> {
        let mut kinds: Map<String, Json> = Map::new();
        for (kind, body) in declared {
            let object = BTreeMap::from([(self.name(kind), body)]);
            kinds.insert(kind.collection.to_owned(), json!(object));
        }
        // JSON is YAML.
        let text = Json::Object(kinds).to_string();
        let sources = Sources {
            base: vec![Source::new("doctor.yaml", text.as_bytes())],
            overlays: Vec::new(),
        };
        manifest::compose(&sources, self.means.environment, &|_| None)
    }

    /// Plans and applies what is declared, and removes what is no longer: so many objects, where that is said.
    async fn apply(
        &mut self,
        declared: &Declared,
        deletes: Option<u64>,
        stopped: &dyn Fn() -> bool,
    ) -> Came {
        let desired = match self.compose(declared) {
            Ok(desired) => desired,
            Err(problems) => return self.not_sent(problems.list.iter()),
        };
        let clock = self.means.session.clock;
        self.runs += 1;
        let at = clock.now_ms();
        let holder = Holder {
            at,
            run: RunId::new(at, self.runs).to_string(),
            ..self.means.holder.clone()
        };
        let opened = Keeper::open(self.store.clone(), &holder, clock, false).await;
        let mut keeper = match opened {
            Ok(keeper) => keeper,
            Err(error) => {
                self.told.refusals.push(error.to_string());
                return Came::Refused;
            }
        };
        let planned =
            Box::pin(keeper.plan(self.means.session, &desired, &self.options(deletes))).await;
        let ready = match planned {
            Ok(ready) => ready,
            Err(error) => {
                // It expires by itself, and nobody else knows of this store.
                drop(keeper.release().await);
                return self.not_planned(&error);
            }
        };
        let plan = &ready.planned.plan;
        if plan.steps.iter().all(|step| step.verb == Verb::Manual) {
            let closed = keeper.close(&desired, &ready, &BTreeSet::new(), None).await;
            return self.kept(closed.map_err(|error| error.to_string()));
        }
        let tasks = &ready.planned.tasks;
        let journal = match keeper.begin(&plan.digest, tasks, &ready.live).await {
            Ok(journal) => journal,
            Err(error) => return self.kept(Err(error.to_string())),
        };
        let mut events = Vec::new();
        let context = ApplyContext {
            live: &ready.live,
            writer: &self.means.session.client.writer(),
            parallelism: self.means.session.parallelism,
            recovery: Recovery {
                clock,
                settle: self.means.session.settle,
            },
            journal_writer: Some(&journal),
        };
        run(tasks, context, stopped, &mut |event| events.push(event)).await;
        let done = finished(plan, &events);
        let closed = keeper.close(&desired, &ready, &done, Some(journal)).await;
        let kept = self.kept(closed.map_err(|error| error.to_string()));
        let mut came = kept;
        for event in &events {
            let Event::StepFinished {
                address, outcome, ..
            } = event
            else {
                continue;
            };
            match outcome {
                Outcome::Applied { .. } => {}
                Outcome::Failed { error, .. } | Outcome::Unknown { error, .. } => {
                    self.told.refusals.push(format!("{address}: {error}"));
                    came = Came::Refused;
                }
                Outcome::Skipped { .. } | Outcome::Stopped => came = Came::Refused,
            }
        }
        came
    }

    /// How it is planned: what is owned here and no longer declared goes, seeds too.
    fn options(&self, deletes: Option<u64>) -> Options {
        let environment = self.means.environment;
        let prune = KINDS
            .iter()
            .map(|kind| (kind.collection.to_owned(), Prune::Owned));
        Options {
            environment: environment.name.clone(),
            org_id: environment.org_id.clone(),
            prune: prune.collect(),
            limits: Limits {
                max_delete_percent: Some(100),
                allow_deletes: deletes,
                ..Limits::default()
            },
            ..Options::default()
        }
    }

    fn kept(&mut self, kept: Result<(), String>) -> Came {
        match kept {
            Ok(()) => Came::Done,
            Err(error) => {
                self.told.refusals.push(error);
                Came::Refused
            }
        }
    }

    fn not_planned(&mut self, error: &SessionError) -> Came {
        match error {
            SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
                self.not_sent(problems.iter())
            }
            SessionError::Api(error) | SessionError::Elsewhere(error, _) => {
                self.told.refusals.push(error.to_string());
                Came::NotSent(error.kind().code())
            }
            SessionError::Unread(unread) => {
                self.told
                    .refusals
                    .extend(unread.iter().map(ToString::to_string));
                let first = unread.first();
                Came::NotSent(first.map_or("", |one| one.error.kind().code()))
            }
        }
    }

    fn not_sent<'p>(&mut self, problems: impl Iterator<Item = &'p Problem>) -> Came {
        let mut first = "";
        for problem in problems {
            if first.is_empty() {
                first = problem.code.as_str();
            }
            self.told.refusals.push(problem.message.clone());
        }
        Came::NotSent(first)
    }
}

/// Whether an object of a kind can be made and taken away again without anybody hearing of it.
fn is_tried(kind: &Kind, dialect: Dialect) -> bool {
    let Some(api) = kind.api(dialect) else {
        return false;
    };
    let goes = matches!(
        api.removal.chosen(None),
        Removal::Delete(_) | Removal::Trash(..) | Removal::Bulk(..)
    );
    // Whoever makes one has something confirmed by a person.
    let asks = |field: &Field| {
        field.implied.is_some() && matches!(field.wire(dialect), Wire::Manual { .. })
    };
    let is_told = kind.naming_field().told_to_people
        || kind.create_effect.is_some()
        || kind.fields.iter().any(asks);
    kind.managed && goes && matches!(api.create, Create::Post(_)) && !is_told
}

/// Whether a field can be given another value by an update and by that alone.
fn is_changed(field: &Field, dialect: Dialect) -> bool {
    !field.naming
        && !field.identity
        && !field.create_only
        && !field.write_only
        && field.by_oneself.is_none()
        && matches!(field.shape, Shape::Text { .. } | Shape::Flag)
        && field.wire(dialect).goes_with_update()
}
