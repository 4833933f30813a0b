//! `doctor` tells the simulator's readings of doubtful facts apart, tells nothing else, and leaves everything
//! as it was.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;
mod common;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use command::Place;
use common::bless_or_compare;
use common::front::{self, Front};
use common::runs::environment;
use common::{NOW_MS, connection, settings};
use deskform::api::ErrorKind;
use deskform::clock::Clock;
use deskform::config::Environment;
use deskform::dialect::{Dialect, Edition};
use deskform::doctor::{Came, Diagnosis, Existing, Means, Shown, Trial, Trials, diagnose, try_all};
use deskform::doubt::{self, Doubt};
use deskform::ledger::{Holder, RunId};
use deskform::report;
use deskform::session::Session;
use deskform::simulator::{
    Chosen, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Faults, OrganizationSeed, Quirks, Settings,
    Simulator, SimulatorTransport, demo_refresh_token,
};

use serde_json::{Value, json};

const ORGANIZATION: &str = "700001";
/// What every name of a trial ends with.
const STEM: &str = "0f1e2d3c";

/// What no reading alone tells: only a change would.
const OPEN: [&Doubt; 3] = [&doubt::SECTIONS, &doubt::LEFT_OUT, &doubt::DUPLICATES];

/// What a change tells of no object that could be made and removed again.
const NEVER_TOLD: &Doubt = &doubt::LEFT_OUT;

/// An organization in which every reading has something to show in.
fn desk(dialect: Dialect) -> Simulator {
    let mut simulator = Simulator::new(settings(dialect, Edition::Enterprise));
    let organization = simulator.organization_mut(ORGANIZATION).expect("it");
    for n in 0..3 {
        let (name, email) = (
            format!("Grünwald-{n} & Söhne"),
            format!("Mia.{n}@Example.com"),
        );
        organization.insert("accounts", json!({"accountName": name, "phone": ""}));
        let contact = json!({"lastName": format!("O'Hara {n}"), "email": email, "phone": ""});
        organization.insert("contacts", contact);
    }
    if dialect == Dialect::Openapi {
        let contract = json!({"contractName": "Golden Deal", "startDate": "2027-03-09",
            "endDate": null, "ownerId": null, "supportPlanId": null, "accountId": null,
            "departmentId": null});
        organization.insert("contracts", contract);
        let departments = organization.objects("departments");
        let department = departments.first().map(|one| one["id"].clone());
        let address = json!({"address": "help@desk.example.com", "displayName": "Help",
            "departmentId": department, "status": "CONFIRMED", "isVerified": true,
            "serviceProviderType": "ZohoSMTP"});
        organization.insert("mailReplyAddresses", address);
        let centers = organization.objects("helpCenters");
        let center = centers.first().map(|one| one["id"].clone());
        let guides = json!({"name": "Golden Guides", "description": null, "helpcenterId": center,
            "primaryDepartmentId": department, "status": "SHOW_IN_HELPCENTER", "isTrashed": false});
        organization.insert("kbRootCategories", guides);
    }
    simulator
}

/// What is stored, but for what counts calls and tokens.
fn stored(simulator: &Arc<Mutex<Simulator>>) -> Value {
    let text = simulator.lock().expect("it").save();
    let mut state: Value = serde_json::from_str(&text).expect("JSON");
    let mut organizations = state["organizations"].take();
    for organization in organizations.as_object_mut().expect("a map").values_mut() {
        organization["usage"] = Value::Null;
    }
    organizations
}

async fn diagnosis(simulator: &Arc<Mutex<Simulator>>, dialect: Dialect) -> Diagnosis {
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(simulator), clock);
    let mut environment = environment(dialect);
    environment.dialect = None;
    environment.edition = None;
    let connection = connection(&environment, Arc::new(transport), clock);
    let session = Session::open(connection).await.expect("a session");
    diagnose(&session).await.expect("a diagnosis").0
}

fn means<'m>(session: &'m Session, environment: &'m Environment, existing: Existing) -> Means<'m> {
    Means {
        session,
        environment,
        holder: Holder {
            who: "ci".to_owned(),
            host: "build.example.com".to_owned(),
            run: RunId::new(NOW_MS, 1).to_string(),
            at: NOW_MS,
        },
        stem: STEM.to_owned(),
        existing,
    }
}

/// Lets one object of each kind be made, changed and removed; `most` steps are begun.
async fn trials(simulator: &Arc<Mutex<Simulator>>, dialect: Dialect, most: usize) -> Trials {
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(simulator), clock);
    let environment = environment(dialect);
    let connection = connection(&environment, Arc::new(transport), clock);
    let session = Session::open(connection).await.expect("a session");
    let (_, existing) = diagnose(&session).await.expect("a diagnosis");
    let told = RefCell::new(Trials::default());
    let means = means(&session, &environment, existing);
    let asked = Cell::new(0);
    let stopped = || {
        asked.set(asked.get() + 1);
        asked.get() > most
    };
    try_all(means, &stopped, &told).await;
    told.into_inner()
}

/// All objects that a trial can have made: those with its stem in a field of their own.
fn of_trials(simulator: &Arc<Mutex<Simulator>>) -> BTreeSet<String> {
    let is_own = |object: &&Value| {
        let mut texts = object
            .as_object()
            .into_iter()
            .flat_map(|fields| fields.values());
        texts.any(|value| value.as_str().is_some_and(|text| text.contains(STEM)))
    };
    let picture = picture(simulator);
    let counts = picture
        .iter()
        .map(|(name, objects)| (objects.iter().filter(is_own).count(), name));
    let found = counts.filter(|(count, _)| *count > 0);
    found
        .map(|(count, name)| format!("{count} {name}"))
        .collect()
}

/// All objects by collection, but for those in the recycle bin.
fn picture(simulator: &Arc<Mutex<Simulator>>) -> BTreeMap<String, Vec<Value>> {
    let simulator = simulator.lock().expect("it");
    let organization = simulator.organization(ORGANIZATION).expect("it");
    let of = |name: &str| (name.to_owned(), organization.objects(name));
    let all = organization.collections().map(of);
    all.filter(|(_, objects)| !objects.is_empty()).collect()
}

fn one<'t>(tried: &'t Trials, kind: &str) -> &'t Trial {
    let mut trials = tried.trials.iter();
    trials.find(|one| one.kind == kind).expect("a trial")
}

/// A desk under a schedule of faults, what it held before trials, and what came of them.
async fn befallen(faults: &str) -> (Arc<Mutex<Simulator>>, BTreeMap<String, Vec<Value>>, Trials) {
    let mut simulator = desk(Dialect::Openapi);
    simulator.set_faults(Faults::parse(faults).expect("faults"));
    let simulator = Arc::new(Mutex::new(simulator));
    let before = picture(&simulator);
    let tried = trials(&simulator, Dialect::Openapi, usize::MAX).await;
    (simulator, before, tried)
}

/// What is found where the facts are read in one way.
async fn under(chosen: Chosen, dialect: Dialect) -> Diagnosis {
    let mut quirks = Quirks::default();
    quirks.read_as(chosen);
    let mut simulator = desk(dialect);
    simulator.set_faults(Faults::new(1).with_quirks(quirks));
    diagnosis(&Arc::new(Mutex::new(simulator)), dialect).await
}

/// What is found there once trials were made, which leave nothing.
async fn tried_under(chosen: Chosen, dialect: Dialect) -> Diagnosis {
    let mut quirks = Quirks::default();
    quirks.read_as(chosen);
    let mut simulator = desk(dialect);
    simulator.set_faults(Faults::new(1).with_quirks(quirks));
    let simulator = Arc::new(Mutex::new(simulator));
    let mut found = diagnosis(&simulator, dialect).await;
    let before = picture(&simulator);
    let tried = trials(&simulator, dialect, usize::MAX).await;
    assert_eq!(picture(&simulator), before, "{chosen}: {tried:#?}");
    let left: Vec<_> = tried.left.iter().chain(&tried.may_be_left).collect();
    assert!(left.is_empty(), "{chosen}: {tried:#?}");
    found.learn(&tried.seen);
    found
}

fn seen(diagnosis: &Diagnosis, doubt: &Doubt) -> BTreeSet<&'static str> {
    let finding = diagnosis.findings.iter().find(|one| one.doubt == doubt);
    finding.expect("each fact").seen.keys().copied().collect()
}

/// Two readings of one fact never look alike, and each is called by its name.
#[tokio::test(start_paused = true)]
async fn the_readings_of_the_simulator_are_told_apart() {
    let mut told = BTreeMap::new();
    for chosen in Chosen::all() {
        let found = seen(&under(chosen, Dialect::Openapi).await, chosen.doubt);
        if OPEN.contains(&chosen.doubt) {
            assert!(found.is_empty(), "{chosen}: {found:?}");
            continue;
        }
        // An address without capitals may have been sent so; what is there is as it was.
        if chosen.to_string() != "addresses=lowered" {
            assert!(found.contains(chosen.reading.name), "{chosen}: {found:?}");
        }
        // Flags that no description calls one of these are never texts.
        if chosen.doubt != &doubt::FLAGS && chosen.doubt != &doubt::ADDRESSES {
            // Where values are shown in more than one way, kinds differ as well.
            let is_mixed = chosen.to_string() == "empty-values=mixed";
            assert_eq!(found.len() == 1, !is_mixed, "{chosen}: {found:?}");
            let before = told.insert((chosen.doubt.name, found.clone()), chosen);
            assert!(before.is_none(), "{chosen}: {found:?}");
        }
    }
    assert!(told.len() >= 17, "{told:?}");
    let booleans: Chosen = "flags=booleans".parse().expect("a reading");
    let found = seen(&under(booleans, Dialect::Openapi).await, &doubt::FLAGS);
    assert_eq!(found, BTreeSet::from(["booleans"]));
}

/// What only a change tells is told by changes of what the trials have made, under each reading by its name.
#[tokio::test(start_paused = true)]
async fn the_readings_that_only_a_change_tells_are_told_apart_by_trials() {
    let mut told = BTreeMap::new();
    let only_a_change =
        |chosen: &Chosen| OPEN.contains(&chosen.doubt) || chosen.doubt == &doubt::ADDRESSES;
    for chosen in Chosen::all().filter(only_a_change) {
        let found = seen(&tried_under(chosen, Dialect::Openapi).await, chosen.doubt);
        if chosen.doubt == NEVER_TOLD {
            assert!(found.is_empty(), "{chosen}: {found:?}");
            continue;
        }
        // An address that was there before has its capitals all the same.
        // Some kinds take a second object of a name in any case.
        let differs = ["addresses=lowered", "duplicates=refused"];
        let others = usize::from(differs.contains(&chosen.to_string().as_str()));
        assert!(found.contains(chosen.reading.name), "{chosen}: {found:?}");
        assert_eq!(found.len(), 1 + others, "{chosen}: {found:?}");
        let before = told.insert((chosen.doubt.name, found.clone()), chosen);
        assert!(before.is_none(), "{chosen}: {found:?}");
    }
    assert_eq!(told.len(), 6, "{told:?}");
}

/// What is not answered as it should be tells nothing of readings.
#[tokio::test(start_paused = true)]
async fn the_guide_is_tried_as_well() {
    for (chosen, doubt, expected) in [
        ("duplicates=refused", &doubt::DUPLICATES, "refused"),
        ("duplicates=taken", &doubt::DUPLICATES, "taken"),
    ] {
        let chosen: Chosen = chosen.parse().expect("a reading");
        let found = tried_under(chosen, Dialect::Guide).await;
        assert_eq!(seen(&found, doubt), BTreeSet::from([expected]), "{chosen}");
    }
}

/// An empty list is an empty listing, and a page behind the last object of a list is none.
#[tokio::test(start_paused = true)]
async fn an_empty_list_is_answered_with_a_status_too() {
    let found = diagnosis(&Arc::new(Mutex::new(desk(Dialect::Guide))), Dialect::Guide).await;
    assert_eq!(seen(&found, &doubt::EMPTY_LISTS), BTreeSet::from(["200"]));
    let found = diagnosis(
        &Arc::new(Mutex::new(desk(Dialect::Openapi))),
        Dialect::Openapi,
    )
    .await;
    let mut findings = found.findings.iter();
    let lists = findings.find(|one| one.doubt == &doubt::EMPTY_LISTS);
    let lists = &lists.expect("it").seen;
    let shows: Vec<&str> = (found.kinds.iter())
        .filter(|(_, shown)| *shown == Shown::Objects)
        .map(|(kind, _)| *kind)
        .collect();
    assert!(shows.contains(&"roles"), "{shows:?}");
    for places in lists.values() {
        assert!(!shows.iter().any(|kind| places.contains(kind)), "{lists:?}");
    }
}

/// Kinds differ in how they show what is not there: each is told with its own.
#[tokio::test(start_paused = true)]
async fn how_empty_values_are_shown_is_told_of_each_kind() {
    let found = diagnosis(
        &Arc::new(Mutex::new(desk(Dialect::Openapi))),
        Dialect::Openapi,
    )
    .await;
    let mut findings = found.findings.iter();
    let values = findings.find(|one| one.doubt == &doubt::EMPTY_VALUES);
    let values = &values.expect("it").seen;
    assert!(values.len() > 1, "{values:?}");
    let all: Vec<&str> = values.values().flatten().copied().collect();
    let once: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(all.len(), once.len(), "{values:?}");
    assert!(values["mixed"].contains("contacts"), "{values:?}");
}

/// The guide has no prices; what it shows is told all the same.
#[tokio::test(start_paused = true)]
async fn the_guide_is_read_as_well() {
    for (chosen, doubt, expected) in [
        ("pages=1", &doubt::PAGES, "1"),
        // The guide says that there are headers.
        ("limits=untold", &doubt::LIMITS, "told"),
        ("ids=numbers", &doubt::IDS, "numbers"),
        ("edition=unshown", &doubt::EDITION, "unshown"),
    ] {
        let chosen: Chosen = chosen.parse().expect("a reading");
        let found = under(chosen, Dialect::Guide).await;
        assert_eq!(found.dialect, Dialect::Guide);
        assert_eq!(seen(&found, doubt), BTreeSet::from([expected]), "{chosen}");
        assert_eq!(seen(&found, &doubt::PRICES), BTreeSet::new());
    }
}

#[tokio::test(start_paused = true)]
async fn the_store_is_left_as_it_was() {
    for dialect in Dialect::ALL {
        let simulator = Arc::new(Mutex::new(desk(dialect)));
        let before = stored(&simulator);
        diagnosis(&simulator, dialect).await;
        assert_eq!(stored(&simulator), before, "{dialect}");
        let simulator = simulator.lock().expect("it");
        let violations = &simulator.statistics().violations;
        assert!(violations.is_empty(), "{violations:?}");
    }
}

/// Every text and number below a value.
fn leaves(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| leaves(value, found)),
        _ => {}
    }
}

/// Names, ids, addresses and texts of an organization are in no report.
#[tokio::test(start_paused = true)]
async fn a_report_holds_nothing_of_the_organization() {
    for dialect in Dialect::ALL {
        let simulator = Arc::new(Mutex::new(desk(dialect)));
        let mut held = BTreeSet::new();
        leaves(&stored(&simulator), &mut held);
        let diagnosis = diagnosis(&simulator, dialect).await;
        let tried = trials(&simulator, dialect, usize::MAX).await;
        for report in [
            report::doctor::text(&diagnosis, &tried.trials),
            report::doctor::json(&diagnosis, &tried.trials),
        ] {
            // One word in small letters, or one in capitals, is one of the API: `contacts`, `ACTIVE`.
            let is_word = |text: &str| {
                let mut letters = text.chars();
                letters.all(|c| c.is_ascii_lowercase()) || text.len() < 3
            };
            let private: Vec<&String> = held.iter().filter(|text| !is_word(text)).collect();
            assert!(private.len() > 20, "{private:?}");
            for text in private {
                assert!(
                    !report.contains(text.as_str()),
                    "`{text}` stands in:\n{report}"
                );
            }
            for text in [
                "Golden",
                "O'Hara",
                "Grünwald",
                "Mia",
                "@",
                "://",
                ORGANIZATION,
            ] {
                assert!(!report.contains(text), "`{text}` stands in:\n{report}");
            }
        }
    }
}

/// What the token may not read is told by its code, and the rest is told all the same.
#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_does_no_harm() {
    let mut simulator = desk(Dialect::Openapi);
    let scopes = ["Desk.basic.READ", "Desk.settings.READ"];
    simulator.set_scopes(ORGANIZATION, Some(scopes.map(str::to_owned).into()));
    let found = diagnosis(&Arc::new(Mutex::new(simulator)), Dialect::Openapi).await;
    let of = |wanted: &str| {
        let mut kinds = found.kinds.iter();
        let kind = kinds.find(|(kind, _)| *kind == wanted);
        kind.map(|(_, shown)| *shown)
    };
    assert_eq!(
        of("contacts"),
        Some(Shown::Refused(ErrorKind::ScopeMissing))
    );
    assert_eq!(of("departments"), Some(Shown::Objects));
    let text = report::doctor::text(&found, &[]);
    assert!(
        text.contains("contacts cannot be read: scope-missing"),
        "{text}"
    );
}

/// One object of each kind is made, changed and removed, and nothing is left of them.
#[tokio::test(start_paused = true)]
async fn what_is_tried_is_removed_again() {
    for (dialect, kinds) in [(Dialect::Openapi, 12), (Dialect::Guide, 5)] {
        let simulator = Arc::new(Mutex::new(desk(dialect)));
        let before = picture(&simulator);
        let tried = trials(&simulator, dialect, usize::MAX).await;
        assert!(tried.left.is_empty(), "{tried:#?}");
        assert!(tried.may_be_left.is_empty(), "{tried:#?}");
        assert_eq!(tried.refusals, Vec::<String>::new(), "{tried:#?}");
        assert_eq!(picture(&simulator), before, "{tried:#?}");
        let done = tried.trials.iter().filter(|one| {
            [&one.made, &one.changed, &one.removed]
                .iter()
                .all(|came| **came == Came::Done)
        });
        assert!(done.count() >= kinds, "{tried:#?}");
        for one in &tried.trials {
            assert!(
                one.made != Came::Done || one.removed == Came::Done,
                "{one:?}"
            );
        }
        // These would have to name what nobody knows beforehand.
        let not_tried = tried.trials.iter().filter(|one| one.made == Came::NotTried);
        let not_tried: Vec<&str> = not_tried.map(|one| one.kind).collect();
        let expected: &[&str] = match dialect {
            Dialect::Openapi => &["dependencyMappings", "layoutRules", "supportPlans"],
            Dialect::Guide => &[],
        };
        assert_eq!(not_tried, expected);
        let simulator = simulator.lock().expect("it");
        let violations = &simulator.statistics().violations;
        assert!(violations.is_empty(), "{violations:?}");
        // The page says what it costs.
        let counts = &simulator.statistics().total;
        let most = match dialect {
            Dialect::Openapi => (397, 62, 935),
            Dialect::Guide => (75, 25, 0),
        };
        let is_told = counts.calls <= most.0 && counts.writes <= most.1 && counts.credits <= most.2;
        assert!(is_told, "{dialect}: {counts:?}");
    }
}

/// Whatever fails, and whenever somebody stops it, what was made goes.
#[tokio::test(start_paused = true)]
async fn what_fails_or_is_stopped_leaves_nothing() {
    for (faults, most) in [
        ("write=2:500-after", usize::MAX),
        ("write=5:lost-after", usize::MAX),
        ("every=7:lost-before", usize::MAX),
        ("seed=3,probability=0.2,budget=12", usize::MAX),
        ("", 0),
        ("", 1),
        ("", 9),
    ] {
        let mut simulator = desk(Dialect::Openapi);
        simulator.set_faults(Faults::parse(faults).expect("faults"));
        let simulator = Arc::new(Mutex::new(simulator));
        let before = picture(&simulator);
        let tried = trials(&simulator, Dialect::Openapi, most).await;
        assert!(tried.left.is_empty(), "{faults}: {tried:#?}");
        assert_eq!(picture(&simulator), before, "{faults}: {tried:#?}");
        for one in &tried.trials {
            // Nothing is removed that was not made, and what was made is.
            assert!(
                one.made != Came::Done || one.removed == Came::Done,
                "{faults}: {tried:#?}"
            );
            assert!(
                one.made != Came::NotTried || one.removed == Came::NotTried,
                "{faults}: {tried:#?}"
            );
            // Whoever stops it is no server that refuses.
            let came = [&one.made, &one.changed, &one.removed];
            assert!(
                !faults.is_empty() || !came.contains(&&Came::Refused),
                "{most}: {tried:#?}"
            );
        }
    }
}

/// What is refused for good is made neither then nor when the others are removed, and says nothing of the
/// kinds behind it.
#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_not_tried_again() {
    for (faults, kind) in [
        ("on=POST /skillTypes:422", "skillTypes"),
        ("on=POST /contacts:403", "contacts"),
        ("on=POST /layouts:422", "layouts"),
    ] {
        let (simulator, before, tried) = befallen(faults).await;
        let left: Vec<_> = tried.left.iter().chain(&tried.may_be_left).collect();
        assert!(left.is_empty(), "{faults}: {tried:#?}");
        assert_eq!(picture(&simulator), before, "{faults}: {tried:#?}");
        let trial = one(&tried, kind);
        assert_eq!(trial.made, Came::Refused, "{faults}");
        assert_eq!(trial.changed, Came::NotTried, "{faults}");
        assert_eq!(trial.removed, Came::NotTried, "{faults}");
        for other in &tried.trials {
            let is_refused =
                [&other.made, &other.changed, &other.removed].contains(&&Came::Refused);
            assert!(!is_refused || other.kind == kind, "{faults}: {other:?}");
        }
    }
}

/// The same of a change; what was made goes all the same.
#[tokio::test(start_paused = true)]
async fn a_change_that_is_refused_for_good_leaves_nothing() {
    for (faults, kind, came) in [
        ("on=PATCH /fields:403", "customFields", Came::Refused),
        ("on=PATCH /products:422", "products", Came::Refused),
        ("on=PATCH /skills:422", "skills", Came::Refused),
        // It is answered as if it were done.
        ("on=PATCH /fields:unstored", "customFields", Came::NotStored),
        ("on=PATCH /contacts:unstored", "contacts", Came::NotStored),
    ] {
        let (simulator, before, tried) = befallen(faults).await;
        let left: Vec<_> = tried.left.iter().chain(&tried.may_be_left).collect();
        assert!(left.is_empty(), "{faults}: {tried:#?}");
        assert_eq!(picture(&simulator), before, "{faults}: {tried:#?}");
        let trial = one(&tried, kind);
        assert_eq!(
            (&trial.made, &trial.changed, &trial.removed),
            (&Came::Done, &came, &Came::Done),
            "{faults}: {tried:#?}"
        );
        for other in tried.trials.iter().filter(|other| other.kind != kind) {
            assert!(other.changed != came, "{faults}: {other:?}");
        }
    }
}

/// An answer is no proof: what was not made is not done, and what is still there is told.
#[tokio::test(start_paused = true)]
async fn what_is_answered_and_not_stored_is_not_done() {
    let (simulator, before, tried) = befallen("on=POST /skillTypes:unstored").await;
    assert_ne!(one(&tried, "skillTypes").made, Came::Done, "{tried:#?}");
    assert_ne!(one(&tried, "skillTypes").removed, Came::Done, "{tried:#?}");
    assert_eq!(picture(&simulator), before, "{tried:#?}");
    let (simulator, _, tried) = befallen("on=DELETE /skillTypes:unstored").await;
    assert_eq!(one(&tried, "skillTypes").removed, Came::NotStored);
    assert_eq!(
        of_trials(&simulator),
        BTreeSet::from(["1 skillTypes".to_owned()])
    );
    let left: Vec<String> = tried.left.iter().map(ToString::to_string).collect();
    assert_eq!(left, [format!("skillTypes/deskform skillTypes {STEM}")]);
}

/// What cannot be removed is said, by its name to the person and by its kind in the report.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_is_told() {
    for faults in [
        "on=DELETE /skillTypes:lost-before",
        "on=DELETE /skillTypes:403",
    ] {
        let (simulator, _, tried) = befallen(faults).await;
        let left: Vec<String> = tried.left.iter().map(ToString::to_string).collect();
        assert_eq!(
            left,
            [format!("skillTypes/deskform skillTypes {STEM}")],
            "{tried:#?}"
        );
        assert_eq!(one(&tried, "skillTypes").removed, Came::Refused);
        assert_eq!(
            of_trials(&simulator),
            BTreeSet::from(["1 skillTypes".to_owned()])
        );
    }
}

/// Whoever ends it at once finds what was made by then.
#[tokio::test(start_paused = true)]
async fn what_is_there_by_then_is_known_at_any_time() {
    let simulator = Arc::new(Mutex::new(desk(Dialect::Openapi)));
    let clock = Clock::starting_at(NOW_MS);
    let transport = SimulatorTransport::new(Arc::clone(&simulator), clock);
    let environment = environment(Dialect::Openapi);
    let connection = connection(&environment, Arc::new(transport), clock);
    let session = Session::open(connection).await.expect("a session");
    let (_, existing) = diagnose(&session).await.expect("a diagnosis");
    let means = means(&session, &environment, existing);
    let told = RefCell::new(Trials::default());
    // The question whether to go on comes between the steps: here nobody waits for more than some of them.
    let asked = Cell::new(0);
    let watched = || {
        asked.set(asked.get() + 1);
        let told = told.borrow();
        let known = told.left.len() + told.may_be_left.len();
        let there: usize = of_trials(&simulator)
            .iter()
            .filter_map(|line| line.split(' ').next()?.parse::<usize>().ok())
            .sum();
        assert!(
            there <= known,
            "{:?} are there: {told:#?}",
            of_trials(&simulator)
        );
        false
    };
    try_all(means, &watched, &told).await;
    assert!(asked.get() > 20, "{}", asked.get());
    assert!(told.into_inner().left.is_empty());
}

/// A second object that is made, and cannot be removed, is told.
#[tokio::test(start_paused = true)]
async fn a_second_object_that_stays_is_told() {
    let faults = "quirks=duplicates-taken,on=DELETE /skillTypes:403";
    let (simulator, _, tried) = befallen(faults).await;
    let left: Vec<String> = tried.left.iter().map(ToString::to_string).collect();
    assert_eq!(
        left,
        [
            format!("skillTypes/deskform skillTypes {STEM}"),
            format!("skillTypes/deskform skillTypes {STEM}, a second one")
        ]
    );
    assert_eq!(
        of_trials(&simulator),
        BTreeSet::from(["2 skillTypes".to_owned()])
    );
}

/// Where nobody said that it is a sandbox nothing is written.
#[test]
fn only_a_sandbox_is_written_to() {
    let project =
        "environments:\n  local: {simulator: {}}\n  trial: {sandbox: true, simulator: {}}\n";
    let place = Place::with(&[("deskform.yaml", project)]);
    let run = place.run("doctor --write");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run}");
    assert!(
        run.stderr.contains("does not say that it is a sandbox"),
        "{run}"
    );
    assert!(run.stderr.contains("`sandbox: true`"), "{run}");
    let run = place.done("-e trial doctor --write");
    assert!(
        run.stdout
            .contains("made: done; changed: done; removed: done"),
        "{run}"
    );
}

/// A served organization that says of itself whether it is a sandbox, or says nothing of it.
fn place_with(says: Option<bool>) -> Place {
    let address = Front::serve(move || {
        let organization = OrganizationSeed {
            is_sandbox: says == Some(true),
            ..OrganizationSeed::new(ORGANIZATION)
        };
        let simulator = Simulator::new(Settings {
            organizations: vec![organization],
            ..Settings::default()
        });
        let simulator = Arc::new(Mutex::new(simulator));
        let behind = Arc::new(SimulatorTransport::new(simulator, Clock::system()));
        Front::new(behind).change(move |request, response| {
            if says.is_none() && request.uri().path().ends_with("/organizations") {
                front::edit(response, |body| {
                    let organizations = body["data"].as_array_mut().expect("a list");
                    for one in organizations {
                        one.as_object_mut().expect("it").remove("isSandboxPortal");
                    }
                });
            }
            let is_told = request.method() == "GET" || front::is_for_token(request);
            assert!(is_told || says != Some(false), "{request:?}");
        })
    });
    place_at(address)
}

/// A project with an environment `trial` behind an address.
fn place_at(address: SocketAddr) -> Place {
    let project = format!(
        "environments:\n  trial: {{orgId: \"{ORGANIZATION}\", sandbox: true, endpoint: {{desk: \"http://{address}\", accounts: \"http://{address}\"}}}}\n"
    );
    let mut place = Place::with(&[("deskform.yaml", &project)]);
    place.set("ZOHO_CLIENT_ID", DEMO_CLIENT_ID);
    place.set("ZOHO_CLIENT_SECRET", DEMO_CLIENT_SECRET);
    place.set("ZOHO_REFRESH_TOKEN", &demo_refresh_token(ORGANIZATION));
    place
}

/// The organization's own word counts where it says one.
#[test]
fn what_says_that_it_is_no_sandbox_is_none() {
    let run = place_with(Some(false)).run("doctor --write");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run}");
    assert!(
        run.stderr.contains("says that it is no sandbox") && run.stderr.contains(ORGANIZATION),
        "{run}"
    );
    for says in [Some(true), None] {
        let run = place_with(says).done("doctor --write");
        assert!(run.stdout.contains("removed: done"), "{run}");
        // Whoever is killed knows from this where to look.
        let first = run.stderr.lines().next().unwrap_or_default();
        assert!(
            first.contains(
                "in the organization `700001` (Example Company) one object each of 18 kinds"
            ) && first.contains("every name has `"),
            "{run}"
        );
    }
}

/// Whoever asks a second time is told at once what is there, and gets the report so far.
#[cfg(unix)]
#[test]
fn a_second_signal_ends_it_and_tells_what_is_left() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    let (send, receive) = std::sync::mpsc::channel();
    let address = Front::serve(move || {
        let simulator = Simulator::new(Settings {
            organizations: vec![OrganizationSeed {
                is_sandbox: true,
                ..OrganizationSeed::new(ORGANIZATION)
            }],
            ..Settings::default()
        });
        let simulator = Arc::new(Mutex::new(simulator));
        let behind = Arc::new(SimulatorTransport::new(simulator, Clock::system()));
        let send = Mutex::new(send);
        Front::new(behind).hold(move |request, held| {
            let is_it = request.method() == "POST"
                && request.uri().path().ends_with("/layouts")
                && held == front::Held::Answer;
            is_it.then(|| {
                send.lock().expect("it").send(()).expect("a receiver");
                Box::pin(std::future::pending()) as _
            })
        })
    });
    let place = place_at(address);
    let mut command = command::with_signals(place.command(&command::words("doctor --write")));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a process");
    let id = child.id();
    let interrupt = || {
        let line = format!("kill -INT {id}");
        let status = Command::new("sh").args(["-c", &line]).status();
        assert!(status.expect("a shell").success());
    };
    receive.recv().expect("a write");
    interrupt();
    let mut stderr = BufReader::new(child.stderr.take().expect("it"));
    let mut told = String::new();
    while !told.contains("stopping: ") {
        assert!(stderr.read_line(&mut told).expect("a line") > 0, "{told}");
    }
    interrupt();
    stderr.read_to_string(&mut told).expect("the rest");
    let mut printed = String::new();
    let mut stdout = child.stdout.take().expect("it");
    stdout.read_to_string(&mut printed).expect("a report");
    assert!(!child.wait().expect("an end").success());
    let stem = told.split("every name has `").nth(1).expect("a stem");
    let stem = stem.split('`').next().unwrap_or_default();
    for words in [
        format!("`customFields/deskform customFields {stem}` was made and is still there"),
        format!("`layouts/deskform layouts {stem}` may have been made and may be left"),
        format!("look in Zoho Desk for names with `{stem}` in them"),
    ] {
        assert!(told.contains(&words), "{words} is not in:\n{told}");
    }
    assert!(
        printed.contains("customFields: made: done; changed: done; removed: not tried"),
        "{printed}"
    );
}

/// The page shows what the command prints of a new simulated organization.
#[test]
fn the_page_shows_what_is_printed() {
    let place = Place::with(&[("deskform.yaml", "environments:\n  local: {simulator: {}}\n")]);
    let printed = place.done("doctor").stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once("```text\n").expect("a block");
    let (_, after) = rest.split_once("```").expect("its end");
    let wanted = format!("{before}```text\n{printed}```{after}");
    if let Err(problem) = bless_or_compare(&path, &wanted) {
        panic!("{problem}");
    }
}
