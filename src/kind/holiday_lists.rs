//! Lists of holidays.

use super::rules::{Allowance, DaysOf, GoWith, Most, Quota, Room, Rule};
use super::{
    Api, Create, Enabled, Field, Items, Kind, Listing, Removal, Scopes, Shape, Switch, choice,
    in_object, integer, patterns, text,
};
use crate::dialect::Edition;
use crate::problem::Code;

/// Source: Holiday List, `createHolidayList` (`HolidayInput`). Two holidays of one list may have one
/// name.
const HOLIDAY: &[Field] = &[
    text("holidayName")
        .max(100)
        .pattern(patterns::NAME)
        .required()
        .doc("The holiday's name."),
    text("from")
        .max(5)
        .pattern(patterns::MONTH_DAY)
        .required()
        .doc("Its first day, such as `12-26`."),
    text("to")
        .max(5)
        .pattern(patterns::MONTH_DAY)
        .required()
        .doc("Its last day, such as `12-26`."),
];

/// The API deletes no list.
const NO_ROOM: &str = "put the holidays into a list that is there, or choose a larger edition";

/// A list of holidays. Source: Holiday List (`getHolidayLists`, `createHolidayList`,
/// `updateHolidayList`). The module has no operation that deletes.
pub static KIND: Kind = Kind {
    collection: "holidayLists",
    singular: "holiday list",
    doc: "A list of holidays, on which business hours do not count. Which business hours have it stands in `businessHours.*.holidayLists`. The API deletes none: one that is removed is inactive.",
    enabled: Some(Enabled {
        field: "status",
        on: Switch::Word("ACTIVE"),
        send_on_create: true,
    }),
    disable_effect: Some("its holidays count as working days"),
    fields: &[
        text("name")
            .max(100)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The list's name."),
        // Source: Holiday List, `updateHolidayList`, which takes neither type nor year.
        choice("holidayListType", &["RECURRING", "YEAR_SPECIFIC"])
            .create_only()
            .default_on_create(Switch::Word("RECURRING"))
            .doc("Whether its holidays come every year, or in one year alone."),
        integer("year", 2000, 2100)
            .create_only()
            .nullable()
            .doc("The year of a list that is `YEAR_SPECIFIC`."),
        Field::new(
            "holidays",
            Shape::Items(Items {
                fields: HOLIDAY,
                key: "holidayName",
                min: 1,
                max: 100,
                one_each: false,
                idle: &[],
                span: None,
            }),
        )
        // Source: Holiday List, `getHolidayLists`, whose items lack them.
        .openapi(in_object("holidays"))
        .doc("The holidays, each with its first and its last day. A creation needs one at least."),
        choice("status", &["ACTIVE", "INACTIVE"])
            .doc("Whether the list is in use; declaring it implies `ACTIVE`."),
    ],
    // Source: Holiday List, the examples of `createHolidayList`.
    rules: &[
        Rule::GoWith(&GoWith {
            fields: &["year"],
            with: "holidayListType",
            is: &["YEAR_SPECIFIC"],
            instead: "choose `RECURRING`",
            always: false,
            together: false,
        }),
        Rule::DaysOf(&DaysOf {
            items: "holidays",
            days: &["from", "to"],
            year: "year",
        }),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/holidayList"),
        page: 50,
        item: Some("/holidayList/{id}"),
        create: Create::Post("/holidayList"),
        required_on_create: &["holidays"],
        update: Some("/holidayList/{id}"),
        removal: Removal::DisableByPatch {
            path: "/holidayList/{id}",
            field: "status",
            word: "INACTIVE",
        },
        quota: Some(Quota {
            path: "/automationFeatureCount?feature=holidaylist",
            only: None,
            rooms: &[
                Room::in_all(NO_ROOM),
                Room::in_use(
                    "first take lists out of use with `status: INACTIVE`, or choose a larger edition",
                ),
            ],
        }),
        // Source: the help page on defining business hours and holidays, in one copy: the enterprise edition
        // has no limit, and nothing is said of others.
        most: &[Most {
            allows: Allowance::InAllOf(&[
                (Edition::Free, 0),
                (Edition::Standard, 1),
                (Edition::Professional, 1),
            ]),
            code: Code::NoRoom,
            help: NO_ROOM,
        }],
        scopes: Scopes {
            read: &["Desk.settings.READ"],
            create: &["Desk.settings.CREATE"],
            update: &["Desk.settings.UPDATE"],
            delete: &["Desk.settings.UPDATE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
