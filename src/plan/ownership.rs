//! Ownership: shapes both sides so that the difference is what deskform may and must change.
//!
//! What must not be touched is the same on both sides; nothing filters the difference afterwards.

mod secrets;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use foldhash::HashMap;
use serde_json::{Map, Value as Json};

use crate::codec::{self, Ids as _, read_field, surely_reads_as, switch_value};
use secrets::{hidden, present, still_secret};

use crate::dialect::Dialect;
use crate::diff::Difference;
use crate::kind::{self, Field, Kind, Questions, Shape, Switch, Wire};
use crate::ledger::{Entry, FieldRecord};
use crate::live::{Live, LiveObject};
use crate::manifest::Desired;
use crate::parallel::in_runs;
use crate::plan::choices::Choices;
use crate::plan::placed::Placed;
use crate::plan::row::{Row, Rows};
use crate::plan::{Acknowledged, IgnoreRule, Options, shown_value};
use crate::state::{Address, Body, FieldPath, Leaves, Reference, Value, keys, pointer};

/// What there is to say besides what is wanted and what is live, which stands in the rows.
#[derive(Debug, Default)]
pub struct Owned {
    /// Differences that only a person can settle, with the place where.
    pub by_hand: Vec<(Address, Difference, &'static str)>,
    /// Resources that wait for a resource that a person has to make first, or to give a choice.
    pub waiting: Vec<(Address, Address)>,
    /// Differences that an `ignore:` entry accepts.
    pub acknowledged: Vec<Acknowledged>,
    /// What answers do not show although it was applied, so that it is not compared.
    pub unknown: Vec<(Address, FieldPath)>,
    /// Values that differ from what is live where the server may show another one, and nothing tells.
    pub rewritten: Vec<(Address, FieldPath)>,
    /// Live words that no table knows, of fields that can be given on creation only.
    pub strange: Vec<(Address, FieldPath, Arc<str>)>,
}

impl Owned {
    fn add(&mut self, more: Self) {
        self.by_hand.extend(more.by_hand);
        self.waiting.extend(more.waiting);
        self.acknowledged.extend(more.acknowledged);
        self.unknown.extend(more.unknown);
        self.rewritten.extend(more.rewritten);
        self.strange.extend(more.strange);
    }
}

/// The fields that the ledger remembers as secrets, by collection and id.
type Former<'a> = HashMap<(&'static str, &'a str), &'a [String]>;

/// What every resource is shaped by.
struct Shaper<'a> {
    /// What is set where it stands in a list.
    placed: Placed,
    desired: &'a Desired,
    live: &'a Live,
    options: &'a Options,
    former: Former<'a>,
    /// Who owns an id by the ledger; made when somebody asks.
    owners: OnceLock<std::collections::HashMap<(&'static str, &'a str), &'a Address>>,
    /// What cannot be made yet, each with what a person has to make first.
    by_hand_first: HashMap<Address, Address>,
    /// What has choices that a person has to set first.
    choices: Choices,
}

/// Shapes both sides: says in the rows what is wanted of each address and what is live.
#[must_use]
pub fn own(desired: &Desired, rows: &mut Rows, live: &Live, options: &Options) -> Owned {
    let entries = options.ledger.iter().flat_map(|ledger| &ledger.resources);
    let former = entries
        .filter(|(_, entry)| !entry.secrets.is_empty())
        .map(|(address, entry)| ((address.collection, &*entry.id), &*entry.secrets))
        .collect();
    let placed = Placed::of(desired, options);
    let shaper = Shaper {
        desired,
        live,
        options,
        former,
        owners: OnceLock::new(),
        by_hand_first: made_by_hand(rows, live.dialect),
        choices: Choices::of(
            rows.iter().filter_map(|row| {
                let named = row.named.as_ref()?;
                Some((&row.address, row.kind, named, row.object))
            }),
            (live, &placed),
        ),
        placed,
    };
    let parts = in_runs(rows.as_mut_slice(), |rows| {
        let mut owned = Owned::default();
        for row in rows {
            shaper.shape(row, &mut owned);
            shaper.going(row);
        }
        owned
    });
    let mut owned = Owned::default();
    for part in parts {
        owned.add(part);
    }
    owned
}

/// Declared resources that cannot be made yet, each with the one that a person has to make first:
/// itself, or what its creation needs.
fn made_by_hand(rows: &Rows, dialect: Dialect) -> HashMap<Address, Address> {
    let new = rows
        .iter()
        .filter(|row| row.named.is_some() && row.object.is_none());
    let mut found: HashMap<Address, Address> = new
        .clone()
        .filter(|row| {
            let api = row.kind.api(dialect);
            let gives = |name: &str| row.named.as_ref().is_some_and(|body| body.gives(name));
            api.is_some_and(|api| api.create.by_hand(gives).is_some())
        })
        .map(|row| (row.address.clone(), row.address.clone()))
        .collect();
    // What waits keeps others waiting.
    let mut before = 0;
    while found.len() > before {
        before = found.len();
        let waiting: Vec<(Address, Address)> = new
            .clone()
            .filter(|row| !found.contains_key(&row.address))
            .filter_map(|row| {
                let first = needed_first(row, dialect, &found)?;
                Some((row.address.clone(), first.clone()))
            })
            .collect();
        found.extend(waiting);
    }
    found
}

/// What a person has to make before a resource can be created, where a field names it that a creation
/// needs.
fn needed_first<'a>(
    row: &Row,
    dialect: Dialect,
    by_hand_first: &'a HashMap<Address, Address>,
) -> Option<&'a Address> {
    let api = row.kind.api(dialect)?;
    let is_needed = |field: &Field| field.required || api.required_on_create.contains(&field.name);
    let first = |value: &Value| match value {
        Value::Reference(Reference::To(target)) => by_hand_first.get(target),
        _ => None,
    };
    let fields = row.named.as_ref()?.of_kind(row.kind);
    let mut needed = fields.filter(|(field, _)| is_needed(field));
    needed.find_map(|(_, value)| match value {
        Value::List(list) => list.iter().find_map(first),
        value => first(value),
    })
}

/// Takes references to resources that a person has to make first out of what is wanted now.
fn drop_waiting(
    address: &Address,
    body: &mut Body,
    by_hand_first: &HashMap<Address, Address>,
    waiting: &mut Vec<(Address, Address)>,
) {
    if by_hand_first.is_empty() {
        return;
    }
    let waits = |value: &Value| match value {
        Value::Reference(Reference::To(target)) => by_hand_first.get(target).cloned(),
        _ => None,
    };
    let mut dropped = Vec::new();
    for (name, value) in body.iter() {
        if let Some(target) = waits(value) {
            dropped.push(name);
            waiting.push((target, address.clone()));
        } else if let Value::List(list) = value {
            // A set that cannot be complete yet is left alone: what is live in it may be meant.
            let targets: Vec<Address> = list.iter().filter_map(waits).collect();
            if !targets.is_empty() {
                dropped.push(name);
                waiting.extend(targets.into_iter().map(|target| (target, address.clone())));
            }
        }
    }
    for name in dropped {
        body.remove(name);
    }
}

/// Whether nothing of a live object is changed, and which of its fields are not.
///
/// What was made and is not known to be finished is compared once more, whatever it says of itself.
pub(super) fn left_alone<'a>(
    desired: &'a Desired,
    address: &Address,
    kind: &Kind,
    options: &Options,
) -> (bool, &'a [String]) {
    let is_unfinished = options
        .ledger
        .as_ref()
        .and_then(|ledger| ledger.get(address))
        .is_some_and(|entry| !entry.adopted && entry.fields.is_empty());
    if is_unfinished {
        return (false, &[]);
    }
    let lifecycle = desired.details.get(address).map(|detail| &detail.lifecycle);
    let is_seed = options.create_only.contains(kind.collection);
    (
        is_seed || lifecycle.is_some_and(|lifecycle| lifecycle.create_only),
        lifecycle.map_or(&[], |lifecycle| lifecycle.ignore_changes.as_slice()),
    )
}

/// Gives a new object the values that its creation needs and that nobody says.
pub(super) fn set_defaults(kind: &Kind, dialect: Dialect, body: &mut Body) {
    for field in kind.fields {
        if let Some(value) = field.default_on_create
            && field.wire(dialect).goes_with_creation()
            && body.get(field.name).is_none()
        {
            body.set(field.name, switch_value(value));
        }
        let other = field.default_as.and_then(|other| body.get(other).cloned());
        if let Some(value) = other.filter(|_| body.get(field.name).is_none()) {
            body.set(field.name, value);
        }
    }
}

impl Shaper<'_> {
    /// The fields of a live object that were applied as secrets.
    fn former_secrets(&self, kind: &'static Kind, index: usize) -> &[String] {
        self.live
            .objects
            .get(index)
            .and_then(|object| self.former.get(&(kind.collection, &*object.id)))
            .copied()
            .unwrap_or_default()
    }

    /// Says what is wanted of a declared resource and what is live.
    fn shape(&self, row: &mut Row, owned: &mut Owned) {
        let is_left_out = row.not_compared || row.unclear;
        let Some(mut body) = row.named.take().filter(|_| !is_left_out) else {
            return;
        };
        let address = &row.address;
        drop_waiting(address, &mut body, &self.by_hand_first, &mut owned.waiting);
        self.choices
            .drop_waiting(address, row.kind, &mut body, &mut owned.waiting);
        for field in row.kind.fields {
            let is_there = !matches!(
                field.wire(self.live.dialect),
                Wire::Harmless | Wire::Refused(_)
            );
            if let Some(value) = field.implied
                && is_there
                && body.get(field.name).is_none()
            {
                body.set(field.name, switch_value(value));
            }
        }
        row.named = Some(body.clone());
        if let Some(index) = row.object {
            self.existing(row, body, index, owned);
            return;
        }
        // A creation without what it needs would be refused: the whole of it waits.
        let first = self.by_hand_first.get(address);
        if first.is_some_and(|first| first != address) {
            return;
        }
        // That it would be made is certain; nothing is sent until the secret is there.
        row.not_compared = body.iter().any(|(_, value)| value.lacks_secret());
        if let Some(enabled) = row.kind.enabled
            && enabled.send_on_create
            && body.get(enabled.field).is_none()
        {
            body.set(enabled.field, switch_value(enabled.on));
        }
        // A person is asked for what the manifests say, and not for what a request would carry besides.
        if first.is_none() {
            set_defaults(row.kind, self.live.dialect, &mut body);
        }
        // Nobody who is yet to come is acting.
        for field in row.kind.fields {
            if field.by_oneself.is_some() && body.get(field.name).is_some() {
                body.remove(field.name);
            }
        }
        row.wanted = Some(body);
    }

    /// Says what is live of an object that goes, unless it is out of use and nothing becomes of it.
    fn going(&self, row: &mut Row) {
        let Some(index) = row.going.as_ref().map(|going| going.object) else {
            return;
        };
        let kind = row.kind;
        let body = self.live.body(index);
        if self.options.is_out_of_use(kind, self.live.dialect, &body) {
            return;
        }
        let former = self.former_secrets(kind, index);
        row.live = Some(if former.is_empty() {
            body
        } else {
            let hide = |(field, value): (&'static Field, &Value)| {
                let former = present(former, field, value);
                let path = FieldPath::of(field.name);
                (field.name, hidden(&former, &path, value.clone()))
            };
            body.of_kind(kind).map(hide).collect()
        });
    }

    /// Says what is wanted of a resource that is live, and the same fields as they are.
    fn existing(&self, row: &mut Row, mut body: Body, index: usize, owned: &mut Owned) {
        let &Self {
            desired,
            live,
            options,
            ..
        } = self;
        let (address, kind) = (&row.address, row.kind);
        let (hands_off, ignore_changes) = left_alone(desired, address, kind, options);
        imply_in_use(kind, &mut body, live.dialect);
        let Some(object) = live.objects.get(index) else {
            return;
        };
        let former = self.former_secrets(kind, index);
        if former.is_empty() && is_as_declared(kind, &body, &object.raw, live) {
            row.live = Some(body.clone());
            row.wanted = Some(body);
            return;
        }
        let changed_by_hand = changed_by_hand(desired, address, kind, live.dialect);
        let mut wanted_fields = Vec::with_capacity(kind.fields.len());
        let mut live_fields = Vec::with_capacity(kind.fields.len());
        for field in kind.fields {
            let named = body.get(field.name);
            let current = || read_field(field, live.dialect, &object.raw, live);
            // Some fields go out again with every update: they stand on both sides.
            let resent = kind.resends(field, live.dialect);
            let Some(named) = named else {
                if resent || matches!(field.wire(live.dialect), Wire::Query(_)) {
                    let current = current().unwrap_or_default();
                    wanted_fields.push((field.name, current.clone()));
                    live_fields.push((field.name, current));
                }
                continue;
            };
            if field.write_only {
                continue;
            }
            if named.lacks_secret() {
                row.not_compared = true;
                continue;
            }
            let is_left = hands_off || ignore_changes.contains(&pointer([field.name]));
            if matches!(
                field.wire(live.dialect),
                Wire::InPath | Wire::Harmless | Wire::Refused(_)
            ) {
                continue;
            }
            if let Some(place) = left_to_a_person(field, object, live) {
                // What answers do not show cannot be compared: the declaration stands as documentation.
                if let (false, Some(current)) = (is_left, current()) {
                    self.left(row, field, (named, current), place, ignore_changes, owned);
                }
                continue;
            }
            let told = field.as_told(|name, word| self.says(object, &body, name, word));
            let current = match self.current((address, object), &told, named, current(), owned) {
                Current::Value(current) => current,
                Current::Unknown => continue,
                Current::AsDeclared => {
                    wanted_fields.push((field.name, named.clone()));
                    live_fields.push((field.name, named.clone()));
                    continue;
                }
            };
            let path = FieldPath::of(field.name);
            let former = present(former, field, &current);
            let current = still_secret(&former, &path, named, current);
            // Of what an order counts nothing can be put back once it is laid: it is not wanted at all.
            let pruned = codec::is_listed(&field.shape).then(|| {
                let ways = ways_inside(field, ignore_changes).into_iter();
                ways.fold(named.clone(), |named, way| {
                    codec::listed::without(&field.shape, &named, &way)
                })
            });
            let named = pruned.as_ref().unwrap_or(named);
            let wanted = if is_left {
                current.clone()
            } else if pruned.is_some() {
                self.wanted(address, field, named, &current, owned)
            } else {
                let wanted = self.wanted(address, field, named, &current, owned);
                left_inside(field, ignore_changes, wanted, &current)
            };
            // What no request changes is left to a person, who finds it in the plan until it is done.
            let wanted = match changed_by_hand.filter(|_| wanted != current) {
                Some(place) => {
                    let now = current.clone();
                    by_hand(address, field, &wanted, now, place, options, owned);
                    current.clone()
                }
                None => wanted,
            };
            wanted_fields.push((field.name, wanted));
            live_fields.push((field.name, current));
        }
        let wanted = shared(wanted_fields, &body);
        row.live = Some(shared(live_fields, &wanted));
        row.wanted = Some(wanted);
    }

    /// Notes what a person has to do about a field that nobody else sets.
    fn left(
        &self,
        row: &Row,
        field: &'static Field,
        (named, current): (&Value, Value),
        place: &'static str,
        ignore_changes: &[String],
        owned: &mut Owned,
    ) {
        if self.placed.has(&row.address, field.name) {
            return;
        }
        let current = codec::settle(field, named, current, self.live);
        let options = self.options;
        match row.kind.questions(self.live.dialect) {
            Some(questions) => {
                let sides = (named, &current);
                answered_otherwise(row, field, questions, sides, ignore_changes, options, owned);
            }
            None => by_hand(&row.address, field, named, current, place, options, owned),
        }
    }

    /// Whether a field of an object holds a word: what is declared decides, else what is live.
    fn says(&self, object: &LiveObject, body: &Body, name: &str, word: &str) -> bool {
        if let Some(named) = body.get(name) {
            return named.is_word(word);
        }
        let field = object.kind.field(name);
        field
            .and_then(|field| read_field(field, self.live.dialect, &object.raw, self.live))
            .is_some_and(|live| live.is_word(word))
    }

    /// What is live in a field, in the declared spelling where the two are one.
    fn current(
        &self,
        (address, object): (&Address, &LiveObject),
        field: &Field,
        named: &Value,
        shown: Option<Value>,
        owned: &mut Owned,
    ) -> Current {
        let path = FieldPath::of(field.name);
        let shown = shown.or_else(|| self.as_empty(address, object, field, named));
        // An object that does not show what it lies below is taken to lie where it is declared.
        if field.where_shown && shown.as_ref().is_none_or(Value::is_null) {
            return Current::AsDeclared;
        }
        let Some(mut current) = shown else {
            owned.unknown.push((address.clone(), path));
            return Current::Unknown;
        };
        for key in self.hidden_keys(address, object, field, named, &current) {
            owned.unknown.push((address.clone(), path.child(&key)));
            put(&mut current, &key, named);
        }
        if object.kind.fixes(field, self.live.dialect)
            && let Some(word) = codec::strange_word(field, &current)
        {
            owned.strange.push((address.clone(), path, word));
            return Current::AsDeclared;
        }
        let dialect = self.live.dialect;
        let current = if named.is_secret() {
            codec::as_secret(field, dialect, named, current)
        } else {
            current
        };
        let current = if codec::is_listed(&field.shape) {
            codec::listed::renamed(named, current)
        } else {
            current
        };
        let mut current = codec::settle(field, named, current, self.live);
        if current != *named && codec::may_be_rewritten(field, named, &current) {
            match self.as_stored(address, object, field, named, &current) {
                Some(true) => return Current::AsDeclared,
                Some(false) => {}
                None => {
                    owned.rewritten.push((address.clone(), path));
                    return Current::AsDeclared;
                }
            }
        }
        self.remember((address, object), field, &mut current);
        Current::Value(current)
    }

    /// Whether a value that differs from what is live was sent as it is declared, and stored as it is live:
    /// then the server has rewritten it. None where no ledger tells.
    fn as_stored(
        &self,
        address: &Address,
        object: &LiveObject,
        field: &Field,
        named: &Value,
        current: &Value,
    ) -> Option<bool> {
        self.options.ledger.as_ref()?;
        let Some(record) = self.record(address, object, field.name) else {
            return Some(false);
        };
        let same = |recorded: &Json, value: &Value| {
            codec::same_json(field, Some(recorded), Some(&shown_value(value)), self.live)
        };
        Some(same(&record.sent, named) && same(&record.stored, current))
    }

    /// What only the ledger knows of a live value. Without one nothing tells that it changes.
    fn remember(
        &self,
        (address, object): (&Address, &LiveObject),
        field: &Field,
        current: &mut Value,
    ) {
        let (Shape::Map(map), Value::Map(current), Some(_)) =
            (field.shape, current, &self.options.ledger)
        else {
            return;
        };
        for leaf in map.fields.iter().filter(|leaf| leaf.remembered) {
            if !current.contains_key(leaf.name) {
                continue;
            }
            let applied = self.applied(address, object, field.name);
            let value = match applied.and_then(|sent| sent.get(leaf.name)) {
                Some(Json::Number(number)) => Value::Number(number.clone()),
                Some(Json::String(text)) => Value::text(text),
                _ => Value::Null,
            };
            current.insert(leaf.name, value);
        }
    }

    /// What was last applied to a field of a live object.
    fn applied(&self, address: &Address, object: &LiveObject, field: &str) -> Option<&Json> {
        self.record(address, object, field)
            .map(|record| &record.sent)
    }

    /// What was last applied to a field of a live object, and what the server has stored of it.
    fn record(&self, address: &Address, object: &LiveObject, field: &str) -> Option<&FieldRecord> {
        let ledger = self.options.ledger.as_ref()?;
        let is_its = |entry: &&Entry| entry.has_id(&object.id);
        let entry = ledger.get(address).filter(is_its).or_else(|| {
            // The declaration may have moved to another handle.
            let owners = self.owners.get_or_init(|| ledger.index());
            ledger.get(owners.get(&(object.kind.collection, &*object.id))?)
        })?;
        entry.fields.get(field)
    }

    /// What no answer carries is empty, unless it was applied as it is declared: then nobody knows what
    /// is live, and it is not compared.
    fn as_empty(
        &self,
        address: &Address,
        object: &LiveObject,
        field: &Field,
        named: &Value,
    ) -> Option<Value> {
        let sent = self.applied(address, object, field.name);
        let is_applied = sent.is_some_and(|sent| {
            let named = shown_value(named);
            !sent.is_null() && codec::same_json(field, Some(sent), Some(&named), self.live)
        });
        (!is_applied).then_some(Value::Null)
    }

    /// The keys of a map that names resources which no answer carries although they were applied as
    /// they are declared.
    fn hidden_keys(
        &self,
        address: &Address,
        object: &LiveObject,
        field: &Field,
        named: &Value,
        current: &Value,
    ) -> Vec<Arc<str>> {
        let (Some(keys), Value::Map(named)) = (field.shape.keyed_by(), named) else {
            return Vec::new();
        };
        // A key that is made first, since it has gone, holds nothing.
        let is_new = |key: &str| {
            codec::handle(&keys, key).is_some_and(|handle| {
                self.live
                    .wire_name(&Address::new(keys.collection, handle))
                    .is_none()
            })
        };
        let Some(sent) = self.applied(address, object, field.name) else {
            return Vec::new();
        };
        let live = match current {
            Value::Map(live) => Some(live),
            _ => None,
        };
        let is_hidden = |key: &str, value: &Value| {
            !value.is_null()
                && !is_new(key)
                && live.is_none_or(|live| !live.contains_key(key))
                && sent
                    .get(key)
                    .is_some_and(|sent| *sent == shown_value(value))
        };
        let hidden = named.iter().filter(|(key, value)| is_hidden(key, value));
        hidden.map(|(key, _)| key.into()).collect()
    }

    /// What a field is to hold: what the manifest names, or what is live where that is accepted.
    fn wanted(
        &self,
        address: &Address,
        field: &Field,
        named: &Value,
        current: &Value,
        owned: &mut Owned,
    ) -> Value {
        if named == current {
            return named.clone();
        }
        let mut wanted = codec::merge(&field.shape, named, current);
        let mut named = Cow::Borrowed(named);
        for rule in self.options.ignoring_inside(address, field.name) {
            let way: Vec<String> = rule
                .field
                .iter()
                .flat_map(|path| keys(path))
                .skip(1)
                .map(Cow::into_owned)
                .collect();
            let kept = if codec::is_listed(&field.shape) {
                named = Cow::Owned(codec::listed::without(&field.shape, &named, &way));
                codec::merge(&field.shape, &named, current)
            } else {
                codec::keep_live(&field.shape, wanted.clone(), current, &way)
            };
            if kept != wanted {
                wanted = kept;
                owned
                    .acknowledged
                    .push(acknowledged(address, rule.field.clone(), rule));
            }
        }
        if wanted == *current {
            return wanted;
        }
        let Some(rule) = self.options.ignoring(address, Some(field.name)) else {
            return wanted;
        };
        let path = Some(pointer([field.name]));
        owned.acknowledged.push(acknowledged(address, path, rule));
        current.clone()
    }
}

/// The body of some fields. Most resources are as they are declared: then one body stands on all sides.
fn shared(fields: Vec<(&'static str, Value)>, known: &Body) -> Body {
    let same = fields.len() == known.iter().count()
        && fields
            .iter()
            .zip(known.iter())
            .all(|((name, value), (other, have))| *name == other && value == have);
    if same {
        known.clone()
    } else {
        fields.into_iter().collect()
    }
}

/// Where a person changes a live object, where no request does and no replacement is asked for.
fn changed_by_hand(
    desired: &Desired,
    address: &Address,
    kind: &Kind,
    dialect: Dialect,
) -> Option<&'static str> {
    match kind.api(dialect).map(|api| api.change) {
        Some(kind::Change::Manual(place)) if !desired.is_replaced(address) => Some(place),
        _ => None,
    }
}

/// Where a person sets a field of a live object, where nobody else can.
fn left_to_a_person(field: &Field, object: &LiveObject, live: &Live) -> Option<&'static str> {
    match field.wire(live.dialect) {
        Wire::Manual { instruction, .. } => Some(instruction),
        _ => field.by_oneself.filter(|_| !live.is_acting(object)),
    }
}

/// Declaring a resource implies that it is in use, where the dialect has a word for that.
fn imply_in_use(kind: &Kind, body: &mut Body, dialect: Dialect) {
    if let Some(enabled) = kind.enabled
        && body.get(enabled.field).is_none()
        && kind
            .field(enabled.field)
            .is_some_and(|field| !matches!(field.wire(dialect), Wire::Harmless))
    {
        body.set(enabled.field, switch_value(enabled.on));
    }
}

/// What is known of a live value.
enum Current {
    /// It is this.
    Value(Value),
    /// No answer shows it.
    Unknown,
    /// Nobody can say that it is another one than declared.
    AsDeclared,
}

/// Sets a key of a live map as it is declared.
fn put(current: &mut Value, key: &str, named: &Value) {
    let Value::Map(named) = named else { return };
    if !matches!(current, Value::Map(_)) {
        *current = Value::Map(Leaves::new());
    }
    if let (Value::Map(live), Some(value)) = (current, named.get(key)) {
        live.insert(key, value.clone());
    }
}

/// What is wanted, with what is live wherever the lifecycle says that it is left as it is.
fn left_inside(field: &Field, ignored: &[String], wanted: Value, current: &Value) -> Value {
    let ways = ways_inside(field, ignored).into_iter();
    ways.fold(wanted, |wanted, way| {
        codec::keep_live(&field.shape, wanted, current, &way)
    })
}

/// The ways down from a field that the lifecycle says are left as they are.
fn ways_inside(field: &Field, ignored: &[String]) -> Vec<Vec<String>> {
    let inside = format!("{}/", pointer([field.name]));
    let ways = ignored.iter().filter(|path| path.starts_with(&inside));
    ways.map(|path| keys(path).skip(1).map(Cow::into_owned).collect())
        .collect()
}

/// Says that a difference is accepted.
fn acknowledged(address: &Address, field: Option<String>, rule: &IgnoreRule) -> Acknowledged {
    Acknowledged {
        address: address.clone(),
        field,
        reason: rule.reason.clone(),
        until: rule.until.map(|day| day.to_string()),
    }
}

/// Whether a live object is sure to be as declared, in fields that are read and written alone.
///
/// Nearly all are, nearly always: then nothing of them is read into values, and one body stands on
/// all sides.
fn is_as_declared(kind: &'static Kind, body: &Body, raw: &Map<String, Json>, live: &Live) -> bool {
    let mut named = body.iter().peekable();
    let same = kind.fields.iter().all(|field| {
        let Some((_, value)) = named.next_if(|(name, _)| *name == field.name) else {
            // Some fields stand on both sides though no manifest names them.
            return !kind.resends(field, live.dialect)
                && !matches!(field.wire(live.dialect), Wire::Query(_));
        };
        !field.write_only && surely_reads_as(field, live.dialect, raw, value, live)
    });
    // Out of the table's order nothing is left over but what was not looked at.
    same && named.next().is_none()
}

/// Notes each leaf of a check to which the answer is another one than declared.
fn answered_otherwise(
    row: &Row,
    field: &'static Field,
    questions: &Questions,
    (named, current): (&Value, &Value),
    ignore_changes: &[String],
    options: &Options,
    owned: &mut Owned,
) {
    let (Value::Map(named), Value::Map(current)) = (named, current) else {
        return;
    };
    let address = &row.address;
    for (leaf, wanted) in named {
        let Some(question) = questions.about(field.name, leaf) else {
            continue;
        };
        let answer = current.get(leaf).cloned().unwrap_or_default();
        let path = FieldPath::of(field.name).child(leaf);
        if answer == *wanted || ignore_changes.contains(&path.pointer()) {
            continue;
        }
        let inside = options.ignoring_inside(address, field.name);
        let mut inside = inside.into_iter();
        let rule = inside.find(|rule| rule.field.as_deref() == Some(&*path.pointer()));
        if let Some(rule) = rule.or_else(|| options.ignoring(address, Some(field.name))) {
            let at = Some(path.pointer());
            owned.acknowledged.push(acknowledged(address, at, rule));
            continue;
        }
        let difference = Difference {
            path,
            before: answer,
            after: wanted.clone(),
        };
        owned
            .by_hand
            .push((address.clone(), difference, question.place));
    }
}

fn by_hand(
    address: &Address,
    field: &'static Field,
    named: &Value,
    current: Value,
    instruction: &'static str,
    options: &Options,
    owned: &mut Owned,
) {
    if current == *named || (current.is_null() && *named == Value::Bool(false)) {
        return;
    }
    // Whoever says no to what is implied asks nobody for it, and nobody to undo it.
    let is_on = field.implied == Some(Switch::Flag(true));
    if is_on && *named == Value::Bool(false) {
        return;
    }
    if let Some(rule) = options.ignoring(address, Some(field.name)) {
        let path = Some(pointer([field.name]));
        owned.acknowledged.push(acknowledged(address, path, rule));
        return;
    }
    owned.by_hand.push((
        address.clone(),
        Difference {
            path: FieldPath::of(field.name),
            before: current,
            after: named.clone(),
        },
        instruction,
    ));
}

#[cfg(test)]
mod tests;
