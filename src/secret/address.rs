//! Secrets inside web addresses: each is written so that the receiver reads the very secret.

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything that means something in an address, or may not stand in one.
const STRANGE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b',')
    .remove(b'\'')
    .remove(b'=')
    .remove(b'$');
/// What a part of a path may not hold; a secret of several parts keeps its slashes.
const PATH: &AsciiSet = &STRANGE
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'+');
/// What the value of a query may not hold.
const VALUE: &AsciiSet = &STRANGE.remove(b'/').remove(b':').remove(b'@').remove(b'?');
/// What a name of a query, or a part of one, may not hold.
const NAME: &AsciiSet = &VALUE.add(b'=');
/// What a query that is written by the secret alone may not hold.
const QUERY: &AsciiSet = &VALUE.remove(b'&').remove(b'+').remove(b'%');
/// What a fragment may not hold.
const FRAGMENT: &AsciiSet = &PATH.remove(b'?');
/// What a user's name or password may not hold.
const LOGIN: &AsciiSet = &STRANGE.remove(b'&').remove(b'+');
/// What a login that is written by the secret alone may not hold: its colon stands before the
/// password.
const WHOLE_LOGIN: &AsciiSet = &LOGIN.remove(b':');

/// The schemes of addresses.
const SCHEMES: &[&str] = &["http", "https", "ftp", "ftps"];

/// A text with its secrets percent-encoded, each for its place, if the whole text is a web address.
///
/// `secrets` are the places of the secrets in the text, in order. A secret that holds the scheme or
/// the host stays as it is, for it is a piece of an address already. So does one with a control
/// character, which no address takes: that it is refused helps more than a line end that is sent.
pub(crate) fn encoded(text: String, secrets: &[Range<usize>]) -> String {
    if secrets.is_empty() || !is_address(&text, secrets) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for (index, range) in secrets.iter().enumerate() {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        from = range.end;
        let secret = text.get(range.clone()).unwrap_or_default();
        let ahead = Ahead {
            text: &text,
            from,
            secrets: secrets.get(index + 1..).unwrap_or_default(),
        };
        match place(&out, &ahead) {
            Some(set) if !secret.chars().any(char::is_control) => {
                out.extend(utf8_percent_encode(secret, set));
            }
            _ => out.push_str(secret),
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// Every way in which [`encoded`] may write a secret, but for the secret itself.
pub(crate) fn forms(secret: &str) -> impl Iterator<Item = String> {
    [PATH, VALUE, NAME, QUERY, FRAGMENT, LOGIN, WHOLE_LOGIN]
        .into_iter()
        .map(move |set| utf8_percent_encode(secret, set).to_string())
}

/// Whether the whole text is an address: it begins with a scheme, and nothing that was written out
/// has white space.
fn is_address(text: &str, secrets: &[Range<usize>]) -> bool {
    let known = text.split_once("://").is_some_and(|(scheme, _)| {
        SCHEMES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme))
    });
    let whole = Ahead {
        text,
        from: 0,
        secrets,
    };
    known
        && !whole
            .written()
            .any(|text| text.contains(char::is_whitespace))
}

/// What follows a secret.
struct Ahead<'t> {
    text: &'t str,
    from: usize,
    secrets: &'t [Range<usize>],
}

impl<'t> Ahead<'t> {
    /// The pieces that are no secrets, one before, between and behind those that follow.
    fn written(&self) -> impl Iterator<Item = &'t str> {
        let starts = std::iter::once(self.from).chain(self.secrets.iter().map(|one| one.end));
        let ends = self.secrets.iter().map(|one| one.start);
        starts
            .zip(ends.chain([self.text.len()]))
            .map(|(start, end)| self.text.get(start..end).unwrap_or_default())
    }

    /// Whether the next character is one of these, or the text ends.
    fn ends_with(&self, ends: &[char]) -> bool {
        let next = self.written().next().unwrap_or_default();
        next.starts_with(ends) || (next.is_empty() && self.secrets.is_empty())
    }

    /// Whether the host is still to come: there is an `@` before anything that ends a host.
    fn has_host(&self) -> bool {
        self.written()
            .find_map(|text| text.chars().find(|c| "@/?#\\".contains(*c)))
            == Some('@')
    }
}

/// What has to be encoded in a secret behind `before`; nothing where it is a piece of an address.
fn place(before: &str, ahead: &Ahead<'_>) -> Option<&'static AsciiSet> {
    let (_, rest) = before.split_once("://")?;
    let Some(end) = rest.find(['/', '?', '#', '\\']) else {
        return if rest.contains('@') || !ahead.has_host() {
            None
        } else if rest.is_empty() && ahead.ends_with(&['@']) {
            Some(WHOLE_LOGIN)
        } else {
            Some(LOGIN)
        };
    };
    let rest = rest.get(end..).unwrap_or_default();
    if rest.contains('#') {
        return Some(FRAGMENT);
    }
    let Some((_, query)) = rest.split_once('?') else {
        return Some(PATH);
    };
    let pair = query.rsplit('&').next().unwrap_or_default();
    Some(if pair.contains('=') {
        VALUE
    } else if pair.is_empty() && ahead.ends_with(&['&', '#']) {
        QUERY
    } else {
        NAME
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use url::Url;

    /// A text of literals with secrets between them.
    fn filled(pieces: &[&str], secrets: &[&str]) -> String {
        let (mut text, mut ranges) = (String::new(), Vec::new());
        for (index, piece) in pieces.iter().enumerate() {
            text.push_str(piece);
            if let Some(secret) = secrets.get(index) {
                let start = text.len();
                text.push_str(secret);
                ranges.push(start..text.len());
            }
        }
        encoded(text, &ranges)
    }

    /// Literals, the secrets between them, and the address.
    const ENCODED: &[(&[&str], &[&str], &str)] = &[
        // The value of a query, wherever it stands.
        (
            &["https://h.example/?key=", "&z=1"],
            &["ab#cd"],
            "https://h.example/?key=ab%23cd&z=1",
        ),
        (
            &["https://h.example?key=", "&z=1"],
            &["a&b=c"],
            "https://h.example?key=a%26b=c&z=1",
        ),
        (
            &["https://h.example/?z=1&key=x", ""],
            &["50%off"],
            "https://h.example/?z=1&key=x50%25off",
        ),
        (
            &["https://h.example/?key=", ""],
            &["ab+cd"],
            "https://h.example/?key=ab%2Bcd",
        ),
        // A secret is what the receiver knows, so that one that looks encoded is encoded, too.
        (
            &["https://h.example/?key=", ""],
            &["ab%23cd"],
            "https://h.example/?key=ab%2523cd",
        ),
        // What arrives as it is stays as it is.
        (
            &["https://h.example/?key=", ""],
            &["YWJj/x=="],
            "https://h.example/?key=YWJj/x==",
        ),
        (
            &["https://h.example/?key=", ""],
            &["ü ~"],
            "https://h.example/?key=%C3%BC%20%7E",
        ),
        // Two in a row, and a name.
        (
            &["https://h.example/?key=", "", ""],
            &["a#", "b&"],
            "https://h.example/?key=a%23b%26",
        ),
        (
            &["https://h.example/?", "=1"],
            &["a=b&c"],
            "https://h.example/?a%3Db%26c=1",
        ),
        // A query that is written by the secret alone.
        (
            &["https://h.example/?", ""],
            &["k=a%20b&z=1"],
            "https://h.example/?k=a%20b&z=1",
        ),
        (
            &["https://h.example/?", "&z=1"],
            &["ab#cd"],
            "https://h.example/?ab%23cd&z=1",
        ),
        // Paths, of several parts as well.
        (
            &["https://h.example/in/", "/x"],
            &["T0/B0?x#y%z"],
            "https://h.example/in/T0/B0%3Fx%23y%25z/x",
        ),
        (
            &["https://h.example/x#", ""],
            &["a#b"],
            "https://h.example/x#a%23b",
        ),
        // Logins.
        (
            &["https://me:", "@h.example/"],
            &["p@s/s:w#d"],
            "https://me:p%40s%2Fs%3Aw%23d@h.example/",
        ),
        (
            &["https://", ":", "@h.example"],
            &["a:b", "c@d"],
            "https://a%3Ab:c%40d@h.example",
        ),
        (
            &["https://", "@h.example"],
            &["me:p@ss"],
            "https://me:p%40ss@h.example",
        ),
        // Addresses and pieces of them stay.
        (
            &["", ""],
            &["https://h.example/?a=b&c=d%20e#f"],
            "https://h.example/?a=b&c=d%20e#f",
        ),
        (
            &["", "?key=", ""],
            &["https://h.example/a%20b", "x#y"],
            "https://h.example/a%20b?key=x%23y",
        ),
        (
            &["https://", "/x?key=", ""],
            &["h.example:8443", "x#y"],
            "https://h.example:8443/x?key=x%23y",
        ),
        (
            &["https://", ""],
            &["h.example/x?k=a%20b"],
            "https://h.example/x?k=a%20b",
        ),
        (
            &["https://me@", "/@x"],
            &["h.example"],
            "https://me@h.example/@x",
        ),
        (
            &["https://h.example/?mail=me@x&key=", ""],
            &["x#y"],
            "https://h.example/?mail=me@x&key=x%23y",
        ),
        // Texts that are no addresses.
        (
            &["see https://h.example/?key=", ""],
            &["x#y"],
            "see https://h.example/?key=x#y",
        ),
        (
            &["https://h.example/?key=", " (new)"],
            &["x#y"],
            "https://h.example/?key=x#y (new)",
        ),
        (&["a=", "&b"], &["x#y"], "a=x#y&b"),
        // A line end is refused by every address, and says more than one that is sent.
        (
            &["https://h.example/?key=", ""],
            &["x#y\n"],
            "https://h.example/?key=x#y\n",
        ),
    ];

    #[test]
    fn case_9_a_secret_is_encoded_for_its_place() {
        for (pieces, secrets, expected) in ENCODED {
            assert_eq!(filled(pieces, secrets), *expected, "{pieces:?} {secrets:?}");
        }
    }

    fn secret() -> impl Strategy<Value = String> {
        "[!-~]{1,24}|[ -~äß漢😀]{1,24}|[a-z0-9%+&=#?/@:;]{1,16}"
    }

    proptest! {
        #[test]
        fn case_9_the_receiver_reads_the_very_secret(one in secret(), two in secret()) {
            let url = Url::parse(&filled(
                &["https://", ":", "@h.example/in/", "/x?a=1&key=", "&", "=v&", ""],
                &["user", &two, &one.replace('/', "."), &one, &two, "z=1"],
            ));
            let url = url.unwrap();
            let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(url.username(), "user");
            prop_assert_eq!(decoded(url.password().unwrap()), two.clone());
            prop_assert_eq!(url.host_str(), Some("h.example"));
            let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            let mut wanted = vec![("a".to_owned(), "1".to_owned()), ("key".to_owned(), one.clone())];
            wanted.push((two, "v".to_owned()));
            wanted.push(("z".to_owned(), "1".to_owned()));
            prop_assert_eq!(pairs, wanted);
            let part = one.replace('/', ".");
            // A part of dots alone is a step in the path, however it is written.
            if !matches!(part.to_lowercase().as_str(), "." | "..") {
                let parts: Vec<&str> = url.path_segments().unwrap().collect();
                prop_assert_eq!(decoded(parts[1]), part);
            }
            prop_assert_eq!(url.fragment(), None);
        }

        #[test]
        fn texts_without_an_address_stay(text in "\\PC{0,30}", secret in secret()) {
            prop_assume!(!text.contains("://"));
            let mut whole = text.clone();
            let start = whole.len();
            write!(whole, "{}", secret.replace(':', "")).unwrap();
            let ranges = start..whole.len();
            prop_assert_eq!(encoded(whole.clone(), &[ranges]), whole);
        }
    }
}
