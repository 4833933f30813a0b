//! What random manifests say of each other's members, and how they name what they remove.

use deskform::dialect::Dialect;
use deskform::kind::{Field, Kind, Membership, Shape, Switch, scopes};
use deskform::simulator::{OrganizationSeed, Settings, Simulator};
use serde_json::{Map, Value, json};

use super::super::{registry, shapes};
use super::{Drawn, Manifest, Resource, known, name, url};

impl Manifest {
    /// How `removed` names a resource of the pool: where it lies, and who takes over from it. Nothing
    /// where nobody is declared who could.
    pub(super) fn tombstone(&self, kind: &str, n: u8) -> Option<Value> {
        let of_kind = known(kind);
        let api = of_kind.api(self.dialect);
        if api.is_some_and(|api| api.grouping().is_some()) {
            return Some(json!(url(n)));
        }
        if kind == "customFields" {
            return Some(json!(format!("{}/{}", self.module(n), name(kind, n))));
        }
        let mut item = Map::new();
        for scope in scopes(of_kind) {
            if let Shape::Reference(target) = scope.shape {
                let of_layout = shapes::of_layout(scope);
                let drawn = of_layout.unwrap_or(Drawn::Standing(target.collection));
                let parent = self.value(kind, n, &drawn);
                item.extend(parent.map(|parent| (scope.name.to_owned(), parent)));
            } else {
                item.insert(scope.name.to_owned(), shapes::by_place(scope, n));
            }
        }
        let mut heirs = Map::new();
        let chosen = of_kind.chosen_heirs();
        for one in &chosen {
            let collection = one.target.collection;
            if has_words(known(collection)) {
                let standing = shapes::seeds(collection, self.dialect).into_iter().next();
                heirs.extend(standing.map(|heir| (one.name.to_owned(), json!({ "lookup": heir }))));
                continue;
            }
            // Who is taken out of use takes nothing over.
            let heir = self
                .pick(collection, n, u8::MAX)
                .filter(|heir| !self.may_be_off(collection, *heir));
            let heir = heir.map(|heir| json!(self.handle(collection, heir)));
            heirs.extend(heir.map(|heir| (one.name.to_owned(), heir)));
        }
        if !chosen.is_empty() && heirs.is_empty() {
            return None;
        }
        if item.is_empty() && heirs.is_empty() {
            return Some(json!(name(kind, n)));
        }
        if !of_kind.is_nameless() {
            item.insert(of_kind.naming_field().name.to_owned(), json!(name(kind, n)));
        }
        if !heirs.is_empty() {
            let heirs = heirs.remove("").unwrap_or(Value::Object(heirs));
            item.insert("transferTo".to_owned(), heirs);
        }
        Some(Value::Object(item))
    }

    /// Leaves in lists of members those alone who are members, and lets some join what every
    /// organization has.
    pub(super) fn fit_members(
        &self,
        kind: &'static Kind,
        resource: &Resource,
        values: &mut Map<String, Value>,
    ) {
        for (of, field, membership) in memberships(self.dialect) {
            if field.shape.target().map(|target| target.collection) == Some(kind.collection)
                && resource.lifecycle.is_multiple_of(2)
                && let Some(Value::Array(list)) = values.get_mut(membership.list)
                && let Some(place) = of.field(membership.of).and_then(|one| one.shape.target())
                && let Some(standing) = self.standing_one(place.collection)
                && !list.contains(&standing)
            {
                list.push(standing);
            }
            if of != kind {
                continue;
            }
            let place = values.get(membership.of).cloned();
            if let Some(Value::Array(list)) = values.get_mut(field.name)
                && let Some(target) = field.shape.target()
            {
                list.retain(|one| {
                    place.as_ref().is_some_and(|place| {
                        self.is_member(known(target.collection), one, membership, place)
                    })
                });
            }
        }
    }

    /// How a list names what every organization has: by its handle, where it is declared.
    fn standing_one(&self, collection: &'static str) -> Option<Value> {
        if self.declares(collection, 0) {
            return Some(json!(self.handle(collection, 0)));
        }
        let name = shapes::seeds(collection, self.dialect).into_iter().next()?;
        Some(json!({"lookup": name}))
    }

    /// Whether somebody is in use and a member. What every organization has is one.
    fn is_member(&self, kind: &'static Kind, one: &Value, by: Membership, place: &Value) -> bool {
        let collection = kind.collection;
        let Some(handle) = one.as_str() else {
            return true;
        };
        let declared = self.kinds.get(collection).into_iter().flatten();
        let mut found = declared.filter(|(n, _)| self.handle(collection, **n) == handle);
        let Some((n, resource)) = found.next() else {
            return false;
        };
        let values = self.values(collection, *n, resource);
        let is_off = kind.enabled.is_some_and(|enabled| {
            let on = match enabled.on {
                Switch::Flag(on) => json!(on),
                Switch::Word(word) => json!(word),
                Switch::Empty => json!([]),
            };
            values
                .get(enabled.field)
                .is_some_and(|value| !value.is_null() && *value != on)
        });
        let standing = kind
            .field(by.list)
            .and_then(|list| self.standing_one(list.shape.target()?.collection));
        let list = values.get(by.list).and_then(Value::as_array);
        !is_off
            && list.is_some_and(|list| {
                let is_it = |of: &Value| of == place || Some(of) == standing.as_ref();
                list.iter().any(is_it)
            })
    }
}

/// What a project says of kinds whose removed objects hand over: to the first that an organization has
/// from the beginning of those who can take over.
///
/// It stands as `kinds:` in the project file, and is empty where there are none.
pub fn policies(dialect: Dialect, organization: &str) -> String {
    let simulator = Simulator::new(Settings {
        dialect,
        organizations: vec![OrganizationSeed::new(organization)],
        ..Settings::default()
    });
    let new = simulator.organization(organization).expect("it");
    let mut kinds = Map::new();
    for kind in registry::kinds(dialect) {
        let mut heirs = Map::new();
        for one in kind.chosen_heirs() {
            let target = known(one.target.collection);
            let key = registry::key(target.naming_field(), dialect);
            let objects = new.objects(registry::kept_in(target, dialect));
            let heir = objects.first().map(|object| json!({"lookup": object[key]}));
            heirs.extend(heir.map(|heir| (one.name.to_owned(), heir)));
        }
        if !heirs.is_empty() {
            let heirs = heirs.remove("").unwrap_or(Value::Object(heirs));
            kinds.insert(kind.collection.to_owned(), json!({"transferTo": heirs}));
        }
    }
    if kinds.is_empty() {
        return String::new();
    }
    format!("kinds: {}\n", Value::Object(kinds))
}

/// Lists that name members only, each with its kind.
fn memberships(
    dialect: Dialect,
) -> impl Iterator<Item = (&'static Kind, &'static Field, Membership)> {
    registry::kinds(dialect).flat_map(|kind| {
        let lists = kind.fields.iter();
        lists.filter_map(move |field| Some((kind, field, field.membership?)))
    })
}

/// Whether names of a kind count within a word, so that its resources cannot name any other one.
pub(super) fn has_words(kind: &Kind) -> bool {
    kind.collection != "customFields" && scopes(kind).any(|scope| scope.shape.target().is_none())
}

/// Whether `removed` can name a resource of the pool: custom fields by a text, others by what every
/// organization has, in which they lie, or by a word that follows from the place in the pool.
pub(super) fn has_tombstone(kind: &Kind) -> bool {
    // Nothing removes what there is one of.
    if kind.is_given() {
        return false;
    }
    let is_standing = |scope: &Field| {
        matches!(scope.shape, Shape::Reference(_)) || shapes::settled(&scope.shape, 0).is_some()
    };
    kind.collection == "customFields" || scopes(kind).all(is_standing)
}
