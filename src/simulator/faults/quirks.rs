//! The ways in which an organization answers all the time.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Map, Value, json};

use crate::dialect::Dialect;

/// How answers show what an object does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// As the dialect does.
    #[default]
    Usual,
    /// Null stands for empty texts, and in a list for what only other items have.
    Null,
    /// Fields that are null are left out.
    Omitted,
}

/// How an organization answers, other than the documents say; each was seen on live portals or
/// stands in the documents' own examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a quirk of its own, present or not"
)]
pub struct Quirks {
    /// For how long a new object is missing from listings. Reading it by id shows it at once.
    pub list_lag: Duration,
    /// How many listings miss a new object; it shows up in the next one, or when `list_lag` is over
    /// if that is set.
    pub list_lag_reads: u32,
    /// For how long a new object is missing from searches.
    pub search_lag: Duration,
    /// E-mail addresses are stored in lower case.
    pub lower_case_emails: bool,
    /// Ids of objects are JSON numbers, as far as they fit into 63 bits.
    pub ids_as_numbers: bool,
    /// Flags, which are called `is…` or `has…` or stand in permissions, are the texts `true` and
    /// `false`; years are texts too.
    pub booleans_as_strings: bool,
    /// How answers show what is not there.
    pub missing: Missing,
    /// What is answered with 204 otherwise is answered with 200, and without a body as well.
    pub empty_ok: bool,
    /// Objects carry a field that no document knows.
    pub unknown_fields: bool,
    /// Names and addresses that are in use are taken again: there is no refusal as a duplicate.
    ///
    /// For some kinds no document says that they are refused; where they are not, nothing but the
    /// client keeps a repeated creation from making a second object.
    pub duplicates_taken: bool,
    /// Days, which are called `…Date` or `…On`, are milliseconds since the Unix epoch: those of their
    /// beginning in UTC.
    pub days_as_numbers: bool,
    /// Sections of a layout that an update does not name stay, and so do their fields: the documents do
    /// not say whether the list replaces what is there.
    pub sections_merge: bool,
    /// What `from` counts from in every listing, instead of what the simulator takes of each.
    pub pages_from: Option<u8>,
    /// Pages deep in lists have the dearer prices of the two tables that are in circulation.
    pub dear_pages: bool,
    /// No header tells what a call costs nor what is left, whatever the settings say. In the guide, which has
    /// the headers, they are told all the same.
    pub limits_untold: bool,
    /// The organization does not show its edition.
    pub edition_unshown: bool,
    /// What a change leaves out stays, where the change may replace everything: settings, what is changed
    /// by a PUT, and targets of rules.
    pub keeps_left_out: bool,
}

impl Quirks {
    /// Some of them.
    pub(super) fn random(draw: &mut SmallRng) -> Self {
        let mut some = || draw.random_ratio(1, 4);
        let (list_lags, search_lags, nulls, omits) = (some(), some(), some(), some());
        let quirks = Self {
            lower_case_emails: some(),
            ids_as_numbers: some(),
            booleans_as_strings: some(),
            missing: match (nulls, omits) {
                (true, _) => Missing::Null,
                (false, true) => Missing::Omitted,
                (false, false) => Missing::Usual,
            },
            empty_ok: some(),
            unknown_fields: some(),
            duplicates_taken: some(),
            ..Self::default()
        };
        let (list, search) = (draw.random_range(1..=40), draw.random_range(60..=300));
        let (counts, reads) = (draw.random_ratio(1, 3), draw.random_range(1..=2));
        let days_as_numbers = draw.random_ratio(1, 4);
        let sections_merge = draw.random_ratio(1, 2);
        let pages_from = match draw.random_range(0..4_u8) {
            0 => Some(0),
            1 => Some(1),
            _ => None,
        };
        let (dear_pages, limits_untold) = (draw.random_ratio(1, 2), draw.random_ratio(1, 4));
        let (edition_unshown, keeps_left_out) = (draw.random_ratio(1, 4), draw.random_ratio(1, 2));
        Self {
            list_lag: Duration::from_secs(if list_lags { list } else { 0 }),
            list_lag_reads: if list_lags && counts { reads } else { 0 },
            search_lag: Duration::from_secs(if search_lags { search } else { 0 }),
            days_as_numbers,
            sections_merge,
            pages_from,
            dear_pages,
            limits_untold,
            edition_unshown,
            keeps_left_out,
            ..quirks
        }
    }

    /// Whether answers of a dialect tell nothing of limits.
    pub(in crate::simulator) fn leaves_limits_untold(&self, dialect: Dialect) -> bool {
        self.limits_untold && dialect == Dialect::Openapi
    }

    /// Whether new objects are missing anywhere.
    pub(in crate::simulator) const fn lags(&self) -> bool {
        !self.list_lag.is_zero() || !self.search_lag.is_zero() || self.list_lag_reads > 0
    }

    /// The request as the organization takes it, when that is not as it was sent.
    pub(in crate::simulator) fn rewrite(&self, request: &Request<Bytes>) -> Option<Request<Bytes>> {
        if !self.lower_case_emails || request.method() == http::Method::GET {
            return None;
        }
        let mut body: Map<String, Value> = serde_json::from_slice(request.body()).ok()?;
        for (key, value) in &mut body {
            if let (true, Value::String(text)) = (is_email(key), value) {
                *text = text.to_lowercase();
            }
        }
        Some(with_body(request, &body))
    }

    /// The answer as the organization gives it.
    pub(in crate::simulator) fn dress(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        if !response.status().is_success() {
            return response;
        }
        if self.empty_ok && response.status() == StatusCode::NO_CONTENT {
            *response.status_mut() = StatusCode::OK;
        }
        let changes = self.ids_as_numbers
            || self.booleans_as_strings
            || self.unknown_fields
            || self.days_as_numbers
            || self.missing != Missing::Usual;
        if !changes {
            return response;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) else {
            return response;
        };
        if let Some(data) = listed(&mut body) {
            if let (Missing::Null, Value::Array(items)) = (self.missing, &mut *data) {
                level(items);
            }
            self.object(data);
        } else {
            self.object(&mut body);
        }
        *response.body_mut() = Bytes::from(body.to_string());
        response
    }

    /// Dresses an object, or all of a list, and what is in them.
    fn object(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.object(item)),
            Value::Object(fields) => {
                if self.missing == Missing::Omitted {
                    fields.retain(|_, value| !value.is_null());
                }
                for (key, value) in fields.iter_mut() {
                    if key == "permissions" && self.booleans_as_strings {
                        words(value);
                    }
                    // What people have defined and entered is as it is.
                    if !matches!(key.as_str(), "cf" | "customFields" | "subscriptions") {
                        self.field(key, value);
                    }
                }
                if self.unknown_fields && fields.contains_key("id") {
                    fields.insert("zNewFeature".into(), json!({"id": "0", "modes": [null, 1]}));
                }
            }
            _ => {}
        }
    }

    fn field(&self, key: &str, value: &mut Value) {
        match value {
            Value::Bool(flag) if self.booleans_as_strings && is_flag(key) => {
                *value = Value::String(flag.to_string());
            }
            Value::Number(year) if self.booleans_as_strings && key == "year" => {
                *value = Value::String(year.to_string());
            }
            Value::String(text) if text.is_empty() && self.missing == Missing::Null => {
                *value = Value::Null;
            }
            Value::String(text) => {
                let id = self.ids_as_numbers.then(|| id_number(key, text));
                let day = self.days_as_numbers.then(|| day_number(key, text));
                if let Some(number) = id.flatten().or(day.flatten()) {
                    *value = number;
                }
            }
            Value::Array(items) => {
                for item in items {
                    if item.is_object() || item.is_array() {
                        self.object(item);
                    } else {
                        self.field(key, item);
                    }
                }
            }
            Value::Object(_) => self.object(value),
            _ => {}
        }
    }
}

/// The items of a list: those under `data`, or under the only key.
fn listed(body: &mut Value) -> Option<&mut Value> {
    let body = body.as_object_mut()?;
    if body.contains_key("data") {
        return body.get_mut("data");
    }
    let is_only = body.len() == 1;
    body.values_mut()
        .next()
        .filter(|value| is_only && value.is_array())
}

/// Texts for all flags, however deep they stand.
fn words(value: &mut Value) {
    match value {
        Value::Bool(flag) => *value = Value::String(flag.to_string()),
        Value::Object(fields) => fields.values_mut().for_each(words),
        _ => {}
    }
}

/// Null for what only other items of the list have.
fn level(items: &mut [Value]) {
    let mut keys: Vec<String> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for key in items
        .iter()
        .filter_map(Value::as_object)
        .flat_map(Map::keys)
    {
        if known.insert(key.clone()) {
            keys.push(key.clone());
        }
    }
    for fields in items.iter_mut().filter_map(Value::as_object_mut) {
        for key in &keys {
            if !fields.contains_key(key) {
                fields.insert(key.clone(), Value::Null);
            }
        }
    }
}

/// A request with another body.
pub(super) fn with_body(request: &Request<Bytes>, body: &Map<String, Value>) -> Request<Bytes> {
    let mut changed = request.clone();
    // A map of JSON values always serialises.
    *changed.body_mut() = Bytes::from(serde_json::to_vec(body).unwrap_or_default());
    changed
}

fn is_email(key: &str) -> bool {
    matches!(key, "email" | "emailId" | "secondaryEmail")
}

fn is_flag(key: &str) -> bool {
    // A profile that the system has made.
    key == "default"
        || ["is", "has"]
            .iter()
            .filter_map(|prefix| key.strip_prefix(prefix))
            .any(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// The number of an id, by the name of its field or by its many digits, which no telephone number
/// has.
fn id_number(key: &str, text: &str) -> Option<Value> {
    let is_id = key == "id" || key.ends_with("Id") || key.ends_with("Ids") || text.len() >= 17;
    let is_number = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| is_id && is_number)?;
    Some(json!(number))
}

/// The beginning of a day, by the name of its field and by its form.
fn day_number(key: &str, text: &str) -> Option<Value> {
    let is_day = key.ends_with("Date") || key.ends_with("On");
    let day: Date = text.parse().ok().filter(|_| is_day && text.len() == 10)?;
    let begins = day.to_zoned(TimeZone::UTC).ok()?;
    Some(json!(begins.timestamp().as_millisecond()))
}

/// What lists show other than what is stored.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a reading of its own, chosen or not"
)]
pub(in crate::simulator) struct Sight {
    /// The time of the request under way while new objects are watched.
    now_ms: Option<i64>,
    /// When objects were made that may still be missing from lists.
    born: HashMap<String, Born>,
    /// What the list under way does not show.
    hidden: HashSet<String>,
    /// What of it the list would have shown: each counts as one read.
    missed: RefCell<HashSet<String>>,
    /// Objects that nobody manages, at the front of the lists of their collections.
    strangers: BTreeMap<&'static str, Value>,
    is_listing: bool,
    /// Whether names that are in use are taken again.
    pub(in crate::simulator) takes_duplicates: bool,
    /// Whether sections that an update does not name stay.
    pub(in crate::simulator) merges_sections: bool,
    /// Whether what a change leaves out stays where the change may replace everything.
    pub(in crate::simulator) keeps_left_out: bool,
    /// What every listing counts from, where that is not its own.
    pub(in crate::simulator) pages_from: Option<usize>,
}

/// A new object.
#[derive(Debug, Clone, Copy)]
struct Born {
    at_ms: i64,
    /// How many listings have missed it.
    reads: u32,
}

/// The collections that strangers come to, with the fields that must differ from all others.
///
/// They are those whose lists are long enough for a second page.
const VISITED: [(&str, &[&str]); 6] = [
    ("contacts", &["lastName", "email", "secondaryEmail"]),
    ("accounts", &["accountName", "email"]),
    ("products", &["productName"]),
    ("contracts", &["contractName"]),
    ("agents", &["lastName", "name", "emailId", "email", "zuid"]),
    (
        "departments",
        &["name", "nameInCustomerPortal", "sanitizedName"],
    ),
];

impl Sight {
    /// Takes over how the organization is read where the facts are silent.
    pub(in crate::simulator) fn read_as(&mut self, quirks: &Quirks) {
        self.takes_duplicates = quirks.duplicates_taken;
        self.merges_sections = quirks.sections_merge;
        self.keeps_left_out = quirks.keeps_left_out;
        self.pages_from = quirks.pages_from.map(usize::from);
    }

    /// Begins a request; new objects are watched from now on.
    pub(in crate::simulator) const fn watch(&mut self, now_ms: i64) {
        self.now_ms = Some(now_ms);
    }

    /// Notes a new object.
    pub(in crate::simulator) fn note(&mut self, id: &str) {
        if let Some(now_ms) = self.now_ms {
            let born = Born {
                at_ms: now_ms,
                reads: 0,
            };
            self.born.insert(id.to_owned(), born);
        }
    }

    /// Begins a list.
    pub(in crate::simulator) fn list(&mut self, quirks: &Quirks, is_search: bool, now_ms: i64) {
        self.is_listing = true;
        let age = |lag: Duration| i64::try_from(lag.as_millis()).unwrap_or(i64::MAX);
        let (list, search) = (age(quirks.list_lag), age(quirks.search_lag));
        let longest = list.max(search);
        let reads = quirks.list_lag_reads;
        self.born.retain(|_, born| {
            now_ms.saturating_sub(born.at_ms) < longest || (list == 0 && born.reads < reads)
        });
        let is_late = |born: &Born| {
            let age = now_ms.saturating_sub(born.at_ms);
            if is_search {
                return age < search;
            }
            // Whichever ends first, of those that are set.
            (list > 0 || reads > 0)
                && (list == 0 || age < list)
                && (reads == 0 || born.reads < reads)
        };
        self.hidden = self
            .born
            .iter()
            .filter(|(_, born)| is_late(born))
            .map(|(id, _)| id.clone())
            .collect();
    }

    /// Ends the request.
    pub(in crate::simulator) fn end(&mut self) {
        self.now_ms = None;
        self.is_listing = false;
        self.hidden.clear();
        for id in self.missed.get_mut().drain() {
            if let Some(born) = self.born.get_mut(&id) {
                born.reads = born.reads.saturating_add(1);
            }
        }
    }

    /// Whether the list under way shows an object.
    pub(in crate::simulator) fn shows(&self, object: &Value) -> bool {
        if self.hidden.is_empty() {
            return true;
        }
        match object["id"].as_str() {
            Some(id) if self.hidden.contains(id) => {
                self.missed.borrow_mut().insert(id.to_owned());
                false
            }
            _ => true,
        }
    }

    /// The object in front of the list under way that nobody manages.
    pub(in crate::simulator) fn stranger(&self, collection: &str) -> Option<&Value> {
        if self.is_listing {
            self.strangers.get(collection)
        } else {
            None
        }
    }

    /// Whether an id is that of a stranger.
    pub(in crate::simulator) fn is_stranger(&self, collection: &str, id: &str) -> bool {
        let stranger = self.strangers.get(collection);
        stranger.is_some_and(|stranger| stranger["id"] == id)
    }

    /// Whether strangers are there.
    pub(in crate::simulator) fn has_strangers(&self) -> bool {
        !self.strangers.is_empty()
    }

    /// Takes the strangers away.
    pub(in crate::simulator) fn part(&mut self) {
        self.strangers.clear();
    }

    /// Lets a stranger come to each collection that is not empty: much like its last object.
    pub(in crate::simulator) fn meet<'a>(
        &mut self,
        dialect: Dialect,
        last: impl Fn(&str) -> Option<&'a Value>,
        mut fresh_id: impl FnMut() -> String,
    ) {
        for (collection, distinct) in VISITED {
            let Some(Value::Object(mut stranger)) = last(collection).cloned() else {
                continue;
            };
            let id = fresh_id();
            for field in distinct {
                if !matches!(stranger.get(*field), Some(Value::String(_))) {
                    continue;
                }
                let text = match *field {
                    "email" | "emailId" | "secondaryEmail" => format!("stranger-{id}@example.com"),
                    "zuid" => id.clone(),
                    // Sorts before all others.
                    _ => format!("0 stranger {id}"),
                };
                stranger.insert((*field).to_owned(), Value::String(text));
            }
            stranger.insert("id".into(), Value::String(id));
            let born = "2000-01-01T00:00:00.000Z";
            for field in ["createdTime", "modifiedTime"] {
                if stranger.contains_key(field) {
                    stranger.insert(field.into(), json!(born));
                }
            }
            if stranger.contains_key("isDefault") {
                stranger.insert("isDefault".into(), json!(false));
            }
            if (collection, dialect) == ("agents", Dialect::Openapi) {
                stranger.insert("associatedDepartmentIds".into(), json!([]));
            }
            self.strangers.insert(collection, Value::Object(stranger));
        }
    }
}
