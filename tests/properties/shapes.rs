//! Values of fields, drawn from what the registry says of them: one generator for all shapes.
//!
//! What a shape cannot tell stands in tables: which texts there are, which values go together,
//! and what every organization has.

#![expect(
    unreachable_pub,
    clippy::panic,
    reason = "a module of several test binaries; a test panics to fail"
)]

use std::collections::BTreeSet;
use std::sync::OnceLock;

use deskform::codec::can_be_cleared;
use deskform::dialect::Dialect;
use deskform::kind::rules::{GoWith, Rule, Sort};
use deskform::kind::webhooks::{EVENTS, GUIDE_EVENTS};
use deskform::kind::{
    Alike, Change, Field, Items, KINDS, Keyed, Keys, Kind, Null, Shape, Span, Wire, find,
};
use deskform::simulator::{OrganizationSeed, Settings, Simulator};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::{recorded, registry};

const O: Dialect = Dialect::Openapi;
const G: Dialect = Dialect::Guide;

/// Texts of every sort: a field takes the first few that fit its shape.
///
/// Some are normalised in some way, or look like something that is not text.
const TEXTS: &[&str] = &[
    "Plain words",
    "  spaces around  ",
    "Zürich, 東京",
    "12",
    "true",
    "null",
    "a: b",
    "One",
    "US",
    "de_DE",
    "Etc/UTC",
    "America/New_York",
    "01234",
    "50000000",
    "1250.5",
    "https://www.example.com",
    "http://example.com/a?b=c",
    "Sales@Example.com",
    "info@example.com",
    "11111111-2222-3333-4444-555555555555",
    "99999999-aaaa-BBBB-cccc-dddddddddddd",
    "09:00",
    "17:30",
    "01-01",
    "12-26",
    "#FFF",
    "#ffffff",
    "#1a2B3c",
    "2027-06-30T09:00:00Z",
    "2028-02-29T23:59:59.5Z",
];
/// How many of them a field takes.
const TAKEN: usize = 6;

/// The name of an object of a kind that every organization has, and that is therefore declared
/// under it and never removed.
pub const STANDING: &[(&str, &str)] = &[("departments", "Example Company")];

/// Fields whose values must differ between the resources of a kind.
const UNIQUE: &[(&str, &str)] = &[("webhooks", "url")];

/// Flags that one resource of a kind at most may have set.
pub const ONE_ONLY: &[(&str, &str)] = &[
    ("slas", "isDefault"),
    ("layouts", "isDefaultLayout"),
    ("mailReplyAddresses", "isDepartmentDefault"),
];

/// Fields that stand beside some words of another field, and never without one of them.
pub fn together(kind: &Kind) -> impl Iterator<Item = &'static GoWith> {
    kind.rules.iter().filter_map(|rule| match rule {
        Rule::GoWith(rule) => Some(*rule),
        _ => None,
    })
}

/// Names of live objects that no listing of a dialect shows.
const LOOKED_UP: &[(&str, Dialect, &str)] = &[("roles", G, "CEO")];

/// Fields that are not drawn in a dialect, each with the reason.
pub const NOT_DRAWN: &[(&str, &str, Dialect, &str)] = &[
    (
        "agents",
        "profile",
        G,
        "the guide shows no names of profiles, and an id belongs to one organization",
    ),
    (
        "checks",
        "automationCounts",
        O,
        "a check has one of its maps, and the views are drawn",
    ),
    (
        "checks",
        "fieldIsUsedBy",
        O,
        "a check has one of its maps, and the views are drawn",
    ),
    (
        "mailReplyAddresses",
        "smtpDetails",
        O,
        "they hold a secret, which no manifest has in clear, and are sent whole",
    ),
    (
        "mailReplyAddresses",
        "serviceProviderType",
        O,
        "one of its words needs SMTP details",
    ),
    (
        "timeTracking",
        "agents",
        O,
        "the keys of the list are agents, and an address of one belongs to one organization",
    ),
    (
        "timeTracking",
        "profiles",
        O,
        "the keys of the list are profiles, which its texts do not name",
    ),
    (
        "kbRootCategories",
        "groups",
        O,
        "no request changes them, and other groups are there whenever they are drawn",
    ),
    (
        "kbRootCategories",
        "associatedDepartments",
        O,
        "no request changes them, and other departments are there whenever they are drawn",
    ),
];

/// Fields that are not cleared in a dialect, each with the reason.
const NOT_CLEARED: &[(&str, &str, Dialect, &str)] = &[
    ("agents", "role", G, "an agent always has a role"),
    (
        "agents",
        "timeZone",
        O,
        "one that is cleared is shown as an empty text, and one that was never given as null",
    ),
];

/// Texts that fit the shape of a field and are not drawn, each with the reason.
const NO_TEXTS: &[(&str, &str, &str)] = &[(
    "annualrevenue",
    "01234",
    "where an amount travels as a number, its zeros in front are lost, and texts are compared",
)];

/// A type of custom fields.
pub struct Type {
    pub name: &'static str,
    /// The only dialect that can create it.
    only: Option<Dialect>,
    /// What its fields may be, as JSON, where the shape does not tell.
    fields: &'static [(&'static str, &'static [&'static str])],
    /// Values that records may have.
    pub values: &'static [&'static str],
}

const fn of_type(
    name: &'static str,
    fields: &'static [(&'static str, &'static [&'static str])],
    values: &'static [&'static str],
) -> Type {
    Type {
        name,
        only: None,
        fields,
        values,
    }
}

const CHOICES: &[&str] = &[r#"["EMEA", "APAC"]"#, r#"["EMEA", "APAC", "AMER"]"#];

/// The types of custom fields.
const TYPES: &[Type] = &[
    of_type(
        "Text",
        &[("maxLength", &["60", "80"])],
        &["Some text", "  more  ", "12, über"],
    ),
    of_type("Number", &[("maxLength", &["5", "6"])], &["0", "12345"]),
    of_type(
        "Boolean",
        &[("defaultValue", &[r#""true""#, r#""false""#])],
        &["true", "false"],
    ),
    of_type("Picklist", &[("values", CHOICES)], &["EMEA", "APAC"]),
    of_type("Date", &[], &["2027-06-30"]),
    of_type("Textarea", &[], &["Line one\nline two", "One line"]),
    of_type("Email", &[], &["someone@example.com"]),
    of_type(
        "Decimal",
        &[("maxLength", &["8", "9"]), ("decimalPlaces", &["2", "3"])],
        &["1.5", "20"],
    ),
    of_type("URL", &[], &["https://www.example.com/path"]),
    of_type("Percent", &[], &["12.5"]),
    of_type(
        "Currency",
        &[
            ("maxLength", &["8", "9"]),
            ("decimalPlaces", &["2"]),
            ("roundingPrecision", &["0", "1", "2"]),
        ],
        &["20", "1.5"],
    ),
    of_type("DateTime", &[], &["2027-06-30T09:00:00.000Z"]),
    of_type("Multiselect", &[("values", CHOICES)], &["EMEA", "APAC"]),
    of_type("Phone", &[("maxLength", &["30", "40"])], &["555-0100"]),
    Type {
        only: Some(O),
        ..of_type(
            "LookUp",
            &[(
                "lookup",
                &[
                    r#"{"module": {"apiName": "tickets"}, "relatedListLabel": "These"}"#,
                    r#"{"module": {"apiName": "tickets"}, "relatedListLabel": "Those"}"#,
                ],
            )],
            &[],
        )
    },
    Type {
        only: Some(O),
        ..of_type("Formula", &[], &[])
    },
    Type {
        only: Some(G),
        ..of_type("LargeText", &[], &["Much text"])
    },
];

/// The types of custom fields that a dialect can create.
pub fn types(dialect: Dialect) -> Vec<&'static Type> {
    TYPES
        .iter()
        .filter(|row| row.only.is_none_or(|only| only == dialect))
        .collect()
}

/// What the table says of each type of custom fields.
fn type_sorts() -> &'static [Sort] {
    let kind = find("customFields").expect("custom fields are a kind");
    (kind.rules.iter())
        .find_map(|rule| match rule {
            Rule::Sorts(sorts) => Some(sorts.sorts),
            _ => None,
        })
        .expect("they have sorts")
}

/// Whether a field of custom fields depends on their type.
fn depends_on_type(field: &str) -> bool {
    field == "defaultValue"
        || type_sorts().iter().any(|rule| {
            rule.required
                .iter()
                .chain(rule.allowed)
                .any(|name| *name == field)
        })
}

impl Type {
    /// The value of a field that depends on the type; none where the type does not have it.
    pub fn value(&self, field: &Field, at: u8, n: u8) -> Option<Value> {
        let rule = type_sorts().iter().find(|rule| rule.name == self.name)?;
        let own = self.fields.iter().find(|(name, _)| *name == field.name);
        if let Some((_, values)) = own {
            let text = values[usize::from(at) % values.len()];
            return serde_json::from_str(text).ok();
        }
        if field.name == "defaultValue" || !rule.allowed.contains(&field.name) {
            return None;
        }
        let at = if is_fixed(field) { n } else { at };
        settled(&field.shape, at)
    }

    /// Whether the type demands a field.
    pub fn needs(&self, field: &str) -> bool {
        type_sorts()
            .iter()
            .any(|rule| rule.name == self.name && rule.required.contains(&field))
    }
}

/// A drawn value; references are places in a pool, which mean something within a manifest only.
#[derive(Debug, Clone)]
pub enum Drawn {
    Plain(Value),
    One(&'static str, u8),
    Many(&'static str, Vec<u8>),
    Map(Vec<(&'static Field, Self)>),
    Cf(&'static str, Vec<(u8, u8)>),
    Subscriptions(Vec<(u8, u8, u8)>),
    Items(Vec<(Value, Vec<(&'static Field, Self)>)>),
    /// Items of lists inside of lists, each in one list: a list, an item and what is said of it, as numbers.
    Listed(Vec<(u8, u8, u8)>),
    /// A value that depends on the type of the custom field.
    ByType(&'static Field, u8),
    /// A value that depends on the resource's place in the pool.
    ByPlace(&'static Field),
    /// A reference to what every organization has.
    Standing(&'static str),
    /// The pick list of the resource's place in the pool.
    OwnChoice,
    /// A text, or what it may name in its place where there is such a resource.
    Named(Value, Option<Named>),
    /// The same in a list: some texts, and what stands behind them.
    ManyNamed(Vec<Value>, Vec<Named>),
}

/// A resource that a text may name: its collection, the word for it, and its place in the pool.
pub type Named = (&'static str, &'static str, u8);

/// Whether manifests of a dialect can give a field a value that goes somewhere.
pub fn is_settable(field: &Field, dialect: Dialect) -> bool {
    match field.wire(dialect) {
        Wire::Sent { .. }
        | Wire::Switched(_)
        | Wire::Query(_)
        | Wire::InPath
        | Wire::Manual { .. } => true,
        Wire::Fixed(_) | Wire::Harmless | Wire::Refused(_) => false,
    }
}

/// Draws a field's value; none where the field's value is not drawn but follows from the name.
pub fn field(
    kind: &'static Kind,
    field: &'static Field,
    dialect: Dialect,
    later: bool,
) -> Option<BoxedStrategy<Drawn>> {
    let excluded = NOT_DRAWN.iter().any(|(collection, name, only, _)| {
        *collection == kind.collection && *name == field.name && *only == dialect
    });
    if field.naming || excluded || !is_settable(field, dialect) {
        return None;
    }
    if kind.collection == "customFields" {
        // Module and type follow from the name.
        if matches!(field.name, "module" | "type") {
            return None;
        }
        if depends_on_type(field.name) {
            return Some(
                any::<u8>()
                    .prop_map(move |at| Drawn::ByType(field, at))
                    .boxed(),
            );
        }
    }
    if kind.is_given() && field.name == "module" {
        // The fields of the system that every organization of the draws has are those of tickets.
        return Some(Just(Drawn::Plain(json!("tickets"))).boxed());
    }
    if let Some(drawn) = of_layout(field) {
        return Some(Just(drawn).boxed());
    }
    // What is fixed on creation is the same whenever the resource is drawn, and so is what only a person
    // could change.
    let by_hand = is_changed_by_hand(kind, dialect);
    if let (true, Shape::Reference(target)) = (is_fixed(field) || by_hand, field.shape) {
        return Some(Just(Drawn::Standing(target.collection)).boxed());
    }
    let is_unique = UNIQUE.contains(&(kind.collection, field.name));
    if is_unique || is_fixed(field) && settled(&field.shape, 0).is_some() {
        return Some(Just(Drawn::ByPlace(field)).boxed());
    }
    let some = shape(field)?;
    if by_hand {
        let mut runner = TestRunner::deterministic();
        let drawn = some.new_tree(&mut runner).expect("a draw").current();
        return Some(Just(drawn).boxed());
    }
    let is_switch = kind
        .enabled
        .is_some_and(|enabled| enabled.field == field.name);
    let is_manual = matches!(field.wire(dialect), Wire::Manual { .. });
    let is_needed = is_needed(kind, field, dialect);
    // A map that is cleared whole comes back as a map of nulls, which is another value today.
    let is_map = matches!(field.shape, Shape::Map(_));
    let stays = NOT_CLEARED.iter().any(|(collection, name, only, _)| {
        *collection == kind.collection && *name == field.name && *only == dialect
    });
    let clears = later
        && !(is_map || is_switch || is_manual || is_needed || stays)
        && can_be_cleared(field, dialect);
    Some(if clears {
        prop_oneof![4 => some, 1 => Just(Drawn::Plain(Value::Null))].boxed()
    } else {
        some
    })
}

/// Whether a field has one value for as long as a resource lives.
pub const fn is_fixed(field: &Field) -> bool {
    field.create_only || field.identity
}

/// Whether no request of a dialect changes what there is of a kind.
fn is_changed_by_hand(kind: &Kind, dialect: Dialect) -> bool {
    let api = kind.api(dialect);
    api.is_some_and(|api| matches!(api.change, Change::Manual(_)))
}

/// Draws a value of a shape.
fn shape(field: &'static Field) -> Option<BoxedStrategy<Drawn>> {
    let plain = |values: Vec<Value>| {
        let some = !values.is_empty();
        some.then(|| prop::sample::select(values).prop_map(Drawn::Plain).boxed())
    };
    match field.shape {
        _ if !field.refers.is_empty() => Some(text_or_named(field)),
        Shape::Text { .. }
        | Shape::Email { .. }
        | Shape::Scalar { .. }
        | Shape::Choice(_)
        | Shape::Flag => plain(values(field)),
        Shape::Integer { min, max } => {
            let most = max.min(min.saturating_add(5_000));
            Some((min..=most).prop_map(|n| Drawn::Plain(json!(n))).boxed())
        }
        Shape::Number => Some(
            (0..200_u16)
                .prop_map(|n| Drawn::Plain(json!(f64::from(n) / 2.0)))
                .boxed(),
        ),
        Shape::Reference(target) if is_of_layout(target) => {
            plain((0..4).map(|n| json!(choice_field(n))).collect())
        }
        Shape::References(target) if is_of_layout(target) => {
            let names: Vec<Value> = (0..4).map(|n| json!(choice_field(n))).collect();
            let some = prop::sample::subsequence(names, 1..=3);
            Some(some.prop_map(|names| Drawn::Plain(json!(names))).boxed())
        }
        Shape::Reference(target) => Some(
            any::<u8>()
                .prop_map(move |at| Drawn::One(target.collection, at))
                .boxed(),
        ),
        Shape::References(target) => Some(
            prop::collection::vec(any::<u8>(), 1..=at_most(field.most, 3))
                .prop_map(move |many| Drawn::Many(target.collection, many))
                .boxed(),
        ),
        // An order is that of what is drawn.
        Shape::Ranked(_) => None,
        Shape::Texts { max_items, .. } => {
            let items = values(field);
            let most = match max_items {
                0 => items.len(),
                most => items.len().min(most as usize),
            };
            (most > 0).then(|| {
                prop::sample::subsequence(items, 1..=most)
                    .prop_map(|items| Drawn::Plain(json!(items)))
                    .boxed()
            })
        }
        Shape::Date => plain(DAYS.iter().map(|day| json!(day)).collect()),
        // Which events there are depends on the dialect.
        Shape::Map(map) if map.fields.iter().all(is_present_when_empty) => Some(
            prop::collection::vec(any::<(u8, u8, u8)>(), 1..5)
                .prop_map(Drawn::Subscriptions)
                .boxed(),
        ),
        Shape::Map(map) => {
            let leaves = map.fields;
            let drawn: Vec<BoxedStrategy<Option<(&'static Field, Drawn)>>> = leaves
                .iter()
                .filter_map(|leaf| {
                    let value = shape(leaf)?.prop_map(move |drawn| (leaf, drawn));
                    Some(perhaps(leaf, value.boxed()))
                })
                .collect();
            let first = leaves
                .iter()
                .find_map(|leaf| Some(shape(leaf)?.prop_map(move |drawn| (leaf, drawn)).boxed()))?;
            Some(
                (drawn, first)
                    .prop_map(|(drawn, first)| {
                        let mut leaves: Vec<_> = drawn.into_iter().flatten().collect();
                        if leaves.is_empty() {
                            leaves.push(first);
                        }
                        Drawn::Map(leaves)
                    })
                    .boxed(),
            )
        }
        Shape::Keyed(ref keyed) => keyed_map(field, keyed),
        Shape::Items(ref items) => some_items(items),
    }
}

/// Draws a text, or a list of texts, that may name resources.
fn text_or_named(field: &'static Field) -> BoxedStrategy<Drawn> {
    let items = values(field);
    let Shape::Texts { max_items, .. } = field.shape else {
        let some = (prop::sample::select(items), prop::option::of(named(field)));
        return some
            .prop_map(|(text, named)| Drawn::Named(text, named))
            .boxed();
    };
    let most = at_most(max_items, items.len());
    let named = prop::collection::vec(named(field), 0..=at_most(max_items, 3));
    let some = (prop::sample::subsequence(items, 1..=most), named);
    let fits = move |(mut texts, named): (Vec<Value>, Vec<Named>)| {
        texts.truncate(at_most(max_items, 25) - named.len());
        Drawn::ManyNamed(texts, named)
    };
    some.prop_map(fits).boxed()
}

/// Draws a resource that a text of a field may name.
fn named(field: &Field) -> BoxedStrategy<Named> {
    let targets: Vec<(&str, &str)> = field
        .refers
        .iter()
        .map(|target| {
            (
                target.collection,
                find(target.collection).expect("a kind").word,
            )
        })
        .collect();
    (prop::sample::select(targets), any::<u8>())
        .prop_map(|((collection, word), at)| (collection, word, at))
        .boxed()
}

/// Draws a map with keys of one sort.
fn keyed_map(field: &'static Field, keyed: &'static Keyed) -> Option<BoxedStrategy<Drawn>> {
    match keyed.keys {
        _ if keyed.listed.is_some() => Some(
            prop::collection::vec(any::<(u8, u8, u8)>(), 1..6)
                .prop_map(Drawn::Listed)
                .boxed(),
        ),
        // Items by their places: as many as are drawn.
        Keys::Places => Some(
            prop::collection::vec(shape(keyed.value)?, 1..4)
                .prop_map(|items| {
                    let items = items.into_iter().enumerate();
                    let leaves = |(place, item): (usize, Drawn)| match item {
                        Drawn::Map(leaves) => (json!((place + 1).to_string()), leaves),
                        other => panic!("items are maps, and not {other:?}"),
                    };
                    Drawn::Items(items.map(leaves).collect())
                })
                .boxed(),
        ),
        Keys::Texts(_) => {
            let lists = values(keyed.value);
            let all = prop::sample::subsequence(vec!["Open", "Closed"], 1..=2);
            let some = (all, prop::sample::subsequence(lists, 1..=2));
            Some(
                some.prop_map(|(keys, items)| {
                    let map: Map<String, Value> = keys
                        .into_iter()
                        .map(|key| (key.to_owned(), json!(items)))
                        .collect();
                    Drawn::Plain(Value::Object(map))
                })
                .boxed(),
            )
        }
        Keys::Of { target, .. } if matches!(target.collection, "profiles" | "departments") => {
            let words = values(keyed.value);
            // What every organization has.
            let names = if target.collection == "profiles" {
                vec!["Support Administrator", "Agent", "Light Agent"]
            } else {
                vec!["Example Company"]
            };
            let some = 1..=names.len();
            let words = prop::collection::vec(prop::sample::select(words), names.len());
            let names = prop::sample::subsequence(names, some);
            Some(
                (names, words)
                    .prop_map(|(names, words)| {
                        let map = names.into_iter().map(str::to_owned).zip(words);
                        Drawn::Plain(Value::Object(map.collect()))
                    })
                    .boxed(),
            )
        }
        Keys::Of { .. } => {
            let module = module_of(field)?;
            Some(
                prop::collection::vec((any::<u8>(), any::<u8>()), 1..5)
                    .prop_map(move |values| Drawn::Cf(module, values))
                    .boxed(),
            )
        }
    }
}

/// Draws a leaf in each map that needs it, and in half of the others.
fn perhaps(
    leaf: &Field,
    value: BoxedStrategy<(&'static Field, Drawn)>,
) -> BoxedStrategy<Option<(&'static Field, Drawn)>> {
    if leaf.required {
        value.prop_map(Some).boxed()
    } else {
        prop::option::weighted(0.5, value).boxed()
    }
}

/// How many items are drawn of a list that may hold so many; 0 means that no limit is known.
fn at_most(limit: u32, wanted: usize) -> usize {
    match limit {
        0 => wanted,
        limit => wanted.min(limit as usize),
    }
}

/// Lets each item end after it begins, and before the next one where they are parts of one day.
fn one_after_the_other(items: &Items, drawn: &mut [(Value, Vec<(&'static Field, Drawn)>)]) {
    let Some(span) = items.span else { return };
    let time = |leaves: &[(&'static Field, Drawn)], name: &str| {
        leaves.iter().find_map(|(leaf, drawn)| match drawn {
            Drawn::Plain(Value::String(text)) if leaf.name == name => Some(text.clone()),
            _ => None,
        })
    };
    let begins: Vec<Option<String>> = drawn
        .iter()
        .map(|(key, leaves)| match key.as_str() {
            Some(key) if span.begins == items.key => Some(key.to_owned()),
            _ => time(leaves, span.begins),
        })
        .collect();
    for ((_, leaves), own) in drawn.iter_mut().zip(&begins) {
        let next = begins.iter().filter(|one| span.apart && *one > own).min();
        let (Some(own), Some(end)) = (own, time(leaves, span.ends)) else {
            continue;
        };
        let latest = next.and_then(Option::clone);
        if end <= *own || latest.as_ref().is_some_and(|latest| end > *latest) {
            let end = latest.unwrap_or_else(|| Span::MIDNIGHT.to_owned());
            for (_, drawn) in leaves.iter_mut().filter(|(leaf, _)| leaf.name == span.ends) {
                *drawn = Drawn::Plain(json!(end));
            }
        }
    }
}

/// Draws some items, each under a handle that names it.
fn some_items(items: &'static Items) -> Option<BoxedStrategy<Drawn>> {
    let key = items.fields.iter().find(|leaf| leaf.name == items.key)?;
    let keys = values(key);
    let most = keys.len().min(3);
    let others = items.fields.iter().filter(|leaf| leaf.name != items.key);
    let leaves: Vec<BoxedStrategy<Option<(&'static Field, Drawn)>>> = others
        .filter_map(|leaf| {
            let value = shape(leaf)?.prop_map(move |drawn| (leaf, drawn));
            Some(perhaps(leaf, value.boxed()))
        })
        .collect();
    let keys = prop::sample::subsequence(keys, 1..=most);
    let all = (keys, prop::collection::vec(leaves, most));
    Some(
        all.prop_map(|(keys, leaves)| {
            let leaves = leaves.into_iter();
            let drawn = keys.into_iter().zip(leaves);
            let mut drawn: Vec<_> = drawn
                .map(|(key, leaves)| (key, leaves.into_iter().flatten().collect()))
                .collect();
            one_after_the_other(items, &mut drawn);
            Drawn::Items(drawn)
        })
        .boxed(),
    )
}

/// A pick list of tickets that every organization of the draws has, one for each place in the pool.
pub fn choice_field(n: u8) -> String {
    format!("choice_{n}")
}

/// The layout of tickets that every organization has.
fn standard_layout() -> Value {
    json!({"lookup": {"layoutName": "Default", "module": "tickets"}})
}

/// What a scope says of the layout that every organization has: the layout, one of its fields, or the field
/// of the resource's place in the pool.
pub fn of_layout(field: &Field) -> Option<Drawn> {
    let Shape::Reference(target) = field.shape else {
        return None;
    };
    match field.name {
        _ if !field.identity => None,
        "layout" => Some(Drawn::Plain(standard_layout())),
        "parent" if is_of_layout(target) => Some(Drawn::Plain(json!("status"))),
        _ => is_of_layout(target).then_some(Drawn::OwnChoice),
    }
}

/// Whether a target is a field of the layout that the drawn resource lies below.
fn is_of_layout(target: deskform::kind::Target) -> bool {
    matches!(target.within, deskform::kind::Within::As(..))
}

/// Days that a field is drawn from.
const DAYS: &[&str] = &["2027-01-01", "2027-06-30", "2028-02-29"];

/// Whether a leaf is a map that is there although nothing is in it, such as an event.
fn is_present_when_empty(leaf: &Field) -> bool {
    matches!(leaf.shape, Shape::Map(map) if map.null == Null::Empty)
}

/// The module whose custom fields are the keys of a map.
fn module_of(field: &Field) -> Option<&'static str> {
    match field.shape {
        Shape::Keyed(keyed) => match keyed.keys {
            Keys::Of { target, .. } => match target.within {
                deskform::kind::Within::Fixed(_, module) => Some(module),
                _ => None,
            },
            Keys::Texts(_) | Keys::Places => None,
        },
        _ => None,
    }
}

/// The system fields of a module in the simulator: name, choices, and whether one stays in every layout.
pub fn system_fields(module: &str) -> &'static [(&'static str, &'static [&'static str], bool)] {
    match module {
        "tickets" => &[
            ("subject", &[], true),
            ("status", &["Open", "Waiting", "Closed"], false),
            ("dueDate", &[], false),
            ("description", &[], false),
        ],
        "contacts" => &[
            ("lastName", &[], true),
            ("firstName", &[], false),
            ("email", &[], false),
            ("phone", &[], false),
        ],
        "accounts" => &[
            ("accountName", &[], true),
            ("website", &[], false),
            ("industry", &["Health", "Energy"], false),
        ],
        _ => &[],
    }
}

/// The section that a layout of a module has from the beginning.
pub fn standard_section(module: &str) -> &'static str {
    match module {
        "tickets" => "Ticket Information",
        "contacts" => "Contact Information",
        "accounts" => "Account Information",
        _ => "Information",
    }
}

/// The values that a field, or an item of its list, is drawn from, where they are few.
fn values(field: &Field) -> Vec<Value> {
    match field.shape {
        Shape::Flag => vec![json!(true), json!(false)],
        Shape::Choice(words) => words.iter().map(|word| json!(word)).collect(),
        Shape::Texts { choices, .. } if !choices.is_empty() => {
            choices.iter().map(|word| json!(word)).collect()
        }
        _ => texts(field),
    }
}

/// The texts that fit a field.
fn texts(field: &Field) -> Vec<Value> {
    // It names items of a list beside it, which has one at least.
    if field.alike == Alike::Expression {
        return vec![json!("1"), json!("( 1 )")];
    }
    // It is a tree of JSON in a text.
    if field.shown_without().is_some() {
        return vec![json!("[]"), json!(r#"[{"name":"Plain words"}]"#)];
    }
    let (min, max, pattern) = match field.shape {
        Shape::Text { min, max, pattern } => (min, max, pattern),
        Shape::Email { max, pattern } => (1, max, Some(pattern)),
        Shape::Texts { max, pattern, .. } => (1, max, pattern),
        Shape::Scalar { max } => (1, max, None),
        _ => return Vec::new(),
    };
    let most = [max, field.update_max.unwrap_or_default()]
        .into_iter()
        .filter(|most| *most > 0)
        .min();
    let mut schema = json!({"minLength": min.max(1)});
    if let Some(most) = most {
        schema["maxLength"] = json!(most);
    }
    if let Some(pattern) = pattern {
        schema["pattern"] = json!(pattern.regex);
    }
    let fits = jsonschema::options()
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(&schema)
        .expect("a schema");
    TEXTS
        .iter()
        .map(|text| json!(text))
        .filter(|text| fits.is_valid(text))
        .filter(|text| {
            let excluded = |(name, no, _): &(&str, &str, &str)| *name == field.name && text == no;
            !NO_TEXTS.iter().any(excluded)
        })
        .take(TAKEN)
        .collect()
}

/// A value that follows from a number, of the shapes that have such values.
pub fn settled(shape: &Shape, n: u8) -> Option<Value> {
    match *shape {
        Shape::Flag => Some(json!(n.is_multiple_of(2))),
        Shape::Choice(words) => Some(json!(words[usize::from(n) % words.len()])),
        Shape::Integer { min, max } => Some(json!(max.min(min.saturating_add(i64::from(n))))),
        Shape::Map(map) => {
            let body: Option<Map<String, Value>> = map
                .fields
                .iter()
                .map(|leaf| Some((leaf.name.to_owned(), settled(&leaf.shape, n)?)))
                .collect();
            body.map(Value::Object)
        }
        Shape::Text { .. }
        | Shape::Email { .. }
        | Shape::Scalar { .. }
        | Shape::Number
        | Shape::Reference(_)
        | Shape::References(_)
        | Shape::Ranked(_)
        | Shape::Texts { .. }
        | Shape::Date
        | Shape::Keyed(_)
        | Shape::Items(_) => None,
    }
}

/// The value of a field that follows from a place in the pool.
pub fn by_place(field: &Field, n: u8) -> Value {
    settled(&field.shape, n).unwrap_or_else(|| json!(url(n)))
}

/// An address of its own for each place in the pool.
pub fn url(n: u8) -> String {
    format!("https://hooks.example.com/zoho/{n}")
}

/// A text that a field can be given behind deskform's back.
pub fn some_text(field: &Field) -> Option<Value> {
    texts(field).into_iter().next()
}

/// The modules whose custom fields records have, in a dialect.
pub fn modules(dialect: Dialect) -> Vec<&'static str> {
    registry::kinds(dialect)
        .flat_map(|kind| kind.fields)
        .filter(|field| is_settable(field, dialect))
        .flat_map(|field| {
            let leaves = match field.shape {
                Shape::Map(map) => map.fields,
                _ => &[],
            };
            std::iter::once(field).chain(leaves)
        })
        .filter_map(module_of)
        .collect()
}

/// The names of objects of a kind that every organization has from the beginning.
pub fn seeds(collection: &'static str, dialect: Dialect) -> Vec<String> {
    type Names = Vec<(&'static str, Vec<String>)>;
    static SEEDS: OnceLock<[Names; 2]> = OnceLock::new();
    let all = SEEDS.get_or_init(|| [O, G].map(all_seeds));
    let n = usize::from(dialect == G);
    all[n]
        .iter()
        .find(|(kind, _)| *kind == collection)
        .map(|(_, names)| names.clone())
        .unwrap_or_default()
}

/// A new simulator, with an SLA in each of its organizations where no request makes one: what needs an
/// SLA looks it up. Each has a skill type, an account and a support plan besides: what lies below one or
/// keeps the one that it was made with looks it up as well, and so does what lies below the root category
/// of its knowledge base or in a folder of templates. So does what needs an agent, of whom those
/// that act have an address of their own in each.
pub fn simulator(settings: Settings) -> Simulator {
    let mut simulator = Simulator::new(settings);
    let settings = simulator.settings().clone();
    if settings.dialect == O {
        for seed in settings.organizations {
            let organization = simulator.organization_mut(&seed.id).expect("it");
            let department = organization.objects("departments")[0]["id"].clone();
            for engine in ["AUTOMATION_STUDIO", "MACRO"] {
                for module in ["tickets", "contacts"] {
                    organization.insert("ruleGroups", rule_group(engine, module, &department));
                }
            }
            let talents = json!({"name": "Talents", "departmentId": department});
            organization.insert("skillTypes", talents);
            let sla = organization.insert("slas", json!({"name": "Gold", "isActive": true}));
            organization.insert("accounts", json!({"accountName": "Customer"}));
            let agent = json!({"emailId": "colleague@example.com", "firstName": "Col", "lastName": "League",
                "rolePermissionType": "AgentPublic", "roleId": null, "profileId": null,
                "associatedDepartmentIds": [department], "status": "ACTIVE", "isConfirmed": true});
            organization.insert("agents", agent);
            let plan = json!({"name": "Premium", "department": {"id": department}, "sla": {"id": sla},
                "supportType": "UNLIMITED_SUPPORT", "status": "ACTIVE"});
            organization.insert("supportPlans", plan);
            // Fields of the system: they take no room from custom fields.
            for n in 0..60 {
                let name = choice_field(n);
                let field = json!({"module": "tickets", "name": name, "apiName": name,
                    "displayLabel": format!("Choice {n}"), "i18NLabel": format!("Choice {n}"),
                    "type": "Picklist", "isCustomField": false, "pickListValues": []});
                organization.insert("fields", field);
            }
            let center = organization.objects("helpCenters")[0]["id"].clone();
            let guides = json!({"name": "Guides", "description": null, "helpcenterId": center,
                "primaryDepartmentId": department, "status": "SHOW_IN_HELPCENTER", "isTrashed": false});
            organization.insert("kbRootCategories", guides);
            let all = json!({"type": "allAgents", "agents": [], "teams": [], "roles": [],
                "rolesAndSubordinates": []});
            let folder = json!({"folderName": "General", "departmentId": department,
                "folderDesc": null, "folderAccessDetails": all, "category": "CUSTOM_FOLDER"});
            organization.insert("templateFolders", folder);
            // Their definitions are read where business hours name them.
            let hours = organization.objects("businessHours")[0]["id"].clone();
            organization.insert(
                "relatedRules",
                json!({"businessHourId": hours, "ruleId": sla, "ruleName": "Gold", "ruleType": "SLA"}),
            );
        }
    }
    recorded::record(&mut simulator);
    simulator
}

/// A rule group that a person made.
fn rule_group(engine: &str, module: &str, department: &Value) -> Value {
    json!({"name": format!("{engine} of {module}"), "description": null, "engine": {"id": "3", "systemName": engine},
        "module": {"id": "4", "apiName": module}, "departmentProperties": [{"id": department,
            "ruleGroupStatus": "ACTIVE", "ruleGroupOrder": "1", "ruleGroupExecutionType": "SYNC"}],
        "events": [{"sysName": format!("{module}_create")}], "rules": []})
}

fn all_seeds(dialect: Dialect) -> Vec<(&'static str, Vec<String>)> {
    let ids = ["700001", "700002"];
    let simulator = simulator(Settings {
        dialect,
        organizations: ids.iter().map(|id| OrganizationSeed::new(*id)).collect(),
        ..Settings::default()
    });
    KINDS
        .iter()
        .map(|kind| {
            let place = registry::kept_in(kind, dialect);
            let names = |id: &str| -> Vec<String> {
                if kind.api(dialect).is_none() {
                    return LOOKED_UP
                        .iter()
                        .filter(|(collection, spoken, _)| {
                            *collection == kind.collection && *spoken == dialect
                        })
                        .map(|(.., name)| (*name).to_owned())
                        .collect();
                }
                let key = registry::key(kind.naming_field(), dialect);
                let organization = simulator.organization(id).expect("it");
                organization
                    .objects(place)
                    .iter()
                    .filter_map(|object| object[key].as_str().map(str::to_owned))
                    .collect()
            };
            let there: BTreeSet<String> = names(ids[1]).into_iter().collect();
            let mut both = names(ids[0]);
            both.retain(|name| there.contains(name));
            both.dedup();
            (kind.collection, both)
        })
        .collect()
}

/// Subscriptions to some events, each with some of the filters that it takes.
///
/// `departments` names departments for a filter.
pub fn subscriptions(
    events: &[(u8, u8, u8)],
    dialect: Dialect,
    departments: impl Fn(u8) -> Option<String>,
) -> Value {
    let mut map = Map::new();
    for (event, at, bits) in events {
        match dialect {
            Dialect::Openapi => {
                let event = &EVENTS[usize::from(*event) % EVENTS.len()];
                let mut filter = Map::new();
                let Shape::Map(taken) = event.shape else {
                    panic!("an event is a map of filters");
                };
                for (n, leaf) in taken.fields.iter().enumerate() {
                    if bits >> n & 1 == 0 {
                        continue;
                    }
                    let value = match leaf.name {
                        "departments" => departments(*at).map(|handle| json!([handle])),
                        "includePrevState" => Some(json!(at.is_multiple_of(2))),
                        "fields" => Some(Value::from(
                            &["status", "assigneeId"][..=usize::from(at % 2)],
                        )),
                        "direction" => Some(Value::from(["in", "out"][usize::from(at % 2)])),
                        other => panic!("no filter is drawn for `{other}`: add it here"),
                    };
                    filter.extend(value.map(|value| (leaf.name.to_owned(), value)));
                }
                let filter = if filter.is_empty() && bits % 3 == 0 {
                    Value::Null
                } else {
                    Value::Object(filter)
                };
                map.insert(event.name.to_owned(), filter);
            }
            Dialect::Guide => {
                let (_, event, field) = GUIDE_EVENTS[usize::from(*event) % GUIDE_EVENTS.len()];
                let filter = match field {
                    None => json!({}),
                    Some(field) if bits.is_multiple_of(2) => json!({"fields": [field]}),
                    Some(_) => json!({"fields": ["assigneeId", "status"]}),
                };
                map.insert(event.to_owned(), filter);
            }
        }
    }
    Value::Object(map)
}

/// Whether a resource of a kind can be made from its name and simple values alone.
pub fn simple_fields(kind: &'static Kind, dialect: Dialect) -> Option<Vec<&'static Field>> {
    let needed: Vec<&Field> = kind
        .fields
        .iter()
        .filter(|field| is_needed(kind, field, dialect) && !field.naming)
        .collect();
    let is_simple = |field: &&'static Field| {
        !field.identity && matches!(field.shape, Shape::Text { .. } | Shape::Flag)
    };
    let is_unique = UNIQUE
        .iter()
        .any(|(collection, _)| *collection == kind.collection);
    (!is_unique && needed.iter().all(is_simple)).then_some(needed)
}

/// Whether a declaration of a new resource must have a field.
pub fn is_needed(kind: &Kind, field: &Field, dialect: Dialect) -> bool {
    let on_create = kind
        .api(dialect)
        .map_or(&[][..], |api| api.required_on_create);
    let is_drawn = !NOT_DRAWN.iter().any(|(collection, name, only, _)| {
        *collection == kind.collection && *name == field.name && *only == dialect
    });
    is_settable(field, dialect)
        && (field.required
            || on_create.contains(&field.name)
            || is_drawn && (is_changed_by_hand(kind, dialect) || kind.is_check()))
}

/// The kind of a collection that is in the registry.
pub fn known(collection: &str) -> &'static Kind {
    find(collection).expect("a kind")
}
