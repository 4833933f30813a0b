//! A live organization as manifests: only what can be managed, references by handle.

mod known;
mod notes;
mod secrets;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use serde_json::Value as Json;

use crate::codec::{self, switch_value};
use crate::kind::rules::{Deed, Handle, Rule};
use crate::kind::{
    self, Field, Keys, Kind, Null, Owned, Shape, Wire, is_scope_by_name, words_beside,
};
use crate::live::marks::{belongs_to_others, forbidden};
use crate::live::url::{self as live_url, Part};
use crate::live::{Live, LiveObject, grouped};
use crate::problem::listed;
use crate::secret::Secret;
use crate::state::identity::scopes;
use crate::state::{
    Address, Below, Body, FieldPath, Leaves, Lifecycle, Named, Reference, Resource, State, Value,
};

use crate::yaml::variables::escape;
pub use known::{Known, leave_secrets_out};
use known::{as_known, told};
pub use notes::Notes;
use secrets::{Cut, template};
pub use secrets::{Named as NamedSecrets, name_secrets};

/// What an export holds.
#[derive(Debug, Default)]
pub struct Exported {
    /// The resources, kind by kind, sorted by handle.
    pub state: State,
    /// How the resources may be treated, as far as the ledger remembers it.
    pub lifecycles: BTreeMap<Address, Lifecycle>,
    /// What would be called so, and was not chosen.
    pub passed_over: Vec<Address>,
    /// What was left out or replaced, for the reader: one line a reason.
    pub notes: Notes,
    /// What was applied as a secret and is not shown, as JSON Pointers.
    pub secret: BTreeMap<Address, BTreeSet<String>>,
}

impl Exported {
    /// What the objects of this export are called, by what they are called everywhere: another export that
    /// is given these names calls the same things alike.
    #[must_use]
    pub fn names(&self, live: &Live) -> BTreeMap<Natural, Address> {
        let mut names: BTreeMap<Natural, Option<&Address>> = BTreeMap::new();
        for address in self.state.keys() {
            let Some(natural) = live.natural_name_at(address) else {
                continue;
            };
            let natural = (address.collection, natural);
            // A name of two tells nothing.
            names
                .entry(natural)
                .and_modify(|one| *one = None)
                .or_insert(Some(address));
        }
        let known = names.into_iter();
        known
            .filter_map(|(natural, address)| Some((natural, address?.clone())))
            .collect()
    }
}

/// A kind and a name of it that means the same in every organization.
pub type Natural = (&'static str, Named<'static>);

/// What an export is limited to, and what is known besides.
#[derive(Debug, Default)]
pub struct Choice<'c> {
    /// The kinds; nothing means all.
    pub kinds: Option<BTreeSet<&'static str>>,
    /// The resources; nothing means all of these kinds.
    pub targets: Vec<Address>,
    /// Resources to leave out.
    pub exclude: Vec<Address>,
    /// Live objects to leave out, by index: those that manifests have.
    pub skip: BTreeSet<usize>,
    /// What manifests have besides, which may be named. Their live objects are bound already.
    pub declared: BTreeSet<Address>,
    /// What the ledger knows.
    pub known: Option<&'c Known<'c>>,
    /// Secrets whose names stand for their values.
    pub secrets: NamedSecrets,
    /// What things are called that another export has as well, see [`Exported::names`].
    pub names: BTreeMap<Natural, Address>,
}

impl Choice<'_> {
    fn has_kind(&self, kind: &Kind) -> bool {
        (self.kinds.as_ref()).is_none_or(|kinds| kinds.contains(kind.collection))
    }

    fn takes(&self, address: &Address) -> bool {
        let covers = |one: &Address| one.covers(address);
        (self.targets.is_empty() || self.targets.iter().any(covers))
            && !self.exclude.iter().any(covers)
    }
}

/// Turns all that was read into a state that manifests can hold.
///
/// `has_secret_key` says of an object whether what may hold a key there was applied as a secret.
#[must_use]
pub fn export(live: &mut Live, has_secret_key: &dyn Fn(&LiveObject) -> bool) -> Exported {
    export_chosen(live, &Choice::default(), has_secret_key)
}

/// Turns what was chosen of what was read into a state that manifests can hold.
///
/// `has_secret_key` says of an object whether what may hold a key there was applied as a secret.
#[must_use]
pub fn export_chosen(
    live: &mut Live,
    choice: &Choice<'_>,
    has_secret_key: &dyn Fn(&LiveObject) -> bool,
) -> Exported {
    let mut exported = Exported::default();
    let (mut chosen, left_out) = called(live, choice);
    let (taken, others): (Vec<_>, Vec<_>) =
        (chosen.into_iter()).partition(|(_, address)| choice.takes(address));
    chosen = taken;
    exported.passed_over = others.into_iter().map(|(_, address)| address).collect();
    for (index, address) in &chosen {
        live.bind(*index, address.clone());
    }
    let unknown = Known::default();
    let mut secrets = Secrets {
        named: &choice.secrets,
        variables: BTreeSet::new(),
        has_key: has_secret_key,
        known: choice.known.unwrap_or(&unknown),
    };
    let declared: BTreeSet<Address> = (chosen.iter().map(|(_, address)| address))
        .chain(&choice.declared)
        .cloned()
        .collect();
    for (index, address) in chosen {
        let Some(object) = live.objects.get(index) else {
            continue;
        };
        let body = tidy(
            live,
            &address,
            object,
            &live.body(index),
            &declared,
            &mut secrets,
            &mut exported.notes,
        );
        let lifecycle = secrets.known.lifecycle(object, |heir| {
            (live.find_id(heir.address.collection, &heir.id))
                .and_then(|index| live.address_of(index))
                .map(|heir| {
                    if declared.contains(&heir) {
                        Reference::To(heir)
                    } else {
                        outside(live, &heir, &declared)
                    }
                })
        });
        if let Some(lifecycle) = lifecycle {
            exported.lifecycles.insert(address.clone(), lifecycle);
        }
        exported.state.insert(
            address,
            Resource {
                kind: object.kind,
                body,
            },
        );
    }
    for (why, counts) in left_out {
        let counts: Vec<String> = counts
            .into_iter()
            .map(|(collection, count)| format!("{count} {collection}"))
            .collect();
        exported
            .notes
            .tell(format!("{} {why} left out", listed(&counts, "and")));
    }
    exported
}

/// How many objects of which kinds are left out, by the reason.
type LeftOut = BTreeMap<&'static str, Vec<(&'static str, usize)>>;

/// What the objects of the chosen kinds are called, by index, and what has no name of its own.
fn called(live: &Live, choice: &Choice<'_>) -> (Vec<(usize, Address)>, LeftOut) {
    let mut left_out = LeftOut::new();
    let mut chosen: Vec<(usize, Address)> = Vec::new();
    let dialect = live.dialect;
    let writable = |kind: &&'static Kind| kind.managed && kind.api(dialect).is_some();
    let kinds = kind::all().filter(writable);
    for kind in kinds.filter(|kind| choice.has_kind(kind)) {
        let mut taken: BTreeSet<String> = (choice.declared.iter())
            .filter(|address| address.collection == kind.collection)
            .map(|address| address.handle.to_string())
            .collect();
        let elsewhere = choice.names.values();
        let elsewhere = elsewhere.filter(|address| address.collection == kind.collection);
        taken.extend(elsewhere.map(|address| address.handle.to_string()));
        let mut given: BTreeSet<&Address> = BTreeSet::new();
        // A handle that is a word elsewhere would not be read as one.
        taken.extend(words_beside(kind.collection).map(|(_, word)| word.to_owned()));
        let mut rows: Vec<(String, usize)> = Vec::new();
        for index in live.collection(kind.collection) {
            let Some(object) = live.objects.get(index) else {
                continue;
            };
            if choice.skip.contains(&index) {
                continue;
            }
            let unique = live
                .key_of(index)
                .map(|identity| live.find(kind.collection, &identity).len() == 1);
            let why = match (forbidden(object, Deed::Export), unique) {
                (Some(mark), _) => Some(mark.whose),
                (None, _) if needs_what_is_gone(live, object) => {
                    Some("that need what is not there any more")
                }
                (None, _) if !may_be_ordered(live, object) || is_as_usual(live, object) => continue,
                (None, None) => Some("without the field that would name them"),
                (None, Some(false)) => Some("that share their name with another one"),
                (None, Some(true)) => None,
            };
            match why {
                Some(why) => {
                    let counts = left_out.entry(why).or_default();
                    match counts.last_mut() {
                        Some((last, count)) if *last == kind.collection => *count += 1,
                        _ => counts.push((kind.collection, 1)),
                    }
                }
                None => rows.push((handle(live, kind, object), index)),
            }
        }
        below_parents(live, kind, &mut rows, &chosen);
        rows.sort();
        for (wanted, index) in rows {
            let natural = (!choice.names.is_empty())
                .then(|| live.natural_name(index))
                .flatten();
            let address = natural.and_then(|name| choice.names.get(&(kind.collection, name)));
            if let Some(address) = address.filter(|address| given.insert(address)) {
                chosen.push((index, address.clone()));
                continue;
            }
            let mut handle = wanted.clone();
            let mut number = 2;
            while !taken.insert(handle.clone()) {
                handle = format!("{wanted}-{number}");
                number += 1;
            }
            chosen.push((index, Address::new(kind.collection, handle)));
        }
    }
    (chosen, left_out)
}

/// Puts what objects lie below before the handles that several of them would have.
fn below_parents(
    live: &Live,
    kind: &'static Kind,
    rows: &mut [(String, usize)],
    chosen: &[(usize, Address)],
) {
    if kind.handle.is_some() || scopes(kind).all(|field| field.shape.target().is_none()) {
        return;
    }
    let mut number: BTreeMap<String, usize> = BTreeMap::new();
    for (handle, _) in rows.iter() {
        *number.entry(handle.clone()).or_default() += 1;
    }
    let known: HashMap<usize, &Address> = (chosen.iter())
        .map(|(index, address)| (*index, address))
        .collect();
    for (handle, index) in rows {
        if number.get(handle) == Some(&1) {
            continue;
        }
        let Some(key) = live.key_of(*index) else {
            continue;
        };
        let mut whole = String::new();
        for field in scopes(kind) {
            let value = key.scope.get(field.name).unwrap_or_default();
            let parent = (field.shape.target())
                .and_then(|to| live.find_target(&to, value))
                .and_then(|parent| {
                    let own = known.get(&parent).map(|address| (*address).clone());
                    own.or_else(|| live.address_of(parent))
                });
            // Not every object shows all that it lies below.
            let part = parent.as_ref().map_or(value, |address| &address.handle);
            if !part.is_empty() {
                whole.push_str(part);
                whole.push('/');
            }
        }
        whole.push_str(handle);
        *handle = whole;
    }
}

fn handle(live: &Live, kind: &'static Kind, object: &LiveObject) -> String {
    let text = |key: &str| object.raw.get(key).and_then(Json::as_str);
    let of = kind.field_of_handle();
    if let Some(target) = of.shape.target() {
        let parent = (live.raw_key(object))
            .and_then(|key| live.find_target(&target, key.scope.get(of.name)?))
            .and_then(|parent| live.address_of(parent));
        return parent.map_or_else(|| object.id.clone(), |parent| parent.handle.to_string());
    }
    if let Some(Handle {
        key,
        without,
        scope,
        otherwise,
    }) = kind.handle
    {
        let name = text(key).unwrap_or(otherwise);
        let name = name.strip_prefix(without).unwrap_or(name);
        let scope = text(scope).unwrap_or_default();
        let shared = live
            .collection(kind.collection)
            .filter_map(|index| live.objects.get(index))
            .any(|other| {
                other.id != object.id
                    && other.raw.get(*key) == object.raw.get(*key)
                    && belongs_to_others(other).is_none()
            });
        return if shared {
            format!("{scope}_{name}")
        } else {
            name.to_owned()
        };
    }
    if let Some(grouping) = kind.grouping(live.dialect) {
        // What the parts share is an address: its path may hold a key, and a handle is shown everywhere.
        return text(grouping.by)
            .and_then(|url| url::Url::parse(url).ok())
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| kind.singular.to_owned());
    }
    if kind.is_nameless() {
        let key = live.raw_key(object);
        return key.map_or_else(|| object.id.clone(), |key| live.shown(kind, &key));
    }
    let field = kind.naming_field();
    let name = field.wire(live.dialect).read_name().unwrap_or(field.name);
    let name = text(name).unwrap_or_default().trim();
    if matches!(field.shape, Shape::Email { .. }) {
        name.to_lowercase()
    } else {
        name.to_owned()
    }
}

/// What becomes a secret.
struct Secrets<'a> {
    /// Those that the manifests name.
    named: &'a NamedSecrets,
    /// What the ledger knows.
    known: &'a Known<'a>,
    /// The variables that are named so far.
    variables: BTreeSet<String>,
    /// Whether what may hold a key was applied as a secret.
    has_key: &'a dyn Fn(&LiveObject) -> bool,
}

/// Leaves out what says nothing, and writes the rest as a person would.
fn tidy(
    live: &Live,
    address: &Address,
    object: &LiveObject,
    body: &Body,
    declared: &BTreeSet<Address>,
    secrets: &mut Secrets<'_>,
    notes: &mut Notes,
) -> Body {
    let kind = object.kind;
    let templates = secrets.known.templates(object);
    let mut tidy = Body::default();
    for field in kind.fields {
        if matches!(field.wire(live.dialect), Wire::Query(_)) {
            if let Some(value) = body.get(field.name).cloned() {
                tidy.set(field.name, outside_references(value, live, declared));
            }
            continue;
        }
        let Some(value) = body.get(field.name).cloned() else {
            continue;
        };
        let value = meaningful(&field.shape, value);
        let says_nothing = value.is_null()
            || kind.enabled.is_some_and(|enabled| {
                enabled.field == field.name && value == switch_value(enabled.on)
            })
            || field
                .implied
                .is_some_and(|implied| value == switch_value(implied))
            || (field.naming && value.as_text() == Some(&address.handle))
            || matches!(field.wire(live.dialect), Wire::Fixed(_))
            || !has_effect(kind, body, field.name);
        if says_nothing {
            continue;
        }
        if refers_in_vain(live, &value) {
            notes.add(
                told(address, field.name),
                "left out, since it refers to what is not there any more".to_owned(),
            );
            continue;
        }
        if let Some(word) = codec::strange_word(field, &value).filter(|_| !field.required) {
            notes.add(
                told(address, field.name),
                format!("left out, since a manifest cannot say `{word}`"),
            );
            continue;
        }
        let value = outside_references(value, live, declared);
        if names_ids(field, &value) {
            notes.add(
                told(address, field.name),
                "names ids of this organization, which mean nothing in another one: export the kinds that they \
                 belong to as well, or write names in their place"
                    .to_owned(),
            );
        }
        let path = FieldPath::of(field.name);
        let value = match templates {
            Some(known) => as_known(value, &path, known),
            None => value,
        };
        let value = if field.may_hold_key && !value.is_secret() {
            let is_secret = (secrets.has_key)(object);
            hide_keys((address, field), value, is_secret, secrets, notes)
        } else {
            value
        };
        tidy.set(field.name, value);
    }
    if let Some(grouping) = kind.grouping(live.dialect) {
        let part = grouping.singular;
        if grouped::is_mixed(&object.parts) {
            notes.add(
                format!("`{address}`"),
                format!(
                    "on for some {part}s and off for others; the manifest switches all of them on"
                ),
            );
        }
        for own in grouped::take_unwritable(grouping, &mut tidy) {
            notes.add(
                format!("`{address}` (`{own}`)"),
                format!("{part}s that a manifest cannot express are left out"),
            );
        }
    }
    tidy
}

/// Whether a text that may name a resource is an id: what was not read stays one.
fn names_ids(field: &Field, value: &Value) -> bool {
    let is_id = |text: &str| text.len() >= ID && text.bytes().all(|byte| byte.is_ascii_digit());
    match value {
        Value::Text(text) => !field.refers.is_empty() && is_id(text),
        Value::List(items) => items.iter().any(|item| names_ids(field, item)),
        Value::Map(map) => map.iter().any(|(key, value)| {
            codec::leaf_field(&field.shape, key).is_some_and(|leaf| names_ids(leaf, value))
        }),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Reference(_)
        | Value::Secret(_) => false,
    }
}

/// From how many digits on a number is taken for an id. Ids have eighteen as a rule.
const ID: usize = 15;

/// Whether a field has an effect beside the others: a field of another sort of objects has none.
fn has_effect(kind: &'static Kind, body: &Body, field: &str) -> bool {
    kind.rules.iter().all(|rule| match rule {
        Rule::Sorts(sorts) => {
            let own = body
                .get(sorts.field)
                .and_then(Value::as_text)
                .and_then(|word| sorts.find(word));
            sorts.with(field).is_empty() || own.is_some_and(|sort| sort.allowed.contains(&field))
        }
        Rule::GoWith(rule) => {
            !rule.fields.contains(&field)
                || body.get(rule.with).is_none_or(|value| {
                    value.is_null() || value.as_word().is_some_and(|word| rule.is.contains(&word))
                })
        }
        Rule::InMap(..) | Rule::AtMost(_) | Rule::OnlyFor(_) | Rule::DaysOf(_) | Rule::OneOf(_) => {
            true
        }
    })
}

/// Whether an object that is there anyway shows nothing that a manifest would say of it.
fn is_as_usual(live: &Live, object: &LiveObject) -> bool {
    let kind = object.kind;
    if !kind.is_given() || kind.only_name().is_some() {
        return false;
    }
    let mut own = kind.fields.iter().filter(|field| !field.identity);
    own.all(|field| {
        let value = codec::read_field(field, live.dialect, &object.raw, live);
        meaningful(&field.shape, value.unwrap_or_default()).is_null()
    })
}

/// A value without what says nothing.
fn meaningful(shape: &Shape, value: Value) -> Value {
    match value {
        Value::List(list) if list.is_empty() => Value::Null,
        Value::Map(map) => {
            // The keys of a map that is owned whole are there whatever stands under them.
            let says_by_keys = matches!(shape, Shape::Keyed(keyed)
                if keyed.owned == Owned::Whole && matches!(keyed.keys, Keys::Texts(_)));
            let map: Leaves = map
                .into_iter()
                .filter_map(|(key, value)| {
                    if says_by_keys && matches!(&value, Value::List(list) if list.is_empty()) {
                        return Some((key, value));
                    }
                    let leaf = codec::leaf_field(shape, &key);
                    let usual = leaf.and_then(|leaf| leaf.usual);
                    if usual.is_some_and(|usual| codec::switch_value(usual) == value) {
                        return None;
                    }
                    // Left out, the server would give it a value.
                    if value.is_null() && codec::is_filled_in(shape, &key) {
                        return Some((key, value));
                    }
                    let value = meaningful(&codec::shape_below(shape, &key), value);
                    (!value.is_null()).then_some((key, value))
                })
                .collect();
            // Some maps are there although nothing is in them.
            let says = matches!(shape, Shape::Map(map) if map.null == Null::Empty);
            if map.is_empty() && !says {
                Value::Null
            } else {
                Value::Map(map)
            }
        }
        value => value,
    }
}

/// Whether a value refers to what is proved to be gone. The API keeps the ids of what is trashed.
fn refers_in_vain(live: &Live, value: &Value) -> bool {
    let mut in_vain = false;
    value.walk(&mut |value| {
        if let Value::Reference(Reference::To(address)) = value {
            let id = crate::codec::Ids::id(live, address);
            in_vain |= id.is_some_and(|id| live.is_absent(address.collection, &id));
        }
    });
    in_vain
}

/// Whether an object is no order, or one of as many siblings as a request can put in order.
fn may_be_ordered(live: &Live, object: &LiveObject) -> bool {
    let Some(ranking) = object.kind.ranking() else {
        return true;
    };
    let list = (object.kind.ranked())
        .and_then(|field| codec::read_field(field, live.dialect, &object.raw, live));
    match list {
        Some(Value::List(list)) => {
            list.len() > 1 && (ranking.most == 0 || list.len() <= ranking.most)
        }
        _ => false,
    }
}

/// Whether a field that no manifest may leave out refers to what is proved to be gone.
fn needs_what_is_gone(live: &Live, object: &LiveObject) -> bool {
    !live.absent.is_empty()
        && (object.kind.fields.iter())
            .filter(|field| field.required)
            .filter_map(|field| codec::read_field(field, live.dialect, &object.raw, live))
            .any(|value| refers_in_vain(live, &value))
}

/// A reference to what the export does not declare names it by lookup, at the last by id.
fn outside_references(value: Value, live: &Live, declared: &BTreeSet<Address>) -> Value {
    match value {
        Value::Reference(Reference::To(address)) if !declared.contains(&address) => {
            Value::Reference(outside(live, &address, declared))
        }
        Value::List(list) => Value::List(
            list.into_iter()
                .map(|item| outside_references(item, live, declared))
                .collect(),
        ),
        Value::Map(map) => Value::Map(
            map.into_iter()
                .map(|(key, item)| (key, outside_references(item, live, declared)))
                .collect(),
        ),
        value => value,
    }
}

/// What an export does not declare is named by lookup where its name tells which it is, at the last by
/// id.
fn outside(live: &Live, address: &Address, declared: &BTreeSet<Address>) -> Reference {
    let collection = address.collection;
    let id = crate::codec::Ids::id(live, address).unwrap_or_default();
    let index = live.find_id(collection, &id);
    let name = index.and_then(|index| named(live, index, declared));
    match name {
        Some(name) => Reference::Lookup {
            collection,
            name: name.into(),
        },
        None => Reference::Id {
            collection,
            id: id.into(),
        },
    }
}

/// The name of a live object with what it counts below; none where another one has it, too.
fn named(live: &Live, index: usize, declared: &BTreeSet<Address>) -> Option<Named<'static>> {
    let kind = live.objects.get(index)?.kind;
    let key = live.key_of(index)?;
    if live.find(kind.collection, &key).len() != 1 {
        return None;
    }
    // What names count below has another name from the server in each organization.
    let in_maps = kind
        .wire_name
        .filter(|_| !is_scope_by_name(kind.collection))
        .and_then(|name| live.objects.get(index)?.raw.get(name)?.as_str());
    let mut named =
        Named::of_name(in_maps.map_or_else(|| key.name.clone(), |name| name.to_owned().into()));
    for field in scopes(kind) {
        let value = match key.scope.get(field.name) {
            Some(value) => value,
            // Not every object shows all that it lies below.
            None if field.where_shown => continue,
            None => return None,
        };
        let below = match field.shape.target() {
            None => Below::Word(value.into()),
            Some(to) => {
                let parent = live.address_of(live.find_target(&to, value)?)?;
                Below::Parent(if declared.contains(&parent) {
                    Reference::To(parent)
                } else {
                    outside(live, &parent, declared)
                })
            }
        };
        named.fill(field.name, below);
    }
    (live.referred(kind.collection, &named).len() == 1).then_some(named)
}

/// What may be a key in a URL becomes a secret, or all of a URL that was applied as one. What manifests
/// name needs no other name; where it is a part of what may be a key, the whole URL is a secret.
fn hide_keys(
    (address, field): (&Address, &Field),
    value: Value,
    is_secret: bool,
    secrets: &mut Secrets<'_>,
    notes: &mut Notes,
) -> Value {
    let Value::Text(text) = &value else {
        return value;
    };
    let mut cuts = secrets.named.cuts(text);
    let holds_named = !cuts.is_empty();
    let mut keys: Vec<(Range<usize>, &str)> = Vec::new();
    let (mut at, mut is_whole) = (0, is_secret);
    for part in live_url::parts(text) {
        let (Part::Plain(shown) | Part::Key { text: shown, .. }) = part;
        let range = at..at + shown.len();
        at = range.end;
        let Part::Key { name, .. } = part else {
            continue;
        };
        if !cuts.iter().any(|cut| overlap(&cut.range, &range)) {
            keys.push((range, name));
            continue;
        }
        let mut letters = shown
            .char_indices()
            .filter(|(_, c)| c.is_alphanumeric())
            .map(|(index, _)| range.start + index);
        is_whole |= letters.any(|index| !cuts.iter().any(|cut| cut.range.contains(&index)));
    }
    let follows_dollar = |range: &Range<usize>| text[..range.start].ends_with('$');
    is_whole |= cuts.iter().any(|cut| follows_dollar(&cut.range));
    is_whole |= keys.iter().any(|(range, _)| follows_dollar(range));
    if is_whole {
        cuts.clear();
        keys = vec![(0..text.len(), field.name)];
    }
    let mut hidden = Vec::new();
    for (range, name) in keys {
        let variable = secrets.variable(&address.handle, name);
        hidden.push(format!("`{variable}`"));
        let name = Cow::Owned(variable);
        cuts.push(Cut { range, name });
    }
    cuts.sort_by_key(|cut| cut.range.start);
    let template = template(text, &cuts, |plain| escape(plain).into_owned());
    let template = template.filter(|_| !cuts.is_empty());
    if hidden.is_empty() && !holds_named {
        notes.add(
            format!("`{address}`"),
            "if the path of the URL holds a key, put `${secret.NAME}` in its place".to_owned(),
        );
    }
    if !hidden.is_empty() {
        notes.add(
            format!("`{address}` ({})", hidden.join(" and ")),
            "parts of the URL are left out as secrets; set these variables to compare it"
                .to_owned(),
        );
    } else if holds_named {
        let mut names: Vec<&str> = cuts.iter().map(|cut| &*cut.name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            notes.add(
                told(address, field.name),
                format!("holds the value of the secret `{name}`, which stands there by its name"),
            );
        }
    }
    match template {
        Some(template) => Value::Secret(Secret {
            template: template.into(),
            value: None,
        }),
        None => value,
    }
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

impl Secrets<'_> {
    /// A new variable for a key.
    fn variable(&mut self, handle: &str, name: &str) -> String {
        let base = variable_name(handle, name);
        let mut variable = base.clone();
        let mut number = 2;
        while !self.variables.insert(variable.clone()) {
            variable = format!("{base}_{number}");
            number += 1;
        }
        variable
    }
}

fn variable_name(handle: &str, name: &str) -> String {
    let mut variable: String = format!("{handle}_{name}")
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    if variable.starts_with(|c: char| c.is_ascii_digit()) {
        variable.insert(0, '_');
    }
    variable
}
