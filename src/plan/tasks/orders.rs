//! Orders among siblings: what is sent is all of them, and what is told is which of them move.

use std::fmt::Write as _;

use foldhash::HashSet;

use super::Builder;
use crate::codec::read_field;
use crate::kind::{Field, Ranking};
use crate::plan::bound::place;
use crate::plan::task::{Remarks, Task};
use crate::problem::{Code, Problem, listed};
use crate::state::{Address, Reference, Value};
use crate::verb::Verb;

/// How many of those that move are told one by one.
const TOLD: usize = 10;

/// The resources that a list names.
fn named(value: Option<&Value>) -> Vec<Address> {
    let items = match value {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    let items = items.iter().filter_map(|item| match item {
        Value::Reference(Reference::To(address)) => Some(address.clone()),
        _ => None,
    });
    items.collect()
}

/// Puts those that are named into the places that they hold among all, in the order in which they are
/// named; all others keep theirs.
fn in_order(all: &[Address], named: &[Address]) -> Vec<Address> {
    let mut next = named.iter().filter(|one| all.contains(one));
    let put = |one: &Address| {
        let is_named = named.contains(one);
        let put = if is_named { next.next() } else { None };
        put.unwrap_or(one).clone()
    };
    all.iter().map(put).collect()
}

impl Builder<'_> {
    /// Completes the steps that put siblings in order: each sends all that there will be, since nothing
    /// says what becomes of those that a request leaves out.
    pub(super) fn orders(&mut self) {
        self.put_in_order(false);
    }

    /// Completes them once more, now that it is known which siblings come and go: `--target` may have left some
    /// out. Says what there is to say of them.
    pub(super) fn final_orders(&mut self) {
        self.put_in_order(true);
    }

    fn put_in_order(&mut self, is_final: bool) {
        for index in 0..self.tasks.len() {
            let Some(task) = self.tasks.get(index) else {
                continue;
            };
            let (Some(ranking), Some(field)) = (task.kind.ranking(), task.kind.ranked()) else {
                continue;
            };
            let address = task.address.clone();
            let wanted = named(task.named.get(field.name));
            let before = self.staying(task, field, ranking);
            let all: Vec<Address> = (before.iter().cloned())
                .chain(self.coming(task, ranking, &before))
                .collect();
            let missing = wanted.iter().filter(|one| is_final && !all.contains(one));
            for one in missing {
                let problem = Problem::error(
                    Code::NotWithin,
                    format!(
                        "`{address}` names `{one}`, which is not among those that it puts in order"
                    ),
                );
                self.problems.push(
                    problem
                        .at(place(self.desired, &address, field.name), "named here")
                        .help("take it away, or name it in the order that it belongs to"),
                );
            }
            if is_final && ranking.most > 0 && all.len() > ranking.most {
                let message = format!(
                    "`{address}` puts {} {} in order; {} is the most that a request takes",
                    all.len(),
                    ranking.of,
                    ranking.most
                );
                self.problems.push(
                    Problem::error(Code::TooMany, message)
                        .at(place(self.desired, &address, field.name), "declared here")
                        .help("take the order away, and put them in order in Zoho Desk"),
                );
            }
            let after = in_order(&all, &wanted);
            let effect = told(&before, &after, &wanted);
            let list = after
                .into_iter()
                .map(|one| Value::Reference(Reference::To(one)));
            let list = Value::List(list.collect());
            if let Some(task) = self.tasks.get_mut(index) {
                task.body.set(field.name, list);
                if !is_final {
                    continue;
                }
                let remarks = task
                    .remarks
                    .get_or_insert_with(|| Box::new(Remarks::default()));
                remarks.effects.extend(effect);
            }
        }
    }

    /// The siblings that are live, in their order.
    fn there(&self, order: &Task, field: &Field) -> Vec<Address> {
        let object = self.bound.rows.object(&order.address);
        let object = object.and_then(|index| self.live.objects.get(index));
        let live =
            object.and_then(|object| read_field(field, self.live.dialect, &object.raw, self.live));
        named(live.as_ref())
    }

    /// Those among them that no step deletes, and none makes anew elsewhere.
    fn staying(&self, order: &Task, field: &Field, ranking: &Ranking) -> Vec<Address> {
        let goes = |task: &&Task| match task.verb {
            Verb::Delete => true,
            Verb::Replace => !self.is_below(order, ranking, task),
            _ => false,
        };
        let siblings = self
            .tasks
            .iter()
            .filter(|task| task.kind.collection == ranking.of);
        let going: HashSet<&Address> = siblings.filter(goes).map(|task| &task.address).collect();
        let mut staying = self.there(order, field);
        staying.retain(|one| !going.contains(one));
        staying
    }

    /// The siblings that are made, and are not among those that are there.
    fn coming(&self, order: &Task, ranking: &Ranking, there: &[Address]) -> Vec<Address> {
        let coming = self.tasks.iter().filter(|task| {
            task.kind.collection == ranking.of
                && matches!(task.verb, Verb::Create | Verb::Replace)
                && !there.contains(&task.address)
                && self.is_below(order, ranking, task)
        });
        coming.map(|task| task.address.clone()).collect()
    }

    /// Whether a new sibling lies below what an order lies below.
    fn is_below(&self, order: &Task, ranking: &Ranking, sibling: &Task) -> bool {
        let Some((way, field)) = ranking.below else {
            return true;
        };
        let (first, rest) = way.split_once('.').unwrap_or((way, ""));
        let mut value = sibling.body.get(first).cloned();
        if let (false, Some(Value::Reference(Reference::To(parent)))) = (rest.is_empty(), &value) {
            let declared = self
                .bound
                .rows
                .named(parent)
                .and_then(|body| body.get(rest));
            value = declared.cloned().or_else(|| {
                let object = self.live.object_at(parent)?;
                let field = object.kind.field(rest)?;
                read_field(field, self.live.dialect, &object.raw, self.live)
            });
        }
        value.is_some() && value.as_ref() == order.body.get(field)
    }

    /// Deletions of siblings, each with the order that is sent once they are gone.
    pub(super) fn gone_before_orders(&self) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        for (later, order) in self.tasks.iter().enumerate() {
            let (Some(ranking), Some(field)) = (order.kind.ranking(), order.kind.ranked()) else {
                continue;
            };
            let live = self.there(order, field);
            let firsts = self.tasks.iter().enumerate().filter(|(_, task)| {
                task.kind.collection == ranking.of
                    && matches!(task.verb, Verb::Delete | Verb::Replace)
                    && live.contains(&task.address)
            });
            edges.extend(firsts.map(|(first, _)| (later, first)));
        }
        edges
    }
}

/// Says which of the named siblings move, and from where; nothing where none does.
fn told(before: &[Address], after: &[Address], wanted: &[Address]) -> Option<String> {
    let place_in = |list: &[Address], one: &Address| list.iter().position(|other| other == one);
    let way = |one: &Address| {
        let to = place_in(after, one)?;
        let from = place_in(before, one);
        (from != Some(to)).then(|| match from {
            Some(from) => format!("`{}` from {} to {}", one.handle, nth(from), nth(to)),
            None => format!("`{}` to {}", one.handle, nth(to)),
        })
    };
    let mut moves: Vec<String> = wanted.iter().filter_map(way).collect();
    let more = moves.len().saturating_sub(TOLD);
    moves.truncate(TOLD);
    if more > 0 {
        moves.push(format!("{more} more"));
    }
    (!moves.is_empty()).then(|| format!("moves {}", listed(&moves, "and")))
}

/// A place among others in words: `1st`, counted from 0.
fn nth(place: usize) -> String {
    let number = place + 1;
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    let mut text = number.to_string();
    // Writing into a string cannot fail.
    let _ = write!(text, "{ending}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(handles: &str) -> Vec<Address> {
        let handles = handles.chars();
        handles
            .map(|one| Address::new("skills", one.to_string()))
            .collect()
    }

    #[test]
    fn those_that_are_not_named_keep_their_places() {
        for (all, named, wanted) in [
            ("abcd", "db", "adcb"),
            ("abcd", "bd", "abcd"),
            ("abcd", "dcba", "dcba"),
            ("abcd", "cx", "abcd"),
            ("", "ab", ""),
        ] {
            let (all, named) = (addresses(all), addresses(named));
            assert_eq!(
                in_order(&all, &named),
                addresses(wanted),
                "{all:?} {named:?}"
            );
        }
    }

    #[test]
    fn the_plan_tells_what_moves() {
        for (before, after, named, wanted) in [
            (
                "abc",
                "cba",
                "ca",
                Some("moves `c` from 3rd to 1st and `a` from 1st to 3rd"),
            ),
            ("abc", "abc", "ab", None),
            ("ab", "acb", "ac", Some("moves `c` to 2nd")),
        ] {
            let effect = told(&addresses(before), &addresses(after), &addresses(named));
            assert_eq!(effect.as_deref(), wanted);
        }
        let words = [0, 1, 2, 3, 10, 11, 12, 20, 110].map(nth);
        assert_eq!(
            words,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "111th"
            ]
        );
    }
}
