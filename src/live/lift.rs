//! Names of maps in answers that stand where a reference does: each becomes the id of what it names, so
//! that nothing else has to know of them.

use serde_json::{Map, Value as Json};

use super::{Live, named};
use crate::codec::{Ids as _, id_text, shown_at};
use crate::kind::{Encoding, Field, Kind, Shape, Target, Wire, Within};
use crate::state::{Scope, Value};

/// The word in the scope of a target, as far as it is known.
type Word<'w> = &'w dyn Fn(&Target) -> Option<String>;

/// Puts ids in the place of names. A name that nothing has stays.
pub(super) fn lift(live: &Live, kind: &'static Kind, raw: &mut Map<String, Json>) {
    let mut words: Vec<((&str, &str), Option<String>)> = Vec::new();
    let mut targets = Vec::new();
    for field in kind.fields {
        field.shape.targets(&mut targets);
    }
    for target in targets.iter().filter(|target| target.by_wire_name) {
        if let Within::As(through, scope) = target.within
            && !words.iter().any(|(known, _)| *known == (through, scope))
        {
            words.push(((through, scope), word(live, kind, raw, (through, scope))));
        }
    }
    let word = |target: &Target| match target.within {
        Within::Fixed(_, word) => Some(word.to_owned()),
        Within::As(through, scope) => {
            let mut known = words.iter();
            known
                .find(|(known, _)| *known == (through, scope))?
                .1
                .clone()
        }
        Within::Anywhere | Within::Same(_) => None,
    };
    for field in kind.fields {
        let name = field.wire(live.dialect).read_name();
        if let Some(json) = name.and_then(|name| raw.get_mut(name)) {
            within(live, field, json, &word);
        }
    }
}

/// The word that what a field of an answer names has in a scope.
fn word(
    live: &Live,
    kind: &'static Kind,
    raw: &Map<String, Json>,
    (through, scope): (&str, &str),
) -> Option<String> {
    let field = kind.field(through)?;
    let target = field.shape.target()?;
    let id = shown_at(raw, field.wire(live.dialect).read_name()?);
    let id = id.and_then(|id| id_text(&id))?;
    if let Some(index) = live.find_target(&target, &id) {
        return live.key_of(index)?.scope.get(scope).map(str::to_owned);
    }
    // It may have been made since.
    let made = live.learned.read().get(&(target.collection, id)).cloned();
    let stored = live.stored(&made?)?;
    stored
        .get(scope)
        .and_then(Value::as_text)
        .map(str::to_owned)
}

/// Puts ids in the place of names in one value.
fn within(live: &Live, field: &Field, json: &mut Json, word: Word<'_>) {
    match field.shape {
        Shape::Reference(target) | Shape::References(target) if target.by_wire_name => {
            let items = match json {
                Json::Array(items) => items.as_mut_slice(),
                one => std::slice::from_mut(one),
            };
            for item in items {
                one(live, field, &target, item, word);
            }
        }
        Shape::Map(map) => below(live, map.fields, json, word),
        Shape::Items(items) => {
            for item in json.as_array_mut().into_iter().flatten() {
                below(live, items.fields, item, word);
            }
        }
        Shape::Keyed(keyed) => match json {
            Json::Array(items) => {
                for item in items {
                    within(live, keyed.value, item, word);
                }
            }
            Json::Object(object) => {
                for (_, item) in object.iter_mut() {
                    within(live, keyed.value, item, word);
                }
            }
            _ => {}
        },
        _ => {}
    }
}

fn below(live: &Live, leaves: &[Field], json: &mut Json, word: Word<'_>) {
    for leaf in leaves {
        let name = leaf.wire(live.dialect).read_name();
        if let Some(inner) = name.and_then(|name| json.get_mut(name)) {
            within(live, leaf, inner, word);
        }
    }
}

fn one(live: &Live, field: &Field, target: &Target, json: &mut Json, word: Word<'_>) {
    let name = match (&*json, field.wire(live.dialect)) {
        (
            Json::Object(object),
            Wire::Sent {
                encoding: Encoding::Labelled(key, _),
                ..
            },
        ) => object.get(*key).and_then(Json::as_str),
        (other, _) => other.as_str(),
    };
    let Some(name) = name.map(str::to_owned) else {
        return;
    };
    let id = id_behind(live, target, &name, word);
    *json = Json::from(id.unwrap_or(name));
}

/// The id of what has a name in maps.
fn id_behind(live: &Live, target: &Target, name: &str, word: Word<'_>) -> Option<String> {
    let mut scope = Scope::default();
    if let Within::As(_, field) | Within::Fixed(field, _) = target.within {
        scope.set(field, word(target)?);
    }
    let key = named(&scope, name);
    if live.has_learned() {
        let learned = live.learned_names.read();
        let made = learned.get(&(target.collection, key.clone())).cloned();
        drop(learned);
        if let Some(id) = made.and_then(|address| live.id(&address)) {
            return Some(id);
        }
    }
    let index = *live
        .by_wire_name
        .get(target.collection)?
        .get(&key)
        .first()?;
    Some(live.objects.get(index)?.id.clone())
}
