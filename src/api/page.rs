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
use std::time::Duration;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::client::{Answer, Reader};
use super::error::{ApiError, ErrorKind};
use super::request::Request;
use in_turn::InTurn;
use joining::{Joined, join};

/// The largest page that every operation takes, unless it is known to take another.
pub const MAX_PAGE: u32 = 100;

/// The key under which most operations hold the objects of a listing.
pub const DATA: &str = "data";

/// What stands for the key of a listing's objects where the answer is the bare list of them.
pub const BARE: &str = "[]";

/// The smallest page: two objects may overlap, and one at least must be new.
const MIN_PAGE: u32 = 3;

/// How often pages that do not fit together are asked for again.
const MAX_ROUNDS: u32 = 4;

/// Most pages that go out together where nobody knows how many there are.
const MAX_WINDOW: usize = 8;

/// Most pages of one listing: a million objects are beyond every edition.
pub(crate) const MAX_PAGES: usize = 10_000;

/// The status of an answer that says that it has no body.
const NO_CONTENT: u16 = 204;

/// The pause before a listing that was answered with nothing at all is asked for once more.
const BEFORE_ANOTHER: Duration = Duration::from_secs(1);

/// How an operation pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    limit: u32,
    is_paged: bool,
    max_from: Option<u32>,
    /// The key that tells objects apart.
    key: &'static str,
    /// The key under which an answer holds its objects.
    items: &'static str,
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
            items: DATA,
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
            items: DATA,
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

    /// Looks for the objects of an answer under this key instead of `data`.
    #[must_use]
    pub const fn under(mut self, items: &'static str) -> Self {
        self.items = items;
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

/// The first page of a listing, from which the rest of it can be read.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstPage {
    /// Without `from` and `limit`.
    request: Request,
    paging: Paging,
    page: Page,
}

impl FirstPage {
    /// Whether there is nothing behind it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        let length = self.page.objects.len();
        length < self.paging.size() && self.page.count.is_none_or(|count| count <= length)
    }

    /// Takes it for the whole listing.
    #[must_use]
    pub fn whole(self) -> Listed {
        whole(self.page, self.paging.key)
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
    /// together; without it they go out 1, 2, 4 and then 8 at a time. No content, `null` in place
    /// of the list and a short page are the end, except that a `count` in the answer which promises
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
        if !paging.is_paged {
            return Ok(whole(self.page(request, paging).await?, paging.key));
        }
        self.listing(request, paging, known).read(None).await
    }

    /// Asks for the first page alone. `from` and `limit` in the request are replaced.
    ///
    /// # Errors
    /// Those of the call, and [`ErrorKind::Malformed`] when the answer holds no list.
    pub async fn first_page(
        &self,
        request: &Request,
        paging: Paging,
    ) -> Result<FirstPage, ApiError> {
        let listing = self.listing(request, paging, None);
        let page = listing.page(0).await?;
        Ok(FirstPage {
            request: listing.request,
            paging,
            page,
        })
    }

    /// Lists what a first page begins, without asking for it again; else as [`Reader::list_known`].
    ///
    /// # Errors
    /// Those of [`Reader::list_known`].
    pub async fn list_on(
        &self,
        first: FirstPage,
        known: Option<Known>,
    ) -> Result<Listed, ApiError> {
        let FirstPage {
            request,
            paging,
            page,
        } = first;
        self.listing(&request, paging, known).read(Some(page)).await
    }

    /// Whether a listing has an object at a place or behind it, by one object that is asked for there.
    /// `from` and `limit` in the request are replaced.
    ///
    /// # Errors
    /// Those of the call, and [`ErrorKind::Malformed`] when the answer holds no list.
    pub async fn reaches(
        &self,
        request: &Request,
        paging: Paging,
        from: usize,
    ) -> Result<bool, ApiError> {
        let listing = self.listing(request, paging, None);
        let request = listing.request.query("from", from.to_string());
        let request = request.query("limit", "1");
        Ok(!self.page(&request, paging).await?.objects.is_empty())
    }

    /// A listing that nothing was read of yet.
    fn listing(&self, request: &Request, paging: Paging, known: Option<Known>) -> Listing<'_> {
        let mut request = request.clone();
        request
            .query
            .retain(|(name, _)| name != "from" && name != "limit");
        Listing {
            reader: self,
            request,
            paging,
            known,
        }
    }

    async fn page(&self, request: &Request, paging: Paging) -> Result<Page, ApiError> {
        let answer = self.get(request).await?;
        self.page_of(request, answer, paging).await
    }

    /// Takes the page out of an answer. A success without a body is asked for once more: it may have been
    /// cut short on its way, and what is not there would be made. Once in a run is enough for a listing
    /// that is empty.
    async fn page_of(
        &self,
        request: &Request,
        answer: Answer,
        paging: Paging,
    ) -> Result<Page, ApiError> {
        let is_cut = |answer: &Answer| answer.body.is_none() && answer.status != NO_CONTENT;
        if !is_cut(&answer) || self.is_bare(request) {
            return page_of(request, answer, paging.items);
        }
        self.rest(BEFORE_ANOTHER).await;
        let answer = self.get(request).await?;
        if is_cut(&answer) {
            self.note_bare(request);
        }
        page_of(request, answer, paging.items)
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
    async fn read(&self, first: Option<Page>) -> Result<Listed, ApiError> {
        let limit = self.paging.size();
        let mut pages = Vec::from_iter(first);
        let mut believed = HashSet::new();
        let mut last_seam = None;
        // The pages of the first window; a listing that is read again had so many already.
        let mut expected = match self.known {
            // Where the first page is there, two go out behind it.
            None if !pages.is_empty() => 3,
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
        let mut window = expected.saturating_sub(pages.len()).max(1);
        let mut next = 1;
        loop {
            if let Some(joined) = self.joined(pages, believed)? {
                return Ok(joined);
            }
            let first = pages.len();
            let last = self.last_page()?.min(first + window - 1);
            if last < first {
                return Err(self.too_long());
            }
            pages.extend(self.window(first..=last).await?);
            // A listing that grew since it was counted goes on like one that nobody counted.
            next = (next * 2).min(MAX_WINDOW);
            window = next.min(self.reader.free_slots().max(1));
        }
    }

    /// Puts the pages together that came; none where more are to be asked for.
    fn joined(
        &self,
        pages: &[Page],
        believed: &HashSet<String>,
    ) -> Result<Option<Joined>, ApiError> {
        let Some(first) = pages.first() else {
            return Ok(None);
        };
        let joined = join(pages, self.paging.size(), self.paging.key, believed);
        if self.is_odd(first) || joined != Joined::More {
            return Ok(Some(joined));
        }
        if pages.len() >= MAX_PAGES {
            let words = format!("it did not end after {MAX_PAGES} pages");
            return Err(refuse(&self.request, ErrorKind::Unstable, &words));
        }
        Ok(None)
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
                let page = self.reader.page_of(&request, answer, self.paging);
                let page = page.await?;
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
        self.reader
            .page(&self.request_of(number), self.paging)
            .await
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
        if !self.paging.is_paged {
            return request;
        }
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

/// The error of a listing that does not end.
pub(crate) fn endless(request: &Request) -> ApiError {
    let words = format!("it did not end after {MAX_PAGES} pages");
    refuse(request, ErrorKind::Unstable, &words)
}

fn refuse(request: &Request, kind: ErrorKind, message: &str) -> ApiError {
    ApiError::new(kind, &format!("{} {}", request.method, request.path)).with_message(message)
}

/// Takes the page out of an answer, or says that it holds none.
fn page_of(request: &Request, answer: Answer, items: &str) -> Result<Page, ApiError> {
    let Answer {
        status,
        body,
        request_id,
        ..
    } = answer;
    read_page(body, items).ok_or_else(|| {
        refuse(request, ErrorKind::Malformed, "the answer holds no list")
            .with_status(status)
            .with_request_id(request_id.as_deref())
    })
}

/// Accepts `{"data": [...]}`, `{"data": null}`, a bare array that has objects, and no content, where
/// `data` is the key under which the operation holds its objects; where that is empty, the answer is the
/// only object, and where it is [`BARE`], the bare array of them, which may hold none.
///
/// That there are none is said without content or under the key alone: what is not there would be made.
/// Source: departments, agents and others answer an empty list with 204 and no body. What comes with
/// another success and no body is asked for twice before it is taken for that.
fn read_page(body: Option<Value>, items: &str) -> Option<Page> {
    let mut count = None;
    let objects = match body {
        None => Vec::new(),
        Some(Value::Null) if items.is_empty() || items == BARE => Vec::new(),
        Some(Value::Array(objects)) if items == BARE => objects,
        // An empty object says nothing of anything.
        Some(Value::Object(object)) if items.is_empty() && !object.is_empty() => {
            vec![Value::Object(object)]
        }
        Some(Value::Array(objects)) if !objects.is_empty() && !items.is_empty() => objects,
        Some(Value::Object(mut object)) => {
            count = match object.get("count") {
                Some(Value::Number(number)) => {
                    number.as_u64().and_then(|n| usize::try_from(n).ok())
                }
                Some(Value::String(text)) => text.parse().ok(),
                _ => None,
            };
            match object.remove(items)? {
                Value::Array(objects) => objects,
                Value::Null => Vec::new(),
                _ => return None,
            }
        }
        Some(_) => return None,
    };
    let are_objects = objects.iter().all(Value::is_object);
    are_objects.then_some(Page { objects, count })
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
mod tests;
