//! What somebody did in Zoho Desk since the last apply, and a step sets back.

use super::Builder;
use crate::diff::Difference;
use crate::live::LiveObject;
use crate::plan::LiveChange;
use crate::plan::moved::{Moved, Sides};
use crate::state::Address;

impl<'a> Builder<'a> {
    /// Whether somebody deleted in Zoho Desk what the ledger owns under an address.
    pub(super) fn was_deleted(&self, address: &Address) -> bool {
        let ledger = self.options.ledger.as_ref();
        let entry = ledger.and_then(|ledger| ledger.get(address));
        entry.is_some_and(|entry| {
            let ids = entry.ids();
            let mut found = ids.filter_map(|id| self.live.find_id(address.collection, id));
            found.next().is_none()
        })
    }

    /// What is known of a change in Zoho Desk that is set back.
    pub(super) fn sets_back(
        &self,
        address: &Address,
        object: &LiveObject,
        difference: &Difference,
    ) -> Option<Box<LiveChange>> {
        self.options.ledger.as_ref()?;
        let (moved, _) = self.sides().moved(address, difference)?;
        matches!(moved, Moved::Live | Moved::Both)
            .then(|| Box::new(LiveChange::of(&object.raw, self.live)))
    }

    fn sides(&self) -> &Sides<'a> {
        self.sides
            .get_or_init(|| Sides::of(&self.bound.rows, self.live, self.desired, self.options))
    }
}
