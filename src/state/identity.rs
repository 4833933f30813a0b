//! What makes two resources the same one.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::kind::{Field, Kind, Shape};
use crate::state::{Body, Key, Scope};

/// A text as identities compare it: trimmed and in Unicode's normal form C.
#[must_use]
pub fn canonical_text(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
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
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if matches!(field.shape, Shape::Email { .. }) && !text.bytes().all(is_lower) {
        Cow::Owned(text.to_lowercase())
    } else {
        text
    }
}

/// The naming field's value in canonical form.
#[must_use]
pub fn canonical_name(kind: &Kind, name: &str) -> String {
    canonical(kind.naming_field(), name).into_owned()
}

/// Reads an identity that a person writes in one text, such as `Billing` or, for a custom field,
/// `contacts/Region`; the scopes stand before the name.
///
/// A kind has at most one scope that is a word; it ends at the first slash, since no word holds one.
#[must_use]
pub fn spelled<'t>(kind: &Kind, text: &'t str) -> Key<'t> {
    let mut scope = Scope::default();
    let mut name = text;
    for field in kind
        .fields
        .iter()
        .filter(|field| field.identity && !field.naming)
    {
        let Some((value, rest)) = name.split_once('/') else {
            break;
        };
        scope.set(field.name, canonical_text(value));
        name = rest;
    }
    let name = canonical(kind.naming_field(), name);
    Key { scope, name }
}

/// Gives the key of a body whose scopes are words; none where it lacks a part of it.
#[must_use]
pub fn key<'b>(kind: &Kind, body: &'b Body) -> Option<Key<'b>> {
    let mut scope = Scope::default();
    for field in kind
        .fields
        .iter()
        .filter(|field| field.identity && !field.naming)
    {
        scope.set(field.name, canonical_text(body.get(field.name)?.as_text()?));
    }
    let naming = kind.naming_field();
    let name = canonical(naming, body.get(naming.name)?.as_text()?);
    Some(Key { scope, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;
    use crate::state::Value;

    #[test]
    fn identities_are_canonical() {
        let fields = find("customFields").unwrap();
        let body: Body = [
            ("module", Value::text("contacts")),
            ("displayLabel", Value::text(" Re\u{301}gion ")),
        ]
        .into_iter()
        .collect();
        let region = key(fields, &body).unwrap();
        assert_eq!(region.scope.get("module"), Some("contacts"));
        assert_eq!(region.name, "R\u{e9}gion");
        assert_eq!(spelled(fields, "contacts/ Re\u{301}gion"), region);
        // A label may hold slashes; a module holds none.
        assert_eq!(spelled(fields, "contacts/A/B").name, "A/B");
        let departments = find("departments").unwrap();
        assert_eq!(spelled(departments, "A/B"), Key::of_name("A/B"));
        let agents = find("agents").unwrap();
        assert_eq!(
            spelled(agents, " Ann@Example.com "),
            Key::of_name("ann@example.com")
        );
        assert_eq!(key(agents, &Body::default()), None);
    }
}
