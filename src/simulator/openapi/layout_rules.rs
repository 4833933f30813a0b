//! What holds in a layout: mappings between pick lists, rules of what it shows, and rules of values.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list as page, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, choice, form, id, id_text, list, map, needed, object, param, text,
};
use super::super::store::is_list;
use super::layouts::MODULES;

const MAPPINGS_READ: Scopes = Scopes::Any(&["Desk.basic.READ", "Desk.fields.READ"]);
/// Source: Dependency mappings, operations `getDependencyMapping` and `getDependencyMappingsCount`, which
/// name this one alone.
const MAPPING_READ: Scopes = Scopes::Any(&["Desk.basic.READ"]);
const MAPPINGS_CREATE: Scopes = Scopes::Any(&["Desk.fields.CREATE", "Desk.settings.CREATE"]);
const MAPPINGS_UPDATE: Scopes = Scopes::Any(&["Desk.fields.UPDATE", "Desk.settings.UPDATE"]);
const MAPPINGS_DELETE: Scopes = Scopes::Any(&["Desk.fields.DELETE", "Desk.settings.DELETE"]);

/// Where they are kept.
const MAPPINGS: &str = "dependencyMappings";
/// Mappings that a layout may have. Source: Dependency mappings, the example of
/// `getDependencyMappingsCount`.
const MOST_MAPPINGS: usize = 10;

/// Source: Dependency mappings, the schema `Mappings`: lists of texts under texts.
const VALUE: Shape = Shape::Text {
    min: 0,
    max: usize::MAX,
    pattern: Pattern::Any,
};
const VALUES: Shape = Shape::List {
    item: &VALUE,
    min: 0,
    max: usize::MAX,
    unique: false,
};
/// Source: Dependency mappings, operation `createDependencyMapping`.
const NEW_MAPPING: [Rule; 4] = [
    id("parentId", "fields").required(),
    id("childId", "fields").required(),
    id("layoutId", "layouts").required(),
    map("mappings", &VALUES).required(),
];
/// Source: Dependency mappings, operation `editDependencyMapping`. Its schema is open; a key that it does
/// not know is refused here.
const MAPPING: [Rule; 1] = [map("mappings", &VALUES).required()];
const MAPPING_LIST: [Param; 1] = [needed("layoutId", Form::Id)];

/// The operations of this file.
pub(super) static ROUTES: [Route; 16] = [
    get(
        "/dependencyMappingsCount",
        MAPPING_READ,
        &MAPPING_LIST,
        room,
    ),
    get(
        "/dependencyMappings",
        MAPPINGS_READ,
        &MAPPING_LIST,
        mappings,
    ),
    post(
        "/dependencyMappings",
        MAPPINGS_CREATE,
        Content::Object(&NEW_MAPPING),
        create_mapping,
    ),
    get("/dependencyMappings/{id}", MAPPING_READ, &[], |e| {
        let mapping = e.stored(MAPPINGS)?;
        Ok(Answer::Object(200, shown(e, mapping)))
    }),
    patch(
        "/dependencyMappings/{id}",
        MAPPINGS_UPDATE,
        Content::Object(&MAPPING),
        |e| {
            let mut mapping = e.stored(MAPPINGS)?;
            let sent = e.body.get("mappings").cloned().unwrap_or_default();
            let part = |key: &str| mapping.get(key).and_then(id_text).unwrap_or_default();
            let parts = [part("layoutId"), part("parentId"), part("childId")];
            check(e, &parts, &sent)?;
            mapping.insert("mappings".into(), sent);
            e.organization.put(MAPPINGS, mapping.clone());
            Ok(Answer::Object(200, shown(e, mapping)))
        },
    ),
    delete("/dependencyMappings/{id}", MAPPINGS_DELETE, |e| {
        e.stored(MAPPINGS)?;
        let id = e.id().to_owned();
        e.organization.remove(MAPPINGS, &id);
        Ok(Answer::Empty(200))
    }),
    page("/layoutRules", READ, &LAYOUT_RULE_LIST, |e| {
        let module = e.query.get("module").unwrap_or_default();
        let layout = e.query.get("layoutId").unwrap_or_default();
        let of = e.organization.stored("layouts", layout);
        if of.is_some_and(|of| super::layouts::module_of(of) != module) {
            return Ok(Answer::List(Vec::new()));
        }
        Ok(listed(e, &LAYOUT_RULES))
    }),
    page("/validationRules", READ, &VALIDATION_RULE_LIST, |e| {
        Ok(listed(e, &VALIDATION_RULES))
    }),
    post(
        "/layouts/{id}/layoutRules",
        CREATE,
        Content::Object(&LAYOUT_RULE),
        |e| create_rule(e, &LAYOUT_RULES),
    ),
    get("/layouts/{id}/layoutRules/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, Value::Object(rule(e, &LAYOUT_RULES)?)))
    }),
    patch(
        "/layouts/{id}/layoutRules/{id}",
        UPDATE,
        Content::Change(&LAYOUT_RULE),
        |e| change_rule(e, &LAYOUT_RULES),
    ),
    delete("/layouts/{id}/layoutRules/{id}", DELETE, |e| {
        remove_rule(e, &LAYOUT_RULES)
    }),
    post(
        "/layouts/{id}/validationRules",
        CREATE,
        Content::Object(&VALIDATION_RULE),
        |e| create_rule(e, &VALIDATION_RULES),
    ),
    get("/layouts/{id}/validationRules/{id}", READ, &[], |e| {
        let rule = rule(e, &VALIDATION_RULES)?;
        Ok(Answer::Object(200, Value::Object(rule)))
    }),
    patch(
        "/layouts/{id}/validationRules/{id}",
        UPDATE,
        Content::Change(&VALIDATION_RULE),
        |e| change_rule(e, &VALIDATION_RULES),
    ),
    delete("/layouts/{id}/validationRules/{id}", DELETE, |e| {
        remove_rule(e, &VALIDATION_RULES)
    }),
];

/// What differs between the two kinds of rules.
struct Sort {
    /// Where they are kept.
    kept: &'static str,
    /// The field in which two rules of a layout must not have one value. That is not stated.
    apart: &'static str,
    /// Whether their actions name fields of the layout.
    names_fields: bool,
}

static LAYOUT_RULES: Sort = Sort {
    kept: "layoutRules",
    apart: "name",
    names_fields: true,
};
static VALIDATION_RULES: Sort = Sort {
    kept: "validationRules",
    apart: "fieldName",
    names_fields: false,
};

/// Source: Layout rules, operation `getLayoutRules`, and Validation rules, operation `getValidationRules`.
const READ: Scopes = Scopes::Any(&["Desk.layouts.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.layouts.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.layouts.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.layouts.DELETE", "Desk.settings.DELETE"]);
/// The operation's list of modules. Its description names contracts besides.
const LISTED: &[&str] = match MODULES.split_last() {
    Some((_contracts, others)) => others,
    None => &[],
};
const LAYOUT_RULE_LIST: [Param; 4] = [
    needed("module", Form::Choice(LISTED)),
    needed("layoutId", Form::Id),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 50)),
];
const VALIDATION_RULE_LIST: [Param; 3] = [
    param("layoutId", Form::Id),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 50)),
];

/// A page of rules, of one layout where the query names it. Those of a layout that is gone are gone.
fn listed(exchange: &Exchange<'_>, sort: &Sort) -> Answer {
    let layout = exchange.query.get("layoutId");
    let organization = &exchange.organization;
    let found = organization.live(sort.kept).filter(|one| {
        let of = one["layoutId"].as_str().unwrap_or_default();
        layout.is_none_or(|id| of == id) && organization.stored("layouts", of).is_some()
    });
    let page = exchange.page(found, 0, 50);
    Answer::List(page.into_iter().cloned().collect())
}

/// The rule that a path names below its layout.
fn rule(exchange: &Exchange<'_>, sort: &Sort) -> Result<Map<String, Value>, Fault> {
    exchange.stored("layouts")?;
    let id = exchange.parts.get(1).map_or("", String::as_str);
    let found = exchange.organization.stored(sort.kept, id);
    let found = found.filter(|one| one["layoutId"] == exchange.id());
    let found = found.and_then(Value::as_object).cloned();
    found.ok_or(Fault::Absent)
}

/// Refuses a layout that the path does not name, and a name of no field of its module. What the server
/// checks of them is not stated.
fn check_rule(exchange: &Exchange<'_>, sort: &Sort, own: &str) -> Result<(), Fault> {
    let layout = Value::Object(exchange.stored("layouts")?);
    let body = &exchange.body;
    if body.get("layoutId").and_then(id_text).as_deref() != Some(exchange.id()) {
        return Err(Fault::invalid(
            "/layoutId",
            "is another layout than the path's",
        ));
    }
    let module = super::layouts::module_of(&layout);
    let is_field = |name: &Value| {
        let mut fields = exchange.organization.live("fields");
        fields.any(|field| field["module"] == module && field["apiName"] == *name)
    };
    let mut named = vec![("/fieldName".to_owned(), body.get("fieldName").cloned())];
    let cases = body.get("fieldConditions").and_then(Value::as_array);
    for (n, case) in cases.into_iter().flatten().enumerate() {
        let conditions = case["conditions"].as_array().into_iter().flatten();
        for (m, condition) in conditions.enumerate() {
            let at = format!("/fieldConditions/{n}/conditions/{m}/fieldName");
            named.push((at, condition.get("fieldName").cloned()));
        }
        let lists: &[&str] = if sort.names_fields {
            &["showFields", "setMandatoryFields"]
        } else {
            &[]
        };
        for list in lists {
            let fields = case["actions"][list].as_array().into_iter().flatten();
            for field in fields {
                let at = format!("/fieldConditions/{n}/actions/{list}");
                named.push((at, field.get("fieldName").cloned()));
            }
        }
    }
    for (at, name) in named {
        if !is_field(&name.unwrap_or_default()) {
            return Err(Fault::invalid(at, "is no field of the module"));
        }
    }
    let is_same = |one: &Value| {
        one["id"] != own
            && one["layoutId"] == exchange.id()
            && Some(&one[sort.apart]) == body.get(sort.apart)
    };
    if !exchange.organization.sight.takes_duplicates
        && exchange.organization.live(sort.kept).any(is_same)
    {
        return Err(Fault::field(format!("/{}", sort.apart), Problem::Duplicate));
    }
    Ok(())
}

/// Writes what a request says into a rule: a flag that goes in as a text comes out as a flag.
fn write(exchange: &Exchange<'_>, rule: &mut Map<String, Value>) {
    for (key, value) in &exchange.body {
        let value = match (key.as_str(), value.as_str()) {
            ("executeInHelpCentre", Some(text)) => json!(text == "true"),
            _ => value.clone(),
        };
        rule.insert(key.clone(), value);
    }
    exchange.stamp(rule);
}

fn create_rule(exchange: &mut Exchange<'_>, sort: &Sort) -> Outcome {
    check_rule(exchange, sort, "")?;
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent().to_owned();
    let mut made = json!({"id": id, "displayLabel": null, "executeInHelpCentre": false, "status": "active",
        "systemGenerated": false, "createdBy": me, "createdTime": exchange.now()});
    if sort.names_fields {
        made["description"] = Value::Null;
    }
    let mut made = made.as_object().cloned().unwrap_or_default();
    write(exchange, &mut made);
    exchange.organization.put(sort.kept, made.clone());
    Ok(Answer::Object(200, Value::Object(made)))
}

fn change_rule(exchange: &mut Exchange<'_>, sort: &Sort) -> Outcome {
    let mut changed = rule(exchange, sort)?;
    let own = changed.get("id").and_then(id_text).unwrap_or_default();
    check_rule(exchange, sort, &own)?;
    write(exchange, &mut changed);
    exchange.organization.put(sort.kept, changed.clone());
    Ok(Answer::Object(200, Value::Object(changed)))
}

fn remove_rule(exchange: &mut Exchange<'_>, sort: &Sort) -> Outcome {
    let gone = rule(exchange, sort)?;
    let id = gone.get("id").and_then(id_text).unwrap_or_default();
    exchange.organization.remove(sort.kept, &id);
    Ok(Answer::Empty(200))
}

/// All of a layout; without a page.
fn mappings(exchange: &mut Exchange<'_>) -> Outcome {
    let layout = exchange
        .query
        .get("layoutId")
        .unwrap_or_default()
        .to_owned();
    let found: Vec<Map<String, Value>> = exchange
        .organization
        .live(MAPPINGS)
        .filter(|one| one["layoutId"] == layout.as_str())
        .filter_map(|one| one.as_object().cloned())
        .collect();
    let shown = found.into_iter().map(|one| shown(exchange, one)).collect();
    Ok(Answer::List(shown))
}

/// A mapping as answers show it: with both fields.
fn shown(exchange: &Exchange<'_>, mut mapping: Map<String, Value>) -> Value {
    for (key, id) in [("parent", "parentId"), ("child", "childId")] {
        let id = mapping.get(id).and_then(id_text).unwrap_or_default();
        let field = exchange.organization.stored("fields", &id);
        let values = field.and_then(|field| field["pickListValues"].as_array());
        let values: Vec<Value> = (values.into_iter().flatten())
            .map(|one| one["value"].clone())
            .collect();
        let label = field.map(|field| field["displayLabel"].clone());
        mapping.insert(
            key.into(),
            json!({"id": id, "displayLabel": label, "allowedValues": values}),
        );
    }
    Value::Object(mapping)
}

/// Both fields are pick lists of the layout. That the server checks values is not stated: it is not done.
fn check(exchange: &Exchange<'_>, parts: &[String; 3], mappings: &Value) -> Result<(), Fault> {
    let [layout, parent, child] = parts;
    if parent == child {
        return Err(Fault::invalid("/childId", "is the parent itself"));
    }
    for (key, id) in [("/parentId", parent), ("/childId", child)] {
        let field = exchange.organization.stored("fields", id);
        let field = field.cloned().unwrap_or_default();
        if !is_list(&field["type"]) {
            return Err(Fault::invalid(key, "is no pick list"));
        }
        let of = exchange.organization.stored("layouts", layout);
        let module = of.map(super::layouts::module_of).unwrap_or_default();
        if field["module"] != module {
            return Err(Fault::invalid(key, "is a field of another module"));
        }
    }
    if mappings.as_object().is_none_or(Map::is_empty) {
        return Err(Fault::invalid("/mappings", "says nothing"));
    }
    Ok(())
}

/// The mappings of a layout.
fn mappings_of<'e>(exchange: &'e Exchange<'_>, layout: &'e str) -> impl Iterator<Item = &'e Value> {
    let all = exchange.organization.live(MAPPINGS);
    all.filter(move |one| one["layoutId"] == layout)
}

/// Source: Dependency mappings, operation `getDependencyMappingsCount`.
fn room(exchange: &mut Exchange<'_>) -> Outcome {
    let layout = exchange.query.get("layoutId").unwrap_or_default();
    if exchange.organization.stored("layouts", layout).is_none() {
        return Err(Fault::State("The layout does not exist.".to_owned()));
    }
    let left = MOST_MAPPINGS.saturating_sub(mappings_of(exchange, layout).count());
    Ok(Answer::Object(
        200,
        json!({"data": {"maximumLimit": MOST_MAPPINGS.to_string(), "available": left.to_string()}}),
    ))
}

/// Of a layout, a parent and a child there is one mapping; that a second one is refused is not stated.
fn create_mapping(exchange: &mut Exchange<'_>) -> Outcome {
    let part = |key: &str| exchange.body.get(key).and_then(id_text).unwrap_or_default();
    let parts = [part("layoutId"), part("parentId"), part("childId")];
    let sent = exchange.body.get("mappings").cloned().unwrap_or_default();
    check(exchange, &parts, &sent)?;
    let [layout, parent, child] = parts;
    let is_same = |one: &Value| {
        one["layoutId"] == layout.as_str()
            && one["parentId"] == parent.as_str()
            && one["childId"] == child.as_str()
    };
    if exchange.organization.live(MAPPINGS).any(is_same) {
        return Err(Fault::invalid("/childId", "depends on the parent already"));
    }
    if mappings_of(exchange, &layout).count() >= MOST_MAPPINGS {
        return Err(Fault::State(
            "The layout has no room for a mapping.".to_owned(),
        ));
    }
    let id = exchange.organization.fresh_id();
    let made = json!({"id": id, "layoutId": layout, "parentId": parent, "childId": child, "mappings": sent});
    let made = made.as_object().cloned().unwrap_or_default();
    exchange.organization.put(MAPPINGS, made.clone());
    Ok(Answer::Object(200, shown(exchange, made)))
}

/// Source: Layout rules, `RuleCondition`; Validation rules, `Condition`: all five are demanded, and any may be
/// null.
const TEXT_100: Shape = Shape::Text {
    min: 0,
    max: 100,
    pattern: Pattern::Any,
};
const CONDITION: [Rule; 5] = [
    form("fieldName", 100, Pattern::Name).required(),
    form("displayLabel", 200, Pattern::Name).required(),
    text("condition", 100).required(),
    list("value", &TEXT_100, 0, usize::MAX).required(),
    list("displayValue", &TEXT_100, 0, usize::MAX).required(),
];
const ONE_CONDITION: Shape = Shape::Object(&CONDITION);
/// Source: Layout rules, `RuleActionField`.
const ACTION_FIELD: [Rule; 2] = [
    form("fieldName", 100, Pattern::Name).required(),
    form("displayLabel", 200, Pattern::Name).required(),
];
const ONE_ACTION_FIELD: Shape = Shape::Object(&ACTION_FIELD);
const ACTIONS: [Rule; 3] = [
    list("showSections", &TEXT_100, 0, usize::MAX).required(),
    list("showFields", &ONE_ACTION_FIELD, 0, usize::MAX).required(),
    list("setMandatoryFields", &ONE_ACTION_FIELD, 0, usize::MAX).required(),
];
/// Source: Layout rules, `FieldCondition`.
const CASE: [Rule; 4] = [
    text("name", 100).required(),
    text("pattern", 100).required(),
    list("conditions", &ONE_CONDITION, 0, usize::MAX).required(),
    object("actions", &ACTIONS).required(),
];
const ONE_CASE: Shape = Shape::Object(&CASE);
/// Source: Layout rules, `LayoutRuleRequest`, for a creation and an update alike. What a client has no
/// reason to send is refused here.
const LAYOUT_RULE: [Rule; 8] = [
    form("name", 255, Pattern::Name).required(),
    id("layoutId", "layouts").required(),
    form("fieldName", 255, Pattern::Name).required(),
    list("fieldConditions", &ONE_CASE, 0, usize::MAX).required(),
    text("description", 255),
    form("displayLabel", 250, Pattern::Name),
    choice("executeInHelpCentre", &["true", "false"]),
    choice("status", &["active", "deactive"]),
];
const ALERT: [Rule; 1] = [text("alert", 100).required()];
/// Source: Validation rules, `FieldCondition`.
const CHECK: [Rule; 4] = [
    text("name", 100).required(),
    text("pattern", 100).required(),
    list("conditions", &ONE_CONDITION, 0, usize::MAX).required(),
    object("actions", &ALERT).required(),
];
const ONE_CHECK: Shape = Shape::Object(&CHECK);
/// Source: Validation rules, `ValidationRuleWrite`, for a creation and an update alike.
const VALIDATION_RULE: [Rule; 6] = [
    form("fieldName", 255, Pattern::Name).required(),
    id("layoutId", "layouts").required(),
    list("fieldConditions", &ONE_CHECK, 0, usize::MAX).required(),
    form("displayLabel", 250, Pattern::Name),
    choice("executeInHelpCentre", &["true", "false"]),
    choice("status", &["active", "deactive"]),
];
