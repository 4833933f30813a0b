//! What a token may do: the scopes that `auth scopes` prints are enough and not one too many, and a
//! token for reading alone is known to be one.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;
#[expect(dead_code, unreachable_pub, reason = "it is shared with other tests")]
#[path = "common/front.rs"]
mod front;

use std::sync::{Arc, Mutex};

use command::{Place, Run};
use deskform::clock::Clock;
use deskform::dialect::{Dialect, Edition};
use deskform::kind::KINDS;
use deskform::simulator::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, OrganizationSeed, Settings, Simulator, SimulatorTransport,
    demo_reading_token, demo_refresh_token,
};
use front::Front;
use serde_json::Value;

const ORGANIZATION: &str = "700001";

/// A served organization whose tokens have these scopes; nothing stands for all.
fn served(dialect: Dialect, scopes: Option<&str>) -> String {
    let scopes = scopes.map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let address = Front::serve(move || {
        let mut simulator = Simulator::new(Settings {
            dialect,
            edition: Edition::Enterprise,
            organizations: vec![OrganizationSeed::new(ORGANIZATION)],
            ..Settings::default()
        });
        simulator.set_scopes(ORGANIZATION, scopes);
        let simulator = Arc::new(Mutex::new(simulator));
        Front::new(Arc::new(SimulatorTransport::new(
            simulator,
            Clock::system(),
        )))
    });
    format!("http://{address}")
}

/// What the published API has besides the example: an SLA that a person has to make, and what needs it.
const PLANS: &str = "\
slas: {Premium Support SLA: {}}
supportPlans:
  Premium: {department: Technical Support, sla: Premium Support SLA, supportType: UNLIMITED_SUPPORT}
";

/// The example company with an environment `served`; a dialect that nobody states is nobody's.
fn company(dialect: Dialect, address: &str, stated: bool, token: &str) -> Place {
    let mut place = Place::examples();
    let overlays = match dialect {
        Dialect::Openapi => "",
        Dialect::Guide => "overlays: [overlays/guide], ",
    };
    if dialect == Dialect::Openapi {
        place.write("examples/acme/manifests/plans.yaml", PLANS);
    }
    let says = if stated {
        format!("dialect: {dialect}, ")
    } else {
        String::new()
    };
    place.edit(
        "examples/acme/deskform.yaml",
        "environments:\n",
        &format!(
            "environments:\n  served: {{orgId: \"{ORGANIZATION}\", {says}{overlays}variables: {{hook_host: hooks.example.com}}, endpoint: {{desk: \"{address}\", accounts: \"{address}\"}}}}\n"
        ),
    );
    place.set("ZOHO_CLIENT_ID", DEMO_CLIENT_ID);
    place.set("ZOHO_CLIENT_SECRET", DEMO_CLIENT_SECRET);
    place.set("ZOHO_REFRESH_TOKEN", token);
    place
}

fn acme(place: &Place, line: &str) -> Run {
    place.done(&format!("-C examples/acme -e served {line}"))
}

/// The scopes that a command prints.
fn printed(place: &Place, line: &str) -> String {
    let line = acme(place, &format!("auth scopes {line}")).stdout;
    let scopes = line.strip_suffix('\n').expect("a line").to_owned();
    assert!(!scopes.contains('\n') && !scopes.contains(' '), "{scopes}");
    scopes
}

/// Steps of the plan that are left, but for those done by hand.
fn left(place: &Place) -> usize {
    let plan = acme(place, "plan --format json").stdout;
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let steps = plan["steps"].as_array().expect("steps");
    steps.iter().filter(|step| step["verb"] != "manual").count()
}

/// Whoever pastes what is printed can plan, apply, and have removed what goes again.
#[test]
fn what_is_printed_is_enough() {
    for dialect in Dialect::ALL {
        for (options, stated) in [
            ("", true),
            ("", false),
            ("--kinds all", true),
            ("--kinds all", false),
        ] {
            let place = company(dialect, "http://127.0.0.1:9", stated, "none");
            let scopes = printed(&place, options);
            assert!(!scopes.contains(".ALL"), "{scopes}");
            let address = served(dialect, Some(&scopes));
            let place = company(dialect, &address, stated, &demo_refresh_token(ORGANIZATION));
            let status = acme(&place, "auth status").stdout;
            assert!(status.contains("\nscopes: Desk."), "{status}");
            let applied = acme(&place, "apply --auto-approve");
            assert!(!applied.stderr.contains("lacks a scope"), "{applied}");
            assert_eq!(left(&place), 0, "{dialect} {options}: {scopes}");
            // What goes can go.
            place.remove("examples/acme/manifests/webhooks.yaml");
            let removed = acme(&place, "apply --auto-approve");
            assert!(removed.stdout.contains("crm-sync"), "{removed}");
            assert!(!removed.stderr.contains("lacks a scope"), "{removed}");
            assert_eq!(left(&place), 0, "{removed}");
        }
    }
}

/// For reading alone it is enough for plan, drift and export, and every one of them is for reading.
#[test]
fn what_is_printed_for_reading_reads_and_writes_nothing() {
    for dialect in Dialect::ALL {
        let scopes = printed(
            &company(dialect, "http://127.0.0.1:9", true, "none"),
            "--read-only --kinds all",
        );
        for scope in scopes.split(',') {
            let operation = scope.rsplit_once('.').map(|(_, operation)| operation);
            assert_eq!(operation, Some("READ"), "{scopes}");
        }
        let address = served(dialect, Some(&scopes));
        let place = company(dialect, &address, true, &demo_refresh_token(ORGANIZATION));
        acme(&place, "auth status --read-only");
        acme(&place, "plan");
        acme(&place, "export .exported");
        let drift = place.run("-C examples/acme -e served drift");
        assert!(
            drift.stderr.is_empty() || !drift.stderr.contains("lacks"),
            "{drift}"
        );
        assert!(drift.stdout.contains("dialect"), "{drift}");
        let refused = place.refused("-C examples/acme -e served apply --auto-approve");
        assert!(refused.stderr.contains("lacks a scope"), "{refused}");
    }
}

/// What a token may not read is told with the way to export the rest.
#[test]
fn an_export_goes_without_what_the_token_may_not_read() {
    let project = |address: &str| {
        format!(
            "environments:\n  served:\n    orgId: \"{ORGANIZATION}\"\n    \
             endpoint: {{desk: \"{address}\", accounts: \"{address}\"}}\n    credentials: \
             {{clientId: 1000.DESKFORMSIMULATOR, clientSecret: \"${{secret.CLIENT}}\", \
             refreshToken: \"${{secret.REFRESH}}\"}}\n"
        )
    };
    let scopes =
        "Desk.articles.READ,Desk.basic.READ,Desk.settings.READ,Desk.contacts.READ,Desk.search.READ";
    let address = served(Dialect::Openapi, Some(scopes));
    let mut place = Place::with(&[("deskform.yaml", &project(&address))]);
    place.set("CLIENT", "deskform-simulator");
    place.set("REFRESH", &demo_refresh_token(ORGANIZATION));
    let refused = place.refused("export desk");
    assert!(
        refused.stderr.contains("read communityPreferences")
            && refused.stderr.contains("`--exclude KIND` exports the rest"),
        "{refused}"
    );
    place.done("export desk --exclude communityPreferences");
    assert!(place.path("desk/sharingRules.yaml").exists());
}

/// Each scope is there for a reason: without it something is lacking.
#[test]
fn not_one_scope_is_too_many() {
    for dialect in Dialect::ALL {
        let uses = deskform::reading::Uses::everything();
        for read_only in [false, true] {
            let lists = uses.scopes(dialect, read_only);
            let scopes = deskform::api::scope::fewest(&lists);
            assert!(scopes.len() > 1, "{scopes:?}");
            for without in &scopes {
                let others = |list: &&&[&str]| {
                    !list
                        .iter()
                        .any(|scope| scope != without && scopes.contains(scope))
                };
                let lacking = lists.iter().filter(|list| !list.is_empty()).find(others);
                assert!(lacking.is_some(), "{dialect}: {without} of {scopes:?}");
            }
        }
    }
}

/// The scopes follow from what is used, in manifests and in the ledger alike.
#[test]
fn fewer_kinds_need_fewer_scopes() {
    let project = "environments: {local: {simulator: {dialect: openapi}}}\n";
    let desk = "contacts:\n  jane.doe@example.com: {lastName: Doe}\n";
    let place = Place::with(&[("deskform.yaml", project), ("desk.yaml", desk)]);
    let contacts = "Desk.contacts.READ,Desk.contacts.CREATE,Desk.contacts.UPDATE,Desk.contacts.DELETE,Desk.search.READ,Desk.settings.READ\n";
    assert_eq!(place.done("auth scopes").stdout, contacts);
    assert_eq!(
        place.done("auth scopes --read-only").stdout,
        "Desk.contacts.READ,Desk.search.READ,Desk.settings.READ\n"
    );
    // What is owned is used, though nobody declares it.
    place.write("desk.yaml", "departments:\n  Billing: {}\n");
    place.done("apply --auto-approve");
    let both = "Desk.contacts.READ,Desk.contacts.CREATE,Desk.contacts.UPDATE,Desk.contacts.DELETE,";
    place.write("desk.yaml", desk);
    let run = place.done("auth scopes");
    assert!(run.stdout.starts_with(both), "{run}");
    assert!(run.stdout.contains(",Desk.settings.UPDATE"), "{run}");
    assert_eq!(run.stderr, "", "{run}");

    // Before anything is used they are those of all kinds.
    let place = Place::with(&[("deskform.yaml", project)]);
    let run = place.done("auth scopes");
    assert!(run.stderr.contains("the scopes for all kinds"), "{run}");
    assert_eq!(run.stdout, place.done("auth scopes --kinds all").stdout);
    assert!(run.stdout.len() > contacts.len());
}

#[test]
fn kinds_are_named_one_by_one() {
    let project = "environments: {local: {simulator: {dialect: openapi}}}\n";
    let place = Place::with(&[("deskform.yaml", project)]);
    let run = place.done("auth scopes --kinds layouts --read-only");
    // They may be of custom modules, which are read as well then.
    assert_eq!(run.stdout, "Desk.basic.READ,Desk.settings.READ\n");
    let two = place.done("auth scopes --kinds roles,layouts").stdout;
    assert!(two.contains("Desk.settings.CREATE"), "{two}");
    let run = place.refused("auth scopes --kinds roles,layout");
    assert!(run.stderr.contains("no kind is called `layout`"), "{run}");
    assert!(run.stderr.contains("did you mean `layouts`?"), "{run}");
    // Every kind can be asked for by itself.
    for kind in KINDS {
        place.done(&format!("auth scopes --kinds {}", kind.collection));
    }
}

/// A token that can write, or of which nobody knows, is no proof; the exit code is 1.
#[test]
fn a_token_is_proved_to_read_alone() {
    let address = served(Dialect::Openapi, None);
    let place = company(
        Dialect::Openapi,
        &address,
        true,
        &demo_reading_token(ORGANIZATION),
    );
    let run = acme(&place, "auth status --read-only");
    assert!(run.stdout.contains("scopes: Desk.basic.READ"), "{run}");
    assert!(!run.stdout.contains(".ALL"), "{run}");

    let place = company(
        Dialect::Openapi,
        &address,
        true,
        &demo_refresh_token(ORGANIZATION),
    );
    acme(&place, "auth status");
    // The second time its scopes come from the cache.
    for _ in 0..2 {
        let run = place.refused("-C examples/acme -e served auth status --read-only");
        assert!(
            run.stderr
                .contains("the token can write: it has `Desk.basic.ALL`"),
            "{run}"
        );
        assert!(run.stderr.contains("auth scopes --read-only"), "{run}");
    }

    // One scope is enough, whatever it is.
    for scope in [
        "Desk.contacts.WRITE",
        "Desk.tickets.UPDATE",
        "Desk.settings.odd",
    ] {
        let address = served(
            Dialect::Openapi,
            Some(&format!("Desk.basic.READ,Desk.settings.READ,{scope}")),
        );
        let place = company(
            Dialect::Openapi,
            &address,
            true,
            &demo_refresh_token(ORGANIZATION),
        );
        let run = place.refused("-C examples/acme -e served auth status --read-only");
        assert!(run.stderr.contains(&format!("it has `{scope}`\n")), "{run}");
    }
}

#[test]
fn scopes_that_nobody_tells_prove_nothing() {
    let address = Front::serve(|| {
        let simulator = Simulator::new(Settings::default());
        let simulator = Arc::new(Mutex::new(simulator));
        let behind = Arc::new(SimulatorTransport::new(simulator, Clock::system()));
        Front::new(behind).change(|request, response| {
            if front::is_for_token(request) {
                front::edit(response, |body| {
                    body.as_object_mut().expect("an object").remove("scope");
                });
            }
        })
    });
    let address = format!("http://{address}");
    let place = company(
        Dialect::Openapi,
        &address,
        true,
        &demo_refresh_token(ORGANIZATION),
    );
    let run = acme(&place, "auth status");
    assert!(run.stdout.contains("scopes: not told"), "{run}");
    let run = place.refused("-C examples/acme -e served auth status --read-only");
    assert!(run.stdout.contains("scopes: not told"), "{run}");
    assert!(
        run.stderr.contains("nothing proves that it cannot write"),
        "{run}"
    );
}

/// Zoho's own hosts speak what Zoho publishes; elsewhere nobody knows it before the first call, and the
/// scopes do for either dialect.
#[test]
fn scopes_follow_the_dialect() {
    let scopes = |rest: &str| {
        let project = format!("environments: {{here: {{orgId: \"{ORGANIZATION}\", {rest}}}}}\n");
        let place = Place::with(&[("deskform.yaml", &project)]);
        place.done("auth scopes --kinds contacts").stdout
    };
    let elsewhere = "endpoint: {desk: \"http://127.0.0.1:9\", accounts: \"http://127.0.0.1:9\"}";
    let openapi = scopes("dataCenter: eu");
    assert_eq!(openapi, scopes(&format!("dialect: openapi, {elsewhere}")));
    assert!(!openapi.contains("WRITE"), "{openapi}");
    let guide = scopes(&format!("dialect: guide, {elsewhere}"));
    assert!(
        guide.contains("Desk.contacts.WRITE") && !guide.contains("UPDATE,"),
        "{guide}"
    );
    let either = scopes(elsewhere);
    for scope in openapi.trim().split(',').chain(guide.trim().split(',')) {
        assert!(
            either.trim().split(',').any(|other| other == scope),
            "{scope}: {either}"
        );
    }
}
