//! Manifests named by their defect, each beside its whole report.
//!
//! A defect is a file, or a folder with a project file and several files; a file `environment` in
//! the folder names the environment that is asked for. `DESKFORM_BLESS=1` rewrites the reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deskform::config::{PROJECT_FILE, Project};
use deskform::manifest::{Sources, compose, files};
use deskform::problem::Problems;
use deskform::report::problems::render;
use deskform::yaml::Source;

const PROJECT: &str = "environments: {local: {simulator: {}, variables: {hook_host: hooks.example.com, parent: Support}}}";

/// The value of every secret; no report may show it.
const SECRET: &str = "hunter2<secret>";

fn env(name: &str) -> Option<String> {
    match name {
        "HOOK_KEY" => Some(SECRET.to_owned()),
        "REGION" => Some("emea".to_owned()),
        _ => None,
    }
}

fn report(problems: &Problems, text: &dyn Fn(&str) -> Option<Arc<str>>) -> String {
    render(problems, text, false, 100)
}

#[expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the test's own files"
)]
fn file(path: &Path) -> String {
    let project = Project::parse(
        Path::new("."),
        &Source::new(PROJECT_FILE, PROJECT.as_bytes()),
    )
    .expect("the test's own project");
    let name = path.file_name().unwrap().to_str().unwrap();
    let sources = Sources {
        base: vec![Source::new(name, &fs::read(path).unwrap())],
        overlays: Vec::new(),
    };
    match compose(&sources, &project.environments[0], &env) {
        Ok(desired) => report(&desired.warnings.into(), &|file| sources.text(file)),
        Err(problems) => report(&problems, &|file| sources.text(file)),
    }
}

fn folder(path: &Path) -> String {
    let (project, text) = Project::read(path);
    let of_project = |file: &str| text.clone().filter(|_| file == PROJECT_FILE);
    let project = match project {
        Ok(project) => project,
        Err(problems) => return report(&problems, &of_project),
    };
    let name = fs::read_to_string(path.join("environment")).ok();
    let environment = match project.environment(name.as_deref().map(str::trim)) {
        Ok(environment) => environment,
        Err(problem) => return report(&problem.into(), &of_project),
    };
    let sources = match files(&project, environment) {
        Ok(sources) => sources,
        Err(problems) => return report(&problems, &of_project),
    };
    let text = |file: &str| sources.text(file).or_else(|| of_project(file));
    match compose(&sources, environment, &env) {
        Ok(desired) => {
            let mut problems = desired.warnings;
            problems.extend(environment.credentials(&env).err().unwrap_or_default().list);
            report(&problems.into(), &text)
        }
        Err(problems) => report(&problems, &text),
    }
}

#[test]
fn every_defect_has_its_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid");
    let mut defects: Vec<PathBuf> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|end| end != "txt"))
        .collect();
    defects.sort();
    assert!(defects.len() >= 45, "only {} defects", defects.len());
    let bless = std::env::var_os("DESKFORM_BLESS").is_some();
    let mut failures = Vec::new();
    for path in defects {
        let found = if path.is_dir() {
            folder(&path)
        } else {
            file(&path)
        };
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!found.trim().is_empty(), "{name} is valid");
        assert!(!found.contains(SECRET), "{name} shows a secret");
        let beside = path.with_extension("txt");
        if bless {
            fs::write(&beside, &found).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if expected != found {
            failures.push(format!(
                "=== {name}: expected\n{expected}--- found\n{found}"
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{}\nrun DESKFORM_BLESS=1 cargo test --test invalid, and read what changed",
        failures.join("\n")
    );
}

#[test]
fn every_report_has_its_defect() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid");
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "txt") {
            assert!(
                path.with_extension("yaml").exists() || path.with_extension("").is_dir(),
                "{} has no manifest",
                path.display()
            );
        }
    }
}
