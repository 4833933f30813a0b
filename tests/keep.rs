//! Runs that keep a ledger: what they own, prune, rename and recover.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use common::{Desk, Variables, record_of, settings, shown};
use deskform::apply::event::{Event, Outcome, finished};
use deskform::apply::recover::Recovery;
use deskform::apply::run::{ApplyContext, run};
use deskform::clock::Clock;
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::ledger::{Entry, Holder, Load, LockError, RunId, Store};
use deskform::manifest::{Desired, Sources};
use deskform::plan::Options;
use deskform::run_record::{JournalWriter, KeepError, Keeper, look};
use deskform::session::{Ready, SessionError};
use deskform::simulator::{Fate, Faults, Settings, Simulator, SimulatorTransport};
use deskform::verb::Verb;
use deskform::yaml::source::Source;
use serde_json::Value;

const BOTH: [Dialect; 2] = [Dialect::Openapi, Dialect::Guide];

/// One organization, its ledger, and the runs on it.
struct Place {
    project: String,
    simulator: Arc<Mutex<Simulator>>,
    store: Store,
    clock: Clock,
}

/// What a run came to.
struct Done {
    desk: Desk,
    ready: Ready,
    events: Vec<Event>,
}

impl Done {
    fn steps(&self) -> Vec<(Verb, String)> {
        let steps = &self.ready.planned.plan.steps;
        steps
            .iter()
            .map(|step| (step.verb, step.address.to_string()))
            .collect()
    }
}

impl Place {
    fn new(dialect: Dialect) -> Self {
        Self::of(dialect, "")
    }

    /// With more keys of the environment.
    fn of(dialect: Dialect, more: &str) -> Self {
        let project = format!(
            "environments:\n  test:\n    simulator: {{dialect: {dialect}, edition: enterprise}}\n{more}"
        );
        let org_id = environment(&project).org_id;
        let simulator = Simulator::new(Settings {
            enforce_minute_limits: false,
            ..settings(dialect, Edition::Enterprise)
        });
        Self {
            project,
            simulator: Arc::new(Mutex::new(simulator)),
            store: Store::in_memory("test", &org_id),
            clock: Clock::starting_at(common::NOW_MS),
        }
    }

    async fn desk(&self, text: &str) -> Desk {
        let sources = Sources {
            base: vec![Source::new("all.yaml", text.as_bytes())],
            overlays: Vec::new(),
        };
        let transport = SimulatorTransport::new(Arc::clone(&self.simulator), self.clock);
        Desk::behind(
            environment(&self.project),
            sources,
            Variables::new(),
            transport,
            self.clock,
        )
        .await
    }

    /// A run; a refusal comes as the text that people see.
    async fn try_run(&self, text: &str, change: impl FnOnce(&mut Options)) -> Result<Done, String> {
        let desk = self.desk(text).await;
        let clock = desk.session.clock;
        let mut keeper = Keeper::open(self.store.clone(), &holder("ann", clock), clock, false)
            .await
            .map_err(|error| error.to_string())?;
        let desired = desk
            .compose()
            .unwrap_or_else(|problems| panic!("{}", shown(&problems, &desk.sources)));
        let mut options = desk.options();
        change(&mut options);
        let known = look(&self.store).await.expect("a ledger");
        let planned = keeper.plan(&desk.session, &desired, &options).await;
        let ready = match planned {
            Ok(ready) => ready,
            Err(error) => {
                keeper.release().await.expect("the lock");
                return Err(match error {
                    SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
                        shown(&problems.into(), &desk.sources)
                    }
                    error => format!("{error:?}"),
                });
            }
        };
        if known.doubts.is_empty() {
            assert_eq!(
                ready.planned.plan.summary.record,
                record_of(&known.ledger, &desired, &ready),
                "{text}"
            );
        }
        let mut events = Vec::new();
        let journal_writer = keeper
            .begin("digest", &ready.planned.tasks, &ready.live)
            .await
            .expect("a journal");
        let means = ApplyContext {
            live: &ready.live,
            writer: &desk.session.client.writer(),
            parallelism: desk.session.parallelism,
            recovery: Recovery {
                clock,
                settle: desk.session.settle,
            },
            journal_writer: Some(&journal_writer),
        };
        run(&ready.planned.tasks, means, &|| false, &mut |event| {
            events.push(event);
        })
        .await;
        let applied = finished(&ready.planned.plan, &events);
        keeper
            .close(&desired, &ready, &applied, Some(journal_writer))
            .await
            .expect("a ledger");
        Ok(Done {
            desk,
            ready,
            events,
        })
    }

    /// A run that is not refused, whatever comes of its steps.
    async fn attempt(&self, text: &str) -> Done {
        self.try_run(text, |_| {})
            .await
            .unwrap_or_else(|text| panic!("{text}"))
    }

    /// A run of which every step is applied.
    async fn run(&self, text: &str) -> Done {
        let done = Box::pin(self.attempt(text)).await;
        for event in &done.events {
            if let Event::StepFinished { outcome, .. } = event {
                assert!(matches!(outcome, Outcome::Applied { .. }), "{event:?}");
            }
        }
        assert_eq!(done.desk.violations(), Vec::<String>::new());
        assert_eq!(self.store.open_runs().await.expect("runs").unfinished, []);
        done
    }

    async fn refused(&self, text: &str) -> String {
        match self.try_run(text, |_| {}).await {
            Ok(done) => panic!("{:?}", done.steps()),
            Err(text) => text,
        }
    }

    async fn entry(&self, address: &str) -> Option<Entry> {
        let Load::Found(ledger) = self.store.load().await.expect("a ledger").load else {
            return None;
        };
        ledger.get(&address.parse().expect("an address")).cloned()
    }

    /// Gives a department another name in Zoho Desk.
    fn rename_by_hand(&self, id: &str, name: &str) {
        let mut simulator = self.simulator.lock().expect("it");
        let org_id = environment(&self.project).org_id;
        let organization = simulator.organization_mut(&org_id).expect("it");
        let is_there = organization.change("departments", id, |department| {
            department.insert("name".to_owned(), name.into());
        });
        assert!(is_there);
    }

    fn faults(&self, faults: &str) {
        let faults = Faults::parse(faults).expect("faults");
        self.simulator.lock().expect("it").set_faults(faults);
    }
}

fn environment(project: &str) -> Environment {
    let source = Source::new("deskform.yaml", project.as_bytes());
    let project = Project::parse(std::path::Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

fn holder(who: &str, clock: Clock) -> Holder {
    Holder {
        who: who.to_owned(),
        host: "tests".to_owned(),
        run: RunId::new(clock.now_ms(), rand::random()).to_string(),
        at: clock.now_ms(),
    }
}

fn names(desk: &Desk, collection: &str, key: &str) -> Vec<String> {
    let mut names: Vec<String> = desk
        .objects(collection)
        .iter()
        .filter_map(|object| object.get(key).and_then(Value::as_str))
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

/// Ids by name.
fn ids(desk: &Desk, collection: &str, key: &str) -> BTreeMap<String, String> {
    let text = |object: &Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
    let objects = desk.objects(collection);
    let ids = objects.iter().map(|one| (text(one, key), text(one, "id")));
    ids.collect()
}

fn hooks(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Openapi => "webhooks",
        Dialect::Guide => "events",
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_changes_under_its_handle_is_a_rename() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.run("departments: {help: {name: Help}}").await;
        let done = place.run("departments: {help: {name: Assistance}}").await;
        assert_eq!(
            done.steps(),
            [(Verb::Update, "departments/help".to_owned())]
        );
        let names = names(&done.desk, "departments", "name");
        assert!(names.contains(&"Assistance".to_owned()), "{names:?}");
        assert!(!names.contains(&"Help".to_owned()), "{names:?}");
        // Another handle for the same object is no step at all.
        let done = place.run("departments: {aid: {name: Assistance}}").await;
        assert_eq!(done.steps(), []);
        assert!(place.entry("departments/help").await.is_none());
        assert!(!place.entry("departments/aid").await.expect("it").adopted);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_owned_and_not_declared_is_pruned() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        let removal = match dialect {
            Dialect::Openapi => Verb::Disable,
            Dialect::Guide => Verb::Delete,
        };
        place
            .run("departments: {A: {}, B: {}}\naccounts: {Example: {}}\n")
            .await;
        // Seeds stay, whatever is not declared any more.
        let done = place.run("departments: {A: {}}").await;
        assert_eq!(done.steps(), [(removal, "departments/B".to_owned())]);
        assert_eq!(names(&done.desk, "accounts", "accountName"), ["Example"]);
        assert!(place.entry("departments/B").await.is_none());
        // The ledger lets go of them.
        assert!(place.entry("accounts/Example").await.is_none());
        assert_eq!(place.run("departments: {A: {}}").await.steps(), []);
        // And so does everything where that is said.
        let kept = Place::of(dialect, "    prune: none\n");
        kept.run("departments: {A: {}, B: {}}").await;
        assert_eq!(kept.run("departments: {A: {}}").await.steps(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn pruning_much_has_to_be_allowed() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        let many = |number: usize| {
            (0..number).fold("departments:\n".to_owned(), |text, n| {
                format!("{text}  D{n}: {{}}\n")
            })
        };
        place.run(&many(12)).await;
        let text = place.refused(&many(8)).await;
        assert!(
            text.contains("remove 4 of 12 departments, 33.33%, and `maxDeletePercent` allows 30%")
                && text.contains("`--allow-deletes 4`"),
            "{text}"
        );
        let done = place
            .try_run(&many(8), |options| options.limits.allow_deletes = Some(4))
            .await
            .unwrap_or_else(|text| panic!("{text}"));
        assert_eq!(done.steps().len(), 4);
        assert_eq!(place.run(&many(8)).await.steps(), []);
    }
}

/// What is ignored as a whole is nobody's to remove, as `drift` says; a tombstone means it all the same.
#[tokio::test(start_paused = true)]
async fn what_is_ignored_is_not_pruned() {
    for dialect in BOTH {
        let ignored = "    ignore: [{address: departments/B, reason: the vendor's}]\n";
        let place = Place::of(dialect, ignored);
        place.run("departments: {A: {}, B: {}}").await;
        assert_eq!(place.run("departments: {A: {}}").await.steps(), []);
        assert!(place.entry("departments/B").await.is_some());
        let buried = "departments: {A: {}}\nremoved: {departments: [B]}\n";
        assert_eq!(place.run(buried).await.steps().len(), 1);
    }
}

/// A share that a project writes holds for few objects as for many; nobody has written the default.
#[tokio::test(start_paused = true)]
async fn a_share_that_is_written_holds_for_few() {
    let text = "departments: {A: {}, B: {}, C: {}, D: {}, E: {}}";
    for dialect in BOTH {
        for (guards, less, is_refused) in [
            ("{}", "departments: {A: {}, B: {}, C: {}, D: {}}", false),
            (
                "{maxDeletePercent: 20}",
                "departments: {A: {}, B: {}, C: {}, D: {}}",
                false,
            ),
            (
                "{maxDeletePercent: 19}",
                "departments: {A: {}, B: {}, C: {}, D: {}}",
                true,
            ),
            (
                "{maxDeletePercent: 0}",
                "departments: {A: {}, B: {}, C: {}, D: {}}",
                true,
            ),
            (
                "{maxUpdatePercent: 0}",
                "departments: {A: {description: x}, B: {}, C: {}, D: {}, E: {}}",
                true,
            ),
            (
                "{maxUpdatePercent: 20}",
                "departments: {A: {description: x}, B: {}, C: {}, D: {}, E: {}}",
                false,
            ),
        ] {
            let place = Place::of(dialect, &format!("    guards: {guards}\n"));
            place.run(text).await;
            let done = place.try_run(less, |_| {}).await;
            assert_eq!(done.is_err(), is_refused, "{dialect} {guards} {less}");
            if let Err(refusal) = done {
                assert!(refusal.contains("1 of 5 departments, 20.00%"), "{refusal}");
            }
        }
    }
}

/// A report without its frame and its breaks.
fn flat(report: &str) -> String {
    let words = report.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

/// A chain of handles that is taken back reads like something new in the place of what goes: that is asked,
/// and either answer does what it says.
#[tokio::test(start_paused = true)]
async fn a_chain_of_handles_that_is_taken_back_is_asked_about() {
    for dialect in BOTH {
        for back in [true, false] {
            let place = Place::new(dialect);
            let first = "departments: {A: {description: x}, B: {description: y}, C: {}}";
            let done = place.run(first).await;
            let before = ids(&done.desk, "departments", "name");
            let second = "departments: {B: {description: x, lifecycle: {renamedFrom: A}}, \
                D: {description: y, lifecycle: {renamedFrom: B}}, C: {}}";
            place.run(second).await;
            let refusal = place.refused(first).await;
            let refusal = flat(&refusal);
            for told in [
                "`lifecycle: {renamedFrom: B}` under `departments/A`",
                "`lifecycle: {renamedFrom: D}` under `departments/B`",
                "`removed: {departments: [D]}`",
            ] {
                assert!(refusal.contains(told), "{told}: {refusal}");
            }
            let answer = if back {
                "departments: {A: {description: x, lifecycle: {renamedFrom: B}}, \
                 B: {description: y, lifecycle: {renamedFrom: D}}, C: {}}"
                    .to_owned()
            } else {
                format!("{first}\nremoved: {{departments: [D]}}\n")
            };
            let done = place.run(&answer).await;
            let after = ids(&done.desk, "departments", "name");
            assert_eq!(after["A"] == before["A"], back, "{after:?}");
            assert_eq!(after["B"] == before["A"], !back, "{after:?}");
            assert_eq!(place.run(&answer).await.steps(), []);
        }
        // An answer that lacks a line is asked about again, and so is what was renamed in two changes.
        let first = "departments: {A: {description: x}, B: {description: y}, C: {}}";
        let renamed = |last: &str, old: &str| {
            format!(
                "departments: {{B: {{description: x, lifecycle: {{renamedFrom: A}}}}, \
                 {last}: {{description: y, lifecycle: {{renamedFrom: {old}}}}}, C: {{}}}}"
            )
        };
        for twice in [false, true] {
            let place = Place::new(dialect);
            let before = ids(&place.run(first).await.desk, "departments", "name");
            place.run(&renamed("D", "B")).await;
            let mut last = "D";
            if twice {
                place
                    .run("departments: {B: {description: x}, E: {description: y, lifecycle: {renamedFrom: D}}, C: {}}")
                    .await;
                last = "E";
            }
            let refused = place.refused(first).await;
            assert!(flat(&refused).contains("be taken back"), "{refused}");
            // Half of the answer is no answer.
            let half = format!(
                "departments: {{A: {{description: x}}, B: {{description: y, lifecycle: {{renamedFrom: {last}}}}}, C: {{}}}}"
            );
            let refused = place.refused(&half).await;
            assert!(flat(&refused).contains("be taken back"), "{refused}");
            let whole = format!(
                "departments: {{A: {{description: x, lifecycle: {{renamedFrom: B}}}}, \
                 B: {{description: y, lifecycle: {{renamedFrom: {last}}}}}, C: {{}}}}"
            );
            let after = ids(&place.run(&whole).await.desk, "departments", "name");
            assert_eq!((&after["A"], &after["B"]), (&before["A"], &before["B"]));
        }
        // Under handles that stay the names alone move, and what is new is new.
        let place = Place::new(dialect);
        place
            .run("departments: {t1: {name: Beta, description: a}, t2: {name: Stable, description: b}, C: {}}")
            .await;
        place
            .run("departments: {t1: {name: Stable, description: a}, t2: {name: Legacy, description: b}, C: {}}")
            .await;
        let done = place
            .run("departments: {t1: {name: Stable, description: a}, t3: {name: Beta, description: c}, C: {}}")
            .await;
        assert_eq!(
            done.ready.planned.plan.summary.create,
            1,
            "{:?}",
            done.steps()
        );
        assert_eq!(
            done.ready.planned.plan.summary.update,
            0,
            "{:?}",
            done.steps()
        );
    }
}

/// What nobody declares any more and had the name last comes back without a question, whoever had that
/// name as well.
#[tokio::test(start_paused = true)]
async fn a_rename_after_a_swap_is_taken_back() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place
            .run("departments: {A: {description: x}, B: {description: y}}")
            .await;
        place
            .run("departments: {A: {description: y, lifecycle: {renamedFrom: B}}, B: {description: x, lifecycle: {renamedFrom: A}}}")
            .await;
        let two = "departments: {A: {description: y}, B: {description: x}}";
        let before = ids(&place.run(two).await.desk, "departments", "name");
        for name in ["A", "B"] {
            let (other, mine) = if name == "A" { ("B", "y") } else { ("A", "x") };
            let others = if name == "A" { "x" } else { "y" };
            let renamed = format!(
                "departments: {{{other}: {{description: {others}}}, M: {{description: {mine}, lifecycle: {{renamedFrom: {name}}}}}}}"
            );
            place.run(&renamed).await;
            let after = ids(&place.run(two).await.desk, "departments", "name");
            assert_eq!(
                (&after["A"], &after["B"]),
                (&before["A"], &before["B"]),
                "{name}"
            );
            assert_eq!(place.run(two).await.steps(), []);
        }
    }
}

/// Nobody is blamed for what a killed run may have done, nor for what no answer shows.
#[tokio::test(start_paused = true)]
async fn what_nobody_is_seen_to_have_changed_blames_nobody() {
    for dialect in BOTH {
        for (touched, hidden) in [(false, false), (true, false), (false, true)] {
            let place = Place::new(dialect);
            let done = place.run("departments: {A: {description: x}}").await;
            let id = ids(&done.desk, "departments", "name")["A"].clone();
            {
                let mut simulator = place.simulator.lock().expect("it");
                let organization = simulator.organization_mut(&done.desk.environment.org_id);
                organization
                    .expect("it")
                    .change("departments", &id, |object| {
                        if hidden {
                            object.remove("description");
                        } else {
                            object.insert("description".to_owned(), Value::from("y"));
                        }
                    });
            }
            let desk = place.desk("departments: {A: {description: z}}").await;
            let desired = desk.compose().expect("manifests");
            let mut ledger = look(&place.store).await.expect("a ledger").ledger;
            if touched {
                ledger.touched.extend(desired.state.keys().cloned());
            }
            let options = Options {
                ledger: Some(ledger),
                ..desk.options()
            };
            let ready = desk.plan_of(&desired, &options).await.expect("a plan");
            let [step] = ready.planned.plan.steps.as_slice() else {
                panic!("{:?}", ready.planned.plan.steps)
            };
            let is_blamed = step.changes.iter().any(|change| change.sets_back.is_some());
            assert_eq!(
                is_blamed,
                !touched && !hidden,
                "{dialect} {touched} {hidden}"
            );
        }
    }
}

/// A name that something undeclared still has is free one apply later.
#[tokio::test(start_paused = true)]
async fn a_name_that_goes_in_the_same_run_is_told_with_its_way() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.run("departments: {A: {}, B: {}, C: {}}").await;
        let refusal = place.refused("departments: {A: {name: B}, C: {}}").await;
        let words: Vec<&str> = refusal
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        let told = "`departments/B` has that name and is no longer declared: take its lines away and apply";
        assert!(words.join(" ").contains(told), "{refusal}");
    }
}

/// Only the ledger knows the handle of what goes as well: the line to paste says the name.
#[tokio::test(start_paused = true)]
async fn a_line_to_paste_names_a_parent_that_goes_by_its_name() {
    let place = Place::new(Dialect::Openapi);
    place
        .run("departments: {billing: {name: Billing Desk}, Home: {}}\nteams: {T1: {department: billing}}\n")
        .await;
    let refusal = place.refused("departments: {Home: {}}\n").await;
    let words: Vec<&str> = refusal
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    let refusal = words.join(" ");
    for told in [
        "`removed: {teams: [{name: T1, department: Billing Desk, transferTo: {team: HANDLE, agent: HANDLE}}]}`",
        "one of `team` and `agent` is enough",
    ] {
        assert!(refusal.contains(told), "{told}\n{refusal}");
    }
    let line = "removed: {teams: [{name: T1, department: Billing Desk, transferTo: {agent: {lookup: admin@700001.example.com}}}]}";
    let done = place
        .run(&format!("departments: {{Home: {{}}}}\n{line}\n"))
        .await;
    assert_eq!(done.steps().len(), 2, "{:?}", done.steps());
}

/// Whoever follows a department that may be renamed waits for the same answer.
#[tokio::test(start_paused = true)]
async fn what_follows_a_likely_rename_is_not_told_beside_it() {
    let place = Place::new(Dialect::Openapi);
    let text = |name: &str| {
        format!(
            "departments: {{{name}: {{description: b}}, Home: {{}}}}\n\
             agents: {{ann@example.com: {{lastName: Doe, rolePermissionType: Light, departments: [{name}]}}}}\n\
             teams: {{T1: {{department: {name}, agents: [ann@example.com]}}}}\n"
        )
    };
    place.run(&text("Second")).await;
    let refusal = place.refused(&text("Zecond")).await;
    assert!(refusal.contains("the two are alike"), "{refusal}");
    assert!(!refusal.contains("will not belong"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn prevent_destroy_holds_when_its_block_is_gone() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place
            .run("departments: {A: {lifecycle: {preventDestroy: true}}, B: {}}")
            .await;
        let text = place.refused("departments: {B: {}}").await;
        assert!(
            text.contains("`departments/A` is no longer declared")
                && text.contains("`deskform ledger forget 'departments/A'`"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_is_lost_or_spoilt_is_as_good_as_none() {
    for dialect in BOTH {
        let mut place = Place::new(dialect);
        let text = "departments: {A: {}, B: {}}\nwebhooks: {crm: {url: \"https://hooks.example.com/x\", subscriptions: {Ticket_Add: {}}}}\n";
        place.run(text).await;
        place.store = Store::in_memory("test", place.store.org_id());
        // Nothing is pruned by who does not know what is owned.
        assert_eq!(place.run("departments: {A: {}}").await.steps(), []);
        let done = place.run(text).await;
        assert_eq!(done.steps(), []);
        assert_eq!(done.desk.objects(hooks(dialect)).len(), 1);
        assert!(place.entry("departments/A").await.expect("it").adopted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_lags_makes_nothing_twice() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.faults("list-lag=30");
        let text = "departments: {A: {}}\naccounts: {Example: {}}\nwebhooks: {crm: {url: \"https://hooks.example.com/x\", subscriptions: {Ticket_Add: {}, Ticket_Delete: {}}}}\n";
        place.run(text).await;
        let done = place.run(text).await;
        assert_eq!(done.steps(), [], "{dialect}");
        let parts = if dialect == Dialect::Guide { 2 } else { 1 };
        assert_eq!(done.desk.objects(hooks(dialect)).len(), parts);
        // What is gone for good is proved to be gone and made again.
        {
            let mut simulator = place.simulator.lock().expect("it");
            let organization = simulator
                .organization_mut(place.store.org_id())
                .expect("the organization");
            for object in organization.objects(hooks(dialect)) {
                let id = object.get("id").and_then(Value::as_str).expect("an id");
                assert!(organization.remove(hooks(dialect), id));
            }
        }
        let done = place.run(text).await;
        assert_eq!(done.steps(), [(Verb::Create, "webhooks/crm".to_owned())]);
        assert_eq!(place.run(text).await.steps(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_run_says_who_holds_the_lock() {
    let place = Place::new(Dialect::Openapi);
    let desk = place.desk("departments: {A: {}}").await;
    let clock = desk.session.clock;
    let first = Keeper::open(place.store.clone(), &holder("ann", clock), clock, false)
        .await
        .expect("the lock");
    // It is renewed for as long as the run lasts.
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let second = Keeper::open(place.store.clone(), &holder("bob", clock), clock, false).await;
    match second {
        Err(KeepError::Lock(LockError::Held(held))) => assert_eq!(held.who, "ann"),
        other => panic!("{other:?}"),
    }
    assert!(!first.is_lost());
    // Who was robbed of the lock finds out.
    place
        .store
        .unlock(clock.now_ms(), true)
        .await
        .expect("the lock");
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
    assert!(first.is_lost());
}

#[tokio::test(start_paused = true)]
async fn an_agent_who_was_lent_leaves_in_a_later_run() {
    let place = Place::new(Dialect::Openapi);
    place.run("departments: {A: {}}").await;
    let lent = place
        .entry("departments/A")
        .await
        .expect("it")
        .temporary_member;
    assert!(lent.is_some());
    let done = place
        .run("departments: {A: {}}\nagents: {ann@example.com: {lastName: Example, rolePermissionType: AgentPublic, departments: [A]}}\n")
        .await;
    assert!(
        done.steps()
            .contains(&(Verb::Update, "departments/A".to_owned())),
        "{:?}",
        done.steps()
    );
    assert_eq!(
        place
            .entry("departments/A")
            .await
            .expect("it")
            .temporary_member,
        None
    );
}

#[tokio::test(start_paused = true)]
async fn two_candidates_are_settled_by_a_person() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.run("accounts: {a: {accountName: Example}}").await;
        let other = serde_json::json!({"accountName": "Sample"});
        let id = place
            .simulator
            .lock()
            .expect("it")
            .organization_mut(place.store.org_id())
            .expect("it")
            .insert("accounts", other);
        let text = place.refused("accounts: {a: {accountName: Sample}}").await;
        assert!(
            text.contains(&format!("`deskform ledger adopt 'accounts/a' {id}`")),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_custom_fields_than_there_is_room_for() {
    let place = Place::new(Dialect::Openapi);
    let fields = |number: usize| {
        (0..number).fold("customFields:\n".to_owned(), |text, n| {
            format!(
                "{text}  f{n}: {{module: contacts, displayLabel: Field {n}, type: Text, maxLength: 20}}\n"
            )
        })
    };
    place.run(&fields(30)).await;
    let text = place.refused(&fields(60)).await;
    assert!(
        text.contains("create 30 custom fields") && text.contains("room for 20"),
        "{text}"
    );
    place.run(&fields(50)).await;
}

#[tokio::test(start_paused = true)]
async fn a_difference_that_is_accepted_is_not_taken_for_applied() {
    for dialect in BOTH {
        let rule = "ignore:\n  - {address: 'accounts/*', field: website, reason: they edit it, until: 2999-01-01}\n";
        let mut place = Place::new(dialect);
        let text = "accounts: {Example: {website: https://www.example.com, phone: '1'}}";
        place.run(text).await;
        {
            let mut simulator = place.simulator.lock().expect("it");
            let organization = simulator
                .organization_mut(place.store.org_id())
                .expect("the organization");
            let account = organization.objects("accounts").pop().expect("an account");
            let id = account.get("id").and_then(Value::as_str).expect("an id");
            assert!(organization.change("accounts", id, |account| {
                account["website"] = "https://other.example.com".into();
            }));
        }
        let strict = place.project.clone();
        place.project.push_str(rule);
        assert_eq!(place.run(text).await.steps(), []);
        let other = text.replace("'1'", "'2'");
        assert_eq!(place.run(&other).await.steps().len(), 1);
        let record = &place.entry("accounts/Example").await.expect("it").fields["website"];
        assert_eq!(
            (&record.sent, &record.stored),
            (
                &"https://www.example.com".into(),
                &"https://www.example.com".into()
            )
        );
        // Once it is accepted no more, it is what somebody changed in Zoho Desk.
        place.project = strict;
        assert_eq!(
            place.run(&other).await.steps(),
            [(Verb::Update, "accounts/Example".to_owned())]
        );
    }
}

/// A run that is killed when its n-th write has taken effect and is not answered.
async fn killed(place: &Place, text: &str, n: usize) {
    let struck = Arc::new(tokio::sync::Notify::new());
    let desk = {
        let struck = Arc::clone(&struck);
        let sources = Sources {
            base: vec![Source::new("all.yaml", text.as_bytes())],
            overlays: Vec::new(),
        };
        let writes = std::sync::atomic::AtomicUsize::new(0);
        let transport = SimulatorTransport::new(Arc::clone(&place.simulator), place.clock)
            .with_fate(move |request| {
                let is_write = request.method() != http::Method::GET
                    && !request.uri().path().contains("/oauth/");
                let earlier = if is_write {
                    writes.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                } else {
                    writes.load(std::sync::atomic::Ordering::Relaxed)
                };
                match (is_write, (earlier + 1).cmp(&n)) {
                    (true, std::cmp::Ordering::Equal) => {
                        struck.notify_one();
                        Fate::LoseAnswer
                    }
                    // A killed process asks nothing more.
                    _ if earlier >= n => Fate::NotSent,
                    _ => Fate::Deliver,
                }
            });
        Desk::behind(
            environment(&place.project),
            sources,
            Variables::new(),
            transport,
            place.clock,
        )
        .await
    };
    let mut keeper = Keeper::open(
        place.store.clone(),
        &holder("ann", place.clock),
        place.clock,
        false,
    )
    .await
    .expect("a lock");
    let desired = desk.compose().expect("manifests");
    let options = desk.options();
    let ready = keeper
        .plan(&desk.session, &desired, &options)
        .await
        .expect("a plan");
    let journal_writer = keeper
        .begin("digest", &ready.planned.tasks, &ready.live)
        .await
        .expect("a journal");
    let means = ApplyContext {
        live: &ready.live,
        writer: &desk.session.client.writer(),
        parallelism: 1,
        recovery: Recovery {
            clock: place.clock,
            settle: desk.session.settle,
        },
        journal_writer: Some(&journal_writer),
    };
    let mut ignored = |_: Event| {};
    let work = run(&ready.planned.tasks, means, &|| false, &mut ignored);
    let blow = async {
        struck.notified().await;
        // Long before the lost answer is looked into.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    };
    tokio::select! {
        _ = work => panic!("it was to be killed"),
        () = blow => {}
    }
    drop(keeper);
    let now = place.clock.now_ms();
    place.store.unlock(now, true).await.expect("the lock");
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_run_made_halfway_is_finished() {
    let place = Place::new(Dialect::Openapi);
    // The owner is cleared by a second write, and nothing of it is compared once it is there.
    let text =
        "contacts: {a@example.com: {lastName: A, owner: null, lifecycle: {createOnly: true}}}";
    killed(&place, text, 1).await;
    let done = place.run(text).await;
    assert_eq!(
        done.steps(),
        [(Verb::Update, "contacts/a@example.com".to_owned())]
    );
    assert_eq!(names(&done.desk, "contacts", "email"), ["a@example.com"]);
    assert_eq!(done.desk.objects("contacts")[0]["ownerId"], Value::Null);
    assert_eq!(place.run(text).await.steps(), []);
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_run_made_is_protected_at_once() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        killed(
            &place,
            "departments: {A: {lifecycle: {preventDestroy: true}}, B: {}}",
            2,
        )
        .await;
        let text = place.refused("departments: {B: {}}").await;
        assert!(
            text.contains("`departments/A` is no longer declared"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whom_a_killed_run_has_lent_comes_home() {
    let text = "departments: {D: {}}\nagents: {x@example.com: {lastName: X, rolePermissionType: Light, departments: [D]}}";
    for n in [1, 2] {
        let place = Place::new(Dialect::Openapi);
        killed(&place, text, n).await;
        let done = place.run(text).await;
        let departments = done.desk.objects("departments");
        let founded = departments.iter().find(|one| one["name"] == "D");
        let members = founded.expect("it")["associatedAgentIds"]
            .as_array()
            .cloned();
        assert_eq!(members.expect("members").len(), 1, "killed at write {n}");
        assert_eq!(place.run(text).await.steps(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_was_cut_between_its_halves_is_finished() {
    let place = Place::new(Dialect::Guide);
    let hook = |url: &str, more: &str| {
        format!(
            "webhooks: {{crm: {{url: \"https://hooks.example.com/{url}\", subscriptions: {{Ticket_Add: {{}}}}{more}}}}}"
        )
    };
    place.run(&hook("old", "")).await;
    let text = hook(
        "new",
        ", lifecycle: {renamedFrom: \"https://hooks.example.com/old\"}",
    );
    killed(&place, &text, 1).await;
    let done = place.run(&text).await;
    assert_eq!(
        names(&done.desk, "events", "url"),
        ["https://hooks.example.com/new"]
    );
    assert_eq!(place.run(&text).await.steps(), []);
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_does_not_get_round_prevent_destroy() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place
            .run("departments: {a: {name: A, lifecycle: {preventDestroy: true}}, B: {}}")
            .await;
        let text = place
            .refused("departments: {B: {}}\nremoved: {departments: [A]}\n")
            .await;
        assert!(
            text.contains("`departments/a`") && text.contains("`preventDestroy` forbids"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_moved_in_part_leaves_nothing_behind() {
    let text = |url: &str| {
        format!(
            "webhooks: {{crm: {{url: \"https://hooks.example.com/{url}\", subscriptions: {{Ticket_Add: {{}}, Ticket_Delete: {{}}}}}}}}\n"
        )
    };
    // Of the two creations and two removals the n-th is refused for good.
    for fails in 1..=4 {
        let place = Place::new(Dialect::Guide);
        place.run(&text("old")).await;
        place.faults(&format!("write={fails}:day-limit"));
        let done = place.attempt(&text("new")).await;
        assert!(
            done.events.iter().any(|event| matches!(
                event,
                Event::StepFinished {
                    outcome: Outcome::Failed { .. } | Outcome::Unknown { .. },
                    ..
                }
            )),
            "{fails}"
        );
        // The next run gets no further.
        place.faults("write=1:day-limit");
        place.attempt(&text("new")).await;
        place.faults("seed=1");
        let done = place.run(&text("new")).await;
        let urls = names(&done.desk, "events", "url");
        assert_eq!(
            urls,
            [
                "https://hooks.example.com/new",
                "https://hooks.example.com/new"
            ],
            "{fails}"
        );
        assert_eq!(place.run(&text("new")).await.steps(), [], "{fails}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_of_which_nothing_is_known_stays_in_doubt() {
    let text = "webhooks: {crm: {url: \"https://hooks.example.com/x\", subscriptions: {Ticket_Add: {}}}}\n";
    for dialect in BOTH {
        let mut unknown = 0;
        for nth in 3..10 {
            let place = Place::new(dialect);
            place.faults(&format!(
                "list-lag=30,write=1:lost-after,nth={nth}:day-limit"
            ));
            let Ok(done) = place.try_run(text, |_| {}).await else {
                continue;
            };
            let is_unknown = done.events.iter().any(|event| {
                matches!(
                    event,
                    Event::StepFinished {
                        outcome: Outcome::Unknown { .. },
                        ..
                    }
                )
            });
            unknown += usize::from(is_unknown);
            place.faults("list-lag=30");
            let done = place.run(text).await;
            assert_eq!(
                done.desk.objects(hooks(dialect)).len(),
                1,
                "{dialect} {nth}"
            );
        }
        assert!(unknown > 0, "{dialect}");
    }
}

/// A run that has done everything but end.
struct Unended {
    keeper: Keeper,
    desired: Desired,
    ready: Ready,
    journal_writer: JournalWriter,
    events: Vec<Event>,
}

async fn unended(place: &Place, text: &str, secrets: &Variables) -> Unended {
    let mut desk = place.desk(text).await;
    desk.secrets.clone_from(secrets);
    let clock = desk.session.clock;
    let mut keeper = Keeper::open(place.store.clone(), &holder("ann", clock), clock, false)
        .await
        .expect("the lock");
    let desired = desk
        .compose()
        .unwrap_or_else(|problems| panic!("{}", shown(&problems, &desk.sources)));
    let ready = keeper
        .plan(&desk.session, &desired, &desk.options())
        .await
        .expect("a plan");
    let journal_writer = keeper
        .begin("digest", &ready.planned.tasks, &ready.live)
        .await
        .expect("a journal");
    let means = ApplyContext {
        live: &ready.live,
        writer: &desk.session.client.writer(),
        parallelism: desk.session.parallelism,
        recovery: Recovery {
            clock,
            settle: desk.session.settle,
        },
        journal_writer: Some(&journal_writer),
    };
    let mut events = Vec::new();
    run(&ready.planned.tasks, means, &|| false, &mut |event| {
        events.push(event);
    })
    .await;
    // What is noted is written in the background.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    Unended {
        keeper,
        desired,
        ready,
        journal_writer,
        events,
    }
}

impl Unended {
    async fn close(self) -> Result<(), KeepError> {
        let applied = finished(&self.ready.planned.plan, &self.events);
        self.keeper
            .close(
                &self.desired,
                &self.ready,
                &applied,
                Some(self.journal_writer),
            )
            .await
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_lags_behind_a_killed_run_makes_nothing_twice() {
    let text = "customFields: {region: {module: contacts, displayLabel: Region, type: Text, maxLength: 20}}\nwebhooks: {crm: {url: \"https://hooks.example.com/x\", subscriptions: {Ticket_Add: {}}}}\n";
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.faults("list-lag=30");
        let killed = unended(&place, text, &Variables::new()).await;
        killed.keeper.release().await.expect("the lock");
        let done = place.run(text).await;
        assert_eq!(done.steps(), [], "{dialect}");
        assert_eq!(done.desk.objects(hooks(dialect)).len(), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_pruned_cannot_be_referred_to() {
    let place = Place::new(Dialect::Openapi);
    place
        .run("roles: {R1: {shareDataWithPeers: true}, R2: {shareDataWithPeers: true, reportsTo: R1}}\n")
        .await;
    let text = "roles: {R2: {shareDataWithPeers: true, reportsTo: {lookup: R1}}}\n";
    let refusal = place.refused(text).await;
    assert!(
        refusal.contains("`roles/R1` is still referred to, and is no longer declared"),
        "{refusal}"
    );
    // Without the reference it goes.
    let done = place
        .run("roles: {R2: {shareDataWithPeers: true, reportsTo: {lookup: CEO}}}\n")
        .await;
    assert!(
        done.steps()
            .contains(&(Verb::Delete, "roles/R1".to_owned()))
    );
}

/// A webhook of the guide whose URL and handle change, killed after the first event of the new URL.
#[tokio::test(start_paused = true)]
async fn what_a_webhook_leaves_goes_last_and_not_at_all_where_it_is_kept() {
    let staying = |more: &str| {
        format!(
            "webhooks: {{Staying: {{url: \"https://hooks.example.com/old\", subscriptions: {{Ticket_Add: {{}}, Contact_Add: {{}}}}{more}}}}}\n"
        )
    };
    let moved = "webhooks: {Moved: {url: \"https://hooks.example.com/new\", subscriptions: {Ticket_Add: {}, Contact_Add: {}}, lifecycle: {renamedFrom: \"https://hooks.example.com/old\"}}}\n";
    let place = Place::new(Dialect::Guide);
    place.run(&staying("")).await;
    killed(&place, moved, 1).await;
    let done = place.run(moved).await;
    let tasks = &done.ready.planned.tasks;
    let at = |is: &dyn Fn(Verb) -> bool| tasks.iter().position(|task| is(task.verb));
    let removal = at(&|verb| verb == Verb::Delete).expect("a removal");
    let rest = at(&|verb| verb == Verb::Update).expect("the other event");
    assert!(tasks[removal].prerequisites.contains(&rest));
    assert_eq!(done.desk.objects("events").len(), 2);

    let place = Place::new(Dialect::Guide);
    place
        .run(&staying(", lifecycle: {preventDestroy: true}"))
        .await;
    killed(&place, moved, 1).await;
    let text = place.refused(moved).await;
    assert!(text.contains("`preventDestroy`"), "{text}");
}

/// A write may go out long after its intent was recorded: it waits until a limit is over.
#[tokio::test(start_paused = true)]
async fn what_a_killed_run_sent_late_is_not_made_twice() {
    let text = "accounts: {Example: {}}\n";
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.faults("list-lag=30,quirks=duplicates-taken,write=1:429:90");
        killed(&place, text, 2).await;
        let done = place.run(text).await;
        assert_eq!(done.steps(), [], "{dialect}");
        assert_eq!(done.desk.objects("accounts").len(), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_is_saved_is_no_failure_where_the_lock_is_gone() {
    let place = Place::new(Dialect::Openapi);
    let run = unended(&place, "accounts: {Example: {}}", &Variables::new()).await;
    place
        .store
        .unlock(place.clock.now_ms(), true)
        .await
        .expect("the lock");
    run.close().await.expect("a ledger");
    assert!(place.entry("accounts/Example").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_journal_keeps_no_secret_of_what_is_removed() {
    let secrets = Variables::from([("KEY".to_owned(), "hunter2-note".to_owned())]);
    for (text, none) in [
        (
            "departments: {A: {description: \"${secret.KEY}\"}, B: {}}",
            "departments: {B: {}}",
        ),
        (
            "departments: {A: {description: \"${secret.KEY}\"}, B: {}}",
            "departments: {B: {}}\nremoved: {departments: [A]}\n",
        ),
    ] {
        for dialect in BOTH {
            let place = Place::new(dialect);
            let run = unended(&place, text, &secrets).await;
            run.close().await.expect("a ledger");
            let run = unended(&place, none, &secrets).await;
            let journals = place.store.open_runs().await.expect("runs").unfinished;
            let (intent, _) = &journals[0].settled[0];
            assert_eq!(intent.address.to_string(), "departments/A");
            assert!(intent.before.get("name").is_some(), "{}", intent.before);
            assert_eq!(intent.before.get("description"), None);
            run.close().await.expect("a ledger");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_not_owned_before_it_was_changed() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        {
            let mut simulator = place.simulator.lock().expect("it");
            let organization = simulator
                .organization_mut(place.store.org_id())
                .expect("the organization");
            organization.insert(
                "departments",
                serde_json::json!({"name": "A", "nameInCustomerPortal": "A", "isEnabled": true}),
            );
        }
        let text = "departments: {A: {description: Example}, B: {}}";
        place.faults("on=PATCH /departments:500");
        place.attempt(text).await;
        assert!(place.entry("departments/B").await.is_some());
        assert!(place.entry("departments/A").await.is_none());
        place.faults("seed=1");
        place.run(text).await;
        assert!(place.entry("departments/A").await.expect("it").adopted);
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_who_was_lent_is_remembered_under_another_handle() {
    let place = Place::new(Dialect::Openapi);
    place.run("departments: {a: {name: A}}").await;
    place.run("departments: {b: {name: A}}").await;
    assert!(
        place
            .entry("departments/b")
            .await
            .expect("it")
            .temporary_member
            .is_some()
    );
}

#[tokio::test(start_paused = true)]
async fn names_are_given_up_before_they_are_taken() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place
            .run("departments: {A: {name: Xray}, B: {name: Yankee}}")
            .await;
        let done = place
            .run("departments: {A: {name: Yankee}, B: {name: Zulu}}")
            .await;
        assert_eq!(done.steps().len(), 2, "{:?}", done.steps());
        // Names that are swapped take one step more, through a temporary name.
        let before = ids(&done.desk, "departments", "name");
        let text = "departments: {A: {name: Zulu}, B: {name: Yankee}}";
        let done = place.run(text).await;
        assert_eq!(done.steps().len(), 3, "{:?}", done.steps());
        let after = ids(&done.desk, "departments", "name");
        assert_eq!(after["Zulu"], before["Yankee"]);
        assert_eq!(after["Yankee"], before["Zulu"]);
        let again = place.run(text).await;
        assert_eq!(again.steps(), []);
    }
}

/// In the guide a webhook is all that is called at its URL: who leaves a URL goes before who comes there.
#[tokio::test(start_paused = true)]
async fn urls_are_left_before_others_come() {
    let at = |urls: &[(&str, u8)]| {
        let lines = urls.iter().map(|(handle, n)| {
            format!("  {handle}: {{url: 'https://x.example.com/{n}', subscriptions: {{Ticket_Add: {{}}}}}}\n")
        });
        format!("webhooks:\n{}", lines.collect::<String>())
    };
    for dialect in BOTH {
        // Whatever order the addresses have, one moves on, and another one takes its place.
        for (before, after) in [
            (&[("a", 1), ("b", 2)][..], &[("a", 2), ("b", 3)][..]),
            (&[("a", 2), ("b", 1)], &[("a", 3), ("b", 2)]),
            (
                &[("b", 1), ("a", 2), ("c", 3)],
                &[("b", 2), ("a", 3), ("c", 4)],
            ),
            (&[("b", 1)], &[("a", 1), ("b", 2)]),
            (&[("b", 1)], &[("c", 1), ("b", 2)]),
        ] {
            let place = Place::new(dialect);
            place.run(&at(before)).await;
            let text = at(after);
            place.run(&text).await;
            let again = place.run(&text).await;
            assert_eq!(again.steps(), [], "{dialect:?} {before:?} {after:?}");
        }
        let place = Place::new(dialect);
        place.run(&at(&[("a", 1), ("b", 2)])).await;
        let swapped = at(&[("a", 2), ("b", 1)]);
        match dialect {
            Dialect::Openapi => {
                place.run(&swapped).await;
                assert_eq!(place.run(&swapped).await.steps(), []);
            }
            Dialect::Guide => {
                let refused = place.refused(&swapped).await;
                assert!(
                    refused.contains("each takes the name that the next one still has"),
                    "{refused}"
                );
            }
        }
    }
}

/// Plans show what lies below another object with both names, and no manifest writes it so.
#[tokio::test(start_paused = true)]
async fn a_tombstone_that_reads_as_plans_show_a_name_is_refused_with_the_right_one() {
    let place = Place::new(Dialect::Openapi);
    place
        .run("departments: {A: {}}\nteams: {Z: {department: A}}\n")
        .await;
    let stranger = Place {
        store: Store::in_memory("test", &environment(&place.project).org_id),
        ..place
    };
    let refused = stranger
        .refused("departments: {A: {}}\nremoved: {teams: [A/Z]}\n")
        .await;
    assert!(refused.contains("one named `Z` is shown so"), "{refused}");
    assert!(
        refused.contains("write `{name: Z, department: A}`"),
        "{refused}"
    );
    let refused = stranger
        .refused("departments: {A: {}}\nremoved: {teams: [{name: Z, department: A}]}\n")
        .await;
    assert!(
        refused.contains("`teams/A/Z` cannot be removed"),
        "{refused}"
    );
}

/// A ledger that is lost between the steps of a swap does not make the objects strangers.
#[tokio::test(start_paused = true)]
async fn a_temporary_name_is_nobodys_to_remove() {
    for dialect in BOTH {
        for prune in ["owned", "none"] {
            let place = Place::of(dialect, &format!("    prune: {prune}\n"));
            let done = place.run("departments: {A: {}, B: {}}").await;
            let ids = ids(&done.desk, "departments", "name");
            let name = format!("deskform-rename-{}", ids["A"]);
            place.rename_by_hand(&ids["A"], &name);
            // The ledger knows it by its id.
            let done = place.run("departments: {A: {}, B: {}}").await;
            assert_eq!(done.steps(), [(Verb::Update, "departments/A".to_owned())]);
            place.rename_by_hand(&ids["A"], &name);
            let stranger = Place {
                store: Store::in_memory("test", &environment(&place.project).org_id),
                ..place
            };
            let refused = stranger.refused("departments: {B: {}}").await;
            assert!(refused.contains("temporary name"), "{refused}");
            // A name that holds another id is a name like others.
            stranger.rename_by_hand(&ids["A"], "deskform-rename-1");
            let done = stranger.run("departments: {B: {}}").await;
            assert_eq!(done.steps(), []);
        }
    }
}

/// A rename that is taken back under another handle is one, while nobody has the old name.
#[tokio::test(start_paused = true)]
async fn a_rename_that_is_taken_back_is_a_rename() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        let first = "departments: {A: {description: x}}";
        let second = "departments: {B: {description: x, lifecycle: {renamedFrom: A}}}";
        let done = place.run(first).await;
        let id = ids(&done.desk, "departments", "name")["A"].clone();
        for (text, name) in [(second, "B"), (first, "A"), (second, "B"), (first, "A")] {
            let done = place.run(text).await;
            assert_eq!(done.steps().len(), 1, "{:?}", done.steps());
            assert_eq!(ids(&done.desk, "departments", "name")[name], id);
            assert_eq!(place.run(text).await.steps(), []);
        }
        let entry = place.entry("departments/A").await.expect("it");
        let names: Vec<String> = entry.names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["B"]);
    }
}

/// Not where a tombstone names it, nor where its owner is declared.
#[tokio::test(start_paused = true)]
async fn a_former_name_counts_for_what_nobody_declares_alone() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        let first = "departments: {A: {description: x}}";
        let second = "departments: {B: {description: x, lifecycle: {renamedFrom: A}}}";
        let done = place.run(first).await;
        let id = ids(&done.desk, "departments", "name")["A"].clone();
        place.run(second).await;
        let done = place
            .run("departments: {A: {}}\nremoved: {departments: [B]}")
            .await;
        assert_ne!(ids(&done.desk, "departments", "name")["A"], id);
        let place = Place::new(dialect);
        place.run(first).await;
        let done = place.run(second).await;
        let text = "departments: {A: {}, B: {description: x}}";
        let before = ids(&done.desk, "departments", "name");
        let done = place.run(text).await;
        assert_eq!(ids(&done.desk, "departments", "name")["B"], before["B"]);
        let ids = ids(&done.desk, "departments", "name");
        assert_ne!(ids["A"], ids["B"]);
    }
}

/// Lines of a swap that come back once one of the two has another name may mean this or that.
#[tokio::test(start_paused = true)]
async fn a_swap_that_comes_back_for_one_of_the_two_is_asked_about() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.run("departments: {A: {}, B: {}}").await;
        let swap =
            "departments: {A: {lifecycle: {renamedFrom: B}}, B: {lifecycle: {renamedFrom: A}}}";
        let done = place.run(swap).await;
        let before = ids(&done.desk, "departments", "name");
        place
            .run("departments: {C: {lifecycle: {renamedFrom: A}}, B: {}}")
            .await;
        let refused = place.refused(swap).await;
        assert!(
            refused.contains("which had that name before `C`"),
            "{refused}"
        );
        let text = "departments: {A: {lifecycle: {renamedFrom: C}}, B: {}}";
        let done = place.run(text).await;
        assert_eq!(ids(&done.desk, "departments", "name"), before);
    }
}

/// An agent's key is the e-mail address.
#[tokio::test(start_paused = true)]
async fn a_changed_address_that_is_taken_back_is_a_rename() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        let (more, key) = match dialect {
            Dialect::Openapi => (
                ", rolePermissionType: Light, departments: [Home]",
                "emailId",
            ),
            Dialect::Guide => ("", "email"),
        };
        let home = "departments: {Home: {}}\n";
        let first = format!("{home}agents: {{a@example.com: {{lastName: Doe{more}}}}}");
        let second = format!(
            "{home}agents: {{b@example.com: {{lastName: Doe{more}, lifecycle: {{renamedFrom: a@example.com}}}}}}"
        );
        let done = place.run(&first).await;
        let id = ids(&done.desk, "agents", key)["a@example.com"].clone();
        for (text, name) in [(&second, "b@example.com"), (&first, "a@example.com")] {
            let done = place.run(text).await;
            assert_eq!(done.steps().len(), 1, "{:?}", done.steps());
            assert_eq!(ids(&done.desk, "agents", key)[name], id);
        }
    }
}

/// What may be a rename is told with the lines to paste; where something would be lost, it is refused.
#[tokio::test(start_paused = true)]
async fn what_may_be_a_rename_is_told_and_refused_where_something_is_lost() {
    for dialect in BOTH {
        for (fields, other, is_alike) in [
            ("", "", true),
            ("description: x", "description: x", true),
            ("description: x", "description: y", false),
            ("description: x", "", false),
            ("", "description: x", false),
            // What is called like the department follows its name.
            ("nameInCustomerPortal: A", "nameInCustomerPortal: B", true),
            (
                "nameInCustomerPortal: A, description: x",
                "nameInCustomerPortal: B, description: x",
                true,
            ),
            (
                "nameInCustomerPortal: A, description: x",
                "nameInCustomerPortal: B, description: y",
                false,
            ),
            ("nameInCustomerPortal: A", "nameInCustomerPortal: A", true),
            // The guide's dialect knows no such field.
            (
                "nameInCustomerPortal: Z",
                "nameInCustomerPortal: B",
                dialect == Dialect::Guide,
            ),
        ] {
            let place = Place::new(dialect);
            place
                .run(&format!("departments: {{A: {{{fields}}}, C: {{}}}}"))
                .await;
            let text = format!("departments: {{B: {{{other}}}, C: {{}}}}");
            let done = place.try_run(&text, |_| {}).await;
            let Err(refused) = done else {
                assert!(!is_alike, "{fields} {other}");
                continue;
            };
            assert!(is_alike, "{dialect} {fields} {other}: {refused}");
            for words in [
                "`departments/A` would be removed and `departments/B` made",
                "write `name: B` under `departments/A`",
                "`lifecycle: {renamedFrom: A}`",
                "`removed: {departments: [A]}`",
            ] {
                let refused: Vec<&str> = refused.split_whitespace().collect();
                let refused = refused.join(" ").replace("│ ", "");
                assert!(refused.contains(words), "{words}: {refused}");
            }
            for (text, updates) in [
                (
                    format!("departments: {{A: {{name: B, {other}}}, C: {{}}}}"),
                    1,
                ),
                (format!("{text}\nremoved: {{departments: [A]}}"), 0),
            ] {
                let done = place.run(&text).await;
                assert_eq!(done.ready.planned.plan.summary.update, updates, "{text}");
            }
        }
        // Of two that it may be nobody knows which.
        let place = Place::new(dialect);
        place.run("departments: {A: {}, B: {}, C: {}}").await;
        let done = place.run("departments: {D: {}, C: {}}").await;
        assert_eq!(done.ready.planned.plan.alike, []);
        // What is lost by nobody is told alone.
        let place = Place::new(dialect);
        let roles = |name: &str| match dialect {
            Dialect::Openapi => format!("roles: {{{name}: {{shareDataWithPeers: true}}}}"),
            Dialect::Guide => format!("accounts: {{{name}: {{phone: '1'}}}}"),
        };
        place.run(&roles("A")).await;
        let done = place.run(&roles("B")).await;
        let alike = &done.ready.planned.plan.alike;
        assert_eq!(alike.len(), 1, "{alike:?}");
        assert_eq!(alike[0].goes, dialect == Dialect::Openapi);
        assert!(alike[0].told().contains("under a new name"), "{alike:?}");
        let shown = deskform::report::json::plan(&done.ready.planned.plan);
        assert!(
            shown.contains("\"orElse\": \"lifecycle: {renamedFrom: A}\""),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_was_refused_is_not_kept() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place.run("departments: {A: {name: Xray}}").await;
        place.faults("write=1:not-sent,write=2:not-sent,write=3:not-sent,write=4:not-sent,write=5:not-sent,write=6:not-sent,write=7:not-sent,write=8:not-sent,write=9:not-sent,write=10:not-sent,write=11:not-sent,write=12:not-sent");
        let done = place.attempt("departments: {A: {name: Yankee}}").await;
        assert!(
            !done.events.iter().any(|event| matches!(
                event,
                Event::StepFinished {
                    outcome: Outcome::Applied { .. },
                    ..
                }
            )),
            "{:?}",
            done.events
        );
        assert_eq!(
            place
                .entry("departments/A")
                .await
                .expect("it")
                .key
                .to_string(),
            "Xray"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_halfway_says_so() {
    let place = Place::new(Dialect::Guide);
    place.faults("write=2:day-limit");
    let text = "webhooks: {crm: {url: \"https://hooks.example.com/x\", subscriptions: {Ticket_Add: {}, Contact_Add: {}}}}";
    let done = place.attempt(text).await;
    let Some(Event::Finished { report }) = done.events.last() else {
        panic!("{:?}", done.events);
    };
    assert_eq!(
        (report.applied, report.failed, report.partly),
        (0, 1, 1),
        "{report:?}"
    );
    assert_eq!(done.desk.objects("events").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_fails_halfway_is_finished() {
    let hook = |url: &str| {
        format!(
            "webhooks: {{crm: {{url: \"https://hooks.example.com/{url}\", subscriptions: {{Ticket_Add: {{}}, Contact_Add: {{}}}}}}}}"
        )
    };
    for failing in 1..=4 {
        let place = Place::new(Dialect::Guide);
        place.run(&hook("old")).await;
        place.faults(&format!("write={failing}:day-limit"));
        let url = format!("new{failing}");
        place.attempt(&hook(&url)).await;
        place.faults("seed=1");
        place.run(&hook(&url)).await;
        let done = place.run(&hook(&url)).await;
        assert_eq!(done.steps(), []);
        let urls = names(&done.desk, "events", "url");
        let wanted = format!("https://hooks.example.com/{url}");
        assert_eq!(urls, [wanted.clone(), wanted], "write {failing}");
    }
}

#[tokio::test(start_paused = true)]
async fn removing_all_of_a_kind_has_to_be_allowed() {
    for dialect in BOTH {
        let place = Place::new(dialect);
        place
            .run("departments: {A: {}, B: {}, C: {}, D: {}}\naccounts: {Example: {}}\n")
            .await;
        let text = place.refused("accounts: {Example: {}}").await;
        assert!(
            text.contains("remove all 4 departments that are owned")
                && text.contains("`--allow-deletes 4`"),
            "{text}"
        );
        let done = place
            .run("departments: {A: {}}\naccounts: {Example: {}}")
            .await;
        assert_eq!(done.steps().len(), 3);
    }
}

/// What is kept of a run, ended in order or killed, is the same whatever the secrets are.
#[tokio::test(start_paused = true)]
async fn secrets_leave_no_trace_in_what_is_kept() {
    let text = "departments: {A: {description: \"${secret.KEY}\"}}\nwebhooks:\n  crm: {url: \"https://h.example.com/${secret.PATH}?key=${secret.KEY}\", subscriptions: {Ticket_Add: {}}}\n";
    for dialect in BOTH {
        let mut kept = Vec::new();
        for [first, second, path] in [
            ["hunter2-first", "hunter2-second", "plain"],
            ["&=%/+ #?", "short", "a/b c"],
        ] {
            let place = Place::new(dialect);
            let (mut told, mut runs) = (Vec::<String>::new(), Vec::new());
            for key in [first, second, second] {
                let secrets = [("KEY", key), ("PATH", path)]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()));
                let run = unended(&place, text, &Variables::from(secrets)).await;
                let journals = place.store.open_runs().await.expect("runs").unfinished;
                runs.extend(journals.iter().map(|one| one.run.to_string()));
                told.push(format!("{journals:?} {:?}", run.ready.planned.plan));
                run.close().await.expect("a ledger");
                told.push(format!("{:?}", place.store.load().await.expect("it").load));
                // The names of runs are drawn.
                for text in &mut told {
                    *text = runs
                        .iter()
                        .fold(text.clone(), |text, run| text.replace(run, "run"));
                }
            }
            kept.push(told);
        }
        for (one, other) in kept[0].iter().zip(&kept[1]) {
            assert_eq!(one, other, "{dialect}");
        }
    }
}

/// What there is one of is never removed: a block that goes lets it go, and says so once.
#[tokio::test(start_paused = true)]
async fn what_there_is_one_of_is_let_go_and_never_removed() {
    let place = Place::new(Dialect::Openapi);
    let whole = "departments: {A: {}}\n\
        sharingRules: {organization: {tickets: private, lifecycle: {preventDestroy: true}}}\n\
        routingPreferences: {A: {backLogLimit: 7}}";
    let done = place.run(whole).await;
    assert_eq!(done.steps().len(), 3, "{:?}", done.steps());
    assert_eq!(place.run(whole).await.steps(), []);
    let done = place.run("departments: {A: {}}").await;
    assert_eq!(done.steps(), []);
    let told = done.ready.planned.plan.no_longer_declared.len();
    assert_eq!(told, 2, "{:?}", done.ready.planned.plan.no_longer_declared);
    let done = place.run("departments: {A: {}}").await;
    assert!(done.ready.planned.plan.no_longer_declared.is_empty());
    assert_eq!(done.desk.objects("sharingRules")[0]["tickets"], "private");
    assert_eq!(
        done.desk.objects("routingPreferences")[0]["backLogLimit"],
        7
    );
}

/// What there is one of is known by its scope alone, whatever the ledger had for its address.
#[tokio::test(start_paused = true)]
async fn what_there_is_one_of_goes_with_its_scope() {
    let limits = |place: &Done| -> BTreeMap<String, u64> {
        let departments = ids(&place.desk, "departments", "name");
        let sets = place.desk.objects("routingPreferences");
        let of = |id: &String| sets.iter().find(|set| set["departmentId"] == id.as_str());
        let limit =
            |id: &String| of(id).map_or(10, |set| set["backLogLimit"].as_u64().unwrap_or(10));
        departments
            .iter()
            .map(|(name, id)| (name.clone(), limit(id)))
            .collect()
    };
    let first = "departments: {A: {}, B: {}}\n\
        routingPreferences: {ours: {department: A, backLogLimit: 7}}";
    for (second, wanted) in [
        // Another department that is there, and one that is made in the same run.
        (
            "departments: {A: {}, B: {}}\n\
             routingPreferences: {ours: {department: B, backLogLimit: 8}}",
            [("A", 7), ("B", 8)].as_slice(),
        ),
        (
            "departments: {A: {}, B: {}, C: {}}\n\
             routingPreferences: {ours: {department: C, backLogLimit: 8}}",
            [("A", 7), ("C", 8)].as_slice(),
        ),
    ] {
        let place = Place::new(Dialect::Openapi);
        place.run(first).await;
        let done = place.run(second).await;
        let limits = limits(&done);
        for (name, limit) in wanted {
            assert_eq!(limits[*name], *limit, "{second}: {limits:?}");
        }
        assert_eq!(place.run(second).await.steps(), []);
    }
    // A chain of departments takes its sets along.
    let place = Place::new(Dialect::Openapi);
    place
        .run("departments: {A: {}, C: {}}\nroutingPreferences: {A: {backLogLimit: 7}, C: {backLogLimit: 9}}")
        .await;
    let moved = "departments: {B: {lifecycle: {renamedFrom: A}}, A: {lifecycle: {renamedFrom: C}}}\n\
        routingPreferences: {B: {backLogLimit: 7}, A: {backLogLimit: 9}}";
    let limits = limits(&place.run(moved).await);
    assert_eq!((limits["A"], limits["B"]), (9, 7), "{limits:?}");
    assert_eq!(place.run(moved).await.steps(), []);
}

/// A custom module is what it is, however manifests name it, and what lay below one that is gone is gone.
#[tokio::test(start_paused = true)]
async fn what_lies_below_a_custom_module_follows_it() {
    const FIELD: &str = "displayLabel: Serial, type: Text, maxLength: 9";
    let place = Place::new(Dialect::Openapi);
    let text = |label: &str, module: &str| {
        format!(
            "customModules: {{device: {{singularLabel: {label}, pluralLabel: Devices}}}}\n\
             customFields: {{serial: {{module: {module}, {FIELD}}}}}\n"
        )
    };
    place.run(&text("Device", "device")).await;
    for module in ["cm_device", "{lookup: Device}", "{lookup: cm_device}"] {
        let again = place.run(&text("Device", module)).await;
        assert_eq!(again.steps(), [], "{module}");
    }
    // Another label leaves the name that the server gave it.
    let renamed = place.run(&text("Machine", "device")).await;
    let steps = [(Verb::Update, "customModules/device".to_owned())];
    assert_eq!(renamed.steps(), steps);
    {
        let mut simulator = place.simulator.lock().expect("it");
        let organization = simulator
            .organization_mut(place.store.org_id())
            .expect("the organization");
        for (collection, field, value) in [
            ("customModules", "apiName", "cm_device"),
            ("fields", "displayLabel", "Serial"),
        ] {
            let own = organization.find(collection, field, value).expect("it");
            let id = own["id"].as_str().expect("an id");
            assert!(organization.remove(collection, id));
        }
    }
    let again = place.run(&text("Machine", "device")).await;
    let steps = [
        (Verb::Create, "customModules/device".to_owned()),
        (Verb::Create, "customFields/serial".to_owned()),
    ];
    assert_eq!(again.steps(), steps);
    assert_eq!(place.run(&text("Machine", "device")).await.steps(), []);
}
