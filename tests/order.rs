//! Order among siblings (`$order`): when a step comes of it, what it sends, and what came of it; and
//! items of lists that have calls of their own.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;
mod common;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use command::Place;
use common::front::answer;
use common::runs::{Run, environment, organization, plan, rest, sources};
use common::{Desk, Variables};
use deskform::apply::event::Outcome;
use deskform::dialect::Dialect;
use deskform::ledger::Ledger;
use deskform::manifest::{Sources, compose};
use deskform::simulator::Simulator;
use deskform::state::Address;
use deskform::yaml::source::Source;
use http::{Method, Request};
use serde_json::{Value, json};

const O: Dialect = Dialect::Openapi;

/// Skills of one department with an order, or without one.
fn skills(order: Option<&str>, names: &[&str]) -> String {
    let mut text = "departments: {Ours: {name: Example Company}}\n\
        skillTypes: {Any: {department: Ours}}\nskills:\n"
        .to_owned();
    if let Some(order) = order {
        let _ = writeln!(text, "  $order: {{Ours: [{order}]}}");
    }
    for name in names {
        let _ = writeln!(
            text,
            "  {name}: {{skillType: Any, criteria: {{pattern: '1', fieldConditions: \
             {{1: {{fieldModule: tickets, fieldName: Subject, condition: is, value: [x]}}}}}}}}"
        );
    }
    text
}

/// A ledger that owns nothing.
fn none() -> Ledger {
    Ledger::new("test", "700001")
}

/// The names of the skills in their order.
fn in_order(simulator: &Arc<Mutex<Simulator>>) -> Vec<String> {
    let simulator = simulator.lock().expect("it");
    let organization = simulator.organization("700001").expect("it");
    let mut skills = organization.objects("skills");
    skills.sort_by_key(|skill| skill["orderId"].as_u64());
    let names = skills.iter().filter_map(|skill| skill["name"].as_str());
    names.map(str::to_owned).collect()
}

/// Puts the skills in another order behind deskform's back.
fn put(simulator: &Arc<Mutex<Simulator>>, names: &[&str]) {
    let mut simulator = simulator.lock().expect("it");
    let organization = simulator.organization_mut("700001").expect("it");
    for (place, name) in names.iter().enumerate() {
        let skill = organization.find("skills", "name", name).expect("it");
        let id = skill["id"].as_str().expect("an id").to_owned();
        organization.change("skills", &id, |skill| {
            skill.insert("orderId".into(), json!(place + 1));
        });
    }
}

/// The steps of a plan, each with what happens besides.
async fn steps(
    text: &str,
    simulator: &Arc<Mutex<Simulator>>,
    ledger: Option<Ledger>,
) -> Vec<(String, Vec<String>)> {
    let ready = plan(O, text, simulator, ledger).await.expect("a plan");
    let steps = ready.planned.plan.steps.into_iter();
    let told = steps.map(|step| (format!("{:?} {}", step.verb, step.address), step.effects));
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_where_the_relative_order_agrees() {
    let simulator = organization(O);
    let run = Run::with(O, &skills(None, &["A", "B", "C", "D"]), &simulator, None).await;
    let ledger = run.ledger(none());
    put(&simulator, &["D", "A", "C", "B"]);
    for (order, moves) in [
        // Those that are not named may stand between them.
        ("D, B", None),
        ("A, C, B", None),
        ("D, A, C, B", None),
        (
            "B, D",
            Some("moves `B` from 4th to 1st and `D` from 1st to 4th"),
        ),
    ] {
        let text = skills(Some(order), &["A", "B", "C", "D"]);
        let steps = steps(&text, &simulator, Some(ledger.clone())).await;
        let wanted = moves.map(|moves| {
            (
                "Update skills/$order/Ours".to_owned(),
                vec![moves.to_owned()],
            )
        });
        assert_eq!(steps, Vec::from_iter(wanted), "{order}");
    }
    // Without it the order is left alone.
    let text = skills(None, &["A", "B", "C", "D"]);
    assert_eq!(steps(&text, &simulator, Some(ledger)).await, []);
}

/// The listing of the siblings shows their order: it costs no call of its own.
#[tokio::test(start_paused = true)]
async fn an_order_costs_no_listing_of_its_own() {
    let simulator = organization(O);
    Run::with(O, &skills(None, &["A", "B"]), &simulator, None).await;
    for order in [None, Some("A, B"), Some("B, A")] {
        let text = sources(&skills(order, &["A", "B"]));
        let behind = Arc::clone(&simulator);
        let desk = Desk::with(environment(O), text, Variables::new(), behind).await;
        desk.take_log();
        desk.plan().await.expect("a plan");
        let calls = desk.take_log().into_iter();
        let calls = calls.filter(|one| one.target.contains("/skills?")).count();
        assert_eq!(calls, 1, "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_is_applied_and_then_agrees() {
    let simulator = organization(O);
    let text = skills(Some("C, A, B"), &["A", "B", "C"]);
    let run = Run::with(O, &text, &simulator, Some(none())).await;
    assert_eq!(in_order(&simulator), ["C", "A", "B"]);
    let ledger = run.ledger(none());
    assert!(rest(O, &text, &simulator, ledger.clone()).await.is_empty());
    // One goes and one comes in the same run.
    let text = skills(Some("D, B, C"), &["B", "C", "D"]);
    let run = Run::with(O, &text, &simulator, Some(ledger.clone())).await;
    assert_eq!(in_order(&simulator), ["D", "B", "C"]);
    assert!(
        rest(O, &text, &simulator, run.ledger(ledger))
            .await
            .is_empty()
    );
    assert_eq!(run.desk.violations(), [] as [String; 0]);
}

fn orders(request: &Request<Bytes>) -> bool {
    request.method() == Method::POST && request.uri().path().ends_with("/skills/order")
}

/// A lost answer and one that says nothing are the same: what came of it is read back.
#[tokio::test(start_paused = true)]
async fn what_came_of_an_order_is_read_back() {
    let text = skills(Some("B, A"), &["A", "B"]);
    let simulator = organization(O);
    Run::with(O, &skills(None, &["A", "B"]), &simulator, None).await;
    let run = Run::of(O, &text, &simulator, |front| {
        front.change(|request, response| {
            if orders(request) {
                *response = answer(503, &[], &json!({"errorCode": "INTERNAL_SERVER_ERROR"}));
            }
        })
    })
    .await;
    assert_eq!(in_order(&simulator), ["B", "A"]);
    assert_eq!(run.outcomes().len(), 1);
    assert!(rest(O, &text, &simulator, none()).await.is_empty());
    // A server that takes it and does nothing has put nothing in order.
    put(&simulator, &["A", "B"]);
    let run = Run::of(O, &text, &simulator, |front| {
        front.ask(|request| orders(request).then(|| answer(200, &[], &json!({}))))
    })
    .await;
    let [Outcome::Failed { error, .. }] = run.outcomes()[..] else {
        panic!("{:?}", run.events)
    };
    assert!(error.contains("did not store `order`"), "{error}");
    let left = rest(O, &text, &simulator, none()).await;
    assert_eq!(left.len(), 1, "{left:?}");
}

/// The department is one that no manifest manages: its name stands for it.
#[tokio::test(start_paused = true)]
async fn an_order_may_lie_below_what_is_looked_up() {
    let simulator = organization(O);
    Run::with(O, &skills(None, &["A", "B"]), &simulator, None).await;
    let text = skills(Some("B, A"), &["A", "B"]);
    let text = text
        .replace("departments: {Ours: {name: Example Company}}\n", "")
        .replace("department: Ours", "department: {lookup: Example Company}")
        .replace("Ours: [", "Example Company: [");
    let run = Run::with(O, &text, &simulator, None).await;
    assert_eq!(in_order(&simulator), ["B", "A"], "{:?}", run.events);
    assert!(rest(O, &text, &simulator, none()).await.is_empty());
    let unknown = text.replace("Example Company: [", "Nowhere: [");
    let refused = plan(O, &unknown, &simulator, None).await;
    let Err(refusal) = refused else {
        panic!("it is planned")
    };
    assert!(
        refusal.contains("department") && refusal.contains("Nowhere"),
        "{refusal}"
    );
}

#[test]
fn the_digest_knows_an_order() {
    let digest = |order: Option<&str>| {
        let text = sources(&skills(order, &["A", "B"]));
        compose(&text, &environment(O), &|_| None)
            .expect("it")
            .digest
    };
    let digests = [None, Some("A, B"), Some("B, A")].map(digest);
    assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    assert_eq!(digest(Some("A, B")), digests[1]);
}

/// An overlay gives an order anew, be there one below it or not, and takes one out.
#[test]
fn an_overlay_gives_an_order_anew() {
    let wanted = |order: Option<&str>, over: &str| -> Option<Vec<String>> {
        let base = skills(order, &["A", "B", "C"]);
        let sources = Sources {
            base: vec![Source::new("all.yaml", base.as_bytes())],
            overlays: vec![vec![Source::new("overlays/test/a.yaml", over.as_bytes())]],
        };
        let desired = compose(&sources, &environment(O), &|_| None).expect("it");
        let address: Address = "skills/$order/Ours".parse().expect("an address");
        let order = desired.state.get(&address)?.body.get("order")?.clone();
        let deskform::state::Value::List(items) = order else {
            return None;
        };
        Some(items.iter().map(|item| format!("{item:?}")).collect())
    };
    let of = |handles: &[&str]| -> Option<Vec<String>> {
        let one = |handle: &&str| format!("Reference(To(skills/{handle}))");
        Some(handles.iter().map(one).collect())
    };
    let over = "skills: {$order: {Ours: [C, A]}}";
    assert_eq!(wanted(Some("A, B, C"), over), of(&["C", "A"]));
    assert_eq!(wanted(None, over), of(&["C", "A"]));
    assert_eq!(
        wanted(Some("A, B, C"), "skills: {$order: {Ours: null}}"),
        None
    );
    assert_eq!(wanted(Some("A, B, C"), "skills: {}"), of(&["A", "B", "C"]));
}

/// A request takes 200 at most: more are not put in order.
#[tokio::test(start_paused = true)]
async fn more_than_a_request_takes_are_not_put_in_order() {
    for (others, wanted) in [(198, true), (199, false)] {
        let simulator = organization(O);
        Run::with(O, &skills(None, &["A", "B"]), &simulator, None).await;
        {
            let mut simulator = simulator.lock().expect("it");
            let organization = simulator.organization_mut("700001").expect("it");
            let skill = organization.objects("skills")[0].clone();
            for n in 0..others {
                let mut other = skill.clone();
                other["name"] = json!(format!("Other {n}"));
                other["orderId"] = json!(n + 3);
                if let Value::Object(other) = &mut other {
                    other.remove("id");
                }
                organization.insert("skills", other);
            }
        }
        let text = skills(Some("B, A"), &["A", "B"]);
        let planned = plan(O, &text, &simulator, None).await;
        assert_eq!(planned.is_ok(), wanted, "{others}");
        if let Err(refusal) = planned {
            assert!(refusal.contains("201 skills"), "{refusal}");
            assert!(refusal.contains("200 is the most"), "{refusal}");
        }
    }
}

/// A PUT of the rule with fewer targets may leave the others where they are. Then a PATCH of the same ones
/// is tried, and what stays all the same is told.
#[tokio::test(start_paused = true)]
async fn a_target_that_stays_is_told() {
    let rule = |targets: &str| {
        format!(
            "departments: {{Ours: {{name: Example Company}}, B: {{}}}}\n\
             directAssignmentRules: {{R: {{executeOptions: [CREATE], targets: {{{targets}}}}}}}"
        )
    };
    let two = rule("1: {toDepartment: Ours}, 2: {toDepartment: B}");
    let one = rule("1: {toDepartment: B}");
    let simulator = organization(O);
    let run = Run::with(O, &two, &simulator, None).await;
    assert_eq!(run.desk.violations(), [] as [String; 0]);
    // The one that stays is the one that is equal, whatever its place was.
    let kept = run.desk.objects("directAssignmentRules")[0]["targets"][1]["targetId"].clone();
    for (deaf, is_done) in [
        (&[Method::PUT, Method::PATCH][..], false),
        (&[Method::PUT][..], true),
    ] {
        let run = Run::of(O, &one, &simulator, |front| {
            front.ask(move |request| {
                (deaf.contains(request.method())).then(|| answer(200, &[], &json!({})))
            })
        })
        .await;
        match run.outcomes()[..] {
            [Outcome::Applied { .. }] => assert!(is_done),
            [Outcome::Failed { error, hint, .. }] => {
                assert!(error.contains("did not store `targets"), "{error}");
                let hint = hint.as_deref().unwrap_or_default();
                assert!(hint.contains("take it out in Zoho Desk"), "{hint}");
                assert!(!is_done);
            }
            _ => panic!("{:?}", run.events),
        }
        assert_eq!(run.desk.violations(), [] as [String; 0]);
        let targets = run.desk.objects("directAssignmentRules")[0]["targets"].clone();
        let left = targets.as_array().map(Vec::len);
        assert_eq!(left, Some(if is_done { 1 } else { 2 }), "{targets}");
        if is_done {
            assert_eq!(targets[0]["targetId"], kept);
        }
    }
    assert!(rest(O, &one, &simulator, none()).await.is_empty());
}

/// An order as the one target takes nothing away: what is to go stays, and is put in order with the others.
#[test]
fn an_order_as_the_target_deletes_nothing() {
    let project = "environments:\n  local: {simulator: {dialect: openapi}}\n";
    let place = Place::with(&[
        ("deskform.yaml", project),
        ("desk.yaml", &skills(None, &["A", "B", "C"])),
    ]);
    place.done("apply --auto-approve");
    let mut text = skills(Some("C, A"), &["A", "C"]);
    text.push_str("removed: {skills: [{name: B, skillType: Any}]}\n");
    place.write("desk.yaml", &text);
    let run = place.done("plan --target skills/$order/Ours");
    assert!(!run.stdout.contains("delete"), "{run}");
    let run = place.done("apply --auto-approve --target skills/$order/Ours");
    assert!(run.stdout.contains("Applied 1 of 1 step"), "{run}");
    let run = place.done("plan");
    assert!(run.stdout.contains("1 to delete"), "{run}");
    assert!(!run.stdout.contains("$order"), "{run}");
    place.done("apply --auto-approve");
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
}

/// A server that takes another body of a template and keeps the old one has not stored it.
#[tokio::test(start_paused = true)]
async fn a_body_that_stays_is_told() {
    let desk = |body: &str| {
        format!(
            "departments: {{Ours: {{name: Example Company}}}}\n\
             templateFolders: {{Replies: {{department: Ours, access: {{type: allAgents}}}}}}\n\
             emailTemplates: {{Welcome: {{department: Ours, folder: Replies, recordType: tickets, subject: Hello, \
             from: support@example.com, body: '{body}'}}}}"
        )
    };
    let simulator = organization(O);
    let run = Run::with(O, &desk("<p>Hello</p>"), &simulator, Some(none())).await;
    let ledger = run.ledger(none());
    let text = desk("<p>Good day</p>");
    let run = Run::behind(O, &text, &simulator, ledger, |front| {
        front.ask(|request| {
            (request.method() == Method::PATCH).then(|| answer(200, &[], &json!({})))
        })
    })
    .await;
    let [Outcome::Failed { error, .. }] = run.outcomes()[..] else {
        panic!("{:?}", run.events)
    };
    assert!(error.contains("did not store `body`"), "{error}");
}
