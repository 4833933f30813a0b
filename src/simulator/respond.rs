//! Answers and refusals, and how each dialect words them.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::dialect::Dialect;

/// What an operation answers when it succeeds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// One object; the guide wraps it in `data`.
    Object(u16, Value),
    /// A page of objects; the openapi dialect answers 204 for an empty one.
    List(Vec<Value>),
    /// A page of objects under a key of its own; an empty one has a body too.
    Keyed(&'static str, Vec<Value>),
    /// A page of objects as a bare list, an empty one too.
    Bare(Vec<Value>),
    /// A page of objects of a search, with the number of all hits.
    Search(Vec<Value>, usize),
    /// No body.
    Empty(u16),
}

/// How an operation ends.
pub(super) type Outcome = Result<Answer, Fault>;

/// What is wrong with one field of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldFault {
    /// A JSON pointer into the body.
    pub(super) pointer: String,
    /// What is wrong.
    pub(super) problem: Problem,
}

impl FieldFault {
    /// A fault at a pointer.
    pub(super) fn new(pointer: impl Into<String>, problem: Problem) -> Self {
        Self {
            pointer: pointer.into(),
            problem,
        }
    }
}

/// The kinds of faults of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// It must be there.
    Missing,
    /// Another object has this value.
    Duplicate,
    /// It is answered and never taken.
    ReadOnly,
    /// It breaks its rule; values are never repeated, they may be secret.
    Invalid {
        why: String,
        expected: &'static [&'static str],
    },
}

/// Why an organization and a token do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrganizationFault {
    /// The token belongs to another organization.
    Mismatch,
    /// No organization is named.
    Missing,
    /// The id is no number.
    NotNumeric,
    /// The header and the query name different organizations.
    Ambiguous,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// No operation has this path.
    Route,
    /// The path has no operation with this method.
    Method,
    /// The body is beyond the limit.
    TooLarge,
    /// The body is not declared as JSON.
    MediaType,
    /// The body is no JSON object.
    Json,
    /// A change without any field.
    EmptyBody,
    /// A query parameter is unknown, missing or out of form.
    Query { name: String, why: String },
    /// Keys or values of the body break the rules.
    Body {
        extra: Vec<String>,
        fields: Vec<FieldFault>,
    },
    /// A well-formed request that this operation never allows.
    Misuse(String),
    /// A well-formed request that the present state does not allow.
    State(String),
    /// A duplicate that has an error code of its own.
    Twice(&'static str, String),
    /// The acting agent or a system object is protected.
    Protected(String),
    /// No valid token.
    Token,
    /// The token lacks the scopes.
    Scope,
    /// The organization does not fit.
    Organization(OrganizationFault),
    /// No object has the id in the path.
    Absent,
    /// The credits of the day are gone; seconds until the next day.
    Credits { retry_after: i64 },
    /// Too many calls are active in the organization.
    Concurrency,
    /// The limit of the minute or of the day is reached.
    Rate,
}

impl Fault {
    /// A single field fault.
    pub(super) fn field(pointer: impl Into<String>, problem: Problem) -> Self {
        Self::Body {
            extra: Vec::new(),
            fields: vec![FieldFault::new(pointer, problem)],
        }
    }

    /// A single invalid field.
    pub(super) fn invalid(pointer: impl Into<String>, why: impl Into<String>) -> Self {
        Self::field(
            pointer,
            Problem::Invalid {
                why: why.into(),
                expected: &[],
            },
        )
    }

    /// What rule of the API the request breaks, or nothing when the request is well formed.
    pub(super) fn violation(&self) -> Option<String> {
        match self {
            Self::Route => Some("unknown route".into()),
            Self::Method => Some("the route has no such method".into()),
            Self::TooLarge => Some("the body is too large".into()),
            Self::MediaType => Some("the body is not declared as application/json".into()),
            Self::Json => Some("the body is no JSON object".into()),
            Self::EmptyBody => Some("the change has no field".into()),
            Self::Query { why, .. } | Self::Misuse(why) => Some(why.clone()),
            Self::Organization(OrganizationFault::Missing) => Some("no orgId is given".into()),
            Self::Organization(OrganizationFault::NotNumeric) => {
                Some("the orgId is no number".into())
            }
            Self::Organization(OrganizationFault::Ambiguous) => {
                Some("the orgIds of header and query differ".into())
            }
            Self::Body { extra, fields } => {
                let unknown = extra
                    .iter()
                    .map(|pointer| format!("`{pointer}` is unknown"));
                let wrong = fields.iter().filter_map(|field| {
                    let pointer = &field.pointer;
                    match &field.problem {
                        Problem::Missing => Some(format!("`{pointer}` is missing")),
                        Problem::ReadOnly => Some(format!("`{pointer}` is read-only")),
                        Problem::Invalid { why, .. } => Some(format!("`{pointer}` {why}")),
                        Problem::Duplicate => None,
                    }
                });
                let all: Vec<String> = unknown.chain(wrong).collect();
                (!all.is_empty()).then(|| all.join("; "))
            }
            Self::Organization(OrganizationFault::Mismatch)
            | Self::State(_)
            | Self::Twice(..)
            | Self::Protected(_)
            | Self::Token
            | Self::Scope
            | Self::Absent
            | Self::Credits { .. }
            | Self::Concurrency
            | Self::Rate => None,
        }
    }

    /// The refusal as the dialect words it: status and body.
    pub(super) fn render(&self, dialect: Dialect) -> (u16, Value) {
        match dialect {
            Dialect::Openapi => self.openapi(),
            Dialect::Guide => self.guide(),
        }
    }

    fn openapi(&self) -> (u16, Value) {
        let (status, code, message) = match self {
            Self::Route => (
                404,
                "URL_NOT_FOUND",
                "The URL you requested could not be found.".to_owned(),
            ),
            Self::Absent => (
                404,
                "URL_NOT_FOUND",
                "The resource you requested could not be found.".to_owned(),
            ),
            Self::Method => (
                405,
                "METHOD_NOT_ALLOWED",
                "The method is not allowed for this URL.".to_owned(),
            ),
            Self::TooLarge => (
                413,
                "RESOURCE_SIZE_EXCEEDED",
                "The body exceeds the permitted size.".to_owned(),
            ),
            Self::MediaType => (
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "The body must be application/json.".to_owned(),
            ),
            Self::Json => (
                400,
                "BAD_REQUEST",
                "The body is no valid JSON object.".to_owned(),
            ),
            Self::EmptyBody => (422, "EMPTY_PAYLOAD", "The body has no field.".to_owned()),
            Self::Query { why, .. } | Self::Misuse(why) | Self::State(why) => {
                (422, "UNPROCESSABLE_ENTITY", why.clone())
            }
            Self::Twice(code, why) => (422, *code, why.clone()),
            Self::Protected(why) => (403, "FORBIDDEN", why.clone()),
            Self::Token => (
                401,
                "INVALID_OAUTH",
                "The OAuth Token you provided is invalid.".to_owned(),
            ),
            Self::Scope => (
                403,
                "SCOPE_MISMATCH",
                "The OAuth Token lacks a scope of this operation.".to_owned(),
            ),
            Self::Organization(OrganizationFault::Mismatch) => (
                403,
                "OAUTH_ORG_MISMATCH",
                "The OAuth Token belongs to another organization.".to_owned(),
            ),
            Self::Organization(OrganizationFault::NotNumeric) => (
                500,
                "INTERNAL_SERVER_ERROR",
                "An internal error occurred.".to_owned(),
            ),
            Self::Organization(OrganizationFault::Missing | OrganizationFault::Ambiguous) => (
                422,
                "UNPROCESSABLE_ENTITY",
                "The orgId must be given once, as header or in the query.".to_owned(),
            ),
            Self::Credits { .. } => (
                429,
                "THRESHOLD_EXCEEDED",
                "The number of API credits of the day has been exceeded.".to_owned(),
            ),
            Self::Concurrency | Self::Rate => (
                429,
                "TOO_MANY_REQUESTS",
                "The maximum number of Concurrent API Calls that can be made has been exceeded."
                    .to_owned(),
            ),
            Self::Body { extra, fields } => return openapi_body(extra, fields),
        };
        (status, json!({"errorCode": code, "message": message}))
    }

    fn guide(&self) -> (u16, Value) {
        let plain =
            |status, code, message: &str| (status, json!({"errorCode": code, "message": message}));
        match self {
            Self::Route | Self::Method => plain(
                404,
                "RECORD_NOT_FOUND",
                "There is nothing at this URL for this method.",
            ),
            Self::Absent => plain(404, "RECORD_NOT_FOUND", "The record does not exist."),
            Self::TooLarge => plain(400, "INVALID_DATA", "The body exceeds the permitted size."),
            Self::MediaType => plain(400, "INVALID_DATA", "The body must be application/json."),
            Self::Json => plain(400, "INVALID_DATA", "The body is no valid JSON object."),
            Self::EmptyBody => plain(400, "INVALID_DATA", "The body has no field."),
            Self::Query { name, why } => (
                400,
                json!({"errorCode": "INVALID_DATA", "message": why, "details": {"field": name}}),
            ),
            Self::Misuse(why) | Self::State(why) => plain(400, "INVALID_DATA", why),
            Self::Twice(_, why) => plain(400, "DUPLICATE_RECORD", why),
            Self::Protected(why) => plain(403, "PERMISSION_DENIED", why),
            Self::Token => plain(
                401,
                "INVALID_TOKEN",
                "The access token is invalid or expired.",
            ),
            Self::Scope => plain(
                403,
                "INVALID_OAUTH_SCOPE",
                "The access token lacks a scope.",
            ),
            Self::Organization(OrganizationFault::NotNumeric) => {
                plain(500, "INTERNAL_ERROR", "An internal error occurred.")
            }
            Self::Organization(OrganizationFault::Mismatch) => plain(
                403,
                "INVALID_ORGID",
                "The access token belongs to another organization.",
            ),
            Self::Organization(_) => plain(400, "INVALID_ORGID", "The orgId must be given once."),
            Self::Credits { .. } | Self::Concurrency | Self::Rate => plain(
                429,
                "RATE_LIMIT_EXCEEDED",
                "The limit of API calls is exceeded.",
            ),
            Self::Body { extra, fields } => guide_body(extra, fields),
        }
    }
}

fn openapi_body(extra: &[String], fields: &[FieldFault]) -> (u16, Value) {
    if let Some(pointer) = extra.first() {
        let name = last_key(pointer);
        let message = format!("An extra parameter '{name}' is found");
        return (
            422,
            json!({"errorCode": "UNPROCESSABLE_ENTITY", "message": message}),
        );
    }
    let errors: Vec<Value> = fields
        .iter()
        .map(|field| {
            let (kind, why) = match &field.problem {
                Problem::Missing => ("missing", "is missing"),
                Problem::Duplicate => ("duplicate", "is used already"),
                Problem::ReadOnly => ("invalid", "cannot be written"),
                Problem::Invalid { why, .. } => ("invalid", why.as_str()),
            };
            json!({
                "fieldName": field.pointer,
                "errorType": kind,
                "errorMessage": format!("The value of '{}' {why}.", last_key(&field.pointer)),
            })
        })
        .collect();
    let message = "The data is invalid due to validation restrictions";
    (
        422,
        json!({"errorCode": "INVALID_DATA", "message": message, "errors": errors}),
    )
}

fn guide_body(extra: &[String], fields: &[FieldFault]) -> (u16, Value) {
    let (code, name, why, expected): (_, _, &str, &[&str]) = match (extra.first(), fields.first()) {
        (Some(pointer), _) => ("INVALID_DATA", pointer, "is unknown", &[]),
        (None, Some(field)) => match &field.problem {
            Problem::Missing => ("REQUIRED_FIELD_MISSING", &field.pointer, "is missing", &[]),
            Problem::Duplicate => ("DUPLICATE_RECORD", &field.pointer, "is used already", &[]),
            Problem::ReadOnly => (
                "FIELD_NOT_EDITABLE",
                &field.pointer,
                "cannot be edited",
                &[],
            ),
            Problem::Invalid { why, expected } => ("INVALID_DATA", &field.pointer, why, *expected),
        },
        (None, None) => {
            return (
                400,
                json!({"errorCode": "INVALID_DATA", "message": "The data is invalid."}),
            );
        }
    };
    let name = name.trim_start_matches('/').replace('/', ".");
    let mut details = json!({"field": name});
    if let (Some(details), false) = (details.as_object_mut(), expected.is_empty()) {
        details.insert("expectedValues".into(), json!(expected));
    }
    let message = format!("The input given for the field '{name}' {why}");
    (
        400,
        json!({"errorCode": code, "message": message, "details": details}),
    )
}

fn last_key(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}

impl Answer {
    /// The answer as the dialect words it: status and body.
    pub(super) fn render(self, dialect: Dialect) -> (u16, Option<Value>) {
        match (self, dialect) {
            (Self::Empty(status), _) => (status, None),
            (Self::Object(status, object), Dialect::Openapi) => (status, Some(object)),
            (Self::Object(status, object), Dialect::Guide) => {
                (status, Some(json!({"data": object})))
            }
            (Self::List(items) | Self::Search(items, _), Dialect::Openapi) if items.is_empty() => {
                (204, None)
            }
            (Self::List(items), Dialect::Openapi) => (200, Some(json!({"data": items}))),
            (Self::Bare(items), _) => (200, Some(Value::Array(items))),
            (Self::Keyed(key, items), _) => (200, Some(json!({key: items}))),
            (Self::Search(items, count), Dialect::Openapi) => {
                // The count of a search is a text in Zoho's own examples.
                (
                    200,
                    Some(json!({"data": items, "count": count.to_string()})),
                )
            }
            (Self::List(items) | Self::Search(items, _), Dialect::Guide) => {
                let count = items.len();
                (200, Some(json!({"data": items, "count": count})))
            }
        }
    }
}

/// An HTTP response with a JSON body, or with none.
pub(super) fn response(status: u16, body: Option<&Value>) -> Response<Bytes> {
    let bytes = body
        .map(|body| Bytes::from(body.to_string()))
        .unwrap_or_default();
    let mut response = Response::new(bytes);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if body.is_some() {
        let value = HeaderValue::from_static("application/json;charset=UTF-8");
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_words_its_refusals() {
        let duplicate = Fault::field("/emailId", Problem::Duplicate);
        let (status, body) = duplicate.render(Dialect::Openapi);
        assert_eq!(status, 422);
        assert_eq!(body["errorCode"], "INVALID_DATA");
        assert_eq!(body["errors"][0]["fieldName"], "/emailId");
        assert_eq!(body["errors"][0]["errorType"], "duplicate");
        let (status, body) = duplicate.render(Dialect::Guide);
        assert_eq!(
            (status, &body["errorCode"]),
            (400, &json!("DUPLICATE_RECORD"))
        );
        assert_eq!(body["details"]["field"], "emailId");
        assert_eq!(duplicate.violation(), None);
    }

    #[test]
    fn every_refusal_of_the_guide_uses_its_eleven_codes() {
        let codes = [
            "INVALID_TOKEN",
            "INVALID_OAUTH_SCOPE",
            "INVALID_DATA",
            "REQUIRED_FIELD_MISSING",
            "INVALID_ORGID",
            "RECORD_NOT_FOUND",
            "DUPLICATE_RECORD",
            "RATE_LIMIT_EXCEEDED",
            "INTERNAL_ERROR",
            "PERMISSION_DENIED",
            "FIELD_NOT_EDITABLE",
        ];
        let statuses = [400, 401, 403, 404, 429, 500];
        let faults = [
            Fault::Route,
            Fault::Method,
            Fault::TooLarge,
            Fault::MediaType,
            Fault::Json,
            Fault::EmptyBody,
            Fault::Query {
                name: "a".into(),
                why: "b".into(),
            },
            Fault::Misuse("a".into()),
            Fault::State("a".into()),
            Fault::Twice("A", "a".into()),
            Fault::Protected("a".into()),
            Fault::Token,
            Fault::Scope,
            Fault::Absent,
            Fault::Concurrency,
            Fault::Rate,
            Fault::Organization(OrganizationFault::Mismatch),
            Fault::Organization(OrganizationFault::Missing),
            Fault::Organization(OrganizationFault::NotNumeric),
            Fault::field("/a", Problem::Missing),
            Fault::field("/a", Problem::ReadOnly),
            Fault::invalid("/a", "b"),
        ];
        for fault in faults {
            let (status, body) = fault.render(Dialect::Guide);
            assert!(statuses.contains(&status), "{fault:?}");
            assert!(
                codes.contains(&body["errorCode"].as_str().unwrap()),
                "{fault:?}"
            );
        }
    }
}
