//! A run against a simulated organization, behind the front.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use deskform::apply::event::{Event, Outcome, finished};
use deskform::clock::Clock;
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::ledger::Ledger;
use deskform::manifest::Sources;
use deskform::plan::Options;
use deskform::run_record::update::after;
use deskform::session::Ready;
use deskform::simulator::{Simulator, SimulatorTransport};
use deskform::yaml::source::Source;
use http::{Method, Request};

use super::front::{Front, is_for_token};
use super::{Desk, NOW_MS, Variables, settings};

pub const DIALECTS: [Dialect; 2] = [Dialect::Openapi, Dialect::Guide];

/// The environment of a simulated organization.
pub fn environment(dialect: Dialect) -> Environment {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {dialect}, edition: enterprise}}}}\n"
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

/// Manifests of one file.
pub fn sources(text: &str) -> Sources {
    Sources {
        base: vec![Source::new("all.yaml", text.as_bytes())],
        overlays: Vec::new(),
    }
}

/// Whether a request writes to the organization.
pub fn writes(request: &Request<Bytes>) -> bool {
    request.method() != Method::GET && !is_for_token(request)
}

/// What came of a run.
pub struct Run {
    pub desk: Desk,
    pub ready: Ready,
    pub events: Vec<Event>,
}

impl Run {
    pub async fn of(
        dialect: Dialect,
        text: &str,
        simulator: &Arc<Mutex<Simulator>>,
        front: impl FnOnce(Front) -> Front,
    ) -> Self {
        Self::planned(dialect, text, simulator, front, false).await
    }

    /// A run of which the table says, or not, that the answers show nothing.
    pub async fn planned(
        dialect: Dialect,
        text: &str,
        simulator: &Arc<Mutex<Simulator>>,
        front: impl FnOnce(Front) -> Front,
        silent: bool,
    ) -> Self {
        let desk = desk_behind(dialect, text, simulator, front).await;
        let mut ready = desk.plan().await.unwrap_or_else(|text| panic!("{text}"));
        let ops = ready
            .planned
            .tasks
            .iter_mut()
            .flat_map(|task| &mut task.ops);
        ops.for_each(|op| op.silent |= silent);
        let events = desk.apply(&ready).await;
        Self {
            desk,
            ready,
            events,
        }
    }

    /// A run with a ledger, and with something in front.
    pub async fn behind(
        dialect: Dialect,
        text: &str,
        simulator: &Arc<Mutex<Simulator>>,
        ledger: Ledger,
        front: impl FnOnce(Front) -> Front,
    ) -> Self {
        let desk = desk_behind(dialect, text, simulator, front).await;
        Self::on(desk, Some(ledger)).await
    }

    /// A run with a ledger or without one, with nothing in front.
    pub async fn with(
        dialect: Dialect,
        text: &str,
        simulator: &Arc<Mutex<Simulator>>,
        ledger: Option<Ledger>,
    ) -> Self {
        Self::on(desk(dialect, text, simulator).await, ledger).await
    }

    /// Plans with a ledger or without one, and applies the plan.
    async fn on(desk: Desk, ledger: Option<Ledger>) -> Self {
        let ready = planned(&desk, ledger).await;
        let ready = ready.unwrap_or_else(|text| panic!("{text}"));
        let events = desk.apply(&ready).await;
        Self {
            desk,
            ready,
            events,
        }
    }

    pub fn outcomes(&self) -> Vec<&Outcome> {
        let outcomes = self.events.iter().filter_map(|event| match event {
            Event::StepFinished { outcome, .. } => Some(outcome),
            _ => None,
        });
        outcomes.collect()
    }

    /// The ledger after the run.
    pub fn ledger(&self, before: Ledger) -> Ledger {
        let done = finished(&self.ready.planned.plan, &self.events);
        let desired = self.desk.compose().expect("manifests");
        after(before, &desired, &self.ready, &done)
    }
}

async fn desk(dialect: Dialect, text: &str, simulator: &Arc<Mutex<Simulator>>) -> Desk {
    let (simulator, none) = (Arc::clone(simulator), Variables::new());
    Desk::with(environment(dialect), sources(text), none, simulator).await
}

async fn desk_behind(
    dialect: Dialect,
    text: &str,
    simulator: &Arc<Mutex<Simulator>>,
    front: impl FnOnce(Front) -> Front,
) -> Desk {
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(simulator), clock);
    let (environment, sources) = (environment(dialect), sources(text));
    let none = Variables::new();
    Desk::behind_front(environment, sources, none, transport, clock, front).await
}

async fn planned(desk: &Desk, ledger: Option<Ledger>) -> Result<Ready, String> {
    let options = Options {
        ledger,
        ..desk.options()
    };
    let desired = desk.compose().expect("manifests");
    desk.plan_of(&desired, &options).await
}

/// Plans with a ledger or without one; a refusal comes as the text that people see.
pub async fn plan(
    dialect: Dialect,
    text: &str,
    simulator: &Arc<Mutex<Simulator>>,
    ledger: Option<Ledger>,
) -> Result<Ready, String> {
    planned(&desk(dialect, text, simulator).await, ledger).await
}

/// What is left to do, with a ledger.
pub async fn rest(
    dialect: Dialect,
    text: &str,
    simulator: &Arc<Mutex<Simulator>>,
    ledger: Ledger,
) -> BTreeSet<String> {
    let ready = plan(dialect, text, simulator, Some(ledger)).await;
    let ready = ready.expect("a plan");
    super::work(&ready.planned.plan).into_iter().collect()
}

/// A new organization.
pub fn organization(dialect: Dialect) -> Arc<Mutex<Simulator>> {
    Arc::new(Mutex::new(Simulator::new(settings(
        dialect,
        Edition::Enterprise,
    ))))
}
