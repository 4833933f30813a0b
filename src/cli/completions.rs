//! `deskform completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::common::Failure;
use super::output::print_as_it_is;
use crate::problem::exit;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints a completion script.
///
/// # Errors
/// [`Failure`] when the output cannot be written.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut super::Cli::command(),
        "deskform",
        &mut script,
    );
    print_as_it_is(&String::from_utf8_lossy(&script))?;
    Ok(exit::OK)
}
