//! Journals in files and object stores.
//!
//! A file is kept open and every record is on the disk before [`Journal::append`] returns. Objects
//! cannot be added to, and writing one anew for every record would cost the square of the run's
//! length; so there a journal is a folder of small objects, each made once and whole. In git it is
//! such a folder as well, and what nobody waits for goes out with the next push. In every case
//! records that are waiting together are written together: a run with ten calls at once pays for
//! one flush where it would pay for ten.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::OwnedMutexGuard;

use super::backend::{Backend, Condition, Put, blocking};
use super::error::StoreError;
use super::journal::{
    Begin, End, MAX_JOURNAL, MAX_RECORD, Reader, Reading, Record, RunId, Unfinished,
};
use super::store::Store;

/// The folder of the journals.
const FOLDER: &str = "runs";
/// Objects that are read or removed at once.
const AT_ONCE: usize = 8;
/// Digits in the names of a journal's objects, so that they sort.
const DIGITS: usize = 8;

/// The journals that lie beside a ledger.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Runs {
    /// Those without an end, oldest first (by [`RunId`]). One may be under way: hold the lock.
    pub unfinished: Vec<Unfinished>,
    /// Those that have ended and were not removed completely; `finish` removes the rest.
    pub ended: Vec<RunId>,
}

/// The journal of the run that is under way.
#[derive(Debug)]
pub struct Journal {
    store: Store,
    run: RunId,
    queue: Arc<Mutex<Queue>>,
    sink: Arc<tokio::sync::Mutex<Sink>>,
}

/// Records that are not written yet.
#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    /// How many records were ever put in.
    count: u64,
}

/// Where records are written.
#[derive(Debug)]
struct Sink {
    place: Place,
    /// How many records are durable.
    durable: u64,
    /// How many records are durable or go out with the next push.
    handed_over: u64,
    /// How many bytes are.
    size: usize,
    /// After a failure nobody knows what was written, so nothing more is.
    failed: Option<StoreError>,
}

#[derive(Debug)]
enum Place {
    File {
        file: Arc<File>,
        name: String,
    },
    Objects {
        folder: String,
        next: u64,
    },
    /// Pieces that are pushed together.
    Pushed {
        folder: String,
    },
}

impl Store {
    /// Begins a run's journal. Its beginning is durable when this returns; of a batched store it is
    /// when the first record is.
    ///
    /// # Errors
    ///
    /// [`StoreError::RunExists`] if that run has a journal; a place that cannot be written.
    pub async fn begin(&self, begin: Begin) -> Result<Journal, StoreError> {
        let run = begin.run.clone();
        let exists = |name: &str| StoreError::RunExists {
            run: run.to_string(),
            place: self.backend.place(name),
        };
        let place = if self.backend.is_local() {
            let name = self.journal_file(&run);
            let Some(file) = self.backend.create_appendable(&name).await? else {
                return Err(exists(&name));
            };
            Place::File {
                file: Arc::new(file),
                name,
            }
        } else {
            let folder = self.journal_folder(&run);
            let first = piece(&folder, 1);
            // An equal beginning would be taken for ours whose answer was lost.
            if self.backend.get(&first, MAX_RECORD).await?.is_some() {
                return Err(exists(&first));
            }
            if self.backend.is_pushed() {
                Place::Pushed { folder }
            } else {
                Place::Objects { folder, next: 1 }
            }
        };
        let journal = Journal {
            store: self.clone(),
            run,
            queue: Arc::default(),
            sink: Arc::new(tokio::sync::Mutex::new(Sink {
                place,
                durable: 0,
                handed_over: 0,
                size: 0,
                failed: None,
            })),
        };
        let begin = Record::Begin(begin);
        if self.backend.is_batched() {
            // It goes out with the first intents.
            journal.enqueue(&begin)?;
        } else {
            journal.append(&begin).await?;
        }
        Ok(journal)
    }

    /// Reads every journal that lies beside the ledger.
    ///
    /// # Errors
    ///
    /// A journal that cannot be read, is larger than [`MAX_JOURNAL`] bytes, or comes from a newer
    /// version: what it tells must not be passed over.
    pub async fn open_runs(&self) -> Result<Runs, StoreError> {
        let mut runs = Runs::default();
        for (run, names) in self.journals().await? {
            let mut reader = Reader::new(run.clone());
            let mut size = 0;
            let mut pieces = stream::iter(&names)
                .map(|name| self.backend.get(name, MAX_JOURNAL))
                .buffered(AT_ONCE);
            while let Some(piece) = pieces.try_next().await? {
                // What is gone by now was removed by a run that ended.
                let bytes = piece.map_or_else(Bytes::new, |(bytes, _)| bytes);
                size += bytes.len();
                if size > MAX_JOURNAL {
                    return Err(StoreError::TooLarge {
                        place: self.journal_place(&run),
                        limit: MAX_JOURNAL,
                    });
                }
                reader.push(&bytes);
            }
            match reader.finish() {
                // What a run did in another organization says nothing of this one.
                Ok(Reading::Unfinished(unfinished))
                    if unfinished.begin.as_ref().is_some_and(|begin| {
                        begin.org_id != self.org_id || begin.environment != self.environment
                    }) => {}
                Ok(Reading::Unfinished(unfinished)) => runs.unfinished.push(unfinished),
                Ok(Reading::Ended) => runs.ended.push(run),
                Err(found) => {
                    return Err(StoreError::NewerJournal {
                        place: self.journal_place(&run),
                        found,
                    });
                }
            }
        }
        Ok(runs)
    }

    /// Removes the journal of a run about which nothing is left to find out. `at` is now, in
    /// milliseconds since the Unix epoch.
    ///
    /// Being killed half-way leaves a journal that has ended, never a part that looks unfinished.
    ///
    /// # Errors
    ///
    /// A place that cannot be written.
    pub async fn finish(&self, run: &RunId, at: i64) -> Result<(), StoreError> {
        let names = self.journals().await?.remove(run).unwrap_or_default();
        self.erase(run, names, at).await
    }

    async fn erase(&self, run: &RunId, names: Vec<String>, at: i64) -> Result<(), StoreError> {
        if self.backend.is_local() {
            return self.backend.remove(&self.journal_file(run)).await;
        }
        if self.backend.is_pushed() {
            return self.backend.remove_all(&names).await;
        }
        let Some(last) = names.last() else {
            return Ok(());
        };
        // Named after the last piece, also when that one is gone already; it goes last.
        let end = match last.strip_suffix("-end.jsonl") {
            Some(_) => last.clone(),
            None => format!("{}-end.jsonl", last.trim_end_matches(".jsonl")),
        };
        let mut line = Vec::new();
        encode(
            &Record::End(End { at }),
            &mut line,
            &self.journal_place(run),
        )?;
        self.backend.put(&end, line.into(), Condition::Any).await?;
        stream::iter(names.iter().filter(|name| **name != end))
            .map(|name| self.backend.remove(name))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        self.backend.remove(&end).await
    }

    /// The pieces of every run's journal, in order.
    async fn journals(&self) -> Result<BTreeMap<RunId, Vec<String>>, StoreError> {
        let is_local = self.backend.is_local();
        let (below, prefix) = if is_local {
            (FOLDER.to_owned(), format!("{FOLDER}/{}-", self.stem))
        } else {
            let folder = format!("{FOLDER}/{}", self.stem);
            (folder.clone(), format!("{folder}/"))
        };
        let mut journals: BTreeMap<RunId, Vec<String>> = BTreeMap::new();
        for name in self.backend.list(&below).await? {
            let run = name
                .strip_prefix(&prefix)
                .and_then(|rest| rest.strip_suffix(".jsonl"))
                .and_then(|rest| {
                    if is_local {
                        Some(rest)
                    } else {
                        rest.split_once('/').map(|(run, _)| run)
                    }
                })
                .and_then(|run| run.parse().ok());
            if let Some(run) = run {
                journals.entry(run).or_default().push(name);
            }
        }
        Ok(journals)
    }

    fn journal_file(&self, run: &RunId) -> String {
        format!("{FOLDER}/{}-{run}.jsonl", self.stem)
    }

    fn journal_folder(&self, run: &RunId) -> String {
        format!("{FOLDER}/{}/{run}", self.stem)
    }

    fn journal_place(&self, run: &RunId) -> String {
        self.backend.place(&if self.backend.is_local() {
            self.journal_file(run)
        } else {
            self.journal_folder(run)
        })
    }
}

fn encode(record: &Record, out: &mut Vec<u8>, place: &str) -> Result<(), StoreError> {
    let before = out.len();
    serde_json::to_writer(&mut *out, record).map_err(|error| StoreError::Access {
        place: place.to_owned(),
        action: "written",
        reason: error.to_string(),
        is_denied: false,
    })?;
    if out.len() - before > MAX_RECORD {
        return Err(StoreError::TooLarge {
            place: format!("{place} (one record)"),
            limit: MAX_RECORD,
        });
    }
    out.push(b'\n');
    Ok(())
}

impl Journal {
    /// The run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Adds a record. It survives a crash of the program and of the machine when this returns.
    ///
    /// May be called by several tasks at once; their records are written together. A caller that
    /// stops waiting does not stop the writing.
    ///
    /// # Errors
    ///
    /// A record or journal that is too large, and a place that cannot be written. After that nothing
    /// more can be added: send nothing more.
    pub async fn append(&self, record: &Record) -> Result<(), StoreError> {
        let ticket = self.enqueue(record)?;
        // On its own, so that it goes on if the caller does not.
        match tokio::spawn(self.flush(ticket, true)).await {
            Ok(written) => written,
            Err(error) => Err(StoreError::Access {
                place: self.store.journal_place(&self.run),
                action: "written",
                reason: error.to_string(),
                is_denied: false,
            }),
        }
    }

    /// Adds records that are written together; as [`Journal::append`] otherwise.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`].
    pub async fn append_all(&self, records: &[Record]) -> Result<(), StoreError> {
        let Some((last, others)) = records.split_last() else {
            return Ok(());
        };
        for record in others {
            self.enqueue(record)?;
        }
        self.append(last).await
    }

    /// Whether every write of a record goes over a network that makes it dear, so that a run records
    /// all its intents at once.
    #[must_use]
    pub fn is_batched(&self) -> bool {
        self.store.backend.is_batched()
    }

    /// Hands over what waits, so that it goes out with the next push at the latest.
    ///
    /// # Errors
    ///
    /// A place that cannot be written, now or before.
    pub async fn hand_over(&self) -> Result<(), StoreError> {
        let ticket = self.queue().count;
        self.flush(ticket, false).await
    }

    /// Adds a record that nobody has to wait for: it is written as soon as may be.
    ///
    /// # Errors
    ///
    /// A record that is too large. That a place cannot be written shows in the next
    /// [`Journal::append`].
    pub fn note(&self, record: &Record) -> Result<(), StoreError> {
        let ticket = self.enqueue(record)?;
        tokio::spawn(self.flush(ticket, false));
        Ok(())
    }

    /// Puts a record among those that wait, and returns its number.
    fn enqueue(&self, record: &Record) -> Result<u64, StoreError> {
        let mut line = Vec::new();
        encode(record, &mut line, &self.store.journal_place(&self.run))?;
        let mut queue = self.queue();
        queue.bytes.extend_from_slice(&line);
        queue.count += 1;
        Ok(queue.count)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all that waits, unless that is done already up to a number. What need not be `durable`
    /// may go out later where that is dear.
    fn flush(
        &self,
        ticket: u64,
        durable: bool,
    ) -> impl Future<Output = Result<(), StoreError>> + use<> {
        let sink = Arc::clone(&self.sink);
        let queue = Arc::clone(&self.queue);
        let backend = Arc::clone(&self.store.backend);
        async move {
            let sink = sink.lock_owned().await;
            let done = if durable {
                sink.durable
            } else {
                sink.handed_over
            };
            if done >= ticket {
                return Ok(());
            }
            write(sink, queue, backend, durable).await
        }
    }

    /// Ends the run in order and removes its journal. `at` is now, in milliseconds since the Unix
    /// epoch. Call it when the ledger is saved.
    ///
    /// # Errors
    ///
    /// A place that cannot be written.
    pub async fn finish(self, at: i64) -> Result<(), StoreError> {
        let names = {
            let mut sink = self.sink.lock().await;
            // What is still to be written has no meaning any more.
            sink.durable = u64::MAX;
            sink.handed_over = u64::MAX;
            match &sink.place {
                Place::File { name, .. } => vec![name.clone()],
                Place::Objects { folder, next } => (1..*next).map(|n| piece(folder, n)).collect(),
                Place::Pushed { folder } => self.store.backend.list(folder).await?,
            }
        };
        self.store.erase(&self.run, names, at).await
    }
}

fn piece(folder: &str, number: u64) -> String {
    format!("{folder}/{number:0DIGITS$}.jsonl")
}

/// Writes all that waits.
async fn write(
    mut sink: OwnedMutexGuard<Sink>,
    queue: Arc<Mutex<Queue>>,
    backend: Arc<Backend>,
    durable: bool,
) -> Result<(), StoreError> {
    if let Some(error) = &sink.failed {
        return Err(error.clone());
    }
    let (bytes, count) = {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut queue.bytes), queue.count)
    };
    let length = bytes.len();
    match write_piece(&mut sink, bytes, &backend, durable).await {
        Ok(is_durable) => {
            sink.handed_over = count;
            if is_durable {
                sink.durable = count;
            }
            sink.size += length;
            Ok(())
        }
        Err(error) => {
            sink.failed = Some(error.clone());
            Err(error)
        }
    }
}

/// Writes a piece, and says whether it is durable.
async fn write_piece(
    sink: &mut Sink,
    bytes: Vec<u8>,
    backend: &Backend,
    durable: bool,
) -> Result<bool, StoreError> {
    if sink.size + bytes.len() > MAX_JOURNAL {
        let name = match &sink.place {
            Place::File { name, .. } => name,
            Place::Objects { folder, .. } | Place::Pushed { folder } => folder,
        };
        return Err(StoreError::TooLarge {
            place: backend.place(name),
            limit: MAX_JOURNAL,
        });
    }
    match &mut sink.place {
        Place::File { file, name } => {
            let file = Arc::clone(file);
            blocking(move || {
                (&*file).write_all(&bytes)?;
                file.sync_data()
            })
            .await
            .map(|()| true)
            .map_err(|error| backend.io(name, "written", &error))
        }
        Place::Pushed { folder } => backend
            .append(folder, bytes, durable)
            .await
            .map(|()| durable),
        Place::Objects { folder, next } => {
            let name = piece(folder, *next);
            match backend.put(&name, bytes.into(), Condition::Absent).await? {
                Put::Done(_) => {
                    *next += 1;
                    Ok(true)
                }
                Put::Changed => Err(StoreError::RunExists {
                    run: folder.rsplit('/').next().unwrap_or_default().to_owned(),
                    place: backend.place(&name),
                }),
            }
        }
    }
}
