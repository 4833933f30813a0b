//! `deskform explain`.

use super::common::{Failure, nearest};
use super::output::print;
use crate::kind::{self, KINDS, Kind};
use crate::problem::{Code, Problem, exit};
use crate::report::explain;

/// Holds the arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind or one of its fields, such as `agents` or `webhooks.subscriptions`, or the code of a
    /// problem, such as `unknown-key`; all kinds are listed where it is left out
    #[arg(value_name = "KIND[.FIELD]|CODE")]
    what: Option<String>,
}

/// Explains kinds, fields and codes from their tables.
///
/// A word that is both a kind and a code means the kind.
///
/// # Errors
/// [`Failure`] when there is no such kind, field or code.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let text = match args.what.as_deref() {
        None => explain::kinds(),
        Some(what) => match what.split_once('.') {
            Some((collection, path)) => {
                let kind = kind::find(collection).ok_or_else(|| unknown(collection, &[]))?;
                explain::field(kind, path).ok_or_else(|| unknown_field(kind, path))?
            }
            None => match (kind::find(what), Code::find(what)) {
                (Some(kind), _) => explain::kind(kind),
                (None, Some(code)) => explain::code(code),
                (None, None) => return Err(unknown(what, Code::ALL)),
            },
        },
    };
    print(&text)?;
    Ok(exit::OK)
}

/// Refuses a word that is no kind, nor any of the codes that it may be.
fn unknown(word: &str, codes: &[Code]) -> Failure {
    let kinds = KINDS.iter().map(|kind| kind.collection);
    let near = nearest(word, kinds.chain(codes.iter().map(|code| code.as_str())));
    // No kind has a hyphen in its name.
    let is_code = near.map_or_else(
        || !codes.is_empty() && word.contains('-'),
        |near| kind::find(near).is_none(),
    );
    let problem = if is_code {
        Problem::error(
            Code::UnknownCode,
            format!("no problem has the code `{word}`"),
        )
    } else {
        Problem::error(Code::UnknownKind, format!("there is no kind `{word}`"))
    };
    Failure::from(match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if is_code => problem.help("`--log-format json` shows the code of each problem"),
        None => problem.help("`deskform explain` lists the kinds"),
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
