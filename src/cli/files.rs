//! Reading files of unknown size, and writing files whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rand::Rng as _;

use super::common::{Failure, file_failure};
use crate::problem::{Code, Problem};

/// Largest state of a simulator that is read, in bytes.
pub const MAX_STATE: u64 = 256 * 1024 * 1024;

/// Reads a file of at most `limit` bytes; nothing where there is none.
///
/// What is read is counted as well: a pipe or a device has no size.
///
/// # Errors
/// [`Failure`] when the file cannot be read or is too large.
pub fn read_file(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Failure> {
    let read = File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        if file.metadata()?.len() > limit {
            return Ok(None);
        }
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= limit))
    });
    match read {
        Ok(None) => Err(Problem::error(
            Code::FileTooLarge,
            format!(
                "`{}` is larger than the {} MiB that such a file may have",
                path.display(),
                limit / 1024 / 1024
            ),
        )
        .help("check that this is the file you mean")
        .into()),
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_failure("read", path, &error)),
    }
}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Whoever the user's settings let.
    Anybody,
    /// The user alone.
    Owner,
}

/// Writes a file whole or not at all; folders on the way are made.
///
/// # Errors
/// [`Failure`] when the file cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write(path, bytes, Readers::Anybody)
}

/// Writes a file whole or not at all, readable by its owner alone; folders on the way are made so
/// too. Plans and simulated organizations hold names and addresses of people.
///
/// # Errors
/// [`Failure`] when the file cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write(path, bytes, Readers::Owner)
}

fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Failure> {
    let failed = |error: io::Error| file_failure("written", path, &error);
    // A pipe or a device is written to, not replaced.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(failed);
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        make_folder(folder, readers).map_err(failed)?;
    }
    let temporary = temporary(path);
    let mut options = OpenOptions::new();
    // Fails where something is there, be it a link to elsewhere.
    options.write(true).create_new(true);
    if readers == Readers::Owner {
        owner_only(&mut options);
    }
    options
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(|error| {
            // The failure itself is what is told.
            let _ = fs::remove_file(&temporary);
            failed(error)
        })
}

/// Opens a file that its owner alone reads, to write behind what stands in it.
///
/// # Errors
/// [`Failure`] when it cannot be opened.
pub fn append_private(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    owner_only(&mut options);
    let opened = options.open(path);
    opened.map_err(|error| file_failure("written", path, &error))
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(
        ".{}-{:08x}.tmp",
        std::process::id(),
        rand::rng().random::<u32>()
    ));
    path.with_file_name(name)
}

fn make_folder(folder: &Path, readers: Readers) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    #[cfg(not(unix))]
    let _ = readers;
    builder.create(folder)
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn owner_only(_options: &mut OpenOptions) {
    // The folders below a Windows profile are its owner's alone.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_bounded() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a");
        assert!(matches!(read_file(&path, 4), Ok(None)));
        fs::write(&path, "four").unwrap();
        assert_eq!(read_file(&path, 4).unwrap().unwrap(), b"four");
        let Err(Failure::Problems(problems, _)) = read_file(&path, 3) else {
            panic!("it is too large");
        };
        assert_eq!(problems.list[0].code, Code::FileTooLarge);
        // A device has no size, and no end.
        #[cfg(unix)]
        assert!(read_file(Path::new("/dev/zero"), 1024).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn private_files_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = home.path().join("made/here/state.json");
        write_private(&path, b"one").unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        // A file that was open to others is no longer, and a link is replaced, not followed.
        let other = home.path().join("other");
        fs::write(&other, "untouched").unwrap();
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read(&other).unwrap(), b"untouched");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
