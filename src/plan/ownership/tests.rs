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
fn the_long_way(live: &Live, bound: &Bound) -> Options {
    let mut ledger = Ledger::new("test", "700001");
    for (address, index) in &bound.live {
        let entry = Entry {
            id: live.objects[*index].id.clone(),
            adopted: true,
            secrets: vec!["nothing".to_owned()],
            ..Entry::default()
        };
        ledger.resources.insert(address.clone(), entry);
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
        let owned = own(&desired, &bound, &live, &Options::default());
        let long = own(&desired, &bound, &live, &the_long_way(&live, &bound));
        assert_eq!(owned.desired, long.desired, "{change}");
        assert_eq!(owned.live, long.live, "{change}");
        let resource = &bound.desired[0];
        short += usize::from(is_as_declared(resource, &raw, &live));
    }
    assert_eq!(short, 4);
}

#[test]
fn bodies_are_not_copied() {
    let (desired, mut live) = sides(6);
    let options = Options::default();
    let bound = bind(&desired, &mut live, &options).unwrap();
    let owned = own(&desired, &bound, &live, &options);
    let planned = plan(&desired, &bound, &owned, &live, &options).unwrap();
    for (address, resource) in &desired.state {
        let sides = [&bound.desired, &owned.named, &owned.desired, &owned.live];
        for side in sides.into_iter().filter_map(|side| side.get(address)) {
            assert!(resource.body.is_shared_with(&side.body), "{address}");
        }
    }
    assert_eq!(planned.tasks.len(), 3);
    for task in &planned.tasks {
        let body = &desired.state[&task.address].body;
        assert!(body.is_shared_with(&task.body) && body.is_shared_with(&task.named));
    }
}
