//! The records of a run's journal, and what can be learnt from a journal that has no end.
//!
//! A journal is JSON, one record a line, only ever added to. An intent is durable before its
//! request goes out, so that whatever a killed run may have changed is named in its journal.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use thiserror::Error;

use crate::api::{Method, template};
use crate::kind::{self, Create, Kind};
use crate::state::identity::spelled;
use crate::state::{Address, Key};
use crate::verb::Verb;

/// The version of the journal's form.
pub const FORMAT_VERSION: u64 = 2;

/// Largest record, in bytes of its JSON form.
pub const MAX_RECORD: usize = 4 * 1024 * 1024;

/// Largest journal that is read or written, in bytes.
pub const MAX_JOURNAL: usize = 256 * 1024 * 1024;

/// Longest run id.
const MAX_RUN_ID: usize = 64;

/// Names a run: letters, digits and `_`, so that it may stand in names of files and objects. The
/// ids of [`RunId::new`] sort by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that cannot name a run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` cannot name a run: use 1 to {MAX_RUN_ID} letters, digits and `_`")]
pub struct NotARunId(String);

impl RunId {
    /// An id from the time of the start, in milliseconds since the Unix epoch, and a random number.
    #[must_use]
    pub fn new(at: i64, random: u32) -> Self {
        let time = jiff::Timestamp::from_millisecond(at.max(0)).map_or_else(
            |_| format!("{at:013}"),
            |time| time.strftime("%Y%m%dT%H%M%S%3fZ").to_string(),
        );
        Self(format!("{time}_{random:08x}"))
    }

    /// When the run began, in milliseconds since the Unix epoch; none where the id does not tell.
    #[must_use]
    pub fn began(&self) -> Option<i64> {
        let (time, _) = self.0.split_once('_')?;
        // Those of older releases tell the second alone.
        let time = ["%Y%m%dT%H%M%S%3fZ", "%Y%m%dT%H%M%SZ"]
            .iter()
            .find_map(|form| jiff::civil::DateTime::strptime(form, time).ok())?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(time.timestamp().as_millisecond())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = NotARunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for RunId {
    type Error = NotARunId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_name = (1..=MAX_RUN_ID).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name {
            Ok(Self(text))
        } else {
            Err(NotARunId(text))
        }
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "camelCase")]
pub enum Record {
    /// A run begins; always the first.
    Begin(Begin),
    /// A write is about to be sent.
    Intent(Intent),
    /// The answer to a write is known.
    Outcome(Outcome),
    /// The run has ended in order; nothing is left to find out.
    End(End),
}

/// The beginning of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begin {
    /// [`FORMAT_VERSION`].
    pub format_version: u64,
    /// The run.
    pub run: RunId,
    /// The environment's name.
    pub environment: String,
    /// The organization's id.
    pub org_id: String,
    /// The digest of the plan that is applied.
    pub plan_digest: String,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// A write that is about to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Counts the writes of a run; its outcome has the same.
    pub seq: u64,
    /// The resource.
    pub address: Address,
    /// What the step does.
    pub verb: Verb,
    /// What is sent, without its body.
    pub request: Sent,
    /// The key under which the object is found if the answer is lost: for a part of a resource which
    /// one it is, and nothing where it is secret.
    #[serde(alias = "identity", deserialize_with = "key_or_text")]
    pub key: Key<'static>,
    /// Whether the request makes an object.
    pub create: bool,
    /// What the write is to what a run keeps; see [`Intent::effect`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Who is a member of a new object for a time, by id.
    #[serde(default, rename = "lent", skip_serializing_if = "Option::is_none")]
    pub temporary_member: Option<String>,
    /// Whether the resource must never be removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prevent_destroy: bool,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The non-secret fields as they were before; null where there was nothing.
    pub before: Json,
}

/// What a write is to what a run keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It concerns the resource itself.
    Whole,
    /// It makes a part of a resource that several objects form.
    Part,
    /// It takes a temporary member out.
    Leave,
}

impl Intent {
    /// Tells what the write is to what a run keeps.
    ///
    /// Older releases did not write it down; then the table tells whose path it is.
    #[must_use]
    pub fn effect(&self) -> Effect {
        if let Some(effect) = self.effect {
            return effect;
        }
        let kind = kind::find(self.address.collection);
        for api in kind.into_iter().flat_map(Kind::apis) {
            let is_part = self.create && api.grouping().is_some();
            let posts = matches!(api.create, Create::Post(path) if path == self.request.path);
            if is_part && posts {
                return Effect::Part;
            }
            let leave = api.founders.map(|founders| founders.leave);
            if leave.is_some_and(|template| template::fits(template, &self.request.path)) {
                return Effect::Leave;
            }
        }
        Effect::Whole
    }

    /// Names the part that the write makes, in its own words; none where it makes none, or where it
    /// is not known.
    #[must_use]
    pub fn part(&self) -> Option<&str> {
        let is_part = self.effect() == Effect::Part && !self.key.is_unknown();
        is_part.then_some(&*self.key.name)
    }
}

/// A request without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// The method.
    pub method: Method,
    /// The path below `/api/v1`.
    pub path: String,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The intent's.
    pub seq: u64,
    /// What came of it.
    pub result: Settled,
    /// The object's id, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What went wrong, in words without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was answered, in milliseconds since the epoch; an intent may wait long for a limit.
    /// Nothing in journals of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
}

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Settled {
    /// The server confirmed it.
    Applied,
    /// The server refused it, or it was never sent.
    Failed,
    /// Nobody can say.
    Unknown,
}

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// What a run that did not end in order has left.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfinished {
    /// The run.
    pub run: RunId,
    /// How it began; absent if it was stopped before that was written, and then it sent nothing.
    pub begin: Option<Begin>,
    /// Writes without outcome, and those whose outcome is unknown: each may have happened or not.
    pub intents: Vec<Intent>,
    /// Writes with an outcome, in order. They may be missing in the ledger.
    pub settled: Vec<(Intent, Outcome)>,
    /// Lines that cannot be understood, apart from a half-written last one. The file was damaged if
    /// there are any.
    pub damaged: usize,
}

/// What a journal tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The run ended in order.
    Ended,
    /// It did not.
    Unfinished(Unfinished),
}

/// Understands a journal piece by piece. A piece holds whole lines, save the last one's end.
#[derive(Debug)]
pub struct Reader {
    run: RunId,
    begin: Option<Begin>,
    /// By their numbers; an outcome settles the last of several with one number.
    open: BTreeMap<u64, Vec<Intent>>,
    settled: Vec<(Intent, Outcome)>,
    damaged: usize,
    has_ended: bool,
    newer: Option<u64>,
}

impl Reader {
    /// A reader of a run's journal.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            begin: None,
            open: BTreeMap::new(),
            settled: Vec::new(),
            damaged: 0,
            has_ended: false,
            newer: None,
        }
    }

    /// Reads a piece of untrusted bytes. What is no record is counted and left out.
    pub fn push(&mut self, piece: &[u8]) {
        let mut lines = piece.split_inclusive(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let is_torn = lines.peek().is_none() && !line.ends_with(b"\n");
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let record = if line.len() > MAX_RECORD {
                None
            } else {
                serde_json::from_slice(line).ok()
            };
            match record {
                Some(record) => self.record(record),
                // Half-written: its write was never sent.
                None if is_torn => {}
                None => {
                    self.newer = self.newer.or_else(|| newer(line));
                    self.damaged += 1;
                }
            }
        }
    }

    fn record(&mut self, record: Record) {
        match record {
            Record::Begin(begin) => {
                if begin.format_version > FORMAT_VERSION {
                    self.newer = Some(begin.format_version);
                }
                self.begin.get_or_insert(begin);
            }
            Record::Intent(mut intent) => {
                understand(&intent.address, &mut intent.key);
                self.open.entry(intent.seq).or_default().push(intent);
            }
            // An outcome without intent says nothing that could be looked up.
            Record::Outcome(outcome) => {
                if outcome.result == Settled::Unknown {
                    return;
                }
                if let Some(intent) = self.open.get_mut(&outcome.seq).and_then(Vec::pop) {
                    self.settled.push((intent, outcome));
                }
            }
            Record::End(_) => self.has_ended = true,
        }
    }

    /// What the journal tells.
    ///
    /// # Errors
    ///
    /// The format of a journal that is newer than [`FORMAT_VERSION`].
    pub fn finish(self) -> Result<Reading, u64> {
        if let Some(found) = self.newer {
            return Err(found);
        }
        if self.has_ended {
            return Ok(Reading::Ended);
        }
        Ok(Reading::Unfinished(Unfinished {
            run: self.run,
            begin: self.begin,
            intents: self.open.into_values().flatten().collect(),
            settled: self.settled,
            damaged: self.damaged,
        }))
    }
}

/// The format of a beginning that this version cannot understand, if it is a newer one.
fn newer(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Format {
        record: String,
        format_version: u64,
    }
    if line.len() > MAX_RECORD {
        return None;
    }
    let format: Format = serde_json::from_slice(line).ok()?;
    (format.record == "begin" && format.format_version > FORMAT_VERSION)
        .then_some(format.format_version)
}
/// Reads a key, or the text that format 1 had in its place; see [`understand`].
pub(super) fn key_or_text<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Key<'static>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Key(Key<'static>),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Text(text) => Key::of_name(text),
        Either::Key(key) => key,
    })
}

/// Takes the scope out of a key that format 1 wrote as one text.
///
/// Only custom fields had a scope then, and no module holds a slash.
pub(super) fn understand(address: &Address, key: &mut Key<'static>) {
    if let (Some(kind), true) = (kind::find(address.collection), key.scope.is_empty()) {
        *key = spelled(kind, &key.name.clone()).into_owned();
    }
}
