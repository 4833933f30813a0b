//! Ticket templates.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, form, free, id, id_text, list as list_of, map, object,
    param, text,
};
use super::super::store::{Organization, ids};
use super::{complete, overlay, wildcard};

const READ: Scopes = Scopes::Any(&["Desk.settings.READ", "Desk.templates.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.settings.CREATE", "Desk.templates.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.settings.UPDATE", "Desk.templates.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.settings.DELETE", "Desk.templates.DELETE"]);

const TEMPLATES: &str = "ticketTemplates";
const IN: &str = "ticketTemplateValues";
const CONTACT: Shape = Shape::Id("contacts");
const ANY: Shape = Shape::Id("");
const CF: Shape = Shape::TextOrNull;

/// Source: Ticket template, `TicketTemplateValues`. Each may be null, and each has to be there.
const VALUES: [Rule; 20] = [
    text("subject", 1_000).nullable(),
    text("description", 65_535).nullable(),
    id("departmentId", "departments").nullable(),
    id("contactId", "contacts").nullable(),
    id("accountId", "accounts").nullable(),
    id("productId", "products").nullable(),
    id("assigneeId", "agents").nullable(),
    id("teamId", "teams").nullable(),
    list_of("secondaryContacts", &CONTACT, 0, usize::MAX).nullable(),
    form("email", 150, Pattern::AsciiEmail).nullable(),
    form("phone", 120, Pattern::Number).nullable(),
    free("status").nullable(),
    free("priority").nullable(),
    free("category").nullable(),
    free("subCategory").nullable(),
    free("classification").nullable(),
    free("channel").nullable(),
    free("language").nullable(),
    text("dueDate", 100).nullable(),
    map("cf", &CF).nullable(),
];

/// The values that are ids.
const IDS: [&str; 6] = [
    "departmentId",
    "contactId",
    "accountId",
    "productId",
    "assigneeId",
    "teamId",
];

/// Source: Ticket template, operation `createTicketTemplate`.
const NEW: [Rule; 4] = [
    form("ticketTemplateName", 200, Pattern::Name).required(),
    id("layoutId", "layouts").required(),
    boolean("showInCustomerPortal"),
    object(IN, &VALUES).required(),
];

/// Source: Ticket template, operation `updateTicketTemplate`.
const CHANGE: [Rule; 4] = [
    form("ticketTemplateName", 200, Pattern::Name),
    id("layoutId", "layouts"),
    boolean("showInCustomerPortal"),
    object(IN, &VALUES),
];

/// Source: Ticket template, operation `deleteTicketTemplates`.
const GONE: [Rule; 1] = [list_of("ids", &ANY, 0, usize::MAX).required()];

/// Source: Ticket template, operation `getTicketTemplates`.
const LIST: [Param; 7] = [
    param("departmentId", Form::Id),
    param("layoutId", Form::Id),
    param("showInCustomerPortal", Form::Boolean),
    param("searchStr", Form::Text(1, 100)),
    param("templateName", Form::Text(1, 100)),
    param("limit", Form::Range(1, 100)),
    param("from", Form::Range(0, i64::MAX)),
];

/// Source: Ticket template, operation `getTicketTemplate`.
const ONE: [Param; 1] = [param(
    "include",
    Form::Choices(&["contacts", "products", "departments", "team", "assignee"]),
)];

/// The operations of this file. There is no DELETE of a single template.
pub(super) static ROUTES: [Route; 5] = [
    list("/ticketTemplates", READ, &LIST, templates),
    post("/ticketTemplates", CREATE, Content::Object(&NEW), create),
    post(
        "/ticketTemplates/deleteMany",
        DELETE,
        Content::Object(&GONE),
        remove,
    ),
    get("/ticketTemplates/{id}", READ, &ONE, |exchange| {
        let template = Value::Object(exchange.stored(TEMPLATES)?);
        Ok(Answer::Object(200, shown(exchange.organization, template)))
    }),
    patch(
        "/ticketTemplates/{id}",
        UPDATE,
        Content::Change(&CHANGE),
        change,
    ),
];

/// Items lack the values; pages begin at 0 and have 10 of them.
fn templates(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let is_named = |template: &Value, param: &str| {
        let name = template["ticketTemplateName"].as_str().unwrap_or_default();
        query.get(param).is_none_or(|text| wildcard(text, name))
    };
    let wanted = exchange.organization.live(TEMPLATES).filter(|template| {
        query
            .get("departmentId")
            .is_none_or(|id| template[IN]["departmentId"] == id)
            && query
                .get("layoutId")
                .is_none_or(|id| template["layoutId"] == id)
            && query
                .boolean("showInCustomerPortal")
                .is_none_or(|flag| template["showInCustomerPortal"] == json!(flag))
            && is_named(template, "searchStr")
            && is_named(template, "templateName")
    });
    let items = exchange.page(wanted, 0, 10).into_iter();
    let items = items.map(|template| {
        let mut item = template.clone();
        if let Some(item) = item.as_object_mut() {
            item.shift_remove(IN);
        }
        item
    });
    Ok(Answer::List(items.collect()))
}

/// A template with all its values; each custom field of tickets is among them, one without a value as null.
fn shown(organization: &Organization, mut template: Value) -> Value {
    let mut values = Map::new();
    for rule in &VALUES {
        values.insert(rule.name.to_owned(), template[IN][rule.name].clone());
    }
    let cf = &template[IN]["cf"];
    let fields = organization.custom_fields("tickets");
    let cf: Map<String, Value> = fields
        .map(|(name, _)| (name.to_owned(), cf[name].clone()))
        .collect();
    values.insert("cf".into(), Value::Object(cf));
    values.insert("ticketNumber".into(), Value::Null);
    template[IN] = Value::Object(values);
    template
}

/// What the schema says besides: all twenty keys, and what patterns take.
fn check(body: &Map<String, Value>) -> Result<(), Fault> {
    let Some(values) = body.get(IN).and_then(Value::as_object) else {
        return Ok(());
    };
    let at = |key: &str| format!("/{IN}/{key}");
    for rule in &VALUES {
        if !values.contains_key(rule.name) {
            return Err(Fault::field(at(rule.name), Problem::Missing));
        }
    }
    let texts = |key: &str| values.get(key).and_then(Value::as_str);
    if texts("phone").is_some_and(|phone| phone.contains(';')) {
        return Err(Fault::invalid(at("phone"), "does not match the pattern"));
    }
    let is_time = |text: &str| text.ends_with('Z') && text.parse::<Timestamp>().is_ok();
    if texts("dueDate").is_some_and(|due| !is_time(due)) {
        return Err(Fault::invalid(at("dueDate"), "does not match the pattern"));
    }
    let cf = values.get("cf").and_then(Value::as_object);
    for (key, value) in cf.into_iter().flatten() {
        // One class is published for values of all types; telephone numbers and choices have more.
        let fits = |text: &str| text.chars().count() <= 100 && Pattern::Number.matches(text);
        if value.as_str().is_some_and(|text| !fits(text)) {
            let place = format!("{}/{key}", at("cf"));
            return Err(Fault::invalid(place, "does not match the pattern"));
        }
    }
    Ok(())
}

/// A body as it is stored: ids are texts, and values of custom fields that do not exist are taken and
/// kept nowhere. What an update leaves out of the values is lost: whether it is, is not stated.
fn stored(organization: &Organization, body: &Map<String, Value>) -> Map<String, Value> {
    let mut body = body.clone();
    if let Some(layout) = body.get("layoutId").and_then(id_text) {
        body.insert("layoutId".into(), json!(layout));
    }
    if let Some(values) = body.get_mut(IN).and_then(Value::as_object_mut) {
        for key in IDS {
            if let Some(text) = values.get(key).and_then(id_text) {
                values.insert(key.into(), json!(text));
            }
        }
        if let Some(people) = values.get("secondaryContacts").filter(|one| one.is_array()) {
            let people = ids(people);
            values.insert("secondaryContacts".into(), json!(people));
        }
        let sent = values.get("cf").cloned().unwrap_or_default();
        let kept: Map<String, Value> = organization
            .custom_fields("tickets")
            .filter_map(|(name, _)| {
                let value = sent.get(name).filter(|value| value.is_string())?;
                Some((name.to_owned(), value.clone()))
            })
            .collect();
        values.insert("cf".into(), Value::Object(kept));
    }
    body
}

/// That the layout is one of tickets is this simulator's reading, and so is that names differ within it;
/// breaking either is no violation.
fn settled(exchange: &Exchange<'_>, template: &Map<String, Value>, own: &str) -> Result<(), Fault> {
    let layout = template.get("layoutId").cloned().unwrap_or_default();
    let of_tickets = layout
        .as_str()
        .and_then(|id| exchange.organization.stored("layouts", id))
        .is_some_and(|layout| layout["module"] == "Cases");
    if !of_tickets {
        return Err(Fault::State("The layout is of another module.".into()));
    }
    exchange.unique_among(TEMPLATES, "ticketTemplateName", own, |other| {
        other["layoutId"] == layout
    })
}

/// Success is 200.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    check(&exchange.body)?;
    let body = stored(exchange.organization, &exchange.body);
    let id = exchange.organization.fresh_id();
    let defaults = json!({"id": id, "ticketTemplateName": null, "layoutId": null,
        "showInCustomerPortal": false, IN: {}});
    let made = complete(&body, defaults);
    settled(exchange, &made, "")?;
    exchange.organization.put(TEMPLATES, made.clone());
    let made = shown(exchange.organization, Value::Object(made));
    Ok(Answer::Object(200, made))
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut template = exchange.stored(TEMPLATES)?;
    check(&exchange.body)?;
    let body = stored(exchange.organization, &exchange.body);
    overlay(&mut template, &body);
    settled(exchange, &template, exchange.id())?;
    exchange.organization.put(TEMPLATES, template.clone());
    let changed = shown(exchange.organization, Value::Object(template));
    Ok(Answer::Object(200, changed))
}

/// The answer is 200 even where an id names nothing.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    let gone = exchange.body.get("ids").map(ids).unwrap_or_default();
    let results: Vec<Value> = gone
        .into_iter()
        .map(|id| {
            let success = exchange.organization.remove(TEMPLATES, &id);
            let errors =
                (!success).then(|| json!({"errorCode": "UNPROCESSABLE_ENTITY", "httpCode": "422"}));
            json!({"id": id, "success": success, "errors": errors})
        })
        .collect();
    Ok(Answer::Object(200, json!({ "results": results })))
}
