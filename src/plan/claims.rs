//! Objects that declarations claim by a name that these had: renames that are written, chains and
//! circles of them, and renames that are taken back.
//!
//! A claim holds where nothing is lost by it: whatever has the new name gives it up in the same run.

use foldhash::{HashMap, HashSet};

use crate::config::Prune;
use crate::kind::Kind;
use crate::ledger::Ledger;
use crate::live::{Live, key};
use crate::manifest::Desired;
use crate::plan::Options;
use crate::plan::bound::place;
use crate::plan::matching::depth;
use crate::plan::owners::Owners;
use crate::plan::taken::{Old, is_going, old_name, renamed_from};
use crate::problem::{Code, Problem, listed};
use crate::state::{Address, Key, Reference, Resource};
use crate::yaml::written::quoted;

/// Which declared resources claim which live objects.
#[derive(Debug, Default)]
pub(super) struct Claims {
    by_address: HashMap<Address, usize>,
    by_index: HashMap<usize, Address>,
    /// Declarations whose `renamedFrom` says nothing any more: it was followed.
    followed: HashSet<Address>,
    /// Declarations of which nobody knows what they are, each with the objects that it may mean.
    undecided: HashMap<Address, Vec<usize>>,
    /// The collections that were looked at, and how deep in their own kind.
    seen: HashSet<(&'static str, usize)>,
}

/// A claim, before it is known whether it holds.
#[derive(Debug)]
struct Wish<'d> {
    address: &'d Address,
    /// The object that it claims.
    object: usize,
    /// The object that has the new name.
    named: Option<usize>,
    /// The object that the ledger has for the address.
    owned: Option<usize>,
    /// The old name is that of another declaration.
    is_of_declared: bool,
    /// It was followed before: it is ignored, unless another claim takes the object that it brought to
    /// this address.
    is_followed: bool,
}

/// The declared resources of a kind, as far as their keys can be told.
struct Declared<'d> {
    keys: Vec<(&'d Address, &'d Resource, Key<'static>)>,
    /// Who has a key by what is declared.
    holders: HashMap<Key<'static>, &'d Address>,
}

impl Claims {
    /// The object that a declared resource claims.
    pub(super) fn get(&self, address: &Address) -> Option<usize> {
        self.by_address.get(address).copied()
    }

    /// Whether a live object is claimed by another declared resource.
    pub(super) fn is_of_another(&self, index: usize, address: &Address) -> bool {
        self.by_index.get(&index).is_some_and(|one| one != address)
    }

    /// The objects that a declared resource may mean, where nobody knows which it is.
    pub(super) fn undecided(&self, address: &Address) -> Option<&[usize]> {
        self.undecided.get(address).map(Vec::as_slice)
    }

    /// Whether the `renamedFrom` of a declaration was followed before.
    pub(super) fn is_followed(&self, address: &Address) -> bool {
        self.followed.contains(address)
    }

    /// Looks at the declarations of one kind, once everything that they lie below is bound.
    pub(super) fn look_at(
        &mut self,
        (kind, depth): (&'static Kind, usize),
        (desired, live, owners): (&Desired, &Live, &Owners),
        options: &Options,
        problems: &mut Vec<Problem>,
    ) {
        // What several objects form is never renamed: its parts are made anew.
        if !self.seen.insert((kind.collection, depth)) || kind.grouping(live.dialect).is_some() {
            return;
        }
        let of_kind = |address: &Address| address.collection == kind.collection;
        let is_written = (desired.details.iter())
            .any(|(address, one)| of_kind(address) && !one.lifecycle.renamed_from.is_empty());
        let ledger = options.ledger.as_ref();
        let is_remembered = ledger.is_some_and(|ledger| {
            let mut entries = ledger.resources.iter();
            entries.any(|(address, entry)| of_kind(address) && !entry.names.is_empty())
        });
        if !is_written && !is_remembered {
            return;
        }
        let declared = Declared::of((kind, depth), desired, live);
        let mut wishes = self.written(&declared, (desired, live, owners), ledger);
        if let Some(ledger) = ledger {
            let past = Past::of(kind, desired, live, ledger);
            let facts = (desired, live);
            let doubts = doubtful(&wishes, &declared, facts, &past, problems);
            self.doubt(doubts);
            let facts = (desired, live, owners);
            let open = ask_about_chains(&declared, facts, &past, &wishes, options, problems);
            self.doubt(open);
            let back = taken_back(&declared, (live, owners), &past, &wishes);
            wishes.extend(back);
        }
        let rejected = settle(&mut wishes, &declared, live, owners);
        for wish in rejected {
            let taken_on = wishes.iter().any(|other| other.object == wish.object);
            if wish.named.is_some() && (taken_on || wish.is_of_declared) {
                // It has its new name, and the old one is another's by now.
                self.followed.insert(wish.address.clone());
            }
        }
        self.doubt(undecided(&wishes, desired, owners, problems));
        for wish in wishes {
            self.followed.remove(wish.address);
            if self.undecided.contains_key(wish.address) {
                continue;
            }
            self.by_address.insert(wish.address.clone(), wish.object);
            self.by_index.insert(wish.object, wish.address.clone());
        }
    }

    fn doubt(&mut self, doubts: Vec<(Address, usize)>) {
        for (address, index) in doubts {
            self.undecided.entry(address).or_default().push(index);
        }
    }

    /// What is claimed by the old names that are written.
    fn written<'d>(
        &mut self,
        declared: &Declared<'d>,
        (desired, live, owners): (&Desired, &Live, &Owners),
        ledger: Option<&Ledger>,
    ) -> Vec<Wish<'d>> {
        let known = Known::of(ledger, live);
        let mut wishes = Vec::new();
        for (address, resource, key) in &declared.keys {
            let Some(old) = renamed_from(desired, live, address, resource) else {
                continue;
            };
            let followed = ledger
                .and_then(|ledger| ledger.get(address)?.renamed_from.as_ref())
                .is_some_and(|followed| old.keys.contains(followed));
            let owned = owners.by_address.get(*address).copied();
            let is_old = |index: usize| {
                live.key_of(index)
                    .is_some_and(|now| old.keys.contains(&now))
            };
            let is_followed = followed && owned.is_some_and(|index| !is_old(index));
            if is_followed {
                self.followed.insert((*address).clone());
            }
            let named = live.find(address.collection, key);
            if old.objects.len() > 1 || named.len() > 1 {
                continue;
            }
            let by_name = old.objects.first().copied();
            let by_ledger = known.owner_of(&old, address, owned, desired);
            // A name that somebody gave in Zoho Desk counts more than what the ledger remembers, unless
            // it came about on the way of names that move.
            let is_done = by_ledger.is_some() && by_ledger == named.first().copied();
            let object = match (by_ledger, by_name) {
                (one, _) if is_done => one,
                (Some(one), Some(other))
                    if owners.by_index.contains_key(&other) || one == other =>
                {
                    Some(one)
                }
                (one, None) => one,
                (_, other) => other,
            };
            let Some(object) = object else { continue };
            // Zoho Desk takes names that differ in case only for one.
            let nearly = || live.find_without_case(address.collection, key);
            wishes.push(Wish {
                address,
                object,
                named: named.first().copied().or_else(nearly),
                owned,
                is_followed,
                is_of_declared: (old.keys.iter()).any(|key| {
                    declared
                        .holders
                        .get(key)
                        .is_some_and(|one| *one != *address)
                }),
            });
        }
        wishes
    }
}

impl<'d> Declared<'d> {
    fn of((kind, depth): (&'static Kind, usize), desired: &'d Desired, live: &Live) -> Self {
        let id = |reference: &Reference| live.in_scope(reference);
        let keys: Vec<_> = desired
            .state
            .iter()
            .filter(|(address, resource)| {
                address.collection == kind.collection && self::depth(desired, resource) == depth
            })
            .filter_map(|(address, resource)| {
                let key = key(kind, live.dialect, &resource.body, &id)?.into_owned();
                Some((address, resource, key))
            })
            .collect();
        let holders = keys.iter().map(|(address, _, key)| (key.clone(), *address));
        Self {
            holders: holders.collect(),
            keys,
        }
    }
}

/// What is owned and live, by the key that it had when it was last applied.
struct Known<'l>(HashMap<&'l Key<'static>, Vec<(&'l Address, usize)>>);

impl<'l> Known<'l> {
    fn of(ledger: Option<&'l Ledger>, live: &Live) -> Self {
        let mut known: HashMap<&Key<'static>, Vec<(&Address, usize)>> = HashMap::default();
        for (address, entry) in ledger.into_iter().flat_map(|ledger| &ledger.resources) {
            if let Some(index) = live.find_id(address.collection, &entry.id)
                && !entry.key.is_unknown()
            {
                known.entry(&entry.key).or_default().push((address, index));
            }
        }
        Self(known)
    }

    /// The object that had an old name by the ledger: the declaration's own one first, else that of an
    /// address that nobody declares, or that is renamed itself.
    fn owner_of(
        &self,
        old: &Old,
        address: &Address,
        owned: Option<usize>,
        desired: &Desired,
    ) -> Option<usize> {
        let of_kind = |(owner, _): &&(&Address, usize)| owner.collection == address.collection;
        let known: Vec<_> = old
            .keys
            .iter()
            .filter_map(|key| self.0.get(key))
            .flatten()
            .filter(of_kind)
            .collect();
        if let Some(own) = owned.filter(|own| known.iter().any(|(_, index)| index == own)) {
            return Some(own);
        }
        let moves_on = |owner: &Address| match desired.details.get(owner) {
            Some(detail) => !detail.lifecycle.renamed_from.is_empty(),
            None => true,
        };
        let mut others = known.iter().filter(|(owner, _)| moves_on(owner));
        match (others.next(), others.next()) {
            (Some((_, index)), None) => Some(*index),
            _ => None,
        }
    }
}

/// An object that had a key once.
#[derive(Debug, Clone, Copy)]
struct Had {
    index: usize,
    /// Whether it was the last one before that of now.
    is_last: bool,
    /// Whether its address is declared.
    is_declared: bool,
}

/// Live objects of a kind that no tombstone names, by the keys that they had.
struct Past<'l>(HashMap<&'l Key<'static>, Vec<Had>>);

impl<'l> Past<'l> {
    fn of(kind: &Kind, desired: &Desired, live: &Live, ledger: &'l Ledger) -> Self {
        let stones = desired.removed.iter();
        let stones = stones.filter(|stone| stone.collection == kind.collection);
        let named = stones.map(|stone| live.named(stone.collection, &stone.key));
        let removed: HashSet<usize> = named.flat_map(|named| named.to_vec()).collect();
        let mut past: HashMap<_, Vec<Had>> = HashMap::default();
        for (address, entry) in &ledger.resources {
            if entry.names.is_empty() || address.collection != kind.collection {
                continue;
            }
            let index = live.find_id(address.collection, &entry.id);
            let Some(index) = index.filter(|index| !removed.contains(index)) else {
                continue;
            };
            for key in &entry.names {
                past.entry(key).or_default().push(Had {
                    index,
                    is_last: entry.names.last() == Some(key),
                    is_declared: desired.state.contains_key(address),
                });
            }
        }
        Self(past)
    }

    /// What had a key.
    fn had(&self, key: &Key<'static>) -> &[Had] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// What had a key, and nobody declares any more.
    fn left(&self, key: &Key<'static>) -> Vec<usize> {
        let left = self.had(key).iter().filter(|had| !had.is_declared);
        left.map(|had| had.index).collect()
    }
}

/// Claims of which nobody knows whether they are meant: the old name is that of another declaration,
/// and an object that nobody declares any more had the new one.
fn doubtful(
    wishes: &[Wish<'_>],
    declared: &Declared<'_>,
    (desired, live): (&Desired, &Live),
    past: &Past<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(Address, usize)> {
    let claimed: HashSet<usize> = wishes.iter().map(|wish| wish.object).collect();
    let mut doubtful = Vec::new();
    for (address, _, key) in &declared.keys {
        let is_doubtful = |wish: &&Wish<'_>| {
            wish.address == *address
                && wish.is_of_declared
                && wish.named.is_none()
                && wish.owned.is_none()
        };
        let left = past.left(key);
        let other = left.iter().find(|index| !claimed.contains(index));
        let (Some(wish), Some(other)) = (wishes.iter().find(is_doubtful), other) else {
            continue;
        };
        let id = |index: usize| live.objects.get(index).map_or("", |object| &*object.id);
        let now = live.shown_key(*other).unwrap_or_default();
        problems.push(
            Problem::error(
                Code::TwoCandidates,
                format!(
                    "`{address}` may be the object `{}` by `renamedFrom` or the object `{}`, which had that name before `{now}`",
                    id(wish.object),
                    id(*other)
                ),
            )
            .at(place(desired, address, "lifecycle/renamedFrom"), "its old name")
            .help(format!(
                "write `renamedFrom: {}` if that is the one; if not, list it under `removed: {{{}: [{}]}}`",
                quoted(&now),
                address.collection,
                quoted(&now)
            )),
        );
        doubtful.push(((*address).clone(), wish.object));
        doubtful.push(((*address).clone(), *other));
    }
    doubtful
}

/// Renames that are taken back: an object that nobody declares any more had the name once, and nobody
/// has it now.
fn taken_back<'d>(
    declared: &Declared<'d>,
    (live, owners): (&Live, &Owners),
    past: &Past<'_>,
    wishes: &[Wish<'_>],
) -> Vec<Wish<'d>> {
    let mut claimed: HashSet<usize> = wishes.iter().map(|wish| wish.object).collect();
    let mut back = Vec::new();
    for (address, _, key) in &declared.keys {
        let is_written = || wishes.iter().any(|wish| wish.address == *address);
        let mut left = past.left(key);
        left.retain(|index| !claimed.contains(index));
        let [index] = left.as_slice() else {
            continue;
        };
        let is_taken = !live.find(address.collection, key).is_empty()
            || live
                .find_without_case(address.collection, key)
                .is_some_and(|one| one != *index);
        if is_taken
            || owners.by_address.contains_key(*address)
            || is_written()
            || !claimed.insert(*index)
        {
            continue;
        }
        back.push(Wish {
            address,
            object: *index,
            named: None,
            owned: None,
            is_of_declared: false,
            is_followed: false,
        });
    }
    back
}

/// A declaration of a chain, and the object that had its name.
type Link<'d> = (&'d Address, usize);

/// Chains of renames that may have been taken back: nobody has the name of a new declaration, an object
/// that had it once has the name of another declaration by now, and so on, up to an object that nobody
/// declares any more.
///
/// It may as well be something new in the place of what goes. The one loses what the other keeps, so that
/// neither is guessed. Where a handle stays although the name moves, the handle says which object it is,
/// and nothing is open.
struct Chains<'c, 'd> {
    keys: HashMap<&'d Address, &'c Key<'static>>,
    live: &'c Live,
    owners: &'c Owners,
    past: &'c Past<'c>,
    /// What `renamedFrom` claims.
    written: HashMap<&'c Address, usize>,
    options: &'c Options,
}

/// What becomes of a chain at an object.
enum Step<'c, 'd> {
    /// It ends: the object goes, since nobody declares this address of it any more, or its declaration
    /// claims another object.
    End(&'c Address),
    /// It goes on at the declaration that has the object by now.
    On(&'d Address, &'c Key<'static>),
    /// It leads nowhere.
    Nowhere,
}

impl<'c, 'd: 'c> Chains<'c, 'd> {
    /// Finds a way from a declaration to an object that goes, and that object's owner; each object is looked
    /// at once.
    fn follow(
        &self,
        first: &'d Address,
        key: &Key<'static>,
    ) -> Option<(Vec<Link<'d>>, &'c Address)> {
        let (mut way, mut seen) = (Vec::new(), HashSet::default());
        let mut open = vec![(first, self.had(first, key).into_iter())];
        while let Some((address, had)) = open.last_mut() {
            let address: &'d Address = address;
            let Some(one) = had.next() else {
                open.pop();
                way.pop();
                continue;
            };
            if !seen.insert(one.index) {
                continue;
            }
            match self.step(one) {
                Step::Nowhere => {}
                Step::End(owner) => {
                    way.push((address, one.index));
                    return Some((way, owner));
                }
                Step::On(next, key) => {
                    way.push((address, one.index));
                    open.push((next, self.had(next, key).into_iter()));
                }
            }
        }
        None
    }

    /// What had a key and may be what a declaration means.
    fn had(&self, address: &Address, key: &Key<'static>) -> Vec<&'c Had> {
        let claimed = self.written.get(address);
        let had = self.past.had(key).iter();
        let mut had: Vec<&Had> = had
            .filter(|had| claimed.is_none_or(|object| *object == had.index))
            .collect();
        // What nobody declares any more and had the name itself is no chain, and taken back.
        had.sort_by_key(|had| (had.is_declared, !had.is_last));
        had
    }

    fn step(&self, one: &Had) -> Step<'c, 'd> {
        let Some(owner) = self.owners.by_index.get(&one.index) else {
            return Step::Nowhere;
        };
        if !one.is_declared {
            let stays = self.options.ignoring(owner, None).is_some()
                || !is_going(one.index, self.live, self.options);
            return if stays {
                Step::Nowhere
            } else {
                Step::End(owner)
            };
        }
        let Some((next, key)) = self.keys.get_key_value(owner) else {
            return Step::Nowhere;
        };
        let has_it = self.live.key_of(one.index).as_ref() == Some(*key);
        if !has_it || !follows_name(next, key) {
            return Step::Nowhere;
        }
        match self.written.get(*next) {
            Some(object) if *object != one.index => Step::End(owner),
            _ => Step::On(next, key),
        }
    }
}

/// Whether a handle is the name, or ends with it, so that it moves with the name.
fn follows_name(address: &Address, key: &Key<'_>) -> bool {
    let end = address.handle.strip_suffix(&*key.name);
    end.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Asks about chains that may have been taken back, and gives what is open then.
fn ask_about_chains(
    declared: &Declared<'_>,
    (desired, live, owners): (&Desired, &Live, &Owners),
    past: &Past<'_>,
    wishes: &[Wish<'_>],
    options: &Options,
    problems: &mut Vec<Problem>,
) -> Vec<(Address, usize)> {
    let keys = declared
        .keys
        .iter()
        .map(|(address, _, key)| (*address, key));
    let written = wishes.iter().map(|wish| (wish.address, wish.object));
    let chains = Chains {
        keys: keys.collect(),
        live,
        owners,
        past,
        written: written.collect(),
        options,
    };
    let mut open = Vec::new();
    for (first, resource, key) in &declared.keys {
        let is_new = !owners.by_address.contains_key(*first)
            && live.find(first.collection, key).is_empty()
            && follows_name(first, key);
        if !is_new || options.prune(resource.kind) == Prune::None {
            continue;
        }
        let Some((way, end)) = chains.follow(first, key) else {
            continue;
        };
        let unsaid: Vec<&Link<'_>> = (way.iter())
            .filter(|(address, _)| !chains.written.contains_key(address))
            .collect();
        // One link alone is no chain, and taken back where nothing is open.
        let is_open = way.len() > 1 || desired.state.contains_key(end);
        let (Some((address, _)), true) = (unsaid.first(), is_open) else {
            continue;
        };
        let lines: Vec<String> = unsaid
            .iter()
            .map(|(address, index)| {
                let name = old_name(live, *index);
                format!("`lifecycle: {{renamedFrom: {name}}}` under `{address}`")
            })
            .collect();
        let told: Vec<String> = way
            .iter()
            .map(|(address, index)| {
                let name = live.shown_key(*index).unwrap_or_default();
                format!("`{name}` had the name of `{address}` before")
            })
            .collect();
        let last = way.last().map(|(_, index)| old_name(live, *index));
        let otherwise = if desired.state.contains_key(end) {
            "declare it in a change of its own".to_owned()
        } else {
            format!(
                "list the old one under `removed: {{{}: [{}]}}`",
                first.collection,
                last.unwrap_or_default()
            )
        };
        problems.push(
            Problem::error(
                Code::TwoCandidates,
                format!(
                    "`{address}` may be new, or renames may be taken back: {}",
                    listed(&told, "and")
                ),
            )
            .at(place(desired, address, ""), "declared here")
            .help(format!(
                "if renames are taken back, write {}; if it is new, {otherwise}",
                listed(&lines, "and")
            )),
        );
        open.extend(
            unsaid
                .iter()
                .map(|(address, index)| ((*address).clone(), *index)),
        );
    }
    open
}

/// Keeps the claims that hold, and returns the others: what has the new name of one, and what the ledger
/// has for its address, is claimed by another one or gets another name.
fn settle<'d>(
    wishes: &mut Vec<Wish<'d>>,
    declared: &Declared<'d>,
    live: &Live,
    owners: &Owners,
) -> Vec<Wish<'d>> {
    let keys: HashMap<&Address, &Key<'static>> = declared
        .keys
        .iter()
        .map(|(address, _, key)| (*address, key))
        .collect();
    let mut rejected = Vec::new();
    loop {
        let claims: HashMap<usize, &Address> = wishes
            .iter()
            .map(|wish| (wish.object, wish.address))
            .collect();
        let claimants: HashSet<&Address> = wishes.iter().map(|wish| wish.address).collect();
        let is_claimed = |index: usize, wish: &Wish<'_>| {
            claims
                .get(&index)
                .is_some_and(|other| *other != wish.address)
        };
        let is_given_up = |index: usize, wish: &Wish<'_>| {
            is_claimed(index, wish)
                || owners.by_index.get(&index).is_some_and(|owner| {
                    let is_bound = owners.by_address.get(owner) == Some(&index);
                    let new = keys.get(owner).copied();
                    let moves = new.is_some() && new != live.key_of(index).as_ref();
                    owner != wish.address && is_bound && moves && !claimants.contains(owner)
                })
        };
        let holds = |wish: &Wish<'_>| {
            let other = |index: &usize| *index != wish.object;
            let named = wish.named.filter(other);
            let owned = wish.owned.filter(other);
            named.is_none_or(|index| is_given_up(index, wish))
                && owned.is_none_or(|index| is_claimed(index, wish))
        };
        let fresh = needed(wishes);
        let keep: Vec<bool> = wishes
            .iter()
            .map(|wish| (!wish.is_followed || fresh.contains(wish.address)) && holds(wish))
            .collect();
        if keep.iter().all(|keep| *keep) {
            return rejected;
        }
        let mut kept = Vec::with_capacity(wishes.len());
        for (wish, keep) in wishes.drain(..).zip(keep) {
            if keep {
                kept.push(wish);
            } else {
                rejected.push(wish);
            }
        }
        *wishes = kept;
    }
}

/// Which of the claims that were followed before are needed once more: what they brought to their address
/// is claimed by one that is new, or needed again itself.
fn needed<'d>(wishes: &[Wish<'d>]) -> HashSet<&'d Address> {
    let owners: HashMap<usize, &Wish<'d>> = wishes
        .iter()
        .filter(|wish| wish.is_followed)
        .filter_map(|wish| Some((wish.owned?, wish)))
        .collect();
    let mut needed = HashSet::default();
    let mut open: Vec<&Wish<'d>> = wishes.iter().filter(|wish| !wish.is_followed).collect();
    while let Some(wish) = open.pop() {
        if let Some(next) = owners.get(&wish.object)
            && next.address != wish.address
            && needed.insert(next.address)
        {
            open.push(next);
        }
    }
    needed
}

/// Circles of old names that no ledger tells: whether they were followed already nobody knows.
///
/// Returns all that take part.
fn undecided(
    wishes: &[Wish<'_>],
    desired: &Desired,
    owners: &Owners,
    problems: &mut Vec<Problem>,
) -> Vec<(Address, usize)> {
    let by_object: HashMap<usize, &Wish<'_>> =
        wishes.iter().map(|wish| (wish.object, wish)).collect();
    let mut told: HashMap<&Address, usize> = HashMap::default();
    for wish in wishes {
        let mut circle = vec![wish];
        let mut at = wish;
        let closes = loop {
            let next = at.named.filter(|named| *named != at.object);
            let Some(next) = next.and_then(|named| by_object.get(&named)) else {
                break false;
            };
            if next.address == wish.address {
                break true;
            }
            if circle.iter().any(|one| one.address == next.address) {
                break false;
            }
            circle.push(next);
            at = next;
        };
        let is_known = |wish: &&Wish<'_>| owners.by_index.contains_key(&wish.object);
        if !closes || circle.iter().all(is_known) || told.contains_key(wish.address) {
            continue;
        }
        told.extend(circle.iter().map(|one| (one.address, one.object)));
        let names: Vec<String> = circle
            .iter()
            .chain([&wish])
            .map(|one| format!("`{}`", one.address))
            .collect();
        problems.push(
            Problem::error(
                Code::NamesInACircle,
                format!(
                    "each takes the name that the next one still has: {}; without a ledger nobody knows whether that was done already",
                    names.join(" -> ")
                ),
            )
            .at(
                place(desired, wish.address, "lifecycle/renamedFrom"),
                "its old name",
            )
            .help("give one of them another name first, apply, and then the name it is to have; or keep a ledger"),
        );
    }
    let told = told.into_iter();
    told.map(|(address, object)| (address.clone(), object))
        .collect()
}
