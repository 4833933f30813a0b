//! Pieces as files: owner-only, written whole, replaced under a lock of the system.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::Rng;
use sha2::{Digest, Sha256};

use super::{Condition, Put, Tag};

/// How often, and how long between, the guard is tried while another process holds it: about ten
/// seconds. Holding it takes milliseconds.
const GUARD_TRIES: u32 = 1000;
const GUARD_PAUSE: Duration = Duration::from_millis(10);

/// Which process on this machine says that it is running.
#[derive(Debug)]
pub(in crate::ledger) enum Alive {
    /// This one, for as long as the file is open.
    Ours {
        /// Locked; the system lets go of it when the process ends.
        _file: File,
    },
    /// Another one.
    Another,
    /// The file system cannot tell.
    Unknown,
}

/// What reading a file found.
pub(super) enum Read {
    Absent,
    TooLarge,
    Found(Vec<u8>, [u8; 32]),
}

/// Reads a file of at most `limit` bytes. Links are not followed.
pub(super) fn read(path: &Path, limit: usize) -> io::Result<Read> {
    let Some(file) = open(path)? else {
        return Ok(Read::Absent);
    };
    let mut bytes = Vec::new();
    file.take((limit as u64).saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Ok(Read::TooLarge);
    }
    let digest = Sha256::digest(&bytes).into();
    Ok(Read::Found(bytes, digest))
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::other("it is no regular file")),
        Ok(_) => File::open(path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tag of what is there now.
fn tag(path: &Path) -> io::Result<Option<Tag>> {
    let Some(mut file) = open(path)? else {
        return Ok(None);
    };
    let mut digest = Sha256::new();
    io::copy(&mut file, &mut digest)?;
    Ok(Some(Tag::Digest(digest.finalize().into())))
}

/// Writes a file as a whole if the condition holds.
pub(super) fn put(
    path: &Path,
    guard: &Path,
    bytes: &[u8],
    condition: &Condition,
) -> io::Result<Put> {
    make_folder(path)?;
    let _guard = hold(guard)?;
    let found = tag(path)?;
    let holds = match condition {
        Condition::Any => true,
        Condition::Absent => found.is_none(),
        Condition::Is(tag) => found.as_ref() == Some(tag),
    };
    if !holds {
        return Ok(Put::Changed);
    }
    let temporary = temporary(path);
    let written = private(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| place(&temporary, path, matches!(condition, Condition::Absent)));
    if !matches!(written, Ok(true)) {
        let _ = fs::remove_file(&temporary);
    }
    if written? {
        sync_folder(path)?;
        Ok(Put::Done(Tag::Digest(Sha256::digest(bytes).into())))
    } else {
        Ok(Put::Changed)
    }
}

/// Moves a whole file to where it belongs; says whether it came there.
fn place(temporary: &Path, path: &Path, is_new: bool) -> io::Result<bool> {
    if is_new {
        // Fails where something is there, even on file systems whose locks do nothing.
        match fs::hard_link(temporary, path) {
            Ok(()) => {
                let _ = fs::remove_file(temporary);
                return Ok(true);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            // Not every file system has links; the guard is held.
            Err(_) => {}
        }
    }
    fs::rename(temporary, path).map(|()| true)
}

/// Removes a file if it is still the one with this tag.
pub(super) fn remove_if(path: &Path, guard: &Path, expected: &Tag) -> io::Result<bool> {
    let _guard = hold(guard)?;
    if tag(path)?.as_ref() != Some(expected) {
        return Ok(false);
    }
    fs::remove_file(path)?;
    Ok(true)
}

/// Removes a file; one that is gone already is no error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The names of the files in a folder; none where there is no folder.
pub(super) fn list(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is no text is none of ours.
        if let Ok(name) = entry?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Opens a new file for appending; nothing where it exists.
pub(super) fn create_appendable(path: &Path) -> io::Result<Option<File>> {
    make_folder(path)?;
    match private(path) {
        Ok(file) => {
            sync_folder(path)?;
            Ok(Some(file))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says that this process is running, for as long as the file is open. Where the file system has no
/// locks, the time to live alone counts.
pub(super) fn alive(path: &Path) -> io::Result<Alive> {
    make_folder(path)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    owner_only(&mut options);
    try_alive(options.open(path)?)
}

/// Whether the process that said that it is running is not any more. It says so before it takes the
/// lock, so nothing there means that it has ended.
pub(super) fn is_gone(path: &Path) -> io::Result<bool> {
    match fs::OpenOptions::new().write(true).open(path) {
        Ok(file) => Ok(matches!(try_alive(file)?, Alive::Ours { .. })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn try_alive(file: File) -> io::Result<Alive> {
    match file.try_lock() {
        Ok(()) => Ok(Alive::Ours { _file: file }),
        Err(TryLockError::WouldBlock) => Ok(Alive::Another),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(Alive::Unknown)
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes a guard, once nobody compares and replaces.
///
/// Whoever waits for it meanwhile finds that it is gone, and takes the next one.
pub(super) fn remove_guard(guard: &Path) -> io::Result<()> {
    if !guard.exists() {
        return Ok(());
    }
    let _guard = hold(guard)?;
    remove(guard)
}

/// Waits until no other process compares and replaces.
fn hold(guard: &Path) -> io::Result<Option<File>> {
    for _ in 0..GUARD_TRIES {
        let held = hold_once(guard)?;
        // One that was removed while this process waited guards nothing.
        if held.as_ref().is_none_or(|file| is_at(file, guard)) {
            return Ok(held);
        }
    }
    Err(busy())
}

fn busy() -> io::Error {
    io::Error::other("another process is busy with it")
}

/// Whether an open file is the one that lies at a path.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(own), Ok(there)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (own.dev(), own.ino()) == (there.dev(), there.ino())
    }
    // Elsewhere a file that is open and removed keeps its name.
    #[cfg(not(unix))]
    {
        own.is_file() && there.is_file()
    }
}

fn hold_once(guard: &Path) -> io::Result<Option<File>> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    owner_only(&mut options);
    let file = match options.open(guard) {
        Ok(file) => file,
        // Without the folder there is nothing to be guarded.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    for _ in 0..GUARD_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(GUARD_PAUSE),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(
                    "the file system of `{}` has no locks: run one deskform at a time",
                    guard.display()
                );
                return Ok(None);
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(busy())
}

fn temporary(path: &Path) -> PathBuf {
    path.with_extension(format!(
        "{}-{:08x}.tmp",
        std::process::id(),
        rand::rng().random::<u32>()
    ))
}

/// A new file that its owner alone may read and write.
fn private(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create_new(true);
    owner_only(&mut options);
    options.open(path)
}

#[cfg(unix)]
fn owner_only(options: &mut fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn owner_only(_options: &mut fs::OpenOptions) {
    // What lies below a Windows profile is its owner's alone.
}

/// Makes the folder of a file, its owner's alone; one that exists is left as it is.
fn make_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Makes a new or a moved name last through a power cut.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other platforms can fail")]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
