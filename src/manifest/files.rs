//! The files of a project: which of them are manifests, and their texts.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::texts;
use crate::config::{Environment, PROJECT_FILE, Project, Skip, is_like_project_file};
use crate::problem::{Code, Place, Problem, Problems, nearest};
use crate::yaml::Source;
use crate::yaml::source::{MAX_FILE, is_yaml, linked, read_itself, shown};

/// Folders inside folders that are followed.
const MAX_FOLDERS: usize = 64;

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
        let mut texts = self.texts();
        texts
            .find(|(name, _)| &***name == file)
            .map(|(_, text)| Arc::clone(text))
    }

    /// The texts of all files, by their names: first those of the manifests, then those of what they name.
    pub fn texts(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        let own = self.all().map(|source| (&source.name, &source.text));
        let named = self
            .all()
            .flat_map(|source| source.beside.values().chain(source.tables.values()));
        own.chain(named.filter_map(|one| Some((&one.name, one.text.as_ref().ok()?))))
    }
}

/// The files of a project, read once for all its environments.
///
/// Manifests are all `*.yaml` and `*.yml` files (in letters of any case) below the project folder but
/// the project file, hidden files and folders, folders with a project file of their own, what
/// `skipFiles` names, and the overlays of every environment; of these, the environment's own are read
/// besides. What lies beside an overlay, and no environment lists it, is an error: as a manifest it
/// would be everybody's.
#[derive(Debug, Clone)]
pub struct Files {
    base: Found,
    overlays: BTreeMap<String, Overlay>,
    /// The overlays that are not there, of any environment, for which something else that no
    /// environment lists was meant: each name with what was meant, and where it is listed.
    slips: Vec<(String, String, Place)>,
}

/// Files, and what is wrong among them.
#[derive(Debug, Clone, Default)]
struct Found {
    sources: Vec<Source>,
    problems: Vec<Problem>,
}

#[derive(Debug, Clone)]
enum Overlay {
    /// A file or folder.
    Found(Found),
    /// It cannot be read, and why.
    Unreadable(String),
}

/// The problem of an overlay that cannot be read, listed at a place.
fn missing(name: &str, place: Place, reason: &str, near: Option<&str>) -> Problem {
    Problem::error(
        Code::MissingOverlay,
        format!("the overlay `{name}` cannot be read: {reason}"),
    )
    .at(place, "listed here")
    .help(near.map_or_else(
        || "create the folder, or take it out of `overlays`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    ))
}

/// The path in the same folder that a mistyped one most likely means: what paths share says nothing of
/// what was meant.
fn nearest_beside<'p>(path: &str, others: impl Iterator<Item = &'p str>) -> Option<&'p str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let beside: Vec<(&str, &str)> = others
        .filter_map(|other| {
            let (within, last) = other.rsplit_once('/').unwrap_or(("", other));
            (within == folder).then_some((last, other))
        })
        .collect();
    let near = nearest(name, beside.iter().map(|(last, _)| *last))?;
    let meant = beside.iter().find(|(last, _)| *last == near)?;
    Some(meant.1)
}

/// The problem of what lies beside an overlay and would be a manifest of every environment.
pub(crate) fn stray(path: &str) -> Problem {
    Problem::error(
        Code::StrayOverlay,
        format!("`{path}` lies beside overlays, and no environment lists it"),
    )
    .at(Place::file(path), "")
    .help(
        "list it in the `overlays` of an environment, move it if it is for all environments, or name it in `skipFiles`",
    )
}

impl Files {
    /// Reads the files of a project, those of all its overlays among them.
    #[must_use]
    pub fn read(project: &Project) -> Self {
        let mut finder = Finder::new(project);
        finder.folder(Path::new(""), None, 0);
        let mut base = finder.take();
        let mut strays = std::mem::take(&mut finder.strays);
        let paths: BTreeSet<&str> = finder.overlays.iter().copied().collect();
        let overlays = paths.into_iter().map(|name| {
            if let Some(link) = linked(&project.directory, name) {
                finder.refuse_link(Path::new(&link));
                return (name.to_owned(), Overlay::Found(finder.take()));
            }
            match fs::symlink_metadata(project.directory.join(name)) {
                Ok(meta) if meta.is_dir() => finder.folder(Path::new(name), Some(name), 0),
                Ok(meta) => finder.file(Path::new(name), &meta),
                Err(error) => return (name.to_owned(), Overlay::Unreadable(reason(&error))),
            }
            (name.to_owned(), Overlay::Found(finder.take()))
        });
        let overlays: BTreeMap<String, Overlay> = overlays.collect();
        let mut slips: Vec<(String, String, Place)> = Vec::new();
        for listed in project.environments.iter().flat_map(|one| &one.overlays) {
            let name = &listed.path;
            let is_told = slips.iter().any(|(slip, ..)| slip == name);
            let is_absent = matches!(overlays.get(name), Some(Overlay::Unreadable(reason)) if reason == NOT_THERE);
            if is_told || !is_absent {
                continue;
            }
            let meant = nearest_beside(name, strays.iter().map(String::as_str)).map(str::to_owned);
            if let Some(meant) = meant {
                strays.retain(|stray| *stray != meant);
                slips.push((name.clone(), meant, listed.place.clone()));
            }
        }
        base.problems.extend(strays.iter().map(|path| stray(path)));
        Self {
            base,
            overlays,
            slips,
        }
    }

    /// Takes the overlay that a path is or lies in, and that is not there, for an empty one, since it is
    /// about to be written.
    pub fn make(&mut self, path: &str) {
        let path = Path::new(path);
        for (name, overlay) in &mut self.overlays {
            let is_absent = matches!(overlay, Overlay::Unreadable(reason) if reason == NOT_THERE);
            if !is_absent || !path.starts_with(name) {
                continue;
            }
            *overlay = Overlay::Found(Found::default());
            // It was no slip for what lies beside it, which nobody lists then.
            if let Some(at) = self.slips.iter().position(|(slip, ..)| slip == name) {
                let (_, meant, _) = self.slips.remove(at);
                self.base.problems.push(stray(&meant));
            }
        }
    }

    /// The manifests of an environment.
    ///
    /// # Errors
    ///
    /// Files and folders that cannot be read, files that are too large or whose names are not UTF-8 or
    /// almost that of the project file, symbolic links, overlays that do not exist, and what lies
    /// beside overlays and no environment lists.
    pub fn of(&self, environment: &Environment) -> Result<Sources, Problems> {
        let mut problems = self.base.problems.clone();
        // The slip of another environment counts here, too: what it means would be read as everybody's.
        problems.extend(
            self.slips
                .iter()
                .map(|(name, meant, place)| missing(name, place.clone(), NOT_THERE, Some(meant))),
        );
        let mut overlays = Vec::new();
        for overlay in &environment.overlays {
            let name = overlay.path.as_str();
            match self.overlays.get(name) {
                Some(Overlay::Found(found)) => {
                    problems.extend(found.problems.iter().cloned());
                    overlays.push(found.sources.clone());
                }
                Some(Overlay::Unreadable(_))
                    if self.slips.iter().any(|(slip, ..)| slip == name) => {}
                Some(Overlay::Unreadable(reason)) => {
                    let others = self.overlays.iter();
                    let there = others.filter(|(_, one)| matches!(one, Overlay::Found(_)));
                    let near = nearest_beside(name, there.map(|(name, _)| name.as_str()));
                    problems.push(missing(name, overlay.place.clone(), reason, near));
                }
                None => {}
            }
        }
        if problems.is_empty() {
            Ok(Sources {
                base: self.base.sources.clone(),
                overlays,
            })
        } else {
            Err(problems.into())
        }
    }

    /// The files of the overlays that other environments have and this one has not: they are no part
    /// of its desired state, but tell what the project treats as secret. What cannot be read is left
    /// out.
    #[must_use]
    pub fn elsewhere(&self, environment: &Environment) -> Vec<Source> {
        let is_own = |name: &String| environment.overlays.iter().any(|own| own.path == *name);
        let others = self.overlays.iter().filter(|(name, _)| !is_own(name));
        others
            .filter_map(|(_, overlay)| match overlay {
                Overlay::Found(found) => Some(&found.sources),
                Overlay::Unreadable(_) => None,
            })
            .flatten()
            .cloned()
            .collect()
    }
}

/// Finds and reads the manifests of one environment, see [`Files`].
///
/// # Errors
///
/// Those of [`Files::of`].
pub fn files(project: &Project, environment: &Environment) -> Result<Sources, Problems> {
    Files::read(project).of(environment)
}

/// Why what is not there cannot be read.
const NOT_THERE: &str = "there is no such file or folder";

/// The part of a path, from its beginning on, that lies beside overlays and no environment lists, if
/// there is one: nothing may be written there, see [`Files`].
#[must_use]
pub fn stray_in<'p>(project: &Project, path: &'p str) -> Option<&'p str> {
    let finder = Finder::new(project);
    let ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([path.len()]);
    let mut parts = ends.filter_map(|end| path.get(..end));
    let first = parts
        .find(|part| finder.overlays.contains(part) || finder.is_beside_overlays(part, true))?;
    let is_skipped = project.skip_files.iter().any(|skip| skip.fits(first));
    (!finder.overlays.contains(&first) && !is_skipped).then_some(first)
}

/// What the operating system says, without its error number.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => NOT_THERE.to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        _ => error.to_string(),
    }
}

struct Finder<'a> {
    root: &'a Path,
    overlays: Vec<&'a str>,
    skip: &'a [Skip],
    found: Found,
    /// What lies beside overlays and no environment lists.
    strays: Vec<String>,
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
            skip: &project.skip_files,
            found: Found::default(),
            strays: Vec::new(),
        }
    }

    fn take(&mut self) -> Found {
        std::mem::take(&mut self.found)
    }

    /// Whether an overlay of the same sort, a folder or a file, lies in the same folder. In the project
    /// folder itself there may be anything beside overlays.
    fn is_beside_overlays(&self, path: &str, is_folder: bool) -> bool {
        let Some((parent, _)) = path.rsplit_once('/') else {
            return false;
        };
        self.overlays.iter().any(|overlay| {
            let is_beside = overlay
                .rsplit_once('/')
                .is_some_and(|(one, _)| one == parent);
            is_beside
                && match fs::symlink_metadata(self.root.join(overlay)) {
                    Ok(meta) => meta.is_dir() == is_folder,
                    Err(_) => is_yaml(OsStr::new(overlay)) != is_folder,
                }
        })
    }

    /// Takes what was read last for something that nobody lists, if it lies beside overlays.
    fn set_aside(&mut self, path: &Path, is_folder: bool, known: usize) {
        if self.found.sources.len() == known {
            return;
        }
        let Some(name) = slashed(path) else { return };
        if self.is_beside_overlays(&name, is_folder) {
            self.found.sources.truncate(known);
            self.strays.push(name);
        }
    }

    /// Reads a folder; `inside` is the overlay it belongs to.
    fn folder(&mut self, folder: &Path, inside: Option<&str>, depth: usize) {
        if depth > MAX_FOLDERS {
            self.refuse(
                folder,
                Code::TooManyFolders,
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
                    Code::Unreadable,
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
            let listed = |name: &str| {
                (inside != Some(name) && self.overlays.contains(&name))
                    || self.skip.iter().any(|skip| skip.fits(name))
            };
            if child == Path::new(PROJECT_FILE) || slashed(&child).is_some_and(|name| listed(&name))
            {
                continue;
            }
            let known = self.found.sources.len();
            match fs::symlink_metadata(self.root.join(&child)) {
                Ok(meta) if meta.is_dir() => {
                    self.folder(&child, inside, depth + 1);
                    if inside.is_none() {
                        self.set_aside(&child, true, known);
                    }
                }
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
                Ok(meta) => {
                    self.file(&child, &meta);
                    if inside.is_none() {
                        self.set_aside(&child, false, known);
                    }
                }
                Err(error) => self.refuse(
                    &child,
                    Code::Unreadable,
                    format!("the file cannot be read: {}", reason(&error)),
                ),
            }
        }
    }

    /// Reads what is to be a manifest.
    fn file(&mut self, path: &Path, meta: &Metadata) {
        if is_like_project_file(path) {
            self.found.problems.push(misnamed(path));
            return;
        }
        let Some(name) = slashed(path) else {
            self.found.problems.push(
                Problem::error(
                    Code::NotUtf8Name,
                    format!("the file name `{}` is not UTF-8", shown(path)),
                )
                .help("rename the file, or the folder that it is in; a name that begins with a dot hides it"),
            );
            return;
        };
        if !meta.is_file() {
            self.found.problems.push(
                Problem::error(Code::NotAFile, "this is no file that can be read as a manifest")
                    .at(Place::file(name), "")
                    .help("move the pipe, socket or device away, or hide it behind a name that begins with a dot"),
            );
            return;
        }
        let bytes = if meta.len() > MAX_FILE {
            Err(meta.len())
        } else {
            match read_itself(&self.root.join(path)) {
                // It has grown meanwhile.
                Ok(bytes) if bytes.len() as u64 > MAX_FILE => Err(bytes.len() as u64),
                Ok(bytes) => Ok(bytes),
                Err(error) => {
                    self.refuse(
                        path,
                        Code::Unreadable,
                        format!("the file cannot be read: {}", reason(&error)),
                    );
                    return;
                }
            }
        };
        match bytes {
            Ok(bytes) => {
                let mut source = Source::new(name, &bytes);
                let (texts, tables) = texts::read(self.root, &source);
                source.beside = Arc::new(texts);
                source.tables = Arc::new(tables);
                self.found.sources.push(source);
            }
            Err(length) => self.refuse(
                path,
                Code::FileTooLarge,
                format!(
                    "the file is {} MiB large; {} MiB is the most",
                    length.div_ceil(1024 * 1024),
                    MAX_FILE / 1024 / 1024
                ),
            ),
        }
    }

    fn refuse(&mut self, path: &Path, code: Code, message: String) {
        self.found
            .problems
            .push(Problem::error(code, message).at(Place::file(shown(path)), ""));
    }

    fn refuse_link(&mut self, path: &Path) {
        self.found.problems.push(
            Problem::error(Code::SymbolicLink, "symbolic links are not followed")
                .at(Place::file(shown(path)), "")
                .help("move the file into the project folder, or hide the link behind a name that begins with a dot"),
        );
    }
}

/// The problem of a file that is named almost as the project file.
fn misnamed(path: &Path) -> Problem {
    let shown = shown(path);
    let help = if shown.contains('/') {
        format!(
            "rename it to `{PROJECT_FILE}` if its folder is a project of its own; a manifest needs another name"
        )
    } else {
        format!(
            "rename it to `{PROJECT_FILE}` if it is the project file; a manifest needs another name"
        )
    };
    Problem::error(
        Code::MisnamedProjectFile,
format!("this is neither the project file nor a manifest: a project file is named `{PROJECT_FILE}`"),
    )
    .at(Place::file(shown), "")
    .help(help)
}

/// A path below the project folder with forward slashes; none where a name is not Unicode.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(OsStr::to_str).collect();
    parts.map(|parts| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::nearest_beside;

    #[test]
    fn a_folder_is_meant_by_its_own_name_and_not_by_the_one_that_all_share() {
        let near = |path| {
            let others = ["overlays/kilo", "overlays/poland", "other/papa"];
            nearest_beside(path, others.into_iter())
        };
        assert_eq!(near("overlays/papa"), None);
        assert_eq!(near("overlays/polnad"), Some("overlays/poland"));
        assert_eq!(near("overlays/kilos"), Some("overlays/kilo"));
    }
}
