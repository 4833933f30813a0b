//! Organizations, departments and roles.

use serde_json::{Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, id, id_text, list as list_of, param, text,
};
use super::super::seed::sanitized;
use super::super::store::ids;
use super::{complete, not_itself, overlay, wildcard};

const DEPARTMENTS_READ: Scopes = Scopes::Any(&[
    "Desk.basic.READ",
    "Desk.departments.READ",
    "Desk.settings.READ",
]);
const DEPARTMENTS_CREATE: Scopes = Scopes::Any(&[
    "Desk.basic.CREATE",
    "Desk.departments.CREATE",
    "Desk.settings.CREATE",
]);
const DEPARTMENTS_UPDATE: Scopes = Scopes::Any(&[
    "Desk.basic.UPDATE",
    "Desk.departments.UPDATE",
    "Desk.settings.UPDATE",
]);
const ORGANIZATION_READ: Scopes = Scopes::Any(&[
    "Desk.basic.READ",
    "Desk.organization.READ",
    "Desk.settings.READ",
]);
const ORGANIZATION_UPDATE: Scopes = Scopes::Any(&[
    "Desk.basic.UPDATE",
    "Desk.organization.UPDATE",
    "Desk.settings.UPDATE",
]);
const PERMISSIONS_READ: Scopes = Scopes::Any(&[
    "Desk.basic.READ",
    "Desk.permissions.READ",
    "Desk.settings.READ",
]);
const PERMISSIONS_CREATE: Scopes = Scopes::Any(&[
    "Desk.basic.CREATE",
    "Desk.permissions.CREATE",
    "Desk.settings.CREATE",
]);
const PERMISSIONS_UPDATE: Scopes = Scopes::Any(&[
    "Desk.basic.UPDATE",
    "Desk.permissions.UPDATE",
    "Desk.settings.UPDATE",
]);
const PERMISSIONS_DELETE: Scopes = Scopes::Any(&[
    "Desk.basic.DELETE",
    "Desk.permissions.DELETE",
    "Desk.settings.DELETE",
]);

const AGENT: Shape = Shape::Id("agents");

/// Source: Department, operation `addDepartment`. An older reading of the source requires the name
/// and at least one agent; the stricter one is taken.
const DEPARTMENT_CREATE: [Rule; 6] = [
    form("name", 150, Pattern::NameAmpersand).required(),
    text("description", 500),
    form("nameInCustomerPortal", 150, Pattern::NameAmpersand).nullable(),
    boolean("isVisibleInCustomerPortal"),
    boolean("isAssignToTeamEnabled").nullable(),
    list_of("associatedAgentIds", &AGENT, 1, usize::MAX).required(),
];

/// Source: Department, operation `updateDepartment`.
const DEPARTMENT_UPDATE: [Rule; 6] = [
    form("name", 150, Pattern::NameAmpersand),
    text("description", 500),
    form("nameInCustomerPortal", 150, Pattern::NameAmpersand),
    boolean("isVisibleInCustomerPortal"),
    boolean("isAssignToTeamEnabled"),
    list_of("associatedAgentIds", &AGENT, 1, 100),
];

/// Source: Department, operation `disableDepartment`.
const DEPARTMENT_DISABLE: [Rule; 2] = [
    id("agentNewDepartment", "departments"),
    id("emailNewDepartment", "departments"),
];

/// Source: Department, operations `associateAgentsToDepartment` and `dissociateAgents`.
pub(super) const AGENT_IDS: [Rule; 1] = [list_of("agentIds", &AGENT, 1, usize::MAX).required()];

/// Source: Department, operation `getDepartments`.
const DEPARTMENT_LIST: [Param; 5] = [
    param(
        "chatStatus",
        Form::Choice(&["AVAILABLE", "DISABLED", "NOT_CREATED", "${UNAVAILABLE}"]),
    ),
    param("searchStr", Form::Text(1, 100)),
    param("isEnabled", Form::Boolean),
    param("limit", Form::Range(0, 200)),
    param("from", Form::Range(0, i64::MAX)),
];

/// Source: Organization, operation `updateOrganization`, without the keys of the sign-up.
const ORGANIZATION_CHANGE: [Rule; 17] = [
    form("companyName", 50, Pattern::Wide),
    form("alias", 50, Pattern::Name).clearable(),
    form("description", 250, Pattern::Wide),
    form("portalName", 100, Pattern::Portal),
    form("primaryContact", 100, Pattern::AsciiEmail),
    text("designation", 255).nullable(),
    text("timeZone", 100).nullable(),
    form("currencyLocale", 100, Pattern::Locale),
    form("phoneNumber", 30, Pattern::Phone),
    form("mobile", 30, Pattern::Phone),
    form("fax", 100, Pattern::Phone),
    form("website", 50, Pattern::Name).clearable(),
    form("street", 50, Pattern::Name).clearable(),
    form("city", 50, Pattern::Name).clearable(),
    form("state", 50, Pattern::Name).clearable(),
    form("zip", 100, Pattern::Name).clearable(),
    form("country", 50, Pattern::Name).clearable(),
];

/// Source: Role, operation `addRole`.
const ROLE_CREATE: [Rule; 4] = [
    form("name", 50, Pattern::Name).required(),
    form("description", 3_200, Pattern::Name).nullable(),
    id("reportsTo", "roles"),
    Rule {
        required: true,
        ..boolean("shareDataWithPeers")
    },
];

/// Source: Role, operation `updateRole`.
const ROLE_UPDATE: [Rule; 4] = [
    form("name", 50, Pattern::Name),
    form("description", 3_200, Pattern::Name).clearable(),
    id("reportsTo", "roles"),
    boolean("shareDataWithPeers"),
];

/// Source: Role, operation `deleteRole`.
const ROLE_DELETE: [Rule; 1] = [id("transferToRoleId", "roles").required()];

/// Source: Role, operation `getRoles`.
const ROLE_LIST: [Param; 5] = [
    param("isDefault", Form::Boolean),
    param("isVisible", Form::Boolean),
    param("searchStr", Form::Text(1, 100)),
    param("limit", Form::Range(0, 500)),
    param("from", Form::Range(0, i64::MAX)),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 17] = [
    list("/organizations", ORGANIZATION_READ, &[], |exchange| {
        Ok(Answer::List(exchange.directory.to_vec()))
    }),
    get(
        "/organizations/{id}",
        ORGANIZATION_READ,
        &[param("includeCustomDomain", Form::Boolean)],
        organization,
    ),
    patch(
        "/organizations/{id}",
        ORGANIZATION_UPDATE,
        Content::Change(&ORGANIZATION_CHANGE),
        change_organization,
    ),
    list(
        "/departments",
        DEPARTMENTS_READ,
        &DEPARTMENT_LIST,
        departments,
    ),
    post(
        "/departments",
        DEPARTMENTS_CREATE,
        Content::Object(&DEPARTMENT_CREATE),
        create_department,
    ),
    get("/departments/{id}", DEPARTMENTS_READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("departments", e.id())?))
    }),
    patch(
        "/departments/{id}",
        DEPARTMENTS_UPDATE,
        Content::Change(&DEPARTMENT_UPDATE),
        change_department,
    ),
    post(
        "/departments/{id}/enable",
        DEPARTMENTS_UPDATE,
        Content::None,
        |exchange| switch(exchange, true),
    ),
    post(
        "/departments/{id}/disable",
        DEPARTMENTS_UPDATE,
        Content::Object(&DEPARTMENT_DISABLE),
        disable,
    ),
    post(
        "/departments/{id}/associateAgents",
        MEMBERS,
        Content::Object(&AGENT_IDS),
        associate,
    ),
    post(
        "/departments/{id}/dissociateAgents",
        MEMBERS,
        Content::Object(&AGENT_IDS),
        dissociate,
    ),
    list("/roles", PERMISSIONS_READ, &ROLE_LIST, roles),
    post(
        "/roles",
        PERMISSIONS_CREATE,
        Content::Object(&ROLE_CREATE),
        create_role,
    ),
    get("/roles/{id}", PERMISSIONS_READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("roles", e.id())?))
    }),
    patch(
        "/roles/{id}",
        PERMISSIONS_UPDATE,
        Content::Change(&ROLE_UPDATE),
        change_role,
    ),
    post(
        "/roles/{id}/delete",
        PERMISSIONS_DELETE,
        Content::Object(&ROLE_DELETE),
        delete_role,
    ),
    get("/personalRole", PERMISSIONS_READ, &[], |exchange| {
        exchange
            .organization
            .find("roles", "name", "Personal")
            .map(|role| Answer::Object(200, role))
            .ok_or(Fault::Absent)
    }),
];

const MEMBERS: Scopes = Scopes::Any(&[
    "Desk.basic.UPDATE",
    "Desk.permissions.UPDATE",
    "Desk.settings.UPDATE",
]);

fn organization(exchange: &mut Exchange<'_>) -> Outcome {
    exchange
        .directory
        .iter()
        .find(|organization| {
            organization["id"] == exchange.id() && exchange.id() == exchange.organization.id()
        })
        .map(|organization| Answer::Object(200, organization.clone()))
        .ok_or(Fault::Absent)
}

fn change_organization(exchange: &mut Exchange<'_>) -> Outcome {
    if exchange.id() != exchange.organization.id() {
        return Err(Fault::Absent);
    }
    let mut kept = exchange.stored("organization").unwrap_or_default();
    kept.insert("id".into(), json!(exchange.id()));
    overlay(&mut kept, &exchange.body);
    exchange.organization.put("organization", kept.clone());
    let Answer::Object(status, mut answer) = organization(exchange)? else {
        return Err(Fault::Absent);
    };
    if let Some(answer) = answer.as_object_mut() {
        overlay(answer, &kept);
    }
    Ok(Answer::Object(status, answer))
}

/// List items have no `associatedAgentIds`.
fn departments(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let wanted = exchange
        .organization
        .live("departments")
        .filter(|department| {
            query
                .boolean("isEnabled")
                .is_none_or(|enabled| department["isEnabled"] == enabled)
                && query
                    .get("chatStatus")
                    .is_none_or(|status| department["chatStatus"] == status)
                && query.get("searchStr").is_none_or(|text| {
                    wildcard(text, department["name"].as_str().unwrap_or_default())
                })
        });
    Ok(Answer::List(
        exchange.page(wanted, 0, 10).into_iter().cloned().collect(),
    ))
}

fn create_department(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.unique("departments", "name")?;
    let id = exchange.organization.fresh_id();
    let name = exchange
        .body
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let defaults = json!({"id": id, "name": name, "description": null, "nameInCustomerPortal": name,
        "sanitizedName": sanitized(name), "isVisibleInCustomerPortal": true, "isAssignToTeamEnabled": false,
        "isEnabled": true, "isDefault": false, "hasLogo": false, "chatStatus": "NOT_CREATED",
        "creatorId": exchange.organization.acting_agent(), "createdTime": exchange.now()});
    let department = complete(&exchange.body, defaults);
    exchange.organization.put("departments", department);
    Ok(Answer::Object(200, exchange.seen("departments", &id)?))
}

fn change_department(exchange: &mut Exchange<'_>) -> Outcome {
    let mut department = exchange.stored("departments")?;
    exchange.unique("departments", "name")?;
    overlay(&mut department, &exchange.body);
    exchange.organization.put("departments", department);
    Ok(Answer::Object(
        200,
        exchange.seen("departments", exchange.id())?,
    ))
}

fn switch(exchange: &mut Exchange<'_>, enabled: bool) -> Outcome {
    let mut department = exchange.stored("departments")?;
    department.insert("isEnabled".into(), json!(enabled));
    exchange.organization.put("departments", department);
    Ok(Answer::Empty(204))
}

fn disable(exchange: &mut Exchange<'_>) -> Outcome {
    if exchange.stored("departments")?.get("isDefault") == Some(&json!(true)) {
        return Err(Fault::State(
            "The default department cannot be disabled.".into(),
        ));
    }
    for field in ["agentNewDepartment", "emailNewDepartment"] {
        not_itself(&exchange.body, field, exchange.id())?;
    }
    if let Some(target) = exchange.body.get("agentNewDepartment").and_then(id_text) {
        let mut members = exchange.organization.members(&target);
        members.extend(exchange.organization.members(exchange.id()));
        exchange.organization.set_members(&target, &members);
    }
    switch(exchange, false)
}

fn associate(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("departments")?;
    let mut members = exchange.organization.members(exchange.id());
    members.extend(exchange.body.get("agentIds").map(ids).unwrap_or_default());
    let department = exchange.id().to_owned();
    exchange.organization.set_members(&department, &members);
    Ok(Answer::Empty(204))
}

fn dissociate(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("departments")?;
    let leaving = exchange.body.get("agentIds").map(ids).unwrap_or_default();
    let mut members = exchange.organization.members(exchange.id());
    members.retain(|member| !leaving.contains(member));
    if members.is_empty() {
        return Err(Fault::State(
            "A department must have at least one agent.".into(),
        ));
    }
    let department = exchange.id().to_owned();
    exchange.organization.set_members(&department, &members);
    Ok(Answer::Empty(204))
}

fn roles(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let wanted = exchange.organization.live("roles").filter(|role| {
        query
            .boolean("isDefault")
            .is_none_or(|value| role["isDefault"] == value)
            && query
                .boolean("isVisible")
                .is_none_or(|value| role["isVisible"] == value)
            && query
                .get("searchStr")
                .is_none_or(|text| wildcard(text, role["name"].as_str().unwrap_or_default()))
    });
    let page = exchange.page(wanted, 0, 15);
    Ok(Answer::List(
        page.into_iter()
            .map(|role| exchange.organization.view("roles", role))
            .collect(),
    ))
}

fn create_role(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.unique("roles", "name")?;
    let id = exchange.organization.fresh_id();
    // The default parent is not stated; the top role is the one that every organization has.
    let top = exchange
        .organization
        .find("roles", "name", "CEO")
        .map(|role| role["id"].clone());
    let defaults = json!({"id": id, "name": null, "description": null, "reportsTo": top,
        "shareDataWithPeers": false, "isDefault": false, "isVisible": true});
    let role = complete(&exchange.body, defaults);
    exchange.organization.put("roles", role);
    Ok(Answer::Object(200, exchange.seen("roles", &id)?))
}

fn change_role(exchange: &mut Exchange<'_>) -> Outcome {
    let mut role = exchange.stored("roles")?;
    exchange.unique("roles", "name")?;
    not_itself(&exchange.body, "reportsTo", exchange.id())?;
    overlay(&mut role, &exchange.body);
    exchange.organization.put("roles", role);
    Ok(Answer::Object(200, exchange.seen("roles", exchange.id())?))
}

/// Roles below the deleted one, and its agents, go over to another role.
fn delete_role(exchange: &mut Exchange<'_>) -> Outcome {
    let role = exchange.stored("roles")?;
    not_itself(&exchange.body, "transferToRoleId", exchange.id())?;
    let built_in = ["CEO", "Manager", "Personal", "LightAgent"];
    if role
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(|name| built_in.contains(&name))
    {
        return Err(Fault::State("A built-in role cannot be deleted.".into()));
    }
    let target = exchange
        .body
        .get("transferToRoleId")
        .and_then(id_text)
        .unwrap_or_default();
    let above = role.get("reportsTo").cloned().unwrap_or_default();
    for (collection, field) in [("roles", "reportsTo"), ("agents", "roleId")] {
        let moving: Vec<Value> = exchange
            .organization
            .live(collection)
            .filter(|object| object[field] == exchange.id())
            .cloned()
            .collect();
        for object in moving {
            let Value::Object(mut object) = object else {
                continue;
            };
            // The heir itself may stand below the deleted role; it then moves up.
            let heir = object.get("id").and_then(id_text).as_deref() == Some(target.as_str());
            object.insert(
                field.into(),
                if heir { above.clone() } else { json!(target) },
            );
            exchange.organization.put(collection, object);
        }
    }
    let id = exchange.id().to_owned();
    exchange.organization.remove("roles", &id);
    // What becomes of the role in teams is not stated; it cannot stay.
    for field in ["roles", "rolesWithSubordinates"] {
        exchange.organization.leave_teams(field, &id);
    }
    Ok(Answer::Empty(204))
}

/// The statuses an agent may have in requests.
pub(super) const STATUS: Rule = choice("status", &["ACTIVE", "DISABLED"]);
