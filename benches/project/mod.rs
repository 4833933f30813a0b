//! Made-up projects of any size: their manifests, and the organization that matches them.

#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a module of several benchmarks, each of which uses a part of it; a panic ends it"
)]

use std::fmt::Write as _;
use std::path::Path;

use deskform::config::{Environment, Project};
use deskform::dialect::Dialect;
use deskform::kind::find;
use deskform::live::{Acting, ActingAgent, Live, LiveObject};
use deskform::manifest::{Desired, Sources, compose};
use deskform::plan::Options;
use deskform::plan::in_dialect::check_dialect;
use deskform::plan::matching::bind;
use deskform::plan::ownership::own;
use deskform::plan::tasks::{Planned, plan};
use deskform::problem::Severity;
use deskform::report::problems::render;
use deskform::yaml::Source;
use mimalloc::MiMalloc;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

/// What the command runs on.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const REGIONS: [&str; 4] = ["EMEA", "APAC", "Americas", "Other"];
const CITIES: [&str; 5] = ["Springfield", "Zürich", "Lyon", "San José", "Pune"];
const TITLES: [&str; 4] = [
    "Head of Purchasing",
    "Engineer",
    "Assistant",
    "Office Manager",
];

/// How many resources of each kind a project has.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    departments: usize,
    agents: usize,
    fields: usize,
    webhooks: usize,
    accounts: usize,
    contacts: usize,
}

impl Shape {
    /// A project of so many resources, mostly customers.
    pub fn of(resources: usize) -> Self {
        let departments = (resources / 500).clamp(2, 100);
        let agents = (resources / 50).clamp(4, 2000);
        let (fields, webhooks) = (4, 10);
        let accounts = resources / 5;
        Self {
            departments,
            agents,
            fields,
            webhooks,
            accounts,
            contacts: resources - accounts - webhooks - fields - agents - departments,
        }
    }

    pub fn resources(self) -> usize {
        self.departments + self.agents + self.fields + self.webhooks + self.accounts + self.contacts
    }
}

fn department(n: usize) -> String {
    format!("Department {n:03}")
}

fn agent(n: usize) -> String {
    format!("agent.{n:05}@example.com")
}

fn account(n: usize) -> String {
    format!("Example Company {n:06}")
}

fn contact(n: usize) -> String {
    format!("jane.doe.{n:06}@example.com")
}

/// An id of the made-up organization; every kind has its own range.
fn id(kind: usize, n: usize) -> String {
    (kind * 1_000_000_000 + n + 1).to_string()
}

/// The files of a project: small kinds in one file each, customers in files of some megabytes.
pub fn files(shape: Shape) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut text = String::from("departments:\n");
    for n in 0..shape.departments {
        let name = department(n);
        let _ = write!(
            text,
            "  {name}:\n    description: Handles what concerns {name}\n"
        );
    }
    files.push(("departments.yaml".to_owned(), text));
    let mut text = String::from("customFields:\n");
    for n in 0..shape.fields {
        let module = if n % 2 == 0 { "contacts" } else { "accounts" };
        let _ = write!(
            text,
            "  {module}-note-{n}:\n    module: {module}\n    displayLabel: Note {n}\n    type: Text\n    maxLength: 100\n"
        );
    }
    files.push(("custom-fields.yaml".to_owned(), text));
    let mut text = String::from("webhooks:\n");
    for n in 0..shape.webhooks {
        let _ = write!(
            text,
            "  hook-{n}:\n    url: https://hooks.example.com/zoho-desk/{n}\n    subscriptions:\n      Ticket_Add: {{}}\n      Contact_Update: {{}}\n"
        );
    }
    files.push(("webhooks.yaml".to_owned(), text));
    let mut text = String::from("agents:\n");
    for n in 0..shape.agents {
        let _ = write!(
            text,
            "  {}:\n    firstName: Sarah\n    lastName: Johnson {n}\n    rolePermissionType: AgentPersonal\n    departments: [{}]\n",
            agent(n),
            department(n % shape.departments)
        );
    }
    files.push(("agents.yaml".to_owned(), text));
    let mut part = |kind: &str, count: usize, parts: usize, each: &dyn Fn(&mut String, usize)| {
        let size = count.div_ceil(parts);
        for number in 0..parts {
            let mut text = format!("{kind}:\n");
            for n in number * size..((number + 1) * size).min(count) {
                each(&mut text, n);
            }
            files.push((format!("{kind}/{number:02}.yaml"), text));
        }
    };
    part("accounts", shape.accounts, 4, &|text, n| {
        let _ = write!(
            text,
            "  {}:\n    website: https://www.example.com/{n}\n    industry: Manufacturing\n    phone: '+1 555 {n:06}'\n    city: {}\n    owner: {}\n    cf: {{accounts-note-1: {}}}\n",
            account(n),
            CITIES[n % CITIES.len()],
            agent(n % shape.agents),
            REGIONS[n % REGIONS.len()],
        );
    });
    part("contacts", shape.contacts, 12, &|text, n| {
        let _ = write!(
            text,
            "  {}:\n    firstName: Jane\n    lastName: Doe {n}\n    account: {}\n    owner: {}\n    phone: '+1 555 {n:06}'\n    title: {}\n    city: {}\n    description: |\n      Met at the fair, wants a call\n      in the third week.\n    cf: {{contacts-note-0: {}}}\n",
            contact(n),
            account(n % shape.accounts),
            agent(n % shape.agents),
            TITLES[n % TITLES.len()],
            CITIES[n % CITIES.len()],
            REGIONS[n % REGIONS.len()],
        );
    });
    files
}

/// Accounts that contacts belong to.
const ACCOUNTS: usize = 1_000;

/// What contacts refer to.
fn beside_contacts() -> (String, String) {
    let mut text = String::from(
        "customFields:\n  region: {module: contacts, displayLabel: Region, type: Text, maxLength: 100}\naccounts:\n",
    );
    for n in 0..ACCOUNTS {
        let _ = writeln!(text, "  {}: {{}}", account(n));
    }
    ("accounts.yaml".to_owned(), text)
}

/// Contacts as the rows of a table.
pub fn in_table(contacts: usize) -> Vec<(String, String)> {
    let mut table =
        String::from("email,firstName,lastName,account,phone,title,city,description,cf.region\n");
    for n in 0..contacts {
        let _ = writeln!(
            table,
            "{},Jane,Doe {n},{},+1 555 {n:06},{},{},\"Met at the fair, wants a call in the third week.\",{}",
            contact(n),
            account(n % ACCOUNTS),
            TITLES[n % TITLES.len()],
            CITIES[n % CITIES.len()],
            REGIONS[n % REGIONS.len()],
        );
    }
    let manifest = "contacts:\n  $csv: {file: contacts.csv}\n".to_owned();
    vec![
        beside_contacts(),
        ("contacts.yaml".to_owned(), manifest),
        ("contacts.csv".to_owned(), table),
    ]
}

/// The contacts of [`in_table`] in a manifest.
pub fn in_yaml(contacts: usize) -> Vec<(String, String)> {
    let mut text = String::from("contacts:\n");
    for n in 0..contacts {
        let _ = write!(
            text,
            "  {}:\n    firstName: Jane\n    lastName: Doe {n}\n    account: {}\n    phone: +1 555 {n:06}\n    title: {}\n    city: {}\n    description: Met at the fair, wants a call in the third week.\n    cf: {{region: {}}}\n",
            contact(n),
            account(n % ACCOUNTS),
            TITLES[n % TITLES.len()],
            CITIES[n % CITIES.len()],
            REGIONS[n % REGIONS.len()],
        );
    }
    vec![beside_contacts(), ("contacts.yaml".to_owned(), text)]
}

/// The files as they are read.
pub fn sources(files: &[(String, String)]) -> Sources {
    Sources {
        base: files
            .iter()
            .map(|(name, text)| Source::new(name.as_str(), text.as_bytes()))
            .collect(),
        overlays: Vec::new(),
    }
}

/// Nothing was read yet but who is acting.
pub fn empty() -> Live {
    let mut live = Live::new(Dialect::Openapi);
    live.acting = Acting::Agent(ActingAgent {
        id: id(9, 0),
        email: "admin@example.com".to_owned(),
    });
    live
}

/// The organization that is in step with the files.
pub fn in_step(shape: Shape) -> Live {
    let mut live = empty();
    let mut add = |collection: &str, kind: usize, n: usize, value: Value| {
        let Value::Object(fields) = value else {
            return;
        };
        let id = id(kind, n);
        let mut raw = Map::new();
        raw.insert("id".to_owned(), Value::from(id.as_str()));
        raw.insert("createdTime".to_owned(), "2026-01-01T00:00:00.000Z".into());
        raw.extend(fields);
        live.add(LiveObject {
            kind: find(collection).expect("a kind"),
            id,
            raw,
            parts: Vec::new(),
        });
    };
    for n in 0..shape.departments {
        let name = department(n);
        let description = format!("Handles what concerns {name}");
        add(
            "departments",
            1,
            n,
            json!({"name": name, "description": description, "isEnabled": true}),
        );
    }
    for n in 0..shape.fields {
        let module = if n % 2 == 0 { "contacts" } else { "accounts" };
        add(
            "customFields",
            2,
            n,
            json!({
                "module": module, "apiName": format!("cf_note_{n}"), "displayLabel": format!("Note {n}"),
                "type": "Text", "maxLength": 100, "isCustomField": true,
            }),
        );
    }
    for n in 0..shape.webhooks {
        add(
            "webhooks",
            3,
            n,
            json!({
                "name": format!("hook-{n}"), "url": format!("https://hooks.example.com/zoho-desk/{n}"),
                "subscriptions": {"Ticket_Add": null, "Contact_Update": null}, "isEnabled": true,
            }),
        );
    }
    for n in 0..shape.agents {
        add(
            "agents",
            4,
            n,
            json!({
                "emailId": agent(n), "firstName": "Sarah", "lastName": format!("Johnson {n}"),
                "rolePermissionType": "AgentPersonal", "status": "ACTIVE",
                "associatedDepartmentIds": [id(1, n % shape.departments)],
            }),
        );
    }
    for n in 0..shape.accounts {
        add(
            "accounts",
            5,
            n,
            json!({
                "accountName": account(n), "website": format!("https://www.example.com/{n}"),
                "industry": "Manufacturing", "phone": format!("+1 555 {n:06}"),
                "city": CITIES[n % CITIES.len()], "ownerId": id(4, n % shape.agents),
                "cf": {"cf_note_1": REGIONS[n % REGIONS.len()]},
            }),
        );
    }
    for n in 0..shape.contacts {
        add(
            "contacts",
            6,
            n,
            json!({
                "email": contact(n), "firstName": "Jane", "lastName": format!("Doe {n}"),
                "accountId": id(5, n % shape.accounts), "ownerId": id(4, n % shape.agents),
                "phone": format!("+1 555 {n:06}"), "title": TITLES[n % TITLES.len()],
                "city": CITIES[n % CITIES.len()],
                "description": "Met at the fair, wants a call\nin the third week.\n",
                "cf": {"cf_note_0": REGIONS[n % REGIONS.len()]},
            }),
        );
    }
    live
}

/// An environment whose target is the simulator; nothing is asked of it.
pub fn environment() -> Environment {
    let text = "environments:\n  bench: {simulator: {dialect: openapi, edition: enterprise}}\n";
    let source = Source::new("deskform.yaml", text.as_bytes());
    let project = Project::parse(Path::new("."), &source).expect("a project");
    project.environment(None).expect("it").clone()
}

/// Parses the files on all cores, and nothing else.
pub fn bare_parse(sources: &Sources) -> usize {
    let documents: Vec<serde_yaml::Value> = sources
        .base
        .par_iter()
        .map(|source| serde_yaml::from_str(&source.text).expect("YAML"))
        .collect();
    documents.len()
}

/// Loads and validates.
pub fn validate(sources: &Sources, environment: &Environment) -> Desired {
    let desired = compose(sources, environment, &|_| None).unwrap_or_else(|problems| {
        let text = render(&problems, &|file| sources.text(file), false, 100);
        panic!("{}", text.chars().take(4000).collect::<String>())
    });
    let wrong = check_dialect(&desired, Dialect::Openapi)
        .into_iter()
        .find(|problem| problem.severity == Severity::Error);
    assert!(wrong.is_none(), "{wrong:?}");
    desired
}

/// Plans on what was read.
pub fn planned(desired: &Desired, live: &mut Live) -> Planned {
    let options = Options::default();
    let mut bound = bind(desired, live, &options).expect("bound");
    let owned = own(desired, &mut bound.rows, live, &options);
    plan(desired, &bound, &owned, live, &options).expect("a plan")
}
