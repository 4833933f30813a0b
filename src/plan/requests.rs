//! Requests of steps: built purely from a task's values and whatever ids are known.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use crate::api::{Method, Request};
use crate::dialect::Dialect;
use crate::kind::{Api, Create, Kind, Removal, Wire};
use crate::live::convert::{EncodeError, Ids, encode};
use crate::state::{Address, Body, Value};

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
    },
    /// Deletes the object.
    Delete {
        /// Its id.
        id: String,
        /// What the removal needs besides: the role that takes over, or whether an agent has not
        /// confirmed the invitation.
        detail: DeleteDetail,
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

/// What a deletion needs besides the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteDetail {
    /// Nothing.
    None,
    /// The role that takes over (`transferToRoleId`).
    TransferTo(String),
    /// The agent has not confirmed the invitation yet.
    UnconfirmedAgent,
    /// The agent has confirmed the invitation.
    ConfirmedAgent,
}

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
    /// Source: the price table of API credits: a write of one record 1, a bulk deletion 6 a record.
    #[must_use]
    pub fn credits(&self, kind: &'static Kind) -> usize {
        let trash = kind
            .openapi
            .as_ref()
            .is_some_and(|api| matches!(api.removal, Removal::Trash(..)));
        match self {
            Self::Delete { .. } if trash => 6,
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
            Self::Update(_) => (
                Method::Patch,
                path(api.update.unwrap_or_default(), &own_id()?).into(),
            ),
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
            Self::Disable { id } => {
                let request = disable(api, id);
                (request.method, request.path.into())
            }
            Self::Delete { id, detail } => {
                let request = delete(context.kind, api, id, detail);
                (request.method, request.path.into())
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
            Self::Disable { id } => Ok(disable(api, id)),
            Self::Delete { id, detail } => Ok(delete(context.kind, api, id, detail)),
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

fn disable(api: &Api, id: &str) -> Request {
    match api.removal {
        Removal::DisableByPatch {
            path: template,
            field,
            word,
        } => Request::new(Method::Patch, path(template, id)).body(json!({ field: word })),
        Removal::Disable {
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
        _ => Request::new(Method::Post, path("/{id}", id)),
    }
}

fn delete(kind: &'static Kind, api: &Api, id: &str, detail: &DeleteDetail) -> Request {
    match (detail, api.removal) {
        (DeleteDetail::UnconfirmedAgent, _) => {
            Request::new(Method::Post, "/agents/deleteUnconfirmed")
                .body(json!({ "agentIds": [id] }))
                .repeatable()
        }
        (DeleteDetail::TransferTo(heir), Removal::Transfer(template)) => {
            Request::new(Method::Post, path(template, id))
                .body(json!({ "transferToRoleId": heir }))
                .repeatable()
        }
        (_, Removal::Trash(template, key)) => Request::new(Method::Post, template)
            .body(json!({ key: [id] }))
            .repeatable(),
        (_, Removal::Delete(template)) => Request::new(Method::Delete, path(template, id)),
        _ => Request::new(Method::Delete, format!("/{}/{id}", kind.collection)),
    }
}
