//! Addresses from which departments answer.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, needed, object, param, shaped, text,
};
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.settings.READ", "Desk.basic.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.settings.DELETE"]);

const ADDRESSES: &str = "mailReplyAddresses";
const PROVIDERS: [&str; 5] = ["ZohoSMTP", "CustomSMTP", "Outlook", "Office", "Google"];

/// Source: Mail Reply Address, the schema of SMTP details in requests; answers lack the password.
const SMTP: [Rule; 5] = [
    form("host", 100, Pattern::Name).required(),
    choice("port", &["25", "465", "587"]).required(),
    text("userName", 100).required(),
    choice("connectionType", &["PLAIN", "SSL", "TLS"]).required(),
    text("password", 30).required(),
];
const DEPARTMENT: Shape = Shape::Id("departments");

/// Source: Mail Reply Address, operation `addFromAddress`.
const NEW: [Rule; 7] = [
    form("address", 100, Pattern::AsciiEmail).required(),
    text("displayName", 100).required(),
    shaped("departmentId", Shape::Written(&DEPARTMENT)).required(),
    choice("serviceProviderType", &PROVIDERS),
    object("smtpDetails", &SMTP),
    boolean("isDepartmentDefault"),
    boolean("isSmtpEnabled"),
];

/// Source: Mail Reply Address, operation `updateFromAddress`: the address stays.
const CHANGE: [Rule; 7] = [
    text("displayName", 100),
    shaped("departmentId", Shape::Written(&DEPARTMENT)),
    choice("serviceProviderType", &PROVIDERS),
    object("smtpDetails", &SMTP),
    boolean("isDepartmentDefault"),
    boolean("isActive"),
    boolean("isSmtpEnabled"),
];

/// The word for every department.
const ALL: &str = "allDepartment";

/// Source: Mail Reply Address, operation `getReplyMailAddresses`: a department's id, or the word for all.
const LISTED: [Param; 4] = [
    needed("departmentId", Form::IdOr(ALL)),
    param("isActive", Form::Boolean),
    param("from", Form::Range(1, i64::MAX)),
    param("limit", Form::Range(1, 100)),
];

/// The operations of this file. That which mails the link again is left out.
pub(super) static ROUTES: [Route; 5] = [
    list("/mailReplyAddress", READ, &LISTED, addresses),
    post("/mailReplyAddress", CREATE, Content::Object(&NEW), create),
    get("/mailReplyAddress/{id}", READ, &[], |e| {
        Ok(answer(&e.seen(ADDRESSES, e.id())?))
    }),
    patch(
        "/mailReplyAddress/{id}",
        UPDATE,
        Content::Change(&CHANGE),
        change,
    ),
    delete("/mailReplyAddress/{id}", DELETE, |e| {
        e.stored(ADDRESSES)?;
        let id = e.id().to_owned();
        e.organization.remove(ADDRESSES, &id);
        Ok(Answer::Empty(200))
    }),
];

/// Single objects stand under a key of their own.
fn answer(object: &Value) -> Answer {
    Answer::Object(200, json!({ "data": object }))
}

/// Items are whole.
fn addresses(exchange: &mut Exchange<'_>) -> Outcome {
    let of = exchange.query.get("departmentId").unwrap_or_default();
    let active = exchange.query.boolean("isActive");
    let organization = &exchange.organization;
    let wanted = organization.live(ADDRESSES).filter(|one| {
        (of == ALL || one["departmentId"] == of)
            && active.is_none_or(|active| one["isActive"] == active)
    });
    let items = exchange.page(wanted, 1, 50).into_iter();
    Ok(Answer::List(
        items.map(|one| organization.view(ADDRESSES, one)).collect(),
    ))
}

/// SMTP details go with one word, and have to.
fn fits(body: &Map<String, Value>) -> Result<(), Fault> {
    let is_custom = body.get("serviceProviderType") == Some(&json!("CustomSMTP"));
    if is_custom && !body.contains_key("smtpDetails") {
        return Err(Fault::field("/smtpDetails", Problem::Missing));
    }
    Ok(())
}

/// A body as it is stored: no answer shows the password.
fn stored_form(mut body: Map<String, Value>) -> Map<String, Value> {
    body.shift_remove("isSmtpEnabled");
    if let Some(details) = body.get_mut("smtpDetails").and_then(Value::as_object_mut) {
        details.shift_remove("password");
    }
    body
}

/// A department has one default: the new one takes the place of the old one, which is not stated.
fn yield_default(exchange: &mut Exchange<'_>, one: &Map<String, Value>) {
    if one.get("isDepartmentDefault") != Some(&json!(true)) {
        return;
    }
    let (id, department) = (one.get("id").cloned(), one.get("departmentId").cloned());
    exchange.organization.each(ADDRESSES, |other| {
        if other.get("id") != id.as_ref() && other.get("departmentId") == department.as_ref() {
            other.insert("isDepartmentDefault".into(), json!(false));
        }
    });
}

/// A new address is not verified: a person follows the link that is mailed to it. A department has an address
/// once, however its letters are written.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    fits(&exchange.body)?;
    let department = exchange.body["departmentId"].clone();
    exchange.unique_by(ADDRESSES, "address", "", str::to_lowercase, |other| {
        other["departmentId"] == department
    })?;
    let id = exchange.organization.fresh_id();
    let now = exchange.now();
    let me = json!({"id": exchange.organization.acting_agent()});
    let made = complete(
        &stored_form(exchange.body.clone()),
        json!({"id": id, "address": null, "displayName": null, "departmentId": null,
            "serviceProviderType": "ZohoSMTP", "smtpDetails": null, "isDepartmentDefault": false,
            "isActive": true, "isVerified": false, "createdBy": me, "createdTime": now, "modifiedBy": me,
            "modifiedTime": now}),
    );
    yield_default(exchange, &made);
    exchange.organization.put(ADDRESSES, made);
    Ok(answer(&exchange.seen(ADDRESSES, &id)?))
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    fits(&exchange.body)?;
    let mut one = exchange.stored(ADDRESSES)?;
    overlay(&mut one, &stored_form(exchange.body.clone()));
    let me = json!({"id": exchange.organization.acting_agent()});
    one.insert("modifiedBy".into(), me);
    one.insert("modifiedTime".into(), exchange.now());
    yield_default(exchange, &one);
    exchange.organization.put(ADDRESSES, one);
    Ok(answer(&exchange.seen(ADDRESSES, exchange.id())?))
}
