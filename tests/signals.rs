//! Signals and a terminal that goes away, with the real binary behind a front that refuses.

#![cfg(unix)]
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod command;
mod common;

use std::collections::BTreeMap;
use std::io::PipeWriter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use command::{Place, SIGNALS, hang_ups_end, started_by, words};
use common::front::{Front, answer, is_for_token};
use deskform::clock::Clock;
use deskform::dialect::Dialect;
use deskform::simulator::{OrganizationSeed, Settings, Simulator, SimulatorTransport};
use serde_json::{Value, json};

const ORGANIZATION: &str = "700001";
/// The contacts come after their account.
const DESK: &str = "\
accounts: {One: {}}
contacts:
  a@example.com: {lastName: Doe, account: One}
  b@example.com: {lastName: Doe, account: One}
  c@example.com: {lastName: Doe, account: One}
";
/// How many resources that is.
const ALL: usize = 4;

fn send(signal: &str, pid: u32) {
    let line = format!("kill -{signal} {pid}");
    let sent = Command::new("sh").args(["-c", &line]).status();
    assert!(sent.expect("a shell").success());
}

/// What the front does when the first of these creations comes.
#[derive(Debug, Clone, Copy)]
struct Trap {
    /// The collection whose creations are refused, and the status that they get.
    refuses: Option<(&'static str, u16)>,
    /// What is sent to the process at the first creation of this collection.
    signals: (&'static str, &'static [&'static str]),
}

/// A project against a simulated Zoho Desk behind a front.
struct Stage {
    place: Place,
    trap: Arc<Mutex<Option<Trap>>>,
    pid: Arc<Mutex<Arc<OnceLock<u32>>>>,
    /// How often each creation was sent.
    creations: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Stage {
    fn new(dialect: Dialect) -> Self {
        let trap: Arc<Mutex<Option<Trap>>> = Arc::default();
        let pid: Arc<Mutex<Arc<OnceLock<u32>>>> = Arc::default();
        let creations: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let address = serve(dialect, &trap, &pid, &creations);
        let mut place = Place::with(&[("desk.yaml", DESK)]);
        place.write(
            "deskform.yaml",
            &format!(
                "environments:\n  served:\n    orgId: '{ORGANIZATION}'\n    dialect: {dialect}\n    endpoint: {{desk: 'http://{address}', accounts: 'http://{address}'}}\n"
            ),
        );
        place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
        place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
        place.set(
            "ZOHO_REFRESH_TOKEN",
            &format!("1000.deskform-simulator.refresh.{ORGANIZATION}"),
        );
        Self {
            place,
            trap,
            pid,
            creations,
        }
    }

    /// Runs a command that the trap befalls.
    fn run(&self, mut command: Command, trap: Option<Trap>) -> (Option<i32>, String) {
        let pid = Arc::new(OnceLock::new());
        *self.pid.lock().expect("it") = Arc::clone(&pid);
        *self.trap.lock().expect("it") = trap;
        self.creations.lock().expect("it").clear();
        let child = command.spawn().expect("the binary");
        pid.set(child.id()).expect("a new process");
        let output = child.wait_with_output().expect("an end");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let said = format!("{}[stderr]\n{}", text(output.stdout), text(output.stderr));
        (output.status.code(), said)
    }

    fn apply(&self) -> Command {
        let mut command = hang_ups_end(&self.place, "apply --auto-approve");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The collections of what the ledger owns, each as often as it is there.
    fn owned(&self) -> Vec<String> {
        let shown = self.place.done("ledger show --format json").stdout;
        let ledger: Value = serde_json::from_str(&shown).expect("JSON");
        let address = |one: &Value| one["address"].as_str().expect("an address").to_owned();
        let resources = ledger["resources"].as_array().expect("resources");
        resources.iter().map(address).collect()
    }

    /// The next run finishes the job.
    fn finishes(&self) {
        let (code, said) = self.run(self.apply(), None);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(self.owned().len(), ALL);
        assert_eq!(self.place.run("plan --detailed-exitcode").code, 0);
    }
}

fn serve(
    dialect: Dialect,
    trap: &Arc<Mutex<Option<Trap>>>,
    pid: &Arc<Mutex<Arc<OnceLock<u32>>>>,
    creations: &Arc<Mutex<BTreeMap<String, usize>>>,
) -> SocketAddr {
    let (trap, pid, creations) = (Arc::clone(trap), Arc::clone(pid), Arc::clone(creations));
    // The clock belongs to the front's own thread.
    Front::serve(move || {
        let simulator = Simulator::new(Settings {
            dialect,
            organizations: vec![OrganizationSeed::new(ORGANIZATION)],
            // No test waits for the end of a minute.
            rate_limit_headers: false,
            enforce_minute_limits: false,
            ..Settings::default()
        });
        let simulator = Arc::new(Mutex::new(simulator));
        let transport = SimulatorTransport::new(simulator, Clock::system());
        Front::new(Arc::new(transport)).ask(move |request| {
            if request.method() != http::Method::POST || is_for_token(request) {
                return None;
            }
            let path = request.uri().path().to_owned();
            let key = format!("{path} {}", String::from_utf8_lossy(request.body()));
            *creations.lock().expect("it").entry(key).or_default() += 1;
            let mut armed = trap.lock().expect("it");
            let is_of = |collection: &str| path.ends_with(&format!("/{collection}"));
            if let Some(trap) = armed.as_mut()
                && is_of(trap.signals.0)
            {
                let pid = Arc::clone(&pid.lock().expect("it"));
                for signal in std::mem::take(&mut trap.signals.1) {
                    send(signal, *pid.wait());
                }
            }
            let (collection, status) = armed.and_then(|trap| trap.refuses)?;
            let (code, headers): (_, &[_]) = match (status, dialect) {
                (429, Dialect::Openapi) => ("TOO_MANY_REQUESTS", &[("retry-after", "15")]),
                (429, Dialect::Guide) => ("RATE_LIMIT_EXCEEDED", &[("retry-after", "15")]),
                _ => ("FORBIDDEN", &[]),
            };
            let body = json!({"errorCode": code, "message": "m"});
            is_of(collection).then(|| answer(status, headers, &body))
        })
    })
}

#[test]
fn case_7_after_a_signal_what_was_refused_is_not_sent_again() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        for signal in SIGNALS {
            let case = format!("{dialect} {signal}");
            // Nothing could be applied; the run was stopped on the way all the same.
            let stage = Stage::new(dialect);
            let trap = Trap {
                refuses: Some(("accounts", 429)),
                signals: ("accounts", std::slice::from_ref(signal)),
            };
            let (code, said) = stage.run(stage.apply(), Some(trap));
            assert_eq!(code, Some(3), "{case}: {said}");
            assert!(said.contains("stopped"), "{case}: {said}");
            let creations = stage.creations.lock().expect("it").clone();
            assert!(creations.values().all(|count| *count == 1), "{creations:?}");
            assert!(stage.owned().is_empty(), "{case}");

            // Some of it was applied before.
            let stage = Stage::new(dialect);
            let trap = Trap {
                refuses: Some(("contacts", 429)),
                signals: ("contacts", std::slice::from_ref(signal)),
            };
            let (code, said) = stage.run(stage.apply(), Some(trap));
            assert_eq!(code, Some(3), "{case}: {said}");
            let creations = stage.creations.lock().expect("it").clone();
            assert!(creations.values().all(|count| *count == 1), "{creations:?}");
            // The ledger was saved.
            assert_eq!(stage.owned(), ["accounts/One"], "{case}");
            stage.finishes();
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn case_7_a_terminal_that_goes_away_ends_a_run_in_order() {
    // The signal comes more than once, and nobody reads any more.
    let stage = Stage::new(Dialect::Openapi);
    let mut command = hang_ups_end(&stage.place, "apply --auto-approve --parallelism 1");
    command.stdout(unread()).stderr(unread());
    let trap = Trap {
        refuses: None,
        signals: ("accounts", &["HUP", "HUP"]),
    };
    let (code, _) = stage.run(command, Some(trap));
    assert_eq!(code, Some(3));
    // What was under way got its answer, and is in the ledger.
    assert_eq!(stage.owned(), ["accounts/One"]);
    assert_eq!(stage.creations.lock().expect("it").len(), 1);
    stage.finishes();
}

#[test]
fn case_7_a_process_that_was_started_to_ignore_hang_ups_goes_on() {
    let stage = Stage::new(Dialect::Openapi);
    let plain = stage.place.command(&words("apply --auto-approve"));
    // As `nohup` does it.
    let mut command = started_by(&plain, "sh", &["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let trap = Trap {
        refuses: None,
        signals: ("accounts", &["HUP"]),
    };
    let (code, said) = stage.run(command, Some(trap));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(stage.owned().len(), ALL);
}

#[test]
fn case_1_the_code_of_what_was_applied_in_part_stands_unread() {
    for stderr_too in [false, true] {
        let stage = Stage::new(Dialect::Openapi);
        let mut command = stage.apply();
        command.stdout(unread());
        if stderr_too {
            command.stderr(unread());
        }
        let trap = Trap {
            refuses: Some(("contacts", 403)),
            signals: ("contacts", &[]),
        };
        let (code, said) = stage.run(command, Some(trap));
        assert_eq!(code, Some(3), "{said}");
        assert_eq!(stage.owned(), ["accounts/One"]);
        stage.finishes();
    }
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
    let mut command = hang_ups_end(&place, &format!("simulate --port {port}"));
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
