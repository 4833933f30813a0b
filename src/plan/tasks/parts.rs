//! Resources that several live objects form: each part is made and removed by itself.

use super::{Builder, Draft, prevented};
use crate::diff::Difference;
use crate::kind::{Create, Grouping, Kind};
use crate::live::grouped::{self, Part, PartChange};
use crate::plan::requests::{Op, Way, way};
use crate::state::{Address, Body};
use crate::verb::Verb;

impl Builder<'_> {
    /// The writes that make and remove parts of a resource that several objects form.
    pub(super) fn part_ops(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        grouping: &'static Grouping,
        body: &Body,
        parts: &[Part],
        moves: bool,
    ) -> Vec<Op> {
        let Some(api) = kind.api(self.dialect()) else {
            return Vec::new();
        };
        let mut ops = Vec::new();
        for change in grouped::changes(kind, grouping, body, parts, moves) {
            match change {
                PartChange::Add(part) => match api.create {
                    Create::Post(path) => ops.push(Op::add_part(path, part)),
                    _ => self.cannot_be_changed(address, grouping.parts, api),
                },
                PartChange::Remove(part) => match self.without_part(address, kind, part) {
                    Some(op) => ops.push(op),
                    None => self.cannot_be_changed(address, grouping.parts, api),
                },
            }
        }
        ops
    }

    /// The write that removes a part of a resource, as the table says it; none where it says none.
    fn without_part(&self, address: &Address, kind: &'static Kind, part: &Part) -> Option<Op> {
        let index = self.live.find_id(address.collection, &part.id)?;
        let object = self.live.objects.get(index)?;
        let removal = kind.api(self.dialect())?.removal;
        match way(removal, self.options.removal(kind), object) {
            Way::Delete(op) => Some(op.of_part(&part.id)),
            _ => None,
        }
    }

    pub(super) fn update_parts(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        grouping: &'static Grouping,
        parts: &[Part],
        differences: &[Difference],
        mut draft: Draft,
    ) {
        let moves = differences
            .iter()
            .any(|difference| difference.path.field == grouping.by);
        if moves && self.prevents_destroy(address) {
            self.held.push((
                address.clone(),
                prevented(self.desired, address, "replaced"),
            ));
        }
        draft.ops = self.part_ops(address, kind, grouping, &draft.body, parts, moves);
        let verb = if moves { Verb::Replace } else { Verb::Update };
        if draft.ops.iter().any(Op::creates) {
            draft.effects.extend(self.create_effect(kind));
        }
        self.push(address, verb, kind, draft);
    }
}
