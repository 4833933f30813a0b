//! Every renderer against one plan that holds every case, and against hostile values.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Style, Whereabouts, events, explain, forecast, json, lines, markdown, summary, text};
use crate::api::Method;
use crate::apply::event::{Event, Outcome, Tally};
use crate::dialect::{Dialect, Edition, Unit};
use crate::kind::{self, KINDS, Risk, Shape};
use crate::plan::forecast::{Budget, Forecast};
use crate::plan::record::{FieldLeft, MovedHandle, Record};
use crate::plan::{
    Acknowledged, FORMAT_VERSION, FieldChange, FileLine, LiveChange, Plan, Referrers, RequestLine,
    SECRET, Step, StepRisk, Summary, Warning,
};
use crate::state::Address;
use crate::verb::Verb;

pub(super) fn at(text: &str) -> Address {
    text.parse().unwrap()
}

pub(super) fn change(field: &str, before: Json, after: Json) -> FieldChange {
    FieldChange {
        field: format!("/{}", field.replace('.', "/")),
        before,
        after,
        secret: false,
        sets_back: None,
    }
}

pub(super) fn step(verb: Verb, address: &str, changes: Vec<FieldChange>) -> Step {
    Step {
        address: at(address),
        verb,
        adopted: false,
        changes: changes.into(),
        after: Vec::new(),
        requests: Vec::new(),
        credits: 1,
        origin: None,
        restores: false,
        needed: false,
        referred_by: None,
        risk: Vec::new(),
        effects: Vec::new(),
        instruction: None,
    }
}

pub(super) fn plan_of(steps: Vec<Step>) -> Plan {
    let number = |verb| steps.iter().filter(|step| step.verb == verb).count();
    let calls = steps.len() - number(Verb::Manual);
    Plan {
        format_version: FORMAT_VERSION,
        environment: "production".to_owned(),
        org_id: "700002".to_owned(),
        dialect: Dialect::Openapi,
        digest: "sha256:00".to_owned(),
        targets: Vec::new(),
        allow_deletes: None,
        made: None,
        warnings: Vec::new(),
        summary: Summary {
            create: number(Verb::Create),
            update: number(Verb::Update),
            replace: number(Verb::Replace),
            delete: number(Verb::Delete),
            disable: number(Verb::Disable),
            manual: number(Verb::Manual),
            record: Record::default(),
            unchanged: 5,
            calls,
            credits: calls,
        },
        forecast: None,
        steps,
        fingerprints: BTreeMap::new(),
        acknowledged: Vec::new(),
        alike: Vec::new(),
        no_longer_declared: Vec::new(),
        taken_over: Vec::new(),
        moved_handles: Vec::new(),
        gone: Vec::new(),
        fields_left: Vec::new(),
        owns_nothing_yet: false,
        ledger_serial: None,
        not_compared: Vec::new(),
        refused: Vec::new(),
    }
}

fn creations() -> Vec<Step> {
    vec![
        Step {
            requests: vec![RequestLine {
                method: Method::Post,
                path: "/departments".into(),
            }],
            ..step(
                Verb::Create,
                "departments/Billing",
                vec![
                    change("name", Json::Null, json!("Billing & Payments")),
                    change(
                        "description",
                        Json::Null,
                        json!("Invoices.\nRefunds, `too`.\n"),
                    ),
                    change("isVisibleInCustomerPortal", Json::Null, json!(false)),
                ],
            )
        },
        Step {
            after: vec![at("departments/Billing"), at("roles/Support Agent")],
            effects: vec!["an invitation is mailed and a seat is used".to_owned()],
            ..step(
                Verb::Create,
                "agents/sarah.johnson@example.com",
                vec![
                    change("lastName", Json::Null, json!("Johnson")),
                    change("role", Json::Null, json!("roles/Support Agent")),
                    change(
                        "departments",
                        Json::Null,
                        json!(["departments/Billing", "departments/A/B"]),
                    ),
                ],
            )
        },
    ]
}

fn updates() -> Vec<Step> {
    vec![
        Step {
            adopted: true,
            ..step(
                Verb::Update,
                "agents/omar@example.com",
                vec![
                    change(
                        "departments",
                        json!(["departments/Sales", "departments/Support"]),
                        json!(["departments/Billing", "departments/Support"]),
                    ),
                    change("role", Json::Null, json!("roles/Support Agent")),
                    change("phone", json!("1"), Json::Null),
                    change("extn", json!("12 "), json!("roles/12")),
                    change(
                        "aboutInfo",
                        json!("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"),
                        json!("one\ntwo\nthree\n4 \nfive\nsix\nseven\neight"),
                    ),
                ],
            )
        },
        step(
            Verb::Update,
            "customFields/region",
            vec![
                change(
                    "values",
                    json!(["EMEA", "APAC"]),
                    json!(["APAC", "EMEA", "a, b"]),
                ),
                change("maxLength", json!(50), json!(100)),
                change("lookup.module", Json::Null, json!({"apiName": "accounts"})),
            ],
        ),
        step(
            Verb::Update,
            "contacts/john.smith@example.com",
            vec![
                change("cf.region", json!("EMEA"), json!("APAC")),
                change("cf.cf_tier", json!("true"), json!(true)),
                change("account", json!("accounts/Old"), json!("accounts/Acme")),
                change(
                    "description",
                    json!(
                        "A sentence that is long enough to need a line of its own in any terminal."
                    ),
                    json!(
                        "A sentence that is long enough to need a line of its own in each terminal."
                    ),
                ),
            ],
        ),
    ]
}

fn others() -> Vec<Step> {
    vec![
        Step {
            changes: vec![
                FieldChange {
                    field: "/url".to_owned(),
                    before: json!("https://hooks.example.com/?key=hunter2"),
                    after: json!("https://hooks.example.com/?key=hunter3"),
                    secret: true,
                    sets_back: None,
                },
                change(
                    "subscriptions",
                    json!({"Ticket_Add": {}, "Contact_Add": {}}),
                    json!({"Ticket_Add": {"departments": ["departments/Billing"]}, "Contact_Add": {}, "Ticket_Update": {"fields": ["status"]}}),
                ),
            ]
            .into(),
            effects: vec!["the URL is called to check it".to_owned()],
            ..step(Verb::Replace, "webhooks/crm-sync", Vec::new())
        },
        Step {
            effects: vec!["its value on every record is lost".to_owned()],
            ..step(Verb::Delete, "customFields/tier", Vec::new())
        },
        step(Verb::Delete, "roles/Old", Vec::new()),
        step(
            Verb::Disable,
            "departments/Legacy",
            vec![change("isEnabled", json!(true), json!(false))],
        ),
        Step {
            instruction: Some(
                "Setup > Automation > SLAs: make `Gold` with\nresponse 8 business hours".to_owned(),
            ),
            ..step(Verb::Manual, "slas/Gold", vec![])
        },
        step(
            Verb::Update,
            "departments/Evil \u{1b}[2J",
            vec![change(
                "description",
                json!("```\n</details>\n# Heading\n@octocat #123 <b>"),
                json!("```\n\u{202e}</details>\n| a | b |\u{7}"),
            )],
        ),
    ]
}

pub(super) fn full() -> Plan {
    let mut plan = plan_of([creations(), updates(), others()].concat());
    plan.summary.record = Record {
        take_over: 2,
        moved: 1,
        let_go: 1,
        fields: 2,
    };
    plan.taken_over = vec![at("departments/Billing"), at("departments/Sales")];
    plan.moved_handles = vec![MovedHandle {
        old: at("roles/Boss"),
        new: at("roles/Head"),
    }];
    plan.fields_left = ["/phone", "/cf/cf_region"]
        .map(|field| FieldLeft {
            address: at("contacts/ben@example.com"),
            field: field.to_owned(),
            can_be_cleared: field == "/phone",
        })
        .to_vec();
    plan.no_longer_declared = vec![at("contacts/old.customer@example.com")];
    plan.forecast = Some(costs());
    plan.acknowledged = vec![
        Acknowledged {
            address: at("agents/omar@example.com"),
            field: Some("timeZone".to_owned()),
            reason: "agents set their own".to_owned(),
            until: Some("2027-06-30".to_owned()),
        },
        Acknowledged {
            address: at("roles/Guest"),
            field: None,
            reason: "`@octocat` <i>".to_owned(),
            until: None,
        },
    ];
    plan.not_compared = vec!["webhooks/erp".to_owned()];
    plan.targets = vec![Address::new("departments", Address::ALL)];
    plan
}

fn costs() -> Forecast {
    Forecast {
        reads: 45,
        writes: 9,
        read_credits: 205,
        write_credits: 14,
        dearer_price: true,
        ways: Vec::new(),
        budget: Some(Budget {
            unit: Unit::Credits,
            left: 1_000,
            after: 781,
            reset_ms: None,
        }),
        concurrency: 25,
        calls_per_minute: None,
        latency_ms: 250,
        latency_measured: true,
        seconds: 12,
    }
}

pub(super) fn whereabouts() -> Whereabouts {
    Whereabouts {
        environment: "production".to_owned(),
        org_id: "700002".to_owned(),
        organization: "Example Company".to_owned(),
        edition: Some(Edition::Enterprise),
        simulated: false,
        dialect: Dialect::Openapi,
        ledger: "s3://bucket/production.json".to_owned(),
    }
}

#[test]
fn the_forecast_in_its_forms() {
    let mut plan = plan_of(creations());
    assert_eq!(forecast(&plan), None);
    let mut line = |dialect, change: fn(&mut Forecast)| {
        plan.dialect = dialect;
        let mut costs = costs();
        change(&mut costs);
        plan.forecast = Some(costs);
        forecast(&plan).unwrap()
    };
    let (openapi, guide) = (Dialect::Openapi, Dialect::Guide);
    assert_eq!(
        line(openapi, |_| {}),
        "Apply: 45 reads and 9 writes, 219 credits with long lists at the dearer of two known prices (781 left today after it), about 20 s."
    );
    assert_eq!(
        line(openapi, |costs| {
            costs.reads = 0;
            costs.read_credits = 0;
            costs.dearer_price = false;
            costs.budget = None;
            costs.latency_measured = false;
            costs.seconds = 3;
        }),
        "Apply: 9 writes, 14 credits, a few seconds if a call takes 250 ms."
    );
    assert_eq!(
        line(openapi, |costs| {
            costs.dearer_price = false;
            costs.budget.as_mut().unwrap().left = 218;
            costs.seconds = 5_401;
        }),
        "Apply: 45 reads and 9 writes, 219 credits (218 left today, too few), about 2 h."
    );
    assert_eq!(
        line(guide, |costs| {
            costs.budget = Some(Budget {
                unit: Unit::Calls,
                left: 1_000,
                after: 946,
                reset_ms: Some(0),
            });
            costs.calls_per_minute = Some(20);
            costs.seconds = 120;
        }),
        "Apply: 45 reads and 9 writes (946 calls left today after it), about 2 min at 20 calls a minute."
    );
}

const VERBOSE: Style = Style {
    color: false,
    width: 60,
    verbose: true,
};

#[test]
fn text_shows_every_case() {
    assert_snapshot!("text", text::plan(&full(), Style::default()));
    assert_snapshot!("text_verbose", text::plan(&full(), VERBOSE));
}

#[test]
fn long_texts_are_compared_only_where_they_differ() {
    let numbered = |word: &str| {
        let rows: Vec<_> = (0..3_000).map(|row| format!("{word} {row}")).collect();
        rows.join("\n")
    };
    let shown = |before: String, after: String| {
        let change = change("description", json!(before), json!(after));
        let plan = plan_of(vec![step(Verb::Update, "accounts/Acme", vec![change])]);
        let shown = text::plan(&plan, Style::default());
        let count = |start: &str| shown.lines().filter(|line| line.starts_with(start)).count();
        (count("      - "), count("      + "), count("        "))
    };
    let (old, new) = (numbered("old"), numbered("new"));
    // Nothing alike and too much of it: replaced as a whole.
    assert_eq!(shown(old.clone(), new), (3_000, 3_000, 0));
    // One line among many, with its context.
    let one = old.replace("old 1500\n", "new 1500\n");
    assert_eq!(shown(old, one), (1, 1, 4));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let style = Style {
        color: true,
        ..Style::default()
    };
    let mut colored = text::plan(&full(), style);
    assert!(colored.contains("\u{1b}[32m+ create departments/Billing\u{1b}[0m\n"));
    for code in ["0", "31", "32", "33", "36"] {
        colored = colored.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(colored, text::plan(&full(), Style::default()));
}

#[test]
fn markdown_shows_every_case() {
    assert_snapshot!("markdown", markdown::plan(&full(), &whereabouts()));
}

#[test]
fn summaries_count_what_is_there() {
    let empty = plan_of(Vec::new());
    let none = "No changes: 5 resources match the manifests.";
    assert_eq!(summary(&empty), none);
    let limited = |unchanged, adopted| {
        let mut plan = plan_of(Vec::new());
        plan.targets = vec![Address::new("roles", "Lead")];
        plan.summary.unchanged = unchanged;
        plan.summary.record.take_over = adopted;
        summary(&plan)
    };
    for (line, (unchanged, adopted)) in [
        (
            "No changes: no resource was compared; nothing else was looked at.",
            (0, 0),
        ),
        (
            "No changes: 1 resource matches the manifests; nothing else was looked at.",
            (1, 0),
        ),
        (
            "No changes: 3 resources match the manifests; nothing else was looked at. In the ledger alone: 2 to take over; nothing changes in Zoho Desk.",
            (3, 2),
        ),
    ] {
        assert_eq!(limited(unchanged, adopted), line);
    }
    assert_eq!(text::plan(&empty, Style::default()), format!("{none}\n"));
    let with = |dialect, numbers: [usize; 9]| {
        let mut plan = plan_of(vec![step(Verb::Delete, "roles/Old", Vec::new())]);
        plan.dialect = dialect;
        let [
            create,
            update,
            replace,
            delete,
            disable,
            manual,
            adopted,
            calls,
            credits,
        ] = numbers;
        plan.summary = Summary {
            create,
            update,
            replace,
            delete,
            disable,
            manual,
            record: Record {
                take_over: adopted,
                ..Record::default()
            },
            unchanged: 7,
            calls,
            credits,
        };
        summary(&plan)
    };
    let (openapi, guide) = (Dialect::Openapi, Dialect::Guide);
    for (dialect, numbers, line) in [
        (
            openapi,
            [12, 3, 0, 1, 0, 1, 0, 19, 19],
            "Plan: 12 to create, 3 to update, 1 to delete, 1 to do by hand. 19 calls, 19 credits.",
        ),
        (
            guide,
            [0, 0, 1, 0, 2, 0, 1, 1, 1],
            "Plan: 1 to replace, 2 to disable. 1 call. In the ledger alone: 1 to take over.",
        ),
        (
            openapi,
            [0, 0, 0, 0, 0, 3, 2, 0, 0],
            "Plan: 3 to do by hand. In the ledger alone: 2 to take over.",
        ),
        (
            openapi,
            [1, 0, 0, 0, 0, 0, 0, 1, 1],
            "Plan: 1 to create. 1 call, 1 credit.",
        ),
    ] {
        assert_eq!(with(dialect, numbers), line);
    }
}

#[test]
fn no_renderer_shows_a_secret() {
    let plan = full();
    for shown in [
        text::plan(&plan, VERBOSE),
        markdown::plan(&plan, &whereabouts()),
        json::plan(&plan),
    ] {
        assert!(!shown.contains("hunter"), "{shown}");
        assert!(shown.contains(SECRET));
    }
}

#[test]
fn json_is_stable_and_reads_back() {
    let mut plan = full();
    plan.steps.truncate(2);
    assert_snapshot!("json", json::plan(&plan));
    let mut plan = full();
    for change in plan.steps.iter_mut().flat_map(|step| &mut step.changes) {
        if change.secret {
            change.before = SECRET.into();
            change.after = SECRET.into();
        }
    }
    let text = json::plan(&plan);
    assert_eq!(json::parse(&text).unwrap(), plan);
    assert!(!text.contains(['\u{202e}', '\u{1b}', '\u{7}']));
}

#[test]
fn json_of_another_version_or_form_is_refused() {
    let later = r#"{"formatVersion": 3, "stages": []}"#;
    for (text, message) in [
        (
            later,
            "it is a plan of format version 3, and this deskform reads version 2 only",
        ),
        (
            r#"{"formatVersion": 2, "stages": []}"#,
            "it is no saved plan: unknown field `stages`",
        ),
        ("{}", "it is no saved plan: missing field `formatVersion`"),
        ("plan", "it is no saved plan: not JSON at line 1"),
    ] {
        let error = json::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

fn history() -> Vec<Event> {
    let ended = |address: &str, verb, outcome| Event::StepFinished {
        address: at(address),
        verb,
        outcome,
    };
    vec![
        Event::Started { steps: 6 },
        Event::StepStarted {
            address: at("departments/Billing"),
            verb: Verb::Create,
        },
        ended(
            "departments/Billing",
            Verb::Create,
            Outcome::Applied {
                id: Some("7000".to_owned()),
            },
        ),
        ended(
            "agents/omar@example.com",
            Verb::Update,
            Outcome::Skipped {
                because: at("departments/Sales"),
            },
        ),
        ended(
            "departments/Sales",
            Verb::Update,
            Outcome::Failed {
                error: "the server refused `name`: \u{1b}[31mduplicate".to_owned(),
                hint: Some("choose another name".to_owned()),
                request_id: Some("req-1".to_owned()),
                partly: false,
            },
        ),
        ended(
            "webhooks/crm-sync",
            Verb::Replace,
            Outcome::Unknown {
                error: "the answer of POST /webhooks was lost".to_owned(),
                hint: None,
            },
        ),
        ended("roles/Old", Verb::Delete, Outcome::Stopped),
        ended(
            "departments/Legacy",
            Verb::Disable,
            Outcome::Applied { id: None },
        ),
        Event::Finished {
            report: Tally {
                applied: 2,
                failed: 1,
                partly: 0,
                skipped: 1,
                unknown: 1,
                stopped: 1,
                manual: 1,
                calls: 9,
            },
        },
    ]
}

#[test]
fn events_have_lines() {
    let lines = |style| {
        let lines: Vec<_> = history()
            .iter()
            .filter_map(|event| events::line(event, style))
            .collect();
        lines.join("\n")
    };
    assert_snapshot!("events", lines(Style::default()));
    assert_snapshot!("events_verbose", lines(VERBOSE));
    let json: String = history().iter().map(json::event).collect();
    assert_snapshot!("events_json", json);
    assert!(
        json.lines()
            .all(|line| serde_json::from_str::<Json>(line).is_ok())
    );
}

#[test]
fn the_report_tells_what_did_not_succeed() {
    let shown = events::report(&full(), &history(), Style::default());
    assert_snapshot!("report", shown);
}

#[test]
fn tallies_count_what_happened() {
    for ((applied, failed, skipped, manual, calls), line) in [
        (
            (12, 1, 1, 0, 15),
            "Applied 12 of 14 steps: 1 failed, 1 skipped. 15 calls.",
        ),
        ((1, 0, 0, 0, 1), "Applied 1 of 1 step. 1 call."),
        (
            (0, 0, 0, 2, 0),
            "Nothing to apply. 2 steps left to do by hand.",
        ),
    ] {
        let tally = Tally {
            applied,
            failed,
            skipped,
            manual,
            calls,
            ..Tally::default()
        };
        assert_eq!(events::tally(&tally), line);
    }
}

#[test]
fn explain_tells_what_the_tables_say() {
    assert_snapshot!("explain_kinds", explain::kinds());
    for collection in [
        "agents",
        "customFields",
        "departments",
        "layouts",
        "profiles",
        "slas",
        "webhooks",
    ] {
        let kind = kind::find(collection).unwrap();
        assert_snapshot!(format!("explain_{collection}"), explain::kind(kind));
    }
    let fields: Vec<_> = [
        ("slas", "responseTime.businessHours"),
        ("agents", "status"),
        ("customFields", "lookup.module.apiName"),
        ("customFields", "type"),
        ("webhooks", "subscriptions.Ticket_Update"),
        ("webhooks", "url"),
        ("accounts", "annualrevenue"),
        ("profiles", "permissions.reports"),
    ]
    .into_iter()
    .map(|(kind, path)| explain::field(kind::find(kind).unwrap(), path).unwrap())
    .collect();
    assert_snapshot!("explain_fields", fields.join("\n"));
    for (kind, path) in [
        ("slas", "colour"),
        ("slas", "name.first"),
        ("slas", "responseTime.days"),
        ("webhooks", "subscriptions.Ticket_Sing"),
        ("customFields", "lookup.module.apiName.more"),
    ] {
        assert_eq!(explain::field(kind::find(kind).unwrap(), path), None);
    }
}

#[test]
fn what_yaml_would_read_otherwise_stands_in_quotes() {
    for text in [
        "#FFF",
        "room #1",
        "no#comment",
        "12",
        "true",
        "null",
        "a: b",
        "[a]",
        "{a}",
        "",
        " a",
        "\"a\"",
    ] {
        let written = lines::flow(&json!({ "a": text }));
        let read: Json = serde_yaml::from_str(&written).unwrap();
        assert_eq!(read, json!({ "a": text }), "{written}");
    }
    // A number sign that begins no comment needs none.
    assert_eq!(lines::flow(&json!("no#comment")), "no#comment");
}

#[test]
fn examples_obey_the_tables() {
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        let shown = explain::kind(kind);
        let (_, example) = shown.split_once("\nExample\n\n").unwrap();
        let manifest: Json = serde_yaml::from_str(example).unwrap();
        let (handle, body) = manifest[kind.collection]
            .as_object()
            .unwrap()
            .iter()
            .next()
            .unwrap();
        let body = body.as_object().unwrap();
        assert!(!body.is_empty() && body.len() <= 8, "{example}");
        for field in kind.fields {
            let handle = json!(handle);
            let value = match body.get(field.name) {
                None if field.naming && kind.is_nameless() => continue,
                None if field.name == kind.field_of_handle().name => &handle,
                None if field.naming => continue,
                None if field.required => panic!("{} is missing in {example}", field.name),
                None => continue,
                Some(value) => value,
            };
            let (max, pattern) = match field.shape {
                Shape::Text { max, pattern, .. } => (max, pattern),
                Shape::Email { max, pattern } => (max, Some(pattern)),
                Shape::Choice(words) => {
                    assert!(words.contains(&value.as_str().unwrap()));
                    continue;
                }
                _ => continue,
            };
            let schema = json!({
                "type": "string",
                "maxLength": if max == 0 { 9999 } else { max },
                "pattern": pattern.map_or("", |pattern| pattern.regex),
            });
            assert!(
                jsonschema::is_valid(&schema, value),
                "{}: {value}",
                field.name
            );
        }
        for name in body.keys() {
            assert!(kind.field(name).is_some(), "{name}");
        }
    }
}

/// What is left of Markdown when fences, code spans and this project's own tags are taken out.
fn bare(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let run: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if run.len() >= open.len() && run == line => fence = None,
            Some(_) => {}
            None if run.len() >= 3 => fence = Some(run),
            None => {
                out.push_str(&without_spans(line));
                out.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a fence is open at the end");
    out
}

fn without_spans(line: &str) -> String {
    let line = match (line.find("<code>"), line.find("</code>")) {
        (Some(start), Some(end)) => {
            let inside = &line[start + 6..end];
            assert!(!inside.contains(['<', '>', '"']), "{line}");
            format!("{}{}", &line[..start], &line[end + 7..])
        }
        _ => line.to_owned(),
    };
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some(start) = rest.find('`') {
        out.push_str(&rest[..start]);
        let run = rest[start..].chars().take_while(|c| *c == '`').count();
        let mut from = start + run;
        loop {
            let next = from + rest[from..].find('`').expect("a code span is open");
            let length = rest[next..].chars().take_while(|c| *c == '`').count();
            from = next + length;
            if length == run {
                break;
            }
        }
        rest = &rest[from..];
    }
    out.push_str(rest);
    ["<details><summary>", "</summary>", "</details>"]
        .iter()
        .fold(out, |out, tag| out.replace(tag, ""))
}

pub(super) fn check_markdown(plan: &Plan) {
    // The ledger's place is as hostile as the environment's name.
    let whereabouts = Whereabouts {
        environment: plan.environment.clone(),
        org_id: plan.org_id.clone(),
        ledger: plan.environment.clone(),
        organization: plan.environment.clone(),
        ..whereabouts()
    };
    let line = whereabouts.line();
    assert!(!line.trim_end().chars().any(char::is_control), "{line:?}");
    let shown = markdown::plan(plan, &whereabouts);
    let with_commit = shown.len() + markdown::PIPELINE;
    assert!(with_commit < markdown::LIMIT, "{} bytes", shown.len());
    let (first, rest) = shown.split_once('\n').unwrap();
    assert_eq!(first, markdown::marker(&plan.environment));
    assert_eq!(first.find("-->"), Some(first.len() - 3));
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
    let bare = bare(rest);
    assert!(!bare.contains(['<', '@', '|', '[']), "{bare}");
    assert_eq!(
        shown.matches("<details><summary>").count(),
        shown.lines().filter(|line| *line == "</details>").count()
    );
}

#[test]
fn markdown_stays_short_and_names_what_it_leaves_out() {
    let steps = |number: usize, size: usize| {
        let create = |index| {
            let value = json!("x @octocat `` <b>\n".repeat(size));
            let address = format!("departments/Number {index}");
            step(
                Verb::Create,
                &address,
                vec![change("description", Json::Null, value)],
            )
        };
        plan_of((0..number).map(create).collect())
    };
    for (number, size) in [(1, 100_000), (40, 1_000), (600, 10), (20_000, 1)] {
        let mut plan = steps(number, size);
        plan.not_compared = vec!["webhooks/crm-sync".to_owned()];
        check_markdown(&plan);
        let shown = markdown::plan(&plan, &whereabouts());
        let named = shown.matches("departments/Number ").count();
        if number > 10_000 {
            let rest = format!(
                "_Details, {} steps and 1 remark are not shown here",
                number - named
            );
            assert!(shown.contains(&rest));
            assert!(shown.len() > markdown::LIMIT - 2_000);
        } else {
            assert_eq!(named, number);
            let cut = shown.contains("_Some details are not shown here");
            assert_eq!(cut, number > 1);
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "`",
        "``````",
        "<",
        "</details>",
        "<!--",
        "-->",
        "@octocat",
        "#123",
        "\n# x\n",
        "|",
        "\\",
        "\n```\n",
        "\u{1b}[2J",
        "\u{202e}",
        "~~~",
        "&lt;",
        " ",
        "é",
        "𝕏",
        "[x](y)",
        "\r",
        "\"",
        "*",
    ]);
    prop_oneof![
        prop::collection::vec(parts, 1..12).prop_map(|parts| parts.concat()),
        "\\PC{1,40}",
        any::<String>().prop_filter("a handle has a character", |text| !text.is_empty()),
    ]
}

proptest! {
    #[test]
    fn hostile_values_break_nothing(texts in prop::collection::vec(hostile(), 8), verb in 0..6_usize) {
        let verbs = [Verb::Create, Verb::Update, Verb::Replace, Verb::Delete, Verb::Disable, Verb::Manual];
        let [a, b, c, d, e, f, g, h] = &texts[..] else { unreachable!() };
        let mut hostile = step(verbs[verb], &format!("departments/{a}"), vec![
            change("description", json!(b), json!(c)),
            change(d, json!([b, {c: d}]), json!({e: f})),
            change("name", Json::Null, json!(g)),
        ]);
        hostile.effects = vec![e.clone()];
        hostile.instruction = Some(f.clone());
        hostile.origin = Some(FileLine { file: g.clone(), line: 1 });
        (hostile.restores, hostile.needed) = (true, true);
        let people = vec![at(&format!("agents/{b}"))];
        hostile.referred_by = Some(Referrers { count: 2, first: people.clone() });
        hostile.risk = vec![StepRisk { class: Risk::People, fields: vec!["/name".to_owned(), c.clone()], people }];
        for change in &mut hostile.changes {
            change.sets_back = Some(Box::new(LiveChange { modified: Some(d.clone()), by: Some(e.clone()) }));
        }
        let mut plan = plan_of(vec![hostile, step(Verb::Delete, &format!("roles/{h}"), Vec::new())]);
        plan.environment.clone_from(g);
        plan.org_id.clone_from(h);
        plan.targets = vec![at(&format!("roles/{b}"))];
        plan.not_compared = vec![c.clone()];
        plan.warnings = vec![Warning { code: a.clone(), message: f.clone(), help: None, places: Vec::new() }];
        plan.acknowledged = vec![Acknowledged {
            address: at(&format!("roles/{d}")),
            field: Some(e.clone()),
            reason: f.clone(),
            until: Some(g.clone()),
        }];
        check_markdown(&plan);
        for style in [Style::default(), VERBOSE] {
            let shown = text::plan(&plan, style);
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        }
        prop_assert_eq!(json::parse(&json::plan(&plan)).unwrap(), plan);
    }
}
