//! What the project file may hold, key by key.

use super::written::TRANSFER_TO;
use crate::yaml::words::{Word, choice, flag, form, names, whole};

/// The key that names the default environment.
pub(crate) const DEFAULT_ENVIRONMENT: &str = "defaultEnvironment";
/// The word that says that no environment is the default.
pub(crate) const NO_DEFAULT: &str = "none";
pub(crate) const DIALECTS: &[&str] = &["auto", "openapi", "guide"];
pub(crate) const EDITIONS: &[&str] = &[
    "auto",
    "free",
    "express",
    "standard",
    "professional",
    "enterprise",
];
/// How values are held against the patterns that are published for them.
pub(crate) const SCHEMAS: &[&str] = &["strict", "lenient"];
pub(crate) const PRUNES: &[&str] = &["none", "owned", "all"];
/// Calls in flight that anybody may ask for.
pub(crate) const MAX_PARALLELISM: u64 = 25;
/// More than any plan has.
pub(crate) const MANY: u64 = u32::MAX as u64;

/// The key for what all environments say.
pub(crate) const DEFAULTS: &str = "defaults";
/// The key for the YAML files that are no manifests.
pub(crate) const SKIP_FILES: &str = "skipFiles";

// Keys that several tables have.
const KIND_POLICIES: Word = form("kinds", "map from kinds to policies", "Policies by kind.");
const IGNORED: Word = form("ignore", "list of maps", "What is left as it is live.");
const DATA_CENTER: Word = form(
    "dataCenter",
    "name of a data centre, such as `us` or `eu`, or its domain",
    "The data centre, by its name or its domain.",
);
const ENDPOINT_HOSTS: Word = form(
    "endpoint",
    "map",
    "Hosts that take the place of the data centre's.",
);
const DIALECT: Word = choice(
    "dialect",
    DIALECTS,
    "The dialect of the API; default `auto`.",
);
const EDITION: Word = choice("edition", EDITIONS, "The edition; default `auto`.");
const VARIABLES: Word = form(
    "variables",
    "map from names to texts, numbers or flags",
    "Values of `${var.name}`.",
);
const PARALLELISM: Word = whole(
    "parallelism",
    1,
    MAX_PARALLELISM,
    "Calls in flight at most.",
);
const GUARD: Word = form("guards", "map", "What a plan may not exceed.");
const KEPT_RUNS: Word = form(
    "history",
    "map",
    "How much is kept of past runs that wrote something, which `runs` shows.",
);
const SCHEMA: Word = choice(
    "schema",
    SCHEMAS,
    "Whether a value that breaks a published pattern is an error or, when `lenient`, a warning, and the server decides; default `strict`.",
);
const PRUNE: Word = choice(
    "prune",
    PRUNES,
    "Which undeclared resources are removed; default `owned`.",
);

/// Keys of the project file.
pub(crate) const PROJECT: &[Word; 6] = &[
    form(
        "environments",
        "map from names to environments",
        "The environments; the first is the default unless `defaultEnvironment` says otherwise.",
    ),
    form(
        DEFAULT_ENVIRONMENT,
        "name of an environment, or `none`",
        "The environment that a command takes where none is named; `none` makes every command name one.",
    ),
    KIND_POLICIES,
    IGNORED,
    form(
        DEFAULTS,
        "map",
        "What every environment says unless it says otherwise.",
    ),
    form(
        SKIP_FILES,
        "list of patterns",
        "YAML files below the project folder that are no manifests, as patterns such as `docker-compose.yml` or `node_modules/**`.",
    ),
];
pub(crate) const PROJECT_KEYS: &[&str] = &names(PROJECT);

/// Keys of an environment.
pub(crate) const ENVIRONMENT: &[Word; 18] = &[
    form(
        "simulator",
        "map, `{}` will do",
        "The simulator in place of an organization: needs no account.",
    ),
    DATA_CENTER,
    form("orgId", "digits", "The organization's id."),
    ENDPOINT_HOSTS,
    form("credentials", "map", "What tokens are made with."),
    DIALECT,
    EDITION,
    VARIABLES,
    form(
        "overlays",
        "list of paths",
        "Folders that are merged onto the base, in order.",
    ),
    PARALLELISM,
    KIND_POLICIES,
    IGNORED,
    GUARD,
    KEPT_RUNS,
    form(
        "ledger",
        "path, URL of an object store, `git`, `git:REMOTE`, `git:REMOTE/NAME` or `none`",
        "Where the ledger is kept: a path, `s3://bucket/key.json`, or `git` for a ref of the repository's remote (`git:REMOTE`, `git:REMOTE/NAME`), or `none`: then deletions, undo and changes by hand are not noticed.",
    ),
    SCHEMA,
    flag(
        "sandbox",
        "Whether objects may be made and removed in the organization to try it: `doctor --write` asks for that; default `false`.",
    ),
    PRUNE,
];
pub(crate) const ENVIRONMENT_KEYS: &[&str] = &names(ENVIRONMENT);

/// Keys of an environment that `defaults` lack: they make it another one, or stand at the top of the
/// file for all (`ignore`).
#[cfg(test)]
const OWN_KEYS: &[&str] = &["simulator", "orgId", "overlays", "ignore", "sandbox"];

/// Keys of `defaults`: all those of an environment but for [`OWN_KEYS`].
pub(crate) const SHARED: &[Word; 13] = &[
    DATA_CENTER,
    ENDPOINT_HOSTS,
    form(
        "credentials",
        "map",
        "What tokens are made with. In the name of a variable `${environment}` is the environment's name in capitals: `${secret.${environment}_TOKEN}`.",
    ),
    DIALECT,
    EDITION,
    VARIABLES,
    PARALLELISM,
    KIND_POLICIES,
    GUARD,
    KEPT_RUNS,
    form(
        "ledger",
        "path or URL with `${environment}`, `git` or `none`",
        "Where the ledgers are kept, with `${environment}` for the environment's name, such as `s3://bucket/${environment}.json`; or `git`, or `none`.",
    ),
    SCHEMA,
    PRUNE,
];
pub(crate) const DEFAULTS_KEYS: &[&str] = &names(SHARED);
/// Keys that talk to a live organization and mean nothing to the simulator.
pub(super) const LIVE_KEYS: &[&str] = &["dataCenter", "orgId", "endpoint", "credentials"];

pub(crate) const SIMULATOR: &[Word; 4] = &[
    choice(
        "dialect",
        // It speaks one of them: nothing is detected.
        DIALECTS.split_at(1).1,
        "The dialect it speaks.",
    ),
    choice("edition", EDITIONS.split_at(1).1, "The edition it plays."),
    form("organization", "digits", "The organization it plays."),
    form(
        "state",
        "path of a file below the project folder",
        "The file that keeps its state.",
    ),
];
pub(crate) const SIMULATOR_KEYS: &[&str] = &names(SIMULATOR);

pub(crate) const ENDPOINT: &[Word; 2] = &[
    form("desk", "URL without `/api/v1`", "The URL of Desk."),
    form("accounts", "URL", "The URL of the accounts server."),
];
pub(crate) const ENDPOINT_KEYS: &[&str] = &names(ENDPOINT);

/// What tokens are made with: a refresh token, or the client alone.
pub(crate) const GRANTS: &[&str] = &["refresh", CLIENT_GRANT];
pub(super) const CLIENT_GRANT: &str = "client";
pub(super) const SCOPE: &str = "scope";
pub(super) const SOID: &str = "soid";
/// The service by whose name and the organization's id the accounts server knows an organization.
/// Zoho writes no name down for Desk; this one is built as those of its other products are.
pub(super) const SERVICE: &str = "ZohoDesk";

pub(crate) const CREDENTIALS: &[Word; 6] = &[
    choice(
        "grant",
        GRANTS,
        "A refresh token, or the client alone, whose tokens act for nobody; default `refresh`.",
    ),
    form(
        "clientId",
        "text, `${env.NAME}` or `${secret.NAME}`",
        "The client's id; default `${env.ZOHO_CLIENT_ID}`.",
    ),
    form(
        "clientSecret",
        "`${secret.NAME}`",
        "Default `${secret.ZOHO_CLIENT_SECRET}`.",
    ),
    form(
        "refreshToken",
        "`${secret.NAME}`",
        "Default `${secret.ZOHO_REFRESH_TOKEN}`.",
    ),
    form(
        SCOPE,
        "text",
        "With `grant: client`, the scopes to ask for, as `deskform auth scopes` prints them.",
    ),
    form(
        SOID,
        "text",
        "With `grant: client`, the service and the organization's id; default `ZohoDesk.` and `orgId`, which also completes a service that ends in a dot.",
    ),
];
pub(crate) const CREDENTIAL_KEYS: &[&str] = &names(CREDENTIALS);

pub(crate) const POLICY: &[Word; 5] = &[
    flag(
        "createOnly",
        "Create what is absent, never change it afterwards.",
    ),
    choice("prune", PRUNES, "Which undeclared resources are removed."),
    form(
        "removal",
        "word of the kind, such as `deactivate` or `delete` for agents",
        "How a resource of the kind is removed, where there is a choice.",
    ),
    flag(
        "failsPlan",
        "Whether what a check misses counts for `plan --detailed-exitcode`; for checks alone, and false where it is left out.",
    ),
    form(
        TRANSFER_TO,
        "handle or reference; a map of them where there are several heirs",
        "Who takes over what hangs on removed resources of the kind.",
    ),
];
pub(crate) const POLICY_KEYS: &[&str] = &names(POLICY);

pub(crate) const IGNORE: &[Word; 4] = &[
    form(
        "address",
        "`kind/handle`, with `*` for any characters",
        "The addresses, such as `agents/*`.",
    ),
    form(
        "field",
        "name of a field, or a JSON Pointer",
        "The field; left out, the whole resource.",
    ),
    form("reason", "text", "Why it is left as it is."),
    form(
        "until",
        "day such as `2027-06-30`",
        "The last day on which it holds.",
    ),
];
pub(crate) const IGNORE_KEYS: &[&str] = &names(IGNORE);

pub(crate) const GUARDS: &[Word; 5] = &[
    whole(
        "maxDeletePercent",
        0,
        100,
        "Largest share of a kind's owned objects that pruning may remove, in percent, however few they are; where it is left out, 30 of ten objects or more.",
    ),
    whole(
        "maxDeletes",
        0,
        MANY,
        "Objects that pruning may remove in one plan.",
    ),
    whole(
        "maxUpdatePercent",
        0,
        100,
        "Largest share of a kind's live, declared objects that one plan may update, in percent.",
    ),
    whole("maxUpdates", 0, MANY, "Objects that one plan may update."),
    flag(
        "requireSavedPlan",
        "Whether `apply` takes saved plans only.",
    ),
];
pub(crate) const GUARD_KEYS: &[&str] = &names(GUARDS);

/// Most days for which past runs are kept: a century.
pub(crate) const MAX_DAYS: u64 = 36_525;

pub(crate) const HISTORY: &[Word; 2] = &[
    whole(
        "keep",
        0,
        MANY,
        "How many past runs are kept, the latest ones; default 50.",
    ),
    whole(
        "days",
        0,
        MAX_DAYS,
        "For how many days a past run is kept; default 90.",
    ),
];
pub(crate) const HISTORY_KEYS: &[&str] = &names(HISTORY);

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that is added to an environment is a key of `defaults`, or stands in the short list of
    /// those that are not.
    #[test]
    fn defaults_take_every_key_that_several_environments_can_share() {
        let is_shared = |key: &&str| !OWN_KEYS.contains(key);
        let expected: Vec<&str> = ENVIRONMENT_KEYS.iter().copied().filter(is_shared).collect();
        assert_eq!(DEFAULTS_KEYS, expected);
        for key in OWN_KEYS {
            assert!(ENVIRONMENT_KEYS.contains(key), "{key}");
        }
    }
}
