//! The validation engine: small tables of rules for bodies and queries, and what breaks them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::patterns::{Pattern, digits};
use super::respond::{Fault, FieldFault, Problem};

/// What [`Known`] is asked for where a request gives the API name of a custom module.
pub(super) const CUSTOM_MODULE: &str = "customModules/apiName";

/// Asks whether a collection holds an object with this id.
pub(super) type Known<'a> = &'a dyn Fn(&str, &str) -> bool;

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A text, its lengths counted in characters.
    Text {
        min: usize,
        max: usize,
        pattern: Pattern,
    },
    /// `true` or `false`.
    Boolean,
    /// A number as text or integer that names an object of the collection (empty: of any).
    Id(&'static str),
    /// As [`Shape::Id`], or one of the texts with which Zoho takes a reference away.
    IdOrNone(&'static str),
    /// A whole number, as text or integer.
    Digits { min: u64, max: u64 },
    /// A JSON number that is not negative.
    Number,
    /// A whole JSON number; a text is none.
    Integer { min: i64, max: i64 },
    /// A value of the shape that must be written as text: some operations take no number.
    Written(&'static Shape),
    /// A group of named flags.
    Flags(&'static Flags),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// One of these modules of the system, or the API name of a custom module that is there.
    Module(&'static [&'static str]),
    /// A list of values of one shape.
    List {
        item: &'static Shape,
        min: usize,
        max: usize,
        unique: bool,
    },
    /// An object with these keys and no others.
    Object(&'static [Rule]),
    /// An object with free keys and values of one shape.
    Map(&'static Shape),
    /// A text, a number, a boolean or null.
    Scalar,
    /// Nothing: the field is only ever answered; the guide has an error code for sending one.
    ReadOnly,
    /// A text or null: how the facts type a webhook event without filter.
    TextOrNull,
}

/// The flags of one group.
#[derive(Debug)]
pub(super) struct Flags {
    /// Those that the schema requires in the group. Whether a request needs them depends on what
    /// there is, so it is not checked here.
    pub(super) needed: &'static [&'static str],
    /// Those that the schema lets go.
    pub(super) optional: &'static [&'static str],
    /// Those of both that take no null.
    pub(super) firm: &'static [&'static str],
}

/// One key of an object and what its value may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// The key.
    pub(super) name: &'static str,
    /// What the value may be.
    pub(super) shape: Shape,
    /// Whether the key must be there.
    pub(super) required: bool,
    /// Whether null is taken.
    pub(super) nullable: bool,
    /// Whether the empty text is taken although the pattern asks for a character.
    ///
    /// A few optional texts allow no null; the empty text is then the only way to clear them.
    pub(super) clearable: bool,
}

const fn rule(name: &'static str, shape: Shape) -> Rule {
    Rule {
        name,
        shape,
        required: false,
        nullable: false,
        clearable: false,
    }
}

/// A text of at most `max` characters.
pub(super) const fn text(name: &'static str, max: usize) -> Rule {
    rule(
        name,
        Shape::Text {
            min: 0,
            max,
            pattern: Pattern::Any,
        },
    )
}

/// A text without stated limits.
pub(super) const fn free(name: &'static str) -> Rule {
    text(name, usize::MAX)
}

/// A text of a form.
pub(super) const fn form(name: &'static str, max: usize, pattern: Pattern) -> Rule {
    rule(
        name,
        Shape::Text {
            min: 0,
            max,
            pattern,
        },
    )
}

/// `true` or `false`.
pub(super) const fn boolean(name: &'static str) -> Rule {
    rule(name, Shape::Boolean)
}

/// The id of an object of a collection.
pub(super) const fn id(name: &'static str, collection: &'static str) -> Rule {
    rule(name, Shape::Id(collection))
}

/// The id of an object of a collection, or a text for none.
pub(super) const fn id_or_none(name: &'static str, collection: &'static str) -> Rule {
    rule(name, Shape::IdOrNone(collection))
}

/// A whole number, as text or integer.
pub(super) const fn whole(name: &'static str, min: u64, max: u64) -> Rule {
    rule(name, Shape::Digits { min, max })
}

/// A text, a number, a boolean or null.
pub(super) const fn scalar(name: &'static str) -> Rule {
    rule(name, Shape::Scalar)
}

/// A JSON number.
pub(super) const fn number(name: &'static str) -> Rule {
    rule(name, Shape::Number)
}

/// One of these texts.
pub(super) const fn choice(name: &'static str, values: &'static [&'static str]) -> Rule {
    rule(name, Shape::Choice(values))
}

/// A list of `min..=max` values.
pub(super) const fn list(name: &'static str, item: &'static Shape, min: usize, max: usize) -> Rule {
    rule(
        name,
        Shape::List {
            item,
            min,
            max,
            unique: false,
        },
    )
}

/// A list whose values differ.
pub(super) const fn set(name: &'static str, item: &'static Shape) -> Rule {
    rule(
        name,
        Shape::List {
            item,
            min: 0,
            max: usize::MAX,
            unique: true,
        },
    )
}

/// An object with these keys.
pub(super) const fn object(name: &'static str, rules: &'static [Rule]) -> Rule {
    rule(name, Shape::Object(rules))
}

/// An object with free keys.
pub(super) const fn map(name: &'static str, value: &'static Shape) -> Rule {
    rule(name, Shape::Map(value))
}

/// A value of any other shape.
pub(super) const fn shaped(name: &'static str, shape: Shape) -> Rule {
    rule(name, shape)
}

/// A field that is answered and never taken.
pub(super) const fn read_only(name: &'static str) -> Rule {
    rule(name, Shape::ReadOnly)
}

impl Rule {
    /// The key must be there, and not be null.
    pub(super) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// Null is taken.
    pub(super) const fn nullable(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    /// The empty text is taken.
    pub(super) const fn clearable(self) -> Self {
        Self {
            clearable: true,
            ..self
        }
    }
}

/// Everything that is wrong with a body.
///
/// # Errors
/// [`Fault::Body`] with each unknown key and each field that breaks its rule.
pub(super) fn check_body(
    rules: &[Rule],
    body: &Map<String, Value>,
    known: Known<'_>,
) -> Result<(), Fault> {
    let mut extra = Vec::new();
    let mut fields = Vec::new();
    check_object(rules, body, "", known, &mut extra, &mut fields);
    if extra.is_empty() && fields.is_empty() {
        Ok(())
    } else {
        Err(Fault::Body { extra, fields })
    }
}

fn check_object(
    rules: &[Rule],
    body: &Map<String, Value>,
    at: &str,
    known: Known<'_>,
    extra: &mut Vec<String>,
    fields: &mut Vec<FieldFault>,
) {
    for (key, value) in body {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        match rules.iter().find(|rule| rule.name == key) {
            None => extra.push(pointer),
            Some(rule) => check_rule(rule, value, pointer, known, extra, fields),
        }
    }
    for rule in rules
        .iter()
        .filter(|rule| rule.required && !body.contains_key(rule.name))
    {
        fields.push(FieldFault::new(
            format!("{at}/{}", rule.name),
            Problem::Missing,
        ));
    }
}

fn check_rule(
    rule: &Rule,
    value: &Value,
    pointer: String,
    known: Known<'_>,
    extra: &mut Vec<String>,
    fields: &mut Vec<FieldFault>,
) {
    if value.is_null() && rule.nullable {
        if rule.required {
            fields.push(FieldFault::new(pointer, Problem::Missing));
        }
        return;
    }
    if rule.clearable && value.as_str() == Some("") {
        return;
    }
    check_value(rule.shape, value, pointer, known, extra, fields);
}

fn check_value(
    shape: Shape,
    value: &Value,
    pointer: String,
    known: Known<'_>,
    extra: &mut Vec<String>,
    fields: &mut Vec<FieldFault>,
) {
    let mut invalid = |why: String, expected: &'static [&'static str]| {
        fields.push(FieldFault::new(
            pointer.clone(),
            Problem::Invalid { why, expected },
        ));
    };
    match shape {
        Shape::Text { min, max, pattern } => {
            if let Some(why) = text_fault(value, min, max, pattern) {
                invalid(why, &[]);
            }
        }
        Shape::Boolean if !value.is_boolean() => invalid("must be true or false".into(), &[]),
        Shape::Id(collection) => match id_text(value) {
            None => invalid("must be an id".into(), &[]),
            Some(id) if !collection.is_empty() && !known(collection, &id) => {
                invalid(format!("names no object of {collection}"), &[]);
            }
            Some(_) => {}
        },
        Shape::IdOrNone(collection) => {
            if !matches!(value.as_str(), Some("" | "null" | "undefined")) {
                check_value(Shape::Id(collection), value, pointer, known, extra, fields);
            }
        }
        Shape::Digits { min, max } => {
            let number = id_text(value).and_then(|text| text.parse().ok());
            if let Some(why) = number_fault(number, min, max) {
                invalid(why, &[]);
            }
        }
        Shape::Number if !value.as_f64().is_some_and(|number| number >= 0.0) => {
            invalid("must be a number that is not negative".into(), &[]);
        }
        Shape::Integer { min, max } => {
            if let Some(why) = number_fault(value.as_i64(), min, max) {
                invalid(why, &[]);
            }
        }
        Shape::Written(inner) => {
            if value.is_string() {
                check_value(*inner, value, pointer, known, extra, fields);
            } else {
                invalid("must be written as text".into(), &[]);
            }
        }
        Shape::Flags(flags) => match value.as_object() {
            None => invalid("must be an object".into(), &[]),
            Some(body) => check_flags(flags, body, &pointer, extra, fields),
        },
        Shape::Choice(values) if !value.as_str().is_some_and(|text| values.contains(&text)) => {
            invalid("is not one of the allowed values".into(), values);
        }
        Shape::Module(modules) => {
            let is_one = |text: &str| modules.contains(&text) || known(CUSTOM_MODULE, text);
            if !value.as_str().is_some_and(is_one) {
                invalid("names no module".into(), modules);
            }
        }
        Shape::List {
            item,
            min,
            max,
            unique,
        } => match value.as_array() {
            None => invalid("must be a list".into(), &[]),
            Some(items) => {
                if items.len() < min || items.len() > max {
                    invalid(format!("must have {min} to {max} items"), &[]);
                }
                let distinct: BTreeSet<String> = items.iter().map(Value::to_string).collect();
                if unique && distinct.len() != items.len() {
                    invalid("has equal items".into(), &[]);
                }
                check_items(*item, items, &pointer, known, extra, fields);
            }
        },
        Shape::Object(rules) => match value.as_object() {
            None => invalid("must be an object".into(), &[]),
            Some(body) => check_object(rules, body, &pointer, known, extra, fields),
        },
        Shape::Map(inner) => match value.as_object() {
            None => invalid("must be an object".into(), &[]),
            Some(body) => check_map(*inner, body, &pointer, known, extra, fields),
        },
        Shape::Scalar if value.is_array() || value.is_object() => {
            invalid("must be a plain value".into(), &[]);
        }
        Shape::ReadOnly => fields.push(FieldFault::new(pointer, Problem::ReadOnly)),
        Shape::TextOrNull if !(value.is_string() || value.is_null()) => {
            invalid("takes no filter, send null".into(), &[]);
        }
        Shape::Boolean | Shape::Number | Shape::Choice(_) | Shape::Scalar | Shape::TextOrNull => {}
    }
}

fn check_items(
    shape: Shape,
    items: &[Value],
    at: &str,
    known: Known<'_>,
    extra: &mut Vec<String>,
    fields: &mut Vec<FieldFault>,
) {
    for (index, value) in items.iter().enumerate() {
        check_value(shape, value, format!("{at}/{index}"), known, extra, fields);
    }
}

/// The empty text takes a value away, whatever the others may be.
fn check_map(
    shape: Shape,
    body: &Map<String, Value>,
    at: &str,
    known: Known<'_>,
    extra: &mut Vec<String>,
    fields: &mut Vec<FieldFault>,
) {
    for (key, value) in body {
        if value.as_str() != Some("") {
            check_value(shape, value, format!("{at}/{key}"), known, extra, fields);
        }
    }
}

/// What is wrong with a whole number, if it is one.
fn number_fault<N: Copy + PartialOrd + std::fmt::Display>(
    number: Option<N>,
    min: N,
    max: N,
) -> Option<String> {
    match number {
        Some(number) if number >= min && number <= max => None,
        Some(_) => Some(format!("exceeds the range of '{min}-{max}'")),
        None => Some("must be a whole number".into()),
    }
}

/// What is wrong with a group of flags.
fn check_flags(
    flags: &Flags,
    body: &Map<String, Value>,
    at: &str,
    extra: &mut Vec<String>,
    fields: &mut Vec<FieldFault>,
) {
    for (key, value) in body {
        let name = key.as_str();
        let pointer = format!("{at}/{key}");
        if !flags.needed.contains(&name) && !flags.optional.contains(&name) {
            extra.push(pointer);
        } else if !value.is_boolean() && (!value.is_null() || flags.firm.contains(&name)) {
            let why = "must be true or false".to_owned();
            let problem = Problem::Invalid { why, expected: &[] };
            fields.push(FieldFault::new(pointer, problem));
        }
    }
}

/// What is wrong with a text.
fn text_fault(value: &Value, min: usize, max: usize, pattern: Pattern) -> Option<String> {
    let Some(text) = value.as_str() else {
        return Some("must be a text".into());
    };
    let length = text.chars().count();
    if length > max {
        Some(format!("is longer than {max} characters"))
    } else if length < min {
        Some(format!(
            "is less than the specified minimum length of '{min}'"
        ))
    } else {
        (!pattern.matches(text)).then(|| "does not match the pattern".into())
    }
}

/// An id as text, whether it came as text or as integer.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if digits(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|id| id.to_string()),
        _ => None,
    }
}

/// What a query parameter may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A whole number in a range.
    Range(i64, i64),
    /// `true` or `false`.
    Boolean,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// One of these modules of the system, or the API name of a custom module that is there.
    Module(&'static [&'static str]),
    /// Comma-separated texts out of these, each once.
    Choices(&'static [&'static str]),
    /// One of these texts, perhaps after `-` for descending order.
    Order(&'static [&'static str]),
    /// A number.
    Id,
    /// A number, or this text.
    IdOr(&'static str),
    /// At most so many comma-separated numbers.
    Ids(usize),
    /// A text of a length.
    Text(usize, usize),
    /// Comma-separated names, at most so many.
    Names(usize),
}

/// One query parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Param {
    /// Its name.
    pub(super) name: &'static str,
    /// What its value may be.
    pub(super) form: Form,
    /// Whether it must be there.
    pub(super) required: bool,
}

/// An optional query parameter.
pub(super) const fn param(name: &'static str, form: Form) -> Param {
    Param {
        name,
        form,
        required: false,
    }
}

/// A query parameter that must be there.
pub(super) const fn needed(name: &'static str, form: Form) -> Param {
    Param {
        name,
        form,
        required: true,
    }
}

/// The query of a request, checked or not.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    /// The first value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter as number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.get(name).and_then(|text| text.parse().ok())
    }

    /// A parameter as boolean.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name).map(|text| text == "true")
    }

    /// The comma-separated parts of a parameter.
    pub(super) fn parts(&self, name: &str) -> Vec<&str> {
        self.get(name)
            .map(|text| text.split(',').collect())
            .unwrap_or_default()
    }
}

/// Checks a query against the parameters of its operation; `orgId` is always one of them.
///
/// # Errors
/// [`Fault::Query`] for the first parameter that is unknown, missing, repeated or out of form.
pub(super) fn check_query(params: &[Param], query: &Query, known: Known<'_>) -> Result<(), Fault> {
    for (index, (name, value)) in query.0.iter().enumerate() {
        if name == "orgId" {
            continue;
        }
        let fault = |why: String| {
            Err(Fault::Query {
                name: name.clone(),
                why,
            })
        };
        let Some(param) = params.iter().find(|param| param.name == name) else {
            return fault(format!(
                "Extra query parameter '{name}' is present in the input."
            ));
        };
        if query.0.iter().take(index).any(|(other, _)| other == name) {
            return fault(format!(
                "The query parameter '{name}' is given more than once."
            ));
        }
        if let Some(why) = form_fault(param, value, known) {
            return fault(why);
        }
    }
    params
        .iter()
        .find(|param| param.required && query.get(param.name).is_none())
        .map_or(Ok(()), |param| {
            Err(Fault::Query {
                name: param.name.to_owned(),
                why: format!(
                    "The query parameter '{}' is missing in the input.",
                    param.name
                ),
            })
        })
}

fn form_fault(param: &Param, value: &str, known: Known<'_>) -> Option<String> {
    let name = param.name;
    let wrong =
        |fits: bool| (!fits).then(|| format!("The value passed for field '{name}' is invalid."));
    match param.form {
        Form::Range(min, max) => match value.parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => None,
            Ok(_) if max == i64::MAX => Some(format!(
                "The value passed for field '{name}' exceeds the range of '>={min}'."
            )),
            Ok(_) => Some(format!(
                "The value passed for field '{name}' exceeds the range of '{min}-{max}'."
            )),
            Err(_) => wrong(false),
        },
        Form::Boolean => wrong(matches!(value, "true" | "false")),
        Form::Choice(values) => wrong(values.contains(&value)),
        Form::Module(modules) => wrong(modules.contains(&value) || known(CUSTOM_MODULE, value)),
        Form::Choices(values) => {
            let parts: Vec<&str> = value.split(',').collect();
            let distinct: BTreeSet<&str> = parts.iter().copied().collect();
            wrong(parts.iter().all(|part| values.contains(part)) && distinct.len() == parts.len())
        }
        Form::Order(values) => wrong(values.contains(&value.strip_prefix('-').unwrap_or(value))),
        Form::Id => wrong(digits(value)),
        Form::IdOr(word) => wrong(value == word || digits(value)),
        Form::Ids(max) => wrong(value.split(',').count() <= max && value.split(',').all(digits)),
        Form::Text(min, max) => {
            let length = value.chars().count();
            if length < min {
                Some(format!(
                    "The value passed for field '{name}' is less than the specified minimum length of '{min}'."
                ))
            } else {
                wrong(length <= max)
            }
        }
        Form::Names(max) => {
            wrong(value.split(',').count() <= max && value.split(',').all(|part| !part.is_empty()))
        }
    }
}
