//! Objects that no listing shows, known by what other answers say of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::needs::Needs;
use crate::api::{ApiError, Paging, Reader, template};
use crate::codec;
use crate::dialect::Dialect;
use crate::kind::{self, Kind, Mention, Mentioner};
use crate::live::{Live, LiveObject};

/// Gathers ids and names from the places that mention them, and stops as soon as all that are wanted
/// are found.
///
/// # Errors
/// [`ApiError`] of the calls.
pub(super) async fn mentioned(
    reader: &Reader,
    parents: &Live,
    kind: &'static Kind,
    needs: &Needs,
    dialect: Dialect,
) -> Result<Vec<LiveObject>, ApiError> {
    let mut search = Search {
        reader,
        parents,
        kind,
        needs,
        found: BTreeMap::new(),
    };
    let mentions = || kind.mentions.iter().filter(|one| one.dialect == dialect);
    // Where all objects of a kind were read they have told what another way to them would tell again.
    let is_told = |mention: &Mention| {
        mentions().any(|other| {
            let Mentioner::Objects(of) = other.by else {
                return false;
            };
            let is_whole = needs.kinds.get(of).is_some_and(|own| own.everywhere);
            is_whole && (other.id, other.name) == (mention.id, mention.name)
        })
    };
    for mention in mentions() {
        if matches!(mention.by, Mentioner::BelowObjects { .. }) && is_told(mention) {
            continue;
        }
        search.look(mention, dialect).await?;
    }
    let key = kind.naming_field().wire(dialect).read_name();
    let key = key.unwrap_or(kind.naming_field().name);
    Ok(search
        .found
        .into_iter()
        .map(|(id, name)| LiveObject {
            kind,
            id,
            raw: Map::from_iter([(key.to_owned(), Json::from(name))]),
            parts: Vec::new(),
        })
        .collect())
}

struct Search<'a> {
    reader: &'a Reader,
    parents: &'a Live,
    kind: &'static Kind,
    needs: &'a Needs,
    /// Names by id.
    found: BTreeMap<String, String>,
}

impl Search<'_> {
    /// Whether every name that is wanted has been found.
    fn is_over(&self) -> bool {
        let wanted = self.needs.kinds.get(self.kind.collection);
        wanted.is_some_and(|own| {
            !own.names.is_empty()
                && own
                    .names
                    .iter()
                    .all(|name| self.found.values().any(|have| have == name))
        })
    }

    async fn look(&mut self, mention: &Mention, dialect: Dialect) -> Result<(), ApiError> {
        match mention.by {
            Mentioner::Objects(of) => {
                let objects = self.parents.collection(of);
                let objects = objects.filter_map(|index| self.parents.objects.get(index));
                for object in objects {
                    note(&mut self.found, mention, &object.raw);
                }
            }
            Mentioner::BelowListing {
                of: (of, of_page),
                path,
                page,
                key,
            } => {
                let of = template::get_by_id(of, "");
                let items = self.reader.list(&of, Paging::pages_of(of_page)).await?;
                let ids = items.iter().filter_map(|item| item.get("id"));
                let ids = ids.filter_map(codec::id_text).collect();
                let paging = Paging::pages_of(page).keyed(key);
                self.below(mention, ids, path, paging).await?;
            }
            Mentioner::BelowObjects {
                of,
                referring,
                path,
                page,
            } => {
                let ids = if referring {
                    self.referring(of)
                } else if self.is_over() {
                    Vec::new()
                } else {
                    self.all_ids(of, dialect).await?
                };
                self.below(mention, ids, path, Paging::pages_of(page))
                    .await?;
            }
        }
        Ok(())
    }

    async fn below(
        &mut self,
        mention: &Mention,
        ids: Vec<String>,
        path: &str,
        paging: Paging,
    ) -> Result<(), ApiError> {
        for id in ids {
            if self.is_over() {
                break;
            }
            let request = template::get_by_id(path, &id);
            for item in self.reader.list(&request, paging).await? {
                if let Json::Object(raw) = item {
                    note(&mut self.found, mention, &raw);
                }
            }
        }
        Ok(())
    }

    /// The live objects of a kind that are declared with a reference to what is looked for.
    fn referring(&self, of: &'static str) -> Vec<String> {
        let own = self.needs.kinds.get(of);
        let names = own.and_then(|own| own.referring.get(self.kind.collection));
        names
            .into_iter()
            .flatten()
            .flat_map(|name| self.parents.find(of, name))
            .filter_map(|index| self.parents.objects.get(*index))
            .map(|object| object.id.clone())
            .collect()
    }

    /// The ids of all objects of a kind, read if they were not read before.
    async fn all_ids(&self, of: &'static str, dialect: Dialect) -> Result<Vec<String>, ApiError> {
        let known = self.parents.collection(of);
        let known = known.filter_map(|index| self.parents.objects.get(index));
        let known: Vec<String> = known.map(|object| object.id.clone()).collect();
        if !known.is_empty() {
            return Ok(known);
        }
        let Some(api) = kind::find(of).and_then(|kind| kind.api(dialect)) else {
            return Ok(Vec::new());
        };
        let request = template::get_by_id(api.listing.path(), "");
        let items = self.reader.list(&request, super::paging(api)).await?;
        let ids = items.iter().filter_map(|item| item.get(api.id));
        Ok(ids.filter_map(codec::id_text).collect())
    }
}

/// Takes note of one item, if it mentions what is looked for.
fn note(found: &mut BTreeMap<String, String>, mention: &Mention, raw: &Map<String, Json>) {
    let at = |path: &str| {
        let mut keys = path.split('/');
        let first = raw.get(keys.next()?)?;
        keys.try_fold(first, |value, key| value.get(key))
    };
    let counts = mention
        .only
        .is_none_or(|(key, wanted)| at(key).and_then(Json::as_str) == Some(wanted));
    if let (true, Some(id), Some(name)) = (
        counts,
        at(mention.id).and_then(codec::id_text),
        at(mention.name).and_then(Json::as_str),
    ) {
        found.insert(id, name.to_owned());
    }
}
