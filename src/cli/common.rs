//! What the commands share: the project, the session, output, and how failures are shown.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::dotenv::DotEnv;
use super::files::{MAX_STATE, read_file, write_private};
use super::heard::Heard;
use super::output::tell_in;
use super::terminal::{color, width_of_reports};
use super::unread::{Asked, asked};
use super::{Global, LogFormat, choice, commit, network};
use crate::api::{
    ApiError, Credentials, DataCenter, Endpoint, Https, Login, Organization, TokenCache, Transport,
};
use crate::apply::recover::SETTLE;
use crate::clock::Clock;
use crate::config::{Environment, Project, Target};
use crate::dialect::{Dialect, Edition};
use crate::manifest::{self, Desired, Files, Sources};
use crate::plan::guards::Limits;
use crate::plan::row::Rows;
use crate::plan::{IgnoreRule, Made, Options, Plan, Warning, origin};
use crate::problem::{self, Code, Place, Problem, Problems};
use crate::reading::Unread;
use crate::report::problems as shown_problems;
use crate::safe::{json as json_text, mask, safe};
use crate::session::{Connection, Session, SessionError};
use crate::simulator::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, OrganizationSeed, Settings, Simulator, SimulatorTransport,
    demo_refresh_token,
};
use crate::yaml::closed::is_secret_by_name;
use crate::yaml::source::linked;

/// Why a command cannot go on.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong with the input or the organization.
    Problems(Problems, Texts),
    /// A call failed.
    Api(Box<ApiError>),
    /// The organization does not take the token, whose user has these organizations.
    Elsewhere(Box<ApiError>, Vec<Organization>),
    /// Kinds could not be read.
    Unread(Vec<Unread>),
    /// The operating system refused.
    Io(io::Error),
}

/// The texts of files that problems point into.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    pub(super) sources: Sources,
    project: Option<Arc<str>>,
}

impl Texts {
    /// Of how many files they are.
    pub(super) fn known(&self) -> usize {
        self.sources.all().count()
    }

    pub(super) fn text(&self, file: &str) -> Option<Arc<str>> {
        if file == crate::config::PROJECT_FILE {
            return self.project.clone();
        }
        self.sources.text(file)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problems(problem.into(), Texts::default())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

/// A failed operation on a file, with the file's name.
#[must_use]
pub fn file_failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        _ => error.to_string(),
    };
    Problem::error(
        Code::File,
        format!("`{}` cannot be {what}: {why}", path.display()),
    )
    .help("check the path and its permissions")
    .into()
}

/// The environment variable of this process.
#[must_use]
pub fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A project with one of its environments.
pub struct Workspace {
    /// The project.
    pub project: Project,
    /// The environment.
    pub environment: Environment,
    /// The texts of the files.
    pub texts: Texts,
    /// What the project's `.env` sets.
    dotenv: DotEnv,
    /// The longest wait for a limit, where the command line says it.
    pub(super) max_wait: Cell<Option<Duration>>,
    /// The secrets that are too short to be masked wherever they turn up.
    short_secrets: Vec<String>,
    /// The secrets that are words of deskform itself.
    word_secrets: Vec<String>,
    /// The hosts, once they are known to be allowed.
    admitted: OnceCell<Endpoint>,
    /// The warnings that came up so far.
    warned: RefCell<Vec<Problem>>,
    /// Where warnings are kept until the command is done in all environments, if there are many.
    heard: Option<Rc<Heard>>,
    /// The words of manifests by which listings are asked.
    pub(super) asked: RefCell<Vec<Asked>>,
}

/// What the files of a project say, before an environment is chosen: read once for all of them.
pub(super) struct Folder {
    /// The project.
    pub(super) project: Project,
    /// The text of the project file.
    pub(super) texts: Texts,
    pub(super) files: Files,
    dotenv: DotEnv,
    /// Where warnings of many environments are kept.
    pub(super) heard: Option<Rc<Heard>>,
}

impl Folder {
    /// Reads the project file, the manifests and `.env`.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong in the project file and in `.env`.
    pub(super) fn read(global: &Global) -> Result<Self, Failure> {
        Self::at(&global.directory, DotEnv::read(&global.directory)?)
    }

    /// Reads the project file and the manifests of a folder, for which a file `.env` sets variables.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong in the project file.
    pub(super) fn at(directory: &Path, dotenv: DotEnv) -> Result<Self, Failure> {
        let by_name = dotenv.entries().filter(|(name, _)| is_secret_by_name(name));
        mask::hide(by_name.map(|(_, value)| value));
        let (project, text) = Project::read(directory);
        let texts = Texts {
            project: text,
            ..Texts::default()
        };
        match project {
            Ok(project) => Ok(Self {
                files: Files::read(&project),
                project,
                texts,
                dotenv,
                heard: None,
            }),
            Err(problems) => Err(Failure::Problems(problems, texts)),
        }
    }
}

/// Whether a pipeline runs the command: `CI` is set.
pub(super) fn is_ci() -> bool {
    environment_variable("CI").is_some_and(|value| !value.is_empty())
}

impl Workspace {
    /// Reads the project and chooses the environment.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let name = global.one_environment()?;
        Self::of(global, &Folder::read(global)?, name)
    }

    /// Chooses an environment of a project that is read already.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong.
    pub(super) fn of(
        global: &Global,
        folder: &Folder,
        name: Option<&str>,
    ) -> Result<Self, Failure> {
        let (project, dotenv) = (folder.project.clone(), folder.dotenv.clone());
        let mut texts = folder.texts.clone();
        let mut environment = project
            .environment(name)
            .map_err(|problem| Failure::Problems(problem.into(), texts.clone()))?
            .clone();
        texts.sources = (folder.files.of(&environment))
            .map_err(|problems| Failure::Problems(problems, texts.clone()))?;
        let elsewhere = folder.files.elsewhere(&environment);
        let secrets = manifest::secret_names(&elsewhere);
        environment
            .closed
            .add_secrets(secrets.iter().map(String::as_str));
        let used = |source| crate::yaml::closed::names_of_secrets(source);
        let names: BTreeSet<&str> = environment
            .closed
            .credentials()
            .chain(
                texts
                    .sources
                    .all()
                    .chain(&elsewhere)
                    .flat_map(|source| used(&source.text)),
            )
            .collect();
        let values: Vec<(&str, String)> = names
            .into_iter()
            .flat_map(|name| {
                // What loses against the process's environment is secret all the same.
                let own = dotenv.get(name).map(str::to_owned);
                let values = own.into_iter().chain(environment_variable(name));
                values.map(move |value| (name, value))
            })
            .collect();
        mask::hide(values.iter().map(|(_, value)| value.as_str()));
        let those = |is_one: fn(&str) -> bool| {
            let found = values.iter().filter(|(_, value)| is_one(value));
            let names: BTreeSet<&str> = found.map(|(name, _)| *name).collect();
            names.into_iter().map(str::to_owned).collect()
        };
        let short_secrets = those(mask::is_too_short);
        let word_secrets = those(mask::is_own_word);
        let mut ignored = dotenv.warnings.clone();
        if is_ci() {
            ignored.extend(environment.closed.credentials().filter_map(|name| {
                let line = dotenv.line(name)?;
                Some(
                    Problem::warning(
                        Code::DotenvIgnored,
                        format!("`{}:{line}` sets the credential `{name}`, which has no effect in a pipeline", super::dotenv::FILE),
                    )
                    .help("where `CI` is set, credentials come from the environment of the process alone"),
                )
            }));
        }
        let workspace = Self {
            dotenv,
            max_wait: Cell::default(),
            short_secrets,
            word_secrets,
            project,
            environment,
            texts,
            admitted: OnceCell::new(),
            warned: RefCell::default(),
            heard: folder.heard.clone(),
            asked: RefCell::default(),
        };
        workspace.warn(global, &ignored);
        Ok(workspace)
    }

    /// What manifests find under the name of an environment variable: the process's, else that of the
    /// project's `.env`.
    pub fn variables(&self) -> impl Fn(&str) -> Option<String> + Sync + use<'_> {
        let dotenv = &self.dotenv;
        // One that cannot be read is set all the same.
        move |name| match std::env::var_os(name) {
            Some(value) => value.into_string().ok(),
            None => dotenv.get(name).map(str::to_owned),
        }
    }

    /// What `credentials` find under the name of an environment variable. In a pipeline the file,
    /// which whoever makes a pull request may write, does not say in whose name the job works.
    pub fn credential_variables(&self) -> impl Fn(&str) -> Option<String> + Sync + use<'_> {
        let all = self.variables();
        let by_machine = is_ci();
        move |name| {
            if by_machine {
                environment_variable(name)
            } else {
                all(name)
            }
        }
    }

    /// What tokens are made with: what the environment sets, else what was saved.
    fn login(&self) -> Result<Login, Failure> {
        let problems = match self.environment.credentials(&self.credential_variables()) {
            Ok(Some(login)) => return Ok(login),
            Ok(None) => {
                let problem =
                    Problem::error(Code::MissingCredentials, "no credentials are configured");
                return Err(problem.into());
            }
            Err(problems) => problems,
        };
        // What is written wrongly is told, and what was saved is no way around it.
        let is_lacking = |one: &Problem| one.code == Code::MissingCredentials;
        if self.environment.is_client_grant() || !problems.list.iter().all(is_lacking) {
            return Err(self.failure(problems));
        }
        if let Some(saved) = self.saved_credentials()? {
            return Ok(saved.into());
        }
        let mut problems = problems;
        if let Some(saved) = self.saved_for_others()?
            && let Some(problem) = problems.list.first_mut()
        {
            let way = problem.help.take().unwrap_or_default();
            problem.help = Some(format!("{saved}; {way}"));
        }
        Err(self.failure(problems))
    }

    /// The dialect of the environment's API, where the project file says it.
    #[must_use]
    pub const fn stated_dialect(&self) -> Option<Dialect> {
        match &self.environment.target {
            Target::Simulator { dialect, .. } => Some(*dialect),
            Target::Live { .. } => self.environment.dialect,
        }
    }

    /// Composes the manifests; warnings go to standard error.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong.
    pub fn compose(&self, global: &Global) -> Result<Desired, Failure> {
        let desired = self.composed()?;
        self.warn(global, &desired.warnings);
        self.warn(global, &self.weak_secrets());
        Ok(desired)
    }

    /// Composes the manifests, and says nothing of warnings.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong.
    pub(super) fn composed(&self) -> Result<Desired, Failure> {
        let desired = manifest::compose(&self.texts.sources, &self.environment, &self.variables())
            .map_err(|problems| self.failure(problems))?;
        self.asked.replace(asked(&desired));
        Ok(desired)
    }

    /// Says which secrets are not masked where they turn up, and why.
    fn weak_secrets(&self) -> Vec<Problem> {
        let warning = |code: Code, names: &[String], one: &str, many: &str, help: &str| {
            let (verb, it_is) = match names.len() {
                0 => return None,
                1 => (one, "it is"),
                _ => (many, "they are"),
            };
            let names = crate::problem::ticked(names, "and");
            let message = format!("{names} {verb}, so {it_is} not masked in names and answers");
            Some(Problem::warning(code, message).help(help))
        };
        let short = warning(
            Code::ShortSecret,
            &self.short_secrets,
            &format!("has less than {} characters", mask::SHORTEST),
            &format!("have less than {} characters", mask::SHORTEST),
            "make a longer secret, and set the environment variable to it",
        );
        let plain = warning(
            Code::WordSecret,
            &self.word_secrets,
            "holds a word that deskform itself uses",
            "hold words that deskform itself uses",
            "make a random secret, and set the environment variable to it",
        );
        short.into_iter().chain(plain).collect()
    }

    /// A failure whose places can be shown.
    #[must_use]
    pub fn failure(&self, problems: Problems) -> Failure {
        Failure::Problems(problems, self.texts.clone())
    }

    /// The failure of a session.
    #[must_use]
    pub fn session_failure(&self, error: SessionError) -> Failure {
        match error {
            SessionError::Api(error) => Failure::Api(error),
            SessionError::Elsewhere(error, reached) => Failure::Elsewhere(error, reached),
            SessionError::Problems(problems) | SessionError::Guarded(problems, _) => {
                self.failure(problems.into())
            }
            SessionError::Unread(unread) => self.unread(unread),
        }
    }

    /// Shows warnings on standard error.
    pub fn warn(&self, global: &Global, warnings: &[Problem]) {
        self.warned.borrow_mut().extend_from_slice(warnings);
        if warnings.is_empty() || global.quiet {
            return;
        }
        if let Some(heard) = &self.heard {
            heard.warnings(&self.environment.name, warnings, &self.texts);
            return;
        }
        let text = shown(global, &warnings.to_vec().into(), &self.texts);
        tell_in(global.log_format, &text);
    }

    /// The secrets that the files of the environment name and that are set, long enough to be told apart
    /// from other texts, by their names.
    pub(super) fn secrets(&self) -> BTreeMap<String, String> {
        let variables = self.variables();
        let sources = &self.texts.sources;
        let names = sources
            .all()
            .flat_map(|source| crate::yaml::closed::names_of_secrets(&source.text));
        names
            .filter_map(|name| {
                let value = variables(name)?;
                let counts = !value.trim().is_empty()
                    && !mask::is_too_short(&value)
                    && !mask::is_own_word(&value);
                counts.then(|| (name.to_owned(), value))
            })
            .collect()
    }

    /// Tells a plan where its steps stand in the files; of one that was refused there are no rows.
    pub(super) fn note_lines(&self, plan: &mut Plan, desired: &Desired, rows: Option<&Rows>) {
        origin::note(plan, desired, rows, &self.texts.sources);
    }

    /// Tells a plan what was warned about, and where, when and by what it was made.
    pub(super) fn complete(&self, plan: &mut Plan) {
        let warned = self.warned.borrow();
        let labels = warned.iter().flat_map(|problem| &problem.labels);
        let places: Vec<Option<Place>> = labels.map(|label| Some(label.place.clone())).collect();
        let texts = &self.texts;
        let mut lines = origin::located(&places, &|file| texts.text(file)).into_iter();
        let warnings = warned.iter().map(|problem| Warning {
            code: problem.code.as_str().to_owned(),
            message: problem.message.clone(),
            help: problem.help.clone(),
            places: lines
                .by_ref()
                .take(problem.labels.len())
                .flatten()
                .collect(),
        });
        plan.warnings = warnings.collect();
        let now = jiff::Timestamp::from_millisecond(Clock::system().now_ms()).unwrap_or_default();
        plan.made = Some(Made {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            commit: commit::of(&self.project.directory),
        });
    }

    /// Options for planning.
    ///
    /// # Errors
    /// [`Failure`] when an entry under `ignore:` has expired.
    pub fn options(&self, global: &Global, targets: &[String]) -> Result<Options, Failure> {
        let environment = &self.environment;
        let today = jiff::Timestamp::now()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        let (expired, ignore): (Vec<_>, Vec<_>) = environment
            .ignore
            .iter()
            .partition(|entry| entry.until.is_some_and(|until| until < today));
        let warnings: Vec<Problem> = expired
            .into_iter()
            .map(|entry| {
                Problem::warning(
                    Code::IgnoreExpired,
                    format!("the exception for `{}` has expired", entry.address),
                )
                .at(entry.place.clone(), "no longer holds")
                .help("settle the difference, or set a new date with a reason")
            })
            .collect();
        self.warn(global, &warnings);
        let targets =
            choice::addresses(targets).map_err(|problems| self.failure(problems.into()))?;
        Ok(Options {
            environment: environment.name.clone(),
            org_id: environment.org_id.clone(),
            create_only: environment
                .kinds
                .iter()
                .filter(|(_, policy)| policy.create_only == Some(true))
                .map(|(collection, _)| (*collection).to_owned())
                .collect::<BTreeSet<_>>(),
            removal: environment.removals(),
            ignore: ignore
                .into_iter()
                .map(|entry| IgnoreRule {
                    address: entry.address.clone(),
                    field: entry.field.clone(),
                    reason: entry.reason.clone(),
                    until: entry.until,
                })
                .collect(),
            targets,
            limits: Limits {
                max_update_percent: environment.guards.max_update_percent,
                max_updates: environment.guards.max_updates,
                max_delete_percent: environment.guards.max_delete_percent,
                max_deletes: environment.guards.max_deletes,
                allow_deletes: None,
                edition: None,
            },
            ledger: None,
            watched: Vec::new(),
            prune: environment.prunes(),
        })
    }

    /// Opens a session with the environment's organization.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be reached or is not the one meant.
    pub async fn connect(&self, parallelism: Option<usize>) -> Result<Connected, Failure> {
        let clock = Clock::system();
        let environment = &self.environment;
        let parallelism = parallelism.or(environment.parallelism);
        let settle = settle_time()?;
        match &environment.target {
            Target::Simulator {
                dialect,
                edition,
                state,
            } => {
                let path = self.project.directory.join(state);
                self.refuse_link(&state.to_string_lossy(), "the simulator's state")?;
                let simulator = Arc::new(Mutex::new(simulator(
                    &path,
                    *dialect,
                    *edition,
                    &environment.org_id,
                )?));
                let transport = SimulatorTransport::new(Arc::clone(&simulator), clock);
                let session = Session::open(Connection {
                    endpoint: simulated_endpoint()?,
                    organization: environment.org_id.clone(),
                    credentials: Credentials {
                        client_id: DEMO_CLIENT_ID.to_owned(),
                        client_secret: DEMO_CLIENT_SECRET.into(),
                        refresh_token: demo_refresh_token(&environment.org_id).into(),
                    }
                    .into(),
                    transport: Arc::new(transport),
                    clock,
                    cache: None,
                    dialect: environment.dialect,
                    edition: environment.edition,
                    parallelism,
                    seed: None,
                    settle,
                    max_wait: self.max_wait.get(),
                })
                .await
                .map_err(|error| self.session_failure(error))?;
                Ok(Connected {
                    session,
                    simulated: Some((simulator, path)),
                })
            }
            Target::Live { .. } => {
                let endpoint = self.endpoint()?;
                network::check(&endpoint)?;
                let credentials = self.login()?;
                let session = Session::open(Connection {
                    endpoint,
                    organization: environment.org_id.clone(),
                    credentials,
                    transport: https(),
                    clock,
                    cache: cache_folder().map(TokenCache::new),
                    dialect: environment.dialect,
                    edition: environment.edition,
                    parallelism,
                    seed: None,
                    settle,
                    max_wait: self.max_wait.get(),
                })
                .await
                .map_err(|error| self.session_failure(error))?;
                Ok(Connected {
                    session,
                    simulated: None,
                })
            }
        }
    }

    /// Refuses what is to be kept below the project folder and would come to lie elsewhere.
    ///
    /// # Errors
    /// [`Failure`] when a part of the path is a symbolic link.
    pub(super) fn refuse_link(&self, below: &str, what: &str) -> Result<(), Failure> {
        let Some(link) = linked(&self.project.directory, below) else {
            return Ok(());
        };
        Err(self.failure(
            Problem::error(
                Code::SymbolicLink,
                format!("`{link}` is a symbolic link, and {what} is kept below the project folder"),
            )
            .at(self.environment.place.clone(), "in this environment")
            .help("put a folder or a file in the link's place, or name another path")
            .into(),
        ))
    }

    /// The hosts of a live environment, which credentials may be sent to. Whoever sends anything
    /// gets them here.
    ///
    /// # Errors
    /// [`Failure`] when an address cannot be used, or when nobody allows its host.
    pub fn endpoint(&self) -> Result<Endpoint, Failure> {
        if let Some(endpoint) = self.admitted.get() {
            return Ok(endpoint.clone());
        }
        let endpoint = self.configured_endpoint()?;
        self.admit_endpoint(&endpoint)?;
        Ok(self.admitted.get_or_init(|| endpoint).clone())
    }

    /// Whether the environment is an organization of Zoho Desk, and no simulator anywhere.
    ///
    /// # Errors
    /// Those of [`Workspace::endpoint`].
    pub(super) fn is_real(&self) -> Result<bool, Failure> {
        let is_live = matches!(self.environment.target, Target::Live { .. });
        Ok(is_live && !self.endpoint()?.is_loopback())
    }

    fn configured_endpoint(&self) -> Result<Endpoint, Failure> {
        let Target::Live {
            data_center,
            endpoint,
            ..
        } = &self.environment.target
        else {
            return simulated_endpoint();
        };
        let bad = |error: &dyn std::fmt::Display| {
            self.failure(
                Problem::error(Code::Endpoint, error.to_string())
                    .at(self.environment.place.clone(), "in this environment")
                    .help("correct `dataCenter` or `endpoint`")
                    .into(),
            )
        };
        match endpoint {
            Some(hosts) => {
                Endpoint::overridden(&hosts.desk, &hosts.accounts).map_err(|error| bad(&error))
            }
            None => data_center
                .as_deref()
                .unwrap_or("us")
                .parse::<DataCenter>()
                .map(Endpoint::of)
                .map_err(|error| bad(&error)),
        }
    }
}

/// HTTPS to the world.
#[must_use]
pub fn https() -> Arc<dyn Transport> {
    Arc::new(Https::new())
}

fn simulated_endpoint() -> Result<Endpoint, Failure> {
    // The simulator in process has no host; a loopback name keeps requests well-formed.
    Endpoint::overridden("http://127.0.0.1", "http://127.0.0.1")
        .map_err(|error| Problem::error(Code::Endpoint, error.to_string()).into())
}

/// How long an object may take to appear in its listing: 60 seconds, or `DESKFORM_SETTLE`.
fn settle_time() -> Result<Duration, Failure> {
    let Some(text) = environment_variable("DESKFORM_SETTLE").filter(|text| !text.is_empty()) else {
        return Ok(SETTLE);
    };
    match text.parse::<u32>() {
        Ok(seconds) => Ok(Duration::from_secs(u64::from(seconds))),
        Err(_) => Err(Problem::error(
            Code::BadSetting,
            format!("`DESKFORM_SETTLE` is `{text}`, and a number of seconds is wanted"),
        )
        .help("leave it unset for 60 seconds")
        .into()),
    }
}

/// A session, and the simulator behind it if there is one.
pub struct Connected {
    /// The session.
    pub session: Session,
    simulated: Option<(Arc<Mutex<Simulator>>, PathBuf)>,
}

impl Connected {
    /// Whether the simulator is in this process.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.simulated.is_some()
    }

    /// Keeps what the simulator was told.
    ///
    /// # Errors
    /// [`Failure`] when the state file cannot be written.
    pub fn save(&self) -> Result<(), Failure> {
        let Some((simulator, path)) = &self.simulated else {
            return Ok(());
        };
        let text = simulator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .save();
        write_private(path, text.as_bytes())
    }
}

/// Makes or loads the simulator of an environment.
///
/// # Errors
/// [`Failure`] when its state file cannot be read or belongs to another set-up.
pub fn simulator(
    path: &Path,
    dialect: Dialect,
    edition: Edition,
    organization: &str,
) -> Result<Simulator, Failure> {
    let Some(bytes) = read_file(path, MAX_STATE)? else {
        return Ok(Simulator::new(Settings {
            dialect,
            edition,
            organizations: vec![OrganizationSeed {
                is_sandbox: true,
                ..OrganizationSeed::new(organization)
            }],
            ..Settings::default()
        }));
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut simulator = Simulator::load(&text).map_err(|error| {
        Problem::error(
            Code::SimulatorState,
            format!(
                "the simulator's state `{}` cannot be used: {error}",
                path.display()
            ),
        )
        .help("delete the file to begin with an empty organization")
    })?;
    let made_for = simulator.settings();
    let other = if made_for.dialect != dialect {
        Some(format!(
            "is of the dialect `{}`, and the environment is of `{dialect}`",
            made_for.dialect
        ))
    } else if made_for.edition != edition {
        Some(format!(
            "is of the edition `{}`, and the environment is of `{edition}`",
            made_for.edition
        ))
    } else if simulator.organization(organization).is_none() {
        Some(format!("holds no organization `{organization}`"))
    } else {
        None
    };
    if let Some(other) = other {
        return Err(Problem::error(
            Code::SimulatorState,
            format!("the simulator's state `{}` {other}", path.display()),
        )
        .help("name another file under `state`, or delete this one to begin with an empty organization")
        .into());
    }
    // Whatever the file says: nobody else works in it.
    if let Some(organization) = simulator.organization_mut(organization) {
        organization.be_sandbox();
    }
    // Each run asks for a token of its own.
    simulator.forget_tokens();
    Ok(simulator)
}

/// Where tokens are kept between runs.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("DESKFORM_CACHE")
        .map(PathBuf::from)
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| PathBuf::from(folder).join("deskform")))
        .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache/deskform")))
        .map(|folder| folder.join("tokens"))
}

/// Runs a future on this thread.
///
/// # Errors
/// [`Failure::Io`] when no runtime can be made.
pub fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(future);
    // A question that nobody answers any more must not hold up the end.
    runtime.shutdown_background();
    result
}

/// Writes a remark to standard error, as a line of JSON where that is asked for.
pub fn remark(global: &Global, text: &str) {
    let text = match global.log_format {
        LogFormat::Text => format!("{}\n", safe(text)),
        LogFormat::Json => line(&json!({"level": "info", "message": text})),
    };
    tell_in(global.log_format, &text);
}

/// Problems as they are shown on standard error.
pub(super) fn shown(global: &Global, problems: &Problems, texts: &Texts) -> String {
    let text = |file: &str| texts.text(file);
    let mut problems = problems.clone();
    for help in problems.list.iter_mut().filter_map(|one| one.help.as_mut()) {
        *help = global.in_its_environment(help);
    }
    let problems = &problems;
    match global.log_format {
        LogFormat::Text => {
            let render = if global.verbose > 0 {
                shown_problems::render
            } else {
                shown_problems::render_folded
            };
            render(
                problems,
                &text,
                color(global, io::stderr().is_terminal()),
                width_of_reports(),
            )
        }
        LogFormat::Json => shown_problems::json_lines(problems, &text),
    }
}

/// The name that a mistyped one most likely stands for.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    problem::nearest(word, names)
}

/// Shows a failure on standard error.
pub fn report(global: &Global, failure: &Failure) {
    let text = match failure {
        Failure::Problems(problems, texts) => shown(global, problems, texts),
        other => (other.plain().iter())
            .map(|(code, message, hint)| refusal(global, code, message, hint))
            .collect(),
    };
    tell_in(global.log_format, &text);
}

/// A failure without a place.
pub(super) fn refusal(global: &Global, code: &str, message: &str, hint: &str) -> String {
    let hint = &*global.in_its_environment(hint);
    let hint = Some(hint).filter(|hint| !hint.is_empty());
    match (global.log_format, hint) {
        (LogFormat::Json, help) => {
            let places: [&str; 0] = [];
            line(&json!({
                "level": "error", "code": code, "message": message, "places": places, "help": help
            }))
        }
        (LogFormat::Text, Some(hint)) => {
            format!("error: {}\nhint: {}\n", safe(message), safe(hint))
        }
        (LogFormat::Text, None) => format!("error: {}\n", safe(message)),
    }
}

/// A line of JSON in which nothing steers a terminal.
fn line(value: &serde_json::Value) -> String {
    json_text(format!("{value}\n"))
}
