//! Reads a listing page by page, from a server that pages otherwise than it was asked to.
//!
//! Such a server ignores `limit`, or caps it, so that a short page is not the end. Each page is asked
//! for from the last object seen on: counted from 0 it begins with that object, counted from 1 with
//! the one before it. A page that begins with anything else does not continue the listing, and the
//! listing begins anew.

use std::collections::HashSet;

use serde_json::Value;

use super::{Base, Known, Listed, Listing, MAX_PAGES, MAX_ROUNDS, Page, endless, key, refuse};
use crate::api::error::{ApiError, ErrorKind};

/// How far behind the last object seen it is asked whether a server pages at all.
const FAR: usize = 100;

/// A listing that is read in turn, with what has been gathered so far.
pub(super) struct InTurn<'a> {
    listing: &'a Listing<'a>,
    objects: Vec<Value>,
    seen: HashSet<String>,
    /// How many places of the listing have been read; duplicates take places, too.
    places: usize,
    /// The keys at the last two places.
    last: Option<String>,
    before_last: Option<String>,
    /// What the server counts from; unknown before the second page.
    base: Option<Base>,
    /// What the server takes for a full page.
    length: usize,
}

enum Seam {
    /// The page begins with so many objects that have been read.
    Overlaps(usize),
    /// It does not continue the listing.
    Broken,
}

impl<'a> InTurn<'a> {
    /// Goes on after a first page whose length is not what was asked for.
    pub(super) fn new(listing: &'a Listing<'a>, first: Page) -> Self {
        let mut this = Self::empty(listing);
        this.begin(first);
        this
    }

    /// Goes on behind a short page although the server promises more.
    pub(super) fn on(
        listing: &'a Listing<'a>,
        objects: Vec<Value>,
        length: usize,
        base: Option<Base>,
    ) -> Self {
        let mut this = Self::empty(listing);
        this.add(objects, 0);
        this.length = length;
        this.base = base;
        this
    }

    fn empty(listing: &'a Listing<'a>) -> Self {
        Self {
            listing,
            objects: Vec::new(),
            seen: HashSet::new(),
            places: 0,
            last: None,
            before_last: None,
            base: None,
            length: 0,
        }
    }

    fn begin(&mut self, first: Page) {
        self.length = first.objects.len();
        self.add(first.objects, 0);
    }

    /// Reads to the end; begins anew where pages do not fit.
    pub(super) async fn read(mut self) -> Result<Listed, ApiError> {
        for _ in 0..=MAX_ROUNDS {
            let first = self.places;
            let repeats = self.comes_again().await?;
            if repeats || self.read_on().await? {
                let limit = self.listing.paging.size();
                let unpaged = repeats || (first > limit && self.places == first);
                let known = Known {
                    objects: self.objects.len(),
                    base: self.base,
                    unpaged,
                };
                let objects = self.objects;
                return Ok(Listed { objects, known });
            }
            tracing::debug!(
                path = self.listing.request.path,
                "the listing changed while it was read and is read again"
            );
            let first = self.listing.page(0).await?;
            self = Self::new(self.listing, first);
        }
        let words = format!("its pages did not fit together in {MAX_ROUNDS} further attempts");
        Err(refuse(&self.listing.request, ErrorKind::Unstable, &words))
    }

    /// One attempt; false when a page did not continue the listing.
    async fn read_on(&mut self) -> Result<bool, ApiError> {
        if self.places == 0 {
            return Ok(true);
        }
        for _ in 0..MAX_PAGES {
            let from = self.next_from();
            let max = self.listing.paging.max_from;
            if max.is_some_and(|max| usize::try_from(max).is_ok_and(|max| from > max)) {
                return Err(self.listing.too_long());
            }
            let request = self.listing.request_at(Some(from));
            let paging = self.listing.paging;
            let page = self.listing.reader.page(&request, paging).await?;
            let overlap = match self.seam(&page) {
                Seam::Overlaps(overlap) => overlap,
                Seam::Broken => return Ok(false),
            };
            let length = page.objects.len();
            let places = self.places + length - overlap;
            let is_promised = page.count.is_some_and(|count| count > places);
            let news = self.add(page.objects, overlap);
            match (length < self.length && !is_promised, news > 0) {
                (true, _) => return Ok(true),
                (false, true) => {}
                // A count of objects that nobody may see.
                (false, false) if is_promised => return Ok(true),
                // The last object alone: nothing lies behind it.
                (false, false) if length == overlap => return Ok(true),
                // A full page that brings nothing would go on for ever.
                (false, false) => return Ok(false),
            }
        }
        Err(endless(&self.listing.request))
    }

    /// Whether the first page comes again for a place far behind it: the server does not page here.
    ///
    /// Far, since objects that come in front may move a page to where the next one begins.
    async fn comes_again(&self) -> Result<bool, ApiError> {
        let paging = self.listing.paging;
        // A first page of the length that was asked for, or an empty one, says nothing.
        if self.places == 0 || self.length == paging.size() {
            return Ok(false);
        }
        let max = paging.max_from.and_then(|max| usize::try_from(max).ok());
        let far = (self.places + FAR).min(max.unwrap_or(usize::MAX));
        let request = self.listing.request_at(Some(far));
        let page = self.listing.reader.page(&request, paging).await?;
        let is_seen = |object| self.seen.contains(&self.key(object));
        Ok(page.objects.len() == self.places && page.objects.iter().all(is_seen))
    }

    /// The `from` of the next page.
    fn next_from(&self) -> usize {
        match self.base {
            Some(Base::One) => self.places,
            // Unknown: good under either base, since it overlaps by one or by two.
            Some(Base::Zero) | None => self.places - 1,
        }
    }

    /// Whether a page continues what has been read; learns the base from the first seam.
    fn seam(&mut self, page: &Page) -> Seam {
        // The last object seen is gone: what came after it may have moved before it.
        let Some(first) = page.objects.first().map(|object| self.key(object)) else {
            return Seam::Broken;
        };
        let begins_with_last = self.last.as_ref() == Some(&first);
        let begins_before_last = self.before_last.as_ref() == Some(&first)
            && page.objects.get(1).map(|object| self.key(object)).as_ref() == self.last.as_ref();
        match self.base {
            _ if begins_with_last => {
                self.base.get_or_insert(Base::Zero);
                Seam::Overlaps(1)
            }
            None if begins_before_last => {
                self.base = Some(Base::One);
                Seam::Overlaps(2)
            }
            _ => Seam::Broken,
        }
    }

    fn key(&self, object: &Value) -> String {
        key(object, self.listing.paging.key)
    }

    /// Adds the objects behind the overlap; says how many were new.
    fn add(&mut self, page: Vec<Value>, overlap: usize) -> usize {
        let mut news = 0;
        for object in page.into_iter().skip(overlap) {
            let key = self.key(&object);
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
