//! What a stop ends: calls that are not under way, and no others.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::json;

use super::client::Writer;
use super::error::ErrorKind;
use super::request::{Method, Request};
use super::testing::{NOW, Scripted, answer, client, lost, ok, refused, token};
use super::transport::TransportError;
use crate::clock::Clock;

type Outcome = Result<http::Response<bytes::Bytes>, TransportError>;
/// What makes the answers of one sort.
type Answers = fn() -> Outcome;

/// When the run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// As the first answer comes.
    WithTheAnswer,
    /// Three seconds after the beginning.
    Later,
}

/// A call that goes wrong once and would then succeed, in a run that is stopped.
///
/// Returns what it came to, how often it was sent, and how many milliseconds it took.
async fn stopped(
    request: &Request,
    first: impl Fn() -> Outcome + Send + 'static,
    stop: Stop,
) -> (Result<(), ErrorKind>, usize, i64) {
    let writer: Arc<OnceLock<Writer>> = Arc::default();
    let (stopper, mut calls) = (Arc::clone(&writer), 0);
    let transport = Scripted::new(move |sent| {
        if sent.is_token_request() {
            return token(1);
        }
        calls += 1;
        if calls > 1 {
            return ok(r#"{"id":"7"}"#);
        }
        if stop == Stop::WithTheAnswer {
            stopper.get().unwrap().stop();
        }
        first()
    });
    let client = client(&transport);
    client.authenticator().token().await.unwrap();
    assert!(writer.set(client.writer()).is_ok());
    let (writer, clock) = (client.writer(), Clock::starting_at(NOW));
    let (outcome, ()) = tokio::join!(
        async {
            let outcome = writer.send(request).await;
            let outcome = outcome.map(|_| ()).map_err(|error| error.kind());
            (outcome, clock.now_ms() - NOW)
        },
        async {
            clock.sleep(Duration::from_secs(3)).await;
            writer.stop();
        }
    );
    (outcome.0, transport.calls().len(), outcome.1)
}

fn limited(code: &str) -> Outcome {
    let body = json!({"errorCode": code, "message": "m"}).to_string();
    answer(429, &[("Retry-After", "15")], &body)
}

fn unavailable() -> Outcome {
    answer(503, &[("Retry-After", "15")], "")
}

/// A first write, a write that finishes what was begun, and a read.
fn requests() -> [Request; 3] {
    [
        Request::new(Method::Post, "/departments")
            .body(json!({"name": "Billing"}))
            .abandonable(),
        Request::new(Method::Patch, "/departments/7").body(json!({"name": "Billing"})),
        Request::new(Method::Get, "/departments/7"),
    ]
}

#[tokio::test(start_paused = true)]
async fn case_7_what_was_refused_is_not_sent_again_after_a_stop() {
    let refusals: [(&str, Answers); 7] = [
        ("minute", || limited("RATE_LIMIT_EXCEEDED")),
        ("concurrency", || limited("TOO_MANY_REQUESTS")),
        ("day", || limited("THRESHOLD_EXCEEDED")),
        ("no code", || answer(429, &[("Retry-After", "15")], "")),
        ("locked", || {
            let body =
                json!({"errorCode": "UNPROCESSABLE_ENTITY", "message": "Schedule is in progress"});
            answer(422, &[("Retry-After", "15")], &body.to_string())
        }),
        ("token", || refused(401, "INVALID_OAUTH")),
        ("not sent", || {
            Err(TransportError::NotSent("refused".to_owned()))
        }),
    ];
    for (name, refusal) in refusals {
        for request in requests() {
            let case = format!("{name}: {}", request.method);
            let (outcome, sent, took_ms) = stopped(&request, refusal, Stop::WithTheAnswer).await;
            if request.method == Method::Get {
                // A read writes nothing; it tells what became of a write whose answer was lost.
                assert_eq!((outcome, sent), (Ok(()), 2), "{case}");
                continue;
            }
            assert_eq!((outcome, sent), (Err(ErrorKind::Abandoned), 1), "{case}");
            assert!(took_ms < 1_000, "{case}: {took_ms}");
            if !matches!(name, "token" | "not sent") {
                // In the midst of the wait.
                let (outcome, sent, took_ms) = stopped(&request, refusal, Stop::Later).await;
                assert_eq!((outcome, sent), (Err(ErrorKind::Abandoned), 1), "{case}");
                assert_eq!(took_ms, 3_000, "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_7_what_may_have_been_written_is_finished_after_a_stop() {
    let doubts: [Answers; 3] = [unavailable, lost, || answer(500, &[], "")];
    for doubt in doubts {
        for request in requests() {
            let (outcome, sent, _) = stopped(&request, doubt, Stop::WithTheAnswer).await;
            if request.method == Method::Post {
                // Nobody sends it again blindly; the listing tells.
                assert_eq!((outcome, sent), (Err(ErrorKind::Lost), 1));
            } else {
                assert_eq!((outcome, sent), (Ok(()), 2), "{}", request.method);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_7_an_answer_that_refuses_after_one_that_was_lost_is_not_the_end() {
    // The first attempt may have had its effect, so that the second refusal proves nothing.
    let [_, patch, _] = requests();
    let mut outcomes = vec![lost(), limited("RATE_LIMIT_EXCEEDED"), ok("{}")].into_iter();
    let transport = Scripted::new(move |sent| {
        if sent.is_token_request() {
            return token(1);
        }
        outcomes.next().unwrap()
    });
    let writer = client(&transport).writer();
    writer.stop();
    writer.send(&patch).await.unwrap();
    assert_eq!(transport.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn case_7_no_token_is_waited_for_after_a_stop() {
    // The accounts server answers after a minute.
    struct Slow(Arc<Scripted>);
    impl super::Transport for Slow {
        fn send(
            &self,
            request: http::Request<bytes::Bytes>,
        ) -> futures_util::future::BoxFuture<'_, Outcome> {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(60)).await;
                self.0.send(request).await
            })
        }
    }
    let transport = Scripted::new(|_| token(1));
    let clock = Clock::starting_at(NOW);
    let slow = Arc::new(Slow(Arc::clone(&transport)));
    let authenticator = super::Authenticator::new(
        super::testing::credentials(),
        super::testing::endpoint(),
        Arc::<Slow>::clone(&slow),
        clock,
        None,
    );
    let client = super::Client::new(super::Setup {
        endpoint: super::testing::endpoint(),
        organization: Some("700001".to_owned()),
        authenticator: Arc::new(authenticator),
        transport: slow,
        clock,
        concurrency: None,
        seed: Some(1),
    })
    .unwrap();
    let (writer, [post, ..]) = (client.writer(), requests());
    let (outcome, ()) = tokio::join!(writer.send(&post), async {
        clock.sleep(Duration::from_secs(3)).await;
        writer.stop();
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Abandoned);
    assert_eq!(clock.now_ms(), NOW + 3_000);
    assert!(transport.calls().is_empty());
}
