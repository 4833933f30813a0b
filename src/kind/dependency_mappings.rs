//! Which choices of one pick list go with which of another one, in a layout.

use super::rules::{Counted, Figures, Quota, Room};
use super::{
    Among, Api, Create, Field, Keyed, Keys, Kind, Listing, Owned, Removal, Scopes, Sent, Shape,
    Silent, Target, Within, in_layout, no_name, patterns, reference, sent, to,
};
use crate::problem::Code;

/// A field of the module of the layout: a custom field by its handle, one of the system by its API name.
const OF_LAYOUT: Target = to("customFields").within(Within::As("layout", "module"));

const CHILD_VALUES: Field = Field::new(
    "values",
    Shape::Texts {
        max_items: 0,
        max: 120,
        set: true,
        pattern: Some(patterns::CHOICE),
        choices: &[],
    },
)
.among(&Among::Of {
    by: "child",
    within: "layout",
    only: None,
})
.never_null()
.doc("The choices of the child that go with the choice of the parent.");

/// A mapping. Source: Dependency mappings (`getDependencyMappingsByLayoutId`, `getDependencyMapping`,
/// `createDependencyMapping`, `editDependencyMapping`, `deleteDependencyMapping`).
///
/// A mapping has no name: its layout, its parent and its child tell it apart, and no request changes them.
/// Writes declare 204 besides 200, so that an answer may show nothing: each is read back. The source does
/// not say
///
/// - whether a child may have several parents in a layout: the server decides about that;
/// - whether an update keeps values of the parent that it leaves out: all of them are sent.
pub static KIND: Kind = Kind {
    collection: "dependencyMappings",
    singular: "dependency mapping",
    doc: "Which choices of one pick list go with which of another one, in one layout. It has no name, so that its handle is free.",
    delete_effect: Some("every choice of the child goes with every one of the parent again"),
    fields: &[
        in_layout("The layout in which it holds."),
        reference("parent", OF_LAYOUT)
            .identity()
            .required()
            .create_only()
            .openapi(sent("parentId"))
            .doc("The pick list whose choice counts: a custom field by its handle, one of the system by its API name."),
        reference("child", OF_LAYOUT)
            .identity()
            .required()
            .create_only()
            .openapi(sent("childId"))
            .doc("The pick list whose choices depend on it, named likewise."),
        no_name(),
        Field::new(
            "mappings",
            Shape::Keyed(Keyed {
                keys: Keys::Texts(patterns::CHOICE),
                value: &CHILD_VALUES,
                owned: Owned::Whole,
                sent: Sent::Whole,
                listed: None,
            }),
        )
        .among(&Among::Of {
            by: "parent",
            within: "layout",
            only: None,
        })
        .required()
        .never_null()
        .doc("For each choice of the parent the choices of the child: `{EMEA: [Berlin, London]}`."),
    ],
    openapi: Some(Api {
        // Its items are whole. It has no paging.
        listing: Listing::Each("/dependencyMappings?layoutId={layout}", &[]),
        page: 0,
        item: Some("/dependencyMappings/{id}"),
        create: Create::Post("/dependencyMappings"),
        update: Some("/dependencyMappings/{id}"),
        silent: &[Silent::Create, Silent::Update],
        removal: Removal::Delete("/dependencyMappings/{id}"),
        // Source: Dependency mappings, `getDependencyMappingsCount`; the envelope is no part of the answer.
        quota: Some(Quota {
            path: "/dependencyMappingsCount?layoutId={layout}",
            only: None,
            rooms: &[Room {
                of: Counted::All(Figures::LeftOf {
                    most: "maximumLimit",
                    left: "available",
                }),
                code: Code::NoRoom,
                help: "first remove mappings that nobody needs",
            }],
        }),
        scopes: Scopes {
            read: &["Desk.basic.READ", "Desk.fields.READ"],
            create: &["Desk.settings.CREATE", "Desk.fields.CREATE"],
            update: &["Desk.settings.UPDATE", "Desk.fields.UPDATE"],
            delete: &["Desk.settings.DELETE", "Desk.fields.DELETE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
