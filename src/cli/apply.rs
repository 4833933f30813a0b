//! `deskform apply`.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::common::{
    Connected, Failure, Workspace, block_on, file_failure, is_ci, remark, report as report_failure,
};
use super::files::read_file;
use super::output::{announce, announce_markdown, is_unread_output, print, tell, tell_in};
use super::plan::warn;
use super::progress::{reading, remembered};
use super::signals::{Signal, Signals};
use super::stale::{Agreed, SAVED, SHOWN, refuse_stale};
use super::terminal::{color, is_dumb, style};
use super::wait::{LockTimeout, MaxWait, lock};
use super::{Global, LogFormat};
use crate::apply::event::{Event, Outcome, Tally, finished, results};
use crate::apply::recover::Recovery;
use crate::apply::run::{ApplyContext, run as run_tasks};
use crate::clock::Clock;
use crate::kind::is_of_check;
use crate::ledger::{Holder, Store};
use crate::manifest::Desired;
use crate::plan::{Options, Plan};
use crate::problem::{Code, Problem, exit};
use crate::report::events::{Cause, End};
use crate::report::{self, Style, Whereabouts};
use crate::run_record::{JournalWriter, KeepError, Keeper};
use crate::safe::mask::{self, masked};
use crate::session::{Ready, SessionError};
use crate::state::Address;
use crate::verb::Verb;

/// Largest plan file that is read, in bytes.
pub(super) const MAX_PLAN: u64 = 256 * 1024 * 1024;

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan saved by `deskform plan --out`; it is refused when anything has changed since
    #[arg(value_name = "PLAN", conflicts_with = "targets")]
    plan: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    /// The form of the closing report: text for people, markdown for the summary of a pipeline's step
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Format,
    /// Apply this resource, or all of a kind (`teams/*`), and what is needed only; repeatable
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<String>,
    /// Let exactly this many objects go whose lines are gone (0: none), whatever the guards say; any other number is refused
    #[arg(long, value_name = "N", value_parser = super::wait::whole::<u64>(0, 1_000_000), conflicts_with = "plan")]
    allow_deletes: Option<u64>,
    /// Calls at once; at most what the edition allows
    #[arg(long, value_name = "N", value_parser = super::wait::whole::<u16>(1, 100))]
    parallelism: Option<u16>,
    #[command(flatten)]
    wait: MaxWait,
    #[command(flatten)]
    lock: LockTimeout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For the summary of a pipeline's step
    Markdown,
}

/// Makes the organization match the manifests.
///
/// # Errors
/// [`Failure`] with everything that is in the way; then nothing was written.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    workspace.max_wait.set(args.wait.max_wait);
    let saved = args.plan.as_deref().map(read_plan).transpose()?;
    if saved.is_none() && workspace.environment.guards.require_saved_plan == Some(true) {
        return Err(Problem::error(
            Code::SavedPlanRequired,
            format!(
                "the environment `{}` takes saved plans only",
                workspace.environment.name
            ),
        )
        .help("make one with `deskform plan --out plan.json` and run `deskform apply plan.json`")
        .into());
    }
    let desired = workspace.compose(global)?;
    // A question about hosts comes before the lock.
    workspace.endpoint()?;
    // A saved plan says its own; whoever gives both is refused.
    let mut options = workspace.options(global, &args.targets)?;
    if let Some(plan) = &saved {
        options.targets.clone_from(&plan.targets);
    }
    options.limits.allow_deletes = saved
        .as_ref()
        .map_or(args.allow_deletes, |plan| plan.allow_deletes);
    let store = workspace.store()?;
    if store.is_local() && is_ci() {
        workspace.check_ledger_of_job(global, &store)?;
    }
    block_on(async {
        let clock = Clock::system();
        let anew = workspace.begins_anew();
        // Heard from now on, so that no signal leaves a lock behind.
        let mut signals = Signals::new()?;
        let take = |holder: Holder| {
            let store = store.clone();
            async move { Keeper::open(store, &holder, clock, anew).await }
        };
        let held = |error: &KeepError| match error {
            KeepError::Lock(error) => Some(error.clone()),
            KeepError::Store(_) => None,
        };
        let mut keeper = lock(global, args.lock, clock, &mut signals, take, held)
            .await
            .map_err(|failure| workspace.placed(&store, failure))?;
        workspace.warn(global, &keeper.take_warnings());
        let prepared = Box::pin(prepare(
            global,
            args,
            &workspace,
            &desired,
            &options,
            saved.as_ref(),
            &store,
            &mut keeper,
        ));
        let prepared = signals
            .during(prepared, |_| ControlFlow::Break(()))
            .await
            .unwrap_or_else(|| Err(interrupted()));
        let (connected, whereabouts, ready) = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => {
                give_back(keeper).await;
                return Err(failure);
            }
        };
        finish(
            global,
            &workspace,
            &desired,
            keeper,
            signals,
            &connected,
            &ready,
            &Closing {
                format: args.format,
                whereabouts,
                saved: saved.is_some(),
            },
        )
        .await
    })
}

/// How a run is reported at its end.
struct Closing {
    format: Format,
    whereabouts: Whereabouts,
    /// Whether a saved plan was applied.
    saved: bool,
}

/// Reads the organization, plans, checks a saved plan, and asks.
#[expect(
    clippy::too_many_arguments,
    reason = "the first half of one function, divided for its length"
)]
async fn prepare(
    global: &Global,
    args: &Args,
    workspace: &Workspace,
    desired: &Desired,
    options: &Options,
    saved: Option<&Plan>,
    store: &Store,
    keeper: &mut Keeper,
) -> Result<(Connected, Whereabouts, Ready), Failure> {
    if keeper.is_first()
        && let Some(problem) = workspace.renamed(true).await?
    {
        return Err(workspace.failure(problem.into()));
    }
    let connected = workspace.connect(args.parallelism.map(usize::from)).await?;
    let whereabouts = workspace.whereabouts(&connected, store);
    let head = whereabouts.line();
    let expected = remembered(keeper.listings());
    let session = &connected.session;
    let planning = keeper.plan(session, desired, options);
    let mut ready = match Box::pin(reading(global, session, expected, planning)).await {
        Ok(ready) => ready,
        Err(error) => {
            // What was agreed to and is no longer so is told before what is wrong with the new one.
            if let (SessionError::Guarded(_, plan), Some(saved)) = (&error, saved) {
                check_agreed(&SAVED, saved, plan)?;
            }
            return Err(refused(global, workspace, &head, error));
        }
    };
    workspace.warn(global, &keeper.take_warnings());
    refuse_without_secrets(&ready.planned.plan)?;
    if let Some(saved) = saved {
        check_agreed(&SAVED, saved, &ready.planned.plan)?;
    }
    warn(global, workspace, &ready);
    let budget = ready.check_budget(&connected.session);
    // A first taking over is a decision; afterwards the ledger follows what is declared.
    let is_first = keeper.owns_nothing() && is_terminal();
    let is_asked = approve(
        global,
        args,
        saved.is_some(),
        is_first,
        &head,
        &ready,
        budget,
    )
    .await?;
    if is_asked {
        // While somebody thought, others worked: only what was shown was agreed to.
        let planning = keeper.plan(session, desired, options);
        let shown = &ready.planned.plan;
        let mut fresh = match Box::pin(reading(global, session, expected, planning)).await {
            Ok(fresh) => fresh,
            Err(error) => {
                if let SessionError::Guarded(_, plan) = &error {
                    check_agreed(&SHOWN, shown, plan)?;
                }
                return Err(refused(global, workspace, &head, error));
            }
        };
        workspace.warn(global, &keeper.take_warnings());
        check_agreed(&SHOWN, shown, &fresh.planned.plan)?;
        fresh
            .check_budget(session)
            .map_err(|problem| Failure::from(*problem))?;
        ready = fresh;
    }
    Ok((connected, whereabouts, ready))
}

/// Holds a new plan against the one that was agreed to.
fn check_agreed(agreed: &Agreed, before: &Plan, fresh: &Plan) -> Result<(), Failure> {
    // Without a secret a plan differs from one that had it, and not because of Zoho Desk.
    refuse_without_secrets(fresh)?;
    refuse_stale(agreed, before, fresh).or_else(|stale| match as_kept(fresh) {
        Some(fresh) => refuse_stale(agreed, before, &fresh),
        None => Err(stale),
    })
}

/// Shows a plan that guards refuse: what is refused has to be seen.
fn refused(global: &Global, workspace: &Workspace, head: &str, error: SessionError) -> Failure {
    if let (SessionError::Guarded(_, plan), false) = (&error, global.quiet) {
        let shown = report::text::plan(plan, style(global));
        announce(global, &format!("{head}\n{shown}"));
    }
    workspace.session_failure(error)
}

/// Shows a plan that sends nothing, once its ledger is written.
fn nothing_to_send(global: &Global, plan: &Plan, closing: &Closing) {
    let line = report::recorded(plan);
    match closing.format {
        Format::Text => {
            // A saved plan has not been shown, and its manual steps are still to be done.
            if closing.saved && global.verbose == 0 && !global.quiet {
                announce(global, &report::text::plan(plan, style(global)));
            }
            if let (false, Some(line)) = (global.quiet, line) {
                announce(global, &format!("{line}\n"));
            }
        }
        Format::Markdown => {
            let mut shown = report::markdown::plan(plan, &closing.whereabouts);
            if let Some(line) = line {
                shown.extend(["\n**", &*line, "**\n"]);
            }
            announce_markdown(global, &shown);
        }
    }
}

/// Carries the plan out, saves the ledger and reports.
#[expect(
    clippy::too_many_arguments,
    reason = "the second half of one function, divided for its length"
)]
async fn finish(
    global: &Global,
    workspace: &Workspace,
    desired: &Desired,
    keeper: Keeper,
    mut signals: Signals,
    connected: &Connected,
    ready: &Ready,
    closing: &Closing,
) -> Result<u8, Failure> {
    let plan = &ready.planned.plan;
    let steps = plan
        .steps
        .iter()
        .filter(|step| step.verb != Verb::Manual)
        .count();
    if steps == 0 {
        connected.save()?;
        keeper.close(desired, ready, &BTreeSet::new(), None).await?;
        nothing_to_send(global, plan, closing);
        return Ok(exit::OK);
    }
    let mut keeper = keeper;
    if let Ok(plan) = report::json::parse(&report::json::plan(plan)) {
        keeper.remember(plan, workspace.environment.history.into());
    }
    // A simulator in process keeps nothing of a run that is killed, so there is nothing to recover.
    let journal_writer = if connected.is_simulated() {
        None
    } else {
        let tasks = &ready.planned.tasks;
        match keeper.begin(&plan.digest, tasks, &ready.live).await {
            Ok(journal_writer) => Some(journal_writer),
            Err(error) => {
                give_back(keeper).await;
                return Err(error.into());
            }
        }
    };
    // One that came while the plan was worked out, or while it was recorded what is about to be written.
    if signals.has_come().await {
        if let Err(error) = keeper.withdraw(journal_writer).await {
            tracing::warn!(%error, "the run's journal could not be taken back; the next run looks whether anything came of it");
        }
        return Err(interrupted());
    }
    let done = carry_out(
        global,
        connected,
        ready,
        &keeper,
        journal_writer.as_ref(),
        signals,
    )
    .await;
    connected.save()?;
    let mut code = code(&done.tally, steps, done.stopped);
    let kept = if done.cut {
        // What was under way is in the journal; the next run looks it up.
        if let Some(journal_writer) = &journal_writer
            && let Err(error) = journal_writer.conclude().await
        {
            tracing::warn!(%error, "what came of the writes could not be recorded");
        }
        give_back(keeper).await;
        Ok(())
    } else {
        let applied = finished(plan, &done.events);
        keeper.came_to(results(&done.events));
        keeper.close(desired, ready, &applied, journal_writer).await
    };
    if !global.quiet || code != exit::OK {
        // Whether it can be shown changes nothing of what was applied.
        let end = End {
            cause: done.cause,
            saved: closing.saved,
            recorded: !done.cut && kept.is_ok(),
            seconds: done.seconds,
        };
        match closing.format {
            Format::Text => {
                announce(
                    global,
                    &report::events::closing(plan, &done.events, &end, style(global)),
                );
            }
            Format::Markdown => {
                // The log tells it as text; the summary is elsewhere.
                tell_in_text(
                    global,
                    &report::events::closing(plan, &done.events, &end, style(global)),
                );
                announce_markdown(
                    global,
                    &report::events::markdown(plan, &done.events, &end, &closing.whereabouts),
                );
            }
        }
    }
    if let Err(error) = kept {
        code = exit::PARTIAL;
        let problem = Problem::error(Code::Ledger, format!("the ledger was not saved: {error}"))
            .help("run apply again: it learns from the journal what was done");
        report_failure(global, &workspace.failure(problem.into()));
    }
    Ok(code)
}

/// Writes a text to standard error, where that holds texts.
fn tell_in_text(global: &Global, text: &str) {
    if global.log_format == LogFormat::Text {
        tell(text);
    }
}

/// Gives the lock back; where that fails it expires by itself.
async fn give_back(keeper: Keeper) {
    if let Err(error) = keeper.release().await {
        tracing::warn!(%error, "the lock could not be given back; it expires by itself");
    }
}

fn interrupted() -> Failure {
    Problem::error(
        Code::Interrupted,
        "interrupted before the first write; nothing was applied",
    )
    .into()
}

/// The exit code of an apply; `stopped` says that a signal ended it while it wrote.
fn code(tally: &Tally, steps: usize, stopped: bool) -> u8 {
    match tally.applied {
        applied if applied == steps => exit::OK,
        _ if stopped => exit::PARTIAL,
        0 if tally.unknown + tally.partly == 0 => exit::ERROR,
        _ => exit::PARTIAL,
    }
}

/// Reads a plan from a file; `what` says what cannot be done with a file that holds none.
///
/// # Errors
/// [`Failure`] when the file cannot be read, or is no plan of this version.
pub(super) fn saved_plan(path: &Path, what: &str) -> Result<Plan, Failure> {
    let bytes = read_file(path, MAX_PLAN)?
        .ok_or_else(|| file_failure("read", path, &io::ErrorKind::NotFound.into()))?;
    // What is no text is no plan either: the parser says so in its own words.
    report::json::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| {
        Problem::error(
            Code::NotAPlan,
            format!("`{}` cannot be {what}: {error}", path.display()),
        )
        .help(report::json::NotAPlan::HINT)
        .into()
    })
}

/// Reads a plan that is to be applied.
fn read_plan(path: &Path) -> Result<Plan, Failure> {
    let plan = saved_plan(path, "applied")?;
    if !plan.refused.is_empty() {
        return Err(Problem::error(
            Code::RefusedPlan,
            format!(
                "`{}` is a plan that was refused: {}",
                path.display(),
                plan.refused.join("; ")
            ),
        )
        .help("nothing was applied; see to what was refused, and save the plan with `deskform plan --out FILE`")
        .into());
    }
    Ok(plan)
}

/// A plan as its file holds it, if that leaves out what is never printed.
fn as_kept(plan: &Plan) -> Option<Plan> {
    mask::is_active()
        .then(|| report::json::parse(&report::json::plan(plan)).ok())
        .flatten()
}

fn refuse_without_secrets(plan: &Plan) -> Result<(), Failure> {
    // What only a question does not tell needs no secret, and nothing is written for it.
    let lacking: Vec<&String> = (plan.not_compared.iter())
        .filter(|address| !is_of_check(address))
        .collect();
    if !lacking.is_empty() {
        return Err(Problem::error(
            Code::SecretMissing,
            format!(
                "secrets are not set that {} need",
                crate::problem::ticked(&lacking, "and")
            ),
        )
        .help("set the environment variables that the manifests name; nothing was applied")
        .into());
    }
    Ok(())
}

async fn approve(
    global: &Global,
    args: &Args,
    saved: bool,
    is_first: bool,
    head: &str,
    ready: &Ready,
    budget: Result<(), Box<Problem>>,
) -> Result<bool, Failure> {
    let plan = &ready.planned.plan;
    let nothing = plan.steps.iter().all(|step| step.verb == Verb::Manual);
    let takes_over = is_first && plan.summary.record.total() > 0;
    let asks = (!nothing || takes_over) && !args.auto_approve && !saved;
    let mut shown = String::new();
    if asks || !global.quiet {
        shown.push_str(head);
        shown.push('\n');
    }
    if asks || global.verbose > 0 || (!saved && !global.quiet) {
        shown.push_str(&report::text::plan(plan, style(global)));
    }
    match (asks, args.format) {
        // Who is asked has to see where, and what for.
        (true, Format::Text) => print(&shown)?,
        (true, Format::Markdown) => tell(&shown),
        (false, Format::Text) => announce(global, &shown),
        // The closing report says where.
        (false, Format::Markdown) => {}
    }
    if !ready.missing_scopes.is_empty() {
        return Err(Problem::error(
            Code::ScopeMissing,
            format!(
                "the token lacks scopes that the plan needs: {}",
                ready.missing_scopes.join("; ")
            ),
        )
        .help("make a new grant code with these scopes; nothing was applied")
        .into());
    }
    budget.map_err(|problem| Failure::from(*problem))?;
    if !asks {
        return Ok(false);
    }
    let declined = || -> Failure {
        Problem::error(Code::Declined, "nothing was applied")
            .help("only the answer `yes` applies the plan")
            .into()
    };
    if !is_terminal() {
        return Err(Problem::error(
            Code::NobodyToAsk,
            "there is no terminal to ask on, so nothing was applied",
        )
        .help("pass `--auto-approve`, or apply a plan saved with `deskform plan --out FILE`")
        .into());
    }
    if is_unread_output() {
        return Err(Problem::error(
            Code::NobodyToAsk,
            "nobody reads the plan on standard output, so nothing was applied",
        )
        .help("let standard output go to the terminal, or pass `--auto-approve`")
        .into());
    }
    let what = if nothing {
        "Write this to the ledger, for"
    } else {
        "Apply this to"
    };
    tell(&format!(
        "\n{what} the organization `{}` of the environment `{}`? Only `yes` will do: ",
        plan.org_id, plan.environment
    ));
    if answer().await? {
        Ok(true)
    } else {
        Err(declined())
    }
}

/// Whether the answer to a question is `yes`.
pub(super) async fn answer() -> Result<bool, Failure> {
    // The lock has to be renewed while somebody thinks.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map(|_| answer)
    })
    .await
    .map_err(io::Error::other)??;
    Ok(answer.trim() == "yes")
}

/// Whether somebody can be asked.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// What a run came to.
struct Done {
    tally: Tally,
    events: Vec<Event>,
    /// Whether it was cut short with steps under way.
    cut: bool,
    /// Whether a signal ended it.
    stopped: bool,
    /// What ended it before its end.
    cause: Option<Cause>,
    /// How long it took, in seconds.
    seconds: u64,
}

async fn carry_out(
    global: &Global,
    connected: &Connected,
    ready: &Ready,
    keeper: &Keeper,
    journal_writer: Option<&JournalWriter>,
    mut signals: Signals,
) -> Done {
    let json = global.log_format == LogFormat::Json;
    let terminal = io::stderr().is_terminal();
    let bar = (terminal && !json && !global.quiet && !is_dumb()).then(|| {
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
    let mut told = report::events::Told::default();
    let stopping: Cell<Option<Signal>> = Cell::new(None);
    let stopped = || stopping.get().is_some() || keeper.is_lost();
    let session = &connected.session;
    let begun_ms = session.clock.now_ms();
    let writer = session.client.writer();
    let tally = {
        let mut emit = |event: Event| {
            show(
                &event,
                json,
                global.quiet,
                bar.as_ref(),
                (&mut told, line_style),
            );
            events.push(event);
        };
        let means = ApplyContext {
            live: &ready.live,
            writer: &writer,
            parallelism: session.parallelism,
            recovery: Recovery {
                clock: session.clock,
                settle: session.settle,
            },
            journal_writer,
        };
        let hears = |signal: Signal| match stopping.get() {
            Some(first) if signal.hurries_after(first) => ControlFlow::Break(()),
            Some(_) => ControlFlow::Continue(()),
            None => {
                stopping.set(Some(signal));
                writer.stop();
                let said = "stopping: what is under way is finished; once more stops at once";
                remark(global, said);
                ControlFlow::Continue(())
            }
        };
        let work = run_tasks(&ready.planned.tasks, means, &stopped, &mut emit);
        signals.during(work, hears).await
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let cut = tally.is_none();
    let tally = tally.unwrap_or_else(|| {
        let calls = writer.reader().observed().calls;
        cut_short(&ready.planned.plan, &mut events, calls)
    });
    let cause = if stopping.get().is_some() {
        Some(Cause::Signal)
    } else if keeper.is_lost() {
        Some(Cause::LockLost)
    } else if writer.is_day_over() {
        Some(Cause::DayOver)
    } else if writer.given_up().is_some() {
        Some(Cause::WaitTooLong)
    } else {
        None
    };
    let ms = session.clock.now_ms().saturating_sub(begun_ms);
    Done {
        tally,
        events,
        cut,
        stopped: stopping.get().is_some(),
        cause,
        seconds: u64::try_from(ms / 1000).unwrap_or(0),
    }
}

/// Completes the events of a run that was stopped at once.
fn cut_short(plan: &Plan, events: &mut Vec<Event>, calls: u64) -> Tally {
    let mut tally = Tally {
        calls,
        ..Tally::default()
    };
    let mut started: BTreeSet<(Address, Verb)> = BTreeSet::new();
    let mut finished: BTreeSet<(Address, Verb)> = BTreeSet::new();
    for event in events.iter() {
        match event {
            Event::StepStarted { address, verb } => {
                started.insert((address.clone(), *verb));
            }
            Event::StepFinished {
                address,
                verb,
                outcome,
            } => {
                finished.insert((address.clone(), *verb));
                tally.count(outcome);
            }
            _ => {}
        }
    }
    for step in &plan.steps {
        let key = (step.address.clone(), step.verb);
        if step.verb == Verb::Manual {
            tally.manual += 1;
        } else if !finished.contains(&key) {
            let outcome = if started.contains(&key) {
                Outcome::Unknown {
                    error: "stopped while it was under way; the next apply looks it up".to_owned(),
                    hint: None,
                }
            } else {
                Outcome::Stopped
            };
            tally.count(&outcome);
            events.push(Event::StepFinished {
                address: step.address.clone(),
                verb: step.verb,
                outcome,
            });
        }
    }
    events.push(Event::Finished { report: tally });
    tally
}

fn show(
    event: &Event,
    json: bool,
    quiet: bool,
    bar: Option<&ProgressBar>,
    (told, style): (&mut report::events::Told, Style),
) {
    if json {
        tell_in(LogFormat::Json, &report::json::event(event));
        return;
    }
    if let (Some(bar), Event::Started { steps }) = (bar, event) {
        bar.set_length(u64::try_from(*steps).unwrap_or(u64::MAX));
    }
    // What is not tried is listed once, at the end.
    let is_untried = matches!(
        event,
        Event::StepFinished {
            outcome: Outcome::Stopped | Outcome::Skipped { .. },
            ..
        }
    );
    let line = if is_untried {
        None
    } else {
        told.line(event, style)
    };
    match (bar, event) {
        (Some(bar), Event::StepStarted { address, .. }) => {
            let address = address.to_string();
            bar.set_message(masked(&crate::safe::safe(&address)).into_owned());
        }
        (Some(bar), Event::StepFinished { .. }) => {
            bar.inc(1);
            if let Some(line) = line {
                bar.println(masked(line.trim_end()));
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
