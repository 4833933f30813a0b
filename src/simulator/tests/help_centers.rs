//! Help centers, labels and groups of the openapi dialect.

use super::*;

/// A simulator with a second help center, and the ids of both.
fn world() -> (World, String, String) {
    let mut world = World::new(Dialect::Openapi);
    let default = world.id("helpCenters", "name", "Example Company");
    let partners = world.here().insert(
        "helpCenters",
        json!({"name": "Partners", "isDefault": false}),
    );
    (world, default, partners)
}

#[test]
fn help_centers_are_listed_and_read() {
    let (mut world, default, partners) = world();
    let (status, list) = world.get("/helpCenters?limit=50");
    assert_eq!(status, 200);
    let names = |list: &Value| -> Vec<String> {
        let items = list["data"].as_array().unwrap().iter();
        items
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&list), ["Example Company", "Partners"]);
    // Every key that answers of the listing have to have, and none of the single object alone.
    let mut keys: Vec<&String> = list["data"][0].as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "departmentIds",
            "helpCenterLocales",
            "id",
            "isDefault",
            "isEncodedPermalinkAllowed",
            "isMultilingualEnabled",
            "locales",
            "logoUrl",
            "name",
            "primaryLocale",
            "status",
            "url"
        ]
    );
    // The first page begins at 1.
    let (_, second) = world.get("/helpCenters?from=2&limit=1");
    assert_eq!(names(&second), ["Partners"]);
    let (_, with) = world.get("/helpCenters?include=translateSettings");
    assert_eq!(
        with["data"][0]["translateSettings"]["translateMode"],
        "MANUAL"
    );
    let (status, single) = world.get(&format!("/helpCenters/{default}"));
    assert_eq!((status, &single["isDefault"]), (200, &json!(true)));
    assert!(single.get("domains").is_some());
    for (query, status) in [("limit=51", 422), ("from=0", 422), ("include=all", 422)] {
        assert_eq!(
            world.get(&format!("/helpCenters?{query}")).0,
            status,
            "{query}"
        );
    }
    assert_eq!(world.delete(&format!("/helpCenters/{partners}")), 405);
}

#[test]
fn a_label_is_made_read_listed_changed_and_deleted() {
    let (mut world, default, partners) = world();
    let me = world.here().acting_agent().to_owned();
    assert_eq!(world.get("/labels").0, 204);
    let body = json!({"name": "VIP \"gold\"", "helpCenterId": default,
        "preferences": {"bgColor": "#FFF", "textColor": "1A2b3c", "shape": "ROUNDED"}});
    let (status, made) = world.call("POST", "/labels", body);
    assert_eq!(status, 200);
    let id = id_of(&made);
    assert_eq!(
        made["preferences"],
        json!({"bgColor": "#ffffff", "textColor": "#1a2b3c", "shape": "ROUNDED"})
    );
    let author = json!({"id": me, "name": "Desk Administrator", "photoUrl": null});
    assert_eq!((&made["creator"], &made["modifier"]), (&author, &author));
    let mut keys: Vec<&String> = made.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "count",
            "createdTime",
            "creator",
            "helpCenterId",
            "id",
            "logoUrl",
            "modifiedTime",
            "modifier",
            "name",
            "preferences"
        ]
    );
    let path = format!("/labels/{id}");
    assert_eq!(world.get(&path), (200, made.clone()));
    // The same name in another help center; an id may be a number.
    let number: u64 = partners.parse().unwrap();
    let other = world.ok(
        "POST",
        "/labels",
        json!({"name": "VIP \"gold\"", "helpCenterId": number}),
    );
    assert_eq!(other["helpCenterId"], partners);
    assert_eq!(other["preferences"], Value::Null);
    let (_, all) = world.get("/labels?limit=50");
    assert_eq!(all["data"], json!([made, other]));
    let (_, of_one) = world.get(&format!("/labels?helpCenterId={partners}"));
    assert_eq!(of_one["data"], json!([other]));
    let renamed = world.ok("PATCH", &path, json!({"name": "Gold", "logoId": "7"}));
    assert_eq!(renamed["preferences"], made["preferences"]);
    assert!(renamed["logoUrl"].is_string() && renamed.get("logoId").is_none());
    let (_, found) = world.get("/labels?searchBy=go*&sortBy=-name");
    assert_eq!(found["data"], json!([renamed]));
    let cleared = world.ok("PATCH", &path, json!({"preferences": null}));
    assert_eq!(cleared["preferences"], Value::Null);
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.delete(&path), 404);
    assert_eq!(world.get(&path).0, 404);
}

#[test]
fn a_group_is_made_read_listed_changed_and_deleted() {
    let (mut world, default, partners) = world();
    assert_eq!(world.get("/groups").0, 204);
    let body = json!({"name": "Testers", "helpCenterId": default, "description": "They try"});
    let (status, made) = world.call("POST", "/groups", body);
    assert_eq!(status, 200);
    let mut keys: Vec<&String> = made.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "count",
            "createdTime",
            "creator",
            "description",
            "helpCenterId",
            "id",
            "isAssociated",
            "logoUrl",
            "modifiedTime",
            "modifier",
            "name",
            "status"
        ]
    );
    let path = format!("/groups/{}", id_of(&made));
    assert_eq!(world.get(&path), (200, made.clone()));
    world.ok(
        "POST",
        "/groups",
        json!({"name": "Testers", "helpCenterId": partners}),
    );
    let (_, of_one) = world.get(&format!("/groups?helpCenterId={default}"));
    assert_eq!(of_one["data"], json!([made]));
    let changed = world.ok("PATCH", &path, json!({"description": "They try first"}));
    assert_eq!(changed["name"], "Testers");
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.get(&path).0, 404);
}

#[test]
fn what_breaks_the_facts_of_labels_and_groups_is_refused() {
    let (mut world, default, partners) = world();
    let body = json!({"name": "Taken", "helpCenterId": default});
    let label = id_of(&world.ok("POST", "/labels", body.clone()));
    let group = id_of(&world.ok("POST", "/groups", body));
    let (label, group) = (format!("/labels/{label}"), format!("/groups/{group}"));
    let look = |colour: &str, shape: &str| {
        json!({"name": "New", "helpCenterId": default,
            "preferences": {"bgColor": colour, "textColor": "#000", "shape": shape}})
    };
    let long = "a".repeat(101);
    for path in ["/labels", "/groups"] {
        refusals(
            &mut world,
            &[
                (
                    "POST",
                    path,
                    json!({"name": "New"}),
                    422,
                    "INVALID_DATA",
                    true,
                ),
                (
                    "POST",
                    path,
                    json!({"helpCenterId": default}),
                    422,
                    "INVALID_DATA",
                    true,
                ),
                (
                    "POST",
                    path,
                    json!({"name": "New", "helpCenterId": "1"}),
                    422,
                    "INVALID_DATA",
                    true,
                ),
                (
                    "POST",
                    path,
                    json!({"name": "a<b", "helpCenterId": default}),
                    422,
                    "INVALID_DATA",
                    true,
                ),
                (
                    "POST",
                    path,
                    json!({"name": "", "helpCenterId": default}),
                    422,
                    "INVALID_DATA",
                    true,
                ),
                (
                    "POST",
                    path,
                    json!({"name": long, "helpCenterId": default}),
                    422,
                    "INVALID_DATA",
                    true,
                ),
                (
                    "POST",
                    path,
                    json!({"name": "New", "helpCenterId": default, "status": "ACTIVE"}),
                    422,
                    "UNPROCESSABLE_ENTITY",
                    true,
                ),
                (
                    "POST",
                    path,
                    json!({"name": "Taken", "helpCenterId": default}),
                    422,
                    "INVALID_DATA",
                    false,
                ),
            ],
        );
    }
    for path in [&*label, &*group] {
        refusals(
            &mut world,
            &[
                (
                    "PATCH",
                    path,
                    json!({"name": null}),
                    422,
                    "INVALID_DATA",
                    true,
                ),
                (
                    "PATCH",
                    path,
                    json!({"helpCenterId": partners}),
                    422,
                    "UNPROCESSABLE_ENTITY",
                    true,
                ),
            ],
        );
    }
    refusals(
        &mut world,
        &[
            (
                "POST",
                "/labels",
                look("red", "ROUNDED"),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/labels",
                look("#ffff", "ROUNDED"),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "POST",
                "/labels",
                look("#fff", "CIRCLE"),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &label,
                json!({"preferences": {"bgColor": "#fff", "shape": "ROUNDED"}}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &group,
                json!({"description": null}),
                422,
                "INVALID_DATA",
                true,
            ),
            (
                "PATCH",
                &group,
                json!({"description": ""}),
                422,
                "INVALID_DATA",
                true,
            ),
        ],
    );
}
