//! `deskform doctor`.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use super::Global;
use super::common::{Connected, Failure, Workspace, block_on, remark, report};
use super::output::{print, print_as_it_is};
use super::signals::Signals;
use super::store::holder;
use super::wait::MaxWait;
use crate::doctor::{Means, Trials, diagnose, tried, try_all};
use crate::problem::{Code, Problem, counted, exit};
use crate::report::doctor;
use crate::session::Session;

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The report holds no names, no ids and no values of the organization: it can be attached to an issue. What standard error says of `--write` does hold them.\n\n\
        Exit codes: 0 the report is there, whatever it says; 1 error; 3 `--write` was stopped, or something that it made is left or may be."
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
    /// `sandbox: true`, and the organization must not say that it is none
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
    let (diagnosis, trials, end) = block_on(async {
        let connected = workspace.connect(None).await?;
        let session = &connected.session;
        if args.write {
            is_sandbox(&workspace, session)?;
        }
        let (mut diagnosis, existing) = diagnose(session)
            .await
            .map_err(|error| workspace.session_failure(error.into()))?;
        if !args.write {
            return Ok((diagnosis, Trials::default(), End::Whole));
        }
        let means = Means {
            session,
            environment,
            holder: holder(session.clock),
            stem: format!("{:08x}", rand::random::<u32>()),
            existing,
        };
        let (trials, end) = Box::pin(write(global, &connected, means)).await?;
        diagnosis.learn(&trials.seen);
        Ok::<_, Failure>((diagnosis, trials, end))
    })?;
    for refusal in &trials.refusals {
        remark(global, refusal);
    }
    let mut left: Vec<Problem> = Vec::new();
    for address in &trials.left {
        let words = format!("`{address}` was made and is still there");
        left.push(Problem::warning(Code::CannotRemove, words).help("remove it in Zoho Desk"));
    }
    for address in &trials.may_be_left {
        let words = format!("`{address}` may have been made and may be left");
        left.push(
            Problem::warning(Code::CannotRemove, words)
                .help("look in Zoho Desk, and remove it where it is there"),
        );
    }
    let is_left = !left.is_empty();
    for problem in left {
        report(global, &problem.into());
    }
    match args.format {
        Form::Text => print(&doctor::text(&diagnosis, &trials.trials))?,
        Form::Json => print_as_it_is(&doctor::json(&diagnosis, &trials.trials))?,
    }
    match end {
        End::Cut(stem) => {
            report(global, &cut(&stem).into());
            Ok(exit::PARTIAL)
        }
        End::Stopped => Ok(exit::PARTIAL),
        End::Whole if is_left => Ok(exit::PARTIAL),
        End::Whole => Ok(exit::OK),
    }
}

/// How the trials ended.
enum End {
    /// All of them were made.
    Whole,
    /// Somebody has stopped them, and what was made was removed.
    Stopped,
    /// Somebody would not wait for that; what the names have in common.
    Cut(String),
}

/// Refuses where the organization itself says that it is no sandbox.
fn is_sandbox(workspace: &Workspace, session: &Session) -> Result<(), Failure> {
    let organization = &session.organization;
    if organization.sandbox != Some(false) {
        return Ok(());
    }
    let environment = &workspace.environment;
    Err(workspace.failure(
        Problem::error(
            Code::NoSandbox,
            format!(
                "the organization `{}` ({}) says that it is no sandbox",
                organization.id, organization.name
            ),
        )
        .at(
            environment.place.clone(),
            "this environment says that it is one",
        )
        .help("correct `orgId`, or take `sandbox: true` away")
        .into(),
    ))
}

fn cut(stem: &str) -> Problem {
    Problem::error(
        Code::Interrupted,
        "interrupted while objects were made and removed; some may be left",
    )
    .help(format!("look in Zoho Desk for names with `{stem}` in them"))
}

/// Tries all kinds. The first signal ends the trials, and what was made is removed; the second one ends that.
async fn write(
    global: &Global,
    connected: &Connected,
    means: Means<'_>,
) -> Result<(Trials, End), Failure> {
    let (organization, stem) = (&connected.session.organization, means.stem.clone());
    // Whoever is killed knows from this where to look.
    remark(
        global,
        &format!(
            "in the organization `{}` ({}) one object each of {} is made, changed and removed; every name has `{stem}` in it",
            organization.id,
            organization.name,
            counted(tried(connected.session.dialect).count(), "kind"),
        ),
    );
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
    let told = RefCell::new(Trials::default());
    let whole = signals
        .during(Box::pin(try_all(means, &stopped, &told)), hears)
        .await;
    connected.save()?;
    let end = match whole {
        None => End::Cut(stem),
        Some(()) if stopped() => End::Stopped,
        Some(()) => End::Whole,
    };
    Ok((told.into_inner(), end))
}
