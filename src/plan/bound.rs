//! Which live object each declared resource is.

use foldhash::{HashMap, HashSet};

use crate::manifest::Desired;
use crate::problem::Place;
use crate::state::{Address, Heirs, State};

/// The desired state with every reference as an address.
#[derive(Debug, Default)]
pub struct Bound {
    /// What is wanted, in the same normal form as the live side.
    pub desired: State,
    /// The live object behind an address.
    pub live: HashMap<Address, usize>,
    /// Who takes over what hangs on a declared resource that is removed, as addresses.
    pub heirs: HashMap<Address, Heirs>,
    /// Likewise for live objects that a tombstone names.
    pub heirs_of_tombstones: HashMap<usize, Heirs>,
    /// Live objects that a resource owns besides the one that it is, by the resource's address: a run
    /// ended between the halves of a replacement, and this is the half that is to go.
    pub replaced: HashMap<usize, Address>,
    /// Live objects that a tombstone names, with the tombstone's place.
    pub tombstones: Vec<(usize, Place)>,
    /// Which of them a resource leaves that moves, by its address: their parts go when all parts of the
    /// new place are there.
    pub left: HashMap<usize, Address>,
    /// Live objects that are owned, or that everything is to be owned of, and not declared.
    pub pruned: Vec<usize>,
    /// Addresses whose live object the ledger knew already.
    pub known: HashSet<Address>,
    /// Addresses that cannot be compared since a secret is missing.
    pub not_compared: Vec<Address>,
    /// Addresses of which a problem says why nobody knows what they are; never in a plan.
    pub unclear: HashSet<Address>,
    /// Live objects of which a problem says that an unclear address may mean them; never removed.
    pub disputed: HashSet<usize>,
}

/// The place of a declaration, or of a field in it (`departments`, `cf/region`).
#[must_use]
pub fn place(desired: &Desired, address: &Address, path: &str) -> Place {
    desired.details.get(address).map_or_else(
        || Place {
            file: "".into(),
            document: 0,
            pointer: String::new(),
            part: crate::problem::Part::Key,
        },
        |detail| detail.origin.place(path),
    )
}
