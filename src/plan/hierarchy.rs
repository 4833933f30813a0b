//! Hierarchies such as that of roles: a plan never makes a live circle, on no step of its way.
//!
//! The manifests alone do not show it: what they leave alone keeps the parent that it has live.

use foldhash::{HashMap, HashSet};
use serde_json::{Map, Value as Json};

use crate::codec::{id_text, read_field};
use crate::kind::removal::{Above, Heir};
use crate::kind::{Field, KINDS, Kind, Wire};
use crate::live::marks::shows;
use crate::live::{Live, LiveObject, at};
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::task::Task;
use crate::problem::{Code, Problem};
use crate::state::{Address, Reference, Value};
use crate::verb::Verb;

/// What one field makes of one collection's objects, now and after the plan: to each the ones that it
/// names, above it or below it.
struct Hierarchy<'t> {
    field: &'static Field,
    /// The tasks that send the field, by their place.
    setters: HashMap<&'t Address, usize>,
    /// What the plan deletes; its children go over to its heir, so that a way leads on through it.
    deleted: HashSet<&'t Address>,
    live: HashMap<Address, Vec<Address>>,
    after: HashMap<Address, Vec<Address>>,
}

impl<'t> Hierarchy<'t> {
    /// Every hierarchy in which the plan moves an object that is live.
    fn moved(tasks: &'t [Task], live: &Live) -> Vec<Self> {
        let mut all = Vec::new();
        for kind in KINDS {
            for field in kind.fields {
                if field.hierarchy
                    && matches!(field.wire(live.dialect), Wire::Sent { .. })
                    && tasks.iter().any(|task| {
                        task.kind == *kind && task.verb != Verb::Create && sends(task, field, live)
                    })
                {
                    all.push(Self::of(kind, field, tasks, live));
                }
            }
        }
        all
    }

    fn of(kind: &'static Kind, field: &'static Field, tasks: &'t [Task], live: &Live) -> Self {
        let now: HashMap<Address, Vec<Address>> = live
            .collection(kind.collection)
            .filter_map(|index| {
                let raw = &live.objects.get(index)?.raw;
                let named = named(read_field(field, live.dialect, raw, live).as_ref());
                Some((live.address_of(index)?, named))
            })
            .filter(|(_, named)| !named.is_empty())
            .collect();
        let mut hierarchy = Self {
            field,
            setters: HashMap::default(),
            deleted: HashSet::default(),
            after: now.clone(),
            live: now,
        };
        for (index, task) in tasks.iter().enumerate() {
            if task.kind != kind {
                continue;
            }
            let next = if sends(task, field, live) {
                hierarchy.setters.insert(&task.address, index);
                named(task.body.get(field.name))
            } else if task.verb == Verb::Delete {
                hierarchy.deleted.insert(&task.address);
                heir(task, field, live).into_iter().collect()
            } else {
                continue;
            };
            hierarchy.after.insert(task.address.clone(), next);
        }
        hierarchy
    }

    /// What an address names after the plan.
    fn next(&self, address: &Address) -> &[Address] {
        self.after.get(address).map_or(&[], Vec::as_slice)
    }

    /// A way after the plan that leads from what an address names back to it, the address itself last.
    fn circle<'a>(&'a self, start: &'a Address) -> Option<Vec<&'a Address>> {
        let mut seen = HashSet::default();
        // Each address with the number of those that it names and that were followed.
        let mut way: Vec<(&Address, usize)> = vec![(start, 0)];
        while let Some((at, followed)) = way.last_mut() {
            let Some(next) = self.next(at).get(*followed) else {
                way.pop();
                continue;
            };
            *followed += 1;
            if next == start {
                let on_it = way.iter().skip(1).map(|(address, _)| *address);
                return Some(on_it.chain([start]).collect());
            }
            if seen.insert(next) {
                way.push((next, 0));
            }
        }
        None
    }

    /// The tasks that set what an address leads to after the plan, the first on each way.
    fn first_setters<'a>(&'a self, start: &'a Address) -> Vec<(&'a Address, usize)> {
        let mut seen = HashSet::default();
        let mut found = Vec::new();
        let mut open: Vec<&Address> = self.next(start).iter().collect();
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            match self.setters.get(at) {
                Some(index) => found.push((at, *index)),
                None => open.extend(self.next(at)),
            }
        }
        found
    }

    /// Whether a way, each step one of now or one of then, leads somewhere.
    fn may_lead(&self, from: &Address, to: &Address) -> bool {
        let mut seen = HashSet::default();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                let sides = [&self.live, &self.after].into_iter();
                open.extend(sides.filter_map(|side| side.get(at)).flatten());
            }
        }
        false
    }

    fn refusal(&self, way: &[&Address], start: &Address, desired: &Desired) -> Problem {
        let name = self.field.name;
        let stays: Vec<&Address> = way
            .iter()
            .copied()
            .filter(|address| !self.deleted.contains(address))
            .collect();
        let names: Vec<String> = std::iter::once(start)
            .chain(stays.iter().copied())
            .map(|address| format!("`{address}`"))
            .collect();
        let left_alone = stays
            .iter()
            .find(|address| !self.setters.contains_key(**address));
        Problem::error(
            Code::LiveCycle,
            format!(
                "`{name}` would run in a circle in the live organization: {}",
                names.join(" -> ")
            ),
        )
        .at(place(desired, start, name), "set here")
        .help(match left_alone {
            Some(other) => format!(
                "change `{name}` of `{other}` in the manifests as well, or choose another one here"
            ),
            None => "choose another one for one of them".to_owned(),
        })
    }
}

/// Refuses what would be a circle once the plan is carried out, each circle once.
///
/// A circle that is live already and that no step of the plan is part of is nobody's concern here.
pub(super) fn check(tasks: &[Task], desired: &Desired, live: &Live) -> Vec<Problem> {
    let mut problems = Vec::new();
    for hierarchy in Hierarchy::moved(tasks, live) {
        let mut told: HashSet<&Address> = HashSet::default();
        for task in tasks {
            let start = &task.address;
            if !hierarchy.setters.contains_key(start) || told.contains(start) {
                continue;
            }
            if let Some(way) = hierarchy.circle(start) {
                problems.push(hierarchy.refusal(&way, start, desired));
                told.extend(way.iter().filter_map(|on_it| {
                    let (address, _) = hierarchy.setters.get_key_value(*on_it)?;
                    Some(*address)
                }));
            }
        }
    }
    problems
}

/// For every task that moves an object, the tasks that have to come first: `(later, first)`.
///
/// What an object leads to after the plan has its place before the object does: then whatever has its
/// place leads to such objects only, and no circle comes about on the way. A stands over B and is to
/// stand below it: A lets go before B takes it. That is asked for only where a circle could come about:
/// where steps of now and of then form one. Everything else stays free to run at once.
pub(super) fn from_the_top(tasks: &[Task], live: &Live) -> Vec<(usize, usize)> {
    let mut edges = Vec::new();
    for hierarchy in Hierarchy::moved(tasks, live) {
        for (address, later) in &hierarchy.setters {
            let first = hierarchy.first_setters(address).into_iter();
            let first = first
                .filter(|(ahead, index)| *index != *later && hierarchy.may_lead(ahead, address));
            edges.extend(first.map(|(_, first)| (*later, first)));
        }
    }
    edges
}

/// Whether two live objects stand on one circle of references to their own collection.
pub(super) fn share_a_circle(kind: &'static Kind, one: usize, other: usize, live: &Live) -> bool {
    kind.fields
        .iter()
        .filter(|field| field.hierarchy)
        .any(|field| leads(field, one, other, live) && leads(field, other, one, live))
}

/// Whether the live ways from an object lead to another one, or back to itself.
fn leads(field: &Field, from: usize, to: usize, live: &Live) -> bool {
    let mut seen = HashSet::default();
    let mut open = next(field, from, live);
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            open.extend(next(field, at, live));
        }
    }
    false
}

/// The live objects that another one names.
fn next(field: &Field, index: usize, live: &Live) -> Vec<usize> {
    let Some(object) = live.objects.get(index) else {
        return Vec::new();
    };
    let ids = match field.wire(live.dialect) {
        Wire::Sent { .. } => ids(field, &object.raw, live),
        _ => Vec::new(),
    };
    let found = ids.iter();
    found
        .filter_map(|id| live.find_id(object.kind.collection, id))
        .collect()
}

/// The ids that an answer carries in a field.
fn ids(field: &Field, raw: &Map<String, Json>, live: &Live) -> Vec<String> {
    let name = field.wire(live.dialect).read_name();
    match name.and_then(|name| at(raw, name)) {
        Some(Json::Array(items)) => items.iter().filter_map(id_text).collect(),
        Some(one) => id_text(one).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The id of the object that takes over what hangs on a deleted one: the one above it.
///
/// Where the one above cannot take over, the second value is the index of the one on top that does.
pub(super) fn heir_of(heir: &Above, index: usize, live: &Live) -> Option<(String, Option<usize>)> {
    let object = live.objects.get(index)?;
    let kind = object.kind;
    let field = kind.field(heir.field)?;
    let parent = |raw: &Map<String, Json>| ids(field, raw, live).into_iter().next();
    let above = parent(&object.raw)?;
    if !leads(field, index, index, live) {
        return Some((above, None));
    }
    live.collection(kind.collection).find_map(|index| {
        let LiveObject { raw, id, .. } = live.objects.get(index)?;
        let is_top = heir.top.iter().all(|sign| shows(raw, sign)) && parent(raw).is_none();
        is_top.then(|| (id.clone(), Some(index)))
    })
}

/// The resources that a value names.
fn named(value: Option<&Value>) -> Vec<Address> {
    let mut named = Vec::new();
    if let Some(value) = value {
        value.walk(&mut |value| {
            if let Value::Reference(Reference::To(address)) = value {
                named.push(address.clone());
            }
        });
    }
    named
}

/// Whether a task says which parent its object has from then on.
fn sends(task: &Task, field: &Field, live: &Live) -> bool {
    let dialect = live.dialect;
    task.ops.iter().any(|op| op.sends(field, dialect))
}

/// Who takes over what stands below a deleted object, by the field that says who stands above.
fn heir(task: &Task, field: &Field, live: &Live) -> Option<Address> {
    let removal = &task.kind.api(live.dialect)?.removal;
    let is_above =
        |(_, heir): &&(&str, Heir)| matches!(heir, Heir::Above(above) if above.field == field.name);
    let (key, _) = removal.heirs().iter().find(is_above)?;
    task.ops.iter().find_map(|op| {
        let (_, heir) = op.values().iter().find(|(name, _)| name == key)?;
        live.address_of(live.find_id(task.kind.collection, heir.as_text()?)?)
    })
}
