//! Replacements: what no update can change is deleted and made anew, where that is asked for.

use foldhash::HashMap;
use serde_json::Value as Json;

use super::{Builder, Draft, prevented};
use crate::codec;
use crate::codec::listed::ID;
use crate::diff::{Change, Difference};
use crate::kind::{self, Create, Kind, Shape, Stage, Wire};
use crate::ledger::Ledger;
use crate::live::marks::belongs_to_others;
use crate::plan::bound::place;
use crate::plan::ownership::set_defaults;
use crate::plan::requests::{Op, Way, way};
use crate::plan::row::Row;
use crate::plan::shown::shown;
use crate::problem::{Code, Problem, ticked};
use crate::state::{Address, Body, FieldPath, Reference, Value};
use crate::verb::Verb;

impl Builder<'_> {
    /// Values go with the object that is replaced and is their key in maps: whoever declares one has to
    /// send it again.
    pub(super) fn lost_with_what_is_replaced(&mut self, differences: &mut Vec<Change>) {
        let mut replaced: HashMap<&'static str, Vec<String>> = HashMap::default();
        for change in &*differences {
            let Change::Update(address, fields) = change else {
                continue;
            };
            if kind::is_key(address.collection)
                && let Some(kind) = kind::find(address.collection)
                && self.frozen(kind, fields).is_some()
            {
                let keys = replaced.entry(address.collection).or_default();
                keys.push(address.to_string());
            }
        }
        if replaced.is_empty() {
            return;
        }
        self.replaced_keys = replaced.values().flatten().cloned().collect();
        let mut known: HashMap<Address, usize> = differences
            .iter()
            .enumerate()
            .map(|(index, change)| (change.address().clone(), index))
            .collect();
        for row in &self.bound.rows {
            let (Some(wanted), Some(_)) = (&row.wanted, &row.live) else {
                continue;
            };
            let address = &row.address;
            for difference in lost(row.kind, wanted, &replaced) {
                match known
                    .get(address)
                    .and_then(|index| differences.get_mut(*index))
                {
                    Some(Change::Update(_, fields)) => {
                        if !fields.iter().any(|have| have.path == difference.path) {
                            fields.push(difference);
                        }
                    }
                    Some(_) => {}
                    None => {
                        known.insert(address.clone(), differences.len());
                        differences.push(Change::Update(address.clone(), vec![difference]));
                    }
                }
            }
        }
    }

    /// Replaces an object whose change the API cannot make, where that is asked for and possible.
    pub(super) fn replace_or_refuse(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        index: usize,
        Frozen { field, why, live }: Frozen,
        draft: Draft,
    ) {
        let (Some(object), Some(api)) = (self.live.objects.get(index), kind.api(self.dialect()))
        else {
            return;
        };
        let automatic = kind.replaces_itself;
        let delete = match way(api.removal, self.options.removal(kind), object) {
            Way::Delete(op) => Some(op),
            way => self.hands_over(address, kind, index, way),
        };
        let named = self.named(address);
        let can_create = match api.create {
            Create::Post(_) | Create::Clone { .. } => true,
            Create::PostWith { .. } => api.create.by_hand(|name| named.gives(name)).is_none(),
            Create::Update | Create::Manual(_) | Create::Never => false,
        };
        if let (Create::PostWith { needs, .. }, true, false) =
            (api.create, delete.is_some(), can_create)
        {
            self.problems.push(
                Problem::error(
                    Code::MissingForCreate,
                    format!(
                        "`{address}` cannot be made anew without `{needs}`: a person has to create a {} that lacks it",
                        kind.singular
                    ),
                )
                .at(place(self.desired, address, "lifecycle/replace"), "asked for here")
                .help(format!(
                    "set `{needs}`, or take `replace` out to be told what a person has to change"
                )),
            );
            return;
        }
        let Some(delete) = delete.filter(|_| can_create) else {
            self.cannot_be_replaced(address, kind, (&field, &format!("{why}{live}")));
            return;
        };
        if !automatic && !self.desired.is_replaced(address) {
            // What others made is not to be deleted for the asking.
            let owns = |ledger: &Ledger| ledger.by_id(kind.collection, &object.id).is_some();
            let help = if self.options.ledger.as_ref().is_some_and(owns) {
                format!(
                    "put it back, or let deskform delete and create the {} with `lifecycle: {{replace: true}}`{}",
                    kind.singular,
                    kind.delete_effect
                        .map_or_else(String::new, |effect| format!(": {effect}"))
                )
            } else {
                let way = if live.is_empty() {
                    "shorten it"
                } else {
                    "write what is live"
                };
                format!(
                    "{way}, or declare another {}: deskform does not own this one",
                    kind.singular
                )
            };
            self.problems.push(
                Problem::error(
                    Code::CannotChange,
                    format!("`{field}` of `{address}` {why}{live}"),
                )
                .at(place(self.desired, address, &field), "changed here")
                .help(help),
            );
            return;
        }
        if let Some(what) = belongs_to_others(object) {
            self.problems.push(
                Problem::error(
                    Code::Protected,
                    format!("`{address}` is {what} and cannot be replaced"),
                )
                .at(place(self.desired, address, &field), "changed here")
                .help("put it back"),
            );
            return;
        }
        let keep = automatic.then(|| self.live.body(index));
        self.replace(address, kind, delete, draft, keep);
    }

    /// The first changed field that an update cannot change, and why.
    pub(super) fn frozen(&self, kind: &'static Kind, differences: &[Difference]) -> Option<Frozen> {
        let is_all = matches!(
            kind.api(self.dialect()).map(|api| api.change),
            Some(kind::Change::Manual(_))
        );
        differences.iter().find_map(|difference| {
            let field = kind.field(difference.path.field)?;
            let goes_once = matches!(
                field.wire(self.dialect()),
                Wire::Sent {
                    stage: Stage::Create,
                    ..
                }
            );
            if is_all || codec::is_fixed(field, &difference.path) || goes_once {
                return Some(Frozen {
                    field: field.name.to_owned(),
                    why: "can be given on creation only".to_owned(),
                    live: live_value(kind, difference),
                });
            }
            let max = field.longest_update(self.dialect())?;
            let length = match &difference.after {
                Value::Text(text) => text.chars().count(),
                Value::Secret(secret) => secret.expose().map_or(0, |text| text.chars().count()),
                _ => 0,
            };
            (length > max as usize).then(|| Frozen {
                field: field.name.to_owned(),
                why: format!(
                    "would be {length} characters long, and an update takes {max} at most"
                ),
                live: String::new(),
            })
        })
    }

    /// Refuses to replace what declared resources lie below: they may go with it, and would have to be made
    /// anew below the new one.
    fn takes_others_with_it(&mut self, address: &Address, kind: &'static Kind) -> bool {
        let lies_below = |row: &&Row| {
            let fields = kind::scopes(row.kind);
            let named = row.named.as_ref();
            let mut parents = fields.filter_map(|field| named?.get(field.name));
            row.object.is_some()
                && parents.any(|parent| {
                    matches!(parent, Value::Reference(Reference::To(above)) if above == address)
                })
        };
        let below: Vec<String> = (self.bound.rows.iter())
            .filter(lies_below)
            .map(|row| row.address.to_string())
            .collect();
        if below.is_empty() {
            return false;
        }
        self.problems.push(
            Problem::error(
                Code::CannotChange,
                format!(
                    "`{address}` would be made anew, and what lies below it may go with the old {}: {}",
                    kind.singular,
                    ticked(&below, "and")
                ),
            )
            .at(place(self.desired, address, ""), "declared here")
            .help("take what lies below out of the manifests first and declare it again once the new one is there, or put back what changed"),
        );
        true
    }

    pub(super) fn replace(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        delete: Op,
        mut draft: Draft,
        keep: Option<Body>,
    ) {
        if self.prevents_destroy(address) {
            self.held.push((
                address.clone(),
                prevented(self.desired, address, "replaced"),
            ));
        }
        if self.takes_others_with_it(address, kind) {
            return;
        }
        // A creation sends all that the manifests name, not just what changes. Of what is live besides
        // only an automatic replacement keeps everything: it may not even go with a new type.
        let mut body = keep.unwrap_or_default();
        for (name, value) in self.named(address).iter() {
            if kind
                .field(name)
                .is_none_or(|field| field.by_oneself.is_none())
            {
                body.set(name, value.clone());
            }
        }
        let enabled = kind.enabled.map(|enabled| enabled.field);
        // What is laid over what a new one has is not what was laid over the old one.
        let standard = kind.api(self.dialect()).and_then(|api| api.standard);
        let is_standard = |name: &str| standard.is_some_and(|one| one.field == name);
        for (name, value) in draft.body.iter().filter(|(name, _)| !is_standard(name)) {
            if body.get(name).is_some() || enabled == Some(name) {
                body.set(name, value.clone());
            }
        }
        set_defaults(kind, self.dialect(), &mut body);
        draft.body = body;
        let Some(api) = kind.api(self.dialect()) else {
            return;
        };
        // The old one goes first, so that nothing may lack then: two of one name could not be told apart by a
        // run that finds them. What hands over to the new one can only go after it, and has another name.
        let hands_over = !delete.values().is_empty();
        self.has_what_creations_need(address, kind, api, &draft.body);
        let mut ops = self.creation(address, kind, api, &mut draft.body, &[]);
        if hands_over {
            let effect = "what hangs on the old one goes to the new one";
            draft.effects.push(effect.to_owned());
            ops.push(delete);
        } else {
            ops.insert(0, delete);
        }
        draft.ops = ops;
        draft.effects.extend(kind.delete_effect.map(str::to_owned));
        draft.effects.extend(self.create_effect(kind));
        self.push(address, Verb::Replace, kind, draft);
        self.by_hand_after_create(address, kind);
    }
}

/// A changed field that an update cannot change.
pub(super) struct Frozen {
    field: String,
    /// Why, completing "`type` of `customFields/a` …".
    why: String,
    /// What is live, completing that; empty where it does not matter.
    live: String,
}

/// What is live in place of a value that can be given on creation only; nothing of a secret.
fn live_value(kind: &Kind, difference: &Difference) -> String {
    let change = shown(kind, difference);
    let what = if difference.path.below.is_empty() {
        "the live value".to_owned()
    } else {
        format!("the live `{}`", &change.field[1..])
    };
    match &change.before {
        _ if change.secret => String::new(),
        Json::Null => ", and nothing is live there".to_owned(),
        Json::String(text) => format!(", and {what} is `{text}`"),
        value => format!(", and {what} is `{value}`"),
    }
}

/// The values of a resource whose keys in maps are replaced, as if they had been cleared.
pub(super) fn lost(
    kind: &Kind,
    wanted: &Body,
    replaced: &HashMap<&'static str, Vec<String>>,
) -> Vec<Difference> {
    let mut lost = Vec::new();
    for field in kind.fields {
        if let Some(value) = wanted.get(field.name) {
            lost_inside(
                &field.shape,
                value,
                &FieldPath::of(field.name),
                replaced,
                &mut lost,
            );
        }
    }
    lost
}

fn lost_inside(
    shape: &Shape,
    value: &Value,
    path: &FieldPath,
    replaced: &HashMap<&'static str, Vec<String>>,
    lost: &mut Vec<Difference>,
) {
    let Value::Map(map) = value else { return };
    let keys = shape.keyed_by();
    let keys = keys.and_then(|target| replaced.get(target.collection));
    for key in keys.into_iter().flatten() {
        if let Some(value) = map.get(key).filter(|value| !value.is_null()) {
            lost.push(Difference {
                path: path.child(key),
                before: Value::Null,
                after: value.clone(),
            });
        }
    }
    for (key, value) in map {
        if let Some(leaf) = codec::leaf_field(shape, key) {
            lost_inside(&leaf.shape, value, &path.child(key), replaced, lost);
        }
    }
}

/// Takes the ids out of items whose keys name what is replaced: those that take their place have others.
pub(super) fn forget_ids(value: &mut Value, replaced: &[String]) {
    let Value::Map(map) = value else { return };
    for (key, item) in map.iter_mut() {
        if let (true, Value::Map(item)) = (replaced.iter().any(|one| one == key), &mut *item) {
            item.remove(ID);
        }
        forget_ids(item, replaced);
    }
}
