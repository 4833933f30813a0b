//! What the words of a kind and of a field come to in one dialect, and in whichever.

use super::{Api, Field, Kind, Pattern};
use crate::dialect::Dialect;

impl Kind {
    /// Its endpoints in each dialect that has it.
    pub fn apis(&self) -> impl Iterator<Item = &Api> {
        let apis = Dialect::ALL.into_iter();
        apis.filter_map(|dialect| self.api(dialect))
    }
}

impl Field {
    /// Whether answers of one of the dialects carry it at a path.
    #[must_use]
    pub fn is_read_at(&self, path: &str) -> bool {
        let wires = Dialect::ALL.map(|dialect| self.wire(dialect).read_name());
        wires.contains(&Some(path))
    }

    /// Whether the API takes null to clear it; the guide's takes null in every field.
    #[must_use]
    pub const fn takes_null(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Openapi => self.nullable,
            Dialect::Guide => true,
        }
    }

    /// Whether null leaves it without a value though its shape has no empty one, as that of a flag.
    #[must_use]
    pub const fn can_be_unset(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Openapi => self.nullable,
            // The guide does not say what a flag or a word is after null.
            Dialect::Guide => false,
        }
    }

    /// The longest text that an update may send, where it is shorter than on creation.
    #[must_use]
    pub const fn longest_update(&self, dialect: Dialect) -> Option<u32> {
        match dialect {
            Dialect::Openapi => self.update_max,
            Dialect::Guide => None,
        }
    }

    /// What its texts must match in the dialect, besides what its shape says.
    #[must_use]
    pub const fn besides(&self, dialect: Dialect) -> Option<Pattern> {
        match dialect {
            Dialect::Openapi => self.openapi_only,
            Dialect::Guide => None,
        }
    }
}
