//! Values that manifests name as secrets and that stand in the organization in clear.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Exported;
use super::known::told;
use crate::secret::Secret;
use crate::secret::address::forms;
use crate::state::Value;
use crate::yaml::variables::escape;

/// Writes the names of secrets in the place of their values, wherever these stand: whoever has lost the
/// ledger still has the secrets, and no file shall hold one.
///
/// `secrets` are the values by the names that `${secret.…}` gives them; the longest one counts.
pub fn name_secrets(exported: &mut Exported, secrets: &BTreeMap<String, String>) {
    let mut known: Vec<(String, &str)> = Vec::new();
    for (name, value) in secrets {
        known.push((value.clone(), name));
        let encoded = forms(value).filter(|form| form != value);
        known.extend(encoded.map(|form| (form, name.as_str())));
    }
    known.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then(one.cmp(other)));
    if known.is_empty() {
        return;
    }
    for (address, resource) in &mut exported.state {
        for (field, value) in resource.body.iter_mut() {
            let mut named = Vec::new();
            replace(value, &known, &mut named);
            named.sort_unstable();
            named.dedup();
            for name in named {
                exported.notes.add(
                    told(address, field),
                    format!(
                        "holds the value of the secret `{name}`, which stands there by its name"
                    ),
                );
            }
        }
    }
}

fn replace<'k>(value: &mut Value, known: &[(String, &'k str)], named: &mut Vec<&'k str>) {
    match value {
        Value::Text(text) => {
            if let Some(template) = template(text, known, named, |plain| escape(plain).into_owned())
            {
                *value = Value::Secret(Secret {
                    template: template.into(),
                    value: None,
                });
            }
        }
        // A template has its expressions already.
        Value::Secret(secret) => {
            if let Some(template) = template(&secret.template, known, named, str::to_owned) {
                secret.template = Arc::from(template);
            }
        }
        Value::List(items) => {
            for item in items {
                replace(item, known, named);
            }
        }
        Value::Map(map) => {
            for (_, item) in map.iter_mut() {
                replace(item, known, named);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Reference(_) => {}
    }
}

/// A text with names in the place of values; none where it holds none.
fn template<'k>(
    text: &str,
    known: &[(String, &'k str)],
    named: &mut Vec<&'k str>,
    plain: impl Fn(&str) -> String + Copy,
) -> Option<String> {
    let found = known.iter().find_map(|(value, name)| {
        let (before, behind) = text.split_once(value.as_str())?;
        Some((before, *name, behind))
    });
    let (before, name, behind) = found?;
    named.push(name);
    let side = |text: &str, named: &mut Vec<&'k str>| {
        template(text, known, named, plain).unwrap_or_else(|| plain(text))
    };
    let before = side(before, named);
    let behind = side(behind, named);
    Some(format!("{before}${{secret.{name}}}{behind}"))
}
