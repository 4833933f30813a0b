//! The plan that shows the tasks: requests, counts, fingerprints.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use std::borrow::Cow;

use crate::codec::Ids;
use crate::dialect::Unit;
use crate::live::Live;
use crate::manifest::Desired;
use crate::parallel::each;
use crate::plan::bound::Bound;
use crate::plan::ownership::Owned;
use crate::plan::record::is_in_scope;
use crate::plan::requests::Op;
use crate::plan::shown::shown_value;
use crate::plan::task::Task;
use crate::plan::{ABSENT, Changes, FORMAT_VERSION, Options, Plan, RequestLine, Step, Summary};
use crate::state::{Address, Body};
use crate::verb::Verb;
use foldhash::{HashMap, HashMapExt as _, HashSet};

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
    fn wire_name(&self, address: &Address) -> Option<String> {
        Some(
            self.0
                .wire_name(address)
                .unwrap_or_else(|| format!("{{{address}}}")),
        )
    }
}

pub(super) fn summarise(
    desired: &Desired,
    bound: &Bound,
    owned: &Owned,
    live: &Live,
    options: &Options,
    tasks: &mut [Task],
) -> Plan {
    let steps = shown_steps(tasks, live);
    let tasks = &*tasks;
    let mut summary = Summary::default();
    let mut touched: HashMap<Verb, HashSet<&Address>> = HashMap::new();
    for task in tasks {
        summary.calls += task.ops.len();
        summary.credits += task.credits;
        match task.verb {
            Verb::Manual => summary.manual += 1,
            verb => {
                touched.entry(verb).or_default().insert(&task.address);
            }
        }
    }
    let count = |verb: Verb| touched.get(&verb).map_or(0, HashSet::len);
    summary.create = count(Verb::Create);
    // What is created and then left by a temporary member counts once.
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
    let busy: HashSet<&Address> = tasks.iter().map(|task| &task.address).collect();
    let unchanged = bound.rows.objects().filter(|(row, _)| {
        !busy.contains(&row.address)
            && !row.not_compared
            && is_in_scope(&options.targets, &row.address)
    });
    summary.unchanged = unchanged.count();
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
                let print = fingerprint(address, bound.rows.live(address), live);
                (address.clone(), print)
            })
            .collect(),
        steps,
        acknowledged: owned.acknowledged.clone(),
        no_longer_declared: Vec::new(),
        not_compared: bound
            .rows
            .not_compared()
            .into_iter()
            .filter(|address| {
                options.targets.is_empty()
                    || options.targets.contains(address)
                    || busy.contains(address)
            })
            .map(ToString::to_string)
            .collect(),
        refused: Vec::new(),
    }
}

/// The steps as they are shown, with their costs told to the tasks. What only readers need moves
/// there: remarks, and the changes of creations, which have nothing before them.
fn shown_steps(tasks: &mut [Task], live: &Live) -> Vec<Step> {
    for task in &mut *tasks {
        task.credits = match live.dialect.unit() {
            Unit::Credits => task.ops.iter().map(Op::credits).sum(),
            Unit::Calls => 0,
        };
    }
    let steps = each(tasks, |_, task| {
        let remarks = task.remarks.as_deref().cloned().unwrap_or_default();
        Step {
            address: task.address.clone(),
            verb: task.verb,
            adopted: remarks.adopted,
            changes: task.changes.clone(),
            after: after(task, tasks),
            requests: requests(task, live),
            credits: task.credits,
            effects: remarks.effects,
            instruction: remarks.instruction,
        }
    });
    for task in tasks {
        task.remarks = None;
        if task.verb == Verb::Create {
            task.changes = Changes::default();
        }
    }
    steps
}

/// The resources whose steps come before a task.
fn after(task: &Task, tasks: &[Task]) -> Vec<Address> {
    let before = task
        .prerequisites
        .iter()
        .filter_map(|index| tasks.get(*index));
    let mut after: Vec<Address> = Vec::with_capacity(task.prerequisites.len());
    after.extend(before.map(|task| task.address.clone()));
    after.sort_unstable();
    after.dedup();
    after
}

fn requests(task: &Task, live: &Live) -> Vec<RequestLine> {
    let context = task.context(live.dialect);
    let mut requests = Vec::with_capacity(task.ops.len());
    let lines = task
        .ops
        .iter()
        .filter_map(|op| op.line(&context, &Symbolic(live)).ok());
    requests.extend(lines.map(|(method, path)| RequestLine { method, path }));
    requests
}

/// What was live of one resource, as a digest; `absent` when it was proved not to exist.
fn fingerprint(address: &Address, body: Option<&Body>, live: &Live) -> Cow<'static, str> {
    let Some(body) = body else {
        return Cow::Borrowed(ABSENT);
    };
    let fields: Map<String, Json> = body
        .iter()
        .filter(|(_, value)| !value.is_secret())
        .map(|(name, value)| (name.to_owned(), shown_value(value)))
        .collect();
    let text = serde_json::to_string(&(live.id(address), fields)).unwrap_or_default();
    let digest = Sha256::digest(text.as_bytes());
    let digest = digest
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            use std::fmt::Write;
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
    Cow::Owned(digest)
}
