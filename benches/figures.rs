//! One table of figures: time and memory of validating and planning beside the bare parse of the
//! same files, those of contacts from a table beside the same contacts in YAML, the time of an apply beside
//! its bound, and the time of reading a long listing beside its own.
//!
//! `cargo bench --bench figures`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program whose output is its purpose; a failure ends it"
)]

mod project;

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deskform::clock::Clock;
use deskform::config::Project;
use deskform::dialect::{Dialect, Edition};
use deskform::manifest;
use deskform::simulator::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Faults, OrganizationSeed, Settings, Simulator,
    demo_refresh_token, serve,
};
use project::{Shape, bare_parse, empty, environment, files, in_step, planned, sources, validate};
use serde_json::json;
use tempfile::TempDir;

/// What the simulator takes for each call.
const LATENCY: Duration = Duration::from_millis(40);

/// The organization of the apply.
const ORGANIZATION: &str = "700001";

const PROJECT_FILE: &str =
    "environments:\n  bench: {simulator: {dialect: openapi, edition: enterprise}}\n";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // `cargo test --all-targets` only wants to know that it starts.
        [.., "--test"] => {}
        ["--child", what, folder, resources] => {
            child(
                what,
                Path::new(folder),
                resources.parse().expect("a number"),
            );
        }
        _ => {
            // `-- plan`, `-- tables`, `-- apply` and `-- pages` choose among the four.
            let wants = |what: &str| {
                let chosen =
                    |word: &String| matches!(word.as_str(), "plan" | "tables" | "apply" | "pages");
                words.iter().any(|word| word == what) || !words.iter().any(chosen)
            };
            if wants("plan") {
                planning();
            }
            if wants("tables") {
                tables();
            }
            if wants("apply") {
                applying();
            }
            if wants("pages") {
                paging();
            }
        }
    }
}

/// Time is the best of some rounds; memory is the peak of a process of its own.
fn planning() {
    println!("validate + plan beside the bare parallel parse by serde_yaml, live already read");
    println!(
        "{:>9} {:>11} {:>9} | {:>9} {:>6} {:>8} {:>6} | {:>9} {:>6} {:>8} {:>6} {:>8}",
        "resources",
        "bytes",
        "parse",
        "all new",
        "time",
        "memory",
        "text",
        "in step",
        "time",
        "memory",
        "text",
        "live",
    );
    for (resources, rounds) in [(1_000, 20), (10_000, 10), (100_000, 4)] {
        let shape = Shape::of(resources);
        let texts = files(shape);
        let folder = written(&texts);
        let sources = sources(&texts);
        let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
        drop(texts);
        let environment = environment();
        let (mut parse, mut new, mut step) = (Duration::MAX, Duration::MAX, Duration::MAX);
        for _ in 0..rounds {
            parse = parse.min(timed(|| bare_parse(&sources)));
            new = new.min(timed(|| {
                let plan = planned(&validate(&sources, &environment), &mut empty());
                assert_eq!(plan.plan.summary.create, resources);
                plan
            }));
            let mut live = in_step(shape);
            step = step.min(timed(|| {
                let plan = planned(&validate(&sources, &environment), &mut live);
                assert_eq!(plan.plan.summary.unchanged, resources);
                plan
            }));
        }
        let [_, memory_new, _] = measured("new", folder.path(), resources);
        let [live, memory_step, _] = measured("step", folder.path(), resources);
        println!(
            "{resources:>9} {bytes:>11} {:>9} | {:>9} {:>5.2}x {:>8} {:>5.1}x | {:>9} {:>5.2}x {:>8} {:>5.1}x {:>8}",
            milliseconds(parse),
            milliseconds(new),
            new.as_secs_f64() / parse.as_secs_f64(),
            mebibytes(memory_new),
            ratio(memory_new, bytes),
            milliseconds(step),
            step.as_secs_f64() / parse.as_secs_f64(),
            mebibytes(memory_step),
            ratio(memory_step.saturating_sub(live), bytes),
            mebibytes(live),
        );
    }
    println!("text: peak memory by the size of the files; in step without what was read (live)");
    println!();
}

/// Rounds in which both forms take turns.
const TURNS: usize = 11;

/// Contacts of a table beside the same ones in YAML, each time in a process of its own, which reads the
/// files, validates and plans.
fn tables() {
    println!("validate + plan of contacts in a table and in YAML, medians of {TURNS} turns each");
    println!(
        "{:>9} {:>11} {:>11} | {:>10} {:>10} {:>6} | {:>9} {:>9} {:>6}",
        "contacts", "bytes", "in YAML", "table", "YAML", "ratio", "table", "YAML", "ratio"
    );
    for contacts in [25_000, 50_000, 100_000] {
        let forms = [project::in_table(contacts), project::in_yaml(contacts)];
        let sizes = forms.each_ref().map(|texts| {
            let sizes = texts.iter().map(|(_, text)| text.len());
            sizes.sum::<usize>()
        });
        let folders = forms.each_ref().map(|texts| written(texts));
        let mut times = [Vec::new(), Vec::new()];
        let mut peaks = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            for ((folder, times), peaks) in folders.iter().zip(&mut times).zip(&mut peaks) {
                let [_, peak, time] = measured("new", folder.path(), 0);
                times.push(Duration::from_micros(time));
                peaks.push(peak);
            }
        }
        let [table, yaml] = times.map(median);
        let [table_peak, yaml_peak] = peaks.map(median);
        println!(
            "{contacts:>9} {:>11} {:>11} | {:>10} {:>10} {:>5.2}x | {:>9} {:>9} {:>5.2}x",
            sizes[0],
            sizes[1],
            milliseconds(table),
            milliseconds(yaml),
            table.as_secs_f64() / yaml.as_secs_f64(),
            mebibytes(table_peak),
            mebibytes(yaml_peak),
            share(table_peak, yaml_peak),
        );
    }
    println!();
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn share(one: u64, other: u64) -> f64 {
    one as f64 / other as f64
}

fn written(texts: &[(String, String)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("deskform.yaml"), PROJECT_FILE).expect("a file");
    for (name, text) in texts {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Taking the result apart belongs to the work, on either side.
fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    drop(black_box(work()));
    start.elapsed()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{} MiB", kibibytes / 1024)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn ratio(kibibytes: u64, bytes: usize) -> f64 {
    kibibytes as f64 * 1024.0 / bytes as f64
}

/// The memory of a process of its own, in KiB: once what is live stands there, and at its peak; and how many
/// microseconds its work took.
fn measured(what: &str, folder: &Path, resources: usize) -> [u64; 3] {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--child", what])
        .arg(folder)
        .arg(resources.to_string())
        .stderr(Stdio::inherit())
        .output()
        .expect("a process");
    assert!(output.status.success(), "`{what}` could not be measured");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut figures = text
        .split_whitespace()
        .map(|word| word.parse().expect("a figure"));
    [(); 3].map(|()| figures.next().unwrap_or_default())
}

/// Does it once, and prints the memory and the time.
fn child(what: &str, folder: &Path, resources: usize) {
    let mut live = match what {
        "step" => in_step(Shape::of(resources)),
        _ => empty(),
    };
    let before = memory("VmRSS:");
    let start = Instant::now();
    let (project, _) = Project::read(folder);
    let project = project.expect("a project");
    let environment = project.environment(None).expect("it");
    let sources = manifest::files(&project, environment).expect("files");
    let plan = planned(&validate(&sources, environment), &mut live);
    let time = start.elapsed().as_micros();
    println!("{before} {} {time}", memory("VmHWM:"));
    drop(black_box(plan));
}

/// A figure of this process in KiB, where the system tells.
fn memory(key: &str) -> u64 {
    fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            line.strip_prefix(key)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or_default()
}

/// 1,000 operations by the real program, over HTTP on loopback.
fn applying() {
    let mut simulator = Simulator::new(Settings {
        dialect: Dialect::Openapi,
        edition: Edition::Enterprise,
        organizations: vec![OrganizationSeed::new(ORGANIZATION)],
        ..Settings::default()
    });
    let text = mixed(&mut simulator);
    let slow = format!("every=1:slow:{}", LATENCY.as_secs_f64());
    simulator.set_faults(Faults::parse(&slow).expect("a schedule"));
    let simulator = Arc::new(Mutex::new(simulator));
    let port = served(&simulator);
    let latency = latency(port);
    let folder = connected(port, &text);
    let mut program = program(&folder)
        .args(["--log-format", "json", "apply", "--auto-approve"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut start = None;
    let mut time = None;
    let mut others = String::new();
    for line in BufReader::new(program.stderr.take().expect("its errors")).lines() {
        let line = line.expect("a line");
        if line.contains(r#""event":"started""#) {
            start = Some(Instant::now());
        } else if line.contains(r#""event":"finished""#) {
            time = start.map(|start| start.elapsed());
        } else if !line.contains(r#""event":"step"#) {
            others.push_str(&line);
            others.push('\n');
        }
    }
    let status = program.wait().expect("an end");
    let time = time.unwrap_or_else(|| panic!("nothing was applied: {others}"));
    assert!(status.success(), "{others}");
    let statistics = simulator
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .statistics()
        .clone();
    let counts = statistics.total;
    let concurrency = Edition::Enterprise.concurrency(Dialect::Openapi);
    // Contacts wait for their accounts: two calls one after the other.
    let bound = |latency: Duration| {
        let calls = latency * u32::try_from(counts.writes).expect("a count")
            / u32::try_from(concurrency).expect("a count");
        calls.max(latency * 2)
    };
    println!(
        "apply over HTTP on loopback at {} ms: {} writes, at most {} of {concurrency} at once",
        LATENCY.as_millis(),
        counts.writes,
        counts.peak_concurrency,
    );
    println!("took {}", milliseconds(time));
    for (what, latency) in [("as set", LATENCY), ("as one call alone takes", latency)] {
        println!(
            "latency {what}: {}, bound {}: {:.3}x",
            milliseconds(latency),
            milliseconds(bound(latency)),
            time.as_secs_f64() / bound(latency).as_secs_f64(),
        );
    }
}

/// Serves a simulator on loopback until this program ends, and gives the port.
fn served(simulator: &Arc<Mutex<Simulator>>) -> u16 {
    let served = Arc::clone(simulator);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            listener.set_nonblocking(true).expect("a socket");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            let forever = std::future::pending();
            serve::serve(served, listener, Clock::system(), |_| {}, forever).await
        })
    });
    port
}

/// A project whose environment is what is served on a port.
fn connected(port: u16, manifest: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let host = format!("http://127.0.0.1:{port}");
    let project = format!(
        "environments:\n  bench: {{endpoint: {{desk: '{host}', accounts: '{host}'}}, orgId: '{ORGANIZATION}', dialect: openapi}}\n"
    );
    fs::write(folder.path().join("deskform.yaml"), project).expect("a file");
    fs::write(folder.path().join("all.yaml"), manifest).expect("a file");
    folder
}

/// The real program in a project, with the simulator's credentials.
fn program(folder: &TempDir) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_deskform"));
    program
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("DESKFORM_CACHE", folder.path().join("cache"))
        .env("ZOHO_CLIENT_ID", DEMO_CLIENT_ID)
        .env("ZOHO_CLIENT_SECRET", DEMO_CLIENT_SECRET)
        .env("ZOHO_REFRESH_TOKEN", demo_refresh_token(ORGANIZATION))
        .stdin(Stdio::null());
    program
}

/// Accounts of the listing that is read.
const ACCOUNTS: usize = 3_000;

/// Times that each plan runs.
const ROUNDS: usize = 20;

/// Plans by the real program where 3,000 accounts are live, at 50 ms a call and at none.
///
/// What is left of the difference is the time spent waiting: for the calls before the pages, and for
/// the pages in as many rounds as their concurrency needs.
fn paging() {
    let slow = Duration::from_millis(50);
    let mut text = "accounts:\n".to_owned();
    for n in 0..ACCOUNTS {
        let _ = writeln!(
            text,
            "  Account {n}: {{website: 'https://{n}.example.com'}}"
        );
    }
    let simulator = Arc::new(Mutex::new(Simulator::new(Settings {
        dialect: Dialect::Openapi,
        edition: Edition::Enterprise,
        organizations: vec![OrganizationSeed::new(ORGANIZATION)],
        enforce_minute_limits: false,
        ..Settings::default()
    })));
    let folder = connected(served(&simulator), &text);
    let applied = program(&folder)
        .args(["apply", "--auto-approve"])
        .output()
        .expect("the program");
    let words = String::from_utf8_lossy(&applied.stderr).into_owned();
    assert!(applied.status.success(), "{words}");
    let ledger = folder.path().join(".deskform/bench.json");
    let known = fs::read_to_string(&ledger).expect("a ledger");
    let mut forgetful: serde_json::Value = serde_json::from_str(&known).expect("a ledger");
    let listings = forgetful
        .as_object_mut()
        .and_then(|ledger| ledger.remove("listings"));
    assert!(listings.is_some(), "the ledger remembers listings");
    println!("a plan with {ACCOUNTS} live accounts, median of {ROUNDS}, over HTTP on loopback");
    // The pages in rounds of what the edition allows at once; without a count 1, 2, 4, and 8 at a time.
    for (what, ledger_text, rounds) in [
        (
            "with a remembered count",
            known.clone(),
            31_usize.div_ceil(25),
        ),
        ("without one", forgetful.to_string(), 6),
    ] {
        fs::write(&ledger, ledger_text).expect("a ledger");
        let mut times = [Vec::new(), Vec::new()];
        let mut calls = 0;
        let mut peak = 0;
        for _ in 0..ROUNDS {
            for (latency, times) in [Duration::ZERO, slow].into_iter().zip(&mut times) {
                {
                    let mut simulator = simulator.lock().unwrap_or_else(PoisonError::into_inner);
                    let schedule = format!("every=1:slow:{}", latency.as_secs_f64());
                    simulator.set_faults(Faults::parse(&schedule).expect("a schedule"));
                    simulator.reset_statistics();
                }
                let mut program = program(&folder);
                times.push(timed(|| {
                    let status = program.arg("plan").stdout(Stdio::null()).status();
                    assert!(status.expect("the program").success(), "it plans");
                }));
                let simulator = simulator.lock().unwrap_or_else(PoisonError::into_inner);
                let counts = &simulator.statistics().total;
                calls = calls.max(counts.calls);
                peak = peak.max(counts.peak_concurrency);
            }
        }
        let [fast, slow_time] = times.map(median);
        // One call finds out what the organization is.
        let preflight = 1;
        let bound = slow * u32::try_from(rounds + preflight).expect("a count");
        let waited = slow_time.saturating_sub(fast);
        println!(
            "{what}: {calls} calls, at most {peak} at once; {} at {} ms, {} at 0 ms; waited {}, bound {}: {:.2}x",
            milliseconds(slow_time),
            slow.as_millis(),
            milliseconds(fast),
            milliseconds(waited),
            milliseconds(bound),
            waited.as_secs_f64() / bound.as_secs_f64(),
        );
    }
}

/// The median of some figures.
fn median<T: Ord + Copy + Default>(mut figures: Vec<T>) -> T {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// How long a call takes when nothing else is under way: timers wake late, and loopback takes time.
fn latency(port: u16) -> Duration {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).expect("a server"));
    stream.get_ref().set_nodelay(true).expect("a socket");
    let mut call = |method: &str, path: &str, token: &str| {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\norgId: {ORGANIZATION}\r\nauthorization: Zoho-oauthtoken {token}\r\ncontent-length: 0\r\n\r\n"
        );
        stream
            .get_mut()
            .write_all(request.as_bytes())
            .expect("sent");
        let mut length = 0;
        let mut line = String::new();
        while stream.read_line(&mut line).expect("a line") > 2 {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).expect("a body");
        body
    };
    let grant = format!(
        "/oauth/v2/token?grant_type=refresh_token&refresh_token={}&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}",
        demo_refresh_token(ORGANIZATION)
    );
    let answer: serde_json::Value =
        serde_json::from_slice(&call("POST", &grant, "")).expect("an answer");
    let token = answer["access_token"].as_str().expect("a token");
    let mut time = |_| timed(|| call("GET", "/api/v1/departments?limit=1", token));
    median((0..25).map(&mut time).collect())
}

/// An organization, and manifests that want 1,000 operations of it.
fn mixed(simulator: &mut Simulator) -> String {
    let organization = simulator
        .organization_mut(ORGANIZATION)
        .expect("the organization");
    for n in 0..150 {
        organization.insert(
            "accounts",
            json!({"accountName": format!("Old Company {n}")}),
        );
    }
    for n in 0..250 {
        organization.insert(
            "contacts",
            json!({"email": format!("old.{n}@example.com"), "lastName": "Doe"}),
        );
    }
    let mut text = String::from("accounts:\n");
    for n in 0..250 {
        let _ = writeln!(text, "  New Company {n}: {{industry: Manufacturing}}");
    }
    text.push_str("contacts:\n");
    for n in 0..250 {
        let _ = writeln!(text, "  old.{n}@example.com: {{lastName: Roe}}");
    }
    for n in 0..350 {
        let _ = writeln!(
            text,
            "  new.{n}@example.com: {{lastName: Doe, account: New Company {}}}",
            n % 250
        );
    }
    text.push_str("removed:\n  accounts:\n");
    for n in 0..150 {
        let _ = writeln!(text, "  - Old Company {n}");
    }
    text
}
