//! Temporary names: what an object is called while the name that it is to have is still another's.
//!
//! The name holds the object's own id, so that it is told from every name that somebody chose, and so
//! that a run that finds one knows which object a killed run has left with it.

use crate::dialect::Dialect;
use crate::kind::schema::accepts;
use crate::kind::{Field, Kind, Shape};
use crate::live::{Live, identity_fields};

/// How a temporary name begins; the id of its object follows.
const PREFIX: &str = "deskform-rename-";

/// The domain of temporary e-mail addresses: no mail is ever delivered there (RFC 2606).
const DOMAIN: &str = "temporary.invalid";

/// The temporary name of an object, as far as the kind takes one.
pub(super) fn name(kind: &'static Kind, dialect: Dialect, id: &str) -> Option<String> {
    let field = naming(kind, dialect)?;
    let text = spelled(field, id);
    let (max, pattern) = match field.shape {
        Shape::Text { max, pattern, .. } => (max, pattern),
        Shape::Email { max, pattern } => (max, Some(pattern)),
        _ => return None,
    };
    let limits = [Some(max), field.longest_update(dialect)];
    let mut limits = limits.into_iter().flatten().filter(|max| *max > 0);
    let fits = limits.all(|max| text.len() <= max as usize)
        && pattern.is_none_or(|pattern| accepts(&pattern, &text));
    (fits && !field.told_to_people).then_some(text)
}

/// The field that names objects of a kind, where it tells them apart.
pub(super) fn naming(kind: &'static Kind, dialect: Dialect) -> Option<&'static Field> {
    identity_fields(kind, dialect).find(|field| field.naming)
}

fn spelled(field: &Field, id: &str) -> String {
    match field.shape {
        Shape::Email { .. } => format!("{PREFIX}{id}@{DOMAIN}"),
        _ => format!("{PREFIX}{id}"),
    }
}

/// Whether a live object has its temporary name.
pub(super) fn is_on(live: &Live, index: usize) -> bool {
    let (Some(object), Some(key)) = (live.objects.get(index), live.key_of(index)) else {
        return false;
    };
    naming(object.kind, live.dialect).is_some_and(|field| *key.name == *spelled(field, &object.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::KINDS;

    /// Ids have 18 digits, and no API of Zoho's makes longer ones than 19.
    #[test]
    fn a_temporary_name_fits_every_kind_that_takes_one() {
        let mut taken = 0;
        for kind in KINDS.iter().filter(|kind| kind.managed) {
            for dialect in Dialect::ALL {
                let Some(field) = naming(kind, dialect).filter(|_| kind.api(dialect).is_some())
                else {
                    continue;
                };
                let name = name(kind, dialect, &"9".repeat(19));
                let is_open =
                    !field.told_to_people && kind.fixed_name().is_none() && !kind.is_given();
                assert_eq!(name.is_some(), is_open, "{kind:?} {dialect}");
                taken += usize::from(name.is_some());
            }
        }
        assert!(taken > 15, "{taken}");
    }
}
