//! Named pieces of bytes, replaced on a condition: in a folder, below a prefix of an object store, or
//! in the tree of a commit.

mod files;
pub(crate) mod git;

pub(super) use files::Alive;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use super::error::StoreError;

/// Longest reason that is repeated from a store, in characters.
const MAX_WORDS: usize = 400;
/// Where cloud machines answer for their credentials; asked when the environment names none.
const METADATA: &str = "169.254.169.254";

/// Where the pieces are.
#[derive(Clone)]
pub(super) enum Backend {
    /// In a folder.
    Files {
        folder: PathBuf,
        /// Locked by the system while something is compared and replaced.
        guard: PathBuf,
    },
    /// Below a prefix.
    Objects {
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        /// What the store is called in messages: `s3://bucket`.
        shown: String,
    },
    /// In a commit of a git remote.
    Git {
        repository: Arc<git::Repository>,
        /// Whether what is read is read once, and what can wait goes out with the next push.
        batched: bool,
    },
}

/// Tells one content of a piece from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    /// The SHA-256 of a file's content.
    Digest([u8; 32]),
    /// What the object store gave.
    Version(UpdateVersion),
    /// The id that git gives a content.
    Blob(String),
}

/// When a piece may be written.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// Always.
    Any,
    /// If it does not exist.
    Absent,
    /// If it is still the one with this tag.
    Is(Tag),
}

/// What came of writing on a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Put {
    /// It was written and has this tag.
    Done(Tag),
    /// The condition did not hold.
    Changed,
}

impl fmt::Debug for Backend {
    /// Names the place alone: the stores would show what they know of their credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backend({})", self.place(""))
    }
}

impl Backend {
    /// How a piece is named in messages.
    pub(super) fn place(&self, name: &str) -> String {
        match self {
            Self::Files { folder, .. } => folder.join(name).display().to_string(),
            Self::Objects { prefix, shown, .. } if prefix.as_ref().is_empty() => {
                format!("{shown}/{name}")
            }
            Self::Objects { prefix, shown, .. } => format!("{shown}/{prefix}/{name}"),
            Self::Git { repository, .. } => repository.place(name),
        }
    }

    /// The same place for a run, which reads one state of it and writes as seldom as it can. Nothing
    /// else is done where every write is cheap.
    pub(super) fn batched(&self) -> Self {
        match self {
            Self::Git { repository, .. } => Self::Git {
                repository: Arc::clone(repository),
                batched: true,
            },
            other => other.clone(),
        }
    }

    /// Whether the pieces are pushed, several at once if need be.
    pub(super) fn is_pushed(&self) -> bool {
        matches!(self, Self::Git { .. })
    }

    /// Whether what can wait goes out with the next push.
    pub(super) fn is_batched(&self) -> bool {
        matches!(self, Self::Git { batched: true, .. })
    }

    /// Names the one who writes from now on, where that is kept.
    pub(super) async fn speak_for(&self, who: &str) {
        if let Self::Git { repository, .. } = self {
            repository.speak_for(who).await;
        }
    }

    /// Writes what waited.
    pub(super) async fn flush(&self) -> Result<(), StoreError> {
        match self {
            Self::Git { repository, .. } => Arc::clone(repository).flush().await,
            _ => Ok(()),
        }
    }

    /// Whether the pieces are files on this machine.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Files { .. })
    }

    fn key(&self, prefix: &Path, name: &str) -> Result<Path, StoreError> {
        let key = if prefix.as_ref().is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}/{name}")
        };
        Path::parse(key).map_err(|error| StoreError::Access {
            place: self.place(name),
            action: "named",
            reason: error.to_string(),
            is_denied: false,
        })
    }

    /// Reads a piece of at most `limit` bytes; nothing where there is none.
    pub(super) async fn get(
        &self,
        name: &str,
        limit: usize,
    ) -> Result<Option<(Bytes, Tag)>, StoreError> {
        let too_large = || StoreError::TooLarge {
            place: self.place(name),
            limit,
        };
        match self {
            Self::Files { folder, .. } => {
                let path = folder.join(name);
                let read = blocking(move || files::read(&path, limit)).await;
                match read.map_err(|error| self.io(name, "read", &error))? {
                    files::Read::Absent => Ok(None),
                    files::Read::TooLarge => Err(too_large()),
                    files::Read::Found(bytes, digest) => {
                        Ok(Some((bytes.into(), Tag::Digest(digest))))
                    }
                }
            }
            Self::Objects { store, prefix, .. } => {
                let key = self.key(prefix, name)?;
                let found = match store.get_opts(&key, GetOptions::default()).await {
                    Ok(found) => found,
                    Err(error) if is_absent(&error) => return Ok(None),
                    Err(error) => return Err(self.refused(name, "read", &error)),
                };
                if found.meta.size > limit as u64 {
                    return Err(too_large());
                }
                let tag = Tag::Version(UpdateVersion {
                    e_tag: found.meta.e_tag.clone(),
                    version: found.meta.version.clone(),
                });
                let mut bytes = BytesMut::new();
                let mut stream = found.into_stream();
                while let Some(chunk) = stream
                    .try_next()
                    .await
                    .map_err(|error| self.refused(name, "read", &error))?
                {
                    if bytes.len() + chunk.len() > limit {
                        return Err(too_large());
                    }
                    bytes.extend_from_slice(&chunk);
                }
                Ok(Some((bytes.freeze(), tag)))
            }
            Self::Git {
                repository,
                batched,
            } => repository.get(name, limit, !batched).await,
        }
    }

    /// Writes a piece as a whole, if the condition holds.
    ///
    /// An answer that was lost is looked up: what is there and equals what was to be written has
    /// been written.
    pub(super) async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Put, StoreError> {
        match self {
            Self::Files { folder, guard } => {
                let (path, guard) = (folder.join(name), guard.clone());
                blocking(move || files::put(&path, &guard, &bytes, &condition))
                    .await
                    .map_err(|error| self.io(name, "written", &error))
            }
            Self::Objects { store, prefix, .. } => {
                let key = self.key(prefix, name)?;
                let mode = match condition {
                    Condition::Any => PutMode::Overwrite,
                    Condition::Absent => PutMode::Create,
                    Condition::Is(Tag::Version(version)) => PutMode::Update(version),
                    // A tag of another place is never the tag of this one.
                    Condition::Is(Tag::Digest(_) | Tag::Blob(_)) => return Ok(Put::Changed),
                };
                let error = match raw_put(store.as_ref(), &key, &bytes, mode).await {
                    Ok(tag) => return Ok(Put::Done(tag)),
                    Err(error) => error,
                };
                let is_changed = is_changed(&error);
                if !is_changed && is_final(&error) {
                    return Err(self.refused(name, "written", &error));
                }
                match self.get(name, bytes.len()).await {
                    Ok(Some((found, tag))) if found == bytes => Ok(Put::Done(tag)),
                    _ if !is_changed => Err(self.refused(name, "written", &error)),
                    Ok(_) | Err(StoreError::TooLarge { .. }) => Ok(Put::Changed),
                    Err(error) => Err(error),
                }
            }
            Self::Git { repository, .. } => {
                let repository = Arc::clone(repository);
                repository.put(name, bytes, condition, false).await
            }
        }
    }

    /// Writes a piece that need not be there until the run gives the lock back; see
    /// [`Backend::batched`].
    pub(super) async fn put_in_time(
        &self,
        name: &str,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Put, StoreError> {
        match self {
            Self::Git {
                repository,
                batched: true,
            } => {
                let repository = Arc::clone(repository);
                repository.put(name, bytes, condition, true).await
            }
            _ => self.put(name, bytes, condition).await,
        }
    }

    /// Removes a piece if it is still the one with this tag, and says whether it was.
    ///
    /// Object stores remove without conditions only, so there `grave` is written in its place.
    pub(super) async fn remove_if(
        &self,
        name: &str,
        tag: Tag,
        grave: Bytes,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Files { folder, guard } => {
                let (path, guard) = (folder.join(name), guard.clone());
                blocking(move || files::remove_if(&path, &guard, &tag))
                    .await
                    .map_err(|error| self.io(name, "removed", &error))
            }
            Self::Objects { .. } => {
                let put = self.put(name, grave, Condition::Is(tag)).await?;
                Ok(matches!(put, Put::Done(_)))
            }
            Self::Git { repository, .. } => Arc::clone(repository).remove_if(name, tag).await,
        }
    }

    /// Removes what guards a place that holds nothing any more; only files have such a thing.
    pub(super) async fn remove_guard(&self) -> Result<(), StoreError> {
        let Self::Files { guard, .. } = self else {
            return Ok(());
        };
        let name = guard.file_name().unwrap_or_default().to_string_lossy();
        let path = guard.clone();
        blocking(move || files::remove_guard(&path))
            .await
            .map_err(|error| self.io(&name, "removed", &error))
    }

    /// Removes a piece; one that is gone already is no error.
    pub(super) async fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self {
            Self::Files { folder, .. } => {
                let path = folder.join(name);
                blocking(move || files::remove(&path))
                    .await
                    .map_err(|error| self.io(name, "removed", &error))
            }
            Self::Objects { store, prefix, .. } => {
                match store.delete(&self.key(prefix, name)?).await {
                    Err(error) if !is_absent(&error) => Err(self.refused(name, "removed", &error)),
                    _ => Ok(()),
                }
            }
            Self::Git {
                repository,
                batched,
            } => {
                let names = [name.to_owned()];
                Arc::clone(repository).remove(&names, *batched).await
            }
        }
    }

    /// Removes pieces, where several are pushed at once.
    pub(super) async fn remove_all(&self, names: &[String]) -> Result<(), StoreError> {
        match self {
            Self::Git {
                repository,
                batched,
            } => Arc::clone(repository).remove(names, *batched).await,
            _ => {
                for name in names {
                    self.remove(name).await?;
                }
                Ok(())
            }
        }
    }

    /// Adds to a journal that is pushed: now, or with the next push.
    pub(super) async fn append(
        &self,
        folder: &str,
        bytes: Vec<u8>,
        durable: bool,
    ) -> Result<(), StoreError> {
        match self {
            Self::Git { repository, .. } => {
                Arc::clone(repository).append(folder, bytes, !durable).await
            }
            _ => Ok(()),
        }
    }

    /// The names of all pieces below a folder of the names, sorted.
    pub(super) async fn list(&self, below: &str) -> Result<Vec<String>, StoreError> {
        let mut names = match self {
            Self::Files { folder, .. } => {
                let path = folder.join(below);
                blocking(move || files::list(&path))
                    .await
                    .map_err(|error| self.io(below, "listed", &error))?
                    .into_iter()
                    .map(|name| format!("{below}/{name}"))
                    .collect::<Vec<_>>()
            }
            Self::Objects { store, prefix, .. } => {
                let folder = self.key(prefix, below)?;
                let found: Vec<_> = store
                    .list(Some(&folder))
                    .try_collect()
                    .await
                    .map_err(|error| self.refused(below, "listed", &error))?;
                found
                    .into_iter()
                    .filter_map(|meta| {
                        let rest = meta.location.as_ref().strip_prefix(folder.as_ref())?;
                        Some(format!("{below}{rest}"))
                    })
                    .collect()
            }
            Self::Git {
                repository,
                batched,
            } => repository.list(below, !batched).await?,
        };
        names.sort_unstable();
        Ok(names)
    }

    /// The condition that the store ignores, if it ignores one; `bytes` must be what is there.
    ///
    /// Older compatible stores know no conditional writes and write regardless, without a word.
    pub(super) async fn ignored_condition(
        &self,
        name: &str,
        bytes: &Bytes,
    ) -> Result<Option<&'static str>, StoreError> {
        let Self::Objects { store, prefix, .. } = self else {
            return Ok(None);
        };
        let key = self.key(prefix, name)?;
        let stale = UpdateVersion {
            e_tag: Some("\"00000000000000000000000000000000\"".to_owned()),
            version: Some("1".to_owned()),
        };
        let (absent, stale) = futures_util::join!(
            raw_put(store.as_ref(), &key, bytes, PutMode::Create),
            raw_put(store.as_ref(), &key, bytes, PutMode::Update(stale)),
        );
        Ok(match (absent, stale) {
            (Ok(_), _) => Some("If-None-Match"),
            (_, Ok(_)) => Some("If-Match"),
            _ => None,
        })
    }

    /// Says that this process is running; an object store cannot tell.
    pub(super) async fn alive(&self, name: &str) -> Result<Alive, StoreError> {
        let Self::Files { folder, .. } = self else {
            return Ok(Alive::Unknown);
        };
        let path = folder.join(name);
        blocking(move || files::alive(&path))
            .await
            .map_err(|error| self.io(name, "written", &error))
    }

    /// Whether the process that said so runs no more. Leaves nothing behind.
    pub(super) async fn is_gone(&self, name: &str) -> Result<bool, StoreError> {
        let Self::Files { folder, .. } = self else {
            return Ok(false);
        };
        let path = folder.join(name);
        blocking(move || files::is_gone(&path))
            .await
            .map_err(|error| self.io(name, "read", &error))
    }

    /// Opens a new file for appending; nothing where it exists.
    pub(super) async fn create_appendable(
        &self,
        name: &str,
    ) -> Result<Option<std::fs::File>, StoreError> {
        let Self::Files { folder, .. } = self else {
            return Ok(None);
        };
        let path = folder.join(name);
        blocking(move || files::create_appendable(&path))
            .await
            .map_err(|error| self.io(name, "written", &error))
    }

    /// An error of the file system as ours.
    pub(super) fn io(
        &self,
        name: &str,
        action: &'static str,
        error: &std::io::Error,
    ) -> StoreError {
        StoreError::Access {
            place: self.place(name),
            action,
            reason: error.to_string(),
            is_denied: error.kind() == std::io::ErrorKind::PermissionDenied,
        }
    }

    fn refused(&self, name: &str, action: &'static str, error: &object_store::Error) -> StoreError {
        StoreError::Access {
            place: self.place(name),
            action,
            reason: words(error),
            is_denied: is_denied(error),
        }
    }
}

async fn raw_put(
    store: &dyn ObjectStore,
    key: &Path,
    bytes: &Bytes,
    mode: PutMode,
) -> object_store::Result<Tag> {
    let payload = PutPayload::from_bytes(bytes.clone());
    let put = store.put_opts(key, payload, PutOptions::from(mode)).await?;
    Ok(Tag::Version(UpdateVersion {
        e_tag: put.e_tag,
        version: put.version,
    }))
}

/// Runs what blocks where it does not stop the calls that are under way.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(std::io::Error::other(error)),
    }
}

/// Whether the object, and not its bucket, is what is missing.
fn is_absent(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { .. }) && {
        let text = error.to_string();
        !["NoSuchBucket", "ContainerNotFound", "bucket does not exist"]
            .iter()
            .any(|code| text.contains(code))
    }
}

fn is_changed(error: &object_store::Error) -> bool {
    use object_store::Error::{AlreadyExists, NotModified, Precondition};
    matches!(
        error,
        AlreadyExists { .. } | Precondition { .. } | NotModified { .. }
    )
}

/// Whether a write was certainly not done.
fn is_final(error: &object_store::Error) -> bool {
    use object_store::Error::{NotFound, NotImplemented, NotSupported};
    is_denied(error)
        || matches!(
            error,
            NotFound { .. } | NotImplemented { .. } | NotSupported { .. }
        )
}

fn is_denied(error: &object_store::Error) -> bool {
    use object_store::Error::{PermissionDenied, Unauthenticated};
    matches!(error, PermissionDenied { .. } | Unauthenticated { .. })
        || error.to_string().contains(METADATA)
}

/// Why a store refused, in one line: its own code and words, or the chain of causes. Addresses,
/// whose query may hold a signature, are left out.
pub(super) fn words(error: &object_store::Error) -> String {
    let whole = error.to_string();
    if whole.contains(METADATA) {
        return "no credentials were found".to_owned();
    }
    let between = |open: &str, close: &str| {
        let (_, rest) = whole.split_once(open)?;
        Some(rest.split_once(close)?.0)
    };
    let text = if let Some(code) = between("<Code>", "</Code>") {
        match between("<Message>", "</Message>") {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        }
    } else {
        let mut text = String::new();
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(inner) = cause {
            let words = inner.to_string();
            // These repeat what follows, and name the address.
            let is_frame = words.contains("Error performing ") && inner.source().is_some();
            if !is_frame && !text.contains(&words) {
                if !text.is_empty() {
                    text.push_str(": ");
                }
                text.push_str(&words);
            }
            cause = inner.source();
        }
        text
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests;
