//! A step's changes as lines, the common ground of text and Markdown.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value as Json;
use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

use crate::codec;
use crate::kind::{self, Risk, Shape};
use crate::live::url;
use crate::plan::{FORMER_SECRET, FieldChange, LiveChange, Referrers, SECRET, Step};
use crate::safe::safe;
use crate::state::{Address, keys};
use crate::verb::Verb;

/// How a line takes part in a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It tells; or it is context.
    Plain,
    /// It comes.
    Added,
    /// It goes.
    Removed,
}

/// One line, harmless already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// How it takes part.
    pub(super) sign: Sign,
    /// Whether it stands below a field's name.
    pub(super) nested: bool,
    /// How many names of what it lies in stand above it, each on a line.
    pub(super) depth: usize,
    /// The text without indent and sign.
    pub(super) text: String,
}

impl Line {
    pub(super) fn plain(text: String) -> Self {
        Self {
            sign: Sign::Plain,
            nested: false,
            depth: 0,
            text,
        }
    }

    fn nested(sign: Sign, text: &str) -> Self {
        let text = safe(text);
        let kept = text.trim_end_matches(' ');
        // A space at the end would be seen by nobody.
        let text = format!("{kept}{}", "\\u{20}".repeat(text.len() - kept.len()));
        Self {
            sign,
            nested: true,
            depth: 0,
            text,
        }
    }
}

/// The longest change that is told beside its field's name, in characters.
const BRIEF: usize = 80;
/// Lines of context around a change in a text.
const CONTEXT: usize = 2;
/// Beyond this product of the counts of lines between equal beginnings and ends, a text is shown as
/// replaced: finding the smallest difference would take too long.
const MAX_DIFF: usize = 4_000_000;

/// What a step does, line by line.
pub(super) fn of(step: &Step, width: usize, verbose: bool) -> Vec<Line> {
    let mut out = Vec::new();
    if step.restores {
        out.push(Line::plain(
            "deleted in Zoho Desk since the last apply; this makes it anew".to_owned(),
        ));
    }
    let one_sided = OneSided::of(step.verb, takes_away(step));
    Tree::of(&step.address, one_sided, step.changes.iter(), width).add(&mut out);
    if let Some(referrers) = &step.referred_by {
        out.push(Line::plain(referred_by(referrers)));
    }
    for effect in &step.effects {
        out.push(Line::plain(format!("effect: {}", safe(effect))));
    }
    if let Some(instruction) = &step.instruction {
        let mut rows = instruction.lines();
        out.push(Line::plain(format!(
            "to do: {}",
            safe(rows.next().unwrap_or_default())
        )));
        out.extend(rows.map(|row| Line::nested(Sign::Plain, row)));
    }
    if verbose {
        if let Some(origin) = &step.origin {
            out.push(Line::plain(format!(
                "in: {}:{}",
                safe(&origin.file),
                origin.line
            )));
        }
        for address in &step.after {
            let address = address.to_string();
            out.push(Line::plain(format!("after: {}", safe(&address))));
        }
        for request in &step.requests {
            let path = safe(&request.path);
            out.push(Line::plain(format!("call: {} {path}", request.method)));
        }
    }
    out
}

/// Changes of a resource, line by line; of what is created or deleted its values alone.
pub(super) fn of_changes(
    address: &Address,
    verb: Verb,
    changes: &[FieldChange],
    width: usize,
) -> Vec<Line> {
    let mut out = Vec::new();
    let changes = changes.iter().map(Cow::Borrowed);
    Tree::of(address, OneSided::of(verb, false), changes, width).add(&mut out);
    out
}

/// Of which changes only the side is shown that has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OneSided {
    /// Of those from nothing.
    Coming,
    /// Of those to nothing.
    Going,
    /// Of none.
    Never,
}

impl OneSided {
    const fn of(verb: Verb, takes_away: bool) -> Self {
        match verb {
            Verb::Create => Self::Coming,
            Verb::Delete | Verb::Disable => Self::Going,
            Verb::Manual if takes_away => Self::Going,
            Verb::Manual | Verb::Update | Verb::Replace => Self::Never,
        }
    }
}

/// Says that a change sets back what somebody did in Zoho Desk.
fn set_back(change: &LiveChange) -> String {
    let mut line = "↑ changed in Zoho Desk since the last apply".to_owned();
    // Writing into a string cannot fail, here and below.
    if let Some(modified) = &change.modified {
        let _ = write!(line, "; its object was last changed on {}", safe(modified));
        if let Some(by) = &change.by {
            let _ = write!(line, " by {}", safe(by));
        }
    }
    line
}

/// Names what refers to something that goes.
fn referred_by(referrers: &Referrers) -> String {
    let named: Vec<String> = referrers.first.iter().map(ToString::to_string).collect();
    let mut line = format!("still referred to by: {}", safe(&named.join(", ")));
    let more = referrers.count.saturating_sub(named.len());
    if more > 0 {
        let _ = write!(line, " and {more} more");
    }
    line
}

/// The changes of a step, each below what it lies in.
///
/// What several changes lie in has a line of its own; what a single one lies in stands before its name.
struct Tree<'s> {
    address: &'s Address,
    one_sided: OneSided,
    width: usize,
    changes: Vec<Cow<'s, FieldChange>>,
    /// The names on the way to each change.
    ways: Vec<Vec<String>>,
}

impl<'s> Tree<'s> {
    fn of(
        address: &'s Address,
        one_sided: OneSided,
        changes: impl Iterator<Item = Cow<'s, FieldChange>>,
        width: usize,
    ) -> Self {
        let changes: Vec<_> = changes.collect();
        let ways = changes.iter().map(|change| way(&change.field)).collect();
        Self {
            address,
            one_sided,
            width,
            changes,
            ways,
        }
    }

    fn add(&self, out: &mut Vec<Line>) {
        self.branch(out, 0..self.changes.len(), 0, 0);
    }

    /// Adds changes that share the first names of their ways, which stand above already.
    fn branch(&self, out: &mut Vec<Line>, all: Range<usize>, shared: usize, depth: usize) {
        let mut start = all.start;
        while start < all.end {
            let way = &self.ways[start];
            let is_beside = |other: &&Vec<String>| way.get(shared) == other.get(shared);
            let count = self.ways[start..all.end]
                .iter()
                .take_while(is_beside)
                .count();
            let group = start..start + count;
            start = group.end;
            let common = self.common(&group);
            if count == 1 || common <= shared {
                group.for_each(|index| self.leaf(out, index, shared, depth));
                continue;
            }
            let name = joined(&way[shared..common]);
            out.push(Line {
                depth,
                ..Line::plain(format!("{}:", safe(&name)))
            });
            self.branch(out, group, common, depth + 1);
        }
    }

    /// How many names the ways of a group begin with, each with one more at least behind them.
    fn common(&self, group: &Range<usize>) -> usize {
        let ways = &self.ways[group.clone()];
        let Some((first, others)) = ways.split_first() else {
            return 0;
        };
        let longest = first.len().saturating_sub(1);
        others.iter().fold(longest, |longest, way| {
            let pairs = first
                .iter()
                .zip(way)
                .take(longest.min(way.len().saturating_sub(1)));
            pairs.take_while(|(one, other)| one == other).count()
        })
    }

    /// Adds one change, whose name stands without what is above it already.
    fn leaf(&self, out: &mut Vec<Line>, index: usize, shared: usize, depth: usize) {
        let change = &*self.changes[index];
        let name = joined(&self.ways[index][shared..]);
        let begun = out.len();
        let brought = |other: &&Cow<'_, FieldChange>| change.brings(other);
        let taken = |other: &&Cow<'_, FieldChange>| other.brings(change);
        if let Some(to) = self.changes.iter().find(taken) {
            let place = between(&change.field, &to.field);
            out.push(Line::plain(format!(
                "{}: moves to {}",
                safe(&name),
                safe(&place)
            )));
        } else if let Some(from) = self.changes.iter().find(brought) {
            let place = between(&change.field, &from.field);
            out.push(Line::plain(format!(
                "{}: moves here from {}",
                safe(&name),
                safe(&place)
            )));
            if from.before != change.after {
                let moved = FieldChange {
                    before: from.before.clone(),
                    ..change.clone()
                };
                self.change(out, &name, &moved, depth);
            }
        } else {
            self.change(out, &name, change, depth);
        }
        if let Some(change) = &change.sets_back {
            out.push(Line::plain(set_back(change)));
        }
        for line in &mut out[begun..] {
            line.depth = depth;
        }
    }

    fn change(&self, out: &mut Vec<Line>, name: &str, change: &FieldChange, depth: usize) {
        let one_sided = match self.one_sided {
            OneSided::Coming => change.before.is_null(),
            OneSided::Going => change.after.is_null(),
            OneSided::Never => false,
        };
        let width = self.width.saturating_sub(STEP * depth);
        add_named(
            out,
            (self.address.collection, name),
            change,
            one_sided,
            width,
        );
    }
}

/// By how many characters each level of a tree is indented.
pub(super) const STEP: usize = 2;

/// The names on the way to a field. What a list holds beside its items, such as their order, has a name
/// without the dollar sign that no manifest writes there.
fn way(pointer: &str) -> Vec<String> {
    if pointer.starts_with('/') {
        let name = |key: Cow<'_, str>| match key.strip_prefix('$') {
            Some(name) => name.to_owned(),
            None => key.into_owned(),
        };
        keys(pointer).map(name).collect()
    } else {
        vec![pointer.to_owned()]
    }
}

/// Names on a way, for people.
fn joined(way: &[String]) -> String {
    way.join(" › ")
}

/// The names by which the second way differs from the first, where both begin and end alike.
fn between(from: &str, to: &str) -> String {
    let (from, to) = (way(from), way(to));
    let same = |(one, other): &(&String, &String)| one == other;
    let head = from.iter().zip(&to).take_while(same).count();
    let rest = (&from[head..], &to[head..]);
    let tail = rest
        .0
        .iter()
        .rev()
        .zip(rest.1.iter().rev())
        .take_while(same)
        .count();
    joined(&to[head..to.len() - tail])
}

/// Whether a live address is its template but for the secrets.
fn is_veiled(live: &Json, template: &Json) -> bool {
    let (Some(live), Some(template)) = (live.as_str(), template.as_str()) else {
        return false;
    };
    url::veiled(template) == live
}

fn takes_away(step: &Step) -> bool {
    let mut risks = step.risk.iter();
    risks.any(|risk| risk.class == Risk::TakesAway)
}

/// A change of a step in a few characters, if it can be told so.
pub(super) fn brief(step: &Step, pointer: &str) -> Option<String> {
    let change = step.changes.iter().find(|change| change.field == pointer)?;
    let is_scalar = |value: &Json| !value.is_array() && !value.is_object();
    let is_hidden = change.secret && (change.after == SECRET || change.leaks());
    if is_hidden || !is_scalar(&change.before) || !is_scalar(&change.after) {
        return None;
    }
    let view = View::of_path(step.address.collection, &change.field);
    let value = |value: &Json| inline(value, view, false);
    let text = if change.before.is_null() {
        value(&change.after)
    } else if change.before == FORMER_SECRET {
        return None;
    } else {
        format!("{} → {}", value(&change.before), value(&change.after))
    };
    (text.chars().count() <= BRIEF).then_some(text)
}

/// One field's change; `one_sided` shows the value that there is alone.
pub(super) fn add_field(
    out: &mut Vec<Line>,
    collection: &str,
    change: &FieldChange,
    one_sided: bool,
    width: usize,
) {
    let name = path(&change.field);
    add_named(out, (collection, &name), change, one_sided, width);
}

/// One field's change under a name.
fn add_named(
    out: &mut Vec<Line>,
    (collection, name): (&str, &str),
    change: &FieldChange,
    one_sided: bool,
    width: usize,
) {
    let view = View::of_path(collection, &change.field);
    let name = safe(name);
    let (before, after) = (&change.before, &change.after);
    if change.secret && (before == SECRET || after == SECRET || change.leaks()) {
        out.push(Line::plain(format!("{name}: {SECRET}")));
        return;
    }
    let name = if change.secret && is_veiled(before, after) {
        Cow::from(format!("{name} (another secret)"))
    } else {
        name
    };
    let line = if one_sided {
        let value = if before.is_null() { after } else { before };
        format!("{name}: {}", inline(value, view, false))
    } else {
        let after = inline(after, view, false);
        let before = if before == FORMER_SECRET {
            FORMER_SECRET.to_owned()
        } else {
            inline(before, view, false)
        };
        format!("{name}: {before} → {after}")
    };
    let by_rows = |value: &Json| match value {
        Json::Array(_) => !one_sided,
        Json::Object(_) => view.is_of_maps(),
        Json::String(text) => text.contains('\n'),
        _ => false,
    };
    let fits =
        line.chars().count() + 4 <= width || (one_sided && !before.is_array() && !after.is_array());
    if fits && !by_rows(before) && !by_rows(after) {
        out.push(Line::plain(line));
        return;
    }
    let (mut old, mut new) = (rows(before, view), rows(after, view));
    end_rows(&mut old, &mut new);
    let nested = if view.is_set() || view.is_of_maps() {
        members(&old, &new)
    } else {
        sequence(&old, &new)
    };
    if nested.is_empty() {
        out.push(Line::plain(line));
        return;
    }
    out.push(Line::plain(format!("{name}:")));
    out.extend(nested);
}

/// A path for people: ` › ` stands between its parts.
pub(super) fn path(pointer: &str) -> String {
    joined(&way(pointer))
}

/// Tells of a newline at the end of a text only where it is the difference.
fn end_rows(old: &mut Vec<String>, new: &mut Vec<String>) {
    let ends = |rows: &[String]| rows.len() > 1 && rows.last().is_some_and(String::is_empty);
    let differ = !old.is_empty() && !new.is_empty() && ends(old) != ends(new);
    for rows in [old, new] {
        if ends(rows) {
            rows.pop();
            if differ {
                rows.push("(a newline at the end)".to_owned());
            }
        }
    }
}

/// What left and what joined a set.
fn members(old: &[String], new: &[String]) -> Vec<Line> {
    let (olds, news): (HashSet<_>, HashSet<_>) = (old.iter().collect(), new.iter().collect());
    let gone = old.iter().filter(|item| !news.contains(item));
    let come = new.iter().filter(|item| !olds.contains(item));
    gone.map(|item| Line::nested(Sign::Removed, item))
        .chain(come.map(|item| Line::nested(Sign::Added, item)))
        .collect()
}

/// What changed in a list or a text, with a little context.
fn sequence(old: &[String], new: &[String]) -> Vec<Line> {
    let same = |(a, b): &(&String, &String)| a == b;
    let head = old.iter().zip(new).take_while(same).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let pairs = old_rest.iter().rev().zip(new_rest.iter().rev());
    let tail = pairs.take_while(same).count();
    if (old_rest.len() - tail).saturating_mul(new_rest.len() - tail) > MAX_DIFF {
        let gone = old.iter().map(|row| Line::nested(Sign::Removed, row));
        let come = new.iter().map(|row| Line::nested(Sign::Added, row));
        return gone.chain(come).collect();
    }
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let mut out = Vec::new();
    for (index, group) in group_diff_ops(ops, CONTEXT).iter().enumerate() {
        if index > 0 {
            out.push(Line::nested(Sign::Plain, "…"));
        }
        for op in group {
            out.extend(op.iter_changes(old, new).map(|change| {
                let sign = match change.tag() {
                    ChangeTag::Equal => Sign::Plain,
                    ChangeTag::Delete => Sign::Removed,
                    ChangeTag::Insert => Sign::Added,
                };
                Line::nested(sign, change.value_ref())
            }));
        }
    }
    out
}

/// What a value's parts refer to, so that references print as handles.
#[derive(Clone, Copy)]
enum View {
    /// Nobody knows.
    Plain,
    /// A value of a shape.
    Of(Shape),
    /// One item of a list.
    Item(Shape),
}

impl View {
    fn of_path(collection: &str, path: &str) -> Self {
        let mut keys = keys(path);
        let field = kind::find(collection)
            .zip(keys.next())
            .and_then(|(kind, name)| kind.field(&name));
        field.map_or(Self::Plain, |field| {
            keys.fold(Self::Of(field.shape), |view, key| view.leaf(&key))
        })
    }

    fn leaf(self, key: &str) -> Self {
        match self {
            Self::Of(shape) => Self::Of(codec::shape_below(&shape, key)),
            Self::Plain | Self::Item(_) => Self::Plain,
        }
    }

    const fn item(self) -> Self {
        match self {
            Self::Of(shape) => Self::Item(shape),
            other => other,
        }
    }

    /// Whether the order of a list has no meaning.
    const fn is_set(self) -> bool {
        matches!(
            self,
            Self::Of(Shape::References(_) | Shape::Texts { set: true, .. })
        )
    }

    /// Whether it is a map of maps, which reads better with one of them a row.
    fn is_of_maps(self) -> bool {
        match self {
            Self::Of(Shape::Map(map)) => {
                (map.fields.iter()).all(|leaf| matches!(leaf.shape, Shape::Map(_)))
                    && !map.fields.is_empty()
            }
            Self::Of(Shape::Items(_)) => true,
            _ => false,
        }
    }

    /// The collection that a text in it refers to.
    const fn collection(self) -> Option<&'static str> {
        match self {
            Self::Of(Shape::Reference(target))
            | Self::Item(Shape::References(target) | Shape::Ranked(target)) => {
                Some(target.collection)
            }
            _ => None,
        }
    }

    /// Whether texts are told line by line.
    const fn is_text(self) -> bool {
        !matches!(
            self,
            Self::Of(Shape::Reference(_) | Shape::References(_) | Shape::Ranked(_))
                | Self::Item(Shape::References(_) | Shape::Ranked(_))
        )
    }
}

/// A value as rows that can be compared: lines of a text, items of a list, events of a webhook.
fn rows(value: &Json, view: View) -> Vec<String> {
    match value {
        Json::Null => Vec::new(),
        Json::String(text) if view.is_text() => text.split('\n').map(str::to_owned).collect(),
        Json::Array(items) => items
            .iter()
            .map(|item| inline(item, view.item(), false))
            .collect(),
        Json::Object(map) if view.is_of_maps() => map
            .iter()
            .map(|(key, value)| match value {
                Json::Object(inner) if !inner.is_empty() => {
                    let inner = inline(value, view.leaf(key), false);
                    format!("{} {inner}", safe(key))
                }
                _ => safe(key).into_owned(),
            })
            .collect(),
        value => vec![inline(value, view, false)],
    }
}

/// A value on one line of YAML, without regard to a kind.
pub(super) fn flow(value: &Json) -> String {
    inline(value, View::Plain, false)
}

/// A value on one line, in the manner of YAML; `flow` says that it stands inside `[]` or `{}`.
fn inline(value: &Json, view: View, flow: bool) -> String {
    match value {
        Json::Null => "(none)".to_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::String(text) => {
            let handle = view
                .collection()
                .and_then(|collection| text.strip_prefix(collection)?.strip_prefix('/'));
            quoted(handle.unwrap_or(text), flow)
        }
        Json::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| inline(item, view.item(), true))
                .collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) => {
            let leaves: Vec<_> = map
                .iter()
                .map(|(key, value)| {
                    let name = match view {
                        View::Of(shape) => codec::written_key(&shape, key),
                        View::Plain | View::Item(_) => key,
                    };
                    let value = inline(value, view.leaf(key), true);
                    format!("{}: {value}", quoted(name, true))
                })
                .collect();
            format!("{{{}}}", leaves.join(", "))
        }
    }
}

/// A text, in quotes where it could be mistaken for something else.
fn quoted(text: &str, flow: bool) -> String {
    let plain = !text.is_empty()
        && text.trim() == text
        && !text.starts_with(['"', '(', '[', '{', '#'])
        && !text.contains(" → ")
        // A number sign begins a comment, there or behind a blank.
        && !text.contains(" #")
        && !matches!(text, "true" | "false" | "null")
        && text.parse::<f64>().is_err()
        && !(flow && (text.contains([',', '[', ']', '{', '}']) || text.contains(": ")));
    if plain {
        safe(text).into_owned()
    } else {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{}\"", safe(&text))
    }
}
