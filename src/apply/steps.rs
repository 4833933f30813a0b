//! Steps that more than one task carries out: each is told of once, when the last of its tasks ended.

use foldhash::{HashMap, HashMapExt as _};

use super::event::{Event, Outcome, Tally};
use super::outcome::AGAIN;
use super::queue::End;
use crate::plan::task::Task;
use crate::state::Address;
use crate::verb::Verb;

/// Steps of two tasks: one begins the step, another one ends it.
pub(super) struct Open {
    /// The task that begins the step, by the index of the one that ends it.
    begins: HashMap<usize, usize>,
    /// How the first task of such a step ended, by its index; nothing as long as it has not.
    held: HashMap<usize, Option<Outcome>>,
    /// What the steps do, by the index of their first task.
    verbs: HashMap<usize, Verb>,
}

impl Open {
    pub(super) fn of(tasks: &[Task]) -> Self {
        let mut begins = HashMap::new();
        if tasks.iter().any(Task::ends) {
            let mut steps: HashMap<&Address, usize> = HashMap::new();
            for (index, task) in tasks.iter().enumerate().filter(|(_, task)| task.is_step()) {
                steps.entry(&task.address).or_insert(index);
            }
            let ends = tasks.iter().enumerate().filter(|(_, task)| task.ends());
            begins.extend(ends.filter_map(|(end, task)| Some((end, *steps.get(&task.address)?))));
        }
        let held = begins.values().map(|begin| (*begin, None)).collect();
        let verb = |begin: &usize| Some((*begin, tasks.get(*begin)?.verb));
        let verbs = begins.values().filter_map(verb).collect();
        Self {
            begins,
            held,
            verbs,
        }
    }

    /// How many tasks are no steps of their own.
    pub(super) fn ends(&self) -> usize {
        self.begins.len()
    }

    /// Whether a task ends the step of another one.
    pub(super) fn is_end(&self, index: usize) -> bool {
        self.begins.contains_key(&index)
    }

    /// Takes note of a task's end, and tells of its step once all of it has ended.
    pub(super) fn finish(
        &mut self,
        index: usize,
        task: &Task,
        outcome: Outcome,
        tally: &mut Tally,
        emit: &mut dyn FnMut(Event),
    ) -> End {
        let end = match &outcome {
            Outcome::Applied { .. } => End::Good,
            _ => End::Bad,
        };
        let mut tell = |verb, outcome: Outcome| {
            tally.count(&outcome);
            emit(Event::StepFinished {
                address: task.address.clone(),
                verb,
                outcome,
            });
        };
        // An exit waits for what it ends, or runs beside it: either may be the last.
        let (begin, ending) = match self.begins.get(&index) {
            Some(begin) => (*begin, true),
            None => (index, false),
        };
        let Some(held) = self.held.get_mut(&begin) else {
            tell(task.verb, outcome);
            return end;
        };
        match held.take() {
            None => *held = Some(outcome),
            Some(other) => {
                let (first, last) = if ending {
                    (other, outcome)
                } else {
                    (outcome, other)
                };
                let verb = self.verbs.get(&begin).copied().unwrap_or(task.verb);
                tell(verb, together(first, last));
            }
        }
        end
    }
}

/// The outcome of a step, from those of its first and of its last task.
fn together(first: Outcome, last: Outcome) -> Outcome {
    if !matches!(first, Outcome::Applied { .. }) {
        return first;
    }
    let (error, hint, request_id) = match last {
        Outcome::Applied { .. } => return first,
        Outcome::Unknown { .. } => return last,
        Outcome::Failed {
            error,
            hint,
            request_id,
            ..
        } => (error, hint, request_id),
        Outcome::Skipped { because } => (
            format!("`{because}` did not succeed, so the acting agent has not left it"),
            None,
            None,
        ),
        Outcome::Stopped => (
            "the run was stopped before the acting agent left it".to_owned(),
            None,
            None,
        ),
    };
    Outcome::Failed {
        error,
        hint: hint.or_else(|| Some(AGAIN.to_owned())),
        request_id,
        partly: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::task::Role;
    use crate::state::Body;

    fn applied() -> Outcome {
        Outcome::Applied { id: None }
    }

    fn failed() -> Outcome {
        Outcome::Failed {
            error: "no".to_owned(),
            hint: None,
            request_id: None,
            partly: false,
        }
    }

    /// How the steps ended of a task and one that ends it, in either order of ending.
    fn told(first: &Outcome, last: &Outcome) -> [(Outcome, Tally, [End; 2]); 2] {
        let address: Address = "teams/A".parse().unwrap();
        let begin = Task::creation(&address, Body::default());
        let mut end = begin.clone();
        (end.role, end.verb) = (Role::End, Verb::Update);
        let tasks = [begin, end];
        [[0, 1], [1, 0]].map(|order| {
            let mut open = Open::of(&tasks);
            assert_eq!(
                (open.ends(), open.is_end(0), open.is_end(1)),
                (1, false, true)
            );
            let (mut tally, mut events) = (Tally::default(), Vec::new());
            let ends = order.map(|index| {
                let outcome = [first, last][index].clone();
                let mut emit = |event| events.push(event);
                open.finish(index, &tasks[index], outcome, &mut tally, &mut emit)
            });
            let [
                Event::StepFinished {
                    verb: Verb::Create,
                    outcome,
                    ..
                },
            ] = &events[..]
            else {
                panic!("{events:?}")
            };
            (outcome.clone(), tally, ends)
        })
    }

    #[test]
    fn a_step_is_told_of_once_by_what_its_tasks_came_to() {
        for (outcome, tally, ends) in told(&applied(), &applied()) {
            assert_eq!(outcome, applied());
            assert_eq!((tally.applied, tally.failed), (1, 0));
            assert_eq!(ends, [End::Good, End::Good]);
        }
        let skipped = Outcome::Skipped {
            because: "agents/a".parse().unwrap(),
        };
        for last in [failed(), skipped.clone(), Outcome::Stopped] {
            for (outcome, tally, _) in told(&applied(), &last) {
                assert!(
                    matches!(outcome, Outcome::Failed { partly: true, .. }),
                    "{outcome:?}"
                );
                assert_eq!((tally.applied, tally.failed, tally.partly), (0, 1, 1));
            }
        }
        // What was not begun is told by its own word.
        for first in [failed(), skipped, Outcome::Stopped] {
            for (outcome, tally, _) in told(&first, &Outcome::Stopped) {
                assert_eq!(outcome, first);
                assert_eq!((tally.applied, tally.partly), (0, 0));
            }
        }
    }
}
