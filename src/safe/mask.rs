//! Values that are never printed: those of credentials and secrets in the process's environment.
//!
//! Fields that are secret are known as such and shown as `(secret)` where they are shown at all.
//! This is for what nobody knows to be one: a text of a server, a name, a description, a slip. All
//! that is printed passes here, and nothing but these values is touched, in whatever letters they are
//! written, encoded or cut. What deskform itself says is left as it is. JSON stays what it is for
//! programs: its values are masked where it is made, its keys never are.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::prelude::{
    BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD,
};
use serde_json::Value as Json;

use super::needles::{Needles, is_own};
use super::safe;
use crate::secret::address::forms as address_forms;

/// The ways in which a text may be written: as it is, in a form, in a URL, and in JSON.
pub(crate) fn written(secret: &str) -> [String; 4] {
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let url = form.replace('+', "%20");
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    [secret.to_owned(), form, url, json]
}

/// The ways in which the bytes of a text may be written: in hexadecimal and in Base64, of which a text
/// may stand anywhere in something longer, such as a password behind a name.
fn in_bytes(secret: &str) -> Vec<String> {
    let hexadecimal = secret.bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let mut forms = vec![hexadecimal];
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend(secret.bytes());
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&bytes);
            // What stands at both ends depends on what is around it.
            let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            forms.extend(encoded.get(first..end).map(str::to_owned));
        }
    }
    forms
}

/// What stands for such a value.
pub const MASK: &str = "(secret)";

/// Characters of the shortest value that is masked: shorter ones would tear words apart.
pub const SHORTEST: usize = 8;

/// Values in all the forms in which they may be printed. Without `Debug`.
#[derive(Default, Clone)]
pub(crate) struct Masks(Needles);

static MASKS: RwLock<Option<Arc<Masks>>> = RwLock::new(None);

/// Whether a value is there and too short to be masked.
#[must_use]
pub fn is_too_short(value: &str) -> bool {
    let length = value.trim().chars().count();
    length > 0 && length < SHORTEST
}

/// Whether a value is a word of deskform itself, which is not masked.
#[must_use]
pub fn is_own_word(value: &str) -> bool {
    let value = value.trim();
    !value.is_empty() && !is_too_short(value) && is_own(value)
}

/// Masks values from now on, in all that is printed.
pub fn hide<'v>(values: impl IntoIterator<Item = &'v str>) {
    let mut known = MASKS.write().unwrap_or_else(PoisonError::into_inner);
    let mut masks = known.as_deref().cloned().unwrap_or_default();
    for value in values {
        masks.add(value);
    }
    if !masks.0.is_empty() {
        *known = Some(Arc::new(masks));
    }
}

pub(crate) fn current() -> Option<Arc<Masks>> {
    MASKS.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Whether there is anything to mask.
#[must_use]
pub fn is_active() -> bool {
    current().is_some()
}

/// A text without the values.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    current().map_or(Cow::Borrowed(text), |masks| masks.text(text))
}

/// Where such values stand in a text, in order.
pub(crate) fn places(text: &str) -> Vec<Range<usize>> {
    current().map_or_else(Vec::new, |masks| masks.0.places(text))
}

/// JSON text without the values; it stays JSON with the same keys.
#[must_use]
pub(crate) fn masked_json(text: String) -> String {
    match current() {
        Some(masks) => masks.json(text),
        None => text,
    }
}

impl Masks {
    pub(crate) fn add(&mut self, value: &str) {
        // Values that come from files end in a line end; of several lines each tells enough.
        let value = value.trim();
        let lines = value.lines().map(str::trim).filter(|line| *line != value);
        for part in std::iter::once(value).chain(lines) {
            if part.chars().count() < SHORTEST {
                continue;
            }
            let harmless = safe(part).into_owned();
            let forms = written(part).into_iter().chain([harmless]);
            for form in forms.chain(address_forms(part)).chain(in_bytes(part)) {
                self.0.add(&form);
            }
        }
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        !self.0.places(text).is_empty()
    }

    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let places = self.0.places(text);
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut from = 0;
        for place in places {
            masked.push_str(&text[from..place.start]);
            masked.push_str(MASK);
            from = place.end;
        }
        masked.push_str(&text[from..]);
        Cow::Owned(masked)
    }

    /// Masks a text where it stands.
    pub(crate) fn replace(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.text(text) {
            *text = masked;
        }
    }

    /// Masks a value of JSON, not its keys; a number that holds one of the values becomes a text.
    pub(crate) fn value(&self, value: &mut Json) {
        match value {
            Json::String(text) => self.replace(text),
            Json::Number(number) => {
                let text = number.to_string();
                if self.is_in(&text) {
                    *value = self.text(&text).into();
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Json::Object(map) => map.values_mut().for_each(|item| self.value(item)),
            Json::Null | Json::Bool(_) => {}
        }
    }

    /// JSON text, of which nothing is copied where there is nothing to mask.
    pub(crate) fn json(&self, text: String) -> String {
        let mut out = String::new();
        let mut copied = 0;
        let mut replace = |place: Range<usize>, shown: &str| {
            out.push_str(&text[copied..place.start]);
            out.push_str(shown);
            copied = place.end;
        };
        let mut at = 0;
        // What stands between two texts: numbers, words and signs.
        while let Some(length) = text[at..].find('"') {
            let start = at + length;
            self.numbers(&text, at..start, &mut replace);
            at = start + end_of_text(&text[start..]);
            let token = &text[start..at];
            // A key stays: without it the rest could not be found again.
            if !self.0.may_occur(token) || text[at..].trim_start().starts_with(':') {
                continue;
            }
            match serde_json::from_str::<String>(token) {
                Ok(inner) => {
                    if let Cow::Owned(inner) = self.text(&inner) {
                        replace(start..at, &serde_json::Value::from(inner).to_string());
                    }
                }
                // Not JSON: better torn than told.
                Err(_) => {
                    if let Cow::Owned(shown) = self.text(token) {
                        replace(start..at, &shown);
                    }
                }
            }
        }
        self.numbers(&text, at..text.len(), &mut replace);
        if copied == 0 {
            return text;
        }
        out.push_str(&text[copied..]);
        out
    }

    /// Replaces numbers outside texts that hold a value: each becomes a text.
    fn numbers(
        &self,
        text: &str,
        place: Range<usize>,
        replace: &mut dyn FnMut(Range<usize>, &str),
    ) {
        if !self.is_in(&text[place.clone()]) {
            return;
        }
        let belongs = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let mut at = place.start;
        while let Some(c) = text[at..place.end].chars().next() {
            let is_number = belongs(c);
            let end = text[at..place.end]
                .find(|c: char| belongs(c) != is_number)
                .map_or(place.end, |length| at + length);
            let run = &text[at..end];
            if is_number && self.is_in(run) {
                replace(
                    at..end,
                    &serde_json::Value::from(self.text(run)).to_string(),
                );
            }
            at = end;
        }
    }
}

/// The bytes of the JSON text that begins here.
fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn masks(values: &[&str]) -> Masks {
        let mut masks = Masks::default();
        for value in values {
            masks.add(value);
        }
        masks
    }

    #[test]
    fn case_37_values_are_masked_from_eight_characters_on() {
        let masks = masks(&[
            "1234567",
            "hunter-22",
            "hunter-22-long\n",
            "a\"b\\c d/ef",
            "one line 1\nx\ntwo line 2",
        ]);
        for (text, shown) in [
            ("x 1234567 y", "x 1234567 y"),
            ("xhunter-22y", "x(secret)y"),
            ("hunter-22-long hunter-22", "(secret) (secret)"),
            ("a\"b\\c d/ef", "(secret)"),
            (r#"a\"b\\c d/ef"#, "(secret)"),
            ("a%22b%5Cc%20d%2Fef a%22b%5Cc+d%2Fef", "(secret) (secret)"),
            // As a web address holds it: in a path, and in the value of a query.
            ("https://x/in/a%22b%5Cc%20d/ef", "https://x/in/(secret)"),
            ("one line 1\\nx\\ntwo line 2", "(secret)"),
            (
                "  one line 1\n  x\n  two line 2",
                "  (secret)\n  x\n  (secret)",
            ),
            ("nothing else", "nothing else"),
        ] {
            assert_eq!(masks.text(text), shown, "{text}");
        }
        assert!(matches!(masks.text("nothing else"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_value_is_masked_in_any_letters_encoded_and_cut() {
        let secret = "Tr0ub4dor&3/x y+é";
        let masks = masks(&[secret]);
        for (text, shown) in [
            ("TR0UB4DOR&3/X Y+É", "(secret)"),
            ("no Tr0ub4dor&3…", "no (secret)…"),
            ("…b4dor&3/x y", "…(secret)"),
            // Half of it is needed, so that a chance word is none.
            ("Tr0ub4d", "Tr0ub4d"),
            ("tr0ub4dor&amp;3/x y+&eacute;", "(secret)"),
            ("tr0ub4dor&#38;3&#x2f;x y+é", "(secret)"),
            ("Tr0ub4dor%263%2fx%20y%2b%c3%a9", "(secret)"),
            ("Tr0ub4dor%25263%252Fx%2520y%252B%25C3%25A9", "(secret)"),
            (r"Tr0ub4dor&3\/x y+é", "(secret)"),
            ("key=5472307562346", "key=5472307562346"),
            ("key=547230756234646F7226332f7820792bc3a9!", "key=(secret)!"),
            ("Basic VHIwdWI0ZG9yJjMveCB5K8Op", "Basic (secret)"),
            (
                "Basic dXNlcjpUcjB1YjRkb3ImMy94IHkrw6k=",
                "Basic dXNlcjp(secret)k=",
            ),
        ] {
            assert_eq!(masks.text(text), shown, "{text}");
        }
    }

    #[test]
    fn words_of_deskform_are_never_masked() {
        let masks = masks(&[
            "departments",
            "Environment",
            "no problem found",
            "organization-k3y-9",
        ]);
        let text = "Environment dev: departments/Billing of the organization 7, no problem found";
        assert_eq!(masks.text(text), text);
        assert_eq!(masks.text("organization-k3y-9"), MASK);
        assert!(is_own_word("departments") && !is_own_word("organization-k3y-9"));
    }

    #[test]
    fn case_37_masked_json_is_json() {
        let masks = masks(&["12345678", "hunter\"22\"", "say \u{202e}secret"]);
        let value = json!({
            "hunter\"22\"": [12_345_678, -1.5, 123_456_789, "x 12345678", true],
            "b": {"c": "say \u{202e}secret \\", "d": null},
        });
        for text in [
            serde_json::to_string(&value).unwrap(),
            serde_json::to_string_pretty(&value).unwrap(),
            super::super::json(serde_json::to_string(&value).unwrap()),
        ] {
            let shown: Value = serde_json::from_str(&masks.json(text)).unwrap();
            let expected = json!({
                "hunter\"22\"": ["(secret)", -1.5, "(secret)9", "x (secret)", true],
                "b": {"c": "(secret) \\", "d": null},
            });
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn json_without_a_value_is_not_copied() {
        let masks = masks(&["hunter-22", "12345678"]);
        let text = json!({"hunter-22": ["no hunter", "a \"b\"\n50 % & more", 1234]}).to_string();
        let stands_at = text.as_ptr();
        let shown = masks.json(text);
        assert_eq!(shown.as_ptr(), stands_at);
        let shown = masks.json(shown.replace("1234", "12345678"));
        assert!(shown.ends_with(r#","(secret)"]}"#), "{shown}");
    }

    proptest! {
        #[test]
        fn case_37_no_value_is_left(value in "[ -~ä\n]{8,20}", before in "\\PC{0,8}", after in "\\PC{0,8}") {
            prop_assume!(value.trim().chars().count() >= SHORTEST);
            let masks = masks(&[&value]);
            let text = format!("{before}{value}{after}");
            for shown in [safe(&text).into_owned(), text.clone(), json!(text).to_string()] {
                let told = masks.text(&shown);
                prop_assert!(!told.contains(value.trim()), "{}", told);
                prop_assert!(told.contains(MASK), "{}", told);
            }
            let lines = json!({"a": text, "b": [text.clone(), "other"]}).to_string();
            let shown: Value = serde_json::from_str(&masks.json(lines)).unwrap();
            prop_assert!(!shown["a"].as_str().unwrap().contains(value.trim()));
            prop_assert_eq!(&shown["b"][1], "other");
            let mut value = json!({"a": text, "b": [text.clone(), "other"]});
            masks.value(&mut value);
            prop_assert_eq!(shown, value);
        }
    }
}
