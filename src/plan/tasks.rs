//! From differences to ordered tasks: what is sent, what comes first, and the plan that shows it.

mod by_hand;
mod creations;
mod founders;
pub(super) mod inside;
mod items;
mod names;
mod orders;
mod parts;
mod prerequisites;
mod removals;
mod replacements;
mod scope;
mod set_back;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::codec::Ids as _;
use crate::codec::{self, can_be_cleared, switch_value};
use crate::dialect::Dialect;
use crate::diff::{Change, Difference};
use crate::kind::rules::{GoWith, Rule};
use crate::kind::{Api, Create, Field, Kind, Shape, Wire};
use crate::live::{Live, LiveObject};
use crate::manifest::Desired;
use crate::plan::bound::{Bound, place};
use crate::plan::holders::Index;
use crate::plan::moved::Sides;
use crate::plan::order::{order, targeted};
use crate::plan::ownership::Owned;
use crate::plan::placed::Placed;
use crate::plan::requests::{Op, is_whole};
use crate::plan::row::Row;
use crate::plan::shown::shown;
use crate::plan::summary::summarise;
use crate::plan::task::{Remarks, Role, Task};
use crate::plan::{
    Changes, FieldChange, Options, Plan, Refusal, alike, guards, hierarchy, left_choice,
    membership, renamed_lookups, within,
};
use crate::problem::{Code, Problem, listed};
use crate::state::{Address, Body, FieldPath, Value};
use crate::verb::Verb;
use foldhash::HashSet;
use replacements::forget_ids;
use scope::{InTheWay, beside_the_targets};

/// A plan with its tasks.
#[derive(Debug)]
pub struct Planned {
    /// The plan as it is shown and saved.
    pub plan: Plan,
    /// The tasks, in the plan's order, manual steps included (they have no writes).
    pub tasks: Vec<Task>,
    /// What is in the way of other resources than the targets, as warnings.
    pub warnings: Vec<Problem>,
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
        held: Vec::new(),
        tasks: Vec::new(),
        members: founders::members(&bound.rows, live.dialect),
        holders: Index::default(),
        sides: OnceLock::new(),
        replaced_keys: Vec::new(),
        placed: Placed::of(desired, options),
    };
    let mut differences = bound.rows.changes();
    builder.lost_with_what_is_replaced(&mut differences);
    builder.tasks.reserve(differences.len());
    // Whose each problem is.
    let mut whose: Vec<Address> = Vec::new();
    for change in &differences {
        match change {
            Change::Create(address) => builder.create(address),
            Change::Update(address, fields) => builder.update(address, fields),
            Change::Remove(address) => builder.remove(address),
        }
        whose.resize(builder.problems.len(), change.address().clone());
    }
    drop(differences);
    builder.finish_copies();
    builder.by_hand();
    builder.take_temporary_members_out();
    builder.through_temporary_names();
    builder.prerequisites();
    let mut of_targets = Vec::new();
    if !options.targets.is_empty() {
        let tasks = std::mem::take(&mut builder.tasks);
        builder.tasks = targeted(tasks, &options.targets, desired, &mut of_targets);
    }
    builder.final_orders();
    let tasks = builder.tasks;
    let mut problems = builder.problems;
    problems.extend(of_targets);
    // What comes after the changes is nobody's own.
    let of_all = problems.split_off(whose.len());
    let owned_problems: Vec<(Address, Problem)> = whose.into_iter().zip(problems).collect();
    let mut problems = of_all;
    let held = bound.held.iter().filter_map(|held| {
        let address = live.address_of(held.object)?;
        Some((address, held.problem.clone()))
    });
    let held: Vec<(Address, Problem)> = held.chain(builder.held).collect();
    let scope = (!options.targets.is_empty()).then(|| InTheWay::of(&tasks, &bound.rows, options));
    let alike = alike::pairs(&tasks, desired, &bound.rows, live, options);
    let followers = alike::followers(&alike, &bound.rows);
    let mut warnings = Vec::new();
    let mut refused = guards::check(&tasks, desired, &bound.rows, live, options);
    let is_meant = |address: &Address| scope.as_ref().is_none_or(|scope| scope.has(address));
    for (address, problem) in owned_problems {
        if !is_meant(&address) {
            warnings.push(beside_the_targets(problem));
        } else if problem.code != Code::CannotChange || !followers.contains(&address) {
            problems.push(problem);
        }
    }
    for (address, problem) in held {
        if is_meant(&address) {
            refused.push(problem);
        } else {
            warnings.push(beside_the_targets(problem));
        }
    }
    problems.extend(check(&tasks, &followers, desired, bound, live, options));
    refused.extend(alike::check(&alike, &bound.rows, live));
    if !problems.is_empty() {
        problems.extend(refused);
        return Err(problems.into());
    }
    names_to_come(&tasks, live);
    let mut tasks = order(tasks).map_err(|cycle| {
        let mut problems = vec![goes_round(&cycle)];
        problems.extend(refused.iter().cloned());
        problems
    })?;
    let mut plan = summarise(desired, bound, owned, live, options, &mut tasks);
    plan.alike = alike;
    if refused.is_empty() {
        Ok(Planned {
            plan,
            tasks,
            warnings,
        })
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

/// Says which names the steps give to what is there already.
fn names_to_come(tasks: &[Task], live: &Live) {
    for task in tasks
        .iter()
        .filter(|task| !task.ops.is_empty() && !task.is_temporary())
    {
        let name = task.body.get(task.kind.naming_field().name);
        let name = name.and_then(Value::as_text);
        let has_another = |name: &&str| live.name(&task.address).is_some_and(|now| now != **name);
        if let Some(name) = name.filter(has_another) {
            live.will_be_named(&task.address, name);
        }
    }
}

/// Says that steps wait for each other.
fn goes_round(cycle: &[Address]) -> Problem {
    let path: Vec<String> = cycle.iter().map(|address| format!("`{address}`")).collect();
    Problem::error(
        Code::DependencyCycle,
        format!("the steps wait for each other: {}", path.join(" -> ")),
    )
    .help("take one of the references out, apply, and put it back")
}

/// What is wrong with the steps together; what follows from a pair that is alike is told with the pair.
fn check(
    tasks: &[Task],
    followers: &HashSet<Address>,
    desired: &Desired,
    bound: &Bound,
    live: &Live,
    options: &Options,
) -> Vec<Problem> {
    let tasks: Cow<'_, [Task]> = if followers.is_empty() {
        Cow::Borrowed(tasks)
    } else {
        let others = tasks
            .iter()
            .filter(|task| !followers.contains(&task.address));
        Cow::Owned(others.cloned().collect())
    };
    let rows = &bound.rows;
    let mut problems = hierarchy::check(&tasks, desired, live);
    problems.extend(within::check(&tasks, desired, rows, live));
    let no_members = membership::check(&tasks, followers, desired, rows, live, options);
    problems.extend(no_members);
    problems.extend(left_choice::check(&tasks, desired, rows, live.dialect));
    problems.extend(renamed_lookups::check(&tasks, desired, live));
    problems
}

struct Builder<'a> {
    desired: &'a Desired,
    bound: &'a Bound,
    owned: &'a Owned,
    live: &'a Live,
    options: &'a Options,
    problems: Vec<Problem>,
    /// What forbids a removal that is planned all the same, so that the refused plan shows it.
    held: Vec<(Address, Problem)>,
    tasks: Vec<Task>,
    /// Who is declared to belong to what needs founders.
    members: founders::Members<'a>,
    /// What holds names without being their live side.
    holders: Index,
    /// What tells who moved a field; made when a live object differs.
    sides: OnceLock<Sides<'a>>,
    /// The keys of maps that name what is replaced.
    replaced_keys: Vec<String>,
    /// What is set where it stands in a list.
    placed: Placed,
}

impl<'a> Builder<'a> {
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

    /// What is known of an address.
    fn row(&self, address: &Address) -> Option<&'a Row> {
        self.bound.rows.get(address)
    }

    fn named(&self, address: &Address) -> Body {
        let named = self.bound.rows.named(address);
        named.cloned().unwrap_or_default()
    }

    /// What is wanted of an address, with its kind.
    fn wanted(&self, address: &Address) -> Option<(&'static Kind, &'a Body)> {
        let row = self.row(address)?;
        Some((row.kind, row.wanted.as_ref()?))
    }

    fn prevents_destroy(&self, address: &Address) -> bool {
        self.desired
            .details
            .get(address)
            .is_some_and(|detail| detail.lifecycle.prevent_destroy)
    }

    fn push(&mut self, address: &Address, verb: Verb, kind: &'static Kind, task: Draft) {
        let row = self.row(address);
        let adopted = self.options.ledger.is_some()
            && !kind.is_check()
            && row.is_some_and(|row| row.object.is_some() && !row.known);
        self.tasks.push(Task {
            address: address.clone(),
            verb,
            changes: task.changes,
            credits: 0,
            remarks: (adopted
                || task.restores
                || !task.effects.is_empty()
                || task.instruction.is_some())
            .then(|| {
                Box::new(Remarks {
                    adopted,
                    effects: task.effects,
                    instruction: task.instruction,
                    restores: task.restores,
                })
            }),
            role: if task.ends { Role::End } else { Role::Step },
            kind,
            ops: match kind.api(self.dialect()) {
                Some(api)
                    if !api.silent.is_empty() || !api.apart.is_empty() || api.inside.is_some() =>
                {
                    let ops = task.ops.into_iter();
                    ops.map(|op| op.as_shown_by(api)).collect()
                }
                _ => task.ops,
            },
            prerequisites: Vec::new(),
            body: task.body,
            named: self.named(address),
            pruned: task.pruned,
            prevents_destroy: self.prevents_destroy(address),
        });
    }

    fn create(&mut self, address: &Address) {
        let Some((kind, wanted)) = self.wanted(address) else {
            return;
        };
        let Some(api) = kind.api(self.dialect()) else {
            return;
        };
        let mut draft = Draft {
            changes: Changes::created(kind, self.dialect(), wanted.clone()),
            body: wanted.clone(),
            ..Draft::default()
        };
        if api.create == Create::Never {
            self.cannot_be_created(address, kind);
            return;
        }
        if let Some(at) = api.create.by_hand(|name| wanted.gives(name)) {
            self.create_by_hand(address, kind, at, draft);
            return;
        }
        self.is_whole(address, kind, wanted);
        self.has_what_creations_need(address, kind, api, wanted);
        for field in kind.fields {
            self.has_all_beside_secrets(address, (kind, wanted), field.name);
        }
        if let Some(grouping) = api.grouping() {
            draft.ops = self.part_ops(address, kind, grouping, &draft.body, &[], false);
        } else {
            let cleared = self.cleared_after_create(address, kind, wanted);
            draft.ops = self.creation(address, kind, api, &mut draft.body, &cleared);
            if matches!(api.create, Create::Clone { .. }) {
                // It may have been chosen of what the new one is a copy.
                draft.changes = Changes::created(kind, self.dialect(), draft.body.clone());
            }
            if let (Some(switch), Some(enabled)) = (api.switch, kind.enabled)
                && wanted
                    .get(enabled.field)
                    .is_some_and(|value| !value.is_null() && *value != switch_value(enabled.on))
            {
                draft
                    .ops
                    .extend(self.switched(address, kind, switch, false));
            }
        }
        draft.effects.extend(self.create_effect(kind));
        let held = self.holders.told(kind, &draft.body, self.live);
        draft.effects.extend(held);
        draft.restores = self.was_deleted(address);
        self.push(address, Verb::Create, kind, draft);
        self.by_hand_after_create(address, kind);
    }

    /// Asks for all of a map that has a secret and is sent: the API demands each leaf each time, and does not
    /// show them all.
    fn has_all_beside_secrets(
        &mut self,
        address: &Address,
        (kind, wanted): (&'static Kind, &Body),
        field: &'static str,
    ) {
        let shape = kind.field(field).map(|field| field.shape);
        let (Some(Shape::Map(map)), Some(Value::Map(leaves))) = (shape, wanted.get(field)) else {
            return;
        };
        if !map.fields.iter().any(|leaf| leaf.secret) {
            return;
        }
        for leaf in map.fields.iter().filter(|leaf| !leaf.remembered) {
            let name = leaf.name;
            if leaves.get(name).is_some_and(|value| !value.is_null()) {
                continue;
            }
            let (why, value) = if leaf.secret {
                (", which no answer shows", "${secret.NAME}")
            } else {
                ("", "…")
            };
            self.problems.push(
                Problem::error(
                    Code::MissingForCreate,
                    format!("`{field}` of `{address}` is sent with `{name}`{why}"),
                )
                .at(place(self.desired, address, field), "sent as a whole")
                .help(format!("set `{name}: {value}` in `{field}`")),
            );
        }
    }

    /// Asks for what the API demands of a creation.
    fn has_what_creations_need(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        api: &Api,
        wanted: &Body,
    ) {
        for name in api.required_on_create {
            if wanted.get(name).is_none_or(codec::is_nothing) {
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
    }

    fn cannot_be_changed(&mut self, address: &Address, field: &str, api: &Api) {
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
    }

    /// Null is left out of a creation; where the server then fills in a value of its own, clearing
    /// it takes an update.
    fn cleared_after_create(
        &mut self,
        address: &Address,
        kind: &'static Kind,
        body: &Body,
    ) -> Vec<FieldPath> {
        let dialect = self.dialect();
        let mut cleared = Vec::new();
        for field in kind.fields {
            let is_sent = matches!(field.wire(dialect), Wire::Sent { .. } | Wire::Switched(_));
            if !(field.server_default || field.default_on_create.is_some())
                || !is_sent
                || !body.get(field.name).is_some_and(Value::is_null)
            {
                continue;
            }
            if !can_be_cleared(field, dialect) {
                self.cannot_clear(address, field.name);
            } else if dialect.fills_in() {
                cleared.push(FieldPath::of(field.name));
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
            let told = rule.told();
            let word = body.get(with).and_then(Value::as_word);
            for name in rule.fields {
                if let Some(word) = word
                    && !is.contains(&word)
                    && body.gives(name)
                {
                    // Where manifests give the word themselves, they were refused before.
                    self.problems.push(
                        Problem::error(
                            Code::Conflict,
                            format!("`{name}` goes with {told} only, not with `{word}`"),
                        )
                        .at(place(self.desired, address, name), "has no effect")
                        .help(format!("write {told}, or take `{name}` away")),
                    );
                }
            }
            if rule.always {
                // What comes with its parent has values already, and nobody knows which.
                let is_set = |name: &&&str| body.gives(name);
                if let (None, Some(name)) = (word, rule.fields.iter().find(is_set)) {
                    self.goes_alone(address, name, rule, "nothing says that a new one has it");
                }
                continue;
            }
            let Some(word) = word.filter(|word| is.contains(word)) else {
                continue;
            };
            for name in rule.fields {
                if body.get(name).is_none_or(Value::is_null) {
                    self.problems.push(
                        Problem::error(
                            Code::MissingForCreate,
                            format!(
                                "a new {} with `{with}: {word}` needs `{name}`",
                                kind.singular
                            ),
                        )
                        .at(place(self.desired, address, with), "set here")
                        .help(format!("set `{name}`, or {instead}")),
                    );
                }
            }
        }
    }

    /// Refuses what the server takes with another word only than the one that an object will have.
    fn goes_with_what_is_there(
        &mut self,
        address: &Address,
        (kind, wanted): (&'static Kind, &Body),
        index: usize,
        differences: &[Difference],
    ) {
        for rule in kind.rules {
            let Rule::GoWith(rule) = rule else { continue };
            let touched = differences.iter().find(|difference| {
                rule.fields.contains(&difference.path.field) && !difference.after.is_null()
            });
            let Some(touched) = touched.filter(|_| rule.always) else {
                continue;
            };
            let live = self.live.body(index);
            let word = wanted.get(rule.with).or_else(|| live.get(rule.with));
            if let Some(word) = word.and_then(Value::as_word)
                && !rule.is.contains(&word)
            {
                let why = format!("in Zoho Desk it is `{word}`");
                self.goes_alone(address, touched.path.field, rule, &why);
            }
        }
    }

    fn goes_alone(&mut self, address: &Address, name: &str, rule: &GoWith, why: &str) {
        let told = rule.told();
        self.problems.push(
            Problem::error(
                Code::Conflict,
                format!("`{name}` goes with {told} only, and {why}"),
            )
            .at(place(self.desired, address, name), "has no effect")
            .help(format!("write {told} as well, or take `{name}` away")),
        );
    }

    /// What an update sends of what differs; refuses what cannot be cleared.
    fn sent_paths(
        &mut self,
        address: &Address,
        (kind, wanted): (&'static Kind, &Body),
        differences: &[Difference],
        sent_inside: &dyn Fn(&Field) -> bool,
    ) -> Vec<FieldPath> {
        let dialect = self.dialect();
        let mut paths = Vec::new();
        for difference in differences {
            let Some(field) = kind.field(difference.path.field) else {
                continue;
            };
            if sent_inside(field) {
                continue;
            }
            let value = wanted.get(field.name);
            if value.is_some_and(|value| codec::is_too_short(field, value)) {
                self.cannot_clear(address, field.name);
                break;
            }
            if difference.after.is_null() && !codec::may_go(field, &difference.path, dialect) {
                let path = codec::written(kind, &difference.path);
                self.cannot_clear(address, &path.pointer()[1..]);
                continue;
            }
            if matches!(field.wire(dialect), Wire::Switched(_)) {
                continue;
            }
            paths.push(difference.path.clone());
        }
        go_together(kind, wanted, &mut paths);
        paths
    }

    fn update(&mut self, address: &Address, differences: &[Difference]) {
        let (Some((kind, wanted)), Some(index)) =
            (self.wanted(address), self.bound.rows.object(address))
        else {
            return;
        };
        let dialect = self.dialect();
        let (Some(api), Some(object)) = (kind.api(dialect), self.live.objects.get(index)) else {
            return;
        };
        let mut draft = Draft {
            changes: differences
                .iter()
                .filter(|difference| !inside::is_told_beside(difference))
                .map(|difference| FieldChange {
                    sets_back: self.sets_back(address, object, difference),
                    ..shown(kind, difference)
                })
                .collect(),
            body: wanted.clone(),
            ..Draft::default()
        };
        if let Some(grouping) = api.grouping() {
            self.update_parts(address, kind, grouping, &object.parts, differences, draft);
            return;
        }
        if self.must_keep_name(address, kind, index, differences) {
            return;
        }
        if let Some(frozen) = self.frozen(kind, differences) {
            self.replace_or_refuse(address, kind, index, frozen, draft);
            return;
        }
        self.goes_with_what_is_there(address, (kind, wanted), index, differences);
        let mut inside = self.writes_inside(address, kind, api, object);
        if let (Some(items), false) = (api.inside, self.replaced_keys.is_empty())
            && let Some(lists) = draft.body.get_mut(items.field)
        {
            forget_ids(lists, &self.replaced_keys);
        }
        let sent_inside = |field: &Field| is_sent_inside(api, inside.as_ref(), field);
        let mut paths = self.sent_paths(address, (kind, wanted), differences, &sent_inside);
        for field in kind.fields {
            if paths.iter().any(|path| path.field == field.name) {
                self.has_all_beside_secrets(address, (kind, wanted), field.name);
                draft
                    .effects
                    .extend(sent_beside(field, wanted, differences));
            }
        }
        draft.ops.extend(
            inside
                .iter_mut()
                .flat_map(|inside| std::mem::take(&mut inside.before)),
        );
        let items = match api.item_calls {
            Some(calls) => self.item_ops((address, kind, object), api, calls, &mut paths),
            None => Vec::new(),
        };
        match (
            paths.first().map(|path| path.field),
            Op::updates(api, &paths, &draft.body),
        ) {
            (None, _) => {}
            (Some(_), Some(updates)) => draft.ops.extend(updates),
            (Some(field), None) => {
                self.cannot_be_changed(address, field, api);
                return;
            }
        }
        draft
            .ops
            .extend(inside.into_iter().flat_map(|inside| inside.after));
        draft.ops.extend(items);
        if let Some((field, on)) = switched_to(kind, differences, dialect) {
            let Some(switch) = api.switch else {
                self.cannot_be_changed(address, field, api);
                return;
            };
            let Some(op) = self.switched(address, kind, switch, on) else {
                return;
            };
            draft.ops.push(op);
        }
        draft
            .effects
            .extend(lost_by((kind, api), (&draft.ops, wanted), object));
        let renews = |difference: &Difference| {
            kind.field(difference.path.field)
                .is_some_and(|field| field.renews)
        };
        if differences.iter().any(renews) {
            draft.effects.extend(self.create_effect(kind));
        }
        self.push(address, Verb::Update, kind, draft);
    }
}

/// The field that says whether something is in use, and what is wanted of it, where a call of its own says
/// so and something changes.
fn switched_to(
    kind: &'static Kind,
    differences: &[Difference],
    dialect: Dialect,
) -> Option<(&'static str, bool)> {
    let enabled = kind.enabled?;
    let field = kind.field(enabled.field)?;
    let mut own = differences.iter();
    let difference = own.find(|difference| difference.path.field == enabled.field)?;
    let is_on = difference.after == switch_value(enabled.on);
    matches!(field.wire(dialect), Wire::Switched(_)).then_some((enabled.field, is_on))
}

/// What an update may lose although nobody says so, since it cannot say that it stays.
fn lost_by(
    (kind, api): (&'static Kind, &Api),
    (ops, wanted): (&[Op], &Body),
    object: &LiveObject,
) -> Vec<String> {
    if !ops.iter().any(|op| Some(op.path) == api.update) {
        return Vec::new();
    }
    let is_on = |place: &str| {
        let shown = codec::shown_at(&object.raw, place);
        shown.is_some_and(|shown| shown.as_bool() == Some(true) || shown.as_str() == Some("true"))
    };
    let lost = api.loses.iter().filter(|(place, _)| is_on(place));
    let mut lost: Vec<String> = lost.map(|(_, effect)| (*effect).to_owned()).collect();
    if api.replaces() {
        let fields = wanted.of_kind(kind);
        let lacking = fields.filter(|(field, value)| !is_whole(&field.shape, value));
        lost.extend(lacking.map(|(field, _)| {
            let name = field.name;
            format!("may lose the live `{name}`, which lacks what a request demands of it")
        }));
    }
    lost
}

/// Says that secrets go with the map that holds them where no difference shows it.
fn sent_beside(field: &Field, wanted: &Body, differences: &[Difference]) -> Option<String> {
    let (Shape::Map(map), Some(Value::Map(leaves))) = (field.shape, wanted.get(field.name)) else {
        return None;
    };
    let is_shown = |leaf: &str| {
        differences.iter().any(|difference| {
            difference.path.field == field.name
                && difference.after.is_secret()
                && difference
                    .path
                    .below
                    .first()
                    .is_none_or(|key| **key == *leaf)
        })
    };
    let secrets = map
        .fields
        .iter()
        .filter(|leaf| leaf.secret && leaves.contains_key(leaf.name) && !is_shown(leaf.name));
    let secrets: Vec<String> = secrets.map(|leaf| format!("`{}`", leaf.name)).collect();
    (!secrets.is_empty()).then(|| {
        format!(
            "sends `{}` with its {}",
            field.name,
            listed(&secrets, "and")
        )
    })
}

/// Adds what an update has to send again beside a word that it sends.
fn go_together(kind: &Kind, wanted: &Body, paths: &mut Vec<FieldPath>) {
    for rule in kind.rules {
        let Rule::GoWith(rule) = rule else { continue };
        let word = wanted.get(rule.with).and_then(Value::as_word);
        let is_sent = rule.together && paths.iter().any(|path| path.field == rule.with);
        if !is_sent || word.is_none_or(|word| !rule.is.contains(&word)) {
            continue;
        }
        for name in rule.fields {
            if wanted.gives(name) && paths.iter().all(|path| path.field != *name) {
                paths.push(FieldPath::of(name));
            }
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
    restores: bool,
    pruned: bool,
    ends: bool,
}

/// Whether a field is sent by the writes of its items, and not by the update of its object.
fn is_sent_inside(api: &Api, inside: Option<&inside::Writes>, field: &Field) -> bool {
    let of_items = api.inside.is_some_and(|one| one.field == field.name);
    of_items && inside.is_some_and(|inside| !inside.whole)
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
