//! Groups of the users of a help center.

use super::{
    Api, Create, HELP_CENTER_USERS, Kind, Listing, Removal, in_help_center, patterns, text,
};

/// A group of users. Source: `HelpcenterGroups` (`getHelpCenterGroupList`, `addHelpCenterGroup`,
/// `updateHelpCenterUserGroup`, `deleteHelpCenterUserGroup`).
///
/// Not written: the logo. Requests take the id of an image and answers show an address, so that the two
/// cannot be compared. Not read: `count`, since who is in a group is data, and `status` and
/// `isAssociated`, which no request takes; an example of an update has a status, its closed schema none.
///
/// The source does not say whether names differ within a help center: the server decides. Nor does it
/// say what becomes of a category of the knowledge base that is shown to a group alone when the group
/// goes.
pub static KIND: Kind = Kind {
    collection: "helpCenterGroups",
    singular: "help center group",
    doc: "A group of the users of a help center, to whom parts of the knowledge base can be shown. Who is in it is data and left alone, and so is its logo: the API takes an image and shows an address, which cannot be compared.",
    delete_effect: Some("users leave it, and making it anew does not bring them back"),
    removal_loses: true,
    fields: &[
        // `updateHelpCenterUserGroup` does not take it.
        in_help_center("The help center whose users can be in the group."),
        text("name")
            .max(100)
            .pattern(patterns::TEXT)
            .naming()
            .required()
            .doc("The group's name."),
        // Answers declare 100 characters; both requests take 3,000. They take neither null nor the
        // empty text: a group can be without one and cannot lose it.
        text("description")
            .max(3_000)
            .pattern(patterns::TEXT)
            .doc("Who belongs to the group."),
    ],
    openapi: Some(Api {
        // What is listed without a help center is not said. The items are whole.
        listing: Listing::Each("/groups?helpCenterId={helpCenter}", &[]),
        page: 50,
        item: Some("/groups/{id}"),
        create: Create::Post("/groups"),
        update: Some("/groups/{id}"),
        removal: Removal::Delete("/groups/{id}"),
        scopes: HELP_CENTER_USERS,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
