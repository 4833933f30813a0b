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

/// The registrable domains that are Zoho's own: tokens may go to any host below them.
///
/// `zoho.uk` has an accounts host, but no Desk host is known for it.
pub const ZOHO_DOMAINS: [&str; 11] = [
    "zoho.com",
    "zoho.eu",
    "zoho.in",
    "zoho.com.au",
    "zoho.com.cn",
    "zoho.jp",
    "zohocloud.ca",
    "zoho.sa",
    "zoho.sg",
    "zoho.ae",
    "zoho.uk",
];

/// The accounts host of the United Kingdom, for which no Desk host is known.
const ACCOUNTS_UK: &str = "https://accounts.zoho.uk";

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

    /// The data centre that a word means: its name, one of its hosts, the domain of its hosts, or
    /// the ending of that, such as `au`, `desk.zoho.com.au`, `zoho.com.au` or `com.au`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        let word = word.strip_prefix('.').unwrap_or(&word);
        Self::ALL
            .into_iter()
            .find(|centre| centre.words().contains(&word))
    }

    /// The words that mean it: its name, the ending of its domain, the domain and its two hosts.
    #[must_use]
    pub(crate) fn words(self) -> [&'static str; 5] {
        let host = |url: &'static str| url.strip_prefix("https://").unwrap_or(url);
        let (desk, accounts) = (host(self.desk_url()), host(self.accounts_url()));
        let domain = desk.strip_prefix("desk.").unwrap_or(desk);
        let ending = domain.split_once('.').map_or(domain, |(_, ending)| ending);
        [self.as_str(), ending, domain, desk, accounts]
    }

    /// What to do where a word means no data centre whose hosts are known.
    ///
    /// It never names another centre as the one that may be meant: the credentials would go there.
    #[must_use]
    pub fn help_for(word: &str) -> String {
        let word = word.trim().to_ascii_lowercase();
        let is_uk = ["uk", "gb", "co.uk", "zoho.uk", "accounts.zoho.uk"]
            .contains(&word.strip_prefix('.').unwrap_or(&word));
        if is_uk {
            format!(
                "no Desk host is known for the United Kingdom: take `dataCenter` away and write \
                 `endpoint: {{desk: \"https://…\", accounts: \"{ACCOUNTS_UK}\"}}` with the host \
                 that your Zoho Desk has in the browser"
            )
        } else {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::as_str).collect();
            format!(
                "known are {}; for any other take `dataCenter` away and write both hosts into \
                 `endpoint: {{desk: …, accounts: …}}`",
                crate::problem::ticked(&names, "and")
            )
        }
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
        Self::of_word(text).ok_or_else(|| HostError::Unknown(text.chars().take(40).collect()))
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

    /// Whether the Desk host is this machine: a simulator, or a test.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.desk).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
    }

    /// The hosts that are neither Zoho's nor this machine, each with `desk` or `accounts`: what is
    /// sent there, credentials among it, somebody else reads.
    ///
    /// Zoho's are https on the usual port at [`ZOHO_DOMAINS`] and below.
    #[must_use]
    pub fn strangers(&self) -> Vec<(&'static str, HostPort)> {
        [("desk", &self.desk), ("accounts", &self.accounts)]
            .into_iter()
            .filter_map(|(name, address)| {
                // What is no address is no known host either.
                let Ok(url) = Url::parse(address) else {
                    return Some((name, HostPort(address.clone(), 0)));
                };
                let known = url.host().is_some_and(|host| {
                    is_loopback(&host)
                        || (url.scheme() == "https"
                            && url.port().is_none()
                            && url.domain().is_some_and(is_zohos))
                });
                (!known).then(|| (name, HostPort::of(&url)))
            })
            .collect()
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

/// A host with its port; 443 is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort(String, u16);

/// The port of https.
const HTTPS: u16 = 443;

impl HostPort {
    fn of(url: &Url) -> Self {
        Self(
            url.host_str().unwrap_or_default().to_owned(),
            url.port_or_known_default().unwrap_or_default(),
        )
    }

    /// Reads `host` or `host:port`, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(['*', '/', '\\', '@', '?', '#', '%'])
            || text.chars().any(char::is_whitespace)
        {
            return None;
        }
        let url = Url::parse(&format!("https://{text}/")).ok()?;
        url.has_host().then(|| Self::of(&url))
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(host, port) = self;
        if *port == HTTPS {
            f.write_str(host)
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// Whether a host is one of Zoho's, by whole labels.
fn is_zohos(host: &str) -> bool {
    ZOHO_DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
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
pub(crate) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
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
    fn case_20_a_data_centre_goes_by_its_domain_too() {
        for (word, centre) in [
            ("com", DataCenter::Us),
            ("zoho.com", DataCenter::Us),
            ("desk.zoho.com", DataCenter::Us),
            ("com.au", DataCenter::Au),
            (".com.au", DataCenter::Au),
            ("zoho.com.au", DataCenter::Au),
            ("com.cn", DataCenter::Cn),
            ("zoho.eu", DataCenter::Eu),
            ("Zoho.EU", DataCenter::Eu),
            ("accounts.zoho.in", DataCenter::In),
            ("zohocloud.ca", DataCenter::Ca),
        ] {
            assert_eq!(word.parse(), Ok(centre), "{word}");
        }
        // No two centres go by one word.
        for one in DataCenter::ALL {
            assert_eq!(DataCenter::of_word(one.as_str()), Some(one));
        }
        for word in [
            "uk",
            "zoho.uk",
            "co.uk",
            "usa",
            "eur",
            "co",
            "zoho",
            "zoho.ca",
            "evilzoho.com",
            "zoho.com.evil.example",
            "desk.zoho.com/",
            "",
        ] {
            assert_eq!(DataCenter::of_word(word), None, "{word}");
            let help = DataCenter::help_for(word);
            assert!(help.contains("`endpoint"), "{help}");
            assert!(!help.contains("did you mean"), "{help}");
        }
        // The United Kingdom is never sent to anybody else's centre.
        for word in ["uk", "UK", "zoho.uk", "co.uk"] {
            let help = DataCenter::help_for(word);
            assert!(help.contains("https://accounts.zoho.uk"), "{help}");
            assert!(!help.contains("`us`"), "{help}");
        }
    }

    #[test]
    fn case_37_zohos_hosts_are_told_by_whole_labels() {
        let strangers = |desk: &str, accounts: &str| -> Vec<String> {
            Endpoint::overridden(desk, accounts)
                .unwrap()
                .strangers()
                .into_iter()
                .map(|(name, host)| format!("{name} {host}"))
                .collect()
        };
        for centre in DataCenter::ALL {
            assert!(Endpoint::of(centre).strangers().is_empty(), "{centre}");
        }
        for domain in ZOHO_DOMAINS {
            for known in [
                format!("https://{domain}"),
                format!("https://desk.{domain}:443/"),
                format!("https://a.b.{}/desk", domain.to_uppercase()),
            ] {
                assert!(strangers(&known, &known).is_empty(), "{known}");
            }
            for (stranger, host) in [
                (format!("https://evil{domain}"), format!("evil{domain}")),
                (
                    format!("https://{domain}.evil.example"),
                    format!("{domain}.evil.example"),
                ),
                (
                    format!("https://desk.{domain}:8443"),
                    format!("desk.{domain}:8443"),
                ),
                (format!("https://desk-{domain}"), format!("desk-{domain}")),
            ] {
                let (desk, accounts) = (format!("desk {host}"), format!("accounts {host}"));
                assert_eq!(strangers(&stranger, &stranger), [desk.as_str(), &accounts]);
                let own = format!("https://desk.{domain}");
                assert_eq!(strangers(&stranger, &own), [desk]);
                assert_eq!(strangers(&own, &stranger), [accounts]);
            }
        }
        for known in [
            "http://127.0.0.1:8800",
            "https://127.0.0.1",
            "http://localhost:1",
            "http://[::1]:8800",
        ] {
            assert!(strangers(known, known).is_empty(), "{known}");
        }
        // Look-alikes in other scripts, and addresses of other machines.
        for (stranger, host) in [
            ("https://desk.zoho.c\u{43e}m", "desk.zoho.xn--cm-fmc"),
            ("https://10.0.0.1", "10.0.0.1"),
            ("https://localhost.evil.example", "localhost.evil.example"),
        ] {
            assert_eq!(
                strangers("https://desk.zoho.eu", stranger),
                [format!("accounts {host}")]
            );
        }
    }

    #[test]
    fn case_37_allowed_hosts_are_exact() {
        for (text, shown) in [
            ("proxy.example.com", "proxy.example.com"),
            ("Proxy.Example.com:443", "proxy.example.com"),
            ("proxy.example.com:8443", "proxy.example.com:8443"),
            ("[fd00::1]:8443", "[fd00::1]:8443"),
        ] {
            assert_eq!(HostPort::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            "*",
            "*.example.com",
            "https://example.com",
            "example.com/x",
            "me@example.com",
            "example.com:x",
            "a b",
            ":8443",
        ] {
            assert_eq!(HostPort::parse(text), None, "{text}");
        }
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
