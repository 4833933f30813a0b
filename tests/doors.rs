//! Doors by which credentials could leave: hosts and ledgers of strangers, manifests that print, and
//! all that is shown.

mod command;

use std::path::Path;

use command::{Place, Run, Server, transcript};
use deskform::config::{Project, Target};
use deskform::yaml::Source;
use serde_json::Value as Json;
use url::Url;

/// Sets the simulator's credentials as environment variables.
fn log_in(place: &mut Place) {
    place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
    place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
    place.set(
        "ZOHO_REFRESH_TOKEN",
        "1000.deskform-simulator.refresh.700001",
    );
}

/// Every command that connects.
const CONNECTING: &[&str] = &[
    "plan",
    "plan --out plan.json",
    "apply --auto-approve",
    "drift",
    "drift --only-live",
    "diff dir:. live",
    "export out",
    "ledger adopt departments/Billing 700001000000000001",
    "auth status",
    "auth login --grant-token 1000.x",
];

#[test]
fn case_37_endpoint_of_a_stranger_is_refused() {
    for stranger in [
        "https://any.host",
        "https://evilzoho.com",
        "https://desk.zoho.com.evil.example",
        "https://desk.zoho.com:8443",
    ] {
        let host = stranger.trim_start_matches("https://");
        let mut place = Place::with(&[("desk.yaml", "departments: {Billing: {}}\n")]);
        log_in(&mut place);
        let server = Server::start(&place, "");
        let own = server.address().to_owned();
        for (desk, accounts) in [(stranger, own.as_str()), (own.as_str(), stranger)] {
            place.write(
                "deskform.yaml",
                &format!(
                    "environments:\n  live: {{orgId: \"700001\", endpoint: {{desk: \"{desk}\", accounts: \"{accounts}\"}}}}\n"
                ),
            );
            for line in CONNECTING {
                // Text for people breaks its lines.
                let run = place.refused(&format!("{line} --log-format json"));
                for wanted in [
                    format!("would send credentials to `{host}`, which is none of Zoho's hosts"),
                    format!("`DESKFORM_ALLOW_ENDPOINT={host}`"),
                    "\"file\":\"deskform.yaml\",\"line\":2".to_owned(),
                ] {
                    assert!(run.stderr.contains(&wanted), "{wanted} is not in\n{run}");
                }
            }
            // Neither a token was asked for nor anything else.
            let statistics = server.statistics();
            assert_eq!(statistics["tokenRequests"], 0, "{statistics:#}");
            // What asks nobody is not refused.
            place.done("validate");
        }
        // Other hosts, ports and projects are not meant by what is allowed.
        for allowed in [
            "other.host",
            "any.host:8443",
            "host",
            "zoho.com",
            "evil.example",
        ] {
            place.set("DESKFORM_ALLOW_ENDPOINT", allowed);
            let run = place.refused("plan");
            assert!(run.stderr.contains("not Zoho's"), "{run}");
        }
        place.set("DESKFORM_ALLOW_ENDPOINT", "*");
        let run = place.refused("plan");
        assert!(run.stderr.contains("holds `*`, which is no host"), "{run}");
    }
}

/// Both hosts are told at once, and what allows one of them leaves the other.
#[test]
fn case_37_every_stranger_is_told() {
    let mut place = Place::with(&[(
        "deskform.yaml",
        "environments:\n  live: {orgId: \"700001\", endpoint: {desk: \"https://a.example.com\", accounts: \"https://b.example.com:8443\"}}\n",
    )]);
    let run = place.refused("plan");
    assert!(run.stderr.contains("`a.example.com`"), "{run}");
    assert!(run.stderr.contains("`b.example.com:8443`"), "{run}");
    assert!(
        run.stderr
            .ends_with("2 problems: correct what is named here and run the command again\n"),
        "{run}"
    );
    place.set("DESKFORM_ALLOW_ENDPOINT", "a.example.com:443");
    let run = place.refused("plan");
    assert!(!run.stderr.contains("to `a.example.com`"), "{run}");
    assert!(run.stderr.contains("to `b.example.com:8443`"), "{run}");
    // Both: the next thing that lacks are the credentials.
    place.set(
        "DESKFORM_ALLOW_ENDPOINT",
        " a.example.com , B.example.com:8443",
    );
    let run = place.refused("plan");
    assert!(
        run.stderr.contains("client secret or refresh token"),
        "{run}"
    );
}

/// The user's answers count for the project that they were given for, and not in a pipeline.
#[test]
fn case_37_answers_are_the_users() {
    let mut place = Place::with(&[(
        "deskform.yaml",
        "environments:\n  live: {orgId: \"700001\", endpoint: {desk: \"https://a.example.com\", accounts: \"https://a.example.com\"}}\n",
    )]);
    let project = place.path("").canonicalize().expect("a folder");
    let answers = |project: &Path| {
        serde_json::json!({"formatVersion": 1, "projects": {project.to_str().expect("UTF-8"): ["a.example.com"]}})
            .to_string()
    };
    let is_asked = |place: &Place| {
        let run = place.refused("plan");
        let asked = run.stderr.contains("not Zoho's");
        assert_ne!(asked, run.stderr.contains("not set"), "{run}");
        asked
    };
    let config = place.root().join("config");
    std::fs::create_dir(&config).expect("a folder");
    place.set("DESKFORM_CONFIG", config.to_str().expect("UTF-8"));
    assert!(is_asked(&place));
    std::fs::write(config.join("hosts.json"), answers(&project)).expect("a file");
    assert!(!is_asked(&place));
    place.set("CI", "true");
    assert!(is_asked(&place));
    place.set("CI", "");
    std::fs::write(config.join("hosts.json"), answers(place.root())).expect("a file");
    assert!(is_asked(&place));
    // A project cannot bring its own answers.
    place.write(".config/hosts.json", &answers(&project));
    let own = place.path(".config");
    place.set("DESKFORM_CONFIG", own.to_str().expect("UTF-8"));
    assert!(is_asked(&place));
}

const SIMULATED: &str = "environments:\n  local: {simulator: {}}\n";

#[test]
fn case_37_the_ledger_lies_where_it_may() {
    let mut place = Place::with(&[
        ("deskform.yaml", SIMULATED),
        ("desk.yaml", "departments: {Billing: {}}\n"),
    ]);
    place.done("apply --auto-approve");
    let lines = [
        "plan",
        "apply --auto-approve",
        "drift",
        "diff dir:. local",
        "export out",
        "ledger show",
        "ledger forget --all",
        "ledger adopt departments/Billing 700001000000000001",
        "unlock --force",
    ];
    for (ledger, allowed) in [
        ("", "s3://acme"),
        ("", ".other"),
        ("", "/nowhere"),
        ("", ".deskform/../x"),
        ("s3://acme-of-others/eu.json", "s3://acme"),
        ("s3://acme/eu.json", "s3://acme/desk"),
        ("gs://acme/eu.json", "s3://acme"),
    ] {
        let line = if ledger.is_empty() {
            String::new()
        } else {
            format!(", ledger: \"{ledger}\"")
        };
        place.write(
            "deskform.yaml",
            &format!("environments:\n  local: {{simulator: {{}}{line}}}\n"),
        );
        place.set("DESKFORM_ALLOW_LEDGER", allowed);
        for line in lines {
            let run = place.refused(line);
            assert!(
                run.stderr
                    .contains("the ledger of the environment `local` is"),
                "{run}"
            );
            assert!(run.stderr.contains(&format!("`{allowed}`")), "{run}");
        }
    }
    place.set("DESKFORM_ALLOW_LEDGER", "s3://");
    place.write("deskform.yaml", SIMULATED);
    let run = place.refused("plan");
    assert!(run.stderr.contains("no ledger can lie there"), "{run}");
    let whole = place.path(".deskform");
    for allowed in [".deskform", "", " ", whole.to_str().expect("UTF-8")] {
        place.set("DESKFORM_ALLOW_LEDGER", allowed);
        place.done("plan");
        place.done("ledger show");
    }
}

/// Everything that shows or keeps something of the project.
const SHOWING: &[&str] = &[
    "validate -vv",
    "plan -vv",
    "plan --format json",
    "plan --format markdown",
    "plan -vv --log-format json",
];

#[test]
fn case_3_a_credential_is_not_printed_through_env() {
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  local: {simulator: {}}\n  live: {dataCenter: eu, orgId: \"700001\"}\n",
        ),
        (
            "desk.yaml",
            "departments:\n  A: {description: 'x ${env.HOOK_KEY} ${env.ZOHO_REFRESH_TOKEN}'}\n  B: {description: '${env.zoho_client_id}'}\nwebhooks:\n  crm: {url: 'https://h.example.com/?k=${secret.HOOK_KEY}', subscriptions: {Ticket_Add: {}}}\n",
        ),
    ]);
    // Short ones, so that it is not the mask that hides them.
    place.set("HOOK_KEY", "hook-7");
    place.set("ZOHO_REFRESH_TOKEN", "toke-7");
    place.set("zoho_client_id", "idid-7");
    for line in SHOWING.iter().chain(&["apply --auto-approve", "drift"]) {
        let run = place.refused(line);
        for (name, value) in [
            ("HOOK_KEY", "hook-7"),
            ("ZOHO_REFRESH_TOKEN", "toke-7"),
            ("zoho_client_id", "idid-7"),
        ] {
            assert!(run.stderr.contains(&format!("`{name}` is")), "{run}");
            assert!(!run.stderr.contains(value), "{run}");
        }
    }
    // The way out that the help names.
    place.write(
        "desk.yaml",
        "departments:\n  A: {description: 'x ${secret.HOOK_KEY}'}\n",
    );
    let runs = [place.done("plan"), place.done("apply --auto-approve")];
    assert!(!transcript(&runs).contains("hook-7"));
    assert!(!place.read(".deskform/local.json").contains("hook-7"));
}

/// What is a secret in one environment's overlay is not printed in another environment.
#[test]
fn case_37_a_secret_of_another_overlay_is_one() {
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  local: {simulator: {}}\n  other: {simulator: {}, overlays: [other]}\n",
        ),
        (
            "desk.yaml",
            "departments: {A: {description: '${env.KEY}'}}\n",
        ),
        (
            "other/desk.yaml",
            "departments: {A: {description: '${secret.KEY}'}}\n",
        ),
    ]);
    place.set("KEY", "hidden");
    let run = place.refused("plan");
    assert!(
        run.stderr.contains("`KEY` is used as `${secret.KEY}`"),
        "{run}"
    );
    place.write(
        "other/desk.yaml",
        "departments: {A: {description: '$${secret.KEY}'}}\n",
    );
    place.done("plan");
}

#[test]
fn case_37_values_of_secrets_are_masked_everywhere() {
    const SHOWN: [(&str, &str); 3] = [
        ("SHORT_TOKEN", "seven-7"),
        ("ORDINARY", "ordinary-value"),
        ("TOKENS", "tokens-are-words"),
    ];
    const HIDDEN: [(&str, &str); 5] = [
        ("APP_ID", "1000.APPLICATION"),
        ("HOOK_KEY", "hunter2\"hook\\key"),
        ("DB_PASSWORD", "correct horse battery"),
        ("GITHUB_TOKEN", "ghs_0123456789\n"),
        ("ACTIONS_CACHE", "cache-of-actions"),
    ];
    let values: Vec<&str> = SHOWN
        .iter()
        .chain(&HIDDEN)
        .map(|(_, value)| value.trim())
        .collect();
    let text = |values: &[&str]| {
        let all = serde_json::to_string(&values.join(" | ")).expect("JSON");
        let one = serde_json::to_string(values[0]).expect("JSON");
        format!(
            "departments:\n  Billing: {{description: {all}}}\n  {one}: {{}}\nwebhooks:\n  crm: {{url: 'https://h.example.com/?k=${{secret.HOOK_KEY}}', subscriptions: {{Ticket_Add: {{}}}}}}\n"
        )
    };
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  local: {simulator: {}}\n  live: {dataCenter: eu, orgId: \"7\", credentials: {clientId: '${env.APP_ID}'}}\n",
        ),
        ("desk.yaml", &text(&values)),
    ]);
    for (name, value) in SHOWN.iter().chain(&HIDDEN) {
        place.set(name, value);
    }
    // A name of a step is hidden, too.
    place.write(
        "more.yaml",
        "departments: {ghs_0123456789: {}}\naccounts: {'of ghs_0123456789': {}}\n",
    );
    let mut runs: Vec<Run> = SHOWING.iter().map(|line| place.done(line)).collect();
    runs.push(place.done("plan --out plan.json"));
    let saved = place.read("plan.json");
    let _: Json = serde_json::from_str(&saved).expect("JSON");
    // A plan that was saved without the values is the plan that is made anew.
    runs.push(place.done("apply plan.json -vv"));
    runs.push(place.done("plan --detailed-exitcode"));
    place.edit("desk.yaml", "tokens-are", "tokens were");
    for line in [
        "plan",
        "drift",
        "drift --format json",
        "drift --format markdown",
    ] {
        runs.push(place.run(line));
    }
    runs.push(place.done("apply --auto-approve --log-format json -vv"));
    runs.push(place.done("ledger show -v"));
    runs.push(place.done("ledger show --format json"));
    // Problems break their lines; usage errors repeat what was typed.
    place.write(
        "wrong.yaml",
        "departments: {X: {'correct horse battery': ghs_0123456789}}\n",
    );
    runs.push(place.refused("plan"));
    runs.push(place.refused("plan --log-format json"));
    runs.push(place.refused("-e ghs_0123456789 plan"));
    runs.push(place.run("plan --log-format ghs_0123456789"));
    runs.push(place.run("ghs_0123456789"));
    // A plan's JSON is read back by its addresses, which stay: they are names, not secrets.
    let mut saved = saved;
    for text in [&mut runs[2].stdout, &mut saved] {
        for address in ["departments/ghs_0123456789", "accounts/of ghs_0123456789"] {
            assert!(text.contains(address), "{text}");
            *text = text.replace(address, "");
        }
    }
    let told = transcript(&runs) + &saved;
    // The command lines are the test's own.
    let told: String = told
        .lines()
        .filter(|line| !line.starts_with("$ deskform"))
        .collect::<Vec<_>>()
        .join("\n");
    for (name, value) in HIDDEN {
        let json = serde_json::to_string(value.trim()).expect("JSON");
        for form in [value.trim(), json.trim_matches('"')] {
            assert!(!told.contains(form), "{name} is in\n{told}");
        }
    }
    for (name, value) in SHOWN {
        assert!(told.contains(value), "{name} is not in\n{told}");
    }
    assert!(told.contains("departments/(secret)"), "{told}");
    assert!(
        told.contains("ordinary-value | tokens-are-words | (secret) | (secret)"),
        "{told}"
    );
    // The organization has what was declared.
    let state = place.read(".deskform/local.simulator.json");
    assert!(state.contains("correct horse battery"), "{state}");
}

/// What a command is for is not hidden: a new token, and the simulator's own.
#[test]
fn case_37_a_new_token_is_shown_to_who_asked_for_it() {
    let mut place = Place::empty();
    log_in(&mut place);
    let server = Server::start(&place, "");
    assert!(
        server
            .greeting
            .contains("client secret: deskform-simulator\n"),
        "{}",
        server.greeting
    );
    place.write(
        "deskform.yaml",
        &format!(
            "environments:\n  live: {{orgId: \"700001\", endpoint: {{desk: \"{0}\", accounts: \"{0}\"}}}}\n",
            server.address()
        ),
    );
    let code = server
        .greeting
        .lines()
        .find_map(|line| line.strip_prefix("grant code: "))
        .expect("a code");
    let run = place.done(&format!("auth login --grant-token {code}"));
    assert_eq!(run.stdout, "1000.deskform-simulator.refresh.700001\n");
}

#[test]
fn case_9_secrets_arrive_as_they_are() {
    for dialect in ["openapi", "guide"] {
        for secret in [
            "ab#cd",
            "a&b=c",
            "50%off",
            "ab+cd",
            "ab%23cd",
            "a b~ü",
            "YWJj/x==",
            "p@ss:w?rd",
        ] {
            let mut place = Place::with(&[
                (
                    "deskform.yaml",
                    &format!("environments:\n  local: {{simulator: {{dialect: {dialect}}}}}\n"),
                ),
                (
                    "desk.yaml",
                    "webhooks:\n  crm: {url: 'https://h.example.com/in?key=${secret.KEY}&z=1', subscriptions: {Ticket_Add: {}}}\n",
                ),
            ]);
            place.set("KEY", secret);
            let mut runs = vec![place.done("apply --auto-approve -vv")];
            let state: Json =
                serde_json::from_str(&place.read(".deskform/local.simulator.json")).expect("JSON");
            let url = find_url(&state).expect("a URL");
            let pairs: Vec<(String, String)> = Url::parse(url)
                .expect("a URL")
                .query_pairs()
                .into_owned()
                .collect();
            let wanted = [("key", secret), ("z", "1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(pairs, wanted, "{url}");
            let kept = place.read(".deskform/local.json");
            assert!(!kept.contains(secret), "{kept}");
            // There is nothing to do again, with the ledger and without.
            runs.push(place.done("plan --detailed-exitcode"));
            runs.push(place.done("drift"));
            place.remove(".deskform/local.json");
            let plan = place.done("plan");
            assert_eq!(
                plan.summary(),
                "No changes: 1 resource matches the manifests. In the ledger alone: 1 to take over; nothing changes in Zoho Desk.",
                "{plan}"
            );
            runs.push(plan);
            // A new secret is one change.
            place.set("KEY", "other#");
            let changed = place.run("plan --detailed-exitcode");
            assert_eq!(changed.code, 2, "{changed}");
            runs.push(changed);
            let told = transcript(&runs);
            for shown in [secret, "other#", "other%23", url] {
                assert!(!told.contains(shown), "{shown} is in\n{told}");
            }
        }
    }
}

/// The first address of the test's receiver in a state.
fn find_url(value: &Json) -> Option<&str> {
    match value {
        Json::String(text) => {
            Some(text.as_str()).filter(|text| text.starts_with("https://h.example.com/"))
        }
        Json::Array(items) => items.iter().find_map(find_url),
        Json::Object(map) => map.values().find_map(find_url),
        _ => None,
    }
}

#[test]
fn case_20_domains_mean_their_data_centre() {
    for (word, centre) in [
        ("com", "us"),
        ("com.au", "au"),
        ("zoho.eu", "eu"),
        ("EU", "eu"),
        ("zohocloud.ca", "ca"),
    ] {
        let text = format!("environments: {{a: {{dataCenter: {word}, orgId: \"7\"}}}}");
        let project = Project::parse(
            Path::new("."),
            &Source::new("deskform.yaml", text.as_bytes()),
        )
        .expect("a project");
        let Target::Live { data_center, .. } = &project.environments[0].target else {
            unreachable!("it is live");
        };
        assert_eq!(data_center.as_deref(), Some(centre), "{word}");
    }
    for word in ["uk", "zoho.uk", "usa", "eur"] {
        let place = Place::with(&[(
            "deskform.yaml",
            &format!("environments: {{a: {{dataCenter: {word}, orgId: \"7\"}}}}"),
        )]);
        let run = place.refused("validate");
        assert!(run.stderr.contains("`endpoint"), "{run}");
        assert!(!run.stderr.contains("did you mean"), "{run}");
    }
}

/// The keys of a value, in order.
fn keys(value: &Json, into: &mut Vec<String>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                into.push(key.clone());
                keys(value, into);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| keys(item, into)),
        _ => {}
    }
}

/// The keys of lines or texts of JSON.
fn keys_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        assert!(value.is_ok(), "{value:?}\n{text}");
        keys(&value.unwrap_or_default(), &mut found);
    }
    found
}

/// Masking takes values out of JSON and leaves it JSON, whatever word is secret somewhere.
#[test]
fn what_is_for_programs_stays_readable_whatever_is_secret() {
    let make = |secret: Option<&str>| {
        let mut place = Place::with(&[
            (
                "deskform.yaml",
                "environments:\n  production: {simulator: {}}\n",
            ),
            (
                "desk.yaml",
                "departments: {'Technical Crew 7': {}, Billing: {description: 'Technical Crew 7\"'}}\nwebhooks:\n  crm: {url: 'https://h.example.com/?k=${secret.K}', subscriptions: {Ticket_Add: {}}}\n",
            ),
        ]);
        place.set("K", "hook-7");
        if let Some(secret) = secret {
            place.set("FOO_TOKEN", secret);
        }
        place
    };
    // What each command says for programs.
    let told = |place: &Place| {
        let run = place.done("plan --format json --out plan.json");
        let saved = place.read("plan.json");
        assert_eq!(run.stdout, saved, "{run}");
        let mut told = vec![run.stdout];
        told.push(place.done("apply plan.json -q --log-format json").stderr);
        place.edit("desk.yaml", "{description: 'Technical Crew 7\"'}", "{}");
        place.edit("desk.yaml", "Ticket_Add: {}", "Ticket_Delete: {}");
        told.push(place.run("drift --format json").stdout);
        told.push(place.done("ledger show --format json").stdout);
        told.push(place.refused("-e other plan --log-format json").stderr);
        told.push(place.done("schema manifest").stdout);
        told.push(place.done("schema project").stdout);
        told.push(place.done("completions bash").stdout);
        told
    };
    let plain = told(&make(None));
    for secret in [
        "environment",
        "formatVersion",
        "departments",
        "Technical Crew 7",
        "Technical Crew 7\"",
        "departments/Technical Crew 7",
        "production",
        "700001000",
        "deskform",
        "\"message\"",
        "openapi\",\n  \"digest\":",
    ] {
        let place = make(Some(secret));
        // Where it came from says which comment it is.
        let markdown = place.done("plan --format markdown").stdout;
        let marker = "<!-- deskform plan: production -->\n";
        assert!(markdown.starts_with(marker), "{markdown}");
        let markdown = place.run("drift --format markdown").stdout;
        let marker = "<!-- deskform drift: production -->\n";
        assert!(markdown.starts_with(marker), "{markdown}");
        let masked = told(&place);
        for (masked, plain) in masked.iter().zip(&plain).take(7) {
            assert_eq!(keys_of(masked), keys_of(plain), "{secret}");
        }
        assert_eq!(masked[5..], plain[5..], "{secret}");
    }
    // In the text of a value it is masked.
    let shown = make(Some("Technical Crew 7\"")).done("plan --format json");
    let value: Json = serde_json::from_str(&shown.stdout).expect("JSON");
    let text = value.to_string();
    assert!(text.contains("\"after\":\"(secret)\""), "{text}");
    assert!(text.contains("\"departments/Technical Crew 7\""), "{text}");
}

/// A pipeline does not apply to a real organization with a ledger that goes with the job.
#[test]
fn a_pipeline_needs_a_ledger_for_its_next_job() {
    let stranger = "https://desk.example.com";
    let loopback = "http://127.0.0.1:1";
    // Whatever goes on fails for want of credentials, Zoho Desk's or the store's.
    let (refused, desk, store) = (
        "has no ledger that the next job will see",
        "not set",
        "no credentials were found",
    );
    for (ci, endpoint, ledger, file, expected) in [
        ("true", stranger, "", false, refused),
        ("true", stranger, "", true, desk),
        ("true", stranger, ", ledger: ledgers/live.json", false, desk),
        (
            "true",
            stranger,
            ", ledger: 's3://bucket/live.json'",
            false,
            store,
        ),
        ("true", loopback, "", false, desk),
        ("", stranger, "", false, desk),
    ] {
        let mut place = Place::with(&[
            (
                "deskform.yaml",
                &format!(
                    "environments:\n  live: {{orgId: '700001', endpoint: {{desk: '{endpoint}', accounts: '{endpoint}'}}{ledger}}}\n"
                ),
            ),
            ("desk.yaml", "departments: {Billing: {}}\n"),
        ]);
        if file {
            place.write(
                ".deskform/live.json",
                r#"{"formatVersion":2,"environment":"live","orgId":"700001","serial":1,"resources":{}}"#,
            );
        }
        place.set("CI", ci);
        place.set("DESKFORM_ALLOW_ENDPOINT", "desk.example.com");
        let run = place.run("apply --auto-approve");
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains(expected), "{expected}: {run}");
        assert!(!run.stderr.contains("\\n"), "one line: {run}");
        if expected == refused {
            // A plan needs none.
            let plan = place.run("plan");
            assert!(plan.stderr.contains(desk), "{plan}");
        }
    }
    let mut simulated = Place::with(&[
        ("deskform.yaml", "environments: {local: {simulator: {}}}\n"),
        ("desk.yaml", "departments: {Billing: {}}\n"),
    ]);
    simulated.set("CI", "true");
    simulated.done("apply --auto-approve");
}
