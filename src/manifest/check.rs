//! What concerns several resources at once: identities, cycles and tombstones.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use super::among;
use super::compose::{Detail, Tombstone};
use crate::kind::rules::Clash;
use crate::kind::{Field, KINDS, Kind};
use crate::problem::{Code, Problem};
use crate::state::identity::named as key;
use crate::state::identity::{below, canonical, scopes};
use crate::state::{Address, ByAddress, Named, Reference, Resource, State, Value};
use foldhash::{HashMap, HashMapExt as _};

type Details = ByAddress<Detail>;

/// Runs every check.
pub(crate) fn check(
    state: &State,
    details: &Details,
    removed: &[Tombstone],
    problems: &mut Vec<Problem>,
) {
    let identities = identities(state, details, problems);
    tombstones(&identities, details, removed, problems);
    renames(state, &identities, details, problems);
    clashes(state, details, problems);
    among::check(state, details, problems);
    cycles(state, details, problems);
}

/// Resources by collection and identity without case.
type Identities<'s> = HashMap<(&'static str, Named<'static>), &'s Address>;

fn identities<'s>(
    state: &'s State,
    details: &Details,
    problems: &mut Vec<Problem>,
) -> Identities<'s> {
    let mut known: Identities<'s> = HashMap::with_capacity(state.len());
    for (address, resource) in state {
        let Some(name) = key(resource.kind, &resource.body) else {
            continue;
        };
        let first = match known.entry((address.collection, name.lower_case())) {
            Entry::Vacant(free) => {
                free.insert(address);
                continue;
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        let (Some(again), Some(before)) = (details.get(address), details.get(first)) else {
            continue;
        };
        let other = state
            .get(first)
            .and_then(|one| key(one.kind, &one.body))
            .unwrap_or_default();
        let field = resource.kind.field_of_handle().name;
        let singular = resource.kind.singular;
        let problem = if other == name {
            Problem::error(
                Code::DuplicateIdentity,
                format!("`{first}` and `{address}` are the same {singular}: `{name}`"),
            )
            .help(
                if resource.kind.only_name().is_some() && field == resource.kind.naming_field().name
                {
                    "keep one of them: there is one alone".to_owned()
                } else if resource.kind.is_nameless() {
                    "keep one of them".to_owned()
                } else {
                    format!("keep one of them, or give one another `{field}`")
                },
            )
        } else {
            Problem::error(
                Code::IdentityCase,
                format!("`{first}` and `{address}` differ in case only: `{other}` and `{name}`"),
            )
            .help("Zoho Desk may take them for one; choose names that differ more")
        };
        problems.push(
            problem
                .at(again.origin.place(address, field), "this name")
                .at(before.origin.place(first, field), "and this one"),
        );
    }
    known
}

fn tombstones(
    identities: &Identities<'_>,
    details: &Details,
    removed: &[Tombstone],
    problems: &mut Vec<Problem>,
) {
    for stone in removed {
        let Some(address) = meant(identities, stone) else {
            continue;
        };
        let Some(detail) = details.get(address) else {
            continue;
        };
        let mut problem = Problem::error(
            Code::DeclaredAndRemoved,
            format!("`{address}` is declared and removed"),
        )
        .at(stone.place.clone(), "removed here")
        .at(detail.origin.key(address, ""), "declared here")
        .help("take one of them away");
        if detail.lifecycle.prevent_destroy {
            problem.code = Code::PreventedRemoval;
            problem.message = format!("`{address}` is removed, but `preventDestroy` protects it");
            problem = problem
                .at(
                    detail.origin.key(address, "lifecycle/preventDestroy"),
                    "protected here",
                )
                .help("take `preventDestroy` away in one change, and remove it in the next");
        }
        problems.push(problem);
    }
}

/// The declared resource that a tombstone names. Where it leaves out what the name counts below, only
/// what is live tells.
fn meant<'s>(identities: &Identities<'s>, stone: &Tombstone) -> Option<&'s Address> {
    let key = (stone.collection, stone.key.lower_case());
    identities.get(&key).copied()
}

/// What the old name of a resource may mean, with the scopes that it has now where none are said.
fn old_names(resource: &Resource, detail: &Detail) -> Vec<Named<'static>> {
    let now = key(resource.kind, &resource.body);
    let written = detail.lifecycle.renamed_from.iter().cloned();
    let filled = written.map(|mut old| {
        for (field, below) in now.iter().flat_map(|now| &now.scope) {
            old.fill(field, below.clone());
        }
        old
    });
    filled.collect()
}

fn renames(
    state: &State,
    identities: &Identities<'_>,
    details: &Details,
    problems: &mut Vec<Problem>,
) {
    for (address, detail) in details {
        let Some(resource) = state
            .get(address)
            .filter(|_| !detail.lifecycle.renamed_from.is_empty())
        else {
            continue;
        };
        let old_names = old_names(resource, detail);
        let found = old_names.iter().find_map(|old| {
            let other = identities.get(&(address.collection, old.lower_case()))?;
            Some((old, *other))
        });
        let Some((old, other)) = found else {
            continue;
        };
        let singular = resource.kind.singular;
        let now = key(resource.kind, &resource.body);
        if other == address && now.as_ref() != Some(old) {
            // The case of the letters alone is a change like any other.
            continue;
        }
        let gives_up = details.get(other);
        if other != address && gives_up.is_some_and(|one| !one.lifecycle.renamed_from.is_empty()) {
            // Names that move on, or round: what is live tells whether that can be.
            continue;
        }
        let place = detail.origin.place(address, "lifecycle/renamedFrom");
        let problem = if other == address {
            Problem::error(
                Code::RenameToItself,
                format!("`renamedFrom` is the name that `{address}` has now"),
            )
            .at(place, "the same name")
            .help("take it away, or write the name it had before")
        } else {
            let other_place = gives_up.map(|one| one.origin.key(other, ""));
            let mut problem = Problem::error(
                Code::RenameOfDeclared,
                format!("`{address}` was renamed from `{old}`, but `{other}` is that {singular}"),
            )
            .at(place, "its old name")
            .help("an old name belongs to nothing else; take `renamedFrom` away");
            if let Some(other_place) = other_place {
                problem = problem.at(other_place, "declared here");
            }
            problem
        };
        problems.push(problem);
    }
}

/// Finds values that two resources of a kind must not both have.
fn clashes(state: &State, details: &Details, problems: &mut Vec<Problem>) {
    for kind in KINDS {
        for field in kind.fields {
            if let Some(clash) = field.unique {
                let text = |value: &Value| Some(canonical(field, &text_of(value)?).into_owned());
                clashing(state, details, (kind, field, clash), &text, problems);
            }
            if let Some(clash) = field.exclusive {
                let only_true = |value: &Value| (*value == Value::Bool(true)).then(String::new);
                clashing(state, details, (kind, field, clash), &only_true, problems);
            }
        }
    }
}

/// Refuses every resource whose field says what another one's says already, as far as it counts: below what
/// both lie below.
fn clashing(
    state: &State,
    details: &Details,
    (kind, field, clash): (&'static Kind, &Field, &Clash),
    what_counts: &dyn Fn(&Value) -> Option<String>,
    problems: &mut Vec<Problem>,
) {
    let mut known: BTreeMap<_, &Address> = BTreeMap::new();
    for (address, resource) in state {
        if address.collection != kind.collection {
            continue;
        }
        let Some(value) = resource.body.get(field.name).and_then(what_counts) else {
            continue;
        };
        let above = scopes(kind).map(|scope| resource.body.get(scope.name).and_then(below));
        let above: Vec<_> = above.collect();
        let first = *known.entry((above, value)).or_insert(address);
        if first == address {
            continue;
        }
        let (Some(again), Some(before)) = (details.get(address), details.get(first)) else {
            continue;
        };
        problems.push(
            Problem::error(
                clash.code,
                format!("`{first}` and `{address}` {}", clash.what),
            )
            .at(again.origin.place(address, field.name), clash.labels.1)
            .at(before.origin.place(first, field.name), clash.labels.0)
            .help(clash.help),
        );
    }
}

/// A text, or the text of a secret; of a secret that is not set its template.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Secret(secret) => Some(
            secret
                .expose()
                .map_or_else(|| secret.template.to_string(), str::to_owned),
        ),
        _ => None,
    }
}

/// What a resource refers to: the fields and the resources that they name.
fn edges(state: &State, index: usize) -> Vec<(&'static str, usize)> {
    let Some((_, resource)) = state.get_index(index) else {
        return Vec::new();
    };
    let mut edges = Vec::new();
    for field in resource.kind.fields {
        let Some(value) = resource.body.get(field.name) else {
            continue;
        };
        value.walk(&mut |item| {
            if let Value::Reference(Reference::To(address)) = item
                && let Some(index) = state.get_index_of(address)
            {
                edges.push((field.name, index));
            }
        });
    }
    edges
}

/// The collections whose resources can, in some steps of references, come back to themselves.
fn circular() -> Vec<&'static str> {
    let next = |collection: &str| {
        let targets = crate::kind::find(collection).map_or_else(Vec::new, Kind::targets);
        targets
            .into_iter()
            .flat_map(crate::kind::Target::collections)
    };
    let comes_back = |start: &&'static str| {
        let mut seen: Vec<&str> = Vec::new();
        let mut open: Vec<&str> = next(start).collect();
        while let Some(collection) = open.pop() {
            if !seen.contains(&collection) {
                seen.push(collection);
                open.extend(next(collection));
            }
        }
        seen.contains(start)
    };
    let all = KINDS.iter().map(|kind| kind.collection);
    all.filter(comes_back).collect()
}

/// Finds every cycle of references, each once.
fn cycles(state: &State, details: &Details, problems: &mut Vec<Problem>) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let circular = circular();
    let mut marks = vec![Mark::New; state.len()];
    for (start, address) in state.keys().enumerate() {
        if marks[start] != Mark::New || !circular.contains(&address.collection) {
            continue;
        }
        // The way from the start: a resource, its edges, and the edge that is being followed.
        let mut way = vec![(start, edges(state, start), 0_usize)];
        marks[start] = Mark::Open;
        while let Some((node, edges_of, next)) = way.last_mut() {
            let Some((_, target)) = edges_of.get(*next).copied() else {
                marks[*node] = Mark::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match marks[target] {
                Mark::Done => {}
                Mark::New => {
                    marks[target] = Mark::Open;
                    way.push((target, edges(state, target), 0));
                }
                Mark::Open => {
                    let from = way.iter().position(|(node, ..)| *node == target);
                    let cycle: Vec<(usize, &'static str)> = way
                        .iter()
                        .skip(from.unwrap_or_default())
                        .filter_map(|(node, edges, next)| {
                            Some((*node, edges.get(next.checked_sub(1)?)?.0))
                        })
                        .collect();
                    problems.push(cycle_problem(state, details, &cycle));
                }
            }
        }
    }
}

/// Members of a cycle that get a label of their own.
const LABELS: usize = 6;

fn cycle_problem(state: &State, details: &Details, cycle: &[(usize, &'static str)]) -> Problem {
    let names: Vec<String> = cycle
        .iter()
        .chain(cycle.first())
        .filter_map(|(node, _)| Some(state.get_index(*node)?.0.to_string()))
        .collect();
    let mut problem = Problem::error(
        Code::ReferenceCycle,
        format!("references run in a circle: `{}`", names.join(" -> ")),
    );
    for (position, (node, field)) in cycle.iter().take(LABELS).enumerate() {
        let declared = state
            .get_index(*node)
            .and_then(|(address, _)| Some((address, details.get(address)?)));
        let Some((address, detail)) = declared else {
            continue;
        };
        let words = if position == 0 {
            "begins here"
        } else {
            "goes on here"
        };
        problem = problem.at(detail.origin.place(address, field), words);
    }
    problem.help(if cycle.len() == 1 {
        "nothing can stand above itself; name another one, or take the reference away"
    } else {
        "take one of these references away"
    })
}
