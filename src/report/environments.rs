//! What came of a command in many environments: one table, and one object an environment in JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::Style;
use super::markdown::{LIMIT, PIPELINE, code, html, html_sentence, marker_of};
use crate::problem::{counted, exit};
use crate::safe::{self, safe};

/// The least width of the last column, in characters.
const MIN_ERROR: usize = 24;

/// A figure of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Resources that the manifests declare.
    Resources,
    /// Resources that apply would create; a replaced one counts here and among the deletions.
    Creates,
    /// Resources that apply would change.
    Updates,
    /// Resources that apply would delete or take out of use.
    Deletes,
    /// Resources that moved since the last apply; in a plan, those of them that it sets back.
    Drift,
}

impl Column {
    /// Its name, in a table and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resources => "resources",
            Self::Creates => "creates",
            Self::Updates => "updates",
            Self::Deletes => "deletes",
            Self::Drift => "drift",
        }
    }
}

/// What came of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The environment.
    pub environment: String,
    /// The exit code that the command would have had for it alone.
    pub code: u8,
    /// The figures, in the order of the columns; none where it failed before they were known.
    pub figures: Vec<usize>,
    /// What went wrong first, in one sentence.
    pub error: Option<String>,
    /// All that went wrong, each as `--log-format json` writes it.
    pub failure: Vec<Json>,
    /// What the command prints of it: JSON, or Markdown.
    pub report: Option<String>,
}

/// The worst exit code: an error beats differences, and differences beat none.
#[must_use]
pub fn worst(rows: &[Row]) -> u8 {
    let has = |code: u8| rows.iter().any(|row| row.code == code);
    if has(exit::ERROR) {
        exit::ERROR
    } else if has(exit::DIFFERENCE) {
        exit::DIFFERENCE
    } else {
        exit::OK
    }
}

/// The figures of a row, with dashes where there are none.
fn figures<'a>(row: &'a Row, columns: &'a [Column]) -> impl Iterator<Item = String> + 'a {
    (0..columns.len()).map(|at| {
        row.figures
            .get(at)
            .map_or_else(|| "-".to_owned(), ToString::to_string)
    })
}

/// How many there are, and what became of them.
fn sentence(rows: &[Row], columns: &[Column]) -> String {
    let number = |is_meant: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is_meant(row)).count();
    let failed = number(&|row| row.code == exit::ERROR);
    let counts = |row: &Row| row.figures.iter().any(|figure| *figure > 0);
    let is_validated = columns == [Column::Resources];
    let differ = number(&|row| row.code != exit::ERROR && !is_validated && counts(row));
    let rest = rows.len() - failed - differ;
    let parts: Vec<String> = [
        (failed, "failed"),
        (differ, "with differences"),
        (
            rest,
            if is_validated {
                "without a problem"
            } else {
                "without differences"
            },
        ),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    format!(
        "{}: {}.",
        counted(rows.len(), "environment"),
        parts.join(", ")
    )
}

/// The table for people, with the sentence below it.
#[must_use]
pub fn text(rows: &[Row], columns: &[Column], style: Style) -> String {
    let mut table: Vec<Vec<String>> = vec![
        std::iter::once("environment".to_owned())
            .chain(columns.iter().map(|column| column.as_str().to_owned()))
            .chain(["error".to_owned()])
            .collect(),
    ];
    for row in rows {
        let name = safe(&row.environment).into_owned();
        let error = row.error.as_deref().map(|error| safe(error).into_owned());
        table.push(
            std::iter::once(name)
                .chain(figures(row, columns))
                .chain([error.unwrap_or_default()])
                .collect(),
        );
    }
    let width = |at: usize| {
        let cells = table.iter().filter_map(|row| row.get(at));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..=columns.len()).map(width).collect();
    let taken: usize = widths.iter().map(|width| width + 2).sum();
    let room = style.width.saturating_sub(taken).max(MIN_ERROR);
    let mut out = String::new();
    for row in &table {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Writing into a string cannot fail, here and below.
            let _ = if at == 0 {
                write!(line, "{cell:width$}  ")
            } else {
                write!(line, "{cell:>width$}  ")
            };
        }
        if let Some(error) = row.last() {
            match error.char_indices().nth(room.saturating_sub(1)) {
                Some((end, _)) if error.chars().count() > room => {
                    let _ = write!(line, "{}…", error.get(..end).unwrap_or_default());
                }
                _ => line.push_str(error),
            }
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let _ = writeln!(out, "\n{}", sentence(rows, columns));
    out
}

/// What failed, once for all environments where the same did.
fn failures(rows: &[Row]) -> Vec<(Vec<&Row>, String)> {
    let mut groups: Vec<(Vec<&Row>, String)> = Vec::new();
    for row in rows.iter().filter(|row| !row.failure.is_empty()) {
        let mut text = String::new();
        for problem in &row.failure {
            let said = |key: &str| problem.get(key).and_then(Json::as_str).map(html_sentence);
            let _ = write!(text, "- {}", said("message").unwrap_or_default());
            let first = problem.pointer("/places/0");
            let file = first.and_then(|place| place.get("file")?.as_str());
            if let Some(file) = file {
                let line = first.and_then(|place| place.get("line")?.as_u64());
                let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                let _ = write!(text, " ({})", code(&format!("{file}{line}")));
            }
            text.push('\n');
            if let Some(help) = said("help") {
                let _ = writeln!(text, "  <br>{help}");
            }
        }
        match groups.iter_mut().find(|(_, other)| *other == text) {
            Some((rows, _)) => rows.push(row),
            None => groups.push((vec![row], text)),
        }
    }
    groups
}

/// A comment about all of them: the table, what failed, and the reports as far as they fit; below
/// [`LIMIT`] as far as the table fits there.
#[must_use]
pub fn markdown(rows: &[Row], columns: &[Column], what: &str) -> String {
    let names: Vec<&str> = rows.iter().map(|row| &*row.environment).collect();
    let mut table = format!(
        "### All environments\n\n**{}**\n\n| environment |",
        sentence(rows, columns)
    );
    for column in columns {
        let _ = write!(table, " {} |", column.as_str());
    }
    table.push_str(" error |\n| --- |");
    for _ in columns {
        table.push_str(" ---: |");
    }
    table.push_str(" --- |\n");
    for row in rows {
        let error = row.error.as_deref().map(html).unwrap_or_default();
        let mut cells = String::new();
        for cell in figures(row, columns) {
            let _ = write!(cells, " {cell} |");
        }
        let _ = writeln!(
            table,
            "| {} |{cells} {} |",
            code(&row.environment),
            error.replace('|', "\\|").replace('\n', " ")
        );
    }
    let mut out = format!("{}\n{table}\n", marker_of(what, &names.join(",")));
    let mut left_out = Vec::new();
    let room = LIMIT.saturating_sub(PIPELINE + 2_000);
    for (failed, text) in failures(rows) {
        let names: Vec<String> = failed.iter().map(|row| code(&row.environment)).collect();
        let section = format!("### {}: failed\n\n{text}\n", names.join(", "));
        if out.len() + section.len() > room {
            left_out.extend(names);
        } else {
            out.push_str(&section);
        }
    }
    for row in rows {
        let Some(report) = &row.report else { continue };
        // One comment has one marker.
        let body = match report.split_once('\n') {
            Some((first, rest)) if first.starts_with("<!-- deskform ") => rest,
            _ => report,
        };
        if out.len() + body.len() > room {
            let name = code(&row.environment);
            if !left_out.contains(&name) {
                left_out.push(name);
            }
        } else {
            out.push_str(body);
            out.push('\n');
        }
    }
    if !left_out.is_empty() {
        let shown: Vec<&String> = left_out
            .iter()
            .take(20)
            .map(|name| name as &String)
            .collect();
        let names: Vec<&str> = shown.iter().map(|name| name.as_str()).collect();
        let more = match left_out.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(
            out,
            "Left out for want of room: {}{more}. `deskform -e NAME {what}` shows one.\n",
            names.join(", ")
        );
    }
    out
}

/// One object an environment, with what the command prints of it alone under `report`.
#[must_use]
pub fn json(rows: &[Row], columns: &[Column], report: &str) -> String {
    let environments: Vec<Json> = rows
        .iter()
        .map(|row| {
            let mut one = serde_json::Map::new();
            one.insert("environment".to_owned(), json!(row.environment));
            one.insert("exitCode".to_owned(), json!(row.code));
            for (at, column) in columns.iter().enumerate() {
                one.insert(column.as_str().to_owned(), json!(row.figures.get(at)));
            }
            one.insert("error".to_owned(), json!(row.failure.first()));
            one.insert("errors".to_owned(), json!(row.failure));
            let told = row.report.as_deref();
            let told: Option<Json> = told.and_then(|text| serde_json::from_str(text).ok());
            one.insert(report.to_owned(), json!(told));
            Json::Object(one)
        })
        .collect();
    let whole =
        json!({ "formatVersion": 1, "exitCode": worst(rows), "environments": environments });
    // Cannot fail: maps have texts as keys.
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    // The values were masked where each report was made.
    safe::escaped(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &[Column] = &[
        Column::Creates,
        Column::Updates,
        Column::Deletes,
        Column::Drift,
    ];

    fn row(environment: &str, code: u8, figures: &[usize], error: Option<&str>) -> Row {
        Row {
            environment: environment.to_owned(),
            code,
            figures: figures.to_vec(),
            error: error.map(str::to_owned),
            failure: Vec::new(),
            report: None,
        }
    }

    #[test]
    fn an_error_beats_differences_and_these_beat_none() {
        for (codes, expected) in [
            (&[0, 0][..], 0),
            (&[0, 2, 0], 2),
            (&[2, 1, 0], 1),
            (&[1, 2], 1),
            (&[], 0),
        ] {
            let rows: Vec<Row> = codes
                .iter()
                .map(|code| row("a", *code, &[], None))
                .collect();
            assert_eq!(worst(&rows), expected, "{codes:?}");
        }
    }

    #[test]
    fn a_table_keeps_its_columns_at_any_width() {
        let long = "the organization does not take the token, and that is a long story";
        let rows = [
            row("emea", 2, &[12, 0, 3, 1], None),
            row("north-america", 1, &[], Some(long)),
        ];
        let at = |width: usize| {
            text(
                &rows,
                PLAN,
                Style {
                    width,
                    ..Style::default()
                },
            )
        };
        assert_eq!(
            at(200),
            format!(
                "environment    creates  updates  deletes  drift  error\n\
                 emea                12        0        3      1\n\
                 north-america        -        -        -      -  {long}\n\
                 \n\
                 2 environments: 1 failed, 1 with differences.\n"
            )
        );
        assert!(
            at(40).contains("-  the organization does n…\n"),
            "{}",
            at(40)
        );
        assert_eq!(at(40).lines().count(), at(200).lines().count());
    }

    #[test]
    fn a_comment_has_one_marker_and_begins_with_the_table() {
        let mut rows: Vec<Row> = ["a", "b", "c"]
            .map(|name| row(name, 0, &[0, 0, 0, 0], None))
            .to_vec();
        for one in &mut rows {
            one.report = Some(format!(
                "<!-- deskform plan: {} -->\n### {}\n{}\n",
                one.environment,
                one.environment,
                "x".repeat(25_000)
            ));
        }
        for name in ["d|e", "f"] {
            let mut failed = row(name, 1, &[], Some("a | b <script>"));
            failed.failure = vec![json!({
                "message": "a | b <script>",
                "help": "mend <it>",
                "places": [{"file": "deskform.yaml", "line": 3}],
            })];
            rows.push(failed);
        }
        let text = markdown(&rows, PLAN, "plan");
        assert!(text.len() < LIMIT - PIPELINE, "{}", text.len());
        assert_eq!(text.matches("<!-- deskform").count(), 1);
        assert!(text.contains("### b\n") && !text.contains("### c\n"));
        assert!(text.contains("Left out for want of room: `c`."));
        let row = "| `d|e` | - | - | - | - | a \\| b &lt;script&gt; |\n";
        let section = "### `d|e`, `f`: failed\n\n- a | b &lt;script&gt; (`deskform.yaml:3`)\n  <br>mend &lt;it&gt;\n";
        let at = |part: &str| text.find(part);
        assert!(
            at(row) < at(section) && at(section) < at("### a\n"),
            "{text}"
        );
        assert!(at(row).is_some(), "{text}");
    }
}
