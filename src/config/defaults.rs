//! `defaults`: what every environment says unless it says otherwise.

use std::collections::BTreeMap;

use super::read::{Reader, edition, prune};
use super::words::{DEFAULTS, DEFAULTS_KEYS, DIALECTS, EDITIONS, MAX_PARALLELISM, PRUNES, SCHEMAS};
use super::{
    Credentials, Endpoint, Environment, Grant, Guards, History, KindPolicy, Prune, Target, Template,
};
use crate::dialect::{Dialect, Edition};
use crate::ledger::NOWHERE;
use crate::problem::{Code, Part, Place, Problem};
use crate::yaml::raw::{At, Raw};

/// The expression that stands for the environment's name.
pub const NAME: &str = "${environment}";

/// What every environment says unless it says otherwise.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    pub(super) data_center: Option<&'static str>,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) credentials: Option<Credentials>,
    dialect: Option<Dialect>,
    edition: Option<Edition>,
    variables: BTreeMap<String, String>,
    parallelism: Option<usize>,
    kinds: BTreeMap<&'static str, KindPolicy>,
    guards: Guards,
    history: History,
    ledger: Option<String>,
    is_lenient: bool,
    prune: Option<Prune>,
}

impl Reader<'_> {
    /// Reads `defaults`.
    pub(super) fn defaults(&mut self, raw: &Raw, at: At<'_>) -> Defaults {
        let mut defaults = Defaults::default();
        for (key, value) in self.walker.known(raw, at, DEFAULTS, DEFAULTS_KEYS) {
            let here = at.key(key);
            let walker = &mut self.walker;
            match key {
                "dataCenter" => defaults.data_center = self.data_center(value, here),
                "endpoint" => defaults.endpoint = self.endpoint(value, here),
                "credentials" => {
                    let usual = self.default_credentials(here);
                    defaults.credentials = Some(self.credentials(value, here, usual));
                }
                "dialect" => {
                    let word = walker.word(value, here, key, DIALECTS);
                    defaults.dialect = word.and_then(Dialect::named);
                }
                "edition" => {
                    let word = walker.word(value, here, key, EDITIONS);
                    defaults.edition = word.and_then(edition);
                }
                "variables" => defaults.variables = self.variables(value, here),
                "parallelism" => {
                    defaults.parallelism = walker
                        .whole(value, here, key, (1, MAX_PARALLELISM))
                        .and_then(|number| usize::try_from(number).ok());
                }
                "kinds" => defaults.kinds = self.kinds(value, here),
                "guards" => defaults.guards = self.guards(value, here),
                "history" => defaults.history = self.history(value, here),
                "ledger" => defaults.ledger = self.ledger_of_each(value, here),
                "schema" => {
                    defaults.is_lenient = walker.word(value, here, key, SCHEMAS) == Some("lenient");
                }
                _ => defaults.prune = walker.word(value, here, key, PRUNES).map(prune),
            }
        }
        defaults
    }

    /// Reads where the ledgers of all environments are kept: each at a place of its own.
    fn ledger_of_each(&mut self, raw: &Raw, at: At<'_>) -> Option<String> {
        let text = self.walker.text(raw, at, "ledger")?;
        // Each environment has a ref of its own, unless one is named.
        let is_own = text.contains(NAME)
            || text == NOWHERE
            || ((text == "git" || text.starts_with("git:")) && !text.contains('/'));
        if !is_own {
            self.walker.report(
                Code::Conflict,
                (at, Part::Value),
                format!("`{text}` would be the ledger of every environment"),
                "",
                Some(format!(
                    "write `{NAME}` where the environment's name belongs, such as `.deskform/{NAME}.json`"
                )),
            );
            return None;
        }
        // Any name does as well as another one.
        let sample = Raw::Text(text.replace(NAME, "environment").into());
        self.ledger(&sample, at)?;
        Some(text)
    }

    /// Refuses two environments that would be logged in with the same secret by `defaults`, since their
    /// names make the same variable.
    pub(super) fn shared_secrets(&mut self, environments: &[Environment], defaults: &Defaults) {
        let Some(pattern) = &defaults.credentials else {
            return;
        };
        if !pattern.own_secret().text.contains(NAME) {
            return;
        }
        let mut owners: BTreeMap<&str, &Environment> = BTreeMap::new();
        for environment in environments {
            let Target::Live { credentials, .. } = &environment.target else {
                continue;
            };
            // What an environment writes itself, it means.
            if credentials.own_secret().place != pattern.own_secret().place {
                continue;
            }
            let text = &credentials.own_secret().text;
            if let Some(first) = owners.insert(text, environment) {
                self.walker.problems.push(
                    Problem::error(
                        Code::Conflict,
                        format!(
                            "the environments `{}` and `{}` would both use `{text}`",
                            first.name, environment.name
                        ),
                    )
                    .at(environment.place.clone(), "the second one")
                    .at(pattern.own_secret().place.clone(), "by this pattern")
                    .help("give one of them another name, or `credentials` of its own"),
                );
            }
        }
    }
}

impl Defaults {
    /// Gives an environment what it does not say itself, but for what it talks to.
    pub(super) fn fill(&self, environment: &mut Environment, raw: &Raw) {
        let says = |key: &str| raw.get(key).is_some();
        environment.parallelism = environment.parallelism.or(self.parallelism);
        environment.prune = environment.prune.or(self.prune);
        environment.guards = environment.guards.or(self.guards);
        environment.history = environment.history.or(self.history);
        if !says("schema") {
            environment.is_lenient = self.is_lenient;
        }
        for (name, value) in &self.variables {
            let own = environment.variables.entry(name.clone());
            own.or_insert_with(|| value.clone());
        }
        for (collection, policy) in &self.kinds {
            let own = environment.kinds.entry(collection).or_default();
            *own = std::mem::take(own).or(policy.clone());
        }
        if environment.ledger.is_none() {
            environment.ledger_of_each.clone_from(&self.ledger);
            environment.ledger = environment.ledger_under(&environment.name);
        }
        if let (
            Some(simulator),
            Target::Simulator {
                dialect, edition, ..
            },
        ) = (raw.get("simulator"), &mut environment.target)
        {
            // It is what it plays, and nothing has to be detected.
            let plays = |key: &str| simulator.get(key).is_some() || says(key);
            if let Some(default) = self.dialect.filter(|_| !plays("dialect")) {
                *dialect = default;
            }
            if let Some(default) = self.edition.filter(|_| !plays("edition")) {
                *edition = default;
            }
            return;
        }
        // `auto` is something that an environment says.
        if !says("dialect") {
            environment.dialect = self.dialect;
        }
        if !says("edition") {
            environment.edition = self.edition;
        }
    }
}

impl Environment {
    /// What would be written of the ledger if the environment had another name: what stands in the
    /// environment itself stays as it is.
    #[must_use]
    pub fn ledger_under(&self, name: &str) -> Option<String> {
        match &self.ledger_of_each {
            Some(pattern) => Some(pattern.replace(NAME, name)),
            None => self.ledger.clone(),
        }
    }

    /// Where the place of the ledger is written: in the environment, in `defaults`, or nowhere, and then
    /// the environment itself.
    #[must_use]
    pub fn ledger_place(&self) -> Place {
        let mut place = self.place.clone();
        if self.ledger_of_each.is_some() {
            "/defaults/ledger".clone_into(&mut place.pointer);
        } else if self.ledger.is_some() {
            place.pointer.push_str("/ledger");
        }
        place
    }

    /// What is written of the ledger, with [`NAME`] where the environment's name makes its place.
    #[must_use]
    pub fn ledger_pattern(&self) -> Option<&str> {
        let written = self.ledger_of_each.as_ref().or(self.ledger.as_ref());
        written.map(String::as_str)
    }
}

impl Credentials {
    /// These credentials with the environment's name where their expressions have it.
    pub(super) fn of_environment(mut self, name: &str) -> Self {
        for template in self.templates_mut() {
            template.name_environment(name);
        }
        self
    }

    /// Completes a service that ends in a dot, as the usual one does, by the organization that a client
    /// asks for.
    pub(super) fn name_organization(&mut self, org_id: &str) {
        if let Grant::Client { soid, .. } = &mut self.grant
            && soid.text.ends_with('.')
        {
            soid.text.push_str(org_id);
        }
    }
}

impl Template {
    /// Puts the environment's name into names of variables, such as `${secret.${environment}_TOKEN}`:
    /// in capitals, with `_` for what no such name has.
    fn name_environment(&mut self, name: &str) {
        let mut from = 0;
        while let Some(found) = self.text.get(from..).and_then(|rest| rest.find(NAME)) {
            let at = from + found;
            let before = self.text.get(..at).unwrap_or_default();
            let open = before.rfind("${").and_then(|open| before.get(open..));
            let inside = open.filter(|open| {
                !open.contains('}') && (open.starts_with("${secret.") || open.starts_with("${env."))
            });
            let Some(open) = inside else {
                // By itself it is an expression like others.
                from = at + NAME.len();
                continue;
            };
            let mut variable = variable_name(name);
            if open.ends_with('.') && variable.starts_with(|c: char| c.is_ascii_digit()) {
                variable.insert(0, '_');
            }
            self.text.replace_range(at..at + NAME.len(), &variable);
            from = at + variable.len();
        }
    }
}

/// An environment's name as a part of a variable's name.
fn variable_name(name: &str) -> String {
    let part = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    name.chars().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Place;

    #[test]
    fn the_environments_name_becomes_a_part_of_a_variables_name() {
        for (name, text, expected) in [
            (
                "emea",
                "${secret.${environment}_TOKEN}",
                "${secret.EMEA_TOKEN}",
            ),
            (
                "eu-west_1",
                "${secret.ZOHO_${environment}}",
                "${secret.ZOHO_EU_WEST_1}",
            ),
            ("1st", "${env.${environment}_ID}", "${env._1ST_ID}"),
            ("1st", "${env.ID_${environment}}", "${env.ID_1ST}"),
            (
                "a",
                "x${secret.${environment}_${environment}}y",
                "x${secret.A_A}y",
            ),
            // Outside of a name it is the name as it is, which is known later.
            (
                "a",
                "${environment}.${secret.T}.${environment}",
                "${environment}.${secret.T}.${environment}",
            ),
            ("a", "${var.${environment}}", "${var.${environment}}"),
        ] {
            let mut template = Template {
                text: text.to_owned(),
                place: Place::file("deskform.yaml"),
            };
            template.name_environment(name);
            assert_eq!(template.text, expected, "{name}");
        }
    }
}
