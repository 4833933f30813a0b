//! Recovery of lost answers: a creation is never sent again blindly.
//!
//! Zoho Desk has no idempotency keys. When the answer to a creation is lost, its identity is looked
//! up; what is found is adopted. Only when its absence has held for the settle time is the creation
//! sent again.
//!
//! It is looked up as planning does it: in the listing, or by a search where that costs less. A search
//! may lag, and what is looked for is new: what it misses is proved by the listing.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::api::{ApiError, Reader};
use crate::clock::Clock;
use crate::kind::Api;
use crate::live::marks::belongs_to_others;
use crate::live::{Live, LiveObject, grouped, is_gone, key};
use crate::plan::requests::{Act, Op};
use crate::plan::task::Task;
use crate::reading::{Single, is_sought, list_beside, plant_scopes, search, single};
use crate::state::Reference;

/// How long an object may take to appear in its listing.
pub const SETTLE: Duration = Duration::from_secs(60);

/// How often a creation is sent in all.
pub const MAX_CREATIONS: usize = 3;

/// How often a creation is sent at most where the table knows a side effect (`effect_help`) at which
/// the server may have failed: trying again seldom helps.
pub const MAX_EXPLAINED: usize = 2;

/// The pause between two looks.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// What recovery needs.
#[derive(Debug, Clone, Copy)]
pub struct Recovery {
    /// The clock that is asked and waited with.
    pub clock: Clock,
    /// How long an object may take to appear in its listing.
    pub settle: Duration,
}

/// What a look found.
#[derive(Debug)]
pub enum Found {
    /// One object of that identity: it is adopted.
    One {
        /// Its id.
        id: String,
        /// What the API shows of it.
        raw: Map<String, Json>,
    },
    /// No object of that identity, for the settle time.
    Nothing,
    /// More than one: nobody can tell which is ours.
    Several(Vec<String>),
    /// What the creation was refused for is the object of another resource.
    OfAnother,
}

/// Why an object is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Nobody knows whether the creation made it.
    Lost,
    /// The creation was refused, since something has its identity.
    Duplicate,
}

/// Looks for what a creation may have made; until something is found or the settle time is over.
///
/// Absence has to hold for the settle time: a listing may lag behind an answer that was lost, and
/// behind whoever made what a creation is refused for as a duplicate. The object of another resource is
/// not what was made: beside it the look goes on as if it were not there.
///
/// # Errors
/// The error of the listing or the search: then nothing is known.
pub async fn look(
    task: &Task,
    op: &Op,
    live: &Live,
    reader: &Reader,
    recovery: Recovery,
    cause: Cause,
) -> Result<Found, ApiError> {
    let Some(api) = task.kind.api(live.dialect) else {
        return Ok(Found::Nothing);
    };
    let judged = |objects| {
        let objects = own(task, op, api, live, objects);
        let (others, ours): (Vec<Object>, Vec<Object>) =
            (objects.into_iter()).partition(|(id, _)| is_of_another(task, id, live));
        match told(ours) {
            Found::Nothing if cause == Cause::Duplicate && !others.is_empty() => Found::OfAnother,
            found => found,
        }
    };
    let begun_ms = recovery.clock.now_ms();
    let settle_ms = i64::try_from(recovery.settle.as_millis()).unwrap_or(i64::MAX);
    let id = |reference: &Reference| live.in_scope(reference);
    let name = key(task.kind, live.dialect, &task.body, &id).map(|key| key.name);
    loop {
        let sought = name
            .as_deref()
            .filter(|name| is_sought(reader, live, task.kind, name));
        let searched = match sought {
            Some(name) => by_name(task, name, live, reader).await?,
            None => None,
        };
        // Where nobody may search, the listing tells.
        let is_proved = searched.is_none();
        let found = match searched {
            Some(objects) => objects,
            None => listed(task, api, live, reader).await?,
        };
        let found = judged(found);
        if !matches!(found, Found::Nothing) {
            return Ok(found);
        }
        let left_ms = settle_ms.saturating_sub(recovery.clock.now_ms().saturating_sub(begun_ms));
        if left_ms <= 0 {
            if is_proved {
                return Ok(Found::Nothing);
            }
            let objects = listed(task, api, live, reader).await?;
            return Ok(judged(objects));
        }
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        reader.rest(left.min(LOOK_AGAIN)).await;
    }
}

/// What objects of the task's identity tell.
fn told(mut found: Vec<Object>) -> Found {
    match (found.pop(), found.is_empty()) {
        (None, _) => Found::Nothing,
        (Some((id, raw)), true) => Found::One { id, raw },
        (Some((last, _)), false) => {
            let ids = found.into_iter().map(|(id, _)| id);
            Found::Several(ids.chain([last]).collect())
        }
    }
}

/// Whether an object is the one of another resource: then no creation of this one has made it.
fn is_of_another(task: &Task, id: &str, live: &Live) -> bool {
    live.find_id(task.kind.collection, id)
        .and_then(|index| live.bound(index))
        .is_some_and(|owner| *owner != task.address)
}

/// An object by its id.
type Object = (String, Map<String, Json>);

/// The objects that a search for a name shows, as they are by their ids; none where nobody may search.
async fn by_name(
    task: &Task,
    name: &str,
    live: &Live,
    reader: &Reader,
) -> Result<Option<Vec<Object>>, ApiError> {
    let Some(ids) = search(reader, live, task.kind, name).await? else {
        return Ok(None);
    };
    let mut objects = Vec::new();
    for id in ids {
        if let Some(Single::There(raw)) = single(reader, task.kind, live.dialect, &id).await? {
            objects.push((id, raw));
        }
    }
    Ok(Some(objects))
}

/// The objects of the listing that would show what the task makes.
async fn listed(
    task: &Task,
    api: &Api,
    live: &Live,
    reader: &Reader,
) -> Result<Vec<Object>, ApiError> {
    let listed = list_beside(reader, task.kind, api, &task.body, live).await?;
    Ok(listed.unwrap_or_default())
}

/// Those among objects that have the task's identity.
fn own(task: &Task, op: &Op, api: &Api, live: &Live, objects: Vec<Object>) -> Vec<Object> {
    let dialect = live.dialect;
    // What the task itself replaces is not what it created, and what is trashed is nothing.
    let replaced: Vec<&str> = task
        .ops
        .iter()
        .filter_map(|op| match op {
            op if matches!(op.act, Act::Delete | Act::RemovePart) => op.id.as_deref(),
            _ => None,
        })
        .collect();
    let objects = objects
        .into_iter()
        .filter(|(id, raw)| !replaced.contains(&id.as_str()) && !is_gone(raw));
    if let (Some(grouping), Act::AddPart) = (api.grouping(), op.act) {
        return objects
            .filter(|(_, raw)| grouped::is_part(task.kind, grouping, raw, op.values()))
            .collect();
    }
    let id = |reference: &Reference| live.in_scope(reference);
    let Some(wanted) = key(task.kind, dialect, &task.body, &id) else {
        return Vec::new();
    };
    let mut seen = Live::new(dialect);
    for (id, mut raw) in objects {
        plant_scopes(task.kind, api, &task.body, live, &mut raw);
        seen.add(LiveObject::new(task.kind, id, raw));
    }
    seen.find(task.kind.collection, &wanted)
        .iter()
        .filter_map(|index| seen.objects.get(*index))
        .filter(|object| belongs_to_others(object).is_none())
        .map(|object| (object.id.clone(), object.raw.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{NOW, Scripted, client, ok, token};
    use crate::dialect::Dialect;
    use crate::state::Address;
    use crate::state::Value;

    /// The department was made by the same run, and the answer to the team's creation was lost.
    #[tokio::test(start_paused = true)]
    async fn what_was_made_is_found_below_a_parent_that_was_made_just_before() {
        let transport = Scripted::new(|sent| {
            if sent.is_token_request() {
                return token(1);
            }
            assert!(sent.line.contains("/departments/77/teams"), "{}", sent.line);
            let teams = [("98", "Tier 2"), ("99", "Tier 1")];
            let teams = teams.map(|(id, name)| json!({"id": id, "name": name}));
            ok(&json!({ "teams": teams }).to_string())
        });
        let client = client(&transport);
        let live = Live::new(Dialect::Openapi);
        let department = Address::new("departments", "A/B");
        live.learn(&department, "77");
        let parent = Value::Reference(Reference::To(department));
        let body = [("department", parent), ("name", Value::text("Tier 1"))];
        let task = Task::creation(&Address::new("teams", "Tier 1"), body.into_iter().collect());
        let recovery = Recovery {
            clock: Clock::starting_at(NOW),
            settle: SETTLE,
        };
        let reader = client.reader();
        let found = look(&task, &task.ops[0], &live, &reader, recovery, Cause::Lost).await;
        assert!(
            matches!(&found, Ok(Found::One { id, raw }) if id == "99" && raw["departmentId"] == "77"),
            "{found:?}"
        );
    }

    /// Somebody gave an account the name of one that is made. The new one is in no listing at first.
    #[tokio::test(start_paused = true)]
    async fn the_object_of_another_resource_does_not_end_the_look_for_what_was_made() {
        for (cause, looks) in [(Cause::Lost, 3), (Cause::Duplicate, 1)] {
            let mut asked = 0;
            let transport = Scripted::new(move |sent| {
                if sent.is_token_request() {
                    return token(1);
                }
                asked += 1;
                let ids: &[&str] = if asked < 3 { &["1"] } else { &["1", "2"] };
                let named = |id: &&str| json!({"id": id, "accountName": "B"});
                ok(&json!({"data": ids.iter().map(named).collect::<Vec<_>>()}).to_string())
            });
            let client = client(&transport);
            let mut live = Live::new(Dialect::Guide);
            let Json::Object(raw) = json!({"id": "1", "accountName": "B"}) else {
                panic!("it is an object");
            };
            let accounts = crate::kind::find("accounts").unwrap();
            live.add(LiveObject::new(accounts, "1".to_owned(), raw));
            live.bind(0, Address::new("accounts", "A"));
            let body = [("accountName", Value::text("B"))];
            let task = Task::creation(&Address::new("accounts", "B"), body.into_iter().collect());
            let recovery = Recovery {
                clock: Clock::starting_at(NOW),
                settle: SETTLE,
            };
            let reader = client.reader();
            let found = look(&task, &task.ops[0], &live, &reader, recovery, cause).await;
            let is_right = match cause {
                Cause::Lost => matches!(&found, Ok(Found::One { id, .. }) if id == "2"),
                Cause::Duplicate => matches!(found, Ok(Found::OfAnother)),
            };
            assert!(is_right, "{cause:?}: {found:?}");
            assert_eq!(transport.calls().len(), looks, "{cause:?}");
        }
    }
}
