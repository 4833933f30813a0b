//! E-mail templates.

use super::rules::{Deed, Is, Mark, Placeholders};
use super::template_folders::SCOPES;
use super::{
    Alike, Api, Create, Kind, Listing, Pattern, Removal, Sample, Switch, Within, choice, email,
    in_department, patterns, read_at, reference, sent, text, to,
};
use crate::api::BARE;

/// Source: `EmailTemplates`, `addTemplate` (`fromId`): a text that ends in an address, with a name before
/// it or without, perhaps several of them.
const SENDER: Pattern = Pattern {
    regex: r"^.*[a-zA-Z0-9][\w\-.+'/]*@[\w\-.]*\.[a-zA-Z]{2,22}(?:.[a-zA-Z]{2}){0,2}>*[\s]*(?:[,;][\s]*)?$",
    words: "an e-mail address such as `support@example.com`, or `Support<support@example.com>`",
    sample: "info@example.com",
    allows_empty: false,
};

/// Source: `EmailTemplates`, `addTemplate` and `patchTemplate` (`replyTo`).
const REPLY: Pattern = Pattern {
    regex: r"^[a-zA-Z0-9_][a-zA-Z0-9_+\-.&']*@(?:[a-zA-Z0-9]+(?:[-_]*[a-zA-Z0-9])*\.)+[a-zA-Z]{2,22}$",
    words: "an e-mail address such as `name@example.com`",
    sample: "info@example.com",
    allows_empty: false,
};

/// Why manifests do not have attachments.
const ATTACHMENTS: &str = "attach files in Zoho Desk: the API takes ids of uploaded files, which cannot be compared with files here; those of a live template stay";

/// An e-mail template. Source: `EmailTemplates` (`getTemplates`, `addTemplate`, `patchTemplate`,
/// `deleteTemplate`).
///
/// Listings show the body; only the single object shows attachments. `patchTemplate` takes another
/// department, and what a name counts below never changes here. The sender is the text of an address,
/// perhaps with a name before it: what the source calls its id is the address alone. A template
/// for `solutions` may be shown, which no request takes: it is left alone. The source does not say
///
/// - whether names differ within a department, or within a folder alone: the server decides, and two live
///   ones of one name in a department are told apart by their ids;
/// - what the server makes of HTML: it is compared as HTML, and what still differs with what the last
///   apply has seen stored. An answer that shows another text than was sent is believed;
/// - what becomes of automations that send a template which goes;
/// - what may be done with a template of the system, whose `category` no request takes: it keeps its name
///   and is never removed, and the server decides about the rest;
/// - whether an empty `replyTo` is taken: the length allows one and the pattern does not, and so it is not
///   cleared.
pub static KIND: Kind = Kind {
    collection: "emailTemplates",
    singular: "e-mail template",
    doc: "An e-mail template: what agents and automations send. Its attachments are left alone: the API takes the ids of files that were uploaded before, and an id says nothing of what is in a file.",
    delete_effect: Some(
        "its attachments go with it, and what sends it, such as a workflow, may fail",
    ),
    removal_loses: true,
    elsewhere: &[
        ("attachments", ATTACHMENTS),
        ("attachmentIds", ATTACHMENTS),
    ],
    fields: &[
        in_department("The department that the template belongs to."),
        text("templateName")
            .max(250)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The template's name."),
        reference(
            "folder",
            to("templateFolders").within(Within::Same("department")),
        )
        .required()
        .openapi(sent("folderId"))
        .doc("The folder that the template lies in."),
        choice(
            "recordType",
            &[
                "tickets", "tasks", "contacts", "accounts", "products", "calls", "events",
            ],
        )
        .never_null()
        .doc("The module of the records that the template is for. A creation needs it."),
        text("subject")
            .max(1_000)
            .placeholders()
            .doc("The subject, which may hold placeholders such as `${Tickets.Subject}`. A creation needs it."),
        text("body")
            .max(64_000)
            .alike(Alike::Html)
            .rewritten()
            .plain_with("contentType", "plaintext")
            .placeholders()
            .doc("The text, as HTML where `contentType` is `richtext`. It may hold placeholders such as `${Tickets.Ticket Id}`."),
        choice("contentType", &["richtext", "plaintext"])
            .default_on_create(Switch::Word("richtext"))
            .never_null()
            .doc("Whether the body is HTML or plain text."),
        text("from")
            .max(100)
            .pattern(SENDER)
            .or_one_of(&[to("mailReplyAddresses").by_name()])
            .sample(Sample::Of("mailReplyAddresses", "address"))
            .openapi(sent("fromId"))
            .doc("The address that the e-mail comes from: one that the department sends from, as a text or as a reply address, `{mailReplyAddress: support@example.com}`. A creation needs it."),
        email("replyTo", 100, REPLY)
            .openapi(read_at("replyTo", "replyToAddr"))
            .doc("The address that answers go to, where that is another one."),
    ],
    marks: &[
        Mark::foreign(
            "recordType",
            Is::Word("solutions"),
            "a template of the module `solutions`",
            "for solutions",
        ),
        Mark::partly(
            "category",
            Is::Word("DEFAULT_TEMPLATE"),
            "a template of the system",
            "of the system",
            &[Deed::Rename, Deed::Remove, Deed::PruneAll],
        ),
    ],
    openapi: Some(Api {
        // The items are whole but for attachments. The answer is a bare list. Bodies are long, but no page may
        // begin behind the 1,000th, so that only the longest ones reach 2,000.
        listing: Listing::Each("/templates?departmentId={department}", &[]),
        page: 1_000,
        last: Some(1_000),
        items: BARE,
        id: "templateId",
        item: Some("/templates/{id}"),
        create: Create::Post("/templates"),
        required_on_create: &["recordType", "subject", "from"],
        update: Some("/templates/{id}"),
        removal: Removal::Delete("/templates/{id}"),
        // Source: `EmailTemplates`, `getPlaceHolders`.
        placeholders: Some(Placeholders {
            path: "/templates/placeHolders",
            by: &[("departmentId", "department"), ("module", "recordType")],
            of: "recordType",
            groups: "data",
            items: "supportedPlaceHolders",
            text: "placeHolder",
        }),
        scopes: SCOPES,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
