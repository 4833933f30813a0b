//! Values that answers spell otherwise or do not show: they are no difference.
//!
//! The cases are numbered as in `tests/acceptance.md`.

mod common;

use std::sync::{Arc, Mutex};

use common::front::{Front, edit, is_for_token};
use common::runs::{environment, sources};
use common::{Desk, NOW_MS, Variables, settings};
use deskform::apply::event::finished;
use deskform::clock::Clock;
use deskform::dialect::{Dialect, Edition};
use deskform::drift;
use deskform::ledger::Ledger;
use deskform::plan::Options;
use deskform::problem::Code;
use deskform::run_record::update::after;
use deskform::simulator::{Simulator, SimulatorTransport};
use serde_json::{Value, json};

const O: Dialect = Dialect::Openapi;
const G: Dialect = Dialect::Guide;

/// How the server spells what it shows: it is given each key with its value.
type Spelling = fn(&str, &mut Value);

/// One case: the dialects, the manifests, how answers spell them, and the warnings of a plan afterwards.
type Case = (
    &'static str,
    &'static [Dialect],
    &'static str,
    Spelling,
    &'static [Code],
);

/// Takes keys out of answers, as if the token's user may not see them.
fn hidden(key: &str, value: &mut Value) {
    let secret = [
        "title",
        "website",
        "description",
        "mobile",
        "phone",
        "cf_region",
    ];
    if secret.contains(&key) {
        *value = json!("gone");
    }
}

fn escaped(_: &str, value: &mut Value) {
    if let Value::String(text) = value {
        *text = text.replace('&', "&amp;").replace('\'', "&#39;");
    }
}

fn other_types(key: &str, value: &mut Value) {
    let others = [
        ("Boolean", "Checkbox"),
        ("Picklist", "ColoredPicklist"),
        ("Multiselect", "MultiselectPicklist"),
        ("URL", "Website"),
    ];
    if key == "type"
        && let Some((_, other)) = others.iter().find(|(own, _)| value == own)
    {
        *value = json!(other);
    }
}

fn unknown_type(key: &str, value: &mut Value) {
    if key == "type" && value == "Picklist" {
        *value = json!("Rating");
    }
}

fn other_values(_: &str, value: &mut Value) {
    for (own, other) in [
        ("12.5", "12.50"),
        ("7", "007"),
        ("true", "True"),
        ("2027-06-30", "2027-06-30T00:00:00.000Z"),
        ("2027-06-30T09:00:00.000Z", "2027-06-30T11:00:00+02:00"),
        ("A;B", "B;A"),
        ("https://Example.com", "https://example.com/"),
    ] {
        if value == own {
            *value = json!(other);
            return;
        }
    }
}

fn other_url(key: &str, value: &mut Value) {
    if key == "url" && value == "https://Hooks.Example.com" {
        *value = json!("https://hooks.example.com/");
    }
}

const CASES: &[Case] = &[
    (
        "case 11: what no answer shows is not known",
        &[O, G],
        "departments: {Support: {description: Answers}}
accounts: {Acme: {website: 'https://acme.example.com', phone: '12'}}
contacts: {kim@example.com: {lastName: Kim, phone: '34'}}
",
        hidden,
        &[Code::NotShown, Code::NotShown, Code::NotShown, Code::NotShown],
    ),
    (
        "case 11: in a map, too",
        &[O],
        "customFields: {region: {module: contacts, displayLabel: Region, type: Text, maxLength: 20}}
contacts: {kim@example.com: {lastName: Kim, cf: {region: EMEA}}}
",
        hidden,
        &[Code::NotShown],
    ),
    (
        "case 12: a type has several spellings",
        &[O, G],
        "customFields:
  flag: {module: contacts, displayLabel: Flag, type: Boolean}
  region: {module: contacts, displayLabel: Region, type: Picklist}
  some: {module: contacts, displayLabel: Some, type: Multiselect}
  home: {module: contacts, displayLabel: Home, type: URL}
",
        other_types,
        &[],
    ),
    (
        "case 12: one that nobody knows is told",
        &[O, G],
        "customFields: {region: {module: contacts, displayLabel: Region, type: Picklist}}\n",
        unknown_type,
        &[Code::StrangeWord],
    ),
    (
        "case 13: values are compared by their type",
        &[O],
        "customFields:
  amount: {module: contacts, displayLabel: Amount, type: Decimal, maxLength: 9, decimalPlaces: 2}
  count: {module: contacts, displayLabel: Count, type: Number, maxLength: 5}
  flag: {module: contacts, displayLabel: Flag, type: Boolean}
  day: {module: contacts, displayLabel: Day, type: Date}
  time: {module: contacts, displayLabel: Time, type: DateTime}
  home: {module: contacts, displayLabel: Home, type: URL}
contacts:
  kim@example.com:
    lastName: Kim
    cf:
      amount: 12.5
      count: 7
      flag: true
      day: 2027-06-30
      time: '2027-06-30T09:00:00.000Z'
      home: https://Example.com
",
        other_values,
        &[],
    ),
    (
        "case 16: answers may be escaped for HTML",
        &[O, G],
        "departments: {Research & Development: {description: Ann's}}
accounts: {Smith & Sons: {description: \"It's theirs & ours\"}}
",
        escaped,
        &[],
    ),
    (
        "case 28: an address has several spellings",
        &[O, G],
        "webhooks: {crm: {url: 'https://Hooks.Example.com', subscriptions: {Ticket_Add: {}, Contact_Add: {}}}}\n",
        other_url,
        &[],
    ),
];

/// Spells an answer otherwise; what is hidden is taken out.
fn spell(value: &mut Value, spelling: Spelling) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| spell(item, spelling)),
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                if value.is_object() || value.is_array() {
                    spell(value, spelling);
                } else {
                    spelling(key, value);
                }
            }
            object.retain(|_, value| value != "gone");
        }
        _ => {}
    }
}

async fn desk(
    dialect: Dialect,
    text: &str,
    simulator: &Arc<Mutex<Simulator>>,
    spelling: Spelling,
) -> Desk {
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(simulator), clock);
    let none = Variables::new();
    Desk::behind_front(
        environment(dialect),
        sources(text),
        none,
        transport,
        clock,
        |front: Front| {
            front.change(move |request, response| {
                if !is_for_token(request) {
                    edit(response, |body| spell(body, spelling));
                }
            })
        },
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn other_spellings_are_no_difference() {
    for (what, dialects, text, spelling, warnings) in CASES {
        for dialect in *dialects {
            let told = format!("{what}, {dialect}");
            let simulator = Simulator::new(settings(*dialect, Edition::Enterprise));
            let simulator = Arc::new(Mutex::new(simulator));
            // A key of a map that is missing in the answer to a write was not stored: it is hidden later.
            let at_first: Spelling = if text.contains("cf: {region") {
                |_, _| {}
            } else {
                *spelling
            };
            let first = desk(*dialect, text, &simulator, at_first).await;
            let ready = first
                .plan()
                .await
                .unwrap_or_else(|text| panic!("{told}: {text}"));
            let events = first.apply(&ready).await;
            let done = finished(&ready.planned.plan, &events);
            assert_eq!(
                done.len(),
                ready.planned.plan.steps.len(),
                "{told}: {events:?}"
            );
            let desired = first.compose().expect("manifests");
            let new = Ledger::new(&first.options().environment, "700001");
            let ledger = after(new, &desired, &ready, &done);

            let again = desk(*dialect, text, &simulator, *spelling).await;
            let options = Options {
                ledger: Some(ledger),
                ..again.options()
            };
            let ready = again.plan_of(&desired, &options).await;
            let ready = ready.unwrap_or_else(|text| panic!("{told}: {text}"));
            assert_eq!(common::work(&ready.planned.plan), [""; 0], "{told}");
            let codes: Vec<Code> = ready.warnings.iter().map(|warning| warning.code).collect();
            let left_out = |code: &Code| *code != Code::FieldLeftOut;
            let codes: Vec<Code> = codes.into_iter().filter(left_out).collect();
            assert_eq!(codes, *warnings, "{told}: {:?}", ready.warnings);
            let drifted = drift::detect(&again.session, &desired, &options, false).await;
            let drifted = drifted.unwrap_or_else(|error| panic!("{told}: {error:?}"));
            assert!(
                drifted.report.drifts.is_empty(),
                "{told}: {:?}",
                drifted.report
            );
        }
    }
}

/// Items are recorded under the handles that manifests give them, so that drift tells who moved.
#[tokio::test(start_paused = true)]
async fn drift_tells_who_moved_an_item_whatever_its_handle_is() {
    let text = |to: &str| {
        format!(
            "holidayLists:
  UK:
    holidays:
      BH1: {{holidayName: Bank, from: 05-01, to: {to}}}
      BH2: {{holidayName: Bank, from: 12-26, to: 12-26}}
"
        )
    };
    let plain: Spelling = |_, _| {};
    let simulator = Simulator::new(settings(O, Edition::Enterprise));
    let simulator = Arc::new(Mutex::new(simulator));
    let first = desk(O, &text("05-01"), &simulator, plain).await;
    let ready = first.plan().await.expect("a plan");
    let events = first.apply(&ready).await;
    let done = finished(&ready.planned.plan, &events);
    let desired = first.compose().expect("manifests");
    let new = Ledger::new(&first.options().environment, "700001");
    let ledger = after(new, &desired, &ready, &done);

    let again = desk(O, &text("05-02"), &simulator, plain).await;
    let options = Options {
        ledger: Some(ledger),
        ..again.options()
    };
    let desired = again.compose().expect("manifests");
    let detect = |only_live| drift::detect(&again.session, &desired, &options, only_live);
    let report = detect(false).await.expect("a report").report;
    let told: Vec<_> = report
        .drifts
        .iter()
        .map(|drift| {
            let field = drift.field.as_deref();
            (field, drift.moved, drift.live.clone(), drift.wanted.clone())
        })
        .collect();
    let moved = drift::Moved::Manifests;
    let field = Some("/holidays/BH1/to");
    assert_eq!(told, [(field, moved, json!("05-01"), json!("05-02"))]);
    let report = detect(true).await.expect("a report").report;
    assert!(report.drifts.is_empty(), "{report:?}");

    // An item that is declared no more, or under its old handle with another name, is nobody's hand.
    for edited in [
        text("05-01").replace(
            "      BH2: {holidayName: Bank, from: 12-26, to: 12-26}\n",
            "",
        ),
        text("05-01").replace("BH2: {holidayName: Bank", "BH2: {holidayName: Christmas"),
        text("05-01")
            .replace("BH1: ", "BH3: ")
            .replace("BH2: ", "BH1: "),
    ] {
        let again = desk(O, &edited, &simulator, plain).await;
        let desired = again.compose().expect("manifests");
        let report = drift::detect(&again.session, &desired, &options, false).await;
        let told = report.expect("a report").report.drifts;
        let is_theirs = |drift: &drift::Drift| drift.moved == drift::Moved::Manifests;
        assert!(told.iter().all(is_theirs), "{edited}{told:?}");
        let report = drift::detect(&again.session, &desired, &options, true).await;
        assert!(
            report.expect("a report").report.drifts.is_empty(),
            "{edited}"
        );
    }
}
