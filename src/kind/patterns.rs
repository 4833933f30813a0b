//! The character sets and patterns of the API, each with the words that explain it.
//!
//! Zoho's regular expressions are Java's and match the whole value; here they are anchored and
//! written so that JSON Schema validators and the `regex` crate read them alike.

use super::Pattern;

/// Letters, digits, white space and `_ - . $ @ ? , : ' / !`, and anything beyond ASCII.
///
/// Source: the character class of names in Department, Agent, Role, Field and Account.
pub const NAME: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_\-.$@?,:'/!\s]|[^\x00-\x7F])+$",
    words: "made of letters, digits, white space and `_ - . $ @ ? , : ' / !`",
    sample: "Example",
    allows_empty: false,
};

/// As [`NAME`], and the empty text, which clears. Source: Webhook, `description`: `createWebhook`
/// has the pattern, `updateWebhook` has none.
pub const NAME_OR_EMPTY: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_\-.$@?,:'/!\s]|[^\x00-\x7F])*$",
    words: NAME.words,
    sample: "Example",
    allows_empty: true,
};

/// As [`NAME`], and `|` and `&`. Source: Department, `addDepartment`.
pub const NAME_AMP: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_\-.$@?,:'/!\s|&]|[^\x00-\x7F])+$",
    words: "made of letters, digits, white space and `_ - . $ @ ? , : ' / ! | &`",
    sample: "Example",
    allows_empty: false,
};

/// As [`NAME`], and `& ^ ( ) { } ~ = | * + [ ] "`. Source: Agent, `addAgent`.
pub const TEXT: Pattern = Pattern {
    regex: r#"^(?:[0-9a-zA-Z_\-&.$@^(){}~=|*+?\[\],:"'/!\s]|[^\x00-\x7F])+$"#,
    words: "free of `< > ; # % \\` and the back-tick",
    sample: "Example",
    allows_empty: false,
};

/// Labels of custom fields. Source: Field, `createField`.
pub const LABEL: Pattern = Pattern {
    regex: "^(?:[0-9a-zA-Z_\\-.$@?,:'/!\\s]|[\u{80}-\u{FFFF}])+$",
    words: "made of letters, digits, white space and `_ - . $ @ ? , : ' / !`, without emoji",
    sample: "Example",
    allows_empty: false,
};

/// Choices of a picklist. Source: Layout, `updateLayoutField`.
pub const CHOICE: Pattern = Pattern {
    regex: "^(?:[0-9a-zA-Z_\\-.$@?:/!\\s()]|[\u{80}-\u{FFFF}])+$",
    words: "made of letters, digits, white space and `_ - . $ @ ? : / ! ( )`, without emoji",
    sample: "Example",
    allows_empty: false,
};

/// Days. Source: the API writes them as `yyyy-MM-dd`.
pub const DAY: Pattern = Pattern {
    regex: "^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$",
    words: "a day such as `2027-06-30`",
    sample: "2027-06-30",
    allows_empty: false,
};

/// API names of custom fields. Source: Field, `getFields`.
pub const API_NAME: Pattern = Pattern {
    regex: "^cf_[0-9a-zA-Z_]+$",
    words: "an API name such as `cf_region`",
    sample: "cf_region",
    allows_empty: false,
};

/// API names of modules. Source: Rule Group, `getRuleGroups` (`module`), which gives them no form, and Modules,
/// whose names are of letters, digits and `_`.
pub const MODULE_NAME: Pattern = Pattern {
    regex: "^[0-9a-zA-Z_]+$",
    words: "the API name of a module, such as `tickets`",
    sample: "tickets",
    allows_empty: false,
};

/// Phone and fax numbers of contacts and accounts. Source: Contact and Account, create bodies.
pub const PHONE: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_+\-.$@?,;:'/!\s]|[^\x00-\x7F])+$",
    words: "made of letters, digits, white space and `+ - . , ; : / '`, without brackets",
    sample: "+1 555 0100",
    allows_empty: false,
};

/// Phone numbers that both branches of the API's schema accept (`mobile`, `fax`).
///
/// Source: Contact `mobile` and Account `fax`: the create and update bodies differ; this is what
/// both of them take.
pub const MOBILE: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_+\-.$@?,:'/!\s]|[^\x00-\x7F])+$",
    words: "made of letters, digits, white space and `+ - . , : / '`, without brackets",
    sample: "+1 555 0100",
    allows_empty: false,
};

/// Digits. Source: Contact, `zip`.
pub const DIGITS: Pattern = Pattern {
    regex: r"^[0-9]+$",
    words: "made of digits",
    sample: "12345",
    allows_empty: false,
};

/// An amount. Source: Account, `annualrevenue`.
pub const AMOUNT: Pattern = Pattern {
    regex: r"^[0-9]{1,13}(?:\.[0-9]*)?$",
    words: "a plain amount such as `50000000` or `1250.50`",
    sample: "50000000",
    allows_empty: false,
};

/// A locale such as `en_US`. Source: Agent, `langCode` and `countryCode`.
pub const LOCALE: Pattern = Pattern {
    regex: r"^[a-zA-Z_]*$",
    words: "a code such as `fr_FR` or `US`",
    sample: "US",
    allows_empty: true,
};

/// A time zone such as `America/New_York`. Source: Agent, `timeZone`.
pub const TIME_ZONE: Pattern = Pattern {
    regex: r"^[a-zA-Z_/\-+0-9]*$",
    words: "an IANA zone such as `America/New_York`",
    sample: "Europe/Berlin",
    allows_empty: true,
};

/// A time zone by its area and its place. Source: Business Hour, `timeZoneId`, whose pattern is that of
/// names; the zones that it takes are listed nowhere.
pub const ZONE: Pattern = Pattern {
    regex: r"^(?:[A-Z][a-zA-Z]+(?:/[a-zA-Z0-9_+\-]+)+|UTC|GMT)$",
    words: "an IANA zone with its area, such as `Europe/Berlin`",
    sample: "Europe/Berlin",
    allows_empty: false,
};

/// A time of the day. Source: Business Hour, `startTime` and `endTime`.
pub const CLOCK: Pattern = Pattern {
    regex: r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$",
    words: "a time from `00:00` to `23:59`, with two digits each",
    sample: "09:00",
    allows_empty: false,
};

/// A day of no year. Source: Holiday List, `from` and `to`, whose pattern lets days through that no
/// month has.
pub const MONTH_DAY: Pattern = Pattern {
    regex: r"^(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))$",
    words: "a month and a day of it, such as `12-26`",
    sample: "12-26",
    allows_empty: false,
};

/// Words of a picklist field such as a contact's type or language. Source: Contact, `type`.
pub const WORDS: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_\-.$@?:/!\s()]|[^\x00-\x7F])+$",
    words: "made of letters, digits, white space and `_ - . $ @ ? : / ! ( )`",
    sample: "Example",
    allows_empty: false,
};

/// As [`WORDS`], and the empty text, which clears. Source: Product, `productCategory`:
/// `createProduct` has the pattern, `updateProduct` has none.
pub const WORDS_OR_EMPTY: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_\-.$@?:/!\s()]|[^\x00-\x7F])*$",
    words: WORDS.words,
    sample: "Example",
    allows_empty: true,
};

/// An agent's e-mail address. Source: Agent, `emailId`; and no two dots in a row, no dot before
/// the `@`, no `_` in the domain (refused since 30 June 2021).
pub const AGENT_EMAIL: Pattern = Pattern {
    regex: r"^[a-zA-Z0-9_](?:[a-zA-Z0-9_+\-'&]|\.[a-zA-Z0-9_+\-'&])*@(?:[a-zA-Z0-9]+(?:-*[a-zA-Z0-9])*\.)+[a-zA-Z]{2,22}$",
    words: "an e-mail address such as `name@example.com`",
    sample: "info@example.com",
    allows_empty: false,
};

/// A contact's or account's e-mail address. Source: Contact, `email`; restricted as
/// [`AGENT_EMAIL`] is.
pub const EMAIL: Pattern = Pattern {
    regex: r"^[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_+\-'&!~]|\.[\p{L}\p{M}\p{N}_+\-'&!~])*@(?:[\p{L}\p{N}\p{M}]+(?:-*[\p{L}\p{N}\p{M}])*\.)+[\p{L}\p{M}]{2,22}$",
    words: "an e-mail address such as `name@example.com`",
    sample: "info@example.com",
    allows_empty: false,
};

/// A web address. Source: Account, `website`.
pub const WEBSITE: Pattern = Pattern {
    regex: r"^(?:ht|f)tps?://[-.\w]*/?[a-zA-Z0-9\-.?,:'/\\+=&%$#_@]*$",
    words: "a web address with its scheme, such as `https://www.example.com`",
    sample: "https://www.example.com",
    allows_empty: false,
};

/// The address of a webhook. Source: Webhook, `createWebhook` and `updateWebhook`.
pub const HOOK: Pattern = Pattern {
    regex: r"^https?://[0-9a-zA-Z][-.\w]*/?[a-zA-Z0-9\-.?,:'/\\+=&%$#_@]*$",
    words: "a web address with its scheme, such as `https://hooks.example.com/zoho-desk`",
    sample: "https://hooks.example.com/zoho-desk",
    allows_empty: false,
};

/// A UUID. Source: Webhook, `ignoreSourceId`.
pub const UUID: Pattern = Pattern {
    regex: r"^(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})?$",
    words: "a UUID",
    sample: "123e4567-e89b-12d3-a456-426614174000",
    allows_empty: true,
};

/// The API name of a module that has fields: one of the system's, or a custom one. Source: Field,
/// `getFields` and `createField`, which name the former.
pub const MODULE: Pattern = Pattern {
    regex: r"^(?:tickets|contacts|accounts|tasks|calls|events|contracts|products|timeEntry|agents|cm_[a-zA-Z0-9_]+)$",
    words: "`tickets`, `contacts`, `accounts`, `tasks`, `calls`, `events`, `contracts`, `products`, `timeEntry`, `agents`, or a custom module such as `cm_orders`",
    sample: "contacts",
    allows_empty: false,
};

/// A colour of three or six hexadecimal digits. Source: Label, `bgColor` and `textColor`.
pub const COLOUR: Pattern = Pattern {
    regex: r"^#?(?:[0-9a-fA-F]{3}){1,2}$",
    words: "a colour of three or six hexadecimal digits, such as `#1a2b3c`",
    sample: "#1a2b3c",
    allows_empty: false,
};

/// Whether a pattern is one class of characters, repeated.
pub(super) fn is_set(regex: &str) -> bool {
    let any = [
        "]|[^\\x00-\\x7F])+$",
        "]|[^\\x00-\\x7F])*$",
        "]|[\u{80}-\u{FFFF}])+$",
    ];
    let inner = match regex.strip_prefix("^(?:[") {
        Some(rest) => any.iter().find_map(|end| rest.strip_suffix(end)),
        None => regex.strip_prefix("^[").and_then(|rest| {
            rest.strip_suffix("]+$")
                .or_else(|| rest.strip_suffix("]*$"))
        }),
    };
    inner.is_some_and(|inner| !inner.contains(r"\\") && !inner.replace(r"\]", "").contains(']'))
}

/// A pattern that accepts the same ASCII texts as the given one and knows no others, so that it is
/// cheap to compile; absent where that is the pattern itself.
pub(super) fn ascii(regex: &str) -> Option<String> {
    const CLASSES: &[(&str, &str)] = &[
        (r"\p{L}", "a-zA-Z"),
        (r"\p{N}", "0-9"),
        (r"\p{M}", ""),
        (r"\w", "a-zA-Z0-9_"),
        (r"\s", r"\t\n\x0B\x0C\r\x20"),
        (r"|[^\x00-\x7F]", ""),
        ("|[\u{80}-\u{FFFF}]", ""),
    ];
    let mut out = regex.to_owned();
    for (class, reduced) in CLASSES {
        out = out.replace(class, reduced);
    }
    (out != regex).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::super::{Field, KINDS, Shape};
    use super::*;

    /// Every pattern that a field of the tables has.
    fn all(fields: &[Field], found: &mut Vec<Pattern>) {
        for field in fields {
            match field.shape {
                Shape::Text { pattern, .. } | Shape::Texts { pattern, .. } => found.extend(pattern),
                Shape::Email { pattern, .. } => found.push(pattern),
                Shape::Map(map) => all(map.fields, found),
                Shape::Items(items) => all(items.fields, found),
                _ => {}
            }
        }
    }

    #[test]
    fn a_sample_matches_and_the_empty_text_as_the_pattern_says() {
        let mut patterns = Vec::new();
        for kind in KINDS {
            all(kind.fields, &mut patterns);
        }
        assert!(patterns.len() > 30, "{}", patterns.len());
        for pattern in patterns {
            let validator =
                super::super::schema::compile(&serde_json::json!({ "pattern": pattern.regex }));
            let matches = |text: &str| validator.as_ref().unwrap().is_valid(&text.into());
            assert!(matches(pattern.sample), "{pattern:?}");
            assert_eq!(matches(""), pattern.allows_empty, "{pattern:?}");
        }
    }
}
