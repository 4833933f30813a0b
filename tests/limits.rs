//! Limits: never more than allowed, nothing wasted, and what the forecast says of both.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Desk, NOW_MS, Variables, settings};
use deskform::apply::event::{Event, Outcome, Tally};
use deskform::apply::recover::{Recovery, SETTLE};
use deskform::apply::run::ApplyContext;
use deskform::clock::Clock;
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition, Unit};
use deskform::manifest::Sources;
use deskform::plan::task::Task;
use deskform::session::Ready;
use deskform::simulator::{Counts, Fate, Faults, Settings, Simulator, SimulatorTransport};
use deskform::yaml::source::Source;
use serde_json::json;

/// How long a call takes, in milliseconds.
const LATENCY_MS: u64 = 40;

fn environment(settings: &Settings) -> Environment {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {}, edition: {}}}}}\n",
        settings.dialect, settings.edition
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    let mut environment = project.environment(None).expect("it").clone();
    environment.dialect = Some(settings.dialect);
    environment
}

/// A session with a simulator whose answers take [`LATENCY_MS`].
struct Slow {
    desk: Desk,
    clock: Clock,
    /// Calls by the minute in which they were sent.
    minutes: Arc<Mutex<BTreeMap<i64, u64>>>,
}

impl Slow {
    async fn open(settings: Settings, text: &str, latency_ms: u64) -> Self {
        let environment = environment(&settings);
        let mut simulator = Simulator::new(settings);
        seed(&mut simulator, &environment.org_id);
        Self::again(
            &Arc::new(Mutex::new(simulator)),
            text,
            latency_ms,
            |_, _| Fate::Deliver,
        )
        .await
    }

    async fn again(
        simulator: &Arc<Mutex<Simulator>>,
        text: &str,
        latency_ms: u64,
        fate: impl Fn(&str, &str) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let environment = environment(simulator.lock().expect("it").settings());
        Self::of(environment, simulator, text, latency_ms, fate).await
    }

    async fn of(
        environment: Environment,
        simulator: &Arc<Mutex<Simulator>>,
        text: &str,
        latency_ms: u64,
        fate: impl Fn(&str, &str) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let clock = Clock::starting_at(NOW_MS);
        let minutes: Arc<Mutex<BTreeMap<i64, u64>>> = Arc::default();
        let sent = Arc::clone(&minutes);
        let transport = SimulatorTransport::new(Arc::clone(simulator), clock)
            .with_latency(Duration::from_millis(latency_ms))
            .with_fate(move |request| {
                let path = request.uri().path();
                if path.starts_with("/oauth/") {
                    return Fate::Deliver;
                }
                let minute = clock.now_ms().div_euclid(60_000);
                *sent.lock().expect("it").entry(minute).or_default() += 1;
                fate(request.method().as_str(), path)
            });
        let sources = Sources {
            base: vec![Source::new("all.yaml", text.as_bytes())],
            overlays: Vec::new(),
        };
        let desk = Desk::behind(environment, sources, Variables::new(), transport, clock).await;
        Self {
            desk,
            clock,
            minutes,
        }
    }

    fn counts(&self) -> Counts {
        let simulator = self.desk.simulator.lock().expect("it");
        simulator.statistics().total.clone()
    }

    async fn plan(&self) -> Ready {
        self.desk.plan().await.expect("a plan")
    }
}

/// What [`mixed`] changes and removes.
fn seed(simulator: &mut Simulator, organization: &str) {
    let organization = simulator.organization_mut(organization).expect("it");
    for n in 0..150 {
        organization.insert(
            "accounts",
            json!({"accountName": format!("Old {n}"), "phone": "0"}),
        );
        organization.insert(
            "contacts",
            json!({"email": format!("gone{n}@example.com"), "lastName": "Doe"}),
        );
    }
}

/// A thousand steps of every sort, many of which wait for others.
fn mixed(dialect: Dialect) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("a text");
    line("departments:".to_owned());
    for n in 0..20 {
        line(format!("  Department {n}: {{description: New}}"));
    }
    line("agents:".to_owned());
    for n in 0..60 {
        let how = match dialect {
            Dialect::Openapi => {
                format!(
                    "rolePermissionType: Light, departments: [Department {}]",
                    n % 20
                )
            }
            Dialect::Guide => "firstName: Jane".to_owned(),
        };
        line(format!("  a{n}@example.com: {{lastName: Doe, {how}}}"));
    }
    line("customFields:".to_owned());
    for n in 0..10 {
        line(format!(
            "  field{n}: {{module: contacts, type: Text, maxLength: 50, displayLabel: Field {n}}}"
        ));
    }
    line("accounts:".to_owned());
    for n in 0..200 {
        line(format!("  New {n}: {{phone: '1'}}"));
    }
    for n in 0..150 {
        line(format!("  Old {n}: {{phone: '1'}}"));
    }
    line("contacts:".to_owned());
    for n in 0..405 {
        let account = n % 300;
        let account = if account < 200 {
            format!("New {account}")
        } else {
            format!("Old {}", account - 200)
        };
        line(format!(
            "  c{n}@example.com: {{lastName: Doe, account: {account}, cf: {{field{}: x}}}}",
            n % 10
        ));
    }
    line("webhooks:".to_owned());
    for n in 0..5 {
        line(format!(
            "  hook{n}: {{url: 'https://hooks.example.com/{n}', isEnabled: false, subscriptions: {{Ticket_Add: {{}}}}}}"
        ));
    }
    line("removed:\n  contacts:".to_owned());
    for n in 0..150 {
        line(format!("    - gone{n}@example.com"));
    }
    out
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

/// Calls that have to be sent one after the other, reckoned from the end of the plan.
fn critical_path(tasks: &[Task]) -> usize {
    let mut length = vec![0_usize; tasks.len()];
    for (index, task) in tasks.iter().enumerate() {
        let before = task.prerequisites.iter().map(|needed| {
            assert!(*needed < index, "a step stands before what it needs");
            length[*needed]
        });
        length[index] = before.max().unwrap_or(0) + task.ops.len();
    }
    length.into_iter().max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_steps_fill_the_window_and_never_exceed_it() {
    for (dialect, edition, limit) in [
        (Dialect::Openapi, Edition::Free, 5),
        (Dialect::Openapi, Edition::Express, 10),
        (Dialect::Openapi, Edition::Standard, 10),
        (Dialect::Openapi, Edition::Professional, 15),
        (Dialect::Openapi, Edition::Enterprise, 25),
        (Dialect::Guide, Edition::Enterprise, 10),
    ] {
        let settings = Settings {
            enforce_minute_limits: false,
            rate_limit_headers: dialect == Dialect::Openapi,
            ..settings(dialect, edition)
        };
        let slow = Slow::open(settings, &mixed(dialect), LATENCY_MS).await;
        let ready = slow.plan().await;
        let steps = ready.planned.plan.steps.len();
        assert!(steps >= 1_000, "{dialect} {edition}: {steps}");
        let (begun, before) = (slow.clock.now_ms(), slow.counts());
        let tally = tally(&slow.desk.apply(&ready).await);
        let took = u64::try_from(slow.clock.now_ms() - begun).expect("a duration");
        let after = slow.counts();
        assert_eq!(tally.applied, steps, "{dialect} {edition}: {tally:?}");
        assert_eq!(
            (after.peak_concurrency, after.throttled),
            (limit, 0),
            "{dialect} {edition}"
        );
        let calls = usize::try_from(after.calls - before.calls).expect("a number");
        let rounds = critical_path(&ready.planned.tasks).max(calls.div_ceil(limit));
        let bound = u64::try_from(rounds).expect("a number") * LATENCY_MS;
        assert!(
            took * 100 <= bound * 105,
            "{dialect} {edition}: {took} ms for {calls} calls, at best {bound} ms"
        );
        let forecast = ready.planned.plan.forecast.expect("a forecast");
        assert_eq!(forecast.writes, after.writes - before.writes);
        assert_eq!(slow.desk.violations(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_chain_starts_before_what_waits_for_nothing() {
    // Thirty roles, each below the one before, and a hundred contacts that come before them in
    // the alphabet: begun last, the chain would take as long again as all the rest.
    let mut text = contacts(100);
    text.push_str("roles:\n  Role 0: {reportsTo: {lookup: CEO}, shareDataWithPeers: false}\n");
    for n in 1..30 {
        writeln!(
            text,
            "  Role {n}: {{reportsTo: Role {}, shareDataWithPeers: false}}",
            n - 1
        )
        .expect("a text");
    }
    let settings = settings(Dialect::Openapi, Edition::Free);
    let slow = Slow::open(settings, &text, LATENCY_MS).await;
    let ready = slow.plan().await;
    let path = critical_path(&ready.planned.tasks);
    assert_eq!((path, ready.planned.tasks.len()), (30, 130));
    let begun = slow.clock.now_ms();
    let tally = tally(&slow.desk.apply(&ready).await);
    assert_eq!(tally.applied, 130, "{tally:?}");
    assert_eq!(slow.clock.now_ms() - begun, 30 * 40);
}

#[tokio::test(start_paused = true)]
async fn where_others_hold_the_slots_fewer_are_used() {
    // The client may have 25 calls under way, but others leave it five of the organization's.
    let simulator = Arc::new(Mutex::new(Simulator::new(settings(
        Dialect::Openapi,
        Edition::Free,
    ))));
    let mut environment = environment(simulator.lock().expect("it").settings());
    environment.edition = Some(Edition::Enterprise);
    let slow = Slow::of(
        environment,
        &simulator,
        &contacts(400),
        LATENCY_MS,
        |_, _| Fate::Deliver,
    )
    .await;
    let ready = slow.plan().await;
    let tally = tally(&slow.desk.apply(&ready).await);
    assert_eq!(tally.applied, 400, "{tally:?}");
    let counts = slow.counts();
    // The first round of 25 has 20 refused; then a refusal ends each climb.
    assert!((20..80).contains(&counts.throttled), "{counts:?}");
    assert!(slow.desk.session.client.concurrency() <= 6);
}

/// Contacts that wait for nothing.
fn contacts(count: usize) -> String {
    (0..count).fold("contacts:\n".to_owned(), |mut text, n| {
        writeln!(text, "  c{n}@example.com: {{lastName: Doe}}").expect("a text");
        text
    })
}

#[tokio::test(start_paused = true)]
async fn each_minute_is_used_whole_and_none_is_overdrawn() {
    for (edition, limit) in [
        (Edition::Free, 10),
        (Edition::Standard, 20),
        (Edition::Professional, 50),
        (Edition::Enterprise, 100),
    ] {
        for extra in [0, 1, 7] {
            // Reads come first: the organizations and the contacts, which fill two pages; nobody
            // knew that there is no third, nor whether searches cost less: the first page, which is
            // read once, and one object far below tell that they do not.
            let writes = 3 * limit + extra - 5;
            let slow = Slow::open(
                settings(Dialect::Guide, edition),
                &contacts(writes),
                LATENCY_MS,
            )
            .await;
            let ready = slow.plan().await;
            let tally = tally(&slow.desk.apply(&ready).await);
            assert_eq!(tally.applied, writes);
            let counts = slow.counts();
            let calls = usize::try_from(counts.calls).expect("a number");
            assert_eq!((calls, counts.throttled), (writes + 5, 0), "{edition}");
            // Every minute but the last is used whole.
            let minutes: Vec<u64> = slow.minutes.lock().expect("it").values().copied().collect();
            let full = (calls - 1) / limit;
            let rest = calls - full * limit;
            let mut wanted = vec![u64::try_from(limit).expect("a number"); full];
            wanted.push(u64::try_from(rest).expect("a number"));
            assert_eq!(minutes, wanted, "{edition}");
            // The least that the limit allows: the last minute's calls, ten at once.
            let least = u64::try_from(full).expect("a number") * 60_000
                + u64::try_from(rest.div_ceil(10)).expect("a number") * LATENCY_MS;
            let took = u64::try_from(slow.clock.now_ms() - NOW_MS).expect("a duration");
            assert_eq!(took, least, "{edition} {writes}");
            // The forecast is rounded up to whole seconds and knows nothing of the last calls.
            let forecast = ready.planned.plan.forecast.expect("a forecast");
            assert_eq!(forecast.calls(), counts.calls);
            assert_eq!(forecast.seconds, u64::try_from(full).expect("it") * 60);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_on_the_seam_of_two_minutes_are_not_forgotten() {
    // Answers take so long that many calls end in the minute after the one they began in.
    for latency_ms in [7_000, 25_000, 40_000, 59_000] {
        for edition in [Edition::Free, Edition::Standard] {
            let slow =
                Slow::open(settings(Dialect::Guide, edition), &contacts(70), latency_ms).await;
            let ready = slow.plan().await;
            let tally = tally(&slow.desk.apply(&ready).await);
            assert_eq!(tally.applied, 70);
            assert_eq!(slow.counts().throttled, 0, "{edition} {latency_ms}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_forecast_is_what_an_apply_costs() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let settings = Settings {
            enforce_minute_limits: false,
            ..settings(dialect, Edition::Enterprise)
        };
        let first = Slow::open(settings, &mixed(dialect), LATENCY_MS).await;
        let planned = first.plan().await.planned.plan;
        let forecast = planned.forecast.expect("a forecast");
        let before = first.counts();
        // Planning has cost what apply's reading will cost.
        assert_eq!(forecast.reads, before.calls);
        assert_eq!(forecast.read_credits, before.credits);
        assert!(forecast.latency_measured);
        assert_eq!(forecast.latency_ms, 50);

        let second = Slow::again(
            &first.desk.simulator,
            &mixed(dialect),
            LATENCY_MS,
            |_, _| Fate::Deliver,
        )
        .await;
        let ready = second.plan().await;
        let tally = tally(&second.desk.apply(&ready).await);
        assert_eq!(tally.applied, ready.planned.plan.steps.len());
        let after = second.counts();
        assert_eq!(forecast.calls(), after.calls - before.calls, "{dialect}");
        assert_eq!(
            forecast.credits(),
            after.credits - before.credits,
            "{dialect}"
        );
        let left = second.desk.session.client.observed().credits_remaining;
        match dialect {
            // An agent who is no light agent raises the day's credits; there is none here.
            Dialect::Openapi => assert_eq!(forecast.budget.map(|budget| budget.after), left),
            Dialect::Guide => assert_eq!((forecast.budget, left), (None, None)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn deep_pages_are_counted_at_the_dearer_price_unless_answers_tell_it() {
    for headers in [true, false] {
        let settings = Settings {
            rate_limit_headers: headers,
            ..settings(Dialect::Openapi, Edition::Enterprise)
        };
        let mut simulator = Simulator::new(settings);
        let organization = simulator.organization_mut("700001").expect("it");
        for n in 0..2_500 {
            organization.insert(
                "contacts",
                json!({"email": format!("old{n}@example.com"), "lastName": "Doe"}),
            );
        }
        let simulator = Arc::new(Mutex::new(simulator));
        // So many that listing all costs less than looking for each.
        let slow = Slow::again(&simulator, &contacts(20), 0, |_, _| Fate::Deliver).await;
        let ready = slow.plan().await;
        let forecast = ready.planned.plan.forecast.expect("a forecast");
        let mut deep = 0;
        let mut pages = 0;
        for request in slow.desk.take_log() {
            let number = |name: &str| {
                let query = request
                    .target
                    .split_once('?')
                    .map_or("", |(_, query)| query);
                query
                    .split('&')
                    .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
                    .map_or(0, |text| text.parse::<u64>().expect("a number"))
            };
            pages += 1;
            deep += u64::from(number("from") + number("limit") > 2_000);
        }
        assert!(deep >= 5, "{deep}");
        assert_eq!(forecast.reads, pages);
        let dear = if headers { 5 } else { 10 };
        assert_eq!(forecast.read_credits, (pages - deep) * 3 + deep * dear);
        assert_eq!(forecast.dearer_price, !headers);
        assert_eq!(forecast.budget.is_some(), headers);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_beyond_the_day_s_credits_is_refused_before_the_first_write() {
    // Three credits for each of the two listings, and one for each write.
    for (credits, refused) in [(15, true), (16, false)] {
        let simulator = Arc::new(Mutex::new(Simulator::new(Settings {
            credits_per_day: Some(credits),
            ..settings(Dialect::Openapi, Edition::Enterprise)
        })));
        let slow = Slow::again(&simulator, &contacts(10), 0, |_, _| Fate::Deliver).await;
        let mut ready = slow.plan().await;
        let forecast = ready.planned.plan.forecast.clone().expect("a forecast");
        // An apply that follows has to read again.
        let warning = forecast.warning().expect("a warning");
        assert_eq!(
            warning.message,
            format!(
                "an apply would need 16 credits, and {} are left today",
                credits - 6
            )
        );
        let answer = ready.check_budget(&slow.desk.session);
        assert_eq!(answer.is_err(), refused, "{credits}");
        assert_eq!(slow.desk.writes(), 0);
        match answer {
            Err(problem) => {
                assert_eq!(problem.code.as_str(), "budget-too-small");
                assert_eq!(
                    problem.message,
                    "the plan needs 10 credits, and 9 are left today"
                );
            }
            Ok(()) => assert_eq!(tally(&slow.desk.apply(&ready).await).applied, 10),
        }
    }
}

/// The guide's headers as they may speak of the day; the answer holds no contacts.
fn day_headers(remaining: u64) -> Fate {
    let answer = http::Response::builder()
        .header("x-ratelimit-limit", "2000")
        .header("x-ratelimit-remaining", remaining)
        .header("x-ratelimit-reset", (NOW_MS / 1_000 + 7_200).to_string())
        .header("content-type", "application/json")
        .body(br#"{"data":[]}"#.to_vec().into())
        .expect("an answer");
    Fate::Answer(answer)
}

#[tokio::test(start_paused = true)]
async fn a_plan_beyond_the_day_s_calls_is_refused_before_the_first_write() {
    for (left, refused) in [(9, true), (10, false)] {
        let simulator = Arc::new(Mutex::new(Simulator::new(settings(
            Dialect::Guide,
            Edition::Enterprise,
        ))));
        let slow = Slow::again(&simulator, &contacts(10), 0, move |method, path| {
            if method == "GET" && path.ends_with("/contacts") {
                day_headers(left)
            } else {
                Fate::Deliver
            }
        })
        .await;
        let mut ready = slow.plan().await;
        let forecast = ready.planned.plan.forecast.clone().expect("a forecast");
        assert_eq!(forecast.budget.map(|budget| budget.unit), Some(Unit::Calls));
        assert_eq!(
            forecast.warning().map(|problem| problem.message),
            Some(format!(
                "an apply would need 12 calls, and {left} are left until 2026-11-22T02:00:00Z"
            ))
        );
        let answer = ready.check_budget(&slow.desk.session);
        assert_eq!(answer.is_err(), refused, "{left}");
        assert_eq!(slow.desk.writes(), 0);
        match answer {
            Err(problem) => assert_eq!(
                problem.message,
                "the plan needs 10 calls, and 9 are left until 2026-11-22T02:00:00Z"
            ),
            Ok(()) => assert_eq!(tally(&slow.desk.apply(&ready).await).applied, 10),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_day_is_used_up_nothing_more_is_started() {
    // The budget sufficed when it was looked at; then another integration took its share.
    let simulator = Arc::new(Mutex::new(Simulator::new(Settings {
        credits_per_day: Some(6 + 37),
        ..settings(Dialect::Openapi, Edition::Free)
    })));
    let slow = Slow::again(&simulator, &contacts(200), LATENCY_MS, |_, _| Fate::Deliver).await;
    let ready = slow.plan().await;
    let events = slow.desk.apply(&ready).await;
    let tally = tally(&events);
    // At most what was under way together is refused.
    assert_eq!(tally.applied, 37);
    assert!((1..=5).contains(&tally.failed), "{tally:?}");
    assert_eq!(tally.stopped, 200 - 37 - tally.failed);
    let failed = u64::try_from(tally.failed).expect("a number");
    assert!((1..=failed).contains(&slow.counts().throttled));
    let words: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::StepFinished {
                outcome: Outcome::Failed { error, .. },
                ..
            } => Some(error.as_str()),
            _ => None,
        })
        .collect();
    for text in words {
        assert!(text.contains("until 2026-11-23T00:00:0"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_token_is_revoked_nothing_more_is_started() {
    let simulator = Arc::new(Mutex::new(Simulator::new(settings(
        Dialect::Openapi,
        Edition::Free,
    ))));
    let slow = Slow::again(&simulator, &contacts(200), LATENCY_MS, |_, _| Fate::Deliver).await;
    let ready = slow.plan().await;
    let faults = Faults::parse("nth=38:token-revoked").expect("a schedule");
    simulator.lock().expect("it").set_faults(faults);
    let tally = tally(&slow.desk.apply(&ready).await);
    assert_eq!(tally.applied, 37);
    // At most what was under way together is refused.
    assert!((1..=5).contains(&tally.failed), "{tally:?}");
    assert_eq!(tally.stopped, 200 - 37 - tally.failed);
}

#[tokio::test(start_paused = true)]
async fn steps_that_wait_for_an_object_to_appear_do_not_hold_up_others() {
    let simulator = Arc::new(Mutex::new(Simulator::new(settings(
        Dialect::Openapi,
        Edition::Free,
    ))));
    let creations = Mutex::new(0);
    let slow = Slow::again(&simulator, &contacts(30), LATENCY_MS, move |method, _| {
        let mut count = creations.lock().expect("it");
        *count += usize::from(method == "POST");
        if method == "POST" && *count <= 5 {
            // Not carried out, but nobody can know.
            let answer = http::Response::builder().status(503);
            Fate::Answer(answer.body(Vec::new().into()).expect("an answer"))
        } else {
            Fate::Deliver
        }
    })
    .await;
    let ready = slow.plan().await;
    let begun = slow.clock.now_ms();
    let mut ends = Vec::new();
    let writer = slow.desk.session.client.writer();
    let tally = deskform::apply::run::run(
        &ready.planned.tasks,
        ApplyContext {
            live: &ready.live,
            writer: &writer,
            parallelism: slow.desk.session.parallelism,
            recovery: Recovery {
                clock: slow.clock,
                settle: SETTLE,
            },
            journal_writer: None,
        },
        &|| false,
        &mut |event| {
            if matches!(event, Event::StepFinished { .. }) {
                ends.push(slow.clock.now_ms() - begun);
            }
        },
    )
    .await;
    assert_eq!(tally.applied, 30, "{tally:?}");
    let settle = i64::try_from(SETTLE.as_millis()).expect("a number");
    let early = ends.iter().filter(|ms| **ms < 5_000).count();
    let late = ends.iter().filter(|ms| **ms >= settle).count();
    assert_eq!((early, late), (25, 5), "{ends:?}");
    assert!(slow.counts().peak_concurrency <= 5);
}
