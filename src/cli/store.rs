//! Where an environment's ledger is kept, and who takes its lock.

use std::path::{Component, Path};

use super::common::{Connected, Failure, Workspace, environment_variable};
use super::{Global, network};
use crate::clock::Clock;
use crate::config::Target;
use crate::ledger::{
    Holder, Ledger, Load, Loaded, Location, LocationError, LockError, Refusal, RunId, Store,
    StoreError,
};
use crate::problem::{Code, Label, Problem};
use crate::report::Whereabouts;
use crate::run_record::{KeepError, View, look};

impl From<KeepError> for Failure {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Store(error) => error.into(),
            KeepError::Lock(error) => error.into(),
        }
    }
}

impl From<LocationError> for Failure {
    fn from(error: LocationError) -> Self {
        Problem::error(Code::Ledger, error.to_string())
            .help(error.hint())
            .into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Corrupt { .. } => Code::LedgerCorrupt,
            StoreError::Refused(Refusal::Environment { .. } | Refusal::Organization { .. }) => {
                Code::LedgerOfOthers
            }
            _ => Code::Ledger,
        };
        problem(code, &error.to_string(), error.hint())
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        problem(Code::Locked, &error.to_string(), error.hint())
    }
}

fn problem(code: Code, message: &str, hint: Option<&'static str>) -> Failure {
    let problem = Problem::error(code, message);
    match hint {
        Some(hint) => problem.help(hint),
        None => problem,
    }
    .into()
}

impl Workspace {
    /// Where the environment's ledger is kept; nothing is read or sent yet.
    ///
    /// # Errors
    /// [`Failure`] when the place cannot be understood or its settings are incomplete.
    pub fn store(&self) -> Result<Store, Failure> {
        let environment = &self.environment;
        let directory = &self.project.directory;
        let location = match &environment.ledger {
            Some(text) => Location::parse(text, directory)?,
            None => Location::default_for(directory, &environment.name),
        };
        self.admit_ledger(&location)?;
        network::check_ledger(&location)?;
        let is_below = |path: &&Path| {
            path.components()
                .all(|c| !matches!(c, Component::ParentDir))
        };
        if let Location::File(path) = &location
            && let Ok(path) = path.strip_prefix(directory)
            && let Some(below) = Some(path).filter(is_below).and_then(Path::to_str)
        {
            self.refuse_link(below, "the ledger")?;
        }
        Ok(Store::open(
            &location,
            &environment.name,
            &environment.org_id,
            &environment_variable,
        )?)
    }

    /// The place of a ledger that is kept.
    ///
    /// # Errors
    /// Those of [`Workspace::store`], and [`Failure`] where the environment keeps none.
    pub(super) fn kept_store(&self) -> Result<Store, Failure> {
        let store = self.store()?;
        if store.keeps() {
            return Ok(store);
        }
        let name = &self.environment.name;
        let problem = Problem::error(
            Code::Ledger,
            format!("the environment `{name}` keeps no ledger: it says `ledger: none`"),
        )
        .help("write where a ledger is kept, such as `ledger: git`");
        Err(problem.into())
    }

    /// Refuses to apply where the ledger would be lost with the job: in a pipeline, to a real
    /// organization, without a ledger that is written down or there already. Warns of another file.
    ///
    /// # Errors
    /// [`Failure`] with the lines that would do.
    pub(super) fn check_ledger_of_job(
        &self,
        global: &Global,
        store: &Store,
    ) -> Result<(), Failure> {
        let place = store.place();
        let name = &self.environment.name;
        if self.environment.ledger.is_none() && !Path::new(&place).exists() && self.is_real()? {
            let problem = Problem::error(
                Code::NoLedger,
                format!(
                    "the environment `{name}` has no ledger that the next job will see, so nothing was applied"
                ),
            )
            .at(self.environment.place.clone(), "no `ledger` is written here")
            .help(format!(
                "without a ledger nobody knows what deskform made; add one of these lines to `{name}`: \
                 `ledger: git` (a ref of the repository's remote), \
                 `ledger: \"s3://bucket/{name}.json\"` (an object store, also `gs://` and `az://`), \
                 `ledger: .deskform/{name}.json` (a file that the pipeline keeps) or \
                 `ledger: none` (nothing is remembered)"
            ));
            return Err(self.failure(problem.into()));
        }
        let problem = Problem::warning(
            Code::LedgerIsLocal,
            format!(
                "the ledger `{place}` is a file of this machine, which the next job will not see"
            ),
        )
        .help("keep it in the repository's remote (`ledger: git`) or an object store, such as `ledger: \"s3://bucket/production.json\"`");
        self.warn(global, &[problem]);
        Ok(())
    }

    /// Says where a command works, once it is connected.
    #[must_use]
    pub fn whereabouts(&self, connected: &Connected, store: &Store) -> Whereabouts {
        Whereabouts {
            environment: self.environment.name.clone(),
            org_id: self.environment.org_id.clone(),
            organization: connected.session.organization.name.clone(),
            edition: Some(connected.session.edition),
            simulated: connected.is_simulated(),
            dialect: connected.session.dialect,
            ledger: self.place_of_ledger(store),
        }
    }

    /// The place of a ledger as it is shown: the same on every machine, and so in every comment.
    fn place_of_ledger(&self, store: &Store) -> String {
        let place = store.place();
        let below = Path::new(&place).strip_prefix(&self.project.directory);
        let below = below
            .ok()
            .filter(|_| store.is_local())
            .and_then(Path::to_str);
        below.unwrap_or(&place).to_owned()
    }

    /// Reads the ledger.
    ///
    /// # Errors
    /// [`Failure`] when the place cannot be read, or the ledger cannot be understood or must be left
    /// alone.
    pub async fn load(&self, store: &Store) -> Result<Loaded, Failure> {
        let mut loaded = store
            .load()
            .await
            .map_err(|error| self.placed(store, error))?;
        if self.begins_anew() {
            loaded.load = Load::None;
        }
        Ok(loaded)
    }

    /// What is kept, without a lock: the ledger with what killed runs have left.
    ///
    /// # Errors
    /// [`Failure`] when the place cannot be read or the ledger must be left alone.
    pub async fn look(&self, store: &Store) -> Result<View, Failure> {
        if self.begins_anew() {
            return Ok(View {
                ledger: Ledger::new(store.environment(), store.org_id()),
                doubts: Vec::new(),
                is_absent: true,
                warnings: Vec::new(),
            });
        }
        let mut view = look(store)
            .await
            .map_err(|error| self.placed(store, error))?;
        if view.is_absent {
            view.warnings.extend(self.renamed(false).await?);
        }
        Ok(view)
    }

    /// A failure, with the place of the ledger and the line that names it where that belongs to others.
    pub(super) fn placed(&self, store: &Store, failure: impl Into<Failure>) -> Failure {
        let mut problems = match failure.into() {
            Failure::Problems(problems, texts)
                if !(problems.list.iter()).any(|one| one.code == Code::LedgerOfOthers) =>
            {
                return Failure::Problems(problems, texts);
            }
            Failure::Problems(problems, _) => problems,
            other => return other,
        };
        for problem in &mut problems.list {
            problem.labels.push(Label {
                place: self.environment.ledger_place(),
                text: format!(
                    "the ledger of this environment, `{}`",
                    self.place_of_ledger(store)
                ),
                focus: None,
            });
        }
        self.failure(problems)
    }

    /// Whether the environment is a simulator of which nothing is kept yet: what an older ledger
    /// says is about another one.
    #[must_use]
    pub fn begins_anew(&self) -> bool {
        match &self.environment.target {
            Target::Simulator { state, .. } => !self.project.directory.join(state).exists(),
            Target::Live { .. } => false,
        }
    }
}

/// Who takes a lock now: the person or CI job, the machine, a new run.
#[must_use]
pub fn holder(clock: Clock) -> Holder {
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| environment_variable(name).filter(|value| !value.is_empty()))
    };
    let at = clock.now_ms();
    Holder {
        who: first(&[
            "GITHUB_ACTOR",
            "GITLAB_USER_LOGIN",
            "USER",
            "LOGNAME",
            "USERNAME",
        ])
        .unwrap_or_else(|| "somebody".to_owned()),
        host: std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .or_else(|| first(&["HOSTNAME", "COMPUTERNAME"]))
            .unwrap_or_else(|| "an unnamed machine".to_owned()),
        run: RunId::new(at, rand::random()).to_string(),
        at,
    }
}
