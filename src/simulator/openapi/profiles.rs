//! Profiles.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, Rule, form, free, id, id_text, object, param};
use super::super::store::ids;
use super::permissions::{GROUPS, left_out};
use super::{not_itself, wildcard};

const READ: Scopes = Scopes::Any(&[
    "Desk.basic.READ",
    "Desk.permissions.READ",
    "Desk.settings.READ",
]);
const CREATE: Scopes = Scopes::Any(&[
    "Desk.basic.CREATE",
    "Desk.permissions.CREATE",
    "Desk.settings.CREATE",
]);
const UPDATE: Scopes = Scopes::Any(&[
    "Desk.basic.UPDATE",
    "Desk.permissions.UPDATE",
    "Desk.settings.UPDATE",
]);
const DELETE: Scopes = Scopes::Any(&[
    "Desk.basic.DELETE",
    "Desk.permissions.DELETE",
    "Desk.settings.DELETE",
]);
const AGENTS_READ: Scopes =
    Scopes::Any(&["Desk.agents.READ", "Desk.basic.READ", "Desk.settings.READ"]);

/// The keys that `fields` chooses from; id and name always come.
const FIELDS: [&str; 7] = [
    "type",
    "isVisible",
    "default",
    "modifiedBy",
    "modifiedTime",
    "permissions",
    "description",
];

/// Source: Profile, operation `getProfileList`. The base of `from` is not stated; 0 is taken.
const PROFILE_LIST: [Param; 6] = [
    param("default", Form::Boolean),
    param("visible", Form::Boolean),
    param("searchStr", Form::Text(1, 100)),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 250)),
    param("fields", Form::Choices(&FIELDS)),
];

/// Source: Profile, operation `getAgentsByProfile`.
const AGENT_LIST: [Param; 2] = [
    param("active", Form::Boolean),
    param("confirmed", Form::Boolean),
];

/// Source: Profile, operation `cloneProfile`.
const CLONE: [Rule; 2] = [
    form("name", 50, Pattern::Name).required(),
    form("description", 32_000, Pattern::Name),
];

/// Source: Profile, operation `updateProfile`. The keys behind `permissions` are texts that the
/// schema has at the top and that change nothing here.
const CHANGE: [Rule; 14] = [
    form("name", 50, Pattern::Name),
    form("description", 3_200, Pattern::Name).clearable(),
    object("permissions", &GROUPS),
    free("editAllArticles"),
    free("moderate"),
    free("manageKB"),
    free("admin"),
    free("import"),
    free("export"),
    free("manageOwnCustomViews"),
    free("shareOwnCustomViews"),
    free("editSharedCustomViews"),
    free("deleteSharedCustomViews"),
    free("reshareSharedCustomViews"),
];

/// Source: Profile, operation `deleteProfile`.
const REMOVE: [Rule; 1] = [id("transferToProfileId", "profiles").required()];

/// The operations of this file. The API has no other way to make a profile than to clone one.
pub(super) static ROUTES: [Route; 9] = [
    list("/profiles", READ, &PROFILE_LIST, profiles),
    get("/profiles/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("profiles", e.id())?))
    }),
    patch("/profiles/{id}", UPDATE, Content::Change(&CHANGE), change),
    post(
        "/profiles/{id}/clone",
        CREATE,
        Content::Object(&CLONE),
        clone,
    ),
    post(
        "/profiles/{id}/delete",
        DELETE,
        Content::Object(&REMOVE),
        remove,
    ),
    list("/profiles/{id}/agents", AGENTS_READ, &AGENT_LIST, agents),
    get("/lightAgentProfile", READ, &[], |exchange| {
        exchange
            .organization
            .find("profiles", "type", "Light")
            .map(|profile| Answer::Object(200, profile))
            .ok_or(Fault::Absent)
    }),
    get("/myProfile", READ, &[], |exchange| {
        Ok(Answer::Object(200, mine(exchange)?))
    }),
    get("/myProfilePermissions", READ, &[], |exchange| {
        let profile = mine(exchange)?;
        let answer = json!({"permissions": profile["permissions"]});
        Ok(Answer::Object(200, answer))
    }),
];

fn mine(exchange: &Exchange<'_>) -> Result<Value, Fault> {
    let me = exchange.organization.acting_agent();
    let profile = exchange
        .organization
        .stored("agents", me)
        .and_then(|agent| id_text(&agent["profileId"]))
        .ok_or(Fault::Absent)?;
    exchange.seen("profiles", &profile)
}

/// Without `fields` everything comes: the source states nothing else.
fn profiles(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let found = |profile: &Value| {
        query.get("searchStr").is_none_or(|text| {
            let pattern = text.replace('%', "*");
            ["name", "description"]
                .iter()
                .any(|field| wildcard(&pattern, profile[*field].as_str().unwrap_or_default()))
        })
    };
    let wanted = exchange.organization.live("profiles").filter(|profile| {
        query
            .boolean("default")
            .is_none_or(|value| profile["default"] == value)
            && query
                .boolean("visible")
                .is_none_or(|value| profile["isVisible"] == value)
            && found(profile)
    });
    let asked = query.get("fields").map(|_| query.parts("fields"));
    let shown = |profile: &Value| {
        let mut profile = profile.clone();
        if let (Some(asked), Some(profile)) = (&asked, profile.as_object_mut()) {
            profile.retain(|key, _| {
                matches!(key.as_str(), "id" | "name") || asked.contains(&key.as_str())
            });
        }
        profile
    };
    Ok(Answer::List(
        exchange
            .page(wanted, 0, 250)
            .into_iter()
            .map(shown)
            .collect(),
    ))
}

/// A clone has the permissions of its source. Its type and visibility are not stated.
fn clone(exchange: &mut Exchange<'_>) -> Outcome {
    let source = exchange.stored("profiles")?;
    exchange.unique_among("profiles", "name", "", |_| true)?;
    let id = exchange.organization.fresh_id();
    let profile = json!({"id": id, "name": exchange.body.get("name"),
        "description": exchange.body.get("description"), "type": "Custom", "default": false,
        "isVisible": true, "permissions": source.get("permissions"),
        "modifiedBy": exchange.organization.acting_agent(), "modifiedTime": exchange.now()});
    exchange.organization.insert("profiles", profile);
    Ok(Answer::Object(200, exchange.seen("profiles", &id)?))
}

/// Only the groups that are sent change. A group is sent with all flags that the schema requires
/// and the profile shows.
fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut profile = exchange.stored("profiles")?;
    let renames = exchange
        .body
        .get("name")
        .is_some_and(|name| profile.get("name") != Some(name));
    if renames && profile.get("default") == Some(&json!(true)) {
        return Err(Fault::State("A system profile keeps its name.".into()));
    }
    exchange.unique_among("profiles", "name", exchange.id(), |_| true)?;
    for key in ["name", "description"] {
        if let Some(value) = exchange.body.get(key) {
            profile.insert(key.into(), value.clone());
        }
    }
    let permissions = profile
        .entry("permissions")
        .or_insert_with(|| json!({}))
        .as_object_mut();
    let sent = exchange.body.get("permissions").and_then(Value::as_object);
    if let (Some(permissions), Some(sent)) = (permissions, sent) {
        let fields = left_out(permissions, sent);
        if !fields.is_empty() {
            return Err(Fault::Body {
                extra: Vec::new(),
                fields,
            });
        }
        grant(permissions, sent);
    }
    exchange.stamp(&mut profile);
    exchange.organization.put("profiles", profile);
    Ok(Answer::Object(
        200,
        exchange.seen("profiles", exchange.id())?,
    ))
}

/// Null says nothing, for a group as for a flag.
fn grant(permissions: &mut Map<String, Value>, sent: &Map<String, Value>) {
    for (name, flags) in sent {
        let Some(flags) = flags.as_object() else {
            continue;
        };
        let group = permissions.entry(name).or_insert_with(|| json!({}));
        if let Some(group) = group.as_object_mut() {
            let said = flags.iter().filter(|(_, flag)| !flag.is_null());
            group.extend(said.map(|(name, flag)| (name.clone(), flag.clone())));
        }
    }
}

/// The agents of the profile go over to another one.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    let profile = exchange.stored("profiles")?;
    not_itself(&exchange.body, "transferToProfileId", exchange.id())?;
    if profile.get("default") == Some(&json!(true)) {
        return Err(Fault::State("A system profile cannot be deleted.".into()));
    }
    let heir = exchange
        .body
        .get("transferToProfileId")
        .and_then(id_text)
        .unwrap_or_default();
    let id = exchange.id().to_owned();
    for collection in ["agents", "deletedAgents"] {
        exchange.organization.each(collection, |agent| {
            if agent.get("profileId").and_then(id_text).as_deref() == Some(id.as_str()) {
                agent.insert("profileId".into(), json!(heir));
            }
        });
    }
    exchange.organization.each("customModules", |module| {
        let mut profiles = module.get("profileIds").map(ids).unwrap_or_default();
        profiles.retain(|profile| *profile != id);
        module.insert("profileIds".into(), json!(profiles));
    });
    exchange.organization.remove("profiles", &id);
    Ok(Answer::Empty(204))
}

/// The agents with a profile stand under `agents`; the list has no pages.
fn agents(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("profiles")?;
    let query = &exchange.query;
    let shown: Vec<Value> = exchange
        .organization
        .live("agents")
        .filter(|agent| {
            agent["profileId"] == exchange.id()
                && query
                    .boolean("active")
                    .is_none_or(|active| (agent["status"] == "ACTIVE") == active)
                && query
                    .boolean("confirmed")
                    .is_none_or(|confirmed| agent["isConfirmed"] == confirmed)
        })
        .map(member)
        .collect();
    if shown.is_empty() {
        return Ok(Answer::Empty(204));
    }
    Ok(Answer::Keyed("agents", shown))
}

/// An agent as the lists of a profile show it.
fn member(agent: &Value) -> Value {
    let keys = [
        "id",
        "zuid",
        "emailId",
        "firstName",
        "lastName",
        "photoURL",
        "roleId",
        "profileId",
        "rolePermissionType",
        "status",
        "isConfirmed",
        "associatedDepartmentIds",
        "channelExpert",
        "aboutInfo",
        "phone",
        "mobile",
        "extn",
    ];
    keys.iter()
        .map(|key| ((*key).to_owned(), agent[*key].clone()))
        .collect::<Map<String, Value>>()
        .into()
}
