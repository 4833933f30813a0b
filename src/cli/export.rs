//! `deskform export`.

use super::Global;
use super::common::Failure;
use crate::problem::exit;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// stub
pub fn run(_global: &Global, _args: &Args) -> Result<u8, Failure> {
    Ok(exit::OK)
}
