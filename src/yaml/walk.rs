//! Reads small fixed shapes (the project file, `lifecycle`, `removed`) and reports what is wrong.

use std::sync::Arc;

use super::raw::{AsText, At, Raw};
use super::slips::glued;
use crate::problem::{Code, Part, Place, Problem, did_you_mean, nearest, ticked};

/// Reads values at places and collects problems.
pub(crate) struct Walker<'a> {
    /// The place of a value.
    pub(crate) place: &'a dyn Fn(At<'_>, Part) -> Place,
    /// What was found wrong.
    pub(crate) problems: Vec<Problem>,
}

/// The sentence and the help for a value of the wrong type.
pub(crate) fn wrong_type(name: &str, wanted: &str, raw: &Raw) -> (String, Option<String>) {
    let message = format!("`{name}` must be {wanted}, not {}", raw.what());
    let help = match raw {
        _ if wanted.starts_with("a text")
            && let AsText::Unquoted(written) = raw.as_text() =>
        {
            Some(format!("put it in quotes: \"{written}\""))
        }
        Raw::Text(text) if wanted.starts_with("true") => {
            let word = match text.to_lowercase().as_str() {
                "yes" | "y" | "on" | "true" => Some("true"),
                "no" | "n" | "off" | "false" => Some("false"),
                _ => None,
            };
            Some(match word {
                Some(word) if text.eq_ignore_ascii_case(word) => {
                    format!("write `{word}` without quotes")
                }
                Some(word) => format!("YAML 1.2 takes `{text}` for a text; write `{word}`"),
                None => "write `true` or `false`".to_owned(),
            })
        }
        _ if wanted.starts_with("true") && matches!(raw.meaning(), Raw::Number(_)) => {
            Some("write `true` or `false`".to_owned())
        }
        Raw::Text(text) if wanted.contains("number") && text.trim().parse::<f64>().is_ok() => {
            Some("write the number without quotes".to_owned())
        }
        Raw::Doubtful(_) => Some("write a plain decimal number".to_owned()),
        Raw::Bool(value) if wanted.starts_with("a text") => {
            Some(format!("put it in quotes if a text is meant: \"{value}\""))
        }
        Raw::Number(number) if wanted.starts_with("a text") => {
            Some(format!("put it in quotes: \"{number}\""))
        }
        Raw::Text(text) if wanted.starts_with("a list") => {
            Some(format!("write a list with one item: `[{text}]`"))
        }
        Raw::Text(text)
            if wanted.starts_with("a map")
                && let Some((key, value)) = glued(text) =>
        {
            Some(format!("put a blank behind the colon: `{key}: {value}`"))
        }
        Raw::Null => Some("give it a value, or take the key away".to_owned()),
        _ => None,
    };
    (message, help)
}

/// The sentence and the help for what stands without quotes where a text is wanted, and would be
/// another text than the one in the file.
pub(crate) fn unquoted(name: &str, raw: &Raw, written: &str) -> (String, String) {
    (
        format!(
            "`{name}` is a text, and `{written}` without quotes is read as {}",
            raw.what()
        ),
        format!("put it in quotes: \"{written}\""),
    )
}

/// What is said of the value itself beside [`unquoted`].
pub(crate) const DISAGREE: &str = "readers of YAML disagree about this";

/// The sentence and the help for a key that is not known.
pub(crate) fn unknown_key(what: &str, key: &str, known: &[&str]) -> (String, String) {
    let message = format!("{what} has no key `{key}`");
    let help = match glued(key) {
        Some((key, value)) if known.contains(&key) => {
            format!("put a blank behind the colon: `{key}: {value}`")
        }
        _ => did_you_mean(key, known.iter().copied())
            .unwrap_or_else(|| format!("known are {}", ticked(known, "and"))),
    };
    (message, help)
}

/// How keys at the root of a file begin that are there for anchors and mean nothing by themselves.
pub(crate) const EXTENSION: &str = "x-";

/// Whether a key at the root of a file is there for anchors: `x-` and something behind it.
pub(crate) fn is_extension(key: &str) -> bool {
    key.strip_prefix(EXTENSION)
        .is_some_and(|name| !name.is_empty())
}

/// Whether a map has an unknown key that most likely means this one, so that it is not missing.
pub(crate) fn misspelt(raw: &Raw, key: &str, known: &[&str]) -> bool {
    let Raw::Map(entries) = raw else { return false };
    entries.iter().any(|(other, _)| {
        !known.contains(&&**other) && nearest(other, known.iter().copied()) == Some(key)
    })
}

impl Walker<'_> {
    /// Reports a problem with one label.
    pub(crate) fn report(
        &mut self,
        code: Code,
        (at, part): (At<'_>, Part),
        message: impl Into<String>,
        label: &str,
        help: Option<String>,
    ) {
        let mut problem = Problem::error(code, message).at((self.place)(at, part), label);
        problem.help = help;
        self.problems.push(problem);
    }

    /// Reports a value of the wrong type.
    pub(crate) fn wrong(&mut self, raw: &Raw, at: At<'_>, name: &str, wanted: &str) {
        let (message, help) = wrong_type(name, wanted, raw);
        let label = format!("this is {}", raw.what());
        self.report(Code::WrongType, (at, Part::Value), message, &label, help);
    }

    /// The entries of a map with any keys.
    pub(crate) fn entries<'r>(
        &mut self,
        raw: &'r Raw,
        at: At<'_>,
        name: &str,
    ) -> &'r [(Arc<str>, Raw)] {
        if let Raw::Map(entries) = raw {
            return entries;
        }
        self.wrong(raw, at, name, "a map");
        &[]
    }

    /// The entries of a map whose keys are all known; others are reported and left out.
    pub(crate) fn known<'r>(
        &mut self,
        raw: &'r Raw,
        at: At<'_>,
        name: &str,
        known: &[&str],
    ) -> Vec<(&'r str, &'r Raw)> {
        self.known_beside(raw, at, name, known, &|_| false)
    }

    /// The known entries of the map at the root of a file, where keys for anchors stand beside them.
    pub(crate) fn root<'r>(
        &mut self,
        raw: &'r Raw,
        at: At<'_>,
        name: &str,
        known: &[&str],
    ) -> Vec<(&'r str, &'r Raw)> {
        self.known_beside(raw, at, name, known, &is_extension)
    }

    fn known_beside<'r>(
        &mut self,
        raw: &'r Raw,
        at: At<'_>,
        name: &str,
        known: &[&str],
        is_passed_over: &dyn Fn(&str) -> bool,
    ) -> Vec<(&'r str, &'r Raw)> {
        let mut out = Vec::new();
        for (key, value) in self.entries(raw, at, name) {
            if known.contains(&&**key) {
                out.push((&**key, value));
            } else if !is_passed_over(key) {
                let (message, help) = unknown_key(&format!("`{name}`"), key, known);
                self.report(
                    Code::UnknownKey,
                    (at.key(key), Part::Key),
                    message,
                    "not known",
                    Some(help),
                );
            }
        }
        out
    }

    /// The items of a list.
    pub(crate) fn items<'r>(&mut self, raw: &'r Raw, at: At<'_>, name: &str) -> &'r [Raw] {
        if let Raw::List(items) = raw {
            return items;
        }
        self.wrong(raw, at, name, "a list");
        &[]
    }

    /// A text that is not empty; a whole number in plain digits counts as one.
    pub(crate) fn text(&mut self, raw: &Raw, at: At<'_>, name: &str) -> Option<String> {
        match raw.as_text() {
            AsText::Text(text) if !text.trim().is_empty() => Some(text.to_string()),
            AsText::Text(_) => {
                self.report(
                    Code::Empty,
                    (at, Part::Value),
                    format!("`{name}` is empty"),
                    "nothing in it",
                    Some("give it a value, or take the key away".to_owned()),
                );
                None
            }
            AsText::Number(number) if number.is_u64() => Some(number.to_string()),
            AsText::Number(number) => {
                let (message, help) = unquoted(name, raw, &number.to_string());
                let place = (at, Part::Value);
                self.report(Code::UnquotedNumber, place, message, DISAGREE, Some(help));
                None
            }
            AsText::Unquoted(written) => {
                let (message, help) = unquoted(name, raw, written);
                let place = (at, Part::Value);
                self.report(Code::UnquotedNumber, place, message, DISAGREE, Some(help));
                None
            }
            AsText::Other => {
                self.wrong(raw, at, name, "a text");
                None
            }
        }
    }

    /// A text that holds no expression.
    pub(crate) fn plain(&mut self, raw: &Raw, at: At<'_>, name: &str) -> Option<String> {
        let text = self.text(raw, at, name)?;
        if super::variables::has_expression(&text) {
            self.report(
                Code::Expression,
                (at, Part::Value),
                format!("`{name}` takes no `${{…}}` expressions"),
                "",
                Some(
                    "expressions stand in the values of manifests and in `credentials`".to_owned(),
                ),
            );
            return None;
        }
        Some(text)
    }

    /// True or false.
    pub(crate) fn flag(&mut self, raw: &Raw, at: At<'_>, name: &str) -> Option<bool> {
        if let Raw::Bool(value) = raw.meaning() {
            return Some(*value);
        }
        self.wrong(raw, at, name, "true or false");
        None
    }

    /// A whole number within bounds.
    pub(crate) fn whole(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        name: &str,
        (min, max): (u64, u64),
    ) -> Option<u64> {
        match raw.meaning() {
            Raw::Number(number) => match number.as_u64() {
                Some(value) if (min..=max).contains(&value) => Some(value),
                _ => {
                    let plainly = number.to_string();
                    let number = match raw.as_text() {
                        AsText::Unquoted(written) => written,
                        _ => &*plainly,
                    };
                    self.report(
                        Code::OutOfRange,
                        (at, Part::Value),
                        format!(
                            "`{name}` must be a whole number from {min} to {max}, not {number}"
                        ),
                        "out of range",
                        None,
                    );
                    None
                }
            },
            other => {
                self.wrong(other, at, name, "a whole number");
                None
            }
        }
    }

    /// One of a few words.
    pub(crate) fn word(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        name: &str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let text = match raw {
            Raw::Text(text) => text,
            other => {
                self.wrong(other, at, name, &format!("a text: {}", ticked(words, "or")));
                return None;
            }
        };
        let found = words.iter().copied().find(|word| *word == &**text);
        if found.is_none() {
            let help = did_you_mean(text, words.iter().copied())
                .unwrap_or_else(|| format!("choose {}", ticked(words, "or")));
            self.report(
                Code::NotAChoice,
                (at, Part::Value),
                format!("`{text}` is no choice for `{name}`"),
                "not one of the choices",
                Some(help),
            );
        }
        found
    }
}
