//! Writes whose answer is not the object: what came of them is read back.
//!
//! A server that answers a refused write with 200 and an empty list has confirmed nothing. Such an
//! answer, whatever its shape is, is neither a success nor a failure: one look at the object tells.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::api::Answer;
use crate::apply::check::did_not_take;
use crate::apply::recover::LOOK_AGAIN;
use crate::apply::run::ApplyContext;
use crate::codec::{Ids, id_text, switch_value};
use crate::kind::{self, Api};
use crate::live::{Live, LiveObject, grouped, is_gone as is_trashed, key};
use crate::plan::requests::{Act, Op};
use crate::plan::task::Task;
use crate::reading::{Single, list_beside, listed_apart, plant_scopes, single};
use crate::state::{Reference, Value};

/// What a look told of a write.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    /// It was carried out.
    Done,
    /// It was not.
    NotDone,
    /// Nobody can say, for this reason.
    Unknown(String),
}

/// Whether an answer confirms a write that shows nothing: it has no content.
///
/// Source: Agent, Department, Account and others, 204; Organization fields and Webhook, 200 without a
/// body.
pub(super) const fn confirms(answer: &Answer) -> bool {
    answer.body.is_none()
}

/// Takes the object that a creation has made out of its answer; none where the answer is something
/// else, or an object that was there before.
///
/// An answer that does not show the key of the object is believed once the object is there by its id.
pub(super) async fn made(
    task: &Task,
    op: &Op,
    body: Option<Json>,
    means: ApplyContext<'_>,
) -> Option<Map<String, Json>> {
    let live = means.live;
    let (Some(Json::Object(body)), Some(api)) = (body, task.kind.api(live.dialect)) else {
        return None;
    };
    let id = body.get(api.id).and_then(id_text)?;
    if live.find_id(task.kind.collection, &id).is_some() {
        return None;
    }
    let shows = shows_key(task, op, &body, live);
    if shows && !op.silent {
        return Some(body);
    }
    match object(task, api, &id, means).await {
        Ok(Some(raw)) => Some(raw),
        Ok(None) | Err(_) => shows.then_some(body),
    }
}

/// Whether an answer shows the key of what a creation was to make.
fn shows_key(task: &Task, op: &Op, body: &Map<String, Json>, live: &Live) -> bool {
    let Some(api) = task.kind.api(live.dialect) else {
        return false;
    };
    if let (Some(grouping), Act::AddPart) = (api.grouping(), op.act) {
        return grouped::is_part(task.kind, grouping, body, op.values());
    }
    let id = |reference: &Reference| live.in_scope(reference);
    let Some(wanted) = key(task.kind, live.dialect, &task.body, &id) else {
        return true;
    };
    let mut raw = body.clone();
    plant_scopes(task.kind, api, &task.body, live, &mut raw);
    let mut seen = Live::new(live.dialect);
    seen.add(LiveObject {
        kind: task.kind,
        id: String::new(),
        raw,
        parts: Vec::new(),
    });
    !seen.find(task.kind.collection, &wanted).is_empty()
}

/// Takes the object that a write is about out of its answer; none where the answer is something else.
pub(super) fn own(
    task: &Task,
    op: &Op,
    body: Option<Json>,
    live: &Live,
) -> Option<Map<String, Json>> {
    let (Some(Json::Object(body)), Some(api)) = (body, task.kind.api(live.dialect)) else {
        return None;
    };
    let id = body.get(api.id).and_then(id_text)?;
    (Some(id) == own_id(task, op, live)).then_some(body)
}

/// The id of the object that a write is about.
fn own_id(task: &Task, op: &Op, live: &Live) -> Option<String> {
    let given = op.id.as_deref().map(str::to_owned);
    given.or_else(|| live.id(&task.address))
}

/// Reads an object: by its id, or in its listing where there is no such GET.
///
/// # Errors
/// Why nothing can be said.
async fn object(
    task: &Task,
    api: &Api,
    id: &str,
    means: ApplyContext<'_>,
) -> Result<Option<Map<String, Json>>, String> {
    let live = means.live;
    let reader = means.writer.reader();
    let told = single(&reader, task.kind, live.dialect, id).await;
    let told = told.map_err(|error| error.to_string())?;
    let found = if let Some(told) = told {
        match told {
            Single::There(mut raw) => {
                plant_scopes(task.kind, api, &task.body, live, &mut raw);
                Some(raw)
            }
            Single::Gone(_) | Single::Absent => None,
        }
    } else {
        let listed = list_beside(&reader, task.kind, api, &task.body, live).await;
        let listed = listed.map_err(|error| error.to_string())?;
        let Some(listed) = listed else {
            return Err("nothing shows it".to_owned());
        };
        let mut own = listed.into_iter().filter(|(shown, _)| *shown == *id);
        own.next().map(|(_, raw)| raw)
    };
    Ok(found.filter(|raw| !is_trashed(raw)))
}

/// Looks again until something is told, or as long as a listing may lag; what is shown by its id
/// is told by one look.
struct Patience<'a> {
    means: ApplyContext<'a>,
    lags: bool,
    begun_ms: i64,
}

impl<'a> Patience<'a> {
    fn new(api: &Api, means: ApplyContext<'a>) -> Self {
        Self {
            means,
            lags: api.item.is_none(),
            begun_ms: means.recovery.clock.now_ms(),
        }
    }

    /// Waits before another look; tells whether there is one.
    async fn look_again(&self) -> bool {
        let recovery = self.means.recovery;
        let settle_ms = i64::try_from(recovery.settle.as_millis()).unwrap_or(i64::MAX);
        let gone_ms = recovery.clock.now_ms().saturating_sub(self.begun_ms);
        let left_ms = settle_ms.saturating_sub(gone_ms);
        if !self.lags || left_ms <= 0 {
            return false;
        }
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        self.means.writer.reader().rest(left.min(LOOK_AGAIN)).await;
        true
    }
}

/// Reads what an update came to.
///
/// # Errors
/// Why nothing can be said.
pub(super) async fn updated(
    task: &Task,
    op: &Op,
    means: ApplyContext<'_>,
) -> Result<Map<String, Json>, String> {
    let live = means.live;
    let (Some(api), Some(id)) = (task.kind.api(live.dialect), own_id(task, op, live)) else {
        return Err("its id is not known".to_owned());
    };
    let patience = Patience::new(api, means);
    let mut apart = api.apart.iter();
    let apart = apart.find(|apart| apart.path == op.path && !apart.each);
    loop {
        let seen = match apart {
            Some(apart) => {
                let shown = listed_apart(&means.writer.reader(), apart, api.items, &id).await;
                Some(shown.map_err(|error| error.to_string())?)
            }
            None => object(task, api, &id, means).await?,
        };
        let is_taken = seen
            .as_ref()
            .is_some_and(|raw| did_not_take(task, op, raw, live).is_empty());
        if is_taken || !patience.look_again().await {
            return seen.ok_or_else(|| "it is not there".to_owned());
        }
    }
}

/// Whether an object that was to be switched, or taken out of use, is so.
pub(super) async fn switched(task: &Task, op: &Op, means: ApplyContext<'_>) -> Seen {
    let live = means.live;
    let (Some(api), Some(id), Some(on)) = (
        task.kind.api(live.dialect),
        own_id(task, op, live),
        wanted_state(op),
    ) else {
        return Seen::Unknown("its id is not known".to_owned());
    };
    let patience = Patience::new(api, means);
    loop {
        let state = match object(task, api, &id, means).await {
            Ok(Some(raw)) => state(task, &raw, live),
            Ok(None) => return Seen::Unknown("it is not there".to_owned()),
            Err(why) => return Seen::Unknown(why),
        };
        match state {
            None => return Seen::Unknown("nothing shows whether it is in use".to_owned()),
            Some(is_on) if is_on == on => return Seen::Done,
            Some(_) if patience.look_again().await => {}
            Some(_) => return Seen::NotDone,
        }
    }
}

/// Whether an object that an answer shows is switched as it was to be; none where it does not show it.
pub(super) fn is_switched(task: &Task, op: &Op, raw: &Map<String, Json>, live: &Live) -> bool {
    state(task, raw, live).is_some_and(|is_on| Some(is_on) == wanted_state(op))
}

const fn wanted_state(op: &Op) -> Option<bool> {
    match op.act {
        Act::Switch(on) => Some(on),
        Act::Disable => Some(false),
        _ => None,
    }
}

fn state(task: &Task, raw: &Map<String, Json>, live: &Live) -> Option<bool> {
    let enabled = task.kind.enabled?;
    let body = live.decode(task.kind, raw);
    let value = body.get(enabled.field).filter(|value| !value.is_null())?;
    Some(*value == switch_value(enabled.on))
}

/// Whether the object of a refused removal is gone: an earlier attempt whose answer was lost, or
/// somebody else, may have removed it, and some removals then refuse the id instead of saying that it
/// is not there.
pub(super) async fn is_gone(task: &Task, op: &Op, means: ApplyContext<'_>) -> bool {
    let (Some(api), Some(id)) = (task.kind.api(means.live.dialect), op.id.as_deref()) else {
        return false;
    };
    matches!(object(task, api, id, means).await, Ok(None))
}

/// Whether what was to be removed is gone.
pub(super) async fn removed(task: &Task, op: &Op, means: ApplyContext<'_>) -> Seen {
    let (Some(api), Some(id)) = (task.kind.api(means.live.dialect), op.id.as_deref()) else {
        return Seen::Unknown("its id is not known".to_owned());
    };
    let patience = Patience::new(api, means);
    loop {
        match object(task, api, id, means).await {
            Ok(None) => return Seen::Done,
            Ok(Some(_)) if patience.look_again().await => {}
            Ok(Some(_)) => return Seen::NotDone,
            Err(why) => return Seen::Unknown(why),
        }
    }
}

/// Whether a temporary member does not belong to an object any more.
pub(super) async fn left(task: &Task, op: &Op, means: ApplyContext<'_>) -> Seen {
    let live = means.live;
    let unknown = || Seen::Unknown("nothing shows who belongs to it".to_owned());
    let founders = task.kind.api(live.dialect).and_then(|api| api.founders);
    let member = op.values().first().and_then(|(_, value)| match value {
        Value::List(ids) => ids.first()?.as_text(),
        _ => None,
    });
    let of = founders.and_then(|founders| kind::find(founders.of));
    let (Some(founders), Some(member), Some(of)) = (founders, member, of) else {
        return unknown();
    };
    let reader = means.writer.reader();
    let raw = match single(&reader, of, live.dialect, member).await {
        Ok(Some(Single::There(raw) | Single::Gone(raw))) => raw,
        Ok(Some(Single::Absent) | None) => return unknown(),
        Err(error) => return Seen::Unknown(error.to_string()),
    };
    let to = Value::Reference(Reference::To(task.address.clone()));
    match live.decode(of, &raw).get(founders.field) {
        Some(Value::List(list)) if list.contains(&to) => Seen::NotDone,
        Some(_) => Seen::Done,
        None => unknown(),
    }
}
