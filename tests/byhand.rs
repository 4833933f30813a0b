//! What a plan cannot do by itself, and what it says of it.
//!
//! The cases are numbered as in `tests/acceptance.md`.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod common;

use common::runs::{DIALECTS, Run, organization, plan};
use deskform::ledger::Ledger;

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
