//! Access of profiles to fields.

use super::rules::{Is, Mark};
use super::{
    Apart, Api, Encoding, Field, Keyed, Keys, Kind, Listing, Owned, Pattern, Risk, Row, Rows,
    Scopes, Sent, Shape, Switch, Target, Wire, apart, choice, custom_fields, read_at, text,
};
use crate::problem::Code;

/// Source: Profile, `cloneProfile`: a name has 50 characters.
const PROFILE_NAME: Pattern = Pattern {
    regex: r"^[^$][\s\S]{0,49}$",
    words: "a name of 50 characters at most that does not begin with `$`",
    sample: "Agent",
    allows_empty: false,
};

/// Source: Field, `getFields`: the API names of fields of the system.
const FIELD_NAME: Pattern = Pattern {
    regex: "^[a-zA-Z][0-9a-zA-Z_]*$",
    words: "an API name such as `subject`",
    sample: "subject",
    allows_empty: false,
};

/// Source: `FieldPermissions`, `updateFieldPermissions`: `isWriteOnly` says that the field can be edited or
/// read, `isReadOnly` that it can be read only; requests demand both. Where `isWriteOnly` is false,
/// `isReadOnly` says nothing.
const ROWS: Rows = Rows {
    id: "profileId",
    name: "profileName",
    words: &[
        Row {
            word: "hidden",
            means: &[("isWriteOnly", Switch::Flag(false))],
            besides: &[("isReadOnly", Switch::Flag(false))],
        },
        Row {
            word: "read",
            means: &[
                ("isWriteOnly", Switch::Flag(true)),
                ("isReadOnly", Switch::Flag(true)),
            ],
            besides: &[],
        },
        Row {
            word: "edit",
            means: &[
                ("isWriteOnly", Switch::Flag(true)),
                ("isReadOnly", Switch::Flag(false)),
            ],
            besides: &[],
        },
    ],
};

const WORD: Field = choice("access", &["edit", "read", "hidden"])
    .never_null()
    .usual(Switch::Word("edit"))
    .doc("What agents with the profile may do with the field.");

/// The key under which what the GET of its own lists is kept. No answer has it.
const SHOWN: &str = "fieldPermissions";

/// What each profile may do with a field, by names. Source: `FieldPermissions` (`getFieldPermissions`,
/// `updateFieldPermissions`), which takes any of the profiles.
pub(super) const ACCESS: Field = Field::new(
    "access",
    Shape::Keyed(Keyed {
        keys: Keys::Of {
            target: Target::to("profiles"),
            name: PROFILE_NAME,
            unknown: Code::UnresolvedReference,
        },
        value: &WORD,
        owned: Owned::Named,
        sent: Sent::Changed,
        listed: None,
    }),
)
.never_null()
.openapi(apart("profiles", SHOWN, Encoding::Rows(&ROWS)))
.guide(Wire::Refused("the guide's API has no access of profiles to fields"))
.risk(Risk::Rights)
.doc("What agents with each profile may do with the field, such as `{Light Agent: read}`: by the handles of profiles, or by the names of those that no manifest manages. Profiles that are not named keep what they have. An export leaves out those that may edit it.");

/// Its endpoints.
pub(super) const APART: Apart = Apart {
    field: "access",
    path: "/organizationFields/{id}/permissions",
    shown: SHOWN,
    each: false,
};

/// What profiles may do with a field of the system. Source: Field (`getFields`), `FieldPermissions`
/// (`getFieldPermissions`, `updateFieldPermissions`).
///
/// `getFields` takes more modules than the fields of organizations have (`getFieldsOld`); whether the fields
/// of the others have permissions is not said, and those modules are left out. Answers say besides which
/// words a profile may be given (`isInVisibleAccess`, `isReadAccess`, `isWriteAccess`); what they mean together
/// is not said, so that the server decides, and every write is read back.
pub static KIND: Kind = Kind {
    collection: "fieldAccess",
    singular: "field of the system",
    doc: "What profiles may do with a field of the system. Nothing makes or removes it: a field that is not declared, and a profile that is not named, keep what they have. Of a custom field `customFields.*.access` says it.",
    risks: &[],
    fields: &[
        choice("module", custom_fields::MODULES)
            .identity()
            .required()
            .create_only()
            .openapi(Wire::Query("module"))
            .doc("The module that the field belongs to."),
        text("field")
            .max(100)
            .pattern(FIELD_NAME)
            .naming()
            .required()
            .create_only()
            .openapi(read_at("field", "apiName"))
            .doc("The field's API name, such as `subject`."),
        ACCESS,
    ],
    marks: &[Mark::foreign(
        "isCustomField",
        Is::True,
        "a custom field",
        "declared as custom fields",
    )],
    openapi: Some(Api {
        listing: Listing::Each("/fields?module={module}", &[]),
        page: 0,
        item: Some("/fields/{id}"),
        apart: &[APART],
        scopes: Scopes {
            read: &["Desk.fields.READ", "Desk.settings.READ"],
            create: &[],
            update: &["Desk.permissions.UPDATE", "Desk.settings.UPDATE"],
            delete: &[],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
