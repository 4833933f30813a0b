//! Settings of which an organization, or each department, has one.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, patch, post};
use super::super::oauth::Scopes;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, Rule, Shape, boolean, choice, list, needed, shaped, whole};
use super::overlay;

/// Source: Data Sharing Rules, the schema of a level.
const LEVELS: [&str; 3] = ["public", "private", "public read only"];
/// Source: Data Sharing Rules, the schema of both.
const MODULES: [&str; 8] = [
    "tickets",
    "calls",
    "accounts",
    "contracts",
    "contacts",
    "tasks",
    "events",
    "products",
];
const SHARING: [Rule; 8] = [
    choice(MODULES[0], &LEVELS),
    choice(MODULES[1], &LEVELS),
    choice(MODULES[2], &LEVELS),
    choice(MODULES[3], &LEVELS),
    choice(MODULES[4], &LEVELS),
    choice(MODULES[5], &LEVELS),
    choice(MODULES[6], &LEVELS),
    choice(MODULES[7], &LEVELS),
];

/// Source: Agent Availability, operation `updateAgentAvailabilityConfig`.
const AVAILABILITY: [Rule; 2] = [
    whole("agentIdleTime", 1, 360),
    boolean("treatIdleAgentsAsOffline"),
];

/// Source: Community Preferences, operation `updateCommunityPreferences`.
const COMMUNITY: [Rule; 1] = [choice("landingPage", &["ALLCATEGORY", "RECENTPOST"]).required()];

const DEPARTMENT: Shape = Shape::Id("departments");
const AGENT: Shape = Shape::Id("agents");
const WRITTEN_AGENT: Shape = Shape::Written(&AGENT);

/// Source: Routing Preference, operation `updateRoutingPreference`.
const THRESHOLD: [Rule; 2] = [
    list("agentIds", &WRITTEN_AGENT, 0, usize::MAX).required(),
    whole("customThreshold", 1, 600).required(),
];
const ONE: Shape = Shape::Object(&THRESHOLD);
const ROUTING: [Rule; 11] = [
    shaped("departmentId", Shape::Written(&DEPARTMENT)).required(),
    boolean("assignBacklog"),
    choice("assignBacklogsBy", &["DUEDATE", "CREATEDTIME"]),
    whole("backLogLimit", 1, 50),
    boolean("assignToOfflineAgents"),
    boolean("isThresholdEnabled"),
    whole("thresholdLimit", 1, 500),
    choice("freshTicketAssignMode", &["IMMEDIATE", "MOVE_TO_BACKLOG"]),
    boolean("isImmediateAssignmentEnabled"),
    boolean("isCustomThresholdEnabled"),
    list("customThresholdVsAgents", &ONE, 0, 1),
];
const OF_DEPARTMENT: [Param; 1] = [needed("departmentId", Form::Id)];

const ROUTING_READ: Scopes = Scopes::Any(&["Desk.automations.READ", "Desk.settings.READ"]);
const ROUTING_UPDATE: Scopes = Scopes::Any(&["Desk.automations.UPDATE", "Desk.settings.UPDATE"]);

/// The operations of this file.
pub(super) static ROUTES: [Route; 8] = [
    get(
        "/dataSharingRules",
        Scopes::Any(&[
            "Desk.basic.READ",
            "Desk.permissions.READ",
            "Desk.settings.READ",
        ]),
        &[],
        |exchange| Ok(Answer::Object(200, shown(exchange, SHARING_RULES))),
    ),
    patch(
        "/dataSharingRules",
        Scopes::Any(&["Desk.permissions.UPDATE", "Desk.settings.UPDATE"]),
        Content::Change(&SHARING),
        |exchange| {
            replace(exchange, SHARING_RULES);
            Ok(Answer::Empty(204))
        },
    ),
    get(
        "/agentAvailabilityConfig",
        Scopes::Any(&["Desk.basic.READ", "Desk.settings.READ"]),
        &[],
        |exchange| Ok(Answer::Object(200, shown(exchange, AGENT_AVAILABILITY))),
    ),
    post(
        "/agentAvailabilityConfig",
        Scopes::Any(&["Desk.basic.UPDATE", "Desk.settings.UPDATE"]),
        Content::Change(&AVAILABILITY),
        |exchange| {
            replace(exchange, AGENT_AVAILABILITY);
            Ok(Answer::Empty(204))
        },
    ),
    get(
        "/communityPreferences",
        Scopes::Any(&["Desk.forums.READ", "Desk.community.READ"]),
        &[],
        community,
    ),
    post(
        "/communityPreferences",
        Scopes::Any(&["Desk.forums.UPDATE", "Desk.community.UPDATE"]),
        Content::Object(&COMMUNITY),
        |exchange| {
            replace(exchange, COMMUNITY_PREFERENCES);
            Ok(Answer::Empty(204))
        },
    ),
    get(
        "/routingPreferences",
        ROUTING_READ,
        &OF_DEPARTMENT,
        |exchange| {
            let id = exchange.query.get("departmentId").unwrap_or_default();
            let id = id.to_owned();
            if !exchange.organization.knows("departments", &id) {
                return Err(Fault::State("There is no such department.".into()));
            }
            Ok(Answer::Object(200, routing(exchange, &id)))
        },
    ),
    patch(
        "/routingPreferences",
        ROUTING_UPDATE,
        Content::Object(&ROUTING),
        route,
    ),
];

const SHARING_RULES: &str = "sharingRules";
const AGENT_AVAILABILITY: &str = "agentAvailability";
const COMMUNITY_PREFERENCES: &str = "communityPreferences";
const ROUTING_PREFERENCES: &str = "routingPreferences";

/// What holds before anybody changes it. The source states no default; these are of its examples.
fn defaults(collection: &str) -> Value {
    match collection {
        SHARING_RULES => {
            let levels = MODULES.map(|module| (module.to_owned(), json!("public")));
            Value::Object(levels.into_iter().collect())
        }
        AGENT_AVAILABILITY => json!({"agentIdleTime": 30, "treatIdleAgentsAsOffline": false}),
        COMMUNITY_PREFERENCES => json!({"landingPage": "ALLCATEGORY"}),
        _ => {
            json!({"assignBacklog": false, "assignBacklogsBy": "CREATEDTIME", "backLogLimit": 10,
            "assignToOfflineAgents": false, "isThresholdEnabled": false, "thresholdLimit": 10,
            "freshTicketAssignMode": "IMMEDIATE", "isImmediateAssignmentEnabled": false,
            "isCustomThresholdEnabled": false, "customThresholdVsAgents": []})
        }
    }
}

/// What is stored under an id, or holds before anybody changes it; nothing is stored by looking.
fn held(exchange: &Exchange<'_>, collection: &str, id: &str) -> Map<String, Value> {
    let stored = exchange.organization.stored(collection, id).cloned();
    match stored.unwrap_or_else(|| defaults(collection)) {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The id under which the one of the organization is stored; no answer shows it.
fn only(exchange: &Exchange<'_>) -> String {
    format!("999{}", exchange.organization.id())
}

/// The one of the organization.
fn shown(exchange: &Exchange<'_>, collection: &str) -> Value {
    let mut object = held(exchange, collection, &only(exchange));
    object.shift_remove("id");
    Value::Object(object)
}

/// A key that a request leaves out falls back, or stays: which of the two is not stated.
fn replace(exchange: &mut Exchange<'_>, collection: &str) {
    let mut object = if exchange.organization.sight.keeps_left_out {
        held(exchange, collection, &only(exchange))
    } else {
        defaults(collection)
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    overlay(&mut object, &exchange.body);
    object.insert("id".into(), json!(only(exchange)));
    exchange.organization.put(collection, object);
}

/// Examples of answers spell the word otherwise than the schema of requests.
fn community(exchange: &mut Exchange<'_>) -> Outcome {
    let mut shown = shown(exchange, COMMUNITY_PREFERENCES);
    if shown["landingPage"] == "ALLCATEGORY" {
        shown["landingPage"] = json!("ALL_CATEGORY");
    }
    Ok(Answer::Object(200, shown))
}

/// The preferences of a department: agents are shown with more than their ids.
fn routing(exchange: &Exchange<'_>, department: &str) -> Value {
    let mut object = held(exchange, ROUTING_PREFERENCES, department);
    object.shift_remove("id");
    object.insert("departmentId".into(), json!(department));
    if let Some(Value::Array(all)) = object.get_mut("customThresholdVsAgents") {
        for one in all {
            let ids = super::super::store::ids(&one["agentIds"]);
            let agents: Vec<Value> = ids
                .iter()
                .map(|id| json!({"id": id, "name": null, "photoURL": null, "zuid": null}))
                .collect();
            *one = json!({"customThreshold": one["customThreshold"], "agents": agents});
        }
    }
    Value::Object(object)
}

/// Source: Routing Preference, operation `updateRoutingPreference`, whose answer has fewer keys than
/// that of the GET.
fn route(exchange: &mut Exchange<'_>) -> Outcome {
    let id = exchange.body["departmentId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut object = held(exchange, ROUTING_PREFERENCES, &id);
    let mut change = exchange.body.clone();
    change.shift_remove("departmentId");
    let is_on = |body: &Map<String, Value>| body.get("isThresholdEnabled") == Some(&json!(true));
    let says = change.contains_key("isThresholdEnabled");
    let will_be_on = if says { is_on(&change) } else { is_on(&object) };
    if change.contains_key("thresholdLimit") && !will_be_on {
        return Err(Fault::State(
            "The threshold limit is not changed while no threshold is enabled.".into(),
        ));
    }
    for (_, value) in &mut change {
        // Numbers may come as text.
        if let Some(number) = value.as_str().and_then(|text| text.parse::<u64>().ok()) {
            *value = json!(number);
        }
    }
    overlay(&mut object, &change);
    object.insert("id".into(), json!(id));
    object.insert("departmentId".into(), json!(id));
    exchange.organization.put(ROUTING_PREFERENCES, object);
    let mut shown = routing(exchange, &id);
    if let Some(shown) = shown.as_object_mut() {
        for left_out in [
            "isImmediateAssignmentEnabled",
            "isCustomThresholdEnabled",
            "customThresholdVsAgents",
        ] {
            shown.shift_remove(left_out);
        }
    }
    Ok(Answer::Object(200, shown))
}
