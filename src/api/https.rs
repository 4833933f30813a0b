//! The transport of production: HTTPS.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use url::{Host, Url};

use super::hosts::is_loopback;
use super::transport::{MAX_BODY, Transport, TransportError};

/// Longest time until a connection stands, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time for a whole call. Desk answers slow configuration changes within half a minute.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How long an idle connection is kept. Shorter than servers keep theirs, so that a request is
/// rarely lost on a connection that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// How this program names itself.
const USER_AGENT: &str = concat!("deskform/", env!("CARGO_PKG_VERSION"));

/// Sends over HTTPS, to loopback hosts also over plain HTTP.
///
/// Follows no redirects, keeps no cookies, and obeys `HTTPS_PROXY` and `NO_PROXY`. A loopback
/// host is never reached through a proxy.
#[derive(Debug, Default)]
pub struct Https {
    secure: OnceLock<Result<reqwest::Client, String>>,
    loopback: OnceLock<Result<reqwest::Client, String>>,
}

impl Https {
    /// A transport; certificates are read with the first call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, TransportError> {
        let client = match url.scheme() {
            "https" => self
                .secure
                .get_or_init(|| builder().https_only(true).build().map_err(words)),
            "http"
                if url
                    .host()
                    .is_some_and(|host: Host<&str>| is_loopback(&host)) =>
            {
                self.loopback.get_or_init(|| {
                    // No certificates are read for what needs none.
                    let builder = builder().no_proxy().tls_certs_only([]);
                    builder.build().map_err(words)
                })
            }
            scheme => {
                return Err(TransportError::NotSent(format!(
                    "`{scheme}` is only used for loopback hosts"
                )));
            }
        };
        client
            .as_ref()
            .map_err(|reason| TransportError::NotSent(reason.clone()))
    }

    async fn carry(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let request =
            reqwest::Request::try_from(request).map_err(|e| TransportError::NotSent(words(e)))?;
        let client = self.client(request.url())?;
        let mut answer = client.execute(request).await.map_err(|error| {
            // Whatever goes wrong before a connection stands, nothing has been sent.
            if error.is_connect() || error.is_builder() {
                TransportError::NotSent(words(error))
            } else {
                TransportError::Lost(words(error))
            }
        })?;
        let is_large = |length: usize| length > MAX_BODY;
        let promised = answer.content_length().unwrap_or(0);
        if is_large(usize::try_from(promised).unwrap_or(usize::MAX)) {
            return Err(TransportError::TooLarge(MAX_BODY));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| TransportError::Lost(words(error)))?
        {
            if is_large(body.len() + chunk.len()) {
                return Err(TransportError::TooLarge(MAX_BODY));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = http::Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

impl Transport for Https {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(self.carry(request))
    }
}

fn builder() -> reqwest::ClientBuilder {
    // Fails only when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(CALL_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
}

/// The chain of causes in one line, without the address, whose query may name people.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers one connection with fixed bytes and returns what was asked.
    async fn serve(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n{}") {
                let mut piece = [0; 1024];
                let count = stream.read(&mut piece).await.unwrap();
                asked.extend_from_slice(&piece[..count]);
            }
            stream.write_all(answer).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        (address, task)
    }

    fn post(uri: &str) -> http::Request<Bytes> {
        http::Request::post(uri)
            .header("orgId", "700001")
            .body(Bytes::from_static(b"{}"))
            .unwrap()
    }

    #[tokio::test]
    async fn carries_a_request_and_its_answer() {
        let (address, task) =
            serve(b"HTTP/1.1 422 Nope\r\nX-Request-Id: 9f\r\nContent-Length: 2\r\n\r\n[]").await;
        let answer = Https::new()
            .send(post(&format!("{address}/api/v1/x?a=b")))
            .await
            .unwrap();
        assert_eq!(answer.status(), 422);
        assert_eq!(answer.headers()["x-request-id"], "9f");
        assert_eq!(answer.body().as_ref(), b"[]");
        let asked = task.await.unwrap().to_ascii_lowercase();
        assert!(
            asked.starts_with("post /api/v1/x?a=b http/1.1\r\n"),
            "{asked}"
        );
        assert!(asked.contains("user-agent: deskform/"), "{asked}");
        assert!(asked.contains("orgid: 700001"), "{asked}");
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let (address, _task) = serve(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
        let answer = Https::new().send(post(&address)).await.unwrap();
        assert_eq!(answer.status(), 302);
    }

    #[tokio::test]
    async fn broken_answers_are_lost_and_large_ones_refused() {
        for (bytes, expected) in [
            (&b""[..], "lost"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", "lost"),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{",
                "larger",
            ),
        ] {
            let (address, _task) = serve(bytes).await;
            let error = Https::new().send(post(&address)).await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn what_cannot_connect_was_not_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        for uri in [
            format!("{address}/?email=someone%40example.com"),
            "http://desk.example.com/".to_owned(),
            "ftp://127.0.0.1/".to_owned(),
        ] {
            let error = Https::new().send(post(&uri)).await.unwrap_err();
            assert!(matches!(error, TransportError::NotSent(_)), "{error}");
            assert!(!error.to_string().contains("someone"), "{error}");
        }
    }
}
