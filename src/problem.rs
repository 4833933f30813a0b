//! Problems, failures and exit codes: the one place that knows how errors are worded and ranked.

use std::sync::Arc;

/// Exit codes; documented for scripts.
pub mod exit {
    /// Done, or nothing to do. Manual steps alone leave `apply` at this.
    pub const OK: u8 = 0;
    /// Error, usage error, guard, stale plan, declined: nothing was applied.
    pub const ERROR: u8 = 1;
    /// `plan --detailed-exitcode` and `drift`: there is a difference, or a manual step nobody acknowledged.
    pub const DIFFERENCE: u8 = 2;
    /// Something was applied and something was not.
    pub const PARTIAL: u8 = 3;
}

/// Which part of a mapping entry a place means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
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

/// A place with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be said there.
    pub text: String,
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
    /// A stable name in kebab-case, such as `unknown-key`.
    pub code: &'static str,
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
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
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
