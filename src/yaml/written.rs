//! How texts are written, so that every reader of YAML takes them for what they are.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::safe::hidden;

/// Characters of a line up to which a collection is written in one line.
pub(crate) const WIDTH: usize = 100;

/// Whether a line of a block scalar may hold a character: nothing that is a line break to some
/// reader, and nothing that has to be escaped.
pub(crate) fn is_printable(character: char) -> bool {
    !hidden(character)
        && !matches!(
            character,
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// A text of several lines as a block scalar, if it can be one; its lines begin behind so many blanks.
pub(crate) fn block(text: &str, indentation: usize) -> Option<String> {
    if !text.contains('\n') || !text.chars().all(|one| is_printable(one) || one == '\n') {
        return None;
    }
    // The first line gives the indentation away, and blanks at an end are lost on the way.
    let first = text.lines().find(|line| !line.is_empty())?;
    let awkward = first.starts_with([' ', '\t'])
        || text.starts_with('\n')
        || text.ends_with('\n')
        || text.lines().any(|line| line.ends_with(' '));
    if awkward {
        return None;
    }
    let mut out = String::from("|-\n");
    for line in text.split('\n') {
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indentation));
            out.push_str(line);
        }
        out.push('\n');
    }
    Some(out)
}

/// A text as a scalar of one line: plain where every reader of YAML takes it for that text.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(double_quoted(text))
}

/// A text in double quotes.
pub(crate) fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if is_printable(other) => out.push(other),
            other => {
                let code = u32::from(other);
                let _ = match code {
                    0..=0xFF => write!(out, "\\x{code:02X}"),
                    0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Words that YAML 1.1 or 1.2 takes for something other than a text.
const WORDS: &[&str] = &[
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "", "=", "<<", "nan", "inf",
];

/// Whether every reader of YAML takes a text without quotes for that text, in a flow as well.
pub(crate) fn is_plain(text: &str) -> bool {
    let lower = text.to_lowercase();
    let ends_well = !text.starts_with(' ') && !text.ends_with([' ', ':']);
    let starts_well = text
        .chars()
        .next()
        .is_some_and(|first| first.is_alphabetic() || "_/(".contains(first));
    // What begins with a digit, a sign or a dot may be a number, a date or a time to somebody.
    let inside = text
        .chars()
        .all(|one| is_printable(one) && !",[]{}\"'`".contains(one));
    // A template is plain YAML only to those who know it.
    let harmless = !text.contains(": ") && !text.contains(" #") && !text.contains("${");
    ends_well && starts_well && inside && harmless && !WORDS.contains(&lower.as_str())
}
