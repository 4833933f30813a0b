//! A transport that answers by a script, for the tests of this module.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;

use super::auth::{Authenticator, Credentials};
use super::classify::{Body, Classified, classify};
use super::client::{Client, Setup};
use super::error::{ErrorKind, Reaction};
use super::hosts::Endpoint;
use super::token_cache::TokenCache;
use super::transport::{Transport, TransportError};
use crate::clock::Clock;

pub(crate) const NOW: i64 = 1_767_225_600_000;

/// The secrets of [`credentials`]; no output may hold one of them.
pub(crate) const SECRETS: [&str; 3] = ["client-secret-x", "1000.refresh-x", "1000.access"];

type Outcome = Result<http::Response<Bytes>, TransportError>;
type Script = dyn FnMut(&Sent) -> Outcome + Send;

/// A request as it went out.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) line: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn is_token_request(&self) -> bool {
        self.line.ends_with("/oauth/v2/token")
    }

    pub(crate) fn query(&self, name: &str) -> Option<usize> {
        let (_, query) = self.line.split_once('?')?;
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.parse().unwrap())
    }
}

/// Answers each request by a function, after a tenth of a second.
pub(crate) struct Scripted {
    script: Mutex<Box<Script>>,
    sent: Mutex<Vec<Sent>>,
    /// Milliseconds that answers take, in turn.
    pauses: Vec<u64>,
    /// Calls under way, and most at once.
    under_way: Mutex<(usize, usize)>,
}

impl Scripted {
    pub(crate) fn new(script: impl FnMut(&Sent) -> Outcome + Send + 'static) -> Arc<Self> {
        Self::paced(vec![100], script)
    }

    /// Answers that take so many milliseconds, in turn, and so may come in any order.
    pub(crate) fn paced(
        pauses: Vec<u64>,
        script: impl FnMut(&Sent) -> Outcome + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(Box::new(script)),
            sent: Mutex::default(),
            pauses,
            under_way: Mutex::default(),
        })
    }

    /// The most calls that were under way at once.
    pub(crate) fn peak(&self) -> usize {
        self.under_way.lock().unwrap().1
    }

    /// Tokens for every token request, and these outcomes for the calls, in order.
    pub(crate) fn queue(outcomes: Vec<Outcome>) -> Arc<Self> {
        let mut outcomes = outcomes.into_iter();
        let mut tokens = 0;
        Self::new(move |sent| {
            if sent.is_token_request() {
                tokens += 1;
                return token(tokens);
            }
            outcomes.next().expect("more calls than answers")
        })
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn calls(&self) -> Vec<Sent> {
        let mut sent = self.sent();
        sent.retain(|one| !one.is_token_request());
        sent
    }

    pub(crate) fn token_requests(&self) -> usize {
        self.sent().len() - self.calls().len()
    }
}

impl Transport for Scripted {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Outcome> {
        let sent = Sent {
            line: format!(
                "{} {}",
                request.method(),
                request.uri().path_and_query().unwrap()
            ),
            headers: request.headers().clone(),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
        };
        let pause = {
            let mut all = self.sent.lock().unwrap();
            all.push(sent.clone());
            self.pauses[all.len() % self.pauses.len()]
        };
        {
            let mut under_way = self.under_way.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
            let answer = (self.script.lock().unwrap())(&sent);
            self.under_way.lock().unwrap().0 -= 1;
            answer
        })
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is an outcome like the lost ones"
)]
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Outcome {
    let mut builder = http::Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    Ok(builder.body(Bytes::from(body.to_owned())).unwrap())
}

pub(crate) fn ok(body: &str) -> Outcome {
    answer(200, &[], body)
}

pub(crate) fn refused(status: u16, code: &str) -> Outcome {
    let body = serde_json::json!({"errorCode": code, "message": "server words"});
    answer(status, &[("X-Request-Id", "rq-7")], &body.to_string())
}

pub(crate) fn lost() -> Outcome {
    Err(TransportError::Lost("reset".to_owned()))
}

/// The n-th token.
pub(crate) fn token(n: usize) -> Outcome {
    ok(&serde_json::json!({"access_token": format!("1000.access{n}"), "scope": "Desk.settings.ALL Desk.basic.READ",
        "api_domain": "https://www.example.com", "token_type": "Bearer", "expires_in": 3600})
    .to_string())
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::overridden("https://desk.example.com", "https://accounts.example.com").unwrap()
}

pub(crate) fn credentials() -> Credentials {
    Credentials {
        client_id: "1000.ID".to_owned(),
        client_secret: SecretString::from(SECRETS[0]),
        refresh_token: SecretString::from(SECRETS[1]),
    }
}

pub(crate) fn authenticator(
    transport: &Arc<Scripted>,
    clock: Clock,
    cache: Option<&TokenCache>,
) -> Authenticator {
    Authenticator::new(
        credentials(),
        endpoint(),
        Arc::<Scripted>::clone(transport),
        clock,
        cache,
    )
}

pub(crate) fn client(transport: &Arc<Scripted>) -> Client {
    let clock = Clock::starting_at(NOW);
    Client::new(Setup {
        endpoint: endpoint(),
        organization: Some("700001".to_owned()),
        authenticator: Arc::new(authenticator(transport, clock, None)),
        transport: Arc::<Scripted>::clone(transport),
        clock,
        concurrency: None,
        seed: Some(1),
    })
    .unwrap()
}

pub(crate) fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

/// What an answer means.
pub(crate) fn judged(
    status: u16,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Option<Classified> {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
        .collect();
    let body = Body::read(&headers, body.as_bytes());
    classify(StatusCode::from_u16(status).unwrap(), &headers, &body, NOW)
}

/// Its cause and the reaction to it.
pub(crate) fn short(found: Option<Classified>) -> Option<(ErrorKind, Reaction)> {
    found.map(|found| (found.kind, found.reaction))
}
