//! A campaign over names: whatever moves, an object that a rename means stays the object that it is.
//!
//! Every schedule follows from its seed: a dialect and a kind from the registry, up to six resources
//! below one parent, and some changes of their names one after the other: renames, swaps, chains,
//! circles, renames that are taken back, names that are given up and taken by something new. Some runs
//! are killed; the one after that has to finish the job.
//!
//! After each change the plan is empty, no object is gone, every object has the name that its
//! declaration has, and nothing is there twice. A rename that nobody wrote down is told with a line;
//! where something would be lost it is refused, and the run with that line does what was meant.
//!
//! `DESKFORM_SCHEDULES` sets how many schedules are run (200 unless told), `DESKFORM_SEED` runs one of
//! them and tells all about it.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod common;
#[path = "common/registry.rs"]
mod registry;
#[expect(dead_code, reason = "calls are counted elsewhere")]
#[path = "campaign/wire.rs"]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::smallest::{self, beside, needed};
use common::{NOW_MS, Variables, connection, settings, shown, work};
use deskform::apply::event::{Event, Outcome, finished};
use deskform::apply::recover::Recovery;
use deskform::apply::run::{ApplyContext, run};
use deskform::clock::Clock;
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::kind::{Create, Kind, Shape};
use deskform::ledger::{Holder, RunId, Store};
use deskform::manifest::{self, Desired, Sources};
use deskform::plan::alike::Alike;
use deskform::plan::{Options, Plan};
use deskform::problem::{Code, Problem};
use deskform::run_record::{Keeper, LOCK_TTL, look};
use deskform::session::{Connection, Ready, Session, SessionError};
use deskform::simulator::{Settings, Simulator, SimulatorTransport};
use deskform::state::Address;
use deskform::verb::Verb;
use deskform::yaml::Source;
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use registry::{DIALECTS, kept_in, key, kinds};
use wire::{Cut, Wire};

/// Schedules in a run of the tests.
const SCHEDULES: u64 = 200;
/// The one organization.
const ORGANIZATION: &str = "700001";
/// The names that objects have.
const NAMES: [&str; 12] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu",
];

macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            return Err(format!($($words)*));
        }
    };
}

/// How renames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// A handle stays, and `name:` changes.
    Names,
    /// The handle is the name, and `renamedFrom` tells the old one.
    Handles,
}

/// One declared resource.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    /// Which object it is meant to be.
    object: usize,
    handle: String,
    name: String,
    from: Option<String>,
}

/// One change of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Rename,
    Swap,
    Chain,
    Circle,
    Recreate,
    Revert,
    /// A new handle and a new name, and nobody says that it is a rename.
    Unsaid,
}

const MOVES: [Move; 7] = [
    Move::Rename,
    Move::Swap,
    Move::Chain,
    Move::Circle,
    Move::Recreate,
    Move::Revert,
    Move::Unsaid,
];

/// The kinds whose objects a call makes and another one renames.
fn renamable(dialect: Dialect) -> Vec<&'static Kind> {
    let all = kinds(dialect).filter(|kind| {
        let field = kind.naming_field();
        kind.api(dialect).is_some_and(|api| {
            matches!(api.create, Create::Post(_))
                && api.update.is_some()
                && api.grouping().is_none()
        }) && field.wire(dialect).goes_with_update()
            && !field.create_only
    });
    all.collect()
}

/// What came of a run.
enum Ended {
    Done(Box<Plan>),
    Refused(Vec<Problem>),
    Killed,
}

struct Desk {
    kind: &'static Kind,
    dialect: Dialect,
    style: Style,
    /// Nothing without one.
    store: Option<Store>,
    environment: Environment,
    simulator: Arc<Mutex<Simulator>>,
    clock: Clock,
    rng: SmallRng,
    items: Vec<Item>,
    /// The manifests before the last change, where taking it back is a rename.
    before: Option<Vec<Item>>,
    objects: usize,
    /// Ids of the objects.
    ids: BTreeMap<usize, String>,
    story: String,
    tally: Tally,
}

#[derive(Debug, Default)]
struct Tally {
    schedules: u64,
    kills: u64,
    moves: BTreeMap<String, u64>,
    refused: u64,
    told: u64,
    kinds: BTreeSet<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.kills += other.kills;
        self.refused += other.refused;
        self.told += other.told;
        self.kinds.extend(other.kinds);
        for (kind, count) in other.moves {
            *self.moves.entry(kind).or_default() += count;
        }
    }
}

impl Desk {
    fn draw(seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let dialect = *DIALECTS.choose(&mut rng).expect("some");
        let kind = *renamable(dialect).choose(&mut rng).expect("some");
        let has_ledger = rng.random_bool(0.7);
        let style = if has_ledger && rng.random_bool(0.5) {
            Style::Names
        } else {
            Style::Handles
        };
        let mut simulator = Simulator::new(Settings {
            enforce_minute_limits: false,
            ..settings(dialect, Edition::Enterprise)
        });
        let organization = simulator.organization_mut(ORGANIZATION).expect("it");
        if smallest::looks_up_sla(kind) {
            smallest::insert_sla(organization, "Gold");
        }
        Self {
            kind,
            dialect,
            style,
            store: has_ledger.then(|| Store::in_memory("test", ORGANIZATION)),
            environment: environment(dialect),
            simulator: Arc::new(Mutex::new(simulator)),
            clock: Clock::starting_at(NOW_MS),
            rng,
            items: Vec::new(),
            before: None,
            objects: 0,
            ids: BTreeMap::new(),
            story: format!(
                "{dialect} {} {style:?} ledger: {has_ledger}\n",
                kind.collection
            ),
            tally: Tally::default(),
        }
    }

    /// A name as the kind has names.
    fn name(&self, word: &str) -> String {
        match self.kind.naming_field().shape {
            Shape::Email { .. } => format!("{word}@example.com"),
            _ => word.to_owned(),
        }
    }

    /// A name that nothing has and nothing had.
    fn fresh(&mut self) -> String {
        let n = self.rng.random_range(0..10_000);
        let word = NAMES.choose(&mut self.rng).expect("some");
        self.name(&format!("{word}{n}"))
    }

    fn new_item(&mut self, name: String) -> Item {
        let object = self.objects;
        self.objects += 1;
        let handle = match self.style {
            Style::Names => format!("h{object}"),
            Style::Handles => name.clone(),
        };
        Item {
            object,
            handle,
            name,
            from: None,
        }
    }

    /// Gives an item another name, as the style has it.
    fn rename(style: Style, item: &mut Item, name: String) {
        if style == Style::Handles {
            item.from = Some(std::mem::replace(&mut item.handle, name.clone()));
        }
        item.name = name;
    }

    fn text(&self, items: &[Item]) -> String {
        let naming = self.kind.naming_field().name;
        let mut text = beside(self.kind).to_owned();
        if self.kind.collection == "departments" {
            text.push_str("departments:\n");
        } else {
            let _ = writeln!(text, "{}:", self.kind.collection);
        }
        for item in items {
            let mut fields = vec![needed(
                self.kind,
                self.dialect,
                &format!("o{}", item.object),
            )];
            if item.name != item.handle {
                fields.push(format!("{naming}: {}", item.name));
            }
            let from = item.from.as_ref();
            fields.extend(from.map(|from| format!("lifecycle: {{renamedFrom: {from}}}")));
            fields.retain(|field| !field.is_empty());
            let _ = writeln!(text, "  {}: {{{}}}", item.handle, fields.join(", "));
        }
        text
    }

    fn compose(&self, text: &str) -> Result<Desired, String> {
        let sources = Sources {
            base: vec![Source::new("all.yaml", text.as_bytes())],
            overlays: Vec::new(),
        };
        let none = Variables::new();
        let env = |name: &str| none.get(name).cloned();
        manifest::compose(&sources, &self.environment, &env)
            .map_err(|problems| shown(&problems, &sources))
    }

    fn connection(&self, wire: &Arc<Wire>) -> Connection {
        Connection {
            seed: Some(1),
            ..connection(&self.environment, Arc::<Wire>::clone(wire), self.clock)
        }
    }

    fn options(&self) -> Options {
        Options {
            environment: self.environment.name.clone(),
            org_id: ORGANIZATION.to_owned(),
            prune: self.environment.prunes(),
            ..Options::default()
        }
    }

    /// One run of `apply`; a run that is not killed applies every step.
    async fn run(&mut self, text: &str, cut: Option<Cut>) -> Result<Ended, String> {
        let desired = self.compose(text)?;
        let transport = SimulatorTransport::new(Arc::clone(&self.simulator), self.clock);
        let wire = Arc::new(Wire::new(transport, cut, false));
        let connection = self.connection(&wire);
        let options = self.options();
        let ended = tokio::select! {
            biased;
            () = wire.killed() => Ok(Ended::Killed),
            ended = applied(connection, &wire, self.store.clone(), &desired, &options) => ended,
        };
        let words = match &ended {
            Ok(Ended::Done(_)) => "applied".to_owned(),
            Ok(Ended::Killed) => "killed".to_owned(),
            Ok(Ended::Refused(problems)) => format!("refused: {problems:?}"),
            Err(error) => format!("failed: {error}"),
        };
        let _ = writeln!(self.story, "{text}{words}\n{}", wire.log());
        // The tokens of an organization are few, and listings lag.
        self.clock.sleep(Duration::from_secs(1200)).await;
        ended
    }

    /// Runs until all is applied: a run that is killed is followed by one that is not.
    async fn settle(&mut self, text: &str) -> Result<(), String> {
        if self.rng.random_bool(0.5) {
            let cut = Cut {
                at: self.rng.random_range(0..=14),
                after: self.rng.random_bool(0.5),
            };
            if let Ended::Killed = self.run(text, Some(cut)).await? {
                self.tally.kills += 1;
                self.clock.sleep(LOCK_TTL).await;
            }
        }
        match self.run(text, None).await? {
            Ended::Done(_) => {}
            Ended::Refused(problems) => return Err(format!("refused: {problems:?}")),
            Ended::Killed => return Err("killed".to_owned()),
        }
        match self.run(text, None).await? {
            Ended::Done(plan) => {
                let left = work(&plan);
                ensure!(left.is_empty(), "planned again: {left:?}");
                ensure!(
                    plan.summary.record.total() == 0,
                    "the ledger changes: {:?}",
                    plan.summary.record
                );
            }
            _ => return Err("planned again: refused".to_owned()),
        }
        self.is_as_meant()
    }

    /// The ids of all objects of the kind by name.
    fn live(&self) -> Result<BTreeMap<String, String>, String> {
        let simulator = self.simulator.lock().expect("it");
        let organization = simulator.organization(ORGANIZATION).expect("it");
        let naming = key(self.kind.naming_field(), self.dialect);
        let mut ids = BTreeMap::new();
        let own: BTreeSet<&str> = self.items.iter().map(|item| &*item.name).collect();
        for object in organization.objects(kept_in(self.kind, self.dialect)) {
            let name = object[naming].as_str().unwrap_or_default().to_owned();
            let id = object["id"].as_str().unwrap_or_default().to_owned();
            let is_own = own.contains(&*name);
            if let Some(other) = ids.insert(name.clone(), id)
                && is_own
            {
                return Err(format!("{name} is there twice, as {other}, too"));
            }
        }
        Ok(ids)
    }

    /// Whether every object has the name that is meant, and none is gone.
    fn is_as_meant(&mut self) -> Result<(), String> {
        let live = self.live()?;
        for item in &self.items {
            let Some(id) = live.get(&item.name) else {
                return Err(format!("{item:?} is not there: {live:?}"));
            };
            let known = self.ids.entry(item.object).or_insert_with(|| id.clone());
            ensure!(known == id, "{item:?} was {known} and is {id}");
        }
        for (object, id) in &self.ids {
            ensure!(
                live.values().any(|other| other == id),
                "the object {object} ({id}) is gone"
            );
        }
        ensure!(
            live.keys()
                .all(|name| !name.starts_with("deskform-rename-")),
            "a temporary name stays: {live:?}"
        );
        Ok(())
    }

    /// Whether people are told of a new name, so that none has one for a moment.
    fn is_told(&self) -> bool {
        self.kind.naming_field().told_to_people
    }

    async fn change(&mut self, what: Move) -> Result<(), String> {
        let before = self.items.clone();
        // What was followed is taken away, or stays until the next change.
        if self.rng.random_bool(0.5) || self.style == Style::Handles && what != Move::Rename {
            for item in &mut self.items {
                item.from = None;
            }
            if matches!(what, Move::Swap | Move::Circle) && before != self.items {
                // The same lines once more say nothing: they have to be away in between.
                let text = self.text(&self.items);
                self.settle(&text).await?;
            }
        }
        let style = self.style;
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.shuffle(&mut self.rng);
        let counts = match what {
            Move::Rename | Move::Recreate => 1..=1,
            Move::Swap => 2..=2,
            Move::Chain => 2..=4,
            _ => 3..=6,
        };
        let many = self.rng.random_range(counts).min(order.len());
        order.truncate(many);
        match what {
            Move::Rename | Move::Chain | Move::Swap | Move::Circle => {
                let is_round = matches!(what, Move::Swap | Move::Circle);
                let last = if is_round {
                    self.items[order[0]].name.clone()
                } else {
                    self.fresh()
                };
                let names: Vec<String> = order
                    .iter()
                    .skip(1)
                    .map(|index| self.items[*index].name.clone())
                    .chain([last])
                    .collect();
                for (index, name) in order.iter().zip(names) {
                    Self::rename(style, &mut self.items[*index], name);
                }
                if is_round && (self.is_told() || self.store.is_none()) {
                    return self.round_by_hand(before, &order).await;
                }
                // Without a ledger nobody knows what had the name, and the revert of a circle of handles
                // is no change at all.
                let is_known = style == Style::Names || what == Move::Rename;
                self.before = (is_known && self.store.is_some()).then_some(before);
            }
            Move::Recreate => {
                let index = order[0];
                let old = self.items[index].name.clone();
                let name = self.fresh();
                Self::rename(style, &mut self.items[index], name);
                // A declaration that was renamed itself may have its old name taken, and stay.
                let names: BTreeSet<&String> = self.items.iter().map(|item| &item.name).collect();
                let from = before[index].from.clone();
                let from = from.filter(|from| !names.contains(from) && *from != old);
                let at_once = from.is_some() && self.items.len() < 6 && self.rng.random_bool(0.7);
                if style == Style::Handles && at_once {
                    let mut item = self.new_item(old);
                    item.from = from;
                    self.items.push(item);
                    self.before = None;
                    let text = self.text(&self.items);
                    return self.settle(&text).await;
                }
                if style == Style::Handles {
                    // The old name belongs to nothing else as long as it is written.
                    let text = self.text(&self.items);
                    self.settle(&text).await?;
                    self.items[index].from = None;
                }
                if self.items.len() < 6 {
                    let item = self.new_item(old);
                    self.items.push(item);
                }
                self.before = None;
            }
            Move::Revert => {
                if let Some(mut before) = self.before.take() {
                    // Lines that go round mean something new once one of their names is gone.
                    let handles: BTreeSet<String> =
                        before.iter().map(|item| item.handle.clone()).collect();
                    let is_round = |item: &Item| {
                        let from = item.from.as_ref();
                        from.is_some_and(|from| handles.contains(from))
                    };
                    if before.iter().any(is_round) {
                        for item in &mut before {
                            item.from = None;
                        }
                    }
                    self.items = before;
                }
            }
            Move::Unsaid => {
                self.before = None;
                return self.unsaid(before).await;
            }
        }
        let text = self.text(&self.items);
        self.settle(&text).await
    }

    /// A circle that nothing can tell is refused; by two runs it is done.
    async fn round_by_hand(&mut self, before: Vec<Item>, order: &[usize]) -> Result<(), String> {
        self.before = None;
        let wanted = self.items.clone();
        let text = self.text(&wanted);
        match self.run(&text, None).await? {
            Ended::Refused(problems) => {
                self.tally.refused += 1;
                ensure!(
                    problems.iter().any(|one| one.code == Code::NamesInACircle),
                    "{problems:?}"
                );
            }
            _ => return Err("a circle that nothing tells was not refused".to_owned()),
        }
        // First all others, and one that gives way to a name that nothing has.
        let first = order[0];
        let fresh = self.fresh();
        self.items.clone_from(&wanted);
        self.items[first] = before[first].clone();
        self.items[first].from = None;
        Self::rename(self.style, &mut self.items[first], fresh);
        let text = self.text(&self.items);
        self.settle(&text).await?;
        let between = self.items.clone();
        self.items = wanted;
        if self.style == Style::Handles {
            for (item, was) in self.items.iter_mut().zip(&between) {
                item.from = (item.handle != was.handle).then(|| was.handle.clone());
            }
        }
        let text = self.text(&self.items);
        self.settle(&text).await
    }

    /// A rename that nobody wrote down is told, and refused where something would be lost.
    async fn unsaid(&mut self, before: Vec<Item>) -> Result<(), String> {
        if self.store.is_none() {
            // Then nobody knows what was declared.
            self.items = before;
            return Ok(());
        }
        let index = self.rng.random_range(0..self.items.len());
        let old = self.items[index].clone();
        let name = self.fresh();
        let mut new = old.clone();
        new.name.clone_from(&name);
        new.from = None;
        new.handle = match self.style {
            Style::Names => format!("n{}", name.replace('@', "_")),
            Style::Handles => name.clone(),
        };
        let mut items = self.items.clone();
        items[index] = new.clone();
        let text = self.text(&items);
        let (plan, problems) = self.planned(&text).await?;
        let new_at = Address::new(self.kind.collection, new.handle.as_str());
        let old_at = Address::new(self.kind.collection, old.handle.as_str());
        let pair: Vec<&Alike> = plan.alike.iter().collect();
        let [pair] = pair.as_slice() else {
            return Err(format!("{} pairs are told: {:?}", pair.len(), plan.alike));
        };
        ensure!(pair.new == new_at && pair.old == old_at, "{pair:?}");
        self.tally.told += 1;
        let loses = self.kind.removal_loses;
        let names_both = |message: &str| {
            message.contains(&new_at.to_string()) && message.contains(&old_at.to_string())
        };
        if loses {
            self.tally.refused += 1;
        }
        ensure!(
            loses
                == problems
                    .iter()
                    .any(|one| one.code == Code::MayBeRenamed && names_both(&one.message)),
            "{problems:?}"
        );
        // The line is pasted where it belongs.
        let naming = self.kind.naming_field().name;
        if self.rng.random_bool(0.5) {
            ensure!(pair.under == old_at, "{pair:?}");
            let line = pair.line.as_deref();
            ensure!(line == Some(&*format!("{naming}: {name}")), "{pair:?}");
            items[index].handle = old.handle;
        } else {
            let line = pair.or_else.as_deref().unwrap_or_default();
            let from = line.strip_prefix("lifecycle: {renamedFrom: ");
            let from = from.and_then(|rest| rest.strip_suffix('}'));
            let Some(from) = from else {
                return Err(format!("{pair:?}"));
            };
            items[index].from = Some(from.to_owned());
        }
        self.items = items;
        let text = self.text(&self.items);
        self.settle(&text).await?;
        // From here on the handles are what the style wants.
        if self.style == Style::Handles {
            for item in &mut self.items {
                item.handle.clone_from(&item.name);
                item.from = None;
            }
            let text = self.text(&self.items);
            self.settle(&text).await?;
        }
        Ok(())
    }

    /// A plan and the problems that refuse it; nothing is applied.
    async fn planned(&mut self, text: &str) -> Result<(Plan, Vec<Problem>), String> {
        let desired = self.compose(text)?;
        let transport = SimulatorTransport::new(Arc::clone(&self.simulator), self.clock);
        let wire = Arc::new(Wire::new(transport, None, false));
        let session = Session::open(self.connection(&wire))
            .await
            .map_err(|error| format!("{error:?}"))?;
        let store = self.store.as_ref().expect("a ledger");
        let view = look(store).await.map_err(|error| error.to_string())?;
        let options = Options {
            ledger: Some(view.ledger),
            ..self.options()
        };
        let planned = session.plan(&desired, &options).await;
        self.clock.sleep(Duration::from_secs(1200)).await;
        let _ = writeln!(self.story, "{text}planned\n{}", wire.log());
        match planned {
            Ok(ready) => Ok((ready.planned.plan, Vec::new())),
            Err(SessionError::Guarded(problems, plan)) => Ok((*plan, problems)),
            Err(error) => Err(format!("{error:?}")),
        }
    }
}

/// Plans and applies as the command does.
async fn applied(
    connection: Connection,
    wire: &Wire,
    store: Option<Store>,
    desired: &Desired,
    options: &Options,
) -> Result<Ended, String> {
    let clock = connection.clock;
    let holder = Holder {
        who: "ci".to_owned(),
        host: "build.example.com".to_owned(),
        run: RunId::new(clock.now_ms(), 1).to_string(),
        at: clock.now_ms(),
    };
    let mut keeper = match store {
        Some(store) => {
            let keeper = Keeper::open(store, &holder, clock, false).await;
            Some(keeper.map_err(|error| error.to_string())?)
        }
        None => None,
    };
    let planned = async {
        let session = Session::open(connection).await?;
        let ready = match &mut keeper {
            Some(keeper) => keeper.plan(&session, desired, options).await?,
            None => session.plan(desired, options).await?,
        };
        Ok::<_, SessionError>((session, ready))
    };
    let (session, ready) = match planned.await {
        Ok(planned) => planned,
        Err(error) => {
            if let Some(keeper) = keeper {
                keeper.release().await.map_err(|error| error.to_string())?;
            }
            return match error {
                SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
                    Ok(Ended::Refused(problems))
                }
                error => Err(format!("{error:?}")),
            };
        }
    };
    carried_out(wire, keeper, desired, &session, &ready).await?;
    Ok(Ended::Done(Box::new(ready.planned.plan)))
}

async fn carried_out(
    wire: &Wire,
    keeper: Option<Keeper>,
    desired: &Desired,
    session: &Session,
    ready: &Ready,
) -> Result<(), String> {
    let mut events = Vec::new();
    let plan = &ready.planned.plan;
    let journal_writer = match &keeper {
        Some(keeper) if plan.steps.iter().any(|step| step.verb != Verb::Manual) => {
            let begun = keeper
                .begin(&plan.digest, &ready.planned.tasks, &ready.live)
                .await;
            Some(begun.map_err(|error| error.to_string())?)
        }
        _ => None,
    };
    let means = ApplyContext {
        live: &ready.live,
        writer: &session.client.writer(),
        parallelism: session.parallelism,
        recovery: Recovery {
            clock: session.clock,
            settle: session.settle,
        },
        journal_writer: journal_writer.as_ref(),
    };
    run(&ready.planned.tasks, means, &|| false, &mut |event| {
        events.push(event);
    })
    .await;
    wire.answered().await;
    let done = finished(plan, &events);
    if let Some(keeper) = keeper {
        let closed = keeper.close(desired, ready, &done, journal_writer).await;
        closed.map_err(|error| error.to_string())?;
    }
    for event in &events {
        if let Event::StepFinished { outcome, .. } = event {
            ensure!(matches!(outcome, Outcome::Applied { .. }), "{event:?}");
        }
    }
    Ok(())
}

fn environment(dialect: Dialect) -> Environment {
    let text = format!(
        "environments: {{test: {{simulator: {{dialect: {dialect}, edition: enterprise, organization: '{ORGANIZATION}'}}}}}}\n"
    );
    // What would be removed hands over to what every organization has.
    let heir = format!("admin@{ORGANIZATION}.example.com");
    let policies = match dialect {
        Dialect::Openapi => format!(
            "kinds: {{profiles: {{transferTo: {{lookup: Agent}}}}, teams: {{transferTo: {{agent: {{lookup: {heir}}}}}}}}}\n"
        ),
        Dialect::Guide => String::new(),
    };
    let source = Source::new("deskform.yaml", format!("{text}{policies}").as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

async fn schedule(desk: &mut Desk) -> Result<(), String> {
    let count = desk.rng.random_range(1..=6);
    for word in NAMES.iter().take(count) {
        let name = desk.name(word);
        let item = desk.new_item(name);
        desk.items.push(item);
    }
    let text = desk.text(&desk.items);
    desk.settle(&text).await?;
    for _ in 0..desk.rng.random_range(1..=4) {
        let back = desk.before.is_some() && desk.rng.random_bool(0.4);
        let what = if back {
            Move::Revert
        } else {
            *MOVES.choose(&mut desk.rng).expect("some")
        };
        let least = match what {
            Move::Swap | Move::Chain => 2,
            Move::Circle => 3,
            _ => 1,
        };
        if desk.items.len() < least || (what == Move::Revert && desk.before.is_none()) {
            continue;
        }
        let _ = writeln!(desk.story, "-- {what:?}");
        *desk.tally.moves.entry(format!("{what:?}")).or_default() += 1;
        desk.change(what).await?;
    }
    desk.tally.schedules = 1;
    let kind = format!("{} {}", desk.dialect, desk.kind.collection);
    desk.tally.kinds.insert(kind);
    Ok(())
}

/// Runs a schedule on paused time; the story is told of one that fails.
fn try_seed(seed: u64) -> Result<Tally, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut desk = Desk::draw(seed);
        match schedule(&mut desk).await {
            Ok(()) => Ok(desk.tally),
            Err(problem) => Err(format!("seed {seed}: {problem}\n{}", desk.story)),
        }
    })
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_names_do_objects_stay_what_they_are() {
    if let Some(seed) = number("DESKFORM_SEED") {
        if let Err(problem) = try_seed(seed) {
            panic!("{problem}");
        }
        return;
    }
    let schedules = number("DESKFORM_SCHEDULES").unwrap_or(SCHEDULES);
    let next = AtomicU64::new(1);
    let tally = Mutex::new(Tally::default());
    let failures = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > schedules {
                        break;
                    }
                    match try_seed(seed) {
                        Ok(one) => tally.lock().expect("it").add(one),
                        Err(problem) => {
                            failures.lock().expect("it").insert(seed, problem);
                        }
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().expect("it");
    let failures = failures.into_inner().expect("it");
    println!("{tally:?}");
    let seeds: Vec<&u64> = failures.keys().collect();
    for problem in failures.values() {
        eprintln!(
            "{}",
            problem.lines().take(2).collect::<Vec<_>>().join(" | ")
        );
    }
    assert!(
        failures.is_empty(),
        "{} of {schedules} schedules failed, with the seeds {seeds:?}; run one with \
         DESKFORM_SEED={} cargo test --test moves\n{}",
        failures.len(),
        seeds[0],
        failures.values().next().map_or("", String::as_str)
    );
    // A campaign in which nothing happens proves nothing.
    if schedules >= SCHEDULES {
        assert_eq!(tally.moves.len(), MOVES.len(), "{tally:?}");
        let kinds = DIALECTS.map(|dialect| renamable(dialect).len());
        assert_eq!(tally.kinds.len(), kinds.iter().sum::<usize>(), "{tally:?}");
        assert!(tally.kills > schedules / 10 && tally.told > 0 && tally.refused > 0);
    }
}
