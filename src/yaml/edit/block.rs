//! Writes the entries of a block map and the items of a block list: what goes, what comes, what stays.

use std::collections::HashSet;
use std::ops::Range;

use super::Step;
use super::order::placed;
use super::outline::{Id, Kind, Style, Unit, Units};
use super::pen::{Manner, Written, indent_first};
use super::replace::begin;
use super::splices::{Slot, Splices};
use super::wanted::{Entries, Item, Origin, Want, is_kept};

/// What becomes of a block.
pub(super) struct Block<'b, 'a> {
    /// What becomes of each unit; none if it goes.
    stays: Vec<Option<Stays<'b, 'a>>>,
    /// The lines of what is new, each behind a unit or before all.
    new: Vec<New>,
    /// Behind which units something is new.
    near: HashSet<Option<usize>>,
    is_map: bool,
}

/// A unit that stays.
struct Stays<'b, 'a> {
    want: Option<&'b Want<'a>>,
    key: Option<&'b str>,
    step: Option<Step>,
}

type New = (Option<usize>, Vec<String>);

impl<'b, 'a> Block<'b, 'a> {
    fn of(stays: Vec<Option<Stays<'b, 'a>>>, new: Vec<New>, is_map: bool) -> Self {
        let near = new.iter().map(|(behind, _)| *behind).collect();
        Self {
            stays,
            new,
            near,
            is_map,
        }
    }

    pub(super) fn of_map(
        splices: &mut Splices<'_>,
        entries: &'b Entries<'a>,
        units: &Units,
        slot: Slot,
    ) -> Self {
        splices.looked_at += units.list.len();
        let mut stays: Vec<Option<Stays<'_, '_>>> = units.list.iter().map(|_| None).collect();
        let mut there: Vec<Option<&str>> = vec![None; units.list.len()];
        let mut new = Vec::new();
        for (at, unit) in units.list.iter().enumerate() {
            if unit.merges
                && let Some(stays) = stays.get_mut(at)
            {
                *stays = Some(Stays {
                    want: None,
                    key: None,
                    step: None,
                });
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
                    if entry.is_gone {
                        continue;
                    }
                    if let Some(stays) = stays.get_mut(at) {
                        *stays = Some(Stays {
                            want: Some(&entry.value).filter(|value| !is_kept(value)),
                            key: Some(&*entry.key).filter(|_| entry.is_renamed),
                            step: Some(Step::Key(entry.key.to_string())),
                        });
                    }
                }
            }
        }
        let column = column_of(splices, units, slot);
        let way = splices.way.clone();
        let order = splices.order;
        let rank = |key: &str| order(&way, key);
        let mut lines = Vec::new();
        if !new.is_empty() {
            for (behind, number) in placed(&there, &new, &rank) {
                if let Some(entry) = entries.list.get(number) {
                    let value = entry.value.as_value();
                    lines.push((behind, splices.pen.entry(&entry.key, &value, column)));
                }
            }
        }
        Self::of(stays, lines, true)
    }

    pub(super) fn of_list(splices: &mut Splices<'_>, items: &'b [Item<'a>], units: &Units) -> Self {
        splices.looked_at += units.list.len();
        let mut stays: Vec<Option<Stays<'_, '_>>> = units.list.iter().map(|_| None).collect();
        let first = units.list.first().map_or(0, |unit| unit.start);
        let column = splices.text.column(first);
        let manner = splices.manner(units);
        let mut new = Vec::new();
        let mut behind = None;
        for item in items {
            if let Some((at, _)) = item.from {
                behind = Some(at);
                if let Some(stays) = stays.get_mut(at) {
                    *stays = Some(Stays {
                        want: Some(&item.value).filter(|value| !is_kept(value)),
                        key: None,
                        step: Some(Step::Index(at)),
                    });
                }
            } else {
                let value = item.value.as_value();
                new.push((behind, splices.pen.item(&value, column, manner)));
            }
        }
        Self::of(stays, new, false)
    }
}

/// The column of the entries of a block.
fn column_of(splices: &Splices<'_>, units: &Units, slot: Slot) -> usize {
    let first = units.list.first();
    first.map_or(slot.column, |unit| splices.text.column(unit.start))
}

impl Splices<'_> {
    /// How the items of a list are written.
    pub(super) fn manner(&self, units: &Units) -> Manner {
        let mut quotes: Option<Option<Style>> = None;
        let mut is_block = false;
        for unit in &units.list {
            match &self.outline.node(unit.value).kind {
                Kind::Scalar(style @ (Style::Single | Style::Double)) => {
                    let one = quotes.get_or_insert(Some(*style));
                    *one = one.filter(|one| one == style);
                }
                Kind::Scalar(_) => quotes = Some(None),
                Kind::Map(inside) => is_block |= !inside.is_flow,
                _ => {}
            }
        }
        Manner {
            quotes: quotes.flatten(),
            is_block,
        }
    }

    /// Writes what becomes of a block.
    pub(super) fn block(&mut self, block: &Block<'_, '_>, units: &Units, node: Id, slot: Slot) {
        let is_root = slot.lead.is_none();
        let column = column_of(self, units, slot);
        let is_block = !block.is_map && self.manner(units).is_block;
        for (unit, stays) in units.list.iter().zip(&block.stays) {
            let Some(stays) = stays else { continue };
            if let Some(key) = stays.key {
                let new = self.renamed(unit, key);
                self.put(unit.key.clone(), new);
            }
            if let Some(want) = stays.want {
                let Some(lead) = unit.lead else {
                    self.is_unsure = true;
                    continue;
                };
                let inside = Slot {
                    lead: Some(lead),
                    column,
                    is_item: !block.is_map,
                    is_block,
                };
                self.way.extend(stays.step.clone());
                self.value(want, unit.value, inside);
                self.way.pop();
            }
        }
        let Some(first) = units.list.first() else {
            return;
        };
        let is_empty = block.new.is_empty() && block.stays.iter().all(Option::is_none);
        let is_compact = !self.text.begins_line(first.start);
        if is_compact {
            self.compact(block, units, column);
        } else if is_empty && !is_root {
            let inline = if block.is_map { "{}" } else { "[]" };
            self.removals(block, units, is_root);
            let begin = begin(self.outline.node(node), slot);
            let written = Written {
                inline: inline.to_owned(),
                below: Vec::new(),
            };
            self.behind(begin, begin..begin, written);
        } else {
            self.removals(block, units, is_root);
            self.additions(block, units, column, is_root);
        }
    }

    /// A new key in the quotes of the old one.
    pub(super) fn renamed(&self, unit: &Unit, key: &str) -> String {
        let old = self.text.slice(unit.key.clone());
        let style = match old.bytes().next() {
            Some(b'\'') => Some(Style::Single),
            Some(b'"') => Some(Style::Double),
            _ => None,
        };
        super::scalar::in_one_line(key, style, old, true)
    }

    /// Where the lines of a unit begin, with the comment right above it. The comment with which a document
    /// begins is none of the first unit's.
    fn above(&self, unit: &Unit, is_first_of_root: bool) -> usize {
        let own = self.text.line_start(unit.start);
        let column = self.text.column(unit.start);
        let mut start = own;
        while let Some(line) = self.text.line_above(start)
            && self.text.comment_column(line) == Some(column)
        {
            start = line;
        }
        if !is_first_of_root {
            return start;
        }
        let mut above = self.text.line_above(start);
        while let Some(line) = above
            && self.text.is_blank(line)
        {
            above = self.text.line_above(line);
        }
        let has_head = above.is_some_and(|line| self.text.comment_column(line).is_some());
        if has_head { start } else { own }
    }

    /// Where the lines behind a unit begin. Comments below that are indented further are a part of it.
    fn behind_unit(&self, unit: &Unit) -> usize {
        let column = self.text.column(unit.start);
        let mut end = self.text.next_line(unit.end);
        let mut line = end;
        while line < self.text.end() {
            match self.text.comment_column(line) {
                Some(comment) if comment > column => {
                    line = self.text.next_line(line);
                    end = line;
                }
                None if self.text.is_blank(line) => line = self.text.next_line(line),
                _ => break,
            }
        }
        end
    }

    /// Takes the lines of units that go, and empty lines that would be too many then.
    fn removals(&mut self, block: &Block<'_, '_>, units: &Units, is_root: bool) {
        let mut from = 0;
        while let Some((run, last)) = self.run(block, units, from, is_root) {
            from = last + 1;
            let range = self.with_blanks(block, units, run, last);
            self.put(range, "");
        }
    }

    /// The next units that go and follow each other: their lines, and the last of them. What stands above
    /// the first key of a document stays.
    fn run(
        &self,
        block: &Block<'_, '_>,
        units: &Units,
        from: usize,
        is_root: bool,
    ) -> Option<((usize, Range<usize>), usize)> {
        let goes = |at: usize| block.stays.get(at).is_some_and(Option::is_none);
        let is_start = !self.text.begins_line(units.list.first()?.start);
        let first = (from.max(usize::from(is_start))..units.list.len()).find(|at| goes(*at))?;
        let unit = units.list.get(first)?;
        let mut range = self.above(unit, is_root && first == 0)..self.behind_unit(unit);
        let mut last = first;
        while let Some(next) = units.list.get(last + 1)
            && goes(last + 1)
            && !block.near.contains(&Some(last))
        {
            let start = self.above(next, false);
            let between = self.text.slice(range.end.min(start)..start);
            if !between.trim().is_empty() {
                break;
            }
            range.end = self.behind_unit(next);
            last += 1;
        }
        Some(((first, range), last))
    }

    fn with_blanks(
        &self,
        block: &Block<'_, '_>,
        units: &Units,
        (first, run): (usize, Range<usize>),
        last: usize,
    ) -> Range<usize> {
        if block.near.contains(&Some(last)) {
            return run;
        }
        // Empty lines at the end of a text above are a part of it.
        let bound = first
            .checked_sub(1)
            .and_then(|above| units.list.get(above))
            .map_or(0, |unit| self.text.next_line(unit.end));
        let mut start = run.start;
        while let Some(line) = self.text.line_above(start)
            && line >= bound
            && self.text.is_blank(line)
        {
            start = line;
        }
        let mut end = run.end;
        while self.text.is_blank(end) {
            end = self.text.next_line(end);
        }
        let has_above = start < run.start;
        let has_below = end > run.end;
        let above = self.text.line_above(start);
        let is_at_start = first == 0
            && !block.near.contains(&None)
            && above.is_none_or(|line| self.text.comment_column(line).is_none());
        // A comment that is indented less belongs to what comes next.
        let column = units
            .list
            .first()
            .map_or(0, |unit| self.text.column(unit.start));
        let comment = self
            .text
            .comment_column(end)
            .filter(|comment| *comment >= column);
        let is_at_end = last + 1 == units.list.len() && comment.is_none();
        let above = first.checked_sub(1).and_then(|above| units.list.get(above));
        if above.is_some_and(|above| self.outline.keeps_end(above.value, self.text)) {
            // They would become a part of the text above.
            return run.start..end;
        }
        if is_at_start && !is_at_end {
            run.start..end
        } else if has_above && (has_below || is_at_end) {
            start..run.end
        } else {
            run
        }
    }

    /// Whether the units of a block are divided by empty lines.
    fn is_spaced(&self, units: &Units) -> bool {
        let pairs = units.list.iter().zip(units.list.iter().skip(1));
        let (mut divided, mut all) = (0, 0);
        for (one, next) in pairs {
            let mut line = self.text.next_line(one.end);
            all += 1;
            while line < next.start && !self.text.is_blank(line) {
                line = self.text.next_line(line);
            }
            divided += usize::from(line < next.start);
        }
        divided * 2 > all
    }

    /// Adds the lines of new units.
    fn additions(&mut self, block: &Block<'_, '_>, units: &Units, column: usize, is_root: bool) {
        if block.new.is_empty() {
            return;
        }
        let is_spaced = self.is_spaced(units);
        let kept = block.stays.iter().position(Option::is_some);
        for (number, (behind, lines)) in block.new.iter().enumerate() {
            let above = behind.and_then(|at| units.list.get(at));
            let at = match (above, units.list.first()) {
                (Some(above), _) => self.behind_unit(above),
                (None, Some(first)) => self.above(first, is_root),
                (None, None) => continue,
            };
            let mut new = indent_first(lines.clone(), column);
            // An empty line stands between two units, and nowhere else.
            let is_text = above.is_some_and(|one| self.outline.keeps_end(one.value, self.text));
            let has_above =
                number > 0 || kept.is_some_and(|kept| behind.is_some_and(|at| kept <= at));
            let is_divided = is_spaced && !is_text;
            if is_divided && behind.is_none() && kept.is_some() {
                new.push(String::new());
            } else if is_divided && has_above {
                new.insert(0, String::new());
            }
            let new = self.lines(&new);
            self.put(at..at, new);
        }
    }

    /// Writes a block whose first unit stands behind a dash.
    fn compact(&mut self, block: &Block<'_, '_>, units: &Units, column: usize) {
        let Some(first) = units.list.first() else {
            return;
        };
        let kept = block.stays.iter().position(Option::is_some);
        let (leading, rest): (Vec<_>, Vec<_>) =
            block
                .new
                .iter()
                .partition(|(behind, _)| match (behind, kept) {
                    (None, _) | (_, None) => true,
                    (Some(behind), Some(kept)) => *behind < kept,
                });
        let indentation = " ".repeat(column);
        let join = |splices: &Self| {
            let lines: Vec<String> = leading
                .iter()
                .map(|(_, lines)| lines.join(splices.end))
                .collect();
            lines.join(&format!("{}{indentation}", splices.end))
        };
        match kept {
            None => {
                let last = units.list.last().map_or(first.end, |unit| unit.end);
                let end = self.text.line_end(last);
                let new = if leading.is_empty() {
                    let empty = if block.is_map { "{}" } else { "[]" };
                    empty.to_owned()
                } else {
                    join(self)
                };
                self.put(first.start..end, new);
                return;
            }
            Some(0) if leading.is_empty() => {}
            Some(kept) => {
                let above = kept.checked_sub(1).and_then(|at| units.list.get(at));
                let begin = above.map_or(first.start, |above| {
                    let line = self.behind_unit(above);
                    let rest = self.text.slice(line..self.text.end());
                    line + rest.len() - rest.trim_start().len()
                });
                let mut new = join(self);
                if !leading.is_empty() {
                    new.push_str(self.end);
                    new.push_str(&indentation);
                }
                self.put(first.start..begin, new);
            }
        }
        // The rest stands on lines of its own.
        let kept = kept.unwrap_or_default();
        let stays = block
            .stays
            .iter()
            .enumerate()
            .map(|(at, stays)| {
                let stays = stays.is_some() || at < kept;
                stays.then_some(Stays {
                    want: None,
                    key: None,
                    step: None,
                })
            })
            .collect();
        let rest = Block::of(stays, rest.into_iter().cloned().collect(), block.is_map);
        self.removals(&rest, units, false);
        self.additions(&rest, units, column, false);
    }
}
