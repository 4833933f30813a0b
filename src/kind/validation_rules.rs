//! Rules that a value of a field in a layout has to keep.

use super::{
    Api, Create, Field, Kind, Listing, Map, Removal, Shape, criteria, in_layout, no_name, text,
};

/// Source: Validation rules, `FieldCondition`, which demands all four, and `Alert`.
const CASE: Field = Field::new(
    "case",
    Shape::Map(Map::whole(&[
        criteria::CASE_NAME,
        criteria::PATTERN,
        criteria::LAYOUT_CONDITIONS,
        Field::new(
            "actions",
            Shape::Map(Map::whole(&[text("alert")
                .max(100)
                .required()
                .doc("What people read who save such a record.")])),
        )
        .required()
        .doc("What happens then."),
    ])),
)
.never_null()
.doc("A case, with its conditions and what people read.");

/// A rule. Source: Validation rules (`getValidationRules`, `createValidationRule`, `updateValidationRule`,
/// `deleteValidationRule`).
///
/// The request schemas have no name although every example sends one: a rule is told apart by its layout
/// and its field. That there is one rule a field is presumed; where several are live, the ledger or a
/// person says which one is meant. An update takes what a creation does, so that what a creation demands
/// goes with every one. Flags go as texts and come as flags.
pub static KIND: Kind = Kind {
    collection: "validationRules",
    singular: "validation rule",
    doc: "A rule that the value of a field has to keep in a layout. It has no name, so that its handle is free.",
    fields: &[
        in_layout("The layout in which it holds."),
        criteria::RULED_FIELD.identity().create_only(),
        no_name(),
        criteria::cases(&CASE)
            .doc("The cases, in their order: conditions, and what people read where they hold."),
        criteria::IN_HELP_CENTER,
        criteria::IN_USE,
    ],
    marks: criteria::OF_THE_SYSTEM,
    openapi: Some(Api {
        // Its items are whole, and those of all layouts are in one listing. The path of one names its
        // layout, so that the listing proves an absence.
        listing: Listing::Whole("/validationRules"),
        page: 50,
        create: Create::Post("/layouts/{layout}/validationRules"),
        update: Some("/layouts/{layout}/validationRules/{id}"),
        resend: &["layout", "fieldName", "fieldConditions"],
        removal: Removal::Delete("/layouts/{layout}/validationRules/{id}"),
        scopes: criteria::LAYOUT_SCOPES,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
