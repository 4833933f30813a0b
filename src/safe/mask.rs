//! Values that are never printed: those of credentials and secrets in the process's environment.
//!
//! Fields that are secret are known as such and shown as `(secret)` where they are shown at all.
//! This is for what nobody knows to be one: a text of a server, a name, a description, a slip. All
//! that is printed passes here, and nothing but these values is touched. JSON stays what it is for
//! programs: its values are masked where it is made, its keys never are.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;

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

/// What stands for such a value.
pub const MASK: &str = "(secret)";

/// Characters of the shortest value that is masked: shorter ones would tear words apart.
pub const SHORTEST: usize = 8;

/// Values in all the forms in which they may be printed, the longest first. Without `Debug`.
#[derive(Default, Clone)]
pub(crate) struct Masks {
    forms: Vec<SecretString>,
}

static MASKS: RwLock<Option<Arc<Masks>>> = RwLock::new(None);

/// Whether a value is there and too short to be masked.
#[must_use]
pub fn is_too_short(value: &str) -> bool {
    let length = value.trim().chars().count();
    length > 0 && length < SHORTEST
}

/// Masks values from now on, in all that is printed.
pub fn hide<'v>(values: impl IntoIterator<Item = &'v str>) {
    let mut known = MASKS.write().unwrap_or_else(PoisonError::into_inner);
    let mut masks = known.as_deref().cloned().unwrap_or_default();
    for value in values {
        masks.add(value);
    }
    if !masks.forms.is_empty() {
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
            for form in forms.chain(address_forms(part)) {
                let is_new = |known: &SecretString| known.expose_secret() != form;
                if self.forms.iter().all(is_new) {
                    self.forms.push(form.into());
                }
            }
        }
        // A value may be a part of another one.
        self.forms
            .sort_by_key(|form| std::cmp::Reverse(form.expose_secret().len()));
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.forms
            .iter()
            .any(|form| text.contains(form.expose_secret()))
    }

    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for form in &self.forms {
            if text.contains(form.expose_secret()) {
                text = Cow::Owned(text.replace(form.expose_secret(), MASK));
            }
        }
        text
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

    pub(crate) fn json(&self, text: String) -> String {
        if !self.is_in(&text) {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        // What stands between two texts: numbers, words and signs.
        while let Some(start) = rest.find('"') {
            let (between, from) = rest.split_at(start);
            self.add_numbers(&mut out, between);
            let (token, after) = from.split_at(end_of_text(from));
            rest = after;
            if after.trim_start().starts_with(':') {
                // A key: without it the rest could not be found again.
                out.push_str(token);
                continue;
            }
            match serde_json::from_str::<String>(token) {
                Ok(inner) => match self.text(&inner) {
                    Cow::Borrowed(_) => out.push_str(token),
                    Cow::Owned(inner) => out.push_str(&serde_json::Value::from(inner).to_string()),
                },
                // Not JSON: better torn than told.
                Err(_) => out.push_str(&self.text(token)),
            }
        }
        self.add_numbers(&mut out, rest);
        out
    }

    /// Adds what stands outside texts; a number that holds a value becomes a text.
    fn add_numbers(&self, out: &mut String, text: &str) {
        if !self.is_in(text) {
            out.push_str(text);
            return;
        }
        let belongs = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let is_number = belongs(c);
            let end = rest
                .find(|c: char| belongs(c) != is_number)
                .unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            if is_number && self.is_in(run) {
                out.push_str(&serde_json::Value::from(self.text(run)).to_string());
            } else {
                out.push_str(run);
            }
            rest = after;
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
