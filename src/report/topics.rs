//! What `deskform explain` says about everything that files may hold besides kinds and their fields:
//! the keys from the tables of the readers, beside each a few words and an example.

use std::fmt::Write as _;

use crate::config::words::{
    CREDENTIALS, ENDPOINT, ENVIRONMENT, GUARDS, HISTORY, IGNORE, POLICY, PROJECT, SHARED, SIMULATOR,
};
use crate::kind::words::{EXPRESSIONS, LIFECYCLE, MANIFEST, NEW, OVERLAY, REFERENCE, TABLE, TEXT};
use crate::yaml::walk::{EXTENSION, is_extension};
use crate::yaml::words::{Takes, Word};

/// What an example is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// A project file.
    Project,
    /// A manifest.
    Manifest,
    /// An overlay, over the manifest.
    Overlay(&'static str),
}

/// Something that a file may hold.
#[derive(Debug, Clone, Copy)]
pub struct Topic {
    /// What one asks for.
    pub name: &'static str,
    /// What else one may ask for.
    pub also: &'static [&'static str],
    /// Where it stands.
    pub stands: &'static str,
    /// What there is to know, the first sentence by itself.
    pub text: &'static str,
    /// The keys that it may hold.
    pub words: &'static [Word],
    /// What the example is.
    pub file: File,
    /// A complete example.
    pub example: &'static str,
}

const IN_ENVIRONMENT: &str = "an environment of deskform.yaml";
const IN_BOTH: &str = "deskform.yaml, for all environments, or one of its environments";

/// Every topic, in the order in which they are listed.
pub const TOPICS: &[Topic] = &[
    Topic {
        name: "project",
        also: &["deskform.yaml"],
        stands: "the file deskform.yaml in the project folder",
        text: "The project file names the environments and says how they are treated. The folder that it lies in is the project: every other YAML file below it is a manifest, but for what is hidden, nested projects and what `overlays` names.",
        words: PROJECT,
        file: File::Project,
        example: "\
defaultEnvironment: sandbox
environments:
  sandbox: {dataCenter: eu, orgId: \"700001\"}
  production:
    dataCenter: eu
    orgId: \"700002\"
    overlays: [overlays/production]
kinds:
  contacts: {prune: owned}
ignore:
  - {address: \"agents/*\", field: timeZone, reason: each agent sets it}
",
    },
    Topic {
        name: "defaultEnvironment",
        also: &["default"],
        stands: "deskform.yaml",
        text: "Which environment a command takes that names none by `-e` or `DESKFORM_ENV`. Left out, it is the first one; `none` makes every command name one.",
        words: &[],
        file: File::Project,
        example: "\
defaultEnvironment: none
environments:
  sandbox: {dataCenter: us, orgId: \"700001\"}
  production: {dataCenter: us, orgId: \"700002\"}
",
    },
    Topic {
        name: "environments",
        also: &["environment"],
        stands: "deskform.yaml",
        text: "An environment is one organization of Zoho Desk, or the simulator, and how it is treated. All environments share the manifests; `overlays` and `variables` hold what differs.",
        words: ENVIRONMENT,
        file: File::Project,
        example: "\
environments:
  local:
    simulator: {dialect: openapi}
  production:
    dataCenter: us
    orgId: \"700002\"
    variables: {portal: help.example.com}
    overlays: [overlays/production]
    ledger: git
    prune: owned
    guards: {maxDeletes: 5, requireSavedPlan: true}
",
    },
    Topic {
        name: "defaults",
        also: &[],
        stands: "deskform.yaml",
        text: "What every environment says unless it says otherwise. An environment's own word beats it, key by key.",
        words: SHARED,
        file: File::Project,
        example: "\
defaults:
  dataCenter: eu
  credentials: {refreshToken: \"${secret.${environment}_TOKEN}\"}
  guards: {maxDeletes: 5}
environments:
  north: {orgId: \"700001\"}
  south: {orgId: \"700002\"}
",
    },
    Topic {
        name: "skipFiles",
        also: &[],
        stands: "deskform.yaml",
        text: "YAML files below the project folder that another program reads. A pattern without a slash counts in every folder, `*` is any run of characters but `/`, and `**` any number of folders.",
        words: &[],
        file: File::Project,
        example: "\
environments:
  production: {dataCenter: us, orgId: \"700002\"}
skipFiles: [docker-compose.yml, \"node_modules/**\"]
",
    },
    Topic {
        name: "simulator",
        also: &[],
        stands: IN_ENVIRONMENT,
        text: "The simulator takes the place of an organization, in process: it needs no account and no network. Its state lies in a file below the project folder.",
        words: SIMULATOR,
        file: File::Project,
        example: "environments:\n  local:\n    simulator: {dialect: guide, edition: professional}\n",
    },
    Topic {
        name: "endpoint",
        also: &[],
        stands: IN_ENVIRONMENT,
        text: "Hosts that are asked in place of the data centre's: a proxy, or a simulator that `deskform simulate` serves. Credentials go to hosts that are not Zoho's only where `DESKFORM_ALLOW_ENDPOINT` or you allow it.",
        words: ENDPOINT,
        file: File::Project,
        example: "\
environments:
  served:
    orgId: \"700001\"
    endpoint: {desk: \"http://127.0.0.1:8800\", accounts: \"http://127.0.0.1:8800\"}
",
    },
    Topic {
        name: "credentials",
        also: &["credential"],
        stands: IN_ENVIRONMENT,
        text: "Which environment variables hold what tokens are made with. Left out, these are `ZOHO_CLIENT_ID`, `ZOHO_CLIENT_SECRET` and `ZOHO_REFRESH_TOKEN`; a secret never stands in the file itself.",
        words: CREDENTIALS,
        file: File::Project,
        example: "\
environments:
  production:
    dataCenter: us
    orgId: \"700002\"
    credentials:
      clientId: ${env.PRODUCTION_CLIENT_ID}
      clientSecret: ${secret.PRODUCTION_CLIENT_SECRET}
      refreshToken: ${secret.PRODUCTION_REFRESH_TOKEN}
",
    },
    Topic {
        name: "variables",
        also: &["variable", "var"],
        stands: IN_ENVIRONMENT,
        text: "Values that differ from environment to environment; manifests use them as `${var.name}`. Quote what stands for a text and looks like a number, such as \"+49\".",
        words: &[],
        file: File::Project,
        example: "environments:\n  local:\n    simulator: {}\n    variables: {portal: help.example.com, prefix: \"+49\"}\n",
    },
    Topic {
        name: "overlays",
        also: &["overlay"],
        stands: "the list: an environment of deskform.yaml; the files: the folders that it names",
        text: "Overlays say what is different in one environment. Files of the folders that `overlays` lists are laid over the manifests, in order: maps key by key, and everything else takes the place of what stands below. `null` for a resource takes it out of what is declared; `null` for a field clears the field. A resource that only an overlay declares says `new: true`.",
        words: OVERLAY,
        file: File::Overlay(
            "departments:\n  Support: {description: Answers}\n  Trials: {description: For testing}\n",
        ),
        example: "\
departments:
  Support: {description: Answers in production}
  Trials: null
  Night Shift: {description: Answers at night, new: true}
",
    },
    Topic {
        name: NEW,
        also: &[],
        stands: "a resource of an overlay, beside its fields",
        text: "`new: true` says that an overlay declares a resource that nothing below the overlay has. Without it such a resource is refused, since its handle may be a mistyped one. Where the resource is declared below the overlay, `new: true` is refused.",
        words: &[],
        file: File::Overlay("departments:\n  Support: {}\n"),
        example: "\
departments:
  Night Shift:
    new: true
    description: Answers at night
",
    },
    Topic {
        name: "kinds",
        also: &["policies", "policy"],
        stands: IN_BOTH,
        text: "Policies say how all resources of a kind are treated. What an environment says counts before what the project says.",
        words: POLICY,
        file: File::Project,
        example: "\
environments:
  local: {simulator: {}}
kinds:
  contacts: {createOnly: true, prune: owned}
  agents: {removal: delete}
",
    },
    Topic {
        name: "prune",
        also: &["pruning"],
        stands: "an environment of deskform.yaml, or the policy of a kind",
        text: "Which live objects are removed although no manifest lists them under `removed`. `owned`, the default, means those that the ledger knows as made or taken over by `apply` and that are declared no longer; `none` means none; `all` means every object that is not declared, for kinds that allow it. Accounts and contacts are pruned only where their own policy says so. Guards stop a plan that would remove too much.",
        words: &[],
        file: File::Project,
        example: "\
environments:
  local:
    simulator: {}
    prune: none
    kinds: {webhooks: {prune: all}}
",
    },
    Topic {
        name: "guards",
        also: &["guard"],
        stands: IN_ENVIRONMENT,
        text: "How far a plan may go before it refuses itself. Without guards, pruning may remove 30 % of a kind's owned objects and half of all; `--allow-deletes N` takes exactly the number that goes, and refuses every other number, whether a guard fires or not.",
        words: GUARDS,
        file: File::Project,
        example: "\
environments:
  production:
    dataCenter: us
    orgId: \"700002\"
    guards: {maxDeletes: 3, maxDeletePercent: 10, requireSavedPlan: true}
",
    },
    Topic {
        name: "history",
        also: &["runs"],
        stands: IN_ENVIRONMENT,
        text: "Each run that wrote something is kept beside the ledger: who ran it, when, from which commit and machine, and each step before and after. `deskform runs` lists them. Secrets are never in them.",
        words: HISTORY,
        file: File::Project,
        example: "\
environments:
  production:
    dataCenter: us
    orgId: \"700002\"
    history: {keep: 20, days: 30}
",
    },
    Topic {
        name: "ignore",
        also: &["ignored"],
        stands: IN_BOTH,
        text: "What is left as it is live, with the reason and, if you like, a last day. Differences that it accepts are listed as acknowledged.",
        words: IGNORE,
        file: File::Project,
        example: "\
environments:
  local: {simulator: {}}
ignore:
  - address: \"agents/*\"
    field: timeZone
    reason: each agent sets it
  - {address: slas/Gold, reason: changed by hand until the audit, until: 2027-06-30}
",
    },
    Topic {
        name: "ledger",
        also: &["ledgers"],
        stands: IN_ENVIRONMENT,
        text: "Where it is kept who owns what, and what was last applied. Left out, it is the file `.deskform/ENVIRONMENT.json`; pipelines need a place that their next job sees: `s3://bucket/key.json` or `git`. Each environment has its own, and secrets are never in it. `docs/ledger.md` says more.",
        words: &[],
        file: File::Project,
        example: "\
environments:
  production: {dataCenter: us, orgId: \"700002\", ledger: git}
  sandbox: {dataCenter: us, orgId: \"700001\", ledger: \"s3://example-ledgers/sandbox.json\"}
",
    },
    Topic {
        name: "schema",
        also: &["lenient", "strict"],
        stands: IN_ENVIRONMENT,
        text: "How values are held against the patterns that Zoho publishes. `strict`, the default, refuses what breaks one, unless Zoho's own examples do; `lenient` warns, and the server decides. Lengths, types and choices count in both.",
        words: &[],
        file: File::Project,
        example: "environments:\n  sandbox: {dataCenter: us, orgId: \"700001\", schema: lenient}\n",
    },
    Topic {
        name: "manifests",
        also: &["manifest"],
        stands: "every `*.yaml` and `*.yml` below the project folder that is no project file, hidden or an overlay",
        text: "A manifest declares resources: under each kind a map from handles to fields. The handle stands in for the name where the fields say none, and references name handles. An absent field is left alone; `null` clears it. `deskform explain` lists the kinds.",
        words: MANIFEST,
        file: File::Manifest,
        example: "\
departments:
  Support: {description: Answers}
agents:
  ann@example.com:
    lastName: Ames
    departments: [Support]
removed:
  departments: [Old Team]
",
    },
    Topic {
        name: EXTENSION,
        also: &["x-…", "anchors", "anchor"],
        stands: "the root of a manifest, of an overlay or of deskform.yaml",
        text: "A key that begins with `x-` means nothing to deskform. It holds what other places of the same file repeat by YAML anchors. Something must follow `x-`, and below the root of a file such a key is not known.",
        words: &[],
        file: File::Manifest,
        example: "\
x-hours: &common {timeZone: Europe/Berlin, langCode: de_DE}
agents:
  ann@example.com: {lastName: Ames, <<: *common}
  bob@example.com: {lastName: Berg, <<: *common}
",
    },
    Topic {
        name: "lifecycle",
        also: &[],
        stands: "the fields of a resource, in a manifest or an overlay",
        text: "How one resource may be treated. An overlay changes it key by key.",
        words: LIFECYCLE,
        file: File::Manifest,
        example: "\
departments:
  Support:
    lifecycle: {preventDestroy: true}
  Help Desk:
    lifecycle: {renamedFrom: Helpdesk}
contacts:
  jane.doe@example.com:
    lastName: Doe
    lifecycle: {ignoreChanges: [phone, /cf/region]}
",
    },
    Topic {
        name: "removed",
        also: &["tombstones", "tombstone"],
        stands: "a manifest",
        text: "What is to be removed, by identity, whoever made it. It may stay in the file once it is gone. A name that counts below something else is written as a map; who takes over stands beside it. What is declared cannot be listed.",
        words: &[],
        file: File::Manifest,
        example: "\
removed:
  departments: [Old Team]
  customFields: [contacts/Region]
  teams:
    - {name: Tier 1, department: Old Team, transferTo: {team: Tier 2}}
",
    },
    Topic {
        name: "lookup",
        also: &["lookups", "id", "reference", "references"],
        stands: "wherever a manifest refers to another resource",
        text: "A reference is the handle of a declared resource. What no manifest declares is named by `{lookup: Name}`, which is looked up when planning, or by `{id: \"…\"}`. A name that counts below something else is a map. Where a text may stand for anything, such as among the values of a condition, a map with one key says what is named: `{department: Support}`, with a reference behind the key.",
        words: REFERENCE,
        file: File::Manifest,
        example: "\
departments:
  Support: {}
agents:
  ann@example.com:
    lastName: Ames
    departments: [Support, {lookup: Sales}, {id: \"700000000000000026\"}]
contacts:
  jane.doe@example.com:
    lastName: Doe
    layout: {lookup: {module: contacts, layoutName: Default}}
",
    },
    Topic {
        name: "file",
        also: &["files", "texts"],
        stands: "wherever a manifest gives a field a text that names no resource",
        text: "A long text may stand in a file of its own, which `{file: path}` names. The path begins at the folder of the manifest and leads to a file of the project: not outside of it, not over a symbolic link, and to nothing hidden. The file is UTF-8 and may hold `${var.…}` and `${env.…}`, but no `${secret.…}`; `$${` stands for `${` itself.",
        words: TEXT,
        file: File::Manifest,
        example: "\
departments:
  Support: {description: {file: texts/support.txt}}
",
    },
    Topic {
        name: "$csv",
        also: &["csv", "table", "tables", "seeds"],
        stands: "a collection of a manifest, beside its handles; no overlay",
        text: "The rows of a table are resources, as if each stood under its handle. It is one table or a list of them, in files of the project as `file` names them. The column of the naming field is the handle. An empty cell says nothing of its field; lists have `;` between their items; references are handles; `${` means nothing. Overlays change a row under its handle, and `lifecycle` is written there, too, in an overlay or a manifest.",
        words: TABLE,
        file: File::Manifest,
        example: "\
contacts:
  $csv:
    file: seeds/contacts.csv   # E-mail;Last name;Region;Note
    columns: {E-mail: email, Last name: lastName, Region: cf.cf_region, Note: null}
    delimiter: \";\"
  john.sample@example.com: {lastName: Sample}
",
    },
    Topic {
        name: "transferTo",
        also: &["heirs", "heir"],
        stands: "`lifecycle`, an item of `removed`, or the policy of a kind in deskform.yaml",
        text: "Who takes over what hangs on a resource once it is removed: a handle of the same kind, or a map where there are several heirs. `deskform explain KIND` says which kinds need it.",
        words: &[],
        file: File::Manifest,
        example: "\
departments:
  Support: {}
teams:
  Tier 2: {department: Support}
  Tier 1:
    department: Support
    lifecycle: {transferTo: {team: Tier 2}}
",
    },
    Topic {
        name: "expressions",
        also: &["expression", "secrets", "secret", "env"],
        stands: "the values of manifests and overlays; `credentials` in deskform.yaml",
        text: "Texts may hold expressions, which are replaced when the files are read. `$${` stands for `${` itself. A secret is never shown nor stored: plans tell that it changes, and `apply` refuses to run where one is not set.",
        words: EXPRESSIONS,
        file: File::Manifest,
        example: "\
departments:
  Support: {description: \"Answers on ${var.portal}, costs $${5}\"}
webhooks:
  crm:
    url: https://hooks.example.com/${env.REGION}?key=${secret.HOOK_KEY}
    subscriptions: {Ticket_Add: {}}
",
    },
];

/// Finds a topic by its name or by what else it is called.
#[must_use]
pub fn find(name: &str) -> Option<&'static Topic> {
    TOPICS
        .iter()
        .find(|topic| topic.name == name)
        .or_else(|| TOPICS.iter().find(|topic| topic.also.contains(&name)))
        .or_else(|| {
            let anchors = TOPICS.iter().find(|topic| topic.name == EXTENSION);
            anchors.filter(|_| is_extension(name))
        })
}

/// All names that lead to something: those of topics, and the keys of all tables.
pub fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().flat_map(|topic| {
        let own = std::iter::once(topic.name).chain(topic.also.iter().copied());
        own.chain(topic.words.iter().map(|word| word.name))
    })
}

/// All topics, each with its first sentence.
#[must_use]
pub fn list() -> String {
    let width = TOPICS.iter().map(|topic| topic.name.len()).max();
    let width = width.unwrap_or_default();
    let mut out = String::new();
    for topic in TOPICS {
        let first = topic.text.split_inclusive(". ").next().unwrap_or_default();
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(out, "{:width$}  {}", topic.name, first.trim_end());
    }
    out
}

/// A topic: where it stands, what it may hold, and an example.
#[must_use]
pub fn topic(topic: &Topic) -> String {
    let mut out = format!(
        "{}\n\n{}\n\nstands in: {}\n",
        topic.name, topic.text, topic.stands
    );
    if !topic.words.is_empty() {
        out.push_str("\nKeys\n");
        for word in topic.words {
            let _ = write!(out, "\n{}", indented(&key(word.name, word)));
        }
    }
    let what = match topic.file {
        File::Project => "deskform.yaml",
        File::Manifest => "a manifest",
        File::Overlay(_) => "an overlay",
    };
    let _ = write!(
        out,
        "\nExample ({what})\n\n{}",
        indented(topic.example.trim_end_matches('\n'))
    );
    out
}

/// What is known of a key: everywhere, or in one topic where `name` is `topic.key`; nothing where
/// there is no such key.
#[must_use]
pub fn found(name: &str) -> Option<String> {
    if let Some(one) = find(name) {
        return Some(topic(one));
    }
    let (topic_name, wanted) = match name.rsplit_once('.') {
        Some((topic, key)) => (Some(topic), key),
        None => (None, name),
    };
    let mut parts = Vec::new();
    for one in TOPICS {
        let is_meant = topic_name.is_none_or(|name| one.name == name || one.also.contains(&name));
        let words = one.words.iter().filter(|word| word.name == wanted);
        for word in words.filter(|_| is_meant) {
            let title = format!("{}.{}", one.name, word.name);
            parts.push(format!("{}stands in: {}\n", key(&title, word), one.stands));
        }
    }
    if parts.is_empty() {
        return None;
    }
    // A key that is a topic of its own has more to tell.
    if topic_name.is_some()
        && let Some(own) = TOPICS.iter().find(|one| one.name == wanted)
    {
        parts.push(topic(own));
    }
    Some(parts.join("\n"))
}

fn key(title: &str, word: &Word) -> String {
    format!("{title}: {}\n    {}\n", takes(word.takes), word.doc)
}

/// What a key takes, in words.
#[must_use]
pub fn takes(takes: Takes) -> String {
    match takes {
        Takes::Flag => "`true` or `false`".to_owned(),
        Takes::Whole(min, max) if max == u64::from(u32::MAX) => {
            format!("whole number from {min} on")
        }
        Takes::Whole(min, max) => format!("whole number from {min} to {max}"),
        Takes::Choice(words) => {
            let ticked: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("one of {}", ticked.join(", "))
        }
        Takes::Form(words) => words.to_owned(),
    }
}

/// Each line two columns further right.
pub(super) fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "  {line}");
        out
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, PROJECT_FILE, Project, words};
    use crate::manifest::{Sources, compose};
    use crate::problem::Problems;
    use crate::report::problems::render;
    use crate::yaml::Source;

    fn project(text: &str) -> Result<Project, Problems> {
        Project::parse(Path::new("."), &Source::new(PROJECT_FILE, text.as_bytes()))
    }

    fn environment() -> Environment {
        let text = "environments: {local: {simulator: {}, variables: {portal: help.example.com}}}";
        project(text).unwrap().environments.remove(0)
    }

    #[test]
    fn every_example_is_read_as_what_it_is() {
        for topic in TOPICS {
            let sources = |base: &str, over: Option<&str>| Sources {
                base: vec![
                    Source::new("a.yaml", base.as_bytes())
                        .with_text("texts/support.txt", "Answers ${var.portal}\n")
                        .with_table(
                            "seeds/contacts.csv",
                            "E-mail;Last name;Region;Note\nli.sample@example.com;Sample;EMEA;x\n",
                        ),
                ],
                overlays: over
                    .map(|text| vec![Source::new("b.yaml", text.as_bytes())])
                    .into_iter()
                    .collect(),
            };
            let sources = match topic.file {
                File::Project => {
                    let read = project(topic.example);
                    assert!(read.is_ok(), "{}: {:?}", topic.name, read.err());
                    continue;
                }
                File::Manifest => sources(topic.example, None),
                File::Overlay(base) => sources(base, Some(topic.example)),
            };
            let env = |name: &str| Some(format!("value-of-{name}"));
            let composed = compose(&sources, &environment(), &env);
            let problems = match composed {
                Ok(desired) => desired.warnings.into(),
                Err(problems) => problems,
            };
            let shown = render(&problems, &|file| sources.text(file), false, 100);
            assert_eq!(shown, "", "{}", topic.name);
        }
    }

    #[test]
    fn an_example_shows_what_its_topic_holds() {
        for topic in TOPICS {
            let is_shown = |word: &&Word| topic.example.contains(word.name);
            let shown = topic.words.iter().filter(is_shown).count();
            assert!(shown > 0 || topic.words.is_empty(), "{}", topic.name);
            if topic.file == File::Project {
                continue;
            }
            assert!(!topic.example.contains("environments:"), "{}", topic.name);
        }
    }

    /// The tables are those of the readers, which take their keys from them: none lacks its words.
    #[test]
    fn every_key_of_the_readers_is_explained() {
        let readers: [&[&str]; 16] = [
            words::PROJECT_KEYS,
            words::ENVIRONMENT_KEYS,
            words::DEFAULTS_KEYS,
            words::SIMULATOR_KEYS,
            words::ENDPOINT_KEYS,
            words::CREDENTIAL_KEYS,
            words::POLICY_KEYS,
            words::IGNORE_KEYS,
            words::GUARD_KEYS,
            words::HISTORY_KEYS,
            crate::kind::words::LIFECYCLE_KEYS,
            crate::kind::words::MANIFEST_KEYS,
            &[crate::config::written::LOOKUP, crate::config::written::ID],
            &[crate::kind::words::FILE, crate::kind::words::CSV],
            crate::kind::words::TABLE_KEYS,
            &[NEW, EXTENSION, "x-anything"],
        ];
        for keys in readers {
            assert!(!keys.is_empty());
            for key in keys {
                let told = found(key);
                assert!(told.is_some(), "nothing explains `{key}`");
            }
        }
        for topic in TOPICS {
            for word in topic.words {
                let is_sentence = word.doc.ends_with('.') && word.doc.len() > 3;
                assert!(is_sentence, "{}.{}: {}", topic.name, word.name, word.doc);
                let told = found(&format!("{}.{}", topic.name, word.name)).unwrap();
                assert!(told.contains(word.doc), "{told}");
            }
        }
    }

    /// A reader with a list of its own would know keys that nobody explains.
    #[test]
    fn no_reader_has_a_list_of_its_own() {
        let tables = [
            "PROJECT_KEYS",
            "ENVIRONMENT_KEYS",
            "SIMULATOR_KEYS",
            "ENDPOINT_KEYS",
            "CREDENTIAL_KEYS",
            "POLICY_KEYS",
            "IGNORE_KEYS",
            "GUARD_KEYS",
            "HISTORY_KEYS",
            "LIFECYCLE_KEYS",
        ];
        // The kinds, and what their tables say: parts of identities and heirs.
        let of_kinds = ["&managed", "&keys", "&names"];
        let mut seen = BTreeSet::new();
        for text in [
            include_str!("../config/read.rs"),
            include_str!("../config/written.rs"),
            include_str!("../manifest/lifecycle.rs"),
        ] {
            for call in text.split(".known(").skip(1) {
                let arguments = call.split(')').next().unwrap();
                let last = arguments
                    .rsplit(',')
                    .map(str::trim)
                    .find(|one| !one.is_empty());
                let last = last.unwrap();
                assert!(
                    tables.contains(&last) || of_kinds.contains(&last),
                    "a reader knows the keys `{last}`, which no table explains"
                );
                seen.insert(last.to_owned());
            }
        }
        assert!(seen.len() >= tables.len(), "{seen:?}");
    }

    #[test]
    fn names_lead_to_one_topic_each() {
        let mut seen = BTreeSet::new();
        for topic in TOPICS {
            for name in topic.also.iter().chain([&topic.name]) {
                assert!(seen.insert(*name), "{name} is said twice");
                assert_eq!(find(name).unwrap().name, topic.name);
                let is_kind = crate::kind::find(name).is_some();
                assert!(!is_kind, "{name} is a kind");
            }
        }
    }
}
