//! Where manifests name what a listing that was refused is asked by, such as the module of custom fields.

use super::common::{Failure, Workspace};
use crate::dialect::Dialect;
use crate::kind::Wire;
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::problem::{Code, Place, Problem, ticked};
use crate::reading::Unread;
use crate::state::Value;

/// A word of a manifest by which a listing is asked, and of which nothing says that every server knows
/// it.
pub(super) struct Asked {
    collection: &'static str,
    field: &'static str,
    place: Place,
}

/// All such words, in the order of the state.
pub(super) fn asked(desired: &Desired) -> Vec<Asked> {
    let mut all = Vec::new();
    for (address, resource) in &desired.state {
        for field in resource.kind.fields {
            let is_asked = |dialect: &Dialect| matches!(field.wire(*dialect), Wire::Query(_));
            if !Dialect::ALL.iter().any(is_asked) {
                continue;
            }
            let known = field.known.map_or(&[][..], |(_, known)| known);
            let word = resource.body.get(field.name).and_then(Value::as_text);
            if word.is_some_and(|word| !known.contains(&word)) {
                all.push(Asked {
                    collection: address.collection,
                    field: field.name,
                    place: place(desired, address, field.name),
                });
            }
        }
    }
    all
}

impl Workspace {
    /// What could not be read, at the lines that made it be asked, where the server refuses what it was
    /// asked and some lines may be why.
    pub(super) fn unread(&self, unread: Vec<Unread>) -> Failure {
        let asked = self.asked.borrow();
        let of = |one: &Unread| -> Vec<&Asked> {
            let is_refused = matches!(one.error.status(), Some(400 | 404 | 422));
            let all = asked.iter().filter(|_| is_refused);
            all.filter(|asked| asked.collection == one.collection)
                .collect()
        };
        if unread.iter().all(|one| of(one).is_empty()) {
            return Failure::Unread(unread);
        }
        let problems: Vec<Problem> = unread
            .iter()
            .map(|one| {
                let asked = of(one);
                let mut problem = Problem::error(Code::NotRead, one.to_string());
                for asked in &asked {
                    problem = problem.at(asked.place.clone(), "asked for because of this");
                }
                let mut fields: Vec<&str> = asked.iter().map(|asked| asked.field).collect();
                fields.dedup();
                match (fields.is_empty(), one.hint()) {
                    (false, _) => problem.help(format!(
                        "the listing is asked by {}: correct what the server does not know",
                        ticked(&fields, "and")
                    )),
                    (true, hint) if hint.is_empty() => problem,
                    (true, hint) => problem.help(hint),
                }
            })
            .collect();
        self.failure(problems.into())
    }
}
