//! Teams.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, form, id, id_or_none, id_text, list as list_of, param, set,
};
use super::super::store::ids;
use super::{complete, not_itself, overlay, wildcard};

const READ: Scopes = Scopes::Any(&["Desk.basic.READ", "Desk.settings.READ", "Desk.teams.READ"]);
const CREATE: Scopes = Scopes::Any(&[
    "Desk.basic.CREATE",
    "Desk.settings.CREATE",
    "Desk.teams.CREATE",
]);
const UPDATE: Scopes = Scopes::Any(&[
    "Desk.basic.UPDATE",
    "Desk.settings.UPDATE",
    "Desk.teams.UPDATE",
]);
const DELETE: Scopes = Scopes::Any(&[
    "Desk.basic.DELETE",
    "Desk.settings.DELETE",
    "Desk.teams.DELETE",
]);
const READ_BY_DEPARTMENT: Scopes = Scopes::Any(&[
    "Desk.basic.READ",
    "Desk.departments.READ",
    "Desk.settings.READ",
    "Desk.teams.READ",
]);
const READ_BY_AGENT: Scopes = Scopes::Any(&[
    "Desk.agents.READ",
    "Desk.basic.READ",
    "Desk.settings.READ",
    "Desk.teams.READ",
]);

const AGENT: Shape = Shape::Id("agents");
const ROLE: Shape = Shape::Id("roles");
const TEAM: Shape = Shape::Id("teams");

/// The lists of ids that a team has.
const LISTS: [&str; 4] = ["agents", "roles", "rolesWithSubordinates", "subTeams"];

/// Source: Team, operation `createTeam`.
const NEW: [Rule; 7] = [
    form("name", 50, Pattern::Name).required(),
    id("departmentId", "departments").required(),
    form("description", 30_000, Pattern::Wide),
    set("agents", &AGENT),
    set("roles", &ROLE),
    set("subTeams", &TEAM),
    list_of("rolesWithSubordinates", &ROLE, 0, 20),
];

/// Source: Team, operation `updateTeam`: a team stays in its department.
const CHANGE: [Rule; 6] = [
    form("name", 50, Pattern::Name),
    form("description", 30_000, Pattern::Wide).clearable(),
    set("agents", &AGENT),
    set("roles", &ROLE),
    set("subTeams", &TEAM),
    list_of("rolesWithSubordinates", &ROLE, 0, 20),
];

/// Source: Team, operation `deleteTeam`: all four keys, with a text for nobody.
const REMOVE: [Rule; 4] = [
    id_or_none("ticketNewTeam", "teams").required(),
    id_or_none("ticketNewAgent", "agents").required(),
    id_or_none("taskNewTeam", "teams").required(),
    id_or_none("taskNewAgent", "agents").required(),
];

/// Source: Team, operations `getTeams`, `getAssociatedTeamsForRole`, `listAssociatedTeamsForAgent`:
/// `from` begins at 0, and `limit` 0 stands for all.
const PAGE: [Param; 2] = [
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(0, 200)),
];

/// Source: Team, operation `getTeamsInDepartment`.
const SEARCH: [Param; 3] = [
    PAGE[0],
    PAGE[1],
    param("searchStr", Form::Text(0, usize::MAX)),
];

/// Source: Team, operation `getTeamMembersDetails`.
const MEMBERS: [Param; 1] = [param("include", Form::Choices(&["profile", "role"]))];

/// The operations of this file.
pub(super) static ROUTES: [Route; 10] = [
    list("/teams", READ, &PAGE, of_caller),
    post("/teams", CREATE, Content::Object(&NEW), create),
    get("/teams/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("teams", e.id())?))
    }),
    patch("/teams/{id}", UPDATE, Content::Change(&CHANGE), change),
    post(
        "/teams/{id}/deleteTeam",
        DELETE,
        Content::Object(&REMOVE),
        remove,
    ),
    list(
        "/departments/{id}/teams",
        READ_BY_DEPARTMENT,
        &SEARCH,
        of_department,
    ),
    list("/roles/{id}/teams", READ, &PAGE, of_role),
    list("/agents/{id}/teams", READ_BY_AGENT, &PAGE, of_agent),
    get("/teams/{id}/associables", READ, &[], associables),
    list("/teams/{id}/members", READ_BY_AGENT, &MEMBERS, members),
];

/// A page of teams stands under `teams`, an empty one too: no other answer is declared.
fn page(exchange: &Exchange<'_>, wanted: impl Fn(&Value) -> bool) -> Answer {
    let limit = exchange
        .query
        .number("limit")
        .filter(|limit| *limit > 0)
        .unwrap_or(usize::MAX);
    let teams = exchange.organization.live("teams");
    let teams = exchange
        .from(teams.filter(|team| wanted(team)), 0)
        .take(limit)
        .map(|team| exchange.organization.view("teams", team))
        .collect();
    Answer::Keyed("teams", teams)
}

/// Only teams of departments that the caller belongs to.
fn of_caller(exchange: &mut Exchange<'_>) -> Outcome {
    let me = exchange.organization.acting_agent();
    let mine: BTreeSet<String> = exchange
        .organization
        .stored("agents", me)
        .map(|agent| ids(&agent["associatedDepartmentIds"]))
        .into_iter()
        .flatten()
        .collect();
    Ok(page(exchange, |team| {
        team["departmentId"]
            .as_str()
            .is_some_and(|department| mine.contains(department))
    }))
}

fn of_department(exchange: &mut Exchange<'_>) -> Outcome {
    // A department that lists show is there, even where nobody manages it: it has no teams.
    if !exchange
        .organization
        .is_strangers("departments", exchange.id())
    {
        exchange.stored("departments")?;
    }
    Ok(page(exchange, |team| {
        team["departmentId"] == exchange.id()
            && exchange
                .query
                .get("searchStr")
                .is_none_or(|text| wildcard(text, team["name"].as_str().unwrap_or_default()))
    }))
}

fn of_role(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("roles")?;
    Ok(page(exchange, |team| {
        ["roles", "rolesWithSubordinates"]
            .iter()
            .any(|key| ids(&team[*key]).iter().any(|id| id == exchange.id()))
    }))
}

fn of_agent(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("agents")?;
    Ok(page(exchange, |team| {
        exchange
            .organization
            .derived_agents(team)
            .contains(exchange.id())
    }))
}

/// The ids of lists are texts in answers, each once, in the order in which the objects were made.
fn normal(body: &Map<String, Value>) -> Map<String, Value> {
    let mut team = body.clone();
    for key in LISTS {
        if let Some(list) = team.get(key) {
            let ids: BTreeSet<String> = ids(list).into_iter().collect();
            team.insert(key.into(), json!(ids));
        }
    }
    if let Some(department) = team.get("departmentId").and_then(id_text) {
        team.insert("departmentId".into(), json!(department));
    }
    team
}

/// Checks what the sent lists of a team say, beyond that the ids exist.
///
/// The source does not state that agents belong to the department, nor what sub-teams may be. That
/// a team has only active agents and teams of its own department, and no circles, is this
/// simulator's reading; breaking it is no violation.
fn check(exchange: &Exchange<'_>, id: &str, department: &str) -> Result<(), Fault> {
    let sent = |key: &str| exchange.body.get(key).map(ids).unwrap_or_default();
    let organization = &exchange.organization;
    for agent in sent("agents") {
        if !organization.can_join_team(&agent, department) {
            let why = "is no active agent of the department of the team";
            return Err(Fault::State(format!("The agent {agent} {why}.")));
        }
    }
    for other in sent("subTeams") {
        let is_near = organization
            .stored("teams", &other)
            .is_some_and(|team| team["departmentId"] == department);
        if !is_near {
            let why = "belongs to another department";
            return Err(Fault::State(format!("The team {other} {why}.")));
        }
        if below(exchange, &other).contains(id) {
            let why = "would be above and below the same team";
            return Err(Fault::State(format!("The team {other} {why}.")));
        }
    }
    Ok(())
}

/// A team and all its sub-teams.
fn below(exchange: &Exchange<'_>, team: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![team.to_owned()];
    while let Some(team) = waiting.pop() {
        let under = exchange
            .organization
            .stored("teams", &team)
            .map(|team| ids(&team["subTeams"]))
            .unwrap_or_default();
        if found.insert(team) {
            waiting.extend(under);
        }
    }
    found
}

/// Names differ within a department. Success is 200, as everywhere in this module.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    let body = normal(&exchange.body);
    let department = body
        .get("departmentId")
        .and_then(id_text)
        .unwrap_or_default();
    exchange.unique_among("teams", "name", "", |team| {
        team["departmentId"] == department.as_str()
    })?;
    check(exchange, "", &department)?;
    let id = exchange.organization.fresh_id();
    let defaults = json!({"id": id, "name": null, "description": null, "departmentId": department,
        "agents": [], "roles": [], "rolesWithSubordinates": [], "subTeams": [], "logoUrl": null});
    exchange
        .organization
        .put("teams", complete(&body, defaults));
    Ok(Answer::Object(200, exchange.seen("teams", &id)?))
}

/// A list that is sent replaces the old one.
fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut team = exchange.stored("teams")?;
    let department = team
        .get("departmentId")
        .and_then(id_text)
        .unwrap_or_default();
    exchange.unique_among("teams", "name", exchange.id(), |team| {
        team["departmentId"] == department.as_str()
    })?;
    check(exchange, exchange.id(), &department)?;
    overlay(&mut team, &normal(&exchange.body));
    exchange.organization.put("teams", team);
    Ok(Answer::Object(200, exchange.seen("teams", exchange.id())?))
}

/// Deletes a team; its sub-teams stay, and the teams above lose it.
///
/// An older reading of the source wants somebody for the open tasks at least, and so it is here.
/// Success is 200 without body.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("teams")?;
    for key in ["ticketNewTeam", "taskNewTeam"] {
        not_itself(&exchange.body, key, exchange.id())?;
    }
    let is_named = |key: &&str| exchange.body.get(*key).and_then(id_text).is_some();
    if !["taskNewTeam", "taskNewAgent"].iter().any(is_named) {
        return Err(Fault::Misuse(
            "A team or an agent must take over the open tasks.".into(),
        ));
    }
    let id = exchange.id().to_owned();
    exchange.organization.remove("teams", &id);
    exchange.organization.leave_teams("subTeams", &id);
    Ok(Answer::Empty(200))
}

/// The ids are bare numbers here.
///
/// Which teams these are is not stated: those of the department that are no sub-team yet and would
/// make no circle.
fn associables(exchange: &mut Exchange<'_>) -> Outcome {
    let team = Value::Object(exchange.stored("teams")?);
    let under = ids(&team["subTeams"]);
    let free: Vec<u64> = exchange
        .organization
        .live("teams")
        .filter(|other| other["departmentId"] == team["departmentId"])
        .filter_map(|other| other["id"].as_str())
        .filter(|other| {
            !under.iter().any(|id| id == other) && !below(exchange, other).contains(exchange.id())
        })
        .filter_map(|other| other.parse().ok())
        .collect();
    Ok(Answer::Object(200, json!({"teams": free})))
}

/// The agents of a team, whether they are named or come by role or sub-team; there are no pages.
fn members(exchange: &mut Exchange<'_>) -> Outcome {
    let team = Value::Object(exchange.stored("teams")?);
    let asked = exchange.query.parts("include");
    let organization = &exchange.organization;
    let shown = organization
        .derived_agents(&team)
        .iter()
        .filter_map(|id| organization.stored("agents", id))
        .map(|agent| {
            let mut shown = json!({"id": agent["id"], "zuid": agent["zuid"],
                "emailId": agent["emailId"], "firstName": agent["firstName"],
                "lastName": agent["lastName"], "photoURL": agent["photoURL"],
                "roleId": agent["roleId"], "profileId": agent["profileId"]});
            for (part, collection, key) in [
                ("role", "roles", "roleId"),
                ("profile", "profiles", "profileId"),
            ] {
                if asked.contains(&part) {
                    let named = agent[key]
                        .as_str()
                        .and_then(|id| organization.stored(collection, id))
                        .map(|object| json!({"id": object["id"], "name": object["name"]}));
                    shown[part] = json!(named);
                }
            }
            shown
        })
        .collect();
    Ok(Answer::Keyed("members", shown))
}
