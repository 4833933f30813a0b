//! The simulator behind the program's own transport, in process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use serde_json::Value;

use super::faults::{Delivery, Fault};
use super::{Simulator, TOKEN_PATH};
use crate::api::{Transport, TransportError};
use crate::clock::Clock;

/// One request as it was sent, without its headers: they hold the access token.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedRequest {
    /// The method.
    pub method: String,
    /// The path and the query as they were sent. A request for a token has no query here.
    pub target: String,
    /// The JSON body, if there was one. A request for a token has none here.
    pub body: Option<Value>,
    /// The organization that the request names.
    pub organization: Option<String>,
    /// The status of the answer; nothing when no answer came.
    pub status: Option<u16>,
}

/// What becomes of a request, when a test decides it itself: see
/// [`SimulatorTransport::with_fate`]. Whole schedules are [`Faults`](super::Faults).
#[derive(Debug)]
pub enum Fate {
    /// It is carried out and answered, as far as the simulator's faults let it.
    Deliver,
    /// It never reaches the server.
    NotSent,
    /// It is carried out and its answer is lost.
    LoseAnswer,
    /// It is not carried out; this is the answer.
    Answer(Response<Bytes>),
}

/// Decides the fate of a request.
type Decide = Box<dyn Fn(&Request<Bytes>) -> Fate + Send + Sync>;

/// Carries requests to a simulator in the same process.
pub struct SimulatorTransport {
    simulator: Arc<Mutex<Simulator>>,
    clock: Clock,
    latency: Duration,
    decide: Option<Decide>,
    log: Mutex<Vec<LoggedRequest>>,
}

impl SimulatorTransport {
    /// A transport that answers at once.
    #[must_use]
    pub fn new(simulator: Arc<Mutex<Simulator>>, clock: Clock) -> Self {
        Self {
            simulator,
            clock,
            latency: Duration::ZERO,
            decide: None,
            log: Mutex::new(Vec::new()),
        }
    }

    /// Lets every request take this long. It counts as active in the meantime.
    #[must_use]
    pub const fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Decides the fate of each request before it is carried out.
    #[must_use]
    pub fn with_fate(
        mut self,
        decide: impl Fn(&Request<Bytes>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        self.decide = Some(Box::new(decide));
        self
    }

    /// The simulator behind it.
    #[must_use]
    pub fn simulator(&self) -> Arc<Mutex<Simulator>> {
        Arc::clone(&self.simulator)
    }

    /// Every request so far, in the order of their answers.
    #[must_use]
    pub fn log(&self) -> Vec<LoggedRequest> {
        lock(&self.log).clone()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        lock(&self.log).clear();
    }

    /// Carries out one request; it is not logged.
    pub(super) async fn deliver(&self, request: &Request<Bytes>) -> Delivery {
        let fate = self
            .decide
            .as_ref()
            .map_or(Fate::Deliver, |decide| decide(request));
        if matches!(fate, Fate::NotSent) {
            return Delivery::NotSent;
        }
        let begun = lock(&self.simulator).begin(request, self.clock.now_ms());
        // Ended on every way out, also when the future is dropped while it waits.
        let _active = match begun {
            Ok(counts) => counts.then(|| Active {
                simulator: &self.simulator,
                request,
            }),
            Err(refusal) => return Delivery::Answered(refusal),
        };
        let fault = match fate {
            Fate::Deliver => lock(&self.simulator).inject(request, self.clock.now_ms()),
            _ => None,
        };
        let pause = match fault {
            Some(Fault::NotSent) => return Delivery::NotSent,
            Some(Fault::Slow(delay)) => self.latency.saturating_add(delay),
            _ => self.latency,
        };
        if !pause.is_zero() {
            self.clock.sleep(pause).await;
        }
        let now_ms = self.clock.now_ms();
        match fate {
            Fate::Answer(response) => Delivery::Answered(response),
            Fate::LoseAnswer => {
                lock(&self.simulator).deliver(request, Some(Fault::LostAfter), now_ms)
            }
            Fate::Deliver | Fate::NotSent => lock(&self.simulator).deliver(request, fault, now_ms),
        }
    }
}

impl Transport for SimulatorTransport {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        async move {
            let lost = |why: &str| Err(TransportError::Lost(why.to_owned()));
            let result = match self.deliver(&request).await {
                Delivery::Answered(response) => Ok(response),
                Delivery::NotSent => {
                    Err(TransportError::NotSent("the connection was refused".into()))
                }
                Delivery::Lost => lost("the connection was reset"),
                Delivery::Truncated(_) => lost("the answer ended before its announced length"),
            };
            let status = result
                .as_ref()
                .ok()
                .map(|response| response.status().as_u16());
            lock(&self.log).push(logged(&request, status));
            result
        }
        .boxed()
    }
}

/// A call that counts as active.
struct Active<'a> {
    simulator: &'a Mutex<Simulator>,
    request: &'a Request<Bytes>,
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        lock(self.simulator).end(self.request);
    }
}

/// A panic elsewhere cannot make the state wrong: every change is made in one piece.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn logged(request: &Request<Bytes>, status: Option<u16>) -> LoggedRequest {
    let path = request.uri().path();
    let secret = path == TOKEN_PATH;
    let target = match request.uri().query() {
        Some(query) if !secret => format!("{path}?{query}"),
        _ => path.to_owned(),
    };
    let header = request
        .headers()
        .get("orgId")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let organization = header.or_else(|| {
        let query = request.uri().query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == "orgId")
            .map(|(_, value)| value.into_owned())
    });
    LoggedRequest {
        method: request.method().as_str().to_owned(),
        target,
        body: (!secret)
            .then(|| serde_json::from_slice(request.body()).ok())
            .flatten(),
        organization,
        status,
    }
}
