//! Markdown pages as their blocks, lines and words.

use std::fs;
use std::path::Path;

use crate::command::repository;

/// README.md or a page of `docs`.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path in the repository.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: String,
    /// Without the indent of its fence.
    pub(crate) text: String,
    /// What the comment on the line before it says, such as `shown: plan`.
    pub(crate) note: Option<String>,
}

impl Page {
    fn read(name: &str) -> Self {
        let text = fs::read_to_string(repository().join(name)).expect("a page");
        Self {
            name: name.to_owned(),
            text,
        }
    }

    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut out = Vec::new();
        let mut lines = self.text.lines();
        let mut note = None;
        while let Some(line) = lines.next() {
            let trimmed = line.trim_start();
            if let Some(language) = trimmed.strip_prefix("```") {
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
                    note: note.take(),
                });
            } else {
                let comment = trimmed.strip_prefix("<!-- ");
                note = comment.and_then(|rest| Some(rest.strip_suffix(" -->")?.to_owned()));
            }
        }
        out
    }

    /// What people read as sentences: no blocks, headings, comments, code, nor where links lead.
    pub(crate) fn prose(&self) -> String {
        let mut out = String::new();
        let (mut fenced, mut comment) = (false, false);
        for line in self.text.lines() {
            let trimmed = line.trim_start();
            if trimmed.starts_with("```") {
                fenced = !fenced;
                continue;
            }
            comment |= trimmed.starts_with("<!--");
            if !fenced && !comment && !trimmed.starts_with('#') {
                out.push_str(line);
                out.push('\n');
            }
            comment &= !trimmed.ends_with("-->");
        }
        let out: String = out.split('`').step_by(2).collect();
        let mut pieces = out.split("](");
        let mut read = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            read.push(']');
            read.push_str(piece.split_once(')').map_or("", |(_, rest)| rest));
        }
        read
    }
}

/// README.md, and the pages of `docs` by name.
pub(crate) fn pages() -> Vec<Page> {
    let entries = fs::read_dir(repository().join("docs")).expect("docs");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| format!("docs/{}", name.to_str().expect("UTF-8")))
        .filter(|name| Path::new(name).extension() == Some("md".as_ref()))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names.insert(0, "README.md".to_owned());
    names.iter().map(|name| Page::read(name)).collect()
}

pub(crate) fn page(name: &str) -> Page {
    let found = pages().into_iter().find(|page| page.name == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}
