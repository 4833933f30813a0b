//! Hierarchies such as that of roles: a plan never makes a live circle, on no step of its way.
//!
//! The manifests alone do not show it: what they leave alone keeps the parent that it has live.

use foldhash::{HashMap, HashSet};
use serde_json::{Map, Value as Json};

use crate::codec::{id_text, read_field};
use crate::kind::removal::Heir;
use crate::kind::{Field, KINDS, Kind, Shape, Wire};
use crate::live::marks::shows;
use crate::live::{Live, LiveObject};
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::requests::Op;
use crate::plan::task::Task;
use crate::problem::{Code, Problem};
use crate::state::{Address, Reference, Value};
use crate::verb::Verb;

/// The parents of one collection's objects by one field, now and after the plan.
struct Hierarchy<'t> {
    field: &'static Field,
    /// The tasks that send the field, by their place.
    setters: HashMap<&'t Address, usize>,
    /// What the plan deletes; its children go over to its heir, so that a way leads on through it.
    deleted: HashSet<&'t Address>,
    live: HashMap<Address, Address>,
    after: HashMap<Address, Address>,
}

impl<'t> Hierarchy<'t> {
    /// Every hierarchy in which the plan moves an object that is live.
    fn moved(tasks: &'t [Task], live: &Live) -> Vec<Self> {
        let mut all = Vec::new();
        for kind in KINDS {
            for field in kind.fields {
                if refers_to_its_own(kind, field)
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
        let now: HashMap<Address, Address> = live
            .collection(kind.collection)
            .filter_map(|index| {
                let raw = &live.objects.get(index)?.raw;
                let parent = parent(read_field(field, live.dialect, raw, live).as_ref())?.clone();
                Some((live.address_of(index)?, parent))
            })
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
            let parent = if sends(task, field, live) {
                hierarchy.setters.insert(&task.address, index);
                parent(task.body.get(field.name)).cloned()
            } else if task.verb == Verb::Delete {
                hierarchy.deleted.insert(&task.address);
                heir(task, live)
            } else {
                continue;
            };
            match parent {
                Some(parent) => hierarchy.after.insert(task.address.clone(), parent),
                None => hierarchy.after.remove(&task.address),
            };
        }
        hierarchy
    }

    /// The way up after the plan, from the parent of an address to where it ends or comes back to
    /// something on it; the address itself comes last if the way leads there.
    fn way_up<'a>(&'a self, start: &'a Address) -> Vec<&'a Address> {
        let mut seen = HashSet::default();
        let mut way = Vec::new();
        let mut at = start;
        while let Some(next) = self.after.get(at).filter(|next| seen.insert(*next)) {
            way.push(next);
            if next == start {
                break;
            }
            at = next;
        }
        way
    }

    /// Whether a way of parents, each the one it is now or the one it will be, leads somewhere.
    fn may_lead(&self, from: &Address, to: &Address) -> bool {
        let mut seen = HashSet::default();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                open.extend(self.live.get(at).into_iter().chain(self.after.get(at)));
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
            let way = hierarchy.way_up(start);
            if way.last() == Some(&start) {
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

/// For every task that moves an object, the task above it that has to come first: `(later, first)`.
///
/// Moved from the top down, each object comes below what has its place already, and no circle comes
/// about on the way. That is asked for only where one could: where parents of now and parents of
/// then form one. Everything else stays free to run at once.
pub(super) fn from_the_top(tasks: &[Task], live: &Live) -> Vec<(usize, usize)> {
    let mut edges = Vec::new();
    for hierarchy in Hierarchy::moved(tasks, live) {
        for (address, later) in &hierarchy.setters {
            let way = hierarchy.way_up(address);
            let above = way
                .iter()
                .find_map(|above| Some((*above, *hierarchy.setters.get(*above)?)));
            if let Some((above, first)) = above
                && first != *later
                && hierarchy.may_lead(above, address)
            {
                edges.push((*later, first));
            }
        }
    }
    edges
}

/// Whether two live objects stand on one circle of references to their own collection.
pub(super) fn share_a_circle(kind: &'static Kind, one: usize, other: usize, live: &Live) -> bool {
    kind.fields
        .iter()
        .filter(|field| refers_to_its_own(kind, field))
        .any(|field| leads(field, one, other, live) && leads(field, other, one, live))
}

/// Whether the live way up from an object leads to another one, or back to itself.
fn leads(field: &Field, from: usize, to: usize, live: &Live) -> bool {
    let mut seen = HashSet::default();
    let mut at = from;
    while let Some(next) = above(field, at, live) {
        if next == to {
            return true;
        }
        if !seen.insert(next) {
            return false;
        }
        at = next;
    }
    false
}

/// The live object right above another one.
fn above(field: &Field, index: usize, live: &Live) -> Option<usize> {
    let object = live.objects.get(index)?;
    let Wire::Sent { name, .. } = field.wire(live.dialect) else {
        return None;
    };
    live.find_id(object.kind.collection, &id_text(object.raw.get(*name)?)?)
}

/// The id of the object that takes over what hangs on a deleted one: the one above it.
///
/// Where the one above cannot take over, the second value is the index of the one on top that does.
pub(super) fn heir_of(heir: &Heir, index: usize, live: &Live) -> Option<(String, Option<usize>)> {
    let object = live.objects.get(index)?;
    let kind = object.kind;
    let field = kind.field(heir.above)?;
    let Wire::Sent { name, .. } = field.wire(live.dialect) else {
        return None;
    };
    let parent = |raw: &Map<String, Json>| raw.get(*name).and_then(id_text);
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

fn refers_to_its_own(kind: &'static Kind, field: &Field) -> bool {
    matches!(field.shape, Shape::Reference(target) if target.collection == kind.collection)
}

fn parent(value: Option<&Value>) -> Option<&Address> {
    match value {
        Some(Value::Reference(Reference::To(address))) => Some(address),
        _ => None,
    }
}

/// Whether a task says which parent its object has from then on.
fn sends(task: &Task, field: &Field, live: &Live) -> bool {
    let dialect = live.dialect;
    task.ops.iter().any(|op| op.sends(field, dialect))
}

/// Who takes over what stands below a deleted object.
fn heir(task: &Task, live: &Live) -> Option<Address> {
    let heir = task.ops.iter().find_map(Op::heir)?;
    live.address_of(live.find_id(task.kind.collection, heir)?)
}
