//! From files to the desired state, and from a state to files.
//!
//! [`files`] is the only function that touches the disk. [`compose`] merges the texts, replaces
//! expressions, resolves references and checks everything; what is wrong is reported at symbolic
//! places, and bytes are worked out only when a report is rendered.

mod address;
mod check;
mod closed;
pub mod compose;
mod convert;
mod custom;
mod digest;
pub mod identity;
pub(crate) mod load;
mod origin;
pub mod places;
pub(crate) mod raw;
mod resolve;
mod secret_text;
pub mod source;
mod subscriptions;
pub(crate) mod variables;
pub(crate) mod walk;
pub mod write;

pub(crate) use address::forms as address_forms;
pub use closed::{Closed, is_secret_by_name, names_of_secrets};
pub use compose::{Desired, Detail, Tombstone, compose, secret_names};
pub use origin::Origin;
pub use source::{Source, Sources, elsewhere, files};
pub use write::{to_sources, to_yaml};
