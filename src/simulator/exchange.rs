//! One request on its way through a table of routes.

use http::{Request, header};
use serde_json::{Map, Value};

use bytes::Bytes;

use super::limits::Price;
use super::oauth::Scopes;
use super::patterns::digits;
use super::respond::{Fault, Outcome, Problem};
use super::rules::{CUSTOM_MODULE, Param, Query, Rule, check_body, check_query};
use super::store::{Organization, time};

/// What an operation works with: everything in it has been validated.
pub(super) struct Exchange<'a> {
    /// The organization of the token.
    pub(super) organization: &'a mut Organization,
    /// All organizations, for the one operation that lists them.
    pub(super) directory: &'a [Value],
    /// The variable parts of the path, in order.
    pub(super) parts: Vec<String>,
    /// The query.
    pub(super) query: Query,
    /// The body.
    pub(super) body: Map<String, Value>,
    /// Milliseconds since the epoch.
    pub(super) now_ms: i64,
}

impl Exchange<'_> {
    /// The first variable part of the path.
    pub(super) fn id(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// The current time as Zoho writes it.
    pub(super) fn now(&self) -> Value {
        Value::String(time(self.now_ms))
    }

    /// Writes into an object who changes it, and when.
    pub(super) fn stamp(&self, object: &mut Map<String, Value>) {
        let me = self.organization.acting_agent();
        object.insert("modifiedBy".into(), me.into());
        object.insert("modifiedTime".into(), self.now());
    }

    /// The stored object that the path names.
    ///
    /// # Errors
    /// [`Fault::Absent`] when there is none.
    pub(super) fn stored(&self, collection: &str) -> Result<Map<String, Value>, Fault> {
        self.organization
            .stored(collection, self.id())
            .and_then(Value::as_object)
            .cloned()
            .ok_or(Fault::Absent)
    }

    /// An object as a read by id shows it.
    ///
    /// # Errors
    /// [`Fault::Absent`] when there is none.
    pub(super) fn seen(&self, collection: &str, id: &str) -> Result<Value, Fault> {
        self.organization
            .object(collection, id)
            .ok_or(Fault::Absent)
    }

    /// Refuses a value that another object has in a unique field.
    ///
    /// # Errors
    /// A duplicate of the field.
    pub(super) fn unique(&self, collection: &str, field: &str) -> Result<(), Fault> {
        if self.organization.sight.takes_duplicates {
            return Ok(());
        }
        let taken = self
            .body
            .get(field)
            .and_then(Value::as_str)
            .and_then(|value| self.organization.holder(collection, field, value))
            .is_some_and(|holder| holder != self.id());
        if taken {
            Err(Fault::field(format!("/{field}"), Problem::Duplicate))
        } else {
            Ok(())
        }
    }

    /// Refuses a value of a field that another object among siblings has.
    ///
    /// `own` is the id of the object that is written, or empty for a new one.
    ///
    /// # Errors
    /// A duplicate of the field.
    pub(super) fn unique_among(
        &self,
        collection: &str,
        field: &str,
        own: &str,
        is_sibling: impl Fn(&Value) -> bool,
    ) -> Result<(), Fault> {
        self.unique_by(collection, field, own, str::to_owned, is_sibling)
    }

    /// As [`Self::unique_among`], where `form` gives one form to all spellings of a value.
    ///
    /// # Errors
    /// A duplicate of the field.
    pub(super) fn unique_by(
        &self,
        collection: &str,
        field: &str,
        own: &str,
        form: fn(&str) -> String,
        is_sibling: impl Fn(&Value) -> bool,
    ) -> Result<(), Fault> {
        if self.organization.sight.takes_duplicates {
            return Ok(());
        }
        let Some(wanted) = self.body.get(field).and_then(Value::as_str).map(form) else {
            return Ok(());
        };
        let has_it = |object: &Value| object[field].as_str().map(form).as_ref() == Some(&wanted);
        let taken = self
            .organization
            .live(collection)
            .any(|object| object["id"] != own && has_it(object) && is_sibling(object));
        if taken {
            Err(Fault::field(format!("/{field}"), Problem::Duplicate))
        } else {
            Ok(())
        }
    }

    /// The part of a list that the query asks for.
    pub(super) fn page<'v>(
        &self,
        items: impl Iterator<Item = &'v Value>,
        first: usize,
        limit: usize,
    ) -> Vec<&'v Value> {
        self.from(items, first)
            .take(self.query.number("limit").unwrap_or(limit))
            .collect()
    }

    /// What lies at `from` and behind it; `first` is the number of the first object.
    ///
    /// Each operation has a base of its own, unless all are read to have one.
    pub(super) fn from<'v>(
        &self,
        items: impl Iterator<Item = &'v Value>,
        first: usize,
    ) -> impl Iterator<Item = &'v Value> {
        let first = self.organization.sight.pages_from.unwrap_or(first);
        let from = self.query.number("from").unwrap_or(first);
        items.skip(from.saturating_sub(first))
    }

    /// Orders objects by the field that `sortBy` names.
    pub(super) fn sorted<'v>(&self, mut items: Vec<&'v Value>) -> Vec<&'v Value> {
        let Some(order) = self.query.get("sortBy") else {
            return items;
        };
        let (field, descending) = order
            .strip_prefix('-')
            .map_or((order, false), |field| (field, true));
        items.sort_by_cached_key(|item| item[field].as_str().unwrap_or_default().to_lowercase());
        if descending {
            items.reverse();
        }
        items
    }
}

/// Chooses the rules of a body.
type Choose = fn(&Map<String, Value>) -> Result<&'static [Rule], Fault>;

/// What the body of an operation may be.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// None.
    None,
    /// Whatever it is, it changes nothing here.
    Ignored,
    /// An object; required keys must be there.
    Object(&'static [Rule]),
    /// An object with at least one key.
    Change(&'static [Rule]),
    /// An object whose rules depend on what it says.
    By(Choose),
}

/// One operation.
pub(super) struct Route {
    method: &'static str,
    path: &'static str,
    scopes: Scopes,
    price: Price,
    params: &'static [Param],
    content: Content,
    run: fn(&mut Exchange<'_>) -> Outcome,
}

/// The code of an operation.
type Run = fn(&mut Exchange<'_>) -> Outcome;

/// Reads one object.
pub(super) const fn get(
    path: &'static str,
    scopes: Scopes,
    params: &'static [Param],
    run: Run,
) -> Route {
    Route {
        method: "GET",
        path,
        scopes,
        price: Price::One,
        params,
        content: Content::None,
        run,
    }
}

/// Reads a page of objects.
pub(super) const fn list(
    path: &'static str,
    scopes: Scopes,
    params: &'static [Param],
    run: Run,
) -> Route {
    Route {
        method: "GET",
        path,
        scopes,
        price: Price::Depth,
        params,
        content: Content::None,
        run,
    }
}

/// Creates or acts.
pub(super) const fn post(path: &'static str, scopes: Scopes, content: Content, run: Run) -> Route {
    write("POST", path, scopes, content, run)
}

/// Changes.
pub(super) const fn patch(path: &'static str, scopes: Scopes, content: Content, run: Run) -> Route {
    write("PATCH", path, scopes, content, run)
}

/// Replaces.
pub(super) const fn put(path: &'static str, scopes: Scopes, content: Content, run: Run) -> Route {
    write("PUT", path, scopes, content, run)
}

/// Removes.
pub(super) const fn delete(path: &'static str, scopes: Scopes, run: Run) -> Route {
    write("DELETE", path, scopes, Content::None, run)
}

const fn write(
    method: &'static str,
    path: &'static str,
    scopes: Scopes,
    content: Content,
    run: Run,
) -> Route {
    Route {
        method,
        path,
        scopes,
        price: Price::One,
        params: &[],
        content,
        run,
    }
}

impl Route {
    /// Its method and path, and the scopes that it asks for.
    #[cfg(test)]
    pub(super) const fn asks(&self) -> (&'static str, &'static str, Scopes) {
        (self.method, self.path, self.scopes)
    }

    /// With query parameters.
    pub(super) const fn with(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    /// With a price.
    pub(super) const fn at(self, price: Price) -> Self {
        Self { price, ..self }
    }

    /// With another body.
    pub(super) const fn taking(self, content: Content) -> Self {
        Self { content, ..self }
    }

    /// Whether it reads a page of objects.
    pub(super) fn is_list(&self) -> bool {
        self.method == "GET" && matches!(self.price, Price::Depth)
    }

    /// What a call of this operation costs.
    pub(super) fn credits(&self, query: &Query, body: &[u8], dear: bool) -> u64 {
        let depth = query
            .number("from")
            .unwrap_or(0)
            .saturating_add(query.number("limit").unwrap_or(0));
        let ids = match self.price {
            Price::Each(_) => serde_json::from_slice::<Map<String, Value>>(body)
                .map(|body| {
                    body.values()
                        .filter_map(Value::as_array)
                        .map(Vec::len)
                        .sum()
                })
                .unwrap_or_default(),
            Price::One | Price::Depth => 0,
        };
        self.price.credits(depth, ids, dear)
    }

    /// Validates the request and carries it out.
    pub(super) fn serve(
        &self,
        request: &Request<Bytes>,
        scopes: Option<&[String]>,
        mut exchange: Exchange<'_>,
    ) -> Outcome {
        let organization = &*exchange.organization;
        let known = |collection: &str, id: &str| is_known(organization, collection, id);
        check_query(self.params, &exchange.query, &known)?;
        exchange.body = self.body(request, &exchange)?;
        // Validation comes before permission: 403 is answered only once the payload is valid.
        if !self.scopes.allow(scopes) {
            return Err(Fault::Scope);
        }
        (self.run)(&mut exchange)
    }

    fn body(
        &self,
        request: &Request<Bytes>,
        exchange: &Exchange<'_>,
    ) -> Result<Map<String, Value>, Fault> {
        let bytes = request.body();
        if matches!(self.content, Content::Ignored) {
            return Ok(Map::new());
        }
        let body = if bytes.is_empty() {
            Map::new()
        } else {
            let declared = request
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok());
            let is_json = declared.is_some_and(|value| {
                value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .eq_ignore_ascii_case("application/json")
            });
            if !is_json {
                return Err(Fault::MediaType);
            }
            serde_json::from_slice(bytes).map_err(|_| Fault::Json)?
        };
        let rules = match self.content {
            Content::None | Content::Ignored => &[],
            Content::Change(_) if body.is_empty() => return Err(Fault::EmptyBody),
            Content::Object(rules) | Content::Change(rules) => rules,
            Content::By(choose) => choose(&body)?,
        };
        let known = |collection: &str, id: &str| is_known(exchange.organization, collection, id);
        check_body(rules, &body, &known)?;
        Ok(body)
    }
}

/// Whether an organization has what a request names: by its id, and a custom module by its API name.
fn is_known(organization: &Organization, collection: &str, id: &str) -> bool {
    if collection == CUSTOM_MODULE {
        let mut modules = organization.live("customModules");
        return modules.any(|module| module["apiName"] == id);
    }
    organization.holds(collection, id)
}

/// Finds the operation of a method and a path below `/api/v1`, and the path's variable parts.
///
/// # Errors
/// [`Fault::Route`] when no operation has the path, [`Fault::Method`] when none of them has the
/// method.
pub(super) fn find<'r>(
    routes: &[&'r [Route]],
    method: &str,
    path: &str,
) -> Result<(&'r Route, Vec<String>), Fault> {
    let segments: Vec<String> = path.split('/').map(decode).collect();
    let mut refusal = Fault::Route;
    for route in routes.iter().flat_map(|table| table.iter()) {
        if let Some(parts) = parts(route.path, &segments) {
            if route.method == method {
                return Ok((route, parts));
            }
            refusal = Fault::Method;
        }
    }
    Err(refusal)
}

fn parts(pattern: &str, segments: &[String]) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut count = 0;
    for (index, expected) in pattern.split('/').enumerate() {
        let segment = segments.get(index)?;
        count = index + 1;
        match expected {
            "{id}" if digits(segment) => parts.push(segment.clone()),
            "{text}" if !segment.is_empty() => parts.push(segment.clone()),
            "{id}" | "{text}" => return None,
            _ if expected == segment => {}
            _ => return None,
        }
    }
    (count == segments.len()).then_some(parts)
}

/// Undoes percent-encoding; what is no valid encoding stays as it is.
fn decode(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = escaped {
            decoded.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            decoded.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::respond::Answer;
    use super::*;

    static ROUTES: [Route; 3] = [
        get("/agents/{id}", Scopes::Any(&[]), &[], |_| {
            Ok(Answer::Empty(204))
        }),
        post(
            "/agents/{id}/deactivate",
            Scopes::Any(&[]),
            Content::None,
            |_| Ok(Answer::Empty(204)),
        ),
        get("/agents/email/{text}", Scopes::Any(&[]), &[], |_| {
            Ok(Answer::Empty(204))
        }),
    ];

    #[test]
    fn paths_lead_to_operations() {
        let found =
            |method: &str, path: &str| find(&[&ROUTES], method, path).map(|(_, parts)| parts);
        assert_eq!(found("GET", "/agents/7"), Ok(vec!["7".to_owned()]));
        assert_eq!(
            found("GET", "/agents/email/a%40example.com"),
            Ok(vec!["a@example.com".to_owned()])
        );
        assert_eq!(found("GET", "/agents/me"), Err(Fault::Route));
        assert_eq!(found("DELETE", "/agents/7"), Err(Fault::Method));
        assert_eq!(found("POST", "/agents/7/deactivate/9"), Err(Fault::Route));
        assert_eq!(found("GET", "/agents/"), Err(Fault::Route));
    }

    #[test]
    fn broken_percent_encoding_is_kept() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%41"), "%zzA");
    }
}
