//! Whether a plan that was agreed to still holds, and if not, why.

use std::collections::BTreeSet;

use super::common::Failure;
use crate::plan::record::Record;
use crate::plan::{ABSENT, Plan, Step, Summary};
use crate::problem::{Code, Problem};
use crate::state::Address;

/// A plan that was agreed to, in words.
pub(super) struct Agreed {
    what: &'static str,
    help: &'static str,
}

/// One from a file.
pub(super) const SAVED: Agreed = Agreed {
    what: "the saved plan",
    help: "nothing was applied; make a new plan and have it looked at",
};

/// One that was shown before the question.
pub(super) const SHOWN: Agreed = Agreed {
    what: "the plan that was shown",
    help: "nothing was applied; run `deskform apply` again and look at the new plan",
};

/// A plan that was agreed to holds only for what it was made from.
///
/// # Errors
/// [`Failure`] with every reason why it holds no longer.
pub(super) fn refuse_stale(agreed: &Agreed, saved: &Plan, fresh: &Plan) -> Result<(), Failure> {
    let mut reasons = Vec::new();
    if saved.environment != fresh.environment {
        reasons.push(format!(
            "it was made for the environment `{}`, this is `{}`",
            saved.environment, fresh.environment
        ));
    }
    if saved.org_id != fresh.org_id {
        reasons.push(format!(
            "it was made for the organization `{}`, this is `{}`",
            saved.org_id, fresh.org_id
        ));
    }
    if saved.dialect != fresh.dialect {
        reasons.push(format!(
            "it was made for the dialect `{}`, this is `{}`",
            saved.dialect, fresh.dialect
        ));
    }
    if reasons.is_empty() {
        reasons = changed(saved, fresh);
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Problem::error(
        Code::StalePlan,
        format!("{} no longer holds: {}", agreed.what, reasons.join("; ")),
    )
    .help(agreed.help)
    .into())
}

/// What has changed since a plan of this organization was made.
fn changed(saved: &Plan, fresh: &Plan) -> Vec<String> {
    let mut reasons = Vec::new();
    let same_manifests = saved.digest == fresh.digest;
    if !same_manifests {
        reasons.push("the manifests have changed since".to_owned());
    }
    let another_ledger = saved.ledger_serial != fresh.ledger_serial;
    let addresses: BTreeSet<&Address> = saved
        .fingerprints
        .keys()
        .chain(fresh.fingerprints.keys())
        .collect();
    let mut by_ledger = false;
    for address in addresses {
        let before = saved.fingerprints.get(address).map(|print| &**print);
        let now = fresh.fingerprints.get(address).map(|print| &**print);
        // Other manifests touch other objects; that alone says nothing of Zoho Desk.
        let is_of_one = before.is_none() || now.is_none();
        if before == now || (!same_manifests && is_of_one) {
            continue;
        }
        reasons.push(if before == Some(ABSENT) {
            format!("`{address}` has come to Zoho Desk")
        } else if now == Some(ABSENT) {
            format!("`{address}` has gone from Zoho Desk")
        } else if is_of_one && holds_secret(address, saved, fresh) {
            secret_or_live(address)
        } else if is_of_one && another_ledger {
            by_ledger = true;
            continue;
        } else {
            format!("`{address}` has changed in Zoho Desk")
        });
    }
    let recorded = same_manifests.then(|| records(saved, fresh));
    let recorded = recorded.unwrap_or_default();
    if by_ledger || !recorded.is_empty() {
        let what = recorded.join(" and ");
        let what = if what.is_empty() {
            what
        } else {
            format!(": {what}")
        };
        reasons.push(format!("the ledger differs from when it was made{what}"));
    }
    // How many are recorded is told above.
    let summary = |plan: &Plan| Summary {
        record: Record::default(),
        ..plan.summary
    };
    if !reasons.is_empty() {
        return reasons;
    }
    let others: BTreeSet<&Address> = differing(saved, fresh).collect();
    let secrets = others
        .iter()
        .filter(|address| holds_secret(address, saved, fresh));
    reasons.extend(secrets.map(|address| secret_or_live(address)));
    if reasons.is_empty()
        && (!others.is_empty()
            || saved.steps.len() != fresh.steps.len()
            || summary(saved) != summary(fresh))
    {
        reasons.push(if another_ledger {
            "the ledger differs from when it was made".to_owned()
        } else {
            "its steps are not those that follow from the manifests".to_owned()
        });
    }
    reasons
}

/// The addresses whose steps are not the same, place by place.
fn differing<'p>(saved: &'p Plan, fresh: &'p Plan) -> impl Iterator<Item = &'p Address> {
    let pairs = saved.steps.iter().zip(&fresh.steps);
    pairs
        .filter(|(saved, fresh)| !saved.does_the_same(fresh))
        .map(|(_, fresh)| &fresh.address)
}

/// Whether one of two plans changes a secret of an address: its value is in no plan, so that nobody
/// can say whether it is still the same.
fn holds_secret(address: &Address, saved: &Plan, fresh: &Plan) -> bool {
    let secret =
        |step: &&Step| step.address == *address && step.changes.iter().any(|change| change.secret);
    let count = |plan: &Plan| plan.steps.iter().filter(secret).count();
    count(saved) + count(fresh) > 0
}

fn secret_or_live(address: &Address) -> String {
    format!(
        "`{address}` differs: the value of a secret in it is another one than when the plan was made, or it has changed in Zoho Desk"
    )
}

/// Records of one sort that a reason names.
const NAMED: usize = 3;

/// What would be changed in the ledger now and was not agreed to, in words. What was agreed to and is
/// done already is no difference.
fn records(saved: &Plan, fresh: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |before: BTreeSet<String>, now: BTreeSet<String>, what: &str| {
        let more: Vec<&String> = now.difference(&before).collect();
        if !more.is_empty() {
            found.push(format!("{} would be {what} as well", some(&more)));
        }
    };
    let named = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect();
    compare(
        named(&saved.taken_over),
        named(&fresh.taken_over),
        "taken over",
    );
    let handles = |plan: &Plan| {
        let handles = plan.moved_handles.iter();
        handles
            .map(|moved| format!("{} → {}", moved.old, moved.new))
            .collect()
    };
    compare(handles(saved), handles(fresh), "moved to another handle");
    let released = |plan: &Plan| {
        let addresses = plan.gone.iter().chain(&plan.no_longer_declared);
        addresses.map(ToString::to_string).collect()
    };
    compare(released(saved), released(fresh), "let go");
    found
}

/// Names the first of them.
fn some(all: &[&String]) -> String {
    let first: Vec<&str> = all.iter().take(NAMED).map(|name| name.as_str()).collect();
    match all.len().saturating_sub(NAMED) {
        0 => format!("`{}`", first.join("`, `")),
        more => format!("`{}` and {more} more", first.join("`, `")),
    }
}
