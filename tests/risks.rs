//! What a plan tells besides its steps, as the real binary saves and prints it: what is at stake, where
//! the files say so, what is set back, and what a saved plan is refused for.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use command::Place;
use deskform::report::plan_schema::plan_schema;
use serde_json::{Value, json};

/// What is changed in a saved plan, and how.
type Change = (&'static str, fn(&mut Value));

const STATE: &str = ".deskform/local.simulator.json";
const PROJECT: &str =
    "environments:\n  local: {simulator: {dialect: openapi, edition: enterprise}}\n";
const DESK: &str = "\
departments:
  Billing: {description: Invoices}

webhooks:
  Audit:
    url: https://hooks.example.com/audit
    subscriptions: {Ticket_Add: {}}
    description: For the auditors
accounts:
  Example Corporation: {website: https://www.example.com}
contacts:
  jane.doe@example.com: {lastName: Doe, account: Example Corporation}
";

fn applied() -> Place {
    let place = Place::with(&[("deskform.yaml", PROJECT), ("desk/all.yaml", DESK)]);
    place.done("apply --auto-approve");
    place
}

/// The plan as JSON; it is what the schema says.
fn plan(place: &Place, more: &str) -> Value {
    let run = place.done(&format!("plan --format json {more}"));
    let plan: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let validator = jsonschema::validator_for(&plan_schema()).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&plan)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{plan:#}");
    plan
}

fn step<'p>(plan: &'p Value, address: &str) -> &'p Value {
    let steps = plan["steps"].as_array().expect("steps");
    let found = steps.iter().find(|step| step["address"] == address);
    assert!(found.is_some(), "no step for {address}: {plan:#}");
    found.expect("a step")
}

/// Changes what the simulator keeps, as somebody in Zoho Desk would.
fn in_zoho_desk(place: &Place, change: impl Fn(&mut Value)) {
    let mut state: Value = serde_json::from_str(&place.read(STATE)).expect("JSON");
    change(&mut state);
    place.write(STATE, &state.to_string());
}

/// Every object in a state, wherever it is kept.
fn objects<'v>(value: &'v mut Value, see: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            see(map);
            map.values_mut().for_each(|value| objects(value, see));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| objects(value, see)),
        _ => {}
    }
}

#[test]
fn a_change_in_zoho_desk_that_is_set_back_is_told_with_its_time() {
    let place = applied();
    in_zoho_desk(&place, |state| {
        objects(state, &mut |object| {
            if object.get("description") == Some(&json!("For the auditors")) {
                object.insert("description".into(), json!("For somebody else"));
                object.insert("modifiedTime".into(), json!("2026-02-03T04:05:06.000Z"));
            }
        });
    });
    place.edit("desk/all.yaml", "Invoices", "Bills");
    let planned = plan(&place, "");
    let change = &step(&planned, "webhooks/Audit")["changes"][0];
    assert_eq!(change["before"], "For somebody else", "{planned:#}");
    assert_eq!(change["setsBack"]["modified"], "2026-02-03T04:05:06.000Z");
    // What the manifests changed sets nothing back.
    let other = &step(&planned, "departments/Billing")["changes"][0];
    assert_eq!(other["after"], "Bills");
    assert_eq!(other.get("setsBack"), None);
    for form in ["text", "markdown"] {
        let shown = place.done(&format!("plan --format {form}")).stdout;
        assert!(
            shown.contains("changed in Zoho Desk since the last apply; its object was last changed on 2026-02-03T04:05:06.000Z"),
            "{shown}"
        );
        // The risks at the head name it, and nothing else is marked.
        let told = "what somebody changed in Zoho Desk (1)";
        assert_eq!(shown.matches(told).count(), 1, "{shown}");
        let shown = shown.replace(told, "");
        assert_eq!(shown.matches("changed in Zoho Desk").count(), 1, "{shown}");
    }
    // What is not what was stored, and is not what is wanted now either, is set back as well.
    place.edit("desk/all.yaml", "For the auditors", "For all auditors");
    let planned = plan(&place, "");
    let change = &step(&planned, "webhooks/Audit")["changes"][0];
    assert!(change.get("setsBack").is_some(), "{planned:#}");
}

#[test]
fn what_somebody_deleted_is_made_anew_and_told() {
    let place = applied();
    in_zoho_desk(&place, |state| {
        objects(state, &mut |object| {
            if object.get("description") == Some(&json!("For the auditors")) {
                object.insert("isDeleted".into(), json!(true));
                object.insert("name".into(), json!("Gone"));
            }
        });
    });
    let planned = plan(&place, "");
    let step = step(&planned, "webhooks/Audit");
    assert_eq!(
        (&step["verb"], &step["restores"]),
        (&json!("create"), &json!(true))
    );
    let shown = place.done("plan").stdout;
    assert!(
        shown.contains("deleted in Zoho Desk since the last apply"),
        "{shown}"
    );
}

#[test]
fn each_step_says_where_it_is_declared_and_what_it_takes_away() {
    let place = applied();
    place.write(
        "desk/all.yaml",
        "departments:\n  Billing: {description: Bills}\nremoved:\n  accounts:\n    - Example Corporation\ncontacts:\n  # Contacts are read since one is declared.\n  sam.sample@example.com: {lastName: Sample}\n",
    );
    let planned = plan(&place, "");
    let billing = step(&planned, "departments/Billing");
    assert_eq!(
        billing["origin"],
        json!({"file": "desk/all.yaml", "line": 2})
    );
    assert_eq!(billing.get("risk"), None);
    let account = step(&planned, "accounts/Example Corporation");
    assert_eq!(
        account["origin"],
        json!({"file": "desk/all.yaml", "line": 5})
    );
    assert_eq!(account["risk"], json!([{"class": "takesAway"}]));
    let lost = |step: &Value, field: &str| {
        let changes = step["changes"].as_array().expect("changes").clone();
        let found = changes.into_iter().find(|change| change["field"] == field);
        found.map(|change| (change["before"].clone(), change["after"].clone()))
    };
    let website = (json!("https://www.example.com"), Value::Null);
    assert_eq!(lost(account, "/website"), Some(website));
    // The contact is no longer declared, and a seed that is not pruned: it stays, and refers to it.
    assert_eq!(
        account["referredBy"],
        json!({"count": 1, "first": ["contacts/jane.doe@example.com"]})
    );
    let webhook = step(&planned, "webhooks/Audit");
    assert_eq!(webhook.get("origin"), None, "nothing declares it");
    let url = (json!("https://hooks.example.com/audit"), Value::Null);
    assert_eq!(lost(webhook, "/url"), Some(url));
    let shown = place.done("plan").stdout;
    let head: Vec<&str> = shown.lines().skip(2).take(4).collect();
    assert_eq!(
        head,
        [
            "Look at this first:",
            "    Takes away (2):",
            "        accounts/Example Corporation",
            "        webhooks/Audit",
        ],
        "{shown}"
    );
    assert!(
        shown.contains("still referred to by: contacts/jane.doe@example.com"),
        "{shown}"
    );
}

#[test]
fn a_target_says_what_it_drags_along_that_concerns_people() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        (
            "desk.yaml",
            "departments: {Billing: {}}\nagents:\n  sarah@example.com: {lastName: S, rolePermissionType: AgentPublic, departments: [Billing]}\nteams:\n  First: {department: Billing, agents: [sarah@example.com]}\n",
        ),
    ]);
    let planned = plan(&place, "--target teams/First");
    assert_eq!(step(&planned, "teams/First").get("needed"), None);
    assert_eq!(step(&planned, "agents/sarah@example.com")["needed"], true);
    assert_eq!(step(&planned, "departments/Billing")["needed"], true);
    for form in ["text", "markdown"] {
        let shown = place
            .done(&format!("plan --format {form} --target teams/First"))
            .stdout;
        let (_, rest) = shown
            .split_once("Done besides, since a target needs it")
            .expect("a section");
        assert!(
            rest.contains("agents/sarah@example.com: an invitation is mailed and a seat is used"),
            "{shown}"
        );
        assert!(!rest.contains("departments/Billing:"), "{shown}");
    }
    assert_eq!(
        step(&plan(&place, ""), "agents/sarah@example.com").get("needed"),
        None
    );
}

#[test]
fn the_plan_says_when_from_what_and_with_which_warnings_it_was_made() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  local: {simulator: {dialect: guide}}\n",
        ),
        (
            "desk.yaml",
            "departments:\n  Billing:\n    nameInCustomerPortal: Bills\n",
        ),
        (".git/HEAD", commit),
    ]);
    let planned = plan(&place, "");
    assert_eq!(planned["made"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(planned["made"]["commit"], commit);
    let warnings = planned["warnings"].as_array().expect("warnings");
    assert_eq!(warnings.len(), 1, "{planned:#}");
    assert_eq!(warnings[0]["code"], "field-left-out");
    assert_eq!(
        warnings[0]["places"],
        json!([{"file": "desk.yaml", "line": 3}])
    );
    // It is as quiet as it is told to be, and says as much.
    let quiet = place.done("plan --quiet --format json");
    let quiet: Value = serde_json::from_str(&quiet.stdout).expect("JSON");
    assert_eq!(quiet["warnings"], planned["warnings"]);
    place.set("CI", "true");
    place.set("GITHUB_SHA", &"ab".repeat(20));
    assert_eq!(plan(&place, "")["made"]["commit"], "ab".repeat(20));
    place.set("GITHUB_SHA", "no commit");
    assert_eq!(plan(&place, "")["made"]["commit"], commit);
    place.remove(".git/HEAD");
    assert_eq!(plan(&place, "")["made"].get("commit"), None);
}

/// What a plan tells besides its work never makes it stale; anything of its work does.
#[test]
fn a_saved_plan_is_refused_for_its_work_alone() {
    let place = applied();
    in_zoho_desk(&place, |state| {
        objects(state, &mut |object| {
            if object.get("description") == Some(&json!("For the auditors")) {
                object.insert("description".into(), json!("For somebody else"));
            }
        });
    });
    place.edit("desk/all.yaml", "Invoices", "Bills");
    place.done("plan --out plan.json");
    let saved: Value = serde_json::from_str(&place.read("plan.json")).expect("JSON");
    let before = place.read(STATE);
    let kept = place.read(".deskform/local.json");
    let refused: [Change; 6] = [
        ("a verb", |plan| plan["steps"][0]["verb"] = json!("delete")),
        ("a value", |plan| {
            plan["steps"][0]["changes"][0]["after"] = json!("x");
        }),
        ("a step", |plan| {
            drop(plan["steps"].as_array_mut().expect("steps").pop());
        }),
        ("a count", |plan| plan["summary"]["update"] = json!(9)),
        ("a call", |plan| plan["steps"][0]["requests"] = json!([])),
        ("an effect", |plan| {
            plan["steps"][0]["effects"] = json!(["nothing"]);
        }),
    ];
    for (what, change) in refused {
        let mut plan = saved.clone();
        change(&mut plan);
        place.write("plan.json", &plan.to_string());
        let run = place.refused("apply plan.json");
        assert!(
            run.stderr.contains("the saved plan no longer holds"),
            "{what}: {run}"
        );
    }
    let accepted: [Change; 7] = [
        ("nothing", |_| {}),
        ("made", |plan| {
            drop(plan.as_object_mut().expect("it").remove("made"));
        }),
        ("a time", |plan| {
            plan["made"] = json!({"version": "9.9.9", "time": "2001-01-01T00:00:00Z", "commit": "0123456789abcdef0123456789abcdef01234567"});
        }),
        ("warnings", |plan| {
            plan["warnings"] =
                json!([{"code": "x", "message": "y", "places": [{"file": "z", "line": 1}]}]);
        }),
        ("lines", |plan| {
            for step in plan["steps"].as_array_mut().expect("steps") {
                step["origin"] = json!({"file": "elsewhere.yaml", "line": 7});
                step["risk"] = json!([{"class": "rights"}]);
                step["referredBy"] = json!({"count": 0, "first": []});
            }
        }),
        ("a change of a person", |plan| {
            for step in plan["steps"].as_array_mut().expect("steps") {
                step["changes"][0]["setsBack"] = json!({"modified": "2001-01-01"});
            }
        }),
        ("a plan of before", |plan| {
            for step in plan["steps"].as_array_mut().expect("steps") {
                let step = step.as_object_mut().expect("it");
                step.retain(|key, _| {
                    !["origin", "risk", "restores", "needed"].contains(&key.as_str())
                });
            }
        }),
    ];
    for (what, change) in accepted {
        let mut plan = saved.clone();
        change(&mut plan);
        place.write("plan.json", &plan.to_string());
        let run = place.run("apply plan.json");
        assert_eq!(run.code, 0, "{what}: {run}");
        assert!(
            run.stdout.contains("Applied 2 of 2 steps."),
            "{what}: {run}"
        );
        place.write(STATE, &before);
        place.write(".deskform/local.json", &kept);
    }
}

/// A reference counts at any depth, such as the departments of an event.
#[test]
fn what_is_named_inside_a_map_refers_as_well() {
    let other =
        "webhooks:\n  other: {url: 'https://hooks.example.com/2', subscriptions: {Task_Add: {}}}\n";
    let hook = "  hook: {url: 'https://hooks.example.com/1', subscriptions: {Ticket_Add: {departments: [Billing]}}}\n";
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments: {local: {simulator: {dialect: openapi, edition: enterprise}, kinds: {webhooks: {prune: none}}}}\n",
        ),
        (
            "desk.yaml",
            &format!("departments: {{Billing: {{}}, Support: {{}}}}\n{other}{hook}"),
        ),
    ]);
    place.done("apply --auto-approve");
    place.write(
        "desk.yaml",
        &format!("departments: {{Support: {{}}}}\n{other}"),
    );
    let planned = plan(&place, "");
    assert_eq!(
        step(&planned, "departments/Billing")["referredBy"],
        json!({"count": 1, "first": ["webhooks/hook"]}),
        "{planned:#}"
    );
}
