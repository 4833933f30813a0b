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
    clippy::panic,
    reason = "the test's own files"
)]

#[path = "edit/random.rs"]
mod random;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use deskform::yaml::edit::{Edit, Spot, Step, edited};
use proptest::prelude::*;
use random::{Draws, Manifest};
use serde_json::Value;

/// The keys that have a place in maps of a depth.
const ORDER: &[&[&str]] = &[
    &["roles", "departments", "teams", "agents", "webhooks"],
    &[],
    &[
        "name",
        "description",
        "department",
        "members",
        "active",
        "limit",
        "url",
        "times",
        "cf",
    ],
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
        flags.is_some_and(|flags| {
            flags
                .trim_end_matches(')')
                .split(", ")
                .any(|one| one == flag)
        })
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
            text = text
                .replace("\r\n", "\u{0}")
                .replace('\n', "<LF>\n")
                .replace('\u{0}', "\n");
        }
        if self.is("bom") {
            text = text
                .strip_prefix('\u{feff}')
                .unwrap_or("<no BOM>")
                .to_owned();
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
        let Self {
            title,
            before,
            change,
            after,
            ..
        } = self;
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
        .filter(|path| path.extension().is_some_and(|end| end == "cases"))
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
            let is_by_place = |edit: &Edit| matches!(edit, Edit::Remove { at } if matches!(at.way.last(), Some(Step::Index(_))));
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

/// A text as a plain reader of YAML reads it.
fn read(text: &str) -> Value {
    let value = serde_yaml::from_str(text).expect("a manifest");
    if value == Value::Null {
        Value::Object(serde_json::Map::new())
    } else {
        value
    }
}

/// The comments of a text, in its order. Texts hold no sign of one.
fn comments(text: &str) -> Vec<&str> {
    let marks = text.match_indices("# c").map(|(at, _)| &text[at..]);
    marks
        .map(|rest| {
            &rest[..3 + rest[3..]
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len() - 3)]
        })
        .filter(|mark| mark.len() > 3)
        .collect()
}

/// Whether all of some lines stand in another list in their order.
fn is_part<'l>(
    lines: impl Iterator<Item = &'l str>,
    mut of: impl Iterator<Item = &'l str>,
) -> Result<(), String> {
    for line in lines {
        if !of.any(|other| other == line) {
            return Err(line.to_owned());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_has_no_part_in_an_edit_stays(
        numbers in prop::collection::vec(any::<u16>(), 0..160),
        changes in prop::collection::vec(any::<u16>(), 4..60),
        is_windows in any::<bool>(),
        is_open in any::<bool>(),
    ) {
        let manifest = Manifest::draw(&mut Draws::of(&numbers));
        let end = if is_windows { "\r\n" } else { "\n" };
        let mut before = manifest.text(end);
        if is_open {
            before.truncate(before.trim_end_matches(['\r', '\n']).len());
        }
        let mut wanted = read(&before);
        let mut draws = Draws::of(&changes);
        let edits: Vec<Edit> = (0..3).map(|_| random::edit(&mut draws, &mut wanted)).collect();
        let after = edited(&before, &edits, &order);
        let after = match after {
            Ok(after) => after,
            Err(refused) => {
                // A text that ends with the file would not end so elsewhere.
                prop_assert!(is_open && before.ends_with("end"), "{refused}\n{before}\n{edits:?}");
                return Ok(());
            }
        };
        let told = || format!("--- before\n{before}\n--- edits\n{edits:?}\n--- after\n{after}");
        prop_assert_eq!(&read(&after), &wanted, "{}", told());
        // Comments that are still there stand in their order, and none came.
        let olds = comments(&before);
        let news = comments(&after);
        prop_assert_eq!(is_part(news.iter().copied(), olds.iter().copied()), Ok(()), "{}", told());
        // A line that no edit touches, nor what stands around it, is what it was.
        let ways: Vec<String> = edits.iter().map(|edit| edit.at().pointer()).collect();
        let is_below = |one: &str, other: &str| {
            let rest = one.strip_prefix(other);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_touched = |owner: &str| {
            ways.iter().any(|way| is_below(owner, way) || is_below(way, owner))
        };
        let is_by_place = |edit: &Edit| {
            matches!(edit, Edit::Remove { at } if matches!(at.way.last(), Some(Step::Index(_))))
        };
        // After an item went, or a key became another one, ways mean other lines.
        let is_plain = !edits.iter().any(|edit| is_by_place(edit) || matches!(edit, Edit::Rename { .. }));
        if is_plain {
            let kept = manifest.lines.iter().filter(|line| !line.text.is_empty() && !is_touched(&line.owner));
            let kept = kept.map(|line| line.text.as_str());
            prop_assert_eq!(is_part(kept, after.lines()), Ok(()), "{}", told());
        }
        // Edits that change the value no more do not change the text. One inside of what another one sets may
        // change it on the way.
        let is_apart = ways.iter().enumerate().all(|(at, way)| {
            ways.iter().skip(at + 1).all(|other| !is_below(way, other) && !is_below(other, way))
        });
        let mut again = wanted.clone();
        if is_apart && !edits.iter().any(is_by_place) && edits.iter().all(|edit| random::carry_out(&mut again, edit)) && again == wanted {
            let again = edited(&after, &edits, &order);
            prop_assert_eq!(again.as_ref(), Ok(&after), "{}", told());
        }
        if is_windows && before.contains('\n') {
            prop_assert!(!after.replace("\r\n", "").contains('\n'), "{}", told());
        }
        // The last line has no end where it had none, unless its text needs one.
        let is_closed = after.ends_with('\n');
        prop_assert!(is_open || is_closed || after.is_empty(), "{}", told());
        if is_open && is_closed {
            let open = after.trim_end_matches(['\r', '\n']);
            prop_assert_ne!(&read(open), &wanted, "{}", told());
        }
    }

    #[test]
    fn no_text_is_too_odd(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "a", "b: ", ": ", ":", "- ", "-", "? ", " ", "  ", "\n", "\n  ", "\t", "[", "]", "{", "}", ",", "'",
                "\"", "#", " #", "&x ", "*x", "!t ", "!!str ", "|\n", ">-\n", "007", "<<: *x\n", "---\n", "...\n",
                "\r\n", "\r", "\u{85}", "\u{2028}", "\u{feff}", "é", "%YAML 1.2\n", "a: 1\n", "b:\n  c: 2\n", "- d\n",
                "e: {f: 1, g: [2]}\n", "\0",
            ]),
            0..14,
        ),
        keys in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "e", "f", ""]), 1..3),
        index in 0_usize..3,
        kind in 0_usize..5,
    ) {
        let text = pieces.concat();
        let mut way: Vec<Step> = keys.into_iter().map(|key| Step::Key(key.to_owned())).collect();
        if kind == 4 {
            way.push(Step::Index(index));
        }
        let at = Spot { document: index % 2, way };
        let edit = match kind {
            0 => Edit::Remove { at },
            1 => Edit::Rename { at, key: "h".to_owned() },
            2 => Edit::Set { at, to: serde_json::json!({"i": [1, {"j": "k\nl"}]}) },
            _ => Edit::Set { at, to: Value::from("new") },
        };
        // It is carried out or refused, and nothing else happens.
        let _ = edited(&text, &[edit], &order);
    }
}
