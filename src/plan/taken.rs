//! Renames that are refused, for nothing may be lost by one: the new name is another object's, or the
//! old name is nobody's while the object that is meant would be removed.

use crate::config::Prune;
use crate::kind::{Kind, Removal};
use crate::live::{Live, name_in, url};
use crate::manifest::Desired;
use crate::plan::Options;
use crate::plan::bound::place;
use crate::plan::owners::Owners;
use crate::plan::row::{Going, Row, Rows};
use crate::problem::{Code, Problem, ticked};
use crate::state::identity::{below, readings, scopes};
use crate::state::{Address, Key, Named, Resource, Value};
use crate::yaml::written::quoted;

/// What `renamedFrom` names.
pub(super) struct Old {
    /// The identity that was found, or the one that is written where none was.
    pub(super) name: String,
    /// All keys that are meant.
    pub(super) keys: Vec<Key<'static>>,
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
    let written = &desired.details.get(address)?.lifecycle.renamed_from;
    let shown = written.first()?.to_string();
    let kind = resource.kind;
    let keys = old_keys(live, resource, written);
    for key in &keys {
        let objects = live.find(kind.collection, key).to_vec();
        if !objects.is_empty() {
            return Some(Old {
                name: live.shown(kind, key),
                keys,
                objects,
                nearly: None,
            });
        }
    }
    Some(Old {
        name: shown,
        objects: Vec::new(),
        nearly: keys
            .iter()
            .find_map(|key| live.find_without_case(kind.collection, key)),
        keys,
    })
}

/// What `renamedFrom` may mean; scopes that it leaves out are those that stay.
pub(crate) fn old_keys(
    live: &Live,
    resource: &Resource,
    written: &[Named<'static>],
) -> Vec<Key<'static>> {
    let keys = written.iter().filter_map(|old| {
        let name = name_in(resource.kind, live.dialect, &old.name);
        let mut key = Key::of_name(name.into_owned());
        for field in scopes(resource.kind) {
            let now = || resource.body.get(field.name).and_then(below);
            let below = old.below(field.name).cloned().or_else(now)?;
            key.scope.set(field.name, live.scope_value(&below)?);
        }
        Some(key)
    });
    keys.collect()
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
            && (owners.is_moving(address, first, before, live, desired)
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
            written_name(live, before).unwrap_or_else(|| quoted(&old_name).into_owned())
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
        let have = live.shown_key(index)?;
        let (have, written) = (
            shown_name(self.address, &have),
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
                written_name(live, index).unwrap_or_else(|| quoted(&have).into_owned())
            )),
        )
    }
}

/// Objects that a refusal names.
const NAMED: usize = 5;

/// Refuses renames that find nothing while objects of their kind would be removed as undeclared: one of
/// these may be the one that is meant, and it would be made anew and lost.
///
/// What is bound has its new name already; where nothing is removed, nothing can be lost; and where
/// the ledger knows what was meant, and that it is gone, nothing else is.
pub(super) fn renames_of_nothing(
    (desired, live, owners): (&Desired, &Live, &Owners),
    options: &Options,
    going: &[Going],
    rows: &mut Rows,
    problems: &mut Vec<Problem>,
) {
    let pruned: Vec<usize> = going
        .iter()
        .filter(|one| one.at.is_none())
        .map(|one| one.object)
        .collect();
    if pruned.is_empty() {
        return;
    }
    for (address, resource) in &desired.state {
        let is_new = |row: &&mut Row| row.object.is_none() && !row.unclear && !row.not_compared;
        let Some(row) = rows.get_mut(address).filter(is_new) else {
            continue;
        };
        let Some(old) = renamed_from(desired, live, address, resource) else {
            continue;
        };
        if !old.objects.is_empty()
            || is_known_gone((address, resource.kind), &old, live, owners, options)
        {
            continue;
        }
        let going: Vec<usize> = pruned
            .iter()
            .copied()
            .filter(|index| {
                live.objects
                    .get(*index)
                    .is_some_and(|object| object.kind.collection == address.collection)
                    && is_going(*index, live, options)
            })
            .collect();
        if !going.is_empty() {
            let rename = (address, resource, &*old.name);
            problems.push(rename_of_nothing(desired, live, options, rename, &going));
            row.unclear = true;
        }
    }
}

/// Whether the ledger owns an object under the declaration's own address, or one of the old name, that
/// is not live any more.
fn is_known_gone(
    (address, kind): (&Address, &'static Kind),
    old: &Old,
    live: &Live,
    owners: &Owners,
    options: &Options,
) -> bool {
    let Some(ledger) = &options.ledger else {
        return false;
    };
    // A ledger keeps a name as it was compared when it was written.
    let is_meant = |key: &Key<'_>| {
        let name = name_in(kind, live.dialect, &key.name);
        old.keys
            .iter()
            .any(|old| old.scope == key.scope && old.name == name)
    };
    ledger.resources.iter().any(|(owner, entry)| {
        owner.collection == address.collection
            && !owners.by_address.contains_key(owner)
            && (owner == address || is_meant(&entry.key))
    })
}

/// Whether anything becomes of what is owned and not declared.
pub(super) fn is_going(index: usize, live: &Live, options: &Options) -> bool {
    let Some(object) = live.objects.get(index) else {
        return false;
    };
    let is_left_alone = || {
        let by_hand = object
            .kind
            .api(live.dialect)
            .is_some_and(|api| matches!(api.removal, Removal::Manual(_)));
        by_hand
            && live
                .address_of(index)
                .is_some_and(|address| options.ignoring(&address, None).is_some())
    };
    !options.is_out_of_use(object.kind, live.dialect, &live.body(index)) && !is_left_alone()
}

fn rename_of_nothing(
    desired: &Desired,
    live: &Live,
    options: &Options,
    (address, resource, written): (&Address, &Resource, &str),
    going: &[usize],
) -> Problem {
    let kind = resource.kind;
    let mut going: Vec<(f64, Address, String, Option<String>)> = going
        .iter()
        .filter_map(|index| {
            let key = live.key_of(*index)?;
            let identity = live.shown(kind, &key);
            let owner = live.address_of(*index)?;
            let likeness = [&*owner.handle, &identity]
                .into_iter()
                .map(|name| strsim::jaro_winkler(&name.to_lowercase(), &written.to_lowercase()))
                .fold(0.0, f64::max);
            // The name alone, where it would find this one.
            let body = live.body(*index);
            let name = body
                .get(kind.naming_field().name)
                .and_then(Value::as_text)
                .filter(|name| old_keys(live, resource, &readings(kind, name)).contains(&key))
                .map_or(identity.as_str(), |name| name);
            let shown = shown_name(address, name);
            // What is hidden cannot be written down.
            let in_parts = (name == identity).then(|| written_name(live, *index));
            let plain = || (shown == name).then(|| quoted(name).into_owned());
            let written = in_parts.flatten().or_else(plain);
            Some((likeness, owner, shown, written))
        })
        .collect();
    // The likeliest first.
    going.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let named: Vec<String> = going
        .iter()
        .take(NAMED)
        .map(|(_, owner, name, _)| {
            if *name == *owner.handle {
                format!("`{owner}`")
            } else {
                format!("`{owner}` (`{name}`)")
            }
        })
        .collect();
    let more = match going.len().saturating_sub(NAMED) {
        0 => None,
        more => Some(format!("{more} more")),
    };
    let words: Vec<&str> = named.iter().chain(&more).map(String::as_str).collect();
    let words = match words.as_slice() {
        [] => format!("other {}", kind.collection),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let done = if options.removes_by_disabling(kind, live.dialect) {
        "taken out of use"
    } else {
        "removed"
    };
    let (way, apart) = match going.as_slice() {
        [(_, _, _, Some(name))] => (
            format!("write the name that it has now, `renamedFrom: {name}`,"),
            "the two",
        ),
        [(_, owner, _, None)] => (format!("declare it as `{owner}`,"), "the two"),
        _ => (
            "write the name that it has now under `renamedFrom`,".to_owned(),
            "they",
        ),
    };
    Problem::error(
        Code::RenameOfNothing,
        format!(
            "`{address}` was renamed from `{}`, but nothing live is named so, and {words} would be {done}",
            shown_name(address, written)
        ),
    )
    .at(
        place(desired, address, "lifecycle/renamedFrom"),
        "its old name",
    )
    .help(format!(
        "{way} or take `renamedFrom` away if {apart} have nothing to do with each other"
    ))
}

/// How manifests write the name of an object, as an old name or a tombstone.
pub(super) fn old_name(live: &Live, index: usize) -> String {
    written_name(live, index).unwrap_or_else(|| {
        let name = live.key_of(index).map(|key| key.name.into_owned());
        quoted(&name.unwrap_or_default()).into_owned()
    })
}

/// How manifests write the name of an object that counts below another one, as an old name or a
/// tombstone; none where a text says it.
pub(super) fn written_name(live: &Live, index: usize) -> Option<String> {
    let object = live.objects.get(index)?;
    let key = live.key_of(index)?;
    let mut parts = Vec::new();
    let mut is_below = false;
    for field in scopes(object.kind) {
        let Some(below) = key.scope.get(field.name) else {
            continue;
        };
        let parent = live.above(field, below);
        let written = match parent.and_then(|parent| written_parent(live, parent)) {
            Some(written) => {
                is_below = true;
                written
            }
            None if field.shape.target().is_some() => return None,
            None => quoted(below).into_owned(),
        };
        parts.push(format!("{}: {written}", field.name));
    }
    let naming = object.kind.naming_field().name;
    let nameless = object.kind.is_nameless();
    if !nameless {
        parts.insert(0, format!("{naming}: {}", quoted(&key.name)));
    }
    (nameless || is_below).then(|| format!("{{{}}}", parts.join(", ")))
}

/// How manifests write what a name counts below: the handle where it is declared, else its name. Only the
/// ledger knows the handle of what is no longer declared.
pub(super) fn written_parent(live: &Live, index: usize) -> Option<String> {
    let address = live.address_of(index)?;
    if live.is_declared(&address) {
        return Some(quoted(&address.handle).into_owned());
    }
    if let Some(name) = written_name(live, index) {
        return Some(format!("{{lookup: {name}}}"));
    }
    let name = live.key_of(index)?.name;
    let other = Address::new(address.collection, &*name);
    Some(if live.is_declared(&other) {
        format!("{{lookup: {}}}", quoted(&name))
    } else {
        quoted(&name).into_owned()
    })
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
