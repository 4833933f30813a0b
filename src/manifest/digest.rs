//! The digest of a desired state: equal where nothing that matters differs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::compose::{Detail, Tombstone};
use crate::state::{ByAddress, Heirs, Lifecycle, Reference, State, Value};

/// The SHA-256 of a desired state in hexadecimal, with secrets as templates.
pub(crate) fn digest(
    state: &State,
    details: &ByAddress<Detail>,
    removed: &[Tombstone],
    heirs: &BTreeMap<&'static str, Heirs>,
) -> String {
    let mut hasher = Sha256::new();
    let mut line = Vec::new();
    for (address, resource) in state {
        line.clear();
        text(&mut line, address.collection);
        text(&mut line, &address.handle);
        for (name, value) in resource.body.iter() {
            text(&mut line, name);
            feed(&mut line, value);
        }
        if let Some(detail) = details.get(address)
            && *detail.lifecycle != Lifecycle::NOTHING
        {
            // Debug is stable within one version of deskform, and a digest never outlives a plan.
            text(&mut line, &format!("{:?}", *detail.lifecycle));
        }
        line.push(b'\n');
        hasher.update(&line);
    }
    for stone in removed {
        line.clear();
        line.push(b'-');
        text(&mut line, stone.collection);
        text(&mut line, &format!("{:?}", stone.key));
        if !stone.transfer_to.is_empty() {
            text(&mut line, &format!("{:?}", stone.transfer_to));
        }
        line.push(b'\n');
        hasher.update(&line);
    }
    if !heirs.is_empty() {
        hasher.update(format!("{heirs:?}"));
    }
    hasher
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// A text with its length, so that no two lists of texts are fed alike.
fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn feed(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(flag) => out.push(if *flag { b't' } else { b'f' }),
        Value::Number(number) => {
            out.push(b'd');
            text(out, &number.to_string());
        }
        Value::Text(words) => {
            out.push(b's');
            text(out, words);
        }
        Value::Secret(secret) => {
            out.push(b'x');
            text(out, &secret.template);
        }
        Value::Reference(reference) => {
            let (mark, name) = match reference {
                Reference::To(address) => (b'a', &*address.handle),
                Reference::Lookup { name, .. } => (b'l', &*name.name),
                Reference::Id { id, .. } => (b'i', &**id),
            };
            out.push(mark);
            text(out, reference.collection());
            text(out, name);
            if let Reference::Lookup { name, .. } = reference
                && !name.scope.is_empty()
            {
                text(out, &format!("{:?}", name.scope));
            }
        }
        Value::List(items) => {
            out.push(b'[');
            for item in items {
                feed(out, item);
            }
            out.push(b']');
        }
        Value::Map(map) => {
            out.push(b'{');
            for (key, value) in map {
                text(out, key);
                feed(out, value);
            }
            out.push(b'}');
        }
    }
}
