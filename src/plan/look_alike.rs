//! New resources whose names look like that of a live object and are others.

use foldhash::{HashMap, HashMapExt as _, HashSet};

use crate::kind::Shape;
use crate::live::{Live, key};
use crate::manifest::Desired;
use crate::plan::bound::place;
use crate::plan::row::{Row, Rows};
use crate::problem::{Code, Problem};
use crate::state::Key;
use crate::state::identity::plain_look;

/// Warns of each resource that would be made beside a live object of the same look: the one has a
/// blank more, or a character that nobody sees.
#[must_use]
pub fn look_alikes(desired: &Desired, rows: &Rows, live: &Live) -> Vec<Problem> {
    // Addresses of mail are no texts with blanks.
    let is_new = |row: &&Row| {
        row.object.is_none()
            && row.wanted.is_some()
            && matches!(row.kind.naming_field().shape, Shape::Text { .. })
    };
    let mut new: HashMap<(&str, Key<'static>), Vec<(&Row, Key<'_>)>> = HashMap::new();
    for row in rows.iter().filter(is_new) {
        let Some(body) = &row.wanted else { continue };
        let id = |reference: &_| live.in_scope(reference);
        if let Some(key) = key(row.kind, live.dialect, body, &id) {
            let look = (row.kind.collection, plain(&key));
            new.entry(look).or_default().push((row, key));
        }
    }
    let collections: HashSet<&str> = new.keys().map(|(collection, _)| *collection).collect();
    let mut warnings = Vec::new();
    for object in &live.objects {
        let collection = object.kind.collection;
        if !collections.contains(collection) {
            continue;
        }
        let Some(have) = live.raw_key(object) else {
            continue;
        };
        let same = new.get(&(collection, plain(&have))).into_iter().flatten();
        for (row, _) in same.filter(|(_, key)| *key != have) {
            let what = plain_look(&have.name).map_or_else(
                || "is plain".to_owned(),
                |look| format!("holds {}", look.what),
            );
            let warning = Problem::warning(
                Code::LookAlike,
                format!(
                    "a live {} has a name that looks like that of `{}` and is another one; a new one will be made",
                    object.kind.singular, row.address
                ),
            )
            .at(place(desired, &row.address, ""), "declared here")
            .help(format!(
                "the live name {what}: write it as it is live, or correct it in Zoho Desk"
            ));
            warnings.push(warning);
        }
    }
    warnings
}

/// A key with what one sees of its name.
fn plain(key: &Key<'_>) -> Key<'static> {
    let look = plain_look(&key.name);
    let name = look.map_or_else(|| key.name.to_string(), |look| look.plain);
    Key {
        scope: key.scope.clone(),
        name: name.into(),
    }
}
