//! What an organization holds, without what follows from the order in which it was made.

#![expect(unreachable_pub, reason = "a module of a test binary")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use deskform::simulator::Organization;
use serde_json::Value;

use super::registry;

/// Fields that tell when something happened, or that count; and the place of a skill among others, which
/// follows from when it was made.
const TIMES: [&str; 9] = [
    "orderId",
    "createdTime",
    "modifiedTime",
    "createdOn",
    "modifiedOn",
    "createdAt",
    "updatedAt",
    "joinedTime",
    "lastSeenTime",
];

/// The picture, and how many objects have an identity that more than one has.
///
/// With `temporary_member` the memberships of the acting agent are left out: where a run ends before that agent
/// has left a department that it founded, nothing but a ledger tells that it was no member before.
pub fn picture(
    organization: &Organization,
    temporary_member: bool,
) -> (String, BTreeMap<String, usize>) {
    let mut names = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for collection in organization.collections() {
        let keys = registry::identity_keys(collection);
        for object in organization.objects(collection) {
            let identity = registry::identity(&object, &keys).join("|");
            let name = format!("{collection}:{identity}");
            *counts.entry(name.clone()).or_default() += 1;
            if let Some(id) = object["id"].as_str() {
                names.insert(id.to_owned(), name.clone());
            }
            all.push((name, object));
        }
    }
    let acting = organization.acting_agent();
    let mut lines: Vec<String> = Vec::new();
    for (name, object) in all {
        let is_acting = object["id"] == acting;
        let Value::Object(mut object) = object else {
            continue;
        };
        for time in TIMES.iter().chain(&["id"]) {
            object.remove(*time);
        }
        if temporary_member
            && name.starts_with("departments:")
            && let Some(Value::Array(agents)) = object.get_mut("associatedAgentIds")
        {
            agents.retain(|agent| agent != acting);
        }
        if temporary_member && is_acting {
            object.remove("associatedDepartmentIds");
            object.remove("associatedDepartments");
        }
        let mut value = Value::Object(object);
        rename(&mut value, &names);
        let mut text = name;
        if let Value::Object(object) = &value {
            let sorted: BTreeMap<&String, &Value> = object.iter().collect();
            for (key, value) in sorted {
                // Writing into a text does not fail.
                let _ = write!(text, "\n  {key}: {value}");
            }
        }
        lines.push(text);
    }
    lines.sort();
    counts.retain(|_, count| *count > 1);
    (lines.join("\n"), counts)
}

/// Puts names in the place of ids. Lists of them are sets.
fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text.as_str()) {
                name.clone_into(text);
            } else if text.bytes().filter(u8::is_ascii_digit).count() >= 18 {
                for (id, name) in names {
                    if text.contains(id.as_str()) {
                        *text = text.replace(id.as_str(), name);
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items.iter_mut() {
                rename(item, names);
            }
            items.sort_by_key(ToString::to_string);
        }
        Value::Object(object) => {
            let renamed: BTreeMap<String, Value> = std::mem::take(object)
                .into_iter()
                // The id of what has no name of its own.
                .filter(|(key, _)| key != "targetId")
                .map(|(key, mut value)| {
                    rename(&mut value, names);
                    (names.get(&key).cloned().unwrap_or(key), value)
                })
                .collect();
            *object = renamed.into_iter().collect();
        }
        _ => {}
    }
}
