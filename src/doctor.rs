//! What an organization shows of the facts that nobody has published.
//!
//! [`diagnose`] reads and changes nothing; [`try_all`] makes, changes and removes. It asks for the first page of each listing of the organization as a
//! whole, for one object behind the first, and once for a page that lies deep: the answers tell which
//! [reading](crate::doubt) of a fact holds. What only a change would tell stays open.
//!
//! What comes out holds words of deskform alone: no name, no id and no value of the organization has a place
//! in [`Diagnosis`].

mod evidence;
mod trial;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::api::page::BARE;
use crate::api::{Answer, ApiError, ErrorKind, Method, Paging, Reader, Request, template};
use crate::codec::id_text;
use crate::dialect::{Dialect, Edition};
use crate::doubt::{EDITION, EMPTY_LISTS, LIMITS, PAGES, PRICES};
use crate::kind::{Api, Field, KINDS, Kind, Listing, Shape};
use crate::reading::paging;
use crate::session::Session;
use evidence::Evidence;
pub use evidence::Finding;
pub use trial::{Came, Means, Trial, Trials, try_all};

/// The place of a page that lies deeper than that both tables of prices agree.
const DEEP: usize = crate::api::price::CERTAIN_DEPTH + 1;

/// How many listings are asked for a deep page, if the first ones do not tell its price.
const MOST_DEEP: usize = 3;

/// Where evidence comes from that no kind shows.
const ORGANIZATIONS: &str = "organizations";

/// What an organization has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The dialect of its API.
    pub dialect: Dialect,
    /// Its edition, where it shows one that is known.
    pub edition: Option<Edition>,
    /// What was found of each doubtful fact, in the order of [`crate::doubt::ALL`].
    pub findings: Vec<Finding>,
    /// What was shown of each kind that the dialect has, in the order of the registry.
    pub kinds: Vec<(&'static str, Shown)>,
}

/// What the listing of a kind has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Objects.
    Objects,
    /// An empty listing.
    Nothing,
    /// A refusal, or an answer that cannot be read.
    Refused(ErrorKind),
    /// It was not asked for: its objects are listed below others, or not at all.
    NotAsked,
}

/// Reads what an organization shows, and takes it for evidence.
///
/// One or two calls for each kind that is listed as a whole, three where its objects have days, and at most
/// four besides. A kind that the token
/// may not read is told and does no harm.
///
/// Beside the diagnosis comes the id of one object a kind, by collection, which trials may refer to.
///
/// # Errors
/// The call's error, where it says that no other call would do better: a token that is refused, a day that is
/// over, a server that cannot be reached.
pub async fn diagnose(
    session: &Session,
) -> Result<(Diagnosis, BTreeMap<&'static str, String>), ApiError> {
    let (reader, dialect) = (session.client.reader(), session.dialect);
    let mut evidence = Evidence::default();
    let organizations = reader
        .get(&Request::new(Method::Get, "/organizations"))
        .await?;
    evidence.values(
        ORGANIZATIONS,
        &objects_of(&organizations, Paging::whole(), "data"),
    );
    let edition = session.organization.edition;
    let shown = if edition.is_some() {
        "shown"
    } else {
        "unshown"
    };
    evidence.note(&EDITION, shown, ORGANIZATIONS);
    let observed = reader.observed();
    let told = if observed.dialect.is_some() {
        "told"
    } else {
        "untold"
    };
    evidence.note(&LIMITS, told, ORGANIZATIONS);

    let mut existing = BTreeMap::new();
    let mut kinds = Vec::new();
    let mut asked = BTreeSet::new();
    let mut deep = 0;
    for kind in KINDS {
        let Some(api) = kind.api(dialect) else {
            continue;
        };
        let Listing::Whole(path) = api.listing else {
            kinds.push((kind.collection, Shown::NotAsked));
            continue;
        };
        let of = Asked {
            reader: &reader,
            kind,
            api,
            dialect,
        };
        let shown = match of.listing(path, &mut evidence, &mut existing).await {
            Ok(shown) => shown,
            Err(error) if is_of_this_call(&error) => Shown::Refused(error.kind()),
            Err(error) => return Err(error),
        };
        kinds.push((kind.collection, shown));
        let is_deep = paging(api).is_paged() && api.last.is_none() && shown == Shown::Objects;
        if is_deep && deep < MOST_DEEP && !evidence.tells(&PRICES) && asked.insert(path) {
            deep += 1;
            match of.deep(path, &mut evidence).await {
                Err(error) if !is_of_this_call(&error) => return Err(error),
                _ => {}
            }
        }
    }
    let diagnosis = Diagnosis {
        dialect,
        edition,
        findings: evidence.findings(),
        kinds,
    };
    Ok((diagnosis, existing))
}

/// A kind whose listing is asked for.
struct Asked<'a> {
    reader: &'a Reader,
    kind: &'static Kind,
    api: &'a Api,
    dialect: Dialect,
}

impl Asked<'_> {
    /// The first page, and what `from=1` gives.
    async fn listing(
        &self,
        path: &str,
        evidence: &mut Evidence,
        existing: &mut BTreeMap<&'static str, String>,
    ) -> Result<Shown, ApiError> {
        let paging = paging(self.api);
        let Some(request) = template::get(path, &|_| None) else {
            return Ok(Shown::NotAsked);
        };
        let mut first = request.clone();
        if paging.is_paged() {
            first = first.query("limit", paging.limit().to_string());
        }
        let answer = self.reader.get(&first).await?;
        self.empty(&answer, evidence);
        let objects = objects_of(&answer, paging, self.api.items);
        evidence.values(self.kind.collection, &objects);
        evidence.fields(self.kind, self.dialect, &objects);
        evidence.ids(self.kind.collection, self.id(), &objects);
        if objects.is_empty() {
            return Ok(Shown::Nothing);
        }
        let id = |object: &Json| object.get(self.id()).and_then(id_text);
        let (zero, one) = (objects.first().and_then(id), objects.get(1).and_then(id));
        let is_day = |field: &Field| matches!(field.shape, Shape::Date);
        // Listings show few of them.
        if let (Some(id), Some(item)) = (&zero, self.api.item)
            && self.kind.fields.iter().any(is_day)
        {
            let answer = self.reader.get(&template::get_by_id(item, id)).await?;
            let object: Vec<Json> = answer.body.into_iter().collect();
            evidence.fields(self.kind, self.dialect, &object);
        }
        if let Some(id) = &zero {
            existing.insert(self.kind.collection, id.clone());
        }
        if paging.is_paged() && one.is_some() && zero != one {
            let second = request.query("from", "1").query("limit", "1");
            let answer = self.reader.get(&second).await?;
            let found = objects_of(&answer, paging, self.api.items);
            match found.first().and_then(id) {
                found if found == one => evidence.note(&PAGES, "0", self.kind.collection),
                found if found == zero => evidence.note(&PAGES, "1", self.kind.collection),
                // Somebody has added or removed an object in between.
                _ => {}
            }
        }
        Ok(Shown::Objects)
    }

    /// One object that lies deep, or nothing: the price is told all the same.
    async fn deep(&self, path: &str, evidence: &mut Evidence) -> Result<(), ApiError> {
        let Some(request) = template::get(path, &|_| None) else {
            return Ok(());
        };
        let request = request.query("from", DEEP.to_string()).query("limit", "1");
        let answer = self.reader.get(&request).await?;
        self.empty(&answer, evidence);
        match answer.limits.weight {
            Some(5) => evidence.note(&PRICES, "lower", self.kind.collection),
            Some(10) => evidence.note(&PRICES, "higher", self.kind.collection),
            _ => {}
        }
        Ok(())
    }

    /// The status of an answer without a body.
    fn empty(&self, answer: &Answer, evidence: &mut Evidence) {
        match (&answer.body, answer.status) {
            (None, 200) => evidence.note(&EMPTY_LISTS, "200", self.kind.collection),
            (None, 204) => evidence.note(&EMPTY_LISTS, "204", self.kind.collection),
            _ => {}
        }
    }

    /// The key of an object's id.
    fn id(&self) -> &'static str {
        let ranking = self.api.ranking();
        ranking.map_or(self.api.id, |ranking| ranking.id)
    }
}

/// Whether an error says something of one call alone.
fn is_of_this_call(error: &ApiError) -> bool {
    error.is_no_answer() || matches!(error.kind(), ErrorKind::ServerError | ErrorKind::Malformed)
}

/// The objects of an answer; the answer itself, where there is one of the kind.
fn objects_of(answer: &Answer, paging: Paging, items: &str) -> Vec<Json> {
    let listed = match &answer.body {
        Some(Json::Array(list)) => Some(list),
        Some(body) if items != BARE => body.get(items).and_then(Json::as_array),
        None | Some(_) => None,
    };
    match (listed, &answer.body) {
        (Some(list), _) => list.clone(),
        (None, Some(one @ Json::Object(_))) if !paging.is_paged() && items.is_empty() => {
            vec![one.clone()]
        }
        _ => Vec::new(),
    }
}
