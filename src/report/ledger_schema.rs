//! The JSON Schema of the ledger, for programs that read one.
//!
//! It is as strict as [`Ledger::parse`](crate::ledger::Ledger::parse), and knows format 1 as well.

use serde_json::{Value, json};

use super::plan_schema::{address, count, flag, list, object, reference, text};
use crate::kind::schema::DRAFT;
use crate::ledger::FORMAT_VERSION;

/// What a ledger may hold.
#[must_use]
pub fn ledger_schema() -> Value {
    let formats: Vec<u64> = (1..=FORMAT_VERSION).collect();
    let mut schema = object(
        "A ledger of deskform: which live object each address owns, and what was last applied to it. Secrets are never in it.",
        &[
            (
                "formatVersion",
                json!({ "description": "The format; the last one is written.", "enum": formats }),
            ),
            ("environment", text("The environment's name.")),
            ("orgId", text("The organization's id.")),
            ("serial", count("Raised by one with every save.")),
            (
                "resources",
                json!({
                    "description": "The objects that are owned, by address.",
                    "type": "object",
                    "propertyNames": reference("address"),
                    "additionalProperties": reference("entry"),
                }),
            ),
        ],
        &[
            (
                "appliedAt",
                json!({
                    "description": "When the last apply ended, in milliseconds since 1970; 0 where nobody knows.",
                    "type": "integer",
                }),
            ),
            (
                "absorbed",
                list(
                    "The runs whose outcomes it holds although their journals may still lie beside it.",
                    json!({ "type": "string", "pattern": "^[A-Za-z0-9_]{1,64}$" }),
                ),
            ),
            (
                "listings",
                json!({
                    "description": "What the last reading of each listing came to, by its path.",
                    "type": "object",
                    "additionalProperties": reference("listing"),
                }),
            ),
        ],
    );
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!("deskform ledger");
    schema["$defs"] = json!({
        "address": address(),
        "id": { "description": "The id of an object in Zoho Desk.", "type": "string", "pattern": "^[A-Za-z0-9_-]+$" },
        "key": key(),
        "entry": entry(),
        "heir": object(
            "One that takes over what hangs on a removed object.",
            &[
                ("address", reference("address")),
                ("id", text("Its id, for when nobody has that address any more.")),
            ],
            &[],
        ),
        "field": field(),
        "listing": object(
            "What an earlier reading of a listing came to.",
            &[("objects", count("Its objects."))],
            &[
                (
                    "base",
                    json!({
                        "description": "What the server counts from, where a second page told it.",
                        "enum": [0, 1, null],
                    }),
                ),
                (
                    "unpaged",
                    flag("Whether the server answers with everything at once."),
                ),
            ],
        ),
    });
    schema
}

pub(super) fn field() -> Value {
    object(
        "What was last applied to a field.",
        &[
            ("sent", json!({ "description": "What was sent." })),
            (
                "stored",
                json!({ "description": "What the server showed afterwards." }),
            ),
        ],
        &[],
    )
}

fn key() -> Value {
    object(
        "The name of an object, and where that name counts.",
        &[(
            "name",
            text("The name in canonical form; empty where nobody may know it."),
        )],
        &[(
            "scope",
            json!({
                "description": "What the name counts below, by field; absent where it counts everywhere.",
                "type": "object",
                "additionalProperties": { "type": "string" },
            }),
        )],
    )
}

fn entry() -> Value {
    let maybe = |doc: &str, value: Value| json!({ "description": doc, "anyOf": [value, { "type": "null" }] });
    let known = json!({
        "description": "Its key when it was last applied; format 1 had a text.",
        "anyOf": [reference("key"), { "type": "string" }],
    });
    let mut entry = object(
        "One object that is owned.",
        &[("id", reference("id"))],
        &[
            ("key", known.clone()),
            ("identity", known),
            (
                "parts",
                list(
                    "The ids of all its parts, where several objects make up one resource.",
                    reference("id"),
                ),
            ),
            (
                "names",
                list(
                    "The keys that it had before, the latest one last.",
                    reference("key"),
                ),
            ),
            (
                "renamedFrom",
                maybe(
                    "The old key that its manifest named and that was followed.",
                    reference("key"),
                ),
            ),
            (
                "preventDestroy",
                flag("Whether a manifest asked never to remove it."),
            ),
            (
                "transferTo",
                json!({
                    "description": "Who takes over what hangs on it when it is removed.",
                    "type": "object",
                    "additionalProperties": reference("heir"),
                }),
            ),
            (
                "lent",
                maybe(
                    "The agent who was made a member so that it could be created, and has not left it yet.",
                    json!({ "type": "string" }),
                ),
            ),
            (
                "adopted",
                flag("Whether it was there before and was taken over."),
            ),
            (
                "secrets",
                list(
                    "JSON Pointers to what was a secret when it was last applied.",
                    json!({ "type": "string" }),
                ),
            ),
            (
                "templates",
                json!({
                    "description": "What the manifests say in place of these secrets, by JSON Pointer: `https://host/${secret.KEY}`.",
                    "type": "object",
                    "additionalProperties": { "type": "string" },
                }),
            ),
            (
                "fields",
                json!({
                    "description": "What was last applied, by field, but for secrets.",
                    "type": "object",
                    "additionalProperties": reference("field"),
                }),
            ),
        ],
    );
    // Format 1 called the key an identity.
    entry["oneOf"] = json!([{ "required": ["key"] }, { "required": ["identity"] }]);
    entry
}
