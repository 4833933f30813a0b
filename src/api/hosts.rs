//! Data centres and the two hosts that each of them has: Desk and accounts.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::request::Request;

/// The path below which every call of the Desk API lives.
const API_ROOT: &str = "/api/v1";

/// Where Zoho keeps an organization; a token is good for one data centre only.
///
/// The answer of the token endpoint names an `api_domain`, but that is the host of other products:
/// Desk is reached through this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataCenter {
    /// United States: `.com`.
    Us,
    /// European Union: `.eu`.
    Eu,
    /// India: `.in`.
    In,
    /// Australia: `.com.au`.
    Au,
    /// China: `.com.cn`.
    Cn,
    /// Japan: `.jp`.
    Jp,
    /// Canada: `zohocloud.ca`.
    Ca,
    /// Saudi Arabia: `.sa`.
    Sa,
    /// Singapore: `.sg`.
    Sg,
    /// United Arab Emirates: `.ae`.
    Ae,
}

impl DataCenter {
    /// Every data centre that has a Desk host.
    ///
    /// The United Kingdom has an accounts host, but no Desk host is known for it.
    pub const ALL: [Self; 10] = [
        Self::Us,
        Self::Eu,
        Self::In,
        Self::Au,
        Self::Cn,
        Self::Jp,
        Self::Ca,
        Self::Sa,
        Self::Sg,
        Self::Ae,
    ];

    /// The name in the project file, such as `eu`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// The address of the Desk host, without a trailing slash.
    #[must_use]
    pub const fn desk_url(self) -> &'static str {
        self.facts().1
    }

    /// The address of the accounts host, without a trailing slash.
    #[must_use]
    pub const fn accounts_url(self) -> &'static str {
        self.facts().2
    }

    const fn facts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Us => ("us", "https://desk.zoho.com", "https://accounts.zoho.com"),
            Self::Eu => ("eu", "https://desk.zoho.eu", "https://accounts.zoho.eu"),
            Self::In => ("in", "https://desk.zoho.in", "https://accounts.zoho.in"),
            Self::Au => (
                "au",
                "https://desk.zoho.com.au",
                "https://accounts.zoho.com.au",
            ),
            Self::Cn => (
                "cn",
                "https://desk.zoho.com.cn",
                "https://accounts.zoho.com.cn",
            ),
            Self::Jp => ("jp", "https://desk.zoho.jp", "https://accounts.zoho.jp"),
            Self::Ca => (
                "ca",
                "https://desk.zohocloud.ca",
                "https://accounts.zohocloud.ca",
            ),
            Self::Sa => ("sa", "https://desk.zoho.sa", "https://accounts.zoho.sa"),
            Self::Sg => ("sg", "https://desk.zoho.sg", "https://accounts.zoho.sg"),
            Self::Ae => ("ae", "https://desk.zoho.ae", "https://accounts.zoho.ae"),
        }
    }
}

impl fmt::Display for DataCenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DataCenter {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|centre| centre.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| HostError::Unknown(text.chars().take(40).collect()))
    }
}

/// Why a data centre or an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// No data centre of this name has a known Desk host.
    #[error(
        "no Desk host is known for the data centre `{0}`; known are us, eu, in, au, cn, jp, ca, sa, sg and ae, \
         any other host goes into `endpoint`"
    )]
    Unknown(String),
    /// The text is no absolute address.
    #[error("the `{name}` address is not an absolute https address: {reason}")]
    NotAnAddress {
        /// `desk` or `accounts`.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Plain http would send the token in the clear.
    #[error("the `{name}` address uses plain http, which is for loopback hosts only; use https")]
    PlainHttp {
        /// `desk` or `accounts`.
        name: &'static str,
    },
    /// The address holds a user, a password, a query or a fragment.
    #[error("the `{name}` address must hold a scheme, a host, a port and a path, and nothing else")]
    Extra {
        /// `desk` or `accounts`.
        name: &'static str,
    },
}

/// The two addresses that a client talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    desk: String,
    accounts: String,
    official: bool,
}

impl Endpoint {
    /// The hosts of a data centre.
    #[must_use]
    pub fn of(centre: DataCenter) -> Self {
        Self {
            desk: centre.desk_url().to_owned(),
            accounts: centre.accounts_url().to_owned(),
            official: true,
        }
    }

    /// Other hosts: a simulator, a proxy, a data centre that the table lacks.
    ///
    /// `desk` is what stands before `/api/v1` (which may be there as well), `accounts` what stands
    /// before `/oauth/v2/token`.
    ///
    /// # Errors
    /// [`HostError`] when an address is not absolute, uses plain http to a host that is not
    /// loopback, or holds more than scheme, host, port and path.
    pub fn overridden(desk: &str, accounts: &str) -> Result<Self, HostError> {
        let desk = base("desk", desk)?;
        let desk = desk
            .strip_suffix(API_ROOT)
            .map_or_else(|| desk.clone(), str::to_owned);
        let accounts = base("accounts", accounts)?;
        let official = DataCenter::ALL
            .into_iter()
            .any(|centre| centre.desk_url() == desk);
        Ok(Self {
            desk,
            accounts,
            official,
        })
    }

    /// The Desk address, without a trailing slash.
    #[must_use]
    pub fn desk(&self) -> &str {
        &self.desk
    }

    /// The accounts address, without a trailing slash.
    #[must_use]
    pub fn accounts(&self) -> &str {
        &self.accounts
    }

    /// Whether the Desk host is one of Zoho's.
    #[must_use]
    pub const fn is_official(&self) -> bool {
        self.official
    }

    /// The address of the token endpoint.
    pub(super) fn token_uri(&self) -> Result<http::Uri, String> {
        format!("{}/oauth/v2/token", self.accounts)
            .parse()
            .map_err(|error: http::uri::InvalidUri| error.to_string())
    }

    /// The address of a call.
    ///
    /// Ids in paths come from answers, so a path that would leave `/api/v1` is refused.
    pub(super) fn target(&self, request: &Request) -> Result<http::Uri, String> {
        let rest = request
            .path
            .strip_prefix('/')
            .ok_or_else(|| "the path does not start with a slash".to_owned())?;
        if request
            .path
            .chars()
            .any(|c| c.is_control() || matches!(c, '?' | '#' | '\\'))
        {
            return Err("the path holds a character that no path may hold".to_owned());
        }
        for segment in rest.split('/') {
            let plain = segment.to_ascii_lowercase().replace("%2e", ".");
            if plain.is_empty() || plain == "." || plain == ".." {
                return Err("the path holds an empty or relative segment".to_owned());
            }
        }
        let mut url = Url::parse(&self.desk).map_err(|error| error.to_string())?;
        let path = format!(
            "{}{API_ROOT}{}",
            url.path().trim_end_matches('/'),
            request.path
        );
        url.set_path(&path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        url.as_str()
            .parse()
            .map_err(|error: http::uri::InvalidUri| error.to_string())
    }
}

impl From<DataCenter> for Endpoint {
    fn from(centre: DataCenter) -> Self {
        Self::of(centre)
    }
}

fn base(name: &'static str, text: &str) -> Result<String, HostError> {
    let url = Url::parse(text.trim()).map_err(|error| HostError::NotAnAddress {
        name,
        reason: error.to_string(),
    })?;
    let Some(host) = url.host() else {
        return Err(HostError::NotAnAddress {
            name,
            reason: "it has no host".to_owned(),
        });
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => return Err(HostError::PlainHttp { name }),
        other => {
            return Err(HostError::NotAnAddress {
                name,
                reason: format!("`{other}` is no scheme for it"),
            });
        }
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(HostError::Extra { name });
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether a host is this machine, so that plain http leaks nothing.
pub(super) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::request::Method;

    #[test]
    fn every_data_centre_has_two_hosts_and_reads_back() {
        for centre in DataCenter::ALL {
            assert_eq!(centre.to_string().parse(), Ok(centre));
            assert_eq!(
                centre.to_string().to_uppercase().parse::<DataCenter>(),
                Ok(centre)
            );
            let endpoint = Endpoint::of(centre);
            assert!(endpoint.is_official());
            assert!(endpoint.desk().starts_with("https://desk.zoho"));
            assert!(endpoint.accounts().starts_with("https://accounts.zoho"));
            assert_eq!(
                endpoint.desk().trim_start_matches("https://desk."),
                endpoint.accounts().trim_start_matches("https://accounts.")
            );
        }
        let refused = "uk".parse::<DataCenter>().unwrap_err().to_string();
        assert!(refused.contains("`uk`") && refused.contains("`endpoint`"));
    }

    #[test]
    fn overrides_are_checked() {
        let ok = |desk: &str| Endpoint::overridden(desk, "https://accounts.example.com").unwrap();
        assert_eq!(
            ok("https://desk.example.com/").desk(),
            "https://desk.example.com"
        );
        assert_eq!(
            ok("https://example.com/desk/api/v1/").desk(),
            "https://example.com/desk"
        );
        assert!(!ok("http://127.0.0.1:8080").is_official());
        assert!(!ok("http://localhost:8080").is_official());
        assert!(!ok("http://[::1]:8080").is_official());
        assert!(ok("https://desk.zoho.eu").is_official());
        for (bad, kind) in [
            ("http://desk.example.com", "plain http"),
            ("http://127.0.0.1.example.com", "plain http"),
            ("ftp://desk.example.com", "`ftp`"),
            ("desk.example.com", "not an absolute"),
            ("https://user:pass@desk.example.com", "nothing else"),
            ("https://desk.example.com/?a=b", "nothing else"),
        ] {
            let text = Endpoint::overridden(bad, "https://accounts.example.com")
                .unwrap_err()
                .to_string();
            assert!(text.contains(kind), "{bad}: {text}");
            assert!(!text.contains("pass@"), "{text}");
            assert!(Endpoint::overridden("https://desk.example.com", bad).is_err());
        }
    }

    #[test]
    fn targets_stay_below_the_api_root() {
        let endpoint =
            Endpoint::overridden("https://example.com/desk", "https://example.com").unwrap();
        let request =
            Request::new(Method::Get, "/contacts/search").query("email", "a+b@example.com");
        assert_eq!(
            endpoint.target(&request).unwrap().to_string(),
            "https://example.com/desk/api/v1/contacts/search?email=a%2Bb%40example.com"
        );
        for bad in [
            "teams",
            "/a/../b",
            "/a/%2E%2e/b",
            "/a//b",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a/",
            "/",
        ] {
            assert!(
                endpoint.target(&Request::new(Method::Get, bad)).is_err(),
                "{bad}"
            );
        }
    }
}
