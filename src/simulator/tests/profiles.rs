//! Profiles of the openapi dialect.

use super::*;

fn world() -> World {
    World::new(Dialect::Openapi)
}

fn clone(world: &mut World, source: &str, name: &str) -> String {
    let source = world.id("profiles", "name", source);
    id_of(&world.ok(
        "POST",
        &format!("/profiles/{source}/clone"),
        json!({"name": name}),
    ))
}

#[test]
fn a_profile_is_cloned_changed_and_deleted() {
    let mut world = world();
    let standard = world.id("profiles", "name", "Agent");
    let path = format!("/profiles/{standard}/clone");
    let body = json!({"name": "First Level", "description": "Answers first"});
    let (status, made) = world.call("POST", &path, body);
    assert_eq!(status, 200);
    let id = id_of(&made);
    let source = world.get(&format!("/profiles/{standard}")).1;
    assert_eq!(made["permissions"], source["permissions"]);
    assert_eq!(made["permissions"]["tickets"]["view"], true);
    assert_eq!(made["permissions"]["tickets"]["delete"], false);
    assert_eq!(
        (&made["type"], &made["default"], &made["description"]),
        (&json!("Custom"), &json!(false), &json!("Answers first"))
    );

    let path = format!("/profiles/{id}");
    let mut reports = made["permissions"]["reports"].clone();
    reports["export"] = json!(true);
    reports["create"] = Value::Null;
    let body = json!({"name": "Second Level", "permissions": {"reports": reports, "tickets": null,
        "zia": {"view": true}}});
    let changed = world.ok("PATCH", &path, body);
    assert_eq!(changed["name"], "Second Level");
    assert_eq!(changed["permissions"]["reports"]["export"], true);
    assert_eq!(
        changed["permissions"]["reports"]["create"],
        made["permissions"]["reports"]["create"]
    );
    assert_eq!(
        changed["permissions"]["tickets"],
        made["permissions"]["tickets"]
    );
    assert_eq!(changed["permissions"]["zia"], json!({"view": true}));
    assert_eq!(
        world.get(&format!("/profiles/{standard}")).1["permissions"],
        source["permissions"]
    );
    assert_eq!(
        world.ok("PATCH", &path, json!({"description": ""}))["description"],
        ""
    );

    let manager = world.id("roles", "name", "Manager");
    let sarah = agent(&mut world, "sarah@example.com");
    let custom = json!({"rolePermissionType": "Custom", "roleId": manager, "profileId": id});
    world.ok("PATCH", &format!("/agents/{sarah}"), custom);
    let (status, agents) = world.get(&format!("{path}/agents?active=true"));
    assert_eq!(status, 200);
    assert_eq!(agents["agents"][0]["id"], sarah);
    assert_eq!(world.get(&format!("{path}/agents?confirmed=true")).0, 204);
    let heir = json!({"transferToProfileId": standard});
    assert_eq!(
        world.call("POST", &format!("{path}/delete"), heir),
        (204, Value::Null)
    );
    assert_eq!(
        world.get(&format!("/agents/{sarah}")).1["profileId"],
        standard
    );
    assert_eq!(world.get(&path).0, 404);
    assert_eq!(world.violations(), 0);
}

#[test]
fn refusals_of_profiles() {
    let mut world = world();
    let standard = world.id("profiles", "name", "Agent");
    let id = clone(&mut world, "Agent", "First Level");
    clone(&mut world, "Light Agent", "Second Level");
    let path = format!("/profiles/{id}");
    let (copy, leave) = (format!("{path}/clone"), format!("{path}/delete"));
    let system = format!("/profiles/{standard}");
    let whole = world.get(&path).1["permissions"]["tickets"].clone();
    let with = |flag: &str, value: Value| {
        let mut group = whole.clone();
        group[flag] = value;
        json!({"permissions": {"tickets": group}})
    };
    let invalid = "INVALID_DATA";
    let refused = "UNPROCESSABLE_ENTITY";
    refusals(
        &mut world,
        &[
            ("POST", &copy, json!({}), 422, invalid, true),
            ("POST", &copy, json!({"name": "A & B"}), 422, invalid, true),
            (
                "POST",
                &copy,
                json!({"name": "x".repeat(51)}),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                &copy,
                json!({"name": "First Level"}),
                422,
                invalid,
                false,
            ),
            (
                "POST",
                &copy,
                json!({"name": "A", "description": null}),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                &copy,
                json!({"name": "A", "permissions": {}}),
                422,
                refused,
                true,
            ),
            (
                "POST",
                "/profiles/9/clone",
                json!({"name": "A"}),
                404,
                "URL_NOT_FOUND",
                false,
            ),
            (
                "POST",
                "/profiles",
                json!({"name": "A"}),
                405,
                "METHOD_NOT_ALLOWED",
                true,
            ),
            ("PATCH", &path, json!({}), 422, "EMPTY_PAYLOAD", true),
            (
                "PATCH",
                &path,
                json!({"name": "Second Level"}),
                422,
                invalid,
                false,
            ),
            (
                "PATCH",
                &path,
                json!({"description": "x".repeat(3_201)}),
                422,
                invalid,
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"isVisible": false}),
                422,
                refused,
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"permissions": {"spells": {}}}),
                422,
                refused,
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"permissions": {"zia": {"cast": true}}}),
                422,
                refused,
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"permissions": {"tickets": {"view": true}}}),
                422,
                invalid,
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"permissions": {"modules": {"view": null}}}),
                422,
                invalid,
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"permissions": null}),
                422,
                invalid,
                true,
            ),
            (
                "PATCH",
                &path,
                with("view", json!("true")),
                422,
                invalid,
                true,
            ),
            ("PATCH", &path, with("view", json!(1)), 422, invalid, true),
            (
                "PATCH",
                &system,
                json!({"name": "Other"}),
                422,
                refused,
                false,
            ),
            ("POST", &leave, json!({}), 422, invalid, true),
            (
                "POST",
                &leave,
                json!({"transferToProfileId": "9"}),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                &leave,
                json!({"transferToProfileId": id}),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                &format!("{system}/delete"),
                json!({"transferToProfileId": id}),
                422,
                refused,
                false,
            ),
        ],
    );
    assert_eq!(world.delete(&path), 405);
    // A system profile may be changed otherwise, and be sent with the name that it has.
    let body = json!({"name": "Agent", "permissions": {"tickets": whole}});
    world.ok("PATCH", &system, body);
}

#[test]
fn the_list_of_profiles_shows_what_is_asked_for() {
    let mut world = world();
    let id = clone(&mut world, "Agent", "First Level");
    let items = |world: &mut World, query: &str| {
        let body = world.get(&format!("/profiles{query}")).1;
        body["data"].as_array().cloned().unwrap_or_default()
    };
    let all = items(&mut world, "");
    assert_eq!(all.len(), 4);
    assert_eq!(all[3], world.get(&format!("/profiles/{id}")).1);
    let some = items(&mut world, "?fields=type,default&default=false");
    assert_eq!(
        some,
        [json!({"id": id, "name": "First Level", "type": "Custom", "default": false})]
    );
    for (query, count) in [
        ("?default=true", 3),
        ("?visible=false", 0),
        ("?searchStr=%25level", 1),
        ("?searchStr=first%25", 1),
        ("?searchStr=level", 0),
        ("?limit=3", 3),
        ("?from=3&limit=3", 1),
        ("?from=4", 0),
    ] {
        assert_eq!(items(&mut world, query).len(), count, "{query}");
    }
    assert_eq!(world.get("/profiles?from=4").0, 204);
    for query in [
        "limit=0",
        "limit=251",
        "from=-1",
        "fields=name",
        "fields=permissions,x",
    ] {
        assert_eq!(world.get(&format!("/profiles?{query}")).0, 422, "{query}");
    }
    let light = world.id("profiles", "name", "Light Agent");
    assert_eq!(world.get("/lightAgentProfile").1["id"], light);
    let administrator = world.id("profiles", "name", "Support Administrator");
    assert_eq!(world.get("/myProfile").1["id"], administrator);
    let mine = world.get("/myProfilePermissions").1;
    assert_eq!(mine["permissions"]["setup"]["webhooks"], true);
}

#[test]
fn flags_come_as_words_where_an_organization_answers_so() {
    let mut world = world();
    let quirks = Quirks {
        booleans_as_strings: true,
        ..Quirks::default()
    };
    world
        .simulator
        .set_faults(Faults::new(0).with_quirks(quirks));
    let list = world.get("/profiles").1;
    let agent = &list["data"][1];
    assert_eq!(agent["default"], "true");
    assert_eq!(agent["permissions"]["tickets"]["delete"], "false");
    assert_eq!(agent["isVisible"], "true");
}
