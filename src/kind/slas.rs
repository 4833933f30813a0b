//! Service level agreements.

use crate::problem::Code;

use super::rules::{Clash, Deed, Is, Mark};
use super::{
    Api, Create, Field, Form, Kind, Listing, Mention, Mentioner, Removal, Risk, Scopes, Shape,
    Wire, flag, map, text,
};

const TIMES: &[Field] = &[
    Field::new("businessHours", Shape::Number)
        .nullable()
        .doc("Hours counted inside business hours."),
    Field::new("calendarHours", Shape::Number)
        .nullable()
        .doc("Hours counted around the clock."),
];
use crate::dialect::Dialect;

/// Where a person works on SLA definitions.
const PLACE: &str = "Setup > Automation > SLAs";

/// An SLA. Source: the guide's SLA object; in the official API definitions are read-only and only
/// their names are shown (Account SLA `getSlasUnderAccount`, Support Plan `getSupportPlans`,
/// Business Hour `getRelatedRulesForBusinessHour`).
pub static KIND: Kind = Kind {
    collection: "slas",
    singular: "SLA",
    doc: "A service level agreement: how fast a ticket is answered and solved. The openapi dialect cannot write SLAs; there a missing one is a step done by hand.",
    managed: true,
    enabled: None,
    seed: false,
    create_effect: None,
    delete_effect: Some("tickets lose their targets"),
    fields: &[
        text("name")
            .max(100)
            .naming()
            .required()
            .doc("The SLA's name."),
        text("description")
            .max(3200)
            .openapi(Wire::Manual {
                read: None,
                encoding: super::Encoding::Plain,
                instruction: PLACE,
            })
            .doc("What the SLA promises."),
        flag("isDefault")
            .server_default()
            .risk(Risk::Defaults)
            .openapi(Wire::Manual {
                read: None,
                encoding: super::Encoding::Plain,
                instruction: PLACE,
            })
            .exclusive(&Clash {
                code: Code::TwoDefaults,
                what: "are both the default SLA",
                labels: ("the first default", "the default again"),
                help: "an organization has one default SLA; take `isDefault: true` out of the others",
            })
            .doc("Whether it holds where no other SLA does."),
        map("responseTime", TIMES)
            .openapi(Wire::Manual {
                read: None,
                encoding: super::Encoding::Plain,
                instruction: PLACE,
            })
            .doc("The time until the first answer."),
        map("resolutionTime", TIMES)
            .openapi(Wire::Manual {
                read: None,
                encoding: super::Encoding::Plain,
                instruction: PLACE,
            })
            .doc("The time until the solution."),
    ],
    mentions: &[
        // Source: Business Hour, `getBusinessHours` and `getRelatedRulesForBusinessHour`.
        Mention {
            dialect: Dialect::Openapi,
            by: Mentioner::BelowListing {
                of: ("/businessHours", 50),
                path: "/businessHours/{id}/relatedRules",
                page: 50,
                key: "ruleId",
            },
            id: "ruleId",
            name: "ruleName",
            only: Some(("ruleType", "SLA")),
        },
        // Source: Support Plan, `getSupportPlans`. Where plans are read they tell the names at no cost.
        Mention {
            dialect: Dialect::Openapi,
            by: Mentioner::Objects("supportPlans"),
            id: "sla/id",
            name: "sla/name",
            only: None,
        },
        Mention {
            dialect: Dialect::Openapi,
            by: Mentioner::BelowObjects {
                of: "departments",
                referring: false,
                path: "/supportPlans?departmentId={id}",
                page: 50,
            },
            id: "sla/id",
            name: "sla/name",
            only: None,
        },
        // Source: Account SLA, `getSlasUnderAccount`.
        Mention {
            dialect: Dialect::Openapi,
            by: Mentioner::BelowObjects {
                of: "accounts",
                referring: true,
                path: "/accounts/{id}/sla",
                page: 100,
            },
            id: "id",
            name: "name",
            only: None,
        },
    ],
    marks: &[Mark::partly(
        "isDefault",
        Is::True,
        "the default of the organization",
        "of the organization",
        &[Deed::PruneAll],
    )
    .risk(Risk::Defaults)],
    openapi: Some(Api {
        listing: Listing::Mentioned,
        page: 50,
        id: "id",
        item: None,
        takes_fields: false,
        create: Create::Manual(PLACE),
        required_on_create: &[],
        update: None,
        resend: &[],
        removal: Removal::Manual(PLACE),
        switch: None,
        form: Form::Plain,
        scopes: Scopes {
            read: &["Desk.settings.READ"],
            create: &[],
            update: &[],
            delete: &[],
        },
        ..Api::BLANK
    }),
    guide: Some(Api {
        listing: Listing::Whole("/sla"),
        page: 100,
        id: "id",
        // The guide shows none.
        item: None,
        takes_fields: false,
        create: Create::Post("/sla"),
        required_on_create: &[],
        update: Some("/sla/{id}"),
        resend: &[],
        removal: Removal::Delete("/sla/{id}"),
        switch: None,
        form: Form::Plain,
        scopes: super::GUIDE_SETTINGS,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
