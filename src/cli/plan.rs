//! `deskform plan`.

use std::path::{Path, PathBuf};

use super::Global;
use super::apply::MAX_PLAN;
use super::common::{Failure, Workspace, block_on, remark};
use super::files::{read_file, write_private};
use super::many::{self, Begun, Form, Many, Outcome};
use super::progress::{reading, remembered};
use super::store::holder;
use super::terminal::style;
use super::wait::MaxWait;
use crate::clock::Clock;
use crate::config::begins_at_home;
use crate::kind::{self, Kind};
use crate::plan::forecast::Forecast;
use crate::plan::{Plan, Step};
use crate::problem::{Code, Problem, counted, exit};
use crate::report::environments::Column;
use crate::report::{self, Whereabouts};
use crate::session::{Ready, SessionError};
use crate::verb::Verb;
use crate::yaml::source::is_yaml;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The form of the plan: text for people, json for programs, markdown for a pull request
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Form,
    /// Save the plan for `deskform apply FILE`; the path counts from the current folder
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Plan this resource, or all of a kind (`teams/*`), and what is needed only; repeatable
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<String>,
    /// Let exactly this many objects go whose lines are gone (0: none), whatever the guards say; any other number is refused
    #[arg(long, value_name = "N", value_parser = super::wait::whole::<u64>(0, 1_000_000))]
    allow_deletes: Option<u64>,
    /// Exit with 2 when there is anything to do
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    wait: MaxWait,
}

/// Shows what apply would do.
///
/// # Errors
/// [`Failure`] with everything that is in the way.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    if let Some(path) = &args.out {
        // Of several environments there are several plans.
        global.one_environment()?;
        refuse_name(path)?;
        refuse_to_replace(path)?;
    }
    let many = Many {
        name: "plan",
        is_line: false,
        key: "plan",
        columns: &[
            Column::Creates,
            Column::Updates,
            Column::Deletes,
            Column::Drift,
        ],
        form: args.format,
        targets: &args.targets,
    };
    many::compare(global, &many, args.wait, &|begun| one(global, args, begun))
}

/// Plans one environment.
fn one(global: &Global, args: &Args, mut begun: Begun<'_>) -> Result<Outcome, Failure> {
    let workspace = begun.workspace;
    begun.options.limits.allow_deletes = args.allow_deletes;
    // Files with many resources take long to be searched for the lines of their steps.
    let shows_lines = args.format == Form::Json || args.out.is_some() || global.verbose > 0;
    let (whereabouts, mut ready) = block_on(async {
        let view = begun.look().await?;
        let store = &begun.store;
        begun.options.ledger = store.keeps().then_some(view.ledger);
        let under_way = store.under_way(&holder(Clock::system())).await?;
        if let Some(held) = &under_way {
            let problem = Problem::warning(
                Code::RunUnderWay,
                format!("{held}: this plan may be out of date when that run ends"),
            )
            .help("plan again afterwards");
            workspace.warn(global, &[problem]);
        } else if !view.doubts.is_empty() {
            let problem = Problem::warning(
                Code::RunWasKilled,
                format!(
                    "a run did not end in order, and {} in doubt",
                    counted_is(view.doubts.len(), "creation")
                ),
            )
            .help("`deskform apply` looks them up before it plans; this plan may show what exists already");
            workspace.warn(global, &[problem]);
        }
        let connected = workspace.connect(None).await?;
        let whereabouts = workspace.whereabouts(&connected, store);
        let known = begun.options.ledger.iter();
        let expected = remembered(known.flat_map(|ledger| ledger.listings.values()));
        let session = &connected.session;
        let planning = session.plan(&begun.desired, &begun.options);
        match reading(global, session, expected, planning).await {
            Ok(ready) => Ok((whereabouts, ready)),
            Err(error) => {
                // What is refused has to be seen.
                Err(match error {
                    SessionError::Guarded(problems, mut plan) => {
                        if shows_lines {
                            workspace.note_lines(&mut plan, &begun.desired, None);
                        }
                        workspace.complete(&mut plan);
                        show(global, &begun, &plan, &whereabouts)?;
                        workspace.failure(problems.into())
                    }
                    error => workspace.session_failure(error),
                })
            }
        }
    })?;
    let forecast = ready.planned.plan.forecast.as_ref();
    ready.warnings.extend(forecast.and_then(Forecast::warning));
    warn(global, workspace, &ready);
    if shows_lines {
        let rows = Some(&ready.bound.rows);
        workspace.note_lines(&mut ready.planned.plan, &begun.desired, rows);
    }
    workspace.complete(&mut ready.planned.plan);
    let plan = &ready.planned.plan;
    let printed = show(global, &begun, plan, &whereabouts);
    // The file is saved, whatever became of what is shown.
    if let Some(path) = &args.out {
        write_private(path, report::json::plan(plan).as_bytes())?;
        tell_saved(global, workspace, path);
    }
    printed?;
    let mut steps = plan.steps.iter();
    let has_work = steps.any(|step| counts(step, workspace)) || plan.summary.record.total() > 0;
    Ok(Outcome {
        code: if args.detailed_exitcode && has_work {
            exit::DIFFERENCE
        } else {
            exit::OK
        },
        figures: figures(plan),
        error: None,
    })
}

/// Whether a step counts in the exit code: what a check misses does only where the project says so.
fn counts(step: &Step, workspace: &Workspace) -> bool {
    let collection = step.address.collection;
    !kind::find(collection).is_some_and(Kind::is_check)
        || workspace.environment.fails_plan(collection)
}

/// Shows a plan in the form that was asked for.
fn show(
    global: &Global,
    begun: &Begun<'_>,
    plan: &Plan,
    whereabouts: &Whereabouts,
) -> Result<(), Failure> {
    begun.show(whereabouts, |form| shown(global, form, plan, whereabouts))
}

/// A plan in a form.
pub(super) fn shown(global: &Global, form: Form, plan: &Plan, whereabouts: &Whereabouts) -> String {
    match form {
        Form::Text => report::text::plan(plan, style(global)),
        Form::Json => report::json::plan(plan),
        Form::Markdown => report::markdown::plan(plan, whereabouts),
    }
}

/// What the table of many environments tells of a plan.
fn figures(plan: &Plan) -> Vec<usize> {
    let summary = &plan.summary;
    let sets_back = |step: &&Step| {
        let sets_back = step.changes.iter().any(|change| change.sets_back.is_some());
        step.restores || (sets_back && step.verb != Verb::Manual)
    };
    vec![
        summary.create + summary.replace,
        summary.update,
        summary.delete + summary.disable + summary.replace,
        plan.steps.iter().filter(sets_back).count(),
    ]
}

/// Says where the plan is, and what comes next.
fn tell_saved(global: &Global, workspace: &Workspace, path: &Path) {
    if global.quiet {
        return;
    }
    let mut words = "deskform".to_owned();
    if let Some(folder) = &global.named {
        words += " -C ";
        words += &quoted(&folder.to_string_lossy());
    }
    if !global.environment.is_empty() {
        words += " -e ";
        words += &workspace.environment.name;
    }
    let shown = quoted(&path.to_string_lossy());
    remark(global, &format!("saved as {shown}: {words} apply {shown}"));
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A plan that is named as a manifest would be read as one, and `~` is no folder. A folder that is not
/// there is a slip more often than a wish.
fn refuse_name(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    if path.file_name().is_some_and(is_yaml) {
        return Err(Problem::error(
            Code::NotItsOwnFile,
            format!("`{shown}` is named as a manifest, and a saved plan is none"),
        )
        .help("choose a name such as `--out plan.json`")
        .into());
    }
    if path.to_str().is_some_and(begins_at_home) {
        return Err(Problem::error(
            Code::BadPath,
            format!("`{shown}` begins with `~`, which is not expanded here"),
        )
        .help("write the whole path; a shell expands `--out ~/plan.json`, with a space before `~`")
        .into());
    }
    if path.as_os_str() == "-" {
        return Err(
            Problem::error(Code::BadPath, "`--out` takes a file, and `-` is none")
                .help("`deskform plan --format json` prints the plan; a file is `--out plan.json`")
                .into(),
        );
    }
    if path.is_dir() || path.file_name().is_none() {
        return Err(Problem::error(
            Code::BadPath,
            format!("`{shown}` is a folder, and a plan is a file"),
        )
        .help("name a file in it, such as `--out plan.json`")
        .into());
    }
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        return Err(Problem::error(
            Code::BadPath,
            format!(
                "`{shown}` lies in `{}`, which is no folder",
                folder.display()
            ),
        )
        .help("make the folder first, or name another one; the path counts from the current folder")
        .into());
    }
    Ok(())
}

/// A plan replaces an older plan and nothing else.
fn refuse_to_replace(path: &Path) -> Result<(), Failure> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Plan {
        #[serde(rename = "formatVersion")]
        _format_version: u64,
        #[serde(rename = "steps")]
        _steps: Vec<serde::de::IgnoredAny>,
    }
    if !std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0) {
        return Ok(());
    }
    let bytes = read_file(path, MAX_PLAN)?.unwrap_or_default();
    if serde_json::from_slice::<Plan>(&bytes).is_ok() {
        return Ok(());
    }
    Err(Problem::error(
        Code::NotAPlan,
        format!("`{}` exists and is no saved plan", path.display()),
    )
    .help("choose another name for `--out`, or delete the file")
    .into())
}

fn counted_is(number: usize, what: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(number, what))
}

/// Shows what came up while planning.
pub(super) fn warn(global: &Global, workspace: &Workspace, ready: &Ready) {
    let mut warnings = ready.warnings.clone();
    warnings.extend(ready.missing_scopes.iter().map(|scope| {
        Problem::warning(
            Code::ScopeMissing,
            format!("the token lacks a scope that the plan needs: {scope}"),
        )
        .help("make a new grant code with that scope before you apply; refreshing a token never adds one")
    }));
    workspace.warn(global, &warnings);
}
