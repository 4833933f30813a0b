//! The project folder at a revision of its repository, read from blobs.
//!
//! Git is asked for names and contents alone: nothing is checked out, fetched or locked, and nothing is written
//! into the repository or its work tree. What was read lies in a folder of its own while manifests are read
//! from there, so that everything holds for it that holds for a project: what is hidden, skipped, linked or too
//! large.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use rand::Rng as _;

use crate::cli::common::{Failure, block_on, file_failure};
use crate::config::PROJECT_FILE;
use crate::ledger::Trouble;
use crate::ledger::git::{Failed, Program};
use crate::problem::{Code, Problem, counted};
use crate::yaml::source::MAX_FILE;

/// The most that a listing of a revision may take, in bytes.
const MAX_TREE: usize = 64 * 1024 * 1024;
/// The most that the files of a revision may hold together, in bytes.
const MAX_FILES: u64 = 512 * 1024 * 1024;
/// What is read of the repository in one go, in bytes.
const PORTION: u64 = 32 * 1024 * 1024;

/// The files of a project at a revision.
pub(super) struct Checkout {
    /// The commit.
    pub(super) commit: String,
    folder: Temporary,
}

/// One entry of a tree.
struct Entry {
    mode: Vec<u8>,
    id: String,
    size: u64,
    path: PathBuf,
}

impl Checkout {
    /// Reads what a revision holds of a project folder.
    ///
    /// # Errors
    /// [`Failure`] when the folder lies in no repository, or the revision is not there or cannot be read.
    pub(super) fn of(directory: &Path, revision: &str) -> Result<Self, Failure> {
        block_on(Self::read(directory, revision))
    }

    /// The project's folder.
    pub(super) fn project(&self) -> &Path {
        &self.folder.0
    }

    async fn read(directory: &Path, revision: &str) -> Result<Self, Failure> {
        let program = Program::local(directory).map_err(|failed| refused(&failed))?;
        let asked = async |words: &[&str]| program.made(words, b"").await;
        let prefix = asked(&["rev-parse", "--show-prefix"]).await;
        let prefix = prefix.map_err(|failed| refused(&failed))?;
        let prefix = prefix.trim_end_matches('/');
        let wanted = format!("{revision}^{{commit}}");
        let found = asked(&["rev-parse", "--verify", "--quiet", &wanted]).await;
        let commit = found.map_err(|_| unknown(revision))?;
        let tree = format!("{commit}:{prefix}");
        let words = ["ls-tree", "-r", "-l", "-z", "--full-tree", &tree];
        let listing = program.run(&words, b"", MAX_TREE).await.map_err(|failed| {
            let folder = if prefix.is_empty() { "." } else { prefix };
            let message = format!("the folder `{folder}` cannot be read: {}", failed.reason);
            problem(&message)
                .help("name a revision that has the project, with a whole clone behind it")
        })?;
        let entries = entries(&listing)?;
        let is_project = |entry: &Entry| entry.path == Path::new(PROJECT_FILE);
        if !entries.iter().any(is_project) {
            return Err(problem(&format!("there is no `{PROJECT_FILE}`"))
                .help("name a revision that has the project in the same folder")
                .into());
        }
        let size = entries.iter().map(|entry| entry.size.min(MAX_FILE));
        if size.sum::<u64>() > MAX_FILES {
            let message = format!(
                "{} hold more than the {} MiB that are read of a revision",
                counted(entries.len(), "file"),
                MAX_FILES / 1024 / 1024
            );
            return Err(problem(&message)
                .help("keep the project in a folder of its own")
                .into());
        }
        let folder = Temporary::new()?;
        let (links, files): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.mode == LINK);
        write(&program, &folder.0, &files, keep).await?;
        // Last, so that nothing is written through one.
        write(&program, &folder.0, &links, link).await?;
        Ok(Self { commit, folder })
    }
}

/// The mode of a symbolic link.
const LINK: &[u8] = b"120000";

/// The files of a listing that a project may read: nothing hidden, and no other repositories.
fn entries(listing: &[u8]) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for line in listing
        .split(|byte| *byte == 0)
        .filter(|line| !line.is_empty())
    {
        let odd = || Failure::from(problem("git lists it in a form that nobody understands"));
        let at = line
            .iter()
            .position(|byte| *byte == b'\t')
            .ok_or_else(odd)?;
        let (about, name) = (&line[..at], &line[at + 1..]);
        // Mode, type, id, size.
        let about = String::from_utf8_lossy(about).into_owned();
        let words: Vec<&str> = about.split_whitespace().collect();
        let [mode, "blob", id, size] = words[..] else {
            continue;
        };
        let path = path(name)?;
        let is_hidden = |part: &OsStr| part.as_encoded_bytes().starts_with(b".");
        if path.iter().any(is_hidden) {
            continue;
        }
        entries.push(Entry {
            mode: mode.as_bytes().to_vec(),
            id: id.to_owned(),
            // Of what a partial clone lacks nobody knows the size.
            size: size.parse().map_err(|_| partial())?,
            path,
        });
    }
    Ok(entries)
}

/// A path of a listing, which leads nowhere else.
fn path(name: &[u8]) -> Result<PathBuf, Failure> {
    #[cfg(unix)]
    let path = {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(OsStr::from_bytes(name))
    };
    #[cfg(not(unix))]
    let path = PathBuf::from(String::from_utf8_lossy(name).into_owned());
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if path.components().all(is_plain) && path.iter().next().is_some() {
        return Ok(path);
    }
    let shown = String::from_utf8_lossy(name);
    let message = format!(
        "it holds the path `{}`, which leads elsewhere",
        shown.escape_debug()
    );
    Err(problem(&message)
        .help("the commit was not made by git; look who made it")
        .into())
}

/// Keeps a blob as a file.
fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)
}

/// Keeps a blob as the link that it is.
#[cfg(unix)]
fn link(path: &Path, target: &[u8]) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    std::os::unix::fs::symlink(OsStr::from_bytes(target), path)
}

/// As git does where there are no links: a file with the path that it leads to.
#[cfg(not(unix))]
fn link(path: &Path, target: &[u8]) -> io::Result<()> {
    keep(path, target)
}

async fn write(
    program: &Program,
    folder: &Path,
    entries: &[Entry],
    put: fn(&Path, &[u8]) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut rest = entries;
    while !rest.is_empty() {
        let mut size = 0;
        let is_in = |entry: &&Entry| {
            size += entry.size;
            size <= PORTION
        };
        let count = rest.iter().take_while(is_in).count().max(1);
        let (portion, behind) = rest.split_at(count);
        rest = behind;
        let small = portion.iter().filter(|entry| entry.size <= MAX_FILE);
        let blobs = blobs(program, &small.collect::<Vec<_>>()).await?;
        for entry in portion {
            let path = folder.join(&entry.path);
            let written = path
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| {
                    match blobs.get(&entry.id) {
                        Some(bytes) => put(&path, bytes),
                        // Whoever reads it says that it is too large.
                        None => File::create_new(&path).and_then(|file| file.set_len(entry.size)),
                    }
                });
            written.map_err(|error| file_failure("written", &path, &error))?;
        }
    }
    Ok(())
}

/// The contents of blobs by their ids.
async fn blobs(
    program: &Program,
    entries: &[&Entry],
) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut input = String::new();
    let mut limit = 0;
    let mut wanted = BTreeMap::new();
    for entry in entries {
        if wanted.insert(&entry.id, entry.size).is_none() {
            input.push_str(&entry.id);
            input.push('\n');
            limit += usize::try_from(entry.size).unwrap_or(usize::MAX) + 256;
        }
    }
    let words = ["cat-file", "--batch"];
    let answer = program.run(&words, input.as_bytes(), limit).await;
    let answer = answer.map_err(|failed| refused(&failed))?;
    let mut found = BTreeMap::new();
    let mut rest = answer.as_slice();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let words: Vec<&str> = head.split(' ').collect();
        let [id, "blob", size] = words[..] else {
            return Err(partial().into());
        };
        let size = size.parse().unwrap_or(usize::MAX);
        let (Some(bytes), Some(behind)) = (rest.get(..size), rest.get(size.saturating_add(1)..))
        else {
            return Err(problem("git gave less than it promised").into());
        };
        found.insert(id.to_owned(), bytes.to_vec());
        rest = behind;
    }
    if found.len() < wanted.len() {
        return Err(problem("git gave less than it promised").into());
    }
    Ok(found)
}

fn problem(message: &str) -> Problem {
    Problem::error(Code::Revision, message)
}

fn partial() -> Problem {
    problem("a part of it is not in this clone, and nothing is fetched")
        .help("fetch all of it with `git fetch --refetch --no-filter`, or make a whole clone")
}

fn unknown(revision: &str) -> Problem {
    problem(&format!("this clone has no revision `{revision}`")).help(
        "a checkout of a pipeline holds the newest commit alone: let it fetch all with `fetch-depth: 0`; \
         a branch that only the remote has is `git:origin/BRANCH`",
    )
}

fn refused(failed: &Failed) -> Problem {
    match failed.trouble {
        Trouble::NoProgram => {
            problem(&failed.reason).help("install git, or name a folder: `dir:PATH`")
        }
        Trouble::NoRepository if !failed.reason.contains("ownership") => {
            problem("the project folder lies in no git repository")
                .help("run it in a clone, or name a folder: `dir:PATH`")
        }
        _ => {
            problem(&failed.reason).help("see to it that `git status` works in the project folder")
        }
    }
}

/// A folder that goes when it is not needed any more.
struct Temporary(PathBuf);

impl Temporary {
    /// Makes one that only its owner may read.
    fn new() -> Result<Self, Failure> {
        let name = format!(
            "deskform-{}-{:016x}",
            std::process::id(),
            rand::rng().random::<u64>()
        );
        let path = std::env::temp_dir().join(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        // Fails where something is there.
        let made = builder.create(&path);
        made.map_err(|error| file_failure("made", &path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Whatever is left of it is the system's to clear away.
        let _ = fs::remove_dir_all(&self.0);
    }
}
