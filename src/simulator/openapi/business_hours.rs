//! Sets of business hours.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::relations::holiday_lists_of;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, choice, form, id_text, list as list_of, param, shaped,
};
use super::super::store::ids;
use super::features::check_room;
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.automations.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.automations.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.automations.UPDATE", "Desk.settings.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.automations.DELETE", "Desk.settings.DELETE"]);

/// Holiday lists that a set may have. Source: Business hours, operation `createBusinessHour`.
pub(super) const MOST_LISTS: usize = 2;

const DAYS: [&str; 7] = [
    "SUNDAY",
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
];
const STATUSES: [&str; 2] = ["ACTIVE", "INACTIVE"];
const HOLIDAY_LIST: Shape = Shape::Id("holidayLists");
const HOLIDAY_LIST_TEXT: Shape = Shape::Written(&HOLIDAY_LIST);
const SLOT: Shape = Shape::Object(&[
    form("startTime", 100, Pattern::Clock).required(),
    form("endTime", 100, Pattern::Clock).required(),
]);
const TIME: Shape = Shape::Object(&[
    choice("day", &DAYS).required(),
    form("startTime", 100, Pattern::Clock).nullable(),
    form("endTime", 100, Pattern::Clock).nullable(),
    list_of("timeSlots", &SLOT, 0, 10).nullable(),
]);

/// Source: Business hours, operation `createBusinessHour`. The source lets null stand nearly
/// everywhere in this module, even in paths; in what is sent it is read as a slip.
const NEW: [Rule; 7] = [
    form("name", 100, Pattern::Name).required(),
    form("timeZoneId", 100, Pattern::Name).required(),
    choice("type", &["24X7", "SPECIFIC", "CUSTOM"]).required(),
    choice("status", &STATUSES).required(),
    list_of("businessTimes", &TIME, 1, 7).required(),
    shaped("holidayListId", HOLIDAY_LIST_TEXT),
    list_of("holidayListIds", &HOLIDAY_LIST_TEXT, 0, MOST_LISTS),
];

/// Source: Business hours, operation `updateBusinessHour`.
const CHANGE: [Rule; 7] = [
    form("name", 100, Pattern::Name),
    form("timeZoneId", 100, Pattern::Name),
    choice("type", &["24X7", "SPECIFIC", "CUSTOM"]),
    choice("status", &STATUSES),
    list_of("businessTimes", &TIME, 1, 7),
    shaped("holidayListId", HOLIDAY_LIST_TEXT),
    list_of("holidayListIds", &HOLIDAY_LIST_TEXT, 0, MOST_LISTS),
];

/// Source: Business hours, operation `getBusinessHours`. Base and default of the pages are not
/// stated; 0 and 10 are taken.
const HOURS_LIST: [Param; 4] = [
    param("limit", Form::Range(1, 50)),
    param("from", Form::Range(0, i64::MAX)),
    param("businessHourIds", Form::Ids(50)),
    param("status", Form::Choice(&STATUSES)),
];

/// Source: Business hours, operation `getRelatedRulesForBusinessHour`.
const RULES_LIST: [Param; 2] = [
    param("limit", Form::Range(1, 50)),
    param("from", Form::Range(0, i64::MAX)),
];

/// Areas of the time zone database, and zones that stand in none.
const AREAS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
];
const BARE_ZONES: [&str; 2] = ["GMT", "UTC"];

/// The operations of this file.
pub(super) static ROUTES: [Route; 6] = [
    list("/businessHours", READ, &HOURS_LIST, business_hours),
    post("/businessHours", CREATE, Content::Object(&NEW), create),
    get("/businessHours/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("businessHours", e.id())?))
    }),
    patch(
        "/businessHours/{id}",
        UPDATE,
        Content::Change(&CHANGE),
        change,
    ),
    delete("/businessHours/{id}", DELETE, remove),
    list(
        "/businessHours/{id}/relatedRules",
        READ,
        &RULES_LIST,
        rules_of_hours,
    ),
];

/// Items are whole: an older version of the source says so, the newer one is silent.
fn business_hours(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let wanted = exchange.organization.live("businessHours").filter(|hours| {
        query
            .get("status")
            .is_none_or(|status| hours["status"] == status)
            && (query.get("businessHourIds").is_none()
                || hours["id"]
                    .as_str()
                    .is_some_and(|id| query.parts("businessHourIds").contains(&id)))
    });
    Ok(Answer::List(
        exchange
            .page(wanted, 0, 10)
            .into_iter()
            .map(|hours| exchange.organization.view("businessHours", hours))
            .collect(),
    ))
}

/// Whether names must differ is not stated; they must here. Success is 201.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.unique_among("businessHours", "name", "", |_| true)?;
    let id = exchange.organization.fresh_id();
    let (me, now) = (
        exchange.organization.acting_agent().to_owned(),
        exchange.now(),
    );
    let defaults = json!({"id": id, "name": null, "type": null, "status": null, "timeZone": null,
        "businessTimes": [], "holidayListIds": [], "createdBy": me, "createdTime": now,
        "modifiedBy": me, "modifiedTime": now});
    let body = stored_form(&exchange.body, "")?;
    let hours = complete(&body, defaults);
    check_room(exchange.organization, "businessHours", &hours)?;
    exchange.organization.put("businessHours", hours);
    Ok(Answer::Object(201, exchange.seen("businessHours", &id)?))
}

/// `businessTimes` and `holidayListIds` replace what was there.
fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut hours = exchange.stored("businessHours")?;
    exchange.unique_among("businessHours", "name", exchange.id(), |_| true)?;
    let kind = hours.get("type").and_then(Value::as_str).unwrap_or("");
    let body = stored_form(&exchange.body, kind)?;
    overlay(&mut hours, &body);
    exchange.stamp(&mut hours);
    check_room(exchange.organization, "businessHours", &hours)?;
    exchange.organization.put("businessHours", hours);
    Ok(Answer::Object(
        200,
        exchange.seen("businessHours", exchange.id())?,
    ))
}

/// A body as it is stored: time zone and holiday lists go in under other names than they come out.
fn stored_form(body: &Map<String, Value>, kind: &str) -> Result<Map<String, Value>, Fault> {
    let mut stored = body.clone();
    if let Some(zone) = stored.shift_remove("timeZoneId") {
        let zone = zone.as_str().unwrap_or_default();
        if !is_time_zone(zone) {
            return Err(Fault::invalid("/timeZoneId", "names no time zone"));
        }
        stored.insert(
            "timeZone".into(),
            json!({"id": zone, "name": zone_name(zone)}),
        );
    }
    let kind = body.get("type").and_then(Value::as_str).unwrap_or(kind);
    if let Some(times) = body.get("businessTimes").and_then(Value::as_array) {
        stored.insert("businessTimes".into(), week(times, kind)?);
    }
    let single = stored
        .shift_remove("holidayListId")
        .as_ref()
        .and_then(id_text);
    let several = body.get("holidayListIds").map(ids);
    let lists = match (single, several) {
        // Which of the two wins is not stated, so no request may leave it open.
        (Some(single), Some(several)) if several != [single.as_str()] => {
            let why = "holidayListId and holidayListIds name different lists.";
            return Err(Fault::State(why.into()));
        }
        (Some(single), _) => vec![single],
        (None, Some(several)) => several,
        (None, None) => return Ok(stored),
    };
    stored.insert("holidayListIds".into(), json!(lists));
    Ok(stored)
}

/// The days as answers show them: in their order, each with its slots, and a day off from midnight
/// to midnight without slots, as in the example of the source.
fn week(times: &[Value], kind: &str) -> Result<Value, Fault> {
    let mut week = Vec::new();
    for day in DAYS {
        let mut same = times.iter().filter(|time| time["day"] == day);
        let (first, second) = (same.next(), same.next());
        if second.is_some() {
            return Err(Fault::State(format!("The day {day} is given twice.")));
        }
        if let Some(time) = first {
            let slots = time.get("timeSlots").filter(|slots| !slots.is_null());
            week.push(
                json!({"day": day, "startTime": time["startTime"], "endTime": time["endTime"],
                "timeSlots": slots.cloned().unwrap_or_else(|| json!([]))}),
            );
        } else if kind != "24X7" {
            week.push(
                json!({"day": day, "startTime": "00:00", "endTime": "00:00", "timeSlots": []}),
            );
        }
    }
    Ok(Value::Array(week))
}

/// Whether a text can name a time zone. The zones that Zoho knows are listed nowhere; the areas of
/// the time zone database are, and a place in one of them is not looked up.
fn is_time_zone(zone: &str) -> bool {
    BARE_ZONES.contains(&zone)
        || zone.split_once('/').is_some_and(|(area, place)| {
            AREAS.contains(&area) && !place.is_empty() && Pattern::TimeZone.matches(place)
        })
}

/// A name for people; Zoho's own names are not known.
fn zone_name(zone: &str) -> String {
    let place = zone.rsplit('/').next().unwrap_or(zone);
    format!("{} time", place.replace('_', " "))
}

/// A set that a service level or another rule uses stays. Source: the help page on setting business
/// hours: what uses a set has to let go of it before.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("businessHours")?;
    let is_used = exchange
        .organization
        .live("relatedRules")
        .any(|rule| rule["businessHourId"] == exchange.id());
    if is_used {
        return Err(Fault::State("A rule uses these business hours.".into()));
    }
    let id = exchange.id().to_owned();
    exchange.organization.remove("businessHours", &id);
    Ok(Answer::Empty(204))
}

/// The rules that use a set of business hours; service levels are among them.
fn rules_of_hours(exchange: &mut Exchange<'_>) -> Outcome {
    related_rules(exchange, "businessHours", "businessHourId", 10)
}

/// The rules whose key names an object, with as many to a page as `limit` is by default.
pub(super) fn related_rules(
    exchange: &mut Exchange<'_>,
    collection: &'static str,
    key: &str,
    limit: usize,
) -> Outcome {
    exchange.stored(collection)?;
    let rules = exchange.organization.live("relatedRules");
    let wanted = rules.filter(|rule| rule[key] == exchange.id());
    let page = exchange.page(wanted, 0, limit).into_iter();
    let shown = |rule: &Value| json!({"ruleId": rule["ruleId"], "ruleName": rule["ruleName"], "ruleType": rule["ruleType"]});
    Ok(Answer::List(page.map(shown).collect()))
}

/// Whether a set can take one more holiday list, or has it already.
pub(super) fn has_room(hours: &Value, list: &str) -> bool {
    let lists = holiday_lists_of(hours);
    lists.len() < MOST_LISTS || lists.iter().any(|id| id == list)
}
