//! Names that one object gives up and another one takes: the giving comes first.

use std::collections::HashMap;

use crate::live::{Live, identity_fields, key};
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::requests::Act;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::problem::{Code, Problem};
use crate::state::{Key, Reference};
use crate::verb::Verb;

/// For every task that takes a name of another's, the task that gives it up: `(taker, giver)`.
///
/// # Errors
/// Names that go round in a circle: no order of writes does that.
pub(super) fn names_in_turn(
    tasks: &[Task],
    desired: &Desired,
    rows: &Rows,
    live: &Live,
) -> Result<Vec<(usize, usize)>, Vec<Problem>> {
    let mut givers: HashMap<(&'static str, Key<'static>), usize> = HashMap::new();
    for (index, task) in tasks.iter().enumerate() {
        // A removal by its name is a task of its own address, and was bound by no declaration.
        let is_giver = match task.verb {
            Verb::Update => takes_name(task, live),
            verb => verb == Verb::Delete,
        };
        if !is_giver {
            continue;
        }
        let was = rows
            .object(&task.address)
            .or_else(|| removed(task, live))
            .and_then(|index| live.key_of(index));
        if let Some(name) = was {
            givers.insert((task.kind.collection, name), index);
        }
    }
    if givers.is_empty() {
        return Ok(Vec::new());
    }
    let edges: Vec<(usize, usize)> = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| takes_name(task, live))
        .filter_map(|(taker, task)| {
            let id = |reference: &Reference| live.id_behind(reference);
            let name = key(task.kind, live.dialect, &task.body, &id)?;
            let giver = *givers.get(&(task.kind.collection, name.into_owned()))?;
            (giver != taker).then_some((taker, giver))
        })
        .collect();
    let problems = circles(&edges, tasks, desired);
    if problems.is_empty() {
        Ok(edges)
    } else {
        Err(problems)
    }
}

/// Whether a task gives its object a name that it did not have.
fn takes_name(task: &Task, live: &Live) -> bool {
    identity_fields(task.kind, live.dialect)
        .any(|field| task.ops.iter().any(|op| op.sends(field, live.dialect)))
}

/// The live object that a removal removes.
fn removed(task: &Task, live: &Live) -> Option<usize> {
    let delete = task.ops.iter().find(|op| op.act == Act::Delete)?;
    live.find_id(task.kind.collection, delete.id.as_deref()?)
}

fn circles(edges: &[(usize, usize)], tasks: &[Task], desired: &Desired) -> Vec<Problem> {
    let next: HashMap<usize, usize> = edges.iter().copied().collect();
    let mut seen: Vec<bool> = vec![false; tasks.len()];
    let mut problems = Vec::new();
    let mut starts: Vec<usize> = next.keys().copied().collect();
    starts.sort_unstable();
    for start in starts {
        let mut path = Vec::new();
        let mut at = start;
        while let Some(to) = next.get(&at).copied() {
            if seen.get(at).copied().unwrap_or(true) {
                break;
            }
            if let Some(slot) = seen.get_mut(at) {
                *slot = true;
            }
            path.push(at);
            at = to;
            if at == start {
                let names: Vec<String> = path
                    .iter()
                    .chain([&start])
                    .filter_map(|index| tasks.get(*index))
                    .map(|task| format!("`{}`", task.address))
                    .collect();
                let mut problem = Problem::error(
                    Code::NamesInACircle,
                    format!(
                        "each takes the name that the next one still has: {}",
                        names.join(" -> ")
                    ),
                )
                .help(
                    "give one of them another name first, apply, and then the name it is to have",
                );
                if let Some(task) = tasks.get(start) {
                    problem = problem.at(place(desired, &task.address, ""), "declared here");
                }
                problems.push(problem);
                break;
            }
        }
    }
    problems
}
