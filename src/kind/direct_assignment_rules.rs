//! Rules that assign tickets directly, and their order.

use super::rules::{Allowance, Most};
use super::{
    Api, Change, Create, Enabled, Field, Form, ItemCalls, Keyed, Keys, Kind, Listing, Map, Owned,
    Ranking, Removal, Scopes, Sent, Shape, Silent, Switch, choice, criteria, in_order,
    of_the_organization, patterns, reference, sent, text, to,
};
use crate::dialect::Edition;
use crate::problem::Code;

/// Source: Direct Assignment Rules, `createDirectAssignmentRule` (`ConditionCreate`), which demands all
/// four and takes from 1 to 25 values. Answers show `displayValue` besides, which no request takes.
const CONDITION: Field = Field::new(
    "condition",
    Shape::Map(Map::whole(&[
        choice(
            "fieldModule",
            &["tickets", "contacts", "accounts", "products"],
        )
        .required()
        .doc("The module of the field."),
        criteria::FIELD_NAME,
        criteria::CONDITION,
        criteria::values(25).told_beside(criteria::BY_LABEL),
    ])),
)
.never_null()
.doc("A condition.");

/// Source: Direct Assignment Rules, `createDirectAssignmentRule` (`CriteriaCreate`). Requests demand
/// neither, and one says nothing without the other.
const CRITERIA: Map = Map::whole(&[
    criteria::PATTERN,
    criteria::conditions(&CONDITION).at_most(25),
]);

/// Source: Direct Assignment Rules, `createDirectAssignmentRule` (`TargetCreate`), which demands both
/// departments: 0 is any, which answers show as null.
const TARGET: Field = Field::new(
    "target",
    Shape::Map(Map::whole(&[
        reference("fromDepartment", to("departments"))
            .or_any("any", "0")
            .openapi(sent("fromDepartmentId"))
            .doc("The department of the tickets; `any`, or left out, all of them."),
        reference("toDepartment", to("departments"))
            .required()
            .openapi(sent("toDepartmentId"))
            .doc("The department that they go to."),
        reference("agent", to("agents"))
            .openapi(sent("agentId"))
            .doc("Who gets them. Zoho Desk asks that they belong to the department, and to the team where there is one."),
        reference("team", to("teams"))
            .openapi(sent("teamId"))
            .doc("The team that gets them, where the department assigns to teams. Without an agent and a team tickets are moved and no more."),
        Field::new("criteria", Shape::Map(CRITERIA))
            .doc("Which tickets it is for; left out, all of them."),
    ])),
)
.never_null()
.doc("Where tickets go.");

/// A rule that assigns tickets directly. Source: Direct Assignment Rules (`getDirectAssignmentRules`,
/// `createDirectAssignmentRule`, `patchDirectAssignmentRule`) and Direct Assign Rule Target.
///
/// The API deletes neither rules nor targets. A rule is taken out of use. What becomes of a target that an
/// update leaves out is not said: where one goes, one PUT of the rule sends those that stay, each with its
/// id, and what came of it is read back. Where it is still there, a PATCH of the same ones is tried once. All other changes of targets are calls of their own, which are
/// read back as well, and a new target is taken to come last.
/// Answers declare 50 characters of a name and requests 100; a creation takes 100 of a description.
/// Fields of conditions go by their labels, and values of departments and products by their ids: they
/// are sent as they are written. That an agent belongs to the department the server checks.
pub static KIND: Kind = Kind {
    collection: "directAssignmentRules",
    singular: "direct assignment rule",
    doc: "A rule that assigns tickets to a department, a team or an agent as soon as they come. The first rule that fits a ticket counts. The rules of an organization have one order.",
    fields: &[
        text("name")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The rule's name."),
        text("description")
            .max(100)
            .doc("What the rule is for."),
        Field::new(
            "executeOptions",
            Shape::Texts {
                max_items: 2,
                max: 0,
                set: true,
                pattern: None,
                choices: &["CREATE", "EDIT"],
            },
        )
        .never_null()
        .doc("Whether it is for tickets that are made, that are changed, or both. A creation needs one of them."),
        Field::new(
            "targets",
            Shape::Keyed(Keyed {
                keys: Keys::Places,
                value: &TARGET,
                owned: Owned::Whole,
                sent: Sent::Whole,
                listed: None,
            }),
        )
        .at_most(5)
        .never_null()
        .doc("Where tickets go, in the order in which it is looked. A creation needs one."),
        choice("status", &["ACTIVE", "INACTIVE"])
            .never_null()
            .doc("Whether the rule is in use; declaring it implies `ACTIVE`."),
    ],
    enabled: Some(Enabled {
        field: "status",
        on: Switch::Word("ACTIVE"),
        send_on_create: true,
    }),
    openapi: Some(Api {
        // Its items are whole.
        listing: Listing::Whole("/directAssignmentRules"),
        page: 50,
        id: "ruleId",
        item: Some("/directAssignmentRules/{id}"),
        create: Create::Post("/directAssignmentRules"),
        required_on_create: &["executeOptions", "targets"],
        update: Some("/directAssignmentRules/{id}"),
        item_calls: Some(&ItemCalls {
            field: "targets",
            id: "targetId",
            change: "/directAssignmentRules/{id}/targets/{item}",
            add: "/directAssignmentRules/{id}/targets",
        }),
        removal: Removal::DisableByPatch {
            path: "/directAssignmentRules/{id}",
            field: "status",
            word: "INACTIVE",
        },
        // Source: the comparison of editions.
        most: &[Most {
            allows: Allowance::InUse(&[
                (Edition::Free, 0),
                (Edition::Express, 2),
                (Edition::Standard, 5),
                (Edition::Professional, 15),
                (Edition::Enterprise, 30),
            ]),
            code: Code::TooManyInUse,
            help: "take some out of use with `status: INACTIVE`",
        }],
        scopes: SCOPES,
        ..Api::BLANK
    }),
    order: Some(&ORDER),
    ..Kind::BLANK
};

/// Source: Direct Assignment Rules. Nothing is deleted.
const SCOPES: Scopes = Scopes {
    read: &["Desk.automations.READ", "Desk.settings.READ"],
    create: &["Desk.automations.CREATE", "Desk.settings.CREATE"],
    update: &["Desk.automations.UPDATE", "Desk.settings.UPDATE"],
    delete: &["Desk.automations.UPDATE", "Desk.settings.UPDATE"],
};

/// Source: Direct Assignment Rules, `getDirectAssignmentRules`.
const RANKING: Ranking = Ranking {
    of: "directAssignmentRules",
    id: "ruleId",
    by: "orderId",
    below: None,
    most: 0,
};

/// The order of the rules. Source: Direct Assignment Rules (`reorderDirectAssignmentRules`).
///
/// It is answered without content. The source does not say whether a request needs every rule: all are
/// sent, those out of use as well. Its schema is an object with `ruleIds`, which is sent; its example is
/// a bare list.
static ORDER: Kind = Kind {
    collection: "directAssignmentRules/$order",
    singular: "order of direct assignment rules",
    doc: "In which order the rules are tried: the first that fits a ticket counts. Rules that are not named keep their places.",
    fields: &[
        of_the_organization(),
        in_order("directAssignmentRules")
            .openapi(sent("ruleIds"))
            .doc("The rules, the first one first."),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/directAssignmentRules"),
        page: 50,
        form: Form::Ranked(&RANKING),
        id: "holdsFor",
        create: Create::Update,
        update: Some("/directAssignmentRules/reorder"),
        change: Change::Post,
        silent: &[Silent::Create, Silent::Update],
        scopes: Scopes {
            delete: &[],
            ..SCOPES
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
