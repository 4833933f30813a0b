//! The file `.env` of a project: values for `${env.…}`, `${secret.…}` and `credentials`.
//!
//! Whoever may change a repository may change this file, so it serves manifests and credentials
//! alone: nothing in it sets up deskform, the network or the ledger, it holds no expressions that
//! could copy one variable into another, and it is no link to a file elsewhere. The environment of
//! the process always beats it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::common::{Failure, file_failure};
use super::files::read_file;
use crate::ledger::store_variables;
use crate::problem::{Code, Problem, Problems};

/// The name of the file.
pub(super) const FILE: &str = ".env";
/// Largest such file that is read, in bytes.
const MAX: u64 = 1024 * 1024;

/// What the file of a project sets.
#[derive(Debug, Clone, Default)]
pub(super) struct DotEnv {
    values: BTreeMap<String, (String, usize)>,
    /// Lines that have no effect.
    pub(super) warnings: Vec<Problem>,
}

impl DotEnv {
    /// Reads the file of a project folder; one that is not there sets nothing.
    ///
    /// # Errors
    /// [`Failure`] when it is no file, cannot be read, or holds lines that nobody understands.
    pub(super) fn read(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join(FILE);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(file_failure("read", &path, &error)),
            Ok(found) if found.is_symlink() => {
                return Err(Problem::error(
                    Code::SymbolicLink,
                    format!("`{FILE}` is a symbolic link, which could show what lies elsewhere"),
                )
                .help("put the file itself in the link's place")
                .into());
            }
            // Where such files are a folder, they are not meant for this.
            Ok(found) if !found.is_file() => return Ok(Self::default()),
            Ok(_) => {}
        }
        let bytes = read_file(&path, MAX)?.unwrap_or_default();
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(
                Problem::error(Code::NotUtf8, format!("`{FILE}` is not UTF-8"))
                    .help("save it as UTF-8")
                    .into(),
            );
        };
        Self::parse(&text).map_err(|problems| {
            Failure::Problems(Problems::from(problems), super::common::Texts::default())
        })
    }

    fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut all = Self::default();
        let mut problems = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match entry(line) {
                // A line may hold a secret, so that it is never repeated.
                Err(why) => problems.push(
                    Problem::error(Code::Dotenv, format!("`{FILE}:{number}` {why}"))
                        .help("write `NAME=value`, with `'…'` or `\"…\"` around values that have blanks or `#`"),
                ),
                Ok((name, _)) if is_closed(name) => all.warnings.push(
                    Problem::warning(
                        Code::DotenvIgnored,
                        format!("`{FILE}:{number}` sets `{name}`, which has no effect there"),
                    )
                    .help("what sets up deskform, the network or the ledger comes from the environment of the process alone: set it in the shell"),
                ),
                Ok((name, value)) => {
                    all.values.insert(name.to_owned(), (value, number));
                }
            }
        }
        if problems.is_empty() {
            Ok(all)
        } else {
            Err(problems)
        }
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// The line that sets a variable.
    pub(super) fn line(&self, name: &str) -> Option<usize> {
        self.values.get(name).map(|(_, line)| *line)
    }

    /// All that is set.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.values.iter();
        values.map(|(name, (value, _))| (name.as_str(), value.as_str()))
    }
}

/// Whether a variable sets up deskform, the way to the servers, or who may write the ledger.
fn is_closed(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // Of Google and Azure the settings of the ledger alone: other keys of theirs may be a webhook's.
    ["DESKFORM_", "SSL_CERT_", "AWS_", "GIT_", "SSH_"]
        .iter()
        .any(|begin| name.starts_with(begin))
        || store_variables().any(|one| one == name)
        || name.ends_with("_PROXY")
}

/// The name and the value of a line; in words what is wrong with it.
fn entry(line: &str) -> Result<(&str, String), &'static str> {
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim_start(),
        _ => line,
    };
    let (name, rest) = line.split_once('=').ok_or("has no `=`")?;
    let name = name.trim_end();
    let mut characters = name.chars();
    let is_name = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|one| one.is_ascii_alphanumeric() || one == '_');
    if !is_name {
        return Err("does not begin with the name of a variable");
    }
    Ok((name, value(rest.trim_start())?))
}

/// A value as it is written: quoted, or up to a comment. Nothing in it is replaced.
fn value(text: &str) -> Result<String, &'static str> {
    let (value, rest) = match text.chars().next() {
        Some('\'') => {
            let inside = text.get(1..).unwrap_or_default();
            let (value, rest) = inside.split_once('\'').ok_or("has an open quote")?;
            (value.to_owned(), rest)
        }
        Some('"') => {
            let mut value = String::new();
            let mut characters = text.char_indices().skip(1);
            let end = loop {
                match characters.next().ok_or("has an open quote")? {
                    (at, '"') => break at + 1,
                    (_, '\\') => match characters.next().ok_or("has an open quote")?.1 {
                        'n' => value.push('\n'),
                        'r' => value.push('\r'),
                        't' => value.push('\t'),
                        other @ ('"' | '\\' | '$') => value.push(other),
                        other => value.extend(['\\', other]),
                    },
                    (_, other) => value.push(other),
                }
            };
            (value, text.get(end..).unwrap_or_default())
        }
        _ => {
            let comment = text
                .match_indices('#')
                .find(|(at, _)| {
                    let before = text.get(..*at).unwrap_or_default();
                    before.is_empty() || before.ends_with(char::is_whitespace)
                })
                .map_or(text.len(), |(at, _)| at);
            let value = text.get(..comment).unwrap_or_default();
            return Ok(value.trim_end().to_owned());
        }
    };
    match rest.trim_start() {
        "" => Ok(value),
        rest if rest.starts_with('#') => Ok(value),
        _ => Err("goes on behind the closing quote"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_as_they_are_written() {
        let text = "\u{feff}# a comment\n\nA=one\nexport B = two words # and a comment\nC='a # b $X ${secret.Y}'\n\
                    D=\"x\\ny \\\"q\\\" \\$Z \\d\" # c\nE=\nF=a#b\nexported=1\nA=again\nG=${A}$B\r\n";
        let file = DotEnv::parse(text).unwrap();
        for (name, value) in [
            ("A", Some("again")),
            ("B", Some("two words")),
            ("C", Some("a # b $X ${secret.Y}")),
            ("D", Some("x\ny \"q\" $Z \\d")),
            ("E", Some("")),
            ("F", Some("a#b")),
            ("exported", Some("1")),
            // What one variable holds never comes into another one.
            ("G", Some("${A}$B")),
            ("H", None),
        ] {
            assert_eq!(file.get(name), value, "{name}");
        }
        assert_eq!(file.line("A"), Some(10));
        assert!(file.warnings.is_empty());
    }

    #[test]
    fn lines_that_nobody_understands_are_told_without_their_words() {
        let text = "hunter2\n1A=hunter2\nB='hunter2\nC=\"hunter2\nD='hunter2' hunter2\n=hunter2\n";
        let problems = DotEnv::parse(text).unwrap_err();
        assert_eq!(problems.len(), 6);
        for (index, problem) in problems.iter().enumerate() {
            let told = format!("`.env:{}` ", index + 1);
            assert!(problem.message.starts_with(&told), "{}", problem.message);
            assert!(!problem.message.contains("hunter2"), "{}", problem.message);
        }
    }

    #[test]
    fn what_sets_up_the_program_is_never_served() {
        for name in [
            "DESKFORM_ALLOW_ENDPOINT",
            "DESKFORM_CREDENTIAL_COMMAND",
            "deskform_env",
            "HTTPS_PROXY",
            "https_proxy",
            "NO_PROXY",
            "ALL_PROXY",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "AWS_ACCESS_KEY_ID",
            "aws_region",
        ] {
            let file = DotEnv::parse(&format!("X=1\n{name}=https://evil.example\n")).unwrap();
            assert_eq!(file.get(name), None, "{name}");
            let [warning] = file.warnings.as_slice() else {
                panic!("{name}");
            };
            assert!(
                warning
                    .message
                    .starts_with(&format!("`.env:2` sets `{name}`"))
            );
        }
        for name in ["ZOHO_CLIENT_ID", "PROXY", "MY_AWS_X", "SSL_CERTIFICATE"] {
            let file = DotEnv::parse(&format!("{name}=1\n")).unwrap();
            assert_eq!(file.get(name), Some("1"), "{name}");
        }
    }
}
