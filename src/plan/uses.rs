//! What uses what a plan takes away, by the calls that tell: rules that deskform does not read.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::api::{Method, Request, template};
use crate::codec::id_text;
use crate::kind::rules::Uses;
use crate::live::Live;
use crate::plan::referrers::removes;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::plan::tasks::Planned;
use crate::problem::{Code, Problem, counted};
use crate::state::Address;
use crate::verb::Verb;

/// How many users of one thing are named.
const NAMED: usize = 10;

/// The call about one object that goes.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The object.
    address: Address,
    /// Its kind's call.
    uses: Uses,
    /// The call.
    pub request: Request,
}

/// The calls that tell what uses the objects that a plan takes away.
#[must_use]
pub fn asked(planned: &Planned, rows: &Rows, live: &Live) -> Vec<Asked> {
    let goes = |task: &&Task| removes(task, rows) || task.verb == Verb::Replace;
    let asked = planned.tasks.iter().filter(goes).filter_map(|task| {
        let uses = task.kind.api(live.dialect)?.uses?;
        let id = id_of(&task.address, rows, live)?;
        let path = template::fill(uses.path, &|_| Some(id.to_owned()))?;
        Some(Asked {
            address: task.address.clone(),
            uses,
            request: Request::new(Method::Get, path).query("limit", uses.page.to_string()),
        })
    });
    asked.collect()
}

/// Warns of what uses each object, by the answers to the calls; users that the plan removes do not count.
#[must_use]
pub fn still_used(
    answers: &[(Asked, Json)],
    planned: &Planned,
    rows: &Rows,
    live: &Live,
) -> Vec<Problem> {
    let removed = planned.tasks.iter().filter(|task| removes(task, rows));
    let going: BTreeSet<&str> = removed
        .filter_map(|task| id_of(&task.address, rows, live))
        .collect();
    let mut warnings = Vec::new();
    for (asked, answer) in answers {
        let users = asked.users(answer, &going);
        if users.is_empty() {
            continue;
        }
        let left = users.len().saturating_sub(NAMED);
        let mut named: Vec<String> = users.iter().take(NAMED).cloned().collect();
        if left > 0 {
            named.push(format!("{left} more"));
        }
        warnings.push(
            Problem::warning(
                Code::StillUsed,
                format!(
                    "the plan takes `{}` away, and Zoho Desk tells of {} by which it is used: {}",
                    asked.address,
                    counted(users.len(), "rule"),
                    named.join(", ")
                ),
            )
            .help("change them in Zoho Desk first, or keep what they use"),
        );
    }
    warnings
}

/// The id of the live object that a resource is, or was until the plan takes it away.
fn id_of<'l>(address: &Address, rows: &Rows, live: &'l Live) -> Option<&'l str> {
    let going = || rows.going(address).map(|going| going.object);
    let index = rows.object(address).or_else(going)?;
    Some(live.objects.get(index)?.id.as_str())
}

impl Asked {
    /// The users that an answer tells of, each once and as a reader knows it.
    fn users(&self, answer: &Json, going: &BTreeSet<&str>) -> BTreeSet<String> {
        let lists = answer.as_object().into_iter().flatten();
        let items = lists.filter_map(|(_, list)| list.as_array()).flatten();
        let users = items.filter_map(|item| {
            let id = item.get(self.uses.id).and_then(id_text);
            if id.is_some_and(|id| going.contains(&*id)) {
                return None;
            }
            let name = item.get(self.uses.name)?.as_str()?;
            let word = item.get(self.uses.sort).and_then(Json::as_str);
            let word = word.unwrap_or("rule");
            let mut sorts = self.uses.sorts.iter();
            let known = sorts.find(|(known, _)| *known == word);
            let sort = known.map_or(word, |(_, spoken)| spoken);
            Some(format!("{sort} `{name}`"))
        });
        users.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::find;

    #[test]
    fn users_are_named_by_sort_but_for_those_that_go_too() {
        let kind = find("businessHours").unwrap();
        let uses = kind
            .api(crate::dialect::Dialect::Openapi)
            .unwrap()
            .uses
            .unwrap();
        let asked = Asked {
            address: Address::new("businessHours", "Default"),
            uses,
            request: Request::new(Method::Get, uses.path),
        };
        let answer = json!({"data": [
            {"ruleId": "1", "ruleName": "Gold", "ruleType": "SLA"},
            {"ruleId": 2, "ruleName": "Goes too", "ruleType": "SKILLS"},
            {"ruleId": "3", "ruleName": "Odd", "ruleType": "NEWER"},
            {"ruleId": "4", "ruleType": "SLA"},
            null,
        ], "count": 4});
        let going = BTreeSet::from(["2"]);
        let told = asked.users(&answer, &going);
        assert!(told.iter().eq(["NEWER `Odd`", "SLA `Gold`"]), "{told:?}");
        assert!(asked.users(&json!(null), &going).is_empty());
    }
}
