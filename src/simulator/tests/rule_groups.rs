//! Rule groups of the openapi dialect.

use super::*;

fn group(id: &str, name: &str, engine: &str, departments: &[(&str, &str)]) -> Value {
    let properties: Vec<Value> = departments
        .iter()
        .map(|(id, status)| {
            json!({"id": id, "ruleGroupStatus": status, "ruleGroupOrder": "1",
                "ruleGroupExecutionType": "SYNC"})
        })
        .collect();
    json!({"id": id, "name": name, "engine": {"id": "3", "systemName": engine},
        "module": {"id": "4", "apiName": "tickets"}, "departmentProperties": properties,
        "events": [], "rules": []})
}

fn names(answer: &(u16, Value)) -> Vec<&str> {
    if answer.0 == 204 {
        return Vec::new();
    }
    assert_eq!(answer.0, 200, "{}", answer.1);
    let groups = answer.1["data"].as_array().unwrap().iter();
    groups
        .map(|group| group["name"].as_str().unwrap())
        .collect()
}

#[test]
fn groups_are_listed_by_engine_and_module_and_switched_in_one_department() {
    let mut world = World::new(Dialect::Openapi);
    let (one, other) = (
        department(&mut world, "One"),
        department(&mut world, "Other"),
    );
    let studio = "AUTOMATION_STUDIO";
    for made in [
        group(
            "71",
            "First",
            studio,
            &[(&one, "ACTIVE"), (&other, "ACTIVE")],
        ),
        group("72", "Second", studio, &[(&one, "INACTIVE")]),
        group("73", "Macro", "MACRO", &[(&one, "ACTIVE")]),
    ] {
        world.here().insert("ruleGroups", made);
    }
    let list = format!("/rulegroups?module=tickets&engineSysName={studio}");
    assert_eq!(names(&world.get(&list)), ["First", "Second"]);
    assert_eq!(names(&world.get(&format!("{list}&from=2"))), ["Second"]);
    assert_eq!(
        names(&world.get(&format!("{list}&status=INACTIVE"))),
        ["Second"]
    );
    let there = format!("{list}&departmentId={other}&status=ACTIVE");
    assert_eq!(names(&world.get(&there)), ["First"]);
    assert_eq!(
        names(&world.get(&format!("{list}&rulegroupIds=72,73"))),
        ["Second"]
    );
    let contacts = "/rulegroups?module=contacts&engineSysName=MACRO";
    assert!(names(&world.get(contacts)).is_empty());
    // The call has no body, and its answer shows nothing.
    let switch = |id: &str, department: &str, status: &str| {
        format!("/rulegroups/{id}/updateStatus?departmentId={department}&status={status}")
    };
    assert_eq!(world.bare("POST", &switch("71", &other, "INACTIVE")), 204);
    assert!(names(&world.get(&there)).is_empty());
    assert_eq!(
        names(&world.get(&format!("{list}&departmentId={one}&status=ACTIVE"))),
        ["First"]
    );
    assert_eq!(world.violations(), 0);
    let elsewhere = world.reason("POST", &switch("72", &other, "ACTIVE"), None);
    assert_eq!(elsewhere, "The rule group is not in the department.");
    for (refused, status) in [
        (switch("79", &one, "ACTIVE"), 404),
        (switch("71", &one, "PAUSED"), 422),
        ("/rulegroups/71/updateStatus?status=ACTIVE".to_owned(), 422),
    ] {
        assert_eq!(world.bare("POST", &refused), status, "{refused}");
    }
    assert_eq!(world.get("/rulegroups?module=tickets").0, 422);
    world.only("Desk.settings.READ");
    assert_eq!(world.bare("POST", &switch("71", &one, "ACTIVE")), 403);
}
