//! Whether a plan that was agreed to still holds, and if not, why.

use std::collections::{BTreeMap, BTreeSet};

use super::common::Failure;
use crate::kind::{self, Kind};
use crate::plan::record::Record;
use crate::plan::{ABSENT, Plan, Step, Summary};
use crate::problem::{Code, Problem, few};
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
    let serials = saved.ledger_serial.zip(fresh.ledger_serial);
    let another_ledger = serials.is_some_and(|(before, now)| before != now);
    let addresses: BTreeSet<&Address> = saved
        .fingerprints
        .keys()
        .chain(fresh.fingerprints.keys())
        .collect();
    let mut by_ledger = false;
    let mut named: BTreeSet<String> = BTreeSet::new();
    for address in addresses {
        let before = saved.fingerprints.get(address).map(|print| &**print);
        let now = fresh.fingerprints.get(address).map(|print| &**print);
        // Other manifests touch other objects; that alone says nothing of Zoho Desk.
        let is_of_one = before.is_none() || now.is_none();
        if before == now || (!same_manifests && is_of_one) {
            continue;
        }
        if !(is_of_one && another_ledger) {
            named.insert(address.to_string());
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
        } else if is_of_one {
            // What is not touched has no fingerprint: nobody can say which of the two it is.
            let not = if now.is_none() { "no longer " } else { "" };
            format!(
                "`{address}` would {not}be touched: it has changed in Zoho Desk, or deskform.yaml treats it otherwise by now"
            )
        } else {
            format!("`{address}` has changed in Zoho Desk")
        });
    }
    let recorded = same_manifests.then(|| records(saved, fresh, &named));
    let recorded = recorded.unwrap_or_default().join(" and ");
    let why = if another_ledger {
        "the ledger differs from when it was made"
    } else {
        "the ledger would be written otherwise"
    };
    if !recorded.is_empty() {
        reasons.push(format!("{why}: {recorded}"));
    } else if by_ledger {
        reasons.push(why.to_owned());
    }
    // How many are recorded is told above.
    let summary = |plan: &Plan| {
        let checks = plan.steps.iter().filter(|step| is_check(step));
        let (misses, missing) = (
            checks.clone().count(),
            checks.map(|step| &step.address).collect::<BTreeSet<_>>(),
        );
        Summary {
            record: Record::default(),
            manual: plan.summary.manual.saturating_sub(misses),
            unchanged: plan.summary.unchanged + missing.len(),
            ..plan.summary
        }
    };
    if !reasons.is_empty() {
        return reasons;
    }
    let others: BTreeSet<&Address> = differing(saved, fresh).collect();
    let secrets = others
        .iter()
        .filter(|address| holds_secret(address, saved, fresh));
    reasons.extend(secrets.map(|address| secret_or_live(address)));
    // The order of steps counts, too.
    let order = |plan: &Plan| {
        let steps = plan.steps.iter().filter(|step| !is_check(step));
        steps.map(|step| step.address.clone()).collect::<Vec<_>>()
    };
    if reasons.is_empty()
        && (!others.is_empty() || order(saved) != order(fresh) || summary(saved) != summary(fresh))
    {
        reasons.push(if another_ledger {
            "the ledger differs from when it was made".to_owned()
        } else {
            "its steps are not those that follow from the manifests".to_owned()
        });
    }
    reasons
}

/// Whether a step is what a check misses: it agrees to nothing, so that it may come and go.
fn is_check(step: &Step) -> bool {
    kind::find(step.address.collection).is_some_and(Kind::is_check)
}

/// The addresses whose steps are not the same.
fn differing<'p>(saved: &'p Plan, fresh: &'p Plan) -> impl Iterator<Item = &'p Address> {
    let mut steps: BTreeMap<&Address, (Vec<&Step>, Vec<&Step>)> = BTreeMap::new();
    for step in saved.steps.iter().filter(|step| !is_check(step)) {
        steps.entry(&step.address).or_default().0.push(step);
    }
    for step in fresh.steps.iter().filter(|step| !is_check(step)) {
        steps.entry(&step.address).or_default().1.push(step);
    }
    let is_same = |(saved, fresh): &(Vec<&Step>, Vec<&Step>)| {
        let mut pairs = saved.iter().zip(fresh);
        saved.len() == fresh.len() && pairs.all(|(saved, fresh)| saved.does_the_same(fresh))
    };
    let differing = steps.into_iter().filter(move |(_, steps)| !is_same(steps));
    differing.map(|(address, _)| address)
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

/// What would be changed in the ledger now and was not agreed to, in words. What was agreed to and is
/// done already is no difference, and what is named already is not named again.
fn records(saved: &Plan, fresh: &Plan, known: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |before: BTreeSet<String>, now: BTreeSet<String>, what: &str| {
        let more = now.difference(&before).filter(|one| !known.contains(*one));
        let more: Vec<&String> = more.collect();
        if !more.is_empty() {
            found.push(format!("{} would be {what} as well", few(&more)));
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
