//! Matching: which live object each declared resource is.

use std::borrow::Cow;

use crate::codec::{self, Names as _};
use crate::kind::{self, Grouping, Kind, find};
use crate::live::marks::belongs_to_others;
use crate::live::{Live, identity_fields, key};
use crate::manifest::{Desired, Tombstone};
use crate::plan::bound::{Bound, Held, place};
use crate::plan::claims::Claims;
use crate::plan::owners::{Owners, prune, two_candidates};
use crate::plan::resolve::{heirs, translated};
use crate::plan::row::{Going, Rows};
use crate::plan::taken::{Rename, is_going, renamed_from, renames_of_nothing, written_name};
use crate::plan::{Options, temporary};
use crate::problem::{Code, Place, Problem, ticked};
use crate::state::identity::{named, scopes};
use crate::state::{Address, Body, FieldPath, Key, Named, Reference, Resource, Value};
use foldhash::{HashMap, HashSet};

/// Binds the declared resources to live objects.
///
/// # Errors
/// All problems at once: objects that are not unique, names that do not exist, two addresses for
/// one object.
pub fn bind(desired: &Desired, live: &mut Live, options: &Options) -> Result<Bound, Vec<Problem>> {
    let (bound, mut problems) = bind_what_is_clear(desired, live, options);
    if problems.is_empty() {
        Ok(bound)
    } else {
        problems.extend(bound.held.into_iter().map(|held| held.problem));
        Err(problems)
    }
}

/// Binds what can be bound, and returns the problems of the rest beside it.
///
/// Made for reports: what is unclear is left out there, and does not hide everything else.
#[must_use]
pub fn bind_what_is_clear(
    desired: &Desired,
    live: &mut Live,
    options: &Options,
) -> (Bound, Vec<Problem>) {
    let owners = Owners::of(live, options);
    let mut problems = Vec::new();
    let mut bound = Bound {
        rows: Rows::of(&desired.state),
        ..Bound::default()
    };
    live.reserve(desired.state.keys().cloned());
    let mut claims = Claims::default();
    for (address, resource, depth) in parents_first(desired) {
        let facts = (desired, &*live, &owners);
        claims.look_at((resource.kind, depth), facts, options, &mut problems);
        if let Some(indices) = claims.undecided(address) {
            bound.disputed.extend(indices);
            if let Some(row) = bound.rows.get_mut(address) {
                row.unclear = true;
            }
            continue;
        }
        let before = problems.len();
        let by_claim = claims.get(address);
        let by_ledger = owners.by_address.get(address).copied();
        let by_ledger = by_ledger.filter(|index| !claims.is_of_another(*index, address));
        let by_name = match by_claim {
            Some(_) => None,
            None => candidate(
                (facts, &claims),
                options,
                address,
                resource,
                &mut problems,
                &mut bound,
            ),
        };
        // What there is one of is known by its scope, whatever the ledger had for its address.
        let by_ledger = by_ledger
            .filter(|index| resource.kind.only_name().is_none() || Some(*index) == by_name);
        let found = Found {
            by_ledger: by_claim.or(by_ledger),
            by_name,
            is_owned: by_ledger.is_some(),
        };
        bind_one(
            (desired, live, &owners),
            address,
            &found,
            &mut bound,
            &mut problems,
        );
        if problems.len() > before
            && let Some(row) = bound.rows.get_mut(address)
        {
            row.unclear = true;
        }
    }
    let mut going = tombstones(
        (desired, live, &owners),
        options,
        &mut bound.held,
        &mut problems,
    );
    left_by_moves((desired, live, &owners), options, &mut bound, &mut going);
    left_with_a_temporary_name(live, &owners, &mut bound, &going, &mut problems);
    prune(&owners, live, options, &mut bound, &mut going);
    renames_of_nothing(
        (desired, live, &owners),
        options,
        &going,
        &mut bound.rows,
        &mut problems,
    );
    let all_going: HashSet<usize> = going.iter().map(|one| one.object).collect();
    translated(desired, live, &all_going, &mut bound.rows, &mut problems);
    heirs(desired, live, &mut bound.rows, &mut going, &mut problems);
    made_twice(desired, &bound.rows, &mut problems);
    for one in going {
        if let Some(address) = live.address_of(one.object)
            && let Some(object) = live.objects.get(one.object)
        {
            bound.rows.remove(&address, object.kind, one);
        }
    }
    refers_to_removed(desired, live, options, &bound.rows, &mut problems);
    (bound, problems)
}

/// The declared resources, each with the number of those of its own kind that it lies below: what lies below
/// others is known by them, so that they come first.
fn parents_first(desired: &Desired) -> Vec<(&Address, &Resource, usize)> {
    let mut all: Vec<_> = (desired.state.iter())
        .map(|(address, resource)| (address, resource, depth(desired, resource)))
        .collect();
    if all.iter().any(|(.., depth)| *depth > 0) {
        all.sort_by_key(|(.., depth)| *depth);
    }
    all
}

/// How many declared resources of its own kind a resource lies below.
pub(super) fn depth(desired: &Desired, resource: &Resource) -> usize {
    let kind = resource.kind;
    let above = |resource: &Resource| {
        scopes(kind).find_map(|field| match resource.body.get(field.name) {
            Some(Value::Reference(Reference::To(above))) if above.collection == kind.collection => {
                desired.state.get(above)
            }
            _ => None,
        })
    };
    let is_nested = |field: &kind::Field| {
        let target = field.shape.target();
        target.is_some_and(|target| target.is_to(kind.collection))
    };
    if !scopes(kind).any(is_nested) {
        return 0;
    }
    // No more can lie in a row, and a circle was refused before.
    let row = std::iter::successors(above(resource), |resource| above(resource));
    row.take(desired.state.len()).count()
}

/// Which live object a declared resource may be.
struct Found {
    /// The one that it claims, or that the ledger has for it.
    by_ledger: Option<usize>,
    /// The one that has its name.
    by_name: Option<usize>,
    /// Whether the ledger has one for it.
    is_owned: bool,
}

/// Binds a declared resource to the live object that was found for it, or says why not.
fn bind_one(
    (desired, live, owners): (&Desired, &mut Live, &Owners),
    address: &Address,
    found: &Found,
    bound: &mut Bound,
    problems: &mut Vec<Problem>,
) {
    let index = match (found.by_ledger, found.by_name) {
        // What a run did not get to say it has made is ours, too; see [`left_by_moves`].
        (_, Some(named)) if owners.has_made(address, named, live) => named,
        (Some(owned), Some(named)) if owned != named && !owners.is_of_another(named, desired) => {
            problems.push(two_candidates(
                (desired, live, owners),
                address,
                owned,
                named,
            ));
            bound.disputed.extend([owned, named]);
            return;
        }
        (Some(index), _) | (None, Some(index)) => index,
        (None, None) => return,
    };
    if let Some(other) = live.bound(index) {
        problems.push(
            Problem::error(
                Code::TwoAddresses,
                format!("`{address}` and `{other}` are the same live object"),
            )
            .at(place(desired, address, ""), "the second declaration")
            .at(place(desired, other, ""), "the first declaration")
            .help("remove one of them, or correct its `renamedFrom`"),
        );
        return;
    }
    if let Some(what) = live.objects.get(index).and_then(belongs_to_others) {
        problems.push(
            Problem::error(
                Code::TakenBySystem,
                format!("`{address}` would take over {what} of the same name"),
            )
            .at(place(desired, address, ""), "declared here")
            .help("choose another name; what is not yours is never changed"),
        );
        return;
    }
    live.bind(index, address.clone());
    if let Some(row) = bound.rows.get_mut(address) {
        row.object = Some(index);
        // A declaration that moved to another handle keeps its object.
        row.known = found.is_owned || owners.by_index.contains_key(&index);
    }
}

/// Refuses two new resources that say in different words that they lie below the same one.
fn made_twice(desired: &Desired, rows: &Rows, problems: &mut Vec<Problem>) {
    let mut made: HashMap<(&'static str, Named<'_>), &Address> = HashMap::default();
    for row in rows {
        let (kind, address) = (row.kind, &row.address);
        let has_parent = scopes(kind).any(|field| field.shape.target().is_some());
        if !has_parent || row.object.is_some() {
            continue;
        }
        let Some(name) = row.named.as_ref().and_then(|body| named(kind, body)) else {
            continue;
        };
        if let Some(first) = made.insert((kind.collection, name.lower_case()), address) {
            problems.push(
                Problem::error(
                    Code::DuplicateIdentity,
                    format!(
                        "`{first}` and `{address}` are the same {}: `{name}`",
                        kind.singular
                    ),
                )
                .at(place(desired, address, ""), "this one")
                .at(place(desired, first, ""), "and this one")
                .help(if kind.is_nameless() {
                    "keep one of them".to_owned()
                } else {
                    let field = kind.field_of_handle().name;
                    format!("keep one of them, or give one another `{field}`")
                }),
            );
        }
    }
}

/// Finds the live objects that the tombstones name.
fn tombstones(
    (desired, live, owners): (&Desired, &Live, &Owners),
    options: &Options,
    held: &mut Vec<Held>,
    problems: &mut Vec<Problem>,
) -> Vec<Going> {
    let mut going = Vec::new();
    for tombstone in &desired.removed {
        match *live.named(tombstone.collection, &tombstone.key) {
            [] => {
                if let Some(have) = live
                    .named_without_case(tombstone.collection, &tombstone.key)
                    .and_then(|index| live.shown_key(index))
                {
                    problems.push(
                        Problem::error(
                            Code::CaseDiffers,
                            format!("a live object is named `{have}`, which differs from `{}` in case only", tombstone.key),
                        )
                        .at(tombstone.place.clone(), "removed here")
                        .help(format!("write `{have}` if that is the one")),
                    );
                } else if let Some((index, written)) = reads_so(live, tombstone) {
                    let singular =
                        find(tombstone.collection).map_or("object", |kind| kind.singular);
                    let key = live.key_of(index).unwrap_or_default();
                    let name = &key.name;
                    problems.push(
                        Problem::error(
                            Code::ReadsAlike,
                            format!("no live {singular} is named `{}`, and one named `{name}` is shown so", tombstone.key),
                        )
                        .at(tombstone.place.clone(), "removed here")
                        .help(format!("write `{written}` if that is the one, or take the line out")),
                    );
                }
            }
            [index] => {
                if let Some(address) = live.bound(index) {
                    problems.push(
                        Problem::error(
                            Code::RemovedAndDeclared,
                            format!("`{address}` is declared, and its live object is listed under `removed`"),
                        )
                        .at(tombstone.place.clone(), "removed here")
                        .at(place(desired, address, ""), "declared here")
                        .help("delete one of the two"),
                    );
                } else {
                    let keeper = owners.protected(index, options);
                    held.extend(keeper.map(|address| Held {
                        object: index,
                        problem: Problem::error(
                            Code::PreventDestroy,
                            format!("`{address}` is listed under `removed`, and its `preventDestroy` forbids that it is removed"),
                        )
                        .at(tombstone.place.clone(), "removed here")
                        .help(format!(
                            "take the line out, or let go of it with `deskform ledger forget '{address}'`"
                        )),
                    }));
                    going.push(Going {
                        object: index,
                        at: Some(tombstone.place.clone()),
                        heirs: tombstone.transfer_to.clone(),
                        ..Going::default()
                    });
                }
            }
            ref several => problems.push(not_unique(
                live,
                tombstone.collection,
                &tombstone.key.to_string(),
                several,
                tombstone.place.clone(),
            )),
        }
    }
    going
}

/// The live object that a tombstone's text reads like, as plans show it, and how manifests write its
/// name.
fn reads_so(live: &Live, tombstone: &Tombstone) -> Option<(usize, String)> {
    if !tombstone.key.scope.is_empty() {
        return None;
    }
    let shown = live
        .collection(tombstone.collection)
        .find(|index| live.shown_key(*index).as_deref() == Some(&*tombstone.key.name))?;
    Some((shown, written_name(live, shown)?))
}

/// What is to be removed cannot be referred to, whether a manifest says so or it is no longer declared.
fn refers_to_removed(
    desired: &Desired,
    live: &Live,
    options: &Options,
    rows: &Rows,
    problems: &mut Vec<Problem>,
) {
    let removed: HashMap<&Address, Option<&Place>> = rows
        .iter()
        .filter_map(|row| Some((&row.address, row.going.as_ref()?)))
        .filter(|(_, going)| going.at.is_some() || is_going(going.object, live, options))
        .map(|(address, going)| (address, going.at.as_ref()))
        .collect();
    if removed.is_empty() {
        return;
    }
    // By object, for what is named by another name than its address.
    let objects: HashMap<usize, &Address> = rows
        .iter()
        .filter(|row| removed.contains_key(&row.address))
        .filter_map(|row| Some((row.going.as_ref()?.object, &row.address)))
        .collect();
    for row in rows {
        let address = &row.address;
        let fields = row.named.iter().flat_map(|body| body.of_kind(row.kind));
        for (field, value) in fields {
            // What counts on creation alone and is never shown binds nothing that is there.
            if row.object.is_some() && field.write_only && field.create_only {
                continue;
            }
            let mut named: Vec<(&Address, String)> = Vec::new();
            let mut goes = false;
            value.walk(&mut |value| {
                if let Value::Reference(Reference::To(target)) = value {
                    goes |= removed.contains_key(target);
                }
            });
            if goes {
                let own = FieldPath::of(field.name);
                named_below(value, &own, &mut |target, path| {
                    let path = codec::written(row.kind, path).pointer();
                    named.push((target, path.trim_start_matches('/').to_owned()));
                });
            }
            codec::keyed_maps(field, value, &mut |path, inner, map| {
                let (Some(target), Value::Map(map)) = (inner.shape.keyed_by(), map) else {
                    return;
                };
                for (key, _) in map.iter() {
                    let object = live.find_wire_name(&target, key);
                    if let Some(target) = object.and_then(|index| objects.get(&index)) {
                        named.push((target, path.child(key).pointer()));
                    }
                }
            });
            // A text may be the name of what goes, or its id.
            let own = FieldPath::of(field.name);
            codec::texts_that_may_name(field, value, &own, &mut |targets, text, path| {
                let target = live.meant(targets, text);
                let target = target.and_then(|target| removed.get_key_value(&target));
                if let Some((target, _)) = target {
                    let path = codec::written(row.kind, path).pointer();
                    named.push((*target, path.trim_start_matches('/').to_owned()));
                }
            });
            for (target, path) in named {
                if let Some(&at) = removed.get(target) {
                    let named = place(desired, address, &path);
                    problems.push(refers(target, named, at));
                }
            }
        }
    }
}

/// Hands over what a value refers to, with the way to it; to all of a list it is the way to the list.
fn named_below<'v>(value: &'v Value, path: &FieldPath, f: &mut dyn FnMut(&'v Address, &FieldPath)) {
    match value {
        Value::Reference(Reference::To(address)) => f(address, path),
        Value::List(items) => items.iter().for_each(|item| named_below(item, path, f)),
        Value::Map(map) => {
            for (key, value) in map {
                named_below(value, &path.child(key), f);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::Secret(_)
        | Value::Reference(Reference::Lookup { .. } | Reference::Id { .. }) => {}
    }
}

/// What is wrong with a reference to something that goes; `at` is where its removal is written.
///
/// The message does not say who refers to it: its place does, and many references to one resource are
/// one report.
fn refers(target: &Address, named: Place, at: Option<&Place>) -> Problem {
    let why = if at.is_some() {
        "is to be removed"
    } else {
        "is no longer declared and would be removed"
    };
    let problem = Problem::error(
        Code::RefersToRemoved,
        format!("`{target}` is still referred to, and {why}"),
    )
    .at(named, "referenced here");
    match at {
        Some(at) => problem
            .at(at.clone(), "removed here")
            .help("take one of the two lines out"),
        None => problem.help(format!(
            "declare it again, take the reference away, or let go of it with `deskform ledger forget '{target}'`"
        )),
    }
}

fn not_unique(
    live: &Live,
    collection: &'static str,
    name: &str,
    indices: &[usize],
    at: Place,
) -> Problem {
    let ids: Vec<String> = indices
        .iter()
        .filter_map(|index| live.with_parent(*index))
        .collect();
    let scope = |index: &usize| live.key_of(*index).map(|key| key.scope);
    let first = indices.first().and_then(scope);
    let help = match kind::find(collection) {
        Some(kind) if indices.iter().any(|index| scope(index) != first) => {
            let parents: Vec<&str> = scopes(kind).map(|field| field.name).collect();
            format!(
                "say which one is meant: give its {} beside its name",
                ticked(&parents, "and")
            )
        }
        _ => "rename or delete all but one of them in Zoho Desk".to_owned(),
    };
    Problem::error(
        Code::AmbiguousLive,
        format!(
            "{} live {collection} are named `{name}`: {}",
            indices.len(),
            ids.join(" and ")
        ),
    )
    .at(at, "named here")
    .help(help)
}

/// The live object that an address is by its name, or by the name that it had before.
fn candidate(
    ((desired, live, owners), claims): ((&Desired, &Live, &Owners), &Claims),
    options: &Options,
    address: &Address,
    resource: &Resource,
    problems: &mut Vec<Problem>,
    bound: &mut Bound,
) -> Option<usize> {
    let kind = resource.kind;
    let is_free = |index: &usize| {
        !claims.is_of_another(*index, address)
            && !owners.gives_up((desired, live), *index, address, options)
    };
    let owned = owners.by_address.get(address).copied().filter(is_free);
    let id = |reference: &Reference| live.in_scope(reference);
    let Some(name) = key(kind, live.dialect, &resource.body, &id) else {
        return without_key(desired, live, address, resource, &mut bound.rows);
    };
    let secret = identity_fields(kind, live.dialect)
        .any(|field| resource.body.get(field.name).is_some_and(Value::is_secret));
    let named = live.find(kind.collection, &name);
    let named: Cow<'_, [usize]> = if named.iter().all(is_free) {
        Cow::Borrowed(named)
    } else {
        named.iter().copied().filter(is_free).collect()
    };
    let without_case = || {
        (!secret && named.is_empty())
            .then(|| live.find_without_case(kind.collection, &name))
            .flatten()
            .filter(is_free)
    };
    let old =
        renamed_from(desired, live, address, resource).filter(|_| !claims.is_followed(address));
    if let Some(old) = &old {
        let taken: Vec<usize> = named.iter().copied().chain(without_case()).collect();
        let rename = Rename {
            address,
            old,
            taken,
            name: (!secret).then(|| live.shown(kind, &name)),
        };
        if let Some(problem) = rename.both_exist(desired, live, owners, options) {
            problems.push(problem);
            bound.disputed.extend(&rename.taken);
            bound.disputed.extend(&old.objects);
            return None;
        }
        if let Some(problem) = rename.case_differs(desired, live, owned) {
            problems.push(problem);
            bound.disputed.extend(old.nearly);
            return None;
        }
    }
    match *named {
        [index] => return Some(index),
        [] => {}
        // Of several of one name the ledger knows which one is meant.
        ref several if owned.is_some_and(|owned| several.contains(&owned)) => return owned,
        ref several => {
            let shown = if secret {
                address.handle.to_string()
            } else {
                live.shown(kind, &name)
            };
            let problem = not_unique(
                live,
                kind.collection,
                &shown,
                several,
                place(desired, address, ""),
            );
            problems.push(problem.help(format!(
                "choose with `deskform ledger adopt '{address}' ID`, or rename or delete all but one of them in Zoho Desk"
            )));
            return None;
        }
    }
    if let Some(old) = old {
        match *old.objects {
            [index] => return Some(index),
            [] => {}
            ref several => {
                problems.push(not_unique(
                    live,
                    kind.collection,
                    &old.name,
                    several,
                    place(desired, address, "lifecycle/renamedFrom"),
                ));
                return None;
            }
        }
    }
    // What the ledger owns is renamed, whatever the case.
    if owned.is_none()
        && let Some(index) = without_case()
    {
        problems.push(nearly_named((desired, live), address, kind, index, &name));
    }
    None
}

/// The problem of a live name that differs from the declared one in case only.
fn nearly_named(
    (desired, live): (&Desired, &Live),
    address: &Address,
    kind: &'static Kind,
    index: usize,
    name: &Key<'_>,
) -> Problem {
    let have = live.shown_key(index).unwrap_or_default();
    let name = live.shown(kind, name);
    let help = match written_name(live, index) {
        Some(written) => format!(
            "write the name as it is live, or rename it with `lifecycle: {{renamedFrom: {written}}}`"
        ),
        None => {
            format!("write `{have}`, or rename it with `lifecycle: {{renamedFrom: \"{have}\"}}`")
        }
    };
    Problem::error(
        Code::CaseDiffers,
        format!(
            "the live {} is named `{have}`, which differs from `{name}` in case only",
            kind.singular
        ),
    )
    .at(place(desired, address, ""), "declared here")
    .help(help)
}

/// The references that say what a name counts below.
fn parents<'b>(kind: &'static Kind, body: &'b Body) -> impl Iterator<Item = &'b Reference> {
    scopes(kind).filter_map(|field| match body.get(field.name) {
        Some(Value::Reference(reference)) => Some(reference),
        _ => None,
    })
}

/// The live object that a resource was of which no key can be told now.
fn without_key(
    desired: &Desired,
    live: &Live,
    address: &Address,
    resource: &Resource,
    rows: &mut Rows,
) -> Option<usize> {
    let parents = || parents(resource.kind, &resource.body);
    let unclear = |reference: &Reference| match reference {
        Reference::To(address) => rows.get(address).is_some_and(|row| row.unclear),
        Reference::Lookup { .. } | Reference::Id { .. } => false,
    };
    let is_unclear = parents().any(unclear);
    let row = rows.get_mut(address)?;
    if is_unclear {
        // Why is said of what it lies below.
        row.unclear = true;
    } else if parents().all(|parent| live.id_behind(parent).is_some()) {
        // The part of the identity that is missing is a secret: nothing can be said about it.
        row.not_compared = true;
        return None;
    }
    // Below what is not live yet nothing is.
    let old = renamed_from(desired, live, address, resource)?;
    match *old.objects {
        [index] => Some(index),
        _ => None,
    }
}

/// Objects that a killed run has left with a temporary name, and that no ledger knows: each is somebody's,
/// so that it is neither pruned nor made anew.
fn left_with_a_temporary_name(
    live: &Live,
    owners: &Owners,
    bound: &mut Bound,
    going: &[Going],
    problems: &mut Vec<Problem>,
) {
    let going: HashSet<usize> = going.iter().map(|one| one.object).collect();
    for (index, object) in live.objects.iter().enumerate() {
        let is_known = live.bound(index).is_some()
            || owners.by_index.contains_key(&index)
            || going.contains(&index);
        if is_known || !object.kind.managed || !temporary::is_on(live, index) {
            continue;
        }
        bound.disputed.insert(index);
        let name = live.shown_key(index).unwrap_or_default();
        problems.push(
            Problem::error(
                Code::TemporaryName,
                format!(
                    "the {} `{}` has the temporary name `{name}` that a killed run gave it, and no ledger tells what it was",
                    object.kind.singular, object.id
                ),
            )
            .help(format!(
                "give it its name in Zoho Desk, or say which one it is with `deskform ledger adopt ADDRESS {}`",
                object.id
            )),
        );
    }
}

/// Parts that a resource has left by a move, where a run ended before it had removed them: the new
/// ones are there, and the ledger knows the old ones, or `renamedFrom` still says which one it replaces.
fn left_by_moves(
    (desired, live, owners): (&Desired, &Live, &Owners),
    options: &Options,
    bound: &mut Bound,
    going: &mut Vec<Going>,
) {
    let mut left: Vec<(usize, Address, &str, &Grouping)> = Vec::new();
    for (index, address) in owners.left_over(&bound.rows) {
        let grouping = live
            .objects
            .get(index)
            .filter(|object| !object.parts.is_empty())
            .and_then(|object| object.kind.grouping(live.dialect));
        if let Some(grouping) = grouping {
            left.push((index, address.clone(), grouping.by, grouping));
        }
    }
    for (address, resource) in &desired.state {
        let Some(grouping) = resource.kind.grouping(live.dialect) else {
            continue;
        };
        if !bound.rows.is_live(address) {
            continue;
        }
        let old = renamed_from(desired, live, address, resource);
        if let Some([index]) = old.as_ref().map(|old| &*old.objects) {
            let path = "lifecycle/renamedFrom";
            left.push((*index, address.clone(), path, grouping));
        }
    }
    for (index, address, path, grouping) in left {
        // What is declared, or is to be removed already, is no news.
        if live.bound(index).is_some() || going.iter().any(|one| one.object == index) {
            continue;
        }
        let at = place(desired, &address, path);
        let declared = desired.details.get(&address);
        let is_kept = declared.is_some_and(|detail| detail.lifecycle.prevent_destroy);
        let keeper = owners.protected(index, options);
        if let Some(keeper) = keeper.or_else(|| is_kept.then_some(&address)) {
            let (parts, old) = grouping.left;
            let problem = Problem::error(
                Code::PreventDestroy,
                format!("`{address}` leaves {parts}, and the `preventDestroy` of `{keeper}` forbids that they are removed"),
            )
            .at(at.clone(), old)
            .help(format!(
                "take `preventDestroy` away for one apply, or let go of it with `deskform ledger forget '{keeper}'`"
            ));
            bound.held.push(Held {
                object: index,
                problem,
            });
        }
        going.push(Going {
            object: index,
            at: Some(at),
            left_by: Some(address),
            ..Going::default()
        });
    }
}
