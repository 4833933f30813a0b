//! What a trial declares: the smallest body of a kind, the name in it, and the values that a change gives.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::api::{Request, template};
use crate::codec::id_text;
use crate::dialect::Dialect;
use crate::kind::removal::Heir;
use crate::kind::{
    self, Api, Create, Field, KINDS, Kind, Listing, Removal, Sample, Shape, Target, Wire, Within,
};

/// A body as a manifest has it.
pub(super) type Body = Map<String, Json>;

/// Objects that are there, one a collection, as their listings show them.
pub type Existing = BTreeMap<&'static str, Json>;

/// What bodies are written from.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtHand<'a> {
    pub(super) dialect: Dialect,
    pub(super) existing: &'a Existing,
    /// Ids of what the trials have made, by collection.
    pub(super) made: &'a BTreeMap<&'static str, String>,
}

/// Lists the kinds of which an object can be made and taken away again without anybody hearing of it.
pub fn tried(dialect: Dialect) -> impl Iterator<Item = &'static Kind> {
    let kinds = KINDS.iter().copied();
    kinds.filter(move |kind| is_tried(kind, dialect))
}

fn is_tried(kind: &Kind, dialect: Dialect) -> bool {
    let Some(api) = kind.api(dialect) else {
        return false;
    };
    let goes = match api.removal.chosen(None) {
        Removal::Delete(_) | Removal::Trash(..) | Removal::Bulk(..) => true,
        // What is new has nothing that somebody could take over.
        Removal::Transfer { .. } => heir(kind, api).is_some(),
        _ => false,
    };
    // Whoever makes one has something confirmed by a person.
    let asks = |field: &Field| {
        field.implied.is_some() && matches!(field.wire(dialect), Wire::Manual { .. })
    };
    let is_told = kind.naming_field().told_to_people
        || kind.create_effect.is_some()
        || kind.fields.iter().any(asks);
    kind.managed && goes && matches!(api.create, Create::Post(_)) && !is_told
}

/// Who takes over, where it is one of the same kind and nobody else.
fn heir(kind: &Kind, api: &Api) -> Option<Target> {
    match api.removal.heirs() {
        [(_, Heir::Chosen(chosen))] if chosen.name.is_empty() => {
            Some(chosen.target).filter(|target| target.collection == kind.collection)
        }
        _ => None,
    }
}

/// What stands for what an example cannot know.
struct Found<'k> {
    known: AtHand<'k>,
    lacking: Cell<bool>,
}

impl kind::Known for Found<'_> {
    fn reference(&self, field: &Field, target: Target) -> Json {
        // Only who knows the organization can name one of these.
        if kind::example_name_in_maps(field, target).is_some() {
            return self.lacks();
        }
        let id = if self.known.is_own_alone(field, target) {
            self.known.id_of_made(target)
        } else {
            self.known.id(target)
        };
        match id {
            Some(id) => json!({ "id": id }),
            None => self.lacks(),
        }
    }

    fn sample(&self, sample: Sample) -> Option<Json> {
        Some(match sample {
            Sample::Text(text) => json!(text),
            Sample::Of(collection, field) => self
                .known
                .value(collection, field)
                .unwrap_or_else(|| self.lacks()),
            Sample::Untold => self.lacks(),
        })
    }
}

impl Found<'_> {
    fn lacks(&self) -> Json {
        self.lacking.set(true);
        Json::Null
    }
}

impl AtHand<'_> {
    /// The id of an object that a reference may name: one that a trial has made, else one that is there.
    fn id(&self, target: Target) -> Option<String> {
        if let Within::Fixed(scope, word) = target.within
            && first_word(kind::find(target.collection)?.field(scope)?) != Some(word)
        {
            return None;
        }
        self.id_of_made(target)
            .or_else(|| self.id_of_existing(target))
    }

    fn id_of_made(&self, target: Target) -> Option<String> {
        let mut collections = target.collections();
        collections.find_map(|one| self.made.get(one)).cloned()
    }

    /// Whether what a field refers to has to be of one's own making: what lies below it changes it, and one
    /// can be made.
    fn is_own_alone(&self, field: &Field, target: Target) -> bool {
        let is_made = tried(self.dialect).any(|kind| kind.collection == target.collection);
        field.identity && !field.naming && is_made
    }

    fn id_of_existing(&self, target: Target) -> Option<String> {
        target.collections().find_map(|collection| {
            let object = self.existing.get(collection)?;
            let api = kind::find(collection)?.api(self.dialect)?;
            object.get(api.id).and_then(id_text)
        })
    }

    /// What an existing object has in a field.
    fn value(&self, collection: &str, field: &str) -> Option<Json> {
        let object = self.existing.get(collection)?;
        let field = kind::find(collection)?.field(field)?;
        let value = object.get(field.wire(self.dialect).read_name()?)?;
        (!value.is_null()).then(|| value.clone())
    }

    /// Whether nothing is known of what a body of the kind would have to name, and where it is listed.
    pub(super) fn lacks(&self, kind: &'static Kind) -> Vec<&'static Kind> {
        let mut targets = Vec::new();
        for field in needed(kind, self.dialect) {
            let target = field.shape.target();
            if !target.is_some_and(|target| self.is_own_alone(field, target)) {
                field.shape.targets(&mut targets);
            }
            if let Some(Sample::Of(collection, _)) = field.sample {
                targets.push(Target::to(collection));
            }
        }
        let heir = kind.api(self.dialect).and_then(|api| heir(kind, api));
        targets.extend(heir);
        let lacking = targets.into_iter().filter(|target| {
            let is_heir = Some(*target) == heir;
            let made = self.made.contains_key(target.collection) && !is_heir;
            !made && !self.existing.contains_key(target.collection)
        });
        lacking
            .filter_map(|target| kind::find(target.collection))
            .collect()
    }

    /// The listing of a kind for the first value of each scope that its path names; none where one is not
    /// known.
    pub(super) fn listing(&self, kind: &'static Kind) -> Option<Request> {
        let Listing::Each(path, _) = kind.api(self.dialect)?.listing else {
            return None;
        };
        template::get(path, &|place| {
            let field = kind.field(place)?;
            match field.shape {
                Shape::Reference(target) => self.id(target),
                _ => first_word(field).map(str::to_owned),
            }
        })
    }

    /// What a manifest has to say of an object of a kind; none where it would have to name what is not there.
    pub(super) fn smallest(&self, kind: &'static Kind) -> Option<Body> {
        let found = Found {
            known: *self,
            lacking: Cell::new(false),
        };
        let mut body: Body = needed(kind, self.dialect)
            .map(|field| {
                (
                    field.name.to_owned(),
                    kind::example_value(kind, field, &found),
                )
            })
            .collect();
        if let Some(heir) = heir(kind, kind.api(self.dialect)?) {
            let id = self.id_of_existing(heir)?;
            body.insert("lifecycle".to_owned(), json!({"transferTo": {"id": id}}));
        }
        (!found.lacking.get()).then_some(body)
    }

    /// Bodies that differ from a first one in one field each, those first that give a value to one that has
    /// none.
    pub(super) fn changed(&self, kind: &'static Kind, body: &Body) -> Vec<Body> {
        let mut fields = changeable(kind, self.dialect);
        fields.sort_by_key(|field| body.contains_key(field.name));
        let found = Found {
            known: *self,
            lacking: Cell::new(false),
        };
        let with = |field: &Field| {
            let value = match body.get(field.name) {
                Some(Json::String(text)) => json!(format!("{text} again")),
                Some(_) => return None,
                None => kind::example_value(kind, field, &found),
            };
            let mut with = body.clone();
            with.insert(field.name.to_owned(), value);
            Some(with)
        };
        fields.into_iter().filter_map(with).collect()
    }
}

/// The word that examples have for a scope.
fn first_word(field: &Field) -> Option<&'static str> {
    match field.shape {
        Shape::Choice(words) => words.first().copied(),
        _ => None,
    }
}

/// The fields that a declaration has to have besides its name.
fn needed(kind: &'static Kind, dialect: Dialect) -> impl Iterator<Item = &'static Field> {
    let api = kind.api(dialect);
    let sort = kind.sorts().and_then(|sorts| sorts.sorts.first());
    kind.fields.iter().filter(move |field| {
        !field.naming
            && field.name != kind.field_of_handle().name
            && (field.required
                || api.is_some_and(|api| api.required_on_create.contains(&field.name))
                || sort.is_some_and(|sort| sort.required.contains(&field.name)))
    })
}

/// The fields that a change may give another value, those first that mean the least: a long text is a
/// description, and a flag may switch something on.
pub(super) fn changeable(kind: &'static Kind, dialect: Dialect) -> Vec<&'static Field> {
    let fields = kind.fields.iter();
    let mut fields: Vec<&Field> = fields.filter(|field| is_changed(field, dialect)).collect();
    fields.sort_by_key(|field| match field.shape {
        Shape::Text { max, .. } => (false, Reverse(max)),
        _ => (true, Reverse(0)),
    });
    fields
}

/// Whether a field can be given another value by an update and by that alone, and the value is then the one that
/// was sent.
fn is_changed(field: &Field, dialect: Dialect) -> bool {
    !field.naming
        && !field.identity
        && !field.create_only
        && !field.write_only
        && !field.rewritten
        && field.sample.is_none()
        && field.by_oneself.is_none()
        && matches!(field.shape, Shape::Text { .. } | Shape::Flag)
        && field.wire(dialect).goes_with_update()
}

/// What an object of a kind is called.
pub(super) fn name(kind: &Kind, stem: &str) -> String {
    let long = format!("deskform {} {stem}", kind.collection);
    match kind.naming_field().shape {
        Shape::Email { .. } => format!("deskform-{}-{stem}@example.com", kind.collection),
        Shape::Text { max, .. } if max > 0 && long.len() > max as usize => {
            format!("deskform {stem}")
        }
        _ => long,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Change;

    /// What a change leaves out where it may replace everything would show in an object of one's own alone.
    /// The page says that no kind has one.
    #[test]
    fn what_is_tried_is_never_replaced_by_a_change() {
        for dialect in Dialect::ALL {
            for kind in tried(dialect) {
                let api = kind.api(dialect).unwrap();
                assert_eq!(api.change, Change::Patch, "{}", kind.collection);
                assert_eq!(api.item_calls, None, "{}", kind.collection);
            }
            assert!(tried(dialect).count() > 3, "{dialect}");
        }
    }

    #[test]
    fn each_name_says_of_what_kind_it_is() {
        for dialect in Dialect::ALL {
            let mut names: Vec<String> =
                tried(dialect).map(|kind| name(kind, "0f1e2d3c")).collect();
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all);
            assert!(
                names.iter().all(|name| name.contains("0f1e2d3c")),
                "{names:?}"
            );
        }
    }

    /// Nothing is declared that no organization takes.
    #[test]
    fn what_only_an_organization_knows_is_not_made_up() {
        let existing = Existing::from([
            ("departments", json!({"id": "1"})),
            ("templateFolders", json!({"folderId": "2"})),
            ("layouts", json!({"id": "3"})),
        ]);
        let made = BTreeMap::new();
        let mut known = AtHand {
            dialect: Dialect::Openapi,
            existing: &existing,
            made: &made,
        };
        let find = |name| kind::find(name).unwrap();
        for name in ["emailTemplates", "layoutRules", "dependencyMappings"] {
            assert_eq!(known.smallest(find(name)), None, "{name}");
        }
        let mut more = existing.clone();
        more.insert(
            "mailReplyAddresses",
            json!({"id": "4", "address": "help@example.com"}),
        );
        known.existing = &more;
        let body = known.smallest(find("emailTemplates")).unwrap();
        assert_eq!(body["from"], "help@example.com");
        // A layout that is there before has people who work with it.
        assert_eq!(known.smallest(find("validationRules")), None);
        let made = BTreeMap::from([("layouts", "5".to_owned())]);
        known.made = &made;
        let body = known.smallest(find("validationRules")).unwrap();
        assert_eq!(body["fieldName"], "subject");
        assert_eq!(body["layout"], json!({"id": "5"}));
    }

    #[test]
    fn a_change_is_one_of_a_description_where_there_is_one() {
        let (existing, made) = (Existing::new(), BTreeMap::new());
        let known = AtHand {
            dialect: Dialect::Openapi,
            existing: &existing,
            made: &made,
        };
        for (name, field) in [
            ("customFields", "toolTip"),
            ("contacts", "description"),
            ("layouts", "layoutDesc"),
        ] {
            let bodies = known.changed(kind::find(name).unwrap(), &Body::new());
            assert!(bodies[0].contains_key(field), "{name}: {:?}", bodies[0]);
        }
    }
}
