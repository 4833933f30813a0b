//! Layouts.

use super::{Api, Create, Form, Kind, Listing, Removal, Scopes, Wire, choice, sent, text};

/// A layout of a module; it can be referred to but not managed. Source: Layout (`getLayouts`).
pub static KIND: Kind = Kind {
    collection: "layouts",
    singular: "layout",
    doc: "A layout: which fields a record of a module shows. Layouts are looked up by name and never written.",
    managed: false,
    enabled: None,
    seed: false,
    bare: true,
    create_effect: None,
    delete_effect: None,
    removal_loses: true,
    fields: &[
        choice("module", &["accounts", "contacts", "products", "contracts"])
            .identity()
            .required()
            .openapi(Wire::Query("module"))
            .doc("The module the layout belongs to."),
        text("layoutName")
            .max(200)
            .naming()
            .required()
            .openapi(sent("layoutName"))
            .doc("The layout's name."),
    ],
    disable_effect: None,
    openapi: Some(Api {
        listing: Listing::Each("/layouts?module={module}", &[]),
        page: 99,
        id: "id",
        item: Some("/layouts/{id}"),
        takes_fields: false,
        create: Create::Never,
        required_on_create: &[],
        update: None,
        resend: &[],
        removal: Removal::Never,
        switch: None,
        form: Form::Plain,
        scopes: Scopes {
            read: &["Desk.layouts.READ", "Desk.basic.READ"],
            create: &[],
            update: &[],
            delete: &[],
        },
        ..Api::BLANK
    }),
    guide: None,
    ..Kind::BLANK
};
