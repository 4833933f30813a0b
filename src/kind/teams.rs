//! Teams.

use super::removal::{Chosen, Heir};
use super::{
    Api, Create, Kind, Listing, Removal, Scopes, Target, Within, patterns, reference, references,
    sent, text, to,
};

/// Who takes over the tickets and tasks of a team: another team of its department.
const TEAM: Heir = Heir::Chosen(Chosen {
    name: "team",
    target: IN_DEPARTMENT,
});

/// Who takes over the tickets and tasks of a team: an agent.
const AGENT: Heir = Heir::Chosen(Chosen {
    name: "agent",
    target: to("agents"),
});

const IN_DEPARTMENT: Target = to("teams").within(Within::Same("department"));

/// A team of agents. Source: Team (`getTeamsInDepartment`, `createTeam`, `updateTeam`, `deleteTeam`).
pub const KIND: Kind = Kind {
    collection: "teams",
    singular: "team",
    doc: "A team: agents who share a queue inside one department.",
    fields: &[
        reference("department", to("departments"))
            .identity()
            .required()
            .create_only()
            .openapi(sent("departmentId"))
            .doc("The department that the team belongs to."),
        text("name")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The team's name."),
        text("description")
            .max(30_000)
            .pattern(patterns::TEXT)
            .doc("What the team is for."),
        references("agents", to("agents"))
            .needs_membership("departments", "department")
            .doc("Agents who belong to the team."),
        references("roles", to("roles")).doc("Roles whose agents belong to the team."),
        references("rolesWithSubordinates", to("roles"))
            .doc("Roles whose agents belong to the team, with those of the roles below."),
        references("subTeams", IN_DEPARTMENT)
            .hierarchy()
            .doc("Teams of the same department whose agents belong to the team."),
    ],
    openapi: Some(Api {
        listing: Listing::Each("/departments/{department}/teams", &[]),
        page: 100,
        item: Some("/teams/{id}"),
        create: Create::Post("/teams"),
        update: Some("/teams/{id}"),
        removal: Removal::Transfer {
            path: "/teams/{id}/deleteTeam",
            heirs: &[
                ("ticketNewTeam", TEAM),
                ("ticketNewAgent", AGENT),
                ("taskNewTeam", TEAM),
                ("taskNewAgent", AGENT),
            ],
        },
        scopes: Scopes {
            read: &["Desk.settings.READ", "Desk.basic.READ", "Desk.teams.READ"],
            create: &[
                "Desk.settings.CREATE",
                "Desk.basic.CREATE",
                "Desk.teams.CREATE",
            ],
            update: &[
                "Desk.settings.UPDATE",
                "Desk.basic.UPDATE",
                "Desk.teams.UPDATE",
            ],
            delete: &[
                "Desk.settings.DELETE",
                "Desk.basic.DELETE",
                "Desk.teams.DELETE",
            ],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
