//! On which lines some values of a file stand: a walk over YAML events that keeps nothing else, since a
//! plan asks it of many resources at once.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};

use super::raw::escape;
use crate::problem::{Part, Place};

/// Levels that are followed; `serde_yaml` refuses deeper files before anybody asks for a line.
const MAX_DEPTH: usize = 256;

enum Frame {
    /// A mapping, with the length of the pointer above it; whether a key came whose value has not.
    Map { above: usize, open: bool },
    /// A sequence, with the length of the pointer above it and the index of its next item.
    List { above: usize, next: usize },
}

/// Finds the lines of places in a text, counted from 1. What is not found has none.
#[must_use]
pub fn lines(text: &str, places: &[&Place]) -> Vec<Option<usize>> {
    let mut found = vec![None; places.len()];
    let mut wanted: HashMap<u32, HashMap<&str, Vec<usize>>> = HashMap::new();
    // Where lines end, since a table has a place for each of its rows.
    let mut ends: Option<Vec<usize>> = None;
    for (index, place) in places.iter().enumerate() {
        if let Part::Bytes { start, .. } = place.part {
            let all = || text.match_indices('\n').map(|(at, _)| at).collect();
            let ends = ends.get_or_insert_with(all);
            found[index] = Some(ends.partition_point(|end| *end < start) + 1);
        } else {
            let document = wanted.entry(place.document).or_default();
            document.entry(&place.pointer).or_default().push(index);
        }
    }
    if !wanted.is_empty() {
        let mut left = wanted.values().map(HashMap::len).sum::<usize>();
        walk(text, &mut |document, pointer, line| {
            let places = wanted.get_mut(&document);
            // Of two equal keys the first one is meant.
            if let Some(indices) = places.and_then(|places| places.remove(pointer)) {
                left -= 1;
                for index in indices {
                    found[index] = Some(line);
                }
            }
            left > 0
        });
    }
    found
}

/// Tells of every key and every item where it stands, as long as somebody listens.
fn walk(text: &str, see: &mut dyn FnMut(u32, &str, usize) -> bool) {
    let mut stack: Vec<Frame> = Vec::new();
    let mut pointer = String::new();
    let mut documents = 0_u32;
    let mut parser = Parser::new_from_str(text);
    while let Some(Ok((event, span))) = parser.next_event() {
        let line = span.start.line();
        match &event {
            Event::DocumentStart(_) => {
                documents += 1;
                stack.clear();
                pointer.clear();
                if !see(documents - 1, "", line) {
                    return;
                }
            }
            Event::Scalar(..)
            | Event::Alias(_)
            | Event::MappingStart(..)
            | Event::SequenceStart(..) => {
                let is_key = matches!(stack.last(), Some(Frame::Map { open: false, .. }));
                match stack.last_mut() {
                    Some(Frame::Map { above, open }) => {
                        if *open {
                            *open = false;
                        } else {
                            *open = true;
                            pointer.truncate(*above);
                            pointer.push('/');
                            // A key that is no text has no pointer that anybody asks for.
                            let key = match &event {
                                Event::Scalar(value, ..) => escape(value),
                                _ => "\u{0}".into(),
                            };
                            pointer.push_str(&key);
                        }
                    }
                    Some(Frame::List { above, next }) => {
                        pointer.truncate(*above);
                        pointer.push('/');
                        pointer.push_str(&next.to_string());
                        *next += 1;
                    }
                    None => pointer.clear(),
                }
                let is_item = matches!(stack.last(), Some(Frame::List { .. }));
                if (is_key || is_item) && !see(documents.saturating_sub(1), &pointer, line) {
                    return;
                }
                if stack.len() >= MAX_DEPTH {
                    return;
                }
                let above = pointer.len();
                match &event {
                    Event::MappingStart(..) => stack.push(Frame::Map { above, open: false }),
                    Event::SequenceStart(..) => stack.push(Frame::List { above, next: 0 }),
                    _ => {}
                }
            }
            Event::MappingEnd | Event::SequenceEnd => {
                stack.pop();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(document: u32, pointer: &str) -> Place {
        Place {
            file: "t.yaml".into(),
            document,
            pointer: pointer.to_owned(),
            part: Part::Key,
        }
    }

    #[test]
    fn keys_and_items_are_found_in_every_document() {
        let text = "# a\nteams:\n  a/b: {x: [1,\n    2]}\n  \"c\":\n    k: v\n---\nremoved:\n  teams:\n    - Old\n    - name: Older\n[1]: x\nteams: {c: 1}\n";
        let cases = [
            (0, "/teams", Some(2)),
            (0, "/teams/a~1b", Some(3)),
            (0, "/teams/a~1b/x/1", Some(4)),
            (0, "/teams/c", Some(5)),
            (0, "/teams/c/k", Some(6)),
            (0, "/teams/d", None),
            (1, "/removed/teams/0", Some(10)),
            (1, "/removed/teams/1/name", Some(11)),
            (1, "/teams/c", Some(13)),
            (2, "/teams/c", None),
        ];
        let places: Vec<Place> = cases.iter().map(|case| place(case.0, case.1)).collect();
        let asked: Vec<&Place> = places.iter().collect();
        let found = lines(text, &asked);
        for (case, line) in cases.iter().zip(found) {
            assert_eq!(line, case.2, "{case:?}");
        }
    }

    #[test]
    fn bytes_stand_on_a_line_and_broken_texts_end_the_walk() {
        let bytes = Place {
            part: Part::Bytes { start: 4, end: 5 },
            ..place(0, "")
        };
        assert_eq!(lines("a\nb\nc", &[&bytes]), [Some(3)]);
        assert_eq!(lines("a: [\nb: 1", &[&place(0, "/b")]), [None]);
    }
}
