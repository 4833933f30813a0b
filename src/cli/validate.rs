//! `deskform validate`.

use super::Global;
use super::common::{Failure, Workspace};
use super::many::{self, Form, Many, Outcome};
use super::output::print;
use crate::config::{Environment, Target};
use crate::ledger::Location;
use crate::plan::in_dialect::check_dialect;
use crate::problem::{Code, Problem, Severity, counted, exit};
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
    workspace.warn(global, &rivals(workspace));
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

/// Warns of another environment that works in the same organization and keeps a ledger of its own: neither
/// knows what the other owns.
fn rivals(workspace: &Workspace) -> Vec<Problem> {
    let name = &workspace.environment.name;
    // Both tell of it in the same words, so that it is told once.
    let all = &workspace.project.environments;
    let Some(own) = all.iter().position(|one| one.name == *name) else {
        return Vec::new();
    };
    let pairs = (0..all.len()).map(|other| (own.min(other), own.max(other)));
    pairs
        .filter(|(one, other)| one != other)
        .filter_map(|(one, other)| Some((all.get(one)?, all.get(other)?)))
        .filter(|(one, other)| is_one_organization(one, other))
        .filter(|(one, other)| {
            let kept = |environment: &Environment| {
                let location = workspace.location_of(&environment.name).ok();
                location.filter(|location| *location != Location::Nowhere)
            };
            // With the same ledger either is refused where it is the other's.
            matches!((kept(one), kept(other)), (Some(one), Some(other)) if one != other)
        })
        .map(|(one, other)| {
            Problem::warning(
                Code::SharedOrganization,
                format!(
                    "the environments `{}` and `{}` work in the same organization {}, and each keeps a ledger of its own",
                    one.name, other.name, one.org_id
                ),
            )
            .at(one.place.clone(), "the one")
            .at(other.place.clone(), "the other")
            .help("neither knows what the other owns, so that either removes what the other still declares; keep one environment for an organization")
        })
        .collect()
}

/// Whether two environments reach the same organization at the same hosts.
fn is_one_organization(one: &Environment, other: &Environment) -> bool {
    let hosts = |environment: &Environment| match &environment.target {
        Target::Live {
            data_center,
            endpoint,
            ..
        } => Some((
            endpoint.clone(),
            data_center.clone().filter(|_| endpoint.is_none()),
        )),
        Target::Simulator { .. } => None,
    };
    one.org_id == other.org_id && hosts(one).is_some() && hosts(one) == hosts(other)
}
