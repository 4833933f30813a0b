//! `deskform validate`.

use super::Global;
use super::common::{Failure, Workspace};
use super::output::print;
use crate::plan::ownership::check_dialect;
use crate::problem::{Severity, counted, exit};

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Checks the manifests of one environment without asking any server.
///
/// # Errors
/// [`Failure`] with everything that is wrong.
pub fn run(global: &Global, _args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    let desired = workspace.compose(global)?;
    if let Some(dialect) = workspace.stated_dialect() {
        let (errors, warnings): (Vec<_>, Vec<_>) = check_dialect(&desired, dialect)
            .into_iter()
            .partition(|problem| problem.severity == Severity::Error);
        workspace.warn(global, &warnings);
        if !errors.is_empty() {
            return Err(workspace.failure(errors.into()));
        }
    }
    if !global.quiet {
        print(&format!(
            "{} in the environment `{}`, no problem found.\n",
            counted(desired.state.len(), "resource"),
            workspace.environment.name
        ))?;
    }
    Ok(exit::OK)
}
