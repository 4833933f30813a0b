//! Ownership by the ledger: which live object an address owns, and what is owned and not declared.

use crate::config::Prune;
use crate::kind::rules::Deed;
use crate::live::marks::forbidden;
use crate::live::{Live, LiveObject, key};
use crate::manifest::Desired;
use crate::plan::Options;
use crate::plan::bound::{Bound, Held, place};
use crate::plan::row::{Going, Rows};
use crate::problem::{Code, Problem};
use crate::state::{Address, Reference};
use foldhash::{HashMap, HashMapExt as _, HashSet};

/// The live objects that the ledger knows.
pub(super) struct Owners {
    pub(super) by_address: HashMap<Address, usize>,
    pub(super) by_index: HashMap<usize, Address>,
    /// Addresses for which a killed run may have made an object.
    watched: HashSet<Address>,
    /// Addresses of which the ledger knows only what a killed run has made for them. What a run that
    /// ended has made has a name, unless that is a secret.
    begun: HashSet<Address>,
}

impl Owners {
    pub(super) fn of(live: &Live, options: &Options) -> Self {
        let mut by_address = HashMap::new();
        let mut by_index = HashMap::new();
        let mut begun = HashSet::default();
        for (address, entry) in options.ledger.iter().flat_map(|ledger| &ledger.resources) {
            if entry.key.is_unknown() && entry.fields.is_empty() && !entry.adopted {
                begun.insert(address.clone());
            }
            // More than one where a run ended between the halves of a replacement.
            let indices = entry
                .ids()
                .filter_map(|id| live.find_id(address.collection, id));
            for index in indices {
                by_address.entry(address.clone()).or_insert(index);
                by_index.insert(index, address.clone());
            }
        }
        Self {
            by_address,
            by_index,
            watched: options
                .watched
                .iter()
                .map(|(address, _)| address.clone())
                .collect(),
            begun,
        }
    }

    /// Whether a live object of the address's name was made for the address, by the ledger or, of a
    /// resource in parts, by a run that did not get to say so.
    pub(super) fn has_made(&self, address: &Address, named: usize, live: &Live) -> bool {
        let in_parts = |object: &LiveObject| !object.parts.is_empty();
        self.by_index.get(&named) == Some(address)
            || (self.watched.contains(address) && live.objects.get(named).is_some_and(in_parts))
    }

    /// Whether a run that ended too early was about to move a resource in parts to another place:
    /// the new ones are there, and the old ones are left to be removed.
    pub(super) fn is_moving(
        &self,
        address: &Address,
        named: usize,
        old: usize,
        live: &Live,
        desired: &Desired,
    ) -> bool {
        let in_parts = |object: &LiveObject| !object.parts.is_empty();
        let watched = self.watched.contains(address);
        // The handle may have changed with the place: then the old parts are of an address that nobody
        // declares any more.
        let is_begun = watched || self.begun.contains(address);
        let is_given_up = |of_old: &Address| !desired.state.contains_key(of_old);
        let by_ledger = match (self.by_index.get(&old), self.by_index.get(&named)) {
            (Some(of_old), Some(of_named)) => {
                of_named == address && (of_old == address || is_begun && is_given_up(of_old))
            }
            (Some(of_old), None) => watched && (of_old == address || is_given_up(of_old)),
            (None, None) => watched,
            (None, Some(of_named)) => of_named == address && is_begun,
        };
        by_ledger && live.objects.get(named).is_some_and(in_parts)
    }

    /// Whether the ledger says that the address is the object of the old name, and that the new name
    /// is still that of another declared address, which gives it up.
    pub(super) fn is_renamed_in_turn(
        &self,
        address: &Address,
        named: usize,
        old: usize,
        desired: &Desired,
    ) -> bool {
        self.by_address.get(address) == Some(&old)
            && self.by_index.get(&named) != Some(address)
            && self.is_of_another(named, desired)
    }

    /// The address that owns a live object and must never lose it.
    pub(super) fn protected(&self, index: usize, options: &Options) -> Option<&Address> {
        let address = self.by_index.get(&index)?;
        let entry = options.ledger.as_ref()?.resources.get(address)?;
        entry.prevent_destroy.then_some(address)
    }

    /// What addresses own besides the object that they are bound to, in the order of reading.
    pub(super) fn left_over(&self, rows: &Rows) -> Vec<(usize, &Address)> {
        let mut left: Vec<(usize, &Address)> = self
            .by_index
            .iter()
            .filter(|(index, address)| rows.object(address).is_some_and(|one| one != **index))
            .map(|(index, address)| (*index, address))
            .collect();
        left.sort_unstable();
        left
    }

    /// Whether a live object is owned by another declared address that gives it another name: then
    /// whoever takes the name is a new one.
    pub(super) fn gives_up(
        &self,
        (desired, live): (&Desired, &Live),
        index: usize,
        address: &Address,
        options: &Options,
    ) -> bool {
        let Some(owner) = self.by_index.get(&index).filter(|owner| *owner != address) else {
            return false;
        };
        let is_bound = self.by_address.get(owner) == Some(&index);
        let Some(resource) = desired.state.get(owner).filter(|_| is_bound) else {
            return false;
        };
        let id = |reference: &Reference| live.in_scope(reference);
        let new = key(resource.kind, live.dialect, &resource.body, &id);
        let old = live.key_of(index);
        // A name that somebody gave it in Zoho Desk is no name that the manifests gave up.
        let was_given = options.ledger.iter().any(|ledger| {
            let entry = ledger.get(owner);
            entry.is_some_and(|entry| entry.key.is_unknown() || Some(&entry.key) == old.as_ref())
        });
        was_given && new.is_some() && new != old
    }

    /// Whether a live object is owned by an address that is declared: then only that one may have it.
    pub(super) fn is_of_another(&self, index: usize, desired: &Desired) -> bool {
        self.by_index
            .get(&index)
            .is_some_and(|address| desired.state.contains_key(address))
    }
}

pub(super) fn two_candidates(
    (desired, live, owners): (&Desired, &Live, &Owners),
    address: &Address,
    owned: usize,
    named: usize,
) -> Problem {
    let id = |index: usize| {
        live.objects
            .get(index)
            .map_or_else(String::new, |object| object.id.clone())
    };
    Problem::error(
        Code::TwoCandidates,
        format!(
            "`{address}` may be the object `{}` by the ledger or the object `{}` by its name",
            id(owned),
            id(named)
        ),
    )
    .at(place(desired, address, ""), "declared here")
    .help(match owners.by_index.get(&named) {
        Some(holder) if !desired.state.contains_key(holder) => format!(
            "`{holder}` has that name and is no longer declared: take its lines away and apply, and write the name here after that; or take that one with `deskform ledger adopt '{address}' {}`",
            id(named)
        ),
        _ => format!(
            "take the one of that name with `deskform ledger adopt '{address}' {}`, or rename or delete it in Zoho Desk",
            id(named)
        ),
    })
}

/// Finds what is owned and no longer declared. What any address claims is never pruned.
pub(super) fn prune(
    owners: &Owners,
    live: &mut Live,
    options: &Options,
    bound: &mut Bound,
    going: &mut Vec<Going>,
) {
    let claimed: HashSet<usize> = going
        .iter()
        .map(|one| one.object)
        .chain(bound.disputed.iter().copied())
        .collect();
    let mut indices: Vec<usize> = (0..live.objects.len())
        .filter(|index| live.bound(*index).is_none() && !claimed.contains(index))
        .filter(|index| {
            live.objects.get(*index).is_some_and(|object| {
                object.kind.managed
                    && match options.prune(object.kind) {
                        Prune::None => false,
                        Prune::Owned => owners.by_index.contains_key(index),
                        Prune::All => forbidden(object, Deed::PruneAll).is_none(),
                    }
            })
        })
        .collect();
    // A resource that is ignored as a whole is left as it is live, declared or not.
    if !options.ignore.is_empty() {
        indices.retain(|index| {
            let address = owners.by_index.get(index).cloned();
            let address = address.or_else(|| live.address_of(*index));
            address.is_none_or(|address| options.ignoring(&address, None).is_none())
        });
    }
    indices.sort_by_key(|index| live.address_of(*index));
    for index in indices {
        let mut one = Going {
            object: index,
            ..Going::default()
        };
        let entry = owners.by_index.get(&index).and_then(|address| {
            let ledger = options.ledger.as_ref()?;
            Some((address.clone(), ledger.resources.get(address)?))
        });
        if let Some((address, entry)) = entry {
            if entry.prevent_destroy {
                let problem = Problem::error(
                    Code::PreventDestroy,
                    format!("`{address}` is no longer declared, and its `preventDestroy` forbids that it is removed"),
                )
                .help(format!(
                    "declare it again, or let go of it with `deskform ledger forget '{address}'`"
                ));
                bound.held.push(Held {
                    object: index,
                    problem,
                });
            }
            if bound.rows.is_live(&address) {
                one.replaced_by = Some(address);
            } else {
                live.bind(index, address);
            }
        }
        going.push(one);
    }
}
