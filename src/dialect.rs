//! The two dialects of the API and the editions of the product.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which description of the API a server follows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// What Zoho publishes as OpenAPI and runs.
    #[default]
    Openapi,
    /// What the common API guide describes.
    Guide,
}

/// What holds in a dialect for all kinds.
struct Facts {
    /// Its name in project files and on the command line.
    name: &'static str,
    /// What a day's budget is counted in.
    unit: Unit,
    /// Whether its servers give a value on creation to fields of which none is sent.
    fills_in: bool,
    /// Calls that may be active at once, by edition: Free, Express, Standard, Professional and
    /// Enterprise.
    concurrency: [usize; 5],
}

/// Source: the API credits page.
const OPENAPI: Facts = Facts {
    name: "openapi",
    unit: Unit::Credits,
    fills_in: true,
    concurrency: [5, 10, 10, 15, 25],
};

/// The guide says 10 for all editions.
const GUIDE: Facts = Facts {
    name: "guide",
    unit: Unit::Calls,
    fills_in: false,
    concurrency: [10; 5],
};

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 2] = [Self::Openapi, Self::Guide];

    /// Finds the dialect of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.facts().name == name)
    }

    const fn facts(self) -> &'static Facts {
        match self {
            Self::Openapi => &OPENAPI,
            Self::Guide => &GUIDE,
        }
    }

    /// What a day's budget is counted in.
    #[must_use]
    pub const fn unit(self) -> Unit {
        self.facts().unit
    }

    /// Whether its servers give a value on creation to fields of which none is sent.
    #[must_use]
    pub const fn fills_in(self) -> bool {
        self.facts().fills_in
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}

/// What a day's budget is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// API credits.
    Credits,
    /// Calls.
    Calls,
}

impl Unit {
    /// The word for so many.
    #[must_use]
    pub const fn word(self, number: u64) -> &'static str {
        match (self, number) {
            (Self::Credits, 1) => "credit",
            (Self::Credits, _) => "credits",
            (Self::Calls, 1) => "call",
            (Self::Calls, _) => "calls",
        }
    }

    /// The credits that something costs; none where calls are counted.
    #[must_use]
    pub const fn credits(self, price: u64) -> u64 {
        match self {
            Self::Credits => price,
            Self::Calls => 0,
        }
    }
}

/// An edition of Zoho Desk; it decides concurrency and limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// Free and trial.
    Free,
    /// Express.
    Express,
    /// Standard.
    Standard,
    /// Professional.
    Professional,
    /// Enterprise, Zoho One and CRM Plus.
    Enterprise,
}

impl Edition {
    /// Calls that may be active at the same time in one organization.
    #[must_use]
    pub const fn concurrency(self, dialect: Dialect) -> usize {
        let [free, express, standard, professional, enterprise] = dialect.facts().concurrency;
        match self {
            Self::Free => free,
            Self::Express => express,
            Self::Standard => standard,
            Self::Professional => professional,
            Self::Enterprise => enterprise,
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Free => "free",
            Self::Express => "express",
            Self::Standard => "standard",
            Self::Professional => "professional",
            Self::Enterprise => "enterprise",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialect_is_found_by_its_name() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::named(&dialect.to_string()), Some(dialect));
            assert_eq!(
                serde_json::to_value(dialect).unwrap(),
                dialect.to_string().as_str()
            );
        }
        assert_eq!(Dialect::named("Guide"), None);
    }

    #[test]
    fn credits_are_counted_where_a_day_is_counted_in_them() {
        assert_eq!(Dialect::Openapi.unit().credits(7), 7);
        assert_eq!(Dialect::Guide.unit().credits(7), 0);
    }
}
