//! Support plans of the openapi dialect.

use super::*;

/// A simulator with a department and the service level Gold in it.
fn world() -> (World, String, String) {
    let mut world = World::new(Dialect::Openapi);
    let support = department(&mut world, "Support");
    let gold = json!({"name": "Gold", "isActive": true, "departmentId": support});
    let gold = world.here().insert("slas", gold);
    (world, support, gold)
}

fn credits() -> Value {
    json!({"creditCycle": "MONTHLY", "creditLimit": "40", "isAdditionalUsageAllowed": true,
        "isCarryForwardAllowed": false})
}

#[test]
fn a_support_plan_is_made_read_listed_changed_and_deleted() {
    let (mut world, support, gold) = world();
    let me = world.here().acting_agent().to_owned();
    let list = format!("/supportPlans?departmentId={support}");
    assert_eq!(world.get(&list).0, 204);
    let body = json!({"name": "Premium", "departmentId": support, "slaId": gold,
        "supportType": "HOURS", "status": "ACTIVE", "creditDetails": credits()});
    let (status, made) = world.call("POST", "/supportPlans", body);
    assert_eq!(status, 201);
    let id = id_of(&made);
    assert_eq!(
        made["department"],
        json!({"id": support, "name": "Support"})
    );
    assert_eq!(
        made["sla"],
        json!({"id": gold, "name": "Gold", "status": "ACTIVE"})
    );
    assert_eq!(made["creditDetails"], credits());
    assert_eq!(
        made["createdBy"],
        json!({"id": me, "name": "Desk Administrator", "photoURL": null, "status": "ACTIVE",
            "zuid": "60000001"})
    );
    for key in ["departmentId", "slaId"] {
        assert!(made.get(key).is_none(), "{key}");
    }
    let path = format!("/supportPlans/{id}");
    assert_eq!(world.get(&path), (200, made.clone()));
    assert_eq!(world.get(&list).1["data"], json!([made]));
    let silver = json!({"name": "Silver", "isActive": false, "departmentId": support});
    let silver = world.here().insert("slas", silver);
    let changed = world.ok(
        "PATCH",
        &path,
        json!({"status": "DISCONTINUED", "slaId": silver}),
    );
    assert_eq!(
        changed["sla"],
        json!({"id": silver, "name": "Silver", "status": "INACTIVE"})
    );
    assert_eq!(changed["creditDetails"], credits());
    assert_eq!(world.get(&format!("{list}&status=ACTIVE")).0, 204);
    let found = world
        .get(&format!("{list}&status=DISCONTINUED&from=0&limit=1"))
        .1;
    assert_eq!(found["data"][0]["id"], id);
    assert_eq!(world.get(&format!("{list}&from=1")).0, 204);
    // Credits go with the limits that they count.
    let unlimited = world.ok("PATCH", &path, json!({"supportType": "UNLIMITED_SUPPORT"}));
    assert_eq!(unlimited["creditDetails"], Value::Null);
    for contract in [
        json!({"contractName": "A", "associatedSupportPlanId": id}),
        json!({"contractName": "A", "supportPlan": {"id": id}}),
    ] {
        let contract = world.here().insert("contracts", contract);
        assert_eq!(world.delete(&path), 422);
        world.here().remove("contracts", &contract);
    }
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.delete(&path), 404);
    assert_eq!(world.violations(), 0);
}

#[test]
fn refusals_of_support_plans() {
    let (mut world, support, gold) = world();
    let sales = department(&mut world, "Sales");
    let number: u64 = gold.parse().unwrap();
    let new = |more: Value| {
        let mut body = json!({"name": "Premium", "departmentId": support, "slaId": gold,
            "supportType": "HOURS", "status": "ACTIVE", "creditDetails": credits()});
        for (key, value) in more.as_object().unwrap() {
            if value == "-" {
                body.as_object_mut().unwrap().remove(key);
            } else {
                body[key] = value.clone();
            }
        }
        body
    };
    let credit = |key: &str, value: Value| {
        let mut credits = credits();
        credits[key] = value;
        new(json!({"name": "New", "creditDetails": credits}))
    };
    let (invalid, refused, target) = ("INVALID_DATA", "UNPROCESSABLE_ENTITY", "/supportPlans");
    let id = id_of(&world.ok("POST", target, new(json!({}))));
    world.ok("POST", target, new(json!({"name": "Basic"})));
    // The same name in another department is another plan.
    world.ok("POST", target, new(json!({"departmentId": sales})));
    let path = format!("/supportPlans/{id}");
    refusals(
        &mut world,
        &[
            (
                "POST",
                target,
                new(json!({"name": "-"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"departmentId": "-"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"slaId": "-"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"supportType": "-"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"status": "-"})),
                422,
                invalid,
                true,
            ),
            ("POST", target, new(json!({})), 422, invalid, false),
            (
                "POST",
                target,
                new(json!({"name": "x".repeat(101)})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"name": "A & B"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"departmentId": "9"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"slaId": "9"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"slaId": number})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"sla": {"id": gold}})),
                422,
                refused,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"supportType": "DAYS"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"status": "INACTIVE"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"creditDetails": null})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"name": "New", "creditDetails": {"creditCycle": "WEEKLY"}})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"name": "New", "supportType": "UNLIMITED_SUPPORT"})),
                422,
                refused,
                false,
            ),
            (
                "POST",
                target,
                credit("creditCycle", json!("DAILY")),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                credit("creditLimit", json!(40)),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                credit("creditLimit", json!("1000001")),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                credit("isCarryForwardAllowed", json!("true")),
                422,
                invalid,
                true,
            ),
            ("PATCH", &path, json!({}), 422, "EMPTY_PAYLOAD", true),
            (
                "PATCH",
                &path,
                json!({"name": "Basic"}),
                422,
                invalid,
                false,
            ),
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
                "/supportPlans/9",
                json!({"name": "A"}),
                404,
                "URL_NOT_FOUND",
                false,
            ),
        ],
    );
    let list = format!("{target}?departmentId={support}");
    for query in ["&limit=0", "&limit=51", "&from=-1", "&status=INACTIVE"] {
        assert_eq!(world.get(&format!("{list}{query}")).0, 422, "{query}");
    }
    assert_eq!(world.get(target).0, 422);
}
