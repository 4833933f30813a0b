//! Agents who are lent to a new department, and leave it.

use serde_json::Value as Json;

use super::{Builder, Draft};
use crate::plan::FieldChange;
use crate::plan::requests::{Member, Op};
use crate::state::{Address, Reference, Value};
use crate::verb::Verb;

impl Builder<'_> {
    /// The acting agent leaves a department it helped to create once somebody else is in.
    pub(super) fn leave_new_departments(&mut self) {
        let Some(acting) = self.live.acting.clone() else {
            return;
        };
        // By its id, since its handle may be another one by now.
        let temporary = self
            .options
            .ledger
            .iter()
            .flat_map(|ledger| &ledger.resources);
        let mut departments: Vec<Address> = temporary
            .filter(|(_, entry)| entry.temporary_member.as_ref() == Some(&acting.id))
            .filter_map(|(_, entry)| {
                let index = self.live.find_id("departments", &entry.id)?;
                self.live.bound(index)
            })
            .filter(|address| self.bound.live.contains_key(*address))
            .cloned()
            .collect();
        departments.sort();
        let temporary = Member::Acting(acting.id.clone());
        let created: Vec<Address> = self
            .tasks
            .iter()
            .filter(|task| {
                task.ops
                    .iter()
                    .any(|op| matches!(op, Op::Create { members } if members.contains(&temporary)))
            })
            .map(|task| task.address.clone())
            .collect();
        departments.extend(created);
        for department in departments {
            let members = self.members(&department);
            let acting_address = self
                .live
                .find_id("agents", &acting.id)
                .and_then(|index| self.live.address_of(index));
            let stays = acting_address
                .as_ref()
                .is_some_and(|address| members.contains(&address));
            if stays || members.is_empty() || self.has_left(&acting.id, &department) {
                continue;
            }
            let draft = Draft {
                changes: vec![FieldChange {
                    field: "(members)".to_owned(),
                    before: Json::from(acting.email.as_str()),
                    after: Json::Null,
                    secret: false,
                }]
                .into(),
                ops: vec![Op::Leave {
                    agent: acting.id.clone(),
                }],
                ..Draft::default()
            };
            self.push(
                &department,
                Verb::Update,
                &crate::kind::departments::KIND,
                draft,
            );
        }
    }

    /// Whether an agent is live and no member of a live department.
    fn has_left(&self, agent: &str, department: &Address) -> bool {
        let Some(index) = self
            .live
            .find_id("agents", agent)
            .filter(|_| self.bound.live.contains_key(department))
        else {
            return false;
        };
        let member = Value::Reference(Reference::To(department.clone()));
        matches!(
            self.live.body(index).get("departments"),
            Some(Value::List(of)) if !of.contains(&member)
        )
    }
}
