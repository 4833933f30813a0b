//! Writes values that are new, as exports write them, with the indentation of the file.

use serde_json::Value;

use super::super::written::{WIDTH, quoted};
use super::outline::{Layout, Style};
use super::scalar::{in_one_line, new_block};

/// How a value is written: what stands on the line of its key, and the lines below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) inline: String,
    pub(super) below: Vec<String>,
}

/// How the items of a list are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    /// The quotes of texts.
    pub(super) quotes: Option<Style>,
    /// Whether maps are blocks.
    pub(super) is_block: bool,
}

/// Writes what is new.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    pub(super) layout: Layout,
}

impl Pen {
    /// A value behind a key that stands in a column; `from` is the column in which the value would begin.
    pub(super) fn value(self, value: &Value, column: usize, from: usize) -> Written {
        match value {
            Value::String(text) => {
                if let Some(block) = new_block(text, column + self.layout.map) {
                    return block;
                }
            }
            Value::Array(items) if !items.is_empty() => {
                let flow = flow(value, None);
                let is_flat = !items.iter().any(|item| item.is_array() || item.is_object());
                let is_block = self.layout.blocks && is_flat;
                if is_block || from + flow.chars().count() > WIDTH {
                    let column = column + self.layout.list;
                    let items = items
                        .iter()
                        .map(|item| self.item(item, column, Manner::default()));
                    return Written {
                        inline: String::new(),
                        below: items
                            .flat_map(|lines| indent_first(lines, column))
                            .collect(),
                    };
                }
            }
            Value::Object(map) if !map.is_empty() => {
                let column = column + self.layout.map;
                let entries = map
                    .iter()
                    .map(|(key, value)| self.entry(key, value, column));
                return Written {
                    inline: String::new(),
                    below: entries
                        .flat_map(|lines| indent_first(lines, column))
                        .collect(),
                };
            }
            _ => {}
        }
        Written {
            inline: flow(value, None),
            below: Vec::new(),
        }
    }

    /// The lines of an entry whose key stands in a column; the first one is not indented.
    pub(super) fn entry(self, key: &str, value: &Value, column: usize) -> Vec<String> {
        let key = quoted(key);
        let from = column + key.chars().count() + 2;
        let Written { inline, below } = self.value(value, column, from);
        let blank = if inline.is_empty() { "" } else { " " };
        let mut lines = vec![format!("{key}:{blank}{inline}")];
        lines.extend(below);
        lines
    }

    /// The lines of an item whose dash stands in a column; the first one is not indented.
    pub(super) fn item(self, value: &Value, column: usize, manner: Manner) -> Vec<String> {
        let Written { inline, below } = self.behind_dash(value, column, manner);
        let mut lines = vec![format!("- {inline}")];
        lines.extend(below);
        lines
    }

    /// What stands behind a dash in a column.
    pub(super) fn behind_dash(self, value: &Value, column: usize, manner: Manner) -> Written {
        match value {
            Value::String(text) if manner.quotes != Some(Style::Double) => {
                if let Some(block) = new_block(text, column + 2) {
                    return block;
                }
            }
            Value::Object(map) if manner.is_block && !map.is_empty() => {
                let column = column + 2;
                let entries = map
                    .iter()
                    .map(|(key, value)| self.entry(key, value, column));
                let mut below: Vec<String> = entries
                    .flat_map(|lines| indent_first(lines, column))
                    .collect();
                let first = below.remove(0);
                return Written {
                    inline: first.trim_start_matches(' ').to_owned(),
                    below,
                };
            }
            _ => {}
        }
        Written {
            inline: flow(value, manner.quotes),
            below: Vec::new(),
        }
    }
}

/// A value in one line.
pub(super) fn flow(value: &Value, quotes: Option<Style>) -> String {
    match value {
        Value::String(text) => in_one_line(text, quotes, "", true),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, None)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> = (map.iter())
                .map(|(key, value)| format!("{}: {}", quoted(key), flow(value, None)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Indents the first of some lines.
pub(super) fn indent_first(mut lines: Vec<String>, column: usize) -> Vec<String> {
    if let Some(first) = lines.first_mut() {
        *first = format!("{:column$}{first}", "");
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(value: &Value, layout: Layout) -> String {
        Pen { layout }.entry("k", value, 0).join("\n")
    }

    #[test]
    fn new_values_take_the_layout() {
        let value = json!({"a": {"b": ["x", "yes"], "c": "one\ntwo"}, "d": {}, "e": null});
        let two = Layout {
            map: 2,
            list: 2,
            blocks: false,
        };
        assert_eq!(
            lines(&value, two),
            "k:\n  a:\n    b: [x, \"yes\"]\n    c: |-\n      one\n      two\n  d: {}\n  e: null"
        );
        let four = Layout {
            map: 4,
            list: 0,
            blocks: true,
        };
        assert_eq!(
            lines(&value, four),
            "k:\n    a:\n        b:\n        - x\n        - \"yes\"\n        c: |-\n            one\n            two\n    d: {}\n    e: null"
        );
        let long: Vec<String> = (0..30).map(|n| format!("item{n}")).collect();
        assert!(lines(&json!(long), two).starts_with("k:\n  - item0\n  - item1\n"));
    }

    #[test]
    fn items_are_maps_in_blocks_where_others_are() {
        let pen = Pen {
            layout: Layout {
                map: 2,
                list: 2,
                blocks: false,
            },
        };
        let value = json!({"a": 1, "b": {"c": 2}});
        let manner = Manner {
            is_block: true,
            ..Manner::default()
        };
        assert_eq!(
            pen.item(&value, 2, manner).join("\n"),
            "- a: 1\n    b:\n      c: 2"
        );
        assert_eq!(
            pen.item(&value, 2, Manner::default()),
            ["- {a: 1, b: {c: 2}}"]
        );
    }
}
