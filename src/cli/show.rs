//! `deskform show`.

use std::path::PathBuf;

use super::Global;
use super::apply::saved_plan;
use super::common::Failure;
use super::many::Form;
use super::plan::shown;
use crate::problem::exit;
use crate::report::Whereabouts;

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan saved by `deskform plan --out`; the path counts from the current folder
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The form of the plan: text for people, json for programs, markdown for a pull request
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Form,
}

/// Shows a saved plan as `plan` showed it; asks nobody.
///
/// # Errors
/// [`Failure`] when the file cannot be read, or is no plan of this version.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let plan = saved_plan(&args.plan, "shown")?;
    let whereabouts = Whereabouts::of_plan(&plan);
    let plan = shown(global, args.format, &plan, &whereabouts);
    let head = match args.format {
        Form::Text => format!("{}\n", whereabouts.line()),
        Form::Json | Form::Markdown => String::new(),
    };
    args.format.print(&format!("{head}{plan}"))?;
    Ok(exit::OK)
}
