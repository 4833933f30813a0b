//! Ticket templates of the openapi dialect.

use super::*;

/// All twenty values, none of which says anything.
fn values() -> Value {
    json!({"subject": null, "description": null, "departmentId": null, "contactId": null, "accountId": null,
        "productId": null, "assigneeId": null, "teamId": null, "secondaryContacts": null, "email": null,
        "phone": null, "status": null, "priority": null, "category": null, "subCategory": null,
        "classification": null, "channel": null, "language": null, "dueDate": null, "cf": null})
}

fn with(key: &str, value: Value) -> Value {
    let mut values = values();
    values[key] = value;
    values
}

#[test]
fn templates_take_all_twenty_values_and_show_them_one_by_one() {
    let mut world = World::new(Dialect::Openapi);
    let layout = world.id("layouts", "module", "Cases");
    let body = |name: &str, values: Value| {
        json!({"ticketTemplateName": name, "layoutId": layout,
            "ticketTemplateValues": values})
    };
    world.ok(
        "POST",
        "/fields?module=tickets",
        json!({"type": "Text", "displayLabel": "Region", "maxLength": 20}),
    );
    let mut said = with("subject", json!("Broken router"));
    said["cf"] = json!({"cf_region": "EMEA", "cf_lost": "x"});
    let (status, made) = world.call("POST", "/ticketTemplates", body("Router", said));
    assert_eq!(
        (status, &made["showInCustomerPortal"]),
        (200, &json!(false))
    );
    let shown = &made["ticketTemplateValues"];
    assert_eq!(
        (&shown["subject"], &shown["cf"], &shown["ticketNumber"]),
        (
            &json!("Broken router"),
            &json!({"cf_region": "EMEA"}),
            &Value::Null
        )
    );
    let id = id_of(&made);
    let (_, list) = world.get("/ticketTemplates?limit=100");
    assert_eq!(list["data"][0]["id"], json!(id));
    assert_eq!(list["data"][0].get("ticketTemplateValues"), None);
    // What an update leaves out of the values is lost.
    let path = format!("/ticketTemplates/{id}");
    let changed = world.ok(
        "PATCH",
        &path,
        json!({"ticketTemplateValues": with("status", json!("Open"))}),
    );
    let shown = &changed["ticketTemplateValues"];
    assert_eq!(
        (&shown["subject"], &shown["status"], &shown["cf"]),
        (&Value::Null, &json!("Open"), &json!({"cf_region": null}))
    );
    let contacts = world.id("layouts", "module", "Contacts");
    let mut of_contacts = body("Other", values());
    of_contacts["layoutId"] = json!(contacts);
    let mut lacking = values();
    lacking.as_object_mut().unwrap().shift_remove("cf");
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/ticketTemplates",
                body("Lacking", lacking),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/ticketTemplates",
                body("Late", with("dueDate", json!("tomorrow"))),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/ticketTemplates",
                body("Rung", with("phone", json!("1;2"))),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/ticketTemplates",
                body("Odd", with("cf", json!({"cf_region": "<b>"}))),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/ticketTemplates",
                of_contacts,
                422,
                "UNPROCESSABLE_ENTITY",
                false,
            ),
            (
                "POST",
                "/ticketTemplates",
                body("Router", values()),
                422,
                "INVALID_DATA",
                false,
            ),
        ],
    );
}

#[test]
fn templates_go_several_at_once_and_the_answer_says_which_did() {
    let mut world = World::new(Dialect::Openapi);
    let layout = world.id("layouts", "module", "Cases");
    let body = json!({"ticketTemplateName": "Router", "layoutId": layout,
        "ticketTemplateValues": values()});
    let id = id_of(&world.ok("POST", "/ticketTemplates", body));
    assert_eq!(world.delete(&format!("/ticketTemplates/{id}")), 405);
    let answer = world.ok(
        "POST",
        "/ticketTemplates/deleteMany",
        json!({"ids": [id, "9"]}),
    );
    let told: Vec<&Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["success"])
        .collect();
    assert_eq!(told, [&json!(true), &json!(false)]);
    assert_eq!(world.get("/ticketTemplates").0, 204);
}
