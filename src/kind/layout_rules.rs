//! Rules of a layout: what it shows and demands where a field has some value.

use super::{
    Api, Create, Encoding, Field, Kind, Listing, Map, Removal, Sample, ScopeWords, Shape, criteria,
    encoded, in_layout_of, layouts, patterns, references, text, to,
};

/// What a rule does. Source: Layout rules, `FieldCondition`, which demands all three lists, and
/// `RuleActionField`: fields go as objects with their labels. Examples send and show plain texts.
const ACTIONS: Map = Map::whole(&[
    Field::new(
        "showSections",
        Shape::Texts {
            max_items: 0,
            max: 100,
            set: true,
            pattern: None,
            choices: &[],
        },
    )
    .sent_empty()
    .sample(Sample::Untold)
    .doc("Sections of the layout that show, by their names."),
    references("showFields", criteria::OF_LAYOUT)
        .openapi(encoded(
            "showFields",
            Encoding::Labelled("fieldName", "displayLabel"),
        ))
        .sent_empty()
        .doc("Fields that show."),
    references("setMandatoryFields", criteria::OF_LAYOUT)
        .openapi(encoded(
            "setMandatoryFields",
            Encoding::Labelled("fieldName", "displayLabel"),
        ))
        .sent_empty()
        .doc("Fields that must have a value."),
]);

/// Source: Layout rules, `FieldCondition`, which demands all four.
const CASE: Field = Field::new(
    "case",
    Shape::Map(Map::whole(&[
        criteria::CASE_NAME,
        criteria::PATTERN,
        criteria::LAYOUT_CONDITIONS,
        Field::new("actions", Shape::Map(ACTIONS))
            .required()
            .doc("What the layout does then."),
    ])),
)
.never_null()
.doc("A case, with its conditions and what the layout does.");

/// The modules whose rules are listed. Source: Layout rules, `getLayoutRules` (`module`).
const LISTED: ScopeWords = (
    "module",
    match layouts::MODULES.split_last() {
        Some((_contracts, others)) => others,
        None => &[],
    },
);

/// A rule. Source: Layout rules (`getLayoutRules`, `createLayoutRule`, `updateLayoutRule`,
/// `deleteLayoutRule`).
///
/// The schema of the listing takes no `contracts`, which its description names: nothing is asked there.
/// An update takes what a creation does, so that what a creation demands goes with every one. The listing
/// takes modules of the system only, and so do layouts here. Whether a name is unique in a layout is not
/// said, nor whether the order of cases counts: they go in the order that is written. The schema and the
/// examples differ in how fields go that show: the schema's objects are sent, and answers are read in both
/// forms. Answers declare 100 characters of a name and requests 255.
pub static KIND: Kind = Kind {
    collection: "layoutRules",
    singular: "layout rule",
    doc: "A rule of a layout: which sections and fields it shows, and which it demands, where a field has some value.",
    fields: &[
        in_layout_of(
            to("layouts").with(&LISTED),
            "The layout that it is a rule of; not one of `contracts`, whose rules no listing shows.",
        ),
        text("name")
            .max(100)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The rule's name."),
        text("description").max(255).doc("What the rule is for."),
        criteria::RULED_FIELD.never_null(),
        criteria::cases(&CASE).doc(
            "The cases, in their order: conditions, and what the layout does where they hold.",
        ),
        criteria::IN_HELP_CENTER,
        criteria::IN_USE,
    ],
    marks: criteria::OF_THE_SYSTEM,
    openapi: Some(Api {
        // Its items are whole. The path of one names its layout, so that the listing proves an absence.
        listing: Listing::Each("/layoutRules?module={layout.module}&layoutId={layout}", &[]),
        page: 50,
        create: Create::Post("/layouts/{layout}/layoutRules"),
        update: Some("/layouts/{layout}/layoutRules/{id}"),
        resend: &["name", "layout", "fieldName", "fieldConditions"],
        removal: Removal::Delete("/layouts/{layout}/layoutRules/{id}"),
        scopes: criteria::LAYOUT_SCOPES,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
