//! Access tokens kept across runs, so that runs do not use up the token requests of each other.
//!
//! Ten token requests in ten minutes are allowed for one refresh token; the eleventh blocks all
//! of them for the rest of the ten minutes. The cache therefore keeps the times of the last
//! requests as well. It holds the access token, which is worth an hour at most, never the refresh
//! token or the client secret.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Clock;

/// The permissions of everybody but the owner.
#[cfg(unix)]
const OTHERS: u32 = 0o077;
/// The format that this version reads and writes.
const FORMAT: u32 = 1;
/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;
/// Longest wait for another run that is getting a token.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks at the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A folder with one small file for each refresh token.
#[derive(Debug, Clone)]
pub struct TokenCache {
    folder: PathBuf,
}

impl TokenCache {
    /// A cache below a folder of its own. The folder is made when something is stored; it is
    /// readable by its owner alone, and so is every file in it.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The entry of one refresh token of one client at one accounts host.
    ///
    /// The file's name is a digest, from which nothing of this can be learnt.
    #[must_use]
    pub(super) fn entry(
        &self,
        accounts: &str,
        client_id: &str,
        refresh_token: &SecretString,
    ) -> CacheEntry {
        let mut digest = Sha256::new();
        for part in [accounts, client_id, refresh_token.expose_secret()] {
            digest.update(part.len().to_be_bytes());
            digest.update(part.as_bytes());
        }
        let name = digest
            .finalize()
            .iter()
            .fold(String::from("token-"), |mut name, byte| {
                use std::fmt::Write as _;
                let _ = write!(name, "{byte:02x}");
                name
            });
        CacheEntry {
            folder: self.folder.clone(),
            file: self.folder.join(format!("{name}.json")),
            lock: self.folder.join(format!("{name}.lock")),
        }
    }
}

/// What is kept of one refresh token. Deliberately without `Debug`.
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Stored {
    /// Set when stored.
    pub(super) format: u32,
    /// The access token, if there is one that was not refused.
    pub(super) access_token: Option<String>,
    pub(super) issued_ms: i64,
    pub(super) expires_ms: i64,
    pub(super) scopes: Option<Vec<String>>,
    /// When tokens were requested, in milliseconds since the Unix epoch.
    pub(super) requests_ms: Vec<i64>,
    /// Until when the server blocks token requests.
    pub(super) blocked_until_ms: i64,
}

/// The file of one refresh token.
#[derive(Debug, Clone)]
pub(super) struct CacheEntry {
    folder: PathBuf,
    file: PathBuf,
    lock: PathBuf,
}

/// Held while a token is being requested; other runs wait. It ends with the process, too.
#[derive(Debug)]
pub(super) struct CacheLock {
    _file: File,
}

impl CacheEntry {
    /// What is stored; nothing if the file is missing, corrupt, or open to others.
    pub(super) fn load(&self) -> Option<Stored> {
        match self.read() {
            Ok(stored) => Some(stored),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(
                    "the cached token in `{}` is not used: {error}",
                    self.file.display()
                );
                None
            }
        }
    }

    fn read(&self) -> io::Result<Stored> {
        let found = fs::symlink_metadata(&self.file)?;
        if !found.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut file = File::open(&self.file)?;
        check_mode(&file.metadata()?)?;
        let mut text = Vec::new();
        Read::by_ref(&mut file)
            .take(MAX_FILE)
            .read_to_end(&mut text)?;
        // The parser's words could repeat a part of the token.
        let stored: Stored =
            serde_json::from_slice(&text).map_err(|_| io::Error::other("it is corrupt"))?;
        if stored.format == FORMAT {
            Ok(stored)
        } else {
            Err(io::Error::other("it has another format"))
        }
    }

    /// Stores atomically; a failure is only worth a warning, since the run goes on without.
    pub(super) fn store(&self, mut stored: Stored) {
        stored.format = FORMAT;
        if let Err(error) = self.write(&stored) {
            tracing::warn!(
                "the token could not be kept in `{}`: {error}",
                self.file.display()
            );
        }
    }

    fn write(&self, stored: &Stored) -> io::Result<()> {
        make_folder(&self.folder)?;
        let text = serde_json::to_vec(stored).map_err(io::Error::other)?;
        let temporary = self.file.with_extension(format!(
            "{}-{:08x}.tmp",
            std::process::id(),
            SmallRng::from_os_rng().random::<u32>()
        ));
        let written = create_private(&temporary, true)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&temporary, &self.file));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Waits until no other run requests a token of this entry.
    ///
    /// A folder that cannot be locked is no reason to fail: nothing is held then.
    pub(super) async fn lock(&self, clock: &Clock) -> Option<CacheLock> {
        make_folder(&self.folder).ok()?;
        let file = create_private(&self.lock, false).ok()?;
        let begun = clock.now_ms();
        loop {
            match file.try_lock() {
                Ok(()) => return Some(CacheLock { _file: file }),
                Err(fs::TryLockError::WouldBlock)
                    if clock.now_ms() - begun < super::limit_headers::millis(LOCK_PATIENCE) =>
                {
                    clock.sleep(LOCK_PAUSE).await;
                }
                Err(_) => return None,
            }
        }
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    match fs::metadata(folder) {
        Ok(found) if found.permissions().mode() & OTHERS != 0 => {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        }
        Ok(_) => Ok(()),
        Err(_) => fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder),
    }
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    // The folders below a Windows profile are its owner's alone.
    fs::create_dir_all(folder)
}

fn create_private(path: &Path, is_new: bool) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).truncate(false);
    if is_new {
        options.create_new(true);
    } else {
        options.create(true);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(unix)]
fn check_mode(found: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if found.permissions().mode() & OTHERS != 0 {
        return Err(io::Error::other("others may read or write it"));
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other platforms can refuse")]
fn check_mode(_found: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(folder: &Path) -> CacheEntry {
        TokenCache::new(folder).entry(
            "https://accounts.example.com",
            "1000.CLIENT",
            &SecretString::from("1000.refresh-secret"),
        )
    }

    fn stored(token: &str) -> Stored {
        Stored {
            access_token: Some(token.to_owned()),
            expires_ms: 7,
            requests_ms: vec![1, 2],
            ..Stored::default()
        }
    }

    #[test]
    fn the_name_tells_nothing_and_depends_on_every_part() {
        let cache = TokenCache::new("x");
        let name = |accounts: &str, id: &str, token: &str| {
            let entry = cache.entry(accounts, id, &SecretString::from(token));
            entry.file.to_string_lossy().into_owned()
        };
        let one = name("https://a", "id", "token-1");
        assert!(!one.contains("id") && !one.contains("token-1"), "{one}");
        for other in [
            name("https://b", "id", "token-1"),
            name("https://a", "ie", "token-1"),
            name("https://a", "id", "token-2"),
            name("https://ai", "d", "token-1"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it_and_an_open_file_is_ignored_and_rewritten() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/tokens");
        let entry = entry(&folder);
        assert!(entry.load().is_none());
        entry.store(stored("one"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&entry.file), mode(&folder)), (0o600, 0o700));
        assert_eq!(entry.load().unwrap().access_token.as_deref(), Some("one"));
        for open in [0o640, 0o604, 0o622] {
            fs::set_permissions(&entry.file, fs::Permissions::from_mode(open)).unwrap();
            assert!(entry.load().is_none(), "{open:o}");
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        entry.store(stored("two"));
        assert_eq!((mode(&entry.file), mode(&folder)), (0o600, 0o700));
        assert_eq!(entry.load().unwrap().access_token.as_deref(), Some("two"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let entry = entry(home.path());
        entry.store(stored("one"));
        let elsewhere = home.path().join("elsewhere");
        fs::rename(&entry.file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &entry.file).unwrap();
        assert!(entry.load().is_none());
        entry.store(stored("two"));
        assert_eq!(entry.load().unwrap().access_token.as_deref(), Some("two"));
        assert!(fs::read_to_string(&elsewhere).unwrap().contains("one"));
    }

    #[test]
    fn a_corrupt_file_is_ignored() {
        let home = tempfile::tempdir().unwrap();
        let entry = entry(home.path());
        entry.store(stored("one"));
        for text in ["", "{", "[]", r#"{"format":2}"#, "\u{0}"] {
            File::options()
                .write(true)
                .truncate(true)
                .open(&entry.file)
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
            assert!(entry.load().is_none(), "{text:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_lock_is_held_by_one() {
        let home = tempfile::tempdir().unwrap();
        let entry = entry(home.path());
        let clock = Clock::starting_at(0);
        let held = entry.lock(&clock).await;
        assert!(held.is_some());
        // Patience ends after thirty seconds; a run that hangs does not hold up all others.
        assert!(entry.lock(&clock).await.is_none());
        assert!(clock.now_ms() >= 30_000);
        drop(held);
        assert!(entry.lock(&clock).await.is_some());
    }
}
