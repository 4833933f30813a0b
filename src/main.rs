//! The `deskform` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(deskform::cli::run())
}
