//! The journal of the run that is under way: what is about to be sent, and what came of it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use serde_json::{Map, Value as Json};
use thiserror::Error;

use super::is_over;
use crate::api::{Method, Request};
use crate::clock::Clock;
use crate::kind::Kind;
use crate::ledger::journal::{Intent, Outcome, Record, Sent, Settled};
use crate::ledger::{Journal, StoreError};
use crate::live::{Live, key};
use crate::plan::requests::Op;
use crate::plan::shown_value;
use crate::plan::task::Task;
use crate::state::{Body, Key, Reference, Value};
use crate::verb::Verb;

/// Writes the journal of the run that is under way.
#[derive(Debug)]
pub struct JournalWriter {
    pub(super) journal: Journal,
    pub(super) next: Cell<u64>,
    pub(super) clock: Clock,
    pub(super) until: Arc<AtomicI64>,
    pub(super) broken: Cell<bool>,
    /// Whether nobody knows what came of some write.
    pub(super) doubtful: Cell<bool>,
    /// The intents that were recorded before the first write, by where their write stands in memory:
    /// a resource may have several tasks of one verb.
    pub(super) announced: RefCell<HashMap<usize, Announced>>,
}

/// An intent that was recorded before the first write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announced {
    seq: u64,
    /// Whether its write was about to go out.
    begun: bool,
}

/// Why a write must not go out.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Silence {
    /// Another run may be under way.
    #[error("the lock was lost, so nothing more is sent")]
    Lost,
    /// What is not recorded is not sent.
    #[error("the journal cannot be written, so nothing more is sent: {0}")]
    Journal(#[from] StoreError),
}

impl JournalWriter {
    /// Whether nothing more may be sent.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.broken.get() || is_over(&self.until, self.clock)
    }

    /// Records all intents at once, where recording each of them by itself is dear.
    ///
    /// What is made below something that is not there yet is recorded without its key: it is found by
    /// its declaration.
    ///
    /// # Errors
    /// A place that cannot be written: then nothing must go out.
    pub(super) async fn announce(&self, tasks: &[Task], live: &Live) -> Result<(), StoreError> {
        if !self.journal.is_batched() {
            return Ok(());
        }
        let mut records = Vec::new();
        for task in tasks.iter().filter(|task| task.verb != Verb::Manual) {
            let context = task.context(live.dialect);
            for op in &task.ops {
                let (method, path) = op
                    .line(&context, live)
                    .unwrap_or((op.method, op.path.into()));
                let intent = self.intent(task, op, (method, path.into_owned()), live);
                let announced = Announced {
                    seq: intent.seq,
                    begun: false,
                };
                let place = std::ptr::from_ref(op).addr();
                self.announced.borrow_mut().insert(place, announced);
                records.push(Record::Intent(intent));
            }
        }
        let appended = self.journal.append_all(&records).await;
        if appended.is_err() {
            self.broken.set(true);
        }
        appended
    }

    /// The number of a write that was announced; it counts as begun from now on.
    fn announced(&self, task: &Task, op: &Op) -> Option<u64> {
        // One that was made for the occasion was not announced.
        task.ops.iter().find(|own| std::ptr::eq(*own, op))?;
        let place = std::ptr::from_ref(op).addr();
        let mut announced = self.announced.borrow_mut();
        let announced = announced.get_mut(&place).filter(|one| !one.begun)?;
        announced.begun = true;
        Some(announced.seq)
    }

    /// Records of what was announced and never begun that nothing came of it, and hands over what
    /// waits: the run has sent all that it will send, and its journal stays.
    ///
    /// # Errors
    /// A place that cannot be written.
    pub async fn conclude(&self) -> Result<(), StoreError> {
        let announced = std::mem::take(&mut *self.announced.borrow_mut());
        for one in announced.into_values().filter(|one| !one.begun) {
            self.settle(one.seq, false, Settled::Failed, None);
        }
        // Nobody has waited for outcomes, and the process may end now.
        self.journal.hand_over().await
    }

    /// Records that a write is about to go out, and returns its number.
    ///
    /// # Errors
    /// [`Silence`]: then it must not go out.
    pub async fn intend(
        &self,
        task: &Task,
        op: &Op,
        request: &Request,
        live: &Live,
    ) -> Result<u64, Silence> {
        if is_over(&self.until, self.clock) {
            return Err(Silence::Lost);
        }
        if let Some(seq) = self.announced(task, op) {
            return Ok(seq);
        }
        let sent = (request.method, request.path.clone());
        let intent = self.intent(task, op, sent, live);
        let seq = intent.seq;
        self.append(&Record::Intent(intent)).await?;
        // Writing it may have taken long.
        if is_over(&self.until, self.clock) {
            return Err(Silence::Lost);
        }
        Ok(seq)
    }

    fn intent(
        &self,
        task: &Task,
        op: &Op,
        (method, path): (Method, String),
        live: &Live,
    ) -> Intent {
        let seq = self.next.get();
        self.next.set(seq + 1);
        Intent {
            seq,
            address: task.address.clone(),
            verb: task.verb,
            request: Sent { method, path },
            key: public_key(task, op, live),
            create: op.creates(),
            effect: Some(op.effect()),
            temporary_member: op.temporary_member().map(str::to_owned),
            prevent_destroy: task.prevents_destroy,
            at: self.clock.now_ms(),
            before: before(task),
        }
    }

    /// Records what came of a write; `creates` where it makes an object. Nobody waits for it: where
    /// it is lost, the write stays in doubt, and the next run finds out. Where it cannot be recorded,
    /// nothing more goes out.
    pub fn settle(&self, seq: u64, creates: bool, result: Settled, id: Option<&str>) {
        // A creation that was answered without an id is as good as not answered.
        let result = match result {
            Settled::Applied if creates && id.is_none() => Settled::Unknown,
            result => result,
        };
        if result == Settled::Unknown {
            self.doubtful.set(true);
        }
        let outcome = Outcome {
            seq,
            result,
            id: id.map(str::to_owned),
            error: None,
            at: Some(self.clock.now_ms()),
        };
        if let Err(error) = self.journal.note(&Record::Outcome(outcome)) {
            self.broken.set(true);
            tracing::error!(%error, "an outcome could not be recorded");
        }
    }

    async fn append(&self, record: &Record) -> Result<(), StoreError> {
        let appended = self.journal.append(record).await;
        if appended.is_err() {
            self.broken.set(true);
        }
        appended
    }
}

/// The key under which what a write makes is found; an unknown one where it holds a secret.
fn public_key(task: &Task, op: &Op, live: &Live) -> Key<'static> {
    if let Some(part) = op.part() {
        return Key::of_name(part.to_owned());
    }
    let is_secret = crate::live::identity_fields(task.kind, live.dialect)
        .any(|field| task.body.get(field.name).is_some_and(Value::is_secret));
    if is_secret {
        return Key::default();
    }
    let id = |reference: &Reference| live.in_scope(reference);
    key(task.kind, live.dialect, &task.body, &id)
        .map(Key::into_owned)
        .unwrap_or_default()
}

/// The non-secret fields as they were before.
fn before(task: &Task) -> Json {
    let mut fields = Map::new();
    for change in task.changes.iter().filter(|change| !change.secret) {
        fields.insert(change.field.clone(), change.before.clone());
    }
    if matches!(task.verb, Verb::Delete | Verb::Disable) {
        fields.extend(public(task.kind, &task.body));
    }
    Json::Object(fields)
}

/// A live body without what may be secret: nobody knows whether a live value that may hold a key does.
fn public(kind: &Kind, body: &Body) -> BTreeMap<String, Json> {
    body.iter()
        .filter(|(name, value)| !kind.may_hold_key(name) && !value.is_secret())
        .map(|(name, value)| (name.to_owned(), shown_value(value)))
        .collect()
}
