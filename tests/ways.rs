//! The ways in: what the environment gives, credentials, the network, and tokens that may not do all.
//!
//! The cases are numbered as in `tests/acceptance.md`.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;
mod common;

use std::sync::Arc;

use bytes::Bytes;
use command::{Place, flat};
use common::front::{Front, answer};
use common::runs::organization;
use deskform::clock::Clock;
use deskform::dialect::Dialect;
use deskform::simulator::SimulatorTransport;
use http::{Request, Response};
use serde_json::json;

const SIMULATED: &str = "environments: {local: {simulator: {}}}\n";

/// A project of an organization whose server answers some requests by itself.
fn behind(
    ask: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static,
    desk: &str,
) -> Place {
    let address = Front::serve(move || {
        let simulator = organization(Dialect::Openapi);
        let transport = SimulatorTransport::new(simulator, Clock::system());
        Front::new(Arc::new(transport)).ask(move |request| ask(request))
    });
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            &format!(
                "environments:\n  live: {{orgId: \"700001\", endpoint: {{desk: \"http://{address}\", accounts: \"http://{address}\"}}}}\n"
            ),
        ),
        ("desk.yaml", desk),
    ]);
    set_client(&mut place);
    place.set(
        "ZOHO_REFRESH_TOKEN",
        "1000.deskform-simulator.refresh.700001",
    );
    place
}

/// Refuses what has such a path, with a status and a code.
fn refusing(
    path: &'static str,
    status: u16,
    code: &'static str,
) -> impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static {
    move |request| {
        let body = json!({"errorCode": code, "message": "You are not authorized."});
        (request.uri().path().ends_with(path)).then(|| answer(status, &[], &body))
    }
}

/// An empty variable clears nothing, in whatever part of a text it stands.
#[test]
fn case_30_an_empty_variable_is_missing() {
    let mut place = Place::with(&[
        ("deskform.yaml", SIMULATED),
        (
            "desk.yaml",
            "departments: {Billing: {description: Invoices}}\n",
        ),
    ]);
    place.done("apply --auto-approve");
    for text in ["${env.WORDS}", "Invoices ${env.WORDS}"] {
        place.write(
            "desk.yaml",
            &format!("departments: {{Billing: {{description: \"{text}\"}}}}\n"),
        );
        for value in ["", "  ", "\n"] {
            place.set("WORDS", value);
            let run = place.refused("plan --log-format json");
            let message = "the environment variable `WORDS` is set, but empty";
            assert!(run.stderr.contains(message), "{run}");
            assert!(run.stderr.contains("to clear a field, write"), "{run}");
            place.refused("apply --auto-approve");
        }
        place.set("WORDS", "Bills");
        let run = place.done("plan");
        assert!(run.stdout.contains("Bills"), "{run}");
    }
}

/// Neither does an empty variable pass for a client id.
#[test]
fn case_30_an_empty_client_id_is_missing() {
    let mut place = behind(|_| None, "departments: {}\n");
    place.set("ZOHO_CLIENT_ID", "");
    let run = place.refused("plan --log-format json");
    assert!(
        run.stderr
            .contains("the environment variable `ZOHO_CLIENT_ID` is set, but empty"),
        "{run}"
    );
}

/// What no address takes is named with its place, and nothing else of the secret is.
#[test]
fn case_31_a_character_that_no_address_takes_is_told_with_its_place() {
    for (secret, url, told) in [
        (
            "https://hooks.example.com/hunter2\n",
            "${secret.HOOK}",
            "a line break once its secrets are filled in: at the end of `${secret.HOOK}`",
        ),
        (
            "https://hooks.example.com/hun\rter2",
            "${secret.HOOK}",
            "a line break once its secrets are filled in: as character 30 of `${secret.HOOK}`",
        ),
        (
            " https://hooks.example.com/hunter2",
            "${secret.HOOK}",
            "a blank once its secrets are filled in: at the beginning of `${secret.HOOK}`",
        ),
        (
            "https://hooks.example.com/hun ter2",
            "${secret.HOOK}",
            "a blank once its secrets are filled in: as character 30 of `${secret.HOOK}`",
        ),
        (
            "https://hooks.example.com/hunter2\u{a0}",
            "${secret.HOOK}",
            "the non-ASCII character U+00A0 once its secrets are filled in: at the end of `${secret.HOOK}`",
        ),
        (
            "https://hooks.example.com/hünter2",
            "${secret.HOOK}",
            "the non-ASCII character U+00FC once its secrets are filled in: as character 28 of `${secret.HOOK}`",
        ),
        (
            "hooks .example.com",
            "https://${secret.HOOK}/in?key=1",
            "a blank once its secrets are filled in: as character 6 of `${secret.HOOK}`",
        ),
        (
            "hunter2\n",
            "https://hooks.example.com/in?key=${secret.HOOK}&z=1",
            "a line break once its secrets are filled in: at the end of `${secret.HOOK}`",
        ),
    ] {
        let desk =
            format!("webhooks:\n  crm: {{url: '{url}', subscriptions: {{Ticket_Add: {{}}}}}}\n");
        let mut place = Place::with(&[("deskform.yaml", SIMULATED), ("desk.yaml", &desk)]);
        place.set("HOOK", secret);
        let run = place.refused("validate --log-format json");
        assert!(
            run.stderr.contains(&format!("`url` holds {told}")),
            "{secret:?}\n{run}"
        );
        for part in ["hunter2", "hun", "ter2", "hooks"] {
            assert!(url.contains(part) || !run.stderr.contains(part), "{run}");
        }
    }
    // Where they are encoded, blanks and letters of any language arrive as they are.
    let mut place = Place::with(&[
        ("deskform.yaml", SIMULATED),
        (
            "desk.yaml",
            "webhooks:\n  crm: {url: 'https://h.example.com/in?key=${secret.HOOK}', subscriptions: {Ticket_Add: {}}}\n",
        ),
    ]);
    place.set("HOOK", "hünter 2000");
    place.done("validate");
}

/// The scope that one listing needs is named where the others are read.
#[test]
fn case_26_a_listing_that_is_refused_names_the_scope() {
    let desk = "departments: {Billing: {}}\nroles: {Lead: {shareDataWithPeers: true}}\n";
    for (status, code) in [
        (401, "UNAUTHORIZED"),
        (401, "INVALID_OAUTH"),
        (403, "SCOPE_MISMATCH"),
    ] {
        let place = behind(refusing("/roles", status, code), desk);
        for command in ["plan", "drift", "apply --auto-approve"] {
            let run = place.run(&format!("{command} --log-format json"));
            assert_eq!(run.code, 1, "{run}");
            assert!(
                run.stderr.contains("roles cannot be read") && run.stderr.contains("lacks a scope"),
                "{run}"
            );
            assert!(run.stderr.contains("grant the token `Desk."), "{run}");
            assert!(!run.stderr.contains("is not accepted"), "{run}");
        }
    }
    // Where nothing is taken, the token is what is refused.
    let place = behind(
        |request| {
            let body = json!({"errorCode": "UNAUTHORIZED", "message": "You are not authorized."});
            let is_call = request.uri().path().starts_with("/api/v1/");
            is_call.then(|| answer(401, &[], &body))
        },
        desk,
    );
    let run = place.refused("plan --log-format json");
    assert!(
        run.stderr.contains("the access token is not accepted"),
        "{run}"
    );
}

/// So is the scope of what names are looked up below, although no manifest declares it.
#[test]
fn a_parent_that_cannot_be_read_names_the_scope() {
    for desk in [
        "labels: {VIP: {helpCenter: Example Company}}\n",
        "removed: {helpCenterGroups: [Testers]}\n",
    ] {
        let place = behind(refusing("/helpCenters", 403, "SCOPE_MISMATCH"), desk);
        let run = place.refused("plan --log-format json");
        assert!(run.stderr.contains("helpCenters cannot be read"), "{run}");
        assert!(run.stderr.contains("lacks a scope"), "{run}");
        assert!(
            run.stderr.contains("grant the token `Desk.basic.READ`"),
            "{run}"
        );
    }
}

/// Whatever says that a department has no settings, a plan makes them.
#[test]
fn settings_that_are_absent_are_planned_as_a_creation() {
    let desk = "departments: {Example Company: {}}\ntimeTracking: {Example Company: {isTimeTracking: true}}\n";
    let blank = |request: &Request<Bytes>| {
        let is_read =
            request.method() == "GET" && request.uri().path().ends_with("/timeTrackSettings");
        let body =
            json!({"depId": "700000000000000008", "isTimeTracking": null, "isBillable": null});
        is_read.then(|| answer(200, &[], &body))
    };
    let absent = refusing("/timeTrackSettings", 404, "URL_NOT_FOUND");
    for place in [behind(absent, desk), behind(blank, desk)] {
        let run = place.done("plan --log-format json");
        assert!(
            run.stdout.contains("create timeTracking/Example Company"),
            "{run}"
        );
    }
    // What may not be read is not taken to be absent.
    let place = behind(refusing("/timeTrackSettings", 403, "FORBIDDEN"), desk);
    let run = place.refused("plan --log-format json");
    assert!(run.stderr.contains("timeTracking cannot be read"), "{run}");
}

/// Who is acting is asked, and not insisted on.
#[test]
fn case_27_who_is_acting_may_stay_unknown() {
    for (status, code) in [
        (404, "URL_NOT_FOUND"),
        (403, "FORBIDDEN"),
        (403, "SCOPE_MISMATCH"),
        (401, "UNAUTHORIZED"),
    ] {
        let place = behind(
            refusing("/myinfo", status, code),
            "roles: {Lead: {shareDataWithPeers: true}}\ndepartments: {Billing: {isVisibleInCustomerPortal: true}}\nagents: {}\n",
        );
        let refused = place.refused("plan --log-format json");
        // A new department needs an agent, and only that is refused.
        assert!(
            refused
                .stderr
                .contains("`departments/Billing` needs an agent")
                && refused.stderr.contains(&format!("HTTP {status}")),
            "{refused}"
        );
        place.write("desk.yaml", "roles: {Lead: {shareDataWithPeers: true}}\nagents:\n  new@example.com: {lastName: New, rolePermissionType: AgentPublic, departments: [{lookup: Example Company}]}\n");
        let run = place.done("plan");
        assert!(run.stdout.contains("agents/new@example.com"), "{run}");
        let status_run = place.done("auth status");
        assert!(
            status_run.stdout.contains("acting agent: not told: "),
            "{status_run}"
        );
    }
}

/// What the libraries would pass over is refused before anything goes out.
#[test]
fn case_32_settings_of_the_network_that_cannot_be_used_are_refused() {
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  live: {orgId: \"700001\", dataCenter: eu}\n",
        ),
        ("desk.yaml", "departments: {Billing: {}}\n"),
    ]);
    for (name, value, told) in [
        (
            "SSL_CERT_FILE",
            "/nowhere/ca.pem",
            "`SSL_CERT_FILE` is `/nowhere/ca.pem`, and there is no such file",
        ),
        (
            "SSL_CERT_DIR",
            "/nowhere",
            "`SSL_CERT_DIR` is `/nowhere`, and there is no such folder",
        ),
        (
            "HTTPS_PROXY",
            "http://proxy.example.com:none",
            "`HTTPS_PROXY` names no proxy: ",
        ),
        (
            "https_proxy",
            "socks9://proxy.example.com",
            "`https_proxy` names no proxy: ",
        ),
    ] {
        place.set(name, value);
        for line in ["plan", "auth status", "apply --auto-approve"] {
            let run = place.refused(&format!("{line} --log-format json"));
            assert!(run.stderr.contains(told), "{run}");
        }
        // What asks nobody does not look.
        place.done("validate");
        place.set(name, "");
    }
    let help = place.done("--help");
    for name in ["SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY"] {
        assert!(help.stdout.contains(name), "{name}\n{help}");
    }
}

/// A served organization, and a project of it without any credentials.
fn served(desk: &str) -> (Place, command::Server) {
    let place = Place::with(&[("desk.yaml", desk)]);
    let server = command::Server::start(&place, "");
    place.write(
        "deskform.yaml",
        &format!(
            "environments:\n  live: {{orgId: \"700001\", endpoint: {{desk: \"{0}\", accounts: \"{0}\"}}}}\n",
            server.address()
        ),
    );
    (place, server)
}

/// Sets the client of the simulator in the environment.
fn set_client(place: &mut Place) {
    place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
    place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
}

const LOGIN: &str = "ZOHO_CLIENT_ID=1000.DESKFORMSIMULATOR\nZOHO_CLIENT_SECRET=deskform-simulator\nZOHO_REFRESH_TOKEN=1000.deskform-simulator.refresh.700001\n";

#[test]
fn dotenv_serves_manifests_and_credentials() {
    let (mut place, _server) = served("departments: {Billing: {description: \"${env.WORDS}\"}}\n");
    let run = place.refused("plan");
    assert!(run.stderr.contains("`WORDS` is not set"), "{run}");
    place.write(".env", &format!("{LOGIN}export WORDS='from the file'\n"));
    let run = place.done("plan");
    assert!(run.stdout.contains("from the file"), "{run}");
    assert!(!run.stderr.contains(".env"), "{run}");
    // The process's environment counts before it.
    place.set("WORDS", "from the shell");
    let run = place.done("plan");
    assert!(run.stdout.contains("from the shell"), "{run}");
    place.set("WORDS", "");
    let run = place.refused("plan");
    assert!(run.stderr.contains("is set, but empty"), "{run}");
    place.set("WORDS", "x");
    place.set("ZOHO_REFRESH_TOKEN", "1000.another-one");
    let run = place.refused("plan");
    assert!(
        run.stderr.contains("the refresh token is not accepted"),
        "{run}"
    );
}

#[test]
fn dotenv_sets_up_nothing() {
    let (mut place, _server) = served("departments: {Billing: {description: \"${env.WORDS}\"}}\n");
    place.edit("deskform.yaml", "endpoint:", "dataCenter: eu, endpoint:");
    for name in [
        "DESKFORM_ALLOW_ENDPOINT",
        "DESKFORM_CREDENTIAL_COMMAND",
        "DESKFORM_CONFIG",
        "DESKFORM_ENV",
        "HTTPS_PROXY",
        "https_proxy",
        "SSL_CERT_FILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL_S3",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "google_service_account_key",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_CLIENT_SECRET",
        "GIT_SSH_COMMAND",
        "SSH_AUTH_SOCK",
    ] {
        place.write(
            ".env",
            &format!("{LOGIN}WORDS=x\n{name}=evil.example.com\n"),
        );
        let run = place.done("plan");
        let told = format!("`.env:5` sets `{name}`, which has no effect there");
        assert!(run.stderr.contains(&told), "{run}");
        // Nor does a manifest get it.
        place.write(
            "desk.yaml",
            &format!("departments: {{Billing: {{description: \"${{env.{name}}}\"}}}}\n"),
        );
        assert_eq!(place.run("validate").code, 1, "{name}");
        place.write(
            "desk.yaml",
            "departments: {Billing: {description: \"${env.WORDS}\"}}\n",
        );
    }
    // A host that is none of Zoho's stays refused.
    place.write(
        "deskform.yaml",
        "environments:\n  live: {orgId: \"700001\", endpoint: {desk: \"https://evil.example.com\", accounts: \"https://evil.example.com\"}}\n",
    );
    let run = place.refused("plan --log-format json");
    assert!(
        run.stderr.contains("which is none of Zoho's hosts"),
        "{run}"
    );
    // In a pipeline it says nothing of whose name the job works in.
    place.set("CI", "true");
    let (mut place, _server) = served("departments: {Billing: {description: \"${env.WORDS}\"}}\n");
    place.write(".env", &format!("{LOGIN}WORDS=x\n"));
    place.set("CI", "true");
    let run = place.refused("plan");
    assert!(run.stderr.contains("or refresh token"), "{run}");
    assert!(
        run.stderr
            .contains("`.env:3` sets the credential `ZOHO_REFRESH_TOKEN`"),
        "{run}"
    );
    assert!(!run.stderr.contains("`WORDS` is not set"), "{run}");
}

#[test]
fn dotenv_shows_nothing_of_others() {
    let mut place = Place::with(&[
        ("deskform.yaml", SIMULATED),
        (
            "desk.yaml",
            "departments: {Billing: {description: \"${env.LEAK}\"}}\nwebhooks:\n  crm: {url: 'https://h.example.com/in?key=${secret.HOOK}', subscriptions: {Ticket_Add: {}}}\n",
        ),
    ]);
    place.set("HOOK", "hunter2-of-the-shell");
    // One variable never copies another one.
    place.write(
        ".env",
        "LEAK=${secret.HOOK}$HOOK\nHOOK=hunter2-of-the-file\nDEPLOY_TOKEN=hunter2-by-name\n",
    );
    let run = place.done("plan -v");
    assert!(run.stdout.contains("${secret.HOOK}$HOOK"), "{run}");
    for value in ["hunter2-of-the-shell", "hunter2-of-the-file"] {
        place.write(".env", &format!("LEAK={value}\nHOOK=hunter2-of-the-file\n"));
        let run = place.done("plan -v");
        assert!(!format!("{run}").contains("hunter2"), "{run}");
    }
    place.write(
        ".env",
        "LEAK=hunter2-by-name\nDEPLOY_TOKEN=hunter2-by-name\n",
    );
    let run = place.done("plan -v");
    assert!(!format!("{run}").contains("hunter2"), "{run}");
    // Lines that are not understood are told by their number alone.
    place.write(".env", "LEAK=x\nhunter2\n");
    let run = place.refused("plan");
    assert!(run.stderr.contains("`.env:2` has no `=`"), "{run}");
    assert!(!run.stderr.contains("hunter2"), "{run}");
    // A link could show any file of the machine.
    #[cfg(unix)]
    {
        place.remove(".env");
        std::os::unix::fs::symlink("/etc/hostname", place.path(".env")).expect("a link");
        let run = place.run("validate");
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains("`.env` is a symbolic link"), "{run}");
    }
}

/// Runs a command that reads a line from standard input.
fn typed(place: &Place, line: &str, text: &str) -> (i32, String, String) {
    use std::io::Write as _;
    let mut child = place
        .command(&command::words(line))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary");
    // One that refuses before it reads has closed its end.
    let _ = writeln!(child.stdin.take().expect("a pipe"), "{text}");
    let output = child.wait_with_output().expect("an end");
    let told = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code().expect("no signal"),
        told(output.stdout),
        told(output.stderr),
    )
}

const CODE: &str = "1000.deskform-simulator.code.700001";

#[cfg(unix)]
#[test]
fn saved_credentials_are_the_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (mut place, _server) = served("departments: {Billing: {}}\n");
    let config = place.root().join("config");
    place.set("DESKFORM_CONFIG", config.to_str().expect("UTF-8"));
    set_client(&mut place);
    let before = place.files();
    // The code is never an argument, and a wrong one saves nothing.
    assert_eq!(place.run("auth login --save --grant-token 1000.x").code, 1);
    let (code, _, told) = typed(&place, "auth login --save", "");
    assert!(code == 1 && told.contains("no grant code came"), "{told}");
    let (code, _, told) = typed(&place, "auth login --save", "1000.wrong");
    assert!(
        code == 1 && told.contains("grant code is not accepted"),
        "{told}"
    );
    let file = config.join("credentials.json");
    assert!(!file.exists());
    let (code, out, told) = typed(&place, "auth login --save", CODE);
    assert_eq!(code, 0, "{told}");
    assert_eq!(out, "");
    assert!(
        told.contains("saved for the organization `700001` in `"),
        "{told}"
    );
    assert!(
        !told.contains("simulator.refresh") && !told.contains(CODE),
        "{told}"
    );
    assert!(
        place.files() == before,
        "something was written in the project"
    );
    let mode = |path: &std::path::Path| {
        let found = std::fs::metadata(path).expect("it");
        found.permissions().mode() & 0o777
    };
    assert_eq!((mode(&file), mode(&config)), (0o600, 0o700));
    // From now on nothing has to be set.
    place.set("ZOHO_CLIENT_ID", " ");
    place.set("ZOHO_CLIENT_SECRET", "");
    place.done("plan");
    // What the environment sets whole counts before it, and another client's are none of ours.
    place.set("ZOHO_CLIENT_ID", "1000.ANOTHER");
    let run = place.refused("plan");
    assert!(run.stderr.contains("has no client secret"), "{run}");
    set_client(&mut place);
    place.set("ZOHO_REFRESH_TOKEN", "1000.another-one");
    let run = place.refused("plan");
    assert!(
        run.stderr.contains("the refresh token is not accepted"),
        "{run}"
    );
    place.set("ZOHO_REFRESH_TOKEN", "");
    // A pipeline does not look there.
    place.set("CI", "true");
    let run = place.refused("plan");
    assert!(run.stderr.contains("has no refresh token"), "{run}");
    place.set("CI", "");
    place.done("plan");
    // Another organization's and another host's are others.
    place.edit("deskform.yaml", "700001", "700002");
    place.set("ZOHO_CLIENT_ID", "");
    place.set("ZOHO_CLIENT_SECRET", "");
    let run = place.refused("plan");
    for told in [
        "credentials are saved for the organization `700001` at `127.0.0.1:",
        ", not for `700002` at `127.0.0.1:",
        "`ZOHO_CLIENT_ID`, `ZOHO_CLIENT_SECRET` and `ZOHO_REFRESH_TOKEN` are set, but empty",
        "`deskform auth login --save`",
        "`.env`",
    ] {
        assert!(run.stderr.contains(told), "{told} is not in\n{run}");
    }
    assert_eq!(run.stderr.matches("has no client id").count(), 1, "{run}");
    assert!(!run.stderr.contains("${var."), "{run}");
    place.edit("deskform.yaml", "700002", "700001");
    set_client(&mut place);
    // Neither is it taken where others may read it, nor where it is no file, nor within the project.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    let run = place.refused("plan --log-format json");
    assert!(
        run.stderr.contains("others may get at them (mode 0640)"),
        "{run}"
    );
    assert!(run.stderr.contains("chmod 600"), "{run}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    let kept = std::fs::read_to_string(&file).expect("it");
    std::fs::write(&file, format!("{kept}hunter2")).expect("a file");
    let run = place.refused("plan --log-format json");
    assert!(run.stderr.contains("cannot be understood"), "{run}");
    assert!(!run.stderr.contains("hunter2"), "{run}");
    std::fs::write(&file, kept).expect("a file");
    let own = place.path(".config");
    place.set("DESKFORM_CONFIG", own.to_str().expect("UTF-8"));
    let run = place.refused("plan");
    assert!(run.stderr.contains("has no refresh token"), "{run}");
    let (code, _, told) = typed(&place, "auth login --save", CODE);
    assert!(code == 1 && told.contains("outside the project"), "{told}");
    place.set("DESKFORM_CONFIG", config.to_str().expect("UTF-8"));
    let run = place.done("auth logout");
    assert!(run.stderr.contains("forgot the credentials"), "{run}");
    place.refused("plan");
    let run = place.done("auth logout");
    assert!(run.stderr.contains("no credentials are saved"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_program_keeps_credentials_as_gits_helpers_do() {
    let (mut place, server) = served("departments: {Billing: {}}\n");
    let path = std::env::var("PATH").expect("a path");
    place.set("PATH", &path);
    let kept = place.root().join("kept").display().to_string();
    let heard = place.root().join("heard");
    let program = place.root().join("helper.sh");
    let script = format!(
        "case $1 in\nget) cat > {heard}.get; if test -f {kept}; then grep -E '^(client|refresh)' {kept}; fi ;;\nstore) cat > {kept} ;;\nerase) cat > {heard}.erase; rm {kept} ;;\nesac\n",
        heard = heard.display()
    );
    std::fs::write(&program, script).expect("a file");
    let line = format!("sh {}", program.display());
    place.set("DESKFORM_CREDENTIAL_COMMAND", &line);
    let run = place.refused("plan");
    assert!(run.stderr.contains("or refresh token"), "{run}");
    set_client(&mut place);
    let (code, out, told) = typed(&place, "auth login --save", CODE);
    assert_eq!((code, out.as_str()), (0, ""), "{told}");
    let host = server.address().trim_start_matches("http://");
    let stored = std::fs::read_to_string(&kept).expect("it");
    assert_eq!(
        stored,
        format!(
            "protocol=http\nhost={host}\norganization=700001\nclientId=1000.DESKFORMSIMULATOR\nclientSecret=deskform-simulator\nrefreshToken=1000.deskform-simulator.refresh.700001\n\n"
        )
    );
    place.set("ZOHO_CLIENT_ID", "");
    place.set("ZOHO_CLIENT_SECRET", "");
    place.done("plan");
    let asked = std::fs::read_to_string(format!("{}.get", heard.display())).expect("it");
    assert_eq!(
        asked,
        format!("protocol=http\nhost={host}\norganization=700001\n\n")
    );
    // It serves pipelines, too, since nothing of the project names it.
    place.set("CI", "true");
    place.done("plan");
    place.set("CI", "");
    for (line, told) in [
        ("exit 3 #", "`get` ended with exit status: 3"),
        (
            "echo refreshToken=hunter2-x #",
            "it gave no `clientId` and `clientSecret`",
        ),
        ("printf '\\377' #", "is not UTF-8"),
    ] {
        place.set("DESKFORM_CREDENTIAL_COMMAND", line);
        let run = place.refused("plan --log-format json");
        assert!(run.stderr.contains(told), "{run}");
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
    place.set(
        "DESKFORM_CREDENTIAL_COMMAND",
        &format!("sh {}", program.display()),
    );
    place.done("auth logout");
    assert!(!std::path::Path::new(&kept).exists());
    place.refused("plan");
}

/// A client of its own acts for the organization and for nobody.
#[test]
fn case_23_a_client_works_without_a_refresh_token() {
    let (mut place, server) = served("roles: {Lead: {shareDataWithPeers: true}}\n");
    set_client(&mut place);
    let project = |credentials: &str| {
        format!(
            "environments:\n  live: {{credentials: {{{credentials}}}, orgId: \"700001\", endpoint: {{desk: \"{0}\", accounts: \"{0}\"}}}}\n",
            server.address()
        )
    };
    let scopes = "scope: \"Desk.basic.ALL,Desk.settings.ALL\"";
    place.write(
        "deskform.yaml",
        &project(&format!("grant: client, {scopes}")),
    );
    place.done("plan");
    place.done("apply --auto-approve");
    let run = place.done("plan");
    assert!(run.stdout.contains("No changes"), "{run}");
    let status = place.done("auth status");
    assert!(
        status
            .stdout
            .contains("acting agent: nobody; the credentials are the client's own")
            && status
                .stdout
                .contains("scopes: Desk.basic.ALL, Desk.settings.ALL"),
        "{status}"
    );
    // What needs an acting agent says so.
    place.write("desk.yaml", "departments: {Billing: {}}\n");
    let run = place.refused("plan --log-format json");
    assert!(
        run.stderr.contains("`departments/Billing` needs an agent to be created, and nobody is acting: `credentials` with `grant: client`"),
        "{run}"
    );
    // A scope that is missing is added where it stands.
    place.write(
        "desk.yaml",
        "contacts: {kim@example.com: {lastName: Kim}}\n",
    );
    let run = place.refused("plan --log-format json");
    assert!(
        run.stderr.contains("add it to `scope` under `credentials`"),
        "{run}"
    );
    // Nobody logs in.
    let run = place.refused("auth login --grant-token x");
    assert!(run.stderr.contains("nobody logs in"), "{run}");
    let asked = server.statistics();
    for (credentials, told) in [
        ("grant: client", "lacks `scope`"),
        (
            "grant: client, scope: x, refreshToken: \"${secret.X}\"",
            "`refreshToken` means nothing with `grant: client`",
        ),
        ("scope: x", "`scope` means nothing with `grant: refresh`"),
        (
            "grant: client, scope: x, soid: ZohoDesk.700002",
            "which is not of the organization `700001`",
        ),
        ("grant: token", "`grant`"),
    ] {
        place.write("deskform.yaml", &project(credentials));
        let run = place.refused("plan --log-format json");
        assert!(run.stderr.contains(told), "{told}\n{run}");
    }
    assert_eq!(server.statistics()["tokenRequests"], asked["tokenRequests"]);
    // What the accounts server says of both has a way out.
    for (credentials, told) in [
        (
            "grant: client, scope: Other.x.ALL",
            "`deskform auth scopes` prints",
        ),
        (
            "grant: client, scope: Desk.basic.READ, clientSecret: \"${secret.OTHER}\"",
            "the client id or the client secret is not accepted",
        ),
    ] {
        place.set("OTHER", "another-secret");
        place.write("deskform.yaml", &project(credentials));
        let run = place.refused("plan --log-format json");
        assert!(run.stderr.contains(told), "{told}\n{run}");
    }
}

/// A limit is waited for as long as the command line allows, and no longer.
#[test]
fn a_limit_that_lasts_longer_than_allowed_is_given_up() {
    let place = behind(
        |request| {
            let body = json!({"errorCode": "TOO_MANY_REQUESTS", "message": "Too many calls."});
            let is_it = request.uri().path().ends_with("/roles");
            is_it.then(|| answer(429, &[("retry-after", "100")], &body))
        },
        "roles: {Lead: {shareDataWithPeers: true}}\n",
    );
    for line in [
        "plan --max-wait 5s",
        "drift --max-wait 99s",
        "export out --max-wait 1m",
        "apply --auto-approve --max-wait 0s",
    ] {
        let run = place.refused(&format!("{line} --log-format json"));
        assert!(
            run.stderr.contains("a longer `--max-wait` waits for it"),
            "{run}"
        );
        assert!(run.stderr.contains("The limit ends in"), "{run}");
    }
    for wrong in ["5", "5min", "-1s"] {
        let run = place.run(&format!("plan --max-wait={wrong}"));
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains("`90s`, `5m` or `1h`"), "{run}");
    }
}

/// The lock of another run is waited for, and taken when it is free.
#[test]
fn a_lock_is_waited_for() {
    let place = Place::with(&[
        ("deskform.yaml", SIMULATED),
        ("desk.yaml", "departments: {Billing: {}}\n"),
    ]);
    place.done("apply --auto-approve");
    let lock = place.path(".deskform/local.lock");
    let held = |seconds: i64| {
        let now = Clock::system().now_ms();
        let text = json!({"formatVersion": 1, "who": "ann", "host": "elsewhere", "run": "20270101T000000Z-00000000",
            "token": "0123", "since": now, "until": now + seconds * 1000});
        std::fs::write(&lock, text.to_string()).expect("a lock");
    };
    held(3_600);
    for line in ["apply --auto-approve", "ledger forget departments/Billing"] {
        let run = place.run(line);
        assert_eq!(run.code, 1, "{run}");
        assert!(
            run.stderr.contains("the ledger is locked by `ann`"),
            "{run}"
        );
        assert!(!run.stderr.contains("waiting for"), "{run}");
        let run = place.run(&format!("{line} --lock-timeout 1s"));
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains("waiting for 1 s at most"), "{run}");
    }
    for line in [
        "apply --auto-approve --lock-timeout 10m",
        "ledger forget departments/Billing --lock-timeout 1h",
    ] {
        held(1);
        let run = place.done(line);
        assert!(run.stderr.contains("waiting for"), "{run}");
    }
}

/// What a server refuses to list is told at the lines that ask for it.
#[test]
fn a_module_that_the_server_does_not_know_is_told_at_its_lines() {
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments: {local: {simulator: {dialect: openapi}}}\n",
        ),
        (
            "desk.yaml",
            "customFields:\n  since: {module: cm_ordrs, type: Date}\n  until: {module: contacts, type: Date}\n",
        ),
    ]);
    place.done("validate");
    for line in ["plan", "apply --auto-approve", "drift"] {
        let run = place.refused(line);
        assert!(
            run.stderr
                .contains("customFields cannot be read: `GET /fields`"),
            "{run}"
        );
        assert!(run.stderr.contains("[desk.yaml:2:19]"), "{run}");
        assert!(
            run.stderr.contains("the listing is asked by `module`"),
            "{run}"
        );
        assert_eq!(run.stderr.matches("asked for").count(), 1, "{run}");
    }
    // One that is mistyped is told before anything is asked.
    place.edit("desk.yaml", "cm_ordrs", "contact");
    let run = place.refused("validate");
    assert!(
        flat(&run.stderr).contains("did you mean `contacts`?"),
        "{run}"
    );
    let run = place.refused("plan --target webhook/w");
    assert!(run.stderr.contains("did you mean `contacts`?"), "{run}");
    let run = place.refused("auth scopes --kinds custmFields");
    assert!(run.stderr.contains("did you mean `customFields`?"), "{run}");
}
