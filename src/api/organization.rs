//! What a token reaches: organizations, their editions, and which of them are sandboxes.

use serde_json::Value;

use super::client::Reader;
use super::error::{ApiError, ErrorKind, plain};
use super::page::Paging;
use super::request::{Method, Request};
use crate::dialect::Edition;

/// One organization (portal) of the token's user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The organization id, as in `orgId`.
    pub id: String,
    /// The name for people, made safe for a terminal.
    pub name: String,
    /// The edition, if it is one that is known.
    pub edition: Option<Edition>,
    /// Whether it is the sandbox of another organization, where it says so or says that it is none.
    pub sandbox: Option<bool>,
}

impl Organization {
    /// Reads one object of the answer; none without an id.
    ///
    /// Source: Organization, `getOrganizations`. Booleans come as strings as well.
    #[must_use]
    pub fn read(object: &Value) -> Option<Self> {
        let id = match object.get("id")? {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return None,
        };
        let text = |name: &str| {
            object
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let name = text("companyName")
            .or_else(|| text("organizationName"))
            .or_else(|| text("portalName"))
            .unwrap_or_default();
        let sandbox = match object.get("isSandboxPortal") {
            Some(Value::Bool(flag)) => Some(*flag),
            Some(Value::String(flag)) => flag.parse().ok(),
            _ => None,
        };
        Some(Self {
            id: plain(&id, 40),
            name: plain(name, 100),
            edition: text("edition").and_then(edition),
            sandbox,
        })
    }

    /// Whether it says that it is the sandbox of another organization.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.sandbox == Some(true)
    }
}

/// Reads the name of an edition, as the server or a user writes it.
///
/// `ULTIMATE` and the bundles that hold the largest edition count as Enterprise.
#[must_use]
pub fn edition(name: &str) -> Option<Edition> {
    Some(match name.trim().to_ascii_uppercase().as_str() {
        "FREE" | "FREE_2019" | "NEW_FREE" | "TRIAL" => Edition::Free,
        "EXPRESS" => Edition::Express,
        "STANDARD" => Edition::Standard,
        "PROFESSIONAL" => Edition::Professional,
        "ENTERPRISE" | "ULTIMATE" | "ZOHOONE" => Edition::Enterprise,
        _ => return None,
    })
}

/// The scopes of which any one lets a token list organizations, which every run begins with. Source:
/// Organization, `getOrganizations`.
pub const SCOPES: &[&str] = &[
    "Desk.settings.READ",
    "Desk.basic.READ",
    "Desk.organization.READ",
];

impl Reader {
    /// Lists the organizations that the token reaches, in the server's order.
    ///
    /// The call carries no `orgId`, so that it works with a wrong one, too. A token is bound to
    /// one organization although all of its user's are listed.
    ///
    /// # Errors
    /// [`ApiError`] of the call.
    pub async fn organizations(&self) -> Result<Vec<Organization>, ApiError> {
        let request = Request::new(Method::Get, "/organizations");
        let found = self.list(&request, Paging::whole()).await?;
        Ok(found.iter().filter_map(Organization::read).collect())
    }

    /// Tells a token that lacks a scope from one that is not accepted at all.
    ///
    /// Source: users report that some operations answer a missing scope with 401. Where the same token
    /// is still taken elsewhere, which one more call proves, a scope is what it lacks. Every other error
    /// is given back as it is.
    pub async fn told_apart(&self, error: ApiError) -> ApiError {
        let is_refused = error.kind() == ErrorKind::TokenInvalid;
        if is_refused && Box::pin(self.organizations()).await.is_ok() {
            return error.with_kind(ErrorKind::ScopeMissing);
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn organizations_are_read_in_every_form() {
        for (object, expected) in [
            (
                json!({"id": "700001", "companyName": "Acme", "edition": "ENTERPRISE", "isSandboxPortal": "true"}),
                Some(("700001", "Acme", Some(Edition::Enterprise), Some(true))),
            ),
            (
                json!({"id": 700_002, "portalName": "acme", "companyName": null, "isSandboxPortal": false}),
                Some(("700002", "acme", None, Some(false))),
            ),
            // It may say nothing of it.
            (
                json!({"id": "700003", "portalName": "acme", "isSandboxPortal": null}),
                Some(("700003", "acme", None, None)),
            ),
            (json!({"companyName": "Acme"}), None),
            (json!([]), None),
        ] {
            let found = Organization::read(&object);
            let found = found
                .as_ref()
                .map(|o| (o.id.as_str(), o.name.as_str(), o.edition, o.sandbox));
            assert_eq!(found, expected);
        }
        assert_eq!(edition("professional"), Some(Edition::Professional));
        assert_eq!(edition("ultimate"), Some(Edition::Enterprise));
        assert_eq!(edition("gold"), None);
    }
}
