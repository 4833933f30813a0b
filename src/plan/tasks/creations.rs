//! Creations: by the endpoint that the table has, with an update of what does not go with it.

use super::Builder;
use crate::api::template;
use crate::codec::is_nothing;
use crate::codec::{self, Ids as _};
use crate::diff::between;
use crate::kind::rules::Sign;
use crate::kind::{Api, Create, Field, Kind};
use crate::live::key;
use crate::live::marks::{belongs_to_others, shows};
use crate::plan::bound::place;
use crate::plan::requests::{Act, Op, Sends};
use crate::plan::shown::{created_fields, shown};
use crate::plan::task::Task;
use crate::problem::{Code, Problem, nearest};
use crate::state::{Address, Body, FieldPath, Key, Leaves, Reference, Value};
use crate::verb::Verb;

impl Builder<'_> {
    /// The writes that make an object: its creation, and an update with what does not go with it. The
    /// `cleared` fields are sent as null by that update.
    pub(super) fn creation(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        api: &Api,
        body: &mut Body,
        cleared: &[FieldPath],
    ) -> Vec<Op> {
        let dialect = self.dialect();
        let op = match api.create {
            Create::Post(path) | Create::PostWith { path, .. } => {
                self.lay_over_standard(kind, api, body);
                self.with_founders(address, api, Op::create(path))
            }
            Create::Clone {
                path,
                otherwise,
                sends,
            } => {
                self.choose_original(address, kind, path, otherwise, body);
                Op::copy(path, sends)
            }
            Create::Update => match Op::create_by_update(api) {
                Some(op) => op,
                None => return Vec::new(),
            },
            Create::Manual(_) | Create::Never => return Vec::new(),
        };
        let follows = |field: &&Field| {
            let is_set = body.get(field.name).is_some_and(|value| !is_nothing(value));
            let wire = field.wire(dialect);
            (is_set && wire.goes_with_update() && !op.sends(field, dialect))
                || cleared.iter().any(|path| path.field == field.name)
        };
        let paths: Vec<FieldPath> = kind
            .fields
            .iter()
            .filter(follows)
            .map(|field| FieldPath::of(field.name))
            .collect();
        let mut ops = vec![op];
        if let Some(first) = paths.first() {
            match Op::updates(api, &paths, body) {
                Some(updates) => ops.extend(updates),
                None => self.cannot_be_changed(address, first.field, api),
            }
        }
        ops
    }

    /// Lays what is declared over what a new object has that says nothing.
    fn lay_over_standard(&self, kind: &'static Kind, api: &Api, body: &mut Body) {
        let Some(standard) = api.standard else { return };
        let Some(field) = kind.field(standard.field) else {
            return;
        };
        // Below what is made in the same run nobody knows it yet: then there is what is declared alone.
        let shown = self.live.standard(kind, standard, body).unwrap_or_default();
        let none = Value::Map(Leaves::new());
        let named = body.get(field.name).filter(|value| !value.is_null());
        let laid = codec::merge(&field.shape, named.unwrap_or(&none), &shown);
        body.set(field.name, laid);
    }

    /// Chooses what a new object is a copy of, where the manifest does not say.
    fn choose_original(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        path: &'static str,
        signs: &[Sign],
        body: &mut Body,
    ) {
        let lacking = |name: &&'static str| body.get(name).is_none_or(Value::is_null);
        let Some(of) = template::names(path).into_iter().find(lacking) else {
            return;
        };
        let original = self.live.collection(kind.collection).find(|index| {
            let object = self.live.objects.get(*index);
            object.is_some_and(|object| {
                !signs.is_empty() && signs.iter().all(|sign| shows(&object.raw, sign))
            })
        });
        match original.and_then(|index| self.live.address_of(index)) {
            Some(original) => body.set(of, Value::Reference(Reference::To(original))),
            None => self.problems.push(
                Problem::error(
                    Code::MissingForCreate,
                    format!(
                        "a new {} is made as a copy of another one, and `{of}` does not say of which",
                        kind.singular
                    ),
                )
                .at(place(self.desired, address, ""), "declared here")
                .help(format!("set `{of}`")),
            ),
        }
    }

    /// Completes copies once every task is known: the update that follows a copy sends what is wanted
    /// laid over what the original has, and of that only what then differs.
    pub(super) fn finish_copies(&mut self) {
        let dialect = self.dialect();
        for index in 0..self.tasks.len() {
            let Some(original) = self.tasks.get(index).and_then(|task| self.original(task)) else {
                continue;
            };
            let inherited = self.as_copied(original, &mut Vec::new());
            let Some(task) = self.tasks.get_mut(index) else {
                continue;
            };
            let goes_with_copy = |field: &Field| {
                let mut copies = task.ops.iter().filter(|op| op.act == Act::Create);
                copies.any(|op| op.sends(field, dialect))
            };
            let mut plain = Body::default();
            let mut wanted = Vec::new();
            let mut differences = Vec::new();
            let mut cleared = Vec::new();
            for (field, value) in task.body.of_kind(task.kind) {
                let follows = field.wire(dialect).goes_with_update() && !goes_with_copy(field);
                let Some(before) = inherited.get(field.name).filter(|_| follows) else {
                    plain.set(field.name, value.clone());
                    let before = inherited
                        .get(field.name)
                        .filter(|before| !is_nothing(before));
                    let is_cleared = value.is_null() && updates(task, field.name);
                    if let Some(before) = before.filter(|_| is_cleared) {
                        cleared.append(&mut between(field.name, before, value));
                    }
                    continue;
                };
                let after = codec::merge(&field.shape, value, before);
                differences.append(&mut between(field.name, before, &after));
                wanted.push((field.name, after));
            }
            // A copy has what its original has, or nothing: what is empty there need not be cleared.
            let is_known = inherited.iter().next().is_some();
            let is_clear = |name: &str| {
                let lacks = |body: &Body| body.get(name).is_none_or(is_nothing);
                is_known && lacks(&task.body) && lacks(&inherited)
            };
            for op in &mut task.ops {
                let (Act::Update, Sends::Paths(paths)) = (op.act, &op.sends) else {
                    continue;
                };
                let is_plain = |path: &&FieldPath| {
                    let is_wanted = wanted.iter().any(|(name, _)| *name == path.field);
                    !is_wanted && !is_clear(path.field)
                };
                let others = paths.iter().filter(is_plain).cloned();
                let differing = differences.iter().map(|one| one.path.clone());
                op.sends = Sends::Paths(others.chain(differing).collect());
            }
            let is_empty = |op: &Op| matches!(&op.sends, Sends::Paths(paths) if paths.is_empty());
            task.ops.retain(|op| op.act != Act::Update || !is_empty(op));
            if task.verb == Verb::Create {
                let mut changes = created_fields(task.kind, dialect, &plain);
                let differences = cleared.iter().chain(&differences);
                changes.extend(differences.map(|one| shown(task.kind, one)));
                task.changes = changes.into();
            }
            for (name, value) in wanted {
                task.body.set(name, value);
            }
        }
    }

    /// Names what the object of a task is a copy of, if it is one.
    fn original<'t>(&self, task: &'t Task) -> Option<&'t Address> {
        let Create::Clone { path, .. } = task.kind.api(self.dialect())?.create else {
            return None;
        };
        task.ops.iter().find(|op| op.act == Act::Create)?;
        let of = template::names(path).into_iter().next()?;
        match task.body.get(of)? {
            Value::Reference(Reference::To(address)) => Some(address),
            _ => None,
        }
    }

    /// The step that leaves a resource as it is wanted.
    fn step_of(&self, address: &Address) -> Option<usize> {
        self.tasks.iter().position(|task| {
            let stays = matches!(task.verb, Verb::Create | Verb::Update | Verb::Replace);
            stays && task.address == *address
        })
    }

    /// What an object holds when it is copied: its step comes before that of the copy.
    fn as_copied<'a>(&'a self, address: &'a Address, seen: &mut Vec<&'a Address>) -> Body {
        if seen.contains(&address) {
            return Body::default();
        }
        seen.push(address);
        let step = self.step_of(address).and_then(|step| self.tasks.get(step));
        let is_made = step.is_some_and(|task| task.ops.iter().any(|op| op.act == Act::Create));
        let mut body = match step.and_then(|task| self.original(task)) {
            Some(original) => self.as_copied(original, seen),
            None if is_made => Body::default(),
            None => (self.live.id(address))
                .and_then(|id| self.live.find_id(address.collection, &id))
                .map_or_else(Body::default, |index| self.live.body(index)),
        };
        for (field, value) in step.iter().flat_map(|task| task.body.of_kind(task.kind)) {
            let before = body.get(field.name).unwrap_or(&Value::Null);
            let after = codec::merge(&field.shape, value, before);
            body.set(field.name, after);
        }
        body
    }

    /// Copies, each with the step that leaves its original as it is wanted.
    pub(super) fn copies(&self) -> Vec<(usize, usize)> {
        let copies = self.tasks.iter().enumerate().filter_map(|(later, task)| {
            let first = self.step_of(self.original(task)?)?;
            (first != later).then_some((later, first))
        });
        copies.collect()
    }

    pub(super) fn cannot_be_created(&mut self, address: &Address, kind: &'static Kind) {
        if kind.is_given() {
            self.is_not_there(address, kind);
            return;
        }
        self.problems.push(
            Problem::error(
                Code::CannotCreate,
                format!("`{address}` does not exist and cannot be created through the API"),
            )
            .at(place(self.desired, address, ""), "declared here")
            .help(format!(
                "create the {} in Zoho Desk, then plan again",
                kind.singular
            )),
        );
    }
}

impl Builder<'_> {
    /// Says that what nothing makes is not there, and what is there that is called nearly so.
    fn is_not_there(&mut self, address: &Address, kind: &'static Kind) {
        let id = |reference: &Reference| self.live.in_scope(reference);
        let wanted = (self.wanted(address))
            .and_then(|(_, body)| key(kind, self.dialect(), body, &id).map(Key::into_owned));
        let is_own = |index: &usize| {
            let object = self.live.objects.get(*index);
            object.is_some_and(|object| belongs_to_others(object).is_none())
        };
        let keys = self.live.collection(kind.collection).filter(is_own);
        let keys = keys.filter_map(|index| self.live.key_of(index));
        let beside: Vec<String> = keys
            .filter(|key| {
                wanted
                    .as_ref()
                    .is_some_and(|wanted| key.scope == wanted.scope)
            })
            .map(|key| key.name.into_owned())
            .collect();
        let (name, shown) = match &wanted {
            Some(wanted) => (&*wanted.name, self.live.shown(kind, wanted)),
            None => (&*address.handle, address.handle.to_string()),
        };
        let near = nearest(name, beside.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "correct the `{}`, or take it away",
                kind.naming_field().name
            ),
        };
        self.problems.push(
            Problem::error(
                Code::CannotCreate,
                format!(
                    "the organization has no {} `{shown}`, and nothing makes one",
                    kind.singular,
                ),
            )
            .at(place(self.desired, address, ""), "declared here")
            .help(help),
        );
    }
}

/// Whether an update of a task sends a field.
fn updates(task: &Task, field: &str) -> bool {
    let mut ops = task.ops.iter();
    ops.any(|op| op.act == Act::Update && op.names(field))
}
