//! Direct assignment rules and the order of skills, of the openapi dialect.

use super::*;

const RULES: &str = "/directAssignmentRules";

fn world() -> (World, String) {
    let mut world = World::new(Dialect::Openapi);
    let support = department(&mut world, "Support");
    (world, support)
}

/// A rule with one target, which moves tickets of any department.
fn rule(name: &str, department: &str) -> Value {
    let conditions = json!([{"fieldName": "Subject", "condition": "is", "fieldModule": "tickets",
        "value": ["Printer"]}]);
    json!({"name": name, "status": "ACTIVE", "executeOptions": ["CREATE"],
        "targets": [{"fromDepartmentId": "0", "toDepartmentId": department,
            "criteria": {"fieldConditions": conditions, "pattern": "(1)"}}]})
}

/// The path of an object that answers show by another name of its id.
fn path_of(list: &str, answer: &Value, key: &str) -> String {
    format!("{list}/{}", answer[key].as_str().unwrap())
}

#[test]
fn a_rule_is_made_read_listed_and_changed() {
    let (mut world, support) = world();
    assert_eq!(world.get(RULES).0, 204);
    let (status, made) = world.call("POST", RULES, rule("Printers", &support));
    assert_eq!(status, 201);
    assert_eq!((made.get("id"), &made["orderId"]), (None, &json!(1)));
    let target = &made["targets"][0];
    // 0 is any department, and what a condition asks for is shown as it is sent.
    assert_eq!(
        (
            &target["fromDepartmentId"],
            &target["agentId"],
            &target["toDepartmentId"]
        ),
        (&Value::Null, &Value::Null, &json!(support))
    );
    assert_eq!(
        target["criteria"]["fieldConditions"][0]["displayValue"],
        json!(["Printer"])
    );
    let path = path_of(RULES, &made, "ruleId");
    assert_eq!(world.get(&path), (200, made.clone()));
    assert_eq!(world.get(RULES).1["data"], json!([made]));
    // Pages begin at 1.
    assert_eq!(
        world.get(&format!("{RULES}?from=1&limit=1")).1["data"],
        json!([made])
    );
    assert_eq!(world.get(&format!("{RULES}?from=2")).0, 204);
    let of = |department: &str| format!("{RULES}?departmentId={department}");
    assert_eq!(world.get(&of(&support)).1["data"], json!([made]));
    assert_eq!(world.get(&of("1")).0, 204);
    assert_eq!(world.get(&format!("{RULES}?status=INACTIVE")).0, 204);
    let changed = world.ok("PATCH", &path, json!({"status": "INACTIVE"}));
    assert_eq!(
        (&changed["status"], &changed["targets"]),
        (&json!("INACTIVE"), &made["targets"])
    );
    assert_eq!(world.delete(&path), 405);
}

#[test]
fn a_target_is_added_read_changed_and_left_out() {
    let (mut world, support) = world();
    let agent = agent(&mut world, "a@example.com");
    let made = world.ok("POST", RULES, rule("Printers", &support));
    let path = path_of(RULES, &made, "ruleId");
    let targets = format!("{path}/targets");
    let number: u64 = support.parse().unwrap();
    let new = json!({"fromDepartmentId": 0, "toDepartmentId": number, "agentId": agent});
    let (status, added) = world.call("POST", &targets, new.clone());
    assert_eq!((status, &added["toDepartmentId"]), (201, &json!(support)));
    let target = path_of(&targets, &added, "targetId");
    assert_eq!(world.get(&target), (200, added.clone()));
    let criteria = made["targets"][0]["criteria"].clone();
    let mut sent = criteria.clone();
    sent["fieldConditions"][0]
        .as_object_mut()
        .unwrap()
        .remove("displayValue");
    // A PATCH leaves what it does not name, a PUT does not.
    let patched = world.ok("PATCH", &target, json!({ "criteria": sent }));
    assert_eq!(
        (&patched["agentId"], &patched["criteria"]),
        (&json!(agent), &criteria)
    );
    let replaced = world.ok(
        "PUT",
        &target,
        json!({"fromDepartmentId": "0", "toDepartmentId": support}),
    );
    assert_eq!(
        (&replaced["agentId"], &replaced["criteria"]),
        (&Value::Null, &Value::Null)
    );
    let kept = json!([{"targetId": added["targetId"], "fromDepartmentId": "0", "toDepartmentId": support}]);
    let whole = json!({"name": "Printers", "status": "ACTIVE", "executeOptions": ["EDIT"], "targets": kept});
    let left = world.ok("PUT", &path, whole);
    assert_eq!(left["targets"], json!([replaced]));
    assert_eq!(world.delete(&target), 405);
    assert_eq!(world.get(&format!("{targets}/1")).0, 404);
    for _ in 0..4 {
        world.ok("POST", &targets, new.clone());
    }
    reasons(
        &mut world,
        &[("POST", &targets, new, "A rule has five targets at most.")],
    );
}

#[test]
fn refusals_of_rules_say_why() {
    let (mut world, support) = world();
    let new = rule("Printers", &support);
    let other = world.ok("POST", RULES, rule("Screens", &support));
    let path = path_of(RULES, &world.ok("POST", RULES, new.clone()), "ruleId");
    let targets = format!("{path}/targets");
    let number: u64 = support.parse().unwrap();
    let whole = |more: Value| with(rule("New", &support), more);
    let target = |key: &str, value: Value| {
        let mut body = rule("New", &support);
        body["targets"][0][key] = value;
        body
    };
    let condition = |key: &str, value: Value| {
        let mut criteria = new["targets"][0]["criteria"].clone();
        criteria["fieldConditions"][0][key] = value;
        target("criteria", criteria)
    };
    let many = json!(vec![&new["targets"][0]; 6]);
    let foreign = json!({"targets": [{"targetId": other["targets"][0]["targetId"]}]});
    reasons(
        &mut world,
        &[
            (
                "POST",
                RULES,
                without(whole(json!({})), "name"),
                "/name missing",
            ),
            (
                "POST",
                RULES,
                without(whole(json!({})), "status"),
                "/status missing",
            ),
            (
                "POST",
                RULES,
                without(whole(json!({})), "executeOptions"),
                "/executeOptions missing",
            ),
            (
                "POST",
                RULES,
                without(whole(json!({})), "targets"),
                "/targets missing",
            ),
            (
                "POST",
                RULES,
                whole(json!({"name": "x".repeat(101)})),
                "longer than 100 characters",
            ),
            (
                "POST",
                RULES,
                whole(json!({"description": "x".repeat(101)})),
                "/description invalid",
            ),
            (
                "POST",
                RULES,
                whole(json!({"status": "ON"})),
                "/status invalid",
            ),
            (
                "POST",
                RULES,
                whole(json!({"executeOptions": []})),
                "must have 1 to 2 items",
            ),
            (
                "POST",
                RULES,
                whole(json!({"targets": []})),
                "must have 1 to 5 items",
            ),
            (
                "POST",
                RULES,
                whole(json!({ "targets": many })),
                "must have 1 to 5 items",
            ),
            (
                "POST",
                RULES,
                target("toDepartmentId", json!(number)),
                "must be written as text",
            ),
            (
                "POST",
                RULES,
                target("toDepartmentId", json!("1")),
                "names no object of departments",
            ),
            (
                "POST",
                RULES,
                target("fromDepartmentId", json!("1")),
                "/fromDepartmentId invalid",
            ),
            (
                "POST",
                RULES,
                target("agentId", json!("1")),
                "names no object of agents",
            ),
            (
                "POST",
                RULES,
                target("teamId", json!("1")),
                "names no object of teams",
            ),
            (
                "POST",
                RULES,
                condition("value", json!([])),
                "must have 1 to 25 items",
            ),
            (
                "POST",
                RULES,
                condition("displayValue", json!([])),
                "An extra parameter 'displayValue'",
            ),
            ("POST", RULES, new.clone(), "/name duplicate"),
            ("PUT", &path, json!({"name": "New"}), "/targets missing"),
            (
                "PATCH",
                &path,
                json!({"name": "Screens"}),
                "/name duplicate",
            ),
            (
                "PATCH",
                &path,
                json!({"orderId": 2}),
                "An extra parameter 'orderId'",
            ),
            ("PATCH", &path, foreign, "names a target of another rule"),
            (
                "POST",
                &targets,
                json!({"fromDepartmentId": "0"}),
                "/toDepartmentId missing",
            ),
            (
                "GET",
                "/directAssignmentRules?limit=51",
                Value::Null,
                "exceeds the range of '1-50'",
            ),
        ],
    );
}

#[test]
fn rules_are_put_in_order() {
    let (mut world, support) = world();
    let ids: Vec<Value> = ["A", "B", "C"]
        .map(|name| world.ok("POST", RULES, rule(name, &support))["ruleId"].clone())
        .into();
    let target = "/directAssignmentRules/reorder";
    let order = json!({"ruleIds": [ids[2], ids[0], ids[1]]});
    assert_eq!(world.call("POST", target, order).0, 204);
    let places = |world: &mut World| {
        let listed = world.get(RULES).1;
        let all = listed["data"].as_array().unwrap().iter();
        all.map(|rule| rule["orderId"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&mut world), [2, 3, 1]);
    let part = |ids: &[&Value]| json!({ "ruleIds": ids });
    reasons(
        &mut world,
        &[
            ("POST", target, json!({}), "/ruleIds missing"),
            (
                "POST",
                target,
                part(&[&ids[0], &ids[1]]),
                "are not all rules",
            ),
            (
                "POST",
                target,
                part(&[&ids[0], &ids[1], &ids[1]]),
                "are not all rules",
            ),
            (
                "POST",
                target,
                part(&[&json!("1")]),
                "names no object of directAssignmentRules",
            ),
        ],
    );
    assert_eq!(places(&mut world), [2, 3, 1]);
}

#[test]
fn skills_are_put_in_order_within_their_department() {
    let (mut world, support) = world();
    let sales = department(&mut world, "Sales");
    let kind = |world: &mut World, department: &str| {
        let body = json!({"name": "Languages", "departmentId": department});
        id_of(&world.ok("POST", "/skillTypes", body))
    };
    let (here, there) = (kind(&mut world, &support), kind(&mut world, &sales));
    let skill = |world: &mut World, name: &str, of: &str| {
        let criteria = json!({"fieldConditions": [], "pattern": ""});
        let body =
            json!({"name": name, "skillTypeId": of, "status": "ACTIVE", "criteria": criteria});
        let made = world.ok("POST", "/skills", body);
        (id_of(&made), made["orderId"].clone())
    };
    let (a, first) = skill(&mut world, "A", &here);
    let (b, second) = skill(&mut world, "B", &here);
    let (other, its) = skill(&mut world, "C", &there);
    // Each department counts for itself.
    assert_eq!([first, second, its], [json!(1), json!(2), json!(1)]);
    let target = "/skills/order";
    let order = |ids: &[&str]| json!({"departmentId": support, "skillIds": ids});
    assert_eq!(world.call("POST", target, order(&[&b, &a])).0, 204);
    let places = |world: &mut World| {
        [&a, &b, &other].map(|id| {
            world.get(&format!("/skills/{id}")).1["orderId"]
                .as_u64()
                .unwrap()
        })
    };
    assert_eq!(places(&mut world), [2, 1, 1]);
    let number: u64 = support.parse().unwrap();
    let long = json!(vec![&a; 201]);
    reasons(
        &mut world,
        &[
            (
                "POST",
                target,
                json!({"skillIds": [a, b]}),
                "/departmentId missing",
            ),
            (
                "POST",
                target,
                json!({ "departmentId": support }),
                "/skillIds missing",
            ),
            (
                "POST",
                target,
                with(order(&[&a, &b]), json!({ "departmentId": number })),
                "must be written as text",
            ),
            ("POST", target, order(&[&a]), "must have 2 to 200 items"),
            (
                "POST",
                target,
                with(order(&[]), json!({ "skillIds": long })),
                "must have 2 to 200 items",
            ),
            ("POST", target, order(&[&a, &a]), "has equal items"),
            (
                "POST",
                target,
                order(&[&a, "1"]),
                "names no object of skills",
            ),
            (
                "POST",
                target,
                order(&[&a, &other]),
                "are not the skills of the department",
            ),
            (
                "POST",
                target,
                order(&[&a, &b, &other]),
                "are not the skills of the department",
            ),
        ],
    );
    assert_eq!(places(&mut world), [2, 1, 1]);
}

#[test]
fn scopes_of_assignment() {
    let (mut world, support) = world();
    let path = path_of(
        RULES,
        &world.ok("POST", RULES, rule("A", &support)),
        "ruleId",
    );
    let all = json!({"ruleIds": [path.rsplit('/').next()]});
    for (scope, expected) in [
        ("Desk.automations.READ", [200, 403, 403]),
        ("Desk.settings.READ", [200, 403, 403]),
        ("Desk.automations.CREATE", [403, 201, 403]),
        ("Desk.settings.CREATE", [403, 201, 403]),
        ("Desk.automations.UPDATE", [403, 403, 200]),
        ("Desk.settings.UPDATE", [403, 403, 200]),
        ("Desk.tickets.READ", [403, 403, 403]),
    ] {
        world.only(scope);
        let found = [
            world.get(&path).0,
            world.call("POST", RULES, rule(scope, &support)).0,
            world.call("PATCH", &path, json!({"description": "B"})).0,
        ];
        assert_eq!(found, expected, "{scope}");
    }
    world.only("Desk.automations.CREATE");
    assert_eq!(
        world.call("POST", "/directAssignmentRules/reorder", all).0,
        403
    );
}
