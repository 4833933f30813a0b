//! Listings: every object of a collection, whatever the server counts from.
//!
//! Pages are asked for by `from`, which some operations count from 0 and others from 1; often
//! nothing tells which. Objects may come and go between two pages. Both are met by one means: each
//! page overlaps the one before it; see [`joining`]. So pages need not wait for each other: they go
//! out together, as many as the listing had the last time, or 1, 2, 4 and then 8 at a time.
//!
//! A server that pages otherwise than it was asked to is read page by page; see [`in_turn`].

mod in_turn;
mod joining;

use std::collections::HashSet;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::client::Reader;
use super::error::{ApiError, ErrorKind};
use super::request::Request;
use in_turn::InTurn;
use joining::{Joined, join};

/// The largest page that every operation takes, unless it is known to take another.
pub const MAX_PAGE: u32 = 100;

/// The smallest page: two objects may overlap, and one at least must be new.
const MIN_PAGE: u32 = 3;

/// How often pages that do not fit together are asked for again.
const MAX_ROUNDS: u32 = 4;

/// Most pages that go out together where nobody knows how many there are.
const MAX_WINDOW: usize = 8;

/// Most pages of one listing: a million objects are beyond every edition.
const MAX_PAGES: usize = 10_000;

/// How an operation pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    limit: u32,
    is_paged: bool,
    max_from: Option<u32>,
    /// The key that tells objects apart.
    key: &'static str,
}

/// The number that a server gives to the first object of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Base {
    /// It counts from 0.
    Zero,
    /// It counts from 1.
    One,
}

impl From<Base> for u8 {
    fn from(base: Base) -> Self {
        match base {
            Base::Zero => 0,
            Base::One => 1,
        }
    }
}

impl TryFrom<u8> for Base {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            0 => Ok(Self::Zero),
            1 => Ok(Self::One),
            _ => Err("a listing is counted from 0 or from 1"),
        }
    }
}

/// What an earlier reading of the same listing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its objects.
    pub objects: usize,
    /// What the server counts from, where a second page told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Whether the server answered with everything at once although it was asked for a page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpaged: bool,
}

/// A listing with what is worth remembering of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Every object, each once, in the server's order.
    pub objects: Vec<Value>,
    /// What to remember for the next time.
    pub known: Known,
}

impl Paging {
    /// Pages of so many objects, at least 3.
    #[must_use]
    pub const fn pages_of(limit: u32) -> Self {
        Self {
            limit: if limit < MIN_PAGE { MIN_PAGE } else { limit },
            is_paged: true,
            max_from: None,
            key: "id",
        }
    }

    /// One answer holds everything; the operation takes neither `from` nor `limit`.
    #[must_use]
    pub const fn whole() -> Self {
        Self {
            limit: MAX_PAGE,
            is_paged: false,
            max_from: None,
            key: "id",
        }
    }

    /// Takes no larger `from` than this: a longer listing is refused.
    #[must_use]
    pub const fn up_to(mut self, max_from: u32) -> Self {
        self.max_from = Some(max_from);
        self
    }

    /// Tells objects apart by this key instead of `id`.
    #[must_use]
    pub const fn keyed(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// Objects on a page.
    #[must_use]
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// Whether the operation takes `from` and `limit`.
    #[must_use]
    pub const fn is_paged(self) -> bool {
        self.is_paged
    }

    fn size(self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// The calls that listing so many objects takes when nothing changes under way: one for less
    /// than a page, then one for each page less its overlap.
    #[must_use]
    pub fn calls(self, objects: usize) -> usize {
        // Counted from 1 a page brings one less; the forecast takes the worse case.
        self.calls_from(objects, Base::Zero)
            .max(self.calls_from(objects, Base::One))
    }

    fn calls_from(self, objects: usize, base: Base) -> usize {
        let limit = self.size();
        if !self.is_paged || objects < limit {
            return 1;
        }
        match base {
            Base::Zero => 1 + (objects - limit + 1).div_ceil(limit - 1),
            Base::One => (objects + 1).div_ceil(limit - 1),
        }
    }
}

impl Default for Paging {
    fn default() -> Self {
        Self::pages_of(MAX_PAGE)
    }
}

/// One page as it came.
#[derive(Debug, Clone, Default, PartialEq)]
struct Page {
    objects: Vec<Value>,
    /// How many objects there are in all, where the answer tells it.
    count: Option<usize>,
}

impl Reader {
    /// Lists every object, each once, in the server's order; see [`Reader::list_known`].
    ///
    /// # Errors
    /// Those of [`Reader::list_known`].
    pub async fn list(&self, request: &Request, paging: Paging) -> Result<Vec<Value>, ApiError> {
        Ok(self.list_known(request, paging, None).await?.objects)
    }

    /// Lists every object, each once, in the server's order.
    ///
    /// Less than a page costs one call. What an earlier reading came to says how many pages go out
    /// together; without it they go out 1, 2, 4 and then 8 at a time. An empty answer, 204,
    /// `data: null` and a short page are the end, except that a `count` in the answer which promises
    /// more is believed. `from` and `limit` in the request are replaced.
    ///
    /// Objects are told apart by `id`. One that is added while the listing is read may be
    /// missing, one that is removed may still be there; every other one is there, as long as the
    /// server's order of those that stay is stable.
    ///
    /// # Errors
    /// [`ApiError`] of the calls, [`ErrorKind::Malformed`] when an answer holds no list,
    /// [`ErrorKind::Unstable`] when the pages do not fit together however often it is tried, and
    /// [`ErrorKind::ListingTooLong`] when the operation cannot page as far as the listing goes.
    pub async fn list_known(
        &self,
        request: &Request,
        paging: Paging,
        known: Option<Known>,
    ) -> Result<Listed, ApiError> {
        let mut request = request.clone();
        if !paging.is_paged {
            return Ok(whole(self.page(&request).await?, paging.key));
        }
        request
            .query
            .retain(|(name, _)| name != "from" && name != "limit");
        let listing = Listing {
            reader: self,
            request,
            paging,
            known,
        };
        listing.read().await
    }

    async fn page(&self, request: &Request) -> Result<Page, ApiError> {
        let answer = self.get(request).await?;
        read_page(answer.body).ok_or_else(|| {
            refuse(request, ErrorKind::Malformed, "the answer holds no list")
                .with_status(answer.status)
                .with_request_id(answer.request_id.as_deref())
        })
    }
}

/// A listing that is being read.
struct Listing<'a> {
    reader: &'a Reader,
    /// Without `from` and `limit`.
    request: Request,
    paging: Paging,
    known: Option<Known>,
}

impl Listing<'_> {
    async fn read(&self) -> Result<Listed, ApiError> {
        let limit = self.paging.size();
        let mut pages = Vec::new();
        let mut believed = HashSet::new();
        let mut last_seam = None;
        // The pages of the first window; a listing that is read again had so many already.
        let mut expected = match self.known {
            // All of them would hold the same.
            None | Some(Known { unpaged: true, .. }) => 1,
            Some(Known { objects, base, .. }) => {
                let base = base.unwrap_or(Base::Zero);
                self.paging.calls_from(objects, base)
            }
        };
        for round in 0..=MAX_ROUNDS {
            let joined = self.fill(&mut pages, expected, &believed).await?;
            if let Some(first) = pages.first()
                && self.is_odd(first)
            {
                let first = pages.swap_remove(0);
                return InTurn::new(self, first).read().await;
            }
            match joined {
                // [`Self::fill`] returns only what is whole or broken.
                Joined::More => break,
                Joined::Whole { end, base } => {
                    let promised = pages.get(end).and_then(|page| page.count);
                    let objects =
                        joining::objects(std::mem::take(&mut pages), end, self.paging.key);
                    if promised.is_some_and(|count| count > objects.len()) {
                        return InTurn::on(self, objects, limit, base).read().await;
                    }
                    let known = Known {
                        objects: objects.len(),
                        base: base.or(self.known.and_then(|known| known.base)),
                        unpaged: false,
                    };
                    return Ok(Listed { objects, known });
                }
                Joined::Broken { seam, twice } => {
                    tracing::debug!(
                        path = self.request.path,
                        page = seam,
                        "the listing changed while it was read and is read again"
                    );
                    // What comes again at two places is so.
                    believed.extend(twice);
                    expected = pages.len();
                    let again = match round {
                        1 if last_seam == Some(seam) => seam.saturating_sub(1),
                        0 | 1 => seam,
                        // Something moved that far in front: nothing before it can be kept.
                        _ => 0,
                    };
                    last_seam = Some(seam);
                    pages.truncate(again);
                }
            }
        }
        let words = format!("its pages did not fit together in {MAX_ROUNDS} further attempts");
        Err(refuse(&self.request, ErrorKind::Unstable, &words))
    }

    /// Whether the first page shows that the server does not keep to the limit: it is longer, or
    /// shorter than what is known to be there.
    fn is_odd(&self, first: &Page) -> bool {
        let limit = self.paging.size();
        let length = first.objects.len();
        let is_known = self.known.is_some_and(|known| known.objects >= limit);
        length > limit || (length < limit && length > 0 && is_known)
    }

    /// Asks for the pages that are lacking, window by window, until they are whole or do not fit.
    async fn fill(
        &self,
        pages: &mut Vec<Page>,
        expected: usize,
        believed: &HashSet<String>,
    ) -> Result<Joined, ApiError> {
        let limit = self.paging.size();
        let mut window = expected.saturating_sub(pages.len()).max(1);
        let mut next = 1;
        loop {
            let first = pages.len();
            let last = self.last_page()?.min(first + window - 1);
            if last < first {
                return Err(self.too_long());
            }
            pages.extend(self.window(first..=last).await?);
            let joined = join(pages, limit, self.paging.key, believed);
            let odd = pages.first().is_some_and(|page| self.is_odd(page));
            if odd || joined != Joined::More {
                return Ok(joined);
            }
            if pages.len() >= MAX_PAGES {
                let words = format!("it did not end after {MAX_PAGES} pages");
                return Err(refuse(&self.request, ErrorKind::Unstable, &words));
            }
            // A listing that grew since it was counted goes on like one that nobody counted.
            next = (next * 2).min(MAX_WINDOW);
            window = next.min(self.reader.free_slots().max(1));
        }
    }

    /// Asks for pages together, lowest first. Once a page is short, those behind it that have not
    /// gone out stay here: they come as empty as they would be.
    async fn window(
        &self,
        numbers: std::ops::RangeInclusive<usize>,
    ) -> Result<Vec<Page>, ApiError> {
        let limit = self.paging.size();
        let end = watch::Sender::new(usize::MAX);
        try_join_all(numbers.map(|number| {
            let end = &end;
            async move {
                let request = self.request_of(number);
                let mut behind = end.subscribe();
                let unwanted = async move {
                    // The sender outlives this; if it did not, nothing would be unwanted.
                    if behind.wait_for(|end| *end < number).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                let Some(answer) = self.reader.get_unless(&request, unwanted).await? else {
                    return Ok(Page::default());
                };
                let page = read_page(answer.body).ok_or_else(|| {
                    refuse(&request, ErrorKind::Malformed, "the answer holds no list")
                        .with_status(answer.status)
                        .with_request_id(answer.request_id.as_deref())
                })?;
                if page.objects.len() < limit {
                    end.send_if_modified(|end| {
                        let is_less = number < *end;
                        *end = (*end).min(number);
                        is_less
                    });
                }
                Ok(page)
            }
        }))
        .await
    }

    async fn page(&self, number: usize) -> Result<Page, ApiError> {
        self.reader.page(&self.request_of(number)).await
    }

    fn request_of(&self, number: usize) -> Request {
        self.request_at((number > 0).then(|| number * (self.paging.size() - 1)))
    }

    /// The page that begins at a place, or the first one.
    fn request_at(&self, from: Option<usize>) -> Request {
        let request = match from {
            Some(from) => self.request.clone().query("from", from.to_string()),
            None => self.request.clone(),
        };
        request.query("limit", self.paging.limit.to_string())
    }

    /// The last page that may be asked for.
    fn last_page(&self) -> Result<usize, ApiError> {
        let Some(max) = self.paging.max_from else {
            return Ok(usize::MAX - 1);
        };
        usize::try_from(max)
            .map(|max| max / (self.paging.size() - 1))
            .map_err(|_| self.too_long())
    }

    fn too_long(&self) -> ApiError {
        let max = self.paging.max_from.unwrap_or(u32::MAX);
        let words = format!("it goes on behind `from={max}`, the last place that can be asked for");
        refuse(&self.request, ErrorKind::ListingTooLong, &words)
    }
}

/// Everything came with one answer.
fn whole(page: Page, key: &str) -> Listed {
    let objects = joining::objects(vec![page], 0, key);
    let known = Known {
        objects: objects.len(),
        ..Known::default()
    };
    Listed { objects, known }
}

fn refuse(request: &Request, kind: ErrorKind, message: &str) -> ApiError {
    ApiError::new(kind, &format!("{} {}", request.method, request.path)).with_message(message)
}

/// Accepts `{"data": [...]}`, a bare array, `{"data": null}` and no body at all.
fn read_page(body: Option<Value>) -> Option<Page> {
    let mut count = None;
    let objects = match body {
        None => Vec::new(),
        Some(Value::Array(objects)) => objects,
        Some(Value::Object(mut object)) => {
            count = match object.get("count") {
                Some(Value::Number(number)) => {
                    number.as_u64().and_then(|n| usize::try_from(n).ok())
                }
                Some(Value::String(text)) => text.parse().ok(),
                _ => None,
            };
            match object.remove("data")? {
                Value::Array(objects) => objects,
                Value::Null => Vec::new(),
                _ => return None,
            }
        }
        Some(_) => return None,
    };
    Some(Page { objects, count })
}

/// What tells an object from the others: its id, else all of it.
fn key(object: &Value, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => object.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::request::Method;
    use crate::api::testing::{Scripted, answer, client, ok, token};
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    /// A server that pages; `change` may alter its objects before the n-th page is answered.
    fn server(
        base: usize,
        mut ids: Vec<usize>,
        mut change: impl FnMut(usize, &mut Vec<usize>) + Send + 'static,
    ) -> Arc<Scripted> {
        let mut pages = 0;
        Scripted::new(move |sent| {
            if sent.is_token_request() {
                return token(1);
            }
            pages += 1;
            change(pages, &mut ids);
            let from = sent.query("from").unwrap_or(base);
            let limit = sent.query("limit").unwrap_or(10);
            let page: Vec<_> = ids
                .iter()
                .skip(from.saturating_sub(base))
                .take(limit)
                .map(|id| json!({"id": id.to_string()}))
                .collect();
            if page.is_empty() {
                answer(204, &[], "")
            } else {
                ok(&json!({"data": page}).to_string())
            }
        })
    }

    fn request() -> Request {
        Request::new(Method::Get, "/agents")
            .query("from", "5")
            .query("status", "ACTIVE")
    }

    async fn list(transport: &Arc<Scripted>, paging: Paging) -> Result<Vec<usize>, ApiError> {
        let objects = client(transport).reader().list(&request(), paging).await?;
        Ok(objects
            .iter()
            .map(|object| key(object, "id").parse().unwrap())
            .collect())
    }

    async fn list_known(
        transport: &Arc<Scripted>,
        paging: Paging,
        known: Option<Known>,
    ) -> Result<Listed, ApiError> {
        let reader = client(transport).reader();
        reader.list_known(&request(), paging, known).await
    }

    #[tokio::test(start_paused = true)]
    async fn every_object_is_listed_once_under_either_base() {
        for base in [0, 1] {
            for size in [
                0, 1, 2, 99, 100, 101, 102, 197, 198, 199, 200, 250, 297, 298, 1000, 3000,
            ] {
                let what = format!("{size} from {base}");
                let all: Vec<_> = (0..size).collect();
                let transport = server(base, all.clone(), |_, _| {});
                let first = list_known(&transport, Paging::default(), None)
                    .await
                    .unwrap();
                let found = |listed: &Listed| -> Vec<usize> {
                    let keys = listed.objects.iter().map(|one| key(one, "id"));
                    keys.map(|key| key.parse().unwrap()).collect()
                };
                assert_eq!(found(&first), all, "{what}");
                let calls = transport.calls();
                assert_eq!(calls[0].line, "GET /api/v1/agents?status=ACTIVE&limit=100");
                assert_eq!(size < 100, calls.len() == 1, "{what}");
                let told = (size >= 100).then_some([Base::Zero, Base::One][base]);
                assert_eq!(first.known.base, told, "{what}");
                // Nobody knew how many there are: at most a window less one too much.
                let needed = Paging::default().calls_from(size, told.unwrap_or(Base::Zero));
                assert!(
                    (needed..needed + MAX_WINDOW).contains(&calls.len()),
                    "{what}: {} calls, {needed} needed",
                    calls.len()
                );
                assert!(needed <= Paging::default().calls(size), "{what}");
                // The next time it is known, and no page too much goes out.
                let transport = server(base, all.clone(), |_, _| {});
                let next = list_known(&transport, Paging::default(), Some(first.known))
                    .await
                    .unwrap();
                assert_eq!(next, first, "{what}");
                assert_eq!(transport.calls().len(), needed, "{what}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pages_go_out_together() {
        for (known, windows) in [(true, 1), (false, 6)] {
            let transport = server(0, (0..3000).collect(), |_, _| {});
            let client = client(&transport);
            client.set_concurrency(100);
            let reader = client.reader();
            let _ = reader.get(&Request::new(Method::Get, "/warm")).await;
            let known = known.then_some(Known {
                objects: 3000,
                base: Some(Base::Zero),
                unpaged: false,
            });
            let begun = tokio::time::Instant::now();
            reader
                .list_known(&request(), Paging::default(), known)
                .await
                .unwrap();
            // Every answer takes a tenth of a second here.
            assert_eq!(begun.elapsed().as_millis() / 100, windows);
            assert_eq!(transport.calls().len(), 1 + 31);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_not_gone_out_stays_here_once_a_page_is_short() {
        let transport = server(0, (0..150).collect(), |_, _| {});
        let client = client(&transport);
        client.set_concurrency(3);
        let known = Known {
            objects: 3000,
            base: Some(Base::Zero),
            unpaged: false,
        };
        let listed = client
            .reader()
            .list_known(&request(), Paging::default(), Some(known))
            .await
            .unwrap();
        assert_eq!(listed.known.objects, 150);
        assert!(transport.calls().len() <= 4, "{}", transport.calls().len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_listing_that_cannot_be_paged_to_its_end_is_refused() {
        for (size, fits) in [(1000, true), (1089, true), (1090, false), (2000, false)] {
            let transport = server(0, (0..size).collect(), |_, _| {});
            let paging = Paging::default().up_to(1000);
            let listed = list(&transport, paging).await;
            match listed {
                Ok(found) => assert!(fits && found.len() == size, "{size}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ListingTooLong);
                    assert!(!fits, "{size}");
                    assert!(error.to_string().contains("/agents"), "{error}");
                }
            }
            let calls = transport.calls();
            let most = calls.iter().filter_map(|sent| sent.query("from"));
            assert!(most.max().unwrap() <= 1000, "{size}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn small_pages_work_as_well() {
        for base in [0, 1] {
            for limit in [0, 1, 2, 3, 4, 50] {
                for size in 0..20 {
                    let transport = server(base, (0..size).collect(), |_, _| {});
                    let found = list(&transport, Paging::pages_of(limit)).await.unwrap();
                    assert_eq!(
                        found,
                        (0..size).collect::<Vec<_>>(),
                        "{size} by {limit} from {base}"
                    );
                }
            }
        }
    }

    /// Whatever one change between two pages does, no object that was there all the time is
    /// missing, and none is there twice.
    #[tokio::test(start_paused = true)]
    async fn nothing_is_missed_when_objects_come_and_go() {
        for base in [0, 1] {
            for limit in [3, 5] {
                for before_page in [2, 3] {
                    for size in 5_usize..14 {
                        for place in 0..size {
                            for change in 0..5_usize {
                                let transport =
                                    server(base, (0..size).collect(), move |page, ids| {
                                        if page != before_page {
                                            return;
                                        }
                                        let end = (place + change).min(ids.len());
                                        match change {
                                            0 => ids.insert(place, 900),
                                            4 => {
                                                ids.splice(place..place, [900, 901, 902]);
                                            }
                                            _ => {
                                                ids.drain(place..end);
                                            }
                                        }
                                    });
                                let mut found =
                                    list(&transport, Paging::pages_of(limit)).await.unwrap();
                                let what = format!(
                                    "base {base}, limit {limit}, {size} objects, change {change} at {place} \
                                     before page {before_page}: {found:?}"
                                );
                                let removed = match change {
                                    1..=3 => place..place + change,
                                    _ => 0..0,
                                };
                                for id in (0..size).filter(|id| !removed.contains(id)) {
                                    assert!(found.contains(&id), "{id} is missing: {what}");
                                }
                                let count = found.len();
                                found.sort_unstable();
                                found.dedup();
                                assert_eq!(found.len(), count, "{what}");
                            }
                        }
                    }
                }
            }
        }
    }

    /// How a server answers a request for a page.
    #[derive(Debug, Clone, Copy)]
    enum Habit {
        /// As it is asked.
        Asked,
        /// With pages of its own length, shorter or longer.
        Own(usize),
        /// With everything from the place on.
        NoLimit,
        /// With everything.
        NoPages,
    }

    /// One change of the objects, before the n-th answer.
    #[derive(Debug, Clone, Copy)]
    struct Change {
        before: usize,
        place: usize,
        removed: usize,
        added: usize,
    }

    #[derive(Debug, Clone)]
    struct Story {
        base: usize,
        size: usize,
        limit: u32,
        habit: Habit,
        counts: bool,
        changes: Vec<Change>,
        known: Option<Known>,
        concurrency: usize,
        /// Milliseconds that answers take, in turn: they come in any order.
        pauses: Vec<u64>,
    }

    fn stories() -> impl Strategy<Value = Story> {
        let habit = prop_oneof![
            4 => Just(Habit::Asked),
            1 => (3_usize..12).prop_map(Habit::Own),
            1 => Just(Habit::NoLimit),
            1 => Just(Habit::NoPages),
        ];
        let change = (1_usize..14, 0_usize..60, 0_usize..4, 0_usize..4);
        let change = change.prop_map(|(before, place, removed, added)| Change {
            before,
            place,
            removed,
            added,
        });
        let base = prop_oneof![Just(None), Just(Some(Base::Zero)), Just(Some(Base::One))];
        let known = (0_usize..70, base, any::<bool>()).prop_map(|(objects, base, unpaged)| Known {
            objects,
            base,
            unpaged,
        });
        (
            (0_usize..2, 0_usize..60, 3_u32..9, habit, any::<bool>()),
            prop::collection::vec(change, 0..4),
            prop::option::of(known),
            1_usize..26,
            prop::collection::vec(1_u64..200, 1..8),
        )
            .prop_map(|(first, changes, known, concurrency, pauses)| Story {
                base: first.0,
                size: first.1,
                limit: first.2,
                habit: first.3,
                counts: first.4,
                changes,
                known,
                concurrency,
                pauses,
            })
    }

    /// Plays a story: what was listed, and what was there all the time.
    fn play(story: &Story) -> (Result<Listed, ApiError>, Vec<usize>) {
        let ids = Arc::new(Mutex::new((0..story.size).collect::<Vec<_>>()));
        let stayed = Arc::new(Mutex::new((0..story.size).collect::<Vec<_>>()));
        let mut answers = 0;
        let mut fresh = 1000;
        let (told, ids, kept) = (story.clone(), Arc::clone(&ids), Arc::clone(&stayed));
        let transport = Scripted::paced(story.pauses.clone(), move |sent| {
            if sent.is_token_request() {
                return token(1);
            }
            answers += 1;
            let mut ids = ids.lock().unwrap();
            for change in told.changes.iter().filter(|one| one.before == answers) {
                let from = change.place.min(ids.len());
                let to = (from + change.removed).min(ids.len());
                let added: Vec<_> = (fresh..fresh + change.added).collect();
                fresh += change.added;
                for gone in ids.splice(from..to, added) {
                    kept.lock().unwrap().retain(|id| *id != gone);
                }
            }
            let from = sent.query("from").unwrap_or(told.base);
            let limit = sent.query("limit").unwrap();
            let (skip, take) = match told.habit {
                Habit::Asked => (from.saturating_sub(told.base), limit),
                Habit::Own(own) => (from.saturating_sub(told.base), own),
                Habit::NoLimit => (from.saturating_sub(told.base), usize::MAX),
                Habit::NoPages => (0, usize::MAX),
            };
            let page = ids.iter().skip(skip).take(take);
            let page: Vec<_> = page.map(|id| json!({"id": id.to_string()})).collect();
            let mut body = json!({"data": page});
            if told.counts {
                body["count"] = json!(ids.len());
            }
            ok(&body.to_string())
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let listed = runtime.block_on(async {
            let client = client(&transport);
            client.set_concurrency(story.concurrency);
            let paging = Paging::pages_of(story.limit);
            let reader = client.reader();
            reader.list_known(&request(), paging, story.known).await
        });
        assert!(
            transport.peak() <= story.concurrency,
            "{}",
            transport.peak()
        );
        let stayed = stayed.lock().unwrap().clone();
        (listed, stayed)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Listings that shift, grow and shrink, from servers that keep to `limit` or do not, count
        /// from 0 or 1 and answer out of order, are read right or told to be unstable, never short.
        #[test]
        fn a_listing_is_right_or_unstable(story in stories()) {
            let (listed, stayed) = play(&story);
            // A cap is seen where a count promises more, or where more is known to be there.
            let hides = match story.habit {
                Habit::Own(own) => {
                    let limit = story.limit as usize;
                    let known = story.known.is_some_and(|known| known.objects >= limit);
                    own < limit && !story.counts && !known
                }
                _ => false,
            };
            match listed {
                Ok(_) if hides => {}
                Ok(listed) => {
                    let mut found: Vec<usize> =
                        listed.objects.iter().map(|one| key(one, "id").parse().unwrap()).collect();
                    for id in &stayed {
                        prop_assert!(found.contains(id), "{id} is missing: {found:?}");
                    }
                    let count = found.len();
                    if story.changes.is_empty() {
                        prop_assert_eq!(&found, &stayed);
                    }
                    found.sort_unstable();
                    found.dedup();
                    prop_assert_eq!(found.len(), count, "one is there twice");
                }
                Err(error) => {
                    prop_assert_eq!(error.kind(), ErrorKind::Unstable);
                    // A full page that comes again whatever is asked: nobody knows what lies behind.
                    let repeats = matches!(story.habit, Habit::NoPages)
                        && story.size == story.limit as usize;
                    prop_assert!(repeats || !story.changes.is_empty(), "nothing changed");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_listing_that_never_settles_is_an_error() {
        // Two objects vanish from the front before every page.
        let transport = server(0, (0..1000).collect(), |page, ids| {
            if page > 1 {
                ids.drain(0..2);
            }
        });
        let error = list(&transport, Paging::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unstable);
        // Once is made good, wherever the reading is at the time.
        for at in 2..=12 {
            let transport = server(0, (0..1000).collect(), move |page, ids| {
                if page == at {
                    ids.drain(0..2);
                }
            });
            let found = list(&transport, Paging::default()).await.unwrap();
            // What has vanished may still be there; everything else is.
            assert!(found.ends_with(&(2..1000).collect::<Vec<_>>()), "at {at}");
            assert!(found.len() == 998 || at == 12, "at {at}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_does_not_page_is_noticed() {
        // It ignores `from` and `limit`: all is there with the first answer.
        let all = |count: usize| {
            let data: Vec<_> = (0..count).map(|id| json!({"id": id})).collect();
            Scripted::new(move |sent| {
                if sent.is_token_request() {
                    token(1)
                } else {
                    ok(&json!({"data": data}).to_string())
                }
            })
        };
        let transport = all(150);
        let first = list_known(&transport, Paging::default(), None)
            .await
            .unwrap();
        assert_eq!((first.objects.len(), first.known.unpaged), (150, true));
        assert_eq!(transport.calls().len(), 2);
        // The next time one page goes out, and one from the last object on.
        let transport = all(150);
        let next = list_known(&transport, Paging::default(), Some(first.known))
            .await
            .unwrap();
        assert_eq!((next, transport.calls().len()), (first, 2));
        // It ignores only `from`: nobody knows what lies behind.
        let error = list(&all(100), Paging::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unstable);
        // Where no paging is declared, nothing is asked and all is taken.
        let transport = all(150);
        assert_eq!(list(&transport, Paging::whole()).await.unwrap().len(), 150);
        assert_eq!(
            transport.calls()[0].line,
            "GET /api/v1/agents?from=5&status=ACTIVE"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn answers_come_in_several_forms() {
        for (body, expected) in [
            (r#"{"data":[{"id":"1"},{"id":2}]}"#, Some(2)),
            (r#"[{"id":"1"}]"#, Some(1)),
            (r#"{"data":null}"#, Some(0)),
            (r#"{"data":[{"id":"1"},{"id":"1"}]}"#, Some(1)),
            (r#"{"data":[{"name":"a"},{"name":"b"}]}"#, Some(2)),
            (r#"{"data":[{"id":"1"}],"count":1}"#, Some(1)),
            ("", Some(0)),
            ("{}", None),
            (r#"{"data":7}"#, None),
            (r#"{"data":{"id":"1"}}"#, None),
            ("7", None),
        ] {
            let transport = Scripted::queue(vec![ok(body)]);
            let found = client(&transport)
                .reader()
                .list(&request(), Paging::default())
                .await;
            match expected {
                Some(count) => assert_eq!(found.unwrap().len(), count, "{body}"),
                None => assert_eq!(found.unwrap_err().kind(), ErrorKind::Malformed, "{body}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_count_that_promises_more_is_followed_over_a_short_page() {
        let page = |ids: std::ops::Range<usize>, count: &str| {
            let data: Vec<_> = ids.map(|id| json!({"id": id})).collect();
            ok(&json!({"data": data, "count": count}).to_string())
        };
        let transport = Scripted::queue(vec![page(0..40, "70"), page(39..70, "70")]);
        assert_eq!(list(&transport, Paging::default()).await.unwrap().len(), 70);
        // A count of objects that nobody may see ends after one more page.
        let transport = Scripted::queue(vec![page(0..40, "70"), page(39..40, "70")]);
        assert_eq!(list(&transport, Paging::default()).await.unwrap().len(), 40);
    }
}
