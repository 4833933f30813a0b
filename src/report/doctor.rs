//! A diagnosis as text and JSON. It is fit to be attached to an issue: see [`crate::doctor`].

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::doctor::{Came, Diagnosis, Finding, Shown, Trial};

/// The version of the JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// The diagnosis as indented JSON with a newline at the end.
///
/// Within one `formatVersion` keys are neither removed nor given another meaning.
#[must_use]
pub fn json(diagnosis: &Diagnosis, trials: &[Trial]) -> String {
    let fact = |finding: &Finding| {
        let seen = finding.seen.iter();
        let readings: Vec<Json> = seen
            .map(|(reading, places)| json!({"reading": reading, "seenIn": places}))
            .collect();
        json!({"fact": finding.doubt.name, "question": finding.doubt.question, "readings": readings})
    };
    let kind = |(kind, shown): &(&'static str, Shown)| {
        let mut told = json!({"kind": kind, "shows": word(*shown)});
        if let Shown::Refused(why) = shown {
            told["code"] = json!(why.code());
        }
        told
    };
    let came = |came: &Came| match came {
        Came::NotSent(code) => json!({"came": came_word(came), "code": code}),
        _ => json!({"came": came_word(came)}),
    };
    let trial = |trial: &Trial| {
        json!({"kind": trial.kind, "made": came(&trial.made), "changed": came(&trial.changed),
            "removed": came(&trial.removed)})
    };
    let whole = json!({
        "formatVersion": FORMAT_VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "dialect": diagnosis.dialect.to_string(),
        "edition": diagnosis.edition.map(|edition| edition.to_string()),
        "facts": diagnosis.findings.iter().map(fact).collect::<Vec<_>>(),
        "kinds": diagnosis.kinds.iter().map(kind).collect::<Vec<_>>(),
        "trials": trials.iter().map(trial).collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

/// The word for programs.
const fn word(shown: Shown) -> &'static str {
    match shown {
        Shown::Objects => "objects",
        Shown::Nothing => "nothing",
        Shown::Refused(_) => "refused",
        Shown::NotAsked => "notAsked",
    }
}

/// The word for programs.
const fn came_word(came: &Came) -> &'static str {
    match came {
        Came::Done => "done",
        Came::Refused => "refused",
        Came::NotStored => "notStored",
        Came::NotSent(_) => "notSent",
        Came::NotTried => "notTried",
    }
}

/// The words for people.
fn came_words(came: &Came) -> String {
    match came {
        Came::Done => "done".to_owned(),
        Came::Refused => "refused".to_owned(),
        Came::NotStored => "taken and not stored".to_owned(),
        Came::NotSent(code) => format!("not sent ({code})"),
        Came::NotTried => "not tried".to_owned(),
    }
}

/// What holds of each doubtful fact, then what could not be read, then what came of trials.
#[must_use]
pub fn text(diagnosis: &Diagnosis, trials: &[Trial]) -> String {
    let mut out = format!(
        "deskform {}, dialect {}, edition {}\n",
        env!("CARGO_PKG_VERSION"),
        diagnosis.dialect,
        diagnosis
            .edition
            .map_or_else(|| "not shown".to_owned(), |edition| edition.to_string())
    );
    // Writing into a text does not fail, here and below.
    for finding in &diagnosis.findings {
        let _ = writeln!(out, "\n{}: {}", finding.doubt.name, finding.doubt.question);
        if finding.seen.is_empty() {
            let _ = writeln!(out, "  nothing that is there tells");
        }
        for (reading, places) in &finding.seen {
            let doc = finding.doubt.reading(reading).map_or("", |one| one.doc);
            let places: Vec<&str> = places.iter().copied().collect();
            let _ = writeln!(out, "  {reading}: {doc}\n    seen in {}", places.join(", "));
        }
    }
    for (title, wanted) in [
        ("shows objects", "objects"),
        ("shows none", "nothing"),
        ("not asked for, since they lie below others", "notAsked"),
    ] {
        let of = diagnosis.kinds.iter();
        let of = of.filter(|(_, shown)| word(*shown) == wanted);
        let of: Vec<&str> = of.map(|(kind, _)| *kind).collect();
        if !of.is_empty() {
            let _ = writeln!(out, "\n{title}: {}", of.join(", "));
        }
    }
    for (kind, shown) in &diagnosis.kinds {
        if let Shown::Refused(why) = shown {
            let _ = writeln!(out, "\n{kind} cannot be read: {}", why.code());
        }
    }
    if !trials.is_empty() {
        let _ = writeln!(
            out,
            "\nwhat came of making, changing and removing one object a kind:"
        );
    }
    for trial in trials {
        let [made, changed, removed] =
            [&trial.made, &trial.changed, &trial.removed].map(came_words);
        let _ = writeln!(
            out,
            "  {}: made: {made}; changed: {changed}; removed: {removed}",
            trial.kind
        );
    }
    out
}
