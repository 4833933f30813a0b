//! How many calls a plan and an apply cost, and how many of them are active at once.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod common;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Desk, NOW_MS, Variables, settings};
use deskform::apply::event::{Event, Tally};
use deskform::clock::Clock;
use deskform::config::{Environment, Project};
use deskform::dialect::{Dialect, Edition};
use deskform::kind::find;
use deskform::manifest::Sources;
use deskform::reading::Needs;
use deskform::simulator::{Counts, Organization, Settings, Simulator, SimulatorTransport};
use deskform::yaml::source::Source;
use serde_json::json;

const BOTH: [Dialect; 2] = [Dialect::Openapi, Dialect::Guide];

fn environment(dialect: Dialect, edition: Edition) -> Environment {
    let text = format!(
        "environments:\n  test: {{simulator: {{dialect: {dialect}, edition: {edition}}}}}\n"
    );
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

fn sources(text: &str) -> Sources {
    Sources {
        base: vec![Source::new("all.yaml", text.as_bytes())],
        overlays: Vec::new(),
    }
}

/// An Enterprise organization with some objects, and a manifest for it.
async fn desk(dialect: Dialect, text: &str, fill: impl FnOnce(&mut Organization)) -> Desk {
    let environment = environment(dialect, Edition::Enterprise);
    let mut simulator = Simulator::new(Settings {
        enforce_minute_limits: false,
        ..settings(dialect, Edition::Enterprise)
    });
    fill(
        simulator
            .organization_mut(&environment.org_id)
            .expect("the organization"),
    );
    let simulator = Arc::new(Mutex::new(simulator));
    Desk::with(environment, sources(text), Variables::new(), simulator).await
}

/// The calls since the last time: method and path, ids left out, each with its number.
fn calls(desk: &Desk) -> Vec<String> {
    let mut calls: Vec<(String, usize)> = Vec::new();
    for request in desk.take_log() {
        assert!(
            request.status.is_some_and(|status| status < 300),
            "{} {}: {:?}",
            request.method,
            request.target,
            request.status
        );
        let path = request.target.split('?').next().unwrap_or_default();
        let path: Vec<&str> = path
            .split('/')
            .map(|part| {
                let is_id = part.len() > 9 && part.bytes().all(|byte| byte.is_ascii_digit());
                if is_id { "ID" } else { part }
            })
            .collect();
        let call = format!("{} {}", request.method, path.join("/"));
        match calls.iter_mut().find(|(known, _)| *known == call) {
            Some((_, number)) => *number += 1,
            None => calls.push((call, 1)),
        }
    }
    calls.sort();
    calls
        .into_iter()
        .map(|(call, number)| format!("{number} {call}"))
        .collect()
}

fn tally(events: &[Event]) -> Tally {
    events
        .iter()
        .find_map(|event| match event {
            Event::Finished { report } => Some(*report),
            _ => None,
        })
        .expect("an end")
}

#[tokio::test(start_paused = true)]
async fn a_listing_costs_one_call_a_page() {
    // Pages hold 100 and overlap by one; a full page may not be the last.
    for (contacts, pages) in [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (250, 3)] {
        for dialect in BOTH {
            let desk = desk(
                dialect,
                "contacts: {jane@example.com: {lastName: Doe}}",
                |organization| {
                    for n in 0..contacts {
                        organization.insert(
                            "contacts",
                            json!({"email": format!("c{n}@example.com"), "lastName": "Doe"}),
                        );
                    }
                },
            )
            .await;
            let needs = Needs::of_kind(find("contacts").expect("a kind"));
            let live = desk.session.read(&needs).await.expect("contacts");
            assert_eq!(live.objects.len(), contacts, "{dialect}");
            let wanted = [
                format!("{pages} GET /contacts"),
                "1 GET /organizations".to_owned(),
            ];
            assert_eq!(calls(&desk), wanted, "{dialect}, {contacts} contacts");
            // Where not all is needed, the first page tells that a search costs less.
            let ready = desk.plan().await.expect("a plan");
            assert_eq!(ready.planned.plan.summary.calls, 1);
            let search = (pages > 1).then(|| "1 GET /contacts/search".to_owned());
            let wanted: Vec<String> = ["1 GET /contacts".to_owned()]
                .into_iter()
                .chain(search)
                .collect();
            assert_eq!(calls(&desk), wanted, "{dialect}, {contacts} contacts");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_declared_costs_the_preflight_only() {
    for dialect in BOTH {
        let desk = desk(dialect, "departments: {}", |_| {}).await;
        let ready = desk.plan().await.expect("a plan");
        assert!(ready.planned.plan.steps.is_empty());
        assert_eq!(calls(&desk), ["1 GET /organizations"], "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_kind_costs_a_listing_and_the_acting_agent_one_call() {
    let both = "
departments: {Example Company: {}}
agents: {jane@example.com: {lastName: Doe, ROLE}}
";
    let cases: [(Dialect, &str, &[&str]); 8] = [
        (
            Dialect::Openapi,
            both,
            &[
                "1 GET /agents",
                "1 GET /departments",
                "1 GET /myinfo",
                "1 GET /organizations",
            ],
        ),
        (
            Dialect::Guide,
            both,
            &[
                "1 GET /agents",
                "1 GET /departments",
                "1 GET /organizations",
            ],
        ),
        (
            Dialect::Openapi,
            "accounts: {Acme: {}}\ncontacts: {jane@example.com: {lastName: Doe, account: Acme}}",
            &["1 GET /accounts", "1 GET /contacts", "1 GET /organizations"],
        ),
        // Custom fields are listed by module, and only the modules that are declared.
        (
            Dialect::Openapi,
            "customFields: {a: {module: contacts, type: Date, displayLabel: A}, b: {module: accounts, type: Date, displayLabel: B}}",
            &[
                "2 GET /customFieldCount",
                "2 GET /fields",
                "1 GET /organizations",
            ],
        ),
        (
            Dialect::Guide,
            "webhooks: {hook: {url: 'https://hooks.example.com', subscriptions: {Ticket_Add: {}}}}",
            &["1 GET /events", "1 GET /organizations"],
        ),
        // What lies below layouts of one module asks for those alone.
        (
            Dialect::Openapi,
            "ticketTemplates: {a: {layout: Default, ticketTemplateValues: {subject: A}}}",
            &[
                "1 GET /layouts",
                "1 GET /organizations",
                "1 GET /ticketTemplates",
            ],
        ),
        // A check asks what it declares, and of several that ask the same one.
        (
            Dialect::Openapi,
            "checks: {a: {viewsExist: {module: tickets, names: [A]}}, b: {viewsExist: {module: tickets, names: [B]}}, c: {automationCounts: {department: {lookup: Example Company}, module: tickets, workflows: 1, blueprints: 0}}, d: {automationCounts: {department: {lookup: Example Company}, module: tickets, workflows: 0}}}",
            &[
                "2 GET /automationFeatureCount",
                "1 GET /departments",
                "1 GET /myinfo",
                "1 GET /organizations",
                "1 GET /views",
            ],
        ),
        // A tombstone is looked for as well, and so is what a lookup names.
        (
            Dialect::Openapi,
            "removed: {webhooks: [Old]}\ncontacts: {jane@example.com: {lastName: Doe, layout: {lookup: Default}}}",
            &[
                "1 GET /contacts",
                "1 GET /layouts",
                "1 GET /organizations",
                "1 GET /webhooks",
            ],
        ),
    ];
    for (dialect, text, wanted) in cases {
        let role = match dialect {
            Dialect::Openapi => "rolePermissionType: Light, departments: [Example Company]",
            Dialect::Guide => "firstName: Jane",
        };
        let desk = desk(dialect, &text.replace("ROLE", role), |_| {}).await;
        desk.plan().await.expect("a plan");
        assert_eq!(calls(&desk), wanted, "{dialect} {text}");
    }
}

/// One call for each folder or skill type that goes.
#[tokio::test(start_paused = true)]
async fn what_nobody_declares_in_what_goes_is_named() {
    for (case, asked, wanted) in [
        (
            "skill-types-in-use",
            "/skills?",
            "the plan takes `skillTypes/Example Company/Languages` away, and the skill type is used by skill `Spanish`",
        ),
        (
            "template-folders-in-use",
            "/templates?",
            "the plan takes `templateFolders/Example Company/Replies` away, and the template folder is used by e-mail template `Welcome`",
        ),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/cases")
            .join(case);
        let desk = Desk::open(&folder, "openapi", &Variables::new()).await;
        let ready = desk.plan().await.expect("a plan");
        let warnings = ready.warnings.iter().map(|warning| &*warning.message);
        assert!(warnings.eq([wanted]), "{:?}", ready.warnings);
        let log = desk.take_log();
        let calls = log.iter().filter(|one| one.target.contains(asked));
        assert_eq!(calls.count(), 1, "{case}");
    }
}

/// Thirteen calls for each custom field that goes or loses a value, and none for another one.
#[tokio::test(start_paused = true)]
async fn what_uses_a_custom_field_that_goes_or_loses_a_value_is_told_sort_by_sort() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/custom-fields-used");
    let desk = Desk::open(&folder, "openapi", &Variables::new()).await;
    let ready = desk.plan().await.expect("a plan");
    let warnings = ready.warnings.iter().map(|warning| {
        let help = warning.help.as_deref().unwrap_or_default();
        format!("{}; {help}", warning.message)
    });
    assert_eq!(
        warnings.collect::<Vec<_>>(),
        [
            "the plan takes `customFields/contacts/Old` away, and the custom field is used by SLA `Gold` and report `Monthly`; change them in Zoho Desk first, or keep what they use",
            "the plan takes the values `Bronze` and `Silver` of `customFields/tier` away, and the custom field is used by view `Gold customers`; Zoho Desk does not tell which values they ask for: look there first",
            "the plan takes the value `L` of `customFields/size` away, and the custom field is used by round-robin rule `By size`; Zoho Desk does not tell which values they ask for: look there first",
        ]
    );
    let log = desk.take_log();
    let asked = log
        .iter()
        .filter(|one| one.target.contains("/criteriaReferences"));
    assert_eq!(asked.count(), 39);
    // They are in the forecast, and so is the answer that does not show what a layout has then.
    let forecast = ready.planned.plan.forecast.expect("a forecast");
    assert_eq!(forecast.reads, log.len() as u64 + 1);
    assert!(forecast.read_credits >= 39 * 3);
}

/// One call for each organization, department or layout in which a plan makes something; none where it does
/// not, nor below what is made in the same run.
#[tokio::test(start_paused = true)]
async fn room_costs_a_call_for_each_place_in_which_something_is_made() {
    let cases: [(&str, &[&str]); 4] = [
        (
            "skillTypes: {A: {department: {lookup: Example Company}}, B: {department: {lookup: Example Company}}, C: {department: {lookup: Other}}}",
            &[
                "2 GET /automationFeatureCount",
                "1 GET /departments",
                "1 GET /myinfo",
                "1 GET /organizations",
                "1 GET /skillTypes",
            ],
        ),
        (
            "departments: {New: {}}\nskillTypes: {A: {department: New}}",
            &[
                "1 GET /departments",
                "1 GET /myinfo",
                "1 GET /organizations",
                "1 GET /skillTypes",
            ],
        ),
        (
            "businessHours: {Default: {type: 24X7}}",
            &["1 GET /businessHours", "1 GET /organizations"],
        ),
        (
            "holidayLists: {A: {holidays: {A: {from: 01-01, to: 01-01}}}, B: {holidays: {A: {from: 01-01, to: 01-01}}}}",
            &[
                "1 GET /automationFeatureCount",
                "1 GET /holidayList",
                "1 GET /organizations",
            ],
        ),
    ];
    for (text, wanted) in cases {
        let desk = desk(Dialect::Openapi, text, |organization| {
            let other = json!({"name": "Other", "isEnabled": true, "isDefault": false});
            organization.insert("departments", other);
        })
        .await;
        desk.plan().await.expect("a plan");
        assert_eq!(calls(&desk), wanted, "{text}");
    }
}

/// A layout has room for ten mappings.
#[tokio::test(start_paused = true)]
async fn a_layout_with_no_room_for_a_mapping_refuses_the_plan() {
    let text = "
dependencyMappings:
  A: {layout: {lookup: {layoutName: Default, module: tickets}}, parent: status, child: cf_town, mappings: {Open: [Berlin]}}
";
    for (there, refusal) in [
        (9, None),
        (
            10,
            Some(
                "the plan would create 1 dependency mapping of `layouts/tickets/Default`, and the organization\n  │ has room for 0: 10 of at most 10 are there",
            ),
        ),
    ] {
        let desk = desk(Dialect::Openapi, text, |organization| {
            let town = json!({"module": "tickets", "apiName": "cf_town", "displayLabel": "Town",
                "type": "Picklist", "isCustomField": true});
            organization.insert("fields", town);
            let layouts = organization.objects("layouts");
            let layout = layouts.iter().find(|one| one["module"] == "Cases");
            let layout = layout.expect("the layout of tickets")["id"].clone();
            for n in 0..there {
                let mapping = json!({"layoutId": layout, "parentId": format!("{n}1"),
                    "childId": format!("{n}2"), "mappings": {"A": ["B"]}});
                organization.insert("dependencyMappings", mapping);
            }
        })
        .await;
        let told = desk.plan().await.err();
        let is_told = |refusal: &str| told.as_deref().is_some_and(|told| told.contains(refusal));
        assert!(refusal.map_or(told.is_none(), is_told), "{there}: {told:?}");
    }
}

/// A listing of fields counts once for both kinds that read it.
#[tokio::test(start_paused = true)]
async fn access_costs_a_call_for_each_field_that_declares_it() {
    let cases: [(&str, &[&str]); 3] = [
        // What profiles may do with a field has one call for each field of which it is declared, and fields of
        // the system are listed with the custom fields of their modules.
        (
            "customFields: {a: {module: tickets, type: Date, displayLabel: A}}
fieldAccess: {subject: {module: tickets, access: {Agent: edit}}, status: {module: tickets, access: {Agent: read}}}",
            &[
                "1 GET /customFieldCount",
                "1 GET /fields",
                "2 GET /organizationFields/ID/permissions",
                "1 GET /organizations",
                "1 GET /profiles",
            ],
        ),
        (
            "fieldAccess: {subject: {module: tickets}, email: {module: contacts}}",
            &["2 GET /fields", "1 GET /organizations"],
        ),
        // A custom field that is only about to be made has none.
        (
            "customFields: {a: {module: contacts, type: Date, displayLabel: A, access: {Agent: read}}}",
            &[
                "1 GET /customFieldCount",
                "1 GET /fields",
                "1 GET /organizations",
                "1 GET /profiles",
            ],
        ),
    ];
    for (text, wanted) in cases {
        let desk = desk(Dialect::Openapi, text, |_| {}).await;
        desk.plan().await.expect("a plan");
        assert_eq!(calls(&desk), wanted, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_is_read_by_itself_only_where_a_field_calls_for_it() {
    let text = "
accounts:
  Account 1: {phone: '1'}
  Account 2: {description: New}
  Account 3: {description: New}
  Account 99: {description: Not there yet}
";
    for (dialect, singles) in [(Dialect::Openapi, 2), (Dialect::Guide, 0)] {
        let desk = desk(dialect, text, |organization| {
            for n in 0..40 {
                organization.insert(
                    "accounts",
                    json!({"accountName": format!("Account {n}"), "description": "Old", "phone": "0"}),
                );
            }
        })
        .await;
        desk.plan().await.expect("a plan");
        let mut wanted = vec![
            "1 GET /accounts".to_owned(),
            "1 GET /organizations".to_owned(),
        ];
        if singles > 0 {
            wanted.insert(1, format!("{singles} GET /accounts/ID"));
        }
        let mut found = calls(&desk);
        found.sort_by(|a, b| a[2..].cmp(&b[2..]));
        wanted.sort_by(|a, b| a[2..].cmp(&b[2..]));
        assert_eq!(found, wanted, "{dialect}");
    }
}

/// Every write of an apply, with what it is for.
#[tokio::test(start_paused = true)]
async fn an_apply_costs_one_write_a_changed_object() {
    let text = "
departments:
  Founded: {}
  Asleep: {isEnabled: false}
  Changed: {description: New, isEnabled: true}
accounts:
  Acme: {website: 'https://www.example.com', phone: '1', industry: Tools}
contacts:
  a@example.com: {lastName: A, account: Acme}
  b@example.com: {lastName: B, account: Acme}
  same@example.com: {lastName: Same}
webhooks:
  hook: {url: 'https://hooks.example.com/a', subscriptions: {Ticket_Add: {}, Contact_Add: {}}}
agents: {jane@example.com: {lastName: Doe, ROLE}}
removed: {contacts: [gone@example.com]}
";
    let cases: [(Dialect, &str, &[&str]); 2] = [
        (
            Dialect::Openapi,
            "rolePermissionType: Light, departments: [Founded]",
            &[
                "1 PATCH /departments/ID",
                "1 POST /accounts",
                "1 POST /agents",
                "2 POST /contacts",
                "1 POST /contacts/moveToTrash",
                "2 POST /departments",
                // The API creates departments enabled, switches them by calls of their own, and
                // wants a member from the start.
                "1 POST /departments/ID/disable",
                "1 POST /departments/ID/dissociateAgents",
                "1 POST /departments/ID/enable",
                "1 POST /webhooks",
            ],
        ),
        (
            Dialect::Guide,
            "firstName: Jane",
            &[
                "1 DELETE /contacts/ID",
                "1 PATCH /departments/ID",
                "1 POST /accounts",
                "1 POST /agents",
                "2 POST /contacts",
                "2 POST /departments",
                // One object an event.
                "2 POST /events",
            ],
        ),
    ];
    for (dialect, role, wanted) in cases {
        let desk = desk(dialect, &text.replace("ROLE", role), |organization| {
            for name in ["same", "gone"] {
                organization.insert(
                    "contacts",
                    json!({"email": format!("{name}@example.com"), "lastName": "Same"}),
                );
            }
            organization.insert(
                "departments",
                json!({"name": "Changed", "description": "Old", "isEnabled": false}),
            );
        })
        .await;
        let ready = desk.plan().await.expect("a plan");
        desk.take_log();
        let tally = tally(&desk.apply(&ready).await);
        assert_eq!((tally.failed, tally.unknown, tally.skipped), (0, 0, 0));
        let mut found = calls(&desk);
        let mut wanted: Vec<String> = wanted.iter().map(|call| (*call).to_owned()).collect();
        found.sort_by(|a, b| a[2..].cmp(&b[2..]));
        wanted.sort_by(|a, b| a[2..].cmp(&b[2..]));
        assert_eq!(found, wanted, "{dialect}");
        let writes: usize = wanted
            .iter()
            .filter_map(|call| call.split(' ').next()?.parse::<usize>().ok())
            .sum();
        assert_eq!(ready.planned.plan.summary.calls, writes, "{dialect}");

        let again = desk.plan().await.expect("a plan");
        assert!(again.planned.plan.steps.is_empty(), "{dialect}");
        desk.take_log();
        desk.apply(&again).await;
        assert!(
            desk.take_log().is_empty(),
            "{dialect}: an apply without steps sent something"
        );
    }
}

/// Many objects that wait for nothing.
fn many() -> String {
    (0..80).fold("contacts:\n".to_owned(), |mut text, n| {
        let _ = writeln!(text, "  c{n}@example.com: {{lastName: Doe}}");
        text
    })
}

/// Applies [`many`] over a slow connection; the counts of the whole run.
async fn slow(settings: Settings, parallelism: Option<usize>) -> Counts {
    let mut environment = environment(settings.dialect, settings.edition);
    environment.parallelism = parallelism;
    environment.dialect = Some(settings.dialect);
    let simulator = Arc::new(Mutex::new(Simulator::new(settings)));
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(&simulator), clock)
        .with_latency(Duration::from_millis(40));
    let desk = Desk::behind(
        environment,
        sources(&many()),
        Variables::new(),
        transport,
        clock,
    )
    .await;
    let ready = desk.plan().await.expect("a plan");
    let tally = tally(&desk.apply(&ready).await);
    assert_eq!(tally.applied, 80, "{tally:?}");
    let counts = simulator.lock().expect("it").statistics().total.clone();
    assert_eq!(counts.writes, 80);
    counts
}

#[tokio::test(start_paused = true)]
async fn the_window_of_each_edition_is_filled_and_never_exceeded() {
    for (dialect, edition, limit) in [
        (Dialect::Openapi, Edition::Free, 5),
        (Dialect::Openapi, Edition::Express, 10),
        (Dialect::Openapi, Edition::Standard, 10),
        (Dialect::Openapi, Edition::Professional, 15),
        (Dialect::Openapi, Edition::Enterprise, 25),
        (Dialect::Guide, Edition::Free, 10),
        (Dialect::Guide, Edition::Standard, 10),
        (Dialect::Guide, Edition::Professional, 10),
        (Dialect::Guide, Edition::Enterprise, 10),
    ] {
        // Without the guide's limit of a minute, which would hold calls back before.
        let counts = slow(
            Settings {
                rate_limit_headers: false,
                enforce_minute_limits: false,
                ..settings(dialect, edition)
            },
            None,
        )
        .await;
        assert_eq!(
            (counts.peak_concurrency, counts.throttled),
            (limit, 0),
            "{dialect} {edition}"
        );
        for wanted in [1, 3, limit + 20] {
            let settings = Settings {
                rate_limit_headers: false,
                enforce_minute_limits: false,
                ..settings(dialect, edition)
            };
            let counts = slow(settings, Some(wanted)).await;
            assert_eq!(
                (counts.peak_concurrency, counts.throttled),
                (wanted.min(limit), 0),
                "{dialect} {edition}, parallelism {wanted}"
            );
        }
    }
}

/// The client waits by the headers, so that no call is ever refused.
#[tokio::test(start_paused = true)]
async fn the_limit_of_a_minute_refuses_nothing() {
    for edition in [
        Edition::Free,
        Edition::Standard,
        Edition::Professional,
        Edition::Enterprise,
    ] {
        let counts = slow(settings(Dialect::Guide, edition), None).await;
        assert_eq!(counts.throttled, 0, "{edition}");
        assert!(counts.peak_concurrency <= 10, "{edition}");
    }
}
