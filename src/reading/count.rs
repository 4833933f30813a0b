//! How many pages a listing has, found out with few calls.

use crate::api::page::MAX_PAGE;
use crate::api::{ApiError, ErrorKind, Reader, Request, template};
use crate::kind::{Api, Listing};

use super::needs::Needs;
use super::path_of;

/// Most objects that are looked for; beyond them it does not matter how many there are.
const MOST: u64 = 1 << 21;

/// How many pages reading everything of a kind takes, and how many objects there are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Calls that list them.
    pub pages: u64,
    /// The objects, at most.
    pub objects: u64,
}

impl Size {
    const fn of_objects(objects: u64, page: u64) -> Self {
        Self {
            pages: objects / page + 1,
            objects,
        }
    }
}

/// Finds out how long the listing of a kind is: from what the ledger remembers without a call, else by
/// asking for single objects further and further back, two calls for each doubling.
///
/// What is listed below others is counted as one page.
///
/// # Errors
/// The call's error.
pub async fn size(reader: &Reader, api: &Api, needs: &Needs) -> Result<Size, ApiError> {
    let page = u64::from(if api.page == 0 { MAX_PAGE } else { api.page });
    let request = match api.listing {
        Listing::Whole(path) if api.page > 0 => template::get(path, &|_| None),
        _ => None,
    };
    let Some(request) = request else {
        return Ok(Size::of_objects(page - 1, page));
    };
    if let Some(known) = needs.remembered.get(&path_of(&request)) {
        let objects = u64::try_from(known.objects).unwrap_or(u64::MAX);
        return Ok(Size::of_objects(objects, page));
    }
    // So many there are, and so many there are not.
    let (mut some, mut beyond) = (0, 1);
    while beyond < MOST && reaches(reader, &request, beyond).await? {
        (some, beyond) = (beyond, beyond * 2);
    }
    // A few in a hundred more or less are nothing to a forecast.
    while beyond - some > (some / 50).max(1) {
        let middle = some.midpoint(beyond);
        if reaches(reader, &request, middle).await? {
            some = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(Size::of_objects(beyond, page))
}

/// Whether a listing has an object at that place or behind it.
async fn reaches(reader: &Reader, request: &Request, from: u64) -> Result<bool, ApiError> {
    let request = request
        .clone()
        .query("from", from.to_string())
        .query("limit", "1");
    match reader.get(&request).await {
        Ok(answer) => Ok(answer.body.is_some_and(|body| {
            let mut lists = body.as_object().into_iter().flat_map(|body| body.values());
            lists.any(|list| list.as_array().is_some_and(|list| !list.is_empty()))
        })),
        // A place that no list has may be refused.
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}
