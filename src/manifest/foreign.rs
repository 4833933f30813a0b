//! Files that are no manifests: YAML that another program reads.

use std::sync::{Arc, LazyLock};

use crate::config::PROJECT_FILE;
use crate::config::words::SKIP_FILES;
use crate::kind::words::MANIFEST_KEYS;
use crate::kind::{KINDS, find};
use crate::problem::{Code, Place, Problem, nearest, ticked};
use crate::yaml::raw::Raw;
use crate::yaml::walk::is_extension;

/// The words that stand at the root of manifests.
pub(super) fn known_words() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let managed = KINDS.iter().filter(|kind| kind.managed);
        managed
            .map(|kind| kind.collection)
            .chain(MANIFEST_KEYS.iter().copied())
            .collect()
    });
    &WORDS
}

/// The first key of a file of which no key is a word of manifests, nor nearly one.
pub(super) fn first_of_others<'r>(
    entries: &'r [(Arc<str>, Raw)],
    known: &[&str],
) -> Option<&'r str> {
    let is_ours = |key: &str| {
        known.contains(&key) || find(key).is_some() || nearest(key, known.iter().copied()).is_some()
    };
    let mut keys = entries
        .iter()
        .map(|(key, _)| &**key)
        .filter(|key| !is_extension(key));
    let first = keys.next()?;
    (!is_ours(first) && !keys.any(is_ours)).then_some(first)
}

/// The problem of a file that declares nothing: one, however many keys it has.
pub(super) fn problem(
    entries: &[(Arc<str>, Raw)],
    file: &str,
    known: &[&str],
    place: Place,
) -> Problem {
    let keys: Vec<&str> = entries
        .iter()
        .map(|(key, _)| &**key)
        .filter(|key| !is_extension(key))
        .collect();
    let message = match keys.as_slice() {
        [key] => format!("no kind is named `{key}`"),
        [key, others @ ..] => format!(
            "no kind is named `{key}`, nor as one of the {} keys beside it",
            others.len()
        ),
        [] => String::new(),
    };
    Problem::error(Code::UnknownCollection, message)
        .at(place, "not a kind")
        .help(format!(
            "known are {}; {}",
            ticked(known, "and"),
            hint(file)
        ))
}

/// How to leave a file out.
pub(super) fn hint(file: &str) -> String {
    // Of what others have installed, the folder with all that is in it.
    let installed = file
        .split('/')
        .position(|part| matches!(part, "node_modules" | "vendor"));
    let pattern = match installed {
        Some(at) => {
            let folder: Vec<&str> = file.split('/').take(at + 1).collect();
            format!("{}/**", folder.join("/"))
        }
        None => file.to_owned(),
    };
    format!(
        "if the file is another program's, leave it out with `{SKIP_FILES}: [{pattern:?}]` in `{PROJECT_FILE}`"
    )
}
