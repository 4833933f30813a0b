//! Reads the project file strictly: every key known, every value of its type.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::defaults::Defaults;
use super::words::{
    CLIENT_GRANT, CREDENTIAL_KEYS, DEFAULT_ENVIRONMENT, DEFAULTS, DIALECTS, EDITIONS,
    ENDPOINT_KEYS, ENVIRONMENT_KEYS, GRANTS, GUARD_KEYS, HISTORY_KEYS, IGNORE_KEYS, LIVE_KEYS,
    MANY, MAX_DAYS, MAX_PARALLELISM, NO_DEFAULT, POLICY_KEYS, PROJECT_KEYS, PRUNES, SCHEMAS, SCOPE,
    SERVICE, SIMULATOR_KEYS, SKIP_FILES, SOID,
};
use super::written::{TRANSFER_TO, WrittenReader};
use super::{
    Credentials, DATA_CENTERS, DefaultEnvironment, Endpoint, Environment, Grant, Guards, History,
    Ignore, KindPolicy, Overlay, PROJECT_FILE, Prune, RemovalPolicy, SIMULATED, Skip, Target,
    Template,
};
use crate::api::DataCenter;
use crate::api::hosts::is_loopback;
use crate::codec::named_path;
use crate::dialect::{Dialect, Edition};
use crate::kind::{self, KINDS, Kind};
use crate::problem::{Code, Part, Place, Problem, did_you_mean, ticked};
use crate::yaml::closed::Closed;
use crate::yaml::raw::{At, Raw};
use crate::yaml::variables::{self, has_expression};
use crate::yaml::walk::{Walker, misspelt};

pub(super) fn edition(word: &str) -> Option<Edition> {
    match word {
        "free" => Some(Edition::Free),
        "express" => Some(Edition::Express),
        "standard" => Some(Edition::Standard),
        "professional" => Some(Edition::Professional),
        "enterprise" => Some(Edition::Enterprise),
        _ => None,
    }
}

/// Refuses an expression in a policy.
fn no_expressions(place: Place) -> Problem {
    Problem::error(
        Code::Expression,
        format!("`{TRANSFER_TO}` takes no `${{…}}` expressions here"),
    )
    .at(place, "")
    .help("expressions stand in the values of manifests and in `credentials`")
}

pub(super) fn prune(word: &str) -> Prune {
    match word {
        "owned" => Prune::Owned,
        "all" => Prune::All,
        _ => Prune::None,
    }
}

/// Reads one project file.
pub(super) struct Reader<'a> {
    pub(super) walker: Walker<'a>,
}

/// Whether a text is one expression whose value may be shown, and nothing beside it.
fn is_one_expression(text: &str) -> bool {
    let one = crate::yaml::variables::references(text).next();
    one.is_some_and(|(sort, name)| {
        matches!(sort, "env" | "var") && text.trim() == format!("${{{sort}.{name}}}")
    })
}

impl Reader<'_> {
    pub(super) fn project(
        &mut self,
        raw: &Raw,
        at: At<'_>,
    ) -> (Vec<Environment>, DefaultEnvironment, Vec<Skip>) {
        let mut environments = Vec::new();
        let mut skip_files = Vec::new();
        let mut default = None;
        let mut kinds = BTreeMap::new();
        let mut ignore = Vec::new();
        let mut declared = false;
        // Whatever the order of the keys.
        let defaults = raw.get(DEFAULTS);
        let defaults = defaults
            .map(|value| self.defaults(value, at.key(DEFAULTS)))
            .unwrap_or_default();
        for (key, value) in self.walker.root(raw, at, PROJECT_FILE, PROJECT_KEYS) {
            let here = at.key(key);
            match key {
                "environments" => {
                    let entries = self.walker.entries(value, here, key);
                    let mut above: Option<&str> = None;
                    for (index, (name, value)) in entries.iter().enumerate() {
                        // Right below an empty environment a key of environments is one of its own.
                        if let Some(owner) = above
                            && ENVIRONMENT_KEYS.contains(&&**name)
                        {
                            self.too_shallow(name, owner, here.key(name));
                            continue;
                        }
                        above = matches!(value, Raw::Null).then_some(name);
                        let next = entries.get(index + 1);
                        if above.is_none()
                            || next.is_none_or(|(next, _)| !ENVIRONMENT_KEYS.contains(&&**next))
                        {
                            environments.push(self.environment(
                                name,
                                value,
                                here.key(name),
                                &defaults,
                            ));
                        }
                    }
                    self.ledgers_beside_states(&environments, here);
                    self.shared_secrets(&environments, &defaults);
                    declared = !entries.is_empty() || !matches!(value, Raw::Map(_));
                }
                DEFAULT_ENVIRONMENT => default = Some(value),
                DEFAULTS => {}
                "kinds" => kinds = self.kinds(value, here),
                SKIP_FILES => skip_files = self.skip_files(value, here),
                _ => ignore = self.ignore(value, here),
            }
        }
        self.skipped_overlays(&environments, &skip_files);
        let default = default
            .and_then(|value| {
                self.default_environment(value, at.key(DEFAULT_ENVIRONMENT), &environments)
            })
            .unwrap_or_default();
        declared = declared || misspelt(raw, "environments", PROJECT_KEYS);
        if !declared && matches!(raw, Raw::Map(_)) {
            self.walker.report(
                Code::MissingRequired,
                (at.key("environments"), Part::Key),
                "the project has no environments",
                "",
                Some("begin with `environments: {local: {simulator: {}}}`".to_owned()),
            );
        }
        for environment in &mut environments {
            for (collection, policy) in &kinds {
                let own = environment.kinds.entry(collection).or_default();
                *own = std::mem::take(own).or(policy.clone());
            }
            environment.ignore.splice(0..0, ignore.iter().cloned());
        }
        (environments, default, skip_files)
    }

    fn too_shallow(&mut self, key: &str, owner: &str, at: At<'_>) {
        self.walker.report(
            Code::TooShallow,
            (at, Part::Key),
            format!("`{key}` is a key of an environment: it stands one level too shallow"),
            "not an environment",
            Some(format!("indent it below `{owner}`")),
        );
    }

    /// Reads the environment of a command that names none.
    fn default_environment(
        &mut self,
        raw: &Raw,
        at: At<'_>,
        environments: &[Environment],
    ) -> Option<DefaultEnvironment> {
        let name = self.walker.text(raw, at, DEFAULT_ENVIRONMENT)?;
        let is_declared = environments.iter().any(|one| one.name == name);
        if name == NO_DEFAULT && is_declared {
            self.walker.report(
                Code::Conflict,
                (at, Part::Value),
                format!(
                    "`{NO_DEFAULT}` means no environment here, and an environment has that name"
                ),
                "",
                Some("give that environment another name, or name another default".to_owned()),
            );
            return None;
        }
        if name == NO_DEFAULT {
            return Some(DefaultEnvironment::Nobody);
        }
        if !is_declared {
            let names: Vec<&str> = environments.iter().map(|one| one.name.as_str()).collect();
            let help = did_you_mean(&name, names.iter().copied()).unwrap_or_else(|| {
                format!(
                    "name one of {}, or write `{NO_DEFAULT}`",
                    ticked(&names, "and")
                )
            });
            self.walker.report(
                Code::UnknownEnvironment,
                (at, Part::Value),
                format!("no environment is named `{name}`"),
                "",
                Some(help),
            );
            return None;
        }
        Some(DefaultEnvironment::Named(name))
    }

    fn environment(
        &mut self,
        name: &str,
        raw: &Raw,
        at: At<'_>,
        defaults: &Defaults,
    ) -> Environment {
        if name.is_empty()
            || !name
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || "-_".contains(one))
        {
            self.walker.report(
                Code::BadName,
                (at, Part::Key),
                format!("`{name}` cannot name an environment"),
                "",
                Some("use letters, digits, `-` and `_`".to_owned()),
            );
        }
        let mut environment = self.blank(name, at);
        let simulated = raw.get("simulator").is_some();
        let (mut data_center, mut endpoint, mut written_credentials) = (None, None, None);
        let shown = format!("environments.{name}");
        for (key, value) in self.walker.known(raw, at, &shown, ENVIRONMENT_KEYS) {
            let here = at.key(key);
            if simulated && LIVE_KEYS.contains(&key) {
                self.walker.report(
                    Code::Conflict,
                    (here, Part::Key),
                    format!("`{key}` means nothing beside `simulator`"),
                    "this talks to a live organization",
                    Some(if key == "orgId" {
                        "write `simulator: {organization: …}`, or take `simulator` away".to_owned()
                    } else {
                        "take one of them away".to_owned()
                    }),
                );
                continue;
            }
            let walker = &mut self.walker;
            match key {
                "simulator" => self.simulator(value, here, &mut environment),
                "dataCenter" => data_center = self.data_center(value, here),
                "orgId" => environment.org_id = self.organization(value, here, key),
                "endpoint" => endpoint = self.endpoint(value, here),
                "credentials" => written_credentials = Some(value),
                "dialect" => {
                    environment.dialect = walker
                        .word(value, here, key, DIALECTS)
                        .and_then(Dialect::named);
                }
                "edition" => {
                    environment.edition = walker.word(value, here, key, EDITIONS).and_then(edition);
                }
                "variables" => environment.variables = self.variables(value, here),
                "overlays" => environment.overlays = self.overlays(value, here),
                "parallelism" => {
                    environment.parallelism = walker
                        .whole(value, here, key, (1, MAX_PARALLELISM))
                        .and_then(|number| usize::try_from(number).ok());
                }
                "kinds" => environment.kinds = self.kinds(value, here),
                "ignore" => environment.ignore = self.ignore(value, here),
                "guards" => environment.guards = self.guards(value, here),
                "history" => environment.history = self.history(value, here),
                "ledger" => environment.ledger = self.ledger(value, here),
                "schema" => {
                    environment.is_lenient =
                        walker.word(value, here, key, SCHEMAS) == Some("lenient");
                }
                "sandbox" => {
                    environment.is_sandbox = walker.flag(value, here, key) == Some(true);
                }
                _ => environment.prune = walker.word(value, here, key, PRUNES).map(prune),
            }
        }
        if !simulated && matches!(raw, Raw::Map(_)) {
            let lacks = |key: &str| raw.get(key).is_none() && !misspelt(raw, key, ENVIRONMENT_KEYS);
            if lacks("orgId") {
                self.missing(
                    at,
                    name,
                    "orgId",
                    "copy it from Setup > Developer Space > API, or use `simulator: {}`",
                );
            }
            let is_placed = defaults.data_center.is_some() || defaults.endpoint.is_some();
            if lacks("dataCenter") && lacks("endpoint") && !is_placed {
                let help = format!("choose {}", ticked(DATA_CENTERS, "or"));
                self.missing(at, name, "dataCenter", &help);
            }
            // One that names its data centre does not mean the hosts of the others.
            if raw.get("dataCenter").is_none() && endpoint.is_none() {
                endpoint.clone_from(&defaults.endpoint);
            }
            let credentials =
                self.own_credentials(written_credentials, at, defaults, &environment.org_id);
            environment.target = Target::Live {
                data_center: data_center.or(defaults.data_center).map(str::to_owned),
                endpoint,
                credentials: credentials.of_environment(name),
            };
        }
        defaults.fill(&mut environment, raw);
        environment
    }

    /// An environment of which nothing but its name is known.
    fn blank(&self, name: &str, at: At<'_>) -> Environment {
        Environment {
            name: name.to_owned(),
            place: (self.walker.place)(at, Part::Key),
            target: Target::Simulator {
                dialect: Dialect::default(),
                edition: Edition::Enterprise,
                state: format!(".deskform/{name}.simulator.json").into(),
            },
            org_id: String::new(),
            dialect: None,
            edition: None,
            variables: BTreeMap::new(),
            overlays: Vec::new(),
            parallelism: None,
            kinds: BTreeMap::new(),
            ignore: Vec::new(),
            guards: Guards::default(),
            history: History::default(),
            ledger: None,
            ledger_of_each: None,
            prune: None,
            is_lenient: false,
            is_sandbox: false,
            closed: Closed::default(),
        }
    }

    /// A data centre by its name or its domain; of another word none is guessed, since the credentials
    /// go where it says.
    pub(super) fn data_center(&mut self, raw: &Raw, at: At<'_>) -> Option<&'static str> {
        let Raw::Text(text) = raw else {
            let wanted = format!("a text: {}", ticked(DATA_CENTERS, "or"));
            self.walker.wrong(raw, at, "dataCenter", &wanted);
            return None;
        };
        let found = DataCenter::of_word(text);
        if found.is_none() {
            self.walker.report(
                Code::NotAChoice,
                (at, Part::Value),
                format!("no Desk host is known for the data centre `{text}`"),
                "not known",
                Some(DataCenter::help_for(text)),
            );
        }
        found.map(DataCenter::as_str)
    }

    fn missing(&mut self, at: At<'_>, name: &str, key: &str, help: &str) {
        self.walker.report(
            Code::MissingRequired,
            (at, Part::Key),
            format!("the environment `{name}` lacks `{key}`"),
            &format!("`{key}` is missing"),
            Some(help.to_owned()),
        );
    }

    fn simulator(&mut self, raw: &Raw, at: At<'_>, environment: &mut Environment) {
        SIMULATED.clone_into(&mut environment.org_id);
        if matches!(raw, Raw::Null) {
            return;
        }
        for (key, value) in self.walker.known(raw, at, "simulator", SIMULATOR_KEYS) {
            let here = at.key(key);
            let (words_of_dialect, words_of_edition) = (&DIALECTS[1..], &EDITIONS[1..]);
            let Target::Simulator {
                dialect: of_dialect,
                edition: of_edition,
                state,
            } = &mut environment.target
            else {
                return;
            };
            match key {
                "dialect" => {
                    let found = self.walker.word(value, here, key, words_of_dialect);
                    *of_dialect = found.and_then(Dialect::named).unwrap_or(*of_dialect);
                }
                "edition" => {
                    let found = self.walker.word(value, here, key, words_of_edition);
                    *of_edition = found.and_then(edition).unwrap_or(*of_edition);
                }
                "organization" => environment.org_id = self.organization(value, here, key),
                _ => {
                    let named = (
                        "the simulated organization",
                        ".deskform/NAME.simulator.json",
                    );
                    if let Some(path) = self.own_file(value, here, key, named) {
                        *state = path.into();
                    }
                }
            }
        }
    }

    fn organization(&mut self, raw: &Raw, at: At<'_>, key: &str) -> String {
        let Some(text) = self.walker.plain(raw, at, key) else {
            return String::new();
        };
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text;
        }
        self.walker.report(
            Code::BadFormat,
            (at, Part::Value),
            format!("`{key}` must be made of digits, not `{text}`"),
            "not an organization's id",
            Some("copy the number from Setup > Developer Space > API".to_owned()),
        );
        String::new()
    }

    pub(super) fn endpoint(&mut self, raw: &Raw, at: At<'_>) -> Option<Endpoint> {
        let mut urls: BTreeMap<&str, String> = BTreeMap::new();
        for (key, value) in self.walker.known(raw, at, "endpoint", ENDPOINT_KEYS) {
            let here = at.key(key);
            let Some(text) = self.walker.plain(value, here, key) else {
                continue;
            };
            let loopback = |url: &url::Url| url.host().is_some_and(|host| is_loopback(&host));
            let problem = match url::Url::parse(&text) {
                Ok(url) if url.scheme() == "https" && url.has_host() => None,
                Ok(url) if url.scheme() == "http" && loopback(&url) => None,
                Ok(url) if url.scheme() == "http" => {
                    Some("tokens travel over `https` only, but for `http://127.0.0.1`")
                }
                _ => Some("write a URL such as `https://desk.example.com`"),
            };
            if let Some(help) = problem {
                self.walker.report(
                    Code::BadFormat,
                    (here, Part::Value),
                    format!("`{text}` cannot be used as an endpoint"),
                    "",
                    Some(help.to_owned()),
                );
                continue;
            }
            urls.insert(key, text.trim_end_matches('/').to_owned());
        }
        for key in ENDPOINT_KEYS {
            if matches!(raw, Raw::Map(_)) && raw.get(key).is_none() {
                self.walker.report(
                    Code::MissingRequired,
                    (at, Part::Key),
                    format!("`endpoint` lacks `{key}`"),
                    &format!("`{key}` is missing"),
                    Some("an endpoint has both `desk` and `accounts`".to_owned()),
                );
            }
        }
        Some(Endpoint {
            desk: urls.remove("desk")?,
            accounts: urls.remove("accounts")?,
        })
    }

    /// Reads the credentials of an environment, once it is known of which organization they are.
    fn own_credentials(
        &mut self,
        written: Option<&Raw>,
        at: At<'_>,
        defaults: &Defaults,
        org_id: &str,
    ) -> Credentials {
        let mut credentials = match written {
            Some(value) => {
                let at = at.key("credentials");
                let usual = self.usual_credentials(at, defaults);
                self.credentials(value, at, usual)
            }
            None => self.usual_credentials(at, defaults),
        };
        credentials.name_organization(org_id);
        self.check_soid(&credentials, at, org_id);
        credentials
    }

    /// Refuses a `soid` of another organization than the environment's, wherever it is written.
    fn check_soid(&mut self, credentials: &Credentials, environment: At<'_>, org_id: &str) {
        let Grant::Client { soid, .. } = &credentials.grant else {
            return;
        };
        let id = soid.text.rsplit_once('.').map(|(_, id)| id);
        if org_id.is_empty() || has_expression(&soid.text) || id == Some(org_id) {
            return;
        }
        let mut problem = Problem::error(
            Code::BadFormat,
            format!(
                "`{SOID}` is `{}`, which is not of the organization `{org_id}`",
                soid.text
            ),
        )
        .at(soid.place.clone(), "another organization, or none");
        let environment = (self.walker.place)(environment, Part::Key);
        let is_within = soid
            .place
            .pointer
            .starts_with(&format!("{}/", environment.pointer));
        let mut service = format!("{SERVICE}.{org_id}");
        if !is_within {
            // Each environment's number follows a service that ends in a dot.
            let own = soid.text.rsplit_once('.').map_or(SERVICE, |(own, _)| own);
            service = format!("{own}.");
            problem = problem.at(environment, "the organization of this environment");
        }
        self.walker
            .problems
            .push(problem.help(format!("write `{service}`")));
    }

    /// The credentials of an environment that names none, or not all.
    fn usual_credentials(&self, at: At<'_>, defaults: &Defaults) -> Credentials {
        let usual = defaults.credentials.clone();
        usual.unwrap_or_else(|| self.default_credentials(at))
    }

    pub(super) fn default_credentials(&self, at: At<'_>) -> Credentials {
        let template = |text: &str| Template {
            text: text.to_owned(),
            place: (self.walker.place)(at, Part::Key),
        };
        Credentials {
            client_id: template("${env.ZOHO_CLIENT_ID}"),
            client_secret: template("${secret.ZOHO_CLIENT_SECRET}"),
            grant: Grant::Refresh(template("${secret.ZOHO_REFRESH_TOKEN}")),
        }
    }

    /// Reports a credential that no `${secret.…}` stands for.
    fn secret_in_clear(&mut self, here: At<'_>, key: &str, text: &str) {
        let place = (here, Part::Value);
        if is_one_expression(text) {
            let message = format!(
                "`{key}` is a secret, and `{}` is not treated as one",
                text.trim()
            );
            let help = "write `${secret.NAME}`, and set the environment variable `NAME`".to_owned();
            self.walker.report(
                Code::SecretPrinted,
                place,
                message,
                "written here",
                Some(help),
            );
            return;
        }
        let message = format!("`{key}` holds a secret in plain text");
        let help = "write `${secret.NAME}`, set the environment variable `NAME`, and revoke the secret that was written down".to_owned();
        self.walker.report(
            Code::PlainSecret,
            place,
            message,
            "hidden in this report",
            Some(help),
        );
    }

    /// Reads credentials; what they do not name is as usual.
    pub(super) fn credentials(&mut self, raw: &Raw, at: At<'_>, usual: Credentials) -> Credentials {
        let mut credentials = usual;
        let was_by_client = matches!(credentials.grant, Grant::Client { .. });
        let by_client = match raw.get("grant") {
            Some(value) => {
                self.walker.word(value, at.key("grant"), "grant", GRANTS) == Some(CLIENT_GRANT)
            }
            None => was_by_client,
        };
        if was_by_client && !by_client {
            credentials.grant = self.default_credentials(at).grant;
        }
        if by_client && !was_by_client {
            let place = (self.walker.place)(at, Part::Key);
            let blank = Template {
                text: String::new(),
                place: place.clone(),
            };
            credentials.grant = Grant::Client {
                scope: blank,
                soid: Template {
                    text: format!("{SERVICE}."),
                    place,
                },
            };
            if raw.get(SCOPE).is_none() && !misspelt(raw, SCOPE, CREDENTIAL_KEYS) {
                self.walker.report(
                    Code::MissingRequired,
                    (at, Part::Key),
                    format!("`credentials` with `grant: {CLIENT_GRANT}` lacks `{SCOPE}`"),
                    &format!("`{SCOPE}` is missing"),
                    Some("write the scopes that `deskform auth scopes` prints".to_owned()),
                );
            }
        }
        for (key, value) in self.walker.known(raw, at, "credentials", CREDENTIAL_KEYS) {
            let here = at.key(key);
            if key == "grant" {
                continue;
            }
            let is_of_client = matches!(key, SCOPE | SOID);
            if is_of_client != by_client && !matches!(key, "clientId" | "clientSecret") {
                let help = if by_client {
                    "take it away: the client itself asks for tokens".to_owned()
                } else {
                    format!(
                        "add `grant: {CLIENT_GRANT}`, or take it away: a refresh token has its own scopes and organization"
                    )
                };
                self.walker.report(
                    Code::Conflict,
                    (here, Part::Key),
                    format!(
                        "`{key}` means nothing with `grant: {}`",
                        if by_client { CLIENT_GRANT } else { "refresh" }
                    ),
                    "",
                    Some(help),
                );
                continue;
            }
            let Some(text) = self.walker.text(value, here, key) else {
                continue;
            };
            let secret = matches!(key, "clientSecret" | "refreshToken");
            let slot = match (key, &mut credentials.grant) {
                ("clientId", _) => &mut credentials.client_id,
                ("clientSecret", _) => &mut credentials.client_secret,
                (_, Grant::Refresh(token)) => token,
                (SCOPE, Grant::Client { scope, .. }) => scope,
                (_, Grant::Client { soid, .. }) => soid,
            };
            if secret && !text.contains("${secret.") {
                self.secret_in_clear(here, key, &text);
                continue;
            }
            slot.text = text;
            slot.place = (self.walker.place)(here, Part::Value);
        }
        credentials
    }

    pub(super) fn variables(&mut self, raw: &Raw, at: At<'_>) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        for (name, value) in self.walker.entries(raw, at, "variables") {
            let here = at.key(name);
            if !variables::is_variable_name(name) {
                self.walker.report(
                    Code::BadName,
                    (here, Part::Key),
                    format!("`{name}` cannot name a variable"),
                    "",
                    Some("use letters, digits, `-` and `_`, beginning with a letter".to_owned()),
                );
                continue;
            }
            let text = match value {
                Raw::Bool(value) => Some(value.to_string()),
                Raw::Number(number) => Some(number.to_string()),
                Raw::Text(text) if text.is_empty() => Some(String::new()),
                other => self.walker.plain(other, here, name),
            };
            if let Some(text) = text {
                out.insert(name.to_string(), text);
            }
        }
        out
    }

    fn overlays(&mut self, raw: &Raw, at: At<'_>) -> Vec<Overlay> {
        let mut out: Vec<Overlay> = Vec::new();
        for (index, item) in self.walker.items(raw, at, "overlays").iter().enumerate() {
            let here = at.index(index);
            let Some(path) = self.path(item, here, "overlays") else {
                continue;
            };
            if out.iter().any(|other| other.path == path) {
                self.walker.report(
                    Code::DuplicateItem,
                    (here, Part::Value),
                    format!("the overlay `{path}` is listed twice"),
                    "here again",
                    None,
                );
                continue;
            }
            out.push(Overlay {
                path,
                place: (self.walker.place)(here, Part::Value),
            });
        }
        out
    }

    pub(super) fn kinds(&mut self, raw: &Raw, at: At<'_>) -> BTreeMap<&'static str, KindPolicy> {
        let managed: Vec<&str> = KINDS
            .iter()
            .filter(|kind| kind.managed)
            .map(|kind| kind.collection)
            .collect();
        let mut out = BTreeMap::new();
        for (collection, value) in self.walker.known(raw, at, "kinds", &managed) {
            let here = at.key(collection);
            let Some(kind) = kind::find(collection) else {
                continue;
            };
            let mut policy = KindPolicy::default();
            for (key, value) in self.walker.known(value, here, collection, POLICY_KEYS) {
                let place = here.key(key);
                match key {
                    "createOnly" => policy.create_only = self.create_only(kind, value, place),
                    "prune" => {
                        policy.prune = self.walker.word(value, place, key, PRUNES).map(prune);
                        let removes = policy.prune.is_some_and(|prune| prune != Prune::None);
                        if removes && !kind.may_be_removed() {
                            self.walker.report(
                                Code::NotAllowed,
                                (place, Part::Value),
                                format!(
                                    "nothing removes {collection}, so that nothing prunes them"
                                ),
                                "would remove what cannot be removed",
                                Some("use `none`, or take it away".to_owned()),
                            );
                        } else if policy.prune == Some(Prune::All) && !kind.may_prune_all() {
                            self.walker.report(
                                Code::NotAllowed,
                                (place, Part::Value),
                                format!("`prune: all` is not allowed for {collection}"),
                                "would remove what nobody declared",
                                Some(
                                    "use `owned`, and `removed:` in a manifest for single ones"
                                        .to_owned(),
                                ),
                            );
                        }
                    }
                    "failsPlan" => {
                        policy.fails_plan = self.walker.flag(value, place, key);
                        if !kind.is_check() {
                            self.walker.report(
                                Code::NotAllowed,
                                (place, Part::Key),
                                format!("`failsPlan` is about checks, not about {collection}"),
                                "",
                                Some("take it away".to_owned()),
                            );
                        }
                    }
                    TRANSFER_TO => {
                        let plain = |text: &str, place: Place| {
                            if has_expression(text) {
                                Err(vec![no_expressions(place)])
                            } else {
                                Ok(text.to_owned())
                            }
                        };
                        let mut reader = WrittenReader {
                            walker: &mut self.walker,
                            expand: &plain,
                        };
                        policy.transfer_to = reader.heirs(value, place, kind);
                    }
                    _ => {
                        let own = kind.removal_choice().map(|(_, ways)| ways);
                        let is_chosen = own.is_some();
                        let ways = own.unwrap_or_else(|| RemovalPolicy::ALL.to_vec());
                        let words: Vec<_> = ways.iter().map(|way| way.as_str()).collect();
                        let word = self.walker.word(value, place, key, &words);
                        policy.removal = ways.into_iter().find(|way| Some(way.as_str()) == word);
                        if !is_chosen {
                            let choosers: Vec<_> = KINDS
                                .iter()
                                .filter(|kind| kind.removal_choice().is_some())
                                .map(|kind| kind.collection)
                                .collect();
                            self.walker.report(
                                Code::NotAllowed,
                                (place, Part::Key),
                                format!(
                                    "`removal` is a choice for {} only, not for {collection}",
                                    choosers.join(" and ")
                                ),
                                "",
                                Some("take it away".to_owned()),
                            );
                        }
                    }
                }
            }
            out.insert(kind.collection, policy);
        }
        out
    }

    /// Whether what is there is left as it is; refused where nothing would change it.
    fn create_only(&mut self, kind: &Kind, raw: &Raw, at: At<'_>) -> Option<bool> {
        let key = "createOnly";
        if !kind.takes(key) {
            self.walker.report(
                Code::NotAllowed,
                (at, Part::Key),
                format!("`{key}` means nothing for {}", kind.collection),
                "nothing is made or changed for them",
                Some("take it away".to_owned()),
            );
        }
        self.walker.flag(raw, at, key)
    }

    fn ignore(&mut self, raw: &Raw, at: At<'_>) -> Vec<Ignore> {
        let mut out = Vec::new();
        for (index, item) in self.walker.items(raw, at, "ignore").iter().enumerate() {
            let here = at.index(index);
            let (mut address, mut field, mut reason, mut until) = (None, None, None, None);
            for (key, value) in self.walker.known(item, here, "ignore", IGNORE_KEYS) {
                let place = here.key(key);
                match key {
                    "address" => address = self.walker.plain(value, place, key),
                    "field" => field = self.walker.plain(value, place, key),
                    "reason" => reason = self.walker.plain(value, place, key),
                    _ => until = self.date(value, place, key),
                }
            }
            for key in ["address", "reason"] {
                if matches!(item, Raw::Map(_)) && item.get(key).is_none() {
                    self.walker.report(
                        Code::MissingRequired,
                        (here, Part::Value),
                        format!("an entry of `ignore` lacks `{key}`"),
                        &format!("`{key}` is missing"),
                        Some(
                            "write `{address: \"agents/*\", field: timeZone, reason: …}`"
                                .to_owned(),
                        ),
                    );
                }
            }
            let Some(address) = address else { continue };
            let Some(kind) = self.ignored_kind(&address, here) else {
                continue;
            };
            let path = field
                .as_deref()
                .map(|field| self.ignored_field(kind, field, here));
            if !matches!(path, Some(None)) {
                let field = path.flatten();
                out.push(Ignore {
                    address,
                    field,
                    reason: reason.unwrap_or_default(),
                    until,
                    place: (self.walker.place)(here, Part::Value),
                });
            }
        }
        out
    }

    fn ignored_kind(&mut self, address: &str, at: At<'_>) -> Option<&'static Kind> {
        let collection = address.split_once('/').map(|(collection, _)| collection);
        let Some(kind) = collection.and_then(kind::find).filter(|kind| kind.managed) else {
            let names = KINDS.iter().filter(|kind| kind.managed);
            let help = collection
                .and_then(|word| did_you_mean(word, names.map(|kind| kind.collection)))
                .unwrap_or_else(|| "write `kind/handle`, such as `agents/*`".to_owned());
            self.walker.report(
                Code::BadAddress,
                (at.key("address"), Part::Value),
                format!("`{address}` is no address"),
                "",
                Some(help),
            );
            return None;
        };
        Some(kind)
    }

    /// The way to what is ignored, as a JSON Pointer.
    fn ignored_field(&mut self, kind: &'static Kind, field: &str, at: At<'_>) -> Option<String> {
        let path = named_path(kind, field);
        if path.is_none() {
            let names = kind.fields.iter().map(|field| field.name);
            self.walker.report(
                Code::UnknownField,
                (at.key("field"), Part::Value),
                format!("{} have no field `{field}`", kind.collection),
                "",
                did_you_mean(field, names),
            );
        }
        path
    }

    fn date(&mut self, raw: &Raw, at: At<'_>, key: &str) -> Option<Date> {
        let text = self.walker.plain(raw, at, key)?;
        let date = (text.len() == 10)
            .then(|| text.parse::<Date>().ok())
            .flatten();
        if date.is_none() {
            self.walker.report(
                Code::BadFormat,
                (at, Part::Value),
                format!("`{text}` is no date"),
                "",
                Some("write it as `2027-06-30`".to_owned()),
            );
        }
        date
    }

    pub(super) fn history(&mut self, raw: &Raw, at: At<'_>) -> History {
        let mut history = History::default();
        for (key, value) in self.walker.known(raw, at, "history", HISTORY_KEYS) {
            let here = at.key(key);
            match key {
                "keep" => history.keep = self.walker.whole(value, here, key, (0, MANY)),
                _ => history.days = self.walker.whole(value, here, key, (0, MAX_DAYS)),
            }
        }
        history
    }

    pub(super) fn guards(&mut self, raw: &Raw, at: At<'_>) -> Guards {
        let mut guards = Guards::default();
        for (key, value) in self.walker.known(raw, at, "guards", GUARD_KEYS) {
            let here = at.key(key);
            let walker = &mut self.walker;
            match key {
                "maxDeletePercent" => {
                    guards.max_delete_percent = walker.whole(value, here, key, (0, 100));
                }
                "maxUpdatePercent" => {
                    guards.max_update_percent = walker.whole(value, here, key, (0, 100));
                }
                "maxDeletes" => {
                    guards.max_deletes = walker.whole(value, here, key, (0, MANY));
                }
                "maxUpdates" => {
                    guards.max_updates = walker.whole(value, here, key, (0, MANY));
                }
                _ => guards.require_saved_plan = walker.flag(value, here, key),
            }
        }
        guards
    }
}
