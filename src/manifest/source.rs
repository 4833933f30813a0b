//! The files of a project: which of them are manifests, and their texts.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
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
/// Manifests are all `*.yaml` and `*.yml` files (in letters of any case) below the project folder but
/// the project file, hidden files and folders, folders with a project file of their own, and the
/// overlays of every environment; of these, the environment's own are read besides.
///
/// # Errors
///
/// Files and folders that cannot be read, files that are too large or whose names are not UTF-8 or
/// almost that of the project file, symbolic links, and overlays that do not exist.
pub fn files(project: &Project, environment: &Environment) -> Result<Sources, Problems> {
    let mut finder = Finder::new(project);
    finder.folder(Path::new(""), None, 0);
    let base = finder.take();
    let mut overlays = Vec::new();
    for overlay in &environment.overlays {
        let name = overlay.path.as_str();
        if let Some(link) = linked(&project.directory, name) {
            finder.refuse_link(Path::new(&link));
            overlays.push(Vec::new());
            continue;
        }
        match fs::symlink_metadata(project.directory.join(name)) {
            Ok(meta) if meta.is_dir() => finder.folder(Path::new(name), Some(name), 0),
            Ok(meta) => finder.file(Path::new(name), &meta),
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
            Ok(meta) if meta.is_dir() => finder.folder(Path::new(name), Some(name), 0),
            Ok(meta) if meta.is_file() => finder.file(Path::new(name), &meta),
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
    fn folder(&mut self, folder: &Path, inside: Option<&str>, depth: usize) {
        if depth > MAX_FOLDERS {
            self.refuse(
                folder,
                "too-many-folders",
                format!("folders are nested more than {MAX_FOLDERS} deep"),
            );
            return;
        }
        let entries = fs::read_dir(self.root.join(folder)).and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<Vec<_>>>()
        });
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                self.refuse(
                    folder,
                    "unreadable",
                    format!("the folder cannot be read: {}", reason(&error)),
                );
                return;
            }
        };
        // A folder of that name makes no project.
        if depth > 0 && self.root.join(folder).join(PROJECT_FILE).is_file() {
            return;
        }
        entries.sort();
        for entry in entries {
            if entry.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let child = folder.join(&entry);
            let listed = |name: &str| inside != Some(name) && self.overlays.contains(&name);
            if child == Path::new(PROJECT_FILE) || slashed(&child).is_some_and(|name| listed(&name))
            {
                continue;
            }
            match fs::symlink_metadata(self.root.join(&child)) {
                Ok(meta) if meta.is_dir() => self.folder(&child, inside, depth + 1),
                Ok(meta) if meta.is_symlink() => {
                    // A link to something that is no manifest is none of our business.
                    let other = match fs::metadata(self.root.join(&child)) {
                        Ok(meta) => !meta.is_dir(),
                        Err(error) => error.kind() == io::ErrorKind::NotFound,
                    };
                    if is_yaml(&entry) || !other {
                        self.refuse_link(&child);
                    }
                }
                Ok(_) if !is_yaml(&entry) => {}
                Ok(meta) => self.file(&child, &meta),
                Err(error) => self.refuse(
                    &child,
                    "unreadable",
                    format!("the file cannot be read: {}", reason(&error)),
                ),
            }
        }
    }

    /// Reads what is to be a manifest.
    fn file(&mut self, path: &Path, meta: &Metadata) {
        if is_like_project_file(path) {
            self.problems.push(misnamed(path));
            return;
        }
        let Some(name) = slashed(path) else {
            self.problems.push(
                Problem::error(
                    "not-utf8-name",
                    format!("the file name `{}` is not UTF-8", shown(path)),
                )
                .help("rename the file, or the folder that it is in; a name that begins with a dot hides it"),
            );
            return;
        };
        if !meta.is_file() {
            self.problems.push(
                Problem::error("not-a-file", "this is no file that can be read as a manifest")
                    .at(Place::file(name), "")
                    .help("move the pipe, socket or device away, or hide it behind a name that begins with a dot"),
            );
            return;
        }
        let bytes = if meta.len() > MAX_FILE {
            Err(meta.len())
        } else {
            match read(&self.root.join(path)) {
                // It has grown meanwhile.
                Ok(bytes) if bytes.len() as u64 > MAX_FILE => Err(bytes.len() as u64),
                Ok(bytes) => Ok(bytes),
                Err(error) => {
                    self.refuse(
                        path,
                        "unreadable",
                        format!("the file cannot be read: {}", reason(&error)),
                    );
                    return;
                }
            }
        };
        match bytes {
            Ok(bytes) => self.found.push(Source::new(name, &bytes)),
            Err(length) => self.refuse(
                path,
                "file-too-large",
                format!(
                    "the file is {} MiB large; {} MiB is the most",
                    length.div_ceil(1024 * 1024),
                    MAX_FILE / 1024 / 1024
                ),
            ),
        }
    }

    fn refuse(&mut self, path: &Path, code: &'static str, message: String) {
        self.problems
            .push(Problem::error(code, message).at(Place::file(shown(path)), ""));
    }

    fn refuse_link(&mut self, path: &Path) {
        self.problems.push(
            Problem::error("symbolic-link", "symbolic links are not followed")
                .at(Place::file(shown(path)), "")
                .help("move the file into the project folder, or hide the link behind a name that begins with a dot"),
        );
    }
}

/// Whether a name ends in `.yaml` or `.yml`, in letters of any case.
pub(crate) fn is_yaml(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"))
}

/// Whether a name is that of the project file but for the case of its letters or the short ending.
fn is_like_project_file(path: &Path) -> bool {
    let stem = Path::new(PROJECT_FILE).file_stem().unwrap_or_default();
    path.file_name()
        .is_some_and(|name| name != PROJECT_FILE && is_yaml(name))
        && path
            .file_stem()
            .is_some_and(|name| name.eq_ignore_ascii_case(stem))
}

/// The problem of a file that is named almost as the project file.
fn misnamed(path: &Path) -> Problem {
    let shown = shown(path);
    let help = if shown.contains('/') {
        format!(
            "name it `{PROJECT_FILE}` if its folder is a project of its own; a manifest needs another name"
        )
    } else {
        format!("name it `{PROJECT_FILE}` if it is the project file; a manifest needs another name")
    };
    Problem::error(
        "misnamed-project-file",
format!("this is neither the project file nor a manifest: a project file is named `{PROJECT_FILE}`"),
    )
    .at(Place::file(shown), "")
    .help(help)
}

/// A file of a folder that is named almost as the project file, if there is one.
pub(crate) fn like_project_file(folder: &Path) -> Option<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .filter(|name| is_like_project_file(Path::new(name)))
        .collect();
    names.sort();
    names.first().map(|name| shown(Path::new(name)))
}

/// A path below the project folder with forward slashes; none where a name is not Unicode.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(OsStr::to_str).collect();
    parts.map(|parts| parts.join("/"))
}

/// A path for messages: bytes that are not UTF-8 stand there as `\xff`.
fn shown(path: &Path) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|part| {
            let mut text = String::new();
            for chunk in part.as_encoded_bytes().utf8_chunks() {
                text.push_str(chunk.valid());
                text.push_str(&chunk.invalid().escape_ascii().to_string());
            }
            text
        })
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}
