//! How many custom fields an organization still has room for.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::plan::tasks::Planned;
use crate::problem::{Code, Problem, counted};
use crate::state::Value;
use crate::verb::Verb;

/// The types of the custom fields that a plan creates, by module.
#[must_use]
pub fn created_custom_fields(planned: &Planned) -> BTreeMap<String, Vec<String>> {
    let mut created: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in &planned.tasks {
        let text = |name| task.body.get(name).and_then(Value::as_text);
        if task.kind.collection == "customFields"
            && task.verb == Verb::Create
            && let (Some(module), Some(of_type)) = (text("module"), text("type"))
        {
            created
                .entry(module.to_owned())
                .or_default()
                .push(of_type.to_owned());
        }
    }
    created
}

/// What a module has no room for, by the answer of `GET /customFieldCount`.
///
/// Numbers may come as texts, and what is missing says nothing. The answer spells types unlike the
/// fields do: they are compared without case, and `Boolean` is its `Checkbox`, `URL` its `Website`.
#[must_use]
pub fn too_many_custom_fields(module: &str, types: &[String], answer: &Json) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |wanted: usize, available: u64, what: &str| {
        if wanted as u64 > available {
            problems.push(
                Problem::error(
                    Code::TooManyCustomFields,
                    format!(
                        "the plan would create {}{what} of {module}, and the organization has room for {available}",
                        counted(wanted, "custom field"),
                    ),
                )
                .help("delete custom fields that nobody needs, or choose a larger edition"),
            );
        }
    };
    if let Some(available) = number(answer.get("totalAvailableCount")) {
        refuse(types.len(), available, "");
    }
    for count in answer
        .get("customFieldCounts")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        let (Some(available), Some(of_types)) = (
            number(count.get("available")),
            count.get("types").and_then(Json::as_array),
        ) else {
            continue;
        };
        let stored_so = |of_type: &&String| {
            let wanted = match of_type.to_lowercase().as_str() {
                "boolean" => "checkbox".to_owned(),
                "url" => "website".to_owned(),
                other => other.to_owned(),
            };
            of_types
                .iter()
                .filter_map(Json::as_str)
                .any(|listed| listed.to_lowercase() == wanted)
        };
        let wanted = types.iter().filter(stored_so).count();
        let names: Vec<&str> = of_types.iter().filter_map(Json::as_str).collect();
        refuse(wanted, available, &format!(" ({})", names.join(", ")));
    }
    problems
}

fn number(value: Option<&Json>) -> Option<u64> {
    match value? {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(types: &[&str], answer: &Json) -> Vec<String> {
        let types: Vec<String> = types.iter().map(|text| (*text).to_owned()).collect();
        too_many_custom_fields("contacts", &types, answer)
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn what_fits_is_said_nothing_of() {
        let answer = json!({"totalAvailableCount": "3", "customFieldCounts": [
            {"type": "Varchar", "available": "2", "maximumLimit": 100, "types": ["Text", "PickList"]},
            {"type": "Boolean", "available": 1, "maximumLimit": 10, "types": ["Checkbox"]},
        ]});
        assert_eq!(check(&["Text", "Picklist", "Boolean"], &answer), [""; 0]);
        assert_eq!(
            check(&["Text", "Picklist", "Text"], &answer),
            [
                "the plan would create 3 custom fields (Text, PickList) of contacts, and the organization has room for 2"
            ]
        );
        assert_eq!(
            check(&["Boolean", "Boolean"], &answer),
            [
                "the plan would create 2 custom fields (Checkbox) of contacts, and the organization has room for 1"
            ]
        );
        assert_eq!(check(&["Date"; 4], &answer).len(), 1);
    }

    #[test]
    fn what_is_not_told_is_not_checked() {
        for answer in [
            json!(null),
            json!([]),
            json!({"totalAvailableCount": null, "customFieldCounts": [null, {"types": 1}]}),
            json!({"customFieldCounts": {"a": 1}}),
        ] {
            assert_eq!(check(&["Text"; 500], &answer), [""; 0], "{answer}");
        }
    }
}
