//! The smallest resource of each kind, for tests that go through the registry.

use deskform::dialect::Dialect;
use deskform::kind::{Field, Kind, scopes};
use deskform::simulator::Organization;
use serde_json::json;

/// What names of a kind count below, where that is another resource: the field, the collection, and which
/// one it is here.
pub fn parent(kind: &Kind) -> Option<(&'static str, &'static str, &'static str)> {
    let target = |scope: &Field| Some((scope.name, scope.shape.target()?.collection));
    let (field, collection) = scopes(kind).find_map(target)?;
    let handle = match collection {
        "departments" => "Home",
        "skillTypes" => "Talents",
        "accounts" => "Buyer",
        // No request makes one: it is the one that every organization has.
        "helpCenters" => "Example Company",
        "kbRootCategories" => "Guides",
        "layouts" => "Front",
        other => panic!("say which of the {other} it is"),
    };
    Some((field, collection, handle))
}

/// The organization in which they are made.
pub const ORGANIZATION: &str = "700001";

/// The address that a webhook calls.
pub fn url(stem: &str) -> String {
    format!("https://hooks.example.com/{stem}")
}

/// The fields that a resource of a kind needs, whatever it is called; `stem` is its own alone.
pub fn needed(kind: &Kind, dialect: Dialect, stem: &str) -> String {
    match kind.collection {
        "customFields" => "module: contacts, type: Text, maxLength: 40".to_owned(),
        "agents" if dialect == Dialect::Guide => "lastName: Doe".to_owned(),
        "agents" => "lastName: Doe, rolePermissionType: Light, departments: [Home]".to_owned(),
        "contacts" => "lastName: Doe".to_owned(),
        "webhooks" => format!("url: {}, subscriptions: {{Ticket_Add: {{}}}}", url(stem)),
        "roles" => "shareDataWithPeers: true".to_owned(),
        "holidayLists" => r#"holidays: {New Year: {from: "01-01", to: "01-01"}}"#.to_owned(),
        "businessHours" => {
            "timeZone: Europe/Berlin, businessTimes: {MONDAY: {startTime: \"09:00\"}}".to_owned()
        }
        "teams" | "skillTypes" => "department: Home".to_owned(),
        "skills" => "skillType: Talents, criteria: {pattern: \"1\", fieldConditions: {1: {fieldModule: tickets, \
             fieldName: Subject, condition: contains, value: [hola]}}}"
            .to_owned(),
        "directAssignmentRules" => {
            "executeOptions: [CREATE], targets: {1: {toDepartment: Home}}".to_owned()
        }
        "labels" | "helpCenterGroups" => "helpCenter: Example Company".to_owned(),
        "mailReplyAddresses" => "department: Home, displayName: Some, isVerified: false".to_owned(),
        "timeTracking" => "department: Home, isTimeTracking: true".to_owned(),
        "kbSections" => "parent: Guides, translations: {en: {name: Some}}".to_owned(),
        "kbRootCategories" => {
            "helpCenter: Example Company, description: Some, primaryDepartment: {lookup: Example Company}, \
             status: SHOW_IN_HELPCENTER, visibility: AGENTS, \
             translations: {en: {name: Some, description: Some}}, logo: {id: \"12\"}"
                .to_owned()
        }
        "supportPlans" => {
            "department: Home, sla: {lookup: Gold}, supportType: UNLIMITED_SUPPORT".to_owned()
        }
        "templateFolders" => "department: Home, access: {type: allAgents}".to_owned(),
        "emailTemplates" => "department: Home, folder: Letters, recordType: tickets, subject: Hello, \
             from: info@example.com"
            .to_owned(),
        "ticketTemplates" => "layout: Front, ticketTemplateValues: {subject: Hello}".to_owned(),
        "customModules" => "pluralLabel: Records".to_owned(),
        "sharingRules" => "tickets: private".to_owned(),
        "agentAvailability" => "agentIdleTime: 20".to_owned(),
        "communityPreferences" => "landingPage: RECENTPOST".to_owned(),
        "routingPreferences" => "department: Home, assignBacklog: true".to_owned(),
        "layouts" => "module: contacts, department: Home".to_owned(),
        // What is told apart by two pick lists is not drawn by a name.
        "dependencyMappings" => "layout: Front, parent: status, child: choice, mappings: \
             {Open: [New]}"
            .to_owned(),
        "layoutRules" => "layout: Front, fieldName: status, fieldConditions: {1: {name: Some, \
             pattern: \"1\", conditions: {1: {fieldName: choice, condition: is, value: [x]}}, actions: \
             {showFields: [choice]}}}"
            .to_owned(),
        "validationRules" => "layout: Front, fieldName: choice, fieldConditions: {1: {name: Some, \
             pattern: \"1\", conditions: {1: {fieldName: choice, condition: is, value: [x]}}, actions: \
             {alert: Nothing}}}"
            .to_owned(),
        "ruleGroups" => "engine: MACRO, module: tickets".to_owned(),
        "products" => "departments: [Home]".to_owned(),
        "contracts" => format!(
            "account: Buyer, department: Home, owner: {{lookup: admin@{ORGANIZATION}.example.com}}, \
             supportPlan: Standard, startDate: 2027-01-01"
        ),
        "checks" => "viewsExist: {module: tickets, names: [Mine]}".to_owned(),
        "departments" | "accounts" | "slas" | "profiles" => String::new(),
        other => panic!("say what {other} need"),
    }
}

/// What has to be declared beside resources of a kind.
pub fn beside(kind: &Kind) -> &'static str {
    match parent(kind) {
        _ if kind.collection == "emailTemplates" => {
            "departments: {Home: {}}\ntemplateFolders: {Letters: {department: Home, access: {type: \
             allAgents}}}\n"
        }
        Some((_, "skillTypes", _)) => {
            "departments: {Home: {}}\nskillTypes: {Talents: {department: Home}}\n"
        }
        Some((_, "accounts", _)) => {
            "departments: {Home: {}}\naccounts: {Buyer: {}}\nsupportPlans: {Standard: {department: Home, \
             sla: {lookup: Gold}, supportType: UNLIMITED_SUPPORT}}\n"
        }
        Some((_, "layouts", _)) => {
            "departments: {Home: {}}\ncustomFields: {choice: {module: tickets, displayLabel: Choice, type: \
             Picklist}}\nlayouts: {Front: {module: tickets, department: Home}}\n"
        }
        Some((_, "helpCenters", _)) => "",
        Some((_, "kbRootCategories", _)) => {
            "kbRootCategories: {Guides: {helpCenter: Example Company, description: Some, primaryDepartment: \
             {lookup: Example Company}, status: SHOW_IN_HELPCENTER, visibility: AGENTS, \
             translations: {en: {name: Guides, description: Some}}, logo: {id: \"12\"}}}\n"
        }
        Some(_) => "departments: {Home: {}}\n",
        None if matches!(
            kind.collection,
            "agents" | "products" | "directAssignmentRules"
        ) =>
        {
            "departments: {Home: {}}\n"
        }
        None => "",
    }
}

/// Whether a kind, or what has to be declared beside it, looks up an SLA of the name `Gold`.
pub fn looks_up_sla(kind: &Kind) -> bool {
    kind.collection == "supportPlans" || beside(kind).contains("lookup: Gold")
}

/// Makes what no request makes.
pub fn insert_by_hand(organization: &mut Organization, kind: &Kind, name: &str) {
    match kind.collection {
        "slas" => insert_sla(organization, name),
        "ruleGroups" => {
            let group = json!({"name": name, "engine": {"id": "3", "systemName": "MACRO"},
                "module": {"id": "4", "apiName": "tickets"}, "departmentProperties": [],
                "events": [], "rules": []});
            organization.insert("ruleGroups", group);
        }
        other => panic!("say how a person makes one of the {other}"),
    }
}

/// Makes an SLA, which is read where business hours name it.
pub fn insert_sla(organization: &mut Organization, name: &str) {
    let id = organization.insert("slas", json!({"name": name, "isActive": true}));
    let hours = organization.objects("businessHours")[0]["id"].clone();
    let rule = json!({"businessHourId": hours, "ruleId": id, "ruleName": name, "ruleType": "SLA"});
    organization.insert("relatedRules", rule);
}
