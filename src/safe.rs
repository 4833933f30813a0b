//! Makes foreign text harmless: nothing in it can move the cursor, hide or reorder what is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

mod decoded;
pub mod mask;
mod needles;

use mask::masked_json;

/// Whether a character has an effect instead of a look.
///
/// Controls (terminal escapes among them), marks that turn the direction of writing, line
/// separators and characters without width. The joiners U+200C and U+200D are left alone: Persian,
/// Indic scripts and emoji need them.
pub(crate) fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every hidden character written out: `\n`, `\t`, `\r` or `\u{1b}`.
///
/// Split a text at its newlines first where they shall stay newlines.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A log line with every hidden character written out but the newline at its end and, where `ansi`
/// is set, the colours of the log's own format.
///
/// The format itself writes out the escapes in what it was given.
#[must_use]
pub fn log_line(text: &str, ansi: bool) -> String {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let end = text.get(line.len()..).unwrap_or_default();
    if !ansi {
        return format!("{}{end}", safe(line));
    }
    let pieces: Vec<_> = line.split('\u{1b}').map(safe).collect();
    format!("{}{end}", pieces.join("\u{1b}"))
}

/// Text whose hidden characters are replaced by visible ones of the same number of bytes; tabs
/// and ends of lines stay. Offsets into the text stay what they are.
#[must_use]
pub(crate) fn same_length(text: &str) -> Cow<'_, str> {
    let mut rest = text.chars().peekable();
    if !text.chars().any(|c| hidden(c) && !matches!(c, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    while let Some(c) = rest.next() {
        let stays = match c {
            '\n' | '\t' => true,
            '\r' => rest.peek() == Some(&'\n'),
            c => !hidden(c),
        };
        shown.push(match (stays, c.len_utf8()) {
            (true, _) => c,
            (false, 1) => '?',
            (false, 2) => '\u{b7}',
            (false, 3) => char::REPLACEMENT_CHARACTER,
            (false, _) => '\u{1f6ab}',
        });
    }
    Cow::Owned(shown)
}

/// JSON text as it is printed: with every hidden character as `\uXXXX`, and without the values that
/// are never printed (see [`mask`]). But for these it parses to the same value.
#[must_use]
pub(crate) fn json(text: String) -> String {
    escaped(masked_json(text))
}

/// JSON text with every hidden character as `\uXXXX`; it parses to the same value.
///
/// Controls below U+0020 are escaped by every JSON writer already; what is left of them is layout.
#[must_use]
pub(super) fn escaped(text: String) -> String {
    let hidden = |c: char| c > '\u{7e}' && hidden(c);
    if !text.chars().any(hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_are_written_out() {
        for (text, shown) in [
            (
                "Billing & Zahlung – 請求 👩\u{200d}💻",
                "Billing & Zahlung – 請求 👩\u{200d}💻",
            ),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\nb\tc\rd\u{7}\u{7f}", "a\\nb\\tc\\rd\\u{7}\\u{7f}"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
            (
                "a\u{2066}b\u{200b}c\u{feff}",
                "a\\u{2066}b\\u{200b}c\\u{feff}",
            ),
        ] {
            assert_eq!(safe(text), shown);
        }
        assert!(matches!(safe("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            let shown = safe(&text).into_owned();
            prop_assert!(!shown.chars().any(|c| c.is_control() || hidden(c)));
            prop_assert_eq!(safe(&shown), shown.as_str());
            let shown = same_length(&text);
            prop_assert_eq!(shown.len(), text.len());
            let left: String = shown.chars().filter(|c| hidden(*c)).collect();
            prop_assert!(left.chars().all(|c| matches!(c, '\n' | '\t' | '\r')));
        }

        #[test]
        fn json_keeps_its_meaning(text in any::<String>()) {
            let shown = json(serde_json::to_string(&text).unwrap());
            prop_assert!(!shown.chars().any(hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
