//! Manifests and edits as they are drawn, with what each line of a manifest belongs to.

use std::collections::BTreeSet;

use deskform::yaml::edit::{Edit, Spot, Step};
use serde_json::{Map, Value, json};

/// Numbers that decide everything that is drawn; where they end, the first choice is taken.
pub(crate) struct Draws<'d> {
    numbers: &'d [u16],
}

impl<'d> Draws<'d> {
    pub(crate) fn of(numbers: &'d [u16]) -> Self {
        Self { numbers }
    }

    fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.numbers.split_first() else {
            return 0;
        };
        self.numbers = rest;
        usize::from(*first) % bound.max(1)
    }

    fn one<'o, T>(&mut self, of: &'o [T]) -> &'o T {
        let at = self.below(of.len());
        &of[at]
    }

    fn is(&mut self, of: usize) -> bool {
        self.below(of) == 1
    }
}

/// A line of a manifest, and the pointer of the entry or item that it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) owner: String,
}

/// A manifest.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) lines: Vec<Line>,
    comments: usize,
}

/// Keys as they are written.
const KEYS: &[&str] = &[
    "a",
    "name",
    "b c",
    "\"d/e\"",
    "'f: g'",
    "\"h #i\"",
    "it's",
    "ключ",
    "true",
    "12",
    "j:k",
    "\"l\\\"m\"",
    "~n",
    "url",
    "Zürich & Co",
];

/// Keys as they are read, beside those that may be new.
const NEW_KEYS: &[&str] = &[
    "a", "name", "b c", "d/e", "o", "p: q", "#r", "yes", "ключ", "url", "-s", "'t",
];

/// Scalars in one line.
const SCALARS: &[&str] = &[
    "x",
    "",
    "'single'",
    "\"double\"",
    "12",
    "true",
    "null",
    "~",
    "plain text",
    "'it''s'",
    "\"a\\nb\"",
    "1.5",
    "{}",
    "[]",
    "https://x.example/y#z",
];

/// What values become.
fn value(draws: &mut Draws<'_>, depth: usize) -> Value {
    match draws.below(if depth == 0 { 8 } else { 10 }) {
        0 => json!("new"),
        1 => json!(draws.below(100)),
        2 => json!(draws.is(2)),
        3 => Value::Null,
        4 => json!(draws.one(&[
            "yes",
            "12",
            "a: b",
            "# c",
            "",
            " d",
            "e ",
            "*f",
            "it's",
            "\"g\"",
            "2024-01-01"
        ])),
        5 => json!(draws.one(&[
            "one\ntwo",
            "one\ntwo\n",
            "\n",
            "one\n\n\n",
            " one\ntwo",
            "one\n  two\n",
            "one \ntwo"
        ])),
        6 => json!(draws.one(&[
            "größer ✓",
            "tab\there",
            "\u{1}\u{85}",
            "one two three four five six seven"
        ])),
        7 => json!([]),
        8 => (0..draws.below(4))
            .map(|_| value(draws, depth - 1))
            .collect(),
        _ => {
            let entries = (0..draws.below(4)).map(|_| {
                let key = (*draws.one(NEW_KEYS)).to_owned();
                (key, value(draws, depth - 1))
            });
            Value::Object(entries.collect())
        }
    }
}

impl Manifest {
    pub(crate) fn draw(draws: &mut Draws<'_>) -> Self {
        let mut manifest = Self::default();
        if draws.is(3) {
            manifest.comment("", "-", 0);
            if draws.is(2) {
                manifest.push("", "-");
            }
        }
        let step = [2, 4, 1, 3][draws.below(4)];
        manifest.map(draws, "", 0, step, 3);
        if draws.is(4) {
            manifest.comment("", "-", 0);
        }
        manifest
    }

    pub(crate) fn text(&self, end: &str) -> String {
        self.lines
            .iter()
            .flat_map(|line| [line.text.as_str(), end])
            .collect()
    }

    fn push(&mut self, text: impl Into<String>, owner: &str) {
        self.lines.push(Line {
            text: text.into(),
            owner: owner.to_owned(),
        });
    }

    fn mark(&mut self) -> String {
        self.comments += 1;
        format!("# c{}", self.comments)
    }

    fn comment(&mut self, before: &str, owner: &str, column: usize) {
        let mark = self.mark();
        self.push(format!("{before}{:column$}{mark}", ""), owner);
    }

    fn map(
        &mut self,
        draws: &mut Draws<'_>,
        above: &str,
        column: usize,
        step: usize,
        depth: usize,
    ) {
        let mut taken = BTreeSet::new();
        for number in 0..=draws.below(4) {
            let key = *draws.one(KEYS);
            if !taken.insert(key) {
                continue;
            }
            let read = serde_yaml::from_str::<String>(key).unwrap_or_else(|_| key.to_owned());
            let owner = format!("{above}/{}", read.replace('~', "~0").replace('/', "~1"));
            if draws.is(5) && number > 0 {
                self.push("", "-");
            }
            if draws.is(4) {
                // At the head of the file it is the file's.
                let is_first = above.is_empty() && taken.len() == 1 && self.comments == 0;
                self.comment("", if is_first { "-" } else { &owner }, column);
            }
            self.value(
                draws,
                &owner,
                &format!("{:column$}{key}:", ""),
                column,
                step,
                depth,
            );
        }
    }

    /// A value behind what stands before it on its line.
    fn value(
        &mut self,
        draws: &mut Draws<'_>,
        owner: &str,
        before: &str,
        column: usize,
        step: usize,
        depth: usize,
    ) {
        let kind = draws.below(if depth == 0 { 9 } else { 15 });
        match kind {
            0..=4 => {
                let scalar = draws.one(SCALARS);
                let blank = if scalar.is_empty() { "" } else { " " };
                let behind = self.behind(draws, !scalar.is_empty());
                self.push(format!("{before}{blank}{scalar}{behind}"), owner);
            }
            5 | 6 => {
                let flow = flow(draws, 2);
                let behind = self.behind(draws, true);
                self.push(format!("{before} {flow}{behind}"), owner);
            }
            7 => {
                let header = draws.one(&["|", "|-", "|+", ">", ">-"]);
                let behind = self.behind(draws, false);
                self.push(format!("{before} {header}{behind}"), owner);
                let column = column + step.max(2);
                for _ in 0..=draws.below(3) {
                    let text = draws.one(&["some text", "# no comment", "a: b", "- c", "ü"]);
                    self.push(format!("{:column$}{text}", ""), owner);
                    if draws.is(5) {
                        self.push("", owner);
                    }
                }
                self.push(format!("{:column$}end", ""), owner);
            }
            8 => self.flow_in_lines(draws, owner, before, column + step),
            9..=12 => {
                let behind = self.behind(draws, false);
                self.push(format!("{before}{behind}"), owner);
                self.map(draws, owner, column + step, step, depth - 1);
            }
            _ => {
                let behind = self.behind(draws, false);
                self.push(format!("{before}{behind}"), owner);
                let column = column + if before.ends_with('-') { 2 } else { step };
                for number in 0..=draws.below(3) {
                    let owner = format!("{owner}/{number}");
                    if draws.is(4) {
                        self.comment("", &owner, column);
                    }
                    self.value(
                        draws,
                        &owner,
                        &format!("{:column$}-", ""),
                        column,
                        step.max(2),
                        depth - 1,
                    );
                }
            }
        }
    }

    fn flow_in_lines(&mut self, draws: &mut Draws<'_>, whole: &str, before: &str, column: usize) {
        let behind = self.behind(draws, false);
        self.push(format!("{before} [{behind}"), whole);
        let count = draws.below(3) + 1;
        for number in 0..count {
            // A comma comes or goes with the next item.
            let owner = format!("{whole}/{number}");
            if draws.is(4) {
                self.comment("", &owner, column);
            }
            let comma = if number + 1 < count || draws.is(2) {
                ","
            } else {
                ""
            };
            let item = flow(draws, 1);
            let behind = self.behind(draws, false);
            self.push(format!("{:column$}{item}{comma}{behind}", ""), whole);
        }
        let column = column - 1;
        self.push(format!("{:column$}]", ""), whole);
    }

    /// A comment behind a value, or behind what has none on its line.
    fn behind(&mut self, draws: &mut Draws<'_>, has_value: bool) -> String {
        if !draws.is(5) {
            return String::new();
        }
        let gap = draws.one(if has_value {
            &[" ", "   ", "\t"]
        } else {
            &[" ", "   ", "  "]
        });
        format!("{gap}{}", self.mark())
    }
}

/// A flow in one line.
fn flow(draws: &mut Draws<'_>, depth: usize) -> String {
    match draws.below(if depth == 0 { 2 } else { 4 }) {
        0 | 1 => (*draws.one(&["x", "'y z'", "\"w, v\"", "3", "true", "null"])).to_owned(),
        2 => {
            let items: Vec<String> = (0..draws.below(4))
                .map(|_| flow(draws, depth - 1))
                .collect();
            format!("[{}]", items.join(*draws.one::<&str>(&[", ", ","])))
        }
        _ => {
            let mut taken = BTreeSet::new();
            let mut entries = Vec::new();
            for _ in 0..draws.below(4) {
                let key = *draws.one(&["a", "\"b\"", "'c, d'", "e", "12"]);
                if taken.insert(key) {
                    entries.push(format!("{key}: {}", flow(draws, depth - 1)));
                }
            }
            let pad = draws.one(&["", " "]);
            format!("{{{pad}{}{pad}}}", entries.join(", "))
        }
    }
}

/// An edit that can be carried out, which is done to the value.
pub(crate) fn edit(draws: &mut Draws<'_>, value: &mut Value) -> Edit {
    let mut way = Vec::new();
    let mut here = &*value;
    loop {
        let next = match here {
            Value::Object(map) if !map.is_empty() && (way.is_empty() || !draws.is(4)) => {
                let (key, next) = map.iter().nth(draws.below(map.len())).expect("an entry");
                way.push(Step::Key(key.clone()));
                next
            }
            Value::Array(items) if !items.is_empty() && !draws.is(4) => {
                let at = draws.below(items.len());
                way.push(Step::Index(at));
                &items[at]
            }
            _ => break,
        };
        here = next;
    }
    let at = |way: &[Step]| Spot {
        document: 0,
        way: way.to_vec(),
    };
    let edit = match (draws.below(6), here, way.last()) {
        (0, _, Some(_)) => Edit::Remove { at: at(&way) },
        (1, _, Some(Step::Key(_))) => {
            let key = (*draws.one(NEW_KEYS)).to_owned();
            Edit::Rename { at: at(&way), key }
        }
        (2 | 3, Value::Object(_) | Value::Null, Some(_)) => {
            for _ in 0..=draws.below(2) {
                way.push(Step::Key((*draws.one(NEW_KEYS)).to_owned()));
                if !matches!(
                    self::at(value, &way),
                    None | Some(Value::Null | Value::Object(_))
                ) {
                    break;
                }
            }
            let to = self::value(draws, 2);
            Edit::Set { at: at(&way), to }
        }
        (2 | 3, Value::Array(items), Some(_)) => {
            way.push(Step::Index(items.len()));
            let to = self::value(draws, 2);
            Edit::Set { at: at(&way), to }
        }
        (4, Value::Object(map), Some(_)) => {
            // The same map with an entry more and another one less.
            let mut to = map.clone();
            let gone = to.keys().nth(draws.below(to.len())).cloned();
            gone.map(|gone| to.shift_remove(&gone));
            to.insert((*draws.one(NEW_KEYS)).to_owned(), self::value(draws, 1));
            Edit::Set {
                at: at(&way),
                to: Value::Object(to),
            }
        }
        (4, Value::Array(items), Some(_)) => {
            let mut to = items.clone();
            if !to.is_empty() && draws.is(2) {
                to.remove(draws.below(to.len()));
            }
            to.insert(draws.below(to.len() + 1), self::value(draws, 1));
            Edit::Set {
                at: at(&way),
                to: Value::Array(to),
            }
        }
        (_, _, Some(_)) => Edit::Set {
            at: at(&way),
            to: self::value(draws, 2),
        },
        _ => Edit::Remove {
            at: at(&[Step::Key("nothing".to_owned())]),
        },
    };
    if carry_out(value, &edit) {
        edit
    } else {
        Edit::Remove {
            at: at(&[Step::Key("nothing".to_owned())]),
        }
    }
}

fn at<'v>(value: &'v Value, way: &[Step]) -> Option<&'v Value> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.as_object()?.get(key),
        Step::Index(index) => value.as_array()?.get(*index),
    })
}

/// Does to a value what an edit says, as simply as possible; whether that can be done.
pub(crate) fn carry_out(value: &mut Value, edit: &Edit) -> bool {
    let way = &edit.at().way;
    let Some((last, above)) = way.split_last() else {
        return false;
    };
    let mut here = &mut *value;
    for step in above {
        if here.is_null() && matches!(edit, Edit::Set { .. }) {
            *here = Value::Object(Map::new());
        }
        here = match (here, step) {
            (Value::Object(map), Step::Key(key)) => {
                if matches!(edit, Edit::Set { .. }) {
                    map.entry(key.as_str()).or_insert(Value::Null)
                } else if let Some(next) = map.get_mut(key) {
                    next
                } else {
                    return matches!(edit, Edit::Remove { .. });
                }
            }
            (Value::Array(items), Step::Index(index)) => match items.get_mut(*index) {
                Some(next) => next,
                None => return false,
            },
            _ => return false,
        };
    }
    match (edit, last) {
        (Edit::Set { to, .. }, Step::Key(key)) => {
            if here.is_null() {
                *here = Value::Object(Map::new());
            }
            let Value::Object(map) = here else {
                return false;
            };
            map.insert(key.clone(), to.clone());
        }
        (Edit::Set { to, .. }, Step::Index(index)) => {
            let Value::Array(items) = here else {
                return false;
            };
            match items.get_mut(*index) {
                Some(item) => *item = to.clone(),
                None => items.push(to.clone()),
            }
        }
        (Edit::Remove { .. }, Step::Key(key)) => {
            here.as_object_mut().map(|map| map.shift_remove(key));
        }
        (Edit::Remove { .. }, Step::Index(index)) => {
            here.as_array_mut()
                .map(|items| (*index < items.len()).then(|| items.remove(*index)));
        }
        (Edit::Rename { key, .. }, Step::Key(old)) => {
            let Value::Object(map) = here else {
                return false;
            };
            if map.contains_key(key) {
                return key == old;
            }
            let Some(value) = map.shift_remove(old) else {
                return false;
            };
            map.insert(key.clone(), value);
        }
        (Edit::Rename { .. }, Step::Index(_)) => return false,
    }
    true
}
