//! The whole way over real HTTP: the binary against `deskform simulate` on loopback.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use command::{Place, Run, Server, transcript};
use insta::assert_snapshot;
use serde_json::{Value, json};

const CLIENT_ID: &str = "1000.DESKFORMSIMULATOR";
const CLIENT_SECRET: &str = "deskform-simulator";
const REFRESH_TOKEN: &str = "1000.deskform-simulator.refresh";

/// Sets the demonstration credentials as environment variables.
fn log_in(place: &mut Place) {
    place.set("ZOHO_CLIENT_ID", CLIENT_ID);
    place.set("ZOHO_CLIENT_SECRET", CLIENT_SECRET);
    place.set("ZOHO_REFRESH_TOKEN", &format!("{REFRESH_TOKEN}.700001"));
}

/// An environment whose hosts are at an address.
fn environment(name: &str, organization: &str, address: &str, rest: &str) -> String {
    format!(
        "  {name}:\n    orgId: \"{organization}\"\n    endpoint: {{desk: \"{address}\", accounts: \"{address}\"}}\n{rest}"
    )
}

fn violations(server: &Server) -> Value {
    server.statistics()["violations"].clone()
}

/// Files below a folder with their permissions, and the folder's own.
#[cfg(unix)]
fn modes(folder: &Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("it").permissions().mode() & 0o777;
        let name = entry.file_name().into_string().expect("UTF-8");
        if entry.path().is_dir() {
            out.extend(modes(&entry.path()));
        }
        out.push((name, mode));
    }
    out
}

/// Plans, applies and plans the example company in one dialect.
fn round_trip(dialect: &str, options: &str) {
    let mut place = Place::examples();
    log_in(&mut place);
    let server = Server::start(&place, &format!("--dialect {dialect} {options}"));
    let overlays = if dialect == "guide" {
        "    overlays: [overlays/guide]\n"
    } else {
        ""
    };
    let rest = format!("{overlays}    variables: {{hook_host: hooks.example.com}}\n");
    place.edit(
        "examples/acme/deskform.yaml",
        "environments:\n",
        &format!(
            "environments:\n{}",
            environment("served", "700001", server.address(), &rest)
        ),
    );
    let deskform = |line: &str| place.done(&format!("-C examples/acme {line}"));
    let status = deskform("auth status");
    assert!(
        status.stdout.contains(&format!("\ndialect: {dialect}\n")),
        "{status}"
    );
    let first = deskform("plan");
    assert!(first.stdout.contains("+ create "), "{first}");
    let applied = deskform("apply --auto-approve");
    let again = deskform("plan --format json");
    let again: Value = serde_json::from_str(&again.stdout).expect("JSON");
    let steps = again["steps"].as_array().expect("steps");
    assert!(steps.is_empty(), "{steps:#?}\n{applied}");
    let statistics = server.statistics();
    let violations = statistics["violations"].as_array().expect("a list");
    // Without headers the dialect shows in whether there are webhooks: one question a run.
    let probes = if dialect == "guide" && options.contains("--limit-headers false") {
        4
    } else {
        0
    };
    assert_eq!(violations.len(), probes, "{statistics:#}");
    for violation in violations {
        assert_eq!(violation["path"], "/api/v1/webhooks");
        assert_eq!(violation["method"], "GET");
    }
    // Four runs share one token.
    assert_eq!(statistics["tokenRequests"], 1, "{statistics:#}");
    #[cfg(unix)]
    for (name, mode) in modes(&place.cache()) {
        let wanted = if name == "tokens" { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{name} has the mode {mode:o}");
    }
    assert_eq!(
        fs::read_dir(place.cache().join("tokens"))
            .expect("it")
            .count(),
        2
    );
}

#[test]
fn openapi() {
    round_trip("openapi", "");
}

#[test]
fn guide() {
    round_trip("guide", "");
}

#[test]
fn openapi_without_limit_headers() {
    round_trip("openapi", "--limit-headers false");
}

#[test]
fn guide_without_limit_headers() {
    round_trip("guide", "--limit-headers false");
}

#[test]
fn a_stated_dialect_is_checked() {
    let mut place = Place::empty();
    log_in(&mut place);
    let server = Server::start(&place, "--dialect guide");
    let rest = "    dialect: openapi\n";
    place.write(
        "deskform.yaml",
        &format!(
            "environments:\n{}",
            environment("served", "700001", server.address(), rest)
        ),
    );
    assert_snapshot!(place.refused("plan"));
}

#[test]
fn promotion() {
    let mut place = Place::examples();
    log_in(&mut place);
    place.set("PROD_REFRESH_TOKEN", &format!("{REFRESH_TOKEN}.700002"));
    let server = Server::start(&place, "--organization 700001 --organization 700002");
    let sandbox = environment(
        "sandbox",
        "700001",
        server.address(),
        "    variables: {hook_host: hooks-sandbox.example.com}\n",
    );
    let production = environment(
        "production",
        "700002",
        server.address(),
        "    overlays: [overlays/production]\n    variables: {hook_host: hooks.example.com}\n    guards: {requireSavedPlan: true}\n    credentials: {refreshToken: \"${secret.PROD_REFRESH_TOKEN}\"}\n",
    );
    place.write(
        "examples/promotion/deskform.yaml",
        &format!("environments:\n{sandbox}{production}"),
    );
    let deskform = |line: &str| place.done(&format!("-C examples/promotion {line}"));
    let mut runs = Vec::new();
    for name in ["sandbox", "production"] {
        runs.push(deskform(&format!("-e {name} plan --out {name}.json")));
        // The plan of one organization is refused by the other.
        let other = if name == "sandbox" {
            "production"
        } else {
            "sandbox"
        };
        place.refused(&format!(
            "-C examples/promotion -e {other} apply {name}.json"
        ));
        runs.push(deskform(&format!("-e {name} apply {name}.json")));
        runs.push(deskform(&format!("-e {name} plan --detailed-exitcode")));
    }
    assert_eq!(violations(&server), json!([]));
    let statistics = server.statistics();
    // One for each organization.
    assert_eq!(statistics["tokenRequests"], 2, "{statistics:#}");
    // Still nothing to do after the other organization was changed.
    deskform("-e sandbox plan --detailed-exitcode");
    // Applying side by side brings the lines in any order.
    for run in &mut runs {
        if run.stderr.is_empty() {
            continue;
        }
        let mut lines: Vec<&str> = run.stderr.lines().collect();
        lines.sort_unstable();
        run.stderr = lines.join("\n") + "\n";
    }
    assert_snapshot!(transcript(&runs));
}

/// Relays to a server, except that some requests are refused with words that repeat them whole.
fn echo(server: &Server, refuse: fn(&str) -> bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let upstream = server.address().trim_start_matches("http://").to_owned();
    // It ends with the test's process.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let upstream = upstream.clone();
            thread::spawn(move || relay(stream.expect("a connection"), &upstream, refuse));
        }
    });
    format!("http://{address}")
}

fn relay(mut client: TcpStream, upstream: &str, refuse: fn(&str) -> bool) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let (head, body) = loop {
        let count = client.read(&mut buffer).expect("a request");
        if count == 0 {
            return;
        }
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse().expect("a length"));
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    let (line, rest) = head.split_once("\r\n").expect("a request line");
    let answer = if refuse(line) {
        let said = json!({
            "errorCode": "INVALID_DATA",
            "error": format!("refused {body}"),
            "error_description": format!("refused {head} {body}"),
            "message": format!("refused {head} {body}"),
            "errors": [{"fieldName": "/url", "errorType": "invalid", "errorMessage": body}],
        })
        .to_string();
        let length = said.len();
        format!(
            "HTTP/1.1 422 Unprocessable Entity\r\nContent-Type: application/json\r\nX-Request-Id: echo\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{said}"
        )
        .into_bytes()
    } else {
        let mut server = TcpStream::connect(upstream).expect("the server");
        write!(
            server,
            "{line}\r\nConnection: close\r\n{rest}\r\n\r\n{body}"
        )
        .expect("a relay");
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).expect("an answer");
        answer
    };
    // The client may have gone.
    let _ = client.write_all(&answer);
}

/// Asserts that no secret is in any output, file of the project or name of a cached file.
fn assert_kept(place: &Place, runs: &[Run], secrets: &[&str]) {
    for secret in secrets {
        for run in runs {
            let told = format!("{}{}", run.stdout, run.stderr);
            assert!(!told.contains(secret), "{secret} is in\n{run}");
        }
        for (name, bytes) in place.files() {
            assert!(!name.contains(secret), "{secret} names a file");
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(secret), "{secret} is in {name}");
        }
        for entry in fs::read_dir(place.cache().join("tokens"))
            .into_iter()
            .flatten()
        {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("UTF-8");
            assert!(!name.contains(secret), "{secret} names a cached file");
            let text = fs::read_to_string(entry.path()).expect("text");
            assert!(
                // What is kept is the access token, which the simulator names after itself.
                secret == &CLIENT_SECRET || !text.contains(secret),
                "{secret} is cached"
            );
        }
    }
}

const HOOK: &str = "\
departments: {Billing: {description: Invoices}}
webhooks:
  crm: {url: \"https://hooks.example.com/in?key=${secret.HOOK_KEY}\", subscriptions: {Ticket_Add: {}}}
";
/// A value that nobody else has.
const HOOK_KEY: &str = "hunter2-hook";

#[test]
fn secrets_are_kept() {
    for dialect in ["openapi", "guide"] {
        let mut place = Place::empty();
        let state = place.root().join("state.json");
        let server = Server::start(
            &place,
            &format!("--dialect {dialect} --state {}", state.display()),
        );
        let writes = echo(&server, |line| {
            !line.starts_with("GET ") && (line.contains("/webhooks") || line.contains("/events"))
        });
        let tokens = echo(&server, |line| line.contains("/oauth/"));
        let reads = echo(&server, |line| line.contains("/departments"));
        let project: String = [
            ("served", server.address()),
            ("writes", &writes),
            ("tokens", &tokens),
            ("reads", &reads),
        ]
        .iter()
        .map(|(name, address)| environment(name, "700001", address, ""))
        .collect();
        place.write("deskform.yaml", &format!("environments:\n{project}"));
        place.write("desk.yaml", HOOK);
        log_in(&mut place);
        let mut runs = Vec::new();
        let mut expect = |place: &Place, code: i32, line: &str| {
            let run = place.run(line);
            assert_eq!(run.code, code, "{run}");
            runs.push(run);
        };

        place.set("HOOK_KEY", HOOK_KEY);
        expect(&place, 0, "plan -vv");
        expect(&place, 0, "plan --format json --out plan.json");
        expect(&place, 0, "plan --format markdown -v");
        expect(&place, 1, "-e tokens -vv plan");
        expect(
            &place,
            1,
            "-e tokens auth login --grant-token 'hunter2&code=\"/+'",
        );
        expect(&place, 1, "-e tokens --log-format json -vv auth status");
        expect(&place, 1, "-e reads -vv plan");
        expect(
            &place,
            1,
            "-e reads --log-format json -vv apply --auto-approve",
        );
        // The department is made, the webhook is refused with its URL in every text of the answer.
        expect(&place, 3, "-e writes -vv apply --auto-approve");
        expect(
            &place,
            1,
            "-e writes -vv --log-format json apply --auto-approve",
        );
        expect(&place, 0, "-vv --log-format json apply --auto-approve");
        expect(&place, 0, "plan -vv --detailed-exitcode");
        expect(&place, 0, "export .out");

        // A change of the secret shows that it is one, not what it was or is.
        place.set("HOOK_KEY", "hunter2-changed");
        expect(&place, 2, "plan -v --detailed-exitcode");
        expect(
            &place,
            2,
            "plan --format json --out other.json --detailed-exitcode",
        );
        expect(&place, 1, "-e writes apply --auto-approve -vv");
        expect(&place, 0, "apply other.json -v");

        place.set("ZOHO_REFRESH_TOKEN", "1000.hunter2&refresh=\"/+");
        place.set("ZOHO_CLIENT_SECRET", "hunter2&client=\"/+");
        expect(&place, 1, "-vv plan");
        expect(&place, 1, "-e tokens -vv plan");
        expect(&place, 1, "--log-format json -vv auth status");
        place.set("ZOHO_CLIENT_SECRET", CLIENT_SECRET);
        expect(&place, 1, "-vv apply --auto-approve");

        assert!(
            place.read("plan.json").contains("${secret.HOOK_KEY}"),
            "no secret was planned"
        );
        let state = fs::read_to_string(&state).expect("a state");
        assert!(
            state.contains("hunter2-changed"),
            "the server got no secret"
        );
        assert_kept(&place, &runs, &["hunter2", REFRESH_TOKEN, CLIENT_SECRET]);
    }
}
