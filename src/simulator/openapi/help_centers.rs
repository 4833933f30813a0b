//! Help centers, and the labels and groups of their users.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, Rule, choice, form, id, id_text, object, param};
use super::{complete, overlay, wildcard};

const CENTERS_READ: Scopes = Scopes::Any(&["Desk.basic.READ", "Desk.settings.READ"]);
const READ: Scopes = Scopes::Any(&["Desk.contacts.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.contacts.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.contacts.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.contacts.DELETE", "Desk.settings.DELETE"]);

const LABELS: &str = "labels";
const GROUPS: &str = "helpCenterGroups";

/// Source: Label, the schema of the preferences. It lets each of them be null, which is read as a slip.
const PREFERENCES: [Rule; 3] = [
    form("bgColor", 100, Pattern::Colour).required(),
    form("textColor", 100, Pattern::Colour).required(),
    choice("shape", &["ROUNDED", "RECTANGLE"]).required(),
];

/// Source: Label, operation `createLabel`. It marks nothing as required: what has no name or no help
/// center is refused here.
const NEW_LABEL: [Rule; 4] = [
    form("name", 100, Pattern::Wide).nullable().required(),
    id("helpCenterId", "helpCenters").required(),
    object("preferences", &PREFERENCES).nullable(),
    id("logoId", "").nullable(),
];

/// Source: Label, operation `updateLabel`: a label stays in its help center.
const LABEL_CHANGE: [Rule; 3] = [
    form("name", 100, Pattern::Wide),
    object("preferences", &PREFERENCES).nullable(),
    id("logoId", ""),
];

/// Source: Helpcenter groups, operation `addHelpCenterGroup`.
const NEW_GROUP: [Rule; 4] = [
    form("name", 100, Pattern::Wide).required(),
    id("helpCenterId", "helpCenters").required(),
    form("description", 3_000, Pattern::Wide),
    id("logoId", ""),
];

/// Source: Helpcenter groups, operation `updateHelpCenterUserGroup`: a group stays in its help center.
const GROUP_CHANGE: [Rule; 3] = [
    form("name", 100, Pattern::Wide),
    form("description", 3_000, Pattern::Wide),
    id("logoId", ""),
];

/// Source: Helpcenter, operation `getAllHelpCenters`.
const CENTER_LIST: [Param; 3] = [
    param("from", Form::Range(1, i64::MAX)),
    param("limit", Form::Range(1, 50)),
    param("include", Form::Choice(&["translateSettings"])),
];

/// Source: Label, operation `getLabels`.
const LABEL_LIST: [Param; 5] = [
    param("limit", Form::Range(1, 50)),
    param("from", Form::Range(1, i64::MAX)),
    param("searchBy", Form::Text(2, 100)),
    param(
        "sortBy",
        Form::Order(&["createdTime", "modifiedTime", "name"]),
    ),
    param("helpCenterId", Form::Id),
];

/// Source: Helpcenter groups, operation `getHelpCenterGroupList`.
const GROUP_LIST: [Param; 5] = [
    param("limit", Form::Range(1, 50)),
    param("from", Form::Range(1, i64::MAX)),
    param("searchBy", Form::Text(2, 100)),
    param(
        "sortBy",
        Form::Choice(&["name", "modifiedTime", "createdTime", "count"]),
    ),
    param("helpCenterId", Form::Id),
];

/// The operations of this file. Those for users are left out.
pub(super) static ROUTES: [Route; 12] = [
    list("/helpCenters", CENTERS_READ, &CENTER_LIST, centers),
    get("/helpCenters/{id}", CENTERS_READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("helpCenters", e.id())?))
    }),
    list("/labels", READ, &LABEL_LIST, |e| Ok(listed(e, LABELS))),
    post("/labels", CREATE, Content::Object(&NEW_LABEL), |e| {
        create(e, LABELS, &[("preferences", Value::Null)])
    }),
    get("/labels/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen(LABELS, e.id())?))
    }),
    patch(
        "/labels/{id}",
        UPDATE,
        Content::Change(&LABEL_CHANGE),
        |e| change(e, LABELS),
    ),
    delete("/labels/{id}", DELETE, |e| remove(e, LABELS)),
    list("/groups", READ, &GROUP_LIST, |e| Ok(listed(e, GROUPS))),
    post("/groups", CREATE, Content::Object(&NEW_GROUP), |e| {
        let defaults = [
            ("description", Value::Null),
            ("isAssociated", json!(false)),
            ("status", json!("ACTIVE")),
        ];
        create(e, GROUPS, &defaults)
    }),
    get("/groups/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen(GROUPS, e.id())?))
    }),
    patch(
        "/groups/{id}",
        UPDATE,
        Content::Change(&GROUP_CHANGE),
        |e| change(e, GROUPS),
    ),
    delete("/groups/{id}", DELETE, |e| remove(e, GROUPS)),
];

/// Items have less than the single object. Pages begin at 1; how many they have without a `limit` is not
/// stated, so it is the most that there can be.
fn centers(exchange: &mut Exchange<'_>) -> Outcome {
    const ALONE: [&str; 7] = [
        "translateMode",
        "siteMapUpdatedTime",
        "domains",
        "favIconUrl",
        "logoLinkBackUrl",
        "autoTranslateSettings",
        "activeThemeId",
    ];
    let organization = &exchange.organization;
    let include = exchange.query.get("include").is_some();
    let shown = |center: &Value| {
        let mut item = organization.view("helpCenters", center);
        if let Some(item) = item.as_object_mut() {
            if include {
                let settings = json!({"translateMode": center["translateMode"],
                    "autoTranslateSettings": center["autoTranslateSettings"]});
                item.insert("translateSettings".into(), settings);
            }
            item.retain(|key, _| !ALONE.contains(&key.as_str()));
        }
        item
    };
    let items = exchange.page(organization.live("helpCenters"), 1, 50);
    Ok(Answer::List(items.into_iter().map(shown).collect()))
}

/// Items are whole; pages begin at 1 and have 50 of them. How a label is searched is not stated: as a
/// group is, with `*` for anything.
fn listed(exchange: &Exchange<'_>, collection: &str) -> Answer {
    let query = &exchange.query;
    let organization = &exchange.organization;
    let wanted = organization.live(collection).filter(|one| {
        query
            .get("helpCenterId")
            .is_none_or(|id| one["helpCenterId"] == id)
            && query.get("searchBy").is_none_or(|text| {
                one["name"]
                    .as_str()
                    .is_some_and(|name| wildcard(text, name))
            })
    });
    let wanted = exchange.sorted(wanted.collect());
    Answer::List(
        exchange
            .page(wanted.into_iter(), 1, 50)
            .into_iter()
            .map(|one| organization.view(collection, one))
            .collect(),
    )
}

/// A colour in small letters, with `#` and six digits.
fn colour(text: &str) -> String {
    let digits = text.trim_start_matches('#').to_lowercase();
    if digits.len() == 3 {
        let doubled: String = digits.chars().flat_map(|digit| [digit, digit]).collect();
        format!("#{doubled}")
    } else {
        format!("#{digits}")
    }
}

/// A body as it is stored. Of a logo the address is shown and not the id. How answers spell a colour is
/// not stated: they do not spell it as it was sent.
fn stored_form(mut body: Map<String, Value>) -> Map<String, Value> {
    if let Some(logo) = body.shift_remove("logoId") {
        let url = id_text(&logo).map(|id| format!("https://desk.example.com/logos/{id}"));
        body.insert("logoUrl".into(), json!(url));
    }
    if let Some(preferences) = body.get_mut("preferences").and_then(Value::as_object_mut) {
        for key in ["bgColor", "textColor"] {
            if let Some(text) = preferences.get(key).and_then(Value::as_str) {
                let spelled = colour(text);
                preferences.insert(key.into(), json!(spelled));
            }
        }
    }
    body
}

/// Names differ within a help center: whether they must is not stated.
fn differs(exchange: &Exchange<'_>, collection: &str, center: &Value) -> Result<(), Fault> {
    exchange.unique_among(collection, "name", exchange.id(), |other| {
        other["helpCenterId"] == *center
    })
}

/// Success is 200.
fn create(exchange: &mut Exchange<'_>, collection: &str, defaults: &[(&str, Value)]) -> Outcome {
    let mut body = stored_form(exchange.body.clone());
    let center = json!(body.get("helpCenterId").and_then(id_text));
    differs(exchange, collection, &center)?;
    body.insert("helpCenterId".into(), center);
    let id = exchange.organization.fresh_id();
    let me = json!({"id": exchange.organization.acting_agent()});
    let now = exchange.now();
    let of_both = json!({"id": id, "name": null, "helpCenterId": null, "logoUrl": null, "count": "0",
        "creator": me, "createdTime": now, "modifier": me, "modifiedTime": now});
    let mut made = complete(&body, of_both);
    for (key, value) in defaults {
        made.entry(*key).or_insert_with(|| value.clone());
    }
    exchange.organization.put(collection, made);
    Ok(Answer::Object(200, exchange.seen(collection, &id)?))
}

fn change(exchange: &mut Exchange<'_>, collection: &str) -> Outcome {
    let mut one = exchange.stored(collection)?;
    let center = one.get("helpCenterId").cloned().unwrap_or_default();
    differs(exchange, collection, &center)?;
    overlay(&mut one, &stored_form(exchange.body.clone()));
    let me = json!({"id": exchange.organization.acting_agent()});
    one.insert("modifier".into(), me);
    one.insert("modifiedTime".into(), exchange.now());
    exchange.organization.put(collection, one);
    Ok(Answer::Object(
        200,
        exchange.seen(collection, exchange.id())?,
    ))
}

/// Users lose what goes.
fn remove(exchange: &mut Exchange<'_>, collection: &str) -> Outcome {
    exchange.stored(collection)?;
    let id = exchange.id().to_owned();
    exchange.organization.remove(collection, &id);
    Ok(Answer::Empty(204))
}
