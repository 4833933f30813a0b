//! A secret stays in memory: whatever is run, in whatever form it is shown or kept.

mod command;
mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use command::{Place, Run, transcript};
use common::{Desk, Variables};
use deskform::apply::event::Event;
use deskform::config::Project;
use deskform::drift;
use deskform::ledger::Ledger;
use deskform::manifest::Sources;
use deskform::run_record::update::after;
use deskform::simulator::{OrganizationSeed, Settings, Simulator};
use deskform::yaml::source::Source;

/// The value of the secret.
const KEY: &str = "hunter2-hook";

fn project(dialect: &str, url: &str) -> [(String, String); 2] {
    [
        (
            "deskform.yaml".to_owned(),
            format!(
                "environments:\n  local: {{simulator: {{dialect: {dialect}, edition: enterprise}}}}\n"
            ),
        ),
        ("manifests/desk.yaml".to_owned(), manifest(url)),
    ]
}

fn manifest(url: &str) -> String {
    format!(
        "departments: {{Billing: {{description: Invoices}}}}\nwebhooks:\n  crm: {{url: \"{url}\", subscriptions: {{Ticket_Add: {{}}}}}}\n"
    )
}

fn place(dialect: &str, url: &str) -> Place {
    let files = project(dialect, url);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let mut place = Place::with(&files);
    place.set("HOOK_KEY", KEY);
    place
}

/// Everything that shows a plan.
fn looked_at(place: &Place) -> Vec<Run> {
    let mut runs = vec![place.run("validate -vv")];
    for format in ["text", "json", "markdown"] {
        for rest in ["", "-v", "-vv", "-vv --log-format json", "-q"] {
            runs.push(place.run(&format!("plan --format {format} {rest}")));
        }
    }
    runs
}

/// Asserts that nothing that was shown or is kept holds a part of the secret; only the simulated
/// organization itself does.
fn assert_kept(place: &Place, runs: &[Run]) {
    let told = transcript(runs);
    for secret in ["hunter2", KEY] {
        assert!(!told.contains(secret), "{secret} is in\n{told}");
        for (name, bytes) in place.files() {
            assert!(!name.contains(secret), "{secret} names a file");
            let text = String::from_utf8_lossy(&bytes);
            assert!(
                name.ends_with(".simulator.json") || !text.contains(secret),
                "{secret} is in {name}:\n{text}"
            );
        }
    }
}

const SECRET_URL: &str = "https://hooks.example.com/in/${secret.HOOK_KEY}/x?key=${secret.HOOK_KEY}";
const PLAIN_URL: &str = "https://hooks.example.com/in/plain";

/// The ledger remembers that the live URL was a secret, wherever in it the secret stands.
#[test]
fn a_url_that_was_a_secret_stays_one() {
    for dialect in ["openapi", "guide"] {
        let mut place = place(
            dialect,
            &SECRET_URL.replace("/${secret.HOOK_KEY}", "/${env.PART}/${secret.SHORT}"),
        );
        place.set("PART", "p");
        // A secret that looks like any other part of a path.
        place.set("SHORT", "hunter2");
        let mut runs = looked_at(&place);
        runs.push(place.done("plan --out plan.json -vv"));
        runs.push(place.done("apply plan.json -vv"));
        runs.extend(looked_at(&place));
        // Another secret takes its place.
        place.set("SHORT", "hunter2-new");
        runs.extend(looked_at(&place));
        runs.push(place.done("apply --auto-approve -vv --log-format json"));
        // The manifests stop using a secret.
        place.write("manifests/desk.yaml", &manifest(PLAIN_URL));
        let before = runs.len();
        runs.extend(looked_at(&place));
        let told = transcript(&runs[before..]);
        if dialect == "openapi" {
            assert!(
                told.contains(&format!("url: (secret) → {PLAIN_URL}")),
                "{told}"
            );
        }
        assert!(told.contains(PLAIN_URL), "{told}");
        runs.push(place.run("plan --out plan.json"));
        assert_kept(&place, &runs);
        let run = place.run("apply plan.json -vv");
        assert_kept(&place, &[run]);
    }
}

/// An export tells of a URL that was a secret in part what its template says, however the part looks;
/// of one whose template no longer fits it tells nothing.
#[test]
fn an_export_tells_no_url_that_was_a_secret() {
    for dialect in ["openapi", "guide"] {
        let url = "https://hooks.example.com/y/${secret.SHORT}";
        let mut place = place(dialect, url);
        place.set("SHORT", "hunter2");
        let runs = [place.done("apply --auto-approve"), place.done("export out")];
        assert_kept(&place, &runs);
        let written = place.read("out/webhooks.yaml");
        assert!(written.contains(url), "{written}");
        let ledger = place.read(".deskform/local.json");
        let moved = ledger.replace("hooks.example.com/y", "hooks.example.com/z");
        assert_ne!(ledger, moved);
        place.write(".deskform/local.json", &moved);
        assert_kept(&place, &[place.done("export other")]);
        let written = place.read("other/webhooks.yaml");
        assert!(written.contains("_URL}"), "{written}");
    }
}

/// Without a ledger nobody knows; then what may be a key is hidden.
#[test]
fn without_a_ledger_keys_in_live_urls_are_hidden() {
    let url = "https://hooks.example.com/in/${secret.LONG}?key=${secret.HOOK_KEY}";
    for dialect in ["openapi", "guide"] {
        let mut place = place(dialect, url);
        place.set("LONG", "hunter2abcdefghijkl");
        let mut runs = vec![place.done("apply --auto-approve -vv")];
        place.remove(".deskform/local.json");
        place.write("manifests/desk.yaml", &manifest(PLAIN_URL));
        runs.extend(looked_at(&place));
        if dialect == "openapi" {
            let told = transcript(&runs);
            let shown = "https://hooks.example.com/in/(hidden)?key=(hidden)";
            assert!(told.contains(shown), "{told}");
        }
        runs.push(place.run("export exported -vv"));
        assert_kept(&place, &runs);
        let exported = place.read("exported/webhooks.yaml");
        assert!(exported.contains("${secret."), "{exported}");
    }
}

/// What is kept is its owner's alone.
#[cfg(unix)]
#[test]
fn what_is_kept_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place("openapi", PLAIN_URL);
    place.done("plan --out plan.json");
    place.done("apply plan.json");
    let mode = |name: &str| {
        let found = std::fs::metadata(place.path(name)).expect("a file");
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode(".deskform"), 0o700);
    let kept: Vec<String> = place
        .files()
        .into_keys()
        .filter(|name| name.starts_with(".deskform/") || name == "plan.json")
        .collect();
    assert!(kept.len() >= 3, "{kept:?}");
    for name in kept {
        assert_eq!(mode(&name), 0o600, "{name}");
    }
}

/// Links lead out of the project, whatever stands behind them.
#[cfg(unix)]
#[test]
fn links_are_refused() {
    use std::os::unix::fs::symlink;
    let place = place("openapi", PLAIN_URL);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let inside = elsewhere.path().join("eu");
    std::fs::create_dir(&inside).expect("a folder");
    std::fs::write(inside.join("x.yaml"), "departments: {Elsewhere: {}}\n").expect("a file");
    let link = |name: &str, to: &std::path::Path| symlink(to, place.path(name)).expect("a link");

    // A file, a folder, and a part of the way to an overlay.
    link("manifests/link.yaml", &inside.join("x.yaml"));
    let told = transcript(&[place.refused("validate")]);
    assert!(told.contains("symbolic links are not followed"), "{told}");
    place.remove("manifests/link.yaml");
    link(".linked", elsewhere.path());
    place.write(
        "deskform.yaml",
        "environments:\n  local: {simulator: {dialect: openapi}, overlays: [.linked/eu]}\n",
    );
    let told = transcript(&[place.refused("plan")]);
    assert!(told.contains(".linked: symbolic"), "{told}");
    assert!(told.contains("symbolic links are not followed"), "{told}");

    // The simulator's state.
    // The project file may be a link to another file of the project, and to none outside.
    place.write(
        ".shared/project.yaml",
        "environments:\n  local: {simulator: {dialect: openapi}}\n",
    );
    place.remove("deskform.yaml");
    link("deskform.yaml", &place.path(".shared/project.yaml"));
    place.done("validate");
    place.remove("deskform.yaml");
    link("deskform.yaml", &inside.join("x.yaml"));
    let told = transcript(&[place.refused("validate")]);
    assert!(told.contains("leads out of the folder"), "{told}");
    assert!(!told.contains("Elsewhere"), "{told}");
    place.remove("deskform.yaml");
    link(".deskform", elsewhere.path());
    place.write(
        "deskform.yaml",
        "environments:\n  local: {simulator: {dialect: openapi}}\n",
    );
    let told = transcript(&[place.refused("apply --auto-approve")]);
    assert!(told.contains("`.deskform` is a symbolic link"), "{told}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("it").count(), 1);
}

/// Nothing in names, texts and files steers the terminal that shows them.
#[test]
fn terminals_are_not_steered() {
    const HOSTILE: &str = "\\e[2J\\u202Enimda\\u009B1m\\a";
    let place = place("openapi", PLAIN_URL);
    place.write(
        "manifests/desk.yaml",
        &format!(
            "departments:\n  \"Bil{HOSTILE}ling\": {{name: Billing, description: \"In{HOSTILE}\"}}\naccounts:\n  \"A{HOSTILE}\": {{description: \"In{HOSTILE}\", phone: []}}\n"
        ),
    );
    let mut runs = looked_at(&place);
    place.edit("manifests/desk.yaml", "phone: []", "phone: \"7\"");
    runs.extend(looked_at(&place));
    for rest in ["-vv", "-vv --log-format json"] {
        runs.push(place.run(&format!("apply --auto-approve {rest}")));
    }
    // As they are, not escaped: no YAML, but shown in the report.
    place.write(
        "manifests/raw.yaml",
        "departments: {\"\u{1b}[2J\u{202e}\u{9b}1m\r\u{7}\": {}}\n",
    );
    runs.extend(looked_at(&place));
    place.remove("manifests/raw.yaml");
    place.write("manifests/na\u{1b}[2J\u{202e}me.yaml", "departments: [\n");
    runs.extend(looked_at(&place));
    runs.push(place.run("plan --target \"departments/\u{1b}[2J\u{202e}\""));
    let told = transcript(&runs);
    assert!(
        runs.iter().any(|run| run.stdout.contains("nimda")),
        "{told:.6000}"
    );
    for run in &runs {
        for text in [&run.stdout, &run.stderr] {
            for line in text.split('\n') {
                assert_eq!(deskform::safe::safe(line), line, "in\n{run}");
            }
        }
    }
}

/// Drift compares what was applied with what is live; neither shows a former secret.
#[tokio::test(start_paused = true)]
async fn drift_tells_no_former_secret() {
    let text = "environments:\n  local: {simulator: {dialect: openapi, edition: enterprise}}\n";
    let project = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(Path::new("."), &project).expect("a project");
    let simulator = Arc::new(Mutex::new(Simulator::new(Settings {
        organizations: vec![OrganizationSeed::new(&project.environments[0].org_id)],
        ..Settings::default()
    })));
    let desk = async |url: &str| {
        let sources = Sources {
            base: vec![Source::new("desk.yaml", manifest(url).as_bytes())],
            overlays: Vec::new(),
        };
        let secrets = Variables::from([("HOOK_KEY".to_owned(), KEY.to_owned())]);
        let environment = project.environments[0].clone();
        Desk::with(environment, sources, secrets, Arc::clone(&simulator)).await
    };
    let before =
        desk("https://hooks.example.com/${secret.HOOK_KEY}/x?key=${secret.HOOK_KEY}").await;
    let ready = before.plan().await.expect("a plan");
    let applied: BTreeSet<_> = before
        .apply(&ready)
        .await
        .into_iter()
        .filter_map(|event| match event {
            Event::StepFinished { address, .. } => Some(address),
            _ => None,
        })
        .collect();
    assert_eq!(applied.len(), 2);
    let composed = before.compose().expect("manifests");
    let environment = &before.environment;
    let empty = Ledger::new(&environment.name, &environment.org_id);
    let ledger = after(empty, &composed, &ready, &applied);
    let kept = String::from_utf8(ledger.to_bytes().expect("JSON")).expect("UTF-8");
    assert!(!kept.contains("hunter2"), "{kept}");
    assert!(kept.contains(r#""secrets":["/url"]"#), "{kept}");

    let now = desk(PLAIN_URL).await;
    let composed = now.compose().expect("manifests");
    let mut options = now.options();
    options.ledger = Some(ledger.clone());
    let compared = now.session.compare(&composed, &options).await;
    let report = drift::report(&compared.expect("both sides"), &composed, &options, false);
    let told = format!(
        "{report:?} {}",
        serde_json::to_string(&report).expect("JSON")
    );
    assert!(!told.contains("hunter2"), "{told}");
    let [url] = report.drifts.as_slice() else {
        panic!("{told}");
    };
    assert!(url.secret, "{told}");

    // Another key in its place, and no ledger.
    options.ledger = None;
    {
        let mut simulator = simulator.lock().expect("it");
        let organization = simulator
            .organization_mut(&now.environment.org_id)
            .expect("it");
        let id = organization.objects("webhooks")[0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        organization.change("webhooks", &id, |object| {
            object["url"] = "https://hooks.example.com/x?key=hunter2".into();
        });
    }
    let compared = now.session.compare(&composed, &options).await;
    let report = drift::report(&compared.expect("both sides"), &composed, &options, false);
    assert_eq!(
        report.drifts[0].live,
        "https://hooks.example.com/x?key=(hidden)"
    );
}

/// A character that nobody sees is named, and the secret around it is not.
#[test]
fn a_secret_with_a_line_end_is_told_of() {
    for (text, named) in [
        ("hunter2\n", "a line break"),
        ("hunter2\r\n", "a line break"),
        ("\nhunter2", "a line break"),
        ("hun\tter2", "a tab"),
        ("hunter2\u{1b}[0m", "the control character U+001B"),
        ("hunter2\u{85}", "the control character U+0085"),
    ] {
        for (desk, message) in [
            (
                "webhooks:\n  crm: {url: 'https://h.example.com/in/${secret.KEY}?a=b', subscriptions: {Ticket_Add: {}}}\n",
                format!("`url` holds {named} once its secrets are filled in"),
            ),
            (
                "webhooks:\n  crm: {url: '${secret.KEY}', subscriptions: {Ticket_Add: {}}}\n",
                format!("`url` holds {named} once its secrets are filled in"),
            ),
            (
                "accounts:\n  Example: {website: 'https://example.com/${secret.KEY}'}\n",
                format!("`website` holds {named} once its secrets are filled in"),
            ),
            (
                "customFields:\n  count: {module: contacts, type: Number, maxLength: 9}\ncontacts:\n  ann: {lastName: Ann, email: ann@example.com, cf: {count: '${secret.KEY}'}}\n",
                format!("`count` must be a whole number; it holds {named}"),
            ),
        ] {
            let mut place = Place::with(&[
                ("deskform.yaml", "environments: {local: {simulator: {}}}\n"),
                ("desk.yaml", desk),
            ]);
            place.set("KEY", text);
            let run = place.refused("plan --log-format json");
            assert!(run.stderr.contains(&message), "{text:?} {desk}\n{run}");
            assert!(
                run.stderr
                    .contains("\"help\":\"a pasted secret often ends in a line end; look at"),
                "{run}"
            );
            let told = transcript(&[run, place.refused("validate -vv")]);
            for part in ["hunter2", "hun", "ter2"] {
                assert!(!told.contains(part), "{told}");
            }
        }
    }
    // Without such a character the form is what is told, as before.
    let mut place = Place::with(&[
        ("deskform.yaml", "environments: {local: {simulator: {}}}\n"),
        (
            "desk.yaml",
            "webhooks:\n  crm: {url: 'ftp:${secret.KEY}', subscriptions: {Ticket_Add: {}}}\n",
        ),
    ]);
    place.set("KEY", "hunter2");
    let run = place.refused("plan --log-format json");
    assert!(run.stderr.contains("`url` must be a web address"), "{run}");
}

/// What an address says in clear tells who has moved it, whatever its key is.
#[test]
fn an_address_with_a_key_is_told_by_what_it_says_in_clear() {
    let mut place = place("openapi", "https://hooks.example.com/in?key=${secret.KEY}");
    place.set("KEY", "a-long-key-123");
    place.done("apply --auto-approve");
    let desk = place.read("manifests/desk.yaml");
    place.write("manifests/desk.yaml", &desk.replace("//hooks.", "//new."));
    let run = place.done("drift --only-live");
    assert!(run.stdout.contains("No drift."), "{run}");
    let run = place.run("drift");
    assert!(run.stdout.contains("1 changed in the manifests"), "{run}");
    place.write("manifests/desk.yaml", &desk);
    let states = place.files();
    let state = states.keys().find(|name| name.ends_with(".simulator.json"));
    let state = state.expect("a state").clone();
    let live = place.read(&state).replace("//hooks.", "//evil.");
    place.write(&state, &live);
    let run = place.run("drift --only-live");
    assert!(run.stdout.contains("1 changed in Zoho Desk"), "{run}");
    let run = place.done("plan");
    assert!(
        run.stdout.contains("Sets back what somebody changed"),
        "{run}"
    );
}

/// A new host, a new key and a change by hand look different, and no key is shown.
#[test]
fn secrets_in_urls_show_their_template_and_what_is_visible() {
    for dialect in ["openapi", "guide"] {
        let mut place = place(
            dialect,
            "https://hooks.example.com/in?key=${secret.KEY}&z=1",
        );
        place.set("KEY", "first-key-1");
        let created = place.done("plan");
        assert!(
            created
                .stdout
                .contains("url: https://hooks.example.com/in?key=${secret.KEY}&z=1\n"),
            "{created}"
        );
        place.done("apply --auto-approve");
        let mut runs = vec![created];
        let mut shows = |place: &Place, live: &str, name: &str| {
            for command in ["plan", "plan --format markdown", "drift"] {
                let run = place.run(command);
                let wanted = "https://hooks.example.com/in?key=${secret.KEY}&z=1";
                for words in [live, wanted, name] {
                    assert!(run.stdout.contains(words), "{words}: {run}");
                }
                runs.push(run);
            }
            let json = place.run("plan --format json");
            assert!(json.stdout.contains("${secret.KEY}"), "{json}");
            runs.push(json);
        };
        // Another key.
        place.set("KEY", "second-key-2");
        shows(
            &place,
            "https://hooks.example.com/in?key=(secret)&z=1",
            "url (another secret)",
        );
        // Another host: by a person, in Zoho Desk.
        place.edit(
            ".deskform/local.simulator.json",
            "https://hooks.example.com/in?key=first-key-1",
            "https://evil.example.com/steal?key=first-key-1",
        );
        shows(&place, "https://evil.example.com/…?key=(secret)", "url:");
        // A saved plan holds, and what it says can be read back.
        place.done("plan --out plan.json");
        runs.push(place.done("apply plan.json -vv"));
        assert_eq!(place.done("plan --detailed-exitcode").code, 0);
        let told = transcript(&runs);
        for hidden in ["first-key", "second-key", "steal"] {
            assert!(!told.contains(hidden), "{hidden} is in\n{told}");
        }
    }
}

#[test]
fn slips_with_keys_are_warned_about() {
    let mut place = Place::with(&[
        (
            "deskform.yaml",
            "environments: {local: {simulator: {dialect: guide}}}\n",
        ),
        (
            "desk.yaml",
            "webhooks:\n  a: {url: 'https://hooks.example.com/in?key=$HOOK_KEY', subscriptions: {Ticket_Add: {}}}\n  b: {url: 'https://hooks.example.com/in?token=0123456789', subscriptions: {Ticket_Add: {}}}\n  c: {url: 'https://hooks.example.com/in?key=${secret.SHORT}', subscriptions: {Ticket_Add: {}}}\ndepartments:\n  Billing: {description: $BILLING}\n  Support: {description: the key is ghp_0123456789abcdefghij}\n",
        ),
    ]);
    place.set("SHORT", "abc");
    for command in ["validate", "plan"] {
        let run = place.done(command);
        for words in [
            "`url` holds `$HOOK_KEY`, which stays as it is written",
            "write `${secret.HOOK_KEY}`",
            "`description` holds `$BILLING`",
            "`url` looks like a key in clear",
            "`description` looks like a key in clear",
            "`SHORT` has less than 8 characters",
            "4 warnings",
        ] {
            let told = run.stderr.replace("\n  │ ", " ").replace("\n        ", " ");
            assert!(told.contains(words), "{words}: {run}");
        }
    }
}

/// Times and ids of runs as one sign, wherever they stand.
fn without_times(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-:._".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut token = String::new();
    for c in text.chars().chain(['\n']) {
        if is_part(c) {
            token.push(c);
            continue;
        }
        let digits = token.chars().filter(char::is_ascii_digit).count();
        let is_duration = token.ends_with("ms") || token.ends_with('s') && digits > 0;
        out.push_str(if digits >= 8 || is_duration {
            "#"
        } else {
            &token
        });
        token.clear();
        out.push(c);
    }
    // How long a call took stands behind its name.
    for name in ["#=", "\"#\":", "Ms\": "] {
        let mut pieces = out.split(name);
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
            text.extend([name, rest]);
        }
        out = text;
    }
    out
}

/// Redaction is non-interference: other secrets give the same bytes, wherever one looks.
#[test]
fn other_secrets_give_the_same_bytes() {
    for dialect in ["openapi", "guide"] {
        let mut told = Vec::new();
        for [first, second, path] in [
            ["hunter2-first", "hunter2-second", "plain-part"],
            [
                "&=%/+ #?&=%",
                "a longer secret, with words in it",
                "a/b c/d-e",
            ],
        ] {
            let mut place = place(
                dialect,
                "https://hooks.example.com/${secret.PATH_PART}?key=${secret.KEY}&z=1",
            );
            place.set("PATH_PART", path);
            let mut runs = Vec::new();
            for (key, lines) in [
                (
                    first,
                    [
                        "plan -vv",
                        "plan --out plan.json",
                        "apply plan.json -vv --log-format json",
                        "drift -v",
                    ],
                ),
                (
                    second,
                    [
                        "plan --format json",
                        "plan --format markdown",
                        "drift --format json",
                        "apply --auto-approve -vv",
                    ],
                ),
                (
                    second,
                    [
                        "ledger show",
                        "export written",
                        "plan -v",
                        "drift --format markdown",
                    ],
                ),
            ] {
                place.set("KEY", key);
                runs.extend(lines.map(|line| place.run(line)));
            }
            let mut text = without_times(&transcript(&runs));
            for (name, bytes) in place.files() {
                // Zoho Desk itself has the secrets.
                if !name.ends_with("simulator.json") {
                    let bytes = String::from_utf8(bytes).expect("UTF-8");
                    let name = without_times(&name);
                    text.extend(["== ", &*name, &without_times(&bytes)]);
                }
            }
            told.push(text);
        }
        assert!(told[0].contains("(another secret)"), "{}", told[0]);
        let difference = similar::TextDiff::from_lines(&told[0], &told[1]);
        assert!(
            told[0] == told[1],
            "{dialect}:\n{}",
            difference.unified_diff().context_radius(1)
        );
    }
}

/// A reply address whose password is a secret.
fn mail(host: &str, user: &str, version: u32) -> String {
    format!(
        "departments: {{Example Company: {{}}}}\nmailReplyAddresses:\n  a@example.com:\n    department: Example Company\n    \
         displayName: A\n    isVerified: false\n    serviceProviderType: CustomSMTP\n    smtpDetails: {{host: {host}, \
         port: '587', userName: {user}, connectionType: TLS, password: '${{secret.HOOK_KEY}}', passwordVersion: {version}}}\n"
    )
}

/// A version is remembered beside what the manifest itself makes a secret, and nothing else of it is.
#[test]
fn a_version_beside_a_secret_counts() {
    let place = place("openapi", PLAIN_URL);
    let mut runs = Vec::new();
    for (version, change) in [
        (1, "create mailReplyAddresses"),
        (2, "smtpDetails › passwordVersion: 1 → 2"),
    ] {
        place.write(
            "manifests/desk.yaml",
            &mail("smtp.example.com", "'${secret.HOOK_KEY}'", version),
        );
        let plan = place.done("plan");
        assert!(plan.stdout.contains(change), "{plan}");
        runs.push(plan);
        let applied = place.done("apply --auto-approve -vv");
        assert!(applied.stdout.contains("Applied 1 of 1 step"), "{applied}");
        runs.push(applied);
        let again = place.done("plan");
        assert!(!again.stdout.contains("mailReplyAddresses"), "{again}");
        runs.push(again);
        runs.push(place.done("drift"));
    }
    runs.push(place.done("ledger show -v"));
    assert_kept(&place, &runs);
}

/// The password of a mail server is never compared, and nothing of it is kept: another version sends it
/// again.
#[test]
fn a_password_is_sent_again_when_its_version_changes() {
    let mut place = place("openapi", PLAIN_URL);
    place.write("manifests/desk.yaml", &mail("smtp.example.com", "a", 1));
    let mut runs = looked_at(&place);
    runs.push(place.done("apply --auto-approve -vv --log-format json"));
    // Another password alone is no change, and none is told as drift.
    place.set("HOOK_KEY", "hunter2-other");
    let before = runs.len();
    runs.extend(looked_at(&place));
    runs.push(place.done("drift"));
    let told = transcript(&runs[before..]);
    assert!(!told.contains("update mailReplyAddresses"), "{told}");
    for (version, host, change) in [
        (
            2,
            "smtp.example.com",
            "smtpDetails › passwordVersion: 1 → 2",
        ),
        (
            2,
            "smtp2.example.com",
            "smtpDetails › host: smtp.example.com → smtp2.example.com",
        ),
    ] {
        place.write("manifests/desk.yaml", &mail(host, "a", version));
        let plan = place.done("plan");
        assert!(plan.stdout.contains(change), "{plan}");
        let told = "sends `smtpDetails` with its `password`";
        assert!(plan.stdout.contains(told), "{plan}");
        runs.push(plan);
        let applied = place.done("apply --auto-approve -vv");
        assert!(applied.stdout.contains("Applied 1 of 1 step"), "{applied}");
        runs.push(applied);
        let again = place.done("plan");
        assert!(
            !again.stdout.contains("update mailReplyAddresses"),
            "{again}"
        );
        runs.push(again);
    }
    runs.push(place.done("export exported"));
    runs.push(place.done("ledger show -v"));
    assert_kept(&place, &runs);
}
