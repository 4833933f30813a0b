//! What is to be removed, as manifests write it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compose::Tombstone;
use super::resolve::{Handles, article};
use crate::config::WrittenName;
use crate::config::written::{TRANSFER_TO, WrittenReader, parts};
use crate::kind::schema::accepts;
use crate::kind::words::REMOVED;
use crate::kind::{Field, Kind, Shape, find};
use crate::problem::{Code, Part, Place, Problem, did_you_mean, ticked};
use crate::state::identity::{readings, scopes};
use crate::state::{Below, Heirs, Named};
use crate::yaml::raw::{AsText, At, Raw};
use crate::yaml::variables::{Expanded, Variables};
use crate::yaml::walk::{DISAGREE, Walker, unquoted, wrong_type};
use crate::yaml::written::quoted;

/// A text of an identity with its expressions replaced; a secret has no place in one.
pub(super) fn shown_text(
    variables: &Variables<'_>,
    place: &Place,
    text: &str,
) -> Result<String, Vec<Problem>> {
    match variables.expand(text) {
        Ok(Expanded::Literal(text)) => Ok(text.into_owned()),
        Ok(Expanded::Text(text)) => Ok(text),
        Ok(Expanded::Secret(..)) => Err(vec![
            Problem::error(
                Code::MisplacedSecret,
                "an identity cannot hold a secret: plans and reports show it",
            )
            .at(place.clone(), "a secret")
            .help("use `${var.…}` or `${env.…}`"),
        ]),
        Err(bad) => Err(bad
            .into_iter()
            .map(|bad| {
                Problem::error(bad.code, bad.message)
                    .at_part(place.clone(), bad.expression, "")
                    .help(bad.help)
            })
            .collect()),
    }
}

/// Reads a tombstone: an identity in one text or as a map, beside it who takes over.
pub(super) fn tombstone(
    variables: &Variables<'_>,
    handles: &Handles<'_>,
    kind: &'static Kind,
    raw: &Raw,
    place: &Place,
) -> Result<Tombstone, Vec<Problem>> {
    let form = parts(kind).join("/");
    let bad = |message: String, help: String| {
        Err(vec![
            Problem::error(Code::BadTombstone, message)
                .at(place.clone(), "not an identity")
                .help(help),
        ])
    };
    if kind.is_given() || kind.is_check() {
        return Err(vec![
            Problem::error(
                Code::CannotRemove,
                format!("nothing removes {}", article(kind.singular)),
            )
            .at(place.clone(), "cannot be removed")
            .help("take it away: what is not declared stays as it is"),
        ]);
    }
    let expand = |text: &str, place: Place| shown_text(variables, &place, text);
    let name = format!("removed.{}", kind.collection);
    let refuse = |written: &str| {
        let (message, help) = unquoted(&name, raw, written);
        Err(vec![
            Problem::error(Code::UnquotedNumber, format!("an item of {message}"))
                .at(place.clone(), DISAGREE)
                .help(help),
        ])
    };
    let made = |key, transfer_to| Tombstone {
        collection: kind.collection,
        key,
        transfer_to,
        place: place.clone(),
    };
    let has_parts = parts(kind).len() > 1 || !kind.chosen_heirs().is_empty();
    let text = match (raw.as_text(), raw) {
        (AsText::Text(text), _) => expand(text, place.clone())?,
        (AsText::Number(number), _) if number.is_u64() => number.to_string(),
        (AsText::Number(number), _) => return refuse(&number.to_string()),
        (AsText::Unquoted(written), _) => return refuse(written),
        (_, Raw::Map(_)) if has_parts => {
            let (key, heirs) = tombstone_of_map(variables, handles, kind, raw, place)?;
            return Ok(made(key, heirs));
        }
        (_, other) => {
            let (message, _) = wrong_type(&name, "a text", other);
            return bad(
                format!("an item of {message}"),
                format!("write each {}'s `{form}`", kind.singular),
            );
        }
    };
    if kind.is_nameless() {
        return bad(
            format!("`{text}` cannot identify {}", article(kind.singular)),
            format!("write `{{{}: …}}`", parts(kind).join(": …, ")),
        );
    }
    // Words stand before the name; what lies below another resource is named alone.
    let key = readings(kind, &text).pop().unwrap_or_default();
    let key = handles.with_handles(kind, key);
    let is_word = |field: &Field| !matches!(field.shape, Shape::Reference(_));
    let lacks = scopes(kind).any(|field| match key.below(field.name) {
        Some(below) => below.to_string().trim().is_empty(),
        None => is_word(field),
    });
    if lacks || key.name.is_empty() {
        return bad(
            format!("`{text}` cannot identify {}", article(kind.singular)),
            format!("write its `{form}`"),
        );
    }
    if let Some(problem) = strange_word(kind, &key, place) {
        return Err(vec![problem]);
    }
    Ok(made(key, Heirs::default()))
}

/// Refuses a word that the field below which names count cannot have.
fn strange_word(kind: &Kind, key: &Named<'_>, place: &Place) -> Option<Problem> {
    let (field, word) = key.scope.iter().find_map(|(name, below)| {
        let field = kind.field(name)?;
        let Below::Word(word) = below else {
            return None;
        };
        let fits = match field.shape {
            Shape::Choice(words) => words.contains(&&**word),
            Shape::Text {
                pattern: Some(pattern),
                ..
            } => accepts(&pattern, word),
            _ => true,
        };
        (!fits).then_some((field, word))
    })?;
    let words = field.words();
    let handle = match field.above().and_then(|target| find(target.collection)) {
        Some(parent) => format!(", or the handle of {}", article(parent.singular)),
        None => String::new(),
    };
    let near = did_you_mean(word, words.iter().copied());
    let help = near.unwrap_or_else(|| format!("write {}{handle}", ticked(words, "or")));
    Some(
        Problem::error(
            Code::BadTombstone,
            format!("`{word}` cannot be used for `{}`", field.name),
        )
        .at(place.clone(), "not an identity")
        .help(help),
    )
}

/// Tombstones that a help writes out.
const LINES: usize = 6;

/// What helps where the names to be removed are the keys of a map: what to write in its place.
pub(super) fn as_list(kind: &Kind, raw: &Raw) -> Option<String> {
    let Raw::Map(entries) = raw else { return None };
    let naming = kind.naming_field().name;
    let items = entries.iter().take(LINES).map(|(name, raw)| {
        let name = quoted(name);
        match raw {
            Raw::Map(inner) if inner.is_empty() => name.into_owned(),
            Raw::Map(inner) if raw.get(naming).is_none() => {
                let inner: Vec<String> = inner.iter().map(entry).collect();
                format!("{{{naming}: {name}, {}}}", inner.join(", "))
            }
            Raw::Map(_) => flow(raw),
            _ => name.into_owned(),
        }
    });
    let more = (entries.len() > LINES).then(|| "…".to_owned());
    let items: Vec<String> = items.chain(more).collect();
    let list = format!("{REMOVED}: {{{}: [{}]}}", kind.collection, items.join(", "));
    (!entries.is_empty()).then(|| format!("write `{list}`"))
}

/// A value as it is written in one line.
fn flow(raw: &Raw) -> String {
    match raw {
        Raw::Null | Raw::Tagged(_) => "null".to_owned(),
        Raw::Bool(value) => value.to_string(),
        Raw::Number(number) => number.to_string(),
        Raw::Doubtful(written) => written.to_string(),
        Raw::Spelled(spelled) => spelled.written.to_string(),
        Raw::Text(text) => quoted(text).into_owned(),
        Raw::List(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Raw::Map(entries) => {
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn entry((key, value): &(Arc<str>, Raw)) -> String {
    format!("{}: {}", quoted(key), flow(value))
}

/// Reads a tombstone that is a map.
fn tombstone_of_map(
    variables: &Variables<'_>,
    handles: &Handles<'_>,
    kind: &'static Kind,
    raw: &Raw,
    place: &Place,
) -> Result<(Named<'static>, Heirs), Vec<Problem>> {
    let pointer = |at: At<'_>, part: Part| Place {
        pointer: format!("{}{}", place.pointer, at.pointer()),
        part,
        ..place.clone()
    };
    let expand = |text: &str, place: Place| shown_text(variables, &place, text);
    let mut walker = Walker {
        place: &pointer,
        problems: Vec::new(),
    };
    let mut reader = WrittenReader {
        walker: &mut walker,
        expand: &expand,
    };
    let has_heirs = !kind.chosen_heirs().is_empty();
    let more: &[&str] = if has_heirs { &[TRANSFER_TO] } else { &[] };
    let read = reader.name(raw, At::ROOT, ("removed", kind), more);
    let heirs = match raw.get(TRANSFER_TO) {
        Some(raw) if has_heirs => reader.heirs(raw, At::ROOT.key(TRANSFER_TO), kind),
        _ => BTreeMap::new(),
    };
    if let Some(problem) = walker.problems.into_iter().next() {
        return Err(vec![problem]);
    }
    let needed: Vec<&str> = (kind.fields.iter())
        .filter(|field| parts(kind).contains(&field.name))
        .filter(|field| kind.is_nameless() || !matches!(field.shape, Shape::Reference(_)))
        .map(|field| field.name)
        .collect();
    let whole = read.and_then(|(name, scope)| {
        let is_there = |field: &&str| scope.contains_key(*field);
        let naming = kind.naming_field().name;
        let scopes = needed.iter().filter(|field| **field != naming);
        let is_whole = scopes.copied().all(|field| is_there(&field));
        let nameless = kind.fixed_name().filter(|_| kind.is_nameless());
        let name = name
            .or_else(|| nameless.map(Arc::from))
            .filter(|_| is_whole)?;
        handles.name(kind, &WrittenName { name, scope })
    });
    let Some(key) = whole else {
        let message = format!(
            "a tombstone of {} needs {}",
            kind.collection,
            ticked(&needed, "and")
        );
        return Err(vec![
            Problem::error(Code::BadTombstone, message)
                .at(place.clone(), "not an identity")
                .help(format!("write `{{{}}}`", parts(kind).join(": …, ") + ": …")),
        ]);
    };
    if let Some(problem) = strange_word(kind, &key, place) {
        return Err(vec![problem]);
    }
    let heirs = handles.heirs(kind, heirs, &|field| key.below(field).cloned());
    Ok((key, heirs))
}
