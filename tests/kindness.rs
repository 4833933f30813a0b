//! What the program says to somebody who made a mistake: few words, and the way out.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;
mod common;

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use command::{Place, words};
use common::front::{Front, answer};
use common::runs::writes;
use deskform::clock::Clock;
use deskform::simulator::{OrganizationSeed, Settings, Simulator, SimulatorTransport};
use serde_json::json;

const PROJECT: &str = "environments:\n  local: {simulator: {}}\n";

/// Agents that all belong to one department.
fn agents(count: usize, department: &str) -> String {
    (0..count).fold("agents:\n".to_owned(), |mut text, number| {
        // Writing into a text does not fail.
        let _ = writeln!(
            text,
            "  agent{number}@example.com: {{lastName: Agent {number}, departments: [{department}]}}"
        );
        text
    })
}

#[test]
fn every_secret_that_a_value_lacks_is_named() {
    let desk = "webhooks:\n  w: {url: 'https://h.example.com/x?a=${secret.ONE_KEY}&b=${secret.TWO_KEY}', subscriptions: {Ticket_Add: {}}}\n";
    let place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", desk)]);
    let run = place.done("validate");
    for name in ["ONE_KEY", "TWO_KEY"] {
        let told = format!("the secret `{name}` is not set");
        assert!(run.stderr.contains(&told), "{name}: {run}");
    }
}

#[test]
fn a_project_is_named_by_its_folder() {
    let place = Place::with(&[("deskform.yaml", PROJECT)]);
    let run = place.refused("-C deskform.yaml validate");
    let told = "`deskform.yaml` is a file, and `-C` takes the project's folder";
    assert!(
        run.stderr.contains(told) && run.stderr.contains("write `-C .`"),
        "{run}"
    );
}

#[test]
fn who_says_no_has_nothing_to_correct() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", "departments: {A: {}}\n"),
    ]);
    let run = place.asked("apply", "no");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains("nothing was applied"), "{run}");
    assert!(!run.stdout.contains("correct what is named here"), "{run}");
}

#[test]
fn a_renamed_department_with_60_agents_is_one_report() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("departments.yaml", "departments:\n  Customer Support: {}\n"),
        ("agents.yaml", &agents(60, "Support")),
    ]);
    let run = place.run("validate");
    assert_eq!(run.code, 1, "{}", run.stderr);
    let count = |text: &str| run.stderr.matches(text).count();
    assert_eq!(
        count("no department is named `Support`"),
        1,
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("the same in 59 more places: agents.yaml:3:"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.lines().count() <= 40, "{}", run.stderr);
    let last = run.stderr.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("60 problems in 1 report: correct"),
        "{last}"
    );

    // Who wants each by itself gets it, and so does a program.
    let each = place.run("validate -v");
    assert_eq!(
        each.stderr
            .matches("no department is named `Support`")
            .count(),
        60
    );
    let json = place.run("validate --log-format json");
    assert_eq!(
        json.stderr
            .matches("no department is named `Support`")
            .count(),
        60
    );
}

#[test]
fn an_export_beside_an_export_is_told_in_few_lines() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("a/agents.yaml", &agents(60, "Support")),
        ("b/agents.yaml", &agents(60, "Support")),
        ("a/departments.yaml", "departments:\n  Support: {}\n"),
        ("b/departments.yaml", "departments:\n  Support: {}\n"),
    ]);
    let run = place.run("validate");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.lines().count() <= 40, "{}", run.stderr);
    assert!(run.stderr.contains("more: "), "{}", run.stderr);
    let last = run.stderr.lines().last().unwrap_or_default();
    assert!(
        last.contains("correct what is named here and run the command again"),
        "{last}"
    );
}

/// What Zoho's own examples have and the published patterns leave out.
const FROM_EXAMPLES: &str = "\
departments:
  Support: {}
agents:
  ann@example.com:
    lastName: Ames
    rolePermissionType: AgentPublic
    departments: [Support]
    phone: +49 30 550000
customFields:
  line: {module: contacts, displayLabel: Line, type: Phone, maxLength: 30}
contacts:
  kim@example.com:
    lastName: Kim
    phone: (555) 123-4567
    zip: SW1A 1AA
    cf: {line: +49 30 123, cf_rows: A;B}
";

#[test]
fn case_24_what_zohos_examples_have_is_sent_with_a_warning() {
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  local: {simulator: {dialect: openapi}}\n",
        ),
        ("desk.yaml", &FROM_EXAMPLES.replace(", cf_rows: A;B", "")),
    ]);
    let run = place.run("validate");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (message, count) in [
        ("no `+` is published for `phone`", 1),
        ("no `(` or `)` is published for `phone`", 1),
        ("does not have the form that is published for `zip`", 0),
        ("is published for `zip`", 1),
        ("the server decides", 3),
        ("is published for the values of `cf`", 0),
    ] {
        assert_eq!(
            run.stderr.matches(message).count(),
            count,
            "{message}: {}",
            run.stderr
        );
    }
    let done = place.done("apply --auto-approve");
    assert!(done.stdout.contains("Applied "), "{}", done.stdout);
    let again = place.done("plan --detailed-exitcode");
    assert!(again.stdout.contains("No changes"), "{}", again.stdout);

    // What is exported is read back.
    place.done("export ../exported --kinds all");
    let text = std::fs::read_to_string(place.root().join("exported/contacts.yaml")).unwrap();
    assert!(
        text.contains("(555) 123-4567") && text.contains("SW1A 1AA"),
        "{text}"
    );
    assert!(text.contains("+49 30 123"), "{text}");
    let copy = Place::with(&[("deskform.yaml", PROJECT)]);
    for entry in std::fs::read_dir(place.root().join("exported")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|end| end == "yaml") && name != "deskform.yaml" {
            copy.write(name, &std::fs::read_to_string(&path).unwrap());
        }
    }
    copy.done("validate");
}

#[test]
fn case_24_values_are_held_against_the_type_of_their_field() {
    let values = |kind: &str, value: &str| {
        format!(
            "customFields:\n  one: {{module: contacts, displayLabel: One, {kind}}}\ncontacts:\n  kim@example.com: {{lastName: Kim, cf: {{one: \"{value}\"}}}}\n"
        )
    };
    let project = "environments:\n  local: {simulator: {dialect: openapi}}\n  open: {simulator: {dialect: openapi}, schema: lenient}\n";
    for (kind, value, code, warned) in [
        ("type: Phone, maxLength: 30", "+49 30 123", 0, false),
        ("type: Multiselect, values: [A, B]", "A;B", 0, false),
        ("type: URL", "https://example.com/?a=b&c=d", 0, false),
        ("type: Text, maxLength: 30", "R&D", 1, false),
        ("type: Multiselect, values: [A, B]", "A;C", 1, false),
    ] {
        let place = Place::with(&[("deskform.yaml", project), ("a.yaml", &values(kind, value))]);
        let run = place.run("validate -e local");
        assert_eq!(run.code, code, "{kind} {value}: {}", run.stderr);
        assert_eq!(
            run.stderr.contains("the server decides"),
            warned,
            "{}",
            run.stderr
        );
    }
    // Of a field that no manifest declares the type is not known.
    let unknown = "contacts:\n  kim@example.com: {lastName: Kim, cf: {cf_one: A;B}}\n";
    let place = Place::with(&[("deskform.yaml", project), ("a.yaml", unknown)]);
    let run = place.run("validate -e local");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("no `;` is published for the values of `cf`"),
        "{}",
        run.stderr
    );
    // Where the environment says so, the server decides about texts as well.
    let text = values("type: Text, maxLength: 30", "R&D");
    let place = Place::with(&[("deskform.yaml", project), ("a.yaml", &text)]);
    let run = place.run("validate -e open");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("no `&` is published for the values of `cf`"),
        "{}",
        run.stderr
    );
}

#[test]
fn case_24_lenient_leaves_every_pattern_to_the_server_and_nothing_else() {
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  strict: {simulator: {}}\n  open: {simulator: {}, schema: lenient}\n",
        ),
        (
            "a.yaml",
            "roles:\n  Back <Office>: {shareDataWithPeers: true}\n",
        ),
    ]);
    let strict = place.run("validate -e strict");
    assert_eq!(strict.code, 1);
    assert!(
        strict.stderr.contains("`name` cannot hold `<` or `>`"),
        "{}",
        strict.stderr
    );
    let open = place.run("validate -e open");
    assert_eq!(open.code, 0, "{}", open.stderr);
    assert!(
        open.stderr
            .contains("no `<` or `>` is published for `name`"),
        "{}",
        open.stderr
    );
    assert!(
        open.stderr.contains("holds here, so the server decides"),
        "{}",
        open.stderr
    );
    // The server decides: the simulator is as strict as what is published.
    let refused = place.run("apply -e open --auto-approve");
    assert_ne!(refused.code, 0, "{}", refused.stdout);

    // Lengths and types are no patterns.
    let long = format!(
        "roles:\n  {}<: {{shareDataWithPeers: 7}}\n",
        "x".repeat(300)
    );
    place.write("a.yaml", &long);
    let run = place.run("validate -e open");
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("is the most") && run.stderr.contains("true or false"),
        "{}",
        run.stderr
    );
}

#[test]
fn case_29_a_name_that_looks_like_another_one_is_told() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("a.yaml", "departments:\n  Tier 1: {}\n"),
    ]);
    place.done("apply --auto-approve");
    place.write(
        "a.yaml",
        "departments:\n  \"Tier\\u00a01\": {}\n  Tier 1: {}\n  \"Tier  2\": {}\n",
    );
    let run = place.run("validate");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for message in [
        "`name` holds a no-break space (U+00A0): it looks like `Tier 1` and is another name",
        "`name` holds two blanks in a row: it looks like `Tier 2` and is another name",
        "a.yaml:2:3",
    ] {
        assert!(run.stderr.contains(message), "{message}: {}", run.stderr);
    }
    let plan = place.done("plan");
    assert!(
        plan.stderr.contains(
            "a live department has a name that looks like that of `departments/Tier\u{a0}1`"
        ),
        "{}",
        plan.stderr
    );
    // What is live with such a blank looks like what is declared without.
    place.done("apply --auto-approve");
    place.write(
        "a.yaml",
        "departments:\n  \"Tier  2\": {}\n  Tier 2: {}\n  Tier 1: {}\n  \"Tier\\u00a01\": {}\n",
    );
    let plan = place.done("plan");
    assert!(
        plan.stderr
            .contains("the live name holds two blanks in a row"),
        "{}",
        plan.stderr
    );
}

/// What comes in the middle of a run.
#[derive(Debug, Clone, Copy)]
enum Middle {
    Interrupt,
    DayLimit,
}

/// How many steps the long runs have, and how many writes are taken before something happens.
const STEPS: usize = 2_000;
const BEFORE: usize = 700;

/// Applies 2,000 creations, in the middle of which something happens: what the program says on
/// standard output and on standard error.
fn long_run(middle: Middle) -> (Option<i32>, String, String) {
    let process: Arc<Mutex<Option<u32>>> = Arc::default();
    let to_interrupt = Arc::clone(&process);
    let address = Front::serve(move || {
        let simulator = Simulator::new(Settings {
            organizations: vec![OrganizationSeed::new("700001")],
            // No test waits for the end of a minute.
            rate_limit_headers: false,
            enforce_minute_limits: false,
            ..Settings::default()
        });
        let behind = SimulatorTransport::new(Arc::new(Mutex::new(simulator)), Clock::system());
        let taken = AtomicUsize::new(0);
        Front::new(Arc::new(behind)).ask(move |request| {
            if !writes(request) {
                return None;
            }
            let number = taken.fetch_add(1, Ordering::Relaxed) + 1;
            match middle {
                Middle::Interrupt if number == BEFORE => {
                    let id = to_interrupt.lock().unwrap_or_else(PoisonError::into_inner);
                    let id = id.expect("a process").to_string();
                    let sent = Command::new("kill").args(["-INT", &id]).status();
                    assert!(sent.expect("`kill`").success());
                    None
                }
                Middle::DayLimit if number > BEFORE => Some(answer(
                    429,
                    &[],
                    &json!({
                        "errorCode": "THRESHOLD_EXCEEDED",
                        "message": "The number of API credits of the day has been exceeded"
                    }),
                )),
                _ => None,
            }
        })
    });
    let contacts = (0..STEPS).fold("contacts:\n".to_owned(), |mut text, number| {
        // Writing into a text does not fail.
        let _ = writeln!(text, "  person{number}@example.com: {{lastName: Doe}}");
        text
    });
    let project = format!(
        "environments:\n  live: {{orgId: \"700001\", endpoint: {{desk: \"http://{address}\", accounts: \"http://{address}\"}}}}\n"
    );
    let mut place = Place::with(&[("deskform.yaml", &project), ("desk.yaml", &contacts)]);
    place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
    place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
    place.set(
        "ZOHO_REFRESH_TOKEN",
        "1000.deskform-simulator.refresh.700001",
    );
    let mut command = place.command(&words("apply --auto-approve"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // It has no server to ask before its process is known.
    let mut known = process.lock().unwrap_or_else(PoisonError::into_inner);
    let child = command.spawn().expect("the binary");
    *known = Some(child.id());
    drop(known);
    let output = child.wait_with_output().expect("an end");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_run_that_is_cut_short_says_why_in_few_lines_and_what_to_do() {
    for (middle, end) in [
        (
            Middle::Interrupt,
            "Stopped by a signal. Next: run `deskform apply` again; it goes on where this run ended.",
        ),
        (
            Middle::DayLimit,
            "Stopped, since the day's calls are used up. Next: wait for the next day, then run `deskform apply` again; it goes on where this run ended.",
        ),
    ] {
        let (code, stdout, stderr) = long_run(middle);
        assert_eq!(code, Some(3), "{middle:?}\n{stderr}");
        // What is done is told line by line; the rest is the report.
        let told = stderr
            .lines()
            .filter(|line| !line.starts_with("+ created "));
        let told: Vec<&str> = told.collect();
        let (_, closing) = stdout.split_once("\nApply: ").expect("a forecast");
        let lines = told.len() + closing.lines().skip(1).count();
        assert!(
            lines <= 40,
            "{middle:?}: {lines} lines\n{}\n{closing}",
            told.join("\n")
        );
        assert_eq!(closing.lines().last(), Some(end), "{middle:?}\n{closing}");
        // No step is lost from the counts.
        let done = stderr.matches("+ created ").count();
        assert!((BEFORE - 1..STEPS).contains(&done), "{middle:?}: {done}");
        assert!(
            closing.contains(&format!("Applied {done} of {STEPS} steps: ")),
            "{middle:?}: {done} done\n{closing}"
        );
        assert!(closing.contains("not tried ("), "{middle:?}\n{closing}");
    }
}
