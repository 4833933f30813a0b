//! Skills.

use super::{
    Alike, Api, Change, Create, Field, Form, Keyed, Keys, Kind, Listing, Map, Owned, Pattern,
    Ranking, Removal, Scopes, Sent, Shape, Silent, Switch, choice, in_department, in_order,
    of_the_department, patterns, reference, references, sent, text, to,
};

/// Source: Skill, `createSkill` (`CriteriaInput`): a Boolean expression over the numbers of conditions.
const EXPRESSION: Pattern = Pattern {
    regex: r"^[0-9()\sANDORandor]+$",
    words: "numbers of conditions with `and`, `or` and brackets, such as `(1or2)`",
    sample: "1",
    allows_empty: false,
};

/// Source: Skill, `createSkill` (`ConditionInput`), which demands all four. Answers show `displayValue`
/// besides, which no request takes. Which conditions a field has tells `getCriteriaFieldsForSkills`.
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
            text("fieldName")
                .max(100)
                .pattern(patterns::NAME)
                .required()
                .doc("The label of the field, such as `Subject`, as Zoho Desk shows it."),
            text("condition")
                .max(100)
                .required()
                .doc("What is asked of the field, such as `is` or `contains`."),
            Field::new(
                "value",
                Shape::Texts {
                    max_items: 0,
                    max: 0,
                    set: false,
                    pattern: None,
                    choices: &[],
                },
            )
            .required()
            .doc("The values that it is compared with. A `$` before a brace is written twice: `$${EMPTY}`."),
        ])),
)
.never_null()
.doc("A condition.");

/// Source: Skill, `createSkill` and `updateSkill` (`CriteriaInput`), which demand both.
const CRITERIA: Map = Map::whole(&[
    text("pattern")
        .max(100)
        .pattern(EXPRESSION)
        .alike(Alike::Expression)
        .required()
        .doc("How the conditions are combined, by their numbers, such as `(1or2)`."),
    Field::new(
        "fieldConditions",
        Shape::Keyed(Keyed {
            keys: Keys::Places,
            value: &CONDITION,
            owned: Owned::Whole,
            sent: Sent::Whole,
        }),
    )
    .required()
    .doc("The conditions, by the numbers that `pattern` calls them."),
]);

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
        in_department("The department whose skills they are; left out, the one of the same handle."),
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
