//! The ways of reading a kind of which an organization may have many more objects than are declared:
//! what each costs, and which one is taken.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::api::page::Known;
use crate::api::{Method, Paging, Request, price};

/// How a kind is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// Each object by the id that the ledger knows.
    ById,
    /// Each object by its name, and then by its id.
    Search,
    /// What the ledger knows by id, the rest by name.
    ByIdAndSearch,
    /// All objects.
    Listing,
}

impl Way {
    const fn words(self) -> &'static str {
        match self {
            Self::ById => "by id",
            Self::Search => "by search",
            Self::ByIdAndSearch => "by id and search",
            Self::Listing => "by listing",
        }
    }
}

/// Calls and what they cost; fewer calls count first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cost {
    /// The calls.
    pub calls: u64,
    /// Their price in credits (openapi).
    pub credits: u64,
}

impl Cost {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            credits: self.credits.saturating_add(other.credits),
        }
    }
}

/// How many objects of a kind are live, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// The number that was counted or remembered; none too few for a forecast of the whole listing.
    pub objects: u64,
    /// Whether there may be many more.
    pub at_least: bool,
}

/// What was chosen for a kind, and what the other way would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// The kind.
    pub collection: Cow<'static, str>,
    /// How it is read.
    pub way: Way,
    /// The objects that are needed.
    pub needed: u64,
    /// How many are live; none where nobody counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Size>,
    /// What this way costs.
    pub cost: Cost,
    /// What the other way would cost, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<Cost>,
}

/// What is looked for of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Objects of which the ledger knows the id.
    pub ids: usize,
    /// Names of which nobody knows an id.
    pub names: usize,
    /// Objects of which a listing shows too little, so that each costs a call besides.
    pub details: usize,
}

impl Wanted {
    /// What it costs to read this and nothing else: an id one call, a name a search and the call that
    /// reads what it finds.
    ///
    /// Source: the price table of API credits: one record 1, a page of a search 3.
    #[must_use]
    pub fn alone(self) -> Cost {
        let (ids, names) = (number(self.ids), number(self.names));
        Cost {
            calls: ids + 2 * names,
            credits: ids + 4 * names,
        }
    }

    /// What it costs to list so many objects.
    #[must_use]
    pub fn listed(self, paging: Paging, objects: usize) -> Cost {
        let pages = paging.calls(objects);
        let step = usize::try_from(paging.limit()).unwrap_or(usize::MAX) - 1;
        let page = |number: usize| {
            let from = if number == 0 {
                String::new()
            } else {
                (number * step).to_string()
            };
            Request::new(Method::Get, "/")
                .query("from", from)
                .query("limit", paging.limit().to_string())
        };
        let details = number(self.details);
        Cost {
            calls: number(pages) + details,
            credits: (0..pages)
                .map(|one| price::of_read(&page(one)))
                .sum::<u64>()
                + details,
        }
    }

    /// How it is read where it is not listed.
    #[must_use]
    pub const fn way(self) -> Way {
        match (self.ids, self.names) {
            (_, 0) => Way::ById,
            (0, _) => Way::Search,
            _ => Way::ByIdAndSearch,
        }
    }

    /// Chooses the cheaper way where an earlier reading counted the objects; none where that is to be
    /// found out.
    #[must_use]
    pub fn choose(self, paging: Paging, known: Option<Known>) -> Option<Way> {
        let alone = self.alone();
        let listed = match known {
            Some(known) if known.unpaged => Cost {
                calls: 1,
                credits: 3,
            },
            Some(known) => self.listed(paging, known.objects),
            // Nothing is cheaper than one object.
            None => return (alone.calls <= 1).then(|| self.way()),
        };
        Some(if alone <= listed {
            self.way()
        } else {
            Way::Listing
        })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.collection, grouped(self.needed))?;
        if let Some(live) = self.live {
            let about = if live.at_least { "more than" } else { "about" };
            write!(f, " of {about} {}", grouped(live.objects))?;
        }
        write!(f, " {}: {}", self.way.words(), calls(self.cost.calls))?;
        match self.instead_of {
            Some(other) if self.way == Way::Listing => {
                write!(f, " instead of {}", grouped(other.calls))
            }
            Some(other) => {
                let about = if self.live.is_some_and(|live| live.at_least) {
                    "more than "
                } else {
                    ""
                };
                write!(f, " instead of {about}{}", grouped(other.calls))
            }
            None => Ok(()),
        }
    }
}

fn calls(number: u64) -> String {
    let noun = if number == 1 { "call" } else { "calls" };
    format!("{} {noun}", grouped(number))
}

/// A number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count as it is told.
#[must_use]
pub fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(objects: usize) -> Known {
        Known {
            objects,
            ..Known::default()
        }
    }

    #[test]
    fn case_22_the_way_that_costs_least_is_chosen() {
        let paging = Paging::pages_of(100);
        let wanted = |ids, names, details| Wanted {
            ids,
            names,
            details,
        };
        for (wanted, objects, way) in [
            (wanted(100, 0, 0), Some(100_000), Some(Way::ById)),
            (wanted(0, 100, 0), Some(100_000), Some(Way::Search)),
            (wanted(50, 50, 0), Some(100_000), Some(Way::ByIdAndSearch)),
            (wanted(100, 0, 0), Some(250), Some(Way::Listing)),
            // As many calls: a page of a list is the dearer one.
            (wanted(3, 0, 0), Some(250), Some(Way::ById)),
            (wanted(4, 0, 0), Some(250), Some(Way::Listing)),
            // What a listing does not show is a call in both ways.
            (wanted(100, 0, 100), Some(250), Some(Way::ById)),
            (wanted(1, 0, 0), None, Some(Way::ById)),
            (wanted(0, 1, 0), None, None),
            (wanted(2, 0, 0), None, None),
        ] {
            assert_eq!(
                wanted.choose(paging, objects.map(known)),
                way,
                "{wanted:?} {objects:?}"
            );
        }
        let unpaged = Known {
            unpaged: true,
            ..known(100_000)
        };
        assert_eq!(
            wanted(2, 0, 0).choose(paging, Some(unpaged)),
            Some(Way::Listing)
        );
    }

    #[test]
    fn case_22_a_choice_tells_both_ways() {
        let mut choice = Choice {
            collection: "contacts".into(),
            way: Way::ById,
            needed: 100,
            live: Some(Size {
                objects: 100_000,
                at_least: false,
            }),
            cost: Cost {
                calls: 100,
                credits: 100,
            },
            instead_of: Some(Cost {
                calls: 1_011,
                credits: 0,
            }),
        };
        assert_eq!(
            choice.to_string(),
            "contacts: 100 of about 100,000 by id: 100 calls instead of 1,011"
        );
        choice.way = Way::ByIdAndSearch;
        choice.live = Some(Size {
            objects: 198,
            at_least: true,
        });
        assert_eq!(
            choice.to_string(),
            "contacts: 100 of more than 198 by id and search: 100 calls instead of more than 1,011"
        );
        choice.way = Way::Listing;
        choice.live = None;
        choice.cost.calls = 1;
        choice.instead_of = None;
        assert_eq!(choice.to_string(), "contacts: 100 by listing: 1 call");
    }
}
