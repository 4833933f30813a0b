//! Which problems are one report, and which of a flood are told in full.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Position;
use crate::problem::{Code, Problem, counted};

/// Up to so many reports are all told in full; more are a flood.
pub(super) const FEW: usize = 10;

/// Lines of a flood that are told in full, besides a first report that is longer.
pub(super) const FULL_LINES: usize = 24;

/// Reports of a flood that are told in one line each.
pub(super) const BRIEF_LINES: usize = 10;

/// Places that a report lists besides the one that it shows.
const PLACES: usize = 20;

/// Problems that are equal but for the place at which they begin.
pub(super) struct Fold<'p> {
    /// The one that stands first.
    pub(super) first: &'p Problem,
    /// The others, in order.
    pub(super) again: Vec<&'p Problem>,
}

impl Fold<'_> {
    /// How many problems it is.
    fn len(&self) -> usize {
        1 + self.again.len()
    }
}

/// Sorts problems by their places and puts equal ones together.
pub(super) fn folded<'p>(
    problems: &'p [Problem],
    mut position: impl FnMut(&Problem) -> Option<Position>,
) -> Vec<Fold<'p>> {
    let mut sorted: Vec<(Option<Position>, &Problem)> = problems
        .iter()
        .map(|problem| (position(problem), problem))
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let mut folds: Vec<Fold<'p>> = Vec::new();
    let mut known: HashMap<(Code, &str), Vec<usize>> = HashMap::new();
    for (_, problem) in sorted {
        let alike = known.entry((problem.code, &problem.message)).or_default();
        let found = alike
            .iter()
            .find(|index| are_equal(folds[**index].first, problem));
        if let Some(index) = found {
            folds[*index].again.push(problem);
        } else {
            alike.push(folds.len());
            folds.push(Fold {
                first: problem,
                again: Vec::new(),
            });
        }
    }
    folds
}

/// Whether one report does for both: all but the first place is the same.
fn are_equal(one: &Problem, other: &Problem) -> bool {
    let labels = match (&*one.labels, &*other.labels) {
        ([first, beside @ ..], [other, others @ ..]) => {
            first.text == other.text && beside == others
        }
        (labels, others) => labels.is_empty() && others.is_empty(),
    };
    one.code == other.code
        && one.severity == other.severity
        && one.message == other.message
        && one.help == other.help
        && labels
}

/// The first report of each code, errors before warnings, and all the others in order.
pub(super) fn first_of_each_code(folds: &[Fold<'_>]) -> (Vec<usize>, Vec<usize>) {
    let mut seen = HashSet::new();
    let (mut first, rest): (Vec<usize>, Vec<usize>) =
        (0..folds.len()).partition(|index| seen.insert(folds[*index].first.code));
    first.sort_by_key(|index| std::cmp::Reverse(folds[*index].first.severity));
    (first, rest)
}

/// Counts problems by their codes, the most frequent first: "41 more: 30 × `duplicate-resource`, …".
pub(super) fn counts<'f, 'p: 'f>(folds: impl Iterator<Item = &'f Fold<'p>>) -> String {
    let mut by_code: BTreeMap<Code, usize> = BTreeMap::new();
    for fold in folds {
        *by_code.entry(fold.first.code).or_default() += fold.len();
    }
    let mut sorted: Vec<(Code, usize)> = by_code.into_iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all: usize = sorted.iter().map(|(_, count)| count).sum();
    let codes: Vec<String> = sorted
        .iter()
        .map(|(code, count)| format!("{count} × `{code}`"))
        .collect();
    format!("{all} more: {}", codes.join(", "))
}

/// The other places of a report, as many to a line as it takes.
pub(super) fn listed(places: &[String], width: usize) -> String {
    let named: Vec<&String> = places.iter().filter(|place| !place.is_empty()).collect();
    if named.is_empty() {
        return format!("  the same {}\n", counted(places.len(), "more time"));
    }
    let mut out = format!("  the same in {}:", counted(places.len(), "more place"));
    let mut column = out.chars().count();
    let left = named.len().saturating_sub(PLACES);
    let mut words: Vec<String> = named.iter().take(PLACES).map(ToString::to_string).collect();
    if left > 0 {
        words.push(format!("… and {left} more"));
    }
    let last = words.len() - 1;
    for (index, word) in words.into_iter().enumerate() {
        let word = if index == last { word } else { word + "," };
        let long = word.chars().count();
        if column + 1 + long > width {
            out.push_str("\n       ");
            column = 7;
        }
        out.push(' ');
        out.push_str(&word);
        column += 1 + long;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::problem::{Part, Place, Problems, Severity};
    use crate::report::problems::render_folded;

    fn missing(line: usize, name: &str) -> Problem {
        let start = line * 8;
        let place = Place {
            file: "a.yaml".into(),
            document: 0,
            pointer: String::new(),
            part: Part::Bytes {
                start,
                end: start + 3,
            },
        };
        Problem::error(
            Code::UnresolvedReference,
            format!("no department is named `{name}`"),
        )
        .at(place, "referenced here")
        .help("declare it")
    }

    fn shown(list: Vec<Problem>, width: usize) -> String {
        let text: Arc<str> = "one: tw\n".repeat(2_000).into();
        render_folded(
            &Problems { list },
            &|_| Some(Arc::clone(&text)),
            false,
            width,
        )
    }

    #[test]
    fn equal_problems_are_one_report_with_its_places() {
        let out = shown((0..61).map(|line| missing(line, "Support")).collect(), 100);
        assert_eq!(out.matches("no department is named").count(), 1, "{out}");
        assert!(
            out.contains("the same in 60 more places: a.yaml:2:1, "),
            "{out}"
        );
        assert!(out.contains("… and 40 more"), "{out}");
        assert!(out.lines().count() <= 40, "{out}");
        let last = out.lines().last().unwrap();
        assert_eq!(
            last,
            "61 problems in 1 report: correct what is named here and run the command again; `-v` shows each by itself"
        );
    }

    #[test]
    fn what_differs_in_anything_but_its_first_place_stays_apart() {
        let one = missing(0, "Support");
        let other_help = missing(1, "Support").help("declare it elsewhere");
        let other_label = missing(2, "Support").at(Place::file("b.yaml"), "taken out here");
        let mut warning = missing(3, "Support");
        warning.severity = Severity::Warning;
        let folds = [one, other_help, other_label, warning];
        let folds = folded(&folds, |_| None);
        assert_eq!(folds.len(), 4);
    }

    #[test]
    fn few_reports_are_told_in_full_and_counted_as_ever() {
        let out = shown(
            (0..FEW)
                .map(|line| missing(line, &line.to_string()))
                .collect(),
            100,
        );
        assert_eq!(out.matches("help: declare it").count(), FEW);
        assert!(
            out.ends_with("\n10 problems: correct what is named here and run the command again\n"),
            "{out}"
        );
    }

    #[test]
    fn of_a_flood_each_sort_is_told_and_the_rest_counted() {
        let mut list: Vec<_> = (0..200)
            .map(|line| missing(line, &line.to_string()))
            .collect();
        let mut other = missing(250, "x");
        other.code = Code::UnknownKey;
        other.message = "there is no such key".to_owned();
        list.push(other);
        for width in [40, 80, 120] {
            let out = shown(list.clone(), width);
            assert!(out.lines().count() <= 40, "{out}");
            assert!(out.contains("there is no such key"), "{out}");
            assert!(
                out.contains("  a.yaml:2:1: no department is named `1`"),
                "{out}"
            );
            assert!(
                out.contains("  … and 189 more: 189 × `unresolved-reference`"),
                "{out}"
            );
            assert!(
                out.lines()
                    .last()
                    .unwrap()
                    .starts_with("201 problems in 201 reports: correct"),
                "{out}"
            );
        }
    }

    #[test]
    fn what_has_no_place_is_counted() {
        let bare = || Problem::warning(Code::File, "nothing came");
        let out = shown(vec![bare(), bare(), bare()], 80);
        assert!(out.contains("  the same 2 more times\n"), "{out}");
        assert!(
            out.ends_with("3 warnings in 1 report; `-v` shows each by itself\n"),
            "{out}"
        );
    }
}
