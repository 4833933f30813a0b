//! stub
use crate::problem::*;
use crate::state::*;
use indexmap::IndexMap;
#[derive(Debug, Default)]
pub struct Desired {
    pub state: State,
    pub details: IndexMap<Address, Detail>,
    pub removed: Vec<Tombstone>,
    pub warnings: Vec<Problem>,
    pub digest: String,
}
#[derive(Debug)]
pub struct Detail {
    pub lifecycle: Lifecycle,
    pub origin: Origin,
}
#[derive(Debug)]
pub struct Origin;
impl Origin {
    pub fn place(&self, _path: &str) -> Place {
        Place {
            file: "x".into(),
            document: 0,
            pointer: String::new(),
            part: Part::Value,
        }
    }
}
#[derive(Debug)]
pub struct Tombstone {
    pub collection: &'static str,
    pub identity: String,
    pub place: Place,
}
