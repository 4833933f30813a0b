//! `deskform doctor`.

use std::cell::Cell;
use std::ops::ControlFlow;

use super::Global;
use super::common::{Connected, Failure, Workspace, block_on, remark, report};
use super::output::{print, print_as_it_is};
use super::signals::Signals;
use super::store::holder;
use super::wait::MaxWait;
use crate::doctor::{Means, Trials, diagnose, try_all};
use crate::problem::{Code, Problem, exit};
use crate::report::doctor;

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The report holds no names, no ids and no values of the organization: it can be attached to an issue. What standard error says of `--write` does hold them.\n\n\
        Exit codes: 0 the report is there, whatever it says; 1 error; 3 `--write` was stopped, or something that it made is left."
)]
pub struct Args {
    /// The form of the report: text for people, json for programs
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Form,
    /// Make, change and remove one object of each kind under a random name; the environment has to say
    /// `sandbox: true`
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    wait: MaxWait,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Tells which reading of each doubtful fact holds in the organization; without `--write` it writes nothing.
///
/// # Errors
/// [`Failure`] when the organization cannot be reached, or is no sandbox and `--write` is given.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    workspace.max_wait.set(args.wait.max_wait);
    let environment = &workspace.environment;
    if args.write && !environment.is_sandbox {
        let name = &environment.name;
        return Err(workspace.failure(
            Problem::error(
                Code::NoSandbox,
                format!("the environment `{name}` does not say that it is a sandbox"),
            )
            .at(environment.place.clone(), "declared here")
            .help("where objects may be made and removed to try it, write `sandbox: true` there")
            .into(),
        ));
    }
    let (diagnosis, trials, is_stopped) = block_on(async {
        let connected = workspace.connect(None).await?;
        let diagnosis = diagnose(&connected.session).await;
        let (diagnosis, existing) =
            diagnosis.map_err(|error| workspace.session_failure(error.into()))?;
        if !args.write {
            return Ok((diagnosis, Trials::default(), false));
        }
        let stem = format!("{:08x}", rand::random::<u32>());
        let means = Means {
            session: &connected.session,
            environment,
            holder: holder(connected.session.clock),
            stem,
            existing: &existing,
        };
        let (trials, is_stopped) = Box::pin(tried(global, &connected, &means)).await?;
        Ok::<_, Failure>((diagnosis, trials, is_stopped))
    })?;
    for refusal in &trials.refusals {
        remark(global, refusal);
    }
    for address in &trials.left {
        let problem = Problem::warning(
            Code::CannotRemove,
            format!("`{address}` was made and could not be removed"),
        )
        .help("remove it in Zoho Desk");
        report(global, &problem.into());
    }
    match args.format {
        Form::Text => print(&doctor::text(&diagnosis, &trials.trials))?,
        Form::Json => print_as_it_is(&doctor::json(&diagnosis, &trials.trials))?,
    }
    if is_stopped || !trials.left.is_empty() {
        return Ok(exit::PARTIAL);
    }
    Ok(exit::OK)
}

/// Tries all kinds. The first signal ends the trials, and what was made is removed; the second one ends that.
async fn tried(
    global: &Global,
    connected: &Connected,
    means: &Means<'_>,
) -> Result<(Trials, bool), Failure> {
    let mut signals = Signals::new()?;
    let stopping = Cell::new(None);
    let stopped = || stopping.get().is_some();
    let hears = |signal: super::signals::Signal| match stopping.get() {
        Some(first) if signal.hurries_after(first) => ControlFlow::Break(()),
        Some(_) => ControlFlow::Continue(()),
        None => {
            stopping.set(Some(signal));
            remark(
                global,
                "stopping: what was made is removed; once more stops at once",
            );
            ControlFlow::Continue(())
        }
    };
    let trials = signals
        .during(Box::pin(try_all(means, &stopped)), hears)
        .await;
    connected.save()?;
    match trials {
        Some(trials) => Ok((trials, stopped())),
        None => Err(Problem::error(
            Code::Interrupted,
            "interrupted while objects were made and removed; some may be left",
        )
        .help(format!(
            "look in Zoho Desk for names with `{}` in them",
            means.stem
        ))
        .into()),
    }
}
