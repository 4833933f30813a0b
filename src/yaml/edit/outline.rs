//! Where everything stands in a text: what `yaml-edit` reads, as plain data.

use std::collections::HashMap;
use std::ops::Range;

use rowan::SyntaxNode;
use rowan::ast::AstNode as _;
use yaml_edit::{Lang, SyntaxKind, YamlFile};

use super::Refused;
use super::text::Text;
use super::walk::{Counts, Walk};

/// A place in the list of nodes.
pub(super) type Id = usize;

/// What a text holds.
pub(super) struct Outline {
    nodes: Vec<Node>,
    /// The documents, also those that hold nothing.
    pub(super) documents: Vec<Document>,
    /// Of each anchor, by where it stands: where aliases use it.
    uses: HashMap<usize, Vec<usize>>,
    /// Of each alias, by its node: the anchor that it means.
    meanings: HashMap<Id, Anchor>,
    /// Where anchors that are used stand, from the first to the last.
    used: Vec<usize>,
    /// Where each line ends.
    ends: Vec<usize>,
    /// How nested blocks are laid out.
    pub(super) layout: Layout,
}

/// An anchor, and the node that carries it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    pub(super) at: usize,
    pub(super) node: Id,
}

/// A document of a text.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// What it holds.
    pub(super) root: Option<Id>,
    /// Where content would stand if it held nothing yet.
    pub(super) open: usize,
    /// Where it begins.
    pub(super) start: usize,
}

/// How nested blocks are laid out, as far as a text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Blanks that a map stands behind the key above it.
    pub(super) map: usize,
    /// Blanks that the dashes of a list stand behind the key above it.
    pub(super) list: usize,
    /// Whether lists of texts are blocks rather than flows.
    pub(super) blocks: bool,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Its characters, without anchor and tag; of a block, up to the end of its last value.
    pub(super) range: Range<usize>,
    pub(super) anchor: Option<Range<usize>>,
    pub(super) tag: Option<Range<usize>>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// No character at all.
    Nothing,
    Scalar(Style),
    /// `*name`.
    Alias,
    Map(Units),
    List(Units),
    /// An entry in a list of a flow, without braces: `[a: 1]`.
    Pair,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// The entries of a map or the items of a list.
#[derive(Debug, Clone)]
pub(super) struct Units {
    pub(super) is_flow: bool,
    pub(super) list: Vec<Unit>,
}

/// An entry of a map, or an item of a list.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Where its key or its dash begins.
    pub(super) start: usize,
    /// Where its last character ends, without a comment.
    pub(super) end: usize,
    /// The key with its quotes; nothing of an item.
    pub(super) key: Range<usize>,
    /// Whether it is `<<`, which merges.
    pub(super) merges: bool,
    /// Where the colon or the dash before the value ends; none where there is none.
    pub(super) lead: Option<usize>,
    pub(super) value: Id,
}

impl Outline {
    /// Reads a text.
    pub(super) fn of(text: &str) -> Result<Self, Refused> {
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let parse = YamlFile::parse(text);
        if let Some(error) = parse.positioned_errors().first() {
            let start = error.range.start as usize;
            let line = ends.partition_point(|end| *end < start) + 1;
            let why = "it is not certain what this line means";
            return Err(Refused::file(line, why));
        }
        // A tree that is not changed tells offsets at once.
        let green = parse.tree().syntax().green().into_owned();
        let root: SyntaxNode<Lang> = SyntaxNode::new_root(green);
        let mut walk = Walk {
            text: Text::of(text),
            nodes: Vec::new(),
            anchors: HashMap::new(),
            uses: HashMap::new(),
            meanings: HashMap::new(),
            counts: Counts::default(),
        };
        let mut documents = Vec::new();
        let mut odd = None;
        for child in root.children() {
            if child.kind() != SyntaxKind::DOCUMENT {
                continue;
            }
            walk.anchors.clear();
            match walk.document(&child) {
                Ok(document) => documents.push(document),
                Err(at) => {
                    odd.get_or_insert(at);
                }
            }
        }
        if let Some(at) = odd {
            let line = ends.partition_point(|end| *end < at) + 1;
            let why = "it is not certain what this line means";
            return Err(Refused::file(line, why));
        }
        let mut used: Vec<usize> = walk.uses.keys().copied().collect();
        used.sort_unstable();
        Ok(Self {
            nodes: walk.nodes,
            documents,
            uses: walk.uses,
            meanings: walk.meanings,
            used,
            ends,
            layout: walk.counts.layout(),
        })
    }

    /// A node; what is not there holds nothing.
    pub(super) fn node(&self, id: Id) -> &Node {
        const NOTHING: &Node = &Node {
            kind: Kind::Nothing,
            range: 0..0,
            anchor: None,
            tag: None,
        };
        self.nodes.get(id).unwrap_or(NOTHING)
    }

    /// The entries of a map or the items of a list.
    pub(super) fn units(&self, id: Id) -> Option<&Units> {
        match &self.node(id).kind {
            Kind::Map(units) | Kind::List(units) => Some(units),
            _ => None,
        }
    }

    /// Whether empty lines behind a value would be a part of it.
    pub(super) fn keeps_end(&self, id: Id, text: Text<'_>) -> bool {
        let mut id = id;
        loop {
            let node = self.node(id);
            match &node.kind {
                Kind::Map(units) | Kind::List(units) if !units.is_flow => match units.list.last() {
                    Some(last) => id = last.value,
                    None => return false,
                },
                Kind::Scalar(Style::Literal | Style::Folded) => {
                    return keeps_end(text.slice(node.range.clone()));
                }
                _ => return false,
            }
        }
    }

    /// The number of the line of a byte, counted from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at) + 1
    }

    /// The line on which a document begins.
    pub(super) fn line_of(&self, document: usize) -> usize {
        self.documents
            .get(document)
            .map_or(1, |document| self.line(document.start))
    }

    /// The anchor that an alias means.
    pub(super) fn meaning(&self, alias: Id) -> Option<Anchor> {
        self.meanings.get(&alias).copied()
    }

    /// The line of the first alias that uses the anchor of a node.
    pub(super) fn first_use(&self, id: Id) -> Option<usize> {
        let anchor = self.node(id).anchor.as_ref()?;
        let first = self.uses.get(&anchor.start)?.first()?;
        Some(self.line(*first))
    }

    /// An anchor in a range that something outside of the range uses, with the line of the use.
    pub(super) fn used_outside(&self, range: &Range<usize>) -> Option<(usize, usize)> {
        let from = self.used.partition_point(|at| *at < range.start);
        let inside = self.used.get(from..).unwrap_or_default();
        let mut inside = inside.iter().take_while(|at| **at < range.end);
        inside.find_map(|at| {
            let uses = self.uses.get(at)?;
            let outside = uses.iter().find(|alias| !range.contains(*alias))?;
            Some((*at, self.line(*outside)))
        })
    }
}

/// Whether the header of a block text says that empty lines at its end belong to it.
pub(super) fn keeps_end(written: &str) -> bool {
    let header = written.lines().next().unwrap_or_default();
    let indicators = header.split([' ', '\t', '#']).next().unwrap_or_default();
    indicators.contains('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> (usize, usize, bool) {
        let Layout { map, list, blocks } = Outline::of(text).unwrap().layout;
        (map, list, blocks)
    }

    #[test]
    fn the_layout_is_that_of_most() {
        assert_eq!(layout(""), (2, 2, false));
        assert_eq!(layout("a:\n    b:\n        c: [x]\n"), (4, 4, false));
        assert_eq!(layout("a:\n  b:\n  - x\nc:\n- y\n"), (2, 0, true));
        assert_eq!(layout("a:\n   - x\nb: [x]\nc: [y]\n"), (3, 3, false));
    }

    #[test]
    fn anchors_know_their_uses() {
        let text = "a: &x {b: &y 1}\nc: *x\nd: &x 2\ne: *x\n";
        let outline = Outline::of(text).unwrap();
        let units = outline.units(outline.documents[0].root.unwrap()).unwrap();
        let value = |index: usize| units.list[index].value;
        assert_eq!(outline.meaning(value(1)).unwrap().at, 3);
        assert_eq!(
            outline.meaning(value(3)).unwrap().at,
            text.find("&x 2").unwrap()
        );
        assert_eq!(outline.first_use(value(0)), Some(2));
        assert_eq!(outline.used_outside(&(0..10)), Some((3, 2)));
        assert_eq!(outline.used_outside(&(4..10)), None);
    }

    #[test]
    fn values_end_where_they_do() {
        let text = "a: |+\n  x\n\nb: |\n  y\n\n\nc: z # d\ne:\nf: {g, h: }\ni:\n- 1\n- &k\n";
        let outline = Outline::of(text).unwrap();
        let units = outline.units(outline.documents[0].root.unwrap()).unwrap();
        let ends: Vec<&str> = (units.list.iter())
            .map(|unit| &text[unit.start..unit.end])
            .collect();
        assert_eq!(
            ends,
            [
                "a: |+\n  x\n",
                "b: |\n  y",
                "c: z",
                "e:",
                "f: {g, h: }",
                "i:\n- 1\n- &k"
            ]
        );
    }
}
