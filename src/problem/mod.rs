//! Problems, failures and exit codes: the one place that knows how errors are worded and ranked.

mod code;

use std::fmt;
use std::sync::Arc;

pub use code::Code;

/// Exit codes; documented for scripts.
pub mod exit {
    /// Done, or nothing to do. Manual steps alone leave `apply` at this.
    pub const OK: u8 = 0;
    /// Error, usage error, guard, stale plan, declined: nothing was applied.
    pub const ERROR: u8 = 1;
    /// `plan --detailed-exitcode` and `drift`: there is a difference, or a manual step nobody acknowledged.
    pub const DIFFERENCE: u8 = 2;
    /// Something was applied and something was not, or a signal stopped the run while it wrote.
    pub const PARTIAL: u8 = 3;
}

/// Which part of a mapping entry a place means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
    /// Bytes of the file, where no pointer leads (invalid YAML, the second of two equal keys).
    Bytes {
        /// Offset of the first byte.
        start: usize,
        /// Offset behind the last byte.
        end: usize,
    },
}

/// A symbolic place in a file of the project; bytes are worked out only when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the project folder, with forward slashes.
    pub file: Arc<str>,
    /// The document in the file, from 0.
    pub document: u32,
    /// The JSON pointer inside the document.
    pub pointer: String,
    /// Key or value.
    pub part: Part,
}

impl Place {
    /// The file as a whole, shown at its beginning.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            document: 0,
            pointer: String::new(),
            part: Part::Bytes { start: 0, end: 0 },
        }
    }
}

/// A place with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be said there.
    pub text: String,
    /// The part of the text at that place that is meant, such as one `${…}` expression.
    pub focus: Option<String>,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run goes on.
    Warning,
    /// The run stops before anything is written.
    Error,
}

/// One thing that is wrong with the input, with the places that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which problem it is.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// The sentence, lower case and without a final period.
    pub message: String,
    /// The offence first, then what forbids it.
    pub labels: Vec<Label>,
    /// The way out.
    pub help: Option<String>,
}

impl Problem {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// A warning.
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

    /// Adds a label on the first occurrence of `focus` in the text at a place.
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

/// Everything that is wrong, in the order in which it stands in the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    /// The problems.
    pub list: Vec<Problem>,
}

impl Problems {
    /// Whether one of them is an error.
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

    /// The errors and the warnings counted in words, such as `2 problems and 1 warning`.
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

/// A number with its noun, such as `1 file` or `3 files`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Words in back-ticks, as a list in a sentence: "`a`, `b` or `c`".
#[must_use]
pub fn ticked<S: AsRef<str>>(words: &[S], conjunction: &str) -> String {
    let ticked: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    match ticked.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// The candidate that a mistyped word most likely stands for.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    // A third of the letters may be wrong, but never all of a short word.
    let limit = (length / 3).clamp(1, 5);
    candidates
        .into_iter()
        // Texts of very different lengths are not compared: that would be slow for nothing.
        .filter(|candidate| candidate.len().abs_diff(lower.len()) <= 4 * limit)
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit && *distance < length.max(2))
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

/// The help that names the nearest candidate, if one is near.
pub fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}
