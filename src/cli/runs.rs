//! `deskform runs`: lists and shows past runs. It asks no server.

use clap::Subcommand;

use super::Global;
use super::common::{Failure, Workspace, block_on};
use super::output::{print, print_as_it_is, print_markdown};
use super::terminal::style;
use crate::ledger::{RunId, Store, Unfinished};
use crate::problem::{Code, Problem, did_you_mean, exit};
use crate::report::runs::{self, Listed};
use crate::run_record::history::PastRun;
use crate::safe;

/// Arguments of `runs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show one run: who, when, and each step before and after
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Show {
    /// The run as `runs` lists it; its beginning is enough where that is one run's alone
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct Form {
    /// The form: text for people, markdown for comments, json for programs
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For comments
    Markdown,
}

/// Lists the runs that wrote something, or shows one.
///
/// # Errors
/// [`Failure`] where the place of the ledger cannot be read, and where there is no such run.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    let store = workspace.kept_store()?.batched();
    match &args.command {
        None => list(&workspace, &store, args.form.format)?,
        Some(Command::Show(args)) => show(global, &store, &args.run, args.form.format)?,
    }
    Ok(exit::OK)
}

fn list(workspace: &Workspace, store: &Store, format: Format) -> Result<(), Failure> {
    let listed = block_on(async {
        let unfinished = store.open_runs().await?.unfinished;
        let mut listed = Vec::new();
        for run in store.past_runs().await? {
            let Some(bytes) = store.past_run(&run).await? else {
                continue;
            };
            listed.push(match PastRun::parse(&bytes) {
                Ok(past) => Listed::Run(Box::new(known(past, &unfinished))),
                Err(why) => Listed::Unreadable(run.to_string(), why.to_string()),
            });
        }
        Ok::<_, Failure>(listed)
    })?;
    match format {
        Format::Text => print(&runs::list(&listed)),
        Format::Markdown => print_markdown(&runs::list_markdown(&listed)),
        Format::Json => {
            let json = runs::list_json(&workspace.environment.name, &listed);
            print_as_it_is(&pretty(&json))
        }
    }
}

fn show(global: &Global, store: &Store, word: &str, format: Format) -> Result<(), Failure> {
    let past = block_on(async {
        let run = named(&store.past_runs().await?, word)?;
        let bytes = store.past_run(&run).await?.unwrap_or_default();
        let unfinished = store.open_runs().await?.unfinished;
        let past = PastRun::parse(&bytes).map(|past| known(past, &unfinished));
        past.map_err(|why| {
            Failure::from(
                Problem::error(
                    Code::NoSuchRun,
                    format!("{} cannot be shown: {why}", store.past_place(&run)),
                )
                .help("`deskform runs` lists those that can be shown"),
            )
        })
    })?;
    match format {
        Format::Text => print(&runs::one(&past, style(global))),
        Format::Markdown => print_markdown(&runs::one_markdown(&past)),
        Format::Json => print_as_it_is(&pretty(&runs::one_json(&past))),
    }
}

/// What is kept of a run, with what the journal tells of one that has not ended.
fn known(mut past: PastRun, unfinished: &[Unfinished]) -> PastRun {
    let own = unfinished.iter().find(|one| one.run == past.run);
    if let (Some(journal), None) = (own, past.ended) {
        past.learn(journal);
    }
    past
}

/// The run that a word means: its name, or the beginning of one name alone.
fn named(runs: &[RunId], word: &str) -> Result<RunId, Failure> {
    if let Some(exact) = runs.iter().find(|run| run.as_str() == word) {
        return Ok(exact.clone());
    }
    let begins: Vec<&RunId> = runs
        .iter()
        .filter(|run| !word.is_empty() && run.as_str().starts_with(word))
        .collect();
    match *begins.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let near = did_you_mean(word, runs.iter().map(RunId::as_str));
            let help = near.unwrap_or_else(|| "`deskform runs` lists what is kept".to_owned());
            let problem = Problem::error(Code::NoSuchRun, format!("no run `{word}` is kept"));
            Err(problem.help(help).into())
        }
        _ => Err(Problem::error(
            Code::NoSuchRun,
            format!("{} runs begin with `{word}`", begins.len()),
        )
        .help("write more of its name")
        .into()),
    }
}

fn pretty(json: &serde_json::Value) -> String {
    // Cannot fail: it is JSON already.
    let mut text = serde_json::to_string_pretty(json).unwrap_or_default();
    text.push('\n');
    safe::json(text)
}
