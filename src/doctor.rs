//! What an organization shows of the facts that nobody has published.
//!
//! [`diagnose`] reads and changes nothing. It asks for the first page of each listing of the organization as
//! a whole, for one object behind the first, and once for a page that lies deep: the answers tell which
//! [reading](crate::doubt) of a fact holds. What only a change would tell stays open until [`try_all`] makes,
//! changes and removes objects of its own.
//!
//! What comes out holds words of deskform alone: no name, no id and no value of the organization has a place
//! in [`Diagnosis`].

mod body;
mod evidence;
mod raw;
mod trial;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::api::page::BARE;
use crate::api::{Answer, ApiError, ErrorKind, Method, Paging, Reader, Request, template};
use crate::codec::id_text;
use crate::dialect::{Dialect, Edition};
use crate::doubt::{EDITION, EMPTY_LISTS, LIMITS, PAGES, PRICES};
use crate::kind::{Api, Field, KINDS, Kind, Listing, Shape};
use crate::live::is_gone;
use crate::reading::paging;
use crate::session::Session;
pub use body::{Existing, tried};
use evidence::Evidence;
pub use evidence::Finding;
pub use trial::{Came, Means, Trial, Trials, Witness, try_all};

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

impl Diagnosis {
    /// Adds what trials have shown.
    pub fn learn(&mut self, seen: &[Witness]) {
        for witness in seen {
            let mut findings = self.findings.iter_mut();
            if let Some(finding) = findings.find(|finding| finding.doubt == witness.doubt) {
                let places = finding.seen.entry(witness.reading).or_default();
                places.insert(witness.kind);
            }
        }
    }
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
/// Beside the diagnosis comes one object a kind, by collection, which trials may refer to.
///
/// # Errors
/// The call's error, where it says that no other call would do better: a token that is refused, a day that is
/// over, a server that cannot be reached.
pub async fn diagnose(session: &Session) -> Result<(Diagnosis, Existing), ApiError> {
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

    let mut existing = Existing::new();
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
            Err(error) if error.is_of_one_call() => Shown::Refused(error.kind()),
            Err(error) => return Err(error),
        };
        kinds.push((kind.collection, shown));
        let is_deep = paging(api).is_paged() && api.last.is_none() && shown == Shown::Objects;
        if is_deep && deep < MOST_DEEP && !evidence.tells(&PRICES) && asked.insert(path) {
            deep += 1;
            match of.deep(path, &mut evidence).await {
                Err(error) if !error.is_of_one_call() => return Err(error),
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
        existing: &mut Existing,
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
        let objects = objects_of(&answer, paging, self.api.items);
        self.empty(&answer, evidence);
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
        if let Some(object) = chosen(objects) {
            existing.insert(self.kind.collection, object);
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
        match answer.limits.weight {
            Some(5) => evidence.note(&PRICES, "lower", self.kind.collection),
            Some(10) => evidence.note(&PRICES, "higher", self.kind.collection),
            _ => {}
        }
        Ok(())
    }

    /// The status of an answer without a body, or with an empty list.
    fn empty(&self, answer: &Answer, evidence: &mut Evidence) {
        let is_empty = match &answer.body {
            None => true,
            Some(body) => listed(body, self.api.items).is_some_and(<[Json]>::is_empty),
        };
        match (is_empty, answer.status) {
            (true, 200) => evidence.note(&EMPTY_LISTS, "200", self.kind.collection),
            (true, 204) => evidence.note(&EMPTY_LISTS, "204", self.kind.collection),
            _ => {}
        }
    }

    /// The key of an object's id.
    fn id(&self) -> &'static str {
        let ranking = self.api.ranking();
        ranking.map_or(self.api.id, |ranking| ranking.id)
    }
}

/// The first object of a listing that may be referred to.
async fn first_of(
    reader: &Reader,
    kind: &'static Kind,
    dialect: Dialect,
    request: Request,
) -> Result<Option<Json>, ApiError> {
    let Some(api) = kind.api(dialect) else {
        return Ok(None);
    };
    let paging = paging(api);
    let request = if paging.is_paged() {
        request.query("limit", paging.limit().to_string())
    } else {
        request
    };
    let answer = reader.get(&request).await?;
    Ok(chosen(objects_of(&answer, paging, api.items)))
}

/// The first of some objects that is not in the recycle bin.
fn chosen(objects: Vec<Json>) -> Option<Json> {
    let is_live = |object: &Json| object.as_object().is_some_and(|raw| !is_gone(raw));
    objects.into_iter().find(is_live)
}

/// The list in a body, where there is one.
fn listed<'b>(body: &'b Json, items: &str) -> Option<&'b [Json]> {
    let list = match body {
        Json::Array(list) => Some(list),
        body if items != BARE => body.get(items).and_then(Json::as_array),
        _ => None,
    };
    list.map(Vec::as_slice)
}

/// The objects of an answer; the answer itself, where there is one of the kind.
fn objects_of(answer: &Answer, paging: Paging, items: &str) -> Vec<Json> {
    let Some(body) = &answer.body else {
        return Vec::new();
    };
    match (listed(body, items), body) {
        (Some(list), _) => list.to_vec(),
        (None, one @ Json::Object(_)) if !paging.is_paged() && items.is_empty() => {
            vec![one.clone()]
        }
        _ => Vec::new(),
    }
}
