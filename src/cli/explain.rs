//! `deskform explain`.

use super::common::{Failure, nearest};
use super::output::print;
use crate::kind::{self, KINDS};
use crate::problem::{Code, Problem, exit};
use crate::report::explain;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind or one of its fields, such as `agents` or `webhooks.subscriptions`; all kinds are
    /// listed where it is left out
    #[arg(value_name = "KIND[.FIELD]")]
    what: Option<String>,
}

/// Explains kinds and fields from their tables.
///
/// # Errors
/// [`Failure`] when there is no such kind or field.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let Some(what) = &args.what else {
        print(&explain::kinds())?;
        return Ok(exit::OK);
    };
    let (collection, field) = what
        .split_once('.')
        .map_or((what.as_str(), None), |(kind, field)| (kind, Some(field)));
    let Some(kind) = kind::find(collection) else {
        let names = KINDS.iter().map(|kind| kind.collection);
        let problem = Problem::error(
            Code::UnknownKind,
            format!("there is no kind `{collection}`"),
        );
        return Err(Failure::from(match nearest(collection, names) {
            Some(name) => problem.help(format!("did you mean `{name}`?")),
            None => problem.help("`deskform explain` lists the kinds"),
        }));
    };
    let text = match field {
        None => explain::kind(kind),
        Some(path) => explain::field(kind, path).ok_or_else(|| {
            let names = kind.fields.iter().map(|field| field.name);
            let problem = Problem::error(
                Code::UnknownField,
                format!("`{collection}` has no field `{path}`"),
            );
            match nearest(path, names) {
                Some(name) => problem.help(format!("did you mean `{collection}.{name}`?")),
                None => problem.help(format!("`deskform explain {collection}` lists its fields")),
            }
        })?,
    };
    print(&text)?;
    Ok(exit::OK)
}
