//! What would be made and is alike to what is no longer declared: each pair may be a rename that
//! nobody wrote down.

use std::fmt::Write as _;

use foldhash::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use crate::codec::{self, read_field};
use crate::kind::rules::Deed;
use crate::kind::{Field, Kind, Wire};
use crate::ledger::Entry;
use crate::live::marks::{belongs_to_others, forbidden};
use crate::live::{Live, identity_fields};
use crate::manifest::Desired;
use crate::plan::referrers::removes;
use crate::plan::row::{Row, Rows};
use crate::plan::taken::{old_name, written_name};
use crate::plan::task::Task;
use crate::plan::{Options, shown_value};
use crate::problem::{Code, Problem};
use crate::state::{Address, Body, Reference, Value};
use crate::verb::Verb;
use crate::yaml::written::quoted;

/// How many pairs of a kind are compared at most: beyond that no single one says anything.
const MOST: usize = 250_000;

/// A declared resource that would be made, and an object that may be it under its old name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alike {
    /// The resource that would be made.
    pub new: Address,
    /// The object that is no longer declared.
    pub old: Address,
    /// Whether the object is removed in the same plan.
    pub goes: bool,
    /// The address whose block takes the line.
    pub under: Address,
    /// The line that makes a rename of it; where there is none, the handle alone does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The line that makes a rename of it under the new handle, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or_else: Option<String>,
}

impl Alike {
    /// Says what the pair is, and how a rename is made of it.
    #[must_use]
    pub fn told(&self) -> String {
        let goes = if self.goes { ", which goes," } else { "" };
        format!(
            "`{}` may be `{}`{goes} under a new name: {}",
            self.new,
            self.old,
            self.way()
        )
    }

    /// Says how a rename is made of it.
    #[must_use]
    pub fn way(&self) -> String {
        let mut way = match &self.line {
            Some(line) => format!("write `{line}` under `{}`", self.under),
            None => format!("declare it as `{}`", self.under),
        };
        if self.line.is_some() && self.under != self.new {
            // Writing into a text does not fail, here and below.
            let _ = write!(way, " in place of `{}`", self.new);
        }
        if let Some(other) = &self.or_else {
            let _ = write!(way, ", or `{other}` under `{}`", self.new);
        }
        way
    }
}

/// Finds the pairs; each side takes part in no other one.
pub(super) fn pairs(
    tasks: &[Task],
    desired: &Desired,
    rows: &Rows,
    live: &Live,
    options: &Options,
) -> Vec<Alike> {
    let made: HashSet<&Address> = tasks
        .iter()
        .filter(|task| task.verb != Verb::Delete)
        .map(|task| &task.address)
        .collect();
    let mut new_of: HashMap<&'static str, Vec<&Row>> = HashMap::default();
    for row in rows {
        let is_said = desired
            .details
            .get(&row.address)
            .is_some_and(|detail| !detail.lifecycle.renamed_from.is_empty());
        if row.named.is_some()
            && row.object.is_none()
            && row.live.is_none()
            && !is_said
            && made.contains(&row.address)
        {
            let rows = new_of.entry(row.kind.collection).or_default();
            rows.push(row);
        }
    }
    if new_of.is_empty() {
        return Vec::new();
    }
    let removed: HashSet<&Address> = tasks
        .iter()
        .filter(|task| removes(task, rows))
        .map(|task| &task.address)
        .collect();
    let mut found: Vec<Alike> = new_of
        .values()
        .flat_map(|news| of_kind(news, rows, live, &removed, options))
        .collect();
    found.sort_by(|one, other| one.new.cmp(&other.new));
    found
}

/// A live object that nobody declares any more.
struct Left<'l> {
    index: usize,
    address: Address,
    entry: Option<&'l Entry>,
    goes: bool,
}

fn of_kind(
    news: &[&Row],
    rows: &Rows,
    live: &Live,
    removed: &HashSet<&Address>,
    options: &Options,
) -> Vec<Alike> {
    let Some(kind) = news.first().map(|row| row.kind) else {
        return Vec::new();
    };
    let olds = left(kind, rows, live, removed, options);
    if olds.len().saturating_mul(news.len()) > MOST {
        return Vec::new();
    }
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (new, row) in news.iter().enumerate() {
        let Some(named) = &row.named else { continue };
        let alike = olds
            .iter()
            .enumerate()
            .filter(|(_, old)| are_alike(kind, named, old, live));
        pairs.extend(alike.map(|(old, _)| (new, old)));
    }
    let (mut of_new, mut of_old) = (vec![0_usize; news.len()], vec![0_usize; olds.len()]);
    for (new, old) in &pairs {
        of_new[*new] += 1;
        of_old[*old] += 1;
    }
    pairs
        .iter()
        .filter(|(new, old)| of_new[*new] == 1 && of_old[*old] == 1)
        .filter_map(|(new, old)| told(news.get(*new)?, olds.get(*old)?, rows, live))
        .collect()
}

/// What is owned and not declared; without a ledger, what is live and not declared.
fn left<'l>(
    kind: &'static Kind,
    rows: &Rows,
    live: &Live,
    removed: &HashSet<&Address>,
    options: &'l Options,
) -> Vec<Left<'l>> {
    let ledger = options.ledger.as_ref();
    let declared: HashSet<usize> = rows
        .objects()
        .filter(|(row, _)| *row.kind == *kind)
        .map(|(_, index)| index)
        .collect();
    let owners: HashMap<&str, (&Address, &Entry)> = ledger
        .into_iter()
        .flat_map(|ledger| &ledger.resources)
        .filter(|(address, _)| address.collection == kind.collection)
        .map(|(address, entry)| (&*entry.id, (address, entry)))
        .collect();
    let mut left = Vec::new();
    for index in live.collection(kind.collection) {
        let Some(object) = live
            .objects
            .get(index)
            .filter(|_| !declared.contains(&index))
        else {
            continue;
        };
        let owner = owners.get(&*object.id);
        let Some(address) = live.address_of(index) else {
            continue;
        };
        let row = rows.get(&address).filter(|row| {
            let going = row.going.as_ref();
            going.is_some_and(|going| going.object == index)
        });
        let going = row.and_then(|row| row.going.as_deref());
        let is_meant = going.is_some_and(|going| going.at.is_some() || going.left_by.is_some());
        let is_others = belongs_to_others(object).is_some()
            || [Deed::Remove, Deed::Rename]
                .into_iter()
                .any(|deed| forbidden(object, deed).is_some());
        if is_meant || is_others || (ledger.is_some() && owner.is_none() && going.is_none()) {
            continue;
        }
        left.push(Left {
            index,
            address: owner.map_or(address, |(owner, _)| (*owner).clone()),
            entry: owner.map(|(_, entry)| *entry),
            goes: row.is_some_and(|row| removed.contains(&row.address)),
        });
    }
    left
}

/// Whether a field says what a resource is like, and not which one it is.
fn tells(field: &Field, kind: &'static Kind, live: &Live) -> bool {
    !field.identity
        && !field.write_only
        && identity_fields(kind, live.dialect).all(|one| one.name != field.name)
        && matches!(
            field.wire(live.dialect),
            Wire::Sent { .. } | Wire::Switched(_)
        )
}

fn are_alike(kind: &'static Kind, named: &Body, old: &Left<'_>, live: &Live) -> bool {
    let Some(object) = live.objects.get(old.index) else {
        return false;
    };
    // What is called like the resource follows its name and says nothing else, on either side.
    let naming = kind.naming_field().name;
    let new_name = named.get(naming).and_then(Value::as_text);
    let old_name = live.key_of(old.index).map(|key| key.name);
    let follows = |new: &Value, old: &Value| {
        new_name.is_some()
            && new.as_text() == new_name
            && old
                .as_text()
                .is_some_and(|old| Some(old) == old_name.as_deref())
    };
    let (mut equal, mut declared) = (0, 0);
    for (field, value) in named.of_kind(kind) {
        let is_scope = field.identity && !field.naming;
        if !(is_scope || tells(field, kind, live)) || value.is_secret() {
            continue;
        }
        let same = match read_field(field, live.dialect, &object.raw, live) {
            Some(current) => {
                if follows(value, &current) {
                    continue;
                }
                let current = codec::settle(field, value, current, live);
                Some(codec::merge(&field.shape, value, &current) == current)
            }
            // A listing may not show it: then what was applied tells.
            None => old.entry.and_then(|entry| {
                let sent = &entry.fields.get(field.name)?.sent;
                let value = shown_value(value);
                Some(codec::same_json(field, Some(sent), Some(&value), live))
            }),
        };
        match same {
            Some(false) => return false,
            _ if is_scope => {}
            Some(true) if !codec::is_nothing(value) => {
                declared += 1;
                equal += 1;
            }
            _ => declared += 1,
        }
    }
    let old_says_more = |entry: &Entry| {
        let mut fields = entry.fields.iter();
        fields.any(|(name, value)| {
            kind.field(name)
                .is_some_and(|field| tells(field, kind, live))
                && value.sent.as_str() != old_name.as_deref()
        })
    };
    equal > 0 || (declared == 0 && old.entry.is_some_and(|entry| !old_says_more(entry)))
}

/// A pair with the lines to paste.
fn told(row: &Row, old: &Left<'_>, rows: &Rows, live: &Live) -> Option<Alike> {
    let kind = row.kind;
    let naming = kind.naming_field();
    let is_named = identity_fields(kind, live.dialect).any(|field| field.name == naming.name);
    let may_be_key = is_named && kind.may_hold_key(naming.name);
    live.key_of(old.index)?;
    let name = row
        .named
        .as_ref()?
        .get(naming.name)
        .and_then(Value::as_text);
    let by_name = name.map(|name| format!("{}: {}", naming.name, quoted(name)));
    let by_old = format!("lifecycle: {{renamedFrom: {}}}", old_name(live, old.index));
    let by_old = (is_named && !may_be_key).then_some(by_old);
    let keeps = old.entry.is_some() && rows.named(&old.address).is_none();
    let (block, paste, or_else) = if keeps {
        (&old.address, by_name.filter(|_| is_named), by_old)
    } else {
        (&row.address, Some(by_old?), None)
    };
    Some(Alike {
        new: row.address.clone(),
        old: old.address.clone(),
        goes: old.goes,
        under: block.clone(),
        line: paste,
        or_else,
    })
}

/// Whether a pair is refused: one side would be lost, and something with it.
fn is_refused(pair: &Alike) -> bool {
    let kind = crate::kind::find(pair.old.collection);
    pair.goes && kind.is_some_and(|kind| kind.removal_loses)
}

/// The resources that refer to the new side of a refused pair: whether they have to follow it is part
/// of the same question.
pub(super) fn followers(pairs: &[Alike], rows: &Rows) -> HashSet<Address> {
    let refused: HashSet<&Address> = pairs
        .iter()
        .filter(|pair| is_refused(pair))
        .map(|pair| &pair.new)
        .collect();
    if refused.is_empty() {
        return HashSet::default();
    }
    let follows = |row: &&Row| {
        let Some(named) = &row.named else {
            return false;
        };
        let mut found = false;
        for (_, value) in named.of_kind(row.kind) {
            value.walk(&mut |value| {
                if let Value::Reference(Reference::To(target)) = value {
                    found |= refused.contains(target);
                }
            });
        }
        found
    };
    let followers = rows.iter().filter(follows);
    followers.map(|row| row.address.clone()).collect()
}

/// Refuses pairs of which one side would be lost, for kinds that lose something with it.
pub(super) fn check(pairs: &[Alike], rows: &Rows, live: &Live) -> Vec<Problem> {
    let refused = pairs.iter().filter(|pair| is_refused(pair));
    refused
        .map(|pair| {
            let going = rows.going(&pair.old).map(|going| going.object);
            let stone = going.and_then(|index| {
                written_name(live, index).or_else(|| {
                    let shown = live.shown_key(index)?;
                    Some(quoted(&shown).into_owned())
                })
            });
            let stone = stone.unwrap_or_else(|| quoted(&pair.old.handle).into_owned());
            Problem::error(
                Code::MayBeRenamed,
                format!(
                    "`{}` would be removed and `{}` made, and the two are alike: this may be a rename",
                    pair.old, pair.new
                ),
            )
            .help(format!(
                "if it is one, {}; if not, list the old one under `removed: {{{}: [{stone}]}}`",
                pair.way(),
                pair.old.collection,
            ))
        })
        .collect()
}
