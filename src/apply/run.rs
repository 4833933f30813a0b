//! The scheduler: ready tasks start in the plan's order, as many at once as are allowed.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Map, Value as Json};

use crate::api::{Answer, ApiError, ErrorKind, Removed, Request, Writer};
use crate::apply::check::did_not_take;
use crate::apply::event::{Event, Outcome, Tally};
use crate::apply::outcome::{
    AGAIN, begun_only, effect_help, held_elsewhere, never_seen, not_built, not_read_back, refused,
    several, text_of,
};
use crate::apply::queue::{Queue, Start};
use crate::apply::read_back::{self, Seen};
use crate::apply::recover::{
    Cause, Found, LOOK_AGAIN, MAX_CREATIONS, MAX_EXPLAINED, Recovery, look,
};
use crate::apply::steps::Open;
use crate::codec::{self, id_text};
use crate::ledger::Settled;
use crate::live::{Live, key};
use crate::plan::requests::{Act, Op};
use crate::plan::task::Task;
use crate::reading::{Single, plant_scopes, single};
use crate::run_record::JournalWriter;
use crate::state::{FieldPath, Reference};
use crate::verb::Verb;

/// What tasks are carried out with.
#[derive(Debug, Clone, Copy)]
pub struct ApplyContext<'a> {
    /// What was read of the organization.
    pub live: &'a Live,
    /// What sends.
    pub writer: &'a Writer,
    /// Steps under way at once.
    pub parallelism: usize,
    /// What is done about lost answers.
    pub recovery: Recovery,
    /// The journal, if one is kept: what it cannot record is not sent.
    pub journal_writer: Option<&'a JournalWriter>,
}

/// Carries out the tasks.
///
/// `emit` hears what happens, in order; `stopped` is asked before each start, so that a run can
/// be ended: what is under way is finished. A failed task leaves out its dependents. When the
/// day's calls or credits are used up, or the refresh token was refused, nothing more is started.
pub async fn run(
    tasks: &[Task],
    means: ApplyContext<'_>,
    stopped: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(Event),
) -> Tally {
    let stopped = || stopped() || means.journal_writer.is_some_and(JournalWriter::is_silent);
    let writer = means.writer;
    let mut tally = Tally {
        manual: tasks
            .iter()
            .filter(|task| task.verb == Verb::Manual)
            .count(),
        ..Tally::default()
    };
    let mut queue = Queue::new(tasks);
    let mut open = Open::of(tasks);
    emit(Event::Started {
        steps: queue.len() - open.ends(),
    });
    let mut flying: FuturesUnordered<LocalBoxFuture<'_, (usize, Outcome)>> =
        FuturesUnordered::new();
    loop {
        // What lets time pass uses no slot, so another step may start in its place.
        let changed = writer.changed();
        let most = means.parallelism.max(1);
        // So does what is being recorded; the client lets no more calls out at once than are allowed.
        let recording = if means.journal_writer.is_some() {
            most
        } else {
            0
        };
        let most = most + writer.resting().min(most) + recording;
        while flying.len() < most {
            let Some((index, start)) = queue.pop() else {
                break;
            };
            let Some(task) = tasks.get(index) else {
                continue;
            };
            let outcome = match start {
                Start::Skip(because) => Some(Outcome::Skipped { because }),
                Start::Go if stopped() || writer.is_over() => Some(Outcome::Stopped),
                Start::Go => None,
            };
            if let Some(outcome) = outcome {
                queue.end(index, open.finish(index, task, outcome, &mut tally, emit));
                continue;
            }
            if !open.is_end(index) {
                emit(Event::StepStarted {
                    address: task.address.clone(),
                    verb: task.verb,
                });
            }
            flying.push(Box::pin(
                async move { (index, carry_out(task, means).await) },
            ));
        }
        let ended = tokio::select! {
            biased;
            ended = flying.next() => ended,
            () = changed => continue,
        };
        let Some((index, outcome)) = ended else {
            break;
        };
        if let Some(task) = tasks.get(index) {
            queue.end(index, open.finish(index, task, outcome, &mut tally, emit));
        }
    }
    tally.calls = means.writer.reader().observed().calls;
    emit(Event::Finished { report: tally });
    tally
}

/// What a write came to.
enum Written {
    /// It was answered; nothing where the answer had no object.
    Answer(Option<Map<String, Json>>, Option<String>),
    /// The object was there already, or had been made by a call whose answer was lost.
    Adopted(String, Map<String, Json>),
}

/// Carries out a task's writes; of one that failed after others were done, it is said.
async fn carry_out(task: &Task, means: ApplyContext<'_>) -> Outcome {
    let mut writes = 0;
    let mut outcome = carry_out_writes(task, means, &mut writes).await;
    match &mut outcome {
        Outcome::Failed { partly, .. } => *partly = writes > 0,
        // What was begun was tried, although the run was stopped before the rest of it.
        Outcome::Stopped if writes > 0 => outcome = begun_only(),
        _ => {}
    }
    if !matches!(outcome, Outcome::Applied { .. }) {
        // What comes after it shows people the name that is there.
        means.live.keeps_its_name(&task.address);
    }
    outcome
}

async fn carry_out_writes(task: &Task, means: ApplyContext<'_>, writes: &mut usize) -> Outcome {
    let live = means.live;
    let mut id = None;
    for op in &task.ops {
        let written = write(task, op, means, *writes == 0).await;
        *writes += usize::from(written.is_ok());
        let (body, request_id, adopted) = match written {
            Err(outcome) => return *outcome,
            Ok(Written::Answer(None, _)) => continue,
            Ok(Written::Answer(Some(body), request_id)) => (body, request_id, false),
            Ok(Written::Adopted(found, body)) => {
                live.learn(&task.address, &found);
                learn_name(task, &body, live);
                id.get_or_insert(found);
                (body, None, true)
            }
        };
        if !adopted && op.creates() {
            let Some(new) = body.get(id_key(task, live)).and_then(id_text) else {
                return Outcome::Unknown {
                    error: "the server answered a creation without an id".to_owned(),
                    hint: None,
                };
            };
            learn_name(task, &body, live);
            live.learn(&task.address, &new);
            id.get_or_insert(new);
        }
        if matches!(op.act, Act::Create | Act::Update) {
            let mut shown = body.clone();
            // What others lie below is known by what was asked for, as everywhere.
            if let Some(api) = task.kind.api(live.dialect) {
                plant_scopes(task.kind, api, &task.body, live, &mut shown);
            }
            live.store(&task.address, live.decode(task.kind, &shown));
        }
        let mut missing = did_not_take(task, op, &body, live);
        let mut request_id = request_id;
        if !missing.is_empty() {
            // What was there differs from what is wanted, or stays although it was left out: bring it in
            // line.
            let again = if adopted {
                updates_of(task, &missing, live)
            } else {
                op.otherwise().into_iter().collect()
            };
            if !again.is_empty() {
                missing.clear();
            }
            for update in again {
                match write(task, &update, means, false).await {
                    Err(outcome) => return *outcome,
                    Ok(Written::Answer(Some(body), id)) => {
                        missing.append(&mut did_not_take(task, &update, &body, live));
                        request_id = id;
                    }
                    Ok(_) => {}
                }
            }
        }
        if !missing.is_empty() {
            let fields: Vec<String> = missing
                .iter()
                .map(|path| format!("`{}`", codec::written(task.kind, path)))
                .collect();
            return Outcome::Failed {
                error: format!(
                    "the server accepted the write but did not store {}",
                    fields.join(", ")
                ),
                hint: Some(hint_of_missing(op).to_owned()),
                request_id,
                partly: true,
            };
        }
    }
    Outcome::Applied { id }
}

/// What to do where the server has taken a write and not stored all of it.
fn hint_of_missing(op: &Op) -> &'static str {
    if op.otherwise().is_some() {
        "no request took out of the list what the manifests leave out: take it out in Zoho Desk"
    } else {
        "check that the values exist as choices in Zoho Desk and that the token's user may write the fields"
    }
}

/// The updates of what stands at the given paths; none where the table has no update.
fn updates_of(task: &Task, paths: &[FieldPath], live: &Live) -> Vec<Op> {
    let Some(api) = task.kind.api(live.dialect) else {
        return Vec::new();
    };
    let ops = Op::updates(api, paths, &task.body)
        .unwrap_or_default()
        .into_iter();
    ops.map(|op| op.as_shown_by(api)).collect()
}

fn learn_name(task: &Task, body: &Map<String, Json>, live: &Live) {
    let name = task.kind.wire_name.and_then(|key| body.get(key)?.as_str());
    let id = |reference: &Reference| live.in_scope(reference);
    let key = key(task.kind, live.dialect, &task.body, &id);
    if let (Some(name), Some(key)) = (name, key) {
        live.learn_name(&task.address, &key.scope, name);
    }
}

/// Sends one write, recorded before and after. The first one of a task is given up where the run is
/// stopped before it goes out; the others finish what was begun, unless a limit holds them back.
async fn write(
    task: &Task,
    op: &Op,
    means: ApplyContext<'_>,
    first: bool,
) -> Result<Written, Box<Outcome>> {
    let live = means.live;
    let context = task.context(live.dialect);
    let request = op
        .request(&context, live)
        .map_err(|error| Box::new(not_built(&error)))?;
    let request = if first {
        request.abandonable()
    } else {
        request
    };
    let Some(journal_writer) = means.journal_writer else {
        return send(task, op, &request, means).await;
    };
    let seq = journal_writer
        .intend(task, op, &request, live)
        .await
        .map_err(|silence| {
            Box::new(Outcome::Failed {
                error: silence.to_string(),
                hint: Some(AGAIN.to_owned()),
                request_id: None,
                partly: false,
            })
        })?;
    let written = send(task, op, &request, means).await;
    let (settled, id) = match &written {
        Ok(Written::Answer(body, _)) => {
            let id = body.as_ref().and_then(|body| body.get(id_key(task, live)));
            (Settled::Applied, id.and_then(id_text))
        }
        Ok(Written::Adopted(id, _)) => (Settled::Applied, Some(id.clone())),
        Err(outcome) if matches!(**outcome, Outcome::Unknown { .. }) => (Settled::Unknown, None),
        Err(_) => (Settled::Failed, None),
    };
    journal_writer.settle(seq, op.creates(), settled, id.as_deref());
    written
}

/// Sends one write; a creation whose answer is lost, or that is refused as a duplicate, is looked up.
async fn send(
    task: &Task,
    op: &Op,
    request: &Request,
    means: ApplyContext<'_>,
) -> Result<Written, Box<Outcome>> {
    let ApplyContext {
        live,
        writer,
        recovery,
        ..
    } = means;
    if matches!(op.act, Act::Delete | Act::RemovePart) {
        return match writer.remove(request).await {
            Ok(Removed::Done(answer)) if !read_back::confirms(&answer) => {
                settled(read_back::removed(task, op, means).await, answer.request_id)
            }
            Ok(_) => Ok(Written::Answer(None, None)),
            Err(error) if error.kind() == ErrorKind::Abandoned => {
                Err(Box::new(refused(error, task, op, live.dialect)))
            }
            Err(_) if read_back::is_gone(task, op, means).await => Ok(Written::Answer(None, None)),
            Err(error) => Err(Box::new(refused(error, task, op, live.dialect))),
        };
    }
    let creates = op.creates();
    let mut sent = 0;
    loop {
        let answer = writer.send(request).await;
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Abandoned
        {
            return Err(Box::new(match sent {
                0 => Outcome::Stopped,
                _ => never_seen(sent, error.cause(), None),
            }));
        }
        sent += 1;
        let error = match answer {
            Ok(answer) if creates => match read_back::made(task, op, answer.body, means).await {
                Some(body) => return Ok(Written::Answer(Some(body), answer.request_id)),
                // The object was made, or was not: the listing tells.
                None => None,
            },
            Ok(answer) => return understood(task, op, answer, means).await,
            Err(error) if creates && error.is_outcome_unknown() => Some(error),
            Err(error) if creates && error.kind() == ErrorKind::Duplicate => {
                let adopted = adopt_duplicate(task, op, live, writer, recovery, &error);
                // What was refused has written nothing, so that no time is spent on it after a stop.
                let adopted = tokio::select! {
                    biased;
                    () = writer.stopped(), if sent == 1 => None,
                    adopted = adopted => Some(adopted),
                };
                return adopted
                    .unwrap_or_else(|| Err(Box::new(refused(error, task, op, live.dialect))));
            }
            // It may have made what it makes inside of the object: the object tells.
            Err(error)
                if op.act == Act::Update && !request.idempotent && error.is_outcome_unknown() =>
            {
                let may_repeat = sent < MAX_CREATIONS && !writer.is_stopped();
                match Box::pin(made_inside(task, op, means, may_repeat, error)).await {
                    Some(written) => return written,
                    None => continue,
                }
            }
            Err(error) => {
                return if is_switched_already(op, task, means).await {
                    Ok(Written::Answer(None, None))
                } else {
                    Err(Box::new(refused(error, task, op, live.dialect)))
                };
            }
        };
        tracing::info!(address = %task.address, "the answer to a creation was lost; looking for the object");
        let help = error
            .as_ref()
            .and_then(|error| effect_help(error, task, op, live.dialect));
        let most = help.map_or(MAX_CREATIONS, |_| MAX_EXPLAINED);
        match look(task, op, live, &writer.reader(), recovery, Cause::Lost).await {
            Ok(Found::One { id, raw }) => {
                let raw = whole(task, &id, raw, live, writer).await;
                return Ok(Written::Adopted(id, raw));
            }
            Ok(Found::Nothing | Found::OfAnother) if sent < most && !writer.is_stopped() => {}
            Ok(Found::Nothing | Found::OfAnother) => {
                let cause = error.map_or_else(
                    || "it was answered without the new object".to_owned(),
                    |error| text_of(error, task).0,
                );
                return Err(Box::new(never_seen(sent, &cause, help.map(str::to_owned))));
            }
            Ok(Found::Several(ids)) => return Err(Box::new(several(&ids))),
            Err(error) => {
                return Err(Box::new(Outcome::Unknown {
                    error: format!(
                        "the answer was lost and the object cannot be looked for: {error}"
                    ),
                    hint: None,
                }));
            }
        }
    }
}

/// What a write that makes items inside of an object came to whose answer was lost: the object tells. Nothing
/// where it is as it was for the settle time, so that the write may be sent again.
async fn made_inside(
    task: &Task,
    op: &Op,
    means: ApplyContext<'_>,
    may_repeat: bool,
    error: ApiError,
) -> Option<Result<Written, Box<Outcome>>> {
    let ApplyContext { live, recovery, .. } = means;
    let unknown = |error| Some(Err(Box::new(refused(error, task, op, live.dialect))));
    let sent: Vec<&str> = (task.kind.fields.iter())
        .filter(|field| op.sends(field, live.dialect))
        .map(|field| field.name)
        .collect();
    let before = live.object_at(&task.address);
    let before = before.map(|object| live.decode(task.kind, &object.raw));
    let begun_ms = recovery.clock.now_ms();
    let settle_ms = i64::try_from(recovery.settle.as_millis()).unwrap_or(i64::MAX);
    loop {
        let Ok(body) = read_back::updated(task, op, means).await else {
            return unknown(error);
        };
        let now = live.decode(task.kind, &body);
        // What the object does not show proves nothing.
        let shows_all = sent.iter().all(|name| now.get(name).is_some());
        if shows_all && did_not_take(task, op, &body, live).is_empty() {
            return Some(Ok(Written::Answer(Some(body), None)));
        }
        let is_as_before = |name: &&str| {
            before
                .as_ref()
                .is_some_and(|old| old.get(name) == now.get(name))
        };
        // Of one item it is clear whether it is there, whatever writes before it have added.
        let is_undone = op.adds_an_item() || sent.iter().all(is_as_before);
        if !shows_all || !is_undone {
            return unknown(error);
        }
        let left_ms = settle_ms.saturating_sub(recovery.clock.now_ms().saturating_sub(begun_ms));
        if left_ms <= 0 || means.writer.is_stopped() {
            break;
        }
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        means.writer.reader().rest(left.min(LOOK_AGAIN)).await;
    }
    if may_repeat { None } else { unknown(error) }
}

/// What an answer says of a write to an object that is there; read back where it does not show it.
async fn understood(
    task: &Task,
    op: &Op,
    answer: Answer,
    means: ApplyContext<'_>,
) -> Result<Written, Box<Outcome>> {
    let live = means.live;
    if op.act == Act::Update {
        let shown = read_back::own(task, op, answer.body, live).filter(|_| !op.silent);
        let body = match shown {
            Some(body) => Ok(body),
            None => read_back::updated(task, op, means).await,
        };
        return body
            .map(|body| Written::Answer(Some(body), answer.request_id))
            .map_err(|why| Box::new(not_read_back(&why)));
    }
    if read_back::confirms(&answer) {
        return Ok(Written::Answer(None, answer.request_id));
    }
    let request_id = answer.request_id;
    let seen = match read_back::own(task, op, answer.body, live) {
        Some(body) if read_back::is_switched(task, op, &body, live) => Seen::Done,
        _ if op.act == Act::Leave => read_back::left(task, op, means).await,
        _ => read_back::switched(task, op, means).await,
    };
    settled(seen, request_id)
}

/// What a look came to whose write was not confirmed.
fn settled(seen: Seen, request_id: Option<String>) -> Result<Written, Box<Outcome>> {
    match seen {
        Seen::Done => Ok(Written::Answer(None, request_id)),
        Seen::NotDone => Err(Box::new(Outcome::Failed {
            error: "the server accepted the write but did not carry it out".to_owned(),
            hint: Some("check in Zoho Desk what stands in its way, and apply again".to_owned()),
            request_id,
            partly: false,
        })),
        Seen::Unknown(why) => Err(Box::new(not_read_back(&why))),
    }
}

/// The key under which an answer carries the id of what a task makes.
fn id_key(task: &Task, live: &Live) -> &'static str {
    task.kind.api(live.dialect).map_or("id", |api| api.id)
}

/// Whether an object that was to be switched, or taken out of use, is so already: an earlier attempt
/// whose answer was lost may have done it.
async fn is_switched_already(op: &Op, task: &Task, means: ApplyContext<'_>) -> bool {
    let shows = task
        .kind
        .api(means.live.dialect)
        .is_some_and(|api| api.item.is_some());
    matches!(op.act, Act::Switch(_) | Act::Disable)
        && shows
        && read_back::switched(task, op, means).await == Seen::Done
}

async fn adopt_duplicate(
    task: &Task,
    op: &Op,
    live: &Live,
    writer: &Writer,
    recovery: Recovery,
    error: &ApiError,
) -> Result<Written, Box<Outcome>> {
    let found = look(task, op, live, &writer.reader(), recovery, Cause::Duplicate).await;
    match found {
        Ok(Found::One { id, raw }) => {
            let raw = whole(task, &id, raw, live, writer).await;
            Ok(Written::Adopted(id, raw))
        }
        Ok(Found::Several(ids)) => Err(Box::new(several(&ids))),
        Ok(Found::Nothing) => Err(Box::new(held_elsewhere(error.clone(), task))),
        Ok(Found::OfAnother) | Err(_) => {
            Err(Box::new(refused(error.clone(), task, op, live.dialect)))
        }
    }
}

/// The whole object, since a listing may show a part only; what cannot be read is passed over.
async fn whole(
    task: &Task,
    id: &str,
    mut raw: Map<String, Json>,
    live: &Live,
    writer: &Writer,
) -> Map<String, Json> {
    let is_scoped = task
        .kind
        .api(live.dialect)
        .is_none_or(|api| api.listing.is_scoped());
    if !is_scoped
        && let Ok(Some(Single::There(body))) =
            single(&writer.reader(), task.kind, live.dialect, id).await
    {
        raw.extend(body);
    }
    raw
}
