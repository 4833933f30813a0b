//! What reading a long listing costs, by counts.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod common;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use common::{Desk, Variables, settings};
use deskform::apply::event::finished;
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::ledger::Ledger;
use deskform::manifest::Sources;
use deskform::plan::Options;
use deskform::run_record::update::after;
use deskform::simulator::{Settings, Simulator};
use deskform::yaml::source::Source;

const ACCOUNTS: usize = 3_000;

fn environment(dialect: Dialect) -> Environment {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {dialect}, edition: enterprise}}}}\n"
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

fn manifest(accounts: usize) -> Sources {
    let mut text = "accounts:\n".to_owned();
    for n in 0..accounts {
        // Writing into a text does not fail.
        let _ = writeln!(
            text,
            "  Account {n}: {{website: 'https://{n}.example.com'}}"
        );
    }
    Sources {
        base: vec![Source::new("all.yaml", text.as_bytes())],
        overlays: Vec::new(),
    }
}

/// A session of its own with an organization, as each command has one.
async fn desk(dialect: Dialect, accounts: usize, simulator: &Arc<Mutex<Simulator>>) -> Desk {
    let sources = manifest(accounts);
    let simulator = Arc::clone(simulator);
    Desk::with(environment(dialect), sources, Variables::new(), simulator).await
}

/// The paths of the calls since the last time, each with its number.
fn calls(desk: &Desk) -> Vec<(String, usize)> {
    let mut calls: Vec<(String, usize)> = Vec::new();
    for request in desk.take_log() {
        let path = request.target.split('?').next().unwrap_or_default();
        let call = format!("{} {path}", request.method);
        match calls.iter_mut().find(|(known, _)| *known == call) {
            Some((_, number)) => *number += 1,
            None => calls.push((call, 1)),
        }
    }
    calls.sort();
    calls
}

#[tokio::test(start_paused = true)]
async fn three_thousand_accounts_cost_the_pages_that_they_fill() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        let simulator = Arc::new(Mutex::new(Simulator::new(Settings {
            enforce_minute_limits: false,
            ..settings(dialect, Edition::Enterprise)
        })));
        let first = desk(dialect, ACCOUNTS, &simulator).await;
        let ready = first.plan().await.expect("a plan");
        let events = first.apply(&ready).await;
        let done = finished(&ready.planned.plan, &events);
        assert_eq!(done.len(), ACCOUNTS);
        let options = first.options();
        let ledger = Ledger::new(&options.environment, &options.org_id);
        let ledger = after(ledger, &first.compose().expect("it"), &ready, &done);
        assert_eq!(ledger.listings["/accounts"].objects, ACCOUNTS);

        // With what the ledger remembers: exactly the pages that so many objects need.
        let options = Options {
            ledger: Some(ledger.clone()),
            ..options
        };
        let again = desk(dialect, ACCOUNTS, &simulator).await;
        let desired = again.compose().expect("it");
        let ready = again.plan_of(&desired, &options).await.expect("a plan");
        assert!(ready.planned.plan.steps.is_empty());
        let found = calls(&again);
        assert!(
            found.contains(&("GET /accounts".to_owned(), 31)),
            "{found:?}"
        );
        assert!(
            found.contains(&("GET /organizations".to_owned(), 1)),
            "{found:?}"
        );
        let preflight: Vec<&str> = found
            .iter()
            .map(|(call, _)| call.as_str())
            .filter(|call| *call != "GET /accounts")
            .collect();
        assert_eq!(preflight, ["GET /organizations"], "{dialect}");

        // Without: at most a window less one more.
        let unknown = desk(dialect, ACCOUNTS, &simulator).await;
        let mut forgetful = ledger.clone();
        forgetful.listings.clear();
        let options = Options {
            ledger: Some(forgetful),
            ..options
        };
        unknown.plan_of(&desired, &options).await.expect("a plan");
        let pages = calls(&unknown)
            .into_iter()
            .find(|(call, _)| call == "GET /accounts")
            .expect("the listing");
        assert!((31..=38).contains(&pages.1), "{pages:?}");

        // What is created and removed later is counted, and a count that is off by less than a page
        // is no reason to save.
        let grown = desk(dialect, ACCOUNTS + 150, &simulator).await;
        let ready = grown
            .plan_of(
                &grown.compose().expect("it"),
                &Options {
                    ledger: Some(ledger.clone()),
                    ..options
                },
            )
            .await
            .expect("a plan");
        let events = grown.apply(&ready).await;
        let done = finished(&ready.planned.plan, &events);
        let ledger = after(ledger, &grown.compose().expect("it"), &ready, &done);
        assert_eq!(ledger.listings["/accounts"].objects, ACCOUNTS + 150);
    }
}
