//! Makes, changes and removes one object of each kind, through planner and applier, and tries what only a
//! change tells.
//!
//! Each kind has a ledger of its own in memory, so that a plan of one is about one object: what it refers to
//! stands in it by id. What is there is read, and not taken from an answer to a write.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::body::{self, AtHand, Body, Existing, tried};
use super::first_of;
use super::raw::{LeftOut, Own, Second};
use crate::api::{Method, Request};
use crate::apply::event::{Event, Outcome, finished};
use crate::apply::recover::Recovery;
use crate::apply::run::{ApplyContext, run};
use crate::codec::Ids as _;
use crate::config::{Environment, Prune};
use crate::dialect::Dialect;
use crate::doubt::{ADDRESSES, DUPLICATES, Doubt, SECTIONS};
use crate::kind::{KINDS, Kind};
use crate::ledger::{Holder, RunId, Store};
use crate::manifest::{self, Desired, Sources};
use crate::plan::Options;
use crate::plan::guards::Limits;
use crate::problem::{Problem, Problems};
use crate::reading::{Single, single};
use crate::run_record::{KeepError, Keeper};
use crate::session::{Ready, Session, SessionError};
use crate::state::Address;
use crate::verb::Verb;
use crate::yaml::source::Source;

/// How often a removal is tried.
const REMOVALS: usize = 2;

/// What came of one deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It was done: a plan made afterwards has nothing left to do, or the object is proved to be gone.
    Done,
    /// The server refused it, or nobody knows what came of it.
    Refused,
    /// It was answered as if it were done, and reading tells that it was not, or not all of it.
    NotStored,
    /// It was not sent, for the problem of this code.
    NotSent(&'static str),
    /// It was not tried: nothing tells a value that would do, what comes before it was not done, or somebody
    /// has stopped it.
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

/// A reading that a trial has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witness {
    /// The fact.
    pub doubt: &'static Doubt,
    /// The reading's name.
    pub reading: &'static str,
    /// The collection of the kind that has shown it.
    pub kind: &'static str,
}

/// What came of all of them, so far.
#[derive(Debug, Default)]
pub struct Trials {
    /// By kind, in the order in which they were made.
    pub trials: Vec<Trial>,
    /// What was made and is there, for the person who has to look: it holds names.
    pub left: BTreeSet<Address>,
    /// What may have been made, or may still be there.
    pub may_be_left: BTreeSet<Address>,
    /// What was refused, a sentence each, for the same person: it holds what the server said.
    pub refusals: Vec<String>,
    /// What was learnt of doubtful facts.
    pub seen: Vec<Witness>,
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
    pub existing: Existing,
}

/// Tries each kind that is made and deleted without anybody else hearing of it; `stopped` is asked before each
/// step. What was made is removed in any case.
///
/// What has come so far stands in `told` at any time: whoever drops this before its end finds there what may
/// be left.
pub async fn try_all(means: Means<'_>, stopped: &dyn Fn() -> bool, told: &RefCell<Trials>) {
    let run = Run {
        dialect: means.session.dialect,
        existing: means.existing.clone(),
        asked: BTreeSet::new(),
        made: BTreeMap::new(),
        means,
        runs: 0,
        told,
    };
    Box::pin(run.all(stopped)).await;
}

struct Run<'a> {
    means: Means<'a>,
    dialect: Dialect,
    /// An object that is there, by collection, with those that were looked for.
    existing: Existing,
    /// The collections that were looked for.
    asked: BTreeSet<&'static str>,
    /// The ids of what was made, by collection.
    made: BTreeMap<&'static str, String>,
    /// How many runs have begun: each has a name of its own.
    runs: u32,
    told: &'a RefCell<Trials>,
}

/// One kind that is tried.
struct One {
    kind: &'static Kind,
    address: Address,
    body: Body,
    /// Nobody else's ledger: what is made here is owned here alone, and goes with it.
    store: Store,
    /// Its id, once it is known to be there.
    id: Option<String>,
}

/// What was sent.
struct Sent {
    came: Came,
    /// Whether anything may have gone out.
    is_begun: bool,
    /// The request that makes the object, where it was to be made by one.
    creation: Option<Request>,
}

/// What a look has told.
struct Looked {
    /// The object's id, where it is there.
    id: Option<String>,
    /// Whether nothing is left to do.
    is_clean: bool,
}

impl Run<'_> {
    async fn all(mut self, stopped: &dyn Fn() -> bool) {
        let mut made = Vec::new();
        for kind in tried(self.dialect) {
            if stopped() {
                break;
            }
            self.tell().trials.push(Trial {
                kind: kind.collection,
                made: Came::NotTried,
                changed: Came::NotTried,
                removed: Came::NotTried,
            });
            made.extend(Box::pin(self.one(kind, stopped)).await);
        }
        // The last first: what refers to another one goes before it.
        while let Some(one) = made.pop() {
            let came = Box::pin(self.remove(one)).await;
            self.tell_trial(came.0, |trial| trial.removed = came.1);
        }
    }

    fn tell(&self) -> RefMut<'_, Trials> {
        self.told.borrow_mut()
    }

    fn refusal(&self, text: String) {
        self.tell().refusals.push(text);
    }

    fn tell_trial(&self, kind: &Kind, tells: impl FnOnce(&mut Trial)) {
        let mut told = self.tell();
        let mut trials = told.trials.iter_mut();
        if let Some(trial) = trials.find(|trial| trial.kind == kind.collection) {
            tells(trial);
        }
    }

    fn witness(&self, doubt: &'static Doubt, reading: &'static str, kind: &Kind) {
        self.tell().seen.push(Witness {
            doubt,
            reading,
            kind: kind.collection,
        });
    }

    const fn at_hand(&self) -> AtHand<'_> {
        AtHand {
            dialect: self.dialect,
            existing: &self.existing,
            made: &self.made,
        }
    }

    /// Makes an object of a kind and changes it; what may be there comes back, to be removed.
    async fn one(&mut self, kind: &'static Kind, stopped: &dyn Fn() -> bool) -> Option<One> {
        self.look_for(kind).await;
        let body = self.at_hand().smallest(kind)?;
        let environment = self.means.environment;
        let mut one = One {
            kind,
            address: Address::new(kind.collection, body::name(kind, &self.means.stem)),
            body,
            store: Store::in_memory(&environment.name, &environment.org_id),
            id: None,
        };
        let body = one.body.clone();
        let sent = self.deed(&one, Some(&body), Verb::Create, stopped).await;
        // What was there before is nobody's to look at.
        if !sent.is_begun {
            self.tell_trial(kind, |trial| trial.made = sent.came);
            return None;
        }
        let looked = self.look(&one, &body).await;
        let (came, may_be_there) = match looked {
            Some(Looked {
                id: Some(id),
                is_clean,
            }) => {
                self.is_there(&one.address);
                self.made.insert(kind.collection, id.clone());
                one.id = Some(id);
                let came = match sent.came {
                    // Whatever was answered: it is there, and as it was declared.
                    _ if is_clean => Came::Done,
                    Came::Done => Came::NotStored,
                    came => came,
                };
                (came, true)
            }
            // Nobody can say whether an object with an id that an answer shows is there for others.
            Some(Looked { id: None, .. }) if sent.came == Came::Done => (Came::NotStored, true),
            Some(Looked { id: None, .. }) => {
                self.is_gone_for_good(&one.address);
                (sent.came, false)
            }
            None if sent.came == Came::NotTried => {
                self.is_gone_for_good(&one.address);
                (sent.came, false)
            }
            None => (Came::Refused, true),
        };
        let is_done = came == Came::Done;
        self.tell_trial(kind, |trial| trial.made = came);
        if is_done {
            let came = self.change(&one, stopped).await;
            self.tell_trial(kind, |trial| trial.changed = came);
            self.try_readings(&one, sent.creation, stopped).await;
        }
        may_be_there.then_some(one)
    }

    /// Looks for objects that a body would have to name, one call a kind, each once.
    async fn look_for(&mut self, kind: &'static Kind) {
        // What is found may be what the listing of the next one needs.
        for _ in 0..2 {
            for kind in self.at_hand().lacks(kind) {
                if self.asked.contains(kind.collection) {
                    continue;
                }
                let Some(request) = self.at_hand().listing(kind) else {
                    continue;
                };
                self.asked.insert(kind.collection);
                let reader = self.means.session.client.reader();
                match first_of(&reader, kind, self.dialect, request).await {
                    Ok(Some(object)) => {
                        self.existing.insert(kind.collection, object);
                    }
                    Ok(None) => {}
                    Err(error) if error.is_of_one_call() => {}
                    Err(error) => self.refusal(error.to_string()),
                }
            }
        }
    }

    /// Gives the object a value that it does not have.
    async fn change(&mut self, one: &One, stopped: &dyn Fn() -> bool) -> Came {
        for body in self.at_hand().changed(one.kind, &one.body) {
            if stopped() {
                return Came::NotTried;
            }
            // What belongs to another sort of object is refused before anything is sent.
            if self.compose(one, Some(&body)).is_err() {
                continue;
            }
            let sent = self.deed(one, Some(&body), Verb::Update, stopped).await;
            if sent.came != Came::Done {
                return sent.came;
            }
            return match self.look(one, &body).await {
                Some(Looked {
                    id: Some(_),
                    is_clean: true,
                }) => Came::Done,
                Some(_) => Came::NotStored,
                None => Came::Refused,
            };
        }
        Came::NotTried
    }

    /// Tries what only an object of our own tells of doubtful facts.
    async fn try_readings(&self, one: &One, creation: Option<Request>, stopped: &dyn Fn() -> bool) {
        let Some(id) = &one.id else { return };
        let own = Own {
            kind: one.kind,
            dialect: self.dialect,
            id,
        };
        let client = &self.means.session.client;
        // What becomes of a second one has to be told by its id.
        let has_item = (one.kind.api(self.dialect)).is_some_and(|api| api.item.is_some());
        if let Some(creation) = creation.filter(|_| has_item && own.removal().is_some())
            && !stopped()
        {
            self.make_twice(own, one, creation).await;
        }
        if stopped() {
            return;
        }
        self.try_capitals(own, one).await;
        if stopped() {
            return;
        }
        let mark = format!("deskform {}", self.means.stem);
        let (reader, writer) = (client.reader(), client.writer());
        match own.leave_out(&reader, &writer, &mark).await {
            Ok(Some(LeftOut::Lost)) => self.witness(&SECTIONS, "lost", one.kind),
            Ok(Some(LeftOut::Kept)) => self.witness(&SECTIONS, "kept", one.kind),
            Ok(None) => {}
            Err(error) => self.refusal(format!("{}: {error}", one.address)),
        }
    }

    /// Looks what becomes of the capitals in an address.
    async fn try_capitals(&self, own: Own<'_>, one: &One) {
        let client = &self.means.session.client;
        let (reader, writer) = (client.reader(), client.writer());
        match own.store_capitals(&reader, &writer, &self.means.stem).await {
            Ok(Some((sent, stored))) if stored == sent => {
                self.witness(&ADDRESSES, "kept", one.kind);
            }
            Ok(Some((sent, stored))) if stored == sent.to_lowercase() => {
                self.witness(&ADDRESSES, "lowered", one.kind);
            }
            Ok(_) => {}
            Err(error) => self.refusal(format!("{}: {error}", one.address)),
        }
    }

    /// Sends the creation once more; what it makes is removed at once.
    async fn make_twice(&self, own: Own<'_>, one: &One, creation: Request) {
        let writer = self.means.session.client.writer();
        let second = Address::new(
            one.kind.collection,
            format!("{}, a second one", one.address.handle),
        );
        self.tell().may_be_left.insert(second.clone());
        match own.create_again(&writer, creation).await {
            Second::Refused => {
                self.witness(&DUPLICATES, "refused", one.kind);
                self.is_gone_for_good(&second);
            }
            Second::Silent(why) => {
                self.refusal(format!("{second}: {why}"));
                self.is_gone_for_good(&second);
            }
            Second::Unknown(why) => self.refusal(format!("{second}: {why}")),
            Second::Made(id) => {
                self.witness(&DUPLICATES, "taken", one.kind);
                self.is_there(&second);
                let own = Own { id: &id, ..own };
                for _ in 0..REMOVALS {
                    if let Some(removal) = own.removal()
                        && let Err(error) = writer.remove(&removal).await
                    {
                        self.refusal(format!("{second}: {error}"));
                    }
                    if self.is_proved_gone(own).await == Some(true) {
                        self.is_gone_for_good(&second);
                        return;
                    }
                }
            }
        }
    }

    fn is_there(&self, address: &Address) {
        let mut told = self.tell();
        told.may_be_left.remove(address);
        told.left.insert(address.clone());
    }

    fn is_gone_for_good(&self, address: &Address) {
        let mut told = self.tell();
        told.may_be_left.remove(address);
        told.left.remove(address);
    }

    /// Removes what was made, and looks whether it is gone.
    async fn remove(&mut self, mut one: One) -> (&'static Kind, Came) {
        let body = one.body.clone();
        if one.id.is_none() {
            // Nobody could say before whether it is there.
            match self.look(&one, &body).await {
                Some(Looked { id: Some(id), .. }) => {
                    self.is_there(&one.address);
                    one.id = Some(id);
                }
                Some(Looked { id: None, .. }) => {
                    self.is_gone_for_good(&one.address);
                    return (one.kind, Came::NotTried);
                }
                None => return (one.kind, Came::NotTried),
            }
        }
        let mut came = Came::NotTried;
        for attempt in 0..REMOVALS {
            if attempt > 0 {
                // What was taken for gone is owned no more.
                self.look(&one, &body).await;
            }
            let sent = self.deed(&one, None, Verb::Delete, &|| false).await;
            if sent.is_begun || attempt == 0 {
                came = sent.came;
            }
            match self.is_gone(&one).await {
                Some(true) => {
                    self.is_gone_for_good(&one.address);
                    // Whatever was answered, it was sent.
                    let was_sent = matches!(came, Came::Done | Came::Refused | Came::NotStored);
                    let came = if was_sent { Came::Done } else { came };
                    return (one.kind, came);
                }
                Some(false) if came == Came::Done => came = Came::NotStored,
                None if came == Came::Done => {
                    // It was answered, and nothing else tells.
                    let mut told = self.tell();
                    told.left.remove(&one.address);
                    told.may_be_left.insert(one.address.clone());
                    drop(told);
                    came = Came::Refused;
                }
                Some(false) | None => {}
            }
        }
        (one.kind, came)
    }

    /// Whether the object is gone; none where nothing tells.
    async fn is_gone(&mut self, one: &One) -> Option<bool> {
        let id = one.id.as_deref()?;
        let has_item = (one.kind.api(self.dialect)).is_some_and(|api| api.item.is_some());
        if has_item {
            return self
                .is_proved_gone(Own {
                    kind: one.kind,
                    dialect: self.dialect,
                    id,
                })
                .await;
        }
        // A listing tells: whoever knows nothing of the object would make it.
        let environment = self.means.environment;
        let stranger = One {
            kind: one.kind,
            address: one.address.clone(),
            body: one.body.clone(),
            store: Store::in_memory(&environment.name, &environment.org_id),
            id: None,
        };
        let (keeper, _, ready) = self.planned(&stranger, Some(&one.body)).await.ok()?;
        let verb = verb_of(&ready, &one.address);
        drop(keeper.release().await);
        Some(verb == Some(Verb::Create))
    }

    /// Whether an object is gone, by its id.
    async fn is_proved_gone(&self, own: Own<'_>) -> Option<bool> {
        let reader = self.means.session.client.reader();
        match single(&reader, own.kind, own.dialect, own.id).await {
            Ok(Some(Single::Absent | Single::Gone(_))) => Some(true),
            Ok(Some(Single::There(_))) => Some(false),
            Ok(None) => None,
            Err(error) => {
                self.refusal(error.to_string());
                None
            }
        }
    }

    /// The manifest of one object, or of nothing.
    fn compose(&self, one: &One, body: Option<&Body>) -> Result<Desired, Problems> {
        let mut kinds: Map<String, Json> = Map::new();
        if let Some(body) = body {
            let mut body = body.clone();
            let name = &*one.address.handle;
            if one.kind.fixed_name().is_none() {
                body.insert(one.kind.naming_field().name.to_owned(), json!(name));
            }
            kinds.insert(one.kind.collection.to_owned(), json!({ name: body }));
        }
        // JSON is YAML.
        let text = Json::Object(kinds).to_string();
        let sources = Sources {
            base: vec![Source::new("doctor.yaml", text.as_bytes())],
            overlays: Vec::new(),
        };
        manifest::compose(&sources, self.means.environment, &|_| None)
    }

    /// Takes the lock and plans.
    async fn planned(
        &mut self,
        one: &One,
        body: Option<&Body>,
    ) -> Result<(Keeper, Desired, Ready), Came> {
        let desired = self
            .compose(one, body)
            .map_err(|problems| self.not_sent(problems.list.iter()))?;
        let clock = self.means.session.clock;
        self.runs += 1;
        let at = clock.now_ms();
        let holder = Holder {
            at,
            run: RunId::new(at, self.runs).to_string(),
            ..self.means.holder.clone()
        };
        let mut keeper = Keeper::open(one.store.clone(), &holder, clock, false)
            .await
            .map_err(|error| self.not_kept(&error))?;
        let deletes = body.is_none().then_some(1);
        let options = self.options(deletes);
        match Box::pin(keeper.plan(self.means.session, &desired, &options)).await {
            Ok(ready) => Ok((keeper, desired, ready)),
            Err(error) => {
                // It expires by itself, and nobody else knows of this store.
                drop(keeper.release().await);
                Err(self.not_planned(&error))
            }
        }
    }

    /// Plans and applies what is declared, or removes what no longer is, where the plan is of that and of
    /// nothing else.
    async fn deed(
        &mut self,
        one: &One,
        body: Option<&Body>,
        wanted: Verb,
        stopped: &dyn Fn() -> bool,
    ) -> Sent {
        let only = |came| Sent {
            came,
            is_begun: false,
            creation: None,
        };
        let (keeper, desired, ready) = match self.planned(one, body).await {
            Ok(planned) => planned,
            Err(came) => return only(came),
        };
        let plan = &ready.planned.plan;
        let is_its_own = plan.steps.iter().all(|step| step.address == one.address);
        // A creation that finds an object would take over what somebody else has made.
        if !is_its_own || verb_of(&ready, &one.address) != Some(wanted) || stopped() {
            drop(keeper.release().await);
            return only(Came::NotTried);
        }
        let tasks = &ready.planned.tasks;
        let creation = tasks.iter().find_map(|task| {
            let op = task.ops.iter().find(|op| op.creates())?;
            let request = op.request(&task.context(self.dialect), &ready.live).ok()?;
            (request.method == Method::Post).then_some(request)
        });
        let journal = match keeper.begin(&plan.digest, tasks, &ready.live).await {
            Ok(journal) => journal,
            Err(error) => return only(self.not_kept(&error.into())),
        };
        if wanted == Verb::Create {
            self.tell().may_be_left.insert(one.address.clone());
        }
        let mut events = Vec::new();
        let context = ApplyContext {
            live: &ready.live,
            writer: &self.means.session.client.writer(),
            parallelism: self.means.session.parallelism,
            recovery: Recovery {
                clock: self.means.session.clock,
                settle: self.means.session.settle,
            },
            journal_writer: Some(&journal),
        };
        run(tasks, context, stopped, &mut |event| events.push(event)).await;
        let done = finished(plan, &events);
        let closed = keeper.close(&desired, &ready, &done, Some(journal)).await;
        let mut came = self.outcome(&one.address, &events);
        if let Err(error) = closed {
            came = self.not_kept(&error);
        }
        Sent {
            came,
            is_begun: true,
            creation,
        }
    }

    /// What came of the steps of an address.
    fn outcome(&self, wanted: &Address, events: &[Event]) -> Came {
        let mut came = None;
        for event in events {
            let Event::StepFinished {
                address, outcome, ..
            } = event
            else {
                continue;
            };
            if address != wanted {
                continue;
            }
            match outcome {
                Outcome::Applied { .. } => came = came.or(Some(Came::Done)),
                Outcome::Failed { error, .. } | Outcome::Unknown { error, .. } => {
                    self.refusal(format!("{address}: {error}"));
                    came = Some(Came::Refused);
                }
                Outcome::Skipped { .. } | Outcome::Stopped => {
                    came = Some(
                        came.filter(|came| *came == Came::Refused)
                            .unwrap_or(Came::NotTried),
                    );
                }
            }
        }
        came.unwrap_or(Came::NotTried)
    }

    /// Looks whether the object is there, and whether it is as declared; none where nothing can be said. Nothing
    /// is sent but reads.
    async fn look(&mut self, one: &One, body: &Body) -> Option<Looked> {
        let (keeper, desired, ready) = self.planned(one, Some(body)).await.ok()?;
        let is_clean = verb_of(&ready, &one.address).is_none();
        let id = ready.live.id(&one.address);
        let closed = keeper.close(&desired, &ready, &BTreeSet::new(), None).await;
        if let Err(error) = closed {
            self.not_kept(&error);
        }
        Some(Looked { id, is_clean })
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

    fn not_kept(&self, error: &KeepError) -> Came {
        self.refusal(error.to_string());
        Came::Refused
    }

    fn not_planned(&self, error: &SessionError) -> Came {
        match error {
            SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
                self.not_sent(problems.iter())
            }
            SessionError::Api(error) | SessionError::Elsewhere(error, _) => {
                self.refusal(error.to_string());
                Came::NotSent(error.kind().code())
            }
            SessionError::Unread(unread) => {
                for one in unread {
                    self.refusal(one.to_string());
                }
                let first = unread.first();
                Came::NotSent(first.map_or("", |one| one.error.kind().code()))
            }
        }
    }

    fn not_sent<'p>(&self, problems: impl Iterator<Item = &'p Problem>) -> Came {
        let mut first = "";
        for problem in problems {
            if first.is_empty() {
                first = problem.code.as_str();
            }
            self.refusal(problem.message.clone());
        }
        Came::NotSent(first)
    }
}

/// What a plan does with an address first, if it is not left to a person.
fn verb_of(ready: &Ready, address: &Address) -> Option<Verb> {
    let mut steps = ready.planned.plan.steps.iter();
    let step = steps.find(|step| step.address == *address && step.verb != Verb::Manual);
    step.map(|step| step.verb)
}
