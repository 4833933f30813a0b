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
use common::{Desk, Variables};
use deskform::dialect::Dialect;
use deskform::drift::{self, Report, What};
use deskform::ledger::Ledger;
use deskform::plan::Options;
use deskform::simulator::Simulator;

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
