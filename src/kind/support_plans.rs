//! Support plans.

use super::rules::{GoWith, Quota, Room, Rule};
use super::{
    Alike, Api, Create, Field, Kind, Listing, Map, Pattern, Removal, Scopes, Shape, Switch, choice,
    flag, in_department, patterns, read_at, reference, text, to,
};

/// Source: Support Plan, `createSupportPlan` (`CreditDetailsInput`): a number that is written as text.
const LIMIT: Pattern = Pattern {
    regex: r"^(?:[0-9]{1,6}|1000000)$",
    words: "digits in quotes, at most `1000000`",
    sample: "40",
    allows_empty: false,
};

/// Source: Support Plan, `createSupportPlan` and `updateSupportPlan` (`CreditDetailsInput`), which
/// demand all four.
const CREDITS: &[Field] = &[
    choice(
        "creditCycle",
        &[
            "WEEKLY",
            "MONTHLY",
            "QUARTERLY",
            "HALF_YEARLY",
            "YEARLY",
            "CONTRACT_DURATION",
        ],
    )
    .required()
    .doc("How long the credits last."),
    text("creditLimit")
        .max(7)
        .pattern(LIMIT)
        .alike(Alike::Decimal)
        .required()
        .doc("How many credits there are in a cycle, as a text of digits."),
    flag("isAdditionalUsageAllowed")
        .required()
        .doc("Whether support goes on when the credits are used up."),
    flag("isCarryForwardAllowed")
        .required()
        .doc("Whether unused credits are good in the next cycle."),
];

/// A support plan. Source: Support Plan (`getSupportPlans`, `createSupportPlan`,
/// `updateSupportPlan`, `deleteSupportPlan`).
///
/// The source does not say whether hours, tickets or a price need credits: a creation is asked for
/// them, which is right under both readings. No request takes credits away; what becomes of those of
/// a plan that grows unlimited is not said either, and an export of such a plan leaves them out. Nor
/// does the source say whether names differ within a department, or whether a plan that a contract
/// has can go.
pub static KIND: Kind = Kind {
    collection: "supportPlans",
    singular: "support plan",
    doc: "A support plan: how much support a customer gets by contract, and under which SLA.",
    delete_effect: Some("Zoho Desk may refuse that as long as a contract has it"),
    fields: &[
        // `updateSupportPlan` does not take it.
        in_department("The department that the plan belongs to.")
            .openapi(read_at("departmentId", "department/id")),
        text("name")
            .max(100)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The plan's name."),
        reference("sla", to("slas"))
            .required()
            .openapi(read_at("slaId", "sla/id"))
            .doc("The SLA that holds for those who have the plan."),
        choice(
            "supportType",
            &["UNLIMITED_SUPPORT", "HOURS", "TICKETS", "PRICE"],
        )
        .never_null()
        .doc("What the credits count, if the support is not unlimited. A creation needs it."),
        Field::new(
            "creditDetails",
            Shape::Map(Map::whole(CREDITS)),
        )
        .doc("The credits: not with `UNLIMITED_SUPPORT`, and a creation with another type needs them."),
        choice("status", &["ACTIVE", "DISCONTINUED"])
            .default_on_create(Switch::Word("ACTIVE"))
            .never_null()
            .doc("Whether contracts can still be made with the plan."),
    ],
    rules: &[Rule::GoWith(&GoWith {
        fields: &["creditDetails"],
        with: "supportType",
        is: &["HOURS", "TICKETS", "PRICE"],
        instead: "choose `UNLIMITED_SUPPORT`",
        always: false,
        together: false,
    })],
    openapi: Some(Api {
        // The items are whole.
        listing: Listing::Each("/supportPlans?departmentId={department}", &[]),
        page: 50,
        item: Some("/supportPlans/{id}"),
        create: Create::Post("/supportPlans"),
        required_on_create: &["supportType"],
        update: Some("/supportPlans/{id}"),
        removal: Removal::Delete("/supportPlans/{id}"),
        quota: Some(Quota {
            path: "/automationFeatureCount?feature=SupportPlans&departmentId={department}",
            only: None,
            rooms: &[
                Room::in_all("first remove support plans that nobody needs, or choose a larger edition"),
                Room::in_use("first take support plans out of use with `status: DISCONTINUED`, or choose a larger edition"),
            ],
        }),
        scopes: Scopes {
            read: &["Desk.automations.READ", "Desk.settings.READ"],
            create: &["Desk.automations.CREATE", "Desk.settings.CREATE"],
            update: &["Desk.automations.UPDATE", "Desk.settings.UPDATE"],
            delete: &["Desk.automations.DELETE", "Desk.settings.DELETE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
