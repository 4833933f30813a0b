//! Accounts and contacts.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post};
use super::super::limits::Price;
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Query, Rule, Shape, form, id, id_or_none, list as list_of, map, param, scalar,
    text,
};
use super::super::store::ids;
use super::{complete, overlay, wildcard};

const READ: Scopes = Scopes::All(&["Desk.contacts.READ"]);
const CREATE: Scopes = Scopes::All(&["Desk.contacts.CREATE"]);
const UPDATE: Scopes = Scopes::All(&["Desk.contacts.UPDATE"]);
const DELETE: Scopes = Scopes::All(&["Desk.contacts.DELETE"]);
const SEARCH: Scopes = Scopes::All(&["Desk.contacts.READ", "Desk.search.READ"]);

// One class is published for values of all types; telephone numbers and choices have more.
const CF_VALUE: Shape = Shape::Text {
    min: 0,
    max: 100,
    pattern: Pattern::Number,
};
const SLA: Shape = Shape::Id("slas");
const CONTACT: Shape = Shape::Id("contacts");
const ACCOUNT: Shape = Shape::Id("accounts");

// Rules that creating and changing share.
const ACCOUNT_NAME: Rule = text("accountName", 200);
const WEBSITE: Rule = form("website", 120, Pattern::Website).nullable();
const ACCOUNT_PHONE: Rule = form("phone", 30, Pattern::Number).nullable();
const EMAIL: Rule = form("email", 255, Pattern::Email).nullable();
const STREET: Rule = text("street", 250);
const CODE: Rule = form("code", 30, Pattern::Name).clearable();
const INDUSTRY: Rule = form("industry", 120, Pattern::Name).clearable();
const REVENUE: Rule = form("annualrevenue", 100, Pattern::Revenue).clearable();
const DESCRIPTION: Rule = text("description", 65_535);
const SLAS: Rule = list_of("associatedSLAIds", &SLA, 0, usize::MAX);
const LAYOUT: Rule = id("layoutId", "layouts");
const CF: Rule = map("cf", &CF_VALUE);
const CUSTOM_FIELDS: Rule = map("customFields", &CF_VALUE);

/// Source: Account, operation `createAccount`; the name is mandatory in the product.
const ACCOUNT_CREATE: [Rule; 18] = [
    ACCOUNT_NAME.required(),
    WEBSITE,
    ACCOUNT_PHONE,
    EMAIL,
    text("country", 100),
    text("city", 100),
    text("state", 100),
    STREET,
    CODE,
    INDUSTRY,
    REVENUE,
    DESCRIPTION,
    form("fax", 30, Pattern::Number).clearable(),
    id_or_none("ownerId", "agents"),
    SLAS,
    LAYOUT,
    CF,
    CUSTOM_FIELDS,
];

/// Source: Account, operation `updateAccount`: country, city and state are shorter here.
const ACCOUNT_UPDATE: [Rule; 18] = [
    ACCOUNT_NAME,
    WEBSITE,
    ACCOUNT_PHONE,
    EMAIL,
    text("country", 30),
    text("city", 30),
    text("state", 30),
    STREET,
    CODE,
    INDUSTRY,
    REVENUE,
    DESCRIPTION,
    form("fax", 30, Pattern::Number).clearable(),
    id("ownerId", "agents"),
    SLAS,
    LAYOUT,
    CF,
    CUSTOM_FIELDS,
];

const LAST_NAME: Rule = text("lastName", 200);
const FIRST_NAME: Rule = text("firstName", 40).nullable();
const SECOND_EMAIL: Rule = form("secondaryEmail", 100, Pattern::Email).nullable();
const CONTACT_PHONE: Rule = form("phone", 50, Pattern::Number).nullable();
const MOBILE: Rule = form("mobile", 50, Pattern::Number).clearable();
const ACCOUNT_ID: Rule = id_or_none("accountId", "accounts").nullable();
const OWNER_ID: Rule = id_or_none("ownerId", "agents").nullable();
const TYPE: Rule = form("type", usize::MAX, Pattern::Kind).nullable();
// Digits by the schema; the examples have letters and blanks.
const ZIP: Rule = scalar("zip");
const TITLE: Rule = text("title", 100);
const TWITTER: Rule = text("twitter", 100);
const FACEBOOK: Rule = text("facebook", 100);
const LANGUAGE: Rule = form("language", 255, Pattern::Kind).clearable();

/// Source: Contact, operation `createContact`; the last name is mandatory in the product.
const CONTACT_CREATE: [Rule; 22] = [
    LAST_NAME.required(),
    FIRST_NAME,
    EMAIL,
    SECOND_EMAIL,
    CONTACT_PHONE,
    MOBILE,
    ACCOUNT_ID,
    OWNER_ID,
    TYPE,
    ZIP,
    text("country", 100),
    text("city", 100),
    text("state", 100),
    STREET,
    TITLE,
    DESCRIPTION,
    TWITTER,
    FACEBOOK,
    CF,
    CUSTOM_FIELDS,
    LAYOUT,
    LANGUAGE,
];

/// Source: Contact, operation `updateContact`: country, city and state are shorter here.
const CONTACT_UPDATE: [Rule; 22] = [
    LAST_NAME,
    FIRST_NAME,
    EMAIL,
    SECOND_EMAIL,
    CONTACT_PHONE,
    MOBILE,
    ACCOUNT_ID,
    OWNER_ID,
    TYPE,
    ZIP,
    text("country", 30),
    text("city", 30),
    text("state", 30),
    STREET,
    TITLE,
    DESCRIPTION,
    TWITTER,
    FACEBOOK,
    CF,
    CUSTOM_FIELDS,
    LAYOUT,
    LANGUAGE,
];

const ACCOUNT_TRASH: [Rule; 1] = [list_of("accountIds", &ACCOUNT, 1, usize::MAX).required()];
const CONTACT_TRASH: [Rule; 1] = [list_of("contactIds", &CONTACT, 1, usize::MAX).required()];

/// Credits for each record that a bulk removal moves to the recycle bin.
const TRASH: Price = Price::Each(6);

const LIMIT: Param = param("limit", Form::Range(1, 100));
const FROM: Param = param("from", Form::Range(0, i64::MAX));
const FIELDS: Param = param("fields", Form::Names(30));

/// Source: Account, operation `getAccounts`.
const ACCOUNT_LIST: [Param; 7] = [
    param("viewId", Form::Id),
    LIMIT,
    FROM,
    param(
        "sortBy",
        Form::Order(&[
            "website",
            "email",
            "phone",
            "accountName",
            "createdTime",
            "modifiedTime",
        ]),
    ),
    FIELDS,
    param("filters", Form::Text(1, usize::MAX)),
    param("filterId", Form::Id),
];
const ACCOUNT_GET: [Param; 1] = [param("include", Form::Choice(&["owner"]))];

/// Source: Contact, operation `getContacts`.
const CONTACT_LIST: [Param; 7] = [
    FIELDS,
    param("viewId", Form::Id),
    LIMIT,
    FROM,
    param("filterId", Form::Id),
    param("include", Form::Choices(&["accounts"])),
    param(
        "sortBy",
        Form::Choice(&[
            "firstName",
            "lastName",
            "phone",
            "email",
            "account",
            "createdTime",
            "modifiedTime",
        ]),
    ),
];
const CONTACT_GET: [Param; 1] = [param("include", Form::Choices(&["accounts", "owner"]))];

const TIMES: Form = Form::Text(1, 100);
const CUSTOM: Form = Form::Text(1, 1_000);

macro_rules! search {
    ($($param:expr),+ $(,)?) => {
        [
            $($param,)+
            param("createdTimeRange", TIMES), param("modifiedTimeRange", TIMES), param("id", Form::Ids(usize::MAX)),
            param("_all", Form::Text(3, 1_000)), LIMIT, param("from", Form::Range(0, 999)),
            param("customField1", CUSTOM), param("customField2", CUSTOM), param("customField3", CUSTOM),
            param("customField4", CUSTOM), param("customField5", CUSTOM), param("customField6", CUSTOM),
            param("customField7", CUSTOM), param("customField8", CUSTOM), param("customField9", CUSTOM),
            param("customField10", CUSTOM),
        ]
    };
}

/// Source: Search, operation `searchAccounts`.
const ACCOUNT_SEARCH: [Param; 18] = search![
    param("accountName", Form::Text(3, 500)),
    param(
        "sortBy",
        Form::Order(&["relevance", "modifiedTime", "createdTime", "accountName"])
    ),
];

/// Source: Search, operation `searchContacts`.
const CONTACT_SEARCH: [Param; 24] = search![
    param("email", Form::Names(30)),
    param("phone", Form::Names(30)),
    param("mobile", Form::Names(30)),
    param("accountName", Form::Text(3, 500)),
    param("lastName", Form::Text(3, 200)),
    param("firstName", Form::Text(3, 40)),
    param("fullName", Form::Text(3, 200)),
    param(
        "sortBy",
        Form::Order(&[
            "relevance",
            "modifiedTime",
            "createdTime",
            "lastName",
            "firstName"
        ])
    ),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 12] = [
    list("/accounts", READ, &ACCOUNT_LIST, |exchange| {
        page(exchange, "accounts", 1)
    }),
    post(
        "/accounts",
        CREATE,
        Content::Object(&ACCOUNT_CREATE),
        create_account,
    ),
    list("/accounts/search", SEARCH, &ACCOUNT_SEARCH, |exchange| {
        search(exchange, "accounts")
    }),
    post(
        "/accounts/moveToTrash",
        DELETE,
        Content::Object(&ACCOUNT_TRASH),
        |exchange| trash(exchange, "accounts", "accountIds"),
    )
    .at(TRASH),
    get("/accounts/{id}", READ, &ACCOUNT_GET, |exchange| {
        single(exchange, "accounts")
    }),
    patch(
        "/accounts/{id}",
        UPDATE,
        Content::Change(&ACCOUNT_UPDATE),
        |exchange| change(exchange, "accounts", "accountName", "accountName"),
    ),
    list("/contacts", READ, &CONTACT_LIST, |exchange| {
        page(exchange, "contacts", 0)
    })
    .taking(Content::Ignored),
    post(
        "/contacts",
        CREATE,
        Content::Object(&CONTACT_CREATE),
        create_contact,
    ),
    list("/contacts/search", SEARCH, &CONTACT_SEARCH, |exchange| {
        search(exchange, "contacts")
    }),
    post(
        "/contacts/moveToTrash",
        DELETE,
        Content::Object(&CONTACT_TRASH),
        |exchange| trash(exchange, "contacts", "contactIds"),
    )
    .at(TRASH),
    get("/contacts/{id}", READ, &CONTACT_GET, |exchange| {
        single(exchange, "contacts")
    }),
    patch(
        "/contacts/{id}",
        UPDATE,
        Content::Change(&CONTACT_UPDATE),
        |exchange| change(exchange, "contacts", "lastName", "email"),
    ),
];

/// The fields that a list item carries without `fields`. Source: Account and Contact, list items.
fn list_fields(collection: &str) -> &'static [&'static str] {
    if collection == "accounts" {
        &[
            "accountName",
            "website",
            "phone",
            "email",
            "id",
            "createdTime",
            "webUrl",
            "zohoCRMAccount",
        ]
    } else {
        &[
            "lastName",
            "firstName",
            "email",
            "secondaryEmail",
            "phone",
            "mobile",
            "accountId",
            "ownerId",
            "type",
            "id",
            "createdTime",
            "webUrl",
            "photoURL",
            "accountCount",
            "isAnonymous",
            "isEndUser",
            "isSpam",
            "zohoCRMContact",
        ]
    }
}

/// Standard fields that `fields` may ask for: no multi-line text and no parts of other objects.
fn askable(collection: &str) -> &'static [&'static str] {
    if collection == "accounts" {
        &[
            "country",
            "city",
            "state",
            "street",
            "code",
            "industry",
            "annualrevenue",
            "fax",
            "ownerId",
            "layoutId",
            "modifiedTime",
            "webUrl",
        ]
    } else {
        &[
            "zip",
            "country",
            "city",
            "state",
            "street",
            "title",
            "twitter",
            "facebook",
            "layoutId",
            "modifiedTime",
            "photoURL",
            "webUrl",
        ]
    }
}

fn page(exchange: &mut Exchange<'_>, collection: &str, first: usize) -> Outcome {
    let asked = exchange.query.parts("fields");
    let custom: Vec<&str> = exchange
        .organization
        .live("fields")
        .filter(|field| {
            field["module"] == collection
                && field["isCustomField"] == json!(true)
                && field["type"] != "Textarea"
        })
        .filter_map(|field| field["apiName"].as_str())
        .collect();
    for name in &asked {
        if !(list_fields(collection).contains(name)
            || askable(collection).contains(name)
            || custom.contains(name))
        {
            let why = format!("The field '{name}' cannot be asked for in the list.");
            return Err(Fault::Query {
                name: "fields".into(),
                why,
            });
        }
    }
    let items: Vec<&Value> = exchange.organization.live(collection).collect();
    let items = exchange.page(exchange.sorted(items).into_iter(), first, 10);
    let shown = |object: &Value| {
        // Built from the stored object: a whole view of each item would be dear in long lists.
        let mut item = Map::new();
        for name in list_fields(collection).iter().chain(&asked) {
            if custom.contains(name) {
                let cf = item.entry("cf").or_insert_with(|| json!({}));
                if let Some(cf) = cf.as_object_mut() {
                    cf.insert((*name).to_owned(), object["cf"][*name].clone());
                }
            } else if *name == "accountCount" {
                let count = if object["accountId"].is_string() {
                    "1"
                } else {
                    "0"
                };
                item.insert("accountCount".into(), json!(count));
            } else {
                item.insert((*name).to_owned(), object[*name].clone());
            }
        }
        item.insert("customerHappiness".into(), happiness());
        if exchange.query.parts("include").contains(&"accounts") {
            item.insert("account".into(), account_of(exchange, object));
        }
        Value::Object(item)
    };
    Ok(Answer::List(items.into_iter().map(shown).collect()))
}

fn happiness() -> Value {
    json!({"badPercentage": "0", "okPercentage": "0", "goodPercentage": "0"})
}

fn account_of(exchange: &Exchange<'_>, contact: &Value) -> Value {
    contact["accountId"]
        .as_str()
        .and_then(|id| exchange.organization.stored("accounts", id))
        .map(|account| json!({"id": account["id"], "accountName": account["accountName"], "website": account["website"]}))
        .unwrap_or_default()
}

fn owner_of(exchange: &Exchange<'_>, object: &Value) -> Value {
    object["ownerId"]
        .as_str()
        .and_then(|id| exchange.organization.stored("agents", id))
        .map(|agent| json!({"id": agent["id"], "firstName": agent["firstName"], "lastName": agent["lastName"]}))
        .unwrap_or_default()
}

/// One object with every field; an object in the recycle bin says so in `isTrashed`.
fn shown(exchange: &Exchange<'_>, collection: &str, id: &str) -> Result<Value, Fault> {
    let mut object = exchange.seen(collection, id)?;
    if let (Some(fields), "contacts") = (object.as_object_mut(), collection) {
        // The language is accepted and not answered.
        fields.shift_remove("language");
        fields.insert("customerHappiness".into(), happiness());
    }
    Ok(object)
}

fn single(exchange: &mut Exchange<'_>, collection: &str) -> Outcome {
    let mut object = shown(exchange, collection, exchange.id())?;
    for part in exchange.query.parts("include") {
        let (key, value) = match part {
            "owner" => ("owner", owner_of(exchange, &object)),
            _ => ("account", account_of(exchange, &object)),
        };
        if let Some(object) = object.as_object_mut() {
            object.insert(key.into(), value);
        }
    }
    Ok(Answer::Object(200, object))
}

/// References are kept as texts, or as null when they are taken away.
fn settle(object: &mut Map<String, Value>) {
    for field in ["accountId", "ownerId", "layoutId"] {
        if let Some(value) = object.get_mut(field) {
            *value = super::super::rules::id_text(value).map_or(Value::Null, Value::String);
        }
    }
    if let Some(slas) = object.get("associatedSLAIds").map(ids) {
        object.insert("associatedSLAIds".into(), json!(slas));
    }
}

/// The name of an object cannot be empty.
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

fn layout(exchange: &Exchange<'_>, module: &str) -> Value {
    exchange
        .organization
        .find("layouts", "module", module)
        .map(|layout| layout["id"].clone())
        .unwrap_or_default()
}

fn create_account(exchange: &mut Exchange<'_>) -> Outcome {
    let id = exchange.organization.fresh_id();
    let now = exchange.now();
    let defaults = json!({"id": id, "accountName": null, "website": null, "phone": null, "email": null,
        "country": null, "city": null, "state": null, "street": null, "code": null, "industry": null,
        "annualrevenue": null, "description": null, "fax": null, "ownerId": exchange.organization.acting_agent(),
        "associatedSLAIds": [], "layoutId": layout(exchange, "Accounts"), "cf": {}, "createdTime": now,
        "modifiedTime": now, "webUrl": web_url("accounts", &id), "isFollowing": false, "isDeleted": false,
        "isTrashed": false, "zohoCRMAccount": null});
    create(
        exchange,
        "accounts",
        &id,
        defaults,
        "accountName",
        "accountName",
    )
}

fn create_contact(exchange: &mut Exchange<'_>) -> Outcome {
    let id = exchange.organization.fresh_id();
    let now = exchange.now();
    // Who adds a contact becomes its owner.
    let defaults = json!({"id": id, "lastName": null, "firstName": null, "email": null, "secondaryEmail": null,
        "phone": null, "mobile": null, "accountId": null, "ownerId": exchange.organization.acting_agent(),
        "type": null, "zip": null, "country": null, "city": null, "state": null, "street": null, "title": null,
        "description": null, "twitter": null, "facebook": null, "cf": {},
        "layoutId": layout(exchange, "Contacts"), "createdTime": now, "modifiedTime": now,
        "webUrl": web_url("contacts", &id), "photoURL": null, "isAnonymous": false, "isEndUser": false,
        "isSpam": false, "isFollowing": false, "isDeleted": false, "isTrashed": false, "zohoCRMContact": null});
    create(exchange, "contacts", &id, defaults, "lastName", "email")
}

fn web_url(module: &str, id: &str) -> String {
    format!("https://desk.example.com/agent/{module}/details/{id}")
}

fn create(
    exchange: &mut Exchange<'_>,
    collection: &str,
    id: &str,
    defaults: Value,
    name: &str,
    unique: &str,
) -> Outcome {
    check_name(exchange, name)?;
    exchange.unique(collection, unique)?;
    let mut object = complete(&exchange.body, defaults);
    settle(&mut object);
    exchange.organization.put(collection, object);
    Ok(Answer::Object(200, shown(exchange, collection, id)?))
}

fn change(exchange: &mut Exchange<'_>, collection: &str, name: &str, unique: &str) -> Outcome {
    let mut object = exchange.stored(collection)?;
    if object.get("isTrashed") == Some(&json!(true)) {
        return Err(Fault::Absent);
    }
    check_name(exchange, name)?;
    exchange.unique(collection, unique)?;
    overlay(&mut object, &exchange.body);
    settle(&mut object);
    object.insert("modifiedTime".into(), exchange.now());
    exchange.organization.put(collection, object);
    Ok(Answer::Object(
        200,
        shown(exchange, collection, exchange.id())?,
    ))
}

/// There is no removal but into the recycle bin.
fn trash(exchange: &mut Exchange<'_>, collection: &str, field: &str) -> Outcome {
    for id in exchange.body.get(field).map(ids).unwrap_or_default() {
        exchange.organization.change(collection, &id, |object| {
            object.insert("isTrashed".into(), json!(true));
        });
    }
    Ok(Answer::Empty(204))
}

fn search(exchange: &mut Exchange<'_>, collection: &str) -> Outcome {
    let hits: Vec<&Value> = exchange
        .organization
        .live(collection)
        .filter(|object| {
            let account = || account_of(exchange, object);
            hit(&exchange.query, collection, object, &account)
        })
        .collect();
    let count = hits.len();
    let page = exchange.page(exchange.sorted(hits).into_iter(), 0, 10);
    let shown = |object: &Value| {
        let mut item = exchange.organization.view(collection, object);
        let owner = owner_of(exchange, object);
        let account = account_of(exchange, object);
        if let Some(item) = item.as_object_mut() {
            // Search items are narrower than a read by id, and always carry the owner.
            let left_out: &[&str] = &[
                "associatedSLAIds",
                "isTrashed",
                "isDeleted",
                "isFollowing",
                "layoutDetails",
                "isSpam",
                "accountCount",
                "isAnonymous",
                "zohoCRMAccount",
                "language",
            ];
            for key in left_out {
                item.shift_remove(*key);
            }
            item.insert("owner".into(), owner);
            if collection == "contacts" {
                item.insert("account".into(), account);
                item.insert("customerHappiness".into(), happiness());
            }
        }
        item
    };
    Ok(Answer::Search(page.into_iter().map(shown).collect(), count))
}

/// Texts with `*` are wildcards; without, some fields match anywhere and others as a whole.
///
/// The account is looked up where the query asks for it: there may be a hundred thousand contacts.
fn hit(query: &Query, collection: &str, object: &Value, account: &dyn Fn() -> Value) -> bool {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let contains = |value: &str, wanted: &str| {
        if wanted.contains('*') {
            wildcard(wanted, value)
        } else {
            value.to_lowercase().contains(&wanted.to_lowercase())
        }
    };
    let matches = |wanted: &str, value: &str, whole: bool| match wanted {
        "${empty}" => value.is_empty(),
        "${notempty}" => !value.is_empty(),
        _ if whole => wildcard(wanted, value),
        _ => contains(value, wanted),
    };
    let account_name = || match collection {
        "accounts" => text("accountName").to_owned(),
        _ => account()["accountName"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    };
    let full_name = || format!("{} {}", text("firstName"), text("lastName"));
    query.0.iter().all(|(name, wanted)| match name.as_str() {
        "email" | "phone" | "mobile" => wanted
            .split(',')
            .any(|wanted| matches(wanted, text(name), false)),
        "firstName" => matches(wanted, text(name), false),
        "fullName" => matches(wanted, full_name().trim(), false),
        "lastName" => matches(wanted, text(name), true),
        "accountName" => matches(wanted, &account_name(), true),
        "id" => wanted.split(',').any(|id| id == text("id")),
        "createdTimeRange" => within(wanted, text("createdTime")),
        "modifiedTimeRange" => within(wanted, text("modifiedTime")),
        "_all" => object.as_object().is_some_and(|object| {
            object
                .values()
                .filter_map(Value::as_str)
                .any(|value| contains(value, wanted))
        }),
        name if name.starts_with("customField") => {
            wanted.split_once(':').is_some_and(|(key, wanted)| {
                matches(wanted, object["cf"][key].as_str().unwrap_or_default(), true)
            })
        }
        _ => true,
    })
}

/// Whether a time lies between the two of a range; both are ISO 8601 in UTC.
fn within(range: &str, time: &str) -> bool {
    range
        .split_once(',')
        .is_some_and(|(from, to)| from <= time && time <= to)
}
