//! The codes of problems, with what the files of `tests/invalid` make of them.

use std::collections::BTreeMap;
use std::fs;

use deskform::config::PROJECT_FILE;
use deskform::manifest::{Sources, compose};
use deskform::problem::{Code, Problem, Severity};
use deskform::yaml::Source;

use super::command::repository;
use super::files::local;
use super::page::{Page, slug};

pub(crate) fn page() -> Page {
    let mut page = Page::new("Problems");
    page.paragraph(
        "Each problem has a code that stays. `--log-format json` shows it, and `deskform explain CODE` tells its sentence. [JSON](json.md) describes the lines.",
    );
    let links: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("[`{code}`](#{})", slug(code.as_str())))
        .collect();
    page.paragraph(&links.join(", "));
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
            shown += &format!("\nhelp: {}", help);
        }
        page.paragraph("For instance:");
        page.block("text", &shown);
    }
    page
}

/// One example of each code that a manifest may bring about: the shortest that tells the way out.
fn examples() -> BTreeMap<Code, Problem> {
    let mut found: BTreeMap<Code, Problem> = BTreeMap::new();
    let environment = local();
    let mut paths: Vec<_> = fs::read_dir(repository().join("tests/invalid"))
        .expect("the defects")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    paths.sort();
    for path in paths {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        assert_ne!(name, PROJECT_FILE);
        let text = fs::read(&path).expect("a manifest");
        let sources = Sources {
            base: vec![Source::new(name, &text)],
            overlays: Vec::new(),
        };
        let problems = match compose(&sources, &environment, &|_| None) {
            Ok(desired) => desired.warnings,
            Err(problems) => problems.list,
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
    assert!(found.len() > 25, "{} codes have an example", found.len());
    found
}
