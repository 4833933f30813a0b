//! The client: the reading half for planning, the writing half for applying.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::auth::Authenticator;
use super::classify::{Body, Classified, Moment, classify_at};
use super::error::{ApiError, ErrorKind, Reaction};
use super::hosts::Endpoint;
use super::limit_headers::{LimitHeaders, millis};
use super::limits::{DEFAULT_CONCURRENCY, Limits, NoTurn, Observed, Patience, Turnstile};
use super::price;
use super::request::{Method, Request};
use super::retry::{Backoff, Next, Tries, is_without_effect};
use super::transport::{MAX_BODY, Transport, TransportError};
use crate::clock::Clock;

/// What a client is made of.
pub struct Setup {
    /// The two hosts.
    pub endpoint: Endpoint,
    /// The organization id, digits only; none while it is not known (`GET /organizations`).
    pub organization: Option<String>,
    /// Where tokens come from.
    pub authenticator: Arc<Authenticator>,
    /// What carries the requests.
    pub transport: Arc<dyn Transport>,
    /// The clock that is asked and waited with.
    pub clock: Clock,
    /// Calls that may be active at once; none means [`DEFAULT_CONCURRENCY`] until
    /// [`Client::set_concurrency`].
    pub concurrency: Option<usize>,
    /// The seed of the random pauses; none draws one.
    pub seed: Option<u64>,
}

/// Calls the Desk API of one organization.
///
/// All clones and halves share slots, limits and the token.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

/// The reading half: it has no method that could change anything.
///
/// Planning gets nothing else.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// The writing half, which only applying gets.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

/// What became of a removal.
#[derive(Debug, Clone, PartialEq)]
pub enum Removed {
    /// This call removed it.
    Done(Box<Answer>),
    /// It was not there: somebody else, or an attempt whose answer was lost, removed it.
    AlreadyGone,
}

/// The answer to a successful call.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The body; none when there was none. A single object that came in an envelope `data` is
    /// taken out of it, a list keeps its envelope.
    pub body: Option<Value>,
    /// The `X-Request-Id`.
    pub request_id: Option<String>,
    /// What the headers said about limits.
    pub limits: LimitHeaders,
}

struct Shared {
    endpoint: Endpoint,
    organization: Option<HeaderValue>,
    authenticator: Arc<Authenticator>,
    transport: Arc<dyn Transport>,
    clock: Clock,
    limits: Limits,
    backoff: Backoff,
    /// Whether the accounts server refused the refresh token or the client: no call can succeed then.
    refused: AtomicBool,
    /// Paths that the token may not read, so that nobody asks again in this run.
    closed: Mutex<BTreeSet<&'static str>>,
    /// Listings that were answered twice in a row with no body: that is how this server says "none".
    bare: Mutex<BTreeSet<String>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("desk", &self.endpoint.desk())
            .field("organization", &self.organization)
            .finish_non_exhaustive()
    }
}

/// What tells one listing from another.
fn listing_of(request: &Request) -> String {
    let query = request.query.iter();
    query.fold(request.path.clone(), |text, (name, value)| {
        format!("{text}&{name}={value}")
    })
}

macro_rules! debug_as_shared {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.shared.fmt(f)
            }
        }
    )*};
}
debug_as_shared!(Client, Reader, Writer);

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::OrganizationMismatch`] when the organization id is not a number: Desk would
    /// answer every call with a bare 500.
    pub fn new(setup: Setup) -> Result<Self, ApiError> {
        let organization = setup
            .organization
            .as_deref()
            .map(organization)
            .transpose()?;
        Ok(Self {
            shared: Arc::new(Shared {
                endpoint: setup.endpoint,
                organization,
                authenticator: setup.authenticator,
                transport: setup.transport,
                clock: setup.clock,
                limits: Limits::new(setup.concurrency.unwrap_or(DEFAULT_CONCURRENCY)),
                backoff: setup.seed.map_or_else(Backoff::new, Backoff::seeded),
                refused: AtomicBool::new(false),
                closed: Mutex::default(),
                bare: Mutex::default(),
            }),
        })
    }

    /// The reading half.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            shared: Arc::clone(&self.shared),
        }
    }

    /// The writing half.
    #[must_use]
    pub fn writer(&self) -> Writer {
        Writer {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Changes how many calls may be active at once (1 to 100), as the edition becomes known.
    pub fn set_concurrency(&self, calls: usize) {
        self.shared.limits.set_concurrency(calls);
    }

    /// Changes the longest wait before a call goes out or is repeated: what a limit would let wait
    /// for longer is given up.
    pub fn set_max_wait(&self, longest: Duration) {
        self.shared.limits.set_max_wait(longest);
    }

    /// How many calls may be active at once; fewer than allowed while the server refuses them for
    /// being too many.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.shared.limits.concurrency()
    }

    /// What has been seen so far: dialect, credits, minute's limit, number of calls.
    #[must_use]
    pub fn observed(&self) -> Observed {
        self.shared.limits.observed()
    }

    /// Where the tokens come from.
    #[must_use]
    pub fn authenticator(&self) -> &Authenticator {
        &self.shared.authenticator
    }

    /// The hosts.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }
}

impl Reader {
    /// Sends a GET, as often as needed within bounds.
    ///
    /// # Errors
    /// [`ApiError`] with the named cause; [`ErrorKind::Unsendable`] for any other method.
    pub async fn get(&self, request: &Request) -> Result<Answer, ApiError> {
        must_read(request)?;
        self.shared.call(request).await
    }

    /// Sends a GET unless it is unwanted before it goes out; what is under way is waited for.
    ///
    /// # Errors
    /// Those of [`Reader::get`].
    pub(super) async fn get_unless(
        &self,
        request: &Request,
        unwanted: impl Future<Output = ()>,
    ) -> Result<Option<Answer>, ApiError> {
        must_read(request)?;
        let sent = AtomicBool::new(false);
        let mut unwanted = std::pin::pin!(unwanted);
        let mut call = std::pin::pin!(self.shared.call_noting(request, &sent));
        tokio::select! {
            biased;
            () = &mut unwanted => {}
            answer = &mut call => return answer.map(Some),
        }
        if sent.load(Ordering::Relaxed) {
            call.await.map(Some)
        } else {
            Ok(None)
        }
    }

    /// Slots that no call takes at the moment.
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.shared.limits.free_slots()
    }

    /// What has been seen so far.
    #[must_use]
    pub fn observed(&self) -> Observed {
        self.shared.limits.observed()
    }

    /// The scopes of the token, once there is one and if its answer told them.
    #[must_use]
    pub fn scopes(&self) -> Option<Vec<String>> {
        self.shared.authenticator.scopes()
    }

    /// Takes note that the token may not read a path, for as long as this client lives.
    pub fn close(&self, path: &'static str) {
        self.closed().insert(path);
    }

    /// Whether somebody was refused a path before.
    #[must_use]
    pub fn is_closed(&self, path: &'static str) -> bool {
        self.closed().contains(path)
    }

    fn closed(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        // Whoever panics under the lock leaves whole entries behind.
        let closed = self.shared.closed.lock();
        closed.unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note that a listing was answered twice in a row with no body.
    pub(super) fn note_bare(&self, request: &Request) {
        self.bare().insert(listing_of(request));
    }

    /// Whether a listing was answered twice in a row with no body before, in this run.
    pub(super) fn is_bare(&self, request: &Request) -> bool {
        self.bare().contains(&listing_of(request))
    }

    fn bare(&self) -> MutexGuard<'_, BTreeSet<String>> {
        let bare = self.shared.bare.lock();
        bare.unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass without a slot, so that other steps may use it.
    pub async fn rest(&self, duration: Duration) {
        self.shared.limits.rest(&self.shared.clock, duration).await;
    }

    /// Whether the Desk host is one of Zoho's.
    #[must_use]
    pub fn is_official(&self) -> bool {
        self.shared.endpoint.is_official()
    }
}

impl Writer {
    /// Sends a request.
    ///
    /// GET, PATCH, DELETE and POSTs marked as repeatable are sent again after limits, failures
    /// of the server and broken connections. Any other POST is sent again only when it certainly
    /// had no effect.
    ///
    /// # Errors
    /// [`ApiError`] with the named cause. [`ErrorKind::Lost`] means that the outcome is unknown:
    /// look before sending again.
    pub async fn send(&self, request: &Request) -> Result<Answer, ApiError> {
        self.shared.call(request).await
    }

    /// Sends a removal; an object that is not there counts as removed.
    ///
    /// # Errors
    /// As [`Writer::send`].
    pub async fn remove(&self, request: &Request) -> Result<Removed, ApiError> {
        match self.shared.call(request).await {
            Ok(answer) => Ok(Removed::Done(Box::new(answer))),
            Err(error) if error.is_absent() => Ok(Removed::AlreadyGone),
            Err(error) => Err(error),
        }
    }

    /// Whether the day's calls or credits are used up, so that nothing is sent any more.
    #[must_use]
    pub fn is_day_over(&self) -> bool {
        self.given_up() == Some(ErrorKind::DayLimit)
    }

    /// The kind of the limit that no call waits for any more, since it lasts too long.
    #[must_use]
    pub fn given_up(&self) -> Option<ErrorKind> {
        let now_ms = self.shared.clock.now_ms();
        let given_up = self.shared.limits.given_up(now_ms);
        given_up.map(|limit| limit.kind)
    }

    /// Whether no call can succeed any more: a limit lasts too long, or the accounts server refused
    /// the refresh token.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.given_up().is_some() || self.shared.refused.load(Ordering::Relaxed)
    }

    /// Stops the run: calls that can be given up do not go out any more, and what was refused is
    /// not repeated.
    pub fn stop(&self) {
        self.shared.limits.stop();
    }

    /// Whether the run was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.shared.limits.is_stopped()
    }

    /// Resolves when the run is stopped.
    pub async fn stopped(&self) {
        self.shared.limits.stopped().await;
    }

    /// How many calls and steps let time pass without a slot: after a refusal, or before an
    /// object may show in its listing.
    #[must_use]
    pub fn resting(&self) -> usize {
        self.shared.limits.resting()
    }

    /// Resolves when a call ends or begins to rest; counted from when this is called.
    pub fn changed(&self) -> impl Future<Output = ()> {
        self.shared.limits.changed()
    }

    /// The reading half of the same client.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            shared: Arc::clone(&self.shared),
        }
    }
}

/// A failed attempt and what it calls for.
struct Failure {
    error: ApiError,
    reaction: Reaction,
}

impl Shared {
    /// Takes note of a refusal that holds for every further call.
    fn noted<T>(&self, answer: Result<T, ApiError>) -> Result<T, ApiError> {
        if let Err(error) = &answer
            && matches!(
                error.kind(),
                ErrorKind::RefreshTokenInvalid | ErrorKind::ClientInvalid
            )
        {
            self.refused.store(true, Ordering::Relaxed);
        }
        answer
    }

    async fn call(&self, request: &Request) -> Result<Answer, ApiError> {
        self.call_noting(request, &AtomicBool::new(false)).await
    }

    /// Calls, and notes when the request goes out for the first time.
    async fn call_noting(&self, request: &Request, sent: &AtomicBool) -> Result<Answer, ApiError> {
        let subject = subject(request);
        let mut tries = Tries::default();
        let mut patience = patience(request);
        let mut refusal = None;
        loop {
            if let Some(over) = self.limits.given_up(self.clock.now_ms()) {
                // Nothing was begun, so nothing has failed.
                if patience == Patience::None {
                    return Err(abandoned(&subject, refusal));
                }
                let error = ApiError::new(over.kind, &subject)
                    .with_message("not sent, since an earlier call was refused")
                    .with_until_ms(over.until_ms);
                return Err(self.too_long(error));
            }
            let token = self.authenticator.token();
            let token = match self.limits.unless_stopped(patience, token).await {
                Some(token) => self.noted(token)?,
                None => return Err(abandoned(&subject, refusal)),
            };
            let Failure { error, reaction } = match self
                .attempt(request, &subject, &token, patience, sent)
                .await
            {
                Ok(answer) => return Ok(answer),
                Err(failure) if failure.error.kind() == ErrorKind::Abandoned => {
                    return Err(abandoned(&subject, refusal));
                }
                Err(failure) => failure,
            };
            let next = tries.next(request.idempotent, error.kind(), reaction);
            // What was refused is not under way; what may have had its effect is.
            patience = match patience {
                Patience::Endless => Patience::Endless,
                _ if was_refused(error.kind(), reaction) => Patience::None,
                _ => Patience::Endless,
            };
            match next {
                Next::Refresh => {
                    let renewed = self.authenticator.renew(&token);
                    let Some(renewed) = self.limits.unless_stopped(patience, renewed).await else {
                        return Err(abandoned(&subject, Some(error)));
                    };
                    if self.noted(renewed)?.is_none() {
                        return Err(error);
                    }
                    refusal = Some(error);
                }
                Next::Again { wait, failures } => {
                    let pause = wait.saturating_add(self.backoff.pause(failures));
                    tracing::debug!(
                        method = request.method.as_str(),
                        path = request.path,
                        kind = ?error.kind(),
                        pause_ms = millis(pause),
                        "the call is repeated"
                    );
                    if self.limits.shows(self.clock.now_ms(), wait) {
                        tracing::warn!(
                            "{subject}: {}; waiting {} s",
                            error.kind().cause(),
                            millis(wait).saturating_add(999) / 1000
                        );
                    }
                    let rest = self.limits.rest(&self.clock, pause);
                    if self.limits.unless_stopped(patience, rest).await.is_none() {
                        return Err(abandoned(&subject, Some(error)));
                    }
                    refusal = Some(error);
                }
                Next::Stop => return Err(error),
                Next::Unknown => return Err(error.into_lost()),
            }
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        subject: &str,
        token: &SecretString,
        patience: Patience,
        sent: &AtomicBool,
    ) -> Result<Answer, Failure> {
        let message = self.message(request, token).map_err(|reason| Failure {
            error: ApiError::new(ErrorKind::Unsendable, subject).with_message(&reason),
            reaction: Reaction::GiveUp,
        })?;
        let mut turn = match self.limits.enter(&self.clock, patience).await {
            Ok(turn) => turn,
            Err(NoTurn::Stopped) => {
                return Err(Failure {
                    error: ApiError::new(ErrorKind::Abandoned, subject),
                    reaction: Reaction::GiveUp,
                });
            }
            Err(NoTurn::TooLong(until_ms)) => {
                self.limits.give_up(ErrorKind::MinuteLimit, Some(until_ms));
                let error = ApiError::new(ErrorKind::MinuteLimit, subject)
                    .with_message("not sent, since no call is left in this minute")
                    .with_until_ms(Some(until_ms));
                return Err(Failure {
                    error: self.too_long(error),
                    reaction: Reaction::GiveUp,
                });
            }
        };
        sent.store(true, Ordering::Relaxed);
        let begun_ms = self.clock.now_ms();
        let answer = self.transport.send(message).await;
        let now_ms = self.clock.now_ms();
        if matches!(answer, Err(TransportError::NotSent(_))) {
            turn.not_sent();
        } else {
            self.limits.count(answer.is_ok().then(|| now_ms - begun_ms));
        }
        let (parts, bytes) = match answer {
            Ok(answer) => answer.into_parts(),
            Err(error) => {
                drop(turn);
                tracing::debug!(
                    method = request.method.as_str(),
                    path = request.path,
                    ms = now_ms - begun_ms,
                    "no answer: {error}"
                );
                return Err(unanswered(subject, &error));
            }
        };
        let limits = LimitHeaders::read(&parts.headers, now_ms);
        turn.answered(&limits);
        let request_id = request_id(&parts.headers);
        tracing::debug!(
            method = request.method.as_str(),
            path = request.path,
            status = parts.status.as_u16(),
            request_id,
            ms = now_ms - begun_ms,
            "call"
        );
        if bytes.len() > MAX_BODY {
            return Err(unanswered(subject, &TransportError::TooLarge(MAX_BODY)));
        }
        let body = Body::read(&parts.headers, &bytes);
        let moment = Moment {
            now_ms,
            max_wait: self.limits.max_wait(),
        };
        let found = classify_at(parts.status, &parts.headers, &body, moment);
        self.heed(found.as_ref(), &limits, &turn, now_ms);
        drop(turn);
        if found
            .as_ref()
            .is_none_or(|found| found.reaction != Reaction::Refresh)
        {
            self.authenticator.accepted(token).await;
        }
        if let Some(found) = found {
            return Err(self.failure(request, subject, parts.status, request_id, found, token));
        }
        if request.method == Method::Get {
            let told = limits.weight;
            self.limits.count_read(
                told.unwrap_or_else(|| price::of_read(request)),
                told.is_none() && price::is_uncertain(request),
            );
        }
        Ok(Answer {
            status: parts.status.as_u16(),
            body: match body {
                // To a question it is no answer; to a write it says as little as no content.
                Body::Json(Value::Null) if request.method == Method::Get => Some(Value::Null),
                Body::Json(value) => unwrap_envelope(value),
                _ => None,
            },
            request_id: request_id.map(str::to_owned),
            limits,
        })
    }

    /// Draws the consequences of an answer for all other calls.
    fn heed(
        &self,
        found: Option<&Classified>,
        limits: &LimitHeaders,
        turn: &Turnstile<'_>,
        now_ms: i64,
    ) {
        match found.map(|found| (found.kind, found.reaction)) {
            Some((ErrorKind::TooManyRequests, _)) => turn.crowded(),
            // The guide has one code for all its limits: with calls left, it may be calls at the
            // same time that are too many. The refused call waits, and the others are fewer.
            Some((ErrorKind::MinuteLimit, Reaction::Wait(_)))
                if matches!(limits.calls_left(), Some(1..)) =>
            {
                turn.crowded();
            }
            Some((ErrorKind::MinuteLimit | ErrorKind::DayLimit, Reaction::Wait(wait))) => {
                self.limits.pause(now_ms.saturating_add(millis(wait)));
            }
            Some(
                (kind @ ErrorKind::DayLimit, _) | (kind @ ErrorKind::MinuteLimit, Reaction::GiveUp),
            ) => {
                let until_ms = found.and_then(|found| found.until_ms);
                self.limits.give_up(kind, until_ms);
            }
            Some((ErrorKind::MinuteLimit | ErrorKind::ServerError | ErrorKind::Unavailable, _)) => {
            }
            // Whatever else was answered shows that there was room for the call.
            _ => turn.taken(),
        }
    }

    /// Builds the HTTP request: address, headers, body.
    fn message(
        &self,
        request: &Request,
        token: &SecretString,
    ) -> Result<http::Request<Bytes>, String> {
        let uri = self.endpoint.target(request)?;
        let mut authorization =
            HeaderValue::from_str(&format!("Zoho-oauthtoken {}", token.expose_secret()))
                .map_err(|_| "the token holds characters that no header may hold".to_owned())?;
        authorization.set_sensitive(true);
        let mut message = http::Request::builder()
            .method(request.method.as_str())
            .uri(uri)
            .header(http::header::AUTHORIZATION, authorization)
            .header(http::header::ACCEPT, "application/json");
        if let Some(organization) = &self.organization
            && needs_organization(request)
        {
            message = message.header("orgId", organization);
        }
        let body = match &request.body {
            None => Bytes::new(),
            Some(body) => {
                message = message.header(http::header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body).map_err(|error| error.to_string())?)
            }
        };
        message.body(body).map_err(|error| error.to_string())
    }

    fn failure(
        &self,
        request: &Request,
        subject: &str,
        status: StatusCode,
        request_id: Option<&str>,
        found: Classified,
        token: &SecretString,
    ) -> Failure {
        // A page or a riddle in place of a success tells nothing about the effect.
        let kind =
            if status.is_success() && found.kind == ErrorKind::WrongHost && !request.idempotent {
                ErrorKind::Malformed
            } else {
                found.kind
            };
        let mut error = ApiError::new(kind, subject)
            .with_status(status.as_u16())
            .with_code(found.code.as_deref())
            .with_message(found.message.as_deref().unwrap_or_default())
            .with_fields(found.fields)
            .with_request_id(request_id)
            .with_until_ms(found.until_ms);
        let way = if self.authenticator.is_of_nobody() {
            "Add the one that is missing to `scope` under `credentials` in deskform.yaml; `deskform auth scopes` prints all that are needed."
        } else {
            kind.hint()
        };
        if kind == ErrorKind::ScopeMissing
            && let Some(scopes) = self.authenticator.scopes()
        {
            error = error.with_hint(format!(
                "The token carries {}. {}",
                scopes
                    .iter()
                    .take(40)
                    .map(|scope| format!("`{}`", super::error::plain(scope, 80)))
                    .collect::<Vec<_>>()
                    .join(", "),
                way
            ));
        }
        error.redact([token.expose_secret()]);
        if found.reaction == Reaction::GiveUp {
            error = self.too_long(error);
        }
        Failure {
            error,
            reaction: found.reaction,
        }
    }

    /// Says of a limit that has an end that it was not waited for.
    fn too_long(&self, error: ApiError) -> ApiError {
        let now_ms = self.clock.now_ms();
        let left = error.until_ms().map(|until| until.saturating_sub(now_ms));
        let longest = self.limits.max_wait();
        match left.filter(|left| *left > millis(longest)) {
            Some(left) if error.kind().is_limit() => {
                let hint = format!(
                    "The limit ends in {} s, and a run waits for {} s at most: a longer `--max-wait` waits for it. {}",
                    left.saturating_add(999) / 1000,
                    longest.as_secs(),
                    error.kind().hint()
                );
                error.with_hint(hint)
            }
            _ => error,
        }
    }
}

/// How long a call waits for its turn once the run is to end.
const fn patience(request: &Request) -> Patience {
    match (request.method, request.abandonable) {
        (Method::Get, _) => Patience::Endless,
        (_, true) => Patience::None,
        (_, false) => Patience::Short,
    }
}

/// Whether an attempt that failed has certainly written nothing and is to be repeated.
const fn was_refused(kind: ErrorKind, reaction: Reaction) -> bool {
    is_without_effect(kind) || matches!(reaction, Reaction::Refresh)
}

/// A call that does not go out any more, since the run is to end; what refused it before is told.
fn abandoned(subject: &str, refusal: Option<ApiError>) -> ApiError {
    let error = ApiError::new(ErrorKind::Abandoned, subject);
    match refusal {
        Some(refusal) => error.with_message(&format!(
            "it had been refused before: {}",
            refusal.kind().cause()
        )),
        None => error,
    }
}

/// How a request appears in errors: without host and query.
/// Refuses whatever could change something.
fn must_read(request: &Request) -> Result<(), ApiError> {
    if request.method == Method::Get {
        return Ok(());
    }
    Err(ApiError::new(ErrorKind::Unsendable, &subject(request))
        .with_message("a reader sends GET only"))
}

fn subject(request: &Request) -> String {
    format!("{} {}", request.method, request.path)
}

fn organization(id: &str) -> Result<HeaderValue, ApiError> {
    let is_number = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    HeaderValue::from_str(id)
        .ok()
        .filter(|_| is_number)
        .ok_or_else(|| {
            ApiError::new(ErrorKind::OrganizationMismatch, "orgId").with_message(&format!(
                "`{id}` is no organization id, which is a number; Setup > Developer Space > API shows it"
            ))
        })
}

/// Whether a call belongs to one organization.
///
/// Source: Organization, `getOrganizations`, the one operation without `orgId`; it lists what the
/// token reaches even when the configured organization is wrong.
fn needs_organization(request: &Request) -> bool {
    request.path != "/organizations"
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-request-id")?.to_str().ok()
}

fn unanswered(subject: &str, error: &TransportError) -> Failure {
    let (kind, reaction) = match error {
        TransportError::NotSent(_) => (ErrorKind::NotSent, Reaction::Retry),
        TransportError::Lost(_) => (ErrorKind::Lost, Reaction::Retry),
        TransportError::TooLarge(_) => (ErrorKind::Malformed, Reaction::GiveUp),
    };
    Failure {
        error: ApiError::new(kind, subject).with_message(&error.to_string()),
        reaction,
    }
}

/// Takes a single object out of its envelope.
///
/// Source: the guide wraps single objects in `data`, the published API does not. An object is an
/// envelope when `data` is an object, it has no `id` of its own, and nothing else in it is more
/// than a plain value.
fn unwrap_envelope(value: Value) -> Option<Value> {
    let Value::Object(mut object) = value else {
        return (!value.is_null()).then_some(value);
    };
    let is_envelope = object.get("data").is_some_and(Value::is_object)
        && !object.contains_key("id")
        && object
            .iter()
            .all(|(name, value)| name == "data" || !(value.is_object() || value.is_array()));
    if is_envelope && let Some(inner) = object.remove("data") {
        return Some(inner);
    }
    Some(Value::Object(object))
}

#[cfg(test)]
mod tests;
