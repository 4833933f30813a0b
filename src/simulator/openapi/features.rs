//! What the API counts by feature, and how many of it there may be.

use serde_json::{Map, Value, json};

use super::super::exchange::{Exchange, Route, get};
use super::super::oauth::Scopes;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, id_text, needed, param};
use super::super::store::Organization;
use crate::dialect::Edition;

/// Where rules and what they do are kept: `feature`, `departmentId`, `module`, `name`, `isActive`.
const AUTOMATIONS: &str = "automations";
/// Where it is kept how many there may be, if not what is usual: `feature`, `departmentId` where it is
/// about one, `maxTotalCount` and `maxActiveCount`, either of which may be null: then nothing limits it
/// and nothing is told.
const LIMITS: &str = "featureLimits";

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

/// The operations of this file.
pub(super) static ROUTES: [Route; 1] = [get(
    "/automationFeatureCount",
    Scopes::Any(&[
        "Desk.automations.READ",
        "Desk.basic.READ",
        "Desk.settings.READ",
    ]),
    &COUNTED,
    count,
)];

/// How many there may be of a feature; nothing where there is no limit.
struct Most {
    total: Option<u64>,
    active: Option<u64>,
}

/// How many there may be. The usual figures are this simulator's own, but for those of the editions.
///
/// Source: the help page on defining business hours and holidays, in one copy.
fn most(organization: &Organization, feature: &str, department: Option<&str>) -> Most {
    let own = organization.live(LIMITS).find(|limit| {
        let of = limit.get("departmentId").and_then(Value::as_str);
        limit["feature"] == feature && (of.is_none() || of == department)
    });
    if let Some(own) = own {
        return Most {
            total: own["maxTotalCount"].as_u64(),
            active: own["maxActiveCount"].as_u64(),
        };
    }
    let by_edition = match organization.edition() {
        Edition::Free => Some(0),
        Edition::Standard | Edition::Professional => Some(1),
        Edition::Express | Edition::Enterprise => None,
    };
    let few = by_edition.filter(|_| OF_ALL.contains(&feature));
    Most {
        total: Some(few.unwrap_or(1_000)),
        active: Some(few.unwrap_or(500)),
    }
}

fn is(object: &Value, key: &str, wanted: &str) -> bool {
    object.get(key).and_then(Value::as_str) == Some(wanted)
}

/// The department of an object, in either of the forms in which objects are kept.
fn department_of(object: &Value) -> Option<String> {
    let whole = object.get("departmentId");
    let id = whole.or_else(|| object.get("department")?.get("id"));
    id.and_then(id_text)
}

/// Whether an object is active. One without a status is.
fn is_active(object: &Value) -> bool {
    let status = object.get("status").and_then(Value::as_str);
    object.get("isActive") != Some(&json!(false)) && status.is_none_or(|status| status == "ACTIVE")
}

/// What counts for a feature, in a department and for a module where these are named.
fn counted<'o>(
    organization: &'o Organization,
    feature: &'o str,
    department: Option<&'o str>,
    module: Option<&'o str>,
) -> impl Iterator<Item = &'o Value> {
    let kept = KEPT.iter().find(|(name, _)| *name == feature);
    let collection = kept.map_or(AUTOMATIONS, |(_, collection)| collection);
    let is_meant = move |object: &&Value| {
        let by_module = !BY_MODULE.contains(&feature)
            || module.is_some_and(|module| is(object, "module", module));
        let is_own = kept.is_some() || (is(object, "feature", feature) && by_module);
        let of = department_of(object);
        is_own && (of.is_none() || department.is_none() || of.as_deref() == department)
    };
    organization.live(collection).filter(is_meant)
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
    let organization = &*exchange.organization;
    if let Some(id) = department
        && organization.stored("departments", id).is_none()
    {
        return Err(Fault::State("The department does not exist.".to_owned()));
    }
    if feature == "blueprints" && module != Some("tickets") {
        return Err(Fault::State(
            "Blueprints are counted for tickets only.".to_owned(),
        ));
    }
    let total = counted(organization, feature, department, module).count();
    let active = counted(organization, feature, department, module).filter(|one| is_active(one));
    let most = most(organization, feature, department);
    // Numbers come as texts; the schema allows both, and null.
    let figure = |figure: Option<u64>| figure.map(|figure| figure.to_string());
    Ok(Answer::Object(
        200,
        json!({"featureName": feature, "maxTotalCount": figure(most.total),
            "maxActiveCount": figure(most.active),
            "usedCountInfo": {"usedTotalCount": total.to_string(),
                "usedActiveCount": active.count().to_string()}}),
    ))
}

/// Refuses an object that is more than there may be, or that becomes active where no more may be. Which
/// error the server gives is not stated.
///
/// # Errors
/// [`Fault::State`] where there is no room.
pub(super) fn check_room(
    organization: &Organization,
    collection: &str,
    object: &Map<String, Value>,
) -> Result<(), Fault> {
    let Some((feature, _)) = KEPT.iter().find(|(_, kept)| *kept == collection) else {
        return Ok(());
    };
    let object = Value::Object(object.clone());
    let id = object.get("id").and_then(id_text).unwrap_or_default();
    let before = organization.stored(collection, &id);
    let department = department_of(&object);
    let department = department.as_deref();
    let most = most(organization, feature, department);
    let all = || counted(organization, feature, department, None);
    // What is active of what has no status is not stated: nothing is refused for it.
    let has_status = object.get("status").is_some();
    let is_full = |most: Option<u64>, used: usize| most.is_some_and(|most| used as u64 >= most);
    let why = if before.is_none() && is_full(most.total, all().count()) {
        "No more of them can be added."
    } else if has_status
        && is_active(&object)
        && !before.is_some_and(is_active)
        && is_full(most.active, all().filter(|one| is_active(one)).count())
    {
        "No more of them can be active."
    } else {
        return Ok(());
    };
    Err(Fault::State(why.to_owned()))
}
