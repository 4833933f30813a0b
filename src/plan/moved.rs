//! Who moved a field since the last apply: the manifests, or somebody in Zoho Desk.
//!
//! Three values are compared: what was last applied (sent, and what the server stored of it), what the
//! manifests say, and what is live.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::codec::listed::ORDER;
use crate::codec::{self, id_text, switch_value};
use crate::diff::Difference;
use crate::kind::{self, Field, Kind, Shape, Wire};
use crate::ledger::{Entry, Ledger};
use crate::live::Live;
use crate::manifest::Desired;
use crate::plan::row::{Row, Rows};
use crate::plan::{Options, shown_value};
use crate::secret::can_be_of;
use crate::state::{Address, FieldPath, Value};

/// Which side moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Moved {
    /// Somebody changed it in Zoho Desk.
    Live,
    /// The manifests changed and were not applied.
    Manifests,
    /// Both, to different values.
    Both,
    /// It differs, and nobody knows who moved: there is no record of the last apply.
    Unknown,
}

/// A change that somebody made in Zoho Desk, as far as an answer tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveChange {
    /// When the object was last modified, whichever field it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// By whom: an agent's e-mail address or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl LiveChange {
    /// Reads from an answer when an object was last modified and by whom.
    pub(crate) fn of(raw: &Map<String, Json>, live: &Live) -> Self {
        let modified = raw.get("modifiedTime").and_then(Json::as_str);
        Self {
            modified: modified.map(str::to_owned),
            by: raw.get("modifiedBy").and_then(|by| who(by, live)),
        }
    }
}

/// The three sides, and what makes their names comparable.
pub(crate) struct Sides<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) live: &'a Live,
    pub(crate) desired: &'a Desired,
    pub(crate) ledger: Option<&'a Ledger>,
    /// Who owns an id.
    pub(crate) owners: HashMap<(&'static str, &'a str), &'a Address>,
    /// What an address in an old record is called now.
    names: HashMap<String, String>,
}

impl<'a> Sides<'a> {
    pub(crate) fn of(
        rows: &'a Rows,
        live: &'a Live,
        desired: &'a Desired,
        options: &'a Options,
    ) -> Self {
        let ledger = options.ledger.as_ref();
        let mut names = HashMap::new();
        // An object that is declared now was called by its own name before.
        for (row, index) in rows.objects() {
            let address = &row.address;
            let old = live
                .shown_key(index)
                .map(|key| Address::new(address.collection, key));
            if let Some(old) = old.filter(|old| !desired.state.contains_key(old)) {
                names.insert(old.to_string(), address.to_string());
            }
        }
        // A declaration that moved to another handle, or went.
        for (address, entry) in ledger.iter().flat_map(|ledger| &ledger.resources) {
            let now = live
                .find_id(address.collection, &entry.id)
                .and_then(|index| live.address_of(index));
            if let Some(now) = now {
                names.insert(address.to_string(), now.to_string());
            }
        }
        Self {
            rows,
            live,
            desired,
            ledger,
            owners: ledger.map(Ledger::index).unwrap_or_default(),
            names,
        }
    }

    /// The record of an address: that of its live object, else that under its name.
    pub(crate) fn entry(&self, address: &Address) -> Option<&'a Entry> {
        let ledger = self.ledger?;
        let live = self.live;
        let object = self.rows.object(address);
        let object = object.and_then(|index| live.objects.get(index));
        let by_id = object.and_then(|object| {
            let mut ids = object.ids();
            ids.find_map(|id| self.owners.get(&(address.collection, id.as_str())))
        });
        if let Some(owner) = by_id {
            return ledger.get(owner);
        }
        ledger.get(address).filter(|entry| {
            // What has become another declaration's object is no record of this one.
            live.find_id(address.collection, &entry.id)
                .and_then(|index| live.bound(index))
                .is_none_or(|now| now == address)
        })
    }

    /// Says who moved a field that differs, and what was last applied and stored of it; nothing where
    /// the server merely normalised what was sent.
    pub(crate) fn moved(
        &self,
        address: &Address,
        difference: &Difference,
    ) -> Option<(Moved, Json)> {
        let row = self.rows.get(address)?;
        let kind = row.kind;
        let name = difference.path.field;
        let named = row.named.as_ref().and_then(|body| body.get(name));
        if self.ledger.is_none() {
            return Some((Moved::Unknown, Json::Null));
        }
        let Some(entry) = self.entry(address) else {
            return Some((Moved::Manifests, Json::Null));
        };
        // A run that was killed has not said what it made of it.
        if self
            .ledger
            .is_some_and(|ledger| ledger.touched.contains(address))
        {
            return Some((Moved::Unknown, Json::Null));
        }
        let object = row.object.and_then(|index| self.live.objects.get(index));
        let shown = |field: &Field| {
            let raw = &object?.raw;
            codec::read_field(field, self.live.dialect, raw, self.live)
        };
        Some(match entry.fields.get(name) {
            _ if is_secret(difference) => {
                let applied = entry.templates.get(&difference.path.pointer());
                by_template(difference, applied, shown(kind.field(name)?).as_ref())
            }
            // Of a map with a secret in it the record holds no more than what it alone remembers.
            _ if named.is_some_and(Value::is_secret) && !is_remembered(kind, difference) => {
                (Moved::Unknown, Json::Null)
            }
            Some(record) => {
                let field = kind.field(name)?;
                if object.is_some() && shown(field).is_none() {
                    // What no answer carries nobody has been seen to change.
                    return Some((Moved::Manifests, Json::Null));
                }
                let live = row.live.as_ref().and_then(|body| body.get(name));
                let says = |other: &str, word: &str| {
                    let named = row.named.as_ref().and_then(|body| body.get(other));
                    let live = || kind.field(other).and_then(shown);
                    match named {
                        Some(named) => named.is_word(word),
                        None => live().is_some_and(|live| live.is_word(word)),
                    }
                };
                let record = Record {
                    field: field.as_told(says),
                    sent: self.current(field, &record.sent, live),
                    stored: self.current(field, &record.stored, live),
                    names: self.live,
                };
                record.side(difference, named, live)?
            }
            // Declaring a resource implies that it is in use, and so it was applied.
            None if named.is_none() && !entry.fields.is_empty() => {
                (Moved::Live, shown_value(&difference.after))
            }
            // Of what a run that was killed has created nobody knows more than the id.
            None if entry.fields.is_empty() && !entry.adopted => (Moved::Unknown, Json::Null),
            None => (Moved::Manifests, Json::Null),
        })
    }

    /// The paths of a declared resource that were applied, that the manifests no longer name, and that
    /// are live as they were applied.
    ///
    /// A value that says nothing is left out, and so is the one that a new object gets anyway.
    pub(crate) fn undeclared(&self, row: &Row, index: usize) -> Vec<FieldPath> {
        let Some(entry) = self.entry(&row.address) else {
            return Vec::new();
        };
        let body = self.live.body(index);
        let mut left = Vec::new();
        for (name, record) in &entry.fields {
            let Some(field) = row.kind.field(name) else {
                continue;
            };
            let travels = matches!(
                field.wire(self.live.dialect),
                Wire::Sent { .. } | Wire::Switched(_)
            );
            let is_implied = (row.kind.enabled).is_some_and(|one| one.field == field.name);
            if field.identity || field.naming || is_implied || !travels {
                continue;
            }
            let named = row.named.as_ref().and_then(|named| named.get(name));
            let named = named.map(shown_value);
            let shown = body.get(name).map(shown_value);
            let sent = self.current(field, &record.sent, body.get(name));
            let stored = self.current(field, &record.stored, body.get(name));
            let default = (field.default_on_create).map(|word| shown_value(&switch_value(word)));
            let paths = parts_left(field, &sent, named.as_ref());
            left.extend(paths.into_iter().filter(|path| {
                let shape = &field.shape;
                let way = &*path.below;
                let sent = at(shape, &sent, way).value().unwrap_or_default();
                if codec::says_nothing(&sent)
                    || default.as_ref() == Some(&sent)
                    || codec::is_fixed(field, path)
                {
                    return false;
                }
                // What no answer shows is left as it is, whatever it is.
                let Some(shown) = &shown else { return true };
                let leaf = codec::field_at(field, way, self.live);
                let leaf = leaf.unwrap_or(codec::opaque_field());
                let stored = at(shape, &stored, way).value();
                let live = at(shape, shown, way).value();
                let live = live.map(|live| within(&leaf.shape, &sent, &live));
                codec::same_json(&leaf, stored.as_ref(), live.as_ref(), self.live)
            }));
        }
        left
    }

    /// A recorded value with the names and handles that its parts have now.
    fn current(&self, field: &Field, value: &Json, live: Option<&Value>) -> Json {
        let now = |name: &str| self.names.get(name).cloned();
        let value = codec::renamed(field, value, &now, self.live);
        let live = live.map(shown_value).unwrap_or_default();
        codec::with_handles_of(&field.shape, &value, &live, self.live)
    }
}

/// What was last applied to a field.
struct Record<'a> {
    field: Cow<'a, Field>,
    sent: Json,
    stored: Json,
    names: &'a Live,
}

impl Record<'_> {
    /// Whether the manifests say of the field what was sent, and of a list at a way down name its items in the same
    /// order.
    fn is_as_sent(&self, named: Option<&Value>, way: &[Arc<str>]) -> bool {
        let Some(named) = named.map(shown_value) else {
            return false;
        };
        // What they name now and was not sent is theirs.
        if !way.is_empty() && !matches!(at(&self.field.shape, &named, way), Known::Nothing) {
            return false;
        }
        let keys = |value: &Json, list: &[Arc<str>]| -> Vec<String> {
            match at(&self.field.shape, value, list) {
                Known::Value(Json::Object(map)) => map.keys().cloned().collect(),
                _ => Vec::new(),
            }
        };
        let is_ordered = match way {
            [list @ .., key] if **key == *ORDER => keys(&self.sent, list) == keys(&named, list),
            _ => true,
        };
        is_ordered && codec::same_json(&self.field, Some(&self.sent), Some(&named), self.names)
    }

    /// Which side moved away from the record, and what was stored; nothing when the server merely
    /// normalised what was sent.
    fn side(
        &self,
        difference: &Difference,
        named: Option<&Value>,
        live: Option<&Value>,
    ) -> Option<(Moved, Json)> {
        let way = &*difference.path.below;
        let sent = match at(&self.field.shape, &self.sent, way) {
            Known::Value(sent) => Some(sent),
            Known::Absent => None,
            // Either the manifests name what they did not name before, or it differs without them.
            Known::Nothing if self.is_as_sent(named, way) => {
                return Some((Moved::Live, Json::Null));
            }
            Known::Nothing => return Some((Moved::Manifests, Json::Null)),
        };
        let field = codec::field_at(&self.field, way, self.names);
        let field = field.unwrap_or(codec::opaque_field());
        let stored = at(&self.field.shape, &self.stored, way).value();
        let wanted = shown_value(named.unwrap_or(&difference.after));
        let wanted = at(&self.field.shape, &wanted, way).value();
        let live = live.map(shown_value).unwrap_or_default();
        let live = at(&self.field.shape, &live, way).value();
        // What the manifests did not name inside a leaf is nobody's.
        let live = match (&sent, live) {
            (Some(sent), Some(live)) => Some(within(&field.shape, sent, &live)),
            (_, live) => live,
        };
        let same = |one: &Option<Json>, other: &Option<Json>| match (one, other) {
            // Who moved is told by those that both sides know.
            (Some(one), Some(other)) => {
                let shape = &field.shape;
                let both = (
                    codec::common(shape, one, other),
                    codec::common(shape, other, one),
                );
                codec::same_json(&field, Some(&both.0), Some(&both.1), self.names)
            }
            (one, other) => codec::same_json(&field, one.as_ref(), other.as_ref(), self.names),
        };
        let moved = match (!same(&stored, &live), !same(&sent, &wanted)) {
            (true, true) => Moved::Both,
            (true, false) => Moved::Live,
            (false, true) => Moved::Manifests,
            (false, false) => return None,
        };
        Some((moved, stored.unwrap_or_default()))
    }
}

/// Who moved a text with a secret in it, by the template that was applied: what it says in clear tells
/// of a change in Zoho Desk, and another template of one in the manifests. What stands for the secret
/// itself tells nothing: it may have been changed where it is kept.
fn by_template(
    difference: &Difference,
    applied: Option<&String>,
    shown: Option<&Value>,
) -> (Moved, Json) {
    let unknown = (Moved::Unknown, Json::Null);
    let (Some(applied), Some(shown), true) = (
        applied,
        shown.and_then(Value::as_text),
        difference.path.below.is_empty(),
    ) else {
        return unknown;
    };
    let wanted = match &difference.after {
        Value::Secret(secret) => Some(&*secret.template),
        value => value.as_text(),
    };
    let is_as_applied = can_be_of(&with_lower_host(shown), &with_lower_host(applied));
    let moved = match (is_as_applied, wanted == Some(applied.as_str())) {
        (true, true) => return unknown,
        (true, false) => Moved::Manifests,
        (false, true) => Moved::Live,
        (false, false) => Moved::Both,
    };
    (moved, Json::from(applied.as_str()))
}

/// A text with the scheme and the host of the address that it is in lower case, if it is one: they may be
/// spelled in other letters.
fn with_lower_host(text: &str) -> Cow<'_, str> {
    let Some(host) = text.find("://").map(|colon| colon + 3) else {
        return Cow::Borrowed(text);
    };
    let end = text[host..].find(['/', '?', '#']);
    let (before, behind) = text.split_at(end.map_or(text.len(), |end| host + end));
    // A name or a password before the host, and an expression, keep their letters.
    if before.contains('@') || before.contains("${") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}{behind}", before.to_lowercase()))
}

/// What a recorded value tells of what stands at a way down from it.
enum Known {
    /// It is this.
    Value(Json),
    /// It is absent: a map that is owned whole does not hold it.
    Absent,
    /// Nothing is told: a map that is owned by name does not name it.
    Nothing,
}

impl Known {
    fn value(self) -> Option<Json> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Nothing => None,
        }
    }
}

/// Looks up what stands at a way down from a recorded value.
fn at(shape: &Shape, value: &Json, way: &[Arc<str>]) -> Known {
    let [key, below @ ..] = way else {
        return Known::Value(value.clone());
    };
    match value.get(&**key) {
        Some(value) => at(&codec::shape_below(shape, key), value, below),
        None if codec::is_owned_by_name(shape) => Known::Nothing,
        None => Known::Absent,
    }
}

/// Of a live value only what stood in the sent one.
fn within(shape: &Shape, sent: &Json, live: &Json) -> Json {
    match (sent, live) {
        (Json::Object(sent), Json::Object(live)) if codec::is_owned_by_name(shape) => sent
            .iter()
            .map(|(key, sent)| {
                let live = live.get(key).unwrap_or(&Json::Null);
                let live = match codec::leaf_field(shape, key) {
                    Some(leaf) => within(&leaf.shape, sent, live),
                    None => live.clone(),
                };
                (key.clone(), live)
            })
            .collect::<Map<_, _>>()
            .into(),
        (_, live) => live.clone(),
    }
}

/// Of what was sent of a field the paths that the manifests do not name: the field, or parts of a map
/// that is owned by name.
fn parts_left(field: &Field, sent: &Json, named: Option<&Json>) -> Vec<FieldPath> {
    let whole = FieldPath::of(field.name);
    match (sent, named) {
        (Json::Object(sent), None | Some(Json::Object(_)))
            if codec::is_owned_by_name(&field.shape) =>
        {
            let keys = sent.keys();
            let is_left = |key: &&String| named.is_none_or(|named| named.get(*key).is_none());
            keys.filter(is_left).map(|key| whole.child(key)).collect()
        }
        (_, None) => vec![whole],
        (_, Some(_)) => Vec::new(),
    }
}

pub(crate) fn is_secret(difference: &Difference) -> bool {
    difference.before.is_secret() || difference.after.is_secret()
}

/// Whether the record alone remembers what differs.
fn is_remembered(kind: &Kind, difference: &Difference) -> bool {
    let [leaf] = &*difference.path.below else {
        return false;
    };
    let field = kind.field(difference.path.field);
    let leaf = field.and_then(|field| codec::leaf_field(&field.shape, leaf));
    leaf.is_some_and(|leaf| leaf.remembered)
}

/// An agent by the id in an answer: the e-mail address where agents were read.
fn who(by: &Json, live: &Live) -> Option<String> {
    let id = id_text(by.get("id").unwrap_or(by))?;
    let kind = kind::acting()?;
    let agent = live
        .find_id(kind.collection, &id)
        .and_then(|index| live.key_of(index))
        .map(|key| key.to_string());
    let acting = live
        .acting
        .agent()
        .filter(|acting| acting.id == id)
        .map(|acting| acting.email.clone());
    Some(
        agent
            .or(acting)
            .unwrap_or_else(|| format!("{} {id}", kind.singular)),
    )
}
