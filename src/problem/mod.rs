//! Problems and exit codes: this module alone knows how errors are worded and ranked.

mod code;
pub mod reason;

use std::fmt;
use std::sync::Arc;

pub use code::Code;

/// Lists the exit codes, on which scripts may rely.
pub mod exit {
    /// Done, or nothing to do. Manual steps alone leave `apply` at this.
    pub const OK: u8 = 0;
    /// Error, usage error, guard, stale plan, declined: nothing was applied.
    pub const ERROR: u8 = 1;
    /// `plan --detailed-exitcode` and `drift`: there is a difference, or a manual step nobody acknowledged.
    pub const DIFFERENCE: u8 = 2;
    /// Something was applied and something was not, or a signal stopped the run while it wrote.
    pub const PARTIAL: u8 = 3;

    /// Every exit code with what it means.
    pub const ALL: [(u8, &str); 4] = [
        (
            OK,
            "Done, or nothing to do. Steps that are left to do by hand leave `apply` at this.",
        ),
        (
            ERROR,
            "An error, a wrong use, a guard, a stale plan or a `no`. Nothing was applied.",
        ),
        (
            DIFFERENCE,
            "`plan --detailed-exitcode` and `drift`: there is a difference, or a step by hand that nobody acknowledged.",
        ),
        (
            PARTIAL,
            "Something was applied and something was not, or a signal stopped the run while it wrote.",
        ),
    ];
}

/// Tells which part of a map's entry a place means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The place means the key.
    Key,
    /// The place means the value.
    Value,
    /// The place means bytes of the file that no pointer leads to.
    ///
    /// Invalid YAML is such a place, and so is the second of two equal keys.
    Bytes {
        /// The first byte stands at this offset.
        start: usize,
        /// The last byte stands right before this offset.
        end: usize,
    },
}

/// Names a place in a file of the project; its bytes are worked out only when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file's path starts at the project folder and has forward slashes.
    pub file: Arc<str>,
    /// The documents of a file are counted from 0.
    pub document: u32,
    /// The JSON pointer leads to the place inside the document.
    pub pointer: String,
    /// The part says what is meant at the pointer.
    pub part: Part,
}

impl Place {
    /// Names the value where the place means a key; bytes stay what they are.
    #[must_use]
    pub fn value(self) -> Self {
        let part = match self.part {
            Part::Key => Part::Value,
            other => other,
        };
        Self { part, ..self }
    }

    /// Names a whole file, which is shown at its beginning.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            document: 0,
            pointer: String::new(),
            part: Part::Bytes { start: 0, end: 0 },
        }
    }
}

/// Makes a remark at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The remark belongs to this place.
    pub place: Place,
    /// The remark has this text.
    pub text: String,
    /// The remark means this part of the text at its place, such as one `${…}` expression.
    pub focus: Option<String>,
}

/// Tells how bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run goes on.
    Warning,
    /// The run stops before anything is written.
    Error,
}

/// Describes one thing that is wrong, with the places that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The code says which problem this is.
    pub code: Code,
    /// The severity says whether the run stops.
    pub severity: Severity,
    /// The message begins in lower case and has no final period.
    pub message: String,
    /// The labels show first what is wrong, then what forbids it.
    pub labels: Vec<Label>,
    /// The help tells the way out.
    pub help: Option<String>,
}

impl Problem {
    /// Makes an error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Makes a warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Adds a label.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            place,
            text: text.into(),
            focus: None,
        });
        self
    }

    /// Adds a label on `focus` in the text at a place: where it stands by itself first, else where it
    /// stands first.
    #[must_use]
    pub fn at_part(
        mut self,
        place: Place,
        focus: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        self.labels.push(Label {
            place,
            text: text.into(),
            focus: Some(focus.into()),
        });
        self
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Collects everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    /// The problems stand in the order in which they were found until they are sorted.
    pub list: Vec<Problem>,
}

impl Problems {
    /// Tells whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// Sorts them by the place of their first label; those without a place come first.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            let place = |problem: &Problem| problem.labels.first().map(|label| label.place.clone());
            place(a)
                .cmp(&place(b))
                .then_with(|| (a.code, &a.message).cmp(&(b.code, &b.message)))
        });
    }

    /// Counts the errors and the warnings in words, such as `2 problems and 1 warning`.
    #[must_use]
    pub fn count(&self) -> String {
        let errors = self
            .list
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .count();
        let warnings = self.list.len() - errors;
        match (errors, warnings) {
            (errors, 0) => counted(errors, "problem"),
            (0, warnings) => counted(warnings, "warning"),
            (errors, warnings) => format!(
                "{} and {}",
                counted(errors, "problem"),
                counted(warnings, "warning")
            ),
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self {
            list: vec![problem],
        }
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(list: Vec<Problem>) -> Self {
        Self { list }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list.as_slice() {
            [problem] => f.write_str(&problem.message),
            _ => f.write_str(&self.count()),
        }
    }
}

impl std::error::Error for Problems {}

/// Writes a number with its noun, such as `1 file`, `3 files` or `2 sets of business hours`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    // What one is made of comes behind the word that counts.
    let end = noun.find(" of ").unwrap_or(noun.len());
    let (head, rest) = noun.split_at(end);
    match head.strip_suffix("ory") {
        Some(stem) => format!("{count} {stem}ories{rest}"),
        None => format!("{count} {head}s{rest}"),
    }
}

/// Lists words in backticks for a sentence: "`a`, `b` or `c`".
#[must_use]
pub fn ticked<S: AsRef<str>>(words: &[S], conjunction: &str) -> String {
    let ticked: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    listed(&ticked, conjunction)
}

/// Words that a sentence names, where there are many.
const FEW: usize = 3;

/// Lists a few words in backticks, and how many there are besides: "`a`, `b`, `c` and 2 more".
#[must_use]
pub fn few<S: AsRef<str>>(words: &[S]) -> String {
    match words.split_at_checked(FEW) {
        Some((first, rest)) if !rest.is_empty() => {
            let first = first.iter().map(|word| format!("`{}`", word.as_ref()));
            let first: Vec<String> = first.collect();
            format!("{} and {} more", first.join(", "), rest.len())
        }
        _ => ticked(words, "and"),
    }
}

/// Lists words for a sentence: "a, b or c".
#[must_use]
pub fn listed(words: &[String], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// Whether one word denies the other, as `inactive` does `active`: who writes the one means no other.
fn is_opposite(one: &str, other: &str) -> bool {
    const DENIALS: [&str; 6] = ["in", "un", "dis", "de", "non", "not"];
    let denies = |one: &str, other: &str| {
        let before = one.strip_suffix(other);
        before.is_some_and(|before| DENIALS.contains(&before.trim_end_matches(['-', '_', ' '])))
    };
    denies(one, other) || denies(other, one)
}

/// Finds the candidate that a mistyped word most likely stands for.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    // A third of the letters may be wrong, but never all of a short word.
    let limit = (length / 3).clamp(1, 5);
    candidates
        .into_iter()
        // What was written already is no proposal.
        .filter(|candidate| *candidate != word)
        // Texts of very different lengths are not compared: that would be slow for nothing.
        .filter(|candidate| candidate.len().abs_diff(lower.len()) <= 4 * limit)
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit && *distance < length.max(2))
        .filter(|(_, candidate)| !is_opposite(&lower, &candidate.to_lowercase()))
        .min_by_key(|(distance, candidate)| {
            let same = candidate
                .chars()
                .zip(word.chars())
                .take_while(|(a, b)| a == b)
                .count();
            (*distance, std::cmp::Reverse(same), *candidate)
        })
        .map(|(_, candidate)| candidate)
}

/// Writes the help that names the nearest candidate, if one is near.
pub fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod lists {
    use super::{counted, few};

    #[test]
    fn the_word_that_counts_is_the_one_of_several() {
        for (count, noun, wanted) in [
            (1, "set of business hours", "1 set of business hours"),
            (2, "set of business hours", "2 sets of business hours"),
            (0, "skill", "0 skills"),
            (
                3,
                "root category of the knowledge base",
                "3 root categories of the knowledge base",
            ),
        ] {
            assert_eq!(counted(count, noun), wanted);
        }
    }

    #[test]
    fn a_few_names_stand_in_a_sentence() {
        let names = ["a", "b", "c", "d", "e"];
        assert_eq!(few(&names[..2]), "`a` and `b`");
        assert_eq!(few(&names[..3]), "`a`, `b` and `c`");
        assert_eq!(few(&names), "`a`, `b`, `c` and 2 more");
    }
}

#[cfg(test)]
mod opposites {
    use super::nearest;

    #[test]
    fn a_word_that_denies_another_does_not_stand_for_it() {
        for (word, candidates) in [
            ("INACTIVE", &["ACTIVE", "DISABLED"][..]),
            ("disabled", &["abled"]),
            ("not-public", &["public"]),
            ("visible", &["invisible"]),
        ] {
            assert_eq!(nearest(word, candidates.iter().copied()), None, "{word}");
        }
        assert_eq!(nearest("ACTVE", ["ACTIVE", "DISABLED"]), Some("ACTIVE"));
        assert_eq!(nearest("A/Z", ["A/Z"]), None);
        assert_eq!(nearest("billing", ["Billing", "billing"]), Some("Billing"));
    }
}
