//! Teams.

use super::removal::{Chosen, Heir};
use super::{
    Api, Create, Kind, Listing, Removal, Scopes, Target, Within, in_department, patterns,
    references, text, to,
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
///
/// Not read: `derivedAgents` and `logoUrl`, which no request takes. `getTeams` shows teams of the
/// caller's departments only and is not used. The source does not say that agents are active members
/// of the department, nor that sub-teams are of it: what is asked for here is right under both
/// readings. Whether an update takes an empty description is not said either; its pattern wants a
/// character, and so one is not cleared.
pub static KIND: Kind = Kind {
    collection: "teams",
    singular: "team",
    word: "team",
    doc: "A team: agents who share a queue inside one department.",
    fields: &[
        // `updateTeam` does not take it.
        in_department("The department that the team belongs to."),
        text("name")
            .max(50)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The team's name."),
        // Answers declare 255 characters; both requests take 30,000.
        text("description")
            .max(30_000)
            .pattern(patterns::TEXT)
            .doc("What the team is for."),
        references("agents", to("agents"))
            .needs_membership("departments", "department")
            .doc("Agents who belong to the team."),
        references("roles", to("roles")).doc("Roles whose agents belong to the team."),
        references("rolesWithSubordinates", to("roles"))
            .at_most(20)
            .doc("Roles whose agents belong to the team, with those of the roles below."),
        references("subTeams", IN_DEPARTMENT)
            .hierarchy()
            .doc("Teams of the same department whose agents belong to the team."),
    ],
    openapi: Some(Api {
        listing: Listing::Each("/departments/{department}/teams", &[]),
        // 200 at most; 0 or nothing stands for all.
        page: 200,
        items: "teams",
        item: Some("/teams/{id}"),
        create: Create::Post("/teams"),
        update: Some("/teams/{id}"),
        removal: Removal::Transfer {
            path: "/teams/{id}/deleteTeam",
            deletes: false,
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
