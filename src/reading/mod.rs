//! Reading an organization: a plan of listings, carried out, and single objects where needed.
//!
//! [`Needs`] says what manifests, tombstones and ledger put into play. [`ReadPlan`] is the plan as
//! data: listings, and which wait for which. [`read`] carries it out: a listing starts as soon as the
//! listings that it waits for are in, and its pages go out together. What comes in is put together in
//! the plan's order, whatever came first.

mod asked;
mod below;
mod count;
mod details;
mod mentions;
mod needs;
mod objects;
#[cfg(test)]
mod parents_tests;
mod plan;
mod ranked;
mod scopes;
mod single;
mod sought;
mod unread;

pub use asked::{ask, is_below_nothing};
pub use count::size;
pub use details::{
    ShownApart, all_apart, complete, complete_apart, fetch, fetch_missing, fetch_named,
    fetch_standards, incomplete, lacking_apart, lacking_in_listings, listed_apart, partial,
    prove_referred, referred,
};
pub use needs::Needs;
pub use objects::{list_beside, listing_of, plant_scopes};
pub use plan::{PlannedListing, ReadPlan};
pub use ranked::object_of_listing;
pub use scopes::Uses;
pub use single::{Single, single};
pub use sought::{is_sought, search};
pub use unread::{Unread, told_apart};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value as Json};
use tokio::sync::OnceCell;

use crate::api::page::{self, Known};
use crate::api::{ApiError, ErrorKind, Paging, Reader, Request, template};
use crate::codec;
use crate::dialect::Dialect;
use crate::kind::{Api, KINDS, Kind, Shown, Target, Wire, Within, find};
use crate::live::marks::{belongs_to_others, shows};
use crate::live::ways::Choice;
use crate::live::{Live, LiveObject, grouped, is_gone};
use below::{filled, is_listed, live_id, live_value, topmost};
use needs::{KindNeeds, Scope};
use objects::{laid_out, object};

/// Most fields that one listing may ask for. Source: Contact, `getContacts`.
const MAX_FIELDS: usize = 30;

/// What came of a listing.
#[derive(Default)]
struct Listed {
    objects: Vec<LiveObject>,
    /// Those that are shown and not live.
    gone: Vec<LiveObject>,
    /// What to remember of each path.
    known: BTreeMap<String, Known>,
    /// All that is shown of those that came alone, by their ids.
    singles: Vec<(String, Map<String, Json>)>,
    /// Ids of which an answer said that there is no such object.
    absent: Vec<String>,
    /// Whether a listing showed all that there is of the kind.
    is_whole: bool,
    /// Where not all may matter: the way that was chosen.
    choice: Option<Choice>,
}

impl Listed {
    /// Adds what a listing shows, each among those that are live or those that are not.
    fn add(&mut self, objects: impl IntoIterator<Item = LiveObject>) {
        for object in objects {
            if is_gone(&object.raw) {
                self.gone.push(object);
            } else {
                self.objects.push(object);
            }
        }
    }
}

/// Reads all that is needed.
///
/// # Errors
/// Every kind that could not be read.
pub async fn read(reader: &Reader, live: &mut Live, needs: &Needs) -> Result<(), Vec<Unread>> {
    let dialect = live.dialect;
    let plan = ReadPlan::of(needs, dialect);
    let mut found: Vec<Option<Listed>> = plan.listings.iter().map(|_| None).collect();
    let mut waiting: Vec<usize> = (0..plan.listings.len()).collect();
    let mut failures: BTreeMap<usize, Unread> = BTreeMap::new();
    let common = Common::default();
    let common = &common;
    let mut running = FuturesUnordered::new();
    loop {
        let is_in = |collection: &str| {
            plan.listings
                .iter()
                .zip(&found)
                .any(|(listing, found)| listing.kind.collection == collection && found.is_some())
        };
        let (ready, rest): (Vec<usize>, Vec<usize>) = waiting
            .into_iter()
            .partition(|index| plan.listings[*index].after.iter().all(|one| is_in(one)));
        waiting = rest;
        for index in ready {
            let listing = &plan.listings[index];
            let parents = parents(listing, &plan, &found, dialect);
            running.push(async move {
                let listed = list((reader, common), &parents, listing.kind, needs, dialect).await;
                (index, listed)
            });
        }
        let Some((index, listed)) = running.next().await else {
            break;
        };
        match listed {
            Ok(listed) => found[index] = Some(listed),
            Err(error) => {
                let kind = plan.listings[index].kind;
                failures.insert(index, Unread::of(kind, dialect, error));
            }
        }
    }
    drop(running);
    if !failures.is_empty() {
        return Err(failures.into_values().collect());
    }
    for (planned, listed) in plan.listings.iter().zip(found) {
        let Some(listed) = listed else { continue };
        let collection = planned.kind.collection;
        let singles = listed.singles.into_iter();
        live.singles
            .extend(singles.map(|(id, raw)| ((collection, id), raw)));
        live.absent
            .extend(listed.absent.into_iter().map(|id| (collection, id)));
        live.choices.extend(listed.choice);
        if listed.is_whole {
            live.listed.insert(collection);
        }
        for object in listed.objects {
            live.add(object);
        }
        live.gone.extend(listed.gone);
        live.listings.extend(listed.known);
    }
    Ok(())
}

/// The objects that a listing waits for.
fn parents(
    listing: &PlannedListing,
    plan: &ReadPlan,
    found: &[Option<Listed>],
    dialect: Dialect,
) -> Live {
    let mut parents = Live::new(dialect);
    for (other, listed) in plan.listings.iter().zip(found) {
        if let (true, Some(listed)) = (listing.after.contains(other.kind.collection), listed) {
            for object in &listed.objects {
                parents.add(object.clone());
            }
            parents.listings.extend(listed.known.clone());
        }
    }
    parents
}

/// Listings without pages that several kinds read, by their paths: each is asked for once.
#[derive(Default)]
struct Common(Mutex<BTreeMap<String, Arc<OnceCell<page::Listed>>>>);

impl Common {
    /// The place of what a listing shows; none where no other kind reads it.
    fn place(
        &self,
        api: &Api,
        dialect: Dialect,
        path: &str,
    ) -> Option<Arc<OnceCell<page::Listed>>> {
        let is_read =
            |other: &Api| other.page == 0 && other.listing.template() == api.listing.template();
        let readers = KINDS.iter().filter_map(|kind| kind.api(dialect));
        readers.filter(|other| is_read(other)).nth(1)?;
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(places.entry(path.to_owned()).or_default()))
    }

    /// Lists objects, once for all kinds that read the same; none where there is no such thing, of what a
    /// parent need not have.
    async fn listing(
        &self,
        reader: &Reader,
        (api, dialect): (&Api, Dialect),
        (path, request): (&str, Request),
        fields: &[String],
        known: Option<Known>,
    ) -> Result<Option<page::Listed>, ApiError> {
        let may_be_refused = api.may_not_take(&request);
        let listed = listing(reader, api, request, fields, known);
        let listed = match self.place(api, dialect, path) {
            Some(place) => place.get_or_try_init(|| listed).await.cloned(),
            None => listed.await,
        };
        match listed {
            Err(error) if api.blank.is_some() && error.is_absent() => Ok(None),
            Err(error) if may_be_refused && error.kind() == ErrorKind::Invalid => Ok(None),
            listed => listed.map(Some),
        }
    }
}

async fn list(
    (reader, common): (&Reader, &Common),
    parents: &Live,
    kind: &'static Kind,
    needs: &Needs,
    dialect: Dialect,
) -> Result<Listed, ApiError> {
    let Some(own) = needs.kinds.get(kind.collection) else {
        return Ok(Listed::default());
    };
    if let Some(questions) = kind.questions(dialect) {
        let mut objects = Vec::new();
        if own.everywhere {
            objects = asked::inventory(reader, parents, kind, questions).await?;
        }
        let declared = own.names.iter();
        objects.extend(declared.map(|name| asked::unasked(kind, parents, name)));
        return Ok(Listed {
            objects,
            ..Listed::default()
        });
    }
    let Some((api, template)) = kind
        .api(dialect)
        .and_then(|api| Some((api, api.listing.template()?)))
    else {
        let objects = mentions::mentioned(reader, parents, kind, needs, dialect).await?;
        return Ok(Listed {
            objects,
            ..Listed::default()
        });
    };
    let fields = asked_fields(kind, api, parents, own);
    let mut requests: BTreeMap<String, (Request, Scope)> = BTreeMap::new();
    for scope in topmost(kind, api, own, parents) {
        // Below a parent that is not there yet nothing is live.
        let value = |place: &str| filled(place, &scope, parents, &needs.owned);
        let is_listed = is_listed(kind, api, &value);
        let Some(request) = template::get(template, &value).filter(|_| is_listed) else {
            continue;
        };
        let path = path_of(&request);
        requests.entry(path).or_insert((request, scope));
    }
    let (mut all, mut first) = (Listed::default(), None);
    if !own.everywhere && (!own.sought.is_empty() || !own.ids.is_empty()) {
        let seeking = sought::Seeking {
            reader,
            kind,
            api,
            own,
            parents,
            fields: &fields,
        };
        match seeking.read(&needs.remembered).await? {
            sought::Found::All(listed) => return Ok(*listed),
            // All has to be listed, for a reason that is known by now.
            sought::Found::Some(listed, page) => (all, first) = (*listed, page),
        }
    }
    let listings = requests.into_iter().map(|(path, (request, scope))| {
        let fields = &fields;
        let known = needs.remembered.get(&path).copied();
        // What is sought has one listing, so that a first page that was read is the one of this.
        let first = first.take();
        let siblings = ranked::siblings(
            kind,
            api,
            &path,
            |field| live_value(scope.get(field)?, parents, &needs.owned),
            parents,
        );
        async move {
            let listed = match (siblings, first) {
                (Some(siblings), _) => Some(siblings),
                (None, Some(first)) => Some(reader.list_on(*first, known).await?),
                (None, None) => {
                    let asked = (&*path, request);
                    let listed = common.listing(reader, (api, dialect), asked, fields, known);
                    listed.await?
                }
            };
            Ok::<_, ApiError>(listed.map(|listed| (path, scope, listed)))
        }
    });
    for (path, scope, listed) in try_join_all(listings).await?.into_iter().flatten() {
        if api.page > 0 {
            all.known.insert(path, listed.known);
        }
        if let Some(grouping) = api.grouping() {
            let path = api.listing.path();
            let grouped = grouped::group(kind, grouping, path, listed.objects);
            all.objects.extend(grouped.map_err(|reason| {
                ApiError::new(ErrorKind::Malformed, &format!("GET {path}")).with_message(&reason)
            })?);
            continue;
        }
        let top = api.tree.and_then(|tree| {
            let parent = scope.get(tree.parent)?;
            live_id(parent, parents, &needs.owned)
        });
        let items = object_of_listing(kind, dialect, listed.objects);
        let items = laid_out(kind, api, dialect, top.as_deref(), items).into_iter();
        all.add(items.filter_map(|item| object(kind, api, item, &scope, (parents, &needs.owned))));
    }
    all.is_whole = !api.listing.is_scoped();
    Ok(all)
}

/// Lists objects, with the fields that are asked for where the server takes that.
async fn listing(
    reader: &Reader,
    api: &Api,
    request: Request,
    fields: &[String],
    known: Option<Known>,
) -> Result<page::Listed, ApiError> {
    if fields.is_empty() {
        return reader.list_known(&request, paging(api), known).await;
    }
    let asking = with_fields(&request, fields);
    match reader.list_known(&asking, paging(api), known).await {
        Err(error) if refuses_fields(reader, api, &asking, &error).await => {
            reader.list_known(&request, paging(api), known).await
        }
        listed => listed,
    }
}

/// A listing that asks for fields.
fn with_fields(request: &Request, fields: &[String]) -> Request {
    if fields.is_empty() {
        return request.clone();
    }
    request.clone().query("fields", fields.join(","))
}

/// Whether a listing was refused because it asks for fields: its first page is refused as well. Objects
/// are read one by one then, where they lack what is compared.
async fn refuses_fields(reader: &Reader, api: &Api, asking: &Request, error: &ApiError) -> bool {
    let is_refusal =
        |error: &ApiError| matches!(error.kind(), ErrorKind::Invalid | ErrorKind::BadRequest);
    if !is_refusal(error) {
        return false;
    }
    let first = reader.first_page(asking, paging(api)).await;
    let refuses = first.is_err_and(|error| is_refusal(&error));
    if refuses {
        tracing::warn!(
            "`GET {}` does not take `fields`; what its items lack is read object by object",
            asking.path
        );
    }
    refuses
}

/// Gives the path and query of a listing, by which it is remembered.
#[must_use]
pub fn path_of(request: &Request) -> String {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    match query.as_slice() {
        [] => request.path.clone(),
        query => format!("{}?{}", request.path, query.join("&")),
    }
}

/// How a kind's listings page.
#[must_use]
pub fn paging(api: &Api) -> Paging {
    let paging = match api.page {
        0 => Paging::whole(),
        page => Paging::pages_of(page),
    };
    let paging = match api.last {
        Some(last) => paging.up_to(last),
        None => paging,
    };
    let id = api.ranking().map_or(api.id, |ranking| ranking.id);
    paging.keyed(id).under(api.items)
}

/// The wire names that a listing has to ask for; empty when its items carry all that is compared.
fn asked_fields(kind: &'static Kind, api: &Api, live: &Live, own: &KindNeeds) -> Vec<String> {
    if !api.takes_fields {
        return Vec::new();
    }
    let mut asked = Vec::new();
    let mut plain = Vec::new();
    for field in kind
        .fields
        .iter()
        .filter(|field| own.fields.contains(field.name) || field.identity)
        .filter(|field| !field.write_only)
    {
        let Wire::Sent { name, shown, .. } = field.wire(live.dialect) else {
            continue;
        };
        match (shown, field.shape) {
            (Shown::ByFields, shape) => match shape.keyed_by() {
                Some(keys) => asked.extend(wire_keys(live, keys, own)),
                None => asked.push((*name).to_owned()),
            },
            (Shown::InList, _) => plain.push((*name).to_owned()),
            (Shown::InObject | Shown::Apart, _) => {}
        }
    }
    if asked.is_empty() {
        return asked;
    }
    // Whether the usual fields come along when some are asked for is not stated: ask for all.
    plain.append(&mut asked);
    plain.truncate(MAX_FIELDS);
    plain
}

/// The names on the wire of the keys that a map may have, as far as a listing can be asked for them.
fn wire_keys(live: &Live, keys: Target, own: &KindNeeds) -> Vec<String> {
    let all = own.keys.is_empty();
    let Some(kind) = find(keys.collection) else {
        return Vec::new();
    };
    let is_within = |index: &usize| match keys.within {
        Within::Fixed(field, word) => live
            .key_of(*index)
            .is_some_and(|key| key.scope.get(field) == Some(word)),
        Within::Anywhere | Within::Same(_) | Within::As(..) => true,
    };
    live.collection(keys.collection)
        .filter(is_within)
        .filter_map(|index| live.objects.get(index))
        .filter(|object| belongs_to_others(object).is_none())
        .filter(|object| !kind.unlisted.iter().any(|sign| shows(&object.raw, sign)))
        .filter_map(|object| object.raw.get(kind.wire_name?).and_then(Json::as_str))
        // A managed one is named by its handle; which of them that is shows after binding.
        .filter(|name| {
            all || own.keys.contains(*name)
                || own
                    .keys
                    .iter()
                    .any(|key| codec::handle(&keys, key).is_some())
        })
        .map(str::to_owned)
        .collect()
}
