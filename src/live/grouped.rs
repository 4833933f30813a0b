//! Resources of which each is formed by several live objects: in the guide a webhook is the set of
//! `/events` objects with one URL.
//!
//! Reading groups the objects, planning takes a resource apart into the parts that are made and
//! removed. Everything else sees a part as an id with a text that says which one it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::LiveObject;
use crate::codec::{flag, id_text, switch_value};
use crate::kind::{Grouping, Kind};
use crate::state::identity::canonical;
use crate::state::{Body, Leaves, Value};

/// One live object that is a part of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its id.
    pub id: String,
    /// Which part it is, in its own words.
    pub identity: String,
    /// Whether it is in use.
    pub on: bool,
}

/// A part that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPart {
    /// Which part it is, in its own words.
    pub identity: String,
    /// What is sent, by key.
    pub values: Vec<(&'static str, Value)>,
}

/// One change of the parts of a resource.
#[derive(Debug, PartialEq)]
pub enum PartChange<'p> {
    /// A part is made.
    Add(NewPart),
    /// A live part is removed.
    Remove(&'p Part),
}

/// Forms resources from a listing of parts.
///
/// # Errors
/// An object that lacks what tells which part of what it is: then this listing does not hold parts,
/// and nothing may be concluded from it.
pub fn group(
    kind: &'static Kind,
    grouping: &Grouping,
    path: &str,
    items: Vec<Json>,
) -> Result<Vec<LiveObject>, String> {
    // Spellings of one address are one group, which is called as its first part is.
    let mut groups: BTreeMap<String, (String, Vec<Part>)> = BTreeMap::new();
    for item in items {
        let text = |key: &str| item.get(key).and_then(Json::as_str);
        let id = item.get("id").and_then(id_text);
        let (Some(id), Some(by), Some(identity)) = (id, text(grouping.by), text(grouping.part))
        else {
            return Err(format!(
                "`GET {path}` shows objects that are no {} (without `{}` and `{}`)",
                kind.collection, grouping.by, grouping.part
            ));
        };
        let off = item
            .as_object()
            .is_some_and(|raw| flag(raw, grouping.switch) == Some(false));
        let shared = kind.field(grouping.by);
        let key = shared.map_or_else(|| by.into(), |field| canonical(field, by));
        let (_, parts) = groups
            .entry(key.into_owned())
            .or_insert_with(|| (by.to_owned(), Vec::new()));
        parts.push(Part {
            id,
            identity: identity.to_owned(),
            on: !off,
        });
    }
    let groups = groups.into_values().map(|(by, mut parts)| {
        parts.sort_by(|a, b| (&a.identity, &a.id).cmp(&(&b.identity, &b.id)));
        let identities: Vec<&str> = parts.iter().map(|part| part.identity.as_str()).collect();
        let on = match parts.first() {
            // Neither on nor off: a difference whatever is wanted.
            _ if is_mixed(&parts) => Json::Null,
            first => Json::Bool(first.is_none_or(|part| part.on)),
        };
        let raw = Map::from_iter([
            (grouping.by.to_owned(), Json::String(by)),
            (grouping.switch.to_owned(), on),
            (grouping.parts.to_owned(), shown(grouping, &identities)),
        ]);
        LiveObject {
            kind,
            id: parts
                .first()
                .map(|part| part.id.clone())
                .unwrap_or_default(),
            raw,
            parts,
        }
    });
    Ok(groups.collect())
}

/// Whether some parts are in use and others are not.
#[must_use]
pub fn is_mixed(parts: &[Part]) -> bool {
    parts.iter().any(|part| part.on) && parts.iter().any(|part| !part.on)
}

/// Shows a set of parts as the field does that says which there are.
///
/// A part that no key of the field means, or whose key is taken already, stands under its own name:
/// so it is a difference that can be seen and removed.
fn shown(grouping: &Grouping, identities: &[&str]) -> Json {
    let is_whole = |key: &str| {
        grouping
            .names
            .iter()
            .any(|(name, of, word)| *of == key && word.is_none() && identities.contains(name))
    };
    let mut map = Map::new();
    for identity in identities {
        match grouping.names.iter().find(|(name, ..)| name == identity) {
            Some((_, key, None)) => {
                map.insert((*key).to_owned(), Json::Null);
            }
            Some((_, key, Some(word))) if !is_whole(key) => {
                let words = map
                    .entry(*key)
                    .or_insert_with(|| json!({ grouping.words: [] }));
                if let Some(Json::Array(words)) = words.get_mut(grouping.words)
                    && !words.contains(&json!(word))
                {
                    words.push(json!(word));
                }
            }
            _ => {
                map.insert((*identity).to_owned(), Json::Null);
            }
        }
    }
    Json::Object(map)
}

/// The parts that a body names, in the order of the table; the second list holds the keys that no
/// part can express.
fn named(grouping: &Grouping, body: &Body) -> (Vec<String>, Vec<String>) {
    let mut parts = Vec::new();
    let mut refused = Vec::new();
    let Some(Value::Map(map)) = body.get(grouping.parts) else {
        return (parts, refused);
    };
    for (key, filter) in map {
        let rows: Vec<_> = grouping
            .names
            .iter()
            .filter(|(_, of, _)| *of == key)
            .collect();
        if rows.is_empty() {
            // What the server itself showed under a name of its own is kept as it is.
            if is_own_name(key) {
                parts.push(key.to_owned());
            } else {
                refused.push(key.to_owned());
            }
            continue;
        }
        let whole = rows.iter().filter(|(.., word)| word.is_none());
        match filter {
            Value::Null => parts.extend(whole.map(|(name, ..)| (*name).to_owned())),
            Value::Map(map) if map.is_empty() => {
                parts.extend(whole.map(|(name, ..)| (*name).to_owned()));
            }
            Value::Map(map) if map.len() == 1 => {
                let Some(Value::List(words)) = map.get(grouping.words) else {
                    refused.push(key.to_owned());
                    continue;
                };
                for word in words {
                    match rows
                        .iter()
                        .find(|(.., of)| of.is_some() && *of == word.as_text())
                    {
                        Some((name, ..)) => parts.push((*name).to_owned()),
                        None => refused.push(key.to_owned()),
                    }
                }
            }
            _ => refused.push(key.to_owned()),
        }
    }
    refused.dedup();
    (parts, refused)
}

/// Whether a key is a part's own name, and none that manifests may write.
fn is_own_name(key: &str) -> bool {
    key.contains('.')
}

/// Names what a body says that no part can express.
#[must_use]
pub fn refused(grouping: &Grouping, body: &Body) -> Vec<String> {
    named(grouping, body).1
}

/// Takes out of a body what no manifest can write, and names it.
#[must_use]
pub fn take_unwritable(grouping: &Grouping, body: &mut Body) -> Vec<String> {
    let Some(Value::Map(map)) = body.get_mut(grouping.parts) else {
        return Vec::new();
    };
    take_own_names(map)
}

fn take_own_names(map: &mut Leaves) -> Vec<String> {
    let own: Vec<String> = map
        .keys()
        .filter(|key| is_own_name(key))
        .map(str::to_owned)
        .collect();
    for key in &own {
        map.remove(key);
    }
    own
}

/// Takes the wanted body of a resource apart: what is made and what is removed, in order.
///
/// Where the resource `moves`, which is when what all its parts share changes, every part is made anew
/// before the old ones go.
#[must_use]
pub fn changes<'p>(
    kind: &Kind,
    grouping: &'static Grouping,
    body: &Body,
    parts: &'p [Part],
    moves: bool,
) -> Vec<PartChange<'p>> {
    let on = kind.enabled.is_none_or(|enabled| {
        let is_on = |value: &Value| value.is_null() || *value == switch_value(enabled.on);
        body.get(enabled.field).is_none_or(is_on)
    });
    let wanted = named(grouping, body).0;
    let add = |identity: &String| PartChange::Add(new_part(grouping, body, identity, on));
    if moves {
        let added = wanted.iter().map(add);
        return added.chain(parts.iter().map(PartChange::Remove)).collect();
    }
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    let mut stale = Vec::new();
    for part in parts {
        let keep = wanted.contains(&part.identity) && part.on == on && kept.insert(&part.identity);
        if !keep {
            stale.push(part);
        }
    }
    // A part whose state is wrong can only be made anew, and the old one must go first.
    let (first, last): (Vec<&Part>, Vec<&Part>) = stale.into_iter().partition(|part| {
        wanted.contains(&part.identity) && !kept.contains(part.identity.as_str())
    });
    let missing = wanted
        .iter()
        .filter(|identity| !kept.contains(identity.as_str()));
    let first = first.into_iter().map(PartChange::Remove);
    let last = last.into_iter().map(PartChange::Remove);
    first.chain(missing.map(add)).chain(last).collect()
}

fn new_part(grouping: &'static Grouping, body: &Body, identity: &str, on: bool) -> NewPart {
    let (key, words) = grouping.besides;
    let by = body.get(grouping.by).cloned();
    NewPart {
        identity: identity.to_owned(),
        values: vec![
            (grouping.by, by.unwrap_or_else(|| Value::text(""))),
            (grouping.part, Value::text(identity)),
            (
                key,
                Value::List(words.iter().map(|word| Value::text(word)).collect()),
            ),
            (grouping.switch, Value::Bool(on)),
        ],
    }
}

/// Whether an answer shows the part that these values make, whatever its state is.
#[must_use]
pub fn is_part(
    kind: &Kind,
    grouping: &Grouping,
    raw: &Map<String, Json>,
    values: &[(&'static str, Value)],
) -> bool {
    [grouping.by, grouping.part].iter().all(|key| {
        let value = values.iter().find(|(name, _)| name == key);
        let text = value.and_then(|(_, value)| match value {
            Value::Secret(secret) => secret.expose(),
            value => value.as_text(),
        });
        let shown = raw.get(*key).and_then(Json::as_str);
        match (shown, text, kind.field(key)) {
            // An address has several spellings.
            (Some(shown), Some(text), Some(field)) => {
                canonical(field, shown) == canonical(field, text)
            }
            (shown, text, _) => text.is_some() && shown == text,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::kind::KINDS;

    /// Every kind whose objects are formed by several.
    fn grouped() -> Vec<(&'static Kind, &'static Grouping)> {
        let of = |kind: &'static Kind| {
            let apis = [&kind.openapi, &kind.guide].into_iter().flatten();
            apis.filter_map(move |api| Some((kind, api.grouping()?)))
        };
        KINDS.iter().copied().flat_map(of).collect()
    }

    fn body(grouping: &Grouping, keys: &[(&str, Value)]) -> Body {
        let map: Leaves = keys
            .iter()
            .map(|(key, value)| (*key, value.clone()))
            .collect();
        let mut body = Body::default();
        body.set(grouping.by, Value::text("https://a.example.com"));
        body.set(grouping.parts, Value::Map(map));
        body
    }

    #[test]
    fn the_table_says_what_is_grouped_in_words_of_its_kind() {
        assert!(!grouped().is_empty());
        for (kind, grouping) in grouped() {
            assert!(kind.field(grouping.by).is_some());
            assert!(kind.field(grouping.parts).is_some());
            let enabled = kind.enabled.and_then(|enabled| kind.field(enabled.field));
            let read = enabled.and_then(|field| field.wire(Dialect::Guide).read_name());
            assert_eq!(read, Some(grouping.switch));
        }
    }

    #[test]
    fn what_is_taken_apart_is_grouped_to_the_same() {
        for (kind, grouping) in grouped() {
            for (name, key, word) in grouping.names {
                let filter = |word: &str| {
                    let words = Value::List(vec![Value::text(word)]);
                    Value::Map(Leaves::from([(grouping.words, words)]))
                };
                let forms = match word {
                    Some(word) => vec![filter(word)],
                    // A codec may know no filter as null or as an empty map.
                    None => vec![Value::Null, Value::Map(Leaves::new())],
                };
                for form in forms {
                    let body = body(grouping, &[(key, form)]);
                    let changes = changes(kind, grouping, &body, &[], false);
                    let [PartChange::Add(part)] = &*changes else {
                        panic!("{name}: {changes:?}");
                    };
                    assert_eq!(part.identity, *name);
                    let mut item = Map::from_iter([("id".to_owned(), json!("1"))]);
                    for (key, value) in &part.values {
                        let value = match value {
                            Value::Bool(flag) => json!(flag),
                            value => json!(value.as_text().unwrap_or_default()),
                        };
                        item.insert((*key).to_owned(), value);
                    }
                    assert!(is_part(kind, grouping, &item, &part.values));
                    let items = vec![Json::Object(item)];
                    let objects = group(kind, grouping, "/parts", items).unwrap();
                    let wanted = word.map_or(Json::Null, |word| json!({ grouping.words: [word] }));
                    assert_eq!(objects[0].raw[grouping.parts], json!({ *key: wanted }));
                    let (live, moved) = (&objects[0].parts, false);
                    let rest = super::changes(kind, grouping, &body, live, moved);
                    assert_eq!(rest, [], "{name}");
                }
            }
        }
    }

    #[test]
    fn parts_in_a_wrong_state_go_first_and_others_last() {
        for (kind, grouping) in grouped() {
            let (name, key, _) = grouping.names.first().unwrap();
            let part = |id: &str, identity: &str, on| Part {
                id: id.to_owned(),
                identity: identity.to_owned(),
                on,
            };
            let body = body(grouping, &[(key, Value::Null)]);
            let told = |parts: &[Part], moves| -> Vec<String> {
                changes(kind, grouping, &body, parts, moves)
                    .iter()
                    .map(|change| match change {
                        PartChange::Add(_) => "add".to_owned(),
                        PartChange::Remove(part) => part.id.clone(),
                    })
                    .collect()
            };
            let foreign = part("3", "Else.Where", true);
            let off = [part("1", name, false), foreign.clone()];
            assert_eq!(told(&off, false), ["1", "add", "3"]);
            assert!(is_mixed(&off));
            let twice = [part("1", name, true), part("2", name, true), foreign];
            assert_eq!(told(&twice, false), ["2", "3"]);
            assert_eq!(told(&twice, true), ["add", "1", "2", "3"]);
        }
    }

    #[test]
    fn a_listing_of_other_things_proves_nothing() {
        for (kind, grouping) in grouped() {
            let items = vec![json!({"id": "1", "name": "else"})];
            let error = group(kind, grouping, "/parts", items).unwrap_err();
            assert!(error.starts_with("`GET /parts` shows objects that are no "));
        }
    }
}
