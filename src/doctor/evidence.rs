//! What answers give away, as words of deskform.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::dialect::Dialect;
use crate::doubt::{ADDRESSES, ALL, DAYS, Doubt, EMPTY_VALUES, FLAGS, IDS};
use crate::kind::{Kind, Shape};
use crate::live::at;

/// Kinds, or other places, by the reading that they have shown.
type Places = BTreeMap<&'static str, BTreeSet<&'static str>>;

/// What was found of one doubtful fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The fact.
    pub doubt: &'static Doubt,
    /// The readings that were seen, each with where. None means that nothing told, several that places
    /// differ.
    pub seen: Places,
}

/// Evidence as it is gathered.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// By the name of the fact.
    seen: BTreeMap<&'static str, Places>,
    nulls: BTreeSet<&'static str>,
    empty_texts: BTreeSet<&'static str>,
    lacking: BTreeSet<&'static str>,
}

impl Evidence {
    /// Notes that a place has shown a reading.
    pub(super) fn note(
        &mut self,
        doubt: &'static Doubt,
        reading: &'static str,
        place: &'static str,
    ) {
        let places = self.seen.entry(doubt.name).or_default();
        places.entry(reading).or_default().insert(place);
    }

    /// Whether anything was noted of a fact.
    pub(super) fn tells(&self, doubt: &Doubt) -> bool {
        self.seen.contains_key(doubt.name)
    }

    /// How objects of one listing show what they do not have.
    ///
    /// That some objects lack a key that others have is a weak sign: they may be of another sort, to which the
    /// key does not belong.
    pub(super) fn values(&mut self, place: &'static str, objects: &[Json]) {
        let objects: Vec<&Map<String, Json>> = objects.iter().filter_map(Json::as_object).collect();
        let keys: BTreeSet<&String> = objects.iter().flat_map(|object| object.keys()).collect();
        for object in &objects {
            if object.values().any(Json::is_null) {
                self.nulls.insert(place);
            }
            if object.values().any(|value| value.as_str() == Some("")) {
                self.empty_texts.insert(place);
            }
            if object.len() < keys.len() {
                self.lacking.insert(place);
            }
        }
    }

    /// How ids are written.
    pub(super) fn ids(&mut self, place: &'static str, key: &str, objects: &[Json]) {
        for id in objects.iter().filter_map(|object| object.get(key)) {
            match id {
                Json::String(_) => self.note(&IDS, "texts", place),
                Json::Number(_) => self.note(&IDS, "numbers", place),
                _ => {}
            }
        }
    }

    /// How values of the kind's fields are written.
    pub(super) fn fields(&mut self, kind: &Kind, dialect: Dialect, objects: &[Json]) {
        let place = kind.collection;
        for field in kind.fields {
            let Some(path) = field.wire(dialect).read_name() else {
                continue;
            };
            let values = objects.iter().filter_map(Json::as_object);
            for value in values.filter_map(|object| at(object, path)) {
                match (&field.shape, value) {
                    (Shape::Flag, Json::Bool(_)) => self.note(&FLAGS, "booleans", place),
                    (Shape::Flag, Json::String(text)) if text == "true" || text == "false" => {
                        self.note(&FLAGS, "texts", place);
                    }
                    (Shape::Date, Json::String(_)) => self.note(&DAYS, "texts", place),
                    (Shape::Date, Json::Number(_)) => self.note(&DAYS, "numbers", place),
                    // One without capitals may have been sent so.
                    (Shape::Email { .. }, Json::String(text))
                        if text.contains(|c: char| c.is_ascii_uppercase()) =>
                    {
                        self.note(&ADDRESSES, "kept", place);
                    }
                    _ => {}
                }
            }
        }
    }

    /// What all of it comes to.
    pub(super) fn findings(mut self) -> Vec<Finding> {
        let all = [&self.nulls, &self.lacking, &self.empty_texts];
        let all: BTreeSet<&'static str> = all.into_iter().flatten().copied().collect();
        for place in all {
            let lacks = self.lacking.contains(place);
            let others = lacks || self.empty_texts.contains(place);
            let reading = match (self.nulls.contains(place), others, lacks) {
                (true, false, _) => "null",
                (true, true, _) => "mixed",
                (false, _, true) => "left-out",
                // Empty texts alone may be how texts are shown, and nothing else.
                (false, _, false) => continue,
            };
            self.note(&EMPTY_VALUES, reading, place);
        }
        let finding = |doubt: &'static Doubt| Finding {
            doubt,
            seen: self.seen.get(doubt.name).cloned().unwrap_or_default(),
        };
        ALL.into_iter().map(finding).collect()
    }
}
