//! What the fuzz targets share: the doors of `tests/untrusted.rs`.

#[path = "../../tests/untrusted/entry.rs"]
pub mod entry;
