//! The doors through which bytes come in that somebody else has written.
//!
//! Each door is a function of bytes that must return, whatever they are. It checks what holds for
//! every outcome besides: nothing that is shown can steer a terminal, and what was understood is
//! understood the same way again. `tests/untrusted.rs` and the fuzz targets use the same doors.

#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a module of several binaries, each of which uses a part of it; a check panics to fail"
)]

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use deskform::api::classify::{Body, classify};
use deskform::api::{
    ApiError, Authenticator, Credentials, Endpoint, TokenCache, Transport, TransportError,
};
use deskform::apply::recover::{Recovery, SETTLE};
use deskform::apply::run::ApplyContext;
use deskform::clock::Clock;
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::drift;
use deskform::export::export;
use deskform::ledger::journal::{Reader, Reading};
use deskform::ledger::{Holder, Ledger, Load, Location, Record, RunId, Store};
use deskform::manifest::{self, Desired, Sources, to_sources};
use deskform::plan::Options;
use deskform::plan::guards::Limits;
use deskform::problem::{Code, Problem, Problems};
use deskform::reading::Needs;
use deskform::report::problems::{json_lines, render};
use deskform::report::{self, Style, Whereabouts};
use deskform::session::{Connection, Session, SessionError};
use deskform::simulator::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, OrganizationSeed, Settings, Simulator, demo_refresh_token,
};
use deskform::yaml::source::Source;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use serde_json::Value as Json;

/// The moment at which everything happens, in milliseconds since the Unix epoch.
pub const NOW_MS: i64 = 1_795_305_600_000;
/// The secret of the manifests; it may be shown nowhere.
pub const SECRET: &str = "hush-K3y-hush";
/// Separates the base from the overlay in the input of [`manifest`].
pub const OVERLAY: &str = "\n#overlay\n";

const PROJECT: &str = "environments:\n  \
    guide: {simulator: {dialect: guide, edition: enterprise}, variables: {hook_host: hooks.example.com}}\n  \
    openapi: {simulator: {dialect: openapi, edition: enterprise}, variables: {hook_host: hooks.example.com}}\n";

const BASE: &[(&str, &str)] = &[
    (
        "agents.yaml",
        include_str!("../../examples/acme/manifests/agents.yaml"),
    ),
    (
        "custom-fields.yaml",
        include_str!("../../examples/acme/manifests/custom-fields.yaml"),
    ),
    (
        "customers.yaml",
        include_str!("../../examples/acme/manifests/customers.yaml"),
    ),
    (
        "departments.yaml",
        include_str!("../../examples/acme/manifests/departments.yaml"),
    ),
    (
        "help-center.yaml",
        include_str!("../../examples/acme/manifests/help-center.yaml"),
    ),
    (
        "hours.yaml",
        include_str!("../../examples/acme/manifests/hours.yaml"),
    ),
    (
        "layouts.yaml",
        include_str!("../../examples/acme/manifests/layouts.yaml"),
    ),
    (
        "settings.yaml",
        include_str!("../../examples/acme/manifests/settings.yaml"),
    ),
    (
        "templates.yaml",
        include_str!("../../examples/acme/manifests/templates.yaml"),
    ),
    (
        "webhooks.yaml",
        include_str!("../../examples/acme/manifests/webhooks.yaml"),
    ),
];

/// What differs in the dialect of the guide.
const GUIDE: &str = include_str!("../../examples/acme/overlays/guide/guide.yaml");

/// What the published API has besides: what a person has to make first, and what needs it.
const PLANS: &str = "
slas:
  Standard Support SLA: {new: true}
  Premium Support SLA: {new: true}
accounts:
  Acme Corporation: {slas: [Standard Support SLA]}
supportPlans:
  Premium:
    new: true
    department: Technical Support
    sla: Premium Support SLA
    supportType: HOURS
    creditDetails: {creditCycle: MONTHLY, creditLimit: '40', isAdditionalUsageAllowed: true, isCarryForwardAllowed: false}
customFields:
  region: {new: true, module: contacts, displayLabel: Region, type: Picklist, values: [EMEA, APAC, AMER]}
contacts:
  john.sample@example.com: {cf: {region: EMEA}}
";

/// What is to change after the base was applied: every kind, and a secret.
const CHANGES: &str = r#"
departments:
  Onboarding: {description: Looks after new customers}
  Field Service: {new: true, description: New}
agents:
  omar.sample@example.com: {lastName: Simple, departments: [Onboarding, billing]}
  eve.sample@example.com: {new: true, firstName: Eve, lastName: Sample, departments: [Onboarding]}
customFields:
  region: {toolTip: Where they are}
accounts:
  Sample Traders: {phone: null, industry: Retail}
contacts:
  li.sample@example.com: {title: Buyer, cf: {region: EMEA}}
  new.sample@example.com: {new: true, firstName: New, lastName: Sample, account: Sample Traders}
webhooks:
  crm-sync:
    url: "https://${var.hook_host}/zoho-desk?key=${secret.HOOK_KEY}"
    subscriptions: {Ticket_Add: {}, Contact_Update: {}, Contact_Add: {}}
removed:
  contacts: [john.gone@example.com]
"#;

/// What the published API needs besides.
const OPENAPI_CHANGES: &str =
    "agents: {eve.sample@example.com: {rolePermissionType: AgentPublic}}\n";

fn env(name: &str) -> Option<String> {
    match name {
        "HOOK_KEY" => Some(SECRET.to_owned()),
        "REGION" => Some("EMEA".to_owned()),
        _ => None,
    }
}

/// Whether the bytes hold the secret themselves; then it is no wonder that it is shown.
fn knows_the_secret(data: &[u8]) -> bool {
    data.windows(SECRET.len())
        .any(|window| window == SECRET.as_bytes())
}

/// Nothing in a text that is shown moves the cursor, hides or reorders what stands beside it.
pub fn assert_harmless(text: &str) {
    for line in text.split('\n') {
        assert_eq!(deskform::safe::safe(line), line, "in {text:?}");
    }
    assert!(!text.contains(SECRET), "a secret in {text}");
}

fn assert_harmless_problems(problems: &Problems, sources: &dyn Fn(&str) -> Option<Arc<str>>) {
    assert!(!problems.list.is_empty());
    assert_harmless(&render(problems, sources, false, 80));
    let lines = json_lines(problems, sources);
    assert_harmless(&lines);
    for line in lines.lines() {
        serde_json::from_str::<Json>(line).expect("a line of JSON");
    }
}

fn environments() -> &'static [Environment] {
    static ENVIRONMENTS: OnceLock<Vec<Environment>> = OnceLock::new();
    ENVIRONMENTS.get_or_init(|| {
        let source = Source::new("deskform.yaml", PROJECT.as_bytes());
        let project = Project::parse(Path::new("."), &source).expect("a project");
        project.environments
    })
}

/// The text of manifests: loaded, merged, resolved, checked; then written and loaded again.
pub fn manifest(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let at = data
        .windows(OVERLAY.len())
        .position(|window| window == OVERLAY.as_bytes());
    let (base, overlay) = match at {
        Some(at) => (&data[..at], Some(&data[at + OVERLAY.len()..])),
        None => (data, None),
    };
    let sources = Sources {
        base: vec![Source::new("base.yaml", base)],
        overlays: overlay
            .map(|bytes| vec![Source::new("overlay.yaml", bytes)])
            .into_iter()
            .collect(),
    };
    let text = |file: &str| sources.text(file);
    let environment = &environments()[0];
    let desired = match manifest::compose(&sources, environment, &env) {
        Ok(desired) => desired,
        Err(problems) => return assert_harmless_problems(&problems, &text),
    };
    if !desired.warnings.is_empty() {
        assert_harmless_problems(&desired.warnings.clone().into(), &text);
    }
    assert!(!format!("{desired:?}").contains(SECRET));
    let again = to_sources(&desired.state);
    let again = manifest::compose(&again, environment, &env).unwrap_or_else(|problems| {
        panic!(
            "what was written cannot be read: {}",
            render(&problems, &|file| again.text(file), false, 80)
        )
    });
    assert_eq!(again.state, desired.state);
}

/// The project file.
pub fn project(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let source = Source::new("deskform.yaml", data);
    let project = match Project::parse(Path::new("."), &source) {
        Ok(project) => project,
        Err(problems) => {
            return assert_harmless_problems(&problems, &|_| Some(Arc::clone(&source.text)));
        }
    };
    for environment in &project.environments {
        assert_eq!(
            project
                .environment(Some(&environment.name))
                .map(|one| &one.name),
            Ok(&environment.name)
        );
        if let Err(problems) = environment.credentials(&env) {
            assert_harmless_problems(&problems, &|_| Some(Arc::clone(&source.text)));
        }
        if let Some(ledger) = &environment.ledger {
            let _ = Location::parse(ledger, Path::new("."));
        }
        for overlay in &environment.overlays {
            let path = Path::new(&overlay.path);
            assert!(
                path.components()
                    .all(|part| matches!(part, std::path::Component::Normal(_))),
                "{}",
                path.display()
            );
        }
    }
}

/// A saved plan.
pub fn plan_file(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let text = String::from_utf8_lossy(data);
    let plan = match report::json::parse(&text) {
        Ok(plan) => plan,
        Err(error) => {
            let problem = Problem::error(Code::NotAPlan, format!("{error}"));
            return assert_harmless_problems(&problem.into(), &|_| None);
        }
    };
    for verbose in [false, true] {
        assert_harmless(&report::text::plan(
            &plan,
            Style {
                verbose,
                ..Style::default()
            },
        ));
    }
    let whereabouts = whereabouts(&plan.environment, &plan.org_id);
    assert_harmless(&whereabouts.line());
    assert_harmless(&report::markdown::plan(&plan, &whereabouts));
    let again = report::json::plan(&plan);
    assert_harmless(&again);
    let again = report::json::parse(&again).expect("a plan");
    assert_eq!(report::json::plan(&again), report::json::plan(&plan));
}

/// A ledger.
pub fn ledger(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    match Ledger::parse(data, "production", "700002") {
        Ok(Load::Found(ledger)) => {
            let bytes = ledger.to_bytes().expect("JSON");
            assert_eq!(
                Ledger::parse(&bytes, "production", "700002").expect("a ledger"),
                Load::Found(ledger)
            );
        }
        Ok(Load::None) => panic!("bytes are never nothing"),
        Err(refusal) => shown(&refusal),
    }
}

/// What an error says, as the command line shows it.
fn shown(error: &dyn std::fmt::Display) {
    let problem = Problem::error(Code::File, error.to_string());
    assert_harmless_problems(&problem.into(), &|_| None);
}

/// A run's journal, whole and in pieces.
pub fn journal(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let run: RunId = "20261122T035013Z_0badcafe".parse().expect("an id");
    let mut whole = Reader::new(run.clone());
    whole.push(data);
    let mut pieces = Reader::new(run);
    let mut rest = data;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, more) = rest.split_at(at + 1);
        pieces.push(line);
        rest = more;
    }
    pieces.push(rest);
    let whole = whole.finish();
    assert_eq!(whole, pieces.finish());
    let Ok(Reading::Unfinished(unfinished)) = whole else {
        return;
    };
    // What was understood is written and understood the same way.
    for intent in unfinished.intents {
        let mut line = serde_json::to_vec(&Record::Intent(intent.clone())).expect("JSON");
        line.push(b'\n');
        let mut again = Reader::new(unfinished.run.clone());
        again.push(&line);
        let Ok(Reading::Unfinished(again)) = again.finish() else {
            panic!("an intent is no end");
        };
        assert_eq!(again.intents, [intent]);
    }
}

/// A lock beside a ledger, a ledger and a journal in files.
pub fn lock(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let location = Location::File(folder.path().join("production.json"));
    let store = Store::open(&location, "production", "700002", &env).expect("a file");
    std::fs::write(folder.path().join("production.lock"), data).expect("a file");
    runtime().block_on(async {
        match store.holder(NOW_MS).await {
            Ok(Some(held)) => shown(&format!("{} {} {}", held.who, held.host, held.run)),
            Ok(None) => {}
            Err(error) => shown(&error),
        }
        let holder = Holder {
            who: "ci".to_owned(),
            host: "runner".to_owned(),
            run: "r1".to_owned(),
            at: NOW_MS,
        };
        match store.lock(&holder, Duration::from_secs(60)).await {
            Ok(guard) => guard.release().await.expect("released"),
            Err(error) => shown(&error),
        }
        if let Err(error) = store.unlock(NOW_MS, true).await {
            shown(&error);
        }
        let guard = store
            .lock(&holder, Duration::from_secs(60))
            .await
            .expect("after a forced unlock the lock is free");
        guard.release().await.expect("released");
    });
}

/// The simulator's state file.
pub fn simulator_state(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let text = String::from_utf8_lossy(data);
    let mut simulator = match Simulator::load(&text) {
        Ok(simulator) => simulator,
        Err(error) => return shown(&error),
    };
    let again = simulator.save();
    assert_eq!(Simulator::load(&again).expect("its own").save(), again);
    let token = Request::post("http://127.0.0.1/oauth/v2/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Bytes::from(format!(
            "grant_type=refresh_token&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}&refresh_token={}",
            demo_refresh_token("700001")
        )))
        .expect("a request");
    let answer = simulator.handle(&token, NOW_MS);
    let token = serde_json::from_slice::<Json>(answer.body())
        .ok()
        .and_then(|body| Some(body["access_token"].as_str()?.to_owned()))
        .unwrap_or_default();
    for path in [
        "organizations",
        "departments",
        "agents",
        "webhooks",
        "events",
        "contacts",
    ] {
        let request = Request::get(format!("http://127.0.0.1/api/v1/{path}"))
            .header("orgId", "700001")
            .header("Authorization", format!("Zoho-oauthtoken {token}"))
            .body(Bytes::new())
            .expect("a request");
        let _ = simulator.handle(&request, NOW_MS);
    }
}

/// An answer: a line with the status, lines of headers, an empty line, the body.
fn answer(data: &[u8]) -> Response<Bytes> {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let status = lines
        .next()
        .and_then(|line| StatusCode::from_bytes(line.get(..3)?).ok())
        .unwrap_or(StatusCode::OK);
    let mut rest = lines.next().unwrap_or_default();
    let mut headers = HeaderMap::new();
    while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, more) = rest.split_at(at);
        rest = &more[1..];
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            break;
        };
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(&line[..colon]),
            HeaderValue::from_bytes(line[colon + 1..].trim_ascii()),
        ) {
            headers.append(name, value);
        }
    }
    let mut response = Response::new(Bytes::copy_from_slice(rest));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The status, headers and body of an answer, judged.
pub fn answer_judged(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let answer = answer(data);
    let body = Body::read(answer.headers(), answer.body());
    let judged = classify(answer.status(), answer.headers(), &body, NOW_MS);
    let Some(judged) = judged else {
        assert!(answer.status().is_success());
        return;
    };
    let error = ApiError::new(judged.kind, "GET /departments")
        .with_status(answer.status().as_u16())
        .with_code(judged.code.as_deref())
        .with_message(judged.message.as_deref().unwrap_or_default())
        .with_fields(judged.fields)
        .with_until_ms(judged.until_ms);
    assert_harmless(&error.to_string());
    assert_harmless(error.hint());
}

/// Answers every request with the same bytes.
struct Same(Response<Bytes>);

impl Transport for Same {
    fn send(
        &self,
        _request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let answer = self.0.clone();
        Box::pin(async move { Ok(answer) })
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

/// The accounts server's answer to a token request.
pub fn token_answer(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let answer = answer(data);
    runtime().block_on(async {
        let auth = authenticator(Arc::new(Same(answer)), None);
        match auth.token().await {
            Ok(_) => {
                if let Some(scopes) = auth.scopes() {
                    shown(&scopes.join(" "));
                }
            }
            Err(error) => {
                shown(&error);
                shown(&error.hint());
                assert!(!format!("{error} {error:?}").contains(SECRET));
            }
        }
    });
}

fn authenticator(transport: Arc<dyn Transport>, cache: Option<&TokenCache>) -> Authenticator {
    Authenticator::new(
        Credentials {
            client_id: DEMO_CLIENT_ID.to_owned(),
            client_secret: SECRET.into(),
            refresh_token: demo_refresh_token("700001").into(),
        },
        Endpoint::overridden("http://127.0.0.1", "http://127.0.0.1").expect("loopback"),
        transport,
        Clock::starting_at(NOW_MS),
        cache,
    )
}

/// The file in which an access token is kept.
pub fn cached_token(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let cache = TokenCache::new(folder.path().join("tokens"));
    let good = || {
        let body = r#"{"access_token":"1000.good","expires_in":3600}"#;
        Arc::new(Same(Response::new(Bytes::from_static(body.as_bytes()))))
    };
    runtime().block_on(async {
        let auth = authenticator(good(), Some(&cache));
        auth.token().await.expect("a token");
        for entry in std::fs::read_dir(folder.path().join("tokens")).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|end| end == "json") {
                std::fs::write(path, data).expect("a file");
            }
        }
        let auth = authenticator(good(), Some(&cache));
        if let Err(error) = auth.token().await {
            shown(&error);
        }
    });
}

/// An organization after the base was applied to it, as a state file, and the manifests of
/// [`CHANGES`] on top of the base.
struct Fixture {
    dialect: Dialect,
    state: String,
    desired: Desired,
    sources: Sources,
    options: Options,
}

fn fixture(dialect: Dialect) -> &'static Fixture {
    static GUIDE: OnceLock<Fixture> = OnceLock::new();
    static OPENAPI: OnceLock<Fixture> = OnceLock::new();
    match dialect {
        Dialect::Guide => GUIDE.get_or_init(|| make_fixture(dialect)),
        Dialect::Openapi => OPENAPI.get_or_init(|| make_fixture(dialect)),
    }
}

fn make_fixture(dialect: Dialect) -> Fixture {
    let environment = &environments()[usize::from(dialect == Dialect::Openapi)];
    let mut sources = Sources {
        base: BASE
            .iter()
            .map(|(name, text)| Source::new(*name, text.as_bytes()))
            .collect(),
        overlays: Vec::new(),
    };
    let (name, overlay) = match dialect {
        Dialect::Openapi => ("plans.yaml", PLANS),
        Dialect::Guide => ("guide.yaml", GUIDE),
    };
    sources
        .overlays
        .push(vec![Source::new(name, overlay.as_bytes())]);
    let base = manifest::compose(&sources, environment, &env).expect("manifests");
    sources
        .overlays
        .push(vec![Source::new("changes.yaml", CHANGES.as_bytes())]);
    if dialect == Dialect::Openapi {
        let source = Source::new("openapi-changes.yaml", OPENAPI_CHANGES.as_bytes());
        sources.overlays.push(vec![source]);
    }
    let desired = manifest::compose(&sources, environment, &env).unwrap_or_else(|problems| {
        panic!(
            "{}",
            render(&problems, &|file| sources.text(file), false, 80)
        )
    });
    let options = Options {
        environment: environment.name.clone(),
        org_id: environment.org_id.clone(),
        create_only: std::collections::BTreeSet::new(),
        removal: std::collections::BTreeMap::new(),
        ignore: Vec::new(),
        targets: Vec::new(),
        limits: Limits {
            max_update_percent: Some(100),
            ..Limits::default()
        },
        ledger: None,
        watched: Vec::new(),
        prune: std::collections::BTreeMap::new(),
    };
    let simulator = Arc::new(Mutex::new(Simulator::new(Settings {
        dialect,
        edition: Edition::Enterprise,
        organizations: vec![OrganizationSeed::new(&environment.org_id)],
        ..Settings::default()
    })));
    let transport = Arc::new(Tampering::new(Arc::clone(&simulator), Vec::new()));
    runtime().block_on(async {
        let session = open(&transport, &environment.org_id, None)
            .await
            .expect("a session");
        let ready = session.plan(&base, &options).await.expect("a plan");
        apply(&session, &ready).await;
        let again = session.plan(&base, &options).await.expect("a plan");
        let steps = again.planned.plan.steps;
        assert!(
            steps
                .iter()
                .all(|step| step.verb == deskform::verb::Verb::Manual),
            "{steps:#?}"
        );
    });
    let state = simulator.lock().expect("it").save();
    Fixture {
        dialect,
        state,
        desired,
        sources,
        options,
    }
}

async fn open(
    transport: &Arc<Tampering>,
    organization: &str,
    dialect: Option<Dialect>,
) -> Result<Session, SessionError> {
    Session::open(Connection {
        endpoint: Endpoint::overridden("http://127.0.0.1", "http://127.0.0.1").expect("loopback"),
        organization: organization.to_owned(),
        credentials: Credentials {
            client_id: DEMO_CLIENT_ID.to_owned(),
            client_secret: DEMO_CLIENT_SECRET.into(),
            refresh_token: demo_refresh_token(organization).into(),
        }
        .into(),
        transport: Arc::<Tampering>::clone(transport),
        clock: Clock::starting_at(NOW_MS),
        cache: None,
        dialect,
        edition: None,
        parallelism: None,
        seed: None,
        settle: SETTLE,
        max_wait: None,
    })
    .await
}

async fn apply(session: &Session, ready: &deskform::session::Ready) {
    let writer = session.client.writer();
    let mut events = Vec::new();
    deskform::apply::run::run(
        &ready.planned.tasks,
        ApplyContext {
            live: &ready.live,
            writer: &writer,
            parallelism: session.parallelism,
            recovery: Recovery {
                clock: session.clock,
                settle: SETTLE,
            },
            journal_writer: None,
        },
        &|| false,
        &mut |event| events.push(event),
    )
    .await;
    for event in &events {
        assert_harmless(&report::json::event(event));
        if let Some(line) = report::events::line(event, Style::default()) {
            assert_harmless(&line);
        }
    }
    assert_harmless(&report::events::report(
        &ready.planned.plan,
        &events,
        Style::default(),
    ));
}

/// What becomes of one answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Tamper {
    /// Nothing.
    None,
    /// It is lost.
    Lose,
    /// Another status and body take its place.
    Replace(u16, Vec<u8>),
    /// Every value of a key becomes this value.
    Set(String, Vec<u8>),
    /// It gets a header.
    Header(String, Vec<u8>),
}

impl Tamper {
    /// From a line: empty, `!`, `STATUS body`, `~key=json`, `^name:value`; anything else is the body
    /// of a success.
    pub fn from_line(line: &[u8]) -> Self {
        let split = |line: &[u8], by: u8| -> Option<(String, Vec<u8>)> {
            let at = line.iter().position(|byte| *byte == by)?;
            let key = std::str::from_utf8(line.get(1..at)?).ok()?;
            Some((key.to_owned(), line.get(at + 1..)?.to_vec()))
        };
        let replaced = || Self::Replace(200, line.to_vec());
        match line.first() {
            None => Self::None,
            Some(b'!') => Self::Lose,
            Some(b'~') => split(line, b'=').map_or_else(replaced, |(k, v)| Self::Set(k, v)),
            Some(b'^') => split(line, b':').map_or_else(replaced, |(k, v)| Self::Header(k, v)),
            Some(_) => {
                let status = line
                    .get(..3)
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| digits.parse().ok())
                    .filter(|status| (200..600).contains(status));
                match (status, line.get(3)) {
                    (Some(status), Some(b' ') | None) => {
                        Self::Replace(status, line.get(4..).unwrap_or_default().to_vec())
                    }
                    _ => replaced(),
                }
            }
        }
    }

    fn change(&self, mut answer: Response<Bytes>) -> Result<Response<Bytes>, TransportError> {
        match self {
            Self::None => {}
            Self::Lose => return Err(TransportError::Lost("reset".to_owned())),
            Self::Replace(status, body) => {
                *answer.status_mut() = StatusCode::from_u16(*status).expect("a status");
                *answer.body_mut() = Bytes::copy_from_slice(body);
            }
            Self::Set(key, value) => {
                let value = serde_json::from_slice(value)
                    .unwrap_or_else(|_| Json::String(String::from_utf8_lossy(value).into_owned()));
                if let Ok(mut body) = serde_json::from_slice::<Json>(answer.body()) {
                    set(&mut body, key, &value);
                    *answer.body_mut() = serde_json::to_vec(&body).expect("JSON").into();
                }
            }
            Self::Header(name, value) => {
                if let (Ok(name), Ok(value)) =
                    (name.parse::<HeaderName>(), HeaderValue::from_bytes(value))
                {
                    answer.headers_mut().insert(name, value);
                }
            }
        }
        Ok(answer)
    }
}

fn set(body: &mut Json, key: &str, value: &Json) {
    match body {
        Json::Array(items) => items.iter_mut().for_each(|item| set(item, key, value)),
        Json::Object(map) => {
            for (name, inner) in map {
                if name == key {
                    inner.clone_from(value);
                } else {
                    set(inner, key, value);
                }
            }
        }
        _ => {}
    }
}

/// Calls after which every answer is lost, so that no input can keep a run going.
const MAX_CALLS: usize = 2_000;

/// A simulated organization whose n-th answer is tampered with.
pub struct Tampering {
    simulator: Arc<Mutex<Simulator>>,
    script: Vec<Tamper>,
    /// Calls so far, and the clock.
    calls: Mutex<(usize, Option<Clock>)>,
}

impl Tampering {
    fn new(simulator: Arc<Mutex<Simulator>>, script: Vec<Tamper>) -> Self {
        Self {
            simulator,
            script,
            calls: Mutex::new((0, None)),
        }
    }
}

impl Transport for Tampering {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let (call, now) = {
                let mut calls = self.calls.lock().expect("it");
                let clock = *calls.1.get_or_insert_with(|| Clock::starting_at(NOW_MS));
                let is_token = request.uri().path().contains("/oauth/");
                let call = (!is_token).then_some(calls.0);
                calls.0 += usize::from(!is_token);
                (call, clock.now_ms())
            };
            if call.is_some_and(|call| call >= MAX_CALLS) {
                return Err(TransportError::NotSent("enough".to_owned()));
            }
            let mut answer = self.simulator.lock().expect("it").handle(&request, now);
            // A caller may send without waiting for the others.
            tokio::task::yield_now().await;
            if answer.headers().contains_key("x-never") {
                answer.headers_mut().clear();
            }
            match call.and_then(|call| self.script.get(call)) {
                Some(tamper) => tamper.change(answer),
                None => Ok(answer),
            }
        })
    }
}

/// Answers of the API, one a line (see [`Tamper::from_line`]); the first byte chooses the dialect
/// and what is done: planned, applied, exported.
pub fn answers(data: &[u8]) {
    if knows_the_secret(data) {
        return;
    }
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let dialect = if first & 1 == 0 {
        Dialect::Openapi
    } else {
        Dialect::Guide
    };
    let script = rest
        .split(|byte| *byte == b'\n')
        .map(Tamper::from_line)
        .collect();
    run_against(dialect, script, first & 2 != 0, first & 4 != 0);
}

/// Runs a plan, and an apply and an export if wanted, against an organization whose answers are
/// tampered with; returns how many steps were planned.
pub fn run_against(
    dialect: Dialect,
    script: Vec<Tamper>,
    applies: bool,
    exports: bool,
) -> Option<usize> {
    let fixture = fixture(dialect);
    let simulator = Simulator::load(&fixture.state).expect("a state");
    let transport = Arc::new(Tampering::new(Arc::new(Mutex::new(simulator)), script));
    runtime().block_on(async {
        let session = match open(&transport, &fixture.options.org_id, Some(fixture.dialect)).await {
            Ok(session) => session,
            Err(error) => {
                refused(fixture, error);
                return None;
            }
        };
        if exports {
            export_everything(fixture, &session).await;
        }
        let ready = match session.plan(&fixture.desired, &fixture.options).await {
            Ok(ready) => ready,
            Err(error) => {
                refused(fixture, error);
                return None;
            }
        };
        let plan = &ready.planned.plan;
        assert_harmless(&report::text::plan(
            plan,
            Style {
                verbose: true,
                ..Style::default()
            },
        ));
        let whereabouts = whereabouts(&plan.environment, &plan.org_id);
        assert_harmless(&report::markdown::plan(plan, &whereabouts));
        plan_file(report::json::plan(plan).as_bytes());
        match session.compare(&fixture.desired, &fixture.options).await {
            Ok(compared) => drifted(&drift::report(
                &compared,
                &fixture.desired,
                &fixture.options,
                false,
            )),
            Err(error) => refused(fixture, error),
        }
        if applies {
            apply(&session, &ready).await;
        }
        Some(plan.steps.len())
    })
}

/// Where a report says it is, in foreign words; the ledger's place is as foreign as the rest.
fn whereabouts(environment: &str, org_id: &str) -> Whereabouts {
    Whereabouts {
        environment: environment.to_owned(),
        org_id: org_id.to_owned(),
        organization: environment.to_owned(),
        edition: Some(Edition::Enterprise),
        simulated: false,
        dialect: Dialect::Openapi,
        ledger: environment.to_owned(),
    }
}

fn drifted(report: &drift::Report) {
    assert_harmless(&report::drift::text(report, Style::default()));
    let whereabouts = whereabouts(&report.environment, &report.org_id);
    assert_harmless(&report::drift::markdown(report, &whereabouts));
    assert_harmless(&report::drift::json(report));
}

async fn export_everything(fixture: &Fixture, session: &Session) {
    let mut live = match session.read(&Needs::everything(session.dialect)).await {
        Ok(live) => live,
        Err(error) => return refused(fixture, error),
    };
    if let Err(error) = session.complete_all(&mut live).await {
        return refused(fixture, error);
    }
    let exported = export(&mut live, &|_| false);
    for note in exported.notes.lines() {
        shown(&note);
    }
    let written = to_sources(&exported.state);
    for source in &written.base {
        assert_harmless(&source.text);
    }
    if let Err(problems) = manifest::compose(&written, &environments()[0], &env) {
        assert_harmless_problems(&problems, &|file| written.text(file));
    }
}

fn refused(fixture: &Fixture, error: SessionError) {
    assert!(!format!("{error:?}").contains(SECRET));
    match error {
        SessionError::Api(error) | SessionError::Elsewhere(error, _) => {
            shown(&error);
            shown(&error.hint());
        }
        SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
            assert_harmless_problems(&problems.into(), &|file| fixture.sources.text(file));
        }
        SessionError::Unread(unread) => {
            for one in unread {
                shown(&one);
                shown(&one.hint());
            }
        }
    }
}

/// The bytes from which fuzzing starts, by target: what the doors take when nothing is wrong.
pub fn seeds(root: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = Vec::new();
    let mut folders = vec![root.join("examples"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = std::fs::read(&path)
                && bytes.len() < 16 * 1024
            {
                if name == "deskform.yaml" {
                    seeds.push(("project", bytes));
                } else if path.extension().is_some_and(|end| end == "yaml") {
                    seeds.push(("manifest", bytes));
                }
            }
        }
    }
    let customers = BASE.iter().find(|(name, _)| *name == "customers.yaml");
    let mut overlaid = customers.expect("it").1.as_bytes().to_vec();
    overlaid.extend_from_slice(OVERLAY.as_bytes());
    overlaid.extend_from_slice(b"contacts: {li.sample@example.com: null}\n");
    seeds.push(("manifest", overlaid));
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let fixture = fixture(dialect);
        seeds.push(("simulator_state", fixture.state.clone().into_bytes()));
        let first = if dialect == Dialect::Openapi {
            b'0'
        } else {
            b'1'
        };
        for add in [0, 2, 4, 6] {
            let mut script = vec![first + add];
            script.extend_from_slice(b"\n\n\n~name=7\n~id=null\n\n500 {}\n!\n^X-Rate-Limit-Remaining-v3:0\n{\"data\":[]}\n");
            seeds.push(("answers", script));
            for line in 0..24_u8 {
                let mut script = vec![first + add];
                script.extend(std::iter::repeat_n(b'\n', usize::from(line)));
                script.extend_from_slice(
                    b"{\"data\":[{\"id\":\"1\",\"name\":\"x\",\"isEnabled\":true}]}\n",
                );
                seeds.push(("answers", script));
            }
        }
        runtime().block_on(async {
            let simulator = Simulator::load(&fixture.state).expect("a state");
            let transport = Arc::new(Tampering::new(Arc::new(Mutex::new(simulator)), Vec::new()));
            let session = open(&transport, &fixture.options.org_id, None)
                .await
                .expect("a session");
            let ready = session
                .plan(&fixture.desired, &fixture.options)
                .await
                .expect("a plan");
            let plan = report::json::plan(&ready.planned.plan);
            seeds.push(("plan_file", plan.into_bytes()));
        });
    }
    for (target, text) in SEEDS {
        seeds.push((target, text.as_bytes().to_vec()));
    }
    seeds
}

const SEEDS: &[(&str, &str)] = &[
    (
        "ledger",
        r#"{"formatVersion":1,"environment":"production","orgId":"700002","serial":3,"resources":{"departments/Billing":{"id":"17","identity":"Billing","preventDestroy":true,"fields":{"description":{"sent":"x","stored":"x "}}},"webhooks/crm":{"id":"1","parts":["1","2"],"identity":"crm","adopted":true}}}"#,
    ),
    (
        "journal",
        "{\"record\":\"begin\",\"formatVersion\":1,\"run\":\"r1\",\"environment\":\"production\",\"orgId\":\"700002\",\"planDigest\":\"ab\",\"at\":1}\n{\"record\":\"intent\",\"seq\":1,\"address\":\"departments/Billing\",\"verb\":\"create\",\"request\":{\"method\":\"POST\",\"path\":\"/departments\"},\"identity\":\"Billing\",\"create\":true,\"before\":null}\n{\"record\":\"outcome\",\"seq\":1,\"result\":\"applied\",\"id\":\"17\"}\n{\"record\":\"end\",\"at\":2}\n",
    ),
    (
        "lock",
        r#"{"formatVersion":1,"who":"ci","host":"runner","run":"r0","token":"00","since":1,"until":1795305700000}"#,
    ),
    (
        "answer",
        "422\nContent-Type: application/json\nX-Request-Id: 9f\n\n{\"errorCode\":\"INVALID_DATA\",\"message\":\"m\",\"errors\":[{\"fieldName\":\"/name\",\"errorType\":\"duplicate\",\"errorMessage\":\"x\"}]}",
    ),
    (
        "answer",
        "429\nRetry-After: 7\nX-Rate-Limit-Remaining-v3: 0\n\n{\"errorCode\":\"THRESHOLD_EXCEEDED\",\"message\":\"\"}",
    ),
    (
        "answer",
        "200\n\n{\"results\":[{\"success\":false,\"id\":\"1\",\"errors\":{\"code\":\"UNPROCESSABLE_ENTITY\",\"message\":\"x\"}}]}",
    ),
    (
        "token",
        "200\n\n{\"access_token\":\"1000.a\",\"expires_in\":3600,\"scope\":\"Desk.basic.READ Desk.settings.ALL\"}",
    ),
    (
        "token",
        "400\n\n{\"error\":\"Access Denied\",\"error_description\":\"too many\",\"status\":\"failure\"}",
    ),
    (
        "token_file",
        r#"{"format":1,"accessToken":"1000.a","issuedMs":1795305600000,"expiresMs":1795309200000,"scopes":["Desk.basic.READ"],"requestsMs":[1795305600000],"blockedUntilMs":0}"#,
    ),
];
