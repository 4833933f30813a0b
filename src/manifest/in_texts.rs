//! Texts in whose place a resource may be named, see [`Field::refers`].

use super::convert::{Converter, Here};
use super::resolve::{article, shown};
use crate::kind::{Field, Map, Target, find, words_beside};
use crate::problem::{Code, Part, Problem, ticked};
use crate::state::{Leaves, Reference, Value};
use crate::yaml::raw::{At, Raw};
use crate::yaml::variables::Expanded;

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
        // A field below which names count says by itself of which kind it is.
        if let Some(target) = field.above() {
            return self.reference(here, target, raw, at, field.name);
        }
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

    /// Refuses a handle that is a word where it would be named, see [`Field::refers`].
    pub(super) fn means_no_word(&mut self, here: Here<'_>) {
        let handle = &here.address.handle;
        let mut words = words_beside(here.kind.collection);
        let field = words.find_map(|(field, word)| (*word == **handle).then_some(field));
        let Some(field) = field else { return };
        let problem = Problem::error(
            Code::BadReference,
            format!(
                "`{handle}` is a word of its own where `{field}` names {}, so that {} cannot have it for a handle",
                here.kind.collection,
                article(here.kind.singular)
            ),
        )
        .at(here.key(""), "not a handle of its own")
        .help("give it another handle, and its name as a field");
        self.problems.push(problem);
    }

    /// Says that a text that is no word of a field may be a handle, see [`Field::refers`].
    pub(super) fn or_a_handle(&mut self, field: &Field, text: &str) {
        let Some(target) = field.above().filter(|_| !field.refers.is_empty()) else {
            return;
        };
        let Some(kind) = find(target.collection) else {
            return;
        };
        let near = self.handles.nearest(target.collection, text);
        if let Some(problem) = self.problems.last_mut() {
            let words = problem.help.take().unwrap_or_default();
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            problem.help = Some(format!(
                "{near}{words}; or declare it under `{}`, and name it by its handle",
                kind.collection
            ));
        }
    }

    /// What a text names by a handle alone, see [`Field::refers`].
    pub(super) fn named_by_handle(&self, field: &Field, raw: &Raw) -> Option<Reference> {
        let target = field.above().filter(|_| !field.refers.is_empty())?;
        let Raw::Text(text) = raw else { return None };
        let text = match self.variables.expand(text) {
            Ok(Expanded::Literal(text)) => text,
            Ok(Expanded::Text(text)) => text.into(),
            // What is wrong with it is told where it is read as a text.
            _ => return None,
        };
        self.handles.below_by_handle(field, target, &text)
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
            for item in items.iter().filter_map(Value::as_text) {
                self.may_be_a_handle(here, leaf, targets, item, at.key(leaf.name));
            }
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

    /// Warns of a text that is the handle of what the field holds by its id.
    fn may_be_a_handle(
        &mut self,
        here: Here<'_>,
        leaf: &Field,
        targets: &[Target],
        text: &str,
        at: At<'_>,
    ) {
        let declared = |target: &&Target| self.handles.handle(target.collection, text).is_some();
        let Some(target) = targets.iter().find(declared) else {
            return;
        };
        let Some(kind) = find(target.collection) else {
            return;
        };
        let warning = Problem::warning(
            Code::NearHandle,
            format!(
                "`{}` has the text `{text}`, and the field holds ids of {}",
                leaf.name, kind.collection
            ),
        )
        .at_part(here.place(at, Part::Value), text, "a text")
        .help(format!("did you mean `{{{}: {text}}}`?", kind.word));
        self.warnings.push((None, warning));
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
