//! Which quirk is which reading of a doubtful fact.

use std::fmt;
use std::str::FromStr;

use super::Quirks;
use super::spec::QUIRKS;
use crate::doubt::{
    ADDRESSES, ALL, DAYS, DUPLICATES, Doubt, EDITION, EMPTY_LISTS, EMPTY_VALUES, FLAGS,
};
use crate::doubt::{IDS, LEFT_OUT, LIMITS, PAGES, PRICES, Reading, SECTIONS};
use crate::problem::nearest;

/// The readings that are quirks, by the quirk's name. Every other one is how the simulator answers anyway.
static READINGS: [(&Doubt, &str, &str); 15] = [
    (&PAGES, "0", "pages-from-0"),
    (&PAGES, "1", "pages-from-1"),
    (&PRICES, "higher", "dear-pages"),
    (&LIMITS, "untold", "limits-untold"),
    (&EDITION, "unshown", "edition-unshown"),
    (&SECTIONS, "kept", "sections-merge"),
    (&LEFT_OUT, "kept", "keeps-left-out"),
    (&EMPTY_VALUES, "null", "nulls"),
    (&EMPTY_VALUES, "left-out", "omit-nulls"),
    (&EMPTY_LISTS, "200", "empty-200"),
    (&IDS, "numbers", "ids-as-numbers"),
    (&FLAGS, "texts", "booleans-as-strings"),
    (&DAYS, "numbers", "days-as-numbers"),
    (&ADDRESSES, "lowered", "lower-case-emails"),
    (&DUPLICATES, "taken", "duplicates-taken"),
];

/// A reading of a doubtful fact, written `FACT=READING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// The fact.
    pub doubt: &'static Doubt,
    /// How it is read.
    pub reading: &'static Reading,
}

/// Why a text names no reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadingError {
    /// It is no `FACT=READING`.
    #[error("`{0}` names no reading; write it as `layout-sections=kept`")]
    Form(String),
    /// There is no such fact.
    #[error("`{name}` is no doubtful fact; {way}")]
    Doubt {
        /// What stands for the fact.
        name: String,
        /// What there is.
        way: String,
    },
    /// The fact has no such reading.
    #[error("`{name}` is no reading of `{of}`; it has {known}")]
    Reading {
        /// What stands for the reading.
        name: String,
        /// The fact.
        of: &'static str,
        /// Its readings.
        known: String,
    },
}

impl FromStr for Chosen {
    type Err = ReadingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, reading) = text
            .split_once('=')
            .ok_or_else(|| ReadingError::Form(text.to_owned()))?;
        let doubt = Doubt::named(name).ok_or_else(|| {
            let names = || ALL.iter().map(|doubt| doubt.name);
            let way = nearest(name, names()).map_or_else(
                || format!("the facts are {}", ticked(names())),
                |near| format!("did you mean `{near}`?"),
            );
            ReadingError::Doubt {
                name: name.to_owned(),
                way,
            }
        })?;
        let found = doubt
            .reading(reading)
            .ok_or_else(|| ReadingError::Reading {
                name: reading.to_owned(),
                of: doubt.name,
                known: ticked(doubt.readings.iter().map(|one| one.name)),
            })?;
        Ok(Self {
            doubt,
            reading: found,
        })
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.doubt.name, self.reading.name)
    }
}

impl Chosen {
    /// Every reading of every doubtful fact.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |doubt: &'static Doubt| {
            let readings = doubt.readings.iter();
            readings.map(move |reading| Self { doubt, reading })
        };
        ALL.into_iter().flat_map(of)
    }
}

impl Quirks {
    /// The reading of a doubtful fact that a quirk has chosen, if one has.
    #[must_use]
    pub fn chosen(&self, doubt: &Doubt) -> Option<&'static str> {
        let mut quirks = READINGS.iter().filter(|(of, ..)| *of == doubt);
        quirks.find_map(|(_, reading, quirk)| {
            let mut with = self.clone();
            set(&mut with, quirk);
            (with == *self).then_some(*reading)
        })
    }

    /// Reads a doubtful fact in this way; how the others are read stays.
    ///
    /// A reading that is no quirk is how the simulator answers anyway, so that nothing changes.
    pub fn read_as(&mut self, chosen: Chosen) {
        let quirk = READINGS
            .iter()
            .find(|(doubt, reading, _)| *doubt == chosen.doubt && *reading == chosen.reading.name);
        if let Some((.., quirk)) = quirk {
            set(self, quirk);
        }
    }
}

fn set(quirks: &mut Quirks, name: &str) {
    let known = QUIRKS.iter().find(|(known, _)| *known == name);
    if let Some((_, switch)) = known {
        switch(quirks);
    }
}

fn ticked<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reading_is_a_quirk_of_its_own_or_how_the_simulator_answers_anyway() {
        for (doubt, reading, quirk) in READINGS {
            assert!(doubt.reading(reading).is_some(), "{}={reading}", doubt.name);
            assert!(QUIRKS.iter().any(|(name, _)| *name == quirk), "{quirk}");
        }
        for doubt in ALL {
            assert_eq!(Quirks::default().chosen(doubt), None, "{}", doubt.name);
            let quirks = READINGS.iter().filter(|(of, ..)| *of == doubt).count();
            assert!(quirks + 1 >= doubt.readings.len(), "{}", doubt.name);
        }
        for chosen in Chosen::all() {
            assert_eq!(chosen.to_string().parse(), Ok(chosen));
            let mut quirks = Quirks::default();
            quirks.read_as(chosen);
            let found = quirks.chosen(chosen.doubt);
            assert!(
                found.is_none_or(|name| name == chosen.reading.name),
                "{chosen}"
            );
            let mut others = ALL.into_iter().filter(|doubt| *doubt != chosen.doubt);
            assert_eq!(
                others.find_map(|doubt| quirks.chosen(doubt)),
                None,
                "{chosen}"
            );
        }
    }

    #[test]
    fn what_names_no_reading_is_refused_with_the_way_out() {
        for (text, expected) in [
            (
                "pages",
                "`pages` names no reading; write it as `layout-sections=kept`",
            ),
            (
                "page=1",
                "`page` is no doubtful fact; did you mean `pages`?",
            ),
            ("pages=2", "`2` is no reading of `pages`; it has `0`, `1`"),
        ] {
            let error = text.parse::<Chosen>().unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let error = "something-else=1".parse::<Chosen>().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("the facts are `pages`, `prices`"),
            "{error}"
        );
    }
}
