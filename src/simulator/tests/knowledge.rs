//! The knowledge base, reply addresses and time tracking of the openapi dialect.

use super::*;

/// What a root category needs.
fn root(department: &str) -> Value {
    json!({"name": "Guides", "description": "How it works", "primaryDepartmentId": department,
        "status": "SHOW_IN_HELPCENTER", "visibility": "ALL_USERS", "groupIds": [],
        "articleViewType": "LISTVIEW", "isReviewEnabled": false, "logoId": "12",
        "translations": [{"locale": "en", "name": "Guides", "description": "How it works"}]})
}

#[test]
fn categories_are_made_shown_as_a_tree_and_trashed_with_what_lies_below() {
    let mut world = World::new(Dialect::Openapi);
    let department = world.id("departments", "name", "Example Company");
    let made = world.ok("POST", "/kbRootCategories", root(&department));
    let id = id_of(&made);
    assert_eq!(made["logoUrl"], "https://desk.example.com/logos/12");
    assert_eq!((&made["groups"], made.get("groupIds")), (&json!([]), None));
    // Each key that the schema demands, and no update.
    for lacking in [
        "description",
        "groupIds",
        "logoId",
        "translations",
        "visibility",
    ] {
        let mut body = root(&department);
        body.as_object_mut().unwrap().shift_remove(lacking);
        assert_eq!(
            world.call("POST", "/kbRootCategories", body).0,
            422,
            "{lacking}"
        );
    }
    let path = format!("/kbRootCategories/{id}");
    assert_eq!(world.call("PATCH", &path, json!({"name": "Other"})).0, 405);
    let section = |name: &str, parent: &str| {
        json!({"name": name, "parentCategoryId": parent,
            "translations": [{"locale": "en", "name": name}]})
    };
    let above = id_of(&world.ok("POST", "/kbSections", section("Billing", &id)));
    let below = id_of(&world.ok("POST", "/kbSections", section("Invoices", &above)));
    assert_eq!(
        world.call("POST", "/kbSections", section("Lost", "1")).0,
        422
    );
    let (status, tree) = world.get(&format!("{path}/categoryTree"));
    assert_eq!(status, 200);
    let first = &tree["children"][0];
    assert_eq!(
        (&first["id"], &first["parentCategoryId"]),
        (&json!(above), &json!(id))
    );
    let second = &first["children"][0];
    assert_eq!(
        (&second["id"], &second["parentCategoryId"]),
        (&json!(below), &json!(above))
    );
    assert_eq!(
        (&second["rootCategoryId"], second.get("groups")),
        (&json!(id), None)
    );
    // A section stays where it is.
    let path = format!("/kbSections/{below}");
    assert_eq!(
        world
            .call("PATCH", &path, json!({"parentCategoryId": id}))
            .0,
        422
    );
    let changed = world.ok("PATCH", &path, json!({"visibility": "AGENTS"}));
    assert_eq!(changed["visibility"], "AGENTS");
    assert_eq!(world.delete(&format!("/kbCategory/{above}")), 204);
    let (_, gone) = world.get(&path);
    assert_eq!(gone["isTrashed"], true);
    assert_eq!(world.delete(&format!("/kbCategory/{above}")), 404);
}

#[test]
fn a_reply_address_never_shows_its_password_and_is_verified_by_nobody() {
    let mut world = World::new(Dialect::Openapi);
    let department = world.id("departments", "name", "Example Company");
    let list = "/mailReplyAddress";
    reasons(
        &mut world,
        &[
            ("GET", list, Value::Null, "'departmentId' is missing"),
            (
                "GET",
                "/mailReplyAddress?departmentId=Support",
                Value::Null,
                "'departmentId' is invalid",
            ),
        ],
    );
    assert_eq!(
        world.get("/mailReplyAddress?departmentId=allDepartment").0,
        204
    );
    let details = json!({"host": "smtp.example.com", "port": "587", "userName": "a",
        "connectionType": "TLS", "password": "secret"});
    let body = json!({"address": "a@example.com", "displayName": "A", "departmentId": department,
        "serviceProviderType": "CustomSMTP"});
    assert_eq!(world.call("POST", "/mailReplyAddress", body.clone()).0, 422);
    let mut whole = body;
    whole["smtpDetails"] = details;
    let made = world.ok("POST", list, whole.clone());
    let made = &made["data"];
    let of = format!("{list}?departmentId={department}");
    assert_eq!(world.get(&of).1["data"], json!([made]));
    // An address is one however its letters are written.
    let again = with(whole, json!({"address": "A@Example.com"}));
    reasons(&mut world, &[("POST", list, again, "/address duplicate")]);
    assert_eq!(made["smtpDetails"].get("password"), None);
    assert_eq!(
        (&made["isVerified"], &made["isActive"]),
        (&json!(false), &json!(true))
    );
    let path = format!("/mailReplyAddress/{}", id_of(made));
    for refused in [
        json!({"isVerified": true}),
        json!({"address": "b@example.com"}),
        json!({"smtpDetails": {"host": "smtp2.example.com"}}),
        json!({"serviceProviderType": "CustomSMTP"}),
    ] {
        assert_eq!(
            world.call("PATCH", &path, refused.clone()).0,
            422,
            "{refused}"
        );
    }
    let changed = world.ok("PATCH", &path, json!({"isActive": false}));
    assert_eq!(changed["data"]["isActive"], false);
    assert_eq!(world.delete(&path), 200);
}

#[test]
fn time_tracking_is_made_once_and_replaced_after_that() {
    let mut world = World::new(Dialect::Openapi);
    let department = world.id("departments", "name", "Example Company");
    let path = format!("/timeTrackSettings?depId={department}");
    assert_eq!(world.get(&path).0, 204);
    let first = json!({"depId": department, "isTimeTracking": true, "fixedCost": 12.5});
    assert_eq!(
        world.call("PUT", "/timeTrackSettings", first.clone()).0,
        422
    );
    let made = world.ok("POST", "/timeTrackSettings", first.clone());
    assert_eq!(
        (&made["isTimeTracking"], &made["fixedCost"]),
        (&json!("true"), &json!(12.5))
    );
    assert_eq!(world.call("POST", "/timeTrackSettings", first).0, 422);
    let part = json!({"depId": department, "isTimeTracking": true,
        "activityPreference": {"isTasksEnabled": true}});
    assert_eq!(world.call("PUT", "/timeTrackSettings", part).0, 422);
    let second = json!({"depId": department, "isTimeTracking": false});
    world.ok("PUT", "/timeTrackSettings", second);
    let (_, shown) = world.get(&path);
    assert_eq!(shown["fixedCost"], Value::Null);
}
