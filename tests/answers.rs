//! Answers that refuse: what they say is told, and what can be known beside them is looked up.
//!
//! The cases are numbered as in `tests/acceptance.md`.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod common;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use common::front::{answer, edit, is_for_token};
use common::runs::{DIALECTS, Run, organization, rest, writes};
use deskform::apply::event::Outcome;
use deskform::dialect::Dialect;
use deskform::ledger::Ledger;
use deskform::report::Style;
use deskform::report::events;
use deskform::verb::Verb;
use http::{Method, Request, Response};
use serde_json::{Value, json};

/// What people see of a run.
fn told(run: &Run) -> String {
    events::report(&run.ready.planned.plan, &run.events, Style::default())
}

/// What the plan says that happens besides when something is created.
fn effects(run: &Run) -> Vec<String> {
    let steps = run.ready.planned.plan.steps.iter();
    let creations = steps.filter(|step| step.verb == Verb::Create);
    creations.flat_map(|step| step.effects.clone()).collect()
}

fn creates(request: &Request<Bytes>) -> bool {
    request.method() == Method::POST && !is_for_token(request)
}

/// A new agent, in a dialect.
fn agent(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Openapi => {
            "departments: {Support: {}}\nagents:\n  a@example.com: {lastName: A, rolePermissionType: AgentPublic, departments: [Support]}\n"
        }
        Dialect::Guide => "agents:\n  a@example.com: {lastName: A, firstName: B}\n",
    }
}

fn duplicate(field: &str) -> Response<Bytes> {
    let body = json!({"errorCode": "INVALID_DATA", "message": "The data is invalid.",
        "errors": [{"fieldName": field, "errorType": "duplicate"}]});
    answer(422, &[], &body)
}

#[tokio::test(start_paused = true)]
async fn case_17_the_plan_names_a_deleted_agent_who_has_the_address() {
    for dialect in DIALECTS {
        let simulator = organization(dialect);
        Run::of(dialect, agent(dialect), &simulator, |front| front).await;
        // The listing goes on to show who was deleted.
        let run = Run::of(dialect, agent(dialect), &simulator, |front| {
            front
                .ask(|request| {
                    let is_it = creates(request) && request.uri().path().ends_with("/agents");
                    is_it.then(|| duplicate("/emailId"))
                })
                .change(|request, response| {
                    if request.uri().path().ends_with("/agents") {
                        edit(response, |body| {
                            let agents = body["data"].as_array_mut().expect("agents");
                            for agent in agents.iter_mut().filter(|one| {
                                one["emailId"] == "a@example.com" || one["email"] == "a@example.com"
                            }) {
                                agent["status"] = json!("DELETED");
                            }
                        });
                    }
                })
        })
        .await;
        let effects = effects(&run).join("\n");
        assert!(
            effects.contains("a deleted agent (id ") && effects.contains("holds its `email`"),
            "{dialect}: {effects}"
        );
        let told = told(&run);
        assert!(
            told.contains("look at the deleted agents, and restore"),
            "{dialect}: {told}"
        );
        assert!(!told.contains("Plan again"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_17_the_plan_names_a_contact_with_a_second_address() {
    let dialect = Dialect::Openapi;
    let simulator = organization(dialect);
    let first = "contacts: {kim@example.com: {lastName: Kim, secondaryEmail: Lee@Example.com}}\n";
    Run::of(dialect, first, &simulator, |front| front).await;
    let text = "contacts: {lee@example.com: {lastName: Lee}}\n";
    let run = Run::of(dialect, text, &simulator, |front| {
        front.ask(|request| creates(request).then(|| duplicate("/email")))
    })
    .await;
    let kim = run.desk.objects("contacts")[0]["id"].clone();
    let kim = kim.as_str().expect("an id");
    assert_eq!(
        effects(&run),
        [format!(
            "`contacts/kim@example.com` (id {kim}) has its `email` as `secondaryEmail`, so it may be refused as a duplicate"
        )]
    );
    assert!(
        told(&run).contains(
            "look at the recycle bin and the second e-mail addresses of other contacts, and restore"
        ),
        "{}",
        told(&run)
    );
}

/// Each kind of which the table says so, and one of which it says nothing.
#[tokio::test(start_paused = true)]
async fn case_17_after_the_wait_the_places_to_look_are_named() {
    for dialect in DIALECTS {
        for (text, places) in [
            (
                "departments: {New: {}}\n",
                "look at the disabled departments,",
            ),
            ("accounts: {New: {}}\n", "look at the recycle bin,"),
            (
                "contacts: {a@example.com: {lastName: A}}\n",
                "look at the recycle bin and the second e-mail addresses of other contacts,",
            ),
            (
                "customFields: {x: {module: contacts, displayLabel: X, type: Date}}\n",
                "look at the fields of the system in the same module,",
            ),
            (
                "webhooks: {h: {url: 'https://hooks.example.com', subscriptions: {Ticket_Add: {}}}}\n",
                "look in Zoho Desk, and as another user,",
            ),
        ] {
            let simulator = organization(dialect);
            let run = Run::of(dialect, text, &simulator, |front| {
                front.ask(|request| creates(request).then(|| duplicate("/name")))
            })
            .await;
            assert!(matches!(*run.outcomes(), [Outcome::Failed { .. }]));
            assert!(told(&run).contains(places), "{dialect}: {}", told(&run));
            let posts = run.desk.take_log();
            assert!(posts.iter().all(|call| call.method == "GET"), "{posts:?}");
        }
    }
}

/// Somebody makes the object between plan and apply, and the server has a code for that alone.
#[tokio::test(start_paused = true)]
async fn a_duplicate_with_a_code_of_its_own_is_taken_over() {
    let dialect = Dialect::Openapi;
    let simulator = organization(dialect);
    let (account, plan, department, me) = {
        let mut simulator = simulator.lock().expect("one thread");
        let organization = simulator.organization_mut("700001").expect("it");
        let department = organization.objects("departments")[0]["id"].clone();
        let plan = json!({"name": "Premium", "department": {"id": department}, "sla": null,
            "supportType": "UNLIMITED_SUPPORT", "status": "ACTIVE"});
        (
            organization.insert("accounts", json!({"accountName": "Acme"})),
            organization.insert("supportPlans", plan),
            department,
            organization.acting_agent().to_owned(),
        )
    };
    let text = "contracts:\n  Care:\n    account: {lookup: Acme}\n    department: {lookup: Example Company}\n    owner: {lookup: admin@700001.example.com}\n    supportPlan: {lookup: Premium}\n    startDate: 2027-01-01\n";
    let theirs = json!({"contractName": "Care", "accountId": account, "departmentId": department,
        "ownerId": me, "supportPlan": {"id": plan}, "startDate": "2027-01-01"});
    let made = Arc::new(Mutex::new(None));
    let (others, id) = (Arc::clone(&simulator), Arc::clone(&made));
    let run = Run::of(dialect, text, &simulator, |front| {
        front.ask(move |request| {
            if creates(request) {
                let mut simulator = others.lock().expect("one thread");
                let organization = simulator.organization_mut("700001").expect("it");
                let made = organization.insert("contracts", theirs.clone());
                *id.lock().expect("one thread") = Some(made);
            }
            None
        })
    })
    .await;
    let outcomes = run.outcomes();
    assert!(
        matches!(*outcomes, [Outcome::Applied { .. }]),
        "{outcomes:?}"
    );
    let contracts = run.desk.objects("contracts");
    let ids: Vec<&str> = contracts
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(
        ids,
        [made.lock().expect("one thread").as_deref().expect("it")]
    );
    let calls = run.desk.take_log();
    let refused: Vec<_> = calls.iter().filter(|call| call.method == "POST").collect();
    assert!(
        matches!(*refused, [call] if call.status == Some(422)),
        "{calls:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn case_18_what_stands_in_error_is_shown() {
    for dialect in DIALECTS {
        let text = "contacts: {a@example.com: {lastName: A, phone: '12'}}\n";
        let run = Run::of(dialect, text, &organization(dialect), |front| {
            front.ask(|request| {
                let body = json!({"error": {"title": "PATTERN_NOT_MATCHED",
                    "message": "does not fit", "details": [{"param": "phone"}]}});
                creates(request).then(|| answer(400, &[], &body))
            })
        })
        .await;
        let told = told(&run);
        assert!(
            told.contains("(HTTP 400, `PATTERN_NOT_MATCHED`): does not fit; `phone` invalid"),
            "{told}"
        );
    }
}

/// A throttle is waited for, and what it refused is sent again, reads and writes alike.
#[tokio::test(start_paused = true)]
async fn case_18_a_throttle_is_waited_for_whatever_it_comes_under() {
    for dialect in DIALECTS {
        for status in [400, 403, 429, 500] {
            for method in [Method::GET, Method::POST] {
                let text = "accounts: {New: {}}\n";
                let refused = Arc::new(Mutex::new(0));
                let count = Arc::clone(&refused);
                let run = Run::of(dialect, text, &organization(dialect), |front| {
                    front.ask(move |request| {
                        let is_it = request.method() == method
                            && request.uri().path().ends_with("/accounts");
                        let mut refused = count.lock().expect("one thread");
                        if !is_it || *refused > 0 {
                            return None;
                        }
                        *refused += 1;
                        let body = json!({"error": {"title": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED",
                            "details": {"message": "Please try again after 2 minutes"}}});
                        Some(answer(status, &[], &body))
                    })
                })
                .await;
                assert_eq!(*refused.lock().expect("one thread"), 1);
                assert!(
                    matches!(*run.outcomes(), [Outcome::Applied { .. }]),
                    "{dialect} {status}: {:?}",
                    run.events
                );
                assert_eq!(run.desk.writes(), 1, "{dialect} {status}");
            }
        }
    }
}

const HOOK: &str =
    "webhooks: {hook: {url: 'https://hooks.example.com', subscriptions: {Ticket_Add: {}}}}\n";
const CALLED: &str = "Zoho Desk calls the URL of a webhook when it is made or changed";

/// Counts the writes that a front sees, and answers each of them.
async fn answered(
    dialect: Dialect,
    text: &str,
    simulator: &Arc<Mutex<deskform::simulator::Simulator>>,
    status: u16,
    body: Value,
) -> (Run, usize) {
    let seen = Arc::new(Mutex::new(0));
    let count = Arc::clone(&seen);
    let run = Run::of(dialect, text, simulator, |front| {
        front.ask(move |request| {
            writes(request).then(|| {
                *count.lock().expect("one thread") += 1;
                answer(status, &[], &body)
            })
        })
    })
    .await;
    let seen = *seen.lock().expect("one thread");
    (run, seen)
}

#[tokio::test(start_paused = true)]
async fn case_19_a_webhook_whose_receiver_cannot_be_reached() {
    let dialect = Dialect::Openapi;
    let failed = json!({"errorCode": "INTERNAL_SERVER_ERROR", "message": "An error occurred"});
    let (run, posts) = answered(dialect, HOOK, &organization(dialect), 500, failed.clone()).await;
    assert_eq!(posts, 2);
    let text = told(&run);
    assert!(
        text.contains("(HTTP 500, `INTERNAL_SERVER_ERROR`): the server failed: An error occurred"),
        "{text}"
    );
    assert!(!text.contains("no answer came"), "{text}");
    assert!(text.contains(&format!("hint: {CALLED}")), "{text}");
    // What the server refuses without naming a field.
    let refused = json!({"errorCode": "UNPROCESSABLE_ENTITY", "message": "URL is not valid"});
    let (run, posts) = answered(dialect, HOOK, &organization(dialect), 422, refused.clone()).await;
    assert_eq!(posts, 1);
    let text = told(&run);
    assert!(text.contains(&format!("hint: {CALLED}")), "{text}");
    assert!(!text.contains("named fields"), "{text}");
    // What renews the effect is told likewise, and what does not is not.
    let simulator = organization(dialect);
    Run::of(dialect, HOOK, &simulator, |front| front).await;
    for (text, is_told) in [
        (HOOK.replace("example.com", "example.com/2"), true),
        (HOOK.replace("Ticket_Add", "Ticket_Delete"), false),
    ] {
        for (status, body) in [(500, &failed), (422, &refused)] {
            let (run, _) = answered(dialect, &text, &simulator, status, body.clone()).await;
            let text = told(&run);
            assert_eq!(text.contains(CALLED), is_told, "{text}");
            assert!(!text.contains("named fields"), "{text}");
        }
    }
}

/// Where nothing is called, a creation that the server failed at is tried as often as ever, and what
/// came is told all the same.
#[tokio::test(start_paused = true)]
async fn case_19_other_creations_are_tried_again() {
    let failed = json!({"errorCode": "INTERNAL_SERVER_ERROR", "message": "An error occurred"});
    for (dialect, text) in [
        (Dialect::Openapi, "accounts: {New: {}}\n"),
        (Dialect::Guide, "accounts: {New: {}}\n"),
        (Dialect::Guide, HOOK),
    ] {
        let (run, posts) =
            answered(dialect, text, &organization(dialect), 500, failed.clone()).await;
        assert_eq!(posts, 3);
        let text = told(&run);
        assert!(text.contains("HTTP 500"), "{text}");
        assert!(
            !text.contains("no answer came") && !text.contains(CALLED),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn case_43_what_is_gone_is_gone_although_its_id_is_refused() {
    const KEPT: &str = "accounts: {Keep: {}}\n";
    for dialect in DIALECTS {
        for (text, removed) in [
            (
                HOOK,
                match dialect {
                    Dialect::Openapi => "webhooks: [hook]",
                    Dialect::Guide => "webhooks: ['https://hooks.example.com']",
                },
            ),
            (
                "customFields: {x: {module: contacts, displayLabel: X, type: Date}}\n",
                "customFields: [contacts/X]",
            ),
            (
                "contacts: {a@example.com: {lastName: A}}\n",
                "contacts: [a@example.com]",
            ),
        ] {
            for is_gone in [true, false] {
                let simulator = organization(dialect);
                Run::of(dialect, &format!("{KEPT}{text}"), &simulator, |front| front).await;
                let after = format!("{KEPT}removed: {{{removed}}}\n");
                let refusal = || {
                    let body = json!({"errorCode": "INVALID_DATA", "message": "The data is invalid.",
                        "errors": [{"fieldName": "id", "errorType": "invalid"}]});
                    answer(422, &[], &body)
                };
                let run = Run::of(dialect, &after, &simulator, |front| {
                    front
                        .ask(move |request| (!is_gone && writes(request)).then(refusal))
                        .change(move |request, response| {
                            if writes(request) {
                                *response = refusal();
                            }
                        })
                })
                .await;
                let outcomes = run.outcomes();
                let is_done = matches!(*outcomes, [Outcome::Applied { .. }]);
                assert_eq!(is_done, is_gone, "{dialect} {removed}: {outcomes:?}");
                let new = Ledger::new(&run.desk.options().environment, "700001");
                let left = rest(dialect, &after, &simulator, run.ledger(new)).await;
                assert_eq!(left.is_empty(), is_gone, "{dialect} {removed}: {left:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_43_a_refused_token_is_renewed_once_and_a_page_is_no_lack_of_permission() {
    for dialect in DIALECTS {
        let text = "accounts: {New: {}}\n";
        let refused = Arc::new(Mutex::new(0));
        let count = Arc::clone(&refused);
        let run = Run::of(dialect, text, &organization(dialect), |front| {
            front.ask(move |request| {
                let mut refused = count.lock().expect("one thread");
                let is_it = writes(request) && *refused == 0;
                is_it.then(|| {
                    *refused += 1;
                    let body = json!({"errorCode": "AUTHENTICATION_FAILURE", "message": "no"});
                    answer(400, &[], &body)
                })
            })
        })
        .await;
        assert!(matches!(*run.outcomes(), [Outcome::Applied { .. }]));
        assert_eq!(run.desk.writes(), 1);
        let (always, seen) = answered(
            dialect,
            text,
            &organization(dialect),
            400,
            json!({"error": {"title": "AUTHENTICATION_FAILURE"}}),
        )
        .await;
        assert_eq!(seen, 2);
        assert!(told(&always).contains("the access token is not accepted"));

        let run = Run::of(dialect, text, &organization(dialect), |front| {
            front.ask(|request| {
                writes(request).then(|| {
                    let mut page = Response::new(Bytes::from("<html>Blocked</html>"));
                    *page.status_mut() = http::StatusCode::FORBIDDEN;
                    page
                })
            })
        })
        .await;
        let told = told(&run);
        assert!(told.contains("a web page came instead of JSON"), "{told}");
        assert!(!told.contains("permission"), "{told}");
    }
}
