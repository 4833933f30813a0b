//! Signals, a terminal that goes away, and output that nobody reads any more, at every phase of a
//! run: the exit code is the one that is documented, and nothing is lost.
//!
//! The real binary talks to a simulated Zoho Desk over loopback. The server holds something back, or
//! refuses it for a limit, or the binary asks a question: so that it is known where the run is when
//! something happens to it.

#![cfg(unix)]
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of tests, which panic to fail"
)]

mod command;
mod common;
#[path = "signals/desk.rs"]
mod desk;
#[path = "campaign/picture.rs"]
mod picture;
#[path = "common/registry.rs"]
mod registry;
#[path = "signals/stage.rs"]
mod stage;

use std::io::PipeWriter;
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use command::{Place, SIGNALS, signals_end, started_by, words};
use desk::{Seen, Trap, is_write, lists, makes};
use deskform::dialect::Dialect;
use http::Method;
use stage::{End, Running, STEPS, Scene, Stage, Stderr, send};

const ORGANIZATION: &str = "700001";

/// Where a run is when something happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It waits for its token.
    LoggingIn,
    /// It waits for a listing.
    Reading,
    /// A listing was refused for a limit, and it waits for the end of that.
    ReadingLater,
    /// It waits for what a run that was killed may have made.
    Settling,
    /// It asks whether to go on.
    Asking,
    /// It waits for a listing, and will ask.
    BeforeAsking,
    /// It waits for the answers to two writes, which had their effect.
    Writing,
    /// All that it writes had its effect, and one answer is not there.
    WritingTheLast,
    /// Writes were refused for a limit, and it waits for the end of that.
    WritingLater,
    /// So was the very first one.
    WritingNothingYet,
    /// The server failed at a creation, and it looks whether there is something new.
    Looking,
    /// It waits for the answer to a write, and others will be refused.
    Refused,
    /// It pushes its lock.
    Locking,
    /// It pushes what it is about to write.
    Announcing,
    /// It pushes what came of it.
    Closing,
    /// It pushes a ledger that somebody corrects.
    Correcting,
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// It gets a signal.
    Signal(&'static str),
    /// It gets a signal, and another one while it finishes what is under way.
    Twice(&'static str, &'static str),
    /// It gets the same signal twice, so fast that nobody could tell.
    AtOnce(&'static str),
    /// It was started to ignore hang-ups, as by `nohup`, and gets one.
    Ignored,
    /// Somebody types Ctrl-C.
    CtrlC,
    /// Its terminal goes away.
    NoTerminal,
    /// Nobody reads its standard output any more.
    Unread,
    /// Nobody reads standard error either.
    AllUnread,
    /// It was told to stop by a terminal that went away, more than once; nobody reads any more.
    HungUp,
}

/// What all rows go through.
const SIGNALLED: [Event; 3] = [
    Event::Signal("INT"),
    Event::Signal("TERM"),
    Event::Signal("HUP"),
];
const UNREAD: [Event; 2] = [Event::Unread, Event::AllUnread];

/// How a run ends when something happens to it.
struct Row {
    phase: Phase,
    line: &'static str,
    /// After a signal.
    signalled: Option<Ends>,
    /// Where nobody reads any more.
    unread: Option<i32>,
    /// After something else.
    more: &'static [(Event, Ends)],
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// By the signal itself.
    BySignal,
    /// With an exit code.
    With(i32),
    /// With an exit code, and with something in doubt, which its journal tells the next run.
    InDoubt(i32),
}

use Ends::{BySignal, InDoubt, With};

const PLAN: &str = "plan --out plan.json --detailed-exitcode";
const APPLY: &str = "apply --auto-approve";
/// Two writes at once.
const APPLY_BY_TWO: &str = "apply --auto-approve --parallelism 2";
/// It tells that it looks for what it may have made.
const APPLY_TOLD: &str = "apply --auto-approve -v";
const APPLY_SAVED: &str = "apply plan.json --parallelism 2";

const TABLE: &[Row] = &[
    Row {
        phase: Phase::LoggingIn,
        line: PLAN,
        signalled: Some(BySignal),
        unread: Some(2),
        more: &[],
    },
    Row {
        phase: Phase::LoggingIn,
        line: APPLY,
        signalled: Some(With(1)),
        unread: Some(0),
        more: &[],
    },
    Row {
        phase: Phase::Reading,
        line: PLAN,
        signalled: Some(BySignal),
        unread: Some(2),
        more: &[(Event::Ignored, With(2))],
    },
    Row {
        phase: Phase::Reading,
        line: "drift",
        signalled: Some(BySignal),
        unread: Some(2),
        more: &[(Event::Ignored, With(2))],
    },
    Row {
        phase: Phase::Reading,
        line: "export exported --kinds all",
        signalled: Some(BySignal),
        unread: Some(0),
        more: &[],
    },
    Row {
        phase: Phase::Reading,
        line: APPLY,
        signalled: Some(With(1)),
        unread: Some(0),
        more: &[(Event::AtOnce("INT"), With(1)), (Event::Ignored, With(0))],
    },
    Row {
        phase: Phase::Reading,
        line: APPLY_SAVED,
        signalled: Some(With(1)),
        unread: Some(0),
        more: &[],
    },
    Row {
        phase: Phase::ReadingLater,
        line: PLAN,
        signalled: Some(BySignal),
        unread: Some(2),
        more: &[],
    },
    Row {
        phase: Phase::ReadingLater,
        line: "drift",
        signalled: Some(BySignal),
        unread: Some(2),
        more: &[],
    },
    Row {
        phase: Phase::ReadingLater,
        line: APPLY,
        signalled: Some(With(1)),
        unread: Some(0),
        more: &[],
    },
    Row {
        phase: Phase::Settling,
        line: APPLY,
        signalled: Some(With(1)),
        unread: Some(0),
        more: &[],
    },
    Row {
        phase: Phase::BeforeAsking,
        line: "apply",
        signalled: Some(With(1)),
        // Who is asked has to see what for.
        unread: None,
        more: &[(Event::Unread, With(1))],
    },
    Row {
        phase: Phase::Asking,
        line: "apply",
        signalled: Some(With(1)),
        unread: None,
        more: &[
            (Event::CtrlC, With(1)),
            (Event::AtOnce("TERM"), With(1)),
            (Event::NoTerminal, With(1)),
            (Event::Unread, With(0)),
        ],
    },
    Row {
        phase: Phase::Writing,
        line: APPLY_BY_TWO,
        signalled: Some(With(3)),
        unread: Some(0),
        more: &[
            (Event::Ignored, With(0)),
            (Event::HungUp, With(3)),
            (Event::NoTerminal, With(3)),
            (Event::Twice("HUP", "HUP"), With(3)),
            (Event::Twice("INT", "INT"), InDoubt(3)),
            (Event::Twice("INT", "TERM"), InDoubt(3)),
            (Event::Twice("TERM", "INT"), InDoubt(3)),
            (Event::Twice("HUP", "TERM"), InDoubt(3)),
            (Event::Twice("INT", "HUP"), InDoubt(3)),
        ],
    },
    Row {
        phase: Phase::Writing,
        line: APPLY_SAVED,
        signalled: Some(With(3)),
        unread: Some(0),
        more: &[(Event::Twice("TERM", "TERM"), InDoubt(3))],
    },
    Row {
        phase: Phase::WritingTheLast,
        line: APPLY,
        // Nothing is left that could be stopped.
        signalled: Some(With(0)),
        unread: Some(0),
        more: &[(Event::Twice("INT", "INT"), InDoubt(3))],
    },
    Row {
        phase: Phase::WritingLater,
        line: APPLY,
        signalled: Some(With(3)),
        unread: Some(0),
        more: &[],
    },
    Row {
        phase: Phase::WritingNothingYet,
        line: APPLY,
        // It was stopped on the way, although nothing could be applied.
        signalled: Some(With(3)),
        unread: Some(0),
        more: &[],
    },
    Row {
        phase: Phase::Looking,
        line: APPLY_TOLD,
        signalled: Some(InDoubt(3)),
        unread: Some(0),
        more: &[(Event::Twice("INT", "TERM"), InDoubt(3))],
    },
    Row {
        phase: Phase::Refused,
        line: APPLY,
        signalled: Some(With(3)),
        unread: Some(3),
        more: &[],
    },
    Row {
        phase: Phase::Locking,
        line: APPLY,
        signalled: Some(With(1)),
        unread: None,
        more: &[],
    },
    Row {
        phase: Phase::Announcing,
        line: APPLY,
        signalled: Some(With(1)),
        unread: None,
        more: &[],
    },
    Row {
        phase: Phase::Closing,
        line: APPLY,
        // What came of it is kept, whatever anybody wants.
        signalled: Some(With(0)),
        unread: None,
        more: &[],
    },
    Row {
        phase: Phase::Correcting,
        line: "ledger forget contacts/a@example.com",
        // As a run: what is under way is finished.
        signalled: Some(With(0)),
        unread: None,
        more: &[],
    },
];

impl Phase {
    /// Which push it is, where the ledger lies in git.
    fn push(self) -> Option<usize> {
        match self {
            Self::Locking | Self::Correcting => Some(1),
            Self::Announcing => Some(2),
            Self::Closing => Some(3),
            _ => None,
        }
    }

    /// What the server does; a wait has an end where the run is to go on.
    fn trap(self, goes_on: bool) -> Trap {
        let (times, seconds) = if goes_on { (1, 1) } else { (usize::MAX, 250) };
        let limits = |which| Trap::Limits(which, times, seconds);
        match self {
            Self::LoggingIn => Trap::HoldsAnswers(common::front::is_for_token),
            Self::Reading | Self::BeforeAsking => {
                Trap::HoldsAnswers(|request| lists(request, "contacts"))
            }
            Self::ReadingLater => limits(|request| lists(request, "contacts")),
            Self::Writing => Trap::HoldsAnswers(is_write),
            Self::WritingTheLast => Trap::HoldsAnswers(removes),
            Self::WritingNothingYet => limits(is_write),
            Self::Looking => Trap::Fails(|request| makes(request, "accounts"), 1),
            Self::WritingLater => limits(|request| makes(request, "contacts")),
            Self::Refused => Trap::HoldsAndRefuses(
                |request| makes(request, "accounts"),
                |request| makes(request, "contacts"),
            ),
            Self::Settling
            | Self::Asking
            | Self::Locking
            | Self::Announcing
            | Self::Closing
            | Self::Correcting => Trap::Nothing,
        }
    }

    /// The words on standard error that tell that it is reached, where words do.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::ReadingLater | Self::WritingLater | Self::WritingNothingYet => Some("; waiting "),
            Self::Looking => Some("looking for the object"),
            Self::Settling => Some("not listed yet; waiting for "),
            Self::Asking => Some("Only `yes` will do: "),
            _ => None,
        }
    }

    /// Whether it is reached.
    fn is_reached(self, seen: &Seen) -> bool {
        match (self, self.words()) {
            (_, Some(words)) => seen.said.contains(words),
            (Self::Writing, _) => seen.held == 2,
            (Self::WritingTheLast, _) => seen.held == 1 && seen.taken == STEPS,
            _ => seen.held > 0,
        }
    }

    fn is_on_terminal(self) -> bool {
        matches!(self, Self::Asking | Self::BeforeAsking)
    }

    /// The dialects in which it is another one.
    fn dialects(self) -> &'static [Dialect] {
        match self {
            Self::LoggingIn | Self::Reading | Self::Settling => &[Dialect::Guide],
            Self::Asking | Self::BeforeAsking => &[Dialect::Openapi],
            phase if phase.push().is_some() => &[Dialect::Openapi],
            _ => &[Dialect::Openapi, Dialect::Guide],
        }
    }

    /// Whether something is written when it is reached.
    fn writes(self) -> bool {
        matches!(
            self,
            Self::Writing
                | Self::WritingTheLast
                | Self::WritingLater
                | Self::WritingNothingYet
                | Self::Looking
                | Self::Refused
                | Self::Closing
        )
    }
}

/// Whether a request removes the one account that goes.
fn removes(request: &http::Request<bytes::Bytes>) -> bool {
    request.method() == Method::DELETE || request.uri().path().ends_with("moveToTrash")
}

impl Event {
    /// Whether a terminal goes away, or is said to.
    fn hangs_up(self) -> bool {
        match self {
            Self::Signal(signal) | Self::AtOnce(signal) => signal == "HUP",
            Self::Twice(first, second) => [first, second].contains(&"HUP"),
            Self::Ignored | Self::NoTerminal | Self::HungUp => true,
            Self::CtrlC | Self::Unread | Self::AllUnread => false,
        }
    }

    /// Whether the run goes on as if nothing had happened.
    fn changes_nothing(self) -> bool {
        matches!(self, Self::Unread | Self::AllUnread | Self::Ignored)
    }
}

/// One thing that happens at one phase, in one dialect.
#[derive(Debug, Clone, Copy)]
struct Case {
    dialect: Dialect,
    phase: Phase,
    line: &'static str,
    event: Event,
    ends: Ends,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in TABLE {
        let signalled = SIGNALLED.into_iter().zip(row.signalled.into_iter().cycle());
        let unread = UNREAD
            .into_iter()
            .zip(row.unread.map(With).into_iter().cycle());
        let more = row.more.iter().copied();
        for (event, ends) in signalled.chain(unread).chain(more) {
            cases.extend(row.phase.dialects().iter().map(|dialect| Case {
                dialect: *dialect,
                phase: row.phase,
                line: row.line,
                event,
                ends,
            }));
        }
    }
    // Elsewhere hang-ups are left as they are, and terminals are made by another program.
    let is_linux = cfg!(target_os = "linux");
    cases.retain(|case| is_linux || !(case.event.hangs_up() || case.phase.is_on_terminal()));
    cases
}

/// Plays a case from a scene's beginning.
fn play(case: Case, scene: &Scene) {
    let Case {
        phase, line, event, ..
    } = case;
    let stage = Stage::new(scene);
    if line == APPLY_SAVED {
        stage.place.done("plan --out plan.json");
    }
    let mut earlier = 0;
    if phase == Phase::Settling {
        earlier = leaves_a_doubt(&stage);
    }
    let before = (stage.kept(), stage.desk.picture());

    let mut run = start(case, &stage);
    let watch = std::sync::Arc::clone(&run.watch);
    if phase.push().is_none() {
        run.until("it came there", |seen| phase.is_reached(seen));
        happens(case, &stage, &mut run);
    }
    let below_shell = event == Event::NoTerminal;
    let (end, results) = if below_shell {
        let code = stage.told("code").parse().expect("a code");
        (End::Code(code), run.ends().1)
    } else {
        run.ends()
    };
    let (said, taken) = watch.look(|seen| (seen.said.clone(), seen.taken));
    let told = format!("{results}[said]\n{said}");

    // The exit code is the right one.
    if let (End::Signal(number), Event::Signal(name)) = (end, event) {
        let numbers = [("HUP", 1), ("INT", 2), ("TERM", 15)];
        assert!(numbers.contains(&(name, number)), "{end:?}\n{told}");
        assert_eq!(case.ends, BySignal, "{told}");
    } else {
        let (With(code) | InDoubt(code)) = case.ends else {
            panic!("{end:?}\n{told}");
        };
        assert_eq!(end, End::Code(code), "{told}");
    }
    assert!(!said.contains("defect"), "{told}");
    assert!(!said.contains("roken pipe"), "{told}");

    let is_apply = line.starts_with("apply");
    let goes_on = matches!(case.ends, With(0 | 2));
    let kept = stage.kept();
    let may_write = goes_on || (is_apply && phase.writes());
    if !may_write {
        // As if nothing had been started.
        assert!(kept == before.0, "something was kept\n{told}");
        assert_eq!(stage.desk.picture(), before.1, "{told}");
        assert!(watch.look(|seen| seen.sent.is_empty()), "{told}");
        if is_apply && !below_shell && event != Event::AllUnread {
            assert!(said.contains("nothing was applied"), "{told}");
        }
    } else if !is_apply {
        assert_eq!(stage.desk.picture(), before.1, "{told}");
        assert!(before.0.keys().all(|name| kept.contains_key(name)));
        let changed: Vec<&String> = (kept.iter())
            .filter(|(name, bytes)| before.0.get(*name) != Some(bytes))
            .map(|(name, _)| name)
            .collect();
        match line {
            PLAN => {
                assert_eq!(changed, ["plan.json"], "{told}");
                let plan = &stage.place.read("plan.json");
                let plan: serde_json::Value = serde_json::from_str(plan).expect("a plan");
                assert_eq!(plan["steps"].as_array().map(Vec::len), Some(STEPS));
            }
            "drift" => assert!(changed.is_empty(), "{changed:?}"),
            "export exported --kinds all" => {
                let is_its = |name: &&String| {
                    name.starts_with("exported/") || *name == "schema/manifest.schema.json"
                };
                assert!(changed.iter().all(is_its), "{changed:?}");
                for name in ["exported/accounts.yaml", "exported/contacts.yaml"] {
                    assert!(kept.contains_key(name), "{name} is not there\n{told}");
                }
            }
            _ => assert_eq!(changed, [".deskform/ledger.json"], "{told}"),
        }
    } else {
        writes(
            case,
            earlier + taken,
            &watch.look(|seen| seen.sent.clone()),
            &told,
        );
    }
    let ledger = stage.ledger();
    if is_apply {
        let was_in_doubt = phase == Phase::Settling && !goes_on;
        stage.agrees(&ledger, was_in_doubt || matches!(case.ends, InDoubt(_)));
    }
    if line.starts_with("export") && goes_on {
        // What is exported is not declared besides.
        std::fs::remove_dir_all(stage.place.path("exported")).expect("a folder");
        // The schema that its files name for editors is no trace of a run.
        stage.place.remove("schema/manifest.schema.json");
    }
    stage.finishes(earlier + taken);
}

/// What a run that writes has written when it has ended.
fn writes(case: Case, taken: usize, sent: &std::collections::BTreeMap<String, usize>, told: &str) {
    // Nothing is sent twice, but for what is waited for.
    let is_later = matches!(
        case.phase,
        Phase::WritingLater | Phase::WritingNothingYet | Phase::Looking
    );
    let is_waited_for = is_later && case.event.changes_nothing();
    if !is_waited_for {
        assert!(sent.values().all(|count| *count == 1), "{sent:?}\n{told}");
    }
    match (case.phase, case.ends) {
        (_, With(0)) | (Phase::WritingTheLast, _) => assert_eq!(taken, STEPS, "{told}"),
        // What is under way, and no more.
        (Phase::Writing, _) => assert_eq!((taken, sent.len()), (2, 2), "{told}"),
        (Phase::WritingNothingYet, _) => assert_eq!(taken, 0, "{told}"),
        _ => assert!((1..STEPS).contains(&taken), "{taken}\n{told}"),
    }
    let is_read = !matches!(
        case.event,
        Event::Unread | Event::AllUnread | Event::HungUp | Event::NoTerminal
    );
    if is_read && let With(_) = case.ends {
        let counted = format!("Applied {taken} of {STEPS} step");
        assert!(told.contains(&counted), "{counted}\n{told}");
        assert!(told.contains("stopped") || case.ends != With(3), "{told}");
    }
}

/// Starts a case's command.
fn start(case: Case, stage: &Stage) -> Running {
    let Case {
        phase, line, event, ..
    } = case;
    let trap = phase.trap(event.changes_nothing());
    match (phase, event) {
        (_, Event::NoTerminal) => return stage.start_below_shell(line, trap),
        (Phase::Asking | Phase::BeforeAsking, event) => {
            return stage.start_on_terminal(line, trap, event == Event::Unread);
        }
        _ => {}
    }
    let mut command = signals_end(&stage.place, line);
    let stderr = match (event, phase.words()) {
        (Event::AllUnread, Some(words)) => Stderr::Until(words),
        (Event::AllUnread | Event::HungUp, _) => Stderr::Unread,
        _ => Stderr::Read,
    };
    if event == Event::Ignored {
        // Nothing in between, which would let it hear of them again.
        let plain = stage.place.command(&words(line));
        command = started_by(&plain, "sh", &["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    }
    if matches!(phase, Phase::Settling | Phase::Looking) {
        // What was sent is looked for after a signal, too, until another one comes.
        let goes_on = event.changes_nothing() || phase == Phase::Looking;
        let is_short = goes_on && !matches!(event, Event::Twice(..));
        command.env("DESKFORM_SETTLE", if is_short { "1" } else { "60" });
    }
    if let (Some(push), Event::Signal(signal)) = (phase.push(), event) {
        let push = push + stage.place.pushes();
        stage.place.hook(&format!(
            "if test $(wc -l < pushes) -eq {push}; then kill -{signal} $(cat ../pid); fi"
        ));
        command = started_by(
            &command,
            "sh",
            &["-c", "echo $$ > ../pid; exec \"$0\" \"$@\""],
        );
    }
    stage.start(command, trap, stderr)
}

/// Lets it happen, and the run go on.
fn happens(case: Case, stage: &Stage, run: &mut Running) {
    let pid = if case.phase.is_on_terminal() && case.event != Event::NoTerminal {
        let said = std::fs::read_to_string(stage.place.root().join("pid")).expect("a file");
        said.trim().parse().expect("a number")
    } else {
        run.id
    };
    let hears = |run: &Running| {
        if case.phase.writes() {
            run.until("it stopped", |seen| seen.said.contains("stopping: "));
        }
    };
    match case.event {
        Event::Signal(signal) => {
            send(signal, pid);
            hears(run);
        }
        Event::Twice(first, second) => {
            send(first, pid);
            hears(run);
            send(second, pid);
            if matches!(case.ends, InDoubt(_)) {
                // It does not wait for answers any more.
                return;
            }
        }
        Event::AtOnce(signal) => {
            send(signal, pid);
            // It may have ended.
            let _ = std::process::Command::new("sh")
                .args(["-c", &format!("kill -{signal} {pid}")])
                .stderr(Stdio::null())
                .status();
        }
        Event::Ignored => send("HUP", pid),
        Event::CtrlC => run.types("\u{3}"),
        Event::NoTerminal => {
            send("KILL", run.id);
            assert_eq!(stage.told("hung"), "");
        }
        Event::Unread | Event::AllUnread => {
            run.close();
            if case.phase == Phase::Asking {
                run.types("yes\n");
            }
        }
        Event::HungUp => {
            run.close();
            send("HUP", pid);
            send("HUP", pid);
        }
    }
    stage.desk.let_go();
}

/// A run is cut short before a creation had any effect; how many writes had theirs.
fn leaves_a_doubt(stage: &Stage) -> usize {
    let command = signals_end(&stage.place, APPLY_BY_TWO);
    let trap = Trap::HoldsRequests(|request| makes(request, "accounts"));
    let run = stage.start(command, trap, Stderr::Read);
    run.until("it wrote", |seen| seen.held > 0);
    send("INT", run.id);
    run.until("it stopped", |seen| seen.said.contains("stopping: "));
    send("INT", run.id);
    let watch = std::sync::Arc::clone(&run.watch);
    assert_eq!(run.ends().0, End::Code(3));
    watch.look(|seen| seen.taken)
}

#[test]
fn whatever_ends_a_run_at_any_phase_nothing_is_lost() {
    let scenes = [
        Scene::new(Dialect::Openapi, false),
        Scene::new(Dialect::Guide, false),
        Scene::new(Dialect::Openapi, true),
    ];
    let cases = cases();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Most of what they do is to wait.
    let threads = 2 * thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let in_git = case.phase.push().is_some();
                    let is_its = |scene: &&Scene| {
                        (scene.dialect, scene.is_in_git()) == (case.dialect, in_git)
                    };
                    let scene = scenes.iter().find(is_its).expect("a scene");
                    let played = catch_unwind(AssertUnwindSafe(|| play(*case, scene)));
                    if let Err(panic) = played {
                        let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        failures
                            .lock()
                            .expect("it")
                            .push(format!("{case:?}: {said}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("it");
    println!("{} cases", cases.len());
    assert!(
        failures.is_empty(),
        "{} of {} went wrong:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n\n")
    );
}
/// The end of a pipe whose other end is closed.
fn unread() -> PipeWriter {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer
}

/// A simulator that nobody listens to when it says that it is ready.
fn simulate() -> (Place, Child, u16) {
    let place = Place::empty();
    // A port that is free; the simulator takes it next.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let mut command = signals_end(&place, &format!("simulate --port {port}"));
    let child = command.stdout(unread()).stderr(Stdio::null()).spawn();
    (place, child.expect("the binary"), port)
}

#[test]
fn case_1_and_7_a_simulator_serves_unread_and_ends_in_order() {
    for signal in SIGNALS {
        let (_place, mut child, port) = simulate();
        // It listens before it greets, and greets before it serves.
        let answer = loop {
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
                use std::io::{Read as _, Write as _};
                let request = "GET /simulator/statistics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
                stream.write_all(request.as_bytes()).expect("a request");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).expect("an answer");
                break answer;
            }
            assert_eq!(child.try_wait().expect("it"), None, "it serves");
            std::thread::yield_now();
        };
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        send(signal, child.id());
        let status = child.wait().expect("an end");
        assert_eq!(status.code(), Some(0), "{signal}");
    }
}
