//! Layouts.

use super::custom_modules::MODULE;
use super::removal::{Chosen, Heir};
use super::rules::{Clash, Deed, Is, Mark, Sign};
use super::{
    Among, Apart, Api, Create, Enabled, Field, Inside, Keyed, Keys, Kind, Listed, Listing, Map,
    Owned, Pattern, Removal, Replace, Risk, Scopes, Sent, Shape, Stage, Standard, Switch,
    SwitchApi, Target, Wire, Within, choice, flag, object_at, patterns, read_at, reference,
    references, sent, text, to,
};
use crate::problem::Code;

/// The modules whose layouts are listed. Source: Layout, `getLayouts`, which takes custom modules too.
/// Contracts stand last.
pub(super) const MODULES: &[&str] = &[
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

/// Source: Layout, `Section`: a name has 100 characters and no pattern.
const SECTION_NAME: Pattern = Pattern {
    regex: r"^[^$][\s\S]{0,99}$",
    words: "a name of 100 characters at most that does not begin with `$`",
    sample: "Ticket Information",
    allows_empty: false,
};

/// Source: Layout, `LayoutField`: the API names of fields of the system and of custom fields.
const FIELD_NAME: Pattern = Pattern {
    regex: "^[a-zA-Z][0-9a-zA-Z_]*$",
    words: "an API name such as `subject` or `cf_region`",
    sample: "subject",
    allows_empty: false,
};

/// Choices of a field in a layout. Source: Layout, `LayoutFieldUpdateRequest`.
const fn choices(name: &'static str) -> Field {
    Field::new(
        name,
        Shape::Texts {
            max_items: 0,
            max: 120,
            set: false,
            pattern: Some(patterns::CHOICE),
            choices: &[],
        },
    )
}

/// What a layout says of one of its fields. Source: Layout, `LayoutFieldRequest`, which demands
/// `isMandatory`, and `LayoutFieldUpdateRequest`, which does not take `restoreOnReplyValues`.
const FIELD: Field = Field::new(
    "field",
    Shape::Map(Map::named(&[
        flag("isMandatory")
            .never_null()
            .default_on_create(Switch::Flag(false))
            .as_of_key("isMandatory")
            .doc("Whether a record must have a value. Left out, what the custom field says."),
        choices("values")
            .openapi(sent("allowedValues"))
            .never_null()
            .never_empty()
            .replaces_values()
            .as_of_key("values")
            .doc("The choices of a pick list, all of them in their order; left out, those of the custom field. `{value: Waiting, replaces: [On Hold]}` gives the records that have a value that goes another one first."),
        // What a new layout has where none is sent is not stated: it may be the first choice.
        text("defaultValue")
            .max(120)
            .pattern(patterns::CHOICE)
            .among(&Among::Beside)
            .nullable()
            .server_default()
            .doc("The value that a new record has: a choice, or `true` or `false`."),
        choice("sortBy", &["alphabetical", "userDefined"])
            .never_null()
            .doc("In which order people see the choices."),
        flag("isNested")
            .never_null()
            .doc("Whether the choices are nested, with two colons between the levels."),
        choices("restoreOnReplyValues")
            .among(&Among::Beside)
            .nullable()
            .doc("Of the field `status`: the statuses that a reply of a customer reopens."),
    ])),
)
.doc("What the layout says of the field.");

/// The fields of a section, by handle or API name.
const FIELDS: Field = Field::new(
    "fields",
    Shape::Keyed(Keyed {
        keys: Keys::Of {
            target: Target::to("customFields").within(Within::Same("module")),
            name: FIELD_NAME,
            unknown: Code::UnknownCustomField,
        },
        value: &FIELD,
        owned: Owned::Named,
        sent: Sent::Whole,
        listed: Some(Listed {
            name: "",
            once: None,
            sorted: Some(("values", "sortBy", "alphabetical")),
        }),
    }),
)
.never_null()
.doc("Its fields in their order: a field of the system by its API name, a custom field by its handle. `null` takes one out of the layout.");

const SECTION: Field = Field::new(
    "section",
    Shape::Map(Map::named(&[
        FIELDS,
        text("renamedFrom")
            .max(100)
            .former_name()
            .doc("The name that the section had before, as long as it is still live."),
    ])),
)
.never_null()
.doc("A section.");

/// A layout. Source: Layout (`getLayouts`, `getLayout`, `createLayout`, `updateLayout`, `deleteLayout`,
/// `activateLayout`, `deactivateLayout`, `associateProfilesToLayout`, `updateLayoutField`,
/// `unAssociateLayoutField`, `replacePickListValue`, `getStandardLayoutFormat`).
///
/// The source does not say whether the sections of an update replace those that are there: every live
/// section and field is sent again with the changes in it, which is right under both readings. What is
/// taken out goes by an endpoint of its own before that. The API has no way to remove a section. A listing
/// shows the department of some layouts only, and nothing says of which: it belongs to the identity where
/// it is shown. A creation demands it for every module.
pub static KIND: Kind = Kind {
    collection: "layouts",
    singular: "layout",
    doc: "A layout: which fields the records of a module show, in which sections, with which choices. What is not named stays as it is. Standard layouts can be changed and are never removed.",
    bare: true,
    enabled: Some(Enabled {
        field: "status",
        on: Switch::Word("active"),
        send_on_create: false,
    }),
    delete_effect: Some("its records get the layout that `transferTo` names"),
    removal_loses: true,
    fields: &[
        choice("module", MODULES)
            .identity()
            .required()
            .create_only()
            .or_one_of(MODULE)
            .doc("The module whose records have the layout: one of the system, or a custom module."),
        reference("department", to("departments"))
            .identity_where_shown()
            .create_only()
            .openapi(sent("departmentId"))
            .doc("The department whose records have it. A creation needs it."),
        text("layoutName")
            .max(150)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The layout's name."),
        text("layoutDisplayName")
            .max(150)
            .pattern(patterns::NAME)
            .never_null()
            .default_as("layoutName")
            .doc("Its name in the help center. A new one has the layout's name where none is given."),
        text("layoutDesc")
            .max(500)
            .pattern(patterns::TEXT)
            .doc("What it is for."),
        flag("isDefaultLayout")
            .never_null()
            .exclusive(&Clash {
                code: Code::TwoDefaults,
                what: "are both the default of one module in one department",
                labels: ("the first default", "the default again"),
                help: "a department has one default layout for each module; take `isDefaultLayout: true` out of the others",
            })
            .default_on_create(Switch::Flag(false))
            .doc("Whether new records have it where nobody chooses one."),
        flag("skipDeptAccessValidation")
            .never_null()
            .default_on_create(Switch::Flag(false))
            .doc("Whether it holds for the whole organization and not for its department alone."),
        choice("status", &["active", "inactive"])
            .openapi(Wire::Switched("status"))
            .doc("Whether it is in use. One that is taken out of use hands its records over to the layout that `lifecycle: {transferTo: …}` names."),
        references("profiles", to("profiles"))
            .openapi(read_at("layoutProfileIds", "layoutProfiles/*/id"))
            .stage(Stage::Update)
            .doc("The profiles whose agents see it."),
        Field::new(
            "sections",
            Shape::Keyed(Keyed {
                keys: Keys::Texts(SECTION_NAME),
                value: &SECTION,
                owned: Owned::Named,
                sent: Sent::Whole,
                listed: Some(Listed {
                    name: "name",
                    once: Some("fields"),
                    sorted: None,
                }),
            }),
        )
        .openapi(object_at("sections", "sections"))
        .risk(Risk::TakesAway)
        .doc("Its sections by their names, in their order. A field stands once in a layout: to name it here takes it out of the section in which it is."),
    ],
    marks: &[Mark::partly(
        "isStandardLayout",
        Is::True,
        "a standard layout",
        "of the system",
        &[Deed::Remove, Deed::PruneAll],
    )
    .risk(Risk::Defaults)],
    openapi: Some(Api {
        listing: Listing::Each("/layouts?module={module}&status=all", &[]),
        page: 99,
        item: Some("/layouts/{id}"),
        create: Create::Post("/layouts"),
        required_on_create: &["department"],
        standard: Some(Standard {
            path: "/layouts/standardLayoutFormat?module={module}",
            field: "sections",
        }),
        update: Some("/layouts/{id}"),
        apart: &[Apart {
            field: "profiles",
            path: "/layouts/{id}/profiles",
            shown: "layoutProfiles",
            each: false,
        }],
        inside: Some(Inside {
            field: "sections",
            item: "field",
            change: (
                "/layouts/{id}/fields/{item}",
                &["isMandatory", "values", "defaultValue", "sortBy", "isNested"],
            ),
            leave: "/layouts/{id}/fields/{item}/unassociate",
            stays: &[
                Sign { key: "isRemovable", is: Is::False },
                Sign { key: "isSystemMandatory", is: Is::True },
            ],
            replace: Replace {
                path: "/layouts/{id}/replaceValues",
                leaf: "values",
                item: "fieldId",
                old: "oldValue",
                new: "newValue",
            },
            // A change of statuses locks them for a while. Seen on live portals.
            one_at_a_time: &["status"],
        }),
        removal: Removal::Transfer {
            path: "/layouts/{id}",
            deletes: true,
            heirs: &[("transferToLayoutId", HEIR)],
        },
        switch: Some(SwitchApi {
            on: "/layouts/{id}/activate",
            off: "/layouts/{id}/deactivate",
            heirs: &[("transferToLayoutId", HEIR)],
        }),
        scopes: Scopes {
            read: &["Desk.layouts.READ", "Desk.basic.READ"],
            create: &["Desk.layouts.CREATE", "Desk.settings.CREATE"],
            update: &["Desk.layouts.UPDATE", "Desk.settings.UPDATE"],
            delete: &["Desk.layouts.DELETE", "Desk.settings.DELETE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};

/// Who takes over the records of a layout that goes.
const HEIR: Heir = Heir::Chosen(Chosen {
    name: "",
    target: Target::to("layouts").within(Within::Same("module")),
});
