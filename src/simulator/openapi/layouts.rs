//! Layouts, their sections and fields.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list as page, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, free, id, id_text, list, needed, param,
    shaped, text, whole,
};
use super::super::store::{Organization, ids, is_list};
use super::not_itself;

const READ: Scopes = Scopes::Any(&["Desk.basic.READ", "Desk.layouts.READ"]);
const PROFILES_READ: Scopes = Scopes::Any(&["Desk.layouts.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.layouts.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.layouts.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.layouts.DELETE", "Desk.settings.DELETE"]);

/// Modules of the system. Source: Layout, operation `getLayouts`, which takes custom modules too.
pub(super) const MODULES: [&str; 9] = [
    "tickets",
    "contacts",
    "accounts",
    "tasks",
    "calls",
    "events",
    "timeEntry",
    "products",
    "contracts",
];

const LAYOUT_LIST: [Param; 7] = [
    needed("module", Form::Module(&MODULES)),
    param("departmentId", Form::Id),
    param("status", Form::Choice(&["active", "inactive", "all"])),
    param("layoutName", Form::Text(0, 200)),
    param("id", Form::Id),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 99)),
];
const FORMAT: [Param; 1] = [needed("module", Form::Module(&MODULES))];

/// A choice of a pick list as requests have it. Source: Layout, `LayoutFieldUpdateRequest`.
const CHOICE: Shape = Shape::Text {
    min: 0,
    max: 120,
    pattern: Pattern::Kind,
};
/// A choice in the lists of a section, for which no form is published.
const LISTED: Shape = Shape::Text {
    min: 0,
    max: usize::MAX,
    pattern: Pattern::Any,
};
const REOPENING: Shape = Shape::Text {
    min: 0,
    max: 120,
    pattern: Pattern::Any,
};

/// Source: Layout, `LayoutFieldRequest`. What is only read is tolerated when it comes back.
const FIELD: [Rule; 20] = [
    id("id", "fields").required(),
    boolean("isMandatory").required(),
    list("allowedValues", &LISTED, 0, usize::MAX).nullable(),
    text("defaultValue", 120).nullable(),
    choice("sortBy", &["userDefined", "alphabetical"]),
    boolean("isNested").nullable(),
    list("restoreOnReplyValues", &REOPENING, 0, usize::MAX).nullable(),
    free("type"),
    free("name"),
    free("displayLabel"),
    free("apiName"),
    free("i18NLabel"),
    whole("maxLength", 0, u64::MAX),
    whole("decimalPlaces", 0, u64::MAX),
    whole("roundingPrecision", 0, u64::MAX),
    free("roundingOption"),
    boolean("isSystemMandatory"),
    boolean("isRemovable"),
    boolean("isCustomField"),
    boolean("isEncryptedField"),
];
const FIELD_OF_SECTION: Shape = Shape::Object(&FIELD);
/// Source: Layout, `SectionRequest`. A key that is required may be null here.
const SECTION: [Rule; 3] = [
    shaped("id", Shape::Scalar),
    text("name", 100),
    list("fields", &FIELD_OF_SECTION, 0, usize::MAX).nullable(),
];
const SECTIONS: Shape = Shape::Object(&SECTION);

const NAME: Rule = form("layoutName", 150, Pattern::Name);
const DISPLAY_NAME: Rule = form("layoutDisplayName", 150, Pattern::Name);
const DESCRIPTION: Rule = form("layoutDesc", 500, Pattern::Wide);

/// Source: Layout, `LayoutCreateRequest`.
const NEW: [Rule; 8] = [
    shaped("module", Shape::Module(&MODULES)).required(),
    id("departmentId", "departments").required(),
    NAME.required(),
    DISPLAY_NAME.required(),
    DESCRIPTION,
    boolean("isDefaultLayout").required(),
    boolean("skipDeptAccessValidation").required(),
    list("sections", &SECTIONS, 0, usize::MAX).required(),
];
/// Source: Layout, `LayoutUpdateRequest`. That the empty text clears a description is not stated.
const CHANGE: [Rule; 8] = [
    shaped("module", Shape::Module(&MODULES)),
    id("departmentId", "departments"),
    NAME,
    DISPLAY_NAME,
    DESCRIPTION.clearable(),
    boolean("isDefaultLayout"),
    boolean("skipDeptAccessValidation"),
    list("sections", &SECTIONS, 0, usize::MAX).nullable(),
];
/// Source: Layout, `LayoutCloneRequest`.
const CLONE: [Rule; 6] = [
    NAME.required(),
    DISPLAY_NAME.required(),
    DESCRIPTION,
    id("departmentId", "departments"),
    boolean("isDefaultLayout").required(),
    boolean("skipDeptAccessValidation").required(),
];
/// Source: Layout, `LayoutFieldUpdateRequest`.
const FIELD_CHANGE: [Rule; 5] = [
    list("allowedValues", &CHOICE, 0, usize::MAX),
    form("defaultValue", 120, Pattern::Kind),
    choice("sortBy", &["userDefined", "alphabetical"]),
    boolean("isMandatory"),
    boolean("isNested"),
];
const HEIR: [Rule; 1] = [id("transferToLayoutId", "layouts").required()];
const PROFILE: Shape = Shape::Id("profiles");
const PROFILES: [Rule; 1] = [list("layoutProfileIds", &PROFILE, 0, usize::MAX).required()];
/// Source: Layout, operation `replacePickListValue`.
const REPLACE: [Rule; 3] = [
    id("fieldId", "fields").required(),
    form("oldValue", 100, Pattern::Kind).required(),
    form("newValue", 100, Pattern::Kind).required(),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 14] = [
    page("/layouts", READ, &LAYOUT_LIST, layouts),
    get("/layouts/standardLayoutFormat", READ, &FORMAT, |e| {
        let module = e.query.get("module").unwrap_or_default().to_owned();
        let mut sections = standard(e.organization, &module);
        show_fields(e.organization, &mut sections);
        for section in &mut sections {
            if let Some(section) = section.as_object_mut() {
                section.shift_remove("isCustomSection");
            }
        }
        Ok(Answer::List(sections))
    }),
    post("/layouts", CREATE, Content::Object(&NEW), create),
    get("/layouts/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, detail(e)?))
    }),
    patch("/layouts/{id}", UPDATE, Content::Change(&CHANGE), change),
    delete("/layouts/{id}", DELETE, remove).taking(Content::Object(&HEIR)),
    post(
        "/layouts/{id}/clone",
        CREATE,
        Content::Object(&CLONE),
        clone,
    ),
    post("/layouts/{id}/activate", UPDATE, Content::None, |e| {
        switch(e, "active")
    }),
    post(
        "/layouts/{id}/deactivate",
        UPDATE,
        Content::Object(&HEIR),
        deactivate,
    ),
    get("/layouts/{id}/profiles", PROFILES_READ, &[], |e| {
        let layout = Value::Object(e.stored("layouts")?);
        Ok(Answer::List(profiles(e.organization, &layout)))
    }),
    patch(
        "/layouts/{id}/profiles",
        UPDATE,
        Content::Object(&PROFILES),
        |e| {
            let mut layout = e.stored("layouts")?;
            let chosen = e.body.get("layoutProfileIds").map(ids).unwrap_or_default();
            layout.insert("profileIds".into(), json!(chosen));
            e.stamp(&mut layout);
            e.organization.put("layouts", layout);
            Ok(Answer::Empty(204))
        },
    ),
    patch(
        "/layouts/{id}/fields/{id}",
        UPDATE,
        Content::Change(&FIELD_CHANGE),
        change_field,
    ),
    post(
        "/layouts/{id}/fields/{id}/unassociate",
        UPDATE,
        Content::None,
        take_out,
    ),
    post(
        "/layouts/{id}/replaceValues",
        UPDATE,
        Content::Object(&REPLACE),
        replace_values,
    ),
];

/// What answers call a module. That they call a custom one by its API name is not stated.
fn title(module: &str) -> String {
    match module {
        custom if custom.starts_with("cm_") => custom.to_owned(),
        "tickets" => "Cases".to_owned(),
        "timeEntry" => "TimeEntry".to_owned(),
        module => module
            .get(..1)
            .map(|first| first.to_uppercase() + module.get(1..).unwrap_or_default())
            .unwrap_or_default(),
    }
}

/// The module that a layout is of, as requests call it.
pub(super) fn module_of(layout: &Value) -> String {
    let mut modules = MODULES.iter();
    let found = modules.find(|module| layout["module"] == title(module).as_str());
    let shown = || layout["module"].as_str().unwrap_or_default();
    found.map_or_else(|| shown().to_owned(), |module| (*module).to_owned())
}

/// The sections that a new layout has where nobody says anything: one with the module's system fields.
fn standard(organization: &Organization, module: &str) -> Vec<Value> {
    let of_module = organization
        .live("fields")
        .filter(|field| field["module"] == module && field["isCustomField"] != json!(true));
    let fields: Vec<Value> = of_module.map(placed).collect();
    let name = match module {
        "tickets" => "Ticket Information".to_owned(),
        module => format!("{} Information", title(module).trim_end_matches('s')),
    };
    vec![json!({"id": 1, "name": name, "isCustomSection": false, "fields": fields})]
}

/// What a layout says of a field that is placed in it.
fn placed(field: &Value) -> Value {
    let values = match field["apiName"].as_str() {
        Some("status") => json!(["Open", "On Hold", "Escalated", "Closed"]),
        _ if is_list(&field["type"]) => field["pickListValues"].as_array().map_or_else(
            || json!([]),
            |values| values.iter().map(|one| one["value"].clone()).collect(),
        ),
        _ => Value::Null,
    };
    let mandatory = field["isMandatory"] == json!(true);
    let mut own = json!({"id": field["id"], "isMandatory": mandatory});
    if let (Some(own), false) = (own.as_object_mut(), values.is_null()) {
        let default = values.get(0).cloned().unwrap_or_default();
        own.insert("allowedValues".into(), values);
        own.insert("defaultValue".into(), default);
        own.insert("sortBy".into(), json!("userDefined"));
        own.insert("isNested".into(), json!(false));
    }
    own
}

/// The stored sections of a layout, without fields that have been deleted since.
fn sections(organization: &Organization, layout: &Value) -> Vec<Value> {
    let Some(stored) = layout["sections"].as_array() else {
        return standard(organization, &module_of(layout));
    };
    let mut sections = stored.clone();
    for section in &mut sections {
        if let Some(fields) = section["fields"].as_array_mut() {
            fields.retain(|field| {
                let id = id_text(&field["id"]).unwrap_or_default();
                organization.stored("fields", &id).is_some()
            });
        }
    }
    sections
}

/// A field of a layout as answers show it: what the field is, with what the layout says.
fn shown(organization: &Organization, own: &Value) -> Value {
    let id = id_text(&own["id"]).unwrap_or_default();
    let field = organization
        .stored("fields", &id)
        .cloned()
        .unwrap_or_default();
    let system = field["isCustomField"] != json!(true);
    let needed = system && field["isMandatory"] == json!(true);
    let mut shown = json!({"id": id, "name": field["name"], "apiName": field["apiName"],
        "displayLabel": field["displayLabel"], "i18NLabel": field["i18NLabel"], "type": field["type"],
        "maxLength": field["maxLength"], "isCustomField": !system,
        "isEncryptedField": field["isEncryptedField"], "isTrackLastActivityTime": false,
        "isRemovable": !needed, "isSystemMandatory": needed});
    if let (Some(shown), Some(own)) = (shown.as_object_mut(), own.as_object()) {
        for (key, value) in own {
            shown.insert(key.clone(), value.clone());
        }
    }
    // That answers have them in that order is not stated.
    if shown["sortBy"] == "alphabetical"
        && let Some(values) = shown["allowedValues"].as_array_mut()
    {
        values.sort_by_key(|value| value.as_str().unwrap_or_default().to_owned());
    }
    shown
}

fn show_fields(organization: &Organization, sections: &mut [Value]) {
    for section in sections {
        if let Some(fields) = section["fields"].as_array_mut() {
            for field in fields {
                *field = shown(organization, field);
            }
        }
    }
}

/// A layout without its sections, as lists show it.
fn item(organization: &Organization, layout: &Value) -> Value {
    let mut item = layout.clone();
    if let Some(item) = item.as_object_mut() {
        item.shift_remove("sections");
        item.shift_remove("profileIds");
        item.insert(
            "layoutProfiles".into(),
            Value::Array(profiles(organization, layout)),
        );
    }
    item
}

fn profiles(organization: &Organization, layout: &Value) -> Vec<Value> {
    let chosen = layout.get("profileIds").map(ids).unwrap_or_default();
    let known = chosen
        .iter()
        .filter_map(|id| organization.stored("profiles", id));
    known
        .map(|profile| {
            json!({"id": profile["id"], "profileName": profile["name"],
                "isDefault": profile["default"], "type": profile["type"]})
        })
        .collect()
}

/// One layout with its sections, and without its profiles.
fn detail(exchange: &Exchange<'_>) -> Result<Value, Fault> {
    let layout = Value::Object(exchange.stored("layouts")?);
    Ok(whole_of(exchange.organization, layout))
}

fn whole_of(organization: &Organization, mut layout: Value) -> Value {
    let mut sections = sections(organization, &layout);
    show_fields(organization, &mut sections);
    if let Some(layout) = layout.as_object_mut() {
        layout.shift_remove("profileIds");
        layout.insert("sections".into(), Value::Array(sections));
    }
    layout
}

fn layouts(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let title = title(query.get("module").unwrap_or_default());
    let status = query.get("status").unwrap_or("active");
    let wanted = exchange.organization.live("layouts").filter(|layout| {
        layout["module"] == title.as_str()
            && (status == "all" || layout["status"] == status)
            && query
                .get("departmentId")
                .is_none_or(|id| layout["departmentId"] == id)
            && query
                .get("layoutName")
                .is_none_or(|name| layout["layoutName"] == name)
            && query.get("id").is_none_or(|id| layout["id"] == id)
    });
    let found = exchange.page(wanted, 0, 99);
    let organization = &*exchange.organization;
    Ok(Answer::List(
        found
            .into_iter()
            .map(|one| item(organization, one))
            .collect(),
    ))
}

/// Refuses a name that another layout of the module and the department has.
fn unique(exchange: &Exchange<'_>, module: &Value, department: &Value) -> Result<(), Fault> {
    exchange.unique_among("layouts", "layoutName", exchange.id(), |other| {
        other["module"] == *module && other["departmentId"] == *department
    })
}

fn create(exchange: &mut Exchange<'_>) -> Outcome {
    let body = exchange.body.clone();
    let module = body
        .get("module")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let department = json!(body.get("departmentId").and_then(id_text));
    unique(exchange, &json!(title(&module)), &department)?;
    let sent = body.get("sections").cloned().unwrap_or_default();
    let sections = arranged(exchange, &module, &[], &sent, true)?;
    make(exchange, &module, &department, &sections)
}

fn make(
    exchange: &mut Exchange<'_>,
    module: &str,
    department: &Value,
    sections: &[Value],
) -> Outcome {
    let body = exchange.body.clone();
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent().to_owned();
    let now = exchange.now();
    let said = |key: &str| body.get(key).cloned().unwrap_or_default();
    let layout = json!({"id": id, "layoutName": said("layoutName"),
        "layoutDisplayName": said("layoutDisplayName"), "layoutDesc": said("layoutDesc"),
        "status": "active", "isDefaultLayout": said("isDefaultLayout"), "isStandardLayout": false,
        "skipDeptAccessValidation": said("skipDeptAccessValidation"), "hasLogo": false, "photoURL": null,
        "module": title(module), "departmentId": department, "createdBy": me, "createdTime": now,
        "modifiedBy": me, "modifiedTime": now, "sections": sections, "profileIds": []});
    only_default(exchange, &layout);
    exchange.organization.insert("layouts", layout.clone());
    let sections = layout["sections"].as_array().cloned().unwrap_or_default();
    gather_choices(exchange.organization, &sections);
    Ok(Answer::Object(200, whole_of(exchange.organization, layout)))
}

/// Of the layouts of a module and a department one is the default.
fn only_default(exchange: &mut Exchange<'_>, layout: &Value) {
    if layout["isDefaultLayout"] != json!(true) {
        return;
    }
    let (id, module, department) = (
        layout["id"].clone(),
        layout["module"].clone(),
        layout["departmentId"].clone(),
    );
    exchange.organization.each("layouts", |other| {
        let get = |key: &str| other.get(key).cloned().unwrap_or_default();
        if get("id") != id && get("module") == module && get("departmentId") == department {
            other.insert("isDefaultLayout".into(), json!(false));
        }
    });
}

fn clone(exchange: &mut Exchange<'_>) -> Outcome {
    let source = Value::Object(exchange.stored("layouts")?);
    let module = module_of(&source);
    let department = match exchange.body.get("departmentId").and_then(id_text) {
        Some(id) => json!(id),
        None => source["departmentId"].clone(),
    };
    exchange.unique_among("layouts", "layoutName", "", |other| {
        other["module"] == source["module"] && other["departmentId"] == department
    })?;
    let sections = sections(exchange.organization, &source);
    make(exchange, &module, &department, &sections)
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let stored = exchange.stored("layouts")?;
    let layout = Value::Object(stored.clone());
    let module = module_of(&layout);
    for (key, is) in [
        ("module", json!(module)),
        ("departmentId", layout["departmentId"].clone()),
    ] {
        let sent = exchange.body.get(key);
        if sent.is_some_and(|sent| *sent != is && id_text(sent) != id_text(&is)) {
            return Err(Fault::invalid(format!("/{key}"), "cannot be changed"));
        }
    }
    unique(exchange, &layout["module"], &layout["departmentId"])?;
    let mut changed = stored;
    if let Some(sent) = exchange
        .body
        .get("sections")
        .filter(|sent| !sent.is_null())
        .cloned()
    {
        let live = sections(exchange.organization, &layout);
        let replaces = !exchange.organization.sight.merges_sections;
        let sections = arranged(exchange, &module, &live, &sent, replaces)?;
        changed.insert("sections".into(), Value::Array(sections));
    }
    for key in [
        "layoutName",
        "layoutDisplayName",
        "layoutDesc",
        "isDefaultLayout",
        "skipDeptAccessValidation",
    ] {
        if let Some(value) = exchange.body.get(key) {
            changed.insert(key.into(), value.clone());
        }
    }
    exchange.stamp(&mut changed);
    only_default(exchange, &Value::Object(changed.clone()));
    let sections = changed.get("sections").and_then(Value::as_array).cloned();
    exchange.organization.put("layouts", changed);
    gather_choices(exchange.organization, &sections.unwrap_or_default());
    Ok(Answer::Object(200, detail(exchange)?))
}

/// Lays the sections of a request over those that are there: under one reading of the source what is not
/// sent is dropped, under the other one it stays where it is.
fn arranged(
    exchange: &Exchange<'_>,
    module: &str,
    live: &[Value],
    sent: &Value,
    replaces: bool,
) -> Result<Vec<Value>, Fault> {
    let organization = &*exchange.organization;
    let before: Vec<&Value> = live
        .iter()
        .flat_map(|section| section["fields"].as_array().into_iter().flatten())
        .collect();
    let mut highest = live
        .iter()
        .filter_map(|one| one["id"].as_u64())
        .max()
        .unwrap_or(0);
    let mut arranged: Vec<Value> = Vec::new();
    let mut seen = BTreeSet::new();
    for (n, section) in sent.as_array().into_iter().flatten().enumerate() {
        let at = format!("/sections/{n}");
        for key in ["id", "name", "fields"] {
            if section.get(key).is_none() {
                return Err(Fault::field(format!("{at}/{key}"), Problem::Missing));
            }
        }
        let id = id_text(&section["id"]).and_then(|id| id.parse::<u64>().ok());
        let is_new_layout = live.is_empty();
        let known = live.iter().find(|one| one["id"].as_u64() == id);
        if id.is_some() && known.is_none() && !is_new_layout {
            return Err(Fault::invalid(format!("{at}/id"), "names no section"));
        }
        let id = id.unwrap_or(highest + 1);
        highest = highest.max(id);
        let mut fields = Vec::new();
        for (m, field) in section["fields"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let at = format!("{at}/fields/{m}");
            let own = id_text(&field["id"]).unwrap_or_default();
            let what = organization
                .stored("fields", &own)
                .cloned()
                .unwrap_or_default();
            if what["module"] != module {
                return Err(Fault::invalid(
                    format!("{at}/id"),
                    "is a field of another module",
                ));
            }
            if !seen.insert(own.clone()) {
                return Err(Fault::invalid(
                    format!("{at}/id"),
                    "stands twice in the layout",
                ));
            }
            let there = before
                .iter()
                .find(|one| id_text(&one["id"]).as_deref() == Some(&own));
            let base = there.map_or_else(|| placed(&what), |there| (*there).clone());
            fields.push(set(&what, base, field, there.is_some(), &at)?);
        }
        let custom = known.map_or(json!(!is_new_layout), |one| one["isCustomSection"].clone());
        arranged.push(
            json!({"id": id, "name": section["name"], "isCustomSection": custom,
            "fields": fields}),
        );
    }
    if replaces {
        let needed = before.iter().find(|field| {
            let id = id_text(&field["id"]).unwrap_or_default();
            shown(organization, field)["isRemovable"] == json!(false) && !seen.contains(&id)
        });
        if needed.is_some() {
            return Err(Fault::State("A field that is needed would be lost.".into()));
        }
        return Ok(arranged);
    }
    for section in live {
        let left = section["fields"].as_array().into_iter().flatten();
        let left = left.filter(|field| !seen.contains(&id_text(&field["id"]).unwrap_or_default()));
        let left: Vec<Value> = left.cloned().collect();
        match arranged.iter_mut().find(|one| one["id"] == section["id"]) {
            Some(one) => {
                if let Some(fields) = one["fields"].as_array_mut() {
                    fields.extend(left);
                }
            }
            None => {
                let mut kept = section.clone();
                kept["fields"] = Value::Array(left);
                arranged.push(kept);
            }
        }
    }
    Ok(arranged)
}

/// Writes into what a layout says of a field what a request says.
///
/// # Errors
/// A fault where it has no choices, where a default is none of them, and where statuses change by more
/// than one at once.
fn set(
    field: &Value,
    mut own: Value,
    sent: &Value,
    is_placed: bool,
    at: &str,
) -> Result<Value, Fault> {
    let before = own["allowedValues"].clone();
    let choices = |value: &Value| -> BTreeSet<String> {
        let values = value.as_array().into_iter().flatten();
        values
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    for key in [
        "isMandatory",
        "allowedValues",
        "defaultValue",
        "sortBy",
        "isNested",
        "restoreOnReplyValues",
    ] {
        let Some(value) = sent.get(key) else { continue };
        let of_lists = !matches!(key, "isMandatory" | "defaultValue");
        if of_lists && !value.is_null() && !is_list(&field["type"]) {
            return Err(Fault::invalid(
                format!("{at}/{key}"),
                "goes with pick lists only",
            ));
        }
        own[key] = value.clone();
    }
    if is_list(&field["type"]) {
        let now = choices(&own["allowedValues"]);
        let moved = choices(&before).symmetric_difference(&now).count();
        if is_placed && field["apiName"] == "status" && moved > 1 {
            return Err(Fault::State(
                "Schedule is in progress. Try after some time.".into(),
            ));
        }
        let default = own["defaultValue"].as_str().filter(|text| !text.is_empty());
        if default.is_some_and(|default| !now.contains(default)) {
            if sent
                .get("defaultValue")
                .is_some_and(|sent| sent.as_str() == default)
            {
                return Err(Fault::invalid(
                    format!("{at}/defaultValue"),
                    "is none of the values",
                ));
            }
            own["defaultValue"] = Value::Null;
        }
    }
    Ok(own)
}

/// Finds the field of a path in the layout of that path: the places of its section and of itself.
fn place(exchange: &Exchange<'_>) -> Result<(Vec<Value>, usize, usize), Fault> {
    let layout = Value::Object(exchange.stored("layouts")?);
    let wanted = exchange.parts.get(1).cloned().unwrap_or_default();
    let sections = sections(exchange.organization, &layout);
    for (n, section) in sections.iter().enumerate() {
        for (m, field) in section["fields"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            if id_text(&field["id"]).as_deref() == Some(&wanted) {
                return Ok((sections, n, m));
            }
        }
    }
    Err(Fault::State("The field is not in the layout.".into()))
}

/// The choices of a field are those that it has in any layout. That answers show them so is not stated.
fn gather_choices(organization: &mut Organization, sections: &[Value]) {
    let placed = sections
        .iter()
        .flat_map(|section| section["fields"].as_array().into_iter().flatten());
    let lists: Vec<String> = placed
        .filter(|field| field["allowedValues"].is_array())
        .filter_map(|field| id_text(&field["id"]))
        .collect();
    for id in lists {
        let mut values: Vec<Value> = Vec::new();
        for layout in organization.live("layouts") {
            let of_layout = layout["sections"].as_array().into_iter().flatten();
            let fields = of_layout.flat_map(|one| one["fields"].as_array().into_iter().flatten());
            for field in fields.filter(|field| id_text(&field["id"]).as_deref() == Some(&id)) {
                for value in field["allowedValues"].as_array().into_iter().flatten() {
                    if !values.contains(value) {
                        values.push(value.clone());
                    }
                }
            }
        }
        let mut field = match organization.stored("fields", &id) {
            Some(Value::Object(field)) if field.contains_key("pickListValues") => field.clone(),
            _ => continue,
        };
        let values = values.iter().map(|value| json!({ "value": value }));
        field.insert("pickListValues".into(), values.collect());
        organization.put("fields", field);
    }
}

fn keep(exchange: &mut Exchange<'_>, sections: &[Value]) -> Result<(), Fault> {
    let mut layout: Map<String, Value> = exchange.stored("layouts")?;
    layout.insert("sections".into(), Value::Array(sections.to_vec()));
    exchange.stamp(&mut layout);
    exchange.organization.put("layouts", layout);
    gather_choices(exchange.organization, sections);
    Ok(())
}

fn change_field(exchange: &mut Exchange<'_>) -> Outcome {
    let (mut sections, n, m) = place(exchange)?;
    let own = sections[n]["fields"][m].clone();
    let id = id_text(&own["id"]).unwrap_or_default();
    let field = exchange
        .organization
        .stored("fields", &id)
        .cloned()
        .unwrap_or_default();
    let sent = Value::Object(exchange.body.clone());
    let own = set(&field, own, &sent, true, "")?;
    sections[n]["fields"][m] = own.clone();
    keep(exchange, &sections)?;
    Ok(Answer::Object(200, shown(exchange.organization, &own)))
}

fn take_out(exchange: &mut Exchange<'_>) -> Outcome {
    let (mut sections, n, m) = place(exchange)?;
    let own = shown(exchange.organization, &sections[n]["fields"][m]);
    if own["isRemovable"] == json!(false) {
        return Err(Fault::State("The field cannot be removed.".into()));
    }
    if let Some(fields) = sections[n]["fields"].as_array_mut() {
        fields.remove(m);
    }
    keep(exchange, &sections)?;
    Ok(Answer::Empty(200))
}

/// Records get the new value. One that the pick list does not have is added to it, and the old one stays.
fn replace_values(exchange: &mut Exchange<'_>) -> Outcome {
    let text = |key: &str| {
        exchange
            .body
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (old, new) = (text("oldValue").to_owned(), text("newValue").to_owned());
    let field = exchange
        .body
        .get("fieldId")
        .and_then(id_text)
        .unwrap_or_default();
    exchange.parts.push(field.clone());
    let (mut sections, n, m) = place(exchange)?;
    let values = sections[n]["fields"][m]["allowedValues"].as_array_mut();
    let Some(values) = values else {
        return Err(Fault::invalid("/fieldId", "has no values"));
    };
    if !values.iter().any(|value| *value == new.as_str()) {
        values.push(json!(new));
    }
    keep(exchange, &sections)?;
    let layout = Value::Object(exchange.stored("layouts")?);
    let module = module_of(&layout);
    let name = exchange.organization.stored("fields", &field);
    let name = name
        .and_then(|field| field["apiName"].as_str())
        .unwrap_or_default()
        .to_owned();
    exchange.organization.each(&module, |record| {
        let values = [record.get_mut("cf").and_then(|cf| cf.get_mut(&name))];
        for value in values.into_iter().flatten() {
            if *value == old.as_str() {
                *value = json!(new);
            }
        }
    });
    Ok(Answer::Empty(200))
}

/// The records of a layout get another one of the same module.
fn hand_over(exchange: &mut Exchange<'_>) -> Result<(), Fault> {
    let layout = Value::Object(exchange.stored("layouts")?);
    not_itself(&exchange.body, "transferToLayoutId", exchange.id())?;
    let heir = exchange
        .body
        .get("transferToLayoutId")
        .and_then(id_text)
        .unwrap_or_default();
    let other = exchange
        .organization
        .stored("layouts", &heir)
        .cloned()
        .unwrap_or_default();
    if other["module"] != layout["module"] {
        return Err(Fault::invalid(
            "/transferToLayoutId",
            "is a layout of another module",
        ));
    }
    let id = exchange.id().to_owned();
    exchange.organization.each(&module_of(&layout), |record| {
        if record.get("layoutId").and_then(id_text).as_deref() == Some(id.as_str()) {
            record.insert("layoutId".into(), json!(heir));
        }
    });
    Ok(())
}

fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    if exchange.stored("layouts")?.get("isStandardLayout") == Some(&json!(true)) {
        return Err(Fault::State("A standard layout cannot be deleted.".into()));
    }
    hand_over(exchange)?;
    let id = exchange.id().to_owned();
    exchange.organization.remove("layouts", &id);
    Ok(Answer::Empty(204))
}

fn deactivate(exchange: &mut Exchange<'_>) -> Outcome {
    hand_over(exchange)?;
    switch(exchange, "inactive")
}

fn switch(exchange: &mut Exchange<'_>, status: &str) -> Outcome {
    let mut layout = exchange.stored("layouts")?;
    layout.insert("status".into(), json!(status));
    exchange.stamp(&mut layout);
    exchange.organization.put("layouts", layout.clone());
    let shown = item(exchange.organization, &Value::Object(layout));
    Ok(Answer::Object(200, shown))
}
