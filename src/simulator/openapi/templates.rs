//! E-mail templates and their folders.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post, put};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, choice, form, id, id_text, list as list_of, needed, object, param,
    text,
};
use super::super::store::{Organization, ids};
use super::{complete, overlay, wildcard};

const READ: Scopes = Scopes::Any(&["Desk.settings.READ", "Desk.templates.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.settings.CREATE", "Desk.templates.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.settings.UPDATE", "Desk.templates.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.settings.DELETE", "Desk.templates.DELETE"]);

const FOLDERS: &str = "templateFolders";
const TEMPLATES: &str = "emailTemplates";

const AGENT: Shape = Shape::Id("agents");
const TEAM: Shape = Shape::Id("teams");
const ROLE: Shape = Shape::Id("roles");

/// The lists of those who may use a folder.
const USERS: [&str; 4] = ["agents", "teams", "roles", "rolesAndSubordinates"];

/// Source: Template folders, the schema of the access, which wants all five; items may be equal.
const ACCESS: [Rule; 5] = [
    choice("type", &["onlyMe", "allAgents", "restrictedAccess"]).required(),
    list_of("agents", &AGENT, 0, usize::MAX).required(),
    list_of("teams", &TEAM, 0, usize::MAX).required(),
    list_of("roles", &ROLE, 0, usize::MAX).required(),
    list_of("rolesAndSubordinates", &ROLE, 0, usize::MAX).required(),
];

/// Source: Template folders, operation `addTemplateFolder`.
const NEW_FOLDER: [Rule; 4] = [
    form("folderName", 250, Pattern::Name).required(),
    text("folderDesc", 32_000),
    id("departmentId", "departments").required(),
    object("folderAccessDetails", &ACCESS).required(),
];

/// Source: Template folders, operations `patchTemplateFolder` and `updateTemplateFolder`.
const FOLDER_CHANGE: [Rule; 4] = [
    form("folderName", 250, Pattern::Name),
    text("folderDesc", 32_000),
    id("departmentId", "departments"),
    object("folderAccessDetails", &ACCESS),
];

/// Source: Template folders, operation `getTemplateFolders`.
const FOLDER_LIST: [Param; 4] = [
    needed("departmentId", Form::Id),
    param("limit", Form::Range(1, 1_000)),
    param("from", Form::Range(1, 1_000)),
    param(
        "include",
        Form::Choices(&["smsTemplatesCount", "emailTemplatesCount"]),
    ),
];

/// The modules that requests name.
const MODULES: [&str; 7] = [
    "tickets", "tasks", "contacts", "accounts", "products", "calls", "events",
];

/// The modules that answers may name besides.
const SHOWN_MODULES: [&str; 8] = [
    "tickets",
    "tasks",
    "contacts",
    "accounts",
    "products",
    "solutions",
    "calls",
    "events",
];

const CONTENT: [&str; 2] = ["plaintext", "richtext"];

/// Source: E-mail templates, operation `addTemplate`.
const NEW: [Rule; 10] = [
    form("templateName", 250, Pattern::Name).required(),
    text("subject", 1_000).required(),
    choice("recordType", &MODULES).required(),
    id("departmentId", "departments").required(),
    id("folderId", FOLDERS).required(),
    form("fromId", 100, Pattern::Sender).required(),
    choice("contentType", &CONTENT).required(),
    text("body", 64_000),
    form("replyTo", 100, Pattern::AsciiEmail),
    list_of("attachmentIds", &FILE, 0, usize::MAX).nullable(),
];

/// Source: E-mail templates, operations `patchTemplate` and `updateTemplate`.
const CHANGE: [Rule; 10] = [
    form("templateName", 250, Pattern::Name),
    text("subject", 1_000),
    choice("recordType", &MODULES),
    id("departmentId", "departments"),
    id("folderId", FOLDERS),
    form("fromId", 100, Pattern::Sender).clearable(),
    choice("contentType", &CONTENT),
    text("body", 64_000),
    form("replyTo", 100, Pattern::AsciiEmail),
    list_of("attachmentIds", &FILE, 0, usize::MAX).nullable(),
];

const FILE: Shape = Shape::Id("");

/// Source: E-mail templates, operation `getTemplates`.
const LIST: [Param; 6] = [
    needed("departmentId", Form::Id),
    param("module", Form::Choice(&SHOWN_MODULES)),
    param("folderId", Form::Id),
    param("searchStr", Form::Text(1, 100)),
    param("limit", Form::Range(1, 1_000)),
    param("from", Form::Range(1, 1_000)),
];

/// Source: E-mail templates, operation `getPlaceHolders`.
const PLACES: [Param; 2] = [
    needed("departmentId", Form::Id),
    needed("module", Form::Choice(&SHOWN_MODULES)),
];

/// The operations of this file. Rendering and the copies of attachments are left out.
pub(super) static ROUTES: [Route; 13] = [
    list("/templates", READ, &LIST, templates),
    post("/templates", CREATE, Content::Object(&NEW), create),
    list("/templates/placeHolders", READ, &PLACES, placeholders),
    get("/templates/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, template(e)?))
    }),
    patch("/templates/{id}", UPDATE, Content::Change(&CHANGE), change),
    put("/templates/{id}", UPDATE, Content::Change(&CHANGE), change),
    delete("/templates/{id}", DELETE, |e| {
        e.stored(TEMPLATES)?;
        let id = e.id().to_owned();
        e.organization.remove(TEMPLATES, &id);
        Ok(Answer::Empty(204))
    }),
    list("/templateFolders", READ, &FOLDER_LIST, folders),
    post(
        "/templateFolders",
        CREATE,
        Content::Object(&NEW_FOLDER),
        create_folder,
    ),
    get("/templateFolders/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, folder(e)?))
    }),
    patch(
        "/templateFolders/{id}",
        UPDATE,
        Content::Change(&FOLDER_CHANGE),
        change_folder,
    ),
    put(
        "/templateFolders/{id}",
        UPDATE,
        Content::Change(&FOLDER_CHANGE),
        change_folder,
    ),
    delete("/templateFolders/{id}", DELETE, remove_folder),
];

/// An object as answers show it: its id has a name of its own.
fn shown(key: &str, mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut()
        && let Some(id) = fields.shift_remove("id")
    {
        fields.shift_insert(0, key.into(), id);
    }
    object
}

fn folder(exchange: &Exchange<'_>) -> Result<Value, Fault> {
    Ok(shown("folderId", exchange.seen(FOLDERS, exchange.id())?))
}

/// The answer is a bare list, an empty one too. Items are whole; pages begin at 1 and have 1,000 of
/// them. Whether folders that somebody else alone may use are shown is not stated: they are.
fn folders(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let organization = &exchange.organization;
    let include = query.parts("include");
    let wanted = organization.live(FOLDERS).filter(|folder| {
        query
            .get("departmentId")
            .is_some_and(|id| folder["departmentId"] == id)
    });
    let items = exchange.page(wanted, 1, 1_000).into_iter();
    let items = items.map(|folder| {
        let mut item = shown("folderId", organization.view(FOLDERS, folder));
        if !include.is_empty() {
            item["templatesCount"] = json!([]);
        }
        item
    });
    Ok(Answer::Bare(items.collect()))
}

/// A body as it is stored: ids are texts, each once. Of a folder that is for all agents no single ones are
/// kept. The source does not say whether they are.
fn stored_folder(body: &Map<String, Value>) -> Map<String, Value> {
    let mut body = body.clone();
    if let Some(department) = body.get("departmentId").and_then(id_text) {
        body.insert("departmentId".into(), json!(department));
    }
    if let Some(access) = body
        .get_mut("folderAccessDetails")
        .and_then(Value::as_object_mut)
    {
        let is_for_some = access.get("type") != Some(&json!("allAgents"));
        for key in USERS {
            let mut named = access.get(key).map(ids).unwrap_or_default();
            named.sort();
            named.dedup();
            access.insert(
                key.into(),
                if is_for_some { json!(named) } else { json!([]) },
            );
        }
    }
    body
}

/// That teams belong to the department of the folder is not stated: it is this simulator's reading, and
/// breaking it is no violation.
fn teams_are_near(
    organization: &Organization,
    body: &Map<String, Value>,
    department: &Value,
) -> Result<(), Fault> {
    let teams = body
        .get("folderAccessDetails")
        .map(|access| ids(&access["teams"]));
    for team in teams.into_iter().flatten() {
        let is_near = organization
            .stored("teams", &team)
            .is_some_and(|team| team["departmentId"] == *department);
        if !is_near {
            let why = "belongs to another department";
            return Err(Fault::State(format!("The team {team} {why}.")));
        }
    }
    Ok(())
}

/// Names differ within a department: whether they must is not stated. Success is 201.
fn create_folder(exchange: &mut Exchange<'_>) -> Outcome {
    let body = stored_folder(&exchange.body);
    let department = body.get("departmentId").cloned().unwrap_or_default();
    exchange.unique_among(FOLDERS, "folderName", "", |other| {
        other["departmentId"] == department
    })?;
    teams_are_near(exchange.organization, &body, &department)?;
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent().to_owned();
    let now = exchange.now();
    let defaults = json!({"id": id, "folderName": null, "folderDesc": null, "departmentId": null,
        "folderAccessDetails": null, "category": "CUSTOM_FOLDER", "createdBy": me, "createdOn": now,
        "modifiedBy": me, "modifiedOn": now});
    exchange
        .organization
        .put(FOLDERS, complete(&body, defaults));
    let made = shown("folderId", exchange.seen(FOLDERS, &id)?);
    Ok(Answer::Object(201, made))
}

/// What is not sent stays, in a PUT, too: nothing is required. A folder that moves to another department
/// would leave its templates behind, so it does not here; that the default folder keeps its name is not
/// stated either.
fn change_folder(exchange: &mut Exchange<'_>) -> Outcome {
    let mut folder_before = exchange.stored(FOLDERS)?;
    let department = folder_before
        .get("departmentId")
        .cloned()
        .unwrap_or_default();
    let body = stored_folder(&exchange.body);
    if body
        .get("departmentId")
        .is_some_and(|other| *other != department)
    {
        return Err(Fault::State("A folder stays in its department.".into()));
    }
    let renames = body
        .get("folderName")
        .is_some_and(|name| Some(name) != folder_before.get("folderName"));
    if renames && folder_before.get("category") == Some(&json!("DEFAULT_FOLDER")) {
        return Err(Fault::Protected(
            "The default folder keeps its name.".into(),
        ));
    }
    exchange.unique_among(FOLDERS, "folderName", exchange.id(), |other| {
        other["departmentId"] == department
    })?;
    teams_are_near(exchange.organization, &body, &department)?;
    overlay(&mut folder_before, &body);
    let me = exchange.organization.acting_agent().to_owned();
    folder_before.insert("modifiedBy".into(), json!(me));
    folder_before.insert("modifiedOn".into(), exchange.now());
    exchange.organization.put(FOLDERS, folder_before);
    Ok(Answer::Object(200, folder(exchange)?))
}

/// Neither what becomes of the templates of a folder that goes is stated, nor whether the default one
/// can go: a folder with templates stays here, and so does the default one.
fn remove_folder(exchange: &mut Exchange<'_>) -> Outcome {
    let gone = exchange.stored(FOLDERS)?;
    if gone.get("category") == Some(&json!("DEFAULT_FOLDER")) {
        return Err(Fault::Protected("The default folder stays.".into()));
    }
    let is_full = (exchange.organization.live(TEMPLATES))
        .any(|template| template["folderId"] == exchange.id());
    if is_full {
        return Err(Fault::State("There are templates in the folder.".into()));
    }
    let id = exchange.id().to_owned();
    exchange.organization.remove(FOLDERS, &id);
    Ok(Answer::Empty(204))
}

fn template(exchange: &Exchange<'_>) -> Result<Value, Fault> {
    Ok(shown(
        "templateId",
        exchange.seen(TEMPLATES, exchange.id())?,
    ))
}

/// The answer is a bare list, an empty one too. Items lack attachments; pages begin at 1 and have 1,000
/// of them.
fn templates(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let organization = &exchange.organization;
    let is = |template: &Value, param: &str, key: &str| {
        query
            .get(param)
            .is_none_or(|wanted| template[key] == wanted)
    };
    let wanted = organization.live(TEMPLATES).filter(|template| {
        is(template, "departmentId", "departmentId")
            && is(template, "module", "recordType")
            && is(template, "folderId", "folderId")
            && query.get("searchStr").is_none_or(|text| {
                wildcard(text, template["templateName"].as_str().unwrap_or_default())
            })
    });
    let items = exchange.page(wanted, 1, 1_000).into_iter();
    let items = items.map(|template| {
        let mut item = shown("templateId", organization.view(TEMPLATES, template));
        if let Some(item) = item.as_object_mut() {
            item.shift_remove("attachments");
        }
        item
    });
    Ok(Answer::Bare(items.collect()))
}

/// A body as it is stored. What is sent under one name is shown under another, and what is sent as ids
/// of files is shown as files.
fn stored_template(body: &Map<String, Value>) -> Map<String, Value> {
    let mut body = body.clone();
    for key in ["departmentId", "folderId"] {
        if let Some(id) = body.get(key).and_then(id_text) {
            body.insert(key.into(), json!(id));
        }
    }
    if let Some(address) = body.shift_remove("replyTo") {
        body.insert("replyToAddr".into(), address);
    }
    if let Some(files) = body.shift_remove("attachmentIds") {
        let files: Vec<Value> = ids(&files)
            .iter()
            .map(|id| json!({"id": id, "name": format!("{id}.pdf"), "size": "1024"}))
            .collect();
        body.insert("attachments".into(), json!(files));
    }
    body
}

/// What the server makes of HTML is not stated. It is cleaned here, as web mailers do it: names of tags
/// come in small letters, and scripts go.
fn cleaned(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let lower = tag.to_ascii_lowercase();
        if lower.starts_with("<script") {
            rest = match lower.find("</script>") {
                Some(end) => tag.get(end + "</script>".len()..).unwrap_or_default(),
                None => "",
            };
            continue;
        }
        let name = tag
            .char_indices()
            .skip(1)
            .find(|(_, c)| !c.is_ascii_alphanumeric() && *c != '/')
            .map_or(tag.len(), |(at, _)| at);
        out.push_str(lower.get(..name).unwrap_or_default());
        rest = tag.get(name..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Lays a body over a template, and checks what that comes to.
///
/// That a template lies in a folder of its own department is this simulator's reading; breaking it is no
/// violation.
fn settled(
    exchange: &Exchange<'_>,
    mut template: Map<String, Value>,
) -> Result<Map<String, Value>, Fault> {
    let folder = template.get("folderId").and_then(id_text);
    let folder = folder.and_then(|id| exchange.organization.stored(FOLDERS, &id));
    let is_near =
        folder.is_some_and(|folder| Some(&folder["departmentId"]) == template.get("departmentId"));
    if !is_near {
        return Err(Fault::State("The folder is of another department.".into()));
    }
    let is_html = template.get("contentType") == Some(&json!("richtext"));
    if let (true, Some(body)) = (is_html, template.get("body").and_then(Value::as_str)) {
        let body = cleaned(body);
        template.insert("body".into(), json!(body));
    }
    Ok(template)
}

/// Names differ within a department: whether they must is not stated. Success is 201.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    let body = stored_template(&exchange.body);
    let department = body.get("departmentId").cloned().unwrap_or_default();
    exchange.unique_among(TEMPLATES, "templateName", "", |other| {
        other["departmentId"] == department
    })?;
    let defaults = json!({"id": null, "templateName": null, "subject": null, "body": null,
        "contentType": null, "recordType": null, "departmentId": null, "folderId": null, "fromId": null,
        "replyToAddr": null, "category": "CUSTOM_TEMPLATE", "attachments": []});
    let mut made = settled(exchange, complete(&body, defaults))?;
    let id = exchange.organization.fresh_id();
    made.insert("id".into(), json!(id));
    exchange.organization.put(TEMPLATES, made);
    let made = shown("templateId", exchange.seen(TEMPLATES, &id)?);
    Ok(Answer::Object(201, made))
}

/// What is not sent stays, in a PUT, too: nothing is required. Whether a template can move to another
/// department is not stated: it does not, and one of the system keeps its name.
fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut changed = exchange.stored(TEMPLATES)?;
    let department = changed.get("departmentId").cloned().unwrap_or_default();
    let body = stored_template(&exchange.body);
    if body
        .get("departmentId")
        .is_some_and(|other| *other != department)
    {
        return Err(Fault::State("A template stays in its department.".into()));
    }
    let renames = body
        .get("templateName")
        .is_some_and(|name| Some(name) != changed.get("templateName"));
    if renames && changed.get("category") == Some(&json!("DEFAULT_TEMPLATE")) {
        let why = "A template of the system keeps its name.";
        return Err(Fault::Protected(why.into()));
    }
    exchange.unique_among(TEMPLATES, "templateName", exchange.id(), |other| {
        other["departmentId"] == department
    })?;
    overlay(&mut changed, &body);
    let changed = settled(exchange, changed)?;
    exchange.organization.put(TEMPLATES, changed);
    Ok(Answer::Object(200, template(exchange)?))
}

/// The fields of a module by their labels, and what is known of the agent and the organization. Which
/// groups a module has is not stated: tickets have those of their contacts and accounts here.
fn placeholders(exchange: &mut Exchange<'_>) -> Outcome {
    let module = exchange.query.get("module").unwrap_or_default();
    let mut modules = vec![module];
    if module == "tickets" {
        modules.extend(["contacts", "accounts"]);
    }
    let mut groups: Vec<Value> = modules
        .into_iter()
        .map(|module| of_module(exchange.organization, module))
        .collect();
    let person = [("firstName", "First Name"), ("lastName", "Last Name")];
    groups.push(group("User", "User", &person));
    let company = [("companyName", "Company Name")];
    groups.push(group("Organization", "Organization", &company));
    Ok(Answer::List(groups))
}

fn of_module(organization: &Organization, module: &str) -> Value {
    let (first, rest) = module.split_at_checked(1).unwrap_or_default();
    let title = format!("{}{rest}", first.to_uppercase());
    let id = format!("{} Id", title.trim_end_matches('s'));
    let fields = organization
        .live("fields")
        .filter(|field| field["module"] == module);
    let fields = fields.filter_map(|field| {
        let name = field["apiName"].as_str()?;
        Some((name, field["displayLabel"].as_str()?))
    });
    let all: Vec<(&str, &str)> = [("id", id.as_str())].into_iter().chain(fields).collect();
    group(module, &title, &all)
}

fn group(module: &str, title: &str, fields: &[(&str, &str)]) -> Value {
    let places: Vec<Value> = fields
        .iter()
        .map(|(name, label)| {
            json!({"apiName": name, "fieldLabel": label, "i18nFieldLabel": label,
                "placeHolder": format!("${{{title}.{label}}}")})
        })
        .collect();
    json!({"module": module, "i18nModule": title, "supportedPlaceHolders": places})
}
