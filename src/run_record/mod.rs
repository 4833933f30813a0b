//! What a run keeps: the lock, the ledger, the journal; and what it learns from runs that were killed.
//!
//! - [`look`] is for those who only read: the ledger with what unfinished journals add to it.
//! - [`Keeper`] holds the lock from before the organization is read until the ledger is saved. A
//!   journal is removed only after a ledger that holds all it tells is saved.
//! - [`JournalWriter`] writes an intent before every write goes out, and its outcome after it.

pub mod history;
mod journal_writer;
pub mod update;

pub use journal_writer::{JournalWriter, Silence};

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::api::page::Known;
use crate::clock::Clock;
use crate::ledger::journal::{self, Begin, Effect, Intent, Outcome, Settled, Unfinished};
use crate::ledger::{
    Entry, Holder, Ledger, Load, LockError, LockGuard, RunId, Store, StoreError, Version,
};
use crate::live::Live;
use crate::manifest::Desired;
use crate::plan::task::Task;
use crate::plan::{Options, Plan};
use crate::problem::{Code, Problem, counted};
use crate::reading::Needs;
use crate::run_record::history::{PastResult, PastRun, Retention};
use crate::run_record::update::after;
use crate::session::{Ready, Session, SessionError};
use crate::state::{Address, Key};
use crate::verb::Verb;

/// How long a lock lives unless it is renewed.
pub const LOCK_TTL: Duration = Duration::from_secs(300);

/// What is said where past runs cannot be kept.
const NOT_KEPT: &str = "what runs did could not be kept, so `runs` does not show all of it";

/// How often a lock is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// How often where every renewal is a push: four of them may fail before the lock is over.
const RENEW_PUSHED_EVERY: Duration = Duration::from_secs(60);

/// What is known before the organization is read.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The ledger, with what the journals of killed runs add to it.
    pub ledger: Ledger,
    /// Creations of which nobody knows yet whether they happened.
    pub doubts: Vec<Intent>,
    /// Whether no ledger is kept there yet.
    pub is_absent: bool,
    /// What is worth saying.
    pub warnings: Vec<Problem>,
}

/// Reads the ledger and the journals beside it, without a lock.
///
/// # Errors
/// A place that cannot be read, and a ledger or journal that must be left alone.
pub async fn look(store: &Store) -> Result<View, StoreError> {
    let store = &store.batched();
    let loaded = store.load().await?;
    let is_absent = loaded.version.is_absent();
    let mut warnings = Vec::new();
    let mut ledger = loaded.load.or_new(store.environment(), store.org_id());
    let runs = store.open_runs().await?;
    let doubts = absorb(&mut ledger, &runs.unfinished, &mut warnings);
    Ok(View {
        ledger,
        doubts,
        is_absent,
        warnings,
    })
}

/// Takes over what journals of killed runs tell, and returns the creations that are in doubt.
pub(crate) fn absorb(
    ledger: &mut Ledger,
    unfinished: &[Unfinished],
    warnings: &mut Vec<Problem>,
) -> Vec<Intent> {
    let mut doubts = Vec::new();
    for run in unfinished {
        let is_new = !ledger.absorbed.contains(&run.run);
        if is_new {
            // What was refused has changed nothing.
            let settled = run.settled.iter();
            let settled = settled.filter(|(_, outcome)| outcome.result != Settled::Failed);
            let settled = settled.map(|(intent, _)| intent);
            let intents = settled.chain(&run.intents).filter(|intent| !intent.create);
            let touched = intents.map(|intent| intent.address.clone());
            ledger.touched.extend(touched);
        }
        for (intent, outcome) in run.settled.iter().filter(|_| is_new) {
            if outcome.result == Settled::Applied {
                if intent.create {
                    move_on(ledger, intent, &run.settled);
                }
                take_over(ledger, intent, outcome);
                // Listings may lag behind it as behind an apply that ended in order.
                let answered = outcome.at.unwrap_or(intent.at);
                ledger.applied_at = ledger.applied_at.max(answered);
            }
        }
        doubts.extend(run.intents.iter().filter(|intent| intent.create).cloned());
        if run.damaged > 0 {
            warnings.push(
                Problem::warning(
                    Code::JournalDamaged,
                    format!(
                        "the journal of the run `{}` is damaged: {} cannot be understood",
                        run.run,
                        counted(run.damaged, "line")
                    ),
                )
                .help("look through the plan for objects that exist already; they are found by their identity"),
            );
        }
    }
    doubts
}

/// Moves what an address owned to the address that has renamed it in the same run, before what the run
/// has made takes its place.
fn move_on(ledger: &mut Ledger, intent: &Intent, settled: &[(Intent, Outcome)]) {
    let Some(old) = ledger.resources.get(&intent.address) else {
        return;
    };
    let has_renamed = |(other, outcome): &&(Intent, Outcome)| {
        outcome.result == Settled::Applied
            && other.verb == Verb::Update
            && other.address.collection == intent.address.collection
            && other.address != intent.address
            && outcome.id.as_ref().is_some_and(|id| old.has_id(id))
    };
    let Some((renamed, _)) = settled.iter().find(has_renamed) else {
        return;
    };
    ledger.rename(&intent.address, &renamed.address);
}

fn take_over(ledger: &mut Ledger, intent: &Intent, outcome: &Outcome) {
    let address = &intent.address;
    match (&outcome.id, intent.create) {
        (Some(id), true) => {
            let is_part = intent.effect() == Effect::Part;
            match ledger.resources.get_mut(address) {
                Some(entry) if is_part => {
                    if !entry.has_id(id) {
                        entry.parts.push(id.clone());
                    }
                }
                Some(entry) if entry.has_id(id) => {}
                old => {
                    let prevents = old.as_ref().is_some_and(|old| old.prevent_destroy);
                    let secrets = old.map(|old| {
                        let templates = std::mem::take(&mut old.templates);
                        (std::mem::take(&mut old.secrets), templates)
                    });
                    let (secrets, templates) = secrets.unwrap_or_default();
                    let entry = Entry {
                        id: id.clone(),
                        parts: if is_part {
                            vec![id.clone()]
                        } else {
                            Vec::new()
                        },
                        key: if is_part {
                            Key::default()
                        } else {
                            intent.key.clone()
                        },
                        prevent_destroy: intent.prevent_destroy || prevents,
                        temporary_member: intent.temporary_member.clone(),
                        secrets,
                        templates,
                        ..Entry::default()
                    };
                    ledger.resources.insert(address.clone(), entry);
                }
            }
        }
        _ if intent.effect() == Effect::Leave => {
            if let Some(entry) = ledger.resources.get_mut(address) {
                entry.temporary_member = None;
            }
        }
        _ => {}
    }
}

/// Why a run's records cannot be kept.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum KeepError {
    /// The place of the ledger.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lock.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl KeepError {
    /// The way out, where there is one to be named.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Lock(error) => error.hint(),
        }
    }
}

/// What lies at the place of the ledger: it and its version, as it was kept, other runs, and their doubts.
type Found = (
    Ledger,
    Version,
    Option<Ledger>,
    (Vec<RunId>, Vec<Unfinished>),
    Vec<Intent>,
);

/// Holds the lock and the ledger of a run.
#[derive(Debug)]
pub struct Keeper {
    store: Store,
    clock: Clock,
    guard: Arc<Mutex<Option<LockGuard>>>,
    /// Until when the lock is held for certain; see [`is_over`].
    until: Arc<AtomicI64>,
    renewal: JoinHandle<()>,
    run: RunId,
    ledger: Ledger,
    version: Version,
    /// What the kept ledger held, to save only where something is new.
    kept: Option<Ledger>,
    /// Journals of other runs that are removed when the ledger is saved.
    others: Vec<RunId>,
    /// What those of them tell that did not end in order.
    unfinished: Vec<Unfinished>,
    who: String,
    host: String,
    /// What is kept of this run, with how much is kept of past ones.
    past: Option<Box<(PastRun, Retention)>>,
    doubts: Vec<Intent>,
    /// When the last request of a killed run can have gone out at the latest.
    silent_since: i64,
    warnings: Vec<Problem>,
}

impl Keeper {
    /// Takes the lock, reads the ledger, and learns what killed runs have left.
    ///
    /// `anew` says that the organization was made anew (a simulator without state), so that what
    /// is kept is about another one. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Somebody else's lock; a place that cannot be read or written; a ledger or journal that must
    /// be left alone.
    pub async fn open(
        store: Store,
        holder: &Holder,
        clock: Clock,
        anew: bool,
    ) -> Result<Self, KeepError> {
        let store = store.batched();
        let guard = store.lock(holder, LOCK_TTL).await?;
        let mut warnings = Vec::new();
        // A write may go out long after its intent: it waits for its turn, and is repeated after a
        // refusal. Nothing goes out after the end of the lock, and nothing now that it is ours.
        let now_ms = clock.now_ms();
        let silent_since = (guard.taken_over()).map_or(now_ms, |held| held.until.min(now_ms));
        if let Some(held) = guard.taken_over() {
            warnings.push(
                Problem::warning(
                    Code::RunWasKilled,
                    format!(
                        "the run `{}` of `{}` on `{}` did not end in order",
                        held.run, held.who, held.host
                    ),
                )
                .help("what it did is looked up before anything is planned"),
            );
        }
        match Self::read(&store, anew, &mut warnings).await {
            Ok((ledger, version, kept, (others, unfinished), doubts)) => {
                let until = Arc::new(AtomicI64::new(guard.until()));
                let guard = Arc::new(Mutex::new(Some(guard)));
                let every = if store.is_pushed() {
                    RENEW_PUSHED_EVERY
                } else {
                    RENEW_EVERY
                };
                let renewal =
                    tokio::spawn(renew(Arc::clone(&guard), Arc::clone(&until), clock, every));
                Ok(Self {
                    run: holder
                        .run
                        .parse()
                        .unwrap_or_else(|_| RunId::new(holder.at, 0)),
                    store,
                    clock,
                    guard,
                    until,
                    renewal,
                    ledger,
                    version,
                    kept,
                    others,
                    unfinished,
                    who: holder.who.clone(),
                    host: holder.host.clone(),
                    past: None,
                    doubts,
                    silent_since,
                    warnings,
                })
            }
            Err(error) => {
                // The first error is the one that is told.
                let _ = guard.release().await;
                Err(error.into())
            }
        }
    }

    async fn read(
        store: &Store,
        anew: bool,
        warnings: &mut Vec<Problem>,
    ) -> Result<Found, StoreError> {
        let loaded = store.load().await?;
        let runs = store.open_runs().await?;
        let mut others = runs.ended;
        others.extend(runs.unfinished.iter().map(|one| one.run.clone()));
        if anew {
            let mut ledger = Ledger::new(store.environment(), store.org_id());
            ledger.serial = loaded.version.serial();
            let others = (others, Vec::new());
            return Ok((ledger, loaded.version, None, others, Vec::new()));
        }
        let kept = match &loaded.load {
            Load::Found(ledger) => Some(ledger.clone()),
            Load::None => None,
        };
        let mut ledger = loaded.load.or_new(store.environment(), store.org_id());
        let doubts = absorb(&mut ledger, &runs.unfinished, warnings);
        let others = (others, runs.unfinished);
        Ok((ledger, loaded.version, kept, others, doubts))
    }

    /// What is worth saying of what was found; said once.
    pub fn take_warnings(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.warnings)
    }

    /// Whether no ledger was kept there yet.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.version.is_absent()
    }

    /// Whether the ledger owns nothing, so that this may be the first run.
    #[must_use]
    pub fn owns_nothing(&self) -> bool {
        self.ledger.resources.is_empty()
    }

    /// What the last reading of each listing came to.
    pub fn listings(&self) -> impl Iterator<Item = &Known> {
        self.ledger.listings.values()
    }

    /// Whether the lock was lost, or could not be renewed in time: then nothing more may be sent.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        is_over(&self.until, self.clock)
    }

    /// Reads the organization and plans; waits first, where a killed run may have created what the
    /// listings do not show yet.
    ///
    /// # Errors
    /// [`SessionError`] with everything that is in the way; nothing was written.
    pub async fn plan(
        &mut self,
        session: &Session,
        desired: &Desired,
        options: &Options,
    ) -> Result<Ready, SessionError> {
        let mut options = options.clone();
        options.ledger = self.store.keeps().then(|| self.ledger.clone());
        options.watched = watched(&self.doubts);
        // A clock that went back must not make a run wait for longer than once, here and below.
        self.silent_since = self.silent_since.min(self.clock.now_ms());
        Box::pin(self.wait_for_what_is_unseen(session)).await?;
        let mut read_from = self.clock.now_ms();
        let mut ready = Box::pin(session.plan(desired, &options)).await?;
        loop {
            let now_ms = self.clock.now_ms();
            self.silent_since = self.silent_since.min(now_ms);
            let unseen = self.doubts.iter().any(|intent| !is_seen(intent, &ready));
            let settled_at = if unseen {
                self.silent_since.saturating_add(millis(session.settle))
            } else {
                0
            };
            // What was read before proves no absence, however long it took.
            if settled_at <= read_from {
                if self.own_seen(&ready) {
                    // The plan was made without knowing that these are ours, and halfway made.
                    options.ledger = self.store.keeps().then(|| self.ledger.clone());
                    ready = Box::pin(session.plan_again(ready, desired, &options)).await?;
                    continue;
                }
                self.settle(&ready, desired);
                return Ok(ready);
            }
            self.wait_until(settled_at).await;
            read_from = self.clock.now_ms();
            ready = Box::pin(session.plan(desired, &options)).await?;
        }
    }

    /// Looks whether what a killed run may have made is listed by now, and waits if it is not: all is read
    /// once then, and not before the wait and after it.
    async fn wait_for_what_is_unseen(&self, session: &Session) -> Result<(), SessionError> {
        let settled_at = self.silent_since.saturating_add(millis(session.settle));
        if self.doubts.is_empty() || settled_at <= self.clock.now_ms() {
            return Ok(());
        }
        let mut needs = Needs::default();
        for intent in &self.doubts {
            needs.watch(&intent.address, &intent.key, session.dialect);
        }
        let live = session.read(&needs).await?;
        let is_listed = |intent: &Intent| match intent.part() {
            Some(wanted) => (live.collection(intent.address.collection))
                .filter_map(|index| live.objects.get(index))
                .any(|object| object.parts.iter().any(|part| part.identity == wanted)),
            None => {
                let found = live.find(intent.address.collection, &intent.key);
                !intent.key.is_unknown() && !found.is_empty()
            }
        };
        if !self.doubts.iter().all(is_listed) {
            self.wait_until(settled_at).await;
        }
        Ok(())
    }

    /// Waits until the listings show what a killed run has made.
    async fn wait_until(&self, settled_at: i64) {
        let left = settled_at.saturating_sub(self.clock.now_ms());
        let left = u64::try_from(left).unwrap_or(0);
        if left > 0 {
            tracing::warn!(
                "a run that was killed may have created objects that are not listed yet; waiting for {} s",
                left.div_ceil(1000)
            );
        }
        self.clock.sleep(Duration::from_millis(left)).await;
    }

    /// Takes over what creations in doubt turn out to have made; tells whether there is any.
    fn own_seen(&mut self, ready: &Ready) -> bool {
        let mut any = false;
        for intent in &self.doubts {
            let Some(object) = ready
                .bound
                .rows
                .object(&intent.address)
                .and_then(|index| ready.live.objects.get(index))
                .filter(|_| is_seen(intent, ready))
            else {
                continue;
            };
            let part = object
                .parts
                .iter()
                .find(|part| intent.part() == Some(&part.identity));
            let id = part.map_or(&object.id, |part| &part.id);
            let is_known = |entry: &Entry| entry.has_id(id);
            if self.ledger.get(&intent.address).is_some_and(is_known) {
                continue;
            }
            // What the address owned may have another one by now, which has renamed it.
            let renamed = self.ledger.get(&intent.address).and_then(|old| {
                let mut objects = ready.bound.rows.objects().filter(|(row, index)| {
                    let object = ready.live.objects.get(*index);
                    row.address.collection == intent.address.collection
                        && row.address != intent.address
                        && object.is_some_and(|object| old.has_id(&object.id))
                });
                objects.next().map(|(row, _)| row.address.clone())
            });
            if let Some(renamed) = renamed {
                self.ledger.rename(&intent.address, &renamed);
            }
            any = true;
            let outcome = Outcome {
                seq: intent.seq,
                result: Settled::Applied,
                id: Some(id.clone()),
                error: None,
                at: None,
            };
            take_over(&mut self.ledger, intent, &outcome);
        }
        any
    }

    /// Settles the doubts: what is declared was bound or is planned; of the rest a person is told.
    fn settle(&mut self, ready: &Ready, desired: &Desired) {
        for intent in std::mem::take(&mut self.doubts) {
            let kind = crate::kind::find(intent.address.collection);
            let is_single = kind.is_some_and(crate::kind::Kind::is_given);
            if is_single || desired.state.contains_key(&intent.address) {
                continue;
            }
            for index in ready.live.find(intent.address.collection, &intent.key) {
                let Some(object) = ready.live.objects.get(*index) else {
                    continue;
                };
                self.warnings.push(
                    Problem::warning(
                        Code::CreatedByKilledRun,
                        format!(
                            "a run that was killed may have created `{}` (`{}`), which is no longer declared",
                            intent.address, object.id
                        ),
                    )
                    .help("declare it, or list it under `removed:`"),
                );
            }
        }
    }

    /// Says what the run is about to do, which is kept with what came of it. The plan is one as it is saved.
    pub fn remember(&mut self, plan: Plan, retention: Retention) {
        let past = PastRun {
            format_version: history::FORMAT_VERSION,
            run: self.run.clone(),
            who: self.who.clone(),
            host: self.host.clone(),
            began: self.clock.now_ms(),
            ended: None,
            plan,
            results: Vec::new(),
        };
        self.past = Some(Box::new((past, retention)));
    }

    /// Says what came of it.
    pub fn came_to(&mut self, results: Vec<PastResult>) {
        if let Some((past, _)) = self.past.as_deref_mut() {
            past.results = results;
            past.ended = Some(self.clock.now_ms());
        }
    }

    /// Begins the journal of a run that carries out these tasks.
    ///
    /// # Errors
    /// A place that cannot be written.
    pub async fn begin(
        &self,
        digest: &str,
        tasks: &[Task],
        live: &Live,
    ) -> Result<JournalWriter, StoreError> {
        let journal = self
            .store
            .begin(Begin {
                format_version: journal::FORMAT_VERSION,
                run: self.run.clone(),
                environment: self.store.environment().to_owned(),
                org_id: self.store.org_id().to_owned(),
                plan_digest: digest.to_owned(),
                at: self.clock.now_ms(),
            })
            .await?;
        let journal_writer = JournalWriter {
            journal,
            next: Cell::new(1),
            clock: self.clock,
            until: Arc::clone(&self.until),
            broken: Cell::new(false),
            doubtful: Cell::new(false),
            announced: RefCell::default(),
        };
        // Nothing stands in the way of a run because `runs` could not show it.
        if let Some((past, _)) = self.past.as_deref()
            && let Err(error) = Box::pin(history::keep(&self.store, past)).await
        {
            tracing::warn!(%error, "{NOT_KEPT}");
        }
        journal_writer.announce(tasks, live).await?;
        Ok(journal_writer)
    }

    /// Saves what is owned now, removes the journals that it makes superfluous, and gives the lock
    /// back. `applied` are the addresses all of whose steps were done.
    ///
    /// # Errors
    /// A ledger that cannot be saved: then the journals stay, and the next run learns from them. That
    /// the lock cannot be given back is no error then: nothing is left that it guards.
    pub async fn close(
        self,
        desired: &Desired,
        ready: &Ready,
        applied: &BTreeSet<Address>,
        journal_writer: Option<JournalWriter>,
    ) -> Result<(), KeepError> {
        let saved = self.save(desired, ready, applied, journal_writer).await;
        Box::pin(self.end(saved)).await
    }

    /// Gives the lock back where nothing was written: the run's journal goes, and what other runs have
    /// left stays.
    ///
    /// # Errors
    /// A journal that cannot be removed: the next run looks what came of what it announces.
    pub async fn withdraw(self, journal_writer: Option<JournalWriter>) -> Result<(), KeepError> {
        let removed = match journal_writer {
            Some(journal_writer) => {
                let finished = journal_writer.journal.finish(self.clock.now_ms()).await;
                let dropped = self.store.drop_past(std::slice::from_ref(&self.run)).await;
                finished.and(dropped)
            }
            None => Ok(()),
        };
        Box::pin(self.end(removed)).await
    }

    /// Gives the lock back, and tells what became of what is kept.
    async fn end(self, saved: Result<(), StoreError>) -> Result<(), KeepError> {
        let store = self.store.clone();
        if let Err(error) = self.release().await {
            tracing::warn!(%error, "the lock could not be given back; it expires by itself");
        }
        saved?;
        // Where saving waits for the lock to be given back, it is done only now; and where the lock is
        // gone, what is saved goes without it.
        Ok(store.flush().await?)
    }

    async fn save(
        &self,
        desired: &Desired,
        ready: &Ready,
        applied: &BTreeSet<Address>,
        journal_writer: Option<JournalWriter>,
    ) -> Result<(), StoreError> {
        let mut ledger = after(self.ledger.clone(), desired, ready, applied);
        let now = self.clock.now_ms();
        let is_new = self.kept.as_ref().is_none_or(|kept| {
            kept.resources != ledger.resources || kept.listings != ledger.listings
        });
        let has_run = journal_writer.is_some() || !applied.is_empty();
        if has_run || is_new {
            if has_run {
                ledger.applied_at = now;
            }
            // The journals go after this; whoever is killed in between leaves them.
            let own = journal_writer
                .iter()
                .map(|journal_writer| journal_writer.journal.run());
            ledger.absorbed = own.chain(&self.others).cloned().collect();
            self.store.save(&mut ledger, &self.version).await?;
        }
        // The journals of killed runs go after this. The ledger is saved, whatever becomes of it.
        Box::pin(self.keep_history(now)).await;
        // A journal that holds a doubt is left to the next run, which looks what came of it.
        match journal_writer {
            Some(journal_writer) if journal_writer.doubtful.get() => {
                journal_writer.conclude().await?;
            }
            Some(journal_writer) => journal_writer.journal.finish(now).await?,
            None => {}
        }
        for run in &self.others {
            self.store.finish(run, now).await?;
        }
        Ok(())
    }

    /// Keeps what this run did, and what killed runs did by their journals.
    async fn keep_history(&self, now_ms: i64) {
        let own = async {
            if let Some((past, retention)) = self.past.as_deref() {
                history::keep(&self.store, past).await?;
                history::tidy(&self.store, *retention, now_ms).await?;
            }
            Ok::<_, StoreError>(())
        };
        let mut failed = own.await.err();
        for run in &self.unfinished {
            failed = history::complete(&self.store, run).await.err().or(failed);
        }
        if let Some(error) = failed {
            tracing::warn!(%error, "{NOT_KEPT}");
        }
    }

    /// Gives the lock back without saving anything; the journals stay for the next run.
    ///
    /// # Errors
    /// A lock that was lost, or that cannot be reached: it expires by itself.
    pub async fn release(self) -> Result<(), KeepError> {
        self.renewal.abort();
        if let Some(guard) = self.guard.lock().await.take() {
            guard.release().await?;
        }
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Whether a lock may be somebody else's. A renewal that hangs says nothing, and time goes on.
fn is_over(until: &AtomicI64, clock: Clock) -> bool {
    until.load(Ordering::Relaxed) <= clock.now_ms()
}

async fn renew(
    guard: Arc<Mutex<Option<LockGuard>>>,
    until: Arc<AtomicI64>,
    clock: Clock,
    every: Duration,
) {
    loop {
        clock.sleep(every).await;
        let mut guard = guard.lock().await;
        let Some(guard) = guard.as_mut() else {
            return;
        };
        let now = clock.now_ms();
        match guard.renew(now, LOCK_TTL).await {
            Ok(()) => until.store(guard.until(), Ordering::Relaxed),
            Err(LockError::Store(error)) if now < guard.until() - millis(every) => {
                tracing::warn!(%error, "the lock could not be renewed; trying again");
            }
            Err(error) => {
                tracing::error!(%error, "the lock is lost; nothing more is sent");
                until.store(i64::MIN, Ordering::Relaxed);
                return;
            }
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The kinds and identities that a reader has to look for besides what is declared.
#[must_use]
pub fn watched(doubts: &[Intent]) -> Vec<(Address, Key<'static>)> {
    doubts
        .iter()
        .map(|intent| (intent.address.clone(), intent.key.clone()))
        .collect()
}

/// Whether what a creation may have made is there.
fn is_seen(intent: &Intent, ready: &Ready) -> bool {
    match ready.bound.rows.object(&intent.address) {
        Some(index) => intent.part().is_none_or(|wanted| {
            let object = ready.live.objects.get(index);
            let parts = object.into_iter().flat_map(|object| &object.parts);
            parts.into_iter().any(|part| part.identity == wanted)
        }),
        None => {
            !intent.key.is_unknown()
                && !ready
                    .live
                    .find(intent.address.collection, &intent.key)
                    .is_empty()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(handle: &str) -> Address {
        Address::new("departments", handle)
    }

    fn intent(seq: u64, handle: &str, verb: Verb) -> Intent {
        Intent {
            seq,
            address: at(handle),
            verb,
            request: crate::ledger::journal::Sent {
                method: crate::api::Method::Post,
                path: "/departments".to_owned(),
            },
            key: Key::of_name(handle.to_owned()),
            create: verb == Verb::Create,
            effect: Some(Effect::Whole),
            temporary_member: None,
            prevent_destroy: false,
            at: 0,
            before: serde_json::Value::Null,
        }
    }

    /// A run has renamed `A` to `B` and made a new `A`, and was killed before it saved its ledger.
    #[test]
    fn what_was_renamed_stays_known_where_something_new_takes_its_address() {
        let outcome = |seq: u64, id: &str| Outcome {
            seq,
            result: Settled::Applied,
            id: Some(id.to_owned()),
            error: None,
            at: Some(5),
        };
        let run = Unfinished {
            run: RunId::new(0, 1),
            begin: None,
            intents: Vec::new(),
            settled: vec![
                (intent(1, "B", Verb::Update), outcome(1, "7")),
                (intent(2, "A", Verb::Create), outcome(2, "8")),
            ],
            damaged: 0,
        };
        let mut ledger = Ledger::new("test", "1");
        let entry = Entry {
            id: "7".to_owned(),
            key: Key::of_name("A"),
            prevent_destroy: true,
            ..Entry::default()
        };
        ledger.set(at("A"), entry.clone());
        absorb(&mut ledger, &[run], &mut Vec::new());
        assert_eq!(ledger.get(&at("B")), Some(&entry));
        assert_eq!(ledger.get(&at("A")).unwrap().id, "8");
        // What it has changed nobody else is blamed for.
        assert!(ledger.touched.contains(&at("B")));
        // Listings lag behind the answer: an intent may wait long for a limit.
        assert_eq!(ledger.applied_at, 5);
    }

    async fn keeper(store: &Store, clock: Clock) -> Keeper {
        let holder = Holder {
            who: "ann".to_owned(),
            host: "tests".to_owned(),
            run: RunId::new(clock.now_ms(), 0).to_string(),
            at: clock.now_ms(),
        };
        let opened = Keeper::open(store.clone(), &holder, clock, false).await;
        opened.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_is_not_renewed_in_time_is_lost() {
        let clock = Clock::starting_at(1_767_225_600_000);
        let keeper = keeper(&Store::in_memory("test", "1"), clock).await;
        let live = Live::new(crate::dialect::Dialect::Openapi);
        let journal_writer = keeper.begin("digest", &[], &live).await.unwrap();
        // Nothing comes of it, not even an error, as when a call to the store hangs.
        keeper.renewal.abort();
        clock.sleep(Duration::from_secs(299)).await;
        assert!(!keeper.is_lost() && !journal_writer.is_silent());
        clock.sleep(Duration::from_secs(1)).await;
        assert!(keeper.is_lost() && journal_writer.is_silent());
    }

    /// A run that is cut short ends as soon as that is recorded.
    #[tokio::test(start_paused = true)]
    async fn what_came_of_the_writes_is_kept_when_a_run_is_cut_short() {
        let store = Store::in_memory("test", "1");
        let keeper = keeper(&store, Clock::starting_at(1_767_225_600_000)).await;
        let live = Live::new(crate::dialect::Dialect::Openapi);
        let journal_writer = keeper.begin("digest", &[], &live).await.unwrap();
        let record = journal::Record::Intent(intent(1, "A", Verb::Create));
        journal_writer.journal.append(&record).await.unwrap();
        journal_writer.settle(1, true, Settled::Applied, Some("7"));
        journal_writer.conclude().await.unwrap();
        let runs = store.open_runs().await.unwrap();
        let [run] = runs.unfinished.as_slice() else {
            panic!("{runs:?}");
        };
        assert_eq!((run.intents.len(), run.settled.len()), (0, 1));
    }

    fn plan() -> Plan {
        let json = serde_json::json!({
            "formatVersion": crate::plan::FORMAT_VERSION, "environment": "test", "orgId": "1",
            "dialect": "openapi", "digest": "d", "steps": [], "fingerprints": {},
            "summary": {"create": 0, "update": 0, "replace": 0, "delete": 0, "disable": 0,
                        "manual": 0, "unchanged": 0, "calls": 0, "credits": 0},
        });
        serde_json::from_value(json).unwrap()
    }

    /// What a killed run came to is learnt from its journal before that goes.
    #[tokio::test(start_paused = true)]
    async fn the_next_run_completes_what_is_kept_of_a_killed_one() {
        let clock = Clock::starting_at(1_767_225_600_000);
        let store = Store::in_memory("test", "1");
        let live = Live::new(crate::dialect::Dialect::Openapi);
        let retention = Retention::from(crate::config::History::default());
        let mut killed = keeper(&store, clock).await;
        killed.remember(plan(), retention);
        let journal_writer = killed.begin("digest", &[], &live).await.unwrap();
        for (seq, handle, settled) in [
            (1, "A", Some(Settled::Applied)),
            (2, "B", Some(Settled::Failed)),
            (3, "C", None),
        ] {
            let record = journal::Record::Intent(intent(seq, handle, Verb::Create));
            journal_writer.journal.append(&record).await.unwrap();
            if let Some(settled) = settled {
                journal_writer.settle(seq, true, settled, Some("7"));
            }
        }
        journal_writer.conclude().await.unwrap();
        let run = killed.run.clone();
        killed.release().await.unwrap();
        clock.sleep(Duration::from_secs(1)).await;

        let next = keeper(&store, clock).await;
        for run in &next.unfinished {
            history::complete(&next.store, run).await.unwrap();
        }
        let bytes = store.past_run(&run).await.unwrap().unwrap();
        let past = PastRun::parse(&bytes).unwrap();
        assert_eq!(past.ended, None);
        let came: Vec<(String, history::Came)> = past
            .results
            .iter()
            .map(|one| (one.address.to_string(), one.result))
            .collect();
        assert_eq!(
            came,
            [
                ("departments/A".to_owned(), history::Came::Applied),
                ("departments/B".to_owned(), history::Came::Failed),
                ("departments/C".to_owned(), history::Came::Unknown),
            ]
        );
        assert_eq!(past.results[0].id.as_deref(), Some("7"));
    }

    /// What other runs have left in doubt stays.
    #[tokio::test(start_paused = true)]
    async fn a_run_that_wrote_nothing_leaves_nothing() {
        let clock = Clock::starting_at(1_767_225_600_000);
        let store = Store::in_memory("test", "1");
        let killed = keeper(&store, clock).await;
        let live = Live::new(crate::dialect::Dialect::Openapi);
        let journal_writer = killed.begin("digest", &[], &live).await.unwrap();
        let record = journal::Record::Intent(intent(1, "A", Verb::Create));
        journal_writer.journal.append(&record).await.unwrap();
        killed.release().await.unwrap();
        let before = store.open_runs().await.unwrap();

        clock.sleep(Duration::from_secs(1)).await;
        let keeper = keeper(&store, clock).await;
        let journal_writer = keeper.begin("digest", &[], &live).await.unwrap();
        assert_eq!(store.open_runs().await.unwrap().unfinished.len(), 2);
        keeper.withdraw(Some(journal_writer)).await.unwrap();
        assert_eq!(store.open_runs().await.unwrap(), before);
        assert_eq!(store.holder(clock.now_ms()).await.unwrap(), None);
    }
}
