//! How a simulator carries out a request that a fault befalls.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::super::respond::{self, OrganizationFault, response};
use super::super::{Simulator, TOKEN_PATH, authorization, limits, rate_headers};
use super::quirks::with_body;
use super::{Facts, Fault, Faults};
use crate::dialect::Dialect;

/// How a request ends for whoever sent it.
#[derive(Debug)]
pub(in crate::simulator) enum Delivery {
    /// It is answered.
    Answered(Response<Bytes>),
    /// It never left.
    NotSent,
    /// The connection ends without an answer.
    Lost,
    /// The connection ends in the middle of this answer.
    Truncated(Response<Bytes>),
}

impl Simulator {
    /// Sets what goes wrong from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// What goes wrong, and what has gone wrong so far.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What goes wrong, such as to begin the next run.
    pub const fn faults_mut(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Decides what befalls a request, and counts it.
    pub(in crate::simulator) fn inject(
        &mut self,
        request: &Request<Bytes>,
        now_ms: i64,
    ) -> Option<Fault> {
        if self.faults.is_calm() {
            return None;
        }
        let path = request.uri().path();
        let is_token = path == TOKEN_PATH;
        let organization = self.owner(request, now_ms);
        let facts = Facts {
            method: request.method().as_str(),
            path,
            is_token,
            has_cf: !is_token && custom_values(request).is_some(),
            is_later_page: is_later_page(request),
            organization: organization.as_deref(),
            dialect: self.state.settings.dialect,
        };
        if let Some(fault) = self.faults.day_is_over(facts.organization) {
            return Some(fault);
        }
        let outcome = self.faults.draw(&facts)?;
        let kind = self
            .faults
            .last()
            .map_or_else(|| outcome.kind(), |injected| injected.fault.kind());
        *self.statistics.faults.entry(kind).or_default() += 1;
        Some(outcome)
    }

    /// Carries out a request, as far as what befalls it lets it.
    pub(in crate::simulator) fn deliver(
        &mut self,
        request: &Request<Bytes>,
        fault: Option<Fault>,
        now_ms: i64,
    ) -> Delivery {
        let Some(fault) = fault else {
            return Delivery::Answered(self.handle(request, now_ms));
        };
        let answer = match fault {
            Fault::NotSent => return Delivery::NotSent,
            // `inject` never leaves it undecided.
            Fault::LostBefore | Fault::Reset => return Delivery::Lost,
            Fault::LostAfter => {
                self.handle(request, now_ms);
                return Delivery::Lost;
            }
            Fault::Truncated => return Delivery::Truncated(self.handle(request, now_ms)),
            Fault::TooManyRequests { .. }
            | Fault::MinuteLimit { .. }
            | Fault::DayLimit { .. }
            | Fault::Status { effect: false, .. }
            | Fault::Html { effect: false, .. } => self.refuse(request, fault, now_ms),
            Fault::Status { status, .. } => {
                let real = self.handle(request, now_ms);
                in_place_of(&real, self.failure(status))
            }
            Fault::Html { status, .. } => {
                self.handle(request, now_ms);
                page(status)
            }
            Fault::CutBody => {
                let mut answer = self.handle(request, now_ms);
                let half = answer.body().len() / 2;
                answer.body_mut().truncate(half);
                answer
            }
            Fault::Empty { status } => {
                let mut answer = self.handle(request, now_ms);
                if answer.status().is_success() {
                    *answer.status_mut() = known(status);
                    answer.body_mut().clear();
                    answer.headers_mut().remove(header::CONTENT_TYPE);
                }
                answer
            }
            Fault::Unstored => {
                let before = self.owner(request, now_ms).and_then(|id| {
                    let organization = self.state.organizations.get(&id)?.clone();
                    Some((id, organization))
                });
                let answer = self.handle(request, now_ms);
                if let Some((id, organization)) = before {
                    self.state.organizations.insert(id, organization);
                }
                answer
            }
            Fault::TokenExpired => {
                self.state.accounts.expire(authorization(request));
                self.handle(request, now_ms)
            }
            Fault::TokenRevoked => {
                if let Some(organization) = self.owner(request, now_ms) {
                    self.state.accounts.revoke(&organization);
                }
                self.handle(request, now_ms)
            }
            Fault::NotStored => match not_stored(request) {
                Some(request) => self.handle(&request, now_ms),
                None => self.handle(request, now_ms),
            },
            Fault::Shift => {
                self.shift(request, now_ms);
                self.handle(request, now_ms)
            }
            Fault::Slow(_) => self.handle(request, now_ms),
        };
        Delivery::Answered(answer)
    }

    /// The organization whose token a request carries.
    fn owner(&self, request: &Request<Bytes>, now_ms: i64) -> Option<String> {
        let token = self.state.accounts.token(authorization(request), now_ms)?;
        Some(token.organization.clone())
    }

    /// An answer to a request that is not carried out.
    fn refuse(&mut self, request: &Request<Bytes>, fault: Fault, now_ms: i64) -> Response<Bytes> {
        self.state.requests = self.state.requests.saturating_add(1);
        if request.uri().path() == TOKEN_PATH {
            self.statistics.token_requests += 1;
            let answer = match fault {
                Fault::Html { status, .. } => page(status),
                Fault::Status { status, .. } => response(status, None),
                _ => response(
                    400,
                    Some(&json!({
                        "error": "Access Denied",
                        "error_description": "You have made too many requests continuously. \
                                              Please try again after some time.",
                        "status": "failure",
                    })),
                ),
            };
            return self.numbered(answer);
        }
        let organization = self.owner(request, now_ms);
        self.statistics
            .count(organization.as_deref(), request.method().as_str(), 0);
        let mut answer = match fault {
            // What stands in front of the application knows nothing of its limits.
            Fault::Html { status, .. } => return self.numbered(page(status)),
            Fault::Status { status, .. } => self.failure(status),
            Fault::DayLimit { .. } => self.render(&respond::Fault::Credits { retry_after: 0 }),
            Fault::MinuteLimit { .. } => self.render(&respond::Fault::Rate),
            _ => self.render(&respond::Fault::Concurrency),
        };
        if answer.status() == StatusCode::TOO_MANY_REQUESTS
            && let Some(id) = &organization
        {
            self.statistics.throttled(id);
        }
        if let Some(organization) = organization
            .as_ref()
            .and_then(|id| self.state.organizations.get_mut(id))
        {
            organization.usage.roll(now_ms);
            rate_headers(&mut answer, &self.state.settings, organization, 0, now_ms);
        }
        let retry_after = match fault {
            Fault::TooManyRequests { retry_after }
            | Fault::MinuteLimit { retry_after }
            | Fault::DayLimit { retry_after } => retry_after,
            _ => None,
        };
        if let Some(wait) = retry_after {
            let value = HeaderValue::from(wait.as_secs());
            answer.headers_mut().insert(header::RETRY_AFTER, value);
        }
        self.limit_headers(&mut answer, fault, now_ms);
        self.numbered(answer)
    }

    /// Nothing is left of the limit that the fault says is used up.
    fn limit_headers(&self, answer: &mut Response<Bytes>, fault: Fault, now_ms: i64) {
        let settings = &self.state.settings;
        let end = match fault {
            Fault::MinuteLimit { .. } => limits::end_of_minute(now_ms),
            Fault::DayLimit { .. } => limits::end_of_day(now_ms),
            _ => return,
        };
        if !settings.rate_limit_headers {
            return;
        }
        let headers = answer.headers_mut();
        match settings.dialect {
            Dialect::Openapi => {
                headers.insert("x-rate-limit-remaining-v3", HeaderValue::from(0));
            }
            Dialect::Guide => {
                headers.insert("x-ratelimit-remaining", HeaderValue::from(0));
                headers.insert("x-ratelimit-reset", HeaderValue::from(end / 1_000));
            }
        }
    }

    /// A failure of the server, or a refusal: 500, 403 and what follows from a value have the dialect's body,
    /// the others have none.
    fn failure(&self, status: u16) -> Response<Bytes> {
        match status {
            // What an internal error looks like, whatever its cause.
            500 => self.render(&respond::Fault::Organization(OrganizationFault::NotNumeric)),
            403 => self.render(&respond::Fault::Protected("It is protected.".to_owned())),
            400 | 422 => self.render(&respond::Fault::Body {
                extra: Vec::new(),
                fields: Vec::new(),
            }),
            status => response(status, None),
        }
    }

    fn render(&self, fault: &respond::Fault) -> Response<Bytes> {
        let (status, body) = fault.render(self.state.settings.dialect);
        response(status, Some(&body))
    }

    /// Lets strangers come to the lists of the request's organization, or go.
    fn shift(&mut self, request: &Request<Bytes>, now_ms: i64) {
        let organization = self
            .owner(request, now_ms)
            .and_then(|id| self.state.organizations.get_mut(&id));
        if let Some(organization) = organization {
            organization.shift();
        }
    }
}

/// Gives an answer the headers of the one that it stands for.
fn in_place_of(real: &Response<Bytes>, mut answer: Response<Bytes>) -> Response<Bytes> {
    for (name, value) in real.headers() {
        if name != header::CONTENT_TYPE {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

fn known(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
}

/// A web page, as gateways and sign-in forms send it.
fn page(status: u16) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(
        b"<!DOCTYPE html>\n<html><head><title>Zoho</title></head>\
          <body><h1>We'll be back soon.</h1></body></html>\n",
    ));
    *answer.status_mut() = known(status);
    let value = HeaderValue::from_static("text/html;charset=UTF-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, value);
    answer
}

/// The body of a write that sets custom values.
fn custom_values(request: &Request<Bytes>) -> Option<Map<String, Value>> {
    if request.method() == http::Method::GET {
        return None;
    }
    let body: Map<String, Value> = serde_json::from_slice(request.body()).ok()?;
    let values = body.get("cf")?.as_object()?;
    (!values.is_empty()).then_some(body)
}

/// A write whose custom values have wrong keys: Desk takes them and stores nothing.
fn not_stored(request: &Request<Bytes>) -> Option<Request<Bytes>> {
    let mut body = custom_values(request)?;
    if let Some(Value::Object(values)) = body.get_mut("cf") {
        *values = std::mem::take(values)
            .into_iter()
            .map(|(key, value)| (format!("{key}_not_stored"), value))
            .collect();
    }
    Some(with_body(request, &body))
}

fn is_later_page(request: &Request<Bytes>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.method() == http::Method::GET
        && url::form_urlencoded::parse(query.as_bytes())
            .any(|(key, value)| key == "from" && value.parse().is_ok_and(|from: u64| from > 1))
}
