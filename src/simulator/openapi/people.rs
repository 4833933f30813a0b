//! Agents.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, choice, form, id, list as list_of, map, param, set,
};
use super::super::store::ids;
use super::settings::{AGENT_IDS, STATUS};
use super::{complete, overlay, wildcard};

const READ: Scopes = Scopes::Any(&["Desk.agents.READ", "Desk.basic.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&[
    "Desk.agents.CREATE",
    "Desk.basic.CREATE",
    "Desk.settings.CREATE",
]);
const UPDATE: Scopes = Scopes::Any(&[
    "Desk.agents.UPDATE",
    "Desk.basic.UPDATE",
    "Desk.settings.UPDATE",
]);
const DELETE: Scopes = Scopes::Any(&[
    "Desk.agents.DELETE",
    "Desk.basic.DELETE",
    "Desk.settings.DELETE",
]);
const ME: Scopes = Scopes::Any(&["Desk.settings.READ", "Desk.basic.READ"]);

const PERMISSION_TYPES: [&str; 6] = [
    "AgentPublic",
    "AgentPersonal",
    "AgentTeamPersonal",
    "Admin",
    "Custom",
    "Light",
];
const DEPARTMENT: Shape = Shape::Id("departments");
const CHANNEL: Shape = Shape::Text {
    min: 0,
    max: 120,
    pattern: Pattern::Any,
};
const CF_VALUE: Shape = Shape::Text {
    min: 0,
    max: 100,
    pattern: Pattern::Name,
};

/// Source: Agent, operation `addAgent`. The pattern of the telephone numbers is a negated class
/// there, which the source's own examples break; it is read as the class itself.
const AGENT_CREATE: [Rule; 18] = [
    form("emailId", 100, Pattern::AsciiEmail).required(),
    form("firstName", 50, Pattern::Wide),
    form("lastName", 50, Pattern::Wide).required(),
    choice("rolePermissionType", &PERMISSION_TYPES).required(),
    id("roleId", "roles"),
    id("profileId", "profiles"),
    Rule {
        required: true,
        ..set("associatedDepartmentIds", &DEPARTMENT)
    },
    set("associatedChatDepartmentIds", &DEPARTMENT).nullable(),
    STATUS,
    form("langCode", 100, Pattern::Locale),
    form("countryCode", 100, Pattern::Locale),
    form("phone", 100, Pattern::Number),
    form("mobile", 100, Pattern::Number),
    form("extn", 100, Pattern::Number),
    form("aboutInfo", 255, Pattern::Wide),
    list_of("channelExpert", &CHANNEL, 0, 51).nullable(),
    form("timeZone", usize::MAX, Pattern::TimeZone).nullable(),
    map("cf", &Shape::Scalar),
];

/// Source: Agent, operation `updateAgent`.
const AGENT_UPDATE: [Rule; 18] = [
    form("emailId", 100, Pattern::AsciiEmail),
    form("firstName", 50, Pattern::Wide).clearable(),
    form("lastName", 50, Pattern::Wide),
    choice("rolePermissionType", &PERMISSION_TYPES),
    id("roleId", "roles"),
    id("profileId", "profiles"),
    set("associatedDepartmentIds", &DEPARTMENT),
    set("associatedChatDepartmentIds", &DEPARTMENT),
    STATUS,
    form("langCode", 100, Pattern::Locale),
    form("countryCode", 100, Pattern::Locale),
    form("phone", 100, Pattern::Number).clearable(),
    form("mobile", 100, Pattern::Number).clearable(),
    form("extn", 100, Pattern::Number).clearable(),
    form("aboutInfo", 255, Pattern::Wide).clearable(),
    list_of("channelExpert", &CHANNEL, 0, usize::MAX),
    form("timeZone", usize::MAX, Pattern::TimeZone),
    map("cf", &CF_VALUE),
];

/// Source: Agent, operation `getAgents`.
const AGENT_LIST: [Param; 15] = [
    param("include", Form::Choices(&["profile", "role"])),
    param("roleIds", Form::Ids(50)),
    param("profileIds", Form::Ids(50)),
    param("departmentIds", Form::Ids(50)),
    param("searchStr", Form::Text(1, 100)),
    param(
        "fieldName",
        Form::Choice(&["firstName", "lastName", "emailId", "name"]),
    ),
    param("cfSearchStr", Form::Text(1, usize::MAX)),
    param("cfFieldName", Form::Text(1, usize::MAX)),
    param(
        "rolePermissionType",
        Form::Choice(&[
            "AgentPublic",
            "AgentPersonal",
            "AgentTeamPersonal",
            "Admin",
            "Custom",
            "Light",
            "${NON_LIGHT}",
        ]),
    ),
    param(
        "status",
        Form::Choice(&["ACTIVE", "DISABLED", "DELETED", "IMPORTED"]),
    ),
    param("isConfirmed", Form::Boolean),
    param("isLightAgent", Form::Boolean),
    param("sortOrder", Form::Choice(&["asc", "desc"])),
    param("limit", Form::Range(0, 200)),
    param("from", Form::Range(0, i64::MAX)),
];

/// Source: Agent, operation `getAgent`.
const AGENT_GET: [Param; 1] = [param(
    "include",
    Form::Choices(&[
        "profile",
        "role",
        "associatedDepartments",
        "associatedChatDepartments",
        "verifiedEmails",
    ]),
)];

/// Source: Agent, operation `getMyInfo`.
const MY_INFO: [Param; 1] = [param(
    "include",
    Form::Choices(&[
        "profile",
        "role",
        "associatedDepartments",
        "associatedChatDepartments",
    ]),
)];

/// The operations of this file.
pub(super) static ROUTES: [Route; 10] = [
    get("/myinfo", ME, &MY_INFO, |exchange| {
        let me = exchange.organization.acting_agent().to_owned();
        with_includes(exchange, &me)
    }),
    list("/agents", READ, &AGENT_LIST, agents),
    post("/agents", CREATE, Content::Object(&AGENT_CREATE), create),
    get("/agents/{id}", READ, &AGENT_GET, |exchange| {
        let id = exchange.id().to_owned();
        with_includes(exchange, &id)
    }),
    patch(
        "/agents/{id}",
        UPDATE,
        Content::Change(&AGENT_UPDATE),
        change,
    ),
    delete("/agents/{id}", DELETE, |exchange| remove(exchange, true)),
    post(
        "/agents/activate",
        UPDATE,
        Content::Object(&AGENT_IDS),
        activate,
    ),
    post("/agents/{id}/deactivate", UPDATE, Content::None, deactivate),
    post(
        "/agents/deleteUnconfirmed",
        DELETE,
        Content::Object(&AGENT_IDS),
        delete_unconfirmed,
    ),
    get("/agents/email/{text}", ME, &[], by_email),
];

fn include(exchange: &Exchange<'_>, agent: &Value) -> Value {
    let mut agent = exchange.organization.view("agents", agent);
    let named = |collection: &str, key: &Value| {
        key.as_str()
            .and_then(|id| exchange.organization.stored(collection, id))
            .map(|object| json!({"id": object["id"], "name": object["name"]}))
            .unwrap_or_default()
    };
    let departments = |key: &Value| -> Vec<Value> {
        ids(key)
            .iter()
            .filter_map(|id| exchange.organization.stored("departments", id))
            .map(|d| json!({"id": d["id"], "name": d["name"], "sanitizedName": d["sanitizedName"]}))
            .collect()
    };
    for part in exchange.query.parts("include") {
        let value = match part {
            "role" => named("roles", &agent["roleId"]),
            "profile" => named("profiles", &agent["profileId"]),
            "associatedDepartments" => json!(departments(&agent["associatedDepartmentIds"])),
            "associatedChatDepartments" => {
                json!(departments(&agent["associatedChatDepartmentIds"]))
            }
            "verifiedEmails" => json!([agent["emailId"]]),
            _ => continue,
        };
        if let Some(agent) = agent.as_object_mut() {
            agent.insert(part.to_owned(), value);
        }
    }
    agent
}

fn with_includes(exchange: &Exchange<'_>, id: &str) -> Outcome {
    let agent = exchange
        .organization
        .stored("agents", id)
        .ok_or(Fault::Absent)?;
    Ok(Answer::Object(200, include(exchange, agent)))
}

fn agents(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let collection = if query.get("status") == Some("DELETED") {
        "deletedAgents"
    } else {
        "agents"
    };
    let among = |name: &str, value: &Value| {
        query.get(name).is_none()
            || value
                .as_str()
                .is_some_and(|id| query.parts(name).contains(&id))
    };
    let found = |agent: &Value| {
        query.get("searchStr").is_none_or(|text| {
            let fields = query.get("fieldName").map_or_else(
                || vec!["firstName", "lastName", "emailId"],
                |name| vec![name],
            );
            let agent = exchange.organization.view("agents", agent);
            fields
                .iter()
                .any(|field| wildcard(text, agent[*field].as_str().unwrap_or_default()))
        })
    };
    let mut wanted: Vec<&Value> = exchange
        .organization
        .live(collection)
        .filter(|agent| {
            let light = agent["rolePermissionType"] == "Light";
            among("status", &agent["status"])
                && among("roleIds", &agent["roleId"])
                && among("profileIds", &agent["profileId"])
                && query
                    .boolean("isConfirmed")
                    .is_none_or(|value| agent["isConfirmed"] == value)
                && query
                    .boolean("isLightAgent")
                    .is_none_or(|value| light == value)
                && match query.get("rolePermissionType") {
                    None => true,
                    Some("${NON_LIGHT}") => !light,
                    Some(kind) => agent["rolePermissionType"] == kind,
                }
                && (query.get("departmentIds").is_none()
                    || ids(&agent["associatedDepartmentIds"])
                        .iter()
                        .any(|id| query.parts("departmentIds").contains(&id.as_str())))
                && found(agent)
        })
        .collect();
    if query.get("sortOrder") == Some("desc") {
        wanted.reverse();
    }
    let page = exchange.page(wanted.into_iter(), 0, 10);
    Ok(Answer::List(
        page.into_iter()
            .map(|agent| include(exchange, agent))
            .collect(),
    ))
}

/// Role and profile come with the permission type, and are given only for `Custom`.
///
/// Source: Agent, `addAgent` and its text: which built-in role and profile a type stands for.
fn check_permission(body: &Map<String, Value>) -> Result<(), Fault> {
    let custom = body.get("rolePermissionType").and_then(Value::as_str) == Some("Custom");
    for field in ["roleId", "profileId"] {
        match (custom, body.contains_key(field)) {
            (true, false) => return Err(Fault::field(format!("/{field}"), Problem::Missing)),
            (false, true) => {
                let why = "is taken only with the rolePermissionType Custom";
                return Err(Fault::invalid(format!("/{field}"), why));
            }
            _ => {}
        }
    }
    Ok(())
}

fn apply_permission(exchange: &Exchange<'_>, agent: &mut Map<String, Value>) {
    let (role, profile) = match agent.get("rolePermissionType").and_then(Value::as_str) {
        Some("Admin") => ("CEO", "Support Administrator"),
        Some("AgentPublic") => ("Manager", "Agent"),
        Some("AgentPersonal" | "AgentTeamPersonal") => ("Personal", "Agent"),
        Some("Light") => ("LightAgent", "Light Agent"),
        _ => return,
    };
    for (collection, name, field) in [
        ("roles", role, "roleId"),
        ("profiles", profile, "profileId"),
    ] {
        let id = exchange
            .organization
            .find(collection, "name", name)
            .map(|object| object["id"].clone());
        agent.insert(field.into(), id.unwrap_or_default());
    }
}

/// What only the agent can change is accepted for every agent and stored for the acting one only.
///
/// Source: reports of users; the schemas of `addAgent` and `updateAgent` have these fields.
pub(in crate::simulator) fn leave_to_the_agent(exchange: &mut Exchange<'_>, id: &str) {
    if id != exchange.organization.acting_agent() {
        for field in ["timeZone", "langCode", "countryCode"] {
            exchange.body.shift_remove(field);
        }
    }
}

fn create(exchange: &mut Exchange<'_>) -> Outcome {
    check_permission(&exchange.body)?;
    exchange.unique("agents", "emailId")?;
    let id = exchange.organization.fresh_id();
    let defaults = json!({"id": id, "zuid": "", "emailId": null, "firstName": null, "lastName": null,
        "rolePermissionType": null, "roleId": null, "profileId": null, "associatedDepartmentIds": [],
        "associatedChatDepartmentIds": [], "channelExpert": [], "phone": "", "mobile": "", "extn": "",
        "aboutInfo": "", "photoURL": null, "isConfirmed": false, "isZiaAgent": false, "status": "ACTIVE",
        "langCode": "en_US", "countryCode": "en_US", "timeZone": null});
    leave_to_the_agent(exchange, &id);
    let mut agent = complete(&exchange.body, defaults);
    apply_permission(exchange, &mut agent);
    exchange.organization.put("agents", agent);
    Ok(Answer::Object(200, exchange.seen("agents", &id)?))
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut agent = exchange.stored("agents")?;
    exchange.unique("agents", "emailId")?;
    if exchange.body.get("status") == Some(&json!("DISABLED")) {
        not_the_acting_agent(exchange)?;
    }
    let id = exchange.id().to_owned();
    leave_to_the_agent(exchange, &id);
    overlay(&mut agent, &exchange.body);
    if exchange.body.contains_key("rolePermissionType") {
        apply_permission(exchange, &mut agent);
    }
    if exchange.body.contains_key("roleId") || exchange.body.contains_key("profileId") {
        // No rule for Custom is declared here: giving a role or profile makes it so.
        overlay(&mut agent, &exchange.body);
        agent.insert("rolePermissionType".into(), json!("Custom"));
    }
    exchange.organization.put("agents", agent);
    Ok(Answer::Object(200, exchange.seen("agents", exchange.id())?))
}

fn not_the_acting_agent(exchange: &Exchange<'_>) -> Result<(), Fault> {
    if exchange.id() == exchange.organization.acting_agent() {
        return Err(Fault::Protected(
            "The acting agent cannot be taken away.".into(),
        ));
    }
    Ok(())
}

/// Source: Agent, operation `deleteAgent`: confirmed agents only.
fn remove(exchange: &mut Exchange<'_>, confirmed: bool) -> Outcome {
    let mut agent = exchange.stored("agents")?;
    not_the_acting_agent(exchange)?;
    if agent.get("isConfirmed") != Some(&json!(confirmed)) {
        return Err(Fault::Misuse(
            "Only a confirmed agent can be deleted so.".into(),
        ));
    }
    agent.insert("status".into(), json!("DELETED"));
    let id = exchange.id().to_owned();
    exchange.organization.remove("agents", &id);
    exchange.organization.put("deletedAgents", agent);
    Ok(Answer::Empty(204))
}

fn activate(exchange: &mut Exchange<'_>) -> Outcome {
    set_status(exchange, "ACTIVE")
}

fn set_status(exchange: &mut Exchange<'_>, status: &str) -> Outcome {
    for id in exchange.body.get("agentIds").map(ids).unwrap_or_default() {
        exchange.organization.change("agents", &id, |agent| {
            agent.insert("status".into(), json!(status));
        });
    }
    Ok(Answer::Empty(204))
}

fn deactivate(exchange: &mut Exchange<'_>) -> Outcome {
    let mut agent = exchange.stored("agents")?;
    not_the_acting_agent(exchange)?;
    agent.insert("status".into(), json!("DISABLED"));
    exchange.organization.put("agents", agent);
    Ok(Answer::Empty(204))
}

/// Source: Agent, operation `deleteUnconfirmedAgent`.
fn delete_unconfirmed(exchange: &mut Exchange<'_>) -> Outcome {
    let leaving = exchange.body.get("agentIds").map(ids).unwrap_or_default();
    for (index, id) in leaving.iter().enumerate() {
        let confirmed = exchange
            .organization
            .stored("agents", id)
            .is_none_or(|agent| agent["isConfirmed"] != json!(false));
        if confirmed {
            return Err(Fault::invalid(
                format!("/agentIds/{index}"),
                "names a confirmed agent",
            ));
        }
    }
    for id in leaving {
        exchange.organization.remove("agents", &id);
    }
    Ok(Answer::Empty(204))
}

/// No match is 204.
fn by_email(exchange: &mut Exchange<'_>) -> Outcome {
    let holder = exchange
        .organization
        .holder("agents", "emailId", exchange.id())
        .map(str::to_owned);
    match holder {
        Some(id) => Ok(Answer::Object(200, exchange.seen("agents", &id)?)),
        None => Ok(Answer::Empty(204)),
    }
}
