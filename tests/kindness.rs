//! What the program says to somebody who made a mistake: few words, and the way out.

mod command;

use std::fmt::Write as _;

use command::Place;

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
