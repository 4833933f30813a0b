//! Roles.

use super::removal::{Above, Heir};
use super::rules::{Deed, Is, Mark, Sign};
use super::{
    Api, Create, Form, Kind, Listing, Mention, Mentioner, Removal, Risk, Scopes, flag, patterns,
    reference, sent, text, to,
};
use crate::dialect::Dialect;

/// A role of agents. Source: Role (`getRoles`, `addRole`, `updateRole`, `deleteRole`).
pub static KIND: Kind = Kind {
    collection: "roles",
    singular: "role",
    doc: "A role: where an agent stands in the hierarchy of data access. The guide's API has no roles of its own; there agents refer to roles by `{lookup: \"Name\"}`.",
    managed: true,
    enabled: None,
    seed: false,
    bare: true,
    risks: &[Risk::Rights],
    create_effect: None,
    delete_effect: Some("its sub-roles move to the role it reports to"),
    fields: &[
        text("name")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The role's name."),
        text("description")
            .max(3200)
            .pattern(patterns::NAME)
            .doc("What the role is for."),
        reference("reportsTo", to("roles"))
            .server_default()
            .hierarchy()
            .risk(Risk::Rights)
            .openapi(sent("reportsTo"))
            .doc("The role above it."),
        flag("shareDataWithPeers")
            .required()
            .risk(Risk::Rights)
            .doc("Whether agents of the role see each other's records."),
    ],
    mentions: &[
        // Source: the guide's agents, whose answers carry both.
        Mention {
            dialect: Dialect::Guide,
            by: Mentioner::Objects("agents"),
            id: "roleId",
            name: "roleName",
            only: None,
        },
    ],
    marks: &[
        Mark::partly(
            "isDefault",
            Is::True,
            "a default of the organization",
            "of the system",
            &[Deed::Remove, Deed::PruneAll, Deed::Export],
        )
        .risk(Risk::Defaults),
        Mark::partly(
            "isVisible",
            Is::False,
            "a role that nobody sees",
            "of the system",
            &[Deed::PruneAll, Deed::Export],
        ),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/roles"),
        page: 100,
        id: "id",
        item: Some("/roles/{id}"),
        takes_fields: false,
        create: Create::Post("/roles"),
        required_on_create: &[],
        update: Some("/roles/{id}"),
        resend: &[],
        removal: Removal::Transfer {
            path: "/roles/{id}/delete",
            deletes: false,
            heirs: &[(
                "transferToRoleId",
                Heir::Above(Above {
                    field: "reportsTo",
                    top: &[
                        Sign {
                            key: "isDefault",
                            is: Is::True,
                        },
                        Sign {
                            key: "isVisible",
                            is: Is::NotFalse,
                        },
                    ],
                    takes: "its sub-roles",
                    none: "reports to no role that could take over its sub-roles",
                }),
            )],
        },
        switch: None,
        form: Form::Plain,
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
    guide: None,
    ..Kind::BLANK
};
