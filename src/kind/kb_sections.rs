//! Sections of the knowledge base.

use super::kb_root_categories::{LOCALE, SCOPES, STATUSES, VISIBILITIES};
use super::{
    Api, Create, Field, Items, Kind, Listing, Removal, Shape, Tree, choice, object_at, patterns,
    reference, references, sent, text, to,
};

/// Source: `KBSection`, `addKBSection` and `updateKBSection`, which demand both. Their schema is closed and has
/// a permalink besides, their examples have a description: neither is written.
const TRANSLATIONS: Items = Items {
    fields: &[
        LOCALE,
        text("name")
            .max(100)
            .required()
            .doc("The section's name in the language."),
    ],
    key: "locale",
    min: 1,
    max: 0,
    one_each: true,
    idle: &[],
    span: None,
};

/// A section. Source: `KBSection` (`getKBSection`, `addKBSection`, `updateKBSection`), `KBRootCategory`
/// (`getKBRootCategoryTree`), `KbCategory` (`deleteCategory`).
///
/// One tree for each root category shows its sections with less than each shows by itself. A creation marks
/// no parent as required; a section without one means nothing, so that it is demanded. No update takes
/// the parent, so that a section stays where it is.
///
/// Requests take the status `DISABLED`, and no answer of a section has that word: whatever is shown instead is
/// compared with what the last apply saw stored.
///
/// Not written: the logo, of which requests take an id and answers show an address; `articlePermission`, which
/// no answer shows; the addresses of `PRIVATE_IP`, which requests take as objects whose keys nobody says;
/// permalinks and the order. The source does not say
///
/// - what becomes of the sections and articles of a deleted one, nor whether it can be restored;
/// - whether names differ within a parent: the server decides;
/// - whether an update that names translations takes the others away: all that are wanted are sent, and
///   what is left is told.
pub static KIND: Kind = Kind {
    collection: "kbSections",
    singular: "section of the knowledge base",
    doc: "A section of the knowledge base, below a root category or below another section. Its name counts below its parent, and it stays there.",
    delete_effect: Some("its sections and articles go with it, and making it anew does not bring them back"),
    removal_loses: true,
    fields: &[
        reference("parent", to("kbRootCategories").also(&["kbSections"]))
            .identity()
            .required()
            .create_only()
            .hierarchy()
            .openapi(sent("parentCategoryId"))
            .doc("What the section lies below: the handle of a root category or of another section. `{lookup: Guides}` is a live root category, `{lookup: {name: Billing, parent: Guides}}` a live section."),
        // Requests take 300 characters; answers declare 100.
        text("name")
            .max(300)
            .pattern(patterns::TEXT)
            .naming()
            .required()
            .doc("The section's name."),
        // Neither request takes null or the empty text.
        text("description")
            .max(250)
            .pattern(patterns::TEXT)
            .doc("What the section is about."),
        choice("status", STATUSES)
            .never_null()
            .unshown(&["DISABLED"])
            .doc("Whether the help center shows the section."),
        choice("visibility", VISIBILITIES)
            .never_null()
            .doc("Who sees the section."),
        references("groups", to("helpCenterGroups"))
            .openapi(object_at("groupIds", "groups/*/id"))
            .doc("The groups of users who see the section, where `visibility` is `GROUP_USERS`."),
        Field::new("translations", Shape::Items(TRANSLATIONS))
            .doc("The section's name in each language, such as `{en: {name: Billing}}`. A creation needs one at least."),
    ],
    openapi: Some(Api {
        listing: Listing::Each("/kbRootCategories/{parent.*}/categoryTree", &[]),
        page: 0,
        items: "children",
        tree: Some(Tree {
            below: "children",
            parent: "parent",
        }),
        item: Some("/kbSections/{id}"),
        create: Create::Post("/kbSections"),
        required_on_create: &["translations"],
        update: Some("/kbSections/{id}"),
        removal: Removal::Delete("/kbCategory/{id}"),
        scopes: SCOPES,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
