//! `deskform plan`.

use std::path::PathBuf;

use super::Global;
use super::common::{Failure, Workspace, block_on, print, style};
use super::files::write_private;
use crate::problem::{Problem, exit};
use crate::report;
use crate::session::Ready;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The form of the plan: text for people, json for programs, markdown for a pull request
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Format,
    /// Save the plan for `deskform apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Plan these resources and what they need only
    #[arg(long = "target", value_name = "ADDRESS", num_args = 1..)]
    targets: Vec<String>,
    /// Exit with 2 when there is anything to do
    #[arg(long)]
    detailed_exitcode: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a pull request
    Markdown,
}

/// Shows what apply would do.
///
/// # Errors
/// [`Failure`] with everything that is in the way.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    let desired = workspace.compose(global)?;
    let options = workspace.options(global, &args.targets)?;
    let ready = block_on(async {
        let connected = workspace.connect(None).await?;
        connected
            .session
            .plan(&desired, &options)
            .await
            .map_err(|error| workspace.session_failure(error))
    })?;
    warn(global, &workspace, &ready);
    let plan = &ready.planned.plan;
    print(&match args.format {
        Format::Text => report::text::plan(plan, style(global)),
        Format::Json => report::json::plan(plan),
        Format::Markdown => report::markdown::plan(plan),
    })?;
    if let Some(path) = &args.out {
        write_private(path, report::json::plan(plan).as_bytes())?;
    }
    Ok(if args.detailed_exitcode && !plan.steps.is_empty() {
        exit::DIFFERENCE
    } else {
        exit::OK
    })
}

/// Shows what came up while planning.
pub(super) fn warn(global: &Global, workspace: &Workspace, ready: &Ready) {
    let mut warnings = ready.warnings.clone();
    warnings.extend(ready.missing_scopes.iter().map(|scope| {
        Problem::warning(
            "scope-missing",
            format!("the token lacks a scope that the plan needs: {scope}"),
        )
        .help("make a new grant code with that scope before you apply; refreshing a token never adds one")
    }));
    workspace.warn(global, &warnings);
}
