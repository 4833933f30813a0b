//! What reading a whole desk costs: the calls of each row of the table of kinds, by a formula over the
//! objects that are there.
//!
//! D, L and M are the departments, layouts and modules below which something of the kind lies for a plan,
//! and all there are for an export.

#![expect(unreachable_pub, reason = "a module of a test binary")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::common::{Desk, Logged};

/// Calls by what is asked: the path with ids left out, and by what the query picks.
pub type Calls = BTreeMap<String, usize>;

/// What of a query picks; pages and fields do not.
const PICKS: [&str; 7] = [
    "module",
    "departmentId",
    "layoutId",
    "helpCenterId",
    "helpcenterId",
    "depId",
    "feature",
];

/// Counts the calls of a log, all of which have to be reads that went well.
pub fn counted(log: &[Logged]) -> Calls {
    let mut calls = Calls::new();
    for request in log {
        assert!(
            request.method == "GET" && request.status.is_some_and(|status| status < 300),
            "{} {}: {:?}",
            request.method,
            request.target,
            request.status
        );
        *calls.entry(call(&request.target)).or_default() += 1;
    }
    calls
}

fn call(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path: Vec<&str> = path.split('/').map(without_id).collect();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let picks = pairs.filter(|(name, _)| PICKS.contains(name));
    let picks: Vec<String> = picks
        .map(|(name, value)| format!("{name}={}", without_id(value)))
        .collect();
    if picks.is_empty() {
        path.join("/")
    } else {
        format!("{}?{}", path.join("/"), picks.join("&"))
    }
}

fn without_id(part: &str) -> &str {
    let is_id = part.len() > 9 && part.bytes().all(|byte| byte.is_ascii_digit());
    if is_id { "ID" } else { part }
}

/// The pages that so many objects fill: each but the first one begins with the last object of the one before
/// it, and a full one may not be the last.
pub fn pages(objects: usize, limit: usize) -> usize {
    if objects < limit {
        1
    } else {
        1 + (objects - limit + 1).div_ceil(limit - 1)
    }
}

/// What is read, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All there is.
    Export,
    /// What the manifests of an export declare; nobody has counted the customers' records before.
    Plan,
    /// The same, with the lengths of the listings as they were the last time.
    PlanAgain,
}

/// Modules whose fields can be listed, and those whose layouts can.
const OF_FIELDS: [&str; 9] = [
    "tickets",
    "contacts",
    "accounts",
    "tasks",
    "calls",
    "events",
    "contracts",
    "products",
    "agents",
];
const OF_LAYOUTS: [&str; 9] = [
    "tickets",
    "contacts",
    "accounts",
    "tasks",
    "calls",
    "events",
    "timeEntry",
    "products",
    "contracts",
];

/// What is counted of the automation of a department.
const FEATURES: [&str; 6] = [
    "workflows",
    "blueprints",
    "automationAlerts",
    "fieldUpdates",
    "automationTasks",
    "customFunctions",
];

/// The objects that are there.
pub struct There<'d>(pub &'d Desk);

impl There<'_> {
    fn count(&self, collection: &str) -> usize {
        self.0.objects(collection).len()
    }

    fn count_of(&self, collection: &str, is_it: impl Fn(&Value) -> bool) -> usize {
        self.0
            .objects(collection)
            .iter()
            .filter(|one| is_it(one))
            .count()
    }

    /// How many objects lie below each of the others, by ids.
    fn below(&self, collection: &str, pointer: &str) -> BTreeMap<String, usize> {
        let mut parents = BTreeMap::new();
        for object in self.0.objects(collection) {
            let parent = object
                .pointer(pointer)
                .and_then(Value::as_str)
                .expect("a parent");
            *parents.entry(parent.to_owned()).or_default() += 1;
        }
        parents
    }

    /// The departments that a row asks about.
    fn departments(&self, reading: Reading, collection: &str, pointer: &str) -> usize {
        match reading {
            Reading::Export => self.count("departments"),
            Reading::Plan | Reading::PlanAgain => self.below(collection, pointer).len(),
        }
    }

    /// The calls of a reading in the dialect of the guide: listings alone, since their items are whole.
    pub fn calls_of_guide(&self, reading: Reading) -> Calls {
        let mut calls = Calls::new();
        for collection in ["departments", "agents", "accounts"] {
            calls.insert(format!("/{collection}"), pages(self.count(collection), 100));
        }
        // Accounts cannot be searched, so that nobody asks whether a search would cost less.
        let probe = usize::from(reading == Reading::Plan);
        calls.insert(
            "/contacts".to_owned(),
            pages(self.count("contacts"), 100) + probe,
        );
        calls.insert("/sla".to_owned(), pages(self.count("slas"), 100));
        // One for each event that a webhook subscribes to.
        calls.insert("/events".to_owned(), pages(self.count("events"), 100));
        let mut modules = self.modules_of_custom_fields();
        if reading == Reading::Export {
            modules.extend(OF_FIELDS[..8].iter().map(|module| (*module).to_owned()));
        }
        for module in modules {
            calls.insert(format!("/organizationFields?module={module}"), 1);
        }
        calls
    }

    fn modules_of_custom_fields(&self) -> BTreeSet<String> {
        let fields = self.0.objects("fields").into_iter();
        let custom = fields.filter(|field| field["isCustomField"] == true);
        custom
            .filter_map(|field| Some(field["module"].as_str()?.to_owned()))
            .collect()
    }

    /// The calls of a reading: for each row of the table what it costs, listing by listing.
    pub fn calls(&self, reading: Reading) -> Calls {
        let is_export = reading == Reading::Export;
        let mut calls = Calls::new();
        let mut row = |call: &str, number: usize| {
            let before = calls.insert(call.to_owned(), number);
            assert!(before.is_none(), "two rows have {call}");
        };
        // Who is acting, since agents are in play.
        row("/myinfo", 1);

        // People and structure.
        row("/departments", pages(self.count("departments"), 100));
        row("/agents", pages(self.count("agents"), 100));
        row("/roles", pages(self.count("roles"), 100));
        row("/profiles", pages(self.count("profiles"), 250));
        let teams = self.departments(reading, "teams", "/departmentId");
        row("/departments/ID/teams", teams);
        row("/skillTypes", pages(self.count("skillTypes"), 100));
        // The order of the skills is shown by their listing.
        let skills = self.departments(reading, "skills", "/departmentId");
        row("/skills?departmentId=ID", skills);
        row("/dataSharingRules", 1);
        // Each department has one set, so that an export declares all of them.
        row(
            "/routingPreferences?departmentId=ID",
            self.count("departments"),
        );

        // Data model.
        row("/organizationModules", 1);
        // Listings have neither their departments nor their profiles.
        let modules = self.count_of("customModules", |one| one["isCustomModule"] != false);
        row("/organizationModules/ID", modules);
        // M would be those whose fields are named. What names fields of its layout names one of a module that
        // shows once the layout is read, so that all of them are listed.
        for module in OF_FIELDS {
            row(&format!("/fields?module={module}"), 1);
        }
        for module in OF_LAYOUTS {
            row(&format!("/layouts?module={module}"), 1);
        }
        // An export lists below each custom module, and a plan below those that something names: nothing does here.
        let custom = self.0.objects("customModules");
        let custom = custom.iter().filter(|_| is_export);
        for module in custom.filter_map(|one| one["apiName"].as_str()) {
            row(&format!("/fields?module={module}"), 1);
            row(&format!("/layouts?module={module}"), 1);
        }
        // Listings have no sections, and an export says them of each layout.
        row("/layouts/ID", self.count("layouts"));
        let layouts = self.below("dependencyMappings", "/layoutId");
        let all = self.count("layouts");
        row(
            "/dependencyMappings?layoutId=ID",
            if is_export { all } else { layouts.len() },
        );
        self.layout_rules(is_export, &mut row);
        row("/validationRules", pages(self.count("validationRules"), 50));
        row("/organizationFields/ID/permissions", self.access(is_export));

        // Time and service.
        row("/holidayList", pages(self.count("holidayLists"), 50));
        row("/holidayList/ID", self.count("holidayLists"));
        let hours = self.count("businessHours");
        // Once for themselves, and once more for the SLAs that they name: an export asks about each set, and a
        // plan until all names are found, here at the first one.
        row("/businessHours", 2 * pages(hours, 50));
        row(
            "/businessHours/ID/relatedRules",
            if is_export { hours } else { 1 },
        );
        let plans = self.departments(reading, "supportPlans", "/department/id");
        row("/supportPlans?departmentId=ID", plans);
        self.customers(reading, &mut row);

        // Automation.
        row(
            "/directAssignmentRules",
            pages(self.count("directAssignmentRules"), 50),
        );
        self.rule_groups(is_export, &mut row);
        row("/webhooks", 1);

        // Words that go out.
        let folders = self.departments(reading, "templateFolders", "/departmentId");
        row("/templateFolders?departmentId=ID", folders);
        let templates = self.departments(reading, "emailTemplates", "/departmentId");
        row("/templates?departmentId=ID", templates);
        row(
            "/ticketTemplates",
            pages(self.count("ticketTemplates"), 100),
        );
        row("/ticketTemplates/ID", self.count("ticketTemplates"));
        let addresses = pages(self.count("mailReplyAddresses"), 100);
        row("/mailReplyAddress?departmentId=allDepartment", addresses);
        self.help_centers(is_export, &mut row);
        let times = self.departments(reading, "timeTracking", "/depId");
        row("/timeTrackSettings?depId=ID", times);
        row("/agentAvailabilityConfig", 1);
        row("/communityPreferences", 1);

        // Checks, which are no objects: an export writes one for each department, with what it counted.
        for feature in FEATURES {
            let call =
                format!("/automationFeatureCount?feature={feature}&departmentId=ID&module=tickets");
            row(&call, self.count("departments"));
        }
        if is_export {
            // Nobody has made views here, so that no check names any.
            row(
                "/views?module=tickets&departmentId=ID",
                self.count("departments"),
            );
        }
        calls
    }

    /// Rule groups: one listing for each engine and module, those of the groups that are there, or all.
    fn rule_groups(&self, is_export: bool, row: &mut dyn FnMut(&str, usize)) {
        let groups = self.0.objects("ruleGroups").into_iter();
        let of = |group: Value| {
            let engine = group["engine"]["systemName"].as_str()?.to_owned();
            Some((group["module"]["apiName"].as_str()?.to_owned(), engine))
        };
        let mut listings: BTreeSet<(String, String)> = groups.filter_map(of).collect();
        if is_export {
            for module in &OF_FIELDS[..8] {
                let engines = ["AUTOMATION_STUDIO", "MACRO"];
                listings.extend(engines.map(|engine| ((*module).to_owned(), engine.to_owned())));
            }
        }
        let modules: BTreeSet<&String> = listings.iter().map(|(module, _)| module).collect();
        for module in modules {
            let engines = listings.iter().filter(|(of, _)| of == module);
            row(&format!("/rulegroups?module={module}"), engines.count());
        }
    }

    /// The rules of layouts: one listing a layout, whose path says the module, too.
    fn layout_rules(&self, is_export: bool, row: &mut dyn FnMut(&str, usize)) {
        let with_rules = self.below("layoutRules", "/layoutId");
        let mut by_module: BTreeMap<&str, usize> = BTreeMap::new();
        for layout in self.0.objects("layouts") {
            let id = layout["id"].as_str().expect("an id");
            let module = OF_LAYOUTS.iter().find(|module| {
                let title = if **module == "tickets" {
                    "cases"
                } else {
                    module
                };
                layout["module"]
                    .as_str()
                    .is_some_and(|of| of.eq_ignore_ascii_case(title))
            });
            let number = match with_rules.get(id) {
                Some(rules) => pages(*rules, 50),
                None => usize::from(is_export),
            };
            *by_module.entry(module.expect("a module")).or_default() += number;
        }
        // The operation's list of modules lacks contracts.
        by_module.remove("contracts");
        for (module, number) in by_module.into_iter().filter(|(_, number)| *number > 0) {
            row(&format!("/layoutRules?module={module}&layoutId=ID"), number);
        }
    }

    /// What profiles may do with fields: a plan asks about those of which somebody may not edit some, which
    /// are the ones that an export writes.
    fn access(&self, is_export: bool) -> usize {
        self.count_of("fields", |field| {
            let module = field["module"].as_str().unwrap_or_default();
            let is_custom = field["isCustomField"] == true;
            let has_any = is_custom || OF_FIELDS[..8].contains(&module);
            let mut given = field["access"]
                .as_object()
                .into_iter()
                .flat_map(Map::values);
            let is_less =
                |flags: &Value| flags["isWriteOnly"] != true || flags["isReadOnly"] == true;
            has_any && (is_export || given.any(is_less))
        })
    }

    /// Customers' records: pages, and one call for each of which a field is named that the single object alone
    /// shows. An export reads every one.
    fn customers(&self, reading: Reading, row: &mut dyn FnMut(&str, usize)) {
        let is_export = reading == Reading::Export;
        let says = |value: &Value| {
            !value.is_null() && value != "" && value.as_array().is_none_or(|list| !list.is_empty())
        };
        // Where nobody has counted them, one object far below tells that the listing costs least.
        let probe = usize::from(reading == Reading::Plan);
        for (collection, fields) in [
            ("accounts", &["description", "associatedSLAIds"][..]),
            ("contacts", &["description"]),
        ] {
            let all = self.count(collection);
            row(&format!("/{collection}"), pages(all, 100) + probe);
            let named = self.count_of(collection, |one| {
                fields.iter().any(|field| says(&one[*field]))
            });
            row(
                &format!("/{collection}/ID"),
                if is_export { all } else { named },
            );
        }
        // Departments of products, and days and plans of contracts, are named of each.
        for collection in ["products", "contracts"] {
            let all = self.count(collection);
            row(&format!("/{collection}"), pages(all, 100));
            row(&format!("/{collection}/ID"), all);
        }
    }

    /// What lies below help centers: one listing each, and one tree a root category.
    fn help_centers(&self, is_export: bool, row: &mut dyn FnMut(&str, usize)) {
        let centers = self.count("helpCenters");
        row("/helpCenters", pages(centers, 50));
        for (call, collection, key, page) in [
            (
                "/groups?helpCenterId=ID",
                "helpCenterGroups",
                "/helpCenterId",
                50,
            ),
            ("/labels?helpCenterId=ID", "labels", "/helpCenterId", 50),
            (
                "/kbRootCategories?helpcenterId=ID",
                "kbRootCategories",
                "/helpcenterId",
                700,
            ),
        ] {
            let below = self.below(collection, key);
            // Each help center here has some.
            assert_eq!(below.len(), centers, "{collection}");
            row(
                call,
                below.values().map(|objects| pages(*objects, page)).sum(),
            );
        }
        let roots = self.below("kbSections", "/rootCategoryId").len();
        let roots = if is_export {
            self.count("kbRootCategories")
        } else {
            roots
        };
        row("/kbRootCategories/ID/categoryTree", roots);
        // Groups are shown by the single section alone.
        let has_groups = |section: &Value| {
            section["groups"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        };
        let sections = self.count_of("kbSections", |one| is_export || has_groups(one));
        row("/kbSections/ID", sections);
    }
}
