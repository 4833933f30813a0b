//! Values for examples: what a field's shape allows.

use serde_json::{Value as Json, json};

use super::{Field, Keyed, Keys, Kind, Sample, Shape, Target, Within};

/// What an example cannot know by itself.
pub trait Known {
    /// What stands for a reference of a field to a target.
    fn reference(&self, field: &Field, target: Target) -> Json;

    /// The value that a sample means; none where the one that the shape allows will do.
    fn sample(&self, _sample: Sample) -> Option<Json> {
        None
    }
}

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

fn of_leaves(kind: &Kind, leaves: &[Field], known: &dyn Known) -> Json {
    let needed = leaves.iter().filter(|leaf| leaf.required);
    let first = leaves
        .iter()
        .take(usize::from(leaves.iter().all(|leaf| !leaf.required)));
    needed
        .chain(first)
        .map(|leaf| (leaf.name.to_owned(), example_value(kind, leaf, known)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// A name in maps of what a field names, where nothing tells a better one.
///
/// Where what it refers to lies follows from something else, so that the name in maps is more than an example.
#[must_use]
pub fn example_name_in_maps(field: &Field, target: Target) -> Option<Json> {
    let is_of_another = matches!(target.within, Within::As(..));
    is_of_another.then(|| json!(format!("cf_{}", field.name.to_lowercase())))
}

/// A value that the field's shape allows.
///
/// A text that a pattern bounds has the pattern's sample, a map what it requires. `known` says what stands for
/// a reference.
#[must_use]
pub fn example_value(kind: &Kind, field: &Field, known: &dyn Known) -> Json {
    let sample = match field.sample {
        Some(Sample::Text(text)) => Some(json!(text)),
        Some(sample) => known.sample(sample),
        None => None,
    };
    if let Some(sample) = sample {
        let is_list = matches!(field.shape, Shape::Texts { .. } | Shape::References(_));
        return if is_list { json!([sample]) } else { sample };
    }
    match field.shape {
        Shape::Text { pattern, .. } => json!(pattern.map_or("Example", |pattern| pattern.sample)),
        Shape::Email { pattern, .. } => json!(pattern.sample),
        Shape::Scalar { .. } => json!("Example"),
        Shape::Flag => json!(true),
        Shape::Integer { min, max } => json!(100.clamp(min, max)),
        Shape::Number => json!(8),
        Shape::Choice(words) => json!(words.first()),
        Shape::Reference(to) => known.reference(field, to),
        Shape::References(to) => json!([known.reference(field, to)]),
        Shape::Ranked(to) => json!([known.reference(field, to), {"lookup": "Existing"}]),
        Shape::Texts { choices, .. } => json!([choices.first().unwrap_or(&"Example")]),
        Shape::Date => json!("2027-06-30"),
        Shape::Map(map) => of_leaves(kind, map.fields, known),
        Shape::Keyed(keyed) if matches!(keyed.keys, Keys::Places) => {
            json!({"1": example_value(kind, keyed.value, known)})
        }
        Shape::Keyed(Keyed {
            keys: Keys::Texts(pattern),
            value,
            ..
        }) if field.required => json!({ (pattern.sample): example_value(kind, value, known) }),
        Shape::Keyed(_) => json!({}),
        Shape::Items(items) => {
            let rest = items.fields.iter().filter(|leaf| leaf.name != items.key);
            let rest: Vec<&Field> = rest.collect();
            let is_plain = |leaf: &Field| !matches!(leaf.shape, Shape::Items(_) | Shape::Keyed(_));
            let needs_any = rest.iter().any(|leaf| leaf.required);
            let item: serde_json::Map<_, _> = rest
                .into_iter()
                .filter(|leaf| leaf.required || !needs_any && is_plain(leaf))
                .map(|leaf| (leaf.name.to_owned(), example_value(kind, leaf, known)))
                .collect();
            let key = items
                .item()
                .field(items.key)
                .map(|key| example_value(kind, key, known));
            let handle = key.as_ref().and_then(Json::as_str).unwrap_or("Example");
            json!({ handle: item })
        }
    }
}
