//! What a step of a plan does.

use serde::{Deserialize, Serialize};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Makes the resource.
    Create,
    /// Changes it.
    Update,
    /// Makes it anew and removes the old one.
    Replace,
    /// Removes it.
    Delete,
    /// Takes it out of use.
    Disable,
    /// A person has to do it.
    Manual,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 6] = [
        Self::Create,
        Self::Update,
        Self::Replace,
        Self::Delete,
        Self::Disable,
        Self::Manual,
    ];

    /// The verb in a sentence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Disable => "disable",
            Self::Manual => "manual",
        }
    }
}
