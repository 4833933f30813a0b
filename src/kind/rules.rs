//! What is odd about a kind, in words that any kind may use: whose an object is and what follows.

use super::{Alike, Kind, Risk, Shape};
use crate::dialect::{Dialect, Edition};
use crate::problem::{Code, ticked};

/// A key of an answer with what it has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// The key in the answer; for a word with a slash before what lies below.
    pub key: &'static str,
    /// What it has to say.
    pub is: Is,
}

/// What a key of an answer has to say; a missing key says neither true nor false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// True.
    True,
    /// False.
    False,
    /// Anything but true.
    NotTrue,
    /// Anything but false.
    NotFalse,
    /// This word.
    Word(&'static str),
}

/// Signs of an object that is trashed or deleted, and so not live; a listing may show it all the same.
pub const GONE: &[Sign] = &[
    Sign {
        key: "isTrashed",
        is: Is::True,
    },
    Sign {
        key: "isDeleted",
        is: Is::True,
    },
    Sign {
        key: "status",
        is: Is::Word("DELETED"),
    },
];

/// A sign that an object is somebody else's, or at least not wholly the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The sign.
    pub sign: Sign,
    /// What the object is then, completing "it is …".
    pub what: &'static str,
    /// Whose it is, completing "3 roles … left out".
    pub whose: &'static str,
    /// What must not be done with it.
    pub forbids: &'static [Deed],
    /// What is at stake whenever one of it changes.
    pub risk: Option<Risk>,
}

/// What may be done with a live object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A manifest takes it over: it is adopted, changed and replaced.
    Manage,
    /// A manifest gives it another name.
    Rename,
    /// A tombstone or a deleted declaration removes it.
    Remove,
    /// It is removed since nobody declares it and `prune: all` is said.
    PruneAll,
    /// It is written into manifests.
    Export,
}

/// What is wrong when two resources of a kind say the same in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash {
    /// The code of the problem.
    pub code: Code,
    /// What they do, completing "`a` and `b` …".
    pub what: &'static str,
    /// What is said at the place of the first one and of the one that comes again.
    pub labels: (&'static str, &'static str),
    /// The way out.
    pub help: &'static str,
}

/// How the API tells which object of a kind is the one in whose name deskform works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acting {
    /// The path that shows it.
    pub path: &'static str,
    /// The key of its e-mail address there.
    pub email: &'static str,
    /// What it is, completing "it is …": it can never be removed.
    pub what: &'static str,
    /// The scopes of which any one lets a token ask.
    pub scopes: &'static [&'static str],
}

/// A call that tells how many more objects of a kind there is room for.
///
/// It is asked where a plan makes such objects or puts them into use, once for each value of the places
/// in its path, and not below what the plan makes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Its path, with places as those of a [`Listing`](super::Listing).
    pub path: &'static str,
    /// The words that a place takes, where it does not take all: nothing is asked about others.
    pub only: Option<(&'static str, &'static [&'static str])>,
    /// What the answer tells. Each figure may be missing, and then says nothing.
    pub rooms: &'static [Room],
}

/// Of which objects an answer tells how many more there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Which objects count.
    pub of: Counted,
    /// The code of the problem when there is no room.
    pub code: Code,
    /// The way out.
    pub help: &'static str,
}

/// Which objects count, and where an answer tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// All of them.
    All(Figures),
    /// Those of which a field says a word.
    InUse {
        /// The field.
        field: &'static str,
        /// The word.
        word: &'static str,
        /// The figures.
        figures: Figures,
    },
    /// Those of each sort.
    Sorts(&'static CountedSorts),
}

/// Where an answer tells how much room there is; a place below others has slashes between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// It tells how many more there may be.
    Left(&'static str),
    /// It tells how many there may be, and how many more.
    LeftOf {
        /// The place of how many there may be.
        most: &'static str,
        /// The place of how many more.
        left: &'static str,
    },
    /// It tells how many there may be, and how many there are.
    UsedOf {
        /// The place of how many there may be.
        most: &'static str,
        /// The place of how many there are.
        used: &'static str,
    },
}

/// A list of counts, each of which is about some words of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedSorts {
    /// The field.
    pub field: &'static str,
    /// The answer's key for the list.
    pub counts: &'static str,
    /// The key for the room in one count.
    pub left: &'static str,
    /// The key for the words that one count is about.
    pub words: &'static str,
    /// Words that the answer spells otherwise than the field does, both in small letters.
    pub spelled: &'static [(&'static str, &'static str)],
}

impl Room {
    /// Tells the room for all objects of a feature.
    ///
    /// Source: `AutomationFeatureCount`, `getUsedCountForAutomationFeature`.
    pub(super) const fn in_all(help: &'static str) -> Self {
        Self {
            of: Counted::All(Figures::UsedOf {
                most: "maxTotalCount",
                used: "usedCountInfo/usedTotalCount",
            }),
            code: Code::NoRoom,
            help,
        }
    }

    /// Tells the room for objects of a feature that are in use: their `status` is `ACTIVE`.
    ///
    /// Source: `AutomationFeatureCount`, `getUsedCountForAutomationFeature`.
    pub(super) const fn in_use(help: &'static str) -> Self {
        Self {
            of: Counted::InUse {
                field: "status",
                word: "ACTIVE",
                figures: Figures::UsedOf {
                    most: "maxActiveCount",
                    used: "usedCountInfo/usedActiveCount",
                },
            },
            code: Code::NoRoom,
            help,
        }
    }
}

/// Calls that tell what uses an object, which are asked before a plan takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uses {
    /// Its path, with `{id}` for the object, with the field that names what it lies in, and with `{sort}` where
    /// each sort of users has a call of its own. Every list of the answer counts, whatever its key is.
    pub path: &'static str,
    /// The largest page; what lies beyond it is not asked for.
    pub page: u32,
    /// The answer's key for the sort of one user; none where each sort has a call of its own.
    pub sort: Option<&'static str>,
    /// The sorts of users: the word of the API, and what is said of one.
    pub sorts: &'static [(&'static str, &'static str)],
    /// The key for a user's id.
    pub id: &'static str,
    /// The key for a user's name.
    pub name: &'static str,
    /// Fields of the object whose values others may ask for: it is asked as well where a live one goes.
    pub values: &'static [&'static str],
}

impl Uses {
    /// Makes the call for the rules that are related to an object.
    ///
    /// Source: Business Hour, `getRelatedRulesForBusinessHour`; Skill, `getRelatedRulesForSkill`.
    pub(super) const fn related_rules(path: &'static str, page: u32) -> Self {
        Self {
            path,
            page,
            sort: Some("ruleType"),
            sorts: &[
                ("SUPERVISE", "time-based rule"),
                ("MACRO", "macro"),
                ("WORKFLOW", "workflow rule"),
                ("BLUEPRINT", "blueprint"),
                ("SLA", "SLA"),
                ("SKILLS", "skill"),
                ("CUSTOMVIEW", "view"),
                ("CONTRACTS", "contract"),
            ],
            id: "ruleId",
            name: "ruleName",
            values: &[],
        }
    }

    /// Makes the call that lists what lies in an object: each is a user of the one sort that is said.
    pub(super) const fn inside(
        path: &'static str,
        page: u32,
        sort: &'static [(&'static str, &'static str); 1],
        [id, name]: [&'static str; 2],
    ) -> Self {
        Self {
            path,
            page,
            sort: None,
            sorts: sort,
            id,
            name,
            values: &[],
        }
    }

    /// Whether the call lists what lies in an object.
    #[must_use]
    pub const fn lists_what_lies_inside(&self) -> bool {
        self.sort.is_none() && self.sorts.len() == 1
    }

    /// Makes the calls for what asks for a custom field in its criteria; `values` are the fields with the
    /// choices of its values, of which no answer says which ones are asked for.
    ///
    /// Source: Organization Field, `criteriaReferences`, which demands its limit.
    pub(super) const fn criteria(values: &'static [&'static str]) -> Self {
        Self {
            path: "/organizationFields/{id}/criteriaReferences?featureType={sort}",
            page: 50,
            sort: None,
            sorts: &[
                ("DirectAssignment", "direct assignment rule"),
                ("RoundRobin", "round-robin rule"),
                ("WorkFlow", "workflow rule"),
                ("SLA", "SLA"),
                ("Supervise", "time-based rule"),
                ("BluePrint", "blueprint"),
                ("BluePrintTransition", "blueprint transition"),
                ("CustomView", "view"),
                ("Report", "report"),
                ("GameTrophy", "trophy"),
                ("GameBadge", "badge"),
                ("LayoutRules", "layout rule"),
                ("ValidationRules", "validation rule"),
            ],
            id: "id",
            name: "name",
            values,
        }
    }
}

/// A call that tells which placeholders the texts of a kind may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placeholders {
    /// Its path.
    pub path: &'static str,
    /// Its parameters, each with the field whose value it takes: a text, or the id behind a reference.
    pub by: &'static [(&'static str, &'static str)],
    /// The field among them that says what records the placeholders are about.
    pub of: &'static str,
    /// The answer's key for the groups of placeholders.
    pub groups: &'static str,
    /// The key for the placeholders of one group.
    pub items: &'static str,
    /// The key for a placeholder as a text holds it.
    pub text: &'static str,
}

/// A rule among the fields of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The word of a field says of which sort an object is: which other fields it needs and has.
    Sorts(&'static Sorts),
    /// Some fields go with some words of another field only.
    GoWith(&'static GoWith),
    /// The same among the leaves of the map of this name. No creation needs them.
    InMap(&'static str, &'static GoWith),
    /// A number is not larger than another one.
    AtMost(&'static AtMost),
    /// In one dialect a field can be set for one word of another field only.
    OnlyFor(&'static OnlyFor),
    /// Days without a year are days of the year that another field names.
    DaysOf(&'static DaysOf),
    /// Exactly one of some maps is given, and it says something.
    OneOf(&'static OneOf),
}

/// The sorts of objects that a field tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorts {
    /// The field.
    pub field: &'static str,
    /// What stands over the list of sorts, for `explain`.
    pub heading: &'static str,
    /// The sorts; the first is the one of examples.
    pub sorts: &'static [Sort],
}

/// What one sort of objects demands and allows besides what all sorts do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The word.
    pub name: &'static str,
    /// Fields that it needs.
    pub required: &'static [&'static str],
    /// Fields that it has and that not all sorts have.
    pub allowed: &'static [&'static str],
    /// A field with its smallest and its largest value.
    pub bounds: Option<(&'static str, i64, i64)>,
    /// A field with what its value has to be.
    pub fits: Option<(&'static str, Fits)>,
    /// What records hold under the name of such an object.
    pub holds: Holds,
}

/// What records hold under the name of an object, such as the values of a custom field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A text, whose longest length a field of the object says.
    Text {
        /// The field.
        longest: Option<&'static str>,
    },
    /// A telephone number, whose longest length a field of the object says.
    Phone {
        /// The field.
        longest: &'static str,
    },
    /// A whole number, whose most digits a field of the object says.
    Whole {
        /// The field.
        longest: &'static str,
    },
    /// A decimal number, whose most digits behind the point a field of the object says.
    Decimal {
        /// The field.
        places: Option<&'static str>,
    },
    /// A day.
    Day,
    /// A point in time.
    Instant,
    /// `true` or `false`.
    Flag,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// One of the items of a field of the object.
    OneOf(&'static str),
    /// Some of the items of a field of the object, with `;` between.
    SomeOf(&'static str),
}

impl Holds {
    /// Tells whether what is published of all values as texts holds for these. It contradicts what
    /// values of the other sorts are: numbers with a sign, choices with `;` between, addresses.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text { .. })
    }

    /// Tells when two such values are one.
    #[must_use]
    pub const fn alike(self) -> Alike {
        match self {
            Self::Text { .. } | Self::Phone { .. } | Self::Email | Self::OneOf(_) => Alike::Text,
            Self::Whole { .. } | Self::Decimal { .. } => Alike::Decimal,
            Self::Day => Alike::Day,
            Self::Instant => Alike::Instant,
            Self::Flag => Alike::Flag,
            Self::Url => Alike::Url,
            Self::SomeOf(_) => Alike::Choices,
        }
    }
}

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fits {
    /// `true` or `false`, written as a text.
    Flag,
    /// One of the items of another field.
    OneOf(&'static str),
}

/// Fields that go with some words of another field only, and that a creation with such a word needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoWith {
    /// The fields.
    pub fields: &'static [&'static str],
    /// The other field.
    pub with: &'static str,
    /// Its words.
    pub is: &'static [&'static str],
    /// What to do instead, completing "set …, or …".
    pub instead: &'static str,
    /// Whether updates obey it, too: the server refuses the fields as long as the other field has none of
    /// the words.
    pub always: bool,
    /// Whether an update that sends such a word sends the fields again.
    pub together: bool,
}

/// A number that is not larger than another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtMost {
    /// The field of the number.
    pub field: &'static str,
    /// The field of the other one.
    pub most: &'static str,
    /// What is said at the place of a number that is too large.
    pub label: &'static str,
    /// The way out, before the largest number.
    pub help: &'static str,
}

/// A field that one dialect lets be set for one word of another field only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyFor {
    /// The dialect.
    pub dialect: Dialect,
    /// The field.
    pub field: &'static str,
    /// The other field.
    pub by: &'static str,
    /// Its word.
    pub is: &'static str,
    /// The way out.
    pub help: &'static str,
}

/// Items with days such as `02-29`, each of which is to be a day of one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysOf {
    /// The field of the items.
    pub items: &'static str,
    /// Their leaves that are such days.
    pub days: &'static [&'static str],
    /// The field of the year; without it every day that some year has will do.
    pub year: &'static str,
}

/// Maps of which a resource gives exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneOf {
    /// The maps.
    pub fields: &'static [&'static str],
    /// Their leaves that by themselves say nothing.
    pub about: &'static [&'static str],
}

impl OneOf {
    /// Names the map that an example shows: one that says something by what it has to say.
    #[must_use]
    pub fn shown(&self, kind: &Kind) -> Option<&'static str> {
        let says = |field: &&&'static str| {
            let shape = kind.field(field).map(|field| field.shape);
            matches!(shape, Some(Shape::Map(map)) if map.fields.iter()
                .any(|leaf| leaf.required && !self.about.contains(&leaf.name)))
        };
        let shown = self.fields.iter().find(says);
        shown.or(self.fields.first()).copied()
    }
}

impl GoWith {
    /// Says with what the fields go, such as "`supportType: HOURS` or `PRICE`".
    #[must_use]
    pub fn told(&self) -> String {
        let mut words: Vec<String> = self.is.iter().map(|word| (*word).to_owned()).collect();
        if let Some(first) = words.first_mut() {
            *first = format!("{}: {first}", self.with);
        }
        ticked(&words, "or")
    }
}

impl Sorts {
    /// Finds a sort by its word.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&'static Sort> {
        self.sorts.iter().find(|sort| sort.name == word)
    }

    /// Names the fields that not every sort has, sorted.
    #[must_use]
    pub fn governed(&self) -> Vec<&'static str> {
        let allowed = self.sorts.iter().flat_map(|sort| sort.allowed);
        let mut governed: Vec<&str> = allowed.copied().collect();
        governed.sort_unstable();
        governed.dedup();
        governed
    }

    /// Names the sorts that have a field.
    #[must_use]
    pub fn with(&self, field: &str) -> Vec<&'static str> {
        let having = self
            .sorts
            .iter()
            .filter(|sort| sort.allowed.contains(&field));
        having.map(|sort| sort.name).collect()
    }
}

/// What an export calls an object, where that is not its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle {
    /// The key of the answer that says it.
    pub key: &'static str,
    /// What is left out in front of it.
    pub without: &'static str,
    /// The key of the answer that stands before it where several objects would be called alike.
    pub scope: &'static str,
    /// What it is called where the answer does not say it.
    pub otherwise: &'static str,
}

/// How many objects of a kind an organization may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// The number.
    pub allows: Allowance,
    /// The code of the problem when there would be more.
    pub code: Code,
    /// The way out.
    pub help: &'static str,
}

/// A number of objects that an organization may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// So many in all.
    InAll(usize),
    /// So many in all, by edition, where no call tells how much room there is: what the kind's [`Quota`] tells is
    /// newer than any table.
    InAllOf(&'static [(Edition, usize)]),
    /// So many in use, by edition.
    InUse(&'static [(Edition, usize)]),
}

/// Of the objects that are so one at least has to be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepOne {
    /// Fields with the words that they have.
    pub fields: &'static [(&'static str, &'static str)],
    /// What answers show besides.
    pub signs: &'static [Sign],
    /// The code of the problem when none would be left.
    pub code: Code,
    /// What a plan would do that leaves none, completing "the plan would …".
    pub loss: &'static str,
    /// The way out.
    pub help: &'static str,
}

impl Mark {
    /// Makes a mark that forbids everything: the object is another's.
    pub(super) const fn foreign(
        key: &'static str,
        is: Is,
        what: &'static str,
        whose: &'static str,
    ) -> Self {
        Self {
            sign: Sign { key, is },
            what,
            whose,
            forbids: &[
                Deed::Manage,
                Deed::Rename,
                Deed::Remove,
                Deed::PruneAll,
                Deed::Export,
            ],
            risk: None,
        }
    }

    /// Makes a mark that forbids some things only.
    pub(super) const fn partly(
        key: &'static str,
        is: Is,
        what: &'static str,
        whose: &'static str,
        forbids: &'static [Deed],
    ) -> Self {
        Self {
            sign: Sign { key, is },
            what,
            whose,
            forbids,
            risk: None,
        }
    }

    /// Says what is at stake whenever one of it changes.
    pub(super) const fn risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }
}
