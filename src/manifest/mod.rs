//! From files to the desired state, and from a state to files.
//!
//! [`Files`] alone touch the disk, also for the texts that manifests name. [`compose`] merges the texts, replaces
//! expressions, resolves references and checks everything; what is wrong is reported at symbolic
//! places, and bytes are worked out only when a report is rendered.

mod among;
mod check;
pub mod compose;
mod convert;
mod digest;
mod expression;
pub mod files;
mod foreign;
mod in_clear;
mod in_texts;
mod keyed;
mod lately;
mod lifecycle;
mod merged;
mod one_map;
mod origin;
mod overlay;
mod presumed;
mod resolve;
mod rules;
mod secret_text;
mod shallow;
mod table;
pub(crate) mod texts;
mod tombstones;
mod violation;
pub mod write;

pub use compose::{Desired, Detail, Tombstone, compose};
pub use files::{Files, Sources, files, stray_in};
pub use merged::{declared, secret_names};
pub use origin::Origin;
pub(crate) use resolve::article;
pub use write::{to_files, to_sources, to_yaml};
