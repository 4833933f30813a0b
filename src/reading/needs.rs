//! What has to be read: the kinds in play, of each the fields that are compared and its scopes.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::page::Known;
use crate::api::template;
use crate::dialect::Dialect;
use crate::kind::{self, Api, Keys, Kind, Listing, Mentioner, Shape, Target, Wire, Within};
use crate::ledger::Ledger;
use crate::live::{key, no_ids};
use crate::manifest::Desired;
use crate::state::identity::canonical_text;
use crate::state::{Address, Key, Reference, Resource, Value};

/// What has to be read of each kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Needs {
    pub(super) kinds: BTreeMap<&'static str, KindNeeds>,
    /// What the last reading of a listing came to, by its path.
    pub remembered: BTreeMap<String, Known>,
}

/// What has to be read of one kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct KindNeeds {
    /// Fields that are compared.
    pub(super) fields: BTreeSet<&'static str>,
    /// The scopes of the objects in play, where the kind is listed by scope.
    pub(super) scopes: BTreeSet<Scope>,
    /// Whether the kind is listed for every value of its scopes.
    pub(super) everywhere: bool,
    /// Keys of maps that are compared, where keys name resources.
    pub(super) keys: BTreeSet<String>,
    /// Names that are declared or referred to, for kinds that are only mentioned.
    pub(super) names: BTreeSet<String>,
    /// Keys of resources that refer to a kind, by that kind.
    pub(super) referring: BTreeMap<&'static str, BTreeSet<Key<'static>>>,
}

/// The values of the scopes of one object, by field.
pub(super) type Scope = BTreeMap<&'static str, ScopeValue>;

/// The value of one scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ScopeValue {
    /// A word, such as a module.
    Text(String),
    /// An object of another kind, by what may be known of it.
    Parent {
        /// Its collection.
        collection: &'static str,
        /// Its id, where the manifest or the ledger gives one.
        id: Option<String>,
        /// The keys under which it may be live.
        names: BTreeSet<Key<'static>>,
    },
}

/// The fields that the path of a listing names, without what follows a dot.
pub(super) fn roots(listing: Listing) -> impl Iterator<Item = &'static str> {
    let template = match listing {
        Listing::Each(template, _) => template,
        Listing::Whole(_) | Listing::Mentioned => "",
    };
    let names = template::names(template).into_iter();
    let mut roots: Vec<&'static str> = names
        .map(|name| name.split('.').next().unwrap_or(name))
        .collect();
    roots.dedup();
    roots.into_iter()
}

impl Needs {
    /// Collects what the manifests need: the kinds they declare, remove or refer to, and the fields
    /// they name.
    #[must_use]
    pub fn of(desired: &Desired, dialect: Dialect) -> Self {
        let mut needs = Self::default();
        for (address, resource) in &desired.state {
            needs.declare(desired, address, resource, dialect);
        }
        for tombstone in &desired.removed {
            let Some(kind) = kind::find(tombstone.collection) else {
                continue;
            };
            let scope = scope_of_key(kind, &tombstone.key, dialect);
            let is_mentioned = is_mentioned(kind, dialect);
            let entry = needs.kinds.entry(kind.collection).or_default();
            entry.scopes.extend(scope);
            if is_mentioned {
                entry.names.insert(tombstone.key.name.to_string());
            }
        }
        needs
    }

    fn declare(
        &mut self,
        desired: &Desired,
        address: &Address,
        resource: &Resource,
        dialect: Dialect,
    ) {
        let kind = resource.kind;
        let scope = scope_of(desired, resource, dialect);
        let entry = self.kinds.entry(kind.collection).or_default();
        entry.scopes.extend(scope);
        if is_mentioned(kind, dialect) {
            let name = resource.body.get(kind.naming_field().name);
            let name = name.and_then(Value::as_text).unwrap_or(&address.handle);
            entry.names.insert(name.to_owned());
        }
        for (name, value) in resource.body.iter() {
            let Some(field) = kind.field(name) else {
                continue;
            };
            if matches!(field.wire(dialect), Wire::Harmless | Wire::Refused(_)) && !field.identity {
                continue;
            }
            let entry = self.kinds.entry(kind.collection).or_default();
            entry.fields.insert(field.name);
            if let (Shape::Keyed(keyed), Value::Map(map)) = (field.shape, value)
                && let Keys::Of { target, .. } = keyed.keys
            {
                entry.keys.extend(map.keys().map(str::to_owned));
                let named = self.kinds.entry(target.collection).or_default();
                named.scopes.extend(scope_within(&target));
            }
            if let Shape::Reference(to) | Shape::References(to) = field.shape
                && !value.is_null()
                && let Some(own) = key(kind, dialect, &resource.body, &no_ids)
            {
                let entry = self.kinds.entry(kind.collection).or_default();
                entry
                    .referring
                    .entry(to.collection)
                    .or_default()
                    .insert(own.into_owned());
            }
            self.refer(value, kind);
        }
    }

    fn refer(&mut self, value: &Value, from: &'static Kind) {
        value.walk(&mut |value| {
            let Value::Reference(reference) = value else {
                return;
            };
            match reference {
                Reference::Id { .. } => {}
                Reference::To(address) => {
                    self.kinds.entry(address.collection).or_default();
                }
                Reference::Lookup { collection, name } => {
                    let entry = self.kinds.entry(collection).or_default();
                    // A layout is looked up in the module of what refers to it.
                    if *collection == "layouts" {
                        entry.scopes.insert(in_module(from.collection));
                    }
                    entry.names.insert(name.to_string());
                }
            }
        });
    }

    /// Adds the kinds of what the ledger owns: what is not declared any more has to be seen, too.
    ///
    /// Kinds that are neither declared nor `pruned` are left out: nothing could follow from them.
    pub fn add_owned(&mut self, ledger: &Ledger, dialect: Dialect, pruned: &dyn Fn(&Kind) -> bool) {
        for (address, entry) in &ledger.resources {
            let reads = kind::find(address.collection)
                .is_some_and(|kind| self.reads(kind.collection) || pruned(kind));
            if reads {
                self.add(address, &entry.key, dialect);
            }
        }
    }

    /// Says whether a collection is read.
    #[must_use]
    pub fn reads(&self, collection: &str) -> bool {
        self.kinds.contains_key(collection)
    }

    /// Adds the kind of an object that has a key.
    pub fn add(&mut self, address: &Address, key: &Key<'_>, dialect: Dialect) {
        let Some(kind) = kind::find(address.collection) else {
            return;
        };
        let Some(api) = kind.api(dialect) else {
            return;
        };
        if api.listing == Listing::Mentioned {
            return;
        }
        let scope = scope_of_key(kind, key, dialect);
        let needs = self.kinds.entry(kind.collection).or_default();
        needs.scopes.extend(scope);
    }

    /// Collects what it takes to find any object of one kind by its id; of its fields the identity.
    #[must_use]
    pub fn of_kind(kind: &'static Kind) -> Self {
        let mut needs = Self::default();
        needs.kinds.entry(kind.collection).or_default().everywhere = true;
        needs
    }

    /// Collects everything that can be managed, for an export.
    #[must_use]
    pub fn everything(dialect: Dialect) -> Self {
        let mut needs = Self::default();
        for kind in kind::KINDS {
            let is_listed =
                (kind.api(dialect)).is_some_and(|api| api.listing != Listing::Mentioned);
            // Names that the objects of another kind tell cost no call.
            let is_told = kind.mentions.iter().any(|mention| {
                mention.dialect == dialect && matches!(mention.by, Mentioner::Objects(_))
            });
            if !is_listed && !is_told {
                continue;
            }
            let entry = needs.kinds.entry(kind.collection).or_default();
            entry.everywhere = true;
            entry
                .fields
                .extend(kind.fields.iter().map(|field| field.name));
        }
        needs
    }

    /// Says whether those are in play of whom one is acting, or what they found.
    #[must_use]
    pub fn needs_acting_agent(&self) -> bool {
        let matters = |api: &Api| api.acting.is_some() || api.founders.is_some();
        self.kinds
            .keys()
            .filter_map(|name| kind::find(name))
            .flat_map(|kind| [&kind.openapi, &kind.guide])
            .flatten()
            .any(matters)
    }

    /// Gives every list of scopes that reading needs, by kind; any one of each is enough.
    pub fn scopes(
        &self,
        dialect: Dialect,
    ) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        self.kinds
            .keys()
            .filter_map(move |name| Some((*name, kind::find(name)?.api(dialect)?.scopes.read)))
    }
}

/// Whether objects of a kind are only mentioned by others.
pub(super) fn is_mentioned(kind: &Kind, dialect: Dialect) -> bool {
    kind.api(dialect)
        .is_some_and(|api| api.listing == Listing::Mentioned)
}

/// The scope in which the names of a target count, where the table says it.
fn scope_within(target: &Target) -> Option<Scope> {
    match target.within {
        Within::Fixed(field, word) => {
            Some(Scope::from([(field, ScopeValue::Text(word.to_owned()))]))
        }
        Within::Anywhere | Within::Same(_) => None,
    }
}

fn in_module(module: &str) -> Scope {
    Scope::from([("module", ScopeValue::Text(module.to_owned()))])
}

/// The scopes of a declared resource; none where it lacks one of them or its kind has none.
fn scope_of(desired: &Desired, resource: &Resource, dialect: Dialect) -> Option<Scope> {
    let listing = resource.kind.api(dialect)?.listing;
    if !listing.is_scoped() {
        return None;
    }
    roots(listing)
        .map(|root| {
            let value = match resource.body.get(root)? {
                Value::Text(text) => ScopeValue::Text(text.to_string()),
                Value::Reference(reference) => parent(desired, reference, dialect),
                _ => return None,
            };
            Some((root, value))
        })
        .collect()
}

/// What may be known of a parent before anything is read.
fn parent(desired: &Desired, reference: &Reference, dialect: Dialect) -> ScopeValue {
    let mut names = BTreeSet::new();
    let mut id = None;
    match reference {
        Reference::Id { id: given, .. } => id = Some(given.to_string()),
        Reference::Lookup { name, .. } => {
            names.insert(Key::of_name(canonical_text(name).into_owned()));
        }
        Reference::To(address) => {
            let resource = desired.state.get(address);
            names.extend(resource.and_then(|resource| name_of(resource, dialect)));
            let detail = desired.details.get(address);
            names.extend(detail.and_then(|detail| detail.lifecycle.renamed_from.clone()));
        }
    }
    ScopeValue::Parent {
        collection: reference.collection(),
        id,
        names,
    }
}

fn name_of(resource: &Resource, dialect: Dialect) -> Option<Key<'static>> {
    key(resource.kind, dialect, &resource.body, &no_ids).map(Key::into_owned)
}

/// The scopes of a key; none where it lacks one of them or its kind has none.
fn scope_of_key(kind: &Kind, key: &Key<'_>, dialect: Dialect) -> Option<Scope> {
    let listing = kind.api(dialect)?.listing;
    if !listing.is_scoped() {
        return None;
    }
    roots(listing)
        .map(|root| {
            let value = key.scope.get(root)?.to_owned();
            let value = match kind.field(root)?.shape {
                Shape::Reference(target) => ScopeValue::Parent {
                    collection: target.collection,
                    id: Some(value),
                    names: BTreeSet::new(),
                },
                _ => ScopeValue::Text(value),
            };
            Some((root, value))
        })
        .collect()
}
