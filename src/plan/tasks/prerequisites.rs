//! Which tasks come before which.

use foldhash::{HashMap, HashMapExt as _};

use super::{Builder, founders};
use crate::codec::{self, Target};
use crate::dialect::Dialect;
use crate::kind::{Field, is_key};
use crate::parallel::each;
use crate::plan::hierarchy;
use crate::plan::membership::{members, names};
use crate::plan::renames::names_in_turn;
use crate::plan::requests::{Act, Op};
use crate::plan::task::Task;
use crate::state::{Address, Body, Reference, Value};
use crate::verb::Verb;

impl Builder<'_> {
    /// Whether two removals are of one live circle: none of them can wait for the others.
    fn go_round(&self, task: &Task, remover: Option<&Task>) -> bool {
        let index = |task: &Task| Some(self.bound.rows.going(&task.address)?.object);
        let Some((one, other)) = index(task).zip(remover.and_then(index)) else {
            return false;
        };
        task.verb == Verb::Delete && hierarchy::share_a_circle(task.kind, one, other, self.live)
    }

    /// Removals of what a resource in parts leaves, each with the task after which it goes: that one
    /// brings all parts to the new place.
    fn leaving(&self) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        for (later, task) in self.tasks.iter().enumerate() {
            let leaver = (self.bound.rows.going(&task.address))
                .filter(|_| matches!(task.verb, Verb::Delete | Verb::Disable))
                .and_then(|going| going.left_by.as_ref());
            let Some(leaver) = leaver else { continue };
            let moves = |task: &Task| {
                task.address == *leaver
                    && !matches!(task.verb, Verb::Delete | Verb::Disable | Verb::Manual)
            };
            let firsts = self.tasks.iter().enumerate();
            edges.extend(
                firsts
                    .filter(|(_, task)| moves(task))
                    .map(|(first, _)| (later, first)),
            );
        }
        edges
    }

    /// Steps that need somebody's membership, and the steps that bring it or take it away: joining comes
    /// first, leaving after.
    fn memberships(&self) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        let mut places: Option<HashMap<&Address, usize>> = None;
        for (index, task) in self.tasks.iter().enumerate() {
            for field in task.kind.fields {
                let Some(membership) = field.membership else {
                    continue;
                };
                let places = places.get_or_insert_with(|| {
                    let tasks = self.tasks.iter().enumerate();
                    let writes = tasks.filter(|(_, task)| !task.ops.is_empty());
                    writes.map(|(index, task)| (&task.address, index)).collect()
                });
                let live = self.bound.rows.live(&task.address);
                let before = members(live, field.name, membership.of);
                let after = match task.verb {
                    Verb::Delete => Vec::new(),
                    _ => members(Some(&task.body), field.name, membership.of),
                };
                for (member, of) in before.iter().chain(&after) {
                    let Some(place) = places.get(member).filter(|place| **place != index) else {
                        continue;
                    };
                    let is_in = |body: Option<&Body>| {
                        let list = body.and_then(|body| body.get(membership.list));
                        list.is_some_and(|list| names(list, of))
                    };
                    let other = self.tasks.get(*place);
                    let was = is_in(self.bound.rows.live(member));
                    let will = is_in(other.map(|task| &task.body));
                    if will && !was && after.contains(&(*member, *of)) {
                        edges.push((index, *place));
                    } else if was && !will && !after.contains(&(*member, *of)) {
                        edges.push((*place, index));
                    }
                }
            }
        }
        edges
    }

    /// Tells every task which ones come first, once it is complete what each sends.
    pub(super) fn prerequisites(&mut self) {
        self.orders();
        let edges = {
            let this = &*self;
            let tasks = &this.tasks;
            // The task that makes an address usable: its creation, replacement or switching on.
            let mut makers = Places::default();
            let mut removers = Places::default();
            let dialect = this.dialect();
            let mut of_members: HashMap<&Address, Vec<usize>> = HashMap::new();
            for (index, task) in tasks.iter().enumerate() {
                let address = &task.address;
                match task.verb {
                    Verb::Create | Verb::Replace => makers.set(address, index),
                    Verb::Update if switches_on(task) => makers.set_first(address, index),
                    Verb::Delete | Verb::Disable => removers.set(address, index),
                    _ => {}
                }
                if task.verb != Verb::Manual && founders::can_found(task.kind, dialect) {
                    of_members.entry(address).or_default().push(index);
                }
            }
            let placers = placers(tasks);
            let before = |index: usize, task: &Task| -> Vec<usize> {
                let mut own = Vec::new();
                match task.verb {
                    Verb::Create | Verb::Update | Verb::Replace => {
                        let maker = makers.get(Target::To(&task.address));
                        let tasks_of = |member: &Address| of_members.get(member);
                        let exit = founders::before_leaving(task, &this.members, maker, &tasks_of);
                        if let Some(exit) = exit {
                            own = exit;
                        } else {
                            sent_targets(task, &mut |target| {
                                own.extend(makers.get(target).filter(|maker| *maker != index));
                                // Choices are there once the lists are in which they stand.
                                if let (Target::Key(collection, handle), false) =
                                    (target, places_items(task))
                                {
                                    let placers = placers.get(&(collection, handle));
                                    own.extend(placers.into_iter().flatten());
                                }
                            });
                        }
                    }
                    Verb::Manual => own.extend(makers.get(Target::To(&task.address))),
                    Verb::Delete | Verb::Disable => {}
                }
                // Who takes over is there before what they take over from goes.
                for heir in task.ops.iter().flat_map(heirs) {
                    let maker = makers.get(Target::To(heir));
                    own.extend(maker.filter(|maker| *maker != index));
                }
                own
            };
            let mut edges = each(tasks, before);
            // A removal comes after everything that pointed at its object and no longer does.
            let pointing: &[Task] = if removers.is_empty() { &[] } else { tasks };
            for (index, task) in pointing.iter().enumerate() {
                let before = this.bound.rows.live(&task.address);
                let Some(before) = before.filter(|_| task.verb != Verb::Manual) else {
                    continue;
                };
                for (field, value) in before.of_kind(task.kind) {
                    // What a list sends again is there until then.
                    codec::listed::ids(&field.shape, value, &mut |target, id| {
                        let object = this.live.find_id(target.collection, id);
                        let of = object.and_then(|object| this.live.address_of(object));
                        let remover = of.and_then(|of| removers.get(Target::To(&of)));
                        if let Some(own) = remover.and_then(|remover| edges.get_mut(remover)) {
                            own.push(index);
                        }
                    });
                    codec::targets(&field.shape, value, &mut |target| {
                        let waits = |remover: &usize| {
                            *remover != index && !this.go_round(task, tasks.get(*remover))
                        };
                        if let Some(remover) = removers.get(target).filter(waits)
                            && let Some(own) = edges.get_mut(remover)
                        {
                            own.push(index);
                        }
                    });
                }
            }
            let in_order = hierarchy::from_the_top(tasks, this.live)
                .into_iter()
                .chain(this.leaving())
                .chain(this.memberships())
                .chain(this.copies())
                .chain(this.gone_before_orders())
                .chain(names_in_turn(tasks, &this.bound.rows, this.live));
            for (later, first) in in_order {
                if let Some(own) = edges.get_mut(later) {
                    own.push(first);
                }
            }
            edges
        };
        for (task, mut own) in self.tasks.iter_mut().zip(edges) {
            own.sort_unstable();
            own.dedup();
            own.shrink_to_fit();
            task.prerequisites = own;
        }
    }
}

/// The tasks that place items in lists, by each item.
fn placers(tasks: &[Task]) -> HashMap<(&'static str, &str), Vec<usize>> {
    let mut placers: HashMap<(&'static str, &str), Vec<usize>> = HashMap::new();
    let placing = tasks.iter().enumerate();
    for (index, task) in placing.filter(|(_, task)| places_items(task)) {
        sent_targets(task, &mut |target| {
            if let Target::Key(collection, handle) = target {
                placers.entry((collection, handle)).or_default().push(index);
            }
        });
    }
    placers
}

/// Whether what a task brings in line holds items in lists.
fn places_items(task: &Task) -> bool {
    task.verb != Verb::Manual && task.kind.apis().any(|api| api.inside.is_some())
}

/// Who takes over what hangs on what a write removes.
fn heirs(op: &Op) -> Vec<&Address> {
    let values = op.values().iter();
    let heirs = values.filter_map(|(_, heir)| match heir {
        Value::Reference(Reference::To(address))
            if matches!(op.act, Act::Delete | Act::Switch(false)) =>
        {
            Some(address)
        }
        _ => None,
    });
    heirs.collect()
}

/// Tasks by the address that they concern.
#[derive(Default)]
struct Places<'t> {
    places: HashMap<&'t Address, usize>,
    /// Those that keys of maps may name once more, by collection and handle.
    keys: HashMap<(&'static str, &'t str), usize>,
}

impl<'t> Places<'t> {
    fn set(&mut self, address: &'t Address, index: usize) {
        self.places.insert(address, index);
        if is_key(address.collection) {
            let key = (address.collection, &*address.handle);
            self.keys.insert(key, index);
        }
    }

    fn set_first(&mut self, address: &'t Address, index: usize) {
        if !self.places.contains_key(address) {
            self.set(address, index);
        }
    }

    fn get(&self, target: Target<'_>) -> Option<usize> {
        match target {
            Target::To(address) => self.places.get(address),
            Target::Key(collection, handle) => self.keys.get(&(collection, handle)),
        }
        .copied()
    }

    fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

fn switches_on(task: &Task) -> bool {
    task.ops.iter().any(|op| op.act == Act::Switch(true))
        || task.kind.enabled.is_some_and(|enabled| {
            let is_update = |op: &&Op| op.act == Act::Update;
            (task.ops.iter().filter(is_update)).any(|op| op.names(enabled.field))
        })
}

/// Hands over what a task's writes refer to.
fn sent_targets<'t>(task: &'t Task, f: &mut dyn FnMut(Target<'t>)) {
    let acts = |act: Act| task.ops.iter().any(|op| op.act == act);
    let all = acts(Act::Create) || !acts(Act::Update);
    // Waiting for what one of the dialects sends again does no harm in the other one.
    let is_resent = |field: &Field| {
        Dialect::ALL
            .iter()
            .any(|one| task.kind.resends(field, *one))
    };
    for (name, value) in task.body.iter() {
        let Some(field) = task.kind.field(name) else {
            continue;
        };
        let goes = |op: &Op| {
            let mut parts = op.stands_for().iter();
            op.names(name) || parts.any(|path| path.field == name)
        };
        if all || is_resent(field) || task.ops.iter().any(goes) {
            codec::targets(&field.shape, value, f);
        }
    }
}
