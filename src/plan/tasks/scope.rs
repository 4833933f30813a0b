//! What a limited plan has to do with: what is in the way of anything else does not refuse it.

use foldhash::HashSet;

use crate::codec;
use crate::plan::Options;
use crate::plan::row::{Row, Rows};
use crate::plan::task::Task;
use crate::problem::{Problem, Severity};
use crate::state::{Address, Body, Reference};

/// The resources of which a problem refuses a plan that is limited to targets: the targets, all to
/// which they refer, and all that refers to what is removed.
pub(super) struct InTheWay(HashSet<Address>);

impl InTheWay {
    pub(super) fn of(tasks: &[Task], rows: &Rows, options: &Options) -> Self {
        let mut found: HashSet<Address> = HashSet::default();
        let covered = rows.iter().map(|row| &row.address);
        let covered = covered.filter(|address| options.looks_at(address));
        let steps = tasks.iter().map(|task| &task.address);
        let mut open: Vec<Address> = covered.chain(steps).cloned().collect();
        while let Some(address) = open.pop() {
            if !found.insert(address.clone()) {
                continue;
            }
            let Some(row) = rows.get(&address) else {
                continue;
            };
            let heirs = row.going.iter().flat_map(|going| going.heirs.values());
            for heir in row.heirs.values().chain(heirs) {
                if let Reference::To(heir) = heir {
                    open.push(heir.clone());
                }
            }
            for body in [&row.named, &row.wanted].into_iter().flatten() {
                refers_to(row, body, &mut |target| open.push(target));
            }
        }
        let goes = |address: &Address| rows.going(address).is_some();
        for row in rows.iter().filter(|row| !found.contains(&row.address)) {
            let mut refers = false;
            if let Some(body) = &row.live {
                refers_to(row, body, &mut |target| {
                    refers |= found.contains(&target) && goes(&target);
                });
            }
            if refers {
                open.push(row.address.clone());
            }
        }
        found.extend(open);
        Self(found)
    }

    pub(super) fn has(&self, address: &Address) -> bool {
        self.0.contains(address)
    }
}

/// Tells what a body of a resource refers to, keys of its maps included.
fn refers_to(row: &Row, body: &Body, tell: &mut dyn FnMut(Address)) {
    for (field, value) in body.of_kind(row.kind) {
        codec::targets(&field.shape, value, &mut |target| match target {
            codec::Target::To(address) => tell(address.clone()),
            codec::Target::Key(collection, handle) => tell(Address::new(collection, handle)),
        });
    }
}

/// A problem of what no target needs.
pub(super) fn beside_the_targets(mut problem: Problem) -> Problem {
    problem.severity = Severity::Warning;
    problem.message = format!("beside the targets: {}", problem.message);
    problem
}
