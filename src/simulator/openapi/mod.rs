//! The dialect that Zoho publishes as OpenAPI, written from the facts of each module.

mod automation;
mod business_hours;
mod contracts;
mod customers;
mod direct_assignment_rules;
mod features;
mod fields;
mod help_centers;
mod holiday_lists;
mod knowledge;
mod layout_rules;
mod layouts;
mod mail;
mod modules;
mod people;
mod permissions;
mod products;
mod profiles;
mod rule_groups;
mod seen;
mod settings;
mod singles;
mod skill_types;
mod skills;
mod support_plans;
mod teams;
mod templates;
mod ticket_templates;
mod time_tracking;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::exchange::{Exchange, Route};
use super::respond::{Answer, Fault, Outcome};
use super::store::ids;

pub(super) use fields::{MODULES, fresh_api_name, remove_field};
pub(super) use people::leave_to_the_agent;
pub(super) use permissions::of_system_profile;

/// Every operation of this dialect.
pub(super) static ROUTES: [&[Route]; 28] = [
    &settings::ROUTES,
    &people::ROUTES,
    &customers::ROUTES,
    &fields::ROUTES,
    &automation::ROUTES,
    &profiles::ROUTES,
    &teams::ROUTES,
    &business_hours::ROUTES,
    &holiday_lists::ROUTES,
    &support_plans::ROUTES,
    &modules::ROUTES,
    &skill_types::ROUTES,
    &skills::ROUTES,
    &direct_assignment_rules::ROUTES,
    &rule_groups::ROUTES,
    &products::ROUTES,
    &contracts::ROUTES,
    &singles::ROUTES,
    &help_centers::ROUTES,
    &layouts::ROUTES,
    &layout_rules::ROUTES,
    &knowledge::ROUTES,
    &mail::ROUTES,
    &time_tracking::ROUTES,
    &templates::ROUTES,
    &ticket_templates::ROUTES,
    &seen::ROUTES,
    &features::ROUTES,
];

/// Lays the fields of a change over an object; `cf` is merged key by key.
pub(super) fn overlay(object: &mut Map<String, Value>, change: &Map<String, Value>) {
    for (key, value) in change {
        match (key.as_str(), object.get_mut(key), value) {
            ("cf", Some(Value::Object(old)), Value::Object(new)) => {
                old.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            _ => {
                object.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Makes an API name: what it begins with, the label in lower case, `_` for what is no letter or digit,
/// and a number on collision.
pub(super) fn api_name(begin: &str, label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let rest: String = (label.to_lowercase().chars())
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let stem = format!("{begin}{rest}");
    if !is_taken(&stem) {
        return stem;
    }
    (1..=u32::MAX)
        .map(|number| format!("{stem}_{number}"))
        .find(|name| !is_taken(name))
        .unwrap_or(stem)
}

/// Numbers siblings from 1 in the order of the ids that a field of the body has. Success is 204.
///
/// # Errors
/// A fault of the field, with what they are otherwise, unless it names each sibling once and no others.
pub(super) fn put_in_order(
    exchange: &mut Exchange<'_>,
    collection: &str,
    field: &str,
    why: &str,
    is_sibling: impl Fn(&Value) -> bool,
) -> Outcome {
    let wanted = exchange.body.get(field).map(ids).unwrap_or_default();
    let siblings = exchange.organization.live(collection);
    let siblings: BTreeSet<&str> = siblings
        .filter(|one| is_sibling(one))
        .filter_map(|one| one["id"].as_str())
        .collect();
    let named: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    if wanted.len() != named.len() || named != siblings {
        return Err(Fault::invalid(format!("/{field}"), why));
    }
    for (place, id) in wanted.iter().enumerate() {
        if let Some(Value::Object(mut one)) = exchange.organization.stored(collection, id).cloned()
        {
            one.insert("orderId".into(), json!(place + 1));
            exchange.organization.put(collection, one);
        }
    }
    Ok(Answer::Empty(204))
}

/// Fills in what a body leaves out.
pub(super) fn complete(body: &Map<String, Value>, defaults: Value) -> Map<String, Value> {
    let mut object = match defaults {
        Value::Object(defaults) => defaults,
        _ => Map::new(),
    };
    overlay(&mut object, body);
    object
}

/// Whether a text matches a search: `*` stands for anything, and without it the whole must match.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Refuses a reference of an object to itself.
///
/// # Errors
/// An invalid field.
pub(super) fn not_itself(body: &Map<String, Value>, field: &str, id: &str) -> Result<(), Fault> {
    if body.get(field).and_then(super::rules::id_text).as_deref() == Some(id) {
        return Err(Fault::invalid(
            format!("/{field}"),
            "names the object itself",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn stars_stand_for_anything() {
        let cases = [
            ("smith", "Smith", true),
            ("smith", "Smithers", false),
            ("smith*", "Smithers", true),
            ("*mit*", "Smithers", true),
            ("*ers", "Smithers", true),
            ("s*t*s", "Smithers", true),
            ("*x*", "Smithers", false),
            ("*", "", true),
            ("", "", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(wildcard(pattern, text), expected, "{pattern} {text}");
        }
    }
}
