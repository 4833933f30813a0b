//! Names of maps in answers that stand where a reference does: each becomes the id of what it names, so
//! that nothing else has to know of them.

use serde_json::{Map, Value as Json};

use super::Live;
use super::names::named;
use crate::codec::{Ids as _, id_text, shown_at};
use crate::kind::{Encoding, Field, Kind, Shape, Target, Wire, Within};
use crate::state::{Scope, Value};

/// The word in the scope of a target, as far as it is known.
type Word<'w> = &'w dyn Fn(&Target) -> Option<String>;

/// Puts ids in the place of names. A name that nothing has stays.
pub(super) fn lift(live: &Live, kind: &'static Kind, raw: &mut Map<String, Json>) {
    let mut words: Vec<((&str, &str), Option<String>)> = Vec::new();
    for target in kind
        .targets()
        .into_iter()
        .filter(|target| target.by_wire_name)
    {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::{Part, encode};
    use crate::dialect::Dialect;
    use crate::kind::{KINDS, find, names_by_wire_name, scopes};
    use crate::live::LiveObject;

    fn live() -> Live {
        let mut live = Live::new(Dialect::Openapi);
        let mut add = |collection: &str, raw: Json| {
            let id = raw["id"].as_str().unwrap().to_owned();
            let raw = raw.as_object().cloned().unwrap();
            live.add(LiveObject::new(find(collection).unwrap(), id, raw));
        };
        add(
            "customFields",
            json!({"id": "1", "module": "contacts", "apiName": "status", "displayLabel": "Theirs"}),
        );
        add(
            "customFields",
            json!({"id": "2", "module": "tickets", "apiName": "status", "displayLabel": "Status"}),
        );
        add(
            "customFields",
            json!({"id": "3", "module": "tickets", "apiName": "cf_a", "displayLabel": "A"}),
        );
        add(
            "layouts",
            json!({"id": "5", "module": "tickets", "layoutName": "Default"}),
        );
        live
    }

    /// Wherever answers name what they refer to, by a text or in an object with its label, it is that of the
    /// word that what they lie below has, and requests name it again with what people read.
    #[test]
    fn names_in_answers_are_those_of_the_module() {
        let live = live();
        let kind = find("layoutRules").unwrap();
        let condition = |more: Json| {
            let mut one = json!({"fieldName": "status", "condition": "is", "value": ["x"]});
            for (key, value) in more.as_object().unwrap() {
                one[key] = value.clone();
            }
            one
        };
        let said = json!({"displayLabel": "Status", "displayValue": ["x"]});
        let labelled = json!([
            {"fieldName": "status", "displayLabel": "Status"},
            {"fieldName": "cf_a", "displayLabel": "A"},
        ]);
        let case = |condition: Json, fields: Json| {
            json!([{"name": "n", "pattern": "1", "conditions": [condition], "actions":
                {"showSections": [], "showFields": fields, "setMandatoryFields": []}}])
        };
        let sent = case(condition(said), labelled);
        let shown = case(condition(json!({})), json!(["cf_a", "status"]));
        let mut bodies = Vec::new();
        for cases in [&sent, &shown] {
            let raw = json!({"id": "7", "layoutId": "5", "fieldName": "status", "fieldConditions": cases});
            bodies.push(live.decode(kind, raw.as_object().unwrap()));
        }
        assert_eq!(bodies[0], bodies[1]);
        let value = |name: &str| {
            let field = kind.field(name).unwrap();
            let value = bodies[0].get(name).unwrap();
            encode(field, Dialect::Openapi, value, Part::All, &live).unwrap()
        };
        assert_eq!(value("fieldName"), "status");
        let mut again = value("fieldConditions");
        let mut wanted = sent;
        for cases in [&mut again, &mut wanted] {
            let fields = cases[0]["actions"]["showFields"].as_array_mut().unwrap();
            fields.sort_by_key(|field| field["fieldName"].to_string());
        }
        assert_eq!(again, wanted);
        // Of a name that nothing has nothing is made up: it goes back as it came.
        let raw = json!({"id": "7", "layoutId": "5", "fieldName": "gone"});
        let body = live.decode(kind, raw.as_object().unwrap());
        let field = kind.field("fieldName").unwrap();
        let gone = encode(
            field,
            Dialect::Openapi,
            &body.get("fieldName").unwrap().clone(),
            Part::All,
            &live,
        );
        assert_eq!(gone.unwrap(), "gone");
    }

    /// What counts as the word of something else is the word of what a reference of the same kind names.
    #[test]
    fn what_is_within_the_word_of_another_names_it() {
        let mut found = 0;
        for kind in KINDS {
            for target in kind.targets() {
                assert!(!target.by_wire_name || find(target.collection).unwrap().names_keys());
                assert!(!target.by_wire_name || names_by_wire_name(kind));
                let Within::As(through, scope) = target.within else {
                    continue;
                };
                found += 1;
                let parent = kind.field(through).and_then(|field| field.shape.target());
                for collection in [parent.unwrap().collection, target.collection] {
                    let mut scopes = scopes(find(collection).unwrap());
                    assert!(
                        scopes.any(|field| field.name == scope),
                        "{kind:?} {collection}"
                    );
                }
            }
        }
        assert!(found > 4, "{found}");
    }
}
