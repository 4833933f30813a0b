//! What `export` writes: chosen in parts, with what the ledger knows, beside other manifests.

#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, which panic to fail"
)]

mod command;

use command::{DESK, Place, Run, Server, flat};

const OURS: &str = "# ours\ndepartments: {}\n";
const OPENAPI: &str = "environments:\n  local: {simulator: {dialect: openapi}}\n";

/// A project whose manifests are applied already.
fn applied(project: &str, desk: &str) -> Place {
    let place = Place::with(&[("deskform.yaml", project), ("desk.yaml", desk)]);
    place.done("apply --auto-approve");
    place
}

/// The manifests of a folder, with their paths below it.
fn written(place: &Place, folder: &str) -> Vec<String> {
    let start = format!("{folder}/");
    let files = place.files();
    let names = files.keys().filter_map(|name| name.strip_prefix(&start));
    names.map(str::to_owned).collect()
}

fn notes(run: &Run) -> Vec<&str> {
    run.stderr.lines().collect()
}

#[test]
fn seeds_are_exported_only_when_they_are_asked_for() {
    let place = applied(OPENAPI, DESK);
    let plain = place.done("export .plain");
    assert!(
        plain.stderr.contains(
            "note: accounts, contacts, products and contracts left out, since they are customers' records; \
             `--kinds accounts --kinds contacts --kinds products --kinds contracts` exports them, \
             `--kinds all` everything"
        ),
        "{plain}"
    );
    assert!(!plain.stderr.contains("reading"), "{plain}");
    let names = written(&place, ".plain");
    assert!(names.contains(&"departments.yaml".to_owned()), "{names:?}");
    assert!(!names.contains(&"contacts.yaml".to_owned()), "{names:?}");

    let all = place.done("export .all --kinds all");
    assert!(
        all.stderr
            .contains("reading accounts, contacts, contracts and products takes about "),
        "{all}"
    );
    assert_eq!(written(&place, ".all").len(), names.len() + 2, "{all}");
    let one = place.done("export .one --kinds contacts");
    assert!(
        one.stderr.contains("reading contacts takes about "),
        "{one}"
    );
    assert_eq!(written(&place, ".one"), ["contacts.yaml"]);
    // The account is named, and not exported.
    let contacts = place.read(".one/contacts.yaml");
    assert!(
        contacts.contains("account: {lookup: Example Corporation}"),
        "{contacts}"
    );
}

/// Without a ledger nobody knows what was applied as a secret; the value of one is written by its name.
#[test]
fn no_file_of_an_export_holds_a_secret() {
    const KEY: &str = "correct horse/battery";
    const TOKEN: &str = "abcdefgh12345678ijkl";
    const SPANS: &str = "T0ABCDE12/B0FGHIJ34/mnopqrst12345678uvwx";
    let desk = "departments:\n  D: {description: 'pin ${secret.HOOK_KEY}!'}\nwebhooks:\n  \
        w: {url: 'https://hooks.example.com/t/${secret.HOOK_KEY}/x', subscriptions: {Ticket_Add: {}}}\n  \
        q: {url: 'https://hooks.example.com/in?key=${secret.TOKEN_KEY}', subscriptions: {Ticket_Add: {}}}\n  \
        s: {url: 'https://hooks.example.com/services/${secret.SPANS_KEY}', subscriptions: {Ticket_Add: {}}}\n";
    let mut place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", desk)]);
    place.set("HOOK_KEY", KEY);
    place.set("TOKEN_KEY", TOKEN);
    place.set("SPANS_KEY", SPANS);
    place.done("apply --auto-approve");
    for ledger in [true, false] {
        if !ledger {
            place.remove(".deskform/local.json");
        }
        let folder = format!(".out-{ledger}");
        place.done(&format!("export {folder}"));
        for name in written(&place, &folder) {
            let text = place.read(&format!("{folder}/{name}"));
            for secret in [
                KEY,
                "correct",
                "battery",
                TOKEN,
                "T0ABCDE12",
                "B0FGHIJ34",
                "mnopq",
            ] {
                assert!(!text.contains(secret), "{ledger} {name}: {text}");
            }
        }
        let departments = place.read(&format!("{folder}/departments.yaml"));
        assert!(
            departments.contains("pin ${secret.HOOK_KEY}!") || ledger,
            "{departments}"
        );
        let webhooks = place.read(&format!("{folder}/webhooks.yaml"));
        for url in [
            "/t/${secret.HOOK_KEY}/x",
            "/in?key=${secret.TOKEN_KEY}",
            "/services/${secret.SPANS_KEY}",
        ] {
            assert!(webhooks.contains(url), "{url}: {webhooks}");
        }
    }
}

/// A text that holds the value of one secret beside another one that is not known here is no template.
#[test]
fn what_is_beside_a_secret_is_hidden_with_it() {
    const KNOWN: &str = "abcdefgh12345678";
    let desk = "departments:\n  D: {description: 'pin ${secret.KNOWN_KEY}, door ${secret.OTHER_KEY}'}\nwebhooks:\n  \
        l: {url: 'https://${secret.KNOWN_KEY}:${secret.OTHER_KEY}@l.example.com/in', subscriptions: {Ticket_Add: {}}}\n  \
        p: {url: 'https://p.example.com/x/${secret.KNOWN_KEY}-${secret.OTHER_KEY}/y', subscriptions: {Ticket_Add: {}}}\n  \
        q: {url: 'https://q.example.com/?key=${secret.KNOWN_KEY}${secret.OTHER_KEY}', subscriptions: {Ticket_Add: {}}}\n";
    let mut place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", desk)]);
    place.set("KNOWN_KEY", KNOWN);
    place.set("OTHER_KEY", "zyxwvuts87654321");
    place.done("apply --auto-approve");
    place.set("OTHER_KEY", "");
    for ledger in [true, false] {
        if !ledger {
            place.remove(".deskform/local.json");
        }
        let folder = format!(".out-{ledger}");
        place.done(&format!("export {folder}"));
        let webhooks = place.read(&format!("{folder}/webhooks.yaml"));
        assert!(!webhooks.contains("zyxwvuts"), "{ledger}: {webhooks}");
        for name in written(&place, &folder) {
            let text = place.read(&format!("{folder}/{name}"));
            assert!(!text.contains(KNOWN), "{ledger} {name}: {text}");
            // Without a ledger nobody knows that a text is a secret.
            assert!(!text.contains("zyxwvuts") || !ledger, "{name}: {text}");
        }
    }
}

#[test]
fn what_was_trashed_is_not_referred_to() {
    let place = applied(OPENAPI, DESK);
    let now =
        "departments: {Billing: {}, Support: {}}\nremoved: {accounts: [Example Corporation]}\n";
    place.write("desk.yaml", now);
    place.done("apply --auto-approve");
    let one = place.done("export .one --kinds contacts");
    assert!(
        one.stderr.contains(
            "note: `account` of `contacts/jane.doe@example.com`: left out, since it refers to what is not there any more"
        ),
        "{one}"
    );
    let contacts = place.read(".one/contacts.yaml");
    assert!(!contacts.contains("account"), "{contacts}");
}

#[test]
fn on_a_terminal_seeds_are_asked_about_before_they_are_read() {
    let place = applied(OPENAPI, DESK);
    let declined = place.asked("export .asked --kinds contacts", "no");
    assert_eq!(declined.code, 1, "{declined}");
    let shown = format!("{}{}", declined.stdout, declined.stderr);
    assert!(shown.contains("Reading contacts takes about "), "{shown}");
    assert!(shown.contains("nothing was read or written"), "{shown}");
    assert!(written(&place, ".asked").is_empty());
    let agreed = place.asked("export .asked --kinds contacts", "yes");
    assert_eq!(agreed.code, 0, "{agreed}");
    assert_eq!(written(&place, ".asked"), ["contacts.yaml"]);
    // What is no seed needs no question.
    let plain = place.asked("export .plain", "no");
    assert_eq!(plain.code, 0, "{plain}");
}

#[test]
fn kinds_and_resources_are_chosen() {
    let place = applied(OPENAPI, DESK);
    place.done("export .a --kinds departments --kinds roles/*");
    assert_eq!(written(&place, ".a"), ["departments.yaml", "roles.yaml"]);
    place.done("export .b --kinds departments --exclude departments/Support --exclude roles");
    assert_eq!(written(&place, ".b"), ["departments.yaml"]);
    let departments = place.read(".b/departments.yaml");
    assert!(
        departments.contains("Billing:") && !departments.contains("Support:"),
        "{departments}"
    );
    place.done("export .c --target departments/Billing --target accounts/*");
    assert_eq!(written(&place, ".c"), ["accounts.yaml", "departments.yaml"]);
    assert!(!place.read(".c/departments.yaml").contains("Support:"));
    for (line, told) in [
        (
            "export .d --target departments/Biling",
            "did you mean `departments/Billing`?",
        ),
        (
            "export .d --kinds department",
            "did you mean `departments`?",
        ),
        ("export .d --exclude contact", "did you mean `contacts`?"),
        (
            "export .d --exclude departments/Biling",
            "did you mean `departments/Billing`?",
        ),
        (
            "plan --target departments",
            "write `departments/*` for all departments",
        ),
    ] {
        let refused = place.refused(line);
        assert!(refused.stderr.contains(told), "{refused}");
    }
    assert!(written(&place, ".d").is_empty());
}

/// A value never swallows what stands behind it, and `*` means all of a kind.
#[test]
fn a_target_takes_one_value_at_every_command() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    place.done("plan --out plan.json");
    for command in ["apply", "plan", "drift"] {
        let refused = place.refused(&format!("{command} --target departments/Billing plan.json"));
        assert!(
            !refused.stderr.contains("`plan.json` is not an address"),
            "{refused}"
        );
    }
    let all = place.done("apply --auto-approve --target departments/*");
    assert!(all.stdout.contains("Applied 2 of 2 steps"), "{all}");
    // The ledger took what was in the choice, and nothing else.
    let ledger = place.read(".deskform/local.json");
    assert!(
        ledger.contains("departments/Billing") && !ledger.contains("contacts/"),
        "{ledger}"
    );
    place.edit("desk.yaml", "Answers", "Other answers");
    let drift = place.run("drift --target departments/* --target accounts/*");
    assert_eq!(drift.code, 2, "{drift}");
    // That a kind has nothing is no slip of the pen.
    place.done("drift --target teams/*");
    place.done("plan --target teams/*");
}

#[test]
fn what_no_manifest_has_is_exported_beside_them() {
    const MORE: &str = "\
departments:
  Billing: {description: Invoices}
  answers: {name: Support, description: Answers}
teams:
  Tier 1: {department: answers, name: Tier 1}
";
    let place = applied(OPENAPI, MORE);
    // Whoever tidies up takes the team and one department out, and lets go of them.
    place.write(
        "desk.yaml",
        "departments:\n  answers: {name: Support, description: Answers}\n",
    );
    place.remove(".deskform/local.json");
    let export = place.done("export --unmanaged");
    let folder = "manifests/unmanaged";
    let departments = place.read(&format!("{folder}/departments.yaml"));
    assert!(
        departments.contains("Billing:") && !departments.contains("Support"),
        "{departments}"
    );
    // What manifests have is named by its handle.
    let teams = place.read(&format!("{folder}/teams.yaml"));
    assert!(teams.contains("department: answers"), "{teams}");
    assert!(!export.stderr.contains("declared already"), "{export}");
    let plan = place.done("plan");
    assert!(plan.summary().starts_with("No changes"), "{plan}");
    let again = place.done("export --unmanaged");
    assert!(
        again.stdout.contains("Wrote 0 resources in 0 files"),
        "{again}"
    );

    // A file that is there already is left alone.
    std::fs::remove_dir_all(place.path(folder)).expect("a folder");
    place.write(&format!("{folder}/departments.yaml"), OURS);
    place.done("export --unmanaged --kinds departments");
    assert_eq!(place.read(&format!("{folder}/departments.yaml")), OURS);
    let second = place.read(&format!("{folder}/departments-2.yaml"));
    assert!(second.contains("Billing:"), "{second}");
    place.refused("export --unmanaged --force");
}

#[test]
fn one_file_a_resource() {
    const MANY: &str = "\
departments:
  ../Up: {description: one}
  a/b: {description: two}
  a-b: {description: three}
  A:b: {description: four}
  con: {description: five}
";
    let place = applied(OPENAPI, MANY);
    place.done("export .split --split --kinds departments");
    assert_eq!(
        written(&place, ".split/departments"),
        [
            "A-b.yaml",
            "Example-Company.yaml",
            "Up.yaml",
            "_con.yaml",
            "a-b-2.yaml",
            "a-b-3.yaml"
        ]
    );
    let text = place.read(".split/departments/Up.yaml");
    assert!(
        text.contains("\ndepartments:\n  \"../Up\":\n    description: one\n"),
        "{text}"
    );
}

#[test]
fn files_name_the_schema_for_editors() {
    let mut place = Place::empty();
    place.done("init --bare");
    place.set("DESKFORM_ENV", "local");
    place.done("export manifests/desk --kinds departments --split");
    let files = written(&place, "manifests/desk/departments");
    let first = place.read(&format!("manifests/desk/departments/{}", files[0]));
    assert!(
        first.starts_with("# yaml-language-server: $schema=../../../schema/manifest.schema.json\n"),
        "{first}"
    );
    // Where the project has none it gets one; a schema of its own is taken.
    place.remove("schema/manifest.schema.json");
    place.done("export ./flat --kinds departments");
    let flat = place.read("flat/departments.yaml");
    assert!(
        flat.starts_with("# yaml-language-server: $schema=../schema/manifest"),
        "{flat}"
    );
    assert_eq!(
        place.read("schema/manifest.schema.json"),
        place.done("schema").stdout
    );
    place.write("editor/manifest.schema.json", "{}");
    place.edit("deskform.yaml", "$schema=./schema/", "$schema=./editor/");
    place.done("export own --kinds departments");
    let own = place.read("own/departments.yaml");
    assert!(
        own.starts_with("# yaml-language-server: $schema=../editor/manifest"),
        "{own}"
    );
}

/// What is written where the project does not look is told before it is written.
#[test]
fn an_export_that_is_skipped_says_so() {
    let mut place = Place::empty();
    place.done("init --bare");
    place.set("DESKFORM_ENV", "local");
    let project = place.read("deskform.yaml");
    for (pattern, folder, told) in [
        (
            "backup/**",
            "backup/june",
            Some("`backup/june/profiles.yaml` and 1 more are written where `skipFiles` leaves"),
        ),
        (
            "profiles.yaml",
            "one",
            Some("`one/profiles.yaml` is written where `skipFiles` leaves"),
        ),
        ("other/**", "two", None),
    ] {
        place.write(
            "deskform.yaml",
            &format!("{project}\nskipFiles: ['{pattern}']\n"),
        );
        let line = format!("export {folder} --kinds departments --kinds profiles");
        let run = place.done(&line);
        let stderr = flat(&run.stderr);
        match told {
            Some(told) => assert!(stderr.contains(told), "{told}\n{run}"),
            None => assert!(!stderr.contains("skipFiles"), "{run}"),
        }
    }
}

#[test]
fn an_export_beside_an_export_says_what_it_doubles() {
    let place = applied(OPENAPI, DESK);
    let export = place.done("export backup --kinds all");
    let last = notes(&export).pop().expect("a note").to_owned();
    assert!(
        last.starts_with("note: 4 of ")
            && last.contains("already declared in `desk.yaml` or beside it")
            && last.contains("move ./backup out of the project"),
        "{export}"
    );
    assert!(notes(&export).len() <= 40, "{export}");
    // What the project does not read doubles nothing.
    std::fs::remove_dir_all(place.path("backup")).expect("a folder");
    let hidden = place.done("export .backup --kinds all");
    assert!(!hidden.stderr.contains("declared"), "{hidden}");
    place.done("validate -q");
}

#[test]
fn an_export_has_what_the_ledger_knows() {
    const KNOWN: &str = "\
departments:
  Support: {description: Answers, lifecycle: {preventDestroy: true}}
teams:
  Tier 1: {department: Support, lifecycle: {transferTo: {team: Tier 2}}}
  Tier 2: {department: Support}
webhooks:
  crm:
    name: crm
    url: https://hooks.example.com/in/${secret.HOOK_KEY}?v=2
    subscriptions: {Ticket_Add: {}}
";
    let mut place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", KNOWN)]);
    place.set("HOOK_KEY", "k3y-k3y-k3y-k3y");
    place.done("apply --auto-approve");
    // A name of which a secret is a part is shown as one.
    let shown = place.done("ledger show");
    let hook = |line: &&str| line.starts_with("webhooks/crm ");
    let hook = shown.stdout.lines().find(hook).expect("the webhook");
    assert!(hook.ends_with("(secret)"), "{shown}");
    let export = place.done("export .known");
    let text = ["departments", "teams", "webhooks"]
        .map(|name| place.read(&format!(".known/{name}.yaml")))
        .concat();
    for wanted in [
        "    lifecycle: {preventDestroy: true}\n",
        "    lifecycle: {transferTo: {team: Tier 2}}\n",
        "    url: \"https://hooks.example.com/in/${secret.HOOK_KEY}?v=2\"\n",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}\n{export}");
    }
    assert!(
        !export.stderr.contains("HOOK_KEY") && !text.contains("k3y"),
        "{export}"
    );
    // Read alone it is the same desk, to the treatment of its objects.
    place.write("desk.yaml", "departments: {}\n");
    for name in written(&place, ".known") {
        let text = place.read(&format!(".known/{name}"));
        place.write(&format!("known/{name}"), &text);
    }
    let plan = place.done("plan");
    assert!(plan.summary().starts_with("No changes"), "{plan}");

    // A URL that somebody changed is told as it is live: its template fits no longer.
    let state = place.read(".deskform/local.simulator.json");
    place.write(
        ".deskform/local.simulator.json",
        &state.replace("hooks.example.com", "other.example.com"),
    );
    place.done("export .moved --kinds webhooks");
    let moved = place.read(".moved/webhooks.yaml");
    assert!(
        moved.contains("other.example.com") || moved.contains("_URL}"),
        "{moved}"
    );
    assert!(
        !moved.contains("${secret.HOOK_KEY}") && !moved.contains("k3y"),
        "{moved}"
    );
}

/// Two customers of one server, each with an organization of its own, and what both share.
fn two_customers(overlays: &str) -> (Place, Server) {
    let mut place = Place::with(&[(
        "desk.yaml",
        "departments: {Billing: {description: Invoices}}\n",
    )]);
    let server = Server::start(&place, "--organization 700001 --organization 700002");
    let address = server.address().to_owned();
    place.write(
        "deskform.yaml",
        &format!(
            "defaults:
  endpoint: {{desk: \"{address}\", accounts: \"{address}\"}}
  credentials: {{clientId: 1000.DESKFORMSIMULATOR, clientSecret: \"${{secret.AGENCY_SECRET}}\", refreshToken: \"${{secret.${{environment}}_TOKEN}}\"}}
environments:
  papa: {{orgId: 700001{overlays}}}
  quebec: {{orgId: 700002}}
"
        ),
    );
    place.set("AGENCY_SECRET", "deskform-simulator");
    place.set("PAPA_TOKEN", "1000.deskform-simulator.refresh.700001");
    place.set("QUEBEC_TOKEN", "1000.deskform-simulator.refresh.700002");
    (place, server)
}

#[test]
fn what_one_customer_alone_has_is_not_written_for_all() {
    let (place, _server) = two_customers("");
    for line in [
        "-e papa export --unmanaged",
        "-e papa export --unmanaged manifests/../more",
        "-e quebec export --unmanaged out",
    ] {
        let run = place.refused(line);
        let told = flat(&run.stderr);
        assert!(told.contains("nothing was written"), "{run}");
        assert!(!place.path("manifests").exists() && !place.path("more").exists());
    }
    let run = place.refused("-e papa export --unmanaged");
    let told = flat(&run.stderr);
    for wanted in [
        "`manifests/unmanaged` is read by `quebec` as well, so what only `papa` has would be made there, too",
        "with `overlays: [overlays/papa]` in the environment, `deskform -e papa export --unmanaged overlays/papa` writes it for this environment alone",
    ] {
        assert!(told.contains(wanted), "{wanted} is not in\n{run}");
    }
    // Where nobody reads it, it harms nobody.
    place.done("-e papa export --unmanaged .out");
}

#[test]
fn an_export_into_an_overlay_is_valid_at_once() {
    let (place, _server) = two_customers(", overlays: [overlays/papa]");
    // The overlay is listed and not there yet: it is about to be made.
    place.refused("-e papa validate");
    place.done("-e papa export --unmanaged overlays/papa");
    let departments = place.files();
    let written: Vec<&String> = departments
        .keys()
        .filter(|name| name.starts_with("overlays/papa/"))
        .collect();
    assert!(!written.is_empty());
    for name in written {
        let text = place.read(name);
        assert!(
            text.starts_with("# yaml-language-server: $schema=../../schema/overlay.schema.json\n"),
            "{text}"
        );
        assert!(text.contains("\n    new: true\n"), "{text}");
    }
    place.done("-e '*' validate");
    // Beside it nobody would read it.
    let run = place.refused("-e papa export --unmanaged overlays/other");
    assert!(
        flat(&run.stderr).contains("list `overlays/other` in the `overlays` of `papa`"),
        "{run}"
    );
    // The way out is named exactly.
    let run = place.refused("-e papa export --unmanaged");
    assert!(
        flat(&run.stderr).contains("`deskform -e papa export --unmanaged overlays/papa` writes it"),
        "{run}"
    );
    // What the base has is not new.
    let text = place.read("overlays/papa/departments.yaml");
    let mut handles = text.lines().filter_map(|line| {
        let handle = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!handle.starts_with(' ')).then_some(handle)
    });
    let handle = handles.next().expect("a department");
    place.write("desk.yaml", &format!("departments: {{{handle}: {{}}}}\n"));
    std::fs::remove_dir_all(place.path("overlays")).expect("gone");
    place.done("-e papa export overlays/papa --kinds departments");
    let now = place.read("overlays/papa/departments.yaml");
    let news = |text: &str| text.matches("new: true").count();
    assert_eq!(news(&now), news(&text) - 1, "{now}");
    place.done("-e '*' validate");
}

/// An order goes with those that it is about, may be exported by itself, and is left out where one of them
/// cannot be written.
#[test]
fn an_order_is_exported_with_those_that_it_is_about() {
    let skill = "{skillType: Any, criteria: {pattern: '1', fieldConditions: {1: {fieldModule: tickets, \
        fieldName: Subject, condition: is, value: [x]}}}}";
    let desk = format!(
        "departments: {{Ours: {{}}}}\nskillTypes: {{Any: {{department: Ours}}}}\nskills:\n  \
         $order: {{Ours: [B, A]}}\n  A: {skill}\n  B: {skill}\n"
    );
    let place = applied(OPENAPI, &desk);
    let order = "  $order:\n    Ours: [B, A]\n";
    place.done("export .all");
    let skills = place.read(".all/skills.yaml");
    assert!(
        skills.contains(&format!("\nskills:\n{order}  A:\n")),
        "{skills}"
    );
    place.done("export .split --split");
    let split = place.read(".split/skills/order.yaml");
    assert!(split.ends_with(&format!("\nskills:\n{order}")), "{split}");
    for line in [
        "--kinds skills",
        "--kinds skills/$order",
        "--target skills/$order/Ours",
    ] {
        place.done(&format!("export .part --force {line}"));
        let skills = place.read(".part/skills.yaml");
        assert!(skills.contains("$order:\n"), "{line}: {skills}");
    }
    place.done("export .without --exclude skills");
    let files = written(&place, ".without");
    assert!(!files.contains(&"skills.yaml".to_owned()), "{files:?}");
    // A name that no manifest may hold.
    let state = ".deskform/local.simulator.json";
    place.edit(state, "\"name\": \"B\"", "\"name\": \"B#\"");
    let run = place.done("export .odd");
    let skills = place.read(".odd/skills.yaml");
    assert!(!skills.contains("$order"), "{run}\n{skills}");
    assert!(run.stderr.contains("`skills/$order/Ours`"), "{run}");
}

/// An id means something in one organization alone.
#[test]
fn conditions_and_senders_are_exported_by_what_they_name() {
    const NAMING: &str = "\
departments: {Billing: {}}
mailReplyAddresses:
  bills@example.com: {department: Billing, displayName: Bills, isVerified: false}
skillTypes: {Languages: {department: Billing}}
skills:
  Refunds:
    skillType: Languages
    criteria:
      pattern: \"1\"
      fieldConditions:
        1: {fieldModule: tickets, fieldName: Department, condition: is, value: [Open, {department: Billing}]}
templateFolders: {Replies: {department: Billing, access: {type: allAgents}}}
emailTemplates:
  Hello:
    department: Billing
    folder: Replies
    recordType: tickets
    subject: Hello
    from: {mailReplyAddress: bills@example.com}
";
    let place = applied(
        "environments:\n  local: {simulator: {dialect: openapi, edition: enterprise}}\n",
        NAMING,
    );
    place.done("export .all");
    let skills = place.read(".all/skills.yaml");
    assert!(
        skills.contains("value: [Open, {department: Billing}]"),
        "{skills}"
    );
    let templates = place.read(".all/emailTemplates.yaml");
    assert!(
        templates.contains("from: {mailReplyAddress: bills@example.com}"),
        "{templates}"
    );
    // What is not exported is named by lookup.
    place.done("export .some --kinds skills --kinds emailTemplates");
    let skills = place.read(".some/skills.yaml");
    assert!(
        skills.contains("value: [Open, {department: {lookup: Billing}}]"),
        "{skills}"
    );
    let templates = place.read(".some/emailTemplates.yaml");
    assert!(
        templates.contains("from: {mailReplyAddress: {lookup: {address: bills@example.com, department: {lookup: Billing}}}}"),
        "{templates}"
    );
}

/// A condition may hold the id of what was not read.
#[test]
fn ids_in_conditions_are_told() {
    let desk = "departments: {Ours: {}}\nskillTypes: {Any: {department: Ours}}\nskills:\n  \
        Bare: {skillType: Any, criteria: {pattern: '1', fieldConditions: {1: {fieldModule: tickets, \
        fieldName: Product, condition: is, value: ['123456789012345678']}}}}\n  \
        Plain: {skillType: Any, criteria: {pattern: '1', fieldConditions: {1: {fieldModule: tickets, \
        fieldName: Subject, condition: is, value: ['12345']}}}}\n";
    let place = applied(OPENAPI, desk);
    let run = place.done("export .out");
    let told = notes(&run);
    let told: Vec<&&str> = told
        .iter()
        .filter(|note| note.contains("ids of this organization"))
        .collect();
    assert_eq!(told.len(), 1, "{run}");
    assert!(
        told[0].contains("skills/Bare") && !told[0].contains("skills/Plain"),
        "{run}"
    );
}
