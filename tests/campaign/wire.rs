//! A transport that counts what is under way, and at which a run can be killed.

#![expect(unreachable_pub, reason = "a module of a test binary")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use deskform::api::{Transport, TransportError};
use deskform::simulator::SimulatorTransport;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending};
use http::{Request, Response};
use tokio::sync::Notify;

/// Where a run ends, as by `kill -9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The request at which it ends, from 1; those for tokens count. With 0 it ends when all
    /// requests are answered and the ledger is not saved yet.
    pub at: u64,
    /// Whether that request has reached the server and taken effect.
    pub after: bool,
}

/// What one run sends through.
pub struct Wire {
    inner: Arc<SimulatorTransport>,
    cut: Option<Cut>,
    /// Whether the server goes on with what it was sent when the run is killed.
    outlives: bool,
    /// Whether every creation reaches the server twice, which no run can survive.
    doubles: bool,
    sent: AtomicU64,
    active: AtomicUsize,
    peak: AtomicUsize,
    is_cut: AtomicBool,
    killed: Notify,
}

impl Wire {
    pub fn new(inner: SimulatorTransport, cut: Option<Cut>, outlives: bool) -> Self {
        Self {
            inner: Arc::new(inner),
            cut,
            outlives,
            doubles: false,
            sent: AtomicU64::new(0),
            active: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            is_cut: AtomicBool::new(false),
            killed: Notify::new(),
        }
    }

    pub fn doubling(self) -> Self {
        Self {
            doubles: true,
            ..self
        }
    }

    /// Lets nothing come after the last answer, if the run is to end there.
    pub async fn answered(&self) {
        if self.cut.is_some_and(|cut| cut.at == 0) {
            self.killed.notify_one();
            pending::<()>().await;
        }
    }

    /// Waits until the run is to be killed.
    pub async fn killed(&self) {
        self.killed.notified().await;
    }

    /// The requests that were sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The most calls that were under way at once, without those for tokens.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// The requests and their answers, a line each.
    pub fn log(&self) -> String {
        self.inner.log().iter().fold(String::new(), |text, one| {
            let status = one
                .status
                .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let body = one
                .body
                .as_ref()
                .map_or_else(String::new, |body| format!(" {body}"));
            format!("{text}    {} {}{body}: {status}\n", one.method, one.target)
        })
    }
}

/// A call that is under way.
struct Active<'a>(&'a AtomicUsize);

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Transport for Wire {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        async move {
            let n = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
            let path = request.uri().path();
            let creates = request.method() == http::Method::POST && path.matches('/').count() == 3;
            let is_token = path.contains("/oauth/");
            let _active = (!is_token).then(|| {
                let now = self.active.fetch_add(1, Ordering::Relaxed) + 1;
                self.peak.fetch_max(now, Ordering::Relaxed);
                Active(&self.active)
            });
            if let Some(cut) = self.cut.filter(|cut| cut.at > 0 && n >= cut.at) {
                // Whatever comes to the wire after that is from a process that is no more.
                if n == cut.at && cut.after {
                    let _ = self.inner.send(request).await;
                }
                if !self.is_cut.swap(true, Ordering::Relaxed) {
                    self.killed.notify_one();
                }
                return pending().await;
            }
            if self.doubles && creates {
                let _ = self.inner.send(request.clone()).await;
            }
            if !self.outlives {
                return self.inner.send(request).await;
            }
            let inner = Arc::clone(&self.inner);
            let sent = tokio::spawn(async move { inner.send(request).await });
            sent.await
                .unwrap_or_else(|error| Err(TransportError::Lost(error.to_string())))
        }
        .boxed()
    }
}
