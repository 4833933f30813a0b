//! What still refers to what a plan removes, among all that was read.

use foldhash::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use crate::codec::{Names as _, read_field, texts_that_may_name};
use crate::kind::{Field, Kind, Shape};
use crate::live::Live;
use crate::live::marks::belongs_to_others;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::state::{Address, FieldPath, Reference, Value};
use crate::verb::Verb;

/// How many of those that refer to one thing are named.
const NAMED: usize = 10;

/// What refers to something that goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Referrers {
    /// How many of the objects that were read do.
    pub count: usize,
    /// The first ten of them, sorted.
    pub first: Vec<Address>,
}

/// Whether a step removes an object, by the API or by hand.
pub(super) fn removes(task: &Task, rows: &Rows) -> bool {
    match task.verb {
        Verb::Delete | Verb::Disable => true,
        Verb::Manual => {
            let row = rows.get(&task.address);
            row.is_some_and(|row| row.going.is_some() && row.wanted.is_none())
        }
        Verb::Create | Verb::Update | Verb::Replace => false,
    }
}

/// Finds what refers, once the plan is carried out, to what it removes.
///
/// What the plan removes itself does not count, nor a reference that the plan changes.
pub(super) fn of_removed(tasks: &[Task], rows: &Rows, live: &Live) -> HashMap<Address, Referrers> {
    let removed: HashSet<&Address> = tasks
        .iter()
        .filter(|task| removes(task, rows))
        .map(|task| &task.address)
        .collect();
    let mut found: HashMap<Address, Vec<usize>> = HashMap::default();
    if removed.is_empty() {
        return HashMap::default();
    }
    let collections: HashSet<&str> = removed.iter().map(|address| address.collection).collect();
    let mut fields: HashMap<&'static str, Vec<&'static Field>> = HashMap::default();
    for (index, object) in live.objects.iter().enumerate() {
        let kind = object.kind;
        let fields = fields
            .entry(kind.collection)
            .or_insert_with(|| refer_to(kind, &collections));
        if fields.is_empty() || belongs_to_others(object).is_some() {
            continue;
        }
        let row = live.bound(index).and_then(|address| rows.get(address));
        let mut named: HashSet<Address> = HashSet::default();
        for field in fields.iter() {
            let wanted = row
                .and_then(|row| row.wanted.as_ref())
                .and_then(|body| body.get(field.name));
            if let Some(value) = wanted {
                collect(value, &removed, &mut named);
                // A text may be the name of what goes, or its id.
                let own = FieldPath::of(field.name);
                texts_that_may_name(field, value, &own, &mut |targets, text, _| {
                    let target = live.meant(targets, text);
                    named.extend(target.filter(|target| removed.contains(target)));
                });
            } else if let Some(value) = read_field(field, live.dialect, &object.raw, live) {
                collect(&value, &removed, &mut named);
            }
        }
        for address in named {
            found.entry(address).or_default().push(index);
        }
    }
    let shown = |indices: Vec<usize>| {
        let mut names = Vec::new();
        let mut count = 0;
        for index in indices {
            let Some(address) = live.address_of(index) else {
                continue;
            };
            // Who goes as well refers to nothing.
            if removed.contains(&address) {
                continue;
            }
            count += 1;
            names.push(address);
        }
        names.sort_unstable();
        names.truncate(NAMED);
        Referrers {
            count,
            first: names,
        }
    };
    found
        .into_iter()
        .map(|(address, indices)| (address, shown(indices)))
        .filter(|(_, referrers)| referrers.count > 0)
        .collect()
}

/// The fields of a kind that may name something of one of the collections.
fn refer_to(kind: &'static Kind, collections: &HashSet<&str>) -> Vec<&'static Field> {
    let fields = kind.fields.iter();
    fields
        .filter(|field| may_name(field, collections))
        .collect()
}

/// Whether a value of a field may name something of one of the collections, at any depth.
fn may_name(field: &Field, collections: &HashSet<&str>) -> bool {
    // An order is that of what is there.
    if matches!(field.shape, Shape::Ranked(_)) {
        return false;
    }
    let mut targets = Vec::new();
    field.targets(&mut targets);
    let mut targets = targets.iter();
    targets.any(|target| collections.contains(target.collection))
}

/// Gathers which of what goes a value names, as a reference or as the key of a value.
fn collect(value: &Value, removed: &HashSet<&Address>, found: &mut HashSet<Address>) {
    value.walk(&mut |value| match value {
        Value::Reference(Reference::To(address)) if removed.contains(address) => {
            found.insert(address.clone());
        }
        Value::Map(map) => {
            for (key, value) in map.iter() {
                if !value.is_null()
                    && let Ok(address) = key.parse::<Address>()
                    && removed.contains(&address)
                {
                    found.insert(address);
                }
            }
        }
        _ => {}
    });
}
