//! `deskform schema`.

use super::common::Failure;
use super::output::print_as_it_is;
use crate::config::schema::project_schema;
use crate::kind::schema;
use crate::problem::exit;
use crate::report::plan_schema::plan_schema;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which file the schema is for: manifest, project for deskform.yaml, or plan for a saved plan
    #[arg(value_enum, default_value = "manifest", hide_possible_values = true)]
    which: Which,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Which {
    /// Manifests
    Manifest,
    /// deskform.yaml
    Project,
    /// What `plan --format json` prints and `--out` saves
    Plan,
}

/// Prints a JSON Schema.
///
/// # Errors
/// [`Failure`] when the output cannot be written.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let schema = match args.which {
        Which::Manifest => schema::manifest_schema(),
        Which::Project => project_schema(),
        Which::Plan => plan_schema(),
    };
    print_as_it_is(&format!("{schema:#}\n"))?;
    Ok(exit::OK)
}
