//! Skills.

use super::rules::{Quota, Room, Uses};
use super::{
    Api, Change, Create, Field, Form, Kind, Listing, Map, Ranking, Removal, Scopes, Shape, Silent,
    Switch, choice, criteria, in_department, in_order, of_the_department, patterns, reference,
    references, sent, text, to,
};

/// Source: Skill, `createSkill` (`ConditionInput`), which demands all four. Answers show `displayValue`
/// besides, which no request takes.
const CONDITION: Field = Field::new(
    "condition",
    Shape::Map(Map::whole(&[
        choice(
            "fieldModule",
            &[
                "tickets",
                "tasks",
                "contracts",
                "accounts",
                "contacts",
                "products",
                "calls",
                "events",
                "activities",
            ],
        )
        .required()
        .doc("The module of the field."),
        criteria::FIELD_NAME,
        criteria::CONDITION,
        criteria::values(0).told_beside(criteria::BY_LABEL),
    ])),
)
.never_null()
.doc("A condition.");

/// Source: Skill, `createSkill` and `updateSkill` (`CriteriaInput`), which demand both.
const CRITERIA: Map = Map::whole(&[criteria::PATTERN, criteria::conditions(&CONDITION)]);

/// A skill. Source: Skill (`getSkills`, `createSkill`, `updateSkill`, `deleteSkill`).
///
/// The source does not say whether names differ within a skill type, nor whether a skill can move to a type of another
/// department: deskform moves none. Nor does it say whether agents have to belong to the department:
/// the server decides. Answers declare 100 characters of the description, both requests 200.
pub static KIND: Kind = Kind {
    collection: "skills",
    singular: "skill",
    doc: "A skill: what an agent is good at, and which tickets ask for it.",
    fields: &[
        reference("skillType", to("skillTypes"))
            .identity()
            .required()
            .create_only()
            .openapi(sent("skillTypeId"))
            .doc("The skill type that the skill belongs to, and with it the department."),
        text("name")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The skill's name."),
        text("description")
            .max(200)
            .pattern(patterns::NAME_OR_EMPTY)
            .doc("What the skill is."),
        choice("status", &["ACTIVE", "INACTIVE"])
            .default_on_create(Switch::Word("ACTIVE"))
            .never_null()
            .doc("Whether the skill is in use."),
        references("agents", to("agents"))
            .openapi(sent("agentIds"))
            .doc("Agents who have the skill."),
        Field::new("criteria", Shape::Map(CRITERIA))
            .never_null()
            .doc("Which tickets ask for the skill. A creation needs it."),
    ],
    openapi: Some(Api {
        // One listing shows the skills of a department, of all its types. Its items are whole.
        listing: Listing::Each("/skills?departmentId={skillType.department}", &[]),
        page: 100,
        item: Some("/skills/{id}"),
        create: Create::Post("/skills"),
        required_on_create: &["criteria"],
        update: Some("/skills/{id}"),
        removal: Removal::Delete("/skills/{id}"),
        uses: Some(Uses::related_rules("/skills/{id}/relatedRules", 100)),
        quota: Some(Quota {
            path: "/automationFeatureCount?feature=Skills&departmentId={skillType.department}",
            only: None,
            rooms: &[
                Room::in_all("first remove skills that nobody needs, or choose a larger edition"),
                Room::in_use(
                    "first take skills out of use with `status: INACTIVE`, or choose a larger edition",
                ),
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
    order: Some(&ORDER),
    ..Kind::BLANK
};

/// Source: Skill, `getSkills`: `orderId` counts within a department, whatever the types are.
const RANKING: Ranking = Ranking {
    of: "skills",
    id: "id",
    by: "orderId",
    below: Some(("skillType.department", "department")),
    most: 200,
};

/// The order of a department's skills. Source: Skill (`getSkills`, `reorderSkills`).
///
/// A request demands the department, takes from 2 to 200 skills and is answered without content. The
/// source does not say whether it needs all skills of the department: all are sent. A new skill has a
/// place that the source does not tell, so that an order that names one is always sent.
static ORDER: Kind = Kind {
    collection: "skills/$order",
    singular: "order of skills",
    doc: "In which order the skills of a department come. Skills that are not named keep their places.",
    fields: &[
        in_department(
            "The department whose skills they are; left out, the one of the same handle.",
        ),
        of_the_department(),
        in_order("skills")
            .openapi(sent("skillIds"))
            .doc("The skills of the department, the first one first."),
    ],
    openapi: Some(Api {
        listing: Listing::Each("/skills?departmentId={department}", &[]),
        page: 100,
        form: Form::Ranked(&RANKING),
        id: "departmentId",
        create: Create::Update,
        update: Some("/skills/order"),
        change: Change::Post,
        resend: &["department"],
        silent: &[Silent::Create, Silent::Update],
        scopes: Scopes {
            read: &["Desk.automations.READ", "Desk.settings.READ"],
            create: &["Desk.automations.UPDATE", "Desk.settings.UPDATE"],
            update: &["Desk.automations.UPDATE", "Desk.settings.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
