//! What a token reaches, told by the real binary when the organization does not take the token.
//!
//! The case is numbered as in `tests/acceptance.md`.

mod command;
mod common;

use std::sync::{Arc, Mutex};

use command::Place;
use common::front::{Front, answer, is_for_token};
use common::runs::DIALECTS;
use deskform::clock::Clock;
use deskform::dialect::Dialect;
use deskform::simulator::{OrganizationSeed, Settings, Simulator, SimulatorTransport};
use serde_json::json;

/// A project against an organization that takes the token for nothing but the list of organizations.
fn elsewhere(dialect: Dialect, with_headers: bool) -> Place {
    let address = Front::serve(move || {
        let simulator = Simulator::new(Settings {
            dialect,
            organizations: vec![
                OrganizationSeed::new("700001"),
                OrganizationSeed::new("700002"),
            ],
            ..Settings::default()
        });
        let clock = Clock::system();
        let transport = SimulatorTransport::new(Arc::new(Mutex::new(simulator)), clock);
        Front::new(Arc::new(transport))
            .ask(|request| {
                let is_listed = request.uri().path().ends_with("/organizations");
                (!is_listed && !is_for_token(request)).then(|| {
                    let body = json!({"errorCode": "OAUTH_ORG_MISMATCH",
                        "message": "The token does not belong to the organization."});
                    answer(403, &[], &body)
                })
            })
            .change(move |_, response| {
                if !with_headers {
                    let headers = response.headers_mut();
                    let limits: Vec<_> = (headers.keys())
                        .filter(|name| name.as_str().starts_with("x-rate"))
                        .cloned()
                        .collect();
                    for name in limits {
                        headers.remove(name);
                    }
                }
            })
    });
    let mut place = Place::with(&[("desk.yaml", "departments: {Support: {}}\n")]);
    place.write(
        "deskform.yaml",
        &format!(
            "environments:\n  served:\n    orgId: '700001'\n    endpoint: {{desk: 'http://{address}', accounts: 'http://{address}'}}\n"
        ),
    );
    place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
    place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
    place.set(
        "ZOHO_REFRESH_TOKEN",
        "1000.deskform-simulator.refresh.700001",
    );
    place
}

#[test]
fn case_21_what_the_token_reaches_is_listed_before_the_failure() {
    for dialect in DIALECTS {
        for with_headers in [true, false] {
            let place = elsewhere(dialect, with_headers);
            let run = place.refused("auth status");
            let lines: Vec<&str> = run.stdout.lines().collect();
            assert_eq!(lines.len(), 3, "{run}");
            assert_eq!(lines[0], "organizations that the token's user has:");
            assert!(
                lines[1].starts_with("* 700001 (") && lines[1].ends_with(", configured here"),
                "{run}"
            );
            assert!(
                lines[2].starts_with("- 700002 (") && !lines[2].contains("configured"),
                "{run}"
            );
            assert!(
                run.stderr.contains("`OAUTH_ORG_MISMATCH`"),
                "{dialect}: {run}"
            );
            // What the hint promises is what is done.
            let plan = place.refused("plan");
            assert!(
                plan.stderr
                    .contains("`deskform auth status` shows what the token reaches"),
                "{plan}"
            );
        }
    }
}
