//! Contracts.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post, put};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, form, id_text, list as list_of, map, param, shaped, whole,
};
use super::super::store::ids;
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.contracts.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.contracts.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.contracts.UPDATE", "Desk.settings.UPDATE"]);

// One class is published for values of all types; telephone numbers and choices have more.
const CF_VALUE: Shape = Shape::Text {
    min: 0,
    max: 100,
    pattern: Pattern::Number,
};
const TEXT: Shape = Shape::Text {
    min: 0,
    max: 100,
    pattern: Pattern::Name,
};
const ACCOUNT: Shape = Shape::Id("accounts");
const AGENT: Shape = Shape::Id("agents");
const WRITTEN_AGENT: Shape = Shape::Written(&AGENT);
const LAYOUT: Shape = Shape::Id("layouts");
const PLAN: Shape = Shape::Id("supportPlans");
const PRODUCT: Shape = Shape::Id("products");
const SLA: Shape = Shape::Id("slas");
const DEPARTMENT: Shape = Shape::Id("departments");

// The patterns want a character, and a least length of 0 stands beside them: the empty text is refused.
const NAME: Rule = form("contractName", 80, Pattern::Name);
const ACCOUNT_ID: Rule = shaped("accountId", Shape::Written(&ACCOUNT));
const OWNER: Rule = shaped("ownerId", Shape::Written(&AGENT));
const START: Rule = form("startDate", 100, Pattern::Day);
const END: Rule = form("endDate", 100, Pattern::Day);
const NUMBER: Rule = form("contractNumber", 50, Pattern::Name);
const DESCRIPTION: Rule = form("description", 65_535, Pattern::Name);
const PRODUCT_ID: Rule = shaped("productId", Shape::Written(&PRODUCT));
const SLA_ID: Rule = shaped("associatedSLAId", Shape::Written(&SLA));
const BEFORE: Rule = whole("notifyBefore", 0, 2_147_483_647);
const TOLD: Rule = list_of("notificationAgentIds", &WRITTEN_AGENT, 0, usize::MAX);
const LAYOUT_ID: Rule = shaped("layoutId", Shape::Written(&LAYOUT));
const CF: Rule = map("cf", &CF_VALUE);
const CUSTOM_FIELDS: Rule = map("customFields", &CF_VALUE);

/// Source: Contract, operation `createContract`. The department may be `allDepartment` as well, which
/// means nothing that is stated: it is refused here.
const NEW: [Rule; 19] = [
    NAME.required(),
    ACCOUNT_ID.required(),
    shaped("departmentId", DEPARTMENT).required(),
    OWNER.required(),
    shaped("associatedSupportPlanId", Shape::Written(&PLAN)).required(),
    START.required(),
    END,
    NUMBER,
    DESCRIPTION,
    PRODUCT_ID,
    SLA_ID,
    BEFORE,
    TOLD,
    LAYOUT_ID,
    CF,
    CUSTOM_FIELDS,
    map("sla", &TEXT),
    map("account", &TEXT),
    map("product", &TEXT),
];

/// Source: Contract, operation `updateContract`: every field is optional, and a contract keeps its plan.
const CHANGE: [Rule; 15] = [
    NAME,
    ACCOUNT_ID,
    shaped("departmentId", Shape::Written(&DEPARTMENT)),
    OWNER,
    START,
    END,
    NUMBER,
    DESCRIPTION,
    PRODUCT_ID,
    SLA_ID,
    BEFORE,
    TOLD,
    LAYOUT_ID,
    CF,
    CUSTOM_FIELDS,
];

/// Source: Contract, operation `getContracts`. `viewId`, `filters` and `filterId` select nothing here.
const CONTRACT_LIST: [Param; 12] = [
    param("viewId", Form::Id),
    param("filters", Form::Text(0, usize::MAX)),
    param("filterId", Form::Id),
    param("accountId", Form::Id),
    param(
        "include",
        Form::Choices(&["accounts", "products", "slas", "owner", "departments"]),
    ),
    param("ownerIds", Form::Ids(10)),
    param("limit", Form::Range(1, 100)),
    param("from", Form::Range(0, i64::MAX)),
    param(
        "sortBy",
        Form::Order(&[
            "accountName",
            "contractName",
            "contractEndDate",
            "contractStartDate",
            "createdTime",
            "modifiedTime",
        ]),
    ),
    param("contractName", Form::Text(0, 80)),
    param("departmentIds", Form::Ids(10)),
    param("fields", Form::Names(30)),
];
/// The most characters of `fields`.
const MOST: usize = 100;

/// The operations of this file.
pub(super) static ROUTES: [Route; 5] = [
    list("/contracts", READ, &CONTRACT_LIST, contracts),
    post("/contracts", CREATE, Content::Object(&NEW), create),
    get("/contracts/{id}", READ, &[], |exchange| {
        let id = exchange.id().to_owned();
        whole_contract(exchange, &id)
    }),
    patch("/contracts/{id}", UPDATE, Content::Change(&CHANGE), change),
    put("/contracts/{id}", UPDATE, Content::Change(&CHANGE), change),
];

/// The fields that a list item carries in every variant. Source: Contract, list items; what selects a
/// variant is not stated: this is the one with the fewest, and with an account as an object.
const LISTED: [&str; 7] = [
    "id",
    "contractName",
    "contractStatus",
    "departmentId",
    "ownerId",
    "accountId",
    "account",
];

/// Standard fields that `fields` may ask for: no multi-line text, and no field that is an object.
const ASKABLE: [&str; 8] = [
    "startDate",
    "endDate",
    "contractNumber",
    "productId",
    "notifyBefore",
    "layoutId",
    "createdTime",
    "modifiedTime",
];

fn contracts(exchange: &mut Exchange<'_>) -> Outcome {
    let asked = exchange.query.parts("fields");
    let custom: Vec<&str> = exchange
        .organization
        .live("fields")
        .filter(|field| {
            field["module"] == "contracts"
                && field["isCustomField"] == json!(true)
                && field["type"] != "Textarea"
        })
        .filter_map(|field| field["apiName"].as_str())
        .collect();
    let refused = |why: String| {
        Err(Fault::Query {
            name: "fields".into(),
            why,
        })
    };
    if asked.join(",").chars().count() > MOST {
        return refused("The value passed for field 'fields' is invalid.".into());
    }
    for name in &asked {
        if !(LISTED.contains(name) || ASKABLE.contains(name) || custom.contains(name)) {
            return refused(format!(
                "The field '{name}' cannot be asked for in the list."
            ));
        }
    }
    let query = &exchange.query;
    let is_one_of = |contract: &Value, key: &str, name: &str| {
        let wanted = query.parts(name);
        wanted.is_empty()
            || contract[key]
                .as_str()
                .is_some_and(|id| wanted.contains(&id))
    };
    let is_asked_for = |contract: &&Value| {
        let name = contract["contractName"].as_str().unwrap_or_default();
        is_one_of(contract, "accountId", "accountId")
            && is_one_of(contract, "ownerId", "ownerIds")
            && is_one_of(contract, "departmentId", "departmentIds")
            && query
                .get("contractName")
                .is_none_or(|start| name.starts_with(start))
    };
    let organization = &exchange.organization;
    let mut items: Vec<Value> = organization
        .live("contracts")
        .filter(is_asked_for)
        .map(|contract| shown(exchange, contract))
        .collect();
    if let Some(order) = query.get("sortBy") {
        let field = order.strip_prefix('-').unwrap_or(order);
        items.sort_by_cached_key(|item| {
            let value = match field {
                "accountName" => &item["account"]["accountName"],
                "contractStartDate" => &item["startDate"],
                "contractEndDate" => &item["endDate"],
                name => &item[name],
            };
            value.as_str().unwrap_or_default().to_lowercase()
        });
        if order.starts_with('-') {
            items.reverse();
        }
    }
    let included = query.parts("include");
    let item = |contract: &Value| {
        let mut item = Map::new();
        for name in LISTED.iter().chain(&asked) {
            if custom.contains(name) {
                let cf = item.entry("cf").or_insert_with(|| json!({}));
                if let Some(cf) = cf.as_object_mut() {
                    cf.insert((*name).to_owned(), contract["cf"][*name].clone());
                }
            } else {
                item.insert((*name).to_owned(), contract[*name].clone());
            }
        }
        for (part, key) in [("products", "product"), ("slas", "sla"), ("owner", "owner")] {
            if included.contains(&part) {
                item.insert(key.into(), contract[key].clone());
            }
        }
        if included.contains(&"departments") {
            let department = contract["departmentId"].as_str();
            let department = department.and_then(|id| organization.stored("departments", id));
            let department = department.map(|one| json!({"id": one["id"], "name": one["name"]}));
            item.insert("department".into(), json!(department));
        }
        Value::Object(item)
    };
    let page = exchange.page(items.iter(), 0, 10);
    Ok(Answer::List(page.into_iter().map(item).collect()))
}

/// A contract as a read by id shows it; what follows from the days is computed.
fn shown(exchange: &Exchange<'_>, contract: &Value) -> Value {
    let mut contract = exchange.organization.view("contracts", contract);
    let today = Timestamp::from_millisecond(exchange.now_ms)
        .map(|now| now.to_zoned(TimeZone::UTC).date())
        .unwrap_or_default();
    let day = |key: &str| contract[key].as_str().and_then(day);
    let status = match (day("startDate"), day("endDate")) {
        (_, Some(end)) if end < today => "EXPIRED",
        (Some(start), _) if start > today => "FUTURE",
        _ => "ACTIVE",
    };
    let told = day("endDate").and_then(|end| {
        let before: i64 = id_text(&contract["notifyBefore"])?.parse().ok()?;
        let before = Span::new().try_days(before).ok()?;
        Some(end.checked_sub(before).ok()?.to_string())
    });
    contract["contractStatus"] = json!(status);
    contract["notifyOn"] = json!(told);
    contract
}

fn whole_contract(exchange: &Exchange<'_>, id: &str) -> Outcome {
    let stored = exchange.organization.stored("contracts", id);
    let contract = stored.ok_or(Fault::Absent)?;
    Ok(Answer::Object(200, shown(exchange, contract)))
}

/// Success is 200.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    check(exchange)?;
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent();
    let now = exchange.now();
    let layout = exchange
        .organization
        .find("layouts", "module", "Contracts")
        .map(|layout| layout["id"].clone())
        .unwrap_or_default();
    let defaults = json!({"id": id, "contractName": null, "contractNumber": null, "description": null,
        "startDate": null, "endDate": null, "notifyBefore": null, "notificationAgentIds": [],
        "departmentId": null, "ownerId": null, "accountId": null, "productId": null,
        "associatedSLAId": null, "supportPlan": null, "layoutId": layout, "cf": {}, "createdBy": me,
        "createdTime": now, "modifiedBy": me, "modifiedTime": now});
    let contract = complete(&stored_form(exchange.body.clone()), defaults);
    alone_in_account(exchange, &contract, &id)?;
    exchange.organization.put("contracts", contract);
    whole_contract(exchange, &id)
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut contract = exchange.stored("contracts")?;
    check(exchange)?;
    overlay(&mut contract, &stored_form(exchange.body.clone()));
    if ["contractName", "accountId"]
        .iter()
        .any(|key| exchange.body.contains_key(*key))
    {
        alone_in_account(exchange, &contract, exchange.id())?;
    }
    exchange.stamp(&mut contract);
    exchange.organization.put("contracts", contract);
    let id = exchange.id().to_owned();
    whole_contract(exchange, &id)
}

/// A name cannot be empty, and a day is one that a calendar has: the pattern lets others through.
fn check(exchange: &Exchange<'_>) -> Result<(), Fault> {
    let given = |key: &str| exchange.body.get(key).and_then(Value::as_str);
    if given("contractName").is_some_and(|name| name.trim().is_empty()) {
        return Err(Fault::field("/contractName", Problem::Missing));
    }
    for key in ["startDate", "endDate"] {
        if given(key).is_some_and(|text| day(text).is_none()) {
            return Err(Fault::invalid(format!("/{key}"), "is no day"));
        }
    }
    Ok(())
}

/// What makes a duplicate is not stated: here it is a second contract of one name with one account.
fn alone_in_account(
    exchange: &Exchange<'_>,
    contract: &Map<String, Value>,
    own: &str,
) -> Result<(), Fault> {
    let organization = &exchange.organization;
    if organization.sight.takes_duplicates {
        return Ok(());
    }
    let is_same = |other: &Value| {
        ["contractName", "accountId"]
            .iter()
            .all(|key| contract.get(*key) == other.get(*key))
    };
    let mut others = organization.live("contracts");
    if others.any(|other| other["id"] != own && is_same(other)) {
        let why = "The account has a contract of this name.".to_owned();
        return Err(Fault::Twice("DUPLICATE_CONTRACT", why));
    }
    Ok(())
}

/// The day of a text that the pattern lets through.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    let (month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Date::new(year, month, day).ok()
}

/// A body as it is stored: days in one form, ids and numbers as texts. The maps of a creation, whose
/// meaning is not stated, are taken and change nothing.
fn stored_form(mut body: Map<String, Value>) -> Map<String, Value> {
    for ignored in ["account", "sla", "product"] {
        body.shift_remove(ignored);
    }
    for key in ["startDate", "endDate"] {
        if let Some(day) = body.get(key).and_then(Value::as_str).and_then(day) {
            body.insert(key.into(), json!(day.to_string()));
        }
    }
    for key in ["departmentId", "notifyBefore"] {
        if let Some(text) = body.get(key).and_then(id_text) {
            body.insert(key.into(), json!(text));
        }
    }
    if let Some(agents) = body.get("notificationAgentIds").map(ids) {
        body.insert("notificationAgentIds".into(), json!(agents));
    }
    if let Some(plan) = body.shift_remove("associatedSupportPlanId") {
        body.insert("supportPlan".into(), json!({ "id": plan }));
    }
    body
}
