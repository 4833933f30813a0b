//! The codes of problems, with what the files of `tests/invalid` make of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use deskform::config::{Environment, Project};
use deskform::manifest::{Sources, compose, files};
use deskform::problem::{Code, Problem, Severity};
use deskform::yaml::Source;

use super::command::repository;
use super::files::local;
use super::page::Page;

pub(crate) fn page() -> Page {
    let mut page = Page::new("Problems");
    page.paragraph(
        "Each problem has a code that stays. `--log-format json` shows it, and `deskform explain CODE` tells its sentence. The way out stands below the message, as in the examples here. [JSON](json.md) describes the lines.",
    );
    let examples = examples();
    for code in Code::ALL {
        page.heading(2, code.as_str());
        page.paragraph(code.sentence());
        let Some(example) = examples.get(code) else {
            continue;
        };
        let level = match example.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut shown = format!("{level}: {}", example.message);
        if let Some(help) = &example.help {
            shown = format!("{shown}\nhelp: {help}");
        }
        page.paragraph("For instance:");
        page.block("text", &shown);
    }
    page
}

/// One example of each code that files may bring about: the shortest that tells the way out.
fn examples() -> BTreeMap<Code, Problem> {
    let mut found: BTreeMap<Code, Problem> = BTreeMap::new();
    let mut paths: Vec<_> = fs::read_dir(repository().join("tests/invalid"))
        .expect("the defects")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_none_or(|end| end == "yaml"))
        .collect();
    paths.sort();
    for path in paths {
        let problems = if path.is_dir() {
            in_folder(&path)
        } else {
            in_file(&path)
        };
        for problem in problems {
            let weight = |one: &Problem| (one.help.is_none(), one.message.len());
            let is_better = found
                .get(&problem.code)
                .is_none_or(|have| weight(&problem) < weight(have));
            if is_better && problem.message.len() < 200 {
                found.insert(problem.code, problem);
            }
        }
    }
    assert!(found.len() > 50, "{} codes have an example", found.len());
    found
}

/// What is wrong with sources, or remarkable.
fn composed(sources: &Sources, environment: &Environment) -> Vec<Problem> {
    match compose(sources, environment, &|_| None) {
        Ok(desired) => {
            let credentials = environment.credentials(&|_| None).err();
            let mut problems = desired.warnings;
            problems.extend(credentials.unwrap_or_default().list);
            problems
        }
        Err(problems) => problems.list,
    }
}

/// A manifest beside a project of its own.
fn in_file(path: &Path) -> Vec<Problem> {
    let name = path.file_name().and_then(|name| name.to_str());
    let text = fs::read(path).expect("a manifest");
    let sources = Sources {
        base: vec![Source::new(name.expect("a name"), &text)],
        overlays: Vec::new(),
    };
    composed(&sources, &local())
}

/// A folder with a project file, and with the name of an environment where one is asked for.
fn in_folder(path: &Path) -> Vec<Problem> {
    let project = match Project::read(path).0 {
        Ok(project) => project,
        Err(problems) => return problems.list,
    };
    let name = fs::read_to_string(path.join("environment")).ok();
    let environment = match project.environment(name.as_deref().map(str::trim)) {
        Ok(environment) => environment,
        Err(problem) => return vec![problem],
    };
    match files(&project, environment) {
        Ok(sources) => composed(&sources, environment),
        Err(problems) => problems.list,
    }
}
