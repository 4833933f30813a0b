//! The simulator as a client sees it.

mod assignment;
mod contracts;
mod features;
mod general;
mod guide;
mod help_centers;
mod in_layouts;
mod knowledge;
mod layouts;
mod openapi;
mod products;
mod profiles;
mod rule_groups;
mod sockets;
mod support;
mod teams;
mod templates;
mod ticket_templates;
mod time;

use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::Value;

use super::*;

/// 2025-12-12T14:00:00Z, a whole minute.
const NOW: i64 = 1_765_548_000_000;

/// A simulator with a token, and a clock that stands still unless it is moved.
struct World {
    simulator: Simulator,
    token: String,
    organization: String,
    now: i64,
    headers: HeaderMap,
}

impl World {
    fn new(dialect: Dialect) -> Self {
        Self::with(Settings {
            dialect,
            enforce_minute_limits: false,
            ..Settings::default()
        })
    }

    fn with(settings: Settings) -> Self {
        let organization = settings.organizations[0].id.clone();
        let mut world = Self {
            simulator: Simulator::new(settings),
            token: String::new(),
            organization,
            now: NOW,
            headers: HeaderMap::new(),
        };
        world.log_in();
        world
    }

    fn log_in(&mut self) {
        self.log_in_with(&demo_refresh_token(&self.organization));
    }

    fn log_in_with(&mut self, token: &str) {
        let form = refresh_form(token);
        let request = Request::post("https://accounts.example.com/oauth/v2/token")
            .body(form.into())
            .unwrap();
        let response = self.simulator.handle(&request, self.now);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        body["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.token);
    }

    fn request(&self, method: &str, target: &str, body: Option<&Value>) -> Request<Bytes> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("https://desk.example.com/api/v1{target}"))
            .header("Authorization", format!("Zoho-oauthtoken {}", self.token))
            .header("orgId", &self.organization);
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        request
            .body(
                body.map(|body| Bytes::from(body.to_string()))
                    .unwrap_or_default(),
            )
            .unwrap()
    }

    fn send(&mut self, request: &Request<Bytes>) -> (u16, Value) {
        let response = self.simulator.handle(request, self.now);
        self.headers = response.headers().clone();
        let body = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), body)
    }

    fn call(&mut self, method: &str, target: &str, body: Value) -> (u16, Value) {
        let request = self.request(method, target, Some(&body));
        self.send(&request)
    }

    fn get(&mut self, target: &str) -> (u16, Value) {
        let request = self.request("GET", target, None);
        self.send(&request)
    }

    fn delete(&mut self, target: &str) -> u16 {
        self.bare("DELETE", target)
    }

    /// A call without a body.
    fn bare(&mut self, method: &str, target: &str) -> u16 {
        let request = self.request(method, target, None);
        self.send(&request).0
    }

    /// Carries out a call that must succeed.
    fn ok(&mut self, method: &str, target: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, target, body);
        assert!(
            (200..300).contains(&status),
            "{method} {target}: {status} {answer}"
        );
        answer
    }

    /// Carries out a call that must be refused, and tells whether it counted as a violation.
    fn refused(&mut self, method: &str, target: &str, body: Value) -> (u16, String, bool) {
        let before = self.violations();
        let (status, answer) = self.call(method, target, body);
        assert!(status >= 400, "{method} {target}: {status} {answer}");
        let code = answer["errorCode"].as_str().unwrap_or_default().to_owned();
        (status, code, self.violations() > before)
    }

    /// Why a call is refused: for each field that is wrong its place, the type and the message, and else the
    /// message alone.
    fn reason(&mut self, method: &str, target: &str, body: Option<&Value>) -> String {
        let request = self.request(method, target, body);
        let (status, answer) = self.send(&request);
        assert_eq!(status, 422, "{method} {target}: {answer}");
        let Some(errors) = answer["errors"].as_array() else {
            return answer["message"].as_str().unwrap().to_owned();
        };
        let part = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
        let lines = errors.iter().map(|error| {
            ["fieldName", "errorType", "errorMessage"]
                .map(|key| part(error, key))
                .join(" ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// From now on the token has this scope alone.
    fn only(&mut self, scope: &str) {
        let organization = self.organization.clone();
        self.simulator
            .set_scopes(&organization, Some(vec![scope.into()]));
        self.log_in();
    }

    fn violations(&self) -> usize {
        self.simulator.statistics().violations.len()
    }

    fn header(&self, name: &str) -> Option<i64> {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok())
    }

    fn here(&mut self) -> &mut Organization {
        let id = self.organization.clone();
        self.simulator.organization_mut(&id).unwrap()
    }

    /// The id of the object with this name.
    fn id(&mut self, collection: &str, field: &str, value: &str) -> String {
        let object = self.here().find(collection, field, value).unwrap();
        object["id"].as_str().unwrap().to_owned()
    }
}

fn refresh_form(token: &str) -> String {
    format!(
        "grant_type=refresh_token&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}&refresh_token={token}"
    )
}

fn id_of(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

/// An agent of the openapi dialect.
fn agent(world: &mut World, email: &str) -> String {
    let department = world.id("departments", "name", "Example Company");
    let body = json!({"emailId": email, "lastName": "Johnson", "rolePermissionType": "AgentPublic",
        "associatedDepartmentIds": [department]});
    id_of(&world.ok("POST", "/agents", body))
}

/// A department of the openapi dialect, with the acting agent in it.
fn department(world: &mut World, name: &str) -> String {
    let me = world.here().acting_agent().to_owned();
    id_of(&world.ok(
        "POST",
        "/departments",
        json!({"name": name, "associatedAgentIds": [me]}),
    ))
}

/// Calls with a body and how each is refused: status, code, and whether it breaks the facts.
fn refusals(world: &mut World, cases: &[(&str, &str, Value, u16, &str, bool)]) {
    for (method, target, body, status, code, violation) in cases {
        let found = world.refused(method, target, body.clone());
        assert_eq!(
            found,
            (*status, (*code).to_owned(), *violation),
            "{method} {target} {body}"
        );
    }
}

/// Calls that are refused with 422, and what each reason says; a body of null is none.
fn reasons(world: &mut World, cases: &[(&str, &str, Value, &str)]) {
    for (method, target, body, expected) in cases {
        let body = (!body.is_null()).then_some(body);
        let found = world.reason(method, target, body);
        assert!(
            found.contains(expected),
            "{method} {target} {body:?}: `{found}` does not say `{expected}`"
        );
    }
}

/// A body with other or further keys.
fn with(mut body: Value, more: Value) -> Value {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

/// A body without a key.
fn without(mut body: Value, key: &str) -> Value {
    body.as_object_mut().unwrap().remove(key);
    body
}
