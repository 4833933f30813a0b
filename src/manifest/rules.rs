//! Rules among the fields of one resource, as the tables of the kinds say them.

use jiff::civil::Date;

use super::convert::{Converter, Here};
use super::resolve::article;
use crate::kind::rules::{AtMost, DaysOf, Fits, GoWith, OneOf, Rule, Sort, Sorts};
use crate::problem::{Code, Problem, did_you_mean, ticked};
use crate::state::{Body, Value, pointer};

impl Converter<'_> {
    /// Checks the rules that concern several fields of one body.
    ///
    /// `named` are the fields that the manifest gives a value, right or wrong.
    pub(crate) fn rules(&mut self, here: Here<'_>, body: &Body, named: &[&str]) {
        for rule in here.kind.rules {
            match rule {
                Rule::Sorts(sorts) => self.sorts(here, body, named, sorts),
                Rule::GoWith(rule) => self.go_with(here, |field| body.get(field), "", rule),
                Rule::InMap(name, rule) => {
                    if let Some(Value::Map(map)) = body.get(name) {
                        self.go_with(here, |leaf| map.get(leaf), name, rule);
                    }
                }
                Rule::AtMost(rule) => self.at_most(here, body, rule),
                Rule::DaysOf(rule) => self.days_of(here, body, rule),
                Rule::OneOf(rule) => self.one_of(here, body, named, rule),
                // What a dialect takes is asked when the dialect is known.
                Rule::OnlyFor(_) => {}
            }
        }
    }

    /// `within` is the map whose leaves the rule is about; empty where it is about fields.
    fn go_with<'v>(
        &mut self,
        here: Here<'_>,
        value: impl Fn(&str) -> Option<&'v Value>,
        within: &str,
        rule: &GoWith,
    ) {
        let GoWith { with, is, .. } = rule;
        let told = rule.told();
        let Some(word) = value(with).and_then(Value::as_word) else {
            return;
        };
        if is.contains(&word) {
            return;
        }
        let path = |name: &str| match within {
            "" => name.to_owned(),
            map => pointer([map, name]),
        };
        for field in rule.fields {
            if value(field).is_some_and(|value| !value.is_null()) {
                let problem = Problem::error(
                    Code::Conflict,
                    format!("`{field}` goes with {told} only, not with `{word}`"),
                )
                .at(here.key(&path(field)), "has no effect")
                .at(here.field(&path(with)), "because of this")
                .help(format!("write {told}, or take `{field}` away"));
                self.problems.push(problem);
            }
        }
    }

    fn sorts(&mut self, here: Here<'_>, body: &Body, named: &[&str], sorts: &Sorts) {
        let by = sorts.field;
        let sort = body
            .get(by)
            .and_then(Value::as_text)
            .and_then(|word| sorts.find(word));
        let Some(sort) = sort else { return };
        let given = |field: &str| body.get(field).is_some_and(|value| !value.is_null());
        let one = format!("{} of {by} `{}`", article(here.kind.singular), sort.name);
        for field in sort.required.iter().filter(|field| !named.contains(field)) {
            let problem = Problem::error(Code::MissingRequired, format!("{one} needs `{field}`"))
                .at(here.key(""), format!("`{field}` is missing"))
                .at(here.field(by), "because of this");
            self.problems.push(match sort.bounds {
                Some((bound, min, max)) if bound == *field => {
                    problem.help(format!("choose a number from {min} to {max}"))
                }
                _ => problem,
            });
        }
        for field in sorts.governed() {
            if given(field) && !sort.allowed.contains(&field) {
                let problem = Problem::error(Code::NotAllowed, format!("{one} has no `{field}`"))
                    .at(here.key(field), "not allowed")
                    .at(here.field(by), "because of this")
                    .help(format!(
                        "`{field}` goes with {}",
                        ticked(&sorts.with(field), "and")
                    ));
                self.problems.push(problem);
            }
        }
        if let Some((field, min, max)) = sort.bounds
            && let Some(number) = number(body, field)
            && !(min..=max).contains(&number)
        {
            let problem = Problem::error(
                Code::OutOfRange,
                format!("`{field}` of {one} must be from {min} to {max}"),
            )
            .at(here.field(field), "out of range")
            .at(here.field(by), "because of this");
            self.problems.push(problem);
        }
        self.fits(here, body, sort);
    }

    fn fits(&mut self, here: Here<'_>, body: &Body, sort: &Sort) {
        let Some((field, fits)) = sort.fits else {
            return;
        };
        let Some(text) = body.get(field).and_then(Value::as_text) else {
            return;
        };
        let refused = |wrong: &str| {
            Problem::error(Code::BadDefault, format!("`{field}` must be {wrong}"))
                .at(here.field(field), "not accepted")
        };
        match fits {
            Fits::Flag if !matches!(text, "true" | "false") => {
                self.problems.push(refused("`true` or `false`"));
            }
            Fits::Flag => {}
            Fits::OneOf(other) => {
                let Some(Value::List(values)) = body.get(other) else {
                    return;
                };
                let words = || values.iter().filter_map(Value::as_text);
                if values.is_empty() || words().any(|word| word == text) {
                    return;
                }
                let mut problem =
                    refused(&format!("one of `{other}`")).at(here.field(other), "the choices");
                problem.help = did_you_mean(text, words());
                self.problems.push(problem);
            }
        }
    }

    fn days_of(&mut self, here: Here<'_>, body: &Body, rule: &DaysOf) {
        let year = number(body, rule.year).and_then(|year| i16::try_from(year).ok());
        let (Some(year), Some(Value::Map(items))) = (year, body.get(rule.items)) else {
            return;
        };
        for (handle, item) in items {
            let Value::Map(item) = item else { continue };
            for day in rule.days {
                let Some(text) = item.get(day).and_then(Value::as_text) else {
                    continue;
                };
                let parts = text.split_once('-');
                let parts =
                    parts.and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
                if parts.is_some_and(|(month, day)| Date::new(year, month, day).is_ok()) {
                    continue;
                }
                let problem = Problem::error(
                    Code::BadFormat,
                    format!("the year {year} has no day `{text}`"),
                )
                .at(
                    here.field(&pointer([rule.items, handle, *day])),
                    "no day of the year",
                )
                .at(here.field(rule.year), "because of this");
                self.problems.push(problem);
            }
        }
    }

    /// Asks for exactly one of some maps, and in it for something that says more than what it is about.
    fn one_of(&mut self, here: Here<'_>, body: &Body, named: &[&str], rule: &OneOf) {
        let given = rule.fields.iter().filter(|field| named.contains(field));
        let given: Vec<&str> = given.copied().collect();
        let all: Vec<String> = rule.fields.iter().map(|one| (*one).to_owned()).collect();
        let one = article(here.kind.singular);
        match *given {
            [] => self.problems.push(
                Problem::error(
                    Code::MissingRequired,
                    format!("{one} needs one of {}", ticked(&all, "or")),
                )
                .at(here.key(""), "says nothing"),
            ),
            [field] => {
                let Some(Value::Map(map)) = body.get(field) else {
                    return;
                };
                if map.keys().all(|leaf| rule.about.contains(&leaf)) {
                    let leaves = here.kind.leaves(field).into_iter();
                    let leaves = leaves.filter(|leaf| !rule.about.contains(leaf));
                    let leaves: Vec<String> = leaves.map(str::to_owned).collect();
                    self.problems.push(
                        Problem::error(
                            Code::MissingRequired,
                            format!("`{field}` needs one of {}", ticked(&leaves, "or")),
                        )
                        .at(here.key(field), "says nothing"),
                    );
                }
            }
            [first, second, ..] => self.problems.push(
                Problem::error(
                    Code::Conflict,
                    format!("{one} has one of {}, not several", ticked(&all, "and")),
                )
                .at(here.key(second), "one too many")
                .at(here.key(first), "besides this")
                .help(format!("write {one} of its own for each")),
            ),
        }
    }

    fn at_most(&mut self, here: Here<'_>, body: &Body, rule: &AtMost) {
        let AtMost {
            field,
            most,
            label,
            help,
        } = rule;
        if let (Some(value), Some(limit)) = (number(body, field), number(body, most))
            && value > limit
        {
            let problem = Problem::error(
                Code::OutOfRange,
                format!("`{field}` {value} is more than `{most}` {limit}"),
            )
            .at(here.field(field), *label)
            .at(here.field(most), "because of this")
            .help(format!("{help} {limit} or fewer"));
            self.problems.push(problem);
        }
    }
}

fn number(body: &Body, field: &str) -> Option<i64> {
    match body.get(field) {
        Some(Value::Number(number)) => number.as_i64(),
        _ => None,
    }
}
