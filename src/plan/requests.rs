//! Requests of steps: built purely from a task's values and whatever ids are known.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use crate::api::{Method, Request};
use crate::dialect::Dialect;
use crate::kind::removal::{Heir, RemovalPolicy};
use crate::kind::{Api, Create, Kind, Removal, Wire};
use crate::live::LiveObject;
use crate::live::convert::{EncodeError, Ids, encode};
use crate::live::marks::shows;
use crate::state::{Address, Body, Reference, Value};

/// One write of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Creates the object.
    Create {
        /// Agents that a new department must have; addresses or, for the acting agent, an id.
        members: Vec<Member>,
    },
    /// Changes these fields.
    Update(Vec<&'static str>),
    /// Switches the object on or off.
    Switch(bool),
    /// Takes the object out of use.
    Disable {
        /// Its id.
        id: String,
        /// How.
        by: Disabling,
    },
    /// Deletes the object.
    Delete {
        /// Its id.
        id: String,
        /// How.
        by: Deletion,
    },
    /// Takes the acting agent out of a department it helped to create.
    Leave {
        /// The acting agent's id.
        agent: String,
    },
    /// Subscribes a webhook of the guide to one event.
    AddEvent {
        /// The guide's event name.
        event: String,
    },
    /// Removes one `/events` object of the guide.
    RemoveEvent {
        /// Its id.
        id: String,
    },
}

/// An agent who is a member of a new department from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A live agent by address.
    Agent(Address),
    /// The acting agent by id.
    Acting(String),
}

/// How an object is taken out of use; paths have `{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabling {
    /// POST, with an empty JSON object as body or none.
    Post {
        /// The path.
        path: &'static str,
        /// Whether a body (`{}`) is sent.
        body: bool,
    },
    /// PATCH that sets a field to a word.
    Patch {
        /// The path.
        path: &'static str,
        /// The field's name on the wire.
        field: &'static str,
        /// The word that takes it out of use.
        word: &'static str,
    },
}

/// How an object is deleted.
#[derive(Debug, Clone, PartialEq)]
pub enum Deletion {
    /// DELETE on a path with `{id}`.
    Plain(&'static str),
    /// POST to a path with the ids under a key.
    Bulk {
        /// The path.
        path: &'static str,
        /// The key.
        key: &'static str,
        /// What it costs, in credits.
        credits: usize,
    },
    /// POST on a path with `{id}`, with those who take over under keys of the body.
    Transfer {
        /// The path.
        path: &'static str,
        /// Who takes over, by key: an id as a text, or a resource that may be made before.
        heirs: Vec<(&'static str, Value)>,
    },
}

/// What moving one record to the recycle bin costs, in credits.
///
/// Source: the price table of API credits: a bulk deletion 6 a record.
const TRASH_CREDITS: usize = 6;

/// What an operation is built from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The kind.
    pub kind: &'static Kind,
    /// The dialect.
    pub dialect: Dialect,
    /// The resource.
    pub address: &'a Address,
    /// All its compared fields as wanted.
    pub body: &'a Body,
    /// The fields and leaves that the manifests name.
    pub named: &'a Body,
}

impl Op {
    /// Names the agent whom a creation lends to a department.
    #[must_use]
    pub fn temporary_member(&self) -> Option<String> {
        let Self::Create { members } = self else {
            return None;
        };
        members.iter().find_map(|member| match member {
            Member::Acting(id) => Some(id.clone()),
            Member::Agent(_) => None,
        })
    }

    /// Whether the write makes an object.
    #[must_use]
    pub const fn creates(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::AddEvent { .. })
    }

    /// What the write costs in the `openapi` dialect, in credits.
    ///
    /// Source: the price table of API credits: a write of one record 1.
    #[must_use]
    pub const fn credits(&self) -> usize {
        match self {
            Self::Delete {
                by: Deletion::Bulk { credits, .. },
                ..
            } => *credits,
            _ => 1,
        }
    }

    /// The request's verb and path, without the work of building its body.
    ///
    /// # Errors
    /// [`EncodeError`] when the object's own id is missing.
    pub fn line(
        &self,
        context: &Context<'_>,
        ids: &dyn Ids,
    ) -> Result<(Method, Cow<'static, str>), EncodeError> {
        let unknown = || EncodeError::UnknownId(context.address.clone());
        let Some(api) = context.kind.api(context.dialect) else {
            // Tasks exist only for kinds that the dialect has.
            return Err(unknown());
        };
        let own_id = || ids.id(context.address).ok_or_else(unknown);
        Ok(match self {
            Self::Create { .. } | Self::AddEvent { .. } => {
                (Method::Post, Cow::Borrowed(api.listing.path()))
            }
            Self::Update(_) => {
                // Planning refuses an update that the table has no path for.
                let template = api.update.ok_or_else(unknown)?;
                (Method::Patch, path(template, &own_id()?).into())
            }
            Self::Switch(on) => {
                let switch = api.switch.ok_or_else(unknown)?;
                let template = if *on { switch.on } else { switch.off };
                (Method::Post, path(template, &own_id()?).into())
            }
            Self::Leave { .. } => (
                Method::Post,
                format!("/departments/{}/dissociateAgents", own_id()?).into(),
            ),
            Self::RemoveEvent { id } => (
                Method::Delete,
                format!("{}/{id}", api.listing.path()).into(),
            ),
            Self::Disable { id, by } => {
                let request = disable(*by, id);
                (request.method, request.path.into())
            }
            Self::Delete { id, by } => {
                let (method, template) = match by {
                    Deletion::Plain(template) => (Method::Delete, *template),
                    Deletion::Bulk { path, .. } | Deletion::Transfer { path, .. } => {
                        (Method::Post, *path)
                    }
                };
                (method, path(template, id).into())
            }
        })
    }

    /// Builds the request.
    ///
    /// # Errors
    /// [`EncodeError`] when an id or a secret is missing.
    pub fn request(&self, context: &Context<'_>, ids: &dyn Ids) -> Result<Request, EncodeError> {
        let Some(api) = context.kind.api(context.dialect) else {
            // Tasks exist only for kinds that the dialect has.
            return Err(EncodeError::UnknownId(context.address.clone()));
        };
        let request = || {
            let (method, path) = self.line(context, ids)?;
            Ok(Request::new(method, path))
        };
        match self {
            Self::Create { members } => create(request()?, context, api, members, ids),
            Self::Update(fields) => Ok(request()?.body(update_body(context, api, fields, ids)?)),
            Self::Switch(on) => {
                let request = request()?.repeatable();
                Ok(if *on {
                    request
                } else {
                    request.body(json!({}))
                })
            }
            Self::Disable { id, by } => Ok(disable(*by, id)),
            Self::Delete { id, by } => delete(by, id, ids),
            Self::Leave { agent } => {
                Ok(request()?.body(json!({ "agentIds": [agent] })).repeatable())
            }
            Self::AddEvent { event } => Ok(request()?.body(json!({
                "url": text(context, "url")?,
                "eventType": event,
                "actions": ["add"],
                "isActive": context.body.get("isEnabled") != Some(&Value::Bool(false)),
            }))),
            Self::RemoveEvent { .. } => request(),
        }
    }
}

fn text(context: &Context<'_>, field: &str) -> Result<String, EncodeError> {
    match context.body.get(field) {
        Some(Value::Text(text)) => Ok(text.to_string()),
        Some(Value::Secret(secret)) => Ok(secret.expose().ok_or(EncodeError::NoSecret)?.to_owned()),
        _ => Ok(String::new()),
    }
}

fn path(template: &str, id: &str) -> String {
    template.replace("{id}", id)
}

fn create(
    mut request: Request,
    context: &Context<'_>,
    api: &Api,
    members: &[Member],
    ids: &dyn Ids,
) -> Result<Request, EncodeError> {
    let mut object = Map::new();
    for field in context.kind.fields {
        let Some(value) = context.body.get(field.name) else {
            continue;
        };
        match field.wire(context.dialect) {
            Wire::Query(name) => {
                request = request.query(*name, value.as_text().unwrap_or_default());
            }
            Wire::Sent { name, .. } => {
                let value = without_nulls(value);
                if !value.is_null() {
                    let encoded = encode(field, context.dialect, &value, None, ids)?;
                    object.insert((*name).to_owned(), encoded);
                }
            }
            _ => {}
        }
    }
    if api.create == Create::PostWithAgents {
        let agents = members
            .iter()
            .map(|member| match member {
                Member::Acting(id) => Ok(Json::from(id.as_str())),
                Member::Agent(address) => ids
                    .id(address)
                    .map(Json::from)
                    .ok_or_else(|| EncodeError::UnknownId(address.clone())),
            })
            .collect::<Result<Vec<_>, _>>()?;
        object.insert("associatedAgentIds".to_owned(), Json::Array(agents));
    }
    Ok(request.body(Json::Object(object)))
}

/// Null is left out of a create; so are empty lists and maps.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let map: crate::state::Leaves = map
                .iter()
                // The filter of a subscription is null when there is none.
                .filter(|(key, value)| {
                    !value.is_null() || crate::kind::webhooks::find_event(key).is_some()
                })
                .map(|(key, value)| (key, value.clone()))
                .collect();
            if map.is_empty() {
                Value::Null
            } else {
                Value::Map(map)
            }
        }
        Value::List(list) if list.is_empty() => Value::Null,
        value => value.clone(),
    }
}

fn update_body(
    context: &Context<'_>,
    api: &Api,
    fields: &[&'static str],
    ids: &dyn Ids,
) -> Result<Json, EncodeError> {
    let mut object = Map::new();
    for field in context.kind.fields {
        let Wire::Sent { name, .. } = field.wire(context.dialect) else {
            continue;
        };
        let changed = fields.contains(&field.name);
        let again = api.resend.contains(&field.name);
        let Some(value) = context.body.get(field.name) else {
            continue;
        };
        if changed || (again && !value.is_null()) {
            let encoded = encode(
                field,
                context.dialect,
                value,
                context.named.get(field.name),
                ids,
            )?;
            object.insert((*name).to_owned(), encoded);
        }
    }
    Ok(Json::Object(object))
}

fn disable(by: Disabling, id: &str) -> Request {
    match by {
        Disabling::Patch {
            path: template,
            field,
            word,
        } => Request::new(Method::Patch, path(template, id)).body(json!({ field: word })),
        Disabling::Post {
            path: template,
            body,
        } => {
            let request = Request::new(Method::Post, path(template, id)).repeatable();
            if body {
                request.body(json!({}))
            } else {
                request
            }
        }
    }
}

fn delete(by: &Deletion, id: &str, ids: &dyn Ids) -> Result<Request, EncodeError> {
    Ok(match by {
        Deletion::Plain(template) => Request::new(Method::Delete, path(template, id)),
        Deletion::Bulk {
            path: template,
            key,
            ..
        } => Request::new(Method::Post, *template)
            .body(json!({ *key: [id] }))
            .repeatable(),
        Deletion::Transfer {
            path: template,
            heirs,
        } => {
            let mut body = Map::new();
            for (key, heir) in heirs {
                let heir = match heir {
                    Value::Reference(Reference::To(address)) => ids
                        .id(address)
                        .ok_or_else(|| EncodeError::UnknownId(address.clone()))?,
                    heir => heir.as_text().unwrap_or_default().to_owned(),
                };
                body.insert((*key).to_owned(), Json::from(heir));
            }
            Request::new(Method::Post, path(template, id))
                .body(Json::Object(body))
                .repeatable()
        }
    })
}

/// How one object is removed, by the table and by what the object shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// It is taken out of use.
    Disable(Disabling),
    /// It is deleted.
    Delete(Deletion),
    /// It is deleted once it is known who takes over.
    Transfer {
        path: &'static str,
        heirs: &'static [(&'static str, Heir)],
    },
    /// A person has to, at the place that the text names.
    Manual(&'static str),
    /// The API has no way.
    None,
}

/// Reads from the table how an object is removed; no way is made up.
pub(super) fn way(removal: Removal, policy: Option<RemovalPolicy>, object: &LiveObject) -> Way {
    match removal {
        Removal::Delete(path) => Way::Delete(Deletion::Plain(path)),
        Removal::Trash(path, key) => Way::Delete(Deletion::Bulk {
            path,
            key,
            credits: TRASH_CREDITS,
        }),
        Removal::Bulk(path, key) => Way::Delete(Deletion::Bulk {
            path,
            key,
            credits: 1,
        }),
        Removal::Transfer { path, heirs } => Way::Transfer { path, heirs },
        Removal::Disable { path, body } => Way::Disable(Disabling::Post { path, body }),
        Removal::DisableByPatch { path, field, word } => {
            Way::Disable(Disabling::Patch { path, field, word })
        }
        Removal::Manual(place) => Way::Manual(place),
        Removal::Never => Way::None,
        Removal::Chosen { .. } => way(removal.chosen(policy), policy, object),
        Removal::By {
            sign,
            with,
            without,
        } => {
            let removal = if shows(&object.raw, &sign) {
                *with
            } else {
                *without
            };
            way(removal, policy, object)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::KINDS;
    use crate::live::Live;

    fn object(kind: &'static Kind, raw: &Json) -> LiveObject {
        LiveObject {
            kind,
            id: "7".to_owned(),
            raw: raw.as_object().cloned().unwrap_or_default(),
            parts: Vec::new(),
        }
    }

    /// The paths that stand in a table.
    fn paths(removal: &Removal) -> Vec<&'static str> {
        match removal {
            Removal::Delete(path)
            | Removal::Trash(path, _)
            | Removal::Bulk(path, _)
            | Removal::Disable { path, .. }
            | Removal::DisableByPatch { path, .. }
            | Removal::Transfer { path, .. } => vec![path],
            Removal::Chosen { ways, .. } => ways.iter().flat_map(|(_, way)| paths(way)).collect(),
            Removal::By { with, without, .. } => [paths(with), paths(without)].concat(),
            Removal::Manual(_) | Removal::Never => Vec::new(),
        }
    }

    #[test]
    fn every_path_of_a_removal_stands_in_the_table() {
        let live = Live::new(Dialect::Openapi);
        for kind in KINDS {
            for api in [&kind.openapi, &kind.guide].into_iter().flatten() {
                let known: Vec<String> = paths(&api.removal)
                    .into_iter()
                    .map(|path| path.replace("{id}", "7"))
                    .collect();
                for policy in [
                    None,
                    Some(RemovalPolicy::Deactivate),
                    Some(RemovalPolicy::Delete),
                ] {
                    for raw in [json!({}), json!({"isConfirmed": false})] {
                        let request = match way(api.removal, policy, &object(kind, &raw)) {
                            Way::Delete(by) => delete(&by, "7", &live).unwrap(),
                            Way::Disable(by) => disable(by, "7"),
                            Way::Transfer { path, heirs } => {
                                let heir =
                                    |(key, _): &(&'static str, Heir)| (*key, Value::text("8"));
                                let heirs = heirs.iter().map(heir).collect();
                                let by = Deletion::Transfer { path, heirs };
                                delete(&by, "7", &live).unwrap()
                            }
                            Way::Manual(_) | Way::None => continue,
                        };
                        assert!(known.contains(&request.path), "{request:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_agent_is_removed_as_the_policy_and_the_invitation_say() {
        let kind = crate::kind::find("agents").unwrap();
        let told = |dialect, policy, raw: Json| {
            let request = match way(
                kind.api(dialect).unwrap().removal,
                policy,
                &object(kind, &raw),
            ) {
                Way::Delete(by) => delete(&by, "7", &Live::new(dialect)).unwrap(),
                Way::Disable(by) => disable(by, "7"),
                way => panic!("{way:?}"),
            };
            format!("{:?} {}", request.method, request.path)
        };
        let delete = Some(RemovalPolicy::Delete);
        for (dialect, policy, raw, wanted) in [
            (
                Dialect::Openapi,
                None,
                json!({}),
                "Post /agents/7/deactivate",
            ),
            (
                Dialect::Openapi,
                Some(RemovalPolicy::Deactivate),
                json!({}),
                "Post /agents/7/deactivate",
            ),
            (
                Dialect::Openapi,
                delete,
                json!({"isConfirmed": true}),
                "Delete /agents/7",
            ),
            (Dialect::Openapi, delete, json!({}), "Delete /agents/7"),
            (
                Dialect::Openapi,
                delete,
                json!({"isConfirmed": "false"}),
                "Post /agents/deleteUnconfirmed",
            ),
            (Dialect::Guide, None, json!({}), "Patch /agents/7"),
            (
                Dialect::Guide,
                delete,
                json!({"isConfirmed": false}),
                "Delete /agents/7",
            ),
        ] {
            assert_eq!(told(dialect, policy, raw), wanted);
        }
    }

    #[test]
    fn a_way_that_the_table_lacks_is_not_made_up() {
        let kind = crate::kind::find("agents").unwrap();
        for removal in [Removal::Never, Removal::Chosen { doc: "", ways: &[] }] {
            assert_eq!(way(removal, None, &object(kind, &json!({}))), Way::None);
        }
    }
}
