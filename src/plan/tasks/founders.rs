//! Founders: some objects cannot be made unless somebody belongs to them from the start.
//!
//! Those who are declared to belong to a new object found it, where they are live and in use. Else the
//! one in whose name deskform works does, for a time: it leaves once somebody else is in.

use foldhash::{HashMap, HashMapExt as _};
use serde_json::Value as Json;

use super::{Builder, Draft};
use crate::codec::switch_value;
use crate::dialect::Dialect;
use crate::kind::{self, Api, Founders, KINDS, Kind};
use crate::live::{Acting, ActingAgent};
use crate::manifest::article;
use crate::plan::FieldChange;
use crate::plan::bound::place;
use crate::plan::requests::{Act, Op};
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::problem::{Code, Problem};
use crate::state::{Address, Reference, Value};
use crate::verb::Verb;

/// Those who are declared to belong to an object, by its address, in the order of their declarations.
pub(super) type Members<'a> = HashMap<&'a Address, Vec<&'a Address>>;

/// The kinds whose new objects need founders.
fn founded(dialect: Dialect) -> impl Iterator<Item = (&'static Kind, Founders)> {
    KINDS
        .iter()
        .filter_map(move |kind| Some((*kind, kind.api(dialect)?.founders?)))
}

/// Finds who is declared to belong to what.
pub(super) fn members(rows: &Rows, dialect: Dialect) -> Members<'_> {
    let mut members = Members::new();
    for (kind, founders) in founded(dialect) {
        for row in rows {
            if row.kind.collection != founders.of {
                continue;
            }
            let wanted = row.wanted.as_ref();
            let Some(Value::List(list)) = wanted.and_then(|body| body.get(founders.field)) else {
                continue;
            };
            for item in list {
                if let Value::Reference(Reference::To(to)) = item
                    && to.collection == kind.collection
                {
                    members.entry(to).or_default().push(&row.address);
                }
            }
        }
    }
    members
}

/// Lists what an exit of a temporary member waits for: what makes the object, and every task of those
/// who belong to it. Nothing where the task is no exit.
pub(super) fn before_leaving<'t>(
    task: &Task,
    members: &Members<'_>,
    maker: Option<usize>,
    tasks_of: &'t dyn Fn(&Address) -> Option<&'t Vec<usize>>,
) -> Option<Vec<usize>> {
    task.ops.first().filter(|op| op.act == Act::Leave)?;
    let of_members = members.get(&task.address).into_iter().flatten();
    let mut own: Vec<usize> = maker.into_iter().collect();
    own.extend(of_members.filter_map(|member| tasks_of(member)).flatten());
    Some(own)
}

/// Whether a kind's objects can belong to what needs founders.
pub(super) fn can_found(kind: &Kind, dialect: Dialect) -> bool {
    founded(dialect).any(|(_, founders)| founders.of == kind.collection)
}

impl<'a> Builder<'a> {
    /// Adds its founders to the creation of an object, where it needs any: those who belong to it, live
    /// and in use; else the acting one.
    pub(super) fn with_founders(&mut self, address: &Address, api: &Api, op: Op) -> Op {
        let (Some(founders), Some(of)) = (
            api.founders,
            api.founders.and_then(|founders| kind::find(founders.of)),
        ) else {
            return op;
        };
        let declared = self.members_of(address);
        let ready: Vec<Value> = declared
            .iter()
            .filter(|member| self.is_in_use(of, member))
            .map(|member| Value::Reference(Reference::To((**member).clone())))
            .collect();
        if !ready.is_empty() {
            return op.value(founders.key, Value::List(ready));
        }
        let who = article(of.singular);
        let Founders { of, field, .. } = founders;
        match self.live.acting.agent() {
            Some(acting) if declared.is_empty() && self.is_declared(founders, acting) => {
                let singular = kind::find(of).map_or(of, |kind| kind.singular);
                self.problems.push(
                    Problem::error(
                        Code::NoMember,
                        format!("`{address}` needs {who}, and no {singular} under `{of}` is to be its member"),
                    )
                    .at(place(self.desired, address, ""), "declared here")
                    .help(format!("list it under the `{field}` of {who}; the acting {singular}'s own list leaves it out")),
                );
                op.value(founders.key, Value::List(Vec::new()))
            }
            Some(acting) => op
                .value(founders.key, Value::List(vec![Value::text(&acting.id)]))
                .with_temporary_member(&acting.id),
            None => {
                let singular = kind::find(of).map_or(of, |kind| kind.singular);
                self.problems.push(
                    Problem::error(
                        Code::NoActingAgent,
                        format!("`{address}` needs {who} to be created, and {}", self.live.acting.why_unknown()),
                    )
                    .at(place(self.desired, address, ""), "declared here")
                    .help(match self.live.acting {
                        Acting::Nobody => format!("make a live {singular} a member of it under `{of}`, or use a refresh token"),
                        _ => format!(
                            "make a live {singular} a member of it under `{of}`, or grant the token {}",
                            kind::acting_scopes(self.dialect())
                        ),
                    }),
                );
                op
            }
        }
    }

    /// Whether the manifests say to what the acting one belongs.
    fn is_declared(&self, founders: Founders, acting: &ActingAgent) -> bool {
        let kind = kind::find(founders.of);
        kind.and_then(|kind| self.live.find_id(kind.collection, &acting.id))
            .and_then(|index| self.live.bound(index))
            .and_then(|address| self.bound.rows.wanted(address))
            .is_some_and(|body| body.get(founders.field).is_some())
    }

    /// Whether an object is live and not out of use.
    fn is_in_use(&self, kind: &Kind, address: &Address) -> bool {
        let Some(index) = self.bound.rows.object(address) else {
            return false;
        };
        kind.enabled.is_none_or(|enabled| {
            let is_on = |value: &Value| value.is_null() || *value == switch_value(enabled.on);
            let body = self.live.body(index);
            body.get(enabled.field).is_none_or(is_on)
        })
    }

    /// Those who are declared to belong to an object.
    fn members_of(&self, address: &Address) -> &[&'a Address] {
        self.members.get(address).map_or(&[], Vec::as_slice)
    }

    /// The acting one leaves an object that it helped to create once somebody else is in.
    pub(super) fn take_temporary_members_out(&mut self) {
        let Some(acting) = self.live.acting.agent().cloned() else {
            return;
        };
        for (kind, founders) in founded(self.dialect()) {
            for address in self.has_temporary_member(kind, &acting) {
                let members = self.members_of(&address);
                let acting_address = kind::find(founders.of)
                    .and_then(|of| self.live.find_id(of.collection, &acting.id))
                    .and_then(|index| self.live.address_of(index));
                let stays = acting_address
                    .as_ref()
                    .is_some_and(|address| members.contains(&address));
                if stays || members.is_empty() || self.has_left(founders, &acting.id, &address) {
                    continue;
                }
                let ops = vec![Op::leave(founders, &acting.id)];
                if self.ends_a_step(&address, &acting.email) {
                    let draft = Draft {
                        ops,
                        ends: true,
                        ..Draft::default()
                    };
                    self.push(&address, Verb::Update, kind, draft);
                    continue;
                }
                let draft = Draft {
                    changes: vec![FieldChange {
                        field: "(members)".to_owned(),
                        before: Json::from(acting.email.as_str()),
                        after: Json::Null,
                        secret: false,
                        sets_back: None,
                    }]
                    .into(),
                    ops,
                    ..Draft::default()
                };
                self.push(&address, Verb::Update, kind, draft);
            }
        }
    }

    /// Whether a step of the address is there already that an exit can end; then that one tells of it.
    fn ends_a_step(&mut self, address: &Address, who: &str) -> bool {
        let mut tasks = self.tasks.iter_mut();
        let step = tasks.find(|task| task.address == *address && task.is_step());
        let Some(step) = step else {
            return false;
        };
        let effect = format!("{who} belongs to it until its own members do");
        step.remarks.get_or_insert_default().effects.push(effect);
        true
    }

    /// The objects of a kind to which the acting one belongs for a time: by the ledger, and by this plan.
    fn has_temporary_member(&self, kind: &'static Kind, acting: &ActingAgent) -> Vec<Address> {
        // By its id, since its handle may be another one by now.
        let entries = self
            .options
            .ledger
            .iter()
            .flat_map(|ledger| &ledger.resources);
        let mut known: Vec<Address> = entries
            .filter(|(address, entry)| {
                address.collection == kind.collection
                    && entry.temporary_member.as_ref() == Some(&acting.id)
            })
            .filter_map(|(_, entry)| {
                let index = self.live.find_id(kind.collection, &entry.id)?;
                self.live.bound(index)
            })
            .filter(|address| self.bound.rows.is_live(address))
            .cloned()
            .collect();
        known.sort();
        let lends = |op: &Op| op.temporary_member() == Some(&*acting.id);
        let created = self
            .tasks
            .iter()
            .filter(|task| task.kind == kind && task.ops.iter().any(lends));
        known.extend(created.map(|task| task.address.clone()));
        known
    }

    /// Whether a member is live and does not belong to a live object.
    fn has_left(&self, founders: Founders, member: &str, address: &Address) -> bool {
        let index = kind::find(founders.of)
            .and_then(|of| self.live.find_id(of.collection, member))
            .filter(|_| self.bound.rows.is_live(address));
        let Some(index) = index else {
            return false;
        };
        let to = Value::Reference(Reference::To(address.clone()));
        matches!(
            self.live.body(index).get(founders.field),
            Some(Value::List(of)) if !of.contains(&to)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Shape;

    #[test]
    fn those_who_found_are_of_a_kind_of_which_one_acts() {
        for dialect in [Dialect::Openapi, Dialect::Guide] {
            for (kind, founders) in founded(dialect) {
                let of = kind::find(founders.of).unwrap();
                assert!(of.api(dialect).unwrap().acting.is_some());
                assert!(can_found(of, dialect));
                let field = of.field(founders.field).unwrap();
                assert!(
                    matches!(field.shape, Shape::References(to) if to.collection == kind.collection)
                );
                assert!(founders.leave.contains("{id}"));
            }
        }
    }
}
