//! Values that manifests name as secrets and that stand in the organization in clear.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::secret::Secret;
use crate::secret::address::forms;
use crate::state::Value;
use crate::yaml::variables::escape;

/// Stands for the first secret of a text while the text is taken apart; no text of people holds it.
const FIRST: u32 = 0xF0000;

/// Secrets by their values: an export writes their names in the place of these.
///
/// Whoever has lost the ledger still has the secrets, and no value that an export writes shall hold one.
#[derive(Debug, Default)]
pub struct Named {
    /// A form of a value and the name, the longest form first.
    forms: Vec<(String, String)>,
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

    /// A text with a mark in the place of each value; [`Named::unmarked`] writes the names.
    pub(super) fn marked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for (mark, (form, _)) in (FIRST..).filter_map(char::from_u32).zip(&self.forms) {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), mark.encode_utf8(&mut [0; 4])));
            }
        }
        text
    }

    /// Whether a text holds a mark.
    pub(super) fn is_marked(&self, text: &str) -> bool {
        text.chars().any(|c| self.name_of(c).is_some())
    }

    fn name_of(&self, mark: char) -> Option<&str> {
        let index = usize::try_from(u32::from(mark).checked_sub(FIRST)?).ok()?;
        self.forms.get(index).map(|(_, name)| name.as_str())
    }

    /// A template in which marks stand for names, and the names.
    pub(super) fn unmarked(&self, template: &str) -> (String, Vec<&str>) {
        let mut names = Vec::new();
        let mut out = String::with_capacity(template.len());
        for c in template.chars() {
            match self.name_of(c) {
                Some(name) => {
                    out.push_str("${secret.");
                    out.push_str(name);
                    out.push('}');
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                None => out.push(c),
            }
        }
        (out, names)
    }

    /// Writes names in the place of values in every text inside, and returns the names.
    pub(super) fn write(&self, value: &mut Value) -> Vec<&str> {
        let mut names = Vec::new();
        match value {
            Value::Text(text) => {
                let marked = self.marked(text);
                if self.is_marked(&marked) {
                    let (template, found) = self.unmarked(&escape(&marked));
                    names = found;
                    *value = Value::Secret(Secret {
                        template: template.into(),
                        value: None,
                    });
                }
            }
            Value::List(items) => {
                for item in items {
                    names.extend(self.write(item));
                }
            }
            Value::Map(map) => {
                for (_, item) in map.iter_mut() {
                    names.extend(self.write(item));
                }
            }
            // A template has its expressions already; handles and names can hold none.
            Value::Secret(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Reference(_) => {}
        }
        names
    }
}
