//! `deskform explain`.

use super::common::{Failure, nearest};
use super::output::print;
use crate::api::ErrorKind;
use crate::kind::{self, KINDS, Kind};
use crate::problem::{Code, Problem, exit};
use crate::report::{explain, topics};

/// Holds the arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind or one of its fields, such as `agents` or `webhooks.subscriptions`, anything else that a
    /// file may hold, such as `lifecycle` or `guards.maxDeletes`, or the code of a problem, such as
    /// `unknown-key`; all kinds and topics are listed where it is left out
    #[arg(value_name = "WHAT")]
    what: Option<String>,
}

/// Explains kinds, fields, what else files may hold, and codes, all from their tables.
///
/// A word that is both a kind and a code means the kind; one that is a key and a code means both.
///
/// # Errors
/// [`Failure`] when there is no such kind, field or code.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let text = match args.what.as_deref() {
        None => format!(
            "Kinds, which manifests declare\n\n{}\nWhat files may hold besides\n\n{}",
            explain::kinds(),
            topics::list()
        ),
        Some(what) => match what.split_once('.') {
            Some((collection, path)) => match (kind::find(collection), topics::found(what)) {
                (Some(kind), _) => {
                    explain::field(kind, path).ok_or_else(|| unknown_field(kind, path))?
                }
                (None, Some(topic)) => topic,
                (None, None) => return Err(unknown_key(collection, path)),
            },
            None => match (kind::find(what), topics::found(what), Code::find(what)) {
                (Some(kind), ..) => explain::kind(kind),
                (None, Some(topic), Some(code)) => {
                    format!(
                        "{topic}\nAs the code of a problem\n\n{}",
                        explain::code(code)
                    )
                }
                (None, Some(topic), None) => topic,
                (None, None, Some(code)) => explain::code(code),
                (None, None, None) => match ErrorKind::find(what) {
                    Some(kind) => {
                        format!("{what}: {}\n\n{}\n", kind.cause(), kind.hint())
                    }
                    None => return Err(unknown(what, Code::ALL)),
                },
            },
        },
    };
    print(&text)?;
    Ok(exit::OK)
}

/// Refuses a word that is no kind, nor any of the codes that it may be.
fn unknown(word: &str, codes: &[Code]) -> Failure {
    let kinds = KINDS.iter().map(|kind| kind.collection);
    let others = topics::names().chain(codes.iter().map(|code| code.as_str()));
    let calls = ErrorKind::ALL.iter().map(|kind| kind.code());
    let others = others.chain(calls.filter(|_| !codes.is_empty()));
    let near = nearest(word, kinds.chain(others));
    // No kind has a hyphen in its name, and no key but those that begin with `x-`.
    let is_code = near.map_or_else(
        || !codes.is_empty() && word.contains('-'),
        |near| kind::find(near).is_none() && topics::found(near).is_none(),
    );
    let problem = if is_code {
        Problem::error(
            Code::UnknownCode,
            format!("no problem has the code `{word}`"),
        )
    } else {
        Problem::error(
            Code::UnknownKind,
            format!("there is no kind `{word}`, and no file holds such a key"),
        )
    };
    Failure::from(match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if is_code => problem.help("`--log-format json` shows the code of each problem"),
        None => problem
            .help("`deskform explain` lists the kinds and everything else that a file may hold"),
    })
}

/// Refuses a key that its topic does not hold, or a topic that is none.
fn unknown_key(topic: &str, path: &str) -> Failure {
    let Some(topic) = topics::find(topic) else {
        return unknown(topic, &[]);
    };
    let problem = Problem::error(
        Code::UnknownField,
        format!("`{}` holds no key `{path}`", topic.name),
    );
    let names = topic.words.iter().map(|word| word.name);
    Failure::from(match nearest(path, names) {
        Some(near) => problem.help(format!("did you mean `{}.{near}`?", topic.name)),
        None => problem.help(format!("`deskform explain {}` lists its keys", topic.name)),
    })
}

/// Refuses a field that its kind does not have.
fn unknown_field(kind: &Kind, path: &str) -> Failure {
    let collection = kind.collection;
    let names = kind.fields.iter().map(|field| field.name);
    let problem = Problem::error(
        Code::UnknownField,
        format!("`{collection}` has no field `{path}`"),
    );
    Failure::from(match nearest(path, names) {
        Some(name) => problem.help(format!("did you mean `{collection}.{name}`?")),
        None => problem.help(format!("`deskform explain {collection}` lists its fields")),
    })
}
