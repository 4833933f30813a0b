//! Each operation of the guide's dialect: success and refusal.

use super::*;

fn world() -> World {
    World::new(Dialect::Guide)
}

/// Creates an object, which answers 201 under `data`.
fn create(world: &mut World, target: &str, body: Value) -> (String, Value) {
    let (status, answer) = world.call("POST", target, body);
    assert_eq!(status, 201, "{target} {answer}");
    (id_of(&answer["data"]), answer["data"].clone())
}

#[test]
fn an_empty_list_has_a_body() {
    let mut world = world();
    assert_eq!(
        world.get("/contacts"),
        (200, json!({"data": [], "count": 0}))
    );
    assert_eq!(world.get("/organizations").1["count"], 1);
}

#[test]
fn what_the_guide_does_not_have_is_not_there() {
    let mut world = world();
    for path in [
        "/webhooks",
        "/myinfo",
        "/roles",
        "/profiles",
        "/fields?module=contacts",
        "/layouts?module=tickets",
    ] {
        let (status, body) = world.get(path);
        assert_eq!(
            (status, body["errorCode"].as_str()),
            (404, Some("RECORD_NOT_FOUND")),
            "{path}"
        );
    }
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/contacts/moveToTrash",
                json!({"contactIds": []}),
                404,
                "RECORD_NOT_FOUND",
                true,
            ),
            (
                "PATCH",
                "/events/7",
                json!({"isActive": false}),
                404,
                "RECORD_NOT_FOUND",
                true,
            ),
        ],
    );
}

#[test]
fn departments() {
    let mut world = world();
    let (id, seen) = create(
        &mut world,
        "/departments",
        json!({"name": "Technical Support", "description": "x"}),
    );
    assert_eq!(
        (&seen["isEnabled"], &seen["createdTime"]),
        (&json!(true), &json!("2025-12-12T14:00:00.000Z"))
    );
    let path = format!("/departments/{id}");
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/departments",
                json!({"description": "x"}),
                400,
                "REQUIRED_FIELD_MISSING",
                true,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "Technical Support"}),
                400,
                "DUPLICATE_RECORD",
                false,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "A", "associatedAgentIds": []}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"creatorId": "1"}),
                400,
                "FIELD_NOT_EDITABLE",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"isEnabled": "no"}),
                400,
                "INVALID_DATA",
                true,
            ),
            ("PATCH", &path, json!({}), 400, "INVALID_DATA", true),
            (
                "PATCH",
                "/departments/9",
                json!({"name": "B"}),
                404,
                "RECORD_NOT_FOUND",
                false,
            ),
        ],
    );
    assert_eq!(
        world.ok("PATCH", &path, json!({"isEnabled": false}))["data"]["isEnabled"],
        false
    );
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.get(&path).0, 404);
    let default = world.id("departments", "name", "Example Company");
    assert_eq!(world.delete(&format!("/departments/{default}")), 403);
}

#[test]
fn agents_teach_the_names_of_roles() {
    let mut world = world();
    let (_, list) = world.get("/agents");
    assert_eq!(
        (&list["count"], &list["data"][0]["roleName"]),
        (&json!(1), &json!("CEO"))
    );
    let role = list["data"][0]["roleId"].clone();
    let body = json!({"firstName": "Sarah", "lastName": "Johnson", "email": "sarah@example.com", "roleId": role});
    let (id, seen) = create(&mut world, "/agents", body);
    assert_eq!(
        (&seen["roleName"], &seen["isConfirmed"]),
        (&json!("CEO"), &json!(false))
    );
    let path = format!("/agents/{id}");
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/agents",
                json!({"lastName": "J", "email": "Sarah@example.com"}),
                400,
                "DUPLICATE_RECORD",
                false,
            ),
            (
                "POST",
                "/agents",
                json!({"lastName": "J"}),
                400,
                "REQUIRED_FIELD_MISSING",
                true,
            ),
            (
                "POST",
                "/agents",
                json!({"lastName": "J", "emailId": "j@example.com"}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"status": "DISABLED"}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"roleName": "Manager"}),
                400,
                "FIELD_NOT_EDITABLE",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"roleId": "9"}),
                400,
                "INVALID_DATA",
                true,
            ),
        ],
    );
    assert_eq!(
        world.ok("PATCH", &path, json!({"status": "INACTIVE"}))["data"]["status"],
        "INACTIVE"
    );
    assert_eq!(world.delete(&path), 204);
    let me = world.here().acting_agent().to_owned();
    assert_eq!(world.delete(&format!("/agents/{me}")), 403);
}

#[test]
fn an_enumeration_tells_what_it_expects() {
    let mut world = world();
    let body = json!({"url": "https://hooks.example.com", "eventType": "Ticket.Gone"});
    let (_, answer) = world.call("POST", "/events", body);
    assert_eq!(answer["details"]["field"], "eventType");
    assert_eq!(
        answer["details"]["expectedValues"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn accounts_and_contacts() {
    let mut world = world();
    create(
        &mut world,
        "/organizationFields?module=contacts",
        json!({"displayLabel": "Region", "type": "Text"}),
    );
    let (acme, _) = create(
        &mut world,
        "/accounts",
        json!({"accountName": "Acme", "annualRevenue": 50_000_000}),
    );
    let body = json!({"lastName": "Smith", "email": "John.Smith@example.com", "accountId": acme,
        "cf": {"cf_region": "EMEA", "cf_wrong": "x"}});
    let (john, seen) = create(&mut world, "/contacts", body);
    assert_eq!(seen["cf"], json!({"cf_region": "EMEA"}));
    let hits = world
        .get("/contacts/search?email=john.smith%40example.com")
        .1;
    assert_eq!(
        (&hits["count"], &hits["data"][0]["id"]),
        (&json!(1), &json!(john))
    );
    assert_eq!(world.get("/contacts/search?email=john").1["count"], 0);
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/contacts",
                json!({"email": "a@example.com"}),
                400,
                "REQUIRED_FIELD_MISSING",
                true,
            ),
            (
                "POST",
                "/contacts",
                json!({"lastName": "S", "email": "john.smith@example.com"}),
                400,
                "DUPLICATE_RECORD",
                false,
            ),
            (
                "POST",
                "/contacts",
                json!({"lastName": "S", "accountId": "9"}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/accounts",
                json!({"accountName": "Acme"}),
                400,
                "DUPLICATE_RECORD",
                false,
            ),
            (
                "POST",
                "/accounts",
                json!({"accountName": "B", "annualRevenue": "5"}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/accounts",
                json!({"accountName": "B", "annualrevenue": 5}),
                400,
                "INVALID_DATA",
                true,
            ),
        ],
    );
    assert_eq!(world.get("/contacts/search").0, 400);
    assert_eq!(world.get("/contacts?limit=101").0, 400);
    world.now += 1_000;
    let path = format!("/contacts/{john}");
    let changed = world.ok("PATCH", &path, json!({"title": "Boss"}))["data"].clone();
    assert_ne!(changed["modifiedTime"], changed["createdTime"]);
    assert_eq!(world.delete(&format!("/accounts/{acme}")), 204);
    assert_eq!(world.get(&path).1["data"]["accountId"], Value::Null);
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.delete(&path), 404);
}

#[test]
fn slas() {
    let mut world = world();
    let gold = json!({"name": "Gold", "isDefault": true, "responseTime": {"businessHours": 24}});
    let (first, _) = create(&mut world, "/sla", gold.clone());
    create(
        &mut world,
        "/sla",
        json!({"name": "Silver", "isDefault": true}),
    );
    assert_eq!(
        world.get(&format!("/sla/{first}")).1["data"]["isDefault"],
        false
    );
    refusals(
        &mut world,
        &[
            ("POST", "/sla", gold, 400, "DUPLICATE_RECORD", false),
            (
                "POST",
                "/sla",
                json!({"name": "B", "responseTime": {"hours": 24}}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/sla",
                json!({"name": "B", "responseTime": {"businessHours": "24"}}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/sla",
                json!({}),
                400,
                "REQUIRED_FIELD_MISSING",
                true,
            ),
        ],
    );
    let changed = world.ok(
        "PATCH",
        &format!("/sla/{first}"),
        json!({"resolutionTime": {"calendarHours": 72}}),
    );
    assert_eq!(
        changed["data"]["resolutionTime"],
        json!({"calendarHours": 72})
    );
    assert_eq!(world.delete(&format!("/sla/{first}")), 204);
    assert_eq!(world.get("/sla").1["count"], 1);
}

#[test]
fn events() {
    let mut world = world();
    let body = json!({"url": "https://hooks.example.com/desk", "eventType": "Ticket.Add", "actions": ["add"], "isActive": true});
    let (id, _) = create(&mut world, "/events", body.clone());
    create(
        &mut world,
        "/events",
        json!({"url": "https://hooks.example.com/desk", "eventType": "Ticket.Update"}),
    );
    refusals(
        &mut world,
        &[
            ("POST", "/events", body, 400, "DUPLICATE_RECORD", false),
            (
                "POST",
                "/events",
                json!({"eventType": "Ticket.Add"}),
                400,
                "REQUIRED_FIELD_MISSING",
                true,
            ),
            (
                "POST",
                "/events",
                json!({"url": "hooks.example.com", "eventType": "Ticket.Add"}),
                400,
                "INVALID_DATA",
                true,
            ),
        ],
    );
    assert_eq!(world.get("/events").1["count"], 2);
    assert_eq!(world.delete(&format!("/events/{id}")), 204);
    assert_eq!(world.delete(&format!("/events/{id}")), 404);
}

#[test]
fn organization_fields() {
    let mut world = world();
    let target = "/organizationFields?module=contacts";
    let body =
        json!({"displayLabel": "Region", "type": "Picklist", "allowedValues": [{"value": "EMEA"}]});
    let (id, seen) = create(&mut world, target, body.clone());
    assert_eq!(
        (&seen["apiName"], &seen["module"], &seen["isCustomField"]),
        (&json!("cf_region"), &json!("contacts"), &json!(true))
    );
    let path = format!("/organizationFields/{id}");
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/organizationFields",
                body,
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                target,
                json!({"displayLabel": "A", "type": "Text", "allowedValues": [{"value": "x"}]}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                target,
                json!({"displayLabel": "A", "type": "Picklist", "allowedValues": ["x"]}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                target,
                json!({"displayLabel": "A", "type": "Word"}),
                400,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                target,
                json!({"type": "Text"}),
                400,
                "REQUIRED_FIELD_MISSING",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"apiName": "cf_x"}),
                400,
                "FIELD_NOT_EDITABLE",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"type": "Text"}),
                400,
                "INVALID_DATA",
                true,
            ),
        ],
    );
    let values = json!([{"value": "EMEA"}, {"value": "APAC"}]);
    assert_eq!(
        world.ok("PATCH", &path, json!({"allowedValues": values}))["data"]["allowedValues"],
        values
    );
    assert_eq!(world.get(target).1["count"], 5);
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.get(target).1["count"], 4);
}
