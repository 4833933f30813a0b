//! What the values of a field look like.

use super::{Field, Target};
use crate::problem::Code;

/// What the values of a field look like.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text.
    Text {
        /// Shortest length in characters.
        min: u32,
        /// Longest length in characters; 0 means no limit is known.
        max: u32,
        /// A regular expression that the whole value matches, with the words that explain it.
        pattern: Option<Pattern>,
    },
    /// An e-mail address, compared without case.
    Email {
        /// Longest length in characters.
        max: u32,
        /// The regular expression of the API.
        pattern: Pattern,
    },
    /// A text, a number or a boolean, kept as text.
    Scalar {
        /// Longest length in characters.
        max: u32,
    },
    /// True or false.
    Flag,
    /// A whole number.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A number of hours or the like, not negative.
    Number,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// One other resource.
    Reference(Target),
    /// A set of other resources.
    References(Target),
    /// Other resources in an order. Of those that are live only the ones count that are named.
    Ranked(Target),
    /// A list of texts.
    Texts {
        /// Longest list; 0 means no limit is known.
        max_items: u32,
        /// Longest item in characters.
        max: u32,
        /// Whether the order has no meaning.
        set: bool,
        /// A regular expression that each item matches.
        pattern: Option<Pattern>,
        /// The only items, when they are known.
        choices: &'static [&'static str],
    },
    /// A day without a time, such as `2027-06-30`.
    Date,
    /// A map with fixed leaves.
    Map(Map),
    /// A map whose keys are names.
    Keyed(Keyed),
    /// A list of maps on the wire, which manifests write as a map from handles to items.
    Items(Items),
}

/// A map with fixed leaves.
#[derive(Debug, Clone, Copy)]
pub struct Map {
    /// Its leaves.
    pub fields: &'static [Field],
    /// What a leaf means that is not named.
    pub owned: Owned,
    /// What an update sends of it.
    pub sent: Sent,
    /// What `null` stands for.
    pub null: Null,
    /// Names from elsewhere that people may try, each with what is written here instead.
    pub elsewhere: &'static [(&'static str, &'static str)],
    /// Whether what answers show besides the leaves is kept, seen and sent back: the API may know more
    /// of them than the table.
    pub keeps_unknown: bool,
}

impl Map {
    /// A map that is owned and sent whole.
    #[must_use]
    pub const fn whole(fields: &'static [Field]) -> Self {
        Self {
            fields,
            owned: Owned::Whole,
            sent: Sent::Whole,
            null: Null::Nothing,
            elsewhere: &[],
            keeps_unknown: false,
        }
    }

    /// A map of which each named leaf is owned, what is not named is left alone, and which is sent whole.
    #[must_use]
    pub const fn named(fields: &'static [Field]) -> Self {
        Self {
            owned: Owned::Named,
            ..Self::whole(fields)
        }
    }

    /// A leaf by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A map whose keys are names.
#[derive(Debug, Clone, Copy)]
pub struct Keyed {
    /// What the keys are.
    pub keys: Keys,
    /// What every value looks like; its name is not used.
    pub value: &'static Field,
    /// What a key means that is not named.
    pub owned: Owned,
    /// What an update sends of it.
    pub sent: Sent,
    /// How it is a list on the wire, where it is one whose order counts.
    pub listed: Option<Listed>,
}

/// How a map whose keys are names is a list of objects on the wire, in an order that counts.
///
/// Each object has an id under `id`, which is sent back as it came; what is new has none, or that of the
/// resource that its key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listed {
    /// The key under which an object has its name; empty where its id says which resource it is.
    pub name: &'static str,
    /// The field of the items that holds a list, of whose objects each stands in one of the lists only.
    pub once: Option<&'static str>,
    /// The leaf of an item that is a list whose order does not count, and the leaf with the word that says
    /// so.
    pub sorted: Option<(&'static str, &'static str, &'static str)>,
}

/// A list of maps on the wire, which manifests write as a map from handles to items.
///
/// An item's handle is the value of its key field, unless the item gives that field itself. Items are
/// matched by the key field, equal ones by the rest. The list is owned whole, and its order has no
/// meaning.
#[derive(Debug, Clone, Copy)]
pub struct Items {
    /// The fields of an item.
    pub fields: &'static [Field],
    /// The field among them whose value is the handle.
    pub key: &'static str,
    /// Shortest list; where it is not 0, the list cannot be emptied.
    pub min: u32,
    /// Longest list; 0 means no limit is known.
    pub max: u32,
    /// Whether no two items may have one value in the key field.
    pub one_each: bool,
    /// The values of an item that says nothing: it is as good as absent.
    pub idle: &'static [(&'static str, &'static str)],
    /// The two fields that say from when to when an item lasts, where it does.
    pub span: Option<Span>,
}

/// From when to when something of one day lasts, as two times such as `09:00`.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The field of the time when it begins.
    pub begins: &'static str,
    /// The field of the time when it ends, which is later; [`Span::MIDNIGHT`] is the day's end.
    pub ends: &'static str,
    /// Whether the items are parts of one day, so that no two may overlap.
    pub apart: bool,
}

impl Span {
    /// The time that ends a day, since no time is written as `24:00`.
    pub const MIDNIGHT: &'static str = "00:00";
}

impl Items {
    /// What each item is.
    #[must_use]
    pub const fn item(&self) -> Map {
        Map::whole(self.fields)
    }
}

/// The keys of a map.
#[derive(Debug, Clone, Copy)]
pub enum Keys {
    /// Resources of a kind: a handle in manifests, another name on the wire.
    Of {
        /// The kind, and where the names count.
        target: Target,
        /// What such a name looks like, for what no manifest manages.
        name: Pattern,
        /// The code of the problem when a key is neither.
        unknown: Code,
    },
    /// Texts that match an expression.
    Texts(Pattern),
    /// Places in a list on the wire, from 1 on and without a gap: what else names an item names it by
    /// its place.
    Places,
}

/// What an absent key of a map means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owned {
    /// It shall not be there.
    Whole,
    /// It is left alone.
    Named,
}

/// What an update sends of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// All of it.
    Whole,
    /// The leaves that change.
    Changed,
}

/// What `null` stands for where a map may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Null {
    /// Nothing is there.
    Nothing,
    /// The map is there and says nothing more; so it travels, too.
    Empty,
}

/// When two values of a field are one, besides being equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alike {
    /// As texts: in Unicode's normal form, with line ends of one form, HTML entities decoded.
    Text,
    /// As web addresses: RFC 3986 gives some parts several spellings.
    Url,
    /// As decimal numbers.
    Decimal,
    /// As points in time.
    Instant,
    /// As days.
    Day,
    /// As flags, however they are spelled.
    Flag,
    /// As choices with `;` between, in any order.
    Choices,
    /// As expressions such as `(1 and 2)`: neither case nor white space counts, nor brackets around
    /// everything.
    Expression,
    /// As colours such as `#1a2b3c`: neither case nor the number sign counts, and three digits are six of
    /// which each pair is one digit twice.
    Colour,
    /// As HTML: neither the spelling of tags and attributes counts, nor how much white space there is.
    /// A text without a tag is compared as a text.
    Html,
}

/// A regular expression and what it allows, in words.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// The expression, anchored, valid in ECMA-262 and in the `regex` crate.
    pub regex: &'static str,
    /// What it allows, completing "must be …".
    pub words: &'static str,
    /// A text that matches, for examples.
    pub sample: &'static str,
    /// Whether the empty text matches.
    pub allows_empty: bool,
}
