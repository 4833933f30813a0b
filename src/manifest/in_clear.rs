//! Texts of manifests that look like a slip: a key in clear, or `$NAME` where an expression was meant.

use super::convert::{Converter, Here};
use crate::live::url::{self, Part};
use crate::problem::{self, Code, Problem};
use crate::yaml::raw::At;
use crate::yaml::variables::{has_expression, is_form, references};

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look<'a> {
    /// A key that everybody reads who reads the manifest.
    Key,
    /// A variable as shells write it, by its name; it stays as it is.
    Variable(&'a str),
}

/// How the keys of widespread services begin, each of which goes on with 16 characters or more.
const BEGINNINGS: &[&str] = &[
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk_live_",
    "rk_live_",
    "AKIA",
    "AIza",
    "eyJ",
];

/// Fewest characters that follow such a beginning.
const REST: usize = 16;

/// Fewest characters of a value in a query that its name makes a key.
const NAMED: usize = 6;

/// Words in the names of a query whose values are keys.
const NAMES: &[&str] = &["key", "token", "secret", "password", "signature", "sig"];

/// What a text looks like, whatever field it stands in.
pub(super) fn look(text: &str) -> Option<Look<'_>> {
    if let Some(name) = variable(text) {
        return Some(Look::Variable(name));
    }
    key(text).map(|_| Look::Key)
}

/// The first word of a text that looks like a key, whatever stands around it.
fn key(text: &str) -> Option<&str> {
    if text.len() < REST {
        return None;
    }
    let mut words = text.split_whitespace();
    words.find(|word| is_known_key(word))
}

/// The first part of a text in a file that looks like a key: tags and quotes may stand around it.
pub(super) fn key_in_file(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mut parts = text.split(|c: char| !is_part(c));
    parts.find(|part| is_known_key(part.trim_end_matches('.')))
}

/// What the text of a field looks like whose value may hold a key: a URL.
pub(super) fn look_of_url(text: &str) -> Option<Look<'_>> {
    let query = text.split_once('?').map_or("", |(_, query)| query);
    let parts = text.split(['/', '@', ':']).chain(
        query
            .split(['&', '#'])
            .filter_map(|pair| Some(pair.split_once('=')?.1)),
    );
    if let Some(name) = parts.into_iter().find_map(variable) {
        return Some(Look::Variable(name));
    }
    let is_key = url::parts(text).iter().any(|part| match part {
        Part::Plain(_) => false,
        Part::Key { name, text } => url::is_key(text) || (text.len() >= NAMED && is_name(name)),
    });
    is_key.then_some(Look::Key)
}

/// The name of a variable that is the whole text but for blanks around it: `$NAME`, in capitals.
fn variable(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix('$')?;
    let is_name = name.len() > 2
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_name.then_some(name)
}

fn is_known_key(word: &str) -> bool {
    if word.len() < REST {
        return false;
    }
    let rest = BEGINNINGS
        .iter()
        .find_map(|beginning| word.strip_prefix(beginning));
    let is_rest = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    rest.is_some_and(|rest| {
        rest.len() >= REST && rest.chars().all(is_rest) && rest.contains(char::is_numeric)
    })
}

fn is_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "login"
        || name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| NAMES.contains(&word) || word.ends_with("key") || word.ends_with("token"))
}

impl Converter<'_> {
    /// Warns of a text that is hardly meant as it is written.
    pub(super) fn warn_of(
        &mut self,
        here: Here<'_>,
        name: &str,
        look: Option<Look<'_>>,
        at: At<'_>,
    ) {
        let (code, message, help) = match look {
            None => return,
            Some(Look::Key) => (
                Code::KeyInClear,
                format!(
                    "`{name}` looks like a key in clear: whoever can read the manifest can use it"
                ),
                format!(
                    "{}, set the environment variable `NAME`, and replace the key where it was made",
                    in_its_place(here, "${secret.NAME}", at)
                ),
            ),
            Some(Look::Variable(variable)) => (
                Code::NoExpression,
                format!("`{name}` holds `${variable}`, which stays as it is written"),
                format!(
                    "{} for the value of the environment variable `{variable}`",
                    in_its_place(here, &format!("${{secret.{variable}}}"), at)
                ),
            ),
        };
        let place = here.place(at, problem::Part::Value);
        let warning = Problem::warning(code, message).at(place, "").help(help);
        self.warnings.push((None, warning));
    }

    /// Warns of an expression in the cell of a table, where it is none.
    pub(super) fn warn_of_expression(
        &mut self,
        here: Here<'_>,
        name: &str,
        text: &str,
        at: At<'_>,
    ) {
        if !has_expression(text) || here.origin.table(&at.pointer()).is_none() {
            return;
        }
        let mut ours = references(text).filter(|(form, _)| is_form(form));
        let Some((form, of)) = ours.next() else {
            return;
        };
        let expression = format!("${{{form}.{of}}}");
        let message = format!("`{name}` holds `{expression}`, which stays as it is written");
        let warning = Problem::warning(Code::NoExpression, message)
            .at(
                here.place(at, problem::Part::Value),
                "no expression in a table",
            )
            .help(in_its_place(here, &expression, at));
        self.warnings.push((None, warning));
    }
}

/// How an expression is written in the place of a value.
pub(super) fn in_its_place(here: Here<'_>, expression: &str, at: At<'_>) -> String {
    if here.origin.table(&at.pointer()).is_none() {
        return format!("write `{expression}` in its place");
    }
    format!(
        "cells hold no expressions: leave this one empty, and write `{expression}` under `{}` in an overlay",
        here.address.handle
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_texts() {
        for (text, expected) in [
            ("$HOOK_KEY", Some(Look::Variable("HOOK_KEY"))),
            ("\n$HOOK_KEY ", Some(Look::Variable("HOOK_KEY"))),
            ("$US", None),
            ("$100", None),
            ("costs $USD", None),
            ("$Name", None),
            ("ghp_0123456789abcdefghij", Some(Look::Key)),
            ("use AKIA0123456789ABCDEF here", Some(Look::Key)),
            ("ghp_short1", None),
            ("eyJust a longer sentence of words", None),
            ("an ordinary description with no key in it", None),
        ] {
            assert_eq!(look(text), expected, "{text}");
        }
    }

    #[test]
    fn a_key_in_a_file_is_found_between_tags() {
        for (text, expected) in [
            ("<p>Hello</p>", None),
            (
                "<p>use\nghp_0123456789abcdefghij</p>",
                Some("ghp_0123456789abcdefghij"),
            ),
            (
                "<a href=\"?k=AKIA0123456789ABCDEF\">b</a>",
                Some("AKIA0123456789ABCDEF"),
            ),
            ("<p>ghp_short1</p>", None),
        ] {
            assert_eq!(key_in_file(text), expected, "{text}");
        }
    }

    #[test]
    fn slips_in_urls_are_told_from_urls() {
        for (text, expected) in [
            ("https://h.example.com/zoho-desk", None),
            ("https://h.example.com/in?team=emea&v=2", None),
            ("https://h.example.com/in?key=abcdef", Some(Look::Key)),
            ("https://h.example.com/in?api_key=abcdef", Some(Look::Key)),
            ("https://h.example.com/in?key=", None),
            ("https://me:hunter2@h.example.com/in", Some(Look::Key)),
            ("https://h.example.com/T0123456789ABCDEFGH", Some(Look::Key)),
            (
                "https://h.example.com/in?key=$HOOK_KEY",
                Some(Look::Variable("HOOK_KEY")),
            ),
            (
                "https://h.example.com/$HOOK_KEY",
                Some(Look::Variable("HOOK_KEY")),
            ),
        ] {
            assert_eq!(look_of_url(text), expected, "{text}");
        }
    }
}
