//! The JSON Schema of the project file, for editors.

use serde_json::{Map, Value, json};

use crate::api::DataCenter;
use crate::config;
use crate::kind::schema::{DRAFT, flag, heirs_schema, managed, reference};

/// What the project file may hold, for editors.
#[must_use]
pub fn project_schema() -> Value {
    let mut schema = json!({
        "$schema": DRAFT,
        "title": "deskform project",
        "description": "Environments, policies and what is to be ignored.",
        "type": "object",
        "properties": {
            "environments": {
                "description": "The environments; the first is the default unless `defaultEnvironment` says otherwise.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[A-Za-z0-9_-]+$" },
                "additionalProperties": { "$ref": "#/$defs/environment" },
            },
            "defaultEnvironment": {
                "description": "The environment that a command takes where none is named; `none` makes every command name one.",
                "type": "string",
                "pattern": "^[A-Za-z0-9_-]+$",
            },
            "kinds": { "$ref": "#/$defs/kinds" },
            "ignore": { "$ref": "#/$defs/ignore" },
        },
        "required": ["environments"],
        "additionalProperties": false,
        "$defs": {
            "environment": environment_schema(),
            "kinds": policies_schema(),
            "ignore": ignore_schema(),
        },
    });
    if managed().any(|kind| !kind.chosen_heirs().is_empty()) {
        schema["$defs"]["reference"] = reference();
    }
    schema
}

fn whole(doc: &str, min: u64, max: u64) -> Value {
    json!({ "description": doc, "type": "integer", "minimum": min, "maximum": max })
}

fn text(doc: &str) -> Value {
    json!({ "description": doc, "type": "string", "minLength": 1 })
}

fn word(doc: &str, words: &[&str]) -> Value {
    json!({ "description": doc, "enum": words })
}

/// The names of the data centres, and then their domains.
fn data_centers() -> Vec<&'static str> {
    let mut words = config::DATA_CENTERS.to_vec();
    for word in DataCenter::ALL.into_iter().flat_map(DataCenter::words) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

fn organization(doc: &str) -> Value {
    json!({ "description": doc, "type": ["string", "integer"], "pattern": "^[0-9]+$" })
}

fn object(doc: &str, properties: &Value) -> Value {
    json!({ "description": doc, "type": "object", "properties": properties, "additionalProperties": false })
}

fn policies_schema() -> Value {
    let policies: Map<String, Value> = managed()
        .map(|kind| {
            let prunes: Vec<&str> = config::PRUNES
                .iter()
                .copied()
                .filter(|word| kind.may_prune_all() || *word != "all")
                .collect();
            let mut properties = json!({
                "createOnly": flag("Create what is absent, never change it afterwards."),
                "prune": word("Which undeclared resources are removed.", &prunes),
            });
            if let Some((doc, ways)) = kind.removal_choice() {
                let words: Vec<_> = ways.iter().map(|way| way.as_str()).collect();
                properties["removal"] = word(doc, &words);
            }
            if let Some(heirs) = heirs_schema(kind) {
                properties[config::written::TRANSFER_TO] = heirs;
            }
            (kind.collection.to_owned(), object(kind.doc, &properties))
        })
        .collect();
    object("Policies by collection.", &Value::Object(policies))
}

fn ignore_schema() -> Value {
    let mut names: Vec<&str> = managed()
        .flat_map(|kind| kind.fields)
        .map(|field| field.name)
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut entry = object(
        "Resources, or one field of theirs.",
        &json!({
            "address": { "description": "The addresses, such as `agents/*`.", "type": "string", "pattern": "^[A-Za-z]+/" },
            "field": { "description": "The field; left out, the whole resource.", "type": "string", "examples": names },
            "reason": text("Why."),
            "until": { "description": "The last day on which it holds.", "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
        }),
    );
    entry["required"] = json!(["address", "reason"]);
    json!({
        "description": "What is left as it is live.",
        "type": "array",
        "items": entry,
    })
}

fn environment_schema() -> Value {
    let mut simulator = object(
        "The simulator in place of an organization: needs no account.",
        &json!({
            "dialect": word("The dialect it speaks.", &config::DIALECTS[1..]),
            "edition": word("The edition it plays.", &config::EDITIONS[1..]),
            "organization": organization("The organization it plays."),
            "state": text("The file that keeps its state."),
        }),
    );
    simulator["type"] = json!(["object", "null"]);
    let mut endpoint = object(
        "Hosts that take the place of the data centre's.",
        &json!({
            "desk": text("The URL of Desk."),
            "accounts": text("The URL of the accounts server."),
        }),
    );
    endpoint["required"] = json!(config::ENDPOINT_KEYS);
    let secret =
        |doc: &str| json!({ "description": doc, "type": "string", "pattern": r"\$\{secret\." });
    let credentials = object(
        "What tokens are made with.",
        &json!({
            "grant": word("A refresh token, or the client alone, whose tokens act for nobody; default `refresh`.", config::GRANTS),
            "clientId": text("The client's id; default `${env.ZOHO_CLIENT_ID}`."),
            "clientSecret": secret("Default `${secret.ZOHO_CLIENT_SECRET}`."),
            "refreshToken": secret("Default `${secret.ZOHO_REFRESH_TOKEN}`."),
            "scope": text("With `grant: client`, the scopes to ask for, as `deskform auth scopes` prints them."),
            "soid": text("With `grant: client`, the service and the organization's id; default `ZohoDesk.` and `orgId`."),
        }),
    );
    let most = u64::from(u32::MAX);
    let guards = object(
        "What a plan may not exceed.",
        &json!({
            "maxDeletePercent": whole("Removals as a percentage of a kind's live resources.", 0, 100),
            "maxDeletes": whole("Removals.", 0, most),
            "maxUpdatePercent": whole("Updates as a percentage of a kind's live resources.", 0, 100),
            "maxUpdates": whole("Updates.", 0, most),
            "requireSavedPlan": flag("Whether `apply` takes saved plans only."),
        }),
    );
    let mut environment = object(
        "An organization and how it is treated.",
        &json!({
            "simulator": simulator,
            "dataCenter": word("The data centre, by its name or its domain.", &data_centers()),
            "orgId": organization("The organization's id."),
            "endpoint": endpoint,
            "credentials": credentials,
            "dialect": word("The dialect of the API; default `auto`.", config::DIALECTS),
            "edition": word("The edition; default `auto`.", config::EDITIONS),
            "variables": {
                "description": "Values of `${var.name}`.",
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$" },
                "additionalProperties": { "type": ["string", "number", "boolean"] },
            },
            "overlays": {
                "description": "Folders that are merged onto the base, in order.",
                "type": "array",
                "items": { "type": "string", "minLength": 1 },
                "uniqueItems": true,
            },
            "parallelism": whole("Calls in flight at most.", 1, config::MAX_PARALLELISM),
            "kinds": { "$ref": "#/$defs/kinds" },
            "ignore": { "$ref": "#/$defs/ignore" },
            "guards": guards,
            "ledger": text("Where the ledger is kept: a path, `s3://bucket/key.json`, or `git` for a ref of the repository's remote (`git:REMOTE`, `git:REMOTE/NAME`), or `none`: then deletions, undo and changes by hand are not noticed."),
            "prune": word("Which undeclared resources are removed; default `owned`.", config::PRUNES),
        }),
    );
    environment["if"] = json!({ "required": ["simulator"] });
    environment["then"] = json!({ "properties": {
        "dataCenter": false, "orgId": false, "endpoint": false, "credentials": false,
    } });
    environment["else"] = json!({
        "required": ["orgId"],
        "anyOf": [{ "required": ["dataCenter"] }, { "required": ["endpoint"] }],
    });
    environment
}
