//! Texts in the style of what they stand in for.

use super::super::written::{block, double_quoted, is_plain, is_printable, quoted};
use super::outline::{Style, keeps_end};
use super::pen::Written;

/// The column up to which a folded text is filled where its old lines do not tell.
const FILLED: usize = 80;

/// A text in one line, in a style if that is possible.
pub(super) fn in_one_line(text: &str, style: Option<Style>, old: &str, is_flow: bool) -> String {
    match style {
        Some(Style::Single) if text.chars().all(is_printable) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Some(Style::Double) => double_quoted(text),
        Some(Style::Plain) if !is_flow && old.contains("${") && is_plain_template(text) => {
            text.to_owned()
        }
        _ => quoted(text).into_owned(),
    }
}

/// Whether a text that holds expressions can stand without quotes, outside of flows.
fn is_plain_template(text: &str) -> bool {
    let mut bare = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((_, after)) = behind.split_once('}') else {
            return false;
        };
        bare.push_str(before);
        bare.push('x');
        rest = after;
    }
    bare.push_str(rest);
    is_plain(&bare)
}

/// A text as a block in the style of another one; none where it cannot be one.
pub(super) fn as_block(text: &str, style: Style, old: &str, column: usize) -> Option<Written> {
    let folded = || folded(text, old, column);
    let literal = || literal(text, old, column);
    match style {
        Style::Folded => folded().or_else(literal),
        Style::Literal => literal(),
        Style::Double => None,
        Style::Plain | Style::Single => new_block(text, column),
    }
}

/// A new text of several lines as a block, if it can be one.
pub(super) fn new_block(text: &str, column: usize) -> Option<Written> {
    let block = block(text, column)?;
    let mut lines = block.lines().map(str::to_owned);
    Some(Written {
        inline: lines.next()?,
        below: lines.collect(),
    })
}

/// The lines of a text as a block has them, and what the header says of its end.
///
/// Empty lines at its end are written only where they were: others may follow already.
fn lines_of<'t>(text: &'t str, old: &str) -> Option<(Vec<&'t str>, &'static str)> {
    let bare = text.trim_end_matches('\n');
    let fits = text
        .chars()
        .all(|one| is_printable(one) || matches!(one, '\n' | '\t'));
    if bare.trim().is_empty() || !fits {
        return None;
    }
    let (body, end) = match text.len() - bare.len() {
        0 => (text, "-"),
        1 => (bare, ""),
        _ if !keeps_end(old) => return None,
        _ => (text.strip_suffix('\n').unwrap_or(text), "+"),
    };
    Some((body.split('\n').collect(), end))
}

/// The digit of a block's header, which says how far it is indented.
pub(super) fn digit(old: &str) -> Option<char> {
    let header = old.lines().next().unwrap_or_default();
    let indicators = header.split([' ', '\t', '#']).next().unwrap_or_default();
    indicators.chars().find(char::is_ascii_digit)
}

fn indented(line: &str, column: usize) -> String {
    if line.is_empty() {
        String::new()
    } else {
        format!("{:column$}{line}", "")
    }
}

fn literal(text: &str, old: &str, column: usize) -> Option<Written> {
    let (lines, end) = lines_of(text, old)?;
    let digit = digit(old);
    let first = lines.iter().find(|line| !line.is_empty())?;
    if digit.is_none() && first.starts_with([' ', '\t']) {
        return None;
    }
    let digit = digit.map(String::from).unwrap_or_default();
    Some(Written {
        inline: format!("|{digit}{end}"),
        below: lines.iter().map(|line| indented(line, column)).collect(),
    })
}

fn folded(text: &str, old: &str, column: usize) -> Option<Written> {
    let (paragraphs, end) = lines_of(text, old)?;
    let is_even = |line: &&str| !line.starts_with([' ', '\t']) && !line.ends_with([' ', '\t']);
    if !paragraphs.iter().all(is_even) || text.starts_with('\n') {
        return None;
    }
    let before: Vec<&str> = (old.lines().skip(1).map(str::trim))
        .filter(|line| !line.is_empty())
        .collect();
    let longest = before.iter().map(|line| line.chars().count()).max();
    let longest = longest.unwrap_or_default();
    let width = if before.len() > 1 {
        longest
    } else {
        longest.max(FILLED.saturating_sub(column))
    };
    // One line alone does not tell where it was broken.
    let known = if before.len() > 1 { before } else { Vec::new() };
    let mut known = known.into_iter().peekable();
    let mut below = Vec::new();
    let last = paragraphs.iter().rposition(|line| !line.is_empty())?;
    for (number, paragraph) in paragraphs.iter().enumerate() {
        // Between two paragraphs a line is empty. The last lines of a text that ends in empty ones are those.
        let is_past_end = number > last;
        if number > 0 && !is_past_end {
            below.push(String::new());
        }
        if paragraph.is_empty() {
            if is_past_end {
                below.push(String::new());
            }
            continue;
        }
        for line in filled(paragraph, &mut known, width) {
            below.push(indented(line, column));
        }
    }
    let digit = digit(old).map(String::from).unwrap_or_default();
    Some(Written {
        inline: format!(">{digit}{end}"),
        below,
    })
}

/// A paragraph in lines: those that were there stay, as long as they are the same.
fn filled<'p>(
    paragraph: &'p str,
    known: &mut std::iter::Peekable<std::vec::IntoIter<&str>>,
    width: usize,
) -> Vec<&'p str> {
    let mut lines = Vec::new();
    let mut rest = paragraph;
    while let Some(line) = known.next_if(|line| {
        rest.strip_prefix(*line)
            .is_some_and(|behind| behind.is_empty() || is_break(behind))
    }) {
        lines.push(rest.get(..line.len()).unwrap_or_default());
        rest = rest.get(line.len()..).unwrap_or_default();
        rest = rest.strip_prefix(' ').unwrap_or(rest);
        if rest.is_empty() {
            return lines;
        }
    }
    loop {
        let mut cut = None;
        for (count, (at, _)) in rest.char_indices().enumerate() {
            if count > width && cut.is_some() {
                break;
            }
            let is_inside = at > 0 && !rest.get(..at).unwrap_or_default().ends_with(' ');
            if is_inside && is_break(rest.get(at..).unwrap_or_default()) {
                cut = Some(at);
            }
        }
        let is_long = rest.chars().count() > width;
        match cut.filter(|_| is_long) {
            Some(at) => {
                lines.push(rest.get(..at).unwrap_or_default());
                rest = rest.get(at + 1..).unwrap_or_default();
            }
            None => {
                lines.push(rest);
                return lines;
            }
        }
    }
}

/// Whether a line may be broken here: at one blank between two words.
fn is_break(rest: &str) -> bool {
    let mut rest = rest.chars();
    rest.next() == Some(' ') && rest.next().is_some_and(|next| !matches!(next, ' ' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(written: Option<Written>) -> String {
        let Some(written) = written else {
            return "none".to_owned();
        };
        [vec![written.inline], written.below].concat().join("\n")
    }

    #[test]
    fn literals_keep_what_they_say_of_their_end() {
        for (text, expected) in [
            ("a\nb", "|-\n  a\n  b"),
            ("a\n\n  b\n", "|\n  a\n\n    b"),
            ("a\n\n\n", "none"),
            ("a \n", "|\n  a "),
            (" a\n", "none"),
            ("\n", "none"),
            ("", "none"),
            ("a\u{1}", "none"),
        ] {
            assert_eq!(told(literal(text, "|", 2)), expected, "{text:?}");
        }
        assert_eq!(told(literal(" a", "|2-\n  x", 2)), "|2-\n   a");
        assert_eq!(told(literal("a\n\n\n", "|+\n  x", 2)), "|+\n  a\n\n");
    }

    #[test]
    fn folded_texts_keep_their_lines() {
        let old = ">-\n  one two\n  three four";
        for (text, expected) in [
            (
                "one two three five six",
                ">-\n  one two\n  three five\n  six",
            ),
            ("one two\nthree\n", ">\n  one two\n\n  three"),
            ("one\n\ntwo\n\n", "none"),
            ("a  b c d e f", ">-\n  a  b c d e\n  f"),
            ("a\n b", "none"),
        ] {
            assert_eq!(told(folded(text, old, 2)), expected, "{text:?}");
        }
        assert_eq!(
            told(folded("one\n\ntwo\n\n", ">+\n  x", 2)),
            ">+\n  one\n\n\n  two\n"
        );
    }

    #[test]
    fn a_line_keeps_its_quotes() {
        for (text, style, expected) in [
            ("it's", Some(Style::Single), "'it''s'"),
            ("a\nb", Some(Style::Single), "\"a\\nb\""),
            ("a", Some(Style::Double), "\"a\""),
            ("yes", Some(Style::Plain), "\"yes\""),
            ("a", Some(Style::Plain), "a"),
            ("a: b", None, "\"a: b\""),
        ] {
            assert_eq!(in_one_line(text, style, "", false), expected);
        }
        let plain = |text, is_flow| in_one_line(text, Some(Style::Plain), "${var.a}", is_flow);
        assert_eq!(plain("x ${var.b}/y", false), "x ${var.b}/y");
        assert_eq!(plain("x ${var.b}/y", true), "\"x ${var.b}/y\"");
        assert_eq!(plain("x ${var.b}: y", false), "\"x ${var.b}: y\"");
    }
}
