//! What can go wrong with what is kept.

use thiserror::Error;

use super::FORMAT_VERSION;

/// A ledger that must neither be used nor be written over.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No ledger, or a damaged one. What it said of deletions and of protected objects is not known,
    /// so that no plan without it would be right.
    #[error("the ledger cannot be understood: {reason}")]
    Corrupt {
        /// What is wrong with it.
        reason: String,
    },
    /// Written by a newer version of deskform.
    #[error("the ledger has format {found}, and this version reads up to {FORMAT_VERSION}")]
    Newer {
        /// The format found.
        found: u64,
    },
    /// Another environment's.
    #[error("the ledger belongs to the environment `{found}`, not to `{expected}`")]
    Environment {
        /// The environment that it belongs to.
        found: String,
        /// The environment that is being worked on.
        expected: String,
    },
    /// Another organization's.
    #[error("the ledger belongs to the organization {found}, not to {expected}")]
    Organization {
        /// The organization that it belongs to.
        found: String,
        /// The organization that is being worked on.
        expected: String,
    },
}

impl Refusal {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => {
                "restore a backup of it; or move it away: then what is declared is taken over by name, \
                 nothing is protected any more by a `preventDestroy` that left the manifests, and what \
                 was deleted from them since the last apply has to be named under `removed`"
            }
            Self::Newer { .. } => "use the version of deskform that wrote it, or a newer one",
            Self::Environment { .. } => {
                "give every environment a `ledger` of its own; where the environment was renamed, \
                 `deskform ledger move` with its old name takes the ledger over"
            }
            Self::Organization { .. } => {
                "check `orgId`; where the organization was replaced, move the old ledger away"
            }
        }
    }
}

/// What stands in the way of a ledger in git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The program is not there.
    NoProgram,
    /// The project folder lies in no clone, or git does not trust it.
    NoRepository,
    /// The clone does not know the remote.
    NoRemote,
    /// The remote has several addresses.
    Remotes,
    /// The remote has an address that cannot be compared with what is allowed.
    Address,
    /// Something in the project folder looks like a repository of its own.
    Planted,
    /// Credentials or permissions are the cause.
    Denied,
    /// The remote gives no answer.
    Unreachable,
    /// Somebody else was faster.
    Moved,
    /// Anything else.
    Other,
}

impl Trouble {
    /// The way out, where there is one to be named.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::NoProgram => {
                "install git, or keep the ledger elsewhere: `ledger: \"s3://bucket/production.json\"`"
            }
            Self::NoRepository => {
                "run deskform in a clone that belongs to you, or keep the ledger elsewhere: \
                 `ledger: \"s3://bucket/production.json\"`"
            }
            Self::NoRemote => {
                "add it with `git remote add`, or name another one: `ledger: git:REMOTE`"
            }
            Self::Remotes => {
                "leave one with `git remote set-url --push`, or name another remote: \
                 `ledger: git:REMOTE`"
            }
            Self::Address => {
                "write it without `@`, `?`, `#` and `%2e` behind the host: `git remote set-url`"
            }
            Self::Planted => {
                "remove `HEAD`, `objects` and `commondir` there; nothing of it was used, and no project \
                 needs them"
            }
            Self::Denied => {
                "git must be able to push `refs/deskform/…` to the remote here without a question, and \
                 to read it for a plan: check its credentials and what they permit (GitHub Actions: \
                 `contents: write`, and a checkout that keeps its credentials)"
            }
            Self::Unreachable => {
                "check the network and the address (`git remote -v`), and run the command again"
            }
            Self::Moved => "run the command again; it starts from what is there now",
            Self::Other => return None,
        })
    }
}

/// Why something cannot be read, kept or locked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The file system or the object store does not do it.
    #[error("`{place}` cannot be {action}: {reason}")]
    Access {
        /// The file or object.
        place: String,
        /// `read`, `written`, `listed` or `removed`.
        action: &'static str,
        /// In the words of the system that refused.
        reason: String,
        /// Whether credentials or permissions are the cause.
        is_denied: bool,
    },
    /// Git does not do it.
    #[error("`{place}` cannot be {action}: {reason}")]
    Git {
        /// The remote and the ref, and what lies there.
        place: String,
        /// `read`, `written` or `pushed`.
        action: &'static str,
        /// Why, in words without credentials.
        reason: String,
        /// What it is about.
        trouble: Trouble,
    },
    /// More than is read or written in one piece.
    #[error("`{place}` is larger than {limit} bytes")]
    TooLarge {
        /// The file or object.
        place: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// What is there is no ledger, or a damaged one.
    #[error("the ledger `{place}` cannot be understood: {reason}")]
    Corrupt {
        /// The ledger.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What is there must be left alone.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else has changed it since it was read.
    #[error("`{place}` was changed by another run: serial {expected} was read, and now it {found}")]
    Conflict {
        /// The ledger's file or object.
        place: String,
        /// The serial that was read; 0 for none.
        expected: u64,
        /// What is there now, as the end of the sentence.
        found: String,
    },
    /// The object store writes although it was told to write on a condition only.
    #[error(
        "the object store of `{place}` ignores the condition `{condition}`, so it cannot hold a lock"
    )]
    Unconditional {
        /// The lock.
        place: String,
        /// The header that it ignores.
        condition: &'static str,
    },
    /// A journal of that run exists already.
    #[error("the run `{run}` has a journal already at `{place}`")]
    RunExists {
        /// The run's id.
        run: String,
        /// The journal.
        place: String,
    },
    /// A journal of a newer version.
    #[error(
        "the journal `{place}` has format {found}, and this version reads up to {}",
        super::journal::FORMAT_VERSION
    )]
    NewerJournal {
        /// The journal.
        place: String,
        /// The format found.
        found: u64,
    },
}

impl StoreError {
    /// The way out, where there is one to be named.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Access {
                is_denied: true,
                place,
                ..
            } if !place.contains("://") => "check the permissions of the file and its folder",
            Self::Access {
                is_denied: true, ..
            } => {
                "check the credentials in the environment and what they permit \
                 (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`); profiles are not read"
            }
            Self::Access { .. } | Self::RunExists { .. } => return None,
            Self::Git { trouble, .. } => return trouble.hint(),
            Self::TooLarge { .. } => "split the project into several environments",
            Self::Corrupt { reason, .. } => {
                let reason = reason.clone();
                return Some(Refusal::Corrupt { reason }.hint());
            }
            Self::Refused(refusal) => refusal.hint(),
            Self::Conflict { .. } => "run the command again; it starts from what is there now",
            Self::Unconditional { .. } => {
                "use a store that supports conditional writes, such as Amazon S3, or a file"
            }
            Self::NewerJournal { .. } => {
                "use the version of deskform that wrote it, or a newer one"
            }
        })
    }
}
