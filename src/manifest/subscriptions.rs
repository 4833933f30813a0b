//! The events of a webhook, each with its filter.

use std::sync::Arc;

use super::convert::{Converter, Here};
use crate::kind::webhooks::{EVENTS, Event, GUIDE_EVENTS, MAX_FIELDS, find_event};
use crate::problem::{Code, Part, did_you_mean, ticked};
use crate::state::{Leaves, Value};
use crate::yaml::raw::{At, Raw};
use crate::yaml::walk::{unknown_key, wrong_type};

impl Converter<'_> {
    /// The subscriptions of a webhook: an event without a filter is null.
    pub(crate) fn subscriptions(&mut self, here: Here<'_>, raw: &Raw, at: At<'_>) -> Option<Value> {
        let Raw::Map(entries) = raw else {
            let (message, help) = wrong_type("subscriptions", "a map of events", raw);
            let help = help.or_else(|| Some("write `{Ticket_Add: {}}`".to_owned()));
            let label = format!("this is {}", raw.what());
            self.error(
                here,
                (at, Part::Value),
                Code::WrongType,
                message,
                label,
                help,
            );
            return None;
        };
        if entries.is_empty() {
            self.error(
                here,
                (at, Part::Value),
                Code::Empty,
                "`subscriptions` names no event",
                "nothing in it",
                Some("name at least one, such as `{Ticket_Add: {}}`".to_owned()),
            );
            return None;
        }
        let mut out = Leaves::new();
        let mut whole = true;
        for (name, filter) in entries {
            let place = at.key(name);
            let Some(event) = find_event(name) else {
                self.unknown_event(here, name, place);
                whole = false;
                continue;
            };
            match self.filter(here, event, filter, place) {
                Some(value) => {
                    out.insert(name.to_string(), value);
                }
                None => whole = false,
            }
        }
        whole.then_some(Value::Map(out))
    }

    fn unknown_event(&mut self, here: Here<'_>, name: &str, at: At<'_>) {
        let guide = GUIDE_EVENTS.iter().find(|(guide, _, _)| *guide == name);
        let help = match guide {
            Some((_, official, Some(field))) => {
                format!("write `{official}: {{fields: [{field}]}}`")
            }
            Some((_, official, None)) => format!("write `{official}`"),
            None => {
                did_you_mean(name, EVENTS.iter().map(|event| event.name)).unwrap_or_else(|| {
                    "`deskform explain webhooks.subscriptions` lists the events".to_owned()
                })
            }
        };
        self.error(
            here,
            (at, Part::Key),
            Code::UnknownEvent,
            format!("no event is named `{name}`"),
            "not an event",
            Some(help),
        );
    }

    fn filter(&mut self, here: Here<'_>, event: &Event, raw: &Raw, at: At<'_>) -> Option<Value> {
        let entries = match raw {
            Raw::Null => return Some(Value::Null),
            Raw::Map(entries) => entries,
            other => {
                let (message, _) = wrong_type(event.name, "a map", other);
                let label = format!("this is {}", other.what());
                let help = "write `{}` where every such event is wanted".to_owned();
                self.error(
                    here,
                    (at, Part::Value),
                    Code::WrongType,
                    message,
                    label,
                    Some(help),
                );
                return None;
            }
        };
        let mut out = Leaves::new();
        let mut whole = true;
        for (key, value) in entries {
            let place = at.key(key);
            if !event.filter.contains(&&**key) {
                let (message, help) = if event.filter.is_empty() {
                    (
                        format!("the event `{}` takes no filter", event.name),
                        format!("write `{}: {{}}`", event.name),
                    )
                } else {
                    unknown_key(
                        &format!("the filter of `{}`", event.name),
                        key,
                        event.filter,
                    )
                };
                let label = if event.filter.is_empty() {
                    "not allowed"
                } else {
                    "not known"
                };
                self.error(
                    here,
                    (place, Part::Key),
                    Code::UnknownKey,
                    message,
                    label,
                    Some(help),
                );
                whole = false;
                continue;
            }
            match self.member(here, key, value, place) {
                // What filters nothing is not there.
                Some(Value::Null | Value::Bool(false)) => {}
                Some(Value::List(items)) if items.is_empty() => {}
                Some(value) => {
                    out.insert(key.to_string(), value);
                }
                None => whole = false,
            }
        }
        if !whole {
            return None;
        }
        Some(if out.is_empty() {
            Value::Null
        } else {
            Value::Map(out)
        })
    }

    fn member(&mut self, here: Here<'_>, key: &str, raw: &Raw, at: At<'_>) -> Option<Value> {
        if matches!(raw, Raw::Null) {
            return Some(Value::Null);
        }
        match key {
            "departments" => self.references(here, "departments", raw, at, key),
            "includePrevState" => {
                let flag = match raw.meaning() {
                    Raw::Bool(flag) => Some(*flag),
                    Raw::Text(text) if text.contains("${") => {
                        match &*self.plain(here, key, raw, at)? {
                            "true" => Some(true),
                            "false" => Some(false),
                            _ => None,
                        }
                    }
                    _ => None,
                };
                if flag.is_none() {
                    self.wrong(here, at, raw, key, "true or false");
                }
                flag.map(Value::Bool)
            }
            "direction" => {
                const WORDS: &[&str] = &["in", "out"];
                let text = self.plain(here, key, raw, at)?;
                if WORDS.contains(&&*text) {
                    return Some(Value::Text(text));
                }
                self.error(
                    here,
                    (at, Part::Value),
                    Code::NotAChoice,
                    format!("`{text}` is no choice for `{key}`"),
                    "not one of the choices",
                    Some(format!("choose {}", ticked(WORDS, "or"))),
                );
                None
            }
            _ => self.filter_fields(here, key, raw, at),
        }
    }

    fn filter_fields(&mut self, here: Here<'_>, key: &str, raw: &Raw, at: At<'_>) -> Option<Value> {
        let Raw::List(items) = raw else {
            self.wrong(here, at, raw, key, "a list of field names");
            return None;
        };
        if items.len() > MAX_FIELDS {
            self.error(
                here,
                (at, Part::Value),
                Code::TooMany,
                format!(
                    "`{key}` names {} fields; {MAX_FIELDS} is the most",
                    items.len()
                ),
                "too many",
                Some("leave `fields` out to hear of every change".to_owned()),
            );
            return None;
        }
        let mut out: Vec<Arc<str>> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = at.index(index);
            let text = self.plain(here, key, item, place)?;
            if text.is_empty() {
                self.error(
                    here,
                    (place, Part::Value),
                    Code::Empty,
                    format!("an item of `{key}` is empty"),
                    "nothing in it",
                    Some("take it away".to_owned()),
                );
                return None;
            }
            if let Some(first) = out.iter().position(|other| *other == text) {
                self.duplicate_item(here, key, &text, (place, at.index(first)));
                return None;
            }
            out.push(text);
        }
        out.sort();
        let items = out.into_iter().map(Value::Text);
        Some(Value::List(items.collect()))
    }
}
