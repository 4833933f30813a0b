//! Values that manifests name as secrets and that stand in the organization in clear.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::Exported;
use super::known::told;
use crate::secret::Secret;
use crate::secret::address::forms;
use crate::state::{Body, Value};
use crate::yaml::variables::escape;

/// Secrets by their values: an export writes their names in the place of these.
///
/// Whoever has lost the ledger still has the secrets. What is too short to be told from other words is
/// not looked for, nor are the names of objects and the keys of maps.
#[derive(Debug, Default)]
pub struct Named {
    /// A form of a value and the name, the longest form first.
    forms: Vec<(String, String)>,
}

/// Where an expression takes the place of a part of a text.
pub(super) struct Cut<'n> {
    pub(super) range: Range<usize>,
    /// The name of the secret.
    pub(super) name: Cow<'n, str>,
}

/// A text in which expressions take the place of its cuts, which are in order and do not overlap; none
/// where a `$` stands before one, since both together are no expression. `plain` writes the rest.
pub(super) fn template(
    text: &str,
    cuts: &[Cut<'_>],
    plain: impl Fn(&str) -> String,
) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for cut in cuts {
        let before = text.get(at..cut.range.start)?;
        if before.ends_with('$') {
            return None;
        }
        out.push_str(&plain(before));
        out.push_str("${secret.");
        out.push_str(&cut.name);
        out.push('}');
        at = cut.range.end;
    }
    out.push_str(&plain(text.get(at..)?));
    Some(out)
}

impl Named {
    /// Makes it of values by the names that `${secret.…}` gives them.
    #[must_use]
    pub fn of(secrets: &BTreeMap<String, String>) -> Self {
        let mut all = Vec::new();
        for (name, value) in secrets {
            all.push((value.clone(), name.clone()));
            let encoded = forms(value).filter(|form| form != value);
            all.extend(encoded.map(|form| (form, name.clone())));
        }
        all.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then(one.cmp(other)));
        Self { forms: all }
    }

    /// Where values stand in a text, in order; of those that overlap the longest.
    pub(super) fn cuts(&self, text: &str) -> Vec<Cut<'_>> {
        let mut cuts: Vec<Cut<'_>> = Vec::new();
        for (form, name) in &self.forms {
            for (start, found) in text.match_indices(form.as_str()) {
                let range = start..start + found.len();
                let is_free =
                    |cut: &Cut<'_>| cut.range.end <= range.start || range.end <= cut.range.start;
                if cuts.iter().all(is_free) {
                    let name = Cow::Borrowed(name.as_str());
                    cuts.push(Cut { range, name });
                }
            }
        }
        cuts.sort_by_key(|cut| cut.range.start);
        cuts
    }

    /// Writes names in the place of values in every text inside, and collects the names.
    ///
    /// # Errors
    /// Where a value cannot be replaced.
    fn write<'n>(&'n self, value: &mut Value, names: &mut Vec<Cow<'n, str>>) -> Result<(), ()> {
        match value {
            Value::Text(text) => {
                let cuts = self.cuts(text);
                if cuts.is_empty() {
                    return Ok(());
                }
                let written = template(text, &cuts, |plain| escape(plain).into_owned());
                names.extend(cuts.into_iter().map(|cut| cut.name));
                *value = Value::Secret(Secret {
                    template: written.ok_or(())?.into(),
                    value: None,
                });
            }
            // The ledger's template may be older than the secret, and hold its value in clear.
            Value::Secret(secret) => {
                let cuts = self.cuts(&secret.template);
                if cuts.is_empty() {
                    return Ok(());
                }
                let written = template(&secret.template, &cuts, str::to_owned);
                names.extend(cuts.into_iter().map(|cut| cut.name));
                secret.template = Arc::from(written.ok_or(())?);
            }
            Value::List(items) => {
                for item in items {
                    self.write(item, names)?;
                }
            }
            Value::Map(map) => {
                for (_, item) in map.iter_mut() {
                    self.write(item, names)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Reference(_) => {}
        }
        Ok(())
    }
}

/// Writes the names of secrets in the place of their values, wherever these stand but in names; a field
/// in which that cannot be done is left out.
pub fn name_secrets(exported: &mut Exported, secrets: &Named) {
    for (address, resource) in &mut exported.state {
        let kind = resource.kind;
        let is_name = |name: &str| kind.field(name).is_some_and(|field| field.identity);
        let mut lost = Vec::new();
        for (field, value) in resource.body.iter_mut().filter(|(name, _)| !is_name(name)) {
            let mut names = Vec::new();
            let done = secrets.write(value, &mut names);
            names.sort_unstable();
            names.dedup();
            let what = match done {
                Ok(()) => "which stands there by its name",
                Err(()) => "and is left out, since a `$` stands before it",
            };
            for name in names {
                exported.notes.add(
                    told(address, field),
                    format!("holds the value of the secret `{name}`, {what}"),
                );
            }
            if done.is_err() {
                lost.push(field);
            }
        }
        leave(&mut resource.body, &lost);
    }
}

fn leave(body: &mut Body, fields: &[&'static str]) {
    for field in fields {
        body.remove(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_values_stand_and_nowhere_else() {
        let secrets = [
            ("A", "abcdefgh"),
            ("LONG", "abcdefgh-ijkl"),
            ("B", "x y/zzzz"),
        ];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let named = Named::of(&secrets.into());
        for (text, expected) in [
            ("nothing", Ok("nothing")),
            ("pin abcdefgh!", Ok("pin ${secret.A}!")),
            // The longest counts, and none overlaps another one.
            ("abcdefgh-ijkl", Ok("${secret.LONG}")),
            ("abcdefghabcdefgh", Ok("${secret.A}${secret.A}")),
            ("abcdefgh, x y/zzzz", Ok("${secret.A}, ${secret.B}")),
            ("x%20y%2Fzzzz", Ok("${secret.B}")),
            // What is no expression stays none, and a `$` makes none.
            ("${x} abcdefgh", Ok("$${x} ${secret.A}")),
            ("$abcdefgh", Err(())),
            // What a person may write, such as a picture from a font, is nothing of ours.
            ("\u{f0000} \u{f0001}", Ok("\u{f0000} \u{f0001}")),
        ] {
            let mut value = Value::text(text);
            let done = named.write(&mut value, &mut Vec::new());
            let shown = match &value {
                Value::Secret(secret) => secret.template.to_string(),
                value => value.as_text().unwrap_or_default().to_owned(),
            };
            assert_eq!(done.map(|()| shown), expected.map(str::to_owned), "{text}");
        }
    }
}
