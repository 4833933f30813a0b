//! Conditions that tell which tickets something is for, wherever a kind has them.

use super::rules::{Is, Mark};
use super::{
    Alike, Among, Encoding, Field, Keyed, Keys, Map, Owned, Pattern, Sample, Scopes, Sent, Shape,
    Target, ToldBeside, Within, choice, encoded, flag, reference, sent, text, to,
};

/// Source: Skill, `createSkill` (`CriteriaInput`): a Boolean expression over the numbers of conditions.
/// Criteria write it `(1 AND 2)`, and answers `(1and2)`.
const EXPRESSION: Pattern = Pattern {
    regex: r"^[0-9()\sANDORandor]+$",
    words: "numbers of conditions with `and`, `or` and brackets, such as `(1or2)`",
    sample: "1",
    allows_empty: false,
};

/// How the conditions are combined. Answers declare 100 characters, whatever requests take.
pub(super) const PATTERN: Field = text("pattern")
    .max(100)
    .pattern(EXPRESSION)
    .alike(Alike::Expression)
    .required()
    .doc("How the conditions are combined, by their numbers, such as `(1or2)`.");

/// The conditions, each by the number that the pattern calls it.
pub(super) const fn conditions(condition: &'static Field) -> Field {
    in_places("fieldConditions", condition)
        .doc("The conditions, by the numbers that `pattern` calls them.")
}

/// The field that a condition is about, which tells what its values may be, see [`BY_LABEL`]. Answers declare 100 characters.
pub(super) const FIELD_NAME: Field = text("fieldName")
    .max(100)
    .pattern(super::patterns::NAME)
    .required()
    .sample(Sample::Text("Subject"))
    .doc("The label of the field, such as `Subject`, as Zoho Desk shows it.");

/// What is asked of it. Which conditions a field has tell the calls named `criteriaFields`.
pub(super) const CONDITION: Field = text("condition")
    .max(100)
    .required()
    .sample(Sample::Text("is"))
    .doc("What is asked of the field, such as `is` or `contains`.");

/// What a value of a field of departments, products, agents or teams names. Source: Skill, Direct assignment
/// rules, Layout rules and Validation rules, which give the values of a condition no form: Zoho Desk compares
/// the ids of what such a field holds, and shows the names beside them under `displayValue`.
const NAMED: &[Target] = &[to("agents"), to("departments"), to("products"), to("teams")];

/// What the values of a field are that people know by its label. Source: Direct assignment rules, whose notes
/// say that values are ids of departments and products; the labels are those of Zoho Desk in English. A label
/// that is not here may be that of a custom field.
pub(super) const BY_LABEL: &ToldBeside = &ToldBeside {
    leaf: "fieldName",
    words: &[
        (
            &[
                "Owner",
                "Agent",
                "Assignee",
                "Ticket Owner",
                "Contact Owner",
                "Account Owner",
                "Product Owner",
                "Contract Owner",
                "Task Owner",
                "Call Owner",
                "Event Owner",
            ],
            &[to("agents")],
        ),
        (&["Department", "Department Name"], &[to("departments")]),
        (&["Product", "Product Name"], &[to("products")]),
        (&["Team", "Team Name"], &[to("teams")]),
        (
            &[
                "Subject",
                "Description",
                "Status",
                "Priority",
                "Channel",
                "Classification",
                "Classifications",
                "Category",
                "Sub Category",
                "Language",
                "Email",
                "Phone",
                "Due Date",
            ],
            &[],
        ),
    ],
};

/// What the values of a field of the system are, by its API name. Source: Layouts (`getLayoutDetails`) and
/// Tickets, whose objects have these keys.
const BY_API_NAME: &ToldBeside = &ToldBeside {
    leaf: "fieldName",
    words: &[
        (&["assigneeId", "ownerId"], &[to("agents")]),
        (&["departmentId"], &[to("departments")]),
        (&["productId"], &[to("products")]),
        (&["teamId"], &[to("teams")]),
        (
            &[
                "subject",
                "description",
                "status",
                "priority",
                "channel",
                "classification",
                "category",
                "subCategory",
                "language",
                "email",
                "phone",
                "dueDate",
            ],
            &[],
        ),
    ],
};

/// What it is compared with, at most so many values; 0 means that no limit is known.
pub(super) const fn values(most: u32) -> Field {
    Field::new(
        "value",
        Shape::Texts {
            max_items: most,
            max: 0,
            set: false,
            pattern: None,
            choices: &[],
        },
    )
    .required()
    .or_one_of(NAMED)
    .doc("The values that it is compared with. A value that is the id of an agent, a department, a product or a team names it: `{department: Billing}`. Where the field is known, its values name what it holds and nothing else: those of `Product` products, those of `Subject` nothing. A `$` before a brace is written twice: `$${EMPTY}`.")
}

/// Every layout of tickets has it, and its records have to have it.
const SUBJECT: Sample = Sample::Text("subject");

/// A field of the module of the layout, by its API name: a custom field by its handle.
pub(super) const OF_LAYOUT: Target = to("customFields")
    .within(Within::As("layout", "module"))
    .by_wire_name();

/// Source: Layout rules and Validation rules, `RuleCondition` and `Condition`, which demand all five, and
/// 100 characters of a value; examples send neither of the two that people read.
const LAYOUT_CONDITION: Field = Field::new(
    "condition",
    Shape::Map(Map::whole(&[
        reference("fieldName", OF_LAYOUT)
            .required()
            .shown_as("displayLabel")
            .sample(SUBJECT)
            .doc("The field: a custom field by its handle, one of the system by its API name."),
        CONDITION,
        values(0)
            .told_beside(BY_API_NAME)
            .among(&Among::Of {
                by: "fieldName",
                within: "layout",
                only: Some(("condition", &["is", "isn't", "is not"])),
            })
            .max(100)
            .shown_as("displayValue"),
    ])),
)
.never_null()
.doc("A condition.");

/// The conditions of one case of a rule of a layout, each by the number that the pattern calls it.
pub(super) const LAYOUT_CONDITIONS: Field = in_places("conditions", &LAYOUT_CONDITION)
    .doc("The conditions, by the numbers that `pattern` calls them.");

/// The cases of a rule of a layout, in their order.
pub(super) const fn cases(case: &'static Field) -> Field {
    in_places("fieldConditions", case).never_null()
}

/// The name of one case.
pub(super) const CASE_NAME: Field = text("name")
    .max(100)
    .required()
    .doc("What people call the case, such as `Condition 1`.");

/// The field that a rule of a layout is about.
pub(super) const RULED_FIELD: Field = reference("fieldName", OF_LAYOUT)
    .required()
    .sample(SUBJECT)
    .openapi(sent("fieldName"))
    .doc("The field whose value counts: a custom field by its handle, one of the system by its API name.");

/// Whether a rule of a layout holds in the help center.
pub(super) const IN_HELP_CENTER: Field = flag("executeInHelpCentre")
    .never_null()
    .openapi(encoded("executeInHelpCentre", Encoding::FlagAsText))
    .doc("Whether it holds in the help center, too.");

/// Whether a rule of a layout is in use. Source: Layout rules and Validation rules, which spell it so.
pub(super) const IN_USE: Field = choice("status", &["active", "deactive"])
    .never_null()
    .doc("Whether it is in use.");

/// Rules of the system are nobody's to change.
pub(super) const OF_THE_SYSTEM: &[Mark] = &[Mark::foreign(
    "systemGenerated",
    Is::True,
    "a rule of the system",
    "of the system",
)];

/// A list whose order counts, and which is not empty.
const fn in_places(name: &'static str, item: &'static Field) -> Field {
    Field::new(
        name,
        Shape::Keyed(Keyed {
            keys: Keys::Places,
            value: item,
            owned: Owned::Whole,
            sent: Sent::Whole,
            listed: None,
        }),
    )
    .required()
}

/// Source: Layout rules, Validation rules.
pub(super) const LAYOUT_SCOPES: Scopes = Scopes {
    read: &["Desk.layouts.READ", "Desk.settings.READ"],
    create: &["Desk.layouts.CREATE", "Desk.settings.CREATE"],
    update: &["Desk.layouts.UPDATE", "Desk.settings.UPDATE"],
    delete: &["Desk.layouts.DELETE", "Desk.settings.DELETE"],
};
