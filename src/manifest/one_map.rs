//! What is wrong with the keys of one map is one report: those that it does not take, and those that it
//! lacks.

use super::convert::{Converter, Here};
use crate::kind::Field;
use crate::problem::{Code, Part, Problem, ticked};
use crate::yaml::raw::At;

impl Converter<'_> {
    /// Reports the keys that a map does not take, each with its problem, and the fields that it lacks.
    pub(super) fn one_map(
        &mut self,
        here: Here<'_>,
        at: At<'_>,
        what: &str,
        unknown: Vec<(&str, Problem)>,
        lacking: &[&Field],
    ) {
        let names: Vec<&str> = lacking.iter().map(|field| field.name).collect();
        if names.is_empty() {
            let all = unknown.into_iter().map(|(_, problem)| problem);
            self.problems.extend(all);
            return;
        }
        let are = if names.len() == 1 { "is" } else { "are" };
        let label = format!("{} {are} missing", ticked(&names, "and"));
        let docs: Vec<String> = lacking
            .iter()
            .map(|field| format!("`{}`: {}", field.name, field.doc))
            .collect();
        let docs = docs.join(" ");
        let place = here.place(at, Part::Key);
        let lacks = format!("lacks {}", ticked(&names, "and"));
        let problem = if unknown.is_empty() {
            Problem::error(Code::MissingRequired, format!("{what} {lacks}"))
                .at(place, label)
                .help(docs)
        } else {
            let keys: Vec<&str> = unknown.iter().map(|(key, _)| *key).collect();
            let message = format!("{what} has no key {}, and {lacks}", ticked(&keys, "or"));
            let mut problem = Problem::error(Code::UnknownKey, message);
            let mut helps: Vec<String> = Vec::new();
            for (_, one) in unknown {
                problem.labels.extend(one.labels);
                let help = one.help.filter(|help| !helps.contains(help));
                helps.extend(help);
            }
            let helps = helps.join("; ");
            problem.at(place, label).help(format!("{helps}; {docs}"))
        };
        self.problems.push(problem);
    }
}
