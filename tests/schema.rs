//! The generated JSON Schemas: kept current, and of one mind with the loader.

use std::fs;
use std::path::{Path, PathBuf};

use deskform::config::schema::project_schema;
use deskform::config::{PROJECT_FILE, Project};
use deskform::kind::schema::{manifest_schema, overlay_schema};
use deskform::kind::{Field, KINDS, Kind, scopes};
use deskform::ledger::{Ledger, Load};
use deskform::manifest::{Sources, compose};
use deskform::problem::Problems;
use deskform::report::json::{parse, plan as plan_json};
use deskform::report::ledger_schema::ledger_schema;
use deskform::report::output_schema::{
    diff_schema, doctor_schema, drift_schema, environments_schema, ledger_show_schema, log_schema,
};
use deskform::report::plan_schema::plan_schema;
use deskform::report::runs_schema::{run_schema, runs_schema};
use deskform::yaml::Source;
use jsonschema::Validator;
use serde_json::{Value, json};

#[expect(clippy::unwrap_used, reason = "a test's own project")]
fn project() -> Project {
    let text = "environments: {local: {simulator: {}, variables: {hook_host: hooks.example.com}}}";
    Project::parse(Path::new("."), &Source::new(PROJECT_FILE, text.as_bytes())).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::unwrap_used, reason = "generated schemas compile")]
fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).unwrap()
}

/// The documents of a YAML text as JSON; absent where it is no YAML.
fn documents(text: &str) -> Option<Vec<Value>> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| {
            let mut value: serde_yaml::Value = serde::Deserialize::deserialize(document).ok()?;
            value.apply_merge().ok()?;
            serde_json::to_value(value).ok()
        })
        .collect()
}

fn load(text: &str) -> Result<(), Problems> {
    let sources = Sources {
        base: vec![Source::new("t.yaml", text.as_bytes())],
        overlays: Vec::new(),
    };
    compose(&sources, &project().environments[0], &|_| None).map(|_| ())
}

#[test]
fn files_are_current() {
    let bless = std::env::var_os("DESKFORM_BLESS").is_some();
    for (name, schema) in [
        ("manifest", manifest_schema()),
        ("overlay", overlay_schema()),
        ("project", project_schema()),
        ("plan", plan_schema()),
        ("ledger", ledger_schema()),
        ("drift", drift_schema()),
        ("diff", diff_schema()),
        ("doctor", doctor_schema()),
        ("ledger-show", ledger_show_schema()),
        ("runs", runs_schema()),
        ("run", run_schema()),
        ("environments", environments_schema()),
        ("log", log_schema()),
    ] {
        let path = root().join(format!("schema/{name}.schema.json"));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if bless {
            fs::create_dir_all(root().join("schema")).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "{} is not current; run DESKFORM_BLESS=1 cargo test --test schema",
            path.display()
        );
    }
}

/// Defects that a schema cannot see: they concern several values, texts of expressions, or YAML
/// itself.
const BEYOND_A_SCHEMA: &[&str] = &[
    "alias-bomb",
    "bad-custom-value",
    "bad-email",
    "bad-threshold",
    "custom-field-of-another-module",
    "declared-and-removed",
    "duplicate-handle-in-two-documents",
    "duplicate-identity",
    "duplicate-reference",
    "duplicate-url",
    "empty-file",
    "expression-in-a-key",
    "foreign-tag",
    "identity-case",
    "malformed-expression",
    "missing-secret",
    "names-another-kind",
    "permission-conflict",
    "no-choice-of-the-field",
    "no-json",
    "number-sign-in-a-value",
    "prevented-removal",
    "reference-by-name",
    "reference-cycle",
    "reference-to-itself",
    "rename-of-declared",
    "secret-in-a-name",
    "secret-that-is-not-accepted",
    "setting-twice",
    "sub-teams-in-a-circle",
    "two-default-addresses",
    "two-default-layouts",
    "two-default-slas",
    "typographic-quotes",
    "umlauts-and-several-documents",
    "undefined-env",
    "undefined-variable",
    "unknown-custom-field",
    "unknown-module",
    "unquoted-number",
    "unresolved-reference",
    "wrong-kind",
    "wrong-patterns",
    // The handle is the offence, and handles stand in for every naming field alike.
    "bad-character",
];

#[test]
fn defects_are_refused_by_the_schema_too() {
    let validator = validator(&manifest_schema());
    let mut refused = 0;
    for entry in fs::read_dir(root().join("tests/invalid")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_none_or(|end| end != "yaml") || BEYOND_A_SCHEMA.contains(&name) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let Some(documents) = documents(&text) else {
            continue;
        };
        assert!(
            documents
                .iter()
                .any(|document| !validator.is_valid(document)),
            "the schema accepts {name}"
        );
        refused += 1;
    }
    assert!(refused >= 25, "only {refused} defects were compared");
}

/// Projects and manifests of the examples, where there are any.
fn examples() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let workflows = entry.file_name() == "workflows";
            if path.is_dir() && !hidden && !workflows {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "yaml" || end == "yml")
                && !hidden
            {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn examples_are_accepted() {
    for path in examples() {
        let text = fs::read_to_string(&path).unwrap();
        let schema = if path.ends_with(PROJECT_FILE) {
            project_schema()
        } else if path.components().any(|part| part.as_os_str() == "overlays") {
            overlay_schema()
        } else {
            manifest_schema()
        };
        for document in documents(&text).expect("examples are YAML") {
            let errors: Vec<String> = validator(&schema)
                .iter_errors(&document)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        }
    }
}

/// One complete body of each kind.
fn body(kind: &Kind) -> Value {
    match kind.collection {
        "customFields" => {
            json!({"module": "contacts", "displayLabel": "Region", "type": "Picklist"})
        }
        "roles" => json!({"shareDataWithPeers": true}),
        "agents" | "contacts" => json!({"email": "ann@example.com", "lastName": "Ames"}),
        "webhooks" => {
            json!({"url": "https://hooks.example.com/x", "subscriptions": {"Ticket_Add": {}}})
        }
        "routingPreferences" | "timeTracking" => json!({"department": {"lookup": "Billing"}}),
        "mailReplyAddresses" => json!({"address": "ann@example.com"}),
        _ => json!({}),
    }
}

/// The handle of a resource: what an organization has one of has one handle.
fn handle(kind: &Kind) -> &'static str {
    kind.only_name()
        .filter(|_| scopes(kind).next().is_none())
        .unwrap_or("Handle")
}

fn candidates() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(5),
        json!(-1),
        json!(1.5),
        json!(9_999_999_999_i64),
        json!(""),
        json!("x"),
        json!("ACTIVE"),
        json!("a@example.com"),
        json!("https://a.example.com/x"),
        json!("no <brackets>"),
        json!("x".repeat(70)),
        json!("x".repeat(300)),
        json!("x".repeat(70_000)),
        json!([]),
        json!([""]),
        json!(["x"]),
        json!(["x", "x"]),
        json!(["x".repeat(130)]),
        json!(["AUTOMATION"]),
        json!([{"lookup": "L"}]),
        json!([{"lookup": "L", "id": "1"}]),
        json!([null]),
        json!({}),
        json!({"lookup": "L"}),
        json!({"id": "12"}),
        json!({"id": "L"}),
        json!({"cf_x": "v"}),
        json!({"cf_x": "v".repeat(101)}),
        json!({"cf_x": ["v"]}),
        json!({"businessHours": 4}),
        json!({"businessHours": -4}),
        json!({"businessHours": "4"}),
        json!({"Ticket_Add": null}),
        json!({"Ticket_Add": {"departments": [{"lookup": "L"}]}}),
        json!({"Ticket_Add": {"direction": "in"}}),
        json!({"Ticket_Delete": {"departments": []}}),
        json!({"Ticket_Update": {"fields": ["a", "b", "c", "d", "e", "f"]}}),
        json!({"Ticket_Thread_Add": {"direction": "sideways"}}),
        json!({"translatable": true}),
        json!({"module": {"apiName": "contacts"}, "relatedListLabel": "L"}),
        json!({"preventDestroy": true, "ignoreChanges": []}),
        json!({"preventDestroy": "true"}),
    ]
}

/// Problems that a schema cannot see.
const SEMANTIC: &[&str] = &["not-json", "unresolved-reference", "unknown-custom-field"];

#[test]
fn schema_and_loader_agree_on_every_field() {
    let validator = validator(&manifest_schema());
    let mut compared = 0;
    let mut differences = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        for field in kind
            .fields
            .iter()
            .map(|field| field.name)
            .chain(["lifecycle"])
        {
            for candidate in candidates() {
                let mut body = body(kind);
                body[field] = candidate.clone();
                let manifest = json!({ kind.collection: { handle(kind): body } });
                let text = serde_yaml::to_string(&manifest).unwrap();
                let loaded = match load(&text) {
                    Ok(()) => true,
                    Err(problems) => {
                        let beyond = |code| SEMANTIC.contains(&code);
                        if problems
                            .list
                            .iter()
                            .all(|problem| beyond(problem.code.as_str()))
                        {
                            continue;
                        }
                        false
                    }
                };
                // A number that stands for a text has no digits that a schema could look at.
                let blind =
                    !loaded && (candidate.is_number() || is_handle(kind, field, &candidate));
                if validator.is_valid(&manifest) != loaded && !blind {
                    differences.push(format!(
                        "{}.{field}: {:.60}: the loader says {:?}",
                        kind.collection,
                        candidate.to_string(),
                        load(&text).err().map(|problems| problems.to_string())
                    ));
                }
                compared += 1;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared > 3000, "{compared}");
}

#[test]
fn expressions_do_not_fail_in_editors() {
    let validator = validator(&manifest_schema());
    let text = r#"
customFields:
  region: {module: "${var.m}", displayLabel: Region, type: "${var.t}"}
agents:
  a@example.com: {lastName: "${env.NAME}", status: "${var.status}", departments: ["${var.d}"]}
accounts:
  Acme: {numberOfEmployees: "${var.count}", owner: {id: "${var.owner}"}, cf: {cf_x: "${var.v}"}}
webhooks:
  crm: {url: "https://${var.host}/x?key=${secret.KEY}", subscriptions: {Ticket_Add: {}}, isEnabled: "${var.on}"}
removed: {departments: ["${var.old}"]}
"#;
    for document in documents(text).unwrap() {
        assert!(
            validator.is_valid(&document),
            "{:?}",
            validator
                .iter_errors(&document)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn project_files_agree() {
    let validator = validator(&project_schema());
    for entry in fs::read_dir(root().join("tests/invalid")).unwrap() {
        let path = entry.unwrap().path().join(PROJECT_FILE);
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let parsed = Project::parse(Path::new("."), &Source::new(PROJECT_FILE, text.as_bytes()));
        let Some(document) = documents(&text).map(|mut documents| documents.remove(0)) else {
            assert!(parsed.is_err(), "{}", path.display());
            continue;
        };
        // No schema knows whether a name is declared elsewhere in the file.
        let is_of_names = path.ends_with("project-default-environment/deskform.yaml");
        assert_eq!(
            validator.is_valid(&document),
            parsed.is_ok() || is_of_names,
            "{}",
            path.display()
        );
    }
    let whole = "
environments:
  local: {simulator: {dialect: guide, edition: enterprise}}
  sandbox: {dataCenter: us, orgId: '700001', variables: {hook_host: hooks-sbx.example.com}}
  production:
    dataCenter: us
    orgId: 700002
    overlays: [overlays/production]
    variables: {hook_host: hooks.example.com, seats: 5}
    parallelism: 8
    ledger: s3://acme-deskform/production.json
    prune: owned
    guards: {maxDeletePercent: 30, requireSavedPlan: true}
    credentials: {clientId: '${env.PROD_CLIENT_ID}', clientSecret: '${secret.PROD_CLIENT_SECRET}', refreshToken: '${secret.PROD_REFRESH_TOKEN}'}
    kinds: {contacts: {prune: owned}}
  proxy:
    endpoint: {desk: http://127.0.0.1:8080, accounts: https://accounts.example.com}
    orgId: '1'
    dialect: auto
    edition: professional
kinds: {contacts: {createOnly: true, prune: none}, agents: {removal: deactivate}}
ignore: [{address: 'agents/*', field: timeZone, reason: agents set their own, until: '2027-06-30'}]
";
    let parsed = Project::parse(Path::new("."), &Source::new(PROJECT_FILE, whole.as_bytes()));
    assert!(parsed.is_ok(), "{parsed:?}");
    assert!(validator.is_valid(&documents(whole).unwrap()[0]));
}

/// A plan with everything that a plan may hold.
fn whole_plan() -> Value {
    json!({
        "formatVersion": 2, "environment": "e", "orgId": "1", "dialect": "guide", "digest": "d",
        "targets": ["departments/A"], "allowDeletes": 3,
        "made": {"version": "1.0.0", "time": "2026-01-02T03:04:05Z", "commit": "ab".repeat(20)},
        "warnings": [{"code": "c", "message": "m", "help": "h", "places": [{"file": "a.yaml", "line": 1}]}],
        "summary": {
            "create": 0, "update": 1, "replace": 0, "delete": 0, "disable": 0, "manual": 0,
            "record": {"takeOver": 0, "moved": 0, "letGo": 0, "fields": 0}, "unchanged": 0, "calls": 1, "credits": 0
        },
        "forecast": {
            "reads": 1, "writes": 1, "readCredits": 1, "writeCredits": 1, "dearerPrice": true,
            "budget": {"unit": "calls", "left": 1, "after": 0, "resetMs": 1}, "concurrency": 1,
            "ways": [{
                "collection": "contacts", "way": "byId", "needed": 1,
                "live": {"objects": 1, "atLeast": true}, "cost": {"calls": 1, "credits": 1},
                "insteadOf": {"calls": 2, "credits": 6}
            }],
            "callsPerMinute": 1, "latencyMs": 1, "latencyMeasured": false, "seconds": 1
        },
        "steps": [{
            "address": "departments/A", "verb": "update", "adopted": true,
            "changes": [
                {"field": "/cf/a~1b", "before": {"a": 1}, "after": null, "secret": true,
                 "setsBack": {"modified": "m", "by": "b"}},
                {"field": "(members)", "before": "a", "after": null}
            ],
            "after": ["departments/B"], "requests": [{"method": "PATCH", "path": "/departments/1"}],
            "credits": 0, "origin": {"file": "a.yaml", "line": 3}, "restores": true, "needed": true,
            "referredBy": {"count": 1, "first": ["agents/a"]},
            "risk": [{"class": "people", "fields": ["/status"], "people": ["agents/a"]}],
            "effects": ["e"], "instruction": "i"
        }],
        "fingerprints": {"departments/A": "f"},
        "acknowledged": [{"address": "departments/A", "field": "/a", "reason": "r", "until": null}],
        "alike": [{
            "new": "departments/E", "old": "departments/F", "goes": true, "under": "departments/F",
            "line": "name: E", "orElse": "lifecycle: {renamedFrom: F}"
        }],
        "noLongerDeclared": ["departments/C"],
        "takenOver": ["departments/G"],
        "movedHandles": [{"old": "departments/H", "new": "departments/I"}],
        "gone": ["departments/J"],
        "fieldsLeft": [{"address": "departments/A", "field": "/b", "canBeCleared": true}],
        "ownsNothingYet": true,
        "ledgerSerial": 1, "notCompared": ["departments/D"], "refused": ["r"]
    })
}

/// Every path to an object in a value, as JSON Pointers.
fn paths_of_objects(value: &Value, here: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.push(here.to_owned());
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                paths_of_objects(value, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                paths_of_objects(item, &format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Where anything may stand: values of manifests.
fn is_a_value(path: &str) -> bool {
    path.contains("/before") || path.contains("/after/") || path == "/fingerprints"
}

/// What reads a plan and the schema are of one mind: of a plan with everything, of each part that is
/// left out, and of each part that is foreign or of another type.
#[test]
fn the_schema_and_the_reader_of_plans_are_of_one_mind() {
    let validator = validator(&plan_schema());
    let check = |plan: &Value, what: &str| {
        let (read, valid) = (parse(&plan.to_string()).is_ok(), validator.is_valid(plan));
        assert_eq!(read, valid, "{what}: read {read}, valid {valid}\n{plan:#}");
        read
    };
    let whole = whole_plan();
    assert!(check(&whole, "the whole"));
    let read = parse(&whole.to_string()).unwrap();
    let written: Value = serde_json::from_str(&plan_json(&read)).unwrap();
    let mut paths = Vec::new();
    paths_of_objects(&whole, "", &mut paths);
    let (mut refused, mut accepted) = (0, 0);
    for path in paths.iter().filter(|path| !is_a_value(path)) {
        let object = |plan: &mut Value| -> serde_json::Map<String, Value> {
            plan.pointer(path).unwrap().as_object().unwrap().clone()
        };
        let mut plan = whole.clone();
        let keys = object(&mut plan);
        plan.pointer_mut(path).unwrap()["host"] = json!("https://example.com");
        assert!(!check(&plan, &format!("a foreign key in {path}")));
        for key in keys.keys() {
            let mut plan = whole.clone();
            plan.pointer_mut(path)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .shift_remove(key);
            if check(&plan, &format!("{path} without {key}")) {
                accepted += 1;
            } else {
                refused += 1;
            }
            if matches!(key.as_str(), "before" | "after") && path.contains("/changes/") {
                continue;
            }
            for other in [json!(["x"]), json!({"x": 1}), json!(-1), json!(true)] {
                // The reader takes a list of values for a map all of whose keys may be left out.
                if key == "setsBack" && other.is_array() {
                    continue;
                }
                let mut plan = whole.clone();
                plan.pointer_mut(path).unwrap()[key] = other.clone();
                let what = format!("{path}/{key} as {other}");
                if check(&plan, &what) {
                    accepted += 1;
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 250, "{refused} were refused");
    assert!(accepted >= 20, "{accepted} were accepted");
    // What is written is what was read, but for the secret, which nothing may hold.
    let mut expected = whole;
    for side in ["before", "after"] {
        expected["steps"][0]["changes"][0][side] = json!("(secret, changed)");
    }
    assert_eq!(written, expected);
}

/// Every key that the schema has is written by a plan with everything.
#[test]
fn the_schema_has_no_key_that_no_plan_has() {
    fn keys(value: &Value, found: &mut std::collections::BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::Object(properties)) = map.get("properties") {
                    found.extend(properties.keys().cloned());
                }
                map.values().for_each(|value| keys(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let mut named = std::collections::BTreeSet::new();
    keys(&plan_schema(), &mut named);
    let text = whole_plan().to_string();
    for key in &named {
        assert!(text.contains(&format!("\"{key}\":")), "no plan has `{key}`");
    }
    assert!(named.len() > 60, "{} keys", named.len());
}

/// A ledger with everything that a ledger may hold.
fn whole_ledger() -> Value {
    json!({
        "formatVersion": 2, "environment": "e", "orgId": "1", "serial": 7, "appliedAt": 1_700_000_000_000_i64,
        "absorbed": ["20270630T090000Z_00000001"],
        "listings": {"/departments": {"objects": 3, "base": 1, "unpaged": true}},
        "resources": {"departments/A": {
            "id": "12", "parts": ["12", "13"],
            "key": {"scope": {"module": "contacts"}, "name": "A"},
            "names": [{"scope": {"module": "contacts"}, "name": "B"}],
            "renamedFrom": {"scope": {"module": "contacts"}, "name": "B"},
            "preventDestroy": true,
            "transferTo": {"team": {"address": "departments/C", "id": "14"}},
            "lent": "15", "adopted": true, "secrets": ["/url"],
            "templates": {"/url": "https://hooks.example.com/${secret.KEY}"},
            "fields": {"description": {"sent": "x", "stored": "y"}}
        }}
    })
}

/// What reads a ledger and the schema are of one mind, as for plans.
#[test]
fn the_schema_and_the_reader_of_ledgers_are_of_one_mind() {
    let validator = validator(&ledger_schema());
    let check = |ledger: &Value, what: &str| {
        let read = Ledger::parse(ledger.to_string().as_bytes(), "e", "1");
        let (read, valid) = (
            matches!(read, Ok(Load::Found(_))),
            validator.is_valid(ledger),
        );
        assert_eq!(
            read, valid,
            "{what}: read {read}, valid {valid}\n{ledger:#}"
        );
        read
    };
    let whole = whole_ledger();
    assert!(check(&whole, "the whole"));
    let Ok(Load::Found(read)) = Ledger::parse(whole.to_string().as_bytes(), "e", "1") else {
        panic!("no ledger");
    };
    let written: Value = serde_json::from_slice(&read.to_bytes().unwrap()).unwrap();
    assert_eq!(written, whole, "a key is not written");
    let mut paths = Vec::new();
    paths_of_objects(&whole, "", &mut paths);
    // Maps of anything: what stands in them is no key of the format.
    let is_open = |path: &str| {
        let ends = [
            "/scope",
            "/listings",
            "/resources",
            "/transferTo",
            "/templates",
            "/fields",
        ];
        ends.iter().any(|end| path.ends_with(end))
    };
    let (mut refused, mut accepted) = (0, 0);
    for path in &paths {
        let mut ledger = whole.clone();
        ledger.pointer_mut(path).unwrap()["host"] = json!(7);
        assert!(!check(&ledger, &format!("a foreign key in {path}")));
        let keys = whole.pointer(path).unwrap().as_object().unwrap().clone();
        for key in keys.keys() {
            let mut ledger = whole.clone();
            let object = ledger.pointer_mut(path).unwrap().as_object_mut().unwrap();
            object.shift_remove(key);
            let goes = check(&ledger, &format!("{path} without {key}"));
            assert!(goes || !is_open(path));
            for other in [
                json!(null),
                json!(["x"]),
                json!({"x": 1}),
                json!(-1),
                json!(true),
                json!("a/b"),
                json!({"name": "N"}),
            ] {
                // The organization and the environment are compared, not read alone.
                if other.is_string() && path.is_empty() {
                    continue;
                }
                let mut ledger = whole.clone();
                ledger.pointer_mut(path).unwrap()[key] = other.clone();
                if check(&ledger, &format!("{path}/{key} as {other}")) {
                    accepted += 1;
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 120, "{refused} were refused");
    assert!(accepted >= 20, "{accepted} were accepted");
    // Format 1 had the identity as a text.
    let mut first = whole.clone();
    first["formatVersion"] = json!(1);
    let entry = first.pointer_mut("/resources/departments~1A").unwrap();
    entry.as_object_mut().unwrap().shift_remove("key");
    entry["identity"] = json!("A");
    assert!(check(&first, "format 1"));
    first["formatVersion"] = json!(3);
    assert!(!check(&first, "a format to come"));
}

/// Whether a text may be a handle beside words, so that only the manifests tell whether it is right.
fn is_handle(kind: &Kind, field: &str, candidate: &Value) -> bool {
    let field = kind.field(field);
    let may_be = |field: &Field| field.above().is_some() && !field.refers.is_empty();
    candidate.is_string() && field.is_some_and(may_be)
}

/// Problems of what an overlay and the base come to together.
const OF_THE_WHOLE: &[&str] = &[
    "conflict",
    "empty",
    "missing-required",
    "not-allowed",
    "out-of-range",
];

/// An overlay says a part: the schema takes what the loader takes over a complete manifest.
#[test]
fn the_overlay_schema_and_the_loader_are_of_one_mind() {
    let validator = validator(&overlay_schema());
    let mut compared = 0;
    let mut differences = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        let base = json!({ kind.collection: { handle(kind): body(kind) } });
        let base = serde_yaml::to_string(&base).unwrap();
        for field in kind
            .fields
            .iter()
            .map(|field| field.name)
            .chain(["lifecycle"])
        {
            for candidate in candidates() {
                let overlay =
                    json!({ kind.collection: { handle(kind): { field: candidate.clone() } } });
                let text = serde_yaml::to_string(&overlay).unwrap();
                let sources = Sources {
                    base: vec![Source::new("base.yaml", base.as_bytes())],
                    overlays: vec![vec![Source::new("over.yaml", text.as_bytes())]],
                };
                let loaded = compose(&sources, &project().environments[0], &|_| None);
                let codes: Vec<&str> = match &loaded {
                    Ok(_) => Vec::new(),
                    Err(problems) => problems.list.iter().map(|one| one.code.as_str()).collect(),
                };
                // What the whole lacks, or what does not go with the base, no overlay shows.
                let beyond = |code: &&str| SEMANTIC.contains(code) || OF_THE_WHOLE.contains(code);
                if !codes.is_empty() && codes.iter().all(beyond) {
                    continue;
                }
                let blind = loaded.is_err()
                    && (candidate.is_number() || is_handle(kind, field, &candidate));
                if validator.is_valid(&overlay) != loaded.is_ok() && !blind {
                    differences.push(format!(
                        "{}.{field}: {:.60}: the loader says {codes:?}",
                        kind.collection,
                        candidate.to_string()
                    ));
                }
                compared += 1;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared > 3000, "{compared}");
}
