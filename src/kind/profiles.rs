//! Profiles.

use super::permissions::PERMISSIONS;
use super::removal::{Chosen, Heir};
use super::rules::{Deed, Is, Mark, Sign};
use super::{
    Api, Create, Kind, Listing, Removal, Risk, Scopes, Stage, by_fields, patterns, reference, text,
    to,
};

/// A profile of permissions. Source: Profile (`getProfileList`, `cloneProfile`, `updateProfile`,
/// `deleteProfile`); there is no way to make one but to clone another one.
pub static KIND: Kind = Kind {
    collection: "profiles",
    singular: "profile",
    doc: "A profile: what agents may do. A new one is made as a copy of another one and gets its permissions. System profiles can be changed, and neither renamed nor removed. The guide's API has no profiles of its own; there agents refer to profiles by id.",
    bare: true,
    wire_name: Some("name"),
    risks: &[Risk::Rights],
    delete_effect: Some("its agents get the profile that `transferTo` names"),
    fields: &[
        text("name")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The profile's name."),
        // `cloneProfile` takes 32,000 characters, `updateProfile` 3,200. Whether a copy has the
        // description of its original is not said. What clears is the empty text: no schema takes null.
        text("description")
            .max(32_000)
            .update_max(3_200)
            .pattern(patterns::NAME_OR_EMPTY)
            .server_default()
            .doc("What the profile is for."),
        reference("cloneOf", to("profiles")).in_path().doc(
            "The profile of which a new one is a copy at first; left out, the system profile of type `Standard`.",
        ),
        PERMISSIONS
            .openapi(by_fields("permissions"))
            .risk(Risk::Rights)
            .stage(Stage::Update),
    ],
    marks: &[Mark::partly(
        "default",
        Is::True,
        "a default of the organization",
        "of the system",
        &[Deed::Rename, Deed::Remove, Deed::PruneAll],
    )
    .risk(Risk::Defaults)],
    openapi: Some(Api {
        // What comes without `fields` is not said; the schema shows everything, the name with either.
        listing: Listing::Whole(
            "/profiles?fields=type,isVisible,default,permissions,description",
        ),
        page: 250,
        item: Some("/profiles/{id}"),
        create: Create::Clone {
            path: "/profiles/{cloneOf}/clone",
            otherwise: &[
                Sign {
                    key: "type",
                    is: Is::Word("Standard"),
                },
                Sign {
                    key: "default",
                    is: Is::True,
                },
            ],
            sends: &["name", "description"],
        },
        update: Some("/profiles/{id}"),
        removal: Removal::Transfer {
            path: "/profiles/{id}/delete",
            deletes: false,
            heirs: &[(
                "transferToProfileId",
                Heir::Chosen(Chosen {
                    name: "",
                    target: to("profiles"),
                }),
            )],
        },
        scopes: Scopes {
            read: &[
                "Desk.settings.READ",
                "Desk.permissions.READ",
                "Desk.basic.READ",
            ],
            create: &[
                "Desk.settings.CREATE",
                "Desk.permissions.CREATE",
                "Desk.basic.CREATE",
            ],
            update: &[
                "Desk.settings.UPDATE",
                "Desk.permissions.UPDATE",
                "Desk.basic.UPDATE",
            ],
            delete: &[
                "Desk.settings.DELETE",
                "Desk.permissions.DELETE",
                "Desk.basic.DELETE",
            ],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
