//! Order: prerequisites first, then the longest remaining path, then the address.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::manifest::Desired;
use crate::plan::task::Task;
use crate::problem::{Code, Problem, did_you_mean};
use crate::state::Address;
use crate::verb::Verb;

/// Keeps the targets and all they need.
pub(super) fn targeted(
    tasks: Vec<Task>,
    targets: &[Address],
    desired: &Desired,
    problems: &mut Vec<Problem>,
) -> Vec<Task> {
    for target in targets {
        let removed = desired.removed.iter().any(|tombstone| {
            tombstone.collection == target.collection && tombstone.key.to_string() == *target.handle
        });
        // That a kind has nothing in play is no slip of the pen.
        if !target.is_whole_kind()
            && !desired.state.contains_key(target)
            && !removed
            && !tasks.iter().any(|task| task.address == *target)
        {
            let known: Vec<String> = desired
                .state
                .keys()
                .chain(tasks.iter().map(|task| &task.address))
                .map(ToString::to_string)
                .collect();
            problems.push(
                Problem::error(
                    Code::UnknownTarget,
                    format!("`{target}` is neither declared nor removed"),
                )
                .help(
                    did_you_mean(&target.to_string(), known.iter().map(String::as_str))
                        .unwrap_or_else(|| {
                            "`--target` takes an address such as `departments/Billing`".to_owned()
                        }),
                ),
            );
        }
    }
    let mut keep: BTreeSet<usize> = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| targets.iter().any(|target| target.covers(&task.address)))
        .map(|(index, _)| index)
        .collect();
    let mut open: Vec<usize> = keep.iter().copied().collect();
    while let Some(index) = open.pop() {
        if let Some(task) = tasks.get(index) {
            let of = task.kind.ranking().map(|ranking| ranking.of);
            // An order is sent after what goes, and can be sent while that stays.
            let is_beside = |needed: &usize| {
                let needed = tasks.get(*needed);
                needed.is_some_and(|needed| {
                    of == Some(needed.kind.collection)
                        && matches!(needed.verb, Verb::Delete | Verb::Replace)
                })
            };
            for needed in task
                .prerequisites
                .iter()
                .filter(|needed| !is_beside(needed))
            {
                if keep.insert(*needed) {
                    open.push(*needed);
                }
            }
            // Who keeps the step to a temporary name keeps the step to the final one.
            if task.is_temporary() {
                let rest = tasks.iter().enumerate();
                let rest = rest.filter(|(_, other)| other.address == task.address);
                open.extend(
                    rest.map(|(index, _)| index)
                        .filter(|index| keep.insert(*index)),
                );
            }
        }
    }
    renumber(tasks, &keep.into_iter().collect::<Vec<_>>())
}

/// Keeps the tasks at the given indices, in that order, and corrects their prerequisites.
///
/// They change places where they are: tasks of a new organization are many, and not small.
fn renumber(mut tasks: Vec<Task>, wanted: &[usize]) -> Vec<Task> {
    let mut places: Vec<Option<usize>> = vec![None; tasks.len()];
    for (new, old) in wanted.iter().enumerate() {
        if let Some(place) = places.get_mut(*old) {
            *place = Some(new);
        }
    }
    let place = |old: &usize| places.get(*old).copied().flatten();
    for task in &mut tasks {
        let kept = task.prerequisites.iter().filter_map(place);
        task.prerequisites = kept.collect();
        task.prerequisites.sort_unstable();
    }
    arrange(&mut tasks, &places);
    tasks
}

/// Moves every item to its place; those without one are dropped.
fn arrange<T>(items: &mut Vec<T>, places: &[Option<usize>]) {
    let wanted = places.iter().flatten().count();
    // What has no place goes behind the rest.
    let mut behind = wanted..;
    let mut places: Vec<usize> = places
        .iter()
        .filter_map(|place| place.or_else(|| behind.next()))
        .collect();
    for index in 0..places.len() {
        while let Some(place) = places.get(index).copied().filter(|place| *place != index) {
            items.swap(index, place);
            places.swap(index, place);
        }
    }
    items.truncate(wanted);
}

/// The calls that have to be sent one after the other, however many may be active at once.
#[must_use]
pub(super) fn longest_path(tasks: &[Task]) -> usize {
    lengths(tasks, &dependents(tasks))
        .into_iter()
        .max()
        .unwrap_or(0)
}

/// Which tasks wait for each one.
fn dependents(tasks: &[Task]) -> Vec<Vec<usize>> {
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); tasks.len()];
    for (index, task) in tasks.iter().enumerate() {
        for needed in &task.prerequisites {
            if let Some(list) = dependents.get_mut(*needed) {
                list.push(index);
            }
        }
    }
    dependents
}

/// How many calls begin with each task one after the other: its own and the longest path of those
/// that wait for it.
fn lengths(tasks: &[Task], dependents: &[Vec<usize>]) -> Vec<usize> {
    // A step without a call has its place in the order, too.
    let own = |index: usize| tasks.get(index).map_or(0, |task| task.ops.len().max(1));
    let mut length: Vec<usize> = (0..tasks.len()).map(own).collect();
    // Depth first from the ends.
    let mut left: Vec<usize> = dependents.iter().map(Vec::len).collect();
    let mut ends: Vec<usize> = (0..tasks.len())
        .filter(|index| left.get(*index) == Some(&0))
        .collect();
    while let Some(index) = ends.pop() {
        let behind = length.get(index).copied().unwrap_or(0);
        for needed in tasks.get(index).map_or(&[][..], |task| &task.prerequisites) {
            if let Some(value) = length.get_mut(*needed) {
                *value = (*value).max(behind + own(*needed));
            }
            if let Some(number) = left.get_mut(*needed) {
                *number -= 1;
                if *number == 0 {
                    ends.push(*needed);
                }
            }
        }
    }
    length
}

/// The place of each task by address, verb and place among the tasks.
fn ranks(tasks: &[Task]) -> Vec<usize> {
    let mut sorted: Vec<(usize, &Task)> = tasks.iter().enumerate().collect();
    // Tasks come by kind and handle, mostly: the sort finds long runs that are in order.
    sorted.sort_by_key(|(_, task)| (&task.address, task.verb));
    let mut ranks = vec![0; tasks.len()];
    for (rank, (index, _)) in sorted.into_iter().enumerate() {
        if let Some(slot) = ranks.get_mut(index) {
            *slot = rank;
        }
    }
    ranks
}

/// Prerequisites first, then the longest remaining path, then the address.
pub(super) fn order(tasks: Vec<Task>) -> Result<Vec<Task>, Vec<Address>> {
    let count = tasks.len();
    let dependents = dependents(&tasks);
    let mut waiting: Vec<usize> = tasks.iter().map(|task| task.prerequisites.len()).collect();
    let length = lengths(&tasks, &dependents);
    let ranks = ranks(&tasks);
    let key = |index: usize| {
        (
            length.get(index).copied().unwrap_or(0),
            Reverse(ranks.get(index).copied().unwrap_or(0)),
            index,
        )
    };
    let mut ready: BinaryHeap<_> = (0..count)
        .filter(|index| waiting.get(*index) == Some(&0))
        .map(key)
        .collect();
    let mut sequence = Vec::with_capacity(count);
    while let Some((_, _, index)) = ready.pop() {
        sequence.push(index);
        for next in dependents.get(index).map_or(&[][..], Vec::as_slice) {
            if let Some(number) = waiting.get_mut(*next) {
                *number -= 1;
                if *number == 0 {
                    ready.push(key(*next));
                }
            }
        }
    }
    if sequence.len() < count {
        return Err(cycle(&tasks, &waiting));
    }
    Ok(renumber(tasks, &sequence))
}

/// One cycle among the tasks that still wait, as a closed path.
fn cycle(tasks: &[Task], waiting: &[usize]) -> Vec<Address> {
    let stuck = |index: &usize| waiting.get(*index).is_some_and(|number| *number > 0);
    let Some(start) = (0..tasks.len()).find(|index| stuck(index)) else {
        return Vec::new();
    };
    let mut path = vec![start];
    let mut at = start;
    while let Some(next) = tasks
        .get(at)
        .and_then(|task| task.prerequisites.iter().find(|needed| stuck(needed)))
    {
        let seen = path.iter().position(|index| index == next);
        path.push(*next);
        if let Some(seen) = seen {
            path.drain(..seen);
            break;
        }
        at = *next;
    }
    path.iter()
        .filter_map(|index| tasks.get(*index))
        .map(|task| task.address.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_go_where_they_belong() {
        for (places, expected) in [
            (&[][..], ""),
            (&[Some(0), Some(1), Some(2), Some(3)], "abcd"),
            (&[Some(3), Some(0), Some(1), Some(2)], "bcda"),
            (&[Some(1), Some(0), Some(3), Some(2)], "badc"),
            (&[None, Some(1), None, Some(0)], "db"),
            (&[Some(1), None, Some(0), None], "ca"),
            (&[None, None, None, Some(0)], "d"),
            (&[None, None, None, None], ""),
        ] {
            let mut items: Vec<char> = "abcd".chars().take(places.len()).collect();
            arrange(&mut items, places);
            assert_eq!(items.iter().collect::<String>(), expected, "{places:?}");
        }
    }
}
