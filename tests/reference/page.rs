//! Pages and their tables.

use std::fmt::Write as _;

/// A page as it grows.
pub(crate) struct Page {
    title: String,
    body: String,
}

impl Page {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            body: String::new(),
        }
    }

    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        let _ = write!(self.body, "\n{} {text}\n", "#".repeat(level));
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        let _ = write!(self.body, "\n{text}\n");
    }

    pub(crate) fn block(&mut self, language: &str, text: &str) {
        let _ = write!(self.body, "\n```{language}\n{}\n```\n", text.trim_end());
    }

    /// A table, or nothing where it has no rows.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        if !rows.is_empty() {
            let _ = write!(self.body, "\n{}", table(head, rows));
        }
    }

    pub(crate) fn text(&self, path: &str) -> String {
        let above = if path == "README.md" {
            String::new()
        } else if path == "kinds/README.md" {
            "\n[Reference](../README.md)\n".to_owned()
        } else if path.contains('/') {
            "\n[Reference](../README.md) / [Kinds](README.md)\n".to_owned()
        } else {
            "\n[Reference](README.md)\n".to_owned()
        };
        format!(
            "<!-- Generated; change the tables in `src`, not this page, and write it anew with\n     `DESKFORM_BLESS=1 cargo test --test reference`. -->\n\n# {}\n{above}{}",
            self.title, self.body
        )
    }
}

/// A table of cells that [`cell`] has made.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!(
        "| {} |\n|{}\n",
        head.join(" | "),
        " --- |".repeat(head.len())
    );
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

/// A row of texts.
pub(crate) fn row<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(cell).into()
}

/// A text as a cell, in which a bar ends nothing.
pub(crate) fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

/// The cells of a row, as they were.
pub(crate) fn cells(line: &str) -> Vec<String> {
    let line = line.trim().replace("\\|", "\u{0}");
    let inner = line.trim_start_matches('|').trim_end_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().replace('\u{0}', "|"))
        .collect()
}

/// A text with a capital and a full stop, as a sentence of its own.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>());
    let text = first.unwrap_or_default() + letters.as_str();
    if text.ends_with(['.', '!', '?']) {
        text
    } else {
        text + "."
    }
}

pub(crate) fn tick(text: &str) -> String {
    format!("`{text}`")
}

/// The anchor that a heading gets, as GitHub and others make it.
pub(crate) fn slug(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}
