//! Which files made a resource, and where in them a field stands.

use std::sync::Arc;

use super::table::Table;
use crate::problem::{Part, Place};
use crate::state::Address;
use crate::yaml::raw::{At, Raw};

/// Where a resource comes from; places are made only when something is reported.
///
/// It does not hold the address, which everybody has who has an origin: there may be very many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its document, which all resources there share: there may be very many.
    document: Arc<FileDocument>,
    /// Where its row begins in a table, in bytes.
    row: u32,
    /// Overlays that changed it, in order, if there are any.
    layers: Option<Box<Layers>>,
}

/// A document of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileDocument {
    /// The file's name.
    pub(crate) file: Arc<str>,
    /// Its number in the file, from 0.
    pub(crate) number: u32,
    /// How it is read, where it is a table.
    pub(crate) table: Option<Table>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Layers(Vec<Layer>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Layer {
    document: Arc<FileDocument>,
    /// The pointers below the resource that the overlay sets.
    paths: Vec<String>,
}

impl Origin {
    pub(crate) const fn new(document: Arc<FileDocument>) -> Self {
        Self::of_row(document, 0)
    }

    /// Says that the resource is the row of a table that begins at a byte.
    pub(crate) const fn of_row(document: Arc<FileDocument>, row: u32) -> Self {
        Self {
            document,
            row,
            layers: None,
        }
    }

    /// The document that declares the resource.
    pub(crate) const fn document(&self) -> &Arc<FileDocument> {
        &self.document
    }

    /// The table in whose row a field of the resource stands, if it does.
    pub(crate) fn table(&self, path: &str) -> Option<&Table> {
        self.document.table.as_ref()?;
        self.layer(path).table.as_ref()
    }

    /// Notes that an overlay changes the resource.
    pub(crate) fn overlay(&mut self, document: Arc<FileDocument>, body: &Raw) {
        let mut paths = Vec::new();
        collect(body, At::ROOT, &mut paths);
        let Layers(layers) = &mut **self.layers.get_or_insert_default();
        layers.push(Layer { document, paths });
    }

    /// The place of a field of the resource `address`, or of the resource itself where `path` is empty.
    ///
    /// `path` is a JSON pointer below the resource; the first slash may be left out:
    /// `name`, `/responseTime/businessHours`, `departments/0`. What no file writes is shown at the
    /// nearest thing above it.
    #[must_use]
    pub fn place(&self, address: &Address, path: &str) -> Place {
        self.part(address, path, Part::Value)
    }

    /// The place of a field's key.
    #[must_use]
    pub fn key(&self, address: &Address, path: &str) -> Place {
        self.part(address, path, Part::Key)
    }

    pub(crate) fn part(&self, address: &Address, path: &str, part: Part) -> Place {
        let path = match path.strip_prefix('/') {
            Some(_) | None if path.is_empty() => String::new(),
            Some(_) => path.to_owned(),
            None => format!("/{path}"),
        };
        let document = self.layer(&path);
        if let Some(table) = &document.table {
            return table.place(&document.file, self.row, (address, &path), part);
        }
        Place {
            file: Arc::clone(&document.file),
            document: document.number,
            pointer: address.pointer(&path),
            part: if path.is_empty() { Part::Key } else { part },
        }
    }

    /// The last file that sets a path or something above it.
    fn layer(&self, path: &str) -> &FileDocument {
        let Some(Layers(layers)) = self.layers.as_deref() else {
            return &self.document;
        };
        let mut path = path;
        while !path.is_empty() {
            for layer in layers.iter().rev() {
                if layer.paths.iter().any(|set| set == path) {
                    return &layer.document;
                }
            }
            path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            // A map that an overlay adds to is still the base's.
            if path.matches('/').count() <= 1 {
                break;
            }
        }
        &self.document
    }
}

fn collect(raw: &Raw, at: At<'_>, paths: &mut Vec<String>) {
    match raw {
        Raw::Map(entries) => {
            for (key, value) in entries {
                let here = at.key(key);
                paths.push(here.pointer());
                collect(value, here, paths);
            }
        }
        Raw::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let here = at.index(index);
                paths.push(here.pointer());
                collect(item, here, paths);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::raw::read;

    #[test]
    fn the_last_file_that_sets_a_path_is_named() {
        let document = |file: &str, number| {
            let file = file.into();
            Arc::new(FileDocument {
                file,
                number,
                table: None,
            })
        };
        let address = Address::new("slas", "a/b");
        let mut origin = Origin::new(document("base.yaml", 1));
        origin.overlay(
            document("over.yaml", 0),
            &read("{responseTime: {businessHours: 4}, list: [x]}"),
        );
        for (path, file) in [
            ("", "base.yaml"),
            ("name", "base.yaml"),
            ("responseTime/businessHours", "over.yaml"),
            ("/responseTime/calendarHours", "base.yaml"),
            ("list/0", "over.yaml"),
            ("list", "over.yaml"),
        ] {
            let place = origin.place(&address, path);
            assert_eq!(&*place.file, file, "{path}");
            assert!(place.pointer.starts_with("/slas/a~1b"));
        }
        assert_eq!(origin.place(&address, "name").document, 1);
        assert_eq!(origin.place(&address, "").part, Part::Key);
    }
}
