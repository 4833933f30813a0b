//! Lists that name members only, such as the agents of a team, who belong to its department.
//!
//! The server refuses anybody else, and whoever leaves goes from the list by itself. So a plan is
//! refused that names somebody who will not be a member once it is carried out.

use foldhash::{HashMap, HashMapExt as _, HashSet};

use crate::codec::Ids as _;
use crate::codec::{read_field, switch_value};
use crate::kind::{Field, Membership, Wire};
use crate::live::Live;
use crate::manifest::Desired;
use crate::plan::Options;
use crate::plan::bound::place;
use crate::plan::ownership::left_alone;
use crate::plan::requests::Act;
use crate::plan::row::{Row, Rows};
use crate::plan::task::Task;
use crate::problem::{Code, Problem};
use crate::state::{Address, Body, Reference, Value, pointer};
use crate::verb::Verb;

/// Whom a body names in a field, each with where they have to be members.
pub(super) fn members<'b>(
    body: Option<&'b Body>,
    field: &str,
    of: &str,
) -> Vec<(&'b Address, &'b Address)> {
    let named = |name: &str| match body.and_then(|body| body.get(name)) {
        Some(Value::List(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let to = |value: &'b Value| match value {
        Value::Reference(Reference::To(address)) => Some(address),
        _ => None,
    };
    let of: Vec<&Address> = named(of).iter().filter_map(to).collect();
    let members = named(field).iter().filter_map(to);
    members
        .flat_map(|member| of.iter().map(move |of| (member, *of)))
        .collect()
}

/// Whether a value names a resource.
pub(super) fn names(value: &Value, address: &Address) -> bool {
    let mut found = false;
    value.walk(&mut |value| {
        found |= matches!(value, Value::Reference(Reference::To(one)) if one == address);
    });
    found
}

/// The tasks that write, by address; of several of one address all.
type Writes<'t> = HashMap<&'t Address, Vec<&'t Task>>;

/// Refuses to name somebody who will not be a member.
///
/// Whoever is named live without being a member may stay: the server has taken that once. Where
/// steps wait for another answer, nobody can say who will belong where.
pub(super) fn check(
    tasks: &[Task],
    waiting: &HashSet<Address>,
    desired: &Desired,
    rows: &Rows,
    live: &Live,
    options: &Options,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut writes: Option<Writes<'_>> = None;
    for row in rows {
        let Some(body) = &row.wanted else { continue };
        let address = &row.address;
        if waiting.contains(address) {
            continue;
        }
        for field in row.kind.fields {
            let Some(membership) = field.membership else {
                continue;
            };
            let wanted = members(Some(body), field.name, membership.of);
            if wanted.is_empty() {
                continue;
            }
            let writes = writes.get_or_insert_with(|| by_address(tasks));
            let sends = |task: &&Task| task.ops.iter().any(|op| op.sends(field, live.dialect));
            let is_sent = writes
                .get(address)
                .is_some_and(|tasks| tasks.iter().any(sends));
            if !is_sent && is_left_alone(desired, row, field, options) {
                continue;
            }
            let there = members(row.live.as_ref(), field.name, membership.of);
            for (member, of) in wanted {
                if waiting.contains(member) {
                    continue;
                }
                let was_named = there.contains(&(member, of));
                let Some(state) = State::of(member, of, membership, writes, live) else {
                    continue;
                };
                if let Err(lack) = state.will_be
                    && (!was_named || state.was)
                {
                    problems.push(
                        Problem::error(
                            Code::NotAMember,
                            format!("`{address}` names `{member}`, which {}", lack.words(of)),
                        )
                        .at(place(desired, address, field.name), "named here")
                        .help(lack.help(member, of, membership, field)),
                    );
                }
            }
        }
    }
    problems
}

/// Whether a list is nobody's to change although it is declared.
fn is_left_alone(desired: &Desired, row: &Row, field: &Field, options: &Options) -> bool {
    let address = &row.address;
    let (hands_off, ignored) = left_alone(desired, address, row.kind, options);
    hands_off
        || ignored.contains(&pointer([field.name]))
        || options.ignoring(address, Some(field.name)).is_some()
}

fn by_address(tasks: &[Task]) -> Writes<'_> {
    let mut found = Writes::new();
    for task in tasks.iter().filter(|task| !task.ops.is_empty()) {
        found.entry(&task.address).or_default().push(task);
    }
    found
}

/// Why somebody is no member.
#[derive(Clone, Copy)]
enum Lack {
    /// It does not belong to what it should.
    Outside,
    /// It is out of use, by this field.
    Off(&'static str),
    /// The plan removes it.
    Gone,
}

impl Lack {
    /// Completes "`agents/x`, which …".
    fn words(self, of: &Address) -> String {
        match self {
            Self::Outside => format!("will not belong to `{of}`"),
            Self::Off(_) => "will be out of use".to_owned(),
            Self::Gone => "the plan removes".to_owned(),
        }
    }

    fn help(self, member: &Address, of: &Address, by: Membership, field: &Field) -> String {
        let otherwise = format!("take it out of `{}`", field.name);
        match self {
            Self::Outside => {
                let list = by.list;
                format!("name `{of}` under `{list}` of `{member}`, or {otherwise}")
            }
            Self::Off(switch) => format!("put `{member}` in use (`{switch}`), or {otherwise}"),
            Self::Gone => otherwise,
        }
    }
}

/// Whether somebody belongs to something, before a plan and after it.
struct State {
    was: bool,
    will_be: Result<(), Lack>,
}

impl State {
    /// Nothing where nobody knows.
    fn of(
        member: &Address,
        of: &Address,
        by: Membership,
        writes: &Writes<'_>,
        live: &Live,
    ) -> Option<Self> {
        let kind = crate::kind::find(member.collection)?;
        let list = kind.field(by.list)?;
        if !matches!(list.wire(live.dialect), Wire::Sent { .. }) {
            return None;
        }
        let object = live.object_at(member);
        let tasks = writes.get(member).map_or(&[][..], Vec::as_slice);
        if object.is_none() && tasks.is_empty() {
            return None;
        }
        let shown = |field: &Field| read_field(field, live.dialect, &object?.raw, live);
        let written = |field: &Field| {
            let bodies = tasks.iter().map(|task| &task.body);
            bodies.filter_map(|body| body.get(field.name)).next_back()
        };
        let switch = kind
            .enabled
            .and_then(|enabled| Some((kind.field(enabled.field)?, switch_value(enabled.on))));
        let lacks = |value: &dyn Fn(&Field) -> Option<Value>| {
            let belongs = value(list).is_some_and(|list| names(&list, of));
            match &switch {
                Some((field, on))
                    if value(field).is_some_and(|value| !value.is_null() && value != *on) =>
                {
                    Err(Lack::Off(field.name))
                }
                _ if belongs => Ok(()),
                _ => Err(Lack::Outside),
            }
        };
        let was = object.is_some() && lacks(&shown).is_ok();
        let goes = |task: &&Task| matches!(task.verb, Verb::Delete | Verb::Disable);
        let will_be = if tasks.iter().any(goes) {
            Err(Lack::Gone)
        } else {
            lacks(&|field| written(field).cloned().or_else(|| shown(field)))
        };
        let will_be = match will_be {
            Err(Lack::Outside) if founds(member, of, writes, live) => Ok(()),
            other => other,
        };
        Some(Self { was, will_be })
    }
}

/// Whether somebody belongs to what the plan makes since it helps to make it, and stays.
fn founds(member: &Address, of: &Address, writes: &Writes<'_>, live: &Live) -> bool {
    let tasks = writes.get(of).map_or(&[][..], Vec::as_slice);
    let ops = || tasks.iter().flat_map(|task| &task.ops);
    let id = live.id(member);
    id.is_some()
        && ops().any(|op| op.temporary_member() == id.as_deref())
        && !ops().any(|op| op.act == Act::Leave)
}
