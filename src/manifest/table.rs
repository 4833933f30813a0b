//! Tables whose rows are resources: `$csv: {file: seeds/contacts.csv, columns: {…}}` beside handles.
//!
//! A row becomes what a manifest would say in its place, with cells read by the shapes of their fields, so
//! that everything behind this file knows manifests alone. Of its place a row keeps the byte at which it
//! begins; where a cell stands is found once it is reported.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord};
use serde_json::Number;

use super::convert::unknown_field_words;
use super::lately::Lately;
use super::origin::FileDocument;
use super::resolve::article;
use super::secret_text::named;
use super::texts;
use crate::codec::{leaf_names, reached, way_of};
use crate::kind::words::{CSV, FILE, TABLE_KEYS};
use crate::kind::{Alike, Field, Kind, ORDER, Shape};
use crate::problem::{Code, Part, Place, Problem, counted, did_you_mean, few, nearest};
use crate::state::{Address, pointer};
use crate::yaml::cells::{Cell, Flaw, cells};
use crate::yaml::raw::{At, Raw};
use crate::yaml::source::Beside;
use crate::yaml::variables::{escape, escape_open, has_expression};
use crate::yaml::walk::{Walker, unknown_key};

/// What may stand between cells where nothing is said, the likeliest first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What stands between the items of a cell that holds a list.
pub(super) const ITEMS: char = ';';

/// How a table is read, as far as places need it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    text: Arc<str>,
    delimiter: u8,
    /// Whether a comma stands before the decimals of numbers.
    has_comma: bool,
    /// The column that gives the handles.
    handle: usize,
    columns: Vec<Told>,
    /// The row in which something was placed last.
    lately: Lately,
}

/// Where a column is told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// The field that it gives, as a JSON Pointer; empty where it gives none.
    pointer: String,
    /// Its name in the first line, or what `columns` says of it.
    place: Place,
}

impl Table {
    /// The place of a field of the resource whose row begins at a byte; of the handle where the path is
    /// empty or no cell gives it.
    pub(super) fn place(
        &self,
        file: &Arc<str>,
        row: u32,
        (address, path): (&Address, &str),
        part: Part,
    ) -> Place {
        let column = self.column(path);
        let told = column.and_then(|column| self.columns.get(column));
        if let Some(told) = told.filter(|told| part == Part::Key && told.pointer == path) {
            return told.place.clone();
        }
        let below = told.and_then(|told| path.strip_prefix(&*told.pointer)?.strip_prefix('/'));
        let item = below.and_then(|below| below.parse().ok());
        let Range { start, end } = self.lately.find(
            (&self.text, row as usize, self.delimiter),
            column.unwrap_or(self.handle),
            item,
        );
        Place {
            file: Arc::clone(file),
            document: 0,
            pointer: address.pointer(path),
            part: Part::Bytes { start, end },
        }
    }

    /// The column that gives a field, what it stands in, or something in it.
    fn column(&self, path: &str) -> Option<usize> {
        let gives = |wanted: &str| self.columns.iter().position(|one| one.pointer == wanted);
        let mut above = path;
        while !above.is_empty() {
            if let Some(found) = gives(above) {
                return Some(found);
            }
            above = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        let within = |told: &Told| {
            let rest = told.pointer.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let named = !path.is_empty();
        named.then(|| self.columns.iter().position(within))?
    }

    /// What a cell means that holds a number, as a text.
    pub(super) fn number(&self, cell: &Arc<str>) -> Raw {
        match with_point(cell, self.has_comma) {
            Some(text) => Raw::Text(text.into()),
            None if is_numeric(cell) => Raw::Doubtful(cell.as_ref().into()),
            None => Raw::Text(Arc::clone(cell)),
        }
    }

    /// How a number is to be written that stands in a cell otherwise.
    pub(super) fn plain_number(&self, written: &str) -> String {
        let (Some(point), true) = (written.rfind('.'), self.has_comma) else {
            return "write it without leading zeros, separators or `+`".to_owned();
        };
        let comma = written.rfind(',');
        let whole = written.replace('.', "");
        match comma {
            // The point stands before the decimals, and commas between the thousands.
            Some(comma) if comma < point => {
                format!("write `{}`", written.replace(',', "").replace('.', ","))
            }
            None if written.matches('.').count() == 1 => {
                format!("write `{whole}` or `{}`", written.replace('.', ","))
            }
            _ => format!("write `{whole}`"),
        }
    }
}

/// The text of a number with a point before its decimals; none where it is not clear what separates what.
fn with_point(cell: &str, has_comma: bool) -> Option<Cow<'_, str>> {
    if !has_comma {
        return Some(Cow::Borrowed(cell));
    }
    match cell.split_once(',') {
        _ if cell.contains('.') => None,
        None => Some(Cow::Borrowed(cell)),
        Some((_, decimals)) if decimals.contains(',') => None,
        Some((whole, decimals)) => Some(Cow::Owned(format!("{whole}.{decimals}"))),
    }
}

/// Whether a cell holds a number, however it is written.
fn is_numeric(cell: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || "+-., eE".contains(c);
    cell.contains(|c: char| c.is_ascii_digit()) && cell.chars().all(is_part)
}

/// A flag in a cell, as spreadsheets write it.
pub(super) fn flag(cell: &Arc<str>) -> Raw {
    match &**cell {
        text if text.eq_ignore_ascii_case("true") => Raw::Bool(true),
        text if text.eq_ignore_ascii_case("false") => Raw::Bool(false),
        _ => Raw::Text(Arc::clone(cell)),
    }
}

/// A number in a cell.
fn number(cell: &str, has_comma: bool) -> Raw {
    let number = with_point(cell, has_comma).and_then(|text| text.parse::<Number>().ok());
    match number {
        Some(number) => Raw::Number(number),
        None if is_numeric(cell) => Raw::Doubtful(cell.into()),
        None => Raw::Text(escape(cell).into()),
    }
}

/// Which field each column gives, by its name, and where that is said; nothing where it is left out.
type Said = BTreeMap<Arc<str>, (Option<String>, Place)>;

/// What a manifest says of a table.
pub(super) struct Spec {
    file: Arc<str>,
    text: Arc<str>,
    /// Where the file is named.
    named: Place,
    columns: Option<Said>,
    delimiter: Option<u8>,
    has_comma: bool,
    /// The text of a cell that clears.
    null: Option<String>,
}

impl Spec {
    /// Reads what stands under `$csv`, or an item of it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(super) fn read(
        raw: &Raw,
        at: At<'_>,
        place: &dyn Fn(At<'_>, Part) -> Place,
        tables: &BTreeMap<String, Beside>,
    ) -> Result<Self, Vec<Problem>> {
        let mut walker = Walker {
            place,
            problems: Vec::new(),
        };
        let (mut file, mut columns, mut delimiter, mut null) = (None, None, None, None);
        let mut has_comma = false;
        for (key, value) in walker.known(raw, at, CSV, TABLE_KEYS) {
            let at = at.key(key);
            match key {
                FILE => {
                    let place = place(at, Part::Value);
                    let name = format!("{CSV}/{FILE}");
                    match texts::found(value, &name, Some(tables), &place) {
                        Ok((name, text)) => file = Some((name, text, place)),
                        Err(problem) => walker.problems.push(problem),
                    }
                }
                "columns" => {
                    let entries = walker.entries(value, at, key);
                    let mut named = BTreeMap::new();
                    for (column, field) in entries {
                        let at = at.key(column);
                        let field = match field {
                            Raw::Null => None,
                            field => match walker.plain(field, at, column) {
                                Some(field) => Some(field),
                                None => continue,
                            },
                        };
                        named.insert(Arc::clone(column), (field, place(at, Part::Value)));
                    }
                    columns = Some(named);
                }
                "delimiter" => delimiter = Self::delimiter(&mut walker, value, at),
                "decimal" => {
                    has_comma = walker.word(value, at, key, &[".", ","]) == Some(",");
                }
                _ => {
                    let text = walker.plain(value, at, key);
                    let text = text.map(|text| text.trim().to_owned());
                    null = text.filter(|text| !text.is_empty());
                }
            }
        }
        if let Raw::Map(_) = raw
            && raw.get(FILE).is_none()
        {
            walker.report(
                Code::MissingRequired,
                (at, Part::Key),
                format!("`{CSV}` lacks `{FILE}`"),
                "no file is named",
                Some(format!("write `{CSV}: {{{FILE}: seeds/contacts.csv}}`")),
            );
        }
        match file {
            Some((file, text, named)) if walker.problems.is_empty() => Ok(Self {
                file,
                text,
                named,
                columns,
                delimiter,
                has_comma,
                null,
            }),
            _ => Err(walker.problems),
        }
    }

    fn delimiter(walker: &mut Walker<'_>, raw: &Raw, at: At<'_>) -> Option<u8> {
        let text = match raw {
            Raw::Text(text) if &**text == "tab" => "\t",
            Raw::Text(text) => text,
            _ => "",
        };
        match *text.as_bytes() {
            [one] if one.is_ascii_punctuation() && one != b'"' || one == b'\t' || one == b' ' => {
                Some(one)
            }
            _ => {
                walker.report(
                    Code::NotAChoice,
                    (at, Part::Value),
                    "`delimiter` must be one character that stands between cells",
                    "not one",
                    Some("write `\",\"`, `\";\"`, `\"|\"` or `tab`".to_owned()),
                );
                None
            }
        }
    }

    fn place(&self, cell: &Cell) -> Place {
        Place {
            part: Part::Bytes {
                start: cell.range.start,
                end: cell.range.end,
            },
            ..Place::file(Arc::clone(&self.file))
        }
    }

    /// The delimiter: what stands most often outside of quotes in the first line.
    fn guessed(&self, start: usize) -> u8 {
        let rest = self.text.get(start..).unwrap_or_default();
        let mut is_quoted = false;
        let mut counts = [0_usize; DELIMITERS.len()];
        for byte in rest.bytes() {
            match byte {
                b'"' => is_quoted = !is_quoted,
                b'\n' | b'\r' if !is_quoted => break,
                _ if is_quoted => {}
                _ => {
                    for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                        *count += usize::from(byte == delimiter);
                    }
                }
            }
        }
        let most = counts.iter().max().copied().unwrap_or_default();
        let found = counts.iter().position(|count| *count == most);
        found.map_or(b',', |index| DELIMITERS[index])
    }
}

/// A column that gives a field.
struct Column {
    way: Vec<Arc<str>>,
    field: &'static Field,
}

/// What a column is.
enum Gives {
    Handle,
    Field(Column),
    /// It is left out, or wrong.
    Nothing,
}

/// A row as a manifest would say it.
pub(super) struct Row {
    pub(super) handle: Arc<str>,
    pub(super) body: Raw,
    /// Where it begins, in bytes.
    pub(super) start: u32,
}

/// What became of a table.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) problems: Vec<Problem>,
    /// Handles of rows that are wrong, so that what refers to them is right as far as anybody knows.
    pub(super) presumed: Vec<String>,
    /// Whether there may be rows that were not read.
    pub(super) is_incomplete: bool,
}

/// Where tables are named whose rows were read: by the kind, the file and the column of the handles.
pub(super) type Seen = HashMap<(&'static str, Arc<str>, usize), Place>;

/// Reads a table and hands over its rows, in order.
pub(super) fn read(
    kind: &'static Kind,
    spec: &Spec,
    seen: &mut Seen,
    each: &mut dyn FnMut(&Arc<FileDocument>, Row),
) -> Outcome {
    let mut outcome = Outcome::default();
    let text = &*spec.text;
    let start = behind_breaks(text, 0);
    let delimiter = spec.delimiter.unwrap_or_else(|| spec.guessed(start));
    if let Some(problem) = separator_line(spec, start) {
        outcome.problems.push(problem);
        outcome.is_incomplete = true;
        return outcome;
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let header = cells(text, start, delimiter);
    // The text is UTF-8, and rows may have any length: nothing fails, here and below.
    let is_read = reader.read_record(&mut record).unwrap_or_default();
    if !is_read {
        let message = format!("`{}` has no line that names its columns", spec.file);
        let name = kind.field_of_handle().name;
        let problem = Problem::error(Code::BadTable, message)
            .at(spec.named.clone(), "named here")
            .help(format!("begin it with a line such as `{name},…`"));
        outcome.problems.push(problem);
    }
    let end = offset(reader.position().byte());
    if !is_read
        || holds_control(start..end, spec, &mut outcome)
        || flaws(&header, spec, &mut outcome)
    {
        outcome.is_incomplete = true;
        return outcome;
    }
    let (gives, told) = Header {
        kind,
        spec,
        cells: &header,
        problems: &mut outcome.problems,
        slips: Vec::new(),
        near: Vec::new(),
    }
    .read(&record);
    let Some(handle) = gives.iter().position(|one| matches!(one, Gives::Handle)) else {
        outcome.is_incomplete = true;
        return outcome;
    };
    let of_rows = (kind.collection, Arc::clone(&spec.file), handle);
    if let Some(first) = seen.get(&of_rows) {
        // Each of its rows would be declared twice.
        let message = format!("`{}` is named twice for {}", spec.file, kind.collection);
        let problem = Problem::error(Code::DuplicateResource, message)
            .at(spec.named.clone(), "named again here")
            .at(first.clone(), "first named here")
            .help("keep one of them");
        outcome.problems.push(problem);
        return outcome;
    }
    seen.insert(of_rows, spec.named.clone());
    let fields = gives.into_iter().enumerate();
    let fields = fields.filter_map(|(index, one)| match one {
        Gives::Field(column) => Some((index, column)),
        Gives::Handle | Gives::Nothing => None,
    });
    let rows = Rows {
        kind,
        spec,
        delimiter,
        width: record.len(),
        handle,
        fields: fields.collect(),
        is_right: outcome.problems.is_empty(),
    };
    let document = Arc::new(FileDocument {
        file: Arc::clone(&spec.file),
        number: 0,
        table: Some(Table {
            text: Arc::clone(&spec.text),
            delimiter,
            has_comma: spec.has_comma,
            handle,
            columns: told,
            lately: Lately::default(),
        }),
    });
    loop {
        let before = offset(reader.position().byte());
        if !reader.read_record(&mut record).unwrap_or_default() {
            return outcome;
        }
        let bytes = behind_breaks(text, before)..offset(reader.position().byte());
        if let Some(row) = rows.row(&record, bytes, &mut outcome) {
            each(&document, row);
        }
    }
}

/// The rows of a table whose first line is read.
struct Rows<'s> {
    kind: &'static Kind,
    spec: &'s Spec,
    delimiter: u8,
    /// How many cells a row has.
    width: usize,
    /// The column of the handles.
    handle: usize,
    /// The columns that give fields.
    fields: Vec<(usize, Column)>,
    /// Whether it is known what cells mean.
    is_right: bool,
}

impl Rows<'_> {
    /// What a manifest would say of a row; nothing where it is wrong.
    fn row(
        &self,
        record: &StringRecord,
        bytes: Range<usize>,
        outcome: &mut Outcome,
    ) -> Option<Row> {
        let handle = record.get(self.handle).unwrap_or_default().trim();
        let is_wrong = self.is_wrong(record, bytes.clone(), handle, outcome);
        if is_wrong || !self.is_right {
            if !handle.is_empty() {
                outcome.presumed.push(handle.to_owned());
            }
            return None;
        }
        let mut body = Vec::with_capacity(self.fields.len());
        for (index, column) in &self.fields {
            let cell = record.get(*index).unwrap_or_default().trim();
            if let Some(raw) = raw(cell, column.field, self.spec) {
                insert(&mut body, &column.way, raw);
            }
        }
        body.shrink_to_fit();
        Some(Row {
            handle: handle.into(),
            body: Raw::Map(body),
            start: u32::try_from(bytes.start).unwrap_or(u32::MAX),
        })
    }

    /// Reports what is wrong with the form of a row, if something is.
    fn is_wrong(
        &self,
        record: &StringRecord,
        bytes: Range<usize>,
        handle: &str,
        outcome: &mut Outcome,
    ) -> bool {
        let text = &*self.spec.text;
        if holds_control(bytes.clone(), self.spec, outcome) {
            return true;
        }
        let all = || cells(text, bytes.start, self.delimiter);
        let has_quotes = text.get(bytes.clone()).is_some_and(|row| row.contains('"'));
        if has_quotes && flaws(&all(), self.spec, outcome) {
            return true;
        }
        let place = |column: usize| {
            let cells = all();
            let cell = cells.get(column).or(cells.first());
            cell.map_or_else(|| self.spec.named.clone(), |cell| self.spec.place(cell))
        };
        let problem = if record.iter().all(|cell| cell.trim().is_empty()) {
            Problem::error(Code::BadTable, "a row is empty")
                .at(place(0), "nothing in it")
                .help("take it away")
        } else if record.len() != self.width {
            let message = format!(
                "a row has {}, and the first line names {}",
                counted(record.len(), "cell"),
                self.width
            );
            let (column, label, help) = if record.len() < self.width {
                (0, "too few", "give it all cells, empty ones too")
            } else {
                let help = "put a cell that holds the delimiter in quotes";
                (self.width, "too many", help)
            };
            Problem::error(Code::BadTable, message)
                .at(place(column), label)
                .help(help)
        } else if self.spec.null.as_deref() == Some(handle) {
            Problem::error(Code::BadHandle, "a handle cannot be cleared")
                .at(place(self.handle), "cleared here")
                .help("give it a name, or take the row away")
        } else if let Some((message, help)) = bad_handle(self.kind, handle) {
            let help = if has_expression(handle) {
                "a cell holds no expressions: write this one under a plain handle in a manifest"
                    .to_owned()
            } else {
                help
            };
            Problem::error(Code::BadHandle, message)
                .at(place(self.handle), "not a handle")
                .help(help)
        } else {
            return false;
        };
        outcome.problems.push(problem);
        true
    }
}

/// Reports the first character of a row that has an effect instead of a look; whether there is one.
fn holds_control(bytes: Range<usize>, spec: &Spec, outcome: &mut Outcome) -> bool {
    let start = bytes.start;
    let row = spec.text.get(bytes).unwrap_or_default();
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    let Some((at, character)) = row.char_indices().find(|(_, c)| is_control(*c)) else {
        return false;
    };
    let part = Part::Bytes {
        start: start + at,
        end: start + at + character.len_utf8(),
    };
    let place = Place {
        part,
        ..Place::file(Arc::clone(&spec.file))
    };
    let message = format!("a table holds {}", named(character));
    let problem = Problem::error(Code::BadTable, message)
        .at(place, "not accepted")
        .help("take it away");
    outcome.problems.push(problem);
    true
}

/// The problem of a first line that tells a spreadsheet what stands between cells.
fn separator_line(spec: &Spec, start: usize) -> Option<Problem> {
    let line = spec.text.get(start..)?.lines().next()?;
    let (key, separator) = line.split_once('=')?;
    let separator = match separator.chars().collect::<Vec<_>>().as_slice() {
        ['\t'] => "tab".to_owned(),
        [one] => format!("\"{one}\""),
        _ => return None,
    };
    let part = Part::Bytes {
        start,
        end: start + line.len(),
    };
    let place = Place {
        part,
        ..Place::file(Arc::clone(&spec.file))
    };
    let message = "the first line is for a spreadsheet, and names no columns";
    key.eq_ignore_ascii_case("sep").then(|| {
        Problem::error(Code::BadTable, message)
            .at(place, "no names")
            .help(format!(
                "take the line away, and write `delimiter: {separator}` beside `{FILE}`"
            ))
    })
}

/// The first byte from an offset on that is no line break.
fn behind_breaks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start_matches(['\r', '\n']).len()
}

fn offset(byte: u64) -> usize {
    usize::try_from(byte).unwrap_or(usize::MAX)
}

/// Why a text is no handle, and the way out.
pub(super) fn bad_handle(kind: &Kind, handle: &str) -> Option<(String, String)> {
    if handle.trim().is_empty() {
        return Some((
            "a handle cannot be empty".to_owned(),
            "give it a name".to_owned(),
        ));
    }
    if has_expression(handle) {
        return Some((
            format!("the handle `{handle}` holds an expression"),
            "expressions stand in values only: give it a plain handle and put the expression into its naming field".to_owned(),
        ));
    }
    let help = match kind.order {
        _ if !handle.starts_with('$') => return None,
        Some(_) => format!("give it another handle; for the order write `{ORDER}`"),
        None if *handle == *ORDER => format!("{} have no order: take it away", kind.collection),
        None => "give it another handle, and its name in its naming field".to_owned(),
    };
    Some((format!("the handle `{handle}` begins with `$`"), help))
}

/// Reports what is wrong with the quotes of a row; whether something is.
fn flaws(cells: &[Cell], spec: &Spec, outcome: &mut Outcome) -> bool {
    let (mut found, mut is_split) = (false, false);
    for cell in cells {
        let (message, start, label, help) = match cell.flaw {
            None => continue,
            // The first of them has split a cell at a delimiter that was meant to be quoted.
            Some(Flaw::Inside(_)) if is_split => continue,
            Some(Flaw::Inside(start)) => {
                is_split = true;
                (
                    "a quote stands in a cell that does not begin with one",
                    start,
                    "in the cell",
                    "put the whole cell in quotes, with no blank before the first one; a quote that belongs to the text is written twice",
                )
            }
            Some(Flaw::Unclosed) => {
                outcome.is_incomplete = true;
                (
                    "a quote is never closed",
                    cell.range.start,
                    "opened here",
                    "close it; a quote that belongs to the text is written twice, in quotes",
                )
            }
            Some(Flaw::Behind(start)) => (
                "a text stands behind a closing quote",
                start,
                "behind the quote",
                "a quote that belongs to the text is written twice",
            ),
        };
        let part = Part::Bytes {
            start,
            end: cell.range.end,
        };
        let place = Place {
            part,
            ..spec.place(cell)
        };
        let problem = Problem::error(Code::BadTable, message)
            .at(place, label)
            .help(help);
        outcome.problems.push(problem);
        found = true;
    }
    found
}

/// What a manifest would say in place of a cell; nothing where it is empty.
fn raw(cell: &str, field: &Field, spec: &Spec) -> Option<Raw> {
    if cell.is_empty() {
        return None;
    }
    if spec.null.as_deref() == Some(cell) {
        return Some(Raw::Null);
    }
    let text = |text: &str| {
        let plain = if field.placeholders {
            escape_open(text)
        } else {
            escape(text)
        };
        Raw::Text(plain.into())
    };
    Some(match field.shape {
        Shape::Flag => flag(&escape(cell).into()),
        Shape::Integer { .. } | Shape::Number => number(cell, spec.has_comma),
        Shape::References(_) | Shape::Texts { .. } => {
            let items = cell.split(ITEMS).map(|item| text(item.trim()));
            Raw::List(items.collect())
        }
        _ if field.alike == Alike::Decimal => match with_point(cell, spec.has_comma) {
            Some(pointed) => text(&pointed),
            None if is_numeric(cell) => Raw::Doubtful(cell.into()),
            None => text(cell),
        },
        _ => text(cell),
    })
}

/// Puts a value at a way into a map.
fn insert(entries: &mut Vec<(Arc<str>, Raw)>, way: &[Arc<str>], value: Raw) {
    let Some((key, below)) = way.split_first() else {
        return;
    };
    if below.is_empty() {
        entries.push((Arc::clone(key), value));
        return;
    }
    let known = entries.iter().position(|(own, _)| own == key);
    let index = known.unwrap_or_else(|| {
        entries.push((Arc::clone(key), Raw::Map(Vec::new())));
        entries.len() - 1
    });
    if let Some((_, Raw::Map(inner))) = entries.get_mut(index) {
        insert(inner, below, value);
    }
}

/// The first line of a table.
struct Header<'h> {
    kind: &'static Kind,
    spec: &'h Spec,
    cells: &'h [Cell],
    problems: &'h mut Vec<Problem>,
    /// Names of fields that are none.
    slips: Vec<String>,
    /// What `columns` names and a column of nearly that name most likely is.
    near: Vec<Arc<str>>,
}

impl Header<'_> {
    /// What each column gives, and where that is told.
    fn read(mut self, names: &StringRecord) -> (Vec<Gives>, Vec<Told>) {
        let (mut gives, mut told) = (Vec::new(), Vec::new());
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut taken: HashMap<String, usize> = HashMap::new();
        for (index, name) in names.iter().map(str::trim).enumerate() {
            let place = self.place(index);
            let mut one = Told {
                pointer: String::new(),
                place: place.clone(),
            };
            let mut gives_here = Gives::Nothing;
            if name.is_empty() {
                let message = format!("column {} has no name", index + 1);
                let problem = Problem::error(Code::BadTable, message)
                    .at(place, "no name")
                    .help("name it in the first line, or take the column away");
                self.problems.push(problem);
            } else if let Some(first) = seen.insert(name, index) {
                let message = format!("two columns are named `{name}`");
                self.twice(message, place, self.place(first));
            } else if let Some((path, said)) = self.path(name, names, &place) {
                one.place = said;
                if let Some(found) = self.gives(&path, &one.place) {
                    let way: Vec<&str> = match &found {
                        Gives::Field(column) => column.way.iter().map(|key| &**key).collect(),
                        _ => vec![self.kind.field_of_handle().name],
                    };
                    one.pointer = pointer(way);
                    if let Some(first) = taken.insert(one.pointer.clone(), index) {
                        let message = format!("two columns give `{path}`");
                        let before = told.get(first).map(|one: &Told| one.place.clone());
                        self.twice(message, one.place.clone(), before.unwrap_or(place));
                    }
                    gives_here = found;
                }
            }
            gives.push(gives_here);
            told.push(one);
        }
        self.unused(names);
        let handle = self.kind.field_of_handle().name;
        if !taken.contains_key(&pointer([handle])) && !self.is_misspelt(names) {
            let one = article(self.kind.singular);
            let message = format!("no column gives `{handle}`, the handle of {one}");
            let problem = Problem::error(Code::MissingRequired, message)
                .at(self.spec.named.clone(), "in this table")
                .help(match &self.spec.columns {
                    Some(_) => format!("name the column that does: `columns: {{Name: {handle}}}`"),
                    None => format!(
                        "call a column `{handle}`, or say which one gives it: `columns: {{Name: {handle}}}`"
                    ),
                });
            self.problems.push(problem);
        }
        (gives, told)
    }

    /// Whether it has been told already why no column gives the handle.
    fn is_misspelt(&self, names: &StringRecord) -> bool {
        let field = self.kind.field_of_handle();
        let known = || self.kind.fields.iter().map(|field| field.name);
        let means =
            |slip: &String| nearest(slip, known()) == Some(field.name) || field.is_read_at(slip);
        let is_there = |column: &str| names.iter().any(|name| name.trim() == column);
        let is_lacking = |(column, (path, _)): (&Arc<str>, &(Option<String>, Place))| {
            path.as_deref() == Some(field.name) && !is_there(column)
        };
        self.slips.iter().any(means) || self.spec.columns.iter().flatten().any(is_lacking)
    }

    fn place(&self, index: usize) -> Place {
        let cell = self.cells.get(index);
        cell.map_or_else(|| self.spec.named.clone(), |cell| self.spec.place(cell))
    }

    fn twice(&mut self, message: String, again: Place, first: Place) {
        let problem = Problem::error(Code::DuplicateKey, message)
            .at(again, "here again")
            .at(first, "first here")
            .help("keep one of them");
        self.problems.push(problem);
    }

    /// The field that a column is said to give, and where that is said.
    fn path(&mut self, name: &str, names: &StringRecord, place: &Place) -> Option<(String, Place)> {
        let Some(columns) = &self.spec.columns else {
            return Some((name.to_owned(), place.clone()));
        };
        if let Some((path, said)) = columns.get(name) {
            return Some((path.clone()?, said.clone()));
        }
        let is_free = |key: &&str| !names.iter().any(|name| name.trim() == *key);
        let free = columns.keys().map(|key| &**key).filter(is_free);
        let help = match nearest(name, free) {
            Some(near) => {
                self.near.push(near.into());
                format!("did you mean `{near}`?")
            }
            None => {
                format!("say under `columns` which field it gives; `{name}: null` leaves it out")
            }
        };
        let message = format!("`columns` does not name the column `{name}`");
        let problem = Problem::error(Code::UnknownColumn, message)
            .at(place.clone(), "not named")
            .help(help);
        self.problems.push(problem);
        None
    }

    /// Reports what `columns` names and the table does not have.
    fn unused(&mut self, names: &StringRecord) {
        let names: Vec<&str> = names.iter().map(str::trim).collect();
        for (key, (_, said)) in self.spec.columns.iter().flatten() {
            if names.contains(&&**key) || self.near.contains(key) {
                continue;
            }
            let free = names.iter().copied();
            let help = did_you_mean(key, free)
                .unwrap_or_else(|| format!("its columns are {}", few(&names)));
            let message = format!("`{}` has no column `{key}`", self.spec.file);
            let said = Place {
                part: Part::Key,
                ..said.clone()
            };
            let problem = Problem::error(Code::UnknownColumn, message)
                .at(said, "no such column")
                .help(help);
            self.problems.push(problem);
        }
    }

    /// What a column gives by the field that it names.
    fn gives(&mut self, path: &str, place: &Place) -> Option<Gives> {
        let way = way_of(self.kind, path);
        if way == [self.kind.field_of_handle().name] {
            return Some(Gives::Handle);
        }
        let (code, message, help) = match reached(self.kind, &way) {
            Some((shape, field)) => match (shape, field) {
                (Shape::Map(_) | Shape::Keyed(_) | Shape::Items(_) | Shape::Ranked(_), _)
                | (_, None) => {
                    let known = leaf_names(&shape);
                    let first = known.first().copied().unwrap_or("KEY");
                    (
                        Code::WrongType,
                        format!("`{path}` is a map, and a cell holds one value"),
                        format!("name what stands in it, such as `{path}.{first}`"),
                    )
                }
                (_, Some(field)) => {
                    let way = way.iter().map(|key| Arc::from(key.as_str())).collect();
                    return Some(Gives::Field(Column { way, field }));
                }
            },
            None => {
                self.slips.extend(way.first().cloned());
                self.unknown(path, &way)
            }
        };
        let problem = Problem::error(code, message)
            .at(place.clone(), "not a field")
            .help(help);
        self.problems.push(problem);
        None
    }

    fn unknown(&self, path: &str, way: &[String]) -> (Code, String, String) {
        let first = way.first().map_or("", String::as_str);
        if first == "lifecycle" {
            return (
                Code::UnknownKey,
                "a table does not say `lifecycle`".to_owned(),
                "write it under the handle, in a manifest".to_owned(),
            );
        }
        if self.kind.field(first).is_none() {
            let (message, help) = unknown_field_words(self.kind, first);
            return (Code::UnknownKey, message, help);
        }
        // The longest part of the way that leads to something.
        let lengths = (1..way.len()).rev();
        let mut shorter = lengths.filter_map(|length| {
            let (above, below) = way.split_at_checked(length)?;
            Some((above, below.first()?, reached(self.kind, above)?.0))
        });
        let Some((above, key, shape)) = shorter.next() else {
            return (
                Code::UnknownKey,
                format!("`{path}` is no field"),
                String::new(),
            );
        };
        let name = above.last().map_or("", String::as_str);
        let known = leaf_names(&shape);
        if known.is_empty() {
            let message = format!("`{name}` holds one value, and no `{key}`");
            return (Code::UnknownKey, message, format!("write `{name}`"));
        }
        let (message, help) = unknown_key(&format!("`{name}`"), key, &known);
        (Code::UnknownKey, message, help)
    }
}

/// Where tables are named.
pub(super) const WHERE: &str =
    "write `$csv` beside the handles of a kind: `contacts: {$csv: {file: seeds/contacts.csv}}`";

/// Whether what stands under a handle is a table whose key lacks the dollar sign.
pub(super) fn is_meant(handle: &str, raw: &Raw) -> bool {
    let Raw::Map(entries) = raw else {
        return false;
    };
    let is_key = |(key, _): &(Arc<str>, Raw)| TABLE_KEYS.contains(&&**key);
    format!("${handle}") == CSV && raw.get(FILE).is_some() && entries.iter().all(is_key)
}

/// Says of tables where they cannot stand.
pub(super) fn refused(kind: &Kind, is_overlay: bool) -> Option<(String, &'static str)> {
    if is_overlay {
        return Some((
            format!("`{CSV}` stands in an overlay, and rows are what overlays are laid over"),
            "name the table in a manifest; an overlay changes a row under its handle",
        ));
    }
    let singular = kind.singular;
    kind.fixed_name().map(|_| {
        (
            format!("{} has no name that a column could give", article(singular)),
            "write it under a handle",
        )
    })
}
