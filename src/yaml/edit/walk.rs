//! Reads the tree of `yaml-edit` once, from its begin to its end.

use std::collections::HashMap;
use std::ops::Range;

use rowan::{NodeOrToken, SyntaxNode};
use yaml_edit::{Lang, SyntaxKind};

use super::outline::{Anchor, Document, Id, Kind, Layout, Node, Style, Unit, Units, keeps_end};
use super::text::Text;

/// What is counted to tell the layout.
#[derive(Default)]
pub(super) struct Counts {
    maps: HashMap<usize, usize>,
    lists: HashMap<usize, usize>,
    blocks: usize,
    flows: usize,
}

impl Counts {
    pub(super) fn layout(&self) -> Layout {
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

/// What was read so far.
pub(super) struct Walk<'t> {
    pub(super) text: Text<'t>,
    pub(super) nodes: Vec<Node>,
    /// The anchors of the document so far, by name.
    pub(super) anchors: HashMap<String, Anchor>,
    pub(super) uses: HashMap<usize, Vec<usize>>,
    pub(super) meanings: HashMap<Id, Anchor>,
    pub(super) counts: Counts,
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
    /// Reads a document.
    pub(super) fn document(&mut self, syntax: &Syntax) -> Result<Document, Odd> {
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
                        SyntaxKind::ANCHOR | SyntaxKind::TAG => {
                            let property = if token.kind() == SyntaxKind::TAG {
                                &mut properties.tag
                            } else {
                                &mut properties.anchor
                            };
                            let start = place.start;
                            let is_again = property.replace(place).is_some();
                            if is_again || found.is_some() {
                                return Err(start);
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
        let stands_in_flow = syntax.ancestors().skip(1).any(|above| is_flow_node(&above));
        let mut list = Vec::new();
        for child in syntax.children() {
            match child.kind() {
                SyntaxKind::MAPPING_ENTRY => list.push(self.entry(&child)?),
                SyntaxKind::SEQUENCE_ENTRY => list.push(self.item(&child, is_flow)?),
                _ => return Err(range(child.text_range()).start),
            }
        }
        let mut units = Units { is_flow, list };
        let kind = if !is_flow && stands_in_flow {
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
