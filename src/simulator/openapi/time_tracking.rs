//! Settings of time tracking, of which a department has one set or none.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, post, put};
use super::super::oauth::Scopes;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, id, id_text, list, needed, object, scalar,
};
use super::{complete, overlay};

const SETTINGS: &str = "timeTracking";

/// Source: Time Tracking, the schemas of requests. Costs are of the examples: the schema of one request has lists
/// of anything, that of the other one objects with nothing in them.
const ACTIONS: [Rule; 8] = [
    boolean("fieldUpdate").required(),
    boolean("sendReply").required(),
    boolean("manualDraft").required(),
    boolean("commentActions").required(),
    boolean("approvalActions").required(),
    boolean("resolutionActions").required(),
    boolean("attachmentActions").required(),
    boolean("onChatComplete").required(),
];
const TICKETS: [Rule; 5] = [
    object("autoTrackAction", &ACTIONS).required(),
    boolean("isAutoTimer").required(),
    boolean("isAutoPause").required(),
    boolean("isReviewTime").required(),
    boolean("isHideTimeTracking").required(),
];
const ACTIVITIES: [Rule; 4] = [
    boolean("isTasksEnabled").required(),
    boolean("isEventsEnabled").required(),
    boolean("canAutoTrackCalls").required(),
    choice("trackMode", &["CONSECUTIVE", "CONCURRENT"]).required(),
];
const OF_AGENT: [Rule; 2] = [id("id", "agents").required(), scalar("cost").required()];
const OF_PROFILE: [Rule; 2] = [id("id", "profiles").required(), scalar("cost").required()];
const AGENT_COST: Shape = Shape::Object(&OF_AGENT);
const PROFILE_COST: Shape = Shape::Object(&OF_PROFILE);
const BODY: [Rule; 10] = [
    id("depId", "departments").required(),
    boolean("isTimeTracking").required(),
    boolean("isBillable"),
    choice(
        "billingType",
        &[
            "FIXED_COST_FOR_TICKETS",
            "FIXED_COST_FOR_AGENTS",
            "SPECIFIC_COST_PER_AGENT",
            "SPECIFIC_COST_PER_PROFILE",
        ],
    ),
    scalar("fixedCost"),
    list("agents", &AGENT_COST, 0, usize::MAX),
    list("profiles", &PROFILE_COST, 0, usize::MAX),
    object("ticketPreference", &TICKETS),
    object("activityPreference", &ACTIVITIES),
    choice("timerAction", &["ADD", "DISCARD"]),
];
const OF_DEPARTMENT: [Param; 1] = [needed("depId", Form::Id)];

/// The operations of this file. The history of changes is left out.
pub(super) static ROUTES: [Route; 3] = [
    get(
        "/timeTrackSettings",
        Scopes::Any(&["Desk.settings.READ"]),
        &OF_DEPARTMENT,
        read,
    ),
    post(
        "/timeTrackSettings",
        Scopes::Any(&["Desk.settings.CREATE"]),
        Content::Object(&BODY),
        |exchange| write(exchange, false),
    ),
    put(
        "/timeTrackSettings",
        Scopes::Any(&["Desk.settings.UPDATE"]),
        Content::Object(&BODY),
        |exchange| write(exchange, true),
    ),
];

/// What is answered for a department without settings is not stated: nothing.
fn read(exchange: &mut Exchange<'_>) -> Outcome {
    let id = exchange.query.get("depId").unwrap_or_default().to_owned();
    if !exchange.organization.knows("departments", &id) {
        return Err(Fault::State("There is no such department.".into()));
    }
    Ok(match exchange.organization.stored(SETTINGS, &id) {
        Some(stored) => Answer::Object(200, shown(stored)),
        None => Answer::Empty(204),
    })
}

/// Examples have flags as texts.
fn shown(stored: &Value) -> Value {
    let mut shown = stored.clone();
    if let Some(shown) = shown.as_object_mut() {
        shown.shift_remove("id");
        for key in ["isTimeTracking", "isBillable"] {
            if let Some(flag) = shown.get(key).and_then(Value::as_bool) {
                shown.insert(key.into(), json!(flag.to_string()));
            }
        }
    }
    shown
}

/// What a PUT leaves out is lost, or stays: which of the two is not stated. Nor is whether each method takes the other one's
/// part: neither does.
fn write(exchange: &mut Exchange<'_>, is_there: bool) -> Outcome {
    let mut body: Map<String, Value> = exchange.body.clone();
    let id = body.get("depId").and_then(id_text).unwrap_or_default();
    if exchange.organization.holds(SETTINGS, &id) != is_there {
        return Err(Fault::State(
            "The department has settings already, or none to change.".into(),
        ));
    }
    body.shift_remove("timerAction");
    if exchange.organization.sight.keeps_left_out
        && let Some(Value::Object(mut kept)) = exchange.organization.stored(SETTINGS, &id).cloned()
    {
        overlay(&mut kept, &body);
        body = kept;
    }
    body.insert("depId".into(), json!(id));
    let made = complete(
        &body,
        json!({"id": id, "depId": id, "isTimeTracking": null, "isBillable": false, "billingType": null,
            "fixedCost": null, "agents": null, "profiles": null, "ticketPreference": null,
            "activityPreference": null}),
    );
    exchange.organization.put(SETTINGS, made.clone());
    Ok(Answer::Object(200, shown(&Value::Object(made))))
}
