//! The read plan: which listings are made, and which of them wait for which. It is data.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::{Needs, ScopeValue};
use crate::codec::handle;
use crate::dialect::Dialect;
use crate::kind::{self, Api, Kind, Listing, Mentioner, Target};
use crate::state::identity::scopes;

/// What is read, in the order in which it is put together.
#[derive(Debug, PartialEq)]
pub struct ReadPlan {
    /// The listings. What a listing waits for stands before it.
    pub listings: Vec<PlannedListing>,
}

/// The listing of one kind, or its listings by scope.
#[derive(Debug, PartialEq)]
pub struct PlannedListing {
    /// The kind.
    pub kind: &'static Kind,
    /// Its path, with places for scopes; none where objects are only mentioned.
    pub template: Option<&'static str>,
    /// The collections that have to be in before this begins.
    pub after: BTreeSet<&'static str>,
}

impl ReadPlan {
    /// Plans what the needs take in a dialect.
    #[must_use]
    pub fn of(needs: &Needs, dialect: Dialect) -> Self {
        let mut listings: Vec<PlannedListing> = needs
            .kinds
            .keys()
            .filter_map(|collection| kind::find(collection))
            .filter_map(|kind| planned(needs, kind, dialect))
            .collect();
        // A dialect may have no listing of what others lie below.
        let listed: BTreeSet<&'static str> = listings
            .iter()
            .map(|listing| listing.kind.collection)
            .collect();
        for listing in &mut listings {
            listing
                .after
                .retain(|collection| listed.contains(collection));
        }
        let after: BTreeMap<&'static str, BTreeSet<&'static str>> = listings
            .iter()
            .map(|listing| (listing.kind.collection, listing.after.clone()))
            .collect();
        listings.sort_by_key(|listing| {
            let collection = listing.kind.collection;
            (depth(collection, &after, after.len()), collection)
        });
        Self { listings }
    }
}

/// How many listings have to be in before a listing, one behind the other.
fn depth(
    collection: &str,
    after: &BTreeMap<&'static str, BTreeSet<&'static str>>,
    most: usize,
) -> usize {
    let Some(before) = after.get(collection).filter(|_| most > 0) else {
        return 0;
    };
    before
        .iter()
        .map(|collection| 1 + depth(collection, after, most - 1))
        .max()
        .unwrap_or(0)
}

fn planned(needs: &Needs, kind: &'static Kind, dialect: Dialect) -> Option<PlannedListing> {
    let own = needs.kinds.get(kind.collection)?;
    let mut after = BTreeSet::new();
    let api = kind.api(dialect);
    let mentions = || kind.mentions.iter().filter(|one| one.dialect == dialect);
    match api.map(|api| api.listing) {
        Some(Listing::Whole(_) | Listing::Each(..)) => {
            // The parents tell for which ids there is a listing, and their own parents which they are.
            above(kind, &mut after);
            for value in own.scopes.iter().flat_map(|scope| scope.values()) {
                parents(value, &mut after);
            }
        }
        Some(Listing::Asked(_)) => {
            // All is asked about the objects that an export finds.
            let targets = kind.targets().into_iter().filter(|_| own.everywhere);
            after.extend(targets.flat_map(Target::collections));
        }
        Some(Listing::Mentioned) | None => {
            mentions().next()?;
            for mention in mentions() {
                if let Mentioner::Objects(of) | Mentioner::BelowObjects { of, .. } = mention.by {
                    after.insert(of);
                }
            }
        }
    }
    // An order is shown by the listing of those that it puts in order.
    after.extend(api.and_then(Api::ranking).map(|ranking| ranking.of));
    // A listing that asks for values by the names of their keys needs the names first.
    if api.is_some_and(|api| api.takes_fields) {
        for field in kind.fields {
            let Some(keys) = field.shape.keyed_by() else {
                continue;
            };
            let by_handle = own.keys.iter().any(|key| handle(&keys, key).is_some());
            if by_handle || own.fields.contains(field.name) {
                after.insert(keys.collection);
            }
        }
    }
    after.remove(kind.collection);
    Some(PlannedListing {
        kind,
        template: api.and_then(|api| api.listing.template()),
        after,
    })
}

/// The kinds of parents by which a kind is listed or named, and of their parents.
fn above(kind: &'static Kind, after: &mut BTreeSet<&'static str>) {
    for field in scopes(kind) {
        for collection in field.above().into_iter().flat_map(Target::collections) {
            if after.insert(collection)
                && let Some(parent) = kind::find(collection)
            {
                above(parent, after);
            }
        }
    }
}

/// The kinds of what the value of a scope names.
fn parents(value: &ScopeValue, after: &mut BTreeSet<&'static str>) {
    if let ScopeValue::Parent {
        collection, names, ..
    } = value
    {
        after.insert(collection);
        for inner in names.iter().flat_map(|name| name.scope.values()) {
            parents(inner, after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What waits for a listing that is never made would not be read, and nobody would say so.
    #[test]
    fn what_a_listing_waits_for_stands_before_it() {
        for dialect in Dialect::ALL {
            let all = std::iter::once(Needs::everything(dialect));
            let alone = kind::KINDS.iter().map(|kind| Needs::of_kind(kind));
            let chosen = kind::KINDS.iter().map(|kind| {
                let chosen = BTreeSet::from([kind.collection]);
                Needs::everything_of(&chosen, &|_| false, dialect)
            });
            for needs in all.chain(alone).chain(chosen) {
                let mut before = BTreeSet::new();
                for listing in ReadPlan::of(&needs, dialect).listings {
                    assert!(
                        listing.after.is_subset(&before),
                        "{dialect}: {} waits for {:?}",
                        listing.kind.collection,
                        listing.after
                    );
                    before.insert(listing.kind.collection);
                }
            }
        }
    }
}
