//! `docs/reference`: every page is generated from the tables that the program works by.
//!
//! `DESKFORM_BLESS=1 cargo test --test reference` writes the pages anew. Without it they are compared,
//! and a page too many fails as well as one too few.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what does not hold in a helper fails the test"
)]

#[path = "../command/mod.rs"]
mod command;
mod commands;
mod files;
mod formats;
mod kinds;
mod links;
mod page;
mod problems;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use command::repository;
use deskform::kind::KINDS;
use deskform::problem::{Code, exit};
use deskform::report::topics::TOPICS;
use page::{Page, cell, cells, row, table};

/// The pages by their paths below `docs/reference`.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut add = |path: &str, page: Page| {
        let before = pages.insert(path.to_owned(), page.text(path));
        assert!(before.is_none(), "{path} is written twice");
    };
    add("README.md", index());
    add("kinds/README.md", kinds::index());
    for kind in KINDS {
        add(&format!("kinds/{}.md", kind.collection), kinds::page(kind));
    }
    add("project-file.md", files::project());
    add("manifests.md", files::manifests());
    add("commands.md", commands::page());
    add("problems.md", problems::page());
    add("json.md", formats::page());
    pages
}

fn index() -> Page {
    let mut page = Page::new("Reference");
    page.paragraph(
        "What deskform knows, in tables. `deskform explain WHAT` tells the same on a terminal.",
    );
    page.table(
        &["page", "what it lists"],
        &[
            row([
                "[Kinds](kinds/README.md)",
                "the kinds that manifests declare, each with its fields",
            ]),
            row([
                "[Manifests](manifests.md)",
                "what manifests and overlays hold besides kinds",
            ]),
            row([
                "[Project file](project-file.md)",
                "the keys of `deskform.yaml`",
            ]),
            row([
                "[Commands](commands.md)",
                "commands, options, environment variables and exit codes",
            ]),
            row([
                "[Problems](problems.md)",
                "the codes of problems, each with an example",
            ]),
            row([
                "[JSON](json.md)",
                "what programs can read: plans, ledgers, reports and log lines",
            ]),
        ],
    );
    page
}

fn folder() -> PathBuf {
    repository().join("docs/reference")
}

/// The files below a folder, by their paths from there.
fn files_below(root: &Path) -> BTreeMap<String, PathBuf> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(root).expect("a path below");
                let below: Vec<&str> = below.iter().filter_map(|part| part.to_str()).collect();
                files.insert(below.join("/"), path);
            }
        }
    }
    files
}

#[test]
fn every_page_is_current_and_none_is_left_over() {
    let fresh = pages();
    let there = files_below(&folder());
    if std::env::var_os("DESKFORM_BLESS").is_some() {
        for (_, path) in there.iter().filter(|(name, _)| !fresh.contains_key(*name)) {
            fs::remove_file(path).expect("a file");
        }
        for (name, text) in &fresh {
            let path = folder().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a page");
        }
        return;
    }
    let again = "run DESKFORM_BLESS=1 cargo test --test reference";
    let over: Vec<&String> = there
        .keys()
        .filter(|name| !fresh.contains_key(*name))
        .collect();
    assert!(over.is_empty(), "{over:?} are left over; {again}");
    for (name, text) in &fresh {
        let found = there
            .get(name)
            .map(|path| fs::read_to_string(path).expect("a page"));
        let found = found.unwrap_or_default();
        assert!(
            found == *text,
            "docs/reference/{name} is not current; {again}\n{}",
            similar::TextDiff::from_lines(&found, text)
                .unified_diff()
                .context_radius(2)
        );
    }
}

#[test]
fn every_page_says_that_it_is_generated() {
    for (name, text) in pages() {
        let first: Vec<&str> = text.lines().take(3).collect();
        let first = first.join("\n");
        assert!(
            first.contains("DESKFORM_BLESS=1 cargo test --test reference"),
            "{name}: {first}"
        );
    }
}

/// The first cells of the rows of a page.
fn first_cells(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.filter_map(|line| cells(line).into_iter().next())
        .collect()
}

fn headings(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter(|line| line.starts_with('#'));
    lines
        .map(|line| line.trim_start_matches('#').trim())
        .collect()
}

/// Counted over the registries: what is new in one of them and on no page fails here.
#[test]
fn everything_that_there_is_has_its_place() {
    let pages = pages();
    let index = &pages["kinds/README.md"];
    for kind in KINDS {
        let page = &pages[&format!("kinds/{}.md", kind.collection)];
        assert!(
            index.contains(&format!("]({}.md)", kind.collection)),
            "{kind:?}"
        );
        let first = first_cells(page);
        for field in kind.fields {
            assert!(
                first.contains(&format!("`{}`", field.name)),
                "{kind:?}: {}",
                field.name
            );
        }
    }
    let of_files = [&pages["project-file.md"], &pages["manifests.md"]];
    for topic in TOPICS {
        let home = of_files
            .iter()
            .filter(|page| headings(page).contains(&*files::title(topic)));
        assert_eq!(home.clone().count(), 1, "{}", topic.name);
        let first: BTreeSet<String> = home.flat_map(|page| first_cells(page)).collect();
        for word in topic.words {
            assert!(
                first.contains(&format!("`{}`", word.name)),
                "{}.{}",
                topic.name,
                word.name
            );
        }
    }
    let codes = headings(&pages["problems.md"]);
    for code in Code::ALL {
        assert!(codes.contains(code.as_str()), "{code}");
    }
    let page = &pages["commands.md"];
    for (path, command) in commands::all() {
        assert!(headings(page).contains(path.as_str()), "{path}");
        for argument in command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set())
        {
            if let Some(long) = argument.get_long() {
                assert!(page.contains(&format!("--{long}")), "{path} --{long}");
            }
        }
    }
    for (code, _) in exit::ALL {
        assert!(first_cells(page).contains(&code.to_string()), "{code}");
    }
}

/// What the sources ask the environment for has its line.
#[test]
fn every_variable_of_deskforms_own_has_its_place() {
    let first = first_cells(&pages()["commands.md"]);
    let mut names = BTreeSet::new();
    for path in files_below(&repository().join("src")).into_values() {
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let source = fs::read_to_string(path).expect("a source");
        for piece in source.split("DESKFORM_").skip(1) {
            let end = piece.find(|c: char| !c.is_ascii_uppercase() && c != '_');
            let name = &piece[..end.unwrap_or(piece.len())];
            if !name.is_empty() && name != "BLESS" {
                names.insert(format!("`DESKFORM_{name}`"));
            }
        }
    }
    assert!(names.len() >= 9, "{names:?}");
    let lacking: Vec<&String> = names.iter().filter(|name| !first.contains(*name)).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}

/// A reader finds something in every cell, and every row has the cells of its head.
#[test]
fn tables_are_whole() {
    for (name, text) in pages() {
        let mut width = None;
        let mut seen = BTreeSet::new();
        for line in text.lines() {
            if !line.starts_with('|') {
                width = None;
                seen.clear();
                continue;
            }
            let cells = cells(line);
            let expected = *width.get_or_insert(cells.len());
            assert_eq!(cells.len(), expected, "{name}: {line}");
            let says = |cell: &String| cell.contains(|c: char| c.is_alphanumeric() || c == '-');
            assert!(cells.iter().all(says), "{name}: {line}");
            assert!(seen.insert(line.to_owned()), "{name}: twice {line}");
        }
    }
}

/// Words of the sources, and what Markdown would take for a tag.
#[test]
fn pages_are_plain_words() {
    for (name, text) in pages() {
        let mut fenced = false;
        for line in text.lines().skip(3) {
            if line.starts_with("```") {
                fenced = !fenced;
            }
            if fenced || line.starts_with("    ") {
                continue;
            }
            for word in [
                "Option<", "Some(", "None,", "Vec<", "::", "&'static", "impl ", "struct ",
            ] {
                assert!(!line.contains(word), "{name}: `{word}` in {line}");
            }
            // A name in brackets that is no link is one of the sources' own.
            assert!(!line.replace("`](", "").contains("`]"), "{name}: {line}");
            let outside: String = line.split('`').step_by(2).collect();
            let plain = outside
                .replace("<br>", "")
                .replace("<a id=", "")
                .replace("\"></a>", "");
            assert!(!plain.contains('<'), "{name}: {line}");
        }
        assert!(!fenced, "{name}: a block is not closed");
    }
}

#[test]
fn a_cell_keeps_its_bar_and_stays_in_its_line() {
    let shown = table(&["a", "b"], &[vec![cell("x | y\nz"), cell("`p|q`")]]);
    let line = shown.lines().last().expect("a row");
    assert_eq!(cells(line), ["x | y z", "`p|q`"]);
}
