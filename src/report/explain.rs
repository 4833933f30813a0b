//! What `deskform explain` says about kinds, fields and codes, all of it read from their tables.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::topics::indented;
use super::{limits, lines};
use crate::config::written::parts;
use crate::dialect::Dialect;
use crate::kind::questions::Question;
use crate::kind::removal::Heir;
use crate::kind::rules::{Rule, Sort};
use crate::kind::words::CSV;
use crate::kind::{
    self, Change, Create, Encoding, Field, Form, KINDS, Keyed, Keys, Kind, Known, ORDER, Pattern,
    Removal, Shape, Shown, Stage, Switch, Target, Wire, Within,
};
use crate::problem::{Code, listed};

/// All kinds, each with its first sentence.
#[must_use]
pub fn kinds() -> String {
    let width = KINDS.iter().map(|kind| kind.collection.len()).max();
    let width = width.unwrap_or_default();
    let mut out = String::new();
    for kind in KINDS {
        let first = kind.doc.split_inclusive(". ").next().unwrap_or_default();
        let note = if kind.managed {
            ""
        } else {
            " (only referred to)"
        };
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(
            out,
            "{:width$}  {}{note}",
            kind.collection,
            first.trim_end(),
        );
    }
    out
}

/// A kind: its treatment in each dialect, its fields, and an example.
#[must_use]
pub fn kind(kind: &Kind) -> String {
    let mut out = format!("{}\n\n{}\n\n", kind.collection, kind.doc);
    for (about, words) in facts(kind) {
        let _ = writeln!(out, "{about}: {words}");
    }
    for dialect in Dialect::ALL {
        let _ = writeln!(out, "\n{dialect}");
        match treatment(kind, dialect) {
            Some(facts) => {
                for (about, words) in facts {
                    let _ = writeln!(out, "  {about}: {words}");
                }
            }
            None => {
                let _ = writeln!(out, "  this dialect has no {}", kind.collection);
            }
        }
    }
    out.push_str("\nFields\n");
    for field in kind.fields {
        out.push('\n');
        add_field(&mut out, field.name, &told(kind, field, Some(field)), "  ");
    }
    add_extras(&mut out, kind, None);
    if kind.managed {
        let _ = write!(out, "\nExample\n\n{}", indented(&example(kind)));
    }
    out
}

/// What something is about, and what there is to say of it.
pub type Fact = (String, String);

/// What is known of a kind in every dialect: how it is named, what is implied, what else happens.
#[must_use]
pub fn facts(kind: &Kind) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |about: &str, words: String| facts.push((about.to_owned(), words));
    let parts = parts(kind);
    let identity: Vec<_> = parts.iter().map(|name| tick(name)).collect();
    let identity = identity.join(" and ");
    let handle = if kind.is_nameless() {
        "it has no name, so that its handle is free".to_owned()
    } else {
        let field = tick(kind.field_of_handle().name);
        format!("the handle stands in for {field} where it is left out")
    };
    add("identity", format!("{identity}; {handle}"));
    let form_of_parts = form(parts.into_iter());
    if kind.is_nameless() {
        let words = format!("`{form_of_parts}` as an item of `removed`");
        add("one by what it is", words);
    } else if kind::scopes(kind).next().is_some() && kind.only_name().is_none() {
        add(
            "one by name",
            format!("`{form_of_parts}` as an item of `removed`, as `lookup` and as `renamedFrom`"),
        );
    }
    let heirs = kind.chosen_heirs();
    let heir = match heirs.as_slice() {
        [] => None,
        [one] if one.name.is_empty() => Some("Handle".to_owned()),
        several => Some(form(several.iter().map(|one| one.name))),
    };
    if let Some(heir) = heir {
        let words = format!(
            "`transferTo: {heir}` names who takes over, in `lifecycle`, beside its name under `removed`, or for all of them under `kinds` in the project file"
        );
        add("when one is removed", words);
    }
    if kind.seed {
        add(
            "many of them",
            format!(
                "`{CSV}: {{file: …}}` beside the handles takes the rows of a table; `deskform explain csv`"
            ),
        );
    }
    if let Some(order) = kind.order {
        let parent = kind::scopes(order)
            .next()
            .and_then(|field| field.shape.target());
        let list = "[First, Second]";
        let written = match parent.and_then(|target| kind::find(target.collection)) {
            Some(parent) => format!("{ORDER}: {{My {}: {list}}}", parent.singular),
            None => format!("{ORDER}: {list}"),
        };
        let doc = order.doc;
        add(
            "order",
            format!("`{written}` beside the handles. {doc} Without it the order is left alone"),
        );
    }
    if let Some(enabled) = kind.enabled {
        let value = switch_word(enabled.on);
        add(
            "declaring one implies",
            format!("`{}: {value}`", enabled.field),
        );
    }
    if !kind.may_be_removed() {
        add("pruning", "never".to_owned());
    } else if kind.seed {
        let words = format!(
            "only where `kinds: {{{}: {{prune: owned}}}}` asks for it",
            kind.collection
        );
        add("pruning", words);
    }
    for (about, effect) in [
        ("when one is created", kind.create_effect),
        ("when one is deleted", kind.delete_effect),
        ("when one is taken out of use", kind.disable_effect),
    ] {
        if let Some(effect) = effect {
            add(about, effect.to_owned());
        }
    }
    facts
}

/// A map with these keys, for a reader.
fn form<'f>(fields: impl Iterator<Item = &'f str>) -> String {
    let parts: Vec<String> = fields.map(|field| format!("{field}: …")).collect();
    format!("{{{}}}", parts.join(", "))
}

/// Explains the code of a problem in one line.
#[must_use]
pub fn code(code: Code) -> String {
    format!("{code}: {}\n", code.sentence())
}

/// A field, or a leaf of it such as `responseTime.businessHours`; nothing if there is none.
#[must_use]
pub fn field(kind: &Kind, path: &str) -> Option<String> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let field = kind.field(name)?;
    let mut out = String::new();
    let mut found = field;
    for name in rest.into_iter().flat_map(|rest| rest.split('.')) {
        found = match found.shape {
            Shape::Map(map) => map.field(name)?,
            Shape::Items(items) => items.item().field(name)?,
            // A leaf of what stands under any key.
            Shape::Keyed(keyed) => match keyed.value.shape {
                Shape::Map(map) => map.field(name)?,
                _ => return None,
            },
            _ => return None,
        };
    }
    let title = format!("{}.{path}", kind.collection);
    // A leaf travels inside its field.
    add_field(&mut out, &title, &told(kind, found, Some(field)), "");
    if rest.is_none() {
        add_extras(&mut out, kind, Some(field));
    }
    Some(out)
}

/// How objects are removed unless a project says otherwise.
fn removing(removal: Removal) -> String {
    match removal {
        Removal::Delete(path) => format!("DELETE {path}"),
        Removal::Trash(path, _) => format!("POST {path}: it goes to the recycle bin"),
        Removal::Bulk(path, _) => format!("POST {path}"),
        Removal::Disable { path, .. } => format!("POST {path}: it is taken out of use"),
        Removal::DisableByPatch { path, field, word } => {
            format!("PATCH {path} with `{field}: {word}`: it is taken out of use")
        }
        Removal::Transfer {
            path,
            deletes,
            heirs,
        } => {
            let is_above = |(_, heir): &(&str, Heir)| matches!(heir, Heir::Above(_));
            let to = if heirs.iter().any(is_above) {
                "moves to its parent"
            } else {
                "goes to whom `transferTo` names"
            };
            let method = if deletes { "DELETE" } else { "POST" };
            format!("{method} {path}: what hangs on it {to}")
        }
        Removal::Chosen { .. } => removing(removal.chosen(None)),
        Removal::By { with, without, .. } => {
            format!("{} or {}", removing(*without), removing(*with))
        }
        Removal::Manual(place) => format!("by hand: {place}"),
        Removal::Never => "never".to_owned(),
    }
}

/// What a dialect does with the objects of a kind, and which scopes that takes; nothing where the
/// dialect has no such objects.
#[must_use]
pub fn treatment(kind: &Kind, dialect: Dialect) -> Option<Vec<Fact>> {
    let api = kind.api(dialect)?;
    let mut facts = Vec::new();
    let mut add = |about: String, words: String| facts.push((about, words));
    let creating = match api.create {
        Create::Post(path) => match api.founders.and_then(|founders| kind::find(founders.of)) {
            Some(of) => format!("POST {path}, with at least one {}", of.singular),
            None => format!("POST {path}"),
        },
        Create::Clone { path, .. } => format!("POST {path}: a copy at first"),
        Create::PostWith {
            path,
            needs,
            otherwise,
        } => format!("POST {path} where `{needs}` is given; by hand otherwise: {otherwise}"),
        Create::Update if kind::scopes(kind).next().is_some() => {
            "never: it comes with its parent, and under a new parent it is changed at once"
                .to_owned()
        }
        Create::Update => "never: it is there".to_owned(),
        Create::Manual(place) => format!("by hand: {place}"),
        Create::Never => "never".to_owned(),
    };
    add("creating".to_owned(), creating);
    let changing = match (api.update, api.form) {
        (Some(path), _) => match api.change {
            Change::Patch => format!("PATCH {path}"),
            Change::Put => format!("PUT {path}"),
            Change::Post => format!("POST {path}"),
            Change::Manual(place) => format!("by hand: {place}"),
        },
        (None, Form::Grouped(grouping)) => {
            format!(
                "one POST or DELETE on {} for each {} that joins or leaves",
                api.listing.path(),
                grouping.singular
            )
        }
        (None, _) => match api.change {
            Change::Manual(place) => format!(
                "by hand: {place}; or made anew where `lifecycle: {{replace: true}}` asks for that"
            ),
            Change::Patch | Change::Put | Change::Post => "never".to_owned(),
        },
    };
    if api.update.is_some() || api.apart.is_empty() {
        add("changing".to_owned(), changing);
    }
    for apart in api.apart {
        let words = if apart.each {
            format!("POST {} for each entry", apart.path)
        } else {
            format!("PATCH {}", apart.path)
        };
        add(format!("changing `{}`", apart.field), words);
    }
    if let (Some(calls), Some(update)) = (api.item_calls, api.update) {
        let words = format!(
            "PUT {} for each that changes and POST {} for each that is added; where one goes, PUT {update} with those that stay",
            calls.change, calls.add
        );
        add(format!("changing `{}`", calls.field), words);
    }
    add("removing".to_owned(), removing(api.removal));
    // The first way is the one that is taken unless a project says otherwise.
    for (policy, way) in api.removal.ways().iter().skip(1) {
        let about = format!("removing with `removal: {}`", policy.as_str());
        add(about, removing(*way));
    }
    for (about, words) in asking(kind, dialect) {
        add(about, words);
    }
    if let Some(switch) = api.switch {
        let words = format!("POST {}, POST {}", switch.on, switch.off);
        add("switching".to_owned(), words);
    }
    for (about, words) in limits::told(api) {
        add(about, words);
    }
    let search = api.search.map_or(&[][..], |search| search.scopes);
    let scopes = [
        ("read", api.scopes.read),
        ("search", search),
        ("create", api.scopes.create),
        ("update", api.scopes.update),
        ("delete", api.scopes.delete),
    ];
    for (what, any) in scopes {
        if !any.is_empty() && (kind.managed || what == "read") {
            add(format!("scope to {what}"), any.join(" or "));
        }
    }
    Some(facts)
}

/// What is asked about the leaves of a check.
fn asking(kind: &Kind, dialect: Dialect) -> impl Iterator<Item = Fact> {
    let questions = kind.questions(dialect);
    let asked = questions.into_iter().flat_map(|one| one.asked);
    asked.map(|question| {
        let Question {
            field, leaf, path, ..
        } = question;
        (
            format!("asking about `{field}.{leaf}`"),
            format!("GET {path}"),
        )
    })
}

/// The value of a switch as it is written.
fn switch_word(switch: Switch) -> String {
    match switch {
        Switch::Flag(flag) => flag.to_string(),
        Switch::Word(word) => word.to_owned(),
        Switch::Empty => "[]".to_owned(),
    }
}

/// What is known of a field or of a leaf of one.
#[derive(Debug)]
pub struct Told {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: String,
    /// What it means.
    pub doc: &'static str,
    /// Whether every declaration has it, or of a leaf every map.
    pub required: bool,
    /// What holds of its values in a few words each.
    pub marks: Vec<&'static str>,
    /// What else holds of its values.
    pub remarks: Vec<String>,
    /// What the dialects do with it that is not simply sending and comparing it.
    pub travels: Vec<(Dialect, String)>,
    /// The leaves of its map.
    pub leaves: Vec<Told>,
    /// Whether its leaves are many maps of few forms, so that one line each tells them.
    pub brief: bool,
}

/// How a field is marked that belongs to the identity.
pub const IDENTITY: &str = "identity";

/// What may stand in the place of a text, if anything may.
fn named_in_texts(field: &Field) -> Option<String> {
    if let Some(target) = field.above().filter(|_| !field.refers.is_empty()) {
        let singular =
            kind::find(target.collection).map_or(target.collection, |kind| kind.singular);
        return Some(format!(
            "or {}, by its handle, `{{lookup: …}}` or `{{id: …}}`",
            crate::manifest::article(singular)
        ));
    }
    let kinds = field.refers.iter();
    let kinds = kinds.filter_map(|to| kind::find(to.collection));
    let ways: Vec<String> = kinds
        .map(|kind| format!("`{{{}: …}}`", kind.word))
        .collect();
    (!ways.is_empty()).then(|| {
        format!(
            "in place of a text {} with a handle, `{{lookup: …}}` or `{{id: …}}` behind the key",
            listed(&ways, "or")
        )
    })
}

/// Tells what is known of a field; `travels` is the field whose way on the wire is told, if it is to be
/// told.
#[must_use]
pub fn told(kind: &Kind, field: &Field, travels: Option<&Field>) -> Told {
    let most = match field.most {
        0 => String::new(),
        most => format!(", at most {most}"),
    };
    let replaceable = kind.may_be_replaced();
    let marks = [
        (field.identity, IDENTITY),
        (
            field.create_only && replaceable,
            "given on creation only; another value is refused unless the resource may be replaced",
        ),
        (
            field.create_only && !replaceable,
            "given on creation only; another value is refused",
        ),
        (field.write_only, "never shown by the API, so not compared"),
        (
            field.secret,
            "a secret: `${secret.NAME}`, sent whenever what holds it is sent",
        ),
        (
            field.remembered,
            "never sent: another value than the last one sends what holds it again",
        ),
        (field.never_null, "always has a value: `null` is refused"),
        (field.never_empty, "has one value at least: `[]` is refused"),
    ];
    let holds = |(holds, words): (bool, &'static str)| holds.then_some(words);
    let mut remarks = Vec::new();
    if let Some(value) = field.default_on_create {
        let value = switch_word(value);
        remarks.push(format!("a creation gives it `{value}` where nobody says"));
    }
    if let Some(value) = field.implied {
        remarks.push(format!(
            "declaring the resource implies `{}`",
            switch_word(value)
        ));
    }
    if let Some(membership) = field.membership {
        remarks.push(format!(
            "each must be in use, and its `{}` must name the `{}` beside it",
            membership.list, membership.of
        ));
    }
    if let Some(Within::Same(scope)) = field.shape.target().map(|target| target.within) {
        remarks.push(format!("of the same `{scope}` only"));
    }
    remarks.extend(named_in_texts(field));
    if field.rewritten {
        let words =
            "what the server makes of it is compared with what the last apply has seen stored";
        remarks.push(words.to_owned());
    }
    if !field.unshown.is_empty() {
        let words: Vec<String> = (field.unshown.iter())
            .map(|word| format!("`{word}`"))
            .collect();
        remarks.push(format!(
            "no answer shows {}: what it shows instead is compared with what the last apply has seen stored",
            words.join(" nor ")
        ));
    }
    if let Some((other, word)) = field.plain_with {
        remarks.push(format!("compared as a plain text with `{other}: {word}`"));
    }
    if field.hierarchy {
        remarks.push("must not lead in a circle".to_owned());
    }
    if let Some(max) = field.update_max {
        remarks.push(format!("an update takes {max} characters at most"));
    }
    let way = |dialect: Dialect| {
        kind.api(dialect)?;
        // What a check declares does not travel: it is held against an answer.
        kind.questions(dialect).is_none().then_some(())?;
        Some((dialect, wire(travels?, dialect)?))
    };
    let leaves = match field.shape {
        Shape::Map(map) => map.fields,
        Shape::Items(items) => items.fields,
        Shape::Keyed(keyed) => match keyed.value.shape {
            Shape::Map(map) => map.fields,
            _ => &[],
        },
        _ => &[],
    };
    let is_of_maps = leaves
        .iter()
        .all(|leaf| matches!(leaf.shape, Shape::Map(_)));
    Told {
        name: field.name,
        takes: format!("{}{most}{}", shape(&field.shape), in_file(field)),
        doc: field.doc,
        required: field.required,
        marks: marks.into_iter().filter_map(holds).collect(),
        remarks,
        travels: Dialect::ALL.into_iter().filter_map(way).collect(),
        // A leaf travels inside its field.
        leaves: leaves.iter().map(|leaf| told(kind, leaf, None)).collect(),
        brief: is_of_maps && leaves.len() > FEW,
    }
}

/// Characters of a text from which on it is said of it that it may stand in a file. Every text may.
const LONG_TEXT: u32 = 200;

/// What a text may be besides.
const fn in_file(field: &Field) -> &'static str {
    match field.shape {
        Shape::Text { max, .. } if field.takes_file() && (max == 0 || max >= LONG_TEXT) => {
            ", or `{file: path}`"
        }
        _ => "",
    }
}

impl Told {
    /// What it takes, where the leaves of a map stand elsewhere in one line each.
    #[must_use]
    pub fn takes_briefly(&self) -> &str {
        self.takes.strip_suffix(BELOW).unwrap_or(&self.takes)
    }
}

/// Lays out one field.
fn add_field(out: &mut String, title: &str, told: &Told, indent: &str) {
    let _ = writeln!(out, "{indent}{title}: {}", told.takes);
    let _ = writeln!(out, "{indent}    {}", told.doc);
    let required = told.required.then_some("required");
    let marks: Vec<&str> = required.into_iter().chain(told.marks.clone()).collect();
    if !marks.is_empty() {
        let _ = writeln!(out, "{indent}    {}", marks.join("; "));
    }
    for remark in &told.remarks {
        let _ = writeln!(out, "{indent}    {remark}");
    }
    for (dialect, words) in &told.travels {
        let _ = writeln!(out, "{indent}    {dialect}: {words}");
    }
    let deeper = format!("{indent}    ");
    for leaf in &told.leaves {
        if told.brief {
            let _ = writeln!(out, "{deeper}{}: {}", leaf.name, leaf.takes_briefly());
        } else {
            add_field(out, leaf.name, leaf, &deeper);
        }
    }
}

/// How a field travels, unless it does so under its own name and as it is.
fn wire(field: &Field, dialect: Dialect) -> Option<String> {
    Some(match *field.wire(dialect) {
        Wire::Sent {
            name,
            read,
            shown,
            encoding,
            stage,
        } => {
            let mut words = Vec::new();
            if name != field.name {
                words.push(format!("sent as {}", tick(name)));
            }
            // The answer of its own has no key for it.
            if read != name && shown != Shown::Apart {
                words.push(format!("read at {}", tick(read)));
            }
            match encoding {
                Encoding::Plain | Encoding::Leaf => {}
                Encoding::TextAsNumber => words.push("sent as a number".to_owned()),
                Encoding::FlagAsText => words.push("sent as a text".to_owned()),
                Encoding::Labelled(key, label) => {
                    words.push(format!("each as `{{\"{key}\": …, \"{label}\": …}}`"));
                }
                Encoding::Rows(rows) => {
                    words.push(format!("a list of objects with `{}`", rows.id));
                    for row in rows.words {
                        let means = row.means.iter().chain(row.besides);
                        let means: Vec<String> =
                            means.map(|(key, is)| format!("`{key}: {is}`")).collect();
                        words.push(format!(
                            "`{}` is {}",
                            row.word,
                            crate::problem::listed(&means, "and")
                        ));
                    }
                }
                Encoding::AsShown(_) => {
                    words.push("as JSON without what differs between organizations".to_owned());
                }
                Encoding::ValueObjects => words.push("each as `{\"value\": …}`".to_owned()),
                Encoding::Words(pairs) => {
                    for (index, (here, there)) in pairs.iter().enumerate() {
                        // The first spelling is the one that is sent.
                        let earlier = pairs.iter().take(index);
                        if earlier.into_iter().any(|(other, _)| other == here) {
                            words.push(format!("`{here}` may be shown as `{there}`"));
                        } else if here != there {
                            words.push(format!("`{here}` is `{there}`"));
                        }
                    }
                }
            }
            match stage {
                Stage::Always => {}
                Stage::Create => words.push("sent on creation only".to_owned()),
                Stage::Update => {
                    words.push("sent by an update that follows the creation".to_owned());
                }
            }
            if let Some(place) = field.by_oneself {
                let tells = kind::acting().and_then(|kind| kind.api(dialect)?.acting);
                let own = if tells.is_some() {
                    "; of the acting one it is sent"
                } else {
                    ""
                };
                words.push(format!("by hand: {place}{own}"));
            }
            match shown {
                Shown::InObject => {
                    words.push("compared with one more read for each object".to_owned());
                }
                Shown::Apart => words.push(
                    "has calls of its own, so that comparing it takes one more read for each object"
                        .to_owned(),
                ),
                Shown::InList | Shown::ByFields => {}
            }
            if words.is_empty() {
                return None;
            }
            words.join("; ")
        }
        Wire::Switched(_) => "changed by calls that enable and disable".to_owned(),
        Wire::Query(name) => format!("sent as the query parameter {}", tick(name)),
        Wire::InPath => "part of the path of its creation".to_owned(),
        Wire::Fixed(_) => return None,
        Wire::Manual {
            read, instruction, ..
        } => {
            let compared = if read.is_some() {
                "compared"
            } else {
                "not compared"
            };
            format!("by hand: {instruction}; {compared}")
        }
        Wire::Harmless => "left out with a warning; not compared".to_owned(),
        Wire::Refused(reason) => format!("refused: {reason}"),
    })
}

fn tick(name: &str) -> String {
    format!("`{name}`")
}

fn ticks(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().copied().map(tick).collect();
    names.join(", ")
}

/// A reference that may name resources of several kinds.
fn one_of_several(target: Target) -> String {
    let collections: Vec<&str> = target.collections().collect();
    format!(
        "reference to {}: a handle, `{{lookup: …}}` or `{{id: …}}`",
        collections.join(" or ")
    )
}

/// What values look like, in words.
fn shape(shape: &Shape) -> String {
    let at_most = |max: u32| match max {
        0 => String::new(),
        max => format!(", at most {max} characters"),
    };
    let like = |pattern: Option<Pattern>| {
        pattern.map_or_else(String::new, |pattern| format!(", {}", pattern.words))
    };
    match *shape {
        Shape::Text { min, max, pattern } => {
            let least = match min {
                0 => String::new(),
                min => format!(", at least {min} characters"),
            };
            format!("text{least}{}{}", at_most(max), like(pattern))
        }
        Shape::Email { max, .. } => format!("e-mail address{}", at_most(max)),
        Shape::Scalar { max } => format!("text, number, `true` or `false`{}", at_most(max)),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Integer { min, max } => format!("whole number from {min} to {max}"),
        Shape::Number => "number, not negative".to_owned(),
        Shape::Choice(words) => format!("one of {}", ticks(words)),
        Shape::Reference(target) if !target.also.is_empty() => one_of_several(target),
        Shape::Reference(Target { collection: to, .. }) => {
            format!("reference to {to}: {}", forms(to))
        }
        Shape::References(Target { collection: to, .. }) => {
            format!("set of references to {to}, each {}", forms(to))
        }
        Shape::Ranked(Target { collection: to, .. }) => {
            format!(
                "references to {to} in their order, at least 2, each {}",
                forms(to)
            )
        }
        Shape::Texts {
            max_items,
            max,
            set,
            pattern,
            choices,
        } => {
            let mut words = if set { "set of texts" } else { "list of texts" }.to_owned();
            if max_items > 0 {
                let _ = write!(words, ", at most {max_items}");
            }
            if !choices.is_empty() {
                let _ = write!(words, ", each one of {}", ticks(choices));
                return words;
            }
            if max > 0 {
                let _ = write!(words, ", each at most {max} characters");
            }
            words + &like(pattern)
        }
        Shape::Date => "day such as `2027-06-30`".to_owned(),
        Shape::Map(map) if map.fields.is_empty() => "empty map".to_owned(),
        Shape::Map(map) => {
            let leaves: Vec<_> = map.fields.iter().map(|leaf| leaf.name).collect();
            if leaves.len() > FEW {
                format!("map of {} keys{BELOW}", leaves.len())
            } else {
                format!("map of {}", ticks(&leaves))
            }
        }
        Shape::Keyed(ref keyed) => keyed_shape(keyed),
        Shape::Items(items) => {
            let leaves: Vec<_> = items.fields.iter().map(|leaf| leaf.name).collect();
            let most = match (items.min, items.max) {
                (0, 0) => String::new(),
                (0, max) => format!("at most {max} "),
                (min, 0) => format!("at least {min} "),
                (min, max) => format!("{min} to {max} "),
            };
            format!(
                "map from handles to {most}items of {}; the handle is the `{}` of an item that does not name it",
                ticks(&leaves),
                items.key
            )
        }
    }
}

/// What a map with keys of one sort looks like, in words.
fn keyed_shape(keyed: &Keyed) -> String {
    match keyed.keys {
        Keys::Of { target, .. } => {
            let scope = match target.within {
                Within::Fixed(scope, word) => format!(" of the {scope} `{word}`"),
                Within::Anywhere | Within::Same(_) | Within::As(..) => String::new(),
            };
            let named = kind::find(target.collection);
            let named = named.map_or(target.collection, |kind| kind.singular);
            match keyed.value.shape {
                Shape::Choice(words) => {
                    let words = ticks(words);
                    format!("map from {named}s{scope} to words, each one of {words}")
                }
                _ => format!("map from {named}s{scope} to values"),
            }
        }
        Keys::Texts(pattern) => format!("map from texts ({}) to values", pattern.words),
        Keys::Places => match keyed.value.shape {
            Shape::Map(map) => {
                let leaves: Vec<_> = map.fields.iter().map(|leaf| leaf.name).collect();
                format!(
                    "map from places (`1`, `2` and so on) to maps of {}",
                    ticks(&leaves)
                )
            }
            _ => "map from places (`1`, `2` and so on) to values".to_owned(),
        },
    }
}

/// Where the leaves of a map are told that has many.
const BELOW: &str = ", see below";

/// Up to so many leaves of a map are told one by one, with all that is known of them.
const FEW: usize = 12;

fn forms(collection: &str) -> &'static str {
    if kind::find(collection).is_some_and(|kind| kind.managed) {
        "a handle, `{lookup: \"Name\"}` or `{id: \"…\"}`"
    } else {
        "`{lookup: \"Name\"}` or `{id: \"…\"}`"
    }
}

/// What only some kinds have.
#[derive(Debug)]
pub enum Extra {
    /// Words that are known, with what they are.
    Words(&'static str, &'static [&'static str]),
    /// Sorts of objects with what each needs and allows, and what they are called.
    Sorts(&'static str, Vec<Fact>),
}

/// What only some kinds have: known words, rules by type. Of one field, if that is asked for.
#[must_use]
pub fn extras(kind: &Kind, only: Option<&Field>) -> Vec<Extra> {
    let wanted = |name: &str| only.is_none_or(|field| field.name == name);
    let known = kind.fields.iter().filter(|field| wanted(field.name));
    let known = known.filter_map(|field| field.known);
    let mut extras: Vec<Extra> = known
        .map(|(what, words)| Extra::Words(what, words))
        .collect();
    if let Some(sorts) = kind.sorts().filter(|sorts| wanted(sorts.field)) {
        let rows = sorts.sorts.iter();
        let rows = rows.map(|sort| (sort.name.to_owned(), sort_words(sort)));
        extras.push(Extra::Sorts(sorts.heading, rows.collect()));
    }
    extras
}

fn add_extras(out: &mut String, kind: &Kind, only: Option<&Field>) {
    for extra in extras(kind, only) {
        match extra {
            Extra::Words(what, words) => {
                let _ = writeln!(out, "\n{what}: {}", ticks(words));
            }
            Extra::Sorts(heading, rows) => {
                let _ = writeln!(out, "\n{heading}\n");
                for (name, words) in rows {
                    let _ = writeln!(out, "  {name}: {words}");
                }
            }
        }
    }
}

fn sort_words(rule: &Sort) -> String {
    let mut words = Vec::new();
    if !rule.required.is_empty() {
        words.push(format!("needs {}", ticks(rule.required)));
    }
    let optional: Vec<_> = rule
        .allowed
        .iter()
        .copied()
        .filter(|name| !rule.required.contains(name))
        .collect();
    if !optional.is_empty() {
        words.push(format!("allows {}", ticks(&optional)));
    }
    if let Some((field, min, max)) = rule.bounds {
        words.push(format!("`{field}` from {min} to {max}"));
    }
    if words.is_empty() {
        "nothing of its own".to_owned()
    } else {
        words.join("; ")
    }
}

/// A small manifest of the kind: what is required, filled up to four fields.
#[must_use]
pub fn example(kind: &Kind) -> String {
    if let (Some(ranking), Some(field)) = (kind.ranking(), kind.ranked()) {
        let list = lines::flow(&sample(kind, field));
        let parent = kind::scopes(kind).next().map(|_| kind::example_name(kind));
        let parent = parent.map_or_else(String::new, |parent| format!("\n    {parent}:"));
        return format!("{}:\n  {ORDER}:{parent} {list}\n", ranking.of);
    }
    let sorts = kind.sorts();
    let sort = sorts.and_then(|sorts| sorts.sorts.first());
    let needed = |field: &Field| {
        field.required
            || kind
                .api(Dialect::default())
                .is_some_and(|api| api.required_on_create.contains(&field.name))
            || sort.is_some_and(|sort| sort.required.contains(&field.name))
    };
    // A field of another sort would be refused.
    let foreign = |field: &Field| {
        sort.is_some_and(|sort| !sort.allowed.contains(&field.name))
            && sorts.is_some_and(|sorts| !sorts.with(field.name).is_empty())
    };
    // So would one that goes with another word than the one that is shown.
    let goes_elsewhere = |field: &Field| {
        kind.rules.iter().any(|rule| match rule {
            Rule::GoWith(rule) => {
                rule.fields.contains(&field.name)
                    && kind
                        .field(rule.with)
                        .is_some_and(|with| !rule.is.iter().any(|word| sample(kind, with) == *word))
            }
            Rule::Sorts(_)
            | Rule::InMap(..)
            | Rule::AtMost(_)
            | Rule::OnlyFor(_)
            | Rule::DaysOf(_) => false,
            Rule::OneOf(rule) => {
                rule.fields.contains(&field.name) && rule.shown(kind) != Some(field.name)
            }
        })
    };
    let optional = |field: &&Field| {
        !needed(field)
            && !foreign(field)
            && !goes_elsewhere(field)
            && !field.write_only
            && kind
                .enabled
                .is_none_or(|enabled| enabled.field != field.name)
            && !matches!(field.shape, Shape::Keyed(_))
    };
    let spare = 4_usize.saturating_sub(
        kind.fields
            .iter()
            .filter(|field| !field.naming && needed(field))
            .count(),
    );
    let sent = |field: &&Field| remark(kind, field).is_none();
    let taken =
        |field: &&Field| remark(kind, field).is_none_or(|words| !words.starts_with("refused"));
    let mut more: Vec<_> = kind.fields.iter().filter(optional).filter(sent).collect();
    if more.is_empty() {
        more = kind.fields.iter().filter(optional).filter(taken).collect();
    }
    let chosen = |field: &&Field| {
        !field.naming
            && field.name != kind.field_of_handle().name
            && (needed(field) || more.iter().take(spare).any(|one| one.name == field.name))
    };
    let mut out = format!("{}:\n  {}:", kind.collection, kind::example_name(kind));
    let mut empty = true;
    for field in kind.fields.iter().filter(chosen) {
        let value = lines::flow(&sample(kind, field));
        let _ = write!(out, "\n    {}: {value}", field.name);
        if let Some(remark) = remark(kind, field) {
            let _ = write!(out, "  # {remark}");
        }
        empty = false;
    }
    out.push_str(if empty { " {}\n" } else { "\n" });
    out
}

/// Where a field does not simply travel, for the example's reader.
fn remark(kind: &Kind, field: &Field) -> Option<String> {
    Dialect::ALL.into_iter().find_map(|dialect| {
        kind.api(dialect)?;
        // What a check declares is never set: it is held against an answer.
        kind.questions(dialect).is_none().then_some(())?;
        let words = match field.wire(dialect) {
            Wire::Harmless => "left out",
            Wire::Refused(_) => "refused",
            Wire::Manual { .. } => "by hand",
            Wire::Sent { .. } if field.by_oneself.is_some() => {
                return Some("by hand, but of the acting one".to_owned());
            }
            Wire::Sent { .. }
            | Wire::Switched(_)
            | Wire::Query(_)
            | Wire::Fixed(_)
            | Wire::InPath => return None,
        };
        Some(format!("{words} in the {dialect} dialect"))
    })
}

/// What stands beside an example, or is there already.
struct Beside<'k>(&'k Kind);

impl Known for Beside<'_> {
    fn reference(&self, field: &Field, target: Target) -> Json {
        if let Some(name) = kind::example_name_in_maps(field, target) {
            return name;
        }
        let to = kind::find(target.collection);
        match to {
            // One of its own kind would be itself, and so a cycle.
            Some(to) if to.managed && to != self.0 => json!(kind::example_name(to)),
            to => {
                let what = to.map_or(target.collection, |to| to.singular);
                json!({ "lookup": format!("Existing {what}") })
            }
        }
    }
}

/// The value that an example gives a field.
fn sample(kind: &Kind, field: &Field) -> Json {
    kind::example_value(kind, field, &Beside(kind))
}
