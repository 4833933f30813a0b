//! Reading what is needed of a kind, and not all there is: by the ids that the ledger knows, by searches
//! for names, or by the listing, whichever costs least.
//!
//! A search may lag for minutes and finds more than was asked for. So each hit is looked at, and then read
//! by its id; and a miss is no proof. Where something would be made, the listing proves that it is not
//! there yet, unless the server refuses a second one.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::needs::{KindNeeds, Proof, Scope, Sought};
use super::{Listed, listing, object, paging, path_of, refuses_fields, with_fields};
use crate::api::page::{self, Known};
use crate::api::{ApiError, ErrorKind, Method, Paging, Reader, Request, scope, template};
use crate::kind::{Api, Kind, Search, Shown, Wire};
use crate::live::ways::{Choice, Size, Wanted, Way, number};
use crate::live::{Live, LiveObject, is_gone};
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
    All(Listed),
    /// Something is still to be listed; what was read by ids is there.
    Some(Listed),
}

/// What is known of the number of objects.
enum Counted {
    /// They fit on the first page.
    Short(page::Listed),
    /// Listing them costs more than what is needed.
    Many(Option<Size>),
    /// Listing them costs less.
    Few,
}

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
            return Ok(Found::Some(Listed::default()));
        };
        let path = path_of(&request);
        let known = remembered.get(&path).copied();
        let paging = paging(self.api);
        let wanted = self.wanted();
        let is_searchable = self
            .unknown()
            .all(|(name, _)| self.search().is_some_and(|search| takes(search, name)));
        if !is_searchable {
            return Ok(Found::Some(Listed {
                choice: known.map(|known| self.listing(paging, known, None)),
                ..Listed::default()
            }));
        }
        let size = known.map(|known| Size {
            objects: number(known.objects),
            at_least: false,
        });
        let size = match wanted.choose(paging, known) {
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
                        return Ok(Found::All(self.take(path, all, Some(choice))));
                    }
                    Err(error) if stops(&error) => size,
                    Err(error) => return Err(error),
                }
            }
            Some(_) => size,
            None => match self.count(&request, paging, wanted).await? {
                Counted::Short(all) => return Ok(Found::All(self.take(path, all, None))),
                Counted::Many(size) => size,
                Counted::Few => return Ok(Found::Some(Listed::default())),
            },
        };
        let (mut listed, is_enough) = self.alone().await?;
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
            return Ok(Found::Some(listed));
        }
        // What is made and removed is counted on.
        if let Some(known) = known {
            listed.known.insert(path, known);
        }
        Ok(Found::All(listed))
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
        let known: BTreeSet<&str> = self.own.ids.values().map(|(_, name)| &**name).collect();
        let sought = self.own.sought.iter();
        sought.filter(move |(name, _)| !known.contains(name.as_str()))
    }

    /// The search of the kind, where the token has the scope for it as far as that is known.
    fn search(&self) -> Option<&Search> {
        let search = self.api.search.as_ref()?;
        let granted = self.reader.scopes();
        let has = |granted: Vec<String>| scope::missing(&granted, &[search.scope]).is_empty();
        granted.is_none_or(has).then_some(search)
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
        let first = match self.reader.list_if_short(&asking, paging).await {
            Err(error)
                if !self.fields.is_empty()
                    && refuses_fields(self.reader, self.api, &asking, &error).await =>
            {
                self.reader.list_if_short(request, paging).await
            }
            first => first,
        };
        if let Some(all) = first? {
            return Ok(Counted::Short(all));
        }
        let calls = usize::try_from(wanted.alone().calls).unwrap_or(usize::MAX);
        let page = usize::try_from(paging.limit()).unwrap_or(usize::MAX);
        let many = |objects: usize| {
            Counted::Many(Some(Size {
                objects: number(objects),
                at_least: true,
            }))
        };
        // The first page was full, so that listing takes two calls at least.
        let pages = calls.saturating_sub(1);
        if pages <= 1 {
            return Ok(many(page));
        }
        let objects = pages.saturating_mul(page - 1);
        match self.reader.is_longer(request, paging, objects).await {
            Ok(true) => Ok(many(objects)),
            Ok(false) => Ok(Counted::Few),
            // So deep it cannot be asked.
            Err(error) if stops(&error) => Ok(many(page)),
            Err(error) => Err(error),
        }
    }

    /// Takes over a whole listing.
    fn take(&self, path: String, all: page::Listed, choice: Option<Choice>) -> Listed {
        let mut listed = Listed {
            choice,
            ..Listed::default()
        };
        listed.known.insert(path, all.known);
        for item in all.objects {
            let Some(object) = self.object(item) else {
                continue;
            };
            if is_gone(&object.raw) {
                listed.gone.push(object);
            } else {
                listed.objects.push(object);
            }
        }
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

    /// Reads what is needed and nothing else; with whether nothing has to be proved by the listing.
    async fn alone(&self) -> Result<(Listed, bool), ApiError> {
        let mut listed = Listed::default();
        let ids = self.own.ids.keys().cloned();
        let mut live = self.by_ids(ids, &mut listed).await?;
        let names = |objects: &[LiveObject]| -> BTreeSet<String> {
            let names = objects.iter().filter_map(|one| self.name(one));
            names.collect()
        };
        let known = names(&live);
        let left: Vec<&String> = (self.own.sought.keys())
            .filter(|name| !known.contains(*name) || self.own.sought[*name].is_named)
            .collect();
        let found = match self.search() {
            Some(search) => self.by_names(search, &left, &mut listed).await?,
            None => Names {
                missed: left.into_iter().cloned().collect(),
                failed: true,
                ..Names::default()
            },
        };
        let owners: BTreeSet<&Address> = live
            .iter()
            .filter_map(|object| self.own.ids.get(&object.id))
            .map(|(address, _)| address)
            .collect();
        let all: BTreeSet<String> = known.union(&names(&found.found)).cloned().collect();
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
        Ok((listed, !must_list))
    }

    /// Whether the server refuses a second object of a name.
    fn is_unique(&self, name: &str) -> bool {
        let most = self.api.unique.and_then(|most| usize::try_from(most).ok());
        most.is_some_and(|most| name.chars().count() <= most)
    }

    /// Reads objects by their ids.
    async fn by_ids(
        &self,
        ids: impl Iterator<Item = String>,
        listed: &mut Listed,
    ) -> Result<Vec<LiveObject>, ApiError> {
        let Some(item) = self.api.item else {
            return Ok(Vec::new());
        };
        let answers = join_all(ids.map(|id| async move {
            let request = template::get_by_id(item, &id);
            (id, self.reader.get(&request).await)
        }))
        .await;
        let mut found = Vec::new();
        for (id, answer) in answers {
            match answer {
                Ok(answer) => {
                    let object = answer.body.and_then(|mut body| {
                        let fields = body.as_object_mut()?;
                        fields.insert(self.api.id.to_owned(), Json::from(id.as_str()));
                        self.object(body)
                    });
                    match object {
                        Some(object) if is_gone(&object.raw) => {
                            listed.absent.push(id.clone());
                            listed.gone.push(LiveObject { id, ..object });
                        }
                        Some(object) => found.push(LiveObject { id, ..object }),
                        // An answer that is no object proves nothing.
                        None => {}
                    }
                }
                Err(error) if error.is_absent() => listed.absent.push(id),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Searches for names, and reads what has one of them.
    async fn by_names(
        &self,
        search: &Search,
        names: &[&String],
        listed: &mut Listed,
    ) -> Result<Names, ApiError> {
        let searches = names
            .iter()
            .filter(|name| takes(search, name))
            .map(|name| async move {
                let request =
                    Request::new(Method::Get, search.path).query(search.by, name.as_str());
                let paging = match search.page {
                    0 => Paging::whole(),
                    page => Paging::pages_of(page).up_to(search.last),
                };
                let hits = self.reader.list(&request, paging.keyed(self.api.id)).await;
                (*name, hits)
            });
        let mut found = Names::default();
        let mut ids = BTreeSet::new();
        let known: BTreeSet<&String> = self.own.ids.keys().collect();
        for name in names.iter().filter(|name| !takes(search, name)) {
            found.failed = true;
            found.missed.insert((*name).clone());
        }
        for (name, hits) in join_all(searches).await {
            let hits = match hits {
                Ok(hits) => hits,
                // The listing tells what no search does.
                Err(error) if stops(&error) || is_forbidden(&error) => {
                    tracing::debug!("{} cannot be searched: {error}", self.kind.collection);
                    found.failed = true;
                    found.missed.insert(name.clone());
                    continue;
                }
                Err(error) => return Err(error),
            };
            let lower = name.to_lowercase();
            let hits = hits.into_iter().filter_map(|hit| self.object(hit));
            // A name that differs in case only is told by name.
            let hits = hits.filter(|hit| {
                let name = self.name(hit);
                name.is_some_and(|name| name.to_lowercase() == lower)
            });
            ids.extend(hits.map(|hit| hit.id).filter(|id| !known.contains(id)));
            found.missed.insert(name.clone());
        }
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
                Shown::ByFields | Shown::InObject => {
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

/// Whether a search takes a name.
fn takes(search: &Search, name: &str) -> bool {
    name.chars().count() >= search.shortest && !name.contains(search.special)
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

fn is_forbidden(error: &ApiError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ScopeMissing
            | ErrorKind::Forbidden
            | ErrorKind::LicenseLimited
            | ErrorKind::NotFound
            | ErrorKind::MethodNotAllowed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a search does not find is believed only where nothing could be made twice by it.
    #[test]
    fn what_a_search_misses_is_proved_wherever_it_could_be_made_twice() {
        let flags = [false, true];
        for proof in [Proof::None, Proof::NotTwice, Proof::Absent] {
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
                    };
                    assert_eq!(lists(false), !believed, "{proof:?} {is_there} {is_unique}");
                }
            }
        }
    }
}
