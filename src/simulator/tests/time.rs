//! Business hours and holiday lists of the openapi dialect.

use super::*;

fn world() -> World {
    World::new(Dialect::Openapi)
}

fn hours(name: &str) -> Value {
    json!({"name": name, "timeZoneId": "Europe/Berlin", "type": "CUSTOM", "status": "ACTIVE",
        "businessTimes": [{"day": "TUESDAY", "startTime": "09:00", "endTime": "17:30"}]})
}

fn holidays(name: &str) -> Value {
    json!({"name": name, "status": "ACTIVE",
        "holidays": [{"holidayName": "New Year", "from": "01-01", "to": "01-01"}]})
}

fn make(world: &mut World, target: &str, body: Value) -> Value {
    let (status, made) = world.call("POST", target, body);
    assert_eq!(status, 201, "{made}");
    made
}

#[test]
fn business_hours_are_made_read_listed_changed_and_deleted() {
    let mut world = world();
    let list = id_of(&make(&mut world, "/holidayList", holidays("Germany")));
    let slots = json!([{"startTime": "08:00", "endTime": "12:00"}, {"startTime": "13:00", "endTime": "16:00"}]);
    let times = json!([{"day": "FRIDAY", "timeSlots": slots},
        {"day": "MONDAY", "startTime": "09:00", "endTime": "17:30"}]);
    let body = with(
        hours("Berlin"),
        json!({"businessTimes": times, "holidayListIds": [list]}),
    );
    let made = make(&mut world, "/businessHours", body);
    let id = id_of(&made);
    assert_eq!(
        made["timeZone"],
        json!({"id": "Europe/Berlin", "name": "Berlin time"})
    );
    for key in ["timeZoneId", "holidayListId", "holidayListIds"] {
        assert!(made.get(key).is_none(), "{key}");
    }
    assert_eq!(
        made["associatedHolidayList"],
        json!({"holidayListId": list, "holidayListName": "Germany", "holidayListStatus": "ACTIVE"})
    );
    assert_eq!(
        made["holidayLists"],
        json!([{"id": list, "name": "Germany", "status": "ACTIVE"}])
    );
    // Every day comes back, in the order of the week.
    let off =
        |day: &str| json!({"day": day, "startTime": "00:00", "endTime": "00:00", "timeSlots": []});
    let week = json!([
        off("SUNDAY"),
        {"day": "MONDAY", "startTime": "09:00", "endTime": "17:30", "timeSlots": []},
        off("TUESDAY"),
        off("WEDNESDAY"),
        off("THURSDAY"),
        {"day": "FRIDAY", "startTime": null, "endTime": null, "timeSlots": slots},
        off("SATURDAY"),
    ]);
    assert_eq!(made["businessTimes"], week);
    let path = format!("/businessHours/{id}");
    assert_eq!(world.get(&path), (200, made.clone()));
    let items = world.get("/businessHours?limit=50").1;
    assert_eq!(items["data"][1], made);
    // The set that a new organization has shows no days off and no slots.
    assert_eq!(
        items["data"][0]["businessTimes"][0],
        json!({"day": "MONDAY", "startTime": "09:00", "endTime": "18:00"})
    );
    let changed = world.ok(
        "PATCH",
        &path,
        json!({"status": "INACTIVE", "timeZoneId": "Asia/Kolkata", "holidayListIds": []}),
    );
    assert_eq!(changed["timeZone"]["id"], "Asia/Kolkata");
    assert_eq!(changed["associatedHolidayList"], Value::Null);
    assert_eq!(changed["holidayLists"], json!([]));
    assert_eq!(changed["businessTimes"], week);
    assert_eq!(
        world.ok("PATCH", &path, json!({"holidayListId": list}))["holidayLists"][0]["id"],
        list
    );
    let always = json!({"type": "24X7", "businessTimes": [{"day": "SUNDAY"}]});
    assert_eq!(
        world.ok("PATCH", &path, always)["businessTimes"],
        json!([{"day": "SUNDAY", "startTime": null, "endTime": null, "timeSlots": []}])
    );
    for (query, count) in [
        ("status=INACTIVE".to_owned(), 1),
        ("status=ACTIVE".to_owned(), 1),
        (format!("businessHourIds={id}"), 1),
        ("from=1&limit=50".to_owned(), 1),
        ("limit=1".to_owned(), 1),
    ] {
        let found = world.get(&format!("/businessHours?{query}")).1;
        assert_eq!(found["data"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(world.get("/businessHours?from=2").0, 204);
    world.here().insert(
        "relatedRules",
        json!({"businessHourId": id, "ruleId": "7", "ruleName": "Gold", "ruleType": "SLA"}),
    );
    assert_eq!(world.delete(&path), 422);
    let rule = world.id("relatedRules", "ruleName", "Gold");
    world.here().remove("relatedRules", &rule);
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.delete(&path), 404);
    assert_eq!(
        world.get(&format!("/holidayList/{list}")).1["associatedBusinessHours"],
        json!([])
    );
    assert_eq!(world.violations(), 0);
}

#[test]
fn refusals_of_business_hours() {
    let mut world = world();
    let lists: Vec<String> = ["A", "B", "C"]
        .iter()
        .map(|name| id_of(&make(&mut world, "/holidayList", holidays(name))))
        .collect();
    let number: u64 = lists[0].parse().unwrap();
    let id = id_of(&make(&mut world, "/businessHours", hours("Berlin")));
    let path = format!("/businessHours/{id}");
    let (invalid, refused, target) = ("INVALID_DATA", "UNPROCESSABLE_ENTITY", "/businessHours");
    let time = |time: Value| with(hours("New"), json!({"businessTimes": [time]}));
    let day =
        |start: &str, end: &str| time(json!({"day": "MONDAY", "startTime": start, "endTime": end}));
    let slots = |slots: Value| time(json!({"day": "MONDAY", "timeSlots": slots}));
    let slot = json!({"startTime": "09:00", "endTime": "10:00"});
    let new = |more: Value| with(hours("New"), more);
    refusals(
        &mut world,
        &[
            (
                "POST",
                target,
                without(hours("New"), "name"),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                without(hours("New"), "timeZoneId"),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                without(hours("New"), "type"),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                without(hours("New"), "status"),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                without(hours("New"), "businessTimes"),
                422,
                invalid,
                true,
            ),
            ("POST", target, hours("Berlin"), 422, invalid, false),
            ("POST", target, hours(""), 422, invalid, true),
            (
                "POST",
                target,
                new(json!({"name": null})),
                422,
                invalid,
                true,
            ),
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
                new(json!({"timeZoneId": "Berlin"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"timeZoneId": "Eurpoe/Berlin"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"timeZoneId": "Europe/"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"timeZone": {"id": "Europe/Berlin"}})),
                422,
                refused,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"type": "DAILY"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"status": "DISABLED"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"businessTimes": []})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                time(json!({"startTime": "09:00"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                time(json!({"day": "Monday"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                time(json!({"day": "MONDAY", "off": true})),
                422,
                refused,
                true,
            ),
            ("POST", target, day("9:00", "17:00"), 422, invalid, true),
            ("POST", target, day("09:00", "24:00"), 422, invalid, true),
            (
                "POST",
                target,
                slots(json!(vec![slot.clone(); 11])),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                slots(json!([{"startTime": "09:00"}])),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"businessTimes": [{"day": "MONDAY"}, {"day": "MONDAY"}]})),
                422,
                refused,
                false,
            ),
            (
                "POST",
                target,
                new(json!({"holidayListIds": lists})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidayListIds": ["9"]})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidayListIds": [number]})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidayListId": null})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidayListId": lists[0], "holidayListIds": [lists[1]]})),
                422,
                refused,
                false,
            ),
            ("PATCH", &path, json!({}), 422, "EMPTY_PAYLOAD", true),
            (
                "PATCH",
                &path,
                json!({"name": "Default"}),
                422,
                invalid,
                false,
            ),
            (
                "PATCH",
                &path,
                json!({"createdBy": "1"}),
                422,
                refused,
                true,
            ),
            (
                "PATCH",
                "/businessHours/9",
                json!({"name": "A"}),
                404,
                "URL_NOT_FOUND",
                false,
            ),
        ],
    );
    for query in ["limit=0", "limit=51", "from=-1", "status=OFF", "name=A"] {
        assert_eq!(world.get(&format!("{target}?{query}")).0, 422, "{query}");
    }
    let two = json!({"holidayListIds": lists[..2], "businessTimes": [{"day": "MONDAY", "timeSlots": vec![slot; 10]}]});
    world.ok("PATCH", &path, two);
    // A list that would be the third is refused from its own side as well.
    let use_it = json!({"associatedBusinessHourIds": [id]});
    assert_eq!(
        world.refused(
            "PATCH",
            &format!("/holidayList/{}", lists[2]),
            use_it.clone()
        ),
        (422, refused.to_owned(), false)
    );
    world.ok("PATCH", &format!("/holidayList/{}", lists[1]), use_it);
}

#[test]
fn holiday_lists_are_made_read_listed_and_changed() {
    let mut world = world();
    let default = world.id("businessHours", "name", "Default");
    assert_eq!(world.get("/holidayList").0, 204);
    let body = with(
        holidays("Germany 2026"),
        json!({"holidayListType": "YEAR_SPECIFIC", "year": 2026, "associatedBusinessHourIds": [default]}),
    );
    let made = make(&mut world, "/holidayList", body);
    let id = id_of(&made);
    assert_eq!(made["year"], 2026);
    assert!(made.get("associatedBusinessHourIds").is_none());
    assert_eq!(
        made["associatedBusinessHours"],
        json!([{"businessHourId": default, "businessHourName": "Default", "businessHourStatus": "ACTIVE"}])
    );
    let path = format!("/holidayList/{id}");
    assert_eq!(world.get(&path), (200, made.clone()));
    // The other side shows it too, and items lack the holidays alone.
    assert_eq!(
        world.get(&format!("/businessHours/{default}")).1["holidayLists"][0]["id"],
        id
    );
    assert_eq!(
        world.get("/holidayList").1["data"],
        json!([without(made.clone(), "holidays")])
    );
    let two = json!([{"holidayName": "Christmas", "from": "12-25", "to": "12-26"},
        {"holidayName": "Christmas", "from": "12-31", "to": "01-01"}]);
    let body = json!({"holidays": two, "status": "INACTIVE", "associatedBusinessHourIds": []});
    let changed = world.ok("PATCH", &path, body);
    assert_eq!(changed["holidays"], two);
    assert_eq!(changed["associatedBusinessHours"], json!([]));
    assert_eq!(changed["year"], 2026);
    let plain = make(
        &mut world,
        "/holidayList",
        with(holidays("Each year"), json!({"year": null})),
    );
    assert_eq!(
        (&plain["holidayListType"], &plain["year"]),
        (&json!("RECURRING"), &Value::Null)
    );
    // The first page begins at 1; 0 gives the same one.
    for (query, first) in [
        ("from=0&limit=1", "Germany 2026"),
        ("from=1&limit=1", "Germany 2026"),
        ("from=2&limit=1", "Each year"),
        ("status=ACTIVE", "Each year"),
    ] {
        let found = world.get(&format!("/holidayList?{query}")).1;
        assert_eq!(found["data"][0]["name"], first, "{query}");
    }
    assert_eq!(world.violations(), 0);
    // There is no deletion.
    assert_eq!(world.delete(&path), 405);
    assert_eq!(world.get("/holidayLists").0, 404);
    assert_eq!(world.violations(), 2);
}

#[test]
fn refusals_of_holiday_lists() {
    let mut world = world();
    let id = id_of(&make(&mut world, "/holidayList", holidays("Germany")));
    make(&mut world, "/holidayList", holidays("France"));
    let path = format!("/holidayList/{id}");
    let (invalid, refused, target) = ("INVALID_DATA", "UNPROCESSABLE_ENTITY", "/holidayList");
    let new = |more: Value| with(holidays("New"), more);
    let day = |from: &str, to: &str, name: &str| {
        new(json!({"holidays": [{"from": from, "to": to, "holidayName": name}]}))
    };
    let many: Vec<Value> = vec![json!({"from": "01-01", "to": "01-01", "holidayName": "A"}); 101];
    refusals(
        &mut world,
        &[
            (
                "POST",
                target,
                without(holidays("New"), "name"),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                without(holidays("New"), "status"),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                without(holidays("New"), "holidays"),
                422,
                invalid,
                true,
            ),
            ("POST", target, holidays("Germany"), 422, invalid, false),
            ("POST", target, holidays("A & B"), 422, invalid, true),
            (
                "POST",
                target,
                new(json!({"status": "DISABLED"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidays": []})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidays": many})),
                422,
                invalid,
                true,
            ),
            ("POST", target, day("1-1", "01-01", "A"), 422, invalid, true),
            (
                "POST",
                target,
                day("01-01", "13-01", "A"),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                day("02-30", "03-01", "A"),
                422,
                refused,
                false,
            ),
            (
                "POST",
                target,
                day("00-10", "01-10", "A"),
                422,
                refused,
                false,
            ),
            (
                "POST",
                target,
                day("01-01", "01-01", ""),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidays": [{"from": "01-01", "holidayName": "A"}]})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(
                    json!({"holidays": [{"from": "01-01", "to": "01-01", "holidayName": "A", "half": true}]}),
                ),
                422,
                refused,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidayListType": "YEARLY"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"holidayListType": "YEAR_SPECIFIC"})),
                422,
                refused,
                false,
            ),
            (
                "POST",
                target,
                new(json!({"year": 2026})),
                422,
                refused,
                false,
            ),
            (
                "POST",
                target,
                new(json!({"year": "2026"})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"year": 1999})),
                422,
                invalid,
                true,
            ),
            (
                "POST",
                target,
                new(json!({"associatedBusinessHourIds": ["9"]})),
                422,
                invalid,
                true,
            ),
            ("PATCH", &path, json!({}), 422, "EMPTY_PAYLOAD", true),
            (
                "PATCH",
                &path,
                json!({"name": "France"}),
                422,
                invalid,
                false,
            ),
            ("PATCH", &path, json!({"year": 2026}), 422, refused, true),
            (
                "PATCH",
                &path,
                json!({"holidayListType": "RECURRING"}),
                422,
                refused,
                true,
            ),
            (
                "PATCH",
                "/holidayList/9",
                json!({"name": "A"}),
                404,
                "URL_NOT_FOUND",
                false,
            ),
        ],
    );
    for query in ["limit=0", "limit=51", "from=-1", "status=OFF"] {
        assert_eq!(world.get(&format!("{target}?{query}")).0, 422, "{query}");
    }
}

#[test]
fn years_come_as_texts_where_an_organization_answers_so() {
    let mut world = world();
    let body = with(
        holidays("Germany"),
        json!({"holidayListType": "YEAR_SPECIFIC", "year": 2026}),
    );
    make(&mut world, "/holidayList", body);
    let quirks = Quirks {
        booleans_as_strings: true,
        ..Quirks::default()
    };
    world
        .simulator
        .set_faults(Faults::new(0).with_quirks(quirks));
    assert_eq!(world.get("/holidayList").1["data"][0]["year"], "2026");
}

#[test]
fn an_older_state_file_is_still_read() {
    let mut old = world();
    // Older versions stored what is computed now, and profiles without permissions.
    let mut state: Value = serde_json::from_str(&old.simulator.save()).unwrap();
    let collections = &mut state["organizations"]["700001"]["collections"];
    for profile in collections["profiles"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        profile["permissions"] = json!({});
    }
    for hours in collections["businessHours"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        let hours = hours.as_object_mut().unwrap();
        hours.remove("holidayListIds");
        hours.insert("holidayLists".into(), json!([]));
        hours.insert("associatedHolidayList".into(), Value::Null);
    }
    old.simulator = Simulator::load(&state.to_string()).unwrap();
    old.log_in();
    let list = id_of(&make(&mut old, "/holidayList", holidays("Germany")));
    let default = old.id("businessHours", "name", "Default");
    let changed = old.ok(
        "PATCH",
        &format!("/businessHours/{default}"),
        json!({"holidayListIds": [list]}),
    );
    assert_eq!(changed["holidayLists"][0]["name"], "Germany");
    let agent = old.id("profiles", "name", "Agent");
    let body = json!({"permissions": {"tickets": {"view": true}}});
    let changed = old.ok("PATCH", &format!("/profiles/{agent}"), body);
    assert_eq!(changed["permissions"], json!({"tickets": {"view": true}}));
}

#[test]
fn what_tests_put_in_is_shown_as_what_came_through_the_api() {
    let mut world = world();
    let default = world.id("businessHours", "name", "Default");
    let list = world.here().insert(
        "holidayLists",
        with(
            holidays("Germany"),
            json!({"associatedBusinessHourIds": [default]}),
        ),
    );
    assert!(
        world
            .here()
            .collections()
            .any(|name| name == "holidayLists")
    );
    // A change behind everyone's back sees and keeps the relation.
    world.here().change("businessHours", &default, |hours| {
        hours.insert("name".into(), json!("Changed"));
    });
    let shown = world.here().object("holidayLists", &list).unwrap();
    assert_eq!(
        shown["associatedBusinessHours"][0]["businessHourName"],
        "Changed"
    );
    world.here().change("holidayLists", &list, |list| {
        list.insert("associatedBusinessHours".into(), json!([]));
    });
    let hours = world.here().object("businessHours", &default).unwrap();
    assert_eq!(hours["holidayLists"], json!([]));
}
