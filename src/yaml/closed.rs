//! Environment variables whose values manifests may not use, or may not print.

use crate::problem::Code;
use std::collections::{BTreeMap, BTreeSet};

use super::raw::Raw;
use super::variables::{BadExpression, references};

/// What is secret by its name alone, whoever set it.
const NAMES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "CI_JOB_TOKEN",
];
/// Beginnings of such names.
const BEGINNINGS: &[&str] = &["ACTIONS_"];
/// Ends of such names.
const ENDS: &[&str] = &["_TOKEN", "_SECRET", "_PASSWORD"];

/// Whether an environment variable holds a secret as far as its name tells.
#[must_use]
pub fn is_secret_by_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.contains(&name.as_str())
        || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
        || ENDS.iter().any(|end| name.ends_with(end))
}

/// The names that the manifests of a project may not use in each form of expression.
///
/// Names are compared without regard to case, since some systems know no other way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closed {
    /// What `credentials` name, each with an environment that does.
    credentials: BTreeMap<String, (String, String)>,
    /// What is used as `${secret.…}`.
    secrets: BTreeSet<String>,
    /// Whether names are told apart at all; credentials themselves may name anything.
    open: bool,
}

impl Closed {
    /// Closes nothing: for `credentials` themselves.
    pub(crate) fn nothing() -> Self {
        Self {
            open: true,
            ..Self::default()
        }
    }

    /// Closes the variables that a text of an environment's `credentials` names.
    pub(crate) fn add_credential(&mut self, text: &str, environment: &str) {
        for (_, name) in references(text).filter(|(form, _)| matches!(*form, "env" | "secret")) {
            self.credentials
                .entry(name.to_ascii_uppercase())
                .or_insert_with(|| (name.to_owned(), environment.to_owned()));
        }
    }

    /// Closes names that are used as `${secret.…}` against being printed.
    pub fn add_secrets<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        let names = names.into_iter().map(str::to_ascii_uppercase);
        self.secrets.extend(names);
    }

    /// The variables that `credentials` name.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        self.credentials.values().map(|(name, _)| name.as_str())
    }

    /// Why a manifest may not use a variable in a form, `env` or `secret`; nothing where it may.
    pub(crate) fn refuse(&self, form: &str, name: &str) -> Option<BadExpression> {
        if self.open {
            return None;
        }
        let expression = format!("${{{form}.{name}}}");
        let upper = name.to_ascii_uppercase();
        let (code, message, help) = if let Some((_, environment)) = self.credentials.get(&upper) {
            (
                Code::CredentialInManifest,
                format!(
                    "`{name}` is one of the `credentials` of the environment `{environment}`, which no manifest may use"
                ),
                "take it out; where a receiver needs a secret, give it one of its own under another name, as `${secret.NAME}`".to_owned(),
            )
        } else if form != "env" {
            return None;
        } else if self.secrets.contains(&upper) {
            (
                Code::SecretPrinted,
                format!(
                    "`{name}` is used as `${{secret.{name}}}` in the manifests, and `{expression}` would print it"
                ),
                format!("write `${{secret.{name}}}` here, too: it is never shown or stored"),
            )
        } else if is_secret_by_name(name) {
            (
                Code::SecretPrinted,
                format!("`{name}` is secret by its name, and `{expression}` would print it"),
                format!(
                    "write `${{secret.{name}}}`, which is never shown or stored; what may be shown needs another name"
                ),
            )
        } else {
            return None;
        };
        Some(BadExpression {
            code,
            message,
            expression,
            help,
        })
    }
}

/// The names that a text uses as `${secret.…}`.
pub fn names_of_secrets(text: &str) -> impl Iterator<Item = &str> {
    references(text)
        .filter(|(form, _)| *form == "secret")
        .map(|(_, name)| name)
}

/// Whether a file may hold an expression at all: one takes a `${`, or a `\` to write it with.
pub(crate) fn may_hold_expressions(text: &str) -> bool {
    text.contains("${") || text.contains('\\')
}

/// Adds the names that a value uses as `${secret.…}`.
pub(crate) fn collect_secrets(raw: &Raw, names: &mut BTreeSet<String>) {
    match raw {
        Raw::Text(text) => names.extend(names_of_secrets(text).map(str::to_owned)),
        Raw::List(items) => items.iter().for_each(|item| collect_secrets(item, names)),
        Raw::Map(entries) => entries
            .iter()
            .for_each(|(_, value)| collect_secrets(value, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_37_names_tell_secrets() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "CI_JOB_TOKEN",
            "ACTIONS_RUNTIME_URL",
            "NPM_TOKEN",
            "PROD_CLIENT_SECRET",
            "DB_PASSWORD",
            "github_token",
            "Db_Password",
        ] {
            assert!(is_secret_by_name(name), "{name}");
            let bad = Closed::default().refuse("env", name).unwrap();
            assert!(
                bad.help.contains(&format!("`${{secret.{name}}}`")),
                "{bad:?}"
            );
            assert_eq!(Closed::default().refuse("secret", name), None);
            assert_eq!(Closed::nothing().refuse("env", name), None);
        }
        for name in [
            "REGION",
            "AWS_REGION",
            "TOKENS",
            "SECRET_SANTA",
            "TOKEN",
            "PASSWORD",
        ] {
            assert!(!is_secret_by_name(name), "{name}");
            assert_eq!(Closed::default().refuse("env", name), None);
        }
    }

    #[test]
    fn case_37_credentials_are_closed_in_both_forms() {
        let mut closed = Closed::default();
        closed.add_credential("${env.APP} $${env.NOT} x", "production");
        closed.add_credential("a${secret.Key}${var.x}", "production");
        closed.add_secrets(["HOOK"]);
        assert_eq!(closed.credentials().collect::<Vec<_>>(), ["APP", "Key"]);
        for (form, name, closed_as) in [
            ("env", "APP", Some(Code::CredentialInManifest)),
            ("secret", "APP", Some(Code::CredentialInManifest)),
            ("secret", "KEY", Some(Code::CredentialInManifest)),
            ("env", "hook", Some(Code::SecretPrinted)),
            ("secret", "HOOK", None),
            ("env", "NOT", None),
            ("env", "x", None),
        ] {
            let refused = closed.refuse(form, name).map(|bad| bad.code);
            assert_eq!(refused, closed_as, "{form} {name}");
        }
    }
}
