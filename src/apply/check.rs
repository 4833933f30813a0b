//! The answer compared with what was asked: Desk accepts some values and stores nothing.

use serde_json::{Map, Value as Json};

use crate::codec;
use crate::codec::listed::without_ids;
use crate::diff::between;
use crate::kind::{Field, Wire};
use crate::live::Live;
use crate::plan::requests::Op;
use crate::plan::task::Task;
use crate::state::{FieldPath, Value};

/// Names what a write sent and the answer does not show.
///
/// A field that the answer does not carry at all proves nothing and is passed over; only a key that
/// is missing in a map of names did not take.
#[must_use]
pub fn did_not_take(
    task: &Task,
    op: &Op,
    answer: &Map<String, Json>,
    live: &Live,
) -> Vec<FieldPath> {
    let creates = op.creates();
    let stored = live.decode(task.kind, answer);
    let mut missing = Vec::new();
    for field in task.kind.fields {
        if !op.sends(field, live.dialect)
            || field.write_only
            || !matches!(field.wire(live.dialect), Wire::Sent { .. })
        {
            continue;
        }
        let (Some(wanted), Some(have)) = (task.body.get(field.name), stored.get(field.name)) else {
            continue;
        };
        let says = |name: &str, word: &str| {
            let told = task.body.get(name).or_else(|| stored.get(name));
            told.is_some_and(|told| told.is_word(word))
        };
        let field = &*field.as_told(says);
        let is_fixed = task.kind.fixes(field, live.dialect);
        if is_fixed && codec::strange_word(field, have).is_some() {
            continue;
        }
        // What the server may rewrite proves nothing, unless it is what was there before: the next plan
        // compares what is stored now with what is live then.
        if codec::may_be_rewritten(field, wanted, have) {
            let before = || {
                let object = live.object_at(&task.address)?;
                codec::read_field(field, live.dialect, &object.raw, live)
            };
            let is_old = |before: &Value| codec::is_as_before(field, wanted, before, have);
            if !creates && before().as_ref().is_some_and(is_old) {
                missing.push(FieldPath::of(field.name));
            }
            continue;
        }
        let still_there = op.stands_for().iter().filter(|path| {
            path.field == field.name
                && codec::value_at(wanted, &path.below).is_none()
                && codec::value_at(have, &path.below).is_some()
        });
        missing.extend(still_there.cloned());
        let have = without_ids(&shown(field, live, wanted, have));
        let differences = between(field.name, &have, &without_ids(wanted));
        missing.extend(
            differences
                .into_iter()
                // A create leaves null out, and the server may fill in a default.
                .filter(|difference| !creates || !difference.after.is_null())
                .map(|difference| difference.path)
                .filter(|path| op.sends_at(path)),
        );
    }
    missing
}

/// What an answer shows of a field, in the wanted spelling where the two are one.
fn shown(field: &Field, live: &Live, wanted: &Value, have: &Value) -> Value {
    let have = codec::restrict(&field.shape, wanted, have);
    let have = codec::as_secret(field, live.dialect, wanted, have);
    codec::settle(field, wanted, have, live)
}
