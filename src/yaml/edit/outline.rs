//! Where everything stands in a text: what `yaml-edit` reads, as plain data.

use std::collections::HashMap;
use std::ops::Range;

use rowan::ast::AstNode as _;
use rowan::{NodeOrToken, SyntaxNode};
use yaml_edit::{Lang, SyntaxKind, YamlFile};

use super::Refused;
use super::text::Text;

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

/// What is counted to tell the layout.
#[derive(Default)]
struct Counts {
    maps: HashMap<usize, usize>,
    lists: HashMap<usize, usize>,
    blocks: usize,
    flows: usize,
}

impl Counts {
    fn layout(&self) -> Layout {
        let most = |counts: &HashMap<usize, usize>| {
            // Of two that are as frequent the smaller one counts.
            let most = counts
                .iter()
                .max_by_key(|(by, count)| (**count, usize::MAX - **by));
            most.map(|(by, _)| *by)
        };
        let map = most(&self.maps).filter(|by| *by > 0);
        let list = most(&self.lists);
        let step = map.or(list.filter(|by| *by > 0)).unwrap_or(2);
        Layout {
            map: step,
            list: list.unwrap_or(step),
            blocks: self.blocks > self.flows,
        }
    }
}

struct Walk<'t> {
    text: Text<'t>,
    nodes: Vec<Node>,
    /// The anchors of the document so far, by name.
    anchors: HashMap<String, Anchor>,
    uses: HashMap<usize, Vec<usize>>,
    meanings: HashMap<Id, Anchor>,
    counts: Counts,
}

/// What stands before a value and belongs to it.
#[derive(Default)]
struct Properties {
    anchor: Option<Range<usize>>,
    tag: Option<Range<usize>>,
}

/// Where something stands that is not understood.
type Odd = usize;

type Syntax = SyntaxNode<Lang>;

fn range(range: rowan::TextRange) -> Range<usize> {
    range.into()
}

fn is_value(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::SCALAR
            | SyntaxKind::MAPPING
            | SyntaxKind::SEQUENCE
            | SyntaxKind::ALIAS
            | SyntaxKind::TAGGED_NODE
    )
}

impl Walk<'_> {
    fn document(&mut self, syntax: &Syntax) -> Result<Document, Odd> {
        let whole = range(syntax.text_range());
        let mut open = whole.end;
        for child in syntax.children_with_tokens() {
            if let NodeOrToken::Token(token) = child
                && token.kind() == SyntaxKind::DOC_END
            {
                open = range(token.text_range()).start;
            }
        }
        let holds = syntax.children().any(|child| is_value(child.kind()));
        let root = if holds {
            Some(self.value(syntax, Properties::default(), whole.start)?)
        } else {
            None
        };
        Ok(Document {
            root,
            open,
            start: whole.start,
        })
    }

    /// The value among the children of a node, which is empty where there is none.
    fn value(&mut self, holder: &Syntax, before: Properties, at: usize) -> Result<Id, Odd> {
        let mut properties = before;
        let mut found = None;
        for child in holder.children_with_tokens() {
            match child {
                NodeOrToken::Token(token) => {
                    let place = range(token.text_range());
                    match token.kind() {
                        SyntaxKind::ANCHOR => {
                            if properties.anchor.replace(place.clone()).is_some() || found.is_some()
                            {
                                return Err(place.start);
                            }
                        }
                        SyntaxKind::TAG => {
                            if properties.tag.replace(place.clone()).is_some() || found.is_some() {
                                return Err(place.start);
                            }
                        }
                        _ => {}
                    }
                }
                NodeOrToken::Node(node) if is_value(node.kind()) => {
                    let start = range(node.text_range()).start;
                    if found.is_some() {
                        return Err(start);
                    }
                    let properties = std::mem::take(&mut properties);
                    found = Some(if node.kind() == SyntaxKind::TAGGED_NODE {
                        self.value(&node, properties, start)?
                    } else {
                        self.content(&node, properties)?
                    });
                }
                NodeOrToken::Node(node) if node.kind() == SyntaxKind::ERROR => {
                    return Err(range(node.text_range()).start);
                }
                NodeOrToken::Node(_) => {}
            }
        }
        match found {
            Some(found) => Ok(found),
            None => Ok(self.add(Kind::Nothing, at..at, properties)),
        }
    }

    fn add(&mut self, kind: Kind, range: Range<usize>, properties: Properties) -> Id {
        let Properties { anchor, tag } = properties;
        let node = self.nodes.len();
        if let Some(at) = &anchor {
            let name = self
                .text
                .slice(at.clone())
                .trim_start_matches('&')
                .to_owned();
            let start = at.start;
            self.anchors.insert(name, Anchor { at: start, node });
        }
        self.nodes.push(Node {
            kind,
            range,
            anchor,
            tag,
        });
        node
    }

    fn content(&mut self, syntax: &Syntax, properties: Properties) -> Result<Id, Odd> {
        let place = range(syntax.text_range());
        match syntax.kind() {
            SyntaxKind::ALIAS => {
                let name = self
                    .text
                    .slice(place.clone())
                    .trim()
                    .trim_start_matches('*');
                let meaning = self.anchors.get(name).copied();
                let id = self.add(Kind::Alias, place.clone(), properties);
                if let Some(meaning) = meaning {
                    self.uses.entry(meaning.at).or_default().push(place.start);
                    self.meanings.insert(id, meaning);
                }
                Ok(id)
            }
            SyntaxKind::MAPPING => self.collection(syntax, properties, true),
            SyntaxKind::SEQUENCE => self.collection(syntax, properties, false),
            _ => {
                let (kind, place) = self.scalar(syntax, place);
                Ok(self.add(kind, place, properties))
            }
        }
    }

    /// The style of a scalar, and its characters without the lines below it that mean nothing.
    fn scalar(&self, syntax: &Syntax, place: Range<usize>) -> (Kind, Range<usize>) {
        let written = self.text.slice(place.clone());
        let style = match syntax.first_token().map(|token| token.kind()) {
            Some(SyntaxKind::PIPE) => Style::Literal,
            Some(SyntaxKind::GREATER) => Style::Folded,
            _ => match written.bytes().next() {
                None => return (Kind::Nothing, place),
                Some(b'"') => Style::Double,
                Some(b'\'') => Style::Single,
                Some(_) => Style::Plain,
            },
        };
        let end = match style {
            Style::Literal | Style::Folded => {
                if keeps_end(written) {
                    // Empty lines at its end belong to it.
                    let bare = written.strip_suffix('\n').unwrap_or(written);
                    bare.strip_suffix('\r').unwrap_or(bare).len()
                } else {
                    written.trim_end().len()
                }
            }
            _ => written.trim_end().len(),
        };
        (Kind::Scalar(style), place.start..place.start + end)
    }

    fn collection(
        &mut self,
        syntax: &Syntax,
        properties: Properties,
        is_map: bool,
    ) -> Result<Id, Odd> {
        let place = range(syntax.text_range());
        // A collection stands before what it holds, so that an anchor is known by its node.
        let id = self.add(Kind::Nothing, place.clone(), properties);
        let first = syntax.first_token().map(|token| token.kind());
        let is_flow = matches!(
            (first, is_map),
            (Some(SyntaxKind::LEFT_BRACE), true) | (Some(SyntaxKind::LEFT_BRACKET), false)
        ) && matches!(
            syntax.first_child_or_token().map(|child| child.kind()),
            Some(SyntaxKind::LEFT_BRACE | SyntaxKind::LEFT_BRACKET)
        );
        let in_flow = syntax.ancestors().skip(1).any(|above| is_flow_node(&above));
        let mut list = Vec::new();
        for child in syntax.children() {
            match child.kind() {
                SyntaxKind::MAPPING_ENTRY => list.push(self.entry(&child)?),
                SyntaxKind::SEQUENCE_ENTRY => list.push(self.item(&child, is_flow)?),
                _ => return Err(range(child.text_range()).start),
            }
        }
        let mut units = Units { is_flow, list };
        let kind = if !is_flow && in_flow {
            Kind::Pair
        } else {
            self.count(&units, is_map);
            units.list.shrink_to_fit();
            if is_map {
                Kind::Map(units)
            } else {
                Kind::List(units)
            }
        };
        let end = match &kind {
            Kind::Map(units) | Kind::List(units) if !units.is_flow => {
                units.list.last().map_or(place.end, |unit| unit.end)
            }
            _ => place.end,
        };
        if let Some(node) = self.nodes.get_mut(id) {
            node.kind = kind;
            node.range.end = end;
        }
        Ok(id)
    }

    fn entry(&mut self, syntax: &Syntax) -> Result<Unit, Odd> {
        let start = range(syntax.text_range()).start;
        let mut key = start..start;
        let (mut merges, mut lead, mut value) = (false, None, None);
        for child in syntax.children_with_tokens() {
            let place = range(child.text_range());
            match child {
                NodeOrToken::Token(token) if token.kind() == SyntaxKind::COLON => {
                    lead = Some(place.end);
                }
                NodeOrToken::Node(node) if node.kind() == SyntaxKind::KEY => {
                    // A key that is no scalar alone is read as no text, or may be used elsewhere.
                    let mut inside = node.children();
                    let (scalar, more) = (inside.next(), inside.next());
                    let is_alone = more.is_none()
                        && node.children_with_tokens().all(|child| {
                            !matches!(child.kind(), SyntaxKind::ANCHOR | SyntaxKind::TAG)
                        });
                    let scalar = scalar.filter(|one| one.kind() == SyntaxKind::SCALAR && is_alone);
                    let scalar = scalar.ok_or(place.start)?;
                    key = range(scalar.text_range());
                    merges = scalar.first_token().map(|token| token.kind())
                        == Some(SyntaxKind::MERGE_KEY);
                }
                NodeOrToken::Node(node) if node.kind() == SyntaxKind::VALUE => {
                    let at = lead.unwrap_or(place.start);
                    value = Some(self.value(&node, Properties::default(), at)?);
                }
                NodeOrToken::Node(node) if node.kind() == SyntaxKind::ERROR => {
                    return Err(place.start);
                }
                _ => {}
            }
        }
        let value = value.ok_or(start)?;
        let end = lead.unwrap_or(key.end).max(key.end);
        Ok(Unit {
            start,
            end: self.end_of(value).max(end),
            key,
            merges,
            lead,
            value,
        })
    }

    fn item(&mut self, syntax: &Syntax, is_flow: bool) -> Result<Unit, Odd> {
        let start = range(syntax.text_range()).start;
        let lead = if is_flow { None } else { Some(start + 1) };
        let at = lead.unwrap_or(start);
        let value = self.value(syntax, Properties::default(), at)?;
        // An item of a flow that holds nothing has no place of its own.
        Ok(Unit {
            start,
            end: self.end_of(value).max(at),
            key: start..start,
            merges: false,
            lead,
            value,
        })
    }

    /// Where a value ends, with the anchor and the tag before it.
    fn end_of(&self, id: Id) -> usize {
        let Some(node) = self.nodes.get(id) else {
            return 0;
        };
        let end = |part: &Option<Range<usize>>| part.as_ref().map_or(0, |range| range.end);
        match node.kind {
            Kind::Nothing => end(&node.anchor).max(end(&node.tag)),
            _ => node.range.end,
        }
    }

    /// Counts how a collection, and those right inside of it, are laid out.
    fn count(&mut self, units: &Units, is_map: bool) {
        if !is_map && !units.list.is_empty() {
            let mut values = units.list.iter().map(|unit| unit.value);
            let is_flat = values.all(|value| {
                let node = self.nodes.get(value);
                node.is_some_and(|node| matches!(node.kind, Kind::Scalar(_)))
            });
            if is_flat && units.is_flow {
                self.counts.flows += 1;
            } else if is_flat {
                self.counts.blocks += 1;
            }
        }
        if units.is_flow || !is_map {
            return;
        }
        for unit in &units.list {
            let Some(node) = self.nodes.get(unit.value) else {
                continue;
            };
            let (counts, inside) = match &node.kind {
                Kind::Map(inside) => (&mut self.counts.maps, inside),
                Kind::List(inside) => (&mut self.counts.lists, inside),
                _ => continue,
            };
            if inside.is_flow {
                continue;
            }
            let column = |at: usize| self.text.column(at);
            if let Some(first) = inside.list.first() {
                let by = column(first.start).saturating_sub(column(unit.start));
                *counts.entry(by).or_default() += 1;
            }
        }
    }
}

/// Whether a node is a flow.
fn is_flow_node(syntax: &Syntax) -> bool {
    matches!(syntax.kind(), SyntaxKind::MAPPING | SyntaxKind::SEQUENCE)
        && matches!(
            syntax.first_child_or_token().map(|child| child.kind()),
            Some(SyntaxKind::LEFT_BRACE | SyntaxKind::LEFT_BRACKET)
        )
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
