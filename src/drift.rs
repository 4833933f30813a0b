//! Drift: what moved since the last apply, on which side.
//!
//! Three values are compared for each field: what was last applied (sent, and what the server
//! stored of it), what the manifests say, and what is live. A value that both sides moved to is no
//! drift, nor is one that the server merely normalised. Without a ledger only two sides are there:
//! what differs is told, and not who moved.

use serde::Serialize;
use serde_json::Value as Json;

use crate::codec;
use crate::diff::{Change, Difference};
use crate::kind::{self, Kind};
use crate::manifest::Desired;
pub use crate::plan::moved::Moved;
use crate::plan::moved::{LiveChange, Sides, is_secret};
use crate::plan::record::{FieldLeft, fields_left};
use crate::plan::{
    Acknowledged, Compared, Options, SECRET, called, shown_live, shown_secret, shown_value, to_do,
    to_see_to,
};
use crate::problem::Problem;
use crate::reading::{complete, is_below_nothing};
use crate::session::{Session, SessionError};
use crate::state::{Address, Value};

/// The version of the report's JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// Most calls that are made only to learn when a drifted object was modified.
pub const MAX_DATES: usize = 50;

/// A report of drift with what came up on the way.
#[derive(Debug)]
pub struct Drifted {
    /// What moved.
    pub report: Report,
    /// Warnings that came up.
    pub warnings: Vec<Problem>,
    /// Why some addresses were left out of the report.
    pub problems: Vec<Problem>,
}

/// Reads the organization and reports what moved since the last apply, on which side.
///
/// The ledger in the options tells what was last applied. Only reads; at most
/// [`MAX_DATES`] calls are made only to learn when an object was modified.
///
/// # Errors
/// [`SessionError`] when something cannot be read or the dialect refuses the manifests.
pub async fn detect(
    session: &Session,
    desired: &Desired,
    options: &Options,
    only_live: bool,
) -> Result<Drifted, SessionError> {
    let mut lenient = options.clone();
    // What is protected is reported like everything else; nothing is removed here.
    for entry in lenient
        .ledger
        .iter_mut()
        .flat_map(|ledger| ledger.resources.values_mut())
    {
        entry.prevent_destroy = false;
    }
    let mut compared = session.compare(desired, &lenient).await?;
    let mut report = report(&compared, desired, options, only_live);
    let undated = undated(&report, &compared);
    if let Err(unread) = complete(&session.client.reader(), &mut compared.live, &undated).await {
        // When it was is worth a call, and not worth a failure.
        tracing::debug!(
            count = unread.len(),
            "times of modification could not be read"
        );
    }
    date(&mut report, &compared);
    Ok(Drifted {
        report,
        warnings: compared.warnings,
        problems: compared.problems,
    })
}

/// What became of a resource or of one of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// A field has another value.
    Changed,
    /// A field has another value, and only a person can set it.
    ByHand,
    /// The resource was deleted in Zoho Desk.
    Deleted,
    /// It is declared and does not exist; it was never applied, or nobody knows.
    Missing,
    /// It is owned and no longer declared, and still live.
    Undeclared,
    /// It is listed under `removed` and still live.
    Removed,
    /// It is neither declared nor owned, and the project owns everything of its kind.
    Appeared,
}

impl What {
    /// Everything that may have become of something.
    pub const ALL: [Self; 7] = [
        Self::Changed,
        Self::ByHand,
        Self::Deleted,
        Self::Missing,
        Self::Undeclared,
        Self::Removed,
        Self::Appeared,
    ];

    /// What became of a whole resource, in words; empty for a field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed | Self::ByHand => "",
            Self::Deleted => "deleted in Zoho Desk",
            Self::Missing => "declared and not live",
            Self::Undeclared => "no longer declared and still live",
            Self::Removed => "listed under `removed` and still live",
            Self::Appeared => "live and not declared",
        }
    }
}

/// One drifted field, or a whole resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// The field, with a dot before a leaf: `cf.region`; none for the whole resource.
    pub field: Option<String>,
    /// Which side moved.
    pub moved: Moved,
    /// What became of it.
    pub what: What,
    /// What was last applied and stored; null when there is no record.
    pub applied: Json,
    /// What the manifests say.
    pub wanted: Json,
    /// What is live.
    pub live: Json,
    /// Whether the values are secret; then of a URL its template and what is visible of the live one
    /// are shown, and otherwise the text [`SECRET`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// What a person has to do, where only a person can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// When the live object was last modified, where the API says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// By whom, where the API says so: an agent's e-mail address or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Drift {
    /// Whether it is declared and not live, and nobody knows whether it ever was: without a record of
    /// the last apply that is no change in Zoho Desk.
    fn is_merely_declared(&self) -> bool {
        let is_nothing = match &self.live {
            Json::Null | Json::Bool(false) => true,
            Json::Array(list) => list.is_empty(),
            _ => false,
        };
        self.moved == Moved::Unknown
            && match self.what {
                What::Missing => true,
                // Only a person can set it, and nobody has. What a check misses was seen to be missing.
                What::ByHand => is_nothing && !is_of_check(&self.address),
                _ => false,
            }
    }
}

/// Whether it is a check that an address names.
fn is_of_check(address: &Address) -> bool {
    kind::find(address.collection).is_some_and(Kind::is_check)
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The environment.
    pub environment: String,
    /// The organization.
    pub org_id: String,
    /// Whether a ledger told what was last applied.
    pub three_way: bool,
    /// Whether what only the manifests changed is left out.
    pub only_live: bool,
    /// Addresses that the report is limited to; empty means everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// What drifted, by address and field.
    pub drifts: Vec<Drift>,
    /// Differences that an `ignore:` entry accepts; they do not count.
    pub acknowledged: Vec<Acknowledged>,
    /// Fields that were applied, are no longer declared and stay as they are; they do not count, and
    /// the next apply forgets them.
    pub fields_left: Vec<FieldLeft>,
    /// Addresses of which a part was not compared: their secrets are not set here, or questions about them
    /// have no answer.
    pub not_compared: Vec<String>,
    /// Addresses that were not compared since it is not clear what they are.
    pub unclear: Vec<String>,
}

/// Compares the three sides. `only_live` leaves out what the manifests alone changed, and where there
/// is no record of the last apply what is declared and not live.
///
/// The ledger in `options` tells what was last applied.
#[must_use]
pub fn report(
    compared: &Compared,
    desired: &Desired,
    options: &Options,
    only_live: bool,
) -> Report {
    let sides = Sides::of(&compared.bound.rows, &compared.live, desired, options);
    let unclear = compared.bound.rows.unclear();
    let mut drifts = Vec::new();
    for change in compared.bound.rows.changes() {
        match change {
            Change::Create(address) => drifts.push(sides.missing(&address)),
            Change::Remove(address) => drifts.extend(sides.left(&address, &unclear)),
            Change::Update(address, fields) => drifts.extend(
                fields
                    .iter()
                    .filter_map(|difference| sides.field(&address, difference)),
            ),
        }
    }
    // A secret that is not set hides the wanted values, and not that the object is gone.
    let not_compared = compared.bound.rows.not_compared();
    for address in &not_compared {
        if !compared.bound.rows.is_live(address) && sides.entry(address).is_some() {
            drifts.push(sides.missing(address));
        }
    }
    for (address, difference, instruction) in &compared.owned.by_hand {
        // Below what is not live nothing was seen to be missing.
        if only_live && sides.is_below_nothing(address, difference) {
            continue;
        }
        drifts.push(sides.by_hand(address, difference, instruction));
    }
    drifts.retain(|drift| {
        options.looks_at(&drift.address)
            && !(only_live && (drift.moved == Moved::Manifests || drift.is_merely_declared()))
    });
    drifts.sort_by(|a, b| (&a.address, &a.field).cmp(&(&b.address, &b.field)));
    drifts.dedup();
    let mut acknowledged = compared.owned.acknowledged.clone();
    drifts.retain(|drift| {
        let rule = options
            .ignoring(&drift.address, None)
            .filter(|_| drift.field.is_none());
        acknowledged.extend(rule.map(|rule| Acknowledged {
            address: drift.address.clone(),
            field: None,
            reason: rule.reason.clone(),
            until: rule.until.map(|day| day.to_string()),
        }));
        rule.is_none()
    });
    acknowledged.retain(|entry| options.looks_at(&entry.address));
    acknowledged.sort_by(|a, b| (&a.address, &a.field).cmp(&(&b.address, &b.field)));
    acknowledged.dedup();
    Report {
        format_version: FORMAT_VERSION,
        environment: options.environment.clone(),
        org_id: options.org_id.clone(),
        three_way: options.ledger.is_some(),
        only_live,
        targets: options.targets.iter().map(ToString::to_string).collect(),
        drifts,
        acknowledged,
        // Only the manifests changed there.
        fields_left: if only_live {
            Vec::new()
        } else {
            fields_left(desired, &compared.bound.rows, &compared.live, options)
        },
        not_compared: shown(not_compared.into_iter().filter(|a| options.looks_at(a))),
        unclear: shown(unclear.into_iter().filter(|a| options.looks_at(a))),
    }
}

fn shown<'a>(addresses: impl Iterator<Item = &'a Address>) -> Vec<String> {
    addresses.map(ToString::to_string).collect()
}

impl Sides<'_> {
    fn missing(&self, address: &Address) -> Drift {
        let (moved, what) = match (self.ledger, self.entry(address)) {
            (None, _) => (Moved::Unknown, What::Missing),
            (Some(_), Some(_)) => (Moved::Live, What::Deleted),
            (Some(_), None) => (Moved::Manifests, What::Missing),
        };
        whole(address, moved, what)
    }

    /// What is live and to be removed.
    fn left(&self, address: &Address, unclear: &[&Address]) -> Option<Drift> {
        // What an unclear declaration may be is not to be removed.
        if self.desired.state.contains_key(address) {
            return None;
        }
        let is_owned = self
            .ledger
            .is_some_and(|ledger| ledger.get(address).is_some())
            || self.owned_by_id(address);
        let going = self.rows.going(address);
        let is_listed = going.is_some_and(|going| going.at.is_some());
        let (moved, what) = match (is_listed, is_owned) {
            (true, true) => (Moved::Manifests, What::Removed),
            (true, false) => (Moved::Unknown, What::Removed),
            (false, true) => (Moved::Manifests, What::Undeclared),
            (false, false) => {
                let mut unclear = unclear.iter();
                if unclear.any(|other| other.collection == address.collection) {
                    return None;
                }
                match self.ledger {
                    Some(_) => (Moved::Live, What::Appeared),
                    None => (Moved::Unknown, What::Appeared),
                }
            }
        };
        Some(whole(address, moved, what))
    }

    fn owned_by_id(&self, address: &Address) -> bool {
        use crate::codec::Ids;
        self.live
            .id(address)
            .is_some_and(|id| self.owners.contains_key(&(address.collection, id.as_str())))
    }

    /// Whether a difference is one of a check that is about something that is not live.
    fn is_below_nothing(&self, address: &Address, difference: &Difference) -> bool {
        let named = (self.rows.named(address)).and_then(|body| body.get(difference.path.field));
        match named {
            Some(Value::Map(map)) => is_of_check(address) && is_below_nothing(map, self.live),
            _ => false,
        }
    }

    fn by_hand(&self, address: &Address, difference: &Difference, instruction: &str) -> Drift {
        let kind = kind::find(address.collection);
        // What only a person can set is in the record once it was seen as it should be; before that it is
        // declared and was not done yet. Of what a check counts nobody knows who moved.
        let entry = self.ledger.and_then(|ledger| ledger.resources.get(address));
        let is_known = entry.is_some_and(|entry| entry.fields.contains_key(difference.path.field));
        let known = is_known.then(|| self.moved(address, difference)).flatten();
        let (moved, applied) = known.unwrap_or(match self.ledger {
            Some(_) if !is_of_check(address) => (Moved::Manifests, Json::Null),
            _ => (Moved::Unknown, Json::Null),
        });
        let seen = kind.and_then(|kind| {
            to_see_to(
                kind,
                self.live.dialect,
                difference,
                self.rows.named(address),
            )
        });
        let set = || {
            let of = called(self.rows, self.live, address);
            let field = difference.path.field;
            to_do(field, of.as_deref(), &difference.after, instruction)
        };
        Drift {
            what: What::ByHand,
            instruction: Some(seen.unwrap_or_else(set)),
            ..drifted(address, difference, moved, applied)
        }
    }

    fn field(&self, address: &Address, difference: &Difference) -> Option<Drift> {
        let (moved, applied) = self.moved(address, difference)?;
        Some(drifted(address, difference, moved, applied))
    }
}

fn drifted(address: &Address, difference: &Difference, moved: Moved, applied: Json) -> Drift {
    let secret = is_secret(difference);
    // Nobody knows whether a live URL holds a key.
    let public = |value: Json| match value {
        Json::String(text) => match kind::find(address.collection) {
            Some(kind) => shown_live(kind, difference.path.field, &Value::text(&text)),
            None => text.into(),
        },
        value => value,
    };
    let field = match kind::find(address.collection) {
        Some(kind) => codec::written(kind, &difference.path),
        None => difference.path.clone(),
    };
    let (live, wanted) = match kind::find(address.collection).filter(|_| secret) {
        Some(kind) => shown_secret(
            kind,
            difference.path.field,
            &difference.before,
            &difference.after,
        ),
        None if secret => (SECRET.into(), SECRET.into()),
        None => (
            public(shown_value(&difference.before)),
            shown_value(&difference.after),
        ),
    };
    Drift {
        address: address.clone(),
        field: Some(field.pointer()),
        moved,
        what: What::Changed,
        // Of a secret the template is told, and nothing else.
        applied: if secret { applied } else { public(applied) },
        wanted,
        live,
        secret,
        instruction: None,
        modified: None,
        by: None,
    }
}

fn whole(address: &Address, moved: Moved, what: What) -> Drift {
    Drift {
        address: address.clone(),
        field: None,
        moved,
        what,
        applied: Json::Null,
        wanted: Json::Null,
        live: Json::Null,
        secret: false,
        instruction: None,
        modified: None,
        by: None,
    }
}

/// Objects that drifted and whose time of modification a GET of their own would tell; at most
/// [`MAX_DATES`].
///
/// Source: Account, `getAccounts` and `getAccount`; Contact, `getContacts` and `getContact`: the
/// listings lack `modifiedTime`, the single objects have it. Of the other kinds the listing says
/// whatever there is.
#[must_use]
pub fn undated(report: &Report, compared: &Compared) -> Vec<usize> {
    let live = &compared.live;
    let mut indices: Vec<usize> = report
        .drifts
        .iter()
        .filter(|drift| drift.moved != Moved::Manifests)
        .filter(|drift| {
            kind::find(drift.address.collection)
                .and_then(|kind| kind.api(live.dialect))
                .is_some_and(|api| api.dated_in_object)
        })
        .filter_map(|drift| compared.bound.rows.object(&drift.address))
        .filter(|index| {
            live.objects
                .get(*index)
                .is_some_and(|object| !object.raw.contains_key("modifiedTime"))
        })
        .collect();
    indices.dedup();
    indices.truncate(MAX_DATES);
    indices
}

/// Adds when a drifted object was modified, and by whom, where its answer says so.
///
/// The time is that of the object's last change, whichever field it was.
pub fn date(report: &mut Report, compared: &Compared) {
    let live = &compared.live;
    for drift in &mut report.drifts {
        let object = compared
            .bound
            .rows
            .object(&drift.address)
            .and_then(|index| live.objects.get(index));
        // What only a person can set need not have been changed at all, unless that is known.
        let is_known = matches!(drift.moved, Moved::Live | Moved::Both);
        let tells = is_known || (drift.moved == Moved::Unknown && drift.what != What::ByHand);
        let Some(object) = object.filter(|_| tells) else {
            continue;
        };
        let change = LiveChange::of(&object.raw, live);
        (drift.modified, drift.by) = (change.modified, change.by);
    }
}
