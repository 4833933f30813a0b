//! Agent availability.

use super::{
    Api, Change, Create, Kind, Listing, Scopes, Silent, flag, integer, of_the_organization,
};

/// When agents count as offline. Source: Agent Availability (`getAgentAvailabilityConfig`,
/// `updateAgentAvailabilityConfig`).
///
/// An organization has one such setting. Its update is a POST whose keys are all optional, and the source
/// does not say what becomes of one that is left out: both are sent. The unit of the time is not said
/// either; its bounds and its purpose suggest minutes.
pub static KIND: Kind = Kind {
    collection: "agentAvailability",
    singular: "setting of agents' availability",
    doc: "When agents count as offline. An organization has one such setting, `organization`. Nothing makes or removes it.",
    fields: &[
        of_the_organization(),
        integer("agentIdleTime", 1, 360)
            .never_null()
            .doc("After how long without work an agent counts as idle, presumably in minutes."),
        flag("treatIdleAgentsAsOffline")
            .never_null()
            .doc("Whether idle agents count as offline, so that they are assigned nothing."),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/agentAvailabilityConfig"),
        page: 0,
        items: "",
        id: "holdsFor",
        item: Some("/agentAvailabilityConfig"),
        create: Create::Update,
        update: Some("/agentAvailabilityConfig"),
        change: Change::Post,
        silent: &[Silent::Create, Silent::Update],
        scopes: Scopes {
            read: &["Desk.basic.READ", "Desk.settings.READ"],
            create: &["Desk.basic.UPDATE", "Desk.settings.UPDATE"],
            update: &["Desk.basic.UPDATE", "Desk.settings.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
