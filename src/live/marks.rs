//! Signs in answers: whose a live object is, and what must not be done with it.

use serde_json::{Map, Value as Json};

use super::LiveObject;
use crate::codec::{flag, shown_at};
use crate::kind::rules::{Deed, Is, Mark, Sign};

/// Says whether an answer carries a sign.
#[must_use]
pub fn shows(raw: &Map<String, Json>, sign: &Sign) -> bool {
    match sign.is {
        Is::True => flag(raw, sign.key) == Some(true),
        Is::False => flag(raw, sign.key) == Some(false),
        Is::NotTrue => flag(raw, sign.key) != Some(true),
        Is::NotFalse => flag(raw, sign.key) != Some(false),
        Is::Word(word) => {
            let shown = shown_at(raw, sign.key);
            shown.as_deref().and_then(Json::as_str) == Some(word)
        }
    }
}

/// Finds the first mark of an object that forbids a deed.
#[must_use]
pub fn forbidden(object: &LiveObject, deed: Deed) -> Option<&'static Mark> {
    object
        .kind
        .marks
        .iter()
        .find(|mark| mark.forbids.contains(&deed) && shows(&object.raw, &mark.sign))
}

/// Says what an object is that no manifest may manage, completing "would take over …".
#[must_use]
pub fn belongs_to_others(object: &LiveObject) -> Option<&'static str> {
    forbidden(object, Deed::Manage).map(|mark| mark.what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_key_says_neither_true_nor_false() {
        let answers = [
            json!({"a": true}),
            json!({"a": "FALSE"}),
            json!({}),
            json!({"a": "else"}),
        ];
        for (is, said) in [
            (Is::True, [true, false, false, false]),
            (Is::False, [false, true, false, false]),
            (Is::NotTrue, [false, true, true, true]),
            (Is::NotFalse, [true, false, true, true]),
            (Is::Word("else"), [false, false, false, true]),
        ] {
            let sign = Sign { key: "a", is };
            let found = answers
                .each_ref()
                .map(|raw| shows(raw.as_object().unwrap(), &sign));
            assert_eq!(found, said, "{is:?}");
        }
    }

    #[test]
    fn a_word_may_lie_below_a_key() {
        let sign = Sign {
            key: "access/type",
            is: Is::Word("onlyMe"),
        };
        for (raw, expected) in [
            (json!({"access": {"type": "onlyMe"}}), true),
            (json!({"access": {"type": "allAgents"}}), false),
            (json!({"access": null}), false),
            (json!({"type": "onlyMe"}), false),
        ] {
            assert_eq!(shows(raw.as_object().unwrap(), &sign), expected, "{raw}");
        }
    }

    #[test]
    fn what_is_not_the_users_is_told_by_its_kind() {
        use Deed::{Export, Manage, PruneAll, Remove};
        for (collection, raw, forbids) in [
            (
                "customFields",
                json!({"isCustomField": false}),
                &[Manage, Remove, PruneAll, Export][..],
            ),
            ("customFields", json!({}), &[Export]),
            ("customFields", json!({"isCustomField": true}), &[]),
            (
                "roles",
                json!({"isDefault": true}),
                &[Remove, PruneAll, Export],
            ),
            ("roles", json!({"isVisible": false}), &[PruneAll, Export]),
            (
                "departments",
                json!({"isDefault": true}),
                &[Remove, PruneAll],
            ),
            ("slas", json!({"isDefault": true}), &[PruneAll]),
            (
                "webhooks",
                json!({"type": "EXTENSION_WEBHOOK"}),
                &[Manage, Remove, PruneAll, Export],
            ),
            ("webhooks", json!({"type": "CUSTOM_WEBHOOK"}), &[]),
        ] {
            let raw = raw.as_object().unwrap().clone();
            let object = LiveObject {
                kind: crate::kind::find(collection).unwrap(),
                id: "1".to_owned(),
                raw,
                parts: Vec::new(),
            };
            for deed in [Manage, Remove, PruneAll, Export] {
                let found = forbidden(&object, deed).is_some();
                assert_eq!(found, forbids.contains(&deed), "{collection} {deed:?}");
            }
        }
    }
}
