//! Faults that let work be lost in silence, each with its right outcome, on the real binary.
//!
//! The cases are numbered as in `tests/acceptance.md`.

mod command;

use std::fs;

use command::{Place, Run};
use serde_json::Value as Json;

const BOTH: [&str; 2] = ["openapi", "guide"];

fn project(dialect: &str) -> String {
    format!(
        "environments:\n  test: {{simulator: {{dialect: {dialect}}}}}\n  other: {{simulator: {{dialect: {dialect}}}}}\n"
    )
}

/// A project of which everything is applied already.
fn applied(dialect: &str, desk: &str) -> Place {
    let place = Place::with(&[("deskform.yaml", &project(dialect)), ("desk.yaml", desk)]);
    place.done("apply --auto-approve");
    place
}

fn departments(numbers: std::ops::Range<usize>) -> String {
    numbers.fold("departments:\n".to_owned(), |text, n| {
        format!("{text}  Department {n}: {{description: Answers}}\n")
    })
}

const FOUR: &str = "\
departments:
  Billing: {description: Invoices}
  Support: {description: Answers}
webhooks:
  one: {url: 'https://hooks.example.com/1', subscriptions: {Ticket_Add: {}}}
  two: {url: 'https://hooks.example.com/2', subscriptions: {Ticket_Add: {}}}
";

/// Asserts that a command shows the plan that it refuses, names the way out and writes nothing.
fn refuses(place: &Place, line: &str, message: &str, deletes: usize) -> Run {
    let run = place.refused(line);
    assert!(run.stderr.contains(message), "{run}");
    assert!(
        run.stderr.contains(&format!("`--allow-deletes {deletes}`")),
        "{run}"
    );
    let removals = run
        .stdout
        .lines()
        .filter(|line| line.starts_with("- delete ") || line.starts_with("- disable "))
        .count();
    assert_eq!(removals, deletes, "the plan is shown: {run}");
    run
}

/// That a resource is new is certain whether or not its secret is known: the plan says so, and so does its
/// exit code. Where the secret is its name nothing can be said.
#[test]
fn what_is_new_is_planned_without_its_secret() {
    const HOOK: &str = "webhooks:\n  crm: {url: 'https://hooks.example.com/${secret.HOOK}', subscriptions: {Ticket_Add: {}}}\n";
    for (dialect, code) in [("openapi", 2), ("guide", 0)] {
        let mut place = Place::with(&[("deskform.yaml", &project(dialect)), ("desk.yaml", HOOK)]);
        let planned = place.run("plan --detailed-exitcode --out saved.plan");
        assert_eq!(planned.code, code, "{planned}");
        assert_eq!(
            planned.stdout.contains("+ create webhooks/crm"),
            code == 2,
            "{planned}"
        );
        assert!(planned.stdout.contains("Not compared"), "{planned}");
        let refused = place.refused("apply saved.plan");
        assert!(
            refused
                .stderr
                .contains("secrets are not set that `webhooks/crm` need"),
            "{refused}"
        );
        if code == 2 {
            place.set("HOOK", "a-long-secret-0123");
            place.done("apply saved.plan");
            let again = place.run("plan --detailed-exitcode");
            assert_eq!(again.code, 0, "{again}");
        }
    }
}

/// Whoever has to look at a refused plan finds the lines that it is made from.
#[test]
fn a_refused_plan_tells_its_lines() {
    for dialect in BOTH {
        let place = applied(dialect, &departments(0..6));
        let less = departments(0..5).replacen("Answers", "Asks", 1);
        place.write("desk.yaml", &less);
        let run = place.refused("plan --allow-deletes 3 --format json");
        let plan: Json = serde_json::from_str(&run.stdout).expect("JSON");
        let steps = plan["steps"].as_array().expect("steps");
        let update = steps.iter().find(|step| step["verb"] == "update");
        let origin = &update.expect("an update")["origin"];
        assert_eq!(origin["file"], "desk.yaml", "{plan:#}");
        assert_eq!(origin["line"], 2, "{plan:#}");
    }
}

#[test]
fn case_2_no_manifests_remove_nothing() {
    let none = "no resource is declared, and the plan would remove 4 objects";
    // The file is gone, it declares nothing, or it holds only tombstones: nothing is declared.
    let ways: [&dyn Fn(&Place); 3] = [
        &|place| place.remove("desk.yaml"),
        &|place| place.write("desk.yaml", "departments: {}\n"),
        &|place| place.write("desk.yaml", "removed: {accounts: [Example]}\n"),
    ];
    for dialect in BOTH {
        for way in ways {
            let place = applied(dialect, FOUR);
            way(&place);
            for line in ["plan", "plan --out plan.json", "apply --auto-approve"] {
                refuses(&place, line, none, 4);
            }
            // Neither more nor fewer than go.
            for other in [3, 5, 1_000] {
                let line = format!("apply --auto-approve --allow-deletes {other}");
                let run = refuses(&place, &line, none, 4);
                assert!(run.stderr.contains(&format!("not {other}")), "{run}");
            }
            // Reading goes on.
            assert_eq!(place.run("drift").code, 2);
            place.done("export written");
            fs::remove_dir_all(place.path("written")).expect("the export");
            let run = place.done("apply --auto-approve --allow-deletes 4");
            assert!(run.stdout.contains("Applied 4 of 4 steps."), "{run}");
            assert!(place.done("plan").report().starts_with("No changes: "));
        }
    }
}

#[test]
fn case_2_most_of_what_is_owned_stays() {
    for dialect in BOTH {
        // Of nine departments eight: below the ten from which a percentage counts, and not all.
        let place = applied(dialect, &departments(0..9));
        place.write("desk.yaml", &departments(8..9));
        let most = "the plan would remove 8 of 9 owned objects that may be pruned, more than half";
        for line in ["plan", "apply --auto-approve"] {
            refuses(&place, line, most, 8);
        }
        place.done("apply --auto-approve --allow-deletes 8");
        // Of all kinds together: two of three departments and one of two webhooks.
        let hook = "webhooks:\n  one: {url: 'https://hooks.example.com/1', subscriptions: {Ticket_Add: {}}}\n";
        let both = format!(
            "{hook}  two: {{url: 'https://hooks.example.com/2', subscriptions: {{Ticket_Add: {{}}}}}}\n"
        );
        let place = applied(dialect, &format!("{}{both}", departments(0..3)));
        place.write("desk.yaml", &format!("{}{hook}", departments(2..3)));
        let most = "the plan would remove 3 of 5 owned objects that may be pruned, more than half";
        refuses(&place, "apply --auto-approve", most, 3);
        // Exactly half passes.
        let place = applied(dialect, &departments(0..6));
        place.write("desk.yaml", &departments(3..6));
        place.done("apply --auto-approve");
        // Of fewer than five it says nothing, and neither do seeds, which are never pruned.
        let seeds = "accounts: {Example: {}, Another: {}, Third: {}}\n";
        let place = applied(dialect, &format!("{}{seeds}", departments(0..4)));
        place.write("desk.yaml", &departments(0..2));
        place.done("apply --auto-approve");
    }
}

#[test]
fn case_2_a_saved_plan_carries_the_number() {
    let place = applied("openapi", FOUR);
    place.remove("desk.yaml");
    place.done("plan --out plan.json --allow-deletes 4");
    place.done("apply plan.json");
    assert!(place.done("plan").report().starts_with("No changes: "));
}

/// A number that is allowed is a limit where no guard fires, too.
#[test]
fn a_number_that_is_allowed_is_exact() {
    for dialect in BOTH {
        let place = applied(dialect, &departments(0..9));
        place.write("desk.yaml", &departments(3..9));
        for said in [0, 1, 2, 4] {
            let line = format!("apply --auto-approve --allow-deletes {said}");
            let message = format!(
                "the plan would remove 3 objects whose lines are gone, and `--allow-deletes` says {said}"
            );
            refuses(&place, &line, &message, 3);
            let run = place.refused(&format!("plan --format json --allow-deletes {said}"));
            let plan: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
            assert_eq!(plan["refused"], serde_json::json!([message]), "{run}");
        }
        // What no limit is given for goes as before, and what is listed does not count.
        let listed = format!(
            "{}removed: {{departments: [Department 0]}}\n",
            departments(1..9)
        );
        place.write("desk.yaml", &listed);
        let run = place.done("plan --allow-deletes 0");
        assert!(run.stdout.contains("departments/Department 0"), "{run}");
        let run = place.refused("plan --allow-deletes 1");
        let nothing = "nothing is to be removed, and `--allow-deletes` says 1";
        assert!(run.stderr.contains(nothing), "{run}");
        place.write("desk.yaml", &departments(3..9));
        place.done("apply --auto-approve --allow-deletes 3");
        // A run again is another one: nothing goes any more.
        place.done("apply --auto-approve --allow-deletes 0");
        let run = place.refused("apply --auto-approve --allow-deletes 3");
        let nothing = "nothing is to be removed, and `--allow-deletes` says 3";
        assert!(run.stderr.contains(nothing), "{run}");
        place.done("apply --auto-approve");
    }
}

/// What is refused looks refused wherever it is shown, and cannot be applied.
#[test]
fn a_refused_plan_says_so_in_every_form() {
    for dialect in BOTH {
        let place = applied(dialect, &departments(0..9));
        place.write("desk.yaml", &departments(8..9));
        let why = "the plan would remove 8 of 9 owned objects that may be pruned, more than half";
        let said = format!("Refused: {why}. Nothing is applied.");
        for line in [
            "plan",
            "plan -v",
            "plan --out plan.json",
            "apply --auto-approve",
        ] {
            let run = refuses(&place, line, why, 8);
            assert_eq!(run.stdout.lines().last(), Some(said.as_str()), "{run}");
        }
        assert!(!place.path("plan.json").exists());
        let run = place.refused("plan --format markdown");
        let mut lines = run.stdout.lines().filter(|line| !line.is_empty());
        assert_eq!(lines.next(), Some("<!-- deskform plan: test -->"), "{run}");
        assert_eq!(lines.next(), Some("### deskform plan for `test`"), "{run}");
        assert_eq!(lines.next(), Some(&*format!("**{said}**")), "{run}");
        assert!(
            lines
                .next()
                .is_some_and(|line| line.starts_with("**Plan: "))
        );
        let run = place.refused("plan --format json");
        let mut plan: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(plan["refused"], serde_json::json!([why]), "{run}");
        assert_eq!(plan["steps"].as_array().map(Vec::len), Some(8), "{run}");
        // Who keeps it all the same cannot apply it, whatever the command line allows.
        place.write("plan.json", &run.stdout);
        let run = place.refused("apply plan.json --log-format json");
        assert!(run.stderr.contains("\"code\":\"refused-plan\""), "{run}");
        assert!(run.stderr.contains(why), "{run}");
        // Nor is it good where the field is taken out: it is planned anew, and refused anew.
        plan.as_object_mut().expect("a map").remove("refused");
        place.write("plan.json", &plan.to_string());
        let run = place.refused("apply plan.json");
        assert!(run.stderr.contains(why), "{run}");
        // A good plan has no such field and no such line.
        let run = place.done("plan --allow-deletes 8 --out plan.json");
        assert!(!run.stdout.contains("Refused"), "{run}");
        assert!(!place.read("plan.json").contains("refused"));
        place.done("apply plan.json");
    }
}

/// Each of the reasons is told, in one line.
#[test]
fn a_plan_that_is_refused_twice_says_both() {
    let place = applied("openapi", FOUR);
    place.write(
        "deskform.yaml",
        "environments:\n  test: {simulator: {}, guards: {maxUpdates: 1, maxDeletes: 0}}\n",
    );
    place.write(
        "desk.yaml",
        "departments:\n  Billing: {description: A}\n  Support: {description: B}\nwebhooks:\n  one: {url: 'https://hooks.example.com/1', subscriptions: {Ticket_Add: {}}}\n",
    );
    let run = place.refused("plan");
    assert_eq!(
        run.stdout.lines().last(),
        Some(
            "Refused: the plan would update 2 objects, and `maxUpdates` allows 1; the plan would remove 1 object, and `maxDeletes` allows 0. Nothing is applied."
        ),
        "{run}"
    );
}

#[test]
fn case_4_an_empty_environment_is_no_environment() {
    for empty in ["", " "] {
        let mut place = applied("openapi", FOUR);
        for command in [
            "validate",
            "plan",
            "apply --auto-approve",
            "drift",
            "export written",
            "ledger show",
            "unlock",
            "auth status",
            "auth scopes",
        ] {
            let words = [
                vec!["-e".to_owned(), empty.to_owned()],
                command.split(' ').map(str::to_owned).collect(),
            ]
            .concat();
            let before = place.files();
            let output = place.command(&words).output().expect("the binary");
            let said = String::from_utf8(output.stderr).expect("UTF-8");
            assert_eq!(output.status.code(), Some(1), "{command}: {said}");
            assert!(
                said.contains("the name of the environment is empty"),
                "{said}"
            );
            assert!(said.contains("`test` and `other`"), "{said}");
            assert!(place.files() == before, "{command} wrote something");
        }
        // An undefined variable of a pipeline.
        place.set("DESKFORM_ENV", empty);
        let run = place.refused("apply --auto-approve");
        assert!(run.stderr.contains("unset `DESKFORM_ENV`"), "{run}");
        place.done("apply --auto-approve -e test");
    }
}

#[test]
fn case_4_the_first_line_says_where() {
    for dialect in BOTH {
        let place = Place::with(&[("deskform.yaml", &project(dialect)), ("desk.yaml", FOUR)]);
        for environment in ["test", "other"] {
            let first = format!(
                "Environment {environment}: organization 700001 (Example Company, enterprise, simulated), dialect {dialect}, ledger .deskform/{environment}.json"
            );
            for command in [
                "plan",
                "plan --out plan.json",
                "apply plan.json",
                "apply --auto-approve",
                "drift",
                "export written",
            ] {
                let run = place.done(&format!("{command} -e {environment}"));
                assert_eq!(run.stdout.lines().next(), Some(first.as_str()), "{run}");
                if command.starts_with("export") {
                    fs::remove_dir_all(place.path("written")).expect("the export");
                }
            }
            let inside = format!(
                "Organization `700001` (`Example Company`, enterprise, simulated), dialect {dialect}, ledger `.deskform/{environment}.json`."
            );
            for command in ["plan", "drift"] {
                let run = place.done(&format!("{command} --format markdown -e {environment}"));
                let head = format!("### deskform {command} for `{environment}`");
                assert_eq!(run.stdout.lines().nth(1), Some(head.as_str()), "{run}");
                assert!(run.stdout.lines().any(|line| line == inside), "{run}");
            }
        }
    }
}

#[test]
fn the_default_environment_is_what_the_project_says() {
    let with = |line: &str| format!("{line}{}", project("openapi"));
    let environment = |run: &Run| {
        let first = run.stdout.lines().next().unwrap_or_default();
        first.split(':').next().unwrap_or_default().to_owned()
    };
    for (line, expected) in [
        ("", "Environment test"),
        ("defaultEnvironment: test\n", "Environment test"),
        ("defaultEnvironment: other\n", "Environment other"),
    ] {
        let place = Place::with(&[("deskform.yaml", &with(line)), ("desk.yaml", FOUR)]);
        let run = place.done("plan");
        assert_eq!(environment(&run), expected, "{run}");
        assert_eq!(environment(&place.done("plan -e test")), "Environment test");
    }
    let text = with("defaultEnvironment: none\n");
    let mut place = Place::with(&[("deskform.yaml", &text), ("desk.yaml", FOUR)]);
    for command in [
        "validate",
        "plan",
        "apply --auto-approve",
        "drift",
        "export written",
    ] {
        let run = place.refused(command);
        assert!(run.stderr.contains("no environment is named"), "{run}");
        assert!(run.stderr.contains("`test` and `other`"), "{run}");
    }
    assert_eq!(
        environment(&place.done("plan -e other")),
        "Environment other"
    );
    place.set("DESKFORM_ENV", "test");
    assert_eq!(environment(&place.done("plan")), "Environment test");
}

#[test]
fn no_changes_says_of_what() {
    let place = applied("openapi", FOUR);
    for (command, line) in [
        ("plan", "No changes: 4 resources match the manifests."),
        (
            "plan --target departments/Billing",
            "No changes: 1 resource matches the manifests; nothing else was looked at.",
        ),
    ] {
        let run = place.done(command);
        assert_eq!(run.stdout.lines().last(), Some(line), "{run}");
    }
}

/// What changes in the ledger alone is work, and a question where nobody was asked before.
#[test]
fn the_ledger_is_part_of_the_result() {
    for dialect in BOTH {
        let place = applied(dialect, FOUR);
        place.remove(".deskform/test.json");
        let line = "No changes: 4 resources match the manifests. In the ledger alone: 4 to take over; nothing changes in Zoho Desk.";
        let plan = place.run("plan --detailed-exitcode");
        assert_eq!((plan.code, plan.summary()), (2, line), "{plan}");
        let json: Json =
            serde_json::from_str(&place.done("plan --format json").stdout).expect("JSON");
        assert_eq!(
            json["summary"]["record"],
            serde_json::json!({"takeOver": 4, "moved": 0, "letGo": 0, "fields": 0})
        );
        // A saved plan without steps holds, whatever the ledger has learned since.
        place.done("plan --out plan.json");
        // Somebody at a terminal is asked once.
        let question = "Write this to the ledger, for the organization `700001`";
        let declined = place.asked("apply", "no");
        assert_eq!(declined.code, 1, "{declined}");
        assert!(declined.stdout.contains(question), "{declined}");
        assert!(!place.path(".deskform/test.json").exists());
        let accepted = place.asked("apply", "yes");
        assert_eq!(accepted.code, 0, "{accepted}");
        assert!(accepted.stdout.contains(line), "{accepted}");
        assert_eq!(
            place.done("plan --detailed-exitcode").report().trim_end(),
            "No changes: 4 resources match the manifests."
        );
        place.done("apply plan.json");
        // Another handle is written without a question, and so is what the ledger lets go of.
        place.edit("desk.yaml", "  Billing: {", "  billing: {name: Billing, ");
        let moved = place.run("plan --detailed-exitcode");
        assert_eq!(moved.code, 2, "{moved}");
        assert!(
            moved
                .report()
                .contains("In the ledger alone: 1 to move to another handle;"),
            "{moved}"
        );
        let again = place.asked("apply", "no");
        assert_eq!(again.code, 0, "{again}");
        assert!(!again.stdout.contains("Only `yes` will do"), "{again}");
        assert_eq!(place.done("plan --detailed-exitcode").code, 0);
        // Without a terminal nobody is asked.
        place.remove(".deskform/test.json");
        place.done("apply");
        assert_eq!(place.done("plan --detailed-exitcode").code, 0);
    }
}

/// A deleted block of a kind that is never pruned is told once, and is not removed.
#[test]
fn what_is_no_longer_declared_and_stays_is_told() {
    for dialect in BOTH {
        let desk = "departments: {Billing: {}}\naccounts: {Example: {}}\n";
        let place = applied(dialect, desk);
        place.write("desk.yaml", "departments: {Billing: {}}\n");
        let plan = place.run("plan --detailed-exitcode");
        assert_eq!(plan.code, 2, "{plan}");
        assert!(
            plan.report().contains("No longer declared; these stay in Zoho Desk, and the ledger lets them go:\n    accounts/Example"),
            "{plan}"
        );
        let json: Json =
            serde_json::from_str(&place.done("plan --format json").stdout).expect("JSON");
        assert_eq!(
            json["noLongerDeclared"],
            serde_json::json!(["accounts/Example"])
        );
        let markdown = place.done("plan --format markdown").stdout;
        assert!(markdown.contains("- `accounts/Example`"), "{markdown}");
        place.done("apply");
        assert_eq!(
            place.done("plan --detailed-exitcode").report().trim_end(),
            "No changes: 1 resource matches the manifests."
        );
        // It is still there, and is taken over where it is declared again.
        place.write("desk.yaml", desk);
        assert!(place.done("plan").report().contains("1 to take over"));
    }
}

/// Without a ledger the first line says what nobody notices, and nothing is taken over, kept or let go.
#[test]
fn a_ledger_may_be_kept_nowhere() {
    let words = "ledger none: deletions, undo and changes by hand are not noticed";
    for dialect in BOTH {
        let project =
            format!("environments:\n  test: {{simulator: {{dialect: {dialect}}}, ledger: none}}\n");
        let place = Place::with(&[("deskform.yaml", &project), ("desk.yaml", FOUR)]);
        for command in [
            "plan",
            "apply --auto-approve",
            "plan --detailed-exitcode",
            "drift",
        ] {
            let run = place.done(command);
            assert!(
                run.stdout
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .ends_with(words),
                "{run}"
            );
        }
        assert_eq!(
            place.done("plan --detailed-exitcode").report().trim_end(),
            "No changes: 4 resources match the manifests."
        );
        let markdown = place.done("plan --format markdown").stdout;
        assert!(
            markdown.contains("ledger `none`: deletions, undo and changes"),
            "{markdown}"
        );
        // Nothing is on the disk but the simulated organization, and nothing is pruned.
        let kept: Vec<String> = place.files().into_keys().collect();
        assert!(
            kept.iter()
                .all(|name| !name.contains("none") && name != ".deskform/test.json"),
            "{kept:?}"
        );
        place.write("desk.yaml", "departments: {Billing: {}}\n");
        assert_eq!(
            place.done("plan --detailed-exitcode").report().trim_end(),
            "No changes: 1 resource matches the manifests."
        );
        for command in ["ledger show", "ledger forget departments/Billing", "unlock"] {
            let run = place.refused(command);
            assert!(
                run.stderr
                    .contains("keeps no ledger: it says `ledger: none`"),
                "{run}"
            );
        }
    }
}

#[test]
fn case_22_what_was_chosen_is_told_with_v() {
    for dialect in ["openapi", "guide"] {
        let desk = "contacts: {jane@example.com: {lastName: Doe}}\n";
        let place = Place::with(&[("deskform.yaml", &project(dialect)), ("desk.yaml", desk)]);
        place.done("apply --auto-approve");
        let line = "contacts: 1 by id: 1 call";
        let told = place.done("plan -v");
        assert!(told.stderr.contains(line), "{told}");
        let untold = place.done("plan");
        assert!(!untold.stderr.contains(line), "{untold}");
    }
}
