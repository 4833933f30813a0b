//! What a person has to do stands in a plan for as long as it is to be done, and no longer.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};

use common::{Desk, Variables, settings};
use deskform::config::Project;
use deskform::dialect::{Dialect, Edition};
use deskform::export::export;
use deskform::manifest::{Sources, to_sources};
use deskform::reading::Needs;
use deskform::simulator::{Organization, Simulator};
use deskform::verb::Verb;
use deskform::yaml::source::Source;
use serde_json::{Value, json};

const PROJECT: &str = "environments:\n  test: {simulator: {dialect: openapi, edition: enterprise, organization: '700001'}}\n";

async fn desk(text: &str) -> Desk {
    let source = Source::new("deskform.yaml", PROJECT.as_bytes());
    let project = Project::parse(Path::new("."), &source).expect("a project");
    let environment = project.environment(None).expect("it").clone();
    let sources = Sources {
        base: vec![Source::new("all.yaml", text.as_bytes())],
        overlays: Vec::new(),
    };
    let simulator = Simulator::new(settings(Dialect::Openapi, Edition::Enterprise));
    Desk::with(
        environment,
        sources,
        Variables::new(),
        Arc::new(Mutex::new(simulator)),
    )
    .await
}

/// The steps of a plan that a person has to do.
async fn by_hand(desk: &Desk) -> Vec<String> {
    let ready = desk.plan().await.expect("a plan");
    let steps = ready.planned.plan.steps.iter();
    let steps = steps.filter(|step| step.verb == Verb::Manual);
    steps.map(|step| step.address.to_string()).collect()
}

/// Lets a person do something in the organization.
fn lets(desk: &Desk, does: impl FnOnce(&mut Organization)) {
    let mut simulator = desk.simulator.lock().expect("it");
    let id = &desk.environment.org_id;
    does(simulator.organization_mut(id).expect("the organization"));
}

/// Changes the object that has a value in a field.
fn change(organization: &mut Organization, of: (&str, &str, &str), key: &str, value: &Value) {
    let (collection, field, name) = of;
    let object = organization.find(collection, field, name).expect("it");
    let id = object["id"].as_str().expect("an id").to_owned();
    organization.change(collection, &id, |object| {
        object.insert(key.to_owned(), value.clone());
    });
}

type Deed = fn(&mut Organization);

#[tokio::test(start_paused = true)]
async fn what_a_person_has_done_is_no_step_any_more() {
    let cases: [(&str, &str, Deed); 6] = [
        (
            "checks/Rules",
            "checks: {Rules: {automationCounts: {department: {lookup: Example Company}, module: tickets, workflows: 1}}}",
            |organization| {
                let department = organization.objects("departments")[0]["id"].clone();
                organization.insert(
                    "automations",
                    json!({"feature": "workflows", "departmentId": department, "module": "tickets", "name": "Some"}),
                );
            },
        ),
        (
            "checks/Views",
            "checks: {Views: {viewsExist: {module: contacts, names: [Mine]}}}",
            |organization| {
                organization.insert(
                    "views",
                    json!({"module": "contacts", "departmentId": null, "name": "Mine", "isCustomView": true}),
                );
            },
        ),
        (
            "checks/Uses",
            "customFields: {vip: {module: tickets, type: Text, displayLabel: VIP, maxLength: 20}}\nchecks: {Uses: {fieldIsUsedBy: {field: vip, reports: [Monthly]}}}",
            |organization| {
                let field = organization.find("fields", "displayLabel", "VIP");
                let id = field.expect("the field")["id"].clone();
                organization.insert(
                    "criteriaReferences",
                    json!({"fieldId": id, "featureType": "Report", "name": "Monthly"}),
                );
            },
        ),
        ("slas/Gold", "slas: {Gold: {}}", |organization| {
            let id = organization.insert("slas", json!({"name": "Gold", "isActive": true}));
            let hours = organization.objects("businessHours")[0]["id"].clone();
            organization.insert(
                    "relatedRules",
                    json!({"businessHourId": hours, "ruleId": id, "ruleName": "Gold", "ruleType": "SLA"}),
                );
        }),
        (
            "customFields/area",
            "customFields: {area: {module: tickets, type: Picklist, displayLabel: Area, values: [North, South]}}",
            |organization| {
                change(
                    organization,
                    ("fields", "displayLabel", "Area"),
                    "pickListValues",
                    &json!([{"value": "North"}, {"value": "South"}]),
                );
            },
        ),
        (
            "agents/jane@example.com",
            "agents: {jane@example.com: {lastName: Doe, rolePermissionType: Light, departments: [{lookup: Example Company}], timeZone: Europe/Berlin}}",
            |organization| {
                change(
                    organization,
                    ("agents", "emailId", "jane@example.com"),
                    "timeZone",
                    &json!("Europe/Berlin"),
                );
            },
        ),
    ];
    for (address, text, done) in cases {
        let desk = desk(text).await;
        let ready = desk.plan().await.expect("a plan");
        desk.apply(&ready).await;
        assert_eq!(by_hand(&desk).await, [address], "{text}");
        lets(&desk, done);
        assert!(by_hand(&desk).await.is_empty(), "{text}");
    }
}

/// What an export writes of checks.
async fn inventory(desk: &Desk) -> String {
    let needs = Needs::everything(desk.session.dialect);
    let mut live = desk.session.read(&needs).await.expect("it is read");
    let exported = export(&mut live, &|_| false);
    let sources = to_sources(&exported.state);
    let written = sources
        .base
        .iter()
        .find(|source| &*source.name == "checks.yaml");
    written.map_or_else(String::new, |source| source.text.to_string())
}

/// One name that no check takes does not cost the others.
#[tokio::test(start_paused = true)]
async fn a_name_that_is_too_long_is_left_out_alone() {
    let desk = desk("departments: {}").await;
    lets(&desk, |organization| {
        let department = organization.objects("departments")[0]["id"].clone();
        for name in ["Mine".to_owned(), "x".repeat(60)] {
            organization.insert(
                "views",
                json!({"module": "tickets", "departmentId": department, "name": name, "isCustomView": true}),
            );
        }
    });
    let written = inventory(&desk).await;
    assert!(written.contains("Mine"), "{written}");
    assert!(!written.contains("xxx"), "{written}");
    let none = Variables::new();
    desk.export_plans_to_nothing(&none)
        .await
        .expect("it plans to nothing");
}
