//! What a person has to do: steps without a write, each with its instruction.

use std::collections::BTreeSet;

use super::{Builder, Draft};
use crate::kind::{Field, Kind, Wire};
use crate::plan::FieldChange;
use crate::plan::choices;
use crate::plan::shown::{called, change_of, shown, to_do, to_see_to};
use crate::state::{Address, FieldPath, Value};
use crate::verb::Verb;

/// Waiting resources that an instruction names.
const NAMED: usize = 5;

impl Builder<'_> {
    /// A new object may need something that only a person can set.
    pub(super) fn by_hand_after_create(&mut self, address: &Address, kind: &'static Kind) {
        let named = self.named(address);
        for field in kind.fields {
            let instruction = match (field.wire(self.dialect()), field.by_oneself) {
                (Wire::Manual { instruction, .. }, _) => instruction,
                (Wire::Sent { .. }, Some(place)) => place,
                _ => continue,
            };
            let Some(value) = named.get(field.name) else {
                continue;
            };
            if self.placed.has(address, field.name) {
                continue;
            }
            if value.is_null()
                || *value == Value::Bool(false)
                || *value == Value::List(Vec::new())
                || self.options.ignoring(address, Some(field.name)).is_some()
            {
                continue;
            }
            let draft = Draft {
                changes: vec![change_of(
                    kind,
                    &FieldPath::of(field.name),
                    &Value::Null,
                    value,
                )]
                .into(),
                instruction: Some(self.to_do(address, field, value, instruction)),
                body: named.clone(),
                ..Draft::default()
            };
            self.push(address, Verb::Manual, kind, draft);
        }
    }

    /// Who waits for a step of an address that is left to a person, completing its instruction.
    pub(super) fn then_apply_again(&self, address: &Address) -> String {
        let waiting: BTreeSet<&Address> = self
            .owned
            .waiting
            .iter()
            .filter(|(target, _)| target == address)
            .map(|(_, who)| who)
            .collect();
        if waiting.is_empty() {
            return String::new();
        }
        let mut named: Vec<String> = waiting
            .iter()
            .take(NAMED)
            .map(|who| format!("`{who}`"))
            .collect();
        let more = waiting.len().saturating_sub(NAMED);
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let refer = if waiting.len() == 1 {
            "refers"
        } else {
            "refer"
        };
        format!(
            "; then apply again, since {} {refer} to it",
            named.join(", ")
        )
    }

    /// What a person has to do about a field, and who waits for it.
    pub(super) fn to_do(
        &self,
        address: &Address,
        field: &'static Field,
        value: &Value,
        at: &str,
    ) -> String {
        let of = called(&self.bound.rows, self.live, address);
        let mut instruction = to_do(field.name, of.as_deref(), value, at);
        if choices::are_in(address.collection, field) {
            instruction.push_str(&self.then_apply_again(address));
        }
        instruction
    }

    pub(super) fn create_by_hand(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        at: &str,
        draft: Draft,
    ) {
        if self.options.ignoring(address, None).is_some() {
            return;
        }
        let name = called(&self.bound.rows, self.live, address);
        let name = name.unwrap_or_else(|| format!("`{}`", address.handle));
        let mut instruction = format!("create the {} {name} at {at}", kind.singular);
        instruction.push_str(&self.then_apply_again(address));
        self.push(
            address,
            Verb::Manual,
            kind,
            Draft {
                instruction: Some(instruction),
                ..draft
            },
        );
    }

    /// Steps for differences that only a person can settle.
    pub(super) fn by_hand(&mut self) {
        // What is made anew has nothing of it, whatever is live: that is said with its replacement.
        let anew: BTreeSet<Address> = (self.tasks.iter())
            .filter(|task| task.verb == Verb::Replace)
            .map(|task| task.address.clone())
            .collect();
        for (address, difference, instruction) in &self.owned.by_hand {
            let Some((kind, wanted)) = self.wanted(address) else {
                continue;
            };
            let Some(field) = kind.field(difference.path.field) else {
                continue;
            };
            if anew.contains(address) {
                continue;
            }
            let named = self.bound.rows.named(address);
            let seen = to_see_to(kind, self.dialect(), difference, named);
            // What a check is about has to be there first.
            let body = named.filter(|_| seen.is_some()).unwrap_or(wanted);
            let set = || self.to_do(address, field, &difference.after, instruction);
            let object = self.bound.rows.object(address);
            let object = object.and_then(|index| self.live.objects.get(index));
            let sets_back = object.and_then(|object| self.sets_back(address, object, difference));
            let change = FieldChange {
                sets_back,
                ..shown(kind, difference)
            };
            let draft = Draft {
                changes: vec![change].into(),
                instruction: Some(seen.unwrap_or_else(set)),
                body: body.clone(),
                ..Draft::default()
            };
            self.push(address, Verb::Manual, kind, draft);
        }
    }
}
