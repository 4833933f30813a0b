//! The command line: one file a command, one match that dispatches.

mod admit;
pub mod apply;
pub mod auth;
mod choice;
mod commit;
pub mod common;
pub mod completions;
pub mod diff;
pub mod doctor;
mod dotenv;
pub mod drift;
pub mod explain;
pub mod export;
pub mod files;
mod heard;
pub mod init;
pub mod ledger;
mod logging;
mod many;
mod moved;
mod network;
pub mod output;
pub mod plan;
mod progress;
mod project;
pub mod runs;
mod saved;
pub mod schema;
pub mod show;
mod signals;
pub mod simulate;
mod stale;
pub mod store;
mod terminal;
pub mod unlock;
mod unread;
pub mod validate;
pub mod variables;
pub mod wait;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::problem::{Code, Problem, exit};
use crate::safe::mask;
use crate::yaml::closed::is_secret_by_name;

/// Keeps a Zoho Desk help desk in step with YAML manifests under version control.
#[derive(Debug, Parser)]
#[command(
    name = "deskform",
    version,
    after_help = "Exit codes: 0 done or nothing to do; 1 error, nothing was applied; 2 differences (`drift`, `plan --detailed-exitcode`); 3 something applied and something not, or stopped on the way.\n\n\
        Network: `HTTPS_PROXY` (or `ALL_PROXY`) names a proxy, `NO_PROXY` the hosts that are reached without it; `SSL_CERT_FILE` and `SSL_CERT_DIR` name the certificates that are trusted in place of the system's."
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The project folder; by default the nearest with a deskform.yaml, from the current one upwards
    #[arg(
        short = 'C',
        long = "directory",
        global = true,
        value_name = "FOLDER",
        env = "DESKFORM_DIRECTORY"
    )]
    named: Option<PathBuf>,
    /// The folder to work in: the one that is named, else the one that was found.
    #[arg(skip)]
    pub directory: PathBuf,
    /// The environment of deskform.yaml; by default its `defaultEnvironment`, else the first. For
    /// `validate`, `plan` and `drift` also several: `-e a,b`, `-e 'eu-*'`, `-e '*'`
    #[arg(
        short = 'e',
        long = "env",
        global = true,
        value_name = "NAME",
        env = "DESKFORM_ENV",
        action = clap::ArgAction::Append
    )]
    pub environment: Vec<String>,
    /// Say more (twice: every call)
    #[arg(short = 'v', long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Say nothing but the result and what went wrong
    #[arg(short = 'q', long, global = true)]
    pub quiet: bool,
    /// No colours; as `NO_COLOR` and output that is no terminal imply
    #[arg(long, global = true)]
    pub no_color: bool,
    /// The form of standard error: text, or json with one object a line
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true,
        env = "DESKFORM_LOG_FORMAT"
    )]
    pub log_format: LogFormat,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            named: None,
            directory: PathBuf::from("."),
            environment: Vec::new(),
            verbose: 0,
            quiet: false,
            no_color: false,
            log_format: LogFormat::Text,
        }
    }
}

/// The form of what is written to standard error: log lines, events and problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a project that works at once
    Init(init::Args),
    /// Check the manifests without asking any server
    Validate(validate::Args),
    /// Show what apply would do
    Plan(plan::Args),
    /// Show a saved plan, asking nobody
    Show(show::Args),
    /// Make the organization match the manifests
    Apply(apply::Args),
    /// Report what moved since the last apply, in Zoho Desk or in the manifests
    Drift(drift::Args),
    /// Compare environments as they are live, and manifests of folders or revisions
    Diff(diff::Args),
    /// Write a live organization as manifests
    Export(export::Args),
    /// Show or correct who owns what
    Ledger(ledger::Args),
    /// List past runs, or show what one did
    Runs(runs::Args),
    /// Give back the lock of a run that is gone
    Unlock(unlock::Args),
    /// Serve a simulated Zoho Desk on loopback
    Simulate(simulate::Args),
    /// Tell which reading of each fact that nobody has published holds in an organization
    Doctor(doctor::Args),
    /// Explain a kind or field, anything else that files may hold, or the code of a problem
    Explain(explain::Args),
    /// Print a JSON Schema: of a file, or of what a command prints for programs
    Schema(schema::Args),
    /// Log in, or check the token
    Auth(auth::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

/// Nothing prints the values of environment variables that are secret by their names.
fn hide_secrets_by_name() {
    let values: Vec<String> = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(is_secret_by_name))
        .filter_map(|(_, value)| value.into_string().ok())
        .collect();
    mask::hide(values.iter().map(String::as_str));
}

/// Whether standard error is to be JSON, as far as a command line tells that cannot be understood.
fn wants_json(words: impl Iterator<Item = OsString>) -> bool {
    const OPTION: &str = "--log-format";
    let mut said = None;
    let mut is_next = false;
    for word in words.take_while(|word| word != "--") {
        let word = word.to_string_lossy();
        if is_next {
            said = Some(word.clone().into_owned());
        } else if let Some(value) = word
            .strip_prefix(OPTION)
            .and_then(|rest| rest.strip_prefix('='))
        {
            said = Some(value.to_owned());
        }
        is_next = word == OPTION;
    }
    let said = said.or_else(|| common::environment_variable("DESKFORM_LOG_FORMAT"));
    said.is_some_and(|said| said == "json")
}

/// What is wrong with a command line, without the colours of the parser.
fn wrong_usage(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let problem = Problem::error(Code::Usage, joined(message));
    match joined(rest) {
        help if help.is_empty() => problem,
        help => problem.help(help),
    }
}

/// Runs the command line and returns the exit code.
#[must_use]
pub fn run() -> u8 {
    hide_secrets_by_name();
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; everything else is a usage error.
            let code = if error.use_stderr() {
                exit::ERROR
            } else {
                exit::OK
            };
            if error.use_stderr() && wants_json(std::env::args_os().skip(1)) {
                let global = Global {
                    log_format: LogFormat::Json,
                    ..Global::default()
                };
                common::report(&global, &wrong_usage(&error).into());
                return code;
            }
            return match output::print_usage(&error) {
                Ok(()) => code,
                Err(failure) => {
                    // The options that say how it is to be shown are not known.
                    common::report(&Global::default(), &failure);
                    exit::ERROR
                }
            };
        }
    };
    logging::start(&cli.global);
    logging::keep_panics_quiet(&cli.global);
    match project::folder(&cli.global, &cli.command) {
        Ok(folder) => cli.global.directory = folder,
        Err(failure) => {
            common::report(&cli.global, &failure);
            return exit::ERROR;
        }
    }
    let global = &cli.global;
    let result = match &cli.command {
        Command::Init(args) => init::run(global, args),
        Command::Validate(args) => validate::run(global, args),
        Command::Plan(args) => plan::run(global, args),
        Command::Show(args) => show::run(global, args),
        Command::Apply(args) => apply::run(global, args),
        Command::Drift(args) => drift::run(global, args),
        Command::Diff(args) => diff::run(global, args),
        Command::Export(args) => export::run(global, args),
        Command::Ledger(args) => ledger::run(global, args),
        Command::Runs(args) => runs::run(global, args),
        Command::Unlock(args) => unlock::run(global, args),
        Command::Simulate(args) => simulate::run(global, args),
        Command::Doctor(args) => doctor::run(global, args),
        Command::Explain(args) => explain::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Auth(args) => auth::run(global, args),
        Command::Completions(args) => completions::run(args),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            common::report(global, &failure);
            exit::ERROR
        }
    }
}
