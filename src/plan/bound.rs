//! Which live object each declared resource is.

use foldhash::HashSet;

use crate::manifest::Desired;
use crate::plan::row::Rows;
use crate::problem::{Place, Problem};
use crate::state::Address;

/// What matching finds out.
#[derive(Debug, Clone, Default)]
pub struct Bound {
    /// What is known of each address.
    pub rows: Rows,
    /// Live objects of which a problem says that an unclear address may mean them; never removed.
    pub disputed: HashSet<usize>,
    /// Live objects whose removal something forbids. They go in the plan all the same, which is refused
    /// for it, so that it can be shown.
    pub held: Vec<Held>,
}

/// A live object whose removal something forbids.
#[derive(Debug, Clone)]
pub struct Held {
    /// The object, by index.
    pub object: usize,
    /// What forbids it.
    pub problem: Problem,
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
        |detail| detail.origin.place(address, path),
    )
}
