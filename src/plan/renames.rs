//! Names that one object gives up and another one takes: the giving comes first.

use std::collections::{HashMap, HashSet};

use crate::live::{Live, identity_fields, key};
use crate::plan::requests::{Act, Op};
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::state::{Address, Key, Reference};
use crate::verb::Verb;

/// For every task that takes a name of another's, the task that gives it up: `(taker, giver)`.
///
/// Names are compared without case, as Zoho Desk does. A temporary name comes before the own one.
pub(super) fn names_in_turn(tasks: &[Task], rows: &Rows, live: &Live) -> Vec<(usize, usize)> {
    let temporary: HashMap<&Address, usize> = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| task.is_temporary())
        .map(|(index, task)| (&task.address, index))
        .collect();
    let mut givers: HashMap<(&'static str, Key<'static>), usize> = HashMap::new();
    for (index, task) in tasks.iter().enumerate() {
        // A removal by its name is a task of its own address, and was bound by no declaration. What is
        // made anew gives its old name up as well.
        let is_giver = match task.verb {
            Verb::Update if temporary.contains_key(&task.address) => task.is_temporary(),
            Verb::Update => takes_name(task, live),
            verb => matches!(verb, Verb::Delete | Verb::Replace),
        };
        if !is_giver {
            continue;
        }
        let was = rows
            .object(&task.address)
            .or_else(|| removed(task, live))
            .and_then(|index| live.key_of(index));
        if let Some(name) = was {
            givers.insert((task.kind.collection, name.lower_case()), index);
        }
    }
    if givers.is_empty() {
        return Vec::new();
    }
    let takers = tasks.iter().enumerate();
    let takers = takers.filter(|(_, task)| !task.is_temporary() && takes_name(task, live));
    let mut edges = Vec::new();
    for (taker, task) in takers {
        let first = temporary.get(&task.address).copied();
        edges.extend(first.map(|first| (taker, first)));
        let id = |reference: &Reference| live.in_scope(reference);
        let giver = key(task.kind, live.dialect, &task.body, &id).and_then(|name| {
            givers
                .get(&(task.kind.collection, name.lower_case()))
                .copied()
        });
        edges.extend(
            giver
                .filter(|giver| *giver != taker && Some(*giver) != first)
                .map(|giver| (taker, giver)),
        );
    }
    edges
}

/// Whether a task gives its object a name that it may not have had. A part that is made stands under
/// the name of the whole.
pub(super) fn takes_name(task: &Task, live: &Live) -> bool {
    task.ops.iter().any(|op| op.act == Act::AddPart)
        || identity_fields(task.kind, live.dialect)
            .any(|field| task.ops.iter().any(|op| op.sends(field, live.dialect)))
}

/// The live object that a removal removes.
fn removed(task: &Task, live: &Live) -> Option<usize> {
    let is_removal = |op: &&Op| matches!(op.act, Act::Delete | Act::RemovePart);
    let delete = task.ops.iter().find(is_removal)?;
    live.find_id(task.kind.collection, delete.id.as_deref()?)
}

/// The circles in which names go round: every task takes the name of the next one, and the last one
/// that of the first.
pub(super) fn circles(edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let next: HashMap<usize, usize> = edges.iter().copied().collect();
    let mut seen: HashSet<usize> = HashSet::new();
    let mut circles = Vec::new();
    let mut starts: Vec<usize> = next.keys().copied().collect();
    starts.sort_unstable();
    for start in starts {
        let mut path = Vec::new();
        let mut at = start;
        while let Some(to) = next.get(&at).copied()
            && seen.insert(at)
        {
            path.push(at);
            at = to;
        }
        // A way that ends in a circle is not wholly one.
        if let Some(first) = path.iter().position(|index| *index == at) {
            circles.push(path.split_off(first));
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn circles_are_told_from_ways_that_lead_into_them() {
        for (edges, wanted) in [
            (&[][..], vec![]),
            (&[(0, 1), (1, 2)], vec![]),
            (&[(0, 1), (1, 0)], vec![vec![0, 1]]),
            (&[(0, 1), (1, 2), (2, 1)], vec![vec![1, 2]]),
            (&[(2, 1), (1, 2), (0, 1)], vec![vec![1, 2]]),
            (
                &[(0, 3), (3, 0), (1, 2), (2, 4), (4, 1)],
                vec![vec![0, 3], vec![1, 2, 4]],
            ),
        ] {
            assert_eq!(circles(edges), wanted, "{edges:?}");
        }
    }
}
