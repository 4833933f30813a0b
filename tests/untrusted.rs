//! Bytes that somebody else has written may be anything: each door through which they come in must
//! return, and nothing that is shown of them may steer a terminal or tell a secret.
//!
//! The doors are those of the fuzz targets in `fuzz/`. `PROPTEST_CASES` raises the number of cases.

#![expect(clippy::panic, reason = "a test panics to fail")]

#[path = "untrusted/entry.rs"]
mod entry;

use std::path::Path;
use std::sync::OnceLock;

use deskform::dialect::Dialect;
use entry::Tamper;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};

/// What fuzzing starts from, by target.
fn seeds() -> &'static [(&'static str, Vec<u8>)] {
    static SEEDS: OnceLock<Vec<(&'static str, Vec<u8>)>> = OnceLock::new();
    SEEDS.get_or_init(|| entry::seeds(Path::new(env!("CARGO_MANIFEST_DIR"))))
}

fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        // What the environment asks for counts where it asks for more than the usual 256.
        cases: if default.cases > 256 {
            default.cases
        } else {
            cases
        },
        failure_persistence: None,
        ..default
    }
}

/// One way to spoil bytes.
#[derive(Debug, Clone)]
enum Spoil {
    Cut(Index),
    Put(Index, Vec<u8>),
    Take(Index, usize),
    Repeat(Index, usize, usize),
    Flip(Index, u8),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let pieces = select(vec![
        "\u{1b}[2J",
        "\u{202e}",
        "\u{9b}",
        "\u{0}",
        "\r",
        "\u{feff}",
        "${secret.HOOK_KEY}",
        "${",
        "{",
        "[",
        "]",
        "}",
        "\"",
        "'",
        ":",
        "- ",
        "\n",
        "  ",
        "null",
        "~",
        "<<: *a",
        "&a ",
        "*a",
        "!!x ",
        "|",
        ">",
        "%",
        "---\n",
        "1e999",
        "-0",
        "18446744073709551616",
        "\\ud800",
        "../",
        "é",
        "👩\u{200d}💻",
        "\t",
        ",",
        "\"\":",
        "0x",
        "#",
    ])
    .prop_map(|text| text.as_bytes().to_vec());
    prop_oneof![
        any::<Index>().prop_map(Spoil::Cut),
        (
            any::<Index>(),
            prop_oneof![pieces, prop::collection::vec(any::<u8>(), 0..6)]
        )
            .prop_map(|(at, bytes)| Spoil::Put(at, bytes)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, count)| Spoil::Take(at, count)),
        (any::<Index>(), 1..40_usize, 1..200_usize)
            .prop_map(|(at, count, times)| Spoil::Repeat(at, count, times)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, bits)| Spoil::Flip(at, bits)),
    ]
}

fn spoilt(mut bytes: Vec<u8>, spoils: &[Spoil]) -> Vec<u8> {
    for spoil in spoils {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match spoil {
            Spoil::Cut(at) => bytes.truncate(place(at)),
            Spoil::Put(at, put) => {
                let at = place(at);
                bytes.splice(at..at, put.iter().copied());
            }
            Spoil::Take(at, count) => {
                let at = place(at);
                bytes.drain(at..bytes.len().min(at + count));
            }
            Spoil::Repeat(at, count, times) => {
                let at = place(at);
                let piece = bytes[at..bytes.len().min(at + count)].repeat(*times);
                bytes.splice(at..at, piece);
            }
            Spoil::Flip(at, bits) => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
        }
    }
    bytes
}

/// Lets a door meet arbitrary bytes, and what it takes with something spoilt.
fn knock(target: &str, cases: u32, door: fn(&[u8])) {
    let seeds: Vec<&Vec<u8>> = seeds()
        .iter()
        .filter(|(name, _)| *name == target)
        .map(|(_, bytes)| bytes)
        .collect();
    assert!(!seeds.is_empty(), "{target}");
    for bytes in &seeds {
        door(bytes);
    }
    let spoilt_seed = (any::<Index>(), prop::collection::vec(spoil(), 1..5))
        .prop_map(|(seed, spoils)| spoilt(Vec::clone(*seed.get(&seeds)), &spoils));
    let bytes = prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => any::<String>().prop_map(String::into_bytes),
        1 => json_value().prop_map(|value| value.to_string().into_bytes()),
        6 => spoilt_seed,
    ];
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    let outcome = runner.run(&bytes, |bytes| {
        door(&bytes);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{target}: {error}");
    }
}

#[test]
fn manifests() {
    knock("manifest", 400, entry::manifest);
}

#[test]
fn project_files() {
    knock("project", 200, entry::project);
}

#[test]
fn plan_files() {
    knock("plan_file", 100, entry::plan_file);
}

#[test]
fn ledgers() {
    knock("ledger", 300, entry::ledger);
}

#[test]
fn journals() {
    knock("journal", 300, entry::journal);
}

#[test]
fn locks() {
    knock("lock", 60, entry::lock);
}

#[test]
fn states_of_the_simulator() {
    knock("simulator_state", 60, entry::simulator_state);
}

#[test]
fn answers_that_are_judged() {
    knock("answer", 400, entry::answer_judged);
}

#[test]
fn answers_to_token_requests() {
    knock("token", 200, entry::token_answer);
}

#[test]
fn files_with_tokens() {
    knock("token_file", 60, entry::cached_token);
}

#[test]
fn scripts_of_answers() {
    knock("answers", 40, entry::answers);
}

/// Keys that answers have.
const KEYS: &[&str] = &[
    "id",
    "name",
    "data",
    "isEnabled",
    "isDefault",
    "emailId",
    "email",
    "url",
    "eventType",
    "actions",
    "subscriptions",
    "cf",
    "allowedValues",
    "value",
    "values",
    "type",
    "apiName",
    "displayLabel",
    "module",
    "status",
    "roleId",
    "profileId",
    "departmentId",
    "departmentIds",
    "associatedDepartmentIds",
    "accountId",
    "ownerId",
    "layoutId",
    "lastName",
    "firstName",
    "accountName",
    "errorCode",
    "message",
    "errors",
    "results",
    "success",
    "description",
    "responseTime",
    "resolutionTime",
    "businessHours",
    "isCustomField",
    "maxLength",
    "from",
    "edition",
    "isDeleted",
    "isTrashed",
    "visibility",
    "rolePermissionType",
    "reportsTo",
    "isSystemGenerated",
    "isActive",
    "isConfirmed",
    "modifiedBy",
    "fields",
    "webhookId",
];

/// JSON as somebody hostile might send it.
fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<u64>().prop_map(|number| Json::from(number.to_string())),
        any::<String>().prop_map(Json::from),
        select(vec![
            "",
            "700001",
            "1",
            "Ticket_Add",
            "Ticket.Add",
            "https://hooks.example.com/x?key=1",
            "li.sample@example.com",
            "Onboarding",
            "ACTIVE",
            "DISABLED",
            "\u{1b}]0;x\u{7}",
            "\u{202e}txt",
            "true",
            "Picklist",
            "cf_region",
            "contacts",
            "ÄÖ",
            "a\nb",
        ])
        .prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((select(KEYS), inner.clone()), 0..6).prop_map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
            prop::collection::vec(inner, 0..3).prop_map(|items| json!({ "data": items })),
        ]
    })
}

fn tamper() -> impl Strategy<Value = Tamper> {
    let status = prop_oneof![
        4 => Just(200_u16),
        1 => select(vec![201, 204, 302, 400, 401, 403, 404, 405, 409, 422, 429, 500, 503]),
    ];
    let header = select(vec![
        "X-Rate-Limit-Remaining-v3",
        "X-RateLimit-Remaining",
        "Retry-After",
        "X-Request-Id",
        "Content-Type",
    ]);
    prop_oneof![
        6 => Just(Tamper::None),
        1 => Just(Tamper::Lose),
        2 => (status, json_value())
            .prop_map(|(status, body)| Tamper::Replace(status, body.to_string().into_bytes())),
        6 => (select(KEYS), json_value())
            .prop_map(|(key, value)| Tamper::Set(key.to_owned(), value.to_string().into_bytes())),
        1 => (header, any::<String>())
            .prop_map(|(name, value)| Tamper::Header(name.to_owned(), value.into_bytes())),
    ]
}

fn against(dialect: Dialect, cases: u32) {
    // Untouched, the organization is planned, changed and exported.
    assert!(entry::run_against(dialect, Vec::new(), true, true) > Some(8));
    let case = (
        prop::collection::vec(tamper(), 0..40),
        any::<bool>(),
        any::<bool>(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    let outcome = runner.run(&case, |(script, applies, exports)| {
        entry::run_against(dialect, script, applies, exports);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn an_organization_that_answers_anything_openapi() {
    against(Dialect::Openapi, 60);
}

#[test]
fn an_organization_that_answers_anything_guide() {
    against(Dialect::Guide, 60);
}

/// Nesting must end in an error, not in an overflow of the stack.
#[test]
fn deep_nesting_is_refused() {
    let deep = |open: &str, close: &str| {
        let mut text = open.repeat(200_000);
        text.push('1');
        text.push_str(&close.repeat(200_000));
        text.into_bytes()
    };
    let lists = deep("[", "]");
    let maps = deep("{\"a\":", "}");
    for bytes in [&lists, &maps] {
        entry::project(bytes);
        entry::manifest(bytes);
        entry::plan_file(bytes);
        entry::ledger(bytes);
        entry::journal(bytes);
        entry::lock(bytes);
        entry::simulator_state(bytes);
        entry::cached_token(bytes);
        for head in ["200\n\n", "422\n\n"] {
            let answer = [head.as_bytes(), bytes].concat();
            entry::answer_judged(&answer);
            entry::token_answer(&answer);
        }
        for line in 0..8 {
            let mut script = vec![Tamper::None; line];
            script.push(Tamper::Replace(200, bytes.clone()));
            for dialect in [Dialect::Openapi, Dialect::Guide] {
                entry::run_against(dialect, script.clone(), false, false);
            }
        }
    }
}
