//! Listings: every object of a collection, whatever the server counts from.
//!
//! Pages are asked for by `from`, which some operations count from 0 and others from 1; often
//! nothing tells which. Objects may come and go between two pages. Both are met by one means:
//! each page overlaps the one before it. The first page has no `from` and so begins with the
//! first object under either base. The second asks for the n-1 of n objects seen: counted from 0
//! it begins with the last object seen, counted from 1 with the one before it, which tells the
//! base; from then on the overlap is one object. A page that begins with anything else does not
//! continue the listing, and the listing begins anew.

use std::collections::HashSet;

use serde_json::Value;

use super::client::Reader;
use super::error::{ApiError, ErrorKind};
use super::request::Request;

/// The largest page that every operation takes, unless it is known to take less.
pub const MAX_PAGE: u32 = 100;

/// The smallest page: two objects may overlap, and one at least must be new.
const MIN_PAGE: u32 = 3;

/// How often a listing is begun at most.
const MAX_LISTINGS: u32 = 4;

/// Most pages of one listing: a million objects are beyond every edition.
const MAX_PAGES: usize = 10_000;

/// How an operation pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    limit: u32,
    is_paged: bool,
}

impl Paging {
    /// Pages of so many objects; 3 to 100.
    #[must_use]
    pub const fn pages_of(limit: u32) -> Self {
        let limit = if limit < MIN_PAGE {
            MIN_PAGE
        } else if limit > MAX_PAGE {
            MAX_PAGE
        } else {
            limit
        };
        Self {
            limit,
            is_paged: true,
        }
    }

    /// One answer holds everything; the operation takes neither `from` nor `limit`.
    #[must_use]
    pub const fn whole() -> Self {
        Self {
            limit: MAX_PAGE,
            is_paged: false,
        }
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

    /// The calls that listing so many objects takes when nothing changes under way: one for less
    /// than a page, then one for each page less its overlap.
    #[must_use]
    pub fn calls(self, objects: usize) -> usize {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if !self.is_paged || objects < limit {
            return 1;
        }
        // Counted from 1 the second page brings one less; the forecast takes the worse case.
        2 + (objects - limit + 1) / (limit - 1)
    }
}

impl Default for Paging {
    fn default() -> Self {
        Self::pages_of(MAX_PAGE)
    }
}

/// One page as it came.
struct Page {
    objects: Vec<Value>,
    /// How many objects there are in all, where the answer tells it.
    count: Option<usize>,
}

/// What a listing has gathered so far.
#[derive(Default)]
struct Gathered {
    objects: Vec<Value>,
    seen: HashSet<String>,
    /// How many places of the listing have been read; duplicates take places, too.
    places: usize,
    /// The keys at the last two places.
    last: Option<String>,
    before_last: Option<String>,
    /// Whether the server counts from 1; unknown before the second page.
    counts_from_one: Option<bool>,
    /// The first object, if the first page held more than was asked for.
    unasked: Option<String>,
}

enum Seam {
    /// The page begins with so many objects that have been read.
    Overlaps(usize),
    /// It is all that the first page was: the server does not page here.
    Repeats,
    /// It does not continue the listing.
    Broken,
}

impl Reader {
    /// Lists every object, each once, in the server's order.
    ///
    /// Less than a page costs one call. An empty answer, 204, `data: null` and a short page are
    /// the end, except that a `count` in the answer which promises more is believed. `from` and
    /// `limit` in the request are replaced.
    ///
    /// Objects are told apart by `id`. One that is added while the listing is read may be
    /// missing, one that is removed may still be there; every other one is there, as long as the
    /// server's order of those that stay is stable.
    ///
    /// # Errors
    /// [`ApiError`] of the calls, [`ErrorKind::Malformed`] when an answer holds no list, and
    /// [`ErrorKind::Unstable`] when the pages do not fit together however often it is tried.
    pub async fn list(&self, request: &Request, paging: Paging) -> Result<Vec<Value>, ApiError> {
        let mut request = request.clone();
        if !paging.is_paged {
            return Ok(self.page(&request).await?.objects);
        }
        request
            .query
            .retain(|(name, _)| name != "from" && name != "limit");
        let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
        for _ in 0..MAX_LISTINGS {
            if let Some(objects) = self.list_once(&request, limit).await? {
                return Ok(objects);
            }
            tracing::debug!(
                path = request.path,
                "the listing changed while it was read and is read again"
            );
        }
        let words = format!("its pages did not fit together in {MAX_LISTINGS} attempts");
        Err(refuse(&request, ErrorKind::Unstable, &words))
    }

    /// One attempt; none when a page did not continue the listing.
    async fn list_once(
        &self,
        request: &Request,
        limit: usize,
    ) -> Result<Option<Vec<Value>>, ApiError> {
        let mut gathered = Gathered::default();
        for _ in 0..MAX_PAGES {
            let mut ask = request.clone();
            if let Some(from) = gathered.next_from() {
                ask = ask.query("from", from.to_string());
            }
            let page = self.page(&ask.query("limit", limit.to_string())).await?;
            let overlap = match gathered.seam(&page) {
                Seam::Overlaps(overlap) => overlap,
                Seam::Repeats => return Ok(Some(gathered.objects)),
                Seam::Broken => return Ok(None),
            };
            let length = page.objects.len();
            if gathered.places == 0 && length > limit {
                gathered.unasked = page.objects.first().map(key);
            }
            let is_promised = page
                .count
                .is_some_and(|count| count > gathered.places + length - overlap);
            let news = gathered.add(page.objects, overlap);
            match (length < limit, news > 0) {
                (true, true) if is_promised => {}
                (true, _) => return Ok(Some(gathered.objects)),
                (false, true) => {}
                // A full page that brings nothing would go on for ever.
                (false, false) => return Ok(None),
            }
        }
        let words = format!("it did not end after {MAX_PAGES} pages");
        Err(refuse(request, ErrorKind::Unstable, &words))
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
fn key(object: &Value) -> String {
    match object.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => object.to_string(),
    }
}

impl Gathered {
    /// The `from` of the next page; none for the first.
    fn next_from(&self) -> Option<usize> {
        if self.places == 0 {
            return None;
        }
        Some(match self.counts_from_one {
            Some(true) => self.places,
            // Unknown: good under either base, since it overlaps by one or by two.
            Some(false) | None => self.places - 1,
        })
    }

    /// Whether a page continues what has been read, and learns the base from the first seam.
    fn seam(&mut self, page: &Page) -> Seam {
        if self.places == 0 {
            return Seam::Overlaps(0);
        }
        // The last object seen is gone: what came after it may have moved before it.
        let Some(first) = page.objects.first().map(key) else {
            return Seam::Broken;
        };
        if self.unasked.as_ref() == Some(&first)
            && page.objects.len() == self.places
            && page
                .objects
                .iter()
                .all(|object| self.seen.contains(&key(object)))
        {
            return Seam::Repeats;
        }
        let begins_with_last = self.last.as_ref() == Some(&first);
        let begins_before_last = self.before_last.as_ref() == Some(&first)
            && page.objects.get(1).map(key).as_ref() == self.last.as_ref();
        match self.counts_from_one {
            _ if begins_with_last => {
                self.counts_from_one.get_or_insert(false);
                Seam::Overlaps(1)
            }
            None if begins_before_last => {
                self.counts_from_one = Some(true);
                Seam::Overlaps(2)
            }
            _ => Seam::Broken,
        }
    }

    /// Adds the objects behind the overlap; says how many were new.
    fn add(&mut self, page: Vec<Value>, overlap: usize) -> usize {
        let mut news = 0;
        for object in page.into_iter().skip(overlap) {
            let key = key(&object);
            self.places += 1;
            self.before_last = self.last.replace(key.clone());
            if self.seen.insert(key) {
                self.objects.push(object);
                news += 1;
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::request::Method;
    use crate::api::testing::{Scripted, answer, client, ok, token};
    use serde_json::json;
    use std::sync::Arc;

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
            .map(|object| key(object).parse().unwrap())
            .collect())
    }

    #[tokio::test(start_paused = true)]
    async fn every_object_is_listed_once_under_either_base() {
        for base in [0, 1] {
            for size in [
                0, 1, 2, 99, 100, 101, 102, 197, 198, 199, 200, 250, 297, 298, 1000,
            ] {
                let transport = server(base, (0..size).collect(), |_, _| {});
                let found = list(&transport, Paging::default()).await.unwrap();
                assert_eq!(found, (0..size).collect::<Vec<_>>(), "{size} from {base}");
                let calls = transport.calls();
                let most = Paging::default().calls(size);
                assert!(
                    calls.len() == most || (base == 0 && calls.len() + 1 == most),
                    "{size} from {base}: {} calls, {most} forecast",
                    calls.len()
                );
                assert_eq!(size < 100, calls.len() == 1);
                assert_eq!(calls[0].line, "GET /api/v1/agents?status=ACTIVE&limit=100");
            }
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
        assert_eq!(transport.calls().len(), 8);
        // Once is made good by listing again.
        let transport = server(0, (0..250).collect(), |page, ids| {
            if page == 2 {
                ids.drain(0..2);
            }
        });
        let found = list(&transport, Paging::default()).await.unwrap();
        assert_eq!(found, (2..250).collect::<Vec<_>>());
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
        assert_eq!(
            list(&transport, Paging::default()).await.unwrap().len(),
            150
        );
        assert_eq!(transport.calls().len(), 2);
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
