//! What teams, business hours, holiday lists, support plans, skill types, skills, contracts, e-mail
//! templates, and labels and groups of users show of other objects.
//!
//! A relation is stored once, on one of its two sides, and computed for the other.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::rules::id_text;
use super::store::{Organization, ids};

impl Organization {
    /// Before an object is stored: what is computed goes, and a relation goes to where it is kept.
    pub(super) fn keep_settings(
        &mut self,
        collection: &str,
        id: &str,
        object: &mut Map<String, Value>,
    ) {
        match collection {
            "teams" => {
                object.shift_remove("derivedAgents");
            }
            "skillTypes" => {
                object.shift_remove("associatedSkills");
            }
            "skills" => {
                object.shift_remove("skillType");
            }
            "emailTemplates" => {
                object.shift_remove("folder");
            }
            "contracts" => {
                for shown in ["account", "owner", "product", "sla"] {
                    object.shift_remove(shown);
                }
                // The plan is sent under one name and shown under another.
                let sent = object.shift_remove("associatedSupportPlanId");
                let shown = object.get("supportPlan").map(|plan| plan["id"].clone());
                let plan = sent.or(shown).as_ref().and_then(id_text);
                object.insert(
                    "supportPlan".into(),
                    json!(plan.map(|id| json!({ "id": id }))),
                );
            }
            "businessHours" => {
                let lists = holiday_lists_of(&Value::Object(object.clone()));
                object.shift_remove("holidayLists");
                object.shift_remove("associatedHolidayList");
                object.insert("holidayListIds".into(), json!(lists));
            }
            "holidayLists" => {
                let sent = object.shift_remove("associatedBusinessHourIds");
                let shown = object.shift_remove("associatedBusinessHours");
                let hours = match (sent, shown) {
                    (Some(sent), _) => ids(&sent),
                    (None, Some(shown)) => keys_of(&shown, "businessHourId"),
                    (None, None) => return,
                };
                self.set_hours(id, &hours);
            }
            _ => {}
        }
    }

    /// Adds to an object what a read shows of others.
    pub(super) fn show_settings(
        &self,
        collection: &str,
        object: &Value,
        fields: &mut Map<String, Value>,
    ) {
        match collection {
            "teams" => {
                let agents = self.derived_agents(object);
                fields.insert("derivedAgents".into(), json!(agents));
            }
            "businessHours" => {
                let lists: Vec<&Value> = holiday_lists_of(object)
                    .iter()
                    .filter_map(|id| self.stored("holidayLists", id))
                    .collect();
                let first = lists.first().map(|list| {
                    json!({"holidayListId": list["id"], "holidayListName": list["name"],
                        "holidayListStatus": list["status"]})
                });
                let all: Vec<Value> = lists
                    .iter()
                    .map(|list| json!({"id": list["id"], "name": list["name"], "status": list["status"]}))
                    .collect();
                fields.shift_remove("holidayListIds");
                fields.insert("associatedHolidayList".into(), json!(first));
                fields.insert("holidayLists".into(), json!(all));
            }
            "holidayLists" => {
                let id = object["id"].as_str().unwrap_or_default();
                let hours: Vec<Value> = self
                    .kept("businessHours")
                    .filter(|hours| holiday_lists_of(hours).iter().any(|list| list == id))
                    .map(|hours| {
                        json!({"businessHourId": hours["id"], "businessHourName": hours["name"],
                            "businessHourStatus": hours["status"]})
                    })
                    .collect();
                fields.insert("associatedBusinessHours".into(), json!(hours));
            }
            "supportPlans" => self.show_plan(object, fields),
            "contracts" => self.show_contract(object, fields),
            "labels" | "helpCenterGroups" => self.show_authors(object, fields),
            "kbRootCategories" | "kbSections" => self.show_groups(object, fields),
            "emailTemplates" => {
                let folder = object["folderId"].as_str();
                let folder = folder.and_then(|id| self.stored("templateFolders", id));
                let shown = folder
                    .map(|one| json!({"folderId": one["id"], "folderName": one["folderName"]}));
                fields.insert("folder".into(), json!(shown));
            }
            "skills" => {
                let of_type = object["skillTypeId"].as_str();
                let of_type = of_type.and_then(|id| self.stored("skillTypes", id));
                let shown = of_type
                    .map(|one| json!({"skillTypeId": one["id"], "skillTypeName": one["name"]}));
                fields.insert("skillType".into(), json!(shown));
            }
            "skillTypes" => {
                let skills: Vec<Value> = self
                    .kept("skills")
                    .filter(|skill| skill["skillTypeId"] == object["id"])
                    .map(|skill| {
                        json!({"skillId": skill["id"], "skillName": skill["name"],
                            "skillStatus": skill["status"]})
                    })
                    .collect();
                fields.insert("associatedSkills".into(), json!(skills));
            }
            _ => {}
        }
    }

    /// Department, service level and people of a support plan are shown with their names.
    fn show_plan(&self, object: &Value, fields: &mut Map<String, Value>) {
        let named = |collection: &str, key: &str| {
            object[key]["id"]
                .as_str()
                .and_then(|id| self.stored(collection, id))
        };
        if let Some(department) = named("departments", "department") {
            let shown = json!({"id": department["id"], "name": department["name"]});
            fields.insert("department".into(), shown);
        }
        if let Some(sla) = named("slas", "sla") {
            let status = if sla["isActive"] == json!(false) {
                "INACTIVE"
            } else {
                "ACTIVE"
            };
            let shown = json!({"id": sla["id"], "name": sla["name"], "status": status});
            fields.insert("sla".into(), shown);
        }
        for key in ["createdBy", "modifiedBy"] {
            if let Some(agent) = named("agents", key) {
                let agent = self.view("agents", agent);
                let status = if agent["status"] == "ACTIVE" {
                    "ACTIVE"
                } else {
                    "INACTIVE"
                };
                let shown = json!({"id": agent["id"], "name": agent["name"],
                    "photoURL": agent["photoURL"], "status": status, "zuid": agent["zuid"]});
                fields.insert(key.into(), shown);
            }
        }
    }

    /// What a contract names is shown with its name: nothing where there is no such thing.
    fn show_contract(&self, object: &Value, fields: &mut Map<String, Value>) {
        let named = |collection: &str, key: &str, name: &str, more: &[&str]| {
            let id = id_text(&object[key]);
            let one = id.and_then(|id| self.stored(collection, &id));
            json!(one.map(|one| {
                let one = self.view(collection, one);
                let keys = ["id", name].into_iter().chain(more.iter().copied());
                let shown = keys.map(|key| (key.to_owned(), one[key].clone()));
                Value::Object(shown.collect())
            }))
        };
        for (shown, value) in [
            (
                "account",
                named("accounts", "accountId", "accountName", &["website"]),
            ),
            ("owner", named("agents", "ownerId", "name", &["photoURL"])),
            (
                "product",
                named("products", "productId", "productName", &[]),
            ),
            ("sla", named("slas", "associatedSLAId", "name", &[])),
        ] {
            fields.insert(shown.into(), value);
        }
        let plan = object["supportPlan"]["id"]
            .as_str()
            .and_then(|id| self.stored("supportPlans", id));
        if let Some(plan) = plan {
            let shown = json!({"id": plan["id"], "name": plan["name"],
                "supportType": plan["supportType"], "status": plan["status"]});
            fields.insert("supportPlan".into(), shown);
        }
    }

    /// Who made a label or a group, and who changed it, are shown with their names.
    fn show_authors(&self, object: &Value, fields: &mut Map<String, Value>) {
        for key in ["creator", "modifier"] {
            let agent = object[key]["id"]
                .as_str()
                .and_then(|id| self.stored("agents", id));
            if let Some(agent) = agent {
                let agent = self.view("agents", agent);
                let shown = json!({"id": agent["id"], "name": agent["name"],
                    "photoUrl": agent["photoURL"]});
                fields.insert(key.into(), shown);
            }
        }
    }

    /// Makes exactly these sets of business hours use a holiday list.
    fn set_hours(&mut self, list: &str, users: &[String]) {
        self.each("businessHours", |hours| {
            let mut lists = holiday_lists_of(&Value::Object(hours.clone()));
            let is_used = lists.iter().any(|id| id == list);
            let shall_be = hours
                .get("id")
                .and_then(id_text)
                .is_some_and(|id| users.contains(&id));
            match (is_used, shall_be) {
                (true, false) => lists.retain(|id| id != list),
                (false, true) => lists.push(list.to_owned()),
                _ => return,
            }
            hours.insert("holidayListIds".into(), json!(lists));
        });
    }

    /// The agents of a team: those named, those of its roles, and those of its sub-teams.
    pub(super) fn derived_agents(&self, team: &Value) -> BTreeSet<String> {
        let mut agents = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut waiting = vec![team];
        while let Some(team) = waiting.pop() {
            if !seen.insert(team["id"].as_str().unwrap_or_default()) {
                continue;
            }
            let mut roles: BTreeSet<String> = ids(&team["roles"]).into_iter().collect();
            roles.extend(self.with_subordinates(ids(&team["rolesWithSubordinates"])));
            let department = team["departmentId"].as_str().unwrap_or_default();
            agents.extend(ids(&team["agents"]));
            if !roles.is_empty() {
                let by_role = self.kept("agents").filter(|agent| {
                    agent["roleId"]
                        .as_str()
                        .is_some_and(|role| roles.contains(role))
                        && is_active_member(agent, department)
                });
                agents.extend(by_role.filter_map(|agent| agent["id"].as_str().map(str::to_owned)));
            }
            waiting.extend(
                ids(&team["subTeams"])
                    .iter()
                    .filter_map(|id| self.stored("teams", id)),
            );
        }
        agents
    }

    /// Roles and all that report to them.
    fn with_subordinates(&self, mut waiting: Vec<String>) -> BTreeSet<String> {
        let mut roles = BTreeSet::new();
        while let Some(above) = waiting.pop() {
            let below = self
                .kept("roles")
                .filter(|role| role["reportsTo"] == above.as_str())
                .filter_map(|role| role["id"].as_str().map(str::to_owned));
            let below: Vec<String> = below.collect();
            if roles.insert(above) {
                waiting.extend(below);
            }
        }
        roles
    }

    /// Whether an agent can be in a team of a department.
    pub(super) fn can_join_team(&self, agent: &str, department: &str) -> bool {
        self.stored("agents", agent)
            .is_some_and(|agent| is_active_member(agent, department))
    }

    /// Takes agents out of teams whose department they have left, or when they are gone themselves.
    pub(super) fn tidy_teams(&mut self) {
        let gone: BTreeSet<(String, String)> = self
            .kept("teams")
            .flat_map(|team| {
                let department = team["departmentId"].as_str().unwrap_or_default();
                ids(&team["agents"])
                    .into_iter()
                    .filter(|agent| !self.can_join_team(agent, department))
                    .map(|agent| (team["id"].as_str().unwrap_or_default().to_owned(), agent))
            })
            .collect();
        if gone.is_empty() {
            return;
        }
        self.each("teams", |team| {
            let id = team.get("id").and_then(id_text).unwrap_or_default();
            let mut agents = team.get("agents").map(ids).unwrap_or_default();
            agents.retain(|agent| !gone.contains(&(id.clone(), agent.clone())));
            team.insert("agents".into(), json!(agents));
        });
    }

    /// Takes an id out of a list of each team.
    pub(super) fn leave_teams(&mut self, field: &str, gone: &str) {
        self.each("teams", |team| {
            let mut left = team.get(field).map(ids).unwrap_or_default();
            left.retain(|id| id != gone);
            team.insert(field.into(), json!(left));
        });
    }
}

fn is_active_member(agent: &Value, department: &str) -> bool {
    agent["status"] == "ACTIVE"
        && ids(&agent["associatedDepartmentIds"])
            .iter()
            .any(|id| id == department)
}

/// The holiday lists of a set of business hours, in whichever form it has them.
pub(super) fn holiday_lists_of(hours: &Value) -> Vec<String> {
    if hours["holidayListIds"].is_array() {
        ids(&hours["holidayListIds"])
    } else {
        keys_of(&hours["holidayLists"], "id")
    }
}

/// The ids under a key of each object of a list.
fn keys_of(list: &Value, key: &str) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| id_text(&item[key]))
        .collect()
}
