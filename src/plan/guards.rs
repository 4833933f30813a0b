//! Guards: a plan that would go too far refuses itself, with the figures and the way out.

use std::collections::BTreeMap;

use crate::codec::switch_value;
use crate::config::Prune;
use crate::dialect::Edition;
use crate::kind::rules::{Allowance, KeepOne, Most};
use crate::kind::{KINDS, Kind};
use crate::live::Live;
use crate::live::marks::shows;
use crate::manifest::Desired;
use crate::plan::quota::to_make_room;
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::plan::{Options, shown_value};
use crate::problem::{Code, Problem, counted, ticked};
use crate::state::{Address, Body, pointer};
use crate::verb::Verb;
use foldhash::{HashMap, HashMapExt as _};

/// How many objects of a kind there have to be before the default share counts.
const PERCENT_FROM: usize = 10;

/// Objects of a kind from which on it says something that all of them are pruned.
const ALL_FROM: usize = 3;

/// Owned objects of all kinds together from which on it says something that more than half of them
/// are pruned.
const MOST_FROM: usize = 5;

/// Largest share of a kind's owned objects that pruning removes unless a project says otherwise, in
/// percent.
pub const DEFAULT_DELETE_PERCENT: u64 = 30;

/// How far a plan may go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Largest share of a kind's live, declared objects that may be updated, in percent, however few they
    /// are.
    pub max_update_percent: Option<u64>,
    /// Most objects that may be updated in all.
    pub max_updates: Option<u64>,
    /// Largest share of a kind's owned objects that pruning may remove, in percent, however few they are;
    /// [`DEFAULT_DELETE_PERCENT`] from ten objects on, unless it is said.
    pub max_delete_percent: Option<u64>,
    /// Most objects that pruning may remove in all.
    pub max_deletes: Option<u64>,
    /// The number of objects that pruning has to remove in this run, whatever the other limits say:
    /// neither more nor fewer.
    pub allow_deletes: Option<u64>,
    /// The organization's edition, where it is known.
    pub edition: Option<Edition>,
}

/// Checks a plan against its limits.
#[must_use]
pub fn check(
    tasks: &[Task],
    desired: &Desired,
    rows: &Rows,
    live: &Live,
    options: &Options,
) -> Vec<Problem> {
    let limits = &options.limits;
    let mut problems = Vec::new();
    updates(tasks, rows, limits, &mut problems);
    deletes(tasks, desired, rows, options, &mut problems);
    for (kind, api) in KINDS
        .iter()
        .filter_map(|kind| Some((*kind, kind.api(live.dialect)?)))
    {
        if api.keep_one.is_empty() && api.most.is_empty() {
            continue;
        }
        let tasks = by_address(tasks, kind);
        if tasks.is_empty() {
            continue;
        }
        for guard in api.keep_one {
            keep_one(kind, guard, &tasks, live, &mut problems);
        }
        // What a call tells counts instead of the edition's figure.
        let is_asked = |most: &&Most| api.quota.is_some() && is_of_edition(most);
        let allowed = api.most.iter().filter(|most| !is_asked(most));
        most(kind, allowed, &tasks, rows, live, limits, &mut problems);
    }
    problems
}

fn updates(tasks: &[Task], rows: &Rows, limits: &Limits, problems: &mut Vec<Problem>) {
    let mut of_kind = OfKind::new();
    for task in tasks {
        let changes = matches!(task.verb, Verb::Update | Verb::Replace) && !task.is_temporary();
        if changes && rows.is_live(&task.address) {
            let addresses = of_kind.entry(task.kind.collection).or_default();
            addresses.push(&task.address);
        }
    }
    let mut live_of: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (row, _) in rows.objects() {
        *live_of.entry(row.address.collection).or_default() += 1;
    }
    let many = Many {
        verb: "update",
        absolute: ("maxUpdates", limits.max_updates),
        percent: ("maxUpdatePercent", limits.max_update_percent),
        percent_from: 1,
        way_out: &|guard, _| format!("raise `guards: {{{guard}}}` for this run"),
    };
    many.check(&of_kind, &live_of, problems);
}

/// Refuses to prune much, unless the command line names exactly the number that goes; a number that it
/// names is a limit by itself, whatever the guards say.
fn deletes(
    tasks: &[Task],
    desired: &Desired,
    rows: &Rows,
    options: &Options,
    problems: &mut Vec<Problem>,
) {
    let limits = &options.limits;
    let mut of_kind = OfKind::new();
    // What a person has to remove does not go by this run.
    let goes = |task: &&Task| task.pruned && task.verb != Verb::Manual;
    for task in tasks.iter().filter(goes) {
        let addresses = of_kind.entry(task.kind.collection).or_default();
        addresses.push(&task.address);
    }
    let all = of_kind.values().map(Vec::len).sum::<usize>();
    match limits.allow_deletes {
        Some(said) if said == all as u64 => return,
        Some(said) if all == 0 => {
            problems.push(nothing_goes(said));
            return;
        }
        None if all == 0 => return,
        _ => {}
    }
    let way_out = match limits.allow_deletes {
        None => format!("say `--allow-deletes {all}`"),
        Some(said) => {
            format!(
                "say `--allow-deletes {all}`: it takes exactly the number that goes, not {said}"
            )
        }
    };
    if desired.state.is_empty() {
        // Whatever else could be said against it: the manifests are what is missing.
        problems.push(nothing_declared(&of_kind, all, &way_out));
        return;
    }
    let before = problems.len();
    let mut owned_of: BTreeMap<&'static str, usize> = of_kind
        .iter()
        .map(|(collection, addresses)| (*collection, addresses.len()))
        .collect();
    for (row, _) in rows.objects() {
        *owned_of.entry(row.address.collection).or_default() += 1;
    }
    for (collection, addresses) in &of_kind {
        let number = addresses.len();
        let is_all = owned_of.get(collection) == Some(&number);
        if is_all
            && limits.max_delete_percent.is_none()
            && (ALL_FROM..PERCENT_FROM).contains(&number)
        {
            problems.push(
                Problem::error(
                    Code::TooManyChanges,
                    format!("the plan would remove all {number} {collection} that are owned"),
                )
                .help(format!(
                    "{}; if that is meant, {way_out}; a folder of manifests may be missing",
                    they_are(addresses)
                )),
            );
        }
    }
    let percent = limits.max_delete_percent.unwrap_or(DEFAULT_DELETE_PERCENT);
    let many = Many {
        verb: "remove",
        absolute: ("maxDeletes", limits.max_deletes),
        percent: ("maxDeletePercent", Some(percent)),
        // Of a few objects one is much: a share that nobody has chosen says nothing of them.
        percent_from: limits.max_delete_percent.map_or(PERCENT_FROM, |_| 1),
        way_out: &|_, _| way_out.clone(),
    };
    many.check(&of_kind, &owned_of, problems);
    if problems.len() == before {
        problems.extend(most_of_all(&of_kind, all, rows, options, &way_out));
    }
    if let (Some(said), true) = (limits.allow_deletes, problems.len() == before) {
        let addresses: Vec<_> = of_kind.values().flatten().copied().collect();
        problems.push(
            Problem::error(
                Code::OtherDeletes,
                format!(
                    "the plan would remove {} whose lines are gone, and `--allow-deletes` says {said}",
                    counted(all, "object")
                ),
            )
            .help(format!("{}; if that is meant, {way_out}", they_are(&addresses))),
        );
    }
}

/// Says that objects were expected to go, and none does: the plan is not the one that was meant.
fn nothing_goes(said: u64) -> Problem {
    Problem::error(
        Code::OtherDeletes,
        format!("nothing is to be removed, and `--allow-deletes` says {said}"),
    )
    .help("leave the option out, or say `--allow-deletes 0` so that nothing may go; entries under `removed` do not count")
}

/// Says that no manifest declares anything while objects would be pruned.
///
/// A bad checkout or a wrong folder looks like this; tombstones alone declare nothing.
fn nothing_declared(of_kind: &OfKind<'_>, all: usize, way_out: &str) -> Problem {
    let addresses: Vec<_> = of_kind.values().flatten().copied().collect();
    Problem::error(
        Code::NothingDeclared,
        format!(
            "no resource is declared, and the plan would remove {}",
            counted(all, "object")
        ),
    )
    .help(format!(
        "{}; check that the manifests are there; if that is meant, {way_out}",
        they_are(&addresses)
    ))
}

/// Refuses to prune more than half of all owned objects that can be pruned, over all kinds.
fn most_of_all(
    of_kind: &OfKind<'_>,
    all: usize,
    rows: &Rows,
    options: &Options,
    way_out: &str,
) -> Option<Problem> {
    let stays = rows
        .objects()
        .filter(|(row, _)| match options.prune(row.kind) {
            Prune::None => false,
            Prune::Owned => row.known,
            // Then whatever is live counts as owned.
            Prune::All => true,
        });
    let total = all + stays.count();
    if total < MOST_FROM || all * 2 <= total {
        return None;
    }
    let addresses: Vec<_> = of_kind.values().flatten().copied().collect();
    Some(
        Problem::error(
            Code::TooManyChanges,
            format!("the plan would remove {all} of {total} owned objects that may be pruned, more than half"),
        )
        .help(format!(
            "{}; if that is meant, {way_out}; a folder of manifests may be missing",
            they_are(&addresses)
        )),
    )
}

/// Addresses of what is changed, by collection.
type OfKind<'a> = BTreeMap<&'static str, Vec<&'a Address>>;

/// Objects that a refusal names.
const NAMED: usize = 5;

/// Names what is changed, or the first of it.
fn they_are(addresses: &[&Address]) -> String {
    let named = addresses.iter().take(NAMED).map(ToString::to_string);
    let named: Vec<String> = named.collect();
    let verb = if addresses.len() == 1 {
        "it is"
    } else {
        "they are"
    };
    match addresses.len().saturating_sub(NAMED) {
        0 => format!("{verb} {}", ticked(&named, "and")),
        more => format!("{verb} `{}` and {more} more", named.join("`, `")),
    }
}

/// A guard against changing too many objects at once.
struct Many<'a> {
    verb: &'a str,
    /// The guard's name and the most objects in all.
    absolute: (&'a str, Option<u64>),
    /// The guard's name and the largest share of a kind.
    percent: (&'a str, Option<u64>),
    /// Objects of a kind from which on the share counts.
    percent_from: usize,
    /// What to do if it is meant, by the guard's setting and the number in all.
    way_out: &'a dyn Fn(&str, usize) -> String,
}

impl Many<'_> {
    fn check(
        &self,
        of_kind: &OfKind<'_>,
        out_of: &BTreeMap<&'static str, usize>,
        problems: &mut Vec<Problem>,
    ) {
        let verb = self.verb;
        let all: usize = of_kind.values().map(Vec::len).sum();
        let mut refuse = |message: String, guard: &str, addresses: &[&Address]| {
            let help = format!(
                "{}; if that is meant, {}",
                they_are(addresses),
                (self.way_out)(guard, all)
            );
            problems.push(Problem::error(Code::TooManyChanges, message).help(help));
        };
        if let (name, Some(max)) = self.absolute
            && all as u64 > max
        {
            refuse(
                format!(
                    "the plan would {verb} {}, and `{name}` allows {max}",
                    counted(all, "object")
                ),
                &format!("{name}: {all}"),
                &of_kind.values().flatten().copied().collect::<Vec<_>>(),
            );
        }
        let (name, Some(max)) = self.percent else {
            return;
        };
        for (collection, addresses) in of_kind {
            let number = addresses.len();
            let total = out_of.get(collection).copied().unwrap_or(0);
            // Compared in hundredths, so that nothing is rounded away.
            if total >= self.percent_from && (number as u64) * 100 > max * total as u64 {
                let share = number * 10_000 / total;
                refuse(
                    format!(
                        "the plan would {verb} {number} of {total} {collection}, {}.{:02}%, and `{name}` allows {max}%",
                        share / 100,
                        share % 100
                    ),
                    &format!("{name}: …"),
                    addresses,
                );
            }
        }
    }
}

/// Tasks of one kind by address; of several of one address the first.
fn by_address<'t>(tasks: &'t [Task], kind: &Kind) -> HashMap<&'t Address, &'t Task> {
    let mut found = HashMap::new();
    for task in tasks.iter().filter(|task| *task.kind == *kind) {
        found.entry(&task.address).or_insert(task);
    }
    found
}

/// Refuses a plan that leaves none of what one has to be left of.
fn keep_one(
    kind: &'static Kind,
    guard: &KeepOne,
    tasks: &HashMap<&Address, &Task>,
    live: &Live,
    problems: &mut Vec<Problem>,
) {
    let fits = |body: &Body, absent: bool| {
        guard.fields.iter().all(|(field, word)| {
            body.get(field)
                .map_or(absent, |value| value.as_text() == Some(word))
        })
    };
    let (mut before, mut after) = (0, 0);
    for index in live.collection(kind.collection) {
        let Some(object) = live.objects.get(index) else {
            continue;
        };
        let shown = guard.signs.iter().all(|sign| shows(&object.raw, sign));
        if !shown || !fits(&live.body(index), false) {
            continue;
        }
        before += 1;
        let task = live
            .address_of(index)
            .and_then(|address| tasks.get(&address));
        let stays = task.is_none_or(|task| match task.verb {
            Verb::Delete | Verb::Disable | Verb::Replace => false,
            Verb::Create | Verb::Update | Verb::Manual => fits(&task.body, true),
        });
        after += usize::from(stays);
    }
    if before > 0 && after == 0 {
        problems.push(
            Problem::error(guard.code, format!("the plan would {}", guard.loss)).help(guard.help),
        );
    }
}

/// Whether a limit is what an edition has of a kind, in use or not.
const fn is_of_edition(most: &Most) -> bool {
    matches!(most.allows, Allowance::InAllOf(_))
}

/// Refuses a plan after which an organization would have more than its edition allows, of those kinds of
/// which a call could have told how much room there is, and has not.
#[must_use]
pub fn of_edition(
    tasks: &[Task],
    rows: &Rows,
    live: &Live,
    limits: &Limits,
    is_told: &dyn Fn(&Kind) -> bool,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for kind in KINDS {
        let Some(api) = kind.api(live.dialect).filter(|api| api.quota.is_some()) else {
            continue;
        };
        let mut allowed = api
            .most
            .iter()
            .filter(|most| is_of_edition(most))
            .peekable();
        if allowed.peek().is_some() && !is_told(kind) {
            let tasks = by_address(tasks, kind);
            most(kind, allowed, &tasks, rows, live, limits, &mut problems);
        }
    }
    problems
}

/// Refuses a plan after which an organization would have more than it may have.
fn most<'m>(
    kind: &'static Kind,
    allowed: impl Iterator<Item = &'m Most>,
    tasks: &HashMap<&Address, &Task>,
    rows: &Rows,
    live: &Live,
    limits: &Limits,
    problems: &mut Vec<Problem>,
) {
    let on = kind
        .enabled
        .map(|enabled| (enabled.field, switch_value(enabled.on)));
    let is_off = |body: &Body| {
        on.as_ref().is_some_and(|(field, on)| {
            body.get(field)
                .is_some_and(|value| !value.is_null() && value != on)
        })
    };
    let switches_on = |task: &Task| {
        on.as_ref().is_some_and(|(field, on)| {
            let on = shown_value(on);
            task.changes
                .iter()
                .any(|change| change.field == pointer([*field]) && change.after == on)
        })
    };
    let (mut created, mut newly_in_use) = (0, 0);
    for task in tasks.values() {
        created += usize::from(task.verb == Verb::Create);
        newly_in_use += usize::from(match task.verb {
            Verb::Create => !is_off(&task.body),
            Verb::Update => switches_on(task),
            _ => false,
        });
    }
    if created == 0 && newly_in_use == 0 {
        return;
    }
    let (mut in_all, mut in_use) = (created, newly_in_use);
    for index in live.collection(kind.collection) {
        let Some(address) = live.address_of(index) else {
            continue;
        };
        if tasks
            .get(&address)
            .is_some_and(|task| task.verb == Verb::Delete)
        {
            continue;
        }
        in_all += 1;
        let stays_on = on
            .as_ref()
            .is_none_or(|(field, on)| live.body(index).get(field) == Some(on))
            && rows.wanted(&address).is_none_or(|body| !is_off(body));
        in_use += usize::from(stays_on);
    }
    for most in allowed {
        let too_many = match most.allows {
            Allowance::InAll(most) => (created > 0 && in_all > most).then(|| {
                format!(
                    "there would be {}, and an organization may have {most}",
                    counted(in_all, kind.singular)
                )
            }),
            Allowance::InAllOf(by_edition) => by_edition
                .iter()
                .find(|(edition, most)| {
                    created > 0 && limits.edition == Some(*edition) && in_all > *most
                })
                .map(|(edition, most)| {
                    format!(
                        "there would be {}, and the {edition} edition allows {most}",
                        counted(in_all, kind.singular)
                    )
                }),
            Allowance::InUse(by_edition) => by_edition
                .iter()
                .find(|(edition, most)| limits.edition == Some(*edition) && in_use > *most)
                .map(|(edition, most)| {
                    format!(
                        "{} would be enabled, and the {edition} edition allows {most}",
                        counted(in_use, kind.singular)
                    )
                }),
        };
        let help = match most.allows {
            Allowance::InUse(_) => most.help.to_owned(),
            Allowance::InAll(number) => {
                to_make_room(kind, live.dialect, Some(number as u64), most.help)
            }
            Allowance::InAllOf(by_edition) => {
                let own = (by_edition.iter()).find(|(edition, _)| limits.edition == Some(*edition));
                let own = own.map(|(_, number)| *number as u64);
                to_make_room(kind, live.dialect, own, most.help)
            }
        };
        problems.extend(too_many.map(|message| Problem::error(most.code, message).help(help)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dialect::Dialect;
    use crate::kind::rules::{Is, Sign};
    use crate::live::LiveObject;
    use crate::plan::task::Role;
    use crate::state::Value;

    fn departments() -> &'static Kind {
        crate::kind::find("departments").unwrap()
    }

    /// Departments with whether each is enabled.
    fn live(objects: &[(&str, bool)]) -> Live {
        let mut live = Live::new(Dialect::Openapi);
        for (name, is_enabled) in objects {
            let raw = json!({"id": name, "name": name, "isEnabled": is_enabled, "hasLogo": true});
            live.add(LiveObject {
                kind: departments(),
                id: (*name).to_owned(),
                raw: raw.as_object().unwrap().clone(),
                parts: Vec::new(),
            });
        }
        live
    }

    fn task(name: &str, verb: Verb, body: &[(&'static str, Value)]) -> Task {
        Task {
            address: Address::new("departments", name),
            verb,
            changes: Vec::new().into(),
            credits: 0,
            remarks: None,
            kind: departments(),
            ops: Vec::new(),
            prerequisites: Vec::new(),
            body: body.iter().cloned().collect(),
            named: Body::default(),
            pruned: false,
            prevents_destroy: false,
            role: Role::Step,
        }
    }

    #[test]
    fn limits_hold_for_any_kind() {
        let allowed = [
            Most {
                allows: Allowance::InAll(2),
                code: Code::TooManyWebhooks,
                help: "less",
            },
            Most {
                allows: Allowance::InUse(&[(Edition::Free, 1)]),
                code: Code::TooManyCustomFields,
                help: "less",
            },
        ];
        let limits = |edition| Limits {
            edition,
            ..Limits::default()
        };
        let off = [("isEnabled", Value::Bool(false))];
        let (one_more, one_off) = (task("C", Verb::Create, &[]), task("C", Verb::Create, &off));
        let goes = task("A", Verb::Delete, &[]);
        for (tasks, edition, wanted) in [
            (vec![one_more.clone()], None, vec![Code::TooManyWebhooks]),
            (
                vec![one_more.clone()],
                Some(Edition::Free),
                vec![Code::TooManyWebhooks, Code::TooManyCustomFields],
            ),
            (
                vec![one_more.clone()],
                Some(Edition::Standard),
                vec![Code::TooManyWebhooks],
            ),
            (
                vec![one_off.clone()],
                Some(Edition::Free),
                vec![Code::TooManyWebhooks],
            ),
            (
                vec![one_more.clone(), goes.clone()],
                Some(Edition::Free),
                vec![],
            ),
            (vec![goes], Some(Edition::Free), vec![]),
        ] {
            let mut problems = Vec::new();
            most(
                departments(),
                allowed.iter(),
                &by_address(&tasks, departments()),
                &Rows::default(),
                &live(&[("A", true), ("B", false)]),
                &limits(edition),
                &mut problems,
            );
            let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
            assert_eq!(codes, wanted, "{edition:?} {tasks:?}");
        }
    }

    #[test]
    fn one_of_any_kind_is_kept() {
        let guard = KeepOne {
            fields: &[("name", "A")],
            signs: &[Sign {
                key: "hasLogo",
                is: Is::NotFalse,
            }],
            code: Code::LastAdministrator,
            loss: "leave none",
            help: "keep one",
        };
        let keeps = [("name", Value::text("A"))];
        let renamed = [("name", Value::text("B"))];
        for (tasks, is_refused) in [
            (vec![task("A", Verb::Update, &keeps)], false),
            (vec![task("A", Verb::Update, &[])], false),
            (vec![task("A", Verb::Update, &renamed)], true),
            (vec![task("A", Verb::Disable, &keeps)], true),
            (vec![task("B", Verb::Delete, &[])], false),
        ] {
            let mut problems = Vec::new();
            let live = live(&[("A", true), ("B", true)]);
            let by_address = by_address(&tasks, departments());
            keep_one(departments(), &guard, &by_address, &live, &mut problems);
            assert_eq!(!problems.is_empty(), is_refused, "{tasks:?}");
        }
    }
}
