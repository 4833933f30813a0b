//! What makes two resources the same one.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub use crate::kind::scopes;
use crate::kind::{Alike, Field, Kind, Shape, Target, Within};
use crate::state::{Below, Body, Key, Named, Scope, Value};

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
        named
            .scope
            .push((field.name, below(body.get(field.name)?)?));
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

/// Says where a name counts that a reference gives, as far as what refers to it tells.
pub fn fill_in(named: &mut Named<'_>, target: &Target, body: &Body) {
    match target.within {
        Within::Anywhere => {}
        Within::Fixed(field, word) => named.fill(field, Below::Word(word.into())),
        Within::Same(field) => {
            if let Some(below) = body.get(field).and_then(below) {
                named.fill(field, below);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;

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
