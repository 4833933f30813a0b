//! What uses what a plan takes away, by the calls that tell: rules that deskform does not read.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::api::{Request, template};
use crate::codec::{id_text, listed};
use crate::kind::rules::Uses;
use crate::kind::{self, Keys, Kind, Shape};
use crate::live::Live;
use crate::live::marks::belongs_to_others;
use crate::plan::referrers::removes;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::plan::tasks::{Planned, inside};
use crate::problem::{Code, Problem, listed as joined, ticked};
use crate::state::{Address, Leaves, Value, pointer};
use crate::verb::Verb;

/// How many users of one thing are named.
const NAMED: usize = 10;

/// The place in a path for a sort of users.
const SORT: &str = "sort";
/// The place in a path for the object's id.
const ID: &str = "id";

/// One call about one object that goes, or that loses values.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The object.
    address: Address,
    /// Its kind.
    kind: &'static Kind,
    /// The values that it loses; empty where it goes itself.
    lost: BTreeSet<String>,
    /// Its kind's calls.
    uses: Uses,
    /// What is said of a user, where the call is for one sort alone.
    sort: Option<&'static str>,
    /// The call.
    pub request: Request,
}

/// What goes, and what is known of it.
struct Loss {
    address: Address,
    kind: &'static Kind,
    id: String,
    /// The values that go; empty where all of it does.
    values: BTreeSet<String>,
}

/// The calls that tell what uses the objects that a plan takes away, and those that lose values.
#[must_use]
pub fn asked(planned: &Planned, rows: &Rows, live: &Live) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    for loss in losses(planned, rows, live) {
        let Some(uses) = loss.kind.api(live.dialect).and_then(|api| api.uses) else {
            continue;
        };
        let object = live.find_id(loss.kind.collection, &loss.id);
        let object = object.and_then(|index| live.objects.get(index));
        let sorts = uses
            .sorts
            .iter()
            .map(|(word, spoken)| (*word, Some(*spoken)));
        let calls: Vec<_> = if uses.sort.is_none() {
            sorts.collect()
        } else {
            vec![("", None)]
        };
        all.extend(calls.into_iter().filter_map(|(word, sort)| {
            let fill = |place: &str| match place {
                SORT => Some(word.to_owned()),
                ID => Some(loss.id.clone()),
                field => {
                    let field = loss.kind.field(field)?;
                    let key = field.wire(live.dialect).read_name()?;
                    id_text(object?.raw.get(key)?)
                }
            };
            let request = template::get(uses.path, &fill)?;
            Some(Asked {
                address: loss.address.clone(),
                kind: loss.kind,
                lost: loss.values.clone(),
                uses,
                sort,
                request: request.query("limit", uses.page.to_string()),
            })
        }));
    }
    all
}

/// What a plan takes away: each object once, and as a whole where it goes itself.
fn losses(planned: &Planned, rows: &Rows, live: &Live) -> Vec<Loss> {
    let mut losses: Vec<Loss> = Vec::new();
    for task in &planned.tasks {
        let uses = task.kind.api(live.dialect).and_then(|api| api.uses);
        if let (Some(uses), Some(id)) = (uses, id_of(&task.address, rows, live)) {
            let goes = removes(task, rows) || task.verb == Verb::Replace;
            let values = if goes {
                BTreeSet::new()
            } else {
                lost(task, &uses)
            };
            if goes || !values.is_empty() {
                losses.push(Loss {
                    address: task.address.clone(),
                    kind: task.kind,
                    id: id.to_owned(),
                    values,
                });
            }
        }
        losses.extend(lost_inside(task, rows, live));
    }
    let mut merged: Vec<Loss> = Vec::new();
    for loss in losses {
        let same = |one: &&mut Loss| *one.kind == *loss.kind && one.id == loss.id;
        match merged.iter_mut().find(same) {
            Some(one) if one.values.is_empty() || loss.values.is_empty() => one.values.clear(),
            Some(one) => one.values.extend(loss.values),
            None => merged.push(loss),
        }
    }
    merged
}

/// The live values that a step takes out of lists of which a kind says that others may ask for them.
fn lost(task: &Task, uses: &Uses) -> BTreeSet<String> {
    let changes = task.changes.iter().filter(|change| {
        let mut fields = uses.values.iter();
        fields.any(|field| change.field == pointer([*field]))
    });
    let texts = |value: &Json| -> BTreeSet<String> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(|one| one.as_str().map(str::to_owned))
            .collect()
    };
    changes
        .flat_map(|change| {
            let after = texts(&change.after);
            let mut before = texts(&change.before);
            before.retain(|value| !after.contains(value));
            before
        })
        .collect()
}

/// The live values that a step takes from items inside of an object, by what each item is.
fn lost_inside(task: &Task, rows: &Rows, live: &Live) -> Vec<Loss> {
    let lost = || {
        let api = task.kind.api(live.dialect)?;
        let field = task.kind.field(api.inside?.field)?;
        let (inner, list) = inside::list_inside(field)?;
        let Keys::Of { target, .. } = list.keys else {
            return None;
        };
        let kind = kind::find(target.collection)?;
        let uses = kind.api(live.dialect)?.uses?;
        let Shape::Map(map) = list.value.shape else {
            return None;
        };
        let leaf = map.fields.iter().find(|leaf| leaf.replaces_values)?;
        if uses.values.is_empty() || task.verb != Verb::Update {
            return None;
        }
        let side = |body| inside::side(body, field, inner);
        let before = side(rows.live(&task.address));
        let after = side(Some(&task.body));
        let losses = before.items.iter().filter_map(|(key, item)| {
            let mut values = texts(item.leaves, leaf.name);
            let kept = texts(after.items.get(key)?.leaves, leaf.name);
            values.retain(|value| !kept.contains(value));
            if values.is_empty() {
                return None;
            }
            let id = item.leaves.get(listed::ID)?.as_text()?;
            let index = live.find_id(kind.collection, id)?;
            // Nobody can be asked about what is another's.
            if belongs_to_others(live.objects.get(index)?).is_some() {
                return None;
            }
            Some(Loss {
                address: live.address_of(index)?,
                kind,
                id: id.to_owned(),
                values,
            })
        });
        Some(losses.collect::<Vec<_>>())
    };
    lost().unwrap_or_default()
}

/// The texts of a list among the leaves of an item.
fn texts(leaves: &Leaves, name: &str) -> BTreeSet<String> {
    let list = match leaves.get(name) {
        Some(Value::List(list)) => list.as_slice(),
        _ => &[],
    };
    let texts = list.iter().filter_map(Value::as_text);
    texts.map(str::to_owned).collect()
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
    // What is declared lies where its declaration says, and is looked at elsewhere.
    let declared = rows.objects().filter(|(row, _)| row.wanted.is_some());
    let declared = declared.filter_map(|(_, index)| Some(live.objects.get(index)?.id.as_str()));
    let placed: BTreeSet<&str> = declared.chain(going.iter().copied()).collect();
    let mut found: Vec<(&Asked, BTreeSet<String>)> = Vec::new();
    for (asked, answer) in answers {
        let lies_inside = asked.uses.lists_what_lies_inside();
        let users = asked.users(answer, if lies_inside { &placed } else { &going });
        match found.last_mut() {
            Some((one, all)) if one.address == asked.address => all.extend(users),
            _ => found.push((asked, users)),
        }
    }
    let used = found.into_iter().filter(|(_, users)| !users.is_empty());
    used.map(|(asked, users)| asked.warning(&users)).collect()
}

/// The id of the live object that a resource is, or was until the plan takes it away.
fn id_of<'l>(address: &Address, rows: &Rows, live: &'l Live) -> Option<&'l str> {
    let going = || rows.going(address).map(|going| going.object);
    let index = rows.object(address).or_else(going)?;
    Some(live.objects.get(index)?.id.as_str())
}

impl Asked {
    /// Says what goes, and what uses it.
    fn warning(&self, users: &BTreeSet<String>) -> Problem {
        let mut named: Vec<String> = users.iter().take(NAMED).cloned().collect();
        if users.len() > NAMED {
            named.push(format!("{} more", users.len() - NAMED));
        }
        let lost: Vec<&String> = self.lost.iter().collect();
        let goes = match lost.as_slice() {
            [] => format!("`{}`", self.address),
            [one] => format!("the value `{one}` of `{}`", self.address),
            several => format!(
                "the values {} of `{}`",
                ticked(several, "and"),
                self.address
            ),
        };
        let help = if lost.is_empty() {
            "change them in Zoho Desk first, or keep what they use"
        } else {
            "Zoho Desk does not tell which values they ask for: look there first"
        };
        Problem::warning(
            Code::StillUsed,
            format!(
                "the plan takes {goes} away, and the {} is used by {}",
                self.kind.singular,
                joined(&named, "and")
            ),
        )
        .help(help)
    }

    /// The users that an answer tells of, each once and as a reader knows it.
    fn users(&self, answer: &Json, going: &BTreeSet<&str>) -> BTreeSet<String> {
        let lists = answer.as_object().into_iter().flatten();
        let lists = lists.map(|(_, list)| list).chain([answer]);
        let items = lists.filter_map(Json::as_array).flatten();
        let users = items.filter_map(|item| {
            let id = item.get(self.uses.id).and_then(id_text);
            if id.is_some_and(|id| going.contains(&*id)) {
                return None;
            }
            let name = item.get(self.uses.name)?.as_str()?;
            let sort = match self.sort {
                Some(sort) => sort,
                None => self.sort_of(item),
            };
            Some(format!("{sort} `{name}`"))
        });
        users.collect()
    }

    /// What is said of a user of the sort that an item names.
    fn sort_of<'i>(&self, item: &'i Json) -> &'i str {
        let word = self.uses.sort.and_then(|key| item.get(key)?.as_str());
        let word = word.unwrap_or("rule");
        let mut sorts = self.uses.sorts.iter();
        let known = sorts.find(|(known, _)| *known == word);
        known.map_or(word, |(_, spoken)| *spoken)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Method;
    use crate::dialect::Dialect;
    use crate::kind::find;

    fn asked(collection: &'static str, sort: Option<&'static str>, lost: &[&str]) -> Asked {
        let kind = find(collection).unwrap();
        let uses = kind.api(Dialect::Openapi).unwrap().uses.unwrap();
        Asked {
            address: Address::new(collection, "Default"),
            kind,
            lost: lost.iter().map(|value| (*value).to_owned()).collect(),
            uses,
            sort,
            request: Request::new(Method::Get, uses.path),
        }
    }

    #[test]
    fn users_are_named_by_sort_but_for_those_that_go_too() {
        let asked = asked("businessHours", None, &[]);
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

    /// Some lists stand bare, as those of templates do.
    #[test]
    fn what_lies_in_an_object_uses_it() {
        let asked = asked("templateFolders", Some("e-mail template"), &[]);
        let answer = json!([
            {"templateId": "1", "templateName": "Welcome"},
            {"templateId": "2", "templateName": "Goes too"},
        ]);
        let told = asked.users(&answer, &BTreeSet::from(["2"]));
        assert!(told.iter().eq(["e-mail template `Welcome`"]), "{told:?}");
    }

    #[test]
    fn users_are_of_the_sort_that_was_asked_for() {
        let asked = asked("customFields", Some("view"), &[]);
        // The source names none of the keys.
        let answer =
            json!({"one": [{"id": 1, "name": "Mine"}], "two": [{"id": "2", "name": "Goes"}]});
        let told = asked.users(&answer, &BTreeSet::from(["2"]));
        assert!(told.iter().eq(["view `Mine`"]), "{told:?}");
    }

    #[test]
    fn a_warning_names_ten_users_and_what_goes() {
        let users = |count: usize| (0..count).map(|n| format!("view `{n:02}`")).collect();
        for (lost, count, wanted) in [
            (
                &[][..],
                1,
                "`customFields/Default` away, and the custom field is used by view `00`",
            ),
            (
                &["A"],
                2,
                "the value `A` of `customFields/Default` away, and the custom field is used by view `00` and view `01`",
            ),
            (
                &["A", "B"],
                1,
                "the values `A` and `B` of `customFields/Default` away, and the custom field is used by view `00`",
            ),
        ] {
            let warning = asked("customFields", Some("view"), lost).warning(&users(count));
            assert_eq!(warning.message, format!("the plan takes {wanted}"));
        }
        let warning = asked("customFields", Some("view"), &[]).warning(&users(12));
        assert!(
            warning.message.ends_with("view `09` and 2 more"),
            "{}",
            warning.message
        );
    }
}
