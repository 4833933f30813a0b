//! Folders of e-mail templates.

use super::rules::{Deed, GoWith, Is, Mark, Rule, Uses};
use super::{
    Api, Create, Field, Kind, Listing, Map, Removal, Scopes, Shape, Target, Within, choice,
    in_department, patterns, references, sent, text, to,
};
use crate::api::BARE;

/// Scopes of folders and of what lies in them. Source: `TemplateFolders`, `EmailTemplates`.
pub(super) const SCOPES: Scopes = Scopes {
    read: &["Desk.settings.READ", "Desk.templates.READ"],
    create: &["Desk.settings.CREATE", "Desk.templates.CREATE"],
    update: &["Desk.settings.UPDATE", "Desk.templates.UPDATE"],
    delete: &["Desk.settings.DELETE", "Desk.templates.DELETE"],
};

/// The word of a folder that some agents alone may use.
const RESTRICTED: &str = "restrictedAccess";

/// Who may use a folder is named under this word alone.
const NAMED: GoWith = GoWith {
    fields: &["agents", "teams", "roles", "rolesAndSubordinates"],
    with: "type",
    is: &[RESTRICTED],
    instead: "name nobody",
    always: true,
    together: false,
};

/// Those of a list who may use a folder. The schema demands each list, so that an empty one is sent.
const fn users(name: &'static str, target: Target) -> Field {
    references(name, target).sent_empty()
}

/// Source: `TemplateFolders`, `addTemplateFolder` and `patchTemplateFolder` (`AccessDetailsRequest`),
/// which demand all five; an example sends `type` alone. Right under both readings is to send all five.
const ACCESS: Map = Map::whole(&[
    choice("type", &[RESTRICTED, "allAgents"])
        .required()
        .doc("Whether those named here may use the folder, or all agents."),
    users("agents", to("agents"))
        .doc("Agents who may use it; with `restrictedAccess` only, as what follows."),
    users("teams", to("teams").within(Within::Same("department")))
        .doc("Teams of the department whose agents may use it."),
    users("roles", to("roles")).doc("Roles whose agents may use it."),
    users("rolesAndSubordinates", to("roles"))
        .doc("Roles whose agents may use it, with those of the roles below."),
]);

/// A folder. Source: `TemplateFolders` (`getTemplateFolders`, `addTemplateFolder`,
/// `patchTemplateFolder`, `deleteTemplateFolder`).
///
/// Not read: `templatesCount`, which is asked for by `include`. `patchTemplateFolder` takes another
/// department, and what a name counts below never changes here. A folder that its maker alone may use
/// (`onlyMe`) is left to that one: whose it is follows from the token that makes it. The source does not
/// say
///
/// - whether names differ within a department, nor whether teams have to be of the department: teams of
///   another one are refused here, which is right under both readings;
/// - what becomes of the templates of a folder that goes: those that are declared go before it, and the
///   plan tells it of the others;
/// - whether a new department brings its default folder. One that is declared in a new department is
///   made; where the server refuses a second one of its name, the next run takes the first one over;
/// - what may be done with the default folder, whose `category` no request takes: it keeps its name and
///   is never removed, and the server decides about the rest.
pub static KIND: Kind = Kind {
    collection: "templateFolders",
    singular: "template folder",
    doc: "A folder of e-mail templates: which agents may use them.",
    delete_effect: Some(
        "Zoho Desk may refuse that as long as templates are in it, or delete them with it",
    ),
    removal_loses: true,
    fields: &[
        in_department("The department that the folder belongs to."),
        text("folderName")
            .max(250)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The folder's name."),
        text("folderDesc")
            .max(32_000)
            .doc("What the folder is for."),
        Field::new("access", Shape::Map(ACCESS))
            .never_null()
            .openapi(sent("folderAccessDetails"))
            .doc("Who may use the folder. A creation needs it."),
    ],
    rules: &[Rule::InMap("access", &NAMED)],
    marks: &[
        Mark::foreign(
            "folderAccessDetails/type",
            Is::Word("onlyMe"),
            "a folder that one agent alone may use",
            "of one agent",
        ),
        Mark::partly(
            "category",
            Is::Word("DEFAULT_FOLDER"),
            "the default folder of its department",
            "of the system",
            &[Deed::Rename, Deed::Remove, Deed::PruneAll],
        ),
    ],
    openapi: Some(Api {
        // The items are whole. The answer is a bare list.
        listing: Listing::Each("/templateFolders?departmentId={department}", &[]),
        page: 1_000,
        last: Some(1_000),
        items: BARE,
        id: "folderId",
        item: Some("/templateFolders/{id}"),
        create: Create::Post("/templateFolders"),
        required_on_create: &["access"],
        update: Some("/templateFolders/{id}"),
        removal: Removal::Delete("/templateFolders/{id}"),
        // Source: `EmailTemplates`, `getTemplates`.
        uses: Some(Uses::inside(
            "/templates?departmentId={department}&folderId={id}",
            100,
            &[("", "e-mail template")],
            ["templateId", "templateName"],
        )),
        scopes: SCOPES,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
