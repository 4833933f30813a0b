//! A desk of some 2,000 objects of every kind, written out by rule: always the same one.
//!
//! Parents are several wherever names count below one, and names come again below each of them. Objects
//! refer to each other across kinds. Beside them stand drawn ones, a few of each kind, which say what this
//! one does not: see `random::rest`.

#![expect(unreachable_pub, reason = "a module of a test binary")]

use std::collections::BTreeMap;

use deskform::simulator::Organization;
use deskform::yaml::source::Source;
use serde_json::{Map, Value, json};

/// Departments besides the default one.
pub const DEPARTMENTS: usize = 10;
/// How many accounts, contracts and products there are: three pages of each listing.
pub const ACCOUNTS: usize = 220;
pub const CONTRACTS: usize = 220;
pub const PRODUCTS: usize = 220;
/// How many contacts: seven pages.
pub const CONTACTS: usize = 640;
const AGENTS: usize = 60;
/// Departments that have teams, plans, skills and layouts of tickets: not all of them.
const WITH_TEAMS: usize = 9;
const WITH_PLANS: usize = 8;
const WITH_FOLDERS: usize = 7;
const WITH_ADDRESSES: usize = 10;
const WITH_SKILLS: usize = 6;
const WITH_LAYOUTS: usize = 6;
const WITH_TIMES: usize = 5;
const WITH_ROUTING: usize = 4;
/// Labels of a help center: three pages of their listing.
const LABELS: usize = 100;

/// Help centers, which no request makes. The first is the one that every organization has.
pub const HELP_CENTERS: [&str; 3] = ["Example Company", "Partners", "Developers"];
/// SLAs, which the published API does not make.
pub const SLAS: [&str; 2] = ["Gold", "Silver"];

/// The modules whose custom fields records here have values of.
const MODULES: [&str; 6] = [
    "tickets",
    "contacts",
    "accounts",
    "products",
    "contracts",
    "agents",
];

/// Resources by kind and handle.
#[derive(Default)]
struct Made(BTreeMap<&'static str, Map<String, Value>>);

impl Made {
    fn put(&mut self, kind: &'static str, handle: impl Into<String>, body: Value) {
        let before = self.0.entry(kind).or_default().insert(handle.into(), body);
        assert!(before.is_none(), "two {kind} have one handle");
    }

    /// One file a kind.
    fn files(self) -> Vec<Source> {
        let files = self.0.into_iter().map(|(kind, bodies)| {
            let text = serde_yaml::to_string(&json!({kind: bodies})).expect("YAML");
            Source::new(format!("whole/{kind}.yaml"), text.as_bytes())
        });
        files.collect()
    }
}

/// Makes what both organizations have before anything is applied: what no request makes.
pub fn given(organization: &mut Organization) {
    let centers = organization.objects("helpCenters");
    for name in &HELP_CENTERS[1..] {
        let mut center = centers[0].clone();
        center["name"] = json!(name);
        center["isDefault"] = json!(false);
        center.as_object_mut().expect("it").remove("id");
        organization.insert("helpCenters", center);
    }
    let hours = organization.objects("businessHours")[0]["id"].clone();
    for name in SLAS {
        if organization.find("slas", "name", name).is_none() {
            let sla = organization.insert("slas", json!({"name": name, "isActive": true}));
            // An SLA that nothing has is shown where business hours name it.
            let rule = json!({"businessHourId": hours, "ruleId": sla, "ruleName": name, "ruleType": "SLA"});
            organization.insert("relatedRules", rule);
        }
    }
    // What the server gives a new agent and a new account, the others have, too: an export says nothing of what
    // is not there, so that a new object over there would have more.
    for agent in organization.objects("agents") {
        let id = agent["id"].as_str().expect("an id");
        organization.change("agents", id, |agent| {
            for key in ["langCode", "countryCode"] {
                agent.entry(key).or_insert_with(|| json!("en_US"));
            }
        });
    }
    let acting = organization.acting_agent().to_owned();
    for account in organization.objects("accounts") {
        let id = account["id"].as_str().expect("an id");
        let layouts = organization.objects("layouts");
        let layout = layouts.iter().find(|one| one["module"] == "Accounts");
        let layout = layout.expect("the standard one")["id"].clone();
        organization.change("accounts", id, |account| {
            account.insert("ownerId".to_owned(), json!(acting));
            account.insert("layoutId".to_owned(), layout);
        });
    }
    // One person administers both.
    organization.change("agents", &acting, |agent| {
        agent.insert("emailId".to_owned(), json!("admin@example.com"));
    });
}

/// The same of the guide: one person administers both, with a role and a profile that nothing names there, so
/// that an export would name ids of one organization.
pub fn given_of_guide(organization: &mut Organization) {
    let acting = organization.acting_agent().to_owned();
    organization.change("agents", &acting, |agent| {
        agent.insert("email".to_owned(), json!("admin@example.com"));
        agent.remove("roleId");
        agent.remove("profileId");
    });
}

/// The manifests of what the guide has.
pub fn sources_of_guide() -> Vec<Source> {
    let mut made = Made::default();
    for n in 0..DEPARTMENTS {
        let body =
            json!({"description": format!("Department number {n}"), "isEnabled": n % 5 != 4});
        made.put("departments", department(n), body);
    }
    for n in 0..AGENTS {
        let body = json!({"firstName": format!("First {n}"), "lastName": format!("Last {n}"),
            "status": if is_off(n) { "DISABLED" } else { "ACTIVE" }});
        made.put("agents", agent(n), body);
    }
    for module in ["contacts", "accounts"] {
        for (name, mut body) in [
            ("words", json!({"type": "Text", "maxLength": 80})),
            ("sign", json!({"type": "Boolean", "defaultValue": "false"})),
            (
                "grade",
                json!({"type": "Picklist", "values": ["Gold", "Silver"], "isMandatory": false}),
            ),
        ] {
            body["module"] = json!(module);
            body["displayLabel"] = json!(format!("The {name} of {module}"));
            made.put("customFields", format!("{module}_{name}"), body);
        }
    }
    for (n, name) in SLAS.into_iter().enumerate() {
        let body = json!({"description": format!("{name} support"), "isDefault": n == 0,
            "responseTime": {"businessHours": n + 1}, "resolutionTime": {"calendarHours": 8 * (n + 1)}});
        made.put("slas", name, body);
    }
    for n in 0..8 {
        let body = json!({"url": format!("https://hooks.example.com/whole/{n}"),
            "subscriptions": {"Ticket_Add": {}, "Contact_Update": {}}});
        made.put("webhooks", format!("hook {n:02}"), body);
    }
    for n in 0..ACCOUNTS {
        let body = json!({"website": format!("https://a{n}.example.com"), "phone": format!("555-{n:04}"),
            "industry": one(&["Health", "Energy"], n), "cf": {"accounts_grade": one(&["Gold", "Silver"], n)}});
        made.put("accounts", account(n), body);
    }
    for n in 0..CONTACTS {
        let mut body = json!({"lastName": format!("Last {n}"), "firstName": format!("First {n}")});
        if n % 2 == 0 {
            body["account"] = json!(account(n));
            body["cf"] = json!({"contacts_words": format!("über {n}")});
        }
        made.put("contacts", contact(n), body);
    }
    made.files()
}

/// The manifests, one a kind.
pub fn sources() -> Vec<Source> {
    let mut made = Made::default();
    people(&mut made);
    fields(&mut made);
    layouts(&mut made);
    automation(&mut made);
    hours(&mut made);
    customers(&mut made);
    templates(&mut made);
    help_centers(&mut made);
    made.files()
}

fn department(n: usize) -> String {
    format!("Department {}", n % DEPARTMENTS + 1)
}

fn agent(n: usize) -> String {
    format!("worker{}@example.com", n % AGENTS)
}

/// The departments that an agent belongs to.
fn of_agent(n: usize) -> [usize; 2] {
    [n % DEPARTMENTS, (n + 3) % DEPARTMENTS]
}

/// Some agents of a department, of those who are in use.
fn members(at: usize, few: usize) -> Vec<String> {
    let all = (0..AGENTS).filter(|n| of_agent(*n).contains(&at) && !is_off(*n));
    all.take(few).map(agent).collect()
}

fn is_off(n: usize) -> bool {
    n % 20 == 19
}

/// One of some words.
fn one<'w>(words: &[&'w str], n: usize) -> &'w str {
    words[n % words.len()]
}

fn account(n: usize) -> String {
    format!("Account {:03}", n % ACCOUNTS)
}

fn product(n: usize) -> String {
    format!("Product {:03}", n % PRODUCTS)
}

fn contact(n: usize) -> String {
    format!("caller{:03}@example.com", n % CONTACTS)
}

fn plan(at: usize, n: usize) -> String {
    format!("{}/Plan {}", department(at), n % 2 + 1)
}

fn team(at: usize, name: &str) -> String {
    format!("{}/{name}", department(at))
}

/// Where the handle says more than the name.
fn ticket_layout(at: usize) -> String {
    format!("tickets/{}", department(at))
}

fn people(made: &mut Made) {
    for n in 0..DEPARTMENTS {
        let body = json!({"description": format!("Department number {n}"),
            "nameInCustomerPortal": format!("Portal {n}"), "isVisibleInCustomerPortal": n % 2 == 0,
            // The last one is out of use; nothing lies below it but its address.
            "isEnabled": n + 1 != DEPARTMENTS});
        made.put("departments", department(n), body);
    }
    for n in 0..10 {
        let above = match n {
            0..3 => json!({"lookup": "CEO"}),
            n => json!(format!("Role {}", n / 3 - 1)),
        };
        let body = json!({"description": format!("Role number {n}"), "reportsTo": above,
            "shareDataWithPeers": n % 2 == 0});
        made.put("roles", format!("Role {n}"), body);
    }
    for n in 0..6 {
        let original = one(&["Agent", "Light Agent"], n);
        let body = json!({"description": format!("Profile number {n}"), "cloneOf": {"lookup": original},
            "permissions": {"tickets": {"delete": n % 2 == 0, "export": n % 3 == 0},
                "reports": {"export": n % 2 == 1}}});
        made.put("profiles", format!("Profile {n}"), body);
    }
    for n in 0..AGENTS {
        let departments = of_agent(n).map(department);
        let mut body = json!({"firstName": format!("First {n}"), "lastName": format!("Last {n}"),
            "departments": departments, "phone": format!("555-{n:04}"), "aboutInfo": "Knows much",
            "rolePermissionType": one(&["Custom", "AgentPublic", "AgentPersonal"], n)});
        if n % 3 == 0 {
            body["role"] = json!(format!("Role {}", n % 10));
            body["profile"] = json!(format!("Profile {}", n % 6));
        }
        if n % 4 == 0 {
            body["chatDepartments"] = json!([department(n)]);
            body["channelExpert"] = json!(["Email", "Phone"]);
            body["cf"] = json!({"agents_words": format!("Desk {n}")});
        }
        if is_off(n) {
            body["status"] = json!("DISABLED");
        }
        made.put("agents", agent(n), body);
    }
    for at in 0..WITH_TEAMS {
        let first = json!({"name": "Tier 1", "department": department(at), "description": "Answers first",
            "agents": members(at, 4)});
        made.put("teams", team(at, "Tier 1"), first);
        let second = json!({"name": "Tier 2", "department": department(at), "agents": members(at, 2),
            "roles": ["Role 1"]});
        made.put("teams", team(at, "Tier 2"), second);
        let all = json!({"name": "Everybody", "department": department(at),
            "rolesWithSubordinates": ["Role 0", "Role 2"], "subTeams": [team(at, "Tier 1"), team(at, "Tier 2")]});
        made.put("teams", team(at, "Everybody"), all);
    }
    for n in 0..3 {
        let body = json!({"pluralLabel": format!("Devices {n}"), "description": "What customers rent",
            "isDeptSpecific": n % 2 == 0, "departments": [department(n), department(n + 1)],
            "profiles": [format!("Profile {n}"), {"lookup": "Agent"}]});
        made.put("customModules", format!("Device {n}"), body);
    }
}

fn fields(made: &mut Made) {
    for module in MODULES {
        for (name, of_type) in [
            ("words", json!({"type": "Text", "maxLength": 80})),
            ("number", json!({"type": "Number", "maxLength": 5})),
            ("sign", json!({"type": "Boolean", "defaultValue": "false"})),
            (
                "day",
                json!({"type": "Date", "toolTip": "A day of the year"}),
            ),
        ] {
            let mut body = of_type;
            body["module"] = json!(module);
            body["displayLabel"] = json!(format!("The {name} of {module}"));
            if name == "day" && module != "agents" {
                body["access"] = json!({"Profile 1": "read", "Light Agent": "hidden"});
            }
            made.put("customFields", format!("{module}_{name}"), body);
        }
    }
    for (module, name, label) in [
        ("tickets", "area", "Area"),
        ("tickets", "line", "Product Line"),
        ("contacts", "grade", "Grade"),
        ("accounts", "grade", "Grade"),
    ] {
        let body = json!({"module": module, "displayLabel": label, "type": "Picklist"});
        made.put("customFields", format!("{module}_{name}"), body);
    }
    for (module, field) in [
        ("tickets", "subject"),
        ("tickets", "dueDate"),
        ("tickets", "description"),
        ("contacts", "firstName"),
        ("contacts", "phone"),
        ("accounts", "website"),
        ("accounts", "industry"),
    ] {
        let body = json!({"module": module, "field": field,
            "access": {"Profile 0": "read", "Profile 2": "hidden", "Profile 3": "edit"}});
        made.put("fieldAccess", format!("{module}/{field}"), body);
    }
}

fn layouts(made: &mut Made) {
    for at in 0..WITH_LAYOUTS {
        // One of them has no default, where a new layout would have the first choice.
        let body = json!({"module": "tickets", "department": department(at), "layoutName": department(at),
            "layoutDesc": format!("For tickets of {}", department(at)),
            "profiles": [format!("Profile {}", at % 6), {"lookup": "Agent"}],
            "sections": {
                "Ticket Information": {"fields": {
                    "status": {"values": ["Open", "Waiting", "Escalated", "Closed"], "defaultValue": "Open"},
                    "tickets_area": {"values": ["Hardware", "Software"], "isMandatory": at % 2 == 0,
                        "defaultValue": if at == 1 { Value::Null } else { json!("Hardware") }},
                    "tickets_line": {"values": ["Routers", "Phones", "Portal"], "defaultValue": "Routers"}}},
                "More": {"fields": {"tickets_words": {}, "description": {}}}}});
        made.put("layouts", ticket_layout(at), body);
        let body = json!({"layout": ticket_layout(at), "parent": "tickets_area", "child": "tickets_line",
            "mappings": {"Hardware": ["Routers", "Phones"], "Software": ["Portal"]}});
        made.put(
            "dependencyMappings",
            format!("areas of {}", department(at)),
            body,
        );
        for (n, area) in ["Hardware", "Software"].into_iter().enumerate() {
            let body = json!({"name": area, "layout": ticket_layout(at), "fieldName": "tickets_area",
                "description": format!("What {area} shows"), "executeInHelpCentre": n == 0,
                "fieldConditions": {"1": {"name": area, "pattern": "1",
                    "conditions": {"1": {"fieldName": "tickets_area", "condition": "is", "value": [area]}},
                    "actions": {"showFields": ["tickets_line"], "setMandatoryFields": ["tickets_line"]}}}});
            made.put("layoutRules", format!("{area} in {}", department(at)), body);
        }
        for (n, field) in ["status", "tickets_area"].into_iter().enumerate() {
            let body = json!({"layout": ticket_layout(at), "fieldName": field,
                "status": one(&["active", "deactive"], n),
                "fieldConditions": {"1": {"name": "No area", "pattern": "(1and2)", "conditions": {
                    "1": {"fieldName": "status", "condition": "is", "value": ["Closed"]},
                    "2": {"fieldName": "tickets_area", "condition": "is", "value": ["$${EMPTY}"]}},
                    "actions": {"alert": "Say which area it was"}}}});
            made.put(
                "validationRules",
                format!("{field} in {}", department(at)),
                body,
            );
        }
    }
    for (n, module) in [
        "contacts",
        "accounts",
        "products",
        "contracts",
        "tasks",
        "calls",
        "events",
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = json!({"module": module, "department": department(n), "layoutName": "Special",
            "layoutDisplayName": format!("Special {module}")});
        let field = match module {
            "contacts" | "accounts" => format!("{module}_grade"),
            "products" | "contracts" => format!("{module}_words"),
            _ => String::new(),
        };
        if !field.is_empty() {
            let values = if field.ends_with("grade") {
                json!({"values": ["Gold", "Silver", "Bronze"]})
            } else {
                json!({})
            };
            body["sections"] = json!({"More": {"fields": {field: values}}});
        }
        made.put("layouts", format!("{module}/Special"), body);
    }
}

fn automation(made: &mut Made) {
    for at in 0..WITH_SKILLS {
        for name in ["Languages", "Tools"] {
            let kind = format!("{}/{name}", department(at));
            made.put(
                "skillTypes",
                &*kind,
                json!({"name": name, "department": department(at)}),
            );
            for n in 0..4 {
                let body = json!({"name": format!("Skill {n}"), "skillType": &kind,
                    "description": "What an agent is good at", "agents": members(at, n + 1),
                    "status": one(&["ACTIVE", "INACTIVE"], n / 3),
                    "criteria": {"pattern": "1or2", "fieldConditions": {
                        "1": {"fieldModule": "tickets", "fieldName": "Subject", "condition": "contains",
                            "value": [format!("word {n}")]},
                        "2": {"fieldModule": "contacts", "fieldName": "Email", "condition": "ends with",
                            "value": [".es"]}}}});
                made.put("skills", format!("{kind}/Skill {n}"), body);
            }
        }
    }
    // Not in the order in which they are made.
    let order = |at: usize| {
        let kinds = ["Tools", "Languages"].map(|name| format!("{}/{name}", department(at)));
        json!([
            format!("{}/Skill 2", kinds[0]),
            format!("{}/Skill 0", kinds[1])
        ])
    };
    made.put(
        "skills",
        "$order",
        json!({(department(0)): order(0), (department(2)): order(2)}),
    );
    for n in 0..12 {
        let mut target = json!({"toDepartment": department(n % 9), "criteria": {"pattern": "1",
            "fieldConditions": {"1": {"fieldModule": "tickets", "fieldName": "Subject",
                "condition": "contains", "value": [format!("word {n}"), "refund"]}}}});
        if n % 2 == 0 {
            target["fromDepartment"] = json!(department(n % 9 + 1));
        }
        let body = json!({"description": format!("Rule number {n}"),
            "executeOptions": if n % 3 == 0 { json!(["CREATE", "EDIT"]) } else { json!(["CREATE"]) },
            "targets": {"1": target, "2": {"toDepartment": department(n % 7)}},
            "status": one(&["ACTIVE", "ACTIVE", "INACTIVE"], n)});
        made.put("directAssignmentRules", format!("Rule {n:02}"), body);
    }
    for at in 0..WITH_ROUTING {
        let body = json!({"assignBacklog": at % 2 == 0, "backLogLimit": at + 5,
            "assignBacklogsBy": one(&["DUEDATE", "CREATEDTIME"], at)});
        made.put("routingPreferences", department(at), body);
    }
    for at in 0..WITH_TIMES {
        let mut body = json!({"isTimeTracking": true, "isBillable": at % 2 == 0,
            "billingType": "FIXED_COST_FOR_AGENTS", "fixedCost": format!("{at}.50")});
        if at % 2 == 1 {
            body["billingType"] = json!("SPECIFIC_COST_PER_AGENT");
            body["agents"] =
                json!({(agent(at)): {"cost": "20"}, (agent(at + 1)): {"cost": "12.50"}});
            body["profiles"] = json!({"Profile 1": {"cost": "7"}});
        }
        made.put("timeTracking", department(at), body);
    }
    for n in 0..12 {
        // An Enterprise organization has ten webhooks in use.
        let body = json!({"url": format!("https://hooks.example.com/whole/{n}"), "isEnabled": n % 2 == 0,
            "subscriptions": {
            "Ticket_Add": {"departments": [department(n)]}, "Ticket_Update": {"fields": ["status"]},
            "Contact_Update": {}}});
        made.put("webhooks", format!("hook {n:02}"), body);
    }
}

fn hours(made: &mut Made) {
    for n in 0..8 {
        let mut body = json!({"holidays": {"New Year": {"from": "01-01", "to": "01-01"},
            "Bank Holiday": {"from": format!("05-{:02}", n + 1), "to": format!("05-{:02}", n + 2)},
            "Another": {"holidayName": "Bank Holiday", "from": "12-26", "to": "12-26"}}});
        if n % 4 == 3 {
            body["holidayListType"] = json!("YEAR_SPECIFIC");
            body["year"] = json!(2027 + n);
        }
        if n == 7 {
            body["status"] = json!("INACTIVE");
        }
        made.put("holidayLists", format!("Holidays {n}"), body);
    }
    for n in 0..8 {
        let body = json!({"timeZone": one(&["Europe/Berlin", "America/New_York", "Asia/Tokyo"], n),
            "businessTimes": {"MONDAY": {"startTime": "09:00", "endTime": "17:30"},
                "WEDNESDAY": {"timeSlots": {"08:00": {"endTime": "12:00"}, "13:00": {"endTime": "16:30"}},
                    "startTime": "08:00", "endTime": "16:30"},
                "FRIDAY": {"startTime": "09:00", "endTime": format!("15:{:02}", n)}},
            "holidayLists": [format!("Holidays {n}")]});
        made.put("businessHours", format!("Hours {n}"), body);
    }
}

fn customers(made: &mut Made) {
    for at in 0..WITH_PLANS {
        for n in 0..2 {
            let mut body = json!({"name": format!("Plan {}", n + 1), "department": department(at),
                "sla": {"lookup": one(&SLAS, at + n)}, "supportType": "UNLIMITED_SUPPORT"});
            if n == 1 {
                body["supportType"] = json!("HOURS");
                body["creditDetails"] = json!({"creditCycle": "MONTHLY", "creditLimit": "40",
                    "isAdditionalUsageAllowed": true, "isCarryForwardAllowed": at % 2 == 0});
            }
            made.put("supportPlans", plan(at, n), body);
        }
    }
    for n in 0..ACCOUNTS {
        let mut body = json!({"website": format!("https://a{n}.example.com"), "phone": format!("555-{n:04}"),
            "industry": one(&["Health", "Energy"], n), "owner": agent(n % 19)});
        match n % 4 {
            0 => body["description"] = json!(format!("Account number {n}\nwith two lines")),
            1 => {
                body["slas"] = json!([{"lookup": one(&SLAS, n / 4)}]);
                body["cf"] = json!({"accounts_words": format!("AC-{n}"), "accounts_sign": "true"});
            }
            2 => {
                body["layout"] = json!("accounts/Special");
                body["cf"] = json!({"accounts_grade": "Gold", "accounts_number": "17"});
            }
            _ => {
                body["city"] = json!("Berlin");
                body["country"] = json!("Germany");
            }
        }
        made.put("accounts", account(n), body);
    }
    for n in 0..CONTACTS {
        let mut body = json!({"lastName": format!("Last {n}"), "firstName": format!("First {n}")});
        match n % 5 {
            0 => body["account"] = json!(account(n)),
            1 => {
                body["owner"] = json!(agent(n % 19));
                body["description"] = json!(format!("Contact number {n}"));
            }
            2 => {
                body["layout"] = json!("contacts/Special");
                body["cf"] = json!({"contacts_grade": one(&["Gold", "Silver"], n), "contacts_day": "2027-06-30"});
            }
            3 => {
                body["account"] = json!(account(n / 3));
                body["phone"] = json!(format!("555-{n:04}"));
                body["cf"] = json!({"contacts_words": format!("über {n}")});
            }
            _ => {
                body["title"] = json!("Head of Operations");
                body["city"] = json!("Zürich");
            }
        }
        made.put("contacts", contact(n), body);
    }
    for n in 0..PRODUCTS {
        let mut body = json!({"departments": [department(n % 9), department((n + 4) % 9)],
            "productCode": format!("P-{n}"), "unitPrice": format!("{n}.90")});
        if n % 3 == 0 {
            body["owner"] = json!(agent(n % 19));
            body["description"] = json!(format!("Product number {n}"));
            body["cf"] = json!({"products_words": format!("{n} years")});
        }
        if n % 4 == 1 {
            body["layout"] = json!("products/Special");
        }
        made.put("products", product(n), body);
    }
    for n in 0..CONTRACTS {
        let at = n % WITH_PLANS;
        let mut body = json!({"account": account(n / 2), "contractName": format!("Care {}", n % 2 + 1),
            "department": department(at), "owner": agent(n % 19), "supportPlan": plan(at, n / 8),
            "startDate": "2027-01-01", "endDate": format!("2027-12-{:02}", n % 28 + 1)});
        if n % 3 == 0 {
            body["contractNumber"] = json!(format!("C-{n}"));
            body["product"] = json!(product(n));
            body["notifyBefore"] = json!(30);
            body["notificationAgents"] = json!([agent(n % 19), agent((n + 1) % 19)]);
        }
        if n % 4 == 0 {
            body["cf"] = json!({"contracts_words": format!("Clause {n}")});
        }
        made.put(
            "contracts",
            format!("{}/{}", account(n / 2), n % 2 + 1),
            body,
        );
    }
}

fn templates(made: &mut Made) {
    for at in 0..WITH_FOLDERS {
        for (n, name) in ["Answers", "Questions"].into_iter().enumerate() {
            let folder = format!("{}/{name}", department(at));
            let access = if n == 0 {
                json!({"type": "allAgents"})
            } else {
                json!({"type": "restrictedAccess", "teams": [team(at, "Tier 1")], "roles": ["Role 1"],
                    "agents": members(at, 1)})
            };
            let body = json!({"folderName": name, "department": department(at),
                "folderDesc": format!("{name} of {}", department(at)), "access": access});
            made.put("templateFolders", &*folder, body);
            for m in 0..2 {
                let mut body = json!({"templateName": format!("{name} {m}"), "department": department(at),
                    "folder": &folder, "recordType": one(&["tickets", "contacts"], m),
                    "subject": "We have your request ${Tickets.Ticket Id}",
                    "body": "<p>Dear <b>customer</b>,</p><p>thank you &amp; good bye</p>",
                    "from": "support@example.com"});
                if m == 1 {
                    body["subject"] = json!("Hello");
                    body["contentType"] = json!("plaintext");
                    body["body"] = json!("Dear customer,\nthank you.");
                    body["replyTo"] = json!("answers@example.com");
                }
                made.put("emailTemplates", format!("{folder}/{m}"), body);
            }
        }
    }
    for at in 0..WITH_LAYOUTS {
        for n in 0..3 {
            let body = json!({"ticketTemplateName": format!("Ticket {n}"), "layout": ticket_layout(at),
                "showInCustomerPortal": n % 2 == 0, "ticketTemplateValues": {
                    "subject": format!("Broken router {n}"), "department": department(at),
                    "description": "<p>It <b>blinks</b></p>", "contact": contact(at * 5), "account": account(at * 5),
                    "product": product(at), "team": team(at, "Tier 1"), "assignee": agent(at),
                    "priority": "High", "secondaryContacts": [contact(n), contact(n + 1)],
                    "cf": {"tickets_words": format!("Said {n}"), "tickets_area": "Hardware"}}});
            made.put(
                "ticketTemplates",
                format!("{}/Ticket {n}", department(at)),
                body,
            );
        }
    }
    for at in 0..WITH_ADDRESSES {
        let address = |word: &str| format!("{word}{at}@example.com");
        let body = json!({"department": department(at), "displayName": format!("Support {at}"),
            "isVerified": false, "isDepartmentDefault": at % 2 == 0});
        made.put("mailReplyAddresses", address("support"), body);
        let body = json!({"department": department(at), "displayName": format!("Sales {at}"),
            "isVerified": false});
        made.put("mailReplyAddresses", address("sales"), body);
    }
}

fn help_centers(made: &mut Made) {
    for (at, center) in HELP_CENTERS.into_iter().enumerate() {
        for n in 0..if at == 0 { LABELS } else { 12 } {
            let mut body = json!({"name": format!("Label {n:03}"), "helpCenter": center});
            if n % 2 == 0 {
                body["preferences"] = json!({"bgColor": format!("#1a2b{n:02}"), "textColor": "#fff",
                    "shape": one(&["ROUNDED", "RECTANGLE"], n / 2)});
            }
            made.put("labels", format!("{center}/Label {n:03}"), body);
        }
        for n in 0..10 {
            let body = json!({"name": format!("Group {n}"), "helpCenter": center,
                "description": format!("Group number {n}")});
            made.put("helpCenterGroups", format!("{center}/Group {n}"), body);
        }
        for n in 0..2 {
            let root = format!("{center}/Guides {n}");
            let name = format!("Guides {n}");
            let mut body = json!({"name": &name, "helpCenter": center, "description": "How it works",
                "primaryDepartment": department(n), "status": "SHOW_IN_HELPCENTER", "visibility": "ALL_USERS",
                "translations": {"en": {"name": &name, "description": "How it works"}}, "logo": {"id": "12"}});
            if n == 1 {
                body["visibility"] = json!("GROUP_USERS");
                body["groups"] = json!([format!("{center}/Group 1")]);
            }
            made.put("kbRootCategories", &*root, body);
            for m in 0..3 {
                let section = format!("{root}/Section {m}");
                let body = json!({"name": format!("Section {m}"), "parent": &root, "description": "Steps",
                    "translations": {"en": {"name": format!("Section {m}")}}});
                made.put("kbSections", &*section, body);
                let body = json!({"name": "Deeper", "parent": &section, "visibility": "GROUP_USERS",
                    "groups": [format!("{center}/Group 2")],
                    "translations": {"en": {"name": "Deeper"}}});
                made.put("kbSections", format!("{section}/Deeper"), body);
            }
        }
    }
}
