//! Many environments of one project: `defaults`, and one command for all of them.

#![expect(
    clippy::panic,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use std::fmt::Write as _;

use command::{Place, Run, Server, flat};
use deskform::api::Login;
use deskform::config::{Project, Target};
use deskform::dialect::{Dialect, Edition};
use deskform::yaml::Source;
use serde_json::Value;

/// How many organizations the agency has.
const ORGANIZATIONS: usize = 15;

/// An agency: one project with fifteen environments, each with an organization of its own.
fn agency() -> Place {
    let mut text =
        "defaults: {guards: {maxDeletes: 5}, variables: {greeting: Hello}}\nenvironments:\n"
            .to_owned();
    for number in 1..=ORGANIZATIONS {
        let _ = writeln!(
            text,
            "  {}: {{simulator: {{organization: {}}}, variables: {{city: City {number}}}}}",
            name(number),
            700_000 + number
        );
    }
    Place::with(&[
        ("deskform.yaml", &text),
        (
            "desk.yaml",
            "departments:\n  Billing: {description: \"${var.greeting} from ${var.city}\"}\n  Support: {description: Answers}\n",
        ),
    ])
}

fn name(number: usize) -> String {
    format!("customer-{number:02}")
}

/// The rows of the table at the end, by their cells, without the headings.
fn table(run: &Run) -> Vec<Vec<String>> {
    let lines: Vec<&str> = run.stdout.lines().collect();
    let head = lines
        .iter()
        .rposition(|line| line.starts_with("environment "))
        .unwrap_or_else(|| panic!("no table:\n{run}"));
    lines[head + 1..]
        .iter()
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

#[test]
fn an_agency_plans_and_looks_for_drift_in_fifteen_environments_at_once() {
    let place = agency();
    let run = place.done("-e '*' validate");
    assert_eq!(table(&run).len(), ORGANIZATIONS, "{run}");
    assert!(
        run.stdout
            .ends_with("\n15 environments: 15 without a problem.\n"),
        "{run}"
    );
    let run = place.done("-e '*' plan");
    for (row, number) in table(&run).iter().zip(1..) {
        assert_eq!(row, &[&*name(number), "2", "0", "0", "0"], "{run}");
        // Each plan is whole, and of its own environment.
        assert!(
            run.stdout.contains(&format!("Hello from City {number}\n")),
            "{run}"
        );
        assert!(
            run.stdout.contains(&format!(
                "Environment {}: organization {} ",
                name(number),
                700_000 + number
            )),
            "{run}"
        );
    }
    assert!(
        run.stdout
            .ends_with("15 environments: 15 with differences.\n"),
        "{run}"
    );
    assert_eq!(place.run("-e '*' plan --detailed-exitcode").code, 2);
    for number in 1..=ORGANIZATIONS {
        place.done(&format!("-e {} apply --auto-approve", name(number)));
    }
    let run = place.done("-e '*' plan --detailed-exitcode");
    assert!(
        run.stdout
            .ends_with("15 environments: 15 without differences.\n"),
        "{run}"
    );
    assert_eq!(place.done("-e '*' drift").code, 0);
    // One organization is changed by somebody, another one is out of reach.
    let edited = name(3);
    let state = format!(".deskform/{edited}.simulator.json");
    place.edit(&state, "Answers", "Shrugs");
    place.write(&format!(".deskform/{}.simulator.json", name(7)), "{");
    let run = place.run("-e '*' drift");
    assert_eq!(run.code, 1, "an error beats drift: {run}");
    let rows = table(&run);
    assert_eq!(rows.len(), ORGANIZATIONS, "{run}");
    for (row, number) in rows.iter().zip(1..) {
        let drift = match number {
            3 => "1",
            7 => "-",
            _ => "0",
        };
        assert_eq!(row[..2], [name(number), drift.to_owned()], "{run}");
        assert_eq!(row.len() > 2, number == 7, "{run}");
    }
    assert!(
        run.stdout
            .ends_with("15 environments: 1 failed, 1 with differences, 13 without differences.\n"),
        "{run}"
    );
    // Without the one that fails the worst is a difference.
    assert_eq!(place.run("-e customer-01,customer-03 drift").code, 2);
    assert_eq!(place.run("-e 'customer-0*' -q drift").code, 1);
    // The plan says that it sets something back.
    let run = place.run(&format!("-e {edited} -e customer-01 plan"));
    assert_eq!(
        table(&run),
        [
            vec![edited.as_str(), "0", "1", "0", "1"],
            vec!["customer-01", "0", "0", "0", "0"],
        ],
        "{run}"
    );
}

#[test]
fn json_has_one_object_an_environment() {
    let place = agency();
    place.write(&format!(".deskform/{}.simulator.json", name(2)), "{");
    let run = place.run("-e '*' plan --format json");
    assert_eq!(run.code, 1, "{run}");
    let whole: Value = serde_json::from_str(&run.stdout).expect("one document");
    assert_eq!(whole["exitCode"], 1);
    let environments = whole["environments"].as_array().expect("a list");
    assert_eq!(environments.len(), ORGANIZATIONS);
    for (one, number) in environments.iter().zip(1..) {
        assert_eq!(one["environment"], name(number).as_str());
        if number == 2 {
            assert_eq!(one["exitCode"], 1);
            assert!(one["plan"].is_null() && one["creates"].is_null(), "{one:#}");
            assert!(
                one["error"]["message"]
                    .as_str()
                    .expect("a text")
                    .contains("simulator"),
                "{one:#}"
            );
            continue;
        }
        assert_eq!(one["exitCode"], 0);
        assert_eq!(one["creates"], 2);
        assert!(one["error"].is_null(), "{one:#}");
        // It is the plan that the environment has by itself.
        let alone = place
            .done(&format!("-e {} plan --format json", name(number)))
            .stdout;
        let mut alone: Value = serde_json::from_str(&alone).expect("JSON");
        let mut plan = one["plan"].clone();
        for made in [&mut alone, &mut plan] {
            made["made"]["time"] = Value::Null;
            made["forecast"] = Value::Null;
        }
        assert_eq!(plan, alone);
    }
    let run = place.run("-e customer-01,customer-03 drift --format json");
    let whole: Value = serde_json::from_str(&run.stdout).expect("one document");
    assert_eq!(whole["exitCode"], 2, "{run}");
    assert_eq!(
        whole["environments"][1]["report"]["environment"],
        "customer-03"
    );
    assert_eq!(whole["environments"][1]["drift"], 2);
    // One comment has one marker and the table at its end.
    let run = place.run("-e '*' plan --format markdown");
    assert_eq!(run.stdout.matches("<!-- deskform").count(), 1, "{run}");
    assert!(
        run.stdout
            .contains("\n| `customer-01` | 2 | 0 | 0 | 0 |  |\n"),
        "{run}"
    );
}

#[test]
fn environments_are_named_in_lists_and_patterns() {
    let mut place = agency();
    let rows =
        |run: &Run| -> Vec<String> { table(run).into_iter().map(|row| row[0].clone()).collect() };
    for (words, expected) in [
        ("-e customer-02,customer-01", &[2, 1][..]),
        ("-e customer-02 --env customer-01", &[2, 1]),
        ("-e 'customer-1*'", &[10, 11, 12, 13, 14, 15]),
        ("-e customer-11,'*-1*'", &[11, 10, 12, 13, 14, 15]),
        ("-e ' customer-05 , customer-06, customer-05'", &[5, 6]),
    ] {
        let run = place.done(&format!("{words} validate"));
        let expected: Vec<String> = expected.iter().map(|number| name(*number)).collect();
        assert_eq!(rows(&run), expected, "{words}");
    }
    // One that is named twice is one, in every command.
    for line in ["validate", "ledger show", "apply --auto-approve"] {
        let run = place.done(&format!("-e customer-05 -e customer-05,customer-05 {line}"));
        assert!(!run.stdout.contains("environments"), "{run}");
    }
    // A word that means nothing stops all, before anything is asked.
    for (words, wanted) in [
        ("-e customer-01,custmer-02", "did you mean `customer-02`?"),
        ("-e 'client-*'", "no environment fits `client-*`"),
        ("-e customer-01,", "the name of the environment is empty"),
        ("-e ''", "the name of the environment is empty"),
    ] {
        let run = place.refused(&format!("{words} plan"));
        assert!(flat(&run.stderr).contains(wanted), "{run}");
        assert_eq!(run.stdout, "", "{run}");
    }
    place.set("DESKFORM_ENV", "*");
    assert_eq!(rows(&place.done("validate")).len(), ORGANIZATIONS);
    // One name on the command line beats the variable, and has no table.
    let run = place.done("-e customer-01 validate");
    assert!(!run.stdout.contains("environments"), "{run}");
    // What changes something works in one.
    for line in [
        "apply --auto-approve",
        "export out",
        "ledger show",
        "unlock",
        "auth status",
        "plan --out plan.json",
    ] {
        let run = place.refused(line);
        assert!(
            flat(&run.stderr)
                .contains("this command works in one environment, and `*` names several"),
            "{run}"
        );
    }
}

fn parsed(text: &str) -> Project {
    Project::parse(".".as_ref(), &Source::new("deskform.yaml", text.as_bytes()))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn defaults_are_what_no_environment_says_otherwise() {
    let project = parsed(
        "environments:
  plain: {orgId: 1}
  own:
    orgId: 2
    dataCenter: us
    dialect: auto
    edition: free
    prune: none
    parallelism: 1
    ledger: none
    schema: strict
    variables: {a: own}
    guards: {requireSavedPlan: false, maxDeletes: 9}
    kinds: {departments: {prune: owned}}
  hosts: {orgId: 3, endpoint: {desk: https://d.example.com, accounts: https://a.example.com}}
  sim: {simulator: {edition: standard}}
defaults:
  dataCenter: eu
  dialect: guide
  edition: professional
  prune: owned
  parallelism: 3
  ledger: s3://bucket/${environment}.json
  schema: lenient
  variables: {a: theirs, b: theirs}
  guards: {requireSavedPlan: true, maxDeletes: 1, maxUpdates: 2}
  kinds: {departments: {prune: none, createOnly: true}}
kinds: {departments: {createOnly: false}, roles: {prune: none}}
",
    );
    let of = |name: &str| project.environment(Some(name)).expect("an environment");
    let center = |name: &str| match &of(name).target {
        Target::Live {
            data_center,
            endpoint,
            ..
        } => (data_center.clone(), endpoint.is_some()),
        Target::Simulator { .. } => panic!("it is live"),
    };
    assert_eq!(center("plain"), (Some("eu".to_owned()), false));
    assert_eq!(center("own"), (Some("us".to_owned()), false));
    assert!(center("hosts").1);
    let (plain, own, sim) = (of("plain"), of("own"), of("sim"));
    assert_eq!(plain.dialect, Some(Dialect::Guide));
    assert_eq!(plain.edition, Some(Edition::Professional));
    assert_eq!((own.dialect, own.edition), (None, Some(Edition::Free)));
    assert_eq!(plain.ledger.as_deref(), Some("s3://bucket/plain.json"));
    assert_eq!(own.ledger.as_deref(), Some("none"));
    assert_eq!((plain.parallelism, own.parallelism), (Some(3), Some(1)));
    assert_ne!(plain.prune, own.prune);
    assert!(plain.is_lenient && of("sim").is_lenient && !own.is_lenient);
    assert_eq!(plain.variables["a"], "theirs");
    assert_eq!(
        (&*own.variables["a"], &*own.variables["b"]),
        ("own", "theirs")
    );
    let guards = |name: &str| {
        let guards = of(name).guards;
        (
            guards.require_saved_plan,
            guards.max_deletes,
            guards.max_updates,
        )
    };
    assert_eq!(guards("plain"), (Some(true), Some(1), Some(2)));
    assert_eq!(guards("own"), (Some(false), Some(9), Some(2)));
    // The nearest says it, key by key: the environment, the defaults, the project.
    assert_eq!(own.policy("departments").create_only, Some(true));
    assert_ne!(
        own.policy("departments").prune,
        plain.policy("departments").prune
    );
    assert!(plain.policy("roles").prune.is_some());
    let Target::Simulator {
        dialect, edition, ..
    } = sim.target
    else {
        panic!("it is simulated");
    };
    assert_eq!((dialect, edition), (Dialect::Guide, Edition::Standard));
    assert_eq!((sim.dialect, sim.edition), (None, None));
}

#[test]
fn credentials_by_pattern_name_a_variable_of_each_environment() {
    let mut place = Place::with(&[("desk.yaml", "departments: {Billing: {}}\n")]);
    let server = Server::start(&place, "--organization 700001 --organization 700002");
    let address = server.address().to_owned();
    let project = format!(
        "defaults:
  endpoint: {{desk: \"{address}\", accounts: \"{address}\"}}
  credentials: {{clientId: 1000.DESKFORMSIMULATOR, clientSecret: \"${{secret.AGENCY_SECRET}}\", refreshToken: \"${{secret.${{environment}}_TOKEN}}\"}}
environments:
  north-east: {{orgId: 700001}}
  south: {{orgId: 700002}}
"
    );
    place.write("deskform.yaml", &project);
    place.set("AGENCY_SECRET", "deskform-simulator");
    place.set("NORTH_EAST_TOKEN", "1000.deskform-simulator.refresh.700001");
    // One environment without its token fails by itself.
    let run = place.run("-e '*' plan");
    assert_eq!(run.code, 1, "{run}");
    assert!(
        flat(&run.stderr).contains("the environment variable `SOUTH_TOKEN` is not set"),
        "{run}"
    );
    assert!(!run.stderr.contains("of a new project"), "{run}");
    assert_eq!(table(&run)[0][..2], ["north-east", "1"], "{run}");
    place.set("SOUTH_TOKEN", "1000.deskform-simulator.refresh.700002");
    place.done("-e '*' plan");
    // What manifests may not read is closed under its real name.
    place.write(
        "desk.yaml",
        "departments: {Billing: {description: \"${env.SOUTH_TOKEN}\"}}\n",
    );
    let run = place.refused("-e north-east plan");
    assert!(run.stderr.contains("SOUTH_TOKEN"), "{run}");
    assert!(!run.stderr.contains("refresh.700002"), "{run}");
    // Two names that make one variable are two organizations with one token.
    place.write("deskform.yaml", &project.replace("south:", "north_east:"));
    let run = place.refused("validate");
    assert!(
        flat(&run.stderr).contains(
            "the environments `north-east` and `north_east` would both use `${secret.NORTH_EAST_TOKEN}`"
        ),
        "{run}"
    );
}

/// A `soid` of all environments is one of each: completed where it ends in a dot, and held against the
/// organization of each otherwise.
#[test]
fn a_soid_in_defaults_is_of_each_environment() {
    let project = |soid: &str, own: &str| {
        format!(
            "defaults: {{dataCenter: eu, credentials: {{grant: client, clientId: id, scope: x, soid: {soid}}}}}\nenvironments: {{a: {{orgId: 1}}, b: {{orgId: 2{own}}}}}\n"
        )
    };
    let soid = |text: &str, name: &str| {
        let project = parsed(text);
        let environment = project.environment(Some(name)).expect("an environment");
        match environment.credentials(&|_| Some("secret".to_owned())) {
            Ok(Some(Login::Client(client))) => client.soid,
            _ => panic!("no client"),
        }
    };
    let completed = project("Other.", ", credentials: {soid: Own.}");
    assert_eq!(soid(&completed, "a"), "Other.1");
    assert_eq!(soid(&completed, "b"), "Own.2");
    assert_eq!(soid(&project("\"${env.SOID}\"", ""), "b"), "secret");
    let place = Place::with(&[("deskform.yaml", &project("Other.1", ""))]);
    let run = place.refused("validate");
    let told = flat(&run.stderr);
    for wanted in [
        "`soid` is `Other.1`, which is not of the organization `2`",
        "the organization of this environment",
        "write `Other.`",
    ] {
        assert!(told.contains(wanted), "{wanted}\n{run}");
    }
    assert!(
        told.ends_with("1 problem: correct what is named here and run the command again"),
        "{run}"
    );
    // What an environment says itself counts.
    place.write(
        "deskform.yaml",
        &project("Other.1", ", credentials: {soid: Other.2}"),
    );
    place.done("validate");
}

#[test]
fn what_is_wrong_in_defaults_is_told_once() {
    for (defaults, wanted) in [
        ("orgId: 1", "`defaults` has no key `orgId`"),
        ("simulator: {}", "`defaults` has no key `simulator`"),
        ("guards: {maxDelets: 1}", "did you mean `maxDeletes`?"),
        (
            "ledger: .deskform/all.json",
            "`.deskform/all.json` would be the ledger of every environment",
        ),
        (
            "ledger: \"git:origin/all\"",
            "would be the ledger of every environment",
        ),
        ("ledger: \"${environment}.yaml\"", "is named as a manifest"),
        (
            "credentials: {refreshToken: 1000.abc.def}",
            "`refreshToken` holds a secret in plain text",
        ),
    ] {
        let place = Place::with(&[(
            "deskform.yaml",
            &format!(
                "defaults: {{{defaults}}}\nenvironments: {{a: {{simulator: {{}}}}, b: {{simulator: {{}}}}}}\n"
            ),
        )]);
        let run = place.refused("validate");
        let told = flat(&run.stderr);
        assert!(told.contains(wanted), "{wanted}:\n{run}");
        assert!(
            told.ends_with("1 problem: correct what is named here and run the command again"),
            "{run}"
        );
        assert!(!run.stderr.contains("1000.abc"), "{run}");
    }
    // Defaults say where to go, and who is meant stays with each.
    let place = Place::with(&[(
        "deskform.yaml",
        "defaults: {dataCenter: eu}\nenvironments: {a: {}}\n",
    )]);
    let run = place.refused("validate");
    assert!(
        run.stderr.contains("the environment `a` lacks `orgId`"),
        "{run}"
    );
    assert!(!run.stderr.contains("lacks `dataCenter`"), "{run}");
}

/// What the page on environments shows is what works.
#[test]
fn the_page_on_environments_shows_what_is_valid() {
    let page = std::fs::read_to_string(command::repository().join("docs/environments.md"))
        .expect("the page");
    let blocks: Vec<&str> = page
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let (overlays, projects): (Vec<&str>, Vec<&str>) = blocks
        .into_iter()
        .partition(|block| block.starts_with("departments:"));
    assert_eq!((overlays.len(), projects.len()), (1, 5));
    assert_eq!(
        projects[1].lines().next(),
        Some("defaultEnvironment: sandbox")
    );
    assert!(parsed(projects[1]).environment(None).is_ok());
    let agency = parsed(projects[2]);
    let north = agency
        .environment(Some("emea-north"))
        .expect("an environment");
    assert_eq!(north.refresh_token_variable(), Some("EMEA_NORTH_TOKEN"));
    assert_eq!(parsed(projects[0]).skip_files.len(), 2);
    let papa = parsed(&format!("defaults: {{dataCenter: eu}}\n{}", projects[3]));
    let papa = papa.environment(Some("papa")).expect("an environment");
    assert_eq!(papa.overlays[0].path, "overlays/papa");
    let served = parsed(projects[4]);
    assert!(served.environment(Some("served")).is_ok());
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments: {local: {simulator: {}, overlays: [overlays/eu]}}\n",
        ),
        ("desk.yaml", "departments: {Billing: {}}\n"),
        ("overlays/eu/eu.yaml", overlays[0]),
    ]);
    assert!(place.done("validate").stdout.starts_with("2 resources "));
}

/// What is wrong everywhere is told once, and what is wrong somewhere with the environments.
#[test]
fn equal_problems_of_many_environments_are_told_once() {
    let place = agency();
    place.write(
        "desk.yaml",
        "departments: {Billing: {descripton: Invoices}}\n",
    );
    place.write(".env", "AWS_REGION=eu-west-1\n");
    let run = place.run("-e '*' validate");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(run.stderr.matches("AWS_REGION").count(), 1, "{run}");
    place.remove(".env");
    let run = place.run("-e '*' plan");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(
        flat(&run.stderr)
            .matches("did you mean `description`?")
            .count(),
        1,
        "{run}"
    );
    assert!(run.stderr.contains("in all 15 environments:\n"), "{run}");
    assert_eq!(table(&run).len(), ORGANIZATIONS, "{run}");
    // As lines of JSON, each with its environments.
    let run = place.run("-e customer-01,customer-02 --log-format json validate");
    let errors: Vec<Value> = (run.stderr.lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["level"] == "error")
        .collect();
    assert_eq!(errors.len(), 1, "{run}");
    assert_eq!(
        errors[0]["environments"],
        serde_json::json!(["customer-01", "customer-02"]),
        "{run}"
    );
    // The result has what the lines have, and the comment a section.
    let run = place.run("-e customer-01,customer-02 plan --format json");
    let whole: Value = serde_json::from_str(&run.stdout).expect("one document");
    let error = &whole["environments"][1]["error"];
    assert_eq!(error["code"], errors[0]["code"], "{run}");
    assert_eq!(error["places"][0]["file"], "desk.yaml", "{run}");
    assert_eq!(error["places"][0]["line"], 1, "{run}");
    assert!(
        error["help"]
            .as_str()
            .is_some_and(|help| help.contains("`description`"))
    );
    let run = place.run("-e customer-01,customer-02 plan --format markdown");
    let section = "### `customer-01`, `customer-02`: failed\n";
    let (above, below) = run.stdout.split_once(section).expect("a section");
    assert!(above.contains("| `customer-02` | - |"), "{run}");
    assert!(below.contains("(`desk.yaml:1`)"), "{run}");
    // Of one environment alone it is told as such.
    let place = agency();
    place.write(&format!(".deskform/{}.simulator.json", name(7)), "{");
    let run = place.run("-e '*' plan");
    assert!(
        run.stderr.contains("in the environment `customer-07`:\n"),
        "{run}"
    );
}

#[test]
fn a_target_that_one_environment_has_is_no_slip_in_the_others() {
    let place = agency();
    place.edit(
        "deskform.yaml",
        "customer-03: {",
        "customer-03: {overlays: [only/three], ",
    );
    place.write("only/three/a.yaml", "departments: {Tier 2: {new: true}}\n");
    for (targets, three, others) in [
        ("--target 'departments/Tier 2'", "1", "0"),
        (
            "--target 'departments/Tier 2' --target departments/Billing",
            "2",
            "1",
        ),
    ] {
        let run = place.done(&format!("-e '*' plan {targets}"));
        for (row, number) in table(&run).iter().zip(1..) {
            let creates = if number == 3 { three } else { others };
            assert_eq!(row[..2], [name(number), creates.to_owned()], "{run}");
        }
    }
    assert_eq!(
        place.run("-e '*' drift --target 'departments/Tier 2'").code,
        2
    );
    // What no environment has is a slip, told once.
    for line in ["plan", "drift"] {
        let run = place.run(&format!(
            "-e '*' {line} --target departments/Biling --target departments/Support"
        ));
        assert_eq!(run.code, 1, "{run}");
        assert_eq!(
            flat(&run.stderr)
                .matches("`departments/Biling` is neither")
                .count(),
            1,
            "{run}"
        );
    }
}
