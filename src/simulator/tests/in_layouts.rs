//! What holds in a layout, of the openapi dialect: mappings between pick lists, and its two sorts of rules.

use super::*;

/// A simulator with the layout of contacts, and with two pick lists and a text in that module.
struct Layout {
    world: World,
    id: String,
    region: String,
    country: String,
    text: String,
}

fn field(world: &mut World, module: &str, name: &str, kind: &str, values: Value) -> String {
    let field = json!({"module": module, "name": name, "apiName": name, "displayLabel": name, "type": kind,
        "isCustomField": true, "pickListValues": values});
    world.here().insert("fields", field)
}

fn layout() -> Layout {
    let mut world = World::new(Dialect::Openapi);
    let listed = world.get("/layouts?module=contacts").1;
    let id = id_of(&listed["data"][0]);
    let regions = json!([{"value": "EMEA"}, {"value": "APAC"}]);
    let countries = json!([{"value": "Germany"}, {"value": "Japan"}]);
    let region = field(&mut world, "contacts", "cf_region", "Picklist", regions);
    let country = field(&mut world, "contacts", "cf_country", "Picklist", countries);
    let text = field(&mut world, "contacts", "cf_note", "Text", Value::Null);
    Layout {
        world,
        id,
        region,
        country,
        text,
    }
}

impl Layout {
    fn mapping(&self) -> Value {
        json!({"layoutId": self.id, "parentId": self.region, "childId": self.country,
            "mappings": {"EMEA": ["Germany"]}})
    }

    fn condition(name: &str) -> Value {
        json!({"fieldName": name, "displayLabel": "Label", "condition": "is", "value": ["EMEA"],
            "displayValue": ["EMEA"]})
    }

    /// A rule that shows a field.
    fn rule(&self) -> Value {
        let shown = json!([{"fieldName": "cf_country", "displayLabel": "Country"}]);
        json!({"name": "Countries", "layoutId": self.id, "fieldName": "cf_region",
            "fieldConditions": [{"name": "EMEA", "pattern": "(1)", "conditions": [Self::condition("cf_region")],
                "actions": {"showSections": [], "showFields": shown, "setMandatoryFields": []}}]})
    }

    /// A rule about a value.
    fn check(&self) -> Value {
        json!({"layoutId": self.id, "fieldName": "cf_note",
            "fieldConditions": [{"name": "No EMEA", "pattern": "(1)", "conditions": [Self::condition("cf_note")],
                "actions": {"alert": "Not this one"}}]})
    }
}

#[test]
fn a_mapping_is_made_read_listed_changed_and_deleted() {
    let mut l = layout();
    let list = format!("/dependencyMappings?layoutId={}", l.id);
    assert_eq!(l.world.get(&list).0, 204);
    let made = l.world.ok("POST", "/dependencyMappings", l.mapping());
    assert_eq!(made["mappings"], json!({"EMEA": ["Germany"]}));
    assert_eq!(
        made["parent"],
        json!({"id": l.region, "displayLabel": "cf_region", "allowedValues": ["EMEA", "APAC"]})
    );
    assert_eq!(made["child"]["id"], l.country);
    let path = format!("/dependencyMappings/{}", id_of(&made));
    assert_eq!(l.world.get(&path), (200, made.clone()));
    assert_eq!(l.world.get(&list).1["data"], json!([made]));
    let change = json!({"mappings": {"APAC": ["Japan"]}});
    let changed = l.world.ok("PATCH", &path, change.clone());
    assert_eq!(changed["mappings"], change["mappings"]);
    assert_eq!(l.world.delete(&path), 200);
    assert_eq!((l.world.get(&path).0, l.world.delete(&path)), (404, 404));
}

#[test]
fn a_layout_has_room_for_ten_mappings() {
    let mut l = layout();
    let count = format!("/dependencyMappingsCount?layoutId={}", l.id);
    let told = |l: &mut Layout| l.world.get(&count).1;
    let left = |left: &str| json!({"data": {"maximumLimit": "10", "available": left}});
    assert_eq!(told(&mut l), left("10"));
    for n in 0..9 {
        l.world.here().insert(
            "dependencyMappings",
            json!({"layoutId": l.id, "parentId": n.to_string(), "childId": "1", "mappings": {"A": []}}),
        );
    }
    assert_eq!(told(&mut l), left("1"));
    let mapping = l.mapping();
    l.world.ok("POST", "/dependencyMappings", mapping.clone());
    assert_eq!(told(&mut l), left("0"));
    // The other way round would be another mapping.
    let turned = with(mapping, json!({"parentId": l.country, "childId": l.region}));
    let (status, code, is_violation) = l.world.refused("POST", "/dependencyMappings", turned);
    assert_eq!(
        (status, &*code, is_violation),
        (422, "UNPROCESSABLE_ENTITY", false)
    );
    assert_eq!(l.world.get("/dependencyMappingsCount").0, 422);
}

#[test]
fn refusals_of_mappings_say_why() {
    let mut l = layout();
    let elsewhere = field(
        &mut l.world,
        "accounts",
        "cf_tier",
        "Picklist",
        json!([{"value": "A"}]),
    );
    let (new, target) = (l.mapping(), "/dependencyMappings");
    let path = format!(
        "{target}/{}",
        id_of(&l.world.ok("POST", target, new.clone()))
    );
    let not = |key: &str, value: &str| with(new.clone(), json!({ key: value }));
    reasons(
        &mut l.world,
        &[
            (
                "POST",
                target,
                without(new.clone(), "parentId"),
                "/parentId missing",
            ),
            (
                "POST",
                target,
                without(new.clone(), "childId"),
                "/childId missing",
            ),
            (
                "POST",
                target,
                without(new.clone(), "layoutId"),
                "/layoutId missing",
            ),
            (
                "POST",
                target,
                without(new.clone(), "mappings"),
                "/mappings missing",
            ),
            (
                "POST",
                target,
                not("parentId", "1"),
                "names no object of fields",
            ),
            (
                "POST",
                target,
                not("layoutId", "1"),
                "names no object of layouts",
            ),
            (
                "POST",
                target,
                not("childId", &l.region),
                "/childId invalid",
            ),
            (
                "POST",
                target,
                not("childId", &l.region),
                "is the parent itself",
            ),
            ("POST", target, not("childId", &l.text), "is no pick list"),
            (
                "POST",
                target,
                not("childId", &elsewhere),
                "is a field of another module",
            ),
            (
                "POST",
                target,
                with(new.clone(), json!({"mappings": {}})),
                "says nothing",
            ),
            (
                "POST",
                target,
                with(new.clone(), json!({"mappings": {"EMEA": "Germany"}})),
                "/mappings/EMEA invalid",
            ),
            ("POST", target, new.clone(), "depends on the parent already"),
            ("PATCH", &path, json!({}), "/mappings missing"),
            ("PATCH", &path, json!({"mappings": {}}), "says nothing"),
            (
                "PATCH",
                &path,
                json!({"childId": "1", "mappings": {"EMEA": []}}),
                "An extra parameter 'childId' is found",
            ),
            ("GET", target, Value::Null, "'layoutId' is missing"),
        ],
    );
}

#[test]
fn rules_are_made_read_listed_changed_and_deleted() {
    let mut l = layout();
    let list = format!("/layoutRules?module=contacts&layoutId={}", l.id);
    for (sort, list, body) in [
        ("layoutRules", list.as_str(), l.rule()),
        ("validationRules", "/validationRules", l.check()),
    ] {
        let target = format!("/layouts/{}/{sort}", l.id);
        assert_eq!(l.world.get(list).0, 204, "{sort}");
        let sent = with(body.clone(), json!({"executeInHelpCentre": "true"}));
        let made = l.world.ok("POST", &target, sent);
        // The flag goes in as a text and comes out as one.
        assert_eq!(made["executeInHelpCentre"], true, "{sort}");
        assert_eq!(made["status"], "active", "{sort}");
        assert_eq!(made["systemGenerated"], false, "{sort}");
        assert_eq!(made["fieldConditions"], body["fieldConditions"], "{sort}");
        assert_eq!(made.get("description").is_some(), sort == "layoutRules");
        let path = format!("{target}/{}", id_of(&made));
        assert_eq!(l.world.get(&path), (200, made.clone()), "{sort}");
        assert_eq!(l.world.get(list).1["data"], json!([made]), "{sort}");
        assert_eq!(
            l.world
                .get(&format!(
                    "{list}{}from=1",
                    if sort == "layoutRules" { '&' } else { '?' }
                ))
                .0,
            204
        );
        // An update sends all that a creation does.
        let changed = l
            .world
            .ok("PATCH", &path, with(body, json!({"status": "deactive"})));
        assert_eq!(changed["status"], "deactive", "{sort}");
        assert_eq!(l.world.delete(&path), 200, "{sort}");
        assert_eq!((l.world.get(&path).0, l.world.delete(&path)), (404, 404));
    }
    // A layout of another module has none of those that are asked for.
    let path = format!("/layoutRules?module=accounts&layoutId={}", l.id);
    assert_eq!(l.world.get(&path).0, 204);
}

#[test]
fn refusals_of_rules_say_why() {
    let mut l = layout();
    let accounts = id_of(&l.world.get("/layouts?module=accounts").1["data"][0]);
    for (sort, new, apart) in [
        ("layoutRules", l.rule(), "/name duplicate"),
        ("validationRules", l.check(), "/fieldName duplicate"),
    ] {
        let target = format!("/layouts/{}/{sort}", l.id);
        let path = format!(
            "{target}/{}",
            id_of(&l.world.ok("POST", &target, new.clone()))
        );
        let not = |key: &str, value: Value| with(new.clone(), json!({ key: value }));
        let case = |key: &str, value: Value| {
            let mut body = not("status", json!("active"));
            body["fieldConditions"][0][key] = value;
            body
        };
        let condition = Layout::condition("cf_other");
        let half = without(Layout::condition("cf_region"), "displayValue");
        reasons(
            &mut l.world,
            &[
                (
                    "POST",
                    &target,
                    without(new.clone(), "layoutId"),
                    "/layoutId missing",
                ),
                (
                    "POST",
                    &target,
                    without(new.clone(), "fieldName"),
                    "/fieldName missing",
                ),
                (
                    "POST",
                    &target,
                    without(new.clone(), "fieldConditions"),
                    "/fieldConditions missing",
                ),
                (
                    "POST",
                    &target,
                    not("layoutId", json!(accounts)),
                    "is another layout than the path's",
                ),
                (
                    "POST",
                    &target,
                    not("fieldName", json!("cf_other")),
                    "/fieldName invalid",
                ),
                (
                    "POST",
                    &target,
                    not("fieldName", json!("cf_other")),
                    "is no field of the module",
                ),
                (
                    "POST",
                    &target,
                    case("conditions", json!([condition])),
                    "/fieldConditions/0/conditions/0/fieldName invalid",
                ),
                (
                    "POST",
                    &target,
                    case("conditions", json!([half])),
                    "/fieldConditions/0/conditions/0/displayValue missing",
                ),
                (
                    "POST",
                    &target,
                    case("actions", json!({})),
                    "/fieldConditions/0/actions/",
                ),
                (
                    "POST",
                    &target,
                    not("status", json!("inactive")),
                    "/status invalid",
                ),
                (
                    "POST",
                    &target,
                    not("executeInHelpCentre", json!(true)),
                    "/executeInHelpCentre invalid",
                ),
                (
                    "POST",
                    &target,
                    not("systemGenerated", json!(true)),
                    "An extra parameter 'systemGenerated'",
                ),
                ("POST", &target, new.clone(), apart),
                (
                    "PATCH",
                    &path,
                    json!({"status": "active"}),
                    "/fieldConditions missing",
                ),
            ],
        );
    }
    let shown = json!([{"fieldName": "cf_other", "displayLabel": "Other"}]);
    let mut other = l.rule();
    other["fieldConditions"][0]["actions"]["showFields"] = shown;
    let target = format!("/layouts/{}/layoutRules", l.id);
    let (rules, checks) = ("/layoutRules?module=contacts", "/validationRules?limit=51");
    reasons(
        &mut l.world,
        &[
            (
                "POST",
                &target,
                other,
                "/fieldConditions/0/actions/showFields invalid",
            ),
            ("GET", rules, Value::Null, "'layoutId' is missing"),
            ("GET", checks, Value::Null, "exceeds the range of '1-50'"),
        ],
    );
}

#[test]
fn scopes_of_what_holds_in_a_layout() {
    let mut l = layout();
    let mapping = id_of(&l.world.ok("POST", "/dependencyMappings", l.mapping()));
    let target = format!("/layouts/{}/layoutRules", l.id);
    let rule = id_of(&l.world.ok("POST", &target, l.rule()));
    let list = format!("/dependencyMappings?layoutId={}", l.id);
    let (mapping, rule) = (
        format!("/dependencyMappings/{mapping}"),
        format!("{target}/{rule}"),
    );
    // A single mapping is read with one scope alone.
    for (scope, expected) in [
        ("Desk.basic.READ", [200, 200, 403, 403]),
        ("Desk.fields.READ", [200, 403, 403, 403]),
        ("Desk.layouts.READ", [403, 403, 200, 200]),
        ("Desk.settings.READ", [403, 403, 200, 200]),
        ("Desk.contacts.READ", [403, 403, 403, 403]),
    ] {
        l.world.only(scope);
        let found = [&list, &mapping, &rule, &"/validationRules".to_owned()]
            .map(|path| l.world.get(path).0);
        assert_eq!(
            found.map(|code| if code == 204 { 200 } else { code }),
            expected,
            "{scope}"
        );
    }
    for (scope, expected) in [
        ("Desk.fields.UPDATE", [200, 403]),
        ("Desk.layouts.UPDATE", [403, 200]),
        ("Desk.settings.UPDATE", [200, 200]),
        ("Desk.settings.CREATE", [403, 403]),
    ] {
        l.world.only(scope);
        let change = json!({"mappings": {"APAC": ["Japan"]}});
        let found = [
            l.world.call("PATCH", &mapping, change).0,
            l.world.call("PATCH", &rule, l.rule()).0,
        ];
        assert_eq!(found, expected, "{scope}");
    }
}
