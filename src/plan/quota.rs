//! How many objects an organization still has room for.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::dialect::Dialect;
use crate::kind::rules::Quota;
use crate::kind::{KINDS, Kind};
use crate::plan::tasks::Planned;
use crate::problem::{Problem, counted};
use crate::state::Value;
use crate::verb::Verb;

/// What a plan creates of a kind, where a call tells how much room there is.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The kind.
    pub kind: &'static Kind,
    /// The call.
    pub quota: Quota,
    /// The value by which it is asked.
    pub by: String,
    /// The sort of each object that is created.
    pub sorts: Vec<String>,
}

/// What a plan creates of the kinds whose room can be asked for.
#[must_use]
pub fn wanted(planned: &Planned, dialect: Dialect) -> Vec<Wanted> {
    let mut all = Vec::new();
    for kind in KINDS {
        let Some(quota) = kind.api(dialect).and_then(|api| api.quota) else {
            continue;
        };
        let mut created: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for task in &planned.tasks {
            let text = |name| task.body.get(name).and_then(Value::as_text);
            if *task.kind == **kind
                && task.verb == Verb::Create
                && let (Some(by), Some(sort)) = (text(quota.by), text(quota.sort))
                && quota.of.contains(&by)
            {
                let sorts = created.entry(by.to_owned()).or_default();
                sorts.push(sort.to_owned());
            }
        }
        all.extend(created.into_iter().map(|(by, sorts)| Wanted {
            kind,
            quota,
            by,
            sorts,
        }));
    }
    all
}

/// What there is no room for, by the call's answer.
///
/// Numbers may come as texts, and what is missing says nothing. Words are compared without case.
#[must_use]
pub fn too_many(wanted: &Wanted, answer: &Json) -> Vec<Problem> {
    let Wanted {
        kind,
        quota,
        by,
        sorts,
    } = wanted;
    let mut problems = Vec::new();
    let mut refuse = |number: usize, available: u64, what: &str| {
        if number as u64 > available {
            problems.push(
                Problem::error(
                    quota.code,
                    format!(
                        "the plan would create {}{what} of {by}, and the organization has room for {available}",
                        counted(number, kind.singular),
                    ),
                )
                .help(quota.help),
            );
        }
    };
    if let Some(available) = number(answer.get(quota.total)) {
        refuse(sorts.len(), available, "");
    }
    for count in answer
        .get(quota.counts)
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        let (Some(available), Some(listed)) = (
            number(count.get(quota.available)),
            count.get(quota.sorts).and_then(Json::as_array),
        ) else {
            continue;
        };
        let names: Vec<&str> = listed.iter().filter_map(Json::as_str).collect();
        let stored_so = |sort: &&String| {
            let own = sort.to_lowercase();
            let other = quota.spelled.iter().find(|(own_word, _)| *own_word == own);
            let wanted = other.map_or(&*own, |(_, other)| other);
            names.iter().any(|name| name.to_lowercase() == wanted)
        };
        let number = sorts.iter().filter(stored_so).count();
        refuse(number, available, &format!(" ({})", names.join(", ")));
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
        let kind = crate::kind::find("customFields").unwrap();
        let wanted = Wanted {
            kind,
            quota: kind.openapi.unwrap().quota.unwrap(),
            by: "contacts".to_owned(),
            sorts: types.iter().map(|text| (*text).to_owned()).collect(),
        };
        too_many(&wanted, answer)
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
