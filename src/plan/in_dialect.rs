//! What manifests say that a dialect cannot take: known before anything is read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::codec;
use crate::dialect::Dialect;
use crate::kind::rules::{Holds, OnlyFor, Rule};
use crate::kind::schema::accepts;
use crate::kind::{self, Keys, Owned, Pattern, Shape, Wire};
use crate::live::grouped;
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::problem::{Code, Problem};
use crate::state::{Address, Resource, Value};

/// Checks what can be checked as soon as the dialect is known, before anything is read.
///
/// Returns errors and warnings.
#[must_use]
pub fn check_dialect(desired: &Desired, dialect: Dialect) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut left_out: BTreeMap<(&str, &str), (usize, Address)> = BTreeMap::new();
    for (address, resource) in &desired.state {
        let kind = resource.kind;
        if kind.api(dialect).is_none() {
            let mut help =
                "declare it in an overlay of the environments that speak the other dialect"
                    .to_owned();
            if kind.is_referred_to() {
                // Writing into a string cannot fail.
                let _ = write!(
                    help,
                    ", and refer to a live {} as `{{lookup: \"Name\"}}`",
                    kind.singular
                );
            }
            problems.push(
                Problem::error(
                    Code::KindNotInDialect,
                    format!(
                        "{} cannot be managed in the {dialect} dialect",
                        kind.collection
                    ),
                )
                .at(place(desired, address, ""), "declared here")
                .help(help),
            );
            continue;
        }
        for (field, value) in resource.body.of_kind(kind) {
            let name = field.name;
            match field.wire(dialect) {
                Wire::Harmless if !value.is_null() && !field.naming => {
                    left_out
                        .entry((kind.collection, name))
                        .or_insert_with(|| (0, address.clone()))
                        .0 += 1;
                }
                Wire::Refused(why) if !value.is_null() => problems.push(
                    Problem::error(
                        Code::FieldNotInDialect,
                        format!("`{name}` cannot be set in the {dialect} dialect: {why}"),
                    )
                    .at(place(desired, address, name), "set here")
                    .help("set it in an overlay of the environments that speak the other dialect"),
                ),
                _ => {}
            }
        }
        unclear_or_unfit_values(desired, address, resource, dialect, &mut problems);
        if let Some(grouping) = kind.grouping(dialect) {
            let (entry, label) = grouping.entry;
            for key in grouped::refused(grouping, &resource.body) {
                let at = format!("{}/{key}", grouping.parts);
                problems.push(
                    Problem::error(
                        Code::EventNotInDialect,
                        format!(
                            "the {dialect}'s {} cannot express the {entry} `{key}`",
                            kind.collection
                        ),
                    )
                    .at(place(desired, address, &at), label)
                    .help(grouping.help),
                );
            }
        }
        for rule in kind.rules {
            let Rule::OnlyFor(rule) = rule else { continue };
            let body = &resource.body;
            let OnlyFor { field, is, .. } = rule;
            if rule.dialect == dialect
                && body.get(field).is_some_and(|value| !value.is_null())
                && body.get(rule.by).and_then(Value::as_text) != Some(is)
            {
                problems.push(
                    Problem::error(
                        Code::FieldNotInDialect,
                        format!("`{field}` can be set for a {is} only in the {dialect} dialect"),
                    )
                    .at(place(desired, address, field), "set here")
                    .help(rule.help),
                );
            }
        }
    }
    removed_in_dialect(desired, dialect, &mut problems);
    for ((collection, field), (count, first)) in left_out {
        let rest = match count {
            1 => format!("`{first}`"),
            _ => format!("`{first}` and {} more", count - 1),
        };
        problems.push(
            Problem::warning(
                Code::FieldLeftOut,
                format!("`{collection}.{field}` does not exist in the {dialect} dialect; it is left out and not compared ({rest})"),
            )
            .at(place(desired, &first, field), "set here"),
        );
    }
    problems
}

/// Tombstones that the dialect has no way to carry out.
fn removed_in_dialect(desired: &Desired, dialect: Dialect, problems: &mut Vec<Problem>) {
    for tombstone in &desired.removed {
        let Some(kind) = crate::kind::find(tombstone.collection) else {
            continue;
        };
        let Some(api) = kind.api(dialect) else {
            problems.push(
                Problem::error(
                    Code::KindNotInDialect,
                    format!(
                        "{} cannot be managed in the {dialect} dialect",
                        kind.collection
                    ),
                )
                .at(tombstone.place.clone(), "removed here")
                .help("list it in an overlay of the environments that speak the other dialect"),
            );
            continue;
        };
        // What the parts of a resource share is an address, and no name.
        if let Some(grouping) = api.grouping()
            && !tombstone.key.name.contains("://")
        {
            let (what, help) = grouping.no_name;
            problems.push(
                Problem::error(Code::NotAnIdentity, what)
                    .at(tombstone.place.clone(), "removed here")
                    .help(help),
            );
        }
    }
}

/// Values that only one dialect refuses, and a map of custom fields that is cleared whole.
fn unclear_or_unfit_values(
    desired: &Desired,
    address: &Address,
    resource: &Resource,
    dialect: Dialect,
    problems: &mut Vec<Problem>,
) {
    for (field, value) in resource.body.of_kind(resource.kind) {
        codec::keyed_maps(
            field,
            value,
            &mut |way, field, value| match (field.shape, value) {
                (Shape::Keyed(keyed), Value::Null) if keyed.owned == Owned::Named => {
                    let path = codec::written(resource.kind, way).pointer();
                    let at = place(desired, address, path.trim_start_matches('/'));
                    problems.push(
                        Problem::error(
                            Code::CannotClear,
                            format!("`{}` cannot be cleared whole", field.name),
                        )
                        .at(at, "cleared here")
                        .help(format!(
                            "name the {} that are to be cleared",
                            named_by(&keyed.keys)
                        )),
                    );
                }
                (Shape::Keyed(keyed), Value::Map(map)) => {
                    let Some(pattern) = keyed.value.besides(dialect) else {
                        return;
                    };
                    for (key, value) in map {
                        // What is published of all values alike contradicts what those of some sorts are.
                        let holds = holds(desired, &keyed.keys, key);
                        if holds.is_some_and(|holds| !holds.is_text()) {
                            continue;
                        }
                        let Some(bad) = value.as_text().and_then(|text| unfit(&pattern, text))
                        else {
                            continue;
                        };
                        let path = way.child(key);
                        let path = codec::written(resource.kind, &path).pointer();
                        let problem = if desired.is_lenient || holds.is_none() {
                            Problem::warning(
                                Code::ServerDecides,
                                format!(
                                    "no `{bad}` is published for the values of `{}`",
                                    field.name
                                ),
                            )
                            .help(format!(
                                "published is: {}; the server decides",
                                pattern.words
                            ))
                        } else {
                            Problem::error(
                                Code::CharacterRefused,
                                format!(
                                    "the {dialect} dialect refuses `{bad}` in a value of `{}`",
                                    field.name
                                ),
                            )
                            .help(format!("values are {}", pattern.words))
                        };
                        let at = place(desired, address, &path[1..]);
                        problems.push(problem.at(at, "set here"));
                    }
                }
                _ => {}
            },
        );
    }
}

/// What values under a key are, where a declared resource says so.
fn holds(desired: &Desired, keys: &Keys, key: &str) -> Option<Holds> {
    let Keys::Of { target, .. } = keys else {
        return None;
    };
    let address: Address = key.parse().ok()?;
    let resource = desired.state.get(&address)?;
    let sorts = resource.kind.sorts()?;
    let word = resource.body.get(sorts.field)?.as_text()?;
    let is_meant = address.collection == target.collection;
    is_meant.then(|| sorts.find(word).map(|sort| sort.holds))?
}

/// What the keys of a map name.
fn named_by(keys: &Keys) -> String {
    match keys {
        Keys::Of { target, .. } => {
            let kind = kind::find(target.collection);
            kind.map_or_else(
                || target.collection.to_owned(),
                |kind| format!("{}s", kind.singular),
            )
        }
        Keys::Texts(_) | Keys::Places => "keys".to_owned(),
    }
}

/// The first character that a pattern refuses, where it is one set of characters.
fn unfit(pattern: &Pattern, text: &str) -> Option<char> {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    if text.chars().all(is_usual) {
        return None;
    }
    let accepts = |text: &str| accepts(pattern, text);
    if accepts(text) {
        return None;
    }
    text.chars().find(|c| !accepts(c.encode_utf8(&mut [0; 4])))
}
