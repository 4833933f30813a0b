//! Skill types.

use serde_json::json;

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, Rule, Shape, form, id_text, param, shaped};
use super::features::check_room;
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.automations.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.automations.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.automations.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.automations.DELETE", "Desk.settings.DELETE"]);

const DEPARTMENT: Shape = Shape::Id("departments");

/// Source: Skill types, operation `createSkillType`.
const NEW: [Rule; 2] = [
    shaped("departmentId", Shape::Written(&DEPARTMENT)).required(),
    form("name", 50, Pattern::Name).required(),
];

/// Source: Skill types, operation `updateSkillType`: the name is demanded.
const CHANGE: [Rule; 1] = [form("name", 50, Pattern::Name).required()];

/// Source: Skill types, operation `getSkillTypes`.
const TYPE_LIST: [Param; 4] = [
    param("mappedSkillsStatus", Form::Choice(&["ACTIVE", "INACTIVE"])),
    param("departmentId", Form::Id),
    param("limit", Form::Range(1, 100)),
    param("from", Form::Range(0, i64::MAX)),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 5] = [
    list("/skillTypes", READ, &TYPE_LIST, skill_types),
    post("/skillTypes", CREATE, Content::Object(&NEW), create),
    get("/skillTypes/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("skillTypes", e.id())?))
    }),
    patch("/skillTypes/{id}", UPDATE, Content::Change(&CHANGE), change),
    delete("/skillTypes/{id}", DELETE, remove),
];

/// Items say of which statuses their skills are; pages begin at 0 and have 100 of them.
fn skill_types(exchange: &mut Exchange<'_>) -> Outcome {
    let organization = &exchange.organization;
    let statuses = |id: &serde_json::Value| {
        let mut statuses: Vec<&str> = organization
            .live("skills")
            .filter(|skill| skill["skillTypeId"] == *id)
            .filter_map(|skill| skill["status"].as_str())
            .collect();
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    };
    let query = &exchange.query;
    let wanted = organization.live("skillTypes").filter(|one| {
        query
            .get("departmentId")
            .is_none_or(|id| one["departmentId"] == id)
            && query
                .get("mappedSkillsStatus")
                .is_none_or(|status| statuses(&one["id"]).contains(&status))
    });
    Ok(Answer::List(
        exchange
            .page(wanted, 0, 100)
            .into_iter()
            .map(|one| {
                let mut shown = organization.view("skillTypes", one);
                shown["mappedSkillsStatus"] = json!(statuses(&one["id"]));
                shown
            })
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
    exchange.unique_among("skillTypes", "name", "", |one| {
        one["departmentId"] == department.as_str()
    })?;
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent().to_owned();
    let now = exchange.now();
    let defaults = json!({"id": id, "name": null, "departmentId": department, "createdBy": me,
        "createdTime": now, "modifiedBy": me, "modifiedTime": now});
    let made = complete(&exchange.body, defaults);
    check_room(exchange.organization, "skillTypes", &made)?;
    exchange.organization.put("skillTypes", made);
    Ok(Answer::Object(201, exchange.seen("skillTypes", &id)?))
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut one = exchange.stored("skillTypes")?;
    let department = one.get("departmentId").cloned().unwrap_or_default();
    exchange.unique_among("skillTypes", "name", exchange.id(), |other| {
        other["departmentId"] == department
    })?;
    overlay(&mut one, &exchange.body);
    exchange.stamp(&mut one);
    exchange.organization.put("skillTypes", one);
    Ok(Answer::Object(
        200,
        exchange.seen("skillTypes", exchange.id())?,
    ))
}

/// Whether a type that has skills can go is not stated. It cannot here: a skill has a type.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("skillTypes")?;
    let has_skills = exchange
        .organization
        .live("skills")
        .any(|skill| skill["skillTypeId"] == exchange.id());
    if has_skills {
        return Err(Fault::State("This skill type has skills.".into()));
    }
    let id = exchange.id().to_owned();
    exchange.organization.remove("skillTypes", &id);
    Ok(Answer::Empty(204))
}
