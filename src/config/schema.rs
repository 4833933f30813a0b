//! The JSON Schema of the project file, for editors.

use serde_json::{Map, Value, json};

use crate::api::DataCenter;
use crate::config;
use crate::config::words::{
    self, CREDENTIALS, ENDPOINT, ENVIRONMENT, GUARDS, HISTORY, IGNORE, POLICY, PROJECT, SIMULATOR,
};
use crate::kind::schema::{DRAFT, flag, heirs_schema, managed, reference};
use crate::yaml::words::doc;

/// The folder of a project in which `init` writes the schemas for editors, to be committed.
pub const SCHEMA_FOLDER: &str = "schema";
/// The name of the schema of manifests in [`SCHEMA_FOLDER`].
pub const MANIFEST_SCHEMA: &str = "manifest.schema.json";
/// The name of the schema of overlays in [`SCHEMA_FOLDER`].
pub const OVERLAY_SCHEMA: &str = "overlay.schema.json";
/// The name of the schema of the project file in [`SCHEMA_FOLDER`].
pub const PROJECT_SCHEMA: &str = "project.schema.json";

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
                "description": doc(PROJECT, "environments"),
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[A-Za-z0-9_-]+$" },
                "additionalProperties": { "$ref": "#/$defs/environment" },
            },
            "defaultEnvironment": {
                "description": doc(PROJECT, words::DEFAULT_ENVIRONMENT),
                "type": "string",
                "pattern": "^[A-Za-z0-9_-]+$",
            },
            "defaults": defaults_schema(),
            "kinds": { "$ref": "#/$defs/kinds" },
            "ignore": { "$ref": "#/$defs/ignore" },
            "skipFiles": {
                "description": "YAML files below the project folder that are no manifests, as patterns such as `docker-compose.yml` or `node_modules/**`.",
                "type": "array",
                "items": { "type": "string", "minLength": 1 },
            },
        },
        "patternProperties": { "^x-.": { "description": "Anything: a place for anchors." } },
        "required": ["environments"],
        "additionalProperties": false,
        // Where `defaults` do not say where to go, each environment has to.
        "if": {
            "required": ["defaults"],
            "properties": { "defaults": placed() },
        },
        "else": { "properties": { "environments": { "additionalProperties": {
            "if": { "required": ["simulator"] },
            "else": placed(),
        } } } },
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

fn whole(says: &str, min: u64, max: u64) -> Value {
    json!({ "description": says, "type": "integer", "minimum": min, "maximum": max })
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
            let prunes: Vec<&str> = words::PRUNES
                .iter()
                .copied()
                .filter(|word| kind.may_prune_all() || *word != "all")
                .filter(|word| kind.may_be_removed() || *word == "none")
                .collect();
            let mut properties = if kind.takes("createOnly") {
                json!({ "createOnly": flag(doc(POLICY, "createOnly")) })
            } else {
                json!({})
            };
            properties["prune"] = word(doc(POLICY, "prune"), &prunes);
            if kind.is_check() {
                properties["failsPlan"] = flag(doc(POLICY, "failsPlan"));
            }
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
    object(doc(PROJECT, "kinds"), &Value::Object(policies))
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
            "address": { "description": doc(IGNORE, "address"), "type": "string", "pattern": "^[A-Za-z]+/" },
            "field": { "description": doc(IGNORE, "field"), "type": "string", "examples": names },
            "reason": text(doc(IGNORE, "reason")),
            "until": { "description": doc(IGNORE, "until"), "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
        }),
    );
    entry["required"] = json!(["address", "reason"]);
    json!({
        "description": doc(PROJECT, "ignore"),
        "type": "array",
        "items": entry,
    })
}

fn environment_schema() -> Value {
    let mut simulator = object(
        doc(ENVIRONMENT, "simulator"),
        &json!({
            "dialect": word(doc(SIMULATOR, "dialect"), &words::DIALECTS[1..]),
            "edition": word(doc(SIMULATOR, "edition"), &words::EDITIONS[1..]),
            "organization": organization(doc(SIMULATOR, "organization")),
            "state": text(doc(SIMULATOR, "state")),
        }),
    );
    simulator["type"] = json!(["object", "null"]);
    let mut endpoint = object(
        doc(ENVIRONMENT, "endpoint"),
        &ENDPOINT
            .iter()
            .map(|word| (word.name, text(word.doc)))
            .collect(),
    );
    endpoint["required"] = json!(words::ENDPOINT_KEYS);
    let secret =
        |doc: &str| json!({ "description": doc, "type": "string", "pattern": r"\$\{secret\." });
    let credentials = object(
        doc(ENVIRONMENT, "credentials"),
        &json!({
            "grant": word(doc(CREDENTIALS, "grant"), words::GRANTS),
            "clientId": text(doc(CREDENTIALS, "clientId")),
            "clientSecret": secret(doc(CREDENTIALS, "clientSecret")),
            "refreshToken": secret(doc(CREDENTIALS, "refreshToken")),
            "scope": text(doc(CREDENTIALS, "scope")),
            "soid": text(doc(CREDENTIALS, "soid")),
        }),
    );
    let guards = object(
        doc(ENVIRONMENT, "guards"),
        &json!({
            "maxDeletePercent": whole(doc(GUARDS, "maxDeletePercent"), 0, 100),
            "maxDeletes": whole(doc(GUARDS, "maxDeletes"), 0, words::MANY),
            "maxUpdatePercent": whole(doc(GUARDS, "maxUpdatePercent"), 0, 100),
            "maxUpdates": whole(doc(GUARDS, "maxUpdates"), 0, words::MANY),
            "requireSavedPlan": flag(doc(GUARDS, "requireSavedPlan")),
        }),
    );
    let history = object(
        doc(ENVIRONMENT, "history"),
        &json!({
            "keep": whole(doc(HISTORY, "keep"), 0, words::MANY),
            "days": whole(doc(HISTORY, "days"), 0, words::MAX_DAYS),
        }),
    );
    let mut environment = object(
        "An organization and how it is treated.",
        &json!({
            "simulator": simulator,
            "dataCenter": word(doc(ENVIRONMENT, "dataCenter"), &data_centers()),
            "orgId": organization(doc(ENVIRONMENT, "orgId")),
            "endpoint": endpoint,
            "credentials": credentials,
            "dialect": word(doc(ENVIRONMENT, "dialect"), words::DIALECTS),
            "edition": word(doc(ENVIRONMENT, "edition"), words::EDITIONS),
            "variables": {
                "description": doc(ENVIRONMENT, "variables"),
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$" },
                "additionalProperties": { "type": ["string", "number", "boolean"] },
            },
            "overlays": {
                "description": doc(ENVIRONMENT, "overlays"),
                "type": "array",
                "items": { "type": "string", "minLength": 1 },
                "uniqueItems": true,
            },
            "parallelism": whole(doc(ENVIRONMENT, "parallelism"), 1, words::MAX_PARALLELISM),
            "kinds": { "$ref": "#/$defs/kinds" },
            "ignore": { "$ref": "#/$defs/ignore" },
            "guards": guards,
            "history": history,
            "ledger": text(doc(ENVIRONMENT, "ledger")),
            "schema": word(doc(ENVIRONMENT, "schema"), words::SCHEMAS),
            "sandbox": flag(doc(ENVIRONMENT, "sandbox")),
            "prune": word(doc(ENVIRONMENT, "prune"), words::PRUNES),
        }),
    );
    environment["if"] = json!({ "required": ["simulator"] });
    environment["then"] = json!({ "properties": {
        "dataCenter": false, "orgId": false, "endpoint": false, "credentials": false,
    } });
    environment["else"] = json!({ "required": ["orgId"] });
    environment
}

/// Something that says where an organization is.
fn placed() -> Value {
    json!({ "anyOf": [{ "required": ["dataCenter"] }, { "required": ["endpoint"] }] })
}

/// What all environments say unless they say otherwise: some keys of an environment.
fn defaults_schema() -> Value {
    let environment = environment_schema();
    let properties: Map<String, Value> = words::DEFAULTS_KEYS
        .iter()
        .map(|key| ((*key).to_owned(), environment["properties"][key].clone()))
        .collect();
    let mut defaults = object(
        "What every environment says unless it says otherwise.",
        &Value::Object(properties),
    );
    defaults["properties"]["ledger"] = text(
        "Where the ledgers are kept, with `${environment}` for the environment's name, such as `s3://bucket/${environment}.json`; or `git`, or `none`.",
    );
    let credentials = &mut defaults["properties"]["credentials"];
    credentials["description"] = json!(
        "What tokens are made with. In the name of a variable `${environment}` is the environment's name in capitals: `${secret.${environment}_TOKEN}`."
    );
    defaults
}
