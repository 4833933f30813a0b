//! Teams of the openapi dialect.

use super::*;

fn world() -> World {
    World::new(Dialect::Openapi)
}

/// A simulator with a department and an agent in it.
fn support() -> (World, String, String) {
    let mut world = world();
    let support = department(&mut world, "Support");
    let sarah = agent(&mut world, "sarah@example.com");
    join(&mut world, &support, &sarah);
    (world, support, sarah)
}

fn join(world: &mut World, department: &str, agent: &str) {
    let path = format!("/departments/{department}/associateAgents");
    world.ok("POST", &path, json!({"agentIds": [agent]}));
}

fn team(world: &mut World, department: &str, name: &str, more: Value) -> String {
    let mut body = json!({"name": name, "departmentId": department});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    id_of(&world.ok("POST", "/teams", body))
}

fn agents_of(world: &mut World, team: &str) -> Value {
    world.get(&format!("/teams/{team}")).1["agents"].clone()
}

#[test]
fn a_team_is_made_read_listed_changed_and_deleted() {
    let (mut world, support, sarah) = support();
    let me = world.here().acting_agent().to_owned();
    let list = format!("/departments/{support}/teams");
    assert_eq!(world.get(&list), (200, json!({"teams": []})));
    let manager = world.id("roles", "name", "Manager");
    let tier2 = team(
        &mut world,
        &support,
        "Tier 2",
        json!({"agents": [sarah, me]}),
    );
    // Ids may go in as numbers and come out as texts.
    let number: u64 = support.parse().unwrap();
    let body = json!({"name": "Tier 1", "departmentId": number, "description": "First (level)",
        "agents": [sarah, me], "roles": [manager], "rolesWithSubordinates": [manager, manager],
        "subTeams": [tier2]});
    let (status, made) = world.call("POST", "/teams", body);
    assert_eq!(status, 200);
    let id = id_of(&made);
    // The agents come in the order in which they were made, whatever was sent.
    let expected = json!({"id": id, "name": "Tier 1", "description": "First (level)",
        "departmentId": support, "agents": [me, sarah], "roles": [manager],
        "rolesWithSubordinates": [manager], "subTeams": [tier2], "logoUrl": null,
        "derivedAgents": [me, sarah]});
    assert_eq!(made, expected);
    let path = format!("/teams/{id}");
    assert_eq!(world.get(&path), (200, expected.clone()));
    assert_eq!(world.get(&list).1["teams"][1], expected);
    let changed = world.ok("PATCH", &path, json!({"agents": [], "description": ""}));
    assert_eq!(
        (
            &changed["agents"],
            &changed["description"],
            &changed["name"]
        ),
        (&json!([]), &json!(""), &json!("Tier 1"))
    );
    // The sub-team and the role still bring both.
    assert_eq!(changed["derivedAgents"], json!([me, sarah]));
    let nobody = json!({"ticketNewTeam": "null", "ticketNewAgent": "null", "taskNewTeam": id,
        "taskNewAgent": ""});
    assert_eq!(
        world.call("POST", &format!("/teams/{tier2}/deleteTeam"), nobody),
        (200, Value::Null)
    );
    assert_eq!(world.get(&path).1["subTeams"], json!([]));
    assert_eq!(world.get(&format!("/teams/{tier2}")).0, 404);
    assert_eq!(world.violations(), 0);
}

#[test]
fn pages_of_teams() {
    let (mut world, support, sarah) = support();
    let manager = world.id("roles", "name", "Manager");
    for n in 1..=3 {
        team(&mut world, &support, &format!("Tier {n}"), json!({}));
    }
    let elsewhere = department(&mut world, "Sales");
    let me = world.here().acting_agent().to_owned();
    team(
        &mut world,
        &elsewhere,
        "Tier 1",
        json!({"agents": [me], "roles": [manager]}),
    );
    let names = |world: &mut World, target: &str| -> Vec<String> {
        let (status, body) = world.get(target);
        assert_eq!(status, 200, "{target}");
        let teams = body["teams"].as_array().unwrap();
        teams
            .iter()
            .map(|team| team["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let list = format!("/departments/{support}/teams");
    for (query, expected) in [
        ("", vec!["Tier 1", "Tier 2", "Tier 3"]),
        ("?limit=0", vec!["Tier 1", "Tier 2", "Tier 3"]),
        ("?limit=2", vec!["Tier 1", "Tier 2"]),
        ("?from=0&limit=1", vec!["Tier 1"]),
        ("?from=1&limit=1", vec!["Tier 2"]),
        ("?from=3", vec![]),
        ("?searchStr=*3", vec!["Tier 3"]),
    ] {
        assert_eq!(
            names(&mut world, &format!("{list}{query}")),
            expected,
            "{query}"
        );
    }
    assert_eq!(names(&mut world, "/teams").len(), 4);
    assert_eq!(
        names(&mut world, &format!("/roles/{manager}/teams")),
        ["Tier 1"]
    );
    assert_eq!(
        names(&mut world, &format!("/agents/{me}/teams")),
        ["Tier 1"]
    );
    assert_eq!(
        names(&mut world, &format!("/agents/{sarah}/teams")).len(),
        0
    );
    for (target, status) in [
        (format!("{list}?limit=201"), 422),
        (format!("{list}?from=-1"), 422),
        (format!("{list}?sortBy=name"), 422),
        ("/departments/9/teams".to_owned(), 404),
        ("/teams/9".to_owned(), 404),
    ] {
        assert_eq!(world.get(&target).0, status, "{target}");
    }
    // Only teams of the caller's own departments.
    let path = format!("/departments/{elsewhere}");
    let members = json!({"associatedAgentIds": [sarah]});
    world.ok("PATCH", &path, members);
    assert_eq!(names(&mut world, "/teams").len(), 3);
}

#[test]
fn refusals_of_teams() {
    let (mut world, support, sarah) = support();
    let sales = department(&mut world, "Sales");
    let stranger = agent(&mut world, "john@example.com");
    let above = team(&mut world, &support, "Above", json!({}));
    let middle = team(&mut world, &support, "Middle", json!({}));
    let below = team(&mut world, &support, "Below", json!({}));
    let other = team(&mut world, &sales, "Other", json!({}));
    world.ok(
        "PATCH",
        &format!("/teams/{above}"),
        json!({"subTeams": [middle]}),
    );
    world.ok(
        "PATCH",
        &format!("/teams/{middle}"),
        json!({"subTeams": [below]}),
    );
    let manager = world.id("roles", "name", "Manager");
    let path = format!("/teams/{below}");
    let leave = format!("{path}/deleteTeam");
    let new = |more: Value| {
        let mut body = json!({"name": "New", "departmentId": support});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        body
    };
    let heirs = |team: &str, agent: &str| {
        json!({"ticketNewTeam": team, "ticketNewAgent": agent, "taskNewTeam": team,
            "taskNewAgent": agent})
    };
    let mut three = heirs(&above, "null");
    three.as_object_mut().unwrap().remove("ticketNewAgent");
    let mut absent = heirs(&above, "null");
    absent["ticketNewAgent"] = Value::Null;
    let invalid = "INVALID_DATA";
    let refused = "UNPROCESSABLE_ENTITY";
    refusals(
        &mut world,
        &[
            ("POST", "/teams", json!({"name": "New"}), 422, invalid, true),
            (
                "POST",
                "/teams",
                json!({"departmentId": support}),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"departmentId": "9"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"name": "A & B"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"name": "x".repeat(51)})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"name": "Above"})),
                422,
                invalid,
                false,
            ),
            (
                "POST",
                "/teams",
                new(json!({"description": "a;b"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"description": ""})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"agents": null})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"agents": [sarah, sarah]})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"agents": ["9"]})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"agents": [stranger]})),
                422,
                refused,
                false,
            ),
            (
                "POST",
                "/teams",
                new(json!({"roles": ["9"]})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"rolesWithSubordinates": vec![&manager; 21]})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                "/teams",
                new(json!({"subTeams": [other]})),
                422,
                refused,
                false,
            ),
            (
                "POST",
                "/teams",
                new(json!({"logoUrl": null})),
                422,
                refused,
                true,
            ),
            ("PATCH", &path, json!({}), 422, "EMPTY_PAYLOAD", true),
            (
                "PATCH",
                &path,
                json!({"departmentId": sales}),
                422,
                refused,
                true,
            ),
            (
                "PATCH",
                &path,
                json!({"name": "Middle"}),
                422,
                invalid,
                false,
            ),
            (
                "PATCH",
                &path,
                json!({"subTeams": [below]}),
                422,
                refused,
                false,
            ),
            (
                "PATCH",
                &path,
                json!({"subTeams": [above]}),
                422,
                refused,
                false,
            ),
            ("POST", &leave, json!({}), 422, invalid, true),
            ("POST", &leave, three, 422, invalid, true),
            ("POST", &leave, absent, 422, invalid, true),
            ("POST", &leave, heirs("null", "null"), 422, refused, true),
            ("POST", &leave, heirs(&below, &sarah), 422, invalid, true),
            ("POST", &leave, heirs("9", &sarah), 422, invalid, true),
            ("POST", &leave, heirs("nobody", &sarah), 422, invalid, true),
            (
                "POST",
                "/teams/9/deleteTeam",
                heirs(&above, ""),
                404,
                "URL_NOT_FOUND",
                false,
            ),
        ],
    );
    assert_eq!(world.delete(&path), 405);
    // The same name in another department is another team.
    team(&mut world, &sales, "Above", json!({}));
    world.ok("PATCH", &path, json!({"name": "Below"}));
    world.ok("POST", &leave, heirs("undefined", &sarah));
}

#[test]
fn agents_leave_teams_with_their_department_or_their_place() {
    let (mut world, support, sarah) = support();
    let me = world.here().acting_agent().to_owned();
    let tier1 = team(
        &mut world,
        &support,
        "Tier 1",
        json!({"agents": [me, sarah]}),
    );
    let path = format!("/departments/{support}/dissociateAgents");
    world.ok("POST", &path, json!({"agentIds": [sarah]}));
    assert_eq!(agents_of(&mut world, &tier1), json!([me]));
    // Coming back to the department brings nobody back to the team.
    join(&mut world, &support, &sarah);
    assert_eq!(agents_of(&mut world, &tier1), json!([me]));
    let again = json!({"agents": [me, sarah]});
    let home = world.id("departments", "name", "Example Company");
    let leave = json!({"associatedDepartmentIds": [home]});
    let ways: [(&str, &str, Value); 4] = [
        ("PATCH", "", leave),
        ("PATCH", "", json!({"status": "DISABLED"})),
        ("POST", "/deactivate", json!({})),
        ("DELETE", "", Value::Null),
    ];
    for (method, below, body) in ways {
        let back = json!({"status": "ACTIVE", "associatedDepartmentIds": [home, support]});
        world.ok("PATCH", &format!("/agents/{sarah}"), back);
        world.ok("PATCH", &format!("/teams/{tier1}"), again.clone());
        let target = format!("/agents/{sarah}{below}");
        if method == "DELETE" {
            world.here().change("agents", &sarah, |agent| {
                agent.insert("isConfirmed".into(), json!(true));
            });
            assert_eq!(world.delete(&target), 204);
        } else {
            world.ok(method, &target, body);
        }
        assert_eq!(
            agents_of(&mut world, &tier1),
            json!([me]),
            "{method} {below}"
        );
    }
}

#[test]
fn roles_and_sub_teams_bring_agents() {
    let (mut world, support, sarah) = support();
    let me = world.here().acting_agent().to_owned();
    let (ceo, manager) = (
        world.id("roles", "name", "CEO"),
        world.id("roles", "name", "Manager"),
    );
    // Of the department, but not of the company's.
    let john = agent(&mut world, "john@example.com");
    let lower = json!({"name": "Lower", "shareDataWithPeers": false, "reportsTo": manager});
    let lower = id_of(&world.ok("POST", "/roles", lower));
    let by_role = team(
        &mut world,
        &support,
        "By role",
        json!({"roles": [manager, lower]}),
    );
    let above = team(
        &mut world,
        &support,
        "Above",
        json!({"subTeams": [by_role]}),
    );
    let all = team(
        &mut world,
        &support,
        "All",
        json!({"rolesWithSubordinates": [ceo]}),
    );
    let derived = |world: &mut World, team: &str| {
        world.get(&format!("/teams/{team}")).1["derivedAgents"].clone()
    };
    assert_eq!(derived(&mut world, &by_role), json!([sarah]));
    assert_eq!(derived(&mut world, &above), json!([sarah]));
    assert_eq!(derived(&mut world, &all), json!([me, sarah]));
    join(&mut world, &support, &john);
    assert_eq!(derived(&mut world, &by_role), json!([sarah, john]));
    let (_, members) = world.get(&format!("/teams/{above}/members?include=role"));
    assert_eq!(
        members["members"][0]["role"],
        json!({"id": manager, "name": "Manager"})
    );
    assert!(members["members"][0].get("profile").is_none());
    let number = |id: &str| id.parse::<u64>().unwrap();
    assert_eq!(
        world.get(&format!("/teams/{above}/associables")).1,
        json!({"teams": [number(&all)]})
    );
    assert_eq!(
        world.get(&format!("/teams/{by_role}/associables")).1,
        json!({"teams": [number(&all)]})
    );
    // A role that is deleted leaves the teams.
    let heir = json!({"transferToRoleId": manager});
    world.ok("POST", &format!("/roles/{lower}/delete"), heir);
    assert_eq!(
        world.get(&format!("/teams/{by_role}")).1["roles"],
        json!([manager])
    );
}

#[test]
fn lists_under_a_key_of_their_own_are_as_odd_as_others() {
    let (mut world, support, sarah) = support();
    team(&mut world, &support, "Tier 1", json!({"agents": [sarah]}));
    let quirks = Quirks {
        ids_as_numbers: true,
        unknown_fields: true,
        missing: faults::Missing::Omitted,
        ..Quirks::default()
    };
    world
        .simulator
        .set_faults(Faults::new(0).with_quirks(quirks));
    let list = world.get(&format!("/departments/{support}/teams")).1;
    let team = &list["teams"][0];
    assert_eq!(team["agents"], json!([sarah.parse::<u64>().unwrap()]));
    assert!(team.get("zNewFeature").is_some() && team.get("logoUrl").is_none());
}
