//! Profiles.

use super::{Api, Create, Form, Kind, Listing, Removal, Scopes, patterns, text};

/// A profile of permissions; it can be referred to but not managed. Source: Profile
/// (`getProfileList`); a profile can only be made by cloning another one.
pub const KIND: Kind = Kind {
    collection: "profiles",
    singular: "profile",
    doc: "A profile: what an agent may do. Profiles are looked up by name and never written.",
    managed: false,
    enabled: None,
    seed: false,
    bare: true,
    create_effect: None,
    delete_effect: None,
    fields: &[text("name")
        .max(50)
        .pattern(patterns::NAME)
        .naming()
        .required()
        .doc("The profile's name.")],
    disable_effect: None,
    openapi: Some(Api {
        listing: Listing::Whole("/profiles"),
        page: 100,
        id: "id",
        item: Some("/profiles/{id}"),
        takes_fields: false,
        create: Create::Never,
        required_on_create: &[],
        update: None,
        resend: &[],
        removal: Removal::Never,
        switch: None,
        form: Form::Plain,
        scopes: Scopes {
            read: &[
                "Desk.settings.READ",
                "Desk.permissions.READ",
                "Desk.basic.READ",
            ],
            create: &[],
            update: &[],
            delete: &[],
        },
        ..Api::BLANK
    }),
    guide: None,
    ..Kind::BLANK
};
