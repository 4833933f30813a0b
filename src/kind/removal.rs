//! How objects are removed, as the tables of the kinds say it.

use super::rules::Sign;
use super::{Kind, Target};

/// How objects are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// DELETE on a path with `{id}`.
    Delete(&'static str),
    /// POST to a trash path with the ids under this key.
    Trash(&'static str, &'static str),
    /// POST on a path with `{id}` that takes the object out of use, with an empty JSON object as body or none.
    Disable {
        /// The path with `{id}`.
        path: &'static str,
        /// Whether a body (`{}`) is sent.
        body: bool,
    },
    /// PATCH that sets a field to a word.
    DisableByPatch {
        /// The path with `{id}`.
        path: &'static str,
        /// The field's name on the wire.
        field: &'static str,
        /// The word that takes it out of use.
        word: &'static str,
    },
    /// POST to a path with the ids under this key.
    Bulk(&'static str, &'static str),
    /// POST on a path with `{id}`, handing over to other objects.
    Transfer {
        /// The path with `{id}`.
        path: &'static str,
        /// Whether it is a DELETE with a body instead.
        deletes: bool,
        /// The keys of the body, each with who takes over under it.
        heirs: &'static [(&'static str, Heir)],
    },
    /// One of several ways, as the project's policy says; the first one where it says nothing.
    Chosen {
        /// What the choice is about, for editors.
        doc: &'static str,
        /// The ways.
        ways: &'static [(RemovalPolicy, Removal)],
    },
    /// One way for an object whose answer carries a sign, and another one for all others.
    By {
        /// The sign.
        sign: Sign,
        /// The way of those that carry it.
        with: &'static Removal,
        /// The way of those that do not.
        without: &'static Removal,
    },
    /// A person has to, at the place that the text names.
    Manual(&'static str),
    /// Not at all.
    Never,
}

impl Removal {
    /// Chooses among several ways.
    #[must_use]
    pub fn chosen(self, policy: Option<RemovalPolicy>) -> Self {
        let Self::Chosen { ways, .. } = self else {
            return self;
        };
        ways.iter()
            .find(|(word, _)| policy == Some(*word))
            .or_else(|| ways.first())
            .map_or(Self::Never, |(_, way)| *way)
    }

    /// Tells who takes over, by the keys of the body, where somebody does.
    #[must_use]
    pub const fn heirs(&self) -> &'static [(&'static str, Heir)] {
        match self {
            Self::Transfer { heirs, .. } => heirs,
            _ => &[],
        }
    }

    /// Whether an object may be gone afterwards, so that another one can take its place.
    #[must_use]
    pub fn may_delete(&self) -> bool {
        match self {
            Self::Delete(_) | Self::Trash(..) | Self::Bulk(..) | Self::Transfer { .. } => true,
            Self::Chosen { ways, .. } => ways.iter().any(|(_, way)| way.may_delete()),
            Self::By { with, without, .. } => with.may_delete() || without.may_delete(),
            Self::Disable { .. } | Self::DisableByPatch { .. } | Self::Manual(_) | Self::Never => {
                false
            }
        }
    }

    /// Names the ways among which a project chooses.
    #[must_use]
    pub const fn ways(&self) -> &'static [(RemovalPolicy, Self)] {
        match self {
            Self::Chosen { ways, .. } => ways,
            _ => &[],
        }
    }
}

impl Kind {
    /// Whether some dialect deletes its objects, so that one can take the place of another.
    #[must_use]
    pub fn may_be_replaced(&self) -> bool {
        let apis = [&self.openapi, &self.guide];
        apis.into_iter()
            .flatten()
            .any(|api| api.removal.may_delete())
    }

    /// Tells who may be chosen to take over what hangs on its objects when they are removed.
    #[must_use]
    pub fn chosen_heirs(&self) -> Vec<&'static Chosen> {
        let mut chosen: Vec<&Chosen> = Vec::new();
        for api in self.apis() {
            for heir in api.removal.heirs() {
                if let Heir::Chosen(one) = &heir.1
                    && !chosen.iter().any(|have| have.name == one.name)
                {
                    chosen.push(one);
                }
            }
        }
        chosen
    }

    /// Whether some dialect removes its objects, or lets a person do it.
    #[must_use]
    pub fn may_be_removed(&self) -> bool {
        self.apis().any(|api| api.removal != Removal::Never)
    }

    /// Whether everything of the kind that nobody declares may be removed at once (`prune: all`): it
    /// never may where somebody has to be chosen for each that takes over.
    #[must_use]
    pub fn may_prune_all(&self) -> bool {
        self.may_be_pruned && self.may_be_removed() && self.chosen_heirs().is_empty()
    }
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

/// Who takes over what hangs on a removed object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heir {
    /// The one that stands above it.
    Above(Above),
    /// Whom manifests choose.
    Chosen(Chosen),
    /// Nobody, which is the text `null`.
    Nobody,
}

/// The one that takes over stands above the removed one.
///
/// Who stands above it on a live circle stands below it as well and cannot take over; there it is the
/// one that carries the signs and has none above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Above {
    /// The field that names the one above.
    pub field: &'static str,
    /// What the one on top of all shows.
    pub top: &'static [Sign],
    /// What goes over to it.
    pub takes: &'static str,
    /// What an object does that has none, completing "`roles/x` …".
    pub none: &'static str,
}

/// The one that takes over is chosen by manifests (`transferTo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// What it is called in manifests where several are chosen, such as `team`; several keys may share
    /// one. Empty where there is one alone: then `transferTo` names it without a map.
    pub name: &'static str,
    /// What it is.
    pub target: Target,
}
