//! Names that go round in a circle: one of them gives way by a temporary name.

use super::{Builder, Draft};
use crate::plan::bound::place;
use crate::plan::renames::{circles, names_in_turn};
use crate::plan::requests::Op;
use crate::plan::shown::change_of;
use crate::plan::task::Role;
use crate::plan::{shown_value, temporary};
use crate::problem::{Code, Problem};
use crate::state::{FieldPath, Value, pointer};
use crate::verb::Verb;

impl Builder<'_> {
    /// Breaks every circle: the first object that takes a temporary name gets one before the others
    /// get theirs, and its own name after.
    pub(super) fn through_temporary_names(&mut self) {
        let edges = names_in_turn(&self.tasks, &self.bound.rows, self.live);
        for circle in circles(&edges) {
            if !circle.iter().any(|index| self.gives_way(*index)) {
                self.names_in_a_circle(&circle);
            }
        }
    }

    /// Adds the task that gives an object a temporary name; tells whether it takes one.
    fn gives_way(&mut self, index: usize) -> bool {
        let rows = &self.bound.rows;
        let Some(task) = self.tasks.get(index) else {
            return false;
        };
        let (address, kind) = (task.address.clone(), task.kind);
        let object = rows.object(&address);
        let object = object.and_then(|index| self.live.objects.get(index));
        let field = temporary::naming(kind, self.dialect());
        let api = kind.api(self.dialect());
        let at = field.map(|field| FieldPath::of(field.name));
        let update = api
            .zip(at.as_ref())
            .and_then(|(api, at)| Op::update(api, std::slice::from_ref(at)));
        let (Some(object), Some(field), Some(at), Some(update), Some(live)) =
            (object, field, at, update, rows.live(&address))
        else {
            return false;
        };
        let Some(name) = temporary::name(kind, self.dialect(), &object.id) else {
            return false;
        };
        let name = Value::text(&name);
        let mut body = live.clone();
        let before = body.get(field.name).cloned().unwrap_or_default();
        body.set(field.name, name.clone());
        let draft = Draft {
            changes: vec![change_of(kind, &at, &before, &name)].into(),
            ops: vec![update],
            body,
            effects: vec!["a temporary name, until the one that it is to have is free".to_owned()],
            ..Draft::default()
        };
        if let Some(task) = self.tasks.get_mut(index) {
            let is_named = pointer([field.name]);
            let changes = task.changes.iter_mut();
            for change in changes.filter(|change| change.field == is_named && !change.secret) {
                change.before = shown_value(&name);
            }
        }
        self.push(&address, Verb::Update, kind, draft);
        if let Some(task) = self.tasks.last_mut() {
            task.role = Role::Temporary;
        }
        true
    }

    /// Refuses a circle of which no name can be changed for a moment.
    fn names_in_a_circle(&mut self, circle: &[usize]) {
        let tasks = circle.iter().chain(circle.first());
        let names: Vec<String> = tasks
            .filter_map(|index| self.tasks.get(*index))
            .map(|task| format!("`{}`", task.address))
            .collect();
        let mut problem = Problem::error(
            Code::NamesInACircle,
            format!(
                "each takes the name that the next one still has: {}",
                names.join(" -> ")
            ),
        )
        .help("give one of them another name first, apply, and then the name it is to have");
        let first = circle.first().and_then(|index| self.tasks.get(*index));
        if let Some(task) = first {
            problem = problem.at(place(self.desired, &task.address, ""), "declared here");
        }
        self.problems.push(problem);
    }
}
