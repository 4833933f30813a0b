//! Joins the pages of one listing, whatever the server counts from and in whatever order they came.
//!
//! Page 0 is asked for without `from`. Page k is asked for with `from = k·(limit-1)`. Counted from 0
//! every page begins with the last object of the page before it. Counted from 1 so do all but page 1,
//! which begins with the last but one and the last object of page 0; that tells the base. So each
//! page but the first proves that nothing was missed between it and the one before.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Base, Page, key};

/// What the pages that were read so far come to.
#[derive(Debug, PartialEq)]
pub(super) enum Joined {
    /// Every page is full: the listing goes on.
    More,
    /// The listing is whole; it ends with this page.
    Whole {
        /// The last page, by number.
        end: usize,
        /// The base, where a second page told it.
        base: Option<Base>,
    },
    /// The pages around this seam do not fit: it lies between this page and the next.
    Broken {
        /// The page before the seam.
        seam: usize,
        /// Objects that stand at two places; if they come again, they are believed.
        twice: HashSet<String>,
    },
}

/// Looks at pages from the first on; `believed` are objects that may stand at two places.
///
/// `name` is the key that tells objects apart.
pub(super) fn join(pages: &[Page], limit: usize, name: &str, believed: &HashSet<String>) -> Joined {
    let mut base = None;
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (number, page) in pages.iter().enumerate() {
        let overlap = match number.checked_sub(1) {
            None => 0,
            Some(before) => match seam(&pages[before], page, number, limit, name, &mut base) {
                Some(overlap) => overlap,
                None => return broken(before),
            },
        };
        let mut twice = HashSet::new();
        for object in page.objects.iter().skip(overlap) {
            let key = key(object, name);
            // One answer is one moment: what stands in it twice is no sign of a change.
            let at = *seen.entry(key.clone()).or_insert(number);
            if at != number && !believed.contains(&key) {
                twice.insert(key);
            }
        }
        if !twice.is_empty() {
            return Joined::Broken {
                seam: number.saturating_sub(1),
                twice,
            };
        }
        if page.objects.len() < limit {
            let behind = &pages[number + 1..];
            return if behind.iter().all(|page| page.objects.is_empty()) {
                Joined::Whole { end: number, base }
            } else if number == 0 && is_last_again(page, behind, name) {
                Joined::Whole {
                    end: number,
                    base: Some(Base::One),
                }
            } else {
                broken(number)
            };
        }
    }
    Joined::More
}

/// Whether page 1 holds the last object of page 0 and nothing lies behind it.
///
/// Counted from 1, page 1 begins one place earlier than the end of a page 0 that lacks one object.
fn is_last_again(first: &Page, behind: &[Page], name: &str) -> bool {
    let key = |object| key(object, name);
    let last = first.objects.last().map(key);
    let mut held = behind.iter().flat_map(|page| &page.objects).map(key);
    last.is_some() && held.next() == last && held.next().is_none()
}

fn broken(seam: usize) -> Joined {
    Joined::Broken {
        seam,
        twice: HashSet::new(),
    }
}

/// How many objects of a page were read with the full page before it; none where they do not fit.
fn seam(
    before: &Page,
    page: &Page,
    number: usize,
    limit: usize,
    name: &str,
    base: &mut Option<Base>,
) -> Option<usize> {
    if page.objects.len() > limit {
        return None;
    }
    let key_at = |objects: &[Value], at: usize| objects.get(at).map(|object| key(object, name));
    // Without its first object the page may begin anywhere.
    let first = key_at(&page.objects, 0)?;
    let last = before.objects.len().checked_sub(1)?;
    if key_at(&before.objects, last).as_ref() == Some(&first) {
        if number == 1 {
            *base = Some(Base::Zero);
        }
        return Some(1);
    }
    let begins_before_last = number == 1
        && key_at(&before.objects, last.checked_sub(1)?).as_ref() == Some(&first)
        && key_at(&page.objects, 1) == key_at(&before.objects, last);
    begins_before_last.then(|| {
        *base = Some(Base::One);
        2
    })
}

/// The objects of a whole listing, each once, in the server's order.
pub(super) fn objects(pages: Vec<Page>, end: usize, name: &str) -> Vec<Value> {
    let mut seen = HashSet::new();
    let mut all = Vec::with_capacity(pages.iter().map(|page| page.objects.len()).sum());
    for object in pages
        .into_iter()
        .take(end + 1)
        .flat_map(|page| page.objects)
    {
        if seen.insert(key(&object, name)) {
            all.push(object);
        }
    }
    all
}
