//! Reads the ledger, and replaces it only where nobody else has.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::memory::InMemory;

use super::backend::git::{self, Repository};
use super::backend::{Backend, Condition, Put, Tag};
use super::error::{Refusal, StoreError};
use super::location::{self, Location, LocationError};
use super::{Ledger, Load, MAX_LEDGER};

/// Where one environment's ledger, its lock and its journals are kept. Cloning it is cheap.
///
/// Beside a ledger `production.json` lie `production.lock`, `production.guard` (files only: locked by the system for the moment
/// in which something is compared and replaced) and the journals in `runs/`.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) backend: Arc<Backend>,
    /// The ledger's name in its folder, and the same without `.json`.
    pub(super) name: String,
    /// Whether what is kept outlives the process.
    keeps: bool,
    pub(super) stem: String,
    pub(super) environment: String,
    pub(super) org_id: String,
}

/// Which state of the kept ledger was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    serial: u64,
    tag: Option<Tag>,
}

impl Version {
    /// The serial; 0 where there was no ledger.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether nothing was there at all.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.tag.is_none()
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The ledger, or nothing.
    pub load: Load,
    /// To be given back when saving.
    pub version: Version,
}

impl Store {
    /// Opens the place of an environment's ledger; nothing is read or sent yet.
    ///
    /// `env` gives environment variables. S3: the `AWS_…` variables of the AWS tools, such as
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, those of
    /// web identities and container credentials, and `AWS_ENDPOINT_URL` (or `AWS_ENDPOINT_URL_S3`)
    /// for compatible stores; profiles are not read. Google: `GOOGLE_APPLICATION_CREDENTIALS`,
    /// `GOOGLE_SERVICE_ACCOUNT`, `GOOGLE_SERVICE_ACCOUNT_KEY`. Azure: `AZURE_STORAGE_ACCOUNT_NAME`,
    /// `AZURE_STORAGE_ACCOUNT_KEY`, `AZURE_CLIENT_ID` and so on.
    ///
    /// # Errors
    ///
    /// A store that this build leaves out, an endpoint that is not encrypted, and settings that are
    /// incomplete.
    pub fn open(
        location: &Location,
        environment: &str,
        org_id: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, LocationError> {
        let wrong = || LocationError::Form(location.to_string());
        let (backend, name) = match location {
            Location::File(path) => {
                let name = path.file_name().and_then(|name| name.to_str());
                let name = name.ok_or_else(wrong)?.to_owned();
                let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
                let guard = folder.join(format!("{}.guard", stem(&name)));
                (Backend::Files { folder, guard }, name)
            }
            Location::Object {
                scheme,
                container,
                key,
            } => {
                let place = location.to_string();
                let (prefix, name) = match key.as_ref().rsplit_once('/') {
                    Some((prefix, name)) => (prefix, name),
                    None => ("", key.as_ref()),
                };
                let backend = Backend::Objects {
                    store: location::open(*scheme, container, &place, env)?,
                    prefix: object_store::path::Path::parse(prefix).map_err(|_| wrong())?,
                    shown: place
                        .strip_suffix(&format!("/{key}"))
                        .unwrap_or(&place)
                        .to_owned(),
                };
                (backend, name.to_owned())
            }
            Location::Git {
                folder,
                remote,
                name,
            } => {
                let name = name.as_deref().unwrap_or(environment);
                if !location::is_ref(name) {
                    return Err(wrong());
                }
                let backend = Backend::Git {
                    repository: Arc::new(Repository::new(folder, remote, name)),
                    batched: false,
                };
                (backend, git::LEDGER.to_owned())
            }
            Location::Nowhere => {
                return Ok(Self {
                    keeps: false,
                    ..Self::in_memory(environment, org_id)
                });
            }
        };
        Ok(Self::over(backend, name, environment, org_id))
    }

    /// A store in memory, for tests and for a ledger that is kept nowhere. Clones share what it keeps.
    #[must_use]
    pub fn in_memory(environment: &str, org_id: &str) -> Self {
        let backend = Backend::Objects {
            store: Arc::new(InMemory::new()),
            prefix: object_store::path::Path::default(),
            shown: "memory:".to_owned(),
        };
        Self::over(backend, format!("{environment}.json"), environment, org_id)
    }

    fn over(backend: Backend, name: String, environment: &str, org_id: &str) -> Self {
        Self {
            backend: Arc::new(backend),
            keeps: true,
            stem: stem(&name).to_owned(),
            name,
            environment: environment.to_owned(),
            org_id: org_id.to_owned(),
        }
    }

    /// The same place for one run, from its first look until it gives the lock back.
    ///
    /// In git every look and every change goes over the network. So here one state is read, and what
    /// is saved or removed goes out when the lock is given back, or with [`Store::flush`]. Elsewhere
    /// this changes nothing.
    #[must_use]
    pub fn batched(&self) -> Self {
        Self {
            backend: Arc::new(self.backend.batched()),
            ..self.clone()
        }
    }

    /// Writes what [`Store::batched`] has kept back; nothing where there is nothing.
    ///
    /// # Errors
    ///
    /// A place that cannot be written, or that somebody else has changed.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.backend.flush().await
    }

    /// Whether anything is kept after the process has ended.
    #[must_use]
    pub const fn keeps(&self) -> bool {
        self.keeps
    }

    /// Whether the ledger is a file on this machine, which the next CI job will not see.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.backend.is_local()
    }

    /// Whether the ledger is pushed to a git remote, which makes every change dear.
    #[must_use]
    pub fn is_pushed(&self) -> bool {
        self.backend.is_pushed()
    }

    /// The same place for an environment of another name.
    #[must_use]
    pub fn under_name(&self, environment: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            ..self.clone()
        }
    }

    /// The environment's name.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// The organization's id.
    #[must_use]
    pub fn org_id(&self) -> &str {
        &self.org_id
    }

    /// Where the ledger is kept, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        if self.keeps {
            self.backend.place(&self.name)
        } else {
            location::NOWHERE.to_owned()
        }
    }

    /// Reads the ledger.
    ///
    /// # Errors
    ///
    /// A place that cannot be read, a ledger of more than [`MAX_LEDGER`] bytes, one that cannot be
    /// understood, and one that must be left alone, see [`Refusal`].
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        let Some((bytes, tag)) = self.backend.get(&self.name, MAX_LEDGER).await? else {
            return Ok(Loaded {
                load: Load::None,
                version: Version {
                    serial: 0,
                    tag: None,
                },
            });
        };
        let parsed = Ledger::parse(&bytes, &self.environment, &self.org_id);
        let load = parsed.map_err(|refusal| match refusal {
            Refusal::Corrupt { reason } => StoreError::Corrupt {
                place: self.place(),
                reason,
            },
            other => other.into(),
        })?;
        let version = Version {
            serial: match &load {
                Load::Found(ledger) => ledger.serial,
                Load::None => 0,
            },
            tag: Some(tag),
        };
        Ok(Loaded { load, version })
    }

    /// Removes a ledger that was moved elsewhere; the caller holds its lock.
    ///
    /// # Errors
    ///
    /// A place that cannot be written.
    pub async fn discard(&self) -> Result<(), StoreError> {
        self.backend.remove(&self.name).await
    }

    /// Leaves nothing at a place whose ledger was moved elsewhere; its lock was given back.
    ///
    /// # Errors
    ///
    /// A place that cannot be written.
    pub async fn leave(&self) -> Result<(), StoreError> {
        self.backend.remove_guard().await
    }

    /// Replaces the ledger that was read as `expected`, and returns the new version. The ledger's
    /// serial becomes the one after `expected`.
    ///
    /// The write is conditional on the content that was read (`If-Match`, or `If-None-Match` where
    /// there was none).
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if somebody else has changed it or the ledger does not descend from
    /// `expected`; a ledger of another environment or organization; one that is too large to be
    /// read again; a place that cannot be written. The kept ledger is whole in every case.
    pub async fn save(
        &self,
        ledger: &mut Ledger,
        expected: &Version,
    ) -> Result<Version, StoreError> {
        if ledger.environment != self.environment {
            return Err(StoreError::Refused(Refusal::Environment {
                found: ledger.environment.clone(),
                expected: self.environment.clone(),
            }));
        }
        if ledger.org_id != self.org_id {
            return Err(StoreError::Refused(Refusal::Organization {
                found: ledger.org_id.clone(),
                expected: self.org_id.clone(),
            }));
        }
        let conflict = |found: String| StoreError::Conflict {
            place: self.place(),
            expected: expected.serial,
            found,
        };
        if ledger.serial != expected.serial {
            return Err(conflict(format!("has serial {}", ledger.serial)));
        }
        let before = ledger.serial;
        ledger.serial = before.saturating_add(1);
        let saved = self.write(ledger, expected).await;
        if !matches!(saved, Ok(Some(_))) {
            ledger.serial = before;
        }
        match saved? {
            Some(tag) => Ok(Version {
                serial: ledger.serial,
                tag: Some(tag),
            }),
            None => Err(conflict(match self.load().await {
                Ok(Loaded {
                    load: Load::Found(found),
                    ..
                }) => format!("has serial {}", found.serial),
                Ok(Loaded {
                    load: Load::None, ..
                }) => "is gone".to_owned(),
                _ => "is something else".to_owned(),
            })),
        }
    }

    async fn write(&self, ledger: &Ledger, expected: &Version) -> Result<Option<Tag>, StoreError> {
        let bytes = ledger.to_bytes().map_err(|error| StoreError::Access {
            place: self.place(),
            action: "written",
            reason: error.to_string(),
            is_denied: false,
        })?;
        if bytes.len() > MAX_LEDGER {
            return Err(StoreError::TooLarge {
                place: self.place(),
                limit: MAX_LEDGER,
            });
        }
        let condition = expected
            .tag
            .clone()
            .map_or(Condition::Absent, Condition::Is);
        let put = self
            .backend
            .put_in_time(&self.name, Bytes::from(bytes), condition)
            .await?;
        Ok(match put {
            Put::Done(tag) => Some(tag),
            Put::Changed => None,
        })
    }
}

fn stem(name: &str) -> &str {
    match name.strip_suffix(".json") {
        Some(stem) if !stem.is_empty() => stem,
        _ => name,
    }
}
