use super::*;
use crate::api::limits::Reads;
use crate::api::retry::{MAX_ATTEMPTS, MAX_THROTTLED};
use crate::api::testing::{
    NOW, Scripted, answer, assert_no_secret, authenticator, client, endpoint, lost, ok, refused,
};
use crate::dialect::Dialect;
use serde_json::json;

fn post() -> Request {
    Request::new(Method::Post, "/departments").body(json!({"name": "Billing"}))
}

fn get() -> Request {
    Request::new(Method::Get, "/departments/7")
}

fn not_sent() -> Result<http::Response<Bytes>, TransportError> {
    Err(TransportError::NotSent("refused".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_call_carries_token_organization_and_body() {
    let transport = Scripted::queue(vec![ok(r#"{"id":"7"}"#), ok(r#"{"data":[]}"#)]);
    let client = client(&transport);
    let answer = client.writer().send(&post()).await.unwrap();
    assert_eq!(answer.body, Some(json!({"id": "7"})));
    assert!(client.reader().organizations().await.unwrap().is_empty());
    let calls = transport.calls();
    assert_eq!(calls[0].line, "POST /api/v1/departments");
    assert_eq!(calls[0].body, r#"{"name":"Billing"}"#);
    assert_eq!(
        calls[0].headers["authorization"],
        "Zoho-oauthtoken 1000.access1"
    );
    assert!(calls[0].headers["authorization"].is_sensitive());
    assert_eq!(calls[0].headers["orgId"], "700001");
    assert_eq!(calls[0].headers["content-type"], "application/json");
    assert!(calls[1].headers.get("orgId").is_none());
    assert!(calls[1].headers.get("content-type").is_none());
    assert_eq!(transport.token_requests(), 1);
    assert_no_secret(&format!(
        "{client:?} {:?} {:?}",
        client.reader(),
        client.writer()
    ));
}

#[tokio::test(start_paused = true)]
async fn readers_only_read() {
    let transport = Scripted::queue(vec![]);
    let reader = client(&transport).reader();
    for method in [Method::Post, Method::Patch, Method::Delete] {
        let request = Request::new(method, "/teams");
        let error = reader.get(&request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsendable);
        let listed = reader.list(&request, crate::api::Paging::default());
        assert!(listed.await.is_err());
    }
    assert!(transport.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn single_objects_lose_their_envelope() {
    for (body, expected) in [
        (r#"{"data":{"id":"1"}}"#, Some(json!({"id": "1"}))),
        (
            r#"{"data":{"id":"1"},"status":"ok"}"#,
            Some(json!({"id": "1"})),
        ),
        (
            r#"{"id":"1","data":{"a":1}}"#,
            Some(json!({"id": "1", "data": {"a": 1}})),
        ),
        (
            r#"{"data":{"a":1},"more":{}}"#,
            Some(json!({"data": {"a": 1}, "more": {}})),
        ),
        (
            r#"{"data":[{"id":"1"}]}"#,
            Some(json!({"data": [{"id": "1"}]})),
        ),
        (r#"{"data":null}"#, Some(json!({"data": null}))),
        // It is no content of a GET, and no object.
        ("null", Some(Value::Null)),
        ("", None),
    ] {
        let transport = Scripted::queue(vec![ok(body)]);
        let answer = client(&transport).reader().get(&get()).await.unwrap();
        assert_eq!(answer.body, expected, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_401_refreshes_once_and_is_then_given_up() {
    for body in [
        r#"{"errorCode":"INVALID_OAUTH","message":"1000.access2 is bad"}"#,
        "",
        "<html>",
    ] {
        let transport = Scripted::queue(vec![
            answer(401, &[("X-Request-Id", "rq-1")], body),
            answer(401, &[("X-Request-Id", "rq-2")], body),
            answer(401, &[], body),
        ]);
        let writer = client(&transport).writer();
        let error = writer.send(&post()).await.unwrap_err();
        let expected = if body == "<html>" {
            ErrorKind::WrongHost
        } else {
            ErrorKind::TokenInvalid
        };
        assert_eq!((error.kind(), error.status()), (expected, Some(401)));
        assert_eq!(error.request_id(), Some("rq-2"));
        assert_no_secret(&format!("{error} {error:?}"));
        assert_eq!(
            (transport.calls().len(), transport.token_requests()),
            (2, 2)
        );
        // The next call meets the same refusal without a further token request.
        assert!(writer.send(&post()).await.is_err());
        assert_eq!(
            (transport.calls().len(), transport.token_requests()),
            (3, 2)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_token_is_replaced_and_the_call_succeeds() {
    for first in [refused(401, "INVALID_TOKEN"), refused(200, "INVALID_OAUTH")] {
        let transport = Scripted::queue(vec![first, ok("{}")]);
        client(&transport).writer().send(&post()).await.unwrap();
        let calls = transport.calls();
        assert_eq!(
            calls[1].headers["authorization"],
            "Zoho-oauthtoken 1000.access2"
        );
        assert_eq!((calls.len(), transport.token_requests()), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_with_a_lost_answer_is_never_sent_again() {
    for first in [
        lost(),
        answer(500, &[("X-Request-Id", "rq-1")], ""),
        refused(502, "INTERNAL_ERROR"),
        answer(503, &[("retry-after", "1")], ""),
        answer(408, &[], ""),
        answer(200, &[], "{\"id\":"),
        answer(200, &[], "<html>"),
        Err(TransportError::TooLarge(1)),
    ] {
        let words = format!("{first:?}");
        let transport = Scripted::queue(vec![first]);
        let error = client(&transport).writer().send(&post()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lost, "{words}");
        assert!(error.is_outcome_unknown());
        // Nothing is said twice.
        let told = error.to_string();
        let mut clauses: Vec<&str> = told.split(": ").collect();
        let said = clauses.len();
        clauses.sort_unstable();
        clauses.dedup();
        assert_eq!(clauses.len(), said, "{told}");
        assert_eq!(transport.calls().len(), 1, "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_without_effect_is_sent_again() {
    for first in [
        not_sent(),
        refused(429, "TOO_MANY_REQUESTS"),
        refused(429, "RATE_LIMIT_EXCEEDED"),
    ] {
        let transport = Scripted::queue(vec![first, ok("{}")]);
        client(&transport).writer().send(&post()).await.unwrap();
        assert_eq!(transport.calls().len(), 2);
    }
    let transport = Scripted::queue(vec![refused(422, "INVALID_DATA")]);
    let error = client(&transport).writer().send(&post()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`POST /departments`: a value was refused (HTTP 422, `INVALID_DATA`): server words; request id `rq-7`"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_harmless_is_sent_again_within_bounds() {
    for request in [
        get(),
        Request::new(Method::Patch, "/departments/7").body(json!({"name": "x"})),
        Request::new(Method::Delete, "/departments/7"),
        Request::new(Method::Post, "/departments/7/enable").repeatable(),
    ] {
        let transport = Scripted::queue(vec![lost(), not_sent(), refused(500, "X"), ok("{}")]);
        client(&transport).writer().send(&request).await.unwrap();
        assert_eq!(transport.calls().len(), 4);
        let transport = Scripted::new(|sent| {
            if sent.is_token_request() {
                crate::api::testing::token(1)
            } else {
                lost()
            }
        });
        let error = client(&transport)
            .writer()
            .send(&request)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lost);
        assert_eq!(
            transport.calls().len(),
            usize::try_from(MAX_ATTEMPTS).unwrap()
        );
    }
    let transport = Scripted::new(|sent| {
        if sent.is_token_request() {
            crate::api::testing::token(1)
        } else {
            refused(429, "TOO_MANY_REQUESTS")
        }
    });
    let error = client(&transport).reader().get(&get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooManyRequests);
    assert_eq!(
        transport.calls().len(),
        usize::try_from(MAX_THROTTLED).unwrap()
    );
}

#[tokio::test(start_paused = true)]
async fn the_server_says_how_long_to_wait() {
    let transport = Scripted::queue(vec![
        answer(503, &[("Retry-After", "40")], ""),
        answer(
            429,
            &[
                ("X-RateLimit-Limit", "20"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", "1767225690"),
            ],
            r#"{"errorCode":"RATE_LIMIT_EXCEEDED","message":"m"}"#,
        ),
        ok("{}"),
    ]);
    let client = client(&transport);
    let clock = Clock::starting_at(NOW);
    client.reader().get(&get()).await.unwrap();
    assert!(
        clock.now_ms() >= 1_767_225_690_000,
        "{}",
        clock.now_ms() - NOW
    );
    assert!(
        clock.now_ms() < 1_767_225_692_000,
        "{}",
        clock.now_ms() - NOW
    );
    assert_eq!(client.observed().dialect, Some(Dialect::Guide));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_day_is_named() {
    let transport = Scripted::queue(vec![answer(
        429,
        &[("Retry-After", "3600")],
        r#"{"errorCode":"THRESHOLD_EXCEEDED","message":"m"}"#,
    )]);
    let error = client(&transport).reader().get(&get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DayLimit);
    assert!(
        error.to_string().contains("until 2026-01-01T01:00:01Z"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_day_s_limit_until_its_reset() {
    let transport = Scripted::queue(vec![
        answer(
            429,
            &[("Retry-After", "3600")],
            r#"{"errorCode":"THRESHOLD_EXCEEDED","message":"m"}"#,
        ),
        ok("{}"),
    ]);
    let client = client(&transport);
    let clock = Clock::starting_at(NOW);
    client.reader().get(&get()).await.unwrap_err();
    assert!(client.writer().is_day_over());
    let error = client.writer().send(&post()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DayLimit);
    assert_eq!(transport.calls().len(), 1);
    assert!(
        error.to_string().contains("not sent")
            && error.to_string().contains("until 2026-01-01T01:00:0"),
        "{error}"
    );
    clock.sleep(Duration::from_secs(3600)).await;
    assert!(!client.writer().is_day_over());
    client.writer().send(&post()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_guide_s_day_limit_is_not_taken_for_the_minute_s() {
    // Without `Retry-After`, and with the same code as the minute's.
    for limit in ["20", "5000"] {
        let transport = Scripted::queue(vec![answer(
            429,
            &[
                ("X-RateLimit-Limit", limit),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", "1767243600"),
            ],
            r#"{"errorCode":"RATE_LIMIT_EXCEEDED","message":"m"}"#,
        )]);
        let client = client(&transport);
        let error = client.reader().get(&get()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DayLimit);
        assert_eq!(transport.calls().len(), 1);
        assert_eq!(error.until_ms(), Some(1_767_243_600_000));
        assert!(client.writer().is_day_over());
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_at_once_makes_fewer_at_once() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let transport = Scripted::new(move |sent| {
        if sent.is_token_request() {
            return crate::api::testing::token(1);
        }
        let n = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // Of the first ten the last five are refused.
        if (5..10).contains(&n) {
            refused(429, "TOO_MANY_REQUESTS")
        } else {
            ok("{}")
        }
    });
    let client = client(&transport);
    client.set_concurrency(10);
    client.authenticator().token().await.unwrap();
    let (reader, get) = (client.reader(), get());
    let answers = futures_util::future::join_all((0..10).map(|_| reader.get(&get))).await;
    assert!(answers.iter().all(Result::is_ok));
    // Halved once, not five times; the five that were sent again made one slot good.
    assert_eq!(client.concurrency(), 6);
    for _ in 0..100 {
        reader.get(&get).await.unwrap();
    }
    assert_eq!(client.concurrency(), 10);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_makes_no_sense_is_asked_for_again_where_that_is_harmless() {
    let page = || answer(200, &[("Content-Type", "text/html")], "<html></html>");
    for nonsense in [|| ok("{\"id\": \"7"), page] {
        for request in [
            get(),
            Request::new(Method::Patch, "/departments/7").body(json!({"name": "x"})),
            Request::new(Method::Delete, "/departments/7"),
        ] {
            let transport = Scripted::queue(vec![nonsense(), nonsense(), ok("{}")]);
            client(&transport).writer().send(&request).await.unwrap();
            assert_eq!(transport.calls().len(), 3);
            let transport = Scripted::queue(vec![nonsense(), nonsense(), nonsense()]);
            let sent = client(&transport).writer().send(&request).await;
            let kind = sent.unwrap_err().kind();
            assert!(matches!(kind, ErrorKind::Malformed | ErrorKind::WrongHost));
        }
        let transport = Scripted::queue(vec![nonsense()]);
        let error = client(&transport).writer().send(&post()).await.unwrap_err();
        assert!(error.is_outcome_unknown());
    }
}

#[tokio::test(start_paused = true)]
async fn credits_and_calls_are_counted() {
    let priced = |left: &str| {
        answer(
            200,
            &[
                ("X-Rate-Limit-Request-Weight-v3", "3"),
                ("X-Rate-Limit-Remaining-v3", left),
            ],
            "{}",
        )
    };
    let transport = Scripted::queue(vec![priced("100"), not_sent(), lost(), priced("97")]);
    let client = client(&transport);
    client.reader().get(&get()).await.unwrap();
    client.reader().get(&get()).await.unwrap();
    assert_eq!(
        client.observed(),
        Observed {
            dialect: Some(Dialect::Openapi),
            credits_remaining: Some(97),
            credits_spent: 6,
            calls: 3,
            minute: None,
            day: None,
            reads: Reads {
                calls: 2,
                credits: 6,
                at_dearer_price: 0,
            },
            // Each takes a tenth of a second; of the two that were answered.
            answers: (2, 200),
        }
    );
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_active_than_allowed() {
    for (wanted, batches) in [(1, 12), (4, 3), (12, 1)] {
        let transport = Scripted::queue((0..12).map(|_| ok("{}")).collect());
        let client = client(&transport);
        client.set_concurrency(wanted);
        client.authenticator().token().await.unwrap();
        let clock = Clock::starting_at(NOW);
        let (reader, get) = (client.reader(), get());
        futures_util::future::join_all((0..12).map(|_| reader.get(&get))).await;
        assert_eq!(clock.now_ms() - NOW, 100 * batches);
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_of_what_is_gone_is_done() {
    let request = Request::new(Method::Delete, "/teams/7");
    for (outcomes, expected) in [
        (vec![answer(204, &[], "")], true),
        (vec![lost(), refused(404, "URL_NOT_FOUND")], false),
        (vec![refused(404, "RECORD_NOT_FOUND")], false),
    ] {
        let transport = Scripted::queue(outcomes);
        let removed = client(&transport).writer().remove(&request).await.unwrap();
        assert_eq!(matches!(removed, Removed::Done(_)), expected);
    }
    let transport = Scripted::queue(vec![answer(404, &[], "<html>")]);
    let error = client(&transport)
        .writer()
        .remove(&request)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongHost);
}

#[tokio::test(start_paused = true)]
async fn a_missing_scope_is_met_with_those_that_are_there() {
    let transport = Scripted::queue(vec![refused(403, "SCOPE_MISMATCH")]);
    let error = client(&transport).reader().get(&get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ScopeMissing);
    assert!(
        error
            .hint()
            .contains("`Desk.settings.ALL`, `Desk.basic.READ`"),
        "{}",
        error.hint()
    );
}

#[tokio::test(start_paused = true)]
async fn a_path_from_a_hostile_id_is_not_sent() {
    let transport = Scripted::queue(vec![]);
    let request = Request::new(Method::Delete, "/teams/../organizations");
    let error = client(&transport)
        .writer()
        .send(&request)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsendable);
    assert!(transport.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_organization_id_is_a_number() {
    for id in ["", "acme", "7 ", "-1", "123456789012345678901"] {
        let transport = Scripted::queue(vec![]);
        let clock = Clock::starting_at(NOW);
        let error = Client::new(Setup {
            endpoint: endpoint(),
            organization: Some(id.to_owned()),
            authenticator: Arc::new(authenticator(&transport, clock, None)),
            transport,
            clock,
            concurrency: None,
            seed: None,
        })
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OrganizationMismatch, "{id}");
    }
}
