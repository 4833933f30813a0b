//! What makes two resources the same one.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::kind::{Field, Kind, Shape};
use crate::state::Body;

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

/// An identity written in one text, such as `Billing` or, for a custom field, `contacts/Region`.
#[must_use]
pub fn canonical_identity(kind: &Kind, identity: &str) -> String {
    let others = kind
        .fields
        .iter()
        .filter(|field| field.identity && !field.naming)
        .count();
    let mut parts: Vec<&str> = identity.splitn(others + 1, '/').collect();
    let name = parts.pop().unwrap_or_default();
    let mut out = String::with_capacity(identity.len());
    for part in parts {
        out.push_str(&canonical_text(part));
        out.push('/');
    }
    out.push_str(&canonical_name(kind, name));
    out
}

/// The identity of a body: its identity fields in canonical form, the naming field last, joined by
/// slashes. Absent when the body lacks one of them.
#[must_use]
pub fn identity(kind: &Kind, body: &Body) -> Option<String> {
    let mut out = String::new();
    for field in kind.fields.iter().filter(|field| field.identity) {
        if !field.naming {
            out.push_str(&canonical_text(body.get(field.name)?.as_text()?));
            out.push('/');
        }
    }
    out.push_str(&canonical_name(
        kind,
        body.get(kind.naming_field().name)?.as_text()?,
    ));
    Some(out)
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
        assert_eq!(identity(fields, &body).unwrap(), "contacts/R\u{e9}gion");
        assert_eq!(
            canonical_identity(fields, "contacts/ Re\u{301}gion"),
            "contacts/R\u{e9}gion"
        );
        let agents = find("agents").unwrap();
        assert_eq!(
            canonical_identity(agents, " Ann@Example.com "),
            "ann@example.com"
        );
        assert_eq!(identity(agents, &Body::default()), None);
    }
}
