//! Refused calls: what says when is waited for, and after a stop nothing that was refused is repeated.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use common::front::{Front, answer, is_for_token};
use common::{Desk, NOW_MS, Variables, settings};
use deskform::apply::event::{Event, Outcome, Tally};
use deskform::apply::recover::{Recovery, SETTLE};
use deskform::apply::run::ApplyContext;
use deskform::clock::Clock;
use deskform::config::Environment;
use deskform::dialect::{Dialect, Edition};
use deskform::session::Ready;
use deskform::simulator::{Simulator, SimulatorTransport};
use http::{Request, Response};
use serde_json::json;

const DEPARTMENTS: &str = "departments:\n  Billing: {}\n  Sales: {}\n  Support: {}\n";

/// The environment, which states its dialect.
fn environment(dialect: Dialect) -> Environment {
    let mut environment = common::runs::environment(dialect);
    environment.dialect = Some(dialect);
    environment
}

/// A desk behind a front, whose clock is the returned one.
async fn desk(
    dialect: Dialect,
    text: &str,
    front: impl FnOnce(Front, Clock) -> Front,
) -> (Desk, Clock) {
    let clock = Clock::starting_at(NOW_MS);
    let simulator = Simulator::new(settings(dialect, Edition::Enterprise));
    let transport = SimulatorTransport::new(Arc::new(Mutex::new(simulator)), clock)
        .with_latency(Duration::from_millis(40));
    let sources = common::runs::sources(text);
    let front = |behind| front(behind, clock);
    let desk = Desk::behind_front(
        environment(dialect),
        sources,
        Variables::new(),
        transport,
        clock,
        front,
    )
    .await;
    (desk, clock)
}

fn tally(events: &[Event]) -> Tally {
    events
        .iter()
        .find_map(|event| match event {
            Event::Finished { report } => Some(*report),
            _ => None,
        })
        .expect("an end")
}

fn outcomes(events: &[Event]) -> Vec<&Outcome> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::StepFinished { outcome, .. } => Some(outcome),
            _ => None,
        })
        .collect()
}

/// Applies, and stops the run after so long.
async fn apply_and_stop(desk: &Desk, ready: &Ready, clock: Clock, after: Duration) -> Vec<Event> {
    let mut events = Vec::new();
    let writer = desk.session.client.writer();
    let stopped = || writer.is_stopped();
    let means = ApplyContext {
        live: &ready.live,
        writer: &writer,
        parallelism: desk.session.parallelism,
        recovery: Recovery {
            clock,
            settle: SETTLE,
        },
        journal_writer: None,
    };
    let mut emit = |event| events.push(event);
    let stop = async {
        clock.sleep(after).await;
        writer.stop();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = deskform::apply::run::run(&ready.planned.tasks, means, &stopped, &mut emit) => {}
        () = stop => {}
    }
    events
}

/// Answers in front of the simulator as a limit of the dialect does.
fn limited(code: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    answer(429, headers, &json!({"errorCode": code, "message": "m"}))
}

#[tokio::test(start_paused = true)]
async fn case_14_a_limit_that_ends_soon_is_waited_for_in_plan_and_apply() {
    // The reset as the guide tells it, in seconds, in milliseconds and from now on, with calls left
    // and without; and the published API's two codes.
    let at = |form: &str, now_ms: i64| match form {
        "seconds" => (now_ms / 1_000 + 1).to_string(),
        "milliseconds" => (now_ms + 1_000).to_string(),
        _ => "1".to_owned(),
    };
    let guide = ["seconds", "milliseconds", "from now"]
        .into_iter()
        .flat_map(|form| {
            [
                ("100", "99"),
                ("100", "0"),
                ("50000", "49999"),
                ("50000", "0"),
            ]
            .map(|(limit, left)| (Dialect::Guide, "RATE_LIMIT_EXCEEDED", limit, left, form))
        });
    let openapi = ["THRESHOLD_EXCEEDED", "TOO_MANY_REQUESTS"]
        .into_iter()
        .flat_map(|code| ["0", "99000"].map(|left| (Dialect::Openapi, code, "", left, "")));
    for (dialect, code, limit, left, form) in guide.chain(openapi) {
        let case = format!("{dialect} {code} {limit} {left} {form}");
        let code = code.to_owned();
        let refused = Arc::new(AtomicUsize::new(0));
        let (calls, count) = (AtomicUsize::new(0), Arc::clone(&refused));
        let (limit, left, form) = (limit.to_owned(), left.to_owned(), form.to_owned());
        let front = move |front: Front, clock: Clock| {
            front.ask(move |request: &mut Request<Bytes>| {
                // Every other call is refused, the first one and the last one among them.
                if is_for_token(request) || calls.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
                    return None;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let reset = at(&form, clock.now_ms());
                Some(match dialect {
                    Dialect::Guide => limited(
                        &code,
                        &[
                            ("x-ratelimit-limit", &limit),
                            ("x-ratelimit-remaining", &left),
                            ("x-ratelimit-reset", &reset),
                        ],
                    ),
                    Dialect::Openapi => limited(
                        &code,
                        &[("x-rate-limit-remaining-v3", &left), ("retry-after", "1")],
                    ),
                })
            })
        };
        let (desk, clock) = desk(dialect, DEPARTMENTS, front).await;
        let ready = desk.plan().await;
        let ready = ready.map_err(|error| format!("{case}: {error}"));
        let ready = ready.expect("a plan");
        let tally = tally(&desk.apply(&ready).await);
        assert_eq!(tally.applied, 3, "{case}: {tally:?}");
        assert!(refused.load(Ordering::Relaxed) >= 4, "{case}");
        assert!(!desk.session.client.writer().is_day_over(), "{case}");
        // A second for each refusal and a little; nobody waited for a minute or a day.
        let took_ms = clock.now_ms() - NOW_MS;
        let refused = i64::try_from(refused.load(Ordering::Relaxed)).expect("a number");
        assert!(
            took_ms <= refused * 2_000,
            "{case}: {took_ms} ms, {refused} refused"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn case_7_a_refused_creation_is_not_repeated_after_a_stop() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        // Every creation is refused for the first eight seconds.
        let posts = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&posts);
        let (desk, clock) = desk(dialect, DEPARTMENTS, |front, clock| {
            front.ask(move |request| {
                if request.method() != http::Method::POST || is_for_token(request) {
                    return None;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let is_limited = clock.now_ms() - NOW_MS < 8_000;
                is_limited.then(|| limited("TOO_MANY_REQUESTS", &[("retry-after", "15")]))
            })
        })
        .await;
        let ready = desk.plan().await.expect("a plan");
        let events = apply_and_stop(&desk, &ready, clock, Duration::from_secs(3)).await;
        let tally = tally(&events);
        assert_eq!(
            (tally.applied, tally.stopped),
            (0, 3),
            "{dialect}: {tally:?}"
        );
        assert!(
            outcomes(&events)
                .iter()
                .all(|one| **one == Outcome::Stopped),
            "{dialect}"
        );
        assert_eq!(desk.writes(), 0, "{dialect}");
        let tried = posts.load(Ordering::Relaxed);
        assert!((1..=3).contains(&tried), "{dialect}: {tried}");
        assert!(clock.now_ms() - NOW_MS < 4_000, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_7_what_was_begun_and_then_refused_is_reported_as_such() {
    // The guide makes a webhook for each event: the second one is refused for good.
    let text = "webhooks:\n  Hook: {url: 'https://hooks.example.com/1', subscriptions: {Ticket_Add: {}, Ticket_Update: {}, Contact_Add: {}}}\n";
    let posts = AtomicUsize::new(0);
    let (desk, clock) = desk(Dialect::Guide, text, |front, _| {
        front.ask(move |request| {
            let is_post = request.method() == http::Method::POST && !is_for_token(request);
            (is_post && posts.fetch_add(1, Ordering::Relaxed) > 0)
                .then(|| limited("RATE_LIMIT_EXCEEDED", &[("retry-after", "100")]))
        })
    })
    .await;
    let ready = desk.plan().await.expect("a plan");
    let events = apply_and_stop(&desk, &ready, clock, Duration::from_secs(3)).await;
    let tally = tally(&events);
    assert_eq!(
        (tally.applied, tally.failed, tally.partly),
        (0, 1, 1),
        "{tally:?}"
    );
    assert_eq!(desk.writes(), 1);
    assert!(clock.now_ms() - NOW_MS < 4_000);
}

#[tokio::test(start_paused = true)]
async fn case_7_a_creation_without_an_answer_is_looked_up_after_a_stop_and_not_repeated() {
    // The answers to creations are lost, with their effect or without it.
    for has_effect in [true, false] {
        let (desk, clock) = desk(Dialect::Openapi, DEPARTMENTS, |front, _| {
            let lost = || answer(502, &[], &json!({}));
            let is_creation = |request: &Request<Bytes>| {
                request.method() == http::Method::POST && !is_for_token(request)
            };
            front
                .ask(move |request| (!has_effect && is_creation(request)).then(lost))
                .change(move |request, response| {
                    if is_creation(request) {
                        *response = lost();
                    }
                })
        })
        .await;
        let ready = desk.plan().await.expect("a plan");
        let events = apply_and_stop(&desk, &ready, clock, Duration::from_secs(3)).await;
        let tally = tally(&events);
        let listings = desk.take_log();
        let asked = |method: &str| listings.iter().filter(|one| one.method == method).count();
        if has_effect {
            // Looked up at once and adopted.
            assert_eq!((tally.applied, asked("POST")), (3, 3), "{tally:?}");
        } else {
            // Absent for the settle time: in doubt, and nothing is sent again.
            assert_eq!(tally.unknown, 3, "{tally:?}");
            assert_eq!(desk.writes(), 0);
            assert!(asked("GET") > 3, "{}", asked("GET"));
            let took_ms = u128::try_from(clock.now_ms() - NOW_MS).expect("a duration");
            assert!(took_ms < 2 * SETTLE.as_millis(), "{took_ms}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_7_a_duplicate_is_not_looked_for_after_a_stop() {
    let (desk, clock) = desk(
        Dialect::Openapi,
        "departments:\n  Billing: {}\n",
        |front, _| {
            front.ask(|request| {
                let body = json!({"errorCode": "INVALID_DATA", "message": "m", "errors": [
                    {"fieldName": "/name", "errorType": "duplicate", "errorMessage": "taken"}]});
                let is_creation = request.method() == http::Method::POST && !is_for_token(request);
                is_creation.then(|| answer(422, &[], &body))
            })
        },
    )
    .await;
    let ready = desk.plan().await.expect("a plan");
    let begun_ms = clock.now_ms();
    let events = apply_and_stop(&desk, &ready, clock, Duration::from_secs(3)).await;
    let tally = tally(&events);
    assert_eq!((tally.failed, tally.partly), (1, 0), "{tally:?}");
    // Not for the settle time, for which it would be looked for.
    assert_eq!(clock.now_ms() - begun_ms, 3_000);
}

/// Who may not ask is told nothing, and plans all the same.
#[tokio::test(start_paused = true)]
async fn a_refused_question_about_room_or_users_ends_no_plan() {
    let text = "
skillTypes: {Languages: {department: {lookup: Example Company}}}
businessHours: {Night: {timeZone: UTC, businessTimes: {MONDAY: {startTime: '20:00', endTime: '23:00'}}}}
removed: {customFields: [contacts/Old]}
";
    for (status, code) in [
        (400, "BAD_REQUEST"),
        (403, "LICENSE_ACCESS_LIMITED"),
        (404, "URL_NOT_FOUND"),
        (422, "UNPROCESSABLE_ENTITY"),
    ] {
        let clock = Clock::starting_at(NOW_MS);
        let mut simulator = Simulator::new(settings(Dialect::Openapi, Edition::Enterprise));
        let environment = environment(Dialect::Openapi);
        let organization = simulator.organization_mut(&environment.org_id);
        organization.expect("the organization").insert(
            "fields",
            json!({"module": "contacts", "apiName": "cf_old", "displayLabel": "Old", "type": "Text",
                "isCustomField": true}),
        );
        let transport = SimulatorTransport::new(Arc::new(Mutex::new(simulator)), clock);
        let refused = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&refused);
        let sources = common::runs::sources(text);
        let none = Variables::new();
        let front = move |front: Front| {
            front.ask(move |request| {
                let path = request.uri().path();
                let asks = ["/automationFeatureCount", "/criteriaReferences"];
                asks.iter().any(|end| path.ends_with(end)).then(|| {
                    counting.fetch_add(1, Ordering::SeqCst);
                    answer(status, &[], &json!({"errorCode": code, "message": "no"}))
                })
            })
        };
        let desk = Desk::behind_front(environment, sources, none, transport, clock, front).await;
        let ready = desk.plan().await.expect("a plan");
        assert_eq!(ready.planned.plan.steps.len(), 3);
        assert!(ready.warnings.is_empty(), "{:?}", ready.warnings);
        assert_eq!(refused.load(Ordering::SeqCst), 2 + 13);
    }
}
