//! `deskform schema`.

use super::common::Failure;
use super::output::print_as_it_is;
use crate::config::schema::project_schema;
use crate::kind::schema;
use crate::problem::exit;
use crate::report::ledger_schema::ledger_schema;
use crate::report::output_schema;
use crate::report::plan_schema::plan_schema;
use crate::report::runs_schema::{run_schema, runs_schema};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the schema is for: manifest, overlay, project for deskform.yaml, plan for a saved plan, or
    /// ledger; drift, diff, doctor, ledger-show, runs, run and environments for what commands print with
    /// `--format json`; log for a line of `--log-format json`
    #[arg(value_enum, default_value = "manifest", hide_possible_values = true)]
    which: Which,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Which {
    /// Manifests
    Manifest,
    /// Overlays, which need not be complete
    Overlay,
    /// deskform.yaml
    Project,
    /// What `plan --format json` prints and `--out` saves
    Plan,
    /// What `apply` keeps of an environment
    Ledger,
    /// What `drift --format json` prints
    Drift,
    /// What `diff --format json` prints
    Diff,
    /// What `doctor --format json` prints
    Doctor,
    /// What `ledger show --format json` prints
    LedgerShow,
    /// What `runs --format json` prints
    Runs,
    /// What `runs show RUN --format json` prints
    Run,
    /// What `plan` and `drift` print of several environments with `--format json`
    Environments,
    /// A line of standard error with `--log-format json`
    Log,
}

/// Prints a JSON Schema.
///
/// # Errors
/// [`Failure`] when the output cannot be written.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let schema = match args.which {
        Which::Manifest => schema::manifest_schema(),
        Which::Overlay => schema::overlay_schema(),
        Which::Project => project_schema(),
        Which::Plan => plan_schema(),
        Which::Ledger => ledger_schema(),
        Which::Drift => output_schema::drift_schema(),
        Which::Diff => output_schema::diff_schema(),
        Which::Doctor => output_schema::doctor_schema(),
        Which::LedgerShow => output_schema::ledger_show_schema(),
        Which::Runs => runs_schema(),
        Which::Run => run_schema(),
        Which::Environments => output_schema::environments_schema(),
        Which::Log => output_schema::log_schema(),
    };
    print_as_it_is(&format!("{schema:#}\n"))?;
    Ok(exit::OK)
}
