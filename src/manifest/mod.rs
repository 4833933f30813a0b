//! From files to the desired state.
pub(crate) mod load;
pub mod places;
pub(crate) mod raw;
pub mod source;
pub(crate) mod variables;
pub(crate) mod walk;
