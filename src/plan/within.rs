//! References that name nothing outside the parent of what holds them, such as the sub-teams of a
//! team, which are of its department.

use std::borrow::Cow;
use std::sync::Arc;

use crate::codec::{read_field, value_at};
use crate::kind::Field;
use crate::live::Live;
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::problem::{Code, Problem};
use crate::state::{Address, Reference, Value};

/// Refuses to name what lies below another parent.
///
/// What is named so live may stay: the server has taken that once.
pub(super) fn check(tasks: &[Task], desired: &Desired, rows: &Rows, live: &Live) -> Vec<Problem> {
    let mut problems = Vec::new();
    for task in tasks {
        let fields = task.kind.fields.iter();
        let all = fields.flat_map(|field| {
            let ways = field.shape.within_same();
            ways.map(move |(leaf, scope)| (field, leaf, scope))
        });
        for (field, leaf, scope) in all {
            if !task.ops.iter().any(|op| op.sends(field, live.dialect)) {
                continue;
            }
            let own = reference(task.body.get(scope).cloned());
            let own = own.or_else(|| parent(&task.address, scope, rows, live));
            let Some(own) = own else { continue };
            let way: Vec<Arc<str>> = leaf.map(Arc::from).into_iter().collect();
            let there = rows.live(&task.address);
            let there = there.and_then(|body| value_at(body.get(field.name)?, &way));
            let there = there.map(named).unwrap_or_default();
            let path = leaf.map_or(field.name.into(), |leaf| {
                Cow::Owned(format!("{}/{leaf}", field.name))
            });
            let wanted = task.body.get(field.name);
            let wanted = wanted.and_then(|value| value_at(value, &way));
            for other in wanted.map(named).unwrap_or_default() {
                let Some(its) = parent(other, scope, rows, live) else {
                    continue;
                };
                if its != own && !there.contains(&other) {
                    problems.push(
                        Problem::error(
                            Code::NotWithin,
                            format!(
                                "`{}` names `{other}`, which lies below `{its}` and not below `{own}`",
                                task.address
                            ),
                        )
                        .at(place(desired, &task.address, &path), "named here")
                        .help(format!(
                            "`{}` names {} of the same {scope} only",
                            leaf.unwrap_or(field.name),
                            other.collection
                        )),
                    );
                }
            }
        }
    }
    problems
}

/// What a resource lies below, by its declaration or else live.
fn parent(address: &Address, scope: &str, rows: &Rows, live: &Live) -> Option<Address> {
    reference(below(address, scope, rows, live))
}

/// What a resource lies below, or the word of that scope, by its declaration or else live.
pub(super) fn below(address: &Address, scope: &str, rows: &Rows, live: &Live) -> Option<Value> {
    let declared = rows.named(address);
    let declared = declared.and_then(|body| body.get(scope).cloned());
    declared.filter(|value| !value.is_null()).or_else(|| {
        let field: &Field = crate::kind::find(address.collection)?.field(scope)?;
        let object = live.object_at(address)?;
        read_field(field, live.dialect, &object.raw, live)
    })
}

fn reference(value: Option<Value>) -> Option<Address> {
    match value {
        Some(Value::Reference(Reference::To(address))) => Some(address),
        _ => None,
    }
}

/// The resources that a value names.
fn named(value: &Value) -> Vec<&Address> {
    let one = |value| match value {
        &Value::Reference(Reference::To(ref address)) => Some(address),
        _ => None,
    };
    match value {
        Value::List(items) => items.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}
