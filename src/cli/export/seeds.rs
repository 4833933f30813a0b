//! Seeds are customers' records, and many: what reading them costs is told before they are read.

use std::collections::BTreeSet;

use crate::api::Reads;
use crate::cli::Global;
use crate::cli::apply::{answer, is_terminal};
use crate::cli::common::{Failure, Workspace, remark};
use crate::cli::output::tell;
use crate::dialect::Unit;
use crate::kind::{self, Kind, Shown, Wire};
use crate::live::ways::Wanted;
use crate::plan::forecast::{Basis, Forecast, Reading};
use crate::problem::{Code, Problem, counted, listed};
use crate::reading::{Needs, paging, size};
use crate::report::duration;
use crate::session::Session;

/// Tells what reading the chosen seeds costs, and asks on a terminal whether to go on.
///
/// # Errors
/// [`Failure`] when the day cannot carry it, or when the answer is no.
pub(super) async fn ask(
    global: &Global,
    workspace: &Workspace,
    session: &Session,
    needs: &Needs,
    chosen: &BTreeSet<&'static str>,
) -> Result<(), Failure> {
    let seeds: Vec<&Kind> = (chosen.iter().filter_map(|name| kind::find(name)))
        .filter(|kind| kind.seed)
        .collect();
    let mut names = Vec::new();
    let mut reads = Reads::default();
    for kind in seeds {
        let Some(api) = kind.api(session.dialect) else {
            continue;
        };
        let reader = session.client.reader();
        let size = size(&reader, api, needs).await?;
        // What listings show in part is read one by one.
        let is_partial = kind.fields.iter().any(|field| {
            let wire = field.wire(session.dialect);
            matches!(
                wire,
                Wire::Sent {
                    shown: Shown::InObject | Shown::Apart,
                    ..
                }
            )
        });
        let objects = usize::try_from(size.objects).unwrap_or(usize::MAX);
        let all = Wanted {
            details: if is_partial { objects } else { 0 },
            ..Wanted::default()
        };
        let cost = all.listed(paging(api), objects);
        reads.calls += cost.calls;
        reads.credits += cost.credits;
        names.push(kind.collection.to_owned());
    }
    if names.is_empty() {
        return Ok(());
    }
    let forecast = Forecast::of_reads(
        reads,
        &Basis {
            dialect: session.dialect,
            reading: Reading::default(),
            observed: session.client.observed(),
            concurrency: session.parallelism,
            now_ms: session.clock.now_ms(),
        },
    );
    let cost = cost(&forecast, session.dialect.unit());
    let names = listed(&names, "and");
    if let Some(budget) = forecast.budget
        && forecast.needed(budget.unit) > budget.left
    {
        let problem = Problem::error(
            Code::BudgetTooSmall,
            format!(
                "reading {names} takes {cost}, and {} {} are left of the day",
                budget.left,
                budget.unit.word(budget.left)
            ),
        )
        .help("nothing was written; wait for the next day, or leave them out");
        return Err(workspace.failure(problem.into()));
    }
    if global.quiet || !is_terminal() {
        if !global.quiet {
            remark(global, &format!("reading {names} takes {cost}"));
        }
        return Ok(());
    }
    tell(&format!(
        "Reading {names} takes {cost}. Read them? Only `yes` will do: "
    ));
    if answer().await? {
        return Ok(());
    }
    let problem = Problem::error(Code::Declined, "nothing was read or written")
        .help("without `--kinds` the export leaves customers' records out");
    Err(workspace.failure(problem.into()))
}

/// What reading costs, in words.
fn cost(forecast: &Forecast, unit: Unit) -> String {
    let number =
        |number: u64, noun: &str| counted(usize::try_from(number).unwrap_or(usize::MAX), noun);
    let mut text = format!("about {}", number(forecast.calls(), "call"));
    if unit == Unit::Credits {
        text.push_str(", ");
        text.push_str(&number(forecast.credits(), "credit"));
    }
    text.push_str(" and ");
    text.push_str(&duration(forecast.seconds));
    text
}
