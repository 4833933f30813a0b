//! Help centers.

use super::{Api, Kind, Listing, Scopes, text};

/// A help center; it can be referred to but not managed. Source: Helpcenter (`getAllHelpCenters`,
/// `getHelpCenter`), which has no operation that makes, changes or removes one.
///
/// The source does not say whether two can have one name: then the id tells which is meant.
pub static KIND: Kind = Kind {
    collection: "helpCenters",
    singular: "help center",
    doc: "A help center: the site where customers read articles and write tickets. Help centers are looked up by name and never written.",
    managed: false,
    bare: true,
    fields: &[text("name")
        .max(200)
        .naming()
        .required()
        .doc("The help center's name.")],
    openapi: Some(Api {
        listing: Listing::Whole("/helpCenters"),
        page: 50,
        item: Some("/helpCenters/{id}"),
        scopes: Scopes {
            read: &["Desk.basic.READ", "Desk.settings.READ"],
            create: &[],
            update: &[],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
