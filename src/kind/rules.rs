//! What is odd about a kind, in words that any kind may use: whose an object is and what follows.

use crate::dialect::Edition;

/// A key of an answer with what it has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// The key in the answer.
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
}

/// What may be done with a live object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A manifest takes it over: it is adopted, changed and replaced.
    Manage,
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
    pub code: &'static str,
    /// What they do, completing "`a` and `b` …".
    pub what: &'static str,
    /// What is said at the place of the first one and of the one that comes again.
    pub labels: (&'static str, &'static str),
    /// The way out.
    pub help: &'static str,
}

/// How a project wants objects of a kind to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalPolicy {
    /// They can be brought back.
    Deactivate,
    /// For good.
    Delete,
}

impl RemovalPolicy {
    /// Every policy.
    pub const ALL: [Self; 2] = [Self::Deactivate, Self::Delete];

    /// The word in the project file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deactivate => "deactivate",
            Self::Delete => "delete",
        }
    }
}

/// Who takes over what hangs on a removed object: the one that stands above it.
///
/// Who stands above it on a live circle stands below it as well and cannot take over; there it is the
/// one that carries the signs and has none above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heir {
    /// The field that names the one above.
    pub above: &'static str,
    /// What the one on top of all shows.
    pub top: &'static [Sign],
    /// What goes over to it.
    pub takes: &'static str,
    /// What an object does that has none, completing "`roles/x` …".
    pub none: &'static str,
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
}

/// A call that tells how many objects of a kind an organization still has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Its path.
    pub path: &'static str,
    /// The field by whose value it is asked, which is also the name of the query's parameter.
    pub by: &'static str,
    /// The field by whose words the answer counts.
    pub sort: &'static str,
    /// The answer's key for the room in all.
    pub total: &'static str,
    /// The answer's key for the list of counts.
    pub counts: &'static str,
    /// The key for the room in one count.
    pub available: &'static str,
    /// The key for the words that one count is about.
    pub sorts: &'static str,
    /// Words that the answer spells otherwise than the field does, both in small letters.
    pub spelled: &'static [(&'static str, &'static str)],
    /// The code of the problem when there is no room.
    pub code: &'static str,
    /// The way out.
    pub help: &'static str,
}

/// How many objects of a kind an organization may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// The number.
    pub allows: Allowance,
    /// The code of the problem when there would be more.
    pub code: &'static str,
    /// The way out.
    pub help: &'static str,
}

/// A number of objects that an organization may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// So many in all.
    InAll(usize),
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
    pub code: &'static str,
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
            forbids: &[Deed::Manage, Deed::Remove, Deed::PruneAll, Deed::Export],
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
        }
    }
}
