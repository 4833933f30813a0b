//! A server in front of another: it changes what goes through, in process or on loopback.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use deskform::api::{Transport, TransportError};
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

type Ask = Box<dyn Fn(&mut Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync>;
type Change = Box<dyn Fn(&Request<Bytes>, &mut Response<Bytes>) + Send + Sync>;
type Hold = Box<dyn Fn(&Request<Bytes>, Held) -> Option<BoxFuture<'static, ()>> + Send + Sync>;

/// What is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The request, which has had no effect.
    Request,
    /// Its answer.
    Answer,
}

/// A transport that wraps another one.
///
/// ```ignore
/// Front::new(behind)
///     .ask(|request| (request.method() == "POST").then(|| answer(429, &[("retry-after", "15")], &json!({}))))
///     .change(|request, response| edit(response, |body| body["title"] = Value::Null));
/// ```
pub struct Front {
    behind: Arc<dyn Transport>,
    ask: Ask,
    change: Change,
    hold: Hold,
}

impl Front {
    /// A front that changes nothing.
    pub fn new(behind: Arc<dyn Transport>) -> Self {
        Self {
            behind,
            ask: Box::new(|_| None),
            change: Box::new(|_, _| {}),
            hold: Box::new(|_, _| None),
        }
    }

    /// Sees each request first: it may change it, or answer it so that nobody behind sees it.
    #[must_use]
    pub fn ask(
        mut self,
        ask: impl Fn(&mut Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        self.ask = Box::new(ask);
        self
    }

    /// Sees each answer that comes from behind, and may change it.
    #[must_use]
    pub fn change(
        mut self,
        change: impl Fn(&Request<Bytes>, &mut Response<Bytes>) + Send + Sync + 'static,
    ) -> Self {
        self.change = Box::new(change);
        self
    }

    /// Holds back each request that goes behind, and then its answer, until what this returns is over.
    #[must_use]
    pub fn hold(
        mut self,
        hold: impl Fn(&Request<Bytes>, Held) -> Option<BoxFuture<'static, ()>> + Send + Sync + 'static,
    ) -> Self {
        self.hold = Box::new(hold);
        self
    }

    /// Makes a front and serves it on loopback, on a thread that ends with the process of the tests.
    ///
    /// It is made on that thread, where a clock can be. What gets no answer behind has its connection
    /// closed.
    pub fn serve(make: impl FnOnce() -> Self + Send + 'static) -> SocketAddr {
        let (send, receive) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let front = Arc::new(make());
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                send.send(listener.local_addr().expect("an address"))
                    .expect("a receiver");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(connection(stream, Arc::clone(&front)));
                }
            });
        });
        receive.recv().expect("a server")
    }
}

impl Transport for Front {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            if let Some(answer) = (self.ask)(&mut request) {
                return Ok(answer);
            }
            let seen = request.clone();
            if let Some(held) = (self.hold)(&seen, Held::Request) {
                held.await;
            }
            let mut response = self.behind.send(request).await?;
            (self.change)(&seen, &mut response);
            if let Some(held) = (self.hold)(&seen, Held::Answer) {
                held.await;
            }
            Ok(response)
        })
    }
}

async fn connection(stream: TcpStream, front: Arc<Front>) {
    let service = service_fn(|request: Request<Incoming>| {
        let front = Arc::clone(&front);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(std::io::Error::other)?;
            let request = Request::from_parts(parts, body.to_bytes());
            let answer = front.send(request).await;
            let answer = answer.map_err(|error| std::io::Error::other(error.to_string()))?;
            Ok::<_, std::io::Error>(answer.map(Full::new))
        }
    });
    // A connection that breaks concerns only its client.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// An answer in JSON.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    let headers = [("content-type", "application/json")].iter().chain(headers);
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
        response
            .headers_mut()
            .insert(name, value.parse().expect("a value"));
    }
    response
}

/// Changes the JSON of an answer; one that has none is left as it is.
pub fn edit(response: &mut Response<Bytes>, change: impl FnOnce(&mut Value)) {
    if let Ok(mut body) = serde_json::from_slice(response.body()) {
        change(&mut body);
        *response.body_mut() = Bytes::from(body.to_string());
        // The length is told anew.
        response.headers_mut().remove(http::header::CONTENT_LENGTH);
    }
}

/// Whether a request is for a token.
pub fn is_for_token(request: &Request<Bytes>) -> bool {
    request.uri().path().contains("/oauth/")
}
