//! Changes of items inside of an object, such as the fields of a layout: each by the smallest write that
//! is right.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Builder;
use crate::api::Method;
use crate::codec::listed::{ID, ORDER, REPLACES, items, live_name};
use crate::codec::{self, id_text, is_nothing, leaf_field, shown_at};
use crate::dialect::Dialect;
use crate::diff::Difference;
use crate::kind::{Api, Field, Inside, Keyed, Kind, Shape, Wire};
use crate::live::LiveObject;
use crate::live::marks::shows;
use crate::plan::bound::place;
use crate::plan::requests::Op;
use crate::problem::{Code, Problem};
use crate::state::{Address, Body, FieldPath, Leaves, Value};

/// Where an item stands, and what it is.
pub(in crate::plan) struct Item<'v> {
    /// The key of the list.
    pub(in crate::plan) outer: &'v str,
    /// Its leaves.
    pub(in crate::plan) leaves: &'v Leaves,
}

/// The items of one side by their keys, and the keys of lists and items in their order.
#[derive(Default)]
pub(in crate::plan) struct Side<'v> {
    /// The items.
    pub(in crate::plan) items: BTreeMap<&'v str, Item<'v>>,
    order: Vec<(&'v str, Vec<&'v str>)>,
    /// The names of lists that are not their keys.
    names: Vec<&'v str>,
}

impl<'v> Side<'v> {
    fn of(value: Option<&'v Value>, inner: &str) -> Self {
        let mut side = Self::default();
        let Some(Value::Map(lists)) = value else {
            return side;
        };
        for (outer, list) in items(lists) {
            side.names.extend(live_name(list));
            let mut keys = Vec::new();
            let list = match list {
                Value::Map(list) => list.get(inner),
                _ => None,
            };
            if let Some(Value::Map(list)) = list {
                for (key, item) in items(list) {
                    if let Value::Map(leaves) = item {
                        keys.push(key);
                        side.items.insert(key, Item { outer, leaves });
                    }
                }
            }
            side.order.push((outer, keys));
        }
        side
    }

    /// The order of lists and items, without the items that the other side lacks.
    fn order_within(&self, other: &Self) -> Vec<(&'v str, Vec<&'v str>)> {
        let kept = |keys: &Vec<&'v str>| {
            let kept = keys.iter().filter(|key| other.items.contains_key(*key));
            kept.copied().collect()
        };
        let order = self.order.iter();
        order.map(|(outer, keys)| (*outer, kept(keys))).collect()
    }
}

/// What is known of the writes for items inside of an object.
pub(super) struct Writes {
    /// What comes before the update of the object.
    pub(super) before: Vec<Op>,
    /// Whether the update of the object sends the lists.
    pub(super) whole: bool,
    /// What comes after it.
    pub(super) after: Vec<Op>,
}

/// The list of items inside of a field: the name of the leaf that holds it, and what it may hold.
pub(in crate::plan) fn list_inside(field: &Field) -> Option<(&'static str, Keyed)> {
    let Shape::Keyed(keyed) = field.shape else {
        return None;
    };
    let inner = keyed.listed?.once?;
    match leaf_field(&keyed.value.shape, inner)?.shape {
        Shape::Keyed(list) => Some((inner, list)),
        _ => None,
    }
}

/// The items that a body holds.
pub(in crate::plan) fn side<'v>(body: Option<&'v Body>, field: &Field, inner: &str) -> Side<'v> {
    Side::of(body.and_then(|body| body.get(field.name)), inner)
}

impl Builder<'_> {
    /// The writes that bring the items inside of a live object to what is wanted; none where the kind has
    /// none.
    ///
    /// What is placed, moved or new takes the whole of the lists, which is right whether the server
    /// replaces or merges them. Everything else is a write of one item.
    pub(super) fn writes_inside(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        api: &Api,
        object: &LiveObject,
    ) -> Option<Writes> {
        let inside = api.inside?;
        let field = kind.field(inside.field)?;
        let (inner, list) = list_inside(field)?;
        let rows = &self.bound.rows;
        let live = side(rows.live(address), field, inner);
        let wanted = side(rows.wanted(address), field, inner);
        let path = |outer: &str, key: &str| {
            FieldPath::of(field.name)
                .child(outer)
                .child(inner)
                .child(key)
        };
        let id = |item: &Item<'_>| item.leaves.get(ID)?.as_text().map(str::to_owned);
        let mut writes = Writes {
            before: Vec::new(),
            whole: live.order_within(&wanted) != wanted.order_within(&live)
                || live.names != wanted.names,
            after: Vec::new(),
        };
        let (mut staying, mut steps) = (Vec::new(), Vec::new());
        for (key, item) in &live.items {
            let (None, Some(id)) = (wanted.items.get(key), id(item)) else {
                continue;
            };
            let path = path(item.outer, key);
            if stays(inside, field.wire(self.dialect()), inner, object, &id) {
                staying.push(codec::written(kind, &path));
            }
            let leave = (Method::Post, inside.leave);
            writes
                .before
                .push(Op::inside(leave, &id, Vec::new(), vec![path]));
        }
        for (key, item) in &wanted.items {
            let is_replaced = self.replaced_keys.iter().any(|one| one == key);
            let known = live.items.get(key).filter(|_| !is_replaced);
            let Some((before, id)) = known.and_then(|one| Some((one, id(one)?))) else {
                writes.whole = true;
                continue;
            };
            let differs = |leaf: &&Field| {
                let side = |leaves: &Leaves| leaves.get(leaf.name).cloned().unwrap_or_default();
                side(before.leaves) != side(item.leaves)
            };
            let Shape::Map(map) = list.value.shape else {
                continue;
            };
            let changed: Vec<&Field> = map.fields.iter().filter(differs).collect();
            writes.before.extend(replacing(inside, &id, item.leaves));
            let takes = |leaf: &&Field| {
                let value = item.leaves.get(leaf.name);
                inside.change.1.contains(&leaf.name)
                    && value.is_some_and(|value| !is_nothing(value))
            };
            writes.whole |= !changed.iter().all(takes);
            let one_at_a_time = inside.one_at_a_time.contains(key);
            let values = changed.iter().find(|leaf| leaf.replaces_values);
            if let (true, Some(values)) = (one_at_a_time, values) {
                let sent = steps_between(
                    map.fields,
                    values,
                    before.leaves,
                    item.leaves,
                    self.dialect(),
                );
                let change = (Method::Patch, inside.change.0);
                let ops = sent
                    .into_iter()
                    .map(|sent| Op::inside(change, &id, sent, Vec::new()));
                steps.push(ops.collect::<Vec<Op>>());
            }
            if !changed.is_empty() {
                let path = path(item.outer, key);
                let about = changed.iter().map(|leaf| path.child(leaf.name)).collect();
                let leaves = map.fields.iter().filter(takes);
                let sent = leaves.filter_map(|leaf| sent(leaf, item.leaves, self.dialect()));
                let change = (Method::Patch, inside.change.0);
                let op = Op::inside(change, &id, sent.collect(), about);
                writes.after.push(op);
            }
        }
        for mut ops in steps {
            // The last of them is what the write of the item sends besides.
            if !writes.whole {
                ops.pop();
            }
            writes.before.append(&mut ops);
        }
        if writes.whole {
            writes.after.clear();
        }
        for path in staying {
            self.cannot_leave(address, inside, &path);
        }
        Some(writes)
    }

    fn cannot_leave(&mut self, address: &Address, inside: Inside, path: &FieldPath) {
        let name = path.below.last().map_or("", |name| &**name);
        self.problems.push(
            Problem::error(
                Code::Protected,
                format!(
                    "the {} `{name}` cannot be taken out of `{address}`: Zoho Desk needs it there",
                    inside.item
                ),
            )
            .at(
                place(self.desired, address, &path.pointer()[1..]),
                "taken out here",
            )
            .help("take the line away, so that it stays where it is"),
        );
    }
}

/// A leaf of an item by its name on the wire, where it says something.
fn sent(leaf: &Field, leaves: &Leaves, dialect: Dialect) -> Option<(&'static str, Value)> {
    let Wire::Sent { name, .. } = leaf.wire(dialect) else {
        return None;
    };
    let value = leaves.get(leaf.name).filter(|value| !is_nothing(value))?;
    Some((*name, value.clone()))
}

/// The writes that give records other values before an item loses those that they have.
fn replacing(inside: Inside, id: &str, leaves: &Leaves) -> Vec<Op> {
    let Some(Value::Map(replaces)) = leaves.get(REPLACES) else {
        return Vec::new();
    };
    let replace = inside.replace;
    let op = |(old, new): (&str, &Value)| {
        let values = vec![
            (replace.item, Value::text(id)),
            (replace.old, Value::text(old)),
            (replace.new, new.clone()),
        ];
        Op::inside((Method::Post, replace.path), id, values, Vec::new())
    };
    replaces.iter().map(op).collect()
}

/// What is sent on the way from the values before to those wanted, of which one at a time comes or goes. The
/// wanted default goes with the first step that has it, so that none is left behind.
fn steps_between(
    fields: &[Field],
    leaf: &Field,
    before: &Leaves,
    after: &Leaves,
    dialect: Dialect,
) -> Vec<Vec<(&'static str, Value)>> {
    let Wire::Sent { name, .. } = leaf.wire(dialect) else {
        return Vec::new();
    };
    let texts = |leaves: &Leaves| match leaves.get(leaf.name) {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    let (mut now, wanted) = (texts(before), texts(after));
    // What is one of the values goes with them, such as the default.
    let with = fields.iter().filter(|other| {
        let value = after.get(other.name);
        matches!(other.shape, Shape::Text { .. })
            && value.is_some_and(|value| wanted.contains(value))
    });
    let with: Vec<(&'static str, Value)> = with
        .filter_map(|other| sent(other, after, dialect))
        .collect();
    let mut steps = Vec::new();
    let mut step = |now: &[Value]| {
        let mut sent = vec![(*name, Value::List(now.to_vec()))];
        sent.extend(
            with.iter()
                .filter(|(_, value)| now.contains(value))
                .cloned(),
        );
        steps.push(sent);
    };
    for new in wanted.iter().filter(|value| !texts(before).contains(value)) {
        now.push(new.clone());
        step(&now);
    }
    for old in texts(before).iter().filter(|value| !wanted.contains(value)) {
        now.retain(|value| value != old);
        step(&now);
    }
    steps
}

/// Whether an item that is live cannot be taken out.
fn stays(inside: Inside, wire: &Wire, inner: &str, object: &LiveObject, id: &str) -> bool {
    let Some(lists) = wire
        .read_name()
        .and_then(|read| shown_at(&object.raw, read))
    else {
        return false;
    };
    let lists = lists.as_array().map_or(&[][..], Vec::as_slice).iter();
    let mut all = lists.flat_map(|list| {
        list.get(inner)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
    });
    let found = all.find(|item| item.get("id").and_then(id_text).as_deref() == Some(id));
    let raw = found.and_then(Json::as_object);
    raw.is_some_and(|raw| inside.stays.iter().any(|sign| shows(raw, sign)))
}

/// Whether a difference is nothing but the order of a list that has lost items: that they are gone is told
/// beside it.
pub(super) fn is_told_beside(difference: &Difference) -> bool {
    if difference
        .path
        .below
        .last()
        .is_none_or(|key| &**key != ORDER)
    {
        return false;
    }
    let (Value::List(before), Value::List(after)) = (&difference.before, &difference.after) else {
        return true;
    };
    let kept = before.iter().filter(|key| after.contains(key));
    kept.eq(after)
}
