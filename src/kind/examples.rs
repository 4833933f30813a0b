//! Values for examples: what a field's shape allows.

use serde_json::{Value as Json, json};

use super::{Field, Keyed, Keys, Kind, Shape, Target, Within};

/// What stands for a reference to a target.
pub type Refer<'r> = &'r dyn Fn(Target) -> Json;

/// What an example calls a resource of a kind.
#[must_use]
pub fn example_name(kind: &Kind) -> String {
    let parent = kind.field_of_handle().shape.target();
    if let Some(parent) = parent.and_then(|target| super::find(target.collection)) {
        return example_name(parent);
    }
    if let Some(name) = kind.only_name() {
        return name.to_owned();
    }
    match kind.naming_field().shape {
        Shape::Email { .. } => "sarah.johnson@example.com".to_owned(),
        // What nothing makes has a name of its own.
        Shape::Text {
            pattern: Some(pattern),
            ..
        } if kind.is_given() => pattern.sample.to_owned(),
        _ => format!("Example {}", kind.singular),
    }
}

fn of_leaves(kind: &Kind, leaves: &[Field], refer: Refer<'_>) -> Json {
    let needed = leaves.iter().filter(|leaf| leaf.required);
    let first = leaves
        .iter()
        .take(usize::from(leaves.iter().all(|leaf| !leaf.required)));
    needed
        .chain(first)
        .map(|leaf| (leaf.name.to_owned(), example_value(kind, leaf, refer)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// A name in maps of what a field names.
fn in_maps(field: &Field) -> String {
    format!("cf_{}", field.name.to_lowercase())
}

/// A value that the field's shape allows.
///
/// A text that a pattern bounds has the pattern's sample, a map what it requires. `refer` says what stands for
/// a reference.
#[must_use]
pub fn example_value(kind: &Kind, field: &Field, refer: Refer<'_>) -> Json {
    match field.shape {
        Shape::Text { pattern, .. } => json!(pattern.map_or("Example", |pattern| pattern.sample)),
        Shape::Email { pattern, .. } => json!(pattern.sample),
        Shape::Scalar { .. } => json!("Example"),
        Shape::Flag => json!(true),
        Shape::Integer { min, max } => json!(100.clamp(min, max)),
        Shape::Number => json!(8),
        Shape::Choice(words) => json!(words.first()),
        // Where it lies follows from something else, so that its name in maps is more than an example.
        Shape::Reference(to) if matches!(to.within, Within::As(..)) => json!(in_maps(field)),
        Shape::References(to) if matches!(to.within, Within::As(..)) => json!([in_maps(field)]),
        Shape::Reference(to) => refer(to),
        Shape::References(to) => json!([refer(to)]),
        Shape::Ranked(to) => json!([refer(to), {"lookup": "Existing"}]),
        Shape::Texts { choices, .. } => json!([choices.first().unwrap_or(&"Example")]),
        Shape::Date => json!("2027-06-30"),
        Shape::Map(map) => of_leaves(kind, map.fields, refer),
        Shape::Keyed(keyed) if matches!(keyed.keys, Keys::Places) => {
            json!({"1": example_value(kind, keyed.value, refer)})
        }
        Shape::Keyed(Keyed {
            keys: Keys::Texts(pattern),
            value,
            ..
        }) if field.required => json!({ (pattern.sample): example_value(kind, value, refer) }),
        Shape::Keyed(_) => json!({}),
        Shape::Items(items) => {
            let rest = items.fields.iter().filter(|leaf| leaf.name != items.key);
            let rest: Vec<&Field> = rest.collect();
            let is_plain = |leaf: &Field| !matches!(leaf.shape, Shape::Items(_) | Shape::Keyed(_));
            let needs_any = rest.iter().any(|leaf| leaf.required);
            let item: serde_json::Map<_, _> = rest
                .into_iter()
                .filter(|leaf| leaf.required || !needs_any && is_plain(leaf))
                .map(|leaf| (leaf.name.to_owned(), example_value(kind, leaf, refer)))
                .collect();
            let key = items
                .item()
                .field(items.key)
                .map(|key| example_value(kind, key, refer));
            let handle = key.as_ref().and_then(Json::as_str).unwrap_or("Example");
            json!({ handle: item })
        }
    }
}
