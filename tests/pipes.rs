//! Output that nobody reads: printing is not the work, so the work goes on and its outcome stands.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod command;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, PipeReader, Read as _};
use std::process::Stdio;
use std::thread::{self, JoinHandle};

use command::{DESK, Place, without_latency, words};

const PROJECT: &str = "environments:\n  local: {simulator: {dialect: openapi}}\n";
/// Who reads a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Somebody reads all of it.
    Whole,
    /// Somebody reads one line and goes away.
    OneLine,
    /// Nobody ever reads.
    Nobody,
    /// It goes to a disk that is full.
    #[cfg(target_os = "linux")]
    FullDisk,
}

impl Reader {
    /// The stream's end for the command, and what reads the other end.
    fn open(self) -> (Stdio, JoinHandle<String>) {
        let piped = |read: fn(PipeReader) -> String| {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            (Stdio::from(writer), thread::spawn(move || read(reader)))
        };
        match self {
            Self::Whole => piped(|mut reader| {
                let mut text = String::new();
                reader.read_to_string(&mut text).expect("UTF-8");
                text
            }),
            Self::OneLine => piped(|reader| {
                let mut line = String::new();
                BufReader::new(reader).read_line(&mut line).expect("UTF-8");
                line
            }),
            Self::Nobody => {
                // It is gone before the command begins.
                let (reader, writer) = std::io::pipe().expect("a pipe");
                drop(reader);
                (Stdio::from(writer), thread::spawn(String::new))
            }
            #[cfg(target_os = "linux")]
            Self::FullDisk => {
                let full = std::fs::File::create("/dev/full").expect("the device");
                (Stdio::from(full), thread::spawn(String::new))
            }
        }
    }
}

/// How a command ended, and what was read of its output.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(place: &Place, line: &str, stdout: Reader, stderr: Reader) -> Ended {
    let (out, out_text) = stdout.open();
    let (err, err_text) = stderr.open();
    let status = {
        let mut command = place.command(&words(line));
        command.stdout(out).stderr(err);
        // The command's own ends of the pipes are closed with it, here as well.
        command.status().expect("the binary")
    };
    let read = |text: JoinHandle<String>| text.join().expect("a reader");
    Ended {
        code: status.code().expect("no signal, and no panic"),
        stdout: read(out_text),
        stderr: read(err_text),
    }
}

/// Makes the project as it is before a command runs.
type Before = fn() -> Place;
/// A command line, what comes before it, and its exit code.
type Case = (&'static str, Before, i32);

/// Nothing is applied yet.
fn fresh() -> Place {
    Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)])
}

/// The manifests are applied, and then one of them was edited.
fn edited() -> Place {
    let place = fresh();
    place.done("apply --auto-approve");
    place.edit("desk.yaml", "Answers", "Questions");
    place
}

/// A plan is saved that still holds.
fn planned() -> Place {
    let place = edited();
    place.done("plan --out plan.json");
    place
}

fn wrong() -> Place {
    let place = fresh();
    place.edit(
        "desk.yaml",
        "description: Invoices",
        "descriptoin: Invoices",
    );
    place
}

/// What a command has done: the files and, of those without times and tokens, their contents; and
/// what is left to be done.
fn effects(place: &Place) -> BTreeMap<String, String> {
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for (name, bytes) in place.files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let text = match name.as_str() {
            // Ledgers and simulators tell when.
            name if name.starts_with(".deskform/") => String::new(),
            _ => without_latency(&text),
        };
        // Runs have names of their own.
        let name = match name.rsplit_once('/') {
            Some((folder, _)) if folder.contains("/history/") => {
                let number = out.keys().filter(|name| name.starts_with(folder)).count();
                format!("{folder}/{number}")
            }
            _ => name,
        };
        out.insert(name, text);
    }
    let again = place.run("plan --format json");
    let plan = without_latency(&again.stdout);
    let steps = plan.split("\"forecast\"").next().unwrap_or_default();
    out.insert("(plan)".to_owned(), format!("{} {steps}", again.code));
    out
}

#[test]
fn case_1_what_nobody_reads_changes_neither_the_work_nor_its_code() {
    let table: [Case; 31] = [
        ("apply --auto-approve", fresh, 0),
        ("apply --auto-approve -v", edited, 0),
        ("apply --auto-approve -vv", fresh, 0),
        ("apply --auto-approve --log-format json", fresh, 0),
        ("apply --auto-approve --quiet", fresh, 0),
        ("apply plan.json", planned, 0),
        // There is nobody to ask.
        ("apply", fresh, 1),
        ("drift", edited, 2),
        ("drift --format json", edited, 2),
        ("drift", fresh, 2),
        ("plan", edited, 0),
        ("plan --detailed-exitcode", edited, 2),
        ("plan --format markdown --detailed-exitcode", fresh, 2),
        ("plan --out new.json", fresh, 0),
        ("plan", wrong, 1),
        ("export exported", edited, 0),
        ("export .", fresh, 0),
        ("init", Place::empty, 0),
        ("init", fresh, 1),
        ("validate", fresh, 0),
        ("validate", wrong, 1),
        ("auth status", fresh, 0),
        ("auth scopes", fresh, 0),
        ("explain", fresh, 0),
        ("explain contacts", fresh, 0),
        ("schema", fresh, 0),
        ("completions bash", fresh, 0),
        ("ledger show", edited, 0),
        ("ledger forget --all", edited, 0),
        ("unlock", edited, 0),
        ("--help", fresh, 0),
    ];
    let more = [
        ("--version", 0),
        ("plan --help", 0),
        ("help me", 1),
        ("plan --no-such-option", 1),
    ];
    let more = more.map(|(line, code)| (line, fresh as Before, code));
    for (line, place, code) in table.into_iter().chain(more) {
        let wanted = place();
        let whole = run(&wanted, line, Reader::Whole, Reader::Whole);
        let said = format!("{line}:\n{}{}", whole.stdout, whole.stderr);
        assert_eq!(whole.code, code, "{said}");
        assert!(line.contains("--quiet") || !whole.stdout.is_empty() || !whole.stderr.is_empty());
        let wanted = effects(&wanted);
        for (stdout, stderr) in [
            (Reader::Nobody, Reader::Whole),
            (Reader::OneLine, Reader::Whole),
            (Reader::Whole, Reader::Nobody),
            (Reader::Nobody, Reader::Nobody),
        ] {
            let case = format!("{line}, {stdout:?}, {stderr:?}");
            let place = place();
            let ended = run(&place, line, stdout, stderr);
            assert_eq!(ended.code, code, "{case}\n{}", ended.stderr);
            // Nobody is told of it, and what is read is as ever.
            assert!(!ended.stderr.contains("roken pipe"), "{case}");
            assert!(!ended.stderr.contains("defect"), "{case}");
            if stdout == Reader::Whole && !line.starts_with("plan") && !line.starts_with("drift") {
                assert_eq!(ended.stdout, whole.stdout, "{case}");
            }
            assert_eq!(effects(&place), wanted, "{case}");
        }
    }
}

#[test]
fn case_1_a_pipe_that_is_closed_midway_stops_no_apply() {
    // The plan alone is larger than a pipe holds.
    let mut desk = "accounts:\n".to_owned();
    for n in 0..1_500 {
        writeln!(
            desk,
            "  Account number {n} of a long list: {{phone: '{n}'}}"
        )
        .expect("a text");
    }
    let place = || Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", &desk)]);
    for (stdout, stderr) in [
        (Reader::OneLine, Reader::Whole),
        (Reader::OneLine, Reader::OneLine),
    ] {
        let place = place();
        let planned = run(
            &place,
            "plan --out p.json --detailed-exitcode",
            stdout,
            stderr,
        );
        assert_eq!(planned.code, 2, "{}", planned.stderr);
        let plan: serde_json::Value = serde_json::from_str(&place.read("p.json")).expect("JSON");
        assert_eq!(plan["steps"].as_array().map(Vec::len), Some(1_500));
        assert_eq!(run(&place, "drift", stdout, stderr).code, 2);
        let applied = run(&place, "apply --auto-approve", stdout, stderr);
        assert_eq!(applied.code, 0, "{}", applied.stderr);
        assert_eq!(place.run("plan --detailed-exitcode").code, 0);
        let shown = place.done("ledger show --format json").stdout;
        let ledger: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(ledger["resources"].as_array().map(Vec::len), Some(1_500));
    }
}

/// A full disk is no reader that went away: it is told, and hides nothing that was done.
#[cfg(target_os = "linux")]
#[test]
fn case_1_any_other_error_on_standard_output_is_told() {
    let table: [Case; 13] = [
        // The result is the output.
        ("plan", fresh, 1),
        ("plan --out new.json", fresh, 1),
        ("drift", edited, 1),
        ("validate", fresh, 1),
        ("auth status", fresh, 1),
        ("explain", fresh, 1),
        ("ledger show", edited, 1),
        ("--help", fresh, 1),
        // The result is what was done.
        ("apply --auto-approve", fresh, 0),
        ("apply plan.json", planned, 0),
        ("export exported", edited, 0),
        ("init", Place::empty, 0),
        ("ledger forget --all", edited, 0),
    ];
    for (line, place, code) in table {
        let wanted = place();
        run(&wanted, line, Reader::Whole, Reader::Whole);
        let place = place();
        let ended = run(&place, line, Reader::FullDisk, Reader::Whole);
        assert_eq!(ended.code, code, "{line}\n{}", ended.stderr);
        let told = ended.stderr.matches("standard output cannot be written: ");
        assert_eq!(told.count(), 1, "{line}\n{}", ended.stderr);
        assert_eq!(effects(&place), effects(&wanted), "{line}");
        // Standard error has nobody else to tell.
        let again = run(&place, "validate", Reader::Whole, Reader::FullDisk);
        assert_eq!(again.code, place.run("validate").code, "{line}");
    }
}
