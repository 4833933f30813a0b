//! The digest of a desired state: equal where nothing that matters differs.

use std::fmt::Write as _;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::compose::{Detail, Tombstone};
use crate::state::{Address, Reference, State, Value};

/// The SHA-256 of a desired state in hexadecimal, with secrets as templates.
pub(crate) fn digest(
    state: &State,
    details: &IndexMap<Address, Detail>,
    removed: &[Tombstone],
) -> String {
    let mut hasher = Sha256::new();
    let mut line = String::new();
    for (address, resource) in state {
        line.clear();
        text(&mut line, &address.to_string());
        for (name, value) in resource.body.iter() {
            text(&mut line, name);
            feed(&mut line, value);
        }
        if let Some(detail) = details.get(address) {
            // Debug is stable within one version of deskform, and a digest never outlives a plan.
            let _ = write!(line, "{:?}", detail.lifecycle);
        }
        line.push('\n');
        hasher.update(line.as_bytes());
    }
    for stone in removed {
        line.clear();
        line.push('-');
        text(&mut line, stone.collection);
        text(&mut line, &stone.identity);
        line.push('\n');
        hasher.update(line.as_bytes());
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
fn text(out: &mut String, text: &str) {
    let _ = write!(out, "{}:{text}", text.len());
}

fn feed(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push('n'),
        Value::Bool(flag) => out.push(if *flag { 't' } else { 'f' }),
        Value::Number(number) => {
            let _ = write!(out, "d{number};");
        }
        Value::Text(words) => {
            out.push('s');
            text(out, words);
        }
        Value::Secret(secret) => {
            out.push('x');
            text(out, &secret.template);
        }
        Value::Reference(reference) => {
            let (mark, name) = match reference {
                Reference::To(address) => ('a', &address.handle),
                Reference::Lookup { name, .. } => ('l', name),
                Reference::Id { id, .. } => ('i', id),
            };
            out.push(mark);
            text(out, reference.collection());
            text(out, name);
        }
        Value::List(items) => {
            out.push('[');
            for item in items {
                feed(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (key, value) in map {
                text(out, key);
                feed(out, value);
            }
            out.push('}');
        }
    }
}
