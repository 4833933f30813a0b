//! What a plan puts at stake, step by step: computed once, from the tables of the kinds.

use foldhash::{HashMap, HashMapExt as _, HashSet};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::codec::listed::is_own;
use crate::codec::{read_field, switch_value};
use crate::kind::{Field, KINDS, Kind, LocksOut, Risk, find};
use crate::live::{Live, LiveObject, marks};
use crate::plan::referrers::removes;
use crate::plan::row::Rows;
use crate::plan::shown::shown_value;
use crate::plan::task::Task;
use crate::plan::{Changes, FieldChange};
use crate::state::{Address, Body, Reference, Value, keys, pointer};
use crate::verb::Verb;

/// One thing that a step puts at stake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepRisk {
    /// What it is.
    pub class: Risk,
    /// JSON Pointers to the changes that put it at stake; none where the whole step does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The people whom it concerns, where it concerns people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Address>,
}

/// What all steps are looked at with.
pub(super) struct Stakes<'a> {
    live: &'a Live,
    rows: &'a Rows,
    /// Who cannot get in any more, by what is taken out of use.
    locked_out: HashMap<Address, Vec<Address>>,
}

impl<'a> Stakes<'a> {
    pub(super) fn of(tasks: &[Task], rows: &'a Rows, live: &'a Live) -> Self {
        let mut locked_out = HashMap::new();
        for kind in KINDS {
            if let Some(rule) = kind.locks_out {
                lock_out(kind, rule, tasks, rows, live, &mut locked_out);
            }
        }
        Self {
            live,
            rows,
            locked_out,
        }
    }

    /// What a task puts at stake, the worst first.
    pub(super) fn at(&self, task: &Task) -> Vec<StepRisk> {
        let kind = task.kind;
        let mut found: Vec<StepRisk> = Vec::new();
        let mut add = |class: Risk, field: Option<&str>, people: &[Address]| {
            let place = found.iter().position(|risk| risk.class == class);
            let place = place.unwrap_or_else(|| {
                found.push(StepRisk {
                    class,
                    fields: Vec::new(),
                    people: Vec::new(),
                });
                found.len() - 1
            });
            let risk = &mut found[place];
            if let Some(field) = field
                && !risk.fields.iter().any(|have| have == field)
            {
                risk.fields.push(field.to_owned());
            }
            for one in people {
                if !risk.people.contains(one) {
                    risk.people.push(one.clone());
                }
            }
        };
        let own = std::slice::from_ref(&task.address);
        let who = |class: Risk| if class == Risk::People { own } else { &[] };
        let goes = removes(task, self.rows);
        if task.verb == Verb::Manual {
            add(Risk::ByHand, None, &[]);
            if !goes && !self.is_made_by_hand(task) {
                for change in &task.changes {
                    add(Risk::ByHand, Some(&change.field), &[]);
                }
            }
        }
        if let Some(off) = switched_off(task) {
            add(Risk::TakesAway, Some(&off), &[]);
        } else if goes || task.verb == Verb::Replace {
            add(Risk::TakesAway, None, &[]);
        }
        for change in &task.changes {
            // What a person does no run sets back.
            if change.sets_back.is_some() && task.verb != Verb::Manual {
                add(Risk::SetsBack, Some(&change.field), &[]);
            }
        }
        if let Some(people) = self.locked_out.get(&task.address) {
            add(Risk::People, None, people);
        }
        let is_whole = goes || matches!(task.verb, Verb::Create | Verb::Replace);
        if is_whole {
            for class in kind.risks {
                add(*class, None, who(*class));
            }
        }
        if !goes {
            for field in kind.fields {
                let Some(class) = field.risk else { continue };
                if is_whole && kind.risks.contains(&class) {
                    continue;
                }
                for pointer in touched(task, field, class) {
                    add(class, Some(&pointer), who(class));
                }
            }
        }
        if matches!(task.verb, Verb::Update | Verb::Replace)
            && let Some(object) = self.object(task)
        {
            for mark in kind.marks {
                if let Some(class) = mark.risk
                    && marks::shows(&object.raw, &mark.sign)
                {
                    add(class, None, who(class));
                }
            }
        }
        found.sort_by_key(|risk| risk.class);
        found
    }

    /// Whether a person makes the whole object.
    fn is_made_by_hand(&self, task: &Task) -> bool {
        let api = task.kind.api(self.live.dialect);
        let by_hand = api.and_then(|api| api.create.by_hand(|name| task.body.gives(name)));
        self.object(task).is_none() && by_hand.is_some()
    }

    fn object(&self, task: &Task) -> Option<&LiveObject> {
        self.live.objects.get(self.rows.object(&task.address)?)
    }
}

/// The change by which an update takes its object out of use, if one does.
fn switched_off(task: &Task) -> Option<String> {
    let enabled = task.kind.enabled.filter(|_| task.verb == Verb::Update)?;
    let on = shown_value(&switch_value(enabled.on));
    let changes = task.changes.iter();
    changes
        .filter(|change| is_of(change, enabled.field) && change.after != on)
        .map(|change| change.field.clone())
        .next()
}

/// The changes of a field that put something at stake.
fn touched(task: &Task, field: &Field, class: Risk) -> Vec<String> {
    if task.verb == Verb::Create {
        let says = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
        let is_said = task.body.get(field.name).is_some_and(says);
        // Declaring something implies that it is in use.
        let switch = task
            .kind
            .enabled
            .is_some_and(|enabled| enabled.field == field.name);
        let counts = is_said && !switch && class != Risk::TakesAway;
        return counts.then(|| pointer([field.name])).into_iter().collect();
    }
    let changes = task.changes.iter();
    changes
        .filter(|change| is_of(change, field.name))
        .filter(|change| class != Risk::TakesAway || takes_away(change, &task.changes))
        .map(|change| change.field.clone())
        .collect()
}

/// Whether a change is about a field.
fn is_of(change: &FieldChange, field: &str) -> bool {
    keys(&change.field).next().is_some_and(|name| name == field)
}

/// Whether a change takes something away that does not stand elsewhere then.
fn takes_away(change: &FieldChange, all: &Changes) -> bool {
    loses(&change.before, &change.after) && !is_moved(change, all) && !is_about_a_list(change)
}

/// Whether a change is about the order of a list or the name of an item, by which nothing goes.
fn is_about_a_list(change: &FieldChange) -> bool {
    keys(&change.field).last().is_some_and(|key| is_own(&key))
}

/// Whether the item that a change takes away under a key stands under the same key at another place of the
/// field then.
fn is_moved(change: &FieldChange, all: &Changes) -> bool {
    all.iter().any(|other| other.brings(change))
}

/// Whether something of a value is not in the other one: an item of a list, an entry of a map, all of it.
fn loses(before: &Json, after: &Json) -> bool {
    match (before, after) {
        (Json::Null, _) => false,
        (Json::Array(before), Json::Array(after)) => {
            before.iter().any(|item| !after.contains(item))
        }
        (Json::Object(before), Json::Object(after)) => {
            before.keys().any(|key| !after.contains_key(key))
        }
        (_, after) => after.is_null(),
    }
}

/// Finds who cannot get in any more since everything to which they belong is out of use.
fn lock_out(
    kind: &'static Kind,
    rule: LocksOut,
    tasks: &[Task],
    rows: &Rows,
    live: &Live,
    found: &mut HashMap<Address, Vec<Address>>,
) {
    let mut going: HashSet<&Address> = HashSet::default();
    for task in tasks.iter().filter(|task| task.kind == kind) {
        if matches!(task.verb, Verb::Delete | Verb::Disable) || switched_off(task).is_some() {
            going.insert(&task.address);
        }
    }
    let (Some(of), false) = (find(rule.of), going.is_empty()) else {
        return;
    };
    let Some(field) = of.field(rule.field) else {
        return;
    };
    for index in live.collection(of.collection) {
        let Some(object) = live.objects.get(index) else {
            continue;
        };
        let read = |field: &Field| read_field(field, live.dialect, &object.raw, live);
        let before = read(field);
        let before = belongs_to(before.as_ref());
        if !before.iter().any(|one| going.contains(one)) {
            continue;
        }
        let address = live.bound(index);
        let row = address.and_then(|address| rows.get(address));
        let wanted = row.and_then(|row| row.wanted.as_ref());
        let is_on = of.enabled.is_none_or(|enabled| {
            let value = of.field(enabled.field).and_then(read);
            says_on(of, value.as_ref()) && in_use(of, wanted)
        });
        let Some(person) = live.address_of(index) else {
            continue;
        };
        // Who goes is a step of its own.
        if !is_on || rows.going(&person).is_some() {
            continue;
        }
        let after = wanted.and_then(|body| body.get(rule.field));
        let after = after.map_or_else(|| before.clone(), |value| belongs_to(Some(value)));
        let stays = |one: &&Address| !going.contains(*one) && is_in_use(kind, one, rows, live);
        if after.iter().any(|one| stays(&one)) {
            continue;
        }
        for one in before.iter().filter(|one| going.contains(*one)) {
            let people = found.entry(one.clone()).or_default();
            people.push(person.clone());
        }
    }
    for people in found.values_mut() {
        people.sort_unstable();
        people.dedup();
    }
}

/// The addresses that a list names.
fn belongs_to(value: Option<&Value>) -> Vec<Address> {
    let Some(Value::List(items)) = value else {
        return Vec::new();
    };
    let to = |item: &Value| match item {
        Value::Reference(Reference::To(address)) => Some(address.clone()),
        _ => None,
    };
    items.iter().filter_map(to).collect()
}

/// Whether a value of a kind's switch says that it is in use; a missing value says so as well.
fn says_on(kind: &Kind, value: Option<&Value>) -> bool {
    kind.enabled.is_none_or(|enabled| {
        value.is_none_or(|value| value.is_null() || *value == switch_value(enabled.on))
    })
}

/// Whether a body says that it is in use; a missing one says so as well.
pub(super) fn in_use(kind: &Kind, body: Option<&Body>) -> bool {
    let value = |enabled: crate::kind::Enabled| body?.get(enabled.field);
    says_on(kind, kind.enabled.and_then(value))
}

/// Whether an address is in use once the plan is carried out.
fn is_in_use(kind: &'static Kind, address: &Address, rows: &Rows, live: &Live) -> bool {
    if let Some(wanted) = rows.wanted(address)
        && let Some(enabled) = kind.enabled
        && wanted.get(enabled.field).is_some()
    {
        return in_use(kind, Some(wanted));
    }
    let Some(object) = live.object_at(address) else {
        // What the plan makes is in use, and of what nobody read nothing bad is said.
        return true;
    };
    let switch = kind.enabled.and_then(|enabled| kind.field(enabled.field));
    let value = switch.and_then(|field| read_field(field, live.dialect, &object.raw, live));
    says_on(kind, value.as_ref())
}
