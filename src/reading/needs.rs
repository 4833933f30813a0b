//! What has to be read: the kinds in play, of each the fields that are compared and its scopes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::api::page::Known;
use crate::api::template;
use crate::codec;
use crate::dialect::Dialect;
use crate::kind::{
    self, Api, Field, Kind, Listing, Mentioner, Shape, Shown, Target, Wire, Within,
    is_scope_by_name,
};
use crate::ledger::{FieldRecord, Ledger};
use crate::live::{key, name_in, no_ids};
use crate::manifest::Desired;
use crate::state::identity::{below, named, scopes};
use crate::state::{Address, Below, Key, Named, Reference, Resource, Value};

/// What has to be read of each kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Needs {
    pub(super) kinds: BTreeMap<&'static str, KindNeeds>,
    /// What the last reading of a listing came to, by its path.
    pub remembered: BTreeMap<String, Known>,
    /// The ids of parents that the ledger knows, by their addresses.
    pub(super) owned: BTreeMap<Address, String>,
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
    /// Whether that is also for what may be named beside words, such as each custom module.
    pub(super) below_all: bool,
    /// Keys of maps that are compared, where they name resources.
    pub(super) keys: BTreeSet<String>,
    /// Names that are declared or referred to, for kinds that are only mentioned.
    pub(super) names: BTreeSet<String>,
    /// The names that are looked for, where not everything of the kind may matter.
    pub(super) sought: BTreeMap<String, Sought>,
    /// The ids that the ledger knows, likewise, each with its address and its name there.
    pub(super) ids: BTreeMap<String, (Address, String)>,
    /// How many declared resources name a field that only the single object shows.
    pub(super) details: usize,
    /// Keys of resources that refer to a kind, by that kind.
    pub(super) referring: BTreeMap<&'static str, BTreeSet<Key<'static>>>,
}

impl KindNeeds {
    /// Lists what a target may mean: what lies below the word that the table says, else all.
    fn lists(&mut self, within: Within) {
        match within {
            Within::Fixed(field, word) => {
                let word = ScopeValue::Text(word.to_owned());
                self.scopes.insert(Scope::from([(field, word)]));
            }
            Within::Anywhere | Within::Same(_) | Within::As(..) => self.everywhere = true,
        }
    }
}

/// Why a name is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sought {
    /// What has to be certain where it is not found.
    pub(super) proof: Proof,
    /// The addresses that declare it.
    pub(super) addresses: BTreeSet<Address>,
    /// Names under which the same object may be live.
    pub(super) others: BTreeSet<String>,
    /// Whether something names it that is not declared, such as a tombstone: then every object of the
    /// name matters, also beside one that is known.
    pub(super) is_named: bool,
}

/// What has to be certain of a name that is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Proof {
    /// Nothing: nothing is made and nothing is refused for it.
    #[default]
    None,
    /// That there is none, unless the server refuses a second one: it would be made.
    NotTwice,
    /// That there is none: it would be refused that nothing has this name.
    Absent,
    /// That there is none although it may have been made a moment ago, when a search knows nothing of
    /// it yet: it would be made twice, if the server took a second one.
    JustMade,
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
        /// Its address, where it is declared: the ledger may know its id under another name.
        address: Option<Address>,
        /// The names under which it may be live.
        names: BTreeSet<Candidate>,
    },
}

/// A name under which a parent may be live.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// The name.
    pub(super) name: String,
    /// What it counts below.
    pub(super) scope: Scope,
}

/// The fields that the path of a listing names, without what follows a dot.
pub(super) fn roots(listing: Listing) -> impl Iterator<Item = &'static str> {
    let template = match listing {
        Listing::Each(template, _) => template,
        Listing::Whole(_) | Listing::Mentioned | Listing::Asked(_) => "",
    };
    let names = template::names(template).into_iter();
    let mut roots: Vec<&'static str> = names
        .map(|name| name.split('.').next().unwrap_or(name))
        .collect();
    roots.dedup();
    roots.into_iter()
}

/// The fields whose values stand in the path of a listing, so that they are those of all its objects.
/// A path that holds only what lies behind a field is the same for several values of it.
pub(super) fn planted(listing: Listing) -> impl Iterator<Item = &'static str> {
    let names = listing.template().map(template::names);
    let names = names.unwrap_or_default().into_iter();
    names.filter(move |name| listing.is_scoped() && !name.contains('.'))
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
        for (address, detail) in &desired.details {
            let lifecycle = &detail.lifecycle;
            for old in &lifecycle.renamed_from {
                needs.seek(address.collection, &old.name, Proof::None, dialect);
            }
            for heir in lifecycle.transfer_to.values() {
                needs.refer_to(desired, heir, dialect);
            }
            // What the old name counted below may not be what it counts below now.
            for old in lifecycle
                .renamed_from
                .iter()
                .filter(|old| !old.scope.is_empty())
            {
                if let Some(kind) = kind::find(address.collection) {
                    needs.name(desired, kind, old, dialect);
                }
            }
        }
        for tombstone in &desired.removed {
            let Some(kind) = kind::find(tombstone.collection) else {
                continue;
            };
            needs.name(desired, kind, &tombstone.key, dialect);
            needs.with_named(kind);
            // What is to be removed and is not found is removed another time.
            needs.seek(kind.collection, &tombstone.key.name, Proof::None, dialect);
            for heir in tombstone.transfer_to.values() {
                needs.refer_to(desired, heir, dialect);
            }
        }
        needs.hand_over(desired, dialect);
        needs
    }

    /// Adds those to whom the project hands over what hangs on removed objects, for the kinds that are
    /// read: a policy says nothing unless there is something to remove. Then adds all parents.
    fn hand_over(&mut self, desired: &Desired, dialect: Dialect) {
        for (collection, heirs) in &desired.heirs {
            if self.reads(collection) {
                // One of the same kind lies where the removed one does, unless it is said where.
                let other = |heir: &&Reference| match heir {
                    Reference::Lookup { name, .. } => {
                        heir.collection() != *collection || !name.scope.is_empty()
                    }
                    Reference::To(_) | Reference::Id { .. } => true,
                };
                for heir in heirs.values().filter(other) {
                    self.refer_to(desired, heir, dialect);
                }
            }
        }
        let collections: Vec<&str> = self.kinds.keys().copied().collect();
        for kind in collections.into_iter().filter_map(kind::find) {
            self.with_parents(kind);
        }
    }

    fn declare(
        &mut self,
        desired: &Desired,
        address: &Address,
        resource: &Resource,
        dialect: Dialect,
    ) {
        let kind = resource.kind;
        self.seek_declared(desired, address, resource, dialect);
        let scope = scope_of(desired, resource, dialect);
        let entry = self.kinds.entry(kind.collection).or_default();
        entry.scopes.extend(scope);
        if kind::names_by_wire_name(kind) && names_by_id(resource) {
            self.with_named(kind);
        }
        let entry = self.kinds.entry(kind.collection).or_default();
        // What every update sends again has to be known, whoever names it.
        let resent = kind
            .fields
            .iter()
            .filter(|field| kind.resends(field, dialect));
        entry.fields.extend(resent.map(|field| field.name));
        if is_mentioned(kind, dialect) || kind.questions(dialect).is_some() {
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
            if let (Some(_), Value::Map(map)) = (field.shape.keyed_by(), value) {
                entry.keys.extend(map.keys().map(str::to_owned));
            }
            self.keys_of(desired, resource, (field, value), dialect);
            if let Some(to) = field.shape.target()
                && !value.is_null()
                && let Some(own) = key(kind, dialect, &resource.body, &no_ids)
            {
                let entry = self.kinds.entry(kind.collection).or_default();
                let own = own.into_owned();
                for collection in to.collections() {
                    let referring = entry.referring.entry(collection).or_default();
                    referring.insert(own.clone());
                }
            }
            self.refer(desired, value, dialect);
        }
    }

    /// Adds the kinds whose resources are keys of a map, or of maps inside of it.
    fn keys_of(
        &mut self,
        desired: &Desired,
        resource: &Resource,
        (field, value): (&'static Field, &Value),
        dialect: Dialect,
    ) {
        codec::keyed_maps(field, value, &mut |path, inner, map| {
            let (Some(target), Value::Map(map)) = (inner.shape.keyed_by(), map) else {
                return;
            };
            // What is empty inside of another map names nothing.
            if !path.below.is_empty() && map.keys().all(codec::listed::is_own) {
                return;
            }
            let own = self.kinds.entry(target.collection).or_default();
            let same = match target.within {
                Within::Same(scope) => resource
                    .body
                    .get(scope)
                    .and_then(below)
                    .map(|of| (scope, of)),
                Within::Anywhere | Within::Fixed(..) | Within::As(..) => None,
            };
            match same {
                Some((scope, of)) => {
                    let of = scope_value(desired, &of, dialect);
                    own.scopes.insert(Scope::from([(scope, of)]));
                }
                None => own.lists(target.within),
            }
        });
    }

    fn refer(&mut self, desired: &Desired, value: &Value, dialect: Dialect) {
        value.walk(&mut |value| {
            if let Value::Reference(reference) = value {
                self.refer_to(desired, reference, dialect);
            }
        });
    }

    fn refer_to(&mut self, desired: &Desired, reference: &Reference, dialect: Dialect) {
        match reference {
            // Its id does not say by which name others count below it.
            Reference::Id { collection, .. } if is_scope_by_name(collection) => {
                self.kinds.entry(collection).or_default();
            }
            Reference::Id { .. } => {}
            Reference::To(address) => {
                self.kinds.entry(address.collection).or_default();
            }
            Reference::Lookup { collection, name } => {
                self.kinds.entry(collection).or_default();
                if let Some(kind) = kind::find(collection) {
                    self.name(desired, kind, name, dialect);
                    self.seek(collection, &name.name, Proof::Absent, dialect);
                }
            }
        }
    }

    /// Looks for a written name of a kind of which not everything may matter.
    fn seek(&mut self, collection: &str, name: &str, proof: Proof, dialect: Dialect) {
        let Some(kind) = kind::find(collection).filter(|kind| is_read_in_part(kind, dialect))
        else {
            return;
        };
        let name = name_in(kind, dialect, name).into_owned();
        let own = self.kinds.entry(kind.collection).or_default();
        let sought = own.sought.entry(name).or_default();
        sought.proof = sought.proof.max(proof);
        sought.is_named = true;
    }

    /// Looks for a declared resource, which is made where it is not found.
    fn seek_declared(
        &mut self,
        desired: &Desired,
        address: &Address,
        resource: &Resource,
        dialect: Dialect,
    ) {
        let kind = resource.kind;
        if !is_read_in_part(kind, dialect) {
            return;
        }
        let own = self.kinds.entry(kind.collection).or_default();
        let is_detail = |name: &str| {
            let wire = kind.field(name).map(|field| field.wire(dialect));
            let alone = Shown::InObject;
            matches!(wire, Some(Wire::Sent { shown, .. }) if *shown == alone)
        };
        own.details += usize::from(resource.body.iter().any(|(name, _)| is_detail(name)));
        let Some(key) = key(kind, dialect, &resource.body, &no_ids) else {
            return;
        };
        let detail = desired.details.get(address);
        let old = detail
            .into_iter()
            .flat_map(|one| &one.lifecycle.renamed_from);
        let others: BTreeSet<String> = old
            .map(|old| name_in(kind, dialect, &old.name).into_owned())
            .collect();
        let sought = own.sought.entry(key.name.into_owned()).or_default();
        // Where neither the new name nor an old one is found, the object would be left behind.
        let proof = if others.is_empty() {
            Proof::NotTwice
        } else {
            Proof::Absent
        };
        sought.proof = sought.proof.max(proof);
        sought.addresses.insert(address.clone());
        sought.others.extend(others);
    }

    /// Reads all of a kind, since any object of it may matter.
    pub fn whole(&mut self, kind: &'static Kind) {
        if let Some(own) = self.kinds.get_mut(kind.collection) {
            own.everywhere = true;
            self.with_all_above(kind);
        }
    }

    /// Adds what it takes to find the object of a name; where the name leaves out what it counts
    /// below, that is everything of its kind.
    fn name(
        &mut self,
        desired: &Desired,
        kind: &'static Kind,
        named: &Named<'_>,
        dialect: Dialect,
    ) {
        for (_, below) in &named.scope {
            if let Below::Parent(parent) = below {
                self.refer_to(desired, parent, dialect);
            }
        }
        let scope = scope_of_name(desired, kind, named, dialect);
        let own = self.kinds.entry(kind.collection).or_default();
        // What answers to questions make is there where it is declared alone.
        if kind.questions(dialect).is_none() {
            own.names.insert(named.name.to_string());
        }
        match scope {
            Some(scope) => own.scopes.extend((!scope.is_empty()).then_some(scope)),
            None => own.everywhere = true,
        }
    }

    /// Adds the kinds of what undeclared objects of a kind name as maps do: nobody knows where they are.
    fn with_named(&mut self, kind: &'static Kind) {
        if !kind::names_by_wire_name(kind) {
            return;
        }
        for target in kind
            .targets()
            .into_iter()
            .filter(|target| target.by_wire_name)
        {
            let own = self.kinds.entry(target.collection).or_default();
            own.everywhere = true;
        }
    }

    /// Adds the kinds of what the objects of a kind lie below: they tell which objects are meant. What not
    /// every object shows is read where something names it.
    fn with_parents(&mut self, kind: &'static Kind) {
        let scopes_of = scopes(kind).filter(|field| !field.where_shown);
        let targets = scopes_of.filter_map(|field| field.shape.target());
        let targets = targets.flat_map(|target| target.collections().map(move |one| (one, target)));
        for (collection, target) in targets {
            let own = self.kinds.entry(collection).or_default();
            let is_scoped = |kind: &Kind| scopes(kind).next().is_some();
            // What may lie below its own kind has a way up that says where it is listed.
            if let Some(parent) = kind::find(collection).filter(|parent| *parent != kind) {
                if matches!(target.within, Within::Fixed(..)) || is_scoped(parent) {
                    own.lists(target.within);
                }
                self.with_parents(parent);
            }
        }
    }

    /// Adds the kinds of what names may count below besides words: where a kind is listed everywhere, it is listed
    /// below these, too.
    fn with_all_above(&mut self, kind: &'static Kind) {
        self.kinds.entry(kind.collection).or_default().below_all = true;
        for collection in scopes(kind)
            .filter_map(Field::above)
            .flat_map(Target::collections)
        {
            self.kinds.entry(collection).or_default();
        }
    }

    /// Adds the kinds of what the ledger owns: what is not declared any more has to be seen, too.
    ///
    /// Kinds that are neither declared nor `pruned` are left out: nothing could follow from them.
    pub fn add_owned(
        &mut self,
        desired: &Desired,
        ledger: &Ledger,
        dialect: Dialect,
        pruned: &dyn Fn(&Kind) -> bool,
    ) {
        let parents = parent_collections();
        for (address, entry) in &ledger.resources {
            if parents.contains(&address.collection) {
                self.owned.insert(address.clone(), entry.id.clone());
            }
            let reads = kind::find(address.collection)
                .is_some_and(|kind| self.reads(kind.collection) || pruned(kind));
            if reads {
                self.add(address, &entry.key, dialect);
                if let (Some(kind), false) = (
                    kind::find(address.collection),
                    desired.state.contains_key(address),
                ) {
                    self.with_named(kind);
                }
                if let Some(kind) = kind::find(address.collection)
                    && is_read_in_part(kind, dialect)
                {
                    let own = self.kinds.entry(kind.collection).or_default();
                    let known = (address.clone(), entry.key.name.to_string());
                    let ids = entry.ids().map(|id| (id.clone(), known.clone()));
                    own.ids.extend(ids);
                }
                for heir in entry.transfer_to.values() {
                    self.kinds.entry(heir.address.collection).or_default();
                }
                if let Some(resource) = desired.state.get(address) {
                    self.recorded(resource, &entry.fields);
                }
            }
        }
        self.hand_over(desired, dialect);
    }

    /// Adds the kinds that records of declared fields name: what the manifests name no more is still told by its
    /// address there, and by its id in Zoho Desk.
    fn recorded(&mut self, resource: &Resource, records: &BTreeMap<String, FieldRecord>) {
        for (field, _) in resource.body.of_kind(resource.kind) {
            let mut targets = Vec::new();
            field.targets(&mut targets);
            // Most fields name nothing.
            if targets.is_empty() {
                continue;
            }
            let Some(record) = records.get(field.name) else {
                continue;
            };
            let unread = targets.into_iter().flat_map(Target::collections);
            let unread: BTreeSet<&'static str> = unread
                .filter(|collection| !self.reads(collection))
                .collect();
            for collection in unread {
                if names_one(&record.sent, collection) {
                    self.kinds.entry(collection).or_default();
                }
            }
        }
    }

    /// The collections that are read.
    pub(super) fn collections(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.keys().copied()
    }

    /// Says whether a collection is read.
    #[must_use]
    pub fn reads(&self, collection: &str) -> bool {
        self.kinds.contains_key(collection)
    }

    /// Says whether a collection is listed for every value of its scopes.
    #[cfg(test)]
    pub(crate) fn lists_everywhere(&self, collection: &str) -> bool {
        self.kinds.get(collection).is_some_and(|own| own.everywhere)
    }

    /// Adds what a killed run may have made.
    ///
    /// It may be too new for a search: where it is not found the listing proves that it is not there.
    pub fn watch(&mut self, address: &Address, key: &Key<'_>, dialect: Dialect) {
        self.add(address, key, dialect);
        let Some(kind) = kind::find(address.collection) else {
            return;
        };
        if key.is_unknown() || !is_read_in_part(kind, dialect) {
            self.whole(kind);
            return;
        }
        let own = self.kinds.entry(kind.collection).or_default();
        let sought = own.sought.entry(key.name.to_string()).or_default();
        sought.proof = Proof::JustMade;
        sought.is_named |= !sought.addresses.contains(address);
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
        for value in scope.iter().flat_map(BTreeMap::values) {
            if let ScopeValue::Parent { collection, .. } = value {
                self.kinds.entry(collection).or_default();
            }
        }
        let needs = self.kinds.entry(kind.collection).or_default();
        needs.scopes.extend(scope);
        self.with_parents(kind);
    }

    /// Collects what it takes to find any object of one kind by its id; of its fields the identity.
    #[must_use]
    pub fn of_kind(kind: &'static Kind) -> Self {
        let mut needs = Self::default();
        needs.kinds.entry(kind.collection).or_default().everywhere = true;
        needs.with_parents(kind);
        needs.with_all_above(kind);
        // What is asked is asked about objects of these.
        for target in kind.targets().iter().filter(|_| kind.is_check()) {
            needs.kinds.entry(target.collection).or_default().everywhere = true;
        }
        needs
    }

    /// Collects everything that can be managed, for an export.
    #[must_use]
    pub fn everything(dialect: Dialect) -> Self {
        let mut needs = Self::default();
        for kind in kind::all() {
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
            entry.below_all = true;
            entry
                .fields
                .extend(kind.fields.iter().map(|field| field.name));
        }
        needs
    }

    /// Collects what can be managed of the chosen kinds, for an export in part: with the kinds whose
    /// objects they name, so that these are told by their names. Seeds, which are many, are read for
    /// their names only where a seed names them.
    ///
    /// What names count below beside words is read only for a kind that is chosen, and not where it is `left_out`: then
    /// there is what counts below words.
    #[must_use]
    pub fn everything_of(
        chosen: &BTreeSet<&'static str>,
        left_out: &dyn Fn(&str) -> bool,
        dialect: Dialect,
    ) -> Self {
        let mut needs = Self::everything(dialect);
        let mut kept = chosen.clone();
        let kinds = chosen
            .iter()
            .filter_map(|collection| kind::find(collection));
        for kind in kinds {
            let mut named = kind.targets();
            named.extend(kind.chosen_heirs().into_iter().map(|heir| heir.target));
            let named = named.iter().filter_map(|to| kind::find(to.collection));
            let is_out =
                |kind: &Kind| is_scope_by_name(kind.collection) && left_out(kind.collection);
            let named = named.filter(|target| !is_out(target));
            let named = named.filter(|target| kind.seed || !target.seed);
            kept.extend(named.map(|target| target.collection));
        }
        let mut parents: Vec<&Kind> = kept.iter().filter_map(|name| kind::find(name)).collect();
        while let Some(kind) = parents.pop() {
            let above = scopes(kind).filter_map(|field| field.shape.target());
            for parent in above.flat_map(Target::collections).filter_map(kind::find) {
                if kept.insert(parent.collection) {
                    parents.push(parent);
                }
            }
        }
        for (collection, own) in &mut needs.kinds {
            own.below_all = chosen.contains(collection);
        }
        needs
            .kinds
            .retain(|collection, _| kept.contains(collection));
        needs
    }

    /// Says whether those are in play of whom one is acting, or what they found.
    #[must_use]
    pub fn needs_acting_agent(&self) -> bool {
        let matters = |api: &Api| api.acting.is_some() || api.founders.is_some();
        self.kinds
            .keys()
            .filter_map(|name| kind::find(name))
            .flat_map(Kind::apis)
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

/// The collections below whose resources the names of others count.
fn parent_collections() -> BTreeSet<&'static str> {
    let fields = kind::all().flat_map(scopes);
    let targets = fields.filter_map(Field::above);
    targets.flat_map(Target::collections).collect()
}

/// Whether objects of a kind are only mentioned by others.
pub(super) fn is_mentioned(kind: &Kind, dialect: Dialect) -> bool {
    kind.api(dialect)
        .is_some_and(|api| api.listing == Listing::Mentioned)
}

/// Whether of a kind what is declared is read, and not all there is: an organization may have many times
/// as many seeds as anybody declares.
pub(super) fn is_read_in_part(kind: &'static Kind, dialect: Dialect) -> bool {
    let is_plain = |api: &Api| {
        let is_whole = matches!(api.listing, Listing::Whole(_));
        is_whole && api.item.is_some() && api.page > 0 && api.grouping().is_none()
    };
    kind.seed && scopes(kind).next().is_none() && kind.api(dialect).is_some_and(is_plain)
}

/// Whether a resource names something by its id, which does not say where that is listed.
fn names_by_id(resource: &Resource) -> bool {
    let mut found = false;
    for (_, value) in resource.body.iter() {
        value.walk(&mut |value| {
            found |= matches!(value, Value::Reference(Reference::Id { .. }));
        });
    }
    found
}

/// Whether a record names a resource of a collection by its address.
fn names_one(record: &Json, collection: &str) -> bool {
    let is_one = |text: &str| {
        let rest = text.strip_prefix(collection);
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    match record {
        Json::String(text) => is_one(text),
        Json::Array(items) => items.iter().any(|item| names_one(item, collection)),
        Json::Object(map) => map
            .iter()
            .any(|(key, value)| is_one(key) || names_one(value, collection)),
        _ => false,
    }
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

/// The scopes of a name; none where it leaves one of them out that its listing needs.
fn scope_of_name(
    desired: &Desired,
    kind: &Kind,
    named: &Named<'_>,
    dialect: Dialect,
) -> Option<Scope> {
    let listing = kind.api(dialect).map(|api| api.listing);
    let Some(listing) = listing.filter(|listing| listing.is_scoped()) else {
        return Some(Scope::new());
    };
    roots(listing)
        .map(|root| Some((root, scope_value(desired, named.below(root)?, dialect))))
        .collect()
}

fn scope_value(desired: &Desired, below: &Below, dialect: Dialect) -> ScopeValue {
    match below {
        Below::Word(word) => ScopeValue::Text(word.to_string()),
        Below::Parent(reference) => parent(desired, reference, dialect),
    }
}

/// What may be known of a parent before anything is read.
fn parent(desired: &Desired, reference: &Reference, dialect: Dialect) -> ScopeValue {
    let mut names = BTreeSet::new();
    let (mut id, mut address) = (None, None);
    let candidate = |named: &Named<'_>| Candidate {
        name: named.name.to_string(),
        scope: (named.scope.iter())
            .map(|(field, below)| (*field, scope_value(desired, below, dialect)))
            .collect(),
    };
    match reference {
        Reference::Id { id: given, .. } => id = Some(given.to_string()),
        Reference::Lookup { name, .. } => {
            names.insert(candidate(name));
        }
        Reference::To(declared) => {
            address = Some(declared.clone());
            let resource = desired.state.get(declared);
            let now = resource.and_then(|resource| named(resource.kind, &resource.body));
            let detail = desired.details.get(declared);
            for old in detail
                .into_iter()
                .flat_map(|one| &one.lifecycle.renamed_from)
            {
                let mut old = old.clone();
                for (field, below) in now.iter().flat_map(|now| &now.scope) {
                    old.fill(field, below.clone());
                }
                names.insert(candidate(&old));
            }
            names.extend(now.as_ref().map(candidate));
        }
    }
    ScopeValue::Parent {
        collection: reference.collection(),
        id,
        address,
        names,
    }
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
            let field = kind.field(root)?;
            let value = match (field.shape, field.above()) {
                (Shape::Reference(target), _) => ScopeValue::Parent {
                    collection: target.collection,
                    id: Some(value),
                    address: None,
                    names: BTreeSet::new(),
                },
                // It may be gone: then nothing is listed below it.
                (_, Some(target)) if !field.words().contains(&&*value) => ScopeValue::Parent {
                    collection: target.collection,
                    id: None,
                    address: None,
                    names: BTreeSet::from([Candidate {
                        name: value,
                        scope: Scope::new(),
                    }]),
                },
                _ => ScopeValue::Text(value),
            };
            Some((root, value))
        })
        .collect()
}
