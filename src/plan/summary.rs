//! The plan that shows the tasks: requests, counts, fingerprints.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::api::Dialect;
use crate::live::Live;
use crate::live::convert::Ids;
use crate::manifest::Desired;
use crate::plan::bind::Bound;
use crate::plan::own::Owned;
use crate::plan::requests::Context;
use crate::plan::shown::shown_value;
use crate::plan::tasks::Task;
use crate::plan::{ABSENT, FORMAT_VERSION, Options, Plan, RequestLine, Step, Summary, Verb};
use crate::state::{Address, Resource};

/// Ids as far as they are known; what is not known yet stands as `{collection/handle}`.
struct Symbolic<'a>(&'a Live);

impl Ids for Symbolic<'_> {
    fn id(&self, address: &Address) -> Option<String> {
        Some(
            self.0
                .id(address)
                .unwrap_or_else(|| format!("{{{address}}}")),
        )
    }
    fn api_name(&self, address: &Address) -> Option<String> {
        Some(
            self.0
                .api_name(address)
                .unwrap_or_else(|| format!("{{{address}}}")),
        )
    }
}

pub(super) fn with_requests(mut tasks: Vec<Task>, live: &Live) -> Vec<Task> {
    let addresses: Vec<Address> = tasks.iter().map(|task| task.step.address.clone()).collect();
    for task in &mut tasks {
        let context = Context {
            kind: task.kind,
            dialect: live.dialect,
            address: &task.step.address,
            body: &task.body,
            named: &task.named,
        };
        task.step.requests = task
            .ops
            .iter()
            .filter_map(|op| op.line(&context, &Symbolic(live)).ok())
            .map(|(method, path)| RequestLine { method, path })
            .collect();
        task.step.credits = match live.dialect {
            Dialect::Openapi => task.ops.iter().map(|op| op.credits(task.kind)).sum(),
            Dialect::Guide => 0,
        };
        let mut after: Vec<Address> = task
            .prerequisites
            .iter()
            .filter_map(|index| addresses.get(*index).cloned())
            .collect();
        after.sort();
        after.dedup();
        task.step.after = after;
    }
    tasks
}

pub(super) fn summarise(
    desired: &Desired,
    bound: &Bound,
    owned: &Owned,
    live: &Live,
    options: &Options,
    tasks: &mut [Task],
) -> Plan {
    let steps = shown_steps(tasks);
    let tasks = &*tasks;
    let mut summary = Summary::default();
    let mut touched: HashMap<Verb, HashSet<&Address>> = HashMap::new();
    for task in tasks {
        summary.calls += task.ops.len();
        summary.credits += task.step.credits;
        match task.step.verb {
            Verb::Manual => summary.manual += 1,
            verb => {
                touched.entry(verb).or_default().insert(&task.step.address);
            }
        }
    }
    let count = |verb: Verb| touched.get(&verb).map_or(0, HashSet::len);
    summary.create = count(Verb::Create);
    // A department that is created and then left by the acting agent counts once.
    let created = touched.get(&Verb::Create);
    summary.update = touched.get(&Verb::Update).map_or(0, |updated| {
        updated
            .iter()
            .filter(|address| created.is_none_or(|created| !created.contains(*address)))
            .count()
    });
    summary.replace = count(Verb::Replace);
    summary.delete = count(Verb::Delete);
    summary.disable = count(Verb::Disable);
    let busy: HashSet<&Address> = tasks.iter().map(|task| &task.step.address).collect();
    let (adopted, unchanged): (Vec<_>, Vec<_>) = bound
        .live
        .keys()
        .filter(|address| !busy.contains(*address) && !owned.not_compared.contains(*address))
        .partition(|address| options.ledger.is_some() && !bound.known.contains(*address));
    summary.adopted = adopted.len();
    summary.unchanged = unchanged.len();
    Plan {
        format_version: FORMAT_VERSION,
        environment: options.environment.clone(),
        org_id: options.org_id.clone(),
        dialect: live.dialect,
        digest: desired.digest.clone(),
        allow_deletes: options.limits.allow_deletes,
        targets: options.targets.iter().map(ToString::to_string).collect(),
        summary,
        forecast: None,
        fingerprints: busy
            .iter()
            .copied()
            .map(|address| {
                (
                    address.to_string(),
                    fingerprint(address, owned.live.get(address), live),
                )
            })
            .collect(),
        steps,
        acknowledged: owned.acknowledged.clone(),
        not_compared: owned
            .not_compared
            .iter()
            .filter(|address| {
                options.targets.is_empty()
                    || options.targets.contains(*address)
                    || busy.contains(*address)
            })
            .map(ToString::to_string)
            .collect(),
    }
}

/// The steps as they are shown. What only readers need moves there: the prerequisites by address, the
/// requests, and the changes of creations, which have nothing before them.
fn shown_steps(tasks: &mut [Task]) -> Vec<Step> {
    tasks
        .iter_mut()
        .map(|task| {
            let changes = match task.step.verb {
                Verb::Create => std::mem::take(&mut task.step.changes),
                _ => task.step.changes.clone(),
            };
            let after = std::mem::take(&mut task.step.after);
            let requests = std::mem::take(&mut task.step.requests);
            Step {
                changes,
                after,
                requests,
                ..task.step.clone()
            }
        })
        .collect()
}

/// What was live of one resource, as a digest; `absent` when it was proved not to exist.
fn fingerprint(address: &Address, resource: Option<&Resource>, live: &Live) -> String {
    let Some(resource) = resource else {
        return ABSENT.to_owned();
    };
    let fields: Map<String, Json> = resource
        .body
        .iter()
        .filter(|(_, value)| !value.is_secret())
        .map(|(name, value)| (name.to_owned(), shown_value(value)))
        .collect();
    let text = serde_json::to_string(&(live.id(address), fields)).unwrap_or_default();
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            use std::fmt::Write;
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
