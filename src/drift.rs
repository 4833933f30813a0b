//! Drift: what moved since the last apply, on which side.
//!
//! Three values are compared for each field: what was last applied (sent, and what the server
//! stored of it), what the manifests say, and what is live. A value that the server merely
//! normalised is no drift.

use serde::Serialize;
use serde_json::Value as Json;

use crate::ledger::update::only_named;
use crate::ledger::{Entry, Ledger};
use crate::live::Live;
use crate::plan::{SECRET, Verb};
use crate::plan::{shown_live, shown_value};
use crate::session::Ready;
use crate::state::{Address, Value};

/// Which side moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Moved {
    /// Somebody changed it in Zoho Desk.
    Live,
    /// The manifests changed and were not applied.
    Manifests,
    /// Both, to different values.
    Both,
    /// It differs, and nobody knows who moved: there is no record of the last apply.
    Unknown,
}

/// One drifted field, or a whole resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// The field; none for the whole resource.
    pub field: Option<String>,
    /// Which side moved.
    pub moved: Moved,
    /// What happened to a whole resource, such as `deleted in Zoho Desk`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// What was last applied and stored.
    pub applied: Json,
    /// What the manifests say.
    pub wanted: Json,
    /// What is live.
    pub live: Json,
    /// When the live object was last modified, where the API says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// By whom, where the API says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The environment.
    pub environment: String,
    /// The organization.
    pub org_id: String,
    /// Whether a ledger told what was last applied.
    pub three_way: bool,
    /// What drifted, by address and field.
    pub drifts: Vec<Drift>,
}

/// Compares the three sides. `only_live` leaves out what the manifests alone changed.
#[must_use]
pub fn drift(ready: &Ready, ledger: Option<&Ledger>, only_live: bool) -> Report {
    let plan = &ready.planned.plan;
    let mut drifts = Vec::new();
    for task in &ready.planned.tasks {
        let step = &task.step;
        let entry = ledger.and_then(|ledger| ledger.resources.get(&step.address));
        match step.verb {
            Verb::Create => drifts.push(whole(
                &step.address,
                match (ledger, entry) {
                    (None, _) => (Moved::Unknown, "declared and not live"),
                    (Some(_), Some(_)) => (Moved::Live, "deleted in Zoho Desk"),
                    (Some(_), None) => (Moved::Manifests, "declared and not applied yet"),
                },
            )),
            Verb::Delete | Verb::Disable => drifts.push(whole(
                &step.address,
                (Moved::Manifests, "no longer declared and still live"),
            )),
            Verb::Manual => drifts.push(whole(
                &step.address,
                (Moved::Manifests, "waits for somebody to do it by hand"),
            )),
            Verb::Update | Verb::Replace => {
                updated(ready, &step.address, entry, &mut drifts);
            }
        }
    }
    drifts.retain(|drift| !only_live || drift.moved != Moved::Manifests);
    drifts.sort_by(|a, b| (&a.address, &a.field).cmp(&(&b.address, &b.field)));
    drifts.dedup();
    Report {
        environment: plan.environment.clone(),
        org_id: plan.org_id.clone(),
        three_way: ledger.is_some(),
        drifts,
    }
}

fn whole(address: &Address, (moved, what): (Moved, &str)) -> Drift {
    Drift {
        address: address.clone(),
        field: None,
        moved,
        what: Some(what.to_owned()),
        applied: Json::Null,
        wanted: Json::Null,
        live: Json::Null,
        modified: None,
        by: None,
    }
}

fn updated(ready: &Ready, address: &Address, entry: Option<&Entry>, drifts: &mut Vec<Drift>) {
    let (Some(wanted), Some(have)) = (
        ready.owned.desired.get(address),
        ready.owned.live.get(address),
    ) else {
        return;
    };
    let named = ready.owned.named.get(address);
    let (modified, by) = modified(&ready.live, ready.bound.live.get(address).copied());
    for (name, value) in wanted.body.iter() {
        let live = have.body.get(name).unwrap_or(&Value::Null);
        if value == live {
            continue;
        }
        let named = named
            .and_then(|resource| resource.body.get(name))
            .unwrap_or(value);
        let (moved, applied) = match entry.and_then(|entry| entry.fields.get(name)) {
            None => (Moved::Unknown, Json::Null),
            Some(record) => {
                let live_moved = record.stored != shown_value(&only_named(named, live));
                let manifests_moved = record.sent != shown_value(named);
                let moved = match (live_moved, manifests_moved) {
                    (true, true) => Moved::Both,
                    (true, false) => Moved::Live,
                    (false, _) => Moved::Manifests,
                };
                (moved, record.stored.clone())
            }
        };
        let secret = value.is_secret();
        let (wanted, shown) = if secret {
            (Json::from(SECRET), Json::from(SECRET))
        } else {
            (
                shown_value(&only_named(named, value)),
                shown_live(name, &only_named(named, live)),
            )
        };
        let applied = match applied {
            _ if secret || live.is_secret() => Json::Null,
            Json::String(text) => shown_live(name, &Value::text(&text)),
            applied => applied,
        };
        drifts.push(Drift {
            address: address.clone(),
            field: Some(name.to_owned()),
            moved,
            what: None,
            applied,
            wanted,
            live: shown,
            modified: modified.clone(),
            by: by.clone(),
        });
    }
}

/// When an object was modified, and by whom, where the answer says so.
fn modified(live: &Live, index: Option<usize>) -> (Option<String>, Option<String>) {
    let Some(object) = index.and_then(|index| live.objects.get(index)) else {
        return (None, None);
    };
    let text = |key: &str| {
        object
            .raw
            .get(key)
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    let name = |key: &str| {
        object
            .raw
            .get(key)
            .and_then(|by| by.get("name"))
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    (
        text("modifiedTime"),
        name("modifiedBy").or_else(|| text("modifiedBy")),
    )
}
