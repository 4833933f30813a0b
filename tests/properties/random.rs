//! Random manifests and random organizations, drawn so that every one of them can be applied.
//!
//! Resources come from small pools of names, so that two manifests drawn one after the other
//! share some: what one of them leaves behind is what the other one finds, matching, partly
//! matching or unknown to it.

#![expect(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    reason = "a module of two test binaries, each of which uses a part of it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use deskform::dialect::Dialect;
use deskform::manifest::Sources;
use deskform::simulator::Organization;
use deskform::yaml::source::Source;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names in the pool of each kind.
const POOL: u8 = 12;

/// How the value of a field is drawn.
#[derive(Clone, Copy)]
enum Draw {
    /// One of some texts.
    Text(&'static [&'static str]),
    /// A whole number up to this.
    Number(u16),
    Flag,
    /// A reference to one resource.
    One(&'static str),
    /// References to several resources.
    Many(&'static str),
    /// A list of some of these texts.
    Some(&'static [&'static str]),
    /// Hours of an SLA.
    Hours,
    /// Values of custom fields.
    Cf,
    Subscriptions,
    /// A reference by name to what every organization has.
    Lookup(&'static str),
}

struct Row {
    field: &'static str,
    draw: Draw,
    /// The only dialect that has the field.
    only: Option<Dialect>,
    required: bool,
    /// Whether it may be cleared.
    clears: bool,
}

const fn row(field: &'static str, draw: Draw) -> Row {
    Row {
        field,
        draw,
        only: None,
        required: false,
        clears: false,
    }
}

impl Row {
    const fn clears(self) -> Self {
        Self {
            clears: true,
            ..self
        }
    }
    const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }
    const fn only(self, dialect: Dialect) -> Self {
        Self {
            only: Some(dialect),
            ..self
        }
    }
}

const O: Dialect = Dialect::Openapi;
const G: Dialect = Dialect::Guide;
/// Texts that are normalised in some way, or look like something that is not text.
const WORDS: Draw = Draw::Text(&[
    "Plain words",
    "  spaces around  ",
    "Zürich, 東京",
    "12",
    "true",
    "null",
    "a: b",
]);
const SHORT: Draw = Draw::Text(&["One", "Two", "007", "no"]);

/// The kinds that are drawn, with their fields.
const KINDS: &[(&str, &[Row])] = &[
    (
        "departments",
        &[
            row("description", WORDS).clears(),
            row("nameInCustomerPortal", SHORT).only(O),
            row("isVisibleInCustomerPortal", Draw::Flag).only(O),
            row("isEnabled", Draw::Flag),
        ],
    ),
    (
        "roles",
        &[
            row("description", SHORT).only(O),
            row("reportsTo", Draw::One("roles")).only(O),
            row("shareDataWithPeers", Draw::Flag).only(O).required(),
        ],
    ),
    (
        "agents",
        &[
            row("firstName", SHORT),
            row("lastName", SHORT).required(),
            row(
                "rolePermissionType",
                Draw::Text(&["AgentPublic", "AgentPersonal", "Light", "Custom"]),
            )
            .only(O)
            .required(),
            row("role", Draw::Lookup("CEO")).only(G),
            row("departments", Draw::Many("departments"))
                .only(O)
                .required(),
            row("chatDepartments", Draw::Many("departments"))
                .only(O)
                .clears(),
            row("status", Draw::Text(&["ACTIVE", "DISABLED"])),
            row("countryCode", Draw::Text(&["US", "de_DE"])),
            row("timeZone", Draw::Text(&["Etc/UTC", "America/New_York"])),
            row("phone", SHORT).only(O),
            row("aboutInfo", WORDS).only(O),
            row("channelExpert", Draw::Some(&["Email", "Phone", "Chat"]))
                .only(O)
                .clears(),
        ],
    ),
    (
        "slas",
        &[
            row("description", WORDS).only(G).clears(),
            row("isDefault", Draw::Flag).only(G),
            row("responseTime", Draw::Hours).only(G),
            row("resolutionTime", Draw::Hours).only(G),
        ],
    ),
    (
        "customFields",
        &[
            row("toolTip", SHORT).clears(),
            row("isMandatory", Draw::Flag),
        ],
    ),
    (
        "accounts",
        &[
            row(
                "website",
                Draw::Text(&["https://www.example.com", "http://example.com/a?b=c"]),
            )
            .clears(),
            row("phone", SHORT).clears(),
            row(
                "email",
                Draw::Text(&["Sales@Example.com", "info@example.com"]),
            )
            .clears(),
            row("industry", SHORT),
            row("annualrevenue", Draw::Text(&["50000000", "1250.5", "0"])),
            row("numberOfEmployees", Draw::Number(5_000))
                .only(G)
                .clears(),
            row("description", WORDS).clears(),
            row("city", SHORT).only(O).clears(),
            row("owner", Draw::One("agents")).only(O),
            row("cf", Draw::Cf),
        ],
    ),
    (
        "contacts",
        &[
            row("firstName", WORDS).clears(),
            row("lastName", SHORT).required(),
            row("secondaryEmail", Draw::Text(&["Second@Example.com"]))
                .only(O)
                .clears(),
            row("phone", Draw::Text(&["+1-555-0100", "+1-555-0199"])).clears(),
            row("account", Draw::One("accounts")).clears(),
            row("owner", Draw::One("agents")).only(O).clears(),
            row("title", SHORT).clears(),
            row("type", SHORT).clears(),
            row("description", WORDS).clears(),
            row("zip", Draw::Text(&["01234", "99999"])).only(O),
            row("language", SHORT).only(O),
            row("cf", Draw::Cf),
        ],
    ),
    (
        "webhooks",
        &[
            row("subscriptions", Draw::Subscriptions).required(),
            row("description", SHORT).only(O).clears(),
            row("includeEventsFrom", Draw::Some(&["AUTOMATION"])).only(O),
            row("isEnabled", Draw::Flag),
        ],
    ),
];

/// A type, what it demands, and values that fit it.
type Type = (
    &'static str,
    &'static [(&'static str, u16)],
    &'static [&'static str],
);

/// The types of the custom fields of the pool.
const TYPES: &[Type] = &[
    (
        "Text",
        &[("maxLength", 60)],
        &["Some text", "  more  ", "12, über"],
    ),
    ("Number", &[("maxLength", 5)], &["0", "12345"]),
    ("Boolean", &[], &["true", "false"]),
    ("Picklist", &[], &["EMEA", "APAC"]),
    ("Date", &[], &["2027-06-30"]),
    ("Textarea", &[], &["Line one\nline two", "One line"]),
    ("Email", &[], &["someone@example.com"]),
    (
        "Decimal",
        &[("maxLength", 8), ("decimalPlaces", 2)],
        &["1.5", "20"],
    ),
    ("URL", &[], &["https://www.example.com/path"]),
];

/// The value of a secret variable that some URLs hold.
pub const SECRET: (&str, &str) = ("HOOK_KEY", "s3cr3t-value");

/// A drawn value; references are places in a pool, which mean something within a manifest only.
#[derive(Debug, Clone)]
enum Drawn {
    Plain(Value),
    One(&'static str, u8),
    Many(&'static str, Vec<u8>),
    Cf(Vec<(u8, u8)>),
    Subscriptions(Vec<(u8, u8)>),
}

#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are drawn independently of each other"
)]
struct Resource {
    fields: Vec<(&'static str, Drawn)>,
    /// Whether its handle is not its name.
    handle: bool,
    /// Whether it has another name than before.
    renamed: bool,
    /// Whether an overlay completes it.
    overlaid: bool,
    /// Whether its type, its URL or what else cannot be changed easily is another one.
    other: bool,
    lifecycle: u8,
}

/// A manifest in one dialect.
#[derive(Clone)]
pub struct Manifest {
    pub dialect: Dialect,
    kinds: BTreeMap<&'static str, BTreeMap<u8, Resource>>,
    removed: BTreeSet<(&'static str, u8)>,
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.sources();
        writeln!(f)?;
        for source in sources.base.iter().chain(sources.overlays.iter().flatten()) {
            writeln!(f, "# {}\n{}", source.name, source.text.trim_end())?;
        }
        Ok(())
    }
}

/// Something that happens to an organization behind deskform's back.
#[derive(Debug, Clone)]
pub enum Change {
    /// Fields of an object are no longer shown.
    Hide(&'static str, usize),
    /// A text of an object is another one.
    Edit(&'static str, usize),
    /// An object is empty where it need not be.
    Empty(&'static str, usize),
    /// An object is switched off.
    Off(&'static str, usize),
    /// A record is gone.
    Remove(&'static str, usize),
    /// An object that hardly has a field appears.
    Appear(&'static str, u8),
}

/// Draws a manifest; `later` says that it may rename, replace, clear and remove.
pub fn manifest(dialect: Dialect, later: bool) -> BoxedStrategy<Manifest> {
    manifest_within(dialect, later, POOL, POOL)
}

/// The same from fewer names, with at most so many resources of a kind.
pub fn manifest_within(
    dialect: Dialect,
    later: bool,
    names: u8,
    resources: u8,
) -> BoxedStrategy<Manifest> {
    let kinds: Vec<BoxedStrategy<BTreeMap<u8, Resource>>> = KINDS
        .iter()
        .map(|(kind, rows)| {
            let most = match (*kind, dialect) {
                ("roles", Dialect::Guide) => return Just(BTreeMap::new()).boxed(),
                ("slas", Dialect::Openapi) => 2,
                ("webhooks", _) => 7,
                _ => POOL,
            }
            .min(resources);
            let pool = if *kind == "webhooks" { 8 } else { POOL }.min(names);
            prop_oneof![
                1 => Just(BTreeMap::new()),
                4 => prop::collection::btree_map(0..pool, resource(rows, dialect, later), 0..=usize::from(most)),
            ]
            .boxed()
        })
        .collect();
    let removed = prop::collection::btree_set(
        (0..KINDS.len(), 0..names),
        0..if later { usize::from(names) + 2 } else { 1 },
    );
    (kinds, removed)
        .prop_map(move |(drawn, removed)| {
            let kinds: BTreeMap<_, _> = KINDS
                .iter()
                .zip(drawn)
                .map(|((kind, _), resources)| (*kind, resources))
                .collect();
            let removed = removed
                .into_iter()
                .filter_map(|(kind, n)| Some((KINDS.get(kind)?.0, n)))
                .filter(|(kind, n)| {
                    let declared = kinds.get(kind).is_some_and(|all| all.contains_key(n));
                    let default = *kind == "departments" && *n == 0;
                    let absent = *kind == "roles" && dialect == Dialect::Guide;
                    !(declared || default || absent)
                })
                .collect();
            Manifest {
                dialect,
                kinds,
                removed,
            }
        })
        .boxed()
}

/// Draws what happens behind deskform's back.
pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    let kind = prop::sample::select(
        KINDS
            .iter()
            .map(|(kind, _)| *kind)
            .filter(|kind| *kind != "roles")
            .collect::<Vec<_>>(),
    );
    let change = (kind, any::<u8>(), 0..6_u8).prop_map(|(kind, n, what)| {
        let at = usize::from(n);
        match what {
            0 => Change::Hide(kind, at),
            1 => Change::Edit(kind, at),
            2 => Change::Empty(kind, at),
            3 => Change::Off(kind, at),
            4 => Change::Remove(kind, at),
            _ => Change::Appear(kind, n % POOL),
        }
    });
    prop::collection::vec(change, 0..12)
}

fn resource(rows: &'static [Row], dialect: Dialect, later: bool) -> BoxedStrategy<Resource> {
    let fields: Vec<BoxedStrategy<Option<(&'static str, Drawn)>>> = rows
        .iter()
        .filter(|row| row.only.is_none_or(|only| only == dialect))
        .map(|row| {
            let value = value(row, later).prop_map(|drawn| (row.field, drawn));
            if row.required {
                value.prop_map(Some).boxed()
            } else {
                prop::option::weighted(0.35, value).boxed()
            }
        })
        .collect();
    let rare = || prop::bool::weighted(if later { 0.2 } else { 0.0 });
    (
        fields,
        prop::bool::weighted(0.3),
        rare(),
        prop::bool::weighted(0.2),
        rare(),
        0..12_u8,
    )
        .prop_map(
            |(fields, handle, renamed, overlaid, other, lifecycle)| Resource {
                fields: fields.into_iter().flatten().collect(),
                handle,
                renamed,
                overlaid,
                other,
                lifecycle,
            },
        )
        .boxed()
}

fn value(row: &'static Row, later: bool) -> BoxedStrategy<Drawn> {
    let pool = 0..POOL;
    let some = match row.draw {
        Draw::Text(words) => prop::sample::select(words)
            .prop_map(|word| Drawn::Plain(json!(word)))
            .boxed(),
        Draw::Number(most) => (0..=most).prop_map(|n| Drawn::Plain(json!(n))).boxed(),
        Draw::Flag => any::<bool>()
            .prop_map(|flag| Drawn::Plain(json!(flag)))
            .boxed(),
        Draw::One(kind) => pool.prop_map(move |n| Drawn::One(kind, n)).boxed(),
        Draw::Many(kind) => prop::collection::vec(pool, 1..4)
            .prop_map(move |many| Drawn::Many(kind, many))
            .boxed(),
        Draw::Some(words) => prop::sample::subsequence(words, 1..=words.len())
            .prop_map(|words| Drawn::Plain(json!(words)))
            .boxed(),
        Draw::Hours => (0..200_u16, any::<bool>())
            .prop_map(|(hours, calendar)| {
                let key = if calendar {
                    "calendarHours"
                } else {
                    "businessHours"
                };
                Drawn::Plain(json!({key: f64::from(hours) / 2.0}))
            })
            .boxed(),
        Draw::Cf => prop::collection::vec((pool, any::<u8>()), 1..5)
            .prop_map(Drawn::Cf)
            .boxed(),
        Draw::Subscriptions => prop::collection::vec((any::<u8>(), pool), 1..5)
            .prop_map(Drawn::Subscriptions)
            .boxed(),
        Draw::Lookup(name) => Just(Drawn::Plain(json!({"lookup": name}))).boxed(),
    };
    if row.clears && later {
        prop_oneof![3 => some, 1 => Just(Drawn::Plain(Value::Null))].boxed()
    } else {
        some
    }
}

/// The name of a resource of the pool.
fn name(kind: &str, n: u8) -> String {
    match kind {
        // Every organization has this department.
        "departments" if n == 0 => "Example Company".to_owned(),
        "departments" => format!("Department {n}"),
        "roles" => format!("Role {n}"),
        "agents" => format!("agent{n}@example.com"),
        "slas" => format!("SLA {n}"),
        "customFields" => format!("Label {n}"),
        "accounts" => format!("Account {n}"),
        "contacts" => format!("contact{n}@example.com"),
        _ => format!("Hook {n}"),
    }
}

const fn module(n: u8) -> &'static str {
    if n.is_multiple_of(2) {
        "contacts"
    } else {
        "accounts"
    }
}

fn type_of(n: u8) -> Type {
    TYPES[usize::from(n) / 2 % TYPES.len()]
}

fn url(n: u8) -> String {
    format!("https://hooks.example.com/zoho/{n}")
}

/// The fields in which a resource of the pool has its name, but for the handle.
fn naming(kind: &str) -> &'static str {
    match kind {
        "agents" | "contacts" => "email",
        "customFields" => "displayLabel",
        "accounts" => "accountName",
        _ => "name",
    }
}

impl Manifest {
    /// The same without a kind, for organizations that cannot have it.
    pub fn without(mut self, kind: &str) -> Self {
        self.kinds.remove(kind);
        self.removed.retain(|(removed, _)| *removed != kind);
        self
    }

    /// The same without what is made and never compared again, though its creation may end
    /// halfway: nothing but a ledger could tell the next run.
    pub fn without_loose_ends(mut self) -> Self {
        for contact in self
            .kinds
            .get_mut("contacts")
            .into_iter()
            .flat_map(BTreeMap::values_mut)
        {
            let is_loose = |(_, drawn): &(&str, Drawn)| {
                matches!(drawn, Drawn::Plain(Value::Null) | Drawn::Cf(_))
            };
            if contact.fields.iter().any(is_loose) {
                contact.lifecycle = 0;
            }
        }
        self
    }

    /// The same without one resource; it is not removed either.
    pub fn without_one(mut self, kind: &'static str, n: u8) -> Self {
        if let Some(resources) = self.kinds.get_mut(kind) {
            resources.remove(&n);
        }
        self.removed.remove(&(kind, n));
        self
    }

    /// The same without renames of what an earlier manifest did not declare: where other resources
    /// of the kind go, such a one is refused, since one of these may be meant.
    pub fn without_vain_renames(mut self, before: &Self) -> Self {
        let guide = self.dialect == Dialect::Guide;
        for (kind, resources) in &mut self.kinds {
            for (n, resource) in resources {
                let was = before.get(kind, *n);
                resource.renamed &= was.is_some();
                // A URL that held a key is not the one without it.
                if guide && *kind == "webhooks" {
                    resource.other &= was.is_some_and(|was| !was.handle);
                }
            }
        }
        self
    }

    /// Whether a resource is declared.
    pub fn declares(&self, kind: &str, n: u8) -> bool {
        self.get(kind, n).is_some()
    }

    fn get(&self, kind: &str, n: u8) -> Option<&Resource> {
        self.kinds.get(kind)?.get(&n)
    }

    fn handle(&self, kind: &str, n: u8) -> String {
        match self.get(kind, n) {
            _ if kind == "customFields" => format!("f{n}"),
            Some(resource) if resource.handle => format!("{kind}-{n}"),
            Some(resource) => self.name(kind, n, resource),
            None => name(kind, n),
        }
    }

    fn renames(&self, kind: &str, n: u8, resource: &Resource) -> bool {
        resource.renamed
            && (matches!(kind, "accounts" | "contacts" | "roles" | "customFields")
                || kind == "departments" && n != 0
                || kind == "slas" && self.dialect == Dialect::Guide)
    }

    fn name(&self, kind: &str, n: u8, resource: &Resource) -> String {
        let name = name(kind, n);
        if !self.renames(kind, n, resource) {
            name
        } else if kind == "contacts" {
            format!("new.{name}")
        } else {
            format!("{name} anew")
        }
    }

    /// One declared resource among those that a drawn place may mean.
    fn pick(&self, kind: &str, n: u8, below: u8) -> Option<u8> {
        let declared: Vec<u8> = self
            .kinds
            .get(kind)?
            .keys()
            .copied()
            .filter(|other| *other < below)
            .collect();
        (!declared.is_empty()).then(|| declared[usize::from(n) % declared.len()])
    }

    fn field(&self, kind: &str, n: u8, drawn: &Drawn) -> Option<Value> {
        Some(match drawn {
            Drawn::Plain(value) => value.clone(),
            Drawn::One(target, at) => {
                let below = if kind == *target { n } else { POOL };
                match self.pick(target, *at, below) {
                    Some(found) => json!(self.handle(target, found)),
                    None if kind == "roles" => json!({"lookup": "CEO"}),
                    None => return None,
                }
            }
            Drawn::Many(target, places) => {
                let found: BTreeSet<u8> = places
                    .iter()
                    .filter_map(|at| self.pick(target, *at, POOL))
                    .collect();
                if found.is_empty() {
                    json!([{"lookup": "Example Company"}])
                } else {
                    let handles: Vec<String> = found
                        .iter()
                        .map(|found| self.handle(target, *found))
                        .collect();
                    json!(handles)
                }
            }
            Drawn::Cf(values) => {
                let mut cf = Map::new();
                for (at, word) in values {
                    let Some(found) = self
                        .pick("customFields", *at, POOL)
                        .filter(|found| module(*found) == kind)
                    else {
                        continue;
                    };
                    let (_, _, words) = type_of(found);
                    // The openapi dialect has no way to clear one.
                    let choices = words.len() + usize::from(self.dialect == G);
                    let word = usize::from(*word) % choices.max(1);
                    let value = words.get(word).map_or(Value::Null, |word| json!(word));
                    cf.insert(self.handle("customFields", found), value);
                }
                if cf.is_empty() {
                    return None;
                }
                Value::Object(cf)
            }
            Drawn::Subscriptions(events) => self.subscriptions(events),
        })
    }

    fn subscriptions(&self, events: &[(u8, u8)]) -> Value {
        let mut map = Map::new();
        for (event, at) in events {
            let (name, filter) = match (self.dialect, event % 6) {
                (_, 0) => ("Ticket_Add", json!({})),
                (_, 1) => ("Contact_Update", json!({})),
                (_, 2) => ("Ticket_Update", json!({"fields": ["status"]})),
                (_, 3) => ("Account_Add", Value::Null),
                (Dialect::Guide, 4) => {
                    ("Ticket_Update", json!({"fields": ["assigneeId", "status"]}))
                }
                (Dialect::Guide, _) => ("Ticket_Comment_Add", json!({})),
                (Dialect::Openapi, 4) => match self.pick("departments", *at, POOL) {
                    Some(found) => (
                        "Ticket_Comment_Add",
                        json!({"departments": [self.handle("departments", found)]}),
                    ),
                    None => ("Ticket_Comment_Add", json!({})),
                },
                (Dialect::Openapi, _) => ("Ticket_Thread_Add", json!({"direction": "in"})),
            };
            map.insert(name.to_owned(), filter);
        }
        Value::Object(map)
    }

    /// The body of a resource: what it needs, and what an overlay may bring.
    fn body(
        &self,
        kind: &str,
        n: u8,
        resource: &Resource,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let mut needed = Map::new();
        let mut rest = Map::new();
        if resource.handle || matches!(kind, "customFields") {
            needed.insert(naming(kind).to_owned(), json!(self.name(kind, n, resource)));
        }
        let mut lifecycle = Map::new();
        if self.renames(kind, n, resource) {
            lifecycle.insert("renamedFrom".to_owned(), json!(name(kind, n)));
        }
        match kind {
            "customFields" => {
                let (mut kind, mut rules, _) = type_of(n);
                if resource.other && kind == "Text" {
                    // A type cannot be changed: the field is made anew.
                    (kind, rules) = ("Textarea", &[]);
                    lifecycle.insert("replace".to_owned(), json!(true));
                } else if kind == "Text" || kind == "Textarea" {
                    lifecycle.insert("replace".to_owned(), json!(true));
                }
                needed.insert("module".to_owned(), json!(module(n)));
                needed.insert("type".to_owned(), json!(kind));
                for (rule, value) in rules {
                    needed.insert((*rule).to_owned(), json!(value));
                }
                if kind == "Picklist" {
                    needed.insert("values".to_owned(), json!(["EMEA", "APAC"]));
                }
            }
            "webhooks" => {
                let mut address = url(n);
                if resource.handle {
                    address.push_str("?key=${secret.HOOK_KEY}");
                }
                if resource.other {
                    address = address.replace("/zoho/", "/moved/");
                    if self.dialect == Dialect::Guide {
                        lifecycle.insert("renamedFrom".to_owned(), json!(url(n)));
                    }
                }
                needed.insert("url".to_owned(), json!(address));
            }
            "contacts" if resource.lifecycle == 1 => {
                lifecycle.insert("createOnly".to_owned(), json!(true));
            }
            "accounts" if resource.lifecycle == 1 => {
                lifecycle.insert("ignoreChanges".to_owned(), json!(["phone"]));
            }
            _ => {}
        }
        if !lifecycle.is_empty() {
            needed.insert("lifecycle".to_owned(), Value::Object(lifecycle));
        }
        for (field, drawn) in &resource.fields {
            let Some(value) = self.field(kind, n, drawn) else {
                continue;
            };
            let skipped = match (kind, *field) {
                // The default department stays in use; one SLA at most is the default.
                ("departments", "isEnabled") => n == 0,
                ("slas", "isDefault") => n != 0 && value == json!(true),
                _ => false,
            };
            if skipped {
                continue;
            }
            let custom = value == json!("Custom");
            if matches!(
                *field,
                "lastName"
                    | "rolePermissionType"
                    | "departments"
                    | "subscriptions"
                    | "shareDataWithPeers"
            ) {
                needed.insert((*field).to_owned(), value);
            } else {
                rest.insert((*field).to_owned(), value);
            }
            if *field == "rolePermissionType" && custom {
                let role = self.pick("roles", n, POOL).map_or_else(
                    || json!({"lookup": "Manager"}),
                    |found| json!(self.handle("roles", found)),
                );
                needed.insert("role".to_owned(), role);
                needed.insert("profile".to_owned(), json!({"lookup": "Agent"}));
            }
        }
        (needed, rest)
    }

    /// The files: one a kind, and an overlay.
    pub fn sources(&self) -> Sources {
        let mut base = Vec::new();
        let mut overlay = Map::new();
        for (kind, resources) in &self.kinds {
            let mut bodies = Map::new();
            let mut over = Map::new();
            for (n, resource) in resources {
                let handle = self.handle(kind, *n);
                let (mut needed, rest) = self.body(kind, *n, resource);
                if resource.overlaid {
                    over.insert(handle.clone(), Value::Object(rest));
                } else {
                    needed.extend(rest);
                }
                bodies.insert(handle, Value::Object(needed));
            }
            if *kind == "contacts" && !over.is_empty() {
                // The base may declare what the overlay takes out again.
                bodies.insert("gone@example.com".to_owned(), json!({"lastName": "Gone"}));
                over.insert("gone@example.com".to_owned(), Value::Null);
            }
            if !bodies.is_empty() {
                base.push(file(kind, &json!({*kind: bodies})));
            }
            if !over.is_empty() {
                overlay.insert((*kind).to_owned(), Value::Object(over));
            }
        }
        let mut removed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (kind, n) in &self.removed {
            let identity = match *kind {
                "customFields" => format!("{}/{}", module(*n), name(kind, *n)),
                "webhooks" if self.dialect == Dialect::Guide => url(*n),
                _ => name(kind, *n),
            };
            removed.entry(kind).or_default().push(identity);
        }
        if !removed.is_empty() {
            base.push(file("removed", &json!({"removed": removed})));
        }
        let overlays = if overlay.is_empty() {
            Vec::new()
        } else {
            vec![vec![file("overlays/test/all", &Value::Object(overlay))]]
        };
        Sources { base, overlays }
    }
}

fn file(name: &str, value: &Value) -> Source {
    let text = serde_yaml::to_string(value).expect("YAML");
    Source::new(format!("{name}.yaml"), text.as_bytes())
}

/// Lets something happen to an organization.
pub fn happen(organization: &mut Organization, dialect: Dialect, change: &Change) {
    let collection = |kind: &'static str| match (kind, dialect) {
        ("customFields", _) => "fields",
        ("webhooks", Dialect::Guide) => "events",
        (kind, _) => kind,
    };
    let object = |organization: &Organization, kind: &'static str, at: usize| {
        let acting = organization.acting_agent().to_owned();
        let objects: Vec<Value> = organization
            .objects(collection(kind))
            .into_iter()
            .filter(|object| object["isCustomField"] != json!(false))
            .filter(|object| object["id"] != acting.as_str() && object["name"] != "Example Company")
            .collect();
        (!objects.is_empty()).then(|| {
            objects[at % objects.len()]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
    };
    let mut on = |kind: &'static str, at: usize, act: &dyn Fn(&mut Map<String, Value>)| {
        if let Some(id) = object(organization, kind, at) {
            organization.change(collection(kind), &id, |object| act(object));
        }
    };
    let spare = [
        "description",
        "phone",
        "title",
        "industry",
        "timeZone",
        "toolTip",
        "firstName",
    ];
    match *change {
        Change::Hide(kind, at) => on(kind, at, &|object| {
            for field in spare {
                object.remove(field);
            }
        }),
        Change::Edit(kind, at) => on(kind, at, &|object| {
            for field in spare {
                if object.get(field).is_some_and(Value::is_string) {
                    object.insert(field.to_owned(), json!("Elsewhere"));
                }
            }
        }),
        Change::Empty(kind, at) => on(kind, at, &|object| {
            for field in spare {
                if object.contains_key(field) {
                    object.insert(field.to_owned(), Value::Null);
                }
            }
        }),
        Change::Off("webhooks", at) if dialect == Dialect::Guide => {
            // A webhook of which a part is off cannot stand in a manifest.
            let Some(id) = object(organization, "webhooks", at) else {
                return;
            };
            let url = organization.object("events", &id).unwrap_or_default()["url"].clone();
            for event in organization.objects("events") {
                if event["url"] == url {
                    let id = event["id"].as_str().unwrap_or_default();
                    organization.change("events", id, |event| {
                        event.insert("isActive".to_owned(), json!(false));
                    });
                }
            }
        }
        Change::Off(kind, at) => on(kind, at, &|object| {
            for field in ["isEnabled", "isActive"] {
                if object.contains_key(field) {
                    object.insert(field.to_owned(), json!(false));
                }
            }
            if kind == "agents" {
                let word = if dialect == Dialect::Guide {
                    "INACTIVE"
                } else {
                    "DISABLED"
                };
                object.insert("status".to_owned(), json!(word));
            }
        }),
        Change::Remove(kind, at) => {
            // Other objects would point at nothing, which Desk does not let happen.
            if matches!(kind, "contacts" | "webhooks" | "slas")
                && let Some(id) = object(organization, kind, at)
            {
                organization.remove(collection(kind), &id);
            }
        }
        Change::Appear(kind, n) => appear(organization, dialect, kind, n),
    }
}

/// An object with little more than its name, if that is free.
fn appear(organization: &mut Organization, dialect: Dialect, kind: &str, n: u8) {
    let name = name(kind, n);
    let (collection, field, object) = match (kind, dialect) {
        ("departments", _) => (
            "departments",
            "name",
            json!({"name": name, "isEnabled": true}),
        ),
        ("accounts", _) => ("accounts", "accountName", json!({"accountName": name})),
        ("contacts", _) => (
            "contacts",
            "email",
            json!({"email": name.to_uppercase(), "lastName": "Appeared"}),
        ),
        ("slas", Dialect::Guide) => ("slas", "name", json!({"name": name})),
        _ => return,
    };
    let taken = organization.objects(collection).iter().any(|object| {
        object[field]
            .as_str()
            .is_some_and(|have| have.eq_ignore_ascii_case(&name))
    });
    if !taken {
        organization.insert(collection, object);
    }
}
