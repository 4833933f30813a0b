//! What a plan changes in the ledger alone, what it sets back, and when it holds no longer.

#![expect(clippy::expect_used, reason = "a test panics to fail")]

mod command;

use command::{Place, flat};
use serde_json::{Value as Json, json};

const BOTH: [&str; 2] = ["openapi", "guide"];

fn project(dialect: &str) -> String {
    format!("environments:\n  test: {{simulator: {{dialect: {dialect}}}}}\n")
}

/// A project of which everything is applied already.
fn applied(dialect: &str, desk: &str) -> Place {
    let place = Place::with(&[("deskform.yaml", &project(dialect)), ("desk.yaml", desk)]);
    place.done("apply --auto-approve");
    place
}

fn plan_of(place: &Place) -> Json {
    serde_json::from_str(&place.done("plan --format json").stdout).expect("JSON")
}

fn departments(number: usize) -> String {
    (0..number).fold("departments:\n".to_owned(), |text, n| {
        format!("{text}  D{n:02}: {{description: Answers}}\n")
    })
}

/// Taking over is told by name, before and after, and what follows from it the first time.
#[test]
fn what_is_taken_over_is_named() {
    for dialect in BOTH {
        let place = applied(dialect, &departments(12));
        place.remove(".deskform/test.json");
        let run = place.done("plan");
        assert!(
            run.report()
                .contains("Taken over as they are:\n    departments/D00\n"),
            "{run}"
        );
        assert!(
            run.report()
                .contains("    departments/D09\n    and 2 more; -v names all\n"),
            "{run}"
        );
        let follows = "whoever deletes its lines later removes it from Zoho Desk";
        assert!(run.report().contains(follows), "{run}");
        let unnoticed = "What others deleted before is not noticed: where it is still declared, it is made anew.";
        assert!(run.report().contains(unnoticed), "{run}");
        let run = place.done("plan -v");
        assert!(run.report().contains("    departments/D11\n"), "{run}");
        let run = place.done("plan --format markdown");
        // What is said of all of them is no item.
        assert!(
            run.stdout.contains("#### Taken over as they are (12)"),
            "{run}"
        );
        assert!(run.stdout.contains("- `departments/D09`"), "{run}");
        assert!(
            run.stdout
                .contains("- and 2 more; `deskform plan -v` names all"),
            "{run}"
        );
        assert!(run.stdout.contains(unnoticed), "{run}");
        let plan = plan_of(&place);
        assert_eq!(plan["takenOver"].as_array().map(Vec::len), Some(12));
        assert_eq!(plan["ownsNothingYet"], true);
        let run = place.done("apply --auto-approve");
        assert!(
            run.stdout
                .ends_with("In the ledger alone: 12 taken over.\n"),
            "{run}"
        );
        // The second time it is known.
        place.done("ledger forget departments/D03");
        let run = place.done("plan");
        assert!(
            run.report()
                .contains("Taken over as they are:\n    departments/D03\n"),
            "{run}"
        );
        assert!(!run.report().contains(follows), "{run}");
        // Beside steps, and in the summary of a pipeline's step.
        place.edit(
            "desk.yaml",
            "D01: {description: Answers}",
            "D01: {description: Others}",
        );
        let run = place.done("apply --auto-approve --format markdown");
        assert!(
            run.stdout.contains("In the ledger alone: 1 taken over."),
            "{run}"
        );
        place.done("ledger forget departments/D04");
        let run = place.done("apply --auto-approve --format markdown");
        assert!(
            run.stdout
                .contains("**In the ledger alone: 1 taken over.**"),
            "{run}"
        );
        assert!(
            place
                .done("apply")
                .report()
                .starts_with("No changes: 12 resources")
        );
    }
}

const BEN: &str = "\
contacts:
  ben@example.com: {lastName: Ben, phone: '123', mobile: '456', description: Says little}
";

/// A field whose line has gone stays, and that is told once.
#[test]
fn a_field_that_is_no_longer_declared_is_told_once() {
    for dialect in BOTH {
        let place = applied(dialect, BEN);
        place.write(
            "desk.yaml",
            "contacts:\n  ben@example.com: {lastName: Ben, mobile: '456'}\n",
        );
        let told = "No longer declared and left as they are (write `null` to clear one); the next apply forgets them:\n    contacts/ben@example.com: description, phone\n";
        let run = place.run("plan --detailed-exitcode");
        assert_eq!(run.code, 2, "{run}");
        assert!(run.report().contains(told), "{run}");
        assert!(
            run.report()
                .contains("In the ledger alone: 2 fields to let go; nothing changes in Zoho Desk."),
            "{run}"
        );
        let run = place.run("drift");
        assert_eq!(run.code, 0, "it is no drift: {run}");
        assert!(run.report().contains(told), "{run}");
        assert!(!place.run("drift --only-live").report().contains("phone"));
        let markdown = place.done("drift --format markdown").stdout;
        assert!(
            markdown.contains("- `contacts/ben@example.com: description, phone`"),
            "{markdown}"
        );
        let plan = plan_of(&place);
        assert_eq!(plan["steps"], json!([]));
        assert_eq!(
            plan["fieldsLeft"][1],
            json!({"address": "contacts/ben@example.com", "field": "/phone", "canBeCleared": true})
        );
        let run = place.done("apply --auto-approve");
        assert!(
            run.stdout.contains("In the ledger alone: 2 fields let go."),
            "{run}"
        );
        for command in ["plan --detailed-exitcode", "drift"] {
            let run = place.done(command);
            assert!(!run.stdout.contains("phone"), "told once: {run}");
        }
        // It is still there: null clears it, and then nothing is left.
        place.write(
            "desk.yaml",
            "contacts:\n  ben@example.com: {lastName: Ben, phone: null}\n",
        );
        let run = place.done("plan");
        assert!(
            run.report()
                .contains("~ update contacts/ben@example.com\n    phone: \"123\" → (none)\n"),
            "{run}"
        );
        place.done("apply --auto-approve");
        place.write(
            "desk.yaml",
            "contacts:\n  ben@example.com: {lastName: Ben}\n",
        );
        let run = place.done("plan --detailed-exitcode");
        assert!(!run.stdout.contains("No longer declared"), "{run}");
    }
}

/// What somebody has changed since is not told.
#[test]
fn only_what_is_left_as_it_was_set_is_told() {
    let desk = "contacts:\n  ben@example.com: {lastName: Ben, phone: '1', mobile: '2'}\n";
    for dialect in BOTH {
        let place = applied(dialect, desk);
        // Another apply gives the phone another value, as somebody on a screen would.
        let ledger = place.read(".deskform/test.json");
        place.edit("desk.yaml", "phone: '1'", "phone: '7'");
        place.done("apply --auto-approve");
        place.write(".deskform/test.json", &ledger);
        place.write(
            "desk.yaml",
            "contacts:\n  ben@example.com: {lastName: Ben}\n",
        );
        let run = place.done("plan");
        assert!(
            run.report().contains("contacts/ben@example.com: mobile")
                && !run.report().contains("phone"),
            "{run}"
        );
    }
}

/// What a saved plan says of the ledger has to be what an apply does there.
#[test]
fn a_saved_plan_holds_for_its_ledger_only() {
    for dialect in BOTH {
        let place = applied(dialect, "departments: {Support: {}, Sales: {}}\n");
        let stale = |why: &str| {
            let run = place.refused("apply plan.json");
            assert!(flat(&run.stderr).contains(why), "{why}: {run}");
            assert!(
                flat(&run.stderr).contains("the saved plan no longer holds"),
                "{run}"
            );
        };
        place.done("plan --out plan.json");
        place.done("apply plan.json");
        place.done("ledger forget departments/Support");
        stale("Support` would be taken over as well");
        // What was agreed to and is done already is no difference.
        place.done("plan --out plan.json");
        place.done("apply --auto-approve");
        place.done("apply plan.json");
        // A handle that moves.
        place.write(
            "desk.yaml",
            "departments: {Help: {name: Support}, Sales: {}}\n",
        );
        place.done("plan --out plan.json");
        place.done("ledger forget departments/Support");
        stale("Help` would be taken over as well");
        place.done("apply --auto-approve");
        // A removal that no lost ledger knows.
        place.write("desk.yaml", "departments: {Help: {name: Support}}\n");
        place.done("plan --out plan.json");
        place.remove(".deskform/test.json");
        stale("the ledger differs from when it was made");
    }
}

/// A guard that fires since something has changed does not hide what has changed.
#[test]
fn a_saved_plan_that_a_guard_refuses_now_says_what_has_changed() {
    let desk = |range: std::ops::Range<usize>| {
        let names: Vec<String> = range.map(|n| format!("Team {n}: {{}}")).collect();
        format!("departments: {{{}}}\n", names.join(", "))
    };
    for dialect in BOTH {
        let place = applied(dialect, &desk(0..8));
        place.write("desk.yaml", &desk(5..8));
        place.done("plan --allow-deletes 5 --out plan.json");
        // Somebody switches one off by hand, so that four are left.
        let state = place.read(".deskform/test.simulator.json");
        let at = state.find("\"Team 0\"").expect("it");
        let (before, behind) = state.split_at(at);
        let behind = behind.replacen("\"isEnabled\": true", "\"isEnabled\": false", 1);
        let behind = behind.replacen("\"isEnabled\":true", "\"isEnabled\":false", 1);
        place.write(
            ".deskform/test.simulator.json",
            &format!("{before}{behind}"),
        );
        let run = place.refused("apply plan.json");
        let told = flat(&run.stderr);
        // What is switched off needs no step in one dialect, and another one in the other.
        for words in ["`departments/Team 0`", "has changed in Zoho Desk"] {
            assert!(told.contains(words), "{words}: {run}");
        }
        assert!(!told.contains("the ledger"), "{run}");
    }
}

/// A secret is in no plan: where one differs, nobody can tell it from a change in Zoho Desk.
#[test]
fn a_rotated_secret_is_told_as_what_it_may_be() {
    let desk = "webhooks:\n  hook: {url: 'https://hooks.example.com/${secret.HOOK_KEY}', subscriptions: {Ticket_Add: {}}}\n";
    for dialect in BOTH {
        let mut place = Place::with(&[("deskform.yaml", &project(dialect)), ("desk.yaml", desk)]);
        place.set("HOOK_KEY", "first-value-of-the-key");
        place.done("apply --auto-approve");
        place.done("plan --out plan.json");
        place.set("HOOK_KEY", "second-value-of-the-key");
        let run = place.refused("apply plan.json");
        let text = flat(&run.stderr);
        assert!(
            text.contains("`webhooks/hook` differs: the value of a secret in it is another one than when the plan was made, or it has changed in Zoho Desk"),
            "{run}"
        );
        assert!(
            !text.contains("first-value") && !text.contains("second-value"),
            "{run}"
        );
    }
}

/// Many references to what goes are one report with its places.
#[test]
fn references_to_what_is_no_longer_declared_are_one_report() {
    let role = "shareDataWithPeers: true";
    let lines =
        (2..6).map(|number| format!("  R{number}: {{{role}, reportsTo: {{lookup: R1}}}}\n"));
    let rest = lines.collect::<Vec<_>>().concat();
    let place = applied(
        "openapi",
        &format!(
            "roles:\n  R1: {{{role}}}\n{}",
            rest.replace("{lookup: R1}", "R1")
        ),
    );
    place.write("desk.yaml", &format!("roles:\n{rest}"));
    let run = place.refused("plan");
    let told = flat(&run.stderr);
    let says = "`roles/R1` is still referred to, and is no longer declared and would be removed";
    assert_eq!(told.matches(says).count(), 1, "{run}");
    assert!(
        told.contains("the same in 3 more places: desk.yaml:3:"),
        "{run}"
    );
    assert!(told.contains("4 problems in 1 report"), "{run}");
    // Each by itself, and for programs.
    for line in ["-v plan", "--log-format json plan"] {
        let run = place.refused(line);
        assert_eq!(flat(&run.stderr).matches(says).count(), 4, "{run}");
    }
}

/// The refusal gives lines that need nothing but the heir.
#[test]
fn the_lines_that_name_an_heir_can_be_pasted() {
    let desk = "departments:\n  P3: {}\nteams:\n  Kept: {department: P3}\n";
    let place = applied("openapi", &format!("{desk}  Tier 1: {{department: P3}}\n"));
    let run = {
        place.write("desk.yaml", desk);
        place.refused("plan")
    };
    let told = flat(&run.stderr);
    let lines = "removed: {teams: [{name: Tier 1, department: P3, transferTo: {team: HANDLE, agent: HANDLE}}]}";
    let help = format!(
        "list it with who takes over: `{lines}`, or say it for all teams in the project file: `kinds: {{teams: {{transferTo: {{team: HANDLE, agent: HANDLE}}}}}}`"
    );
    assert!(told.contains(&help), "{run}");
    let lines = lines.replace("{team: HANDLE, agent: HANDLE}", "{team: Kept}");
    place.write("gone.yaml", &format!("{lines}\n"));
    let run = place.run("plan");
    assert!(run.stdout.contains("- delete teams/P3/Tier 1\n"), "{run}");
    assert!(!run.stderr.contains("takes over"), "{run}");
}

/// Under a target unrelated trouble is told and refuses nothing.
#[test]
fn only_what_a_target_needs_refuses_it() {
    let desk = "departments:\n  P1: {description: One, lifecycle: {preventDestroy: true}}\n  P2: {description: Two}\n  P3: {}\nteams:\n  T: {department: P3}\n";
    let place = applied("openapi", desk);
    place.write(
        "desk.yaml",
        "departments:\n  P2: {description: Changed}\n  P3: {}\n",
    );
    let forbids = "`departments/P1` is no longer declared, and its `preventDestroy` forbids that it is removed";
    let no_heir = "`teams/T` cannot be removed: nobody is named who takes over what hangs on it";
    // Without a target both refuse, and the plan that they refuse is shown.
    let run = place.refused("plan");
    for text in [forbids, no_heir] {
        assert!(flat(&run.stderr).contains(text), "{run}");
        assert!(flat(&run.stdout).contains(text), "{run}");
    }
    assert!(run.stdout.contains("departments/P1\n"), "{run}");
    assert!(run.stdout.contains("- delete teams/T\n"), "{run}");
    assert!(run.stdout.contains("Nothing is applied."), "{run}");
    let run = place.refused("plan --format json");
    let plan: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(plan["refused"], json!([forbids, no_heir]), "{run}");
    let run = place.refused("plan --format markdown");
    assert!(run.stdout.contains("**Refused: "), "{run}");
    let run = place.refused("apply --auto-approve");
    assert!(run.stdout.contains("- delete teams/T\n"), "{run}");
    // What a target needs refuses it still.
    for target in ["departments/P1", "teams/T"] {
        place.refused(&format!("plan --target {target}"));
    }
    let run = place.done("apply --auto-approve --target departments/P2");
    for text in [forbids, no_heir] {
        assert!(
            flat(&run.stderr).contains(&format!("beside the targets: {text}")),
            "{run}"
        );
    }
    assert!(run.stdout.contains("Applied 1 of 1 step."), "{run}");
    assert!(
        place
            .read(".deskform/test.simulator.json")
            .contains("Changed")
    );
}

/// What follows from a rename that nobody wrote down is not told beside it.
#[test]
fn a_renamed_handle_is_told_as_one_thing() {
    let desk = "departments:\n  Support: {description: Answers}\nteams:\n  Tier 1: {department: Support}\n";
    let place = applied("openapi", desk);
    place.write("desk.yaml", &desk.replace("Support", "Help"));
    let run = place.refused("plan");
    let text = flat(&run.stderr);
    assert!(text.contains("this may be a rename"), "{run}");
    assert!(!text.contains("can be given on creation only"), "{run}");
    assert!(!text.contains("replace: true"), "{run}");
    assert!(
        run.stdout.contains("Nothing is applied."),
        "the plan is shown: {run}"
    );
    // Where it is no rename, the team's trouble is told.
    place.write(
        "desk.yaml",
        &format!(
            "{}removed: {{departments: [Support]}}\n",
            desk.replace("Support", "Help")
        ),
    );
    let run = place.refused("plan");
    assert!(
        flat(&run.stderr).contains("can be given on creation only"),
        "{run}"
    );
}

/// What a colleague changed on a screen is among what has to be looked at first.
#[test]
fn what_sets_back_a_colleague_stands_first() {
    for dialect in BOTH {
        let place = applied(
            dialect,
            "departments:\n  Billing: {description: Invoices}\n  Sales: {description: Sells}\n",
        );
        // Somebody changes it on a screen: as an apply that this ledger does not know.
        let ledger = place.read(".deskform/test.json");
        place.edit("desk.yaml", "Invoices", "Bills");
        place.done("apply --auto-approve");
        place.write(".deskform/test.json", &ledger);
        place.edit("desk.yaml", "Bills", "Invoices");
        place.edit("desk.yaml", "Sells", "Sold");
        let title = "Sets back what somebody changed in Zoho Desk (1)";
        let run = place.done("plan");
        assert!(
            run.report().contains(&format!(
                "Look at this first:\n    {title}:\n        departments/Billing (description: "
            )),
            "{run}"
        );
        let run = place.done("plan --format markdown");
        assert!(
            run.stdout
                .contains(&format!("- {title}\n  - `departments/Billing`")),
            "{run}"
        );
        let plan = plan_of(&place);
        let risks: Vec<&Json> = plan["steps"]
            .as_array()
            .expect("steps")
            .iter()
            .map(|step| &step["risk"])
            .collect();
        assert!(
            risks.contains(&&json!([{"class": "setsBack", "fields": ["/description"]}])),
            "{risks:?}"
        );
        assert!(risks.contains(&&Json::Null), "{risks:?}");
    }
}

/// What nothing removes is taken over without a word about its removal.
#[test]
fn a_setting_that_is_taken_over_stays_whatever_becomes_of_its_lines() {
    let project = "environments: {local: {simulator: {dialect: openapi}}}\n";
    let desk = "sharingRules: {organization: {tickets: private}}\n";
    let place = Place::with(&[("deskform.yaml", project), ("desk.yaml", desk)]);
    let run = place.done("plan");
    assert!(run.report().contains("(adopted)"), "{run}");
    assert!(!run.report().contains("deletes its lines"), "{run}");
}
