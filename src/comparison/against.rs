//! Manifests against an organization: what they name, as a plan compares it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compared, Entry, Field, Where, alike, normal, shown};
use crate::codec::read_field;
use crate::diff::{Change, Difference, between};
use crate::plan::{self, row::Row};
use crate::state::{Address, Body, State, Value};

/// Manifests that were compared with an organization.
#[derive(Debug, Clone, Copy)]
pub struct Against<'c> {
    /// Both sides side by side.
    pub sides: &'c plan::Compared,
    /// Whether the organization is the first side.
    pub is_live_first: bool,
}

/// Tells where an organization is otherwise than manifests say. Of secrets it is asked alone whether what is live
/// can have come from the template.
#[must_use]
pub fn against(against: Against<'_>, kinds: &BTreeSet<&'static str>) -> Compared {
    let rows = &against.sides.bound.rows;
    let mut compared = Compared {
        acknowledged: against.sides.owned.acknowledged.clone(),
        unclear: rows.unclear().into_iter().cloned().collect(),
        ..Compared::default()
    };
    let mut fields: BTreeMap<Address, Vec<Field>> = BTreeMap::new();
    let mut add = |address: &Address, all: Vec<Field>| {
        if !all.is_empty() {
            fields.entry(address.clone()).or_default().extend(all);
        }
    };
    for change in rows.changes() {
        match change {
            // What manifests do not declare is told by an export.
            Change::Remove(_) => {}
            Change::Create(address) => {
                if let Some((row, body)) = rows
                    .get(&address)
                    .and_then(|row| Some((row, row.named.as_ref()?)))
                {
                    compared.one_sided(row.kind, &address, body, against.declared());
                }
            }
            Change::Update(address, differences) => {
                let is_secret = secrets(rows.get(&address));
                let plain = differences
                    .iter()
                    .filter(|one| !is_secret.contains(one.path.field));
                add(
                    &address,
                    plain
                        .filter_map(|one| against.field(&address, one))
                        .collect(),
                );
            }
        }
    }
    for (address, difference, _) in &against.sides.owned.by_hand {
        add(
            address,
            against.field(address, difference).into_iter().collect(),
        );
    }
    let mut equal = 0;
    for row in rows {
        let (address, Some(_)) = (&row.address, &row.named) else {
            continue;
        };
        add(address, against.secret(row));
        if row.unanswered || (row.not_compared && row.wanted.is_none()) {
            compared.not_compared.insert(address.clone());
        }
        let is_whole = row.object.is_some() || row.kind.is_check();
        if is_whole && kinds.contains(address.collection) && row.wanted.is_some() && !row.unclear {
            equal += 1;
        }
    }
    compared.equal = equal;
    fields.retain(|address, _| kinds.contains(address.collection));
    compared.keep(kinds);
    for (address, fields) in fields {
        compared.equal = compared.equal.saturating_sub(1);
        compared.entries.push(Entry {
            address,
            found: Where::Both,
            other: None,
            fields,
        });
    }
    compared
}

/// The fields of a declaration that hold secrets.
fn secrets(row: Option<&Row>) -> BTreeSet<&'static str> {
    let named = row.and_then(|row| row.named.as_ref());
    let fields = named.into_iter().flat_map(Body::iter);
    fields
        .filter(|(_, value)| value.is_secret())
        .map(|(field, _)| field)
        .collect()
}

impl Against<'_> {
    /// The side of the manifests.
    fn declared(self) -> Where {
        if self.is_live_first {
            Where::OnlyInB
        } else {
            Where::OnlyInA
        }
    }

    fn field(self, address: &Address, difference: &Difference) -> Option<Field> {
        let kind = self.sides.bound.rows.get(address)?.kind;
        // What is live stands before what is declared.
        if self.is_live_first {
            return Some(shown(kind, difference));
        }
        let Difference {
            path,
            before,
            after,
        } = difference.clone();
        let turned = Difference {
            path,
            before: after,
            after: before,
        };
        Some(shown(kind, &turned))
    }

    /// What differs in the fields that hold secrets.
    fn secret(self, row: &Row) -> Vec<Field> {
        let live = &self.sides.live;
        let object = row.object.and_then(|index| live.objects.get(index));
        let (Some(object), Some(named)) = (object, &row.named) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (field, value) in named
            .of_kind(row.kind)
            .filter(|(_, value)| value.is_secret())
        {
            let shown = read_field(field, live.dialect, &object.raw, live);
            // Of what no answer shows nothing can be told.
            let Some(current) = shown.filter(|_| !field.write_only) else {
                continue;
            };
            let (mut wanted, mut current) = (normal(value), only(normal(&current), value));
            alike(&mut current, &mut wanted, &mut false);
            let differences = between(field.name, &current, &wanted);
            all.extend(
                differences
                    .iter()
                    .filter_map(|one| self.field(&row.address, one)),
            );
        }
        all
    }
}

/// Of a map the keys that are named.
fn only(current: Value, named: &Value) -> Value {
    match (current, named) {
        (Value::Map(current), Value::Map(named)) => {
            let kept = current.into_iter().filter_map(|(key, value)| {
                let value = only(value, named.get(&key)?);
                Some((key, value))
            });
            Value::Map(kept.collect())
        }
        (current, _) => current,
    }
}

impl Compared {
    /// Keeps what is about some kinds.
    fn keep(&mut self, kinds: &BTreeSet<&'static str>) {
        let is_kept = |address: &Address| kinds.contains(address.collection);
        self.entries.retain(|entry| is_kept(&entry.address));
        self.acknowledged.retain(|entry| is_kept(&entry.address));
        self.not_compared.retain(is_kept);
        self.unclear.retain(is_kept);
    }

    /// Adds what an organization has and no manifest declares.
    pub fn add_live(&mut self, state: &State, is_live_first: bool) {
        let found = if is_live_first {
            Where::OnlyInA
        } else {
            Where::OnlyInB
        };
        for (address, one) in state {
            self.one_sided(one.kind, address, &one.body, found);
        }
    }
}
