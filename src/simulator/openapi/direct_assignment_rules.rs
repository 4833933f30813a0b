//! Rules that assign tickets directly, and their targets.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post, put};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, choice, form, free, id, id_text, list as list_of, object, param,
    shaped, text,
};
use super::{complete, overlay, put_in_order};

const READ: Scopes = Scopes::Any(&["Desk.automations.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.automations.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.automations.UPDATE", "Desk.settings.UPDATE"]);

/// Where they are kept.
const RULES: &str = "directAssignmentRules";

const STATUSES: [&str; 2] = ["ACTIVE", "INACTIVE"];
const TEXT: Shape = Shape::Text {
    min: 0,
    max: usize::MAX,
    pattern: Pattern::Any,
};
const OPTION: Shape = Shape::Choice(&["CREATE", "EDIT"]);

/// Source: Direct Assignment Rules, operation `createDirectAssignmentRule`.
const NEW_CONDITION: [Rule; 4] = [
    form("fieldName", 200, Pattern::Any).required(),
    text("condition", 100).required(),
    text("fieldModule", 100).required(),
    list_of("value", &TEXT, 1, 25).required(),
];
const ONE_NEW_CONDITION: Shape = Shape::Object(&NEW_CONDITION);
const NEW_CRITERIA: [Rule; 2] = [
    list_of("fieldConditions", &ONE_NEW_CONDITION, 0, 25),
    text("pattern", 200),
];
const WRITTEN_ID: Shape = Shape::Written(&Shape::Id(""));
const WRITTEN_DEPARTMENT: Shape = Shape::Written(&Shape::Id("departments"));
const WRITTEN_AGENT: Shape = Shape::Written(&Shape::Id("agents"));
const WRITTEN_TEAM: Shape = Shape::Written(&Shape::Id("teams"));
const NEW_TARGET: [Rule; 5] = [
    object("criteria", &NEW_CRITERIA),
    shaped("fromDepartmentId", WRITTEN_ID).required(),
    shaped("toDepartmentId", WRITTEN_DEPARTMENT).required(),
    shaped("agentId", WRITTEN_AGENT),
    shaped("teamId", WRITTEN_TEAM),
];
const ONE_NEW_TARGET: Shape = Shape::Object(&NEW_TARGET);
const NEW: [Rule; 5] = [
    text("name", 100).required(),
    text("description", 100),
    choice("status", &STATUSES).required(),
    list_of("executeOptions", &OPTION, 1, 2).required(),
    list_of("targets", &ONE_NEW_TARGET, 1, 5).required(),
];

/// Source: the same module, the schemas of everything but a creation: no lengths.
const CONDITION: [Rule; 4] = [
    text("fieldName", 200).required(),
    free("condition").required(),
    free("fieldModule").required(),
    list_of("value", &TEXT, 0, usize::MAX).required(),
];
const ONE_CONDITION: Shape = Shape::Object(&CONDITION);
const CRITERIA: [Rule; 2] = [
    list_of("fieldConditions", &ONE_CONDITION, 0, usize::MAX),
    text("pattern", 200),
];
const TARGET: [Rule; 5] = [
    object("criteria", &CRITERIA),
    id("fromDepartmentId", "").required(),
    id("toDepartmentId", "departments").required(),
    id("agentId", "agents"),
    id("teamId", "teams"),
];
const TARGET_PUT: [Rule; 6] = [
    id("targetId", ""),
    TARGET[0],
    TARGET[1],
    TARGET[2],
    TARGET[3],
    TARGET[4],
];
const TARGET_PATCH: [Rule; 6] = [
    id("targetId", ""),
    object("criteria", &CRITERIA),
    id("fromDepartmentId", ""),
    id("toDepartmentId", "departments"),
    id("agentId", "agents"),
    id("teamId", "teams"),
];
const ONE_PUT: Shape = Shape::Object(&TARGET_PUT);
const ONE_PATCH: Shape = Shape::Object(&TARGET_PATCH);
const PUT: [Rule; 5] = [
    free("name").required(),
    free("description"),
    choice("status", &STATUSES).required(),
    list_of("executeOptions", &OPTION, 0, usize::MAX).required(),
    list_of("targets", &ONE_PUT, 0, usize::MAX).required(),
];
const PATCH: [Rule; 5] = [
    free("name"),
    free("description"),
    choice("status", &STATUSES),
    list_of("executeOptions", &OPTION, 0, usize::MAX),
    list_of("targets", &ONE_PATCH, 0, usize::MAX),
];

/// Source: the same module, operation `reorderDirectAssignmentRules`.
const RULE: Shape = Shape::Id(RULES);
const REORDER: [Rule; 1] = [list_of("ruleIds", &RULE, 0, usize::MAX).required()];

/// Source: the same module, operation `getDirectAssignmentRules`.
const RULE_LIST: [Param; 4] = [
    param("departmentId", Form::Id),
    param("status", Form::Choice(&STATUSES)),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 50)),
];

/// The operations of this file. The API has none that deletes.
pub(super) static ROUTES: [Route; 10] = [
    list("/directAssignmentRules", READ, &RULE_LIST, rules),
    post(
        "/directAssignmentRules",
        CREATE,
        Content::Object(&NEW),
        create,
    ),
    post(
        "/directAssignmentRules/reorder",
        UPDATE,
        Content::Object(&REORDER),
        reorder,
    ),
    get("/directAssignmentRules/{id}", READ, &[], |exchange| {
        let rule = exchange.stored(RULES)?;
        Ok(Answer::Object(200, shown(rule)))
    }),
    put(
        "/directAssignmentRules/{id}",
        UPDATE,
        Content::Object(&PUT),
        |exchange| {
            let keeps = exchange.organization.sight.keeps_left_out;
            change(exchange, keeps)
        },
    ),
    patch(
        "/directAssignmentRules/{id}",
        UPDATE,
        Content::Change(&PATCH),
        |exchange| change(exchange, false),
    ),
    post(
        "/directAssignmentRules/{id}/targets",
        UPDATE,
        Content::Object(&TARGET),
        add_target,
    ),
    get(
        "/directAssignmentRules/{id}/targets/{id}",
        READ,
        &[],
        |exchange| {
            let (rule, place) = target(exchange)?;
            Ok(Answer::Object(200, rule["targets"][place].clone()))
        },
    ),
    put(
        "/directAssignmentRules/{id}/targets/{id}",
        UPDATE,
        Content::Object(&TARGET_PUT),
        |exchange| change_target(exchange, true),
    ),
    patch(
        "/directAssignmentRules/{id}/targets/{id}",
        UPDATE,
        Content::Change(&TARGET_PATCH),
        |exchange| change_target(exchange, false),
    ),
];

/// A rule as answers show it: its id goes by another name.
fn shown(mut rule: Map<String, Value>) -> Value {
    let id = rule.shift_remove("id").unwrap_or_default();
    rule.insert("ruleId".into(), id);
    Value::Object(rule)
}

/// Items are whole. They come as they were made, whatever their order is: the source does not say.
fn rules(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let names = |rule: &Value, department: &String| {
        let mut targets = rule["targets"].as_array().into_iter().flatten();
        targets.any(|target| {
            target["fromDepartmentId"] == *department || target["toDepartmentId"] == *department
        })
    };
    let wanted = exchange.organization.live(RULES).filter(|rule| {
        (query.get("status")).is_none_or(|status| rule["status"] == status)
            && (query.get("departmentId"))
                .is_none_or(|department| names(rule, &department.to_string()))
    });
    let page = exchange.page(wanted, 1, 50);
    let page = page.into_iter().filter_map(Value::as_object).cloned();
    Ok(Answer::List(page.map(shown).collect()))
}

/// A target as it is stored: 0 is no department, and of conditions it is shown what their values are.
fn stored_target(exchange: &mut Exchange<'_>, sent: &Map<String, Value>) -> Result<Value, Fault> {
    let part = |key: &str| sent.get(key).and_then(id_text);
    let from = part("fromDepartmentId").filter(|id| id != "0");
    if let Some(from) = &from
        && exchange.organization.stored("departments", from).is_none()
    {
        return Err(Fault::invalid(
            "/fromDepartmentId",
            "names no object of departments",
        ));
    }
    let mut criteria = sent.get("criteria").cloned().unwrap_or_default();
    let conditions = criteria
        .get_mut("fieldConditions")
        .and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        condition["displayValue"] = condition["value"].clone();
    }
    let id = match part("targetId") {
        Some(id) => id,
        None => exchange.organization.fresh_id(),
    };
    Ok(
        json!({"targetId": id, "criteria": criteria, "fromDepartmentId": from,
        "toDepartmentId": part("toDepartmentId"), "agentId": part("agentId"), "teamId": part("teamId")}),
    )
}

/// The targets of a body as they are stored. What a PUT or a PATCH of the rule makes of targets that it
/// leaves out is not stated: they go, or the PUT keeps them. Those that it names have to be the rule's own.
fn targets(exchange: &mut Exchange<'_>, own: &Value) -> Result<Option<Value>, Fault> {
    let Some(Value::Array(sent)) = exchange.body.get("targets").cloned() else {
        return Ok(None);
    };
    let mut all = Vec::new();
    for sent in sent.iter().filter_map(Value::as_object) {
        let known = sent.get("targetId").map(|id| {
            let own = own.as_array().into_iter().flatten();
            own.clone().find(|target| target["targetId"] == *id)
        });
        let mut whole = Map::new();
        match known {
            Some(None) => return Err(Fault::invalid("/targets", "names a target of another rule")),
            Some(Some(Value::Object(known))) if !sent.contains_key("toDepartmentId") => {
                whole.clone_from(known);
            }
            _ => {}
        }
        overlay(&mut whole, sent);
        all.push(stored_target(exchange, &whole)?);
    }
    Ok(Some(Value::Array(all)))
}

/// Whether names must differ is not stated; here they do. Success is 201.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.unique_among(RULES, "name", "", |_| true)?;
    let last = exchange
        .organization
        .live(RULES)
        .filter_map(|rule| rule["orderId"].as_u64())
        .max();
    let targets = targets(exchange, &Value::Null)?;
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent().to_owned();
    let now = exchange.now();
    let defaults = json!({"id": id, "name": null, "description": null, "status": null,
        "executeOptions": [], "targets": [], "orderId": last.unwrap_or(0) + 1, "createdBy": me,
        "createdTime": now, "modifiedBy": me, "modifiedTime": now});
    let mut rule = complete(&exchange.body, defaults);
    rule.insert("targets".into(), targets.unwrap_or_default());
    exchange.organization.put(RULES, rule.clone());
    Ok(Answer::Object(201, shown(rule)))
}

fn change(exchange: &mut Exchange<'_>, keeps: bool) -> Outcome {
    let mut rule = exchange.stored(RULES)?;
    exchange.unique_among(RULES, "name", exchange.id(), |_| true)?;
    let own = rule.get("targets").cloned().unwrap_or_default();
    let mut targets = targets(exchange, &own)?;
    if let (true, Some(Value::Array(targets)), Value::Array(own)) = (keeps, &mut targets, &own) {
        let left = own.iter().filter(|one| {
            !targets
                .iter()
                .any(|sent| sent["targetId"] == one["targetId"])
        });
        let left: Vec<Value> = left.cloned().collect();
        targets.extend(left);
    }
    overlay(&mut rule, &exchange.body);
    rule.insert("targets".into(), targets.unwrap_or(own));
    exchange.stamp(&mut rule);
    exchange.organization.put(RULES, rule.clone());
    Ok(Answer::Object(200, shown(rule)))
}

/// Whether a request needs every rule is not stated: here it does, and others are refused.
fn reorder(exchange: &mut Exchange<'_>) -> Outcome {
    put_in_order(exchange, RULES, "ruleIds", "are not all rules", |_| true)
}

/// A new target comes last; the source does not say so. Success is 201.
fn add_target(exchange: &mut Exchange<'_>) -> Outcome {
    let mut rule = exchange.stored(RULES)?;
    let sent = exchange.body.clone();
    let target = stored_target(exchange, &sent)?;
    let mut all = rule
        .get("targets")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if all.len() >= 5 {
        return Err(Fault::State("A rule has five targets at most.".into()));
    }
    all.push(target.clone());
    rule.insert("targets".into(), Value::Array(all));
    exchange.organization.put(RULES, rule);
    Ok(Answer::Object(201, target))
}

/// The id of the target that the path names.
fn item<'e>(exchange: &'e Exchange<'_>) -> &'e str {
    exchange.parts.get(1).map_or("", String::as_str)
}

/// The rule of a target, with its place there.
fn target(exchange: &Exchange<'_>) -> Result<(Map<String, Value>, usize), Fault> {
    let rule = exchange.stored(RULES)?;
    let id = item(exchange);
    let targets = rule.get("targets").and_then(Value::as_array);
    let place = targets.and_then(|all| all.iter().position(|target| target["targetId"] == id));
    place.map(|place| (rule, place)).ok_or(Fault::Absent)
}

/// A PUT replaces the target, a PATCH what it names.
fn change_target(exchange: &mut Exchange<'_>, replaces: bool) -> Outcome {
    let (mut rule, place) = target(exchange)?;
    let id = item(exchange).to_owned();
    let mut whole = match &rule["targets"][place] {
        Value::Object(old) if !replaces => old.clone(),
        _ => Map::new(),
    };
    whole.retain(|_, value| !value.is_null());
    whole
        .entry("fromDepartmentId")
        .or_insert_with(|| "0".into());
    overlay(&mut whole, &exchange.body);
    whole.insert("targetId".into(), id.into());
    let target = stored_target(exchange, &whole)?;
    if let Some(Value::Array(all)) = rule.get_mut("targets")
        && let Some(slot) = all.get_mut(place)
    {
        *slot = target.clone();
    }
    exchange.organization.put(RULES, rule);
    Ok(Answer::Object(200, target))
}
