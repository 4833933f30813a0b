//! The real binary, killed at each of its requests: the next run finishes the job.
//!
//! A simulated Zoho Desk in this process answers over loopback and keeps what it was told. At the
//! n-th request it kills the binary, before the request has any effect or after it and before its
//! answer. Then the same command is run again and comes to what it comes to undisturbed.

#![cfg(unix)]
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod command;
#[path = "campaign/picture.rs"]
mod picture;
#[path = "properties/random.rs"]
mod random;
#[path = "common/recorded.rs"]
mod recorded;
#[path = "common/registry.rs"]
mod registry;
#[path = "properties/shapes.rs"]
mod shapes;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use bytes::Bytes;
use command::{Place, SIGNALS, git, signals_end};
use deskform::clock::Clock;
use deskform::dialect::{Dialect, Edition};
use deskform::kind::Create;
use deskform::simulator::{Faults, OrganizationSeed, Quirks, Settings, Simulator};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use picture::picture;
use serde_json::Value as Json;
use tokio::net::{TcpListener, TcpStream};

const ORGANIZATION: &str = "700001";
/// A path that is no part of Zoho Desk.
const QUIET: &str = "/quiet";

/// What befalls the process at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    /// It is killed before the request has any effect.
    Before,
    /// It is killed when the request has taken effect and is not answered.
    After,
    /// It gets a signal and its answer.
    Signal(&'static str),
    /// It gets two signals, and no answer any more.
    Twice(&'static str, &'static str),
}

/// What happens at which request, from 1.
#[derive(Debug, Clone, Copy)]
struct Trap {
    at: usize,
    blow: Blow,
}

/// What the server knows of the process that talks to it.
#[derive(Debug, Default)]
struct Watch {
    pid: Option<u32>,
    trap: Option<Trap>,
    requests: usize,
    writes: usize,
    /// Connections that are open.
    open: usize,
    /// Whether answers are withheld.
    silent: bool,
}

/// A simulated Zoho Desk on loopback.
struct Server {
    simulator: Mutex<Simulator>,
    watch: Mutex<Watch>,
    changed: Condvar,
    clock: Clock,
    address: SocketAddr,
}

impl Server {
    /// Starts answering, on a thread that ends with the process of the tests.
    fn start(simulator: Simulator) -> Arc<Self> {
        let (send, receive) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let server = Arc::new(Self {
                    address: listener.local_addr().expect("an address"),
                    simulator: Mutex::new(simulator),
                    watch: Mutex::default(),
                    changed: Condvar::new(),
                    clock: Clock::system(),
                });
                send.send(Arc::clone(&server)).expect("a receiver");
                while let Ok((stream, _)) = listener.accept().await {
                    server.watch.lock().expect("it").open += 1;
                    let server = Arc::clone(&server);
                    tokio::spawn(async move { server.serve(stream).await });
                }
            });
        });
        receive.recv().expect("a server")
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request| self.answer(request));
        // A broken connection is what this is about.
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
        self.watch.lock().expect("it").open -= 1;
        self.changed.notify_all();
    }

    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        if request.uri().path() == QUIET {
            return Ok(Response::default());
        }
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let request = Request::from_parts(parts, body);
        let (blow, silent) = self.count(&request);
        if blow == Some(Blow::Before) {
            self.strike("KILL");
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let response = {
            let mut simulator = self.simulator.lock().expect("it");
            simulator.handle(&request, self.clock.now_ms())
        };
        match blow {
            Some(Blow::After) => {
                self.strike("KILL");
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Some(Blow::Signal(name)) => self.strike(name),
            Some(Blow::Twice(first, second)) => {
                self.strike(first);
                self.strike(second);
            }
            _ => {}
        }
        if silent {
            std::future::pending::<()>().await;
        }
        Ok(response.map(Full::new))
    }

    fn count(&self, request: &Request<Bytes>) -> (Option<Blow>, bool) {
        let mut watch = self.watch.lock().expect("it");
        watch.requests += 1;
        let is_token = request.uri().path().contains("/oauth/");
        watch.writes += usize::from(request.method() != http::Method::GET && !is_token);
        let n = watch.requests;
        let blow = watch.trap.filter(|trap| trap.at == n).map(|trap| trap.blow);
        if matches!(blow, Some(Blow::Twice(..))) {
            watch.silent = true;
        }
        (blow, watch.silent)
    }

    /// Sends a signal to the process.
    fn strike(&self, signal: &str) {
        let pid = self.watch.lock().expect("it").pid.expect("a process");
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {pid}")])
            .status();
        assert!(sent.expect("a shell").success());
    }

    /// Waits until every connection is closed: what was sent has had its effect.
    fn quiet(&self) {
        // Connections are accepted in their order: once this one is answered, there is no other of
        // which the server does not know yet.
        let mut probe = std::net::TcpStream::connect(self.address).expect("a connection");
        write!(
            probe,
            "GET {QUIET} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = Vec::new();
        probe.read_to_end(&mut answer).expect("an answer");
        drop(probe);
        let mut watch = self.watch.lock().expect("it");
        while watch.open > 0 {
            watch = self.changed.wait(watch).expect("it");
        }
    }

    fn picture(&self) -> (String, BTreeMap<String, usize>) {
        let simulator = self.simulator.lock().expect("it");
        picture(simulator.organization(ORGANIZATION).expect("it"), false)
    }
}

/// What is there before, with what is then changed or removed.
const BEFORE: usize = 0;
/// What is wanted.
const AFTER: usize = 1;

/// The manifests of one time: more than sixty steps lie between the two.
fn manifests(dialect: Dialect, time: usize) -> String {
    let openapi = dialect == Dialect::Openapi;
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    let (from, to) = if time == BEFORE { (0, 4) } else { (2, 9) };
    let words = ["as it was", "as it is wanted"][time];
    line("departments:".to_owned());
    for n in from..to {
        line(format!("  Department {n}: {{description: {words}}}"));
    }
    // What stays keeps the removals below half of what is owned, so that no guard asks.
    for n in 0..6 {
        line(format!("  Standing {n}: {{description: it stays}}"));
    }
    line("customFields:".to_owned());
    for (n, module) in (from..to).zip(["accounts", "contacts"].into_iter().cycle()) {
        line(format!(
            "  field{n}: {{module: {module}, displayLabel: Field {n} of {module}, type: Text, maxLength: 40, toolTip: {words}}}"
        ));
    }
    let cf = if time == BEFORE { 0 } else { 2 };
    line("accounts:".to_owned());
    for n in from..to + 4 {
        line(format!(
            "  Account {n}: {{phone: '{time}', cf: {{field{cf}: {words}}}}}"
        ));
    }
    line("contacts:".to_owned());
    for n in from..to + 7 {
        line(format!(
            "  contact{n}@example.com: {{lastName: Number {n}, title: {words}, account: Account {}, cf: {{field{}: {words}}}}}",
            n.clamp(from, to),
            cf + 1
        ));
    }
    line("webhooks:".to_owned());
    for n in from..to - 1 {
        let events = [
            "{Ticket_Add: {}, Contact_Add: {}}",
            "{Ticket_Add: {}, Account_Add: {}}",
        ][time];
        line(format!(
            "  Hook {n}: {{url: 'https://hooks.example.com/{n}', subscriptions: {events}}}"
        ));
    }
    if !openapi {
        // Its events move to another URL, and its handle changes with it.
        line(
            [
                "  Staying: {url: 'https://hooks.example.com/old', subscriptions: {Ticket_Add: {}, Contact_Add: {}}}",
                "  Moved: {lifecycle: {renamedFrom: 'https://hooks.example.com/old'}, url: 'https://hooks.example.com/new', subscriptions: {Ticket_Add: {}, Contact_Add: {}}}",
            ][time]
            .to_owned(),
        );
    }
    line("agents:".to_owned());
    for n in from..to - 2 {
        let rest = if openapi {
            format!(
                ", rolePermissionType: Light, departments: [Department {}]",
                n.clamp(from, to - 1)
            )
        } else {
            String::new()
        };
        line(format!(
            "  agent{n}@example.com: {{firstName: {words}, lastName: Number {n}{rest}}}"
        ));
    }
    if openapi {
        line("roles:".to_owned());
        for n in from..to - 2 {
            line(format!(
                "  Role {n}: {{description: {words}, shareDataWithPeers: true}}"
            ));
        }
    } else {
        line("slas:".to_owned());
        for n in from..to - 2 {
            line(format!(
                "  SLA {n}: {{description: {words}, responseTime: {{businessHours: {}}}}}",
                time + 4
            ));
        }
    }
    if time == AFTER {
        line("removed: {contacts: [contact0@example.com, contact1@example.com]}".to_owned());
    }
    // What this file does not speak of is drawn.
    for source in random::rest(dialect, &[&text])[time].sources().base {
        text.push_str("---\n");
        text.push_str(&source.text);
    }
    text
}

/// A project and the organization that it is for.
struct Scene {
    dialect: Dialect,
    /// The files of the project, the ledger among them.
    files: BTreeMap<String, Vec<u8>>,
    /// The simulator's state file.
    state: String,
    /// Where the ledger is, if it lies in git.
    remote: Option<Place>,
}

/// How a command ended.
struct Run {
    status: ExitStatus,
    output: String,
}

/// A scene that is being played.
struct Stage {
    place: Place,
    server: Arc<Server>,
    in_git: bool,
}

impl Stage {
    fn new(scene: &Scene) -> Self {
        let mut place = Place::empty();
        if let Some(kept) = &scene.remote {
            place.in_git();
            let line = format!("fetch --quiet {} refs/*:refs/*", kept.remote().display());
            git(&place.remote(), &line);
        }
        for (name, bytes) in &scene.files {
            let path = place.path(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, bytes).expect("a writable file");
        }
        place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
        place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
        place.set(
            "ZOHO_REFRESH_TOKEN",
            &format!("1000.deskform-simulator.refresh.{ORGANIZATION}"),
        );
        // Listings do not lag here, and no test waits.
        place.set("DESKFORM_SETTLE", "0");
        let mut simulator = Simulator::load(&scene.state).expect("its own state");
        // Nothing but the client keeps an object from being made twice.
        simulator.set_faults(Faults::new(0).with_quirks(Quirks {
            duplicates_taken: true,
            ..Quirks::default()
        }));
        let server = Server::start(simulator);
        let address = server.address;
        let in_git = scene.remote.is_some();
        place.write(
            "deskform.yaml",
            &format!(
                "environments:\n  served:\n    orgId: '{ORGANIZATION}'\n    dialect: {}\n    guards: {{maxUpdatePercent: 100, maxDeletePercent: 100}}\n    endpoint: {{desk: 'http://{address}', accounts: 'http://{address}'}}\n{}{}",
                scene.dialect,
                if in_git { "    ledger: git\n" } else { "" },
                random::policies(scene.dialect)
            ),
        );
        Self {
            place,
            server,
            in_git,
        }
    }

    /// Runs the command until it ends, however it ends.
    fn run(&self, line: &str, trap: Option<Trap>) -> Run {
        let child = {
            let mut watch = self.server.watch.lock().expect("it");
            watch.trap = trap;
            (watch.requests, watch.writes, watch.silent) = (0, 0, false);
            let child = signals_end(&self.place, line)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the binary");
            watch.pid = Some(child.id());
            child
        };
        let output = child.wait_with_output().expect("an end");
        self.server.quiet();
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Run {
            status: output.status,
            output: format!("{}[stderr]\n{}", text(output.stdout), text(output.stderr)),
        }
    }

    fn counts(&self) -> (usize, usize) {
        let watch = self.server.watch.lock().expect("it");
        (watch.requests, watch.writes)
    }

    /// The names of what is kept of the runs.
    fn kept(&self) -> Vec<String> {
        let files = self.place.files().into_keys();
        let mut kept: Vec<String> = files.filter(|name| name.contains(".deskform/")).collect();
        if self.in_git {
            assert!(kept.is_empty(), "{kept:?}");
            let line = "ls-tree -r --name-only refs/deskform/served";
            kept.extend(git(&self.place.remote(), line).lines().map(str::to_owned));
        }
        kept
    }

    /// What there is, and what is left for a person to do; nothing else may be planned, nor anything be
    /// there twice.
    fn outcome(&self) -> Result<String, String> {
        let (mut found, twice) = self.server.picture();
        if !twice.is_empty() {
            return Err(format!("duplicates: {twice:?}"));
        }
        let run = self.run("plan --format json", None);
        let (plan, _) = run.output.split_once("[stderr]").expect("both outputs");
        let plan: Json = serde_json::from_str(plan).map_err(|_| run.output.clone())?;
        let mut record = plan["summary"]["record"].as_object().into_iter().flatten();
        if record.any(|(_, count)| *count != 0) {
            return Err(format!("planned again:\n{plan:#}"));
        }
        for step in plan["steps"].as_array().into_iter().flatten() {
            if step["verb"] != "manual" {
                return Err(format!("planned again:\n{plan:#}"));
            }
            let (address, task) = (&step["address"], &step["instruction"]);
            found.push_str(&["by hand: ", &address.to_string(), &task.to_string(), "\n"].concat());
        }
        Ok(found)
    }

    /// Runs again, to the end: it comes to what it comes to undisturbed.
    fn converges(&self, wanted: &str) -> Result<(), String> {
        let again = self.run("apply --auto-approve", None);
        if again.status.code() != Some(0) {
            return Err(format!("the next run: {}\n{}", again.status, again.output));
        }
        let runs = self.run("runs", None);
        if runs.status.code() != Some(0) || runs.output.contains("damaged") {
            return Err(format!("past runs: {}\n{}", runs.status, runs.output));
        }
        let found = self.outcome()?;
        if found != wanted {
            let diff = similar::TextDiff::from_lines(wanted, &found);
            return Err(format!(
                "it came to something else:\n{}",
                diff.unified_diff().context_radius(2)
            ));
        }
        let left: Vec<String> = self
            .kept()
            .into_iter()
            // Every run that wrote is kept, whatever became of it.
            .filter(|name| !name.contains("history/"))
            .filter(|name| {
                !["served.json", "served.guard", "ledger.json"]
                    .iter()
                    .any(|kept| name.ends_with(kept))
            })
            .collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("left behind: {left:?}"))
        }
    }
}

/// Lets what is there before be made.
fn scene(dialect: Dialect) -> Scene {
    scene_with(dialect, None)
}

/// The same with a ledger in git, which lies in a place of its own before.
fn scene_in_git(dialect: Dialect) -> Scene {
    let mut place = Place::empty();
    place.in_git();
    scene_with(dialect, Some(place))
}

fn scene_with(dialect: Dialect, remote: Option<Place>) -> Scene {
    let simulator = shapes::simulator(Settings {
        dialect,
        edition: Edition::Enterprise,
        organizations: vec![OrganizationSeed::new(ORGANIZATION)],
        // No test waits for the end of a minute.
        rate_limit_headers: false,
        enforce_minute_limits: false,
        ..Settings::default()
    });
    let text = manifests(dialect, BEFORE);
    let stage = Stage::new(&Scene {
        dialect,
        files: BTreeMap::from([("all.yaml".to_owned(), text.into_bytes())]),
        state: simulator.save(),
        remote,
    });
    let run = stage.run("apply --auto-approve", None);
    assert_eq!(run.status.code(), Some(0), "{}", run.output);
    stage.place.write("all.yaml", &manifests(dialect, AFTER));
    let saved = {
        let mut simulator = stage.server.simulator.lock().expect("it");
        simulator.forget_tokens();
        simulator.save()
    };
    Scene {
        dialect,
        files: stage.place.files(),
        state: saved,
        remote: stage.in_git.then_some(stage.place),
    }
}

/// What the scene comes to undisturbed, and how many requests and writes that takes.
fn reference(scene: &Scene) -> (String, usize, usize) {
    let stage = Stage::new(scene);
    let plan = stage.run("plan --format json", None);
    let steps = plan.output.matches("\"verb\": \"").count();
    assert!(steps >= 60, "{steps} steps:\n{}", plan.output);
    for kind in registry::kinds(scene.dialect) {
        let by_hand = kind
            .api(scene.dialect)
            .is_some_and(|api| matches!(api.create, Create::Manual(_)));
        let step = format!("\"address\": \"{}/", kind.collection);
        assert!(
            by_hand || kind.is_check() || plan.output.contains(&step),
            "{}: nothing is killed at a step of {}",
            scene.dialect,
            kind.collection
        );
    }
    let run = stage.run("apply --auto-approve", None);
    assert_eq!(run.status.code(), Some(0), "{}", run.output);
    let (requests, writes) = stage.counts();
    let picture = stage.outcome().expect("nothing more to do");
    stage.converges(&picture).expect("nothing more to do");
    (picture, requests, writes)
}

/// Kills the binary at the n-th request.
fn killed(scene: &Scene, wanted: &str, n: usize, blow: Blow) -> Result<(), String> {
    let stage = Stage::new(scene);
    let run = stage.run("apply --auto-approve", Some(Trap { at: n, blow }));
    if run.status.signal() != Some(9) {
        return Err(format!("it was not killed: {}\n{}", run.status, run.output));
    }
    stage.converges(wanted)
}

#[test]
fn killed_at_any_request_the_next_run_finishes() {
    let mut wrong = Vec::new();
    for (dialect, odd) in [
        (Dialect::Openapi, Blow::Before),
        (Dialect::Guide, Blow::After),
    ] {
        let even = if odd == Blow::Before {
            Blow::After
        } else {
            Blow::Before
        };
        let scene = scene(dialect);
        let (picture, requests, writes) = reference(&scene);
        println!("{dialect}: {requests} requests, {writes} of them writes");
        let next = AtomicUsize::new(1);
        let failures = Mutex::new(Vec::new());
        let threads = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n > requests {
                            break;
                        }
                        let blow = if n.is_multiple_of(2) { even } else { odd };
                        if let Err(problem) = killed(&scene, &picture, n, blow) {
                            let problem = format!("{dialect}, request {n}, {blow:?}: {problem}");
                            failures.lock().expect("it").push(problem);
                        }
                    }
                });
            }
        });
        wrong.extend(failures.into_inner().expect("it"));
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// How many requests lie between two kills where every run starts git many times.
const STRIDE: usize = 11;

/// In git the outcomes of a killed run are lost, all of them: the next run finds by identity what the
/// journal says was about to be written.
#[test]
fn killed_between_writes_the_next_run_finds_all_by_identity() {
    for (dialect, blow) in [
        (Dialect::Openapi, Blow::After),
        (Dialect::Guide, Blow::Before),
    ] {
        let scene = scene_in_git(dialect);
        let (picture, requests, writes) = reference(&scene);
        println!("{dialect}: {requests} requests, {writes} of them writes");
        let mut journals = 0;
        for n in (1..=requests).rev().step_by(STRIDE) {
            let stage = Stage::new(&scene);
            let run = stage.run("apply --auto-approve", Some(Trap { at: n, blow }));
            let what = format!("{dialect}, request {n}, {blow:?}");
            assert_eq!(run.status.signal(), Some(9), "{what}: {}", run.output);
            let kept = stage.kept();
            assert!(kept.iter().any(|name| name == "ledger.lock"), "{what}");
            let has_journal = kept.iter().any(|name| name.starts_with("runs/"));
            // Nothing goes out before all of it is announced.
            let (_, written) = stage.counts();
            assert!(written == 0 || has_journal, "{what}: {kept:?}");
            journals += usize::from(has_journal);
            let unlocked = stage.run("unlock --force", None);
            assert_eq!(unlocked.status.code(), Some(0), "{}", unlocked.output);
            if let Err(problem) = stage.converges(&picture) {
                panic!("{what}: {problem}");
            }
        }
        assert!(journals > 3, "{journals} runs were killed while they wrote");
    }
}

/// A request amid the writes of a run, however much it reads before.
const fn amid_writes(requests: usize, writes: usize) -> usize {
    requests - writes / 2
}

/// What came of the writes is pushed before the process ends, and so is the end of the lock.
#[test]
fn a_signal_leaves_nothing_behind_in_git() {
    let scene = scene_in_git(Dialect::Openapi);
    let (picture, requests, writes) = reference(&scene);
    let early = [("TERM", 3, 1)].into_iter();
    let at = amid_writes(requests, writes);
    for (signal, at, code) in early.chain(SIGNALS.iter().map(|signal| (*signal, at, 3))) {
        let stage = Stage::new(&scene);
        let blow = Blow::Signal(signal);
        let run = stage.run("apply --auto-approve", Some(Trap { at, blow }));
        assert_eq!(run.status.code(), Some(code), "{signal}: {}", run.output);
        let kept = stage.kept();
        assert!(!kept.iter().any(|name| name == "ledger.lock"), "{kept:?}");
        stage.converges(&picture).expect("it");
    }
}

#[test]
fn a_signal_finishes_what_is_under_way() {
    let scene = scene(Dialect::Openapi);
    let (picture, requests, writes) = reference(&scene);
    let at = amid_writes(requests, writes);
    for signal in SIGNALS {
        let stage = Stage::new(&scene);
        let blow = Blow::Signal(signal);
        let run = stage.run("apply --auto-approve", Some(Trap { at, blow }));
        assert_eq!(run.status.code(), Some(3), "{signal}: {}", run.output);
        assert!(run.output.contains("stopped"), "{signal}: {}", run.output);
        let (_, sent) = stage.counts();
        assert!(sent < writes, "{signal}: {sent} of {writes} writes");
        // Nothing is in doubt: what was under way has been answered.
        let again = stage.run("plan --format json", None);
        let left = again.output.matches("\"verb\": \"").count();
        assert!(left > 0 && left < writes, "{signal}: {left} steps left");
        stage.converges(&picture).expect("it");
    }
    // Before the first write.
    for signal in SIGNALS {
        let stage = Stage::new(&scene);
        let blow = Blow::Signal(signal);
        let run = stage.run("apply --auto-approve", Some(Trap { at: 3, blow }));
        assert_eq!(run.status.code(), Some(1), "{signal}: {}", run.output);
        assert!(run.output.contains("nothing was applied"), "{}", run.output);
        assert_eq!(stage.counts().1, 0);
        stage.converges(&picture).expect("it");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let scene = scene(Dialect::Guide);
    let (picture, _, _) = reference(&scene);
    let mut pairs = vec![("INT", "TERM"), ("TERM", "INT")];
    if SIGNALS.contains(&"HUP") {
        pairs.extend([("HUP", "TERM"), ("INT", "HUP")]);
    }
    for (first, second) in pairs {
        let stage = Stage::new(&scene);
        // No request is answered any more, so that it ends only if it does not wait.
        let blow = Blow::Twice(first, second);
        let run = stage.run("apply --auto-approve", Some(Trap { at: 30, blow }));
        assert_eq!(run.status.code(), Some(3), "{}", run.output);
        stage.converges(&picture).expect("it");
    }
}
