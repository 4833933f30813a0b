//! Requests as lines of JSON, for those who hold them against the facts by other means.

use std::fmt;
use std::io::{self, Write};

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

/// Where every request to the Desk API is written, a line of JSON each. Lines hold whatever was sent, secrets
/// too.
pub(super) struct Record(Box<dyn Write + Send>);

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record")
    }
}

impl Record {
    pub(super) fn to(writer: Box<dyn Write + Send>) -> Self {
        Self(writer)
    }

    /// Writes one request: `method`, `path`, `query` and `body`.
    ///
    /// # Errors
    /// What the writer says.
    pub(super) fn write(&mut self, request: &Request<Bytes>) -> io::Result<()> {
        let uri = request.uri();
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let query: Map<String, Value> = pairs
            .map(|(name, value)| (name.into_owned(), Value::from(value)))
            .collect();
        let mut line =
            json!({"method": request.method().as_str(), "path": uri.path(), "query": query});
        if !request.body().is_empty() {
            let text = || Value::from(String::from_utf8_lossy(request.body()));
            line["body"] = serde_json::from_slice(request.body()).unwrap_or_else(|_| text());
        }
        writeln!(self.0, "{line}")?;
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn requests_are_lines_of_json() {
        let shared = Shared::default();
        let mut record = Record::to(Box::new(shared.clone()));
        let request = |method: &str, target: &str, body: &'static str| {
            let request = Request::builder().method(method).uri(target);
            request.body(Bytes::from_static(body.as_bytes())).unwrap()
        };
        let url = "https://desk.example.com/api/v1/teams?limit=100&name=a%20b";
        record.write(&request("GET", url, "")).unwrap();
        record
            .write(&request("POST", "/api/v1/teams", r#"{"name": "A"}"#))
            .unwrap();
        record
            .write(&request("POST", "/api/v1/teams", "{"))
            .unwrap();
        let text = String::from_utf8(shared.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            lines,
            [
                json!({"method": "GET", "path": "/api/v1/teams", "query": {"limit": "100", "name": "a b"}}),
                json!({"method": "POST", "path": "/api/v1/teams", "query": {}, "body": {"name": "A"}}),
                json!({"method": "POST", "path": "/api/v1/teams", "query": {}, "body": "{"}),
            ]
        );
    }
}
