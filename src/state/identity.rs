//! What makes two resources the same one.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub use crate::kind::scopes;
use crate::kind::{Alike, Field, Kind, Shape, Target, Within};
use crate::safe::hidden;
use crate::state::{Address, Below, Body, Key, Named, Reference, Scope, Value};

/// A text as identities compare it: trimmed and in Unicode's normal form C.
#[must_use]
pub fn canonical_text(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.contains('&') {
        // Some answers are escaped for HTML.
        let plain = html_escape::decode_html_entities(trimmed);
        if plain != trimmed {
            return Cow::Owned(plain.nfc().collect());
        }
    }
    if trimmed.is_ascii() || is_nfc_quick(trimmed.chars()) == IsNormalized::Yes {
        Cow::Borrowed(trimmed)
    } else {
        Cow::Owned(trimmed.nfc().collect())
    }
}

/// One part of an identity in the form in which it is compared; e-mail addresses have no case.
#[must_use]
pub fn canonical<'t>(field: &Field, text: &'t str) -> Cow<'t, str> {
    let text = canonical_text(text);
    if field.alike == Alike::Url {
        return match url::Url::parse(&text) {
            Ok(url) if url.as_str() != text => Cow::Owned(url.into()),
            _ => text,
        };
    }
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if matches!(field.shape, Shape::Email { .. }) && !text.bytes().all(is_lower) {
        Cow::Owned(text.to_lowercase())
    } else {
        text
    }
}

/// What a name looks like that holds more than one sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainLook {
    /// The name that it looks like.
    pub plain: String,
    /// What nobody sees of it, such as "a no-break space (U+00A0)".
    pub what: String,
}

/// Tells what a name looks like, if it holds a blank that is none or two, or a character without a
/// look.
#[must_use]
pub fn plain_look(name: &str) -> Option<PlainLook> {
    if name.is_ascii() && !name.contains("  ") && !name.bytes().any(|byte| byte < b' ') {
        return None;
    }
    let mut plain = String::with_capacity(name.len());
    let mut what = None;
    let mut found = |words: String| {
        what.get_or_insert(words);
    };
    for c in name.chars() {
        let number = u32::from(c);
        let before = plain.chars().next_back();
        // Between letters of some scripts and within pictures a joiner has a meaning.
        let joins = matches!(c, '\u{200c}' | '\u{200d}');
        if hidden(c) && !c.is_whitespace() || joins && before.is_none_or(|c| c.is_ascii()) {
            found(format!("an invisible character (U+{number:04X})"));
        } else if c.is_whitespace() {
            match c {
                ' ' if before == Some(' ') => found("two blanks in a row".to_owned()),
                ' ' => {}
                '\u{a0}' => found("a no-break space (U+00A0)".to_owned()),
                _ => found(format!("a white space that is no blank (U+{number:04X})")),
            }
            if before != Some(' ') {
                plain.push(' ');
            }
        } else {
            plain.push(c);
        }
    }
    let plain = plain.trim().to_owned();
    what.map(|what| PlainLook { plain, what })
}

/// The naming field's value in canonical form.
#[must_use]
pub fn canonical_name(kind: &Kind, name: &str) -> String {
    canonical(kind.naming_field(), name).into_owned()
}

/// The scopes of a kind that are words.
fn words(kind: &Kind) -> impl Iterator<Item = &'static Field> {
    scopes(kind).filter(|field| !matches!(field.shape, Shape::Reference(_)))
}

/// Reads an identity that a person writes in one text, such as `Billing` or, for a custom field,
/// `contacts/Region`; scopes that are words stand before the name.
///
/// A kind has at most one scope that is a word; it ends at the first slash, since no word holds one.
#[must_use]
pub fn spelled<'t>(kind: &Kind, text: &'t str) -> Key<'t> {
    let mut scope = Scope::default();
    let mut name = text;
    for field in words(kind) {
        let Some((value, rest)) = name.split_once('/') else {
            break;
        };
        scope.set(field.name, canonical_text(value));
        name = rest;
    }
    let name = canonical(kind.naming_field(), name);
    Key { scope, name }
}

/// Says what a name in one text may mean: the name alone, and what [`spelled`] reads.
#[must_use]
pub fn readings(kind: &Kind, text: &str) -> Vec<Named<'static>> {
    let alone = Named::of_name(canonical_name(kind, text));
    let spelled = spelled(kind, text);
    let scope: Vec<(&'static str, Below)> = words(kind)
        .filter_map(|field| {
            let word = spelled.scope.get(field.name)?;
            Some((field.name, Below::Word(word.into())))
        })
        .collect();
    if scope.is_empty() {
        return vec![alone];
    }
    let name = spelled.name.into_owned().into();
    vec![alone, Named { scope, name }]
}

/// Gives the name of a body with what it lies below; none where the body lacks a part of it.
#[must_use]
pub fn named<'b>(kind: &Kind, body: &'b Body) -> Option<Named<'b>> {
    let naming = kind.naming_field();
    let name = canonical(naming, body.get(naming.name)?.as_text()?);
    let mut named = Named {
        scope: Vec::new(),
        name,
    };
    for field in scopes(kind) {
        let value = body.get(field.name);
        if field.where_shown && value.is_none_or(Value::is_null) {
            continue;
        }
        named.scope.push((field.name, below(value?)?));
    }
    named.scope.sort();
    Some(named)
}

/// Reads the value of a scope.
#[must_use]
pub fn below(value: &Value) -> Option<Below> {
    match value {
        Value::Text(text) => Some(Below::Word(canonical_text(text).into())),
        Value::Reference(reference) => Some(Below::Parent(reference.clone())),
        _ => None,
    }
}

/// Whether two things may lie below the same one by a scope: a word that the server made, an id and a name may mean
/// what a handle means, see [`Field::refers`]; planning tells.
#[must_use]
pub fn may_be_one(field: &Field, one: &Below, other: &Below) -> bool {
    let is_of_system =
        |below: &Below| matches!(below, Below::Word(word) if field.words().contains(&&**word));
    if one == other {
        return true;
    }
    if field.refers.is_empty() || is_of_system(one) || is_of_system(other) {
        return false;
    }
    let both_told = |one: &Below, other: &Below| {
        matches!((one, other), (Below::Word(_), Below::Word(_)))
            || matches!(
                (one, other),
                (
                    Below::Parent(Reference::To(_)),
                    Below::Parent(Reference::To(_))
                )
            )
    };
    !both_told(one, other)
}

/// Says where a name counts that a reference gives, as far as what refers to it tells.
pub fn fill_in(named: &mut Named<'_>, target: &Target, body: &Body) {
    match target.within {
        // What refers to it does not know the word itself: see [`word_of`].
        Within::Anywhere | Within::As(..) => {}
        Within::Fixed(field, word) => named.fill(field, Below::Word(word.into())),
        Within::Same(field) => {
            if let Some(below) = body.get(field).and_then(below) {
                named.fill(field, below);
            }
        }
    }
}

/// What the thing that a reference names lies below by a scope, as far as the reference says it; `declared` tells
/// it of what is declared.
pub fn word_of(
    reference: &Reference,
    scope: &str,
    declared: impl FnOnce(&Address) -> Option<Below>,
) -> Option<Below> {
    match reference {
        Reference::To(address) => declared(address),
        Reference::Lookup { name, .. } => name.below(scope).cloned(),
        Reference::Id { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;

    #[test]
    fn case_29_what_nobody_sees_in_a_name_is_told() {
        for (name, expected) in [
            ("Tier 1", None),
            ("Zoë – Ärzte 👩\u{200d}💻", None),
            ("می\u{200c}خواهم", None),
            ("Tier\u{a0}1", Some("a no-break space (U+00A0)")),
            ("Tier  1", Some("two blanks in a row")),
            ("Tier \u{a0}1", Some("a no-break space (U+00A0)")),
            ("Ti\u{200b}er 1", Some("an invisible character (U+200B)")),
            ("Ti\u{200d}er 1", Some("an invisible character (U+200D)")),
            ("\u{feff}Tier 1", Some("an invisible character (U+FEFF)")),
            ("Tier\t1", Some("a white space that is no blank (U+0009)")),
            (
                "Tier\u{2003}1",
                Some("a white space that is no blank (U+2003)"),
            ),
        ] {
            let look = plain_look(name);
            assert_eq!(look.as_ref().map(|look| &*look.what), expected, "{name:?}");
            assert!(look.is_none_or(|look| look.plain == "Tier 1"), "{name:?}");
        }
    }

    #[test]
    fn identities_are_canonical() {
        let fields = find("customFields").unwrap();
        let body: Body = [
            ("module", Value::text("contacts")),
            ("displayLabel", Value::text(" Re\u{301}gion ")),
        ]
        .into_iter()
        .collect();
        let region = named(fields, &body).unwrap();
        assert_eq!(
            region.below("module"),
            Some(&Below::Word("contacts".into()))
        );
        assert_eq!(region.name, "R\u{e9}gion");
        let spelled_out = readings(fields, "contacts/ Re\u{301}gion");
        assert_eq!(spelled_out.last(), Some(&region));
        // A label may hold slashes; a module holds none.
        assert_eq!(spelled(fields, "contacts/A/B").name, "A/B");
        let departments = find("departments").unwrap();
        assert_eq!(spelled(departments, "A/B"), Key::of_name("A/B"));
        let agents = find("agents").unwrap();
        assert_eq!(
            spelled(agents, " Ann@Example.com "),
            Key::of_name("ann@example.com")
        );
        assert_eq!(named(agents, &Body::default()), None);
        assert_eq!(readings(departments, "A/B"), [Named::of_name("A/B")]);
    }
}
