//! Sharing rules.

use super::{Api, Create, Field, Kind, Listing, Risk, Scopes, Silent, choice, of_the_organization};

/// Source: Data Sharing Rules, `updateDataSharingRules`.
const LEVELS: &[&str] = &["public", "private", "public read only"];

const fn level(module: &'static str) -> Field {
    choice(module, LEVELS)
        .never_null()
        .risk(Risk::Rights)
        .doc("Who sees its records besides their owner and those above.")
}

/// Who sees the records of a module. Source: Data Sharing Rules (`getDataSharingRules`,
/// `updateDataSharingRules`).
///
/// An organization has one set. The source does not say what becomes of a module that an update leaves
/// out: all are sent, and every write is read back. Custom modules are not among its keys.
pub static KIND: Kind = Kind {
    collection: "sharingRules",
    singular: "set of sharing rules",
    doc: "Who sees the records of each module. An organization has one set, `organization`; what is not named stays as it is. Nothing makes or removes it.",
    fields: &[
        of_the_organization(),
        level("tickets"),
        level("calls"),
        level("accounts"),
        level("contracts"),
        level("contacts"),
        level("tasks"),
        level("events"),
        level("products"),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/dataSharingRules"),
        page: 0,
        items: "",
        id: "holdsFor",
        item: Some("/dataSharingRules"),
        create: Create::Update,
        update: Some("/dataSharingRules"),
        resend: &[
            "tickets",
            "calls",
            "accounts",
            "contracts",
            "contacts",
            "tasks",
            "events",
            "products",
        ],
        silent: &[Silent::Create, Silent::Update],
        scopes: Scopes {
            read: &[
                "Desk.basic.READ",
                "Desk.permissions.READ",
                "Desk.settings.READ",
            ],
            create: &["Desk.permissions.UPDATE", "Desk.settings.UPDATE"],
            update: &["Desk.permissions.UPDATE", "Desk.settings.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
