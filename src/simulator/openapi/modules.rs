//! Modules: those of the system, and custom ones.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, post, put};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Rule, Shape, boolean, form, set};
use super::super::seed::system_field;
use super::{api_name, complete, overlay};

const LIST: Scopes = Scopes::Any(&["Desk.basic.READ", "Desk.modules.READ", "Desk.settings.READ"]);
const READ: Scopes = Scopes::Any(&["Desk.modules.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.modules.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.modules.UPDATE", "Desk.settings.UPDATE"]);

const DEPARTMENT: Shape = Shape::Id("departments");
const PROFILE: Shape = Shape::Id("profiles");

/// Source: Module, operation `createModule`.
const NEW: [Rule; 6] = [
    form("singularLabel", 50, Pattern::Name).required(),
    form("pluralLabel", 50, Pattern::Name).required(),
    form("description", 200, Pattern::Name),
    boolean("isDeptSpecific"),
    set("departmentIds", &DEPARTMENT),
    set("profileIds", &PROFILE),
];

/// Source: Module, operation `updateModule`: what a module belongs to stays.
const REPLACED: [Rule; 5] = [
    form("singularLabel", 50, Pattern::Name).required(),
    form("pluralLabel", 50, Pattern::Name).required(),
    form("description", 200, Pattern::Name),
    set("departmentIds", &DEPARTMENT).required(),
    set("profileIds", &PROFILE).required(),
];

/// The modules of the system: label, plural, API name and the field that names a record.
const OF_THE_SYSTEM: [(&str, &str, &str, &str); 9] = [
    ("Ticket", "Tickets", "tickets", "subject"),
    ("Contact", "Contacts", "contacts", "lastName"),
    ("Account", "Accounts", "accounts", "accountName"),
    ("Task", "Tasks", "tasks", "subject"),
    ("Call", "Calls", "calls", "subject"),
    ("Event", "Events", "events", "subject"),
    ("Product", "Products", "products", "productName"),
    ("Contract", "Contracts", "contracts", "contractName"),
    ("Time Entry", "Time Entries", "timeEntry", "requestId"),
];

/// The operations of this file. The API has none that deletes.
pub(super) static ROUTES: [Route; 4] = [
    list("/organizationModules", LIST, &[], modules),
    post(
        "/organizationModules",
        CREATE,
        Content::Object(&NEW),
        create,
    ),
    get("/organizationModules/{id}", READ, &[], one),
    put(
        "/organizationModules/{id}",
        UPDATE,
        Content::Object(&REPLACED),
        replace,
    ),
];

/// All of them at once; items lack profiles and departments.
fn modules(exchange: &mut Exchange<'_>) -> Outcome {
    let organization = &exchange.organization;
    let mut shown: Vec<Value> = of_the_system().collect();
    shown.extend(organization.live("customModules").map(|module| {
        let mut item = organization.view("customModules", module);
        if let Some(item) = item.as_object_mut() {
            item.shift_remove("departmentIds");
            item.shift_remove("profileIds");
        }
        item
    }));
    Ok(Answer::List(shown))
}

/// A single one has its profiles and departments.
fn one(exchange: &mut Exchange<'_>) -> Outcome {
    let module = match of_the_system().find(|module| module["id"] == exchange.id()) {
        Some(mut module) => {
            module["profileIds"] = json!([]);
            module["departmentIds"] = json!([]);
            module
        }
        None => exchange.seen("customModules", exchange.id())?,
    };
    Ok(Answer::Object(200, module))
}

/// The modules of the system as lists show them. Their ids are none that another object gets.
fn of_the_system() -> impl Iterator<Item = Value> {
    (1..).zip(OF_THE_SYSTEM).map(|(id, (singular, plural, api_name, name))| {
        let id: u32 = id;
        json!({"id": id.to_string(), "apiName": api_name, "displayLabel": plural,
            "singularLabel": singular, "pluralLabel": plural, "description": null, "nameField": name,
            "isCustomModule": false,
            "isDeptSpecific": matches!(api_name, "tickets" | "tasks" | "calls" | "events"),
            "hasRecycleBin": true, "createdBy": null, "createdTime": "2025-01-01T00:00:00.000Z",
            "modifiedBy": null, "modifiedTime": "2025-01-01T00:00:00.000Z", "modifier": null})
    })
}

/// Two custom modules cannot have one label: whether they can is not stated. Success is 200. A module
/// is of the whole organization unless it is said that departments have records of their own. It brings the
/// field that holds the names of its records; what else it has is not stated.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.unique_among("customModules", "singularLabel", "", |_| true)?;
    let label = exchange.body["singularLabel"].as_str().unwrap_or_default();
    let api_name = api_name("cm_", label, |name| {
        let mut modules = exchange.organization.live("customModules");
        modules.any(|module| module["apiName"] == name)
    });
    let id = exchange.organization.fresh_id();
    let (me, now) = (
        exchange.organization.acting_agent().to_owned(),
        exchange.now(),
    );
    let defaults = json!({"id": id, "apiName": api_name, "displayLabel": exchange.body["pluralLabel"],
        "singularLabel": null, "pluralLabel": null, "description": null, "nameField": "name",
        "isCustomModule": true, "isDeptSpecific": false, "hasRecycleBin": true, "createdBy": me,
        "createdTime": now, "modifiedBy": me, "modifiedTime": now, "modifier": null,
        "profileIds": [], "departmentIds": []});
    let module = complete(&exchange.body, defaults);
    exchange.organization.put("customModules", module);
    let name = system_field(&api_name, "Name", "name", "Text");
    exchange.organization.insert("fields", name);
    Ok(Answer::Object(200, exchange.seen("customModules", &id)?))
}

/// What a request leaves out is lost, as a PUT says, or stays: which of the two is not stated.
fn replace(exchange: &mut Exchange<'_>) -> Outcome {
    let mut module: Map<String, Value> = exchange.stored("customModules")?;
    if module.get("isCustomModule") == Some(&json!(false)) {
        return Err(Fault::State(
            "A module of the system is not changed.".into(),
        ));
    }
    exchange.unique_among("customModules", "singularLabel", exchange.id(), |_| true)?;
    if !exchange.organization.sight.keeps_left_out {
        module.insert("description".into(), Value::Null);
    }
    overlay(&mut module, &exchange.body);
    module.insert("displayLabel".into(), exchange.body["pluralLabel"].clone());
    exchange.stamp(&mut module);
    exchange.organization.put("customModules", module);
    Ok(Answer::Object(
        200,
        exchange.seen("customModules", exchange.id())?,
    ))
}
