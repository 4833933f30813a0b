//! What an answer that refuses says, in whichever of its shapes it says it.
//!
//! The published API has `errorCode`, `message` and `errors`, the guide `errorCode`, `message` and
//! `details`. What stands before the API nests `title` or `code`, `message` and `details` in `error`.

use std::time::Duration;

use serde_json::{Map, Value};

use super::error::{Fault, FieldError};

type Object = Map<String, Value>;

/// The body of an answer that refuses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal<'a> {
    /// What says it: the body, or what is nested in it.
    said: &'a Object,
    is_nested: bool,
}

impl<'a> Refusal<'a> {
    /// Looks for what says it.
    pub(super) fn of(body: &'a Object) -> Self {
        match body.get("error") {
            Some(Value::Object(said)) => Self {
                said,
                is_nested: true,
            },
            _ => Self {
                said: body,
                is_nested: false,
            },
        }
    }

    /// The code.
    pub(super) fn code(&self) -> Option<&'a str> {
        let names: &[&str] = if self.is_nested {
            &["errorCode", "code", "title"]
        } else {
            &["errorCode", "code", "error"]
        };
        names.iter().find_map(|name| string(self.said, name))
    }

    /// The code of an answer whose status is a success: objects have a `code` and a `title` of their own.
    pub(super) fn code_in_success(&self) -> Option<&'a str> {
        if self.is_nested {
            self.code()
        } else {
            string(self.said, "errorCode")
        }
    }

    /// The words for people.
    pub(super) fn message(&self) -> Option<String> {
        let said = self.said;
        let message = ["message", "errorMessage", "error_description"]
            .iter()
            .find_map(|name| string(said, name));
        let limit = string(said, "maxAllowedEntity").map(|max| {
            let feature = string(said, "feature").unwrap_or("objects");
            let edition = string(said, "editionType").unwrap_or("this edition");
            format!("{edition} allows {max} {feature}")
        });
        let detail = match said.get("details") {
            Some(Value::String(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
            Some(details) => objects(details)
                .filter(|detail| field_name(detail).is_none())
                .find_map(words),
            None => None,
        };
        let message = match (message, detail) {
            (Some(message), Some(detail)) if !message.contains(detail) => {
                Some(format!("{}: {detail}", message.trim_end_matches('.')))
            }
            (message, detail) => message.or(detail).map(str::to_owned),
        };
        match (message, limit) {
            (Some(message), Some(limit)) => Some(format!("{message} ({limit})")),
            (message, limit) => message.or(limit),
        }
    }

    /// The refused fields: of `errors`, else of `details`.
    pub(super) fn fields(&self) -> Vec<FieldError> {
        let of = |name: &str| -> Vec<FieldError> {
            let list = self.said.get(name).into_iter().flat_map(objects);
            list.filter_map(|error| self.field(error)).collect()
        };
        let fields = of("errors");
        if fields.is_empty() {
            of("details")
        } else {
            fields
        }
    }

    fn field(&self, error: &Object) -> Option<FieldError> {
        let kind = match string(error, "errorType") {
            Some("invalid") => Fault::Invalid,
            Some("duplicate") => Fault::Duplicate,
            Some("missing") => Fault::Missing,
            Some(_) => Fault::Other,
            None => self.code().map_or(Fault::Other, fault_of),
        };
        let expected = error
            .get("expectedValues")
            .and_then(Value::as_array)
            .map(|values| {
                let values: Vec<String> = values
                    .iter()
                    .map(|value| match value {
                        Value::String(text) => format!("`{text}`"),
                        other => format!("`{other}`"),
                    })
                    .collect();
                format!("expected one of {}", values.join(", "))
            });
        let message = expected.as_deref().or_else(|| words(error));
        Some(FieldError::new(field_name(error)?, kind, message))
    }

    /// How long to wait, where the words say it: "after 2 minutes".
    pub(super) fn told_wait(&self) -> Option<Duration> {
        let message = self.message()?.to_ascii_lowercase();
        let words: Vec<&str> = message
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        words.windows(3).find_map(|words| {
            let [after, number, unit] = words else {
                return None;
            };
            let seconds = match *unit {
                "second" | "seconds" | "sec" | "secs" => 1,
                "minute" | "minutes" | "min" | "mins" => 60,
                "hour" | "hours" => 3600,
                _ => return None,
            };
            let number: u64 = number.parse().ok().filter(|_| *after == "after")?;
            Some(Duration::from_secs(number.checked_mul(seconds)?))
        })
    }
}

/// An object, or the objects of a list.
fn objects(value: &Value) -> impl Iterator<Item = &Object> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter().filter_map(Value::as_object)
}

fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object
        .get(name)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn field_name(error: &Object) -> Option<&str> {
    ["fieldName", "field", "param"]
        .iter()
        .find_map(|name| string(error, name))
}

fn words(error: &Object) -> Option<&str> {
    ["errorMessage", "message", "reason"]
        .iter()
        .find_map(|name| string(error, name))
}

/// What a code says about the fields that come with it.
fn fault_of(code: &str) -> Fault {
    match code {
        "INVALID_DATA" | "PATTERN_NOT_MATCHED" => Fault::Invalid,
        "REQUIRED_FIELD_MISSING" => Fault::Missing,
        "DUPLICATE_RECORD" => Fault::Duplicate,
        _ => Fault::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::{ErrorKind, Reaction};
    use crate::api::testing::{NOW, judged};
    use serde_json::json;

    #[test]
    fn case_18_what_is_nested_in_error_is_read() {
        let pattern =
            json!({"error": {"title": "PATTERN_NOT_MATCHED", "details": [{"param": "phone"}]}});
        let both = json!({"error": {"code": "EXTRA_PARAM_FOUND", "message": "Not taken.",
            "details": [{"param": "cf", "message": "extra"}, {"message": "read the manual"}, 7]}});
        let text =
            json!({"error": {"title": "SOMETHING", "details": "words"}, "status": "failure"});
        let flat = json!({"error": "invalid_code", "error_description": "gone"});
        let field = FieldError::new;
        for (body, kind, code, message, fields) in [
            (
                pattern,
                ErrorKind::Invalid,
                "PATTERN_NOT_MATCHED",
                None,
                vec![field("phone", Fault::Invalid, None)],
            ),
            (
                both,
                ErrorKind::BadRequest,
                "EXTRA_PARAM_FOUND",
                Some("Not taken: read the manual"),
                vec![field("cf", Fault::Other, Some("extra"))],
            ),
            (
                text,
                ErrorKind::BadRequest,
                "SOMETHING",
                Some("words"),
                vec![],
            ),
            (
                flat,
                ErrorKind::BadRequest,
                "invalid_code",
                Some("gone"),
                vec![],
            ),
        ] {
            let found = judged(400, &[], &body.to_string()).unwrap();
            assert_eq!(found.kind, kind, "{body}");
            assert_eq!(found.code.as_deref(), Some(code), "{body}");
            assert_eq!(found.message.as_deref(), message, "{body}");
            assert_eq!(found.fields, fields, "{body}");
        }
    }

    #[test]
    fn case_18_a_throttle_is_one_at_any_status() {
        let body = |words: &str| {
            json!({"error": {"title": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED",
                "details": {"message": words}}})
            .to_string()
        };
        let minutes = "Please try again after 2 minutes.";
        for status in [200, 400, 401, 403, 422, 429, 500, 503] {
            let found = judged(status, &[], &body(minutes)).unwrap();
            let wait = Reaction::Wait(Duration::from_secs(120));
            assert_eq!((found.kind, found.reaction), (ErrorKind::MinuteLimit, wait));
            assert_eq!(found.until_ms, Some(NOW + 120_000), "{status}");
            assert_eq!(found.message.as_deref(), Some(minutes), "{status}");
            // What the headers say counts more, and what says nothing is repeated after a while.
            let found = judged(status, &[("retry-after", "7")], &body(minutes)).unwrap();
            assert_eq!(found.reaction, Reaction::Wait(Duration::from_secs(7)));
            let found = judged(status, &[], &body("Too fast")).unwrap();
            assert_eq!(found.reaction, Reaction::Retry, "{status}");
            // It is one sender who has to wait long, and no day that is over.
            let found = judged(status, &[], &body("try after 2 hours")).unwrap();
            let expected = (ErrorKind::MinuteLimit, Reaction::GiveUp);
            assert_eq!((found.kind, found.reaction), expected, "{status}");
        }
        for (words, seconds) in [
            ("30 calls in 5 minutes; try after 45 secs", Some(45)),
            ("after 1 min", Some(60)),
            ("after minutes", None),
            ("5 minutes", None),
            ("after 99999999999999999999 hours", None),
        ] {
            let body = json!({"message": words});
            let told = Refusal::of(body.as_object().unwrap()).told_wait();
            assert_eq!(told, seconds.map(Duration::from_secs), "{words}");
        }
    }

    /// Records have titles and codes of their own.
    #[test]
    fn case_18_a_success_is_no_refusal_for_its_words() {
        for body in [
            json!({"id": "1", "title": "PATTERN_NOT_MATCHED", "code": "FORBIDDEN"}),
            json!({"id": "1", "error": "FORBIDDEN"}),
            json!({"id": "1", "error": {"title": "nothing that is known"}}),
        ] {
            assert_eq!(judged(200, &[], &body.to_string()), None, "{body}");
        }
    }
}
