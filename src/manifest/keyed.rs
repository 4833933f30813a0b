//! Maps whose keys name resources or are texts, and lists whose items are written as maps.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::convert::{Converter, Here};
use super::origin::Origin;
use super::resolve::article;
use super::secret_text::{OFTEN, control};
use super::table;
use crate::codec::listed::{FORMER, ORDER, is_own, items, order_of};
use crate::codec::{is_idle, leaf_field, written_key};
use crate::kind::rules::{Holds, Sort};
use crate::kind::schema::{Checker, accepts};
use crate::kind::words::{REPLACES, VALUE};
use crate::kind::{
    Field, Items, Keyed, Keys, Kind, Listed, Map, Shape, Span, Target, Within, find, patterns,
};
use crate::problem::{Code, Part, Place, Problem, counted, did_you_mean, ticked};
use crate::state::identity::{below, may_be_one};
use crate::state::{Address, Below, Body, Leaves, Value};
use crate::yaml::raw::{At, Raw};
use crate::yaml::walk::unknown_key;

/// More keys than this are not listed in a report.
const MANY: usize = 20;

/// The declared resources that keys of maps may name, by address.
#[derive(Default)]
pub(crate) struct NamedKeys {
    pub(crate) all: HashMap<Address, NamedKey>,
}

/// A declared resource that keys of maps may name, and what values under it must be.
pub(crate) struct NamedKey {
    /// The key, one text for all maps.
    key: Arc<str>,
    address: Address,
    sort: Option<&'static Sort>,
    /// The field that tells its sort.
    by: &'static str,
    body: Body,
    origin: Origin,
}

/// A scope, and what names have to count below in it.
type InScope = (&'static str, Below);

impl NamedKey {
    pub(crate) fn of(kind: &'static Kind, address: &Address, body: &Body, origin: &Origin) -> Self {
        let sorts = kind.sorts();
        let by = sorts.map_or("", |sorts| sorts.field);
        let word = body.get(by).and_then(Value::as_text);
        Self {
            key: address.to_string().into(),
            address: address.clone(),
            sort: sorts.and_then(|sorts| sorts.find(word?)),
            by,
            body: body.clone(),
            origin: origin.clone(),
        }
    }

    fn place(&self, field: &str) -> Place {
        self.origin.place(&self.address, field)
    }

    fn number(&self, field: Option<&str>) -> Option<u64> {
        match self.body.get(field?) {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        }
    }

    fn texts(&self, field: &str) -> Vec<&str> {
        match self.body.get(field) {
            Some(Value::List(items)) => items.iter().filter_map(Value::as_text).collect(),
            _ => Vec::new(),
        }
    }

    /// What its name counts below in a scope.
    fn below(&self, scope: &str) -> Option<Below> {
        below(self.body.get(scope)?)
    }

    /// Whether its name counts in a place; what it does not say counts everywhere.
    fn is_within(&self, place: Option<&InScope>) -> bool {
        place.is_none_or(|(scope, wanted)| {
            let field = find(self.address.collection).and_then(|kind| kind.field(scope));
            let is_it = |own: &Below| field.is_some_and(|field| may_be_one(field, own, wanted));
            self.below(scope).is_none_or(|own| is_it(&own))
        })
    }

    /// What is wrong with a value, as "must be …", and the field that says so.
    fn refuses(&self, value: &str) -> Option<(String, &'static str)> {
        let longest =
            |most: Option<u64>, count: usize| most.is_some_and(|most| count as u64 > most);
        let by = self.by;
        let rule = match self.sort?.holds {
            Holds::OneOf(field) => {
                let values = self.texts(field);
                if values.is_empty() || values.contains(&value) {
                    return None;
                }
                (format!("one of {}", ticked(&values, "or")), field)
            }
            Holds::SomeOf(field) => {
                let values = self.texts(field);
                let known = |part: &str| values.contains(&part.trim());
                if values.is_empty() || value.split(';').all(known) {
                    return None;
                }
                (
                    format!(
                        "of {}, several of them with `;` between",
                        ticked(&values, "and")
                    ),
                    field,
                )
            }
            Holds::Flag if !matches!(value, "true" | "false") => {
                ("`true` or `false`".to_owned(), by)
            }
            Holds::Whole { .. } if !is_number(value, 0) => ("a whole number".to_owned(), by),
            Holds::Whole { longest: field } if longest(self.number(Some(field)), digits(value)) => {
                (
                    format!(
                        "a number of {} at most",
                        counted(most(self.number(Some(field))), "digit")
                    ),
                    field,
                )
            }
            Holds::Decimal { .. } if !is_number(value, usize::MAX) => ("a number".to_owned(), by),
            Holds::Decimal {
                places: Some(field),
            } if !is_number(value, most(self.number(Some(field)))) => (
                format!(
                    "a number with {} behind the point at most",
                    counted(most(self.number(Some(field))), "digit")
                ),
                field,
            ),
            Holds::Email if !accepts(&patterns::EMAIL, value) => {
                (patterns::EMAIL.words.to_owned(), by)
            }
            Holds::Url if !is_url(value) => (
                "a web address such as `https://www.example.com`".to_owned(),
                by,
            ),
            Holds::Day if value.len() != 10 || value.parse::<Date>().is_err() => {
                ("a date such as `2027-06-30`".to_owned(), by)
            }
            Holds::Instant if !value.ends_with('Z') || value.parse::<Timestamp>().is_err() => {
                ("a time such as `2027-06-30T09:00:00.000Z`".to_owned(), by)
            }
            Holds::Text {
                longest: Some(field),
            }
            | Holds::Phone { longest: field }
                if longest(self.number(Some(field)), value.chars().count()) =>
            {
                (
                    format!(
                        "a text of {} at most",
                        counted(most(self.number(Some(field))), "character")
                    ),
                    field,
                )
            }
            Holds::Text { .. }
            | Holds::Phone { .. }
            | Holds::Whole { .. }
            | Holds::Decimal { .. }
            | Holds::Day
            | Holds::Instant
            | Holds::Flag
            | Holds::Email
            | Holds::Url => return None,
        };
        Some(rule)
    }
}

fn most(limit: Option<u64>) -> usize {
    usize::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX)
}

fn digits(value: &str) -> usize {
    value.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether a text is a decimal number with so many digits behind the point at most.
fn is_number(value: &str, places: usize) -> bool {
    let value = value.strip_prefix('-').unwrap_or(value);
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match value.split_once('.') {
        None => all(value),
        Some((whole, behind)) => all(whole) && all(behind) && behind.len() <= places,
    }
}

fn is_url(value: &str) -> bool {
    url::Url::parse(value)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "ftp") && url.has_host())
}

impl Converter<'_> {
    /// The problem of a key that a map with fixed leaves does not have.
    pub(super) fn unknown_leaf(
        here: Here<'_>,
        name: &str,
        map: &Map,
        key: &str,
        at: At<'_>,
    ) -> Problem {
        let known: Vec<&str> = map.fields.iter().map(|leaf| leaf.name).collect();
        let elsewhere = map.elsewhere.iter().find(|(other, _)| *other == key);
        let near = did_you_mean(key, known.iter().copied());
        let (message, help) = unknown_key(&format!("`{name}`"), key, &known);
        let help = match (elsewhere, near) {
            (Some((_, instead)), _) => format!("write `{instead}`"),
            (None, None) if known.len() > MANY => {
                let kind = here.kind.collection;
                let pointer = at.pointer();
                let (map, _) = pointer.rsplit_once('/').unwrap_or((name, ""));
                let path = map.trim_start_matches('/').replace('/', ".");
                format!("`deskform explain {kind}.{path}` lists what is known")
            }
            _ => help,
        };
        let (message, label, help) = if known.is_empty() {
            let message = format!("`{name}` takes no keys");
            (message, "not allowed", format!("write `{name}: {{}}`"))
        } else {
            (message, "not known", help)
        };
        Problem::error(Code::UnknownKey, message)
            .at(here.place(at, Part::Key), label)
            .help(help)
    }

    /// A map whose keys are names.
    pub(crate) fn keyed(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        keyed: &'static Keyed,
        checker: &Checker,
        (raw, at): (&Raw, At<'_>),
    ) -> Option<Value> {
        let Raw::Map(entries) = raw else {
            self.wrong(here, at, raw, field.name, "a map of values");
            return None;
        };
        let mut out = Leaves::new();
        let mut order: Vec<Arc<str>> = Vec::new();
        let mut whole = true;
        for (key, raw) in entries {
            let place = at.key(key);
            let (name, known) = match &keyed.keys {
                Keys::Texts(pattern) => {
                    if !accepts(pattern, key) {
                        self.error(
                            here,
                            (place, Part::Key),
                            Code::BadFormat,
                            format!("`{key}` cannot be a key of `{}`", field.name),
                            "not accepted",
                            Some(format!("a key must be {}", pattern.words)),
                        );
                        whole = false;
                        continue;
                    }
                    (Arc::clone(key), None)
                }
                Keys::Places => {
                    if !self.is_place(here, field, entries.len(), key, place) {
                        whole = false;
                        continue;
                    }
                    (Arc::clone(key), None)
                }
                Keys::Of {
                    target,
                    name,
                    unknown,
                } => {
                    let place_of = self.place_of(here, *target);
                    let address = Address::new(target.collection, Arc::clone(key));
                    let keys = self.keys;
                    let known = keys.all.get(&address);
                    let known = known.filter(|known| known.is_within(place_of.as_ref()));
                    if known.is_none() && !accepts(name, key) {
                        let of = (*target, place_of);
                        self.unknown_key(here, key, of, (name.words, *unknown), place);
                        whole = false;
                        continue;
                    }
                    (
                        known.map_or_else(|| Arc::clone(key), |known| Arc::clone(&known.key)),
                        known,
                    )
                }
            };
            let value = match keyed.value.shape {
                Shape::Scalar { max } => self.keyed_scalar(here, (key, max), known, raw, place),
                _ => {
                    let checker = checker.leaves.first();
                    checker.and_then(|checker| self.field(here, keyed.value, checker, raw, place))
                }
            };
            match value {
                Some(value) => {
                    if !value.is_null() {
                        order.push(Arc::clone(&name));
                    }
                    out.insert(name, value);
                }
                None => whole = false,
            }
        }
        if let Some(listed) = keyed.listed {
            out.insert(ORDER, order_of(order.iter().map(|key| &**key)));
            whole &= self.stands_once(here, field, (keyed, listed), &out, at);
        }
        let begins = match keyed.keys {
            Keys::Places => Some("begin with `1`"),
            Keys::Texts(_) if field.required => Some("name one, with what goes with it"),
            Keys::Texts(_) | Keys::Of { .. } => None,
        };
        if let Some(help) = begins.filter(|_| entries.is_empty()) {
            self.error(
                here,
                (at, Part::Value),
                Code::Empty,
                format!("`{}` names nothing", field.name),
                "nothing in it",
                Some(help.to_owned()),
            );
            return None;
        }
        whole.then_some(Value::Map(out))
    }

    /// Where the name of what a target means for the resource that is being converted has to count.
    fn place_of(&self, here: Here<'_>, target: Target) -> Option<InScope> {
        match target.within {
            Within::Fixed(scope, word) => Some((scope, Below::Word(word.into()))),
            Within::Same(scope) => Some((scope, self.handles.below_of(here.address, scope)?)),
            Within::Anywhere | Within::As(..) => None,
        }
    }

    /// Refuses an item that is named in two of the lists in one of which it can stand; says whether all is
    /// well.
    fn stands_once(
        &mut self,
        here: Here<'_>,
        field: &Field,
        (keyed, listed): (&Keyed, Listed),
        found: &Leaves,
        at: At<'_>,
    ) -> bool {
        let before = self.problems.len();
        for (key, value) in items(found) {
            let former = match value {
                Value::Map(item) => item.get(FORMER).and_then(Value::as_text),
                _ => None,
            };
            if let Some(former) = former.filter(|former| found.contains_key(former)) {
                let problem = Problem::error(
                    Code::Conflict,
                    format!(
                        "`{key}` says that it was `{former}`, and `{former}` is declared as well"
                    ),
                )
                .at(here.place(at.key(key), Part::Key), "was it before")
                .at(here.place(at.key(former), Part::Key), "declared here")
                .help("take one of them away");
                self.problems.push(problem);
            }
        }
        let Some(inner) = listed.once else {
            return self.problems.len() == before;
        };
        let shape = leaf_field(&keyed.value.shape, inner).map(|leaf| leaf.shape);
        let mut first: HashMap<&str, &str> = HashMap::new();
        for (outer, value) in items(found) {
            let list = match value {
                Value::Map(item) => item.get(inner),
                _ => None,
            };
            let Some(Value::Map(list)) = list else {
                continue;
            };
            for (key, _) in list.iter().filter(|(key, _)| !is_own(key)) {
                let shown = shape.as_ref().map_or(key, |shape| written_key(shape, key));
                if let Some(other) = first.insert(key, outer) {
                    let problem = Problem::error(
                        Code::DuplicateItem,
                        format!(
                            "`{}` names `{shown}` twice: under `{other}` and under `{outer}`",
                            field.name
                        ),
                    )
                    .at(
                        here.place(at.key(outer).key(inner).key(shown), Part::Key),
                        "here again",
                    )
                    .help("keep one of them: it stands in one place only");
                    self.problems.push(problem);
                }
            }
        }
        self.problems.len() == before
    }

    /// Reads which values the items of a list replace, each old one with its new one; none where
    /// something is wrong, which is then reported.
    pub(super) fn replacements(
        &mut self,
        here: Here<'_>,
        field: &Field,
        raw: &Raw,
        values: &Value,
        at: At<'_>,
    ) -> Option<Leaves> {
        let mut out = Leaves::new();
        let Raw::List(list) = raw else {
            return Some(out);
        };
        let mut whole = true;
        for (index, item) in list.iter().enumerate() {
            let Raw::Map(entries) = item else { continue };
            let at = at.index(index);
            let known = [VALUE, REPLACES];
            for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&&**key)) {
                let (message, help) =
                    unknown_key(&format!("an item of `{}`", field.name), key, &known);
                let problem = Problem::error(Code::UnknownKey, message)
                    .at(here.place(at.key(key), Part::Key), "not known")
                    .help(help);
                self.problems.push(problem);
                whole = false;
            }
            let new = item
                .get(VALUE)
                .and_then(|new| self.plain(here, VALUE, new, at.key(VALUE)));
            let Some(Raw::List(old)) = item.get(REPLACES) else {
                let found = item.get(REPLACES).unwrap_or(&Raw::Null);
                self.wrong(here, at, found, REPLACES, "a list of values");
                whole = false;
                continue;
            };
            for (number, old) in old.iter().enumerate() {
                let list = at.key(REPLACES);
                let at = list.index(number);
                let Some(old) = self.plain(here, REPLACES, old, at) else {
                    whole = false;
                    continue;
                };
                let stays = |value: &Value| value.as_text() == Some(&*old);
                if matches!(values, Value::List(values) if values.iter().any(stays)) {
                    let problem = Problem::error(
                        Code::Conflict,
                        format!("`{old}` is replaced and is one of `{}` as well", field.name),
                    )
                    .at(here.place(at, Part::Value), "replaced here")
                    .help("take it away in one of the two places");
                    self.problems.push(problem);
                    whole = false;
                    continue;
                }
                if let Some(new) = &new {
                    out.insert(old, Value::Text(Arc::clone(new)));
                }
            }
        }
        whole.then_some(out)
    }

    /// Whether a key is a place in a list of so many items.
    fn is_place(
        &mut self,
        here: Here<'_>,
        field: &Field,
        items: usize,
        key: &str,
        place: At<'_>,
    ) -> bool {
        let number = key.parse::<usize>().ok();
        // A place is written in one way only, so that none stands twice.
        let is_one =
            number.is_some_and(|number| (1..=items).contains(&number) && number.to_string() == key);
        if !is_one {
            self.error(
                here,
                (place, Part::Key),
                Code::BadFormat,
                format!("`{key}` is no place among the {items} in `{}`", field.name),
                "not accepted",
                Some("number them from `1` on, without a gap".to_owned()),
            );
        }
        is_one
    }

    /// A value under a key that names a resource, checked by what that resource says.
    fn keyed_scalar(
        &mut self,
        here: Here<'_>,
        (key, max): (&str, u32),
        known: Option<&NamedKey>,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        // Only now is it known what the cell of a table holds.
        let holds = known.and_then(|known| known.sort).map(|sort| &sort.holds);
        let cell = match (holds, raw) {
            (
                Some(holds @ (Holds::Flag | Holds::Whole { .. } | Holds::Decimal { .. })),
                Raw::Text(text),
            ) => {
                let table = here.origin.table(&at.pointer());
                table.map(|table| match holds {
                    Holds::Flag => table::flag(text),
                    _ => table.number(text),
                })
            }
            _ => None,
        };
        let value = self.scalar(here, key, cell.as_ref().unwrap_or(raw), at)?;
        let (text, shown) = match &value {
            Value::Text(text) => (Arc::clone(text), true),
            Value::Secret(secret) => match secret.expose() {
                Some(text) => (text.into(), false),
                None => return Some(value),
            },
            _ => return Some(value),
        };
        let length = text.chars().count();
        let (message, label) = if length > max as usize {
            (
                format!("`{key}` has {length} characters; {max} is the most"),
                None,
            )
        } else {
            let Some((rule, field)) = known.and_then(|known| known.refuses(&text)) else {
                return Some(value);
            };
            let got = if shown {
                format!(", not `{text}`")
            } else {
                String::new()
            };
            (format!("`{key}` must be {rule}{got}"), Some(field))
        };
        let mut problem = Problem::error(Code::BadCustomValue, message)
            .at(here.place(at, Part::Value), "not accepted");
        if let Some(control) = control(&text).filter(|_| !shown) {
            problem.message = format!("{}; it holds {control}", problem.message);
            problem.help = Some(OFTEN.to_owned());
        }
        if let (Some(field), Some(known)) = (label, known) {
            problem = problem.at(known.place(field), "because of this");
            let choices = known.texts(field);
            if shown && !choices.is_empty() {
                problem.help = did_you_mean(&text, choices);
            }
        }
        self.problems.push(problem);
        None
    }

    fn unknown_key(
        &mut self,
        here: Here<'_>,
        key: &str,
        (target, of): (Target, Option<InScope>),
        (form, unknown): (&str, Code),
        at: At<'_>,
    ) {
        if self.handles.may_declare(target.collection, key) {
            return;
        }
        let place = here.place(at, Part::Key);
        let singular = find(target.collection).map_or(target.collection, |kind| kind.singular);
        let place_of = of.as_ref();
        let (scope, word) = match place_of {
            Some((scope, below)) => (*scope, below.to_string()),
            None => ("", String::new()),
        };
        let of = if word.is_empty() {
            String::new()
        } else {
            format!(" of {word}")
        };
        let address = Address::new(target.collection, key);
        let other = self.keys.all.get(&address);
        let problem = if let Some((known, own)) =
            other.and_then(|known| Some((known, known.below(scope)?)))
        {
            Problem::error(
                Code::WrongModule,
                format!("the {singular} `{key}` belongs to {own}, not to {word}"),
            )
            .at(place, format!("used for {}", article(here.kind.singular)))
            .at(known.place(scope), "declared here")
            .help(format!(
                "declare {} with `{scope}: {word}` under another handle",
                article(singular)
            ))
        } else {
            let known = self.keys.all.iter().filter(|(address, known)| {
                address.collection == target.collection && known.is_within(place_of)
            });
            let mut handles: Vec<&str> = known.map(|(address, _)| &*address.handle).collect();
            handles.sort_unstable();
            let help = did_you_mean(key, handles).unwrap_or_else(|| {
                let with = if word.is_empty() {
                    String::new()
                } else {
                    format!(" with `{scope}: {word}`")
                };
                format!(
                    "declare it under `{}`{with}, or write {form} of one that no manifest manages",
                    target.collection
                )
            });
            Problem::error(unknown, format!("no {singular}{of} is named `{key}`"))
                .at(place, "referenced here")
                .help(help)
        };
        self.problems.push(problem);
    }

    /// A list whose items are written as a map from handles to items.
    pub(crate) fn keyed_items(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        items: &'static Items,
        checker: &Checker,
        (raw, at): (&Raw, At<'_>),
    ) -> Option<Value> {
        let Raw::Map(entries) = raw else {
            self.wrong(here, at, raw, field.name, "a map of items");
            return None;
        };
        self.check_number(here, field.name, items.max, raw, at);
        let mut out = Leaves::new();
        let mut whole = true;
        for (handle, raw) in entries {
            let place = at.key(handle);
            // What is null shall not be there.
            if matches!(raw, Raw::Null) {
                continue;
            }
            match self.item(here, (field.name, handle), items, checker, (raw, place)) {
                Some(item) => {
                    if !self.is_first(here, field.name, items, (&item, &out), place) {
                        whole = false;
                    }
                    out.insert(Arc::clone(handle), item);
                }
                None => whole = false,
            }
        }
        if let Some(span) = &items.span {
            whole &= self.spans(here, items, span, &out, at);
        }
        if !whole {
            return None;
        }
        let says = |value: &&Value| matches!(value, Value::Map(item) if !is_idle(items, item));
        let count = out.values().filter(says).count();
        if count < items.min as usize {
            self.error(
                here,
                (at, Part::Value),
                Code::Empty,
                format!(
                    "`{}` has {}; {} is the least",
                    field.name,
                    counted(count, "item"),
                    items.min
                ),
                "too few",
                Some(format!(
                    "name at least {}, or leave `{}` out",
                    items.min, field.name
                )),
            );
            return None;
        }
        Some(Value::Map(out))
    }

    /// Refuses items that end before they begin, and parts of one day that overlap; says whether all is
    /// well.
    fn spans(
        &mut self,
        here: Here<'_>,
        items: &Items,
        span: &Span,
        found: &Leaves,
        at: At<'_>,
    ) -> bool {
        let before = self.problems.len();
        let mut all = Vec::new();
        for (handle, item) in found {
            let Value::Map(item) = item else { continue };
            let text = |leaf: &str| item.get(leaf).and_then(Value::as_text);
            let (Some(begins), Some(ends)) = (text(span.begins), text(span.ends)) else {
                continue;
            };
            // The day ends with a time that is written as its beginning.
            let is_day_end = ends == Span::MIDNIGHT;
            if is_idle(items, item) || (!is_day_end && ends <= begins) {
                if !is_idle(items, item) {
                    self.error(
                        here,
                        (at.key(handle).key(span.ends), Part::Value),
                        Code::BadSpan,
                        format!("`{handle}` begins at `{begins}` and ends at `{ends}`"),
                        "not later",
                        Some(format!(
                            "what goes on after midnight ends at `{0}`, and on the next day another one begins at `{0}`",
                            Span::MIDNIGHT
                        )),
                    );
                }
                continue;
            }
            all.push((begins, if is_day_end { "24:00" } else { ends }, handle));
        }
        all.sort_unstable();
        for pair in all.windows(2).filter(|_| span.apart) {
            if let [(_, ends, earlier), (begins, _, later)] = pair
                && begins < ends
            {
                self.error(
                    here,
                    (at.key(later), Part::Key),
                    Code::BadSpan,
                    format!("`{later}` begins at `{begins}`, before `{earlier}` ends at `{ends}`"),
                    "overlaps",
                    Some(
                        "put the two together, or let one begin when the other one has ended"
                            .to_owned(),
                    ),
                );
            }
        }
        self.problems.len() == before
    }

    /// Refuses an item whose key field says what an earlier one's says.
    fn is_first(
        &mut self,
        here: Here<'_>,
        name: &str,
        items: &Items,
        (item, earlier): (&Value, &Leaves),
        at: At<'_>,
    ) -> bool {
        let key = |item: &Value| match item {
            Value::Map(item) => item.get(items.key).cloned(),
            _ => None,
        };
        let own = key(item);
        let mut others = earlier.iter();
        let same = |other: &Value| {
            if items.one_each {
                key(other) == own
            } else {
                other == item
            }
        };
        let Some((other, _)) = others.find(|(_, other)| same(other)) else {
            return true;
        };
        let word = own
            .as_ref()
            .and_then(crate::codec::as_handle)
            .unwrap_or_default();
        self.error(
            here,
            (at, Part::Key),
            Code::DuplicateItem,
            format!("`{name}` gives `{}: {word}` twice", items.key),
            "here again",
            Some(format!("put it together with `{other}`")),
        );
        false
    }

    fn item(
        &mut self,
        here: Here<'_>,
        (name, handle): (&str, &Arc<str>),
        items: &'static Items,
        checker: &Checker,
        (raw, at): (&Raw, At<'_>),
    ) -> Option<Value> {
        let name = format!("{name}.{handle}");
        let mut leaves = self.leaves(here, &name, &items.item(), checker, (raw, at), items.key)?;
        if leaves.get(items.key).is_none_or(Value::is_null) {
            let index = items
                .fields
                .iter()
                .position(|leaf| leaf.name == items.key)?;
            let raw = Raw::Text(Arc::clone(handle));
            let key = self.field(
                here,
                items.fields.get(index)?,
                checker.leaves.get(index)?,
                &raw,
                at,
            )?;
            leaves.insert(items.key, key);
        }
        Some(Value::Map(leaves))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::origin::FileDocument;

    #[test]
    fn values_are_checked_by_type() {
        let kind = find("customFields").unwrap();
        let known = |sort: &str| {
            let texts = ["A", "B C"].map(Value::text);
            let body: Body = [
                ("type", Value::text(sort)),
                ("maxLength", Value::Number(3.into())),
                ("decimalPlaces", Value::Number(2.into())),
                ("values", Value::List(texts.into())),
            ]
            .into_iter()
            .collect();
            let address = Address::new(kind.collection, "x");
            let document = FileDocument {
                file: "t".into(),
                table: None,
                number: 0,
            };
            let origin = Origin::new(document.into());
            NamedKey::of(kind, &address, &body, &origin)
        };
        for (kind, good, bad) in [
            ("Picklist", "B C", "b c"),
            ("Multiselect", "A;B C", "A,B C"),
            ("Boolean", "true", "yes"),
            ("Number", "-123", "1.5"),
            ("Number", "123", "1234"),
            ("Decimal", "12.34", "1.234"),
            ("Percent", "12.345", "1e3"),
            ("Email", "a@example.com", "a@example"),
            ("URL", "https://example.com", "example.com"),
            ("Date", "2027-06-30", "2027-6-30"),
            (
                "DateTime",
                "2027-06-30T09:00:00.000Z",
                "2027-06-30T09:00:00+02:00",
            ),
            ("Text", "äöü", "abcd"),
            ("Textarea", "anything", ""),
        ] {
            assert_eq!(known(kind).refuses(good), None, "{kind} {good}");
            assert_eq!(
                known(kind).refuses(bad).is_some(),
                !bad.is_empty(),
                "{kind} {bad}"
            );
        }
    }
}
