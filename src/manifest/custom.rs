//! Custom fields: the values that records give them under `cf`.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::convert::{Converter, Here};
use super::origin::Origin;
use super::resolve::article;
use super::secret_text::{OFTEN, control};
use crate::kind::patterns;
use crate::kind::schema::{MAX_CUSTOM_VALUE, compile};
use crate::problem::{Code, Part, Problem, counted, did_you_mean, ticked};
use crate::state::{Body, Leaves, Value};
use crate::yaml::raw::{At, Raw};

/// The declared custom fields by handle.
#[derive(Default)]
pub(crate) struct Customs {
    pub(crate) fields: HashMap<Arc<str>, Custom>,
}

/// What values of a custom field must be.
pub(crate) struct Custom {
    /// The key under which records hold its values, one text for all of them.
    key: Arc<str>,
    module: Option<String>,
    kind: Option<String>,
    max_length: Option<u64>,
    decimal_places: Option<u64>,
    values: Vec<String>,
    origin: Origin,
}

impl Custom {
    pub(crate) fn of(handle: &str, body: &Body, origin: &Origin) -> Self {
        let text = |name| body.get(name).and_then(Value::as_text).map(str::to_owned);
        let number = |name| match body.get(name) {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        let values = match body.get("values") {
            Some(Value::List(items)) => items
                .iter()
                .filter_map(Value::as_text)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        Self {
            key: format!("customFields/{handle}").into(),
            module: text("module"),
            kind: text("type"),
            max_length: number("maxLength"),
            decimal_places: number("decimalPlaces"),
            values,
            origin: origin.clone(),
        }
    }

    /// What is wrong with a value, as "must be …", and the place that says so.
    fn refuses(&self, value: &str) -> Option<(String, &'static str)> {
        let kind = self.kind.as_deref().unwrap_or_default();
        let longest =
            |most: Option<u64>, count: usize| most.is_some_and(|most| count as u64 > most);
        let rule = match kind {
            "Picklist"
                if !self.values.is_empty() && !self.values.iter().any(|one| one == value) =>
            {
                (format!("one of {}", ticked(&self.values, "or")), "values")
            }
            "Multiselect"
                if !self.values.is_empty()
                    && !value
                        .split(';')
                        .all(|part| self.values.iter().any(|one| one == part.trim())) =>
            {
                (
                    format!(
                        "of {}, several of them with `;` between",
                        ticked(&self.values, "and")
                    ),
                    "values",
                )
            }
            "Boolean" if !matches!(value, "true" | "false") => {
                ("`true` or `false`".to_owned(), "type")
            }
            "Number" if !is_number(value, 0) => ("a whole number".to_owned(), "type"),
            "Number" if longest(self.max_length, digits(value)) => (
                format!(
                    "a number of {} at most",
                    counted(most(self.max_length), "digit")
                ),
                "maxLength",
            ),
            "Decimal" | "Currency" | "Percent" if !is_number(value, usize::MAX) => {
                ("a number".to_owned(), "type")
            }
            "Decimal" | "Currency"
                if !is_number(
                    value,
                    self.decimal_places
                        .map_or(usize::MAX, |_| most(self.decimal_places)),
                ) =>
            {
                (
                    format!(
                        "a number with {} behind the point at most",
                        counted(most(self.decimal_places), "digit")
                    ),
                    "decimalPlaces",
                )
            }
            "Email" if !is_email(value) => (patterns::EMAIL.words.to_owned(), "type"),
            "URL" if !is_url(value) => (
                "a web address such as `https://www.example.com`".to_owned(),
                "type",
            ),
            "Date" if value.len() != 10 || value.parse::<Date>().is_err() => {
                ("a date such as `2027-06-30`".to_owned(), "type")
            }
            "DateTime" if !value.ends_with('Z') || value.parse::<Timestamp>().is_err() => (
                "a time such as `2027-06-30T09:00:00.000Z`".to_owned(),
                "type",
            ),
            "Text" | "Phone" if longest(self.max_length, value.chars().count()) => (
                format!(
                    "a text of {} at most",
                    counted(most(self.max_length), "character")
                ),
                "maxLength",
            ),
            _ => return None,
        };
        Some(rule)
    }
}

fn most(limit: Option<u64>) -> usize {
    usize::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX)
}

fn digits(value: &str) -> usize {
    value.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether a text is a decimal number with so many digits behind the point at most.
fn is_number(value: &str, places: usize) -> bool {
    let value = value.strip_prefix('-').unwrap_or(value);
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match value.split_once('.') {
        None => all(value),
        Some((whole, behind)) => all(whole) && all(behind) && behind.len() <= places,
    }
}

fn is_email(value: &str) -> bool {
    static EMAIL: std::sync::OnceLock<Option<jsonschema::Validator>> = std::sync::OnceLock::new();
    EMAIL
        .get_or_init(|| compile(&serde_json::json!({ "pattern": patterns::EMAIL.regex })))
        .as_ref()
        .is_none_or(|validator| validator.is_valid(&value.into()))
}

fn is_url(value: &str) -> bool {
    url::Url::parse(value)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "ftp") && url.has_host())
}

/// Whether a key can be the API name of a custom field.
fn is_api_name(key: &str) -> bool {
    key.strip_prefix("cf_").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

impl Converter<'_> {
    /// The values under `cf`.
    pub(crate) fn custom_values(
        &mut self,
        here: Here<'_>,
        module: &'static str,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        let Raw::Map(entries) = raw else {
            self.wrong(here, at, raw, "cf", "a map of values");
            return None;
        };
        let mut out = Leaves::new();
        let mut whole = true;
        for (key, raw) in entries {
            let place = at.key(key);
            let known = self.customs.fields.get(&**key);
            let fits = known
                .is_some_and(|custom| custom.module.as_deref().is_none_or(|own| own == module));
            if !fits && !is_api_name(key) {
                self.unknown_custom(here, key, module, place);
                whole = false;
                continue;
            }
            let Some(value) = self.custom_value(here, key, fits, raw, place) else {
                whole = false;
                continue;
            };
            let name = known.filter(|_| fits).map_or(key, |custom| &custom.key);
            out.insert(Arc::clone(name), value);
        }
        whole.then_some(Value::Map(out))
    }

    fn custom_value(
        &mut self,
        here: Here<'_>,
        key: &str,
        fits: bool,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        let value = self.scalar(here, key, raw, at)?;
        let (text, shown) = match &value {
            Value::Text(text) => (Arc::clone(text), true),
            Value::Secret(secret) => match secret.expose() {
                Some(text) => (text.into(), false),
                None => return Some(value),
            },
            _ => return Some(value),
        };
        let length = text.chars().count();
        let custom = if fits {
            self.customs.fields.get(key)
        } else {
            None
        };
        let (message, label) = if length > MAX_CUSTOM_VALUE as usize {
            (
                format!(
                    "`{key}` has {length} characters; {MAX_CUSTOM_VALUE} is the most for a custom field"
                ),
                None,
            )
        } else {
            let Some((rule, field)) = custom.and_then(|custom| custom.refuses(&text)) else {
                return Some(value);
            };
            let got = if shown {
                format!(", not `{text}`")
            } else {
                String::new()
            };
            (format!("`{key}` must be {rule}{got}"), Some(field))
        };
        let mut problem = Problem::error(Code::BadCustomValue, message)
            .at(here.place(at, Part::Value), "not accepted");
        if let Some(control) = control(&text).filter(|_| !shown) {
            problem.message = format!("{}; it holds {control}", problem.message);
            problem.help = Some(OFTEN.to_owned());
        }
        if let (Some(field), Some(custom)) = (label, custom) {
            problem = problem.at(custom.origin.place(field), "because of this");
            if shown && field == "values" {
                problem.help = did_you_mean(&text, custom.values.iter().map(String::as_str));
            }
        }
        self.problems.push(problem);
        None
    }

    fn unknown_custom(&mut self, here: Here<'_>, key: &str, module: &str, at: At<'_>) {
        if self.handles.incomplete {
            return;
        }
        let place = here.place(at, Part::Key);
        let other = self.customs.fields.get(key);
        let problem = if let Some((custom, own)) =
            other.and_then(|custom| Some((custom, custom.module.as_deref()?)))
        {
            Problem::error(
                Code::WrongModule,
                format!("the custom field `{key}` belongs to {own}, not to {module}"),
            )
            .at(place, format!("used for {}", article(here.kind.singular)))
            .at(custom.origin.place("module"), "declared here")
            .help(format!(
                "declare a custom field with `module: {module}` under another handle"
            ))
        } else {
            let of_module = self
                .customs
                .fields
                .iter()
                .filter(|(_, custom)| custom.module.as_deref().is_none_or(|own| own == module));
            let mut handles: Vec<&str> = of_module.map(|(handle, _)| &**handle).collect();
            handles.sort_unstable();
            let help = did_you_mean(key, handles).unwrap_or_else(|| {
                format!("declare it under `customFields` with `module: {module}`, or write the API name `cf_…` of a field that no manifest manages")
            });
            Problem::error(
                Code::UnknownCustomField,
                format!("no custom field of {module} is named `{key}`"),
            )
            .at(place, "referenced here")
            .help(help)
        };
        self.problems.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_by_type() {
        let custom = |kind: &str| Custom {
            key: "customFields/x".into(),
            module: None,
            kind: Some(kind.to_owned()),
            max_length: Some(3),
            decimal_places: Some(2),
            values: vec!["A".to_owned(), "B C".to_owned()],
            origin: Origin::new(
                crate::state::Address::new("customFields", "x"),
                "t".into(),
                0,
            ),
        };
        for (kind, good, bad) in [
            ("Picklist", "B C", "b c"),
            ("Multiselect", "A;B C", "A,B C"),
            ("Boolean", "true", "yes"),
            ("Number", "-123", "1.5"),
            ("Number", "123", "1234"),
            ("Decimal", "12.34", "1.234"),
            ("Percent", "12.345", "1e3"),
            ("Email", "a@example.com", "a@example"),
            ("URL", "https://example.com", "example.com"),
            ("Date", "2027-06-30", "2027-6-30"),
            (
                "DateTime",
                "2027-06-30T09:00:00.000Z",
                "2027-06-30T09:00:00+02:00",
            ),
            ("Text", "äöü", "abcd"),
            ("Textarea", "anything", ""),
        ] {
            assert_eq!(custom(kind).refuses(good), None, "{kind} {good}");
            assert_eq!(
                custom(kind).refuses(bad).is_some(),
                !bad.is_empty(),
                "{kind} {bad}"
            );
        }
    }
}
