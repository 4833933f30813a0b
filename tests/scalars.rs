//! Scalars where a text is wanted: each arrives as it is written, or is refused with its spelling.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::path::Path;

use deskform::config::{PROJECT_FILE, Project};
use deskform::manifest::{Desired, Sources, compose};
use deskform::problem::{Code, Problems};
use deskform::report::problems::render;
use deskform::state::{Address, Reference, Value};
use deskform::yaml::Source;
use proptest::prelude::*;

/// A text, or the report that refuses it.
type Arrived = Result<String, String>;

/// What is said of the problems: the excerpts of the files are left out, for they show everything.
fn said(problems: &Problems, text: &str) -> String {
    let words = problems.list.iter().map(|problem| {
        let help = problem.help.as_deref().unwrap_or_default();
        // Nothing has no spelling; there the excerpt has to do.
        if problem.message.ends_with("not nothing") || problem.code == Code::Empty {
            return render(problems, &|_| Some(text.into()), false, 400);
        }
        format!("{}\n{help}\n", problem.message)
    });
    words.collect()
}

fn project(text: &str) -> Result<Project, String> {
    let source = Source::new(PROJECT_FILE, text.as_bytes());
    Project::parse(Path::new("."), &source).map_err(|problems| said(&problems, text))
}

fn desired(text: &str) -> Result<Desired, String> {
    let project = project("environments: {local: {simulator: {}}}").unwrap();
    let sources = Sources {
        base: vec![Source::new("desk.yaml", text.as_bytes())],
        overlays: Vec::new(),
    };
    compose(&sources, &project.environments[0], &|_| None).map_err(|problems| said(&problems, text))
}

/// A place that takes a text: a file with the scalar in it, and what arrives of it.
struct Spot {
    name: &'static str,
    /// The lines of a file, with `@` for the scalar or the alias that stands for it.
    file: &'static str,
    arrives: fn(&str) -> Arrived,
    /// Whether `null` is a value of its own there: it clears a field.
    clears: bool,
}

fn variable(file: &str) -> Arrived {
    Ok(project(file)?.environments[0].variables["x"].clone())
}

fn live(file: &str) -> Arrived {
    Ok(project(file)?.environments[0].org_id.clone())
}

fn ledger(file: &str) -> Arrived {
    Ok(project(file)?.environments[0].ledger.clone().unwrap())
}

fn overlay(file: &str) -> Arrived {
    Ok(project(file)?.environments[0].overlays[0].path.clone())
}

fn reason(file: &str) -> Arrived {
    Ok(project(file)?.environments[0].ignore[0].reason.clone())
}

fn client(file: &str) -> Arrived {
    let project = project(file)?;
    let env = |_: &str| Some("x".to_owned());
    let resolved = project.environments[0].credentials(&env).unwrap();
    Ok(resolved.unwrap().client_id().to_owned())
}

fn removed(file: &str) -> Arrived {
    let stone = desired(file)?.removed.remove(0).key.to_string();
    Ok(stone.rsplit('/').next().unwrap().to_owned())
}

fn renamed(file: &str) -> Arrived {
    let desired = desired(file)?;
    let detail = &desired.details[&Address::new("departments", "d")];
    Ok(detail.lifecycle.renamed_from.first().unwrap().to_string())
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::List(items) => text_of(&items[0]),
        Value::Map(map) => text_of(map.iter().next().unwrap().1),
        Value::Reference(Reference::Lookup { name, .. }) => name.to_string(),
        Value::Reference(Reference::Id { id, .. }) => id.to_string(),
        other => panic!("{other:?}"),
    }
}

fn field(file: &str, (collection, handle): (&'static str, &str), name: &str) -> Arrived {
    let desired = desired(file)?;
    let resource = &desired.state[&Address::new(collection, handle)];
    Ok(text_of(resource.body.get(name).unwrap()))
}

fn description(file: &str) -> Arrived {
    field(file, ("departments", "d"), "description")
}

fn account(file: &str) -> Arrived {
    field(file, ("contacts", "c@example.com"), "account")
}

fn value(file: &str) -> Arrived {
    field(file, ("contacts", "c@example.com"), "cf")
}

fn choice(file: &str) -> Arrived {
    field(file, ("customFields", "f"), "values")
}

fn handle(file: &str) -> Arrived {
    let desired = desired(file)?;
    let (address, resource) = desired
        .state
        .iter()
        .find(|(address, _)| address.collection == "departments")
        .unwrap();
    assert_eq!(text_of(resource.body.get("name").unwrap()), *address.handle);
    Ok(address.handle.to_string())
}

const fn spot(name: &'static str, file: &'static str, arrives: fn(&str) -> Arrived) -> Spot {
    Spot {
        name,
        file,
        arrives,
        clears: false,
    }
}

const fn clearing(name: &'static str, file: &'static str, arrives: fn(&str) -> Arrived) -> Spot {
    Spot {
        name,
        file,
        arrives,
        clears: true,
    }
}

const SPOTS: &[Spot] = &[
    spot(
        "variables",
        "environments:\n  e:\n    simulator: {}\n    variables:\n      x: @\n",
        variable,
    ),
    spot(
        "variables in a flow",
        "environments: {e: {simulator: {}, variables: {y: z, x: @}}}\n",
        variable,
    ),
    spot(
        "variables behind a document",
        "# nothing\n---\nenvironments: {e: {simulator: {}, variables: {x: @ }}}\n",
        variable,
    ),
    spot(
        "variables that are merged",
        "environments:\n  a: {simulator: {}, variables: {<<: {x: @}, y: z}}\n",
        variable,
    ),
    spot(
        "orgId",
        "environments: {e: {dataCenter: eu, orgId: @}}\n",
        live,
    ),
    spot(
        "organization",
        "environments: {e: {simulator: {organization: @}}}\n",
        live,
    ),
    spot(
        "ledger",
        "environments: {e: {simulator: {}, ledger: @}}\n",
        ledger,
    ),
    spot(
        "overlays",
        "environments: {e: {simulator: {}, overlays: [@]}}\n",
        overlay,
    ),
    spot(
        "reason",
        "environments: {e: {simulator: {}}}\nignore:\n- {address: agents/*, reason: @}\n",
        reason,
    ),
    spot(
        "clientId",
        "environments: {e: {dataCenter: eu, orgId: 7, credentials: {clientId: @}}}\n",
        client,
    ),
    spot("removed", "removed: {departments: [@]}\n", removed),
    spot(
        "removed in a block",
        "removed:\n  departments:\n  - @\n",
        removed,
    ),
    spot(
        "removed by parts",
        "removed:\n  customFields:\n  - {module: contacts, displayLabel: @}\n",
        removed,
    ),
    spot(
        "renamedFrom",
        "departments: {d: {lifecycle: {renamedFrom: @}}}\n",
        renamed,
    ),
    spot(
        "renamedFrom that is merged",
        "departments:\n  d:\n    lifecycle:\n      <<: [{preventDestroy: false}, {renamedFrom: @}]\n",
        renamed,
    ),
    clearing(
        "a field",
        "departments:\n  d:\n    description: @\n",
        description,
    ),
    clearing(
        "a field in a flow",
        "departments: {d: {isEnabled: true, description: @}}\n",
        description,
    ),
    clearing(
        "a field that is merged",
        "departments:\n  d:\n    <<: {description: @}\n",
        description,
    ),
    spot(
        "a lookup",
        "contacts: {c@example.com: {lastName: C, account: {lookup: @}}}\n",
        account,
    ),
    spot(
        "an id",
        "contacts: {c@example.com: {lastName: C, account: {id: @}}}\n",
        account,
    ),
    clearing(
        "a custom value",
        "customFields: {f: {module: contacts, type: Text, maxLength: 90}}\ncontacts: {c@example.com: {lastName: C, cf: {f: @}}}\n",
        value,
    ),
    spot(
        "a choice",
        "customFields: {f: {module: contacts, type: Picklist, values: [@, other]}}\n",
        choice,
    ),
    spot("a handle", "departments:\n  @ : {}\n", handle),
    spot("a handle in a flow", "departments: {@ : {}}\n", handle),
    spot(
        "a handle that is asked for",
        "departments:\n  ? @\n  : {}\n",
        handle,
    ),
];

/// Texts, and what readers of YAML take for numbers, true or false, nothing, or a day.
const SCALARS: &[&str] = &[
    "0",
    "7",
    "123",
    "700001",
    "94107",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
    "-5",
    "-0",
    "+0",
    "+49",
    "+49123456789",
    "-049",
    "007",
    "+007",
    "0_7",
    "1_000",
    "0x1F",
    "0X1F",
    "+0x1F",
    "-0x1F",
    "0xFFFFFFFFFFFFFFFFFFFF",
    "0o17",
    "-0o17",
    "0b11",
    "017",
    "08",
    "1.10",
    "1.5",
    "1.50",
    "24.0",
    "0.5",
    ".5",
    "+.5",
    "-.5",
    "5.",
    "+1.5",
    "00.5",
    "01.5",
    "1e5",
    "1E5",
    "1e+5",
    "1e-7",
    "1.0e5",
    "1e21",
    "1e400",
    "-1e400",
    "9509425349e4",
    "12345678e3",
    "3.141592653589793238462643",
    "0.1000000000000000055",
    ".inf",
    ".Inf",
    "-.INF",
    "+.inf",
    ".nan",
    ".NaN",
    "inf",
    "nan",
    "infinity",
    "NaN",
    "yes",
    "no",
    "Yes",
    "on",
    "Off",
    "y",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "FALSE",
    "2024-01-01",
    "2024-01-01T10:00:00Z",
    "12:30:45",
    "190:20:30",
    "1:2",
    "null",
    "Null",
    "NULL",
    "~",
    "nil",
    "a",
    "1a",
    "1.2.3",
    "e5",
    "0x",
    "0xg",
    "1__0",
    "1_",
    "+",
    "-a",
    "=",
];

const NOTHING: &[&str] = &["null", "Null", "NULL", "~"];

/// A file with the scalar in it, as it stands or behind an anchor or a tag that means what it is.
fn files(spot: &Spot, scalar: &str) -> Vec<String> {
    let written = |text: &str| {
        // Addresses have an at sign of their own.
        spot.file
            .replace("c@example.com", "c(at)example.com")
            .replace('@', text)
            .replace("(at)", "@")
    };
    let anchored = format!("&anchor {scalar}");
    vec![written(scalar), written(&anchored)]
}

fn check(spot: &Spot, scalar: &str) -> Result<(), String> {
    if spot.clears && NOTHING.contains(&scalar) {
        return Ok(());
    }
    for file in files(spot, scalar) {
        let what = format!("{} of {scalar} in\n{file}", spot.name);
        match (spot.arrives)(&file) {
            Ok(text) if text == scalar => {}
            Ok(text) => return Err(format!("{what}\narrived as {text:?}")),
            Err(report) if report.contains(scalar) => {}
            Err(report) => return Err(format!("{what}\nwas refused without it: {report}")),
        }
    }
    Ok(())
}

#[test]
fn case_8_a_scalar_arrives_as_it_is_written_or_is_refused() {
    let mut wrong = Vec::new();
    for spot in SPOTS {
        for scalar in SCALARS {
            wrong.extend(check(spot, scalar).err());
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn case_8_any_number_arrives_as_it_is_written_or_is_refused(
        scalar in "[+-]?(0[xob]|0|00)?[0-9]{0,22}(_[0-9]+)?(\\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?",
    ) {
        prop_assume!(!scalar.is_empty() && scalar != "-" && !scalar.contains("--"));
        for spot in SPOTS {
            if let Err(problem) = check(spot, &scalar) {
                prop_assert!(false, "{problem}");
            }
        }
    }
}

/// What the issue names, with the words that refuse it.
#[test]
fn case_8_numbers_in_the_project_file_are_refused_with_their_spelling() {
    let report = project(
        "environments:\n  e:\n    dataCenter: eu\n    orgId: 7e5\n    variables: {prefix: +49, sha: 9509425349e4, ver: 1.10, on: True, fine: 12, flag: true, half: 1.5}\n",
    )
    .unwrap_err();
    for (name, written, what) in [
        ("orgId", "7e5", "a number"),
        ("prefix", "+49", "a number"),
        ("sha", "9509425349e4", "a number"),
        ("ver", "1.10", "a number"),
        ("on", "True", "true or false"),
    ] {
        let message =
            format!("`{name}` is a text, and `{written}` without quotes is read as {what}");
        assert!(report.contains(&message), "{message}\n{report}");
        let help = format!("put it in quotes: \"{written}\"");
        assert!(report.contains(&help), "{help}\n{report}");
    }
    assert_eq!(report.matches("without quotes").count(), 5, "{report}");
    let report = desired("removed: {departments: [+49]}\n").unwrap_err();
    assert!(
        report.contains("`+49` without quotes is read as a number"),
        "{report}"
    );
}

/// A value that is used twice is the one that is written, whichever way it gets there.
#[test]
fn case_8_aliases_and_merges_keep_the_spelling() {
    for (file, arrives) in [
        (
            "environments:\n  e:\n    simulator: {}\n    variables: {y: &a S, x: *a}\n",
            variable as fn(&str) -> Arrived,
        ),
        (
            "environments:\n  b: {simulator: {}, variables: {<<: &a {x: S}}}\n",
            variable,
        ),
        (
            "environments:\n  a: {simulator: {}, variables: &a {y: S}}\n  e: {simulator: {}, variables: {<<: *a}}\n",
            |file| Ok(project(file)?.environments[1].variables["y"].clone()),
        ),
        (
            "departments:\n  c: {description: &a S}\n  d: {description: *a}\n",
            description,
        ),
        (
            "departments:\n  c: &a {description: S}\n  d: {<<: *a}\n",
            description,
        ),
        (
            "departments:\n  c: &a {description: S}\n  d: {<<: [*a, {isEnabled: true}]}\n",
            description,
        ),
        (
            "departments:\n  c: {lifecycle: &a {renamedFrom: S}}\nremoved: {departments: [&b S, *b]}\n",
            removed,
        ),
    ] {
        for scalar in SCALARS.iter().filter(|scalar| !NOTHING.contains(scalar)) {
            let file = file.replace('S', scalar);
            match arrives(&file) {
                Ok(text) => assert_eq!(text, *scalar, "{file}"),
                Err(report) => assert!(report.contains(scalar), "{file}\n{report}"),
            }
        }
        let report = arrives(&file.replace('S', "+49")).unwrap_err();
        assert!(
            report.contains("`+49` without quotes is read as a number"),
            "{report}"
        );
    }
}

/// A tag would make something else of a scalar, or means nothing, wherever it stands.
#[test]
fn case_8_tags_do_not_change_a_text() {
    for (tagged, arrives) in [
        ("!!str 1.10", Some("1.10")),
        ("!!str +49", Some("+49")),
        ("!!int '+49'", None),
        ("!!float 1", None),
        ("!!float '1.10'", None),
        ("!!bool 'True'", None),
        ("! +49", None),
        ("!secret +49", None),
    ] {
        let spelling = tagged.rsplit(' ').next().unwrap().trim_matches('\'');
        for file in [
            "environments:\n  e:\n    simulator: {}\n    variables: {x: @}\n",
            "environments:\n  e:\n    simulator: {}\n    variables: {y: &a @, x: *a}\n",
            "environments:\n  e:\n    simulator: {}\n    variables: {<<: {x: @}}\n",
        ] {
            let file = file.replace('@', tagged);
            match (variable(&file), arrives) {
                (Ok(text), Some(expected)) => assert_eq!(text, expected, "{file}"),
                (Err(report), None) => assert!(
                    report.contains(spelling) || report.contains("the tag `!"),
                    "{report}"
                ),
                (Ok(text), None) => panic!("{file} gave {text}"),
                (Err(report), Some(_)) => panic!("{report}"),
            }
        }
    }
    // At a key as well: a tag there was passed over in silence.
    for file in [
        "departments: {!x +49: {}}\n",
        "departments:\n  ? !x d\n  : {}\n",
    ] {
        let report = desired(file).unwrap_err();
        assert!(
            report.contains("the tag `!x` means nothing here"),
            "{report}"
        );
    }
}

/// Where a number, or true or false, is wanted, its spelling does not matter.
#[test]
fn case_8_numbers_and_flags_go_on_being_read() {
    let desired = desired(
        "departments: {d: {isEnabled: True}}\nslas: {s: {responseTime: {businessHours: 1.50}, resolutionTime: {calendarHours: 2e1}}}\n",
    )
    .unwrap();
    let body = |collection, handle: &str| &desired.state[&Address::new(collection, handle)].body;
    assert_eq!(
        body("departments", "d").get("isEnabled"),
        Some(&Value::Bool(true))
    );
    let Some(Value::Map(time)) = body("slas", "s").get("responseTime") else {
        panic!("no response time")
    };
    let hours = serde_json::Number::from_f64(1.5).map(Value::Number);
    assert_eq!(time.get("businessHours"), hours.as_ref());
    let project = project("environments: {e: {simulator: {}, parallelism: 0x4, guards: {requireSavedPlan: TRUE, maxDeletes: +3}}}").unwrap();
    let environment = &project.environments[0];
    assert_eq!(environment.parallelism, Some(4));
    assert_eq!(environment.guards.require_saved_plan, Some(true));
    assert_eq!(environment.guards.max_deletes, Some(3));
}
