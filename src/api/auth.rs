//! Access tokens: by a refresh token or by the client alone, one request in flight, few in all.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::form_urlencoded;

use super::classify::{Body, classify};
use super::error::{ApiError, ErrorKind, Reaction};
use super::hosts::Endpoint;
use super::limit_headers::millis;
use super::retry::Backoff;
use super::scope;
use super::token_cache::{CacheEntry, Stored, TokenCache};
use super::transport::{Transport, TransportError};
use crate::clock::Clock;

/// A token with less than this left is replaced before it is used.
pub const REFRESH_MARGIN: Duration = Duration::from_secs(300);

/// The time in which token requests are counted; Zoho counts ten minutes, and half a minute more
/// is on the safe side of clocks and of requests under way.
pub const REQUEST_WINDOW: Duration = Duration::from_secs(630);

/// Token requests in [`REQUEST_WINDOW`]; ten are allowed, and one is left to `auth login`.
pub const MAX_TOKEN_REQUESTS: usize = 9;

/// Token requests in [`REQUEST_WINDOW`] that answers with status 401 may cause.
const MAX_RENEWALS: usize = 4;

/// How often one token is requested when the accounts server fails or cannot be reached.
const MAX_ATTEMPTS: u32 = 3;

/// Pause between attempts to replace a token that is still good.
const QUIET: Duration = Duration::from_secs(30);

/// The life of a token whose answer does not tell it.
const DEFAULT_LIFE_MS: i64 = 3_600_000;

/// How the token request appears in errors.
const REQUEST: &str = "POST /oauth/v2/token";

/// What the refresh-token grant needs.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The id of the self client; no secret.
    pub client_id: String,
    /// The secret of the self client.
    pub client_secret: SecretString,
    /// The refresh token, which does not expire.
    pub refresh_token: SecretString,
}

/// What the client-credentials grant needs: tokens of the organization and of nobody.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The id of the self client; no secret.
    pub client_id: String,
    /// The secret of the self client.
    pub client_secret: SecretString,
    /// The scopes to ask for, separated by commas.
    pub scope: String,
    /// The service and the organization's id, such as `ZohoDesk.700001`.
    pub soid: String,
}

/// What tokens are made with.
#[derive(Debug, Clone)]
pub enum Login {
    /// A refresh token: the tokens act for the user who made the grant.
    Refresh(Credentials),
    /// The client alone: the tokens act for nobody.
    Client(ClientCredentials),
}

impl From<Credentials> for Login {
    fn from(credentials: Credentials) -> Self {
        Self::Refresh(credentials)
    }
}

impl From<ClientCredentials> for Login {
    fn from(credentials: ClientCredentials) -> Self {
        Self::Client(credentials)
    }
}

impl Login {
    /// The id of the client.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::Refresh(own) => &own.client_id,
            Self::Client(own) => &own.client_id,
        }
    }

    /// What tells these credentials from others of the same client, in the cache.
    fn key(&self) -> SecretString {
        match self {
            Self::Refresh(own) => own.refresh_token.clone(),
            // A refresh token has no line break.
            Self::Client(own) => SecretString::from(format!(
                "client_credentials\n{}\n{}\n{}",
                own.soid,
                own.scope,
                own.client_secret.expose_secret()
            )),
        }
    }

    /// The form of a token request.
    ///
    /// Source: the accounts server's pages on refresh tokens and on the client-credentials flow.
    fn form(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Refresh(own) => vec![
                ("grant_type", "refresh_token"),
                ("client_id", &own.client_id),
                ("client_secret", own.client_secret.expose_secret()),
                ("refresh_token", own.refresh_token.expose_secret()),
            ],
            Self::Client(own) => vec![
                ("grant_type", "client_credentials"),
                ("client_id", &own.client_id),
                ("client_secret", own.client_secret.expose_secret()),
                ("scope", &own.scope),
                ("soid", &own.soid),
            ],
        }
    }

    /// A refusal in the words of these credentials.
    fn told(&self, error: ApiError) -> ApiError {
        let Self::Client(own) = self else {
            return error;
        };
        match (error.kind(), error.code()) {
            (ErrorKind::RefreshTokenInvalid, _) => error.with_kind(ErrorKind::ClientInvalid),
            (ErrorKind::AuthorizationRefused, Some("missing_org_info" | "invalid_org_info")) => {
                let hint = format!(
                    "`soid` was `{}`. It names the service and the organization: correct `soid` or `orgId` under the \
                     environment in deskform.yaml.",
                    own.soid
                );
                error.with_hint(hint)
            }
            (ErrorKind::AuthorizationRefused, Some("invalid_scope")) => error.with_hint(
                "One unknown scope makes the whole request fail: `deskform auth scopes` prints those that are needed, for \
                 `scope` under `credentials`."
                    .to_owned(),
            ),
            _ => error,
        }
    }
}

/// What a grant code was exchanged for.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The refresh token to store.
    pub refresh_token: SecretString,
    /// The scopes that were granted, if the answer tells them.
    pub scopes: Option<Vec<String>>,
}

/// Hands out access tokens.
pub struct Authenticator {
    credentials: Login,
    endpoint: Endpoint,
    transport: Arc<dyn Transport>,
    clock: Clock,
    backoff: Backoff,
    entry: Option<CacheEntry>,
    /// Held while a token is requested, so that one request is in flight at most.
    state: Mutex<State>,
    /// How many token requests have ended: who waited during one shares its failure.
    ended: AtomicU64,
    /// The token came after a 401 and has not been accepted by any call yet.
    is_unproven: AtomicBool,
    /// Until when the token of an earlier run is good, which this one uses; 0 where it has its own.
    cached_until_ms: AtomicI64,
    scopes: StdMutex<Option<Vec<String>>>,
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator")
            .field("accounts", &self.endpoint.accounts())
            .field("client_id", &self.credentials.client_id())
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    is_loaded: bool,
    token: Option<Token>,
    /// When tokens were requested, over all runs that share the cache.
    requests_ms: Vec<i64>,
    blocked_until_ms: i64,
    /// When 401 made this run ask for a new token.
    renewals_ms: Vec<i64>,
    /// The failure of the last token request.
    failure: Option<ApiError>,
    /// After a failure, when it is worth trying again while the old token is still good.
    quiet_until_ms: i64,
    /// A refusal that asking again cannot change.
    refusal: Option<ApiError>,
}

#[derive(Clone)]
struct Token {
    secret: SecretString,
    issued_ms: i64,
    expires_ms: i64,
    scopes: Option<Vec<String>>,
}

impl Token {
    /// Whether more than five minutes are left; of a token with a short life, half of it.
    fn is_fresh(&self, now_ms: i64) -> bool {
        let life = self.expires_ms.saturating_sub(self.issued_ms);
        let margin = millis(REFRESH_MARGIN).min(life / 2);
        self.expires_ms.saturating_sub(now_ms) >= margin && self.is_usable(now_ms)
    }

    fn is_usable(&self, now_ms: i64) -> bool {
        now_ms < self.expires_ms
    }

    fn is(&self, secret: &SecretString) -> bool {
        self.secret.expose_secret() == secret.expose_secret()
    }
}

impl Authenticator {
    /// Tokens for these credentials, kept in the cache if one is given.
    #[must_use]
    pub fn new(
        credentials: impl Into<Login>,
        endpoint: Endpoint,
        transport: Arc<dyn Transport>,
        clock: Clock,
        cache: Option<&TokenCache>,
    ) -> Self {
        let credentials = credentials.into();
        let entry = cache.map(|cache| {
            cache.entry(
                endpoint.accounts(),
                credentials.client_id(),
                &credentials.key(),
            )
        });
        Self {
            credentials,
            endpoint,
            transport,
            clock,
            backoff: Backoff::new(),
            entry,
            state: Mutex::default(),
            ended: AtomicU64::new(0),
            is_unproven: AtomicBool::new(false),
            cached_until_ms: AtomicI64::new(0),
            scopes: StdMutex::default(),
        }
    }

    /// An access token with more than five minutes left.
    ///
    /// However many tasks ask, one token request is in flight, and its failure is everybody's.
    /// A failure is overlooked while the old token is still good.
    ///
    /// # Errors
    /// [`ApiError`] when no token can be had: see the token kinds of [`ErrorKind`].
    pub async fn token(&self) -> Result<SecretString, ApiError> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        self.load(&mut state);
        let now_ms = self.clock.now_ms();
        let is_quiet = now_ms < state.quiet_until_ms;
        let good = state
            .token
            .as_ref()
            .filter(|token| token.is_fresh(now_ms) || (is_quiet && token.is_usable(now_ms)));
        if let Some(token) = good {
            return Ok(token.secret.clone());
        }
        let outcome = match self.shared_failure(&state, ended) {
            Some(failure) => Err(failure),
            None => self.request(&mut state, None).await,
        };
        match (outcome, &state.token) {
            (Ok(secret), _) => Ok(secret),
            (Err(error), Some(token)) if token.is_usable(self.clock.now_ms()) => {
                tracing::debug!(kind = ?error.kind(), "the old token is used, since no new one came");
                Ok(token.secret.clone())
            }
            (Err(error), _) => Err(error),
        }
    }

    /// A token after Desk refused a token with 401; none when a new one would not help.
    ///
    /// If another task has renewed it meanwhile, its token is used. A new one would not help
    /// when the refused one was new itself, or when 401 has caused several requests already.
    ///
    /// # Errors
    /// [`ApiError`] when no token can be had.
    pub async fn renew(&self, refused: &SecretString) -> Result<Option<SecretString>, ApiError> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        self.load(&mut state);
        if let Some(token) = state.token.as_ref().filter(|token| !token.is(refused)) {
            return Ok(Some(token.secret.clone()));
        }
        if let Some(failure) = self.shared_failure(&state, ended) {
            return Err(failure);
        }
        let now_ms = self.clock.now_ms();
        state
            .renewals_ms
            .retain(|at| now_ms - at < millis(REQUEST_WINDOW));
        if self.is_unproven.load(Ordering::Acquire) || state.renewals_ms.len() >= MAX_RENEWALS {
            return Ok(None);
        }
        state.renewals_ms.push(now_ms);
        state.token = None;
        let secret = match self.request(&mut state, Some(refused)).await {
            Ok(secret) => secret,
            Err(error) => {
                // What was not asked for is no renewal.
                if state.requests_ms.iter().all(|at| *at < now_ms) {
                    state.renewals_ms.pop();
                }
                return Err(error);
            }
        };
        self.is_unproven.store(true, Ordering::Release);
        Ok(Some(secret))
    }

    /// Takes note that Desk accepted a token.
    pub(super) async fn accepted(&self, secret: &SecretString) {
        if !self.is_unproven.load(Ordering::Acquire) {
            return;
        }
        let state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|token| token.is(secret)) {
            self.is_unproven.store(false, Ordering::Release);
        }
    }

    /// Whether the tokens are the client's own, so that nobody acts with them.
    #[must_use]
    pub const fn is_of_nobody(&self) -> bool {
        matches!(self.credentials, Login::Client(_))
    }

    /// Until when the token is good, in milliseconds since the Unix epoch, where an earlier run asked
    /// for it: then nothing of this run has proved the credentials.
    #[must_use]
    pub fn cached_until(&self) -> Option<i64> {
        let until = self.cached_until_ms.load(Ordering::Acquire);
        (until != 0).then_some(until)
    }

    /// The scopes of the token, once there is one and if its answer told them.
    #[must_use]
    pub fn scopes(&self) -> Option<Vec<String>> {
        self.scopes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn shared_failure(&self, state: &State, ended_before: u64) -> Option<ApiError> {
        let is_new = self.ended.load(Ordering::Acquire) != ended_before;
        state.failure.clone().filter(|_| is_new)
    }

    fn adopt(&self, state: &mut State, token: Token) {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        scopes.clone_from(&token.scopes);
        drop(scopes);
        state.token = Some(token);
        self.is_unproven.store(false, Ordering::Release);
    }

    /// Reads the cache once a run.
    fn load(&self, state: &mut State) {
        if !state.is_loaded {
            state.is_loaded = true;
            if let Some(token) = self.reload(state) {
                self.cached_until_ms
                    .store(token.expires_ms, Ordering::Release);
                self.adopt(state, token);
            }
        }
    }

    /// Reads the cache: the requests of other runs, and the token if it is still fresh.
    fn reload(&self, state: &mut State) -> Option<Token> {
        let stored = self.entry.as_ref()?.load()?;
        let now_ms = self.clock.now_ms();
        // Times that lie ahead come from a wrong clock and would block for ever.
        state
            .requests_ms
            .extend(stored.requests_ms.iter().filter(|at| **at <= now_ms));
        state.requests_ms.sort_unstable();
        state.requests_ms.dedup();
        if stored.blocked_until_ms <= now_ms + millis(REQUEST_WINDOW) {
            state.blocked_until_ms = state.blocked_until_ms.max(stored.blocked_until_ms);
        }
        let secret = stored.access_token.filter(|token| is_token(token))?;
        let token = Token {
            secret: SecretString::from(secret),
            issued_ms: stored.issued_ms,
            expires_ms: stored.expires_ms,
            scopes: stored.scopes,
        };
        let is_sound =
            token.issued_ms <= now_ms && token.expires_ms - now_ms <= 24 * DEFAULT_LIFE_MS;
        (is_sound && token.is_fresh(now_ms)).then_some(token)
    }

    fn save(&self, state: &State) {
        let Some(entry) = &self.entry else { return };
        let token = state.token.as_ref();
        entry.store(Stored {
            access_token: token.map(|token| token.secret.expose_secret().to_owned()),
            issued_ms: token.map_or(0, |token| token.issued_ms),
            expires_ms: token.map_or(0, |token| token.expires_ms),
            scopes: token.and_then(|token| token.scopes.clone()),
            requests_ms: state.requests_ms.clone(),
            blocked_until_ms: state.blocked_until_ms,
            ..Stored::default()
        });
    }

    async fn request(
        &self,
        state: &mut State,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, ApiError> {
        let outcome = self.request_or_fail(state, refused).await;
        state.failure = outcome.as_ref().err().cloned();
        if state.failure.is_some() {
            state.quiet_until_ms = self.clock.now_ms().saturating_add(millis(QUIET));
        }
        self.ended.fetch_add(1, Ordering::AcqRel);
        outcome
    }

    async fn request_or_fail(
        &self,
        state: &mut State,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, ApiError> {
        if let Some(refusal) = &state.refusal {
            return Err(refusal.clone());
        }
        let _lock = match &self.entry {
            Some(entry) => entry.lock(&self.clock).await,
            None => None,
        };
        // Another run may have got a token meanwhile.
        if let Some(token) = self.reload(state)
            && refused.is_none_or(|refused| !token.is(refused))
        {
            let secret = token.secret.clone();
            self.cached_until_ms
                .store(token.expires_ms, Ordering::Release);
            self.adopt(state, token);
            return Ok(secret);
        }
        let form = self.credentials.form();
        let mut attempt = 1;
        loop {
            let now_ms = self.clock.now_ms();
            admit(state, now_ms)?;
            state.requests_ms.push(now_ms);
            // Stored before the request goes out, so that a killed run is counted as well.
            self.save(state);
            let asked = ask(&*self.transport, &self.endpoint, &self.clock, &form).await;
            let asked = asked.map_err(|refused| Refused {
                error: self.credentials.told(refused.error),
                ..refused
            });
            if let Err(Refused { error, .. }) = &asked
                && never_left(error)
            {
                // The server cannot have counted it.
                if let Some(at) = state.requests_ms.iter().rposition(|at| *at == now_ms) {
                    state.requests_ms.remove(at);
                }
                self.save(state);
            }
            match asked {
                Ok(answer) => {
                    let token = Token {
                        secret: answer.access_token,
                        issued_ms: now_ms,
                        expires_ms: now_ms.saturating_add(answer.life_ms),
                        scopes: answer.scopes,
                    };
                    let secret = token.secret.clone();
                    self.cached_until_ms.store(0, Ordering::Release);
                    self.adopt(state, token);
                    self.save(state);
                    return Ok(secret);
                }
                Err(Refused { error, is_passing }) if is_passing && attempt < MAX_ATTEMPTS => {
                    tracing::debug!(attempt, kind = ?error.kind(), "the token request is repeated");
                    self.clock.sleep(self.backoff.pause(attempt)).await;
                    attempt += 1;
                }
                Err(Refused { error, .. }) => {
                    if error.kind() == ErrorKind::TokenThrottled {
                        state.blocked_until_ms = error
                            .until_ms()
                            .unwrap_or_else(|| self.clock.now_ms() + millis(REQUEST_WINDOW));
                        self.save(state);
                    }
                    if matches!(
                        error.kind(),
                        ErrorKind::RefreshTokenInvalid
                            | ErrorKind::ClientInvalid
                            | ErrorKind::AuthorizationRefused
                    ) {
                        state.refusal = Some(error.clone());
                    }
                    return Err(error);
                }
            }
        }
    }
}

/// Whether a token request surely did not reach the accounts server, so that nothing counts it.
fn never_left(error: &ApiError) -> bool {
    matches!(error.kind(), ErrorKind::NotSent | ErrorKind::Unsendable)
}

/// Refuses locally what the server would punish with a block for every run.
fn admit(state: &mut State, now_ms: i64) -> Result<(), ApiError> {
    let window = millis(REQUEST_WINDOW);
    state.requests_ms.retain(|at| now_ms - at < window);
    let surplus = state.requests_ms.len().checked_sub(MAX_TOKEN_REQUESTS);
    let until_ms = match surplus.and_then(|index| state.requests_ms.get(index)) {
        _ if state.blocked_until_ms > now_ms => state.blocked_until_ms,
        Some(oldest) => oldest + window,
        None => return Ok(()),
    };
    let seconds = (until_ms - now_ms + 999) / 1000;
    Err(ApiError::new(ErrorKind::TokenThrottled, REQUEST)
        .with_message(&format!(
            "not asked, since the next token may be requested in {seconds} s"
        ))
        .with_until_ms(Some(until_ms)))
}

/// Exchanges the grant code of a self client for a refresh token.
///
/// Source: the token endpoint of the accounts server, `grant_type=authorization_code`; a self
/// client has no redirect address. The code works once, so that a lost answer needs a new code.
///
/// # Errors
/// [`ApiError`] when the code or the client is refused, or when no answer comes.
pub async fn exchange_grant_code(
    transport: &dyn Transport,
    endpoint: &Endpoint,
    clock: &Clock,
    client_id: &str,
    client_secret: &SecretString,
    code: &SecretString,
) -> Result<Grant, ApiError> {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("client_secret", client_secret.expose_secret()),
        ("code", code.expose_secret().trim()),
    ];
    let answer = ask(transport, endpoint, clock, &form)
        .await
        .map_err(|refused| match refused.error.kind() {
            ErrorKind::RefreshTokenInvalid => refused.error.with_kind(ErrorKind::GrantCodeInvalid),
            _ => refused.error,
        })?;
    let refresh_token = answer.refresh_token.ok_or_else(|| {
        ApiError::new(ErrorKind::AuthorizationRefused, REQUEST)
            .with_message("the answer holds no refresh token")
            .with_hint(
                "Make the grant code in the `Generate Code` tab of a self client, which always gives one."
                    .to_owned(),
            )
    })?;
    Ok(Grant {
        refresh_token,
        scopes: answer.scopes,
    })
}

struct TokenAnswer {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    life_ms: i64,
    scopes: Option<Vec<String>>,
}

struct Refused {
    error: ApiError,
    /// Whether asking again may help.
    is_passing: bool,
}

async fn ask(
    transport: &dyn Transport,
    endpoint: &Endpoint,
    clock: &Clock,
    form: &[(&str, &str)],
) -> Result<TokenAnswer, Refused> {
    let give_up = |error| Refused {
        error,
        is_passing: false,
    };
    let unsendable = |reason: String| {
        give_up(ApiError::new(ErrorKind::Unsendable, REQUEST).with_message(&reason))
    };
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let uri = endpoint.token_uri().map_err(unsendable)?;
    let request = http::Request::post(uri)
        .header(
            http::header::CONTENT_TYPE,
            "application/x-www-form-urlencoded",
        )
        .header(http::header::ACCEPT, "application/json")
        .body(Bytes::from(body))
        .map_err(|error| unsendable(error.to_string()))?;
    let begun_ms = clock.now_ms();
    let answer = transport.send(request).await;
    let now_ms = clock.now_ms();
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let kind = match error {
                TransportError::NotSent(_) => ErrorKind::NotSent,
                // No token is known to have been made, and an unused one does no harm.
                TransportError::Lost(_) => ErrorKind::Unavailable,
                TransportError::TooLarge(_) => ErrorKind::Malformed,
            };
            return Err(Refused {
                error: ApiError::new(kind, REQUEST).with_message(&error.to_string()),
                is_passing: kind != ErrorKind::Malformed,
            });
        }
    };
    let (parts, bytes) = answer.into_parts();
    tracing::debug!(
        status = parts.status.as_u16(),
        ms = now_ms - begun_ms,
        "token request"
    );
    let body = Body::read(&parts.headers, &bytes);
    judge(parts.status, &parts.headers, &body, now_ms).map_err(|mut refused| {
        // The server may repeat what it was sent; grant types are no secrets.
        let secrets = form
            .iter()
            .filter(|(name, _)| !matches!(*name, "grant_type" | "client_id" | "scope" | "soid"));
        refused.error.redact(secrets.map(|(_, value)| *value));
        refused
    })
}

/// Judges the answer of the token endpoint by its body, since refusals come with 200 as well.
fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    body: &Body,
    now_ms: i64,
) -> Result<TokenAnswer, Refused> {
    let nothing = Map::new();
    let object = match body {
        Body::Json(Value::Object(object)) => object,
        _ => &nothing,
    };
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::trim);
    let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let error = |kind: ErrorKind| {
        ApiError::new(kind, REQUEST)
            .with_status(status.as_u16())
            .with_code(text("error"))
            .with_message(text("error_description").unwrap_or_default())
            .with_request_id(id)
    };
    let give_up = |error| {
        Err(Refused {
            error,
            is_passing: false,
        })
    };
    if let Some(code) = text("error") {
        let kind = match code.to_ascii_lowercase().as_str() {
            "invalid_code" | "invalid_grant" => ErrorKind::RefreshTokenInvalid,
            "invalid_client" | "invalid_client_secret" | "unauthorized_client" => {
                ErrorKind::ClientInvalid
            }
            "access denied" => ErrorKind::TokenThrottled,
            "general_error" | "server_error" | "temporarily_unavailable" => {
                return Err(Refused {
                    error: error(ErrorKind::Unavailable),
                    is_passing: true,
                });
            }
            _ => ErrorKind::AuthorizationRefused,
        };
        let until_ms = (kind == ErrorKind::TokenThrottled)
            .then_some(now_ms.saturating_add(millis(REQUEST_WINDOW)));
        return give_up(error(kind).with_until_ms(until_ms));
    }
    if status.is_success()
        && let Some(token) = text("access_token").filter(|token| is_token(token))
    {
        return Ok(TokenAnswer {
            access_token: SecretString::from(token),
            refresh_token: text("refresh_token")
                .filter(|token| is_token(token))
                .map(SecretString::from),
            life_ms: life_ms(object),
            scopes: text("scope")
                .map(scope::split)
                .filter(|scopes| !scopes.is_empty()),
        });
    }
    // What is left are pages, gateways and answers without any of the expected members.
    match classify(status, headers, body, now_ms) {
        Some(found) if found.kind.is_limit() => {
            let window = now_ms.saturating_add(millis(REQUEST_WINDOW));
            give_up(error(ErrorKind::TokenThrottled).with_until_ms(Some(window)))
        }
        Some(found) => {
            let kind = match found.kind {
                ErrorKind::TokenInvalid => ErrorKind::AuthorizationRefused,
                kind => kind,
            };
            let message = found.message.unwrap_or_default();
            let refused = error(kind).with_message(&message);
            // Token requests are few: one that met a wrong host is not repeated.
            let is_nonsense = matches!(kind, ErrorKind::WrongHost | ErrorKind::Malformed);
            Err(Refused {
                error: match found.code {
                    Some(code) => refused.with_code(Some(&code)),
                    None => refused,
                },
                is_passing: !is_nonsense
                    && matches!(found.reaction, Reaction::Retry | Reaction::Wait(_)),
            })
        }
        None => give_up(
            error(ErrorKind::Malformed)
                .with_message("the answer holds neither a token nor an error"),
        ),
    }
}

/// The life of a token in milliseconds; once `expires_in` was in milliseconds.
fn life_ms(object: &Map<String, Value>) -> i64 {
    let number = |name: &str| match object.get(name) {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let seconds = number("expires_in_sec")
        .or_else(|| number("expires_in").map(|n| if n > 100_000 { n / 1000 } else { n }));
    seconds
        .filter(|seconds| (1..=86_400).contains(seconds))
        .map_or(DEFAULT_LIFE_MS, |seconds| seconds * 1000)
}

/// Whether a text can stand in a header, as a token must.
fn is_token(text: &str) -> bool {
    (1..=4096).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
