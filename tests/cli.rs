//! The command line as a user sees it: whole output of the real binary, one snapshot a scenario.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use std::collections::BTreeMap;

use command::{DESK, Place, Run, Server, transcript, without_latency, words};
use insta::assert_snapshot;
use serde_json::Value;

const OPENAPI: &str = "environments:\n  local: {simulator: {dialect: openapi}}\n";
const GUIDE: &str = "environments:\n  local: {simulator: {dialect: guide}}\n";
/// A project whose manifests are applied already.
fn applied(project: &str, desk: &str) -> Place {
    let place = Place::with(&[("deskform.yaml", project), ("desk.yaml", desk)]);
    place.done("apply --auto-approve");
    place
}

fn plan_of(place: &Place) -> Value {
    serde_json::from_str(&place.done("plan --format json").stdout).expect("JSON")
}

/// Address and verb of every step.
fn steps(plan: &Value) -> Vec<(&str, &str)> {
    plan["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| {
            let text = |key: &str| step[key].as_str().expect("text");
            (text("verb"), text("address"))
        })
        .collect()
}

#[test]
fn version() {
    let run = Place::empty().done("--version");
    assert_eq!(
        run.stdout,
        format!("deskform {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn help() {
    let place = Place::empty();
    let commands = [
        "",
        "init",
        "validate",
        "plan",
        "show",
        "apply",
        "drift",
        "diff",
        "doctor",
        "export",
        "ledger",
        "ledger show",
        "ledger forget",
        "ledger adopt",
        "runs",
        "runs show",
        "unlock",
        "simulate",
        "explain",
        "schema",
        "auth",
        "auth login",
        "auth scopes",
        "auth status",
        "completions",
    ];
    let general = place.done("--help").stdout;
    let shared = general
        .find("Options of every command")
        .map(|at| general[at..].split("\n\n").next().expect("a block"))
        .expect("shared options");
    let runs: Vec<Run> = commands
        .iter()
        .map(|command| {
            let mut run = place.done(format!("{command} --help").trim_start());
            // A command with a long help sets all its options in a long form.
            assert!(
                run.stdout.contains(shared) || *command == "simulate",
                "{run}"
            );
            if !command.is_empty() {
                // The same block stands in each of them.
                run.stdout = run.stdout.replace(shared, "[options of every command]");
            }
            run
        })
        .collect();
    // A command that is added is listed here as well.
    let listed = general.split("Commands:\n").nth(1).expect("commands");
    for line in listed.lines().take_while(|line| !line.is_empty()) {
        let name = line.split_whitespace().next().expect("a name");
        // What clap adds tells the same in another way.
        assert!(
            commands.contains(&name) || name == "help",
            "{name} has no snapshot"
        );
    }
    assert_snapshot!(transcript(&runs));
}

#[test]
fn a_fresh_project_works_at_once() {
    let place = Place::empty();
    let mut runs = vec![place.done("init")];
    let written = place.files();
    runs.push(place.done("validate"));
    runs.push(place.done("plan"));
    assert!(place.files() == written, "reading wrote something");
    runs.push(place.done("apply --auto-approve"));
    runs.push(place.done("plan"));
    runs.push(place.done("apply --auto-approve"));
    runs.push(place.refused("init"));
    assert_snapshot!(transcript(&runs));
    let names: Vec<&String> = written.keys().collect();
    assert_eq!(
        names,
        [
            ".gitignore",
            "deskform.yaml",
            "manifests/customers.yaml",
            "manifests/departments.yaml",
            "schema/manifest.schema.json",
            "schema/overlay.schema.json",
            "schema/project.schema.json",
        ]
    );
    let ignored = place.read(".gitignore");
    assert!(ignored.contains("\n.deskform/\n") && ignored.ends_with("\n.env\n"));
}

#[test]
fn a_bare_project_takes_an_export() {
    let place = Place::with(&[(".gitignore", "/target")]);
    let init = place.done("init --bare");
    assert_eq!(
        place.read(".gitignore"),
        "/target\n# Tokens, ledgers and the simulator's state stay on this machine.\n.deskform/\n# Secrets stay on this machine.\n.env\n"
    );
    // What is ignored already is not written again.
    let place_with = Place::with(&[(".gitignore", "/.env\n.deskform\n")]);
    place_with.done("init --bare");
    assert_eq!(place_with.read(".gitignore"), "/.env\n.deskform\n");
    let empty = place.done("-e local validate");
    let export = place.done("-e local export");
    let plan = place.done("-e local plan");
    assert_snapshot!(transcript(&[init, empty, export, plan]));
}

#[test]
fn init_elsewhere() {
    let place = Place::empty();
    place.done("-C new/folder init -q");
    assert_eq!(place.done("-C new/folder init -q --help").code, 0);
    assert!(place.path("new/folder/deskform.yaml").is_file());
    place.done("--directory new/folder plan");
}

#[test]
fn problems_are_shown_all_at_once() {
    let place = Place::with(&[
        ("deskform.yaml", OPENAPI),
        (
            "desk.yaml",
            "departments:\n  Billing: {descripton: Invoices}\ncontacts:\n  jane.doe@example.com: {lastName: Doe, account: Nobody}\n",
        ),
        ("more.yaml", "departments: [Billing]\n"),
    ]);
    let runs = [
        place.refused("validate"),
        place.refused("plan --out plan.json"),
        place.refused("apply --auto-approve"),
    ];
    assert_eq!(runs[0].stderr, runs[1].stderr);
    assert_eq!(runs[0].stderr, runs[2].stderr);
    assert_snapshot!(transcript(&runs[..1]));
}

#[test]
fn usage_errors() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    let runs: Vec<Run> = [
        "",
        "plane",
        "plan --detailed",
        "plan --format yaml",
        "-e lokal plan",
        "-e nonsense validate",
        "-C nowhere plan",
        "plan --target Billing",
        "plan --target departments/Biling",
        "apply --parallelism 0",
        "apply plan.json --target departments/Billing",
        "-q -v plan",
        "schema manifests",
        "auth login --grant-token code",
        "simulate --organization abc",
        "simulate --dialect soap --port 0",
    ]
    .iter()
    .map(|line| {
        let mut run = place.refused(line);
        assert_eq!(run.stdout, "", "{run}");
        if line.is_empty() {
            // The help is a snapshot of its own.
            assert!(run.stderr.contains("Usage: deskform"), "{run}");
            run.stderr = "[help]\n".to_owned();
        }
        run
    })
    .collect();
    assert_snapshot!(transcript(&runs));
}

#[test]
fn environments_come_from_the_command_line_or_the_environment() {
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  first: {simulator: {dialect: openapi}}\n  second: {simulator: {dialect: guide}}\n",
        ),
        ("desk.yaml", "departments: {Billing: {}}\n"),
    ]);
    let name = |place: &Place, line: &str| place.done(line).stdout;
    assert!(name(&place, "validate").contains("`first`"));
    assert!(name(&place, "validate -e second").contains("`second`"));
    place.set("DESKFORM_ENV", "second");
    assert!(name(&place, "validate").contains("`second`"));
    assert!(name(&place, "-e first validate").contains("`first`"));
}

#[test]
fn the_plan_in_its_forms() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    let runs = [
        place.done("plan"),
        place.done("plan --format json"),
        place.done("plan --format markdown"),
    ];
    assert_snapshot!(without_latency(&transcript(&runs)));
    place.done("plan --out saved.json --format markdown");
    assert_eq!(
        without_latency(&place.read("saved.json")),
        without_latency(&runs[1].stdout)
    );
}

#[test]
fn the_detailed_exit_code() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    assert_eq!(place.run("plan --detailed-exitcode").code, 2);
    place.done("apply --auto-approve");
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
    // A step done by hand is a difference as well; an acknowledged one is none.
    place.write("sla.yaml", "slas:\n  Gold: {}\n");
    assert_eq!(place.run("plan --detailed-exitcode").code, 2);
    assert_eq!(place.run("apply --auto-approve").code, 0);
    place.write(
        "deskform.yaml",
        &format!(
            "{OPENAPI}ignore:\n  - {{address: slas/Gold, reason: next week, until: 2999-01-01}}\n"
        ),
    );
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
}

/// What a check misses is told with its place and both figures; `drift` fails for it, and a plan where the
/// project says so. Nothing of it is owned or written, and a saved plan holds whatever is counted.
#[test]
fn checks() {
    const CHECK: &str = "departments:\n  Support: {}\nchecks:\n  Rules: {automationCounts: {department: Support, module: tickets, workflows: 0}}\n";
    let place = applied(OPENAPI, CHECK);
    let owned = || place.done("ledger show").stdout;
    assert!(owned().contains("departments/Support") && !owned().contains("checks/"));
    for line in ["plan --detailed-exitcode", "drift", "drift --only-live"] {
        assert_eq!(place.run(line).code, 0, "{line}");
    }
    place.edit("desk.yaml", "workflows: 0", "workflows: 2");
    let told = "see to it at Setup > Automation > Workflows > Rules (department `Support`, module `tickets`), or correct the check: `workflows` is 0, and 2 is declared";
    for line in ["plan --detailed-exitcode", "plan --format markdown"] {
        let run = place.done(line);
        assert!(run.stdout.contains(told), "{run}");
    }
    let plan = plan_of(&place);
    assert_eq!(steps(&plan), [("manual", "checks/Rules")]);
    let step = &plan["steps"][0];
    assert_eq!(
        (&step["changes"], &step["origin"], &step["instruction"]),
        (
            &serde_json::json!([{"field": "/automationCounts/workflows", "before": 0, "after": 2}]),
            &serde_json::json!({"file": "desk.yaml", "line": 4}),
            &serde_json::json!(told),
        )
    );
    assert_eq!(plan["fingerprints"], serde_json::json!({}));
    for line in ["drift --format json", "drift --only-live --format json"] {
        let run = place.run(line);
        assert_eq!(run.code, 2, "{run}");
        let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let drift = &report["drifts"][0];
        assert_eq!(
            (
                &drift["address"],
                &drift["field"],
                &drift["moved"],
                &drift["wanted"],
                &drift["live"]
            ),
            (
                &serde_json::json!("checks/Rules"),
                &serde_json::json!("/automationCounts/workflows"),
                &serde_json::json!("unknown"),
                &serde_json::json!(2),
                &serde_json::json!(0),
            )
        );
        assert_eq!(drift["instruction"], told);
        assert_eq!(report["drifts"].as_array().map(Vec::len), Some(1));
    }
    place.write(
        "deskform.yaml",
        &format!("{OPENAPI}kinds:\n  checks: {{failsPlan: true}}\n"),
    );
    assert_eq!(place.run("plan --detailed-exitcode").code, 2);
    place.done("apply --auto-approve");
    assert!(!owned().contains("checks/"));
    // An export asks about each department, and writes what it was told.
    place.done("export found --kinds checks");
    let found = place.read("found/checks.yaml");
    assert!(found.contains("Support automation:"), "{found}");
    assert!(found.contains("workflows: 0"), "{found}");
    // What is no longer declared is forgotten without a word.
    place.write("desk.yaml", "departments:\n  Support: {}\n");
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
}

/// What was not asked is not said to match: neither in a plan, nor in what drift says, nor for programs.
#[test]
fn checks_without_an_answer() {
    const DEAD: &str = "departments:\n  Support: {}\nchecks:\n  Uses: {fieldIsUsedBy: {field: {id: '900000000000000099'}, reports: [Monthly]}}\n";
    let place = applied(OPENAPI, DEAD);
    let plan = plan_of(&place);
    assert_eq!(plan["notCompared"], serde_json::json!(["checks/Uses"]));
    let run = place.done("plan");
    let told = "1 resource matches the manifests, and 1 resource could not be compared";
    assert!(run.stdout.contains(told), "{run}");
    assert!(run.stderr.contains("an old one"), "{run}");
    let run = place.done("drift --format json");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["notCompared"], serde_json::json!(["checks/Uses"]));
    let run = place.done("drift");
    let told = "No drift in what could be compared.";
    assert!(run.stdout.contains(told), "{run}");
    assert!(!run.stdout.contains("secret"), "{run}");
    // No secret is missing, so that nothing keeps the rest from being applied.
    place.done("apply --auto-approve");
}

#[test]
fn nobody_to_ask() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    assert_snapshot!(place.refused("apply"));
}

#[test]
fn one_field_is_one_update() {
    for project in [OPENAPI, GUIDE] {
        let place = applied(project, DESK);
        place.edit("desk.yaml", "Answers", "Answers in an hour");
        let plan = plan_of(&place);
        assert_eq!(steps(&plan), [("update", "departments/Support")]);
        let step = &plan["steps"][0];
        assert_eq!(
            step["changes"],
            serde_json::json!([
                {"field": "/description", "before": "Answers", "after": "Answers in an hour"}
            ])
        );
        assert_eq!(step["requests"].as_array().map(Vec::len), Some(1));
        place.done("apply --auto-approve");
        assert!(steps(&plan_of(&place)).is_empty());
    }
}

#[test]
fn what_is_removed_is_deleted_or_taken_out_of_use() {
    let mut runs = Vec::new();
    for (project, verb) in [(GUIDE, "delete"), (OPENAPI, "disable")] {
        let place = applied(project, DESK);
        // A deleted line removes what the ledger owns.
        place.edit("desk.yaml", "  Billing: {description: Invoices}\n", "");
        assert_eq!(steps(&plan_of(&place)), [(verb, "departments/Billing")]);
        // Without the ledger only a tombstone does.
        place.remove(".deskform/local.json");
        assert!(steps(&plan_of(&place)).is_empty());
        place.write("gone.yaml", "removed:\n  departments: [Billing]\n");
        assert_eq!(steps(&plan_of(&place)), [(verb, "departments/Billing")]);
        runs.push(place.done("apply --auto-approve"));
        runs.push(place.done("plan"));
    }
    assert_snapshot!(transcript(&runs));
}

#[test]
fn a_target_brings_what_it_needs() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    let runs = [
        place.done("plan --target contacts/jane.doe@example.com"),
        place.done("apply --auto-approve --target contacts/jane.doe@example.com"),
        place.done("plan --target contacts/jane.doe@example.com"),
        place.done("plan --target departments/Billing --target departments/Support"),
        place.done("plan --out part.json --target departments/Billing"),
        place.done("apply part.json"),
        place.done("plan"),
    ];
    assert_snapshot!(transcript(&runs));
}

#[test]
fn an_export_plans_to_nothing_in_a_new_project() {
    // Beside the example's, what every organization has is written, too.
    // A check matches, and is not taken over.
    for (environment, matching, adopted) in [("local", 77, 73), ("local-guide", 21, 21)] {
        let place = Place::examples();
        place.done(&format!(
            "-C examples/acme -e {environment} apply --auto-approve"
        ));
        let project = format!(
            "environments:\n  {environment}: {{simulator: {{dialect: {}}}}}\n",
            if environment == "local" {
                "openapi"
            } else {
                "guide"
            }
        );
        place.write("new/deskform.yaml", &project);
        let state = format!(".deskform/{environment}.simulator.json");
        place.write(
            &format!("new/{state}"),
            &place.read(&format!("examples/acme/{state}")),
        );
        let export = place.done("-C new export desk --kinds all");
        assert!(export.stdout.ends_with(" to new/desk.\n"), "{export}");
        place.done("-C new validate");
        // Nothing changes in Zoho Desk, and the ledger is still to be written.
        let plan = place.run("-C new plan --detailed-exitcode");
        assert_eq!(plan.code, 2, "{plan}");
        assert_eq!(
            plan.report().lines().last().unwrap_or_default(),
            format!(
                "No changes: {matching} resources match the manifests. In the ledger alone: {adopted} to take over; nothing changes in Zoho Desk."
            ),
            "{plan}"
        );
        // The same organization gives the same files.
        let first = place.files();
        place.done("-C new export desk --kinds all --force");
        assert!(place.files() == first, "the second export differs");
        let refused = place.refused("-C new export desk");
        assert!(
            refused
                .stderr
                .contains("or pass `--force`; nothing was written"),
            "{refused}"
        );
        place.refused("-C new export desk -q");
    }
}

#[test]
fn an_export_beside_manifests_says_what_to_expect() {
    let place = applied(OPENAPI, DESK);
    let export = place.done("export backup --kinds all");
    assert_snapshot!(transcript(&[
        export,
        place.done("-q export again --kinds all")
    ]));
}

#[test]
fn completions() {
    let place = Place::empty();
    for (shell, mark) in [
        ("bash", "complete -F _deskform"),
        ("zsh", "#compdef deskform"),
        ("fish", "complete -c deskform"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let script = place.done(&format!("completions {shell}")).stdout;
        assert!(script.contains(mark), "{shell}");
        assert!(script.contains("detailed-exitcode"), "{shell}");
    }
}

#[test]
fn explain() {
    let place = Place::empty();
    let runs = [
        place.done("explain"),
        place.done("explain departments"),
        place.done("explain webhooks.url"),
        place.refused("explain agent"),
        place.refused("explain agents.departmnts"),
        place.refused("explain tickets"),
        place.refused("explain agents.favouriteColour"),
        place.done("explain lifecycle"),
        place.done("explain guards.maxDeletes"),
        place.done("explain createOnly"),
        place.done("explain ledger"),
        place.done("explain environments.ignore"),
        place.done("explain new"),
        place.done("explain x-"),
        place.refused("explain lifecycel"),
        place.refused("explain guards.maxDelete"),
        place.refused("explain guards.colour"),
    ];
    assert_snapshot!(transcript(&runs));
}

#[test]
fn a_kind_below_another_is_explained() {
    let place = Place::empty();
    let runs = [place.done("explain teams")];
    assert_snapshot!(transcript(&runs));
}

#[test]
fn codes_are_explained() {
    let place = Place::empty();
    let runs = [
        place.done("explain unknown-key"),
        place.done("explain lock"),
        place.refused("explain unknwn-key"),
        place.refused("explain Ledger"),
        place.refused("explain no-code-like-this"),
        // A code has no fields, and none is proposed for the kind of a field.
        place.refused("explain unknown-key.name"),
        place.refused("explain tags.name"),
    ];
    assert_snapshot!(transcript(&runs));

    // What a log line shows as its code can be asked for.
    let line = place.refused("--log-format json explain agent").stderr;
    let line: Value = serde_json::from_str(line.lines().next().expect("a line")).expect("JSON");
    let code = line["code"].as_str().expect("a code");
    let told = place.done(&format!("explain {code}")).stdout;
    assert_eq!(told, "unknown-kind: No kind has the given name.\n");
}

#[test]
fn every_kind_and_field_is_explained() {
    let place = Place::empty();
    for kind in deskform::kind::KINDS {
        let whole = place.done(&format!("explain {}", kind.collection)).stdout;
        // What is only looked up has nothing that a manifest could say.
        for field in kind.fields.iter().take(3) {
            let name = format!("{}.{}", kind.collection, field.name);
            let one = place.done(&format!("explain {name}")).stdout;
            assert!(one.starts_with(&name), "{one}");
            assert!(whole.contains(field.name), "{name}");
        }
    }
}

#[test]
fn schemas() {
    let place = Place::empty();
    place.done("init");
    let manifest = place.done("schema").stdout;
    assert_eq!(place.done("schema manifest").stdout, manifest);
    assert_eq!(place.read("schema/manifest.schema.json"), manifest);
    let project = place.done("schema project").stdout;
    assert_eq!(place.read("schema/project.schema.json"), project);
    for text in [manifest, project] {
        let schema: Value = serde_json::from_str(&text).expect("JSON");
        assert!(schema["$schema"].is_string());
    }
}

/// Every line of standard error as JSON.
fn json_lines(run: &Run) -> Vec<Value> {
    run.stderr
        .lines()
        .map(|line| {
            let value: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{run}"));
            assert!(value.is_object(), "{line}");
            value
        })
        .collect()
}

#[test]
fn json_on_standard_error() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    let quiet = place.done("--log-format json plan");
    assert!(json_lines(&quiet).is_empty(), "{quiet}");
    let calls = place.done("--log-format json -vv plan");
    let lines = json_lines(&calls);
    assert!(
        lines
            .iter()
            .any(|line| line["fields"]["path"] == "/organizations"),
        "{calls}"
    );
    let applied = place.done("--log-format json apply --auto-approve");
    let mut events: BTreeMap<String, usize> = BTreeMap::new();
    for line in json_lines(&applied) {
        let event = line["event"].as_str().expect("an event").to_owned();
        *events.entry(event).or_default() += 1;
    }
    let events: Vec<_> = events.into_iter().collect();
    assert_eq!(
        events,
        [
            ("finished".to_owned(), 1),
            ("started".to_owned(), 1),
            ("stepFinished".to_owned(), 4),
            ("stepStarted".to_owned(), 4),
        ]
    );
    let export = place.done("--log-format json export out");
    assert!(!json_lines(&export).is_empty());
    std::fs::remove_dir_all(place.path("out")).expect("a folder");
    place.write(
        "bad.yaml",
        "departments:\n  Bílling: {descripton: Invoices}\n  Billing: {}\n  Ländler: {name: x, nmae: y}\n",
    );
    let bad = place.refused("--log-format json validate");
    let missing = place.refused("--log-format json -C nowhere validate");
    for run in [&bad, &missing] {
        assert!(
            json_lines(run).iter().all(|line| line["level"] == "error"),
            "{run}"
        );
    }
    assert_snapshot!(transcript(&[bad, missing]));
}

#[test]
fn quiet_says_only_what_went_wrong() {
    let place = Place::empty();
    for line in [
        "-q init",
        "-q validate",
        "-q apply --auto-approve",
        "-q export out",
        "apply -q --auto-approve --target departments/'Technical Support'",
    ] {
        if line.starts_with("apply") {
            std::fs::remove_dir_all(place.path("out")).expect("a folder");
        }
        let run = place.done(line);
        assert_eq!(
            (run.stdout.as_str(), run.stderr.as_str()),
            ("", ""),
            "{run}"
        );
    }
    assert!(
        !place.done("-q plan").stdout.is_empty(),
        "a plan is a result"
    );
    place.edit("manifests/customers.yaml", "account:", "acount:");
    assert!(place.refused("-q validate").stderr.contains("acount"));
}

#[test]
fn logging_in() {
    let mut place = Place::empty();
    let server = Server::start(&place, "");
    place.write(
        "deskform.yaml",
        &format!(
            "environments:\n  served: {{orgId: \"700001\", endpoint: {{desk: \"{0}\", accounts: \"{0}\"}}}}\n  other: {{orgId: \"700009\", endpoint: {{desk: \"{0}\", accounts: \"{0}\"}}}}\n",
            server.address()
        ),
    );
    let mask = |mut run: Run| {
        run.stderr = server.mask(&run.stderr);
        run
    };
    let mut runs = vec![
        mask(place.refused("auth status")),
        mask(place.refused("auth login --grant-token 1000.deskform-simulator.code")),
    ];
    place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
    place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
    runs.push(mask(place.refused("auth login --grant-token expired")));
    let login = place.done("auth login --grant-token 1000.deskform-simulator.code");
    let token = login.stdout.trim_end().to_owned();
    runs.push(mask(login));
    place.set("ZOHO_REFRESH_TOKEN", &token);
    runs.push(mask(place.done("auth status")));
    runs.push(mask(place.refused("-e other auth status")));
    place.set("ZOHO_REFRESH_TOKEN", "1000.wrong");
    runs.push(mask(place.refused("auth status")));
    assert_snapshot!(format!("{}\n{}", server.greeting, transcript(&runs)));
}

#[test]
fn saved_plans_only() {
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  local:\n    simulator: {dialect: openapi}\n    guards: {requireSavedPlan: true}\n",
        ),
        ("desk.yaml", DESK),
    ]);
    let runs = [
        place.refused("apply --auto-approve"),
        place.done("plan --out plan.json"),
        place.done("apply plan.json"),
        place.done("plan --out plan.json"),
        place.done("apply plan.json"),
    ];
    assert_snapshot!(transcript(&runs));
}

#[test]
fn a_plan_beyond_the_day_s_budget() {
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments: {local: {simulator: {dialect: openapi}}}\n",
        ),
        ("desk.yaml", "accounts: {First: {}}\n"),
    ]);
    place.done("apply --auto-approve");
    // Seven credits are spent, and another plan and its apply read for six each.
    let state = ".deskform/local.simulator.json";
    place.edit(state, "\"creditsPerDay\": null", "\"creditsPerDay\": 15");
    place.write(
        "desk.yaml",
        "accounts: {First: {}, Second: {}, Third: {}, Fourth: {}}\n",
    );
    let mut runs = vec![place.run("plan"), place.run("apply --auto-approve")];
    assert_eq!((runs[0].code, runs[1].code), (0, 1));
    place.edit(state, "\"creditsPerDay\": 15", "\"creditsPerDay\": 16");
    runs.push(place.done("apply --auto-approve"));
    assert_snapshot!(transcript(&runs));
}

/// Two environments, one of which looks at the other's organization from elsewhere.
const TWO: &str = "\
environments:
  local: {simulator: {dialect: openapi}}
  behind: {simulator: {dialect: openapi, state: .deskform/local.simulator.json}, overlays: [behind]}
  other: {simulator: {dialect: openapi, organization: \"700002\"}}
  guide: {simulator: {dialect: guide}}
";

/// A project with one update planned and saved in `plan.json`.
fn saved() -> Place {
    let place = Place::with(&[
        ("deskform.yaml", TWO),
        ("desk.yaml", DESK),
        (
            "behind/desk.yaml",
            "departments: {Support: {description: Behind}, Sales: {}}\n",
        ),
    ]);
    place.done("apply --auto-approve");
    place.edit("desk.yaml", "Answers", "Answers in an hour");
    place.edit(
        "desk.yaml",
        "accounts:",
        "  Sales: {description: Sells}\naccounts:",
    );
    place.done("plan --out plan.json");
    place
}

#[test]
fn a_saved_plan_is_applied_once() {
    let place = saved();
    let runs = [
        place.done("apply plan.json"),
        place.refused("apply plan.json"),
        place.done("plan"),
    ];
    assert_snapshot!(transcript(&runs));
}

#[test]
fn a_stale_plan_is_refused_whole() {
    let mut runs = Vec::new();
    let mut refused = |place: &Place, what: &str, line: &str| {
        let run = place.refused(line);
        assert_eq!(run.stdout, "", "{run}");
        runs.push(format!("# {what}\n{run}"));
    };

    let place = saved();
    place.edit("desk.yaml", "Invoices", "Bills");
    refused(&place, "the manifests have changed", "apply plan.json");

    let place = saved();
    place.done("-e behind apply --auto-approve --target departments/Support");
    refused(&place, "an object has changed", "apply plan.json");
    place.done("-e behind apply --auto-approve");
    refused(&place, "one to be created is there", "apply plan.json");
    place.edit("desk.yaml", "Invoices", "Bills");
    refused(&place, "both", "apply plan.json");

    let place = saved();
    place.edit(
        ".deskform/local.simulator.json",
        "\"Answers\"",
        "\"By hand\"",
    );
    refused(&place, "the state was edited", "apply plan.json");
    place.edit(
        ".deskform/local.simulator.json",
        "\"name\": \"Support\"",
        "\"name\": \"Else\"",
    );
    refused(&place, "one to be updated is gone", "apply plan.json");

    let place = saved();
    refused(&place, "another organization", "-e other apply plan.json");
    refused(&place, "another dialect", "-e guide apply plan.json");
    refused(&place, "another environment", "-e behind apply plan.json");

    let place = saved();
    let plan = place.read("plan.json");
    let mut steps: Value = serde_json::from_str(&plan).expect("JSON");
    steps["steps"].as_array_mut().expect("steps").remove(0);
    place.write("plan.json", &steps.to_string());
    refused(&place, "a step taken out", "apply plan.json");
    place.write("plan.json", &plan.replace("in an hour", "in a day"));
    refused(&place, "a value edited", "apply plan.json");
    place.write("plan.json", &plan.replace("\"update\": 1", "\"update\": 7"));
    refused(&place, "a count edited", "apply plan.json");

    place.write(
        "plan.json",
        &plan.replace("\"formatVersion\": 2", "\"formatVersion\": 99"),
    );
    refused(&place, "another version", "apply plan.json");
    place.write("plan.json", "{}\n");
    refused(&place, "no plan", "apply plan.json");
    place.write("plan.json", &plan[..plan.len() / 2]);
    let cut = place.refused("apply plan.json");
    assert!(cut.stderr.contains("EOF while parsing"), "{cut}");
    place.write("plan.json", &plan.replace("\"steps\"", "\"stages\""));
    refused(&place, "an unknown key", "apply plan.json");
    place.write("plan.json", "");
    refused(&place, "nothing", "apply plan.json");
    std::fs::write(place.path("plan.json"), [0xff, 0xfe, 0, b'{']).expect("a file");
    refused(&place, "no text", "apply plan.json");
    place.write("plan.json", &"[".repeat(1_000_000));
    refused(&place, "brackets", "apply plan.json");
    place.remove("plan.json");
    refused(&place, "no file", "apply plan.json");
    refused(&place, "a folder", "apply .deskform");
    let huge = std::fs::File::create(place.root().join("huge.json")).expect("a file");
    // Takes no room: the file is a hole.
    huge.set_len(1 << 40).expect("a length");
    refused(&place, "a huge file", "apply ../huge.json");

    assert_snapshot!(runs.join("\n"));
}

#[test]
fn more_runs_than_tokens_may_be_asked_for() {
    let place = applied(OPENAPI, DESK);
    for _ in 0..12 {
        place.done("apply --auto-approve");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::empty();
    let mut child = place
        .command(&words("schema"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}
