//! Pieces in the tree of a commit that a ref of a git remote points to.
//!
//! Every change is a commit on top of the one before, so that the history of the ref tells who
//! changed what. It is pushed with a lease on the commit that was seen: of two that push at once
//! one is refused. Nothing of the clone is touched but its store of objects.

pub(crate) mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Condition, Put, Tag};
use crate::ledger::error::{StoreError, Trouble};
use crate::ledger::history::FOLDER as PAST_RUNS;
use program::{Failed, Program};

/// The folder of the refs.
const REFS: &str = "refs/deskform";
/// The ledger's name in the tree.
pub(in crate::ledger) const LEDGER: &str = "ledger.json";
/// The ending of a piece of a journal.
const PIECE: &str = ".jsonl";
/// Digits in the name of such a piece, so that they sort.
const DIGITS: usize = 8;
/// How often a change is made anew when the ref moved under the hand.
const TRIES: usize = 8;
/// How often a push is repeated that certainly had no effect, and the pause before it, which grows
/// with each.
const PUSHES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(250);
/// Largest list of what a commit holds, in bytes.
const MAX_TREE: usize = 64 * 1024 * 1024;

/// A ref of a remote.
pub(in crate::ledger) struct Repository {
    program: Program,
    /// `refs/deskform/production`.
    reference: String,
    /// What the place is called in messages: `git:origin/production`.
    shown: String,
    state: Arc<Mutex<State>>,
}

/// What is known of the ref.
#[derive(Default)]
struct State {
    /// What was seen last; nothing before the first look.
    seen: Option<Seen>,
    /// What goes out with the next push.
    staged: BTreeMap<String, Staged>,
    /// The pieces that were written here.
    written: BTreeSet<String>,
    /// Who is named as the author.
    author: Option<String>,
    /// How git is told where the remote is, once it is known to be there.
    address: Option<String>,
    /// Why something that was to go out later never will.
    lost: Option<StoreError>,
}

/// A state of the ref.
#[derive(Clone, Default)]
struct Seen {
    /// The commit; none where there is no such ref.
    tip: Option<String>,
    pieces: BTreeMap<String, Blob>,
}

/// A piece as git keeps it.
#[derive(Clone, PartialEq, Eq)]
struct Blob {
    id: String,
    size: usize,
}

/// A change that is not pushed yet.
#[derive(Clone)]
struct Staged {
    change: Change,
    /// Met by what was seen; what the push replaces must still meet it.
    condition: Condition,
}

#[derive(Clone)]
enum Change {
    Kept(Blob),
    /// The end of a journal, which grows.
    Tail(Vec<u8>),
    Gone,
}

/// What came of a push.
enum Pushed {
    Done,
    /// Somebody else has moved the ref; what is there now has been read.
    Moved,
}

impl Change {
    fn tag(&self) -> Option<Tag> {
        match self {
            Self::Kept(blob) => Some(Tag::Blob(blob.id.clone())),
            // Nobody replaces a journal on a condition.
            Self::Tail(_) | Self::Gone => None,
        }
    }
}

impl State {
    /// The tag of a piece with all that is staged.
    fn tag(&self, name: &str) -> Option<Tag> {
        match self.staged.get(name) {
            Some(staged) => staged.change.tag(),
            None => self.seen.as_ref()?.tag(name),
        }
    }

    /// The names of the pieces below a folder with all that is staged.
    fn names(&self, below: &str) -> BTreeSet<String> {
        let prefix = format!("{below}/");
        let seen = self.seen.iter().flat_map(|seen| seen.pieces.keys());
        let mut names: BTreeSet<String> = seen.chain(self.staged.keys()).cloned().collect();
        names.retain(|name| {
            let gone = |staged: &Staged| matches!(staged.change, Change::Gone);
            name.starts_with(&prefix) && !self.staged.get(name).is_some_and(gone)
        });
        names
    }

    fn stage(&mut self, name: &str, change: Change, condition: Condition) {
        // What was staged before stood on what was seen.
        let condition = match self.staged.remove(name) {
            Some(before) => before.condition,
            None => condition,
        };
        self.staged
            .insert(name.to_owned(), Staged { change, condition });
    }

    /// Puts back what was staged of a piece.
    fn restore(&mut self, name: &str, before: Option<Staged>) {
        match before {
            Some(before) => self.staged.insert(name.to_owned(), before),
            None => self.staged.remove(name),
        };
    }
}

impl Seen {
    fn tag(&self, name: &str) -> Option<Tag> {
        Some(Tag::Blob(self.pieces.get(name)?.id.clone()))
    }
}

/// Does something that goes on if the caller does not wait for it any more: a push that was cut off
/// would leave behind a lock of which nobody knows.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and so does this.
            Err(_) => std::future::pending().await,
        },
    }
}

fn holds(condition: &Condition, found: Option<&Tag>) -> bool {
    match condition {
        Condition::Any => true,
        Condition::Absent => found.is_none(),
        Condition::Is(tag) => found == Some(tag),
    }
}

impl Repository {
    /// A ref of a remote that the clone around `folder` knows; nothing is run yet.
    pub(in crate::ledger) fn new(folder: &Path, remote: &str, name: &str) -> Self {
        Self {
            program: Program::new(folder, remote),
            reference: format!("{REFS}/{name}"),
            shown: format!("git:{remote}/{name}"),
            state: Arc::default(),
        }
    }

    /// How a piece is named in messages.
    pub(in crate::ledger) fn place(&self, name: &str) -> String {
        match name {
            "" | LEDGER => self.shown.clone(),
            name => format!("{}:{name}", self.shown),
        }
    }

    /// Names the author of what is pushed from now on.
    pub(super) async fn speak_for(&self, who: &str) {
        self.state.lock().await.author = Some(who.to_owned());
    }

    /// Reads a piece of at most `limit` bytes; `anew` asks the remote first, whatever is known.
    pub(super) async fn get(
        &self,
        name: &str,
        limit: usize,
        anew: bool,
    ) -> Result<Option<(Bytes, Tag)>, StoreError> {
        let mut state = self.state.lock().await;
        self.look(&mut state, anew).await?;
        let blob = match state.staged.get(name).map(|staged| &staged.change) {
            Some(Change::Kept(blob)) => blob.clone(),
            Some(Change::Tail(bytes)) => {
                return Ok(Some((bytes.clone().into(), Tag::Blob(String::new()))));
            }
            Some(Change::Gone) => return Ok(None),
            None => match state.seen.as_ref().and_then(|seen| seen.pieces.get(name)) {
                Some(blob) => blob.clone(),
                None => return Ok(None),
            },
        };
        if blob.size > limit {
            return Err(StoreError::TooLarge {
                place: self.place(name),
                limit,
            });
        }
        let bytes = self
            .program
            .run(&["cat-file", "blob", &blob.id], b"", blob.size)
            .await
            .map_err(|failed| self.failed(name, "read", failed))?;
        Ok(Some((bytes.into(), Tag::Blob(blob.id))))
    }

    /// The names of all pieces below a folder of the names.
    pub(super) async fn list(&self, below: &str, anew: bool) -> Result<Vec<String>, StoreError> {
        let mut state = self.state.lock().await;
        self.look(&mut state, anew).await?;
        Ok(state.names(below).into_iter().collect())
    }

    /// Writes a piece if the condition holds: now, or with the next push.
    pub(super) async fn put(
        self: Arc<Self>,
        name: &str,
        bytes: Bytes,
        condition: Condition,
        later: bool,
    ) -> Result<Put, StoreError> {
        let name = name.to_owned();
        to_the_end(async move {
            let mut state = self.state().await;
            let blob = self.keep(&name, &bytes).await?;
            let tag = Tag::Blob(blob.id.clone());
            let change = Change::Kept(blob);
            let done = self.change(&mut state, &name, &change, condition, later);
            Ok(if done.await? {
                Put::Done(tag)
            } else {
                Put::Changed
            })
        })
        .await
    }

    /// Removes a piece if it is still the one with this tag, and says whether it was.
    pub(super) async fn remove_if(
        self: Arc<Self>,
        name: &str,
        tag: Tag,
    ) -> Result<bool, StoreError> {
        let name = name.to_owned();
        to_the_end(async move {
            let mut state = self.state().await;
            let condition = Condition::Is(tag);
            self.change(&mut state, &name, &Change::Gone, condition, false)
                .await
        })
        .await
    }

    /// Removes pieces; those that are gone already are no error.
    pub(super) async fn remove(
        self: Arc<Self>,
        names: &[String],
        later: bool,
    ) -> Result<(), StoreError> {
        let names = names.to_vec();
        to_the_end(async move {
            let mut state = self.state().await;
            self.look(&mut state, false).await?;
            for name in &names {
                let is_kept =
                    (state.seen.as_ref()).is_some_and(|seen| seen.pieces.contains_key(name));
                if is_kept {
                    state.stage(name, Change::Gone, Condition::Any);
                } else {
                    state.staged.remove(name);
                }
            }
            if later {
                Ok(())
            } else {
                self.flush_all(&mut state).await
            }
        })
        .await
    }

    /// Adds to a journal, whose pieces lie in a folder: to its last piece where that is not pushed
    /// yet, else as a new one.
    pub(super) async fn append(
        self: Arc<Self>,
        folder: &str,
        bytes: Vec<u8>,
        later: bool,
    ) -> Result<(), StoreError> {
        let folder = folder.to_owned();
        to_the_end(async move {
            let mut state = self.state().await;
            self.look(&mut state, false).await?;
            let prefix = format!("{folder}/");
            let tail = state.staged.iter_mut().find_map(|(name, staged)| {
                let is_ours = name.starts_with(&prefix);
                match &mut staged.change {
                    Change::Tail(tail) if is_ours => Some(tail),
                    _ => None,
                }
            });
            match tail {
                Some(tail) => tail.extend_from_slice(&bytes),
                None if bytes.is_empty() => {}
                None => {
                    let names = state.names(&folder);
                    let last = names.last().and_then(|name| {
                        let number = name.strip_prefix(&prefix)?.strip_suffix(PIECE)?;
                        number.parse::<u64>().ok()
                    });
                    let next = last.unwrap_or(0).saturating_add(1);
                    let name = format!("{folder}/{next:0DIGITS$}{PIECE}");
                    state.stage(&name, Change::Tail(bytes), Condition::Absent);
                }
            }
            if later {
                return Ok(());
            }
            let flushed = self.flush_all(&mut state).await;
            if flushed.is_err() {
                // What was not recorded is not sent, so it must not be recorded later either.
                state.staged.retain(|name, _| !name.starts_with(&prefix));
            }
            flushed
        })
        .await
    }

    /// Pushes what is staged.
    pub(super) async fn flush(self: Arc<Self>) -> Result<(), StoreError> {
        to_the_end(async move {
            let mut state = self.state().await;
            self.flush_all(&mut state).await
        })
        .await
    }

    async fn state(&self) -> OwnedMutexGuard<State> {
        Arc::clone(&self.state).lock_owned().await
    }

    async fn flush_all(&self, state: &mut State) -> Result<(), StoreError> {
        if let Some(lost) = &state.lost {
            return Err(lost.clone());
        }
        for _ in 0..TRIES {
            if let Pushed::Done = self.push(state, None).await? {
                return Ok(());
            }
        }
        Err(self.moved("pushed"))
    }

    /// Changes one piece if the condition holds, and says whether it did.
    async fn change(
        &self,
        state: &mut State,
        name: &str,
        change: &Change,
        condition: Condition,
        later: bool,
    ) -> Result<bool, StoreError> {
        self.look(state, false).await?;
        let mut is_fresh = false;
        for _ in 0..TRIES {
            if !holds(&condition, state.tag(name).as_ref()) {
                if is_fresh {
                    return Ok(false);
                }
                // What is known may be old.
                self.look(state, true).await?;
                is_fresh = true;
                continue;
            }
            let before = state.staged.get(name).cloned();
            state.stage(name, change.clone(), condition.clone());
            if later {
                return Ok(true);
            }
            match self.push(state, Some(name)).await {
                Ok(Pushed::Done) => return Ok(true),
                Ok(Pushed::Moved) => {
                    state.restore(name, before);
                    is_fresh = true;
                }
                Err(error) => {
                    state.restore(name, before);
                    return Err(error);
                }
            }
        }
        Err(self.moved("written"))
    }

    /// Reads the ref and what its commit holds, unless that is known.
    async fn look(&self, state: &mut State, anew: bool) -> Result<(), StoreError> {
        if state.seen.is_some() && !anew {
            return Ok(());
        }
        let read = |failed| self.failed("", "read", failed);
        let address = self.address(state).await.map_err(read)?;
        let mut tip = self.tip(&address).await.map_err(read)?;
        for left in (0..TRIES).rev() {
            if state.seen.as_ref().is_some_and(|seen| seen.tip == tip) {
                return Ok(());
            }
            let pieces = match &tip {
                Some(tip) => self.pieces(&address, tip).await,
                None => Ok(BTreeMap::new()),
            };
            match pieces {
                Ok(pieces) => {
                    state.seen = Some(Seen { tip, pieces });
                    return Ok(());
                }
                Err(failed) => {
                    // A server may give away only what the ref points to now.
                    let now = self.tip(&address).await.map_err(read)?;
                    if left == 0 || now == tip {
                        return Err(read(failed));
                    }
                    tip = now;
                }
            }
        }
        Err(self.moved("read"))
    }

    async fn address(&self, state: &mut State) -> Result<String, Failed> {
        if let Some(address) = &state.address {
            return Ok(address.clone());
        }
        let address = self.program.address().await?;
        state.address = Some(address.clone());
        Ok(address)
    }

    /// The commit that the remote's ref points to.
    async fn tip(&self, address: &str) -> Result<Option<String>, Failed> {
        let listed = self
            .program
            .over_network(&["ls-remote", "--refs", address, &self.reference])
            .await?;
        let listed = String::from_utf8_lossy(&listed);
        // The pattern fits longer names as well.
        let own = listed.lines().find_map(|line| {
            let (id, name) = line.split_once('\t')?;
            (name == self.reference).then_some(id)
        });
        match own {
            Some(id) if !is_id(id) => Err(Failed::odd(format!("`{id}` is no id of a commit"))),
            own => Ok(own.map(str::to_owned)),
        }
    }

    /// The names of all refs here on the remote; nothing where it does not answer.
    pub(in crate::ledger) async fn names(&self) -> Vec<String> {
        let listed = async {
            let address = self.program.address().await?;
            let all = format!("{REFS}/*");
            let words = ["ls-remote", "--refs", &*address, &*all];
            self.program.over_network(&words).await
        };
        let listed = listed.await.unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed);
        let names = listed.lines().filter_map(|line| {
            let (_, name) = line.split_once('\t')?;
            name.strip_prefix(REFS)?.strip_prefix('/')
        });
        names.map(str::to_owned).collect()
    }

    async fn pieces(&self, address: &str, tip: &str) -> Result<BTreeMap<String, Blob>, Failed> {
        let commit = format!("{tip}^{{commit}}");
        let is_here = self.program.run(&["cat-file", "-e", &commit], b"", 0).await;
        if is_here.is_err() {
            self.program
                .over_network(&[
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    "--no-prune",
                    "--no-write-fetch-head",
                    // A partial clone would leave out what is wanted.
                    "--no-filter",
                    "--no-recurse-submodules",
                    "--refmap=",
                    address,
                    tip,
                ])
                .await?;
        }
        let tree = format!("{tip}^{{tree}}");
        let listed = self
            .program
            .run(
                &["ls-tree", "-r", "-l", "-z", "--full-tree", &tree],
                b"",
                MAX_TREE,
            )
            .await?;
        let mut pieces = BTreeMap::new();
        for entry in String::from_utf8_lossy(&listed).split_terminator('\0') {
            let Some((about, name)) = entry.split_once('\t') else {
                continue;
            };
            // Mode, type, id, size.
            let words: Vec<&str> = about.split_whitespace().collect();
            if let [_, "blob", id, size] = words[..]
                && let Ok(size) = size.parse()
            {
                let id = id.to_owned();
                pieces.insert(name.to_owned(), Blob { id, size });
            }
        }
        Ok(pieces)
    }

    /// Keeps bytes in the clone.
    async fn keep(&self, name: &str, bytes: &[u8]) -> Result<Blob, StoreError> {
        let id = self
            .program
            .made(&["hash-object", "-w", "--no-filters", "--stdin"], bytes)
            .await
            .map_err(|failed| self.failed(name, "written", failed))?;
        Ok(Blob {
            id,
            size: bytes.len(),
        })
    }

    /// Pushes what is staged as one commit.
    ///
    /// An answer that was lost is looked up: a ref that points to the new commit has been pushed.
    ///
    /// Where the ref moved, the caller checks whether the change of the piece `own` still fits.
    async fn push(&self, state: &mut State, own: Option<&str>) -> Result<Pushed, StoreError> {
        if state.staged.is_empty() {
            return Ok(Pushed::Done);
        }
        self.look(state, false).await?;
        let seen = state.seen.clone().unwrap_or_default();
        let mut pieces = seen.pieces.clone();
        for (name, staged) in &state.staged {
            match &staged.change {
                Change::Kept(blob) => pieces.insert(name.clone(), blob.clone()),
                Change::Tail(bytes) => {
                    let blob = self.keep(name, bytes).await?;
                    pieces.insert(name.clone(), blob)
                }
                Change::Gone => pieces.remove(name),
            };
        }
        let pushed = |failed| self.failed("", "pushed", failed);
        let address = self.address(state).await.map_err(pushed)?;
        if pieces == seen.pieces {
            // There is nothing to push; whether that holds, the remote says.
            if self.tip(&address).await.map_err(pushed)? != seen.tip {
                return self.has_moved(state, own).await;
            }
            state.staged.clear();
            return Ok(Pushed::Done);
        }
        let message = message(&seen.pieces, &pieces, &state.written);
        let commit = self
            .commit(
                &pieces,
                seen.tip.as_deref(),
                &message,
                state.author.as_deref(),
            )
            .await
            .map_err(pushed)?;
        let lease = format!(
            "--force-with-lease={}:{}",
            self.reference,
            seen.tip.as_deref().unwrap_or_default()
        );
        let target = format!("{commit}:{}", self.reference);
        let words = [
            "push",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            "--no-recurse-submodules",
            &lease,
            &address,
            &target,
        ];
        let mut pause = PAUSE;
        for left in (0..PUSHES).rev() {
            let Err(failed) = self.program.over_network(&words).await else {
                break;
            };
            let tip = match self.tip(&address).await {
                Ok(tip) => tip,
                Err(_) if left == 0 || failed.is_final() => return Err(pushed(failed)),
                Err(_) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                    continue;
                }
            };
            if tip.as_deref() == Some(&commit) {
                break;
            }
            if tip != seen.tip {
                return self.has_moved(state, own).await;
            }
            if left == 0 || failed.is_final() {
                return Err(pushed(failed));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        let staged = std::mem::take(&mut state.staged);
        state.written.extend(staged.into_keys());
        state.seen = Some(Seen {
            tip: Some(commit),
            pieces,
        });
        Ok(Pushed::Done)
    }

    /// Reads what somebody else has pushed. What is to go out together with a change must still fit;
    /// else all of it is given up, which the next flush tells, and the change goes by itself: a lock
    /// is given back whatever else fails.
    async fn has_moved(&self, state: &mut State, own: Option<&str>) -> Result<Pushed, StoreError> {
        self.look(state, true).await?;
        let fits = |(name, staged): (&String, &Staged)| {
            let found = state.seen.as_ref().and_then(|seen| seen.tag(name));
            own == Some(name) || holds(&staged.condition, found.as_ref())
        };
        if state.staged.iter().all(fits) {
            return Ok(Pushed::Moved);
        }
        state.staged.clear();
        let lost = self.moved("pushed");
        state.lost = Some(lost.clone());
        match own {
            Some(_) => Ok(Pushed::Moved),
            None => Err(lost),
        }
    }

    /// Makes a commit that holds these pieces.
    async fn commit(
        &self,
        pieces: &BTreeMap<String, Blob>,
        parent: Option<&str>,
        message: &str,
        author: Option<&str>,
    ) -> Result<String, Failed> {
        let files: BTreeMap<&str, &str> = pieces
            .iter()
            .map(|(name, blob)| (name.as_str(), blob.id.as_str()))
            .collect();
        let tree = self.tree(&files).await?;
        let mut words = vec!["commit-tree", "--no-gpg-sign", &tree];
        if let Some(parent) = parent {
            words.extend(["-p", parent]);
        }
        self.program.committed(&words, message, author).await
    }

    /// Makes a tree of files by their paths.
    async fn tree(&self, files: &BTreeMap<&str, &str>) -> Result<String, Failed> {
        let mut folders: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        let mut list = Vec::new();
        for (path, id) in files {
            match path.split_once('/') {
                Some((folder, rest)) => {
                    folders.entry(folder).or_default().insert(rest, id);
                }
                None => list.extend_from_slice(format!("100644 blob {id}\t{path}\0").as_bytes()),
            }
        }
        for (folder, files) in &folders {
            let id = Box::pin(self.tree(files)).await?;
            list.extend_from_slice(format!("040000 tree {id}\t{folder}\0").as_bytes());
        }
        self.program
            .made(&["mktree", "--missing", "-z"], &list)
            .await
    }

    fn failed(&self, name: &str, action: &'static str, failed: Failed) -> StoreError {
        StoreError::Git {
            place: self.place(name),
            action,
            reason: failed.reason,
            trouble: failed.trouble,
        }
    }

    fn moved(&self, action: &'static str) -> StoreError {
        StoreError::Git {
            place: self.place(""),
            action,
            reason: format!("another run has changed `{}` meanwhile", self.reference),
            trouble: Trouble::Moved,
        }
    }
}

/// The address that a remote of the clone around a folder is pushed to, without credentials.
pub(in crate::ledger) fn address(folder: &Path, remote: &str) -> Result<String, StoreError> {
    program::address(folder, remote).map_err(|failed| StoreError::Git {
        place: format!("git:{remote}"),
        action: "read",
        reason: failed.reason,
        trouble: failed.trouble,
    })
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a piece is what is kept of a past run, which goes along with what is said of the run.
fn is_past(name: &str) -> bool {
    name.strip_prefix(PAST_RUNS)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// Says what a commit changes, in plain words.
fn message(
    before: &BTreeMap<String, Blob>,
    after: &BTreeMap<String, Blob>,
    written: &BTreeSet<String>,
) -> String {
    let folders = |pieces: &BTreeMap<String, Blob>| -> BTreeMap<String, usize> {
        let mut folders = BTreeMap::new();
        for name in pieces.keys().filter(|name| !is_past(name)) {
            if let Some((folder, _)) = name.rsplit_once('/') {
                *folders.entry(folder.to_owned()).or_default() += 1;
            }
        }
        folders
    };
    let (old, new) = (folders(before), folders(after));
    let run = |folder: &str| folder.rsplit('/').next().unwrap_or(folder).to_owned();
    let mut deeds = Vec::new();
    for (folder, count) in &new {
        match old.get(folder) {
            None => deeds.push(format!(
                "record what the run {} is about to write",
                run(folder)
            )),
            Some(old) if old < count => {
                deeds.push(format!("record what the run {} has written", run(folder)));
            }
            Some(_) => {}
        }
    }
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names.into_iter().filter(|name| !name.contains('/')) {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        deeds.push(match (name.rsplit_once('.').map(|(_, end)| end), new) {
            (Some("lock"), Some(_)) if written.contains(name) && old.is_some() => {
                "renew the lock".to_owned()
            }
            (Some("lock"), Some(_)) => "take the lock".to_owned(),
            (Some("lock"), None) => "give the lock back".to_owned(),
            (Some("corrupt"), Some(_)) => "keep aside what could not be understood".to_owned(),
            (_, Some(_)) if name == LEDGER => "save the ledger".to_owned(),
            (_, Some(_)) => format!("write {name}"),
            (_, None) => format!("remove {name}"),
        });
    }
    for folder in old.keys().filter(|folder| !new.contains_key(*folder)) {
        deeds.push(format!("clear away the journal of the run {}", run(folder)));
    }
    if deeds.is_empty() {
        deeds.push("change what is kept of past runs".to_owned());
    }
    let text = deeds.join(", ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).chain(['\n']).collect(),
        None => text,
    }
}
