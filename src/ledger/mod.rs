//! The ledger: which live object each address owns, and what was last applied to it.
//!
//! Everything works by identity without a ledger; automatic renames, pruning of what is owned, and
//! three-way drift need one. A ledger that is lost or corrupt is never worse than having none.
//!
//! - [`Ledger`] is data and its JSON form.
//! - [`Store`] keeps it in a file, an object store or a git remote, and replaces it only where nobody
//!   else has.
//! - [`LockGuard`] keeps other runs away; the lock lies beside the ledger and expires by itself.
//! - [`Journal`] records what a run is about to do, so that the next run can find out what a
//!   killed run left behind.
//!
//! Nothing here reads a clock: times are milliseconds since the Unix epoch, given by the caller.
//! Nothing here may be given a secret value.

mod backend;
mod beside;
mod error;
mod history;
pub mod journal;
mod location;
pub mod lock;
mod runs;
pub mod store;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::api::page::Known;
use crate::problem::reason;
use crate::state::{Address, Key, pointer};

pub(crate) use backend::git::program as git;
pub use beside::names_beside;
pub use error::{Refusal, StoreError, Trouble};
pub use history::MAX_PAST_RUN;
pub use journal::{Begin, Intent, Outcome, Record, RunId, Settled, Unfinished};
pub use location::{Location, LocationError, NOWHERE, store_variables};
pub use lock::{Held, Holder, LockError, LockGuard};
pub use runs::{Journal, Runs};
pub use store::{Loaded, Store, Version};

/// The version of the ledger's JSON form.
pub const FORMAT_VERSION: u64 = 2;

/// How many former keys of an object are remembered.
pub const MANY_NAMES: usize = 10;

/// Largest ledger that is read or written, in bytes.
pub const MAX_LEDGER: usize = 64 * 1024 * 1024;

/// Who owns what in one organization, and what was last applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ledger {
    /// [`FORMAT_VERSION`].
    pub format_version: u64,
    /// The environment's name.
    pub environment: String,
    /// The organization's id.
    pub org_id: String,
    /// Raised by one with every save.
    pub serial: u64,
    /// When the last apply ended, in milliseconds since the Unix epoch; 0 where nobody knows.
    #[serde(default)]
    pub applied_at: i64,
    /// The runs whose outcomes this ledger holds although their journals may still lie beside it:
    /// what is forgotten since then must not come back with them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub absorbed: BTreeSet<RunId>,
    /// What the last reading of each listing came to, by its path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub listings: BTreeMap<String, Known>,
    /// The objects that are owned.
    #[serde(deserialize_with = "unique")]
    pub resources: BTreeMap<Address, Entry>,
    /// What runs that did not end in order may have changed since; never kept in the file.
    #[serde(skip)]
    pub touched: BTreeSet<Address>,
}

/// One object that is owned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The object's id.
    pub id: String,
    /// The ids of all its parts, where several objects make up one resource: a webhook of the
    /// guide dialect is one object an event. Empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Its key when it was last applied.
    #[serde(alias = "identity", deserialize_with = "journal::key_or_text")]
    pub key: Key<'static>,
    /// The keys that it had before that, the latest one last; at most [`MANY_NAMES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Key<'static>>,
    /// The old key that its manifest named and that was followed: the same rename is not done twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Key<'static>>,
    /// Whether a manifest asked never to remove it; remembered, so that it holds when the block is
    /// gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prevent_destroy: bool,
    /// Who takes over what hangs on it when it is removed, by what they are called in manifests;
    /// remembered as well.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transfer_to: BTreeMap<String, RememberedHeir>,
    /// The agent who was made a member of a department so that it could be created, and who has
    /// not left it yet.
    #[serde(default, rename = "lent", skip_serializing_if = "Option::is_none")]
    pub temporary_member: Option<String>,
    /// Whether it was there before and was taken over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// JSON Pointers to what was a secret when it was last applied: what is live of it stays secret when the manifests say something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// The templates of these secrets, by their JSON Pointers: `https://host/${secret.KEY}`. They hold
    /// what the manifests say, and no value of a secret.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "unique"
    )]
    pub templates: BTreeMap<String, String>,
    /// What was last applied, by field; non-secret fields only.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "unique"
    )]
    pub fields: BTreeMap<String, FieldRecord>,
}

/// One that takes over what hangs on a removed object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RememberedHeir {
    /// Its address.
    pub address: Address,
    /// Its id, for when nobody has that address any more.
    pub id: String,
}

impl Entry {
    /// The ids of the object and of its parts.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.id).chain(&self.parts)
    }

    /// Whether an id is this object's or one of its parts'.
    #[must_use]
    pub fn has_id(&self, id: &str) -> bool {
        self.ids().any(|own| own == id)
    }

    /// Gives it a key, and remembers the one that it had.
    pub fn rename(&mut self, key: Key<'static>) {
        if key == self.key {
            return;
        }
        let old = std::mem::replace(&mut self.key, key);
        self.names.retain(|name| *name != old && *name != self.key);
        if !old.is_unknown() {
            self.names.push(old);
        }
        let surplus = self.names.len().saturating_sub(MANY_NAMES);
        self.names.drain(..surplus);
    }
}

/// What was last applied to a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldRecord {
    /// What was sent.
    pub sent: Json,
    /// What the server showed afterwards. Where it differs from what was sent and is still live,
    /// the server normalised it, and that is no drift.
    pub stored: Json,
}

/// What was found where a ledger is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Load {
    /// A ledger of this environment and organization.
    Found(Ledger),
    /// Nothing.
    None,
}

impl Load {
    /// The ledger, or an empty one.
    #[must_use]
    pub fn or_new(self, environment: &str, org_id: &str) -> Ledger {
        match self {
            Self::Found(ledger) => ledger,
            Self::None => Ledger::new(environment, org_id),
        }
    }
}

/// What is looked at before the rest is understood.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    format_version: u64,
    environment: String,
    org_id: String,
}

impl Ledger {
    /// A ledger that owns nothing.
    #[must_use]
    pub fn new(environment: &str, org_id: &str) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            environment: environment.to_owned(),
            org_id: org_id.to_owned(),
            serial: 0,
            applied_at: 0,
            absorbed: BTreeSet::new(),
            listings: BTreeMap::new(),
            resources: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Understands bytes from outside. Never gives [`Load::None`].
    ///
    /// # Errors
    ///
    /// Bytes that must neither be used nor be written over: what is no whole ledger, and a ledger of a
    /// newer format, of another environment or of another organization.
    pub fn parse(bytes: &[u8], environment: &str, org_id: &str) -> Result<Load, Refusal> {
        if bytes.len() > MAX_LEDGER {
            let reason = format!(
                "it has {} bytes, and at most {MAX_LEDGER} are read",
                bytes.len()
            );
            return Err(Refusal::Corrupt { reason });
        }
        let header: Header = match serde_json::from_slice(bytes) {
            Ok(header) => header,
            Err(error) => {
                let reason = reason::of_json(&error);
                return Err(Refusal::Corrupt { reason });
            }
        };
        if header.format_version > FORMAT_VERSION {
            return Err(Refusal::Newer {
                found: header.format_version,
            });
        }
        if header.environment != environment {
            return Err(Refusal::Environment {
                found: header.environment,
                expected: environment.to_owned(),
            });
        }
        if header.org_id != org_id {
            return Err(Refusal::Organization {
                found: header.org_id,
                expected: org_id.to_owned(),
            });
        }
        if header.format_version == 0 {
            let reason = format!("it has format {}, which never was", header.format_version);
            return Err(Refusal::Corrupt { reason });
        }
        let mut ledger: Self = match serde_json::from_slice(bytes) {
            Ok(ledger) => ledger,
            Err(error) => {
                let reason = reason::of_json(&error);
                return Err(Refusal::Corrupt { reason });
            }
        };
        if header.format_version < FORMAT_VERSION {
            ledger.format_version = FORMAT_VERSION;
            for (address, entry) in &mut ledger.resources {
                journal::understand(address, &mut entry.key);
            }
        }
        for entry in ledger.resources.values_mut() {
            entry.secrets.iter_mut().for_each(as_pointer);
        }
        match ledger.odd_id() {
            Some((address, id)) => {
                let id: String = id.chars().take(40).collect();
                let reason = format!("`{address}` has the id `{id}`, which is none");
                Err(Refusal::Corrupt { reason })
            }
            None => Ok(Load::Found(ledger)),
        }
    }

    /// An id that would not do in the path of a request.
    fn odd_id(&self) -> Option<(&Address, &str)> {
        let is_odd = |id: &str| {
            id.is_empty()
                || !id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        self.resources.iter().find_map(|(address, entry)| {
            let mut ids = entry.ids();
            Some((address, ids.find(|id| is_odd(id))?.as_str()))
        })
    }

    /// The JSON form: one line a resource, in the order of their addresses, so that a ledger under
    /// version control shows what changed.
    ///
    /// # Errors
    ///
    /// A value that has no JSON form; the types here have none such.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut out = Vec::with_capacity(256 + 256 * self.resources.len());
        out.extend_from_slice(b"{\n  \"formatVersion\": ");
        serde_json::to_writer(&mut out, &self.format_version)?;
        out.extend_from_slice(b",\n  \"environment\": ");
        serde_json::to_writer(&mut out, &self.environment)?;
        out.extend_from_slice(b",\n  \"orgId\": ");
        serde_json::to_writer(&mut out, &self.org_id)?;
        out.extend_from_slice(b",\n  \"serial\": ");
        serde_json::to_writer(&mut out, &self.serial)?;
        out.extend_from_slice(b",\n  \"appliedAt\": ");
        serde_json::to_writer(&mut out, &self.applied_at)?;
        if !self.absorbed.is_empty() {
            out.extend_from_slice(b",\n  \"absorbed\": ");
            serde_json::to_writer(&mut out, &self.absorbed)?;
        }
        if !self.listings.is_empty() {
            out.extend_from_slice(b",\n  \"listings\": {");
            let mut separator: &[u8] = b"\n    ";
            for (path, known) in &self.listings {
                out.extend_from_slice(separator);
                separator = b",\n    ";
                serde_json::to_writer(&mut out, path)?;
                out.extend_from_slice(b": ");
                serde_json::to_writer(&mut out, known)?;
            }
            out.extend_from_slice(b"\n  }");
        }
        out.extend_from_slice(b",\n  \"resources\": {");
        let mut separator: &[u8] = b"\n    ";
        for (address, entry) in &self.resources {
            out.extend_from_slice(separator);
            separator = b",\n    ";
            serde_json::to_writer(&mut out, address)?;
            out.extend_from_slice(b": ");
            serde_json::to_writer(&mut out, entry)?;
        }
        out.extend_from_slice(if self.resources.is_empty() {
            b"}\n}\n"
        } else {
            b"\n  }\n}\n"
        });
        Ok(out)
    }

    /// What an address owns.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Entry> {
        self.resources.get(address)
    }

    /// The address in a collection that owns an id, as an object or as a part of one.
    ///
    /// Looks at every entry of the collection; see [`Ledger::index`] for many ids.
    #[must_use]
    pub fn by_id(&self, collection: &str, id: &str) -> Option<(&Address, &Entry)> {
        self.resources
            .iter()
            .find(|(address, entry)| address.collection == collection && entry.has_id(id))
    }

    /// Every owned id with its address, by collection and id. Where two addresses claim one id, the
    /// first address counts.
    #[must_use]
    pub fn index(&self) -> HashMap<(&'static str, &str), &Address> {
        let mut index = HashMap::with_capacity(self.resources.len());
        for (address, entry) in &self.resources {
            for id in entry.ids() {
                index
                    .entry((address.collection, id.as_str()))
                    .or_insert(address);
            }
        }
        index
    }

    /// Sets what an address owns, and returns what it owned before.
    pub fn set(&mut self, address: Address, entry: Entry) -> Option<Entry> {
        self.resources.insert(address, entry)
    }

    /// Forgets what an address owns.
    pub fn remove(&mut self, address: &Address) -> Option<Entry> {
        self.resources.remove(address)
    }

    /// Moves an entry to another address of its collection, as when a handle was changed.
    ///
    /// Returns whether it was moved: not where there is nothing to move, where the new address owns
    /// something already, or where the collections differ.
    pub fn rename(&mut self, from: &Address, to: &Address) -> bool {
        if from.collection != to.collection || self.resources.contains_key(to) {
            return false;
        }
        match self.resources.remove(from) {
            Some(entry) => self.resources.insert(to.clone(), entry).is_none(),
            None => false,
        }
    }
}

/// Writes the path of a secret as a JSON Pointer; ledgers of before wrote a dot before a leaf.
fn as_pointer(path: &mut String) {
    if !path.starts_with('/') {
        let (field, leaf) = match path.split_once('.') {
            Some((field, leaf)) => (field, Some(leaf)),
            None => (path.as_str(), None),
        };
        *path = pointer(std::iter::once(field).chain(leaf));
    }
}

/// A map in which a key that stands twice is an error instead of the last one winning.
fn unique<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Debug,
    V: Deserialize<'de>,
{
    struct Unique<K, V>(std::marker::PhantomData<(K, V)>);

    impl<'de, K, V> Visitor<'de> for Unique<K, V>
    where
        K: Deserialize<'de> + Ord + fmt::Debug,
        V: Deserialize<'de>,
    {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = access.next_entry::<K, V>()? {
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format!("`{key:?}` stands twice")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Unique(std::marker::PhantomData))
}

#[cfg(test)]
mod tests;
