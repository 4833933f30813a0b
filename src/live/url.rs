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

/// Stands for a part of a live URL that a secret stands for in the manifest.
pub const SECRET_PART: &str = "(secret)";
/// Stands for a live path that is not the one of the template: nobody knows what in it is a key.
const OTHER_PATH: &str = "/…";
/// Begins an expression that stands for a secret.
const EXPRESSION: &str = "${";

/// A live URL as far as it may be shown of one whose template holds secrets.
///
/// Its host is shown, and of the rest what the template says literally; everything else may be a
/// secret, of now or of before. Nothing is given where the template says nothing of the host.
#[must_use]
pub fn visible(url: &str, template: &str) -> Option<String> {
    let (live, wanted) = (Address::of(url)?, Address::of(template)?);
    if wanted.host.contains(EXPRESSION) || wanted.scheme.contains(EXPRESSION) {
        return None;
    }
    let mut out = format!("{}://", live.scheme);
    if live.login.is_some() {
        out.push_str(SECRET_PART);
        out.push('@');
    }
    out.push_str(live.host);
    match live.path {
        "" | "/" => out.push_str(live.path),
        path if fits(path, wanted.path) => out.push_str(&veiled(wanted.path)),
        _ => out.push_str(OTHER_PATH),
    }
    let known: Vec<(&str, &str)> = pairs(wanted.query).collect();
    // A secret that is more than a value may be any number of pairs.
    let is_open = known.iter().any(|(name, _)| name.contains(EXPRESSION));
    let mut is_told = false;
    for (name, value) in pairs(live.query) {
        let is_literal = known.contains(&(name, value)) && !value.contains(EXPRESSION);
        let is_name = known.iter().any(|(known, _)| *known == name)
            || name
                .chars()
                .all(|c| c.is_ascii_alphabetic() || "-_".contains(c));
        let mut pair = String::new();
        match (is_literal, is_name && name.len() < KEY_LENGTH) {
            (true, _) if value.is_empty() => pair.push_str(name),
            (true, _) => pair.extend([name, "=", value]),
            // A flag without a value may be a key itself.
            (false, true) if !value.is_empty() && !is_open => pair.extend([name, "=", SECRET_PART]),
            (false, _) if is_open && is_told => continue,
            (false, _) => {
                is_told = true;
                pair.push_str(SECRET_PART);
            }
        }
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(&pair);
    }
    match (live.fragment, wanted.fragment) {
        ("", _) => {}
        (live, wanted) if live == wanted => out.extend(["#", live]),
        _ => out.extend(["#", SECRET_PART]),
    }
    Some(out)
}

/// Whether a text is what a template may come to: its literal parts, and anything in between.
fn fits(text: &str, template: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(EXPRESSION) {
        literals.push(before);
        rest = after.split_once('}').map_or("", |(_, behind)| behind);
    }
    let Some((first, between)) = literals.split_first() else {
        return text == template;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    for literal in between {
        let Some((_, behind)) = left.split_once(literal) else {
            return false;
        };
        left = behind;
    }
    left.ends_with(rest)
}

/// A template with [`SECRET_PART`] in place of its expressions.
#[must_use]
pub fn veiled(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(EXPRESSION) {
        out.extend([before, SECRET_PART]);
        rest = after.split_once('}').map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    out
}

/// The parts of an address, as they are written.
struct Address<'a> {
    scheme: &'a str,
    login: Option<&'a str>,
    host: &'a str,
    path: &'a str,
    query: &'a str,
    fragment: &'a str,
}

impl<'a> Address<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (rest, fragment) = before(url, '#');
        let (base, query) = before(rest, '?');
        let (scheme, rest) = base.split_once("://")?;
        let (authority, path) = before(rest, '/');
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        Some(Self {
            scheme,
            login,
            host,
            path,
            query: query.strip_prefix('?').unwrap_or_default(),
            fragment: fragment.strip_prefix('#').unwrap_or_default(),
        })
    }
}

/// The names and values of a query; the value of a flag is empty.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Whether a part of a path looks like a key.
#[must_use]
pub fn is_key(text: &str) -> bool {
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
    fn of_a_secret_url_the_host_and_what_is_written_is_shown() {
        let template = "https://hooks.example.com/in?key=${secret.KEY}&z=1";
        for (live, template, expected) in [
            (
                "https://hooks.example.com/in?key=old&z=1",
                template,
                Some("https://hooks.example.com/in?key=(secret)&z=1"),
            ),
            (
                "https://evil.example.com/steal/all?key=abc&z=1",
                template,
                Some("https://evil.example.com/…?key=(secret)&z=1"),
            ),
            (
                "https://hooks.example.com/in?key=old&z=2&more=3&x9=1",
                template,
                Some("https://hooks.example.com/in?key=(secret)&z=(secret)&more=(secret)&(secret)"),
            ),
            (
                "https://me:word@hooks.example.com:8443/in",
                template,
                Some("https://(secret)@hooks.example.com:8443/in"),
            ),
            (
                "https://h.example.com/a/old/c",
                "https://h.example.com/a/${secret.B}/c",
                Some("https://h.example.com/a/(secret)/c"),
            ),
            (
                "https://h.example.com/a/old/d",
                "https://h.example.com/a/${secret.B}/c",
                Some("https://h.example.com/…"),
            ),
            (
                "https://h.example.com/a#part",
                "https://h.example.com/a#${secret.B}",
                Some("https://h.example.com/a#(secret)"),
            ),
            (
                "https://h.example.com/",
                "https://h.example.com?${secret.B}",
                Some("https://h.example.com/"),
            ),
            (
                "https://h.example.com?old",
                "https://h.example.com?${secret.B}",
                Some("https://h.example.com?(secret)"),
            ),
            (
                "https://old.example.com/a",
                "https://${secret.HOST}/a",
                None,
            ),
            ("https://old.example.com/a", "${secret.URL}", None),
            ("no address", template, None),
        ] {
            assert_eq!(
                visible(live, template).as_deref(),
                expected,
                "{live} of {template}"
            );
        }
    }

    proptest! {
        /// Whatever stands where the template has an expression is not shown, nor is another path.
        #[test]
        fn secrets_of_a_url_are_not_shown(
            secret in "[A-Z]{3}[0-9]{3}[A-Z]{3}",
            place in 0_usize..6,
            other in any::<bool>(),
        ) {
            let with = |text: &str| {
                let spot = |n: usize| if n == place { text } else { "plain" };
                format!(
                    "https://{}@h.example.com/a/{}?k={}&{}=1&{}#{}",
                    spot(0), spot(1), spot(2), spot(3), spot(4), spot(5)
                )
            };
            let live = with(&secret);
            let live = if other { live.replace("/a/", "/b/") } else { live };
            let shown = visible(&live, &with("${secret.KEY}")).unwrap();
            prop_assert!(!shown.contains(&secret), "{shown}");
            prop_assert!(shown.contains("h.example.com"), "{shown}");
        }
    }

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
