//! What was applied as a secret stays one while it is live.

use std::borrow::Cow;

use crate::codec::{LIVE_VALUE, keyed_maps};
use crate::kind::Field;
use crate::secret::Secret;
use crate::state::{FieldPath, Leaves, Value};

/// A live value that was applied as a secret stays one while it is live, whatever the manifests say
/// now; `former` are the paths in the ledger.
pub(super) fn still_secret(
    former: &[String],
    path: &FieldPath,
    named: &Value,
    current: Value,
) -> Value {
    if former.is_empty() || *named == current {
        return current;
    }
    match (named, current) {
        (Value::Map(named), Value::Map(current)) => current
            .into_iter()
            .map(|(key, value)| {
                let value = match named.get(&key) {
                    Some(named) => still_secret(former, &path.child(&key), named, value),
                    None => value,
                };
                (key, value)
            })
            .collect::<Leaves>()
            .into(),
        (_, Value::Text(text)) if names(former, path) => Value::Secret(Secret {
            template: LIVE_VALUE.into(),
            value: Some(text.to_string().into()),
        }),
        (_, current) => current,
    }
}

/// The paths of former secrets in a field as its keys are called now.
///
/// Keys of maps may name resources that have other handles since: where a former secret stood under a
/// key that is not there any more, every value of the map is taken for one.
pub(super) fn present<'f>(
    former: &'f [String],
    field: &'static Field,
    current: &Value,
) -> Cow<'f, [String]> {
    if former.is_empty() {
        return Cow::Borrowed(former);
    }
    let mut found: Vec<String> = Vec::new();
    keyed_maps(field, current, &mut |own, inner, value| {
        let (Some(_), Value::Map(map)) = (inner.shape.keyed_by(), value) else {
            return;
        };
        let inside = format!("{}/", own.pointer());
        let here: Vec<String> = map.keys().map(|key| own.child(key).pointer()).collect();
        let is_gone = |path: &String| path.starts_with(&inside) && !here.contains(path);
        if former.iter().any(is_gone) {
            found.extend(here);
        }
    });
    if found.is_empty() {
        Cow::Borrowed(former)
    } else {
        Cow::Owned(former.iter().cloned().chain(found).collect())
    }
}

/// Whether the ledger names a path as a secret.
fn names(former: &[String], path: &FieldPath) -> bool {
    let path = path.pointer();
    former.contains(&path)
}

/// A live value of what is removed, with all in it that was applied as a secret.
pub(super) fn hidden(former: &[String], path: &FieldPath, value: Value) -> Value {
    match value {
        Value::Map(map) => map
            .into_iter()
            .map(|(key, value)| {
                let value = hidden(former, &path.child(&key), value);
                (key, value)
            })
            .collect::<Leaves>()
            .into(),
        value => still_secret(former, path, &Value::Null, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;

    /// What was a secret under a key that has another name now is hidden, whichever it is.
    #[test]
    fn the_secrets_of_a_renamed_key_stay_hidden() {
        let field = find("contacts").unwrap().field("cf").unwrap();
        let former = ["/cf/customFields~1token".to_owned()];
        let live = |keys: &[&str]| {
            let leaves = keys.iter().map(|key| (*key, Value::text("k3y")));
            Value::Map(leaves.collect())
        };
        let path = FieldPath::of("cf");
        let is_hidden = |keys: &[&str]| {
            let current = live(keys);
            let named = Value::Map(
                keys.iter()
                    .map(|key| (*key, Value::text("plain")))
                    .collect(),
            );
            let former = present(&former, field, &current);
            let shown = still_secret(&former, &path, &named, current.clone());
            (
                shown.is_secret(),
                hidden(&former, &path, current).is_secret(),
            )
        };
        assert_eq!(is_hidden(&["customFields/token"]), (true, true));
        assert_eq!(is_hidden(&["customFields/token2"]), (true, true));
        assert_eq!(is_hidden(&["cf_token", "cf_other"]), (true, true));
        assert!(matches!(
            present(&[], field, &live(&["a"])),
            Cow::Borrowed([])
        ));
    }
}
