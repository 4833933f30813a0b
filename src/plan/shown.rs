//! Values and changes as a plan shows them.

use serde_json::Value as Json;

use crate::codec::{self, Ids as _, listed};
use crate::dialect::Dialect;
use crate::diff::Difference;
use crate::kind::{self, Kind, Shape, Switch, Wire, scopes};
use crate::live::{Live, url};
use crate::plan::row::Rows;
use crate::plan::{FORMER_SECRET, FieldChange, SECRET};
use crate::problem::ticked;
use crate::secret::Secret;
use crate::state::{Address, Body, FieldPath, Reference, Value};

/// The fields of a creation as changes from nothing.
pub(super) fn created_fields(
    kind: &'static Kind,
    dialect: Dialect,
    body: &Body,
) -> Vec<FieldChange> {
    let is_made_by_hand = kind
        .api(dialect)
        .is_some_and(|api| api.create.by_hand(|name| body.gives(name)).is_some());
    let mut changes = Vec::new();
    for field in kind.fields {
        let travels = !matches!(
            field.wire(dialect),
            Wire::Harmless | Wire::Refused(_) | Wire::Manual { .. } | Wire::Fixed(_)
        ) || is_made_by_hand;
        let Some(value) = body
            .get(field.name)
            .filter(|value| travels && !value.is_null())
        else {
            continue;
        };
        match value {
            Value::Map(map) => {
                for (key, leaf) in listed::items(map).filter(|(_, leaf)| !leaf.is_null()) {
                    let path = FieldPath::of(field.name).child(key);
                    changes.push(change_of(kind, &path, &Value::Null, leaf));
                }
            }
            Value::List(list) if list.is_empty() => {}
            value => {
                let path = FieldPath::of(field.name);
                changes.push(change_of(kind, &path, &Value::Null, value));
            }
        }
    }
    // A change is large, and a new organization has many.
    changes.shrink_to_fit();
    changes
}

/// The fields of what is deleted as changes to nothing.
pub(super) fn removed_fields(kind: &'static Kind, body: &Body) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for (field, value) in body.of_kind(kind) {
        let path = FieldPath::of(field.name);
        match value {
            // What has no name loses none.
            _ if field.naming && kind.is_nameless() => {}
            Value::Null => {}
            Value::List(list) if list.is_empty() => {}
            Value::Map(map) => {
                for (key, leaf) in listed::items(map).filter(|(_, leaf)| !leaf.is_null()) {
                    changes.push(change_of(kind, &path.child(key), leaf, &Value::Null));
                }
            }
            value => changes.push(change_of(kind, &path, value, &Value::Null)),
        }
    }
    changes
}

/// What changes in what is taken out of use; nothing where no field says so.
pub(super) fn switched_off(kind: &'static Kind, body: &Body) -> Option<FieldChange> {
    let enabled = kind.enabled?;
    let field = kind.field(enabled.field)?;
    let off = match (enabled.on, field.shape) {
        (Switch::Flag(on), _) => Value::Bool(!on),
        (Switch::Word(on), Shape::Choice(words)) => {
            let mut others = words.iter().filter(|word| **word != on);
            match (others.next(), others.next()) {
                (Some(off), None) => Value::text(off),
                _ => return None,
            }
        }
        (Switch::Word(_) | Switch::Empty, _) => return None,
    };
    let before = body.get(enabled.field).unwrap_or(&Value::Null);
    Some(change_of(kind, &FieldPath::of(field.name), before, &off))
}

pub(super) fn shown(kind: &Kind, difference: &Difference) -> FieldChange {
    change_of(
        kind,
        &difference.path,
        &difference.before,
        &difference.after,
    )
}

pub(super) fn change_of(
    kind: &Kind,
    path: &FieldPath,
    before: &Value,
    after: &Value,
) -> FieldChange {
    // A live value that was a secret once says nothing of the one that takes its place.
    let was_secret = before.is_secret() && !after.is_secret();
    let secret = after.is_secret();
    let written = codec::written(kind, path);
    if let Some(change) = of_list(kind, path, &written, (before, after)) {
        return change;
    }
    let (before, after) = if was_secret {
        (Json::from(FORMER_SECRET), shown_value(after))
    } else if secret {
        shown_secret(kind, path.field, before, after)
    } else {
        (shown_live(kind, path.field, before), shown_value(after))
    };
    FieldChange {
        field: written.pointer(),
        before,
        after,
        secret,
        sets_back: None,
    }
}

/// A change of the order of a list, or of an item's name in it.
fn of_list(
    kind: &Kind,
    path: &FieldPath,
    written: &FieldPath,
    (before, after): (&Value, &Value),
) -> Option<FieldChange> {
    let keys = |order: &Value| shown_value(&codec::written_order(kind, path, order));
    let (before, after) = match &*written.below {
        [.., last] if &**last == listed::ORDER => (keys(before), keys(after)),
        // An item that is renamed stands under its new name already.
        [.., name, key] if &**key == listed::NAME && after.is_null() => {
            (shown_value(before), Json::from(&**name))
        }
        _ => return None,
    };
    Some(FieldChange {
        field: written.pointer(),
        before,
        after,
        secret: false,
        sets_back: None,
    })
}

/// A difference of two sides of which neither is to become the other: each is shown as what is live is, and of
/// secrets the templates.
pub(crate) fn of_sides(kind: &Kind, path: &FieldPath, a: &Value, b: &Value) -> FieldChange {
    let written = codec::written(kind, path);
    if let Some(change) = of_list(kind, path, &written, (a, b)) {
        return change;
    }
    let field = path.field;
    let is_address = |secret: &Secret| kind.may_hold_key(field) && secret.template.contains("://");
    let hidden = || (Json::from(SECRET), Json::from(SECRET));
    let (before, after) = match (a, b) {
        (Value::Secret(one), Value::Secret(other)) if is_address(one) && is_address(other) => {
            (Json::from(&*one.template), Json::from(&*other.template))
        }
        (Value::Secret(_), Value::Secret(_)) => hidden(),
        (other, Value::Secret(_)) => shown_secret(kind, field, other, b),
        (Value::Secret(_), other) => {
            let (other, own) = shown_secret(kind, field, other, a);
            (own, other)
        }
        (a, b) if a.is_secret() || b.is_secret() => hidden(),
        (a, b) => (shown_live(kind, field, a), shown_live(kind, field, b)),
    };
    FieldChange {
        field: written.pointer(),
        before,
        after,
        secret: a.is_secret() || b.is_secret(),
        sets_back: None,
    }
}

/// What is live and what is wanted where a secret is wanted: of a URL the template, and of the live one
/// what says nothing of the secret; otherwise the text [`SECRET`] for both.
#[must_use]
pub(crate) fn shown_secret(kind: &Kind, field: &str, live: &Value, wanted: &Value) -> (Json, Json) {
    let hidden = || (Json::from(SECRET), Json::from(SECRET));
    let Value::Secret(secret) = wanted else {
        return hidden();
    };
    let text = match live {
        Value::Null => None,
        Value::Text(text) => Some(&**text),
        Value::Secret(live) => live.expose(),
        _ => return hidden(),
    };
    let is_address = kind.may_hold_key(field) && secret.template.contains("://");
    match text.map(|text| url::visible(text, &secret.template)) {
        _ if !is_address => hidden(),
        None => (Json::Null, Json::from(&*secret.template)),
        Some(Some(visible)) => (Json::from(visible), Json::from(&*secret.template)),
        Some(None) => hidden(),
    }
}

/// What a person has to do about a field, of what, and where.
#[must_use]
pub(crate) fn to_do(field: &str, of: Option<&str>, wanted: &Value, place: &str) -> String {
    let verb = if wanted.is_null() { "clear" } else { "set" };
    match of {
        Some(name) => format!("{verb} `{field}` of {name} at {place}"),
        None => format!("{verb} `{field}` at {place}"),
    }
}

/// What people find in Zoho Desk under an address, where its handle is not the name: the name, and what it lies
/// below. Manifests alone know handles.
#[must_use]
pub(crate) fn called(rows: &Rows, live: &Live, address: &Address) -> Option<String> {
    let row = rows.get(address)?;
    let kind = row.kind;
    if kind.fixed_name().is_some() || kind.is_check() {
        return None;
    }
    let name = name_of(rows, live, address)?;
    if *name == *address.handle {
        return None;
    }
    let own = |field: &str| {
        let bodies = [&row.named, &row.wanted, &row.live];
        bodies
            .into_iter()
            .flatten()
            .find_map(|body| body.get(field))
    };
    let below = scopes(kind).filter_map(|field| {
        let value = match own(field.name)? {
            Value::Text(word) => word.to_string(),
            Value::Reference(Reference::To(parent)) => {
                name_of(rows, live, parent).unwrap_or_else(|| parent.handle.to_string())
            }
            value => plain(value),
        };
        Some(format!("{} `{value}`", field.name))
    });
    let below: Vec<String> = below.collect();
    Some(if below.is_empty() {
        format!("`{name}`")
    } else {
        format!("`{name}` ({})", below.join(", "))
    })
}

/// The name of what is declared or live.
fn name_of(rows: &Rows, live: &Live, address: &Address) -> Option<String> {
    let row = rows.get(address);
    let bodies = row.map(|row| [&row.named, &row.wanted, &row.live]);
    let own = bodies.into_iter().flatten().flatten().find_map(|body| {
        let naming = kind::find(address.collection)?.naming_field();
        body.get(naming.name)?.as_text().map(str::to_owned)
    });
    own.or_else(|| live.label(address))
}

/// What a person has to do about what a check asked, and where; none where the difference is of no check.
#[must_use]
pub(crate) fn to_see_to(
    kind: &Kind,
    dialect: Dialect,
    difference: &Difference,
    declared: Option<&Body>,
) -> Option<String> {
    let field = difference.path.field;
    let leaf = difference.path.below.first()?;
    let questions = kind.questions(dialect)?;
    let question = questions.about(field, leaf)?;
    let about: Vec<String> = match declared.and_then(|body| body.get(field)) {
        Some(Value::Map(map)) => map
            .iter()
            .filter(|(leaf, value)| !value.is_null() && questions.about(field, leaf).is_none())
            .map(|(leaf, value)| format!("{leaf} `{}`", plain(value)))
            .collect(),
        _ => Vec::new(),
    };
    let place = question.place;
    let about = about.join(", ");
    Some(match (&difference.before, &difference.after) {
        (Value::List(there), Value::List(wanted)) => {
            let missing = wanted.iter().filter(|name| !there.contains(name));
            let missing: Vec<String> = missing.map(plain).collect();
            format!(
                "see to {} at {place} ({about}), or correct the check: `{leaf}` lacks {}",
                if missing.len() == 1 { "it" } else { "them" },
                ticked(&missing, "and"),
            )
        }
        (there, wanted) => format!(
            "see to it at {place} ({about}), or correct the check: `{leaf}` is {}, and {} is declared",
            plain(there),
            plain(wanted),
        ),
    })
}

/// A value in a sentence; what it refers to by its name.
fn plain(value: &Value) -> String {
    match value {
        Value::Reference(Reference::To(address)) => address.handle.to_string(),
        Value::Reference(Reference::Lookup { name, .. }) => name.to_string(),
        value => match shown_value(value) {
            Json::String(text) => text,
            json => json.to_string(),
        },
    }
}

/// A live value of a field for readers: without what may be a key.
///
/// Where no ledger tells, nobody knows whether the live value was a secret.
#[must_use]
pub(crate) fn shown_live(kind: &Kind, field: &str, value: &Value) -> Json {
    match value {
        Value::Text(text) if kind.may_hold_key(field) => Json::from(url::shown(text)),
        Value::Secret(_) => Json::from(FORMER_SECRET),
        value => shown_value(value),
    }
}

/// A value for readers: references are addresses, secrets are never shown.
#[must_use]
pub(crate) fn shown_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => Json::from(&**text),
        Value::Secret(_) => Json::from(SECRET),
        Value::Reference(Reference::To(address)) => Json::from(address.to_string()),
        Value::Reference(Reference::Lookup { collection, name }) => {
            Json::from(format!("{collection}/{name}"))
        }
        Value::Reference(Reference::Id { collection, id }) => {
            Json::from(format!("{collection}/id:{id}"))
        }
        Value::List(list) => list.iter().map(shown_value).collect(),
        Value::Map(map) => Json::Object(
            listed::items(map)
                .map(|(key, value)| (key.to_owned(), shown_value(value)))
                .collect(),
        ),
    }
}
