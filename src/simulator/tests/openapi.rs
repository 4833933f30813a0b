//! Each operation of the openapi dialect: success and refusal.

use super::*;

fn world() -> World {
    World::new(Dialect::Openapi)
}

#[test]
fn organizations() {
    let mut world = world();
    let (_, list) = world.get("/organizations");
    assert_eq!(list["data"][0]["edition"], "ENTERPRISE");
    assert_eq!(list["data"][0]["isSandboxPortal"], false);
    assert_eq!(
        world.get("/organizations/700001").1["companyName"],
        "Example Company"
    );
    assert_eq!(world.get("/organizations/9").0, 404);
    assert_eq!(
        world.ok(
            "PATCH",
            "/organizations/700001",
            json!({"alias": "Example"})
        )["alias"],
        "Example"
    );
    refusals(
        &mut world,
        &[
            (
                "PATCH",
                "/organizations/700001",
                json!({}),
                422,
                "EMPTY_PAYLOAD",
                true,
            ),
            (
                "PATCH",
                "/organizations/700001",
                json!({"id": "1"}),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "PATCH",
                "/organizations/9",
                json!({"alias": "E"}),
                404,
                "URL_NOT_FOUND",
                false,
            ),
        ],
    );
}

#[test]
fn departments() {
    let mut world = world();
    let me = world.here().acting_agent().to_owned();
    let id = department(&mut world, "Billing & Payments");
    let path = format!("/departments/{id}");
    let (_, list) = world.get("/departments?limit=100");
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert!(list["data"][1].get("associatedAgentIds").is_none());
    assert_eq!(world.get(&path).1["associatedAgentIds"], json!([me]));
    assert_eq!(
        world.get("/myinfo").1["associatedDepartmentIds"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let sarah = agent(&mut world, "sarah@example.com");
    world.ok(
        "POST",
        &format!("{path}/associateAgents"),
        json!({"agentIds": [sarah]}),
    );
    world.ok(
        "POST",
        &format!("{path}/dissociateAgents"),
        json!({"agentIds": [me]}),
    );
    assert_eq!(world.get(&path).1["associatedAgentIds"], json!([sarah]));
    let leaving = json!({"agentIds": [sarah]});
    refusals(
        &mut world,
        &[
            (
                "POST",
                &format!("{path}/dissociateAgents"),
                leaving,
                422,
                "UNPROCESSABLE_ENTITY",
                false,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "A"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "A", "associatedAgentIds": []}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "A", "associatedAgentIds": ["9"]}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "A#", "associatedAgentIds": [me]}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "A", "associatedAgentIds": [me], "description": null}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "A", "associatedAgentIds": [me], "isEnabled": true}),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "POST",
                "/departments",
                json!({"name": "Billing & Payments", "associatedAgentIds": [me]}),
                422,
                "INVALID_DATA",
                false,
            ),
            (
                "PATCH",
                &path,
                json!({"name": "x".repeat(151)}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"associatedAgentIds": []}),
                422,
                "INVALID_DATA",
                true,
            ),
            ("PATCH", &path, json!({}), 422, "EMPTY_PAYLOAD", true),
            (
                "POST",
                &format!("{path}/enable"),
                json!({"x": 1}),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
        ],
    );
    assert_eq!(
        world.ok("PATCH", &path, json!({"description": "Money"}))["description"],
        "Money"
    );
    world.ok("POST", &format!("{path}/disable"), json!({}));
    assert_eq!(
        world.get("/departments?isEnabled=false").1["data"][0]["id"],
        id
    );
    let request = world.request("POST", &format!("{path}/enable"), None);
    assert_eq!(world.send(&request).0, 204);
    assert_eq!(world.get("/departments?isEnabled=false").0, 204);
    let default = world.id("departments", "name", "Example Company");
    let found = world.refused(
        "POST",
        &format!("/departments/{default}/disable"),
        json!({}),
    );
    assert_eq!(found, (422, "UNPROCESSABLE_ENTITY".into(), false));
}

#[test]
fn agents() {
    let mut world = world();
    let default = world.id("departments", "name", "Example Company");
    let manager = world.id("roles", "name", "Manager");
    let profile = world.id("profiles", "name", "Agent");
    let sarah = agent(&mut world, "sarah@example.com");
    let path = format!("/agents/{sarah}");
    let seen = world.get(&format!("{path}?include=role,profile")).1;
    assert_eq!(
        (
            &seen["isConfirmed"],
            &seen["role"]["name"],
            &seen["profile"]["name"]
        ),
        (&json!(false), &json!("Manager"), &json!("Agent"))
    );
    let with = |more: Value| {
        let mut body = json!({"emailId": "tom@example.com", "lastName": "Miller", "rolePermissionType": "Custom",
            "roleId": manager, "profileId": profile, "associatedDepartmentIds": [default]});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let without = |key: &str| {
        let mut body = with(json!({}));
        body.as_object_mut().unwrap().remove(key);
        body
    };
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/agents",
                with(json!({"emailId": "SARAH@example.com"})),
                422,
                "INVALID_DATA",
                false,
            ),
            (
                "POST",
                "/agents",
                with(json!({"emailId": "tom"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents",
                with(json!({"email": "tom@example.com"})),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "POST",
                "/agents",
                with(json!({"rolePermissionType": "Admin"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents",
                with(json!({"rolePermissionType": "Boss"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents",
                with(json!({"roleId": "9"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents",
                with(json!({"associatedDepartmentIds": [default, default]})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents",
                with(json!({"timeZone": "New York"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents",
                without("roleId"),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents",
                without("associatedDepartmentIds"),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"status": "INACTIVE"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/agents/deleteUnconfirmed",
                json!({"agentIds": ["9"]}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "DELETE",
                &path,
                json!({}),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
        ],
    );
    let tom = id_of(&world.ok("POST", "/agents", with(json!({"phone": "555-010-0001"}))));
    let light = json!({"rolePermissionType": "Light"});
    let light_role = world.id("roles", "name", "LightAgent");
    assert_eq!(
        world.ok("PATCH", &format!("/agents/{tom}"), light)["roleId"],
        light_role
    );
    assert_eq!(
        world.get("/agents?isLightAgent=true").1["data"][0]["id"],
        tom
    );
    assert_eq!(world.get("/agents/email/TOM%40example.com").1["id"], tom);
    assert_eq!(world.get("/agents/email/nobody@example.com").0, 204);
    let request = world.request("POST", &format!("{path}/deactivate"), None);
    assert_eq!(world.send(&request).0, 204);
    assert_eq!(
        world.get("/agents?status=DISABLED").1["data"][0]["id"],
        sarah
    );
    world.ok("POST", "/agents/activate", json!({"agentIds": [sarah]}));
    assert_eq!(world.get("/agents?status=DISABLED").0, 204);
    world.here().change("agents", &sarah, |agent| {
        agent.insert("isConfirmed".into(), json!(true));
    });
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.get(&path).0, 404);
    assert_eq!(
        world.get("/agents?status=DELETED").1["data"][0]["id"],
        sarah
    );
    world.ok(
        "POST",
        "/agents/deleteUnconfirmed",
        json!({"agentIds": [tom]}),
    );
    let me = world.here().acting_agent().to_owned();
    assert_eq!(world.delete(&format!("/agents/{me}")), 403);
}

#[test]
fn roles() {
    let mut world = world();
    let manager = world.id("roles", "name", "Manager");
    let body = json!({"name": "Support Agent", "shareDataWithPeers": true, "reportsTo": manager});
    let id = id_of(&world.ok("POST", "/roles", body));
    let below = world.ok(
        "POST",
        "/roles",
        json!({"name": "Trainee", "shareDataWithPeers": false, "reportsTo": id}),
    );
    assert_eq!(
        world.get(&format!("/roles/{id}")).1["immediateSubRoles"],
        json!([id_of(&below)])
    );
    let itself = json!({"reportsTo": id});
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/roles",
                json!({"name": "A"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/roles",
                json!({"name": "A & B", "shareDataWithPeers": true}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/roles",
                json!({"name": "CEO", "shareDataWithPeers": true}),
                422,
                "INVALID_DATA",
                false,
            ),
            (
                "PATCH",
                &format!("/roles/{id}"),
                itself,
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &format!("/roles/{id}"),
                json!({"reportsTo": null}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                &format!("/roles/{id}/delete"),
                json!({}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                &format!("/roles/{manager}/delete"),
                json!({"transferToRoleId": id}),
                422,
                "UNPROCESSABLE_ENTITY",
                false,
            ),
        ],
    );
    assert_eq!(world.delete(&format!("/roles/{id}")), 405);
    assert_eq!(
        world.ok(
            "PATCH",
            &format!("/roles/{id}"),
            json!({"name": "First Level"})
        )["name"],
        "First Level"
    );
    world.ok(
        "POST",
        &format!("/roles/{id}/delete"),
        json!({"transferToRoleId": id_of(&below)}),
    );
    let trainee = world.get(&format!("/roles/{}", id_of(&below))).1;
    assert_eq!(trainee["reportsTo"], manager);
}

#[test]
fn accounts_and_contacts() {
    let mut world = world();
    world.ok(
        "POST",
        "/fields?module=contacts",
        json!({"displayLabel": "Region", "type": "Picklist"}),
    );
    let acme = world.ok(
        "POST",
        "/accounts",
        json!({"accountName": "Acme", "website": "https://www.example.com"}),
    );
    let body = json!({"lastName": "Smith", "email": "john@example.com", "accountId": id_of(&acme), "title": "IT",
        "description": "one\ntwo", "cf": {"cf_region": "EMEA", "cf_wrong": "x"}});
    let john = world.ok("POST", "/contacts", body);
    assert_eq!(john["cf"], json!({"cf_region": "EMEA"}));
    assert_eq!(john["accountCount"], "1");
    let item = world
        .get("/contacts?fields=title,cf_region&include=accounts")
        .1["data"][0]
        .clone();
    assert_eq!(
        (&item["title"], &item["cf"]["cf_region"]),
        (&json!("IT"), &json!("EMEA"))
    );
    assert_eq!(item["account"]["accountName"], "Acme");
    assert!(item.get("modifiedTime").is_none() && item.get("description").is_none());
    let path = format!("/contacts/{}", id_of(&john));
    assert_eq!(
        world.get(&format!("{path}?include=owner")).1["owner"]["lastName"],
        "Administrator"
    );
    let other = json!({"lastName": "Doe", "email": "JOHN@example.com"});
    refusals(
        &mut world,
        &[
            ("POST", "/contacts", other, 422, "INVALID_DATA", false),
            (
                "POST",
                "/contacts",
                json!({"firstName": "John"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/contacts",
                json!({"lastName": "Doe", "mobile": null}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/contacts",
                json!({"lastName": "Doe", "zip": ["AB1"]}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/contacts",
                json!({"lastName": "Doe", "accountId": "9"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/contacts",
                json!({"lastName": "Doe", "cf": {"cf_region": 5}}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/contacts",
                json!({"lastName": "Doe", "code": "1"}),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"city": "x".repeat(31)}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"lastName": ""}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"modifiedTime": "x"}),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            ("DELETE", &path, json!({}), 405, "METHOD_NOT_ALLOWED", true),
            (
                "POST",
                "/accounts",
                json!({"accountName": "Acme"}),
                422,
                "INVALID_DATA",
                false,
            ),
            (
                "POST",
                "/accounts",
                json!({"website": "https://example.com"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/accounts",
                json!({"accountName": "B", "website": "example.com"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/accounts",
                json!({"accountName": "B", "annualrevenue": 5}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/accounts",
                json!({"accountName": "B", "associatedSLAIds": ["5"]}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/contacts/moveToTrash",
                json!({"contactIds": ["5"]}),
                422,
                "INVALID_DATA",
                true,
            ),
        ],
    );
    world.ok(
        "POST",
        "/contacts",
        json!({"lastName": "x", "city": "x".repeat(100)}),
    );
    world.now += 1_000;
    let changed = world.ok(
        "PATCH",
        &path,
        json!({"email": null, "accountId": null, "cf": {"cf_region": ""}}),
    );
    assert_eq!(
        (
            &changed["email"],
            &changed["cf"]["cf_region"],
            &changed["title"]
        ),
        (&Value::Null, &Value::Null, &json!("IT"))
    );
    assert_ne!(changed["modifiedTime"], changed["createdTime"]);
    world.ok(
        "POST",
        "/contacts/moveToTrash",
        json!({"contactIds": [id_of(&john)]}),
    );
    assert_eq!(world.header("x-rate-limit-request-weight-v3"), Some(6));
    assert_eq!(world.get(&path).1["isTrashed"], true);
    assert_eq!(world.call("PATCH", &path, json!({"title": "x"})).0, 404);
    assert_eq!(
        world.get("/contacts").1["data"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn pages_begin_at_one_for_accounts_and_at_zero_for_contacts() {
    let mut world = world();
    for number in 0..15 {
        world
            .here()
            .insert("accounts", json!({"accountName": format!("A{number:02}")}));
        world
            .here()
            .insert("contacts", json!({"lastName": format!("C{number:02}")}));
    }
    let mut names = |target: &str, field: &str| -> Vec<String> {
        let (_, body) = world.get(target);
        let items = body["data"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|item| item[field].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("/accounts?from=0&limit=2", "accountName"),
        ["A00", "A01"]
    );
    assert_eq!(
        names("/accounts?from=1&limit=2", "accountName"),
        ["A00", "A01"]
    );
    assert_eq!(
        names("/accounts?from=3&limit=2", "accountName"),
        ["A02", "A03"]
    );
    assert_eq!(
        names("/contacts?from=0&limit=2", "lastName"),
        ["C00", "C01"]
    );
    assert_eq!(
        names("/contacts?from=1&limit=2", "lastName"),
        ["C01", "C02"]
    );
    assert_eq!(names("/contacts", "lastName").len(), 10);
    assert_eq!(
        names("/accounts?sortBy=-accountName&limit=1", "accountName"),
        ["A14"]
    );
    assert_eq!(names("/contacts?from=15", "lastName").len(), 0);
    assert_eq!(
        names("/contacts/search?lastName=C1*&limit=2&from=1", "lastName"),
        ["C11", "C12"]
    );
    assert_eq!(world.get("/contacts/search?lastName=C1*").1["count"], "5");
    assert_eq!(world.get("/contacts/search?lastName=C99").0, 204);
    assert_eq!(world.get("/contacts?limit=101").0, 422);
    assert_eq!(world.get("/contacts?sortBy=-lastName").0, 422);
}

#[test]
fn fields() {
    let mut world = world();
    let region = json!({"displayLabel": "Sales Region", "type": "Text", "maxLength": "50"});
    let (status, first) = world.call("POST", "/fields?module=contacts", region.clone());
    assert_eq!(
        (status, first["apiName"].as_str()),
        (201, Some("cf_sales_region"))
    );
    assert!(first.get("module").is_none());
    assert_eq!(
        world.ok("POST", "/fields?module=contacts", region.clone())["apiName"],
        "cf_sales_region_1"
    );
    assert_eq!(
        world.ok("POST", "/fields?module=tickets", region.clone())["apiName"],
        "cf_sales_region"
    );
    let path = format!("/fields/{}", id_of(&first));
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/fields",
                region.clone(),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "POST",
                "/fields?module=nothing",
                region.clone(),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "POST",
                "/fields?module=contacts",
                json!({"displayLabel": "A", "type": "Text"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/fields?module=contacts",
                json!({"displayLabel": "A", "type": "Fax"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/fields?module=contacts",
                json!({"displayLabel": "A", "type": "Text", "maxLength": 256}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/fields?module=contacts",
                json!({"displayLabel": "A", "type": "Picklist", "allowedValues": []}),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "POST",
                "/fields?module=contacts",
                json!({"displayLabel": "A", "type": "Boolean", "defaultValue": true}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"displayLabel": "B"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"displayLabel": "B", "type": "Date"}),
                422,
                "INVALID_DATA",
                true,
            ),
        ],
    );
    let changed = world.ok(
        "PATCH",
        &path,
        json!({"displayLabel": "Area", "type": "Text", "maxLength": 60}),
    );
    assert_eq!(
        (&changed["apiName"], &changed["displayLabel"]),
        (&json!("cf_sales_region"), &json!("Area"))
    );
    assert_eq!(world.get(&path).1["isCustomField"], true);
    let body = json!({"lastName": "Smith", "cf": {"cf_sales_region": "x"}});
    let smith = id_of(&world.ok("POST", "/contacts", body));
    let request = world.request("DELETE", &path, None);
    assert_eq!(world.send(&request), (200, Value::Null));
    assert!(
        world.get(&format!("/contacts/{smith}")).1["cf"]
            .get("cf_sales_region")
            .is_none()
    );
    let list = world
        .get("/fields?module=contacts&filter=isCustomField='true'")
        .1;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let system = world.id("fields", "apiName", "lastName");
    assert_eq!(world.delete(&format!("/fields/{system}")), 422);
}

#[test]
fn webhooks() {
    let mut world = world();
    assert_eq!(world.get("/webhooks").0, 204);
    let hook = |more: Value| {
        let mut body = json!({"url": "https://hooks.example.com/desk?key=1", "subscriptions": {"Ticket_Add": {}, "Contact_Add": null}});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let first = world.ok("POST", "/webhooks", hook(json!({"name": "crm-sync"})));
    let path = format!("/webhooks/{}", id_of(&first));
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/webhooks",
                json!({"url": "https://example.com"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/webhooks",
                hook(json!({"url": "hooks.example.com"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/webhooks",
                hook(json!({"name": "crm->desk"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/webhooks",
                hook(json!({"subscriptions": {"Ticket_Gone": null}})),
                422,
                "UNPROCESSABLE_ENTITY",
                true,
            ),
            (
                "POST",
                "/webhooks",
                hook(json!({"subscriptions": {"Contact_Add": {}}})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/webhooks",
                hook(
                    json!({"subscriptions": {"Ticket_Update": {"fields": ["a", "b", "c", "d", "e", "f"]}}}),
                ),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/webhooks",
                hook(json!({"ignoreSourceId": "x"})),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"isEnabled": false}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &path,
                hook(json!({"url": format!("https://example.com/{}", "x".repeat(90))})),
                422,
                "INVALID_DATA",
                true,
            ),
        ],
    );
    let changed = world.ok(
        "PATCH",
        &path,
        json!({"subscriptions": {"Ticket_Delete": null}, "isEnabled": false}),
    );
    assert_eq!(
        (&changed["subscriptions"], &changed["name"]),
        (&json!({"Ticket_Delete": null}), &json!("crm-sync"))
    );
    for _ in 0..10 {
        world.ok("POST", "/webhooks", hook(json!({})));
    }
    let limit = (422, "UNPROCESSABLE_ENTITY".to_owned(), false);
    assert_eq!(world.refused("POST", "/webhooks", hook(json!({}))), limit);
    let enable = json!({"subscriptions": {}, "isEnabled": true});
    assert_eq!(world.refused("PATCH", &path, enable), limit);
    for _ in 0..9 {
        world.ok("POST", "/webhooks", hook(json!({"isEnabled": false})));
    }
    assert_eq!(
        world.refused("POST", "/webhooks", hook(json!({"isEnabled": false}))),
        limit
    );
    let request = world.request("DELETE", &path, None);
    assert_eq!(world.send(&request), (200, Value::Null));
    assert_eq!(world.delete(&path), 404);
    world.here().set_edition(Edition::Standard);
    assert_eq!(world.refused("POST", "/webhooks", hook(json!({}))), limit);
}

#[test]
fn service_levels_are_read_through_other_objects() {
    let mut world = world();
    let department = world.id("departments", "name", "Example Company");
    let hours = world.id("businessHours", "name", "Default");
    let acme = id_of(&world.ok("POST", "/accounts", json!({"accountName": "Acme"})));
    let sla = world.here().insert(
        "slas",
        json!({"name": "Gold", "isActive": true, "departmentId": department}),
    );
    world.here().insert(
        "relatedRules",
        json!({"businessHourId": hours, "ruleId": sla, "ruleName": "Gold", "ruleType": "SLA"}),
    );
    world.here().insert(
        "supportPlans",
        json!({"name": "Plan", "status": "ACTIVE", "department": {"id": department}, "sla": {"id": sla, "name": "Gold"}}),
    );
    let rules = world.get(&format!("/businessHours/{hours}/relatedRules")).1;
    assert_eq!(
        rules["data"],
        json!([{"ruleId": sla, "ruleName": "Gold", "ruleType": "SLA"}])
    );
    assert_eq!(
        world.get("/businessHours?limit=50").1["data"][0]["name"],
        "Default"
    );
    assert_eq!(world.get("/businessHours?limit=51").0, 422);
    assert_eq!(
        world
            .get(&format!("/supportPlans?departmentId={department}"))
            .1["data"][0]["sla"]["id"],
        sla
    );
    assert_eq!(world.get("/supportPlans").0, 422);
    let path = format!("/accounts/{acme}/sla");
    assert_eq!(world.get(&path).0, 204);
    world.ok("POST", &format!("{path}/{sla}"), json!({"associate": true}));
    assert_eq!(
        world.get(&path).1["data"][0]["department"]["id"],
        department
    );
    world.ok(
        "POST",
        &format!("{path}/{sla}"),
        json!({"associate": false}),
    );
    assert_eq!(world.get(&path).0, 204);
    refusals(
        &mut world,
        &[
            (
                "POST",
                &format!("{path}/9"),
                json!({"associate": true}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                &format!("{path}/{sla}"),
                json!({"associate": "true"}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/sla",
                json!({"name": "Gold"}),
                404,
                "URL_NOT_FOUND",
                true,
            ),
        ],
    );
}

#[test]
fn layouts() {
    let mut world = world();
    for (module, title) in [
        ("tickets", "Cases"),
        ("contacts", "Contacts"),
        ("accounts", "Accounts"),
    ] {
        let (_, body) = world.get(&format!("/layouts?module={module}"));
        assert_eq!(body["data"][0]["module"], title);
    }
    assert_eq!(world.get("/layouts?module=tasks&status=inactive").0, 204);
    assert_eq!(world.get("/layouts").0, 422);
}
