//! What `deskform explain` says of how many objects there may be, and of what uses one.

use super::explain::Fact;
use crate::dialect::Edition;
use crate::kind::Api;
use crate::kind::rules::{Allowance, Counted, Quota, Uses};
use crate::problem::ticked;

/// How many objects of a kind there may be and who tells it, and who tells what uses one.
pub(super) fn told(api: &Api) -> Vec<Fact> {
    let mut facts = Vec::new();
    for most in api.most {
        let (about, words) = match most.allows {
            Allowance::InAll(number) => ("at most in an organization", number.to_string()),
            Allowance::InAllOf(editions) => {
                let newer = api.quota.map_or_else(String::new, |quota| {
                    format!("; what GET {} tells counts instead", quota.path)
                });
                ("at most, by edition", by_edition(editions) + &newer)
            }
            Allowance::InUse(editions) => ("at most in use, by edition", by_edition(editions)),
        };
        facts.push((about.to_owned(), words));
    }
    if let Some(quota) = &api.quota {
        facts.push(("room for new ones".to_owned(), room(quota)));
    }
    if let Some(uses) = &api.uses {
        facts.push(("what uses one".to_owned(), users(uses)));
    }
    facts
}

/// Figures by edition.
fn by_edition(editions: &[(Edition, usize)]) -> String {
    let figures = editions.iter();
    let figures = figures.map(|(edition, number)| format!("{edition} {number}"));
    figures.collect::<Vec<_>>().join(", ")
}

fn room(quota: &Quota) -> String {
    let in_use = |of: &Counted| matches!(of, Counted::InUse { .. });
    let or = if quota.rooms.iter().any(|room| in_use(&room.of)) {
        " or puts one into use"
    } else {
        ""
    };
    format!(
        "GET {} tells it, asked where a plan makes one{or}",
        quota.path
    )
}

fn users(uses: &Uses) -> String {
    let calls = match uses.sort {
        None if uses.sorts.len() > 1 => format!(" for each of {} sorts", uses.sorts.len()),
        _ => String::new(),
    };
    let values = match uses.values {
        [] => String::new(),
        fields => format!(", or a live value of {}", ticked(fields, "or")),
    };
    format!(
        "GET {} tells it{calls}, asked where a plan takes one away{values}",
        uses.path
    )
}
