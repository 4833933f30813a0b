//! What stays chosen although its choice goes, see [`Field::among`].
//!
//! A manifest that names the choices of an item and not the one that new records have leaves that one as it is
//! live. Where it is none of the choices any more, the write is refused halfway.

use std::collections::BTreeSet;

use crate::codec::written;
use crate::dialect::Dialect;
use crate::kind::{Among, Field, Shape};
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::plan::tasks::inside::{list_inside, side};
use crate::problem::{Code, Problem, few};
use crate::state::{FieldPath, Leaves, Value};
use crate::verb::Verb;

/// Refuses each update of items that takes a choice away which stays chosen beside it.
pub(super) fn check(
    tasks: &[Task],
    desired: &Desired,
    rows: &Rows,
    dialect: Dialect,
) -> Vec<Problem> {
    let updates = tasks.iter().filter(|task| task.verb == Verb::Update);
    updates
        .flat_map(|task| of_task(task, desired, rows, dialect).unwrap_or_default())
        .collect()
}

fn of_task(task: &Task, desired: &Desired, rows: &Rows, dialect: Dialect) -> Option<Vec<Problem>> {
    let field = task.kind.field(task.kind.api(dialect)?.inside?.field)?;
    let (inner, list) = list_inside(field)?;
    let Shape::Map(map) = list.value.shape else {
        return None;
    };
    let choices = map.fields.iter().find(|leaf| leaf.replaces_values)?;
    let chosen = |leaf: &&Field| leaf.among == Some(&Among::Beside);
    let before = side(rows.live(&task.address), field, inner);
    let after = side(Some(&task.body), field, inner);
    let mut problems = Vec::new();
    for (key, item) in &after.items {
        let (now, was) = (
            texts(item.leaves, choices),
            before
                .items
                .get(key)
                .map(|item| texts(item.leaves, choices)),
        );
        let gone: BTreeSet<&str> = was
            .into_iter()
            .flatten()
            .filter(|one| !now.contains(one))
            .collect();
        for leaf in map.fields.iter().filter(chosen) {
            for left in texts(item.leaves, leaf).intersection(&gone) {
                let path = FieldPath::of(field.name);
                let path = path.child(item.outer).child(inner).child(key);
                let list = written(task.kind, &path.child(choices.name)).pointer();
                let names: Vec<&str> = now.iter().copied().collect();
                problems.push(
                    Problem::error(
                        Code::NotAChoice,
                        format!(
                            "`{}` would keep `{left}` as its live `{}`, which `{}` leaves out",
                            task.address, leaf.name, choices.name
                        ),
                    )
                    .at(
                        place(desired, &task.address, list.trim_start_matches('/')),
                        "the choices that stay",
                    )
                    .help(format!(
                        "write `{}` beside it as well, one of {}",
                        leaf.name,
                        few(&names)
                    )),
                );
            }
        }
    }
    Some(problems)
}

/// The texts of a leaf: of a list, or the one that it is.
fn texts<'v>(leaves: &'v Leaves, leaf: &Field) -> BTreeSet<&'v str> {
    match leaves.get(leaf.name) {
        Some(Value::List(list)) => list.iter().filter_map(Value::as_text).collect(),
        Some(value) => value.as_text().into_iter().collect(),
        None => BTreeSet::new(),
    }
}
