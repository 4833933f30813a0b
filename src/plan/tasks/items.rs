//! Items of lists that have calls of their own: which are changed, added, or sent together.

use super::Builder;
use crate::codec::id_text;
use crate::kind::{Api, ItemCalls, Kind, Wire};
use crate::live::{LiveObject, at};
use crate::plan::requests::Op;
use crate::state::{Address, Body, FieldPath, Leaves, Value};

/// The items of a list by places, in their order.
fn items<'b>(body: Option<&'b Body>, field: &str) -> Vec<&'b Value> {
    let Some(Value::Map(items)) = body.and_then(|body| body.get(field)) else {
        return Vec::new();
    };
    by_place(items)
}

fn by_place(items: &Leaves) -> Vec<&Value> {
    (1..)
        .map_while(|place: usize| items.get(&place.to_string()))
        .collect()
}

impl Builder<'_> {
    /// The writes of the items of a list that differ; what they send is taken out of the paths of the
    /// update.
    ///
    /// As long as none goes each place keeps its item: those that differ are replaced, and new ones are
    /// added. Where some go, or one shows no id, all are sent together: those that are equal keep their ids,
    /// and then the others in order.
    pub(super) fn item_ops(
        &self,
        (address, kind, object): (&Address, &'static Kind, &LiveObject),
        api: &Api,
        calls: &ItemCalls,
        paths: &mut Vec<FieldPath>,
    ) -> Vec<Op> {
        let before = paths.len();
        paths.retain(|path| path.field != calls.field);
        if paths.len() == before {
            return Vec::new();
        }
        let dialect = self.dialect();
        let wanted = items(self.bound.rows.wanted(address), calls.field);
        let live = items(self.bound.rows.live(address), calls.field);
        let shown = kind.field(calls.field).map(|field| field.wire(dialect));
        let shown = shown
            .and_then(Wire::read_name)
            .and_then(|name| at(&object.raw, name));
        let shown = shown.and_then(|list| list.as_array());
        let ids: Vec<Option<Box<str>>> = shown
            .into_iter()
            .flatten()
            .map(|item| item.get(calls.id).and_then(id_text).map(Into::into))
            .collect();
        let id = |place: usize| ids.get(place).cloned().flatten();
        let has_ids = (0..live.len()).all(|place| id(place).is_some());
        if wanted.len() >= live.len() && has_ids {
            let differ = wanted.iter().enumerate();
            let differ = differ.filter(|(place, item)| live.get(*place) != Some(item));
            let ops = differ.map(|(place, _)| Op::item(calls, place + 1, id(place).as_deref()));
            return ops.collect();
        }
        let mut open: Vec<usize> = (0..live.len()).collect();
        let mut taken: Vec<Option<usize>> = (wanted.iter())
            .map(|item| {
                let found = open.iter().position(|place| live.get(*place) == Some(item));
                found.map(|found| open.remove(found))
            })
            .collect();
        for place in taken.iter_mut().filter(|place| place.is_none()) {
            *place = (!open.is_empty()).then(|| open.remove(0));
        }
        let ids = taken.into_iter().map(|place| id(place?)).collect();
        let Some(mut op) = Op::all_items(api, calls, ids) else {
            return Vec::new();
        };
        // A PUT may take away what it leaves out.
        let wanted = self.bound.rows.wanted(address);
        for (field, value) in self.live.decode(kind, &object.raw).of_kind(kind) {
            let wire = field.wire(dialect);
            if let (Wire::Sent { name, .. }, true) = (wire, wire.goes_with_update())
                && field.name != calls.field
            {
                let named = wanted.and_then(|body| body.get(field.name));
                let value = named.unwrap_or(value);
                if !value.is_null() {
                    op = op.value(name, value.clone());
                }
            }
        }
        vec![op]
    }
}
