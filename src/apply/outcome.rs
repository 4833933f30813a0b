//! How steps end that were not applied, in words, each with a way out.

use percent_encoding::percent_decode_str;

use crate::api::{ApiError, ErrorKind};
use crate::apply::event::Outcome;
use crate::codec::EncodeError;
use crate::dialect::Dialect;
use crate::plan::requests::Op;
use crate::plan::task::Task;
use crate::problem::counted;
use crate::state::Value;

/// The way out where a run ended before its time.
pub(super) const AGAIN: &str = "run apply again; what was done is not done twice";

pub(super) fn begun_only() -> Outcome {
    Outcome::Failed {
        error: "the run was stopped before all of it was written".to_owned(),
        hint: Some(AGAIN.to_owned()),
        request_id: None,
        partly: true,
    }
}

pub(super) fn not_read_back(why: &str) -> Outcome {
    Outcome::Unknown {
        error: format!(
            "the answer does not show what came of it, and it cannot be read back: {why}"
        ),
        hint: None,
    }
}

/// A creation whose answer was lost and whose object has not appeared.
pub(super) fn never_seen(sent: usize, cause: &str, hint: Option<String>) -> Outcome {
    let sent = counted(sent, "time");
    Outcome::Unknown {
        error: format!("sent {sent} and not found in the listing: {cause}"),
        hint,
    }
}

pub(super) fn several(ids: &[String]) -> Outcome {
    Outcome::Unknown {
        error: format!(
            "{} objects of this name exist: {}; delete all but one of them in Zoho Desk",
            ids.len(),
            ids.join(", ")
        ),
        hint: None,
    }
}

pub(super) fn not_built(error: &EncodeError) -> Outcome {
    let (error, hint) = match error {
        EncodeError::UnknownId(address) => (
            format!("the id of `{address}` is not known"),
            "run apply again; if it stays so, report it",
        ),
        EncodeError::NoSecret => (
            "a secret it needs is not set".to_owned(),
            "set the environment variable that the manifest names",
        ),
    };
    Outcome::Failed {
        error,
        hint: Some(hint.to_owned()),
        request_id: None,
        partly: false,
    }
}

/// A write that was refused, or whose outcome nobody knows.
pub(super) fn refused(error: ApiError, task: &Task, op: &Op, dialect: Dialect) -> Outcome {
    if error.kind() == ErrorKind::Abandoned {
        return Outcome::Stopped;
    }
    let lost = error.is_outcome_unknown();
    let help = effect_help(&error, task, op, dialect);
    let hint = match (help, error.hint()) {
        (Some(help), hint) if error.kind() != ErrorKind::Invalid => format!("{help}. {hint}"),
        (Some(help), _) => help.to_owned(),
        (None, hint) => hint.to_owned(),
    };
    let (text, request_id) = text_of(error, task);
    if lost {
        return Outcome::Unknown {
            error: text,
            hint: help.is_some().then_some(hint),
        };
    }
    Outcome::Failed {
        error: text,
        hint: Some(hint),
        request_id,
        partly: false,
    }
}

/// A creation that was refused as a duplicate of what no listing shows.
pub(super) fn held_elsewhere(error: ApiError, task: &Task) -> Outcome {
    let singular = task.kind.singular;
    let hint = match task.kind.holders.places {
        [] => format!(
            "no live {singular} of this name is to be seen: look in Zoho Desk, and as another user, for what holds it, or choose another name"
        ),
        places => format!(
            "no live {singular} of this name is to be seen: look at {}, and restore, rename or remove for good what holds it, or choose another name",
            listed(places)
        ),
    };
    let (error, request_id) = text_of(error, task);
    Outcome::Failed {
        error,
        hint: Some(hint),
        request_id,
        partly: false,
    }
}

fn listed(places: &[&str]) -> String {
    match places {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        places => places.concat(),
    }
}

/// What the table knows of a failure that the effect of a write may have had: the server failed at it,
/// or refused it and named no field.
pub(super) fn effect_help(
    error: &ApiError,
    task: &Task,
    op: &Op,
    dialect: Dialect,
) -> Option<&'static str> {
    let help = task.kind.effect_help?;
    let is_quiet = (task.kind.api(dialect)).is_some_and(|api| api.creates_quietly);
    let renews = || {
        let mut fields = task.kind.fields.iter();
        fields.any(|field| field.renews && op.sends(field, dialect))
    };
    let may_be_it = match error.kind() {
        ErrorKind::ServerError | ErrorKind::Unavailable | ErrorKind::Lost => {
            error.status().is_some_and(|status| status >= 500)
        }
        ErrorKind::Invalid | ErrorKind::BadRequest => error.fields().is_empty(),
        _ => false,
    };
    (may_be_it && !is_quiet && (op.creates() || renews())).then_some(help)
}

/// An error's text without secrets, and the request's id apart.
pub(super) fn text_of(mut error: ApiError, task: &Task) -> (String, Option<String>) {
    // A server may repeat what it was sent, or what it read there: a web address holds its secrets
    // percent-encoded.
    let mut secrets = Vec::new();
    let mut read = Vec::new();
    for (_, value) in task.body.iter() {
        value.walk(&mut |value| {
            if let Value::Secret(secret) = value {
                secrets.extend(secret.expose());
                secrets.extend(secret.parts());
                read.extend(
                    secret
                        .parts()
                        .into_iter()
                        .filter(|part| part.contains('%'))
                        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()),
                );
            }
        });
    }
    error.redact(secrets.into_iter().chain(read.iter().map(String::as_str)));
    let mut text = error.to_string();
    if let Some(id) = error.request_id()
        && let Some(rest) = text.strip_suffix(&format!("; request id `{id}`"))
    {
        text.truncate(rest.len());
    }
    (text, error.request_id().map(str::to_owned))
}
