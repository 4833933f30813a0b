//! Labels of the users of a help center.

use super::{
    Alike, Api, Create, Field, HELP_CENTER_USERS, Kind, Listing, Map, Removal, Shape, choice,
    in_help_center, patterns, text,
};

/// A colour of a label.
const fn colour(name: &'static str) -> Field {
    text(name)
        .pattern(patterns::COLOUR)
        .alike(Alike::Colour)
        .required()
}

/// Source: Label, `createLabel` and `updateLabel` (`preferences`), which demand all three.
const PREFERENCES: Map = Map::whole(&[
    colour("bgColor").doc("The colour behind the text, in quotes: YAML begins a comment with `#`."),
    colour("textColor").doc("The colour of the text, in quotes likewise."),
    choice("shape", &["ROUNDED", "RECTANGLE"])
        .required()
        .doc("The shape of the label."),
]);

/// A label. Source: Label (`getLabels`, `createLabel`, `updateLabel`, `deleteLabel`).
///
/// Not written: the logo. Requests take the id of an image and answers show an address, so that the two
/// cannot be compared. Not read: `count`, since who has a label is data.
///
/// `createLabel` marks nothing as required; without a name and a help center a label means nothing, so
/// both are demanded. The source does not say
///
/// - whether names differ within a help center: the server decides;
/// - how answers spell colours: they are compared as colours;
/// - how a new label looks: a look that shall not be there takes an update that follows the creation;
/// - whether null takes the look away: both requests take it, and an answer that still shows the look
///   is told. Answers may show null for the whole look, and for each part of it: both are none.
pub static KIND: Kind = Kind {
    collection: "labels",
    singular: "label",
    doc: "A label: what users of a help center are marked with. Who has it is data and left alone, and so is its logo: the API takes an image and shows an address, which cannot be compared.",
    delete_effect: Some("users lose it, and making it anew does not give it back to them"),
    removal_loses: true,
    fields: &[
        // `updateLabel` does not take it.
        in_help_center("The help center whose users can have the label."),
        text("name")
            .max(100)
            .pattern(patterns::TEXT)
            .naming()
            .required()
            .doc("The label's name."),
        Field::new("preferences", Shape::Map(PREFERENCES))
            .nullable()
            .server_default()
            .doc("How the label looks, all three of it or nothing."),
    ],
    openapi: Some(Api {
        // What is listed without a help center is not said. The items are whole.
        listing: Listing::Each("/labels?helpCenterId={helpCenter}", &[]),
        page: 50,
        item: Some("/labels/{id}"),
        create: Create::Post("/labels"),
        update: Some("/labels/{id}"),
        removal: Removal::Delete("/labels/{id}"),
        scopes: HELP_CENTER_USERS,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
