//! The guide's webhooks: events with one URL, and the subscriptions that they stand for.

use crate::codec::sort;
use crate::kind::webhooks;
use crate::state::{Leaves, Value};

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
            filter if is_empty(filter) => events.extend(
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
                map.insert(*official, Value::Map(Leaves::new()));
            }
            Some((_, official, Some(field))) if !plain_update => {
                if let Some(Value::Map(filter)) =
                    map.get_or_insert(official, || Value::Map(Leaves::new()))
                    && let Some(Value::List(fields)) =
                        filter.get_or_insert("fields", || Value::List(Vec::new()))
                {
                    fields.push(Value::text(field));
                    sort(fields);
                    fields.dedup();
                }
            }
            _ => {
                map.insert(*event, Value::Map(Leaves::new()));
            }
        }
    }
    map
}

/// Whether a filter lets everything through.
fn is_empty(filter: &Value) -> bool {
    match filter {
        Value::Map(map) => map.is_empty(),
        other => other.is_null(),
    }
}
