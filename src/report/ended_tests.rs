//! How runs end for their readers: what was not tried once, floods counted, and the way on last.

use super::events::{self, Cause, End};
use super::tests::{at, plan_of, step};
use super::{Style, Whereabouts, markdown, text};
use crate::apply::event::{Event, Outcome, Tally};
use crate::dialect::{Dialect, Edition};
use crate::plan::Plan;
use crate::state::Address;
use crate::verb::Verb;

/// Most lines of a report on what is one mistake.
const MOST: usize = 40;

/// A run of 2,000 steps that ended after a hundred of them; the last ten as told.
fn run(last: impl Fn(usize) -> Outcome) -> (Plan, Vec<Event>) {
    let address = |number: usize| -> Address {
        let kind = ["contacts", "accounts", "departments"][number % 3];
        at(&format!("{kind}/number {number}"))
    };
    let steps = (0..2_000).map(|number| {
        let verb = if number % 7 == 0 {
            Verb::Update
        } else {
            Verb::Create
        };
        step(verb, &address(number).to_string(), Vec::new())
    });
    let by_hand = (0..50).map(|number| step(Verb::Manual, &format!("slas/{number}"), Vec::new()));
    let plan = plan_of(steps.chain(by_hand).collect());
    let mut tally = Tally {
        manual: 50,
        calls: 120,
        ..Tally::default()
    };
    let mut events: Vec<Event> = Vec::new();
    for (number, step) in plan.steps.iter().take(2_000).enumerate() {
        let outcome = match number {
            0..90 => Outcome::Applied { id: None },
            90..100 => last(number),
            _ => Outcome::Stopped,
        };
        tally.count(&outcome);
        events.push(Event::StepFinished {
            address: step.address.clone(),
            verb: step.verb,
            outcome,
        });
    }
    events.push(Event::Finished { report: tally });
    (plan, events)
}

fn closing(last: impl Fn(usize) -> Outcome, end: End) -> String {
    let (plan, events) = run(last);
    let narrow = Style {
        width: 40,
        ..Style::default()
    };
    let text = events::closing(&plan, &events, &end, narrow);
    assert!(
        text.lines().count() <= MOST,
        "{} lines\n{text}",
        text.lines().count()
    );
    // Each step that was not tried is in one count, and no address is told twice.
    assert_eq!(text.matches("not tried").count(), 1, "{text}");
    text
}

#[test]
fn an_aborted_run_is_told_in_few_lines() {
    let applied = |_| Outcome::Applied { id: None };
    let signal = End {
        cause: Some(Cause::Signal),
        saved: false,
        recorded: true,
        seconds: 75,
    };
    let text = closing(applied, signal);
    assert!(
        text.contains(
            "not tried (1900):\n                 create  update\n    departments     543      90\n"
        ),
        "{text}"
    );
    assert!(
        text.ends_with(
            "120 calls. 50 steps left to do by hand.\nTook 1 min 15 s.\nStopped by a signal. Next: run `deskform apply` again; it goes on where this run ended.\n"
        ),
        "{text}"
    );

    // Each refusal of the limit has its own request.
    let refused = |number: usize| Outcome::Failed {
        error: "the calls of the day are used up".to_owned(),
        hint: Some("wait".to_owned()),
        request_id: Some(number.to_string()),
        partly: false,
    };
    let over = End {
        cause: Some(Cause::DayOver),
        saved: true,
        recorded: true,
        seconds: 9,
    };
    let text = closing(refused, over);
    assert_eq!(
        text.matches("the calls of the day are used up").count(),
        1,
        "{text}"
    );
    assert!(
        text.contains("    likewise ") && text.contains(" and 7 more\n"),
        "{text}"
    );
    assert!(
        text.ends_with(
            "Stopped, since the day's calls are used up. Next: wait for the next day, then make a new plan with `deskform plan --out FILE` and apply it; it goes on where this run ended.\n"
        ),
        "{text}"
    );
    assert!(!text.contains("Took"), "{text}");

    // Many reasons are no flood either.
    let each = |number: usize| Outcome::Failed {
        error: format!("reason {number}"),
        hint: None,
        request_id: None,
        partly: false,
    };
    let text = closing(each, End::default());
    assert!(
        text.contains("    and 5 more steps for other reasons\n"),
        "{text}"
    );
    assert!(text.ends_with("Next: mend what failed, then run `deskform apply` again; what is done is not done twice.\n"), "{text}");
}

#[test]
fn a_run_that_did_everything_needs_no_next_step() {
    let plan = plan_of(vec![step(Verb::Create, "departments/A", Vec::new())]);
    let tally = Tally {
        applied: 1,
        ..Tally::default()
    };
    let events = [Event::Finished { report: tally }];
    let text = events::closing(&plan, &events, &End::default(), Style::default());
    assert_eq!(text, "Applied 1 of 1 step.\n");
}

#[test]
fn case_36_a_summary_is_bounded() {
    let whereabouts = Whereabouts {
        environment: "production".to_owned(),
        org_id: "700001".to_owned(),
        organization: "<b>Acme</b>".to_owned(),
        edition: Some(Edition::Enterprise),
        simulated: false,
        dialect: Dialect::Openapi,
        ledger: "none".to_owned(),
    };
    let failed = |number: usize| Outcome::Failed {
        error: format!("<img> `{number}` {}", "long ".repeat(5_000)),
        hint: None,
        request_id: None,
        partly: false,
    };
    let (plan, events) = run(failed);
    let end = End {
        cause: Some(Cause::Signal),
        ..End::default()
    };
    let text = events::markdown(&plan, &events, &end, &whereabouts);
    assert!(text.starts_with("<!-- deskform apply: "), "{text}");
    assert!(text.len() < markdown::LIMIT && markdown::LIMIT < 1_024 * 1_024);
    assert!(
        text.contains("Stopped by a signal.") && text.contains("#### Failed"),
        "{text}"
    );
    let outside: String = text.split('`').step_by(2).skip(1).collect();
    assert!(!outside.contains("<b>"), "{outside}");
}

#[test]
fn a_long_plan_begins_with_a_table() {
    let (plan, _) = run(|_| Outcome::Stopped);
    let narrow = Style {
        width: 40,
        ..Style::default()
    };
    let text = text::plan(&plan, narrow);
    let table: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(table.first(), Some(&"2050 steps:"), "{table:?}");
    assert!(
        table.len() == 6 && table.iter().all(|line| line.len() <= 40),
        "{table:?}"
    );
    let short = plan_of(plan.steps.into_iter().take(29).collect());
    assert!(!text::plan(&short, narrow).starts_with("29 steps"));
}
