//! A ledger under another name: of an environment that was renamed in the project file.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Global;
use super::common::{Failure, Workspace, environment_variable};
use super::files::read_file;
use super::ledger::TTL;
use super::signals::Signals;
use super::store::holder;
use crate::clock::Clock;
use crate::config::NAME;
use crate::ledger::{Load, Location, MAX_LEDGER, Store, names_beside};
use crate::problem::{Code, Problem, counted, did_you_mean, ticked};
use crate::run_record::absorb;

/// A ledger of the same organization whose environment the project no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Abandoned {
    location: Location,
    /// The place in messages.
    shown: String,
    environment: String,
}

/// How many ledgers are read at most in search of one that was left behind.
const SEARCHED: usize = 50;

/// What is read of a ledger to tell whose it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    #[serde(rename = "formatVersion")]
    _format_version: u64,
    environment: String,
    org_id: String,
    resources: serde_json::Map<String, serde_json::Value>,
}

impl Workspace {
    /// Where the ledger of an environment of the project is kept, or of one that it had.
    pub(super) fn location_of(&self, name: &str) -> Result<Location, Failure> {
        let directory = &self.project.directory;
        let known = self
            .project
            .environments
            .iter()
            .find(|one| one.name == name);
        let written = known.unwrap_or(&self.environment).ledger_under(name);
        let mut location = match written {
            Some(text) => Location::parse(&text, directory)?,
            None => Location::default_for(directory, name),
        };
        // What has no other name of its own is told apart by the environment's.
        if let Location::Git { name: own, .. } = &mut location {
            own.get_or_insert_with(|| name.to_owned());
        }
        Ok(location)
    }

    fn has_environment(&self, name: &str) -> bool {
        let all = &self.project.environments;
        all.iter().any(|one| one.name == name)
    }

    /// The ledgers that lie where this environment's would, are about the same organization, and
    /// belong to an environment that the project no longer has.
    async fn abandoned(&self) -> Result<Vec<Abandoned>, Failure> {
        if self.begins_anew() {
            return Ok(Vec::new());
        }
        let mut used = Vec::new();
        for environment in &self.project.environments {
            used.push(self.location_of(&environment.name)?);
        }
        let mut found = Vec::new();
        if let Location::File(own) = self.location_of(&self.environment.name)? {
            found = self.abandoned_files(&own, &used);
        }
        let Some(pattern) = self.environment.ledger_pattern() else {
            return Ok(found);
        };
        let names = names_beside(
            pattern,
            NAME,
            &self.project.directory,
            &environment_variable,
        )
        .await;
        let unknown = names.into_iter().filter(|name| !self.has_environment(name));
        for name in unknown.take(SEARCHED) {
            let location = self.location_of(&name)?;
            let is_new = !used.contains(&location)
                && !found.iter().any(|one: &Abandoned| one.location == location);
            // What may not be read, cannot be read or is not understood is none of ours.
            if !is_new || self.admit_ledger(&location).is_err() {
                continue;
            }
            let org_id = &self.environment.org_id;
            let Ok(store) = Store::open(&location, &name, org_id, &environment_variable) else {
                continue;
            };
            if let Ok(loaded) = store.load().await
                && let Load::Found(ledger) = loaded.load
                && !ledger.resources.is_empty()
            {
                found.push(Abandoned {
                    shown: match &location {
                        Location::File(path) => self.below(path),
                        _ => store.place(),
                    },
                    location,
                    environment: name,
                });
            }
        }
        Ok(found)
    }

    /// The environment's own ledger at the place where one lies that names none, if this environment
    /// names another place: `ledger` was written later. Where it lay at a third place nothing tells.
    fn left_behind(&self) -> Result<Option<String>, Failure> {
        let name = &self.environment.name;
        let usual = Location::default_for(&self.project.directory, name);
        let own = self.location_of(name)?;
        let Location::File(path) = &usual else {
            return Ok(None);
        };
        if own == usual || own == Location::Nowhere || self.begins_anew() {
            return Ok(None);
        }
        for environment in &self.project.environments {
            if self.location_of(&environment.name)? == usual {
                return Ok(None);
            }
        }
        let Ok(Some(bytes)) = read_file(path, MAX_LEDGER as u64) else {
            return Ok(None);
        };
        let is_own = serde_json::from_slice::<Header>(&bytes).is_ok_and(|header| {
            header.environment == *name
                && header.org_id == self.environment.org_id
                && !header.resources.is_empty()
        });
        Ok(is_own.then(|| self.below(path)))
    }

    /// Those among the files beside the own one, whatever they are called.
    fn abandoned_files(&self, own: &Path, used: &[Location]) -> Vec<Abandoned> {
        let folder = own.parent().unwrap_or(Path::new(""));
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .filter(|path| path.symlink_metadata().is_ok_and(|meta| meta.is_file()))
            .filter(|path| !used.contains(&Location::File(path.clone())))
            .collect();
        paths.sort();
        let mut found = Vec::new();
        for path in paths {
            // What cannot be read or understood is none of ours.
            let Ok(Some(bytes)) = read_file(&path, MAX_LEDGER as u64) else {
                continue;
            };
            let Ok(header) = serde_json::from_slice::<Header>(&bytes) else {
                continue;
            };
            let same = header.org_id == self.environment.org_id && !header.resources.is_empty();
            if same && !self.has_environment(&header.environment) {
                found.push(Abandoned {
                    shown: self.below(&path),
                    location: Location::File(path),
                    environment: header.environment,
                });
            }
        }
        found
    }

    /// A path as it is shown: from the project folder on, where it lies there.
    fn below(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.project.directory);
        below.unwrap_or(path).display().to_string()
    }

    /// The problem of a ledger that a renamed environment, or one whose ledger is kept elsewhere now,
    /// has left behind, if there is one. The environment must have none of its own.
    ///
    /// # Errors
    /// [`Failure`] when a place cannot be understood.
    pub(super) async fn renamed(&self, is_error: bool) -> Result<Option<Problem>, Failure> {
        let new = if is_error {
            Problem::error
        } else {
            Problem::warning
        };
        let name = &self.environment.name;
        let otherwise = if is_error {
            "; nothing was applied"
        } else {
            ""
        };
        if let Some(place) = self.left_behind()? {
            let own = self.environment.ledger.as_deref().unwrap_or_default();
            let message = format!(
                "the environment `{name}` has no ledger at `{own}`, and `{place}` is its ledger from before{otherwise}"
            );
            return Ok(Some(
                new(Code::LedgerAbandoned, message)
                    .at(self.environment.ledger_place(), "kept here now")
                    .help(format!(
                        "run `deskform -e {name} ledger move {place}`; if that ledger is of no use, delete it"
                    )),
            ));
        }
        let abandoned = self.abandoned().await?;
        let Some(first) = abandoned.first() else {
            return Ok(None);
        };
        Ok(Some(
            new(
                Code::LedgerAbandoned,
                format!(
                    "the environment `{name}` has no ledger, and `{}` is one of the same organization, of an environment `{}` that the project does not have{otherwise}",
                    first.shown,
                    first.environment
                ),
            )
            .at(self.environment.place.clone(), "in this environment")
            .help(format!(
                "if it was renamed, run `deskform -e {name} ledger move {}`; if not, move that ledger away",
                first.environment
            )),
        ))
    }
}

/// Where a word says that a ledger was kept: a place as `ledger` takes it, but never outside the project
/// folder; nothing where it is the name of an environment, or neither.
fn place_of(workspace: &Workspace, word: &str) -> Option<Location> {
    let is_name = word.chars().all(is_in_name);
    let leaves =
        word.split(['/', '\\']).any(|part| part == "..") || word.starts_with(['/', '~', '\\']);
    if is_name || leaves {
        return None;
    }
    let location = Location::parse(word, &workspace.project.directory).ok();
    location.filter(|one| *one != Location::Nowhere)
}

/// Takes over the ledger of an environment that has this one's place now, or that this one kept at
/// another place; says what was moved.
///
/// # Errors
/// [`Failure`] when there is none, when this environment has one of its own, or when a run under the
/// old name did not end in order; then nothing was written.
pub(super) async fn take_over(
    global: &Global,
    workspace: &Workspace,
    from: &str,
) -> Result<String, Failure> {
    let environment = &workspace.environment;
    let name = &environment.name;
    let before = place_of(workspace, from);
    let is_place = before.is_some();
    let old_name = if is_place { name } else { from };
    let location = match before {
        Some(before) => {
            if let Location::File(_) = before {
                workspace.refuse_link(from, "the ledger")?;
            }
            before
        }
        None => location_under(workspace, from).await?,
    };
    workspace.admit_ledger(&location)?;
    let open = |location: &Location, name: &str| {
        Store::open(location, name, &environment.org_id, &environment_variable)
    };
    let source = open(&location, old_name)?.batched();
    let mut target = workspace.kept_store()?.batched();
    let is_unmoved = source.place() == target.place();
    if is_unmoved && is_place {
        return Err(Problem::error(
            Code::LedgerMove,
            format!("the ledger of the environment `{name}` is kept at `{from}` already"),
        )
        .help("name the place where it was kept before")
        .into());
    }
    if is_unmoved {
        // One look and one change, whatever keeps it.
        target = source.under_name(name);
    }
    let was = Was { from, is_place };
    // Where nothing is, no lock is taken, which would leave a file of its own there.
    if matches!(source.load().await?.load, Load::None) {
        return Err(nothing_there(workspace, &was, &source).await?);
    }
    let clock = Clock::system();
    // Heard from now on, and finished all the same, so that no signal leaves a lock behind.
    let _signals = Signals::new()?;
    // One after the other, and the old one first: a run under the old name is seen by its lock.
    let old_lock = source.lock(&holder(clock), TTL).await?;
    let new_lock = if is_unmoved {
        None
    } else {
        match target.lock(&holder(clock), TTL).await {
            Ok(lock) => Some(lock),
            Err(error) => {
                old_lock.release().await?;
                return Err(error.into());
            }
        }
    };
    let result = moved(global, workspace, &was, &source, &target, is_unmoved).await;
    // What went wrong first is told first.
    let released = match new_lock {
        Some(lock) => lock.release().await,
        None => Ok(()),
    };
    let old_released = old_lock.release().await;
    let count = result?;
    released?;
    old_released?;
    target.flush().await?;
    source.flush().await?;
    if !is_unmoved && let Err(error) = source.leave().await {
        // All is moved: what is left behind there keeps nobody from anything.
        tracing::warn!(%error, "the old place could not be tidied up");
    }
    let whose = if is_place {
        format!("at {from}")
    } else {
        format!("of the environment {from}")
    };
    Ok(format!(
        "The ledger {whose} is {name}'s now: {} owned.\n",
        counted(count, "resource")
    ))
}

/// What the command line said of a ledger that is taken over.
struct Was<'w> {
    from: &'w str,
    /// Whether that is a place, and not the name of an environment.
    is_place: bool,
}

const fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// Where the ledger of an environment is kept that the project no longer has.
async fn location_under(workspace: &Workspace, from: &str) -> Result<Location, Failure> {
    refuse_known(workspace, from)?;
    let place = workspace.location_of(from)?;
    match &place {
        // A file may have another name than its environment had.
        Location::File(path) if !path.exists() => {
            let found = workspace.abandoned().await?;
            let known = found.into_iter().find(|one| one.environment == from);
            Ok(known.map_or(place, |one| one.location))
        }
        _ => Ok(place),
    }
}

/// Only what no environment of the project uses can be taken over.
fn refuse_known(workspace: &Workspace, from: &str) -> Result<(), Failure> {
    let environments = &workspace.project.environments;
    if from.is_empty() || !from.chars().all(is_in_name) {
        return Err(Problem::error(
            Code::BadName,
            format!("`{from}` cannot name an environment"),
        )
        .help("use letters, digits, `-` and `_`")
        .into());
    }
    if !environments.iter().any(|one| one.name == from) {
        return Ok(());
    }
    Err(workspace.failure(
        Problem::error(
            Code::LedgerMove,
            format!("the environment `{from}` is in the project, so its ledger stays its own"),
        )
        .help("name the environment as it was called before it was renamed")
        .into(),
    ))
}

/// The failure of a move from where there is no ledger.
async fn nothing_there(
    workspace: &Workspace,
    was: &Was<'_>,
    source: &Store,
) -> Result<Failure, Failure> {
    let from = was.from;
    if was.is_place {
        return Ok(Problem::error(
            Code::LedgerMove,
            format!("there is no ledger at `{}`", source.place()),
        )
        .help("name the place as `ledger` named it before")
        .into());
    }
    let abandoned = workspace.abandoned().await?;
    let names: Vec<&str> = abandoned.iter().map(|one| &*one.environment).collect();
    let help = did_you_mean(from, names.iter().copied()).unwrap_or_else(|| {
        if names.is_empty() {
            "name the environment as it was called before it was renamed".to_owned()
        } else {
            format!("there is one of {}", ticked(&names, "and"))
        }
    });
    Ok(Problem::error(
        Code::LedgerMove,
        format!(
            "there is no ledger of an environment `{from}` at `{}`",
            source.place()
        ),
    )
    .help(help)
    .into())
}

async fn moved(
    global: &Global,
    workspace: &Workspace,
    was: &Was<'_>,
    source: &Store,
    target: &Store,
    is_unmoved: bool,
) -> Result<usize, Failure> {
    let from = was.from;
    let loaded = source.load().await?;
    let Load::Found(mut ledger) = loaded.load else {
        return Err(nothing_there(workspace, was, source).await?);
    };
    let expected = if is_unmoved {
        loaded.version
    } else {
        let own = target.load().await;
        let own = own.map_err(|error| workspace.placed(target, error))?;
        if let Load::Found(own) = &own.load
            && !own.resources.is_empty()
        {
            return Err(Problem::error(
                Code::LedgerMove,
                format!(
                    "the environment `{}` has a ledger of its own, with {}",
                    workspace.environment.name,
                    counted(own.resources.len(), "resource")
                ),
            )
            .help("`deskform ledger forget --all` lets go of them, if the older ledger is the right one")
            .into());
        }
        own.version
    };
    let runs = source.open_runs().await?;
    if runs.unfinished.iter().any(|run| !run.intents.is_empty()) {
        let (whose, old) = if was.is_place {
            (
                format!("with the ledger at `{from}`"),
                "ledger its old place",
            )
        } else {
            (
                format!("in the environment `{from}`"),
                "environment its old name",
            )
        };
        return Err(Problem::error(
            Code::LedgerMove,
            format!("a run {whose} did not end in order, and of its writes nobody knows whether they happened"),
        )
        .help(format!("give the {old} back, run `deskform apply`, which finds out, and change it then"))
        .into());
    }
    let mut warnings = Vec::new();
    absorb(&mut ledger, &runs.unfinished, &mut warnings);
    workspace.warn(global, &warnings);
    ledger.environment.clone_from(&workspace.environment.name);
    ledger.absorbed.clear();
    ledger.serial = expected.serial();
    target.save(&mut ledger, &expected).await?;
    // The new one is kept; from here on the old one is a copy that nobody needs.
    let now = Clock::system().now_ms();
    let ended = runs.unfinished.into_iter().map(|one| one.run);
    for run in ended.chain(runs.ended) {
        source.finish(&run, now).await?;
    }
    if !is_unmoved {
        source.discard().await?;
    }
    Ok(ledger.resources.len())
}
