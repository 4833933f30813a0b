//! Names that stand below a key that is not understood: the key is reported, and what refers to them is
//! right as far as anybody knows.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use crate::kind::find;
use crate::problem::nearest;
use crate::yaml::raw::Raw;

/// The names, by the collection that was most likely meant, or else by none.
#[derive(Debug, Default)]
pub(crate) struct Presumed(HashMap<Option<&'static str>, HashSet<Arc<str>>>);

impl Presumed {
    /// Takes up what stands below a key at the root of a file; it may be a handle itself.
    pub(super) fn add(&mut self, key: &Arc<str>, raw: &Raw, known: &[&'static str]) {
        let near = nearest(key, known.iter().copied());
        let collection = near.and_then(find).map(|kind| kind.collection);
        let names = self.0.entry(collection).or_default();
        if let Raw::Map(entries) = raw {
            names.extend(entries.iter().map(|(name, _)| Arc::clone(name)));
        }
        if collection.is_none() {
            names.insert(Arc::clone(key));
        }
    }

    /// Takes up a name of a collection.
    pub(super) fn add_name(&mut self, collection: &'static str, name: &str) {
        let names = self.0.entry(Some(collection)).or_default();
        names.insert(name.into());
    }

    /// Whether a name may be that of a resource of a collection.
    pub(crate) fn has(&self, collection: &str, name: &str) -> bool {
        let mut presumed = self.0.iter();
        presumed.any(|(meant, names)| {
            meant.is_none_or(|meant| meant == collection) && names.contains(name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::foreign::known_words;

    #[test]
    fn a_name_is_presumed_where_it_was_most_likely_meant() {
        let mut presumed = Presumed::default();
        let below = |name: &str| Raw::Map(vec![(name.into(), Raw::Null)]);
        presumed.add(&"department".into(), &below("Support"), known_words());
        presumed.add(&"Whatever".into(), &below("Lead"), known_words());
        for (collection, name, expected) in [
            ("departments", "Support", true),
            ("teams", "Support", false),
            ("departments", "department", false),
            ("roles", "Lead", true),
            ("teams", "Lead", true),
            ("roles", "Whatever", true),
            ("departments", "Sales", false),
        ] {
            assert_eq!(
                presumed.has(collection, name),
                expected,
                "{collection}/{name}"
            );
        }
    }
}
