//! Fields, and what profiles may do with them.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, id, id_text, list as list_of, needed, object,
    param, text, whole,
};
use super::super::store::Organization;
use super::{api_name, complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.basic.READ", "Desk.fields.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.fields.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.fields.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.fields.DELETE", "Desk.settings.DELETE"]);

/// Modules of the system. Source: Field, operation `getFields`, which takes custom modules too.
pub(in super::super) const MODULES: [&str; 10] = [
    "tickets",
    "contacts",
    "accounts",
    "tasks",
    "timeEntry",
    "products",
    "calls",
    "events",
    "contracts",
    "agents",
];

/// Source: `FieldPermissions`, operations `getFieldPermissions` and `updateFieldPermissions`.
const ACCESS_READ: Scopes = Scopes::Any(&[
    "Desk.fields.READ",
    "Desk.permissions.READ",
    "Desk.settings.READ",
]);
const ACCESS_UPDATE: Scopes = Scopes::Any(&["Desk.permissions.UPDATE", "Desk.settings.UPDATE"]);
const OF_PROFILE: Shape = Shape::Object(&[
    id("profileId", "profiles").required(),
    boolean("isReadOnly").required(),
    boolean("isWriteOnly").required(),
]);
/// The schema does not demand the list.
const ACCESS: [Rule; 1] = [list_of("profiles", &OF_PROFILE, 0, usize::MAX)];

const MODULE: Param = needed("module", Form::Module(&MODULES));
const FIELD_LIST: [Param; 4] = [
    MODULE,
    param("apiNames", Form::Names(300)),
    param("filter", Form::Text(1, usize::MAX)),
    param("associatedDepartments", Form::Id),
];
const FIELD_CREATE: [Param; 1] = [MODULE];

/// Source: Organization fields, operation `getCustomFieldCount`: fewer modules than fields have.
const COUNTED: [Param; 2] = [
    needed(
        "module",
        Form::Choice(&[
            "tickets",
            "contacts",
            "accounts",
            "tasks",
            "calls",
            "events",
            "contracts",
            "products",
        ]),
    ),
    param("departmentId", Form::Id),
];
/// Custom fields that a module has room for, for each storage type. The number is this simulator's
/// own: the API tells it and the source names none.
const ROOM: usize = 50;
/// Storage types, each with the field types that share it, as the count spells them and as the
/// fields do.
const STORAGE: [(&str, &[&str], &[&str]); 6] = [
    (
        "Varchar",
        &[
            "Text",
            "PickList",
            "Email",
            "Phone",
            "Website",
            "Multiselect",
        ],
        &["Text", "Picklist", "Email", "Phone", "URL", "Multiselect"],
    ),
    ("Integer", &["Number"], &["Number"]),
    (
        "Double",
        &["Percent", "Decimal", "Currency"],
        &["Percent", "Decimal", "Currency"],
    ),
    ("Text", &["Textarea"], &["Textarea"]),
    ("DateTime", &["Date", "DateTime"], &["Date", "DateTime"]),
    ("Boolean", &["Checkbox"], &["Boolean"]),
];

const LABEL: Rule = form("displayLabel", 200, Pattern::Name).required();
const TRACK: Rule = boolean("isTrackLastActivityTime");
const TIP: Rule = text("toolTip", 200);
const TIP_TYPE: Rule = choice("toolTipType", &["placeHolder", "icon"]);
const ENCRYPTED: Rule = boolean("isEncryptedField");
const SUB_TYPE: Rule = choice("subType", &["Plain", "ColorCoded"]);
const PLACES: Rule = whole("decimalPlaces", 0, 9).required();

macro_rules! body {
    ($kind:literal $(, $rule:expr)*) => {
        &[choice("type", &[$kind]), LABEL, TRACK, TIP, TIP_TYPE $(, $rule)*]
    };
}

const LOOKUP_MODULE: [Rule; 1] = [form("apiName", 100, Pattern::Name).required()];
const LOOKUP: [Rule; 2] = [
    object("module", &LOOKUP_MODULE).required(),
    text("relatedListLabel", 255).required(),
];

/// The body that each creatable type takes. Source: Field, the schemas of `FieldRequest`.
const BODIES: [(&str, &[Rule]); 16] = [
    (
        "Text",
        body!("Text", whole("maxLength", 1, 255).required(), ENCRYPTED),
    ),
    (
        "Number",
        body!("Number", whole("maxLength", 1, 9).required(), ENCRYPTED),
    ),
    ("Percent", body!("Percent", ENCRYPTED)),
    (
        "Decimal",
        body!(
            "Decimal",
            PLACES,
            whole("maxLength", 1, 16).required(),
            ENCRYPTED
        ),
    ),
    (
        "Currency",
        body!(
            "Currency",
            PLACES,
            choice(
                "roundingOption",
                &["roundOff", "roundDown", "roundUp", "normal"]
            ),
            whole("roundingPrecision", 0, 30),
            whole("maxLength", 3, 16).required()
        ),
    ),
    ("Date", body!("Date")),
    ("DateTime", body!("DateTime")),
    ("Email", body!("Email", ENCRYPTED)),
    (
        "Phone",
        body!("Phone", whole("maxLength", 1, 255).required(), ENCRYPTED),
    ),
    ("Picklist", body!("Picklist", SUB_TYPE)),
    ("URL", body!("URL", ENCRYPTED)),
    ("Textarea", body!("Textarea")),
    (
        "Boolean",
        body!("Boolean", choice("defaultValue", &["true", "false"])),
    ),
    ("Multiselect", body!("Multiselect", SUB_TYPE)),
    (
        "LookUp",
        body!("LookUp", object("lookup", &LOOKUP).required()),
    ),
    (
        "Formula",
        body!(
            "Formula",
            choice(
                "returnType",
                &[
                    "STRING", "DECIMAL", "BOOLEAN", "CURRENCY", "DATE", "DATETIME"
                ]
            )
            .required()
        ),
    ),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 8] = [
    get("/customFieldCount", READ, &COUNTED, room),
    list("/fields", READ, &FIELD_LIST, fields),
    post("/fields", CREATE, Content::By(choose), create).with(&FIELD_CREATE),
    get("/fields/{id}", READ, &[], single),
    patch("/fields/{id}", UPDATE, Content::By(choose), change),
    delete("/fields/{id}", DELETE, remove),
    get(
        "/organizationFields/{id}/permissions",
        ACCESS_READ,
        &[],
        |e| Ok(Answer::List(access(e.organization, &e.stored("fields")?))),
    ),
    patch(
        "/organizationFields/{id}/permissions",
        ACCESS_UPDATE,
        Content::Change(&ACCESS),
        set_access,
    ),
];

fn choose(body: &Map<String, Value>) -> Result<&'static [Rule], Fault> {
    if body.is_empty() {
        return Err(Fault::EmptyBody);
    }
    let Some(kind) = body.get("type") else {
        return Err(Fault::field("/type", Problem::Missing));
    };
    BODIES
        .iter()
        .find(|(name, _)| kind == name)
        .map(|(_, rules)| *rules)
        .ok_or_else(|| Fault::invalid("/type", "is no type that can be created"))
}

/// A field as this dialect shows it: the module stands only in the query.
fn shown(field: &Value) -> Value {
    let mut field = field.clone();
    if let Some(field) = field.as_object_mut() {
        field.shift_remove("module");
        field.shift_remove(STORED_ACCESS);
    }
    field
}

/// The key under which a field keeps what profiles may do with it: for the id of each that was given
/// something the two flags of requests.
const STORED_ACCESS: &str = "access";

/// What every profile may do with a field. Source: `FieldPermissions`, whose note says that `isInVisible` is
/// true where the field is shown. That all may edit a field at first is this simulator's own.
fn access(organization: &Organization, field: &Map<String, Value>) -> Vec<Value> {
    organization
        .live("profiles")
        .map(|profile| {
            let id = profile["id"].as_str().unwrap_or_default();
            let given = field.get(STORED_ACCESS).and_then(|access| access.get(id));
            let is = |flag: &str, otherwise: bool| {
                given.map_or(otherwise, |given| given[flag] == json!(true))
            };
            let writes = is("isWriteOnly", true);
            json!({"profileId": id, "profileName": profile["name"],
                "isCustomProfile": profile["default"] != json!(true),
                "isReadOnly": is("isReadOnly", false), "isWriteOnly": writes, "isInVisible": writes,
                "isInVisibleAccess": true, "isReadAccess": true, "isWriteAccess": true})
        })
        .collect()
}

/// Sets what some profiles may do; all others keep what they have.
fn set_access(exchange: &mut Exchange<'_>) -> Outcome {
    let mut field = exchange.stored("fields")?;
    let given = exchange.body.get("profiles").and_then(Value::as_array);
    let given = given.cloned().unwrap_or_default();
    let stored = field
        .entry(STORED_ACCESS)
        .or_insert_with(|| json!({}))
        .as_object_mut();
    if let Some(stored) = stored {
        for one in given {
            let id = id_text(&one["profileId"]).unwrap_or_default();
            // Where the field is hidden, whether it is read only says nothing.
            let reads = one["isWriteOnly"] == json!(true) && one["isReadOnly"] == json!(true);
            if one["isWriteOnly"] == json!(true) && !reads {
                // As everybody may at first.
                stored.shift_remove(&id);
                continue;
            }
            let flags = json!({"isWriteOnly": one["isWriteOnly"], "isReadOnly": reads});
            stored.insert(id, flags);
        }
    }
    if field.get(STORED_ACCESS) == Some(&json!({})) {
        field.shift_remove(STORED_ACCESS);
    }
    exchange.organization.put("fields", field);
    let field = exchange.stored("fields")?;
    Ok(Answer::List(access(exchange.organization, &field)))
}

/// There is no paging here.
fn fields(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let terms: Vec<(&str, &str)> = query
        .get("filter")
        .unwrap_or_default()
        .split(" AND ")
        .filter_map(|term| term.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim().trim_matches('\'')))
        .collect();
    let wanted = exchange.organization.live("fields").filter(|field| {
        query
            .get("module")
            .is_some_and(|module| field["module"] == module)
            && (query.get("apiNames").is_none()
                || field["apiName"]
                    .as_str()
                    .is_some_and(|name| query.parts("apiNames").contains(&name)))
            && terms.iter().all(|(name, value)| match &field[*name] {
                Value::String(text) => text == value,
                Value::Null => *value == "false",
                Value::Bool(flag) => *value == if *flag { "true" } else { "false" },
                _ => false,
            })
    });
    Ok(Answer::List(wanted.map(shown).collect()))
}

fn single(exchange: &mut Exchange<'_>) -> Outcome {
    let mut field = shown(&exchange.seen("fields", exchange.id())?);
    if let Some(field) = field.as_object_mut() {
        let href = format!("/api/v1/fields/{}/associatedDepartments", exchange.id());
        field.insert(
            "associatedDepartments".into(),
            json!({"data": [], "hasMore": false, "href": href}),
        );
    }
    Ok(Answer::Object(200, field))
}

/// Source: Organization fields, operation `getCustomFieldCount`.
fn room(exchange: &mut Exchange<'_>) -> Outcome {
    let module = exchange.query.get("module").unwrap_or_default();
    let mut total = 0;
    let counts: Vec<Value> = STORAGE
        .iter()
        .map(|(storage, types, stored)| {
            let used = exchange
                .organization
                .live("fields")
                .filter(|field| {
                    field["module"] == module
                        && field["isCustomField"] == true
                        && stored.iter().any(|stored| field["type"] == *stored)
                })
                .count();
            let available = ROOM.saturating_sub(used);
            total += available;
            json!({"type": storage, "types": types, "maximumLimit": ROOM.to_string(), "available": available.to_string()})
        })
        .collect();
    Ok(Answer::Object(
        200,
        json!({"customFieldCounts": counts, "totalAvailableCount": total.to_string()}),
    ))
}

fn create(exchange: &mut Exchange<'_>) -> Outcome {
    let module = exchange.query.get("module").unwrap_or_default().to_owned();
    let label = exchange
        .body
        .get("displayLabel")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let api_name = fresh_api_name(exchange, &module, &label);
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent().to_owned();
    let now = exchange.now();
    let mut defaults = json!({"id": id, "module": module, "name": api_name, "apiName": api_name,
        "displayLabel": label, "i18NLabel": label, "type": null, "maxLength": null, "isMandatory": false,
        "isCustomField": true, "isEncryptedField": false, "sourceType": "USERDEFINED", "showToHelpCenter": false,
        "toolTipType": null, "toolTip": null, "createdBy": me, "modifiedBy": me, "createdTime": now,
        "modifiedTime": now});
    let kind = exchange
        .body
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let more = match kind {
        "Boolean" => json!({"defaultValue": "false"}),
        "Picklist" => json!({"subType": "Plain", "pickListValues": []}),
        "Multiselect" => json!({"pickListValues": []}),
        "Currency" => json!({"roundingOption": "normal", "roundingPrecision": 0}),
        _ => json!({}),
    };
    if let (Some(defaults), Some(more)) = (defaults.as_object_mut(), more.as_object()) {
        overlay(defaults, more);
    }
    let field = complete(&exchange.body, defaults);
    exchange.organization.put("fields", field);
    Ok(Answer::Object(201, shown(&exchange.seen("fields", &id)?)))
}

/// The server makes the `apiName`, which is one in its module.
pub(in super::super) fn fresh_api_name(
    exchange: &Exchange<'_>,
    module: &str,
    label: &str,
) -> String {
    api_name("cf_", label, |name| {
        let mut fields = exchange.organization.live("fields");
        fields.any(|field| field["module"] == module && field["apiName"] == name)
    })
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut field = exchange.stored("fields")?;
    if exchange.body.get("type") != field.get("type") {
        return Err(Fault::invalid("/type", "cannot be changed"));
    }
    overlay(&mut field, &exchange.body);
    field.insert(
        "i18NLabel".into(),
        field.get("displayLabel").cloned().unwrap_or_default(),
    );
    field.insert("modifiedTime".into(), exchange.now());
    exchange.organization.put("fields", field);
    Ok(Answer::Object(
        200,
        shown(&exchange.seen("fields", exchange.id())?),
    ))
}

/// Success is 200 without body. The field's values go with it.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    remove_field(exchange)?;
    Ok(Answer::Empty(200))
}

/// Removes a custom field and its values on every object of the module.
///
/// # Errors
/// [`Fault::Absent`] without such a field, [`Fault::State`] for a system field.
pub(in super::super) fn remove_field(exchange: &mut Exchange<'_>) -> Result<(), Fault> {
    let field = exchange.stored("fields")?;
    if field.get("isCustomField") != Some(&json!(true)) {
        return Err(Fault::State("A system field cannot be deleted.".into()));
    }
    let id = exchange.id().to_owned();
    exchange.organization.remove("fields", &id);
    let module = field
        .get("module")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let holders: Vec<Value> = exchange.organization.live(module).cloned().collect();
    for holder in holders {
        // Writing an object keeps only values of fields that exist.
        if let (
            Value::Object(object),
            "contacts" | "accounts" | "agents" | "products" | "contracts",
        ) = (holder, module)
        {
            exchange.organization.put(module, object);
        }
    }
    Ok(())
}
