//! The plan: ordered steps as data. It can be saved, compared and shown, and it refuses itself.

pub mod alike;
pub mod bound;
mod changes;
mod choices;
mod claims;
pub mod forecast;
pub mod guards;
mod hierarchy;
mod holders;
pub mod in_dialect;
mod left_choice;
pub mod look_alike;
pub mod matching;
mod membership;
pub mod moved;
mod order;
pub mod origin;
mod owners;
pub mod ownership;
#[cfg(test)]
mod parents_tests;
pub(crate) mod placed;
pub mod placeholders;
pub mod quota;
pub mod record;
mod referrers;
mod renamed_lookups;
mod renames;
pub mod requests;
mod resolve;
mod risk;
pub mod row;
mod shown;
mod summary;
mod taken;
pub mod task;
pub mod tasks;
mod temporary;
pub mod uses;
mod within;

use bound::Bound;
pub use changes::Changes;
pub use moved::LiveChange;
use ownership::Owned;
pub use referrers::Referrers;
pub use risk::StepRisk;
pub(crate) use shown::{called, of_sides, shown_live, shown_secret, shown_value, to_do, to_see_to};
pub(crate) use taken::old_keys;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::api::Method;
use crate::codec::switch_value;
use crate::config::Prune;
use crate::dialect::Dialect;
use crate::kind::removal::RemovalPolicy;
use crate::kind::{Kind, Removal};
use crate::ledger::Ledger;
use crate::live::Live;
use crate::problem::Problem;
use crate::state::{Address, Body, Key, keys, pointer};
use crate::verb::Verb;

/// The version of the plan's JSON form.
pub const FORMAT_VERSION: u32 = 2;

/// The fingerprint of what is proved to be absent.
pub const ABSENT: &str = "absent";

/// What a run would do, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The environment's name.
    pub environment: String,
    /// The organization's id.
    pub org_id: String,
    /// The dialect the organization's API speaks.
    pub dialect: Dialect,
    /// The digest of the composed manifests, secrets as templates.
    pub digest: String,
    /// Addresses that `--target` limited the plan to; empty means everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Address>,
    /// The number of objects that pruning removes, where `--allow-deletes` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_deletes: Option<u64>,
    /// Where, when and by what it was made. It is never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// Warnings that came up while it was made. They are never compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Counts.
    pub summary: Summary,
    /// What an apply will cost; none when it has nothing to write. It is never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<forecast::Forecast>,
    /// The steps, prerequisites first.
    pub steps: Vec<Step>,
    /// Fingerprint of what was live, by address: of every object that a step touches, and of the
    /// proved absence of every object that a step creates.
    pub fingerprints: BTreeMap<Address, Cow<'static, str>>,
    /// Differences that an `ignore:` entry acknowledges, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<Acknowledged>,
    /// What would be made and is alike to what is no longer declared: each pair may be a rename.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alike: Vec<alike::Alike>,
    /// What is owned, is not declared any more and stays, since its kind is never pruned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_longer_declared: Vec<Address>,
    /// Live objects that match already and are owned from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_over: Vec<Address>,
    /// Owned objects that are declared under another handle now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_handles: Vec<record::MovedHandle>,
    /// What is owned and does not exist any more, so that the ledger lets it go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Address>,
    /// Fields that were applied, that the manifests no longer name and that stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields_left: Vec<record::FieldLeft>,
    /// Whether the ledger owned nothing when it was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owns_nothing_yet: bool,
    /// The serial of the ledger that it was made from. By itself it makes no plan stale: it tells why
    /// one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger_serial: Option<u64>,
    /// Addresses of which a part was not compared: the environment lacks their secrets, or questions about
    /// them have no answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<String>,
    /// Why guards refuse the plan, in whole sentences without a final period. A plan that was saved
    /// has none, and one that has any is never applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

/// Both sides side by side, without a plan.
#[derive(Debug)]
pub struct Compared {
    /// What was read.
    pub live: Live,
    /// Which live object each declared resource is, as far as that is clear, and both sides as they
    /// were compared.
    pub bound: Bound,
    /// What was found when both sides were shaped to be compared.
    pub owned: Owned,
    /// What the ledger owns and does not exist any more.
    pub absent: Vec<Address>,
    /// Warnings that came up.
    pub warnings: Vec<Problem>,
    /// Why some addresses were left out.
    pub problems: Vec<Problem>,
}

/// Why there is no plan that may be applied.
#[derive(Debug)]
pub struct Refusal {
    /// Everything that is in the way.
    pub problems: Vec<Problem>,
    /// The plan that is refused, where it could be made: only guards stand against it.
    pub plan: Option<Box<Plan>>,
}

impl From<Vec<Problem>> for Refusal {
    fn from(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            plan: None,
        }
    }
}

/// A difference that is known and accepted for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acknowledged {
    /// The resource.
    pub address: Address,
    /// A JSON Pointer to what differs, or nothing for the whole step.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// How many resources a plan treats in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    /// Resources that are created.
    pub create: usize,
    /// Resources that are changed.
    pub update: usize,
    /// Resources that are deleted and created anew.
    pub replace: usize,
    /// Resources that are deleted.
    pub delete: usize,
    /// Resources that are taken out of use.
    pub disable: usize,
    /// Steps that a person has to do.
    pub manual: usize,
    /// What changes in the ledger alone.
    #[serde(default)]
    pub record: record::Record,
    /// Resources that need nothing, or the ledger alone.
    pub unchanged: usize,
    /// Writes that apply will send.
    pub calls: usize,
    /// Credits that they cost (openapi).
    pub credits: usize,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// What is done.
    pub verb: Verb,
    /// Whether the live object was found by its identity and is not owned yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// The fields that change.
    pub changes: Changes,
    /// Resources whose steps come first.
    pub after: Vec<Address>,
    /// The writes, for readers; apply derives them again.
    pub requests: Vec<RequestLine>,
    /// What they cost (openapi).
    pub credits: usize,
    /// Where the files say so: the declaration, or the line under `removed`. None for what is no longer
    /// declared, and none until the files were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<FileLine>,
    /// Whether it makes anew what somebody deleted in Zoho Desk since the last apply.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restores: bool,
    /// Whether the plan is limited to some targets, and this is none of them, but needed by one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needed: bool,
    /// What still refers to what it removes, among all that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referred_by: Option<Referrers>,
    /// What it puts at stake, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risk: Vec<StepRisk>,
    /// What happens besides: an invitation is mailed, a URL is called, data is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    /// For a manual step: what a person has to do, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
}

impl Step {
    /// Whether two steps do the same work: what is said of them besides may differ.
    ///
    /// What is said tells of other objects, of files and of times; it approves and refuses nothing.
    #[must_use]
    pub fn does_the_same(&self, other: &Self) -> bool {
        let same_change = |one: &FieldChange, other: &FieldChange| {
            (&one.field, &one.before, &one.after, one.secret)
                == (&other.field, &other.before, &other.after, other.secret)
        };
        self.address == other.address
            && self.verb == other.verb
            && self.adopted == other.adopted
            && self.after == other.after
            && self.requests == other.requests
            && self.credits == other.credits
            && self.effects == other.effects
            && self.instruction == other.instruction
            && self.changes.iter().count() == other.changes.iter().count()
            && (self.changes.iter())
                .zip(other.changes.iter())
                .all(|(one, other)| same_change(&one, &other))
    }
}

/// A line of a file of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileLine {
    /// The file's path from the project folder on, with forward slashes.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// A warning that came up while the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Warning {
    /// Which problem it is; `deskform explain CODE` says more.
    pub code: String,
    /// A sentence without a final period.
    pub message: String,
    /// The way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The lines that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<FileLine>,
}

/// Where, when and by what a plan was made. It never makes a plan stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Made {
    /// The version of deskform.
    pub version: String,
    /// When, as an RFC 3339 time in UTC, to the second.
    pub time: String,
    /// The commit of the files, where a pipeline or a repository tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// One field's change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldChange {
    /// Where it is, as a JSON Pointer in the manifest's terms: `/cf/region`.
    pub field: String,
    /// The live value; null when there is none. References are addresses.
    pub before: Json,
    /// The wanted value; null when it is cleared.
    pub after: Json,
    /// Whether the values are secret; then of a URL its template and what is visible of the live one
    /// are shown, and otherwise both are the text [`SECRET`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// What is known of the change in Zoho Desk that it sets back: what is live is not what was stored
    /// when the field was last applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets_back: Option<Box<LiveChange>>,
}

impl FieldChange {
    /// Whether it brings the item that another change takes away: the one of the same key, which stood at
    /// another place of the same field.
    #[must_use]
    pub fn brings(&self, other: &Self) -> bool {
        let goes = other.after.is_null() && other.before.is_object();
        let comes = self.before.is_null() && self.after.is_object();
        goes && comes
            && keys(&self.field).next() == keys(&other.field).next()
            && keys(&self.field).last() == keys(&other.field).last()
    }

    /// Whether a secret change holds anything but the stand-in, or a live address beside the template
    /// of the wanted one; the last line of defence of all that shows it.
    pub(crate) fn leaks(&self) -> bool {
        let harmless = |value: &Json| value.is_null() || value == SECRET;
        let holds =
            |value: &Json, words: &str| value.as_str().is_some_and(|text| text.contains(words));
        let is_template = |value: &Json| holds(value, "${secret.") && holds(value, "://");
        let is_address = |value: &Json| value.is_null() || holds(value, "://");
        // What was applied stands before what is live now, and what is live before what is wanted.
        let is_pair = (is_template(&self.after) && is_address(&self.before))
            || (is_template(&self.before) && is_address(&self.after));
        self.secret && !(harmless(&self.before) && harmless(&self.after)) && !is_pair
    }
}

/// Stands for the value of a secret wherever it is shown.
pub const SECRET: &str = "(secret, changed)";

/// Stands for a live value that was a secret when it was applied, and is none any more.
pub const FORMER_SECRET: &str = "(secret)";

/// One write, for readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLine {
    /// The verb.
    pub method: Method,
    /// The path below `/api/v1`; `{collection/handle}` stands for an id that is not known yet.
    pub path: Cow<'static, str>,
}

/// What an environment and the command line say about planning.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The environment's name.
    pub environment: String,
    /// The organization's id.
    pub org_id: String,
    /// Collections whose live objects are never changed.
    pub create_only: BTreeSet<String>,
    /// How objects are removed where the project chooses, by collection.
    pub removal: BTreeMap<String, RemovalPolicy>,
    /// Differences that are known and accepted.
    pub ignore: Vec<IgnoreRule>,
    /// Addresses the plan is limited to, with their prerequisites; empty means everything. One whose
    /// handle is [`Address::ALL`] means its whole kind.
    pub targets: Vec<Address>,
    /// How far the plan may go.
    pub limits: guards::Limits,
    /// Who owns what, if there is a ledger.
    pub ledger: Option<Ledger>,
    /// What a killed run may have created, by address and identity: its kinds are read, too.
    pub watched: Vec<(Address, Key<'static>)>,
    /// What becomes of objects that are not declared, by collection.
    pub prune: BTreeMap<String, Prune>,
}

impl Options {
    /// Whether the plan is about an address, and not limited to others.
    #[must_use]
    pub fn looks_at(&self, address: &Address) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|target| target.covers(address))
    }

    /// What becomes of objects of a kind that are not declared.
    ///
    /// Seeds are never removed unless that is asked for, so that nobody loses a customer record by
    /// deleting a line. Nothing removes what there is one of.
    #[must_use]
    pub fn prune(&self, kind: &Kind) -> Prune {
        if kind.is_given() {
            return Prune::None;
        }
        let default = if kind.seed { Prune::None } else { Prune::Owned };
        self.prune.get(kind.collection).copied().unwrap_or(default)
    }
}

/// One entry under `ignore:` that has not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    /// The address, with `*` for any run of characters.
    pub address: String,
    /// The field; none means the whole resource's manual steps.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<jiff::civil::Date>,
}

impl Options {
    /// The rule that accepts a difference of a whole resource or a whole field, if there is one.
    #[must_use]
    pub fn ignoring(&self, address: &Address, field: Option<&str>) -> Option<&IgnoreRule> {
        if self.ignore.is_empty() {
            return None;
        }
        let address = address.to_string();
        let field = field.map(|field| pointer([field]));
        self.ignore.iter().find(|rule| {
            matches(&rule.address, &address) && (rule.field.is_none() || rule.field == field)
        })
    }

    /// The rules that accept differences inside a field.
    #[must_use]
    pub fn ignoring_inside(&self, address: &Address, field: &str) -> Vec<&IgnoreRule> {
        if self.ignore.is_empty() {
            return Vec::new();
        }
        let address = address.to_string();
        let inside = format!("{}/", pointer([field]));
        let is_inside = |path: &String| path.starts_with(&inside);
        let rules = self.ignore.iter();
        rules
            .filter(|rule| rule.field.as_ref().is_some_and(is_inside))
            .filter(|rule| matches(&rule.address, &address))
            .collect()
    }

    /// Whether a removed resource is taken out of use instead of deleted.
    #[must_use]
    pub fn removes_by_disabling(&self, kind: &'static Kind, dialect: Dialect) -> bool {
        kind.api(dialect).is_some_and(|api| {
            matches!(
                api.removal.chosen(self.removal(kind)),
                Removal::Disable { .. } | Removal::DisableByPatch { .. }
            )
        })
    }

    /// How the project wants objects of a kind to be removed, if it says so.
    #[must_use]
    pub fn removal(&self, kind: &Kind) -> Option<RemovalPolicy> {
        self.removal.get(kind.collection).copied()
    }

    /// Whether a live object that is removed by taking it out of use is out of use already.
    #[must_use]
    pub fn is_out_of_use(&self, kind: &'static Kind, dialect: Dialect, body: &Body) -> bool {
        self.removes_by_disabling(kind, dialect)
            && kind.enabled.is_some_and(|enabled| {
                body.get(enabled.field)
                    .is_some_and(|value| !value.is_null() && *value != switch_value(enabled.on))
            })
    }
}

/// Whether a text matches a pattern in which `*` stands for any run of characters.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(previous) = last.replace(part) {
            let previous: &str = previous;
            let Some(at) = rest.find(previous) else {
                return false;
            };
            rest = &rest[at + previous.len()..];
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}
