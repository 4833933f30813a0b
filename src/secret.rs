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
        let filled = self.filled().into_iter();
        let secret = filled.filter(|(group, part)| group.secret && !part.is_empty());
        secret.map(|(_, part)| part).collect()
    }

    /// What stands in the text for each group of expressions; the whole text where that cannot be
    /// told.
    pub(crate) fn filled(&self) -> Vec<(Group, &str)> {
        let Some(mut rest) = self.expose() else {
            return Vec::new();
        };
        let (first, groups) = groups(&self.template);
        let Some(after) = rest.strip_prefix(first.as_str()) else {
            let whole = Group {
                secret: true,
                text: self.template.to_string(),
                literal: String::new(),
            };
            return vec![(whole, rest)];
        };
        rest = after;
        let last = groups.len().saturating_sub(1);
        let mut filled = Vec::new();
        for (index, group) in groups.into_iter().enumerate() {
            let literal = group.literal.as_str();
            let (part, after) = if index == last {
                (rest.strip_suffix(literal).unwrap_or(rest), "")
            } else {
                rest.split_once(literal).unwrap_or((rest, ""))
            };
            filled.push((group, part));
            rest = after;
        }
        filled
    }
}

impl Secret {
    /// Whether two templates say literally the same: what their expressions are called says nothing of what
    /// they stand for.
    #[must_use]
    pub fn is_spelled_like(&self, other: &Self) -> bool {
        pieces(&self.template) == pieces(&other.template)
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

/// Expressions of a template that follow each other without anything between.
#[derive(Debug)]
pub(crate) struct Group {
    /// Whether one of them is secret.
    pub(crate) secret: bool,
    /// The expressions as they are written.
    pub(crate) text: String,
    /// The literal behind them.
    literal: String,
}

/// A template's first literal, and each group of expressions (whether one of them is secret) with the
/// literal behind it.
pub(crate) fn pieces(template: &str) -> (String, Vec<(bool, String)>) {
    let (first, groups) = groups(template);
    let groups = groups.into_iter();
    (
        first,
        groups.map(|group| (group.secret, group.literal)).collect(),
    )
}

fn groups(template: &str) -> (String, Vec<Group>) {
    let mut first = String::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let escaped = before.ends_with('$');
        let literal = before
            .strip_suffix('$')
            .filter(|_| escaped)
            .unwrap_or(before);
        let at = (groups.last_mut()).map_or(&mut first, |group| &mut group.literal);
        at.push_str(literal);
        if escaped {
            // An escape is no expression.
            at.push_str("${");
            rest = after;
            continue;
        }
        let (expression, behind) = after.split_once('}').unwrap_or((after, ""));
        let secret = expression.starts_with("secret.");
        let text = format!("${{{expression}}}");
        match groups.last_mut() {
            Some(group) if group.literal.is_empty() => {
                group.secret |= secret;
                group.text.push_str(&text);
            }
            _ => groups.push(Group {
                secret,
                text,
                literal: String::new(),
            }),
        }
        rest = behind;
    }
    (groups.last_mut())
        .map_or(&mut first, |group| &mut group.literal)
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
