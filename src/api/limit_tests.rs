//! Which limits are waited for, and which end the day.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::classify::{Body, Moment, classify_at};
use super::error::{ErrorKind, Reaction};
use super::testing::{NOW, judged, short};

/// Headers of the guide; what is not given is not told.
fn guide_headers(
    limit: Option<&str>,
    left: Option<&str>,
    reset: Option<&str>,
) -> Vec<(&'static str, String)> {
    let header = |name, text: Option<&str>| text.map(|text| (name, text.to_owned()));
    [
        header("x-ratelimit-limit", limit),
        header("x-ratelimit-remaining", left),
        header("x-ratelimit-reset", reset),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn throttled_by(code: &str, headers: &[(&'static str, String)]) -> (ErrorKind, Reaction) {
    let headers: Vec<(&'static str, &str)> = headers
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let body = json!({"errorCode": code, "message": "m"}).to_string();
    short(judged(429, &headers, &body)).unwrap()
}

const LIMIT_CODES: [&str; 4] = [
    "RATE_LIMIT_EXCEEDED",
    "TOO_MANY_REQUESTS",
    "THRESHOLD_EXCEEDED",
    "NEVER_SEEN",
];

#[test]
fn case_14_what_says_when_and_is_short_is_waited_for() {
    let second = Reaction::Wait(Duration::from_secs(1));
    for code in LIMIT_CODES {
        for limit in [None, Some("20"), Some("5000")] {
            for left in [None, Some("0"), Some("6"), Some("4200")] {
                // Seconds and milliseconds of the epoch, and seconds from now.
                for reset in ["1767225601", "1767225601000", "1"] {
                    let headers = guide_headers(limit, left, Some(reset));
                    let (kind, reaction) = throttled_by(code, &headers);
                    let case = format!("{code} {headers:?}");
                    assert_eq!(reaction, second, "{case}");
                    // Only figures, or the code that is the day's own, speak of the day.
                    let of_day =
                        (limit == Some("5000") && left == Some("0") && code != "TOO_MANY_REQUESTS")
                            || code == "THRESHOLD_EXCEEDED";
                    assert_eq!(kind == ErrorKind::DayLimit, of_day, "{case}");
                    if code == "RATE_LIMIT_EXCEEDED" && !of_day {
                        assert_eq!(kind, ErrorKind::MinuteLimit, "{case}");
                    }
                }
                for asked in [1, 299, 300] {
                    let mut headers = guide_headers(limit, left, Some("1767243600"));
                    headers.push(("retry-after", asked.to_string()));
                    let (_, reaction) = throttled_by(code, &headers);
                    let wait = Reaction::Wait(Duration::from_secs(asked));
                    assert_eq!(reaction, wait, "{code} {headers:?}");
                }
            }
        }
        let openapi = [
            ("x-rate-limit-remaining-v3", "0".to_owned()),
            ("retry-after", "1".to_owned()),
        ];
        assert_eq!(throttled_by(code, &openapi).1, second, "{code}");
    }
}

#[test]
fn case_14_only_a_longer_wait_or_the_figures_end_the_day() {
    use ErrorKind as K;
    let (give_up, retry) = (Reaction::GiveUp, Reaction::Retry);
    for code in LIMIT_CODES {
        let is_concurrency = code == "TOO_MANY_REQUESTS";
        let long = if is_concurrency {
            K::TooManyRequests
        } else {
            K::DayLimit
        };
        for asked in ["301", "3600"] {
            let headers = [("retry-after", asked.to_owned())];
            assert_eq!(throttled_by(code, &headers), (long, give_up), "{code}");
        }
        // Five hours from now: where calls are left until then, it is no word on when.
        let far = Some("1767243600");
        for (limit, left, is_day) in [
            (Some("20"), Some("0"), true),
            (Some("5000"), Some("0"), true),
            (None, None, true),
            (Some("20"), Some("6"), false),
            (Some("5000"), Some("12"), false),
        ] {
            let headers = guide_headers(limit, left, far);
            let (kind, reaction) = throttled_by(code, &headers);
            let case = format!("{code} {headers:?}");
            if is_day && !is_concurrency {
                assert_eq!((kind, reaction), (K::DayLimit, give_up), "{case}");
            } else if code == "THRESHOLD_EXCEEDED" && limit == Some("20") {
                // No figure of the day contradicts the code.
                assert_eq!((kind, reaction), (K::DayLimit, give_up), "{case}");
            } else {
                assert_ne!(kind, K::DayLimit, "{case}");
                assert_eq!(reaction, retry, "{case}");
            }
        }
    }
    // Credits that are left contradict the code, as far as the call's price is covered.
    for (price, left, is_day) in [
        (None, None, true),
        (None, Some("0"), true),
        (Some("3"), Some("2"), true),
        (Some("3"), Some("3"), false),
        (Some("0"), Some("0"), true),
        (Some("0"), Some("99"), true),
        (None, Some("99"), true),
        (None, Some("100"), false),
    ] {
        let header = |name, text: Option<&str>| text.map(|text| (name, text.to_owned()));
        let headers: Vec<_> = [
            header("x-rate-limit-request-weight-v3", price),
            header("x-rate-limit-remaining-v3", left),
        ]
        .into_iter()
        .flatten()
        .collect();
        let expected = if is_day {
            (K::DayLimit, give_up)
        } else {
            (K::MinuteLimit, retry)
        };
        let found = throttled_by("THRESHOLD_EXCEEDED", &headers);
        assert_eq!(found, expected, "{headers:?}");
    }
}

#[test]
fn case_14_how_long_is_short_is_a_setting() {
    let asked = [("retry-after", "3600")];
    let headers: HeaderMap = asked
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
        .collect();
    let body = Body::Json(json!({"errorCode": "THRESHOLD_EXCEEDED"}));
    for (max_wait, reaction) in [
        (3599, Reaction::GiveUp),
        (3600, Reaction::Wait(Duration::from_secs(3600))),
    ] {
        let moment = Moment {
            now_ms: NOW,
            max_wait: Duration::from_secs(max_wait),
        };
        let found = classify_at(StatusCode::TOO_MANY_REQUESTS, &headers, &body, moment);
        assert_eq!(short(found), Some((ErrorKind::DayLimit, reaction)));
    }
}
