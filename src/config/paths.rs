//! Paths in the project file: below the project folder, and where deskform writes, nobody else's file.

use std::ffi::OsStr;
use std::path::Path;

use super::read::Reader;
use super::{Environment, Target};
use crate::ledger::{Location, NOWHERE};
use crate::problem::Code;
use crate::problem::Part;
use crate::yaml::raw::{At, Raw};
use crate::yaml::source::is_yaml;

/// Whether a path begins with what a shell takes for somebody's home folder.
#[must_use]
pub fn begins_at_home(path: &str) -> bool {
    path == "~" || path.starts_with("~/") || path.starts_with("~\\")
}

impl Reader<'_> {
    /// A path below the project folder.
    pub(super) fn path(&mut self, raw: &Raw, at: At<'_>, key: &str) -> Option<String> {
        let text = self.walker.plain(raw, at, key)?;
        let parts: Vec<&str> = text
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let at_home = begins_at_home(&text);
        let leaves = at_home
            || text.starts_with('/')
            || text.contains(['\\', ':'])
            || parts.contains(&"..")
            || parts.is_empty();
        if leaves {
            let unknown = if at_home { "`~` is not expanded; " } else { "" };
            self.walker.report(
                Code::PathOutside,
                (at, Part::Value),
                format!("`{text}` is no path below the project folder"),
                "",
                Some(format!(
                    "{unknown}write a relative path with forward slashes, without `..`"
                )),
            );
            return None;
        }
        Some(parts.join("/"))
    }

    /// A path below the project folder at which deskform keeps a file of its own, such as
    /// `.deskform/NAME.json`: never one that is read as a manifest or as the project file.
    pub(super) fn own_file(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        key: &str,
        (what, usual): (&str, &str),
    ) -> Option<String> {
        let path = self.path(raw, at, key)?;
        if !is_yaml(OsStr::new(&path)) {
            return Some(path);
        }
        self.walker.report(
            Code::NotItsOwnFile,
            (at, Part::Value),
            format!("`{path}` is named as a manifest, and {what} would replace it"),
            "",
            Some(format!("write `{key}: {usual}`")),
        );
        None
    }

    pub(super) fn ledger(&mut self, raw: &Raw, at: At<'_>) -> Option<String> {
        let text = self.walker.plain(raw, at, "ledger")?;
        if text == NOWHERE {
            return Some(text);
        }
        match Location::git(&text, Path::new("")) {
            Some(Ok(_)) => return Some(text),
            Some(Err(error)) => {
                self.walker.report(
                    Code::BadFormat,
                    (at, Part::Value),
                    error.to_string(),
                    "",
                    Some(
                        "write `git`, `git:REMOTE` or `git:REMOTE/NAME`, where REMOTE is what your clone calls a remote (never an address), and NAME has letters, digits, `-` and `_`"
                            .to_owned(),
                    ),
                );
                return None;
            }
            None => {}
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return self.own_file(raw, at, "ledger", ("the ledger", ".deskform/NAME.json"));
        };
        if matches!(scheme, "s3" | "gs" | "az")
            && rest.split('/').all(|part| !part.is_empty())
            && rest.contains('/')
        {
            return Some(text);
        }
        self.walker.report(
            Code::BadFormat,
            (at, Part::Value),
            format!("`{text}` cannot hold a ledger"),
            "",
            Some("write a path below the project folder, `s3://bucket/key.json` (also `gs://`, `az://`), `git` or `none`".to_owned()),
        );
        None
    }

    /// Refuses a ledger at the place of a simulated organization, of whichever environment: each
    /// would replace the other.
    pub(super) fn ledgers_beside_states(&mut self, environments: &[Environment], at: At<'_>) {
        for environment in environments {
            let usual = Location::default_for(Path::new(""), &environment.name)
                .to_string()
                .replace('\\', "/");
            let ledger = environment.ledger.as_deref().unwrap_or(&usual);
            let kept = environments
                .iter()
                .filter_map(|other| match &other.target {
                    Target::Simulator { state, .. } => Some((other, state.to_str()?)),
                    Target::Live { .. } => None,
                })
                // Not every file system tells letters of another case apart.
                .find(|(_, state)| state.eq_ignore_ascii_case(ledger));
            let Some((other, _)) = kept else { continue };
            let report = &mut self.walker;
            if environment.ledger.is_some() {
                report.report(
                    Code::NotItsOwnFile,
                    (at.key(&environment.name).key("ledger"), Part::Value),
                    format!(
                        "`{ledger}` keeps the simulated organization of the environment `{}`, and the ledger would replace it",
                        other.name
                    ),
                    "",
                    Some("write `ledger: .deskform/NAME.json`".to_owned()),
                );
            } else {
                report.report(
                    Code::NotItsOwnFile,
                    (
                        at.key(&other.name).key("simulator").key("state"),
                        Part::Value,
                    ),
                    format!(
                        "`{ledger}` is the ledger of the environment `{}`, and the simulated organization would replace it",
                        environment.name
                    ),
                    "",
                    Some("write `state: .deskform/NAME.simulator.json`".to_owned()),
                );
            }
        }
    }
}
