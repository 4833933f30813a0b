//! Requests that no manifest asks for. They go to objects that a trial has made, and to no others.
//!
//! This is the one place where `doctor` sends what planner and applier did not build. Whoever calls it hands
//! over an [`Own`], which only a ledger of a trial gives out.

use serde_json::{Map, Value as Json, json};

use crate::api::{ApiError, ErrorKind, Method, Reader, Request, Writer, template};
use crate::codec::id_text;
use crate::dialect::Dialect;
use crate::kind::{Api, Field, Keyed, Kind, Removal, Shape, Wire};
use crate::live::{at, marks};
use crate::reading::{Single, single};

/// The key under which the lists and the items of a nested list have their ids. Source: Layout, `SectionRequest`
/// and `LayoutFieldRequest`.
const ID: &str = "id";

/// An object that a trial has made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own<'a> {
    /// Its kind.
    pub(super) kind: &'static Kind,
    /// The dialect of the organization.
    pub(super) dialect: Dialect,
    /// Its id.
    pub(super) id: &'a str,
}

/// What a second creation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Second {
    /// There is a second object now, with this id.
    Made(String),
    /// It was refused as a duplicate.
    Refused,
    /// Nobody knows whether it was made.
    Unknown(String),
    /// It says nothing of duplicates, for this reason.
    Silent(String),
}

/// What became of what a change left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// It is gone.
    Lost,
    /// It stayed.
    Kept,
}

impl Own<'_> {
    fn api(self) -> Option<&'static Api> {
        self.kind.api(self.dialect)
    }

    /// A path whose only place is its id.
    fn path(self, path: &'static str) -> Option<String> {
        let is_its = template::names(path) == ["id"];
        template::fill(path, &|_| is_its.then(|| self.id.to_owned()))
    }

    /// The object as it is read by its id; none where it is not there, or cannot be read so.
    pub(super) async fn read(self, reader: &Reader) -> Result<Option<Map<String, Json>>, ApiError> {
        let read = single(reader, self.kind, self.dialect, self.id).await?;
        Ok(match read {
            Some(Single::There(raw)) => Some(raw),
            _ => None,
        })
    }

    /// Sends a creation once more that has made this object. The client repeats none that may have had an
    /// effect.
    pub(super) async fn create_again(self, writer: &Writer, creation: Request) -> Second {
        let key = self.api().map_or(ID, |api| api.id);
        match writer.send(&creation).await {
            Ok(answer) => match answer.body.as_ref().and_then(|body| body.get(key)) {
                Some(id) => match id_text(id) {
                    Some(id) if id == self.id => {
                        Second::Silent("the answer shows the first object".to_owned())
                    }
                    Some(id) => Second::Made(id),
                    None => Second::Unknown("the answer has no id".to_owned()),
                },
                None => Second::Unknown("the answer has no id".to_owned()),
            },
            Err(error) if error.kind() == ErrorKind::Duplicate => Second::Refused,
            Err(error) if error.is_outcome_unknown() => Second::Unknown(error.to_string()),
            Err(error) => Second::Silent(error.to_string()),
        }
    }

    /// The request that removes it as the table says; none where it takes more than the id, so that a plan
    /// alone can.
    pub(super) fn removal(self) -> Option<Request> {
        Some(match self.api()?.removal.chosen(None) {
            Removal::Delete(path) => Request::new(Method::Delete, self.path(path)?),
            Removal::Trash(path, key) | Removal::Bulk(path, key) => {
                Request::new(Method::Post, path)
                    .body(json!({ key: [self.id] }))
                    .repeatable()
            }
            _ => return None,
        })
    }

    /// Gives the object an address with capitals, and reads it back: what was sent, and what is stored. None
    /// where it has no address that is anybody's to change.
    pub(super) async fn store_capitals(
        self,
        reader: &Reader,
        writer: &Writer,
        stem: &str,
    ) -> Result<Option<(String, String)>, ApiError> {
        let Some(request) = self.capitals(stem) else {
            return Ok(None);
        };
        writer.send(&request.0).await?;
        let raw = self.read(reader).await?.unwrap_or_default();
        let stored = at(&raw, request.2).and_then(Json::as_str);
        Ok(stored.map(|stored| (request.1, stored.to_owned())))
    }

    /// The update that does so, the address in it, and where answers show it.
    fn capitals(self, stem: &str) -> Option<(Request, String, &'static str)> {
        // Addresses of what is no business record have to be ones that the organization knows.
        let is_address = |field: &&Field| matches!(field.shape, Shape::Email { .. });
        let mut fields = self.kind.fields.iter().filter(|_| self.kind.seed);
        let field = fields.find(is_address)?;
        let Wire::Sent { name, read, .. } = field.wire(self.dialect) else {
            return None;
        };
        // Another one than before: an update that changes nothing but capitals may be taken for none.
        let address = format!(
            "Deskform-{}-Capitals-{stem}@example.com",
            self.kind.collection
        );
        let path = self.path(self.api()?.update?)?;
        let request = Request::new(Method::Patch, path).body(json!({ *name: address }));
        Some((request, address, read))
    }

    /// Sends an update that leaves one item of a nested list out, and looks whether it is still there; none
    /// where the object has no such list, or no item that may be left out, or where the update was not stored:
    /// the text `mark` goes with it, and has to be there.
    pub(super) async fn leave_out(
        self,
        reader: &Reader,
        writer: &Writer,
        mark: &str,
    ) -> Result<Option<LeftOut>, ApiError> {
        if self.lists().is_none() {
            return Ok(None);
        }
        let Some(raw) = self.read(reader).await? else {
            return Ok(None);
        };
        let Some((request, left)) = self.without_one(&raw, mark) else {
            return Ok(None);
        };
        writer.send(&request).await?;
        let raw = self.read(reader).await?;
        let stored = |raw: &Map<String, Json>| {
            let (_, path) = self.text()?;
            at(raw, path).and_then(Json::as_str).map(str::to_owned)
        };
        let Some(raw) = raw.filter(|raw| stored(raw).as_deref() == Some(mark)) else {
            return Ok(None);
        };
        let is_there = self.items(&raw).iter().any(|item| item == &left);
        Ok(Some(if is_there {
            LeftOut::Kept
        } else {
            LeftOut::Lost
        }))
    }

    /// The map of lists, with its field, the key of a list's name and the field of its items.
    fn lists(self) -> Option<(&'static Field, &'static str, &'static Field, Keyed)> {
        let inside = self.api()?.inside?;
        let field = self.kind.field(inside.field)?;
        let Shape::Keyed(keyed) = field.shape else {
            return None;
        };
        let listed = keyed.listed?;
        let Shape::Map(map) = keyed.value.shape else {
            return None;
        };
        let items = map
            .fields
            .iter()
            .find(|leaf| Some(leaf.name) == listed.once)?;
        let Shape::Keyed(item) = items.shape else {
            return None;
        };
        Some((field, listed.name, items, item))
    }

    /// The ids of all items of all lists.
    fn items(self, raw: &Map<String, Json>) -> Vec<String> {
        let Some((field, _, items, _)) = self.lists() else {
            return Vec::new();
        };
        let lists = field.wire(self.dialect).read_name();
        let lists = lists
            .and_then(|path| at(raw, path))
            .and_then(Json::as_array);
        let of = |list: &Json| list.get(items.name).and_then(Json::as_array).cloned();
        let items = lists.into_iter().flatten().filter_map(of).flatten();
        items
            .filter_map(|item| item.get(ID).and_then(id_text))
            .collect()
    }

    /// The text that says the least, by its names in requests and in answers.
    fn text(self) -> Option<(&'static str, &'static str)> {
        let fields = super::body::changeable(self.kind, self.dialect);
        let field = fields
            .into_iter()
            .find(|field| matches!(field.shape, Shape::Text { .. }))?;
        match field.wire(self.dialect) {
            Wire::Sent { name, read, .. } => Some((name, read)),
            _ => None,
        }
    }

    /// An update with all lists but for one item, and the item's id.
    fn without_one(self, raw: &Map<String, Json>, mark: &str) -> Option<(Request, String)> {
        let api = self.api()?;
        let inside = api.inside?;
        let (field, name, items, item) = self.lists()?;
        let Wire::Sent {
            name: key, read, ..
        } = field.wire(self.dialect)
        else {
            return None;
        };
        let Shape::Map(leaves) = item.value.shape else {
            return None;
        };
        let may_go = |item: &&Json| {
            let stays = |item: &Map<String, Json>| {
                let mut signs = inside.stays.iter();
                signs.any(|sign| marks::shows(item, sign))
            };
            item.as_object().is_some_and(|item| !stays(item))
        };
        let lists = at(raw, read)?.as_array()?;
        let of = |list: &'_ Json| -> Vec<Json> {
            let own = list.get(items.name).and_then(Json::as_array);
            own.cloned().unwrap_or_default()
        };
        let all: Vec<Json> = lists.iter().flat_map(of).collect();
        // The last one: those of the system stand in front.
        let left = all.iter().rev().find(may_go)?.get(ID).and_then(id_text)?;
        let sent = |item: &Json| {
            let mut sent = Map::new();
            sent.insert(ID.to_owned(), item.get(ID)?.clone());
            for leaf in leaves.fields {
                if let Wire::Sent { name, .. } = leaf.wire(self.dialect)
                    && let Some(value) = item.get(*name).filter(|value| !value.is_null())
                {
                    sent.insert((*name).to_owned(), value.clone());
                }
            }
            Some(Json::Object(sent))
        };
        let stays = |item: &Json| item.get(ID).and_then(id_text).as_ref() != Some(&left);
        let lists = lists.iter().map(|list| {
            let own = of(list);
            let own: Vec<Json> = own
                .iter()
                .filter(|item| stays(item))
                .filter_map(sent)
                .collect();
            json!({ID: list.get(ID), name: list.get(name), (items.name): own})
        });
        let lists: Vec<Json> = lists.collect();
        let path = self.path(api.update?)?;
        let (text, _) = self.text()?;
        let body = json!({ *key: lists, text: mark });
        Some((Request::new(Method::Patch, path).body(body), left))
    }
}
