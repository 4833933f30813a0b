//! Where a ledger is kept, and how that place is opened.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::client::{HttpClient, HttpConnector};
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};
use thiserror::Error;
use url::{Host, Url};

use super::backend::git;
use super::error::StoreError;
use crate::api::https::CONNECT_TIMEOUT;

/// Longest time for one call of an object store. The largest ledger has to fit.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest time until a connection to the machine's metadata stands: it is near or not there.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);
/// How often, and for how long, a call that failed is repeated.
const RETRIES: usize = 4;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// A kind of object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Amazon S3 and compatible stores.
    S3,
    /// Google Cloud Storage; needs the cargo feature `gcs`.
    Gcs,
    /// Azure Blob Storage; needs the cargo feature `azure`.
    Azure,
}

impl Scheme {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }
}

/// Where a ledger is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// An object.
    Object {
        /// The kind of store.
        scheme: Scheme,
        /// The bucket or container.
        container: String,
        /// The object's key.
        key: object_store::path::Path,
    },
    /// Nowhere: nothing is kept.
    Nowhere,
    /// A ref below `refs/deskform` on a remote of the clone that a folder lies in.
    Git {
        /// The folder.
        folder: PathBuf,
        /// The remote's name.
        remote: String,
        /// The ref's name; the environment's where there is none.
        name: Option<String>,
    },
}

/// The word for a ledger that is kept nowhere.
pub const NOWHERE: &str = "none";

/// The remote of a ledger that names none.
const REMOTE: &str = "origin";

/// A place that cannot be understood or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LocationError {
    /// No such form.
    #[error("`{0}` cannot hold a ledger")]
    Form(String),
    /// A store that this build leaves out.
    #[error("`{place}` needs a deskform built with the cargo feature `{feature}`")]
    Feature {
        /// The place.
        place: String,
        /// The feature.
        feature: &'static str,
    },
    /// An endpoint that is not encrypted; without the credentials that it may hold.
    #[error("the endpoint `{0}` is neither `https` nor a loopback host")]
    Plain(String),
    /// The store's settings are incomplete or wrong.
    #[error("`{place}` cannot be opened: {reason}")]
    Settings {
        /// The place.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl LocationError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Form(_) => {
                "write a path, `s3://bucket/key.json` (also `gs://`, `az://`), `git`, `git:REMOTE` or \
                 `git:REMOTE/NAME`, or `none`"
                    .to_owned()
            }
            Self::Feature { feature, .. } => {
                format!("build with `cargo install --path . --features {feature}`")
            }
            Self::Plain(_) => "use `https://` in `AWS_ENDPOINT_URL`".to_owned(),
            Self::Settings { .. } => {
                "check the store's variables in the environment, such as `AWS_ACCESS_KEY_ID` and \
                 `AWS_SECRET_ACCESS_KEY`"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Nowhere => f.write_str(NOWHERE),
            Self::Object {
                scheme,
                container,
                key,
            } => write!(f, "{}://{container}/{key}", scheme.as_str()),
            Self::Git { remote, name, .. } => match name {
                Some(name) => write!(f, "git:{remote}/{name}"),
                None => write!(f, "git:{remote}"),
            },
        }
    }
}

impl Location {
    /// The place where an environment's ledger is kept unless it says otherwise.
    #[must_use]
    pub fn default_for(directory: &Path, environment: &str) -> Self {
        Self::File(
            directory
                .join(".deskform")
                .join(format!("{environment}.json")),
        )
    }

    /// Whether an object store is asked through the proxies and by the certificates that the
    /// environment names: each is but one at a loopback host.
    ///
    /// # Errors
    ///
    /// An endpoint that is not encrypted.
    pub fn is_far(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<bool, LocationError> {
        match self {
            Self::Object {
                scheme: Scheme::S3, ..
            } => Ok(match endpoint(env) {
                Some(endpoint) => !is_plain_loopback(&endpoint)?,
                None => true,
            }),
            Self::Object { .. } => Ok(true),
            // Git has settings of its own.
            Self::File(_) | Self::Git { .. } | Self::Nowhere => Ok(false),
        }
    }

    /// The address of the remote that a ledger in git is pushed to, without credentials; nothing of
    /// another place. Git is asked.
    ///
    /// # Errors
    ///
    /// Git that is not there, a folder outside every clone, a remote that the clone does not know.
    pub fn remote_address(&self) -> Result<Option<String>, StoreError> {
        match self {
            Self::Git { folder, remote, .. } => git::address(folder, remote).map(Some),
            Self::File(_) | Self::Object { .. } | Self::Nowhere => Ok(None),
        }
    }

    /// Understands `git`, `git:REMOTE` and `git:REMOTE/NAME`, where `REMOTE` is what the clone calls
    /// a remote and never an address; nothing where a text begins otherwise.
    #[must_use]
    pub fn git(text: &str, folder: &Path) -> Option<Result<Self, LocationError>> {
        let rest = match text.strip_prefix("git")? {
            "" => REMOTE,
            rest => rest.strip_prefix(':')?,
        };
        let (remote, name) = match rest.split_once('/') {
            Some((remote, name)) => (remote, Some(name)),
            None => (rest, None),
        };
        // What git takes for an option, or for a path, is no name of a remote.
        let is_remote = remote.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !remote.contains("..")
            && remote
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        Some(if is_remote && name.is_none_or(is_ref) {
            Ok(Self::Git {
                folder: folder.to_path_buf(),
                remote: remote.to_owned(),
                name: name.map(str::to_owned),
            })
        } else {
            Err(LocationError::Form(text.to_owned()))
        })
    }

    /// Understands a path, taken from a folder on, `s3://`, `gs://`, `az://` with bucket and key,
    /// `none`, or what [`Location::git`] takes.
    ///
    /// # Errors
    ///
    /// Any other form.
    pub fn parse(text: &str, directory: &Path) -> Result<Self, LocationError> {
        let wrong = || LocationError::Form(text.to_owned());
        if text == NOWHERE {
            return Ok(Self::Nowhere);
        }
        if let Some(git) = Self::git(text, directory) {
            return git;
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            let path = directory.join(text);
            return match path.file_name() {
                Some(_) if !text.ends_with(['/', '\\']) && !text.is_empty() => Ok(Self::File(path)),
                _ => Err(wrong()),
            };
        };
        let scheme = match scheme {
            "s3" => Scheme::S3,
            "gs" => Scheme::Gcs,
            "az" => Scheme::Azure,
            _ => return Err(wrong()),
        };
        let (container, key) = rest.split_once('/').ok_or_else(wrong)?;
        let is_name = !container.is_empty()
            && container
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let is_folder = key.starts_with('/') || key.ends_with('/');
        if !is_name || is_folder || key.is_empty() || key.contains(['?', '#']) {
            return Err(wrong());
        }
        Ok(Self::Object {
            scheme,
            container: container.to_owned(),
            // Empty segments, `.` and `..` are refused here.
            key: object_store::path::Path::parse(key).map_err(|_| wrong())?,
        })
    }
}

/// Whether a text may name a ref here: the names of environments all may.
pub(super) fn is_ref(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// Opens an object store with what the environment says; nothing is sent yet.
pub(super) fn open(
    scheme: Scheme,
    container: &str,
    place: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ObjectStore>, LocationError> {
    // Fails only when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match scheme {
        Scheme::S3 => s3(container, place, env),
        Scheme::Gcs => gcs(container, place, env),
        Scheme::Azure => azure(container, place, env),
    }
}

/// The variables that AWS tools share and that mean something here.
const AWS_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_SERVER_SIDE_ENCRYPTION",
    "AWS_SSE_KMS_KEY_ID",
];

/// Those of Google Cloud Storage.
const GOOGLE_VARIABLES: &[&str; 3] = &[
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// Those of Azure Blob Storage.
const AZURE_VARIABLES: &[&str] = &[
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
];

/// The environment variables that say how an object store is reached and by whom.
pub fn store_variables() -> impl Iterator<Item = &'static str> {
    let all = [AWS_VARIABLES, ENDPOINTS, GOOGLE_VARIABLES, AZURE_VARIABLES];
    all.into_iter().flatten().copied()
}

fn s3(
    bucket: &str,
    place: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ObjectStore>, LocationError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_retry(retry())
        .with_client_options(options())
        // Not every compatible store can remove several objects at once.
        .with_disable_bulk_delete(true);
    for name in AWS_VARIABLES {
        if let Some(value) = env(name).filter(|value| !value.is_empty())
            && let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>()
        {
            builder = builder.with_config(key, value);
        }
    }
    let mut is_loopback = false;
    if let Some(endpoint) = endpoint(env) {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        if is_plain_loopback(&endpoint)? {
            builder = builder.with_allow_http(true);
            is_loopback = true;
        }
    }
    builder = builder.with_http_connector(Direct { is_loopback });
    let store = builder.build().map_err(|error| settings(place, &error))?;
    Ok(Arc::new(store))
}

#[cfg(feature = "gcs")]
fn gcs(
    bucket: &str,
    place: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ObjectStore>, LocationError> {
    use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(bucket)
        .with_retry(retry())
        .with_http_connector(Direct { is_loopback: false })
        .with_client_options(options());
    let keys = [
        GoogleConfigKey::ServiceAccount,
        GoogleConfigKey::ServiceAccountKey,
        GoogleConfigKey::ApplicationCredentials,
    ];
    for (name, key) in GOOGLE_VARIABLES.iter().zip(keys) {
        if let Some(value) = env(name).filter(|value| !value.is_empty()) {
            builder = builder.with_config(key, value);
        }
    }
    let store = builder.build().map_err(|error| settings(place, &error))?;
    Ok(Arc::new(store))
}

#[cfg(feature = "azure")]
fn azure(
    container: &str,
    place: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ObjectStore>, LocationError> {
    use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(container)
        .with_retry(retry())
        .with_http_connector(Direct { is_loopback: false })
        .with_client_options(options());
    for name in AZURE_VARIABLES {
        if let Some(value) = env(name).filter(|value| !value.is_empty())
            && let Ok(key) = name.to_ascii_lowercase().parse::<AzureConfigKey>()
        {
            builder = builder.with_config(key, value);
        }
    }
    let store = builder.build().map_err(|error| settings(place, &error))?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "gcs"))]
fn gcs(
    _bucket: &str,
    place: &str,
    _env: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ObjectStore>, LocationError> {
    Err(LocationError::Feature {
        place: place.to_owned(),
        feature: "gcs",
    })
}

#[cfg(not(feature = "azure"))]
fn azure(
    _container: &str,
    place: &str,
    _env: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ObjectStore>, LocationError> {
    Err(LocationError::Feature {
        place: place.to_owned(),
        feature: "azure",
    })
}

fn retry() -> RetryConfig {
    RetryConfig {
        max_retries: RETRIES,
        retry_timeout: RETRY_TIMEOUT,
        ..RetryConfig::default()
    }
}

fn options() -> ClientOptions {
    ClientOptions::new()
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_timeout(CALL_TIMEOUT)
}

fn settings(place: &str, error: &object_store::Error) -> LocationError {
    LocationError::Settings {
        place: place.to_owned(),
        reason: super::backend::words(error),
    }
}

/// The variables that name the host of an S3 store, in the order in which they count.
const ENDPOINTS: &[&str] = &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// The host of an S3 store, where it is not Amazon's.
fn endpoint(env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut set = ENDPOINTS.iter().filter_map(|name| env(name));
    set.find(|value| !value.is_empty())
}

/// Whether an endpoint is a loopback host without encryption; any other host must have it.
fn is_plain_loopback(endpoint: &str) -> Result<bool, LocationError> {
    // What is no URL is not repeated: it may be a secret in the wrong variable.
    let url = Url::parse(endpoint).map_err(|_| LocationError::Plain("…".to_owned()))?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(false),
        "http" if is_loopback => Ok(true),
        scheme => Err(LocationError::Plain(format!(
            "{scheme}://{}",
            url.host_str().unwrap_or_default()
        ))),
    }
}

/// Makes clients that follow no redirects: what follows one takes signatures and session tokens to
/// another host.
#[derive(Debug)]
struct Direct {
    /// For a loopback host: never through a proxy, and without reading certificates.
    is_loopback: bool,
}

impl HttpConnector for Direct {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        // Set for a loopback host, and by the store itself for the machine's metadata, which are
        // asked for over plain HTTP.
        let is_plain = options
            .get_config_value(&ClientConfigKey::AllowHttp)
            .is_some_and(|value| value == "true");
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(CALL_TIMEOUT)
            .https_only(!is_plain);
        builder = match (self.is_loopback, is_plain) {
            (true, _) => builder
                .no_proxy()
                .tls_certs_only([])
                .connect_timeout(CONNECT_TIMEOUT),
            (false, true) => builder.connect_timeout(METADATA_TIMEOUT),
            (false, false) => builder.connect_timeout(CONNECT_TIMEOUT),
        };
        let client = builder
            .build()
            .map_err(|error| object_store::Error::Generic {
                store: "HTTP",
                source: Box::new(error),
            })?;
        Ok(HttpClient::new(client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_understood_and_shown() {
        let base = Path::new("/project");
        for (text, shown) in [
            ("ledgers/eu.json", "/project/ledgers/eu.json"),
            ("/var/lib/eu.json", "/var/lib/eu.json"),
            ("s3://acme-desk/a/b/eu.json", "s3://acme-desk/a/b/eu.json"),
            ("gs://acme/eu.json", "gs://acme/eu.json"),
            ("az://acme/eu.json", "az://acme/eu.json"),
            ("none", "none"),
            ("none/eu.json", "/project/none/eu.json"),
            ("git", "git:origin"),
            ("git:upstream", "git:upstream"),
            ("git:up.stream-2/eu_1", "git:up.stream-2/eu_1"),
            ("git.json", "/project/git.json"),
            ("git/eu.json", "/project/git/eu.json"),
        ] {
            assert_eq!(Location::parse(text, base).unwrap().to_string(), shown);
        }
        assert_eq!(
            Location::default_for(base, "eu").to_string(),
            "/project/.deskform/eu.json"
        );
        for text in [
            "",
            "a/",
            "..",
            "s3://bucket",
            "s3://bucket/",
            "s3:///key",
            "s3://bucket//key",
            "s3://bucket/a/../key",
            "s3://key:secret@bucket/x",
            "s3://bucket/x?y",
            "http://bucket/x",
            "git:",
            "git:/x",
            "git:origin/",
            "git:origin/a/b",
            "git:origin/a.b",
            "git:-x",
            "git:..",
            "git:a..b",
            "git:https://example.com/x.git",
            "git:git@example.com",
            "git://example.com/x.git",
        ] {
            let error = Location::parse(text, base).unwrap_err();
            assert_eq!(error, LocationError::Form(text.to_owned()));
        }
    }

    #[test]
    fn plain_endpoints_are_for_loopback_hosts() {
        for (endpoint, expected) in [
            ("https://s3.example.com", Ok(false)),
            ("http://127.0.0.1:9000", Ok(true)),
            ("http://[::1]:9000/", Ok(true)),
            ("http://localhost:9000", Ok(true)),
        ] {
            assert_eq!(is_plain_loopback(endpoint), expected, "{endpoint}");
        }
        for endpoint in [
            "http://s3.example.com",
            "ftp://127.0.0.1",
            "http://10.0.0.1",
        ] {
            let env = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| endpoint.to_owned());
            let error = open(Scheme::S3, "bucket", "s3://bucket/x", &env).unwrap_err();
            assert_eq!(error, LocationError::Plain(endpoint.to_owned()));
        }
    }

    #[test]
    fn only_a_store_at_a_loopback_host_is_near() {
        let loopback = "http://127.0.0.1:9000";
        for (place, endpoint, expected) in [
            ("s3://bucket/x", "", true),
            ("s3://bucket/x", "https://s3.example.com", true),
            ("s3://bucket/x", "https://127.0.0.1:9000", true),
            ("s3://bucket/x", loopback, false),
            // The variable is S3's.
            ("gs://bucket/x", loopback, true),
            ("az://bucket/x", loopback, true),
            ("x.json", "", false),
            ("git", "", false),
            ("none", "", false),
        ] {
            let env = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| endpoint.to_owned());
            let location = Location::parse(place, Path::new("")).unwrap();
            assert_eq!(location.is_far(&env), Ok(expected), "{place} {endpoint}");
        }
    }

    #[test]
    fn half_of_a_key_is_an_error_that_does_not_tell_it() {
        let env = |name: &str| (name == "AWS_SECRET_ACCESS_KEY").then(|| "hush".to_owned());
        let error = open(Scheme::S3, "bucket", "s3://bucket/x", &env).unwrap_err();
        assert!(matches!(error, LocationError::Settings { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hush"));
    }

    #[cfg(not(feature = "gcs"))]
    #[test]
    fn a_store_that_is_left_out_names_its_feature() {
        let error = open(Scheme::Gcs, "bucket", "gs://bucket/x", &|_| None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`gs://bucket/x` needs a deskform built with the cargo feature `gcs`"
        );
    }

    /// The session token goes to the host that was named, and nowhere else.
    #[tokio::test]
    async fn redirects_are_not_followed() {
        use object_store::ObjectStoreExt as _;
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        use tokio::net::TcpListener;
        let (here, elsewhere) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let endpoint = format!("http://{}", here.local_addr().unwrap());
        let other = elsewhere.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = here.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut piece = [0; 1024];
                let count = stream.read(&mut piece).await.unwrap();
                asked.extend_from_slice(&piece[..count]);
            }
            let answer = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{other}/bucket/x\r\nContent-Length: 0\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        let env = |name: &str| {
            let value = match name {
                "AWS_ENDPOINT_URL" => endpoint.as_str(),
                "AWS_ACCESS_KEY_ID" => "id",
                "AWS_SECRET_ACCESS_KEY" => "key",
                "AWS_SESSION_TOKEN" => "session-x",
                "AWS_REGION" => "us-east-1",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let store = open(Scheme::S3, "bucket", "s3://bucket/x", &env).unwrap();
        assert!(store.get(&"x".into()).await.is_err());
        assert!(server.await.unwrap().contains("session-x"));
        let visit = tokio::time::timeout(Duration::ZERO, elsewhere.accept()).await;
        assert!(visit.is_err(), "the redirect was followed");
    }
}
