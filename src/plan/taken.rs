//! Renames whose new name another object has already: refused, for nothing may be lost by one.

use crate::config::Prune;
use crate::kind::Kind;
use crate::live::{Live, key, url};
use crate::manifest::Desired;
use crate::manifest::write::quoted;
use crate::plan::Options;
use crate::plan::bound::place;
use crate::plan::owners::Owners;
use crate::problem::{Code, Problem, ticked};
use crate::state::{Address, Key, Reference, Resource};

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
        .as_ref()?;
    let kind = resource.kind;
    let keys = old_keys(live, resource, written);
    for key in &keys {
        let objects = live.find(kind.collection, key).to_vec();
        if !objects.is_empty() {
            return Some(Old {
                name: key.to_string(),
                objects,
                nearly: None,
            });
        }
    }
    Some(Old {
        name: written.to_string(),
        objects: Vec::new(),
        nearly: keys
            .iter()
            .find_map(|key| live.find_without_case(kind.collection, key)),
    })
}

/// What `renamedFrom` may mean: the name beside the scopes that stay, or the whole key.
fn old_keys(live: &Live, resource: &Resource, written: &Key<'static>) -> Vec<Key<'static>> {
    let id = |reference: &Reference| live.id_behind(reference);
    let now = key(resource.kind, live.dialect, &resource.body, &id);
    let Some(now) = now.filter(|now| !now.scope.is_empty()) else {
        return vec![written.clone()];
    };
    let beside = Key {
        scope: now.scope,
        name: written.to_string().into(),
    };
    vec![beside, written.clone()]
}

/// A declaration with `renamedFrom`, beside what is live.
pub(super) struct Rename<'a> {
    pub(super) address: &'a Address,
    pub(super) old: &'a Old,
    /// The live objects that have the new name.
    pub(super) taken: Vec<usize>,
    /// The new name, unless it holds a secret.
    pub(super) name: Option<String>,
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
        let new_name = name.as_deref().map_or_else(|| address.to_string(), shown);
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
            Problem::error(Code::BothExist, message)
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
        let have = live.key_of(index)?;
        let (have, written) = (
            shown_name(self.address, &have.to_string()),
            shown_name(self.address, &self.old.name),
        );
        Some(
            Problem::error(
                Code::CaseDiffers,
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
    match address.collection {
        "webhooks" => url::shown(name).into_owned(),
        _ => name.to_owned(),
    }
}

fn address_kind(desired: &Desired, address: &Address) -> Option<&'static Kind> {
    Some(desired.state.get(address)?.kind)
}
