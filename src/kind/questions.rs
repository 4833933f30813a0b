//! What is asked about what only a person sets up: the words in which tables say it.

use super::rules::Sign;
use super::words::IGNORE_CHANGES;
use super::{Kind, Listing};
use crate::dialect::Dialect;

/// The questions of a kind whose resources are not objects of the API: each declares what is to be
/// there, and what the answers tell is its live side. Nothing makes, changes or removes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Questions {
    /// The questions.
    pub asked: &'static [Question],
    /// What an export asks.
    pub inventory: &'static [Inventory],
}

/// A question: a GET for one leaf of a map, asked where the leaf is declared.
///
/// The leaves of the map that no question has say what is asked about.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The field, a map.
    pub field: &'static str,
    /// The leaf that is compared with the answer.
    pub leaf: &'static str,
    /// The path of the GET, with places for leaves of the map: a text, or the id behind a reference. A
    /// parameter goes without a leaf that is left out.
    pub path: &'static str,
    /// What the answer tells.
    pub answer: Answer,
    /// Where a person sees to it.
    pub place: &'static str,
}

/// What an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A number, at this place of the answer.
    Number(&'static str),
    /// The names of what there is: of the declared ones those count that are among them.
    Names {
        /// The key of the list; none where every list of the answer counts.
        under: Option<&'static str>,
        /// The keys of an item that hold a name of it.
        keys: &'static [&'static str],
        /// Items on a page; 0 means that there are no pages. Places are counted from 0; where the server
        /// counts from 1 after all, pages overlap and nothing is left out.
        page: u32,
    },
}

/// What an export asks about each object of a kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The field, a map.
    pub field: &'static str,
    /// The leaf that refers to the objects.
    pub below: &'static str,
    /// Leaves with the words that are asked about.
    pub says: &'static [(&'static str, &'static str)],
    /// What stands behind the object's name in the name of the check.
    pub called: &'static str,
    /// The sign of an item whose name is written, where not all are.
    pub only: Option<Sign>,
}

impl Questions {
    /// The question about a leaf of a field.
    #[must_use]
    pub fn about(&self, field: &str, leaf: &str) -> Option<&'static Question> {
        let mut asked = self.asked.iter();
        asked.find(|question| question.field == field && question.leaf == leaf)
    }
}

/// Whether a text is the address of a check.
#[must_use]
pub fn is_of_check(address: &str) -> bool {
    let collection = address.split('/').next().unwrap_or_default();
    super::find(collection).is_some_and(Kind::is_check)
}

impl Kind {
    /// The questions that are asked in a dialect, where its resources are made of the answers.
    #[must_use]
    pub fn questions(&self, dialect: Dialect) -> Option<&'static Questions> {
        match self.api(dialect)?.listing {
            Listing::Asked(questions) => Some(questions),
            Listing::Whole(_) | Listing::Each(..) | Listing::Mentioned => None,
        }
    }

    /// Whether a key of `lifecycle` means something for it: what is only compared is not made, changed or
    /// removed.
    #[must_use]
    pub fn takes(&self, key: &str) -> bool {
        key == IGNORE_CHANGES || !self.is_check()
    }

    /// Whether its resources are made of answers to questions: they are compared, and nothing of them is
    /// ever written, owned or recorded.
    #[must_use]
    pub fn is_check(&self) -> bool {
        let mut dialects = Dialect::ALL.into_iter();
        dialects.any(|dialect| self.questions(dialect).is_some())
    }
}
