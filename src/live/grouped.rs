//! Resources of which each is formed by several live objects: in the guide a webhook is the set of
//! `/events` objects with one URL.
//!
//! Reading groups the objects, planning takes a resource apart again, and everything else sees parts
//! as ids.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::LiveObject;
use super::convert;
use crate::kind::{self, webhooks};
use crate::state::{Leaves, Value};

/// One `/events` object of the guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPart {
    /// Its id.
    pub id: String,
    /// Its event type.
    pub event: String,
    /// Whether it is active.
    pub active: bool,
}

/// Forms webhooks from the guide's `/events` objects: one for each URL.
///
/// # Errors
/// An object that has a URL or an event type but not both: then this listing does not hold
/// webhooks, and nothing may be concluded from it.
pub fn group_events(items: Vec<Json>) -> Result<Vec<LiveObject>, String> {
    let mut groups: BTreeMap<String, Vec<EventPart>> = BTreeMap::new();
    for item in items {
        let id = item.get("id").and_then(convert::id_text);
        let url = item.get("url").and_then(Json::as_str);
        let event = item.get("eventType").and_then(Json::as_str);
        let (Some(id), Some(url), Some(event)) = (id, url, event) else {
            return Err(
                "`GET /events` shows objects that are no webhooks (without `url` and `eventType`)"
                    .to_owned(),
            );
        };
        groups.entry(url.to_owned()).or_default().push(EventPart {
            id,
            event: event.to_owned(),
            active: item
                .as_object()
                .and_then(|raw| convert::flag(raw, "isActive"))
                != Some(false),
        });
    }
    Ok(groups
        .into_iter()
        .map(|(url, mut parts)| {
            parts.sort_by(|a, b| (&a.event, &a.id).cmp(&(&b.event, &b.id)));
            let events: Vec<&str> = parts.iter().map(|part| part.event.as_str()).collect();
            let mut raw = Map::new();
            raw.insert("url".to_owned(), Json::String(url));
            raw.insert(
                "isActive".to_owned(),
                match (
                    parts.iter().all(|part| part.active),
                    parts.iter().any(|part| part.active),
                ) {
                    (true, _) => Json::Bool(true),
                    (false, false) => Json::Bool(false),
                    // Neither on nor off: a difference whatever is wanted.
                    (false, true) => Json::Null,
                },
            );
            raw.insert(
                "subscriptions".to_owned(),
                subscriptions_json(&subscriptions_of(&events)),
            );
            LiveObject {
                kind: &kind::webhooks::KIND,
                id: parts
                    .first()
                    .map(|part| part.id.clone())
                    .unwrap_or_default(),
                raw,
                parts,
            }
        })
        .collect())
}

fn subscriptions_json(map: &Leaves) -> Json {
    Json::Object(
        map.iter()
            .map(|(event, filter)| {
                let filter = match filter {
                    Value::Map(filter) => filter
                        .iter()
                        .map(|(key, value)| {
                            let values = match value {
                                Value::List(list) => list
                                    .iter()
                                    .filter_map(|item| item.as_text().map(Json::from))
                                    .collect(),
                                _ => Vec::new(),
                            };
                            (key.to_owned(), Json::Array(values))
                        })
                        .collect::<Map<_, _>>()
                        .into(),
                    _ => Json::Null,
                };
                (event.to_owned(), filter)
            })
            .collect(),
    )
}

/// The guide's events that a map of subscriptions stands for, in the guide's order; the second
/// list holds the subscriptions that the guide cannot express.
#[must_use]
pub fn guide_events(subscriptions: &Leaves) -> (Vec<String>, Vec<String>) {
    let mut events = Vec::new();
    let mut refused = Vec::new();
    for (event, filter) in subscriptions {
        let rows: Vec<_> = webhooks::GUIDE_EVENTS
            .iter()
            .filter(|(_, official, _)| *official == event)
            .collect();
        if rows.is_empty() {
            // What the guide itself showed under a name of its own is kept as it is.
            if event.contains('.') {
                events.push(event.to_owned());
            } else {
                refused.push(event.to_owned());
            }
            continue;
        }
        match filter {
            Value::Null => events.extend(
                rows.iter()
                    .filter(|(_, _, field)| field.is_none())
                    .map(|(guide, ..)| (*guide).to_owned()),
            ),
            Value::Map(map) if map.len() == 1 => {
                let Some(Value::List(fields)) = map.get("fields") else {
                    refused.push(event.to_owned());
                    continue;
                };
                for field in fields {
                    match rows
                        .iter()
                        .find(|(_, _, of)| of.is_some() && *of == field.as_text())
                    {
                        Some((guide, ..)) => events.push((*guide).to_owned()),
                        None => refused.push(event.to_owned()),
                    }
                }
            }
            _ => refused.push(event.to_owned()),
        }
    }
    refused.dedup();
    (events, refused)
}

/// The subscriptions that a set of the guide's events stands for.
///
/// An event that has no official counterpart, or whose counterpart is taken already, stands under
/// its own name: so it is a difference that can be seen and removed.
#[must_use]
pub fn subscriptions_of(events: &[&str]) -> Leaves {
    let plain_update = events.contains(&"Ticket.Update");
    let mut map: Leaves = Leaves::new();
    for event in events {
        match webhooks::GUIDE_EVENTS
            .iter()
            .find(|(guide, ..)| guide == event)
        {
            Some((_, official, None)) => {
                map.insert((*official).to_owned(), Value::Null);
            }
            Some((_, official, Some(field))) if !plain_update => {
                if let Some(Value::Map(filter)) =
                    map.get_or_insert(official, || Value::Map(Leaves::new()))
                    && let Some(Value::List(fields)) =
                        filter.get_or_insert("fields", || Value::List(Vec::new()))
                {
                    fields.push(Value::text(field));
                    convert::sort(fields);
                    fields.dedup();
                }
            }
            _ => {
                map.insert((*event).to_owned(), Value::Null);
            }
        }
    }
    map
}
