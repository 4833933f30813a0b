//! Placeholders of Zoho Desk in texts: whether there are such, by the call that tells them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::codec::{id_text, read_field};
use crate::kind::rules::Placeholders;
use crate::live::Live;
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::plan::tasks::Planned;
use crate::problem::{Code, Problem, nearest};
use crate::state::{Address, Value};
use crate::yaml::variables::placeholders;

/// The placeholders that a plan sends, and the call that tells which there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The call.
    pub call: Placeholders,
    /// Its parameters.
    pub query: Vec<(&'static str, String)>,
    /// What is sent: the resource, its field and the placeholder.
    sent: BTreeSet<(Address, &'static str, String)>,
}

/// What a plan sends of placeholders, by the calls that tell of them.
///
/// What lies below something that is made in the same run cannot be asked for.
#[must_use]
pub fn asked(planned: &Planned, rows: &Rows, live: &Live) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    let made = made(planned);
    for task in &planned.tasks {
        let Some(call) = (task.kind.api(live.dialect)).and_then(|api| api.placeholders) else {
            continue;
        };
        let mut sent = sent(task, live);
        sent.retain(|(_, _, name)| {
            let label = name.split_once('.').map_or("", |(_, label)| label);
            !made.contains(label)
        });
        if sent.is_empty() {
            continue;
        }
        let Some(query) = query(&call, task, rows, live) else {
            continue;
        };
        match all
            .iter_mut()
            .find(|one| one.call == call && one.query == query)
        {
            Some(one) => one.sent.extend(sent),
            None => all.push(Asked { call, query, sent }),
        }
    }
    all
}

/// The names of what is made or renamed and by which values of records are told: a placeholder may be
/// about to come about.
fn made(planned: &Planned) -> BTreeSet<&str> {
    let tasks = planned.tasks.iter();
    let makers = tasks.filter(|task| task.kind.names_keys() && !task.ops.is_empty());
    let names = makers.filter_map(|task| task.body.get(task.kind.naming_field().name)?.as_text());
    names.collect()
}

fn sent(task: &Task, live: &Live) -> BTreeSet<(Address, &'static str, String)> {
    let fields = task.kind.fields.iter().filter(|field| field.placeholders);
    let fields = fields.filter(|field| task.ops.iter().any(|op| op.sends(field, live.dialect)));
    let texts =
        fields.filter_map(|field| Some((field.name, task.body.get(field.name)?.as_text()?)));
    texts
        .flat_map(|(field, text)| {
            placeholders(text).map(move |name| (task.address.clone(), field, name.to_owned()))
        })
        .collect()
}

/// The parameters by which placeholders are asked for; none where a value is not known yet.
fn query(
    call: &Placeholders,
    task: &Task,
    rows: &Rows,
    live: &Live,
) -> Option<Vec<(&'static str, String)>> {
    let own = || live.objects.get(rows.object(&task.address)?);
    let parameters = call.by.iter().map(|(parameter, field)| {
        let value = match task.body.get(field) {
            Some(value) => Cow::Borrowed(value),
            None => {
                let field = task.kind.field(field)?;
                Cow::Owned(read_field(field, live.dialect, &own()?.raw, live)?)
            }
        };
        let value = match value.as_ref() {
            Value::Reference(reference) => live.id_behind(reference)?,
            value => value.as_text()?.to_owned(),
        };
        Some((*parameter, value))
    });
    parameters.collect()
}

/// The items of a list under a key.
fn items<'v>(value: &'v Json, key: &str) -> &'v [Json] {
    let list = value.get(key).and_then(Json::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// What is sent and is no placeholder, by the call's answer. An answer that tells of none says nothing.
#[must_use]
pub fn unknown(asked: &Asked, answer: &Json, desired: &Desired) -> Vec<Problem> {
    let Asked { call, query, sent } = asked;
    let known: BTreeSet<String> = items(answer, call.groups)
        .iter()
        .flat_map(|group| items(group, call.items))
        .filter_map(|item| {
            let text = item.get(call.text).and_then(id_text)?;
            placeholders(&text).next().map(str::to_owned)
        })
        .collect();
    if known.is_empty() {
        return Vec::new();
    }
    let by: BTreeMap<&str, &str> = (call.by.iter().zip(query))
        .map(|((_, field), (_, value))| (*field, value.as_str()))
        .collect();
    let of = by.get(call.of).copied().unwrap_or_default();
    let wrong = sent.iter().filter(|(_, _, name)| !known.contains(name));
    wrong
        .map(|(address, field, name)| {
            let near = nearest(name, known.iter().map(String::as_str));
            let meant =
                near.map_or_else(String::new, |near| format!("did you mean `${{{near}}}`? "));
            Problem::error(
                Code::UnknownPlaceholder,
                format!("Zoho Desk has no placeholder `${{{name}}}` for {of}"),
            )
            .at_part(
                place(desired, address, field),
                format!("${{{name}}}"),
                "would be sent as it is",
            )
            .help(format!(
                "{meant}`schema: lenient` in the environment leaves placeholders to the server"
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_answer_does_not_tell_is_not_checked() {
        let call = crate::kind::KINDS
            .iter()
            .find_map(|kind| kind.openapi.as_ref()?.placeholders)
            .expect("a kind has them");
        let address: Address = "departments/A".parse().unwrap();
        let asked = Asked {
            call,
            query: vec![("a", "7".to_owned()), ("b", "tickets".to_owned())],
            sent: BTreeSet::from([(address, "subject", "Tickets.Subjct".to_owned())]),
        };
        let desired = Desired {
            state: crate::state::State::default(),
            details: crate::state::ByAddress::default(),
            removed: Vec::new(),
            heirs: BTreeMap::new(),
            warnings: Vec::new(),
            digest: String::new(),
            is_lenient: false,
        };
        let told = |answer: Json| -> Vec<String> {
            let found = unknown(&asked, &answer, &desired).into_iter();
            found
                .map(|one| format!("{}: {}", one.message, one.help.unwrap_or_default()))
                .collect()
        };
        for answer in [
            json!(null),
            json!({"data": null}),
            json!({"data": [null, {"supportedPlaceHolders": null}]}),
            json!({"data": [{"supportedPlaceHolders": [{"placeHolder": "none"}]}]}),
        ] {
            assert_eq!(told(answer.clone()), [""; 0], "{answer}");
        }
        let answer =
            json!({"data": [{"supportedPlaceHolders": [{"placeHolder": "${Tickets.Subject}"}]}]});
        assert_eq!(
            told(answer),
            [
                "Zoho Desk has no placeholder `${Tickets.Subjct}` for tickets: did you mean `${Tickets.Subject}`? `schema: lenient` in the environment leaves placeholders to the server"
            ]
        );
    }
}
