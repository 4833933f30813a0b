//! Every answer that is no success, mapped to a named cause and to what to do about it.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::error::{ErrorKind, Fault, FieldError, Reaction};
use super::limit_headers::{LimitHeaders, millis, retry_after};
use super::limits::MAX_WAIT;
use super::refusal::Refusal;

/// Pause while another configuration change is under way in the organization.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// The codes of both dialects.
///
/// Source: the closed list of `errorCode` in the published API (the first twenty) and the common
/// error codes of the guide. The last two come from what stands before the API, nested in `error`, as
/// users report.
pub const CODES: [(&str, ErrorKind); 32] = [
    ("BAD_REQUEST", ErrorKind::BadRequest),
    ("UNAUTHORIZED", ErrorKind::TokenInvalid),
    ("INVALID_OAUTH", ErrorKind::TokenInvalid),
    ("SCOPE_MISMATCH", ErrorKind::ScopeMissing),
    ("OAUTH_ORG_MISMATCH", ErrorKind::OrganizationMismatch),
    ("FORBIDDEN", ErrorKind::Forbidden),
    ("LICENSE_ACCESS_LIMITED", ErrorKind::LicenseLimited),
    ("URL_NOT_FOUND", ErrorKind::NotFound),
    ("METHOD_NOT_ALLOWED", ErrorKind::MethodNotAllowed),
    ("RESOURCE_SIZE_EXCEEDED", ErrorKind::TooLarge),
    ("UNSUPPORTED_MEDIA_TYPE", ErrorKind::UnsupportedMediaType),
    ("INVALID_DATA", ErrorKind::Invalid),
    ("EMPTY_PAYLOAD", ErrorKind::BadRequest),
    ("UNPROCESSABLE_ENTITY", ErrorKind::Invalid),
    ("ONLY_LIVECHAT_USER", ErrorKind::LastLiveChatUser),
    ("DUPLICATE_CONTRACT", ErrorKind::Duplicate),
    ("INTEGRATION_ADMIN_ERROR", ErrorKind::IntegrationAdmin),
    ("THRESHOLD_EXCEEDED", ErrorKind::DayLimit),
    ("TOO_MANY_REQUESTS", ErrorKind::TooManyRequests),
    ("INTERNAL_SERVER_ERROR", ErrorKind::ServerError),
    ("INVALID_TOKEN", ErrorKind::TokenInvalid),
    ("INVALID_OAUTH_SCOPE", ErrorKind::ScopeMissing),
    ("REQUIRED_FIELD_MISSING", ErrorKind::Invalid),
    ("INVALID_ORGID", ErrorKind::OrganizationMismatch),
    ("RECORD_NOT_FOUND", ErrorKind::NotFound),
    ("DUPLICATE_RECORD", ErrorKind::Duplicate),
    ("RATE_LIMIT_EXCEEDED", ErrorKind::MinuteLimit),
    ("INTERNAL_ERROR", ErrorKind::ServerError),
    ("PERMISSION_DENIED", ErrorKind::Forbidden),
    ("FIELD_NOT_EDITABLE", ErrorKind::Invalid),
    ("AUTHENTICATION_FAILURE", ErrorKind::TokenInvalid),
    ("PATTERN_NOT_MATCHED", ErrorKind::Invalid),
];

/// The body of an answer, read once.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing, as with 204.
    Empty,
    /// JSON.
    Json(Value),
    /// A web page.
    Page,
    /// Something else.
    Other,
}

impl Body {
    /// Reads the bytes of a body.
    #[must_use]
    pub fn read(headers: &HeaderMap, bytes: &[u8]) -> Self {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return Self::Empty;
        }
        let is_page = headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().contains("html"));
        if let Ok(value) = serde_json::from_slice(bytes) {
            Self::Json(value)
        } else if is_page || bytes.first() == Some(&b'<') {
            Self::Page
        } else {
            Self::Other
        }
    }
}

/// What an answer that is no success means.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    /// The named cause.
    pub kind: ErrorKind,
    /// What to do.
    pub reaction: Reaction,
    /// The server's code.
    pub code: Option<String>,
    /// The server's message.
    pub message: Option<String>,
    /// The refused fields.
    pub fields: Vec<FieldError>,
    /// When a limit ends, in milliseconds since the Unix epoch.
    pub until_ms: Option<i64>,
}

/// Judges an answer that came at `now_ms`; none when it is a success.
///
/// The body counts more than the status: a known code in a 200 is a failure, and so is a bulk
/// answer (`results`) in which an object failed.
#[must_use]
pub fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    body: &Body,
    now_ms: i64,
) -> Option<Classified> {
    let moment = Moment {
        now_ms,
        max_wait: MAX_WAIT,
    };
    classify_at(status, headers, body, moment)
}

/// When an answer came, and how long anybody waits after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Milliseconds since the Unix epoch.
    pub(super) now_ms: i64,
    /// The longest wait before a repetition; an answer that asks for more is given up.
    pub(super) max_wait: Duration,
}

/// Judges an answer as [`classify`] does, with a longest wait of one's own.
pub(super) fn classify_at(
    status: StatusCode,
    headers: &HeaderMap,
    body: &Body,
    moment: Moment,
) -> Option<Classified> {
    let object = match body {
        Body::Json(Value::Object(object)) => Some(object),
        _ => None,
    };
    if status.is_success() {
        return match body {
            // A gateway may have had a bad moment; whether it is worth another look depends on
            // the request, see `Tries`.
            Body::Page => Some(settle(ErrorKind::WrongHost, Reaction::Retry)),
            Body::Other => Some(settle(ErrorKind::Malformed, Reaction::Retry)),
            Body::Empty | Body::Json(_) => {
                let object = object?;
                let code = Refusal::of(object).code_in_success();
                if code.is_some_and(|code| known(code).is_some()) {
                    Some(judge(status, headers, body, Some(object), moment))
                } else {
                    bulk_failure(object, headers, moment)
                }
            }
        };
    }
    Some(judge(status, headers, body, object, moment))
}

fn settle(kind: ErrorKind, reaction: Reaction) -> Classified {
    Classified {
        kind,
        reaction,
        code: None,
        message: None,
        fields: Vec::new(),
        until_ms: None,
    }
}

fn known(code: &str) -> Option<ErrorKind> {
    CODES
        .iter()
        .find(|(name, _)| *name == code)
        .map(|(_, kind)| *kind)
        .or_else(|| is_throttle(code).then_some(ErrorKind::MinuteLimit))
}

/// Whether a code says that what stands before the API held a call back.
///
/// It has many names, such as `URL_ROLLING_THROTTLES_LIMIT_EXCEEDED`, and comes under any status.
fn is_throttle(code: &str) -> bool {
    code.contains("THROTTLE")
}

fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    body: &Body,
    object: Option<&Map<String, Value>>,
    moment: Moment,
) -> Classified {
    let refusal = object.map(Refusal::of);
    let code = refusal.as_ref().and_then(Refusal::code);
    let message = refusal.as_ref().and_then(Refusal::message);
    let fields = refusal.as_ref().map(Refusal::fields).unwrap_or_default();
    let by_code = code.and_then(known);
    let mut kind = match (status.as_u16(), by_code) {
        // A limit is one whatever it comes under.
        (
            _,
            Some(
                kind @ (ErrorKind::DayLimit | ErrorKind::TooManyRequests | ErrorKind::MinuteLimit),
            ),
        )
        // A status that speaks for itself is only made more precise by a code of its own class.
        | (500..=599, Some(kind @ (ErrorKind::ServerError | ErrorKind::Unavailable))) => kind,
        (429 | 500..=599, _) | (_, None) => by_status(status, body),
        (_, Some(kind)) => kind,
    };
    // Duplicates come as invalid data; only when nothing else is wrong is the object really there.
    if kind == ErrorKind::Invalid
        && !fields.is_empty()
        && fields.iter().all(|field| field.kind == Fault::Duplicate)
    {
        kind = ErrorKind::Duplicate;
    }
    if matches!(kind, ErrorKind::Invalid | ErrorKind::BadRequest)
        && message.as_deref().is_some_and(|text| {
            text.to_ascii_lowercase()
                .contains("schedule is in progress")
        })
    {
        kind = ErrorKind::Locked;
    }
    let (kind, reaction, until_ms) = react(status, kind, refusal.as_ref(), headers, moment);
    Classified {
        kind,
        reaction,
        code: code.map(str::to_owned),
        message: message.or_else(|| body_message(body).map(str::to_owned)),
        fields,
        until_ms,
    }
}

fn by_status(status: StatusCode, body: &Body) -> ErrorKind {
    let is_page = *body == Body::Page;
    match status.as_u16() {
        300..=399 => ErrorKind::Redirected,
        // These say the same whoever says them.
        408 | 502..=504 => ErrorKind::Unavailable,
        413 | 414 => ErrorKind::TooLarge,
        429 => ErrorKind::TooManyRequests,
        // The API refuses in JSON: somebody else said this.
        400..=499 if is_page => ErrorKind::WrongHost,
        401 => ErrorKind::TokenInvalid,
        402 => ErrorKind::LicenseLimited,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        405 => ErrorKind::MethodNotAllowed,
        407 | 421 => ErrorKind::WrongHost,
        406 | 415 => ErrorKind::UnsupportedMediaType,
        422 => ErrorKind::Invalid,
        400..=499 => ErrorKind::BadRequest,
        500..=599 => ErrorKind::ServerError,
        _ => ErrorKind::Malformed,
    }
}

/// What to do about a cause, by the waits that the headers ask for.
fn react(
    status: StatusCode,
    kind: ErrorKind,
    refusal: Option<&Refusal<'_>>,
    headers: &HeaderMap,
    moment: Moment,
) -> (ErrorKind, Reaction, Option<i64>) {
    let asked = retry_after(headers, moment.now_ms);
    let code = refusal.and_then(Refusal::code);
    match kind {
        ErrorKind::TokenInvalid => (kind, Reaction::Refresh, None),
        // A stale token may be answered with a page as well.
        ErrorKind::WrongHost if status == StatusCode::UNAUTHORIZED => {
            (kind, Reaction::Refresh, None)
        }
        kind if kind.is_limit() => {
            let asked = asked.or_else(|| refusal.and_then(Refusal::told_wait));
            throttled(kind, code, asked, headers, moment)
        }
        ErrorKind::ServerError | ErrorKind::Unavailable => moment.wait_for(kind, asked),
        ErrorKind::Locked => {
            let wait = asked.unwrap_or(LOCK_WAIT).min(moment.max_wait);
            moment.wait_for(kind, Some(wait))
        }
        _ => (kind, Reaction::GiveUp, None),
    }
}

impl Moment {
    /// Waits for what is told and short, and gives up what is longer; without a time it is a retry.
    fn wait_for(
        self,
        kind: ErrorKind,
        told: Option<Duration>,
    ) -> (ErrorKind, Reaction, Option<i64>) {
        let until = |wait: Duration| Some(self.now_ms.saturating_add(millis(wait)));
        match told {
            None => (kind, Reaction::Retry, None),
            Some(wait) if wait <= self.max_wait => (kind, Reaction::Wait(wait), until(wait)),
            Some(wait) => (kind, Reaction::GiveUp, until(wait)),
        }
    }
}

/// What to do about a limit that was met.
///
/// Whatever limit it is: a refusal that says when is waited for where the wait is short. The day
/// counts as used up only where the figures say so, or where the wait is longer than anybody waits.
fn throttled(
    kind: ErrorKind,
    code: Option<&str>,
    asked: Option<Duration>,
    headers: &HeaderMap,
    moment: Moment,
) -> (ErrorKind, Reaction, Option<i64>) {
    let limits = LimitHeaders::read(headers, moment.now_ms);
    // This code of the published API means calls at the same time and nothing else.
    let is_concurrency = code == Some("TOO_MANY_REQUESTS");
    // Such a limit is about one address or one sender, and not about the day.
    let is_its_own = is_concurrency || code.is_some_and(is_throttle);
    let calls_are_left = matches!(limits.calls_left(), Some(1..));
    // What is long says something of the limit; how long somebody wants to wait says nothing of it.
    let usual = moment.max_wait.max(MAX_WAIT);
    // A reset that is far away is the end of this refusal only where nothing is left until then.
    let is_its_end = |wait: &Duration| *wait <= usual || !(is_concurrency || calls_are_left);
    let told = asked
        .or_else(|| limits.reset_wait(moment.now_ms).filter(is_its_end))
        .or_else(|| limits.minute_wait(moment.now_ms));
    let is_long = told.is_some_and(|wait| wait > usual);
    let day_is_over = asked.is_none() && limits.is_day_over(moment.now_ms);
    let kind = match kind {
        _ if is_its_own => kind,
        // Nobody waits hours for a minute's limit: it is the day's that is used up.
        _ if is_long || day_is_over => ErrorKind::DayLimit,
        // The code alone says that the day is used up, and the figures that it is not.
        ErrorKind::DayLimit if told.is_none() && limits.leaves_room_today() => {
            ErrorKind::MinuteLimit
        }
        ErrorKind::DayLimit => kind,
        _ if limits.minute_wait(moment.now_ms).is_some() => ErrorKind::MinuteLimit,
        // The guide has one code for all its limits; with calls left in the minute, and without a
        // word on when, it is calls at the same time that are too many.
        _ if told.is_none() && matches!(limits.minute_remaining, Some(1..)) => {
            ErrorKind::TooManyRequests
        }
        kind => kind,
    };
    match kind {
        ErrorKind::DayLimit if told.is_none() => (kind, Reaction::GiveUp, limits.day_reset_ms),
        kind => moment.wait_for(kind, told),
    }
}

/// A bulk call answers 200 with `results`, whatever became of the objects.
fn bulk_failure(
    object: &Map<String, Value>,
    headers: &HeaderMap,
    moment: Moment,
) -> Option<Classified> {
    let failed = object
        .get("results")?
        .as_array()?
        .iter()
        .find(|result| result.get("success") == Some(&Value::Bool(false)))?;
    let errors = failed.get("errors").and_then(Value::as_object);
    let code = errors.and_then(|errors| Refusal::of(errors).code_in_success());
    if code == Some("SCHEDULED") || code == Some("SUCCESS") {
        return None;
    }
    let status = errors
        .and_then(|errors| errors.get("httpCode"))
        .and_then(number)
        .and_then(|status| StatusCode::from_u16(status).ok())
        .filter(|status| !status.is_success())
        .unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let body = Body::Json(errors.cloned().map_or(Value::Null, Value::Object));
    let mut judged = judge(status, headers, &body, errors, moment);
    let id = failed.get("id").and_then(|id| match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    if let Some(id) = id {
        let words = judged
            .message
            .unwrap_or_else(|| "it was refused".to_owned());
        judged.message = Some(format!("`{id}`: {words}"));
    }
    Some(judged)
}

fn number(value: &Value) -> Option<u16> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
        _ => None,
    }
}

const fn body_message(body: &Body) -> Option<&'static str> {
    match body {
        Body::Page => Some("the body is a web page"),
        Body::Other => Some("the body is no JSON"),
        Body::Empty | Body::Json(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::api::testing::{NOW, judged, short};
    use serde_json::json;

    /// Every code of both dialects under the status that it comes with.
    #[test]
    fn every_code_has_a_cause_and_a_reaction() {
        use ErrorKind as K;
        use Reaction::{GiveUp, Refresh, Retry};
        let table = [
            (400, "BAD_REQUEST", K::BadRequest, GiveUp),
            (401, "UNAUTHORIZED", K::TokenInvalid, Refresh),
            (401, "INVALID_OAUTH", K::TokenInvalid, Refresh),
            (403, "SCOPE_MISMATCH", K::ScopeMissing, GiveUp),
            (401, "SCOPE_MISMATCH", K::ScopeMissing, GiveUp),
            (403, "OAUTH_ORG_MISMATCH", K::OrganizationMismatch, GiveUp),
            (403, "FORBIDDEN", K::Forbidden, GiveUp),
            (403, "LICENSE_ACCESS_LIMITED", K::LicenseLimited, GiveUp),
            (404, "URL_NOT_FOUND", K::NotFound, GiveUp),
            (405, "METHOD_NOT_ALLOWED", K::MethodNotAllowed, GiveUp),
            (413, "RESOURCE_SIZE_EXCEEDED", K::TooLarge, GiveUp),
            (
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                K::UnsupportedMediaType,
                GiveUp,
            ),
            (422, "INVALID_DATA", K::Invalid, GiveUp),
            (400, "INVALID_DATA", K::Invalid, GiveUp),
            (422, "EMPTY_PAYLOAD", K::BadRequest, GiveUp),
            (422, "UNPROCESSABLE_ENTITY", K::Invalid, GiveUp),
            (422, "ONLY_LIVECHAT_USER", K::LastLiveChatUser, GiveUp),
            (422, "DUPLICATE_CONTRACT", K::Duplicate, GiveUp),
            (422, "INTEGRATION_ADMIN_ERROR", K::IntegrationAdmin, GiveUp),
            (429, "THRESHOLD_EXCEEDED", K::DayLimit, GiveUp),
            (429, "TOO_MANY_REQUESTS", K::TooManyRequests, Retry),
            (500, "INTERNAL_SERVER_ERROR", K::ServerError, Retry),
            (401, "INVALID_TOKEN", K::TokenInvalid, Refresh),
            (403, "INVALID_OAUTH_SCOPE", K::ScopeMissing, GiveUp),
            (400, "REQUIRED_FIELD_MISSING", K::Invalid, GiveUp),
            (400, "INVALID_ORGID", K::OrganizationMismatch, GiveUp),
            (404, "RECORD_NOT_FOUND", K::NotFound, GiveUp),
            (409, "DUPLICATE_RECORD", K::Duplicate, GiveUp),
            (429, "RATE_LIMIT_EXCEEDED", K::MinuteLimit, Retry),
            (500, "INTERNAL_ERROR", K::ServerError, Retry),
            (403, "PERMISSION_DENIED", K::Forbidden, GiveUp),
            (400, "FIELD_NOT_EDITABLE", K::Invalid, GiveUp),
            (400, "AUTHENTICATION_FAILURE", K::TokenInvalid, Refresh),
            (400, "PATTERN_NOT_MATCHED", K::Invalid, GiveUp),
            // Codes that contradict their status, and unknown ones.
            (200, "INVALID_OAUTH", K::TokenInvalid, Refresh),
            (200, "TOO_MANY_REQUESTS", K::TooManyRequests, Retry),
            (422, "INTERNAL_SERVER_ERROR", K::ServerError, Retry),
            (503, "FORBIDDEN", K::Unavailable, Retry),
            (429, "FORBIDDEN", K::TooManyRequests, Retry),
            (418, "TEAPOT", K::BadRequest, GiveUp),
            (599, "TEAPOT", K::ServerError, Retry),
        ];
        for (status, code, kind, reaction) in table {
            let body = json!({"errorCode": code, "message": "words"}).to_string();
            let found = judged(status, &[], &body).unwrap();
            assert_eq!(
                (found.kind, found.reaction),
                (kind, reaction),
                "{status} {code}"
            );
            assert_eq!(found.code.as_deref(), Some(code));
            assert_eq!(found.message.as_deref(), Some("words"));
        }
        for (code, _) in CODES {
            assert!(
                table.iter().any(|row| row.1 == code),
                "{code} is not tested"
            );
        }
    }

    #[test]
    fn without_a_code_the_status_decides() {
        use ErrorKind as K;
        use Reaction::{GiveUp, Refresh, Retry};
        for (status, kind, reaction) in [
            (301, K::Redirected, GiveUp),
            (400, K::BadRequest, GiveUp),
            (401, K::TokenInvalid, Refresh),
            (402, K::LicenseLimited, GiveUp),
            (403, K::Forbidden, GiveUp),
            (404, K::NotFound, GiveUp),
            (405, K::MethodNotAllowed, GiveUp),
            (408, K::Unavailable, Retry),
            (409, K::BadRequest, GiveUp),
            (410, K::NotFound, GiveUp),
            (413, K::TooLarge, GiveUp),
            (415, K::UnsupportedMediaType, GiveUp),
            (422, K::Invalid, GiveUp),
            (429, K::TooManyRequests, Retry),
            (500, K::ServerError, Retry),
            (502, K::Unavailable, Retry),
            (503, K::Unavailable, Retry),
            (504, K::Unavailable, Retry),
            (999, K::Malformed, GiveUp),
        ] {
            for body in ["", "{}", "[]", "oops", r#"{"errorCode": 7}"#] {
                assert_eq!(
                    short(judged(status, &[], body)),
                    Some((kind, reaction)),
                    "{status} {body}"
                );
            }
        }
    }

    #[test]
    fn pages_are_not_taken_for_answers() {
        let page = "<html><body>Sign in</body></html>";
        assert_eq!(
            short(judged(401, &[], page)),
            Some((ErrorKind::WrongHost, Reaction::Refresh))
        );
        for (status, kind) in [
            (200, ErrorKind::WrongHost),
            (404, ErrorKind::WrongHost),
            // Case 43: a wall before the API has refused, and no permission is lacking.
            (403, ErrorKind::WrongHost),
            (400, ErrorKind::WrongHost),
            (422, ErrorKind::WrongHost),
            (413, ErrorKind::TooLarge),
            (429, ErrorKind::TooManyRequests),
            (502, ErrorKind::Unavailable),
        ] {
            let found =
                judged(status, &[("content-type", "text/html;charset=UTF-8")], page).unwrap();
            assert_eq!(found.kind, kind);
            assert!(!found.message.unwrap_or_default().contains("Sign in"));
        }
    }

    #[test]
    fn successes_are_successes() {
        for body in [
            "",
            "{}",
            "[]",
            r#"{"id":"1"}"#,
            r#"{"errorCode":"E-7","id":"1"}"#,
            "null",
        ] {
            assert_eq!(judged(200, &[], body), None, "{body}");
        }
        assert_eq!(judged(204, &[], ""), None);
        assert_eq!(
            short(judged(200, &[], "not json")),
            Some((ErrorKind::Malformed, Reaction::Retry))
        );
    }

    #[test]
    fn waits_come_from_the_headers() {
        use ErrorKind as K;
        let wait = |seconds| Reaction::Wait(Duration::from_secs(seconds));
        let limited = |code: &str| json!({"errorCode": code, "message": "m"}).to_string();
        let used_up: [(&'static str, &str); 3] = [
            ("x-ratelimit-limit", "20"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1767225620"),
        ];
        let day_over: [(&'static str, &str); 3] = [
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1767243600"),
        ];
        let calls_left: [(&'static str, &str); 3] = [
            ("x-ratelimit-limit", "20"),
            ("x-ratelimit-remaining", "6"),
            ("x-ratelimit-reset", "1767225620"),
        ];
        for (status, headers, body, expected, until) in [
            (429, &day_over[..], limited("RATE_LIMIT_EXCEEDED"), (K::DayLimit, Reaction::GiveUp), Some(18_000)),
            (429, &day_over[..2], limited("RATE_LIMIT_EXCEEDED"), (K::DayLimit, Reaction::GiveUp), None),
            (429, &day_over[1..], limited("RATE_LIMIT_EXCEEDED"), (K::DayLimit, Reaction::GiveUp), Some(18_000)),
            (429, &day_over, limited("TOO_MANY_REQUESTS"), (K::TooManyRequests, Reaction::Retry), None),
            (429, &calls_left, limited("RATE_LIMIT_EXCEEDED"), (K::MinuteLimit, wait(20)), Some(20)),
            (429, &calls_left[..2], limited("RATE_LIMIT_EXCEEDED"), (K::TooManyRequests, Reaction::Retry), None),
            (429, &[("retry-after", "7")][..][..], limited("TOO_MANY_REQUESTS"), (K::TooManyRequests, wait(7)), Some(7)),
            (429, &[("retry-after", "3600")], limited("TOO_MANY_REQUESTS"), (K::TooManyRequests, Reaction::GiveUp), Some(3600)),
            (429, &[("retry-after", "3600")], limited("THRESHOLD_EXCEEDED"), (K::DayLimit, Reaction::GiveUp), Some(3600)),
            (429, &[], limited("THRESHOLD_EXCEEDED"), (K::DayLimit, Reaction::GiveUp), None),
            (429, &[("retry-after", "3600")], limited("RATE_LIMIT_EXCEEDED"), (K::DayLimit, Reaction::GiveUp), Some(3600)),
            (429, &[("retry-after", "30")], limited("RATE_LIMIT_EXCEEDED"), (K::MinuteLimit, wait(30)), Some(30)),
            (429, &used_up, limited("RATE_LIMIT_EXCEEDED"), (K::MinuteLimit, wait(20)), Some(20)),
            (429, &used_up, String::new(), (K::MinuteLimit, wait(20)), Some(20)),
            (503, &[("retry-after", "5")], String::new(), (K::Unavailable, wait(5)), Some(5)),
            (503, &[("retry-after", "9999")], String::new(), (K::Unavailable, Reaction::GiveUp), Some(9999)),
            (500, &used_up, String::new(), (K::ServerError, Reaction::Retry), None),
            (
                422,
                &[],
                json!({"errorCode": "UNPROCESSABLE_ENTITY", "message": "Schedule is in progress, please try after some time"}).to_string(),
                (K::Locked, wait(10)),
                Some(10),
            ),
        ] {
            let found = judged(status, headers, &body).unwrap();
            assert_eq!((found.kind, found.reaction), expected, "{body}");
            assert_eq!(found.until_ms, until.map(|s: i64| NOW + s * 1000), "{body}");
        }
    }

    #[test]
    fn both_shapes_of_field_errors_are_read() {
        let openapi = json!({"errorCode": "INVALID_DATA", "message": "m", "errors": [
            {"fieldName": "/name", "errorType": "duplicate", "errorMessage": "taken"},
            {"fieldName": "/x", "errorType": "missing"},
            {"errorType": "missing"}, 7,
        ]});
        let found = judged(422, &[], &openapi.to_string()).unwrap();
        assert_eq!(found.kind, ErrorKind::Invalid);
        assert_eq!(
            found.fields,
            [
                FieldError::new("/name", Fault::Duplicate, Some("taken")),
                FieldError::new("/x", Fault::Missing, None),
            ]
        );
        let duplicate = json!({"errorCode": "INVALID_DATA", "message": "m", "errors": [
            {"fieldName": "/name", "errorType": "duplicate"}]});
        let found = judged(422, &[], &duplicate.to_string()).unwrap();
        assert_eq!(found.kind, ErrorKind::Duplicate);
        let guide = json!({"errorCode": "INVALID_DATA", "message": "m", "details":
            {"field": "status", "expectedValues": ["Open", "Closed"]}});
        let found = judged(400, &[], &guide.to_string()).unwrap();
        assert_eq!(
            found.fields,
            [FieldError::new(
                "status",
                Fault::Invalid,
                Some("expected one of `Open`, `Closed`")
            )]
        );
        for (code, fault) in [
            ("REQUIRED_FIELD_MISSING", Fault::Missing),
            ("DUPLICATE_RECORD", Fault::Duplicate),
            ("FIELD_NOT_EDITABLE", Fault::Other),
        ] {
            let body = json!({"errorCode": code, "message": "m", "details": {"field": "name"}});
            let found = judged(400, &[], &body.to_string()).unwrap();
            assert_eq!(found.fields, [FieldError::new("name", fault, None)]);
        }
    }

    #[test]
    fn the_licence_body_names_its_figures() {
        let body = json!({"errorCode": "LICENSE_ACCESS_LIMITED", "message": "limit reached", "feature": "AGENTS",
            "maxAllowedEntity": "10", "editionType": "FREE", "isTrial": false});
        let found = judged(403, &[], &body.to_string()).unwrap();
        assert_eq!(
            found.message.as_deref(),
            Some("limit reached (FREE allows 10 AGENTS)")
        );
    }

    #[test]
    fn a_bulk_answer_with_a_failure_is_a_failure() {
        let body = |success: bool, errors: Value| {
            json!({"results": [{"id": 7, "success": true, "errors": null},
                {"id": "8", "success": success, "errors": errors}]})
            .to_string()
        };
        assert_eq!(judged(200, &[], &body(true, Value::Null)), None);
        let found = judged(
            200,
            &[],
            &body(false, json!({"errorCode": "FORBIDDEN", "httpCode": "403"})),
        )
        .unwrap();
        assert_eq!(found.kind, ErrorKind::Forbidden);
        assert_eq!(found.message.as_deref(), Some("`8`: it was refused"));
        let found = judged(200, &[], &body(false, Value::Null)).unwrap();
        assert_eq!(found.kind, ErrorKind::Invalid);
        assert_eq!(
            judged(
                200,
                &[],
                &body(false, json!({"errorCode": "SCHEDULED", "httpCode": 202}))
            ),
            None
        );
    }
}
