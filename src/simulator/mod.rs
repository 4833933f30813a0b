//! A stateful stand-in for Zoho Desk: both dialects, several organizations, OAuth, limits.
//!
//! It is the second witness. Its routes and rules are written from the facts of the API, never
//! from the tables that build requests, so that a wrong request is caught and not confirmed. What
//! breaks the facts is refused as the API would refuse it, and counted in
//! [`Statistics::violations`].
//!
//! [`Simulator::handle`] is one complete exchange and reads no clock: it is given the time.
//! [`SimulatorTransport`] puts it behind the program's own transport, with latency and
//! concurrency; [`serve::serve`] puts it behind a loopback socket. Both let [`Faults`] befall the
//! requests, such as a lost answer; `handle` itself knows only the [`Quirks`] of answers.

mod exchange;
pub mod faults;
#[expect(clippy::unnecessary_wraps, reason = "operations share one signature")]
mod guide;
mod limits;
mod oauth;
#[expect(clippy::unnecessary_wraps, reason = "operations share one signature")]
mod openapi;
mod patterns;
mod record;
mod relations;
mod respond;
mod rules;
mod seed;
pub mod serve;
mod statistics;
mod store;
#[cfg(test)]
#[expect(
    clippy::too_many_lines,
    clippy::needless_pass_by_value,
    reason = "tables of cases with literal bodies"
)]
mod tests;
pub mod transport;

use std::collections::HashMap;
use std::io::Write;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::dialect::{Dialect, Edition};

pub use faults::{Chosen, Faults, Missing, Quirks, ReadingError};
pub use oauth::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_GRANT_CODE, DEMO_READING_TOKEN, DEMO_REFRESH_TOKEN,
    TOKEN_SECONDS, demo_reading_token, demo_refresh_token,
};
pub use statistics::{Counts, Statistics, Violation};
pub use store::Organization;
pub use transport::{Fate, LoggedRequest, SimulatorTransport};

use exchange::{Exchange, Route, find};
use patterns::digits;
use record::Record;
use respond::{Fault, OrganizationFault, Outcome, response};
use rules::Query;

/// The largest body that is taken, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The version of the state file that this program writes and reads.
const FORMAT_VERSION: u32 = 1;

/// The path of the accounts server; everything else belongs to the Desk API.
const TOKEN_PATH: &str = "/oauth/v2/token";

/// What a simulator is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The dialect that is spoken.
    pub dialect: Dialect,
    /// The edition of every organization that has none of its own.
    pub edition: Edition,
    /// The organizations; the first is the one of the bare demo refresh token.
    pub organizations: Vec<OrganizationSeed>,
    /// Whether answers carry the headers of the dialect's rate limits.
    pub rate_limit_headers: bool,
    /// Whether the guide's limits of calls a minute and a day are enforced.
    pub enforce_minute_limits: bool,
    /// Credits an organization has a day, instead of what its edition and agents give it.
    pub credits_per_day: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: Dialect::Openapi,
            edition: Edition::Enterprise,
            organizations: vec![OrganizationSeed::new("700001")],
            rate_limit_headers: true,
            enforce_minute_limits: true,
            credits_per_day: None,
        }
    }
}

/// One organization to begin with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationSeed {
    /// Its id, digits only.
    pub id: String,
    /// Its name, which its default department has too.
    pub name: String,
    /// Whether it is a sandbox.
    pub is_sandbox: bool,
    /// Its edition, when it is not that of the settings.
    pub edition: Option<Edition>,
}

impl OrganizationSeed {
    /// An organization that is no sandbox, with a made-up name.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: "Example Company".to_owned(),
            is_sandbox: false,
            edition: None,
        }
    }
}

/// Why a state file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It is no state file.
    #[error("could not read the simulator's state: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version of the program wrote it.
    #[error(
        "the simulator's state has version {found}, this program reads version {FORMAT_VERSION}"
    )]
    Version {
        /// The version in the file.
        found: u64,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    format_version: u32,
    settings: Settings,
    requests: u64,
    accounts: oauth::Accounts,
    organizations: IndexMap<String, Organization>,
}

/// A simulated Zoho Desk: an accounts server and the organizations behind it.
pub struct Simulator {
    state: State,
    statistics: Statistics,
    /// Which organization an active call counts for, by its `Authorization` header.
    callers: HashMap<String, String>,
    /// What goes wrong; no part of the state file.
    faults: Faults,
    /// Where requests are written; no part of the state file.
    record: Option<Record>,
}

impl Simulator {
    /// A simulator with new organizations.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let organizations = settings
            .organizations
            .iter()
            .enumerate()
            .map(|(number, seed)| {
                let edition = seed.edition.unwrap_or(settings.edition);
                let organization = Organization::new(
                    &seed.id,
                    &seed.name,
                    seed.is_sandbox,
                    edition,
                    settings.dialect,
                    number,
                );
                (seed.id.clone(), organization)
            })
            .collect();
        let accounts = oauth::Accounts::default();
        let state = State {
            format_version: FORMAT_VERSION,
            settings,
            requests: 0,
            accounts,
            organizations,
        };
        Self {
            state,
            statistics: Statistics::default(),
            callers: HashMap::new(),
            faults: Faults::default(),
            record: None,
        }
    }

    /// A simulator from a state file.
    ///
    /// # Errors
    /// [`StateError`] when the text is no state file of this version.
    pub fn load(json: &str) -> Result<Self, StateError> {
        let document: Value = serde_json::from_str(json)?;
        let found = document["formatVersion"].as_u64();
        if let Some(found) = found.filter(|found| *found != u64::from(FORMAT_VERSION)) {
            return Err(StateError::Version { found });
        }
        let mut state: State = serde_json::from_value(document)?;
        for organization in state.organizations.values_mut() {
            organization.reindex();
        }
        Ok(Self {
            state,
            statistics: Statistics::default(),
            callers: HashMap::new(),
            faults: Faults::default(),
            record: None,
        })
    }

    /// The state file: one JSON document, the same bytes for the same state.
    ///
    /// Statistics and calls in flight are no part of it.
    #[must_use]
    pub fn save(&self) -> String {
        // A document of maps with text keys always serialises.
        let mut text = serde_json::to_string_pretty(&self.state).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What it was made from.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.state.settings
    }

    /// What has been counted since it was made or loaded.
    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Starts counting anew.
    pub fn reset_statistics(&mut self) {
        self.statistics = Statistics::default();
    }

    /// An organization, for looking at its live state.
    #[must_use]
    pub fn organization(&self, id: &str) -> Option<&Organization> {
        self.state.organizations.get(id)
    }

    /// An organization, for changing it behind everyone's back.
    pub fn organization_mut(&mut self, id: &str) -> Option<&mut Organization> {
        self.state.organizations.get_mut(id)
    }

    /// Sets what an organization's tokens may do (nothing stands for everything); old tokens die.
    pub fn set_scopes(&mut self, organization: &str, scopes: Option<Vec<String>>) {
        if let Some(found) = self.state.organizations.get_mut(organization) {
            found.set_scopes(scopes);
            self.state.accounts.revoke(organization);
        }
    }

    /// Makes every access token of an organization invalid.
    pub fn revoke_tokens(&mut self, organization: &str) {
        self.state.accounts.revoke(organization);
    }

    /// Makes every access token invalid and forgets when tokens were asked for.
    ///
    /// For runs that keep the state and share no tokens: they would use up each other's requests.
    pub fn forget_tokens(&mut self) {
        self.state.accounts = oauth::Accounts::default();
    }

    /// One complete exchange: a request of the accounts server or of the Desk API and its answer.
    ///
    /// The URI may be absolute or begin with the path; the host does not matter.
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: i64) -> Response<Bytes> {
        self.state.requests = self.state.requests.saturating_add(1);
        let response = if request.uri().path() == TOKEN_PATH {
            self.statistics.token_requests += 1;
            let tenants: Vec<oauth::Tenant> = self
                .state
                .organizations
                .values()
                .filter(|organization| !self.faults.is_revoked(organization.id()))
                .map(|organization| (organization.id().to_owned(), organization.scopes().cloned()))
                .collect();
            self.state.accounts.answer(request, &tenants, now_ms)
        } else {
            self.write_down(request);
            let rewritten = self.faults.quirks().rewrite(request);
            let response = self.desk(rewritten.as_ref().unwrap_or(request), now_ms);
            self.faults.quirks().dress(response)
        };
        self.numbered(response)
    }

    /// Writes every request to the Desk API from now on, each as a line of JSON with `method`, `path`, `query` and
    /// `body`. Lines hold whatever was sent, secrets too.
    pub fn record_to(&mut self, writer: Box<dyn Write + Send>) {
        self.record = Some(Record::to(writer));
    }

    fn write_down(&mut self, request: &Request<Bytes>) {
        let written = self.record.as_mut().map(|record| record.write(request));
        if let Some(Err(error)) = written {
            // What is served goes on.
            tracing::warn!("requests are no longer written: {error}");
            self.record = None;
        }
    }

    /// Counts a call as active in its organization until [`Simulator::end`]; tells whether it
    /// counts, since a call without a valid token belongs to none and must not be ended.
    ///
    /// # Errors
    /// The answer 429 when the organization's edition allows no further call at the same time;
    /// such a call is over and must not be ended.
    #[expect(
        clippy::result_large_err,
        reason = "the refusal is the answer itself, as `handle` gives it"
    )]
    pub fn begin(
        &mut self,
        request: &Request<Bytes>,
        now_ms: i64,
    ) -> Result<bool, Response<Bytes>> {
        let Some(caller) = authorization(request) else {
            return Ok(false);
        };
        let Some(token) = self.state.accounts.token(Some(caller), now_ms) else {
            return Ok(false);
        };
        let id = token.organization.clone();
        let Some(organization) = self.state.organizations.get_mut(&id) else {
            return Ok(false);
        };
        let dialect = self.state.settings.dialect;
        if organization.active >= limits::concurrency(organization.edition(), dialect) {
            self.state.requests = self.state.requests.saturating_add(1);
            self.statistics
                .count(Some(&id), request.method().as_str(), 0);
            self.statistics.throttled(&id);
            organization.usage.roll(now_ms);
            let (status, body) = Fault::Concurrency.render(dialect);
            let mut response = response(status, Some(&body));
            if !self.faults.quirks().leaves_limits_untold(dialect) {
                rate_headers(&mut response, &self.state.settings, organization, 0, now_ms);
            }
            return Err(self.numbered(response));
        }
        organization.active += 1;
        self.statistics.active(&id, organization.active);
        self.callers.insert(caller.to_owned(), id);
        Ok(true)
    }

    /// Ends what [`Simulator::begin`] counted.
    pub fn end(&mut self, request: &Request<Bytes>) {
        let organization = authorization(request)
            .and_then(|caller| self.callers.get(caller))
            .and_then(|id| self.state.organizations.get_mut(id));
        if let Some(organization) = organization {
            organization.active = organization.active.saturating_sub(1);
        }
    }

    fn numbered(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        if let Ok(value) = HeaderValue::from_str(&format!("simulator-{}", self.state.requests)) {
            response.headers_mut().insert("x-request-id", value);
        }
        response
    }

    fn desk(&mut self, request: &Request<Bytes>, now_ms: i64) -> Response<Bytes> {
        let method = request.method().as_str();
        let path = request.uri().path();
        let dialect = self.state.settings.dialect;
        let token = self
            .state
            .accounts
            .token(authorization(request), now_ms)
            .cloned();
        let State {
            settings,
            organizations,
            ..
        } = &mut self.state;
        let directory = if path.contains("/organizations") {
            directory(organizations, !self.faults.quirks().edition_unshown)
        } else {
            Vec::new()
        };
        let organization = token
            .as_ref()
            .and_then(|token| organizations.get_mut(&token.organization));
        let (Some(token), Some(organization)) = (token.as_ref(), organization) else {
            self.statistics.count(None, method, 0);
            let (status, body) = Fault::Token.render(dialect);
            return response(status, Some(&body));
        };
        organization.usage.roll(now_ms);
        organization.sight.read_as(self.faults.quirks());
        let query = Query(
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
        );
        let route = path
            .strip_prefix("/api/v1")
            .ok_or(Fault::Route)
            .and_then(|path| find(routes(dialect), method, path));
        let credits = route.as_ref().map_or(1, |(route, _)| {
            route.credits(&query, request.body(), self.faults.quirks().dear_pages)
        });
        let outcome = check_size(request)
            .and_then(|()| check_organization(request, &query, &token.organization))
            .and_then(|()| check_limits(settings, organization, credits, now_ms))
            .and(route)
            .and_then(|(route, parts)| {
                if self.faults.quirks().lags() {
                    organization.sight.watch(now_ms);
                }
                if route.is_list() {
                    let is_search = path.ends_with("/search");
                    organization
                        .sight
                        .list(self.faults.quirks(), is_search, now_ms);
                }
                let exchange = Exchange {
                    organization,
                    directory: &directory,
                    parts,
                    query,
                    body: serde_json::Map::new(),
                    now_ms,
                };
                route.serve(request, token.scopes.as_deref(), exchange)
            });
        let throttled = matches!(outcome, Err(Fault::Credits { .. } | Fault::Rate));
        let credits = if throttled || dialect == Dialect::Guide {
            0
        } else {
            credits
        };
        self.statistics
            .count(Some(&token.organization), method, credits);
        if let Some(what) = outcome.as_ref().err().and_then(Fault::violation) {
            self.statistics.violations.push(Violation {
                method: method.to_owned(),
                path: path.to_owned(),
                what,
            });
        }
        let Some(organization) = self.state.organizations.get_mut(&token.organization) else {
            return response(500, None);
        };
        organization.sight.end();
        if throttled {
            self.statistics.throttled(&token.organization);
        } else {
            organization.usage.count(credits);
        }
        let mut response = render(outcome, dialect);
        if !self.faults.quirks().leaves_limits_untold(dialect) {
            rate_headers(
                &mut response,
                &self.state.settings,
                organization,
                credits,
                now_ms,
            );
        }
        response
    }
}

fn routes(dialect: Dialect) -> &'static [&'static [Route]] {
    static GUIDE: [&[Route]; 1] = [&guide::ROUTES];
    match dialect {
        Dialect::Openapi => &openapi::ROUTES,
        Dialect::Guide => &GUIDE,
    }
}

fn render(outcome: Outcome, dialect: Dialect) -> Response<Bytes> {
    match outcome {
        Ok(answer) => {
            let (status, body) = answer.render(dialect);
            response(status, body.as_ref())
        }
        Err(fault) => {
            let (status, body) = fault.render(dialect);
            let mut response = response(status, Some(&body));
            if let Fault::Credits { retry_after } = fault {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
            }
            response
        }
    }
}

/// The value of the `Authorization` header. It is never stored in a log.
fn authorization(request: &Request<Bytes>) -> Option<&str> {
    request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
}

fn check_size(request: &Request<Bytes>) -> Result<(), Fault> {
    if request.body().len() > BODY_LIMIT {
        Err(Fault::TooLarge)
    } else {
        Ok(())
    }
}

/// The organization is named once, as header or in the query, and is the token's own. Only the list
/// of organizations does without.
fn check_organization(request: &Request<Bytes>, query: &Query, own: &str) -> Result<(), Fault> {
    if request.method() == Method::GET && request.uri().path() == "/api/v1/organizations" {
        return Ok(());
    }
    let header = request
        .headers()
        .get("orgId")
        .and_then(|value| value.to_str().ok());
    let fault = |fault| Err(Fault::Organization(fault));
    match (header, query.get("orgId")) {
        (None, None) => fault(OrganizationFault::Missing),
        (Some(header), Some(query)) if header != query => fault(OrganizationFault::Ambiguous),
        (Some(named), _) | (None, Some(named)) if !digits(named) => {
            fault(OrganizationFault::NotNumeric)
        }
        (Some(named), _) | (None, Some(named)) if named != own => {
            fault(OrganizationFault::Mismatch)
        }
        _ => Ok(()),
    }
}

fn check_limits(
    settings: &Settings,
    organization: &Organization,
    credits: u64,
    now_ms: i64,
) -> Result<(), Fault> {
    match settings.dialect {
        Dialect::Openapi => {
            if organization.usage.credits().saturating_add(credits)
                > credits_of(settings, organization)
            {
                let retry_after = (limits::end_of_day(now_ms).saturating_sub(now_ms) + 999) / 1_000;
                return Err(Fault::Credits { retry_after });
            }
        }
        Dialect::Guide if settings.enforce_minute_limits => {
            let (minute, day) = limits::calls_of_guide(organization.edition());
            if organization.usage.calls_of_minute() >= minute
                || organization.usage.calls_of_day() >= day
            {
                return Err(Fault::Rate);
            }
        }
        Dialect::Guide => {}
    }
    Ok(())
}

fn credits_of(settings: &Settings, organization: &Organization) -> u64 {
    settings.credits_per_day.unwrap_or_else(|| {
        let agents = organization
            .live("agents")
            .filter(|agent| agent["rolePermissionType"] != "Light")
            .count();
        limits::credits_per_day(
            organization.edition(),
            u64::try_from(agents).unwrap_or_default(),
        )
    })
}

fn rate_headers(
    response: &mut Response<Bytes>,
    settings: &Settings,
    organization: &Organization,
    credits: u64,
    now_ms: i64,
) {
    if !settings.rate_limit_headers {
        return;
    }
    let headers = response.headers_mut();
    match settings.dialect {
        Dialect::Openapi => {
            let left =
                credits_of(settings, organization).saturating_sub(organization.usage.credits());
            headers.insert("x-rate-limit-request-weight-v3", HeaderValue::from(credits));
            headers.insert("x-rate-limit-remaining-v3", HeaderValue::from(left));
        }
        Dialect::Guide => {
            let (minute, day) = limits::calls_of_guide(organization.edition());
            let usage = &organization.usage;
            let day_is_over = settings.enforce_minute_limits && usage.calls_of_day() >= day;
            let left = if day_is_over {
                0
            } else {
                minute.saturating_sub(usage.calls_of_minute())
            };
            let end = if day_is_over {
                limits::end_of_day(now_ms)
            } else {
                limits::end_of_minute(now_ms)
            };
            headers.insert("x-ratelimit-limit", HeaderValue::from(minute));
            headers.insert("x-ratelimit-remaining", HeaderValue::from(left));
            headers.insert("x-ratelimit-reset", HeaderValue::from(end / 1_000));
        }
    }
}

/// Every organization as the list of organizations shows it, sandboxes included.
fn directory(organizations: &IndexMap<String, Organization>, shows_edition: bool) -> Vec<Value> {
    organizations
        .values()
        .enumerate()
        .map(|(number, organization)| {
            let portal: String =
                organization.name().to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
            json!({"id": organization.id(), "companyName": organization.name(), "alias": null,
                "description": null, "portalName": portal, "portalURL": format!("https://desk.example.com/portal/{portal}"),
                "primaryContact": format!("admin@{}.example.com", organization.id()), "designation": null,
                "edition": shows_edition.then(|| organization.edition().to_string().to_uppercase()), "timeZone": "Etc/UTC",
                "currencyLocale": "en_US", "currencyCode": "USD", "currencySymbol": "$", "phoneNumber": "",
                "mobile": "", "fax": "", "website": "", "street": "", "city": "", "state": "", "zip": "",
                "country": "", "employeeCount": null, "employeeCountRange": null, "industry": null,
                "preferredSolution": [], "preferredCommunicationChannels": [], "migrationFrom": null,
                "logoURL": null, "faviconURL": null, "isDefault": number == 0, "isAdminInOrg": true,
                "isPayloadEncryptionEnabled": false, "isSandboxPortal": organization.is_sandbox()})
        })
        .collect()
}
