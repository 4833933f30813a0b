//! From differences to ordered tasks: what is sent, what comes first, and the plan that shows it.

mod members;
mod prerequisites;
mod removals;

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::diff::{Change, Difference, changes};
use crate::kind::rules::{GoWith, Rule};
use crate::kind::{Create, Form, Kind, Shape, Wire};
use crate::live::convert::{can_be_cleared, guide_events, switch_value};
use crate::live::marks::belongs_to_others;
use crate::live::{ActingAgent, EventPart, Live};
use crate::manifest::Desired;
use crate::plan::bound::{Bound, place};
use crate::plan::order::{order, targeted};
use crate::plan::ownership::Owned;
use crate::plan::requests::{Deletion, Member, Op, Way, way};
use crate::plan::shown::{change_of, shown};
use crate::plan::summary::summarise;
use crate::plan::task::{Remarks, Task};
use crate::plan::{Changes, Options, Plan, Refusal, guards, hierarchy};
use crate::problem::{Code, Place, Problem};
use crate::state::{Address, Body, Reference, Value};
use crate::verb::Verb;
use foldhash::{HashMap, HashMapExt as _};

/// A plan with its tasks.
#[derive(Debug)]
pub struct Planned {
    /// The plan as it is shown and saved.
    pub plan: Plan,
    /// The tasks, in the plan's order, manual steps included (they have no writes).
    pub tasks: Vec<Task>,
}

/// Plans.
///
/// # Errors
/// All problems at once: changes that the API cannot make, cycles, guards. Where guards alone
/// refuse, the plan that they refuse comes with them.
pub fn plan(
    desired: &Desired,
    bound: &Bound,
    owned: &Owned,
    live: &Live,
    options: &Options,
) -> Result<Planned, Refusal> {
    let mut builder = Builder {
        desired,
        bound,
        owned,
        live,
        options,
        problems: Vec::new(),
        tasks: Vec::new(),
        removable: bound
            .tombstones
            .iter()
            .map(|(index, at)| (*index, Some(at.clone())))
            .chain(bound.pruned.iter().map(|index| (*index, None)))
            .filter_map(|(index, at)| Some((live.address_of(index)?, (index, at))))
            .collect(),
        members: members(owned),
    };
    let mut differences = changes(&owned.desired, &owned.live);
    builder.lost_with_replaced_fields(&mut differences);
    builder.tasks.reserve(differences.len());
    for change in &differences {
        match change {
            Change::Create(address) => builder.create(address),
            Change::Update(address, fields) => builder.update(address, fields),
            Change::Remove(address) => builder.remove(address),
        }
    }
    drop(differences);
    builder.by_hand();
    builder.leave_new_departments();
    builder.prerequisites();
    let mut tasks = builder.tasks;
    let mut problems = builder.problems;
    if !options.targets.is_empty() {
        tasks = targeted(tasks, &options.targets, desired, &mut problems);
    }
    problems.extend(hierarchy::check(&tasks, desired, live));
    let refused = guards::check(&tasks, desired, bound, owned, live, options);
    if !problems.is_empty() {
        problems.extend(refused);
        return Err(problems.into());
    }
    let mut tasks = order(tasks).map_err(|cycle| {
        let path: Vec<String> = cycle.iter().map(|address| format!("`{address}`")).collect();
        let cycle = Problem::error(
            Code::DependencyCycle,
            format!("the steps wait for each other: {}", path.join(" -> ")),
        )
        .help("take one of the references out, apply, and put it back");
        let mut problems = vec![cycle];
        problems.extend(refused.iter().cloned());
        problems
    })?;
    let mut plan = summarise(desired, bound, owned, live, options, &mut tasks);
    if refused.is_empty() {
        Ok(Planned { plan, tasks })
    } else {
        plan.refused = refused
            .iter()
            .map(|problem| problem.message.clone())
            .collect();
        Err(Refusal {
            problems: refused,
            plan: Some(Box::new(plan)),
        })
    }
}

struct Builder<'a> {
    desired: &'a Desired,
    bound: &'a Bound,
    owned: &'a Owned,
    live: &'a Live,
    options: &'a Options,
    problems: Vec<Problem>,
    tasks: Vec<Task>,
    /// Live objects that may be removed, with the place of their tombstone if there is one.
    removable: HashMap<Address, (usize, Option<Place>)>,
    /// Agents whose declared departments include a department, by department.
    members: HashMap<&'a Address, Vec<&'a Address>>,
}

/// The agents of every department, in the order in which they are declared.
fn members(owned: &Owned) -> HashMap<&Address, Vec<&Address>> {
    let mut members: HashMap<&Address, Vec<&Address>> = HashMap::new();
    for (address, resource) in &owned.desired {
        if resource.kind.collection != "agents" {
            continue;
        }
        let Some(Value::List(list)) = resource.body.get("departments") else {
            continue;
        };
        for item in list {
            if let Value::Reference(Reference::To(department)) = item {
                members.entry(department).or_default().push(address);
            }
        }
    }
    members
}

impl Builder<'_> {
    /// What a creation does besides.
    fn create_effect(&self, kind: &'static Kind) -> Option<String> {
        let is_quiet = kind
            .api(self.dialect())
            .is_some_and(|api| api.creates_quietly);
        kind.create_effect.filter(|_| !is_quiet).map(str::to_owned)
    }

    fn dialect(&self) -> Dialect {
        self.live.dialect
    }

    fn named(&self, address: &Address) -> Body {
        self.owned
            .named
            .get(address)
            .map(|resource| resource.body.clone())
            .unwrap_or_default()
    }

    fn lifecycle_replace(&self, address: &Address) -> bool {
        self.desired
            .details
            .get(address)
            .is_some_and(|detail| detail.lifecycle.replace)
    }

    fn prevents_destroy(&self, address: &Address) -> bool {
        self.desired
            .details
            .get(address)
            .is_some_and(|detail| detail.lifecycle.prevent_destroy)
    }

    fn push(&mut self, address: &Address, verb: Verb, kind: &'static Kind, task: Draft) {
        let adopted = self.options.ledger.is_some()
            && self.bound.live.contains_key(address)
            && !self.bound.known.contains(address);
        self.tasks.push(Task {
            address: address.clone(),
            verb,
            changes: task.changes,
            credits: 0,
            remarks: (adopted || !task.effects.is_empty() || task.instruction.is_some()).then(
                || {
                    Box::new(Remarks {
                        adopted,
                        effects: task.effects,
                        instruction: task.instruction,
                    })
                },
            ),
            kind,
            ops: task.ops,
            prerequisites: Vec::new(),
            body: task.body,
            named: self.named(address),
            pruned: task.pruned,
            prevents_destroy: self.prevents_destroy(address),
        });
    }

    /// When a custom field is replaced its values are gone; whoever names one has to send it again.
    fn lost_with_replaced_fields(&self, differences: &mut Vec<Change>) {
        let replaced: Vec<String> = differences
            .iter()
            .filter_map(|change| match change {
                Change::Update(address, fields)
                    if address.collection == "customFields"
                        && fields.iter().any(|difference| {
                            crate::kind::custom_fields::KIND
                                .field(difference.field)
                                .is_some_and(|field| field.create_only)
                        }) =>
                {
                    Some(address.to_string())
                }
                _ => None,
            })
            .collect();
        if replaced.is_empty() {
            return;
        }
        let mut known: HashMap<Address, usize> = differences
            .iter()
            .enumerate()
            .map(|(index, change)| (change.address().clone(), index))
            .collect();
        for (address, resource) in &self.owned.desired {
            let (Some(Value::Map(cf)), true) = (
                resource.body.get("cf"),
                self.owned.live.contains_key(address),
            ) else {
                continue;
            };
            for key in &replaced {
                let Some(value) = cf.get(key).filter(|value| !value.is_null()) else {
                    continue;
                };
                let difference = Difference {
                    field: "cf",
                    leaf: Some(key.as_str().into()),
                    before: Value::Null,
                    after: value.clone(),
                };
                match known
                    .get(address)
                    .and_then(|index| differences.get_mut(*index))
                {
                    Some(Change::Update(_, fields)) => {
                        if !fields.iter().any(|have| have.leaf.as_deref() == Some(key)) {
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

    fn create(&mut self, address: &Address) {
        let Some(resource) = self.owned.desired.get(address) else {
            return;
        };
        let kind = resource.kind;
        let Some(api) = kind.api(self.dialect()) else {
            return;
        };
        let mut draft = Draft {
            changes: Changes::created(kind, self.dialect(), resource.body.clone()),
            body: resource.body.clone(),
            ..Draft::default()
        };
        match api.create {
            Create::Never => return,
            Create::Manual(at) => {
                self.create_by_hand(address, kind, at, draft);
                return;
            }
            Create::Post | Create::PostWithAgents => {}
        }
        self.is_whole(address, kind, &resource.body);
        for name in api.required_on_create {
            if resource.body.get(name).is_none_or(is_empty) {
                self.problems.push(
                    Problem::error(
                        Code::MissingForCreate,
                        format!(
                            "a new {} needs `{name}` in the {} dialect",
                            kind.singular,
                            self.dialect()
                        ),
                    )
                    .at(place(self.desired, address, ""), "declared here")
                    .help(format!("set `{name}`")),
                );
            }
        }
        if api.form == Form::EventsByUrl {
            draft.ops = wanted_events(&resource.body)
                .into_iter()
                .map(|event| Op::AddEvent { event })
                .collect();
        } else {
            let members = if api.create == Create::PostWithAgents {
                self.first_members(address)
            } else {
                Vec::new()
            };
            draft.ops.push(Op::Create { members });
            let cleared = self.cleared_after_create(address, kind, &resource.body);
            if !cleared.is_empty() {
                draft.ops.push(Op::Update(cleared));
            }
            if let (Some(_), Some(enabled)) = (api.switch, kind.enabled)
                && resource
                    .body
                    .get(enabled.field)
                    .is_some_and(|value| !value.is_null() && *value != switch_value(enabled.on))
            {
                draft.ops.push(Op::Switch(false));
            }
        }
        draft.effects.extend(self.create_effect(kind));
        self.push(address, Verb::Create, kind, draft);
        self.by_hand_after_create(address, kind);
    }

    /// Null is left out of a creation; where the server then fills in a value of its own, clearing
    /// it takes an update.
    fn cleared_after_create(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        body: &Body,
    ) -> Vec<&'static str> {
        let dialect = self.dialect();
        let mut cleared = Vec::new();
        for field in kind.fields {
            let is_sent = matches!(field.wire(dialect), Wire::Sent { .. } | Wire::Switched(_));
            if !field.server_default
                || !is_sent
                || !body.get(field.name).is_some_and(Value::is_null)
            {
                continue;
            }
            if !can_be_cleared(field, dialect) {
                self.cannot_clear(address, field.name);
            } else if dialect == Dialect::Openapi {
                cleared.push(field.name);
            }
        }
        cleared
    }

    fn cannot_clear(&mut self, address: &Address, field: &str) {
        self.problems.push(
            Problem::error(
                Code::CannotClear,
                format!("`{field}` of `{address}` cannot be cleared through the API"),
            )
            .at(place(self.desired, address, field), "cleared here")
            .help("give it a value, or leave it out so that it is left alone"),
        );
    }

    /// A new object has no value yet in the fields that go with a word of it.
    fn is_whole(&mut self, address: &Address, kind: &'static Kind, body: &Body) {
        for rule in kind.rules {
            let Rule::GoWith(rule) = rule else { continue };
            let GoWith {
                with, is, instead, ..
            } = rule;
            if body.get(with).and_then(Value::as_text) != Some(is) {
                continue;
            }
            for name in rule.fields {
                if body.get(name).is_none_or(Value::is_null) {
                    self.problems.push(
                        Problem::error(
                            Code::MissingForCreate,
                            format!("a new {} with `{with}: {is}` needs `{name}`", kind.singular),
                        )
                        .at(place(self.desired, address, with), "set here")
                        .help(format!("set `{name}`, or {instead}")),
                    );
                }
            }
        }
    }

    /// A new object may need something that only a person can set.
    fn by_hand_after_create(&mut self, address: &Address, kind: &'static Kind) {
        let named = self.named(address);
        for field in kind.fields {
            let Wire::Manual { instruction, .. } = field.wire(self.dialect()) else {
                continue;
            };
            let Some(value) = named.get(field.name) else {
                continue;
            };
            if value.is_null()
                || *value == Value::Bool(false)
                || *value == Value::List(Vec::new())
                || self.options.ignoring(address, Some(field.name)).is_some()
            {
                continue;
            }
            let draft = Draft {
                changes: vec![change_of(kind, field.name, None, &Value::Null, value)].into(),
                instruction: Some(format!("set `{}` at {instruction}", field.name)),
                body: named.clone(),
                ..Draft::default()
            };
            self.push(address, Verb::Manual, kind, draft);
        }
    }

    fn create_by_hand(&mut self, address: &Address, kind: &'static Kind, at: &str, draft: Draft) {
        if self.options.ignoring(address, None).is_some() {
            return;
        }
        let waiting: Vec<String> = self
            .owned
            .waiting
            .iter()
            .filter(|(target, _)| target == address)
            .map(|(_, who)| format!("`{who}`"))
            .collect();
        let mut instruction = format!("create the {} `{}` at {at}", kind.singular, address.handle);
        if !waiting.is_empty() {
            instruction.push_str("; then apply again, since ");
            instruction.push_str(&waiting.join(", "));
            instruction.push_str(if waiting.len() == 1 {
                " refers to it"
            } else {
                " refer to it"
            });
        }
        self.push(
            address,
            Verb::Manual,
            kind,
            Draft {
                instruction: Some(instruction),
                ..draft
            },
        );
    }

    /// Live, active agents who are to be members of a new department; else the acting agent.
    fn first_members(&mut self, department: &Address) -> Vec<Member> {
        let mut members: Vec<Member> = self
            .members(department)
            .iter()
            .filter(|agent| self.bound.live.contains_key(**agent) && self.is_active(agent))
            .map(|agent| Member::Agent((*agent).clone()))
            .collect();
        if members.is_empty() {
            match &self.live.acting {
                Some(acting) if self.members(department).is_empty() && self.owns_departments_of(acting) => {
                    self.problems.push(
                        Problem::error(
                            Code::NoMember,
                            format!("`{department}` needs an agent, and no agent under `agents` is to be its member"),
                        )
                        .at(place(self.desired, department, ""), "declared here")
                        .help("list it under the `departments` of an agent; the acting agent's own list leaves it out"),
                    );
                }
                Some(acting) => members.push(Member::Acting(acting.id.clone())),
                None => self.problems.push(
                    Problem::error(
                        Code::NoActingAgent,
                        format!("`{department}` needs an agent to be created, and the API does not say who is acting"),
                    )
                    .at(place(self.desired, department, ""), "declared here")
                    .help("make a live agent a member of it under `agents`, or grant the token `Desk.basic.READ`"),
                ),
            }
        }
        members
    }

    /// Whether the manifests say of which departments the acting agent is a member.
    fn owns_departments_of(&self, acting: &ActingAgent) -> bool {
        self.live
            .find_id("agents", &acting.id)
            .and_then(|index| self.live.bound(index))
            .and_then(|address| self.owned.desired.get(address))
            .is_some_and(|resource| resource.body.get("departments").is_some())
    }

    fn is_active(&self, agent: &Address) -> bool {
        self.bound.live.get(agent).is_some_and(|index| {
            self.live.body(*index).get("status") != Some(&Value::text("DISABLED"))
        })
    }

    /// Agents whose declared departments include the given one.
    fn members(&self, department: &Address) -> &[&Address] {
        self.members.get(department).map_or(&[], Vec::as_slice)
    }

    /// A webhook of the guide is the set of `/events` objects with its URL.
    fn update_events(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        parts: &[EventPart],
        differences: &[Difference],
        mut draft: Draft,
    ) {
        let moved = differences
            .iter()
            .any(|difference| difference.field == "url");
        if moved && self.prevents_destroy(address) {
            self.problems
                .push(prevented(self.desired, address, "replaced"));
            return;
        }
        draft.ops = event_ops(&draft.body, parts, moved);
        let verb = if moved { Verb::Replace } else { Verb::Update };
        if draft.ops.iter().any(|op| matches!(op, Op::AddEvent { .. })) {
            draft.effects.extend(self.create_effect(kind));
        }
        self.push(address, verb, kind, draft);
    }

    fn update(&mut self, address: &Address, differences: &[Difference]) {
        let (Some(resource), Some(index)) = (
            self.owned.desired.get(address),
            self.bound.live.get(address).copied(),
        ) else {
            return;
        };
        let (kind, dialect) = (resource.kind, self.dialect());
        let (Some(api), Some(object)) = (kind.api(dialect), self.live.objects.get(index)) else {
            return;
        };
        let mut draft = Draft {
            changes: differences
                .iter()
                .map(|difference| shown(kind, difference))
                .collect(),
            body: resource.body.clone(),
            ..Draft::default()
        };
        if api.form == Form::EventsByUrl {
            self.update_events(address, kind, &object.parts, differences, draft);
            return;
        }
        if self.must_keep_name(address, kind, index, differences) {
            return;
        }
        if let Some(frozen) = self.frozen(kind, differences) {
            self.replace_or_refuse(address, kind, index, frozen, draft);
            return;
        }
        let mut fields = Vec::new();
        for difference in differences {
            let Some(field) = kind.field(difference.field) else {
                continue;
            };
            if difference.leaf.is_none()
                && difference.after.is_null()
                && !can_be_cleared(field, dialect)
            {
                self.cannot_clear(address, field.name);
                continue;
            }
            if let (Shape::CustomFields { .. }, Some(leaf), Dialect::Openapi) =
                (field.shape, &difference.leaf, dialect)
                && difference.after.is_null()
            {
                // Its schema takes texts of one character at least. Source: Contact, `cf`.
                let key = leaf.strip_prefix("customFields/").unwrap_or(leaf);
                self.cannot_clear(address, &format!("{}/{key}", field.name));
                continue;
            }
            if matches!(field.wire(dialect), Wire::Switched(_)) {
                continue;
            }
            if !fields.contains(&field.name) {
                fields.push(field.name);
            }
        }
        match (fields.first(), api.update) {
            (None, _) => {}
            (Some(_), Some(_)) => draft.ops.push(Op::Update(fields)),
            (Some(field), None) => {
                self.problems.push(
                    Problem::error(
                        Code::CannotChange,
                        format!("`{field}` of `{address}` cannot be changed through the API"),
                    )
                    .at(place(self.desired, address, field), "changed here")
                    .help(match api.create {
                        Create::Manual(at) => format!("put it back, or change it at {at}"),
                        _ => "put it back, or change it in Zoho Desk".to_owned(),
                    }),
                );
                return;
            }
        }
        if let Some(enabled) = kind.enabled
            && let Some(difference) = differences
                .iter()
                .find(|difference| difference.field == enabled.field)
            && kind
                .field(enabled.field)
                .is_some_and(|field| matches!(field.wire(dialect), Wire::Switched(_)))
        {
            draft
                .ops
                .push(Op::Switch(difference.after == switch_value(enabled.on)));
        }
        let renews = |difference: &Difference| {
            kind.field(difference.field)
                .is_some_and(|field| field.renews)
        };
        if differences.iter().any(renews) {
            draft.effects.extend(self.create_effect(kind));
        }
        self.push(address, Verb::Update, kind, draft);
    }

    /// Replaces an object whose change the API cannot make, where that is asked for and possible.
    fn replace_or_refuse(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        index: usize,
        (field, why): (String, String),
        draft: Draft,
    ) {
        let (Some(object), Some(api)) = (self.live.objects.get(index), kind.api(self.dialect()))
        else {
            return;
        };
        let automatic = kind.replaces_itself;
        if !automatic && !self.lifecycle_replace(address) {
            self.problems.push(
                Problem::error(Code::CannotChange, format!("`{field}` of `{address}` {why}"))
                    .at(place(self.desired, address, &field), "changed here")
                    .help(format!(
                        "put it back, or let deskform delete and create the {} with `lifecycle: {{replace: true}}`{}",
                        kind.singular,
                        kind.delete_effect.map_or_else(String::new, |effect| format!(": {effect}"))
                    )),
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
        let way = way(api.removal, self.options.removal(kind), object);
        let by = match way {
            Way::Delete(by) => Some(by),
            way => self.hands_over(address, kind, index, &way),
        };
        let Some(by) = by else {
            self.cannot_be_replaced(address, kind, &field);
            return;
        };
        let delete = Op::Delete {
            id: object.id.clone(),
            by,
        };
        let keep = automatic.then(|| self.live.body(index));
        self.replace(address, kind, delete, draft, keep);
    }

    /// The first changed field that an update cannot change, and why.
    fn frozen(&self, kind: &'static Kind, differences: &[Difference]) -> Option<(String, String)> {
        differences.iter().find_map(|difference| {
            let field = kind.field(difference.field)?;
            let leaf_frozen = match (field.shape, &difference.leaf) {
                (Shape::Map(leaves), Some(name)) => leaves
                    .iter()
                    .any(|leaf| leaf.name == &**name && leaf.create_only),
                _ => false,
            };
            if field.create_only || leaf_frozen {
                return Some((
                    difference.field.to_owned(),
                    "can be given on creation only".to_owned(),
                ));
            }
            let max = field
                .update_max
                .filter(|_| self.dialect() == Dialect::Openapi)?;
            let length = match &difference.after {
                Value::Text(text) => text.chars().count(),
                Value::Secret(secret) => secret.expose().map_or(0, |text| text.chars().count()),
                _ => 0,
            };
            (length > max as usize).then(|| {
                (
                    difference.field.to_owned(),
                    format!("would be {length} characters long, and an update takes {max} at most"),
                )
            })
        })
    }

    fn replace(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        delete: Op,
        mut draft: Draft,
        keep: Option<Body>,
    ) {
        if self.prevents_destroy(address) {
            self.problems
                .push(prevented(self.desired, address, "replaced"));
            return;
        }
        // A creation sends all that the manifests name, not just what changes. Of what is live besides
        // only an automatic replacement keeps everything: it may not even go with a new type.
        let mut body = keep.unwrap_or_default();
        for (name, value) in self.named(address).iter() {
            body.set(name, value.clone());
        }
        let enabled = kind.enabled.map(|enabled| enabled.field);
        for (name, value) in draft.body.iter() {
            if body.get(name).is_some() || enabled == Some(name) {
                body.set(name, value.clone());
            }
        }
        draft.body = body;
        let create = Op::Create {
            members: Vec::new(),
        };
        // The old one goes first: two of one name could not be told apart by a run that finds them. What
        // hands over to the new one can only go after it, and has another name.
        let hands_over = matches!(
            &delete,
            Op::Delete {
                by: Deletion::Transfer { .. },
                ..
            }
        );
        draft.ops = if hands_over {
            vec![create, delete]
        } else {
            vec![delete, create]
        };
        draft.effects.extend(kind.delete_effect.map(str::to_owned));
        draft.effects.extend(self.create_effect(kind));
        self.push(address, Verb::Replace, kind, draft);
    }

    /// Steps for differences that only a person can settle.
    fn by_hand(&mut self) {
        for (address, difference, instruction) in &self.owned.by_hand {
            let Some(resource) = self.owned.desired.get(address) else {
                continue;
            };
            let draft = Draft {
                changes: vec![shown(resource.kind, difference)].into(),
                instruction: Some(format!("set `{}` at {instruction}", difference.field)),
                body: resource.body.clone(),
                ..Draft::default()
            };
            self.push(address, Verb::Manual, resource.kind, draft);
        }
    }
}

#[derive(Default)]
struct Draft {
    changes: Changes,
    ops: Vec<Op>,
    body: Body,
    effects: Vec<String>,
    instruction: Option<String>,
    pruned: bool,
}

fn prevented(desired: &Desired, address: &Address, what: &str) -> Problem {
    Problem::error(
        Code::PreventDestroy,
        format!("`{address}` would be {what}, and its `preventDestroy` forbids that"),
    )
    .at(
        place(desired, address, "lifecycle/preventDestroy"),
        "forbidden here",
    )
    .help("take `preventDestroy` out first if you mean it")
}

/// Whether a value says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.is_empty(),
        _ => false,
    }
}

fn wanted_events(body: &Body) -> Vec<String> {
    match body.get("subscriptions") {
        Some(Value::Map(map)) => guide_events(map).0,
        _ => Vec::new(),
    }
}

fn event_ops(body: &Body, parts: &[EventPart], moved: bool) -> Vec<Op> {
    let wanted = wanted_events(body);
    let active = body.get("isEnabled") != Some(&Value::Bool(false));
    let remove = |part: &EventPart| Op::RemoveEvent {
        id: part.id.clone(),
    };
    let add = |event: &String| Op::AddEvent {
        event: event.clone(),
    };
    if moved {
        return wanted
            .iter()
            .map(add)
            .chain(parts.iter().map(remove))
            .collect();
    }
    let mut ops = Vec::new();
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    let mut stale = Vec::new();
    for part in parts {
        let keep =
            wanted.contains(&part.event) && part.active == active && kept.insert(&part.event);
        if !keep {
            stale.push(part);
        }
    }
    // An event whose state is wrong can only be made anew, and the old one must go first.
    for part in &stale {
        if wanted.contains(&part.event) && !kept.contains(part.event.as_str()) {
            ops.push(remove(part));
        }
    }
    ops.extend(
        wanted
            .iter()
            .filter(|event| !kept.contains(event.as_str()))
            .map(add),
    );
    for part in stale {
        if !wanted.contains(&part.event) || kept.contains(part.event.as_str()) {
            ops.push(remove(part));
        }
    }
    ops
}
