//! Every fault and every quirk as a client sees it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use super::*;
use crate::api::{Transport as _, TransportError};
use crate::clock::Clock;
use crate::simulator::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Settings, Simulator, SimulatorTransport, Statistics,
    demo_refresh_token,
};

/// 2025-12-12T14:00:30Z.
const NOW: i64 = 1_765_548_030_000;

type Answer = Result<Response<Bytes>, TransportError>;

/// A client with a token in front of a simulator that faults befall.
struct Desk {
    transport: SimulatorTransport,
    clock: Clock,
    token: String,
}

impl Desk {
    async fn new(dialect: Dialect, spec: &str) -> Self {
        Self::with(dialect, Faults::parse(spec).unwrap()).await
    }

    async fn with(dialect: Dialect, faults: Faults) -> Self {
        let simulator = Simulator::new(Settings {
            dialect,
            enforce_minute_limits: false,
            ..Settings::default()
        });
        let clock = Clock::starting_at(NOW);
        let mut desk = Self {
            transport: SimulatorTransport::new(Arc::new(Mutex::new(simulator)), clock),
            clock,
            token: String::new(),
        };
        desk.token = desk.log_in().await.unwrap();
        desk.simulate(|simulator| {
            simulator.reset_statistics();
            simulator.set_faults(faults);
        });
        desk
    }

    fn simulate<T>(&self, act: impl FnOnce(&mut Simulator) -> T) -> T {
        act(&mut self.transport.simulator().lock().unwrap())
    }

    async fn ask_for_token(&self) -> Answer {
        let form = format!(
            "grant_type=refresh_token&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}&refresh_token={}",
            demo_refresh_token("700001")
        );
        let request = Request::post("https://accounts.example.com/oauth/v2/token")
            .body(form.into())
            .unwrap();
        self.transport.send(request).await
    }

    /// A new token, or the error of the accounts server.
    async fn log_in(&self) -> Result<String, String> {
        let body = json_of(&self.ask_for_token().await.unwrap());
        match body["access_token"].as_str() {
            Some(token) => Ok(token.to_owned()),
            None => Err(body["error"].as_str().unwrap_or_default().to_owned()),
        }
    }

    async fn call(&self, method: &str, target: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://desk.example.com/api/v1{target}"))
            .header("Authorization", format!("Zoho-oauthtoken {}", self.token))
            .header("orgId", "700001")
            .header("Content-Type", "application/json")
            .body(body.map_or_else(Bytes::new, |body| body.to_string().into()))
            .unwrap();
        self.transport.send(request).await
    }

    async fn get(&self, target: &str) -> Answer {
        self.call("GET", target, None).await
    }

    /// Creates a contact.
    async fn write(&self) -> Answer {
        let body = json!({"lastName": "Smith", "email": "J.Smith@Example.com"});
        self.call("POST", "/contacts", Some(body)).await
    }

    fn contacts(&self) -> Vec<Value> {
        self.simulate(|simulator| {
            simulator
                .organization("700001")
                .unwrap()
                .objects("contacts")
        })
    }

    fn statistics(&self) -> Statistics {
        self.simulate(|simulator| simulator.statistics().clone())
    }

    fn next_run(&self) {
        self.simulate(|simulator| simulator.faults_mut().next_run());
    }

    fn log(&self) -> Vec<String> {
        self.simulate(|simulator| simulator.faults().log().map(ToString::to_string).collect())
    }
}

fn json_of(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

/// What a client sees, in short.
fn seen(answer: &Answer) -> String {
    match answer {
        Ok(answer) => {
            let kind = match (answer.body().first(), json_of(answer)) {
                (None, _) => "nothing".to_owned(),
                (Some(b'<'), _) => "page".to_owned(),
                (_, Value::Null) => "riddle".to_owned(),
                (_, body) => body["errorCode"].as_str().unwrap_or("object").to_owned(),
            };
            format!("{} {kind}", answer.status().as_u16())
        }
        Err(TransportError::NotSent(_)) => "not sent".to_owned(),
        Err(TransportError::Lost(_)) => "lost".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn header(answer: &Answer, name: &str) -> Option<i64> {
    let value = answer.as_ref().ok()?.headers().get(name)?;
    value.to_str().ok()?.parse().ok()
}

/// Fault, what the client sees in each dialect, and whether the write takes effect.
const WRITES: [(&str, &str, &str, bool); 15] = [
    ("not-sent", "not sent", "not sent", false),
    ("lost-before", "lost", "lost", false),
    ("lost-after", "lost", "lost", true),
    ("truncated", "lost", "lost", true),
    ("cut-body", "200 riddle", "200 riddle", true),
    (
        "429",
        "429 TOO_MANY_REQUESTS",
        "429 RATE_LIMIT_EXCEEDED",
        false,
    ),
    (
        "day-limit",
        "429 THRESHOLD_EXCEEDED",
        "429 RATE_LIMIT_EXCEEDED",
        false,
    ),
    (
        "500",
        "500 INTERNAL_SERVER_ERROR",
        "500 INTERNAL_ERROR",
        false,
    ),
    (
        "500-after",
        "500 INTERNAL_SERVER_ERROR",
        "500 INTERNAL_ERROR",
        true,
    ),
    ("503", "503 nothing", "503 nothing", false),
    ("html", "502 page", "502 page", false),
    ("html-after:200", "200 page", "200 page", true),
    ("empty", "200 nothing", "200 nothing", true),
    ("empty:204", "204 nothing", "204 nothing", true),
    (
        "token-expired",
        "401 INVALID_OAUTH",
        "401 INVALID_TOKEN",
        false,
    ),
];

#[tokio::test(start_paused = true)]
async fn each_fault_hides_the_answer_and_keeps_or_spares_the_effect() {
    for (fault, openapi, guide, takes_effect) in WRITES {
        for (dialect, expected) in [(Dialect::Openapi, openapi), (Dialect::Guide, guide)] {
            let desk = Desk::new(dialect, &format!("nth=1:{fault}*1")).await;
            let answer = desk.write().await;
            let answered = seen(&answer).replace("201", "200");
            assert_eq!(answered, expected, "{fault} {dialect}");
            assert_eq!(
                desk.contacts().len(),
                usize::from(takes_effect),
                "{fault} {dialect}"
            );
            let statistics = desk.statistics();
            assert!(statistics.violations.is_empty(), "{fault} {dialect}");
            assert_eq!(
                statistics.faults.values().sum::<u64>(),
                1,
                "{fault} {dialect}"
            );
            let kind = fault.split(':').next().unwrap();
            assert_eq!(statistics.faults[kind], 1);
            assert_eq!(desk.log().len(), 1);
            assert!(desk.log()[0].starts_with("run 1, request 1: POST /api/v1/contacts: "));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_one_of_three_as_the_seed_wills() {
    let mut all = BTreeSet::new();
    for seed in 0..40 {
        let desk = Desk::new(Dialect::Openapi, &format!("seed={seed},nth=1:reset")).await;
        let answer = seen(&desk.write().await);
        all.insert((answer, desk.contacts().len()));
        assert_eq!(desk.statistics().faults["reset"], 1);
        let log = desk.log();
        assert!(
            log[0].contains("reset (") && log[0].ends_with(')'),
            "{log:?}"
        );
    }
    let expected = [("lost", 0), ("lost", 1), ("not sent", 0)];
    assert!(all.iter().map(|(a, n)| (a.as_str(), *n)).eq(expected));
}

#[tokio::test(start_paused = true)]
async fn refusals_by_limits_say_how_long_when_told_to() {
    let desk = Desk::new(Dialect::Openapi, "nth=1:429:7,nth=2:429,nth=3:day-limit:60").await;
    let answer = desk.get("/departments").await;
    assert_eq!(header(&answer, "retry-after"), Some(7));
    assert!(header(&answer, "x-rate-limit-remaining-v3").unwrap() > 0);
    let answer = desk.get("/departments").await;
    assert_eq!(header(&answer, "retry-after"), None);
    let answer = desk.get("/departments").await;
    assert_eq!(header(&answer, "retry-after"), Some(60));
    assert_eq!(header(&answer, "x-rate-limit-remaining-v3"), Some(0));
    assert_eq!(desk.statistics().total.throttled, 3);

    let spec = "nth=1:minute-limit,nth=2:minute-limit:9,nth=3:day-limit";
    let desk = Desk::new(Dialect::Guide, spec).await;
    let answer = desk.get("/departments").await;
    assert_eq!(seen(&answer), "429 RATE_LIMIT_EXCEEDED");
    assert_eq!(header(&answer, "x-ratelimit-remaining"), Some(0));
    assert_eq!(header(&answer, "x-ratelimit-reset"), Some(NOW / 1_000 + 30));
    assert_eq!(header(&answer, "retry-after"), None);
    let answer = desk.get("/departments").await;
    assert_eq!(seen(&answer), "429 RATE_LIMIT_EXCEEDED");
    assert_eq!(header(&answer, "retry-after"), Some(9));
    let answer = desk.get("/departments").await;
    let reset = header(&answer, "x-ratelimit-reset").unwrap();
    assert_eq!(reset % 86_400, 0);

    let desk = Desk::new(Dialect::Openapi, "every=1:minute-limit").await;
    assert_eq!(seen(&desk.get("/departments").await), "200 object");
    assert!(desk.statistics().faults.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_used_up_day_lasts_until_the_next_run() {
    let desk = Desk::new(Dialect::Openapi, "nth=2:day-limit*1").await;
    assert_eq!(seen(&desk.get("/departments").await), "200 object");
    for _ in 0..3 {
        assert_eq!(seen(&desk.write().await), "429 THRESHOLD_EXCEEDED");
    }
    assert_eq!(desk.statistics().faults["day-limit"], 1);
    desk.next_run();
    assert_eq!(seen(&desk.write().await), "200 object");
    assert_eq!(desk.simulate(|simulator| simulator.faults().run()), 2);
}

#[tokio::test(start_paused = true)]
async fn tokens_die_alone_or_with_their_refresh_token() {
    let mut desk = Desk::new(Dialect::Openapi, "nth=1:token-expired,nth=3:token-revoked").await;
    assert_eq!(seen(&desk.get("/departments").await), "401 INVALID_OAUTH");
    desk.token = desk.log_in().await.unwrap();
    assert_eq!(seen(&desk.get("/departments").await), "200 object");
    assert_eq!(seen(&desk.get("/departments").await), "401 INVALID_OAUTH");
    assert_eq!(desk.log_in().await, Err("invalid_code".to_owned()));
    desk.next_run();
    desk.token = desk.log_in().await.unwrap();
    assert_eq!(seen(&desk.get("/departments").await), "200 object");
}

#[tokio::test(start_paused = true)]
async fn the_accounts_server_fails_by_its_own_rules() {
    let cases = [
        ("500", "500 nothing"),
        ("lost-after", "lost"),
        ("429", "400 object"),
        ("html:401", "401 page"),
        ("cut-body", "200 riddle"),
    ];
    for (fault, expected) in cases {
        let desk = Desk::new(Dialect::Openapi, &format!("token=2:{fault},every=1:503")).await;
        assert_eq!(seen(&desk.ask_for_token().await), "200 object");
        let answer = desk.ask_for_token().await;
        assert_eq!(seen(&answer), expected, "{fault}");
        if fault == "429" {
            assert_eq!(json_of(&answer.unwrap())["error"], "Access Denied");
        }
        assert_eq!(desk.statistics().token_requests, 2);
        assert!(desk.log()[0].starts_with("run 1, request 0: POST /oauth/v2/token: "));
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_takes_its_time() {
    let desk = Desk::new(Dialect::Openapi, "nth=1:slow:2.5").await;
    assert_eq!(seen(&desk.get("/departments").await), "200 object");
    assert_eq!(desk.clock.now_ms(), NOW + 2_500);
    desk.get("/departments").await.unwrap();
    assert_eq!(desk.clock.now_ms(), NOW + 2_500);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_taken_and_its_custom_values_are_not_stored() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let desk = Desk::new(dialect, "write=1:not-stored").await;
        desk.simulate(|simulator| {
            simulator.organization_mut("700001").unwrap().insert(
                "fields",
                json!({"module": "contacts", "apiName": "cf_region", "displayLabel": "Region", "isCustomField": true}),
            );
        });
        desk.write().await.unwrap();
        let body = json!({"lastName": "Jones", "cf": {"cf_region": "EMEA"}});
        for stored in [Value::Null, json!("EMEA")] {
            let answer = desk.call("POST", "/contacts", Some(body.clone())).await;
            assert!(answer.unwrap().status().is_success());
            assert_eq!(desk.contacts().last().unwrap()["cf"]["cf_region"], stored);
        }
        assert!(desk.statistics().violations.is_empty());
        assert_eq!(desk.log().len(), 1);
    }
}

fn ids_of(answer: &Answer) -> Vec<String> {
    let body = json_of(answer.as_ref().unwrap());
    let items = body["data"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn objects_shift_between_the_pages_of_a_listing() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let desk = Desk::new(dialect, "nth=1:shift,nth=2:shift").await;
        let ids: Vec<String> = desk.simulate(|simulator| {
            let organization = simulator.organization_mut("700001").unwrap();
            (0..9)
                .map(|n| {
                    let contact = json!({"lastName": format!("Smith {n}"), "email": format!("s{n}@example.com")});
                    organization.insert("contacts", contact)
                })
                .collect()
        });
        let page =
            async |from: usize| ids_of(&desk.get(&format!("/contacts?limit=3&from={from}")).await);
        let list = async || ids_of(&desk.get("/contacts?limit=3").await);
        assert_eq!(list().await, ids[0..3]);
        // A stranger came to the front.
        assert_eq!(page(3).await, ids[2..5]);
        let visited = list().await;
        assert_eq!(visited[1..], ids[0..2]);
        assert!(!ids.contains(&visited[0]));
        let stranger = desk.get(&format!("/contacts/{}", visited[0])).await;
        assert_eq!(stranger.unwrap().status(), 404);
        // It went again.
        assert_eq!(page(4).await, ids[4..7]);
        assert_eq!(list().await, ids[0..3]);
        assert_eq!(desk.contacts().len(), 9);
    }
}

#[tokio::test(start_paused = true)]
async fn new_objects_are_late_in_lists_and_later_in_searches() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let desk = Desk::new(dialect, "list-lag=20,search-lag=90").await;
        let body = json_of(&desk.write().await.unwrap());
        let id = body["data"]["id"].as_str().or(body["id"].as_str()).unwrap();
        let target = format!("/contacts/{id}");
        let shown = async || {
            let found = desk.get("/contacts/search?email=j.smith@example.com").await;
            (
                ids_of(&desk.get("/contacts").await).len(),
                ids_of(&found).len(),
                desk.get(&target).await.unwrap().status().as_u16(),
            )
        };
        assert_eq!(shown().await, (0, 0, 200), "{dialect}");
        desk.clock.sleep(Duration::from_secs(20)).await;
        assert_eq!(shown().await, (1, 0, 200), "{dialect}");
        desk.clock.sleep(Duration::from_secs(70)).await;
        assert_eq!(shown().await, (1, 1, 200), "{dialect}");
        // It was there all the time.
        let again = desk.write().await.unwrap();
        assert!(again.status().is_client_error(), "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn new_objects_are_missed_by_so_many_listings() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let desk = Desk::new(dialect, "list-lag-reads=2").await;
        desk.write().await.unwrap();
        let listed = async || ids_of(&desk.get("/contacts").await).len();
        // Listings of other objects are none.
        desk.get("/departments").await.unwrap();
        assert_eq!(listed().await, 0, "{dialect}");
        desk.clock.sleep(Duration::from_secs(600)).await;
        assert_eq!(listed().await, 0, "{dialect}");
        let found = desk.get("/contacts/search?email=j.smith@example.com").await;
        assert_eq!(ids_of(&found).len(), 1, "{dialect}");
        assert_eq!(listed().await, 1, "{dialect}");
        assert_eq!(listed().await, 1, "{dialect}");

        // With both, it is whichever ends first.
        let desk = Desk::new(dialect, "list-lag-reads=2,list-lag=30").await;
        desk.write().await.unwrap();
        let listed = async || ids_of(&desk.get("/contacts").await).len();
        assert_eq!(listed().await, 0, "{dialect}");
        desk.clock.sleep(Duration::from_secs(30)).await;
        assert_eq!(listed().await, 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_in_use_may_be_taken_again() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        for (spec, expected) in [("", 1), ("quirks=duplicates-taken", 2)] {
            let desk = Desk::new(dialect, spec).await;
            desk.write().await.unwrap();
            let again = desk.write().await.unwrap();
            assert_eq!(
                again.status().is_success(),
                expected == 2,
                "{dialect} {spec}"
            );
            assert_eq!(desk.contacts().len(), expected, "{dialect} {spec}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn emails_are_stored_in_lower_case() {
    let desk = Desk::new(Dialect::Openapi, "quirks=lower-case-emails").await;
    let answer = json_of(&desk.write().await.unwrap());
    assert_eq!(answer["email"], "j.smith@example.com");
    assert_eq!(answer["lastName"], "Smith");
    assert_eq!(desk.contacts()[0]["email"], "j.smith@example.com");
}

#[tokio::test(start_paused = true)]
async fn answers_are_dressed_as_the_quirks_say() {
    let plain = Desk::new(Dialect::Openapi, "").await;
    let usual = json_of(&plain.get("/departments").await.unwrap())["data"][0].clone();
    let cases: [(&str, &str, Value); 6] = [
        (
            "ids-as-numbers",
            "id",
            json!(usual["id"].as_str().unwrap().parse::<i64>().unwrap()),
        ),
        (
            "ids-as-numbers",
            "creatorId",
            json!(usual["creatorId"].as_str().unwrap().parse::<i64>().unwrap()),
        ),
        ("booleans-as-strings", "isDefault", json!("true")),
        ("booleans-as-strings", "hasLogo", json!("false")),
        (
            "unknown-fields",
            "zNewFeature",
            json!({"id": "0", "modes": [null, 1]}),
        ),
        ("nulls", "name", usual["name"].clone()),
    ];
    for (quirk, field, expected) in cases {
        let desk = Desk::new(Dialect::Openapi, &format!("quirks={quirk}")).await;
        let body = json_of(&desk.get("/departments").await.unwrap());
        assert_eq!(body["data"][0][field], expected, "{quirk}");
    }
    let body = json_of(&plain.get("/roles").await.unwrap());
    assert!(
        body["data"][0]
            .as_object()
            .unwrap()
            .contains_key("description")
    );
    let desk = Desk::new(Dialect::Openapi, "quirks=omit-nulls").await;
    let body = json_of(&desk.get("/roles").await.unwrap());
    assert!(
        !body["data"][0]
            .as_object()
            .unwrap()
            .contains_key("description")
    );
}

#[tokio::test(start_paused = true)]
async fn nulls_stand_for_what_is_missing() {
    let desk = Desk::new(Dialect::Guide, "quirks=nulls").await;
    desk.simulate(|simulator| {
        let organization = simulator.organization_mut("700001").unwrap();
        organization.insert(
            "accounts",
            json!({"accountName": "Acme", "phone": "", "extra": 7}),
        );
        organization.insert("accounts", json!({"accountName": "Other"}));
    });
    let body = json_of(&desk.get("/accounts").await.unwrap());
    assert_eq!(body["data"][0]["phone"], Value::Null);
    let other = body["data"][1].as_object().unwrap();
    assert_eq!(
        (other.get("extra"), other.get("phone")),
        (Some(&Value::Null), Some(&Value::Null))
    );
    assert_eq!(other["accountName"], "Other");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_body_may_come_with_200() {
    for (spec, expected) in [("", "204 nothing"), ("quirks=empty-200", "200 nothing")] {
        let desk = Desk::new(Dialect::Openapi, spec).await;
        assert_eq!(seen(&desk.get("/contacts").await), expected);
    }
}

#[test]
fn days_may_be_numbers() {
    let quirks = Faults::parse("quirks=days-as-numbers").unwrap();
    let quirks = quirks.quirks();
    let shown = json!({"startDate": "2027-06-30", "notifyOn": "2027-06-01", "endDate": null,
        "contractNumber": "2027-06-30", "modifiedTime": "2027-06-30T00:00:00.000Z"});
    let answer = quirks.dress(Response::new(Bytes::from(shown.to_string())));
    let expected = json!({"startDate": 1_814_313_600_000_i64, "notifyOn": 1_811_808_000_000_i64,
        "endDate": null, "contractNumber": "2027-06-30", "modifiedTime": "2027-06-30T00:00:00.000Z"});
    assert_eq!(json_of(&answer), expected);
}

#[test]
fn what_people_enter_is_never_dressed() {
    let quirks = Faults::parse("quirks=ids-as-numbers+booleans-as-strings+nulls+days-as-numbers")
        .unwrap()
        .quirks()
        .clone();
    let entered = json!({"cf": {"cf_id": "123456789012345678", "isVip": true, "note": "", "cf_Date": "2027-06-30"},
        "phone": "4915112345678"});
    let answer = Response::new(Bytes::from(entered.to_string()));
    assert_eq!(json_of(&quirks.dress(answer)), entered);
    let beyond =
        json!({"id": "99999999999999999999", "layoutId": "007", "ids": ["123456789012345678"]});
    let answer = quirks.dress(Response::new(Bytes::from(beyond.to_string())));
    let expected = json!({"id": "99999999999999999999", "layoutId": "007", "ids": [123_456_789_012_345_678_i64]});
    assert_eq!(json_of(&answer), expected);
}

/// Sends the same requests and gives what was seen and what was injected.
async fn campaign(faults: Faults) -> (Vec<String>, Vec<String>) {
    let desk = Desk::with(Dialect::Openapi, faults).await;
    let mut all = Vec::new();
    for n in 0..60 {
        let answer = match n % 3 {
            0 => desk.get("/departments").await,
            1 => desk.write().await,
            _ => desk.get("/contacts?from=2").await,
        };
        all.push(seen(&answer));
    }
    (all, desk.log())
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_brings_the_same_faults() {
    let mut different = BTreeSet::new();
    for seed in 0..12 {
        let faults = Faults::random(seed, Dialect::Openapi, 15);
        let text = faults.to_string();
        let once = campaign(faults.clone()).await;
        assert_eq!(once, campaign(faults).await, "{text}");
        // Its text is all that is needed to see it again.
        let read = Faults::parse(&text).unwrap();
        assert_eq!(read.to_string(), text);
        assert_eq!(once, campaign(read).await, "{text}");
        assert!(once.1.len() <= 15, "{text}");
        different.insert(once.1);
    }
    assert!(different.len() > 8);
}

#[tokio::test(start_paused = true)]
async fn budgets_hold_for_a_run_and_the_third_run_is_calm() {
    let faults = Faults::random(3, Dialect::Openapi, 4)
        .with_mix(1.0, vec![Fault::LostBefore])
        .with_quirks(Quirks::default());
    let desk = Desk::with(Dialect::Openapi, faults).await;
    let mut injected = Vec::new();
    for _ in 0..3 {
        for _ in 0..20 {
            let _ = desk.get("/departments").await;
        }
        injected.push(desk.log().len());
        desk.next_run();
    }
    assert_eq!(injected, [4, 8, 8]);
    let report = desk.simulate(|simulator| simulator.faults().report());
    assert_eq!(report.lines().count(), 9);
    assert!(report.starts_with("faults: seed=3,probability=1,kinds=lost-before,budget=4,runs=2"));
}

#[tokio::test(start_paused = true)]
async fn random_schedules_draw_from_all_kinds() {
    let mut kinds = BTreeSet::new();
    let mut quirks = BTreeSet::new();
    for seed in 0..200 {
        let faults = Faults::random(seed, Dialect::Guide, 5);
        let in_rules = faults.rules().map(|rule| rule.fault.kind());
        kinds.extend(in_rules);
        kinds.extend(
            faults
                .mix
                .iter()
                .flat_map(|mix| mix.kinds.iter().map(Fault::kind)),
        );
        quirks.insert(format!("{:?}", faults.quirks()));
    }
    let lasting = ["day-limit", "token-expired", "token-revoked"];
    let passing: BTreeSet<String> = Fault::passing().iter().map(Fault::kind).collect();
    let all: BTreeSet<String> = passing
        .into_iter()
        .chain(lasting.map(String::from))
        .collect();
    assert_eq!(kinds, all);
    assert!(quirks.len() > 20);
    let openapi = (0..200).map(|seed| Faults::random(seed, Dialect::Openapi, 5).to_string());
    assert!(
        openapi
            .into_iter()
            .all(|text| !text.contains("minute-limit"))
    );
}

#[tokio::test(start_paused = true)]
async fn rules_count_for_themselves_and_the_first_one_wins() {
    let desk = Desk::new(
        Dialect::Openapi,
        "every=3:500*2,nth=3:503,write=2:lost-before,on=GET /agents:html*1",
    )
    .await;
    let mut all = Vec::new();
    for n in 0..9 {
        let answer = match n % 3 {
            0 => desk.get("/agents").await,
            1 => desk.write().await,
            _ => desk.get("/departments").await,
        };
        all.push(seen(&answer));
    }
    let failed = "500 INTERNAL_SERVER_ERROR";
    let expected = [
        "502 page",
        "200 object",
        failed,
        "200 object",
        "lost",
        failed,
        "200 object",
        "422 INVALID_DATA",
        "200 object",
    ];
    assert_eq!(all, expected);
}

#[tokio::test(start_paused = true)]
async fn chances_follow_their_probability() {
    for (chance, range) in [("0", 0..=0), ("1", 200..=200), ("0.5", 70..=130)] {
        let desk = Desk::new(
            Dialect::Openapi,
            &format!("seed=5,chance={chance}:lost-before"),
        )
        .await;
        for _ in 0..200 {
            let _ = desk.get("/departments").await;
        }
        assert!(
            range.contains(&desk.log().len()),
            "{chance}: {}",
            desk.log().len()
        );
    }
}

#[test]
fn texts_and_schedules_are_two_forms_of_one_thing() {
    let text = "seed=7,probability=0.05,kinds=reset+429:3+slow:0.25+html-after:200+empty:204+502-after,\
                budget=9,runs=2,nth=3:lost-after*1,nth=4:minute-limit:7,every=10:day-limit:60,chance=0.5:shift,\
                on=* /api/v1/contacts:not-stored*2,on=PATCH /agents:500,token=1:lost-before,\
                quirks=ids-as-numbers+omit-nulls,list-lag=1.5,list-lag-reads=2,search-lag=60";
    assert_eq!(Faults::parse(text).unwrap().to_string(), text);
    assert_eq!(Faults::parse(" ").unwrap().to_string(), "seed=1");
    assert!(Faults::parse("").unwrap().is_calm());
    let all = Faults::parse("probability=0.1").unwrap();
    assert_eq!(
        Faults::parse(&all.to_string()).unwrap().to_string(),
        all.to_string()
    );
}

#[test]
fn wrong_texts_are_refused_with_the_way_out() {
    let cases = [
        ("seed", "`seed` has no value; write it as `key=value`"),
        ("seed=x", "`x` cannot be `seed`; it must be a whole number"),
        (
            "sed=1",
            "`sed` is unknown; the keys are `seed`, `probability`",
        ),
        (
            "probability=1.5",
            "`1.5` cannot be `probability`; it must be a number from 0 to 1",
        ),
        (
            "probability=NaN",
            "`NaN` cannot be `probability`; it must be a number from 0 to 1",
        ),
        (
            "kinds=500",
            "`kinds` needs `probability`, such as `probability=0.05`",
        ),
        (
            "probability=1,kinds=",
            "`` is no fault; the faults are `not-sent`",
        ),
        (
            "nth=3",
            "`nth=3` names no fault; write it as `nth=3:lost-after`",
        ),
        (
            "nth=0:reset",
            "`0` cannot be `nth`; it must be a whole number from 1",
        ),
        (
            "nth=1:reset*x",
            "`x` cannot be `times`; it must be a whole number",
        ),
        ("nth=1:399", "`399` is no fault; the faults are"),
        ("nth=1:401", "`401` is no fault; the faults are"),
        ("nth=1:422-after", "`422-after` is no fault; the faults are"),
        ("nth=1:reset:3", "`reset:3` is no fault; the faults are"),
        (
            "nth=1:slow:-1",
            "`-1` cannot be `slow`; it must be seconds from 0 to 86400",
        ),
        (
            "nth=1:429:1.5",
            "`1.5` cannot be `429`; it must be whole seconds from 0 to 86400",
        ),
        (
            "nth=1:html:99",
            "`99` cannot be `html`; it must be a status up to 599",
        ),
        ("nth=1:empty:500", "`empty:500` is no fault; the faults are"),
        (
            "on=POST:500",
            "`POST` cannot be `on`; it must be a method, or `*`, a space and a path",
        ),
        (
            "list-lag=inf",
            "`inf` cannot be `list-lag`; it must be seconds from 0 to 86400",
        ),
        (
            "quirks=upper",
            "`upper` is no quirk; the quirks are `lower-case-emails`",
        ),
    ];
    for (text, expected) in cases {
        let error = Faults::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_token_does_not_end_the_calls_of_others() {
    let desk = Desk::new(Dialect::Openapi, "").await;
    desk.get("/departments").await.unwrap();
    desk.simulate(|simulator| {
        let organization = simulator.organization_mut("700001").unwrap();
        organization.active = 2;
        simulator.revoke_tokens("700001");
    });
    assert_eq!(seen(&desk.get("/departments").await), "401 INVALID_OAUTH");
    let active = desk.simulate(|simulator| simulator.organization("700001").unwrap().active);
    assert_eq!(active, 2);
}
