//! Which scopes a token needs for the kinds that a project uses.

use std::collections::BTreeSet;

use crate::api::organization;
use crate::config::Prune;
use crate::dialect::Dialect;
use crate::kind::{self, KINDS, Kind, Mentioner};
use crate::ledger::Ledger;
use crate::manifest::Desired;

use super::Needs;

/// The kinds that a project uses in one dialect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// Those that are read: what is declared, owned or referred to.
    read: BTreeSet<&'static str>,
    /// Those whose objects may be made, changed and removed.
    written: BTreeSet<&'static str>,
}

impl Uses {
    /// The kinds that manifests and ledger use.
    #[must_use]
    pub fn of(
        desired: &Desired,
        ledger: &Ledger,
        dialect: Dialect,
        prune: &dyn Fn(&Kind) -> Prune,
    ) -> Self {
        let mut needs = Needs::of(desired, dialect);
        needs.add_owned(desired, ledger, dialect, &|kind| prune(kind) != Prune::None);
        let declared = desired.state.keys().map(|address| address.collection);
        let removed = desired.removed.iter().map(|entry| entry.collection);
        let owned = ledger.resources.keys().map(|address| address.collection);
        Self {
            written: declared
                .chain(removed)
                .chain(owned.filter(|collection| needs.reads(collection)))
                .collect(),
            read: needs.collections().collect(),
        }
    }

    /// These kinds, with all that their fields may refer to.
    #[must_use]
    pub fn of_kinds(kinds: &[&'static Kind]) -> Self {
        let mut uses = Self::default();
        for kind in kinds {
            if kind.managed {
                uses.written.insert(kind.collection);
            }
            uses.with_references(kind);
        }
        uses
    }

    /// All kinds.
    #[must_use]
    pub fn everything() -> Self {
        Self::of_kinds(KINDS)
    }

    /// Whether no kind is used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read.is_empty()
    }

    fn with_references(&mut self, kind: &'static Kind) {
        if !self.read.insert(kind.collection) {
            return;
        }
        for target in kind.targets() {
            if let Some(other) = kind::find(target.collection) {
                self.with_references(other);
            }
        }
    }

    /// The lists of scopes that are needed, of each of which any one will do; without those for
    /// writing where the token is for reading alone.
    #[must_use]
    pub fn scopes(&self, dialect: Dialect, read_only: bool) -> Vec<&'static [&'static str]> {
        let mut lists = vec![organization::SCOPES];
        let find = |collection: &&'static str| {
            let kind = kind::find(collection)?;
            Some((kind, kind.api(dialect)?))
        };
        let mut asks_who_is_acting = false;
        for (kind, api) in self.read.iter().filter_map(find) {
            lists.push(api.scopes.read);
            // Without it a kind is listed as a whole, which is dear on a large desk.
            lists.extend(api.search.as_ref().map(|search| search.scopes));
            asks_who_is_acting |= api.acting.is_some() || api.founders.is_some();
            for mention in kind.mentions.iter().filter(|one| one.dialect == dialect) {
                let by = match mention.by {
                    Mentioner::Objects(of) | Mentioner::BelowObjects { of, .. } => find(&of),
                    Mentioner::BelowListing { .. } => None,
                };
                lists.extend(by.map(|(_, api)| api.scopes.read));
            }
        }
        if asks_who_is_acting {
            let acting = kind::acting().and_then(|kind| kind.api(dialect)?.acting);
            lists.extend(acting.map(|acting| acting.scopes));
        }
        if !read_only {
            for (_, api) in self.written.iter().filter_map(find) {
                lists.extend([api.scopes.create, api.scopes.update, api.scopes.delete]);
            }
        }
        lists
    }
}
