//! Plans, events and kinds as text, JSON and Markdown: pure functions that choose the words.

pub mod drift;
pub mod events;
pub mod explain;
pub mod json;
mod lines;
pub mod markdown;
pub mod safe;
pub mod text;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::api::Dialect;
use crate::plan::{Plan, Verb};

/// How text for a terminal looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used; nothing is said by colour alone.
    pub color: bool,
    /// The width in characters beyond which a change takes more than one line.
    pub width: usize,
    /// Whether prerequisites, requests and the beginning of steps are shown too.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            verbose: false,
        }
    }
}

/// The colours of a terminal that are used.
#[derive(Debug, Clone, Copy)]
enum Paint {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}

impl Style {
    /// The text in a colour, if colours are used.
    fn paint(self, paint: Paint, text: &str) -> String {
        if self.color {
            format!("\u{1b}[{}m{text}\u{1b}[0m", paint as u8)
        } else {
            text.to_owned()
        }
    }
}

/// The sign before a step, its words, and its colour.
const fn heading(verb: Verb) -> (&'static str, &'static str, Paint) {
    match verb {
        Verb::Create => ("+", "create", Paint::Green),
        Verb::Update => ("~", "update", Paint::Yellow),
        Verb::Replace => ("~", "replace", Paint::Yellow),
        Verb::Delete => ("-", "delete", Paint::Red),
        Verb::Disable => ("-", "disable", Paint::Red),
        Verb::Manual => ("!", "by hand", Paint::Cyan),
    }
}

/// A number and its noun: `1 call`, `2 calls`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Joins the parts whose number is not zero: `1 failed, 2 skipped`.
fn parts(parts: &[(usize, &str)]) -> String {
    let shown: Vec<_> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    shown.join(", ")
}

/// The one line that sums a plan up.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let summary = &plan.summary;
    let mut line = if plan.steps.is_empty() {
        "No changes. The organization matches the manifests.".to_owned()
    } else {
        let verbs = parts(&[
            (summary.create, "to create"),
            (summary.update, "to update"),
            (summary.replace, "to replace"),
            (summary.delete, "to delete"),
            (summary.disable, "to disable"),
            (summary.manual, "to do by hand"),
        ]);
        let mut line = format!("Plan: {verbs}.");
        if summary.calls > 0 {
            line.push(' ');
            line.push_str(&count(summary.calls, "call"));
            // The guide's API counts calls, not credits.
            if plan.dialect == Dialect::Openapi && summary.credits > 0 {
                line.push_str(", ");
                line.push_str(&count(summary.credits, "credit"));
            }
            line.push('.');
        }
        line
    };
    match summary.adopted {
        0 => {}
        1 => line.push_str(" 1 adopted as it is."),
        number => {
            // Writing into a string cannot fail.
            let _ = write!(line, " {number} adopted as they are.");
        }
    }
    line
}
