//! Agents.

use crate::problem::Code;

use super::removal::RemovalPolicy;
use super::rules::{Acting, GoWith, Is, KeepOne, Rule, Sign};
use super::{
    Api, Create, Enabled, Encoding, Field, Form, Holders, Kind, Listing, Removal, Risk, Scopes,
    Shape, Switch, Wire, choice, custom_values, email, encoded, patterns, reference, references,
    sent, text, to,
};

/// Where agents change what nobody else can.
const OWN_SETTINGS: &str =
    "the agent's own settings, signed in as that agent, since nobody else can";

/// An agent. Source: Agent (`getAgents`, `addAgent`, `updateAgent`, `deactivateAgents`,
/// `deleteAgent`, `deleteUnconfirmedAgent`); the guide's agent object.
pub static KIND: Kind = Kind {
    collection: "agents",
    singular: "agent",
    word: "agent",
    doc: "A person who works in the help desk. The handle is the e-mail address. Membership in departments lives here and nowhere else. Removing an agent deactivates them unless `removal: delete` is chosen.",
    managed: true,
    enabled: Some(Enabled {
        field: "status",
        on: Switch::Word("ACTIVE"),
        send_on_create: false,
    }),
    seed: false,
    may_be_pruned: false,
    risks: &[Risk::People],
    create_effect: Some("an invitation is mailed and a seat is used"),
    // Source: the product's pages on deleting an agent: it is archived for good.
    holders: Holders {
        fields: &[],
        places: &["the deleted agents"],
    },
    delete_effect: Some("the agent is archived for good"),
    removal_loses: true,
    fields: &[
        email("email", 100, patterns::AGENT_EMAIL)
            .naming()
            .required()
            .openapi(sent("emailId"))
            .risk(Risk::People)
            // An invitation is mailed there.
            .told_to_people()
            .doc("The e-mail address the agent signs in with."),
        text("firstName")
            .max(50)
            .pattern(patterns::TEXT)
            .doc("The first name."),
        text("lastName")
            .max(50)
            .pattern(patterns::TEXT)
            .required()
            .doc("The last name."),
        choice(
            "rolePermissionType",
            &[
                "AgentPublic",
                "AgentPersonal",
                "AgentTeamPersonal",
                "Admin",
                "Custom",
                "Light",
            ],
        )
        .guide(Wire::Refused("the guide's agents have a role and a profile only"))
        .risk(Risk::Rights)
        .doc("The ready-made set of permissions; `role` and `profile` go with `Custom` only. The openapi dialect demands it on creation."),
        reference("role", to("roles"))
            .openapi(sent("roleId"))
            .guide(sent("roleId"))
            .risk(Risk::Rights)
            .doc("The agent's role: a `roles` handle or the name of a live role."),
        reference("profile", to("profiles"))
            .openapi(sent("profileId"))
            .guide(sent("profileId"))
            .risk(Risk::Rights)
            .doc("The agent's profile: a handle, or the name of a live profile."),
        references("departments", to("departments"))
            .openapi(sent("associatedDepartmentIds"))
            .guide(Wire::Harmless)
            .doc("The departments the agent belongs to. The openapi dialect demands it on creation."),
        references("chatDepartments", to("departments"))
            .openapi(sent("associatedChatDepartmentIds"))
            .guide(Wire::Harmless)
            .doc("The departments in which the agent takes chats."),
        choice("status", &["ACTIVE", "DISABLED"])
            .server_default()
            .guide(encoded(
                "status",
                Encoding::Words(&[("DISABLED", "INACTIVE")]),
            ))
            .risk(Risk::People)
            .doc("Whether the agent is active; declaring the agent implies `ACTIVE`."),
        // The API takes these three of any agent and, as users report, stores those of the acting one
        // alone.
        text("langCode")
            .server_default()
            .max(100)
            .pattern(patterns::LOCALE)
            .guide(Wire::Harmless)
            .by_oneself(OWN_SETTINGS)
            .doc("The language of the agent's screen, such as `fr_FR`. Only the agent can change it."),
        text("countryCode")
            .server_default()
            .max(100)
            .pattern(patterns::LOCALE)
            .by_oneself(OWN_SETTINGS)
            .doc("The agent's country or locale, such as `US`. Only the agent can change it."),
        text("timeZone")
            .server_default()
            .pattern(patterns::TIME_ZONE)
            .max(100)
            .by_oneself(OWN_SETTINGS)
            .doc("The agent's time zone, such as `America/New_York`. Only the agent can change it."),
        text("phone")
            .max(100)
            .pattern(patterns::NAME)
            .contradicted()
            .guide(Wire::Harmless)
            .doc("The phone number."),
        text("mobile")
            .max(100)
            .pattern(patterns::NAME)
            .contradicted()
            .guide(Wire::Harmless)
            .doc("The mobile number."),
        text("extn")
            .max(100)
            .pattern(patterns::NAME)
            .contradicted()
            .guide(Wire::Harmless)
            .doc("The telephone extension."),
        text("aboutInfo")
            .max(255)
            .pattern(patterns::TEXT)
            .guide(Wire::Harmless)
            .doc("A few words about the agent."),
        Field::new(
            "channelExpert",
            Shape::Texts {
                max_items: 51,
                max: 120,
                set: true,
                pattern: None,
                choices: &[],
            },
        )
        .guide(Wire::Harmless)
        .doc("Channels the agent is good at, such as `Email` or `Phone`."),
        custom_values("agents")
            .guide(Wire::Refused("the guide's agents have no custom fields"))
            .doc("Values of custom fields of the module `agents`, by `customFields` handle or API name."),
    ],
    rules: &[Rule::GoWith(&GoWith {
        fields: &["role", "profile"],
        with: "rolePermissionType",
        is: &["Custom"],
        instead: "choose one of the ready-made permissions",
        always: false,
        together: false,
    })],
    disable_effect: Some("the agent can no longer sign in; open work stays assigned"),
    openapi: Some(Api {
        listing: Listing::Whole("/agents"),
        page: 100,
        id: "id",
        item: Some("/agents/{id}"),
        takes_fields: false,
        create: Create::Post("/agents"),
        required_on_create: &["rolePermissionType", "departments"],
        update: Some("/agents/{id}"),
        resend: &[],
        removal: Removal::Chosen {
            doc: "How an agent is removed.",
            ways: &[
                (
                    RemovalPolicy::Deactivate,
                    Removal::Disable {
                        path: "/agents/{id}/deactivate",
                        body: false,
                    },
                ),
                // Source: Agent, `deleteAgent` for confirmed agents, `deleteUnconfirmedAgent` for others.
                (
                    RemovalPolicy::Delete,
                    Removal::By {
                        sign: Sign {
                            key: "isConfirmed",
                            is: Is::False,
                        },
                        with: &Removal::Bulk("/agents/deleteUnconfirmed", "agentIds"),
                        without: &Removal::Delete("/agents/{id}"),
                    },
                ),
            ],
        },
        switch: None,
        form: Form::Plain,
        acting: Some(Acting {
            path: "/myinfo",
            email: "emailId",
            what: "the agent in whose name deskform works",
            scopes: &["Desk.settings.READ", "Desk.basic.READ"],
        }),
        // An organization without an active administrator locks everybody out.
        keep_one: &[KeepOne {
            fields: &[("rolePermissionType", "Admin"), ("status", "ACTIVE")],
            signs: &[Sign { key: "isConfirmed", is: Is::NotFalse }],
            code: Code::LastAdministrator,
            loss: "leave the organization without an active, confirmed administrator",
            help: "keep one agent with `rolePermissionType: Admin`",
        }],
        scopes: Scopes {
            read: &["Desk.settings.READ", "Desk.agents.READ", "Desk.basic.READ"],
            create: &["Desk.settings.CREATE", "Desk.agents.CREATE", "Desk.basic.CREATE"],
            update: &["Desk.settings.UPDATE", "Desk.agents.UPDATE", "Desk.basic.UPDATE"],
            delete: &["Desk.settings.DELETE", "Desk.agents.DELETE", "Desk.basic.DELETE"],
        },
        ..Api::BLANK
    }),
    guide: Some(Api {
        listing: Listing::Whole("/agents"),
        page: 100,
        id: "id",
        item: Some("/agents/{id}"),
        takes_fields: false,
        create: Create::Post("/agents"),
        required_on_create: &[],
        update: Some("/agents/{id}"),
        resend: &[],
        removal: Removal::Chosen {
            doc: "How an agent is removed.",
            ways: &[
                (
                    RemovalPolicy::Deactivate,
                    Removal::DisableByPatch {
                        path: "/agents/{id}",
                        field: "status",
                        word: "INACTIVE",
                    },
                ),
                (RemovalPolicy::Delete, Removal::Delete("/agents/{id}")),
            ],
        },
        switch: None,
        form: Form::Plain,
        scopes: super::GUIDE_SETTINGS,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
