//! Large desks: reading costs what is declared, and not what is live.
//!
//! The cases are numbered as in `tests/acceptance.md`.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use common::front::{answer, edit, is_for_token};
use common::runs::{DIALECTS, Run, environment, organization, plan, sources, writes};
use common::{Desk, NOW_MS, Variables, work};
use deskform::api::page::Known;
use deskform::apply::event::Outcome;
use deskform::clock::Clock;
use deskform::dialect::Dialect;
use deskform::ledger::Ledger;
use deskform::live::ways::Way;
use deskform::plan::Options;
use deskform::report::{Style, events};
use deskform::run_record::update::after;
use deskform::simulator::{Simulator, SimulatorTransport};
use deskform::state::{Address, Key};
use deskform::verb::Verb;
use serde_json::{Value, json};

/// The calls that a plan may cost: a search and a look at what it finds for each of a hundred.
const MOST: usize = 230;

/// An organization with so many contacts, `c0@example.com` and so on.
fn crowd(dialect: Dialect, contacts: usize) -> Arc<Mutex<Simulator>> {
    let simulator = organization(dialect);
    {
        let mut simulator = simulator.lock().expect("it");
        let organization = simulator.organization_mut("700001").expect("it");
        for n in 0..contacts {
            organization.insert("contacts", contact(n));
        }
    }
    simulator
}

fn contact(n: usize) -> Value {
    json!({"email": format!("c{n}@example.com"), "lastName": "Doe", "phone": "0"})
}

fn insert(simulator: &Mutex<Simulator>, collection: &str, object: Value) -> String {
    let mut simulator = simulator.lock().expect("it");
    let organization = simulator.organization_mut("700001").expect("it");
    organization.insert(collection, object)
}

/// Manifests that declare these contacts as they are.
fn declared(contacts: impl Iterator<Item = usize>) -> String {
    contacts.fold("contacts:\n".to_owned(), |mut text, n| {
        let _ = writeln!(text, "  c{n}@example.com: {{lastName: Doe, phone: '0'}}");
        text
    })
}

/// A desk whose requests count from now on.
async fn desk(dialect: Dialect, text: &str, simulator: &Arc<Mutex<Simulator>>) -> Desk {
    let (simulator, none) = (Arc::clone(simulator), Variables::new());
    let desk = Desk::with(environment(dialect), sources(text), none, simulator).await;
    desk.take_log();
    desk
}

/// What a plan asked for: how many calls in all, and of them listings, searches and single objects.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    all: usize,
    listings: usize,
    searches: usize,
    singles: usize,
}

fn asked(desk: &Desk, collection: &str) -> Asked {
    let log = desk.take_log();
    let count = |fits: &dyn Fn(&str) -> bool| {
        let paths = log.iter().map(|one| one.target.split('?').next());
        paths.filter(|path| path.is_some_and(fits)).count()
    };
    let path = format!("/{collection}");
    let search = format!("/{collection}/search");
    Asked {
        all: log.len(),
        listings: count(&|one| one == path),
        searches: count(&|one| one == search),
        singles: count(&|one| one.starts_with(&format!("{path}/")) && one != search),
    }
}

/// A new ledger of the desk, with nothing in it.
fn new_ledger(desk: &Desk) -> Ledger {
    Ledger::new(&desk.options().environment, "700001")
}

/// Plans with a ledger.
async fn with_ledger(desk: &Desk, ledger: Ledger) -> deskform::session::Ready {
    let desired = desk.compose().expect("manifests");
    let options = Options {
        ledger: Some(ledger),
        ..desk.options()
    };
    (desk.plan_of(&desired, &options).await).expect("a plan")
}

/// What the choices tell.
fn told(ready: &deskform::session::Ready) -> Vec<String> {
    ready.live.choices.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn case_22_a_hundred_of_a_hundred_thousand_cost_what_is_declared() {
    for dialect in DIALECTS {
        let simulator = crowd(dialect, 100_000);
        let text = declared((0..100).map(|n| n * 1_000 + 7));
        // Without a ledger, by search.
        let desk = desk(dialect, &text, &simulator).await;
        let ready = desk.plan().await.expect("a plan");
        assert!(ready.planned.plan.steps.is_empty(), "{dialect}");
        let calls = asked(&desk, "contacts");
        assert!(calls.all <= MOST, "{dialect}: {calls:?}");
        assert_eq!((calls.searches, calls.singles), (100, 100), "{dialect}");
        assert_eq!(
            told(&ready),
            ["contacts: 100 of more than 19,701 by search: 200 calls instead of more than 200"]
        );

        // What is owned is read by id, and one that is not there yet is no reason to list all of them.
        let new = new_ledger(&desk);
        let owned = after(new, &desk.compose().expect("it"), &ready, &BTreeSet::new());
        assert_eq!(owned.resources.len(), 100, "{dialect}");
        let more = format!("{text}  new@example.com: {{lastName: New}}\n");
        let run = Run::with(dialect, &more, &simulator, Some(owned.clone())).await;
        assert_eq!(work(&run.ready.planned.plan).len(), 1, "{dialect}");
        let calls = asked(&run.desk, "contacts");
        assert!(calls.all <= MOST, "{dialect}: {calls:?}");
        assert_eq!((calls.searches, calls.singles), (1, 100), "{dialect}");
        let ledger = run.ledger(owned);
        assert_eq!(ledger.resources.len(), 101, "{dialect}");
        let mut known = ledger.clone();
        for (ledger, size) in [
            (ledger, "more than 9,900"),
            (
                {
                    let counted = Known {
                        objects: 100_000,
                        ..Known::default()
                    };
                    known.listings.insert("/contacts".to_owned(), counted);
                    known
                },
                "about 100,000",
            ),
        ] {
            let desk = self::desk(dialect, &more, &simulator).await;
            let ready = with_ledger(&desk, ledger).await;
            assert!(ready.planned.plan.steps.is_empty(), "{dialect}");
            let calls = asked(&desk, "contacts");
            assert_eq!((calls.searches, calls.singles), (0, 101), "{dialect}");
            assert!(calls.listings <= 2, "{dialect}: {calls:?}");
            let line = told(&ready).join("\n");
            let begin = format!("contacts: 101 of {size} by id: 101 calls instead of ");
            assert!(line.starts_with(&begin), "{line}");
        }
        assert!(desk.violations().is_empty(), "{:?}", desk.violations());
    }
}

#[tokio::test(start_paused = true)]
async fn case_22_the_choice_is_part_of_the_forecast() {
    let simulator = crowd(Dialect::Openapi, 300);
    let text = "contacts: {c7@example.com: {lastName: Doe, phone: '1'}}";
    let desk = desk(Dialect::Openapi, text, &simulator).await;
    let ready = desk.plan().await.expect("a plan");
    let forecast = ready.planned.plan.forecast.expect("a forecast");
    let [choice] = &*forecast.ways else {
        panic!("{:?}", forecast.ways);
    };
    assert_eq!(choice.way, Way::Search);
    assert_eq!(
        choice.to_string(),
        "contacts: 1 of more than 100 by search: 2 calls instead of more than 2"
    );
}

#[tokio::test(start_paused = true)]
async fn case_22_the_listing_is_read_where_it_costs_less() {
    for dialect in DIALECTS {
        let simulator = crowd(dialect, 250);
        let text = declared(0..100);
        let desk = desk(dialect, &text, &simulator).await;
        let ready = desk.plan().await.expect("a plan");
        assert!(ready.planned.plan.steps.is_empty(), "{dialect}");
        let calls = asked(&desk, "contacts");
        // The first page, one object far below, and the rest of the listing.
        assert_eq!((calls.listings, calls.searches, calls.singles), (4, 0, 0));
        // Once it has been counted, nothing is tried.
        let mut ledger = new_ledger(&desk);
        ledger.listings.clone_from(&ready.live.listings);
        let desk = self::desk(dialect, &text, &simulator).await;
        let ready = with_ledger(&desk, ledger).await;
        let calls = asked(&desk, "contacts");
        assert_eq!((calls.listings, calls.searches, calls.singles), (3, 0, 0));
        assert_eq!(
            told(&ready),
            ["contacts: 100 of about 250 by listing: 3 calls instead of 200"]
        );
    }
}

/// A search that finds nothing, as it is with what is new.
fn finds_nothing(
    request: &mut http::Request<bytes::Bytes>,
) -> Option<http::Response<bytes::Bytes>> {
    let is_search = request.uri().path().ends_with("/search");
    is_search.then(|| answer(200, &[], &json!({"data": [], "count": 0})))
}

#[tokio::test(start_paused = true)]
async fn case_22_what_a_search_misses_is_never_made_twice() {
    for dialect in DIALECTS {
        // The server refuses a second contact of one address.
        let simulator = crowd(dialect, 300);
        let text = declared(std::iter::once(7));
        let run = Run::of(dialect, &text, &simulator, |front| front.ask(finds_nothing)).await;
        // What is there is what was to be made: it is taken over.
        let [Outcome::Applied { .. }] = &*run.outcomes() else {
            panic!("{dialect}: {:?}", run.outcomes());
        };
        let refused = |one: &&common::Logged| one.method == "POST" && one.status >= Some(400);
        assert_eq!(
            run.desk.take_log().iter().filter(refused).count(),
            1,
            "{dialect}"
        );
        // Where the one that is there cannot be found, the refusal is told.
        let text = "contacts: {c8@example.com: {lastName: Doe}}";
        let other = Run::of(dialect, text, &simulator, |front| {
            front.ask(finds_nothing).change(|_, response| {
                edit(response, |body| {
                    if let Some(data) = body["data"].as_array_mut() {
                        data.retain(|one| one["email"] != "c8@example.com");
                    }
                });
            })
        })
        .await;
        let [Outcome::Failed { .. }] = &*other.outcomes() else {
            panic!("{dialect}: {:?}", other.outcomes());
        };
        let told = events::report(&other.ready.planned.plan, &other.events, Style::default());
        assert!(
            told.contains("an object of the same identity exists"),
            "{dialect}: {told}"
        );
        let contacts = run.desk.objects("contacts");
        let same = contacts
            .iter()
            .filter(|one| one["email"] == "c7@example.com");
        assert_eq!(same.count(), 1, "{dialect}");

        // Of accounts nobody says so: the listing proves that there is none.
        let simulator = organization(dialect);
        for n in 0..300 {
            let name = format!("Account {n}");
            insert(
                &simulator,
                "accounts",
                json!({"accountName": name, "phone": "0"}),
            );
        }
        let text = "accounts: {Account 7: {phone: '0'}, New: {}}";
        let run = Run::of(dialect, text, &simulator, |front| front.ask(finds_nothing)).await;
        assert_eq!(work(&run.ready.planned.plan).len(), 1, "{dialect}");
        let accounts = run.desk.objects("accounts");
        let named = |name| {
            accounts
                .iter()
                .filter(|one| one["accountName"] == name)
                .count()
        };
        assert_eq!((named("Account 7"), named("New")), (1, 1), "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_22_hits_are_looked_at() {
    // An address is part of many others, more than a page of them.
    let simulator = crowd(Dialect::Openapi, 0);
    for n in 0..150 {
        let email = format!("n{n}-jane@example.com");
        insert(
            &simulator,
            "contacts",
            json!({"email": email, "lastName": "Other"}),
        );
    }
    insert(
        &simulator,
        "contacts",
        json!({"email": "jane@example.com", "lastName": "Doe"}),
    );
    let text = "contacts: {jane@example.com: {lastName: Doe}}";
    let desk = desk(Dialect::Openapi, text, &simulator).await;
    let ready = desk.plan().await.expect("a plan");
    assert!(ready.planned.plan.steps.is_empty());
    let calls = asked(&desk, "contacts");
    assert_eq!((calls.listings, calls.searches, calls.singles), (1, 2, 1));

    // What differs in case only is told, as with a listing.
    for n in 0..300 {
        insert(
            &simulator,
            "accounts",
            json!({"accountName": format!("Account {n}")}),
        );
    }
    let text = "accounts: {ACCOUNT 7: {}}";
    let desk = self::desk(Dialect::Openapi, text, &simulator).await;
    let refusal = desk.plan().await.expect_err("it differs");
    assert!(refusal.contains("in case only"), "{refusal}");
    assert_eq!(asked(&desk, "accounts").searches, 1);
}

#[tokio::test(start_paused = true)]
async fn case_22_ids_that_are_gone_and_names_that_are_others() {
    for dialect in DIALECTS {
        let simulator = crowd(dialect, 500);
        let text = declared([7, 8, 9].into_iter());
        let run = Run::with(dialect, &text, &simulator, None).await;
        let ledger = run.ledger(new_ledger(&run.desk));
        {
            let mut simulator = simulator.lock().expect("it");
            let organization = simulator.organization_mut("700001").expect("it");
            let id = |organization: &deskform::simulator::Organization, n: usize| {
                let email = format!("c{n}@example.com");
                let found = organization.find("contacts", "email", &email);
                found.expect("it")["id"].as_str().expect("an id").to_owned()
            };
            // Made anew by somebody, renamed by somebody, and removed.
            let seven = id(organization, 7);
            organization.remove("contacts", &seven);
            organization.insert("contacts", contact(7));
            let eight = id(organization, 8);
            organization.change("contacts", &eight, |one| {
                one.insert("email".into(), json!("renamed@example.com"));
            });
            let nine = id(organization, 9);
            organization.remove("contacts", &nine);
        }
        let desk = desk(dialect, &text, &simulator).await;
        let ready = with_ledger(&desk, ledger).await;
        let steps = &ready.planned.plan.steps;
        let found: Vec<String> = steps
            .iter()
            .map(|step| format!("{} {}", step.verb.as_str(), step.address))
            .collect();
        assert_eq!(
            found,
            [
                "update contacts/c8@example.com",
                "create contacts/c9@example.com"
            ],
            "{dialect}"
        );
        let calls = asked(&desk, "contacts");
        // Three by id, three names, and the one that was made anew.
        assert_eq!((calls.searches, calls.singles), (3, 4), "{dialect}");
        assert!(calls.listings <= 2, "{dialect}: {calls:?}");
    }
}

/// Two accounts change their names with each other while somebody made a third of one of the names.
#[tokio::test(start_paused = true)]
async fn case_22_a_name_that_is_given_up_is_looked_for_all_the_same() {
    let before = "accounts: {One: {accountName: A}, Two: {accountName: B}}";
    let after = "accounts: {One: {accountName: B}, Two: {accountName: A}}";
    for count in [0, 2_000] {
        let simulator = crowd(Dialect::Openapi, 0);
        for n in 0..count {
            let name = format!("Account {n}");
            insert(&simulator, "accounts", json!({"accountName": name}));
        }
        let run = Run::with(Dialect::Openapi, before, &simulator, None).await;
        let ledger = run.ledger(new_ledger(&run.desk));
        let undisturbed = plan(Dialect::Openapi, after, &simulator, Some(ledger.clone())).await;
        assert!(undisturbed.is_ok(), "{count}");
        let third = insert(&simulator, "accounts", json!({"accountName": "A"}));
        let told = plan(Dialect::Openapi, after, &simulator, Some(ledger)).await;
        let told = told.expect_err("there are two of that name");
        assert!(told.contains(&third), "{count}: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_22_what_is_referred_to_is_read_likewise() {
    let simulator = crowd(Dialect::Openapi, 300);
    for n in 0..300 {
        insert(
            &simulator,
            "accounts",
            json!({"accountName": format!("Account {n}")}),
        );
    }
    let text = "contacts: {c7@example.com: {lastName: Doe, account: {lookup: Account 7}}}";
    let desk = desk(Dialect::Openapi, text, &simulator).await;
    desk.plan().await.expect("a plan");
    let calls = asked(&desk, "accounts");
    assert_eq!((calls.listings, calls.searches, calls.singles), (1, 1, 1));
    // That nothing has the name is said when it is proved.
    let text = "contacts: {c7@example.com: {lastName: Doe, account: {lookup: Nobody}}}";
    let desk = self::desk(Dialect::Openapi, text, &simulator).await;
    desk.plan().await.expect_err("nothing is named so");
    assert!(asked(&desk, "accounts").listings >= 4);
    // What only a live contact refers to has its name in the plan.
    let id = insert(&simulator, "accounts", json!({"accountName": "Before"}));
    insert(
        &simulator,
        "contacts",
        json!({"email": "moved@example.com", "lastName": "Doe", "accountId": id}),
    );
    let text = "contacts: {moved@example.com: {lastName: Doe, account: {lookup: Account 7}}}";
    let ready = plan(Dialect::Openapi, text, &simulator, None)
        .await
        .expect("a plan");
    let change = ready.planned.plan.steps[0]
        .changes
        .iter()
        .next()
        .expect("one");
    assert_eq!(change.before, json!("accounts/Before"));
}

#[tokio::test(start_paused = true)]
async fn case_22_a_listing_that_stops_does_not_stop_planning() {
    for dialect in DIALECTS {
        let simulator = crowd(dialect, 3_000);
        let text = declared((0..20).map(|n| n * 100));
        let clock = Clock::starting_at(NOW_MS);
        let transport = SimulatorTransport::new(Arc::clone(&simulator), clock);
        let none = Variables::new();
        let desk = Desk::behind_front(
            environment(dialect),
            sources(&text),
            none,
            transport,
            clock,
            |front| {
                front.ask(|request| {
                    let query = request.uri().query().unwrap_or_default();
                    let from = query.split('&').find_map(|pair| pair.strip_prefix("from="));
                    let is_deep = from.is_some_and(|from| from.parse::<u32>().unwrap_or(0) > 500);
                    is_deep.then(|| {
                        let body = json!({"errorCode": "UNPROCESSABLE_ENTITY",
                            "message": "The value passed for field 'from' exceeds the range of '0-500'."});
                        answer(422, &[], &body)
                    })
                })
            },
        )
        .await;
        let ready = desk.plan().await.expect("a plan");
        assert!(ready.planned.plan.steps.is_empty(), "{dialect}");
        // A count that was remembered may lead to the listing first.
        let mut ledger = new_ledger(&desk);
        let counted = Known {
            objects: 900,
            ..Known::default()
        };
        ledger.listings.insert("/contacts".to_owned(), counted);
        let ready = with_ledger(&desk, ledger).await;
        assert_eq!(ready.planned.plan.steps.len(), 0, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_22_without_the_scope_all_is_listed() {
    for dialect in DIALECTS {
        let simulator = crowd(dialect, 300);
        let scopes = match dialect {
            Dialect::Openapi => "Desk.basic.READ,Desk.contacts.READ",
            Dialect::Guide => "Desk.basic.READ,Desk.contacts.READ,Desk.settings.READ",
        };
        let scopes = scopes.split(',').map(str::to_owned).collect();
        (simulator.lock().expect("it")).set_scopes("700001", Some(scopes));
        let text = declared([7, 299].into_iter());
        let desk = desk(dialect, &text, &simulator).await;
        let ready = desk.plan().await.expect("a plan");
        assert!(ready.planned.plan.steps.is_empty(), "{dialect}");
        let calls = asked(&desk, "contacts");
        assert_eq!((calls.listings, calls.searches), (4, 0), "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_25_a_list_parameter_that_is_refused() {
    let simulator = crowd(Dialect::Openapi, 5);
    let text = "contacts: {c3@example.com: {lastName: Doe, title: Head}}";
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(&simulator), clock);
    let desk = Desk::behind_front(
        environment(Dialect::Openapi),
        sources(text),
        Variables::new(),
        transport,
        clock,
        |front| {
            front.ask(|request| {
                let query = request.uri().query().unwrap_or_default();
                query.contains("fields=").then(|| {
                    let body = json!({"errorCode": "UNPROCESSABLE_ENTITY",
                        "message": "Extra query parameter 'fields' is present in the input."});
                    answer(422, &[], &body)
                })
            })
        },
    )
    .await;
    desk.take_log();
    let ready = desk.plan().await.expect("a plan");
    assert_eq!(work(&ready.planned.plan).len(), 1);
    let calls = asked(&desk, "contacts");
    // The listing without `fields`, and the one object that is compared.
    assert_eq!((calls.listings, calls.singles), (1, 1));
    let done = desk.apply(&ready).await;
    assert!(!done.is_empty());
    let again = desk.plan().await.expect("a plan");
    assert!(again.planned.plan.steps.is_empty());
}

#[tokio::test(start_paused = true)]
async fn case_25_a_refused_get_blames_no_manifest() {
    let simulator = organization(Dialect::Openapi);
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(&simulator), clock);
    let desk = Desk::behind_front(
        environment(Dialect::Openapi),
        sources("departments: {Support: {}}"),
        Variables::new(),
        transport,
        clock,
        |front| {
            front.change(|request, response| {
                if request.uri().path().ends_with("/departments") {
                    *response = answer(
                        422,
                        &[],
                        &json!({"errorCode": "INVALID_DATA", "message": "No.",
                        "errors": [{"fieldName": "/limit", "errorType": "invalid"}]}),
                    );
                    edit(response, |_| {});
                }
            })
        },
    )
    .await;
    let refusal = desk.plan().await.expect_err("it is refused");
    assert!(refusal.contains("/limit"), "{refusal}");
    assert!(!refusal.contains("in the manifest."), "{refusal}");
    assert!(
        refusal.contains("Nothing in the manifests is wrong"),
        "{refusal}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_is_found_by_search() {
    for dialect in DIALECTS {
        let simulator = crowd(dialect, 300);
        let text = "removed: {contacts: [c7@example.com]}";
        let run = Run::of(dialect, text, &simulator, |front| front).await;
        let steps = &run.ready.planned.plan.steps;
        assert!(
            matches!(&**steps, [step] if step.verb == Verb::Delete),
            "{dialect}: {steps:?}"
        );
        assert_eq!(run.desk.objects("contacts").len(), 299, "{dialect}");
    }
}

/// An answer to a creation that was lost: what it may have made is found by search, and the listing is
/// read once, where it has to prove something.
#[tokio::test(start_paused = true)]
async fn a_lost_creation_is_looked_for_by_search() {
    let contacts = ("contacts", "email", "new@example.com", "{lastName: New}");
    let accounts = ("accounts", "accountName", "Brand New", "{}");
    for (dialect, (collection, key, name, body)) in [
        (Dialect::Openapi, contacts),
        (Dialect::Guide, contacts),
        (Dialect::Openapi, accounts),
    ] {
        // Whether it was carried out, and whether a search knows what is new.
        for (has_effect, is_found) in [(true, true), (true, false), (false, true)] {
            let simulator = crowd(dialect, 3_000);
            for n in 0..3_000 {
                insert(
                    &simulator,
                    "accounts",
                    json!({"accountName": format!("Account {n}")}),
                );
            }
            let text = format!("{collection}: {{{name}: {body}}}");
            let planning = desk(dialect, &text, &simulator).await;
            planning.plan().await.expect("a plan");
            let planned = asked(&planning, collection);
            let lost = Arc::new(Mutex::new(0));
            let (asked_for, answered) = (Arc::clone(&lost), Arc::clone(&lost));
            let is_first = move |lost: &Mutex<i32>| {
                let mut lost = lost.lock().expect("one thread");
                *lost += 1;
                *lost == 1
            };
            let run = Run::of(dialect, &text, &simulator, |front| {
                front
                    .ask(move |request| {
                        if request.uri().path().ends_with("/search") && !is_found {
                            return finds_nothing(request);
                        }
                        let is_it = !has_effect && writes(request) && is_first(&asked_for);
                        is_it.then(|| answer(502, &[], &json!({})))
                    })
                    .change(move |request, response| {
                        if has_effect && writes(request) && is_first(&answered) {
                            *response = answer(502, &[], &json!({}));
                        }
                    })
            })
            .await;
            let case = format!("{dialect} {collection} {has_effect} {is_found}");
            let [Outcome::Applied { .. }] = &*run.outcomes() else {
                panic!("{case}: {:?}", run.outcomes());
            };
            let same = run.desk.objects(collection);
            let same = same.iter().filter(|one| one[key] == name).count();
            assert_eq!(same, 1, "{case}");
            let log = run.desk.take_log();
            let of = |method: &str, path: &str| {
                let calls = log.iter().filter(|call| call.method == method);
                let paths = calls.filter_map(|call| call.target.split('?').next());
                paths.filter(|one| *one == path).count()
            };
            let path = format!("/{collection}");
            let listings = of("GET", &path) - planned.listings;
            let searches = of("GET", &format!("{path}/search"));
            let posts = of("POST", &path);
            // A page holds 99 that are new. What a search misses may be too new for it.
            let (least, most) = if has_effect && is_found {
                (0, 0)
            } else {
                (31, 39)
            };
            assert!(
                (least..=most).contains(&listings),
                "{case}: {listings} pages"
            );
            // What was asked and answered in front is not in the log.
            assert!(searches <= 6, "{case}: {searches} searches");
            // It is sent again where it is not there, and the first one was answered in front.
            assert_eq!(posts, 1, "{case}");
            assert!(
                run.desk.violations().is_empty(),
                "{:?}",
                run.desk.violations()
            );
        }
    }
}

/// What a run that was killed may have made is searched for, too.
#[tokio::test(start_paused = true)]
async fn what_a_killed_run_may_have_made_is_looked_for_by_search() {
    for dialect in DIALECTS {
        let simulator = crowd(dialect, 3_000);
        // What is there; what is declared and not there; and what nobody declares any more.
        for (text, name, pages) in [
            (declared([7].into_iter()), "c7@example.com", 1),
            (declared([3_001].into_iter()), "c3001@example.com", 31),
            (declared([7].into_iter()), "c9@example.com", 1),
            (declared([7].into_iter()), "old@example.com", 31),
        ] {
            let desk = desk(dialect, &text, &simulator).await;
            let desired = desk.compose().expect("manifests");
            let address = Address::new("contacts", name);
            let options = Options {
                ledger: Some(new_ledger(&desk)),
                watched: vec![(address, Key::of_name(name))],
                ..desk.options()
            };
            let ready = desk.plan_of(&desired, &options).await.expect("a plan");
            let calls = asked(&desk, "contacts");
            let found = ready.live.find("contacts", &Key::of_name(name)).len();
            let is_there = name.starts_with("c7") || name.starts_with("c9");
            assert_eq!(found == 1, is_there, "{dialect} {name}");
            assert!(calls.searches <= 2, "{dialect} {name}: {calls:?}");
            let most = if pages == 1 { 2 } else { 39 };
            assert!(
                (pages..=most).contains(&calls.listings),
                "{dialect} {name}: {calls:?}"
            );
        }
    }
}

/// Where nobody tells the scopes, one search finds out that nobody may search; then all is listed, from
/// the page on that was read.
#[tokio::test(start_paused = true)]
async fn a_search_that_is_refused_is_the_last_one() {
    for dialect in DIALECTS {
        for (status, code, most) in [
            (403, "SCOPE_MISMATCH", 1),
            (403, "FORBIDDEN", 1),
            (404, "URL_NOT_FOUND", 1),
            // The token is renewed once.
            (401, "UNAUTHORIZED", 2),
        ] {
            let simulator = crowd(dialect, 3_000);
            let text = declared((0..10).map(|n| n * 200));
            let clock = Clock::starting_at(NOW_MS);
            let transport = SimulatorTransport::new(Arc::clone(&simulator), clock);
            let searches = Arc::new(Mutex::new(0));
            let count = Arc::clone(&searches);
            let none = Variables::new();
            let (environment, sources) = (environment(dialect), sources(&text));
            let desk = Desk::behind_front(environment, sources, none, transport, clock, |front| {
                front
                    .ask(move |request| {
                        request.uri().path().ends_with("/search").then(|| {
                            *count.lock().expect("one thread") += 1;
                            answer(status, &[], &json!({"errorCode": code, "message": "no"}))
                        })
                    })
                    .change(|request, response| {
                        if is_for_token(request) {
                            edit(response, |body| {
                                body.as_object_mut().expect("an object").remove("scope");
                            });
                        }
                    })
            })
            .await;
            desk.take_log();
            let case = format!("{dialect} {status} {code}");
            for _ in 0..2 {
                let ready = desk.plan().await.expect("a plan");
                assert!(ready.planned.plan.steps.is_empty(), "{case}");
                assert_eq!(*searches.lock().expect("one thread"), most, "{case}");
                let log = desk.take_log();
                let of = |begins: &str| {
                    let calls = log.iter().filter(|call| call.target.starts_with(begins));
                    calls.map(|call| call.target.clone()).collect::<Vec<_>>()
                };
                assert!(of("/contacts/").is_empty(), "{case}: {log:?}");
                let pages = of("/contacts");
                let firsts = pages.iter().filter(|page| !page.contains("from="));
                assert_eq!(firsts.count(), 1, "{case}: {pages:?}");
                assert!((31..=40).contains(&pages.len()), "{case}: {}", pages.len());
            }
        }
    }
}
