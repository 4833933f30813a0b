//! README.md and `examples/` as a stranger meets them: what they say is run.
//!
//! A block after `<!-- shown: ARGS -->` is the output of `deskform ARGS` beside the repository's
//! `examples`; `DESKFORM_BLESS=1 cargo test --test readme` writes it anew.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use std::fs;
use std::path::Path;

use clap::Parser as _;
use command::{Place, repository, words};
use deskform::cli::Cli;
use deskform::problem::exit;
use serde_json::Value;

/// A fenced block.
#[derive(Debug)]
struct Block {
    language: String,
    /// Without the indent of its fence.
    text: String,
    /// The command line of the comment before it.
    shown: Option<String>,
}

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).expect("README.md")
}

/// The pages of `docs` with their names.
fn pages() -> Vec<(String, String)> {
    let entries = fs::read_dir(repository().join("docs")).expect("docs");
    let mut pages: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry").path())
        // What lies in `docs/reference` is generated: tests/reference.rs looks after it.
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            let text = fs::read_to_string(&path).expect("a page");
            (format!("docs/{}", name.expect("a name")), text)
        })
        .collect();
    pages.sort();
    assert!(!pages.is_empty());
    pages
}

fn blocks(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut lines = text.lines();
    let mut shown = None;
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        if let Some(command) = trimmed
            .strip_prefix("<!-- shown: ")
            .and_then(|rest| rest.strip_suffix(" -->"))
        {
            shown = Some(command.to_owned());
        } else if let Some(language) = trimmed.strip_prefix("```") {
            let indent = line.len() - trimmed.len();
            let text = lines
                .by_ref()
                .take_while(|line| line.trim_start() != "```")
                .map(|line| format!("{}\n", line.get(indent..).unwrap_or_default()))
                .collect::<Vec<_>>()
                .concat();
            out.push(Block {
                language: language.to_owned(),
                text,
                shown: shown.take(),
            });
        }
    }
    out
}

/// Checks that the command line takes these words.
fn parse(line: &str) {
    let words = words(line);
    if let Err(error) = Cli::try_parse_from(&words)
        && error.use_stderr()
    {
        panic!("`{line}` is no command of deskform: {error}");
    }
}

/// The command of a line of a shell: without comment and what it is piped into.
fn command_of(line: &str) -> &str {
    [" #", " | ", " > ", " >> ", " 2>"]
        .iter()
        .fold(line, |line, mark| line.split(mark).next().unwrap_or(line))
        .trim()
}

#[test]
fn commands_are_commands() {
    let text = readme();
    assert!(are_commands(&text) >= 8);
    for (_, page) in pages() {
        are_commands(&page);
    }
}

/// Checks all commands of a page, and counts those in blocks.
fn are_commands(text: &str) -> usize {
    let mut count = 0;
    for block in blocks(text) {
        if !matches!(block.language.as_str(), "sh" | "console") {
            continue;
        }
        for line in block.text.lines().map(command_of) {
            match line.split_once(' ') {
                Some(("cargo", "test --locked") | ("export", _)) => {}
                Some(("cargo", rest)) => {
                    let rest = rest.strip_prefix("run --release -- ").expect("a run");
                    parse(&format!("deskform {rest}"));
                }
                Some(("deskform", _)) => parse(line),
                _ => panic!("what is `{line}`?"),
            }
            count += 1;
        }
    }
    // In running text as well.
    let subcommands = ["plan", "apply", "drift", "export", "validate", "auth"];
    for code in text.split('`').skip(1).step_by(2) {
        match code.split_once(' ') {
            Some(("deskform", _)) => parse(code),
            Some((first, _)) if subcommands.contains(&first) => parse(&format!("deskform {code}")),
            _ => {}
        }
    }
    count
}

/// The scopes to paste are those that the command prints, and they change with the tables.
#[test]
fn the_scopes_are_those_that_are_printed() {
    let text = readme();
    let command = "auth scopes --kinds all";
    assert!(text.contains(&format!("`deskform -e sandbox {command}` prints")));
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
    let text = readme();
    let blocks = blocks(&text);
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
    assert!(run.stdout.contains("\nApplied 15 of 15 steps."), "{run}");
    // It can be run again.
    let run = place.done(options);
    assert!(run.report().starts_with("No changes: "), "{run}");
}

#[test]
fn what_is_shown_is_what_comes_out() {
    let text = readme();
    let place = Place::examples();
    let mut fresh = text.clone();
    let mut count = 0;
    for block in blocks(&text) {
        let Some(line) = block.shown else { continue };
        count += 1;
        let output = place.done(&line).stdout;
        let before = format!("<!-- shown: {line} -->\n```{}\n", block.language);
        fresh = fresh.replacen(
            &format!("{before}{}```", block.text),
            &format!("{before}{output}```"),
            1,
        );
    }
    assert!(count > 0, "nothing is shown");
    if std::env::var_os("DESKFORM_BLESS").is_some() {
        fs::write(repository().join("README.md"), &fresh).expect("README.md");
    } else {
        assert!(
            fresh == text,
            "README.md shows something else:\n{}",
            similar::TextDiff::from_lines(&text, &fresh)
                .unified_diff()
                .context_radius(3)
        );
    }
}

#[test]
fn yaml_blocks_are_valid() {
    let mut project = "environments: {local: {simulator: {dialect: openapi}}}\n".to_owned();
    let mut manifests = Vec::new();
    for block in blocks(&readme()) {
        if block.language != "yaml" {
            continue;
        }
        if block.text.starts_with("environments:") {
            project = block.text;
        } else {
            manifests.push(block.text);
        }
    }
    assert!(!manifests.is_empty());
    for manifest in manifests {
        let place = Place::with(&[("deskform.yaml", &project), ("desk.yaml", &manifest)]);
        let run = place.done("validate");
        assert_eq!(run.stderr, "", "{run}");
        assert!(run.stdout.contains("3 resources"), "{run}");
    }
}

#[test]
fn the_table_of_exit_codes() {
    let codes: Vec<u8> = readme()
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(
        codes,
        [exit::OK, exit::ERROR, exit::DIFFERENCE, exit::PARTIAL]
    );
}

#[test]
fn links_lead_somewhere() {
    let text = readme();
    let mut count = 0;
    for (folder, page) in [("", text.clone())]
        .into_iter()
        .chain(pages().into_iter().map(|(_, page)| ("docs", page)))
    {
        for target in page.split("](").skip(1) {
            let target = target.split(')').next().expect("a link");
            if target.starts_with("https://") {
                continue;
            }
            count += 1;
            let path = repository().join(folder).join(target);
            assert!(path.exists(), "{target}");
        }
    }
    assert!(count >= 6);
    for (name, _) in pages() {
        assert!(
            text.contains(&format!("]({name})")),
            "nothing leads to {name}"
        );
    }
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("Cargo.toml");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))
        .expect("a version");
    assert!(
        text.contains(&format!("Rust {version} or newer")),
        "{version}"
    );
}

/// Validates, plans, applies the saved plan and plans again; gives the steps that are left.
fn converge(place: &Place, example: &str, environment: &str) -> Vec<Value> {
    let deskform =
        |line: &str| place.done(&format!("-C examples/{example} -e {environment} {line}"));
    deskform("validate");
    let first = deskform("plan --out plan.json");
    assert!(first.stdout.contains("+ create "), "{first}");
    deskform("apply plan.json");
    let after = deskform("plan --format json");
    let plan: Value = serde_json::from_str(&after.stdout).expect("JSON");
    let steps = plan["steps"].as_array().expect("steps");
    if steps.is_empty() {
        deskform("plan --detailed-exitcode");
    }
    steps.clone()
}

#[test]
fn examples_converge() {
    for (example, environment, by_hand) in [
        ("acme", "local", 0),
        ("acme", "local-openapi", 3),
        ("minimal", "local", 0),
        ("promotion", "sandbox", 0),
        ("promotion", "production", 0),
    ] {
        let place = Place::examples();
        let left = converge(&place, example, environment);
        assert_eq!(left.len(), by_hand, "{example} {environment}: {left:#?}");
        assert!(
            left.iter().all(|step| step["verb"] == "manual"),
            "{left:#?}"
        );
    }
    // All in one folder, one after the other, get in nobody's way either.
    let place = Place::examples();
    for environment in ["sandbox", "production"] {
        assert!(converge(&place, "promotion", environment).is_empty());
    }
}

#[test]
fn production_needs_its_secrets() {
    let mut place = Place::examples();
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
