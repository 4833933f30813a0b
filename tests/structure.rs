//! What holds for the sources as a whole.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

#[path = "structure/kinds.rs"]
mod kinds;
#[path = "structure/tokens.rs"]
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
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

/// The top-level module that a file of `src` belongs to.
fn module_of(path: &Path, root: &Path) -> Option<String> {
    let first = path.strip_prefix(root).ok()?.iter().next()?.to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

/// Which top-level modules each top-level module names, with the file that does.
fn names_of_modules(root: &Path) -> BTreeMap<String, BTreeMap<String, PathBuf>> {
    let mut edges: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for path in rust_files(root)
        .into_iter()
        .filter(|path| !is_for_tests(path))
    {
        let from = module_of(&path, root).expect("a module");
        let source = program(&fs::read_to_string(&path).expect("a source"));
        let own = edges.entry(from.clone()).or_default();
        for piece in source.split("crate::").skip(1) {
            let name: String = piece
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if !name.is_empty() && name != from {
                own.entry(name).or_insert_with(|| path.clone());
            }
        }
        assert!(
            !source.contains("use crate::{"),
            "{}: write one `use crate::module::…` a module",
            path.display()
        );
    }
    edges
}

#[test]
fn top_level_modules_form_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut edges = names_of_modules(&root);
    assert!(edges.len() > 20, "{} modules", edges.len());
    // What names nothing that is left goes, until nothing is left, or a circle.
    loop {
        let left: BTreeSet<String> = edges.keys().cloned().collect();
        let before = edges.len();
        edges.retain(|_, names| names.keys().any(|name| left.contains(name)));
        if edges.len() == before {
            break;
        }
    }
    let circle: Vec<String> = edges
        .iter()
        .flat_map(|(from, names)| {
            let names = names.iter().filter(|(name, _)| edges.contains_key(*name));
            names.map(move |(to, path)| format!("{from} -> {to} ({})", path.display()))
        })
        .collect();
    assert!(
        circle.is_empty(),
        "modules name each other in a circle:\n{}",
        circle.join("\n")
    );
}

/// The file of a test that is named `module::name` (in `tests`) or `src/file.rs::name`.
fn has_test(name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some((file, name)) = name.rsplit_once("::") else {
        return false;
    };
    let paths = if file.starts_with("src/") {
        vec![root.join(file)]
    } else {
        let module = file.replace("::", "/");
        ["", "/main"]
            .map(|end| root.join(format!("tests/{module}{end}.rs")))
            .into()
    };
    let attribute = format!("\nfn {name}(");
    let indented = format!(" fn {name}(");
    paths.iter().any(|path| {
        let source = fs::read_to_string(path).unwrap_or_default();
        [&attribute, &indented].iter().any(|start| {
            source
                .split_once(start.as_str())
                .is_some_and(|(before, _)| {
                    // The attributes stand right above.
                    let above = before.rsplit("\n\n").next().unwrap_or_default();
                    above.contains("#[test]") || above.contains("#[tokio::test")
                })
        })
    })
}

/// Each line of the threat model has its tests, and they are there.
#[test]
fn every_line_of_the_threat_model_is_held_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/security.md")).expect("the page");
    let (_, lines) = page.split_once("\n## ").expect("a chapter");
    let mut count = 0;
    for line in lines.split("\n- ").skip(1) {
        count += 1;
        let held = line.split_once("<!-- held by ").map(|(_, held)| held);
        let held = held.and_then(|held| held.split_once(" -->"));
        let (names, _) = held.unwrap_or_else(|| panic!("no test holds this: {line}"));
        for name in names.split_whitespace() {
            assert!(has_test(name), "`{name}` is not there: {line}");
        }
    }
    assert!(count >= 20, "{count} lines");
    assert!(page.lines().count() <= 120, "it is to be read");
    // The check can fail.
    for name in [
        "structure::every_code_is_used",
        "src/safe.rs::nothing_hidden_is_left",
    ] {
        assert!(has_test(name), "{name}");
    }
    for name in [
        "structure::has_test",
        "structure::nothing",
        "nowhere::x",
        "src/safe.rs::safe",
    ] {
        assert!(!has_test(name), "{name}");
    }
}

/// Every test that the list of acceptance names is there: a line without its test is open.
#[test]
fn every_test_of_the_acceptance_list_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("tests/acceptance.md")).expect("the list");
    let (_, list) = list.split_once("\n## ").expect("a chapter");
    let mut count = 0;
    let mut file = None;
    let mut lacking = Vec::new();
    for piece in list.split('`').skip(1).step_by(2) {
        let (path, name) = if let Some((module, name)) = piece.rsplit_once("::") {
            let module = module.replace("::", "/");
            let path = ["", "/main"].map(|end| root.join(format!("tests/{module}{end}.rs")));
            (path.into_iter().find(|path| path.exists()), name)
        } else if piece.starts_with("src/") {
            file = Some(root.join(piece));
            continue;
        } else if piece.starts_with("case_") {
            (file.clone(), piece)
        } else {
            continue;
        };
        count += 1;
        let source = path.and_then(|path| fs::read_to_string(path).ok());
        if !source.is_some_and(|source| source.contains(&format!("fn {name}("))) {
            lacking.push(piece.to_owned());
        }
    }
    assert!(count > 50, "{count} tests are named");
    assert!(lacking.is_empty(), "these are not there: {lacking:?}");
}
