//! Writes whose answer is not the object: they are read back, whatever the answer looks like.
//!
//! The case is numbered as in `tests/acceptance.md`.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use common::runs::{DIALECTS, Run, organization, rest, writes};
use deskform::apply::event::Outcome;
use deskform::dialect::Dialect;
use deskform::ledger::Ledger;
use deskform::simulator::Faults;
use http::{Request, Response, StatusCode};
use serde_json::json;

/// What is there before.
const BEFORE: &str = "\
departments:
  Support: {description: Answers}
agents:
  a@example.com: {lastName: A, rolePermissionType: AgentPublic, departments: [Support]}
accounts:
  Acme: {website: 'https://acme.example.com'}
  Gone: {website: 'https://gone.example.com'}
webhooks:
  hook: {url: 'https://hooks.example.com/1', subscriptions: {Ticket_Add: {}, Contact_Add: {}}}
";

/// What one write each makes of it, with what it is about.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "an update",
        "{description: Answers}",
        "{description: Others}",
    ),
    (
        "a removal",
        "  Gone: {website: 'https://gone.example.com'}\n",
        "",
    ),
    (
        "a creation",
        "accounts:\n",
        "accounts:\n  New: {website: 'https://new.example.com'}\n",
    ),
    ("a part that goes", ", Contact_Add: {}", ""),
    (
        "a part that comes",
        "Contact_Add: {}",
        "Contact_Add: {}, Contact_Update: {}",
    ),
    (
        "a switch",
        "{description: Answers}",
        "{description: Answers, isEnabled: false}",
    ),
    (
        "an agent out of use",
        "lastName: A,",
        "lastName: A, status: DISABLED,",
    ),
    (
        "a deactivation",
        "agents:\n  a@example.com: {lastName: A, rolePermissionType: AgentPublic, departments: [Support]}\n",
        "",
    ),
];

/// Writes that are answered with no content where all is well.
const SHOW_NOTHING: &[&str] = &[
    "a removal",
    "a part that goes",
    "a switch",
    "a deactivation",
];

/// Answers that are no object of the write, with whether they say nothing at all.
fn answers() -> Vec<(Response<Bytes>, bool)> {
    let texts = ["[]", "null", "{}", "true", "\"ok\"", r#"{"result":"done"}"#];
    let other = json!({"id": "1", "name": "Another", "isActive": true}).to_string();
    let texts = texts.iter().map(|text| (*text).to_owned());
    let mut answers: Vec<_> = texts
        .chain([other])
        .map(|text| {
            let says_nothing = text == "null";
            (Response::new(Bytes::from(text)), says_nothing)
        })
        .collect();
    for status in [StatusCode::OK, StatusCode::NO_CONTENT] {
        let mut empty = Response::new(Bytes::new());
        *empty.status_mut() = status;
        answers.push((empty, true));
    }
    answers
}

/// The manifests of a dialect after a change; nothing where the change is none there.
fn changed(dialect: Dialect, (what, from, to): (&str, &str, &str)) -> Option<String> {
    // There departments cannot be switched, and an agent is deactivated by an update.
    let is_absent = ["a switch", "a deactivation"].contains(&what);
    if is_absent && dialect == Dialect::Guide {
        return None;
    }
    let text = before(dialect).replacen(from, to, 1);
    let removed = match what {
        "a removal" => "removed: {accounts: [Gone]}\n",
        "a deactivation" => "removed: {agents: [a@example.com]}\n",
        _ => "",
    };
    Some(text + removed)
}

/// The guide's agents have other fields.
fn before(dialect: Dialect) -> String {
    match dialect {
        Dialect::Openapi => BEFORE.to_owned(),
        Dialect::Guide => BEFORE.replace(
            ", rolePermissionType: AgentPublic, departments: [Support]",
            ", firstName: B",
        ),
    }
}

#[tokio::test(start_paused = true)]
async fn case_10_what_was_not_carried_out_is_not_done_whatever_was_answered() {
    let mut seen = 0;
    for dialect in DIALECTS {
        for change in CHANGES {
            let Some(text) = changed(dialect, *change) else {
                continue;
            };
            for (wrong, says_nothing) in answers() {
                let simulator = organization(dialect);
                let first = Run::of(dialect, &before(dialect), &simulator, |front| front).await;
                let new = Ledger::new(&first.desk.options().environment, "700001");
                let ledger = first.ledger(new);
                let told = format!("{} in {dialect}: {wrong:?}", change.0);
                let answer = wrong.clone();
                let run = Run::of(dialect, &text, &simulator, |front| {
                    front.ask(move |request| writes(request).then(|| answer.clone()))
                })
                .await;
                let is_done = |outcome: &&Outcome| matches!(outcome, Outcome::Applied { .. });
                let outcomes = run.outcomes();
                assert_eq!(outcomes.len(), 1, "{told}: {outcomes:?}");
                // What shows nothing has said all there is to say when there is no content.
                let is_update = dialect == Dialect::Openapi && change.0 == "a part that goes";
                let shows_nothing = SHOW_NOTHING.contains(&change.0) && !is_update;
                let is_done = outcomes.iter().any(is_done);
                assert_eq!(
                    is_done,
                    says_nothing && shows_nothing,
                    "{told}: {outcomes:?}"
                );
                if is_done {
                    continue;
                }
                let left = rest(dialect, &text, &simulator, run.ledger(ledger)).await;
                assert_eq!(left.len(), 1, "{told}: {left:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 90, "{seen}");
}

#[tokio::test(start_paused = true)]
async fn case_10_what_was_carried_out_is_done_whatever_was_answered() {
    for dialect in DIALECTS {
        for change in CHANGES {
            let Some(text) = changed(dialect, *change) else {
                continue;
            };
            for (wrong, _) in answers() {
                let simulator = organization(dialect);
                let first = Run::of(dialect, &before(dialect), &simulator, |front| front).await;
                let new = Ledger::new(&first.desk.options().environment, "700001");
                let ledger = first.ledger(new);
                let told = format!("{} in {dialect}: {wrong:?}", change.0);
                let answer = wrong.clone();
                let run = Run::of(dialect, &text, &simulator, |front| {
                    front.change(move |request, response| {
                        if writes(request) {
                            *response = answer.clone();
                        }
                    })
                })
                .await;
                let outcomes = run.outcomes();
                assert!(
                    matches!(*outcomes, [Outcome::Applied { .. }]),
                    "{told}: {outcomes:?}"
                );
                // One look tells of an update.
                let log = run.desk.take_log();
                let write = log.iter().position(|call| call.method != "GET");
                let behind = log.len() - write.expect("a write") - 1;
                if change.0 == "an update" {
                    assert_eq!(behind, 1, "{told}: {log:?}");
                }
                let left = rest(dialect, &text, &simulator, run.ledger(ledger)).await;
                assert_eq!(left.len(), 0, "{told}: {left:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_10_a_write_that_cannot_be_read_back_is_unknown() {
    for dialect in DIALECTS {
        let simulator = organization(dialect);
        Run::of(dialect, &before(dialect), &simulator, |front| front).await;
        let text = changed(dialect, CHANGES[0]).expect("a change");
        let has_written = Arc::new(Mutex::new(false));
        let run = Run::of(dialect, &text, &simulator, |front| {
            front.change(move |request, response| {
                let mut has_written = has_written.lock().expect("one thread");
                if writes(request) {
                    *has_written = true;
                }
                if *has_written {
                    *response = Response::new(Bytes::from("[]"));
                }
            })
        })
        .await;
        let outcomes = run.outcomes();
        assert!(
            matches!(*outcomes, [Outcome::Unknown { error, .. }] if error.contains("cannot be read back")),
            "{outcomes:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn case_10_what_is_known_to_show_nothing_is_read_back_once() {
    for dialect in DIALECTS {
        for (at, reads) in [(0, 1), (2, 1)] {
            for (silent, reads) in [(false, 0), (true, reads)] {
                let simulator = organization(dialect);
                Run::of(dialect, &before(dialect), &simulator, |front| front).await;
                let text = changed(dialect, CHANGES[at]).expect("a change");
                let run = Run::planned(dialect, &text, &simulator, |front| front, silent).await;
                let outcomes = run.outcomes();
                assert!(
                    matches!(*outcomes, [Outcome::Applied { .. }]),
                    "{outcomes:?}"
                );
                let log = run.desk.take_log();
                let write = log.iter().position(|call| call.method != "GET");
                let behind = log.len() - write.expect("a write") - 1;
                assert_eq!(behind, reads, "{dialect} {}: {log:?}", CHANGES[at].0);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_10_whether_a_temporary_member_has_left_shows_in_its_own_object() {
    let dialect = Dialect::Openapi;
    let text = "\
departments: {New: {}}
agents:
  b@example.com: {lastName: B, rolePermissionType: AgentPublic, departments: [New]}
";
    for is_carried_out in [false, true] {
        let simulator = organization(dialect);
        let wrong = || Response::new(Bytes::from("[]"));
        let is_exit =
            |request: &Request<Bytes>| request.uri().path().ends_with("/dissociateAgents");
        let run = Run::of(dialect, text, &simulator, |front| {
            front
                .ask(move |request| (!is_carried_out && is_exit(request)).then(wrong))
                .change(move |request, response| {
                    if is_exit(request) {
                        *response = wrong();
                    }
                })
        })
        .await;
        let outcomes = run.outcomes();
        let done = |outcome: &&&Outcome| matches!(outcome, Outcome::Applied { .. });
        // The exit ends the step that creates the department.
        let number = if is_carried_out { 2 } else { 1 };
        assert_eq!(outcomes.iter().filter(done).count(), number, "{outcomes:?}");
        let new = Ledger::new(&run.desk.options().environment, "700001");
        let left = rest(dialect, text, &simulator, run.ledger(new)).await;
        assert_eq!(left.len(), usize::from(!is_carried_out), "{left:?}");
    }
}

/// Sent again blindly, the new section would be there twice where sections that are not named are kept.
#[tokio::test(start_paused = true)]
async fn what_an_update_makes_inside_of_an_object_is_made_once() {
    let dialect = Dialect::Openapi;
    let layout = "\
layouts:
  own: {layoutName: Own, module: contacts, department: {lookup: Example Company}}
";
    let text = layout.replace("}}", "}, sections: {More: {fields: {lastName: {}}}}}");
    let lost = || {
        let mut lost = Response::new(Bytes::from("<html></html>"));
        *lost.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        lost
    };
    let is_update = |request: &Request<Bytes>| {
        request.method() == "PATCH" && request.uri().path().contains("/layouts/")
    };
    for is_carried_out in [false, true] {
        let simulator = organization(dialect);
        let faults = Faults::parse("quirks=sections-merge").expect("a spec");
        simulator.lock().expect("it").set_faults(faults);
        let new = Ledger::new("test", "700001");
        let first = Run::of(dialect, layout, &simulator, |front| front).await;
        let ledger = first.ledger(new);
        let (asked, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let first_time = |count: &AtomicUsize| count.fetch_add(1, Ordering::Relaxed) == 0;
        let run = Run::of(dialect, &text, &simulator, |front| {
            front
                .ask(move |request| {
                    let fails = !is_carried_out && is_update(request) && first_time(&asked);
                    fails.then(lost)
                })
                .change(move |request, response| {
                    if is_carried_out && is_update(request) && first_time(&answered) {
                        *response = lost();
                    }
                })
        })
        .await;
        let outcomes = run.outcomes();
        assert!(
            matches!(*outcomes, [Outcome::Applied { .. }]),
            "{outcomes:?}"
        );
        let log = run.desk.take_log();
        let sent = log.iter().filter(|call| call.method == "PATCH").count();
        assert_eq!(sent, 1, "{log:?}");
        let left = rest(dialect, &text, &simulator, run.ledger(ledger)).await;
        assert_eq!(left.len(), 0, "{left:?}");
        let simulator = simulator.lock().expect("it");
        let organization = simulator.organization("700001").expect("it");
        let layouts = organization.objects("layouts");
        let own = layouts.iter().find(|one| one["layoutName"] == "Own");
        let sections = own.expect("it")["sections"].as_array().expect("a list");
        let of_the_name = sections.iter().filter(|one| one["name"] == "More");
        assert_eq!(of_the_name.count(), 1, "{sections:?}");
    }
}
