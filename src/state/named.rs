//! Names as manifests give them: with what the named object lies below, as far as that is said.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::state::Reference;

/// The name of an object, and where the name counts as far as a manifest says so.
///
/// It is to a [`Key`](crate::state::Key) what a reference is to an id. The parts are never joined into
/// one text nor split from one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Named<'n> {
    /// What the name counts below, by scope; scopes that are not said are left out.
    pub scope: Vec<(&'static str, Below)>,
    /// The name in canonical form.
    pub name: Cow<'n, str>,
}

/// The value of one scope as a manifest gives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Below {
    /// A word, such as a module.
    Word(Arc<str>),
    /// Another resource.
    Parent(Reference),
}

impl<'n> Named<'n> {
    /// Names something without saying where the name counts.
    #[must_use]
    pub fn of_name(name: impl Into<Cow<'n, str>>) -> Self {
        Self {
            scope: Vec::new(),
            name: name.into(),
        }
    }

    /// Gives what the name counts below by one scope.
    #[must_use]
    pub fn below(&self, field: &str) -> Option<&Below> {
        let found = self.scope.iter().find(|(name, _)| *name == field);
        found.map(|(_, below)| below)
    }

    /// Says what the name counts below by a scope of which nothing is said yet.
    pub fn fill(&mut self, field: &'static str, below: Below) {
        if self.below(field).is_none() {
            self.scope.push((field, below));
            self.scope.sort();
        }
    }

    /// Makes a name that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Named<'static> {
        Named {
            scope: self.scope,
            name: Cow::Owned(self.name.into_owned()),
        }
    }

    /// Gives the name in small letters, by which names are compared without case.
    #[must_use]
    pub fn lower_case(&self) -> Named<'static> {
        let scope = self.scope.iter().map(|(field, below)| {
            let below = match below {
                Below::Word(word) => Below::Word(word.to_lowercase().into()),
                Below::Parent(parent) => Below::Parent(parent.clone()),
            };
            (*field, below)
        });
        Named {
            scope: scope.collect(),
            name: Cow::Owned(self.name.to_lowercase()),
        }
    }
}

/// The name for people: `Billing`, or `contacts/Region`. It is never read back.
impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, below) in &self.scope {
            write!(f, "{below}/")?;
        }
        f.write_str(&self.name)
    }
}

impl fmt::Display for Below {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Parent(Reference::To(address)) => f.write_str(&address.handle),
            Self::Parent(Reference::Lookup { name, .. }) => fmt::Display::fmt(name, f),
            Self::Parent(Reference::Id { id, .. }) => f.write_str(id),
        }
    }
}

/// A name that is looked up, in the room of a pointer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wanted(Arc<Named<'static>>);

impl Deref for Wanted {
    type Target = Named<'static>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<Named<'static>> for Wanted {
    fn from(named: Named<'static>) -> Self {
        Self(Arc::new(named))
    }
}

impl From<&str> for Wanted {
    fn from(name: &str) -> Self {
        Named::of_name(name.to_owned()).into()
    }
}

impl From<String> for Wanted {
    fn from(name: String) -> Self {
        Named::of_name(name).into()
    }
}

impl From<Wanted> for Arc<str> {
    /// The name for people.
    fn from(wanted: Wanted) -> Self {
        wanted.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Address, Value};

    #[test]
    fn names_say_what_they_count_below() {
        let department = Reference::To(Address::new("departments", "A/B"));
        let mut team = Named::of_name("Tier 1");
        team.fill("department", Below::Parent(department.clone()));
        let other = Reference::To(Address::new("departments", "Billing"));
        team.fill("department", Below::Parent(other));
        assert_eq!(team.below("department"), Some(&Below::Parent(department)));
        assert_eq!(team.to_string(), "A/B/Tier 1");
        assert_eq!(team.lower_case().to_string(), "A/B/tier 1");
        // A lookup with a scope takes no more room than an address.
        assert!(size_of::<Wanted>() == size_of::<usize>() && size_of::<Value>() <= 40);
    }
}
