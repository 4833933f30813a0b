//! The accounts server: access tokens from refresh tokens, grant codes, and the client alone.

use std::collections::BTreeMap;

use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use bytes::Bytes;

use super::respond::response;

/// The client id that the simulator knows.
pub const DEMO_CLIENT_ID: &str = "1000.DESKFORMSIMULATOR";
/// The client secret that goes with [`DEMO_CLIENT_ID`]. It protects nothing.
pub const DEMO_CLIENT_SECRET: &str = "deskform-simulator";
/// The refresh token of the first organization. It protects nothing.
///
/// With `.` and an organization's id appended it is that organization's, see [`demo_refresh_token`].
pub const DEMO_REFRESH_TOKEN: &str = "1000.deskform-simulator.refresh";
/// A grant code for the first organization; with `.` and an id appended, for that organization.
///
/// Unlike a real one it can be used more than once.
pub const DEMO_GRANT_CODE: &str = "1000.deskform-simulator.code";

/// The refresh token of the first organization whose access tokens can read alone; with `.` and an
/// id appended it is that organization's, see [`demo_reading_token`]. It protects nothing.
pub const DEMO_READING_TOKEN: &str = "1000.deskform-simulator.reading";

/// Seconds for which an access token is valid.
pub const TOKEN_SECONDS: i64 = 3_600;

const WINDOW_MS: i64 = 600_000;
const REQUESTS_PER_WINDOW: usize = 10;
const ACTIVE_TOKENS: usize = 10;

/// The demo refresh token of one organization.
#[must_use]
pub fn demo_refresh_token(organization: &str) -> String {
    format!("{DEMO_REFRESH_TOKEN}.{organization}")
}

/// The demo refresh token of one organization whose access tokens can read alone.
#[must_use]
pub fn demo_reading_token(organization: &str) -> String {
    format!("{DEMO_READING_TOKEN}.{organization}")
}

/// One access token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    /// The organization it is bound to.
    pub(super) organization: String,
    /// When it dies, in milliseconds since the epoch.
    pub(super) expires_ms: i64,
    /// What it may do; nothing stands for everything.
    pub(super) scopes: Option<Vec<String>>,
    serial: u64,
}

/// The tokens that were given out, and when they were asked for.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accounts {
    tokens: BTreeMap<String, Token>,
    requests: BTreeMap<String, Vec<i64>>,
    issued: u64,
}

/// What the accounts server must know of an organization: its id and the scopes its tokens get.
pub(super) type Tenant = (String, Option<Vec<String>>);

impl Accounts {
    /// The token of an `Authorization` header, if it is one and alive.
    pub(super) fn token(&self, authorization: Option<&str>, now_ms: i64) -> Option<&Token> {
        let name = authorization?.strip_prefix("Zoho-oauthtoken ")?;
        self.tokens
            .get(name)
            .filter(|token| token.expires_ms > now_ms)
    }

    /// Makes every access token of an organization invalid.
    pub(super) fn revoke(&mut self, organization: &str) {
        self.tokens
            .retain(|_, token| token.organization != organization);
    }

    /// Makes the token of an `Authorization` header invalid.
    pub(super) fn expire(&mut self, authorization: Option<&str>) {
        if let Some(name) = authorization.and_then(|text| text.strip_prefix("Zoho-oauthtoken ")) {
            self.tokens.remove(name);
        }
    }

    /// Answers one request to `/oauth/v2/token`.
    pub(super) fn answer(
        &mut self,
        request: &Request<Bytes>,
        tenants: &[Tenant],
        now_ms: i64,
    ) -> Response<Bytes> {
        let refuse = |error: &str| response(200, Some(&json!({"error": error})));
        if request.method() != Method::POST {
            return response(405, Some(&json!({"error": "invalid_request"})));
        }
        let query = request.uri().query().unwrap_or_default();
        let form: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes())
            .chain(form_urlencoded::parse(request.body()))
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        let value = |key: &str| form.get(key).map_or("", String::as_str);
        let (secret, stem) = match value("grant_type") {
            "refresh_token" if value("refresh_token").starts_with(DEMO_READING_TOKEN) => {
                (value("refresh_token"), DEMO_READING_TOKEN)
            }
            "refresh_token" => (value("refresh_token"), DEMO_REFRESH_TOKEN),
            "authorization_code" => (value("code"), DEMO_GRANT_CODE),
            // The service of a `soid` stands before its last dot; which one it is, is not checked,
            // since no page of the accounts server writes down the name for Desk.
            "client_credentials" => {
                let soid = value("soid");
                (
                    soid.rfind('.')
                        .map_or("", |at| soid.get(at..).unwrap_or("")),
                    "",
                )
            }
            _ => return refuse("unsupported_grant_type"),
        };
        if value("client_id") != DEMO_CLIENT_ID {
            return refuse("invalid_client");
        }
        if value("client_secret") != DEMO_CLIENT_SECRET {
            return refuse("invalid_client_secret");
        }
        let by_client = value("grant_type") == "client_credentials";
        if by_client && secret.is_empty() {
            return refuse("missing_org_info");
        }
        let asked_scopes = crate::api::scope::split(value("scope"));
        let is_scope = |scope: &String| scope.starts_with("Desk.");
        if by_client && (asked_scopes.is_empty() || !asked_scopes.iter().all(is_scope)) {
            return refuse("invalid_scope");
        }
        let tenant = match secret.strip_prefix(stem) {
            Some("") => tenants.first(),
            Some(rest) => tenants
                .iter()
                .find(|(id, _)| rest.strip_prefix('.') == Some(id)),
            None => None,
        };
        let Some((organization, scopes)) = tenant else {
            return refuse(if by_client {
                "missing_org_info"
            } else {
                "invalid_code"
            });
        };
        let asked = self.requests.entry(organization.clone()).or_default();
        asked.retain(|at| *at > now_ms.saturating_sub(WINDOW_MS));
        if asked.len() >= REQUESTS_PER_WINDOW {
            let body = json!({
                "error": "Access Denied",
                "error_description":
                    "You have made too many requests continuously. Please try again after some time.",
                "status": "failure",
            });
            return response(400, Some(&body));
        }
        asked.push(now_ms);
        let scopes = if by_client {
            &Some(asked_scopes)
        } else if stem == DEMO_READING_TOKEN {
            &Some(for_reading(scopes.as_deref()))
        } else {
            scopes
        };
        let access = self.issue(organization, scopes.clone(), now_ms);
        let mut body = json!({
            "access_token": access,
            "scope": scopes.as_ref().map_or_else(|| ALL_SCOPES.join(" "), |scopes| scopes.join(" ")),
            "api_domain": "https://www.zohoapis.com",
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
        });
        if let (DEMO_GRANT_CODE, Some(body)) = (stem, body.as_object_mut()) {
            body.insert(
                "refresh_token".into(),
                Value::String(demo_refresh_token(organization)),
            );
        }
        response(200, Some(&body))
    }

    /// Gives out an access token; the oldest of more than ten dies.
    fn issue(&mut self, organization: &str, scopes: Option<Vec<String>>, now_ms: i64) -> String {
        self.tokens.retain(|_, token| token.expires_ms > now_ms);
        let mut active: Vec<(u64, String)> = self
            .tokens
            .iter()
            .filter(|(_, token)| token.organization == organization)
            .map(|(name, token)| (token.serial, name.clone()))
            .collect();
        active.sort();
        let surplus = (active.len() + 1).saturating_sub(ACTIVE_TOKENS);
        for (_, name) in active.into_iter().take(surplus) {
            self.tokens.remove(&name);
        }
        self.issued = self.issued.saturating_add(1);
        let name = format!(
            "1000.deskform-simulator.access.{organization}.{}",
            self.issued
        );
        let token = Token {
            organization: organization.to_owned(),
            expires_ms: now_ms.saturating_add(TOKEN_SECONDS * 1_000),
            scopes,
            serial: self.issued,
        };
        self.tokens.insert(name.clone(), token);
        name
    }
}

/// What a token may do when nothing is set.
const ALL_SCOPES: [&str; 11] = [
    "Desk.basic.ALL",
    "Desk.settings.ALL",
    "Desk.contacts.ALL",
    "Desk.accounts.ALL",
    "Desk.search.READ",
    "Desk.fields.ALL",
    "Desk.events.ALL",
    "Desk.webhooks.ALL",
    "Desk.automations.ALL",
    "Desk.community.ALL",
    "Desk.articles.ALL",
];

/// Of some scopes, or of all, those for reading: `READ` of each module that they let read.
pub(super) fn for_reading(scopes: Option<&[String]>) -> Vec<String> {
    let all = || ALL_SCOPES.map(str::to_owned).to_vec();
    let own = scopes.map_or_else(all, <[String]>::to_vec);
    let reads = own.iter().filter_map(|scope| {
        let (module, verb) = scope.rsplit_once('.')?;
        let reads = ["READ", "ALL"]
            .iter()
            .any(|word| verb.eq_ignore_ascii_case(word));
        reads.then(|| format!("{module}.READ"))
    });
    reads.collect()
}

/// Which scopes an operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scopes {
    /// One of them is enough, as settings are read.
    Any(&'static [&'static str]),
    /// All of them are needed, as contacts and accounts are read.
    All(&'static [&'static str]),
}

impl Scopes {
    /// Whether a token with these scopes may call the operation.
    pub(super) fn allow(self, granted: Option<&[String]>) -> bool {
        let Some(granted) = granted else { return true };
        let has = |needed: &&str| granted.iter().any(|scope| covers(scope, needed));
        match self {
            Self::Any(needed) => needed.is_empty() || needed.iter().any(&has),
            Self::All(needed) => needed.iter().all(has),
        }
    }
}

/// Whether one granted scope covers a needed one: by name, by `ALL`, or by `WRITE`, which the guide
/// has for creating and changing.
fn covers(granted: &str, needed: &str) -> bool {
    if granted.eq_ignore_ascii_case(needed) {
        return true;
    }
    let (Some((module, verb)), Some((needed_module, needed_verb))) =
        (granted.rsplit_once('.'), needed.rsplit_once('.'))
    else {
        return false;
    };
    module.eq_ignore_ascii_case(needed_module)
        && (verb.eq_ignore_ascii_case("ALL")
            || (verb.eq_ignore_ascii_case("WRITE")
                && matches!(needed_verb, "CREATE" | "UPDATE" | "WRITE")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(accounts: &mut Accounts, form: &str, now_ms: i64) -> (u16, Value) {
        let request = Request::post("/oauth/v2/token")
            .body(Bytes::from(form.to_owned()))
            .unwrap();
        let tenants = [
            ("700001".to_owned(), None),
            (
                "700002".to_owned(),
                Some(vec!["Desk.basic.READ".to_owned()]),
            ),
        ];
        let response = accounts.answer(&request, &tenants, now_ms);
        (
            response.status().as_u16(),
            serde_json::from_slice(response.body()).unwrap(),
        )
    }

    fn refresh(token: &str) -> String {
        format!(
            "grant_type=refresh_token&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}&refresh_token={token}"
        )
    }

    fn bearer(body: &Value) -> String {
        format!("Zoho-oauthtoken {}", body["access_token"].as_str().unwrap())
    }

    #[test]
    fn refresh_tokens_belong_to_organizations_and_access_tokens_expire() {
        let mut accounts = Accounts::default();
        let (status, body) = ask(&mut accounts, &refresh(DEMO_REFRESH_TOKEN), 0);
        assert_eq!((status, &body["expires_in"]), (200, &json!(3600)));
        let header = bearer(&body);
        assert_eq!(
            accounts.token(Some(&header), 0).unwrap().organization,
            "700001"
        );
        assert!(accounts.token(Some(&header), 3_600_000).is_none());
        assert!(accounts.token(Some("Zoho-oauthtoken x"), 0).is_none());
        let (_, body) = ask(&mut accounts, &refresh(&demo_refresh_token("700002")), 0);
        assert_eq!(
            accounts
                .token(Some(&bearer(&body)), 0)
                .unwrap()
                .organization,
            "700002"
        );
        assert_eq!(body["scope"], "Desk.basic.READ");
        assert!(body.get("refresh_token").is_none());
    }

    #[test]
    fn wrong_credentials_are_refused_with_status_200() {
        let cases = [
            (refresh("1000.other"), "invalid_code"),
            (refresh(&demo_refresh_token("9")), "invalid_code"),
            (
                refresh(DEMO_REFRESH_TOKEN).replace(DEMO_CLIENT_ID, "x"),
                "invalid_client",
            ),
            ("grant_type=password".to_owned(), "unsupported_grant_type"),
        ];
        for (form, error) in cases {
            let (status, body) = ask(&mut Accounts::default(), &form, 0);
            assert_eq!(
                (status, body["error"].as_str()),
                (200, Some(error)),
                "{form}"
            );
        }
    }

    /// The client alone: scopes and organization are asked for, and there is no refresh token.
    #[test]
    fn case_23_the_client_alone_gets_the_scopes_it_asks_for() {
        let form = |rest: &str| {
            format!(
                "grant_type=client_credentials&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}{rest}"
            )
        };
        let scope = "&scope=Desk.basic.READ%2CDesk.settings.ALL";
        let mut accounts = Accounts::default();
        let (status, body) = ask(
            &mut accounts,
            &form(&format!("{scope}&soid=ZohoDesk.700002")),
            0,
        );
        assert_eq!((status, &body["expires_in"]), (200, &json!(3600)));
        assert_eq!(body["scope"], "Desk.basic.READ Desk.settings.ALL");
        assert!(body.get("refresh_token").is_none());
        let header = bearer(&body);
        let token = accounts.token(Some(&header), 0).unwrap();
        assert_eq!(token.organization, "700002");
        assert_eq!(token.scopes.as_ref().map(Vec::len), Some(2));
        for (rest, error) in [
            (scope.to_owned(), "missing_org_info"),
            (format!("{scope}&soid=700001"), "missing_org_info"),
            (format!("{scope}&soid=ZohoDesk.9"), "missing_org_info"),
            ("&soid=ZohoDesk.700001".to_owned(), "invalid_scope"),
            (
                "&scope=ZohoCRM.x.ALL&soid=ZohoDesk.700001".to_owned(),
                "invalid_scope",
            ),
        ] {
            let (status, body) = ask(&mut accounts, &form(&rest), 0);
            assert_eq!(
                (status, body["error"].as_str()),
                (200, Some(error)),
                "{rest}"
            );
        }
    }

    #[test]
    fn a_reading_token_gets_scopes_for_reading_alone() {
        let mut accounts = Accounts::default();
        for (token, expected) in [
            (DEMO_READING_TOKEN.to_owned(), ALL_SCOPES.len()),
            (demo_reading_token("700001"), ALL_SCOPES.len()),
            (demo_reading_token("700002"), 1),
        ] {
            let (_, body) = ask(&mut accounts, &refresh(&token), 0);
            let scopes: Vec<&str> = body["scope"].as_str().unwrap().split(' ').collect();
            assert_eq!(scopes.len(), expected, "{scopes:?}");
            assert!(
                scopes
                    .iter()
                    .all(|scope| scope.rsplit('.').next() == Some("READ")),
                "{scopes:?}"
            );
            let header = bearer(&body);
            let token = accounts.token(Some(&header), 0).unwrap();
            assert_eq!(token.scopes.as_ref().map(Vec::len), Some(expected));
        }
        let (_, body) = ask(&mut accounts, &refresh(&demo_reading_token("9")), 0);
        assert_eq!(body["error"], "invalid_code");
    }

    #[test]
    fn a_grant_code_gives_a_refresh_token() {
        let form = format!(
            "grant_type=authorization_code&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}&code={DEMO_GRANT_CODE}"
        );
        let (_, body) = ask(&mut Accounts::default(), &form, 0);
        assert_eq!(body["refresh_token"], demo_refresh_token("700001"));
    }

    #[test]
    fn the_eleventh_request_in_ten_minutes_is_denied() {
        let mut accounts = Accounts::default();
        let form = refresh(DEMO_REFRESH_TOKEN);
        for second in 0..10 {
            assert_eq!(ask(&mut accounts, &form, second * 1_000).0, 200);
        }
        let (status, body) = ask(&mut accounts, &form, 10_000);
        assert_eq!((status, &body["error"]), (400, &json!("Access Denied")));
        assert_eq!(ask(&mut accounts, &form, 600_000).0, 200);
    }

    #[test]
    fn the_oldest_of_eleven_tokens_dies() {
        let mut accounts = Accounts::default();
        let form = refresh(DEMO_REFRESH_TOKEN);
        let mut bearers = Vec::new();
        for number in 0..11 {
            bearers.push(bearer(&ask(&mut accounts, &form, number * 100_000).1));
        }
        assert!(accounts.token(Some(&bearers[0]), 1_000_000).is_none());
        assert!(accounts.token(Some(&bearers[1]), 1_000_000).is_some());
    }

    #[test]
    fn scopes_cover_by_name_all_and_write() {
        let granted = |scopes: &[&str]| scopes.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let search = Scopes::All(&["Desk.contacts.READ", "Desk.search.READ"]);
        assert!(!search.allow(Some(&granted(&["Desk.contacts.ALL"]))));
        assert!(search.allow(Some(&granted(&["Desk.contacts.ALL", "desk.search.read"]))));
        assert!(search.allow(None));
        let settings = Scopes::Any(&["Desk.basic.READ", "Desk.settings.READ"]);
        assert!(settings.allow(Some(&granted(&["Desk.basic.READ"]))));
        assert!(!settings.allow(Some(&granted(&["Desk.contacts.READ"]))));
        assert!(
            Scopes::Any(&["Desk.contacts.UPDATE"]).allow(Some(&granted(&["Desk.contacts.WRITE"])))
        );
    }
}
