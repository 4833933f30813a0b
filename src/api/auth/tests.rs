use super::*;
use crate::api::testing::{
    NOW, SECRETS, Scripted, answer, assert_no_secret, authenticator, credentials, endpoint, lost,
    ok, token,
};
use futures_util::future::join_all;

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

#[tokio::test(start_paused = true)]
async fn fifty_waiters_cause_one_request() {
    let transport = Scripted::queue(vec![]);
    let auth = authenticator(&transport, Clock::starting_at(NOW), None);
    assert_eq!(auth.scopes(), None);
    let tokens = join_all((0..50).map(|_| auth.token())).await;
    assert!(
        tokens
            .into_iter()
            .all(|token| token.unwrap().expose_secret() == "1000.access1")
    );
    assert_eq!(transport.token_requests(), 1);
    assert_eq!(
        auth.scopes().unwrap(),
        ["Desk.settings.ALL", "Desk.basic.READ"]
    );
    let sent = &transport.sent()[0];
    assert_eq!(sent.line, "POST /oauth/v2/token");
    assert_eq!(
        sent.body,
        "grant_type=refresh_token&client_id=1000.ID&client_secret=client-secret-x&refresh_token=1000.refresh-x"
    );
    // Fifty refused calls cause one more, and a late one gets its token.
    let stale = auth.token().await.unwrap();
    let renewed = join_all((0..50).map(|_| auth.renew(&stale))).await;
    assert!(
        renewed
            .into_iter()
            .all(|token| token.unwrap().unwrap().expose_secret() == "1000.access2")
    );
    assert_eq!(transport.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn fifty_waiters_share_one_failure() {
    let transport = Scripted::new(|_| {
        ok(r#"{"error":"invalid_code","error_description":"bad 1000.refresh-x"}"#)
    });
    let auth = authenticator(&transport, Clock::starting_at(NOW), None);
    for outcome in join_all((0..50).map(|_| auth.token())).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RefreshTokenInvalid);
        assert_no_secret(&format!("{error} {error:?}"));
    }
    assert_eq!(transport.token_requests(), 1);
    // Asking again cannot change it.
    assert!(auth.token().await.is_err());
    assert_eq!(transport.token_requests(), 1);
    // What may pass is asked again, but not by those who waited meanwhile.
    let transport = Scripted::new(|_| answer(404, &[], "<html>"));
    let auth = authenticator(&transport, Clock::starting_at(NOW), None);
    let outcomes = join_all((0..50).map(|_| auth.token())).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(transport.token_requests(), 1);
    assert!(auth.token().await.is_err());
    assert_eq!(transport.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_when_less_than_five_minutes_are_left() {
    let transport = Scripted::queue(vec![]);
    let clock = Clock::starting_at(NOW);
    let auth = authenticator(&transport, clock, None);
    auth.token().await.unwrap();
    clock.sleep(minutes(54)).await;
    assert_eq!(auth.token().await.unwrap().expose_secret(), "1000.access1");
    clock.sleep(minutes(1)).await;
    assert_eq!(auth.token().await.unwrap().expose_secret(), "1000.access2");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_overlooked_while_the_old_token_is_good() {
    let mut asked = 0;
    let transport = Scripted::new(move |_| {
        asked += 1;
        if asked == 1 {
            token(1)
        } else {
            answer(503, &[], "")
        }
    });
    let clock = Clock::starting_at(NOW);
    let auth = authenticator(&transport, clock, None);
    auth.token().await.unwrap();
    clock.sleep(minutes(56)).await;
    for _ in 0..20 {
        assert_eq!(auth.token().await.unwrap().expose_secret(), "1000.access1");
    }
    assert_eq!(transport.token_requests(), 4);
    clock.sleep(minutes(4)).await;
    assert_eq!(
        auth.token().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_refused_is_not_replaced_again() {
    let transport = Scripted::queue(vec![]);
    let auth = authenticator(&transport, Clock::starting_at(NOW), None);
    let first = auth.token().await.unwrap();
    let second = auth.renew(&first).await.unwrap().unwrap();
    assert!(auth.renew(&second).await.unwrap().is_none());
    // Accepted once, it may have died since; but 401 cannot use up all requests.
    let mut current = second;
    for _ in 0..10 {
        auth.accepted(&current).await;
        if let Some(next) = auth.renew(&current).await.unwrap() {
            current = next;
        }
    }
    assert_eq!(transport.token_requests(), 1 + MAX_RENEWALS);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_judged_by_the_body() {
    for (status, body, kind, requests) in [
        (
            200,
            r#"{"error":"invalid_code"}"#,
            ErrorKind::RefreshTokenInvalid,
            1,
        ),
        (
            400,
            r#"{"error":"invalid_client"}"#,
            ErrorKind::ClientInvalid,
            1,
        ),
        (
            200,
            r#"{"error":"invalid_client_secret"}"#,
            ErrorKind::ClientInvalid,
            1,
        ),
        (
            200,
            r#"{"error":"missing_org_info"}"#,
            ErrorKind::AuthorizationRefused,
            1,
        ),
        (
            200,
            r#"{"error":"Access Denied","status":"failure"}"#,
            ErrorKind::TokenThrottled,
            1,
        ),
        (
            400,
            r#"{"error":"Access Denied","status":"failure"}"#,
            ErrorKind::TokenThrottled,
            1,
        ),
        (429, "", ErrorKind::TokenThrottled, 1),
        (200, "", ErrorKind::Malformed, 1),
        (200, "{}", ErrorKind::Malformed, 1),
        (
            200,
            r#"{"access_token":"two words"}"#,
            ErrorKind::Malformed,
            1,
        ),
        (200, "<html>", ErrorKind::WrongHost, 1),
        (404, "<html>", ErrorKind::WrongHost, 1),
        (302, "", ErrorKind::Redirected, 1),
        (401, "", ErrorKind::AuthorizationRefused, 1),
        (500, "", ErrorKind::ServerError, 3),
        (502, "<html>", ErrorKind::Unavailable, 3),
    ] {
        let transport = Scripted::new(move |_| answer(status, &[("X-Request-Id", "rq-7")], body));
        let auth = authenticator(&transport, Clock::starting_at(NOW), None);
        let error = auth.token().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(error.request_id(), Some("rq-7"));
        assert_eq!(transport.token_requests(), requests, "{status} {body}");
    }
    let transport = Scripted::new(|_| lost());
    let auth = authenticator(&transport, Clock::starting_at(NOW), None);
    assert_eq!(
        auth.token().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    assert_eq!(transport.token_requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn runs_share_the_token_and_never_meet_the_limit() {
    let home = tempfile::tempdir().unwrap();
    let cache = TokenCache::new(home.path().join("tokens"));
    let clock = Clock::starting_at(NOW);
    let transport = Scripted::queue(vec![]);
    for _ in 0..20 {
        let auth = authenticator(&transport, clock, Some(&cache));
        assert_eq!(auth.token().await.unwrap().expose_secret(), "1000.access1");
        assert_eq!(auth.scopes().unwrap().len(), 2);
    }
    assert_eq!(transport.token_requests(), 1);
    // Every run finds its token refused: the server still never sees a tenth request.
    let mut refusals = Vec::new();
    for _ in 0..20 {
        let auth = authenticator(&transport, clock, Some(&cache));
        let stale = auth.token().await.unwrap();
        refusals.extend(auth.renew(&stale).await.err());
    }
    assert_eq!(transport.token_requests(), MAX_TOKEN_REQUESTS);
    let refusal = refusals.pop().unwrap();
    assert_eq!(refusal.kind(), ErrorKind::TokenThrottled);
    assert!(
        refusal.to_string().contains("may be requested in 6"),
        "{refusal}"
    );
    clock.sleep(minutes(11)).await;
    let auth = authenticator(&transport, clock, Some(&cache));
    assert!(auth.token().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_block_by_the_server_holds_for_every_run() {
    let home = tempfile::tempdir().unwrap();
    let cache = TokenCache::new(home.path());
    let clock = Clock::starting_at(NOW);
    let mut asked = 0;
    let transport = Scripted::new(move |_| {
        asked += 1;
        if asked == 1 {
            ok(r#"{"error":"Access Denied","error_description":"You have made too many requests"}"#)
        } else {
            token(asked)
        }
    });
    for _ in 0..3 {
        let auth = authenticator(&transport, clock, Some(&cache));
        assert_eq!(
            auth.token().await.unwrap_err().kind(),
            ErrorKind::TokenThrottled
        );
    }
    assert_eq!(transport.token_requests(), 1);
    clock.sleep(minutes(11)).await;
    assert!(
        authenticator(&transport, clock, Some(&cache))
            .token()
            .await
            .is_ok()
    );
}

/// Only what may have reached the accounts server counts towards its ten in ten minutes.
#[tokio::test(start_paused = true)]
async fn requests_that_never_left_are_not_counted() {
    let not_sent = || Err(TransportError::NotSent("refused".to_owned()));
    for (reaches, kind) in [(false, ErrorKind::NotSent), (true, ErrorKind::Unavailable)] {
        let home = tempfile::tempdir().unwrap();
        let cache = TokenCache::new(home.path().join("tokens"));
        let clock = Clock::starting_at(NOW);
        let transport = Scripted::new(move |_| if reaches { lost() } else { not_sent() });
        let mut kinds = Vec::new();
        for _ in 0..20 {
            let auth = authenticator(&transport, clock, Some(&cache));
            kinds.push(auth.token().await.unwrap_err().kind());
        }
        let (tried, last) = if reaches {
            (MAX_TOKEN_REQUESTS, ErrorKind::TokenThrottled)
        } else {
            (60, kind)
        };
        assert_eq!(transport.token_requests(), tried, "{kind:?}");
        assert_eq!((kinds[0], kinds[19]), (kind, last));
        // As soon as the server is there again, all of them are left.
        let transport = Scripted::queue(vec![]);
        let mut got = 0;
        for _ in 0..20 {
            let auth = authenticator(&transport, clock, Some(&cache));
            let Ok(stale) = auth.token().await else { break };
            got += 1;
            let _ = auth.renew(&stale).await;
        }
        assert_eq!(got > 0, !reaches);
        let left = if reaches { 0 } else { MAX_TOKEN_REQUESTS };
        assert_eq!(transport.token_requests(), left, "{kind:?}");
    }
}

/// A request that never left is no renewal, and one that was given up on its way counts.
#[tokio::test(start_paused = true)]
async fn renewals_that_never_left_are_not_counted() {
    let home = tempfile::tempdir().unwrap();
    let cache = TokenCache::new(home.path().join("tokens"));
    let clock = Clock::starting_at(NOW);
    let mut asked = 0;
    let transport = Scripted::new(move |_| {
        asked += 1;
        match asked {
            1 | 20 => token(asked),
            _ => Err(TransportError::NotSent("refused".to_owned())),
        }
    });
    let auth = authenticator(&transport, clock, Some(&cache));
    let stale = auth.token().await.unwrap();
    for _ in 0..6 {
        let error = auth.renew(&stale).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSent);
        clock.sleep(Duration::from_secs(60)).await;
    }
    let renewed = auth.renew(&stale).await.unwrap();
    assert_eq!(renewed.unwrap().expose_secret(), "1000.access20");
    // The cache knows of the two that were sent, and of one that is under way.
    let entry = cache.entry(
        endpoint().accounts(),
        &credentials().client_id,
        &credentials().refresh_token,
    );
    assert_eq!(entry.load().unwrap().requests_ms.len(), 2);
    let transport = Scripted::queue(vec![]);
    let auth = authenticator(&transport, clock, Some(&cache));
    let stale = auth.token().await.unwrap();
    let killed = tokio::time::timeout(Duration::from_millis(50), auth.renew(&stale)).await;
    assert!(killed.is_err());
    assert_eq!(entry.load().unwrap().requests_ms.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_cause_one_request() {
    let home = tempfile::tempdir().unwrap();
    let cache = TokenCache::new(home.path());
    let clock = Clock::starting_at(NOW);
    let transport = Scripted::queue(vec![]);
    let one = authenticator(&transport, clock, Some(&cache));
    let two = authenticator(&transport, clock, Some(&cache));
    let (a, b) = tokio::join!(one.token(), two.token());
    assert_eq!(a.unwrap().expose_secret(), b.unwrap().expose_secret());
    assert_eq!(transport.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_grant_code_is_exchanged() {
    let transport = Scripted::new(|_| {
        ok(
            r#"{"access_token":"1000.access1","refresh_token":"1000.refresh-x","scope":"Desk.basic.READ","expires_in":3600}"#,
        )
    });
    let clock = Clock::starting_at(NOW);
    let secret = SecretString::from(SECRETS[0]);
    let exchange = |transport: Arc<Scripted>, code: &'static str| {
        let secret = secret.clone();
        async move {
            let code = SecretString::from(code);
            exchange_grant_code(&*transport, &endpoint(), &clock, "1000.ID", &secret, &code).await
        }
    };
    let grant = exchange(Arc::clone(&transport), " 1000.code\n")
        .await
        .unwrap();
    assert_eq!(grant.refresh_token.expose_secret(), "1000.refresh-x");
    assert_eq!(grant.scopes.as_ref().unwrap(), &["Desk.basic.READ"]);
    assert_no_secret(&format!("{grant:?}"));
    assert_eq!(
        transport.sent()[0].body,
        "grant_type=authorization_code&client_id=1000.ID&client_secret=client-secret-x&code=1000.code"
    );
    let transport =
        Scripted::new(|_| ok(r#"{"error":"invalid_code","error_description":"1000.code"}"#));
    let error = exchange(transport, "1000.code").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GrantCodeInvalid);
    assert!(!format!("{error:?}").contains("1000.code"));
    let transport = Scripted::new(|_| token(1));
    let error = exchange(transport, "1000.code").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthorizationRefused);
    assert!(error.hint().contains("self client"));
}

#[test]
fn the_life_of_a_token_is_read_in_every_form() {
    for (answer, seconds) in [
        (r#"{"expires_in":1800}"#, 1800),
        (r#"{"expires_in":"1800"}"#, 1800),
        (r#"{"expires_in":3600000}"#, 3600),
        (r#"{"expires_in_sec":3600,"expires_in":3600000}"#, 3600),
        (r#"{"expires_in":-1}"#, 3600),
        ("{}", 3600),
    ] {
        let object: Map<String, Value> = serde_json::from_str(answer).unwrap();
        assert_eq!(life_ms(&object), seconds * 1000, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_life_is_used_by_half() {
    let transport = Scripted::new(|_| ok(r#"{"access_token":"1000.access1","expires_in":60}"#));
    let clock = Clock::starting_at(NOW);
    let auth = authenticator(&transport, clock, None);
    for _ in 0..5 {
        auth.token().await.unwrap();
    }
    assert_eq!(transport.token_requests(), 1);
    clock.sleep(Duration::from_secs(40)).await;
    auth.token().await.unwrap();
    assert_eq!(transport.token_requests(), 2);
}

#[test]
fn nothing_shows_a_secret() {
    let transport = Scripted::queue(vec![]);
    let auth = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(async {
            let auth = authenticator(&transport, Clock::system(), None);
            auth.token().await.unwrap();
            auth
        });
    assert_no_secret(&format!("{auth:?} {:?}", credentials()));
}
