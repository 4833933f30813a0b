//! What holds for the sources as a whole.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, iter};

use deskform::problem::Code;

/// Lists the Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Tells whether a file below `src` holds nothing but tests.
fn is_for_tests(path: &Path) -> bool {
    path.iter()
        .filter_map(|part| part.to_str())
        .any(|part| part == "tests" || part.ends_with("tests.rs"))
}

/// Takes comments and the tests at the end out of a source.
fn program(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests {").next();
    source
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Lists the names that follow each `Code::` in a source.
fn codes_in(source: &str) -> impl Iterator<Item = &str> {
    let mut rest = source;
    iter::from_fn(move || {
        let (before, after) = rest.split_once("Code::")?;
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(after.len());
        let (name, behind) = after.split_at(end);
        rest = behind;
        // Another type's name may end in the same word.
        let is_whole = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        Some(if is_whole { name } else { "" })
    })
}

#[test]
fn every_code_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let problem = root.join("problem");
    let mut used = BTreeSet::new();
    for path in rust_files(&root) {
        let below = path.strip_prefix(&root).expect("a path below `src`");
        if path.starts_with(&problem) || is_for_tests(below) {
            continue;
        }
        let source = program(&fs::read_to_string(&path).expect("a source"));
        used.extend(codes_in(&source).map(str::to_owned));
    }
    let unused: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !used.contains(&format!("{code:?}")))
        .collect();
    assert!(unused.is_empty(), "no problem has these codes: {unused:?}");
}
