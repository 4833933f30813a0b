//! A kind for tests: it has what no kind of the registry has yet.

use super::removal::{Chosen, Heir};
use super::rules::{Deed, Is, Mark};
use super::{Api, Create, Kind, Listing, Removal, text, to};

/// Objects that hand over to one of their kind, some of which keep their names.
pub static KIND: Kind = Kind {
    collection: "samples",
    singular: "sample",
    doc: "A sample.",
    bare: true,
    fields: &[
        text("name").naming().required().doc("Its name."),
        text("description").doc("What it is for."),
    ],
    marks: &[Mark::partly(
        "default",
        Is::True,
        "a default of the organization",
        "of the system",
        &[Deed::Rename, Deed::Remove, Deed::PruneAll],
    )],
    openapi: Some(Api {
        listing: Listing::Whole("/samples"),
        item: Some("/samples/{id}"),
        create: Create::Post("/samples"),
        update: Some("/samples/{id}"),
        removal: Removal::Transfer {
            path: "/samples/{id}/delete",
            deletes: false,
            heirs: &[
                (
                    "transferToId",
                    Heir::Chosen(Chosen {
                        name: "",
                        target: to("samples"),
                    }),
                ),
                ("transferOthersTo", Heir::Nobody),
            ],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
