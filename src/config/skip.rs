//! `skipFiles`: which YAML files below the project folder are somebody else's.

use super::read::Reader;
use super::words::SKIP_FILES;
use super::{Environment, Project};
use crate::problem::{Code, Part, Place, Problem};
use crate::yaml::raw::{At, Raw};

/// A pattern of paths below the project folder, with forward slashes.
///
/// `*` is any run of characters but `/`, `?` one of them, `**` as a whole part any number of folders.
/// As in `.gitignore`, a pattern without a slash counts in every folder, and one that fits a folder
/// fits all that lies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    parts: Vec<String>,
}

impl Skip {
    /// Understands a pattern, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains('\\') {
            return Err("write forward slashes");
        }
        if text.starts_with('!') {
            return Err("nothing is taken back: name what is to be skipped, and nothing else");
        }
        if text.contains(['[', ']', '{', '}']) {
            return Err(
                "`*`, `**` and `?` alone stand for other characters: write several patterns",
            );
        }
        let rest = text.strip_prefix("./").unwrap_or(text);
        let is_anchored = rest.trim_end_matches('/').contains('/');
        let named = |part: &&str| !part.is_empty() && *part != ".";
        let parts: Vec<&str> = rest.split('/').filter(named).collect();
        if parts.is_empty() || parts.contains(&"..") || super::begins_at_home(text) {
            return Err("write a path below the project folder, without `..`");
        }
        let everywhere = (!is_anchored && parts != ["**"]).then_some("**");
        Ok(Self {
            parts: everywhere
                .into_iter()
                .chain(parts)
                .map(str::to_owned)
                .collect(),
        })
    }

    /// Whether a file or folder is skipped by itself; what lies in a folder is not asked about.
    #[must_use]
    pub fn fits(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        parts_fit(&self.parts, &path)
    }
}

/// Whether a file or folder is skipped by itself or with a folder that it lies in.
fn is_skipped(path: &str, skip: &[Skip]) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at);
    let mut all = ends.chain([path.len()]).filter_map(|end| path.get(..end));
    all.any(|path| skip.iter().any(|one| one.fits(path)))
}

impl Project {
    /// Whether `skipFiles` leave a file below the project folder out, by itself or with a folder that
    /// it lies in; the path has forward slashes.
    #[must_use]
    pub fn skips(&self, path: &str) -> bool {
        is_skipped(path, &self.skip_files)
    }

    /// The place of `skipFiles` in the project file.
    #[must_use]
    pub fn skip_files_place(&self) -> Place {
        self.place(SKIP_FILES, Part::Key)
    }
}

/// Whether parts of a pattern fit the parts of a path, each time from the last `**` on anew.
fn parts_fit(pattern: &[String], path: &[&str]) -> bool {
    walk(
        pattern.len(),
        path.len(),
        |at| pattern.get(at).is_some_and(|part| part == "**"),
        |at, to| match (pattern.get(at), path.get(to)) {
            (Some(part), Some(name)) => part_fits(part, name),
            _ => false,
        },
    )
}

/// Whether a pattern's part fits a name.
fn part_fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    walk(
        pattern.len(),
        name.len(),
        |at| pattern.get(at) == Some(&'*'),
        |at, to| pattern.get(at) == Some(&'?') || pattern.get(at) == name.get(to),
    )
}

/// Walks along a pattern and a text, where some places of the pattern stand for any run: in time that
/// grows with the product of the lengths, whatever the pattern.
fn walk(
    pattern: usize,
    text: usize,
    is_run: impl Fn(usize) -> bool,
    fits: impl Fn(usize, usize) -> bool,
) -> bool {
    let (mut at, mut to) = (0, 0);
    let mut last_run = None;
    while to < text {
        if at < pattern && is_run(at) {
            last_run = Some((at, to));
            at += 1;
        } else if at < pattern && fits(at, to) {
            at += 1;
            to += 1;
        } else if let Some((run, taken)) = last_run {
            // The last run takes one more.
            last_run = Some((run, taken + 1));
            at = run + 1;
            to = taken + 1;
        } else {
            return false;
        }
    }
    (at..pattern).all(is_run)
}

impl Reader<'_> {
    /// Reads `skipFiles`.
    pub(super) fn skip_files(&mut self, raw: &Raw, at: At<'_>) -> Vec<Skip> {
        let mut out = Vec::new();
        for (index, item) in self.walker.items(raw, at, SKIP_FILES).iter().enumerate() {
            let here = at.index(index);
            let Some(text) = self.walker.plain(item, here, SKIP_FILES) else {
                continue;
            };
            match Skip::parse(&text) {
                Ok(skip) => out.push(skip),
                Err(help) => self.walker.report(
                    Code::BadPattern,
                    (here, Part::Value),
                    format!("`{text}` is no pattern of files below the project folder"),
                    "",
                    Some(help.to_owned()),
                ),
            }
        }
        out
    }

    /// Refuses an overlay that is skipped: an environment would be without it, and nobody would know.
    pub(super) fn skipped_overlays(&mut self, environments: &[Environment], skip: &[Skip]) {
        for overlay in environments.iter().flat_map(|one| &one.overlays) {
            if is_skipped(&overlay.path, skip) {
                self.walker.problems.push(
                    Problem::error(
                        Code::Conflict,
                        format!(
                            "the overlay `{}` is skipped by `{SKIP_FILES}`",
                            overlay.path
                        ),
                    )
                    .at(overlay.place.clone(), "listed here")
                    .help(format!(
                        "take it out of `overlays`, or name less in `{SKIP_FILES}`"
                    )),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_33_patterns_fit_as_in_an_ignore_file() {
        for (pattern, fitting, others) in [
            (
                "docker-compose.yml",
                &["docker-compose.yml", "a/b/docker-compose.yml"][..],
                &[
                    "docker-compose.yaml",
                    "docker-compose.yml/x",
                    "xdocker-compose.yml",
                ][..],
            ),
            (
                "node_modules/**",
                &[
                    "node_modules/a.yaml",
                    "node_modules/a/b/c.yml",
                    "node_modules",
                ],
                &["a/node_modules/b.yaml", "node_modules2/a.yaml"],
            ),
            (
                "node_modules/",
                &["node_modules", "a/node_modules"],
                &["node_modules2"],
            ),
            (
                "**/charts/*.yaml",
                &["charts/a.yaml", "x/y/charts/b.yaml"],
                &["charts/a/b.yaml"],
            ),
            ("./ci/*.y?ml", &["ci/a.yaml"], &["ci/a.yml", "x/ci/a.yaml"]),
            (
                "a/**/z.yaml",
                &["a/z.yaml", "a/b/c/z.yaml"],
                &["b/a/z.yaml", "a/z.yml"],
            ),
            ("*.gen.*", &["x.gen.yaml", "a/x.gen.y"], &["gen.yaml"]),
            ("**", &["a.yaml", "a/b.yaml"], &[]),
        ] {
            let skip = Skip::parse(pattern).unwrap();
            for path in fitting {
                assert!(skip.fits(path), "{pattern} {path}");
            }
            for path in others {
                assert!(!skip.fits(path), "{pattern} {path}");
            }
        }
        for pattern in [
            "",
            "/",
            "../a",
            "a/../b",
            "~/a",
            "!a.yaml",
            "a\\b",
            "[ab].yaml",
            "{a,b}.yaml",
        ] {
            assert!(Skip::parse(pattern).is_err(), "{pattern}");
        }
        // No pattern takes long: this one would try 2^64 ways.
        let long = "a".repeat(64);
        assert!(
            !Skip::parse(&"*a".repeat(40))
                .unwrap()
                .fits(&format!("{long}b"))
        );
    }
}
