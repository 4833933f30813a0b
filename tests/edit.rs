//! Edits of manifests: what a careful person would have written, byte by byte.
//!
//! A file of `tests/edit` holds the cases of a topic. Each has a text before, a list of edits, and the text
//! after, or why there is none:
//!
//! ```text
//! === what it shows
//! >>> before
//! teams: {A: {}}
//! >>> change
//! - {remove: [teams, A]}
//! >>> after
//! teams: {}
//! ```
//!
//! An edit is `{set: WAY, to: VALUE}`, `{remove: WAY}` or `{rename: WAY, key: KEY}`, in the document
//! `document`. Numbers of a way are items. Behind the title stand in brackets what a file of text cannot show
//! well: `crlf`, `bom`, `open` for a last line without an end, and `again` where the same edits change the
//! text once more. `DESKFORM_BLESS=1` rewrites what comes out.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the test's own files"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use deskform::yaml::edit::{Edit, Spot, Step, edited};
use serde_json::Value;

/// The keys that have a place in maps of a depth.
const ORDER: &[&[&str]] = &[
    &["roles", "departments", "teams", "agents", "webhooks"],
    &[],
    &["name", "description", "department", "members", "active", "limit", "url", "times", "cf"],
    &["monday", "tuesday", "friday", "sunday"],
];

fn order(way: &[Step], key: &str) -> Option<usize> {
    let keys = ORDER.get(way.len())?;
    keys.iter().position(|known| *known == key)
}

/// A case of a topic.
#[derive(Debug, Default)]
struct Case {
    title: String,
    before: String,
    change: String,
    after: String,
    is_refused: bool,
}

impl Case {
    fn is(&self, flag: &str) -> bool {
        let flags = self.title.rsplit_once('(').map(|(_, flags)| flags);
        flags.is_some_and(|flags| flags.trim_end_matches(')').split(", ").any(|one| one == flag))
    }

    /// A text as the flags of the title have it.
    fn meant(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.is("open") {
            text.pop();
        }
        if self.is("crlf") {
            text = text.replace('\n', "\r\n");
        }
        let mark = if self.is("bom") { "\u{feff}" } else { "" };
        format!("{mark}{text}")
    }

    /// A text that came out as the file shows it.
    fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.is("crlf") {
            // What is left of a carriage return is seen.
            text = text.replace("\r\n", "\u{0}").replace('\n', "<LF>\n").replace('\u{0}', "\n");
        }
        if self.is("bom") {
            text = text.strip_prefix('\u{feff}').unwrap_or("<no BOM>").to_owned();
        }
        if self.is("open") {
            text.push('\n');
        } else if !text.is_empty() && !text.ends_with('\n') {
            text.push_str("<no line end>\n");
        }
        text
    }

    fn edits(&self) -> Vec<Edit> {
        let list: Vec<Value> = serde_yaml::from_str(&self.change).expect("a list of edits");
        list.iter().map(edit).collect()
    }

    fn told(&self) -> String {
        let kind = if self.is_refused { "refused" } else { "after" };
        let Self { title, before, change, after, .. } = self;
        format!("=== {title}\n>>> before\n{before}>>> change\n{change}>>> {kind}\n{after}")
    }
}

fn edit(value: &Value) -> Edit {
    let way = |name: &str| {
        let steps = value.get(name)?.as_array().expect("a way");
        let way = steps.iter().map(|step| match step {
            Value::Number(index) => {
                Step::Index(usize::try_from(index.as_u64().expect("a place")).unwrap())
            }
            key => Step::Key(key.as_str().expect("a key").to_owned()),
        });
        let document = value.get("document").and_then(Value::as_u64);
        Some(Spot {
            document: usize::try_from(document.unwrap_or_default()).unwrap(),
            way: way.collect(),
        })
    };
    if let Some(at) = way("set") {
        let to = value.get("to").expect("a value").clone();
        return Edit::Set { at, to };
    }
    if let Some(at) = way("remove") {
        return Edit::Remove { at };
    }
    let at = way("rename").expect("an edit");
    let key = value.get("key").and_then(Value::as_str);
    let key = key.expect("a key").to_owned();
    Edit::Rename { at, key }
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = String::new();
    for line in text.split_inclusive('\n') {
        if let Some(title) = line.strip_prefix("=== ") {
            // An empty line divides two cases.
            if let Some(last) = cases.last_mut() {
                let section = if last.after.ends_with("\n\n") || last.after == "\n" {
                    &mut last.after
                } else {
                    panic!("an empty line is missing before {title}")
                };
                section.pop();
            }
            cases.push(Case {
                title: title.trim_end().to_owned(),
                ..Case::default()
            });
        } else if let Some(name) = line.strip_prefix(">>> ") {
            name.trim_end().clone_into(&mut part);
            cases.last_mut().expect("a title").is_refused = part == "refused";
        } else {
            let case = cases.last_mut().expect("a title");
            match part.as_str() {
                "before" => case.before.push_str(line),
                "change" => case.change.push_str(line),
                "after" | "refused" => case.after.push_str(line),
                other => panic!("no part is named {other}"),
            }
        }
    }
    cases
}

fn topics() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edit");
    let mut topics: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    topics.sort();
    topics
}

#[test]
fn every_edit_is_what_a_careful_person_writes() {
    let bless = std::env::var_os("DESKFORM_BLESS").is_some();
    let mut failures = String::new();
    let mut count = 0;
    for path in topics() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut cases = cases(&fs::read_to_string(&path).unwrap());
        for case in &mut cases {
            count += 1;
            let (before, edits) = (case.meant(&case.before), case.edits());
            let found = edited(&before, &edits, &order);
            let (is_refused, shown) = match &found {
                Ok(after) => (false, case.shown(after)),
                Err(refused) => (true, format!("{refused}\n")),
            };
            let is_same = is_refused == case.is_refused && shown == case.after;
            if !is_same && !bless {
                let title = &case.title;
                let (expected, before) = (&case.after, &case.before);
                let _ = write!(
                    failures,
                    "=== {name}: {title}\n--- before\n{before}--- change\n{}--- expected\n{expected}--- found\n{shown}",
                    case.change,
                );
            }
            (case.after, case.is_refused) = (shown, is_refused);
            // What is removed by its place has another one there.
            let is_by_place = |edit: &Edit| {
                matches!(edit, Edit::Remove { at } if matches!(at.way.last(), Some(Step::Index(_))))
            };
            if let Ok(after) = &found
                && !case.is("again")
                && !edits.iter().any(is_by_place)
            {
                let again = edited(after, &edits, &order);
                if again.as_ref() != Ok(after) {
                    let _ = writeln!(failures, "=== {name}: {} again\n{again:?}", case.title);
                }
            }
        }
        if bless {
            let texts: Vec<String> = cases.iter().map(Case::told).collect();
            fs::write(&path, texts.join("\n")).unwrap();
        }
    }
    assert!(
        failures.is_empty(),
        "{failures}\nrun DESKFORM_BLESS=1 cargo test --test edit, and read what changed"
    );
    assert!(count >= 150, "only {count} cases");
}
