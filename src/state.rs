//! Addresses, resources and states: the one type for what is wanted and for what is live.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub mod identity;
mod key;
mod leaves;
mod named;
mod path;

pub use key::{Key, Scope};
pub use leaves::Leaves;
pub use named::{Below, Named, Wanted};
pub use path::{FieldPath, keys, pointer};

use indexmap::{Equivalent, IndexMap};

use crate::kind::{Field, Kind, ORDER};
use crate::secret::Secret;
use crate::yaml::raw::escape;

/// Names one resource: `collection/handle`, split at the first slash.
///
/// The order among the resources of a collection is one, too: `collection/$order/handle of a parent`, or
/// `collection/$order`.
#[derive(Clone, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The collection, such as `departments`.
    pub collection: &'static str,
    /// The handle inside the collection; it may itself hold slashes.
    pub handle: Arc<str>,
}

impl Address {
    /// An address in a kind's collection.
    pub fn new(collection: &'static str, handle: impl Into<Arc<str>>) -> Self {
        Self {
            collection,
            handle: handle.into(),
        }
    }
}

/// Most addresses that are equal share their handle: that is seen at once.
impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.handle, &other.handle) || self.handle == other.handle)
            && is_same(self.collection, other.collection)
    }
}

/// Of the collection the length tells enough: two of them seldom have one handle.
impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (collection, handle) = (self.collection, &*self.handle);
        Sought { collection, handle }.hash(state);
    }
}

/// An address as it is looked up where nobody has one: it holds no copy of the handle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sought<'s> {
    pub(crate) collection: &'s str,
    pub(crate) handle: &'s str,
}

impl Hash for Sought<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.hash(state);
        state.write_usize(self.collection.len());
    }
}

impl Equivalent<Address> for Sought<'_> {
    fn equivalent(&self, address: &Address) -> bool {
        is_same(self.collection, address.collection) && *self.handle == *address.handle
    }
}

/// Whether two names are equal, told at once of two that are one in memory, as nearly all are that
/// come from the tables of kinds.
fn is_same(one: &str, other: &str) -> bool {
    std::ptr::eq(one, other) || one == other
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_the_order() {
            return f.write_str(self.collection);
        }
        write!(f, "{}/{}", self.collection, self.handle)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a body names another resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// A resource by address; the only form after binding.
    To(Address),
    /// A live object by its name, as `{lookup: "Name"}` says.
    Lookup {
        /// The collection in which the name is looked up.
        collection: &'static str,
        /// The name looked for.
        name: Wanted,
    },
    /// A live object by its id, as `{id: "…"}` says; the last resort.
    Id {
        /// The collection the id belongs to.
        collection: &'static str,
        /// The id, digits only.
        id: Arc<str>,
    },
}

impl Reference {
    /// The collection that is referred to.
    #[must_use]
    pub fn collection(&self) -> &'static str {
        match self {
            Self::To(address) => address.collection,
            Self::Lookup { collection, .. } | Self::Id { collection, .. } => collection,
        }
    }
}

/// A text without what Desk may do to one when it stores it: white space at the ends goes, and line
/// ends have one form.
#[must_use]
pub fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.contains("\r\n") {
        Cow::Owned(trimmed.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// One value of a resource's body, in the manifest's own terms.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Absent, null and "" are this one value.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number; whole numbers are stored as integers.
    Number(serde_json::Number),
    /// A text.
    Text(Arc<str>),
    /// Another resource.
    Reference(Reference),
    /// A text that must not be shown.
    Secret(Secret),
    /// A list, or a set in sorted order.
    List(Vec<Value>),
    /// Named leaves. Where keys stand for resources they are addresses of those that are managed, and
    /// wire names otherwise.
    Map(Leaves),
}

impl From<Arc<str>> for Value {
    /// A text value that shares the text; the empty text is null.
    fn from(text: Arc<str>) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text)
        }
    }
}

impl From<Leaves> for Value {
    fn from(leaves: Leaves) -> Self {
        Self::Map(leaves)
    }
}

impl Value {
    /// A text value; the empty text is null.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text.into())
        }
    }

    /// The text, if this is a plain text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a word, or a flag that a word names.
    #[must_use]
    pub fn is_word(&self, word: &str) -> bool {
        self.as_word() == Some(word)
    }

    /// The word that this is: a plain text, or a flag as `true` or `false`.
    #[must_use]
    pub fn as_word(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// Whether this is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Calls `f` for this value and every value inside it.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a Value)) {
        f(self);
        match self {
            Self::List(items) => items.iter().for_each(|item| item.walk(f)),
            Self::Map(map) => map.values().for_each(|value| value.walk(f)),
            _ => {}
        }
    }

    /// Hands over this value and all values inside, to be changed.
    pub fn walk_mut(&mut self, f: &mut dyn FnMut(&mut Self)) {
        f(self);
        match self {
            Self::List(items) => items.iter_mut().for_each(|item| item.walk_mut(f)),
            Self::Map(map) => map.iter_mut().for_each(|(_, value)| value.walk_mut(f)),
            _ => {}
        }
    }

    /// Whether a secret stands anywhere inside.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        let mut found = false;
        self.walk(&mut |value| found |= matches!(value, Self::Secret(_)));
        found
    }

    /// Whether a secret without a value stands anywhere inside.
    #[must_use]
    pub fn lacks_secret(&self) -> bool {
        let mut found = false;
        self.walk(&mut |value| {
            found |= matches!(value, Self::Secret(secret) if secret.value.is_none());
        });
        found
    }
}

/// The fields of one resource in the order of its kind's table.
///
/// Copies share their fields until one of them is changed: a plan holds the same body in several
/// places.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body(Arc<Vec<(&'static str, Value)>>);

impl Body {
    /// The value of a field, if the body names it.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| is_same(name, field))
            .map(|(_, value)| value)
    }

    /// Whether a field has a value that is not null.
    #[must_use]
    pub fn gives(&self, field: &str) -> bool {
        self.get(field).is_some_and(|value| !value.is_null())
    }

    /// The value of a field for changing, if the body names it.
    pub fn get_mut(&mut self, field: &str) -> Option<&mut Value> {
        let index = self.0.iter().position(|(name, _)| *name == field)?;
        Arc::make_mut(&mut self.0)
            .get_mut(index)
            .map(|(_, value)| value)
    }

    /// Sets a field.
    pub fn set(&mut self, field: &'static str, value: Value) {
        match self.get_mut(field) {
            Some(slot) => *slot = value,
            None => Arc::make_mut(&mut self.0).push((field, value)),
        }
    }

    /// Takes a field out.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        let index = self.0.iter().position(|(name, _)| *name == field)?;
        Some(Arc::make_mut(&mut self.0).remove(index).1)
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The fields that a kind's table has, in order, with their entries in it.
    pub fn of_kind(&self, kind: &'static Kind) -> impl Iterator<Item = (&'static Field, &Value)> {
        // Bodies follow the table, so that each search goes on where the last one ended.
        let mut next = 0;
        self.iter().filter_map(move |(name, value)| {
            let fields = kind.fields;
            let is_it = |field: &Field| is_same(field.name, name);
            let behind = fields.get(next..)?.iter().position(is_it);
            let index = match behind {
                Some(behind) => next + behind,
                None => fields.iter().position(is_it)?,
            };
            next = index + 1;
            Some((fields.get(index)?, value))
        })
    }

    /// The fields in order, for changing.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut Value)> {
        Arc::make_mut(&mut self.0)
            .iter_mut()
            .map(|(name, value)| (*name, value))
    }

    /// Whether two bodies are one in memory.
    #[must_use]
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether no field is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(&'static str, Value)> for Body {
    fn from_iter<I: IntoIterator<Item = (&'static str, Value)>>(iter: I) -> Self {
        Self(Arc::new(iter.into_iter().collect()))
    }
}

/// One resource: its kind and its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What it is.
    pub kind: &'static Kind,
    /// Its fields.
    pub body: Body,
}

/// What is wanted, or what is live.
pub type State = ByAddress<Resource>;

/// What is known of each of many addresses, in order.
///
/// Manifests hold many thousands of them, and every one is looked up again and again: the hasher is
/// a fast one, seeded anew by each process.
pub type ByAddress<T> = IndexMap<Address, T, foldhash::fast::RandomState>;

/// Who takes over what hangs on a removed resource, by what they are called in manifests; the name is
/// empty where there is one alone.
pub type Heirs = BTreeMap<&'static str, Reference>;

/// What a manifest says about how a resource may be treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// Never delete, disable or replace it.
    pub prevent_destroy: bool,
    /// Create it when it is absent, never change it afterwards.
    pub create_only: bool,
    /// JSON Pointers, in the manifest's terms, to what is left as it is live.
    pub ignore_changes: Vec<String>,
    /// What the name that it had before may mean, the likeliest first; scopes that are left out are
    /// those of now.
    pub renamed_from: Vec<Named<'static>>,
    /// Whether a change of a create-only field may delete and create it anew.
    pub replace: bool,
    /// Who takes over what hangs on it when it is removed.
    pub transfer_to: Heirs,
}

impl Lifecycle {
    /// Says nothing at all.
    pub const NOTHING: Self = Self {
        prevent_destroy: false,
        create_only: false,
        ignore_changes: Vec::new(),
        renamed_from: Vec::new(),
        replace: false,
        transfer_to: Heirs::new(),
    };
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// How a resource may be treated. Hardly any manifest says so, and then nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Treatment(Option<Box<Lifecycle>>);

impl std::ops::Deref for Treatment {
    type Target = Lifecycle;

    fn deref(&self) -> &Lifecycle {
        static NOTHING: Lifecycle = Lifecycle::NOTHING;
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl From<Lifecycle> for Treatment {
    fn from(lifecycle: Lifecycle) -> Self {
        Self((lifecycle != Lifecycle::NOTHING).then(|| Box::new(lifecycle)))
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address of the form `collection/handle`")]
pub struct NotAnAddress(String);

impl Address {
    /// The handle that stands for every resource of a kind, where a choice is made: `departments/*`.
    pub const ALL: &'static str = "*";

    /// Whether this address, taken as a choice, means the other one: itself, or all of its kind.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.collection == other.collection
            && (self.handle == other.handle || &*self.handle == Self::ALL)
    }

    /// Whether it is the one order among all resources of a kind: its collection says all of it.
    #[must_use]
    pub fn is_the_order(&self) -> bool {
        self.collection.ends_with(ORDER)
            && crate::kind::find(self.collection).is_some_and(|kind| {
                kind.only_name() == Some(&self.handle) && crate::kind::scopes(kind).next().is_none()
            })
    }

    /// Where manifests write it, as a JSON Pointer; `path` is the way down from there, and empty or begins
    /// with a slash.
    #[must_use]
    pub fn pointer(&self, path: &str) -> String {
        let kind = self
            .collection
            .ends_with(ORDER)
            .then(|| crate::kind::find(self.collection));
        let Some(kind) = kind.flatten() else {
            return format!("/{}/{}{path}", self.collection, escape(&self.handle));
        };
        // Of an order nothing but the list is written.
        let rest = kind
            .ranked()
            .and_then(|field| path.strip_prefix('/')?.strip_prefix(field.name));
        let rest = rest.unwrap_or_default();
        if self.is_the_order() {
            return format!("/{}{rest}", self.collection);
        }
        format!("/{}/{}{rest}", self.collection, escape(&self.handle))
    }

    /// Whether this address, taken as a choice, means every resource of its kind.
    #[must_use]
    pub fn is_whole_kind(&self) -> bool {
        &*self.handle == Self::ALL
    }
}

impl std::str::FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAnAddress(text.to_owned());
        let (collection, handle) = text.split_once('/').ok_or_else(wrong)?;
        let kind = crate::kind::find(collection).ok_or_else(wrong)?;
        if let (Some(order), Some(rest)) = (kind.order, handle.strip_prefix(ORDER)) {
            let handle = match (order.only_name(), rest.strip_prefix('/')) {
                (Some(name), None) if rest.is_empty() => Some(name),
                (_, handle) => handle,
            };
            let address = handle.map(|handle| Self::new(order.collection, handle));
            // What lies below nothing has no handle, and everything else has one.
            return address
                .filter(|address| {
                    !address.handle.is_empty() && address.is_the_order() == rest.is_empty()
                })
                .ok_or_else(wrong);
        }
        if handle.is_empty() {
            return Err(NotAnAddress(text.to_owned()));
        }
        Ok(Self::new(kind.collection, handle))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn the_parts_of_a_secret_are_what_stands_for_its_expressions() {
        for (template, value, expected) in [
            ("${secret.A}", "one", &["one"][..]),
            ("https://x/?a=${secret.A}", "https://x/?a=one", &["one"]),
            ("${secret.A}/${secret.B}?", "one/two?", &["one", "two"]),
            ("${secret.A}${secret.B}.", "onetwo.", &["onetwo"]),
            ("$${secret.A}=${secret.B}", "${secret.A}=two", &["two"]),
            ("a ${secret.A} $${b}", "a one ${b}", &["one"]),
            (
                "https://${var.h}/?a=${secret.A}",
                "https://x/?a=one",
                &["one"],
            ),
        ] {
            let secret = Secret {
                template: template.into(),
                value: Some(SecretString::from(value)),
            };
            assert_eq!(secret.parts(), expected, "{template}");
        }
        let missing = Secret {
            template: "${secret.A}".into(),
            value: None,
        };
        assert!(missing.parts().is_empty());
    }
}
