//! Whichever single call of a reading goes wrong: the plan is the one of an undisturbed reading, or an
//! error says what could not be read. Nothing that exists is made again.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use common::runs::{DIALECTS, Run, environment, organization, sources};
use common::{Desk, NOW_MS, Variables};
use deskform::clock::Clock;
use deskform::dialect::Dialect;
use deskform::ledger::Ledger;
use deskform::live::ways::Way;
use deskform::plan::{Options, Step};
use deskform::simulator::{Fate, Simulator, SimulatorTransport};
use deskform::verb::Verb;
use http::{Request, Response, StatusCode};
use serde_json::json;

/// What is there and owned.
const BEFORE: &str = "\
departments: {Support: {description: Old}}
customFields:
  region: {module: contacts, displayLabel: Region, type: Text, maxLength: 20}
accounts: {Account 7: {phone: '0'}}
contacts:
  c7@example.com: {lastName: Doe, phone: '0'}
  c8@example.com: {lastName: Doe, phone: '0'}
  gone@example.com: {lastName: Gone}
";

/// What is wanted: of each kind something that is owned, that is there, and that is new.
const AFTER: &str = "\
departments: {Support: {description: New}, Night: {}}
customFields:
  region: {module: contacts, displayLabel: Region, type: Text, maxLength: 20}
accounts:
  Account 7: {phone: '1'}
  Account 9: {phone: '1'}
contacts:
  c7@example.com: {lastName: Doe, phone: '1', account: {lookup: Account 11}, cf: {region: EMEA}}
  c8@example.com: {lastName: Doe, phone: '0'}
  c9@example.com: {lastName: Doe, phone: '1'}
  gone@example.com: {lastName: Gone}
  new@example.com: {lastName: New}
";

/// What becomes of a call.
#[derive(Debug, Clone)]
enum Fault {
    /// It does not leave.
    NotSent,
    /// Its answer is lost on the way, or does not come in time.
    Lost,
    /// It is answered so.
    Answer(u16, &'static str),
}

const FAULTS: [Fault; 16] = [
    Fault::NotSent,
    Fault::Lost,
    Fault::Answer(401, r#"{"errorCode":"UNAUTHORIZED","message":"no"}"#),
    Fault::Answer(403, r#"{"errorCode":"FORBIDDEN","message":"no"}"#),
    Fault::Answer(403, r#"{"errorCode":"SCOPE_MISMATCH","message":"no"}"#),
    Fault::Answer(
        422,
        r#"{"errorCode":"UNPROCESSABLE_ENTITY","message":"no"}"#,
    ),
    Fault::Answer(
        500,
        r#"{"errorCode":"INTERNAL_SERVER_ERROR","message":"no"}"#,
    ),
    Fault::Answer(200, "{}"),
    Fault::Answer(200, "[]"),
    Fault::Answer(200, "[7]"),
    Fault::Answer(200, "null"),
    Fault::Answer(200, "\"none\""),
    Fault::Answer(200, "7"),
    Fault::Answer(200, ""),
    Fault::Answer(200, r#"{"data":["#),
    Fault::Answer(200, r#"{"result":"done"}"#),
];

impl Fault {
    fn fate(&self) -> Fate {
        match self {
            Self::NotSent => Fate::NotSent,
            Self::Lost => Fate::LoseAnswer,
            Self::Answer(status, body) => {
                let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
                *answer.status_mut() = StatusCode::from_u16(*status).expect("a status");
                Fate::Answer(answer)
            }
        }
    }
}

/// A large desk with what was applied to it, and its ledger.
async fn desk_before(dialect: Dialect) -> (Arc<Mutex<Simulator>>, Ledger) {
    let simulator = organization(dialect);
    {
        let mut simulator = simulator.lock().expect("it");
        let organization = simulator.organization_mut("700001").expect("it");
        // So many that searching contacts costs less than listing them, and so few that listing accounts
        // does.
        for n in 0..1_200 {
            let email = format!("c{n}@example.com");
            let contact = json!({"email": email, "lastName": "Doe", "phone": "0"});
            organization.insert("contacts", contact);
        }
        for n in 0..450 {
            let name = format!("Account {n}");
            organization.insert("accounts", json!({"accountName": name, "phone": "0"}));
        }
    }
    let run = Run::of(dialect, BEFORE, &simulator, |front| front).await;
    let ledger = run.ledger(Ledger::new(&run.desk.options().environment, "700001"));
    assert_eq!(ledger.resources.len(), 6, "{:?}", ledger.resources.keys());
    let mut locked = simulator.lock().expect("it");
    let organization = locked.organization_mut("700001").expect("it");
    let gone = organization.find("contacts", "email", "gone@example.com");
    let gone = gone.expect("it")["id"].as_str().expect("an id").to_owned();
    organization.remove("contacts", &gone);
    drop(locked);
    (simulator, ledger)
}

/// A plan during which the calls of one target go wrong, with the targets of its calls.
async fn plan(
    dialect: Dialect,
    simulator: &Arc<Mutex<Simulator>>,
    ledger: Option<&Ledger>,
    disturbed: Option<(&str, &Fault)>,
) -> (Result<deskform::session::Ready, String>, BTreeSet<String>) {
    let clock = Clock::starting_at(NOW_MS);
    let is_open = Arc::new(AtomicBool::new(false));
    let has_opened = Arc::clone(&is_open);
    let disturbed = disturbed.map(|(target, fault)| (target.to_owned(), fault.clone()));
    // Each has the day's calls and tokens to itself.
    let fresh = {
        let simulator = simulator.lock().expect("it");
        let mut fresh = Simulator::new(simulator.settings().clone());
        let organization = simulator.organization("700001").expect("it").clone();
        *fresh.organization_mut("700001").expect("it") = organization;
        Arc::new(Mutex::new(fresh))
    };
    let transport =
        SimulatorTransport::new(fresh, clock).with_fate(move |request: &Request<Bytes>| {
            match &disturbed {
                Some((target, fault))
                    if has_opened.load(Ordering::Relaxed)
                        && request.uri().to_string().ends_with(target) =>
                {
                    fault.fate()
                }
                _ => Fate::Deliver,
            }
        });
    let none = Variables::new();
    let desk = Desk::behind(environment(dialect), sources(AFTER), none, transport, clock).await;
    desk.take_log();
    is_open.store(true, Ordering::Relaxed);
    let desired = desk.compose().expect("manifests");
    let options = Options {
        ledger: ledger.cloned(),
        ..desk.options()
    };
    let ready = desk.plan_of(&desired, &options).await;
    let log = desk.take_log();
    (ready, log.into_iter().map(|call| call.target).collect())
}

/// What is done, with what is told beside it left out.
fn same(one: &[Step], other: &[Step]) -> bool {
    let mut both = one.iter().zip(other);
    one.len() == other.len() && both.all(|(one, other)| one.does_the_same(other))
}

#[tokio::test(start_paused = true)]
async fn one_call_that_goes_wrong_changes_no_plan() {
    for dialect in DIALECTS {
        let (simulator, ledger) = desk_before(dialect).await;
        let mut wrong = Vec::new();
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ways = BTreeSet::new();
        // By search and by listing, and with a ledger by id.
        for ledger in [None, Some(&ledger)] {
            let (undisturbed, targets) = plan(dialect, &simulator, ledger, None).await;
            let undisturbed = undisturbed.expect("a plan").planned.plan.steps;
            let made: Vec<String> = undisturbed
                .iter()
                .filter(|step| step.verb == Verb::Create)
                .map(|step| step.address.to_string())
                .collect();
            let new = [
                "contacts/gone@example.com",
                "contacts/new@example.com",
                "departments/Night",
            ];
            assert_eq!(
                BTreeSet::from_iter(made),
                new.map(str::to_owned).into(),
                "{dialect}"
            );
            for target in &targets {
                let path = target.split('?').next().expect("a path");
                let last = path.rsplit('/').next().expect("a segment");
                let is_single = last.parse::<u64>().is_ok();
                // No content is what an empty list is answered with.
                let says_none =
                    |fault: &&Fault| !is_single && matches!(fault, Fault::Answer(_, ""));
                for fault in FAULTS.iter().filter(|fault| !says_none(fault)) {
                    let (ready, _) = plan(dialect, &simulator, ledger, Some((target, fault))).await;
                    let case = format!("{dialect} {target} {fault:?}");
                    match ready {
                        Ok(ready) => {
                            let steps = &ready.planned.plan.steps;
                            if !same(&undisturbed, steps) {
                                wrong.push(format!("{case}: {steps:#?}"));
                            }
                            ways.extend(ready.live.choices.iter().map(|choice| choice.way));
                            *told.entry("equal").or_default() += 1;
                        }
                        Err(error) => {
                            if !error.contains(path) {
                                wrong.push(format!("{case}: {error}"));
                            }
                            *told.entry("error").or_default() += 1;
                        }
                    }
                }
            }
            let has = |end: &dyn Fn(&str) -> bool| targets.iter().any(|target| end(target));
            assert!(has(&|one| one.contains("/contacts/search?")), "{targets:?}");
            assert!(has(&|one| one.starts_with("/accounts?")), "{targets:?}");
            assert!(
                has(&|one| one.starts_with("/contacts/") && !one.contains("search")),
                "{targets:?}"
            );
        }
        assert!(
            wrong.is_empty(),
            "{} cases: {}",
            wrong.len(),
            wrong.join("\n")
        );
        assert!(ways.contains(&Way::Listing), "{dialect}: {ways:?}");
        assert!(
            ways.contains(&Way::Search) || ways.contains(&Way::ByIdAndSearch),
            "{dialect}: {ways:?}"
        );
        assert!(told["equal"] > 30 && told["error"] > 100, "{told:?}");
    }
}
