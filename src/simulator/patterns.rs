//! Character classes and forms of texts, read as matches of the whole value.
//!
//! Zoho's patterns are Java expressions over a handful of character classes. Each is written here
//! as a check of its own, so that the simulator shares no table with the code it watches.

/// What a text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Any text.
    Any,
    /// Letters, digits, white space, `_-.$@?,:'/!` and anything beyond ASCII; at least one.
    Name,
    /// [`Pattern::Name`] with `|` and `&`.
    NameAmpersand,
    /// [`Pattern::Name`] with `&^(){}~=|*+[]` and the double quote.
    Wide,
    /// [`Pattern::Name`] with `+` and `;`.
    Phone,
    /// [`Pattern::Name`] with `+`, `;`, `(` and `)`: what the published classes of telephone numbers
    /// take, and what the source's own examples have besides.
    Number,
    /// Letters, digits, white space, `_-.$@?:/!()` and anything beyond ASCII; at least one.
    Kind,
    /// Letters and `_`; may be empty.
    Locale,
    /// Letters, digits and `_/-+`; may be empty.
    TimeZone,
    /// Lower-case letters and digits; at least one.
    Portal,
    /// An e-mail address of ASCII letters and digits.
    AsciiEmail,
    /// An e-mail address that may hold letters beyond ASCII.
    Email,
    /// An e-mail address, perhaps with a name before it and in angle brackets.
    Sender,
    /// An address of the web or of a file server, with the characters of account websites.
    Website,
    /// [`Pattern::Website`] with `;`.
    WebsiteSemicolon,
    /// An address that begins with a letter or digit after the scheme, or the single `*`.
    Callback,
    /// `http://` or `https://` and something after it.
    HttpUrl,
    /// Up to 13 digits, then perhaps a point and more digits.
    Revenue,
    /// A UUID, or the empty text.
    UuidOrEmpty,
    /// A time of the day, `00:00` to `23:59`.
    Clock,
    /// A month and a day, such as `12-26`. The month may be `00`, as in the pattern of the API.
    MonthDay,
    /// A day such as `2027-06-30`, or `2027-6-3`; every month has 31 of them, as in the pattern.
    Day,
    /// A colour: three or six hexadecimal digits, with or without `#`.
    Colour,
}

impl Pattern {
    /// Whether the whole text has this form.
    pub(super) fn matches(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name => every(text, name),
            Self::NameAmpersand => every(text, |c| name(c) || matches!(c, '|' | '&')),
            Self::Wide => every(text, |c| name(c) || "&^(){}~=|*+[]\"".contains(c)),
            Self::Phone => every(text, |c| name(c) || matches!(c, '+' | ';')),
            Self::Number => every(text, |c| name(c) || matches!(c, '+' | ';' | '(' | ')')),
            Self::Kind => every(text, |c| {
                matches!(c, '(' | ')') || (name(c) && !matches!(c, ',' | '\''))
            }),
            Self::Locale => text.chars().all(|c| c.is_ascii_alphabetic() || c == '_'),
            Self::TimeZone => text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '-' | '+')),
            Self::Portal => every(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            Self::AsciiEmail => email(text, false),
            Self::Email => email(text, true),
            Self::Sender => {
                let address = text.rsplit(['<', ' ']).next().unwrap_or_default();
                email(address.trim_end_matches('>'), false)
            }
            Self::Website => website(text, ""),
            Self::WebsiteSemicolon => website(text, ";"),
            Self::Callback => {
                text == "*"
                    || after_scheme(text).is_some_and(|rest| {
                        rest.starts_with(|c: char| c.is_ascii_alphanumeric())
                            && rest.chars().all(|c| {
                                c.is_ascii_alphanumeric()
                                    || "-.?,|:'/\\+=&%$#_[]@!()*;~".contains(c)
                            })
                    })
            }
            Self::HttpUrl => ["http://", "https://"].iter().any(|scheme| {
                text.strip_prefix(scheme)
                    .is_some_and(|rest| !rest.is_empty())
            }),
            Self::Revenue => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                (1..=13).contains(&whole.len())
                    && digits(whole)
                    && fraction.bytes().all(|b| b.is_ascii_digit())
            }
            Self::UuidOrEmpty => text.is_empty() || uuid(text),
            Self::Clock => pair(text, ':').is_some_and(|(hour, minute)| hour < 24 && minute < 60),
            Self::MonthDay => {
                pair(text, '-').is_some_and(|(month, day)| month <= 12 && (1..=31).contains(&day))
            }
            Self::Day => day(text),
            Self::Colour => {
                let digits = text.strip_prefix('#').unwrap_or(text);
                matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit())
            }
        }
    }
}

/// Whether the text consists of ASCII digits, at least one.
pub(super) fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Two numbers of two digits each.
fn pair(text: &str, between: char) -> Option<(u8, u8)> {
    let (first, second) = text.split_once(between)?;
    let number = |part: &str| {
        (part.len() == 2 && digits(part))
            .then(|| part.parse().ok())
            .flatten()
    };
    Some((number(first)?, number(second)?))
}

/// A year from 1000 to 2999, a month, and a day up to 31.
fn day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let short = |part: &str, most: u8| {
        let is_short = part.len() <= 2 && digits(part);
        is_short && part.parse().is_ok_and(|n: u8| (1..=most).contains(&n))
    };
    year.len() == 4
        && digits(year)
        && year.starts_with(['1', '2'])
        && short(month, 12)
        && short(day, 31)
}

fn every(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

/// The class that nearly all patterns of the API share.
fn name(c: char) -> bool {
    !c.is_ascii()
        || c.is_ascii_alphanumeric()
        || matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
        || "_-.$@?,:'/!".contains(c)
}

fn after_scheme(text: &str) -> Option<&str> {
    ["http://", "https://", "ftp://", "ftps://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
}

fn website(text: &str, more: &str) -> bool {
    after_scheme(text).is_some_and(|rest| {
        rest.chars().all(|c| {
            c.is_ascii_alphanumeric() || "-.?,:'/\\+=&%$#_@".contains(c) || more.contains(c)
        })
    })
}

fn uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups.iter().zip([8, 4, 4, 4, 12]).all(|(group, length)| {
            group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

/// Zoho's patterns for addresses, and what it refuses since 2021: two dots in a row, a dot before
/// the `@`, and `_` in the domain.
fn email(text: &str, unicode: bool) -> bool {
    let letter =
        |c: char| c.is_ascii_alphanumeric() || (unicode && !c.is_ascii() && !c.is_whitespace());
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let punctuation = if unicode { "_+-.'&!~" } else { "_+-.'&" };
    let local_fits = local.starts_with(|c| letter(c) || c == '_')
        && local.chars().all(|c| letter(c) || punctuation.contains(c))
        && !local.contains("..")
        && !local.ends_with('.');
    let mut labels: Vec<&str> = domain.split('.').collect();
    let top = labels.pop().unwrap_or_default();
    let top_fits = (2..=22).contains(&top.chars().count())
        && top
            .chars()
            .all(|c| c.is_ascii_alphabetic() || (unicode && !c.is_ascii()));
    let labels_fit = !labels.is_empty()
        && labels.iter().all(|label| {
            label.starts_with(letter)
                && label.ends_with(letter)
                && label.chars().all(|c| letter(c) || c == '-')
        });
    local_fits && top_fits && labels_fit && (4..=256).contains(&domain.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_values_match_or_not() {
        let cases: &[(Pattern, &str, bool)] = &[
            (Pattern::Name, "Technical Support", true),
            (Pattern::Name, "Café, Zürich!", true),
            (Pattern::Name, "Billing & Payments", false),
            (Pattern::Name, "", false),
            (Pattern::NameAmpersand, "Billing & Payments", true),
            (Pattern::NameAmpersand, "A (b)", false),
            (Pattern::Wide, "A (b) [c] \"d\"", true),
            (Pattern::Wide, "a;b", false),
            (Pattern::Wide, "crm->desk", false),
            (Pattern::Phone, "+1-555-0123; 4", true),
            (Pattern::Phone, "(555) 0123", false),
            (Pattern::Number, "(555) 0123; +1", true),
            (Pattern::Number, "555 #4", false),
            (Pattern::Kind, "Paid (User)", true),
            (Pattern::Kind, "a,b", false),
            (Pattern::Day, "2027-06-30", true),
            (Pattern::Day, "2027-6-3", true),
            (Pattern::Day, "2027-02-31", true),
            (Pattern::Day, "2027-13-01", false),
            (Pattern::Day, "2027-06-00", false),
            (Pattern::Day, "3027-06-30", false),
            (Pattern::Day, "27-06-30", false),
            (Pattern::Day, "2027-06-030", false),
            (Pattern::Day, "", false),
            (Pattern::TimeZone, "America/New_York", true),
            (Pattern::TimeZone, "", true),
            (Pattern::TimeZone, "New York", false),
            (
                Pattern::AsciiEmail,
                "sarah.johnson@company.example.com",
                true,
            ),
            (Pattern::AsciiEmail, "s..j@example.com", false),
            (Pattern::AsciiEmail, "sarah.@example.com", false),
            (Pattern::AsciiEmail, "sarah@exa_mple.com", false),
            (Pattern::AsciiEmail, "sarah@localhost", false),
            (Pattern::AsciiEmail, "a@b@example.com", false),
            (Pattern::AsciiEmail, "jürgen@example.com", false),
            (Pattern::Email, "jürgen@example.com", true),
            (Pattern::Website, "https://www.example.com/a?b=c", true),
            (Pattern::Website, "www.example.com", false),
            (Pattern::Website, "https://example.com/a;b", false),
            (Pattern::WebsiteSemicolon, "https://example.com/a;b", true),
            (
                Pattern::Callback,
                "https://hooks.example.com/desk?key=a(b)",
                true,
            ),
            (Pattern::Callback, "https://-hooks", false),
            (Pattern::Callback, "*", true),
            (Pattern::HttpUrl, "ftp://example.com", false),
            (Pattern::Revenue, "50000000", true),
            (Pattern::Revenue, "50000000.5", true),
            (Pattern::Revenue, "12345678901234", false),
            (Pattern::Revenue, "-1", false),
            (Pattern::UuidOrEmpty, "", true),
            (
                Pattern::UuidOrEmpty,
                "0a0a0a0a-0b0b-0c0c-0d0d-0e0e0e0e0e0e",
                true,
            ),
            (Pattern::UuidOrEmpty, "0a0a0a0a", false),
            (Pattern::Locale, "en_US", true),
            (Pattern::Locale, "en-US", false),
            (Pattern::Portal, "acme1", true),
            (Pattern::Portal, "Acme", false),
            (Pattern::Clock, "00:00", true),
            (Pattern::Clock, "23:59", true),
            (Pattern::Clock, "24:00", false),
            (Pattern::Clock, "9:00", false),
            (Pattern::Clock, "09:60", false),
            (Pattern::MonthDay, "02-29", true),
            (Pattern::MonthDay, "00-10", true),
            (Pattern::MonthDay, "13-01", false),
            (Pattern::MonthDay, "12-32", false),
            (Pattern::MonthDay, "12-00", false),
            (Pattern::MonthDay, "2-29", false),
            (Pattern::Colour, "#FFF", true),
            (Pattern::Colour, "1a2b3c", true),
            (Pattern::Colour, "#1a2b", false),
            (Pattern::Colour, "##fff", false),
            (Pattern::Colour, "#ggg", false),
            (Pattern::Colour, "", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(pattern.matches(text), *expected, "{pattern:?} {text:?}");
        }
    }
}
