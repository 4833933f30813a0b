//! The project file `deskform.yaml`: environments, policies and what is to be ignored.

mod defaults;
mod paths;
mod read;
pub mod schema;
mod skip;
pub(crate) mod words;
pub(crate) mod written;

pub use defaults::NAME;
pub use paths::begins_at_home;
pub use skip::Skip;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use secrecy::{ExposeSecret as _, SecretString};

use crate::api::{ClientCredentials, Credentials as RefreshCredentials, Login};
use crate::dialect::{Dialect, Edition};
pub use crate::kind::removal::RemovalPolicy;
pub use written::{Written, WrittenName};

use crate::problem::{Code, Part, Place, Problem, Problems, did_you_mean, listed, ticked};
use crate::yaml::closed::Closed;
use crate::yaml::load;
use crate::yaml::places::Places;
use crate::yaml::raw::At;
use crate::yaml::source::{MAX_FILE, Source, is_yaml, read_inside, shown};
use crate::yaml::variables::{Expanded, Variables};
use crate::yaml::walk::Walker;

/// The name of the project file.
pub const PROJECT_FILE: &str = "deskform.yaml";

/// The data centres of Zoho Desk by the names that manifests use.
pub const DATA_CENTERS: &[&str] = &["us", "eu", "in", "au", "jp", "cn", "ca", "sa", "sg", "ae"];

/// A project: the folder with its project file.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder of the project file.
    pub directory: PathBuf,
    /// The environments in the order of the file.
    pub environments: Vec<Environment>,
    /// The environment of a command that names none.
    pub default: DefaultEnvironment,
    /// YAML files below the folder that are no manifests.
    pub skip_files: Vec<Skip>,
}

/// The environment of a command that names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DefaultEnvironment {
    /// The first one of the file.
    #[default]
    First,
    /// The one of this name.
    Named(String),
    /// None: every command names one.
    Nobody,
}

/// One environment: an organization and how it is treated.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// What it talks to.
    pub target: Target,
    /// The organization's id.
    pub org_id: String,
    /// The dialect of the API; absent means that it is detected.
    pub dialect: Option<Dialect>,
    /// The edition; absent means that it is detected.
    pub edition: Option<Edition>,
    /// Values of `${var.…}`.
    pub variables: BTreeMap<String, String>,
    /// Folders (or files) that are merged onto the base, in order.
    pub overlays: Vec<Overlay>,
    /// Calls in flight at most; absent means what the edition allows.
    pub parallelism: Option<usize>,
    /// Policies by collection, the project's merged with the environment's.
    pub kinds: BTreeMap<&'static str, KindPolicy>,
    /// What is left as it is live, the project's and then the environment's.
    pub ignore: Vec<Ignore>,
    /// What a plan may not exceed.
    pub guards: Guards,
    /// How much is kept of past runs.
    pub history: History,
    /// Where the ledger is kept: a path, a URL of an object store, or `git` with a remote.
    pub ledger: Option<String>,
    /// The same with `${environment}` for the environment's name, where `defaults` say it so.
    ledger_of_each: Option<String>,
    /// Which undeclared resources are removed.
    pub prune: Option<Prune>,
    /// Whether the server alone decides what matches the patterns of values: `schema: lenient`.
    pub is_lenient: bool,
    /// Whether it says that its organization is there to be tried: `sandbox: true`.
    pub is_sandbox: bool,
    /// The environment variables that manifests may not use, or may not print: those that the
    /// `credentials` of any environment of the project name, and those that are secret elsewhere.
    pub closed: Closed,
}

/// What an environment talks to.
#[expect(
    clippy::large_enum_variant,
    reason = "a project has a handful of environments"
)]
#[derive(Debug, Clone)]
pub enum Target {
    /// The simulator, in process.
    Simulator {
        /// The dialect it speaks.
        dialect: Dialect,
        /// The edition it plays.
        edition: Edition,
        /// The file that keeps its state, below the project folder.
        state: PathBuf,
    },
    /// An organization of Zoho Desk.
    Live {
        /// The data centre, one of [`DATA_CENTERS`].
        data_center: Option<String>,
        /// Hosts that take the place of the data centre's.
        endpoint: Option<Endpoint>,
        /// What tokens are made with.
        credentials: Credentials,
    },
}

/// Hosts that take the place of a data centre's: tests and proxies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL of Desk, without `/api/v1`.
    pub desk: String,
    /// The URL of the accounts server.
    pub accounts: String,
}

/// A path that is merged onto the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// The path below the project folder, with forward slashes.
    pub path: String,
    /// Where it is listed.
    pub place: Place,
}

/// What is done with one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KindPolicy {
    /// Create what is absent, never change it afterwards.
    pub create_only: Option<bool>,
    /// Which undeclared resources of the kind are removed.
    pub prune: Option<Prune>,
    /// Whether what its checks miss counts in the exit code of a plan.
    pub fails_plan: Option<bool>,
    /// How a resource of the kind is removed.
    pub removal: Option<RemovalPolicy>,
    /// Who takes over what hangs on a removed resource, where nothing else says so, by what they are
    /// called in manifests.
    pub transfer_to: BTreeMap<&'static str, Written>,
}

impl KindPolicy {
    /// This policy where it says something, the other one where it does not.
    #[must_use]
    fn or(self, other: Self) -> Self {
        Self {
            create_only: self.create_only.or(other.create_only),
            prune: self.prune.or(other.prune),
            fails_plan: self.fails_plan.or(other.fails_plan),
            removal: self.removal.or(other.removal),
            transfer_to: if self.transfer_to.is_empty() {
                other.transfer_to
            } else {
                self.transfer_to
            },
        }
    }
}

/// Which undeclared resources are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// None.
    None,
    /// Those that the ledger names.
    Owned,
    /// All.
    All,
}

/// What is left as it is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The addresses, with `*` for any run of characters behind the first slash.
    pub address: String,
    /// A JSON Pointer to what is ignored of it; absent means the whole resource.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Where it is written.
    pub place: Place,
}

/// What a plan may not exceed; absent means the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guards {
    /// Removals as a percentage of a kind's live resources.
    pub max_delete_percent: Option<u64>,
    /// Removals.
    pub max_deletes: Option<u64>,
    /// Updates as a percentage of a kind's live resources.
    pub max_update_percent: Option<u64>,
    /// Updates.
    pub max_updates: Option<u64>,
    /// Whether `apply` takes saved plans only.
    pub require_saved_plan: Option<bool>,
}

impl Guards {
    /// These guards where they say something, the other ones where they do not.
    #[must_use]
    fn or(self, other: Self) -> Self {
        Self {
            max_delete_percent: self.max_delete_percent.or(other.max_delete_percent),
            max_deletes: self.max_deletes.or(other.max_deletes),
            max_update_percent: self.max_update_percent.or(other.max_update_percent),
            max_updates: self.max_updates.or(other.max_updates),
            require_saved_plan: self.require_saved_plan.or(other.require_saved_plan),
        }
    }
}

/// How much is kept of past runs; absent means the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// The number of runs.
    pub keep: Option<u64>,
    /// The days.
    pub days: Option<u64>,
}

impl History {
    /// This one where it says something, the other one where it does not.
    #[must_use]
    fn or(self, other: Self) -> Self {
        Self {
            keep: self.keep.or(other.keep),
            days: self.days.or(other.days),
        }
    }
}

/// What tokens are made with, as written: expressions are replaced only when a token is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    client_id: Template,
    client_secret: Template,
    grant: Grant,
}

/// What tokens are made with beside the client.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Grant {
    /// A refresh token.
    Refresh(Template),
    /// Nothing: the client itself asks for these scopes, of this service and organization.
    Client { scope: Template, soid: Template },
}

impl Credentials {
    fn templates(&self) -> Vec<&Template> {
        let mut all = vec![&self.client_id, &self.client_secret];
        match &self.grant {
            Grant::Refresh(token) => all.push(token),
            Grant::Client { scope, soid } => all.extend([scope, soid]),
        }
        all
    }

    /// The secret that an organization is logged in with.
    fn own_secret(&self) -> &Template {
        match &self.grant {
            Grant::Refresh(token) => token,
            Grant::Client { .. } => &self.client_secret,
        }
    }

    fn templates_mut(&mut self) -> Vec<&mut Template> {
        let mut all = vec![&mut self.client_id, &mut self.client_secret];
        match &mut self.grant {
            Grant::Refresh(token) => all.push(token),
            Grant::Client { scope, soid } => all.extend([scope, soid]),
        }
        all
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    text: String,
    place: Place,
}

impl Environment {
    /// The policy of a collection.
    #[must_use]
    pub fn policy(&self, collection: &str) -> KindPolicy {
        self.kinds.get(collection).cloned().unwrap_or_default()
    }

    /// What becomes of objects that are not declared, by collection.
    ///
    /// What the environment says as a whole does not reach seeds: only their own policy does. Where
    /// removing everything is not allowed, what is owned is meant.
    #[must_use]
    pub fn prunes(&self) -> BTreeMap<String, Prune> {
        crate::kind::KINDS
            .iter()
            .filter(|kind| kind.managed)
            .filter_map(|kind| {
                let prune = self.policy(kind.collection).prune.or_else(|| {
                    let whole = self.prune.filter(|_| !kind.seed)?;
                    Some(match whole {
                        Prune::All if !kind.may_prune_all() => Prune::Owned,
                        whole => whole,
                    })
                })?;
                Some((kind.collection.to_owned(), prune))
            })
            .collect()
    }

    /// Whether what a check of this kind misses counts in the exit code of a plan.
    #[must_use]
    pub fn fails_plan(&self, collection: &str) -> bool {
        self.kinds
            .get(collection)
            .and_then(|policy| policy.fails_plan)
            .unwrap_or(false)
    }

    /// How objects are removed where the environment chooses, by collection.
    #[must_use]
    pub fn removals(&self) -> BTreeMap<String, RemovalPolicy> {
        let chosen = self.kinds.iter();
        chosen
            .filter_map(|(collection, policy)| Some(((*collection).to_owned(), policy.removal?)))
            .collect()
    }

    /// Replaces the expressions of the credentials by what `env` gives.
    ///
    /// # Errors
    ///
    /// Every environment variable that is not set; the simulator needs no credentials.
    pub fn credentials(
        &self,
        env: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Option<Login>, Problems> {
        let Target::Live { credentials, .. } = &self.target else {
            return Ok(None);
        };
        let id = (&credentials.client_id, "client id");
        let secret = (&credentials.client_secret, "client secret");
        Ok(Some(match &credentials.grant {
            Grant::Refresh(token) => {
                let [client_id, client_secret, refresh_token] =
                    self.resolve(env, [id, secret, (token, "refresh token")], LOG_IN)?;
                Login::Refresh(RefreshCredentials {
                    client_id: client_id.expose_secret().to_owned(),
                    client_secret,
                    refresh_token,
                })
            }
            Grant::Client { scope, soid } => {
                let wanted = [id, secret, (scope, "scope"), (soid, "`soid`")];
                let [client_id, client_secret, scope, soid] = self.resolve(env, wanted, SET)?;
                let scopes = crate::api::scope::split(scope.expose_secret());
                Login::Client(ClientCredentials {
                    client_id: client_id.expose_secret().to_owned(),
                    client_secret,
                    scope: scopes.join(","),
                    soid: soid.expose_secret().to_owned(),
                })
            }
        }))
    }

    /// Whether tokens are the client's own, so that nobody logs in.
    #[must_use]
    pub fn is_client_grant(&self) -> bool {
        let Target::Live { credentials, .. } = &self.target else {
            return false;
        };
        matches!(credentials.grant, Grant::Client { .. })
    }

    /// The client's id alone, where it is set.
    #[must_use]
    pub fn client_id(&self, env: &(dyn Fn(&str) -> Option<String> + Sync)) -> Option<String> {
        let Target::Live { credentials, .. } = &self.target else {
            return None;
        };
        let wanted = [(&credentials.client_id, "client id")];
        let [id] = self.resolve(env, wanted, SET).ok()?;
        Some(id.expose_secret().to_owned())
    }

    /// The client alone: its id and its secret, for getting a refresh token.
    ///
    /// # Errors
    ///
    /// Every environment variable that is not set; the simulator needs no client.
    pub fn client(
        &self,
        env: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Option<(String, SecretString)>, Problems> {
        let Target::Live { credentials, .. } = &self.target else {
            return Ok(None);
        };
        let [id, secret] = self.resolve(
            env,
            [
                (&credentials.client_id, "client id"),
                (&credentials.client_secret, "client secret"),
            ],
            SET,
        )?;
        Ok(Some((id.expose_secret().to_owned(), secret)))
    }

    /// The environment variable that holds the refresh token, if it is one.
    #[must_use]
    pub fn refresh_token_variable(&self) -> Option<&str> {
        let Target::Live { credentials, .. } = &self.target else {
            return None;
        };
        let Grant::Refresh(token) = &credentials.grant else {
            return None;
        };
        let inner = token.text.strip_prefix("${")?.strip_suffix('}')?;
        inner
            .strip_prefix("secret.")
            .or_else(|| inner.strip_prefix("env."))
    }

    /// Whether its credentials are written as those of another environment are, so that both get the same.
    #[must_use]
    pub fn has_credentials_of(&self, other: &Self) -> bool {
        match (&self.target, &other.target) {
            (
                Target::Live {
                    credentials: one, ..
                },
                Target::Live {
                    credentials: other, ..
                },
            ) => {
                let texts = |credentials: &Credentials| -> Vec<String> {
                    let templates = credentials.templates().into_iter();
                    templates.map(|template| template.text.clone()).collect()
                };
                texts(one) == texts(other)
            }
            _ => false,
        }
    }

    /// The environment variables that its credentials name.
    #[must_use]
    pub fn credential_names(&self) -> Vec<String> {
        let Target::Live { credentials, .. } = &self.target else {
            return Vec::new();
        };
        let mut own = Closed::default();
        for template in credentials.templates() {
            own.add_credential(&template.text, &self.name);
        }
        own.credentials().map(str::to_owned).collect()
    }

    /// The problem of everything that credentials lack: one, since one step brings all of it.
    fn no_credentials(
        &self,
        env: &(dyn Fn(&str) -> Option<String> + Sync),
        lacking: &[Lacking<'_>],
        way: &str,
        bare: bool,
    ) -> Option<Problem> {
        let names: Vec<String> = (lacking.iter())
            .map(|(name, ..)| (*name).to_owned())
            .collect();
        let of = |is_set: bool| {
            let mut names: Vec<String> = (lacking.iter())
                .flat_map(|(_, variables, _)| variables.iter().cloned())
                .filter(|name| env(name).is_some() == is_set)
                .map(|name| format!("`{name}`"))
                .collect();
            names.dedup();
            names
        };
        let told = |names: &[String], what: &str| match names {
            [] => None,
            [name] => Some(format!("the environment variable {name} is {what}")),
            names => Some(format!(
                "the environment variables {} are {what}",
                listed(names, "and")
            )),
        };
        let why = [
            told(&of(false), "not set"),
            told(&of(true), "set, but empty"),
        ];
        let why: Vec<String> = why.into_iter().flatten().collect();
        let why = if why.is_empty() {
            "a secret is not set".to_owned()
        } else {
            why.join("; ")
        };
        let mut problem = Problem::error(
            Code::MissingCredentials,
            format!(
                "the environment `{}` has no {}: {why}",
                self.name,
                listed(&names, "or")
            ),
        );
        let mut places: Vec<(&Place, Vec<&str>)> = Vec::new();
        for (_, _, template) in lacking {
            match places
                .iter_mut()
                .find(|(place, _)| **place == template.place)
            {
                Some((_, texts)) => texts.push(&template.text),
                None => places.push((&template.place, vec![&template.text])),
            }
        }
        for (place, texts) in &places {
            let are = if texts.len() == 1 { "is" } else { "are" };
            let text = format!("{} {are} needed here", ticked(texts, "and"));
            problem = problem.at((*place).clone(), text);
        }
        (!lacking.is_empty()).then(|| {
            // Who has a part of the credentials is past the first steps.
            let first = if bare {
                "; the environment `local` of a new project needs none"
            } else {
                ""
            };
            problem.help(format!("{way}{first}"))
        })
    }

    /// No credential has white space at its ends; what a pipeline hands over may end in a line end.
    fn resolve<'t, const N: usize>(
        &self,
        env: &(dyn Fn(&str) -> Option<String> + Sync),
        wanted: [(&'t Template, &'t str); N],
        way: &str,
    ) -> Result<[SecretString; N], Problems> {
        let variables = Variables {
            values: &self.variables,
            environment: &self.name,
            env,
            closed: &Closed::nothing(),
            missing: RefCell::default(),
        };
        let mut problems = Vec::new();
        let mut lacking: Vec<Lacking<'_>> = Vec::new();
        let mut resolve =
            |(template, name): (&'t Template, &'t str)| match variables.expand(&template.text) {
                Ok(Expanded::Literal(text)) => Some(trimmed(&text)),
                Ok(Expanded::Text(text)) => Some(trimmed(&text)),
                Ok(Expanded::Secret(secret, missing)) => {
                    if secret.value.is_none() {
                        lacking.push((name, missing, template));
                    }
                    secret.expose().map(trimmed)
                }
                Err(bad) => {
                    for bad in bad {
                        let inner = bad.expression.strip_prefix("${env.");
                        if bad.code == Code::UndefinedEnv
                            && let Some(variable) = inner.and_then(|inner| inner.strip_suffix('}'))
                        {
                            lacking.push((name, vec![variable.to_owned()], template));
                            continue;
                        }
                        let problem = Problem::error(
                            bad.code,
                            format!(
                                "the environment `{}` has no {name}: {}",
                                self.name, bad.message
                            ),
                        )
                        .at_part(
                            template.place.clone(),
                            bad.expression.clone(),
                            format!("`{}` is needed here", bad.expression),
                        )
                        .help(bad.help);
                        problems.push(problem);
                    }
                    None
                }
            };
        let values: Vec<SecretString> = wanted.into_iter().filter_map(&mut resolve).collect();
        problems.extend(self.no_credentials(env, &lacking, way, values.is_empty()));
        // One is lacking only where a problem says so.
        values.try_into().map_err(|_| problems.into())
    }
}

/// What credentials lack: its name, the environment variable that would hold it, and who asks for that.
type Lacking<'t> = (&'t str, Vec<String>, &'t Template);

/// What helps where an environment variable is not set.
const SET: &str =
    "set what is lacking in the shell, in the file `.env`, or as secrets of the pipeline";

/// What helps where somebody may log in besides.
const LOG_IN: &str = "save credentials with `deskform auth login --save`, or set what is lacking in the shell, in the file `.env`, or as secrets of the pipeline";

impl Project {
    /// Reads the project file of a folder; the text is returned for reports.
    ///
    /// # Errors
    ///
    /// A missing or unreadable file, and everything that is wrong in it.
    pub fn read(directory: &Path) -> (Result<Self, Problems>, Option<Arc<str>>) {
        let path = directory.join(PROJECT_FILE);
        let bytes = match read_inside(directory, PROJECT_FILE) {
            Ok(bytes) if bytes.len() as u64 > MAX_FILE => Err("it is too large".to_owned()),
            read => read.map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                _ => error.to_string(),
            }),
        };
        match bytes {
            Ok(bytes) => {
                let source = Source::new(PROJECT_FILE, &bytes);
                let project = Self::parse(directory, &source);
                let text = match &project {
                    Ok(_) => Arc::clone(&source.text),
                    Err(problems) => without_secrets(&source.text, problems),
                };
                (project, Some(text))
            }
            Err(reason) => {
                if !path.exists()
                    && let Some(name) = like_project_file(directory)
                {
                    let problem = Problem::error(
                        Code::NoProject,
                        format!(
                            "the project file `{}` cannot be read: {reason}, but there is `{name}`",
                            path.display()
                        ),
                    )
                    .help(format!("rename it to `{PROJECT_FILE}`"));
                    return (Err(problem.into()), None);
                }
                let problem = Problem::error(
                    Code::NoProject,
                    format!(
                        "the project file `{}` cannot be read: {reason}",
                        path.display()
                    ),
                )
                .help("run deskform in the folder of a project or below it, or make one with `deskform init`");
                (Err(problem.into()), None)
            }
        }
    }

    /// Understands a project file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in it.
    pub fn parse(directory: &Path, source: &Source) -> Result<Self, Problems> {
        let documents = load::documents(
            source,
            "begin with `environments: {local: {simulator: {}}}`",
        )?;
        let [(document, raw)] = documents.as_slice() else {
            let problem = Problem::error(
                Code::SeveralDocuments,
                format!(
                    "`{PROJECT_FILE}` must be one document, not {}",
                    documents.len()
                ),
            )
            .at(Place::file(PROJECT_FILE), "")
            .help("take the `---` lines away");
            return Err(problem.into());
        };
        let place = |at: At<'_>, part: Part| Place {
            file: Arc::clone(&source.name),
            document: *document,
            pointer: at.pointer(),
            part,
        };
        let mut reader = read::Reader {
            walker: Walker {
                place: &place,
                problems: Vec::new(),
            },
        };
        let (mut environments, default, skip_files) = reader.project(raw, At::ROOT);
        let closed = closed(&environments);
        for environment in &mut environments {
            environment.closed = closed.clone();
        }
        if reader.walker.problems.is_empty() {
            Ok(Self {
                directory: directory.to_path_buf(),
                environments,
                default,
                skip_files,
            })
        } else {
            let mut problems = Problems::from(reader.walker.problems);
            problems.sort();
            Err(problems)
        }
    }

    /// Finds an environment by its name, or the default one.
    ///
    /// # Errors
    ///
    /// A name that no environment has, or no name where there is no default.
    pub fn environment(&self, name: Option<&str>) -> Result<&Environment, Problem> {
        let find = |name: &str| self.environments.iter().find(|one| one.name == name);
        let found = match (name, &self.default) {
            (Some(name), _) => find(name),
            (None, DefaultEnvironment::First) => self.environments.first(),
            (None, DefaultEnvironment::Named(name)) => find(name),
            (None, DefaultEnvironment::Nobody) => return Err(self.no_default()),
        };
        found.ok_or_else(|| {
            let name = name.unwrap_or_default();
            let names = self.names();
            let known = format!("`{PROJECT_FILE}` has {}", ticked(&names, "and"));
            // A variable that a pipeline does not define arrives as an empty text.
            let is_empty = name.trim().is_empty();
            let help = if is_empty {
                format!("{known}; name one, or unset `DESKFORM_ENV` for the default")
            } else {
                did_you_mean(name, names.iter().copied()).unwrap_or(known)
            };
            let place = self.place("environments", Part::Key);
            let message = if is_empty {
                "the name of the environment is empty".to_owned()
            } else {
                format!("no environment is named `{name}`")
            };
            Problem::error(Code::UnknownEnvironment, message)
                .at(place, "the environments stand here")
                .help(help)
        })
    }

    /// The place of a key of the file.
    fn place(&self, key: &str, part: Part) -> Place {
        let mut documents = self.environments.iter().map(|one| one.place.document);
        Place {
            file: PROJECT_FILE.into(),
            document: documents.next().unwrap_or_default(),
            pointer: format!("/{key}"),
            part,
        }
    }

    fn names(&self) -> Vec<&str> {
        self.environments
            .iter()
            .map(|one| one.name.as_str())
            .collect()
    }

    /// The problem of a command that names no environment where none is the default.
    fn no_default(&self) -> Problem {
        let names = self.names();
        let place = self.place(words::DEFAULT_ENVIRONMENT, Part::Value);
        Problem::error(Code::NoDefaultEnvironment, "no environment is named")
            .at(place, "no environment is the default")
            .help(format!(
                "add `-e NAME`, or set `DESKFORM_ENV`: `{PROJECT_FILE}` has {}",
                ticked(&names, "and")
            ))
    }
}

/// What the credentials of all these environments close to the manifests of each.
fn closed(environments: &[Environment]) -> Closed {
    let mut closed = Closed::default();
    for environment in environments {
        if let Target::Live { credentials, .. } = &environment.target {
            for template in credentials.templates() {
                closed.add_credential(&template.text, &environment.name);
            }
        }
    }
    closed
}

/// Whether a name is that of the project file but for the case of its letters or the short ending.
pub(crate) fn is_like_project_file(path: &Path) -> bool {
    let stem = Path::new(PROJECT_FILE).file_stem().unwrap_or_default();
    path.file_name()
        .is_some_and(|name| name != PROJECT_FILE && is_yaml(name))
        && path
            .file_stem()
            .is_some_and(|name| name.eq_ignore_ascii_case(stem))
}

/// A file of a folder that is named almost as the project file, if there is one.
pub(crate) fn like_project_file(folder: &Path) -> Option<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .filter(|name| is_like_project_file(Path::new(name)))
        .collect();
    names.sort();
    names.first().map(|name| shown(Path::new(name)))
}

fn trimmed(text: &str) -> SecretString {
    SecretString::from(text.trim())
}

/// A text for reports: secrets that stand in it are made illegible.
fn without_secrets(text: &Arc<str>, problems: &Problems) -> Arc<str> {
    let secrets: Vec<&Place> = problems
        .list
        .iter()
        .filter(|problem| problem.code == Code::PlainSecret)
        .filter_map(|problem| Some(&problem.labels.first()?.place))
        .collect();
    if secrets.is_empty() {
        return Arc::clone(text);
    }
    let places = Places::of(text);
    let found = |place: &&Place| {
        places
            .written(text, place.document, &place.pointer)
            .is_some()
    };
    if !secrets.iter().all(found) {
        // Better a report without lines than one with a secret.
        return Arc::from("");
    }
    let ranges: Vec<_> = secrets.iter().map(|place| places.locate(place)).collect();
    text.char_indices()
        .flat_map(|(at, character)| {
            let hidden =
                !character.is_whitespace() && ranges.iter().any(|range| range.contains(&at));
            // Offsets stay what they are, and the text stays YAML.
            let count = if hidden { character.len_utf8() } else { 1 };
            std::iter::repeat_n(if hidden { 'x' } else { character }, count)
        })
        .collect::<String>()
        .into()
}

/// The organization that the simulator plays unless told otherwise.
const SIMULATED: &str = "700001";
