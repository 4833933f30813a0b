//! Texts behind their encodings, with the places where each letter stands.

use std::ops::Range;

/// A letter, and the bytes of the text that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) is: char,
    pub(super) at: Range<usize>,
}

/// The letters of a text as they stand there.
pub(super) fn placed(text: &str) -> Vec<Placed> {
    let letter = |(at, is): (usize, char)| Placed {
        is,
        at: at..at + is.len_utf8(),
    };
    text.char_indices().map(letter).collect()
}

/// Whether an encoding may begin with a letter.
pub(super) const fn is_sign(letter: char) -> bool {
    matches!(letter, '%' | '\\' | '&')
}

/// Takes one encoding off: percent signs, the escapes of JSON and of program texts, and the entities
/// of HTML. Nothing where there is none.
pub(super) fn decoded(letters: &[Placed]) -> Option<Vec<Placed>> {
    if !letters.iter().any(|letter| is_sign(letter.is)) {
        return None;
    }
    let mut out = Vec::with_capacity(letters.len());
    let mut rest = letters;
    let mut changed = false;
    while let Some(first) = rest.first() {
        let read = match first.is {
            '%' => percent(rest),
            '\\' => escape(rest),
            '&' => entity(rest),
            _ => None,
        };
        match read {
            Some((mut read, length)) => {
                changed = true;
                out.append(&mut read);
                rest = &rest[length..];
            }
            None => {
                out.push(first.clone());
                rest = &rest[1..];
            }
        }
    }
    changed.then_some(out)
}

/// What was read, and how many letters stood for it.
type Read = Option<(Vec<Placed>, usize)>;

/// The bytes that stand in a row, as the text that they are.
fn percent(letters: &[Placed]) -> Read {
    let mut bytes = Vec::new();
    while let [sign, high, low, ..] = &letters[bytes.len() * 3..]
        && sign.is == '%'
        && let (Some(high), Some(low)) = (high.is.to_digit(16), low.is.to_digit(16))
        && let Ok(byte) = u8::try_from(high * 16 + low)
    {
        bytes.push(byte);
    }
    let mut read = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid().chars().map(|is| (is, is.len_utf8()));
        let invalid = chunk
            .invalid()
            .iter()
            .map(|_| (char::REPLACEMENT_CHARACTER, 1));
        for (is, length) in valid.chain(invalid) {
            let from = letters.get(at * 3)?;
            let to = letters.get((at + length) * 3 - 1)?;
            let at_text = from.at.start..to.at.end;
            read.push(Placed { is, at: at_text });
            at += length;
        }
    }
    (at > 0).then_some((read, at * 3))
}

/// An escape that begins with a backslash.
fn escape(letters: &[Placed]) -> Read {
    let kind = letters.get(1)?.is;
    let number = |from: usize, length: usize| {
        let digits = letters.get(from..from + length)?;
        digits
            .iter()
            .try_fold(0, |sum, digit| Some(sum * 16 + digit.is.to_digit(16)?))
    };
    let one = |is: char, length: usize| {
        let at = letters.first()?.at.start..letters.get(length - 1)?.at.end;
        Some((vec![Placed { is, at }], length))
    };
    match kind {
        'n' => one('\n', 2),
        't' => one('\t', 2),
        'r' => one('\r', 2),
        '"' | '\\' | '/' | '\'' => one(kind, 2),
        'x' => one(char::from_u32(number(2, 2)?)?, 4),
        'u' if letters.get(2)?.is == '{' => {
            let length = letters
                .iter()
                .take(10)
                .position(|letter| letter.is == '}')?;
            one(char::from_u32(number(3, length - 3)?)?, length + 1)
        }
        'u' => {
            let unit = number(2, 4)?;
            let Some(is) = char::from_u32(unit) else {
                let follows = letters.get(6)?.is == '\\' && letters.get(7)?.is == 'u';
                let units = [
                    u16::try_from(unit).ok()?,
                    u16::try_from(number(8, 4)?).ok()?,
                ];
                let is = char::decode_utf16(units).next()?.ok()?;
                return follows.then(|| one(is, 12))?;
            };
            one(is, 6)
        }
        _ => None,
    }
}

/// An entity of HTML.
fn entity(letters: &[Placed]) -> Read {
    const LONGEST: usize = 12;
    let length = letters
        .iter()
        .take(LONGEST)
        .position(|letter| letter.is == ';')?
        + 1;
    let written: String = letters[..length].iter().map(|letter| letter.is).collect();
    let meant = html_escape::decode_html_entities(&written);
    let at = letters.first()?.at.start..letters.get(length - 1)?.at.end;
    let read = |is| Placed { is, at: at.clone() };
    (meant != written).then(|| (meant.chars().map(read).collect(), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(letters: &[Placed]) -> String {
        letters.iter().map(|letter| letter.is).collect()
    }

    #[test]
    fn one_encoding_is_taken_off() {
        for (encoded, plain) in [
            ("a%2Fb%20c%c3%a4%", "a/b cä%"),
            (r#"\"a\\b\/c\u00e4\u{e4}\xe4\n"#, "\"a\\b/cäää\n"),
            (r"\ud83d\ude00\ud83d", "\u{1f600}\\ud83d"),
            ("a&amp;b&#39;&#x27;&nothing;&", "a&b''&nothing;&"),
            ("%2", "%2"),
            ("%ff", "\u{fffd}"),
        ] {
            let letters = placed(encoded);
            let read = decoded(&letters).unwrap_or(letters);
            assert_eq!(text(&read), plain, "{encoded}");
            let end = read.last().unwrap().at.end;
            assert_eq!(end, encoded.len(), "{encoded}");
        }
        assert_eq!(decoded(&placed("plain")), None);
    }

    proptest::proptest! {
        #[test]
        fn letters_stand_where_they_stood(words in proptest::collection::vec(
            proptest::sample::select(vec!["%", "%2", "%c3", "%a4", "\\", "\\u", "\\ud83d", "\\ude00", "{", "}", "e4", "&", "amp", ";", "#", "ä", "x", "\\x"]), 0..12,
        )) {
            let text = words.concat();
            let mut letters = placed(&text);
            while let Some(next) = decoded(&letters) {
                let mut end = 0;
                for letter in &next {
                    assert!(letter.at.start >= end || letter.at.end == end, "{text}");
                    assert!(text.is_char_boundary(letter.at.start) && text.is_char_boundary(letter.at.end));
                    end = letter.at.end;
                }
                assert!(next.len() < letters.len(), "{text}");
                letters = next;
            }
        }
    }
}
