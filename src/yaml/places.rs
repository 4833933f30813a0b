//! Where in a file a value stands: a walk over YAML events, made only when something is reported.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::problem::{Part, Place};

/// Levels that are followed; `serde_yaml` refuses deeper files before anybody asks for a place.
const MAX_DEPTH: usize = 256;

/// The places of every key and value of a file.
#[derive(Debug, Default)]
pub struct Places {
    nodes: Vec<Node>,
    children: HashMap<(usize, String), usize>,
    /// Keys that stand in one mapping more than once: every one after the first.
    again: HashMap<usize, Vec<Range<usize>>>,
    documents: Vec<usize>,
}

#[derive(Debug, Default)]
struct Node {
    key: Option<Range<usize>>,
    value: Range<usize>,
    plain: bool,
    alias: bool,
}

/// A scalar as it is written in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<'a> {
    /// The characters in the file.
    pub text: &'a str,
    /// Whether it stands there without quotes.
    pub plain: bool,
}

enum Frame {
    /// A mapping; the key that waits for its value.
    Map(usize, Option<(String, Range<usize>)>),
    /// A sequence; the index of the next item.
    List(usize, usize),
}

impl Frame {
    fn node(&self) -> usize {
        match self {
            Self::Map(node, _) | Self::List(node, _) => *node,
        }
    }
}

impl Places {
    /// The places of a text; what stands behind a syntax error has none.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut places = Self::default();
        let bytes = Bytes::of(text);
        let mut stack: Vec<Frame> = Vec::new();
        let mut parser = Parser::new_from_str(text);
        while let Some(Ok((event, span))) = parser.next_event() {
            let range = bytes.range(text, &span);
            match event {
                Event::DocumentStart(_) => stack.clear(),
                Event::Scalar(value, style, _, _) => {
                    if let Some(Frame::Map(_, pending @ None)) = stack.last_mut() {
                        *pending = Some((value.into_owned(), range));
                    } else {
                        let node = places.add(&mut stack, range);
                        places.nodes[node].plain = style == ScalarStyle::Plain;
                    }
                }
                Event::Alias(_) => {
                    if let Some(Frame::Map(_, pending @ None)) = stack.last_mut() {
                        *pending = Some((String::new(), range));
                    } else {
                        let node = places.add(&mut stack, range);
                        places.nodes[node].alias = true;
                    }
                }
                Event::MappingStart(..) | Event::SequenceStart(..) => {
                    if stack.len() >= MAX_DEPTH {
                        break;
                    }
                    let node = if let Some(Frame::Map(_, pending @ None)) = stack.last_mut() {
                        // A key that is a collection has no pointer.
                        *pending = Some((String::new(), range.clone()));
                        places.nodes.push(Node {
                            value: range,
                            ..Node::default()
                        });
                        places.nodes.len() - 1
                    } else {
                        places.add(&mut stack, range)
                    };
                    stack.push(if matches!(event, Event::MappingStart(..)) {
                        Frame::Map(node, None)
                    } else {
                        Frame::List(node, 0)
                    });
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    let Some(frame) = stack.pop() else { break };
                    places.close(text, frame.node(), &range);
                    if let Some(parent) = stack.last() {
                        let end = places.nodes[frame.node()].value.end;
                        let value = &mut places.nodes[parent.node()].value;
                        value.end = value.end.max(end);
                    }
                }
                _ => {}
            }
        }
        // What is open when the walk stops is as long as what was seen of it.
        places
    }

    /// Adds a value below the innermost open collection.
    fn add(&mut self, stack: &mut [Frame], range: Range<usize>) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node {
            value: range.clone(),
            ..Node::default()
        });
        match stack.last_mut() {
            None => self.documents.push(node),
            Some(Frame::List(parent, next)) => {
                self.children.insert((*parent, next.to_string()), node);
                *next += 1;
                self.grow(*parent, &range);
            }
            Some(Frame::Map(parent, pending)) => {
                let (key, place) = pending.take().unwrap_or_default();
                self.nodes[node].key = Some(place.clone());
                self.grow(*parent, &place);
                self.grow(*parent, &range);
                let first = *self.children.entry((*parent, key)).or_insert(node);
                if first != node {
                    self.again.entry(first).or_default().push(place);
                }
            }
        }
        node
    }

    /// The span of a block collection is empty: it is as long as its children.
    fn grow(&mut self, node: usize, child: &Range<usize>) {
        if child.is_empty() {
            return;
        }
        let value = &mut self.nodes[node].value;
        if value.start >= value.end {
            *value = child.clone();
        } else {
            value.end = value.end.max(child.end);
        }
    }

    fn close(&mut self, text: &str, node: usize, end: &Range<usize>) {
        let value = &mut self.nodes[node].value;
        let flow = text
            .get(value.start..)
            .is_some_and(|rest| rest.starts_with(['{', '[']));
        // The end marker of a block collection may lie at the next token.
        if flow
            && text
                .get(..end.end)
                .is_some_and(|text| text.ends_with(['}', ']']))
        {
            value.end = value.end.max(end.end);
        }
    }

    /// The node at a pointer, or its nearest ancestor; and whether it is the node itself.
    fn find(&self, document: u32, pointer: &str) -> Option<(usize, bool)> {
        let mut node = *self.documents.get(document as usize)?;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            match self.children.get(&(node, token)) {
                Some(child) => node = *child,
                None => return Some((node, false)),
            }
        }
        Some((node, true))
    }

    /// The bytes of a place; what has no text of its own is shown at its nearest ancestor.
    #[must_use]
    pub fn locate(&self, place: &Place) -> Range<usize> {
        if let Part::Bytes { start, end } = place.part {
            return start..end;
        }
        let Some((node, exact)) = self.find(place.document, &place.pointer) else {
            return 0..0;
        };
        let node = &self.nodes[node];
        let key = node.key.clone().unwrap_or_else(|| node.value.clone());
        let wants_value = match place.part {
            Part::Value => exact || node.alias,
            _ => !exact && node.alias,
        };
        if wants_value && !node.value.is_empty() {
            node.value.clone()
        } else {
            key
        }
    }

    /// Every key that stands at a pointer, in the order of the file.
    #[must_use]
    pub fn keys(&self, document: u32, pointer: &str) -> Vec<Range<usize>> {
        let Some((node, true)) = self.find(document, pointer) else {
            return Vec::new();
        };
        let first = self.nodes[node].key.clone();
        let again = self.again.get(&node).cloned().unwrap_or_default();
        first.into_iter().chain(again).collect()
    }

    /// Every value that is a scalar without quotes, with its key where it has one.
    pub(crate) fn plain_scalars(
        &self,
    ) -> impl Iterator<Item = (Option<Range<usize>>, Range<usize>)> {
        let plain = self.nodes.iter().filter(|node| node.plain);
        plain.map(|node| (node.key.clone(), node.value.clone()))
    }

    /// A scalar as it is written in the file, unless it came through an alias or a merge.
    #[must_use]
    pub fn written<'a>(&self, text: &'a str, document: u32, pointer: &str) -> Option<Written<'a>> {
        let (node, true) = self.find(document, pointer)? else {
            return None;
        };
        let node = &self.nodes[node];
        Some(Written {
            text: text.get(node.value.clone())?,
            plain: node.plain,
        })
    }
}

/// Offsets in bytes for offsets in characters.
struct Bytes {
    /// The byte of every `STEP`th character; empty for plain ASCII.
    marks: Vec<usize>,
}

const STEP: usize = 64;

impl Bytes {
    fn of(text: &str) -> Self {
        let marks = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .step_by(STEP)
                .map(|(at, _)| at)
                .collect()
        };
        Self { marks }
    }

    fn byte(&self, text: &str, character: usize) -> usize {
        if self.marks.is_empty() {
            return character.min(text.len());
        }
        let Some(mark) = self.marks.get(character / STEP) else {
            return text.len();
        };
        text.get(*mark..)
            .and_then(|rest| rest.char_indices().nth(character % STEP))
            .map_or(text.len(), |(at, _)| mark + at)
    }

    /// The bytes of a span without the white space behind it.
    fn range(&self, text: &str, span: &Span) -> Range<usize> {
        let start = self.byte(text, span.start.index());
        let end = self.byte(text, span.end.index()).max(start);
        let inside = text.get(start..end).unwrap_or_default();
        start..start + inside.trim_end().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# ünïcode ✓\na:\n  b: [x, {c: 'y z'}]\n  d:\n---\ne: &k\n  f~/g: 1\n  f: 2\n  f: 3\nh: *k\ni: |\n  one\n  two\n\n";

    fn slice(document: u32, pointer: &str, part: Part) -> &'static str {
        let places = Places::of(TEXT);
        let place = Place {
            file: "t.yaml".into(),
            document,
            pointer: pointer.to_owned(),
            part,
        };
        &TEXT[places.locate(&place)]
    }

    #[test]
    fn keys_and_values_are_found() {
        for (document, pointer, part, expected) in [
            (0, "/a", Part::Key, "a"),
            (0, "/a/b/0", Part::Value, "x"),
            (0, "/a/b/1", Part::Value, "{c: 'y z'}"),
            (0, "/a/b/1/c", Part::Key, "c"),
            (0, "/a/b/1/c", Part::Value, "'y z'"),
            (0, "/a/b", Part::Value, "[x, {c: 'y z'}]"),
            // A value that is not there is shown at its key.
            (0, "/a/d", Part::Value, "d"),
            (1, "/e/f~0~1g", Part::Key, "f~/g"),
            // What came through an alias is shown at the alias.
            (1, "/h/f", Part::Key, "*k"),
            // What is missing is shown at its parent.
            (0, "/a/q/r", Part::Value, "a"),
            (1, "/i", Part::Value, "one\n  two"),
        ] {
            assert_eq!(slice(document, pointer, part), expected, "{pointer}");
        }
    }

    #[test]
    fn equal_keys_are_both_known() {
        let places = Places::of(TEXT);
        let keys = places.keys(1, "/e/f");
        assert_eq!(keys.len(), 2);
        assert!(keys.iter().all(|range| &TEXT[range.clone()] == "f"));
        assert!(keys[0].start < keys[1].start);
    }

    #[test]
    fn a_scalar_is_given_as_it_is_written() {
        let text = "a: 0x1F\nb: '7'\n";
        let places = Places::of(text);
        let written = |pointer| places.written(text, 0, pointer);
        assert_eq!(
            written("/a"),
            Some(Written {
                text: "0x1F",
                plain: true
            })
        );
        assert_eq!(
            written("/b"),
            Some(Written {
                text: "'7'",
                plain: false
            })
        );
    }

    #[test]
    fn deep_nesting_ends() {
        let places = Places::of(&"[".repeat(100_000));
        assert!(places.nodes.len() <= MAX_DEPTH + 1);
    }
}
