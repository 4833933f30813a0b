//! The order among siblings: their listing shows it.

use serde_json::{Map, Value as Json};

use super::needs::planted;
use super::objects::key_of;
use crate::api::page::Listed;
use crate::codec::id_text;
use crate::dialect::Dialect;
use crate::kind::{Api, Kind, Ranking};
use crate::live::{Live, at, is_gone};

/// Makes one object of all that a listing shows, where that is an order; otherwise its objects are what
/// they are.
///
/// The object holds the ids of the siblings in their order. It is there although there are none.
#[must_use]
pub fn object_of_listing(kind: &Kind, dialect: Dialect, items: Vec<Json>) -> Vec<Json> {
    match kind.api(dialect).and_then(Api::ranking) {
        Some(ranking) => {
            let siblings = items.iter().filter_map(Json::as_object);
            vec![order_of(kind, dialect, ranking, siblings)]
        }
        None => items,
    }
}

/// The order that siblings are in, as an object.
fn order_of<'r>(
    kind: &Kind,
    dialect: Dialect,
    ranking: &Ranking,
    siblings: impl Iterator<Item = &'r Map<String, Json>>,
) -> Json {
    let mut siblings: Vec<_> = siblings.filter(|raw| !is_gone(raw)).collect();
    // Those without a number come last, as they are listed.
    siblings.sort_by_key(|raw| number(raw.get(ranking.by)).unwrap_or(u64::MAX));
    let ids = siblings
        .into_iter()
        .filter_map(|raw| id_text(raw.get(ranking.id)?));
    let ids: Json = ids.collect();
    let key = kind
        .ranked()
        .and_then(|field| field.wire(dialect).read_name());
    let object: Map<String, Json> = key.map(|key| (key.to_owned(), ids)).into_iter().collect();
    object.into()
}

fn number(json: Option<&Json>) -> Option<u64> {
    match json? {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Gives what the listing of siblings has shown already, where an order is asked for.
///
/// `scope` gives the value of a field that stands in the path of the listing.
pub(super) fn siblings(
    kind: &'static Kind,
    api: &Api,
    path: &str,
    scope: impl Fn(&str) -> Option<String>,
    parents: &Live,
) -> Option<Listed> {
    let ranking = api.ranking()?;
    let known = *parents.listings.get(path)?;
    let wanted: Vec<(&str, String)> = planted(api.listing)
        .map(|root| {
            let wire = kind.field(root)?.wire(parents.dialect);
            Some((key_of(wire)?, scope(root)?))
        })
        .collect::<Option<_>>()?;
    let is_below = |raw: &Map<String, Json>| {
        let mut wanted = wanted.iter();
        wanted.all(|(key, value)| at(raw, key).and_then(id_text).as_ref() == Some(value))
    };
    let siblings = parents.collection(ranking.of);
    let siblings = siblings.filter_map(|index| parents.objects.get(index));
    let siblings = siblings.filter(|sibling| is_below(&sibling.raw));
    Some(Listed {
        objects: siblings
            .map(|sibling| Json::from(sibling.raw.clone()))
            .collect(),
        known,
    })
}
