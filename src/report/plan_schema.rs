//! The JSON Schema of the plan, for programs that read one.
//!
//! It is as strict as [`super::json::parse`]: what no version of this format writes, it refuses.

use serde_json::{Map, Value, json};

use crate::dialect::Dialect;
use crate::kind::schema::DRAFT;
use crate::kind::{KINDS, Risk};
use crate::live::ways::Way;
use crate::plan::FORMAT_VERSION;
use crate::verb::Verb;

/// What a plan may hold.
#[must_use]
pub fn plan_schema() -> Value {
    let mut schema = object(
        "A plan of deskform, as `deskform plan --format json` prints it and `--out` saves it. Within one `formatVersion` no key goes and none gets another meaning; keys may come.",
        &[
            (
                "formatVersion",
                json!({ "description": "The format.", "const": FORMAT_VERSION }),
            ),
            ("environment", text("The environment's name.")),
            ("orgId", text("The organization's id.")),
            (
                "dialect",
                word("The dialect of the organization's API.", &Dialect::ALL),
            ),
            (
                "digest",
                text("The digest of the manifests, secrets as templates."),
            ),
            ("summary", reference("summary")),
            (
                "steps",
                list("The steps, prerequisites first.", reference("step")),
            ),
            (
                "fingerprints",
                json!({
                    "description": "What was live of each object that a step touches, as a digest, or `absent`.",
                    "type": "object",
                    "propertyNames": reference("address"),
                    "additionalProperties": { "type": "string" },
                }),
            ),
        ],
        &[
            (
                "targets",
                list(
                    "What `--target` limited the plan to; `departments/*` stands for a whole kind.",
                    reference("address"),
                ),
            ),
            ("allowDeletes", count("What `--allow-deletes` said.")),
            ("made", reference("made")),
            (
                "warnings",
                list(
                    "What came up while the plan was made.",
                    reference("warning"),
                ),
            ),
            ("forecast", reference("forecast")),
            (
                "acknowledged",
                list(
                    "Differences that an `ignore:` entry accepts.",
                    reference("acknowledged"),
                ),
            ),
            (
                "alike",
                list(
                    "What may be renames that nobody wrote down.",
                    reference("alike"),
                ),
            ),
            (
                "noLongerDeclared",
                list(
                    "What is no longer declared and stays in Zoho Desk.",
                    reference("address"),
                ),
            ),
            (
                "takenOver",
                list(
                    "What matches already and is owned from the apply on.",
                    reference("address"),
                ),
            ),
            (
                "movedHandles",
                list(
                    "What is owned and declared under another handle now.",
                    object(
                        "A handle that changes.",
                        &[("old", reference("address")), ("new", reference("address"))],
                        &[],
                    ),
                ),
            ),
            (
                "gone",
                list(
                    "What is owned and does not exist any more.",
                    reference("address"),
                ),
            ),
            (
                "fieldsLeft",
                list(
                    "Fields that were applied, are no longer declared and stay as they are.",
                    field_left(),
                ),
            ),
            (
                "ownsNothingYet",
                flag("Whether the ledger owned nothing when the plan was made."),
            ),
            (
                "ledgerSerial",
                count(
                    "The serial of the ledger from which the plan was made. By itself it makes no plan stale.",
                ),
            ),
            (
                "notCompared",
                list(
                    "What could not be compared, or not whole, since a secret is not set or a question has no answer, as addresses.",
                    json!({ "type": "string" }),
                ),
            ),
            (
                "refused",
                list(
                    "Why guards refuse the plan; a refused plan is never applied.",
                    json!({ "type": "string" }),
                ),
            ),
        ],
    );
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!("deskform plan");
    schema["$defs"] = definitions();
    schema
}

fn definitions() -> Value {
    json!({
        "address": address(),
        "pointer": pointer(),
        "line": object(
            "A line of a file of the project.",
            &[
                ("file", text("The path from the project folder on.")),
                ("line", json!({ "description": "Counted from 1.", "type": "integer", "minimum": 1 })),
            ],
            &[],
        ),
        "summary": summary(),
        "made": object(
            "When and by what the plan was made. It never makes a plan stale.",
            &[
                ("version", text("The version of deskform.")),
                ("time", json!({ "description": "In UTC.", "type": "string", "pattern": r"^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\dZ$" })),
            ],
            &[("commit", json!({
                "description": "The commit of the files, where a pipeline or a repository tells.",
                "type": "string",
                "pattern": "^(?:[0-9a-f]{40}|[0-9a-f]{64})$",
            }))],
        ),
        "warning": object(
            "A warning. It never makes a plan stale.",
            &[
                ("code", text("Which problem it is; `deskform explain CODE` says more.")),
                ("message", text("A sentence.")),
            ],
            &[
                ("help", text("The way out.")),
                ("places", list("The lines that show it.", reference("line"))),
            ],
        ),
        "forecast": forecast(),
        "acknowledged": acknowledged(),
        "alike": object(
            "A resource that would be made, and an object that is no longer declared and is alike.",
            &[
                ("new", reference("address")),
                ("old", reference("address")),
                ("goes", flag("Whether the object is removed in the same plan.")),
                ("under", reference("address")),
            ],
            &[
                ("line", text("The line that makes a rename of it in the block of `under`; without one the handle does.")),
                ("orElse", text("The line that makes a rename of it in the block of `new`.")),
            ],
        ),
        "step": step(),
        "risk": object(
            "Something that a step puts at stake.",
            &[("class", word("What it is.", &Risk::ALL.map(Risk::as_str)))],
            &[
                ("fields", list("The changes that put it at stake; none where the whole step does.", reference("pointer"))),
                ("people", list("The people whom it concerns.", reference("address"))),
            ],
        ),
        "change": change(),
    })
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

pub(super) fn text(doc: &str) -> Value {
    json!({ "description": doc, "type": "string" })
}

pub(super) fn count(doc: &str) -> Value {
    json!({ "description": doc, "type": "integer", "minimum": 0 })
}

pub(super) fn flag(doc: &str) -> Value {
    json!({ "description": doc, "type": "boolean" })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "schemas are put together from values made for the place"
)]
pub(super) fn list(doc: &str, items: Value) -> Value {
    json!({ "description": doc, "type": "array", "items": items })
}

pub(super) fn word<T: serde::Serialize>(doc: &str, words: &[T]) -> Value {
    json!({ "description": doc, "enum": words })
}

/// An object with these keys and no others.
pub(super) fn object(doc: &str, required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let keys: Vec<&str> = required.iter().map(|(key, _)| *key).collect();
    let all = required.iter().chain(optional).cloned();
    let properties: Map<String, Value> = all.map(|(key, value)| (key.to_owned(), value)).collect();
    json!({
        "description": doc,
        "type": "object",
        "properties": properties,
        "required": keys,
        "additionalProperties": false,
    })
}

pub(super) fn address() -> Value {
    let collections: Vec<&str> = KINDS.iter().map(|kind| kind.collection).collect();
    json!({
        "description": "A collection and a handle: `departments/Billing`.",
        "type": "string",
        "pattern": format!("^(?:{})/", collections.join("|")),
    })
}

pub(super) fn pointer() -> Value {
    text("A JSON Pointer in the manifest's terms; `(members)` stands for who belongs to an object.")
}

pub(super) fn acknowledged() -> Value {
    object(
        "A difference that is accepted for a time.",
        &[("address", reference("address")), ("reason", text("Why."))],
        &[
            (
                "field",
                json!({
                    "description": "What differs; without it the whole step is meant.",
                    "anyOf": [reference("pointer"), { "type": "null" }],
                }),
            ),
            (
                "until",
                json!({ "description": "The last day on which it holds.", "type": ["string", "null"] }),
            ),
        ],
    )
}

/// A field that is no longer declared.
pub(super) fn field_left() -> Value {
    object(
        "A field that was applied, that the manifests no longer name, and that is live as it was applied.",
        &[
            ("address", reference("address")),
            ("field", pointer()),
            ("canBeCleared", flag("Whether `null` clears it.")),
        ],
        &[],
    )
}

fn summary() -> Value {
    let verbs = [
        ("create", "Steps that create."),
        ("update", "Steps that change."),
        ("replace", "Steps that delete and create anew."),
        ("delete", "Steps that delete."),
        ("disable", "Steps that take out of use."),
        ("manual", "Steps that a person has to do."),
        (
            "unchanged",
            "Resources that need nothing, or the ledger alone.",
        ),
        ("calls", "Writes that an apply sends."),
        ("credits", "Credits that the writes cost (openapi)."),
    ];
    object(
        "Counts; each verb's is the number of steps that are listed with it.",
        &verbs.map(|(key, doc)| (key, count(doc))),
        &[(
            "record",
            object(
                "What changes in the ledger alone.",
                &[
                    (
                        "takeOver",
                        count("Live objects that match and are owned from now on."),
                    ),
                    (
                        "moved",
                        count("Owned objects that are declared under another handle."),
                    ),
                    ("letGo", count("Owned objects that are owned no longer.")),
                ],
                &[(
                    "fields",
                    count("Fields that are no longer declared and stay as they are."),
                )],
            ),
        )],
    )
}

fn forecast() -> Value {
    object(
        "What an apply costs. It never makes a plan stale.",
        &[
            ("reads", count("Calls that read.")),
            ("writes", count("Calls that write.")),
            ("readCredits", count("What the reads cost (openapi).")),
            ("writeCredits", count("What the writes cost (openapi).")),
            ("concurrency", count("Calls that are active at once.")),
            (
                "latencyMs",
                count("How long a call is taken to last, in milliseconds."),
            ),
            ("latencyMeasured", flag("Whether that was measured.")),
            ("seconds", count("How long an apply takes, in seconds.")),
        ],
        &[
            (
                "dearerPrice",
                flag("Whether long lists are counted at the dearer of two known prices."),
            ),
            (
                "budget",
                object(
                    "What the day still allows.",
                    &[
                        ("unit", word("What is counted.", &["credits", "calls"])),
                        ("left", count("What is left now.")),
                        ("after", count("What is left afterwards.")),
                    ],
                    &[(
                        "resetMs",
                        json!({ "description": "When the day ends, in milliseconds since the Unix epoch.", "type": "integer" }),
                    )],
                ),
            ),
            (
                "callsPerMinute",
                count("Calls that a minute allows (guide)."),
            ),
            (
                "ways",
                list(
                    "How kinds were read of which not everything matters.",
                    way(),
                ),
            ),
        ],
    )
}

fn way() -> Value {
    let ways = [Way::ById, Way::Search, Way::ByIdAndSearch, Way::Listing];
    let cost = |doc: &str| {
        object(
            doc,
            &[
                ("calls", count("The calls.")),
                ("credits", count("What they cost (openapi).")),
            ],
            &[],
        )
    };
    object(
        "How a kind was read, and what the other way would have cost.",
        &[
            ("collection", text("The kind.")),
            ("way", word("How it was read.", &ways)),
            ("needed", count("Objects that are needed.")),
            ("cost", cost("What it cost.")),
        ],
        &[
            (
                "live",
                object(
                    "How many objects are live, as far as it is known.",
                    &[
                        ("objects", count("Their number.")),
                        ("atLeast", flag("Whether there may be more.")),
                    ],
                    &[],
                ),
            ),
            (
                "insteadOf",
                cost("What the other way would have cost at least."),
            ),
        ],
    )
}

fn step() -> Value {
    object(
        "One step.",
        &[
            ("address", reference("address")),
            ("verb", word("What is done.", &Verb::ALL.map(Verb::as_str))),
            (
                "changes",
                list(
                    "The fields that change, and of what is deleted all that is lost.",
                    reference("change"),
                ),
            ),
            (
                "after",
                list("Resources whose steps come first.", reference("address")),
            ),
            (
                "requests",
                list(
                    "The writes, for readers.",
                    object(
                        "A write.",
                        &[
                            (
                                "method",
                                word("The method.", &["GET", "POST", "PATCH", "PUT", "DELETE"]),
                            ),
                            (
                                "path",
                                text(
                                    "Below `/api/v1`; `{collection/handle}` stands for an id that is not known yet.",
                                ),
                            ),
                        ],
                        &[],
                    ),
                ),
            ),
            ("credits", count("What they cost (openapi).")),
        ],
        &[
            ("adopted", flag("Whether the live object is not owned yet.")),
            ("origin", reference("line")),
            (
                "restores",
                flag(
                    "Whether it makes anew what somebody deleted in Zoho Desk since the last apply.",
                ),
            ),
            (
                "needed",
                flag("Whether it is no target itself, but needed by one."),
            ),
            (
                "referredBy",
                object(
                    "What still refers to what goes, among all that was read.",
                    &[
                        ("count", count("How many objects do.")),
                        ("first", list("The first ten.", reference("address"))),
                    ],
                    &[],
                ),
            ),
            (
                "risk",
                list("What it puts at stake, the worst first.", reference("risk")),
            ),
            (
                "effects",
                list("What happens besides.", json!({ "type": "string" })),
            ),
            ("instruction", text("What a person has to do, and where.")),
        ],
    )
}

fn change() -> Value {
    object(
        "A field's change. Values are the manifest's own, references are addresses, null stands for none.",
        &[
            ("field", reference("pointer")),
            ("before", json!({ "description": "The live value." })),
            ("after", json!({ "description": "The wanted value." })),
        ],
        &[
            (
                "secret",
                flag(
                    "Whether the values are secret; then of a URL its template and what is visible of the live one are shown, and otherwise a fixed text stands for both.",
                ),
            ),
            (
                "setsBack",
                object(
                    "Present only where the step sets back a change that somebody made in Zoho Desk since the last apply.",
                    &[],
                    &[
                        (
                            "modified",
                            text("When the object was last modified, whichever field it was."),
                        ),
                        ("by", text("By whom.")),
                    ],
                ),
            ),
        ],
    )
}
