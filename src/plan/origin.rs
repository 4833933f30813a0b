//! Where the files say what a plan does: the declaration of each step, or the line that removes it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::manifest::{Desired, Sources};
use crate::parallel::each;
use crate::plan::row::Rows;
use crate::plan::{FileLine, Plan};
use crate::problem::Place;
use crate::yaml::lines::lines;

/// Notes at every step of a plan in which file and line it is declared or removed; of a plan that was
/// refused nobody has the rows any more, which know the lines of removals.
pub fn note(plan: &mut Plan, desired: &Desired, rows: Option<&Rows>, sources: &Sources) {
    let places: Vec<Option<Place>> = plan
        .steps
        .iter()
        .map(|step| {
            let declared = desired.details.get(&step.address);
            let removed = || rows?.going(&step.address)?.at.clone();
            declared
                .map(|detail| detail.origin.place(&step.address, ""))
                .or_else(removed)
        })
        .collect();
    let mut texts: HashMap<&str, &Arc<str>> = HashMap::new();
    for (name, text) in sources.texts() {
        texts.entry(name).or_insert(text);
    }
    let found = located(&places, &|file| {
        texts.get(file).map(|text| Arc::clone(text))
    });
    for (step, line) in plan.steps.iter_mut().zip(found) {
        step.origin = line;
    }
}

/// Finds the lines of places, each file read once.
pub fn located(
    places: &[Option<Place>],
    text: &(dyn Fn(&str) -> Option<Arc<str>> + Sync),
) -> Vec<Option<FileLine>> {
    let mut files: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, place) in places.iter().enumerate() {
        if let Some(place) = place {
            files.entry(&place.file).or_default().push(index);
        }
    }
    let files: Vec<(&str, Vec<usize>)> = files.into_iter().collect();
    let per_file = each(&files, |_, (file, indices)| {
        let asked: Vec<&Place> = indices
            .iter()
            .filter_map(|index| places.get(*index)?.as_ref())
            .collect();
        text(file).map(|text| lines(&text, &asked))
    });
    let mut found = vec![None; places.len()];
    for ((_, indices), lines) in files.iter().zip(per_file) {
        for (index, line) in indices.iter().zip(lines.into_iter().flatten()) {
            let place = places.get(*index).and_then(Option::as_ref);
            if let (Some(place), Some(line), Some(slot)) = (place, line, found.get_mut(*index)) {
                *slot = Some(FileLine {
                    file: place.file.to_string(),
                    line,
                });
            }
        }
    }
    found
}
