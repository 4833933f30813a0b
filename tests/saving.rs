//! Saved plans, errors for programs, and what a project begins with.

#![expect(clippy::unwrap_used, reason = "a test panics to fail")]

mod command;

use command::{DESK, Place};
use deskform::report::output_schema::log_schema;
use serde_json::Value;

const PROJECT: &str = "environments: {local: {simulator: {dialect: openapi}}}\n";

fn place() -> Place {
    Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)])
}

#[test]
fn a_saved_plan_says_where_it_is_and_what_comes_next() {
    let place = place();
    let run = place.done("plan --out plan.json");
    assert!(
        run.stderr
            .contains("saved as plan.json: deskform apply plan.json\n"),
        "{run}"
    );
    let run = place.done("-e local plan --out plan.json");
    assert!(
        run.stderr.contains(": deskform -e local apply plan.json\n"),
        "{run}"
    );
    let run = place.done("-q plan --out plan.json");
    assert!(!run.stderr.contains("saved"), "{run}");
    place.done("apply plan.json");
}

#[test]
fn a_plan_is_saved_in_a_file_of_a_folder_that_is_there() {
    let place = place();
    for (out, words) in [
        ("nowhere/plan.json", "is no folder"),
        ("desk.yaml/plan.json", "is no folder"),
        (".", "is a folder"),
        ("-", "takes a file"),
    ] {
        let run = place.refused(&format!("plan --out {out}"));
        assert!(run.stderr.contains(words), "{run}");
    }
    assert!(!place.path("nowhere").exists());
}

/// The lines of standard error that tell an error, each valid by the schema.
fn errors(run: &command::Run) -> Vec<Value> {
    let schema = jsonschema::validator_for(&log_schema()).unwrap();
    let lines = run.stderr.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .inspect(|line| assert!(schema.is_valid(line), "{line}"))
        .filter(|line: &Value| line["level"] == "error")
        .collect()
}

#[test]
fn every_error_for_programs_is_a_line_with_a_code() {
    let mut place = place();
    place.write(
        "deskform.yaml",
        "environments: {local: {orgId: \"1\", endpoint: {desk: \"http://127.0.0.1:9\", accounts: \"http://127.0.0.1:9\"}}}\n",
    );
    place.set("ZOHO_CLIENT_ID", "1000.A");
    place.set("ZOHO_CLIENT_SECRET", "a-client-secret");
    place.set("ZOHO_REFRESH_TOKEN", "1000.a-refresh-token");
    for (line, code) in [
        ("--log-format json plan", "not-sent"),
        ("--log-format json plan --nonsense", "usage"),
        ("plan --nonsense --log-format=json", "usage"),
        ("--log-format json plan --out .", "bad-path"),
    ] {
        let run = place.refused(line);
        let errors = errors(&run);
        assert_eq!(errors.len(), 1, "{run}");
        assert_eq!(errors[0]["code"], code, "{run}");
        assert!(errors[0]["places"].is_array(), "{run}");
        place.done(&format!("explain {code}"));
    }
    place.set("DESKFORM_LOG_FORMAT", "json");
    let run = place.refused("nonsense");
    assert_eq!(errors(&run)[0]["code"], "usage", "{run}");
    // Help is a result.
    assert_eq!(place.done("plan --help").stderr, "");
}

/// In a project of a real organization a forgotten `-e` does not work on the simulator.
#[test]
fn a_bare_project_has_no_default_environment() {
    let place = Place::empty();
    place.done("init --bare");
    let run = place.refused("--log-format json plan");
    assert_eq!(errors(&run)[0]["code"], "no-default-environment", "{run}");
    assert!(
        place
            .read("deskform.yaml")
            .contains("defaultEnvironment: none")
    );
    place.done("-e local plan");
}
