//! How many more objects there is room for, by the calls that tell it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::api::{Request, template};
use crate::codec::shown_at;
use crate::dialect::Dialect;
use crate::kind::rules::{Counted, CountedSorts, Figures, Quota, Room};
use crate::kind::{KINDS, Kind};
use crate::live::Live;
use crate::plan::requests::Act;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::plan::within::below;
use crate::problem::{Problem, counted};
use crate::state::{Body, Reference, Value};
use crate::verb::Verb;

/// What a plan does to the number of objects of a kind, where a call tells how much room there is.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The kind.
    pub kind: &'static Kind,
    /// What the call tells.
    quota: Quota,
    /// The call.
    pub request: Request,
    /// What it is asked about, for a reader; empty where that is the organization as a whole.
    about: String,
    /// The steps, by index.
    steps: Vec<usize>,
}

/// What a step does to a number of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// There is one more, if only for a moment.
    More,
    /// There is one less.
    Less,
}

/// The value of a place: as it is asked for, and as it is told.
struct Filled {
    asked: String,
    told: String,
}

/// The calls that tell how much room there is for what a plan makes or puts into use.
///
/// What lies below something that is made in the same run cannot be asked for.
#[must_use]
pub fn wanted(tasks: &[Task], rows: &Rows, live: &Live) -> Vec<Wanted> {
    let mut all = Vec::new();
    for kind in KINDS {
        let Some(quota) = kind.api(live.dialect).and_then(|api| api.quota) else {
            continue;
        };
        let mut found: BTreeMap<Vec<String>, Wanted> = BTreeMap::new();
        for (index, task) in tasks.iter().enumerate() {
            if *task.kind != **kind || task.ends() || task.is_temporary() || task.ops.is_empty() {
                continue;
            }
            let Some(filled) = filled(&quota, task, rows, live) else {
                continue;
            };
            let value = |place: &str| Some(filled.get(place)?.asked.clone());
            let Some(request) = template::get(quota.path, &value) else {
                continue;
            };
            let asked = filled.values().map(|one| one.asked.clone()).collect();
            let told: Vec<&str> = filled.values().map(|one| &*one.told).collect();
            let wanted = found.entry(asked).or_insert_with(|| Wanted {
                kind,
                quota,
                request,
                about: told.join(" and "),
                steps: Vec::new(),
            });
            wanted.steps.push(index);
        }
        let makes = |wanted: &Wanted| {
            let mut rooms = wanted.quota.rooms.iter();
            let steps = || wanted.steps.iter().filter_map(|at| tasks.get(*at));
            rooms.any(|room| {
                steps().any(|task| effect(&room.of, None, task, rows) == Some(Effect::More))
            })
        };
        all.extend(found.into_values().filter(makes));
    }
    all
}

/// The values of the places in a path; none where one is not known yet, or where nothing is asked about it.
fn filled(
    quota: &Quota,
    task: &Task,
    rows: &Rows,
    live: &Live,
) -> Option<BTreeMap<&'static str, Filled>> {
    let places = template::names(quota.path).into_iter();
    let filled = places.map(|place| {
        let (root, field) = match place.split_once('.') {
            Some((root, field)) => (root, Some(field)),
            None => (place, None),
        };
        let own = task.body.get(root).filter(|value| !value.is_null());
        let own = own.cloned();
        let mut value = own.or_else(|| below(&task.address, root, rows, live))?;
        if let Some(field) = field {
            let parent = match &value {
                Value::Reference(Reference::To(address)) => address.clone(),
                Value::Reference(other) => {
                    let id = live.id_behind(other)?;
                    live.address_of(live.find_id(other.collection(), &id)?)?
                }
                _ => return None,
            };
            value = below(&parent, field, rows, live)?;
        }
        let filled = match value {
            Value::Reference(reference) => {
                let id = live.id_behind(&reference)?;
                let asked = live.in_scope(&reference)?;
                let object = live.find_id(reference.collection(), &id);
                let address = object.and_then(|object| live.address_of(object));
                let told = match (address, reference) {
                    (_, Reference::To(address)) | (Some(address), _) => address.to_string(),
                    (None, _) => asked.clone(),
                };
                Filled {
                    asked,
                    told: format!("`{told}`"),
                }
            }
            other => {
                let word = other.as_text()?;
                Filled {
                    asked: word.to_owned(),
                    told: word.to_owned(),
                }
            }
        };
        let is_taken = quota
            .only
            .is_none_or(|(only, words)| only != place || words.contains(&&*filled.asked));
        is_taken.then_some((place, filled))
    });
    filled.collect()
}

/// What a step does to the number of the objects that count; of those in a list of counts one is about
/// some words. What nobody knows is not counted.
fn effect(of: &Counted, words: Option<&[&str]>, task: &Task, rows: &Rows) -> Option<Effect> {
    let counts = |body: Option<&Body>| {
        let text = |field: &str| body?.get(field)?.as_text();
        match of {
            Counted::All(_) => Some(true),
            Counted::InUse { field, word, .. } => Some(text(field)? == *word),
            Counted::Sorts(sorts) => {
                let own = text(sorts.field)?;
                let is_one = |words: &[&str]| words.iter().any(|word| sorts.is_same(own, word));
                Some(words.is_none_or(is_one))
            }
        }
    };
    let before = counts(rows.live(&task.address));
    let after = counts(Some(&task.body));
    let place = |act: Act| task.ops.iter().position(|op| op.act == act);
    let (made, gone) = (place(Act::Create), place(Act::Delete));
    let makes_first = made.zip(gone).is_some_and(|(made, gone)| made < gone);
    match task.verb {
        Verb::Create if after == Some(true) => Some(Effect::More),
        Verb::Replace | Verb::Update => match (before, after) {
            // For a moment there are both.
            (_, Some(true)) if makes_first => Some(Effect::More),
            (Some(false), Some(true)) => Some(Effect::More),
            (Some(true), Some(false)) => Some(Effect::Less),
            _ => None,
        },
        Verb::Delete if before == Some(true) => Some(Effect::Less),
        Verb::Disable if before == Some(true) && matches!(of, Counted::InUse { .. }) => {
            Some(Effect::Less)
        }
        Verb::Create | Verb::Delete | Verb::Disable | Verb::Manual => None,
    }
}

impl CountedSorts {
    /// Whether a word of the field is one of the answer. Words are compared without case.
    fn is_same(&self, own: &str, other: &str) -> bool {
        let own = own.to_lowercase();
        let mut spelled = self.spelled.iter();
        let other_word = spelled.find(|(own_word, _)| *own_word == own);
        other.to_lowercase() == other_word.map_or(&*own, |(_, other)| other)
    }
}

/// The figures of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    /// How many more there may be.
    left: u64,
    /// How many there are, and how many there may be.
    of: Option<(u64, u64)>,
}

impl Figures {
    /// What an answer says. Numbers may come as texts.
    fn told(&self, answer: &Json) -> Option<Told> {
        let figure = |place: &str| number(shown_at(answer.as_object()?, place).as_deref());
        match *self {
            Self::Left(left) => Some(Told {
                left: figure(left)?,
                of: None,
            }),
            Self::LeftOf { most, left } => {
                let left = figure(left)?;
                let of = figure(most).and_then(|most| Some((most.checked_sub(left)?, most)));
                Some(Told { left, of })
            }
            Self::UsedOf { most, used } => {
                let (most, used) = (figure(most)?, figure(used)?);
                // Nobody knows whether 0 stands for no limit where there are some all the same.
                (most > 0 || used == 0).then_some(Told {
                    left: most.saturating_sub(used),
                    of: Some((used, most)),
                })
            }
        }
    }
}

fn number(value: Option<&Json>) -> Option<u64> {
    match value? {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether an answer tells how much room there is for objects of any sort.
#[must_use]
pub fn tells_all(wanted: &Wanted, answer: &Json) -> bool {
    wanted.quota.rooms.iter().any(|room| match &room.of {
        Counted::All(figures) => figures.told(answer).is_some(),
        Counted::InUse { .. } | Counted::Sorts(_) => false,
    })
}

/// What there is no room for, by the call's answer. What is missing in it says nothing.
#[must_use]
pub fn too_many(
    wanted: &Wanted,
    answer: &Json,
    tasks: &[Task],
    rows: &Rows,
    dialect: Dialect,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for room in wanted.quota.rooms {
        match &room.of {
            Counted::All(figures) | Counted::InUse { figures, .. } => {
                if let Some(told) = figures.told(answer) {
                    problems.extend(wanted.refusal(dialect, room, None, told, tasks, rows));
                }
            }
            Counted::Sorts(sorts) => {
                let counts = answer.get(sorts.counts).and_then(Json::as_array);
                for count in counts.into_iter().flatten() {
                    let (Some(left), Some(listed)) = (
                        number(count.get(sorts.left)),
                        count.get(sorts.words).and_then(Json::as_array),
                    ) else {
                        continue;
                    };
                    let words: Vec<&str> = listed.iter().filter_map(Json::as_str).collect();
                    let told = Told { left, of: None };
                    problems.extend(wanted.refusal(dialect, room, Some(&words), told, tasks, rows));
                }
            }
        }
    }
    problems
}

/// What makes room for more objects of a kind, where all of them count: what the table says, and why nothing is to be
/// removed where the API deletes none. Where the edition has none at all, nothing makes room.
pub(super) fn to_make_room(kind: &Kind, dialect: Dialect, most: Option<u64>, help: &str) -> String {
    let several = counted(0, kind.singular);
    let several = several.trim_start_matches("0 ");
    if most == Some(0) {
        return format!(
            "the edition has no {several}: choose a larger edition, or take them out of the manifests"
        );
    }
    match kind.api(dialect).map(|api| api.removal) {
        Some(removal) if !removal.may_delete() => format!(
            "the API deletes no {several}, and those that are out of use count as well: {help}"
        ),
        _ => help.to_owned(),
    }
}

impl Wanted {
    /// The problem where the plan needs more room than there is.
    fn refusal(
        &self,
        dialect: Dialect,
        room: &Room,
        words: Option<&[&str]>,
        told: Told,
        tasks: &[Task],
        rows: &Rows,
    ) -> Option<Problem> {
        let with = |wanted: Effect| -> Vec<usize> {
            let steps = self.steps.iter().copied();
            let has = |at: &usize| {
                let task = tasks.get(*at);
                task.and_then(|task| effect(&room.of, words, task, rows)) == Some(wanted)
            };
            steps.filter(has).collect()
        };
        let more = with(Effect::More);
        let needed = more.len() as u64;
        if needed <= told.left {
            return None;
        }
        let less = with(Effect::Less);
        let first = gone_first(tasks, &more, &less);
        let left = told.left.saturating_add(first as u64);
        if needed <= left {
            return None;
        }
        let things = counted(more.len(), self.kind.singular);
        let what = words.map_or_else(String::new, |words| format!(" ({})", words.join(", ")));
        let about = match &*self.about {
            "" => String::new(),
            about => format!(" of {about}"),
        };
        let in_use = matches!(room.of, Counted::InUse { .. });
        let (does, are) = if in_use {
            (format!("put {things}{what}{about} into use"), "in use")
        } else {
            (format!("create {things}{what}{about}"), "there")
        };
        let of = told.of.map_or_else(String::new, |(used, most)| {
            let are_there = if used == 1 { "is" } else { "are" };
            format!(": {used} of at most {most} {are_there} {are}")
        });
        let later = less.len().saturating_sub(first);
        let most = told.of.map(|(_, most)| most);
        let way_out = if in_use && most != Some(0) {
            room.help.to_owned()
        } else {
            to_make_room(self.kind, dialect, most, room.help)
        };
        let help = if later > 0 {
            format!(
                "{way_out}; what this plan takes away makes room for a later run only: apply that first with `--target`"
            )
        } else {
            way_out
        };
        let message =
            format!("the plan would {does}, and the organization has room for {left}{of}");
        Some(Problem::error(room.code, message).help(help))
    }
}

/// How many of some steps come before each of the others.
fn gone_first(tasks: &[Task], makers: &[usize], removers: &[usize]) -> usize {
    let mut left: BTreeSet<usize> = removers.iter().copied().collect();
    for maker in makers {
        if left.is_empty() {
            break;
        }
        let mut before = BTreeSet::new();
        let mut open = vec![*maker];
        while let Some(index) = open.pop() {
            let needed = tasks.get(index).map_or(&[][..], |task| &task.prerequisites);
            open.extend(needed.iter().copied().filter(|one| before.insert(*one)));
        }
        left.retain(|remover| before.contains(remover));
    }
    left.len()
}

#[cfg(test)]
mod tests;
