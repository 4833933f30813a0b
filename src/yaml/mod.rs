//! YAML with places and without domain: texts, what they hold, and where each part of it stands.

pub(crate) mod cells;
pub mod closed;
pub mod edit;
pub mod lines;
pub(crate) mod load;
pub(crate) mod odd;
pub mod places;
mod portions;
pub(crate) mod raw;
pub(crate) mod slips;
pub mod source;
pub(crate) mod variables;
pub(crate) mod walk;
pub mod words;
pub(crate) mod written;

pub use source::Source;
