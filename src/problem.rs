//! Problems, failures and exit codes: the one place that knows how errors are worded and ranked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use serde_json::{Value as Json, json};

use crate::safe::mask::masked;
use crate::safe::{self, safe, same_length};
use crate::yaml::places::Places;

/// Exit codes; documented for scripts.
pub mod exit {
    /// Done, or nothing to do. Manual steps alone leave `apply` at this.
    pub const OK: u8 = 0;
    /// Error, usage error, guard, stale plan, declined: nothing was applied.
    pub const ERROR: u8 = 1;
    /// `plan --detailed-exitcode` and `drift`: there is a difference, or a manual step nobody acknowledged.
    pub const DIFFERENCE: u8 = 2;
    /// Something was applied and something was not, or a signal stopped the run while it wrote.
    pub const PARTIAL: u8 = 3;
}

/// Which part of a mapping entry a place means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
    /// Bytes of the file, where no pointer leads (invalid YAML, the second of two equal keys).
    Bytes {
        /// Offset of the first byte.
        start: usize,
        /// Offset behind the last byte.
        end: usize,
    },
}

/// A symbolic place in a file of the project; bytes are worked out only when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the project folder, with forward slashes.
    pub file: Arc<str>,
    /// The document in the file, from 0.
    pub document: u32,
    /// The JSON pointer inside the document.
    pub pointer: String,
    /// Key or value.
    pub part: Part,
}

impl Place {
    /// The file as a whole, shown at its beginning.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            document: 0,
            pointer: String::new(),
            part: Part::Bytes { start: 0, end: 0 },
        }
    }
}

/// A place with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be said there.
    pub text: String,
    /// The part of the text at that place that is meant, such as one `${…}` expression.
    pub focus: Option<String>,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run goes on.
    Warning,
    /// The run stops before anything is written.
    Error,
}

/// One thing that is wrong with the input, with the places that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable name in kebab-case, such as `unknown-key`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// The sentence, lower case and without a final period.
    pub message: String,
    /// The offence first, then what forbids it.
    pub labels: Vec<Label>,
    /// The way out.
    pub help: Option<String>,
}

impl Problem {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Adds a label.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            place,
            text: text.into(),
            focus: None,
        });
        self
    }

    /// Adds a label on the first occurrence of `focus` in the text at a place.
    #[must_use]
    pub fn at_part(
        mut self,
        place: Place,
        focus: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        self.labels.push(Label {
            place,
            text: text.into(),
            focus: Some(focus.into()),
        });
        self
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Everything that is wrong, in the order in which it stands in the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    /// The problems.
    pub list: Vec<Problem>,
}

impl Problems {
    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// Sorts them by the place of their first label; those without a place come first.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            let place = |problem: &Problem| problem.labels.first().map(|label| label.place.clone());
            place(a)
                .cmp(&place(b))
                .then_with(|| (a.code, &a.message).cmp(&(b.code, &b.message)))
        });
    }

    /// The errors and the warnings counted in words, such as `2 problems and 1 warning`.
    #[must_use]
    pub fn count(&self) -> String {
        let errors = self
            .list
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .count();
        let warnings = self.list.len() - errors;
        match (errors, warnings) {
            (errors, 0) => counted(errors, "problem"),
            (0, warnings) => counted(warnings, "warning"),
            (errors, warnings) => format!(
                "{} and {}",
                counted(errors, "problem"),
                counted(warnings, "warning")
            ),
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self {
            list: vec![problem],
        }
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(list: Vec<Problem>) -> Self {
        Self { list }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list.as_slice() {
            [problem] => f.write_str(&problem.message),
            _ => f.write_str(&self.count()),
        }
    }
}

impl std::error::Error for Problems {}

/// A number with its noun, such as `1 file` or `3 files`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Words in back-ticks, as a list in a sentence: "`a`, `b` or `c`".
#[must_use]
pub fn ticked<S: AsRef<str>>(words: &[S], conjunction: &str) -> String {
    let ticked: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    match ticked.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// The candidate that a mistyped word most likely stands for.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    // A third of the letters may be wrong, but never all of a short word.
    let limit = (length / 3).clamp(1, 5);
    candidates
        .into_iter()
        // Texts of very different lengths are not compared: that would be slow for nothing.
        .filter(|candidate| candidate.len().abs_diff(lower.len()) <= 4 * limit)
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit && *distance < length.max(2))
        .min_by_key(|(distance, candidate)| {
            let same = candidate
                .chars()
                .zip(word.chars())
                .take_while(|(a, b)| a == b)
                .count();
            (*distance, std::cmp::Reverse(same), *candidate)
        })
        .map(|(_, candidate)| candidate)
}

/// The help that names the nearest candidate, if one is near.
pub fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// Renders problems with file, line, column, the lines in question and the way out.
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
    let theme = if color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width.max(40))
        .with_links(false)
        .with_urls(false)
        .with_cause_chain();
    let mut files = Files {
        text,
        open: HashMap::new(),
    };
    let mut shown: Vec<(Option<Position>, Shown)> = problems
        .list
        .iter()
        .map(|problem| files.show(problem))
        .collect();
    shown.sort_by(|a, b| a.0.cmp(&b.0));
    let mut out = String::new();
    for (_, problem) in &shown {
        // Writing into a text does not fail.
        let _ = handler.render_report(&mut out, problem);
        while out.ends_with("\n\n") {
            out.pop();
        }
        out.push('\n');
    }
    if !shown.is_empty() {
        out.push_str(&problems.count());
        out.push('\n');
    }
    // miette pads its lines, and heads what is told apart with a word of its own.
    let mut trimmed = String::with_capacity(out.len());
    for line in out.lines().map(str::trim_end) {
        if line != "Advice:" {
            trimmed.push_str(line);
            trimmed.push('\n');
        }
    }
    trimmed
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
    places: Option<Places>,
}

impl Files<'_> {
    fn open(&mut self, file: &Arc<str>) -> Option<&mut Open> {
        let text = self.text;
        self.open
            .entry(Arc::clone(file))
            .or_insert_with(|| {
                text(file).map(|text| Open {
                    source: Source::new(Arc::clone(file), text),
                    places: None,
                })
            })
            .as_mut()
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
            "code": problem.code,
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
            let located = self
                .open(file)
                .map(|open| (open.source.clone(), open.locate(label)));
            if index == 0 {
                let start = located.as_ref().map_or(0, |(_, range)| range.start);
                position = Some((Arc::clone(file), start));
            }
            let Some((source, range)) = located else {
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
            && let Some(offset) = inside.find(focus)
        {
            return range.start + offset..range.start + offset + focus.len();
        }
        // A label that runs over several lines hides more than it shows.
        let line = inside.lines().next().unwrap_or_default().trim_end();
        range.start..range.start + line.len()
    }
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
