//! Skill types.

use super::rules::{Quota, Room, Uses};
use super::{Api, Create, Kind, Listing, Removal, Scopes, in_department, patterns, text};

/// A skill type. Source: Skill Type (`getSkillTypes`, `createSkillType`, `updateSkillType`,
/// `deleteSkillType`).
///
/// Not read: `associatedSkills` and `mappedSkillsStatus`, which no request takes. The source does not say
/// whether names differ within a department, nor whether a type that has skills can go.
pub static KIND: Kind = Kind {
    collection: "skillTypes",
    singular: "skill type",
    doc: "A skill type: a heading below which a department has skills, such as languages.",
    delete_effect: Some("Zoho Desk may refuse that as long as it has skills"),
    fields: &[
        // `updateSkillType` does not take it.
        in_department("The department that the skill type belongs to."),
        text("name")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The skill type's name."),
    ],
    openapi: Some(Api {
        // One listing shows the types of all departments, and its items are whole.
        listing: Listing::Whole("/skillTypes"),
        page: 100,
        item: Some("/skillTypes/{id}"),
        create: Create::Post("/skillTypes"),
        update: Some("/skillTypes/{id}"),
        resend: &["name"],
        removal: Removal::Delete("/skillTypes/{id}"),
        // What it counts as active of what has no status is not said.
        quota: Some(Quota {
            path: "/automationFeatureCount?feature=SkillType&departmentId={department}",
            only: None,
            rooms: &[Room::in_all(
                "first remove skill types that nobody needs, or choose a larger edition",
            )],
        }),
        // Source: Skill, `getSkills`.
        uses: Some(Uses::inside(
            "/skills?departmentId={department}&skillTypeId={id}",
            100,
            &[("", "skill")],
            ["id", "name"],
        )),
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
