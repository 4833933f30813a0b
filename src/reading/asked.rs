//! What only a person sets up: asked about where a check declares it, and for an export.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::{Unread, path_of};
use crate::api::{ApiError, ErrorKind, Reader, Request, template};
use crate::codec;
use crate::kind::questions::{Answer, Inventory, Question, Questions};
use crate::kind::rules::Sign;
use crate::kind::{Kind, Shape};
use crate::live::marks::shows;
use crate::live::{Live, LiveObject};
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::row::Rows;
use crate::problem::{Code, Problem};
use crate::state::{Address, Leaves, Value};

/// All that was answered to one question, page by page, or why there is no answer.
type Answered = Result<Vec<Json>, String>;

/// A question about a leaf of a declared check.
struct Asked {
    address: Address,
    /// The object that the check is.
    object: usize,
    question: &'static Question,
    /// Where the answer stands; none below what is not live.
    path: Option<String>,
    wanted: Value,
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
            let request = request_of(question, map, live);
            let path = request.as_ref().map(path_of);
            if let (Some(request), Some(path)) = (request, &path)
                && !live.answers.contains_key(path)
            {
                requests.insert(path.clone(), (row.kind, request, question.answer));
            }
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
            Err(error) if is_refusal(&error) => {
                live.answers.insert(path, Err(error.to_string()));
            }
            Err(error) => failures.push(Unread::of(kind, live.dialect, error)),
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let mut warnings = Vec::new();
    for asked in all {
        let told = match asked.path.as_ref().and_then(|path| live.answers.get(path)) {
            Some(answered) => told(asked.question.answer, answered, &asked.wanted),
            None => Ok(nothing(asked.question.answer)),
        };
        let Question { field, leaf, .. } = asked.question;
        match told {
            Ok(told) => {
                if let Some(object) = live.objects.get_mut(asked.object) {
                    note(&mut object.raw, asked.question, told);
                }
            }
            Err(why) => {
                let row = rows.get_mut(&asked.address);
                let named = row.and_then(|row| row.named.as_mut()?.get_mut(field));
                if let Some(Value::Map(named)) = named {
                    named.remove(leaf);
                }
                let at = place(desired, &asked.address, &format!("{field}/{leaf}"));
                warnings.push(
                    Problem::warning(
                        Code::NotShown,
                        format!("`{leaf}` of `{}` was not compared: {why}", asked.address),
                    )
                    .at(at, "declared here")
                    .help("see to it that the token's user may look there, or take it out of the check"),
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
                match answers(reader, request, question.answer).await {
                    Ok(bodies) => Ok(all_told(question.answer, &bodies, inventory.only.as_ref())
                        .map(|told| (question, told))),
                    Err(error) if is_refusal(&error) => {
                        tracing::warn!("{error}; `{}` is left out", question.leaf);
                        Ok(None)
                    }
                    Err(error) => Err(error),
                }
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

/// The question as a request; none where it is about something that is not live.
fn request_of(question: &Question, map: &Leaves, live: &Live) -> Option<Request> {
    let is_given = |leaf: &str| map.get(leaf).is_some_and(|value| !value.is_null());
    let path = template::with_given(question.path, &is_given);
    template::get(&path, &|leaf| match map.get(leaf)? {
        Value::Text(text) => Some(text.to_string()),
        Value::Reference(reference) => live.id_behind(reference),
        _ => None,
    })
}

/// Whether a question was understood and not answered: it may not be asked, or has no answer there.
fn is_refusal(error: &ApiError) -> bool {
    error.is_forbidden()
        || matches!(
            error.kind(),
            ErrorKind::Invalid | ErrorKind::BadRequest | ErrorKind::NotFound
        )
}

/// Asks a question, all of its pages.
async fn answers(reader: &Reader, request: Request, answer: Answer) -> Result<Vec<Json>, ApiError> {
    let page = match answer {
        Answer::Names { page, .. } if page > 0 => page,
        Answer::Names { .. } | Answer::Number(_) => {
            let body = reader.get(&request).await?.body;
            return Ok(body.into_iter().collect());
        }
    };
    let mut bodies = Vec::new();
    let mut seen = BTreeSet::new();
    for from in (0..).step_by(usize::try_from(page).unwrap_or(usize::MAX)) {
        let asking = request
            .clone()
            .query("from", from.to_string())
            .query("limit", page.to_string());
        let Some(body) = reader.get(&asking).await?.body else {
            break;
        };
        let items = items(answer, &body);
        let is_full = items.len() >= usize::try_from(page).unwrap_or(usize::MAX);
        let before = seen.len();
        seen.extend(items.iter().map(ToString::to_string));
        bodies.push(body);
        // A server that does not count on would answer the same for ever.
        if !is_full || seen.len() == before {
            break;
        }
    }
    Ok(bodies)
}

/// The items of an answer.
fn items(answer: Answer, body: &Json) -> Vec<&Json> {
    match answer {
        Answer::Number(_) => Vec::new(),
        Answer::Names {
            under: Some(key), ..
        } => list(body.get(key)).collect(),
        Answer::Names { under: None, .. } => {
            let lists = body.as_object().into_iter().flat_map(Map::values);
            lists.flat_map(|value| list(Some(value))).collect()
        }
    }
}

fn list(value: Option<&Json>) -> impl Iterator<Item = &Json> {
    value.and_then(Json::as_array).into_iter().flatten()
}

/// The names of an item.
fn names_of<'a>(item: &'a Json, keys: &'static [&'static str]) -> impl Iterator<Item = &'a str> {
    let names = keys.iter().filter_map(|key| item.get(key)?.as_str());
    names.map(str::trim)
}

/// What an answer tells of what is declared, or why it tells nothing.
fn told(answer: Answer, answered: &Answered, wanted: &Value) -> Result<Json, String> {
    let bodies = answered.as_ref().map_err(Clone::clone)?;
    match answer {
        Answer::Number(at) => bodies
            .first()
            .and_then(|body| number(body, at))
            .ok_or_else(|| format!("the answer has no number at `{at}`")),
        Answer::Names { keys, .. } => {
            let items = bodies.iter().flat_map(|body| items(answer, body));
            let there: BTreeSet<&str> = items.flat_map(|item| names_of(item, keys)).collect();
            let Value::List(wanted) = wanted else {
                return Ok(nothing(answer));
            };
            let wanted = wanted.iter().filter_map(Value::as_text);
            Ok(wanted.filter(|name| there.contains(name.trim())).collect())
        }
    }
}

/// All that an answer tells, for an export; none where there is nothing to write.
fn all_told(answer: Answer, bodies: &[Json], only: Option<&Sign>) -> Option<Json> {
    let Answer::Names { keys, .. } = answer else {
        let Answer::Number(at) = answer else {
            return None;
        };
        return number(bodies.first()?, at);
    };
    let is_meant = |item: &&Json| {
        only.is_none_or(|sign| item.as_object().is_some_and(|item| shows(item, sign)))
    };
    let items = bodies.iter().flat_map(|body| items(answer, body));
    let names: BTreeSet<&str> = items
        .filter(is_meant)
        .filter_map(|item| names_of(item, keys).next())
        .collect();
    (!names.is_empty()).then(|| names.into_iter().collect())
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
