//! `deskform plan`.

use std::path::PathBuf;

use super::Global;
use super::common::{Failure, Workspace, block_on, print, style};
use super::files::write_private;
use crate::keep::watched;
use crate::plan::forecast::Forecast;
use crate::problem::{Problem, counted, exit};
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
    /// Let pruning remove this many objects, whatever the guards say
    #[arg(long, value_name = "N")]
    allow_deletes: Option<u64>,
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
    let mut options = workspace.options(global, &args.targets)?;
    options.limits.allow_deletes = args.allow_deletes;
    let store = workspace.store()?;
    let mut ready = block_on(async {
        let view = workspace.look(&store).await?;
        workspace.warn(global, &view.warnings);
        options.watched = watched(&view.doubts);
        options.ledger = Some(view.ledger);
        if !view.doubts.is_empty() {
            let problem = Problem::warning(
                "run-was-killed",
                format!(
                    "a run did not end in order, and {} in doubt",
                    counted_is(view.doubts.len(), "creation")
                ),
            )
            .help("`deskform apply` looks them up before it plans; this plan may show what exists already");
            workspace.warn(global, &[problem]);
        }
        let connected = workspace.connect(None).await?;
        connected
            .session
            .plan(&desired, &options)
            .await
            .map_err(|error| workspace.session_failure(error))
    })?;
    let forecast = ready.planned.plan.forecast.as_ref();
    ready.warnings.extend(forecast.and_then(Forecast::warning));
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

fn counted_is(number: usize, what: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(number, what))
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
