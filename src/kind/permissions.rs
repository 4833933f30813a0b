//! The permissions of a profile: groups of flags.
//!
//! Source: Profile, `updateProfile`. An answer may lack groups and flags that its schema requires.

use super::{Field, Map, Null, Owned, Sent, Shape, flag};

/// The groups, each with its flags.
pub(super) const PERMISSIONS: Field = map("permissions", GROUPS, Sent::Changed)
    .doc("What agents with the profile may do, in groups. What is not named is left alone.");

const GROUPS: &[Field] = &[
    group("tickets", TICKETS, "Tickets."),
    group("crmInteg", CRM, "What is seen of records of Zoho CRM."),
    group("reports", REPORTS, "Reports."),
    group("mobileapp", MOBILE_APP, "Mobile apps."),
    group("contracts", RECORDS, "Contracts."),
    group("products", RECORDS, "Products."),
    group("zia", FOUR, "Zia."),
    group("timeEntry", FOUR, "Time entries."),
    group("gc", FOUR, "Guided conversations."),
    group("tasks", RECORDS, "Tasks."),
    group("events", RECORDS, "Events."),
    group("courses", ACTIONS, "Courses."),
    group("comments", COMMENTS, "Comments on tickets."),
    group("im", FOUR, "Instant messages."),
    group("social", SOCIAL, "Social media."),
    group("community", COMMUNITY, "The community."),
    group("agents", AGENTS, "Agents."),
    group("CommunityTopic", VIEW, "Topics of the community."),
    group("radar", RADAR, "The Radar app."),
    group(
        "kbCategory",
        ARTICLES,
        "Categories and articles of the knowledge base.",
    ),
    group("calls", RECORDS, "Calls."),
    group("setup", SETUP, "Settings."),
    group("financeInteg", FINANCE, "What is done in Zoho Finance."),
    group("CommunityComment", VIEW, "Comments in the community."),
    group("accounts", RECORDS, "Accounts."),
    group("contacts", RECORDS, "Contacts."),
    group("activities", CUSTOM_VIEWS, "Custom views of activities."),
    group("chat", VIEW, "Chats."),
    group("ticketLifeCycleData", ACTIONS, "Life cycles of tickets."),
    group("supportEmailAddress", ACTIONS, "Support e-mail addresses."),
    group("managerDashboard", DASHBOARDS, "Dashboards of managers."),
    group("modules", ACTIONS, "Custom modules."),
    group("clientEvents", ACTIONS, "Client events."),
    group("componentMapping", ACTIONS, "Mappings of components."),
    group("eventMapping", ACTIONS, "Mappings of events."),
    group(
        "componentEventMappingAssociation",
        ACTIONS,
        "Associations of component and event mappings.",
    ),
    group(
        "clientActionConditions",
        ACTIONS,
        "Conditions of client actions.",
    ),
    group("clientAction", ACTIONS, "Client actions."),
    group(
        "clientActionModuleAssociation",
        ACTIONS,
        "Modules of client actions.",
    ),
    group(
        "clientActionLocationAssociation",
        ACTIONS,
        "Locations of client actions.",
    ),
];

/// A map that has a value for as long as its profile is there, and of which only what is named is owned.
const fn map(name: &'static str, fields: &'static [Field], sent: Sent) -> Field {
    let map = Map {
        fields,
        owned: Owned::Named,
        sent,
        null: Null::Nothing,
        elsewhere: &[],
        keeps_unknown: true,
    };
    Field::new(name, Shape::Map(map)).never_null()
}

/// A group. It is sent whole: its schema requires flags, and the source does not show whether a request
/// may leave them out.
const fn group(name: &'static str, flags: &'static [Field], doc: &'static str) -> Field {
    map(name, flags, Sent::Whole).doc(doc)
}

/// A flag. The API takes null for most flags and does not say what it means.
const fn may(name: &'static str) -> Field {
    flag(name).never_null().doc("Whether it is allowed.")
}

const TICKETS: &[Field] = &[
    may("view"),
    may("create"),
    may("edit"),
    may("delete"),
    may("import"),
    may("export"),
    may("closeTicket"),
    may("mergeTickets"),
    may("shareTickets"),
    may("changeOwner"),
    may("unassignedChangeOwner"),
    may("handleUnassigned"),
    may("addFollowers"),
    may("mailSend"),
    may("mailReview"),
    may("revokeBlueprint"),
    may("editTags"),
    may("deleteTags"),
    may("manageOwnCustomViews"),
    may("shareOwnCustomViews"),
    may("editSharedCustomViews"),
    may("deleteSharedCustomViews"),
    may("reshareSharedCustomViews"),
    may("pinnedConversations"),
];

const CRM: &[Field] = &[
    may("crmAccountsActivityCalls"),
    may("crmAccountsActivityEvents"),
    may("crmAccountsActivityTasks"),
    may("crmAccountsInfo"),
    may("crmAccountsNotes"),
    may("crmAccountsPotentials"),
    may("crmContactsActivityCalls"),
    may("crmContactsActivityEvents"),
    may("crmContactsActivityTasks"),
    may("crmContactsInfo"),
    may("crmContactsNotes"),
    may("crmContactsPotentials"),
];

const REPORTS: &[Field] = &[
    may("view"),
    may("edit"),
    may("create"),
    may("delete"),
    may("export"),
];

const MOBILE_APP: &[Field] = &[may("radar"), may("deskapp"), may("customMobileApps")];

/// Groups of records with import and custom views.
const RECORDS: &[Field] = &[
    may("view"),
    may("import"),
    may("edit"),
    may("create"),
    may("delete"),
    may("export"),
    may("manageOwnCustomViews"),
    may("shareOwnCustomViews"),
    may("editSharedCustomViews"),
    may("deleteSharedCustomViews"),
    may("reshareSharedCustomViews"),
];

/// Groups of the four plain deeds.
const FOUR: &[Field] = &[may("view"), may("edit"), may("create"), may("delete")];

/// Groups of records without import.
const ACTIONS: &[Field] = &[
    may("view"),
    may("edit"),
    may("create"),
    may("delete"),
    may("export"),
    may("manageOwnCustomViews"),
    may("shareOwnCustomViews"),
    may("editSharedCustomViews"),
    may("deleteSharedCustomViews"),
    may("reshareSharedCustomViews"),
];

const COMMENTS: &[Field] = &[
    may("edit"),
    may("delete"),
    may("editOthers"),
    may("deleteOthers"),
];

const SOCIAL: &[Field] = &[
    may("view"),
    may("twitterPostCreate"),
    may("twitterPostDelete"),
    may("twitterConversationReply"),
    may("twitterPostShare"),
];

const COMMUNITY: &[Field] = &[
    may("view"),
    may("edit"),
    may("create"),
    may("delete"),
    may("moderate"),
    may("export"),
];

const AGENTS: &[Field] = &[
    may("overview"),
    may("import"),
    may("edit"),
    may("create"),
    may("delete"),
    may("viewAllFields"),
];

/// Groups that are only seen or not.
const VIEW: &[Field] = &[may("view")];

const RADAR: &[Field] = &[
    may("activities"),
    may("agentStats"),
    may("apiUsageAlerts"),
    may("auditLog"),
    may("averageHandlingTime"),
    may("channelTraffic"),
    may("contacts"),
    may("currentStats"),
    may("customerHappiness"),
    may("dailyToast"),
    may("dailyTrend"),
    may("dashboards"),
    may("exceptionHandling"),
    may("fcr"),
    may("feeds"),
    may("im"),
    may("kb"),
    may("liveTraffic"),
    may("manageRadar"),
    may("mostThreadedTickets"),
    may("quickView"),
    may("textContentProtection"),
    may("visualContentProtection"),
];

const ARTICLES: &[Field] = &[
    may("view"),
    may("edit"),
    may("create"),
    may("delete"),
    may("import"),
    may("export"),
    may("admin"),
    may("manageKB"),
    may("editAllArticles"),
    may("moderate"),
    may("manageOwnCustomViews"),
    may("shareOwnCustomViews"),
    may("editSharedCustomViews"),
    may("deleteSharedCustomViews"),
    may("reshareSharedCustomViews"),
];

const SETUP: &[Field] = &[
    may("localization"),
    may("timeTracking"),
    may("massReply"),
    may("fetchAcrossDepartment"),
    may("globalReports"),
    may("exportPortalUsers"),
    may("layouts"),
    may("shareSnippet"),
    may("automation"),
    may("featureConfig"),
    may("customerHappiness"),
    may("department"),
    may("portal"),
    may("webForm"),
    may("rebranding"),
    may("email"),
    may("recycleBin"),
    may("tabsAndFields"),
    may("exportUsers"),
    may("pinnedConversations"),
    may("buttons"),
    may("teams"),
    may("im"),
    may("social"),
    may("templates"),
    may("sandbox"),
    may("securitySettings"),
    may("maskContent"),
    may("unmaskMaskedContent"),
    may("viewMaskedContent"),
    may("redactContent"),
    may("moveRecords"),
    may("permission"),
    may("signUpApproval"),
    may("community"),
    may("privacySettings"),
    may("importHistory"),
    may("manageAgents"),
    may("portalUsers"),
    may("gamification"),
    may("managerDashboard"),
    may("googleAnalytics"),
    may("webhooks"),
    may("chat"),
    may("telephony"),
    may("manageMarketplace"),
    may("massComment"),
    may("exportReports"),
    may("ticketStatus"),
    may("subscription"),
    may("manageAgentRoom"),
    may("manageAgentChatRoom"),
];

const FINANCE: &[Field] = &[
    may("createContact"),
    may("createEstimate"),
    may("createInvoice"),
    may("createSalesOrder"),
    may("sendEstimate"),
    may("sendInvoice"),
    may("sendSalesOrder"),
    may("viewEstimate"),
    may("viewInvoice"),
    may("viewSalesOrder"),
    may("viewSubscription"),
];

const CUSTOM_VIEWS: &[Field] = &[
    may("manageOwnCustomViews"),
    may("shareOwnCustomViews"),
    may("editSharedCustomViews"),
    may("deleteSharedCustomViews"),
    may("reshareSharedCustomViews"),
];

const DASHBOARDS: &[Field] = &[may("myView"), may("allView"), may("customize")];
