//! Root categories of the knowledge base.

use super::{
    Api, Change, Create, Encoding, Field, Items, Kind, Listing, Map, Removal, Scopes, Shape, Stage,
    Switch, Target, Within, choice, encoded, flag, in_help_center, patterns, read_at, reference,
    references, sent, text, to,
};

/// Where a person makes and changes root categories.
const PLACE: &str = "KB > Manage KB";

/// Languages of the knowledge base. Source: `KBRootCategory`, the schema of a translation.
const LOCALES: &[&str] = &[
    "en", "ja", "zh", "es", "de", "fr", "tr", "ru", "pt", "it", "nl", "da", "sv", "pl", "ar", "he",
    "af", "cs", "fr-ca", "bg", "fi", "el", "hu", "id", "nb", "ro", "th", "uk", "vi", "ur", "hi",
    "te", "kn", "ta", "mr", "ko", "fa", "bn", "gu", "ms", "ml", "en-gb", "sk", "hr", "sl", "zh_TW",
    "zh-tw", "ca", "ka", "kk", "my", "km", "pt-br",
];

/// The language of a translation.
pub(super) const LOCALE: Field = choice("locale", LOCALES)
    .required()
    .doc("The language, as its code.");

/// Who sees a category or a section. Source: `KBRootCategory`, `KBSection`.
pub(super) const VISIBILITIES: &[&str] =
    &["ALL_USERS", "AGENTS", "GROUP_USERS", "PRIVATE_IP", "NONE"];

/// Whether the help center shows it. Answers of root categories may show `ENABLED` besides, which no request
/// takes; those of sections have the first two words alone. Source: `KBRootCategory`, `KBSection`.
pub(super) const STATUSES: &[&str] = &["SHOW_IN_HELPCENTER", "HIDE_IN_HELPCENTER", "DISABLED"];

/// Groups of the same help center.
const GROUPS: Target = Target::to("helpCenterGroups").within(Within::Same("helpCenter"));

/// Scopes of the knowledge base. Source: `KBRootCategory`, `KBSection`, `KbCategory`.
pub(super) const SCOPES: Scopes = Scopes {
    read: &["Desk.articles.READ"],
    create: &["Desk.articles.CREATE"],
    update: &["Desk.articles.UPDATE"],
    delete: &["Desk.articles.DELETE"],
};

/// Source: `KBRootCategory`, `addKBRootCategory`, which demands all three of each translation. Its
/// example sends a permalink, too, which the closed schema does not have.
const TRANSLATIONS: Items = Items {
    fields: &[
        LOCALE,
        text("name")
            .max(100)
            .required()
            .doc("The category's name in the language."),
        text("description")
            .max(100)
            .pattern(patterns::NAME)
            .required()
            .doc("What it is about, in the language."),
    ],
    key: "locale",
    min: 1,
    max: 0,
    one_each: true,
    idle: &[],
    span: None,
};

/// Source: `KBRootCategory`, `addKBRootCategory` (`logoId`): the id of an image that was uploaded.
const LOGO: Map = Map::whole(&[text("id")
    .max(20)
    .pattern(patterns::DIGITS)
    .required()
    .doc("The id of the image, in quotes.")]);

/// A root category. Source: `KBRootCategory` (`getAllKBRootCategories`, `getKBRootCategory`,
/// `addKBRootCategory`), `KbCategory` (`deleteCategory`).
///
/// There is no update: a person makes each change, unless a declaration asks for a new category in place
/// of the old one. A creation demands the id of a logo, which only a person can upload: a category without
/// one is made by hand. Where answers show null or a word for a trashed one, [`super::rules::GONE`] tells.
///
/// Not written: permalinks, moderators, review owners, the order, what becomes of feedback
/// (`feedbackTicketConversionPreference`), and the addresses of `PRIVATE_IP`, which no creation takes. The
/// source does not say
///
/// - what becomes of the sections and articles of a deleted one, nor whether it can be restored;
/// - whether names differ within a help center: the server decides;
/// - whether `groupIds` may be left out: the schema demands it and the example lacks it, so that an empty
///   list is sent.
pub static KIND: Kind = Kind {
    collection: "kbRootCategories",
    singular: "root category of the knowledge base",
    doc: "A root category of the knowledge base: the topmost level of what articles are sorted into. The API changes none: a change is a step done by hand, or a replacement where `lifecycle: {replace: true}` asks for it. A new one needs the id of an uploaded logo, and is made by hand without.",
    delete_effect: Some("its sections and articles go with it, and making it anew does not bring them back"),
    removal_loses: true,
    fields: &[
        in_help_center("The help center that shows the category.").openapi(sent("helpcenterId")),
        // Requests take 300 characters; answers declare 100.
        text("name")
            .max(300)
            .pattern(patterns::TEXT)
            .naming()
            .required()
            .doc("The category's name."),
        text("description")
            .max(250)
            .pattern(patterns::TEXT)
            .doc("What the category is about. A creation needs it."),
        reference("primaryDepartment", to("departments"))
            .openapi(sent("primaryDepartmentId"))
            .doc("The department that the category belongs to. A creation needs it."),
        references("associatedDepartments", to("departments"))
            .openapi(sent("associatedDepartmentIds"))
            .doc("The departments that use the category."),
        choice("status", STATUSES)
            .doc("Whether the help center shows the category. A creation needs it."),
        choice("visibility", VISIBILITIES)
            .doc("Who sees the category. A creation needs it."),
        references("groups", GROUPS)
            .default_on_create(Switch::Empty)
            .openapi(read_at("groupIds", "groups/*/id"))
            .doc("The groups of users who see the category, where `visibility` is `GROUP_USERS`."),
        choice("articleViewType", &["LISTVIEW", "OVERVIEW"])
            .default_on_create(Switch::Word("LISTVIEW"))
            .doc("How articles are listed."),
        flag("isReviewEnabled")
            .default_on_create(Switch::Flag(false))
            .doc("Whether articles are reviewed before they are published."),
        choice("moderationType", &["FIRST_ACTION", "ALL_ACTION", "NONE"])
            .doc("What of users is moderated."),
        Field::new("translations", Shape::Items(TRANSLATIONS))
            .doc("The category in each language, such as `{en: {name: Guides, description: How it works}}`. A creation needs one at least."),
        Field::new("logo", Shape::Map(LOGO))
            .create_only()
            .write_only()
            .openapi(encoded("logoId", Encoding::Leaf))
            .stage(Stage::Create)
            .doc("The image of the category, such as `{id: \"4000000012345\"}`, once a person has uploaded it. Without it a person has to create the category."),
    ],
    openapi: Some(Api {
        // What is listed without a help center is not said. Whether trashed ones are listed is not either.
        listing: Listing::Each("/kbRootCategories?helpcenterId={helpCenter}", &[]),
        page: 700,
        item: Some("/kbRootCategories/{id}"),
        create: Create::PostWith {
            path: "/kbRootCategories",
            needs: "logo",
            otherwise: PLACE,
        },
        required_on_create: &[
            "description",
            "primaryDepartment",
            "status",
            "visibility",
            "translations",
        ],
        change: Change::Manual(PLACE),
        removal: Removal::Delete("/kbCategory/{id}"),
        scopes: Scopes {
            update: &[],
            ..SCOPES
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
