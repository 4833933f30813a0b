//! Whatever goes wrong at whichever request: the rest goes on, and the next run converges.

#![expect(clippy::expect_used, reason = "a module of a test binary")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use deskform::apply::event::{Event, Outcome, Tally};
use deskform::apply::recover::{MAX_CREATIONS, MAX_EXPLAINED};
use deskform::clock::Clock;
use deskform::dialect::Dialect;
use deskform::kind::{self, Api, Create};
use deskform::manifest::Sources;
use deskform::plan::Step;
use deskform::plan::task::Task;
use deskform::simulator::{Fate, Simulator, SimulatorTransport};
use deskform::state::Address;
use deskform::verb::Verb;
use deskform::yaml::source::Source;
use http::{Method, Request, Response};

use super::common::{Desk, NOW_MS};
use super::{
    ensure, environment, export_text, no_duplicates, random, registry, run, secrets, simulator,
    work,
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It is refused as invalid.
    Refused,
    /// The server fails, each time it is sent.
    Broken,
    /// The server fails once.
    BrokenOnce,
    /// It does not leave, each time it is sent.
    NotSent,
    /// It does not leave once.
    NotSentOnce,
    /// It is carried out, and the answer is lost.
    Lost,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::Refused,
        Self::Broken,
        Self::BrokenOnce,
        Self::NotSent,
        Self::NotSentOnce,
        Self::Lost,
    ];

    fn fate(self) -> Fate {
        let answer = |status: u16, body: &'static str| {
            let answer = Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .body(Bytes::from_static(body.as_bytes()));
            Fate::Answer(answer.expect("an answer"))
        };
        match self {
            Self::Refused => answer(
                422,
                r#"{"errorCode":"UNPROCESSABLE_ENTITY","message":"Not today"}"#,
            ),
            Self::Broken | Self::BrokenOnce => answer(
                500,
                r#"{"errorCode":"INTERNAL_SERVER_ERROR","message":"Something went wrong"}"#,
            ),
            Self::NotSent | Self::NotSentOnce => Fate::NotSent,
            Self::Lost => Fate::LoseAnswer,
        }
    }

    const fn lasts(self) -> bool {
        matches!(self, Self::Broken | Self::NotSent)
    }

    /// What a step comes to at worst.
    const fn end(self, posts: Posts) -> End {
        match (self, posts) {
            (Self::Refused | Self::NotSent, _) | (Self::Broken, Posts::Nothing) => End::Failed,
            (Self::Broken, Posts::Something) => End::Unknown,
            // What a lost answer made is found in the listing, or in the object that has it.
            (Self::NotSentOnce | Self::BrokenOnce | Self::Lost, _) => End::Applied,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Applied,
    Failed,
    Unknown,
}

/// The request that a fault has hit, with how often it was sent.
#[derive(Default)]
struct Hit {
    seen: usize,
    request: Option<(Method, String, Bytes)>,
    sent: usize,
}

/// Lets the n-th request of those that count fail, from 0.
fn failing(
    simulator: &Arc<Mutex<Simulator>>,
    clock: Clock,
    n: usize,
    fault: Fault,
    counts: fn(&Request<Bytes>) -> bool,
) -> (SimulatorTransport, Arc<Mutex<Hit>>) {
    let hit = Arc::new(Mutex::new(Hit::default()));
    let shared = Arc::clone(&hit);
    let transport =
        SimulatorTransport::new(Arc::clone(simulator), clock).with_fate(move |request| {
            if request.uri().path().contains("/oauth/") || !counts(request) {
                return Fate::Deliver;
            }
            let this = (
                request.method().clone(),
                request.uri().to_string(),
                request.body().clone(),
            );
            let mut hit = shared.lock().expect("it");
            if hit.request.as_ref() == Some(&this) {
                hit.sent += 1;
                return if fault.lasts() {
                    fault.fate()
                } else {
                    Fate::Deliver
                };
            }
            hit.seen += 1;
            if hit.seen == n + 1 {
                hit.request = Some(this);
                hit.sent = 1;
                return fault.fate();
            }
            Fate::Deliver
        });
    (transport, hit)
}

fn is_write(request: &Request<Bytes>) -> bool {
    request.method() != Method::GET
}

/// What is there before.
const BEFORE: &str = "
departments: {Kept: {description: Old}, Off: {isEnabled: false}, Old Team: {}}
customFields:
  region: {module: contacts, displayLabel: Region, type: Text, maxLength: 20}
  remade: {module: accounts, displayLabel: Remade, type: Text, maxLength: 20}
accounts: {Old Corporation: {phone: '1'}, Known Corporation: {cf: {remade: before}}}
contacts:
  old@example.com: {lastName: Old}
  known@example.com: {lastName: Known, phone: '1', account: Old Corporation, cf: {region: EMEA}}
webhooks:
  old: {url: https://hooks.example.com/old, subscriptions: {Ticket_Add: {}, Contact_Add: {}}}
  known: {url: https://hooks.example.com/known, subscriptions: {Ticket_Add: {}, Account_Add: {}}}
  moving: {url: https://hooks.example.com/moving, subscriptions: {Ticket_Add: {}, Account_Add: {}}}
";

/// What is wanted, in both dialects.
const AFTER: &str = "
departments:
  Kept: {description: New}
  'Off': {}
  Billing: {description: Bills}
  Night: {isEnabled: false}
customFields:
  region: {module: contacts, displayLabel: Region, type: Text, maxLength: 20, toolTip: Where}
  remade: {module: accounts, displayLabel: Remade, type: Textarea, lifecycle: {replace: true}}
  tier: {module: accounts, displayLabel: Tier, type: Text, maxLength: 20}
accounts:
  Known Corporation: {phone: '2', cf: {remade: again, tier: Gold}}
  New Corporation: {website: 'https://www.example.com', cf: {tier: Silver}}
contacts:
  known@example.com: {lastName: Known, phone: '2', account: New Corporation, cf: {region: APAC}}
  new@example.com: {lastName: New, account: Known Corporation}
  newer@example.com: {lastName: Newer, account: New Corporation}
webhooks:
  known: {url: https://hooks.example.com/known, subscriptions: {Ticket_Add: {}, Account_Update: {}}}
  new: {url: https://hooks.example.com/new, subscriptions: {Ticket_Add: {}, Contact_Add: {}, Contact_Update: {}}}
removed:
  departments: [Old Team]
  accounts: [Old Corporation]
  contacts: [old@example.com]
";

const AGENTS_BEFORE: [&str; 2] = [
    "
roles: {Lead: {shareDataWithPeers: true}, Old Role: {reportsTo: Lead, shareDataWithPeers: false}}
agents:
  kept@example.com: {lastName: Kept, rolePermissionType: Light, departments: [Kept, Old Team]}
  gone@example.com: {lastName: Gone, rolePermissionType: Light, departments: [Kept]}
ruleGroups: {MACRO of tickets: {engine: MACRO, module: tickets, departments: {Example Company: ACTIVE}}}
",
    "
agents:
  kept@example.com: {lastName: Kept}
  gone@example.com: {lastName: Gone}
slas: {Known: {responseTime: {businessHours: 4}}, Old: {}}
",
];

const AGENTS_AFTER: [&str; 2] = [
    "
roles:
  Lead: {shareDataWithPeers: false}
  Expert: {reportsTo: Lead, shareDataWithPeers: true}
  Junior: {reportsTo: Expert, shareDataWithPeers: true}
agents:
  kept@example.com: {lastName: Kept, rolePermissionType: Custom, role: Junior, profile: {lookup: Agent}, departments: [Kept]}
  new@example.com: {lastName: New, rolePermissionType: Light, departments: [Billing, Night]}
ruleGroups: {MACRO of tickets: {engine: MACRO, module: tickets, departments: {Example Company: INACTIVE}}}
removed:
  roles: [Old Role]
  agents: [gone@example.com]
  webhooks: [old]
webhooks:
  moving: {url: https://hooks.example.com/a-path-that-is-longer-than-the-hundred-characters-that-an-update-of-a-webhook-takes, subscriptions: {Ticket_Add: {}}}
",
    "
agents:
  kept@example.com: {lastName: Kept, status: DISABLED}
  new@example.com: {firstName: Brand, lastName: New}
webhooks:
  moving: {url: https://hooks.example.com/moved, subscriptions: {Ticket_Add: {}}, lifecycle: {renamedFrom: https://hooks.example.com/moving}}
slas: {Known: {responseTime: {businessHours: 8}}, New: {isDefault: true, resolutionTime: {calendarHours: 48}}}
removed:
  agents: [gone@example.com]
  slas: [Old]
  webhooks: ['https://hooks.example.com/old']
",
];

/// What the manifests of this file say in a dialect, and what is drawn of the kinds they leave out.
fn sources(dialect: Dialect, time: usize) -> Sources {
    let own = usize::from(dialect == Dialect::Guide);
    let texts = [[BEFORE, AGENTS_BEFORE[own]], [AFTER, AGENTS_AFTER[own]]];
    let mut sources = random::rest(dialect, &texts[1])[time].sources();
    let [shared, own] = texts[time];
    let written = [
        Source::new("shared.yaml", shared.as_bytes()),
        Source::new("own.yaml", own.as_bytes()),
    ];
    sources.base.splice(0..0, written);
    sources
}

async fn desk(dialect: Dialect, sources: Sources, simulator: &Arc<Mutex<Simulator>>) -> Desk {
    Desk::with(
        environment(dialect, "700001"),
        sources,
        secrets(),
        Arc::clone(simulator),
    )
    .await
}

fn wanted(dialect: Dialect) -> Sources {
    sources(dialect, 1)
}

/// An organization as it is before.
async fn before(dialect: Dialect) -> Arc<Mutex<Simulator>> {
    let simulator = simulator(dialect, &["700001"]);
    let desk = desk(dialect, sources(dialect, 0), &simulator).await;
    let ready = desk.plan().await.expect("a plan");
    super::applied(&desk, &ready).await.expect("applied");
    simulator
}

/// The organization as text.
///
/// Ids are left out: they follow the order in which things were made. So are the departments of
/// the acting agent: where a run ends before it has left a department that it founded, nothing
/// but the report of that run tells that it was not a member before.
async fn picture(desk: &Desk) -> Result<String, String> {
    let text = export_text(desk).await?;
    let mut out = String::new();
    let (mut is_acting, mut is_left_out) = (false, false);
    for line in text.lines() {
        if !line.starts_with("   ") {
            is_acting = line.trim_start().starts_with("admin@");
        }
        // A long list goes on below its key.
        is_left_out &= line.trim_start().starts_with("- ");
        if is_left_out {
            continue;
        }
        let _ = match line.split_once("id:") {
            Some((start, _)) => writeln!(out, "{start}id"),
            None if is_acting && line.trim_start().starts_with("departments:") => {
                is_left_out = true;
                Ok(())
            }
            None => writeln!(out, "{line}"),
        };
    }
    Ok(out)
}

/// What a run without faults comes to, and how many writes it takes.
async fn reference(dialect: Dialect) -> (String, usize) {
    let simulator = before(dialect).await;
    let desk = desk(dialect, wanted(dialect), &simulator).await;
    let ready = desk.plan().await.expect("a plan");
    let steps = &ready.planned.plan.steps;
    let own = usize::from(dialect == Dialect::Guide);
    let of_this_file =
        |step: &&Step| random::is_declared(step.address.collection, &[AFTER, AGENTS_AFTER[own]]);
    let written = steps.iter().filter(of_this_file).count();
    assert!((22..=32).contains(&written), "{dialect}: {written} steps");
    for kind in registry::kinds(dialect) {
        let has_step = |step: &Step| step.address.collection == kind.collection;
        let is_there = steps.iter().any(has_step);
        let by_hand = kind
            .api(dialect)
            .is_some_and(|api| matches!(api.create, Create::Manual(_)));
        assert!(
            is_there || by_hand || kind.is_check(),
            "{dialect}: no fault befalls a step of {}",
            kind.collection
        );
    }
    super::applied(&desk, &ready).await.expect("applied");
    let picture = picture(&desk).await.expect("a picture");
    (picture, ready.planned.plan.summary.calls)
}

/// What a person writes whom a refusal tells that the webhooks at both URLs exist.
fn moved() -> Source {
    let moving = ", lifecycle: {renamedFrom: https://hooks.example.com/moving}";
    let old = "webhooks: ['https://hooks.example.com/old'";
    let text = AGENTS_AFTER[1]
        .replace(moving, "")
        .replace(old, &format!("{old}, 'https://hooks.example.com/moving'"));
    Source::new("own.yaml", text.as_bytes())
}

/// Runs again, without faults, until there is nothing to do.
async fn converges(
    dialect: Dialect,
    simulator: &Arc<Mutex<Simulator>>,
    picture_wanted: &str,
) -> Result<(), String> {
    // A removal that was sent twice was refused the second time.
    simulator.lock().expect("it").reset_statistics();
    let mut desk = desk(dialect, wanted(dialect), simulator).await;
    let ready = match desk.plan().await {
        Ok(ready) => ready,
        // Without a ledger nobody knows that the webhook at the old URL was about to go: the refusal
        // says how to say so.
        Err(refusal) if dialect == Dialect::Guide && refusal.contains("removed: {webhooks: [") => {
            desk.sources.base[1] = moved();
            desk.plan().await?
        }
        Err(refusal) => return Err(refusal),
    };
    super::applied(&desk, &ready).await?;
    let left = work(&desk.plan().await?.planned.plan);
    ensure!(left.is_empty(), "planned after the next run: {left:#?}");
    no_duplicates(&desk)?;
    let violations = desk.violations();
    ensure!(violations.is_empty(), "{violations:?}");
    let found = picture(&desk).await?;
    let diff = similar::TextDiff::from_lines(picture_wanted, &found);
    ensure!(
        found == picture_wanted,
        "it did not come to what a run without faults comes to:\n{}",
        diff.unified_diff().context_radius(3)
    );
    Ok(())
}

/// The steps that cannot be done when these are not.
fn dependents(tasks: &[Task], bad: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut out = bad.clone();
    // Prerequisites come first in a plan, so that one pass is enough.
    for (index, task) in tasks.iter().enumerate() {
        if task.prerequisites.iter().any(|needed| out.contains(needed)) {
            out.insert(index);
        }
    }
    out.difference(bad).copied().collect()
}

/// The tasks that end the step of another one, by that one.
fn ends(tasks: &[Task]) -> BTreeMap<usize, usize> {
    let ends = tasks.iter().enumerate().filter(|(_, task)| task.ends());
    let begins = |end: &Task| {
        let mut tasks = tasks.iter();
        tasks.position(|task| task.address == end.address && task.is_step())
    };
    ends.filter_map(|(end, task)| Some((begins(task)?, end)))
        .collect()
}

/// What a step came to that another task ends.
enum Half {
    /// All of it is done, or the run was stopped.
    Good,
    /// It was not begun.
    Skipped,
    /// One of the two went wrong, or, where this says so, the end waits for what did.
    Broken(bool),
}

fn half(address: &Address, outcome: &Outcome, end: End) -> Result<Half, String> {
    match outcome {
        Outcome::Failed { error, .. } if error.contains("has not left it") => {
            Ok(Half::Broken(true))
        }
        Outcome::Failed { error, .. } => {
            ensure!(end == End::Failed, "{address} failed: {error}");
            Ok(Half::Broken(false))
        }
        Outcome::Unknown { error, .. } => {
            ensure!(end == End::Unknown, "{address} is unknown: {error}");
            Ok(Half::Broken(false))
        }
        Outcome::Skipped { .. } => Ok(Half::Skipped),
        Outcome::Applied { .. } | Outcome::Stopped => Ok(Half::Good),
    }
}

/// Finds out which half of a step went wrong: what depends on the first one tells.
fn blame(
    tasks: &[Task],
    mut halves: Vec<(usize, usize, bool)>,
    bad: &mut BTreeSet<usize>,
    skipped: &mut BTreeSet<usize>,
) {
    halves.sort_by_key(|(_, _, waits)| !waits);
    for (first, last, waits) in halves {
        let mut others = dependents(tasks, &BTreeSet::from([first]));
        others.remove(&last);
        others.retain(|index| tasks[*index].verb != Verb::Manual);
        if waits {
            // What it ends was done; what it waited for was not.
            skipped.insert(last);
        } else if others.is_subset(skipped) {
            bad.insert(first);
            skipped.insert(last);
        } else {
            bad.insert(last);
        }
    }
}

/// The run did all it could, and says why it did not do the rest.
fn accounted(tasks: &[Task], events: &[Event], end: End) -> Result<(), String> {
    let mut bad = BTreeSet::new();
    let mut skipped = BTreeSet::new();
    let mut open: BTreeSet<usize> = (0..tasks.len()).collect();
    // Of a step that another task ends the two are told of at once.
    let ends = ends(tasks);
    for end in ends.values() {
        open.remove(end);
    }
    let mut halves = Vec::new();
    let mut tally = Tally::default();
    for event in events {
        let Event::StepFinished {
            address,
            verb,
            outcome,
        } = event
        else {
            if let Event::Finished { report } = event {
                tally = *report;
            }
            continue;
        };
        let index = open
            .iter()
            .copied()
            .find(|index| tasks[*index].address == *address && tasks[*index].verb == *verb)
            .ok_or_else(|| format!("{address} ended twice"))?;
        open.remove(&index);
        if let Some(last) = ends.get(&index) {
            match half(address, outcome, end)? {
                Half::Broken(waits) => {
                    halves.push((index, *last, waits));
                    continue;
                }
                Half::Skipped => {
                    skipped.insert(*last);
                }
                Half::Good => {}
            }
        }
        match outcome {
            Outcome::Applied { .. } => {}
            Outcome::Failed { error, .. } => {
                ensure!(end == End::Failed, "{address} failed: {error}");
                bad.insert(index);
            }
            Outcome::Unknown { error, .. } => {
                ensure!(end == End::Unknown, "{address} is unknown: {error}");
                bad.insert(index);
            }
            Outcome::Skipped { because } => {
                ensure!(
                    tasks[index]
                        .prerequisites
                        .iter()
                        .any(|needed| tasks[*needed].address == *because),
                    "{address} was skipped because of {because}, which it does not need"
                );
                skipped.insert(index);
            }
            Outcome::Stopped => return Err(format!("{address} was stopped")),
        }
    }
    let waited = halves.iter().filter(|(_, _, waits)| *waits).count();
    blame(tasks, halves, &mut bad, &mut skipped);
    let silent: Vec<_> = open
        .iter()
        .filter(|index| tasks[**index].verb != Verb::Manual)
        .map(|index| &tasks[*index].address)
        .collect();
    ensure!(silent.is_empty(), "nothing was said of {silent:?}");
    let expected = usize::from(end != End::Applied);
    ensure!(bad.len() == expected, "{} steps went wrong", bad.len());
    let manual: BTreeSet<usize> = open;
    let needed: BTreeSet<usize> = dependents(tasks, &bad)
        .difference(&manual)
        .copied()
        .collect();
    ensure!(
        skipped == needed,
        "skipped {skipped:?}, though {needed:?} depend on what went wrong"
    );
    let total = tally.applied + tally.failed + tally.unknown + tally.skipped + tally.manual;
    ensure!(
        total == tasks.len() - ends.len() && tally.failed + tally.unknown == bad.len() + waited,
        "{tally:?} of {} steps",
        tasks.len() - ends.len()
    );
    Ok(())
}

/// What a write does, by the paths of the tables: a POST that makes something may not be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Posts {
    /// A resource or an item of one, which is looked for before the POST is sent again.
    Something,
    /// Nothing: it changes, moves or removes.
    Nothing,
}

fn posts(dialect: Dialect, target: &str) -> Posts {
    let is_its = |template: &str| is_at(template, target);
    let apis = || kind::all().filter_map(|kind| kind.api(dialect));
    let makes = |api: &Api| match api.create {
        Create::Post(path) | Create::Clone { path, .. } | Create::PostWith { path, .. } => {
            is_its(path)
        }
        Create::Update | Create::Manual(_) | Create::Never => false,
    };
    let adds = |api: &Api| api.item_calls.is_some_and(|calls| is_its(calls.add));
    if apis().any(|api| makes(api) || adds(api)) {
        Posts::Something
    } else {
        Posts::Nothing
    }
}

/// Whether a request goes to a path of a table, whatever stands in its places.
fn is_at(template: &str, target: &str) -> bool {
    fn parts(path: &str) -> Vec<&str> {
        let path = path.split_once("/api/v1").map_or(path, |(_, path)| path);
        path.split('?')
            .next()
            .unwrap_or_default()
            .split('/')
            .collect()
    }
    let (template, own) = (parts(template), parts(target));
    let mut pairs = template.iter().zip(&own);
    template.len() == own.len() && pairs.all(|(part, own)| part.starts_with('{') || part == own)
}

/// Whether the table knows what a creation does besides that the server may have failed at.
fn is_explained(dialect: Dialect, target: &str) -> bool {
    registry::kinds(dialect).any(|kind| {
        let api = kind.api(dialect);
        kind.effect_help.is_some()
            && api.is_some_and(|api| {
                !api.creates_quietly
                    && matches!(api.create, Create::Post(path) if is_at(path, target))
            })
    })
}

/// One fault at one write.
async fn survives(
    dialect: Dialect,
    n: usize,
    fault: Fault,
    wanted_picture: &str,
) -> Result<(), String> {
    let simulator = before(dialect).await;
    let clock = Clock::starting_at(NOW_MS);
    let (transport, hit) = failing(&simulator, clock, n, fault, is_write);
    let desk = Desk::behind(
        environment(dialect, "700001"),
        wanted(dialect),
        secrets(),
        transport,
        clock,
    )
    .await;
    let ready = desk.plan().await?;
    let events = desk.apply(&ready).await;
    let (request, sent) = {
        let hit = hit.lock().expect("it");
        (hit.request.clone(), hit.sent)
    };
    let (method, target, _) = request.ok_or("the fault hit nothing")?;
    // A POST that only switches, moves or removes may be sent twice.
    let posts = match method {
        Method::POST => posts(dialect, &target),
        _ => Posts::Nothing,
    };
    accounted(&ready.planned.tasks, &events, fault.end(posts))
        .map_err(|problem| format!("{method} {target}: {problem}"))?;
    // A creation is sent again only after its absence has held.
    let times = match fault {
        Fault::Refused | Fault::Lost => Some(1),
        Fault::BrokenOnce => Some(2),
        Fault::Broken if is_explained(dialect, &target) => Some(MAX_EXPLAINED),
        Fault::Broken => Some(MAX_CREATIONS),
        Fault::NotSent | Fault::NotSentOnce => None,
    };
    if let (true, Some(times)) = (posts != Posts::Nothing, times) {
        ensure!(
            sent == times,
            "{method} {target} was sent {sent} times, not {times}"
        );
    }
    converges(dialect, &simulator, wanted_picture)
        .await
        .map_err(|problem| format!("{method} {target}: {problem}"))
}

#[test]
fn whatever_fails_the_next_run_converges() {
    let mut wrong = Vec::new();
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let (picture, writes) = run(reference(dialect));
        for n in 0..writes {
            for fault in Fault::ALL {
                if let Err(problem) = run(survives(dialect, n, fault, &picture)) {
                    wrong.push(format!("{dialect}, write {n}, {fault:?}: {problem}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A read that fails for good: nothing is planned, and nothing is written.
async fn unread(dialect: Dialect, n: usize, wanted_picture: &str) -> Result<bool, String> {
    let simulator = before(dialect).await;
    let clock = Clock::starting_at(NOW_MS);
    // The first read opens the session.
    let (transport, hit) = failing(&simulator, clock, n + 1, Fault::Broken, |request| {
        request.method() == Method::GET
    });
    let desk = Desk::behind(
        environment(dialect, "700001"),
        wanted(dialect),
        secrets(),
        transport,
        clock,
    )
    .await;
    let writes = desk.writes();
    let planned = desk.plan().await;
    if hit.lock().expect("it").request.is_none() {
        return Ok(false);
    }
    ensure!(planned.is_err(), "planned although a read failed");
    ensure!(desk.writes() == writes, "something was written");
    converges(dialect, &simulator, wanted_picture).await?;
    Ok(true)
}

#[test]
fn without_a_read_nothing_is_planned() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let (picture, _) = run(reference(dialect));
        let mut n = 0;
        while run(unread(dialect, n, &picture))
            .unwrap_or_else(|problem| panic!("{dialect}, read {n}: {problem}"))
        {
            n += 1;
        }
        assert!(n >= 6, "{dialect}: {n} reads");
    }
}

/// A run that is stopped after so many steps.
async fn stopped(dialect: Dialect, n: usize, wanted_picture: &str) -> Result<(), String> {
    let simulator = before(dialect).await;
    let desk = desk(dialect, wanted(dialect), &simulator).await;
    let ready = desk.plan().await?;
    let started = std::cell::Cell::new(0);
    let asked = || {
        started.set(started.get() + 1);
        started.get() > n
    };
    let tally = deskform::apply::run::run(
        &ready.planned.tasks,
        deskform::apply::run::ApplyContext {
            live: &ready.live,
            writer: &desk.session.client.writer(),
            parallelism: desk.session.parallelism,
            recovery: deskform::apply::recover::Recovery {
                clock: desk.session.clock,
                settle: deskform::apply::recover::SETTLE,
            },
            journal_writer: None,
        },
        &asked,
        &mut |_| {},
    )
    .await;
    // Some starts end the step of another task, and some steps wait for theirs.
    let ends = ends(&ready.planned.tasks).len();
    let begun = tally.applied + tally.partly;
    ensure!(
        begun <= n && begun + ends >= n && tally.failed == tally.partly && tally.partly <= ends,
        "{tally:?} after {n} starts"
    );
    ensure!(
        tally.unknown == 0 && tally.stopped + tally.skipped + tally.failed > 0,
        "{tally:?}"
    );
    converges(dialect, &simulator, wanted_picture).await
}

#[test]
fn whenever_a_run_is_stopped_the_next_one_converges() {
    let mut wrong = Vec::new();
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let (picture, _) = run(reference(dialect));
        for n in 0..22 {
            if let Err(problem) = run(stopped(dialect, n, &picture)) {
                wrong.push(format!("{dialect}, stopped after {n}: {problem}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
