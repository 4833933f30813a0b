//! A campaign of faults: whatever goes wrong, running again finishes the job.
//!
//! Every schedule follows from its seed. It draws a dialect, an edition, an organization with
//! objects that are there already, what was applied before and what has happened since, a
//! manifest, faults, quirks of the server's answers, and where runs are killed. Then it runs
//! `apply` until a run says that all is applied, at most three times.
//!
//! The rule that makes three runs enough: faults are bounded in each run, none comes in the third,
//! which is not killed either. What is no event but how the server is stays: lag of listings, lower
//! case, ids as numbers, flags as texts, nulls, unknown fields, latency, limits.
//!
//! In the end the plan is empty, and the organization is what it would have become without any
//! fault: nothing is there twice, nothing is left behind, nothing is missing.
//!
//! `DESKFORM_SCHEDULES` sets how many schedules are run (2,000 unless told), `DESKFORM_SEED` runs
//! one of them and tells all about it.

#![expect(clippy::expect_used, reason = "helpers of tests")]

#[path = "campaign/case.rs"]
mod case;
mod common;
#[path = "campaign/picture.rs"]
mod picture;
#[path = "properties/random.rs"]
mod random;
#[path = "common/registry.rs"]
mod registry;
#[path = "properties/shapes.rs"]
mod shapes;
#[path = "campaign/wire.rs"]
mod wire;

use common::recorded;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use case::{Case, RUNS, Strategies};
use common::{NOW_MS, Variables, connection, record_of, work};
use deskform::apply::event::{Event, Outcome};
use deskform::apply::recover::{Recovery, SETTLE};
use deskform::apply::run::ApplyContext;
use deskform::clock::Clock;
use deskform::config::{Environment, Project};
use deskform::ledger::{Holder, Ledger, Load, RunId, Store};
use deskform::manifest::{self, Desired, Sources};
use deskform::plan::Options;
use deskform::problem::{Code, Problem};
use deskform::report::problems::render;
use deskform::run_record::{self, Keeper, LOCK_TTL};
use deskform::session::{Connection, Session, SessionError};
use deskform::simulator::faults::Fault;
use deskform::simulator::{
    Chosen, Faults, OrganizationSeed, Quirks, Settings, Simulator, SimulatorTransport,
};
use deskform::state::{Address, Lifecycle};
use deskform::verb::Verb;
use deskform::yaml::Source;
use picture::picture;
use random::SECRET;
use serde_json::json;
use wire::{Cut, Wire};

/// Schedules in a run of the tests.
const SCHEDULES: u64 = 2_000;
/// The seeds from which the schedules of single readings are drawn.
const READINGS_FROM: u64 = 1_000_000;
/// The most requests of a schedule, unless it is a large one.
const MOST_REQUESTS: u64 = 150;
/// How often a schedule may repeat what a run and a plan without faults cost.
const MOST_TIMES: u64 = 3;
/// The most tombstones that refusals ask for.
const MOST_STONES: usize = 8;
/// The one organization.
const ORGANIZATION: &str = "700001";

macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            return Err(format!($($words)*));
        }
    };
}

/// How a run ended.
enum Ended {
    /// Everything was applied, or nothing was to be.
    Done,
    /// It was killed.
    Killed,
    /// Something was not applied, or nothing could be: what and why.
    Short(String),
}

/// What a schedule came to.
#[derive(Default)]
struct Tally {
    schedules: u64,
    requests: u64,
    most_requests: u64,
    /// How many requests one schedule may take.
    bound: u64,
    /// Requests of runs that ended with a question, which somebody answered.
    asking: u64,
    faults: BTreeMap<String, u64>,
    /// Schedules by the number of their runs.
    runs: [u64; RUNS],
    kills: u64,
    steps: u64,
    /// What one schedule was.
    story: String,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.requests += other.requests;
        self.most_requests = self.most_requests.max(other.most_requests);
        for (kind, count) in other.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        for (all, one) in self.runs.iter_mut().zip(other.runs) {
            *all += one;
        }
        self.kills += other.kills;
        self.steps += other.steps;
    }
}

/// One schedule under way.
struct Desk<'a> {
    case: &'a Case,
    environment: Environment,
    simulator: Arc<Mutex<Simulator>>,
    store: Store,
    clock: Clock,
    /// Tombstones that were asked for.
    stones: Vec<Source>,
    /// What happened, for whoever looks at a failure.
    story: String,
    tally: Tally,
}

impl<'a> Desk<'a> {
    fn new(case: &'a Case, simulator: Simulator, clock: Clock) -> Self {
        Self {
            case,
            environment: environment(case),
            simulator: Arc::new(Mutex::new(simulator)),
            store: Store::in_memory("test", ORGANIZATION),
            clock,
            stones: Vec::new(),
            story: String::new(),
            tally: Tally::default(),
        }
    }

    fn simulate<T>(&self, act: impl FnOnce(&mut Simulator) -> T) -> T {
        act(&mut self.simulator.lock().expect("it"))
    }

    fn options(&self) -> Options {
        Options {
            environment: self.environment.name.clone(),
            org_id: ORGANIZATION.to_owned(),
            prune: self.environment.prunes(),
            ..Options::default()
        }
    }

    /// A wire and a session over it.
    fn connection(&self, wire: &Arc<Wire>, run: u64) -> Connection {
        Connection {
            parallelism: self.case.parallelism,
            seed: Some(self.case.seed.wrapping_mul(RUNS as u64 + 1) + run),
            ..connection(&self.environment, Arc::<Wire>::clone(wire), self.clock)
        }
    }

    fn wire(&self, cut: Option<Cut>) -> Wire {
        let transport = SimulatorTransport::new(Arc::clone(&self.simulator), self.clock)
            .with_latency(self.case.latency);
        Wire::new(transport, cut, self.case.outlives)
    }

    /// One run of `apply`.
    async fn run(&mut self, desired: &Desired, n: u64, wire: Wire) -> Result<Ended, String> {
        let wire = Arc::new(wire);
        let connection = self.connection(&wire, n);
        let options = self.options();
        let keeping = (self.store.clone(), holder(self.clock.now_ms(), n));
        let ended = tokio::select! {
            biased;
            () = wire.killed() => Ended::Killed,
            ended = applied(connection, &wire, keeping, desired, &options) => match ended {
                Ok(steps) => {
                    self.tally.steps += steps;
                    Ended::Done
                }
                Err(reasons) => Ended::Short(reasons),
            },
        };
        self.note(n, &ended, &wire);
        self.tally.requests += wire.sent();
        let allowed = self.case.edition.concurrency(self.case.dialect);
        let allowed = self
            .case
            .parallelism
            .map_or(allowed, |own| own.min(allowed));
        ensure!(
            wire.peak() <= allowed,
            "{} calls were under way at once, {allowed} are allowed",
            wire.peak()
        );
        Ok(ended)
    }

    fn note(&mut self, n: u64, ended: &Ended, wire: &Wire) {
        let words = match ended {
            Ended::Done => "all applied".to_owned(),
            Ended::Killed => "killed".to_owned(),
            Ended::Short(reasons) => format!("short of it:\n{reasons}"),
        };
        // Writing into a text does not fail.
        let _ = writeln!(self.story, "  run {n}: {words}\n{}", wire.log());
    }

    /// Whether nothing but what a person must do is left, and the ledger knows what is there.
    async fn is_settled(&mut self, desired: &Desired) -> Result<(), String> {
        let wire = Arc::new(self.wire(None));
        let view = run_record::look(&self.store)
            .await
            .map_err(|error| error.to_string())?;
        ensure!(
            view.doubts.is_empty() && view.warnings.is_empty(),
            "the last run left doubts: {view:?}"
        );
        let held = self.store.holder(self.clock.now_ms()).await;
        ensure!(held == Ok(None), "the lock was not given back: {held:?}");
        let options = Options {
            ledger: Some(view.ledger.clone()),
            ..self.options()
        };
        let session = Session::open(self.connection(&wire, RUNS as u64))
            .await
            .map_err(|error| text_of(&error))?;
        let planned = session.plan(desired, &options).await;
        self.tally.requests += wire.sent();
        let ready = planned.map_err(|error| format!("planned again: {}", text_of(&error)))?;
        let left = work(&ready.planned.plan);
        ensure!(left.is_empty(), "planned again:\n{}", left.join("\n"));
        let record = ready.planned.plan.summary.record;
        ensure!(
            record.total() == 0,
            "the ledger is not what a further run makes of it: {record:?}"
        );
        for (row, index) in ready.bound.rows.objects() {
            // Of a check nothing is owned.
            if row.kind.is_check() {
                continue;
            }
            let address = &row.address;
            let id = ready.live.objects.get(index).map(|object| &object.id);
            let known = view.ledger.get(address);
            ensure!(
                known.is_some_and(|entry| id.is_some_and(|id| entry.has_id(id))),
                "the ledger says {known:?} of {address}, which is {id:?}"
            );
        }
        Ok(())
    }

    /// Runs once more where writes have shown what was not shown before.
    async fn brings_to_light(&mut self, desired: &Desired) -> Result<(), String> {
        if !self.case.hides() {
            return Ok(());
        }
        let wire = self.wire(None);
        if let Ended::Short(reasons) = self.run(desired, RUNS as u64 + 1, wire).await? {
            return Err(format!("once all was shown:\n{reasons}"));
        }
        self.clock.sleep(Duration::from_secs(120)).await;
        Ok(())
    }

    fn picture(&self) -> (String, BTreeMap<String, usize>) {
        self.simulate(|simulator| {
            let organization = simulator.organization(ORGANIZATION).expect("it");
            picture(organization, self.case.forgets.is_some())
        })
    }

    /// Ends the faults; how the organization answers stays.
    fn calm(&self) {
        let quirks = self.case.faults.quirks().clone();
        self.simulate(|simulator| simulator.set_faults(Faults::new(0).with_quirks(quirks)));
    }
}

/// Who runs.
fn holder(at: i64, n: u64) -> Holder {
    Holder {
        who: "ci".to_owned(),
        host: "build.example.com".to_owned(),
        run: RunId::new(at, u32::try_from(n).unwrap_or_default()).to_string(),
        at,
    }
}

/// The steps that were not applied, a line each.
fn short_of(events: &[Event]) -> String {
    let mut short = String::new();
    for event in events {
        if let Event::StepFinished {
            address,
            verb,
            outcome,
        } = event
            && !matches!(outcome, Outcome::Applied { .. })
        {
            // Writing into a text does not fail.
            let _ = writeln!(short, "    {} {address}: {outcome:?}", verb.as_str());
        }
    }
    short
}

/// Plans and applies as the command does; what was not applied is the error.
async fn applied(
    connection: Connection,
    wire: &Wire,
    (store, holder): (Store, Holder),
    desired: &Desired,
    options: &Options,
) -> Result<u64, String> {
    let clock = connection.clock;
    let looked = store.clone();
    let mut keeper = Keeper::open(store, &holder, clock, false)
        .await
        .map_err(|error| error.to_string())?;
    let known = run_record::look(&looked).await;
    let known = known.map_err(|error| error.to_string())?;
    let mut wanted = desired.clone();
    let planned = async {
        let session = Session::open(connection).await?;
        let mut options = options.clone();
        loop {
            let planned = keeper.plan(&session, &wanted, &options).await;
            // What was renamed has gone from Zoho Desk: then that is said, too.
            if let Some(address) = planned
                .as_ref()
                .err()
                .and_then(|error| gone(error, &wanted))
                && let Some(detail) = wanted.details.get_mut(&address)
            {
                let mut lifecycle = Lifecycle::clone(&detail.lifecycle);
                lifecycle.renamed_from.clear();
                detail.lifecycle = lifecycle.into();
                continue;
            }
            match planned {
                // Whole kinds come and go here: the number that is asked for is said.
                Err(SessionError::Guarded(problems, _)) if asked(&problems).is_some() => {
                    let asked = asked(&problems);
                    if options.limits.allow_deletes == asked {
                        return Err(problems.into());
                    }
                    options.limits.allow_deletes = asked;
                }
                planned => return Ok::<_, SessionError>((session, planned?)),
            }
        }
    };
    let (session, ready) = match planned.await {
        Ok(planned) => planned,
        Err(error) => {
            let released = keeper.release().await;
            released.map_err(|error| error.to_string())?;
            return Err(text_of(&error));
        }
    };
    let desired = &wanted;
    let plan = &ready.planned.plan;
    let record = record_of(&known.ledger, desired, &ready);
    ensure!(
        !known.doubts.is_empty() || plan.summary.record == record,
        "the plan tells {:?}, and the ledger changes by {record:?}",
        plan.summary.record
    );
    let steps = plan.steps.iter().filter(|step| step.verb != Verb::Manual);
    let steps = steps.count() as u64;
    if steps == 0 {
        let closed = keeper.close(desired, &ready, &BTreeSet::new(), None).await;
        return closed.map(|()| 0).map_err(|error| error.to_string());
    }
    let journal_writer = keeper
        .begin(&plan.digest, &ready.planned.tasks, &ready.live)
        .await
        .map_err(|error| error.to_string())?;
    let mut events = Vec::new();
    deskform::apply::run::run(
        &ready.planned.tasks,
        ApplyContext {
            live: &ready.live,
            writer: &session.client.writer(),
            parallelism: session.parallelism,
            recovery: Recovery {
                clock,
                settle: session.settle,
            },
            journal_writer: Some(&journal_writer),
        },
        &|| keeper.is_lost(),
        &mut |event| events.push(event),
    )
    .await;
    wire.answered().await;
    let done = deskform::apply::event::finished(plan, &events);
    let closed = keeper
        .close(desired, &ready, &done, Some(journal_writer))
        .await;
    closed.map_err(|error| error.to_string())?;
    let short = short_of(&events);
    if short.is_empty() {
        Ok(steps)
    } else {
        Err(short)
    }
}

/// The resource that a refusal calls a rename of nothing, as a person reads it there.
fn gone(error: &SessionError, desired: &Desired) -> Option<Address> {
    let (SessionError::Problems(problems) | SessionError::Guarded(problems, _)) = error else {
        return None;
    };
    problems
        .iter()
        .filter(|one| one.code == Code::RenameOfNothing)
        .find_map(|one| {
            let name = one.message.split('`').nth(1)?;
            desired
                .state
                .keys()
                .find(|address| address.to_string() == name)
                .cloned()
        })
}

/// The number that a refusal asks for, as a person reads it there.
fn asked(problems: &[Problem]) -> Option<u64> {
    let help = problems.iter().find_map(|one| one.help.as_deref());
    let (_, rest) = help?.split_once("--allow-deletes ")?;
    rest.split('`').next()?.parse().ok()
}

fn text_of(error: &SessionError) -> String {
    match error {
        SessionError::Api(error) | SessionError::Elsewhere(error, _) => error.to_string(),
        SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
            problems.iter().fold(String::new(), |text, one| {
                let help = one
                    .help
                    .as_deref()
                    .filter(|_| one.code == Code::MayBeRenamed);
                let help = help.unwrap_or_default();
                format!("{text}{}: {}\n{help}", one.code, one.message)
            })
        }
        SessionError::Unread(unread) => unread
            .iter()
            .fold(String::new(), |text, one| format!("{text}{one}\n")),
    }
}

fn environment(case: &Case) -> Environment {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {}, edition: {}, organization: '{ORGANIZATION}'}}, prune: {}}}\n{}",
        case.dialect,
        case.edition,
        // Without a ledger nobody knows what is owned.
        if case.forgets.is_some() {
            "none"
        } else {
            "owned"
        },
        random::members::policies(case.dialect, ORGANIZATION)
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

fn compose(sources: &Sources, environment: &Environment) -> Result<Desired, String> {
    let secrets = Variables::from([(SECRET.0.to_owned(), SECRET.1.to_owned())]);
    let env = |name: &str| secrets.get(name).cloned();
    manifest::compose(sources, environment, &env)
        .map_err(|problems| render(&problems, &|file| sources.text(file), false, 100))
}

/// What is applied, with tombstones that a refusal asked for.
fn wanted(case: &Case, stones: &[Source]) -> Result<Desired, String> {
    let mut sources = case.now.sources();
    sources.base.extend(stones.iter().cloned());
    compose(&sources, &environment(case))
}

/// The tombstone that a refusal asks for, where what is drawn might be a rename and is none.
fn stone(reasons: &str, n: usize) -> Option<Source> {
    let (_, rest) = reasons.split_once("`removed: ")?;
    let (stone, _) = rest.split_once('`')?;
    let text = format!("removed: {stone}\n");
    Some(Source::new(&*format!("stone{n}.yaml"), text.as_bytes()))
}

/// What is there when the first run begins.
struct Beginning {
    /// The state file of the simulator.
    state: String,
    ledger: Option<Ledger>,
}

impl Beginning {
    async fn desk<'a>(&self, case: &'a Case, clock: Clock) -> Desk<'a> {
        let simulator = Simulator::load(&self.state).expect("its own state");
        let desk = Desk::new(case, simulator, clock);
        if let Some(ledger) = &self.ledger {
            let mut ledger = ledger.clone();
            ledger.serial = 0;
            let version = desk.store.load().await.expect("a store").version;
            desk.store.save(&mut ledger, &version).await.expect("saved");
        }
        desk
    }
}

/// Lets an organization be made, and all happen to it that comes before the first run.
async fn beginning(case: &Case, clock: Clock) -> Result<Beginning, String> {
    let mut simulator = shapes::simulator(Settings {
        dialect: case.dialect,
        edition: case.edition,
        organizations: vec![OrganizationSeed::new(ORGANIZATION)],
        ..Settings::default()
    });
    let organization = simulator.organization_mut(ORGANIZATION).expect("it");
    for n in 0..case.crowd {
        let contact =
            json!({"lastName": format!("Crowd {n}"), "email": format!("crowd{n}@example.com")});
        organization.insert("contacts", contact);
    }
    let mut desk = Desk::new(case, simulator, clock);
    desk.calm();
    if let Some(before) = &case.before {
        let desired = compose(&before.sources(), &desk.environment)?;
        let wire = desk.wire(None);
        match desk.run(&desired, 0, wire).await? {
            Ended::Done => {}
            Ended::Killed => return Err("before: killed".to_owned()),
            Ended::Short(reasons) => return Err(format!("before:\n{reasons}")),
        }
        clock.sleep(Duration::from_secs(120)).await;
    }
    let loaded = desk.store.load().await.map_err(|error| error.to_string())?;
    let ledger = match loaded.load {
        Load::Found(ledger) => Some(ledger),
        Load::None => None,
    };
    let state = desk.simulate(|simulator| {
        let organization = simulator.organization_mut(ORGANIZATION).expect("it");
        for change in &case.since {
            random::happen(organization, case.dialect, change);
        }
        simulator.forget_tokens();
        simulator.save()
    });
    Ok(Beginning { state, ledger })
}

/// What a run without any fault makes of the beginning.
async fn reference<'a>(
    case: &'a Case,
    beginning: &Beginning,
    clock: Clock,
) -> Result<Desk<'a>, String> {
    let mut stones: Vec<Source> = Vec::new();
    let (mut desk, desired) = loop {
        let mut desk = beginning.desk(case, clock).await;
        desk.calm();
        let desired = wanted(case, &stones)?;
        let wire = desk.wire(None);
        let Ended::Short(reasons) = desk.run(&desired, 0, wire).await? else {
            break (desk, desired);
        };
        match stone(&reasons, stones.len()).filter(|_| stones.len() < MOST_STONES) {
            Some(stone) => stones.push(stone),
            None => return Err(format!("without any fault:\n{reasons}\n{}", desk.story)),
        }
    };
    desk.stones = stones;
    clock.sleep(Duration::from_secs(120)).await;
    desk.brings_to_light(&desired).await?;
    desk.is_settled(&desired)
        .await
        .map_err(|problem| format!("without any fault: {problem}\n{}", desk.story))?;
    Ok(desk)
}

/// One schedule; the story is told of one that fails.
async fn schedule(case: &Case, doubles: bool) -> Result<Tally, String> {
    let clock = Clock::starting_at(NOW_MS);
    let beginning = beginning(case, clock).await?;
    let reference = Box::pin(reference(case, &beginning, clock)).await?;
    let mut desk = beginning.desk(case, clock).await;
    desk.stones.clone_from(&reference.stones);
    let (_, there_before) = desk.picture();
    desk.simulate(|simulator| simulator.set_faults(case.faults.clone()));
    let ended = runs(&mut desk, doubles).await;
    desk.tally.faults = desk.simulate(|simulator| simulator.statistics().faults.clone());
    let told = |desk: &Desk<'_>, problem: String| {
        let faults = desk.story.clone();
        format!("{problem}\n{faults}")
    };
    ended.map_err(|problem| told(&desk, problem))?;
    let (wanted, _) = reference.picture();
    let (found, twice) = desk.picture();
    let new: Vec<String> = twice
        .iter()
        .filter(|(name, count)| there_before.get(*name) != Some(count))
        .map(|(name, count)| format!("{count} times {name}"))
        .collect();
    if !new.is_empty() {
        return Err(told(&desk, format!("duplicates: {}", new.join(", "))));
    }
    if found != wanted {
        let diff = similar::TextDiff::from_lines(&wanted, &found);
        let problem = format!(
            "it did not come to what it comes to without faults:\n{}",
            diff.unified_diff().context_radius(2)
        );
        return Err(told(&desk, problem));
    }
    desk.tally.schedules = 1;
    desk.tally.most_requests = desk.tally.requests;
    desk.tally.bound = MOST_REQUESTS.max(MOST_TIMES * reference.tally.requests) + desk.tally.asking;
    desk.tally.story = desk.story;
    Ok(desk.tally)
}

/// Runs until all is applied.
async fn runs(desk: &mut Desk<'_>, doubles: bool) -> Result<(), String> {
    let case = desk.case;
    let mut desired = wanted(case, &desk.stones)?;
    let mut short = String::new();
    let mut done = None;
    for (n, cut) in case.cuts.iter().enumerate() {
        if case.forgets == Some(n) {
            // Without a ledger a run must not begin inside the lag of a listing.
            desk.clock.sleep(SETTLE).await;
            desk.store = Store::in_memory("test", ORGANIZATION);
        }
        let wire = desk.wire(*cut);
        let wire = if doubles { wire.doubling() } else { wire };
        let mut before = desk.tally.requests;
        let mut ended = desk.run(&desired, n as u64 + 1, wire).await?;
        // Of several that might be renamed one may be left by a run that did not come to its end.
        while let Ended::Short(reasons) = &ended
            && desk.stones.len() < MOST_STONES
            && let Some(stone) = stone(reasons, desk.stones.len())
        {
            desk.stones.push(stone);
            desired = wanted(case, &desk.stones)?;
            let wire = desk.wire(None);
            desk.tally.asking += desk.tally.requests - before;
            before = desk.tally.requests;
            ended = desk.run(&desired, n as u64 + 1, wire).await?;
        }
        let report = desk.simulate(|simulator| {
            let report = simulator.faults().report();
            simulator.faults_mut().next_run();
            report
        });
        if n + 1 == RUNS || matches!(ended, Ended::Done) {
            desk.story.push_str(&report);
        }
        match ended {
            Ended::Done => {
                done = Some(n);
                break;
            }
            Ended::Killed => {
                desk.tally.kills += 1;
                if case.unlocks {
                    let now = desk.clock.now_ms();
                    let unlocked = desk.store.unlock(now, true).await;
                    unlocked.map_err(|error| error.to_string())?;
                } else {
                    desk.clock.sleep(LOCK_TTL).await;
                }
            }
            Ended::Short(reasons) => short = reasons,
        }
        desk.clock.sleep(case.pause).await;
    }
    desk.calm();
    let Some(n) = done else {
        return Err(format!("not all was applied by the last run:\n{short}"));
    };
    desk.tally.runs[n] = 1;
    desk.clock.sleep(Duration::from_secs(120)).await;
    desk.brings_to_light(&desired).await?;
    desk.is_settled(&desired).await
}

/// Runs a schedule on paused time.
fn try_seed(seed: u64, strategies: &Strategies) -> Result<Tally, String> {
    try_case(Case::draw(seed, strategies))
}

fn try_case(mut case: Case) -> Result<Tally, String> {
    let seed = case.seed;
    let mut tried = on_paused_time(schedule(&case, false));
    // Nearly all schedules are short; the few that are not are tried once more with few faults.
    if tried
        .as_ref()
        .is_ok_and(|tally| tally.requests > tally.bound)
    {
        case = case.with_few_faults();
        tried = on_paused_time(schedule(&case, false));
    }
    let short = tried.and_then(|tally| {
        if tally.requests > tally.bound {
            Err(format!(
                "{} requests, and {} are allowed\n{}",
                tally.requests, tally.bound, tally.story
            ))
        } else {
            Ok(tally)
        }
    });
    short.map_err(|problem| {
        format!(
            "seed {seed} ({}, {}): {problem}\nmanifest:{:?}\nbefore:{:?}\nsince: {:?}\n",
            case.dialect, case.edition, case.now, case.before, case.since
        )
    })
}

fn on_paused_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs the seeds from 1 on all cores.
fn campaign(
    schedules: u64,
    try_seed: impl Fn(u64, &Strategies) -> Result<Tally, String> + Sync,
) -> (Tally, BTreeMap<u64, String>) {
    let next = AtomicU64::new(1);
    let tally = Mutex::new(Tally::default());
    let failures = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let strategies = Strategies::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > schedules {
                        break;
                    }
                    match try_seed(seed, &strategies) {
                        Ok(one) => tally.lock().expect("it").add(one),
                        Err(problem) => {
                            failures.lock().expect("it").insert(seed, problem);
                        }
                    }
                }
            });
        }
    });
    (
        tally.into_inner().expect("it"),
        failures.into_inner().expect("it"),
    )
}

/// What a seed prints is enough to see it again.
#[test]
fn a_seed_tells_the_same_story_twice() {
    let strategies = Strategies::new();
    for seed in 1..=20 {
        let told = || {
            let case = Case::draw(seed, &strategies);
            let stones = on_paused_time(async {
                let clock = Clock::starting_at(NOW_MS);
                let beginning = beginning(&case, clock).await?;
                Ok::<_, String>(Box::pin(reference(&case, &beginning, clock)).await?.stones)
            });
            on_paused_time(async {
                let clock = Clock::starting_at(NOW_MS);
                let beginning = beginning(&case, clock).await?;
                let mut desk = beginning.desk(&case, clock).await;
                desk.stones = stones?;
                desk.simulate(|simulator| simulator.set_faults(case.faults.clone()));
                runs(&mut desk, false).await?;
                Ok::<_, String>(desk.story)
            })
            .expect("it converges")
        };
        let (once, again) = (told(), told());
        assert!(once == again, "seed {seed}:\n{once}\nand again\n{again}");
    }
}

/// The campaign would tell.
#[test]
fn what_is_made_twice_is_seen() {
    let strategies = Strategies::new();
    let quirks = Quirks {
        duplicates_taken: true,
        ..Quirks::default()
    };
    let seen = (1..=30).filter(|seed| {
        let mut case = Case::draw(*seed, &strategies);
        case.faults = Faults::new(*seed).with_quirks(quirks.clone());
        case.cuts = [None; RUNS];
        let problem = on_paused_time(schedule(&case, true))
            .err()
            .unwrap_or_default();
        ["duplicates: ", "planned again: ambiguous-live: "]
            .iter()
            .any(|start| problem.starts_with(start))
    });
    assert!(seen.count() > 10);
}

/// Where nothing is published, what deskform does is right under every reading.
#[test]
fn each_reading_of_what_is_not_published_comes_to_its_end() {
    let readings: Vec<Chosen> = Chosen::all().collect();
    let schedules = number("DESKFORM_SCHEDULES").unwrap_or(SCHEDULES) / 10;
    // Each reading gets every so many-th seed, other ones than the campaign's.
    let reading_of = |seed: u64| readings[usize::try_from(seed).expect("it") % readings.len()];
    let (tally, failures) = campaign(schedules, |seed, strategies| {
        let case = Case::draw(READINGS_FROM + seed, strategies);
        try_case(case.read_as(reading_of(seed)))
    });
    let told: Vec<String> = failures
        .keys()
        .map(|seed| format!("{} under {}", READINGS_FROM + seed, reading_of(*seed)))
        .collect();
    let first = failures.values().next();
    assert!(
        failures.is_empty(),
        "{} of {schedules} schedules failed: {told:?}\n{}",
        failures.len(),
        first.map_or("", String::as_str)
    );
    assert_eq!(tally.schedules, schedules);
}

#[test]
fn whatever_goes_wrong_three_runs_finish_the_job() {
    if let Some(seed) = number("DESKFORM_SEED") {
        if let Err(problem) = try_seed(seed, &Strategies::new()) {
            panic!("{problem}");
        }
        return;
    }
    let schedules = number("DESKFORM_SCHEDULES").unwrap_or(SCHEDULES);
    let (tally, failures) = campaign(schedules, try_seed);
    println!(
        "{} schedules, {} requests (at most {}), {} steps, {} kills, by runs {:?}\n{:?}",
        tally.schedules,
        tally.requests,
        tally.most_requests,
        tally.steps,
        tally.kills,
        tally.runs,
        tally.faults
    );
    let seeds: Vec<&u64> = failures.keys().collect();
    let first = failures.values().next();
    assert!(
        failures.is_empty(),
        "{} of {schedules} schedules failed, with the seeds {seeds:?}; run one with \
         DESKFORM_SEED={} cargo test --test campaign\n{}",
        failures.len(),
        seeds[0],
        first.map_or("", String::as_str)
    );
    // A campaign in which nothing happens proves nothing.
    if schedules < 1_000 {
        return;
    }
    let mut kinds: BTreeSet<String> = Fault::passing().iter().map(Fault::kind).collect();
    kinds.extend(["day-limit", "token-expired", "token-revoked"].map(str::to_owned));
    let came: BTreeSet<String> = tally.faults.keys().cloned().collect();
    assert!(came == kinds, "only {came:?} came");
    assert!(tally.runs.iter().all(|runs| *runs > schedules / 20));
    assert!(tally.kills > schedules / 10 && tally.steps > 4 * schedules);
}
