//! Preferences of the community.

use super::{
    Api, Change, Create, Encoding, Kind, Listing, Scopes, Silent, choice, encoded,
    of_the_organization,
};

/// What visitors of the community see first. Source: Community Preferences
/// (`getCommunityPreferences`, `updateCommunityPreferences`).
///
/// An organization has one such set. The source spells each page in three ways: its schemas in one, its
/// text and its examples in others. Requests send the schema's word, and each of them is read.
pub static KIND: Kind = Kind {
    collection: "communityPreferences",
    singular: "set of community preferences",
    doc: "What visitors of the community see first. An organization has one such set, `organization`. Nothing makes or removes it.",
    fields: &[
        of_the_organization(),
        choice("landingPage", &["ALLCATEGORY", "RECENTPOST"])
            .never_null()
            .openapi(encoded("landingPage", Encoding::Words(PAGES)))
            .doc(
                "What the first page of the community lists: all categories, or the latest posts.",
            ),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/communityPreferences"),
        page: 0,
        items: "",
        id: "holdsFor",
        item: Some("/communityPreferences"),
        create: Create::Update,
        update: Some("/communityPreferences"),
        change: Change::Post,
        silent: &[Silent::Create, Silent::Update],
        scopes: Scopes {
            read: &["Desk.forums.READ", "Desk.community.READ"],
            create: &["Desk.forums.UPDATE", "Desk.community.UPDATE"],
            update: &["Desk.forums.UPDATE", "Desk.community.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};

/// The words of requests, and what answers may show in their place.
const PAGES: &[(&str, &str)] = &[
    ("ALLCATEGORY", "ALLCATEGORY"),
    ("ALLCATEGORY", "ALLCATEGORIES"),
    ("ALLCATEGORY", "ALL_CATEGORY"),
    ("RECENTPOST", "RECENTPOST"),
    ("RECENTPOST", "RECENTPOSTS"),
    ("RECENTPOST", "RECENT_POST"),
];
