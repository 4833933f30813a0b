//! What fields refer to, and where the names count that they give.

use std::sync::OnceLock;

use super::{Field, KINDS, Keys, Kind, Shape};

/// What the resources that a field names have to be members of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Their field that lists what they are members of.
    pub list: &'static str,
    /// The field beside the one that names them, which says where they have to be members.
    pub of: &'static str,
}

impl Shape {
    /// What a value refers to, one resource or several; none where it refers to nothing.
    #[must_use]
    pub const fn target(&self) -> Option<Target> {
        match self {
            Self::Reference(target) | Self::References(target) => Some(*target),
            _ => None,
        }
    }

    /// Names what refers to resources with the same value in a scope: the shape itself, or a leaf of its
    /// map, each with the scope.
    pub fn within_same(self) -> impl Iterator<Item = (Option<&'static str>, &'static str)> {
        let scope = |shape: &Self| match shape.target()?.within {
            Within::Same(scope) => Some(scope),
            Within::Anywhere | Within::Fixed(..) => None,
        };
        let leaves = match self {
            Self::Map(map) => map.fields,
            _ => &[],
        };
        let leaves = leaves.iter();
        let leaves = leaves.filter_map(move |leaf| Some((Some(leaf.name), scope(&leaf.shape)?)));
        scope(&self)
            .map(|scope| (None, scope))
            .into_iter()
            .chain(leaves)
    }

    /// What values refer to, at any depth.
    pub fn targets(&self, found: &mut Vec<Target>) {
        found.extend(self.target().or(self.keyed_by()));
        let leaves = match self {
            Self::Map(map) => map.fields,
            Self::Items(items) => items.fields,
            _ => &[],
        };
        for leaf in leaves {
            leaf.shape.targets(found);
        }
    }

    /// What the keys of a map refer to; none where they are nothing but texts.
    #[must_use]
    pub const fn keyed_by(&self) -> Option<Target> {
        match self {
            Self::Keyed(keyed) => match keyed.keys {
                Keys::Of { target, .. } => Some(target),
                Keys::Texts(_) | Keys::Places => None,
            },
            _ => None,
        }
    }
}

/// The fields that say where a name counts.
pub fn scopes(kind: &Kind) -> impl Iterator<Item = &'static Field> {
    let fields = kind.fields.iter();
    fields.filter(|field| field.identity && !field.naming)
}

/// Whether the resources of a collection are the keys of maps in others, which are checked against
/// them.
#[must_use]
pub fn is_key(collection: &str) -> bool {
    static KEYS: OnceLock<Vec<&'static str>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let fields = KINDS.iter().flat_map(|kind| kind.fields);
        let targets = fields.filter_map(|field| field.shape.keyed_by());
        let mut keys: Vec<&str> = targets.map(|target| target.collection).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    });
    keys.contains(&collection)
}

/// What a reference points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The collection.
    pub collection: &'static str,
    /// Where a name counts that a reference gives.
    pub within: Within,
}

/// Where the name of what is referred to counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// In the whole collection.
    Anywhere,
    /// Among the objects that have a word in a scope, such as the layouts of one module.
    Fixed(&'static str, &'static str),
    /// Among the objects that have the same value in a scope as what refers to them.
    Same(&'static str),
}

impl From<&'static str> for Target {
    fn from(collection: &'static str) -> Self {
        Self::to(collection)
    }
}

impl Target {
    /// Points at a collection, wherever the name counts.
    #[must_use]
    pub const fn to(collection: &'static str) -> Self {
        Self {
            collection,
            within: Within::Anywhere,
        }
    }

    pub(super) const fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }
}
