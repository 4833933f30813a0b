//! Lists of holidays.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{Form, Param, Rule, Shape, choice, form, list as list_of, param, shaped};
use super::super::store::ids;
use super::business_hours::{MOST_LISTS, has_room};
use super::features::check_room;
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.automations.READ", "Desk.settings.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.automations.CREATE", "Desk.settings.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.automations.UPDATE", "Desk.settings.UPDATE"]);

const STATUSES: [&str; 2] = ["ACTIVE", "INACTIVE"];
const HOURS: Shape = Shape::Id("businessHours");
const HOURS_TEXT: Shape = Shape::Written(&HOURS);
const HOLIDAY: Shape = Shape::Object(&[
    form("from", 5, Pattern::MonthDay).required(),
    form("to", 5, Pattern::MonthDay).required(),
    form("holidayName", 100, Pattern::Name).required(),
]);

/// Source: Holiday lists, operation `createHolidayList`. The source lets null stand nearly
/// everywhere in this module, even in paths; in what is sent it is read as a slip, but for the year.
const NEW: [Rule; 6] = [
    form("name", 100, Pattern::Name).required(),
    choice("status", &STATUSES).required(),
    list_of("holidays", &HOLIDAY, 1, 100).required(),
    list_of("associatedBusinessHourIds", &HOURS_TEXT, 0, 50),
    choice("holidayListType", &["RECURRING", "YEAR_SPECIFIC"]),
    shaped(
        "year",
        Shape::Integer {
            min: 2_000,
            max: 2_100,
        },
    )
    .nullable(),
];

/// Source: Holiday lists, operation `updateHolidayList`: neither type nor year.
const CHANGE: [Rule; 4] = [
    form("name", 100, Pattern::Name),
    choice("status", &STATUSES),
    list_of("holidays", &HOLIDAY, 1, 100),
    list_of("associatedBusinessHourIds", &HOURS_TEXT, 0, 50),
];

/// Source: Holiday lists, operation `getHolidayLists`. The base of the pages is not stated; 1, the
/// general default of the API, is taken.
const LISTS: [Param; 3] = [
    param("limit", Form::Range(1, 50)),
    param("from", Form::Range(0, i64::MAX)),
    param("status", Form::Choice(&STATUSES)),
];

/// The operations of this file. The API has none that deletes.
pub(super) static ROUTES: [Route; 4] = [
    list("/holidayList", READ, &LISTS, lists),
    post("/holidayList", CREATE, Content::Object(&NEW), create),
    get("/holidayList/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("holidayLists", e.id())?))
    }),
    patch(
        "/holidayList/{id}",
        UPDATE,
        Content::Change(&CHANGE),
        change,
    ),
];

/// Items have all but the holidays.
fn lists(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let wanted = exchange.organization.live("holidayLists").filter(|list| {
        query
            .get("status")
            .is_none_or(|status| list["status"] == status)
    });
    let shown = |list: &Value| {
        let mut item = exchange.organization.view("holidayLists", list);
        if let Some(item) = item.as_object_mut() {
            item.shift_remove("holidays");
        }
        item
    };
    Ok(Answer::List(
        exchange
            .page(wanted, 1, 10)
            .into_iter()
            .map(shown)
            .collect(),
    ))
}

/// Two lists cannot have one name. Source: the help page on setting business hours and holidays.
/// Success is 201. Which type a list has without one is not stated; it recurs here.
fn create(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.unique_among("holidayLists", "name", "", |_| true)?;
    check_year(&exchange.body)?;
    check_days(&exchange.body)?;
    check_hours(exchange, "")?;
    let id = exchange.organization.fresh_id();
    let (me, now) = (
        exchange.organization.acting_agent().to_owned(),
        exchange.now(),
    );
    let defaults = json!({"id": id, "name": null, "status": null, "holidayListType": "RECURRING",
        "year": null, "createdBy": me, "createdTime": now, "modifiedBy": me, "modifiedTime": now,
        "holidays": []});
    let list = complete(&exchange.body, defaults);
    check_room(exchange.organization, "holidayLists", &list)?;
    exchange.organization.put("holidayLists", list);
    Ok(Answer::Object(201, exchange.seen("holidayLists", &id)?))
}

/// `holidays` replaces the whole list: whether it does is not stated.
fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut list = exchange.stored("holidayLists")?;
    exchange.unique_among("holidayLists", "name", exchange.id(), |_| true)?;
    check_days(&exchange.body)?;
    check_hours(exchange, exchange.id())?;
    overlay(&mut list, &exchange.body);
    exchange.stamp(&mut list);
    check_room(exchange.organization, "holidayLists", &list)?;
    exchange.organization.put("holidayLists", list);
    Ok(Answer::Object(
        200,
        exchange.seen("holidayLists", exchange.id())?,
    ))
}

/// The examples of the source have a year where the list is for one, and null where it recurs. It
/// does not state that they must, so breaking it is no violation.
fn check_year(body: &Map<String, Value>) -> Result<(), Fault> {
    let is_for_a_year = body.get("holidayListType") == Some(&json!("YEAR_SPECIFIC"));
    let has_year = body.get("year").is_some_and(|year| !year.is_null());
    match (is_for_a_year, has_year) {
        (true, false) => Err(Fault::State("The list needs a year.".into())),
        (false, true) => Err(Fault::State("A list that recurs has no year.".into())),
        _ => Ok(()),
    }
}

/// The pattern of the source lets through days that no calendar has; the server hardly does.
fn check_days(body: &Map<String, Value>) -> Result<(), Fault> {
    let holidays = body.get("holidays").and_then(Value::as_array);
    for holiday in holidays.into_iter().flatten() {
        for key in ["from", "to"] {
            let text = holiday[key].as_str().unwrap_or_default();
            // A year that has a 29 February.
            if format!("2024-{text}").parse::<jiff::civil::Date>().is_err() {
                return Err(Fault::State(format!("The day {text} does not exist.")));
            }
        }
    }
    Ok(())
}

/// No set of business hours takes more lists than it may have.
fn check_hours(exchange: &Exchange<'_>, list: &str) -> Result<(), Fault> {
    let named = exchange.body.get("associatedBusinessHourIds").map(ids);
    let full = named.unwrap_or_default().into_iter().find(|id| {
        exchange
            .organization
            .stored("businessHours", id)
            .is_some_and(|hours| !has_room(hours, list))
    });
    full.map_or(Ok(()), |id| {
        Err(Fault::State(format!(
            "The business hours {id} have {MOST_LISTS} holiday lists already."
        )))
    })
}
