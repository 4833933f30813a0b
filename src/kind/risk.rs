//! What of a kind can do harm, for whoever looks at a plan before it is applied.

use serde::{Deserialize, Serialize};

/// What is at stake when something of a kind is written.
///
/// The order is that in which a reader has to see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Risk {
    /// Something is deleted or taken out of use, or data is lost.
    TakesAway,
    /// Somebody may do more or less than before: administrators, roles, profiles.
    Rights,
    /// What leaves the help desk, and where it goes: the URL of a webhook and its events.
    Outside,
    /// Somebody is invited, gets a seat, or cannot get in any more.
    People,
    /// What holds wherever nobody says anything else.
    Defaults,
    /// Somebody changed it in Zoho Desk since the last apply, and that change is lost.
    SetsBack,
    /// A person has to do it.
    ByHand,
}

impl Risk {
    /// Every class, in the order in which a reader has to see them.
    pub const ALL: [Self; 7] = [
        Self::TakesAway,
        Self::Rights,
        Self::Outside,
        Self::People,
        Self::Defaults,
        Self::SetsBack,
        Self::ByHand,
    ];

    /// The word in the JSON plan.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TakesAway => "takesAway",
            Self::Rights => "rights",
            Self::Outside => "outside",
            Self::People => "people",
            Self::Defaults => "defaults",
            Self::SetsBack => "setsBack",
            Self::ByHand => "byHand",
        }
    }
}

/// Who cannot get in any more once an object is out of use: the objects of another kind that belong to
/// it and to none of its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocksOut {
    /// Their collection.
    pub of: &'static str,
    /// The field in which each of them lists to what it belongs.
    pub field: &'static str,
}
