//! What is live: objects as they were read, their identities, and their translation to addresses.

pub mod grouped;
mod lift;
pub mod marks;
mod names;
pub mod url;
pub mod ways;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::{Map, Value as Json};

use crate::api::page::Known;
use crate::api::template;
use crate::codec;
use crate::dialect::Dialect;
use crate::kind::rules::GONE;
use crate::kind::{self, Kind, Shape, Standard, Target, Wire};
use crate::state::identity::{below, canonical, scopes};
use crate::state::{Address, Body, Key, Reference, Scope, Value};
use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use grouped::Part;
use names::{named, scope_of, wire_name};
use ways::{Choice, Way};

/// One object as the organization shows it.
#[derive(Debug, Clone)]
pub struct LiveObject {
    /// What it is.
    pub kind: &'static Kind,
    /// Its id.
    pub id: String,
    /// The answer's keys and values.
    pub raw: Map<String, Json>,
    /// The objects that form it, where several do.
    pub parts: Vec<Part>,
}

impl LiveObject {
    /// An object that one answer shows.
    #[must_use]
    pub const fn new(kind: &'static Kind, id: String, raw: Map<String, Json>) -> Self {
        Self {
            kind,
            id,
            raw,
            parts: Vec::new(),
        }
    }

    /// Its id, and those of the objects that form it.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.id).chain(self.parts.iter().map(|part| &part.id))
    }
}

/// The agent in whose name deskform works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingAgent {
    /// Its id.
    pub id: String,
    /// Its e-mail address.
    pub email: String,
}

/// Who is acting, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Acting {
    /// This agent.
    Agent(ActingAgent),
    /// The API does not tell, or nobody asked.
    #[default]
    Untold,
    /// The API refused to tell, for this reason.
    Refused(String),
    /// Nobody: the credentials are the client's own.
    Nobody,
}

impl Acting {
    /// The acting agent, where it is known.
    #[must_use]
    pub const fn agent(&self) -> Option<&ActingAgent> {
        match self {
            Self::Agent(agent) => Some(agent),
            Self::Untold | Self::Refused(_) | Self::Nobody => None,
        }
    }

    /// Why it is not known who is acting.
    #[must_use]
    pub fn why_unknown(&self) -> String {
        match self {
            Self::Agent(_) | Self::Untold => "the API does not say who is acting".to_owned(),
            Self::Refused(why) => format!("the API does not say who is acting: {why}"),
            Self::Nobody => {
                "nobody is acting: `credentials` with `grant: client` belong to the organization and to nobody".to_owned()
            }
        }
    }
}

/// By collection or module, then by name, so that nothing is copied to look a name up.
type ByName<C, T> = HashMap<C, HashMap<String, T>>;

/// Objects by scope, then by name, so that nothing is copied to look a key up.
#[derive(Debug, Default)]
struct ByKey(HashMap<Scope, HashMap<String, Vec<usize>>>);

impl ByKey {
    fn add(&mut self, key: Key<'static>, index: usize) {
        let names = self.0.entry(key.scope).or_default();
        names.entry(key.name.into_owned()).or_default().push(index);
    }

    fn get(&self, key: &Key<'_>) -> &[usize] {
        let names = self.0.get(&key.scope);
        let found = names.and_then(|names| names.get(&*key.name));
        found.map_or(&[], Vec::as_slice)
    }
}

/// The id behind an address.
#[derive(Debug)]
enum Id {
    /// That of an object, by index.
    Of(usize),
    /// One that no listing shows, or that the server gave since.
    Given(String),
}

/// What several threads read while one of them may add to it; a lock is never held across a call.
#[derive(Debug, Default)]
struct Shared<T>(RwLock<T>);

impl<T> Shared<T> {
    // Whoever panics under the lock leaves whole entries behind.
    fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer {
    /// What was said instead.
    pub why: String,
    /// The way out.
    pub help: &'static str,
}

/// What was read of an organization.
#[derive(Debug)]
pub struct Live {
    /// The dialect it was read in.
    pub dialect: Dialect,
    /// The objects.
    pub objects: Vec<LiveObject>,
    /// Objects that a listing showed although they are trashed or deleted: they are nobody's live side,
    /// and may hold a name.
    pub gone: Vec<LiveObject>,
    /// Who is acting, where the API tells.
    pub acting: Acting,
    /// What is worth remembering of each listing, by its path.
    pub listings: BTreeMap<String, Known>,
    /// The kinds of which only what is needed was read, and what was chosen for them.
    pub choices: Vec<Choice>,
    /// All that the API shows of objects that came alone, by collection and id. They stand among the
    /// objects as a listing shows them, so that nothing depends on how they were read.
    pub singles: HashMap<(&'static str, String), Map<String, Json>>,
    /// The kinds of which a listing showed all that there is.
    pub listed: HashSet<&'static str>,
    /// Ids of which it is proved that there is no such object: an answer said so, or a whole listing where
    /// nothing can be asked.
    pub absent: HashSet<(&'static str, String)>,
    /// What objects have that say nothing, by the path of the GET that shows it.
    pub standards: BTreeMap<String, Json>,
    /// What was answered to the questions of checks, by their paths: all pages, or why there is no answer.
    pub answers: BTreeMap<String, Result<Vec<Json>, NoAnswer>>,
    by_id: ByName<&'static str, usize>,
    by_key: HashMap<&'static str, ByKey>,
    by_lower_case: HashMap<&'static str, ByKey>,
    /// Objects by the names under which maps on the wire name them.
    by_wire_name: HashMap<&'static str, ByKey>,
    /// The addresses that objects are bound to, by index.
    bound: Vec<Option<Address>>,
    /// The keys in maps of objects that are bound and named there, by index.
    keys: HashMap<usize, Arc<str>>,
    reserved: HashSet<Address>,
    ids: Shared<HashMap<Address, Id>>,
    wire_names: Shared<HashMap<Address, String>>,
    /// The names that objects get by the steps of a plan.
    to_come: Shared<HashMap<Address, String>>,
    stored: Shared<HashMap<Address, Body>>,
    /// Whether anything was learned: asked far more often than anything is.
    has_learned: AtomicBool,
    learned: Shared<HashMap<(&'static str, String), Address>>,
    learned_names: Shared<HashMap<(&'static str, Key<'static>), Address>>,
}

/// The fields that make the key: those that the table marks, or the one that all parts of a resource
/// share.
pub fn identity_fields(
    kind: &'static Kind,
    dialect: Dialect,
) -> impl Iterator<Item = &'static kind::Field> {
    let shared = kind.grouping(dialect).map(|grouping| grouping.by);
    kind.fields.iter().filter(move |field| match shared {
        Some(shared) => field.name == shared,
        None => field.identity,
    })
}

/// The path of the GET that shows what an object has that says nothing; none where its body does not tell.
#[must_use]
pub fn standard_path(standard: Standard, body: &Body, live: &Live) -> Option<String> {
    template::fill(standard.path, &|place| standard_part(body, place, live))
}

/// What a body puts into a place of that path.
#[must_use]
pub fn standard_part(body: &Body, place: &str, live: &Live) -> Option<String> {
    live.scope_value(&below(body.get(place)?)?)
}

/// What stands in keys for a scope that an object does not show: it lies below any.
const NOT_SHOWN: &str = "";

/// The scope of a kind that not every object shows, if there is one.
fn scope_where_shown(kind: &'static Kind) -> Option<&'static kind::Field> {
    scopes(kind).find(|field| field.where_shown)
}

/// The other key under which an object is found, where its kind has a scope that not every object shows:
/// what shows it is found without it, and what does not show it below any.
fn other_key(kind: &'static Kind, key: &Key<'static>) -> Option<Key<'static>> {
    let field = scope_where_shown(kind)?;
    let mut other = key.clone();
    if key.scope.get(field.name).is_some() {
        other.scope.unset(field.name);
    } else {
        other.scope.set(field.name, NOT_SHOWN);
    }
    Some(other)
}

/// Gives the key of a body; none when a part of it is missing or a secret is unknown, or when what it
/// lies below is not live. `id` gives the id behind a reference.
pub fn key<'b>(
    kind: &'static Kind,
    dialect: Dialect,
    body: &'b Body,
    id: &dyn Fn(&Reference) -> Option<String>,
) -> Option<Key<'b>> {
    let mut key = Key::default();
    let name = naming(kind, dialect);
    for field in identity_fields(kind, dialect) {
        if field.where_shown && body.get(field.name).is_none_or(Value::is_null) {
            continue;
        }
        let text = match body.get(field.name)? {
            Value::Text(text) => text,
            Value::Secret(secret) => secret.expose()?,
            Value::Reference(reference) => {
                key.scope.set(field.name, id(reference)?);
                continue;
            }
            _ => return None,
        };
        if field.name == name {
            key.name = canonical(field, text);
        } else {
            key.scope.set(field.name, canonical(field, text));
        }
    }
    Some(key)
}

/// The field that holds the name.
fn naming(kind: &'static Kind, dialect: Dialect) -> &'static str {
    let mut fields = identity_fields(kind, dialect);
    match (fields.next(), fields.next()) {
        (Some(only), None) => only.name,
        _ => kind.naming_field().name,
    }
}

/// A written name as it is compared in a dialect, where another field may hold the name than the one
/// that the table marks.
#[must_use]
pub fn name_in<'t>(kind: &'static Kind, dialect: Dialect, name: &'t str) -> Cow<'t, str> {
    let field = kind.field(naming(kind, dialect));
    canonical(field.unwrap_or_else(|| kind.naming_field()), name)
}

/// Finds the value at a path of keys with slashes between them, such as `department/id`.
#[must_use]
pub fn at<'r>(raw: &'r Map<String, Json>, path: &str) -> Option<&'r Json> {
    let mut keys = path.split('/');
    let first = raw.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key))
}

/// Writes a value at a path of keys with slashes between them.
pub fn put(raw: &mut Map<String, Json>, path: &str, value: Json) {
    let Some((first, rest)) = path.split_once('/') else {
        raw.insert(path.to_owned(), value);
        return;
    };
    let inner = raw.entry(first).or_insert(Json::Null);
    if !inner.is_object() {
        *inner = Json::Object(Map::new());
    }
    if let Json::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// Gives no id: for what lies below nothing.
#[must_use]
pub fn no_ids(_: &Reference) -> Option<String> {
    None
}

/// Whether an answer shows an object that is trashed or deleted, and so not live.
#[must_use]
pub fn is_gone(raw: &Map<String, Json>) -> bool {
    GONE.iter().any(|sign| marks::shows(raw, sign))
}

impl Live {
    /// An organization of which nothing was read yet.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            objects: Vec::new(),
            gone: Vec::new(),
            acting: Acting::Untold,
            listings: BTreeMap::new(),
            choices: Vec::new(),
            singles: HashMap::new(),
            listed: HashSet::new(),
            absent: HashSet::new(),
            standards: BTreeMap::new(),
            answers: BTreeMap::new(),
            by_id: HashMap::new(),
            by_key: HashMap::new(),
            by_lower_case: HashMap::new(),
            by_wire_name: HashMap::new(),
            bound: Vec::new(),
            keys: HashMap::new(),
            reserved: HashSet::new(),
            ids: Shared::default(),
            wire_names: Shared::default(),
            to_come: Shared::default(),
            stored: Shared::default(),
            has_learned: AtomicBool::new(false),
            learned: Shared::default(),
            learned_names: Shared::default(),
        }
    }

    /// What a new object has in a field, where it says nothing.
    #[must_use]
    pub fn standard(&self, kind: &'static Kind, standard: Standard, body: &Body) -> Option<Value> {
        let field = kind.field(standard.field)?;
        let name = field.wire(self.dialect).read_name()?;
        let json = self.standards.get(&standard_path(standard, body, self)?)?;
        let raw = Map::from_iter([(name.to_owned(), json.clone())]);
        codec::read_field(field, self.dialect, &raw, self)
    }

    /// Whether of a kind only what is needed was read, so that there may be more of it.
    #[must_use]
    pub fn is_read_in_part(&self, collection: &str) -> bool {
        let mut choices = self.choices.iter();
        choices.any(|choice| choice.collection == collection && choice.way != Way::Listing)
    }

    /// Whether it is proved that no object has an id.
    #[must_use]
    pub fn is_absent(&self, collection: &'static str, id: &str) -> bool {
        !self.absent.is_empty() && self.absent.contains(&(collection, id.to_owned()))
    }

    /// Whether an object is the one in whose name deskform works.
    #[must_use]
    pub fn is_acting(&self, object: &LiveObject) -> bool {
        let tells = (object.kind.api(self.dialect)).is_some_and(|api| api.acting.is_some());
        let acting = self.acting.agent();
        tells && acting.is_some_and(|acting| acting.id == object.id)
    }

    /// Adds an object; one that was added before (a duplicate of paging) is left out.
    pub fn add(&mut self, mut object: LiveObject) {
        self.lift(object.kind, &mut object.raw);
        let index = self.objects.len();
        let ids = self.by_id.entry(object.kind.collection).or_default();
        if ids.contains_key(&object.id) {
            return;
        }
        ids.insert(object.id.clone(), index);
        for part in &object.parts {
            ids.insert(part.id.clone(), index);
        }
        if let Some(key) = self.raw_key(&object) {
            let collection = object.kind.collection;
            if let Some(name) = wire_name(&object) {
                let names = self.by_wire_name.entry(collection).or_default();
                names.add(named(&key.scope, name), index);
            }
            let lower_case = key.lower_case();
            if let Some(other) = other_key(object.kind, &key) {
                self.by_key.entry(collection).or_default().add(other, index);
            }
            self.by_key.entry(collection).or_default().add(key, index);
            let keys = self.by_lower_case.entry(collection).or_default();
            keys.add(lower_case, index);
        }
        self.objects.push(object);
    }

    /// Gives the key that an object shows, wherever it is kept.
    #[must_use]
    pub fn raw_key(&self, object: &LiveObject) -> Option<Key<'static>> {
        let mut key = Key::default();
        let name = naming(object.kind, self.dialect);
        for field in identity_fields(object.kind, self.dialect) {
            let wire = match field.wire(self.dialect) {
                Wire::Query(name) => name,
                wire => wire.read_name().unwrap_or(field.name),
            };
            let shown = codec::shown_at(&object.raw, wire);
            if field.where_shown && shown.as_ref().is_none_or(|shown| shown.is_null()) {
                continue;
            }
            let value = &*shown?;
            if field.name == name {
                key.name = canonical(field, value.as_str()?).into_owned().into();
            } else if matches!(field.shape, Shape::Reference(_)) {
                key.scope.set(field.name, codec::id_text(value)?);
            } else {
                key.scope.set(field.name, canonical(field, value.as_str()?));
            }
        }
        Some(key)
    }

    /// Gives the objects with a key.
    #[must_use]
    pub fn find(&self, collection: &'static str, key: &Key<'_>) -> &[usize] {
        let found = self.find_exactly(collection, key);
        if !found.is_empty() {
            return found;
        }
        let Some(field) = kind::find(collection).and_then(scope_where_shown) else {
            return found;
        };
        let mut anywhere = key.clone();
        anywhere.scope.set(field.name, NOT_SHOWN);
        self.find_exactly(collection, &anywhere)
    }

    /// Gives the objects whose answers show this key. An object that does not show what it lies below is not
    /// found by a key that says it.
    fn find_exactly(&self, collection: &'static str, key: &Key<'_>) -> &[usize] {
        let keys = self.by_key.get(collection);
        keys.map_or(&[], |keys| keys.get(key))
    }

    /// Gives the first object whose key differs from the given one in case only.
    #[must_use]
    pub fn find_without_case(&self, collection: &'static str, key: &Key<'_>) -> Option<usize> {
        self.by_lower_case
            .get(collection)?
            .get(&key.lower_case())
            .iter()
            .copied()
            .find(|index| {
                self.objects
                    .get(*index)
                    .and_then(|object| self.raw_key(object))
                    .is_some_and(|have| have != *key)
            })
    }

    /// The object with an id.
    #[must_use]
    pub fn find_id(&self, collection: &'static str, id: &str) -> Option<usize> {
        self.by_id.get(collection)?.get(id).copied()
    }

    /// The object behind an address, if it was read.
    #[must_use]
    pub fn object_at(&self, address: &Address) -> Option<&LiveObject> {
        match self.ids.read().get(address)? {
            Id::Of(index) => self.objects.get(*index),
            Id::Given(id) => self.objects.get(self.find_id(address.collection, id)?),
        }
    }

    /// Keeps addresses for what the manifests declare, so that no other object takes one.
    pub fn reserve(&mut self, addresses: impl IntoIterator<Item = Address>) {
        self.reserved.extend(addresses);
    }

    /// Whether the manifests declare an address.
    #[must_use]
    pub fn is_declared(&self, address: &Address) -> bool {
        self.reserved.contains(address)
    }

    /// Forgets which object is the live side of which address, and keeps all that was read.
    pub fn unbind(&mut self) {
        self.bound.clear();
        self.keys.clear();
        self.reserved.clear();
        self.ids = Shared::default();
        self.wire_names = Shared::default();
        self.to_come = Shared::default();
        self.stored = Shared::default();
        self.has_learned = AtomicBool::new(false);
        self.learned = Shared::default();
        self.learned_names = Shared::default();
    }

    /// Says that an object is the live side of an address.
    pub fn bind(&mut self, index: usize, address: Address) {
        if let Some(object) = self.objects.get(index) {
            self.ids.write().insert(address.clone(), Id::Of(index));
            if let Some(name) = wire_name(object) {
                self.wire_names
                    .write()
                    .insert(address.clone(), name.to_owned());
                self.keys.insert(index, address.to_string().into());
            }
            if self.bound.len() <= index {
                self.bound.resize(self.objects.len(), None);
            }
            if let Some(slot) = self.bound.get_mut(index) {
                *slot = Some(address);
            }
        }
    }

    /// The address an object is bound to.
    #[must_use]
    pub fn bound(&self, index: usize) -> Option<&Address> {
        self.bound.get(index)?.as_ref()
    }

    /// Remembers that a step gives an object another name: what is sent for people to read has it from then on,
    /// whichever step goes first.
    pub fn will_be_named(&self, address: &Address, name: &str) {
        self.to_come
            .write()
            .insert(address.clone(), name.to_owned());
    }

    /// Forgets that: the step was not done.
    pub fn keeps_its_name(&self, address: &Address) {
        self.to_come.write().remove(address);
    }

    /// Remembers the id that the server gave to a new object.
    pub fn learn(&self, address: &Address, id: &str) {
        self.has_learned.store(true, Ordering::Release);
        self.ids
            .write()
            .insert(address.clone(), Id::Given(id.to_owned()));
        self.learned
            .write()
            .insert((address.collection, id.to_owned()), address.clone());
    }

    fn has_learned(&self) -> bool {
        self.has_learned.load(Ordering::Acquire)
    }

    /// The ids that the server gave to what was made for an address: one, or one a part.
    #[must_use]
    pub fn learned_ids(&self, address: &Address) -> Vec<String> {
        self.learned
            .read()
            .iter()
            .filter(|(_, owner)| *owner == address)
            .map(|((_, id), _)| id.clone())
            .collect()
    }

    /// Remembers what an answer says is stored now; what it does not show is as the last one said.
    pub fn store(&self, address: &Address, body: Body) {
        let mut stored = self.stored.write();
        match stored.get_mut(address) {
            None => {
                stored.insert(address.clone(), body);
            }
            Some(known) => {
                for (field, value) in body.iter() {
                    known.set(field, value.clone());
                }
            }
        }
    }

    /// What the last answer said is stored, if there was a write.
    #[must_use]
    pub fn stored(&self, address: &Address) -> Option<Body> {
        self.stored.read().get(address).cloned()
    }

    /// Remembers the name that the server gave to a new object for maps on the wire, such as the API
    /// name of a custom field.
    pub fn learn_name(&self, address: &Address, scope: &Scope, name: &str) {
        self.has_learned.store(true, Ordering::Release);
        self.wire_names
            .write()
            .insert(address.clone(), name.to_owned());
        self.learned_names
            .write()
            .insert((address.collection, named(scope, name)), address.clone());
    }

    /// The address of an object: the bound one, else one made from its identity.
    #[must_use]
    pub fn address_of(&self, index: usize) -> Option<Address> {
        if let Some(address) = self.bound(index) {
            return Some(address.clone());
        }
        let object = self.objects.get(index)?;
        let key = self.raw_key(object);
        let unique = key
            .as_ref()
            .is_some_and(|key| self.find(object.kind.collection, key).len() == 1);
        // Parents may hold slashes as names may: of two that read alike none is called so.
        let reads_alike = || {
            let own = self.way_down(index);
            let mut others = self.collection(object.kind.collection);
            others.any(|other| other != index && self.way_down(other) == own)
        };
        let has_parent = scopes(object.kind).any(|field| field.shape.target().is_some());
        let name = key.map(|key| self.shown(object.kind, &key));
        let unique = unique
            && !(has_parent
                && name.as_deref().is_some_and(|name| {
                    name.matches('/').count() > scopes(object.kind).count() && reads_alike()
                }));
        // The name may be what holds a key.
        let hidden = name
            .as_deref()
            .filter(|_| object.kind.key_holders().next().is_some())
            .map(url::shown)
            .filter(|shown| name.as_deref() != Some(&**shown))
            .map(Cow::into_owned);
        let mut address = Address::new(
            object.kind.collection,
            match (hidden, name) {
                (Some(shown), _) => format!("{shown} [{}]", object.id),
                (None, Some(name)) if unique => name,
                (None, Some(name)) => format!("{name} [{}]", object.id),
                (None, None) => format!("id:{}", object.id),
            },
        );
        // A handle of the manifests may read like this identity and mean another object.
        if self.reserved.contains(&address) {
            address = Address::new(
                object.kind.collection,
                format!("{} [{}]", address.handle, object.id),
            );
        }
        self.ids.write().insert(address.clone(), Id::Of(index));
        Some(address)
    }

    /// The body of an object in the manifest's terms: every field that its answer carries.
    #[must_use]
    pub fn body(&self, index: usize) -> Body {
        let Some(object) = self.objects.get(index) else {
            return Body::default();
        };
        self.decode_lifted(object.kind, &object.raw)
    }

    /// Puts ids in the place of names of maps that an answer has where a reference stands.
    pub fn lift(&self, kind: &'static Kind, raw: &mut Map<String, Json>) {
        if kind::names_by_wire_name(kind) {
            lift::lift(self, kind, raw);
        }
    }

    /// Decodes an answer in the manifest's terms.
    #[must_use]
    pub fn decode(&self, kind: &'static Kind, raw: &Map<String, Json>) -> Body {
        let mut lifted = Cow::Borrowed(raw);
        if kind::names_by_wire_name(kind) {
            self.lift(kind, lifted.to_mut());
        }
        self.decode_lifted(kind, &lifted)
    }

    /// Decodes what is kept of an object: its names were lifted when it was added.
    fn decode_lifted(&self, kind: &'static Kind, raw: &Map<String, Json>) -> Body {
        kind.fields
            .iter()
            .filter_map(|field| {
                let value = codec::read_field(field, self.dialect, raw, self)?;
                Some((field.name, value))
            })
            .collect()
    }

    /// Finds what a name stands for in maps on the wire.
    #[must_use]
    pub fn find_wire_name(&self, target: &Target, name: &str) -> Option<usize> {
        let names = self.by_wire_name.get(target.collection)?;
        names.get(&named(&scope_of(target), name)).first().copied()
    }

    /// Gives the key of an object as it is compared.
    #[must_use]
    pub fn key_of(&self, index: usize) -> Option<Key<'static>> {
        self.raw_key(self.objects.get(index)?)
    }

    /// The objects of a collection, by index.
    pub fn collection(&self, collection: &'static str) -> impl Iterator<Item = usize> {
        self.objects
            .iter()
            .enumerate()
            .filter(move |(_, object)| object.kind.collection == collection)
            .map(|(index, _)| index)
    }
}
