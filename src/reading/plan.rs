//! The read plan: which listings are made, and which of them wait for which. It is data.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::{KindNeeds, Needs, ScopeValue, roots};
use crate::dialect::Dialect;
use crate::kind::{self, Keyed, Keys, Kind, Listing, Mentioner, Shape};

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

/// The kinds whose names are asked for, since compared maps have them as keys.
fn named_by(own: &KindNeeds, kind: &'static Kind) -> impl Iterator<Item = &'static str> {
    let fields = kind.fields.iter();
    let compared = fields.filter(|field| own.fields.contains(field.name));
    compared.filter_map(|field| match field.shape {
        Shape::Keyed(Keyed {
            keys: Keys::Of { target, .. },
            ..
        }) => Some(target.collection),
        _ => None,
    })
}

fn planned(needs: &Needs, kind: &'static Kind, dialect: Dialect) -> Option<PlannedListing> {
    let own = needs.kinds.get(kind.collection)?;
    let mut after = BTreeSet::new();
    let api = kind.api(dialect);
    let mentions = || kind.mentions.iter().filter(|one| one.dialect == dialect);
    match api.map(|api| api.listing) {
        Some(listing @ (Listing::Whole(_) | Listing::Each(..))) => {
            // The parents tell for which ids there is a listing.
            for root in roots(listing) {
                if let Some(Shape::Reference(to)) = kind.field(root).map(|field| field.shape) {
                    after.insert(to.collection);
                }
            }
            let parents = own.scopes.iter().flat_map(|scope| scope.values());
            after.extend(parents.filter_map(|value| match value {
                ScopeValue::Parent { collection, .. } => Some(*collection),
                ScopeValue::Text(_) => None,
            }));
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
    // A listing that asks for custom fields by name needs the names first.
    if api.is_some_and(|api| api.takes_fields) {
        after.extend(named_by(own, kind));
    }
    after.retain(|collection| *collection != kind.collection && needs.reads(collection));
    Some(PlannedListing {
        kind,
        template: api.and_then(|api| api.listing.template()),
        after,
    })
}
