//! Rule groups of the Automation Studio and of macros: what is there is listed, and switched in departments.
//!
//! Nothing makes one here: no operation makes the actions that its rules name.

use serde_json::{Value, json};

use super::super::exchange::{Content, Exchange, Route, list, post};
use super::super::oauth::Scopes;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, needed, param};

/// Where they are kept, as the listing shows them.
const GROUPS: &str = "ruleGroups";

/// Source: Rule Group, `getRuleGroups`, which tells of a third status in words and leaves it out of the list.
const STATUSES: &[&str] = &["ACTIVE", "INACTIVE"];

const GROUP_LIST: [Param; 7] = [
    needed("module", Form::Text(1, 100)),
    needed("engineSysName", Form::Text(1, 100)),
    param("departmentId", Form::Id),
    param("status", Form::Choice(STATUSES)),
    param("rulegroupIds", Form::Ids(50)),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 50)),
];

/// Source: Rule Group, `updateRuleGroupStatus`.
const SWITCHED: [Param; 2] = [
    needed("departmentId", Form::Id),
    needed("status", Form::Choice(STATUSES)),
];

/// The operations of this file.
pub(super) static ROUTES: [Route; 2] = [
    list(
        "/rulegroups",
        Scopes::Any(&["Desk.settings.READ"]),
        &GROUP_LIST,
        groups,
    ),
    post(
        "/rulegroups/{id}/updateStatus",
        Scopes::Any(&["Desk.settings.UPDATE"]),
        Content::Ignored,
        switch,
    )
    .with(&SWITCHED),
];

/// What is said of a group in departments.
fn properties(group: &Value) -> impl Iterator<Item = &Value> {
    group["departmentProperties"]
        .as_array()
        .into_iter()
        .flatten()
}

/// The first object is number 1. How many a page has where nobody says it is not stated; here it is 10.
fn groups(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let (department, status) = (query.get("departmentId"), query.get("status"));
    let ids = query.get("rulegroupIds").unwrap_or_default();
    let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    let is_meant = |group: &&Value| {
        let is = |key: &str, below: &str, name: &str| {
            query
                .get(name)
                .is_some_and(|wanted| group[key][below] == wanted)
        };
        let mut own = properties(group);
        let in_place = (department.is_none() && status.is_none())
            || own.any(|property| {
                department.is_none_or(|id| property["id"] == id)
                    && status.is_none_or(|status| property["ruleGroupStatus"] == status)
            });
        let is_named = ids.is_empty() || group["id"].as_str().is_some_and(|id| ids.contains(&id));
        is("module", "apiName", "module")
            && is("engine", "systemName", "engineSysName")
            && in_place
            && is_named
    };
    let own = exchange.organization.live(GROUPS).filter(is_meant);
    Ok(Answer::List(
        exchange.page(own, 1, 10).into_iter().cloned().collect(),
    ))
}

/// Success is 204. A group that says nothing of the department is refused.
fn switch(exchange: &mut Exchange<'_>) -> Outcome {
    let mut group = exchange.stored(GROUPS)?;
    let department = exchange
        .query
        .get("departmentId")
        .unwrap_or_default()
        .to_owned();
    let status = exchange.query.get("status").unwrap_or_default().to_owned();
    let own = group
        .get_mut("departmentProperties")
        .and_then(Value::as_array_mut);
    let mut own = own.into_iter().flatten();
    let Some(property) = own.find(|property| property["id"] == *department) else {
        return Err(Fault::State(
            "The rule group is not in the department.".to_owned(),
        ));
    };
    property["ruleGroupStatus"] = json!(status);
    exchange.stamp(&mut group);
    exchange.organization.put(GROUPS, group);
    Ok(Answer::Empty(204))
}
