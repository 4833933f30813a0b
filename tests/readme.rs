//! README.md, `docs` and `examples/` as a stranger meets them: what they say is run.
//!
//! A block after `<!-- shown: ARGS -->` is the output of `deskform ARGS` beside the repository's
//! `examples`; `DESKFORM_BLESS=1 cargo test --test readme` writes it anew. One after `<!-- file: NAME -->`
//! is what the reader writes into that file, or appends to it (`append`).

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what does not hold in a helper fails the test"
)]

mod command;
#[path = "readme/commands.rs"]
mod commands;
#[path = "readme/page.rs"]
mod page;
#[path = "readme/picture.rs"]
mod picture;

use std::fs;
use std::path::Path;

use command::{Place, repository};
use commands::{command_of, parse};
use deskform::problem::exit;
use page::{page, pages};

/// The scopes to paste are those that the command prints, and they change with the tables.
#[test]
fn the_scopes_are_those_that_are_printed() {
    let text = page("docs/getting-started.md").text;
    let command = "auth scopes --kinds all";
    assert!(text.contains(&format!("`deskform -e sandbox {command}`")));
    let (_, shown) = text.split_once("`Desk.").expect("scopes");
    let shown = shown.split('`').next().unwrap_or_default();
    let project = "environments: {sandbox: {dataCenter: us, orgId: \"700001\"}}\n";
    let place = Place::with(&[("deskform.yaml", project)]);
    let run = place.done(&format!("-e sandbox {command}"));
    assert_eq!(format!("Desk.{shown}\n"), run.stdout);
    assert_eq!(
        text.matches("Desk.").count(),
        run.stdout.matches("Desk.").count()
    );
}

#[test]
fn the_two_commands_at_the_top() {
    let readme = page("README.md");
    let (blocks, text) = (readme.blocks(), &readme.text);
    let lines: Vec<&str> = blocks
        .iter()
        .filter(|block| block.language == "console")
        .flat_map(|block| block.text.lines())
        .collect();
    let [demonstration, tests] = lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(tests, "cargo test --locked");
    for line in [demonstration, tests] {
        assert_eq!(text.matches(line).count(), 1, "{line}");
    }
    let place = Place::examples();
    let options = demonstration
        .strip_prefix("cargo run --release -- ")
        .expect("a run");
    let run = place.done(options);
    assert!(run.stdout.contains("\nApplied 55 of 55 steps."), "{run}");
    assert!(!run.stderr.contains("warning"), "{run}");
    // It can be run again.
    let run = place.done(options);
    assert!(run.report().starts_with("No changes: "), "{run}");
}

/// Sentence, picture and commands come first, and the whole is read in a few minutes.
#[test]
fn the_readme_is_short() {
    let text = page("README.md").text;
    assert!(text.lines().count() < 150, "{}", text.lines().count());
    let places = ["# deskform", "![", "cargo run", "cargo test", "\n## "];
    let places = places.map(|mark| text.find(mark).expect(mark));
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(text.matches("![").count(), 1);
}

#[test]
fn what_is_shown_is_what_comes_out() {
    let place = Place::examples();
    let mut count = 0;
    for page in pages() {
        let mut fresh = page.text.clone();
        for block in page.blocks() {
            let note = block.note.as_deref();
            let Some(line) = note.and_then(|note| note.strip_prefix("shown: ")) else {
                continue;
            };
            count += 1;
            let output = place.done(line).stdout;
            let before = format!("<!-- shown: {line} -->\n```{}\n", block.language);
            fresh = fresh.replacen(
                &format!("{before}{}```", block.text),
                &format!("{before}{output}```"),
                1,
            );
        }
        if std::env::var_os("DESKFORM_BLESS").is_some() {
            fs::write(repository().join(&page.name), &fresh).expect("a page");
        } else {
            assert!(
                fresh == page.text,
                "{} shows something else:\n{}",
                page.name,
                similar::TextDiff::from_lines(&page.text, &fresh)
                    .unified_diff()
                    .context_radius(3)
            );
        }
    }
    assert!(count > 0, "nothing is shown");
}

#[test]
fn yaml_blocks_are_valid() {
    for page in pages() {
        for block in page.blocks() {
            if block.language == "yaml" {
                let read = serde_yaml::from_str::<serde_yaml::Value>(&block.text);
                assert!(read.is_ok(), "{}: {read:?}\n{}", page.name, block.text);
            }
        }
    }
    // What the README begins with stands for itself; other pages' files are there when their commands
    // are run.
    let blocks = page("README.md").blocks();
    let first = blocks.iter().find(|block| block.language == "yaml");
    let project = "environments: {local: {simulator: {dialect: openapi}}}\n";
    let place = Place::with(&[
        ("deskform.yaml", project),
        ("desk.yaml", &first.expect("a manifest").text),
    ]);
    let run = place.done("validate");
    assert_eq!(run.stderr, "", "{run}");
    assert!(run.stdout.contains("3 resources"), "{run}");
}

#[test]
fn the_table_of_exit_codes() {
    let codes: Vec<u8> = page("docs/pipelines.md")
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(
        codes,
        [exit::OK, exit::ERROR, exit::DIFFERENCE, exit::PARTIAL]
    );
}

/// Where links lead is held by `reference::links::every_link_leads_to_a_file_and_a_heading`.
#[test]
fn every_page_is_in_the_index_and_the_readme_names_the_compiler() {
    let pages = pages();
    let index = fs::read_to_string(repository().join("docs/README.md")).expect("an index");
    for page in &pages {
        if let Some(name) = page.name.strip_prefix("docs/")
            && name != "README.md"
        {
            assert!(index.contains(&format!("]({name})")), "{name}");
        }
    }
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("Cargo.toml");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))
        .expect("a version");
    let text = &page("README.md").text;
    assert!(
        text.contains(&format!("Rust {version} or newer")),
        "{version}"
    );
}

/// Words that mean something here which they do not mean elsewhere.
const WORDS: &[&str] = &[
    "handle", "ledger", "drift", "dialect", "guard", "seed", "overlay",
];

/// Where a sentence first uses such a word it is in italics, since that sentence explains it.
#[test]
fn words_are_explained_where_they_first_stand() {
    let mut missing = Vec::new();
    // The index has a table of them.
    for page in pages().iter().filter(|page| page.name != "docs/README.md") {
        let prose = page.prose();
        let lower = prose.to_lowercase();
        for word in WORDS {
            let mut places = lower.match_indices(word).map(|(at, _)| at);
            let alone = |at: &usize| {
                let before = lower[..*at].chars().next_back();
                let behind = lower[at + word.len()..].trim_start_matches('s');
                let is_part = |c: char| c.is_alphanumeric() || "-_/.".contains(c);
                !before.is_some_and(is_part)
                    && !behind.starts_with(|c: char| c.is_alphanumeric() || "-_/".contains(c))
            };
            if let Some(at) = places.find(alone)
                && !prose[..at].ends_with('*')
            {
                let line = prose[..at].rsplit('\n').next().unwrap_or_default();
                missing.push(format!("{}: `{word}` behind `{line}`", page.name));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let index = page("docs/README.md").text;
    for word in WORDS {
        assert!(index.contains(&format!("| *{word}* |")), "{word}");
    }
}

/// Validates, plans, applies the saved plan and plans again, without a warning; nothing is left to do.
fn converge(place: &Place, example: &str, environment: &str) {
    let deskform = |line: &str| {
        let run = place.done(&format!("-C examples/{example} -e {environment} {line}"));
        assert!(!run.stderr.contains("warning"), "{run}");
        run
    };
    assert_eq!(deskform("validate").stderr, "");
    let first = deskform("plan --out plan.json");
    assert!(first.stdout.contains("+ create "), "{first}");
    assert!(!first.stdout.contains("! by hand "), "{first}");
    deskform("apply plan.json");
    let after = deskform("plan --detailed-exitcode");
    assert!(after.report().starts_with("No changes: "), "{after}");
    assert_eq!(after.stderr, "", "{after}");
}

#[test]
fn examples_converge() {
    for (example, environment) in [
        ("acme", "local"),
        ("acme", "local-guide"),
        ("minimal", "local"),
        ("promotion", "sandbox"),
        ("promotion", "production"),
    ] {
        converge(&Place::examples(), example, environment);
    }
    // All in one folder, one after the other, get in nobody's way either.
    let place = Place::examples();
    for environment in ["sandbox", "production"] {
        converge(&place, "promotion", environment);
    }
}

#[test]
fn production_needs_its_secrets() {
    let mut place = Place::examples();
    // Its ledger lies in the repository's remote.
    place.in_git();
    let run = place.refused("-C examples/acme -e production plan");
    for name in ["PROD_CLIENT_ID", "PROD_CLIENT_SECRET", "PROD_REFRESH_TOKEN"] {
        assert!(run.stderr.contains(name), "{run}");
    }
    let validated = place.done("-C examples/acme -e production validate");
    assert!(validated.stderr.contains("HOOK_KEY"), "{validated}");
    place.set("HOOK_KEY", "hunter2-hook");
    let validated = place.done("-C examples/acme -e production validate");
    assert_eq!(validated.stderr, "", "{validated}");
}

fn workflow(path: &Path) -> usize {
    let text = fs::read_to_string(path).expect("a workflow");
    let _: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
    let commands = text.lines().filter_map(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        let line = line.strip_prefix("run: ").unwrap_or(line);
        let line = line.strip_prefix("bin/").unwrap_or(line);
        let line = [" | ", " > ", " >> ", " 2>"]
            .iter()
            .fold(line, |line, mark| line.split(mark).next().unwrap_or(line));
        line.starts_with("deskform ").then(|| command_of(line))
    });
    commands.map(parse).count()
}

#[test]
fn workflows_call_commands_that_there_are() {
    let folder = repository().join("examples/workflows");
    assert_eq!(workflow(&folder.join("github/deskform.yml")), 5);
    assert_eq!(workflow(&folder.join("github/deskform-apply.yml")), 3);
    assert_eq!(workflow(&folder.join("github/deskform-build.yml")), 0);
    assert_eq!(workflow(&folder.join("gitlab/.gitlab-ci.yml")), 9);
}
