//! `drift`, `ledger` and `unlock` as a user meets them: whole output of the real binary.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use command::{Place, transcript};
use insta::assert_snapshot;
use serde_json::Value;

const DESK: &str = "\
departments:
  Billing: {description: Invoices, lifecycle: {preventDestroy: true}}
  Support: {description: Answers}
accounts:
  Example Corporation: {website: https://www.example.com}
contacts:
  jane.doe@example.com: {lastName: Doe, account: Example Corporation}
";
const LEDGER: &str = ".deskform/local.json";
const LOCK: &str = ".deskform/local.lock";
const STATE: &str = ".deskform/local.simulator.json";

fn project(dialect: &str) -> String {
    format!("environments:\n  local: {{simulator: {{dialect: {dialect}}}}}\n")
}

/// A project whose manifests are applied already.
fn applied(dialect: &str) -> Place {
    let project = project(dialect);
    let place = Place::with(&[("deskform.yaml", &project), ("desk.yaml", DESK)]);
    place.done("apply --auto-approve");
    place
}

fn ledger(place: &Place) -> Value {
    serde_json::from_str(&place.done("ledger show --format json").stdout).expect("JSON")
}

fn addresses(ledger: &Value) -> Vec<&str> {
    let resources = ledger["resources"].as_array().expect("resources");
    resources
        .iter()
        .map(|one| one["address"].as_str().expect("an address"))
        .collect()
}

/// Runs the command, which must write nothing.
fn read_only(place: &Place, line: &str, code: i32) -> command::Run {
    let before = place.files();
    let run = place.run(line);
    assert_eq!(run.code, code, "{run}");
    assert!(place.files() == before, "something was written:\n{run}");
    run
}

#[test]
fn drift_tells_who_moved() {
    for dialect in ["openapi", "guide"] {
        let place = applied(dialect);
        let mut runs = vec![read_only(&place, "drift", 0)];
        // Somebody works in Zoho Desk.
        place.edit(STATE, "Invoices", "Bills");
        runs.push(read_only(&place, "drift", 2));
        runs.push(read_only(&place, "drift --only-live", 2));
        runs.push(read_only(&place, "drift --target departments/Support", 0));
        // And somebody in the repository.
        place.edit("desk.yaml", "Answers", "Help");
        runs.push(read_only(&place, "drift", 2));
        runs.push(read_only(&place, "drift --format markdown", 2));
        runs.push(read_only(&place, "drift --format json", 2));
        place.edit(STATE, "Bills", "Invoices");
        runs.push(read_only(&place, "drift --only-live", 0));
        place.done("apply --auto-approve");
        runs.push(read_only(&place, "drift", 0));
        assert_snapshot!(
            format!("drift_tells_who_moved_{dialect}"),
            transcript(&runs)
        );
    }
}

#[test]
fn drift_says_what_it_cannot_know() {
    let place = applied("openapi");
    let mut runs = vec![place.refused("drift --target departments/Suport")];
    // An exception that has expired accepts nothing; one that has not does.
    place.edit(STATE, "Invoices", "Bills");
    let ignoring = |until: &str| {
        format!(
            "{}ignore: [{{address: departments/Billing, field: description, reason: talks, until: {until}}}]\n",
            project("openapi")
        )
    };
    place.write("deskform.yaml", &ignoring("2020-01-01"));
    runs.push(read_only(&place, "drift", 2));
    place.write("deskform.yaml", &ignoring("2999-01-01"));
    runs.push(read_only(&place, "drift", 0));
    // Somebody is at work.
    lock(&place, "2999-01-01T00:00:00Z");
    runs.push(read_only(&place, "drift", 0));
    place.remove(LOCK);
    place.write("deskform.yaml", &project("openapi"));
    let kept = place.read(LEDGER);
    place.write(LEDGER, "{}");
    runs.push(read_only(&place, "drift", 1));
    place.remove(LEDGER);
    runs.push(read_only(&place, "drift", 2));
    runs.push(read_only(&place, "drift --format json", 2));
    place.write(LEDGER, &kept.replace("700001", "700009"));
    runs.push(place.refused("drift"));
    assert_snapshot!(transcript(&runs));
}

#[test]
fn the_ledger_is_shown_and_forgotten() {
    let place = applied("openapi");
    let mut runs = vec![
        read_only(&place, "ledger show", 0),
        read_only(&place, "ledger show --verbose 'departments/*'", 0),
        read_only(&place, "ledger show --format json accounts/*", 0),
        place.refused("ledger show departments/Biling"),
        place.refused("ledger forget departments/Billing 'agents/*'"),
        place.done("ledger forget departments/Billing"),
        place.refused("ledger forget departments/Billing"),
        // What is not owned is not removed, protected or not.
        place.done("plan"),
    ];
    assert_eq!(ledger(&place)["serial"], 2);
    lock(&place, "2999-01-01T00:00:00Z");
    runs.push(read_only(&place, "ledger show contacts/*", 0));
    runs.push(place.refused("ledger forget --all"));
    place.remove(LOCK);
    runs.push(place.done("ledger forget --all"));
    runs.push(read_only(&place, "ledger forget --all", 0));
    runs.push(read_only(&place, "ledger show", 0));
    assert!(!place.path(LOCK).exists());
    assert_snapshot!(transcript(&runs));
}

/// What a run leaves that was killed when it had made a department and before it saved the ledger.
fn killed_after_creating(place: &Place, handle: &str) {
    let kept = ledger(place);
    let mut resources = kept["resources"].as_array().expect("resources").iter();
    let address = format!("departments/{handle}");
    let entry = resources.find(|one| one["address"] == *address);
    let id = &entry.expect("the department")["id"];
    let records = [
        serde_json::json!({
            "record": "begin", "formatVersion": 1, "run": "killed", "environment": "local",
            "orgId": kept["orgId"], "planDigest": "", "at": 1,
        }),
        serde_json::json!({
            "record": "intent", "seq": 1, "address": address, "verb": "create", "create": true,
            "request": {"method": "POST", "path": "/departments"}, "identity": handle, "at": 1,
            "before": {},
        }),
        serde_json::json!({"record": "outcome", "seq": 1, "result": "applied", "id": id}),
    ];
    let journal: String = records.map(|record| format!("{record}\n")).concat();
    place.done(&format!("ledger forget {address}"));
    place.write(".deskform/runs/local-killed.jsonl", &journal);
}

#[test]
fn what_a_killed_run_made_is_forgotten_for_good() {
    for words in ["departments/Support", "--all"] {
        let place = applied("guide");
        killed_after_creating(&place, "Support");
        place.edit("desk.yaml", "  Support: {description: Answers}\n", "");
        let plan = place.done("plan");
        assert!(plan.stdout.contains("1 to delete"), "{plan}");
        let forgotten = place.done(&format!("ledger forget {words}"));
        assert!(
            forgotten.stdout.contains("forgotten: departments/Support"),
            "{forgotten}"
        );
        let plan = place.done("plan");
        assert!(plan.stdout.contains("No changes"), "{plan}");
        place.done("apply --auto-approve");
        assert!(place.read(STATE).contains("\"Support\""));
        assert!(!place.path(".deskform/runs/local-killed.jsonl").exists());
    }
}

#[test]
fn adopting_settles_two_candidates() {
    for dialect in ["openapi", "guide"] {
        let place = applied(dialect);
        let old = place.read(LEDGER);
        // The account gets another name, and another one gets its name.
        place.edit(STATE, "Example Corporation", "Old Corporation");
        place.remove(LEDGER);
        place.done("apply --auto-approve");
        let fresh = ledger(&place);
        let id = fresh["resources"][0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        assert_eq!(
            fresh["resources"][0]["address"],
            "accounts/Example Corporation"
        );
        place.write(LEDGER, &old);
        let state = place.read(STATE);
        let runs = [
            place.refused("plan"),
            place.refused("ledger adopt accounts/Exampel 1"),
            place.refused("ledger adopt 'accounts/Example Corporation' 1"),
            place.refused("ledger adopt 'accounts/Example Corporation' one"),
            place.refused(&format!("ledger adopt departments/Support {id}")),
            place.done(&format!("ledger adopt 'accounts/Example Corporation' {id}")),
            read_only(
                &place,
                &format!("ledger adopt 'accounts/Example Corporation' {id}"),
                0,
            ),
            place.done("ledger show accounts/*"),
            place.done("plan"),
        ];
        assert_eq!(place.read(STATE), state, "nothing is written to Zoho Desk");
        assert_snapshot!(
            format!("adopting_settles_two_candidates_{dialect}"),
            transcript(&runs)
        );
    }
}

#[test]
fn a_creation_in_doubt_costs_no_other_object() {
    let place = applied("openapi");
    let old = place.read(LEDGER);
    // The account that is owned gets another name, and another one gets its name.
    place.edit(STATE, "Example Corporation", "Old Corporation");
    place.remove(LEDGER);
    place.done("apply --auto-approve");
    place.write(LEDGER, &old);
    let intent = serde_json::json!({
        "record": "intent", "seq": 1, "address": "accounts/Example Corporation",
        "verb": "create", "create": true, "identity": "Example Corporation", "at": 1,
        "request": {"method": "POST", "path": "/accounts"}, "before": {},
    });
    place.write(".deskform/runs/local-killed.jsonl", &format!("{intent}\n"));
    let plan = place.refused("plan");
    assert!(plan.stderr.contains("by the ledger or"), "{plan}");
}

#[test]
fn adopting_settles_two_of_one_name() {
    let place = applied("openapi");
    let id = ledger(&place)["resources"][0]["id"].clone();
    let id = id.as_str().expect("an id");
    let old = place.read(LEDGER);
    // Renamed for a moment, so that an account of the same name comes beside it.
    place.edit(STATE, "Example Corporation", "Old Corporation");
    place.remove(LEDGER);
    place.done("apply --auto-approve");
    place.edit(STATE, "Old Corporation", "Example Corporation");
    place.remove(LEDGER);
    let refused = place.refused("plan");
    assert!(
        refused
            .stderr
            .contains("ledger adopt 'accounts/Example Corporation' ID"),
        "{refused}"
    );
    place.done(&format!("ledger adopt 'accounts/Example Corporation' {id}"));
    let plan = place.done("plan");
    assert!(!plan.stdout.contains("accounts/"), "{plan}");
    // So does a ledger that knew it all along.
    place.write(LEDGER, &old);
    place.done("plan");
}

#[test]
fn every_kind_is_adopted_by_its_id() {
    let desk = "\
customFields:
  region: {module: contacts, displayLabel: Region, type: Text, maxLength: 50}
departments: {Billing: {}}
agents:
  jo@example.com: {lastName: Jo, FIELDS}
webhooks:
  crm: {url: https://hooks.example.com/a, subscriptions: {Ticket_Add: {}, Contact_Add: {}}}
accounts: {Example Corporation: {}}
contacts: {jane.doe@example.com: {lastName: Doe}}
";
    for (dialect, fields, more) in [
        (
            "openapi",
            "rolePermissionType: AgentPublic, departments: [Billing]",
            "",
        ),
        (
            "guide",
            "firstName: J",
            "slas: {Gold: {responseTime: {businessHours: 4}}}\n",
        ),
    ] {
        let desk = desk.replace("FIELDS", fields) + more;
        let place = Place::with(&[("deskform.yaml", &project(dialect)), ("desk.yaml", &desk)]);
        place.done("apply --auto-approve");
        let before = ledger(&place);
        place.done("ledger forget --all");
        let resources = before["resources"].as_array().expect("resources");
        assert_eq!(resources.len(), 6 + usize::from(dialect == "guide"));
        for one in resources {
            let text = |key: &str| one[key].as_str().expect("text");
            place.done(&format!(
                "ledger adopt '{}' {}",
                text("address"),
                text("id")
            ));
        }
        let after = ledger(&place);
        for (old, new) in resources
            .iter()
            .zip(after["resources"].as_array().expect("it"))
        {
            // Each event of a webhook of the guide has an id; any of them is the webhook's.
            let parts = new["parts"].as_array().expect("parts");
            assert!(
                old["id"] == new["id"] || parts.contains(&old["id"]),
                "{new}"
            );
            for key in ["address", "parts", "identity", "preventDestroy"] {
                assert_eq!(old[key], new[key], "{dialect}");
            }
            assert_eq!(new["adopted"], true);
        }
        let plan = place.done("plan");
        assert!(plan.report().starts_with("No changes: "), "{plan}");
        read_only(&place, "drift", 0);
    }
}

#[test]
fn adopting_takes_nothing_from_another() {
    let place = applied("openapi");
    let ledger = ledger(&place);
    let of = |address: &str| {
        let resources = ledger["resources"].as_array().expect("resources");
        let one = resources.iter().find(|one| one["address"] == address);
        one.expect("it is owned")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    assert_eq!(addresses(&ledger).len(), 4);
    let id = of("departments/Billing");
    let run = place.refused(&format!("ledger adopt departments/Support {id}"));
    assert!(
        run.stderr.contains("is owned by `departments/Billing`")
            && run
                .stderr
                .contains("deskform ledger forget 'departments/Billing'"),
        "{run}"
    );
    // Protection is taken from the declaration.
    place.done("ledger forget departments/Billing");
    place.done(&format!("ledger adopt departments/Billing {id}"));
    let shown = place.done("ledger show departments/Billing");
    assert!(shown.stdout.contains("preventDestroy, adopted"), "{shown}");
}

/// A lock of somebody else, until a time.
fn lock(place: &Place, until: &str) {
    let ms = |text: &str| {
        let time: jiff::Timestamp = text.parse().expect("a time");
        time.as_millisecond()
    };
    let lock = serde_json::json!({
        "formatVersion": 1, "who": "jane.doe", "host": "ci-7", "run": "20261122T000000Z-1",
        "token": "t", "since": ms("2026-11-22T00:00:00Z"), "until": ms(until),
    });
    place.write(LOCK, &lock.to_string());
}

#[test]
fn locks_are_given_back() {
    let place = applied("openapi");
    let mut runs = vec![read_only(&place, "unlock", 0)];
    lock(&place, "2999-01-01T00:00:00Z");
    runs.push(place.refused("apply --auto-approve"));
    runs.push(place.refused("unlock"));
    runs.push(place.done("unlock --force"));
    runs.push(place.done("unlock"));
    // One that has expired is nobody's.
    lock(&place, "2026-11-22T00:05:00Z");
    runs.push(place.done("unlock"));
    place.write(LOCK, "half a lo");
    runs.push(place.refused("unlock"));
    runs.push(place.run("ledger show contacts/*"));
    runs.push(place.done("unlock --force"));
    runs.push(place.done("apply --auto-approve"));
    assert_snapshot!(transcript(&runs));
}
