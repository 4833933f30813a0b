//! Characters that look like those of YAML and are others: typographic quotes, no-break spaces and
//! dashes. An editor or a page puts them in, and what is reported then is far from the cause.

use std::ops::Range;
use std::sync::Arc;

use super::places::Places;
use super::slips::{content, line_at, lines, significant};
use super::source::Source;
use crate::problem::{Code, Part, Place, Problem, Severity};

/// Quotes that YAML takes for letters.
const QUOTES: [char; 7] = ['“', '”', '„', '‘', '’', '«', '»'];

/// Spaces that YAML takes for letters, with their names.
const SPACES: [(char, &str); 5] = [
    ('\u{a0}', "a no-break space"),
    ('\u{202f}', "a narrow no-break space"),
    ('\u{2007}', "a figure space"),
    ('\u{2009}', "a thin space"),
    ('\u{3000}', "an ideographic space"),
];

/// Dashes that YAML takes for letters, with their names.
const DASHES: [(char, &str); 4] = [
    ('–', "an en dash"),
    ('—', "an em dash"),
    ('−', "a minus sign"),
    ('‐', "a hyphen of print"),
];

/// Says of the problems of a file which such characters are behind them, and warns of quotes that are a
/// part of a value.
pub(crate) fn explain(source: &Source, problems: &mut Vec<Problem>) {
    explain_numbers(source, problems);
    if source.text.is_ascii() {
        return;
    }
    explain_lines(source, problems);
    explain_quotes(source, problems);
}

/// The name of a character, where it is one of these.
fn name_of(table: &[(char, &'static str)], character: char) -> Option<&'static str> {
    let found = table.iter().find(|(known, _)| *known == character);
    found.map(|(_, name)| *name)
}

fn bytes(source: &Source, range: &Range<usize>) -> Place {
    Place {
        part: Part::Bytes {
            start: range.start,
            end: range.end,
        },
        ..Place::file(Arc::clone(&source.name))
    }
}

/// A character of a line that is not what it looks like: its bytes, what it is, and what to write. It
/// counts where it would be a part of the structure: before the value that stands behind the first colon.
fn odd_in(text: &str, line: &Range<usize>) -> Option<(Range<usize>, String, String)> {
    let written = text.get(line.clone())?;
    let indentation = written.len() - written.trim_start().len();
    let found = |at: usize, character: char, message: String, help: &str| {
        let at = line.start + at;
        Some((at..at + character.len_utf8(), message, help.to_owned()))
    };
    let mut before = None;
    for (at, character) in written.char_indices() {
        let behind = written.get(at + character.len_utf8()..).unwrap_or_default();
        if let Some(name) = name_of(&SPACES, character) {
            if at < indentation {
                let message = format!("{name} stands in the indentation");
                return found(at, character, message, "indent with plain spaces");
            }
            if before == Some(':') || behind.trim_start().starts_with(": ") {
                let message = format!("{name} stands beside the colon");
                return found(at, character, message, "write a plain space in its place");
            }
        }
        if at == indentation
            && let Some(name) = name_of(&DASHES, character)
            && behind.starts_with(char::is_whitespace)
        {
            let message = format!("{name} stands where an item begins");
            return found(at, character, message, "write `- `, with a plain hyphen");
        }
        let is_quoted = at == indentation && matches!(character, '"' | '\'');
        let is_comment = character == '#' && before.is_none_or(char::is_whitespace);
        let is_value = character == ':' && (behind.is_empty() || behind.starts_with(' '));
        if is_quoted || is_comment || is_value {
            return None;
        }
        before = Some(character);
    }
    None
}

/// Tells problems of which such a character is the cause by that: those at its line, or next to it.
fn explain_lines(source: &Source, problems: &mut Vec<Problem>) {
    let text = &source.text;
    let is_there = |c: char| name_of(&SPACES, c).or(name_of(&DASHES, c)).is_some();
    if !text.contains(is_there) {
        return;
    }
    let mut places = None;
    let mut told: Vec<Range<usize>> = Vec::new();
    for problem in problems.iter_mut() {
        let Some(label) = (problem.labels.first())
            .filter(|label| label.place.file == source.name)
            .filter(|_| problem.severity == Severity::Error)
        else {
            continue;
        };
        let places = places.get_or_insert_with(|| Places::of(text));
        let at = places.locate(&label.place);
        let own = line_at(text, at.start);
        let below = lines(text).find(|line| {
            let written = text.get(line.clone()).unwrap_or_default().trim();
            line.start > own.end && !written.is_empty() && !written.starts_with('#')
        });
        let above = (own.start.checked_sub(1)).and_then(|end| significant(text, end));
        // What stands above was read without a fault, unless the reader stopped behind it.
        let stopped = problem.code == Code::InvalidYaml;
        let near = [Some(own.clone()), above.filter(|_| stopped), below];
        // Where the reader went on, the character is the cause of what it is a part of, and of nothing else.
        let counts = |odd: &Range<usize>| stopped || odd.start < at.end.max(own.end);
        let odd = near
            .into_iter()
            .flatten()
            .filter_map(|line| odd_in(text, &line))
            .find(|(odd, ..)| counts(odd));
        if let Some((at, message, help)) = odd {
            let again = told.contains(&at);
            *problem = Problem::error(Code::InvalidYaml, message)
                .at(bytes(source, &at), "this character")
                .help(help);
            if again {
                // Marked for removal: one cause, one report.
                problem.labels.clear();
            }
            told.push(at);
        }
    }
    if !told.is_empty() {
        problems.retain(|problem| problem.code != Code::InvalidYaml || !problem.labels.is_empty());
    }
}

/// Warns of a text behind which a number sign with a digit stands, such as `ticket #1`: to YAML a comment
/// begins there.
fn explain_numbers(source: &Source, problems: &mut Vec<Problem>) {
    let text = &source.text;
    let is_number = |behind: &str| {
        let mut behind = behind.trim_start_matches(' ').chars();
        behind.next() == Some('#') && behind.next().is_some_and(|c| c.is_ascii_digit())
    };
    // One character is found faster than two.
    let mut marks = text.match_indices('#').map(|(at, _)| text.split_at(at));
    if !marks.any(|(above, mark)| above.ends_with(' ') && is_number(mark)) {
        return;
    }
    for (key, range) in Places::of(text).plain_scalars() {
        let value = text.get(range.clone()).unwrap_or_default();
        let line = line_at(text, range.end);
        let behind = text.get(range.end..line.end).unwrap_or_default();
        let Some(key) = key.and_then(|key| text.get(key)).map(str::trim) else {
            continue;
        };
        // What is no text has nothing that could be cut off.
        let is_text =
            value.contains(char::is_alphabetic) && !matches!(value, "true" | "false" | "null");
        if !is_text || !behind.starts_with(' ') || !is_number(behind) {
            continue;
        }
        let whole = text
            .get(range.start..line.end)
            .unwrap_or_default()
            .trim_end();
        problems.push(
            Problem::warning(
                Code::CommentInValue,
                format!("the value of `{key}` ends before ` #`, where a comment begins"),
            )
            .at(bytes(source, &(range.start..line.end)), "cut off here")
            .help(format!(
                "write {} if it is a part of the text",
                quoted(whole)
            )),
        );
    }
}

/// A value in quotes of YAML in place of typographic ones, as JSON writes it, too.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value.trim_matches(QUOTES).trim()).to_string()
}

/// Whether one of the quotes may begin or end a value: it stands beside what divides values. An
/// apostrophe inside a word does not, and then the file is not read again.
fn may_begin_or_end(text: &str) -> bool {
    text.match_indices(QUOTES).any(|(at, quote)| {
        let before = text.get(..at).unwrap_or_default();
        let before = before.trim_end_matches(' ').chars().next_back();
        let behind = text.get(at + quote.len()..).unwrap_or_default();
        let behind = behind.trim_start_matches(' ').chars().next();
        before.is_none_or(|c| "\n[{,:-?".contains(c))
            || behind.is_none_or(|c| "\r\n,]}#".contains(c))
    })
}

/// Says of values without quotes that begin or end with a typographic one that it is a part of them.
fn explain_quotes(source: &Source, problems: &mut Vec<Problem>) {
    let text = &source.text;
    if !may_begin_or_end(text) {
        return;
    }
    // The reader stopped at such a value: it held what ends a text without quotes.
    for problem in problems.iter_mut() {
        let Some(label) = (problem.labels.first())
            .filter(|label| problem.code == Code::InvalidYaml && label.place.file == source.name)
        else {
            continue;
        };
        let Part::Bytes { start, .. } = label.place.part else {
            continue;
        };
        let line = content(text, line_at(text, start));
        let written = text.get(line.clone()).unwrap_or_default();
        if let Some((key, value)) = written.split_once(": ")
            && let Some(quote) = value
                .trim_start()
                .chars()
                .next()
                .filter(|c| QUOTES.contains(c))
        {
            let value = value.trim();
            let from = line.end - value.len();
            let plain = quoted(value);
            *problem = Problem::error(
                Code::InvalidYaml,
                format!("the value of `{key}` begins with `{quote}`, which is no quote of YAML"),
            )
            .at(
                bytes(source, &(from..line.end)),
                "read as a text without quotes",
            )
            .help(format!("write `{key}: {plain}`"));
        }
    }
    let places = Places::of(text);
    for (key, range) in places.plain_scalars() {
        let value = text.get(range.clone()).unwrap_or_default();
        let odd = value
            .chars()
            .next()
            .filter(|c| QUOTES.contains(c))
            .or_else(|| value.chars().next_back().filter(|c| QUOTES.contains(c)));
        let Some(quote) = odd else { continue };
        let help = format!(
            "write {} if quotes are meant; they are a part of the value now",
            quoted(value)
        );
        let mut is_told = false;
        for problem in problems.iter_mut() {
            let is_here = problem.labels.first().is_some_and(|label| {
                label.place.file == source.name && places.locate(&label.place).start == range.start
            });
            if is_here {
                is_told = true;
                // Where the reader stopped, the report tells of the quote already.
                if problem.code == Code::InvalidYaml {
                    continue;
                }
                let own = problem.help.take().map(|help| format!("{help}; "));
                problem.help = Some(own.unwrap_or_default() + &help);
            }
        }
        if is_told {
            continue;
        }
        let key = key.and_then(|key| text.get(key)).map(str::trim);
        let what = key.map_or_else(
            || "a value".to_owned(),
            |key| format!("the value of `{key}`"),
        );
        problems.push(
            Problem::warning(
                Code::TypographicQuote,
                format!("{what} begins or ends with the typographic quote `{quote}`"),
            )
            .at(bytes(source, &range), "the quote is a part of the value")
            .help(help),
        );
    }
}
