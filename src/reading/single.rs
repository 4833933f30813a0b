//! One object by its id: whether it is there has one meaning, whoever asks.

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::Unread;
use super::objects::{gather, plant_name};
use crate::api::{ApiError, ErrorKind, Reader, template};
use crate::codec::id_text;
use crate::dialect::Dialect;
use crate::kind::{Api, Kind};
use crate::live::is_gone;

/// What a GET by an id told.
#[derive(Debug, Clone, PartialEq)]
pub enum Single {
    /// The object is there, and this is all that is shown of it.
    There(Map<String, Json>),
    /// It is shown, and is trashed or deleted.
    Gone(Map<String, Json>),
    /// There is no such object.
    Absent,
}

/// Reads one object by its id; none where the kind has no such GET.
///
/// Only the answer that there is no such object ([`ApiError::is_absent`]) proves its absence, and only
/// an object with that id is the object. Everything else, such as a list, a text, an empty object or
/// another one, tells nothing. No content tells nothing either, except where each scope has one object or
/// none: there it means none.
///
/// # Errors
/// [`ApiError`] of the call, and [`ErrorKind::Malformed`] where the answer is not the object.
pub async fn single(
    reader: &Reader,
    kind: &'static Kind,
    dialect: Dialect,
    id: &str,
) -> Result<Option<Single>, ApiError> {
    let Some((api, item)) = kind.api(dialect).and_then(|api| Some((api, api.item?))) else {
        return Ok(None);
    };
    let request = template::get_by_id(item, id);
    let answer = match reader.get(&request).await {
        Ok(answer) => answer,
        Err(error) if error.is_absent() => return Ok(Some(Single::Absent)),
        Err(error) => return Err(error),
    };
    let mut body = answer.body;
    if let Some(Json::Object(raw)) = &mut body {
        plant_name(kind, dialect, raw);
    }
    match body {
        Some(Json::Object(mut raw)) if is_of_id(&raw, api, id) => {
            gather(kind, dialect, &mut raw);
            if api.is_blank(&raw) {
                return Ok(Some(Single::Absent));
            }
            Ok(Some(if is_gone(&raw) {
                Single::Gone(raw)
            } else {
                Single::There(raw)
            }))
        }
        None if api.blank.is_some() => Ok(Some(Single::Absent)),
        _ => {
            let subject = format!("{} {}", request.method, request.path);
            let error = ApiError::new(ErrorKind::Malformed, &subject)
                .with_message("the answer is not the object with that id")
                .with_status(answer.status)
                .with_request_id(answer.request_id.as_deref());
            Err(error)
        }
    }
}

fn is_of_id(raw: &Map<String, Json>, api: &Api, id: &str) -> bool {
    raw.get(api.id).and_then(id_text).as_deref() == Some(id)
}

/// What is to be read of whatever is told beside it.
pub(super) type Wanted<T> = (&'static Kind, String, T);

/// Reads objects by their ids, each with what is told beside it; those of which the kind has no such GET
/// are left out.
///
/// # Errors
/// Every object of which nothing can be said.
pub(super) async fn singles<T>(
    reader: &Reader,
    dialect: Dialect,
    wanted: impl IntoIterator<Item = Wanted<T>>,
) -> Result<Vec<(Wanted<T>, Single)>, Vec<Unread>> {
    let calls = wanted.into_iter().map(|wanted| async move {
        let told = single(reader, wanted.0, dialect, &wanted.1).await;
        (wanted, told)
    });
    let (mut read, mut failures) = (Vec::new(), Vec::new());
    for (wanted, told) in join_all(calls).await {
        match told {
            Ok(Some(told)) => read.push((wanted, told)),
            Ok(None) => {}
            Err(error) => failures.push(Unread::of(wanted.0, dialect, error)),
        }
    }
    if failures.is_empty() {
        Ok(read)
    } else {
        Err(failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::{Scripted, answer, client, ok, token};
    use crate::kind::find;

    #[tokio::test(start_paused = true)]
    async fn only_not_found_proves_absence() {
        let kind = find("contacts").unwrap();
        let not_found = r#"{"errorCode":"URL_NOT_FOUND","message":"no"}"#;
        let of_guide = r#"{"errorCode":"RECORD_NOT_FOUND","message":"no"}"#;
        for (given, told) in [
            (ok(r#"{"id":"7","lastName":"A"}"#), Some("there")),
            (ok(r#"{"data":{"id":7}}"#), Some("there")),
            (ok(r#"{"id":"7","isDeleted":true}"#), Some("gone")),
            (answer(404, &[], not_found), Some("absent")),
            (answer(422, &[], of_guide), Some("absent")),
            (answer(422, &[], r#"{"errorCode":"INVALID_DATA"}"#), None),
            (answer(403, &[], r#"{"errorCode":"FORBIDDEN"}"#), None),
            (answer(204, &[], ""), None),
            (ok(""), None),
            (ok("null"), None),
            (ok("{}"), None),
            (ok("[]"), None),
            (ok(r#"[{"id":"7"}]"#), None),
            (ok(r#""7""#), None),
            (ok(r#"{"data":[]}"#), None),
            (ok(r#"{"lastName":"A"}"#), None),
            (ok(r#"{"id":"8","lastName":"A"}"#), None),
        ] {
            let said = format!("{given:?}");
            let transport = Scripted::queue(vec![given]);
            let client = client(&transport);
            let read = single(&client.reader(), kind, Dialect::Openapi, "7").await;
            let found = match read {
                Ok(Some(Single::There(_))) => Some("there"),
                Ok(Some(Single::Gone(_))) => Some("gone"),
                Ok(Some(Single::Absent)) => Some("absent"),
                Ok(None) => panic!("contacts can be read by id"),
                Err(error) => {
                    assert!(error.to_string().contains("/contacts/7"), "{error}");
                    None
                }
            };
            assert_eq!(found, told, "{said}");
        }
    }

    /// Where each scope has one object or none, no content is none.
    #[tokio::test(start_paused = true)]
    async fn no_content_is_none_where_there_may_be_none() {
        let kind = find("timeTracking").unwrap();
        let transport = Scripted::queue(vec![answer(204, &[], "")]);
        let client = client(&transport);
        let read = single(&client.reader(), kind, Dialect::Openapi, "7").await;
        assert_eq!(read, Ok(Some(Single::Absent)));
    }

    #[tokio::test(start_paused = true)]
    async fn every_object_of_which_nothing_can_be_said_is_told() {
        let transport = Scripted::new(|sent| match &*sent.line {
            line if line.ends_with("/token") => token(1),
            line if line.ends_with("/7") => ok(r#"{"id":"7"}"#),
            _ => ok("[]"),
        });
        let client = client(&transport);
        let kind = find("accounts").unwrap();
        let wanted = ["7", "8", "9"].map(|id| (kind, id.to_owned(), ()));
        let failures = singles(&client.reader(), Dialect::Openapi, wanted).await;
        let told: Vec<String> = failures
            .unwrap_err()
            .iter()
            .map(Unread::to_string)
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("accounts cannot be read: "), "{told:?}");
        assert!(told[0].contains("/accounts/8") && told[1].contains("/accounts/9"));
    }
}
