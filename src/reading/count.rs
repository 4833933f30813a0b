//! How many objects a listing has, found out with few calls.

use crate::api::{ApiError, ErrorKind, Paging, Reader, Request, template};
use crate::kind::{Api, Listing};
use crate::live::ways::{Size, number};

use super::needs::Needs;
use super::{paging, path_of};

/// Most objects that are looked for; beyond them it does not matter how many there are.
const MOST: usize = 1 << 21;

/// Finds out how long the listing of a kind is: from what the ledger remembers without a call, else by
/// asking for single objects further and further back, two calls for each doubling.
///
/// What is listed below others is counted as one page.
///
/// # Errors
/// The call's error.
pub async fn size(reader: &Reader, api: &Api, needs: &Needs) -> Result<Size, ApiError> {
    let about = |objects: usize| Size {
        objects: number(objects),
        at_least: false,
    };
    let paging = paging(api);
    let request = match api.listing {
        Listing::Whole(path) if paging.is_paged() => template::get(path, &|_| None),
        _ => None,
    };
    let Some(request) = request else {
        let page = usize::try_from(paging.limit()).unwrap_or(usize::MAX);
        return Ok(about(page - 1));
    };
    if let Some(known) = needs.remembered.get(&path_of(&request)) {
        return Ok(about(known.objects));
    }
    // So many there are, and so many there are not.
    let (mut some, mut beyond) = (0, 1);
    while beyond < MOST && reaches(reader, &request, paging, beyond).await? {
        (some, beyond) = (beyond, beyond * 2);
    }
    // A few in a hundred more or less are nothing to a forecast.
    while beyond - some > (some / 50).max(1) {
        let middle = some.midpoint(beyond);
        if reaches(reader, &request, paging, middle).await? {
            some = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(about(beyond))
}

/// Whether a listing has an object at that place or behind it.
async fn reaches(
    reader: &Reader,
    request: &Request,
    paging: Paging,
    from: usize,
) -> Result<bool, ApiError> {
    match reader.reaches(request, paging, from).await {
        // A place that no list has may be refused.
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) => Ok(false),
        told => told,
    }
}
