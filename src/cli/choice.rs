//! What `--target`, `--kinds` and `--exclude` choose: kinds, all of a kind, single resources.
//!
//! Each takes one value and may be repeated, so that it never swallows what stands behind it.

use crate::kind::{self, KINDS, Kind};
use crate::problem::{Code, Problem, did_you_mean};
use crate::state::Address;

/// How an address is written.
const ADDRESS: &str = "an address is a collection and a handle: `departments/Billing`; `departments/*` means all of them";

/// Understands the values of `--target`.
///
/// # Errors
/// What is no address, each with what it may have been meant to be.
pub(super) fn addresses(texts: &[String]) -> Result<Vec<Address>, Vec<Problem>> {
    collect(texts, |text| {
        text.parse().map_err(|error| {
            let help = match (text.split_once('/'), kind::find(text)) {
                (Some((collection, _)), _) => near_kind(collection),
                (None, Some(kind)) => Some(format!("write `{0}/*` for all {0}", kind.collection)),
                (None, None) => None,
            };
            Problem::error(Code::NotAnAddress, format!("{error}"))
                .help(help.unwrap_or_else(|| ADDRESS.to_owned()))
        })
    })
}

/// Understands the values of `--kinds`: `teams`, or `teams/*`.
///
/// # Errors
/// What is no kind, each with the kind that is most like it.
pub(super) fn kinds(texts: &[String]) -> Result<Vec<&'static Kind>, Vec<Problem>> {
    collect(texts, |text| {
        let name = text.strip_suffix("/*").unwrap_or(text);
        kind::find(name).ok_or_else(|| unknown_kind(name))
    })
}

/// Understands the values of `--exclude`: kinds, all of a kind, and single resources.
///
/// # Errors
/// What is neither.
pub(super) fn exclusions(texts: &[String]) -> Result<Vec<Address>, Vec<Problem>> {
    collect(texts, |text| match text.split_once('/') {
        None => kind::find(text)
            .map(|kind| Address::new(kind.collection, Address::ALL))
            .ok_or_else(|| unknown_kind(text)),
        Some(_) => addresses(&[text.to_owned()])
            .and_then(|mut all| all.pop().ok_or_else(Vec::new))
            .map_err(|mut problems| problems.pop().unwrap_or_else(|| unknown_kind(text))),
    })
}

/// All values, or everything that is wrong with them.
fn collect<T>(
    texts: &[String],
    understand: impl Fn(&str) -> Result<T, Problem>,
) -> Result<Vec<T>, Vec<Problem>> {
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    for text in texts {
        match understand(text) {
            Ok(value) => values.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}

fn near_kind(name: &str) -> Option<String> {
    if kind::find(name).is_some() {
        return None;
    }
    did_you_mean(name, KINDS.iter().map(|kind| kind.collection))
}

fn unknown_kind(name: &str) -> Problem {
    Problem::error(Code::UnknownKind, format!("no kind is called `{name}`"))
        .help(near_kind(name).unwrap_or_else(|| "`deskform explain` lists the kinds".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn one_value_means_a_kind_all_of_it_or_one_of_it() {
        let all = Address::new("departments", "*");
        let one = Address::new("departments", "A/*");
        assert_eq!(
            addresses(&texts(&["departments/*", "departments/A/*"])).unwrap(),
            [all.clone(), one.clone()]
        );
        assert_eq!(
            exclusions(&texts(&["departments", "departments/A/*"])).unwrap(),
            [all.clone(), one.clone()]
        );
        for text in ["teams", "teams/*"] {
            assert_eq!(kinds(&texts(&[text])).unwrap()[0].collection, "teams");
        }
        assert!(all.covers(&one) && !one.covers(&all));
        assert!(!all.covers(&Address::new("teams", "A/*")));
    }

    #[test]
    fn what_is_wrong_is_told_at_once_with_what_was_meant() {
        let help = |problems: Vec<Problem>| -> Vec<String> {
            problems.into_iter().filter_map(|one| one.help).collect()
        };
        let wrong = texts(&["department/A", "teams", "teams/", "x"]);
        assert_eq!(
            help(addresses(&wrong).unwrap_err()),
            [
                "did you mean `departments`?",
                "write `teams/*` for all teams",
                ADDRESS,
                ADDRESS
            ]
        );
        assert_eq!(
            help(kinds(&texts(&["team", "tickets/*"])).unwrap_err())[0],
            "did you mean `teams`?"
        );
        assert_eq!(
            help(exclusions(&texts(&["team", "teams/"])).unwrap_err()),
            ["did you mean `teams`?", ADDRESS]
        );
    }
}
