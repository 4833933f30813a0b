//! When two spellings are one value, by the type of the value.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map as Object, Value as Json};
use unicode_normalization::UnicodeNormalization as _;

use crate::kind::{Alike, Field, Keys, Owned, Shape};
use crate::state::Value;

use super::{Names, html, leaf_field};

/// Says whether two texts are one value of a type.
#[must_use]
pub fn are_alike(alike: Alike, one: &str, other: &str) -> bool {
    one == other || canonical(alike, one) == canonical(alike, other)
}

/// Whether a live value may be what the server has made of another one. A plain text stays what it is.
#[must_use]
pub fn may_be_rewritten(field: &Field, sent: &Value, live: &Value) -> bool {
    if sent
        .as_text()
        .is_some_and(|word| field.unshown.contains(&word))
    {
        return true;
    }
    let is_html = |text: &str| html::canonical(text).is_some();
    match (sent, live) {
        (Value::Text(sent), Value::Text(live)) => {
            field.rewritten && (is_html(sent) || is_html(live))
        }
        _ => false,
    }
}

/// Whether a text that the server may rewrite is surely not stored: it is as it was `before`, and shows
/// something else than was sent. Where tags alone differ, the server may have rewritten what was sent.
#[must_use]
pub fn is_as_before(field: &Field, sent: &Value, before: &Value, live: &Value) -> bool {
    match (sent, before, live) {
        (Value::Text(sent), Value::Text(before), Value::Text(live)) if field.rewritten => {
            are_alike(Alike::Html, before, live) && html::shown(sent) != html::shown(live)
        }
        _ => false,
    }
}

/// The form of a text in which values of a type are compared.
fn canonical(alike: Alike, text: &str) -> Cow<'_, str> {
    let plain = || plain_text(text);
    match alike {
        Alike::Text => plain(),
        Alike::Url => {
            url::Url::parse(text.trim()).map_or_else(|_| plain(), |url| Cow::Owned(url.into()))
        }
        Alike::Decimal => decimal(text).map_or_else(plain, Cow::Owned),
        Alike::Instant => instant(text).map_or_else(plain, |at| Cow::Owned(at.to_string())),
        Alike::Day => day(text).map_or_else(plain, |day| Cow::Owned(day.to_string())),
        Alike::Flag => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" | "on" => Cow::Borrowed("true"),
            // A flag that nobody has set is off.
            "false" | "no" | "0" | "off" | "" => Cow::Borrowed("false"),
            _ => plain(),
        },
        Alike::Choices => {
            let text = plain();
            let mut parts: Vec<&str> = text.split(';').map(str::trim).collect();
            parts.retain(|part| !part.is_empty());
            parts.sort_unstable();
            parts.dedup();
            Cow::Owned(parts.join(";"))
        }
        Alike::Expression => {
            let text = text.to_lowercase().split_whitespace().collect::<String>();
            Cow::Owned(within_brackets(&text).to_owned())
        }
        Alike::Colour => colour(text).map_or_else(plain, Cow::Owned),
        Alike::Html => {
            let form = if text.contains('<') {
                html::canonical(&text.nfc().collect::<String>())
            } else {
                // An answer may have escaped the whole of it.
                html::canonical(&plain())
            };
            form.map_or_else(plain, Cow::Owned)
        }
    }
}

/// An expression without brackets around all of it.
fn within_brackets(text: &str) -> &str {
    let inner = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    let Some(inner) = inner else { return text };
    let mut open = 0_usize;
    for character in inner.chars() {
        match character {
            '(' => open += 1,
            ')' if open == 0 => return text,
            ')' => open -= 1,
            _ => {}
        }
    }
    if open == 0 {
        within_brackets(inner)
    } else {
        text
    }
}

/// A text in Unicode's normal form, with line ends of one form and HTML entities decoded.
pub(crate) fn plain_text(text: &str) -> Cow<'_, str> {
    let decoded = html_escape::decode_html_entities(text.trim());
    let is_plain = decoded.is_ascii() && !decoded.contains('\r');
    if is_plain {
        decoded
    } else {
        Cow::Owned(decoded.replace("\r\n", "\n").nfc().collect())
    }
}

/// A decimal number without what does not count: `+`, zeros in front, zeros behind the point.
fn decimal(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all(whole) || !all(behind) || (whole.is_empty() && behind.is_empty()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let behind = behind.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match (whole, behind) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, behind) => format!("{sign}{whole}.{behind}"),
    })
}

/// A colour as six digits in small letters; a text of another length, or with other letters, is none.
fn colour(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix('#').unwrap_or(text).to_ascii_lowercase();
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        3 => Some(digits.chars().flat_map(|digit| [digit, digit]).collect()),
        6 => Some(digits),
        _ => None,
    }
}

/// A point in time, as RFC 3339 or as milliseconds since the Unix epoch.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    match text.parse::<Timestamp>() {
        Ok(at) => Some(at),
        Err(_) => epoch(text),
    }
}

/// A day; of a point in time its day in UTC.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(day_of(at));
    }
    match text.parse::<Date>() {
        Ok(day) => Some(day),
        Err(_) => short_day(text).or_else(|| Some(day_of(epoch(text)?))),
    }
}

/// The day of a point in time, in milliseconds since the Unix epoch, in UTC.
pub(super) fn day_of_millis(millis: i64) -> Option<Date> {
    Timestamp::from_millisecond(millis).ok().map(day_of)
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A day whose month and whose day may have one digit each, such as `2027-6-3`.
fn short_day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_form = year.len() == 4 && month.len() <= 2 && day.len() <= 2;
    if !has_form || !parts.iter().all(|part| is_number(part)) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Milliseconds since the Unix epoch; a shorter number is no time.
fn epoch(text: &str) -> Option<Timestamp> {
    let millis = text.parse::<i64>().ok().filter(|_| text.len() >= 12)?;
    Timestamp::from_millisecond(millis).ok()
}

/// Says whether two recorded values of a field are one.
///
/// Records hold values as plans show them: references as addresses, secrets not at all.
#[must_use]
pub fn same_json(
    field: &Field,
    one: Option<&Json>,
    other: Option<&Json>,
    names: &dyn Names,
) -> bool {
    comparable(field, one, names) == comparable(field, other, names)
}

/// The form in which recorded values are compared; none of what says nothing.
fn comparable(field: &Field, value: Option<&Json>, names: &dyn Names) -> Option<Json> {
    let value = value?;
    match (&field.shape, value) {
        (Shape::Map(map), Json::Object(object)) => {
            let leaves: Object<String, Json> = object
                .iter()
                .filter_map(|(key, value)| {
                    let value = match map.field(key) {
                        Some(leaf) => comparable(leaf, Some(value), names)?,
                        None => value.clone(),
                    };
                    Some((key.clone(), value))
                })
                .collect();
            (map.owned == Owned::Whole || !leaves.is_empty()).then(|| Json::Object(sorted(leaves)))
        }
        (Shape::Map(map), Json::Null) if map.null == crate::kind::Null::Empty => {
            Some(Json::Object(Object::new()))
        }
        (Shape::Keyed(keyed), Json::Object(object)) => {
            let leaves: Object<String, Json> = object
                .iter()
                .filter_map(|(key, value)| {
                    let leaf = match keyed.keys {
                        Keys::Of { target, .. } => keyed.value.alike(names.alike(&target, key)),
                        Keys::Texts(_) | Keys::Places => *keyed.value,
                    };
                    Some((key.clone(), comparable(&leaf, Some(value), names)?))
                })
                .collect();
            (!leaves.is_empty()).then(|| Json::Object(sorted(leaves)))
        }
        (Shape::Items(shape), Json::Object(object)) => {
            let item = Field::new(shape.key, Shape::Map(shape.item()));
            let mut items: Vec<Json> = object
                .values()
                .filter_map(|value| comparable(&item, Some(value), names))
                .collect();
            items.sort_by_cached_key(ToString::to_string);
            (!items.is_empty()).then_some(Json::Array(items))
        }
        (Shape::References(_) | Shape::Texts { set: true, .. }, Json::Array(items)) => {
            let mut items = items.clone();
            items.sort_by_cached_key(ToString::to_string);
            (!items.is_empty()).then_some(Json::Array(items))
        }
        (
            Shape::Text { .. } | Shape::Email { .. } | Shape::Scalar { .. } | Shape::Choice(_),
            Json::String(text),
        ) => Some(Json::from(&*canonical(field.alike, text))),
        (Shape::Date, Json::String(text)) => Some(Json::from(&*canonical(Alike::Day, text))),
        (
            Shape::Text { .. }
            | Shape::Email { .. }
            | Shape::Scalar { .. }
            | Shape::Flag
            | Shape::Integer { .. }
            | Shape::Number
            | Shape::Date
            | Shape::Choice(_)
            | Shape::Reference(_)
            | Shape::References(_)
            | Shape::Ranked(_)
            | Shape::Texts { .. }
            | Shape::Map(_)
            | Shape::Keyed(_)
            | Shape::Items(_),
            value,
        ) => (!value.is_null()).then(|| value.clone()),
    }
}

fn sorted(object: Object<String, Json>) -> Object<String, Json> {
    let mut object = object;
    object.sort_keys();
    object
}

/// The field of what stands at a way down from a field; none where no table knows it.
#[must_use]
pub fn field_at(field: &Field, way: &[std::sync::Arc<str>], names: &dyn Names) -> Option<Field> {
    let mut at = *field;
    let mut rest = way;
    while let [key, below @ ..] = rest {
        at = match at.shape {
            // The first step below a list of items is the item's handle.
            Shape::Items(shape) => Field::new(shape.key, Shape::Map(shape.item())),
            Shape::Keyed(keyed) => match keyed.keys {
                Keys::Of { target, .. } => keyed.value.alike(names.alike(&target, key)),
                Keys::Texts(_) | Keys::Places => *keyed.value,
            },
            shape => *leaf_field(&shape, key)?,
        };
        rest = below;
    }
    Some(at)
}

/// Gives the items of a recorded list the handles of the live ones that they are: those that are equal
/// first, then those whose key field is equal.
///
/// A live item that is no longer declared has no handle of a manifest, and the record may have one.
#[must_use]
pub fn with_handles_of(shape: &Shape, record: &Json, live: &Json, names: &dyn Names) -> Json {
    let (Shape::Items(items), Json::Object(record), Json::Object(live)) = (shape, record, live)
    else {
        return record.clone();
    };
    let item = Field::new(items.key, Shape::Map(items.item()));
    let mut open: Vec<(&String, &Json)> = live.iter().collect();
    let mut left: Vec<(&String, &Json)> = record.iter().collect();
    let mut out = Object::new();
    let equal = |a: &Json, b: &Json| same_json(&item, Some(a), Some(b), names);
    let of_one_key = |a: &Json, b: &Json| {
        a.get(items.key)
            .is_some_and(|key| b.get(items.key) == Some(key))
    };
    for whole in [true, false] {
        let is_same = |a: &Json, b: &Json| {
            if whole { equal(a, b) } else { of_one_key(a, b) }
        };
        left.retain(|(handle, known)| {
            // Of several that are alike the one of the same handle is meant.
            let same = |(own, have): &(&String, &Json)| is_same(known, have) && own == handle;
            let at = open.iter().position(same);
            let at = at.or_else(|| open.iter().position(|(_, have)| is_same(known, have)));
            let Some(at) = at else { return true };
            out.insert(open.remove(at).0.clone(), (*known).clone());
            false
        });
    }
    for (handle, known) in left {
        if !out.contains_key(handle) {
            out.insert(handle.clone(), known.clone());
        }
    }
    out.into()
}

/// Gives a recorded value the names that its parts have now.
///
/// `now` tells what an address of before is called now.
#[must_use]
pub fn renamed(
    shape: &Shape,
    value: &Json,
    now: &dyn Fn(&str) -> Option<String>,
    names: &dyn Names,
) -> Json {
    match (shape, value) {
        (Shape::Reference(_) | Shape::References(_) | Shape::Ranked(_), Json::String(text)) => {
            Json::from(now(text).unwrap_or_else(|| text.clone()))
        }
        (Shape::References(_) | Shape::Ranked(_), Json::Array(items)) => items
            .iter()
            .map(|item| renamed(shape, item, now, names))
            .collect(),
        (Shape::Items(items), Json::Object(object)) => {
            let item = Shape::Map(items.item());
            object
                .iter()
                .map(|(key, value)| (key.clone(), renamed(&item, value, now, names)))
                .collect::<Object<_, _>>()
                .into()
        }
        (Shape::Map(_) | Shape::Keyed(_), Json::Object(object)) => object
            .iter()
            .map(|(key, value)| {
                let value = match leaf_field(shape, key) {
                    Some(leaf) => renamed(&leaf.shape, value, now, names),
                    None => value.clone(),
                };
                let key = match shape {
                    Shape::Keyed(keyed) => match keyed.keys {
                        Keys::Of { target, .. } => {
                            now(key).unwrap_or_else(|| names.key(&target, key).to_string())
                        }
                        Keys::Texts(_) | Keys::Places => key.clone(),
                    },
                    _ => key.clone(),
                };
                (key, value)
            })
            .collect::<Object<_, _>>()
            .into(),
        (
            Shape::Text { .. }
            | Shape::Email { .. }
            | Shape::Scalar { .. }
            | Shape::Flag
            | Shape::Integer { .. }
            | Shape::Number
            | Shape::Date
            | Shape::Choice(_)
            | Shape::Reference(_)
            | Shape::References(_)
            | Shape::Ranked(_)
            | Shape::Texts { .. }
            | Shape::Map(_)
            | Shape::Keyed(_)
            | Shape::Items(_),
            value,
        ) => value.clone(),
    }
}

/// A field of which nothing is known: its values are one where they are equal.
#[must_use]
pub const fn opaque_field() -> Field {
    Field::new("", Shape::Scalar { max: 0 })
}
