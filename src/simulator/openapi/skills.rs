//! Skills.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, choice, form, free, list as list_of, needed, object, param, shaped,
    text,
};
use super::super::store::ids;
use super::business_hours::related_rules;
use super::features::check_room;
use super::{complete, overlay, put_in_order};

const READ: Scopes = Scopes::Any(&["Desk.automations.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.automations.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.automations.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.automations.DELETE", "Desk.settings.DELETE"]);

const STATUSES: [&str; 2] = ["ACTIVE", "INACTIVE"];
const TYPE: Shape = Shape::Id("skillTypes");
const AGENT: Shape = Shape::Id("agents");
const WRITTEN_AGENT: Shape = Shape::Written(&AGENT);
const DEPARTMENT: Shape = Shape::Id("departments");
const SKILL: Shape = Shape::Id("skills");
const WRITTEN_SKILL: Shape = Shape::Written(&SKILL);
const SCALAR: Shape = Shape::Scalar;

/// Source: Skills, the schema of a condition.
const CONDITION: [Rule; 4] = [
    choice(
        "fieldModule",
        &[
            "tickets",
            "tasks",
            "contracts",
            "accounts",
            "contacts",
            "products",
            "calls",
            "events",
            "activities",
        ],
    )
    .required(),
    form("fieldName", 100, Pattern::Name).required(),
    text("condition", 100).required(),
    list_of("value", &SCALAR, 0, usize::MAX).required(),
];
const ONE: Shape = Shape::Object(&CONDITION);

/// Source: Skills, the schema of the criteria.
const CRITERIA: [Rule; 2] = [
    list_of("fieldConditions", &ONE, 0, usize::MAX).required(),
    free("pattern").required(),
];

/// Source: Skills, operation `createSkill`: the department follows from the type.
const NEW: [Rule; 6] = [
    form("name", 50, Pattern::Name).required(),
    shaped("skillTypeId", Shape::Written(&TYPE)).required(),
    choice("status", &STATUSES).required(),
    object("criteria", &CRITERIA).required(),
    form("description", 200, Pattern::Name).clearable(),
    list_of("agentIds", &WRITTEN_AGENT, 0, usize::MAX),
];

/// Source: Skills, operation `updateSkill`: nothing is demanded.
const CHANGE: [Rule; 6] = [
    form("name", 50, Pattern::Name),
    shaped("skillTypeId", Shape::Written(&TYPE)),
    choice("status", &STATUSES),
    object("criteria", &CRITERIA),
    form("description", 200, Pattern::Name).clearable(),
    list_of("agentIds", &WRITTEN_AGENT, 0, usize::MAX),
];

/// Source: Skills, operation `reorderSkills`: from 2 to 200 ids, each once.
const REORDER: [Rule; 2] = [
    shaped("departmentId", Shape::Written(&DEPARTMENT)).required(),
    shaped(
        "skillIds",
        Shape::List {
            item: &WRITTEN_SKILL,
            min: 2,
            max: 200,
            unique: true,
        },
    )
    .required(),
];

/// Source: Skills, operation `getSkills`. `skillIds` is left out.
const SKILL_LIST: [Param; 6] = [
    needed("departmentId", Form::Id),
    param("searchString", Form::Text(0, 100)),
    param("skillTypeId", Form::Id),
    param("status", Form::Choice(&STATUSES)),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 100)),
];

/// Source: Skills, operation `getRelatedRulesForSkill`.
const RULES_LIST: [Param; 2] = [
    param("limit", Form::Range(1, 100)),
    param("from", Form::Range(0, i64::MAX)),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 7] = [
    list("/skills", READ, &SKILL_LIST, skills),
    post("/skills/order", UPDATE, Content::Object(&REORDER), reorder),
    post("/skills", CREATE, Content::Object(&NEW), create),
    get("/skills/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("skills", e.id())?))
    }),
    patch("/skills/{id}", UPDATE, Content::Change(&CHANGE), change),
    delete("/skills/{id}", DELETE, remove),
    list("/skills/{id}/relatedRules", READ, &RULES_LIST, |e| {
        related_rules(e, "skills", "skillId", 100)
    }),
];

/// Items are whole; pages begin at 0 here, which is not stated, and have 100 of them.
fn skills(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let organization = &exchange.organization;
    let wanted = organization.live("skills").filter(|skill| {
        let is = |key: &str, name: &str| query.get(name).is_none_or(|asked| skill[key] == asked);
        is("departmentId", "departmentId")
            && is("skillTypeId", "skillTypeId")
            && is("status", "status")
            && query.get("searchString").is_none_or(|start| {
                skill["name"]
                    .as_str()
                    .is_some_and(|name| name.to_lowercase().starts_with(&start.to_lowercase()))
            })
    });
    Ok(Answer::List(
        exchange
            .page(wanted, 0, 100)
            .into_iter()
            .map(|skill| organization.view("skills", skill))
            .collect(),
    ))
}

/// A body as it is stored: each agent once, and the values of conditions with how they are shown.
fn stored_form(mut body: Map<String, Value>) -> Map<String, Value> {
    if let Some(agents) = body.get("agentIds") {
        let mut agents = ids(agents);
        agents.sort_unstable();
        agents.dedup();
        body.insert("agentIds".into(), json!(agents));
    }
    let conditions = body
        .get_mut("criteria")
        .and_then(|criteria| criteria["fieldConditions"].as_array_mut());
    for condition in conditions.into_iter().flatten() {
        let shown: Vec<String> = condition["value"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        condition["displayValue"] = json!(shown);
    }
    body
}

/// The department of a skill type.
fn department_of(exchange: &Exchange<'_>, skill: &Map<String, Value>) -> Value {
    let of_type = skill.get("skillTypeId").and_then(Value::as_str);
    of_type
        .and_then(|id| exchange.organization.stored("skillTypes", id))
        .map_or(Value::Null, |one| one["departmentId"].clone())
}

/// Names differ within a skill type: whether they must is not stated. Success is 201.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    let body = stored_form(exchange.body.clone());
    let of_type = body.get("skillTypeId").cloned().unwrap_or_default();
    exchange.unique_among("skills", "name", "", |skill| {
        skill["skillTypeId"] == of_type
    })?;
    let department = department_of(exchange, &body);
    let last = exchange
        .organization
        .live("skills")
        .filter(|skill| skill["departmentId"] == department)
        .filter_map(|skill| skill["orderId"].as_u64())
        .max()
        .unwrap_or(0);
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent().to_owned();
    let now = exchange.now();
    let defaults = json!({"id": id, "name": null, "status": null, "skillTypeId": of_type,
        "departmentId": department, "orderId": last + 1, "criteria": null, "description": null,
        "agentIds": [], "createdBy": me, "createdTime": now, "modifiedBy": me, "modifiedTime": now});
    let skill = complete(&body, defaults);
    check_room(exchange.organization, "skills", &skill)?;
    exchange.organization.put("skills", skill);
    Ok(Answer::Object(201, exchange.seen("skills", &id)?))
}

/// Whether a skill can move to a type of another department is not stated: it moves with it here.
fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut skill = exchange.stored("skills")?;
    overlay(&mut skill, &stored_form(exchange.body.clone()));
    let of_type = skill.get("skillTypeId").cloned().unwrap_or_default();
    exchange.unique_among("skills", "name", exchange.id(), |other| {
        other["skillTypeId"] == of_type
    })?;
    let department = department_of(exchange, &skill);
    skill.insert("departmentId".into(), department);
    exchange.stamp(&mut skill);
    check_room(exchange.organization, "skills", &skill)?;
    exchange.organization.put("skills", skill);
    Ok(Answer::Object(200, exchange.seen("skills", exchange.id())?))
}

fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("skills")?;
    let id = exchange.id().to_owned();
    exchange.organization.remove("skills", &id);
    Ok(Answer::Empty(204))
}

/// Whether a request needs all skills of the department is not stated: here it does, and others are
/// refused. Success is 204.
fn reorder(exchange: &mut Exchange<'_>) -> Outcome {
    let department = exchange.body.get("departmentId").cloned();
    let why = "are not the skills of the department";
    put_in_order(exchange, "skills", "skillIds", why, |skill| {
        skill.get("departmentId") == department.as_ref()
    })
}
