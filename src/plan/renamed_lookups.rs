//! Lookups by names that the plan takes away: they find something in this run and nothing in the next one.

use crate::live::Live;
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::task::Task;
use crate::problem::{Code, Part, Place, Problem};
use crate::state::{Address, Reference, Value, pointer};
use crate::verb::Verb;

/// A step that gives an object another name.
struct Renamed<'t> {
    address: &'t Address,
    old: String,
    new: String,
}

/// Refuses each lookup of what a step renames by the name that it has until then.
pub(super) fn check(tasks: &[Task], desired: &Desired, live: &Live) -> Vec<Problem> {
    let renamed: Vec<Renamed<'_>> = tasks.iter().filter_map(renames).collect();
    let mut problems = Vec::new();
    if renamed.is_empty() {
        return problems;
    }
    for (address, resource) in &desired.state {
        for (field, value) in resource.body.of_kind(resource.kind) {
            value.walk(&mut |value| {
                let Value::Reference(Reference::Lookup { collection, name }) = value else {
                    return;
                };
                let [index] = *live.referred(collection, name) else {
                    return;
                };
                let is_it = |one: &&Renamed<'_>| {
                    live.bound(index) == Some(one.address) && is_one(&one.old, &name.name)
                };
                if let Some(one) = renamed.iter().find(is_it) {
                    problems.push(
                        Problem::error(
                            Code::NoSuchLiveObject,
                            format!(
                                "`{}` is `{}`, which this plan renames to `{}`",
                                one.old, one.address, one.new
                            ),
                        )
                        .at_part(
                            origin(desired, address, field.name),
                            &one.old,
                            "nothing has this name afterwards",
                        )
                        .help(format!(
                            "write the handle `{}` in place of the lookup",
                            one.address.handle
                        )),
                    );
                }
            });
        }
    }
    problems
}

fn origin(desired: &Desired, address: &Address, field: &str) -> Place {
    let mut place = place(desired, address, field);
    place.part = Part::Value;
    place
}

fn renames(task: &Task) -> Option<Renamed<'_>> {
    let naming = pointer([task.kind.naming_field().name]);
    if task.verb != Verb::Update || task.is_temporary() {
        return None;
    }
    let mut changes = task.changes.iter();
    let change = changes.find(|change| change.field == naming)?;
    let (old, new) = (change.before.as_str()?, change.after.as_str()?);
    let (old, new) = (old.to_owned(), new.to_owned());
    (!is_one(&old, &new)).then_some(Renamed {
        address: &task.address,
        old,
        new,
    })
}

fn is_one(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
