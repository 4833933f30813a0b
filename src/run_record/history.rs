//! What past runs did: the plan of each, and what came of it.
//!
//! It is kept beside the ledger before the first write goes out, and completed when the run ends; what a
//! killed run came to is learnt from its journal. The plan in it is one as it is saved: no secret is in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use thiserror::Error;

use crate::config::History;
use crate::ledger::journal::{RunId, Settled, Unfinished};
use crate::ledger::{MAX_PAST_RUN, Store, StoreError};
use crate::plan::Plan;
use crate::problem::reason;
use crate::state::Address;
use crate::verb::Verb;

/// The version of the form of what is kept of a run.
pub const FORMAT_VERSION: u32 = 1;

/// How many runs are kept unless a project says otherwise.
pub const DEFAULT_KEEP: usize = 50;

/// For how many days runs are kept unless a project says otherwise.
pub const DEFAULT_DAYS: u64 = 90;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What is kept of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PastRun {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The run.
    pub run: RunId,
    /// A person or a CI job.
    pub who: String,
    /// The machine.
    pub host: String,
    /// When it began to write, in milliseconds since the Unix epoch.
    pub began: i64,
    /// When it ended, in milliseconds since the Unix epoch; none of a run that was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// What it was to do, as a saved plan has it.
    pub plan: Plan,
    /// What came of the steps that were tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<PastResult>,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PastResult {
    /// The resource.
    pub address: Address,
    /// What was to be done.
    pub verb: Verb,
    /// How it ended.
    pub result: Came,
    /// The object's id, where a step made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What went wrong, in words without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a step of a past run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Came {
    /// It was done.
    Applied,
    /// Some of its writes were done, and one was refused.
    Partly,
    /// It was refused.
    Failed,
    /// Nobody knows whether it was done.
    Unknown,
}

impl Came {
    /// Every end.
    pub const ALL: [Self; 4] = [Self::Applied, Self::Partly, Self::Failed, Self::Unknown];

    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Partly => "partly applied",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether something may have been written.
    const fn may_have_written(self) -> bool {
        !matches!(self, Self::Failed)
    }
}

/// Why what is kept of a run cannot be understood.
#[derive(Debug, Error)]
pub enum NotAPastRun {
    /// It is of another version.
    #[error("it is of format version {0}, and this deskform reads version {FORMAT_VERSION} only")]
    Version(u64),
    /// It is no JSON, or JSON of another form.
    #[error("it is damaged: {}", reason::of_json(.0))]
    Form(#[from] serde_json::Error),
}

impl PastRun {
    /// Understands what is kept of a run. The bytes are not trusted.
    ///
    /// # Errors
    /// Another version, and anything that is not of the form.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAPastRun> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            format_version: u64,
        }
        // A run of another version may have any form.
        let Version { format_version } = serde_json::from_slice(bytes)?;
        if format_version != u64::from(FORMAT_VERSION) {
            return Err(NotAPastRun::Version(format_version));
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Whether the run may have written anything to Zoho Desk.
    #[must_use]
    pub fn has_written(&self) -> bool {
        self.results.iter().any(|one| one.result.may_have_written())
    }

    /// Learns from the journal of a killed run what came of its steps.
    pub fn learn(&mut self, run: &Unfinished) {
        let mut came: BTreeMap<(&Address, &str), PastResult> = BTreeMap::new();
        let settled = run.settled.iter();
        let settled = settled.map(|(intent, outcome)| (intent, outcome.result, &outcome.id));
        let open = run.intents.iter();
        let open = open.map(|intent| (intent, Settled::Unknown, &None));
        for (intent, settled, id) in settled.chain(open) {
            let result = match settled {
                Settled::Applied => Came::Applied,
                Settled::Failed => Came::Failed,
                Settled::Unknown => Came::Unknown,
            };
            let id = id.clone().filter(|_| intent.create);
            let entry = came.entry((&intent.address, intent.verb.as_str()));
            let one = entry.or_insert_with(|| PastResult {
                address: intent.address.clone(),
                verb: intent.verb,
                result,
                id: None,
                error: None,
            });
            one.result = match (one.result, result) {
                (Came::Unknown, _) | (_, Came::Unknown) => Came::Unknown,
                (Came::Applied, Came::Applied) => Came::Applied,
                (Came::Failed, Came::Failed) => Came::Failed,
                _ => Came::Partly,
            };
            one.id = id.or(one.id.take());
        }
        self.results = came.into_values().collect();
    }

    /// The same without resources: their steps are taken out, and where others name them stands [`PURGED`].
    #[must_use]
    pub fn without(&self, addresses: &BTreeSet<Address>) -> Option<Self> {
        let words: BTreeSet<String> = addresses.iter().map(ToString::to_string).collect();
        let mut json = serde_json::to_value(self).ok()?;
        purge(&mut json, &words);
        serde_json::from_value(json).ok()
    }

    fn bytes(&self) -> Vec<u8> {
        // Cannot fail: its maps have texts as keys.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Stands where a value named a resource of which nothing is kept any more.
pub const PURGED: &str = "(purged)";

/// The keys under which an item of a list names the resource that it is about.
const ABOUT: [&str; 4] = ["address", "old", "new", "under"];

/// Takes what is about resources out of lists and maps, and their addresses out of texts.
fn purge(json: &mut Json, words: &BTreeSet<String>) {
    let is_named = |named: &Json| named.as_str().is_some_and(|named| words.contains(named));
    let is_about =
        |json: &Json| is_named(json) || ABOUT.iter().filter_map(|key| json.get(key)).any(is_named);
    match json {
        Json::Array(list) => {
            list.retain(|item| !is_about(item));
            for item in list {
                purge(item, words);
            }
        }
        Json::Object(map) => {
            map.retain(|key, _| !words.contains(key));
            for value in map.values_mut() {
                purge(value, words);
            }
        }
        Json::String(text) => {
            for word in words {
                // It stands in sentences and paths, too, and in pointers with its slash escaped.
                for word in [word.as_str(), &word.replace('/', "~1")] {
                    if text.contains(word) {
                        *text = text.replace(word, PURGED);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Takes resources out of everything that is kept of past runs; tells how many runs had them.
///
/// # Errors
/// A place that cannot be read or written.
pub async fn purge_all(store: &Store, addresses: &BTreeSet<Address>) -> Result<usize, StoreError> {
    let mut changed = 0;
    for run in store.past_runs().await? {
        let Some(bytes) = store.past_run(&run).await? else {
            continue;
        };
        let past = PastRun::parse(&bytes).ok();
        let without = past.as_ref().and_then(|past| past.without(addresses));
        match (past, without) {
            (Some(past), Some(without)) if past == without => {}
            (_, Some(without)) => {
                store.keep_past(&run, without.bytes()).await?;
                changed += 1;
            }
            // What cannot be understood may hold anything.
            (_, None) => {
                store.drop_past(&[run]).await?;
                changed += 1;
            }
        }
    }
    Ok(changed)
}

/// How many past runs are kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The latest runs that are kept.
    pub keep: usize,
    /// For how many days.
    pub days: u64,
}

impl From<History> for Retention {
    fn from(history: History) -> Self {
        let keep = history
            .keep
            .map(|keep| usize::try_from(keep).unwrap_or(usize::MAX));
        Self {
            keep: keep.unwrap_or(DEFAULT_KEEP),
            days: history.days.unwrap_or(DEFAULT_DAYS),
        }
    }
}

impl Retention {
    /// Those among runs, the latest first, that are not kept any longer.
    fn surplus(self, runs: &[RunId], now_ms: i64) -> Vec<RunId> {
        let days = i64::try_from(self.days).unwrap_or(i64::MAX);
        let since = now_ms.saturating_sub(days.saturating_mul(DAY_MS));
        let is_old = |run: &RunId| run.began().is_some_and(|began| began < since);
        let all = runs.iter().enumerate();
        let surplus = all.filter(|(place, run)| *place >= self.keep || is_old(run));
        surplus.map(|(_, run)| run.clone()).collect()
    }
}

/// Keeps what a run is about to do, or what it did; one that wrote nothing is not kept.
pub(super) async fn keep(store: &Store, past: &PastRun) -> Result<(), StoreError> {
    if past.ended.is_some() && !past.has_written() {
        return store.drop_past(std::slice::from_ref(&past.run)).await;
    }
    let bytes = past.bytes();
    if bytes.len() > MAX_PAST_RUN {
        tracing::warn!("the run is too large to be kept, so `runs` will not show it");
        return Ok(());
    }
    store.keep_past(&past.run, bytes).await
}

/// Completes what is kept of a killed run by what its journal tells.
pub(super) async fn complete(store: &Store, run: &Unfinished) -> Result<(), StoreError> {
    let Some(bytes) = store.past_run(&run.run).await? else {
        return Ok(());
    };
    // What cannot be understood is told by the command that shows it.
    let Ok(mut past) = PastRun::parse(&bytes) else {
        return Ok(());
    };
    if past.ended.is_some() {
        return Ok(());
    }
    past.learn(run);
    if past.has_written() {
        store.keep_past(&past.run, past.bytes()).await
    } else {
        store.drop_past(std::slice::from_ref(&past.run)).await
    }
}

/// Removes what is kept for too long.
pub(super) async fn tidy(
    store: &Store,
    retention: Retention,
    now_ms: i64,
) -> Result<(), StoreError> {
    let runs = store.past_runs().await?;
    store.drop_past(&retention.surplus(&runs, now_ms)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_number_or_the_days_is_surplus() {
        let day = |n: i64| RunId::new(n * DAY_MS, 0);
        let runs: Vec<RunId> = (0..10).rev().map(day).collect();
        let now_ms = 10 * DAY_MS;
        let surplus = |keep, days| Retention { keep, days }.surplus(&runs, now_ms);
        assert!(surplus(10, 10).is_empty());
        assert_eq!(surplus(8, 90), [day(1), day(0)]);
        assert_eq!(surplus(50, 7), [day(2), day(1), day(0)]);
        assert_eq!(surplus(0, 90), runs);
        let unnamed: RunId = "x".parse().unwrap();
        let other = Retention { keep: 1, days: 1 }.surplus(&[unnamed], now_ms);
        assert!(other.is_empty());
    }
}
