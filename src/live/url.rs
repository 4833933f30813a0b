//! What of a live URL may be a key.
//!
//! Whether a live value was a secret when it was written, Zoho Desk does not tell. A webhook's URL
//! is the one value that commonly holds a key, so nothing that may be one leaves the memory.

use std::borrow::Cow;

use crate::secret::pieces;

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
    let address = Address::of(url);
    let mut parts = Vec::new();
    parts.extend(
        address
            .scheme
            .into_iter()
            .flat_map(|scheme| [scheme, "://"])
            .map(Part::Plain),
    );
    if let Some(text) = address.login {
        let name = "login";
        parts.extend([Part::Key { name, text }, Part::Plain("@")]);
    }
    parts.push(Part::Plain(address.host));
    for segment in address.path.split_inclusive('/') {
        let text = segment.trim_end_matches('/');
        if is_key(text) {
            parts.push(Part::Key { name: "key", text });
            parts.push(Part::Plain(&segment[text.len()..]));
        } else {
            parts.push(Part::Plain(segment));
        }
    }
    parts.extend(address.query.map(|_| Part::Plain("?")));
    for pair in address.query.unwrap_or_default().split_inclusive('&') {
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
    if let Some(text) = address.fragment {
        let name = "fragment";
        parts.extend([Part::Plain("#"), Part::Key { name, text }]);
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
    let (live, wanted) = (Address::of(url), Address::of(template));
    let says = |part: &str| !part.contains(EXPRESSION);
    let scheme = live.scheme?;
    if !wanted.scheme.is_some_and(says) || !says(wanted.host) {
        return None;
    }
    let mut out = format!("{scheme}://");
    if live.login.is_some() {
        out.extend([SECRET_PART, "@"]);
    }
    out.push_str(live.host);
    match live.path {
        "" | "/" => out.push_str(live.path),
        path if fits(path, wanted.path) => out.push_str(&veiled(wanted.path)),
        _ => out.push_str(OTHER_PATH),
    }
    let known: Vec<(&str, &str)> = wanted.pairs().collect();
    // A secret that is more than a value may be any number of pairs.
    let is_open = !known.iter().all(|(name, _)| says(name));
    let mut shown: Vec<String> = Vec::new();
    for pair in live.pairs() {
        let (name, value) = pair;
        let text = if says(value) && known.contains(&pair) {
            let mark = if value.is_empty() { "" } else { "=" };
            [name, mark, value].concat()
        } else if !is_open && !value.is_empty() && known.iter().any(|(known, _)| *known == name) {
            [name, "=", SECRET_PART].concat()
        } else if shown.iter().any(|pair| pair == SECRET_PART) {
            continue;
        } else {
            SECRET_PART.to_owned()
        };
        shown.push(text);
    }
    if !shown.is_empty() {
        out.extend(["?", &shown.join("&")]);
    }
    match live.fragment {
        None | Some("") => {}
        Some(text) if live.fragment == wanted.fragment => out.extend(["#", text]),
        Some(_) => out.extend(["#", SECRET_PART]),
    }
    Some(out)
}

/// Whether a text is what a template may come to: its literal parts, and anything in between.
fn fits(text: &str, template: &str) -> bool {
    let (first, groups) = pieces(template);
    let Some(((_, last), between)) = groups.split_last() else {
        return text == first;
    };
    let mut left = text.strip_prefix(&*first);
    for (_, literal) in between {
        left = left.and_then(|left| Some(left.split_once(&**literal)?.1));
    }
    left.is_some_and(|left| left.ends_with(&**last))
}

/// A template with [`SECRET_PART`] in place of its expressions.
#[must_use]
pub fn veiled(template: &str) -> String {
    let (mut out, groups) = pieces(template);
    for (_, literal) in &groups {
        out.extend([SECRET_PART, literal]);
    }
    out
}

/// The parts of an address, as they are written; what is no address is all path.
struct Address<'a> {
    scheme: Option<&'a str>,
    login: Option<&'a str>,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Address<'a> {
    fn of(url: &'a str) -> Self {
        let (rest, fragment) = before(url, '#');
        let (base, query) = before(rest, '?');
        let (scheme, authority, path) = match base.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = before(rest, '/');
                (Some(scheme), authority, path)
            }
            None => (None, "", base),
        };
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        Self {
            scheme,
            login,
            host,
            path,
            query: query.strip_prefix('?'),
            fragment: fragment.strip_prefix('#'),
        }
    }

    /// The names and values of the query; the value of a flag is empty.
    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.query.unwrap_or_default().split('&');
        pairs
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
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
                Some("https://hooks.example.com/in?key=(secret)&z=(secret)&(secret)"),
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
