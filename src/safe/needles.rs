//! Finds secrets in a text, however they are written there: in other letters, encoded, or cut.

use std::ops::Range;

use foldhash::HashMap;

use super::decoded::{Placed, decoded, is_sign, placed};
use super::mask::SHORTEST;

/// All that deskform itself says, in small letters; `build.rs` collects it from the sources.
static OWN_WORDS: &str = include_str!(concat!(env!("OUT_DIR"), "/own_words.txt"));

/// Characters of a part that is told from chance, whatever it is a part of.
const LONG: usize = 16;

/// How often a text may be encoded over another encoding and still be read.
const LEVELS: usize = 3;

/// Whether deskform itself says so: that is no secret wherever it stands. Figures are nobody's words.
pub(super) fn is_own(text: &str) -> bool {
    text.contains(char::is_alphabetic) && OWN_WORDS.contains(&text.to_lowercase())
}

/// What is looked for. Without `Debug`, since it holds secrets.
#[derive(Default, Clone)]
pub(super) struct Needles {
    /// Every run of [`SHORTEST`] characters of what is looked for, in small letters, with the length of
    /// the shortest part that counts.
    runs: HashMap<[char; SHORTEST], usize>,
    /// Whether some run begins with two letters, by [`slot`]: most letters of a text begin none.
    begins: Vec<bool>,
}

/// Letters that are told apart in [`Needles::begins`]; others share the place of one of them.
const LETTERS: usize = 128;

fn slot(first: char, second: char) -> usize {
    let place = |letter: char| letter as usize % LETTERS;
    place(first) * LETTERS + place(second)
}

impl Needles {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Looks for a text, and for every part of it that is half of it or long.
    pub(super) fn add(&mut self, text: &str) {
        self.begins.resize(LETTERS * LETTERS, false);
        let letters: Vec<char> = text.chars().map(small).collect();
        let counts = letters.len().div_ceil(2).clamp(SHORTEST, LONG);
        for run in letters.windows(SHORTEST) {
            let Ok(run) = <[char; SHORTEST]>::try_from(run) else {
                continue;
            };
            self.begins[slot(run[0], run[1])] = true;
            let known = self.runs.entry(run).or_insert(counts);
            *known = counts.min(*known);
        }
    }

    /// The places of a text where something stands that is looked for, in order and apart.
    pub(super) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let Some(mut level) = self.letters(text) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for _ in 0..LEVELS {
            self.find(&level, &mut found);
            match decoded(&level) {
                Some(next) => level = next,
                None => break,
            }
        }
        found.sort_by_key(|range| range.start);
        let mut apart: Vec<Range<usize>> = Vec::new();
        for range in found {
            match apart.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        apart
    }

    /// The letters of a text in which something may stand that is looked for; none of another one, of
    /// which nothing is copied.
    fn letters(&self, text: &str) -> Option<Vec<Placed>> {
        self.may_occur(text).then(|| placed(text))
    }

    /// Whether something may stand in a text that is looked for: a run of it, or anything behind an
    /// encoding.
    pub(super) fn may_occur(&self, text: &str) -> bool {
        if self.is_empty() || text.len() < SHORTEST {
            return false;
        }
        if text.contains(is_sign) {
            return true;
        }
        let mut run = ['\0'; SHORTEST];
        text.chars().enumerate().any(|(at, letter)| {
            run.rotate_left(1);
            run[SHORTEST - 1] = small(letter);
            at + 1 >= SHORTEST && self.begins[slot(run[0], run[1])] && self.runs.contains_key(&run)
        })
    }

    fn find(&self, letters: &[Placed], found: &mut Vec<Range<usize>>) {
        // From where to where the runs that were found reach, and the shortest part that counts.
        let mut part: Option<(Range<usize>, usize)> = None;
        let mut end = |part: Option<(Range<usize>, usize)>| {
            let Some((range, _)) = part.filter(|(range, counts)| range.len() >= *counts) else {
                return;
            };
            // Lines and columns stay where they are.
            let is_blank = |letter: &&Placed| letter.is.is_whitespace();
            let letters = &letters[range];
            let letters = &letters[letters.iter().take_while(is_blank).count()..];
            let letters =
                &letters[..letters.len() - letters.iter().rev().take_while(is_blank).count()];
            let text: String = letters.iter().map(|letter| small(letter.is)).collect();
            if let ([first, ..], [.., last]) = (letters, letters)
                && !is_own(&text)
            {
                found.push(first.at.start..last.at.end);
            }
        };
        let small: Vec<char> = letters.iter().map(|letter| small(letter.is)).collect();
        for (at, run) in small.windows(SHORTEST).enumerate() {
            let run = self.begins[slot(run[0], run[1])].then_some(run);
            let Some(counts) = run.and_then(|run| self.runs.get(run)) else {
                continue;
            };
            part = match part.take() {
                Some((range, least)) if at < range.end => {
                    Some((range.start..at + SHORTEST, least.min(*counts)))
                }
                before => {
                    end(before);
                    Some((at..at + SHORTEST, *counts))
                }
            };
        }
        end(part);
    }
}

/// A letter as it is compared.
fn small(letter: char) -> char {
    if letter.is_ascii() {
        letter.to_ascii_lowercase()
    } else {
        letter.to_lowercase().next().unwrap_or(letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deskform_says_is_its_own() {
        for own in [
            "departments",
            "Environment",
            "organization",
            "no problem found",
        ] {
            assert!(is_own(own), "{own}");
        }
        assert!(!is_own("hunter2-first"));
    }

    /// A large report is looked through as it stands.
    #[test]
    fn a_text_without_any_of_it_is_not_copied() {
        let mut needles = Needles::default();
        needles.add("correct-horse-9");
        let report = "departments/Billing (é) is as it should be\n".repeat(1000);
        assert!(needles.letters(&report).is_none());
        for (text, may_occur) in [
            ("", false),
            ("correct", false),
            ("x correct- y", true),
            ("x CORRECT- y", true),
            ("x rse-9 correct", false),
            // What is encoded has to be read first.
            ("nothing of it, 50 %", true),
            (r"nothing of it\n", true),
            ("nothing of it &amp;", true),
        ] {
            assert_eq!(needles.letters(text).is_some(), may_occur, "{text}");
            assert_eq!(
                needles.letters(&format!("{report}{text}")).is_some(),
                may_occur,
                "{text}"
            );
        }
    }

    #[test]
    fn what_comes_twice_is_found_twice() {
        let mut needles = Needles::default();
        needles.add("correct-horse-9");
        assert_eq!(
            needles.places("x correct-horse-9 CORRECT-HORSE-9"),
            [2..17, 18..33]
        );
        assert!(needles.places("nothing of it").is_empty());
    }
}
