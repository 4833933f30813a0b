//! Past runs: what is kept of each, and what is shown of it.

#![expect(clippy::expect_used, reason = "a test panics to fail")]

mod command;

use std::fs;

use command::{DESK, Place};
use serde_json::Value;

const PROJECT: &str = "\
environments:
  local: {simulator: {dialect: openapi, edition: enterprise}}
";

fn applied() -> Place {
    let place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)]);
    place.done("apply --auto-approve");
    place
}

/// The names of the runs, the latest first.
fn names(place: &Place) -> Vec<String> {
    let runs = place.done("runs --format json");
    let runs: Value = serde_json::from_str(&runs.stdout).expect("JSON");
    let runs = runs["runs"].as_array().expect("a list").iter();
    runs.map(|run| run["run"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn a_run_that_wrote_is_listed_and_shown_before_and_after() {
    let place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)]);
    let none = place.done("runs");
    assert_eq!(none.stdout, "No run is kept that wrote anything.\n");
    place.done("apply --auto-approve");
    // What writes nothing is no run to be kept.
    place.done("apply --auto-approve");
    place.edit("desk.yaml", "Answers", "Other answers");
    place.done("apply --auto-approve");
    let names = names(&place);
    assert_eq!(names.len(), 2);
    let list = place.done("runs").stdout;
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.lines().all(|line| line.contains(" applied")), "{list}");
    let shown = place.done(&format!("runs show {}", names[0])).stdout;
    for words in [
        "update departments/Support",
        "Answers",
        "Other answers",
        "came to: applied",
        "1 of 1 step applied.",
        "organization: 700001",
    ] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    let json = place.done(&format!("runs show {} --format json", names[0]));
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["results"][0]["result"], "applied");
    let change = &json["plan"]["steps"][0]["changes"][0];
    assert_eq!(change["before"], "Answers");
    assert_eq!(change["after"], "Other answers");
    let markdown = place.done(&format!("runs show {} --format markdown", names[0]));
    assert!(
        markdown
            .stdout
            .contains("- update `departments/Support`: applied"),
        "{markdown}"
    );
}

#[test]
fn the_beginning_of_a_name_is_enough_where_it_is_one_runs_alone() {
    let place = applied();
    let name = names(&place).remove(0);
    place.done(&format!("runs show {}", &name[..name.len() - 2]));
    for (word, told) in [
        ("nothing", "no run `nothing` is kept"),
        ("../../secret", "no run `../../secret` is kept"),
    ] {
        let refused = place.refused(&format!("runs show {word}"));
        assert!(refused.stderr.contains(told), "{refused}");
    }
    place.edit("desk.yaml", "Answers", "Other answers");
    place.done("apply --auto-approve");
    let refused = place.refused("runs show 2");
    assert!(
        refused.stderr.contains("2 runs begin with `2`"),
        "{refused}"
    );
}

#[test]
fn as_many_runs_are_kept_as_the_project_says() {
    let project = PROJECT.replace("enterprise}}", "enterprise}, history: {keep: 2}}");
    let place = Place::with(&[("deskform.yaml", &project), ("desk.yaml", DESK)]);
    let mut all = Vec::new();
    for text in ["Answers", "Others", "More", "Less"] {
        let desk = DESK.replace("Answers", text);
        fs::write(place.path("desk.yaml"), desk).expect("a file");
        place.done("apply --auto-approve");
        all.insert(0, names(&place).remove(0));
    }
    assert_eq!(names(&place), all[..2]);
}

#[test]
fn no_secret_is_kept() {
    let desk = "\
webhooks:
  hook: {name: Hook, url: 'https://hooks.example.com/${secret.HOOK_KEY}', subscriptions: {Ticket_Add: {}}}
";
    let mut place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", desk)]);
    place.set("HOOK_KEY", "s3cr3t-value-1");
    place.done("apply --auto-approve");
    place.set("HOOK_KEY", "s3cr3t-value-2");
    place.done("apply --auto-approve");
    let names = names(&place);
    for name in &names {
        for format in ["text", "json", "markdown"] {
            let shown = place.done(&format!("runs show {name} --format {format}"));
            assert!(!shown.stdout.contains("s3cr3t-value"), "{shown}");
        }
        let kept = place.read(&format!(".deskform/history/local/{name}.json"));
        assert!(!kept.contains("s3cr3t-value"), "{kept}");
    }
}

#[test]
fn a_person_is_taken_out_of_the_ledger_and_of_past_runs() {
    let place = applied();
    let forgotten = place.done("ledger forget contacts/jane.doe@example.com --purge");
    assert!(
        forgotten.stdout.contains("Taken out of 1 past run.")
            || forgotten.stderr.contains("Taken out of 1 past run."),
        "{forgotten}"
    );
    let name = names(&place).remove(0);
    let kept = place.read(&format!(".deskform/history/local/{name}.json"));
    assert!(!kept.contains("jane.doe"), "{kept}");
    assert!(kept.contains("Example Corporation"), "{kept}");
    place.done(&format!("runs show {name}"));
    // What is owned no more may still be in what is kept.
    place.done("ledger forget 'accounts/Example Corporation'");
    place.done("ledger forget 'accounts/Example Corporation' --purge");
    let kept = place.read(&format!(".deskform/history/local/{name}.json"));
    assert!(!kept.contains("accounts/Example"), "{kept}");
    // A slip is no success.
    let slip = place.run("ledger forget contacts/jane.do@example.com --purge");
    assert_eq!(slip.code, 1, "{slip}");
    assert!(
        slip.stderr
            .contains("neither the ledger nor a past run knows `contacts/jane.do@example.com`"),
        "{slip}"
    );
}

#[test]
fn what_cannot_be_understood_is_told_and_stops_nothing() {
    let place = applied();
    let name = names(&place).remove(0);
    let file = place.path(&format!(".deskform/history/local/{name}.json"));
    for (text, told) in [
        ("{\"formatVersion\": 2}", "format version 2"),
        ("{", "it is damaged"),
        ("[1]", "it is damaged"),
    ] {
        fs::write(&file, text).expect("a file");
        let list = place.done("runs").stdout;
        assert!(list.contains(told), "{list}");
        let refused = place.refused(&format!("runs show {name}"));
        assert!(refused.stderr.contains(told), "{refused}");
        place.edit("desk.yaml", "Answers", "Answers!");
        place.done("apply --auto-approve");
    }
}
