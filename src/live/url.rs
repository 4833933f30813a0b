//! What of a live URL may be a key.
//!
//! Whether a live value was a secret when it was written, Zoho Desk does not tell. A webhook's URL
//! is the one value that commonly holds a key, so nothing that may be one leaves the memory.

use std::borrow::Cow;

/// Stands for a part of a URL that may be a key.
pub const HIDDEN: &str = "(hidden)";

/// Characters from which on a word of digits and letters is taken for a key.
const KEY_LENGTH: usize = 16;

/// A part of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// May be shown.
    Plain(&'a str),
    /// May be a key.
    Key {
        /// What to call it.
        name: &'a str,
        /// The part itself.
        text: &'a str,
    },
}

/// Takes a URL apart; the parts in a row are the URL again.
///
/// Keys may be: name and password, the values of the query and its parts with digits, a part of the
/// path that looks like one (16 digits and letters or more in a row, or a UUID), and the fragment.
#[must_use]
pub fn parts(url: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (rest, fragment) = before(url, '#');
    let (base, query) = before(rest, '?');
    let path = match base.split_once("://") {
        Some((scheme, rest)) => {
            parts.push(Part::Plain(&base[..scheme.len() + 3]));
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = match host.rfind('@') {
                Some(at) => {
                    parts.push(Part::Key {
                        name: "login",
                        text: &host[..at],
                    });
                    &host[at..]
                }
                None => host,
            };
            parts.push(Part::Plain(host));
            path
        }
        None => base,
    };
    for segment in path.split_inclusive('/') {
        let text = segment.trim_end_matches('/');
        if is_key(text) {
            parts.push(Part::Key { name: "key", text });
            parts.push(Part::Plain(&segment[text.len()..]));
        } else {
            parts.push(Part::Plain(segment));
        }
    }
    let pairs = query.strip_prefix('?').unwrap_or_default();
    parts.push(Part::Plain(&query[..query.len() - pairs.len()]));
    for pair in pairs.split_inclusive('&') {
        let text = pair.trim_end_matches('&');
        match text.split_once('=') {
            Some((name, value)) if !value.is_empty() => {
                parts.push(Part::Plain(&text[..=name.len()]));
                parts.push(Part::Key { name, text: value });
            }
            // No words are written with digits.
            None if text.contains(char::is_numeric) => {
                parts.push(Part::Key { name: "key", text });
            }
            _ => parts.push(Part::Plain(text)),
        }
        parts.push(Part::Plain(&pair[text.len()..]));
    }
    if let Some(text) = fragment.strip_prefix('#') {
        parts.push(Part::Plain("#"));
        parts.push(Part::Key {
            name: "fragment",
            text,
        });
    }
    parts.retain(|part| !matches!(part, Part::Plain("") | Part::Key { text: "", .. }));
    parts
}

/// The text before the first such character, and the rest with it.
fn before(text: &str, c: char) -> (&str, &str) {
    text.split_at(text.find(c).unwrap_or(text.len()))
}

/// The URL as it may be shown.
#[must_use]
pub fn shown(url: &str) -> Cow<'_, str> {
    let parts = parts(url);
    if parts.iter().all(|part| matches!(part, Part::Plain(_))) {
        return Cow::Borrowed(url);
    }
    let shown = parts.iter().map(|part| match part {
        Part::Plain(text) => text,
        Part::Key { .. } => HIDDEN,
    });
    Cow::Owned(shown.collect())
}

/// Whether a part of a path looks like a key.
fn is_key(text: &str) -> bool {
    let is_uuid = text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        });
    is_uuid
        || text.split(|c: char| !c.is_alphanumeric()).any(|word| {
            word.chars().count() >= KEY_LENGTH
                && word.contains(char::is_numeric)
                && word.contains(char::is_alphabetic)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_may_be_a_key_is_hidden() {
        for (url, expected) in [
            (
                "https://hooks.example.com/zoho-desk",
                "https://hooks.example.com/zoho-desk",
            ),
            ("https://hooks.example.com", "https://hooks.example.com"),
            (
                "https://h.example.com/a/?k=v&flag&x=",
                "https://h.example.com/a/?k=(hidden)&flag&x=",
            ),
            (
                "https://h.example.com?k=a=b;c?d&e=f",
                "https://h.example.com?k=(hidden)&e=(hidden)",
            ),
            (
                "https://me:word@h.example.com/x",
                "https://(hidden)@h.example.com/x",
            ),
            (
                "https://h.example.com/x#k=v",
                "https://h.example.com/x#(hidden)",
            ),
            (
                "https://h.example.com/services/T012345/B012345/a1b2c3d4e5f6a7b8c9d0e1f2",
                "https://h.example.com/services/T012345/B012345/(hidden)",
            ),
            (
                "https://h.example.com/6f9619ff-8b86-d011-b42d-00cf4fc964ff/events",
                "https://h.example.com/(hidden)/events",
            ),
            (
                "https://h.example.com/desk-events-2026-production",
                "https://h.example.com/desk-events-2026-production",
            ),
            ("h.example.com/?a1b2", "h.example.com/?(hidden)"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    proptest! {
        #[test]
        fn the_parts_are_the_url(url in "[a-z:/?#@&;=%.0-9-]{0,60}|.{0,40}") {
            let whole: String = parts(&url)
                .iter()
                .map(|part| match part {
                    Part::Plain(text) | Part::Key { text, .. } => *text,
                })
                .collect();
            prop_assert_eq!(whole, url);
        }
    }
}
