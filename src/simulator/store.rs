//! What an organization holds: collections of objects, and the views that answers show of them.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::faults::Sight;
use super::limits::Usage;
use super::rules::id_text;
use crate::dialect::{Dialect, Edition};

/// The fields by which objects of a collection must differ, with how they are compared.
const UNIQUE: [(&str, &str); 8] = [
    ("agents", "emailId"),
    ("agents", "email"),
    ("departments", "name"),
    ("roles", "name"),
    ("contacts", "email"),
    ("accounts", "accountName"),
    ("slas", "name"),
    ("fields", "apiName"),
];

/// How many ids an organization has to itself.
const BLOCK: u64 = 1_000_000_000_000;

/// One organization: an account of the simulated help desk with all its objects.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    id: String,
    name: String,
    is_sandbox: bool,
    edition: Edition,
    dialect: Dialect,
    acting_agent: String,
    next_id: u64,
    /// Scopes that new tokens get; nothing stands for everything.
    scopes: Option<Vec<String>>,
    /// What is used of the day's and minute's limits.
    pub(super) usage: Usage,
    collections: BTreeMap<String, IndexMap<String, Value>>,
    /// What was moved to the recycle bin, by collection.
    recycled: BTreeMap<String, IndexMap<String, Value>>,
    /// Calls that are active now.
    #[serde(skip)]
    pub(super) active: usize,
    /// What lists show other than what is stored.
    #[serde(skip)]
    pub(super) sight: Sight,
    #[serde(skip)]
    index: HashMap<(&'static str, &'static str), HashMap<String, String>>,
}

impl Organization {
    /// An organization with what Zoho Desk makes by itself.
    pub(super) fn new(
        id: &str,
        name: &str,
        is_sandbox: bool,
        edition: Edition,
        dialect: Dialect,
        number: usize,
    ) -> Self {
        let block = u64::try_from(number).unwrap_or_default() % 99_999;
        let mut organization = Self {
            id: id.to_owned(),
            name: name.to_owned(),
            is_sandbox,
            edition,
            dialect,
            acting_agent: String::new(),
            next_id: 700_000_000_000_000_000 + block * BLOCK,
            scopes: None,
            usage: Usage::default(),
            collections: BTreeMap::new(),
            recycled: BTreeMap::new(),
            active: 0,
            sight: Sight::default(),
            index: HashMap::new(),
        };
        super::seed::seed(&mut organization);
        organization
    }

    /// The organization's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The organization's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a sandbox.
    #[must_use]
    pub const fn is_sandbox(&self) -> bool {
        self.is_sandbox
    }

    /// Lets it say that it is a sandbox.
    pub const fn be_sandbox(&mut self) {
        self.is_sandbox = true;
    }

    /// The edition it has.
    #[must_use]
    pub const fn edition(&self) -> Edition {
        self.edition
    }

    /// Changes the edition.
    pub const fn set_edition(&mut self, edition: Edition) {
        self.edition = edition;
    }

    /// The id of the agent who acts through the API.
    #[must_use]
    pub fn acting_agent(&self) -> &str {
        &self.acting_agent
    }

    pub(super) fn set_acting_agent(&mut self, id: String) {
        self.acting_agent = id;
    }

    /// The dialect it speaks.
    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The scopes that new tokens get.
    pub(super) const fn scopes(&self) -> Option<&Vec<String>> {
        self.scopes.as_ref()
    }

    pub(super) fn set_scopes(&mut self, scopes: Option<Vec<String>>) {
        self.scopes = scopes;
    }

    /// Puts an object into a collection, such as `contacts` or `slas`, and gives its id.
    ///
    /// The object is taken as it is, without validation; an `id` is made when it has none. Fields
    /// that it leaves out are absent from the answers too.
    pub fn insert(&mut self, collection: &str, object: Value) -> String {
        let mut object = match object {
            Value::Object(object) => object,
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        let id = object
            .get("id")
            .and_then(id_text)
            .unwrap_or_else(|| self.fresh_id());
        object.shift_insert(0, "id".into(), Value::String(id.clone()));
        self.put(collection, object);
        id
    }

    /// The collections that hold an object which is not in the recycle bin, in order of their names.
    pub fn collections(&self) -> impl Iterator<Item = &str> {
        self.collections
            .iter()
            .filter(|(_, objects)| !objects.is_empty())
            .map(|(name, _)| name.as_str())
    }

    /// Every object of a collection that is not in the recycle bin, as a read by id would show it.
    #[must_use]
    pub fn objects(&self, collection: &str) -> Vec<Value> {
        self.live(collection)
            .map(|object| self.view(collection, object))
            .collect()
    }

    /// One object, as a read by id would show it, even when it is in the recycle bin.
    #[must_use]
    pub fn object(&self, collection: &str, id: &str) -> Option<Value> {
        self.stored(collection, id)
            .map(|object| self.view(collection, object))
    }

    /// The first object whose field has this value.
    #[must_use]
    pub fn find(&self, collection: &str, field: &str, value: &str) -> Option<Value> {
        self.live(collection)
            .find(|object| object[field].as_str() == Some(value))
            .map(|object| self.view(collection, object))
    }

    /// Changes an object behind everyone's back; tells whether there is one.
    pub fn change(
        &mut self,
        collection: &str,
        id: &str,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> bool {
        let Some(Value::Object(mut object)) = self.object(collection, id) else {
            return false;
        };
        change(&mut object);
        object.insert("id".into(), Value::String(id.to_owned()));
        self.put(collection, object);
        true
    }

    /// Takes an object away for good; tells whether there was one.
    pub fn remove(&mut self, collection: &str, id: &str) -> bool {
        let removed = self.take(collection, id);
        if let Some(object) = &removed {
            self.unindex(collection, object);
            match collection {
                "agents" => self.tidy_teams(),
                "fields" => self.forget_values(object),
                _ => {}
            }
        }
        removed.is_some()
    }

    /// A new id: a text of 18 digits.
    pub(super) fn fresh_id(&mut self) -> String {
        self.next_id = self.next_id.saturating_add(1);
        self.next_id.to_string()
    }

    /// An id far behind those that are given one after the other.
    pub(super) fn distant_id(&self, n: u64) -> String {
        (self.next_id - self.next_id % BLOCK + BLOCK / 2 + n).to_string()
    }

    /// The raw object, from the recycle bin too.
    pub(super) fn stored(&self, collection: &str, id: &str) -> Option<&Value> {
        [&self.collections, &self.recycled]
            .into_iter()
            .find_map(|place| place.get(collection)?.get(id))
    }

    /// The raw objects that are not in the recycle bin.
    pub(super) fn live(&self, collection: &str) -> impl Iterator<Item = &Value> {
        let stored = self
            .collections
            .get(collection)
            .into_iter()
            .flat_map(IndexMap::values);
        self.sight
            .stranger(collection)
            .into_iter()
            .chain(stored)
            .filter(|object| self.sight.shows(object))
    }

    /// The raw objects that are not in the recycle bin, those that lists do not show yet included.
    pub(super) fn kept(&self, collection: &str) -> impl Iterator<Item = &Value> {
        self.collections
            .get(collection)
            .into_iter()
            .flat_map(IndexMap::values)
    }

    /// Changes each raw object of a collection where it stands.
    pub(super) fn each(
        &mut self,
        collection: &str,
        mut change: impl FnMut(&mut Map<String, Value>),
    ) {
        let objects = self.collections.get_mut(collection);
        for object in objects.into_iter().flat_map(IndexMap::values_mut) {
            if let Some(object) = object.as_object_mut() {
                change(object);
            }
        }
    }

    /// Lets objects that nobody manages come to the front of the lists, or go again.
    pub(super) fn shift(&mut self) {
        if self.sight.has_strangers() {
            self.sight.part();
            return;
        }
        let mut next_id = self.next_id;
        let last = |collection: &str| self.collections.get(collection)?.values().last();
        let mut sight = std::mem::take(&mut self.sight);
        sight.meet(self.dialect, last, || {
            next_id = next_id.saturating_add(1);
            next_id.to_string()
        });
        self.sight = sight;
        self.next_id = next_id;
    }

    /// Whether an id is that of an object that nobody manages and lists show for a while.
    pub(super) fn is_strangers(&self, collection: &str, id: &str) -> bool {
        self.sight.is_stranger(collection, id)
    }

    /// Whether a collection holds this id, outside the recycle bin.
    pub(super) fn holds(&self, collection: &str, id: &str) -> bool {
        self.collections
            .get(collection)
            .is_some_and(|objects| objects.contains_key(id))
    }

    /// Whether lists show an object of this id: a managed one, or one of a stranger.
    pub(super) fn knows(&self, collection: &str, id: &str) -> bool {
        self.holds(collection, id) || self.is_strangers(collection, id)
    }

    /// Takes the values of a custom field that is gone from all records of its module.
    fn forget_values(&mut self, field: &Value) {
        let (Some(module), Some(name)) = (field["module"].as_str(), field["apiName"].as_str())
        else {
            return;
        };
        for place in [&mut self.collections, &mut self.recycled] {
            for record in place
                .get_mut(module)
                .into_iter()
                .flat_map(IndexMap::values_mut)
            {
                if let Some(Value::Object(values)) = record.get_mut("cf") {
                    values.shift_remove(name);
                }
            }
            if module != "tickets" {
                continue;
            }
            let templates = place.get_mut("ticketTemplates").into_iter();
            for template in templates.flat_map(IndexMap::values_mut) {
                let values = template.pointer_mut("/ticketTemplateValues/cf");
                if let Some(values) = values.and_then(Value::as_object_mut) {
                    values.shift_remove(name);
                }
            }
        }
    }

    fn take(&mut self, collection: &str, id: &str) -> Option<Value> {
        [&mut self.collections, &mut self.recycled]
            .into_iter()
            .find_map(|place| place.get_mut(collection)?.shift_remove(id))
    }

    /// Writes an object: computed keys go, membership goes to the agents, the index follows.
    pub(super) fn put(&mut self, collection: &str, mut object: Map<String, Value>) {
        let id = object.get("id").and_then(id_text).unwrap_or_default();
        match (collection, self.dialect) {
            ("departments", Dialect::Openapi) => {
                if let Some(members) = object.shift_remove("associatedAgentIds") {
                    self.set_members(&id, &ids(&members));
                }
            }
            ("agents", Dialect::Openapi) => {
                object.shift_remove("name");
                self.keep_custom_values(collection, &mut object);
            }
            ("agents", Dialect::Guide) => {
                object.shift_remove("roleName");
            }
            ("roles", _) => {
                object.shift_remove("immediateSubRoles");
            }
            ("contacts" | "accounts" | "products", _) => {
                self.keep_custom_values(collection, &mut object);
            }
            ("contracts", _) => {
                self.keep_custom_values(collection, &mut object);
                self.keep_settings(collection, &id, &mut object);
            }
            _ => self.keep_settings(collection, &id, &mut object),
        }
        match self.stored(collection, &id).cloned() {
            Some(old) => self.unindex(collection, &old),
            // Settings of a department have its id: the department is no new one.
            None if self.collections.values().any(|all| all.contains_key(&id)) => {}
            None => self.sight.note(&id),
        }
        let object = Value::Object(object);
        for (kind, field) in UNIQUE {
            if kind == collection
                && let Some(value) = key(collection, field, &object)
            {
                self.index
                    .entry((kind, field))
                    .or_default()
                    .entry(value)
                    .or_insert_with(|| id.clone());
            }
        }
        let recycled = is_trashed(&object);
        if recycled == self.holds(collection, &id) {
            // It moves into the recycle bin or out of it.
            self.take(collection, &id);
        }
        let place = if recycled {
            &mut self.recycled
        } else {
            &mut self.collections
        };
        place
            .entry(collection.to_owned())
            .or_default()
            .insert(id, object);
        if collection == "agents" {
            self.tidy_teams();
        }
    }

    /// The id of another object that has this value in a unique field.
    pub(super) fn holder(&self, collection: &str, field: &str, value: &str) -> Option<&str> {
        let probe = json!({field: value});
        let value = key(collection, field, &probe)?;
        self.index
            .iter()
            .find(|((kind, name), _)| *kind == collection && *name == field)
            .and_then(|(_, values)| values.get(&value))
            .map(String::as_str)
    }

    /// Builds the index after the state was read from a file.
    pub(super) fn reindex(&mut self) {
        self.index.clear();
        for (collection, field) in UNIQUE {
            let values: Vec<(String, String)> = self
                .live(collection)
                .filter_map(|object| {
                    Some((
                        key(collection, field, object)?,
                        object["id"].as_str()?.to_owned(),
                    ))
                })
                .collect();
            let index = self.index.entry((collection, field)).or_default();
            for (value, id) in values {
                index.entry(value).or_insert(id);
            }
        }
    }

    fn unindex(&mut self, collection: &str, object: &Value) {
        for (kind, field) in UNIQUE {
            if kind == collection
                && let Some(value) = key(collection, field, object)
                && let Some(values) = self.index.get_mut(&(kind, field))
                && values.get(&value).map(String::as_str) == object["id"].as_str()
            {
                values.remove(&value);
            }
        }
    }

    /// The agents of a department.
    pub(super) fn members(&self, department: &str) -> Vec<String> {
        self.live("agents")
            .filter(|agent| {
                ids(&agent["associatedDepartmentIds"])
                    .iter()
                    .any(|id| id == department)
            })
            .filter_map(|agent| agent["id"].as_str().map(str::to_owned))
            .collect()
    }

    /// Makes exactly these agents the members of a department.
    pub(super) fn set_members(&mut self, department: &str, members: &[String]) {
        let Some(agents) = self.collections.get_mut("agents") else {
            return;
        };
        for (id, agent) in agents.iter_mut() {
            let mut departments = ids(&agent["associatedDepartmentIds"]);
            let is_member = departments.iter().any(|id| id == department);
            match (is_member, members.contains(id)) {
                (true, false) => departments.retain(|id| id != department),
                (false, true) => departments.push(department.to_owned()),
                _ => continue,
            }
            if let Some(agent) = agent.as_object_mut() {
                agent.insert("associatedDepartmentIds".into(), json!(departments));
            }
        }
        self.tidy_teams();
    }

    /// The custom fields of a module: `apiName` and label.
    pub(super) fn custom_fields<'a>(
        &'a self,
        module: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.live("fields")
            .filter(move |field| field["module"] == module && field["isCustomField"] == json!(true))
            .filter_map(|field| Some((field["apiName"].as_str()?, field["displayLabel"].as_str()?)))
    }

    /// Keeps only values of custom fields that exist: a wrong key is taken and stores nothing.
    fn keep_custom_values(&self, module: &str, object: &mut Map<String, Value>) {
        for computed in ["accountCount", "layoutDetails", "customerHappiness"] {
            object.shift_remove(computed);
        }
        let by_label = object.shift_remove("customFields");
        let Some(Value::Object(values)) = object
            .get("cf")
            .cloned()
            .or_else(|| by_label.is_some().then(|| json!({})))
        else {
            return;
        };
        let mut kept = Map::new();
        for (api_name, label) in self.custom_fields(module) {
            let labelled = by_label.as_ref().and_then(|values| values.get(label));
            if let Some(value) = values
                .get(api_name)
                .or(labelled)
                .filter(|value| !matches!(value.as_str(), Some("")))
            {
                kept.insert(api_name.to_owned(), value.clone());
            }
        }
        object.insert("cf".into(), Value::Object(kept));
    }

    /// An object as a read by id shows it: computed keys are added.
    pub(super) fn view(&self, collection: &str, object: &Value) -> Value {
        let mut view = object.clone();
        let Some(fields) = view.as_object_mut() else {
            return view;
        };
        let id = object["id"].as_str().unwrap_or_default();
        match (collection, self.dialect) {
            ("departments", Dialect::Openapi) => {
                fields.insert("associatedAgentIds".into(), json!(self.members(id)));
            }
            ("agents", Dialect::Openapi) => {
                let names = [&object["firstName"], &object["lastName"]];
                let name: Vec<&str> = names.iter().filter_map(|name| name.as_str()).collect();
                fields.insert("name".into(), json!(name.join(" ")));
                // Only where custom fields of agents are in use. Source: Agent, `AgentCfOut`.
                let values: Map<String, Value> = self
                    .custom_fields(collection)
                    .map(|(api_name, _)| {
                        let value = object["cf"].get(api_name).cloned().unwrap_or_default();
                        (api_name.to_owned(), value)
                    })
                    .collect();
                if values.is_empty() {
                    fields.shift_remove("cf");
                } else {
                    fields.insert("cf".into(), Value::Object(values));
                }
            }
            ("agents", Dialect::Guide) => {
                let role = object["roleId"]
                    .as_str()
                    .and_then(|role| self.stored("roles", role));
                fields.insert(
                    "roleName".into(),
                    role.map_or(Value::Null, |role| role["name"].clone()),
                );
            }
            ("roles", _) => {
                let below: Vec<&str> = self
                    .live("roles")
                    .filter(|role| role["reportsTo"].as_str() == Some(id))
                    .filter_map(|role| role["id"].as_str())
                    .collect();
                fields.insert("immediateSubRoles".into(), json!(below));
            }
            ("contracts", _) => {
                self.show_custom_values(collection, object, fields);
                self.show_settings(collection, object, fields);
            }
            ("contacts" | "accounts" | "products", dialect) => {
                self.show_custom_values(collection, object, fields);
                if dialect == Dialect::Openapi {
                    let layout = object["layoutId"]
                        .as_str()
                        .and_then(|layout| self.stored("layouts", layout));
                    let details = layout.map_or(
                        Value::Null,
                        |layout| json!({"id": layout["id"], "layoutName": layout["layoutName"]}),
                    );
                    fields.insert("layoutDetails".into(), details);
                    if collection == "contacts" {
                        let count = if object["accountId"].is_string() {
                            "1"
                        } else {
                            "0"
                        };
                        fields.insert("accountCount".into(), json!(count));
                    }
                }
            }
            _ => self.show_settings(collection, object, fields),
        }
        view
    }

    /// Every custom field of a record's module is shown with its value: by its API name, and in one
    /// dialect by its label, too.
    fn show_custom_values(&self, module: &str, object: &Value, fields: &mut Map<String, Value>) {
        let mut by_name = Map::new();
        let mut by_label = Map::new();
        for (api_name, label) in self.custom_fields(module) {
            let value = object["cf"].get(api_name).cloned().unwrap_or_default();
            by_label.insert(label.to_owned(), value.clone());
            by_name.insert(api_name.to_owned(), value);
        }
        fields.insert("cf".into(), Value::Object(by_name));
        if self.dialect == Dialect::Openapi {
            fields.insert("customFields".into(), Value::Object(by_label));
        }
    }
}

/// A value of a unique field as it is compared; objects in the recycle bin do not count.
fn key(collection: &str, field: &str, object: &Value) -> Option<String> {
    if is_trashed(object) {
        return None;
    }
    let text = object[field].as_str().filter(|text| !text.is_empty())?;
    Some(match (collection, field) {
        (_, "email" | "emailId") => text.to_lowercase(),
        ("fields", _) => format!("{} {text}", object["module"].as_str().unwrap_or_default()),
        _ => text.to_owned(),
    })
}

/// Whether an object is in the recycle bin; some modules have one word for that, some another.
fn is_trashed(object: &Value) -> bool {
    ["isTrashed", "isDeleted"]
        .iter()
        .any(|sign| object[*sign].as_bool() == Some(true))
}

/// The ids of a list.
pub(super) fn ids(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(id_text)
        .collect()
}

/// Whether fields of a type have choices.
pub(super) fn is_list(kind: &Value) -> bool {
    matches!(kind.as_str(), Some("Picklist" | "Multiselect"))
}

/// Milliseconds since the epoch as Zoho writes times.
pub(super) fn time(now_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(now_ms)
        .map(|time| format!("{time:.3}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(dialect: Dialect) -> Organization {
        Organization::new("700001", "Acme", false, Edition::Enterprise, dialect, 0)
    }

    #[test]
    fn membership_is_one_relation_seen_from_both_sides() {
        let mut acme = organization(Dialect::Openapi);
        let agent = acme.acting_agent().to_owned();
        let department = acme.insert(
            "departments",
            json!({"name": "Billing", "associatedAgentIds": [agent]}),
        );
        let seen = acme.object("agents", &agent).unwrap();
        assert!(ids(&seen["associatedDepartmentIds"]).contains(&department));
        acme.change("agents", &agent, |agent| {
            agent.insert("associatedDepartmentIds".into(), json!([]));
        });
        assert_eq!(
            acme.object("departments", &department).unwrap()["associatedAgentIds"],
            json!([])
        );
    }

    #[test]
    fn a_wrong_custom_key_stores_nothing() {
        let mut acme = organization(Dialect::Openapi);
        acme.insert(
            "fields",
            json!({"module": "contacts", "apiName": "cf_region", "displayLabel": "Region", "isCustomField": true}),
        );
        let cf = json!({"cf_region": "EMEA", "cf_regoin": "EMEA"});
        let contact = acme.insert("contacts", json!({"lastName": "Smith", "cf": cf}));
        let seen = acme.object("contacts", &contact).unwrap();
        assert_eq!(seen["cf"], json!({"cf_region": "EMEA"}));
        assert_eq!(seen["customFields"], json!({"Region": "EMEA"}));
    }

    #[test]
    fn the_index_follows_changes_and_the_recycle_bin() {
        let mut acme = organization(Dialect::Openapi);
        let contact = acme.insert(
            "contacts",
            json!({"lastName": "Smith", "email": "Smith@example.com"}),
        );
        assert_eq!(
            acme.holder("contacts", "email", "smith@EXAMPLE.com"),
            Some(contact.as_str())
        );
        acme.change("contacts", &contact, |object| {
            object.insert("isTrashed".into(), json!(true));
        });
        assert_eq!(acme.holder("contacts", "email", "smith@example.com"), None);
        assert!(acme.objects("contacts").is_empty());
        assert!(acme.object("contacts", &contact).is_some());
        acme.reindex();
        assert_eq!(acme.holder("contacts", "email", "smith@example.com"), None);
    }

    #[test]
    fn ids_have_18_digits_and_differ_between_organizations() {
        let mut first = organization(Dialect::Guide);
        let mut second =
            Organization::new("700002", "Acme", true, Edition::Free, Dialect::Guide, 1);
        let (first, second) = (first.fresh_id(), second.fresh_id());
        assert_eq!((first.len(), second.len()), (18, 18));
        assert_ne!(first, second);
    }

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(time(1_736_499_600_000), "2025-01-10T09:00:00.000Z");
    }
}
