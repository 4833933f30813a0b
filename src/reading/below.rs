//! Below what a kind is listed, and what stands for it in paths.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::{Candidate, KindNeeds, Scope, ScopeValue, roots};
use super::objects::key_of;
use crate::codec;
use crate::kind::{Api, Field, Kind, Listing, Shape, Target, find};
use crate::live::Live;
use crate::live::marks::belongs_to_others;
use crate::state::{Address, Key, Named, Reference};

/// The scopes for which a kind is listed; one that is empty where it has none.
fn in_play(kind: &'static Kind, api: &Api, own: &KindNeeds, parents: &Live) -> BTreeSet<Scope> {
    if !api.listing.is_scoped() {
        return BTreeSet::from([Scope::new()]);
    }
    if !own.everywhere {
        return own.scopes.clone();
    }
    let mut scopes = BTreeSet::from([Scope::new()]);
    let named = own.scopes.iter().cloned();
    let known = match api.listing {
        Listing::Each(_, words) => words,
        Listing::Whole(_) | Listing::Mentioned | Listing::Asked(_) => &[],
    };
    for root in roots(api.listing) {
        let texts = |words: &[&str]| {
            let texts = words
                .iter()
                .map(|word| ScopeValue::Text((*word).to_owned()));
            texts.collect()
        };
        let Some(field) = kind.field(root) else {
            continue;
        };
        let mut values: Vec<ScopeValue> = match field.shape {
            Shape::Choice(words) => texts(words),
            Shape::Text { .. } => texts(known),
            _ => Vec::new(),
        };
        // What is of the system stands among the words.
        let has_words = field.shape.target().is_none();
        let above = field.above().filter(|_| !has_words || own.below_all);
        let above = above.into_iter().flat_map(Target::collections);
        let above = above.flat_map(|collection| parents.collection(collection));
        let above = above.filter_map(|index| parents.objects.get(index));
        let above = above.filter(|object| !has_words || belongs_to_others(object).is_none());
        values.extend(above.map(|object| ScopeValue::Parent {
            collection: object.kind.collection,
            id: Some(object.id.clone()),
            address: None,
            names: BTreeSet::new(),
        }));
        let with = |scope: &Scope, value: &ScopeValue| {
            let mut scope = scope.clone();
            scope.insert(root, value.clone());
            scope
        };
        scopes = scopes
            .iter()
            .flat_map(|scope| values.iter().map(move |value| with(scope, value)))
            .collect();
    }
    scopes.extend(named);
    scopes
}

/// The scopes for which a kind is listed, of a tree those of the topmost parents: all of them where nobody
/// can tell below which an object lies.
pub(super) fn topmost(
    kind: &'static Kind,
    api: &Api,
    own: &KindNeeds,
    parents: &Live,
) -> BTreeSet<Scope> {
    let scopes = in_play(kind, api, own, parents);
    let Some(tree) = api.tree.filter(|_| !own.everywhere) else {
        return scopes;
    };
    let mut tops = BTreeSet::new();
    for scope in &scopes {
        let is_known = scope.get(tree.parent).is_some_and(|parent| {
            climb(kind, tree.parent, parent, parents, &mut |top| {
                tops.insert(Scope::from([(tree.parent, top.clone())]));
            })
        });
        if !is_known {
            let everywhere = KindNeeds {
                everywhere: true,
                ..KindNeeds::default()
            };
            return in_play(kind, api, &everywhere, parents);
        }
    }
    tops
}

/// Goes up from a parent to those of other kinds, by each name that it may have; says whether all ways are
/// known.
fn climb(
    kind: &'static Kind,
    field: &str,
    parent: &ScopeValue,
    parents: &Live,
    found: &mut dyn FnMut(&ScopeValue),
) -> bool {
    let ScopeValue::Parent {
        collection,
        id,
        names,
        ..
    } = parent
    else {
        return false;
    };
    if *collection != kind.collection {
        // The ledger says no more of a parent than its id.
        let is_top = |id: &String| parents.find_id(collection, id).is_some();
        if id.as_ref().is_none_or(is_top) {
            found(parent);
            return true;
        }
        return false;
    }
    !names.is_empty()
        && names.iter().all(|name| {
            let above = name.scope.get(field);
            above.is_some_and(|above| climb(kind, field, above, parents, found))
        })
}

#[cfg(test)]
impl super::Needs {
    /// The paths of the listings that a kind takes below what is live.
    pub(crate) fn paths(&self, collection: &str, parents: &Live) -> Vec<String> {
        let kind = find(collection).unwrap();
        let api = kind.api(parents.dialect).unwrap();
        let own = &self.kinds[collection];
        let template = api.listing.template().unwrap();
        let requests = topmost(kind, api, own, parents)
            .into_iter()
            .filter_map(|scope| {
                crate::api::template::get(template, &|place| {
                    filled(place, &scope, parents, &self.owned)
                })
            });
        requests.map(|request| super::path_of(&request)).collect()
    }
}

/// What stands behind the dot for the topmost parent; see [`topmost`].
pub(super) const TOPMOST: &str = "*";

/// Whether there is a listing: of what has a word that it may not have nothing is listed.
pub(super) fn is_listed(kind: &Kind, api: &Api, value: &dyn Fn(&str) -> Option<String>) -> bool {
    roots(api.listing).all(|root| {
        let target = kind.field(root).and_then(Field::above);
        let Some((field, words)) = target.and_then(|target| target.words) else {
            return true;
        };
        value(&format!("{root}.{field}")).is_none_or(|word| words.contains(&&*word))
    })
}

/// The value of a place in the path of a listing.
pub(super) fn filled(
    place: &str,
    scope: &Scope,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    let (root, field) = match place.split_once('.') {
        Some((root, field)) => (root, Some(field)),
        None => (place, None),
    };
    match (scope.get(root)?, field) {
        (ScopeValue::Text(text), None) => Some(text.clone()),
        (ScopeValue::Text(_), Some(_)) => None,
        (parent @ ScopeValue::Parent { .. }, None | Some(TOPMOST)) => {
            live_value(parent, parents, owned)
        }
        (parent @ ScopeValue::Parent { collection, .. }, Some(field)) => {
            let index = parents.find_id(collection, &live_id(parent, parents, owned)?)?;
            let object = parents.objects.get(index)?;
            let wire = object.kind.field(field)?.wire(parents.dialect);
            let value = codec::shown_at(&object.raw, key_of(wire).unwrap_or(field))?;
            codec::id_text(&value).or_else(|| value.as_str().map(str::to_owned))
        }
    }
}

/// The value of a scope: a word, or the id of a parent that is live, or the name by which it is known there.
pub(super) fn live_value(
    value: &ScopeValue,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    match value {
        ScopeValue::Text(text) => Some(text.clone()),
        parent @ ScopeValue::Parent { collection, .. } => {
            let id = live_id(parent, parents, owned)?.into();
            parents.in_scope(&Reference::Id { collection, id })
        }
    }
}

/// The id of a parent that is live; none where it is not, or where it cannot be told which it is.
pub(super) fn live_id(
    parent: &ScopeValue,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    let ScopeValue::Parent {
        collection,
        id,
        address,
        names,
    } = parent
    else {
        return None;
    };
    let is_live = |id: &&String| parents.find_id(collection, id).is_some();
    if let Some(id) = id {
        // Below what is not live nothing is; what no listing shows is believed.
        let is_listed = find(collection)
            .and_then(|kind| kind.api(parents.dialect)?.listing.template())
            .is_some();
        return Some(id).filter(|id| !is_listed || is_live(id)).cloned();
    }
    // A parent that the ledger owns may have another name now, and another one may have its name.
    let by_ledger = address.as_ref().and_then(|address| owned.get(address));
    let by_ledger = by_ledger.filter(is_live).cloned();
    by_ledger.or_else(|| by_name(collection, names, parents, owned))
}

/// The id of the live object that has one of the names.
fn by_name(
    collection: &'static str,
    names: &BTreeSet<Candidate>,
    parents: &Live,
    owned: &BTreeMap<Address, String>,
) -> Option<String> {
    names.iter().find_map(|candidate| {
        if candidate.scope.is_empty() {
            // A name that leaves out what it counts below means the one object that has it.
            let bare = Named::of_name(&*candidate.name);
            // One that has the name in maps alone is meant where none has it by itself.
            let by_itself = match *parents.named(collection, &bare) {
                [index] => Some(index),
                _ => None,
            };
            let in_maps = || match *parents.referred(collection, &bare) {
                [index] => Some(index),
                _ => None,
            };
            let index = by_itself.or_else(in_maps)?;
            return Some(parents.objects.get(index)?.id.clone());
        }
        let mut key = Key::of_name(&*candidate.name);
        for (field, value) in &candidate.scope {
            key.scope.set(field, live_value(value, parents, owned)?);
        }
        let [index] = parents.find(collection, &key) else {
            return None;
        };
        Some(parents.objects.get(*index)?.id.clone())
    })
}
