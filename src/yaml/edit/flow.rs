//! Writes the entries and items of a flow: what stays keeps its blanks, lines and comments.

use super::order::placed;
use super::outline::{Id, Kind, Style, Unit, Units};
use super::pen::flow;
use super::scalar::in_one_line;
use super::splices::Splices;
use super::wanted::{Entries, Item, Origin, Want, is_kept};

/// A unit of a flow as it is to be.
enum Part {
    /// One that was there, with its text.
    Old(usize, String),
    New(String),
}

/// What stands around the units of a flow.
struct Around<'s> {
    open: &'s str,
    /// Behind the bracket, on its line.
    behind_open: &'s str,
    /// Before each unit, from the line that it begins on or from the comma before it.
    before: Vec<&'s str>,
    /// Behind each unit: the comma, and the rest of the line if the next one stands on another.
    behind: Vec<&'s str>,
    before_close: &'s str,
    close: &'s str,
}

impl Splices<'_> {
    /// A flow map as it is to be.
    pub(super) fn flow_map(&mut self, entries: &Entries<'_>, node: Id) -> String {
        let Kind::Map(units) = &self.outline.node(node).kind else {
            return flow(&entries.as_value(), None);
        };
        self.looked_at += units.list.len();
        let mut old: Vec<Option<String>> = vec![None; units.list.len()];
        let mut there: Vec<Option<&str>> = vec![None; units.list.len()];
        let mut new = Vec::new();
        for (at, unit) in units.list.iter().enumerate() {
            if unit.merges
                && let Some(old) = old.get_mut(at)
            {
                *old = Some(self.text.slice(unit.start..unit.end).to_owned());
            }
        }
        for (number, entry) in entries.list.iter().enumerate() {
            match entry.origin {
                Origin::Merged(_) => {}
                Origin::New if entry.is_gone => {}
                Origin::New => new.push((number, &*entry.key)),
                Origin::Own(at, _) => {
                    if let Some(there) = there.get_mut(at) {
                        *there = Some(&entry.key);
                    }
                    let Some(unit) = units.list.get(at).filter(|_| !entry.is_gone) else {
                        continue;
                    };
                    let key = Some(&*entry.key).filter(|_| entry.is_renamed);
                    self.way.push(super::Step::Key(entry.key.to_string()));
                    let text = self.flow_unit(unit, key, &entry.value, None);
                    self.way.pop();
                    if let Some(old) = old.get_mut(at) {
                        *old = Some(text);
                    }
                }
            }
        }
        let way = self.way.clone();
        let order = self.order;
        let rank = |key: &str| order(&way, key);
        let mut added = placed(&there, &new, &rank).into_iter().peekable();
        let mut parts = Vec::new();
        let olds = old.into_iter().enumerate().map(|(at, old)| (Some(at), old));
        for (at, old) in std::iter::once((None, None)).chain(olds) {
            parts.extend(at.zip(old).map(|(at, text)| Part::Old(at, text)));
            while let Some((_, number)) = added.next_if(|(behind, _)| *behind == at) {
                if let Some(entry) = entries.list.get(number) {
                    let key = super::super::written::quoted(&entry.key);
                    let value = flow(&entry.value.as_value(), None);
                    parts.push(Part::New(format!("{key}: {value}")));
                }
            }
        }
        self.joined(&parts, units, node)
    }

    /// A flow list as it is to be.
    pub(super) fn flow_list(&mut self, items: &[Item<'_>], node: Id) -> String {
        let Kind::List(units) = &self.outline.node(node).kind else {
            let items = items.iter().map(|item| item.value.as_value());
            return flow(&items.collect(), None);
        };
        self.looked_at += units.list.len();
        let quotes = self.manner(units).quotes;
        let mut parts = Vec::new();
        for item in items {
            match item
                .from
                .and_then(|(at, _)| Some((at, units.list.get(at)?)))
            {
                Some((at, unit)) => {
                    self.way.push(super::Step::Index(at));
                    let text = self.flow_unit(unit, None, &item.value, quotes);
                    self.way.pop();
                    parts.push(Part::Old(at, text));
                }
                None => {
                    let value = item.value.as_value();
                    parts.push(Part::New(flow(&value, quotes)));
                }
            }
        }
        self.joined(&parts, units, node)
    }

    /// A unit that stays, with its new key and value.
    fn flow_unit(
        &mut self,
        unit: &Unit,
        key: Option<&str>,
        want: &Want<'_>,
        quotes: Option<Style>,
    ) -> String {
        let whole = self.text.slice(unit.start..unit.end);
        if key.is_none() && is_kept(want) {
            return whole.to_owned();
        }
        let is_item = unit.key.is_empty() && unit.lead.is_none();
        let node = self.outline.node(unit.value);
        let is_nothing = matches!(node.kind, Kind::Nothing);
        let begin = if is_nothing {
            let lead = unit.lead.unwrap_or(unit.key.end).max(unit.key.end);
            unit.end.max(lead)
        } else {
            node.range.start
        };
        let mut out = String::new();
        out.push_str(self.text.slice(unit.start..unit.key.start));
        match key {
            Some(key) => out.push_str(&self.renamed(unit, key)),
            None => out.push_str(self.text.slice(unit.key.clone())),
        }
        out.push_str(self.text.slice(unit.key.end..begin));
        let value = self.flow_value(want, unit.value, quotes);
        if is_nothing && !value.is_empty() && !is_item {
            out.push_str(if unit.lead.is_some() { " " } else { ": " });
        }
        out.push_str(&value);
        if !is_nothing {
            out.push_str(self.text.slice(node.range.end..unit.end));
        }
        out
    }

    /// A value of a flow as it is to be.
    fn flow_value(&mut self, want: &Want<'_>, id: Id, quotes: Option<Style>) -> String {
        let node = self.outline.node(id);
        match want {
            Want::Kept(_) => self.text.slice(node.range.clone()).to_owned(),
            Want::New(serde_json::Value::String(text)) => {
                let style = match node.kind {
                    Kind::Scalar(style) => Some(style),
                    _ => quotes,
                };
                in_one_line(text, style, "", true)
            }
            Want::New(value) => flow(value, None),
            Want::Map(entries) => self.flow_map(entries, id),
            Want::List { items, .. } => self.flow_list(items, id),
        }
    }

    fn around(&self, units: &Units, node: Id) -> Option<Around<'_>> {
        let range = self.outline.node(node).range.clone();
        let (first, last) = (units.list.first()?, units.list.last()?);
        let close = range.end.checked_sub(1)?;
        let head = self.text.slice(range.start + 1..first.start);
        let (behind_open, lead) = head.split_at(line_break(head).unwrap_or(0));
        let mut before = vec![lead];
        let mut behind = Vec::new();
        let starts = units.list.iter().skip(1).map(|unit| unit.start);
        for (unit, next) in units.list.iter().zip(starts.chain([close])) {
            let gap = self.text.slice(unit.end..next);
            let comma = gap.len() - gap.trim_start_matches([' ', '\t']).len();
            let has_comma = gap.get(comma..).is_some_and(|rest| rest.starts_with(','));
            if !has_comma && unit.start != last.start {
                // The comma stands on another line.
                return None;
            }
            let cut = line_break(gap).unwrap_or(if has_comma { comma + 1 } else { 0 });
            let (own, next) = gap.split_at(cut);
            behind.push(own);
            before.push(next);
        }
        let before_close = before.pop()?;
        Some(Around {
            open: self.text.slice(range.start..range.start + 1),
            behind_open,
            before,
            behind,
            before_close,
            close: self.text.slice(close..range.end),
        })
    }

    /// Puts the units of a flow together again.
    fn joined(&mut self, parts: &[Part], units: &Units, node: Id) -> String {
        let range = self.outline.node(node).range.clone();
        let Some(around) = self.around(units, node) else {
            let is_same = parts.len() == units.list.len()
                && parts.iter().zip(&units.list).all(|(part, unit)| {
                    matches!(part, Part::Old(_, text) if text == self.text.slice(unit.start..unit.end))
                });
            let is_empty = units.list.is_empty() && parts.is_empty();
            if !is_same && !is_empty && !units.list.is_empty() {
                self.is_unsure = true;
            }
            if units.list.is_empty() && !parts.is_empty() {
                let texts: Vec<&str> = parts.iter().map(Part::text).collect();
                let whole = self.text.slice(range.clone());
                let open = whole.get(..1).unwrap_or_default();
                let close = whole
                    .get(whole.len().saturating_sub(1)..)
                    .unwrap_or_default();
                return format!("{open}{}{close}", texts.join(", "));
            }
            return self.text.slice(range).to_owned();
        };
        if parts.is_empty() {
            return format!("{}{}", around.open, around.close);
        }
        // Whether each unit has a line of its own; the first one may stand behind the bracket.
        let is_broken = |text: &&str| text.contains('\n');
        let inner = around.before.get(1..).unwrap_or_default();
        let is_in_lines = around.before.iter().all(is_broken)
            || (!inner.is_empty() && inner.iter().all(is_broken));
        let broken = around.before.iter().find(|text| is_broken(text));
        let line = broken.map(|text| {
            let indentation = text.rsplit('\n').next().unwrap_or_default();
            format!("{}{indentation}", self.end)
        });
        let line = line.unwrap_or_else(|| format!("{}  ", self.end));
        let blank = inner.iter().copied().find(|text| !is_broken(text));
        let blank = blank.unwrap_or(" ");
        let lead = around.before.first().copied().unwrap_or_default();
        let ends_in_comma = around.behind.last().is_some_and(|text| has_comma(text));
        let mut out = format!("{}{}", around.open, around.behind_open);
        let mut is_open_comment = around.behind_open.contains('#');
        for (number, part) in parts.iter().enumerate() {
            let (own, is_first) = match part {
                Part::Old(at, _) => (
                    around.before.get(*at).copied().unwrap_or_default(),
                    *at == 0,
                ),
                Part::New(_) if is_in_lines => (line.as_str(), false),
                Part::New(_) => (blank, false),
            };
            let before = if is_first && number > 0 {
                // It begins the flow no more.
                if is_broken(&own) { own } else { blank }
            } else if number > 0 || is_first || own.contains('#') {
                own
            } else if !is_broken(&lead) {
                lead
            } else if is_broken(&own) {
                own
            } else {
                line.as_str()
            };
            let has_to_break = is_open_comment || number > 0 && is_in_lines;
            let before = if has_to_break && !is_broken(&before) {
                line.as_str()
            } else {
                before
            };
            out.push_str(before);
            out.push_str(part.text());
            let wants_comma = number + 1 < parts.len() || ends_in_comma;
            let behind = match part {
                Part::Old(at, text) => {
                    let behind = around.behind.get(*at).copied().unwrap_or_default();
                    // Behind a key without a value, a blank may stand in its place.
                    let unit = units.list.get(*at);
                    let was = unit.map_or("", |unit| self.text.slice(unit.start..unit.end));
                    if was.ends_with(':') && was != text {
                        behind.trim_start_matches(' ')
                    } else {
                        behind
                    }
                }
                Part::New(_) => "",
            };
            let behind = with_comma(behind, wants_comma);
            is_open_comment = behind.contains('#');
            out.push_str(&behind);
        }
        if is_open_comment && !around.before_close.contains('\n') {
            out.push_str(&line);
        } else {
            out.push_str(around.before_close);
        }
        out.push_str(around.close);
        out
    }
}

impl Part {
    fn text(&self) -> &str {
        match self {
            Self::Old(_, text) | Self::New(text) => text,
        }
    }
}

/// Where the first line of a text ends, before its line end.
fn line_break(text: &str) -> Option<usize> {
    let end = text.find('\n')?;
    let line = text.get(..end)?;
    Some(line.strip_suffix('\r').unwrap_or(line).len())
}

fn has_comma(behind: &str) -> bool {
    behind.trim_start_matches([' ', '\t']).starts_with(',')
}

/// What stands behind a unit, with or without a comma.
fn with_comma(behind: &str, wants: bool) -> String {
    if has_comma(behind) == wants {
        return behind.to_owned();
    }
    if wants {
        return format!(",{behind}");
    }
    let rest = behind.trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    if rest.trim().is_empty() {
        String::new()
    } else {
        rest.to_owned()
    }
}
