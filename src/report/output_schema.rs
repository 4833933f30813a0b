//! The JSON Schemas of what commands print for programs, besides plans and ledgers.
//!
//! They are exact for what this release prints: a test holds real output against them.

use serde_json::{Value, json};

use super::ledger_schema::field;
use super::plan_schema::{
    acknowledged, address, count, field_left, flag, list, object, pointer, reference, text, word,
};
use crate::comparison::{FORMAT_VERSION as DIFF_VERSION, Where};
use crate::dialect::Dialect;
use crate::doubt;
use crate::drift::FORMAT_VERSION as DRIFT_VERSION;
use crate::kind::schema::DRAFT;
use crate::plan::moved::Moved;
use crate::verb::Verb;

/// The format of what has no version of its own beside this one.
const FIRST: u32 = 1;

fn whole(title: &str, mut schema: Value, definitions: Value) -> Value {
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!(title);
    schema["$defs"] = definitions;
    schema
}

fn version(number: u32) -> (&'static str, Value) {
    (
        "formatVersion",
        json!({ "description": "The format.", "const": number }),
    )
}

fn maybe(doc: &str, value: &Value) -> Value {
    json!({ "description": doc, "anyOf": [value, { "type": "null" }] })
}

fn maybe_text(doc: &str) -> Value {
    json!({ "description": doc, "type": ["string", "null"] })
}

fn texts(doc: &str) -> Value {
    list(doc, json!({ "type": "string" }))
}

fn anything(doc: &str) -> Value {
    json!({ "description": doc })
}

/// A value of a key that always has this word.
fn always(doc: &str, only: &str) -> Value {
    json!({ "description": doc, "const": only })
}

/// What `deskform drift --format json` prints.
#[must_use]
pub fn drift_schema() -> Value {
    let report = object(
        "A report of drift, as `deskform drift --format json` prints it.",
        &[
            version(DRIFT_VERSION),
            ("environment", text("The environment's name.")),
            ("orgId", text("The organization's id.")),
            (
                "threeWay",
                flag("Whether a ledger told what was last applied."),
            ),
            (
                "onlyLive",
                flag("Whether `--only-live` left out what the manifests alone changed."),
            ),
            (
                "drifts",
                list("What moved, by address and field.", reference("drift")),
            ),
            (
                "acknowledged",
                list(
                    "Differences that an `ignore:` entry accepts; they do not count.",
                    reference("acknowledged"),
                ),
            ),
            (
                "fieldsLeft",
                list(
                    "Fields that were applied, are no longer declared and stay as they are; they do not count.",
                    field_left(),
                ),
            ),
            (
                "notCompared",
                texts(
                    "What was not wholly compared, since a secret is not set or a question has no answer, as addresses.",
                ),
            ),
            (
                "unclear",
                texts("What was not compared, since it is not clear what it is, as addresses."),
            ),
        ],
        &[("targets", texts("What `--target` limited the report to."))],
    );
    let sides = [Moved::Live, Moved::Manifests, Moved::Both, Moved::Unknown];
    let drift = object(
        "A field that moved, or a whole resource.",
        &[
            ("address", reference("address")),
            (
                "field",
                maybe_text("The field, with a dot before a leaf; null for a whole resource."),
            ),
            (
                "moved",
                word(
                    "Which side moved: Zoho Desk, the manifests, both, or nobody knows.",
                    &sides,
                ),
            ),
            ("what", word("What became of it.", &crate::drift::What::ALL)),
            (
                "applied",
                anything("What was last applied; null where there is no record."),
            ),
            ("wanted", anything("What the manifests say.")),
            ("live", anything("What is live.")),
        ],
        &[
            (
                "secret",
                flag(
                    "Whether the values are secret; then a template or a fixed text stands for them.",
                ),
            ),
            (
                "instruction",
                text("What a person has to do, where only a person can."),
            ),
            (
                "modified",
                text("When the live object was last modified, where the API says so."),
            ),
            ("by", text("By whom, where the API says so.")),
        ],
    );
    whole(
        "deskform drift",
        report,
        json!({
            "address": address(),
            "pointer": pointer(),
            "acknowledged": acknowledged(),
            "drift": drift,
        }),
    )
}

/// What `deskform diff --format json` prints.
#[must_use]
pub fn diff_schema() -> Value {
    let report = object(
        "A comparison of two sides, as `deskform diff --format json` prints it.",
        &[
            version(DIFF_VERSION),
            ("a", reference("side")),
            ("b", reference("side")),
            ("kinds", texts("The kinds that were compared.")),
            ("summary", reference("summary")),
            (
                "differences",
                list(
                    "What is not the same, by kind and handle.",
                    reference("difference"),
                ),
            ),
            (
                "acknowledged",
                list(
                    "Differences that an `ignore:` entry accepts; they do not count.",
                    reference("acknowledged"),
                ),
            ),
            (
                "notCompared",
                texts(
                    "What was not wholly compared, since an answer or a name is lacking, as addresses.",
                ),
            ),
            (
                "unclear",
                texts("What was not compared, since it is not clear what it is, as addresses."),
            ),
        ],
        &[],
    );
    let [side, summary] = sides_of_diff();
    let [difference, field] = differences_of_diff();
    whole(
        "deskform diff",
        report,
        json!({
            "address": address(),
            "pointer": pointer(),
            "acknowledged": acknowledged(),
            "side": side,
            "summary": summary,
            "difference": difference,
            "field": field,
        }),
    )
}

/// A side, and how many resources there are.
fn sides_of_diff() -> [Value; 2] {
    let side = object(
        "One of two sides.",
        &[
            (
                "name",
                text("How the command line names it: an environment, `dir:PATH` or `git:REV`."),
            ),
            (
                "environment",
                text("The environment that it is, or that its manifests are composed for."),
            ),
        ],
        &[
            (
                "orgId",
                text("The organization's id, where the side is live."),
            ),
            ("commit", text("The commit, where the side is a revision.")),
        ],
    );
    let summary = object(
        "How many resources there are.",
        &[
            ("onlyInA", count("That the first side alone has.")),
            ("onlyInB", count("That the second side alone has.")),
            ("different", count("That both have, with other values.")),
            (
                "equal",
                count("That are the same, as far as they were compared."),
            ),
        ],
        &[],
    );
    [side, summary]
}

/// A resource that differs, and a field of it.
fn differences_of_diff() -> [Value; 2] {
    let difference = object(
        "A resource that is not the same on both sides.",
        &[
            ("address", reference("address")),
            ("found", word("Who has it.", &Where::ALL)),
            (
                "fields",
                list(
                    "The fields that differ; of what one side alone has all that it says.",
                    reference("field"),
                ),
            ),
        ],
        &[("other", reference("address"))],
    );
    let field = object(
        "A field with its values on both sides.",
        &[
            ("field", reference("pointer")),
            (
                "a",
                anything("The first side's value; null stands for none."),
            ),
            (
                "b",
                anything("The second side's value; null stands for none."),
            ),
        ],
        &[(
            "secret",
            flag("Whether the values are secret; then a template or a fixed text stands for them."),
        )],
    );
    [difference, field]
}

/// What `deskform doctor --format json` prints.
#[must_use]
pub fn doctor_schema() -> Value {
    let report = object(
        "What an organization shows of facts that nobody has published, as `deskform doctor --format json` prints it. It holds no names, no ids and no values of the organization.",
        &[
            version(super::doctor::FORMAT_VERSION),
            ("version", text("The version of deskform.")),
            ("dialect", word("The dialect of the API.", &Dialect::ALL)),
            (
                "edition",
                maybe_text(
                    "The edition; null where the organization does not show one that is known.",
                ),
            ),
            (
                "facts",
                list("The doubtful facts, each once.", reference("fact")),
            ),
            (
                "kinds",
                list("The kinds of the dialect, each once.", reference("kind")),
            ),
            (
                "trials",
                list(
                    "What came of making, changing and removing one object a kind; empty without `--write`.",
                    reference("trial"),
                ),
            ),
        ],
        &[],
    );
    let trial = object(
        "What came of one kind.",
        &[
            ("kind", text("The kind.")),
            ("made", reference("deed")),
            ("changed", reference("deed")),
            ("removed", reference("deed")),
        ],
        &[],
    );
    let deed = object(
        "What came of one deed.",
        &[(
            "came",
            word(
                "Done; refused by the server; not sent, for the problem of the code; or not tried.",
                &["done", "refused", "notStored", "notSent", "notTried"],
            ),
        )],
        &[("code", text("The code of the problem."))],
    );
    let names: Vec<&str> = doubt::ALL.iter().map(|doubt| doubt.name).collect();
    let fact = object(
        "A doubtful fact.",
        &[
            (
                "fact",
                word("Its name, as `simulate --reading` takes it.", &names),
            ),
            ("question", text("What it is about.")),
            (
                "readings",
                list(
                    "The readings that were seen: none where nothing told, several where places differ.",
                    reference("reading"),
                ),
            ),
        ],
        &[],
    );
    let reading = object(
        "A reading that was seen.",
        &[
            (
                "reading",
                text("Its name, as `simulate --reading` takes it."),
            ),
            ("seenIn", texts("Where: kinds, or `organizations`.")),
        ],
        &[],
    );
    let kind = object(
        "What the listing of a kind has shown.",
        &[
            ("kind", text("The kind.")),
            (
                "shows",
                word(
                    "Objects, nothing, a refusal; or it was not asked for, since the objects are listed below others.",
                    &["objects", "nothing", "refused", "notAsked"],
                ),
            ),
        ],
        &[("code", text("Why it was refused, as a code."))],
    );
    whole(
        "deskform doctor",
        report,
        json!({"fact": fact, "reading": reading, "kind": kind, "trial": trial, "deed": deed}),
    )
}

/// What `deskform ledger show --format json` prints.
#[must_use]
pub fn ledger_show_schema() -> Value {
    let shown = object(
        "What is owned, as `deskform ledger show --format json` prints it.",
        &[
            version(FIRST),
            ("place", text("Where the ledger is kept.")),
            ("environment", text("The environment's name.")),
            ("orgId", text("The organization's id.")),
            ("serial", count("Raised by one with every save.")),
            (
                "lock",
                maybe(
                    "Who holds the lock; null where nobody does.",
                    &reference("lock"),
                ),
            ),
            (
                "unfinishedRuns",
                list("The runs that did not end in order.", reference("run")),
            ),
            ("resources", list("What is owned.", reference("resource"))),
        ],
        &[],
    );
    let lock = object(
        "The lock of the ledger.",
        &[
            ("who", text("Who holds it.")),
            ("host", text("On which machine.")),
            ("run", text("The name of the run.")),
            ("since", text("Since when, in UTC.")),
            ("until", text("Until when, in UTC, unless it is renewed.")),
        ],
        &[],
    );
    let run = object(
        "A run that did not end in order. The next apply finds out what became of its writes.",
        &[
            ("run", text("Its name.")),
            (
                "began",
                maybe_text("When it began, in UTC, where that is known."),
            ),
            (
                "unsettled",
                count("Writes of which nobody knows whether they happened."),
            ),
            ("settled", count("Writes whose outcome is known.")),
            (
                "damaged",
                count("Lines of its journal that cannot be understood."),
            ),
        ],
        &[],
    );
    let resource = object(
        "A resource that is owned.",
        &[
            ("address", reference("address")),
            ("id", text("The id of the live object.")),
            (
                "parts",
                texts("The ids of all its parts, where several objects make up one resource."),
            ),
            (
                "identity",
                text("Its name, behind what that name counts below: `Support/Tier 1`."),
            ),
            (
                "preventDestroy",
                flag("Whether a manifest asked never to remove it."),
            ),
            (
                "adopted",
                flag("Whether it was there before and was taken over."),
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
        &[],
    );
    whole(
        "deskform ledger show",
        shown,
        json!({
            "address": address(),
            "lock": lock,
            "run": run,
            "resource": resource,
            "field": field(),
        }),
    )
}

/// What `plan` and `drift` print with `--format json` where `-e` names several environments.
#[must_use]
pub fn environments_schema() -> Value {
    let all = object(
        "What `plan --format json` and `drift --format json` print where `-e` names several environments.",
        &[
            version(FIRST),
            (
                "exitCode",
                count("The worst exit code: an error beats differences, and these beat none."),
            ),
            (
                "environments",
                list("One an environment.", reference("environment")),
            ),
        ],
        &[],
    );
    let figure = |doc: &str| json!({ "description": doc, "type": ["integer", "null"] });
    let alone = |doc: &str| json!({ "description": doc, "type": ["object", "null"] });
    let environment = object(
        "What came of one environment. Numbers and report are null where it failed.",
        &[
            ("environment", text("Its name.")),
            ("exitCode", count("Its exit code.")),
            (
                "drift",
                figure(
                    "Resources that moved since the last apply; in a plan, those that it sets back.",
                ),
            ),
            (
                "error",
                alone("The first of `errors`; null where it did not fail."),
            ),
            (
                "errors",
                json!({
                    "description": "Why it failed, each as `--log-format json` writes it: `level`, `code`, `message`, `places` and `help`.",
                    "type": "array",
                    "items": { "type": "object" },
                }),
            ),
        ],
        &[
            (
                "creates",
                figure("`plan`: resources that it creates, replaced ones as well."),
            ),
            ("updates", figure("`plan`: resources that it changes.")),
            (
                "deletes",
                figure(
                    "`plan`: resources that it deletes or takes out of use, replaced ones as well.",
                ),
            ),
            (
                "plan",
                alone("`plan`: what it prints of this environment alone."),
            ),
            (
                "report",
                alone("`drift`: what it prints of this environment alone."),
            ),
        ],
    );
    whole(
        "deskform of several environments",
        all,
        json!({ "environment": environment }),
    )
}

/// A line that `--log-format json` writes to standard error.
#[must_use]
pub fn log_schema() -> Value {
    let forms = [
        "message",
        "started",
        "stepStarted",
        "stepFinished",
        "finished",
        "trace",
    ];
    let line = json!({
        "description": "A line of standard error with `--log-format json`: one object a line.",
        "anyOf": forms.map(reference),
    });
    let message = object(
        "A remark, a warning or an error. A warning and an error have `code`, `places` and `help`.",
        &[
            (
                "level",
                word("How bad it is.", &["info", "warning", "error"]),
            ),
            ("message", text("A sentence.")),
        ],
        &[
            (
                "code",
                text("Which problem it is; `deskform explain CODE` says more."),
            ),
            ("help", maybe_text("The way out, where one is known.")),
            (
                "places",
                list("The places that show it.", reference("place")),
            ),
            (
                "environments",
                list(
                    "The environments that it concerns, where a command looks at several.",
                    text("The name of one."),
                ),
            ),
        ],
    );
    let place = object(
        "A place in a file.",
        &[
            ("file", text("The path from the project folder on.")),
            ("text", text("What is said of it.")),
        ],
        &[
            ("line", count("Counted from 1.")),
            ("column", count("Counted from 1.")),
        ],
    );
    let trace = object(
        "A log line: warnings always, more with `-v`, every call with `-vv`.",
        &[
            ("timestamp", text("When, in UTC.")),
            (
                "level",
                word("How important it is.", &["ERROR", "WARN", "INFO", "DEBUG"]),
            ),
            (
                "fields",
                json!({
                    "description": "The message under `message`, and what belongs to it.",
                    "type": "object",
                }),
            ),
            ("target", text("The part of deskform that says it.")),
        ],
        &[
            (
                "span",
                json!({ "description": "What it is a part of.", "type": "object" }),
            ),
            (
                "spans",
                list("All that it is a part of.", json!({ "type": "object" })),
            ),
        ],
    );
    let mut definitions = events();
    for (name, definition) in [
        ("address", address()),
        ("message", message),
        ("place", place),
        ("trace", trace),
    ] {
        definitions[name] = definition;
    }
    whole("deskform log line", line, definitions)
}

/// What happens during an apply.
fn events() -> Value {
    let step = || {
        [
            ("address", reference("address")),
            ("verb", word("What is done.", &Verb::ALL.map(Verb::as_str))),
        ]
    };
    let [address, verb] = step();
    let [ended_address, ended_verb] = step();
    json!({
        "started": object(
            "An apply begins.",
            &[
                ("event", always("Which event it is.", "started")),
                ("steps", count("How many steps will be tried, without those to do by hand.")),
            ],
            &[],
        ),
        "stepStarted": object(
            "A step begins.",
            &[("event", always("Which event it is.", "stepStarted")), address, verb],
            &[],
        ),
        "stepFinished": object(
            "A step ended.",
            &[
                ("event", always("Which event it is.", "stepFinished")),
                ended_address,
                ended_verb,
                ("outcome", reference("outcome")),
            ],
            &[],
        ),
        "finished": object(
            "The apply ended.",
            &[
                ("event", always("Which event it is.", "finished")),
                ("report", reference("tally")),
            ],
            &[],
        ),
        "outcome": object(
            "How a step ended.",
            &[(
                "outcome",
                word(
                    "How: it was done; it was refused; a step that it needs did not succeed; nobody knows; the run was stopped before it.",
                    &["applied", "failed", "skipped", "unknown", "stopped"],
                ),
            )],
            &[
                ("id", maybe_text("`applied`: the object's id.")),
                ("error", text("`failed` and `unknown`: the cause, or what to look at.")),
                ("hint", maybe_text("`failed` and `unknown`: the way out, where one is known.")),
                ("requestId", maybe_text("`failed`: what the server calls the refused call.")),
                ("partly", flag("`failed`: whether some of its writes were done before one was refused.")),
                ("because", json!({
                    "description": "`skipped`: the resource whose step did not succeed.",
                    "$ref": "#/$defs/address",
                })),
            ],
        ),
        "tally": object(
            "Counts.",
            &[
                ("applied", count("Steps that were done.")),
                ("failed", count("Steps that were refused.")),
                ("skipped", count("Steps that were not tried, since one that they need did not succeed.")),
                ("unknown", count("Steps of which nobody knows whether they were done.")),
                ("stopped", count("Steps that were not tried, since the run was stopped.")),
                ("manual", count("Steps that are left for a person.")),
                ("calls", count("Calls that were sent, reads included.")),
            ],
            &[("partly", count("Of the refused steps, those of which a part was done."))],
        ),
    })
}
