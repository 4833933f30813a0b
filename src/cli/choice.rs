//! What `--target`, `--kinds` and `--exclude` choose: kinds, all of a kind, single resources.
//!
//! Each takes one value and may be repeated, so that it never swallows what stands behind it.

use crate::kind::{self, KINDS, Kind};
use crate::problem::{Code, Problem, nearest};
use crate::state::Address;

/// The value of `--kinds` that means every kind, seeds included.
pub(super) const ALL_KINDS: &str = "all";

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
                (Some((collection, handle)), _) => {
                    near_kind(collection).map(|near| format!("did you mean `{near}/{handle}`?"))
                }
                (None, Some(kind)) => Some(format!("write `{0}/*` for all {0}", kind.collection)),
                (None, None) => None,
            };
            Problem::error(Code::NotAnAddress, format!("{error}"))
                .help(help.unwrap_or_else(|| ADDRESS.to_owned()))
        })
    })
}

/// What `--kinds` names.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    /// Whether every kind is meant, seeds included.
    pub(super) are_all: bool,
    /// Those that are named.
    pub(super) named: Vec<&'static Kind>,
}

/// Understands the values of `--kinds`: `teams`, `teams/*`, or `all`.
///
/// # Errors
/// What is no kind, each with the kind that is most like it.
pub(super) fn kinds(texts: &[String]) -> Result<Kinds, Vec<Problem>> {
    let found = collect(texts, |text| {
        if text == ALL_KINDS {
            return Ok(None);
        }
        let name = text.strip_suffix("/*").unwrap_or(text);
        kind::find(name)
            .map(Some)
            .ok_or_else(|| unknown_kind(name, &format!("; `{ALL_KINDS}` stands for all of them")))
    })?;
    Ok(Kinds {
        are_all: found.contains(&None),
        named: found.into_iter().flatten().collect(),
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
            .ok_or_else(|| unknown_kind(text, "")),
        Some(_) => addresses(&[text.to_owned()])
            .and_then(|mut all| all.pop().ok_or_else(Vec::new))
            .map_err(|mut problems| problems.pop().unwrap_or_else(|| unknown_kind(text, ""))),
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

/// The collection that a word was meant to be.
fn near_kind(name: &str) -> Option<&'static str> {
    if kind::find(name).is_some() {
        return None;
    }
    let is_one = |kind: &&&Kind| kind.singular == name;
    let singular = KINDS.iter().find(is_one).map(|kind| kind.collection);
    singular.or_else(|| nearest(name, KINDS.iter().map(|kind| kind.collection)))
}

fn unknown_kind(name: &str, more: &str) -> Problem {
    let listed = || format!("`deskform explain` lists the kinds{more}");
    Problem::error(Code::UnknownKind, format!("no kind is called `{name}`"))
        .help(near_kind(name).map_or_else(listed, |near| format!("did you mean `{near}`?")))
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
            let kinds = kinds(&texts(&[text])).unwrap();
            assert_eq!(kinds.named[0].collection, "teams");
            assert!(!kinds.are_all);
        }
        assert!(kinds(&texts(&["teams", ALL_KINDS])).unwrap().are_all);
        assert!(all.covers(&one) && !one.covers(&all));
        assert!(!all.covers(&Address::new("teams", "A/*")));
    }

    #[test]
    fn what_is_wrong_is_told_at_once_with_what_was_meant() {
        let help = |problems: Vec<Problem>| -> Vec<String> {
            problems.into_iter().filter_map(|one| one.help).collect()
        };
        let wrong = texts(&[
            "department/A",
            "teams",
            "teams/",
            "x",
            "webhook/w",
            "set of business hours/x",
        ]);
        assert_eq!(
            help(addresses(&wrong).unwrap_err()),
            [
                "did you mean `departments/A`?",
                "write `teams/*` for all teams",
                ADDRESS,
                ADDRESS,
                "did you mean `webhooks/w`?",
                "did you mean `businessHours/x`?",
            ]
        );
        assert_eq!(
            help(kinds(&texts(&["team", "all", "tickets/*"])).unwrap_err()),
            [
                "did you mean `teams`?",
                "`deskform explain` lists the kinds; `all` stands for all of them"
            ]
        );
        assert_eq!(
            help(exclusions(&texts(&["team", "teams/"])).unwrap_err()),
            ["did you mean `teams`?", ADDRESS]
        );
    }
}
