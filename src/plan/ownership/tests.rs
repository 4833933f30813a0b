use serde_json::json;

use super::*;
use crate::config::Project;
use crate::kind::find;
use crate::ledger::{Entry, Ledger};
use crate::live::LiveObject;
use crate::manifest::{Sources, compose};
use crate::plan::matching::bind;
use crate::plan::tasks::plan;
use crate::yaml::Source;

fn composed(text: &str) -> Desired {
    let source = Source::new(
        "deskform.yaml",
        b"environments: {test: {simulator: {dialect: openapi}}}",
    );
    let project = Project::parse(std::path::Path::new("."), &source).unwrap();
    let sources = Sources {
        base: vec![Source::new("all.yaml", text.as_bytes())],
        overlays: Vec::new(),
    };
    compose(&sources, &project.environments[0], &|_| None).unwrap()
}

/// Contacts of which every other one is live as declared.
fn sides(contacts: usize) -> (Desired, Live) {
    let mut text = String::from("contacts:\n");
    let mut live = Live::new(Dialect::Openapi);
    for n in 0..contacts {
        let email = format!("c{n}@example.com");
        text.extend([format!("  {email}: {{lastName: Doe, city: Lyon}}\n")]);
        if n % 2 == 0 {
            live.add(LiveObject {
                kind: find("contacts").unwrap(),
                id: format!("{}", n + 1),
                raw: json!({"email": email, "lastName": "Doe", "city": "Lyon", "title": null})
                    .as_object()
                    .unwrap()
                    .clone(),
                parts: Vec::new(),
            });
        }
    }
    (composed(&text), live)
}

/// A former secret that no field holds keeps [`is_as_declared`] from being asked.
fn the_long_way(live: &Live, rows: &Rows) -> Options {
    let mut ledger = Ledger::new("test", "700001");
    for (row, index) in rows.objects() {
        let entry = Entry {
            id: live.objects[index].id.clone(),
            adopted: true,
            secrets: vec!["nothing".to_owned()],
            ..Entry::default()
        };
        ledger.resources.insert(row.address.clone(), entry);
    }
    Options {
        ledger: Some(ledger),
        ..Options::default()
    }
}

#[test]
fn what_is_as_declared_is_shaped_as_the_long_way_does() {
    let same = json!({
        "email": "c0@example.com", "lastName": "Doe", "city": "Lyon", "title": null,
        "description": "a\nb", "type": "paidUser",
    });
    let changes = [
        json!({}),
        json!({"city": " Lyon "}),
        json!({"city": "lyon"}),
        json!({"city": null}),
        json!({"description": "a\r\nb\r\n"}),
        json!({"lastName": 7}),
        json!({"email": "C0@Example.com"}),
        json!({"type": ""}),
        json!({"phone": "1"}),
    ];
    let text = "contacts:\n  c0@example.com: {lastName: Doe, city: Lyon, description: \"a\\nb\\n\", type: paidUser}\n";
    let desired = composed(text);
    let mut short = 0;
    for change in changes {
        let mut raw = same.as_object().unwrap().clone();
        raw.extend(change.as_object().unwrap().clone());
        let mut live = Live::new(Dialect::Openapi);
        live.add(LiveObject {
            kind: find("contacts").unwrap(),
            id: "1".to_owned(),
            raw: raw.clone(),
            parts: Vec::new(),
        });
        let bound = bind(&desired, &mut live, &Options::default()).unwrap();
        let (mut rows, mut long) = (bound.rows.clone(), bound.rows.clone());
        let options = the_long_way(&live, &bound.rows);
        let told = own(&desired, &mut rows, &live, &Options::default());
        let told_long = own(&desired, &mut long, &live, &options);
        assert_eq!(told.unknown, told_long.unknown, "{change}");
        let address = &Address::new("contacts", "c0@example.com");
        assert!(rows.wanted(address).is_some() && rows.live(address).is_some());
        assert_eq!(rows.wanted(address), long.wanted(address), "{change}");
        assert_eq!(rows.live(address), long.live(address), "{change}");
        let row = bound.rows.get(address).unwrap();
        let named = row.named.as_ref().unwrap();
        short += usize::from(is_as_declared(row.kind, named, &raw, &live));
    }
    assert_eq!(short, 4);
}

#[test]
fn bodies_are_not_copied() {
    let (desired, mut live) = sides(6);
    let options = Options::default();
    let mut bound = bind(&desired, &mut live, &options).unwrap();
    let owned = own(&desired, &mut bound.rows, &live, &options);
    let planned = plan(&desired, &bound, &owned, &live, &options).unwrap();
    for (address, resource) in &desired.state {
        let row = bound.rows.get(address).unwrap();
        assert!(row.named.is_some() && row.wanted.is_some());
        for side in [&row.named, &row.wanted, &row.live].into_iter().flatten() {
            assert!(resource.body.is_shared_with(side), "{address}");
        }
    }
    assert_eq!(planned.tasks.len(), 3);
    for task in &planned.tasks {
        let body = &desired.state[&task.address].body;
        assert!(body.is_shared_with(&task.body) && body.is_shared_with(&task.named));
    }
}
