//! What the API names and does not make: views, uses of fields.

use serde_json::{Value, json};

use super::super::exchange::{Exchange, Route, get, list};
use super::super::oauth::Scopes;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, needed, param};

/// Where views are kept: `module`, `departmentId` or null, `name`, `isCustomView`.
const VIEWS: &str = "views";
/// Where it is kept which criteria use a field: `fieldId`, `featureType`, `name`.
const REFERENCES: &str = "criteriaReferences";

/// Source: `CustomView`, the parameter `module`.
const VIEWED: &[&str] = &[
    "tickets",
    "contacts",
    "events",
    "activities",
    "tasks",
    "contracts",
    "accounts",
    "calls",
];
const VIEW_LIST: [Param; 2] = [
    needed("module", Form::Choice(VIEWED)),
    param("departmentId", Form::Id),
];

/// Source: Organization Field, `criteriaReferences`: the parameter `featureType`.
const TYPES: &[&str] = &[
    "DirectAssignment",
    "RoundRobin",
    "WorkFlow",
    "SLA",
    "Supervise",
    "BluePrint",
    "BluePrintTransition",
    "CustomView",
    "Report",
    "GameTrophy",
    "GameBadge",
    "LayoutRules",
    "ValidationRules",
];
// The limit is demanded although it has a default.
const USES: [Param; 3] = [
    needed("featureType", Form::Choice(TYPES)),
    param("from", Form::Range(0, i64::MAX)),
    needed("limit", Form::Range(1, 50)),
];

const SETTINGS_READ: Scopes = Scopes::Any(&["Desk.settings.READ"]);

/// The operations of this file.
pub(super) static ROUTES: [Route; 2] = [
    get(
        "/views",
        Scopes::Any(&["Desk.settings.READ", "Desk.basic.READ"]),
        &VIEW_LIST,
        views,
    ),
    list(
        "/organizationFields/{id}/criteriaReferences",
        SETTINGS_READ,
        &USES,
        uses,
    ),
];

fn is(object: &Value, key: &str, wanted: &str) -> bool {
    object.get(key).and_then(Value::as_str) == Some(wanted)
}

fn views(exchange: &mut Exchange<'_>) -> Outcome {
    let module = exchange.query.get("module").unwrap_or_default();
    let department = exchange.query.get("departmentId");
    let is_there = |view: &&Value| {
        let of = view.get("departmentId").and_then(Value::as_str);
        is(view, "module", module) && (of.is_none() || department.is_none() || of == department)
    };
    let views = exchange.organization.live(VIEWS).filter(is_there);
    let views = views.map(|view| {
        json!({"id": view["id"], "name": view["name"], "viewName": view["name"],
            "displayLabel": view["name"], "isCustomView": view["isCustomView"], "isLocked": false,
            "deprecatedViewId": null})
    });
    Ok(Answer::Object(
        200,
        json!({"data": views.collect::<Vec<_>>()}),
    ))
}

fn uses(exchange: &mut Exchange<'_>) -> Outcome {
    let field = exchange.stored("fields")?;
    if field.get("isCustomField") != Some(&json!(true)) {
        return Err(Fault::State(
            "Only custom fields have references.".to_owned(),
        ));
    }
    let feature = exchange.query.get("featureType").unwrap_or_default();
    let id = exchange.id();
    let own = exchange
        .organization
        .live(REFERENCES)
        .filter(|one| is(one, "fieldId", id) && is(one, "featureType", feature));
    let page = exchange.page(own, 0, 50).into_iter();
    let page = page.map(|one| json!({"id": one["id"], "encryptedId": "x", "name": one["name"]}));
    Ok(Answer::Object(
        200,
        json!({"references": page.collect::<Vec<_>>()}),
    ))
}
