//! The plan that shows the tasks: requests, counts, fingerprints.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use std::borrow::Cow;

use crate::codec::Ids;
use crate::dialect::Unit;
use crate::kind::{Kind, Target, find};
use crate::live::Live;
use crate::manifest::Desired;
use crate::parallel::each;
use crate::plan::bound::Bound;
use crate::plan::ownership::Owned;
use crate::plan::referrers;
use crate::plan::requests::Op;
use crate::plan::risk::Stakes;
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
    fn label(&self, address: &Address) -> Option<String> {
        self.0.label(address)
    }
    fn id_of_key(&self, target: &Target, key: &str) -> Option<String> {
        let known = self.0.id_of_key(target, key);
        Some(known.unwrap_or_else(|| format!("{{{key}}}")))
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
    let steps = shown_steps(tasks, bound, live, options);
    let tasks = &*tasks;
    let count = |verb: Verb| steps.iter().filter(|step| step.verb == verb).count();
    let mut summary = Summary {
        create: count(Verb::Create),
        update: count(Verb::Update),
        replace: count(Verb::Replace),
        delete: count(Verb::Delete),
        disable: count(Verb::Disable),
        manual: count(Verb::Manual),
        calls: tasks.iter().map(|task| task.ops.len()).sum(),
        credits: tasks.iter().map(|task| task.credits).sum(),
        ..Summary::default()
    };
    let busy: HashSet<&Address> = tasks.iter().map(|task| &task.address).collect();
    let unchanged = bound.rows.objects().filter(|(row, _)| {
        let is_compared = !row.not_compared && !row.unanswered;
        !busy.contains(&row.address) && is_compared && options.looks_at(&row.address)
    });
    summary.unchanged = unchanged.count();
    Plan {
        format_version: FORMAT_VERSION,
        environment: options.environment.clone(),
        org_id: options.org_id.clone(),
        dialect: live.dialect,
        digest: desired.digest.clone(),
        made: None,
        warnings: Vec::new(),
        allow_deletes: options.limits.allow_deletes,
        targets: options.targets.clone(),
        summary,
        forecast: None,
        // What a check counts may move without making a plan stale: nothing is written for it.
        fingerprints: busy
            .iter()
            .copied()
            .filter(|address| !find(address.collection).is_some_and(Kind::is_check))
            .map(|address| {
                let print = fingerprint(address, bound.rows.live(address), live);
                (address.clone(), print)
            })
            .collect(),
        steps,
        acknowledged: owned.acknowledged.clone(),
        alike: Vec::new(),
        no_longer_declared: Vec::new(),
        taken_over: Vec::new(),
        moved_handles: Vec::new(),
        gone: Vec::new(),
        fields_left: Vec::new(),
        owns_nothing_yet: false,
        ledger_serial: None,
        not_compared: bound
            .rows
            .not_compared()
            .into_iter()
            .filter(|address| options.looks_at(address) || busy.contains(address))
            .map(ToString::to_string)
            .collect(),
        refused: Vec::new(),
    }
}

/// The steps as they are shown, with their costs told to the tasks. What only readers need moves
/// there: remarks, and the changes of creations, which have nothing before them.
fn shown_steps(tasks: &mut [Task], bound: &Bound, live: &Live, options: &Options) -> Vec<Step> {
    for task in &mut *tasks {
        task.credits = match live.dialect.unit() {
            Unit::Credits => task.ops.iter().map(Op::credits).sum(),
            Unit::Calls => 0,
        };
    }
    let stakes = Stakes::of(tasks, &bound.rows, live);
    let referrers = referrers::of_removed(tasks, &bound.rows, live);
    let mut steps = each(tasks, |_, task| {
        let remarks = task.remarks.as_deref().cloned().unwrap_or_default();
        let referred_by = referrers.get(&task.address).cloned();
        Step {
            address: task.address.clone(),
            verb: task.verb,
            adopted: remarks.adopted,
            changes: task.changes.clone(),
            after: after(task, tasks),
            requests: requests(task, live),
            credits: task.credits,
            origin: None,
            restores: remarks.restores,
            needed: !options.looks_at(&task.address),
            referred_by: referred_by.filter(|_| referrers::removes(task, &bound.rows)),
            risk: stakes.at(task),
            effects: remarks.effects,
            instruction: remarks.instruction,
        }
    });
    if tasks.iter().any(Task::ends) {
        put_ends_together(tasks, &mut steps);
    }
    for task in tasks {
        task.remarks = None;
        if task.verb == Verb::Create {
            task.changes = Changes::default();
        }
    }
    steps
}

/// Puts what ends the step of another task to that step.
fn put_ends_together(tasks: &[Task], steps: &mut Vec<Step>) {
    let mut places: HashMap<&Address, usize> = HashMap::new();
    for (index, task) in tasks.iter().enumerate().filter(|(_, task)| task.is_step()) {
        places.entry(&task.address).or_insert(index);
    }
    let mut moved = vec![false; steps.len()];
    for (index, task) in tasks.iter().enumerate().filter(|(_, task)| task.ends()) {
        let Some(place) = places.get(&task.address) else {
            continue;
        };
        let Some(end) = steps.get_mut(index) else {
            continue;
        };
        let (requests, credits) = (std::mem::take(&mut end.requests), end.credits);
        if let Some(step) = steps.get_mut(*place) {
            step.requests.extend(requests);
            step.credits += credits;
        }
        if let Some(moved) = moved.get_mut(index) {
            *moved = true;
        }
    }
    let mut moved = moved.into_iter();
    steps.retain(|_| !moved.next().unwrap_or_default());
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
