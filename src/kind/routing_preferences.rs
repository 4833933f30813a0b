//! Routing preferences.

use super::rules::{GoWith, Rule};
use super::{
    Api, Create, Kind, Listing, Scopes, Silent, choice, flag, in_department, integer,
    of_the_department,
};

/// How a department assigns tickets. Source: Routing Preference (`getRoutingPreference`,
/// `updateRoutingPreference`).
///
/// Each department has one set, which comes and goes with it. An update demands the department, and its
/// answer shows less than it takes: each is read back. The server takes `thresholdLimit` only while
/// `isThresholdEnabled` is true; one update that gives both is taken for that. Thresholds of single
/// agents (`customThresholdVsAgents`) are neither read nor sent, and stay.
pub static KIND: Kind = Kind {
    collection: "routingPreferences",
    singular: "set of routing preferences",
    doc: "How a department assigns tickets. Each department has one set, and its handle is that of the department; what is not named stays as it is. Nothing makes or removes it. Thresholds of single agents are left as they are.",
    fields: &[
        in_department("The department whose preferences they are; left out, the one of the same handle."),
        of_the_department(),
        flag("assignBacklog")
            .never_null()
            .doc("Whether tickets of the backlog are assigned."),
        choice("assignBacklogsBy", &["DUEDATE", "CREATEDTIME"])
            .never_null()
            .doc("By which time they are assigned first: that by which they are due, or that of their creation."),
        integer("backLogLimit", 1, 50)
            .never_null()
            .doc("How many of them are assigned at a time."),
        flag("assignToOfflineAgents")
            .never_null()
            .doc("Whether agents who are offline are assigned tickets, too."),
        flag("isThresholdEnabled")
            .never_null()
            .doc("Whether agents are assigned no more tickets than `thresholdLimit` says."),
        integer("thresholdLimit", 1, 500)
            .never_null()
            .doc("How many tickets an agent is assigned at most. Zoho Desk takes it only while `isThresholdEnabled` is true."),
        choice("freshTicketAssignMode", &["IMMEDIATE", "MOVE_TO_BACKLOG"])
            .never_null()
            .doc("Whether new tickets are assigned at once, or come to the backlog first."),
        flag("isImmediateAssignmentEnabled")
            .never_null()
            .doc("Whether tickets are assigned immediately."),
    ],
    rules: &[Rule::GoWith(&GoWith {
        fields: &["thresholdLimit"],
        with: "isThresholdEnabled",
        is: &["true"],
        instead: "leave `isThresholdEnabled` out",
        always: true,
        together: false,
    })],
    openapi: Some(Api {
        listing: Listing::Each("/routingPreferences?departmentId={department}", &[]),
        page: 0,
        items: "",
        id: "departmentId",
        item: Some("/routingPreferences?departmentId={id}"),
        create: Create::Update,
        update: Some("/routingPreferences"),
        resend: &["department"],
        silent: &[Silent::Create, Silent::Update],
        scopes: Scopes {
            read: &["Desk.automations.READ", "Desk.settings.READ"],
            create: &["Desk.automations.UPDATE", "Desk.settings.UPDATE"],
            update: &["Desk.automations.UPDATE", "Desk.settings.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
