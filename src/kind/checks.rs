//! Checks of what only a person can set up.

use super::questions::{Answer, Inventory, Question, Questions};
use super::rules::{GoWith, Is, OneOf, Rule, Sign};
use super::{
    Api, Field, Kind, Listing, Map, Pattern, Scopes, Shape, Wire, choice, integer, reference, text,
    to,
};

/// Where a person works on what no request sets up.
const SETUP: &str = "Setup";
const WORKFLOWS: &str = "Setup > Automation > Workflows > Rules";
const BLUEPRINTS: &str = "Setup > Automation > Blueprints";
const ASSIGNMENT: &str = "Setup > Automation > Assignment Rules";
const SLAS: &str = "Setup > Automation > SLAs";
const SUPERVISE: &str = "Setup > Automation > Supervise";
const LAYOUT_RULES: &str = "Setup > Customization > Layouts and Fields > Layout Rules";
const VALIDATION_RULES: &str = "Setup > Customization > Layouts and Fields > Validation Rules";
const GAMIFICATION: &str = "the settings of Gamescope";
const VIEWS_OF_MODULE: &str = "the list of views of the module";
const REPORTS: &str = "Analytics > Reports";

/// The largest number that the API counts to. Source: `AutomationFeatureCount`.
const MOST: i64 = i32::MAX as i64;

/// Source: `AutomationFeatureCount`, `getUsedCountForAutomationFeature`: the parameter `module`.
const COUNTED: Pattern = Pattern {
    regex: r"^(?:tickets|contacts|contracts|accounts|tasks|products|timeEntry|events|calls|cm_[a-zA-Z0-9_]+)$",
    words: "tickets, contacts, contracts, accounts, tasks, products, timeEntry, events, calls, or the API name of a custom module such as `cm_assets`",
    sample: "tickets",
    allows_empty: false,
};

/// Source: `CustomView`, `getViews`: the parameter `module`.
const VIEWED: &[&str] = &[
    "tickets",
    "contacts",
    "events",
    "activities",
    "tasks",
    "contracts",
    "accounts",
    "calls",
];

const fn figure(name: &'static str) -> Field {
    integer(name, 0, MOST).never_null()
}

/// Names of things, each longer than nothing; the longest name of a view has 50 characters, and of the
/// others none is known.
const fn names(name: &'static str, max: u32) -> Field {
    Field::new(
        name,
        Shape::Texts {
            max_items: 0,
            max,
            set: true,
            pattern: None,
            choices: &[],
        },
    )
    .never_null()
    .never_empty()
}

/// Source: `AutomationFeatureCount`, `getUsedCountForAutomationFeature`: the features that no other kind
/// manages. The department is demanded for each of them.
const COUNTS: Map = Map::named(&[
    reference("department", to("departments"))
        .required()
        .doc("The department."),
    text("module").pattern(COUNTED).required().doc(
        "The module that the rules are about. Alerts and custom functions are counted by it, too.",
    ),
    figure("workflows").doc("How many workflow rules there are."),
    figure("blueprints")
        .doc("How many blueprints there are; they are counted for `tickets` alone."),
    figure("automationAlerts").doc("How many alerts there are."),
    figure("fieldUpdates")
        .doc("How many field updates there are in the whole department, whatever the module."),
    figure("automationTasks").doc(
        "How many tasks that automation makes there are in the whole department, whatever the module.",
    ),
    figure("customFunctions").doc("How many custom functions there are."),
]);

/// Source: `CustomView`, `getViews`.
const VIEWS: Map = Map::named(&[
    choice("module", VIEWED).required().doc("The module."),
    reference("department", to("departments"))
        .doc("The department; left out, Zoho Desk decides what it lists."),
    names("names", 50)
        .required()
        .doc("The names of views that have to be there."),
]);

/// Source: Organization Field, `criteriaReferences`, which knows custom fields alone.
const USES: Map = Map::named(&[
    reference("field", to("customFields"))
        .required()
        .doc("The custom field."),
    names("directAssignmentRules", 0).doc("Direct assignment rules whose criteria use it."),
    names("roundRobinRules", 0).doc("Round-robin rules whose criteria use it."),
    names("workflows", 0).doc("Workflow rules whose criteria use it."),
    names("slas", 0).doc("SLAs whose criteria use it."),
    names("supervisorRules", 0).doc("Supervisor rules whose criteria use it."),
    names("blueprints", 0).doc("Blueprints whose criteria use it."),
    names("blueprintTransitions", 0).doc("Transitions of blueprints whose criteria use it."),
    names("views", 0).doc("Views whose criteria use it."),
    names("reports", 0).doc("Reports whose criteria use it."),
    names("trophies", 0).doc("Trophies whose criteria use it."),
    names("badges", 0).doc("Badges whose criteria use it."),
    names("layoutRules", 0).doc("Layout rules whose criteria use it."),
    names("validationRules", 0).doc("Validation rules whose criteria use it."),
]);

const fn counted(leaf: &'static str, path: &'static str, place: &'static str) -> Question {
    Question {
        field: "automationCounts",
        leaf,
        path,
        answer: Answer::Number("usedCountInfo/usedTotalCount"),
        place,
    }
}

const fn used(leaf: &'static str, path: &'static str, place: &'static str) -> Question {
    Question {
        field: "fieldIsUsedBy",
        leaf,
        path,
        // The source does not name the keys of the lists.
        answer: Answer::Names {
            under: None,
            keys: &["name"],
            page: 50,
        },
        place,
    }
}

const QUESTIONS: Questions = Questions {
    asked: &[
        counted(
            "workflows",
            "/automationFeatureCount?feature=workflows&departmentId={department}&module={module}",
            WORKFLOWS,
        ),
        counted(
            "blueprints",
            "/automationFeatureCount?feature=blueprints&departmentId={department}&module={module}",
            BLUEPRINTS,
        ),
        counted(
            "automationAlerts",
            "/automationFeatureCount?feature=automationAlerts&departmentId={department}&module={module}",
            "Setup > Automation > Workflows > Alerts",
        ),
        counted(
            "fieldUpdates",
            "/automationFeatureCount?feature=fieldUpdates&departmentId={department}&module={module}",
            "Setup > Automation > Workflows > Field Updates",
        ),
        counted(
            "automationTasks",
            "/automationFeatureCount?feature=automationTasks&departmentId={department}&module={module}",
            "Setup > Automation > Workflows > Tasks",
        ),
        counted(
            "customFunctions",
            "/automationFeatureCount?feature=customFunctions&departmentId={department}&module={module}",
            "Setup > Automation > Workflows > Custom Functions",
        ),
        used(
            "directAssignmentRules",
            "/organizationFields/{field}/criteriaReferences?featureType=DirectAssignment",
            ASSIGNMENT,
        ),
        used(
            "roundRobinRules",
            "/organizationFields/{field}/criteriaReferences?featureType=RoundRobin",
            ASSIGNMENT,
        ),
        used(
            "workflows",
            "/organizationFields/{field}/criteriaReferences?featureType=WorkFlow",
            WORKFLOWS,
        ),
        used(
            "slas",
            "/organizationFields/{field}/criteriaReferences?featureType=SLA",
            SLAS,
        ),
        used(
            "supervisorRules",
            "/organizationFields/{field}/criteriaReferences?featureType=Supervise",
            SUPERVISE,
        ),
        used(
            "blueprints",
            "/organizationFields/{field}/criteriaReferences?featureType=BluePrint",
            BLUEPRINTS,
        ),
        used(
            "blueprintTransitions",
            "/organizationFields/{field}/criteriaReferences?featureType=BluePrintTransition",
            BLUEPRINTS,
        ),
        used(
            "views",
            "/organizationFields/{field}/criteriaReferences?featureType=CustomView",
            VIEWS_OF_MODULE,
        ),
        used(
            "reports",
            "/organizationFields/{field}/criteriaReferences?featureType=Report",
            REPORTS,
        ),
        used(
            "trophies",
            "/organizationFields/{field}/criteriaReferences?featureType=GameTrophy",
            GAMIFICATION,
        ),
        used(
            "badges",
            "/organizationFields/{field}/criteriaReferences?featureType=GameBadge",
            GAMIFICATION,
        ),
        used(
            "layoutRules",
            "/organizationFields/{field}/criteriaReferences?featureType=LayoutRules",
            LAYOUT_RULES,
        ),
        used(
            "validationRules",
            "/organizationFields/{field}/criteriaReferences?featureType=ValidationRules",
            VALIDATION_RULES,
        ),
        Question {
            field: "viewsExist",
            leaf: "names",
            path: "/views?module={module}&departmentId={department}",
            answer: Answer::Names {
                under: Some("data"),
                keys: &["name", "viewName", "displayLabel"],
                page: 0,
            },
            place: VIEWS_OF_MODULE,
        },
    ],
    inventory: &[
        Inventory {
            field: "automationCounts",
            below: "department",
            says: &[("module", "tickets")],
            called: "automation",
            only: None,
        },
        Inventory {
            field: "viewsExist",
            below: "department",
            says: &[("module", "tickets")],
            called: "views",
            only: Some(Sign {
                key: "isCustomView",
                is: Is::True,
            }),
        },
    ],
};

/// Read, and never asked for as it is: the answers to the questions stand there.
const fn seen(name: &'static str) -> Wire {
    Wire::Manual {
        read: Some(name),
        encoding: super::Encoding::Plain,
        instruction: SETUP,
    }
}

/// A check. Source: `AutomationFeatureCount` (`getUsedCountForAutomationFeature`), `CustomView` (`getViews`),
/// Organization Field (`criteriaReferences`).
///
/// It is no object of the API: it declares what a person is to have set up, and what the API counts or
/// names is its live side. An export asks about the tickets of each department. It asks nothing about
/// the uses of fields, since that takes thirteen calls a field. The source does not say
///
/// - which features a module has no count of: such a question is refused, and then it is warned about;
/// - whether all scopes of an operation are needed, or any one: each of them has `Desk.settings.READ`.
pub static KIND: Kind = Kind {
    collection: "checks",
    singular: "check",
    doc: "A check of what only a person can set up: how many workflow rules and the like there are, which views exist, what uses a custom field. Nothing is written. What differs is a step for a person in `plan`, and counts in `drift`.",
    may_be_pruned: false,
    fields: &[
        text("name")
            .naming()
            .required()
            .openapi(seen("name"))
            .doc("What it is called; its handle, where it is left out."),
        Field::new("automationCounts", Shape::Map(COUNTS))
            .never_null()
            .openapi(seen("automationCounts"))
            .doc("How much automation a department has, such as `{department: Support, module: tickets, workflows: 12}`. Only what is named is counted, with one call each."),
        Field::new("fieldIsUsedBy", Shape::Map(USES))
            .never_null()
            .openapi(seen("fieldIsUsedBy"))
            .doc("What uses a custom field, such as `{field: vip_level, workflows: [Escalate VIP]}`. There may be more. One call for each list."),
        Field::new("viewsExist", Shape::Map(VIEWS))
            .never_null()
            .openapi(seen("viewsExist"))
            .doc("Which views there are, such as `{module: tickets, names: [VIP open]}`. There may be more."),
    ],
    rules: &[
        Rule::OneOf(&OneOf {
            fields: &["automationCounts", "fieldIsUsedBy", "viewsExist"],
            about: &["department", "module", "field"],
        }),
        Rule::InMap(
            "automationCounts",
            &GoWith {
                fields: &["blueprints"],
                with: "module",
                is: &["tickets"],
                instead: "count the others of the module alone",
                always: false,
                together: false,
            },
        ),
    ],
    openapi: Some(Api {
        listing: Listing::Asked(&QUESTIONS),
        page: 0,
        scopes: Scopes {
            read: &["Desk.settings.READ"],
            create: &[],
            update: &[],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
