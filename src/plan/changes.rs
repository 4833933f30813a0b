//! The changes of a step: listed, or those of a creation, which stand in its body already.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dialect::Dialect;
use crate::kind::Kind;
use crate::plan::FieldChange;
use crate::plan::shown::created_fields;
use crate::state::Body;

/// The fields that a step changes, in order.
///
/// A creation lists every field, and a new organization has many: its changes are made from the
/// body that the plan holds anyway, whenever somebody looks at them.
#[derive(Clone)]
pub struct Changes(Form);

#[derive(Clone)]
enum Form {
    Listed(Arc<[FieldChange]>),
    Created {
        kind: &'static Kind,
        dialect: Dialect,
        body: Body,
    },
}

impl Changes {
    /// The changes from nothing to a body.
    pub(super) fn created(kind: &'static Kind, dialect: Dialect, body: Body) -> Self {
        Self(Form::Created {
            kind,
            dialect,
            body,
        })
    }

    /// The changes in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Form::Listed(changes) => Iter::Listed(changes.iter()),
            Form::Created {
                kind,
                dialect,
                body,
            } => Iter::Made(created_fields(kind, *dialect, body).into_iter()),
        }
    }

    /// Whether no field changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The changes for changing; from then on they are listed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, FieldChange> {
        if let Form::Created { .. } = self.0 {
            self.0 = Form::Listed(self.iter().map(Cow::into_owned).collect());
        }
        match &mut self.0 {
            Form::Listed(changes) => Arc::make_mut(changes).iter_mut(),
            Form::Created { .. } => [].iter_mut(),
        }
    }
}

/// The changes of a step, one after the other.
#[derive(Debug)]
pub enum Iter<'c> {
    /// They are listed.
    Listed(std::slice::Iter<'c, FieldChange>),
    /// They were made for this look at them.
    Made(std::vec::IntoIter<FieldChange>),
}

impl<'c> Iterator for Iter<'c> {
    type Item = Cow<'c, FieldChange>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Listed(changes) => changes.next().map(Cow::Borrowed),
            Self::Made(changes) => changes.next().map(Cow::Owned),
        }
    }
}

impl<'c> IntoIterator for &'c Changes {
    type Item = Cow<'c, FieldChange>;
    type IntoIter = Iter<'c>;

    fn into_iter(self) -> Iter<'c> {
        self.iter()
    }
}

impl<'c> IntoIterator for &'c mut Changes {
    type Item = &'c mut FieldChange;
    type IntoIter = std::slice::IterMut<'c, FieldChange>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl From<Vec<FieldChange>> for Changes {
    fn from(changes: Vec<FieldChange>) -> Self {
        Self(Form::Listed(changes.into()))
    }
}

impl FromIterator<FieldChange> for Changes {
    fn from_iter<I: IntoIterator<Item = FieldChange>>(changes: I) -> Self {
        Self(Form::Listed(changes.into_iter().collect()))
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self(Form::Listed(Arc::default()))
    }
}

/// What is shown counts, however it is held.
impl PartialEq for Changes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Changes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;
    use crate::state::Value;

    #[test]
    fn made_and_listed_changes_are_the_same() {
        let body: Body = [("name", "Billing"), ("description", "Invoices")]
            .map(|(field, text)| (field, Value::text(text)))
            .into_iter()
            .collect();
        let kind = find("departments").unwrap();
        let made = Changes::created(kind, Dialect::Openapi, body);
        let mut listed = made.clone();
        assert_eq!(listed.iter_mut().count(), 2);
        assert_eq!(made, listed);
        assert_eq!(format!("{made:?}"), format!("{listed:?}"));
        let json = serde_json::to_string(&made).unwrap();
        assert_eq!(json, serde_json::to_string(&listed).unwrap());
        assert_eq!(serde_json::from_str::<Changes>(&json).unwrap(), made);
        for change in &mut listed {
            change.secret = true;
        }
        assert_ne!(made, listed);
    }
}
