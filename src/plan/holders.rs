//! What holds the name of a new object without being its live side: deleted objects that a listing
//! shows, and other fields of live ones.
//!
//! Whether the server then refuses the new object no fact says: the plan names what holds the name, and
//! refuses nothing.

use foldhash::HashMap;

use crate::kind::Kind;
use crate::live::{Live, LiveObject, key};
use crate::state::identity::canonical;
use crate::state::{Key, Reference};

/// Who holds which key, made for a kind when the first creation of it asks.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_kind: HashMap<&'static str, HashMap<Key<'static>, Vec<String>>>,
}

impl Index {
    /// Sentences about what holds the name of a new object.
    pub(super) fn told(
        &mut self,
        kind: &'static Kind,
        body: &crate::state::Body,
        live: &Live,
    ) -> Vec<String> {
        let of_kind = self
            .by_kind
            .entry(kind.collection)
            .or_insert_with(|| holders(kind, live));
        if of_kind.is_empty() {
            return Vec::new();
        }
        let id = |reference: &Reference| live.in_scope(reference);
        let Some(key) = key(kind, live.dialect, body, &id) else {
            return Vec::new();
        };
        of_kind.get(&key.lower_case()).cloned().unwrap_or_default()
    }
}

fn holders(kind: &'static Kind, live: &Live) -> HashMap<Key<'static>, Vec<String>> {
    let mut found: HashMap<Key<'static>, Vec<String>> = HashMap::default();
    let naming = kind.naming_field();
    for object in live.gone.iter().filter(|object| object.kind == kind) {
        if let Some(key) = live.raw_key(object) {
            let told = format!(
                "a deleted {} (id {}) holds its `{}`, so it may be refused as a duplicate",
                kind.singular, object.id, naming.name
            );
            found.entry(key.lower_case()).or_default().push(told);
        }
    }
    for name in kind.holders.fields {
        for index in live.collection(kind.collection) {
            let Some(object) = live.objects.get(index) else {
                continue;
            };
            let (Some(held), Some(mut key)) = (shown(object, name, live), live.raw_key(object))
            else {
                continue;
            };
            key.name = canonical(naming, &held).into_owned().into();
            let who = live.address_of(index);
            let who = who.map_or_else(|| kind.singular.to_owned(), |who| format!("`{who}`"));
            let told = format!(
                "{who} (id {}) has its `{}` as `{name}`, so it may be refused as a duplicate",
                object.id, naming.name
            );
            found.entry(key.lower_case()).or_default().push(told);
        }
    }
    found
}

/// The text that an object shows in a field.
fn shown(object: &LiveObject, field: &str, live: &Live) -> Option<String> {
    let name = object.kind.field(field)?.wire(live.dialect).read_name()?;
    let value = crate::codec::shown_at(&object.raw, name)?;
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
