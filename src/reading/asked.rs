//! What only a person sets up: asked about where a check declares it, and for an export.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::{Unread, path_of};
use crate::api::page::{MAX_PAGES, endless};
use crate::api::{ApiError, Reader, Request, template};
use crate::codec::{self, plain_text};
use crate::kind::questions::{Answer, Inventory, Question, Questions};
use crate::kind::rules::Sign;
use crate::kind::{Kind, Shape};
use crate::live::marks::shows;
use crate::live::{Live, LiveObject, NoAnswer};
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::row::Rows;
use crate::problem::{Code, Problem};
use crate::state::{Address, Leaves, Value};

/// All that was answered to one question, page by page, or why there is no answer.
type Answered = Result<Vec<Json>, NoAnswer>;

/// The way out where what is asked about is not there.
const ABSENT: &str = "see in Zoho Desk whether what it asks about is there: an id in the check may be an old one; or take it out of the check";
/// The way out where the token may not ask.
const FORBIDDEN: &str =
    "see to it that the token's user may look there, or take it out of the check";
/// The way out where there is nothing to look after.
const NOTHING: &str = "take it out of the check: there is no answer to it here";

impl NoAnswer {
    fn of(error: &ApiError) -> Self {
        Self {
            why: error.to_string(),
            help: if error.is_absent() {
                ABSENT
            } else if error.is_forbidden() {
                FORBIDDEN
            } else {
                NOTHING
            },
        }
    }

    fn because(why: String) -> Self {
        Self { why, help: NOTHING }
    }
}

/// A question about a leaf of a declared check.
struct Asked {
    address: Address,
    /// The object that the check is.
    object: usize,
    question: &'static Question,
    /// Where the answer stands.
    path: Path,
    wanted: Value,
}

/// Where the answer to a question stands.
enum Path {
    /// Under this path, among the answers.
    Asked(String),
    /// Nowhere: what is asked about is not live, so that nothing is there.
    NotLive,
    /// Nowhere: the question cannot be written.
    Unwritable,
}

/// Asks what declared checks ask, each question once, and notes the answers at their live side.
///
/// What cannot be asked is not compared: it is taken out of what is declared, with a warning. What lies
/// below something that is not there yet needs no question: nothing is there.
///
/// # Errors
/// Every kind of which a question failed for another reason than its being refused.
pub async fn ask(
    reader: &Reader,
    live: &mut Live,
    desired: &Desired,
    rows: &mut Rows,
) -> Result<Vec<Problem>, Vec<Unread>> {
    let mut requests = BTreeMap::new();
    let mut all = Vec::new();
    for (row, object) in rows.objects() {
        let (Some(questions), Some(named)) = (row.kind.questions(live.dialect), &row.named) else {
            continue;
        };
        for question in questions.asked {
            let Some(Value::Map(map)) = named.get(question.field) else {
                continue;
            };
            let Some(wanted) = map.get(question.leaf).filter(|value| !value.is_null()) else {
                continue;
            };
            let path = match request_of(question, map, live) {
                Some(request) => {
                    let path = path_of(&request);
                    if !live.answers.contains_key(&path) {
                        requests.insert(path.clone(), (row.kind, request, question.answer));
                    }
                    Path::Asked(path)
                }
                None if is_below_nothing(map, live) => Path::NotLive,
                None => Path::Unwritable,
            };
            all.push(Asked {
                address: row.address.clone(),
                object,
                question,
                path,
                wanted: wanted.clone(),
            });
        }
    }
    let calls = requests
        .into_iter()
        .map(|(path, (kind, request, answer))| async move {
            (kind, path, answers(reader, request, answer).await)
        });
    let mut failures = Vec::new();
    for (kind, path, answered) in join_all(calls).await {
        match answered {
            Ok(bodies) => {
                live.answers.insert(path, Ok(bodies));
            }
            Err(error) if error.is_no_answer() => {
                live.answers.insert(path, Err(NoAnswer::of(&error)));
            }
            Err(error) => failures.push(Unread::of(kind, live.dialect, error)),
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let mut warnings = Vec::new();
    for asked in all {
        let unwritable = || NoAnswer::because("its question cannot be written".to_owned());
        let told = match &asked.path {
            Path::Asked(path) => live.answers.get(path).map_or_else(
                || Err(unwritable()),
                |answered| told(asked.question.answer, answered, &asked.wanted),
            ),
            Path::NotLive => Ok(nothing(asked.question.answer)),
            Path::Unwritable => Err(unwritable()),
        };
        let Question { field, leaf, .. } = asked.question;
        match told {
            Ok(told) => {
                if let Some(object) = live.objects.get_mut(asked.object) {
                    note(&mut object.raw, asked.question, told);
                }
            }
            Err(NoAnswer { why, help }) => {
                if let Some(row) = rows.get_mut(&asked.address) {
                    row.unanswered = true;
                    let named = row.named.as_mut().and_then(|body| body.get_mut(field));
                    if let Some(Value::Map(named)) = named {
                        named.remove(leaf);
                    }
                }
                let at = place(desired, &asked.address, &format!("{field}/{leaf}"));
                warnings.push(
                    Problem::warning(
                        Code::NotShown,
                        format!("`{leaf}` of `{}` was not compared: {why}", asked.address),
                    )
                    .at(at, "declared here")
                    .help(help),
                );
            }
        }
    }
    Ok(warnings)
}

/// Finds what an export writes as checks: one for each object that an inventory is about.
///
/// What is refused is left out, and so is a check of which nothing is left.
///
/// # Errors
/// The error of a call that failed for another reason.
pub(super) async fn inventory(
    reader: &Reader,
    parents: &Live,
    kind: &'static Kind,
    questions: &'static Questions,
) -> Result<Vec<LiveObject>, ApiError> {
    let mut wanted = Vec::new();
    for inventory in questions.inventory {
        let Some(target) = referred(kind, inventory) else {
            continue;
        };
        for index in parents.collection(target) {
            let name = parents.key_of(index).map(|key| key.name.into_owned());
            if let (Some(parent), Some(name)) = (parents.objects.get(index), name) {
                wanted.push((inventory, parent.id.clone(), name));
            }
        }
    }
    let calls = wanted.into_iter().map(|(inventory, id, name)| async move {
        let own = (questions.asked.iter()).filter(|one| one.field == inventory.field);
        let about = about(inventory, &id);
        let calls = own.map(|question| {
            let value = |leaf: &str| about.get(leaf)?.as_str().map(str::to_owned);
            let request = template::get(question.path, &value);
            async move {
                let Some(request) = request else {
                    return Ok(None);
                };
                let told = match answers(reader, request, question.answer).await {
                    Ok(bodies) => all_told(kind, question, &bodies, inventory.only.as_ref()),
                    Err(error) if error.is_no_answer() => Err(error.to_string()),
                    Err(error) => return Err(error),
                };
                Ok(match told {
                    Ok(told) => told.map(|told| (question, told)),
                    Err(why) => {
                        tracing::warn!("{why}; `{}` is left out", question.leaf);
                        None
                    }
                })
            }
        });
        let mut raw = Map::new();
        for told in join_all(calls).await {
            if let Some((question, told)) = told? {
                note(&mut raw, question, told);
            }
        }
        let Some(Json::Object(map)) = raw.get_mut(inventory.field) else {
            return Ok(None);
        };
        map.extend(about.clone());
        let name = format!("{name} {}", inventory.called);
        Ok(Some(check(kind, parents, &name, raw)))
    });
    let mut found = Vec::new();
    for check in join_all(calls).await {
        found.extend(check?);
    }
    Ok(found)
}

/// The live side of a declared check, before anything is asked.
pub(super) fn unasked(kind: &'static Kind, parents: &Live, name: &str) -> LiveObject {
    check(kind, parents, name, Map::new())
}

fn check(
    kind: &'static Kind,
    parents: &Live,
    name: &str,
    mut raw: Map<String, Json>,
) -> LiveObject {
    let naming = kind.naming_field();
    let key = naming.wire(parents.dialect).read_name();
    raw.insert(key.unwrap_or(naming.name).to_owned(), Json::from(name));
    LiveObject::new(kind, name.to_owned(), raw)
}

/// The kind of the objects that an inventory is about.
fn referred(kind: &Kind, inventory: &Inventory) -> Option<&'static str> {
    let Shape::Map(map) = kind.field(inventory.field)?.shape else {
        return None;
    };
    let target = map.field(inventory.below)?.shape.target()?;
    Some(target.collection)
}

/// What an inventory asks about, of one object.
fn about(inventory: &Inventory, id: &str) -> Map<String, Json> {
    let words = inventory.says.iter().copied();
    let all = words.chain([(inventory.below, id)]);
    all.map(|(leaf, word)| (leaf.to_owned(), Json::from(word)))
        .collect()
}

/// The question as a request; none where it lacks a word or an id.
fn request_of(question: &Question, map: &Leaves, live: &Live) -> Option<Request> {
    let is_given = |leaf: &str| map.get(leaf).is_some_and(|value| !value.is_null());
    let path = template::with_given(question.path, &is_given);
    template::get(&path, &|leaf| match map.get(leaf)? {
        Value::Text(text) => Some(text.to_string()),
        Value::Reference(reference) => live.id_behind(reference),
        _ => None,
    })
}

/// Whether a map of a check is about something that is not live.
#[must_use]
pub fn is_below_nothing(map: &Leaves, live: &Live) -> bool {
    let is_nothing = |value: &Value| match value {
        Value::Reference(reference) => live.id_behind(reference).is_none(),
        _ => false,
    };
    map.values().any(is_nothing)
}

/// Asks a question, all of its pages.
async fn answers(reader: &Reader, request: Request, answer: Answer) -> Result<Vec<Json>, ApiError> {
    let (page, keys) = match answer {
        Answer::Names { page, keys, .. } if page > 0 => (page, keys),
        Answer::Names { .. } | Answer::Number(_) => {
            let body = reader.get(&request).await?.body;
            return Ok(body.into_iter().collect());
        }
    };
    let page = usize::try_from(page).unwrap_or(usize::MAX);
    let mut bodies = Vec::new();
    let mut seen = BTreeSet::new();
    for from in (0..MAX_PAGES).map(|number| number.saturating_mul(page)) {
        let asking = request
            .clone()
            .query("from", from.to_string())
            .query("limit", page.to_string());
        let Some(body) = reader.get(&asking).await?.body else {
            return Ok(bodies);
        };
        let items = items(answer, &body).unwrap_or_default();
        let is_full = items.len() >= page;
        let before = seen.len();
        seen.extend(items.iter().map(|item| told_apart(item, keys)));
        bodies.push(body);
        // A server that does not count on would answer the same for ever.
        if !is_full || seen.len() == before {
            return Ok(bodies);
        }
    }
    Err(endless(&request))
}

/// What tells an item from others: its id, else its name, else all of it.
fn told_apart(item: &Json, keys: &'static [&'static str]) -> String {
    let id = item.get("id").filter(|id| !id.is_null());
    let name = || names_of(item, keys).next().map(str::to_owned);
    let id = id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    id.or_else(name).unwrap_or_else(|| item.to_string())
}

/// The items of an answer, or why it has none where it should.
fn items(answer: Answer, body: &Json) -> Result<Vec<&Json>, String> {
    let Answer::Names { under, .. } = answer else {
        return Ok(Vec::new());
    };
    if body.is_null() {
        return Ok(Vec::new());
    }
    if let Some(key) = under {
        return match body.get(key) {
            Some(Json::Array(list)) => Ok(list.iter().collect()),
            Some(Json::Null) => Ok(Vec::new()),
            _ => Err(format!("the answer has no list at `{key}`")),
        };
    }
    let values = || body.as_object().into_iter().flat_map(Map::values);
    let is_known =
        body.is_object() && (values().any(Json::is_array) || values().all(Json::is_null));
    if !is_known {
        return Err("the answer has no list".to_owned());
    }
    Ok(values().filter_map(Json::as_array).flatten().collect())
}

/// The names of an item.
fn names_of<'a>(item: &'a Json, keys: &'static [&'static str]) -> impl Iterator<Item = &'a str> {
    let names = keys.iter().filter_map(|key| item.get(key)?.as_str());
    names.map(str::trim)
}

/// What an answer tells of what is declared, or why it tells nothing.
fn told(answer: Answer, answered: &Answered, wanted: &Value) -> Result<Json, NoAnswer> {
    let bodies = answered.as_ref().map_err(Clone::clone)?;
    match answer {
        Answer::Number(at) => number_of(bodies, at).map_err(NoAnswer::because),
        Answer::Names { keys, .. } => {
            let mut there = BTreeSet::new();
            for body in bodies {
                let items = items(answer, body).map_err(NoAnswer::because)?;
                let names = items.into_iter().flat_map(|item| names_of(item, keys));
                there.extend(names.map(plain_text));
            }
            let Value::List(wanted) = wanted else {
                return Ok(nothing(answer));
            };
            let wanted = wanted.iter().filter_map(Value::as_text);
            let found = wanted.filter(|name| there.contains(&plain_text(name)));
            Ok(found.collect())
        }
    }
}

/// The number at a place of an answer.
fn number_of(bodies: &[Json], at: &str) -> Result<Json, String> {
    let found = bodies.first().and_then(|body| number(body, at));
    found.ok_or_else(|| format!("the answer has no number at `{at}`"))
}

/// All that an answer tells, for an export; none where there is nothing to write.
fn all_told(
    kind: &Kind,
    question: &Question,
    bodies: &[Json],
    only: Option<&Sign>,
) -> Result<Option<Json>, String> {
    let keys = match question.answer {
        Answer::Number(at) => return number_of(bodies, at).map(Some),
        Answer::Names { keys, .. } => keys,
    };
    let is_meant = |item: &&Json| {
        only.is_none_or(|sign| item.as_object().is_some_and(|item| shows(item, sign)))
    };
    let longest = longest(kind, question);
    let mut names = BTreeSet::new();
    for body in bodies {
        let items = items(question.answer, body)?;
        let meant = items.into_iter().filter(is_meant);
        names.extend(meant.filter_map(|item| names_of(item, keys).next()));
    }
    names.retain(|name| {
        let length = name.chars().count();
        if length > longest {
            tracing::warn!(
                "`{name}` has {length} characters, and {longest} is the most that `{}` takes; it is left out",
                question.leaf
            );
        }
        length <= longest && !name.is_empty()
    });
    Ok((!names.is_empty()).then(|| names.into_iter().collect()))
}

/// The most characters that a name may have in the leaf that a question is about.
fn longest(kind: &Kind, question: &Question) -> usize {
    let leaf = match kind.field(question.field).map(|field| field.shape) {
        Some(Shape::Map(map)) => map.field(question.leaf).map(|leaf| leaf.shape),
        _ => None,
    };
    match leaf {
        Some(Shape::Texts { max, .. }) if max > 0 => usize::try_from(max).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}

/// What is there below what is not live.
fn nothing(answer: Answer) -> Json {
    match answer {
        Answer::Number(_) => Json::from(0),
        Answer::Names { .. } => Json::Array(Vec::new()),
    }
}

/// A number at a place of an answer, which may be written as a text.
fn number(body: &Json, at: &str) -> Option<Json> {
    let shown = codec::shown_at(body.as_object()?, at)?;
    let number = shown.as_u64();
    let number = number.or_else(|| shown.as_str()?.trim().parse().ok());
    number.map(Json::from)
}

/// Writes an answer to where the check has what it is compared with.
fn note(raw: &mut Map<String, Json>, question: &Question, told: Json) {
    let map = raw
        .entry(question.field)
        .or_insert_with(|| Json::Object(Map::new()));
    if let Json::Object(map) = map {
        map.insert(question.leaf.to_owned(), told);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const fn names(under: Option<&'static str>) -> Answer {
        Answer::Names {
            under,
            keys: &["name", "label"],
            page: 50,
        }
    }

    /// What holds no list where one belongs is not taken for an empty one.
    #[test]
    fn an_answer_of_another_form_tells_nothing() {
        for (under, body, found) in [
            (Some("data"), json!({"data": [1, 2]}), Some(2)),
            (Some("data"), json!({"data": null}), Some(0)),
            (Some("data"), json!(null), Some(0)),
            (Some("data"), json!({"views": [1]}), None),
            (Some("data"), json!({"data": {"a": 1}}), None),
            (Some("data"), json!([1]), None),
            (None, json!({"a": [1], "b": [2], "count": 3}), Some(2)),
            (None, json!({"a": null}), Some(0)),
            (None, json!({}), Some(0)),
            (None, json!({"message": "x"}), None),
            (None, json!([1]), None),
        ] {
            let items = items(names(under), &body);
            assert_eq!(
                items.as_ref().ok().map(Vec::len),
                found,
                "{body}: {items:?}"
            );
        }
    }

    #[test]
    fn names_are_compared_as_texts_are() {
        let answer =
            json!({"data": [{"name": "R&amp;D"}, {"name": "Cafe\u{301} "}, {"label": "b"}]});
        let wanted = ["R&D", "Caf\u{e9}", "B", "b"].map(Value::text);
        let told = told(
            names(Some("data")),
            &Ok(vec![answer]),
            &Value::List(wanted.into()),
        );
        assert_eq!(told, Ok(json!(["R&D", "Caf\u{e9}", "b"])));
    }

    #[test]
    fn items_are_told_apart_by_id_else_by_name() {
        let apart = |item: Json| told_apart(&item, &["name"]);
        assert_eq!(
            apart(json!({"id": 7, "seen": 1})),
            apart(json!({"id": "7", "seen": 2}))
        );
        assert_eq!(
            apart(json!({"id": null, "name": "a", "seen": 1})),
            apart(json!({"name": "a", "seen": 2}))
        );
        assert_ne!(apart(json!({"seen": 1})), apart(json!({"seen": 2})));
    }
}
