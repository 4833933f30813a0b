//! `deskform apply`.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::common::{
    Connected, Failure, Workspace, block_on, color, file_failure, print, remark, style, tell,
};
use super::files::read_file;
use super::plan::warn;
use super::{Global, LogFormat};
use crate::apply::event::{Event, Tally};
use crate::apply::recover::{Recovery, SETTLE};
use crate::apply::run::run as run_tasks;
use crate::plan::{ABSENT, Plan, Verb};
use crate::problem::{Problem, exit};
use crate::report::{self, Style};
use crate::session::Ready;

/// Largest plan file that is read, in bytes.
const MAX_PLAN: u64 = 256 * 1024 * 1024;

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan saved by `deskform plan --out`; it is refused when anything has changed since
    #[arg(value_name = "PLAN", conflicts_with = "targets")]
    plan: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    /// Apply these resources and what they need only
    #[arg(long = "target", value_name = "ADDRESS", num_args = 1..)]
    targets: Vec<String>,
    /// Calls at once; at most what the edition allows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    parallelism: Option<u16>,
}

/// Makes the organization match the manifests.
///
/// # Errors
/// [`Failure`] with everything that is in the way; then nothing was written.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    let saved = args.plan.as_deref().map(read_plan).transpose()?;
    if saved.is_none() && workspace.environment.guards.require_saved_plan {
        return Err(Problem::error(
            "saved-plan-required",
            format!(
                "the environment `{}` takes saved plans only",
                workspace.environment.name
            ),
        )
        .help("make one with `deskform plan --out plan.json` and run `deskform apply plan.json`")
        .into());
    }
    let desired = workspace.compose(global)?;
    let targets = saved.as_ref().map_or(&args.targets, |plan| &plan.targets);
    let options = workspace.options(global, targets)?;
    block_on(async {
        let connected = workspace.connect(args.parallelism.map(usize::from)).await?;
        let ready = connected
            .session
            .plan(&desired, &options)
            .await
            .map_err(|error| workspace.session_failure(error))?;
        if let Some(saved) = &saved {
            refuse_stale(saved, &ready.planned.plan)?;
        }
        warn(global, &workspace, &ready);
        approve(global, args, saved.is_some(), &ready)?;
        let plan = &ready.planned.plan;
        let steps = plan
            .steps
            .iter()
            .filter(|step| step.verb != Verb::Manual)
            .count();
        if steps == 0 {
            connected.save()?;
            // A saved plan has not been shown, and its manual steps are still to be done.
            if saved.is_some() && global.verbose == 0 && !global.quiet {
                print(&report::text::plan(plan, style(global)))?;
            }
            return Ok(exit::OK);
        }
        let (tally, events) = carry_out(global, &connected, &ready).await;
        connected.save()?;
        let code = code(&tally, steps);
        if !global.quiet || code != exit::OK {
            print(&report::events::report(plan, &events, style(global)))?;
        }
        Ok(code)
    })
}

/// The exit code of an apply.
fn code(tally: &Tally, steps: usize) -> u8 {
    match tally.applied {
        applied if applied == steps => exit::OK,
        0 if tally.unknown == 0 => exit::ERROR,
        _ => exit::PARTIAL,
    }
}

fn read_plan(path: &Path) -> Result<Plan, Failure> {
    let bytes = read_file(path, MAX_PLAN)?
        .ok_or_else(|| file_failure("read", path, &io::ErrorKind::NotFound.into()))?;
    // What is no text is no plan either: the parser says so in its own words.
    report::json::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| {
        Problem::error(
            "not-a-plan",
            format!("`{}` cannot be applied: {error}", path.display()),
        )
        .help(report::json::NotAPlan::HINT)
        .into()
    })
}

/// A saved plan holds only for what it was made from.
fn refuse_stale(saved: &Plan, fresh: &Plan) -> Result<(), Failure> {
    let mut reasons = Vec::new();
    if saved.environment != fresh.environment {
        reasons.push(format!(
            "it was made for the environment `{}`, this is `{}`",
            saved.environment, fresh.environment
        ));
    }
    if saved.org_id != fresh.org_id {
        reasons.push(format!(
            "it was made for the organization `{}`, this is `{}`",
            saved.org_id, fresh.org_id
        ));
    }
    if saved.dialect != fresh.dialect {
        reasons.push(format!(
            "it was made for the dialect `{}`, this is `{}`",
            saved.dialect, fresh.dialect
        ));
    }
    if reasons.is_empty() {
        let same_manifests = saved.digest == fresh.digest;
        if !same_manifests {
            reasons.push("the manifests have changed since".to_owned());
        }
        let addresses: BTreeSet<&String> = saved
            .fingerprints
            .keys()
            .chain(fresh.fingerprints.keys())
            .collect();
        for address in addresses {
            let before = saved.fingerprints.get(address).map(String::as_str);
            let now = fresh.fingerprints.get(address).map(String::as_str);
            // Other manifests touch other objects; that alone says nothing of Zoho Desk.
            if before == now || (!same_manifests && (before.is_none() || now.is_none())) {
                continue;
            }
            reasons.push(if before == Some(ABSENT) {
                format!("`{address}` has come to Zoho Desk")
            } else if now == Some(ABSENT) {
                format!("`{address}` has gone from Zoho Desk")
            } else {
                format!("`{address}` has changed in Zoho Desk")
            });
        }
        if reasons.is_empty() && (saved.steps != fresh.steps || saved.summary != fresh.summary) {
            reasons.push("its steps are not those that follow from the manifests".to_owned());
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Problem::error(
        "stale-plan",
        format!("the saved plan no longer holds: {}", reasons.join("; ")),
    )
    .help("nothing was applied; make a new plan and have it looked at")
    .into())
}

fn approve(global: &Global, args: &Args, saved: bool, ready: &Ready) -> Result<(), Failure> {
    let plan = &ready.planned.plan;
    let nothing = plan.steps.iter().all(|step| step.verb == Verb::Manual);
    let asks = !nothing && !args.auto_approve && !saved;
    // Who is asked has to see what for.
    if asks || global.verbose > 0 || (!saved && !global.quiet) {
        print(&report::text::plan(plan, style(global)))?;
    }
    if !plan.not_compared.is_empty() {
        return Err(Problem::error(
            "secret-missing",
            format!(
                "secrets are not set that {} need",
                crate::problem::ticked(&plan.not_compared, "and")
            ),
        )
        .help("set the environment variables that the manifests name; nothing was applied")
        .into());
    }
    if !ready.missing_scopes.is_empty() {
        return Err(Problem::error(
            "scope-missing",
            format!(
                "the token lacks scopes that the plan needs: {}",
                ready.missing_scopes.join("; ")
            ),
        )
        .help("make a new grant code with these scopes; nothing was applied")
        .into());
    }
    if !asks {
        return Ok(());
    }
    let declined = || -> Failure {
        Problem::error("declined", "nothing was applied")
            .help("only the answer `yes` applies the plan")
            .into()
    };
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Problem::error(
            "nobody-to-ask",
            "there is no terminal to ask on, so nothing was applied",
        )
        .help("pass `--auto-approve`, or apply a plan saved with `deskform plan --out FILE`")
        .into());
    }
    tell(&format!(
        "\nApply this to the organization `{}` of the environment `{}`? Only `yes` will do: ",
        plan.org_id, plan.environment
    ));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(declined())
    }
}

async fn carry_out(global: &Global, connected: &Connected, ready: &Ready) -> (Tally, Vec<Event>) {
    let tasks = &ready.planned.tasks;
    let json = global.log_format == LogFormat::Json;
    let terminal = io::stderr().is_terminal();
    let bar = (terminal && !json && !global.quiet).then(|| {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        bar
    });
    let line_style = Style {
        color: color(global, terminal),
        ..style(global)
    };
    let mut events = Vec::new();
    let stopping = Cell::new(false);
    let stopped = || stopping.get();
    let tally = {
        let mut emit = |event: Event| {
            show(&event, json, global.quiet, bar.as_ref(), line_style);
            events.push(event);
        };
        let writer = connected.session.client.writer();
        let mut work = std::pin::pin!(run_tasks(
            tasks,
            &ready.live,
            &writer,
            connected.session.parallelism,
            Recovery {
                clock: connected.session.clock,
                settle: SETTLE,
            },
            &stopped,
            &mut emit,
        ));
        loop {
            tokio::select! {
                tally = &mut work => break tally,
                _ = tokio::signal::ctrl_c(), if !stopping.get() => {
                    stopping.set(true);
                    remark(global, "stopping: what is under way is finished");
                }
            }
        }
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    (tally, events)
}

fn show(event: &Event, json: bool, quiet: bool, bar: Option<&ProgressBar>, style: Style) {
    if json {
        tell(&format!("{}\n", report::json::event(event).trim_end()));
        return;
    }
    if let (Some(bar), Event::Started { steps }) = (bar, event) {
        bar.set_length(u64::try_from(*steps).unwrap_or(u64::MAX));
    }
    let line = report::events::line(event, style);
    match (bar, event) {
        (Some(bar), Event::StepStarted { address, .. }) => {
            bar.set_message(report::safe::safe(&address.to_string()).into_owned());
        }
        (Some(bar), Event::StepFinished { .. }) => {
            bar.inc(1);
            if let Some(line) = line {
                bar.println(line.trim_end());
            }
        }
        // The closing report says what the last event says.
        (Some(_), _) | (None, Event::Finished { .. }) => {}
        (None, _) if quiet => {}
        (None, _) => {
            if let Some(line) = line {
                tell(&format!("{}\n", line.trim_end()));
            }
        }
    }
}
