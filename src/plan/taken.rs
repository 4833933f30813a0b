//! Renames whose new name another object has already: refused, for nothing may be lost by one.

use std::borrow::Cow;

use crate::config::Prune;
use crate::dialect::Dialect;
use crate::kind::Kind;
use crate::live::{Live, identity, identity_fields, url};
use crate::manifest::Desired;
use crate::manifest::write::quoted;
use crate::plan::Options;
use crate::plan::bound::place;
use crate::plan::owners::Owners;
use crate::problem::{Problem, ticked};
use crate::state::identity::{canonical, canonical_identity};
use crate::state::{Address, Resource, Value};

/// What `renamedFrom` names.
pub(super) struct Old {
    /// The identity that was found, or the one that is written where none was.
    pub(super) name: String,
    /// The live objects of that identity.
    pub(super) objects: Vec<usize>,
    /// Where there are none: the live object whose identity differs in case only.
    pub(super) nearly: Option<usize>,
}

/// What the `renamedFrom` of a declaration names, if it has one.
pub(super) fn renamed_from(
    desired: &Desired,
    live: &Live,
    address: &Address,
    resource: &Resource,
) -> Option<Old> {
    let written = desired
        .details
        .get(address)?
        .lifecycle
        .renamed_from
        .as_deref()?;
    let kind = resource.kind;
    let names = old_identities(kind, live.dialect, resource, written);
    for name in &names {
        let objects = live.find(kind.collection, name).to_vec();
        if !objects.is_empty() {
            return Some(Old {
                name: name.clone(),
                objects,
                nearly: None,
            });
        }
    }
    Some(Old {
        name: written.to_owned(),
        objects: Vec::new(),
        nearly: names
            .iter()
            .find_map(|name| live.find_without_case(kind.collection, name)),
    })
}

/// What `renamedFrom` may mean: the whole identity, or the naming part beside those that stay.
fn old_identities(
    kind: &'static Kind,
    dialect: Dialect,
    resource: &Resource,
    old: &str,
) -> Vec<String> {
    let mut fields = identity_fields(kind, dialect);
    if let (Some(field), None) = (fields.next(), fields.next()) {
        return vec![canonical(field, old).into_owned()];
    }
    let mut body = resource.body.clone();
    body.set(kind.naming_field().name, Value::text(old));
    let beside = identity(kind, dialect, &body);
    beside
        .map(Cow::into_owned)
        .into_iter()
        .chain([canonical_identity(kind, old)])
        .collect()
}

/// A declaration with `renamedFrom`, beside what is live.
pub(super) struct Rename<'a> {
    pub(super) address: &'a Address,
    pub(super) old: &'a Old,
    /// The live objects that have the new name.
    pub(super) taken: Vec<usize>,
    /// The new name, unless it holds a secret.
    pub(super) name: Option<&'a str>,
}

impl Rename<'_> {
    /// The problem of a new name that is taken while the old one is still there.
    ///
    /// Whoever owns the two: which one is meant nobody knows, and the other one would be removed.
    pub(super) fn both_exist(
        &self,
        desired: &Desired,
        live: &Live,
        owners: &Owners,
        options: &Options,
    ) -> Option<Problem> {
        let Self {
            address,
            old,
            taken,
            name,
        } = self;
        let first = *taken.first()?;
        let left: Vec<usize> = old
            .objects
            .iter()
            .copied()
            .filter(|index| !taken.contains(index))
            .collect();
        let before = *left.first()?;
        if left.len() == 1
            && taken.len() == 1
            && (owners.is_moving(address, first, before, live)
                || owners.is_renamed_in_turn(address, first, before, desired))
        {
            return None;
        }
        let shown = |name: &str| shown_name(address, name);
        let ids = |indices: &[usize]| {
            let ids: Vec<&str> = indices
                .iter()
                .filter_map(|index| Some(live.objects.get(*index)?.id.as_str()))
                .collect();
            ticked(&ids, "and")
        };
        let old_name = shown(&old.name);
        let new_name = name.map_or_else(|| address.to_string(), shown);
        let message = format!(
            "`{old_name}` (id {}) and `{new_name}` (id {}) both exist; nothing was renamed",
            ids(&left),
            ids(taken)
        );
        let giver = owners
            .by_index
            .get(&first)
            .filter(|owner| owner != address && desired.state.contains_key(*owner));
        let keeper = owners
            .by_index
            .get(&before)
            .filter(|owner| owner != address && desired.state.contains_key(*owner));
        let is_pruned =
            address_kind(desired, address).is_some_and(|kind| match options.prune(kind) {
                Prune::None => false,
                Prune::Owned => left.iter().any(|index| owners.by_index.contains_key(index)),
                Prune::All => true,
            });
        let removed = format!(
            "list it under `removed: {{{}: [{}]}}`",
            address.collection,
            quoted(&old_name)
        );
        let help = if let Some(giver) = giver {
            format!(
                "`{giver}` gives that name up in the same run, and names move one at a time: in place of `{address}` declare `{old_name}` as it was, apply, and rename it in the next run"
            )
        } else if let Some(keeper) = keeper {
            format!("take `renamedFrom` away: `{old_name}` is the object of `{keeper}`")
        } else if is_pruned {
            format!(
                "take `renamedFrom` away, and declare `{old_name}` as well if it is to stay; if it is to go, {removed}"
            )
        } else {
            format!("take `renamedFrom` away; if `{old_name}` is to go, {removed}")
        };
        Some(
            Problem::error("both-exist", message)
                .at(
                    place(desired, address, "lifecycle/renamedFrom"),
                    "its old name",
                )
                .help(help),
        )
    }
}

impl Rename<'_> {
    /// The problem of an old name that is written in other letters than the live one: the rename
    /// would find nothing, and the object would be removed as one that nobody declares.
    ///
    /// `owned` is what the ledger takes for the declared one. What has the new name, or is owned, is
    /// the declared one already.
    pub(super) fn case_differs(
        &self,
        desired: &Desired,
        live: &Live,
        owned: Option<usize>,
    ) -> Option<Problem> {
        let index = self
            .old
            .nearly
            .filter(|index| owned != Some(*index) && !self.taken.contains(index))?;
        let have = live.identity_of(index)?;
        let (have, written) = (
            shown_name(self.address, &have),
            shown_name(self.address, &self.old.name),
        );
        Some(
            Problem::error(
                "case-differs",
                format!("a live object is named `{have}`, which differs from `{written}` in case only; nothing was renamed"),
            )
            .at(
                place(desired, self.address, "lifecycle/renamedFrom"),
                "its old name",
            )
            .help(format!(
                "write `renamedFrom: {}` if that is the one; if not, take `renamedFrom` away",
                quoted(&have)
            )),
        )
    }
}

/// A name as it may be shown: a web address may hold keys.
fn shown_name(address: &Address, name: &str) -> String {
    let may_be_key = crate::kind::find(address.collection)
        .is_some_and(|kind| kind.key_holders().next().is_some());
    if may_be_key {
        url::shown(name).into_owned()
    } else {
        name.to_owned()
    }
}

fn address_kind(desired: &Desired, address: &Address) -> Option<&'static Kind> {
    Some(desired.state.get(address)?.kind)
}
