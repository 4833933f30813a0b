//! The dialect of the common API guide.

use serde_json::{Map, Value, json};

use super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::oauth::Scopes;
use super::openapi::{complete, fresh_api_name, leave_to_the_agent, overlay, remove_field};
use super::patterns::Pattern;
use super::respond::{Answer, Fault, Outcome, Problem};
use super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, free, id, list as list_of, map, needed,
    number, object, param, read_only, whole,
};
use super::store::is_list;

const BASIC: Scopes = Scopes::Any(&["Desk.basic.READ", "Desk.settings.READ"]);
const SETTINGS_READ: Scopes = Scopes::Any(&["Desk.settings.READ", "Desk.basic.READ"]);
const SETTINGS_CREATE: Scopes = Scopes::Any(&["Desk.settings.CREATE"]);
const SETTINGS_UPDATE: Scopes = Scopes::Any(&["Desk.settings.UPDATE"]);
const SETTINGS_DELETE: Scopes = Scopes::Any(&["Desk.settings.DELETE"]);
const CONTACTS_READ: Scopes = Scopes::Any(&["Desk.contacts.READ"]);
const CONTACTS_WRITE: Scopes = Scopes::Any(&["Desk.contacts.WRITE", "Desk.contacts.UPDATE"]);
const CONTACTS_DELETE: Scopes = Scopes::Any(&["Desk.contacts.DELETE", "Desk.contacts.WRITE"]);
const ACCOUNTS_READ: Scopes = Scopes::Any(&["Desk.accounts.READ", "Desk.contacts.READ"]);
const ACCOUNTS_WRITE: Scopes = Scopes::Any(&["Desk.accounts.UPDATE", "Desk.contacts.WRITE"]);
const ACCOUNTS_DELETE: Scopes = Scopes::Any(&["Desk.accounts.DELETE", "Desk.contacts.WRITE"]);
const SEARCH: Scopes = Scopes::All(&["Desk.contacts.READ", "Desk.search.READ"]);

const ID: Rule = read_only("id");
const CREATED: Rule = read_only("createdTime");
const MODIFIED: Rule = read_only("modifiedTime");
const EMAIL: Rule = form("email", usize::MAX, Pattern::Email).nullable();
const CF: Rule = map("cf", &Shape::Scalar);

const DEPARTMENT: [Rule; 6] = [
    free("name"),
    free("description").nullable(),
    boolean("isEnabled"),
    ID,
    read_only("creatorId"),
    CREATED,
];
const DEPARTMENT_NEW: [Rule; 6] = [
    DEPARTMENT[0].required(),
    DEPARTMENT[1],
    DEPARTMENT[2],
    DEPARTMENT[3],
    DEPARTMENT[4],
    DEPARTMENT[5],
];

const AGENT: [Rule; 12] = [
    free("lastName"),
    form("email", usize::MAX, Pattern::Email),
    free("firstName").nullable(),
    id("roleId", "roles"),
    id("profileId", "profiles"),
    free("countryCode").nullable(),
    free("timeZone").nullable(),
    choice("status", &["ACTIVE", "INACTIVE"]),
    ID,
    read_only("roleName"),
    read_only("isConfirmed"),
    CREATED,
];
const AGENT_NEW: [Rule; 12] = [
    AGENT[0].required(),
    AGENT[1].required(),
    AGENT[2],
    AGENT[3],
    AGENT[4],
    AGENT[5],
    AGENT[6],
    AGENT[7],
    AGENT[8],
    AGENT[9],
    AGENT[10],
    AGENT[11],
];

const CONTACT: [Rule; 14] = [
    free("lastName"),
    free("firstName").nullable(),
    EMAIL,
    free("phone").nullable(),
    free("mobile").nullable(),
    id("accountId", "accounts").nullable(),
    free("description").nullable(),
    free("title").nullable(),
    free("type").nullable(),
    CF,
    ID,
    read_only("isSpam"),
    CREATED,
    MODIFIED,
];
const CONTACT_NEW: [Rule; 14] = [
    CONTACT[0].required(),
    CONTACT[1],
    CONTACT[2],
    CONTACT[3],
    CONTACT[4],
    CONTACT[5],
    CONTACT[6],
    CONTACT[7],
    CONTACT[8],
    CONTACT[9],
    CONTACT[10],
    CONTACT[11],
    CONTACT[12],
    CONTACT[13],
];

const ACCOUNT: [Rule; 12] = [
    free("accountName"),
    EMAIL,
    free("phone").nullable(),
    free("website").nullable(),
    free("description").nullable(),
    free("industry").nullable(),
    number("annualRevenue").nullable(),
    number("numberOfEmployees").nullable(),
    CF,
    ID,
    CREATED,
    MODIFIED,
];
const ACCOUNT_NEW: [Rule; 12] = [
    ACCOUNT[0].required(),
    ACCOUNT[1],
    ACCOUNT[2],
    ACCOUNT[3],
    ACCOUNT[4],
    ACCOUNT[5],
    ACCOUNT[6],
    ACCOUNT[7],
    ACCOUNT[8],
    ACCOUNT[9],
    ACCOUNT[10],
    ACCOUNT[11],
];

const HOURS: [Rule; 2] = [
    number("businessHours").nullable(),
    number("calendarHours").nullable(),
];
const SLA: [Rule; 6] = [
    free("name"),
    free("description").nullable(),
    boolean("isDefault"),
    object("responseTime", &HOURS).nullable(),
    object("resolutionTime", &HOURS).nullable(),
    ID,
];
const SLA_NEW: [Rule; 6] = [SLA[0].required(), SLA[1], SLA[2], SLA[3], SLA[4], SLA[5]];

const ACTION: Shape = Shape::Choice(&["add", "update", "delete"]);
const EVENTS: [&str; 10] = [
    "Ticket.Add",
    "Ticket.Update",
    "Ticket.Delete",
    "Ticket.StatusChange",
    "Ticket.AssignmentChange",
    "Ticket.CommentAdd",
    "Contact.Add",
    "Contact.Update",
    "Account.Add",
    "Account.Update",
];
const EVENT_NEW: [Rule; 5] = [
    form("url", usize::MAX, Pattern::HttpUrl).required(),
    choice("eventType", &EVENTS).required(),
    list_of("actions", &ACTION, 1, 3),
    boolean("isActive"),
    ID,
];

const FIELD_TYPES: [&str; 18] = [
    "Text",
    "URL",
    "Textarea",
    "Email",
    "Phone",
    "Multiselect",
    "Date",
    "DateTime",
    "Number",
    "Percent",
    "Decimal",
    "Currency",
    "Picklist",
    "LookUp",
    "AutoNumber",
    "Boolean",
    "LargeText",
    "Formula",
];
const VALUE: [Rule; 1] = [free("value").required()];
const ALLOWED: Shape = Shape::Object(&VALUE);
/// Source: Organization fields, the body of a `LargeText`.
const PROPERTIES: [Rule; 1] = [boolean("translatable").required()];
const FIELD: [Rule; 13] = [
    free("displayLabel"),
    choice("type", &FIELD_TYPES),
    whole("maxLength", 1, 65_535).nullable(),
    whole("decimalPlaces", 0, 9).nullable(),
    list_of("allowedValues", &ALLOWED, 0, usize::MAX).nullable(),
    Rule {
        nullable: true,
        ..super::rules::shaped("defaultValue", Shape::Scalar)
    },
    boolean("isMandatory"),
    free("toolTip").nullable(),
    read_only("apiName"),
    ID,
    read_only("module"),
    read_only("isCustomField"),
    object("properties", &PROPERTIES).nullable(),
];
const FIELD_NEW: [Rule; 13] = [
    FIELD[0].required(),
    FIELD[1].required(),
    FIELD[2],
    FIELD[3],
    FIELD[4],
    FIELD[5],
    FIELD[6],
    FIELD[7],
    FIELD[8],
    FIELD[9],
    FIELD[10],
    FIELD[11],
    FIELD[12],
];

/// Paging is stated for tickets and contacts; it is taken for every list.
const PAGE: [Param; 2] = [
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 100)),
];
const SORTED: [Param; 3] = [
    PAGE[0],
    PAGE[1],
    param(
        "sortBy",
        Form::Order(&[
            "createdTime",
            "modifiedTime",
            "firstName",
            "lastName",
            "email",
            "accountName",
        ]),
    ),
];
const BY_EMAIL: [Param; 1] = [needed("email", Form::Text(1, usize::MAX))];
const MODULE: [Param; 1] = [needed("module", Form::Choice(&super::openapi::MODULES))];

/// Every operation of this dialect.
pub(super) static ROUTES: [Route; 35] = [
    list("/organizations", BASIC, &[], |exchange| {
        Ok(Answer::List(exchange.directory.to_vec()))
    }),
    list("/departments", BASIC, &PAGE, |exchange| {
        page(exchange, "departments")
    }),
    post(
        "/departments",
        SETTINGS_CREATE,
        Content::Object(&DEPARTMENT_NEW),
        create_department,
    ),
    get("/departments/{id}", BASIC, &[], |exchange| {
        single(exchange, "departments")
    }),
    patch(
        "/departments/{id}",
        SETTINGS_UPDATE,
        Content::Change(&DEPARTMENT),
        |exchange| change(exchange, "departments", "name", "name"),
    ),
    delete("/departments/{id}", SETTINGS_DELETE, delete_department),
    list("/agents", SETTINGS_READ, &PAGE, |exchange| {
        page(exchange, "agents")
    }),
    post(
        "/agents",
        SETTINGS_CREATE,
        Content::Object(&AGENT_NEW),
        create_agent,
    ),
    get("/agents/{id}", SETTINGS_READ, &[], |exchange| {
        single(exchange, "agents")
    }),
    patch(
        "/agents/{id}",
        SETTINGS_UPDATE,
        Content::Change(&AGENT),
        change_agent,
    ),
    delete("/agents/{id}", SETTINGS_DELETE, delete_agent),
    list("/contacts", CONTACTS_READ, &SORTED, |exchange| {
        page(exchange, "contacts")
    }),
    list("/contacts/search", SEARCH, &BY_EMAIL, search),
    post(
        "/contacts",
        CONTACTS_WRITE,
        Content::Object(&CONTACT_NEW),
        create_contact,
    ),
    get("/contacts/{id}", CONTACTS_READ, &[], |exchange| {
        single(exchange, "contacts")
    }),
    patch(
        "/contacts/{id}",
        CONTACTS_WRITE,
        Content::Change(&CONTACT),
        |exchange| change(exchange, "contacts", "lastName", "email"),
    ),
    delete("/contacts/{id}", CONTACTS_DELETE, |exchange| {
        remove(exchange, "contacts")
    }),
    list("/accounts", ACCOUNTS_READ, &SORTED, |exchange| {
        page(exchange, "accounts")
    }),
    post(
        "/accounts",
        ACCOUNTS_WRITE,
        Content::Object(&ACCOUNT_NEW),
        create_account,
    ),
    get("/accounts/{id}", ACCOUNTS_READ, &[], |exchange| {
        single(exchange, "accounts")
    }),
    patch(
        "/accounts/{id}",
        ACCOUNTS_WRITE,
        Content::Change(&ACCOUNT),
        |exchange| change(exchange, "accounts", "accountName", "accountName"),
    ),
    delete("/accounts/{id}", ACCOUNTS_DELETE, delete_account),
    list("/sla", SETTINGS_READ, &PAGE, |exchange| {
        page(exchange, "slas")
    }),
    post(
        "/sla",
        SETTINGS_CREATE,
        Content::Object(&SLA_NEW),
        create_sla,
    ),
    get("/sla/{id}", SETTINGS_READ, &[], |exchange| {
        single(exchange, "slas")
    }),
    patch(
        "/sla/{id}",
        SETTINGS_UPDATE,
        Content::Change(&SLA),
        change_sla,
    ),
    delete("/sla/{id}", SETTINGS_DELETE, |exchange| {
        remove(exchange, "slas")
    }),
    list("/events", SETTINGS_READ, &PAGE, |exchange| {
        page(exchange, "events")
    }),
    post(
        "/events",
        SETTINGS_CREATE,
        Content::Object(&EVENT_NEW),
        create_event,
    ),
    delete("/events/{id}", SETTINGS_DELETE, |exchange| {
        remove(exchange, "events")
    }),
    list("/organizationFields", SETTINGS_READ, &MODULE, fields),
    post(
        "/organizationFields",
        SETTINGS_CREATE,
        Content::Object(&FIELD_NEW),
        create_field,
    )
    .with(&MODULE),
    get("/organizationFields/{id}", SETTINGS_READ, &[], |exchange| {
        single(exchange, "fields")
    }),
    patch(
        "/organizationFields/{id}",
        SETTINGS_UPDATE,
        Content::Change(&FIELD),
        change_field,
    ),
    delete("/organizationFields/{id}", SETTINGS_DELETE, |exchange| {
        remove_field(exchange)?;
        Ok(Answer::Empty(204))
    }),
];

fn page(exchange: &mut Exchange<'_>, collection: &str) -> Outcome {
    let items: Vec<&Value> = exchange.organization.live(collection).collect();
    let items = exchange.page(exchange.sorted(items).into_iter(), 0, 100);
    Ok(Answer::List(
        items
            .into_iter()
            .map(|item| exchange.organization.view(collection, item))
            .collect(),
    ))
}

fn single(exchange: &mut Exchange<'_>, collection: &str) -> Outcome {
    Ok(Answer::Object(
        200,
        exchange.seen(collection, exchange.id())?,
    ))
}

/// Texts that name an object cannot be empty.
fn check_name(exchange: &Exchange<'_>, field: &str) -> Result<(), Fault> {
    let empty = exchange
        .body
        .get(field)
        .and_then(Value::as_str)
        .is_some_and(|name| name.trim().is_empty());
    if empty {
        Err(Fault::field(format!("/{field}"), Problem::Missing))
    } else {
        Ok(())
    }
}

fn create(
    exchange: &mut Exchange<'_>,
    collection: &str,
    name: &str,
    unique: &str,
    defaults: Value,
) -> Outcome {
    check_name(exchange, name)?;
    exchange.unique(collection, unique)?;
    let mut object = complete(&exchange.body, defaults);
    let id = exchange.organization.fresh_id();
    object.shift_insert(0, "id".into(), json!(id));
    exchange.organization.put(collection, object);
    Ok(Answer::Object(201, exchange.seen(collection, &id)?))
}

fn change(exchange: &mut Exchange<'_>, collection: &str, name: &str, unique: &str) -> Outcome {
    let mut object = exchange.stored(collection)?;
    check_name(exchange, name)?;
    exchange.unique(collection, unique)?;
    overlay(&mut object, &exchange.body);
    if object.contains_key("modifiedTime") {
        object.insert("modifiedTime".into(), exchange.now());
    }
    exchange.organization.put(collection, object);
    single(exchange, collection)
}

fn remove(exchange: &mut Exchange<'_>, collection: &str) -> Outcome {
    let id = exchange.id().to_owned();
    if exchange.organization.remove(collection, &id) {
        Ok(Answer::Empty(204))
    } else {
        Err(Fault::Absent)
    }
}

fn create_department(exchange: &mut Exchange<'_>) -> Outcome {
    let defaults = json!({"name": null, "description": null, "creatorId": exchange.organization.acting_agent(),
        "isEnabled": true, "createdTime": exchange.now()});
    create(exchange, "departments", "name", "name", defaults)
}

fn delete_department(exchange: &mut Exchange<'_>) -> Outcome {
    let first = exchange
        .organization
        .live("departments")
        .next()
        .map(|department| department["id"].clone());
    if first == Some(json!(exchange.id())) {
        return Err(Fault::Protected(
            "The default department cannot be deleted.".into(),
        ));
    }
    remove(exchange, "departments")
}

fn create_agent(exchange: &mut Exchange<'_>) -> Outcome {
    let id_of = |collection: &str, name: &str| {
        exchange
            .organization
            .find(collection, "name", name)
            .map(|object| object["id"].clone())
            .unwrap_or_default()
    };
    let defaults = json!({"firstName": null, "lastName": null, "email": null, "roleId": id_of("roles", "Manager"),
        "profileId": id_of("profiles", "Agent"), "countryCode": null, "timeZone": null, "isConfirmed": false,
        "status": "ACTIVE", "createdTime": exchange.now()});
    leave_to_the_agent(exchange, "");
    create(exchange, "agents", "lastName", "email", defaults)
}

fn not_the_acting_agent(exchange: &Exchange<'_>) -> Result<(), Fault> {
    if exchange.id() == exchange.organization.acting_agent() {
        return Err(Fault::Protected(
            "The acting agent cannot be taken away.".into(),
        ));
    }
    Ok(())
}

fn change_agent(exchange: &mut Exchange<'_>) -> Outcome {
    if exchange.body.get("status") == Some(&json!("INACTIVE")) {
        not_the_acting_agent(exchange)?;
    }
    let id = exchange.id().to_owned();
    leave_to_the_agent(exchange, &id);
    change(exchange, "agents", "lastName", "email")
}

fn delete_agent(exchange: &mut Exchange<'_>) -> Outcome {
    not_the_acting_agent(exchange)?;
    remove(exchange, "agents")
}

fn create_contact(exchange: &mut Exchange<'_>) -> Outcome {
    let now = exchange.now();
    let defaults = json!({"firstName": null, "lastName": null, "email": null, "phone": null, "mobile": null,
        "accountId": null, "description": null, "title": null, "type": null, "isSpam": false, "cf": {},
        "createdTime": now, "modifiedTime": now});
    create(exchange, "contacts", "lastName", "email", defaults)
}

/// Exact, but without regard to case.
fn search(exchange: &mut Exchange<'_>) -> Outcome {
    let wanted = exchange
        .query
        .get("email")
        .unwrap_or_default()
        .to_lowercase();
    let hits = exchange
        .organization
        .live("contacts")
        .filter(|contact| {
            contact["email"]
                .as_str()
                .is_some_and(|email| email.to_lowercase() == wanted)
        })
        .map(|contact| exchange.organization.view("contacts", contact))
        .collect();
    Ok(Answer::List(hits))
}

fn create_account(exchange: &mut Exchange<'_>) -> Outcome {
    let now = exchange.now();
    let defaults = json!({"accountName": null, "email": null, "phone": null, "website": null, "description": null,
        "industry": null, "annualRevenue": null, "numberOfEmployees": null, "cf": {}, "createdTime": now,
        "modifiedTime": now});
    create(exchange, "accounts", "accountName", "accountName", defaults)
}

/// The account's contacts stay and lose their account.
fn delete_account(exchange: &mut Exchange<'_>) -> Outcome {
    let id = exchange.id().to_owned();
    let answer = remove(exchange, "accounts")?;
    let contacts: Vec<Value> = exchange
        .organization
        .live("contacts")
        .filter(|contact| contact["accountId"] == id.as_str())
        .cloned()
        .collect();
    for contact in contacts {
        if let Value::Object(mut contact) = contact {
            contact.insert("accountId".into(), Value::Null);
            exchange.organization.put("contacts", contact);
        }
    }
    Ok(answer)
}

fn create_sla(exchange: &mut Exchange<'_>) -> Outcome {
    let none = json!({"businessHours": null, "calendarHours": null});
    let defaults = json!({"name": null, "description": null, "isDefault": false, "responseTime": none,
        "resolutionTime": none});
    let answer = create(exchange, "slas", "name", "name", defaults)?;
    if let Answer::Object(_, sla) = &answer {
        one_default(exchange, sla);
    }
    Ok(answer)
}

fn change_sla(exchange: &mut Exchange<'_>) -> Outcome {
    let answer = change(exchange, "slas", "name", "name")?;
    if let Answer::Object(_, sla) = &answer {
        one_default(exchange, sla);
    }
    Ok(answer)
}

/// A new default takes the place of the old one.
fn one_default(exchange: &mut Exchange<'_>, sla: &Value) {
    if sla["isDefault"] != json!(true) {
        return;
    }
    let others: Vec<String> = exchange
        .organization
        .live("slas")
        .filter(|other| other["id"] != sla["id"] && other["isDefault"] == json!(true))
        .filter_map(|other| other["id"].as_str().map(str::to_owned))
        .collect();
    for id in others {
        exchange.organization.change("slas", &id, |other| {
            other.insert("isDefault".into(), json!(false));
        });
    }
}

/// One object for each event; the same event with the same address is a duplicate.
fn create_event(exchange: &mut Exchange<'_>) -> Outcome {
    let same = |event: &Value| {
        ["url", "eventType"]
            .iter()
            .all(|field| exchange.body.get(*field) == event.get(*field))
    };
    let is_taken = exchange.organization.live("events").any(same);
    if is_taken && !exchange.organization.sight.takes_duplicates {
        return Err(Fault::field("/eventType", Problem::Duplicate));
    }
    let defaults = json!({"url": null, "eventType": null, "actions": ["add"], "isActive": true});
    create(exchange, "events", "url", "url", defaults)
}

fn fields(exchange: &mut Exchange<'_>) -> Outcome {
    let module = exchange.query.get("module").unwrap_or_default();
    Ok(Answer::List(
        exchange
            .organization
            .live("fields")
            .filter(|field| field["module"] == module)
            .cloned()
            .collect(),
    ))
}

/// Values belong to picklists only, and properties to large texts.
fn check_values(kind: Option<&Value>, body: &Map<String, Value>) -> Result<(), Fault> {
    let is_list = kind.is_some_and(is_list);
    let has_values = body
        .get("allowedValues")
        .and_then(Value::as_array)
        .is_some_and(|values| !values.is_empty());
    if has_values && !is_list {
        return Err(Fault::invalid(
            "/allowedValues",
            "belongs to Picklist and Multiselect only",
        ));
    }
    let has_properties = body.get("properties").is_some_and(Value::is_object);
    if has_properties && kind.is_none_or(|kind| kind != "LargeText") {
        return Err(Fault::invalid("/properties", "belongs to LargeText only"));
    }
    Ok(())
}

fn create_field(exchange: &mut Exchange<'_>) -> Outcome {
    check_values(exchange.body.get("type"), &exchange.body)?;
    let module = exchange.query.get("module").unwrap_or_default().to_owned();
    let label = exchange
        .body
        .get("displayLabel")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let api_name = fresh_api_name(exchange, &module, &label);
    let defaults = json!({"displayLabel": null, "apiName": api_name, "type": null, "module": module,
        "isCustomField": true, "isMandatory": false, "maxLength": null, "decimalPlaces": null,
        "allowedValues": null, "defaultValue": null, "toolTip": null});
    create(exchange, "fields", "displayLabel", "displayLabel", defaults)
}

fn change_field(exchange: &mut Exchange<'_>) -> Outcome {
    let field = exchange.stored("fields")?;
    if exchange
        .body
        .get("type")
        .is_some_and(|kind| Some(kind) != field.get("type"))
    {
        return Err(Fault::invalid("/type", "cannot be changed"));
    }
    check_values(field.get("type"), &exchange.body)?;
    change(exchange, "fields", "displayLabel", "displayLabel")
}
