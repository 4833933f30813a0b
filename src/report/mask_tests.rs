//! Masked JSON: whatever is secret, programs can read it, and a saved plan is one.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::json::{parse, written};
use super::tests::full;
use crate::plan::Plan;
use crate::safe::mask::Masks;

/// Every key of a value, in order.
fn keys(value: &Json, into: &mut Vec<String>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                into.push(key.clone());
                keys(value, into);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| keys(item, into)),
        _ => {}
    }
}

fn keys_of(text: &str) -> Vec<String> {
    let value: Json = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut found = Vec::new();
    keys(&value, &mut found);
    found
}

/// A plan without its values and sentences: what it is read back by.
fn bones(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        for change in &mut step.changes {
            (change.before, change.after) = (Json::Null, Json::Null);
        }
        step.effects.clear();
        step.instruction = None;
    }
    for entry in &mut plan.acknowledged {
        entry.reason.clear();
    }
    plan.refused.clear();
    plan
}

fn check(secrets: &[&str]) {
    let plan = full();
    let open = written(&plan, None);
    let mut masks = Masks::default();
    for secret in secrets {
        masks.add(secret);
    }
    let shown = written(&plan, Some(&masks));
    assert_eq!(keys_of(&shown), keys_of(&open), "{secrets:?}");
    let read = parse(&shown).unwrap_or_else(|error| panic!("{secrets:?}: {error}\n{shown}"));
    assert_eq!(bones(&read), bones(&plan), "{secrets:?}");
    // Of any other JSON the keys are the same, too, on one line and on many.
    let line = serde_json::to_string(&plan).unwrap();
    for text in [open.clone(), line] {
        assert_eq!(keys_of(&masks.json(text)), keys_of(&open), "{secrets:?}");
    }
}

/// Words of the form itself, of which any may be somebody's secret.
#[test]
fn a_plan_is_read_back_whatever_is_secret() {
    let plan = full();
    for key in keys_of(&written(&plan, None)) {
        check(&[&key]);
    }
    for step in &plan.steps {
        check(&[&step.address.to_string(), &step.address.handle]);
    }
    for secret in [
        "environment",
        "formatVersion",
        "\"steps\": [",
        "Technical Support\"",
        "\",\n      \"verb",
        ": null,\n",
        &plan.digest,
        &plan.org_id,
    ] {
        check(&[secret]);
    }
}

proptest! {
    #[test]
    fn a_plan_is_read_back_whatever_part_of_it_is_secret(
        parts in prop::collection::vec((any::<prop::sample::Index>(), 8..30_usize), 1..4),
        other in "[ -~\\n]{8,12}",
    ) {
        let text: Vec<char> = written(&full(), None).chars().collect();
        let mut secrets: Vec<String> = parts
            .iter()
            .map(|(at, length)| text.iter().skip(at.index(text.len())).take(*length).collect())
            .collect();
        secrets.push(other);
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        check(&secrets);
    }
}
