//! Requests as values: built purely, tested without a server.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The verbs that Zoho Desk uses for configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, toggles, associations and some removals.
    Post,
    /// Changes part of an object.
    Patch,
    /// Replaces an object: what it leaves out may be lost.
    Put,
    /// Removes an object.
    Delete,
}

impl Method {
    /// Whether sending the same request twice is harmless.
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post)
    }

    /// The method's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One call of the Desk API, without host, token or organization.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// The path below `/api/v1`, such as `/departments/7000`.
    pub path: String,
    /// Query parameters in the order in which they are sent.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// The JSON body, if any.
    pub body: Option<Value>,
    /// Whether a repetition is harmless although the method is POST (toggles, associations).
    pub idempotent: bool,
    /// Whether it is given up where the run is stopped before it goes out.
    pub abandonable: bool,
}

impl Request {
    /// A request without query and body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            idempotent: method.is_idempotent(),
            abandonable: false,
        }
    }

    /// A request of a path that may hold a query.
    #[must_use]
    pub fn of_line(method: Method, line: &str) -> Self {
        let (path, query) = line.split_once('?').unwrap_or((line, ""));
        let mut request = Self::new(method, path);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request = request.query(name.to_owned(), value);
        }
        request
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Gives it up where the run is stopped before it goes out. A GET is never given up.
    #[must_use]
    pub const fn abandonable(mut self) -> Self {
        self.abandonable = true;
        self
    }

    /// Marks a request as one that makes something each time: nobody repeats it without a look.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.idempotent = false;
        self
    }

    /// Marks a POST as harmless to repeat.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.idempotent = true;
        self
    }
}
