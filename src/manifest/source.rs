//! The files of a project: which of them are manifests, and their texts.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::config::{Environment, PROJECT_FILE, Project};
use crate::problem::{Place, Problem, Problems};

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 32 * 1024 * 1024;

/// Folders inside folders that are followed.
const MAX_FOLDERS: usize = 64;

/// One file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, relative to the project folder, with forward slashes.
    pub name: Arc<str>,
    /// Its text without a byte order mark; what is not UTF-8 is replaced.
    pub text: Arc<str>,
    /// The first byte that is not UTF-8, if there is one.
    pub invalid: Option<usize>,
}

impl Source {
    /// A file from its bytes.
    pub fn new(name: impl Into<Arc<str>>, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let (text, invalid) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.into(), None),
            Err(error) => (
                String::from_utf8_lossy(bytes).into(),
                Some(error.valid_up_to()),
            ),
        };
        Self {
            name: name.into(),
            text,
            invalid,
        }
    }
}

/// The files that make up one environment's desired state.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The files below the project folder that no environment lists as overlays, by name.
    pub base: Vec<Source>,
    /// The files of each of the environment's overlays, in order.
    pub overlays: Vec<Vec<Source>>,
}

impl Sources {
    /// All files.
    pub fn all(&self) -> impl Iterator<Item = &Source> {
        self.base.iter().chain(self.overlays.iter().flatten())
    }

    /// The text of a file, for reports.
    #[must_use]
    pub fn text(&self, file: &str) -> Option<Arc<str>> {
        self.all()
            .find(|source| &*source.name == file)
            .map(|source| Arc::clone(&source.text))
    }
}

/// Finds and reads the manifests of an environment.
///
/// Manifests are all `*.yaml` and `*.yml` files below the project folder but the project file,
/// hidden files and folders, folders with a project file of their own, and the overlays of every
/// environment; of these, the environment's own are read besides.
///
/// # Errors
///
/// Files that cannot be read or are too large, symbolic links, and overlays that do not exist.
pub fn files(project: &Project, environment: &Environment) -> Result<Sources, Problems> {
    let mut finder = Finder::new(project);
    finder.folder("", None, 0);
    let base = finder.take();
    let mut overlays = Vec::new();
    for overlay in &environment.overlays {
        let name = overlay.path.as_str();
        if let Some(link) = linked(&project.directory, name) {
            finder.refuse_link(&link);
            overlays.push(Vec::new());
            continue;
        }
        match fs::symlink_metadata(project.directory.join(name)) {
            Ok(meta) if meta.is_dir() => finder.folder(name, Some(name), 0),
            Ok(meta) if meta.is_file() => finder.file(name, meta.len()),
            Ok(_) => finder.refuse_link(name),
            Err(error) => finder.problems.push(
                Problem::error(
                    "missing-overlay",
                    format!("the overlay `{name}` cannot be read: {}", reason(&error)),
                )
                .at(overlay.place.clone(), "listed here")
                .help("create the folder, or take it out of `overlays`"),
            ),
        }
        overlays.push(finder.take());
    }
    if finder.problems.is_empty() {
        Ok(Sources { base, overlays })
    } else {
        Err(finder.problems.into())
    }
}

/// The files of the overlays that other environments have and this one has not: they are no part of
/// its desired state, but tell what the project treats as secret. What cannot be read is left out.
#[must_use]
pub fn elsewhere(project: &Project, environment: &Environment) -> Vec<Source> {
    let all = project.environments.iter().flat_map(|one| &one.overlays);
    let others: BTreeSet<&str> = all
        .filter(|overlay| {
            !environment
                .overlays
                .iter()
                .any(|own| own.path == overlay.path)
        })
        .map(|overlay| overlay.path.as_str())
        .collect();
    let mut finder = Finder::new(project);
    for name in others {
        if linked(&project.directory, name).is_some() {
            continue;
        }
        match fs::symlink_metadata(project.directory.join(name)) {
            Ok(meta) if meta.is_dir() => finder.folder(name, Some(name), 0),
            Ok(meta) if meta.is_file() => finder.file(name, meta.len()),
            _ => {}
        }
    }
    finder.take()
}

/// The first part of a path below a folder that is a symbolic link: what lies behind it may be
/// anywhere.
pub(crate) fn linked(root: &Path, path: &str) -> Option<String> {
    path.match_indices('/')
        .map(|(at, _)| at)
        .chain([path.len()])
        .filter_map(|end| path.get(..end))
        .find(|part| fs::symlink_metadata(root.join(part)).is_ok_and(|meta| meta.is_symlink()))
        .map(str::to_owned)
}

/// What the operating system says, without its error number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads a file up to one byte more than [`MAX_FILE`], whatever it says of its size.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Finder<'a> {
    root: &'a Path,
    overlays: Vec<&'a str>,
    problems: Vec<Problem>,
    found: Vec<Source>,
}

impl<'a> Finder<'a> {
    fn new(project: &'a Project) -> Self {
        Self {
            root: &project.directory,
            overlays: project
                .environments
                .iter()
                .flat_map(|environment| &environment.overlays)
                .map(|overlay| overlay.path.as_str())
                .collect(),
            problems: Vec::new(),
            found: Vec::new(),
        }
    }

    fn take(&mut self) -> Vec<Source> {
        std::mem::take(&mut self.found)
    }

    /// Reads a folder; `inside` is the overlay it belongs to.
    fn folder(&mut self, name: &str, inside: Option<&str>, depth: usize) {
        if depth > MAX_FOLDERS {
            self.refuse(
                name,
                "too-many-folders",
                format!("folders are nested more than {MAX_FOLDERS} deep"),
            );
            return;
        }
        let entries = fs::read_dir(self.root.join(name)).and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<Vec<_>>>()
        });
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                self.refuse(
                    if name.is_empty() { "." } else { name },
                    "unreadable",
                    format!("the folder cannot be read: {}", reason(&error)),
                );
                return;
            }
        };
        if depth > 0 && entries.iter().any(|entry| entry == PROJECT_FILE) {
            return;
        }
        entries.sort();
        for entry in entries {
            let Some(entry) = entry.to_str() else {
                // A name that is not Unicode cannot end in `.yaml` as far as anybody can tell.
                continue;
            };
            if entry.starts_with('.') {
                continue;
            }
            let child = if name.is_empty() {
                entry.to_owned()
            } else {
                format!("{name}/{entry}")
            };
            if child == PROJECT_FILE
                || (inside != Some(child.as_str()) && self.overlays.contains(&child.as_str()))
            {
                continue;
            }
            let yaml = Path::new(entry)
                .extension()
                .is_some_and(|end| end == "yaml" || end == "yml");
            match fs::symlink_metadata(self.root.join(&child)) {
                Ok(meta) if meta.is_dir() => self.folder(&child, inside, depth + 1),
                Ok(meta) if meta.is_symlink() => {
                    // A link to something that is no manifest is none of our business.
                    let folder =
                        fs::metadata(self.root.join(&child)).is_ok_and(|meta| meta.is_dir());
                    if yaml || folder {
                        self.refuse_link(&child);
                    }
                }
                Ok(meta) if yaml && meta.is_file() => self.file(&child, meta.len()),
                Ok(_) => {}
                Err(error) => self.refuse(
                    &child,
                    "unreadable",
                    format!("the file cannot be read: {}", reason(&error)),
                ),
            }
        }
    }

    fn file(&mut self, name: &str, length: u64) {
        if length > MAX_FILE {
            self.refuse(
                name,
                "file-too-large",
                format!(
                    "the file is {} MiB large; {} MiB is the most",
                    length.div_ceil(1024 * 1024),
                    MAX_FILE / 1024 / 1024
                ),
            );
            return;
        }
        match read(&self.root.join(name)) {
            // It has grown meanwhile.
            Ok(bytes) if bytes.len() as u64 > MAX_FILE => self.file(name, bytes.len() as u64),
            Ok(bytes) => self.found.push(Source::new(name, &bytes)),
            Err(error) => self.refuse(
                name,
                "unreadable",
                format!("the file cannot be read: {}", reason(&error)),
            ),
        }
    }

    fn refuse(&mut self, name: &str, code: &'static str, message: String) {
        self.problems
            .push(Problem::error(code, message).at(Place::file(name), ""));
    }

    fn refuse_link(&mut self, name: &str) {
        self.problems.push(
            Problem::error("symbolic-link", "symbolic links are not followed")
                .at(Place::file(name), "")
                .help("move the file into the project folder, or hide the link behind a name that begins with a dot"),
        );
    }
}
