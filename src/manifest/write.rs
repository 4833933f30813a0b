//! From a state to YAML that is read back as the same state.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::files::Sources;
use crate::codec::{self, listed};
use crate::kind::words::{NEW, REPLACES, VALUE};
use crate::kind::{self, KINDS, Keys, Kind, ORDER, Shape, Target, Within, find};
use crate::state::identity::{below as below_of, canonical_name, fill_in, word_of};
use crate::state::{
    Address, Below, Body, Leaves, Lifecycle, Named, Reference, Resource, State, Value,
};
use crate::yaml::written::{WIDTH, block, quoted};
use crate::yaml::{Source, variables};

/// Writes a state as manifests, one file a collection that has resources.
#[must_use]
pub fn to_sources(state: &State) -> Sources {
    Sources {
        base: KINDS
            .iter()
            .map(|kind| (kind.collection, to_yaml(state, kind.collection)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(collection, text)| Source::new(format!("{collection}.yaml"), text.as_bytes()))
            .collect(),
        overlays: Vec::new(),
    }
}

/// Writes a state as manifests with what else is known of its resources: one file a collection, or
/// one a resource in a folder of its collection. Those in `new` say `new: true`, as an overlay has it
/// of what nothing below declares.
#[must_use]
pub fn to_files(
    state: &State,
    lifecycles: &BTreeMap<Address, Lifecycle>,
    split: bool,
    new: &BTreeSet<Address>,
) -> Sources {
    let written_out = |kind: &Kind, resources: &Resources<'_>, orders: &Resources<'_>| {
        written_out(state, kind, (resources, orders), lifecycles, new)
    };
    let mut base = Vec::new();
    for kind in KINDS {
        let resources = resources(state, kind.collection);
        let orders = orders(state, kind);
        if !split {
            let text = written_out(kind, &resources, &orders);
            if !text.is_empty() {
                base.push(Source::new(
                    format!("{}.yaml", kind.collection),
                    text.as_bytes(),
                ));
            }
            continue;
        }
        let mut taken = BTreeSet::new();
        if !orders.is_empty() {
            let path = format!("{}/{}.yaml", kind.collection, ORDER.trim_start_matches('$'));
            taken.insert(ORDER.trim_start_matches('$').to_owned());
            let text = written_out(kind, &[], &orders);
            base.push(Source::new(path, text.as_bytes()));
        }
        for resource in resources {
            let name = file_name(&resource.0.handle);
            let mut free = name.clone();
            let mut number = 2;
            // Some file systems know no case.
            while !taken.insert(free.to_lowercase()) {
                free = format!("{name}-{number}");
                number += 1;
            }
            let text = written_out(kind, &[resource], &[]);
            let path = format!("{}/{free}.yaml", kind.collection);
            base.push(Source::new(path, text.as_bytes()));
        }
    }
    Sources {
        base,
        overlays: Vec::new(),
    }
}

/// The longest name of a file of one resource, in characters.
const LONGEST_NAME: usize = 80;

/// Names that Windows gives no file, whatever their ending.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// A handle as the name of a file on every system.
fn file_name(handle: &str) -> String {
    let mut name = String::new();
    for c in handle.chars().take(LONGEST_NAME) {
        match c {
            c if c.is_alphanumeric() || matches!(c, '_' | '@' | '+') => name.push(c),
            // A name that begins with a dot is hidden.
            '.' if !name.is_empty() => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_matches(['-', '.']);
    let lower = name.to_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    let is_port = matches!(stem.get(..3), Some("com" | "lpt")) && stem.len() == 4;
    if name.is_empty() || is_port || DEVICES.contains(&stem) {
        return format!("_{name}");
    }
    name.to_owned()
}

/// The resources of a collection in the order of their handles.
fn resources<'s>(state: &'s State, collection: &str) -> Vec<(&'s Address, &'s Resource)> {
    let mut resources: Vec<(&Address, &Resource)> = state
        .iter()
        .filter(|(address, _)| address.collection == collection)
        .collect();
    resources.sort_by(|a, b| a.0.cmp(b.0));
    resources
}

/// Resources with their addresses.
type Resources<'s> = [(&'s Address, &'s Resource)];

/// The orders among the resources of a kind.
fn orders<'s>(state: &'s State, kind: &Kind) -> Vec<(&'s Address, &'s Resource)> {
    let order = kind.order.map(|order| resources(state, order.collection));
    order.unwrap_or_default()
}

fn written_out(
    state: &State,
    kind: &Kind,
    (resources, orders): (&Resources<'_>, &Resources<'_>),
    lifecycles: &BTreeMap<Address, Lifecycle>,
    new: &BTreeSet<Address>,
) -> String {
    if resources.is_empty() && orders.is_empty() {
        return String::new();
    }
    let mut writer = Writer {
        state,
        out: String::new(),
        body: Body::default(),
        is_open: false,
    };
    writer.key(0, kind.collection);
    writer.out.push('\n');
    writer.orders(orders);
    for (address, resource) in resources {
        let is_new = new.contains(*address);
        writer.resource(address, resource, lifecycles.get(address), is_new);
    }
    writer.out
}

/// The resources of a collection as a manifest, in the order of their handles; the empty text
/// where there are none.
///
/// Fields stand in the order of the kind's table; a naming field that the handle stands in for is
/// left out. References are handles, names or ids. Words that some reader of YAML takes for
/// something else stand in quotes.
#[must_use]
pub fn to_yaml(state: &State, collection: &str) -> String {
    let Some(kind) = find(collection) else {
        return String::new();
    };
    let resources = resources(state, collection);
    let (lifecycles, new) = (BTreeMap::new(), BTreeSet::new());
    let orders = orders(state, kind);
    written_out(state, kind, (&resources, &orders), &lifecycles, &new)
}

/// Blanks that each level is indented by.
const INDENTATION: usize = 2;

struct Writer<'a> {
    state: &'a State,
    out: String,
    /// The body that is being written.
    body: Body,
    /// Whether the field that is being written may hold placeholders of Zoho Desk.
    is_open: bool,
}

impl Writer<'_> {
    fn indent(&mut self, level: usize) {
        for _ in 0..level {
            self.out.push_str("  ");
        }
    }

    fn key(&mut self, level: usize, key: &str) {
        self.indent(level);
        self.out.push_str(&quoted(key));
        self.out.push(':');
    }

    /// The orders among the resources of a kind: a list for each parent, or the one list.
    fn orders(&mut self, orders: &Resources<'_>) {
        let Some((first, _)) = orders.first() else {
            return;
        };
        let is_one = first.is_the_order();
        self.indent(1);
        self.out.push_str(ORDER);
        self.out.push_str(if is_one { ":" } else { ":\n" });
        for (address, resource) in orders {
            self.body = resource.body.clone();
            let ranked = resource.kind.ranked();
            let list = ranked.and_then(|field| Some((field, resource.body.get(field.name)?)));
            let Some((field, list)) = list else {
                continue;
            };
            let level = if is_one { 1 } else { 2 };
            if !is_one {
                self.key(level, &address.handle);
            }
            self.value(level, list, Some(&field.shape));
        }
    }

    fn resource(
        &mut self,
        address: &Address,
        resource: &Resource,
        lifecycle: Option<&Lifecycle>,
        is_new: bool,
    ) {
        self.key(1, &address.handle);
        let named = resource.kind.field_of_handle().name;
        let implied = canonical_name(resource.kind, &address.handle);
        let is_implied = |value: &Value| match value {
            Value::Reference(Reference::To(parent)) => parent.handle == address.handle,
            value => value.as_text() == Some(&implied),
        };
        let mut empty = true;
        if is_new {
            self.out.push('\n');
            self.key(2, NEW);
            self.out.push_str(" true\n");
            empty = false;
        }
        self.body = resource.body.clone();
        for (name, value) in resource.body.iter() {
            if name == named && is_implied(value) {
                continue;
            }
            if empty {
                self.out.push('\n');
                empty = false;
            }
            let field = resource.kind.field(name);
            let shape = field.map(|field| field.shape);
            self.is_open = field.is_some_and(|field| field.placeholders);
            self.key(2, name);
            self.value(2, value, shape.as_ref());
        }
        let lifecycle = lifecycle.and_then(|lifecycle| self.lifecycle(resource.kind, lifecycle));
        match lifecycle {
            Some(lifecycle) => {
                self.out.push_str(if empty { "\n" } else { "" });
                self.key(2, "lifecycle");
                let _ = writeln!(self.out, " {{{lifecycle}}}");
            }
            None if empty => self.out.push_str(" {}\n"),
            None => {}
        }
    }

    /// What a ledger remembers of a lifecycle, in one line; none where that is nothing.
    fn lifecycle(&self, kind: &Kind, lifecycle: &Lifecycle) -> Option<String> {
        let mut parts = Vec::new();
        if lifecycle.prevent_destroy {
            parts.push("preventDestroy: true".to_owned());
        }
        let chosen = kind.chosen_heirs();
        let heirs = lifecycle.transfer_to.iter().filter_map(|(name, heir)| {
            let chosen = chosen.iter().find(|one| one.name == *name)?;
            Some((*name, self.reference(heir, Some(chosen.target))))
        });
        let heirs: Vec<(&str, String)> = heirs.collect();
        match heirs.as_slice() {
            [] => {}
            [("", heir)] => parts.push(format!("transferTo: {heir}")),
            heirs => {
                let heirs: Vec<String> = heirs
                    .iter()
                    .map(|(name, heir)| format!("{name}: {heir}"))
                    .collect();
                parts.push(format!("transferTo: {{{}}}", heirs.join(", ")));
            }
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// A text so that it is read back as it is.
    fn escaped<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_open {
            variables::escape_open(text)
        } else {
            variables::escape(text)
        }
    }

    /// The value behind a key, with the line's end.
    fn value(&mut self, level: usize, value: &Value, shape: Option<&Shape>) {
        if let Value::Text(text) = value
            && let Some(block) = block(&self.escaped(text), (level + 1) * INDENTATION)
        {
            self.out.push(' ');
            self.out.push_str(&block);
            return;
        }
        let flow = self.flow(value, shape);
        let column = self.out.len() - self.out.rfind('\n').map_or(0, |at| at + 1);
        let fits = column + 1 + flow.chars().count() <= WIDTH;
        match value {
            Value::List(items) if !items.is_empty() && !fits => {
                self.out.push('\n');
                for item in items {
                    self.indent(level + 1);
                    let flow = self.flow(item, shape);
                    let _ = writeln!(self.out, "- {flow}");
                }
            }
            // A map always has its own lines, but for the small ones inside.
            Value::Map(map) => {
                let mut entries = written(map, shape).peekable();
                if entries.peek().is_none() {
                    let _ = writeln!(self.out, " {flow}");
                    return;
                }
                self.out.push('\n');
                for (key, value) in entries {
                    let below = below(shape, key);
                    self.key(level + 1, map_key(key, shape));
                    self.value(level + 1, &value, below.as_ref());
                }
            }
            _ => {
                let _ = writeln!(self.out, " {flow}");
            }
        }
    }

    /// A value in one line.
    fn flow(&self, value: &Value, shape: Option<&Shape>) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => quoted(&self.escaped(text)).into_owned(),
            Value::Secret(secret) => quoted(&secret.template).into_owned(),
            Value::Reference(reference) => {
                let written = self.reference(reference, shape.and_then(Shape::target));
                match (shape, find(reference.collection())) {
                    // What stands in the place of a text says of which kind it is.
                    (Some(Shape::Text { .. } | Shape::Texts { .. }), Some(kind))
                        if !kind.word.is_empty() =>
                    {
                        format!("{{{}: {written}}}", kind.word)
                    }
                    _ => written,
                }
            }
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item, shape)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(map) => self.flow_map(map, shape),
        }
    }

    fn flow_map(&self, map: &Leaves, shape: Option<&Shape>) -> String {
        let entries: Vec<String> = written(map, shape)
            .map(|(key, value)| {
                let below = below(shape, key);
                let key = quoted(map_key(key, shape));
                format!("{key}: {}", self.flow(&value, below.as_ref()))
            })
            .collect();
        format!("{{{}}}", entries.join(", "))
    }

    fn reference(&self, reference: &Reference, target: Option<Target>) -> String {
        match reference {
            Reference::To(address) => quoted(&variables::escape(&address.handle)).into_owned(),
            Reference::Lookup { collection, name } => {
                let text = quoted(&variables::escape(&name.name)).into_owned();
                let kind = find(collection);
                // What it counts below need not be said where what refers to it tells.
                let mut implied = Named::of_name(&*name.name);
                if let Some(target) = target {
                    fill_in(&mut implied, &target, &self.body);
                    if let Within::As(through, scope) = target.within
                        && let Some(Value::Reference(parent)) = self.body.get(through)
                        && let Some(word) = word_of(parent, scope, |address| {
                            below_of(self.state.get(address)?.body.get(scope)?)
                        })
                    {
                        implied.fill(scope, word);
                    }
                }
                if implied.scope != name.scope {
                    return format!("{{lookup: {}}}", self.named(kind, name));
                }
                if kind.is_some_and(|kind| self.may_stand_bare(kind, &name.name)) {
                    text
                } else {
                    format!("{{lookup: {text}}}")
                }
            }
            Reference::Id { id, .. } => format!("{{id: \"{id}\"}}"),
        }
    }

    /// A name with what it counts below.
    fn named(&self, kind: Option<&'static Kind>, named: &Named<'_>) -> String {
        let naming = kind.map_or("name", |kind| kind.naming_field().name);
        let mut parts = vec![format!(
            "{naming}: {}",
            quoted(&variables::escape(&named.name))
        )];
        for (field, below) in &named.scope {
            let target = kind.and_then(|kind| kind.field(field)?.above());
            let value = match below {
                Below::Word(word) => quoted(&variables::escape(word)).into_owned(),
                Below::Parent(parent) => self.reference(parent, target),
            };
            parts.push(format!("{field}: {value}"));
        }
        format!("{{{}}}", parts.join(", "))
    }

    /// Whether a bare name is read as the live object of that name.
    fn may_stand_bare(&self, kind: &Kind, name: &str) -> bool {
        let handle = Address {
            collection: kind.collection,
            handle: name.into(),
        };
        kind.bare && !self.state.contains_key(&handle)
    }
}

/// The key of a map as a manifest writes it.
fn map_key<'k>(key: &'k str, shape: Option<&Shape>) -> &'k str {
    shape.map_or(key, |shape| codec::written_key(shape, key))
}

/// The shape of what stands under a key of a map.
fn below(shape: Option<&Shape>, key: &str) -> Option<Shape> {
    Some(codec::shape_below(shape?, key))
}

/// The entries of a map as a manifest writes them: an item's handle stands in for its key field.
fn written<'m>(
    map: &'m Leaves,
    shape: Option<&Shape>,
) -> impl Iterator<Item = (&'m str, Cow<'m, Value>)> {
    let named = match shape {
        Some(Shape::Items(items)) => Some(items.key),
        _ => None,
    };
    let mut entries: Vec<_> = listed::items(map)
        .map(|(key, value)| (key, Cow::Borrowed(value)))
        .collect();
    if let Some(Shape::Map(shape)) = shape {
        with_what_was(map, shape, &mut entries);
    }
    // Stable: what the table does not order stays in the order of its keys, or in that of its list.
    entries.sort_by_key(|(key, _)| rank(shape, key));
    entries.into_iter().map(move |(handle, value)| {
        let value = match (named, &*value) {
            (Some(key), Value::Map(item))
                if item.get(key).and_then(codec::as_handle) == Some(handle) =>
            {
                let mut item = item.clone();
                item.remove(key);
                Cow::Owned(Value::Map(item))
            }
            _ => value,
        };
        (handle, value)
    })
}

/// Adds what a manifest says of the past: the former name of an item, and the values that others replace.
fn with_what_was<'m>(
    map: &'m Leaves,
    shape: &kind::Map,
    entries: &mut Vec<(&'m str, Cow<'m, Value>)>,
) {
    if let (Some(former), Some(field)) = (
        map.get(listed::FORMER),
        shape.fields.iter().find(|field| field.former_name),
    ) {
        entries.push((field.name, Cow::Borrowed(former)));
    }
    let Some(Value::Map(replaced)) = map.get(listed::REPLACES) else {
        return;
    };
    let is_replacing = |name: &str| {
        let mut fields = shape.fields.iter();
        fields.any(|field| field.replaces_values && field.name == name)
    };
    for (_, value) in entries.iter_mut().filter(|(name, _)| is_replacing(name)) {
        let Value::List(values) = &**value else {
            continue;
        };
        let with_old = values.iter().map(|new| {
            let old = replaced.iter().filter(|(_, by)| *by == new);
            let old: Vec<Value> = old.map(|(old, _)| Value::text(old)).collect();
            if old.is_empty() {
                return new.clone();
            }
            let both = [(VALUE, new.clone()), (REPLACES, Value::List(old))];
            Value::Map(both.into_iter().collect())
        });
        *value = Cow::Owned(Value::List(with_old.collect()));
    }
}

/// Where a key stands in the table: among the fields of a map, or among the words that an item's
/// handle is one of.
fn rank(shape: Option<&Shape>, key: &str) -> usize {
    let place = match shape {
        Some(Shape::Map(map)) => map.fields.iter().position(|field| field.name == key),
        Some(Shape::Items(items)) => {
            let field = items.fields.iter().find(|field| field.name == items.key);
            match field.map(|field| field.shape) {
                Some(Shape::Choice(words)) => words.iter().position(|word| *word == key),
                _ => None,
            }
        }
        Some(Shape::Keyed(keyed)) if matches!(keyed.keys, Keys::Places) => key.parse().ok(),
        _ => None,
    };
    place.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Sources, compose};
    use super::*;
    use crate::config::{PROJECT_FILE, Project};
    use crate::kind::KINDS;
    use crate::manifest::Desired;
    use crate::safe::hidden;
    use crate::state::tidy;
    use crate::yaml::Source;
    use crate::yaml::raw::Raw;

    /// Nothing in a written text reorders or hides what stands beside it.
    #[test]
    fn what_cannot_be_seen_is_escaped() {
        for text in [
            "user\u{202e}nimda",
            "a\u{1b}[2J",
            "\u{feff}b",
            "a\u{200b}b",
            "x\u{e0041}",
        ] {
            let written = quoted(text);
            assert!(!written.chars().any(hidden), "{written:?}");
            assert!(reads_back(text), "{written}");
        }
        let block = to_yaml(
            &load(&["departments: {A: {description: \"a\\u202eb\\nc\\n\"}}\n".to_owned()]).state,
            "departments",
        );
        assert!(
            block.contains("\\u202E") && !block.contains('\u{202e}'),
            "{block}"
        );
    }

    /// Whether a text is read back as it is when it is written.
    fn reads_back(text: &str) -> bool {
        let source =
            crate::yaml::source::Source::new("t.yaml", format!("t: {}\n", quoted(text)).as_bytes());
        let Ok(documents) = crate::yaml::load::documents(&source, "") else {
            return false;
        };
        matches!(
            documents.first().and_then(|(_, raw)| raw.get("t")),
            Some(Raw::Text(read)) if **read == *text
        )
    }

    fn load(texts: &[String]) -> Desired {
        let project = "environments: {local: {simulator: {}}}";
        let source = Source::new(PROJECT_FILE, project.as_bytes());
        let project = Project::parse(std::path::Path::new("."), &source).unwrap();
        let sources = Sources {
            base: texts
                .iter()
                .enumerate()
                .map(|(index, text)| Source::new(format!("{index}.yaml"), text.as_bytes()))
                .collect(),
            overlays: Vec::new(),
        };
        let env = |name: &str| (name == "KEY").then(|| "k3y".to_owned());
        compose(&sources, &project.environments[0], &env).unwrap_or_else(|problems| {
            let text = |file: &str| sources.text(file);
            panic!(
                "{}\n{}",
                crate::report::problems::render(&problems, &text, false, 100),
                texts.join("---\n")
            )
        })
    }

    fn written(state: &State) -> Vec<String> {
        KINDS
            .iter()
            .map(|kind| to_yaml(state, kind.collection))
            .filter(|text| !text.is_empty())
            .collect()
    }

    const EXAMPLE: &str = "\
customFields:
  region:
    module: contacts
    displayLabel: Region
    type: Picklist
    values: [EMEA, \"no\"]
  cf_odd: {module: accounts, type: Date}
roles:
  Lead: {shareDataWithPeers: true, description: null}
departments:
  Technical Support: {description: \"one\\n  two\\n\", nameInCustomerPortal: \"on\"}
  billing: {name: Billing & Payments}
  \"12\": {}
agents:
  Ann@Example.com:
    lastName: Ames
    role: Lead
    profile: Supervisor
    departments: [billing, {id: \"42\"}, {lookup: Sales}, \"12\"]
accounts:
  Acme: {cf: {cf_odd: 2024-01-01, cf_live: \"yes\"}, description: 'a $${b} c', numberOfEmployees: 12}
contacts:
  kim@example.com: {lastName: Kim, cf: {region: EMEA}, zip: \"01234\", account: Acme}
slas:
  Gold: {responseTime: {businessHours: 1.5, calendarHours: null}, resolutionTime: {}}
webhooks:
  crm:
    url: https://hooks.example.com/${secret.KEY}
    subscriptions:
      Ticket_Add:
      Contact_Update: {includePrevState: false}
      Ticket_Update: {fields: [status, priority], departments: [billing]}
";

    #[test]
    fn what_is_written_is_read_back() {
        let state = load(&[EXAMPLE.to_owned()]).state;
        let texts = written(&state);
        let again = load(&texts).state;
        assert_eq!(again, state, "{}", texts.join("---\n"));
        assert_eq!(written(&again), texts);
    }

    #[test]
    fn manifests_are_written_to_be_read() {
        let state = load(&[EXAMPLE.to_owned()]).state;
        insta::assert_snapshot!(written(&state).join(""), @r#"
    roles:
      Lead:
        description: null
        shareDataWithPeers: true
    departments:
      "12": {}
      Technical Support:
        description: |-
          one
            two
        nameInCustomerPortal: "on"
      billing:
        name: Billing & Payments
    customFields:
      cf_odd:
        module: accounts
        type: Date
      region:
        module: contacts
        displayLabel: Region
        type: Picklist
        values: [EMEA, "no"]
    agents:
      Ann@Example.com:
        lastName: Ames
        role: Lead
        profile: Supervisor
        departments: ["12", billing, {lookup: Sales}, {id: "42"}]
    slas:
      Gold:
        responseTime:
          businessHours: 1.5
          calendarHours: null
        resolutionTime: {}
    accounts:
      Acme:
        numberOfEmployees: 12
        description: "a $${b} c"
        cf:
          cf_live: "yes"
          cf_odd: "2024-01-01"
    contacts:
      kim@example.com:
        lastName: Kim
        account: Acme
        zip: "01234"
        cf:
          region: EMEA
    webhooks:
      crm:
        url: "https://hooks.example.com/${secret.KEY}"
        subscriptions:
          Contact_Update: {}
          Ticket_Add: {}
          Ticket_Update:
            departments: [billing]
            fields: [priority, status]
    "#);
    }

    /// Days come as in a week, and a beginning before its end.
    #[test]
    fn keys_stand_in_the_order_of_the_table() {
        let text = "businessHours: {Desk: {type: SPECIFIC, timeZone: Europe/Berlin, businessTimes: \
                    {FRIDAY: {endTime: \"16:00\", startTime: \"09:00\"}, MONDAY: {endTime: \"17:00\", startTime: \"08:00\"}}}}\n";
        let written = written(&load(&[text.to_owned()]).state).join("");
        let places = ["MONDAY", "08:00", "17:00", "FRIDAY", "09:00", "16:00"]
            .map(|word| written.find(word).expect("it is written"));
        assert!(places.is_sorted(), "{written}");
    }

    #[test]
    fn doubtful_words_are_quoted() {
        for word in [
            "yes",
            "No",
            "ON",
            "y",
            "N",
            "2024-01-01",
            "1_000",
            "0x1F",
            "007",
            "1e3",
            ".5",
            "12:30",
            "null",
            "~",
            "",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "@a",
            "!a",
            "%a",
            "*a",
            "&a",
            "? a",
            "a:",
            "<<",
            "=",
            "true",
            " a",
            "a ",
            "[a]",
            "{a}",
            "'a'",
            "a, b",
            "\u{85}",
            "a\tb",
            "\u{feff}a",
            "${var.x}",
            ".inf",
            "+1",
        ] {
            assert!(quoted(word).starts_with('"'), "{word}");
            assert!(reads_back(word), "{word}");
        }
        for word in [
            "Support",
            "Billing & Payments",
            "a@b.example",
            "https://x.example/y",
            "Ünï",
            "EMEA",
        ] {
            assert_eq!(quoted(word), word);
            assert!(reads_back(word), "{word}");
        }
    }

    /// Texts with everything in them that YAML finds interesting.
    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[ -~]{0,12}",
            "\\PC{0,8}",
            Just("\n".to_owned()),
            Just("\n\n".to_owned()),
            Just("  ".to_owned()),
            Just("\t".to_owned()),
            Just("${".to_owned()),
            Just("\r\u{85}\u{2028}\u{1}".to_owned()),
            "(yes|no|on|off|null|~|0[0-9]{1,3}|[0-9]{4}-[0-9]{2}-[0-9]{2}|1_000|-|\\?|:|#)",
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_text_is_read_back(text in texts()) {
            prop_assert!(reads_back(&text), "{text:?}");
        }

        #[test]
        fn every_state_is_read_back(
            handles in prop::collection::btree_set("[A-Za-z0-9][A-Za-z0-9 _.:/@-]{0,10}[A-Za-z0-9]", 1..6),
            descriptions in prop::collection::vec(prop::option::of(texts()), 6),
            live in prop::collection::vec("[A-Za-z0-9][A-Za-z0-9 ]{0,8}[a-z]", 0..3),
            hours in prop::collection::vec(0.0_f64..10_000.0, 6),
            flags in prop::collection::vec(any::<Option<bool>>(), 6),
        ) {
            let mut state = State::default();
            let mut seen = std::collections::HashSet::new();
            let handles: Vec<String> =
                handles.into_iter().filter(|handle| seen.insert(handle.to_lowercase())).collect();
            let resource = |collection: &'static str, body| {
                Resource { kind: find(collection).unwrap(), body }
            };
            for (index, handle) in handles.iter().enumerate() {
                let mut fields = vec![("name", Value::text(handle))];
                if let Some(text) = &descriptions[index] {
                    fields.push(("description", Value::text(&tidy(text))));
                }
                if let Some(flag) = flags[index] {
                    fields.push(("isEnabled", Value::Bool(flag)));
                }
                state.insert(
                    Address::new("departments", handle.as_str()),
                    resource("departments", fields.into_iter().collect()),
                );
                let number = serde_json::Number::from_f64(hours[index] + 0.5).unwrap();
                let number = if number.as_f64().unwrap().fract() == 0.0 { 7.into() } else { number };
                let times = Leaves::from([("businessHours".to_owned(), Value::Number(number))]);
                state.insert(
                    Address::new("slas", handle.as_str()),
                    resource("slas", [
                        ("name", Value::text(handle)),
                        ("responseTime", Value::Map(times)),
                    ].into_iter().collect()),
                );
            }
            let mut members: Vec<Reference> = handles
                .iter()
                .map(|handle| Reference::To(Address::new("departments", handle.as_str())))
                .collect();
            members.extend(live.iter().filter(|name| !seen.contains(&name.to_lowercase())).map(|name| {
                Reference::Lookup { collection: "departments", name: name.as_str().into() }
            }));
            members.push(Reference::Id { collection: "departments", id: "0012".into() });
            members.sort();
            members.dedup();
            let members = members.into_iter().map(Value::Reference).collect();
            state.insert(Address::new("agents", "a@example.com"), resource("agents", [
                ("email", Value::text("a@example.com")),
                ("lastName", Value::text("A")),
                ("departments", Value::List(members)),
            ].into_iter().collect()));
            let texts = written(&state);
            prop_assert_eq!(load(&texts).state, state, "{}", texts.join(""));
        }
    }
}
