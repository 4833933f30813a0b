//! `deskform validate`.

use super::Global;
use super::common::{Failure, Workspace};
use super::many::{self, Form, Many, Outcome};
use super::output::print;
use crate::plan::ownership::check_dialect;
use crate::problem::{Severity, counted, exit};
use crate::report::environments::Column;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Checks the manifests of the environments that are meant without asking any server.
///
/// # Errors
/// [`Failure`] with everything that is wrong.
pub fn run(global: &Global, _args: &Args) -> Result<u8, Failure> {
    let many = Many {
        name: "validate",
        is_line: true,
        key: "report",
        columns: &[Column::Resources],
        form: Form::Text,
        targets: &[],
    };
    many::run(global, &many, &|workspace, _, _| one(global, workspace))
}

/// Checks one environment.
fn one(global: &Global, workspace: &Workspace) -> Result<Outcome, Failure> {
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
    Ok(Outcome {
        code: exit::OK,
        figures: vec![desired.state.len()],
        error: None,
    })
}
