//! What makes a resource the same one: its name, within its scope.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of an object, and where that name counts.
///
/// The parts are never joined into one text nor split from one, since a slash may stand in a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key<'n> {
    /// Where the name counts; empty where it counts everywhere.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// The name in canonical form; empty where nobody may know it.
    pub name: Cow<'n, str>,
}

/// The values of a kind's scopes, by field: a word such as a module, or the id of a parent.
///
/// Nearly always empty, so that it takes the room of a pointer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
#[expect(
    clippy::box_collection,
    reason = "a key of each of 100,000 objects has one that is empty: a pointer is a third of a map"
)]
pub struct Scope(Option<Box<BTreeMap<String, String>>>);

impl Scope {
    /// Says whether a name counts everywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Gives the value of one scope.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.as_ref()?.get(field).map(String::as_str)
    }

    /// Gives the values in the order of their fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.0.iter().flat_map(|values| values.iter());
        values.map(|(field, value)| (field.as_str(), value.as_str()))
    }

    /// Sets the value of one scope.
    pub fn set(&mut self, field: &str, value: impl Into<String>) {
        let values = self.0.get_or_insert_default();
        values.insert(field.to_owned(), value.into());
    }

    /// Takes the value of one scope away.
    pub fn unset(&mut self, field: &str) {
        if let Some(values) = &mut self.0 {
            values.remove(field);
            if values.is_empty() {
                self.0 = None;
            }
        }
    }
}

impl From<BTreeMap<String, String>> for Scope {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self((!values.is_empty()).then(|| Box::new(values)))
    }
}

impl From<Scope> for BTreeMap<String, String> {
    fn from(scope: Scope) -> Self {
        scope.0.map(|values| *values).unwrap_or_default()
    }
}

impl<'n> Key<'n> {
    /// Makes the key of a name that counts everywhere.
    #[must_use]
    pub fn of_name(name: impl Into<Cow<'n, str>>) -> Self {
        Self {
            scope: Scope::default(),
            name: name.into(),
        }
    }

    /// Makes a key that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Key<'static> {
        Key {
            scope: self.scope,
            name: Cow::Owned(self.name.into_owned()),
        }
    }

    /// Gives the key in small letters, by which keys are compared without case.
    #[must_use]
    pub fn lower_case(&self) -> Key<'static> {
        let mut scope = Scope::default();
        for (field, value) in self.scope.iter() {
            scope.set(field, value.to_lowercase());
        }
        Key {
            scope,
            name: Cow::Owned(self.name.to_lowercase()),
        }
    }

    /// Says whether nobody may know the name, since it holds a secret.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.name.is_empty()
    }
}

/// The key for people: `Billing`, or `contacts/Region`. It is never read back.
impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, value) in self.scope.iter() {
            write!(f, "{value}/")?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_by_scope_and_name() {
        let mut scoped = Key::of_name("a/b");
        scoped.scope.set("module", "contacts");
        let mut other = Key::of_name("b");
        other.scope.set("module", "contacts/a");
        // They read alike and are two.
        assert_eq!(scoped.to_string(), other.to_string());
        assert_ne!(scoped, other);
        assert_eq!(size_of::<Scope>(), size_of::<usize>());
        let json = serde_json::to_string(&scoped).unwrap();
        assert_eq!(json, r#"{"scope":{"module":"contacts"},"name":"a/b"}"#);
        assert_eq!(serde_json::from_str::<Key<'_>>(&json).unwrap(), scoped);
        let plain = Key::of_name("Billing");
        assert_eq!(
            serde_json::to_string(&plain).unwrap(),
            r#"{"name":"Billing"}"#
        );
        assert_eq!(Key::of_name("Bíll").lower_case(), Key::of_name("bíll"));
    }
}
