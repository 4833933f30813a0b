//! Texts in whose place a resource may be named, see [`Field::refers`].

use super::convert::{Converter, Here};
use super::resolve::shown;
use crate::kind::{Field, Map, find};
use crate::problem::{Code, Part, ticked};
use crate::state::{Leaves, Reference, Value};
use crate::yaml::raw::{At, Raw};

/// Whether what stands in the place of a text names a resource.
pub(super) fn names(field: &Field, raw: &Raw) -> bool {
    !field.refers.is_empty() && matches!(raw, Raw::Map(_))
}

impl Converter<'_> {
    /// What a map with the word of a kind names.
    pub(super) fn named_in_text(
        &mut self,
        here: Here<'_>,
        field: &Field,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Reference> {
        let named = |key: &str| {
            let mut targets = field.refers.iter();
            targets.find(|target| find(target.collection).is_some_and(|kind| kind.word == key))
        };
        if let Raw::Map(entries) = raw
            && let [(key, value)] = entries.as_slice()
            && let Some(target) = named(key)
        {
            return self.reference(here, *target, value, at.key(key), key);
        }
        let kinds = field.refers.iter().filter_map(|to| find(to.collection));
        let words: Vec<&str> = kinds.map(|kind| kind.word).collect();
        let keys = if words.len() == 1 {
            "the one key"
        } else {
            "one of the keys"
        };
        self.error(
            here,
            (at, Part::Value),
            Code::BadReference,
            format!(
                "a map in `{}` must have {keys} {}",
                field.name,
                ticked(&words, "or")
            ),
            "names nothing",
            Some(format!(
                "write a text, or what it names, such as `{{{}: HANDLE}}`",
                words.first().copied().unwrap_or_default()
            )),
        );
        None
    }

    /// Refuses a resource in the place of a text where what stands beside it tells that it is none of that kind.
    pub(super) fn named_as_told_beside(
        &mut self,
        here: Here<'_>,
        map: &Map,
        leaves: &Leaves,
        at: At<'_>,
    ) {
        for leaf in map.fields {
            let Some(told) = leaf.told_beside else {
                continue;
            };
            let word = match leaves.get(told.leaf) {
                Some(Value::Text(text)) => &**text,
                // What is declared is no field of the system.
                Some(Value::Reference(Reference::Lookup { name, .. })) => &name.name,
                _ => continue,
            };
            let (Some(targets), Some(value)) = (told.by(word), leaves.get(leaf.name)) else {
                continue;
            };
            let items = match value {
                Value::List(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            };
            let may_be = |collection| targets.iter().any(|target| target.is_to(collection));
            let strange: Vec<&Reference> = items
                .iter()
                .filter_map(|item| match item {
                    Value::Reference(reference) => Some(reference),
                    _ => None,
                })
                .filter(|reference| !may_be(reference.collection()))
                .collect();
            for reference in strange {
                let what = find(reference.collection()).map_or("", |kind| kind.singular);
                let words: Vec<&str> = targets
                    .iter()
                    .filter_map(|target| Some(find(target.collection)?.word))
                    .collect();
                let help = match words.first() {
                    Some(word) => {
                        format!("name what the field holds, such as `{{{word}: HANDLE}}`")
                    }
                    None => "write the text that the field holds".to_owned(),
                };
                self.error(
                    here,
                    (at.key(leaf.name), Part::Value),
                    Code::BadReference,
                    format!(
                        "`{}` names the {what} `{}`, which the field `{word}` cannot hold",
                        leaf.name,
                        shown(reference)
                    ),
                    "not what the field holds",
                    Some(help),
                );
            }
        }
    }

    /// Refuses a list of texts that names one resource twice.
    pub(super) fn each_named_once(
        &mut self,
        here: Here<'_>,
        field: &Field,
        items: &[Value],
        at: At<'_>,
    ) -> bool {
        let twice = items
            .iter()
            .enumerate()
            .find_map(|(index, item)| match item {
                Value::Reference(reference) => {
                    let before = items.get(..index).unwrap_or_default();
                    before.contains(item).then_some(reference)
                }
                _ => None,
            });
        let Some(twice) = twice.map(shown) else {
            return true;
        };
        self.error(
            here,
            (at, Part::Value),
            Code::DuplicateItem,
            format!("`{}` names `{twice}` twice", field.name),
            "named twice in it",
            Some("take one of them away".to_owned()),
        );
        false
    }
}
