//! `deskform drift`.

use std::collections::BTreeSet;

use super::Global;
use super::common::{Failure, block_on, remark};
use super::many::{self, Begun, Form, Many, Outcome};
use super::progress::{reading, remembered};
use super::store::holder;
use super::terminal::style;
use super::wait::MaxWait;
use crate::clock::Clock;
use crate::drift;
use crate::ledger::Store;
use crate::manifest::Desired;
use crate::plan::Options;
use crate::problem::{self, Code, Problem, Problems, exit};
use crate::report;
use crate::report::environments::Column;
use crate::state::Address;

/// Arguments of `drift`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 no drift, or only what an `ignore:` entry acknowledges; 1 error; 2 drift."
)]
pub struct Args {
    /// The form of the report: text for people, json for programs, markdown for a comment
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Form,
    /// Leave out what only the manifests changed, so that a schedule is silent about them; without a
    /// ledger, what is declared and not live
    #[arg(long)]
    only_live: bool,
    /// Report this resource, or all of a kind (`teams/*`), only; repeatable
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<String>,
    #[command(flatten)]
    wait: MaxWait,
}

/// Reports what moved since the last apply; takes no lock and writes nothing.
///
/// # Errors
/// [`Failure`] with everything that is in the way.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let many = Many {
        name: "drift",
        is_line: false,
        key: "report",
        columns: &[Column::Drift],
        form: args.format,
        targets: &args.targets,
    };
    many::compare(global, &many, args.wait, &|begun| one(global, args, begun))
}

/// Reports on one environment.
fn one(global: &Global, args: &Args, mut begun: Begun<'_>) -> Result<Outcome, Failure> {
    let workspace = begun.workspace;
    let (whereabouts, drifted) = block_on(async {
        let view = begun.look().await?;
        // One that was never saved tells nothing.
        begun.options.ledger =
            Some(view.ledger).filter(|ledger| ledger.serial > 0 || !ledger.resources.is_empty());
        let (desired, options, store) = (&begun.desired, &begun.options, &begun.store);
        check_targets(desired, options).map_err(|problems| workspace.failure(problems.into()))?;
        let connected = workspace.connect(None).await?;
        say_what_is_under_way(global, store, options, connected.session.clock).await;
        let known = options.ledger.iter();
        let expected = remembered(known.flat_map(|ledger| ledger.listings.values()));
        let session = &connected.session;
        let detecting = drift::detect(session, desired, options, args.only_live);
        let drifted = reading(global, session, expected, detecting)
            .await
            .map_err(|error| workspace.session_failure(error))?;
        Ok((workspace.whereabouts(&connected, store), drifted))
    })?;
    workspace.warn(global, &drifted.warnings);
    let report = &drifted.report;
    begun.show(&whereabouts, |form| match form {
        Form::Text => report::drift::text(report, style(global)),
        Form::Json => report::drift::json(report),
        Form::Markdown => report::drift::markdown(report, &whereabouts),
    })?;
    let drifts: BTreeSet<String> = report
        .drifts
        .iter()
        .map(|drift| drift.address.to_string())
        .collect();
    let figures = vec![drifts.len()];
    if !drifted.problems.is_empty() {
        // Which of these are drift nobody knows; the rest was told all the same.
        let problems: Problems = drifted.problems.into();
        let failure = workspace.failure(problems);
        return Ok(Outcome {
            code: exit::ERROR,
            figures,
            error: Some(failure),
        });
    }
    Ok(Outcome {
        code: if report.drifts.is_empty() {
            exit::OK
        } else {
            exit::DIFFERENCE
        },
        figures,
        error: None,
    })
}

/// What makes a report less than it could be; reading of it may fail without harm.
async fn say_what_is_under_way(global: &Global, store: &Store, options: &Options, clock: Clock) {
    if global.quiet {
        return;
    }
    if options.ledger.is_none() {
        remark(
            global,
            "there is no ledger that says what was last applied: the manifests are compared with \
             Zoho Desk, and nobody knows which side moved",
        );
    }
    if let Ok(Some(held)) = store.under_way(&holder(clock)).await {
        remark(
            global,
            &format!("{held}: what that run has not finished shows as drift"),
        );
    } else if let Ok(runs) = store.open_runs().await
        && let Some(run) = runs.unfinished.first()
    {
        remark(
            global,
            &format!(
                "the run `{}` did not end in order: what it did may show as drift; the next \
                 `deskform apply` finds out",
                run.run
            ),
        );
    }
}

fn check_targets(desired: &Desired, options: &Options) -> Result<(), Vec<Problem>> {
    let owned = || {
        options
            .ledger
            .iter()
            .flat_map(|ledger| ledger.resources.keys())
    };
    let is_known = |target: &Address| {
        target.is_whole_kind()
            || desired.state.contains_key(target)
            || owned().any(|address| address == target)
            || desired.removed.iter().any(|tombstone| {
                tombstone.collection == target.collection
                    && tombstone.key.to_string() == *target.handle
            })
    };
    let problems: Vec<Problem> = options
        .targets
        .iter()
        .filter(|target| !is_known(target))
        .map(|target| {
            let known: Vec<String> = desired
                .state
                .keys()
                .chain(owned())
                .map(ToString::to_string)
                .collect();
            let text = target.to_string();
            let help = problem::nearest(&text, known.iter().map(String::as_str)).map_or_else(
                || "`--target` takes an address such as `departments/Billing`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Problem::error(
                Code::UnknownTarget,
                format!("`{target}` is neither declared nor owned"),
            )
            .help(help)
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}
