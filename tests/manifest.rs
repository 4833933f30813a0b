//! From files to the desired state, through the public interface.

use std::fs;
use std::path::Path;

use deskform::config::{PROJECT_FILE, Project, Prune, RemovalPolicy, Target};
use deskform::manifest::{Desired, Sources, compose, files, to_yaml};
use deskform::problem::{Code, Problem, Problems};
use deskform::report::problems::render;
use deskform::state::{Address, Leaves, Reference, Value};
use deskform::yaml::Source;
use proptest::prelude::*;

#[expect(clippy::unwrap_used, reason = "a test's own project")]
fn project(text: &str) -> Project {
    Project::parse(Path::new("."), &Source::new(PROJECT_FILE, text.as_bytes())).unwrap()
}

fn env(name: &str) -> Option<String> {
    match name {
        "KEY" => Some("k3y".to_owned()),
        "EMPTY" => Some(String::new()),
        "TEAM" => Some("Support".to_owned()),
        _ => None,
    }
}

fn sources(base: &[&str], overlay: &[&str]) -> Sources {
    let named = |prefix: &str, texts: &[&str]| {
        texts
            .iter()
            .enumerate()
            .map(|(index, text)| Source::new(format!("{prefix}{index}.yaml"), text.as_bytes()))
            .collect()
    };
    Sources {
        base: named("", base),
        overlays: vec![named("overlay/", overlay)],
    }
}

const PROJECT: &str = "environments: {local: {simulator: {}, variables: {host: hooks.example.com, on: 'true', seats: 12, team: support}}}";

fn load(sources: &Sources) -> Result<Desired, Problems> {
    compose(sources, &project(PROJECT).environments[0], &env)
}

fn desired(base: &[&str], overlay: &[&str]) -> Desired {
    desired_of(&sources(base, overlay))
}

#[expect(clippy::panic, reason = "a manifest of a test that is not valid")]
fn desired_of(sources: &Sources) -> Desired {
    load(sources).unwrap_or_else(|problems| {
        panic!(
            "{}",
            render(&problems, &|file| sources.text(file), false, 100)
        )
    })
}

#[expect(clippy::panic, reason = "a test that asks for what is not there")]
fn field(desired: &Desired, address: (&'static str, &str), name: &str) -> Value {
    let address = Address::new(address.0, address.1);
    desired
        .state
        .get(&address)
        .and_then(|resource| resource.body.get(name))
        .cloned()
        .unwrap_or_else(|| panic!("{address} has no {name}"))
}

fn to(collection: &'static str, handle: &str) -> Value {
    Value::Reference(Reference::To(Address::new(collection, handle)))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one manifest, every shape")]
fn bodies_are_canonical() {
    let desired = desired(
        &["\
departments:
  support: {name: ' Support '}
  Sales:
roles:
  lead: {name: Team Lead, shareDataWithPeers: '${var.on}'}
agents:
  Ann@Example.COM:
    lastName: Ames
    role: Team Lead
    profile: Supervisor
    departments: [support, Sales, {lookup: Support Two}, {id: 77}]
customFields:
  region: {module: contacts, displayLabel: Region, type: Picklist, values: [EMEA, APAC]}
accounts:
  Acme: {numberOfEmployees: '${var.seats}', website: ''}
contacts:
  kim@example.com:
    lastName: Kim
    zip: 94107
    account: Acme
    owner: {lookup: ann@example.com}
    cf: {region: EMEA, cf_vip: true, cf_size: 4, cf_gone: null}
slas:
  Gold: {responseTime: {businessHours: 24.0}, resolutionTime: {businessHours: 1.5}}
webhooks:
  crm:
    url: https://${var.host}/x?key=${secret.KEY}
    subscriptions: {Ticket_Add: {}, Ticket_Thread_Add: {direction: in, departments: []}, Contact_Update: {includePrevState: false}}
"],
        &[],
    );
    let ann = ("agents", "Ann@Example.COM");
    let kim = ("contacts", "kim@example.com");
    assert_eq!(
        field(&desired, ("departments", "support"), "name"),
        Value::text("Support")
    );
    assert_eq!(
        field(&desired, ("departments", "Sales"), "name"),
        Value::text("Sales")
    );
    assert_eq!(
        field(&desired, ann, "email"),
        Value::text("ann@example.com")
    );
    // A role by its name is the declared one; a profile is always live.
    assert_eq!(field(&desired, ann, "role"), to("roles", "lead"));
    assert_eq!(
        field(&desired, ann, "profile"),
        Value::Reference(Reference::Lookup {
            collection: "profiles",
            name: "Supervisor".into()
        })
    );
    assert_eq!(
        field(&desired, ann, "departments"),
        Value::List(vec![
            to("departments", "Sales"),
            to("departments", "support"),
            Value::Reference(Reference::Lookup {
                collection: "departments",
                name: "Support Two".into()
            }),
            Value::Reference(Reference::Id {
                collection: "departments",
                id: "77".into()
            }),
        ])
    );
    assert_eq!(
        field(&desired, ("roles", "lead"), "shareDataWithPeers"),
        Value::Bool(true)
    );
    assert_eq!(
        field(&desired, ("accounts", "Acme"), "numberOfEmployees"),
        Value::Number(12.into())
    );
    assert_eq!(
        field(&desired, ("accounts", "Acme"), "website"),
        Value::Null
    );
    assert_eq!(field(&desired, kim, "zip"), Value::text("94107"));
    assert_eq!(
        field(&desired, kim, "owner"),
        to("agents", "Ann@Example.COM")
    );
    let Value::Map(cf) = field(&desired, kim, "cf") else {
        unreachable!()
    };
    assert_eq!(cf.get("customFields/region"), Some(&Value::text("EMEA")));
    assert_eq!(cf.get("cf_vip"), Some(&Value::text("true")));
    assert_eq!(cf.get("cf_size"), Some(&Value::text("4")));
    assert_eq!(cf.get("cf_gone"), Some(&Value::Null));
    let Value::Map(times) = field(&desired, ("slas", "Gold"), "responseTime") else {
        unreachable!()
    };
    assert_eq!(times.get("businessHours"), Some(&Value::Number(24.into())));
    let Value::Secret(url) = field(&desired, ("webhooks", "crm"), "url") else {
        unreachable!()
    };
    assert_eq!(
        &*url.template,
        "https://hooks.example.com/x?key=${secret.KEY}"
    );
    assert_eq!(url.expose(), Some("https://hooks.example.com/x?key=k3y"));
    let Value::Map(events) = field(&desired, ("webhooks", "crm"), "subscriptions") else {
        unreachable!()
    };
    let everything = Value::Map(Leaves::new());
    assert_eq!(events.get("Ticket_Add"), Some(&everything));
    assert_eq!(events.get("Contact_Update"), Some(&everything));
    let Some(Value::Map(filter)) = events.get("Ticket_Thread_Add") else {
        unreachable!()
    };
    assert_eq!(filter.len(), 1);
}

#[test]
fn overlays_merge_by_handle() {
    let desired = desired(
        &["\
departments:
  Support: {description: Base, nameInCustomerPortal: Help}
  Old: {}
agents:
  a@example.com: {lastName: A, departments: [Support], role: {lookup: One}}
slas:
  Gold: {responseTime: {businessHours: 8, calendarHours: 24}}
"],
        &["\
departments:
  Support: {description: null}
  Old: null
  New: {new: true, description: Only here}
agents:
  a@example.com: {departments: [New], role: {id: '5'}, lifecycle: {createOnly: true}}
slas:
  Gold: {responseTime: {businessHours: 4}}
removed: {departments: [Old]}
"],
    );
    let support = ("departments", "Support");
    assert_eq!(field(&desired, support, "description"), Value::Null);
    assert_eq!(
        field(&desired, support, "nameInCustomerPortal"),
        Value::text("Help")
    );
    assert!(
        !desired
            .state
            .contains_key(&Address::new("departments", "Old"))
    );
    let agent = ("agents", "a@example.com");
    assert_eq!(
        field(&desired, agent, "departments"),
        Value::List(vec![to("departments", "New")])
    );
    assert_eq!(
        field(&desired, agent, "role"),
        Value::Reference(Reference::Id {
            collection: "roles",
            id: "5".into()
        })
    );
    let Value::Map(times) = field(&desired, ("slas", "Gold"), "responseTime") else {
        unreachable!()
    };
    assert_eq!(times.get("businessHours"), Some(&Value::Number(4.into())));
    assert_eq!(times.get("calendarHours"), Some(&Value::Number(24.into())));
    assert_eq!(desired.removed.len(), 1);
    let address = Address::new("agents", "a@example.com");
    assert!(desired.details[&address].lifecycle.create_only);
    let file = |path: &str| {
        desired
            .place(&address, path)
            .map(|place| place.file.to_string())
    };
    assert_eq!(file("").as_deref(), Some("0.yaml"));
    assert_eq!(file("lastName").as_deref(), Some("0.yaml"));
    assert_eq!(file("departments/0").as_deref(), Some("overlay/0.yaml"));
}

#[test]
fn the_digest_tells_what_matters() {
    let digest = |base: &[&str]| desired(base, &[]).digest;
    let one = digest(&["departments: {A: {description: x}, B: {}}"]);
    assert_eq!(one.len(), 64);
    // Neither the files nor the order in them matters.
    assert_eq!(
        one,
        digest(&[
            "departments: {B: {}}",
            "# moved\ndepartments: {A: {description: x}}"
        ])
    );
    for other in [
        "departments: {A: {description: y}, B: {}}",
        "departments: {A: {description: null}, B: {}}",
        "departments: {A: {}, B: {}}",
        "departments: {A: {description: x, lifecycle: {createOnly: true}}, B: {}}",
        "departments: {A: {description: x}, B: {}}\nremoved: {departments: [C]}",
    ] {
        assert_ne!(one, digest(&[other]), "{other}");
    }
    // A secret counts by its template, a variable by its value.
    let hook = |url: &str| {
        digest(&[&format!(
            "webhooks: {{h: {{url: 'https://{url}', subscriptions: {{Ticket_Add: }}}}}}"
        )])
    };
    assert_eq!(
        hook("${var.host}/${secret.KEY}"),
        hook("hooks.example.com/${secret.KEY}")
    );
    assert_ne!(hook("${var.host}/${secret.KEY}"), hook("${var.host}/k3y"));
    assert_ne!(
        hook("${var.host}/${secret.KEY}"),
        hook("${var.host}/${secret.EMPTY}")
    );
}

#[test]
fn a_missing_secret_is_one_warning() {
    let desired = desired(
        &["\
webhooks:
  a: {url: 'https://a.example.com/${secret.GONE}', subscriptions: {Ticket_Add: }}
  b: {url: 'https://b.example.com/${secret.GONE}/${secret.EMPTY}', subscriptions: {Ticket_Add: }}
"],
        &[],
    );
    let messages: Vec<&str> = desired
        .warnings
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("`GONE`") && messages[1].contains("`EMPTY`"));
    assert!(field(&desired, ("webhooks", "a"), "url").lacks_secret());
}

#[test]
fn white_space_at_the_ends_of_texts_is_left_out() {
    let desired = desired(
        &["\
customFields:
  region: {module: contacts, displayLabel: Region, type: Picklist, values: ['EMEA ', APAC], defaultValue: ' EMEA'}
contacts:
  Kim@Example.com : {lastName: ' Kim ', description: \"a\\r\\n b\\n\", zip: \"\\t0123\", cf: {region: 'EMEA  '}}
"],
        &[],
    );
    let text = |name| field(&desired, ("contacts", "Kim@Example.com"), name);
    assert_eq!(text("email"), Value::text("kim@example.com"));
    assert_eq!(text("lastName"), Value::text("Kim"));
    assert_eq!(text("description"), Value::text("a\n b"));
    assert_eq!(text("zip"), Value::text("0123"));
    let region = |name| field(&desired, ("customFields", "region"), name);
    let values = ["EMEA", "APAC"].map(Value::text);
    assert_eq!(region("values"), Value::List(values.to_vec()));
    assert_eq!(region("defaultValue"), Value::text("EMEA"));
}

#[test]
fn tombstones_are_canonical() {
    let desired = desired(
        &["\
removed:
  departments: [' Old Team ', '${env.TEAM}', 12]
  agents: [Bob@Example.com]
  customFields: [contacts/A/B, {module: accounts, displayLabel: Tier}]
"],
        &[],
    );
    let found: Vec<String> = desired
        .removed
        .iter()
        .map(|stone| format!("{}: {}", stone.collection, stone.key))
        .collect();
    assert_eq!(
        found,
        [
            "agents: bob@example.com",
            "customFields: accounts/Tier",
            "customFields: contacts/A/B",
            "departments: 12",
            "departments: Old Team",
            "departments: Support",
        ]
    );
}

#[test]
fn a_broken_file_hides_no_other_problem_and_invents_none() {
    let sources = sources(
        &[
            "departments: [",
            "agents: {a@example.com: {lastName: A, departments: [Support], satus: ACTIVE}}",
        ],
        &[],
    );
    let problems = load(&sources).unwrap_err();
    let codes: Vec<&str> = problems
        .list
        .iter()
        .map(|problem| problem.code.as_str())
        .collect();
    // The department may stand in the file that could not be read.
    assert_eq!(codes, ["invalid-yaml", "unknown-key"]);
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap_or(root))
        .and_then(|()| fs::write(path, text))
        .unwrap_or_default();
}

#[test]
fn files_are_discovered() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        PROJECT_FILE,
        "environments:\n  a: {simulator: {}, overlays: [over/a, extra.yaml]}\n  b: {simulator: {}, overlays: [over/b]}\n",
    );
    for name in [
        "z.yaml",
        "a/b/c.yml",
        "a/notes.txt",
        ".hidden/x.yaml",
        "a/.x.yaml",
        "nested/deskform.yaml",
        "nested/x.yaml",
        "over/a/1.yaml",
        "over/a/deep/2.yaml",
        "over/b/3.yaml",
        "over/readme.yaml",
        "extra.yaml",
    ] {
        write(root, name, "departments:\n");
    }
    let (project, _) = Project::read(root);
    let project = project.unwrap();
    let found = files(&project, &project.environments[0]).unwrap();
    let names = |list: &[Source]| {
        list.iter()
            .map(|one| one.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&found.base),
        ["a/b/c.yml", "over/readme.yaml", "z.yaml"]
    );
    assert_eq!(
        names(&found.overlays[0]),
        ["over/a/1.yaml", "over/a/deep/2.yaml"]
    );
    assert_eq!(names(&found.overlays[1]), ["extra.yaml"]);
}

#[cfg(unix)]
#[test]
fn links_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, PROJECT_FILE, "environments: {a: {simulator: {}}}");
    write(root, "desk.yaml", "departments:\n");
    std::os::unix::fs::symlink("/etc", root.join("outside")).unwrap();
    std::os::unix::fs::symlink(root.join("desk.yaml"), root.join("again.yaml")).unwrap();
    std::os::unix::fs::symlink(root.join("nowhere"), root.join("dangling")).unwrap();
    let project = Project::read(root).0.unwrap();
    let problems = files(&project, &project.environments[0]).unwrap_err();
    let shown = render(&problems, &|_| None, false, 100);
    assert_eq!(problems.list.len(), 2, "{shown}");
    assert!(
        shown.contains("again.yaml: symbolic links are not followed"),
        "{shown}"
    );
    assert!(
        shown.contains("outside: symbolic links are not followed"),
        "{shown}"
    );
}

#[test]
fn policies_are_merged() {
    let project = project(
        "\
environments:
  a: {simulator: {}, kinds: {contacts: {prune: owned}, agents: {removal: delete}}}
  b: {dataCenter: eu, orgId: 7, ignore: [{address: roles/*, reason: b}]}
kinds: {contacts: {createOnly: true, prune: none}}
ignore: [{address: agents/*, field: timeZone, reason: theirs, until: 2027-06-30}]
",
    );
    let [a, b] = project.environments.as_slice() else {
        unreachable!()
    };
    assert_eq!(a.policy("contacts").prune, Some(Prune::Owned));
    assert_eq!(a.policy("contacts").create_only, Some(true));
    assert_eq!(a.policy("agents").removal, Some(RemovalPolicy::Delete));
    assert_eq!(b.policy("contacts").prune, Some(Prune::None));
    assert_eq!(b.policy("agents").removal, None);
    let addresses: Vec<&str> = b.ignore.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(addresses, ["agents/*", "roles/*"]);
    assert!(
        matches!(&a.target, Target::Simulator { state, .. } if state == Path::new(".deskform/a.simulator.json"))
    );
    assert_eq!(a.org_id, "700001");
    assert_eq!(b.org_id, "7");
}

#[test]
fn credentials_are_resolved_when_needed() {
    let project = project("environments: {a: {simulator: {}}, b: {dataCenter: eu, orgId: 7}}");
    assert!(
        project.environments[0]
            .credentials(&|_| None)
            .unwrap()
            .is_none()
    );
    let missing = project.environments[1].credentials(&|_| None).unwrap_err();
    // One step brings all of them, so they are one problem.
    let [missing] = &missing.list[..] else {
        panic!("{:?}", missing.list)
    };
    for name in ["ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"] {
        assert!(missing.message.contains(name), "{}", missing.message);
    }
    let found = project.environments[1]
        .credentials(&|name| Some(format!("<{name}>")))
        .unwrap()
        .unwrap();
    assert_eq!(found.client_id(), "<ZOHO_CLIENT_ID>");
    let shown = format!("{found:?}");
    assert!(
        !shown.contains("ZOHO_CLIENT_SECRET") && !shown.contains("ZOHO_REFRESH_TOKEN"),
        "{shown}"
    );
}

/// Lines that manifests are made of, right and wrong.
fn line() -> impl Strategy<Value = String> {
    let words = "(departments|agents|contacts|customFields|webhooks|removed|name|email|cf|url|module|type|subscriptions|Ticket_Add|lifecycle|lastName|role|x|'1'|<<|\\?|&a|\\*a|!t)";
    let values = "(|null|~|\\{\\}|\\[\\]|\\[x, y\\]|\\{id: x\\}|\\{lookup: y\\}|yes|true|007|0x1F|1e3|\\.nan|\\$\\{var\\.host\\}|\\$\\{secret\\.KEY\\}|\\$\\{|\"\\$\\{x\\}\"|\\*a|&a|!t z|'é ü'|\\||>|@|%|a: b|- x|\\{a: \\[|x # y)";
    (0_usize..5, words, values, any::<bool>()).prop_map(|(depth, word, value, list)| {
        let dash = if list && depth > 2 { "- " } else { "" };
        format!("{}{dash}{word}: {value}\n", "  ".repeat(depth))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_panics(lines in prop::collection::vec(prop_oneof![12 => line(), 1 => "\\PC{0,20}\n", 1 => Just("---\n".to_owned())], 0..14)) {
        let text = lines.concat();
        let sources = sources(&[&text], &[&text]);
        if let Err(problems) = load(&sources) {
            let shown = render(&problems, &|file| sources.text(file), false, 80);
            prop_assert!(!shown.trim().is_empty());
            prop_assert!(!shown.contains("k3y"));
        }
        let _ = Project::parse(Path::new("."), &Source::new(PROJECT_FILE, text.as_bytes()));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut sources = sources(&[], &[]);
        sources.base.push(Source::new("b.yaml", &bytes));
        if let Err(problems) = load(&sources) {
            prop_assert!(!render(&problems, &|file| sources.text(file), true, 80).is_empty());
        }
    }
}

#[test]
fn much_is_read_and_written_alike() {
    use std::fmt::Write as _;
    let mut text = String::from("departments: {Support: {}}\ncontacts:\n");
    for number in 0..2_000 {
        let _ = writeln!(
            text,
            "  user{number}@example.com: {{firstName: User, lastName: 'Number {number}', owner: {{lookup: a@example.com}}, zip: {}}}",
            10_000 + number
        );
    }
    let first = desired(&[&text], &[]);
    let written = to_yaml(&first.state, "contacts");
    let again = desired(&["departments: {Support: {}}", &written], &[]);
    assert_eq!(first.state, again.state);
    assert_eq!(first.digest, again.digest);
}

/// Files with slips in many resources: more than one thread takes at a time.
fn many_slips() -> Sources {
    let mut texts = Vec::new();
    for file in 0..12 {
        let mut text = String::from("contacts:\n");
        for n in 0..400 {
            let email = format!("c{file}x{n:04}@example.com");
            let one = match (file, n) {
                (_, 7) => format!("  {email}: {{lastName: Doe, account: Exampel {file}}}\n"),
                (_, 9) => format!("  {email}: {{lastName: Doe, title: 0{n}{file}}}\n"),
                (3.., 11) => {
                    format!("  {email}: {{lastName: Doe, description: '${{secret.EMPTY}}'}}\n")
                }
                _ => format!("  {email}: {{lastName: Doe, city: Zürich, account: Example 1}}\n"),
            };
            text.push_str(&one);
        }
        if file == 5 {
            for n in 0..20 {
                text.extend([format!("  c5x{n:04}@example.com: {{lastName: Doe}}\n")]);
            }
        }
        texts.push(text);
    }
    let accounts: String = (0..12)
        .flat_map(|n| ["  Example ".to_owned(), n.to_string(), ": {}\n".to_owned()])
        .collect();
    texts.push(format!(
        "accounts:\n{accounts}contacts: {{c1x0003@example.com: {{}}}}\n"
    ));
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    sources(&texts, &[])
}

#[test]
fn reports_do_not_depend_on_the_threads() {
    let sources = many_slips();
    let reported = |threads: usize, sources: &Sources| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let problems = pool.install(|| load(sources)).unwrap_err();
        render(&problems, &|file| sources.text(file), false, 100)
    };
    let one = reported(1, &sources);
    for threads in [2, 5] {
        assert!(one == reported(threads, &sources), "{threads} threads");
    }
    // The file with equal keys is left out; what is wrong with the others is all told.
    assert_eq!(one.matches("stands here twice").count(), 20, "{one}");
    let mut sources = sources;
    sources.base.remove(5);
    let one = reported(1, &sources);
    assert!(one == reported(3, &sources));
    assert_eq!(one.matches("no account is named").count(), 11, "{one}");
    assert_eq!(one.matches("did you mean `Example").count(), 11, "{one}");
    assert_eq!(one.matches("without quotes").count(), 11, "{one}");
    assert_eq!(one.matches("is declared twice").count(), 1, "{one}");
    assert_eq!(one.matches("secret `EMPTY` is not set").count(), 1, "{one}");
}

#[test]
fn states_do_not_depend_on_the_threads() {
    let mut sources = many_slips();
    for source in &mut sources.base {
        let text = source
            .text
            .replace("Exampel", "Example")
            .replace("title: 0", "title: A")
            .replace("contacts: {c1x0003@example.com: {}}", "");
        *source = Source::new(&*source.name, text.as_bytes());
    }
    sources.base.remove(5);
    let composed = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| desired_of(&sources))
    };
    let (one, four) = (composed(1), composed(4));
    assert_eq!(one.state.len(), 11 * 400 + 12);
    assert!(one.state == four.state && one.details == four.details);
    assert!(one.state.keys().eq(four.state.keys()));
    assert_eq!(one.digest, four.digest);
    assert_eq!(one.warnings.len(), 1);
}

/// A value of a cell, and what a manifest says in its place.
#[derive(Debug, Clone)]
enum Cell {
    Absent,
    Null,
    Text(String),
    Flag(bool),
    Whole(i64),
    Number(i64, u32),
    List(Vec<String>),
}

impl Cell {
    fn in_table(&self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Null => "NULL".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => flag.to_string().to_uppercase(),
            Self::Whole(number) => number.to_string(),
            Self::Number(whole, part) => format!("{whole},{part}"),
            Self::List(items) => items.join("; "),
        }
    }

    fn in_manifest(&self) -> Option<String> {
        let text = |text: &String| serde_json::Value::from(text.replace("${", "$${")).to_string();
        Some(match self {
            Self::Absent => return None,
            Self::Null => "null".to_owned(),
            Self::Text(words) => text(words),
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Number(whole, part) => format!("\"{whole}.{part}\""),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(text).collect();
                format!("[{}]", items.join(", "))
            }
        })
    }
}

fn text_cell() -> BoxedStrategy<Cell> {
    let text = "(a|é|7|0|,|;|\t| |\"|'|\n|:|#|\\$|\\$\\{|\\}|var\\.x|=|NULLS){1,12}";
    text.prop_map(|text| match text.trim() {
        "" => Cell::Absent,
        _ => Cell::Text(text),
    })
    .boxed()
}

fn word_cell(words: &'static [&'static str]) -> BoxedStrategy<Cell> {
    prop::sample::select(words)
        .prop_map(|word| Cell::Text(word.to_owned()))
        .boxed()
}

/// Columns of a kind: the path, the way to the value in a manifest, and what stands there.
type Columns = Vec<(&'static str, [&'static str; 2], BoxedStrategy<Cell>)>;

fn columns_of(kind: &str) -> Columns {
    let or_nothing =
        |cell: BoxedStrategy<Cell>| prop_oneof![3 => cell, 1 => Just(Cell::Absent)].boxed();
    let or_null = |cell: BoxedStrategy<Cell>| {
        prop_oneof![4 => cell, 1 => Just(Cell::Absent), 1 => Just(Cell::Null)].boxed()
    };
    let whole = |least: i64, most: i64| (least..=most).prop_map(Cell::Whole).boxed();
    match kind {
        "contacts" => vec![
            (
                "lastName",
                ["lastName", ""],
                word_cell(&["Doe", "007", "true", "null", "Müller"]),
            ),
            ("description", ["description", ""], or_null(text_cell())),
            (
                "account",
                ["account", ""],
                or_null(word_cell(&["Acme", "Sample, Sons"])),
            ),
            ("cf.note", ["cf", "note"], or_null(text_cell())),
            (
                "/cf/vip",
                ["cf", "vip"],
                or_nothing(any::<bool>().prop_map(Cell::Flag).boxed()),
            ),
            (
                "cf.points",
                ["cf", "points"],
                or_nothing(
                    (0_i64..99, 1_u32..99)
                        .prop_map(|(a, b)| Cell::Number(a, b))
                        .boxed(),
                ),
            ),
        ],
        "products" => vec![
            (
                "departments",
                ["departments", ""],
                or_nothing(
                    prop::sample::subsequence(
                        vec!["Support".to_owned(), "Sales".to_owned()],
                        1..=2,
                    )
                    .prop_map(Cell::List)
                    .boxed(),
                ),
            ),
            (
                "unitPrice",
                ["unitPrice", ""],
                or_null(
                    (0_i64..99, 1_u32..99)
                        .prop_map(|(a, b)| Cell::Number(a, b))
                        .boxed(),
                ),
            ),
        ],
        _ => vec![
            ("module", ["module", ""], word_cell(&["contacts"])),
            ("type", ["type", ""], word_cell(&["Text"])),
            ("maxLength", ["maxLength", ""], or_nothing(whole(1, 255))),
        ],
    }
}

/// What a table and a manifest say beside the rows.
const BESIDE: &str = "\
departments: {Support: {}, Sales: {}}
accounts: {Acme: {}, 'Sample, Sons': {}}
customFields:
  note: {module: contacts, displayLabel: Note, type: Text, maxLength: 255}
  vip: {module: contacts, displayLabel: VIP, type: Boolean}
  points: {module: contacts, displayLabel: Points, type: Decimal, decimalPlaces: 2, maxLength: 16}
";

fn naming(kind: &str) -> &'static str {
    match kind {
        "contacts" => "email",
        "products" => "productName",
        _ => "displayLabel",
    }
}

fn quoted(cell: &str, always: bool) -> String {
    if always || cell.contains(['"', ',', ';', '\t', '\n', '|']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// The rows of a kind, as a table with its `delimiter` and line end, and as a manifest.
fn both_forms(
    kind: &'static str,
    rows: &[Vec<Cell>],
    (delimiter, end, always): (&str, &str, bool),
) -> (Sources, Sources) {
    let columns = columns_of(kind);
    let header: Vec<&str> = columns
        .iter()
        .map(|(path, ..)| *path)
        .chain([naming(kind)])
        .collect();
    let mut table = format!("{}{end}", header.join(delimiter));
    let mut manifest = format!("{kind}:\n");
    for (number, row) in rows.iter().enumerate() {
        let handle = format!("row{number}@example.com");
        let mut cells: Vec<String> = row
            .iter()
            .map(|cell| quoted(&cell.in_table(), always))
            .collect();
        cells.push(handle.clone());
        table.push_str(&cells.join(delimiter));
        table.push_str(end);
        let mut body: Vec<(&str, Vec<String>)> = Vec::new();
        for ((_, [field, key], _), cell) in columns.iter().zip(row) {
            let Some(value) = cell.in_manifest() else {
                continue;
            };
            let value = if key.is_empty() {
                value
            } else {
                format!("{key}: {value}")
            };
            match body.iter_mut().find(|(own, _)| own == field) {
                Some((_, values)) => values.push(value),
                None => body.push((field, vec![value])),
            }
        }
        let body: Vec<String> = body
            .iter()
            .map(|(field, values)| match field {
                &"cf" => format!("cf: {{{}}}", values.join(", ")),
                field => format!("{field}: {}", values.concat()),
            })
            .collect();
        manifest.extend([format!("  {handle}: {{{}}}\n", body.join(", "))]);
    }
    let said = serde_json::Value::from(delimiter);
    let csv = format!(
        "{kind}:\n  $csv: {{file: seeds/rows.csv, delimiter: {said}, decimal: ',', null: \"NULL\"}}\n"
    );
    let with = |text: &str| Sources {
        base: vec![
            Source::new(
                "a.yaml",
                BESIDE
                    .replace(&format!("{kind}:\n"), "x-other:\n")
                    .as_bytes(),
            ),
            Source::new("b.yaml", text.as_bytes()).with_table("seeds/rows.csv", &table),
        ],
        overlays: Vec::new(),
    };
    (with(&csv), with(&manifest))
}

fn rows_of(kind: &'static str) -> impl Strategy<Value = Vec<Vec<Cell>>> {
    let cells: Vec<BoxedStrategy<Cell>> = columns_of(kind)
        .into_iter()
        .map(|(.., cell)| cell)
        .collect();
    prop::collection::vec(cells, 0..6)
}

fn any_rows() -> impl Strategy<Value = (&'static str, Vec<Vec<Cell>>)> {
    prop_oneof![
        3 => rows_of("contacts").prop_map(|rows| ("contacts", rows)),
        1 => rows_of("products").prop_map(|rows| ("products", rows)),
        1 => rows_of("customFields").prop_map(|rows| ("customFields", rows)),
    ]
}

/// Whether cells alone are warned of it: what is an expression elsewhere, and is written as none there.
fn is_of_cells(problem: &Problem) -> bool {
    problem.code == Code::NoExpression && problem.message.contains("holds `${")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_table_means_what_its_rows_mean_in_a_manifest(
        (kind, rows) in any_rows(),
        delimiter in prop::sample::select(vec![",", ";", "\t", "|"]),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        always in any::<bool>(),
    ) {
        let (table, manifest) = both_forms(kind, &rows, (delimiter, end, always));
        let (table, manifest) = (load(&table), load(&manifest));
        match (table, manifest) {
            (Ok(table), Ok(manifest)) => {
                prop_assert_eq!(&table.state, &manifest.state);
                prop_assert_eq!(&table.digest, &manifest.digest);
                let warnings = table.warnings.iter().filter(|one| !is_of_cells(one));
                prop_assert_eq!(warnings.count(), manifest.warnings.len());
            }
            (Err(table), Err(manifest)) => {
                let told = |problems: Problems| {
                    let mut told: Vec<_> = problems
                        .list
                        .into_iter()
                        .filter(|one| !is_of_cells(one))
                        .map(|one| (one.code, one.message, one.help))
                        .collect();
                    told.sort();
                    told
                };
                prop_assert_eq!(told(table), told(manifest));
            }
            (table, manifest) => prop_assert!(false, "{table:?}\n{manifest:?}"),
        }
    }

    #[test]
    fn no_table_panics(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "email", "lastName", "cf.a", "\u{feff}", ",", ";", "\t", "\"", "\"\"", "\n", "\r\n", "\r", "é", "${",
                "a@example.com", "$x", " ", "7",
            ]),
            0..40,
        ),
        begins in any::<bool>(),
    ) {
        let begin = if begins { "email,lastName,cf.a\n" } else { "" };
        let table = begin.to_owned() + &pieces.concat();
        let text = "contacts: {$csv: [{file: a.csv}, {file: a.csv, columns: {email: email, lastName: null}}]}\n";
        let sources = Sources {
            base: vec![Source::new("a.yaml", text.as_bytes()).with_table("a.csv", &table)],
            overlays: Vec::new(),
        };
        if let Err(problems) = load(&sources) {
            let shown = render(&problems, &|file| sources.text(file), false, 80);
            prop_assert!(!shown.trim().is_empty());
        }
    }
}

/// What is wrong with a column is told once, however many rows there are.
#[test]
fn a_column_that_is_wrong_is_one_problem() {
    let mut table = "email,lastName,cf.regoin\n".to_owned();
    for number in 0..3_000 {
        table.extend([format!("{number}@example.com,Doe,EMEA\n")]);
    }
    let text = "contacts: {$csv: {file: a.csv}}\ncustomFields: {region: {module: contacts, displayLabel: Region, type: Text, maxLength: 50}}\n";
    let sources = Sources {
        base: vec![Source::new("a.yaml", text.as_bytes()).with_table("a.csv", &table)],
        overlays: Vec::new(),
    };
    let problems = load(&sources).unwrap_err();
    let [problem] = &problems.list[..] else {
        panic!("{} problems", problems.list.len())
    };
    assert_eq!(problem.help.as_deref(), Some("did you mean `region`?"));
    let shown = render(&problems, &|file| sources.text(file), false, 80);
    assert!(shown.contains("a.csv:1:16"), "{shown}");
}
