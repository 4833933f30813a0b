//! Problems with their places, as text for people and as JSON for programs.

mod fold;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use serde_json::{Value as Json, json};

use self::fold::Fold;
use crate::problem::{Code, Label, Part, Problem, Problems, Severity, counted};
use crate::safe::mask::{self, MASK, masked};
use crate::safe::{self, safe, same_length};
use crate::yaml::places::Places;

/// Renders problems with file, line, column, the lines in question and the way out, each by itself.
///
/// `text` gives the text of a file of the project by its name; a place in a file without text is
/// named without its line. The result ends with a line that counts the problems.
#[must_use]
pub fn render(
    problems: &Problems,
    text: &dyn Fn(&str) -> Option<Arc<str>>,
    color: bool,
    width: usize,
) -> String {
    let mut writer = Writer::new(text, color, width);
    let mut shown: Vec<(Option<Position>, Shown)> = problems
        .list
        .iter()
        .map(|problem| writer.files.show(problem))
        .collect();
    shown.sort_by(|a, b| a.0.cmp(&b.0));
    let mut out = String::new();
    for (_, problem) in &shown {
        out.push_str(&writer.full(problem));
        out.push('\n');
    }
    if !shown.is_empty() {
        out.push_str(&last_line(problems, None));
    }
    out
}

/// The last line of all reports: how many problems there are, and what to do next. `reports` says into
/// how many they were folded, where they were.
fn last_line(problems: &Problems, reports: Option<usize>) -> String {
    let mut line = problems.count();
    if let Some(reports) = reports {
        let _ = write!(line, " in {}", counted(reports, "report"));
    }
    // Who has said no has nothing to correct.
    let is_to_correct =
        |problem: &Problem| problem.severity == Severity::Error && problem.code != Code::Declined;
    if problems.list.iter().any(is_to_correct) {
        line.push_str(": correct what is named here and run the command again");
    }
    if reports.is_some() {
        line.push_str("; `-v` shows each by itself");
    }
    line.push('\n');
    line
}

/// Renders problems for somebody who reads them: equal ones are one report with its places, and of a
/// flood the first of each sort is told in full, the rest in a line each or counted.
///
/// What is left out is counted, and the last line says what to do then. `text` is as for [`render`].
#[must_use]
pub fn render_folded(
    problems: &Problems,
    text: &dyn Fn(&str) -> Option<Arc<str>>,
    color: bool,
    width: usize,
) -> String {
    let mut writer = Writer::new(text, color, width);
    let folds = fold::folded(&problems.list, |problem| writer.files.position(problem));
    let (chosen, rest) = if folds.len() <= fold::FEW {
        ((0..folds.len()).collect(), Vec::new())
    } else {
        fold::first_of_each_code(&folds)
    };
    let mut blocks = BTreeMap::new();
    let mut lines = 0;
    let mut brief = Vec::new();
    for index in chosen {
        let block = writer.fold(&folds[index]);
        let long = block.lines().count() + 1;
        if folds.len() > fold::FEW && lines > 0 && lines + long > fold::FULL_LINES {
            brief.push(index);
            continue;
        }
        lines += long;
        blocks.insert(index, block);
    }
    brief.extend(rest);
    brief.sort_unstable();
    let mut out = String::new();
    for block in blocks.values() {
        out.push_str(block);
        out.push('\n');
    }
    let (told, counted_only) = brief.split_at(brief.len().min(fold::BRIEF_LINES));
    for index in told {
        out.push_str(&writer.brief(&folds[*index]));
        out.push('\n');
    }
    if !counted_only.is_empty() {
        let counts = fold::counts(counted_only.iter().map(|index| &folds[*index]));
        let _ = writeln!(out, "  … and {counts}");
    }
    if !brief.is_empty() {
        out.push('\n');
    }
    if problems.list.is_empty() {
        return out;
    }
    let is_cut = !brief.is_empty() || folds.len() < problems.list.len();
    out.push_str(&last_line(problems, is_cut.then_some(folds.len())));
    out
}

/// Writes single reports.
struct Writer<'a> {
    handler: GraphicalReportHandler,
    files: Files<'a>,
    width: usize,
}

impl<'a> Writer<'a> {
    fn new(text: &'a dyn Fn(&str) -> Option<Arc<str>>, color: bool, width: usize) -> Self {
        let theme = if color {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let width = width.max(40);
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_wrap_lines(false)
            .with_links(false)
            .with_urls(false)
            .with_cause_chain();
        Self {
            handler,
            files: Files {
                text,
                open: HashMap::new(),
            },
            width,
        }
    }

    /// A report with its lines of the file, ending with a line's end.
    fn full(&self, problem: &Shown) -> String {
        let mut out = String::new();
        let problem = &problem.wrapped(self.width);
        // Writing into a text does not fail.
        let _ = self.handler.render_report(&mut out, problem);
        // miette pads its lines, and heads what is told apart with a word of its own.
        let mut trimmed = String::with_capacity(out.len());
        for line in out.lines().map(str::trim_end) {
            if line != "Advice:" {
                trimmed.push_str(line);
                trimmed.push('\n');
            }
        }
        while trimmed.ends_with("\n\n") {
            trimmed.pop();
        }
        trimmed
    }

    /// Equal problems: the first in full, of the others the places.
    fn fold(&mut self, fold: &Fold<'_>) -> String {
        let (_, shown) = self.files.show(fold.first);
        let mut out = self.full(&shown);
        if fold.again.is_empty() {
            return out;
        }
        let places = fold.again.iter().map(|problem| self.files.place(problem));
        let places: Vec<String> = places.collect();
        out.push_str(&fold::listed(&places, self.width));
        out
    }

    /// Equal problems in one line: place, message, and how many more there are.
    fn brief(&mut self, fold: &Fold<'_>) -> String {
        let place = self.files.place(fold.first);
        let message = told(&fold.first.message);
        let mut line = if place.is_empty() {
            format!("  {message}")
        } else {
            format!("  {place}: {message}")
        };
        if !fold.again.is_empty() {
            let _ = write!(line, ", and in {}", counted(fold.again.len(), "more place"));
        }
        line
    }
}

/// A text for a report, which breaks its lines: what is never printed must be gone before.
fn told(text: &str) -> String {
    masked(&safe(text)).into_owned()
}

/// Problems as JSON, one object a line, sorted as [`render`] sorts them: `level`, `code`, `message`,
/// `places` (each with `file`, `line` and `column` from 1, and `text`) and `help`.
#[must_use]
pub fn json_lines(problems: &Problems, text: &dyn Fn(&str) -> Option<Arc<str>>) -> String {
    let mut files = Files {
        text,
        open: HashMap::new(),
    };
    let mut lines: Vec<_> = problems
        .list
        .iter()
        .map(|problem| files.object(problem))
        .collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    let text = lines.iter().fold(String::new(), |mut out, (_, object)| {
        // Writing into a text does not fail.
        let _ = writeln!(out, "{object}");
        out
    });
    safe::json(text)
}

/// Columns before a message and before a help.
const BEFORE_MESSAGE: usize = 4;
const BEFORE_HELP: usize = 8;

/// A text in lines of so many columns: they break at blanks alone, and never inside of backticks, so that
/// a command can be copied.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut column = 0;
    let mut word = String::new();
    let mut is_code = false;
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        if character == '`' {
            // What is never closed protects nothing.
            let rest = text.get(at + 1..).unwrap_or_default();
            is_code = !is_code && rest.contains('`');
        }
        if character != ' ' || is_code {
            word.push(character);
            continue;
        }
        let long = word.chars().count();
        if column > 0 && column + 1 + long > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word);
        column += long;
        word.clear();
    }
    out
}

/// Lines between two labels that are shown in one piece.
const NEAR: usize = 2;

/// Bytes of a line from which on only a part of it is shown, and how much of it.
const LONG_LINE: usize = 240;
const EXCERPT: usize = 60;

/// The files that problems point into, opened at most once.
struct Files<'a> {
    text: &'a dyn Fn(&str) -> Option<Arc<str>>,
    open: HashMap<Arc<str>, Option<Open>>,
}

/// A file and an offset in it: what reports are sorted by.
type Position = (Arc<str>, usize);

struct Open {
    source: Source,
    /// The same text with masks in place of what is never printed, and what stands elsewhere by that.
    masked: Option<(Source, Vec<Moved>)>,
    places: Option<Places>,
}

/// A part of a text that a mask replaces, and where the mask stands.
#[derive(Debug)]
struct Moved {
    old: Range<usize>,
    new: Range<usize>,
}

/// A text with a mask for each part, line by line, so that it has the lines that it had.
fn with_masks(text: &str, parts: &[Range<usize>]) -> (String, Vec<Moved>) {
    let mut out = String::with_capacity(text.len());
    let mut moved = Vec::new();
    let mut from = 0;
    for part in parts {
        let mut at = part.start;
        for line in text
            .get(part.clone())
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            let secret = line.trim_end_matches(['\n', '\r']).len();
            out.push_str(text.get(from..at).unwrap_or_default());
            if secret > 0 {
                let start = out.len();
                out.push_str(MASK);
                moved.push(Moved {
                    old: at..at + secret,
                    new: start..out.len(),
                });
            }
            from = at + secret;
            at += line.len();
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out, moved)
}

/// Where a range of a text stands once parts of it are masked; what begins or ends inside of such a part
/// does so with its mask.
fn moved(range: &Range<usize>, all: &[Moved]) -> Range<usize> {
    let one = |offset: usize, is_end: bool| {
        let before = all.partition_point(|one| one.old.start < offset + usize::from(!is_end));
        let Some(last) = before.checked_sub(1).and_then(|index| all.get(index)) else {
            return offset;
        };
        if offset < last.old.end {
            return if is_end { last.new.end } else { last.new.start };
        }
        last.new.end + (offset - last.old.end)
    };
    let start = one(range.start, false);
    start..one(range.end, true).max(start)
}

impl Files<'_> {
    fn open(&mut self, file: &Arc<str>) -> Option<&mut Open> {
        let text = self.text;
        self.open
            .entry(Arc::clone(file))
            .or_insert_with(|| {
                text(file).map(|text| {
                    let parts = mask::places(&text);
                    let masked = (!parts.is_empty()).then(|| {
                        let (shown, moved) = with_masks(&text, &parts);
                        (Source::new(Arc::clone(file), shown.into()), moved)
                    });
                    Open {
                        source: Source::new(Arc::clone(file), text),
                        masked,
                        places: None,
                    }
                })
            })
            .as_mut()
    }

    /// Where a problem begins: what reports are sorted by.
    fn position(&mut self, problem: &Problem) -> Option<Position> {
        let label = problem.labels.first()?;
        let file = &label.place.file;
        let start = self.open(file).map_or(0, |open| open.locate(label).start);
        Some((Arc::clone(file), start))
    }

    /// The place of a problem as editors take it, such as `agents.yaml:7:19`; empty where it has none.
    fn place(&mut self, problem: &Problem) -> String {
        let Some(label) = problem.labels.first() else {
            return String::new();
        };
        let file = &label.place.file;
        let at = self.open(file).map(|open| {
            let start = open.locate(label).start;
            open.source.position(start)
        });
        match at {
            Some((line, column)) => format!("{}:{}:{}", safe(file), line + 1, column + 1),
            None => safe(file).into_owned(),
        }
    }

    /// The problem as JSON, and what it is sorted by.
    fn object(&mut self, problem: &Problem) -> (Option<(Arc<str>, usize)>, Json) {
        let mut position = None;
        let mut places = Vec::new();
        for label in &problem.labels {
            let file = &label.place.file;
            let mut place = json!({"file": &**file});
            let mut start = 0;
            if let Some(open) = self.open(file) {
                start = open.locate(label).start;
                let (line, column) = open.source.position(start);
                place["line"] = (line + 1).into();
                place["column"] = (column + 1).into();
            }
            place["text"] = label.text.as_str().into();
            places.push(place);
            position.get_or_insert_with(|| (Arc::clone(file), start));
        }
        let level = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let object = json!({
            "level": level,
            "code": problem.code.as_str(),
            "message": problem.message,
            "places": places,
            "help": problem.help,
        });
        (position, object)
    }

    /// The problem with bytes in place of symbols, and what it is sorted by.
    fn show(&mut self, problem: &Problem) -> (Option<Position>, Shown) {
        let mut shown = Shown {
            message: told(&problem.message),
            severity: match problem.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            labels: Vec::new(),
            source: None,
            related: Vec::new(),
            help: problem.help.as_deref().map(told),
        };
        let mut position = None;
        let mut first: Option<(Source, usize)> = None;
        for (index, label) in problem.labels.iter().enumerate() {
            let file = &label.place.file;
            let located = self.open(file).map(|open| {
                let range = open.locate(label);
                (range.clone(), open.shown(range))
            });
            if index == 0 {
                let start = located.as_ref().map_or(0, |(range, _)| range.start);
                position = Some((Arc::clone(file), start));
            }
            let Some((_, (source, range))) = located else {
                shown.message = format!("{}: {}", safe(file), shown.message);
                continue;
            };
            let line = source.line(range.start);
            let (source, range) = source.excerpt(range);
            let span = SourceSpan::new(range.start.into(), range.len());
            let text = Some(told(&label.text)).filter(|text| !text.is_empty());
            match &first {
                None => {
                    shown
                        .labels
                        .push(LabeledSpan::new_primary_with_span(text, span));
                    shown.source = Some(source.clone());
                    first = Some((source, line));
                }
                Some((before, other))
                    if before.is_same(&source) && line.abs_diff(*other) <= NEAR =>
                {
                    shown.labels.push(LabeledSpan::new_with_span(text, span));
                }
                Some(_) => shown.related.push(Shown {
                    message: told(&label.text),
                    severity: miette::Severity::Advice,
                    labels: vec![LabeledSpan::new_primary_with_span(
                        Some("here".to_owned()),
                        span,
                    )],
                    source: Some(source),
                    related: Vec::new(),
                    help: None,
                }),
            }
        }
        (position, shown)
    }
}

impl Open {
    /// The text as it is shown, and where a range of what was read stands in that.
    fn shown(&self, range: Range<usize>) -> (Source, Range<usize>) {
        match &self.masked {
            Some((source, all)) => {
                let mut source = source.clone();
                source.column = Some(self.source.position(range.start).1);
                (source, moved(&range, all))
            }
            None => (self.source.clone(), range),
        }
    }

    fn locate(&mut self, label: &Label) -> Range<usize> {
        let text = Arc::clone(&self.source.text);
        let range = if let Part::Bytes { start, end } = label.place.part {
            start..end
        } else {
            let places = self.places.get_or_insert_with(|| Places::of(&text));
            places.locate(&label.place)
        };
        let range = floor(&text, range.start)..floor(&text, range.end.max(range.start));
        let inside = text.get(range.clone()).unwrap_or_default();
        if let Some(focus) = label.focus.as_deref().filter(|focus| !focus.is_empty())
            && let Some(offset) = occurrence(inside, focus)
        {
            return range.start + offset..range.start + offset + focus.len();
        }
        // A label that runs over several lines hides more than it shows.
        let line = inside.lines().next().unwrap_or_default().trim_end();
        range.start..range.start + line.len()
    }
}

/// Where some words stand in a text: by themselves, or else anywhere.
fn occurrence(text: &str, words: &str) -> Option<usize> {
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let is_alone = |at: &usize| {
        let (before, rest) = text.split_at(*at);
        let after = rest.get(words.len()..).unwrap_or_default();
        !is_part(before.chars().next_back()) && !is_part(after.chars().next())
    };
    let all = || text.match_indices(words).map(|(at, _)| at);
    all().find(is_alone).or_else(|| all().next())
}

/// The nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// A file's text with its lines, so that a snippet costs no walk from the beginning.
#[derive(Debug, Clone)]
struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// The text as it is shown: as long, without what could steer a terminal.
    shown: Arc<str>,
    lines: Arc<[usize]>,
    /// The line and column at which the text begins, where it is an excerpt.
    begins: Option<(usize, usize)>,
    /// The column in the file at which the label stands, where masks have moved it.
    column: Option<usize>,
}

impl Source {
    fn new(name: Arc<str>, text: Arc<str>) -> Self {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let shown = match same_length(&text) {
            Cow::Borrowed(_) => Arc::clone(&text),
            Cow::Owned(shown) => shown.into(),
        };
        Self {
            name,
            text,
            shown,
            lines,
            begins: None,
            column: None,
        }
    }

    /// Whether both are the same text, so that one snippet can show labels of both.
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text)
    }

    /// The part of a very long line around a range, and the range inside it; all of the text and
    /// the range as it is where lines are short.
    fn excerpt(self, range: Range<usize>) -> (Self, Range<usize>) {
        let line = self.line(range.start);
        let (start, end) = (self.start(line), self.start(line + 1));
        // The neighbours are shown too.
        let widest = (line.saturating_sub(1)..=line + 1)
            .map(|line| self.start(line + 1) - self.start(line))
            .max();
        if widest.unwrap_or_default() <= LONG_LINE {
            return (self, range);
        }
        let from = floor(&self.text, range.start.saturating_sub(EXCERPT).max(start));
        let shown = floor(&self.text, range.end.min(range.start + 2 * EXCERPT));
        let to = floor(&self.text, (shown + EXCERPT).min(end)).max(shown);
        let text = self.text.get(from..to).unwrap_or_default().trim_end();
        let column = self
            .text
            .get(start..from)
            .map_or(0, |text| text.chars().count());
        let mut excerpt = Self::new(self.name, text.into());
        excerpt.column = self.column;
        excerpt.begins = Some((line, column));
        (excerpt, range.start - from..shown.max(range.start) - from)
    }

    /// The line of an offset, from 0.
    fn line(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The line and the column, in characters, of an offset, both from 0.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let before = self.text.get(self.start(line)..offset);
        (line, before.map_or(0, |before| before.chars().count()))
    }

    fn start(&self, line: usize) -> usize {
        self.lines.get(line).copied().unwrap_or(self.text.len())
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        if end > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let own = self.line(span.offset());
        let first = own.saturating_sub(context_lines_before);
        let last = self.line(end.saturating_sub(1).max(span.offset())) + context_lines_after;
        // Without context the contents begin at the span itself: that is the place in the heading.
        let from = if context_lines_before == 0 {
            span.offset()
        } else {
            self.start(first)
        };
        let to = self.start(last + 1).max(from);
        let data = self.shown.get(from..to).unwrap_or_default();
        let column = self
            .text
            .get(self.start(first)..from)
            .map_or(0, |text| text.chars().count());
        let (line, column) = match self.begins {
            Some((line, start)) if context_lines_before == 0 => (line, start + column),
            Some((line, _)) => (line, 0),
            None => (first, column),
        };
        let column = match self.column {
            Some(own) if context_lines_before == 0 => own,
            _ => column,
        };
        Ok(Box::new(MietteSpanContents::new_named(
            safe(&self.name).into_owned(),
            data.as_bytes(),
            SourceSpan::new(from.into(), to - from),
            line,
            column,
            last + 1 - first,
        )))
    }
}

/// A problem as miette takes it.
#[derive(Debug)]
struct Shown {
    message: String,
    severity: miette::Severity,
    labels: Vec<LabeledSpan>,
    source: Option<Source>,
    related: Vec<Shown>,
    help: Option<String>,
}

impl Shown {
    /// The same with its texts in lines of so many columns.
    fn wrapped(&self, width: usize) -> Self {
        let related = self.related.iter();
        Self {
            message: wrapped(&self.message, width.saturating_sub(BEFORE_MESSAGE)),
            severity: self.severity,
            labels: self.labels.clone(),
            source: self.source.clone(),
            related: related.map(|one| one.wrapped(width)).collect(),
            help: (self.help.as_ref()).map(|help| wrapped(help, width.saturating_sub(BEFORE_HELP))),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(
            self.related.iter().map(|shown| shown as &dyn Diagnostic),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_never_in_code() {
        for (text, width, expected) in [
            ("one two three", 7, "one two\nthree"),
            (
                "run `deskform ledger forget 'agents/a b'` now",
                20,
                "run\n`deskform ledger forget 'agents/a b'`\nnow",
            ),
            (
                "since 2026-11-29T12:46:19Z on",
                12,
                "since\n2026-11-29T12:46:19Z\non",
            ),
            (
                "a ` is no code and goes on and on",
                10,
                "a ` is no\ncode and\ngoes on\nand on",
            ),
            ("", 10, ""),
        ] {
            assert_eq!(wrapped(text, width), expected, "{text}");
        }
    }

    #[test]
    fn words_are_found_by_themselves_first() {
        for (text, words, expected) in [
            ("[{id: 412}, {id: 12}]", "12", Some(17)),
            ("[{id: 412}]", "12", Some(7)),
            ("é12 12", "12", Some(5)),
            ("[1, 2]", "12", None),
        ] {
            assert_eq!(occurrence(text, words), expected, "{text}");
        }
    }

    #[test]
    fn a_label_stands_where_its_text_does_among_masks() {
        let text = "a: hunter2-hunter2 b\nkey: x-one\ntwo-y\nend";
        let place = |what: &str| {
            let start = text.find(what).unwrap();
            start..start + what.len()
        };
        let (shown, all) = with_masks(text, &[place("hunter2-hunter2"), place("one\ntwo")]);
        assert_eq!(shown, "a: (secret) b\nkey: x-(secret)\n(secret)-y\nend");
        for (what, expected) in [
            ("a", "a"),
            ("hunter2-hunter2", "(secret)"),
            ("unter2", "(secret)"),
            (" b", " b"),
            ("x-on", "x-(secret)"),
            ("two-y", "(secret)-y"),
            ("end", "end"),
        ] {
            assert_eq!(&shown[moved(&place(what), &all)], expected, "{what}");
        }
    }
}
