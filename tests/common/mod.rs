//! What the integration tests share: a project against a simulator in process.

#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a module of several test binaries, each of which uses a part of it; a test panics to fail"
)]

pub mod front;
pub mod recorded;
pub mod runs;
pub mod smallest;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use deskform::api::{Credentials, Endpoint, Transport};
use deskform::apply::event::{Event, Outcome};
use deskform::apply::recover::{Recovery, SETTLE};
use deskform::apply::run::ApplyContext;
use deskform::clock::Clock;
use deskform::config::{Environment, Project, Target};
use deskform::dialect::{Dialect, Edition};
use deskform::export::export;
use deskform::ledger::{Entry, Ledger};
use deskform::manifest::{self, Desired, Sources};
use deskform::plan::guards::Limits;
use deskform::plan::record::Record;
use deskform::plan::{IgnoreRule, Options, Plan};
use deskform::problem::Problems;
use deskform::reading::Needs;
use deskform::report::problems::render;
use deskform::run_record::update;
use deskform::session::{Connection, Ready, Session, SessionError};
use deskform::simulator::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Organization, OrganizationSeed, Settings, Simulator,
    SimulatorTransport, demo_refresh_token,
};
use deskform::state::Address;
use deskform::verb::Verb;
use front::Front;
use serde_json::Value;

/// The day on which the tests take place.
pub const TODAY: &str = "2026-11-22";
/// The moment at which the tests begin, in milliseconds since the epoch.
pub const NOW_MS: i64 = 1_795_305_600_000;

/// Environment variables of a case.
pub type Variables = BTreeMap<String, String>;

/// A request as the simulator saw it.
#[derive(Debug)]
pub struct Logged {
    pub method: String,
    pub target: String,
    pub body: Option<Value>,
    pub status: Option<u16>,
}

/// The steps that are not for a person.
pub fn work(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .filter(|step| step.verb != Verb::Manual)
        .map(|step| {
            format!(
                "{} {}: {:?}",
                step.verb.as_str(),
                step.address,
                step.changes
            )
        })
        .collect()
}

/// The variables in a folder's `secrets.env`.
pub fn secrets_of(folder: &Path) -> Variables {
    fs::read_to_string(folder.join("secrets.env"))
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Compares with a file, or writes it when `DESKFORM_BLESS` is set.
pub fn bless_or_compare(path: &Path, text: &str) -> Result<(), String> {
    if std::env::var_os("DESKFORM_BLESS").is_some() {
        fs::write(path, text).expect("a writable folder");
        return Ok(());
    }
    let wanted = fs::read_to_string(path).unwrap_or_default();
    if wanted == text {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(&wanted, text);
    Err(format!(
        "{} differs:\n{}",
        path.display(),
        diff.unified_diff().context_radius(2)
    ))
}

/// A project's environment and the simulated organization behind it.
pub struct Desk {
    pub environment: Environment,
    pub sources: Sources,
    pub secrets: Variables,
    pub simulator: Arc<Mutex<Simulator>>,
    pub session: Session,
    transport: Arc<SimulatorTransport>,
}

impl Desk {
    /// The names of a project's environments.
    pub fn environments(folder: &Path) -> Vec<String> {
        project(folder)
            .environments
            .iter()
            .map(|one| one.name.clone())
            .collect()
    }

    /// Opens an environment whose target is the simulator.
    pub async fn open(folder: &Path, name: &str, secrets: &Variables) -> Self {
        let project = project(folder);
        let environment = project
            .environment(Some(name))
            .expect("the environment")
            .clone();
        let sources = manifest::files(&project, &environment)
            .unwrap_or_else(|problems| panic!("{}", shown(&problems, &Sources::default())));
        let Target::Simulator {
            dialect, edition, ..
        } = environment.target
        else {
            panic!("`{name}` is not simulated");
        };
        let mut simulator = Simulator::new(Settings {
            dialect,
            edition,
            organizations: vec![OrganizationSeed::new(&environment.org_id)],
            ..Settings::default()
        });
        let seed = [
            format!("{name}.organization.json"),
            "organization.json".to_owned(),
        ]
        .iter()
        .find_map(|file| fs::read_to_string(folder.join(file)).ok());
        if let Some(seed) = seed {
            let seed: BTreeMap<String, Vec<Value>> = serde_json::from_str(&seed).expect("a seed");
            let organization = simulator.organization_mut(&environment.org_id).expect("it");
            // Values of custom fields are kept only for fields that exist.
            let (fields, rest): (Vec<_>, Vec<_>) = seed
                .into_iter()
                .partition(|(collection, _)| collection == "fields" || collection == "slas");
            for (collection, objects) in fields.into_iter().chain(rest) {
                for mut object in objects {
                    resolve(&mut object, organization);
                    organization.insert(&collection, object);
                }
            }
        }
        Self::with(
            environment,
            sources,
            secrets.clone(),
            Arc::new(Mutex::new(simulator)),
        )
        .await
    }

    /// Opens a session with a given simulator.
    pub async fn with(
        environment: Environment,
        sources: Sources,
        secrets: Variables,
        simulator: Arc<Mutex<Simulator>>,
    ) -> Self {
        let clock = Clock::starting_at(NOW_MS);
        let transport = SimulatorTransport::new(simulator, clock);
        Self::behind(environment, sources, secrets, transport, clock).await
    }

    /// Opens a session behind a given transport, which may be slow or lose what it carries.
    pub async fn behind(
        environment: Environment,
        sources: Sources,
        secrets: Variables,
        transport: SimulatorTransport,
        clock: Clock,
    ) -> Self {
        Self::behind_front(environment, sources, secrets, transport, clock, |front| {
            front
        })
        .await
    }

    /// Opens a session behind a front that changes what goes to and comes from the transport.
    pub async fn behind_front(
        environment: Environment,
        sources: Sources,
        secrets: Variables,
        transport: SimulatorTransport,
        clock: Clock,
        front: impl FnOnce(Front) -> Front,
    ) -> Self {
        let simulator = transport.simulator();
        recorded::record(&mut simulator.lock().expect("it"));
        let transport = Arc::new(transport);
        let front = front(Front::new(Arc::<SimulatorTransport>::clone(&transport)));
        let session = Session::open(connection(&environment, Arc::new(front), clock))
            .await
            .expect("a session");
        Self {
            environment,
            sources,
            secrets,
            simulator,
            session,
            transport,
        }
    }

    /// The composed manifests.
    pub fn compose(&self) -> Result<Desired, Problems> {
        let env = |name: &str| self.secrets.get(name).cloned();
        manifest::compose(&self.sources, &self.environment, &env)
    }

    /// Options as the command line makes them.
    pub fn options(&self) -> Options {
        let today: jiff::civil::Date = TODAY.parse().expect("a day");
        Options {
            environment: self.environment.name.clone(),
            org_id: self.environment.org_id.clone(),
            create_only: self
                .environment
                .kinds
                .iter()
                .filter(|(_, policy)| policy.create_only == Some(true))
                .map(|(collection, _)| (*collection).to_owned())
                .collect(),
            removal: self.environment.removals(),
            ignore: self
                .environment
                .ignore
                .iter()
                .filter(|entry| entry.until.is_none_or(|until| until >= today))
                .map(|entry| IgnoreRule {
                    address: entry.address.clone(),
                    field: entry.field.clone(),
                    reason: entry.reason.clone(),
                    until: entry.until,
                })
                .collect(),
            targets: Vec::new(),
            limits: Limits {
                max_update_percent: self.environment.guards.max_update_percent,
                max_updates: self.environment.guards.max_updates,
                max_delete_percent: self.environment.guards.max_delete_percent,
                max_deletes: self.environment.guards.max_deletes,
                allow_deletes: None,
                edition: None,
            },
            ledger: None,
            watched: Vec::new(),
            prune: self.environment.prunes(),
        }
    }

    /// Plans; a refusal comes as the text that people see.
    pub async fn plan(&self) -> Result<Ready, String> {
        let desired = self
            .compose()
            .map_err(|problems| shown(&problems, &self.sources))?;
        self.plan_of(&desired, &self.options()).await
    }

    /// Plans given manifests.
    pub async fn plan_of(&self, desired: &Desired, options: &Options) -> Result<Ready, String> {
        self.session
            .plan(desired, options)
            .await
            .map_err(|error| match error {
                SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
                    shown(&problems.into(), &self.sources)
                }
                SessionError::Api(error) | SessionError::Elsewhere(error, _) => {
                    format!("{error}\n")
                }
                SessionError::Unread(unread) => unread.iter().fold(String::new(), |text, one| {
                    format!("{text}{one}\nhint: {}\n", one.hint())
                }),
            })
    }

    /// Applies a plan.
    pub async fn apply(&self, ready: &Ready) -> Vec<Event> {
        let mut events = Vec::new();
        let writer = self.session.client.writer();
        deskform::apply::run::run(
            &ready.planned.tasks,
            ApplyContext {
                live: &ready.live,
                writer: &writer,
                parallelism: self.session.parallelism,
                recovery: Recovery {
                    clock: self.session.clock,
                    settle: SETTLE,
                },
                journal_writer: None,
            },
            &|| false,
            &mut |event| events.push(event),
        )
        .await;
        events
    }

    /// The requests since the last time, without those for tokens.
    pub fn take_log(&self) -> Vec<Logged> {
        let log = self
            .transport
            .log()
            .into_iter()
            .filter(|request| !request.target.contains("/oauth/"))
            .map(|request| Logged {
                method: request.method,
                target: request.target.replace("/api/v1", ""),
                body: request.body,
                status: request.status,
            })
            .collect();
        self.transport.clear_log();
        log
    }

    /// How many writes the organization has seen.
    pub fn writes(&self) -> u64 {
        self.simulator.lock().expect("it").statistics().total.writes
    }

    /// Requests that broke the facts of the API.
    pub fn violations(&self) -> Vec<String> {
        let simulator = self.simulator.lock().expect("it");
        simulator
            .statistics()
            .violations
            .iter()
            .map(|one| format!("{one:?}"))
            .collect()
    }

    /// The objects of a collection of the simulator.
    pub fn objects(&self, collection: &str) -> Vec<Value> {
        let simulator = self.simulator.lock().expect("it");
        let organization = simulator
            .organization(&self.environment.org_id)
            .expect("it");
        organization.objects(collection)
    }

    /// The collections of the simulator that hold something.
    pub fn collections(&self) -> Vec<String> {
        let simulator = self.simulator.lock().expect("it");
        let organization = simulator
            .organization(&self.environment.org_id)
            .expect("it");
        organization.collections().map(str::to_owned).collect()
    }

    /// The organization as it was before anybody configured it.
    pub fn new_organization(&self) -> Organization {
        let simulator = self.simulator.lock().expect("it");
        let new = Simulator::new(simulator.settings().clone());
        new.organization(&self.environment.org_id)
            .expect("it")
            .clone()
    }

    /// Applies a plan; tells what was not applied, and why.
    pub async fn applied(&self, ready: &Ready) -> Result<(), String> {
        let events = self.apply(ready).await;
        let failures: Vec<String> = events
            .iter()
            .filter_map(|event| match event {
                Event::StepFinished {
                    address,
                    verb,
                    outcome,
                } if !matches!(outcome, Outcome::Applied { .. }) => {
                    Some(format!("{} {address}: {outcome:?}", verb.as_str()))
                }
                _ => None,
            })
            .collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures.join("\n"))
        }
    }

    /// What an export of the organization writes.
    pub async fn exported(&self) -> Result<Sources, String> {
        let needs = Needs::everything(self.session.dialect);
        let read = self.session.read(&needs).await;
        let mut live = read.map_err(|error| format!("{error:?}"))?;
        let completed = self.session.complete_all(&mut live).await;
        completed.map_err(|error| format!("{error:?}"))?;
        Ok(manifest::to_sources(&export(&mut live, &|_| false).state))
    }

    /// Exports the organization and plans the export against it.
    pub async fn export_plans_to_nothing(&self, secrets: &Variables) -> Result<(), String> {
        let sources = self.exported().await?;
        let env = |name: &str| secrets.get(name).cloned();
        let desired = manifest::compose(&sources, &self.environment, &env)
            .map_err(|problems| shown(&problems, &sources))?;
        let mut options = self.options();
        options.ignore.clear();
        let ready = self
            .session
            .plan(&desired, &options)
            .await
            .map_err(|error| match error {
                SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
                    shown(&problems.into(), &sources)
                }
                error => format!("{error:?}"),
            })?;
        let steps = &ready.planned.plan.steps;
        if steps.is_empty() {
            Ok(())
        } else {
            Err(format!("{steps:#?}"))
        }
    }
}

/// Replaces `@acting`, `@hours`, `@department`, `@layout` (the standard one of tickets), `@helpCenter`,
/// `@ROLE` and the API name of a system field, such as `@subject`, by ids in a seed.
fn resolve(value: &mut Value, organization: &Organization) {
    match value {
        Value::String(text) => {
            if text == "@acting" {
                organization.acting_agent().clone_into(text);
            } else if text == "@hours" {
                *value = organization.objects("businessHours")[0]["id"].clone();
            } else if text == "@department" {
                *value = organization.objects("departments")[0]["id"].clone();
            } else if text == "@layout" {
                *value = organization.objects("layouts")[0]["id"].clone();
            } else if text == "@helpCenter" {
                *value = organization.objects("helpCenters")[0]["id"].clone();
            } else if let Some(role) = text.strip_prefix('@')
                && let Some(found) = organization.find("roles", "name", role)
            {
                *value = found["id"].clone();
            } else if let Some(field) = text.strip_prefix('@')
                && let Some(found) = organization.find("fields", "apiName", field)
            {
                *value = found["id"].clone();
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| resolve(item, organization)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|item| resolve(item, organization)),
        _ => {}
    }
}

/// Problems as people see them.
pub fn shown(problems: &Problems, sources: &Sources) -> String {
    render(problems, &|file| sources.text(file), false, 100)
}

fn project(folder: &Path) -> Project {
    match Project::read(folder) {
        (Ok(project), _) => project,
        (Err(problems), text) => panic!("{}", render(&problems, &|_| text.clone(), false, 100)),
    }
}

/// A simulated endpoint's dialect and edition, for tests without a project.
pub fn settings(dialect: Dialect, edition: Edition) -> Settings {
    Settings {
        dialect,
        edition,
        ..Settings::default()
    }
}

/// A way to a simulated organization, under the environment's settings.
pub fn connection(
    environment: &Environment,
    transport: Arc<dyn Transport>,
    clock: Clock,
) -> Connection {
    Connection {
        endpoint: Endpoint::overridden("http://127.0.0.1", "http://127.0.0.1").expect("loopback"),
        organization: environment.org_id.clone(),
        credentials: Credentials {
            client_id: DEMO_CLIENT_ID.to_owned(),
            client_secret: DEMO_CLIENT_SECRET.into(),
            refresh_token: demo_refresh_token(&environment.org_id).into(),
        }
        .into(),
        transport,
        clock,
        cache: None,
        dialect: environment.dialect,
        edition: environment.edition,
        parallelism: environment.parallelism,
        seed: None,
        settle: SETTLE,
        max_wait: None,
    }
}

/// What a run that applies no step changes in the ledger alone, counted from the ledger itself.
pub fn record_of(before: &Ledger, desired: &Desired, ready: &Ready) -> Record {
    let after = update::after(before.clone(), desired, ready, &BTreeSet::new());
    let tasks = &ready.planned.tasks;
    let busy: BTreeSet<&Address> = tasks.iter().map(|task| &task.address).collect();
    let idle = |address: &Address| !busy.contains(address);
    // An object that several form is the same while it has one of them.
    let are_one = |one: &Entry, other: &Entry| other.ids().any(|id| one.has_id(id));
    let holds = |ledger: &Ledger, collection: &str, wanted: &Entry| {
        ledger
            .resources
            .iter()
            .any(|(address, entry)| address.collection == collection && are_one(entry, wanted))
    };
    // Which fields are told depends on what is live; `tests/keep.rs` says of these what is right.
    let mut record = Record {
        fields: ready.planned.plan.summary.record.fields,
        ..Record::default()
    };
    for (address, entry) in after.resources.iter().filter(|(address, _)| idle(address)) {
        let old = before.resources.get(address);
        if !holds(before, address.collection, entry) {
            record.take_over += 1;
        } else if !old.is_some_and(|old| are_one(old, entry)) {
            record.moved += 1;
        }
    }
    for (address, old) in before.resources.iter().filter(|(address, _)| idle(address)) {
        let stays = after.resources.contains_key(address);
        if !stays && !holds(&after, address.collection, old) {
            record.let_go += 1;
        }
    }
    record
}
