//! Tokens, organizations, limits, statistics, the state file, and the transport.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::api::{Transport as _, TransportError};
use crate::clock::Clock;
use crate::simulator::exchange::Route;
use crate::simulator::oauth::for_reading;
use crate::simulator::routes;

#[test]
fn a_call_needs_a_living_token() {
    for (dialect, code) in [
        (Dialect::Openapi, "INVALID_OAUTH"),
        (Dialect::Guide, "INVALID_TOKEN"),
    ] {
        let mut world = World::new(dialect);
        world.now += 3_600_000;
        let (status, body) = world.get("/departments");
        assert_eq!((status, body["errorCode"].as_str()), (401, Some(code)));
        assert!(world.header("x-rate-limit-remaining-v3").is_none());
        world.log_in();
        assert_eq!(world.get("/departments").0, 200);
        world.simulator.revoke_tokens("700001");
        assert_eq!(world.get("/departments").0, 401);
        assert_eq!(world.violations(), 0);
    }
}

#[test]
fn the_organization_is_named_once_and_is_the_tokens_own() {
    let settings = Settings {
        organizations: vec![
            OrganizationSeed::new("700001"),
            OrganizationSeed::new("700002"),
        ],
        ..Settings::default()
    };
    let cases = [
        (Some("700001"), "", 200, ""),
        (None, "?orgId=700001", 200, ""),
        (Some("700001"), "?orgId=700001", 200, ""),
        (None, "", 422, "UNPROCESSABLE_ENTITY"),
        (Some("700001"), "?orgId=700002", 422, "UNPROCESSABLE_ENTITY"),
        (Some("700002"), "", 403, "OAUTH_ORG_MISMATCH"),
        (Some("acme"), "", 500, "INTERNAL_SERVER_ERROR"),
    ];
    for (header, query, status, code) in cases {
        let mut world = World::with(settings.clone());
        let mut request = world.request("GET", &format!("/departments{query}"), None);
        request.headers_mut().remove("orgId");
        if let Some(header) = header {
            request
                .headers_mut()
                .insert("orgId", header.parse().unwrap());
        }
        let (found, body) = world.send(&request);
        assert_eq!(
            (found, body["errorCode"].as_str().unwrap_or("")),
            (status, code),
            "{header:?} {query}"
        );
    }
    let mut world = World::with(settings);
    let mut request = world.request("GET", "/organizations", None);
    request.headers_mut().remove("orgId");
    let (status, body) = world.send(&request);
    assert_eq!((status, body["data"].as_array().unwrap().len()), (200, 2));
}

#[test]
fn validation_comes_before_permission() {
    let mut world = World::new(Dialect::Openapi);
    world
        .simulator
        .set_scopes("700001", Some(vec!["Desk.contacts.READ".into()]));
    world.log_in();
    assert_eq!(
        world.refused("POST", "/departments", json!({})),
        (422, "INVALID_DATA".into(), true)
    );
    let agent = world.here().acting_agent().to_owned();
    let body = json!({"name": "Billing", "associatedAgentIds": [agent]});
    assert_eq!(
        world.refused("POST", "/departments", body),
        (403, "SCOPE_MISMATCH".into(), false)
    );
    assert_eq!(world.get("/contacts").0, 204);
    assert_eq!(world.get("/contacts/search?email=a@example.com").0, 403);
    assert_eq!(world.get("/departments").0, 403);
}

/// Whatever an operation is, a token for reading reads with it or is refused.
#[test]
fn a_token_for_reading_writes_nowhere() {
    let granted = for_reading(None);
    for dialect in Dialect::ALL {
        let (mut reads, mut writes) = (0, 0);
        for (method, path, scopes) in routes(dialect).iter().copied().flatten().map(Route::asks) {
            let is_read = method == "GET";
            assert_eq!(scopes.allow(Some(&granted)), is_read, "{method} {path}");
            *(if is_read { &mut reads } else { &mut writes }) += 1;
        }
        assert!(reads > 10 && writes > 15, "{reads} {writes}");
    }
}

#[test]
fn a_reading_token_is_refused_a_write() {
    for (dialect, code) in [
        (Dialect::Openapi, "SCOPE_MISMATCH"),
        (Dialect::Guide, "INVALID_OAUTH_SCOPE"),
    ] {
        let mut world = World::new(dialect);
        world.log_in_with(&demo_reading_token("700001"));
        assert_eq!(world.get("/departments").0, 200);
        let refused = world.refused("POST", "/accounts", json!({"accountName": "Acme"}));
        assert_eq!((refused.0, refused.1.as_str()), (403, code));
        let accounts = world.get("/accounts").1;
        assert!(!accounts.to_string().contains("Acme"), "{accounts}");
    }
}

#[test]
fn malformed_requests_are_refused_and_noted() {
    let mut world = World::new(Dialect::Openapi);
    let cases = [
        ("GET", "/nowhere", 404, "URL_NOT_FOUND", true),
        ("GET", "/departments/abc", 404, "URL_NOT_FOUND", true),
        ("DELETE", "/departments/7", 405, "METHOD_NOT_ALLOWED", true),
        ("PUT", "/departments/7", 405, "METHOD_NOT_ALLOWED", true),
        ("GET", "/departments/7", 404, "URL_NOT_FOUND", false),
        (
            "GET",
            "/departments?sortOrder=asc",
            422,
            "UNPROCESSABLE_ENTITY",
            true,
        ),
        (
            "GET",
            "/departments?limit=201",
            422,
            "UNPROCESSABLE_ENTITY",
            true,
        ),
        (
            "GET",
            "/departments?from=-1",
            422,
            "UNPROCESSABLE_ENTITY",
            true,
        ),
        (
            "GET",
            "/departments?limit=5&limit=6",
            422,
            "UNPROCESSABLE_ENTITY",
            true,
        ),
        ("GET", "/fields", 422, "UNPROCESSABLE_ENTITY", true),
        (
            "GET",
            "/contacts?fields=description",
            422,
            "UNPROCESSABLE_ENTITY",
            true,
        ),
    ];
    for (method, target, status, code, violation) in cases {
        let before = world.violations();
        let request = world.request(method, target, None);
        let (found, body) = world.send(&request);
        assert_eq!(
            (found, body["errorCode"].as_str().unwrap()),
            (status, code),
            "{method} {target}"
        );
        assert_eq!(world.violations() > before, violation, "{method} {target}");
    }
    let (_, body) = world.get("/departments?sortOrder=asc");
    assert_eq!(
        body["message"],
        "Extra query parameter 'sortOrder' is present in the input."
    );
    let (_, body) = world.get("/departments?limit=201");
    assert_eq!(
        body["message"],
        "The value passed for field 'limit' exceeds the range of '0-200'."
    );
}

#[test]
fn bodies_are_json_of_a_bounded_size() {
    let mut world = World::new(Dialect::Openapi);
    let body = json!({"name": "Support"});
    let mut request = world.request("POST", "/roles", Some(&body));
    request.headers_mut().remove("Content-Type");
    assert_eq!(
        world.send(&request).1["errorCode"],
        "UNSUPPORTED_MEDIA_TYPE"
    );
    let mut request = world.request("POST", "/roles", Some(&body));
    *request.body_mut() = Bytes::from_static(b"[1]");
    assert_eq!(world.send(&request).1["errorCode"], "BAD_REQUEST");
    let mut request = world.request("POST", "/roles", Some(&body));
    *request.body_mut() = Bytes::from(vec![b' '; BODY_LIMIT + 1]);
    let (status, body) = world.send(&request);
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (413, Some("RESOURCE_SIZE_EXCEEDED"))
    );
    assert_eq!(world.violations(), 3);
}

#[test]
fn credits_are_counted_and_run_out() {
    let mut world = World::with(Settings {
        credits_per_day: Some(5),
        ..Settings::default()
    });
    assert_eq!(world.get("/departments").0, 200);
    assert_eq!(world.header("x-rate-limit-request-weight-v3"), Some(3));
    assert_eq!(world.header("x-rate-limit-remaining-v3"), Some(2));
    assert_eq!(world.get("/myinfo").0, 200);
    let (status, body) = world.get("/departments");
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (429, Some("THRESHOLD_EXCEEDED"))
    );
    assert_eq!(world.header("retry-after"), Some(36_000));
    let counts = world.simulator.statistics().organizations["700001"].clone();
    assert_eq!(
        (
            counts.calls,
            counts.credits,
            counts.throttled,
            counts.writes
        ),
        (3, 4, 1, 0)
    );
    world.now += 36_000_000;
    world.log_in();
    assert_eq!(world.get("/departments").0, 200);
}

#[test]
fn the_day_has_credits_by_edition_and_agents() {
    let mut world = World::new(Dialect::Openapi);
    world.get("/myinfo");
    assert_eq!(world.header("x-rate-limit-remaining-v3"), Some(101_000 - 1));
}

#[test]
fn the_guide_limits_calls_a_minute() {
    let settings = Settings {
        dialect: Dialect::Guide,
        edition: Edition::Free,
        ..Settings::default()
    };
    let mut world = World::with(settings.clone());
    for left in (0..10).rev() {
        assert_eq!(world.get("/departments").0, 200);
        assert_eq!(world.header("x-ratelimit-remaining"), Some(left));
    }
    let (status, body) = world.get("/departments");
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (429, Some("RATE_LIMIT_EXCEEDED"))
    );
    assert_eq!(world.header("x-ratelimit-limit"), Some(10));
    assert_eq!(world.header("x-ratelimit-reset"), Some(NOW / 1_000 + 60));
    world.now += 60_000;
    assert_eq!(world.get("/departments").0, 200);
    let mut world = World::with(Settings {
        enforce_minute_limits: false,
        ..settings
    });
    for _ in 0..20 {
        assert_eq!(world.get("/departments").0, 200);
    }
    assert_eq!(world.header("x-ratelimit-remaining"), Some(0));
}

#[test]
fn active_calls_are_limited_by_edition() {
    let mut world = World::with(Settings {
        edition: Edition::Free,
        ..Settings::default()
    });
    let request = world.request("GET", "/departments", None);
    for _ in 0..5 {
        assert!(world.simulator.begin(&request, NOW).is_ok());
    }
    let refusal = world.simulator.begin(&request, NOW).unwrap_err();
    assert_eq!(refusal.status(), 429);
    assert!(String::from_utf8_lossy(refusal.body()).contains("TOO_MANY_REQUESTS"));
    assert!(!refusal.headers().contains_key("retry-after"));
    world.simulator.end(&request);
    assert!(world.simulator.begin(&request, NOW).is_ok());
    let statistics = world.simulator.statistics();
    assert_eq!(statistics.organizations["700001"].peak_concurrency, 5);
    assert_eq!(statistics.total.throttled, 1);
}

#[test]
fn the_state_file_holds_everything() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let mut world = World::new(dialect);
        world.get("/departments");
        world.here().insert(
            "contacts",
            json!({"lastName": "Smith", "email": "smith@example.com"}),
        );
        let saved = world.simulator.save();
        assert_eq!(saved, world.simulator.save());
        let mut copy = Simulator::load(&saved).unwrap();
        assert_eq!(copy.save(), saved);
        let request = world.request("GET", "/contacts", None);
        let (here, there) = (
            world.simulator.handle(&request, NOW),
            copy.handle(&request, NOW),
        );
        assert_eq!(here.body(), there.body());
        assert_eq!(here.headers(), there.headers());
        let double = json!({"lastName": "Smith", "email": "SMITH@example.com"});
        let request = world.request("POST", "/contacts", Some(&double));
        assert!(copy.handle(&request, NOW).status().is_client_error());
        assert_eq!(copy.save(), {
            world.simulator.handle(&request, NOW);
            world.simulator.save()
        });
    }
}

#[test]
fn a_foreign_state_file_is_refused() {
    assert!(matches!(Simulator::load("{"), Err(StateError::Json(_))));
    assert!(matches!(Simulator::load("{}"), Err(StateError::Json(_))));
    assert!(matches!(
        Simulator::load(r#"{"formatVersion": 9}"#),
        Err(StateError::Version { found: 9 })
    ));
}

#[test]
fn requests_are_numbered() {
    let mut world = World::new(Dialect::Openapi);
    world.get("/departments");
    assert_eq!(world.headers["x-request-id"], "simulator-2");
    assert_eq!(world.simulator.statistics().token_requests, 1);
}

fn shared(world: World) -> (Arc<Mutex<Simulator>>, Request<Bytes>) {
    let request = world.request("GET", "/departments?limit=5", None);
    (Arc::new(Mutex::new(world.simulator)), request)
}

#[tokio::test(start_paused = true)]
async fn the_transport_takes_its_time_and_keeps_a_log_without_secrets() {
    let (simulator, request) = shared(World::new(Dialect::Openapi));
    let clock = Clock::starting_at(NOW);
    let transport = SimulatorTransport::new(Arc::clone(&simulator), clock)
        .with_latency(Duration::from_millis(200));
    let all = futures_util::future::join_all((0..3).map(|_| transport.send(request.clone()))).await;
    assert!(
        all.iter()
            .all(|response| response.as_ref().unwrap().status() == 200)
    );
    assert_eq!(clock.now_ms(), NOW + 200);
    assert_eq!(
        simulator
            .lock()
            .unwrap()
            .statistics()
            .total
            .peak_concurrency,
        3
    );
    let token = Request::post("https://accounts.example.com/oauth/v2/token?x=y")
        .body(Bytes::from(refresh_form(&demo_refresh_token("700001"))))
        .unwrap();
    transport.send(token).await.unwrap();
    let log = transport.log();
    assert_eq!(
        (log.len(), log[0].target.as_str()),
        (4, "/api/v1/departments?limit=5")
    );
    assert_eq!(
        (log[0].organization.as_deref(), log[0].status),
        (Some("700001"), Some(200))
    );
    assert_eq!(
        (log[3].target.as_str(), &log[3].body),
        ("/oauth/v2/token", &None)
    );
    assert!(!format!("{log:?}").contains("oauthtoken"));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_no_longer_active() {
    let (simulator, request) = shared(World::with(Settings {
        edition: Edition::Free,
        ..Settings::default()
    }));
    let transport = SimulatorTransport::new(Arc::clone(&simulator), Clock::starting_at(NOW))
        .with_latency(Duration::from_secs(10));
    for _ in 0..7 {
        let call = transport.send(request.clone());
        assert!(
            tokio::time::timeout(Duration::from_secs(1), call)
                .await
                .is_err()
        );
    }
    assert_eq!(simulator.lock().unwrap().statistics().total.throttled, 0);
}

#[tokio::test(start_paused = true)]
async fn fates_stand_between_a_request_and_its_answer() {
    let (simulator, _) = shared(World::new(Dialect::Openapi));
    let world = World::new(Dialect::Openapi);
    let body = json!({"lastName": "Smith"});
    let request = world.request("POST", "/contacts", Some(&body));
    let simulator_of = |fate: fn(&Request<Bytes>) -> Fate| {
        SimulatorTransport::new(Arc::clone(&simulator), Clock::starting_at(NOW)).with_fate(fate)
    };
    let contacts = || {
        simulator
            .lock()
            .unwrap()
            .organization("700001")
            .unwrap()
            .objects("contacts")
            .len()
    };
    let lost = simulator_of(|_| Fate::LoseAnswer)
        .send(request.clone())
        .await;
    assert!(matches!(lost, Err(TransportError::Lost(_))));
    assert_eq!(contacts(), 1);
    let refused = simulator_of(|_| Fate::NotSent).send(request.clone()).await;
    assert!(matches!(refused, Err(TransportError::NotSent(_))));
    let answered = simulator_of(|_| Fate::Answer(response(503, None)))
        .send(request)
        .await;
    assert_eq!(answered.unwrap().status(), 503);
    assert_eq!(contacts(), 1);
}

#[test]
fn no_time_and_no_state_file_makes_it_panic() {
    for now in [i64::MIN, -1, 0, i64::MAX] {
        let mut world = World::new(Dialect::Openapi);
        world.now = now;
        world.log_in();
        world.get("/departments");
        world.call("POST", "/contacts", json!({"lastName": "Smith"}));
        let mut world = World::new(Dialect::Guide);
        world.now = now;
        world.log_in();
        world.get("/departments");
    }
    let world = World::new(Dialect::Openapi);
    let mut state: Value = serde_json::from_str(&world.simulator.save()).unwrap();
    state["organizations"]["700001"]["nextId"] = json!(u64::MAX);
    state["requests"] = json!(u64::MAX);
    state["organizations"]["700001"]["collections"]["contacts"] = json!({"1": 7, "2": {"id": []}});
    let mut copy = Simulator::load(&state.to_string()).unwrap();
    for target in ["/contacts", "/contacts/1", "/contacts/2", "/agents"] {
        copy.handle(&world.request("GET", target, None), NOW);
    }
    let body = json!({"lastName": "Smith"});
    copy.handle(&world.request("POST", "/contacts", Some(&body)), NOW);
    copy.handle(&world.request("PATCH", "/contacts/1", Some(&body)), NOW);
}
