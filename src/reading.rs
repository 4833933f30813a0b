//! Reading an organization: one listing a kind or module, single objects only where needed.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use crate::api::{ApiError, ErrorKind, Method, Paging, Reader, Request};
use crate::dialect::Dialect;
use crate::kind::{self, Api, Form, Kind, Shape, Shown, Wire};
use crate::ledger::Ledger;
use crate::live::convert::Ids;
use crate::live::{Live, LiveObject, convert, group_events, is_gone};
use crate::manifest::Desired;
use crate::plan::bound::Bound;
use crate::state::{Address, Reference, Resource, Value};

/// Most fields that one listing may ask for. Source: Contact, `getContacts`.
const MAX_FIELDS: usize = 30;

/// What has to be read of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    kinds: BTreeMap<&'static str, KindNeeds>,
    /// Names of SLAs that are declared or referred to; their definitions have no listing in `openapi`.
    sla_names: BTreeSet<String>,
    /// Identities of accounts that refer to SLAs.
    sla_accounts: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct KindNeeds {
    /// Fields that are compared.
    fields: BTreeSet<&'static str>,
    /// Modules, for kinds that are listed by module.
    modules: BTreeSet<String>,
    /// Keys under `cf` that are compared.
    cf: BTreeSet<String>,
}

/// The modules that may have custom fields: those that both dialects know, and those of the kinds
/// whose records hold values of such fields.
fn modules_of_fields(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    let of_records = kind::KINDS
        .iter()
        .flat_map(|kind| kind.fields)
        .filter(move |field| !matches!(field.wire(dialect), Wire::Harmless | Wire::Refused(_)))
        .filter_map(|field| match field.shape {
            Shape::CustomFields { module } => Some(module),
            _ => None,
        });
    kind::custom_fields::MODULES
        .iter()
        .copied()
        .chain(of_records)
}

impl Needs {
    /// What the manifests need: the kinds they declare, remove or refer to, and the fields they name.
    #[must_use]
    pub fn of(desired: &Desired, dialect: Dialect) -> Self {
        let mut needs = Self::default();
        for (address, resource) in &desired.state {
            let kind = resource.kind;
            let entry = needs.kinds.entry(kind.collection).or_default();
            if let Some(module) = resource.body.get("module").and_then(Value::as_text) {
                entry.modules.insert(module.to_owned());
            }
            for (name, value) in resource.body.iter() {
                let Some(field) = kind.field(name) else {
                    continue;
                };
                if matches!(field.wire(dialect), Wire::Harmless | Wire::Refused(_))
                    && !field.identity
                {
                    continue;
                }
                if let Some(entry) = needs.kinds.get_mut(kind.collection) {
                    entry.fields.insert(field.name);
                }
                if let (Shape::CustomFields { module }, Value::Map(map)) = (field.shape, value) {
                    if let Some(entry) = needs.kinds.get_mut(kind.collection) {
                        entry.cf.extend(map.keys().map(str::to_owned));
                    }
                    let fields = needs.kinds.entry("customFields").or_default();
                    fields.modules.insert(module.to_owned());
                }
                needs.refer(value, kind);
            }
            if kind.collection == "accounts"
                && resource
                    .body
                    .get("slas")
                    .is_some_and(|value| !value.is_null())
                && let Some(name) = crate::live::identity(kind, dialect, &resource.body)
            {
                needs.sla_accounts.insert(name.into_owned());
            }
            if kind.collection == "slas" {
                let name = resource.body.get("name").and_then(Value::as_text);
                needs.sla_names.extend(
                    name.map(str::to_owned)
                        .or_else(|| Some(address.handle.to_string())),
                );
            }
        }
        for tombstone in &desired.removed {
            let entry = needs.kinds.entry(tombstone.collection).or_default();
            if let Some((module, _)) = tombstone.identity.split_once('/') {
                entry.modules.insert(module.to_owned());
            }
            if tombstone.collection == "slas" {
                needs.sla_names.insert(tombstone.identity.clone());
            }
        }
        needs
    }

    /// Adds the kinds of what the ledger owns: what is not declared any more has to be seen, too.
    ///
    /// Kinds that are neither declared nor `pruned` are left out: nothing could follow from them.
    pub fn add_owned(&mut self, ledger: &Ledger, dialect: Dialect, pruned: &dyn Fn(&Kind) -> bool) {
        for (address, entry) in &ledger.resources {
            let reads = kind::find(address.collection)
                .is_some_and(|kind| self.reads(kind.collection) || pruned(kind));
            if reads {
                self.add(address, &entry.identity, dialect);
            }
        }
    }

    /// Whether a collection is read.
    #[must_use]
    pub fn reads(&self, collection: &str) -> bool {
        self.kinds.contains_key(collection)
    }

    /// Adds the kind of an object that has an identity.
    pub fn add(&mut self, address: &Address, identity: &str, dialect: Dialect) {
        let Some(kind) = kind::find(address.collection) else {
            return;
        };
        let Some(api) = kind.api(dialect) else {
            return;
        };
        if api.form == Form::SlaNames {
            return;
        }
        let needs = self.kinds.entry(kind.collection).or_default();
        if let (true, Some((module, _))) = (api.by_module, identity.split_once('/')) {
            needs.modules.insert(module.to_owned());
        }
    }

    /// Every object of one kind, to find one by its id; of its fields the identity.
    #[must_use]
    pub fn of_kind(kind: &'static Kind, dialect: Dialect) -> Self {
        let mut needs = Self::default();
        let entry = needs.kinds.entry(kind.collection).or_default();
        if kind.api(dialect).is_some_and(|api| api.by_module) {
            entry
                .modules
                .extend(modules_of_fields(dialect).map(str::to_owned));
        }
        needs
    }

    /// Everything that can be managed, for an export.
    #[must_use]
    pub fn everything(dialect: Dialect) -> Self {
        let mut needs = Self::default();
        // In the guide there is nothing to list, but agents tell the names of their roles.
        needs.kinds.entry("roles").or_default();
        for kind in kind::KINDS {
            if kind
                .api(dialect)
                .is_none_or(|api| api.form == Form::SlaNames)
            {
                continue;
            }
            let entry = needs.kinds.entry(kind.collection).or_default();
            entry
                .fields
                .extend(kind.fields.iter().map(|field| field.name));
            match kind.collection {
                "customFields" => entry
                    .modules
                    .extend(modules_of_fields(dialect).map(str::to_owned)),
                "layouts" => entry
                    .modules
                    .extend(["accounts", "contacts"].map(str::to_owned)),
                _ => {}
            }
        }
        needs
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
                    if *collection == "layouts" {
                        entry.modules.insert(from.collection.to_owned());
                    }
                    if *collection == "slas" {
                        self.sla_names.insert(name.to_string());
                    }
                }
            }
        });
    }

    /// Whether agents are in play, so that who is acting matters.
    #[must_use]
    pub fn needs_acting_agent(&self) -> bool {
        self.kinds.contains_key("departments") || self.kinds.contains_key("agents")
    }

    /// Every scope list that reading needs, by kind; any one of each is enough.
    pub fn scopes(
        &self,
        dialect: Dialect,
    ) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        self.kinds
            .keys()
            .filter_map(move |name| Some((*name, kind::find(name)?.api(dialect)?.scopes.read)))
    }
}

/// A listing that failed: then nothing may be concluded about what does not exist.
#[derive(Debug)]
pub struct Unread {
    /// The kind.
    pub collection: &'static str,
    /// The cause.
    pub error: ApiError,
    /// A scope that reading the kind needs.
    pub scope: Option<&'static str>,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cannot be read: {}", self.collection, self.error)
    }
}

impl Unread {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match (self.error.kind(), self.scope) {
            (ErrorKind::ScopeMissing | ErrorKind::Forbidden | ErrorKind::NotFound, Some(scope)) => {
                format!(
                    "what cannot be read is not proved to be absent, so nothing is planned; grant the token `{scope}` and its user access to {}",
                    self.collection
                )
            }
            _ => self.error.hint().to_owned(),
        }
    }
}

/// Reads all that is needed; kinds side by side, pages in sequence.
///
/// # Errors
/// Every kind that could not be read.
pub async fn read(reader: &Reader, live: &mut Live, needs: &Needs) -> Result<(), Vec<Unread>> {
    let dialect = live.dialect;
    // Listings that ask for custom fields by name need the names first.
    let late = |collection: &str| {
        kind::find(collection)
            .and_then(|kind| kind.api(dialect))
            .is_some_and(|api| api.takes_fields)
            && needs.kinds.get(collection).is_some_and(|needs| {
                needs.cf.iter().any(|key| key.starts_with("customFields/"))
                    || needs.fields.contains("cf")
            })
    };
    // Names of SLAs are found beside departments and accounts, so these come first.
    let last = |collection: &str| {
        kind::find(collection)
            .and_then(|kind| kind.api(dialect))
            .is_some_and(|api| api.form == Form::SlaNames)
    };
    let (third, rest): (Vec<_>, Vec<_>) = needs
        .kinds
        .iter()
        .partition(|(collection, _)| last(collection));
    let (second, first): (Vec<_>, Vec<_>) = rest
        .into_iter()
        .partition(|(collection, _)| late(collection));
    for wave in [first, second, third] {
        let listings = wave.into_iter().filter_map(|(collection, needs)| {
            let kind = kind::find(collection)?;
            let api = kind.api(dialect)?;
            Some((kind, api, needs))
        });
        let results = join_all(listings.map(|(kind, api, own)| {
            let live = &*live;
            async move {
                list(reader, live, kind, api, own, needs)
                    .await
                    .map_err(|error| Unread {
                        collection: kind.collection,
                        error,
                        scope: api.scopes.read.first().copied(),
                    })
            }
        }))
        .await;
        let mut failures = Vec::new();
        for result in results {
            match result {
                Ok(objects) => objects.into_iter().for_each(|object| live.add(object)),
                Err(unread) => failures.push(unread),
            }
        }
        if !failures.is_empty() {
            return Err(failures);
        }
    }
    if dialect == Dialect::Guide && needs.kinds.contains_key("roles") {
        learn_roles(live);
    }
    Ok(())
}

async fn list(
    reader: &Reader,
    live: &Live,
    kind: &'static Kind,
    api: &Api,
    own: &KindNeeds,
    needs: &Needs,
) -> Result<Vec<LiveObject>, ApiError> {
    match api.form {
        Form::SlaNames => return sla_names(reader, live, kind, needs).await,
        Form::EventsByUrl => {
            let items = reader
                .list(&Request::new(Method::Get, api.list), paging(api))
                .await?;
            return group_events(items).map_err(|reason| {
                ApiError::new(ErrorKind::Malformed, "GET /events").with_message(&reason)
            });
        }
        Form::Plain => {}
    }
    let mut objects = Vec::new();
    let modules: Vec<Option<&String>> = if api.by_module {
        own.modules.iter().map(Some).collect()
    } else {
        vec![None]
    };
    for module in modules {
        let mut request = Request::new(Method::Get, api.list);
        if let Some(module) = module {
            request = request.query("module", module.clone());
        }
        if api.takes_fields {
            let fields = asked_fields(kind, live, own);
            if !fields.is_empty() {
                request = request.query("fields", fields.join(","));
            }
        }
        for item in reader.list(&request, paging(api)).await? {
            let Json::Object(mut raw) = item else {
                continue;
            };
            let Some(id) = raw.get("id").and_then(convert::id_text) else {
                continue;
            };
            if is_gone(&raw) {
                continue;
            }
            if let Some(module) = module {
                raw.insert("module".to_owned(), Json::from(module.as_str()));
            }
            lift_custom_fields(&mut raw);
            objects.push(LiveObject {
                kind,
                id,
                raw,
                parts: Vec::new(),
            });
        }
    }
    Ok(objects)
}

fn paging(api: &Api) -> Paging {
    if api.page == 0 {
        Paging::whole()
    } else {
        Paging::pages_of(api.page)
    }
}

/// Custom fields that a list item carries beside its other keys stand under `cf` like all others.
fn lift_custom_fields(raw: &mut Map<String, Json>) {
    let flat: Vec<String> = raw
        .keys()
        .filter(|key| key.starts_with("cf_"))
        .cloned()
        .collect();
    if flat.is_empty() {
        return;
    }
    let mut cf = match raw.remove("cf") {
        Some(Json::Object(cf)) => cf,
        _ => Map::new(),
    };
    for key in flat {
        if let Some(value) = raw.remove(&key) {
            cf.entry(key).or_insert(value);
        }
    }
    raw.insert("cf".to_owned(), Json::Object(cf));
}

/// The wire names that a listing has to ask for; empty when its items carry all that is compared.
fn asked_fields(kind: &'static Kind, live: &Live, own: &KindNeeds) -> Vec<String> {
    let mut asked = Vec::new();
    let mut plain = Vec::new();
    for field in kind
        .fields
        .iter()
        .filter(|field| own.fields.contains(field.name) || field.identity)
        .filter(|field| !field.write_only)
    {
        let Wire::Sent { name, shown, .. } = field.wire(live.dialect) else {
            continue;
        };
        match (shown, field.shape) {
            (Shown::ByFields, Shape::CustomFields { module }) => {
                asked.extend(api_names(live, module, own));
            }
            (Shown::ByFields, _) => asked.push((*name).to_owned()),
            (Shown::InList, _) => plain.push((*name).to_owned()),
            (Shown::InObject, _) => {}
        }
    }
    if asked.is_empty() {
        return asked;
    }
    // Whether the usual fields come along when some are asked for is not stated: ask for all.
    plain.append(&mut asked);
    plain.truncate(MAX_FIELDS);
    plain
}

fn api_names(live: &Live, module: &str, own: &KindNeeds) -> Vec<String> {
    let all = own.cf.is_empty();
    live.collection("customFields")
        .filter_map(|index| live.objects.get(index))
        .filter(|object| object.raw.get("module").and_then(Json::as_str) == Some(module))
        .filter(|object| convert::flag(&object.raw, "isCustomField") != Some(false))
        // Texts of several lines come with the single object only. Source: Contact, `getContacts`.
        .filter(|object| {
            let of_type = object.raw.get("type").and_then(Json::as_str);
            !matches!(of_type, Some("Textarea" | "LargeText"))
        })
        .filter_map(|object| object.raw.get("apiName").and_then(Json::as_str))
        // A managed field's key is its handle; which API name that is shows after binding.
        .filter(|name| {
            all || own.cf.contains(*name)
                || own.cf.iter().any(|key| key.starts_with("customFields/"))
        })
        .map(str::to_owned)
        .collect()
}

/// Which objects need a GET of their own: those that the manifests name with fields that the
/// listing did not carry.
#[must_use]
pub fn incomplete(bound: &Bound, live: &Live) -> Vec<usize> {
    let mut wanted: Vec<usize> = bound
        .live
        .iter()
        .filter(|(address, index)| {
            bound.desired.get(*address).is_some_and(|resource| {
                live.objects
                    .get(**index)
                    .is_some_and(|object| lacks(object, resource, live))
            })
        })
        .map(|(_, index)| *index)
        .collect();
    wanted.sort_unstable();
    wanted
}

fn lacks(object: &LiveObject, resource: &Resource, live: &Live) -> bool {
    resource.body.iter().any(|(name, value)| {
        let Some(field) = object.kind.field(name).filter(|field| !field.write_only) else {
            return false;
        };
        let Wire::Sent { name, shown, .. } = field.wire(live.dialect) else {
            return false;
        };
        match (field.shape, value) {
            (Shape::CustomFields { .. }, Value::Map(map)) if *shown != Shown::InList => {
                let carried = object.raw.get(*name).and_then(Json::as_object);
                map.keys().any(|key| {
                    let api_name = match key.strip_prefix("customFields/") {
                        Some(handle) => live.api_name(&Address::new("customFields", handle)),
                        None => Some(key.to_owned()),
                    };
                    // A field that is only about to be created has no value yet.
                    api_name.is_some_and(|api_name| {
                        !carried.is_some_and(|carried| carried.contains_key(&api_name))
                    })
                })
            }
            _ => *shown != Shown::InList && !object.raw.contains_key(*name),
        }
    })
}

/// Fetches by id what the ledger owns and the listings do not show.
///
/// A listing may lag: only the answer that there is no such object proves its absence. What is
/// proved to be absent is returned.
///
/// # Errors
/// Every object of which nothing can be said.
pub async fn fetch_missing(
    reader: &Reader,
    live: &mut Live,
    needs: &Needs,
    ledger: &Ledger,
) -> Result<Vec<Address>, Vec<Unread>> {
    let dialect = live.dialect;
    let read = |address: &Address| needs.reads(address.collection);
    let missing = ledger.resources.iter().filter_map(|(address, entry)| {
        let kind = kind::find(address.collection).filter(|_| read(address))?;
        let api = kind.api(dialect).filter(|api| api.by_id)?;
        let seen = live.find_id(address.collection, &entry.id).is_some();
        (!seen).then_some((address, entry, kind, api))
    });
    let answers = join_all(missing.map(|(address, entry, kind, api)| async move {
        let request = Request::new(Method::Get, format!("{}/{}", api.list, entry.id));
        (address, entry, kind, api, reader.get(&request).await)
    }))
    .await;
    let mut absent = Vec::new();
    let mut failures = Vec::new();
    for (address, entry, kind, api, answer) in answers {
        match answer {
            Ok(answer) => match answer.body {
                Some(Json::Object(mut raw)) if !is_gone(&raw) => {
                    if let (true, Some((module, _))) =
                        (api.by_module, entry.identity.split_once('/'))
                    {
                        raw.insert("module".to_owned(), Json::from(module));
                    }
                    live.add(LiveObject {
                        kind,
                        id: entry.id.clone(),
                        raw,
                        parts: Vec::new(),
                    });
                }
                _ => absent.push(address.clone()),
            },
            Err(error) if error.is_absent() => absent.push(address.clone()),
            Err(error) => failures.push(Unread {
                collection: kind.collection,
                error,
                scope: api.scopes.read.first().copied(),
            }),
        }
    }
    if failures.is_empty() {
        Ok(absent)
    } else {
        Err(failures)
    }
}

/// What the ledger owns, the listings lack, and no GET by id could prove absent; with whether the
/// whole object is lacking and not just a part of it.
#[must_use]
pub fn lacking_in_listings(live: &Live, needs: &Needs, ledger: &Ledger) -> Vec<(Address, bool)> {
    let lacking = ledger.resources.iter().filter_map(|(address, entry)| {
        let kind = kind::find(address.collection).filter(|kind| needs.reads(kind.collection))?;
        let api = kind.api(live.dialect)?;
        if api.by_id || api.form == Form::SlaNames {
            return None;
        }
        let mut ids: Vec<&String> = entry.parts.iter().collect();
        if ids.is_empty() {
            ids.push(&entry.id);
        }
        let lacking = ids
            .iter()
            .filter(|id| live.find_id(address.collection, id).is_none())
            .count();
        (lacking > 0).then(|| (address.clone(), lacking == ids.len()))
    });
    lacking.collect()
}

/// The objects of which listings show a part only.
#[must_use]
pub fn partial(live: &Live) -> Vec<usize> {
    live.objects
        .iter()
        .enumerate()
        .filter(|(_, object)| {
            object.kind.managed
                && object.kind.fields.iter().any(|field| {
                    matches!(
                        field.wire(live.dialect),
                        Wire::Sent {
                            shown: Shown::InObject,
                            ..
                        }
                    )
                })
        })
        .map(|(index, _)| index)
        .collect()
}

/// Reads single objects whole.
///
/// # Errors
/// Every object that could not be read.
pub async fn complete(
    reader: &Reader,
    live: &mut Live,
    indices: &[usize],
) -> Result<(), Vec<Unread>> {
    let calls = indices.iter().filter_map(|index| {
        let object = live.objects.get(*index)?;
        let api = object.kind.api(live.dialect)?;
        Some((
            *index,
            object.kind,
            api,
            Request::new(Method::Get, format!("{}/{}", api.list, object.id)),
        ))
    });
    let answers = join_all(calls.map(|(index, kind, api, request)| async move {
        reader
            .get(&request)
            .await
            .map(|answer| (index, answer))
            .map_err(|error| Unread {
                collection: kind.collection,
                error,
                scope: api.scopes.read.first().copied(),
            })
    }))
    .await;
    let mut failures = Vec::new();
    for answer in answers {
        match answer {
            Ok((index, answer)) => {
                if let (Some(Json::Object(body)), Some(object)) =
                    (answer.body, live.objects.get_mut(index))
                {
                    object.raw.extend(body);
                }
            }
            Err(unread) => failures.push(unread),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

/// In the guide, names of roles are learnt from the agents who have them.
fn learn_roles(live: &mut Live) {
    let roles: BTreeMap<String, String> = live
        .collection("agents")
        .filter_map(|index| live.objects.get(index))
        .filter_map(|object| {
            let id = object.raw.get("roleId").and_then(convert::id_text)?;
            let name = object.raw.get("roleName").and_then(Json::as_str)?;
            Some((id, name.to_owned()))
        })
        .collect();
    for (id, name) in roles {
        let mut raw = Map::new();
        raw.insert("name".to_owned(), Json::from(name));
        live.add(LiveObject {
            kind: &kind::roles::KIND,
            id,
            raw,
            parts: Vec::new(),
        });
    }
}

/// Gathers SLA names from the places that show them, and stops as soon as all are found.
///
/// Source: Business Hour, `getBusinessHours` and `getRelatedRulesForBusinessHour`; Support Plan,
/// `getSupportPlans`; Account SLA, `getSlasUnderAccount`.
async fn sla_names(
    reader: &Reader,
    live: &Live,
    kind: &'static Kind,
    needs: &Needs,
) -> Result<Vec<LiveObject>, ApiError> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let all = |found: &BTreeMap<String, String>| {
        !needs.sla_names.is_empty()
            && needs
                .sla_names
                .iter()
                .all(|name| found.values().any(|have| have == name))
    };
    let hours = reader
        .list(
            &Request::new(Method::Get, "/businessHours"),
            Paging::pages_of(50),
        )
        .await?;
    for id in hours
        .iter()
        .filter_map(|item| item.get("id").and_then(convert::id_text))
    {
        if all(&found) {
            break;
        }
        let rules = Request::new(Method::Get, format!("/businessHours/{id}/relatedRules"));
        for rule in list_by(reader, &rules, "ruleId").await? {
            if rule.get("ruleType").and_then(Json::as_str) == Some("SLA") {
                note(&mut found, &rule, "ruleId", "ruleName");
            }
        }
    }
    if !all(&found) {
        for id in department_ids(reader, live).await? {
            if all(&found) {
                break;
            }
            let plans = Request::new(Method::Get, "/supportPlans").query("departmentId", id);
            for plan in reader.list(&plans, Paging::pages_of(50)).await? {
                if let Some(sla) = plan.get("sla") {
                    note(&mut found, sla, "id", "name");
                }
            }
        }
    }
    for name in &needs.sla_accounts {
        if all(&found) {
            break;
        }
        let accounts = live.find("accounts", name).iter();
        for account in accounts.filter_map(|index| live.objects.get(*index)) {
            let slas = Request::new(Method::Get, format!("/accounts/{}/sla", account.id));
            for sla in reader.list(&slas, Paging::pages_of(100)).await? {
                note(&mut found, &sla, "id", "name");
            }
        }
    }
    Ok(found
        .into_iter()
        .map(|(id, name)| {
            let mut raw = Map::new();
            raw.insert("name".to_owned(), Json::from(name));
            LiveObject {
                kind,
                id,
                raw,
                parts: Vec::new(),
            }
        })
        .collect())
}

/// The ids of all departments, read if they were not read before.
async fn department_ids(reader: &Reader, live: &Live) -> Result<Vec<String>, ApiError> {
    let known: Vec<String> = live
        .collection("departments")
        .filter_map(|index| live.objects.get(index).map(|object| object.id.clone()))
        .collect();
    if !known.is_empty() {
        return Ok(known);
    }
    let listing = Request::new(Method::Get, "/departments");
    let items = reader.list(&listing, Paging::pages_of(100)).await?;
    Ok(items
        .iter()
        .filter_map(|item| item.get("id").and_then(convert::id_text))
        .collect())
}

/// Lists rules, whose id has another name, page by page.
async fn list_by(reader: &Reader, request: &Request, id: &str) -> Result<Vec<Json>, ApiError> {
    const PAGE: usize = 50;
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    loop {
        let mut page = request.clone().query("limit", PAGE.to_string());
        if !all.is_empty() {
            page = page.query("from", all.len().to_string());
        }
        let items = match reader.get(&page).await?.body {
            Some(Json::Object(mut body)) => match body.remove("data") {
                Some(Json::Array(items)) => items,
                _ => Vec::new(),
            },
            Some(Json::Array(items)) => items,
            _ => Vec::new(),
        };
        let full = items.len() >= PAGE;
        let known = all.len();
        for item in items {
            if let Some(id) = item.get(id).and_then(convert::id_text)
                && seen.insert(id)
            {
                all.push(item);
            }
        }
        // A page without anything new ends the listing, whatever the server counts from.
        if !full || all.len() == known {
            return Ok(all);
        }
    }
}

fn note(found: &mut BTreeMap<String, String>, object: &Json, id: &str, name: &str) {
    if let (Some(id), Some(name)) = (
        object.get(id).and_then(convert::id_text),
        object.get(name).and_then(Json::as_str),
    ) {
        found.insert(id, name.to_owned());
    }
}
