//! The permissions of a profile: groups of flags, and those that a new organization has.
//!
//! Source: Profile, the schemas of `updateProfile`. They require some flags of a group, while the
//! examples of the source lack groups and flags.

use serde_json::{Map, Value, json};

use super::super::respond::{FieldFault, Problem};
use super::super::rules::{Flags, Rule, Shape, shaped};

const fn group(name: &'static str, flags: &'static Flags) -> Rule {
    shaped(name, Shape::Flags(flags)).nullable()
}

/// The groups that a request may name.
pub(super) const GROUPS: [Rule; 40] = [
    group("crmInteg", &CRM),
    group("reports", &REPORTS),
    group("tickets", &TICKETS),
    group("mobileapp", &MOBILE_APP),
    group("contracts", &RECORDS),
    group("products", &RECORDS),
    group("zia", &FOUR),
    group("timeEntry", &FOUR),
    group("gc", &FOUR),
    group("tasks", &RECORDS),
    group("events", &RECORDS),
    group("courses", &ACTIONS),
    group("comments", &COMMENTS),
    group("im", &FOUR),
    group("social", &SOCIAL),
    group("community", &COMMUNITY),
    group("agents", &AGENTS),
    group("CommunityTopic", &VIEW),
    group("radar", &RADAR),
    group("kbCategory", &ARTICLES),
    group("calls", &RECORDS),
    group("setup", &SETUP),
    group("financeInteg", &FINANCE),
    group("CommunityComment", &VIEW),
    group("accounts", &RECORDS),
    group("contacts", &RECORDS),
    group("activities", &CUSTOM_VIEWS),
    group("chat", &VIEW),
    group("ticketLifeCycleData", &ACTIONS),
    group("supportEmailAddress", &ACTIONS),
    group("managerDashboard", &DASHBOARD),
    // The one group that takes no null.
    shaped("modules", Shape::Flags(&MODULES)),
    group("clientEvents", &ACTIONS),
    group("componentMapping", &ACTIONS),
    group("eventMapping", &ACTIONS),
    group("componentEventMappingAssociation", &ACTIONS),
    group("clientActionConditions", &ACTIONS),
    group("clientAction", &ACTIONS),
    group("clientActionModuleAssociation", &ACTIONS),
    group("clientActionLocationAssociation", &ACTIONS),
];

static CRM: Flags = Flags {
    needed: &[
        "crmAccountsActivityCalls",
        "crmAccountsActivityEvents",
        "crmAccountsActivityTasks",
        "crmAccountsInfo",
        "crmAccountsNotes",
        "crmAccountsPotentials",
        "crmContactsActivityCalls",
        "crmContactsActivityEvents",
        "crmContactsActivityTasks",
        "crmContactsInfo",
        "crmContactsNotes",
        "crmContactsPotentials",
    ],
    optional: &[],
    firm: &[],
};

static REPORTS: Flags = Flags {
    needed: &["view", "edit", "create", "delete", "export"],
    optional: &[],
    firm: &[],
};

static TICKETS: Flags = Flags {
    needed: &[
        "view",
        "create",
        "edit",
        "delete",
        "import",
        "export",
        "closeTicket",
        "mergeTickets",
        "shareTickets",
        "changeOwner",
        "unassignedChangeOwner",
        "handleUnassigned",
        "addFollowers",
        "mailSend",
        "mailReview",
        "revokeBlueprint",
        "editTags",
        "deleteTags",
        "manageOwnCustomViews",
        "shareOwnCustomViews",
        "editSharedCustomViews",
        "deleteSharedCustomViews",
        "reshareSharedCustomViews",
    ],
    optional: &["pinnedConversations"],
    firm: &[],
};

static MOBILE_APP: Flags = Flags {
    needed: &["radar", "deskapp", "customMobileApps"],
    optional: &[],
    firm: &[],
};

/// Groups of records with import and custom views.
static RECORDS: Flags = Flags {
    needed: &[
        "view",
        "import",
        "edit",
        "create",
        "delete",
        "export",
        "manageOwnCustomViews",
        "shareOwnCustomViews",
        "editSharedCustomViews",
        "deleteSharedCustomViews",
        "reshareSharedCustomViews",
    ],
    optional: &[],
    firm: &[],
};

/// Groups of the four plain deeds.
static FOUR: Flags = Flags {
    needed: &["view", "edit", "create", "delete"],
    optional: &[],
    firm: &[],
};

/// Groups of actions, which have no import.
static ACTIONS: Flags = Flags {
    needed: &[
        "view",
        "edit",
        "create",
        "delete",
        "export",
        "manageOwnCustomViews",
        "shareOwnCustomViews",
        "editSharedCustomViews",
        "deleteSharedCustomViews",
        "reshareSharedCustomViews",
    ],
    optional: &[],
    firm: &[],
};

static COMMENTS: Flags = Flags {
    needed: &["edit", "delete"],
    optional: &["editOthers", "deleteOthers"],
    firm: &[],
};

static SOCIAL: Flags = Flags {
    needed: &[
        "view",
        "twitterPostCreate",
        "twitterPostDelete",
        "twitterConversationReply",
    ],
    optional: &["twitterPostShare"],
    firm: &[],
};

static COMMUNITY: Flags = Flags {
    needed: &["view", "edit", "create", "delete", "moderate"],
    optional: &["export"],
    firm: &[],
};

static AGENTS: Flags = Flags {
    needed: &[
        "overview",
        "import",
        "edit",
        "create",
        "delete",
        "viewAllFields",
    ],
    optional: &[],
    firm: &[],
};

/// Groups that are only seen or not.
static VIEW: Flags = Flags {
    needed: &["view"],
    optional: &[],
    firm: &[],
};

static RADAR: Flags = Flags {
    needed: &[
        "activities",
        "agentStats",
        "apiUsageAlerts",
        "auditLog",
        "averageHandlingTime",
        "channelTraffic",
        "contacts",
        "currentStats",
        "customerHappiness",
        "dailyToast",
        "dailyTrend",
        "dashboards",
        "exceptionHandling",
        "fcr",
        "feeds",
        "im",
        "kb",
        "liveTraffic",
        "manageRadar",
        "mostThreadedTickets",
        "quickView",
        "textContentProtection",
        "visualContentProtection",
    ],
    optional: &[],
    firm: &[],
};

static ARTICLES: Flags = Flags {
    needed: &[
        "view",
        "edit",
        "create",
        "delete",
        "import",
        "export",
        "admin",
        "manageKB",
        "editAllArticles",
    ],
    optional: &[
        "moderate",
        "manageOwnCustomViews",
        "shareOwnCustomViews",
        "editSharedCustomViews",
        "deleteSharedCustomViews",
        "reshareSharedCustomViews",
    ],
    firm: &[],
};

static SETUP: Flags = Flags {
    needed: &[
        "localization",
        "timeTracking",
        "massReply",
        "fetchAcrossDepartment",
        "globalReports",
        "exportPortalUsers",
        "layouts",
        "shareSnippet",
        "automation",
        "featureConfig",
        "customerHappiness",
        "department",
        "portal",
        "webForm",
        "rebranding",
        "email",
        "recycleBin",
        "tabsAndFields",
        "exportUsers",
        "pinnedConversations",
        "buttons",
        "teams",
        "im",
        "social",
        "templates",
        "sandbox",
        "securitySettings",
        "moveRecords",
        "permission",
        "signUpApproval",
        "community",
        "privacySettings",
        "importHistory",
        "manageAgents",
        "portalUsers",
        "gamification",
        "managerDashboard",
        "googleAnalytics",
        "webhooks",
        "chat",
        "telephony",
        "manageMarketplace",
        "massComment",
    ],
    optional: &[
        "maskContent",
        "unmaskMaskedContent",
        "viewMaskedContent",
        "redactContent",
        "exportReports",
        "ticketStatus",
        "subscription",
        "manageAgentRoom",
        "manageAgentChatRoom",
    ],
    firm: &[
        "maskContent",
        "unmaskMaskedContent",
        "viewMaskedContent",
        "redactContent",
        "moveRecords",
        "managerDashboard",
    ],
};

static FINANCE: Flags = Flags {
    needed: &[
        "createContact",
        "createEstimate",
        "createInvoice",
        "createSalesOrder",
        "sendEstimate",
        "sendInvoice",
        "sendSalesOrder",
        "viewEstimate",
        "viewInvoice",
        "viewSalesOrder",
        "viewSubscription",
    ],
    optional: &[],
    firm: &[],
};

static CUSTOM_VIEWS: Flags = Flags {
    needed: &[
        "manageOwnCustomViews",
        "shareOwnCustomViews",
        "editSharedCustomViews",
        "deleteSharedCustomViews",
        "reshareSharedCustomViews",
    ],
    optional: &[],
    firm: &[],
};

static DASHBOARD: Flags = Flags {
    needed: &["myView", "allView", "customize"],
    optional: &[],
    firm: &[],
};

static MODULES: Flags = Flags {
    needed: &[
        "view",
        "edit",
        "create",
        "delete",
        "export",
        "manageOwnCustomViews",
        "shareOwnCustomViews",
        "editSharedCustomViews",
        "deleteSharedCustomViews",
        "reshareSharedCustomViews",
    ],
    optional: &[],
    firm: &["view", "edit", "create", "delete", "export"],
};

/// The flags that a change of permissions leaves out although it must not.
///
/// The schema requires the flags of a group that is sent, and the source does not show whether they
/// may be left out. What the profile does not show nobody can know: only what it shows is asked for.
pub(super) fn left_out(shown: &Map<String, Value>, sent: &Map<String, Value>) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    for rule in &GROUPS {
        let groups = [sent, shown].map(|groups| groups.get(rule.name).and_then(Value::as_object));
        if let (Shape::Flags(flags), [Some(sent), Some(shown)]) = (rule.shape, groups) {
            for flag in flags.needed {
                if shown.contains_key(*flag) && !sent.contains_key(*flag) {
                    let pointer = format!("/permissions/{}/{flag}", rule.name);
                    faults.push(FieldFault::new(pointer, Problem::Missing));
                }
            }
        }
    }
    faults
}

/// The groups that profiles of a new organization show.
const SHOWN: [&str; 10] = [
    "tickets",
    "contacts",
    "accounts",
    "tasks",
    "comments",
    "reports",
    "agents",
    "timeEntry",
    "kbCategory",
    "setup",
];

/// What agents with the standard profile may not do.
const NOT_STANDARD: [&str; 4] = ["delete", "import", "export", "editAllArticles"];

/// The permissions of a system profile. Which flags a profile has is this simulator's own choice.
pub(in super::super) fn of_system_profile(kind: &str) -> Value {
    let mut permissions = Map::new();
    for rule in GROUPS.iter().filter(|rule| SHOWN.contains(&rule.name)) {
        let Shape::Flags(flags) = rule.shape else {
            continue;
        };
        let may = |flag: &str| match kind {
            "Administrator" => true,
            "Standard" => rule.name != "setup" && !NOT_STANDARD.contains(&flag),
            _ => rule.name != "setup" && flag == "view",
        };
        let group: Map<String, Value> = flags
            .needed
            .iter()
            .map(|flag| ((*flag).to_owned(), json!(may(flag))))
            .collect();
        permissions.insert(rule.name.to_owned(), Value::Object(group));
    }
    Value::Object(permissions)
}
