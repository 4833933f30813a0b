//! The scheduler: ready tasks start in the plan's order, as many at once as are allowed.

use std::collections::BTreeSet;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value as Json;

use crate::api::{ApiError, ErrorKind, Writer};
use crate::apply::check::did_not_take;
use crate::apply::event::{Event, Outcome, Tally};
use crate::live::Live;
use crate::live::convert::{EncodeError, id_text};
use crate::plan::Verb;
use crate::plan::requests::{Context, Op};
use crate::plan::tasks::Task;
use crate::state::{Address, Value};

/// Carries out the tasks.
///
/// `emit` hears what happens, in order; `stopped` is asked before each start, so that a run can
/// be ended: what is under way is finished. A failed task leaves out its dependents.
pub async fn run(
    tasks: &[Task],
    live: &Live,
    writer: &Writer,
    parallelism: usize,
    stopped: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(Event),
) -> Tally {
    let mut tally = Tally::default();
    let mut ended: Vec<Option<End>> = vec![None; tasks.len()];
    let mut waiting: BTreeSet<usize> = BTreeSet::new();
    for (index, task) in tasks.iter().enumerate() {
        if task.step.verb == Verb::Manual {
            tally.manual += 1;
        } else {
            waiting.insert(index);
        }
    }
    emit(Event::Started {
        steps: waiting.len(),
    });
    let mut flying: FuturesUnordered<LocalBoxFuture<'_, (usize, Outcome)>> =
        FuturesUnordered::new();
    loop {
        while flying.len() < parallelism.max(1) {
            let Some((index, start)) = next(tasks, &waiting, &ended) else {
                break;
            };
            waiting.remove(&index);
            let Some(task) = tasks.get(index) else {
                continue;
            };
            let outcome = match start {
                Start::Skip(because) => Some(Outcome::Skipped { because }),
                Start::Go if stopped() => Some(Outcome::Stopped),
                Start::Go => None,
            };
            if let Some(outcome) = outcome {
                finish(task, index, outcome, &mut ended, &mut tally, emit);
                continue;
            }
            emit(Event::StepStarted {
                address: task.step.address.clone(),
                verb: task.step.verb,
            });
            flying.push(Box::pin(async move {
                (index, carry_out(task, live, writer).await)
            }));
        }
        let Some((index, outcome)) = flying.next().await else {
            break;
        };
        if let Some(task) = tasks.get(index) {
            finish(task, index, outcome, &mut ended, &mut tally, emit);
        }
    }
    tally.calls = writer.reader().observed().calls;
    emit(Event::Finished { report: tally });
    tally
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Good,
    Bad,
}

enum Start {
    Go,
    Skip(Address),
}

/// The first task in the plan's order whose prerequisites have all ended.
fn next(
    tasks: &[Task],
    waiting: &BTreeSet<usize>,
    ended: &[Option<End>],
) -> Option<(usize, Start)> {
    waiting.iter().find_map(|index| {
        let task = tasks.get(*index)?;
        let mut ready = true;
        for needed in &task.prerequisites {
            match ended.get(*needed).copied().flatten() {
                Some(End::Good) => {}
                Some(End::Bad) => {
                    let because = tasks.get(*needed)?.step.address.clone();
                    return Some((*index, Start::Skip(because)));
                }
                None => ready = false,
            }
        }
        ready.then_some((*index, Start::Go))
    })
}

fn finish(
    task: &Task,
    index: usize,
    outcome: Outcome,
    ended: &mut [Option<End>],
    tally: &mut Tally,
    emit: &mut dyn FnMut(Event),
) {
    let end = match &outcome {
        Outcome::Applied { .. } => {
            tally.applied += 1;
            End::Good
        }
        Outcome::Failed { .. } => {
            tally.failed += 1;
            End::Bad
        }
        Outcome::Skipped { .. } => {
            tally.skipped += 1;
            End::Bad
        }
        Outcome::Unknown { .. } => {
            tally.unknown += 1;
            End::Bad
        }
        Outcome::Stopped => {
            tally.stopped += 1;
            End::Bad
        }
    };
    if let Some(slot) = ended.get_mut(index) {
        *slot = Some(end);
    }
    emit(Event::StepFinished {
        address: task.step.address.clone(),
        verb: task.step.verb,
        outcome,
    });
}

async fn carry_out(task: &Task, live: &Live, writer: &Writer) -> Outcome {
    let address = &task.step.address;
    let context = Context {
        kind: task.kind,
        dialect: live.dialect,
        address,
        body: &task.body,
        named: &task.named,
    };
    let mut id = None;
    for op in &task.ops {
        let request = match op.request(&context, live) {
            Ok(request) => request,
            Err(error) => return not_built(&error),
        };
        let removal = matches!(op, Op::Delete { .. } | Op::RemoveEvent { .. });
        let answer = if removal {
            match writer.remove(&request).await {
                Ok(_) => continue,
                Err(error) => return refused(error, task),
            }
        } else {
            match writer.send(&request).await {
                Ok(answer) => answer,
                Err(error) => return refused(error, task),
            }
        };
        let Some(Json::Object(body)) = answer.body else {
            if matches!(op, Op::Create { .. }) {
                return Outcome::Unknown {
                    error: format!("`{}` answered without the new object", request.path),
                };
            }
            continue;
        };
        if matches!(op, Op::Create { .. } | Op::AddEvent { .. }) {
            let Some(new) = body.get("id").and_then(id_text) else {
                return Outcome::Unknown {
                    error: format!("`{}` answered without an id", request.path),
                };
            };
            if let (Some(api_name), Some(module)) = (
                body.get("apiName").and_then(Json::as_str),
                task.body.get("module").and_then(Value::as_text),
            ) {
                live.learn_field(address, module, api_name);
            }
            live.learn(address, &new);
            id.get_or_insert(new);
        }
        let missing = did_not_take(task, op, &body, live);
        if !missing.is_empty() {
            let fields: Vec<String> = missing.iter().map(|field| format!("`{field}`")).collect();
            return Outcome::Failed {
                error: format!(
                    "the server accepted the write but did not store {}",
                    fields.join(", ")
                ),
                hint: Some(
                    "check that the values exist as choices in Zoho Desk and that the token's user may write the fields"
                        .to_owned(),
                ),
                request_id: answer.request_id,
            };
        }
    }
    Outcome::Applied { id }
}

fn not_built(error: &EncodeError) -> Outcome {
    let (error, hint) = match error {
        EncodeError::UnknownId(address) => (
            format!("the id of `{address}` is not known"),
            "run apply again; if it stays so, report it",
        ),
        EncodeError::NoSecret => (
            "a secret it needs is not set".to_owned(),
            "set the environment variable that the manifest names",
        ),
    };
    Outcome::Failed {
        error,
        hint: Some(hint.to_owned()),
        request_id: None,
    }
}

fn refused(mut error: ApiError, task: &Task) -> Outcome {
    // A server may repeat what it was sent.
    let mut secrets = Vec::new();
    for (_, value) in task.body.iter() {
        value.walk(&mut |value| {
            if let Value::Secret(secret) = value {
                secrets.extend(secret.expose());
                secrets.extend(secret.parts());
            }
        });
    }
    error.redact(secrets);
    let mut text = error.to_string();
    if error.kind() == ErrorKind::Lost {
        return Outcome::Unknown { error: text };
    }
    if let Some(id) = error.request_id()
        && let Some(rest) = text.strip_suffix(&format!("; request id `{id}`"))
    {
        text.truncate(rest.len());
    }
    Outcome::Failed {
        error: text,
        hint: Some(error.hint().to_owned()),
        request_id: error.request_id().map(str::to_owned),
    }
}
