//! Kinds by verbs: what a long plan comes to at a glance.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::kind;
use crate::verb::Verb;

/// The verbs in the order of the columns.
const VERBS: [(Verb, &str); 6] = [
    (Verb::Create, "create"),
    (Verb::Update, "update"),
    (Verb::Replace, "replace"),
    (Verb::Delete, "delete"),
    (Verb::Disable, "disable"),
    (Verb::Manual, "by hand"),
];

/// Adds a table of counts: a line a kind in the order of the kinds, a column a verb that occurs. Where
/// the output is too narrow for columns, each line says its counts in words.
pub(super) fn add(
    out: &mut String,
    steps: impl Iterator<Item = (&'static str, Verb)>,
    width: usize,
) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (collection, verb) in steps {
        let word = VERBS.iter().find(|(one, _)| *one == verb);
        *counts
            .entry((collection, word.map_or("", |(_, word)| word)))
            .or_default() += 1;
    }
    let words = VERBS.iter().map(|(_, word)| *word);
    let words: Vec<&str> = words
        .filter(|word| counts.keys().any(|(_, one)| one == word))
        .collect();
    let kinds = kind::all().map(|kind| kind.collection);
    let kinds: Vec<&str> = kinds
        .filter(|kind| counts.keys().any(|(one, _)| one == kind))
        .collect();
    let first = kinds.iter().map(|kind| kind.len()).max().unwrap_or(0);
    let count = |kind: &str, word: &str| counts.get(&(kind, word)).copied();
    let column = |word: &str| {
        let all = kinds.iter().filter_map(|kind| count(kind, word));
        let widest = all.map(|count| count.to_string().len()).max().unwrap_or(0);
        widest.max(word.len()) + 2
    };
    // Writing into a string cannot fail, here and below.
    if 4 + first + words.iter().map(|word| column(word)).sum::<usize>() > width {
        for kind in &kinds {
            let parts = words
                .iter()
                .filter_map(|word| Some(format!("{} {word}", count(kind, word)?)));
            let _ = writeln!(out, "    {kind}: {}", parts.collect::<Vec<_>>().join(", "));
        }
        return;
    }
    let mut line = format!("    {:first$}", "");
    for word in &words {
        let _ = write!(line, "{word:>width$}", width = column(word));
    }
    let _ = writeln!(out, "{line}");
    for kind in &kinds {
        let mut line = format!("    {kind:first$}");
        for word in &words {
            let count = count(kind, word)
                .map(|count| count.to_string())
                .unwrap_or_default();
            let _ = write!(line, "{count:>width$}", width = column(word));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: usize) -> String {
        let steps = [
            ("contacts", Verb::Create, 1_900),
            ("departments", Verb::Update, 2),
            ("departments", Verb::Delete, 1),
            ("contacts", Verb::Update, 88),
        ];
        let steps = steps
            .into_iter()
            .flat_map(|(kind, verb, count)| std::iter::repeat_n((kind, verb), count));
        let mut out = String::new();
        add(&mut out, steps, width);
        out
    }

    #[test]
    fn kinds_stand_beside_verbs() {
        assert_eq!(
            table(100),
            "                 create  update  delete\n    departments               2       1\n    contacts       1900      88\n"
        );
    }

    #[test]
    fn narrow_output_has_words() {
        let narrow = table(40);
        assert_eq!(
            table(38),
            "    departments: 2 update, 1 delete\n    contacts: 1900 create, 88 update\n"
        );
        assert!(narrow.lines().all(|line| line.len() <= 40), "{narrow}");
    }
}
