//! The usual slips of the hand in YAML: where a reader stops is rarely where something is wrong.

use std::ops::Range;

use crate::problem::counted;

/// A slip that explains why a text is not the YAML that was meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    /// The bytes in question.
    pub(super) at: Range<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// What is said of the bytes.
    pub(super) label: &'static str,
    /// The way out.
    pub(super) help: String,
}

/// Finds the first mark of a merge that git could not do and nobody finished.
///
/// Such marks stand in the first column, where no value of a manifest begins.
pub(super) fn merge_mark(text: &str) -> Option<Slip> {
    const OURS: &str = "<<<<<<< ";
    const THEIRS: &str = ">>>>>>> ";
    if !text.contains(OURS) {
        return None;
    }
    let mut ours = lines(text).filter(|line| text[line.clone()].starts_with(OURS));
    let first = ours.next()?;
    let rest = text.get(first.end..).unwrap_or_default();
    let is_closed = rest.split('\n').any(|line| line.starts_with(THEIRS));
    is_closed.then(|| Slip {
        at: first,
        message: "git could not merge this file, and its marks are still there".to_owned(),
        label: "a conflict begins here",
        help: "keep what is right of the two sides, and delete the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`".to_owned(),
    })
}

/// Finds the slip that made a reader stop at an offset with these words.
pub(super) fn before(text: &str, at: usize, words: &str) -> Option<Slip> {
    let line = line_at(text, at);
    let until = text.get(line.start..at).unwrap_or_default();
    if words.starts_with("found character that cannot start") {
        let tab = line.start + text.get(line.clone())?.find('\t')?;
        let is_indentation = text.get(line.start..tab)?.trim().is_empty() && at <= tab + 1;
        return is_indentation.then(|| Slip {
            at: tab..tab + 1,
            message: "a tab stands in the indentation".to_owned(),
            label: "a tab",
            help: "indent with spaces; YAML allows no tabs there".to_owned(),
        });
    }
    let previous = line
        .start
        .checked_sub(1)
        .and_then(|end| significant(text, end));
    if let Some(slip) = too_far_left(text, &line, previous.clone()) {
        return Some(slip);
    }
    let candidates = if words.starts_with("did not find expected key") {
        // A comment ended the text without a colon.
        [None, previous.clone()]
    } else if words.starts_with("mapping values are not allowed") {
        // Two colons in one line are another slip.
        if until.contains(": ") {
            return None;
        }
        [None, previous.clone()]
    } else if words.starts_with("could not find expected ':'") {
        [Some(line.clone()), previous.clone()]
    } else {
        return None;
    };
    candidates.into_iter().flatten().find_map(|candidate| {
        let range = content(text, candidate);
        let written = text.get(range.clone())?;
        if let Some((key, value)) = glued(written) {
            return Some(Slip {
                at: range,
                message: format!("no blank stands behind the colon of `{key}`"),
                label: "read as one text",
                help: format!("write `{key}: {value}`"),
            });
        }
        lost_colon(text, range, &line)
    })
}

/// A field that stands further left than those around it: the reader stops behind it, where the others
/// go on.
fn too_far_left(
    text: &str,
    stopped: &Range<usize>,
    previous: Option<Range<usize>>,
) -> Option<Slip> {
    let previous = previous?;
    let (column, around) = (indentation(text, &previous), indentation(text, stopped));
    let range = content(text, previous.clone());
    let (key, value) = text.get(range.clone())?.split_once(": ")?;
    let before = significant(text, previous.start.checked_sub(1)?)?;
    let is_field = |line: &Range<usize>| {
        let written = text.get(content(text, line.clone())).unwrap_or_default();
        written.contains(": ") || written.ends_with(':')
    };
    let is_plain =
        !key.contains(['"', '\'', '{', '[']) && !value.trim_start().starts_with(['|', '>']);
    let is_alone = column < around && indentation(text, &before) == around && is_plain;
    (is_alone && is_field(&before) && is_field(stopped)).then(|| Slip {
        at: range.start..range.start + key.len(),
        message: format!("`{key}` stands further left than the lines around it"),
        label: "too far left",
        help: format!(
            "let {} stand before it, as before the others",
            counted(around, "space")
        ),
    })
}

/// A line that is neither key nor value: its colon is missing.
fn lost_colon(text: &str, range: Range<usize>, stopped: &Range<usize>) -> Option<Slip> {
    let written = text.get(range.clone())?;
    let is_plain = written.starts_with(|c: char| c.is_alphanumeric())
        && !written.contains(|c| ":\"'[]{}|>&*".contains(c));
    if !is_plain || goes_on(text, &range) {
        return None;
    }
    let at = |offset: usize| indentation(text, &line_at(text, offset));
    let has_below = at(stopped.start) > at(range.start);
    let help = match written.split_once(' ') {
        Some((key, value)) if !has_below => format!("write `{key}: {}`", value.trim_start()),
        _ if has_below => format!("write `{written}:`"),
        _ => format!("write `{written}: …`, with a value"),
    };
    Some(Slip {
        at: range,
        message: "a colon is missing".to_owned(),
        label: "neither key nor value",
        help,
    })
}

/// How far a line is indented.
fn indentation(text: &str, line: &Range<usize>) -> usize {
    let written = text.get(line.clone()).unwrap_or_default();
    written.len() - written.trim_start().len()
}

/// Whether a line goes on with a text that began above it.
fn goes_on(text: &str, range: &Range<usize>) -> bool {
    let own = line_at(text, range.start);
    let Some(above) = own
        .start
        .checked_sub(1)
        .and_then(|end| significant(text, end))
    else {
        return false;
    };
    let is_deeper = indentation(text, &above) < indentation(text, &own);
    let said = text.get(content(text, above)).unwrap_or_default();
    is_deeper && !said.ends_with(':')
}

/// The key and the value of a text that was meant to be an entry of a map: `key:value`.
pub(crate) fn glued(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let is_key = key.len() > 1
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // What goes on with a slash is an address.
    let is_value = value.starts_with(|c: char| !c.is_whitespace() && c != '/' && c != ':');
    let is_entry = text.contains(": ") || text.contains('\n');
    (is_key && is_value && !is_entry).then_some((key, value))
}

/// The bytes of each line, without its end.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        at..at + line.trim_end_matches(['\n', '\r']).len()
    })
}

/// The line that holds an offset.
pub(super) fn line_at(text: &str, at: usize) -> Range<usize> {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let rest = text.get(start..).unwrap_or_default();
    start..start + rest.find('\n').unwrap_or(rest.len())
}

/// The last line at or before an offset that holds more than a comment.
pub(super) fn significant(text: &str, at: usize) -> Option<Range<usize>> {
    let mut line = line_at(text, at);
    loop {
        let written = text.get(line.clone())?.trim();
        if !written.is_empty() && !written.starts_with('#') {
            return Some(line);
        }
        line = line_at(text, line.start.checked_sub(1)?);
    }
}

/// What a line says, without indentation, the dash of an item, and a comment.
pub(super) fn content(text: &str, line: Range<usize>) -> Range<usize> {
    let written = text.get(line.clone()).unwrap_or_default();
    let end = written.find(" #").unwrap_or(written.len());
    let written = written.get(..end).unwrap_or_default();
    let mut start = written.len() - written.trim_start().len();
    if let Some(item) = written
        .get(start..)
        .and_then(|rest| rest.strip_prefix("- "))
    {
        start = written.len() - item.trim_start().len();
    }
    let end = written.trim_end().len().max(start);
    line.start + start..line.start + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_glued_is_told_from_texts() {
        for (text, expected) in [
            ("description:Answers", Some(("description", "Answers"))),
            ("simulator:{}", Some(("simulator", "{}"))),
            ("isEnabled:true", Some(("isEnabled", "true"))),
            ("https://example.com", None),
            ("description: Answers", None),
            ("description:", None),
            ("09:00", None),
            ("C:x", None),
            ("Technical Support:x", None),
            ("name:a: b", None),
            ("std::move", None),
        ] {
            assert_eq!(glued(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mark_of_git_is_told_from_values() {
        let conflict = "a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> other\n";
        let slip = merge_mark(conflict).unwrap();
        assert_eq!(&conflict[slip.at], "<<<<<<< HEAD");
        for text in [
            "a: |\n  <<<<<<< HEAD\n  >>>>>>> other\n",
            "a: <<<<<<< HEAD\n",
            "<<<<<<< HEAD\n",
        ] {
            assert_eq!(merge_mark(text), None, "{text}");
        }
    }

    #[test]
    fn a_slip_is_found_where_it_is() {
        let mapping = "mapping values are not allowed in this context";
        let simple = "could not find expected ':'";
        let expected = "did not find expected key";
        for (text, stopped, words, found) in [
            ("a:\n  bc:x\n  c: 1\n", ": 1", mapping, Some("bc:x")),
            (
                "a:\n  bc:x # no\n\n  # c\n  c: 1\n",
                ": 1",
                mapping,
                Some("bc:x"),
            ),
            ("a:\n  c: 1\n  bc:x\n", "x\n", simple, Some("bc:x")),
            ("a\n  b: 1\n", ": 1", mapping, Some("a")),
            ("a: b: c\n", ": c", mapping, None),
            ("a: \"x\n  y\"\nb\n", "b\n", simple, Some("b")),
            ("a: text\n  more: x\n", ": x", mapping, None),
            ("a: text\n  goes on\n  more: x\n", ": x", mapping, None),
            ("a:\n  b: |\n    goes on\n   c: x\n", "c: x", expected, None),
            ("a:\n  b c # no\n    d: x\n", "d: x", expected, Some("b c")),
            (
                "a:\n  b:\n    c: 1\n  d: 2\n    e: 3\n",
                ": 3",
                mapping,
                Some("d"),
            ),
            (
                "a:\n  b:\n    c: 1\n  d: \"2\"\n    e: 3\n",
                "e: 3",
                expected,
                Some("d"),
            ),
            ("a:\n  b: 1\n    e: 3\n", ": 3", mapping, None),
        ] {
            let at = text.rfind(stopped).unwrap();
            let slip = before(text, at, words);
            assert_eq!(slip.map(|slip| &text[slip.at]), found, "{text}");
        }
    }
}
