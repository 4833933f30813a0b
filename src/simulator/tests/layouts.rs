//! Layouts of the openapi dialect.

use super::*;

fn field(world: &mut World, module: &str, name: &str) -> String {
    let fields = world.here().objects("fields");
    let found = fields
        .iter()
        .find(|field| field["module"] == module && field["apiName"] == name);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

/// The sections of a layout as they may be sent back.
fn sections(world: &mut World, id: &str) -> Value {
    let mut sections = world.get(&format!("/layouts/{id}")).1["sections"].clone();
    for section in sections.as_array_mut().unwrap() {
        section.as_object_mut().unwrap().remove("isCustomSection");
        for field in section["fields"].as_array_mut().unwrap() {
            let field = field.as_object_mut().unwrap();
            field.remove("isTrackLastActivityTime");
        }
    }
    sections
}

/// A new layout of tickets, with what every new one has.
fn made(world: &mut World) -> String {
    let department = department(world, "Support");
    let sections = world.get("/layouts/standardLayoutFormat?module=tickets").1["data"].clone();
    let mut sections = sections;
    for field in sections[0]["fields"].as_array_mut().unwrap() {
        field
            .as_object_mut()
            .unwrap()
            .remove("isTrackLastActivityTime");
    }
    let body = json!({"module": "tickets", "departmentId": department, "layoutName": "Premium",
        "layoutDisplayName": "Premium", "isDefaultLayout": true, "skipDeptAccessValidation": false,
        "sections": sections});
    let (status, made) = world.call("POST", "/layouts", body.clone());
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["module"], "Cases");
    // A second one of that name is refused.
    assert_eq!(world.call("POST", "/layouts", body.clone()).0, 422);
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_layout_is_made_listed_and_read() {
    let mut world = World::new(Dialect::Openapi);
    let id = made(&mut world);
    let (_, list) = world.get("/layouts?module=tickets&status=all");
    let item = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == id.as_str())
        .unwrap();
    assert!(item.get("sections").is_none() && item["layoutProfiles"] == json!([]));
    let (_, single) = world.get(&format!("/layouts/{id}"));
    assert!(single.get("layoutProfiles").is_none());
    let status = field(&mut world, "tickets", "status");
    let fields = single["sections"][0]["fields"].as_array().unwrap();
    let status = fields
        .iter()
        .find(|one| one["id"] == status.as_str())
        .unwrap();
    assert_eq!(
        status["allowedValues"],
        json!(["Open", "On Hold", "Escalated", "Closed"])
    );
    let profile = world.here().objects("profiles")[0]["id"].clone();
    let path = format!("/layouts/{id}/profiles");
    assert_eq!(
        world
            .call("PATCH", &path, json!({"layoutProfileIds": [profile]}))
            .0,
        204
    );
    assert_eq!(world.get(&path).1["data"][0]["id"], profile);
}

#[test]
fn an_update_replaces_the_sections_or_merges_them() {
    for merges in [false, true] {
        let mut world = World::new(Dialect::Openapi);
        let id = made(&mut world);
        if merges {
            let quirks = Faults::parse("quirks=sections-merge").unwrap();
            world.simulator.set_faults(quirks);
        }
        let path = format!("/layouts/{id}");
        let mut sent = sections(&mut world, &id);
        // Everything again, with one field moved to a new section: right under both readings.
        let moved = sent[0]["fields"].as_array_mut().unwrap().pop().unwrap();
        sent.as_array_mut()
            .unwrap()
            .push(json!({"id": null, "name": "More", "fields": [moved]}));
        let (status, answer) = world.call("PATCH", &path, json!({"sections": sent}));
        assert_eq!(
            (status, answer["sections"].as_array().unwrap().len()),
            (200, 2),
            "{answer}"
        );
        assert_eq!(answer["sections"][1]["fields"][0]["id"], moved["id"]);
        // Without the new section its field is lost, or stays.
        let alone = json!({"sections": [sections(&mut world, &id)[0]]});
        let (status, answer) = world.call("PATCH", &path, alone);
        let left = answer["sections"].as_array().unwrap().len();
        assert_eq!(
            (status, left),
            (200, if merges { 2 } else { 1 }),
            "{answer}"
        );
        for (sections, at) in [
            (
                json!([{"id": 77, "name": "X", "fields": []}]),
                "names no section",
            ),
            (json!([{"id": 1, "fields": []}]), "missing"),
        ] {
            let (status, answer) = world.call("PATCH", &path, json!({ "sections": sections }));
            assert_eq!(status, 422, "{at}: {answer}");
        }
    }
}

#[test]
fn a_field_of_a_layout_changes_alone_and_leaves() {
    let mut world = World::new(Dialect::Openapi);
    let id = made(&mut world);
    let status = field(&mut world, "tickets", "status");
    let subject = field(&mut world, "tickets", "subject");
    let due = field(&mut world, "tickets", "dueDate");
    let path = format!("/layouts/{id}/fields/{status}");
    // Statuses come and go one at a time.
    let two = json!({"allowedValues": ["Open", "Waiting", "Closed"]});
    assert_eq!(world.call("PATCH", &path, two).0, 422);
    let one = json!({"allowedValues": ["Open", "On Hold", "Closed", "Escalated", "Waiting"], "defaultValue": "Waiting"});
    let (code, answer) = world.call("PATCH", &path, one);
    assert_eq!((code, &answer["defaultValue"]), (200, &json!("Waiting")));
    assert_eq!(
        world
            .call("PATCH", &path, json!({"defaultValue": "Nowhere"}))
            .0,
        422
    );
    let (code, _) = world.call(
        "PATCH",
        &format!("/layouts/{id}/fields/{due}"),
        json!({"allowedValues": ["A"]}),
    );
    assert_eq!(code, 422);
    // What the system needs stays.
    assert_eq!(
        world.bare(
            "POST",
            &format!("/layouts/{id}/fields/{subject}/unassociate")
        ),
        422
    );
    let leave = format!("/layouts/{id}/fields/{due}/unassociate");
    assert_eq!(world.bare("POST", &leave), 200);
    assert_eq!(world.bare("POST", &leave), 422);
}

#[test]
fn records_get_another_layout_when_theirs_goes() {
    let mut world = World::new(Dialect::Openapi);
    let old = made(&mut world);
    let mut first =
        |module: &str| id_of(&world.get(&format!("/layouts?module={module}")).1["data"][0]);
    let (standard, contacts) = (first("tickets"), first("contacts"));
    let mut ticket = |layout: &str| {
        let ticket = json!({"subject": "Printer", "layoutId": layout});
        world.here().insert("tickets", ticket)
    };
    let (moved, other) = (ticket(&old), ticket(&contacts));
    let layouts = |world: &mut World| {
        let tickets = world.here().objects("tickets");
        [&moved, &other].map(|id| {
            let ticket = tickets.iter().find(|one| one["id"] == id.as_str());
            ticket.unwrap()["layoutId"].as_str().unwrap().to_owned()
        })
    };
    let path = format!("/layouts/{old}");
    let off = format!("{path}/deactivate");
    let body = |heir: &str| json!({ "transferToLayoutId": heir });
    for (method, path) in [("DELETE", &path), ("POST", &off)] {
        reasons(
            &mut world,
            &[
                (method, path, json!({}), "/transferToLayoutId missing"),
                (method, path, body(&old), "names the object itself"),
                (
                    method,
                    path,
                    body(&contacts),
                    "is a layout of another module",
                ),
                (method, path, body("1"), "names no object of layouts"),
            ],
        );
    }
    // What is refused moves nothing.
    assert_eq!(layouts(&mut world), [old.clone(), contacts.clone()]);
    assert_eq!(world.call("POST", &off, body(&standard)).0, 200);
    assert_eq!(layouts(&mut world), [standard.clone(), contacts.clone()]);
    assert_eq!(
        world.get("/layouts?module=tickets&status=inactive").1["data"][0]["id"],
        old.as_str()
    );
    assert_eq!(world.bare("POST", &format!("{path}/activate")), 200);
    world.here().change("tickets", &moved, |ticket| {
        ticket.insert("layoutId".into(), json!(old));
    });
    assert_eq!(world.call("DELETE", &path, body(&standard)).0, 204);
    assert_eq!(layouts(&mut world), [standard.clone(), contacts]);
    let path = format!("/layouts/{standard}");
    reasons(
        &mut world,
        &[(
            "DELETE",
            &path,
            body(&standard),
            "A standard layout cannot be deleted.",
        )],
    );
}

#[test]
fn a_value_is_replaced_on_records_and_stays_in_the_list() {
    let mut world = World::new(Dialect::Openapi);
    let region = world.here().insert(
        "fields",
        json!({"module": "contacts", "name": "cf_region", "apiName": "cf_region", "displayLabel": "Region",
            "type": "Picklist", "isCustomField": true, "pickListValues": [{"value": "EMEA"}]}),
    );
    let layout = world.get("/layouts?module=contacts").1["data"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut sent = sections(&mut world, &layout);
    sent[0]["fields"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": region, "isMandatory": false}));
    let path = format!("/layouts/{layout}");
    assert_eq!(world.call("PATCH", &path, json!({"sections": sent})).0, 200);
    let contact = world.here().insert(
        "contacts",
        json!({"lastName": "Sample", "cf": {"cf_region": "EMEA"}}),
    );
    let replace = json!({"fieldId": region, "oldValue": "EMEA", "newValue": "Europe"});
    assert_eq!(
        world
            .call("POST", &format!("{path}/replaceValues"), replace)
            .0,
        200
    );
    assert_eq!(
        world.get(&format!("/contacts/{contact}")).1["cf"]["cf_region"],
        "Europe"
    );
    let fields = world.get(&path).1["sections"][0]["fields"].clone();
    let own = fields.as_array().unwrap().last().unwrap().clone();
    assert_eq!(own["allowedValues"], json!(["EMEA", "Europe"]));
}

/// Source: `FieldPermissions`.
#[test]
fn a_profile_is_given_access_to_a_field() {
    let mut world = World::new(Dialect::Openapi);
    let subject = field(&mut world, "tickets", "subject");
    let path = format!("/organizationFields/{subject}/permissions");
    let rows = world.get(&path).1["data"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    let is = |row: &Value| (row["isWriteOnly"].clone(), row["isReadOnly"].clone());
    assert!(
        rows.as_array()
            .unwrap()
            .iter()
            .all(|row| is(row) == (json!(true), json!(false)))
    );
    let id = rows[1]["profileId"].clone();
    let body = |one: Value| json!({"profiles": [one]});
    let read = json!({"profileId": id, "isReadOnly": true, "isWriteOnly": true});
    let (status, answer) = world.call("PATCH", &path, body(read.clone()));
    assert_eq!(status, 200);
    assert_eq!(is(&answer["data"][1]), (json!(true), json!(true)));
    assert_eq!(answer["data"][0], rows[0]);
    let hidden = json!({"profileId": id, "isReadOnly": true, "isWriteOnly": false});
    world.call("PATCH", &path, body(hidden));
    let rows = world.get(&path).1["data"].clone();
    assert_eq!(
        (is(&rows[1]).0, rows[1]["isInVisible"].clone()),
        (json!(false), json!(false))
    );
    for wrong in [
        json!({"profileId": "12", "isReadOnly": true, "isWriteOnly": true}),
        json!({"profileId": id, "isWriteOnly": true}),
        json!({"isReadOnly": true, "isWriteOnly": true}),
        json!({"profileId": id, "isReadOnly": true, "isWriteOnly": true, "isInVisible": true}),
        json!({"profileId": id, "isReadOnly": "yes", "isWriteOnly": true}),
    ] {
        assert_eq!(
            world.call("PATCH", &path, body(wrong.clone())).0,
            422,
            "{wrong}"
        );
    }
    let nothing = "/organizationFields/12/permissions";
    assert_eq!(world.call("PATCH", nothing, body(read)).0, 404);
    assert_eq!(world.get(&path).1["data"], rows);
    // No other answer of the field shows it.
    let field = world.get(&format!("/fields/{subject}")).1;
    assert!(
        !field.as_object().unwrap().contains_key("access"),
        "{field}"
    );
}
