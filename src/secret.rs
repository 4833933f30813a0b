//! Values that only their templates may leave memory for.

pub(crate) mod address;

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// A value that came from `${secret.…}`, in part or whole.
///
/// Only its template ever leaves memory.
#[derive(Clone)]
pub struct Secret {
    /// The text with its `${…}` expressions, safe to show and to store.
    pub template: Arc<str>,
    /// The text itself; absent when the environment lacks the secret.
    pub value: Option<SecretString>,
}

impl Secret {
    /// The text itself, for comparing and sending only.
    #[must_use]
    pub fn expose(&self) -> Option<&str> {
        self.value.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl Secret {
    /// What stands in the text for its secret expressions, for taking it out of other texts.
    ///
    /// Told from the template, whose literal parts stand in the text as they are. Where expressions
    /// follow each other without anything between, they come as one.
    #[must_use]
    pub fn parts(&self) -> Vec<&str> {
        let Some(mut rest) = self.expose() else {
            return Vec::new();
        };
        let (first, groups) = pieces(&self.template);
        let Some(after) = rest.strip_prefix(first.as_str()) else {
            return vec![rest];
        };
        rest = after;
        let mut parts = Vec::new();
        for (index, (secret, literal)) in groups.iter().enumerate() {
            let (part, after) = if index + 1 == groups.len() {
                (rest.strip_suffix(literal.as_str()).unwrap_or(rest), "")
            } else {
                rest.split_once(literal.as_str()).unwrap_or((rest, ""))
            };
            if *secret && !part.is_empty() {
                parts.push(part);
            }
            rest = after;
        }
        parts
    }
}

/// Whether a text can have come from a template: everything that it says literally stands there, in
/// its order.
#[must_use]
pub fn can_be_of(text: &str, template: &str) -> bool {
    let (first, groups) = pieces(template);
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some(((_, last), between)) = groups.split_last() else {
        return rest.is_empty();
    };
    for (_, literal) in between {
        let Some((_, behind)) = rest.split_once(literal.as_str()) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(last.as_str())
}

/// A template's first literal, and each group of expressions (whether one of them is secret) with the
/// literal behind it.
pub(crate) fn pieces(template: &str) -> (String, Vec<(bool, String)>) {
    let mut first = String::new();
    let mut groups: Vec<(bool, String)> = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let escaped = before.ends_with('$');
        let literal = before
            .strip_suffix('$')
            .filter(|_| escaped)
            .unwrap_or(before);
        let at = groups.last_mut().map_or(&mut first, |(_, literal)| literal);
        at.push_str(literal);
        if escaped {
            // An escape is no expression.
            at.push_str("${");
            rest = after;
            continue;
        }
        let (expression, behind) = after.split_once('}').unwrap_or((after, ""));
        let secret = expression.starts_with("secret.");
        match groups.last_mut() {
            Some((group, literal)) if literal.is_empty() => *group |= secret,
            _ => groups.push((secret, String::new())),
        }
        rest = behind;
    }
    groups
        .last_mut()
        .map_or(&mut first, |(_, literal)| literal)
        .push_str(rest);
    (first, groups)
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_be_of_a_template_or_not() {
        for (text, template, expected) in [
            ("one", "${secret.A}", true),
            ("https://x/in/k?v=2", "https://x/in/${secret.A}?v=2", true),
            ("https://y/in/k?v=2", "https://x/in/${secret.A}?v=2", false),
            ("https://x/in/k?v=3", "https://x/in/${secret.A}?v=2", false),
            ("a-b-c", "${secret.A}-${secret.B}", true),
            ("abc", "${secret.A}-${secret.B}", false),
            ("${x}1", "$${x}${secret.A}", true),
            ("plain", "plain", true),
            ("plainer", "plain", false),
        ] {
            assert_eq!(can_be_of(text, template), expected, "{text} {template}");
        }
    }
}
