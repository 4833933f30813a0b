//! Reading an organization: a plan of listings, carried out, and single objects where needed.
//!
//! [`Needs`] says what manifests, tombstones and ledger put into play. [`ReadPlan`] is the plan as
//! data: listings, and which wait for which. [`read`] carries it out: a listing starts as soon as the
//! listings that it waits for are in, and its pages go out together. What comes in is put together in
//! the plan's order, whatever came first.

mod asked;
mod count;
mod details;
mod mentions;
mod needs;
#[cfg(test)]
mod parents_tests;
mod plan;
mod ranked;
mod scopes;
mod single;
mod sought;

pub use asked::{ask, is_below_nothing};
pub use count::size;
pub use details::{
    ShownApart, all_apart, complete, complete_apart, fetch, fetch_missing, fetch_named,
    fetch_standards, incomplete, lacking_apart, lacking_in_listings, listed_apart, partial,
    prove_referred, referred,
};
pub use needs::Needs;
pub use plan::{PlannedListing, ReadPlan};
pub use ranked::object_of_listing;
pub use scopes::Uses;
pub use single::{Single, single};
pub use sought::{is_sought, search};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value as Json};
use tokio::sync::OnceCell;

use crate::api::page::{self, Known};
use crate::api::{ApiError, ErrorKind, Paging, Reader, Request, scope, template};
use crate::codec;
use crate::dialect::Dialect;
use crate::kind::{Api, Field, KINDS, Kind, Listing, Shape, Shown, Target, Wire, Within, find};
use crate::live::marks::{belongs_to_others, shows};
use crate::live::ways::Choice;
use crate::live::{Live, LiveObject, grouped, is_gone, put};
use crate::state::{Address, Body, Key, Named, Reference, Value};
use needs::{Candidate, KindNeeds, Scope, ScopeValue, planted, roots};

/// Most fields that one listing may ask for. Source: Contact, `getContacts`.
const MAX_FIELDS: usize = 30;

/// A listing that failed: then nothing may be concluded about what does not exist.
#[derive(Debug)]
pub struct Unread {
    /// The kind.
    pub collection: &'static str,
    /// The cause.
    pub error: ApiError,
    /// A scope that reading the kind needs.
    pub scope: Option<&'static str>,
    /// Whether `--exclude` does without it.
    pub is_dispensable: bool,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cannot be read: {}", self.collection, self.error)
    }
}

/// Tells a token that lacks a scope from one that is not accepted at all.
///
/// Source: users report that some operations answer a missing scope with 401. Where the same token is
/// still taken elsewhere, which one more call proves, a scope is what it lacks.
pub async fn told_apart(reader: &Reader, mut unread: Vec<Unread>) -> Vec<Unread> {
    let is_refused = |one: &Unread| one.error.kind() == ErrorKind::TokenInvalid;
    if let Some(refused) = unread.iter().find(|one| is_refused(one)) {
        let kind = reader.told_apart(refused.error.clone()).await.kind();
        for one in unread.iter_mut().filter(|one| is_refused(one)) {
            one.error = one.error.clone().with_kind(kind);
        }
    }
    let Some(granted) = reader.scopes() else {
        return unread;
    };
    for one in &mut unread {
        let api = find(one.collection).and_then(|kind| kind.api(reader.observed().dialect?));
        let Some(api) = api else { continue };
        let has = |scope: &&&str| scope::missing(&granted, &[scope]).is_empty();
        // Any one of them is enough, unless the server says that it is not.
        let lacking = api.scopes.read.iter().find(|scope| !has(scope));
        if one.error.kind() == ErrorKind::ScopeMissing {
            one.scope = lacking.copied().or(one.scope);
        } else if api.scopes.read.iter().any(|scope| has(&scope)) {
            one.scope = None;
        }
    }
    unread
}

impl Unread {
    fn of(kind: &'static Kind, dialect: Dialect, error: ApiError) -> Self {
        let scope = kind.api(dialect).and_then(|api| api.scopes.read.first());
        Self {
            collection: kind.collection,
            error,
            scope: scope.copied(),
            is_dispensable: false,
        }
    }

    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        let is_kept_back = matches!(
            self.error.kind(),
            ErrorKind::ScopeMissing
                | ErrorKind::Forbidden
                | ErrorKind::NotFound
                | ErrorKind::LicenseLimited
        );
        let hint = self.way_out();
        if self.is_dispensable && is_kept_back {
            return format!("{hint}; `--exclude {}` exports the rest", self.collection);
        }
        hint
    }

    fn way_out(&self) -> String {
        match (self.error.kind(), self.scope) {
            (ErrorKind::ScopeMissing | ErrorKind::Forbidden | ErrorKind::NotFound, Some(scope)) => {
                format!(
                    "what cannot be read is not proved to be absent, so nothing is planned; grant the token `{scope}` and its user access to {}",
                    self.collection
                )
            }
            _ => self.error.hint().to_owned(),
        }
    }
}

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

/// The scopes for which a kind is listed; one that is empty where it has none.
fn in_play(kind: &'static Kind, api: &Api, own: &KindNeeds, parents: &Live) -> BTreeSet<Scope> {
    if !api.listing.is_scoped() {
        return BTreeSet::from([Scope::new()]);
    }
    if !own.everywhere {
        return own.scopes.clone();
    }
    let mut scopes = BTreeSet::from([Scope::new()]);
    let known = match api.listing {
        Listing::Each(_, words) => words,
        Listing::Whole(_) | Listing::Mentioned | Listing::Asked(_) => &[],
    };
    for root in roots(api.listing) {
        let texts = |words: &[&str]| {
            let texts = words
                .iter()
                .map(|word| ScopeValue::Text((*word).to_owned()));
            texts.collect()
        };
        let Some(field) = kind.field(root) else {
            continue;
        };
        let mut values: Vec<ScopeValue> = match field.shape {
            Shape::Choice(words) => texts(words),
            Shape::Text { .. } => texts(known),
            _ => Vec::new(),
        };
        let above = field.above().into_iter().flat_map(Target::collections);
        let above = above.flat_map(|collection| parents.collection(collection));
        let above = above.filter_map(|index| parents.objects.get(index));
        // What is of the system stands among the words.
        let has_words = field.shape.target().is_none();
        let above = above.filter(|object| !has_words || belongs_to_others(object).is_none());
        values.extend(above.map(|object| ScopeValue::Parent {
            collection: object.kind.collection,
            id: Some(object.id.clone()),
            address: None,
            names: BTreeSet::new(),
        }));
        let with = |scope: &Scope, value: &ScopeValue| {
            let mut scope = scope.clone();
            scope.insert(root, value.clone());
            scope
        };
        scopes = scopes
            .iter()
            .flat_map(|scope| values.iter().map(move |value| with(scope, value)))
            .collect();
    }
    scopes
}

/// The scopes for which a kind is listed, of a tree those of the topmost parents: all of them where nobody
/// can tell below which an object lies.
fn topmost(kind: &'static Kind, api: &Api, own: &KindNeeds, parents: &Live) -> BTreeSet<Scope> {
    let scopes = in_play(kind, api, own, parents);
    let Some(tree) = api.tree.filter(|_| !own.everywhere) else {
        return scopes;
    };
    let mut tops = BTreeSet::new();
    for scope in &scopes {
        let is_known = scope.get(tree.parent).is_some_and(|parent| {
            climb(kind, tree.parent, parent, parents, &mut |top| {
                tops.insert(Scope::from([(tree.parent, top.clone())]));
            })
        });
        if !is_known {
            let everywhere = KindNeeds {
                everywhere: true,
                ..KindNeeds::default()
            };
            return in_play(kind, api, &everywhere, parents);
        }
    }
    tops
}

/// Goes up from a parent to those of other kinds, by each name that it may have; says whether all ways are
/// known.
fn climb(
    kind: &'static Kind,
    field: &str,
    parent: &ScopeValue,
    parents: &Live,
    found: &mut dyn FnMut(&ScopeValue),
) -> bool {
    let ScopeValue::Parent {
        collection,
        id,
        names,
        ..
    } = parent
    else {
        return false;
    };
    if *collection != kind.collection {
        // The ledger says no more of a parent than its id.
        let is_top = |id: &String| parents.find_id(collection, id).is_some();
        if id.as_ref().is_none_or(is_top) {
            found(parent);
            return true;
        }
        return false;
    }
    !names.is_empty()
        && names.iter().all(|name| {
            let above = name.scope.get(field);
            above.is_some_and(|above| climb(kind, field, above, parents, found))
        })
}

#[cfg(test)]
impl Needs {
    /// The paths of the listings that a kind takes below what is live.
    pub(crate) fn paths(&self, collection: &str, parents: &Live) -> Vec<String> {
        let kind = find(collection).unwrap();
        let api = kind.api(parents.dialect).unwrap();
        let own = &self.kinds[collection];
        let template = api.listing.template().unwrap();
        let requests = topmost(kind, api, own, parents)
            .into_iter()
            .filter_map(|scope| {
                template::get(template, &|place| {
                    filled(place, &scope, parents, &self.owned)
                })
            });
        requests.map(|request| path_of(&request)).collect()
    }
}

/// What stands behind the dot for the topmost parent; see [`topmost`].
const TOPMOST: &str = "*";

/// Whether there is a listing: of what has a word that it may not have nothing is listed.
fn is_listed(kind: &Kind, api: &Api, value: &dyn Fn(&str) -> Option<String>) -> bool {
    roots(api.listing).all(|root| {
        let target = kind.field(root).and_then(Field::above);
        let Some((field, words)) = target.and_then(|target| target.words) else {
            return true;
        };
        value(&format!("{root}.{field}")).is_none_or(|word| words.contains(&&*word))
    })
}

/// The value of a place in the path of a listing.
fn filled(
    place: &str,
    scope: &Scope,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    let (root, field) = match place.split_once('.') {
        Some((root, field)) => (root, Some(field)),
        None => (place, None),
    };
    match (scope.get(root)?, field) {
        (ScopeValue::Text(text), None) => Some(text.clone()),
        (ScopeValue::Text(_), Some(_)) => None,
        (parent @ ScopeValue::Parent { .. }, None | Some(TOPMOST)) => {
            live_value(parent, parents, owned)
        }
        (parent @ ScopeValue::Parent { collection, .. }, Some(field)) => {
            let index = parents.find_id(collection, &live_id(parent, parents, owned)?)?;
            let object = parents.objects.get(index)?;
            let wire = object.kind.field(field)?.wire(parents.dialect);
            let value = codec::shown_at(&object.raw, key_of(wire).unwrap_or(field))?;
            codec::id_text(&value).or_else(|| value.as_str().map(str::to_owned))
        }
    }
}

/// The value of a scope: a word, or the id of a parent that is live, or the name by which it is known there.
fn live_value(
    value: &ScopeValue,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    match value {
        ScopeValue::Text(text) => Some(text.clone()),
        parent @ ScopeValue::Parent { collection, .. } => {
            let id = live_id(parent, parents, owned)?.into();
            parents.in_scope(&Reference::Id { collection, id })
        }
    }
}

/// The id of a parent that is live; none where it is not, or where it cannot be told which it is.
fn live_id(
    parent: &ScopeValue,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    let ScopeValue::Parent {
        collection,
        id,
        address,
        names,
    } = parent
    else {
        return None;
    };
    let is_live = |id: &&String| parents.find_id(collection, id).is_some();
    if let Some(id) = id {
        // Below what is not live nothing is; what no listing shows is believed.
        let is_listed = find(collection)
            .and_then(|kind| kind.api(parents.dialect)?.listing.template())
            .is_some();
        return Some(id).filter(|id| !is_listed || is_live(id)).cloned();
    }
    // A parent that the ledger owns may have another name now, and another one may have its name.
    let by_ledger = address.as_ref().and_then(|address| owned.get(address));
    let by_ledger = by_ledger.filter(is_live).cloned();
    by_ledger.or_else(|| by_name(collection, names, parents, owned))
}

/// The id of the live object that has one of the names.
fn by_name(
    collection: &'static str,
    names: &BTreeSet<Candidate>,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    names.iter().find_map(|candidate| {
        if candidate.scope.is_empty() {
            // A name that leaves out what it counts below means the one object that has it.
            let bare = Named::of_name(&*candidate.name);
            let [index] = *parents.named(collection, &bare) else {
                return None;
            };
            return Some(parents.objects.get(index)?.id.clone());
        }
        let mut key = Key::of_name(&*candidate.name);
        for (field, value) in &candidate.scope {
            key.scope.set(field, live_value(value, parents, owned)?);
        }
        let [index] = parents.find(collection, &key) else {
            return None;
        };
        Some(parents.objects.get(*index)?.id.clone())
    })
}

/// The name under which an answer carries a field, or a query asks for it.
fn key_of(wire: &'static Wire) -> Option<&'static str> {
    match wire {
        Wire::Query(name) => Some(name),
        wire => wire.read_name(),
    }
}

/// An object as a listing shows it; none of what has no id.
fn object(
    kind: &'static Kind,
    api: &Api,
    item: Json,
    scope: &Scope,
    (parents, owned): (&Live, &BTreeMap<Address, String>),
) -> Option<LiveObject> {
    let Json::Object(mut raw) = item else {
        return None;
    };
    plant(kind, scope, (parents, owned), &mut raw);
    if api.is_blank(&raw) {
        return None;
    }
    let id = raw.get(api.id).and_then(codec::id_text)?;
    gather(kind, parents.dialect, &mut raw);
    Some(LiveObject::new(kind, id, raw))
}

/// Writes into an object the scopes that its listing was asked for, whatever the answer says of them.
fn plant(
    kind: &'static Kind,
    scope: &Scope,
    (parents, owned): (&Live, &BTreeMap<Address, String>),
    raw: &mut Map<String, Json>,
) {
    let Some(api) = kind.api(parents.dialect) else {
        return;
    };
    plant_name(kind, parents.dialect, raw);
    for root in planted(api.listing) {
        let Some(value) = scope.get(root) else {
            continue;
        };
        let key = kind
            .field(root)
            .and_then(|field| key_of(field.wire(parents.dialect)));
        let text = live_value(value, parents, owned);
        if let (Some(text), Some(key)) = (text, key) {
            put(raw, key, Json::from(text));
        }
    }
}

/// Writes the name into an object of which there is one.
fn plant_name(kind: &'static Kind, dialect: Dialect, raw: &mut Map<String, Json>) {
    if let (Wire::Fixed(key), Some(name)) = (kind.naming_field().wire(dialect), kind.fixed_name()) {
        put(raw, key, Json::from(name));
    }
}

/// Builds the listing that shows a resource; none where something that it lies below is not live.
#[must_use]
pub fn listing_of(api: &Api, body: &Body, live: &Live) -> Option<Request> {
    let plain = |value: &Value| match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Reference(reference) => live.in_scope(reference),
        _ => None,
    };
    template::get(api.listing.template()?, &|place| {
        let Some((root, field)) = place.split_once('.') else {
            return plain(body.get(place)?);
        };
        let Value::Reference(parent) = body.get(root)? else {
            return None;
        };
        if field != TOPMOST {
            return plain(stored_or_live(parent, live)?.get(field)?);
        }
        topmost_id(root, parent, live)
    })
}

/// The id of what stands on top of all that something lies below, by way of the field `root`.
fn topmost_id(root: &str, parent: &Reference, live: &Live) -> Option<String> {
    let mut topmost = parent.clone();
    let mut seen = BTreeSet::new();
    // What lies below nothing of this kind is on top.
    while find(topmost.collection())?.field(root).is_some() && seen.insert(topmost.clone()) {
        match stored_or_live(&topmost, live)?.get(root)? {
            Value::Reference(above) => topmost = above.clone(),
            _ => return None,
        }
    }
    live.id_behind(&topmost)
}

/// Lists what stands beside a resource, as the reading of the organization would have it, with the id of
/// each; none where something that the resource lies below is not live.
///
/// # Errors
/// What the call fails with.
pub async fn list_beside(
    reader: &Reader,
    kind: &'static Kind,
    api: &Api,
    body: &Body,
    live: &Live,
) -> Result<Option<Vec<(String, Map<String, Json>)>>, ApiError> {
    let Some(request) = listing_of(api, body, live) else {
        return Ok(None);
    };
    let items = reader.list(&request, paging(api)).await?;
    let items = object_of_listing(kind, live.dialect, items);
    let top = api.tree.and_then(|tree| match body.get(tree.parent)? {
        Value::Reference(parent) => topmost_id(tree.parent, parent, live),
        _ => None,
    });
    let items = laid_out(kind, api, live.dialect, top.as_deref(), items).into_iter();
    let objects = items.filter_map(|item| match item {
        Json::Object(mut raw) => {
            plant_scopes(kind, api, body, live, &mut raw);
            Some((raw.get(api.id).and_then(codec::id_text)?, raw))
        }
        _ => None,
    });
    Ok(Some(objects.collect()))
}

/// What is stored of what a reference names, by the last answer or as it was read.
fn stored_or_live(reference: &Reference, live: &Live) -> Option<Body> {
    let stored = match reference {
        Reference::To(address) => live.stored(address),
        Reference::Lookup { .. } | Reference::Id { .. } => None,
    };
    stored.or_else(|| {
        let index = live.find_id(reference.collection(), &live.id_behind(reference)?)?;
        Some(live.body(index))
    })
}

/// The objects of a listing, those that stand in each other one after the other; `top` is the id of what the
/// listing was asked for.
fn laid_out(
    kind: &Kind,
    api: &Api,
    dialect: Dialect,
    top: Option<&str>,
    items: Vec<Json>,
) -> Vec<Json> {
    let key = api
        .tree
        .and_then(|tree| key_of(kind.field(tree.parent)?.wire(dialect)));
    let (Some(tree), Some(key)) = (api.tree, key) else {
        return items;
    };
    let mut open: Vec<(Option<String>, Json)> = (items.into_iter().rev())
        .map(|item| (top.map(str::to_owned), item))
        .collect();
    let mut all = Vec::new();
    while let Some((parent, mut item)) = open.pop() {
        if let Json::Object(object) = &mut item {
            if let Some(parent) = parent {
                put(object, key, Json::from(parent));
            }
            let id = object.get(api.id).and_then(codec::id_text);
            if let Some(Json::Array(below)) = object.remove(tree.below) {
                open.extend(below.into_iter().rev().map(|item| (id.clone(), item)));
            }
        }
        all.push(item);
    }
    all
}

/// Writes the scopes of a resource into an answer, whatever the answer says of them, and ids where it names
/// others as maps do.
pub fn plant_scopes(
    kind: &'static Kind,
    api: &Api,
    body: &Body,
    live: &Live,
    raw: &mut Map<String, Json>,
) {
    plant_name(kind, live.dialect, raw);
    for root in planted(api.listing) {
        let key = kind
            .field(root)
            .and_then(|field| key_of(field.wire(live.dialect)));
        let value = match body.get(root) {
            Some(Value::Text(text)) => Some(text.to_string()),
            Some(Value::Reference(reference)) => live.in_scope(reference),
            _ => None,
        };
        if let (Some(value), Some(key)) = (value, key) {
            put(raw, key, Json::from(value));
        }
    }
    live.lift(kind, raw);
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

/// Puts the values that a list item carries beside a map into the map, where all others stand.
fn gather(kind: &'static Kind, dialect: Dialect, raw: &mut Map<String, Json>) {
    for field in kind.fields {
        let (Some(prefix), Some(name)) = (field.beside, field.wire(dialect).read_name()) else {
            continue;
        };
        let beside: Vec<String> = raw
            .keys()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        if beside.is_empty() {
            continue;
        }
        let mut map = match raw.remove(name) {
            Some(Json::Object(map)) => map,
            _ => Map::new(),
        };
        for key in beside {
            if let Some(value) = raw.remove(&key) {
                map.entry(key).or_insert(value);
            }
        }
        raw.insert(name.to_owned(), Json::Object(map));
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_item_carries_beside_a_map_is_put_into_it() {
        let mut seen = 0;
        for (kind, dialect) in KINDS
            .iter()
            .flat_map(|kind| Dialect::ALL.map(|dialect| (*kind, dialect)))
        {
            let fields = kind
                .fields
                .iter()
                .filter_map(|field| Some((field.beside?, field.wire(dialect).read_name()?)));
            for (prefix, name) in fields {
                seen += 1;
                let key = |end: &str| format!("{prefix}{end}");
                for (map, wanted) in [
                    (json!(null), json!({key("a"): "1", key("b"): null})),
                    (json!({}), json!({key("a"): "1", key("b"): null})),
                    // What stands in the map is the value.
                    (
                        json!({key("a"): "2", "c": "3"}),
                        json!({key("a"): "2", "c": "3", key("b"): null}),
                    ),
                ] {
                    let raw = json!({"id": "7", name: map, key("a"): "1", key("b"): null});
                    let mut raw = raw.as_object().unwrap().clone();
                    gather(kind, dialect, &mut raw);
                    assert_eq!(Json::from(raw), json!({"id": "7", name: wanted}));
                }
                let raw = json!({"id": "7", name: null});
                let mut same = raw.as_object().unwrap().clone();
                gather(kind, dialect, &mut same);
                assert_eq!(Json::from(same), raw);
            }
        }
        assert!(seen > 0);
    }

    /// Where an object of a tree stands says what it lies below, whatever it says itself.
    #[test]
    fn a_tree_is_laid_out_from_the_top() {
        let mut seen = 0;
        for kind in KINDS {
            let Some(api) = kind.api(Dialect::Openapi) else {
                continue;
            };
            let Some(tree) = api.tree else {
                let items = vec![json!({"id": "1", "children": [{"id": "2"}]})];
                let same = laid_out(kind, api, Dialect::Openapi, Some("9"), items.clone());
                assert_eq!(same, items, "{kind:?}");
                continue;
            };
            seen += 1;
            let key = key_of(kind.field(tree.parent).unwrap().wire(Dialect::Openapi)).unwrap();
            let items = vec![
                json!({"id": "1", key: null, tree.below: [
                    {"id": "2", tree.below: [{"id": "3", key: "7"}]},
                    {"id": "4", tree.below: null},
                ]}),
                json!({"id": "5"}),
            ];
            let laid = laid_out(kind, api, Dialect::Openapi, Some("9"), items);
            let ways: Vec<_> = laid.iter().map(|one| (&one["id"], &one[key])).collect();
            let wanted = [("1", "9"), ("2", "1"), ("3", "2"), ("4", "1"), ("5", "9")];
            let wanted = wanted.map(|(id, parent)| (json!(id), json!(parent)));
            assert_eq!(ways, wanted.each_ref().map(|(id, parent)| (id, parent)));
        }
        assert!(seen > 0);
    }

    #[test]
    fn a_listing_plants_what_stands_in_its_path_alone() {
        for (collection, wanted) in [
            // Two types of one department have one listing, and each skill its own type.
            ("skills", json!({"id": "7", "skillTypeId": "5"})),
            (
                "teams",
                json!({"id": "7", "skillTypeId": "5", "departmentId": "6"}),
            ),
        ] {
            let kind = find(collection).unwrap();
            let root = crate::kind::scopes(kind).next().unwrap().name;
            let parent = ScopeValue::Parent {
                collection: "layouts",
                id: Some("6".to_owned()),
                address: None,
                names: BTreeSet::new(),
            };
            let mut parents = Live::new(Dialect::Openapi);
            parents.add(LiveObject::new(
                find("layouts").unwrap(),
                "6".to_owned(),
                Map::new(),
            ));
            let mut raw = json!({"id": "7", "skillTypeId": "5"});
            let object = raw.as_object_mut().unwrap();
            let scope = Scope::from([(root, parent)]);
            plant(kind, &scope, (&parents, &BTreeMap::new()), object);
            assert_eq!(raw, wanted, "{collection}");
        }
    }

    #[test]
    fn nothing_is_taken_from_a_kind_that_has_no_such_map() {
        let kind = find("roles").unwrap();
        let raw = json!({"id": "7", "cf_a": "1"});
        let mut same = raw.as_object().unwrap().clone();
        gather(kind, Dialect::Openapi, &mut same);
        assert_eq!(Json::from(same), raw);
    }
}
