//! Support plans.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, id_text, needed, object, param, shaped,
};
use super::features::check_room;
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.automations.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.automations.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.automations.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.automations.DELETE", "Desk.settings.DELETE"]);

const STATUSES: [&str; 2] = ["ACTIVE", "DISCONTINUED"];
const TYPES: [&str; 4] = ["UNLIMITED_SUPPORT", "HOURS", "TICKETS", "PRICE"];
const DEPARTMENT: Shape = Shape::Id("departments");
const SLA: Shape = Shape::Id("slas");
const CREDITS: Shape = Shape::Digits {
    min: 0,
    max: 1_000_000,
};

/// Source: Support plans, the schema of the credits: a number that is written as text.
const CREDIT_DETAILS: [Rule; 4] = [
    choice(
        "creditCycle",
        &[
            "WEEKLY",
            "MONTHLY",
            "QUARTERLY",
            "HALF_YEARLY",
            "YEARLY",
            "CONTRACT_DURATION",
        ],
    )
    .required(),
    shaped("creditLimit", Shape::Written(&CREDITS)).required(),
    boolean("isAdditionalUsageAllowed").required(),
    boolean("isCarryForwardAllowed").required(),
];

/// Source: Support plans, operation `createSupportPlan`.
const NEW: [Rule; 6] = [
    form("name", 100, Pattern::Name).required(),
    shaped("departmentId", Shape::Written(&DEPARTMENT)).required(),
    shaped("slaId", Shape::Written(&SLA)).required(),
    choice("supportType", &TYPES).required(),
    choice("status", &STATUSES).required(),
    object("creditDetails", &CREDIT_DETAILS),
];

/// Source: Support plans, operation `updateSupportPlan`: a plan stays in its department.
const CHANGE: [Rule; 5] = [
    form("name", 100, Pattern::Name),
    shaped("slaId", Shape::Written(&SLA)),
    choice("supportType", &TYPES),
    choice("status", &STATUSES),
    object("creditDetails", &CREDIT_DETAILS),
];

/// Source: Support plans, operation `getSupportPlans`.
const PLAN_LIST: [Param; 4] = [
    needed("departmentId", Form::Id),
    param("status", Form::Choice(&STATUSES)),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 50)),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 5] = [
    list("/supportPlans", READ, &PLAN_LIST, support_plans),
    post("/supportPlans", CREATE, Content::Object(&NEW), create),
    get("/supportPlans/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("supportPlans", e.id())?))
    }),
    patch(
        "/supportPlans/{id}",
        UPDATE,
        Content::Change(&CHANGE),
        change,
    ),
    delete("/supportPlans/{id}", DELETE, remove),
];

/// Items are whole; pages begin at 0 and have 50 of them.
fn support_plans(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let wanted = exchange.organization.live("supportPlans").filter(|plan| {
        query
            .get("departmentId")
            .is_some_and(|id| plan["department"]["id"] == id)
            && query
                .get("status")
                .is_none_or(|status| plan["status"] == status)
    });
    Ok(Answer::List(
        exchange
            .page(wanted, 0, 50)
            .into_iter()
            .map(|plan| exchange.organization.view("supportPlans", plan))
            .collect(),
    ))
}

/// Names differ within a department: whether they must is not stated. Success is 201.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    let department = exchange
        .body
        .get("departmentId")
        .and_then(id_text)
        .unwrap_or_default();
    exchange.unique_among("supportPlans", "name", "", |plan| {
        plan["department"]["id"] == department.as_str()
    })?;
    let id = exchange.organization.fresh_id();
    let me = json!({"id": exchange.organization.acting_agent()});
    let now = exchange.now();
    let defaults = json!({"id": id, "name": null, "status": null, "supportType": null,
        "creditDetails": null, "department": {"id": department}, "sla": null, "createdBy": me,
        "createdTime": now, "modifiedBy": me, "modifiedTime": now});
    let mut body = exchange.body.clone();
    body.shift_remove("departmentId");
    let plan = checked(complete(&stored_form(body), defaults), &exchange.body)?;
    check_room(exchange.organization, "supportPlans", &plan)?;
    exchange.organization.put("supportPlans", plan);
    Ok(Answer::Object(201, exchange.seen("supportPlans", &id)?))
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut plan = exchange.stored("supportPlans")?;
    let department = plan.get("department").cloned().unwrap_or_default();
    exchange.unique_among("supportPlans", "name", exchange.id(), |other| {
        other["department"]["id"] == department["id"]
    })?;
    overlay(&mut plan, &stored_form(exchange.body.clone()));
    let mut plan = checked(plan, &exchange.body)?;
    check_room(exchange.organization, "supportPlans", &plan)?;
    plan.insert(
        "modifiedBy".into(),
        json!({"id": exchange.organization.acting_agent()}),
    );
    plan.insert("modifiedTime".into(), exchange.now());
    exchange.organization.put("supportPlans", plan);
    Ok(Answer::Object(
        200,
        exchange.seen("supportPlans", exchange.id())?,
    ))
}

/// A body as it is stored: the service level comes out as an object.
fn stored_form(mut body: Map<String, Value>) -> Map<String, Value> {
    if let Some(sla) = body.shift_remove("slaId") {
        body.insert("sla".into(), json!({"id": sla}));
    }
    body
}

/// Unlimited support has no credits.
///
/// Whether other plans need them is not stated, and neither is what becomes of them when a plan
/// grows unlimited. No request can take them away, so they go by themselves here.
fn checked(
    mut plan: Map<String, Value>,
    sent: &Map<String, Value>,
) -> Result<Map<String, Value>, Fault> {
    if plan.get("supportType") == Some(&json!("UNLIMITED_SUPPORT")) {
        if sent.contains_key("creditDetails") {
            return Err(Fault::State("Unlimited support has no credits.".into()));
        }
        plan.insert("creditDetails".into(), Value::Null);
    }
    Ok(plan)
}

/// Whether a plan in use can go is not stated. It cannot here: nothing could give its contracts
/// another plan, since a contract keeps the one it was made with.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("supportPlans")?;
    let is_used = exchange.organization.live("contracts").any(|contract| {
        [
            &contract["associatedSupportPlanId"],
            &contract["supportPlan"]["id"],
        ]
        .iter()
        .any(|plan| **plan == exchange.id())
    });
    if is_used {
        return Err(Fault::State("A contract has this support plan.".into()));
    }
    let id = exchange.id().to_owned();
    exchange.organization.remove("supportPlans", &id);
    Ok(Answer::Empty(204))
}
