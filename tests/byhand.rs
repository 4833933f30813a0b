//! What a plan cannot do by itself, and what it says of it.
//!
//! The cases are numbered as in `tests/acceptance.md`.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod common;

use std::sync::{Arc, Mutex};

use common::runs::{DIALECTS, Run, environment, organization, plan, sources};
use common::{Desk, Variables, work};
use deskform::apply::event::Outcome;
use deskform::dialect::Dialect;
use deskform::drift::{self, Report, What};
use deskform::ledger::Ledger;
use deskform::plan::Options;
use deskform::simulator::Simulator;
use deskform::verb::Verb;
use serde_json::json;

/// What drifted, with a ledger or without one.
async fn drifted(
    dialect: Dialect,
    text: &str,
    simulator: &Arc<Mutex<Simulator>>,
    ledger: Option<Ledger>,
    only_live: bool,
) -> Report {
    let simulator = Arc::clone(simulator);
    let none = Variables::new();
    let desk = Desk::with(environment(dialect), sources(text), none, simulator).await;
    let options = Options {
        ledger,
        ..desk.options()
    };
    let desired = desk.compose().expect("manifests");
    let drifted = drift::detect(&desk.session, &desired, &options, only_live).await;
    drifted.expect("a report").report
}

fn field(kind: &str) -> String {
    format!("customFields: {{x: {{module: contacts, displayLabel: X, type: {kind}}}}}\n")
}

#[tokio::test(start_paused = true)]
async fn case_41_what_is_fixed_names_what_is_live_and_only_what_is_owned_is_offered_to_be_replaced()
{
    for dialect in DIALECTS {
        let simulator = organization(dialect);
        let first = Run::of(dialect, &field("Date"), &simulator, |front| front).await;
        let ledger = first.ledger(Ledger::new("test", "700001"));
        // A ledger that owns something else owns this as little as none.
        let other = Ledger::new("test", "700001");
        for (ledger, is_owned) in [(Some(ledger), true), (Some(other), false), (None, false)] {
            let refused = plan(dialect, &field("DateTime"), &simulator, ledger).await;
            let refused = refused.expect_err("a refusal");
            let refused = refused.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                refused.contains(
                    "`type` of `customFields/x` can be given on creation only, and the live value is `Date`"
                ),
                "{refused}"
            );
            assert_eq!(refused.contains("replace: true"), is_owned, "{refused}");
            let says = refused.contains("deskform does not own this one");
            assert_eq!(says, !is_owned, "{refused}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_42_without_a_ledger_what_is_declared_and_not_live_does_not_count_as_live() {
    let before = "departments: {Support: {description: Answers}}\n";
    let field = "customFields: {x: {module: contacts, displayLabel: X, type: Picklist";
    for dialect in DIALECTS {
        let simulator = organization(dialect);
        let first = format!("{before}{field}}}}}\n");
        Run::of(dialect, &first, &simulator, |front| front).await;
        // An SLA, a department and the choices of a field are declared and not live.
        let text = format!(
            "departments: {{Support: {{description: Others}}, New: {{}}}}\nslas: {{Gold: {{description: Fast}}}}\n{field}, values: [A], isMandatory: true}}}}\n"
        );
        let all = drifted(dialect, &text, &simulator, None, false).await;
        let missing = |report: &Report| {
            let drifts = report.drifts.iter();
            let missing = drifts.filter(|drift| drift.what == What::Missing);
            missing
                .map(|drift| drift.address.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(missing(&all), ["departments/New", "slas/Gold"]);
        let by_hand = |report: &Report| {
            let drifts = report.drifts.iter();
            drifts.filter(|drift| drift.what == What::ByHand).count()
        };
        let hands = if dialect == Dialect::Openapi { 2 } else { 0 };
        assert_eq!(by_hand(&all), hands, "{all:?}");
        let live = drifted(dialect, &text, &simulator, None, true).await;
        assert_eq!(missing(&live), [""; 0]);
        assert_eq!(by_hand(&live), 0, "{live:?}");
        // What is live and differs may be somebody's change.
        let changed = live
            .drifts
            .iter()
            .any(|drift| drift.address.to_string() == "departments/Support");
        assert!(changed, "{live:?}");
        // With a ledger that owned it, what is gone was deleted.
        let ledger = Run::of(dialect, before, &simulator, |front| front).await;
        let mut ledger = ledger.ledger(Ledger::new("test", "700001"));
        for entry in ledger.resources.values_mut() {
            entry.id = "1".to_owned();
        }
        let renamed = organization(dialect);
        let gone = drifted(dialect, before, &renamed, Some(ledger), true).await;
        let gone: Vec<What> = gone.drifts.iter().map(|drift| drift.what).collect();
        assert_eq!(gone, [What::Deleted]);
    }
}

/// The addresses and changes of the steps that are left to a person.
fn by_hand(ready: &deskform::session::Ready) -> Vec<String> {
    let steps = ready.planned.plan.steps.iter();
    let manual = steps.filter(|step| step.verb == Verb::Manual);
    let told = manual.map(|step| {
        let changes: Vec<String> = step.changes.iter().map(|one| one.field.clone()).collect();
        let instruction = step.instruction.clone().unwrap_or_default();
        format!("{} {}: {instruction}", step.address, changes.join(" "))
    });
    told.collect()
}

/// What only the agents themselves can change is sent of nobody else, and the plan says so before any
/// invitation goes out.
#[tokio::test(start_paused = true)]
async fn case_15_what_only_the_agent_can_change_is_left_to_the_agent() {
    let place = "at the agent's own settings, signed in as that agent, since nobody else can";
    for dialect in DIALECTS {
        let (mut fields, more) = match dialect {
            Dialect::Openapi => (
                vec!["langCode", "countryCode", "timeZone"],
                "rolePermissionType: AgentPublic, departments: [Support], langCode: fr_FR",
            ),
            Dialect::Guide => (vec!["countryCode", "timeZone"], "firstName: B"),
        };
        let text = format!(
            "departments: {{Support: {{}}}}\nagents:\n  a@example.com: {{lastName: A, {more}, countryCode: FR, timeZone: Europe/Paris}}\n"
        );
        let simulator = organization(dialect);
        for round in 0..3 {
            let run = Run::of(dialect, &text, &simulator, |front| front).await;
            let steps = by_hand(&run.ready);
            let wanted: Vec<String> = fields
                .iter()
                .map(|field| format!("agents/a@example.com /{field}: set `{field}` {place}"))
                .collect();
            assert_eq!(steps, wanted, "{dialect} {round}");
            let is_done = |outcome: &&Outcome| matches!(outcome, Outcome::Applied { .. });
            assert!(run.outcomes().iter().all(is_done), "{:?}", run.events);
            let log = run.desk.take_log();
            let writes = log.iter().filter(|call| call.method != "GET");
            let sent: Vec<String> = writes.map(|call| format!("{:?}", call.body)).collect();
            assert_eq!(sent.is_empty(), round > 0, "{sent:?}");
            for field in ["langCode", "countryCode", "timeZone"] {
                assert!(!sent.concat().contains(field), "{sent:?}");
            }
            assert_eq!(run.desk.violations(), [""; 0]);
        }
        // What was done by hand is asked for no more, and drift tells the rest as a thing to do.
        {
            let mut simulator = simulator.lock().expect("one thread");
            let organization = simulator.organization_mut("700001").expect("it");
            let key = if dialect == Dialect::Openapi {
                "emailId"
            } else {
                "email"
            };
            let mut agent = organization
                .find("agents", key, "a@example.com")
                .expect("the agent")
                .clone();
            agent["countryCode"] = json!("FR");
            organization.insert("agents", agent);
        }
        fields.retain(|field| *field != "countryCode");
        let ready = plan(dialect, &text, &simulator, None)
            .await
            .expect("a plan");
        assert_eq!(by_hand(&ready).len(), fields.len(), "{:?}", by_hand(&ready));
        assert_eq!(work(&ready.planned.plan), [""; 0]);
        let report = drifted(dialect, &text, &simulator, None, false).await;
        assert_eq!(report.drifts.len(), fields.len());
        assert!(report.drifts.iter().all(|drift| drift.what == What::ByHand));
    }
}

/// Of the one in whose name deskform works it is sent like anything else.
#[tokio::test(start_paused = true)]
async fn case_15_the_acting_agent_changes_its_own_settings() {
    let dialect = Dialect::Openapi;
    let simulator = organization(dialect);
    let email = {
        let simulator = simulator.lock().expect("one thread");
        let organization = simulator.organization("700001").expect("it");
        let acting = organization.acting_agent().to_owned();
        let agents = organization.objects("agents");
        let acting = agents.iter().find(|agent| agent["id"] == *acting);
        acting.expect("it")["emailId"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let text =
        format!("agents: {{{email}: {{lastName: A, timeZone: Europe/Paris, langCode: fr_FR}}}}\n");
    let run = Run::of(dialect, &text, &simulator, |front| front).await;
    assert_eq!(by_hand(&run.ready), [""; 0]);
    assert!(matches!(*run.outcomes(), [Outcome::Applied { .. }]));
    let ready = plan(dialect, &text, &simulator, None)
        .await
        .expect("a plan");
    assert!(ready.planned.plan.steps.is_empty());
}
