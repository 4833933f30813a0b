//! Departments.

use super::rules::{Deed, Is, Mark};
use super::{
    Api, Create, Enabled, Form, Founders, Holders, Kind, Listing, LocksOut, Removal, Risk, Scopes,
    Switch, SwitchApi, Wire, flag, patterns, text,
};

/// A department. Source: Department (`getDepartments`, `addDepartment`, `updateDepartment`,
/// `enableDepartment`, `disableDepartment`); the guide's department object.
pub static KIND: Kind = Kind {
    wire_name: Some("name"),
    collection: "departments",
    singular: "department",
    word: "department",
    doc: "A department of the help desk: tickets belong to one, agents work in them. Who its members are stands in `agents.*.departments`.",
    managed: true,
    enabled: Some(Enabled {
        field: "isEnabled",
        on: Switch::Flag(true),
        send_on_create: false,
    }),
    seed: false,
    may_be_pruned: false,
    holders: Holders {
        fields: &[],
        places: &["the disabled departments"],
    },
    delete_effect: Some("its tickets lose their department"),
    removal_loses: true,
    fields: &[
        text("name")
            .max(150)
            .pattern(patterns::NAME_AMP)
            .naming()
            .required()
            .doc("The department's name, unique in the organization."),
        text("description")
            .max(500)
            .doc("What the department does."),
        text("nameInCustomerPortal")
            .max(150)
            .server_default()
            .pattern(patterns::NAME_AMP)
            .guide(Wire::Harmless)
            .doc("The name customers see in the help center."),
        flag("isVisibleInCustomerPortal")
            .server_default()
            .guide(Wire::Refused(
                "the guide's departments cannot be hidden from customers",
            ))
            .doc("Whether customers see the department in the help center."),
        flag("isAssignToTeamEnabled")
            .server_default()
            .guide(Wire::Harmless)
            .doc("Whether tickets can be assigned to teams of the department."),
        flag("isEnabled")
            .server_default()
            .openapi(Wire::Switched("isEnabled"))
            .doc("Whether the department is in use; declaring it implies `true`."),
    ],
    disable_effect: Some("agents who belong to no other department are locked out"),
    locks_out: Some(LocksOut {
        of: "agents",
        field: "departments",
    }),
    marks: &[Mark::partly(
        "isDefault",
        Is::True,
        "a default of the organization",
        "of the organization",
        &[Deed::Remove, Deed::PruneAll],
    )
    .risk(Risk::Defaults)],
    openapi: Some(Api {
        listing: Listing::Whole("/departments"),
        page: 100,
        id: "id",
        item: Some("/departments/{id}"),
        takes_fields: false,
        create: Create::Post("/departments"),
        // Source: Department, `addDepartment` (`associatedAgentIds` is required) and `dissociateAgents`.
        founders: Some(Founders {
            of: "agents",
            field: "departments",
            key: "associatedAgentIds",
            leave: "/departments/{id}/dissociateAgents",
            leave_key: "agentIds",
        }),
        required_on_create: &[],
        update: Some("/departments/{id}"),
        resend: &[],
        removal: Removal::Disable {
            path: "/departments/{id}/disable",
            body: true,
        },
        switch: Some(SwitchApi {
            on: "/departments/{id}/enable",
            off: "/departments/{id}/disable",
            heirs: &[],
        }),
        form: Form::Plain,
        scopes: Scopes {
            read: &[
                "Desk.settings.READ",
                "Desk.departments.READ",
                "Desk.basic.READ",
            ],
            create: &[
                "Desk.settings.CREATE",
                "Desk.departments.CREATE",
                "Desk.basic.CREATE",
            ],
            update: &[
                "Desk.settings.UPDATE",
                "Desk.departments.UPDATE",
                "Desk.basic.UPDATE",
            ],
            delete: &[
                "Desk.settings.UPDATE",
                "Desk.departments.UPDATE",
                "Desk.basic.UPDATE",
            ],
        },
        ..Api::BLANK
    }),
    guide: Some(Api {
        listing: Listing::Whole("/departments"),
        page: 100,
        id: "id",
        item: Some("/departments/{id}"),
        takes_fields: false,
        create: Create::Post("/departments"),
        required_on_create: &[],
        update: Some("/departments/{id}"),
        resend: &[],
        removal: Removal::Delete("/departments/{id}"),
        switch: None,
        form: Form::Plain,
        scopes: super::GUIDE_SETTINGS,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
