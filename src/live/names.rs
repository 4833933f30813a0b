//! How live objects are named: by references, in maps on the wire, and for people.

use std::borrow::Cow;
use std::sync::Arc;

use super::marks::belongs_to_others;
use super::url;
use super::{Id, Live, LiveObject, name_in};
use crate::codec::{self, Ids, Names};
use crate::kind::{self, Alike, Kind, Target, Within};
use crate::state::identity::scopes;
use crate::state::{Address, Below, Key, Named, Reference, Scope};

/// How far up names are looked for; what lies deeper has none.
const DEEPEST: usize = 64;

impl Live {
    /// Gives the id behind a reference, once what it refers to is bound.
    #[must_use]
    pub fn id_behind(&self, reference: &Reference) -> Option<String> {
        match reference {
            Reference::To(address) => self.id(address),
            Reference::Id { id, .. } => Some(id.to_string()),
            Reference::Lookup { collection, name } => match *self.referred(collection, name) {
                [index] => self.objects.get(index).map(|object| object.id.clone()),
                _ => None,
            },
        }
    }

    /// Gives the objects that a name may mean: those below what it says, or anywhere below what it
    /// leaves out. One that does not show below what it lies may be anybody's, so that no name with that
    /// means it.
    #[must_use]
    pub fn named(&self, collection: &'static str, named: &Named<'_>) -> Cow<'_, [usize]> {
        self.search(collection, named, &|live, key| {
            live.find_exactly(collection, key)
        })
    }

    /// Gives the first object whose name differs in case only from one that may be meant.
    #[must_use]
    pub fn named_without_case(&self, collection: &'static str, named: &Named<'_>) -> Option<usize> {
        let near = |live: &Self, key: &Key<'_>| live.find_without_case(collection, key);
        match self.key_of_named(collection, named)? {
            Ok(key) => near(self, &key),
            Err(partial) => {
                let lower = partial.name.to_lowercase();
                self.fitting(collection, &partial)
                    .find(|(_, key)| key.name != partial.name && key.name.to_lowercase() == lower)
                    .map(|(index, _)| index)
            }
        }
    }

    fn search<'l>(
        &'l self,
        collection: &'static str,
        named: &Named<'_>,
        find: &dyn Fn(&'l Self, &Key<'_>) -> &'l [usize],
    ) -> Cow<'l, [usize]> {
        match self.key_of_named(collection, named) {
            None => Cow::Borrowed(&[]),
            Some(Ok(key)) => Cow::Borrowed(find(self, &key)),
            Some(Err(partial)) => self
                .fitting(collection, &partial)
                .filter(|(_, key)| key.name == partial.name)
                .map(|(index, _)| index)
                .collect(),
        }
    }

    /// The objects that lie below what a partial key says, with their keys.
    fn fitting<'l>(
        &'l self,
        collection: &'static str,
        partial: &'l Key<'_>,
    ) -> impl Iterator<Item = (usize, Key<'static>)> + 'l {
        self.collection(collection)
            .filter_map(|index| Some((index, self.key_of(index)?)))
            .filter(|(_, key)| {
                let mut scope = partial.scope.iter();
                scope.all(|(field, value)| key.scope.get(field) == Some(value))
            })
    }

    /// The key that a name stands for; an error with what is known of it where the name leaves out a
    /// scope, and none where what it lies below is not live.
    fn key_of_named<'n>(
        &self,
        collection: &'static str,
        named: &'n Named<'_>,
    ) -> Option<Result<Key<'n>, Key<'n>>> {
        let kind = kind::find(collection)?;
        let mut key = Key::of_name(name_in(kind, self.dialect, &named.name).into_owned());
        for (field, below) in &named.scope {
            key.scope.set(field, self.scope_value(below)?);
        }
        let mut scopes = kind::find(collection).into_iter().flat_map(scopes);
        let is_whole = scopes.all(|field| named.below(field.name).is_some());
        Some(if is_whole { Ok(key) } else { Err(key) })
    }

    /// The value of a scope in keys: a word, or the id of what is live.
    #[must_use]
    pub fn scope_value(&self, below: &Below) -> Option<String> {
        match below {
            Below::Word(word) => Some(word.to_string()),
            Below::Parent(parent) => self.in_scope(parent),
        }
    }

    /// Gives what stands in keys and paths for what names count below: its id, or the name by which the
    /// server knows it there; none before it is made.
    #[must_use]
    pub fn in_scope(&self, parent: &Reference) -> Option<String> {
        let id = self.id_behind(parent)?;
        let collection = parent.collection();
        if !kind::is_scope_by_name(collection) {
            return Some(id);
        }
        if let Reference::To(address) = parent {
            return self.wire_name(address);
        }
        let index = self.find_id(collection, &id)?;
        wire_name(self.objects.get(index)?).map(str::to_owned)
    }

    /// The key of an object for people: parents by their handles in place of their ids.
    #[must_use]
    pub fn shown_key(&self, index: usize) -> Option<String> {
        let object = self.objects.get(index)?;
        let key = self.raw_key(object)?;
        Some(self.shown(object.kind, &key))
    }

    /// The name of an object that means the same in every organization: what it lies below stands there by its
    /// name, all the way up, and of what may be a key only what is shown.
    #[must_use]
    pub fn natural_name(&self, index: usize) -> Option<Named<'static>> {
        self.natural(index, 0)
    }

    /// That of the object behind an address.
    #[must_use]
    pub fn natural_name_at(&self, address: &Address) -> Option<Named<'static>> {
        let object = self.object_at(address)?;
        self.natural_name(self.find_id(address.collection, &object.id)?)
    }

    fn natural(&self, index: usize, depth: usize) -> Option<Named<'static>> {
        let object = self.objects.get(index).filter(|_| depth <= DEEPEST)?;
        let kind = object.kind;
        let key = self.raw_key(object)?;
        let name = if kind.key_holders().next().is_some() {
            url::shown(&key.name).into_owned()
        } else {
            key.name.into_owned()
        };
        let mut named = Named::of_name(name);
        for (field, value) in key.scope.iter() {
            let field = kind.field(field)?;
            let below = match self.above(field, value) {
                Some(parent) => Below::Parent(Reference::Lookup {
                    collection: self.objects.get(parent)?.kind.collection,
                    name: self.natural(parent, depth + 1)?.into(),
                }),
                // An id means nothing elsewhere.
                None if field.shape.target().is_some() => return None,
                None => Below::Word(value.into()),
            };
            named.fill(field.name, below);
        }
        Some(named)
    }

    /// The names of what an object lies below and its own, as they are read: of two that read alike nothing
    /// tells them apart.
    pub(super) fn way_down(&self, index: usize) -> Option<String> {
        let object = self.objects.get(index)?;
        let key = self.raw_key(object)?;
        let mut way = String::new();
        for (field, value) in key.scope.iter() {
            let target = object
                .kind
                .field(field)
                .and_then(|field| field.shape.target());
            let parent = target.and_then(|to| self.find_target(&to, value));
            let name = parent.and_then(|parent| match self.bound(parent) {
                Some(address) => Some(address.handle.to_string()),
                None => self.way_down(parent),
            });
            way.push_str(name.as_deref().unwrap_or(value));
            way.push('/');
        }
        way.push_str(&key.name);
        Some(way)
    }

    /// The id of an object for people, with what it lies below where its name does not count everywhere.
    #[must_use]
    pub fn with_parent(&self, index: usize) -> Option<String> {
        let object = self.objects.get(index)?;
        let has_parent = scopes(object.kind).any(|field| field.shape.target().is_some());
        let shown = self.shown_key(index).filter(|_| has_parent);
        Some(match shown {
            Some(shown) => format!("`{}` (`{shown}`)", object.id),
            None => format!("`{}`", object.id),
        })
    }

    /// A key of a kind for people: parents by their handles in place of their ids.
    #[must_use]
    pub fn shown(&self, kind: &'static Kind, key: &Key<'_>) -> String {
        if kind.is_nameless() {
            return self.shown_nameless(kind, key);
        }
        let mut shown = String::new();
        for (field, value) in key.scope.iter() {
            let parent = kind.field(field).and_then(|field| field.shape.target());
            let parent = parent.and_then(|to| self.find_target(&to, value));
            match parent.and_then(|index| self.address_of(index)) {
                Some(address) => shown.push_str(&address.handle),
                None => shown.push_str(value),
            }
            shown.push('/');
        }
        shown.push_str(&key.name);
        shown
    }
}

impl Live {
    /// The key of what has no name, for people: what all of it lies below, and the rest behind it.
    fn shown_nameless(&self, kind: &'static Kind, key: &Key<'_>) -> String {
        let mut parts = scopes(kind).map(|field| {
            let value = key.scope.get(field.name).unwrap_or_default();
            let target = field.shape.target();
            let Some(index) = target.and_then(|to| self.find_target(&to, value)) else {
                return value.to_owned();
            };
            // What no manifest declares is written by its name in maps, where it has one.
            let wire = (self.bound(index).is_none())
                .then(|| self.objects.get(index).and_then(wire_name))
                .flatten();
            match (wire, self.address_of(index)) {
                (Some(name), _) => name.to_owned(),
                (None, Some(address)) => address.handle.to_string(),
                (None, None) => value.to_owned(),
            }
        });
        let below = parts.next().unwrap_or_default();
        format!("{below}: {}", parts.collect::<Vec<_>>().join(" → "))
    }

    /// Gives the objects that a reference may mean by a name: those of the name, and those that maps name
    /// so.
    #[must_use]
    pub fn referred(&self, collection: &'static str, named: &Named<'_>) -> Cow<'_, [usize]> {
        let found = self.named(collection, named);
        let kind = kind::find(collection).filter(|kind| kind.names_keys());
        let Some(in_maps) = kind.and_then(|_| self.by_wire_name.get(collection)) else {
            return found;
        };
        let mut scope = Scope::default();
        for (field, below) in &named.scope {
            let Some(value) = self.scope_value(below) else {
                return found;
            };
            scope.set(field, value);
        }
        let within = in_maps.0.iter().filter(|(own, _)| {
            let mut wanted = scope.iter();
            wanted.all(|(field, value)| own.get(field) == Some(value))
        });
        let objects = within
            .filter_map(|(_, by_name)| by_name.get(&*named.name))
            .flatten();
        let mut all = found.into_owned();
        all.extend(objects);
        all.sort_unstable();
        all.dedup();
        Cow::Owned(all)
    }

    /// The one object that has a name in any case, wherever it lies; none where several have it.
    fn only(&self, collection: &'static str, name: &str) -> Option<usize> {
        let keys = self.by_lower_case.get(collection)?;
        let name = name.to_lowercase();
        let below = keys.0.values().filter_map(|names| names.get(&*name));
        let mut found = below.flatten().copied();
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The object that the value of a scope stands for: by its id, or by the name by which it is known there.
    #[must_use]
    pub fn above(&self, field: &kind::Field, value: &str) -> Option<usize> {
        let target = field.above()?;
        if field.shape.target().is_some() {
            return self.find_target(&target, value);
        }
        let index = self.find_wire_name(&target, value)?;
        belongs_to_others(self.objects.get(index)?)
            .is_none()
            .then_some(index)
    }

    /// What a text names by a name that stands there in place of an id.
    fn of_name(&self, target: &Target, text: &str) -> Option<Address> {
        if !kind::find(target.collection).is_some_and(Kind::names_keys) {
            return self.address_of(self.only(target.collection, text)?);
        }
        let made = || {
            let learned = self.learned_names.read();
            let key = (target.collection, named(&scope_of(target), text));
            learned.get(&key).cloned()
        };
        if self.has_learned()
            && let Some(made) = made()
        {
            return Some(made);
        }
        // What is of the system is a word.
        let index = self.find_wire_name(target, text)?;
        belongs_to_others(self.objects.get(index)?).map_or_else(|| self.address_of(index), |_| None)
    }

    /// The object with an id that a target may mean.
    #[must_use]
    pub fn find_target(&self, target: &Target, id: &str) -> Option<usize> {
        let mut collections = target.collections();
        collections.find_map(|collection| self.find_id(collection, id))
    }
}

impl Names for Live {
    fn collection(&self, target: &Target, id: &str) -> &'static str {
        if target.also.is_empty() {
            return target.collection;
        }
        let has = |collection: &&'static str| {
            let learned = || {
                let learned = self.learned.read();
                learned.contains_key(&(*collection, id.to_owned()))
            };
            self.find_id(collection, id).is_some() || self.has_learned() && learned()
        };
        target.collections().find(has).unwrap_or(target.collection)
    }

    fn address(&self, collection: &'static str, id: &str) -> Address {
        // Nothing is learned before something is applied.
        let learned = || {
            let learned = self.learned.read();
            learned.get(&(collection, id.to_owned())).cloned()
        };
        if self.has_learned()
            && let Some(address) = learned()
        {
            return address;
        }
        match self.find_id(collection, id) {
            Some(index) => self
                .address_of(index)
                .unwrap_or_else(|| Address::new(collection, format!("id:{id}"))),
            None => {
                let mut address = Address::new(collection, format!("id:{id}"));
                if self.reserved.contains(&address) {
                    address = Address::new(collection, format!("id:{id} [{id}]"));
                }
                self.ids
                    .write()
                    .entry(address.clone())
                    .or_insert_with(|| Id::Given(id.to_owned()));
                address
            }
        }
    }

    fn is_address(&self, collection: &'static str, id: &str, address: &Address) -> bool {
        !self.has_learned()
            && self
                .find_id(collection, id)
                .and_then(|index| self.bound(index))
                .is_some_and(|bound| bound == address)
    }

    fn is_key(&self, target: &Target, wire_name: &str, key: &str) -> bool {
        !self.has_learned()
            && self
                .find_wire_name(target, wire_name)
                .and_then(|index| self.keys.get(&index))
                .is_some_and(|bound| **bound == *key)
    }

    fn key(&self, target: &Target, wire_name: &str) -> Arc<str> {
        let learned = || {
            let key = (target.collection, named(&scope_of(target), wire_name));
            let learned = self.learned_names.read();
            learned.get(&key).map(|address| address.to_string().into())
        };
        if self.has_learned()
            && let Some(key) = learned()
        {
            return key;
        }
        self.find_wire_name(target, wire_name)
            .and_then(|index| self.keys.get(&index))
            .map_or_else(|| wire_name.into(), Arc::clone)
    }

    fn key_of_id(&self, target: &Target, id: &str) -> Option<Arc<str>> {
        let learned = || {
            let learned = self.learned.read();
            let address = learned.get(&(target.collection, id.to_owned()))?;
            Some(Arc::from(address.to_string()))
        };
        if self.has_learned()
            && let Some(key) = learned()
        {
            return Some(key);
        }
        let index = self.find_id(target.collection, id)?;
        let bound = self.keys.get(&index).map(Arc::clone);
        bound.or_else(|| wire_name(self.objects.get(index)?).map(Arc::from))
    }

    fn alike(&self, target: &Target, key: &str) -> Alike {
        let sorts = kind::find(target.collection).and_then(Kind::sorts);
        let Some(sorts) = sorts else {
            return Alike::Text;
        };
        let of_object = |index: usize| {
            let object = self.objects.get(index)?;
            let field = object.kind.field(sorts.field)?;
            codec::read_field(field, self.dialect, &object.raw, self)
        };
        let word = match codec::handle(target, key) {
            None => self.find_wire_name(target, key).and_then(of_object),
            Some(handle) => {
                let address = Address::new(target.collection, handle);
                let index = match self.ids.read().get(&address) {
                    Some(Id::Of(index)) => Some(*index),
                    _ => None,
                };
                match index {
                    Some(index) => of_object(index),
                    // What was made since says itself what it is.
                    None => {
                        let stored = self.stored(&address);
                        stored.and_then(|body| body.get(sorts.field).cloned())
                    }
                }
            }
        };
        let sort = word.and_then(|word| sorts.find(word.as_text()?));
        sort.map_or(Alike::Text, |sort| sort.holds.alike())
    }

    fn meant(&self, targets: &[Target], text: &str) -> Option<Address> {
        let by_id = |collection: &'static str| {
            let learned = || {
                let learned = self.learned.read();
                learned.contains_key(&(collection, text.to_owned()))
            };
            let is_known =
                self.find_id(collection, text).is_some() || self.has_learned() && learned();
            is_known.then(|| self.address(collection, text))
        };
        targets.iter().find_map(|target| {
            let mut collections = target.collections();
            if target.by_name {
                collections.find_map(|collection| self.of_name(&target.only(collection), text))
            } else {
                collections.find_map(by_id)
            }
        })
    }

    fn text_of(&self, targets: &[Target], address: &Address) -> Option<String> {
        if codec::is_by_name(targets, address) {
            codec::name_in_text(self, address)
        } else {
            self.id(address)
        }
    }
}

impl Ids for Live {
    fn id(&self, address: &Address) -> Option<String> {
        match self.ids.read().get(address)? {
            Id::Of(index) => self.objects.get(*index).map(|object| object.id.clone()),
            Id::Given(id) => Some(id.clone()),
        }
    }

    fn wire_name(&self, address: &Address) -> Option<String> {
        let known = self.wire_names.read().get(address).cloned();
        known.or_else(|| match self.object_at(address) {
            Some(object) => wire_name(object).map(str::to_owned),
            // What no listing shows was named so by an answer. The id of what is new is no name.
            None if kind::is_scope_by_name(address.collection) => None,
            None => self.id(address).filter(|id| {
                let learned = self.learned.read();
                !learned.contains_key(&(address.collection, id.clone()))
            }),
        })
    }

    fn id_of_key(&self, target: &Target, key: &str) -> Option<String> {
        match codec::handle(target, key) {
            Some(handle) => self.id(&Address::new(target.collection, handle)),
            None => {
                let index = self.find_wire_name(target, key)?;
                self.objects.get(index).map(|object| object.id.clone())
            }
        }
    }

    fn label(&self, address: &Address) -> Option<String> {
        let to_come = self.to_come.read().get(address).cloned();
        to_come.or_else(|| self.name(address))
    }

    fn name(&self, address: &Address) -> Option<String> {
        let naming = kind::find(address.collection)?.naming_field();
        let stored = self.stored(address);
        let stored = stored.and_then(|body| Some(body.get(naming.name)?.as_text()?.to_owned()));
        stored.or_else(|| {
            let name = naming.wire(self.dialect).read_name()?;
            let shown = codec::shown_at(&self.object_at(address)?.raw, name)?;
            shown.as_str().map(str::to_owned)
        })
    }
}

/// The name under which maps on the wire name an object.
pub(super) fn wire_name(object: &LiveObject) -> Option<&str> {
    object.raw.get(object.kind.wire_name?)?.as_str()
}

pub(super) fn named(scope: &Scope, name: &str) -> Key<'static> {
    Key {
        scope: scope.clone(),
        name: name.to_owned().into(),
    }
}

/// The scope in which the names of a target count, where the table says it.
pub(super) fn scope_of(target: &Target) -> Scope {
    let mut scope = Scope::default();
    if let Within::Fixed(field, word) = target.within {
        scope.set(field, word);
    }
    scope
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::codec::{Part, encode, read_field, same_json, settle};
    use crate::dialect::Dialect;
    use crate::kind::{Field, find};
    use crate::state::Value;

    const O: Dialect = Dialect::Openapi;

    fn live() -> Live {
        let mut live = Live::new(O);
        let mut add = |collection: &str, raw: Json| {
            let id = raw["id"].as_str().unwrap().to_owned();
            let raw = raw.as_object().cloned().unwrap();
            live.add(LiveObject::new(find(collection).unwrap(), id, raw));
        };
        add("departments", json!({"id": "20", "name": "Billing"}));
        add("departments", json!({"id": "21", "name": "Sales"}));
        add(
            "agents",
            json!({"id": "30", "emailId": "jane@example.com", "lastName": "Doe"}),
        );
        for (id, address, department) in [
            ("40", "Support@example.com", "20"),
            ("41", "both@example.com", "20"),
            ("42", "both@example.com", "21"),
        ] {
            add(
                "mailReplyAddresses",
                json!({"id": id, "address": address, "departmentId": department}),
            );
        }
        live.bind(0, Address::new("departments", "billing"));
        live
    }

    fn read(live: &Live, field: &Field, json: &Json) -> Value {
        let name = field.wire(O).read_name().unwrap();
        let raw = json!({ name: json });
        read_field(field, O, raw.as_object().unwrap(), live).unwrap()
    }

    fn to(collection: &'static str, handle: &str) -> Value {
        Value::Reference(Reference::To(Address::new(collection, handle)))
    }

    /// The field of the values of a condition.
    fn values() -> Field {
        let mut field = *find("skills").unwrap().field("criteria").unwrap();
        for key in ["fieldConditions", "1", "value"] {
            field = *codec::leaf_field(&field.shape, key).unwrap();
        }
        field
    }

    #[test]
    fn a_text_that_is_the_id_of_what_was_read_names_it() {
        let (live, field) = (live(), values());
        let has = json!(["Open", "20", 30, "99", "40"]);
        let value = read(&live, &field, &has);
        let wanted = vec![
            Value::text("Open"),
            to("departments", "billing"),
            to("agents", "jane@example.com"),
            // Nothing has the id, or what has it is no such value.
            Value::text("99"),
            Value::text("40"),
        ];
        assert_eq!(value, Value::List(wanted));
        let sent = encode(&field, O, &value, Part::All, &live).unwrap();
        assert_eq!(sent, json!(["Open", "20", "30", "99", "40"]));
        let unknown = Value::List(vec![to("departments", "nowhere")]);
        assert!(encode(&field, O, &unknown, Part::All, &live).is_err());
    }

    /// Every map with a leaf that tells what another leaf names, at any depth.
    fn with_told(shape: &crate::kind::Shape, found: &mut Vec<crate::kind::Map>) {
        use crate::kind::Shape;
        let leaves = match shape {
            Shape::Map(map) => map.fields,
            Shape::Items(items) => items.fields,
            Shape::Keyed(keyed) => std::slice::from_ref(keyed.value),
            _ => &[],
        };
        if let Shape::Map(map) = shape
            && map.fields.iter().any(|leaf| leaf.told_beside.is_some())
        {
            found.push(*map);
        }
        for leaf in leaves {
            with_told(&leaf.shape, found);
        }
    }

    /// Holds for every kind: where the field of a condition is known, an id of another kind is a text.
    #[test]
    fn an_id_names_what_the_field_beside_it_holds_and_nothing_else() {
        let mut live = live();
        for (collection, id) in [("products", "50"), ("teams", "60")] {
            let raw =
                json!({"id": id, "productName": "Router", "name": "Tier 1", "departmentId": "20"});
            let raw = raw.as_object().cloned().unwrap();
            live.add(LiveObject::new(find(collection).unwrap(), id.into(), raw));
        }
        let ids = [
            ("departments", "20"),
            ("agents", "30"),
            ("products", "50"),
            ("teams", "60"),
        ];
        let mut maps = Vec::new();
        for kind in kind::KINDS {
            for field in kind.fields {
                with_told(&field.shape, &mut maps);
            }
        }
        assert!(maps.len() >= 4, "{}", maps.len());
        let mut counts = [0, 0];
        for map in maps {
            let leaf = map.fields.iter().find(|leaf| leaf.told_beside.is_some());
            let leaf = leaf.unwrap();
            let told = leaf.told_beside.unwrap();
            assert!(map.field(told.leaf).is_some(), "{}", told.leaf);
            let known = told.words.iter();
            let known =
                known.flat_map(|(words, targets)| words.iter().map(|word| (*word, *targets)));
            for (word, targets) in known.chain([("Unheard of", leaf.refers)]) {
                for (collection, id) in ids {
                    let field = Field::new("condition", crate::kind::Shape::Map(map));
                    let raw =
                        json!({"condition": {told.leaf: word.to_uppercase(), leaf.name: [id]}});
                    let read = read_field(&field, O, raw.as_object().unwrap(), &live).unwrap();
                    let Value::Map(read) = read else {
                        panic!("{word}")
                    };
                    let Some(Value::List(items)) = read.get(leaf.name) else {
                        panic!("{word}")
                    };
                    let is_named = matches!(items.as_slice(), [Value::Reference(Reference::To(to))] if to.collection == collection);
                    let may_be = targets.iter().any(|target| target.is_to(collection));
                    assert_eq!(is_named, may_be, "{word}: {collection}");
                    counts[usize::from(is_named)] += 1;
                }
            }
        }
        assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
    }

    #[test]
    fn people_read_the_names_of_what_values_name() {
        let live = live();
        let kind = find("validationRules").unwrap();
        let mut field = *kind.field("fieldConditions").unwrap();
        for key in ["1", "conditions", "1"] {
            field = *codec::leaf_field(&field.shape, key).unwrap();
        }
        let value = Value::List(vec![Value::text("x"), to("departments", "billing")]);
        let condition = Value::Map([("value", value)].into_iter().collect());
        let sent = encode(&field, O, &condition, Part::All, &live).unwrap();
        assert_eq!(
            sent,
            json!({"value": ["x", "20"], "displayValue": ["x", "Billing"]})
        );
    }

    #[test]
    fn a_name_and_what_has_it_are_one() {
        let live = live();
        let field = find("emailTemplates").unwrap().field("from").unwrap();
        let support = live.address_of(3).unwrap();
        let support = Value::Reference(Reference::To(support));
        assert_eq!(read(&live, field, &json!("support@EXAMPLE.com")), support);
        // Two have the name, or it is no name alone.
        for text in ["both@example.com", "Support<support@example.com>"] {
            assert_eq!(read(&live, field, &json!(text)), Value::text(text));
        }
        let sent = encode(field, O, &support, Part::All, &live).unwrap();
        assert_eq!(sent, "Support@example.com");
        for index in [4, 5] {
            let one = Value::Reference(Reference::To(live.address_of(index).unwrap()));
            let text = Value::text("Both@example.com");
            assert_eq!(settle(field, &one, text.clone(), &live), one);
            assert_eq!(settle(field, &support, text.clone(), &live), text);
        }
    }

    /// Whether the kind of what is named was read makes no difference.
    #[test]
    fn a_text_and_what_it_names_are_one_in_values_and_in_records() {
        let (live, field) = (live(), values());
        let texts = Value::List(vec![Value::text("20"), Value::text("x")]);
        let named = Value::List(vec![to("departments", "billing"), Value::text("x")]);
        let other = Value::List(vec![to("departments", "Sales"), Value::text("x")]);
        live.address_of(1).unwrap();
        for (declared, current) in [(&texts, &named), (&named, &texts)] {
            assert_eq!(settle(&field, declared, current.clone(), &live), *declared);
            assert_eq!(settle(&field, &other, current.clone(), &live), *current);
        }
        let same = |one: Json, other: Json| same_json(&field, Some(&one), Some(&other), &live);
        assert!(same(
            json!(["20", "x"]),
            json!(["departments/billing", "x"])
        ));
        assert!(!same(json!(["20", "x"]), json!(["departments/Sales", "x"])));
        assert!(!same(json!(["20", "x"]), json!(["x", "20"])));
        assert!(same(json!(["webhooks/x"]), json!(["webhooks/x"])));
        let from = find("emailTemplates").unwrap().field("from").unwrap();
        let support = live.address_of(3).unwrap().to_string();
        let same = |text: &str| same_json(from, Some(&json!(text)), Some(&json!(support)), &live);
        assert!(same("SUPPORT@example.com"));
        assert!(!same("Support <support@example.com>"));
    }

    #[test]
    fn what_a_record_names_is_named_as_it_is_now() {
        let live = live();
        let now = |was: &str| (was == "departments/was").then(|| "departments/is".to_owned());
        let renamed = |field: &Field, json: Json| codec::renamed(field, &json, &now, &live);
        let is = renamed(&values(), json!(["departments/was", "was"]));
        assert_eq!(is, json!(["departments/is", "was"]));
        let plain = find("skills").unwrap().field("description").unwrap();
        assert_eq!(renamed(plain, json!("departments/was")), "departments/was");
    }
}
