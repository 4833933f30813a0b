//! Rule groups of the Automation Studio and of macros.

use super::{
    Apart, Api, Create, Encoding, Field, Keyed, Keys, Kind, Listing, Owned, Removal, Row, Rows,
    Sample, Scopes, Sent, Shape, Shown, Silent, Stage, Switch, Target, Wire, by_hand, choice,
    custom_fields, patterns, text,
};
use crate::problem::Code;

/// Where a person works on rule groups.
const PLACE: &str = "Setup > Automation";

/// Source: Rule Group, `updateRuleGroupStatus`.
const ROWS: Rows = Rows {
    id: "id",
    name: "",
    words: &[
        Row {
            word: "ACTIVE",
            means: &[("ruleGroupStatus", Switch::Word("ACTIVE"))],
            besides: &[],
        },
        Row {
            word: "INACTIVE",
            means: &[("ruleGroupStatus", Switch::Word("INACTIVE"))],
            besides: &[],
        },
    ],
};

const STATUS: Field = choice("status", &["ACTIVE", "INACTIVE"])
    .never_null()
    .doc("Whether the group works in the department.");

/// What differs although nobody changed a rule, besides ids. Source: Rule Group, `getRuleGroups`.
const NOT_SHOWN: &[&str] = &["createdBy", "createdTime", "modifiedBy", "modifiedTime"];

/// A group of rules. Source: Rule Group (`getRuleGroups`, `updateRuleGroupStatus`).
///
/// `createRuleGroup` and `updateRuleGroup` exist, and no operation makes the actions that the rules name by
/// id: what one organization has cannot be made in another. So rules are read and compared, and only the
/// status in a department is written. The engines are those that the source names in words. There is no GET
/// of one group, so that a look after a write is a listing. The order among groups and how they run
/// (`ruleGroupOrder`, `ruleGroupExecutionType`) are not read.
pub static KIND: Kind = Kind {
    collection: "ruleGroups",
    singular: "rule group",
    doc: "A group of rules of the Automation Studio, or of macros. The API switches it on and off in each department and can do no more: no request makes the actions of its rules, so that rules cannot be carried from one organization to another. What they are is exported and watched for drift, and a person changes it.",
    delete_effect: Some("its rules no longer run"),
    fields: &[
        choice("engine", &["AUTOMATION_STUDIO", "MACRO"])
            .identity()
            .required()
            .create_only()
            .openapi(Wire::Query("engineSysName"))
            .doc("What runs its rules."),
        text("module")
            .max(100)
            .pattern(patterns::MODULE_NAME)
            .identity()
            .required()
            .create_only()
            .openapi(Wire::Query("module"))
            .sample(Sample::Text("tickets"))
            .known("Modules that an export asks for", custom_fields::MODULES)
            .doc("The module whose records they are about."),
        text("name").naming().required().doc("The group's name."),
        text("description")
            .openapi(by_hand("description", Encoding::Plain, PLACE))
            .doc("What it is for."),
        Field::new(
            "departments",
            Shape::Keyed(Keyed {
                keys: Keys::Of {
                    target: Target::to("departments"),
                    name: patterns::NAME_AMP,
                    unknown: Code::UnresolvedReference,
                },
                value: &STATUS,
                owned: Owned::Named,
                sent: Sent::Changed,
                listed: None,
            }),
        )
        .never_null()
        .openapi(Wire::Sent {
            name: "departmentProperties",
            read: "departmentProperties",
            shown: Shown::InList,
            encoding: Encoding::Rows(&ROWS),
            stage: Stage::Update,
        })
        .doc("Whether it works in each department, such as `{Technical Support: ACTIVE}`. Departments that are not named keep what they have."),
        Field::new(
            "events",
            Shape::Texts {
                max_items: 0,
                max: 0,
                set: true,
                pattern: None,
                choices: &[],
            },
        )
        .openapi(by_hand("events/*/sysName", Encoding::Plain, PLACE))
        .doc("What its rules wait for, by the system's names, such as `tickets_create`."),
        text("rules")
            .openapi(by_hand("rules", Encoding::AsShown(NOT_SHOWN), PLACE))
            .doc("Its rules as Zoho Desk shows them, in JSON, without ids and without who changed them when. Criteria may name ids all the same; then they differ between organizations."),
    ],
    openapi: Some(Api {
        listing: Listing::Each(
            "/rulegroups?engineSysName={engine}&module={module}",
            custom_fields::MODULES,
        ),
        page: 50,
        // Which modules an engine has differs, and no answer of one organization tells it beforehand.
        doubtful: &[("module", custom_fields::MODULES)],
        create: Create::Manual(PLACE),
        apart: &[Apart {
            field: "departments",
            path: "/rulegroups/{id}/updateStatus?departmentId={key}&status={value}",
            shown: "departmentProperties",
            each: true,
        }],
        silent: &[Silent::Update],
        removal: Removal::Manual(PLACE),
        scopes: Scopes {
            read: &["Desk.settings.READ"],
            create: &[],
            update: &["Desk.settings.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
