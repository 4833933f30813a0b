//! Custom modules.

use super::rules::{Is, Mark};
use super::{
    Api, Change, Create, Kind, Listing, Removal, Scopes, Target, flag, in_object, patterns,
    references, text, to,
};

/// What names a custom module in the place of a module of the system.
pub(super) const MODULE: &[Target] = &[to("customModules").by_name()];

/// A custom module. Source: Module (`getModules`, `getModule`, `createModule`, `updateModule`). The
/// module has no operation that deletes.
///
/// The source does not say what an update leaves of what it does not name: all that it takes is sent,
/// which is right under both readings. It says neither that labels differ nor how many modules an
/// edition has. A new module brings a layout and a name field of its own, which no request gives.
pub static KIND: Kind = Kind {
    collection: "customModules",
    singular: "custom module",
    doc: "A custom module: records of a kind of your own. Its API name (`cm_…`) is the server's; `customFields` and `layouts` name it by handle. The API deletes none.",
    wire_name: Some("apiName"),
    removal_loses: true,
    fields: &[
        text("singularLabel")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("What one of its records is called."),
        text("pluralLabel")
            .max(50)
            .pattern(patterns::NAME)
            .never_null()
            .doc("What its records are called. A creation needs it."),
        // Answers declare 100 characters; both requests take 200.
        text("description")
            .max(200)
            .pattern(patterns::NAME)
            .doc("What its records are for."),
        // `updateModule` does not take it.
        flag("isDeptSpecific").create_only().server_default().doc(
            "Whether each of its records belongs to a department; left out, to the organization.",
        ),
        // Source: Module, `getModules`, whose items lack both.
        references("departments", to("departments"))
            .openapi(in_object("departmentIds"))
            .doc("The departments that have the module."),
        references("profiles", to("profiles"))
            .openapi(in_object("profileIds"))
            .doc("The profiles whose agents may use the module."),
    ],
    marks: &[Mark::foreign(
        "isCustomModule",
        Is::False,
        "a module of the system",
        "of the system",
    )],
    openapi: Some(Api {
        listing: Listing::Whole("/organizationModules"),
        page: 0,
        item: Some("/organizationModules/{id}"),
        create: Create::Post("/organizationModules"),
        required_on_create: &["pluralLabel"],
        update: Some("/organizationModules/{id}"),
        change: Change::Put,
        removal: Removal::Manual("Setup > Customization > Modules and Tabs"),
        scopes: Scopes {
            read: &["Desk.settings.READ", "Desk.modules.READ"],
            create: &["Desk.settings.CREATE", "Desk.modules.CREATE"],
            update: &["Desk.settings.UPDATE", "Desk.modules.UPDATE"],
            delete: &["Desk.settings.UPDATE", "Desk.modules.UPDATE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
