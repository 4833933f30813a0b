//! What the environment says of the way to the servers: proxies and trusted certificates.
//!
//! The libraries below pass over what they cannot use, and a call then fails for a reason that names
//! nothing. So what is set is looked at before the first call.

use std::fs;
use std::path::Path;

use url::Url;

use super::common::{Failure, environment_variable};
use crate::api::Endpoint;
use crate::ledger::Location;
use crate::problem::{Code, Problem, Problems};

/// The variables that name a proxy for HTTPS, in the order in which they count.
const PROXIES: &[&str] = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The schemes of proxies.
const SCHEMES: &[&str] = &["http", "https"];
/// The file of trusted certificates.
const CERTIFICATES: &str = "SSL_CERT_FILE";
/// The folders of trusted certificates.
const CERTIFICATE_FOLDERS: &str = "SSL_CERT_DIR";
/// How a certificate begins in a file.
const BEGINNING: &str = "-----BEGIN CERTIFICATE-----";

/// Refuses settings that would be passed over, where something goes out over TLS to Zoho Desk.
///
/// # Errors
/// [`Failure`] for each variable whose value cannot be used.
pub(super) fn check(endpoint: &Endpoint) -> Result<(), Failure> {
    let is_secure = |address: &str| address.starts_with("https:");
    check_where(is_secure(endpoint.desk()) || is_secure(endpoint.accounts()))
}

/// The same where the ledger's place is asked.
///
/// # Errors
/// [`Failure`] for each variable whose value cannot be used, and for a place that is not encrypted.
pub(super) fn check_ledger(location: &Location) -> Result<(), Failure> {
    check_where(location.is_far(&environment_variable)?)
}

fn check_where(goes_out: bool) -> Result<(), Failure> {
    if !goes_out {
        return Ok(());
    }
    let problems = problems(&environment_variable);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::Problems(
        Problems::from(problems),
        super::common::Texts::default(),
    ))
}

fn problems(variable: &dyn Fn(&str) -> Option<String>) -> Vec<Problem> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    // The first one counts.
    let proxy = PROXIES.iter().find_map(|name| Some((*name, set(name)?)));
    let mut problems: Vec<Problem> = proxy
        .into_iter()
        .filter_map(|(name, value)| {
            // A proxy's address may hold a password, so that it is never repeated.
            let why = bad_proxy(value.trim())?;
            Some(
                Problem::error(Code::BadSetting, format!("`{name}` names no proxy: {why}"))
                    .help("write `http://host:port`, or unset it; hosts that are reached without it stand in `NO_PROXY`, with commas between"),
            )
        })
        .collect();
    if let Some(path) = set(CERTIFICATES)
        && let Some(why) = bad_file(Path::new(&path))
    {
        problems.push(
            Problem::error(Code::BadSetting, format!("`{CERTIFICATES}` is `{path}`, and {why}"))
                .help("name a file in PEM form with the certificates that are trusted, or unset it for the system's own"),
        );
    }
    for path in set(CERTIFICATE_FOLDERS)
        .iter()
        .flat_map(std::env::split_paths)
    {
        if !path.is_dir() {
            problems.push(
                Problem::error(
                    Code::BadSetting,
                    format!(
                        "`{CERTIFICATE_FOLDERS}` is `{}`, and there is no such folder",
                        path.display()
                    ),
                )
                .help("name a folder of trusted certificates, or unset it for the system's own"),
            );
        }
    }
    problems
}

/// Why an address cannot be that of a proxy.
fn bad_proxy(text: &str) -> Option<String> {
    // Without a scheme it is one of HTTP.
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    match Url::parse(&whole) {
        Err(error) => Some(error.to_string()),
        Ok(url) if !SCHEMES.contains(&url.scheme()) => {
            Some(format!("`{}` is no scheme of a proxy here", url.scheme()))
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => Some("it has no host".to_owned()),
        Ok(url) if !matches!(url.path(), "" | "/") || url.query().is_some() => {
            Some("something stands behind its host and port".to_owned())
        }
        Ok(_) => None,
    }
}

/// Why a file cannot be that of the trusted certificates.
fn bad_file(path: &Path) -> Option<String> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Some("it is no file".to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Some("there is no such file".to_owned());
        }
        Err(error) => return Some(format!("it cannot be read: {error}")),
    }
    match fs::read(path) {
        Ok(bytes) if String::from_utf8_lossy(&bytes).contains(BEGINNING) => None,
        Ok(_) => Some(format!("it holds no certificate: no line is `{BEGINNING}`")),
        Err(error) => Some(format!("it cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, value: &str) -> Vec<String> {
        let variable = |asked: &str| (asked == name).then(|| value.to_owned());
        let problems = problems(&variable);
        problems.into_iter().map(|one| one.message).collect()
    }

    #[test]
    fn case_32_what_cannot_be_used_is_told() {
        for value in [
            "http://proxy.example.com:3128",
            "https://user:word@proxy.example.com",
            "proxy.example.com:3128",
            "10.0.0.1:8080/",
            "",
            "  ",
        ] {
            assert_eq!(told("HTTPS_PROXY", value), Vec::<String>::new(), "{value}");
        }
        for name in PROXIES {
            for value in [
                "http://",
                "http://host:notaport",
                "http://proxy.example.com:99999",
                "socks9://proxy.example.com",
                "http:/user:hunter2@proxy.example.com/x",
                "a b",
            ] {
                let told = told(name, value);
                assert_eq!(told.len(), 1, "{value}");
                assert!(told[0].starts_with(&format!("`{name}` names no proxy: ")));
                assert!(!told[0].contains("hunter2"), "{told:?}");
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certificates.pem");
        let name = file.display().to_string();
        let told_of = |name: &str| told("SSL_CERT_FILE", name).join("");
        assert!(told_of(&name).ends_with("and there is no such file"));
        assert!(told_of(&folder.path().display().to_string()).ends_with("and it is no file"));
        fs::write(&file, "nothing").unwrap();
        assert!(told_of(&name).contains("it holds no certificate"));
        fs::write(&file, format!("# ours\n{BEGINNING}\nAAAA\n")).unwrap();
        assert_eq!(told_of(&name), "");
        let told = told("SSL_CERT_DIR", &name);
        assert!(told[0].ends_with("and there is no such folder"), "{told:?}");
    }
}
