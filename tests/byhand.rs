//! What a plan cannot do by itself, and what it says of it.
//!
//! The cases are numbered as in `tests/acceptance.md`.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod common;

use std::sync::{Arc, Mutex};

use common::front::edit;
use common::runs::{DIALECTS, Run, environment, organization, plan, sources};
use common::{Desk, Variables, work};
use deskform::apply::event::Outcome;
use deskform::dialect::Dialect;
use deskform::drift::{self, Moved, Report, What};
use deskform::ledger::Ledger;
use deskform::plan::Options;
use deskform::simulator::Simulator;
use deskform::verb::Verb;
use serde_json::{Value, json};

/// What drifted, with a ledger or without one.
async fn drifted(
    dialect: Dialect,
    text: &str,
    simulator: &Arc<Mutex<Simulator>>,
    ledger: Option<Ledger>,
    only_live: bool,
) -> Report {
    let simulator = Arc::clone(simulator);
    let none = Variables::new();
    let desk = Desk::with(environment(dialect), sources(text), none, simulator).await;
    let options = Options {
        ledger,
        ..desk.options()
    };
    let desired = desk.compose().expect("manifests");
    let drifted = drift::detect(&desk.session, &desired, &options, only_live).await;
    drifted.expect("a report").report
}

fn field(kind: &str) -> String {
    format!("customFields: {{x: {{module: contacts, displayLabel: X, type: {kind}}}}}\n")
}

#[tokio::test(start_paused = true)]
async fn case_41_what_is_fixed_names_what_is_live_and_only_what_is_owned_is_offered_to_be_replaced()
{
    for dialect in DIALECTS {
        let simulator = organization(dialect);
        let first = Run::of(dialect, &field("Date"), &simulator, |front| front).await;
        let ledger = first.ledger(Ledger::new("test", "700001"));
        // A ledger that owns something else owns this as little as none.
        let other = Ledger::new("test", "700001");
        for (ledger, is_owned) in [(Some(ledger), true), (Some(other), false), (None, false)] {
            let refused = plan(dialect, &field("DateTime"), &simulator, ledger).await;
            let refused = refused.expect_err("a refusal");
            let refused = refused.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                refused.contains(
                    "`type` of `customFields/x` can be given on creation only, and the live value is `Date`"
                ),
                "{refused}"
            );
            assert_eq!(refused.contains("replace: true"), is_owned, "{refused}");
            let says = refused.contains("deskform does not own this one");
            assert_eq!(says, !is_owned, "{refused}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_42_without_a_ledger_what_is_declared_and_not_live_does_not_count_as_live() {
    let before = "departments: {Support: {description: Answers}}\n";
    let field = "customFields: {x: {module: contacts, displayLabel: X, type: Picklist";
    for dialect in DIALECTS {
        let simulator = organization(dialect);
        let first = format!("{before}{field}}}}}\n");
        Run::of(dialect, &first, &simulator, |front| front).await;
        // An SLA, a department and the choices of a field are declared and not live.
        let text = format!(
            "departments: {{Support: {{description: Others}}, New: {{}}}}\nslas: {{Gold: {{description: Fast}}}}\n{field}, values: [A], isMandatory: true}}}}\n"
        );
        let all = drifted(dialect, text.as_ref(), &simulator, None, false).await;
        let missing = |report: &Report| {
            let drifts = report.drifts.iter();
            let missing = drifts.filter(|drift| drift.what == What::Missing);
            missing
                .map(|drift| drift.address.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(missing(&all), ["departments/New", "slas/Gold"]);
        let by_hand = |report: &Report| {
            let drifts = report.drifts.iter();
            drifts.filter(|drift| drift.what == What::ByHand).count()
        };
        let hands = if dialect == Dialect::Openapi { 2 } else { 0 };
        assert_eq!(by_hand(&all), hands, "{all:?}");
        let live = drifted(dialect, text.as_ref(), &simulator, None, true).await;
        assert_eq!(missing(&live), [""; 0]);
        assert_eq!(by_hand(&live), 0, "{live:?}");
        // What is live and differs may be somebody's change.
        let changed = live
            .drifts
            .iter()
            .any(|drift| drift.address.to_string() == "departments/Support");
        assert!(changed, "{live:?}");
        // With a ledger that owned it, what is gone was deleted.
        let ledger = Run::of(dialect, before, &simulator, |front| front).await;
        let mut ledger = ledger.ledger(Ledger::new("test", "700001"));
        for entry in ledger.resources.values_mut() {
            entry.id = "1".to_owned();
        }
        let renamed = organization(dialect);
        let gone = drifted(dialect, before, &renamed, Some(ledger), true).await;
        let gone: Vec<What> = gone.drifts.iter().map(|drift| drift.what).collect();
        assert_eq!(gone, [What::Deleted]);
    }
}

/// The addresses and changes of the steps that are left to a person.
fn by_hand(ready: &deskform::session::Ready) -> Vec<String> {
    let steps = ready.planned.plan.steps.iter();
    let manual = steps.filter(|step| step.verb == Verb::Manual);
    let told = manual.map(|step| {
        let changes: Vec<String> = step.changes.iter().map(|one| one.field.clone()).collect();
        let instruction = step.instruction.clone().unwrap_or_default();
        format!("{} {}: {instruction}", step.address, changes.join(" "))
    });
    told.collect()
}

/// What only the agents themselves can change is sent of nobody else, and the plan says so before any
/// invitation goes out.
#[tokio::test(start_paused = true)]
async fn case_15_what_only_the_agent_can_change_is_left_to_the_agent() {
    let place = "at the agent's own settings, signed in as that agent, since nobody else can";
    for dialect in DIALECTS {
        let (mut fields, more) = match dialect {
            Dialect::Openapi => (
                vec!["langCode", "countryCode", "timeZone"],
                "rolePermissionType: AgentPublic, departments: [Support], langCode: fr_FR",
            ),
            Dialect::Guide => (vec!["countryCode", "timeZone"], "firstName: B"),
        };
        let text = format!(
            "departments: {{Support: {{}}}}\nagents:\n  a@example.com: {{lastName: A, {more}, countryCode: FR, timeZone: Europe/Paris}}\n"
        );
        let simulator = organization(dialect);
        for round in 0..3 {
            let run = Run::of(dialect, &text, &simulator, |front| front).await;
            let steps = by_hand(&run.ready);
            let wanted: Vec<String> = fields
                .iter()
                .map(|field| format!("agents/a@example.com /{field}: set `{field}` {place}"))
                .collect();
            assert_eq!(steps, wanted, "{dialect} {round}");
            let is_done = |outcome: &&Outcome| matches!(outcome, Outcome::Applied { .. });
            assert!(run.outcomes().iter().all(is_done), "{:?}", run.events);
            let log = run.desk.take_log();
            let writes = log.iter().filter(|call| call.method != "GET");
            let sent: Vec<String> = writes.map(|call| format!("{:?}", call.body)).collect();
            assert_eq!(sent.is_empty(), round > 0, "{sent:?}");
            for field in ["langCode", "countryCode", "timeZone"] {
                assert!(!sent.concat().contains(field), "{sent:?}");
            }
            assert_eq!(run.desk.violations(), [""; 0]);
        }
        // What was done by hand is asked for no more, and drift tells the rest as a thing to do.
        {
            let mut simulator = simulator.lock().expect("one thread");
            let organization = simulator.organization_mut("700001").expect("it");
            let key = if dialect == Dialect::Openapi {
                "emailId"
            } else {
                "email"
            };
            let mut agent = organization
                .find("agents", key, "a@example.com")
                .expect("the agent")
                .clone();
            agent["countryCode"] = json!("FR");
            organization.insert("agents", agent);
        }
        fields.retain(|field| *field != "countryCode");
        let ready = plan(dialect, text.as_ref(), &simulator, None)
            .await
            .expect("a plan");
        assert_eq!(by_hand(&ready).len(), fields.len(), "{:?}", by_hand(&ready));
        assert_eq!(work(&ready.planned.plan), [""; 0]);
        let report = drifted(dialect, text.as_ref(), &simulator, None, false).await;
        assert_eq!(report.drifts.len(), fields.len());
        assert!(report.drifts.iter().all(|drift| drift.what == What::ByHand));
    }
}

/// Of the one in whose name deskform works it is sent like anything else.
#[tokio::test(start_paused = true)]
async fn case_15_the_acting_agent_changes_its_own_settings() {
    let dialect = Dialect::Openapi;
    let simulator = organization(dialect);
    let email = {
        let simulator = simulator.lock().expect("one thread");
        let organization = simulator.organization("700001").expect("it");
        let acting = organization.acting_agent().to_owned();
        let agents = organization.objects("agents");
        let acting = agents.iter().find(|agent| agent["id"] == *acting);
        acting.expect("it")["emailId"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let text =
        format!("agents: {{{email}: {{lastName: A, timeZone: Europe/Paris, langCode: fr_FR}}}}\n");
    let run = Run::of(dialect, &text, &simulator, |front| front).await;
    assert_eq!(by_hand(&run.ready), [""; 0]);
    assert!(matches!(*run.outcomes(), [Outcome::Applied { .. }]));
    let ready = plan(dialect, text.as_ref(), &simulator, None)
        .await
        .expect("a plan");
    assert!(ready.planned.plan.steps.is_empty());
}

/// What a person does in the layouts: the choices of the field `x`, where it is there.
fn set_choices(simulator: &Arc<Mutex<Simulator>>, choices: &Value) {
    let mut simulator = simulator.lock().expect("one thread");
    let organization = simulator.organization_mut("700001").expect("it");
    let field = organization.find("fields", "apiName", "cf_x");
    if let Some(mut field) = field {
        field["pickListValues"] = choices.clone();
        organization.insert("fields", field);
    }
}

/// Values of a choice that only a person can set wait for that choice, and are sent once it is there.
#[tokio::test(start_paused = true)]
async fn case_40_a_value_waits_for_the_choice_that_only_a_person_can_set() {
    let dialect = Dialect::Openapi;
    for (kind, value) in [("Picklist", "B"), ("Multiselect", "B")] {
        let text = format!(
            "customFields:\n  x: {{module: contacts, displayLabel: X, type: {kind}, values: [A, B]}}\n  y: {{module: contacts, displayLabel: Y, type: Date}}\n\
             contacts:\n  a@example.com: {{lastName: A, cf: {{x: A}}}}\n  b@example.com: {{lastName: B, cf: {{x: '{value}', y: '2026-01-02'}}}}\n"
        );
        let simulator = organization(dialect);
        let mut ledger = Ledger::new("test", "700001");
        // What a person has done before each round, and whose value is live after it.
        for (round, (choices, has)) in [
            (json!([]), ""),
            (json!([]), ""),
            (json!([{"value": "A"}]), "a"),
            (json!([{"value": "A"}, {"value": "B"}]), "ab"),
            (json!([{"value": "A"}, {"value": "B"}]), "ab"),
        ]
        .into_iter()
        .enumerate()
        {
            set_choices(&simulator, &choices);
            let run = Run::with(dialect, &text, &simulator, Some(ledger.clone())).await;
            let steps = by_hand(&run.ready);
            let waiting = match has {
                "" => "`contacts/a@example.com`, `contacts/b@example.com` refer",
                _ => "`contacts/b@example.com` refers",
            };
            let wanted = format!(
                "customFields/x /values: set `values` of `X` (module `contacts`) at Setup > Customization > Layouts and Fields: open the layout that holds the field; then apply again, since {waiting} to it"
            );
            if has == "ab" {
                assert_eq!(steps, [""; 0]);
            } else {
                assert_eq!(steps, [wanted], "{kind} {round}");
            }
            let is_done = |outcome: &&Outcome| matches!(outcome, Outcome::Applied { .. });
            assert!(run.outcomes().iter().all(is_done), "{:?}", run.events);
            assert_eq!(run.desk.violations(), [""; 0]);
            for name in ["a", "b"] {
                let contacts = run.desk.objects("contacts");
                let email = format!("{name}@example.com");
                let contact = contacts.iter().find(|one| one["email"] == *email);
                let contact = contact.expect("the contact");
                let is_there = !contact["cf"]["cf_x"].is_null();
                assert_eq!(is_there, has.contains(name), "{kind} {round}: {contact}");
                // What does not wait is sent at once.
                assert_eq!(contact["cf"]["cf_y"].is_null(), name == "a", "{contact}");
            }
            ledger = run.ledger(ledger);
            // Nothing but the step itself is left, and a schedule is silent about it.
            let options = Options {
                ledger: Some(ledger.clone()),
                ..run.desk.options()
            };
            let desired = run.desk.compose().expect("manifests");
            let ready = run.desk.plan_of(&desired, &options).await;
            assert_eq!(work(&ready.expect("a plan").planned.plan), [""; 0]);
            let silent = drift::detect(&run.desk.session, &desired, &options, true).await;
            let silent = silent.expect("a report").report;
            assert_eq!(silent.drifts, [], "{kind} {round}");
        }
    }
}

/// In the guide the choices are sent, and nothing waits for anybody; nor does it where no answer shows
/// the choices of what is live.
#[tokio::test(start_paused = true)]
async fn case_40_nothing_waits_where_nobody_has_to_do_anything() {
    let text = "customFields: {x: {module: contacts, displayLabel: X, type: Picklist, values: [A, B]}}\ncontacts: {a@example.com: {lastName: A, cf: {x: A}}}\n";
    let sent = |run: &Run| run.desk.objects("contacts")[0]["cf"]["cf_x"] == "A";
    let simulator = organization(Dialect::Guide);
    let run = Run::of(Dialect::Guide, text, &simulator, |front| front).await;
    assert_eq!(by_hand(&run.ready), [""; 0]);
    assert!(sent(&run));

    let simulator = organization(Dialect::Openapi);
    Run::of(Dialect::Openapi, text, &simulator, |front| front).await;
    let run = Run::of(Dialect::Openapi, text, &simulator, |front| {
        front.change(|request, response| {
            if request.uri().path().contains("/fields") {
                edit(response, |body| {
                    for field in body["data"].as_array_mut().into_iter().flatten() {
                        let field = field.as_object_mut().expect("a field");
                        field.shift_remove("pickListValues");
                    }
                });
            }
        })
    })
    .await;
    assert_eq!(by_hand(&run.ready), [""; 0]);
    assert!(sent(&run));
}

/// A field that is made anew has no choice any more, whatever the old one had.
#[tokio::test(start_paused = true)]
async fn case_40_a_replaced_field_has_no_choices() {
    let dialect = Dialect::Openapi;
    let text = |kind: &str, lifecycle: &str| {
        format!(
            "customFields: {{x: {{module: contacts, displayLabel: X, type: {kind}, values: [A, B]{lifecycle}}}}}\ncontacts: {{a@example.com: {{lastName: A, cf: {{x: A}}}}}}\n"
        )
    };
    let simulator = organization(dialect);
    let first = Run::of(dialect, &text("Picklist", ""), &simulator, |front| front).await;
    let ledger = first.ledger(Ledger::new("test", "700001"));
    set_choices(&simulator, &json!([{"value": "A"}, {"value": "B"}]));
    let second = Run::with(
        dialect,
        &text("Picklist", ""),
        &simulator,
        Some(ledger.clone()),
    )
    .await;
    let ledger = second.ledger(ledger);
    assert_eq!(second.desk.objects("contacts")[0]["cf"]["cf_x"], "A");
    let text = text("Multiselect", ", lifecycle: {replace: true}");
    let third = Run::with(dialect, &text, &simulator, Some(ledger)).await;
    let steps = by_hand(&third.ready);
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert!(
        steps[0].ends_with("then apply again, since `contacts/a@example.com` refers to it"),
        "{steps:?}"
    );
    let verbs: Vec<Verb> = (third.ready.planned.plan.steps.iter())
        .map(|step| step.verb)
        .collect();
    assert_eq!(verbs, [Verb::Replace, Verb::Manual]);
    assert!(third.desk.objects("contacts")[0]["cf"]["cf_x"].is_null());
}

/// The Automation Studio's rule groups that an organization shows, with ids that end so.
fn rule_group(ids: &str, department: &str, action: &str) -> Value {
    json!({"id": format!("9000{ids}"), "name": "Escalate VIP", "description": null,
        "engine": {"id": format!("3{ids}"), "systemName": "AUTOMATION_STUDIO"},
        "module": {"id": format!("4{ids}"), "apiName": "tickets", "displayLabel": "Tickets"},
        "departmentProperties": [{"id": department, "ruleGroupStatus": "ACTIVE",
            "ruleGroupOrder": "1", "ruleGroupExecutionType": "SYNC"}],
        "events": [{"sysName": "tickets_create", "displayLabel": "Create", "userCriteria": {}}],
        "rules": [{"id": format!("5{ids}"), "name": "First", "order": 1, "criteria": {},
            "clusters": [{"id": format!("6{ids}"), "type": "TREE", "modifiedTime": ids, "nodes": [
                {"id": format!("7{ids}"), "name": action, "type": "ROOT", "propertyId": ids,
                    "entityInfo": {"actionId": ids, "actionType": "FIELD_UPDATE"}, "childNodes": []}]}]}]})
}

#[tokio::test(start_paused = true)]
async fn what_no_request_changes_is_exported_without_ids_and_watched() {
    let simulator = organization(Dialect::Openapi);
    let show = |ids: &str, action: &str| {
        let mut simulator = simulator.lock().expect("it");
        let organization = simulator.organization_mut("700001").expect("it");
        let department = organization.objects("departments")[0]["id"].clone();
        let department = department.as_str().expect("an id");
        organization.remove("ruleGroups", "90001001");
        organization.insert("ruleGroups", rule_group(ids, department, action));
    };
    show("1001", "Raise the priority of ${Tickets.Ticket Id}");
    let none = Variables::new();
    let desk = Desk::with(
        environment(Dialect::Openapi),
        sources(""),
        none,
        Arc::clone(&simulator),
    )
    .await;
    desk.export_plans_to_nothing(&Variables::new())
        .await
        .expect("nothing to do");
    let exported = desk.exported().await.expect("an export");
    let text = exported.text("ruleGroups.yaml").expect("rule groups");
    assert!(
        text.contains("actionType") && text.contains("$${Tickets.Ticket Id}"),
        "{text}"
    );
    for own in ["1001", "actionId", "modifiedTime"] {
        assert!(!text.contains(own), "{own}: {text}");
    }
    // Other ids are no difference; another action is one, and a person's to make.
    show("2002", "Raise the priority of ${Tickets.Ticket Id}");
    let same = drifted(Dialect::Openapi, text.as_ref(), &simulator, None, false).await;
    assert!(same.drifts.is_empty(), "{same:#?}");
    // What was seen as it should be is known, so that the side is told that moved.
    let none = Ledger::new("test", "700001");
    let run = Run::with(
        Dialect::Openapi,
        text.as_ref(),
        &simulator,
        Some(none.clone()),
    )
    .await;
    let ledger = run.ledger(none);
    show("2002", "Close the ticket");
    let live = drifted(
        Dialect::Openapi,
        text.as_ref(),
        &simulator,
        Some(ledger),
        true,
    )
    .await;
    let moved: Vec<(Option<&str>, Moved)> = live
        .drifts
        .iter()
        .map(|drift| (drift.field.as_deref(), drift.moved))
        .collect();
    assert_eq!(moved, [(Some("/rules"), Moved::Live)], "{live:#?}");
    let other = drifted(Dialect::Openapi, text.as_ref(), &simulator, None, false).await;
    let named: Vec<String> = other
        .drifts
        .iter()
        .map(|drift| drift.address.to_string())
        .collect();
    assert_eq!(named, ["ruleGroups/Escalate VIP"], "{other:#?}");
    let ready = plan(Dialect::Openapi, text.as_ref(), &simulator, None)
        .await
        .expect("a plan");
    let verbs: Vec<Verb> = ready
        .planned
        .plan
        .steps
        .iter()
        .map(|step| step.verb)
        .collect();
    assert_eq!(verbs, [Verb::Manual], "{:#?}", ready.planned.plan.steps);
}
