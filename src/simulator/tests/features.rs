//! What is counted by feature, and how many of it there may be.

use super::*;
use crate::dialect::Edition;

/// What is told of a feature: most in all and active, used in all and active.
fn told(world: &mut World, query: &str) -> [Value; 4] {
    let (status, told) = world.get(&format!("/automationFeatureCount?{query}"));
    assert_eq!(status, 200, "{told}");
    let used = &told["usedCountInfo"];
    [
        told["maxTotalCount"].clone(),
        told["maxActiveCount"].clone(),
        used["usedTotalCount"].clone(),
        used["usedActiveCount"].clone(),
    ]
}

fn limit(world: &mut World, feature: &str, department: Option<&str>, total: u64, active: u64) {
    let mut limit = json!({"feature": feature, "maxTotalCount": total, "maxActiveCount": active});
    if let Some(department) = department {
        limit["departmentId"] = department.into();
    }
    world.here().insert("featureLimits", limit);
}

fn hours(name: &str, status: &str) -> Value {
    json!({"name": name, "timeZoneId": "Europe/Berlin", "type": "CUSTOM", "status": status,
        "businessTimes": [{"day": "TUESDAY", "startTime": "09:00", "endTime": "17:30"}]})
}

const NO_ROOM: (u16, &str, bool) = (422, "UNPROCESSABLE_ENTITY", false);

fn refused(world: &mut World, method: &str, target: &str, body: Value) {
    let (status, code, is_violation) = world.refused(method, target, body);
    assert_eq!((status, &*code, is_violation), NO_ROOM, "{target}");
}

#[test]
fn business_hours_are_counted_and_limited_in_the_organization() {
    let mut world = World::new(Dialect::Openapi);
    let (feature, target) = ("feature=businesshours", "/businessHours");
    assert_eq!(told(&mut world, feature), ["1000", "500", "1", "1"]);
    limit(&mut world, "businesshours", None, 3, 2);
    let first = id_of(&world.ok("POST", target, hours("A", "ACTIVE")));
    assert_eq!(told(&mut world, feature), ["3", "2", "2", "2"]);
    refused(&mut world, "POST", target, hours("B", "ACTIVE"));
    let second = id_of(&world.ok("POST", target, hours("B", "INACTIVE")));
    refused(&mut world, "POST", target, hours("C", "INACTIVE"));
    let (first, second) = (format!("{target}/{first}"), format!("{target}/{second}"));
    refused(&mut world, "PATCH", &second, json!({"status": "ACTIVE"}));
    // What is active stays so.
    world.ok("PATCH", &first, json!({"status": "ACTIVE", "name": "D"}));
    world.ok("PATCH", &first, json!({"status": "INACTIVE"}));
    world.ok("PATCH", &second, json!({"status": "ACTIVE"}));
    assert_eq!(told(&mut world, feature), ["3", "2", "3", "2"]);
    assert_eq!(world.delete(&first), 204);
    world.ok("POST", target, hours("C", "INACTIVE"));
}

#[test]
fn editions_have_few_business_hours_and_holiday_lists() {
    for (edition, most) in [
        (Edition::Free, "0"),
        (Edition::Standard, "1"),
        (Edition::Professional, "1"),
        (Edition::Enterprise, "1000"),
    ] {
        let mut world = World::new(Dialect::Openapi);
        world.here().set_edition(edition);
        for feature in ["businesshours", "holidaylist"] {
            let told = told(&mut world, &format!("feature={feature}"));
            assert_eq!(told[0], most, "{edition} {feature}");
        }
        let (status, _) = world.call("POST", "/businessHours", hours("A", "ACTIVE"));
        let wanted = if edition == Edition::Enterprise {
            201
        } else {
            422
        };
        assert_eq!(status, wanted, "{edition}");
    }
}

#[test]
fn what_is_of_a_department_is_counted_and_limited_there() {
    let mut world = World::new(Dialect::Openapi);
    let own = world.here().objects("departments")[0]["id"].clone();
    let own = own.as_str().unwrap().to_owned();
    let other = json!({"name": "Other", "isEnabled": true, "isDefault": false});
    let other = world.here().insert("departments", other);
    limit(&mut world, "SkillType", Some(&own), 1, 0);
    limit(&mut world, "Skills", Some(&own), 2, 1);
    limit(&mut world, "SupportPlans", Some(&own), 1, 1);
    let skill_type =
        |department: &str, name: &str| json!({"departmentId": department, "name": name});
    let own_type = id_of(&world.ok("POST", "/skillTypes", skill_type(&own, "A")));
    refused(&mut world, "POST", "/skillTypes", skill_type(&own, "B"));
    world.ok("POST", "/skillTypes", skill_type(&other, "B"));
    let skill = |name: &str, status: &str| {
        json!({"skillTypeId": own_type, "name": name, "status": status, "criteria":
            {"pattern": "1", "fieldConditions": [{"fieldModule": "tickets", "fieldName": "Subject",
                "condition": "is", "value": ["x"]}]}})
    };
    world.ok("POST", "/skills", skill("A", "ACTIVE"));
    refused(&mut world, "POST", "/skills", skill("B", "ACTIVE"));
    world.ok("POST", "/skills", skill("B", "INACTIVE"));
    refused(&mut world, "POST", "/skills", skill("C", "INACTIVE"));
    let sla = world
        .here()
        .insert("slas", json!({"name": "Gold", "isActive": true}));
    let plan = |department: &str, name: &str| {
        json!({"departmentId": department, "name": name, "slaId": sla, "status": "ACTIVE",
            "supportType": "UNLIMITED_SUPPORT"})
    };
    world.ok("POST", "/supportPlans", plan(&own, "A"));
    refused(&mut world, "POST", "/supportPlans", plan(&own, "B"));
    world.ok("POST", "/supportPlans", plan(&other, "B"));
    for (feature, own_wanted, other_wanted) in [
        ("SkillType", ["1", "0", "1", "1"], ["1000", "500", "1", "1"]),
        ("Skills", ["2", "1", "2", "1"], ["1000", "500", "0", "0"]),
        (
            "SupportPlans",
            ["1", "1", "1", "1"],
            ["1000", "500", "1", "1"],
        ),
    ] {
        for (department, wanted) in [(&own, own_wanted), (&other, other_wanted)] {
            let query = format!("feature={feature}&departmentId={department}");
            assert_eq!(told(&mut world, &query), wanted, "{feature}");
        }
    }
    assert_eq!(world.get("/automationFeatureCount?feature=Skills").0, 422);
}
