//! Random manifests and random organizations, drawn so that every one of them can be applied.
//!
//! Every kind of the registry that a dialect has is drawn, with every field that can be set there.
//! Resources come from small pools of names, so that two manifests drawn one after the other
//! share some: what one of them leaves behind is what the other one finds, matching, partly
//! matching or unknown to it.

#![expect(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    reason = "a module of several test binaries, each of which uses a part of it"
)]

#[path = "members.rs"]
pub mod members;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use deskform::dialect::{Dialect, Edition};
use deskform::kind::removal::Chosen;
use deskform::kind::rules::Rule;
use deskform::kind::{
    Api, Create, Encoding, Field, Form, Kind, ORDER, Removal, Shape, Switch, Wire, scopes,
};
use deskform::manifest::Sources;
use deskform::simulator::Organization;
use deskform::yaml::source::Source;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use members::{has_tombstone, has_words};

use super::registry::{self, kept_in};
use super::shapes::{self, Drawn, ONE_ONLY, STANDING, Type, known, together, url};

/// Names in the pool of each kind.
const POOL: u8 = 12;
/// Kinds that a manifest holds on average, in hundredths, however many there are.
const KINDS_AT_ONCE: u32 = 640;

/// Kinds of which fewer are drawn: resources at most, and names, with the reason.
const FEWER: &[(&str, Option<Dialect>, u8, u8)] = &[
    // An organization has twenty webhooks at most, and those by hand count as well.
    ("webhooks", None, 7, 8),
    // Each of them is a step done by hand.
    ("slas", Some(Dialect::Openapi), 2, POOL),
    ("ruleGroups", None, 2, POOL),
    // A layout has room for ten of them, and those by hand count as well.
    ("dependencyMappings", None, 5, 6),
];

/// Kinds of which organizations of a lower edition have hardly anything.
const EDITIONS: &[(&str, Edition)] = &[
    ("webhooks", Edition::Professional),
    ("directAssignmentRules", Edition::Enterprise),
    ("businessHours", Edition::Enterprise),
    ("holidayLists", Edition::Enterprise),
];

/// Values inside of others that go together with more than the draws know: the kind, the list by places
/// and what is taken out of its items, with the reason.
const BESIDE: &[(&str, &str, &[&str], &str)] = &[(
    "directAssignmentRules",
    "targets",
    &["agent", "team"],
    "an agent belongs to the department and to the team, and the team to the department",
)];

/// Kinds of which no object comes by itself with little more than a name, with the reason.
const NOT_APPEARING: &[(&str, &str)] =
    &[("roles", "a role that reports to none is the first of all")];

/// What `lifecycle` may say of a kind, with a value.
const LIFECYCLES: &[(&str, &str, &str)] = &[
    ("contacts", "createOnly", "true"),
    ("accounts", "ignoreChanges", r#"["phone"]"#),
];

/// The value of a secret variable that some URLs hold.
pub const SECRET: (&str, &str) = ("HOOK_KEY", "s3cr3t-value");

#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are drawn independently of each other"
)]
struct Resource {
    fields: Vec<(&'static Field, Drawn)>,
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
    /// Which type of custom fields the first name of the pool has.
    turn: u8,
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
    let all: Vec<&'static Kind> = registry::kinds(dialect).collect();
    let count = u32::try_from(all.len()).expect("few kinds");
    let present = (KINDS_AT_ONCE / count).min(80);
    let kinds: Vec<BoxedStrategy<BTreeMap<u8, Resource>>> = all
        .iter()
        .map(|kind| {
            let (most, pool) = FEWER
                .iter()
                .find(|(collection, only, ..)| {
                    *collection == kind.collection && only.is_none_or(|only| only == dialect)
                })
                .map_or((POOL, POOL), |(.., most, pool)| (*most, *pool));
            let most = usize::from(most.min(resources));
            let resource = resource(kind, dialect, later);
            prop_oneof![
                100 - present => Just(BTreeMap::new()),
                present => prop::collection::btree_map(0..pool.min(names), resource, 0..=most),
            ]
            .boxed()
        })
        .collect();
    let removed = prop::collection::btree_set(
        (0..all.len(), 0..names),
        0..if later { usize::from(names) + 2 } else { 1 },
    );
    (kinds, removed)
        .prop_map(move |(drawn, removed)| {
            let kinds: BTreeMap<_, _> = all.iter().map(|kind| kind.collection).zip(drawn).collect();
            let removed = removed
                .into_iter()
                .filter_map(|(kind, n)| Some((*all.get(kind)?, n)))
                .filter(|(kind, n)| {
                    let collection = kind.collection;
                    let declared = kinds.get(collection).is_some_and(|all| all.contains_key(n));
                    let stays = kind
                        .api(dialect)
                        .is_none_or(|api| api.removal == Removal::Never);
                    !declared && !stays && has_tombstone(kind) && !is_standing(collection, *n)
                })
                .map(|(kind, n)| (kind.collection, n))
                .collect();
            Manifest {
                dialect,
                kinds,
                removed,
                turn: 0,
            }
        })
        .boxed()
}

/// Manifests of the kinds of a dialect that some manifests leave out, as they are before and as
/// they are wanted: of each kind some resources are made, some change and one is removed.
///
/// Always the same ones. What only a person can make is left out.
pub fn rest(dialect: Dialect, declared: &[&str]) -> [Manifest; 2] {
    let seed = [7; 32];
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut times = [const { BTreeMap::new() }; 2];
    let mut removed = BTreeSet::new();
    for kind in registry::kinds(dialect) {
        let collection = kind.collection;
        let by_hand = kind
            .api(dialect)
            .is_none_or(|api| matches!(api.create, Create::Manual(_) | Create::Never))
            && !kind.is_given();
        if by_hand || is_declared(collection, declared) {
            continue;
        }
        let strategy = resource(kind, dialect, false);
        // What there is one of is there twice, with another value of some field.
        let mut before: Option<Resource> = None;
        for (time, places) in times.iter_mut().zip([51..54, 52..55]) {
            let mut draw = || {
                let drawn = strategy.new_tree(&mut runner).expect("a draw").current();
                Resource {
                    fields: drawn.fields,
                    ..Resource::default()
                }
            };
            let resources: BTreeMap<u8, Resource> = if kind.only_name().is_some() {
                let mut one = draw();
                // Before it says something, and afterwards something else of the same.
                let says = |one: &Resource| match &before {
                    None => !plain_fields(kind, one).is_empty(),
                    Some(old) => changes_some(kind, old, one),
                };
                while !says(&one) {
                    one = draw();
                }
                before = Some(one.clone());
                BTreeMap::from([(51, one)])
            } else {
                places.map(|n| (n, draw())).collect()
            };
            time.insert(collection, resources);
        }
        let stays = |api: &Api| api.removal == Removal::Never;
        if has_tombstone(kind) && !kind.api(dialect).is_some_and(stays) {
            removed.insert((collection, 51));
        }
    }
    let [before, after] = times;
    let manifest = |kinds, removed| Manifest {
        dialect,
        kinds,
        removed,
        turn: 0,
    };
    [manifest(before, BTreeSet::new()), manifest(after, removed)]
}

/// The fields that stay whatever the others are, with what they were given.
fn plain_fields<'r>(kind: &Kind, resource: &'r Resource) -> BTreeMap<&'static str, &'r Drawn> {
    let fields = resource.fields.iter();
    let stays = |field: &Field| {
        !field.identity && !together(kind).any(|rule| rule.fields.contains(&field.name))
    };
    let fields = fields.filter(|(field, _)| stays(field));
    fields.map(|(field, drawn)| (field.name, drawn)).collect()
}

/// Whether a resource gives some field another value than before.
fn changes_some(kind: &Kind, before: &Resource, after: &Resource) -> bool {
    let old = plain_fields(kind, before);
    let new = plain_fields(kind, after);
    new.iter().any(|(name, new)| {
        let old = old.get(name);
        old.is_some_and(|old| format!("{old:?}") != format!("{new:?}"))
    })
}

/// Whether one of some manifests declares a collection.
pub fn is_declared(collection: &str, texts: &[&str]) -> bool {
    let line = format!("{collection}:");
    texts
        .iter()
        .flat_map(|text| text.lines())
        .any(|one| one.starts_with(&line))
}

/// Draws what happens behind deskform's back.
pub fn changes(dialect: Dialect) -> impl Strategy<Value = Vec<Change>> {
    let kind = prop::sample::select(
        registry::kinds(dialect)
            .map(|kind| kind.collection)
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

fn resource(kind: &'static Kind, dialect: Dialect, later: bool) -> BoxedStrategy<Resource> {
    let some_type_needs = |field: &Field| {
        shapes::types(dialect)
            .iter()
            .any(|one| one.needs(field.name))
    };
    let fields: Vec<BoxedStrategy<Option<(&'static Field, Drawn)>>> = kind
        .fields
        .iter()
        .filter_map(|field| {
            let value =
                shapes::field(kind, field, dialect, later)?.prop_map(move |drawn| (field, drawn));
            let needed = shapes::is_needed(kind, field, dialect)
                || shapes::is_fixed(field)
                // It is taken away again where it stands beside another word. A reference that is
                // lacking is made up later.
                || !matches!(field.shape, Shape::Reference(_))
                    && together(kind).any(|rule| rule.fields.contains(&field.name))
                || kind.collection == "customFields" && some_type_needs(field);
            Some(if needed {
                value.prop_map(Some).boxed()
            } else {
                prop::option::weighted(0.35, value).boxed()
            })
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

/// Whether every organization has a resource of the pool.
fn is_standing(kind: &str, n: u8) -> bool {
    n == 0 && STANDING.iter().any(|(standing, _)| *standing == kind)
}

/// The first names of the pools that every organization has.
pub fn standing() -> impl Iterator<Item = &'static str> {
    STANDING.iter().map(|(kind, _)| *kind)
}

/// The name of a resource of the pool.
pub fn name(kind: &str, n: u8) -> String {
    if let Some((_, name)) = STANDING
        .iter()
        .find(|(standing, _)| n == 0 && *standing == kind)
    {
        return (*name).to_owned();
    }
    let kind = known(kind);
    if let Some(name) = kind.fixed_name() {
        return name.to_owned();
    }
    if kind.is_given() {
        // It names a field of the system.
        return shapes::choice_field(n);
    }
    match kind.naming_field().shape {
        Shape::Email { .. } => format!("{}{n}@example.com", kind.singular.replace(' ', "-")),
        _ => {
            let (first, rest) = kind.singular.split_at(1);
            format!("{}{rest} {n}", first.to_uppercase())
        }
    }
}

impl Manifest {
    /// The same without the kinds that organizations of an edition hardly have.
    pub fn fit_for(mut self, edition: Edition) -> Self {
        for (kind, from) in EDITIONS {
            if edition < *from {
                self.kinds.remove(kind);
                self.removed.retain(|(removed, _)| removed != kind);
            }
        }
        self
    }

    /// The same with other types of custom fields; what is to be compared takes the same turn.
    pub fn turned(mut self, turn: u8) -> Self {
        self.turn = turn;
        self
    }

    /// The same without what is made and never compared again, though its creation may end
    /// halfway: nothing but a ledger could tell the next run.
    pub fn without_loose_ends(mut self) -> Self {
        for (kind, resources) in &mut self.kinds {
            // What moves in parts is at both places when its run ends halfway.
            let is_parted = known(kind)
                .api(self.dialect)
                .is_some_and(|api| api.grouping().is_some());
            if is_parted {
                for resource in resources.values_mut() {
                    resource.other = false;
                }
            }
            if !LIFECYCLES
                .iter()
                .any(|(of, key, _)| of == kind && *key == "createOnly")
            {
                continue;
            }
            for resource in resources.values_mut() {
                let is_loose = |(_, drawn): &(&Field, Drawn)| {
                    matches!(drawn, Drawn::Plain(Value::Null) | Drawn::Cf(..))
                };
                if resource.fields.iter().any(is_loose) {
                    resource.lifecycle = 0;
                }
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

    /// The same without removals of what lies below others of an earlier manifest that this one does not name: a
    /// run without a ledger leaves these, and Zoho Desk may refuse the removal.
    pub fn without_removals_of_the_held(mut self, before: &Self) -> Self {
        for (kind, resources) in &before.kinds {
            for (n, resource) in resources {
                if self.declares(kind, *n) || self.removed.contains(&(*kind, *n)) {
                    continue;
                }
                for (_, drawn) in &resource.fields {
                    if let Drawn::One(target, at) = drawn {
                        let below = if kind == target { *n } else { u8::MAX };
                        let held = before.pick(target, *at, below);
                        held.map(|held| self.removed.remove(&(*target, held)));
                    }
                }
            }
        }
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

    /// Whether a resource says that it is in use, or that it is not.
    fn may_be_off(&self, kind: &'static str, n: u8) -> bool {
        let switch = known(kind).enabled.map(|enabled| enabled.field);
        self.get(kind, n).is_some_and(|one| {
            one.fields
                .iter()
                .any(|(field, _)| Some(field.name) == switch)
        })
    }

    fn get(&self, kind: &str, n: u8) -> Option<&Resource> {
        self.kinds.get(kind)?.get(&n)
    }

    fn handle(&self, kind: &str, n: u8) -> String {
        match self.get(kind, n) {
            // There it is the only handle.
            _ if known(kind).only_name().is_some() && !has_parts(known(kind)) => name(kind, n),
            _ if has_parts(known(kind)) => format!("f{n}"),
            Some(resource) if resource.handle => format!("{kind}-{n}"),
            Some(resource) => self.name(kind, n, resource),
            None => name(kind, n),
        }
    }

    fn renames(&self, kind: &str, n: u8, resource: &Resource) -> bool {
        let known = known(kind);
        let can = known
            .api(self.dialect)
            .is_some_and(|api| api.update.is_some())
            && !known.fixes(known.naming_field(), self.dialect)
            && matches!(known.naming_field().wire(self.dialect), Wire::Sent { .. });
        resource.renamed && can && !is_standing(kind, n)
    }

    fn name(&self, kind: &str, n: u8, resource: &Resource) -> String {
        let name = name(kind, n);
        if !self.renames(kind, n, resource) {
            name
        } else if name.contains('@') {
            format!("new.{name}")
        } else {
            format!("{name} anew")
        }
    }

    /// The module of a custom field of the pool.
    fn module(&self, n: u8) -> &'static str {
        let modules = shapes::modules(self.dialect);
        modules[usize::from(n) % modules.len()]
    }

    /// The type of a custom field of the pool.
    fn type_of(&self, n: u8) -> &'static Type {
        let types = shapes::types(self.dialect);
        types[usize::from(n.wrapping_add(self.turn)) % types.len()]
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

    /// A reference to what is declared, or else to what every organization has.
    fn reference(&self, kind: &str, n: u8, target: &'static str, at: u8) -> Option<Value> {
        // What refers to its like refers to one that comes before it, so that there is no circle.
        let below = if kind == target { n } else { u8::MAX };
        let found = self.pick(target, at, below);
        if let Some(found) = found.filter(|_| !has_words(known(target))) {
            return Some(json!(self.handle(target, found)));
        }
        let seeds = shapes::seeds(target, self.dialect);
        // What manifests manage may be called otherwise tomorrow, but for the first of them.
        let among = if known(target).managed {
            1
        } else {
            seeds.len().max(1)
        };
        let name = seeds.get(usize::from(at) % among)?;
        Some(json!({"lookup": name}))
    }

    /// What a text names, as a map with the word of its kind.
    fn named(&self, kind: &str, n: u8, (target, word, at): shapes::Named) -> Option<Value> {
        let reference = self.reference(kind, n, target, at)?;
        Some(json!({ word: reference }))
    }

    /// Sections of a layout: fields of the system, of which some are taken out, and custom fields of the
    /// same module, each in one section.
    fn listed(&self, kind: &str, n: u8, items: &[(u8, u8, u8)]) -> Option<Value> {
        let module = known(kind).field("module").expect("its module");
        let module = shapes::by_place(module, n);
        let module = module.as_str().expect("a word");
        let mut fields: Vec<(String, &[&str], bool)> = shapes::system_fields(module)
            .iter()
            .map(|(name, values, stays)| ((*name).to_owned(), *values, *stays))
            .collect();
        let custom = self.kinds.get("customFields").into_iter().flatten();
        for (other, _) in custom.filter(|(other, _)| self.module(**other) == module) {
            let is_list = matches!(self.type_of(*other).name, "Picklist" | "Multiselect");
            let values: &[&str] = if is_list {
                &["EMEA", "APAC", "AMER"]
            } else {
                &[]
            };
            fields.push((self.handle("customFields", *other), values, true));
        }
        let names = [shapes::standard_section(module), "More", "Zürich, third"];
        let mut sections = Map::new();
        let mut seen = BTreeSet::new();
        for (section, at, bits) in items {
            let Some((name, values, stays)) = fields.get(usize::from(*at) % fields.len().max(1))
            else {
                continue;
            };
            if !seen.insert(name.clone()) {
                continue;
            }
            let mut item = Map::new();
            if bits & 1 == 1 {
                item.insert("isMandatory".to_owned(), json!(bits & 2 == 2));
            }
            if !values.is_empty() && bits & 4 == 4 {
                let count = 1 + usize::from(bits >> 6) % values.len();
                let mut values = values[..count].to_vec();
                if bits & 8 == 8 {
                    values.reverse();
                }
                item.insert("defaultValue".to_owned(), json!(values[0]));
                item.insert("values".to_owned(), json!(values));
            }
            let item = if !stays && bits & 0x30 == 0x30 {
                Value::Null
            } else {
                Value::Object(item)
            };
            let section = names[usize::from(*section) % names.len()];
            let lists = sections
                .entry(section)
                .or_insert_with(|| json!({"fields": {}}));
            lists["fields"][name] = item;
        }
        (!sections.is_empty()).then_some(Value::Object(sections))
    }

    fn value(&self, kind: &str, n: u8, drawn: &Drawn) -> Option<Value> {
        Some(match drawn {
            Drawn::Plain(value) => value.clone(),
            Drawn::ByType(field, at) => return self.type_of(n).value(field, *at, n),
            Drawn::ByPlace(field) => shapes::by_place(field, n),
            Drawn::Standing(target) => {
                json!({"lookup": shapes::seeds(target, self.dialect).first()?})
            }
            Drawn::OwnChoice => json!(shapes::choice_field(n)),
            Drawn::One(target, at) => return self.reference(kind, n, target, *at),
            Drawn::Many(target, places) => {
                let mut found: Vec<Value> = Vec::new();
                for at in places {
                    let reference = self.reference(kind, n, target, *at)?;
                    if !found.contains(&reference) {
                        found.push(reference);
                    }
                }
                json!(found)
            }
            Drawn::Named(text, named) => {
                let named = named.and_then(|named| self.named(kind, n, named));
                named.unwrap_or_else(|| text.clone())
            }
            Drawn::ManyNamed(texts, places) => {
                let mut found = texts.clone();
                for named in places {
                    if let Some(named) = self.named(kind, n, *named)
                        && !found.contains(&named)
                    {
                        found.push(named);
                    }
                }
                json!(found)
            }
            Drawn::Map(leaves) => {
                let leaves: Map<String, Value> = leaves
                    .iter()
                    .filter_map(|(leaf, drawn)| {
                        Some((leaf.name.to_owned(), self.value(kind, n, drawn)?))
                    })
                    .collect();
                if leaves.is_empty() {
                    return None;
                }
                Value::Object(leaves)
            }
            Drawn::Items(items) => {
                let items: Map<String, Value> = items
                    .iter()
                    .map(|(key, leaves)| {
                        let item = self.value(kind, n, &Drawn::Map(leaves.clone()));
                        let key = key.as_str().unwrap_or_default().to_owned();
                        (key, item.unwrap_or_else(|| json!({})))
                    })
                    .collect();
                Value::Object(items)
            }
            Drawn::Listed(items) => return self.listed(kind, n, items),
            Drawn::Cf(module, values) => {
                let mut cf = Map::new();
                for (at, word) in values {
                    let Some(found) = self
                        .pick("customFields", *at, POOL)
                        .filter(|found| self.module(*found) == *module)
                    else {
                        continue;
                    };
                    let words = self.type_of(found).values;
                    if words.is_empty() {
                        continue;
                    }
                    // The openapi dialect has no way to clear one.
                    let choices = words.len() + usize::from(self.dialect == Dialect::Guide);
                    let value = words
                        .get(usize::from(*word) % choices)
                        .map_or(Value::Null, |word| json!(word));
                    cf.insert(self.handle("customFields", found), value);
                }
                if cf.is_empty() {
                    return None;
                }
                Value::Object(cf)
            }
            Drawn::Subscriptions(events) => shapes::subscriptions(events, self.dialect, |at| {
                let found = self.pick("departments", at, POOL)?;
                Some(self.handle("departments", found))
            }),
        })
    }

    /// The values of a resource's fields, as far as they go together.
    fn values(&self, kind: &'static str, n: u8, resource: &Resource) -> Map<String, Value> {
        let mut values: Map<String, Value> = resource
            .fields
            .iter()
            .filter_map(|(field, drawn)| Some((field.name.to_owned(), self.value(kind, n, drawn)?)))
            .collect();
        if is_standing(kind, n)
            && let Some(enabled) = known(kind).enabled
        {
            // What every organization has stays in use.
            values.remove(enabled.field);
        }
        self.fit_members(known(kind), resource, &mut values);
        for (_, list, without, _) in BESIDE.iter().filter(|(of, ..)| *of == kind) {
            let items = values.get_mut(*list).and_then(Value::as_object_mut);
            for item in items.into_iter().flat_map(|items| items.values_mut()) {
                if let Value::Object(item) = item {
                    item.retain(|name, _| !without.contains(&name.as_str()));
                }
            }
        }
        for (_, field) in ONE_ONLY.iter().filter(|(of, _)| *of == kind) {
            if n != 0 && values.get(*field) == Some(&json!(true)) {
                values.remove(*field);
            }
        }
        for rule in known(kind).rules {
            let Rule::InMap(name, rule) = rule else {
                continue;
            };
            let map = values.get_mut(*name).and_then(Value::as_object_mut);
            let Some(map) = map else { continue };
            let word = map.get(rule.with).and_then(Value::as_str);
            if !word.is_some_and(|word| rule.is.contains(&word)) {
                map.retain(|leaf, _| !rule.fields.contains(&leaf.as_str()));
            }
        }
        for rule in together(known(kind)) {
            let of_kind = known(kind);
            let is_sent = |name: &str| {
                let field = of_kind.field(name);
                field.is_some_and(|field| shapes::is_settable(field, self.dialect))
            };
            if !is_sent(rule.with) {
                continue;
            }
            let word = match values.get(rule.with) {
                Some(Value::Bool(true)) => Some("true"),
                Some(Value::Bool(false)) => Some("false"),
                value => value.and_then(Value::as_str),
            };
            let with = word.is_some_and(|word| rule.is.contains(&word));
            for other in rule.fields {
                if !with {
                    values.remove(*other);
                    continue;
                }
                if values.get(*other).is_some_and(|value| !value.is_null()) {
                    continue;
                }
                if let Some(Shape::Reference(target)) = of_kind.field(other).map(|one| one.shape)
                    && let Some(reference) = self.reference(kind, n, target.collection, n)
                {
                    values.insert((*other).to_owned(), reference);
                }
            }
        }
        values
    }

    /// The body of a resource: what it needs, and what an overlay may bring.
    fn body(
        &self,
        kind: &'static str,
        n: u8,
        resource: &Resource,
    ) -> Option<(Map<String, Value>, Map<String, Value>)> {
        let of_kind = known(kind);
        let mut needed = Map::new();
        let mut rest = Map::new();
        if resource.handle || has_parts(of_kind) {
            let naming = of_kind.naming_field().name;
            needed.insert(naming.to_owned(), json!(self.name(kind, n, resource)));
        }
        let mut lifecycle = Map::new();
        if self.renames(kind, n, resource) {
            lifecycle.insert("renamedFrom".to_owned(), json!(name(kind, n)));
        }
        for (at, (_, key, value)) in LIFECYCLES.iter().filter(|(of, ..)| *of == kind).enumerate() {
            if usize::from(resource.lifecycle) == at + 1 {
                let value = serde_json::from_str(value).expect("JSON");
                lifecycle.insert((*key).to_owned(), value);
            }
        }
        let mut values = self.values(kind, n, resource);
        match kind {
            "customFields" => {
                let mut name = self.type_of(n).name;
                if matches!(name, "Text" | "Textarea") {
                    lifecycle.insert("replace".to_owned(), json!(true));
                }
                if resource.other && name == "Text" {
                    // A type cannot be changed: the field is made anew.
                    name = "Textarea";
                    for field in ["maxLength", "isEncryptedField"] {
                        values.remove(field);
                    }
                }
                needed.insert("module".to_owned(), json!(self.module(n)));
                needed.insert("type".to_owned(), json!(name));
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
                values.insert("url".to_owned(), json!(address));
            }
            _ => {}
        }
        if !lifecycle.is_empty() {
            needed.insert("lifecycle".to_owned(), Value::Object(lifecycle));
        }
        for (field, value) in values {
            let of_type = kind == "customFields" && self.type_of(n).needs(&field);
            let goes_with =
                together(of_kind).any(|rule| rule.with == field || rule.fields.contains(&&*field));
            let must = of_kind
                .field(&field)
                .is_some_and(|field| shapes::is_needed(of_kind, field, self.dialect));
            if must || of_type || goes_with {
                needed.insert(field, value);
            } else {
                rest.insert(field, value);
            }
        }
        // What refers to nothing cannot be declared.
        let has_all = of_kind.fields.iter().all(|field| {
            !shapes::is_needed(of_kind, field, self.dialect)
                || field.naming
                || needed.contains_key(field.name)
        });
        has_all.then_some((needed, rest))
    }

    /// The order of declared resources where their kind has one: of each parent that two of them lie below.
    fn order(&self, kind: &'static Kind, bodies: &Map<String, Value>) -> Option<Value> {
        let ranking = kind.order?.ranking()?;
        let mut lists: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for (handle, body) in bodies.iter().filter(|(handle, _)| *handle != "gone") {
            let parent = match ranking.below {
                Some((way, _)) => self.parent(kind, body, way),
                None => Some(String::new()),
            };
            lists
                .entry(parent.unwrap_or_default())
                .or_default()
                .push(handle);
        }
        // Some are named in their order, and some in another one.
        for list in lists.values_mut() {
            let by = (usize::from(self.turn) + bodies.len()) % list.len();
            list.rotate_left(by);
        }
        if ranking.below.is_none() {
            return lists
                .remove("")
                .filter(|list| list.len() > 1)
                .map(|list| json!(list));
        }
        lists.retain(|parent, list| !parent.is_empty() && list.len() > 1);
        (!lists.is_empty()).then(|| json!(lists))
    }

    /// The handle of what a body lies below, at a way such as `skillType.department`; none of what is not
    /// declared.
    fn parent(&self, kind: &'static Kind, body: &Value, way: &str) -> Option<String> {
        let (first, rest) = way.split_once('.').unwrap_or((way, ""));
        let target = kind.field(first)?.shape.target()?;
        let handle = body.get(first)?.as_str()?;
        if rest.is_empty() {
            return Some(handle.to_owned());
        }
        let parents = self.kinds.get(target.collection)?;
        let (n, parent) = parents
            .iter()
            .find(|(n, _)| self.handle(target.collection, **n) == handle)?;
        let (needed, _) = self.body(target.collection, *n, parent)?;
        self.parent(known(target.collection), &Value::Object(needed), rest)
    }

    /// The files: one a kind, and an overlay.
    pub fn sources(&self) -> Sources {
        let mut base = Vec::new();
        let mut overlay = Map::new();
        for (kind, resources) in &self.kinds {
            let mut bodies = Map::new();
            let mut over = Map::new();
            let mut seen = BTreeSet::new();
            for (n, resource) in resources {
                let handle = self.handle(kind, *n);
                let Some((mut needed, rest)) = self.body(kind, *n, resource) else {
                    continue;
                };
                if known(kind).only_name().is_some() {
                    // There is one in each scope.
                    let scope = scopes(known(kind)).map(|field| needed.get(field.name));
                    let scope: Vec<_> = scope.map(|value| format!("{value:?}")).collect();
                    if !seen.insert(scope) {
                        continue;
                    }
                }
                if resource.overlaid {
                    over.insert(handle.clone(), Value::Object(rest));
                } else {
                    needed.extend(rest);
                }
                bodies.insert(handle, Value::Object(needed));
            }
            if !over.is_empty()
                && let Some(body) = self.simple_body(known(kind))
            {
                // The base may declare what the overlay takes out again.
                bodies.insert("gone".to_owned(), body);
                over.insert("gone".to_owned(), Value::Null);
            }
            if let Some(order) = self.order(known(kind), &bodies) {
                let said = if over.is_empty() {
                    &mut bodies
                } else {
                    &mut over
                };
                said.insert(ORDER.to_owned(), order);
            }
            if !bodies.is_empty() {
                base.push(file(kind, &json!({*kind: bodies})));
            }
            if !over.is_empty() {
                overlay.insert((*kind).to_owned(), Value::Object(over));
            }
        }
        let mut removed: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (kind, n) in &self.removed {
            if let Some(tombstone) = self.tombstone(kind, *n) {
                removed.entry(kind).or_default().push(tombstone);
            }
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

    /// A resource with no more than it needs, of the kinds for which that is simple.
    fn simple_body(&self, kind: &'static Kind) -> Option<Value> {
        let mut body = simple_values(kind, self.dialect).filter(|_| !kind.is_given())?;
        let name = match kind.naming_field().shape {
            Shape::Email { .. } => "gone@example.com",
            _ => "Gone",
        };
        body.insert(kind.naming_field().name.to_owned(), json!(name));
        Some(Value::Object(body))
    }
}

/// What a project file says of who takes over from what is removed: what every organization has.
pub fn policies(dialect: Dialect) -> String {
    let kinds = registry::kinds(dialect);
    let lines = kinds.filter_map(|kind| {
        let is_one = |heirs: &[_]| matches!(heirs, [Chosen { name: "", .. }]);
        let heirs: Vec<Chosen> = kind.chosen_heirs().into_iter().copied().collect();
        let name = shapes::seeds(kind.collection, dialect).into_iter().next();
        let name = name.filter(|_| is_one(&heirs))?;
        let collection = kind.collection;
        Some(format!(
            "  {collection}: {{transferTo: {{lookup: {name}}}}}\n"
        ))
    });
    let lines: String = lines.collect();
    if lines.is_empty() {
        lines
    } else {
        format!("kinds:\n{lines}")
    }
}

/// Whether the name of a kind counts inside something only.
fn has_parts(kind: &Kind) -> bool {
    kind.fields.iter().filter(|field| field.identity).count() > 1
}

/// The values that a resource needs besides its name, of the kinds for which they are simple.
fn simple_values(kind: &'static Kind, dialect: Dialect) -> Option<Map<String, Value>> {
    if has_parts(kind) {
        return None;
    }
    let fields = shapes::simple_fields(kind, dialect)?;
    let values = fields.into_iter().map(|field| {
        let value = match field.shape {
            Shape::Flag => json!(false),
            _ => json!("Appeared"),
        };
        (field.name.to_owned(), value)
    });
    Some(values.collect())
}

fn file(name: &str, value: &Value) -> Source {
    let text = serde_yaml::to_string(value).expect("YAML");
    Source::new(format!("{name}.yaml"), text.as_bytes())
}

/// The keys under which objects of a kind hold texts that need not be there, with such a text.
fn spare(kind: &'static Kind, dialect: Dialect) -> Vec<(&'static str, Value)> {
    kind.fields
        .iter()
        .filter(|field| {
            let is_plain = matches!(
                field.wire(dialect),
                Wire::Sent {
                    encoding: Encoding::Plain,
                    ..
                }
            );
            is_plain
                && matches!(field.shape, Shape::Text { .. })
                && !field.identity
                && !field.create_only
                && !shapes::is_needed(kind, field, dialect)
        })
        .filter_map(|field| Some((registry::key(field, dialect), shapes::some_text(field)?)))
        .collect()
}

/// The key that tells whether an object is in use, and the value that says no.
fn off(kind: &'static Kind, dialect: Dialect) -> Option<(&'static str, Value)> {
    let enabled = kind.enabled?;
    let field = kind.field(enabled.field)?;
    let value = match (enabled.on, field.shape) {
        (Switch::Flag(on), _) => json!(!on),
        (Switch::Word(on), Shape::Choice(words)) => {
            let off = words.iter().find(|word| **word != on)?;
            let spelled = match field.wire(dialect) {
                Wire::Sent {
                    encoding: Encoding::Words(spelled),
                    ..
                } => spelled.iter().find(|(word, _)| word == off),
                _ => None,
            };
            json!(spelled.map_or(off, |(_, wire)| wire))
        }
        (Switch::Word(_) | Switch::Empty, _) => return None,
    };
    Some((registry::key(field, dialect), value))
}

/// Lets something happen to an organization.
pub fn happen(organization: &mut Organization, dialect: Dialect, change: &Change) {
    let object = |organization: &Organization, kind: &'static Kind, at: usize| {
        let acting = organization.acting_agent().to_owned();
        let keys = registry::identity_keys(kept_in(kind, dialect));
        let seeds = shapes::seeds(kind.collection, dialect);
        let objects: Vec<Value> = organization
            .objects(kept_in(kind, dialect))
            .into_iter()
            .filter(|object| object["isCustomField"] != json!(false))
            .filter(|object| object["id"] != acting.as_str())
            .filter(|object| {
                // What every organization has is nobody's to change.
                let is_seed = |key: &str| {
                    let name = object[key].as_str();
                    name.is_some_and(|name| seeds.iter().any(|seed| seed == name))
                };
                !keys.iter().any(|key| is_seed(key))
            })
            .collect();
        (!objects.is_empty()).then(|| {
            objects[at % objects.len()]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
    };
    let mut on = |kind: &'static Kind, at: usize, act: &dyn Fn(&mut Map<String, Value>)| {
        if let Some(id) = object(organization, kind, at) {
            organization.change(kept_in(kind, dialect), &id, |object| act(object));
        }
    };
    match *change {
        Change::Hide(kind, at) => on(known(kind), at, &|object| {
            for (key, _) in spare(known(kind), dialect) {
                object.remove(key);
            }
        }),
        Change::Edit(kind, at) => on(known(kind), at, &|object| {
            for (key, text) in spare(known(kind), dialect) {
                if object.get(key).is_some_and(Value::is_string) {
                    object.insert(key.to_owned(), text);
                }
            }
        }),
        Change::Empty(kind, at) => on(known(kind), at, &|object| {
            for (key, _) in spare(known(kind), dialect) {
                if object.contains_key(key) {
                    object.insert(key.to_owned(), Value::Null);
                }
            }
        }),
        Change::Off(kind, at) => {
            let Some((key, value)) = off(known(kind), dialect) else {
                return;
            };
            let place = kept_in(known(kind), dialect);
            let Some(id) = object(organization, known(kind), at) else {
                return;
            };
            // A webhook of which a part is off cannot stand in a manifest.
            let by_url = known(kind)
                .api(dialect)
                .is_some_and(|api| api.grouping().is_some());
            let chosen = organization.object(place, &id).unwrap_or_default();
            for one in organization.objects(place) {
                let is_part = by_url && one["url"] == chosen["url"];
                if one["id"] == chosen["id"] || is_part {
                    let id = one["id"].as_str().unwrap_or_default();
                    organization.change(place, id, |object| {
                        object.insert(key.to_owned(), value.clone());
                    });
                }
            }
        }
        Change::Remove(kind, at) => {
            let place = kept_in(known(kind), dialect);
            if let Some(id) = object(organization, known(kind), at) {
                // Other objects would point at nothing, which Desk does not let happen.
                let is_named = organization
                    .collections()
                    .flat_map(|other| organization.objects(other))
                    .any(|other| other["id"] != id.as_str() && other.to_string().contains(&id));
                if !is_named {
                    below_module(organization, place, &id);
                    organization.remove(place, &id);
                }
            }
        }
        Change::Appear(kind, n) => appear(organization, dialect, known(kind), n),
    }
}

/// Takes away what a custom module brings and what lies below it.
fn below_module(organization: &mut Organization, place: &str, id: &str) {
    let own = organization.find(place, "id", id).unwrap_or_default();
    let Some(module) = own["apiName"].as_str().filter(|_| place == "customModules") else {
        return;
    };
    for collection in ["fields", "layouts"] {
        for object in organization.objects(collection) {
            if object["module"] == *module
                && let Some(id) = object["id"].as_str()
            {
                organization.remove(collection, id);
            }
        }
    }
}

/// An object with little more than its name, if that is free.
fn appear(organization: &mut Organization, dialect: Dialect, kind: &'static Kind, n: u8) {
    if NOT_APPEARING
        .iter()
        .any(|(collection, _)| *collection == kind.collection)
    {
        return;
    }
    let by_hand = kind.api(dialect).is_none_or(|api| {
        api.form != Form::Plain || matches!(api.create, Create::Manual(_) | Create::Update)
    }) || kind.is_given();
    let Some(values) = simple_values(kind, dialect).filter(|_| !by_hand) else {
        return;
    };
    let name = name(kind.collection, n);
    let naming = registry::key(kind.naming_field(), dialect);
    let place = kept_in(kind, dialect);
    let taken = organization.objects(place).iter().any(|object| {
        object[naming]
            .as_str()
            .is_some_and(|have| have.eq_ignore_ascii_case(&name))
    });
    if taken {
        return;
    }
    let mut object: Map<String, Value> = values
        .into_iter()
        .filter_map(|(field, value)| {
            Some((
                registry::key(kind.field(&field)?, dialect).to_owned(),
                value,
            ))
        })
        .collect();
    // Case does not tell addresses apart.
    let shown = match kind.naming_field().shape {
        Shape::Email { .. } => name.to_uppercase(),
        _ => name,
    };
    object.insert(naming.to_owned(), json!(shown));
    for field in kind.fields {
        if field.create_only
            && let Some(value) = shapes::settled(&field.shape, n)
        {
            object.insert(registry::key(field, dialect).to_owned(), value);
        }
    }
    if let Some(enabled) = kind.enabled
        && let Some(field) = kind.field(enabled.field)
    {
        let on = match enabled.on {
            Switch::Flag(on) => json!(on),
            Switch::Word(word) => json!(word),
            Switch::Empty => json!([]),
        };
        object.insert(registry::key(field, dialect).to_owned(), on);
    }
    organization.insert(place, Value::Object(object));
}
