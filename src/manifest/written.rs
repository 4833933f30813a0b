//! Numbers that stand where a text belongs: taken only when they read back as they are written.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Number;

use super::places::Places;
use super::source::Sources;
use crate::problem::Place;

/// Looks numbers up in the files they come from; each file is looked at once, when first needed.
pub(crate) struct Numbers<'a> {
    files: HashMap<&'a str, File<'a>>,
}

struct File<'a> {
    text: &'a str,
    /// Whether some whole number in the file is not written in plain decimal digits.
    odd: OnceLock<bool>,
    places: OnceLock<Places>,
}

impl<'a> Numbers<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Self {
        let mut files = HashMap::new();
        for source in sources.base.iter().chain(sources.overlays.iter().flatten()) {
            files.entry(&*source.name).or_insert_with(|| File {
                text: &source.text,
                odd: OnceLock::new(),
                places: OnceLock::new(),
            });
        }
        Self { files }
    }

    /// The text of a number.
    ///
    /// # Errors
    ///
    /// How it is written, where that is not what the number reads back as.
    pub(crate) fn as_written(&self, number: &Number, place: &Place) -> Result<String, String> {
        let text = number.to_string();
        let Some(file) = self.files.get(&*place.file) else {
            return Ok(text);
        };
        if !number.is_f64() && !file.odd.get_or_init(|| has_odd_number(file.text)) {
            return Ok(text);
        }
        let places = file.places.get_or_init(|| Places::of(file.text));
        match places.written(file.text, place.document, &place.pointer) {
            // What came through an alias has no text of its own.
            None => Ok(text),
            Some(written) if written.text == text => Ok(text),
            Some(written) => Err(written.text.to_owned()),
        }
    }
}

/// Whether some plain whole number may be written with a sign, a base or leading zeros.
///
/// This is a coarse look at the bytes; it errs on the side of yes.
fn has_odd_number(text: &str) -> bool {
    text.split(|character: char| character.is_whitespace() || ",:[]{}".contains(character))
        .any(|word| {
            let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
            let plus = word.starts_with('+');
            let zero = digits.len() > 1 && digits.starts_with('0');
            digits.starts_with(|first: char| first.is_ascii_digit())
                && (plus || zero)
                && digits
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_numbers_are_seen() {
        for (text, odd) in [
            ("a: 94107", false),
            ("a: '+1 555'", false),
            ("a: +15551234", true),
            ("a: [0x1F]", true),
            ("a: 0o17", true),
            ("a: 0", false),
            ("a: -5", false),
            ("a: 0.5", false),
        ] {
            assert_eq!(has_odd_number(text), odd, "{text}");
        }
    }
}
