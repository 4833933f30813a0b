//! Custom fields.

use crate::dialect::Dialect;

use crate::problem::Code;

use super::custom_modules::MODULE;
use super::field_access::{ACCESS, APART};
use super::rules::{
    AtMost, Counted, CountedSorts, Deed, Figures, Fits, Handle, Holds, Is, Mark, OnlyFor, Quota,
    Room, Rule, Sign, Sort, Sorts, Uses,
};
use super::{
    Api, Create, Encoding, Field, Form, Holders, Kind, Listing, Removal, Risk, Scopes, Shape, Wire,
    choice, encoded, flag, integer, map, patterns, text,
};

/// Every type that one of the dialects can create. Source: Field, `createField` (16 types);
/// Field (old), `createFieldOld` adds `LargeText`.
pub const TYPES: &[&str] = &[
    "Text",
    "Textarea",
    "Number",
    "Decimal",
    "Percent",
    "Currency",
    "Date",
    "DateTime",
    "Boolean",
    "Picklist",
    "Multiselect",
    "Email",
    "Phone",
    "URL",
    "LookUp",
    "Formula",
    "LargeText",
];

/// Types that answers spell otherwise, with what is sent first. Source: Organization fields,
/// `getCustomFieldCount` and `getOrganizationFields`.
const SPELLINGS: &[(&str, &str)] = &[
    ("Boolean", "Boolean"),
    ("Boolean", "Checkbox"),
    ("Picklist", "Picklist"),
    ("Picklist", "ColoredPicklist"),
    ("Multiselect", "Multiselect"),
    ("Multiselect", "MultiselectPicklist"),
    ("URL", "URL"),
    ("URL", "Website"),
    ("LookUp", "LookUp"),
    ("LookUp", "Lookup"),
];

/// The modules that both dialects know. Custom modules (`cm_…`) and `timeEntry` and `agents` are
/// known to `openapi` only. Source: Field, `getFields`; Field (old), `getFieldsOld`.
pub const MODULES: &[&str] = match LISTED.split_last() {
    Some((_agents, both)) => both,
    None => &[],
};

/// The modules whose fields are listed: those of [`MODULES`], and last `agents`, whose objects hold
/// values of custom fields. Source: Field, `getFields`.
const LISTED: &[&str] = match OF_SYSTEM.split_last() {
    Some((_time_entry, listed)) => listed,
    None => &[],
};

/// All modules of the system that have fields. Source: Field, `createField`.
const OF_SYSTEM: &[&str] = &[
    "tickets",
    "contacts",
    "accounts",
    "tasks",
    "calls",
    "events",
    "contracts",
    "products",
    "agents",
    "timeEntry",
];

/// A type of which nothing is said.
const PLAIN: Sort = Sort {
    name: "",
    required: &[],
    allowed: &[],
    bounds: None,
    fits: None,
    holds: Holds::Text { longest: None },
};

/// The rules by type. Source: Field, the request schema of each type.
const SORTS: &[Sort] = &[
    Sort {
        name: "Text",
        holds: Holds::Text {
            longest: Some("maxLength"),
        },
        required: &["maxLength"],
        allowed: &["maxLength", "isEncryptedField"],
        bounds: Some(("maxLength", 1, 255)),
        ..PLAIN
    },
    Sort {
        name: "Number",
        holds: Holds::Whole {
            longest: "maxLength",
        },
        required: &["maxLength"],
        allowed: &["maxLength", "isEncryptedField"],
        bounds: Some(("maxLength", 1, 9)),
        ..PLAIN
    },
    Sort {
        name: "Percent",
        holds: Holds::Decimal { places: None },
        allowed: &["isEncryptedField"],
        ..PLAIN
    },
    Sort {
        name: "Decimal",
        holds: Holds::Decimal {
            places: Some("decimalPlaces"),
        },
        required: &["decimalPlaces", "maxLength"],
        allowed: &["decimalPlaces", "maxLength", "isEncryptedField"],
        bounds: Some(("maxLength", 1, 16)),
        ..PLAIN
    },
    Sort {
        name: "Currency",
        holds: Holds::Decimal {
            places: Some("decimalPlaces"),
        },
        required: &["decimalPlaces", "maxLength"],
        allowed: &[
            "decimalPlaces",
            "maxLength",
            "roundingOption",
            "roundingPrecision",
        ],
        bounds: Some(("maxLength", 3, 16)),
        ..PLAIN
    },
    Sort {
        name: "Date",
        holds: Holds::Day,
        ..PLAIN
    },
    Sort {
        name: "DateTime",
        holds: Holds::Instant,
        ..PLAIN
    },
    Sort {
        name: "Email",
        holds: Holds::Email,
        allowed: &["isEncryptedField"],
        ..PLAIN
    },
    Sort {
        name: "Phone",
        holds: Holds::Phone {
            longest: "maxLength",
        },
        required: &["maxLength"],
        allowed: &["maxLength", "isEncryptedField"],
        bounds: Some(("maxLength", 1, 255)),
        ..PLAIN
    },
    Sort {
        name: "Picklist",
        holds: Holds::OneOf("values"),
        allowed: &["values", "subType", "defaultValue"],
        fits: Some(("defaultValue", Fits::OneOf("values"))),
        ..PLAIN
    },
    Sort {
        name: "Multiselect",
        holds: Holds::SomeOf("values"),
        allowed: &["values", "subType"],
        ..PLAIN
    },
    Sort {
        name: "URL",
        holds: Holds::Url,
        allowed: &["isEncryptedField"],
        ..PLAIN
    },
    Sort {
        name: "Textarea",
        ..PLAIN
    },
    Sort {
        name: "Boolean",
        holds: Holds::Flag,
        allowed: &["defaultValue"],
        fits: Some(("defaultValue", Fits::Flag)),
        ..PLAIN
    },
    Sort {
        name: "LookUp",
        required: &["lookup"],
        allowed: &["lookup"],
        ..PLAIN
    },
    Sort {
        name: "Formula",
        required: &["returnType"],
        allowed: &["returnType"],
        ..PLAIN
    },
    Sort {
        name: "LargeText",
        allowed: &["properties"],
        ..PLAIN
    },
];

const LOOKUP_MODULE: &[Field] = &[text("apiName")
    .max(100)
    .pattern(patterns::LABEL)
    .required()
    .doc("The API name of the module that is pointed at.")];
const LOOKUP: &[Field] = &[
    map("module", LOOKUP_MODULE)
        .required()
        .create_only()
        .doc("The module that is pointed at."),
    text("relatedListLabel")
        .max(255)
        .required()
        .doc("The heading of the list in the other module."),
];
const PROPERTIES: &[Field] = &[flag("translatable")
    .required()
    .doc("Whether the text can be translated.")];

const IN_LAYOUTS: &str =
    "Setup > Customization > Layouts and Fields: open the layout that holds the field";

/// Room for custom fields. Source: Organization fields, `getCustomFieldCount`.
const fn room(of: Counted) -> Room {
    Room {
        of,
        code: Code::TooManyCustomFields,
        help: "delete custom fields that nobody needs, or choose a larger edition",
    }
}

/// A custom field of a module. Source: Field (`getFields`, `createField`, `updateField`,
/// `deleteField`); Field (old) for the guide's `/organizationFields`.
pub static KIND: Kind = Kind {
    collection: "customFields",
    singular: "custom field",
    doc: "A custom field of a module. Its API name (`cf_…`) is the server's; manifests refer to it by handle under `cf`.",
    managed: true,
    // A reference names a field of the system by its API name.
    bare: true,
    enabled: None,
    seed: false,
    create_effect: None,
    holders: Holders {
        fields: &[],
        places: &["the fields of the system in the same module"],
    },
    delete_effect: Some("its value on every record is lost"),
    removal_loses: true,
    fields: &[
        text("module")
            .max(100)
            .pattern(patterns::MODULE)
            .identity()
            .required()
            .create_only()
            .openapi(Wire::Query("module"))
            .guide(Wire::Query("module"))
            .known("Modules of the system; `timeEntry` and `agents` in the openapi dialect alone", OF_SYSTEM)
            .or_one_of(MODULE)
            .doc("The module the field belongs to: one of the system, such as `tickets`, or a custom module."),
        text("displayLabel")
            .max(200)
            .pattern(patterns::LABEL)
            .naming()
            .required()
            .doc("The label people see; with the module it names the field."),
        choice("type", TYPES)
            .required()
            .create_only()
            .openapi(encoded("type", Encoding::Words(SPELLINGS)))
            .guide(encoded("type", Encoding::Words(SPELLINGS)))
            .doc("The type of its values."),
        integer("maxLength", 1, 65_535).doc("The longest value: characters of a text, digits of a number."),
        integer("decimalPlaces", 0, 9).doc("Digits behind the point."),
        choice(
            "roundingOption",
            &["roundOff", "roundDown", "roundUp", "normal"],
        )
        .server_default()
        .guide(Wire::Harmless)
        .doc("How amounts are rounded."),
        integer("roundingPrecision", 0, 30)
            .server_default()
            .guide(Wire::Harmless)
            .doc("To how many digits amounts are rounded; at most `decimalPlaces`."),
        Field::new("defaultValue", Shape::Scalar { max: 120 }).doc("The value a new record has; for a Boolean `true` or `false`."),
        Field::new(
            "values",
            Shape::Texts {
                max_items: 0,
                max: 120,
                set: false,
                pattern: Some(patterns::CHOICE),
                choices: &[],
            },
        )
        .openapi(Wire::Manual {
            read: Some("pickListValues"),
            encoding: Encoding::ValueObjects,
            instruction: IN_LAYOUTS,
        })
        .guide(encoded("allowedValues", Encoding::ValueObjects))
        .risk(Risk::TakesAway)
        .doc("The choices of a Picklist or Multiselect, in order. In the openapi dialect they live in layouts and are set by hand."),
        flag("isMandatory")
            .openapi(Wire::Manual {
                read: Some("isMandatory"),
                encoding: Encoding::Plain,
                instruction: IN_LAYOUTS,
            })
            .doc("Whether a record must have a value. In the openapi dialect it is set by hand in layouts."),
        flag("isEncryptedField")
            .server_default()
            .guide(Wire::Refused("the guide's custom fields cannot be encrypted"))
            .doc("Whether values are stored encrypted."),
        flag("isTrackLastActivityTime")
            .server_default()
            .guide(Wire::Harmless)
            .doc("Whether a change of the value counts as activity on the record."),
        text("toolTip").max(200).doc("A hint shown beside the field."),
        choice("toolTipType", &["placeHolder", "icon"])
            .guide(Wire::Harmless)
            .doc("Where the hint stands."),
        choice("subType", &["Plain", "ColorCoded"])
            .server_default()
            .guide(Wire::Harmless)
            .doc("How the choices of a picklist look."),
        map("lookup", LOOKUP)
            .guide(Wire::Refused("the guide has no lookup fields"))
            .doc("What a LookUp points at."),
        choice(
            "returnType",
            &["STRING", "DECIMAL", "BOOLEAN", "CURRENCY", "DATE", "DATETIME"],
        )
        .create_only()
        .guide(Wire::Refused("the guide has no formula fields"))
        .doc("The type of a Formula's result; the expression itself cannot be set through the API."),
        map("properties", PROPERTIES)
            .openapi(Wire::Refused("`LargeText` fields cannot be created in the openapi dialect"))
            .doc("Properties of a LargeText."),
        ACCESS,
    ],
    rules: &[
        Rule::Sorts(&Sorts {
            field: "type",
            heading: "Types",
            sorts: SORTS,
        }),
        Rule::AtMost(&AtMost {
            field: "roundingPrecision",
            most: "decimalPlaces",
            label: "too many digits",
            help: "round to",
        }),
        Rule::OnlyFor(&OnlyFor {
            dialect: Dialect::Openapi,
            field: "defaultValue",
            by: "type",
            is: "Boolean",
            help: "in the openapi dialect the default of other types lives in layouts; set it in an overlay for the guide dialect",
        }),
    ],
    handle: Some(&Handle {
        key: "apiName",
        without: "cf_",
        scope: "module",
        otherwise: "field",
    }),
    wire_name: Some("apiName"),
    // Texts of several lines come with the single object only. Source: Contact, `getContacts`.
    unlisted: &[
        Sign { key: "type", is: Is::Word("Textarea") },
        Sign { key: "type", is: Is::Word("LargeText") },
    ],
    marks: &[
        Mark::foreign("isCustomField", Is::False, "a field of the system", "of the system"),
        // An answer that does not say it is trusted with what is declared, not with all there is.
        Mark::partly("isCustomField", Is::NotTrue, "a field of the system", "of the system", &[Deed::Export]),
    ],
    openapi: Some(Api {
        listing: Listing::Each("/fields?module={module}", LISTED),
        page: 0,
        id: "id",
        item: Some("/fields/{id}"),
        takes_fields: false,
        create: Create::Post("/fields"),
        required_on_create: &[],
        update: Some("/fields/{id}"),
        // Every update has the same body schema as a creation.
        resend: &["displayLabel", "type", "maxLength", "decimalPlaces", "lookup", "returnType"],
        removal: Removal::Delete("/fields/{id}"),
        apart: &[APART],
        switch: None,
        form: Form::Plain,
        // Source: Organization fields, `getCustomFieldCount`.
        quota: Some(Quota {
            path: "/customFieldCount?module={module}",
            // It takes fewer modules than fields have. Source: Organization fields,
            // `getCustomFieldCount`.
            only: Some(("module", MODULES)),
            rooms: &[
                room(Counted::All(Figures::Left("totalAvailableCount"))),
                room(Counted::Sorts(&CountedSorts {
                    field: "type",
                    counts: "customFieldCounts",
                    left: "available",
                    words: "types",
                    spelled: &[("boolean", "checkbox"), ("url", "website")],
                })),
            ],
        }),
        uses: Some(Uses::criteria(&["values"])),
        scopes: Scopes {
            read: &["Desk.fields.READ", "Desk.basic.READ"],
            create: &["Desk.settings.CREATE", "Desk.fields.CREATE"],
            update: &["Desk.settings.UPDATE", "Desk.fields.UPDATE"],
            delete: &["Desk.settings.DELETE", "Desk.fields.DELETE"],
        },
        ..Api::BLANK
    }),
    guide: Some(Api {
        listing: Listing::Each("/organizationFields?module={module}", MODULES),
        page: 0,
        id: "id",
        // The guide shows none.
        item: None,
        takes_fields: false,
        create: Create::Post("/organizationFields"),
        required_on_create: &[],
        update: Some("/organizationFields/{id}"),
        resend: &["displayLabel", "type", "maxLength", "decimalPlaces"],
        removal: Removal::Delete("/organizationFields/{id}"),
        switch: None,
        form: Form::Plain,
        scopes: super::GUIDE_SETTINGS,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
