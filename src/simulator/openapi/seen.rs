//! What the API counts and names and does not make: automation, views, uses of fields.

use serde_json::{Value, json};

use super::super::exchange::{Exchange, Route, get};
use super::super::oauth::Scopes;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, needed, param};

/// Where rules and what they do are kept: `feature`, `departmentId`, `module`, `name`, `isActive`.
const AUTOMATIONS: &str = "automations";
/// Where views are kept: `module`, `departmentId` or null, `name`, `isCustomView`.
const VIEWS: &str = "views";
/// Where it is kept which criteria use a field: `fieldId`, `featureType`, `name`.
const REFERENCES: &str = "criteriaReferences";

/// Source: `AutomationFeatureCount`, the parameter `feature`.
const FEATURES: &[&str] = &[
    "businesshours",
    "holidaylist",
    "Skills",
    "SkillType",
    "workflows",
    "blueprints",
    "SupportPlans",
    "automationAlerts",
    "fieldUpdates",
    "automationTasks",
    "customFunctions",
];
/// The features of the organization as a whole.
const OF_ALL: [&str; 2] = ["businesshours", "holidaylist"];
/// The features that are counted by module.
const BY_MODULE: [&str; 4] = [
    "workflows",
    "blueprints",
    "automationAlerts",
    "customFunctions",
];
/// Where objects are kept that are no automation and are counted all the same.
const KEPT: [(&str, &str); 5] = [
    ("businesshours", "businessHours"),
    ("holidaylist", "holidayLists"),
    ("Skills", "skills"),
    ("SkillType", "skillTypes"),
    ("SupportPlans", "supportPlans"),
];
const COUNTED: [Param; 3] = [
    needed("feature", Form::Choice(FEATURES)),
    param("departmentId", Form::Id),
    param("module", Form::Text(1, 100)),
];

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
pub(super) static ROUTES: [Route; 3] = [
    get(
        "/automationFeatureCount",
        Scopes::Any(&[
            "Desk.automations.READ",
            "Desk.basic.READ",
            "Desk.settings.READ",
        ]),
        &COUNTED,
        count,
    ),
    get(
        "/views",
        Scopes::Any(&["Desk.settings.READ", "Desk.basic.READ"]),
        &VIEW_LIST,
        views,
    ),
    get(
        "/organizationFields/{id}/criteriaReferences",
        SETTINGS_READ,
        &USES,
        uses,
    ),
];

fn is(object: &Value, key: &str, wanted: &str) -> bool {
    object.get(key).and_then(Value::as_str) == Some(wanted)
}

fn count(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let feature = query.get("feature").unwrap_or_default();
    let of = |name: &'static str, is_needed: bool| match query.get(name) {
        Some(value) => Ok(Some(value)),
        None if is_needed => Err(Fault::Query {
            name: name.to_owned(),
            why: format!("is missing for the feature `{feature}`"),
        }),
        None => Ok(None),
    };
    let department = of("departmentId", !OF_ALL.contains(&feature))?;
    let module = of("module", BY_MODULE.contains(&feature))?;
    if let Some(id) = department
        && exchange.organization.stored("departments", id).is_none()
    {
        return Err(Fault::State("The department does not exist.".to_owned()));
    }
    if feature == "blueprints" && module != Some("tickets") {
        return Err(Fault::State(
            "Blueprints are counted for tickets only.".to_owned(),
        ));
    }
    let kept = KEPT.iter().find(|(name, _)| *name == feature);
    let is_meant = |object: &&Value| {
        let by_module = !BY_MODULE.contains(&feature)
            || module.is_some_and(|module| is(object, "module", module));
        let is_own = kept.is_some() || (is(object, "feature", feature) && by_module);
        let is_there = object.get("departmentId").is_none()
            || department.is_none_or(|department| is(object, "departmentId", department));
        is_own && is_there
    };
    let collection = kept.map_or(AUTOMATIONS, |(_, collection)| collection);
    let counted: Vec<&Value> = exchange
        .organization
        .live(collection)
        .filter(is_meant)
        .collect();
    let active = counted
        .iter()
        .filter(|object| object.get("isActive") != Some(&json!(false)));
    // Numbers come as texts; the schema allows both.
    Ok(Answer::Object(
        200,
        json!({"featureName": feature, "maxTotalCount": "1000", "maxActiveCount": "500",
            "usedCountInfo": {"usedTotalCount": counted.len().to_string(),
                "usedActiveCount": active.count().to_string()}}),
    ))
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
