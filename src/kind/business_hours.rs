//! Sets of business hours.

use super::rules::{Allowance, Most, Quota, Room, Uses};
use super::{
    Api, Create, Field, Items, Kind, Listing, Pattern, Removal, Scopes, Shape, Span, Switch,
    choice, patterns, read_at, references, text, to,
};
use crate::dialect::Edition;
use crate::problem::Code;

const END: Pattern = Pattern {
    sample: "17:30",
    ..patterns::CLOCK
};

/// Source: Business Hour, `createBusinessHour` (`TimeSlot`).
const SLOT: &[Field] = &[
    text("startTime")
        .max(5)
        .pattern(patterns::CLOCK)
        .required()
        .doc("When it begins, such as `09:00`."),
    text("endTime")
        .max(5)
        .pattern(END)
        .required()
        .doc("When it ends, such as `12:30`."),
];

/// Source: Business Hour, `createBusinessHour` (`BusinessTime`).
const TIME: &[Field] = &[
    choice(
        "day",
        &[
            "MONDAY",
            "TUESDAY",
            "WEDNESDAY",
            "THURSDAY",
            "FRIDAY",
            "SATURDAY",
            "SUNDAY",
        ],
    )
    .required()
    .doc("The day of the week."),
    text("startTime")
        .max(5)
        .pattern(patterns::CLOCK)
        .doc("When work begins, such as `09:00`."),
    text("endTime")
        .max(5)
        .pattern(END)
        .doc("When work ends, such as `17:30`."),
    Field::new(
        "timeSlots",
        Shape::Items(Items {
            fields: SLOT,
            key: "startTime",
            min: 0,
            max: 10,
            one_each: true,
            idle: &[],
            span: Some(Span {
                begins: "startTime",
                ends: "endTime",
                apart: true,
            }),
        }),
    )
    .doc("The parts of a day that is not worked through, such as `{\"09:00\": {endTime: \"12:30\"}}`."),
];

/// A set of business hours. Source: Business Hour (`getBusinessHours`, `createBusinessHour`,
/// `updateBusinessHour`, `deleteBusinessHour`).
pub static KIND: Kind = Kind {
    collection: "businessHours",
    singular: "set of business hours",
    doc: "A set of business hours: when the help desk works, by which due dates are computed.",
    // Source: the help page on setting business hours and holidays.
    delete_effect: Some("Zoho Desk refuses that as long as an SLA or another rule uses it"),
    fields: &[
        text("name")
            .max(100)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The set's name."),
        // Source: Business Hour; what is sent as `timeZoneId` comes back as `timeZone.id`.
        text("timeZone")
            .max(100)
            .pattern(patterns::ZONE)
            .openapi(read_at("timeZoneId", "timeZone/id"))
            .doc("The time zone of its times. A creation needs it."),
        choice("type", &["24X7", "SPECIFIC", "CUSTOM"])
            .default_on_create(Switch::Word("CUSTOM"))
            .doc("Whether work never stops, all days are alike, or each day has times of its own."),
        // Source: Business Hour; answers show a day off from midnight to midnight without slots, and
        // the missing days of a set are days off.
        Field::new(
            "businessTimes",
            Shape::Items(Items {
                fields: TIME,
                key: "day",
                min: 1,
                max: 7,
                one_each: true,
                idle: &[("startTime", "00:00"), ("endTime", "00:00")],
                span: Some(Span {
                    begins: "startTime",
                    ends: "endTime",
                    apart: false,
                }),
            }),
        )
        .doc("The days of the week on which there is work, each with its times. A day that is not named is a day off. A creation needs one at least."),
        // Source: Business Hour; what is sent as `holidayListIds` comes back as `holidayLists`.
        references("holidayLists", to("holidayLists"))
            .at_most(2)
            .openapi(read_at("holidayListIds", "holidayLists/*/id"))
            .doc("The lists of holidays on which there is no work."),
        choice("status", &["ACTIVE", "INACTIVE"])
            .default_on_create(Switch::Word("ACTIVE"))
            .doc("Whether the set is in use."),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/businessHours"),
        page: 50,
        item: Some("/businessHours/{id}"),
        create: Create::Post("/businessHours"),
        required_on_create: &["timeZone", "businessTimes"],
        update: Some("/businessHours/{id}"),
        removal: Removal::Delete("/businessHours/{id}"),
        uses: Some(Uses::related_rules("/businessHours/{id}/relatedRules", 50)),
        quota: Some(Quota {
            path: "/automationFeatureCount?feature=businesshours",
            only: None,
            rooms: &[
                Room::in_all("first remove sets that nobody needs, or choose a larger edition"),
                Room::in_use("first take sets out of use with `status: INACTIVE`, or choose a larger edition"),
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
            help: "first remove sets that nobody needs, or choose a larger edition",
        }],
        scopes: Scopes {
            read: &["Desk.settings.READ"],
            create: &["Desk.settings.CREATE"],
            update: &["Desk.settings.UPDATE"],
            delete: &["Desk.settings.DELETE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
