//! What fields refer to, and where the names count that they give.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use foldhash::HashMap;

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
            Self::Reference(target) | Self::References(target) | Self::Ranked(target) => {
                Some(*target)
            }
            _ => None,
        }
    }

    /// Names what refers to resources with the same value in a scope: the shape itself, or a leaf of its
    /// map, each with the scope.
    pub fn within_same(self) -> impl Iterator<Item = (Option<&'static str>, &'static str)> {
        let scope = |shape: &Self| match shape.target()?.within {
            Within::Same(scope) => Some(scope),
            Within::Anywhere | Within::Fixed(..) | Within::As(..) => None,
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
        if let Some(target) = self.target().or(self.keyed_by()) {
            let collections = target.collections();
            found.extend(collections.map(|collection| target.only(collection)));
        }
        let leaves = match self {
            Self::Map(map) => map.fields,
            Self::Items(items) => items.fields,
            Self::Keyed(keyed) => std::slice::from_ref(keyed.value),
            _ => &[],
        };
        for leaf in leaves {
            leaf.targets(found);
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

/// Whether the names of others count below resources of a collection by the name that the server gave each of
/// them, in place of its id, as those of fields below custom modules.
#[must_use]
pub fn is_scope_by_name(collection: &str) -> bool {
    static NAMED: OnceLock<Vec<&'static str>> = OnceLock::new();
    let named = NAMED.get_or_init(|| {
        let targets = super::all().flat_map(scopes).flat_map(|field| field.refers);
        let targets = targets.filter(|target| target.by_name);
        targets.flat_map(|target| target.collections()).collect()
    });
    named.contains(&collection)
}

/// The words that stand where resources of a collection are named, each with the field: a handle that is one of
/// them would never be read.
pub fn words_beside(collection: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    type Words = Vec<(&'static str, &'static str)>;
    static WORDS: OnceLock<HashMap<&'static str, Words>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut found = Vec::new();
        for field in super::all().flat_map(|kind| kind.fields) {
            words_of(field, &mut found);
        }
        let mut words: HashMap<&'static str, Words> = HashMap::default();
        for (of, field, word) in found {
            words.entry(of).or_default().push((field, word));
        }
        words
    });
    words.get(collection).into_iter().flatten().copied()
}

/// The targets of a kind's fields that say more of what they name than its collection: what it lies below, or
/// which words may stand there.
pub fn settled_targets(kind: &Kind) -> impl Iterator<Item = (&'static Field, Target)> {
    type Settled = Vec<(&'static Field, Target)>;
    static SETTLED: OnceLock<HashMap<&'static str, Settled>> = OnceLock::new();
    let settled = SETTLED.get_or_init(|| {
        let of = |kind: &'static Kind| {
            let mut settled = Settled::new();
            for field in kind.fields {
                let mut targets = Vec::new();
                field.targets(&mut targets);
                let says_more = |target: &Target| {
                    target.words.is_some()
                        || matches!(target.within, Within::As(..) | Within::Fixed(..))
                };
                let own = targets.into_iter().filter(says_more);
                settled.extend(own.map(|target| (field, target)));
            }
            (kind.collection, settled)
        };
        super::all().map(of).collect()
    });
    settled.get(kind.collection).into_iter().flatten().copied()
}

/// Finds what a field names, its name, and each word of it.
fn words_of(field: &Field, found: &mut Vec<(&'static str, &'static str, &'static str)>) {
    if field.identity {
        for target in field.refers {
            let words = field.words().iter();
            found.extend(words.map(|word| (target.collection, field.name, *word)));
        }
    }
    if let (Some((word, _)), Some(target)) = (field.any, field.shape.target()) {
        found.push((target.collection, field.name, word));
    }
    let leaves = match field.shape {
        Shape::Map(map) => map.fields,
        Shape::Items(items) => items.fields,
        Shape::Keyed(keyed) => std::slice::from_ref(keyed.value),
        _ => &[],
    };
    for leaf in leaves {
        words_of(leaf, found);
    }
}

/// The one copy of a word that the server made, such as the API name of a custom module. Each is kept for good: an
/// organization has few of them.
fn interned(word: String) -> &'static str {
    static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = words.get(&*word) {
        return known;
    }
    let word: &'static str = word.leak();
    words.insert(word);
    word
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

/// Whether resources of a kind name others by their names in maps, so that answers are read with that in
/// mind.
#[must_use]
pub fn names_by_wire_name(kind: &Kind) -> bool {
    static NAMING: OnceLock<Vec<&'static str>> = OnceLock::new();
    let naming = NAMING.get_or_init(|| {
        let names = |kind: &&&Kind| kind.targets().iter().any(|target| target.by_wire_name);
        KINDS
            .iter()
            .filter(names)
            .map(|kind| kind.collection)
            .collect()
    });
    naming.contains(&kind.collection)
}

/// What a reference points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The collection.
    pub collection: &'static str,
    /// Where a name counts that a reference gives.
    pub within: Within,
    /// Other collections whose resources a value may name as well: a handle or an id tells which it is, a
    /// name alone means the collection.
    pub also: &'static [&'static str],
    /// Whether requests and answers have its name in maps, see [`Kind::wire_name`], in place of its id.
    pub by_wire_name: bool,
    /// The words of which it must have one in a scope: what has another one can have nothing below it.
    pub words: Option<&'static ScopeWords>,
    /// Whether requests and answers have its name in place of its id, for what a text may name, see
    /// [`Field::refers`]: the one that they have in maps, see [`Kind::wire_name`], where there is one.
    pub by_name: bool,
}

/// A scope, and some words that it may have.
pub type ScopeWords = (&'static str, &'static [&'static str]);

/// Where the name of what is referred to counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// In the whole collection.
    Anywhere,
    /// Among the objects that have a word in a scope, such as the layouts of one module.
    Fixed(&'static str, &'static str),
    /// Among the objects that have the same value in a scope as what refers to them.
    Same(&'static str),
    /// Among the objects that have the same word in a scope as what a field names of what refers to them,
    /// such as the fields of the module of its layout: the field, and the scope of both.
    As(&'static str, &'static str),
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
            also: &[],
            by_wire_name: false,
            words: None,
            by_name: false,
        }
    }

    /// Says that requests and answers have its name in maps in place of its id.
    pub(super) const fn by_wire_name(mut self) -> Self {
        self.by_wire_name = true;
        self
    }

    /// Points at what has one of some words in a scope alone.
    pub(super) const fn with(mut self, words: &'static ScopeWords) -> Self {
        self.words = Some(words);
        self
    }

    /// Says that requests and answers have its name in place of its id.
    pub(crate) const fn by_name(mut self) -> Self {
        self.by_name = true;
        self
    }

    /// Points at what lies in a scope with a word, where the name counts among what has the same word as
    /// an object of `kind` that has this one; otherwise where it did.
    #[must_use]
    pub fn beside(mut self, kind: &Kind, word: &dyn Fn(&str) -> Option<String>) -> Self {
        if let Within::Same(scope) = self.within
            && let Some(field) = kind.field(scope)
            && let Shape::Choice(words) = field.shape
            && let Some(own) = word(scope)
        {
            let known = words.iter().find(|known| ***known == *own).copied();
            let made = || (!field.refers.is_empty()).then(|| interned(own));
            if let Some(word) = known.or_else(made) {
                self.within = Within::Fixed(scope, word);
            }
        }
        self
    }

    /// Points at resources of other collections as well.
    pub(super) const fn also(mut self, collections: &'static [&'static str]) -> Self {
        self.also = collections;
        self
    }

    /// The collections of what it points at, the one that a name alone means first.
    pub fn collections(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.collection).chain(self.also.iter().copied())
    }

    /// Whether it points at resources of a collection.
    #[must_use]
    pub fn is_to(self, collection: &str) -> bool {
        self.collections().any(|one| one == collection)
    }

    /// The same in one of its collections alone.
    #[must_use]
    pub const fn only(mut self, collection: &'static str) -> Self {
        self.collection = collection;
        self.also = &[];
        self
    }

    pub(super) const fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }
}
