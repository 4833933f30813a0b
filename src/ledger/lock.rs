//! The lock beside the ledger: one run at a time, over machines.
//!
//! The lock is a small piece that is made if it is absent, and taken over only on the condition
//! that it is still the one that was seen to be free or expired. Object stores cannot remove on a
//! condition, so a lock that is given back stays there, marked as released; a file is removed.
//!
//! Machines' clocks may differ: choose the time to live much longer than they do, and renew the
//! lock several times within it.

use std::time::Duration;

use bytes::Bytes;
use rand::Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::backend::{Alive, Condition, Put, Tag};
use super::error::StoreError;
use super::store::Store;
use crate::problem::reason;

/// The version of the lock's JSON form.
const FORMAT_VERSION: u64 = 1;
/// Largest lock that is read, in bytes.
const MAX_LOCK: usize = 64 * 1024;
/// How often a lock is looked at again when it changed under the hand.
const TRIES: usize = 8;

/// Who wants the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// A person or a CI job.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The run's id.
    pub run: String,
    /// Now, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// A lock as somebody else holds it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the ledger is locked by `{who}` on `{host}` (run `{run}`) since {}, until {}", time(*.since), time(*.until))]
pub struct Held {
    /// A person or a CI job.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The run's id.
    pub run: String,
    /// Since when, in milliseconds since the Unix epoch.
    pub since: i64,
    /// Until when, unless it is renewed; in milliseconds since the Unix epoch.
    pub until: i64,
}

impl Held {
    /// Whether two are one lock: one that was renewed is the same.
    fn is_same(&self, other: &Self) -> bool {
        (&self.who, &self.host, &self.run, self.since)
            == (&other.who, &other.host, &other.run, other.since)
    }
}

/// Why a lock cannot be had, kept or given back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error(transparent)]
    Held(Box<Held>),
    /// It was ours, and is no more.
    #[error("the lock `{place}` was lost{}", lost(.to.as_deref()))]
    Lost {
        /// The lock.
        place: String,
        /// Who holds it now.
        to: Option<Box<Held>>,
    },
    /// It cannot be understood, so nobody knows whether it is held.
    #[error("the lock `{place}` cannot be understood: {reason}")]
    Corrupt {
        /// The lock.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// It changes all the time.
    #[error("the lock `{place}` changed {TRIES} times while it was being taken")]
    Contended {
        /// The lock.
        place: String,
    },
    /// The place cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LockError {
    /// The way out, where there is one to be named.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Held(_) => Some(
                "wait for that run, as `--lock-timeout 6m` does; if it is gone, give the lock back with `deskform unlock`, in a pipeline with `--force`",
            ),
            Self::Lost { .. } => {
                Some("another run may be under way: wait for it, then run the command again")
            }
            Self::Corrupt { .. } => {
                Some("make sure that no run is under way, then `deskform unlock --force`")
            }
            Self::Contended { .. } => Some("run the command again"),
            Self::Store(error) => error.hint(),
        }
    }
}

fn lost(to: Option<&Held>) -> String {
    to.map_or_else(String::new, |held| {
        format!(" to `{}` on `{}` (run `{}`)", held.who, held.host, held.run)
    })
}

/// A time in words.
fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| format!("{ms} ms"), |time| format!("{time:.0}"))
}

/// The lock as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock {
    format_version: u64,
    who: String,
    host: String,
    run: String,
    /// Tells one taking from another.
    token: String,
    since: i64,
    until: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    released: bool,
}

impl Lock {
    fn is_free(&self, now: i64) -> bool {
        self.released || self.until <= now
    }

    fn held(&self) -> Held {
        Held {
            who: self.who.clone(),
            host: self.host.clone(),
            run: self.run.clone(),
            since: self.since,
            until: self.until,
        }
    }
}

/// A lock that is held by this run.
///
/// Dropping it gives nothing back: the lock expires. Give it back with [`LockGuard::release`].
#[derive(Debug)]
#[must_use = "the lock stays until it is released or expires"]
pub struct LockGuard {
    store: Store,
    lock: Lock,
    tag: Tag,
    taken_over: Option<Held>,
    /// Held by the system until the process ends, however it ends.
    _alive: Alive,
}

impl Store {
    /// Takes the lock for `ttl` from `holder.at` on. One that has expired is taken over; so is, of a
    /// ledger in a file, one of a process of this machine that is not running any more.
    ///
    /// An object store that ignores conditions is found out here, at the price of two more calls.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] with the holder if somebody else has it.
    pub async fn lock(&self, holder: &Holder, ttl: Duration) -> Result<LockGuard, LockError> {
        let name = self.lock_name();
        let lock = Lock {
            format_version: FORMAT_VERSION,
            who: holder.who.clone(),
            host: holder.host.clone(),
            run: holder.run.clone(),
            token: format!("{:032x}", rand::rng().random::<u128>()),
            since: holder.at,
            until: later(holder.at, ttl),
            released: false,
        };
        let bytes = self.encode(&lock)?;
        self.backend.speak_for(&holder.who).await;
        // Held by the system before the lock is there, so that whoever sees the lock can tell.
        let alive = self.backend.alive(&self.alive_name(&lock)).await?;
        for _ in 0..TRIES {
            let (condition, left) = match self.read_lock().await? {
                None => (Condition::Absent, None),
                Some((Err(reason), _)) => return Err(self.corrupt(reason)),
                Some((Ok(found), _))
                    if !found.is_free(holder.at) && !self.is_gone(&found, holder).await? =>
                {
                    self.backend.remove(&self.alive_name(&lock)).await?;
                    return Err(LockError::Held(Box::new(found.held())));
                }
                Some((Ok(found), tag)) => (
                    Condition::Is(tag),
                    Some(found).filter(|found| !found.released),
                ),
            };
            let put = self.backend.put(&name, bytes.clone(), condition).await?;
            let Put::Done(tag) = put else {
                continue;
            };
            if let Some(condition) = self.backend.ignored_condition(&name, &bytes).await? {
                let grave = self.encode(&Lock {
                    released: true,
                    ..lock
                })?;
                // The store is of no use either way.
                let _ = self.backend.put(&name, grave, Condition::Any).await;
                return Err(LockError::Store(StoreError::Unconditional {
                    place: self.backend.place(&name),
                    condition,
                }));
            }
            if let Some(dead) = &left {
                self.backend.remove(&self.alive_name(dead)).await?;
            }
            return Ok(LockGuard {
                store: self.clone(),
                lock,
                tag,
                taken_over: left.map(|found| found.held()),
                _alive: alive,
            });
        }
        Err(LockError::Contended {
            place: self.backend.place(&name),
        })
    }

    /// Whose run is under way, as far as `asker` can tell: a lock that a killed process of this
    /// machine left behind says nothing.
    ///
    /// # Errors
    ///
    /// A lock that cannot be read or understood.
    pub async fn under_way(&self, asker: &Holder) -> Result<Option<Held>, LockError> {
        match self.read_lock().await? {
            Some((Ok(found), _)) if !found.is_free(asker.at) => {
                let is_gone = self.is_gone(&found, asker).await?;
                Ok((!is_gone).then(|| found.held()))
            }
            Some((Err(reason), _)) => Err(self.corrupt(reason)),
            _ => Ok(None),
        }
    }

    /// Who holds the lock at a time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// A lock that cannot be read or understood.
    pub async fn holder(&self, at: i64) -> Result<Option<Held>, LockError> {
        match self.read_lock().await? {
            Some((Ok(found), _)) if !found.is_free(at) => Ok(Some(found.held())),
            Some((Err(reason), _)) => Err(self.corrupt(reason)),
            _ => Ok(None),
        }
    }

    /// Gives back the lock of another run, and returns who held it; nothing if it was free.
    ///
    /// Without `force` only a lock that has expired at `at` is given back.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] if it has not expired; [`LockError::Corrupt`] if nobody can say, both
    /// without `force` only; [`LockError::Contended`] if it changed meanwhile.
    pub async fn unlock(&self, at: i64, force: bool) -> Result<Option<Held>, LockError> {
        self.give_back(at, force, None).await
    }

    /// Gives back a lock that was looked at, whether it has expired or not.
    ///
    /// # Errors
    ///
    /// [`LockError::Contended`] if another one has taken its place, or it changed meanwhile.
    pub async fn unlock_what_was_seen(
        &self,
        at: i64,
        seen: &Held,
    ) -> Result<Option<Held>, LockError> {
        self.give_back(at, true, Some(seen)).await
    }

    async fn give_back(
        &self,
        at: i64,
        force: bool,
        seen: Option<&Held>,
    ) -> Result<Option<Held>, LockError> {
        let name = self.lock_name();
        let found = match self.read_lock().await {
            // No lock of ours is that large; it has no tag by which it could be replaced.
            Err(StoreError::TooLarge { .. }) if force => {
                self.backend.remove(&name).await?;
                return Ok(None);
            }
            found => found?,
        };
        let Some((found, tag)) = found else {
            return Ok(None);
        };
        let (grave, held) = match found {
            Ok(found) if found.released => return Ok(None),
            Ok(found) if !force && !found.is_free(at) => {
                return Err(LockError::Held(Box::new(found.held())));
            }
            Ok(found) => {
                let held = found.held();
                if seen.is_some_and(|seen| !seen.is_same(&held)) {
                    return Err(LockError::Contended {
                        place: self.backend.place(&name),
                    });
                }
                let grave = Lock {
                    released: true,
                    ..found
                };
                (grave, Some(held))
            }
            Err(reason) if !force => return Err(self.corrupt(reason)),
            Err(_) => {
                let grave = Lock {
                    format_version: FORMAT_VERSION,
                    who: String::new(),
                    host: String::new(),
                    run: String::new(),
                    token: String::new(),
                    since: at,
                    until: at,
                    released: true,
                };
                (grave, None)
            }
        };
        let alive = self.alive_name(&grave);
        let is_one = self.is_local() && is_token(&grave.token);
        let grave = self.encode(&grave)?;
        if self.backend.remove_if(&name, tag, grave).await? {
            if is_one {
                self.backend.remove(&alive).await?;
            }
            Ok(held)
        } else {
            Err(LockError::Contended {
                place: self.backend.place(&name),
            })
        }
    }

    fn lock_name(&self) -> String {
        format!("{}.lock", self.stem)
    }

    /// The file that a process of this machine keeps locked while it holds the lock.
    fn alive_name(&self, lock: &Lock) -> String {
        format!("{}.{}.alive", self.stem, lock.token)
    }

    /// Whether the process of this machine that took a lock is not running any more.
    async fn is_gone(&self, found: &Lock, holder: &Holder) -> Result<bool, StoreError> {
        if !self.is_local() || found.host != holder.host || !is_token(&found.token) {
            return Ok(false);
        }
        self.backend.is_gone(&self.alive_name(found)).await
    }

    fn corrupt(&self, reason: String) -> LockError {
        LockError::Corrupt {
            place: self.backend.place(&self.lock_name()),
            reason,
        }
    }

    fn encode(&self, lock: &Lock) -> Result<Bytes, StoreError> {
        let mut bytes = serde_json::to_vec(lock).map_err(|error| StoreError::Access {
            place: self.backend.place(&self.lock_name()),
            action: "written",
            reason: error.to_string(),
            is_denied: false,
        })?;
        bytes.push(b'\n');
        Ok(bytes.into())
    }

    /// The lock that is there, or what is wrong with it.
    async fn read_lock(&self) -> Result<Option<(Result<Lock, String>, Tag)>, StoreError> {
        let found = self.backend.get(&self.lock_name(), MAX_LOCK).await?;
        Ok(found.map(|(bytes, tag)| (decode(&bytes), tag)))
    }
}

/// Whether a text has the form of a token, so that it may stand in a name.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn decode(bytes: &[u8]) -> Result<Lock, String> {
    let lock: Lock = serde_json::from_slice(bytes).map_err(|error| reason::of_json(&error))?;
    if lock.format_version == FORMAT_VERSION {
        Ok(lock)
    } else {
        Err(format!("it has format {}", lock.format_version))
    }
}

fn later(at: i64, ttl: Duration) -> i64 {
    at.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX))
}

impl LockGuard {
    /// Who held the lock when it expired, where it was taken over from a run that did not give it
    /// back.
    #[must_use]
    pub fn taken_over(&self) -> Option<&Held> {
        self.taken_over.as_ref()
    }

    /// Until when the lock is held, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn until(&self) -> i64 {
        self.lock.until
    }

    /// Holds the lock for `ttl` from `at` (milliseconds since the Unix epoch) on.
    ///
    /// # Errors
    ///
    /// [`LockError::Lost`] if it is no longer ours: stop writing. [`LockError::Store`] if the place
    /// cannot be reached: it is still held until [`LockGuard::until`].
    pub async fn renew(&mut self, at: i64, ttl: Duration) -> Result<(), LockError> {
        let renewed = Lock {
            until: later(at, ttl),
            ..self.lock.clone()
        };
        let name = self.store.lock_name();
        let bytes = self.store.encode(&renewed)?;
        for _ in 0..2 {
            let condition = Condition::Is(self.tag.clone());
            let put = self.store.backend.put(&name, bytes.clone(), condition);
            if let Put::Done(tag) = put.await? {
                self.tag = tag;
                self.lock = renewed;
                return Ok(());
            }
            self.tag = self.still_ours().await?;
        }
        Err(LockError::Contended {
            place: self.store.backend.place(&name),
        })
    }

    /// Gives the lock back, if it is still ours.
    ///
    /// # Errors
    ///
    /// [`LockError::Lost`] if it is no longer ours; then it is left alone.
    pub async fn release(mut self) -> Result<(), LockError> {
        let name = self.store.lock_name();
        let grave = self.store.encode(&Lock {
            released: true,
            ..self.lock.clone()
        })?;
        for _ in 0..2 {
            let removed = self
                .store
                .backend
                .remove_if(&name, self.tag.clone(), grave.clone());
            if removed.await? {
                self.store
                    .backend
                    .remove(&self.store.alive_name(&self.lock))
                    .await?;
                return Ok(());
            }
            self.tag = self.still_ours().await?;
        }
        Err(LockError::Contended {
            place: self.store.backend.place(&name),
        })
    }

    /// The tag of the lock that is there, where it is ours after all: the answer to an earlier
    /// renewal may have been lost.
    async fn still_ours(&self) -> Result<Tag, LockError> {
        let lost = |to: Option<Box<Held>>| LockError::Lost {
            place: self.store.backend.place(&self.store.lock_name()),
            to,
        };
        match self.store.read_lock().await? {
            Some((Ok(found), tag)) if found.token == self.lock.token && !found.released => Ok(tag),
            Some((Ok(found), _)) if !found.released => Err(lost(Some(Box::new(found.held())))),
            _ => Err(lost(None)),
        }
    }
}
