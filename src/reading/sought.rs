//! Reading what is needed of a kind, and not all there is: by the ids that the ledger knows, by searches
//! for names, or by the listing, whichever costs least.
//!
//! A search may lag for minutes and finds more than was asked for. So each hit is looked at, and then read
//! by its id; and a miss is no proof. Where something would be made, the listing proves that it is not
//! there yet, unless the server refuses a second one.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::needs::{KindNeeds, Proof, Scope, Sought, is_read_in_part};
use super::objects::object;
use super::single::{Single, single};
use super::{Listed, listing, paging, path_of, refuses_fields, with_fields};
use crate::api::page::{self, FirstPage, Known};
use crate::api::{ApiError, ErrorKind, Method, Paging, Reader, Request, scope, template};
use crate::kind::{Api, Kind, Search, Shown, Wire};
use crate::live::ways::{Choice, Size, Wanted, Way, number};
use crate::live::{Live, LiveObject};
use crate::state::Address;

/// What is looked for of one kind.
pub(super) struct Seeking<'a> {
    pub(super) reader: &'a Reader,
    pub(super) kind: &'static Kind,
    pub(super) api: &'a Api,
    pub(super) own: &'a KindNeeds,
    /// What the kind's listing waits for.
    pub(super) parents: &'a Live,
    /// The fields that a listing has to ask for.
    pub(super) fields: &'a [String],
}

/// What came of it.
pub(super) enum Found {
    /// All that is needed.
    All(Box<Listed>),
    /// Something is still to be listed; what was read by ids is there, and the first page of the listing
    /// where it was read.
    Some(Box<Listed>, Option<Box<FirstPage>>),
}

impl Found {
    fn all(listed: Listed) -> Self {
        Self::All(Box::new(listed))
    }

    fn some(listed: Listed, first: Option<FirstPage>) -> Self {
        Self::Some(Box::new(listed), first.map(Box::new))
    }
}

/// What is known of the number of objects, with the first page of their listing.
enum Counted {
    /// They fit on it.
    Short(FirstPage),
    /// Listing them costs more than what is needed.
    Many(Size, FirstPage),
    /// Listing them costs less.
    Few(FirstPage),
}

/// The ids that searches showed, by the name that was searched for; none where that one cannot be
/// searched.
type Hits<'n> = BTreeMap<&'n String, Option<BTreeSet<String>>>;

/// How the names were found that no id stands for.
#[derive(Default)]
struct Names {
    found: Vec<LiveObject>,
    /// Those that were not found.
    missed: BTreeSet<String>,
    /// Whether a search could not be carried out.
    failed: bool,
}

impl Seeking<'_> {
    /// Reads what is needed, or says that all is to be listed.
    pub(super) async fn read(
        &self,
        remembered: &BTreeMap<String, Known>,
    ) -> Result<Found, ApiError> {
        let Some(request) = self
            .api
            .listing
            .template()
            .and_then(|template| template::get(template, &|_| None))
        else {
            return Ok(Found::some(Listed::default(), None));
        };
        let path = path_of(&request);
        let known = remembered.get(&path).copied();
        let paging = paging(self.api);
        let wanted = self.wanted();
        let unsearchable = |first| {
            let listed = Listed {
                choice: known.map(|known| self.listing(paging, known, None)),
                ..Listed::default()
            };
            Ok(Found::some(listed, first))
        };
        let is_searchable = |name: &String| {
            searchable(self.reader, self.api).is_some_and(|search| takes(search, name))
        };
        if !self.unknown().all(|(name, _)| is_searchable(name)) {
            return unsearchable(None);
        }
        let size = known.map(|known| Size {
            objects: number(known.objects),
            at_least: false,
        });
        let (size, first) = match wanted.choose(paging, known) {
            Some(Way::Listing) => {
                // A listing that stops somewhere stops nothing where not all of it matters.
                let known = known.unwrap_or_default();
                let all = listing(
                    self.reader,
                    self.api,
                    request.clone(),
                    self.fields,
                    Some(known),
                );
                match all.await {
                    Ok(all) => {
                        let choice = self.listing(paging, known, Some(wanted));
                        return Ok(Found::all(self.take(path, all, Some(choice))));
                    }
                    Err(error) if stops(&error) => (size, None),
                    Err(error) => return Err(error),
                }
            }
            Some(_) => (size, None),
            None => match self.count(&request, paging, wanted).await? {
                Counted::Short(all) => return Ok(Found::all(self.take(path, all.whole(), None))),
                Counted::Many(size, first) => (Some(size), Some(first)),
                Counted::Few(first) => return Ok(Found::some(Listed::default(), Some(first))),
            },
        };
        let Some((mut listed, is_enough)) = self.alone().await? else {
            return unsearchable(first);
        };
        let by_listing = size.map(|size| {
            let objects = usize::try_from(size.objects).unwrap_or(usize::MAX);
            wanted.listed(paging, objects)
        });
        let alone = wanted.alone();
        let (way, cost, instead_of) = match by_listing {
            _ if is_enough => (wanted.way(), alone, by_listing),
            // Both ways have to be gone.
            Some(all) => (Way::Listing, alone.and(all), None),
            None => (Way::Listing, alone, None),
        };
        listed.choice = Some(Choice {
            collection: self.kind.collection.into(),
            way,
            needed: number(wanted.ids + wanted.names),
            live: size,
            cost,
            instead_of,
        });
        if !is_enough {
            return Ok(Found::some(listed, first));
        }
        // What is made and removed is counted on.
        if let Some(known) = known {
            listed.known.insert(path, known);
        }
        Ok(Found::all(listed))
    }

    /// What has to be found.
    fn wanted(&self) -> Wanted {
        Wanted {
            ids: self.own.ids.len(),
            names: self.unknown().count(),
            details: self.own.details,
        }
    }

    /// The names of which the ledger knows no id.
    fn unknown(&self) -> impl Iterator<Item = (&String, &Sought)> {
        let ids = self.own.ids.values();
        let kept = ids.filter(|(address, name)| !self.gives_up(address, name));
        let known: BTreeSet<&str> = kept.map(|(_, name)| &**name).collect();
        let sought = self.own.sought.iter();
        sought.filter(move |(name, _)| !known.contains(name.as_str()))
    }

    /// Whether what the ledger knows by a name is declared under another one, and somebody else under this
    /// one: then it says nothing about who has the name.
    fn gives_up(&self, address: &Address, name: &str) -> bool {
        let takers = self.own.sought.get(name).map(|sought| &sought.addresses);
        let is_taken = takers.is_some_and(|all| !all.is_empty() && !all.contains(address));
        is_taken && (self.own.sought.values()).any(|sought| sought.addresses.contains(address))
    }

    /// Finds out whether the listing costs more than what is needed: its first page is often all of it,
    /// and one page as far down as it may reach tells the rest.
    async fn count(
        &self,
        request: &Request,
        paging: Paging,
        wanted: Wanted,
    ) -> Result<Counted, ApiError> {
        let asking = with_fields(request, self.fields);
        let first = match self.reader.first_page(&asking, paging).await {
            Err(error)
                if !self.fields.is_empty()
                    && refuses_fields(self.reader, self.api, &asking, &error).await =>
            {
                self.reader.first_page(request, paging).await
            }
            first => first,
        }?;
        if first.is_all() {
            return Ok(Counted::Short(first));
        }
        let calls = usize::try_from(wanted.alone().calls).unwrap_or(usize::MAX);
        let page = usize::try_from(paging.limit()).unwrap_or(usize::MAX);
        let size = |objects: usize| Size {
            objects: number(objects),
            at_least: true,
        };
        // The first page was full, so that listing takes two calls at least.
        let pages = calls.saturating_sub(1);
        if pages <= 1 {
            return Ok(Counted::Many(size(page), first));
        }
        let objects = pages.saturating_mul(page - 1);
        match self.reader.reaches(request, paging, objects).await {
            Ok(true) => Ok(Counted::Many(size(objects), first)),
            Ok(false) => Ok(Counted::Few(first)),
            // So deep it cannot be asked.
            Err(error) if stops(&error) => Ok(Counted::Many(size(page), first)),
            Err(error) => Err(error),
        }
    }

    /// Takes over a whole listing.
    fn take(&self, path: String, all: page::Listed, choice: Option<Choice>) -> Listed {
        let mut listed = Listed {
            choice,
            is_whole: true,
            ..Listed::default()
        };
        listed.known.insert(path, all.known);
        let items = all.objects.into_iter();
        listed.add(items.filter_map(|item| self.object(item)));
        listed
    }

    fn object(&self, item: Json) -> Option<LiveObject> {
        let nothing = BTreeMap::<Address, String>::new();
        object(
            self.kind,
            self.api,
            item,
            &Scope::new(),
            (self.parents, &nothing),
        )
    }

    fn listing(&self, paging: Paging, known: Known, other: Option<Wanted>) -> Choice {
        let wanted = self.wanted();
        Choice {
            collection: self.kind.collection.into(),
            way: Way::Listing,
            needed: number(wanted.ids + wanted.names),
            live: Some(Size {
                objects: number(known.objects),
                at_least: false,
            }),
            cost: wanted.listed(paging, known.objects),
            instead_of: other.map(Wanted::alone),
        }
    }

    /// Reads what is needed and nothing else; with whether nothing has to be proved by the listing. None
    /// where nobody may search, so that all has to be listed.
    async fn alone(&self) -> Result<Option<(Listed, bool)>, ApiError> {
        let mut listed = Listed::default();
        let mut hits = Hits::new();
        // Before anything else is asked that the listing would tell as well.
        if let Some((name, _)) = self.unknown().next() {
            let found = self.search(name).await?;
            if found.is_none() && searchable(self.reader, self.api).is_none() {
                return Ok(None);
            }
            hits.insert(name, found);
        }
        let ids = self.own.ids.keys().cloned();
        let mut live = self.by_ids(ids, &mut listed).await?;
        let names = |objects: &[LiveObject]| -> BTreeSet<String> {
            let names = objects.iter().filter_map(|one| self.name(one));
            names.collect()
        };
        let known: BTreeSet<String> = live
            .iter()
            .filter_map(|object| {
                let name = self.name(object)?;
                let owner = self.own.ids.get(&object.id);
                let is_free = owner.is_some_and(|(address, _)| self.gives_up(address, &name));
                (!is_free).then_some(name)
            })
            .collect();
        let left: Vec<&String> = (self.own.sought.keys())
            .filter(|name| !known.contains(*name) || self.own.sought[*name].is_named)
            .collect();
        let found = self.by_names(&left, hits, &mut listed).await?;
        let owners: BTreeSet<&Address> = live
            .iter()
            .filter_map(|object| self.own.ids.get(&object.id))
            .map(|(address, _)| address)
            .collect();
        let all: BTreeSet<String> = names(&live).union(&names(&found.found)).cloned().collect();
        let is_missed = |name: &&String| found.failed || !known.contains(*name);
        let must_list = found.missed.iter().filter(is_missed).any(|name| {
            let Some(sought) = self.own.sought.get(name) else {
                return false;
            };
            // The object exists under another name and will be renamed, so that none is created.
            let is_there = sought.addresses.iter().any(|one| owners.contains(one))
                || sought.others.iter().any(|old| all.contains(old));
            must_list(sought, found.failed, is_there, self.is_unique(name))
        });
        live.extend(found.found);
        for object in &mut live {
            let whole = object.raw.clone();
            self.as_listed(&mut object.raw);
            listed.singles.push((object.id.clone(), whole));
        }
        listed.objects = live;
        Ok(Some((listed, !must_list)))
    }

    /// Whether the server refuses a second object of a name.
    fn is_unique(&self, name: &str) -> bool {
        is_unique(self.api, name)
    }

    /// Reads objects by their ids.
    async fn by_ids(
        &self,
        ids: impl Iterator<Item = String>,
        listed: &mut Listed,
    ) -> Result<Vec<LiveObject>, ApiError> {
        let (kind, dialect) = (self.kind, self.parents.dialect);
        let answers = join_all(ids.map(|id| async move {
            let told = single(self.reader, kind, dialect, &id).await;
            (id, told)
        }))
        .await;
        let mut found = Vec::new();
        for (id, told) in answers {
            match told? {
                Some(Single::There(raw)) => found.push(LiveObject::new(kind, id, raw)),
                Some(Single::Gone(raw)) => {
                    listed.absent.push(id.clone());
                    listed.gone.push(LiveObject::new(kind, id, raw));
                }
                Some(Single::Absent) => listed.absent.push(id),
                None => {}
            }
        }
        Ok(found)
    }

    async fn search(&self, name: &str) -> Result<Option<BTreeSet<String>>, ApiError> {
        search(self.reader, self.parents, self.kind, name).await
    }

    /// Searches for names, but for those that were searched for, and reads what has one of them.
    async fn by_names<'n>(
        &self,
        names: &[&'n String],
        mut hits: Hits<'n>,
        listed: &mut Listed,
    ) -> Result<Names, ApiError> {
        let mut found = Names::default();
        let mut ids = BTreeSet::new();
        // One alone finds out whether anybody may search.
        if let (Some(name), true) = (names.first(), hits.is_empty()) {
            let own = self.search(name).await?;
            hits.insert(*name, own);
        }
        let rest = names.iter().filter(|name| !hits.contains_key(*name));
        let rest = rest.map(|name| async move { (*name, self.search(name).await) });
        let rest = join_all(rest).await;
        for (name, own) in rest {
            hits.insert(name, own?);
        }
        for name in names {
            found.missed.insert((*name).clone());
            match hits.remove(name).flatten() {
                Some(own) => ids.extend(own),
                // The listing tells what no search does.
                None => found.failed = true,
            }
        }
        ids.retain(|id| !self.own.ids.contains_key(id));
        // A search may show what was; the object itself shows what is.
        found.found = self.by_ids(ids.into_iter(), listed).await?;
        let (objects, missed) = (&found.found, &mut found.missed);
        for object in objects {
            if let Some(name) = self.name(object) {
                missed.remove(&name);
            }
        }
        Ok(found)
    }

    /// Leaves of an object what the listing would show of it: what a plan says does not depend on how
    /// its objects were read.
    fn as_listed(&self, raw: &mut Map<String, Json>) {
        let asked = |name: &str| self.fields.iter().any(|one| one == name);
        for field in self.kind.fields {
            let Wire::Sent {
                name, read, shown, ..
            } = field.wire(self.parents.dialect)
            else {
                continue;
            };
            let key = read.split(['/', '|']).next().unwrap_or(read);
            match shown {
                Shown::InList => {}
                Shown::ByFields if field.shape.keyed_by().is_some() => {
                    let values = raw.get_mut(key).and_then(Json::as_object_mut);
                    if let Some(values) = values {
                        values.retain(|key, _| asked(key));
                    }
                }
                Shown::ByFields if asked(name) => {}
                Shown::ByFields | Shown::InObject | Shown::Apart => {
                    raw.shift_remove(key);
                }
            }
        }
    }

    /// The name of an object as it is compared.
    fn name(&self, object: &LiveObject) -> Option<String> {
        let key = self.parents.raw_key(object)?;
        Some(key.name.into_owned())
    }
}

/// The search of a kind, unless the token is known to lack the scope for it or was refused it before.
fn searchable<'a>(reader: &Reader, api: &'a Api) -> Option<&'a Search> {
    let search = api.search.as_ref()?;
    let granted = reader.scopes();
    let has =
        |granted: Vec<String>| scope::missing(&granted, &[&search.scopes.join("|")]).is_empty();
    (granted.is_none_or(has) && !reader.is_closed(search.path)).then_some(search)
}

/// Whether a search takes a name.
fn takes(search: &Search, name: &str) -> bool {
    name.chars().count() >= search.shortest && !name.contains(search.special)
}

/// Searches for the objects of a name, letters' case aside, and gives their ids; none where it cannot be
/// searched, so that the listing has to tell.
///
/// A hit may show what was, and what was just made may not be among them yet. Where nobody may search
/// this is the last search of the kind in this run.
///
/// # Errors
/// [`ApiError`] of the call.
pub async fn search(
    reader: &Reader,
    live: &Live,
    kind: &'static Kind,
    name: &str,
) -> Result<Option<BTreeSet<String>>, ApiError> {
    let Some(api) = kind.api(live.dialect) else {
        return Ok(None);
    };
    let Some(search) = searchable(reader, api).filter(|search| takes(search, name)) else {
        return Ok(None);
    };
    let request = Request::new(Method::Get, search.path).query(search.by, name);
    let paging = match search.page {
        0 => Paging::whole(),
        page => Paging::pages_of(page).up_to(search.last),
    };
    let hits = match reader.list(&request, paging.keyed(api.id)).await {
        Ok(hits) => hits,
        Err(error) => {
            let error = reader.told_apart(error).await;
            if error.is_forbidden() {
                reader.close(search.path);
            } else if !stops(&error) {
                return Err(error);
            }
            tracing::debug!("{} cannot be searched: {error}", kind.collection);
            return Ok(None);
        }
    };
    // A name that differs in case only is told by name.
    let lower = name.to_lowercase();
    let nothing = BTreeMap::<Address, String>::new();
    let hits = hits
        .into_iter()
        .filter_map(|hit| object(kind, api, hit, &Scope::new(), (live, &nothing)));
    let hits = hits.filter(|hit| {
        let key = live.raw_key(hit);
        key.is_some_and(|key| key.name.to_lowercase() == lower)
    });
    Ok(Some(hits.map(|hit| hit.id).collect()))
}

/// Whether the server refuses a second object of a name.
fn is_unique(api: &Api, name: &str) -> bool {
    let most = api.unique.and_then(|most| usize::try_from(most).ok());
    most.is_some_and(|most| name.chars().count() <= most)
}

/// Whether one name is searched for rather than looked for in the listing, since that costs more: by
/// what reading the kind has shown of the number of its objects.
#[must_use]
pub fn is_sought(reader: &Reader, live: &Live, kind: &'static Kind, name: &str) -> bool {
    let api = kind
        .api(live.dialect)
        .filter(|_| is_read_in_part(kind, live.dialect));
    let Some(api) = api else { return false };
    if !searchable(reader, api).is_some_and(|search| takes(search, name)) {
        return false;
    }
    let known = || {
        let path = path_of(&template::get(api.listing.template()?, &|_| None)?);
        live.listings.get(&path).copied()
    };
    let counted = || {
        let mut choices = live.choices.iter();
        let choice = choices.find(|choice| choice.collection == kind.collection)?;
        let objects = usize::try_from(choice.live?.objects).unwrap_or(usize::MAX);
        Some(Known {
            objects,
            ..Known::default()
        })
    };
    let one = Wanted {
        names: 1,
        ..Wanted::default()
    };
    match one.choose(paging(api), known().or_else(counted)) {
        Some(way) => way != Way::Listing,
        None => live.is_read_in_part(kind.collection),
    }
}

/// Whether a name that was not found has to be proved by the listing: a search that was not carried out
/// tells nothing, and one that finds nothing may lag.
fn must_list(sought: &Sought, failed: bool, is_there: bool, is_unique: bool) -> bool {
    if failed {
        return true;
    }
    match sought.proof {
        Proof::None => false,
        // A lookup of it means the object that has it. Renaming onto a name needs to know it free.
        Proof::Absent => sought.addresses.is_empty() || !is_there || !is_unique,
        Proof::NotTwice => !is_unique,
        Proof::JustMade => true,
    }
}

/// Whether a refusal says no more than that one cannot ask so, or not so far.
fn stops(error: &ApiError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Invalid
            | ErrorKind::BadRequest
            | ErrorKind::ListingTooLong
            | ErrorKind::Unstable
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a search does not find is believed only where nothing could be made twice by it.
    #[test]
    fn what_a_search_misses_is_proved_wherever_it_could_be_made_twice() {
        let flags = [false, true];
        for proof in [Proof::None, Proof::NotTwice, Proof::Absent, Proof::JustMade] {
            for (is_declared, is_there) in [(false, false), (true, false), (true, true)] {
                let mut sought = Sought {
                    proof,
                    ..Sought::default()
                };
                if is_declared {
                    sought.addresses.insert(Address::new("samples", "a"));
                }
                for is_unique in flags {
                    let lists = |failed| must_list(&sought, failed, is_there, is_unique);
                    assert!(lists(true), "a search that failed tells nothing");
                    let believed = match proof {
                        Proof::None => true,
                        Proof::NotTwice => is_unique,
                        Proof::Absent => is_unique && is_declared && is_there,
                        Proof::JustMade => false,
                    };
                    assert_eq!(lists(false), !believed, "{proof:?} {is_there} {is_unique}");
                }
            }
        }
    }
}
