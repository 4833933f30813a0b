//! Ticket templates.

use super::template_folders::SCOPES;
use super::{
    Alike, Api, Create, Field, Kind, Listing, Pattern, Removal, Within, custom_values_or_null,
    email, flag, in_object, map, patterns, reference, references, sent, text, to,
};

/// Source: Ticket Template, `createTicketTemplate` (`email`).
const EMAIL: Pattern = Pattern {
    regex: r"^[a-zA-Z0-9_][a-zA-Z0-9_+\-.'&~]*@(?:[a-zA-Z0-9]+(?:[-_]*[a-zA-Z0-9])*\.)+[a-zA-Z]{2,22}$",
    words: "an e-mail address such as `name@example.com`",
    sample: "info@example.com",
    allows_empty: false,
};

/// Source: Ticket Template, `createTicketTemplate` (`phone`).
const PHONE: Pattern = Pattern {
    regex: r"^(?:[0-9a-zA-Z_+\-.()$@?,:'/!\s]|[^\x00-\x7F])+$",
    words: "made of letters, digits, white space and `_ + - . ( ) $ @ ? , : ' / !`",
    sample: "+1 555 0100",
    allows_empty: false,
};

/// Source: Ticket Template, `createTicketTemplate` (`dueDate`), whose pattern lets other spellings of the
/// same through.
const DUE: Pattern = Pattern {
    regex: r"^(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,3})?Z$",
    words: "a time in UTC such as `2027-06-30T09:00:00Z`",
    sample: "2027-06-30T09:00:00Z",
    allows_empty: false,
};

/// What new tickets get. Source: Ticket Template, `createTicketTemplate` (`TicketTemplateValues`), which
/// demands all twenty; its examples send four or five. Right under both readings is to send all, what says
/// nothing as null.
const VALUES: &[Field] = &[
    text("subject").max(1_000).nullable().sent_empty().doc("The subject."),
    text("description").max(65_535).alike(Alike::Html).nullable().sent_empty()
        .doc("What is written; as HTML it is compared as it is shown."),
    reference("department", to("departments")).openapi(sent("departmentId")).nullable().sent_empty()
        .doc("The department that the tickets go to."),
    reference("contact", to("contacts")).openapi(sent("contactId")).nullable().sent_empty()
        .doc("The person who writes."),
    reference("account", to("accounts")).openapi(sent("accountId")).nullable().sent_empty()
        .doc("The company that the person belongs to."),
    reference("product", to("products")).openapi(sent("productId")).nullable().sent_empty()
        .doc("The product that the tickets are about."),
    reference("assignee", to("agents")).openapi(sent("assigneeId")).nullable().sent_empty()
        .doc("The agent who gets the tickets."),
    reference("team", to("teams")).openapi(sent("teamId")).nullable().sent_empty()
        .doc("The team that gets the tickets."),
    references("secondaryContacts", to("contacts")).nullable().sent_empty().doc("Others who are told."),
    email("email", 150, EMAIL).nullable().sent_empty().doc("The e-mail address of the person."),
    text("phone").max(120).pattern(PHONE).nullable().sent_empty().doc("The phone number of the person."),
    text("status").nullable().sent_empty().doc("The status, one of the layout's choices."),
    text("priority").nullable().sent_empty().doc("The priority, one of the layout's choices."),
    text("category").nullable().sent_empty().doc("The category, one of the layout's choices."),
    text("subCategory").nullable().sent_empty().doc("The category below it, one of the layout's choices."),
    text("classification").nullable().sent_empty().doc("The classification, one of the layout's choices."),
    text("channel").nullable().sent_empty().doc("The channel that the tickets come by."),
    text("language").nullable().sent_empty().doc("The language of the person."),
    text("dueDate").max(100).pattern(DUE).alike(Alike::Instant).nullable().sent_empty()
        .doc("Until when the tickets are to be done."),
    custom_values_or_null("tickets").nullable().sent_empty().doc(
        "Values of custom fields of the module `tickets`, by `customFields` handle or API name.",
    ),
];

/// A ticket template. Source: Ticket Template (`getTicketTemplates`, `getTicketTemplate`,
/// `createTicketTemplate`, `updateTicketTemplate`, `deleteTicketTemplates`).
///
/// One listing has the templates of all layouts, without their values. `updateTicketTemplate` takes another
/// layout, and what a name counts below never changes here. The source does not say
///
/// - whether names differ within a layout: the server decides, and two live ones of one name are told apart
///   by their ids;
/// - whether an update keeps the values that it leaves out: all of them are sent again with the changes in
///   them, those of custom fields too, which is right under both readings;
/// - whether the description is HTML: one with a tag is compared so;
/// - whether a choice has to be one of the layout's, an agent or a team to be of the department, or a
///   product to be of it: there the server decides;
/// - what becomes of the templates of a layout that goes: those that are declared go before it.
///
/// Not read is `ticketNumber`, which no request takes.
pub static KIND: Kind = Kind {
    collection: "ticketTemplates",
    singular: "ticket template",
    doc: "A ticket template: what a new ticket that is made from it says.",
    fields: &[
        reference(
            "layout",
            to("layouts").within(Within::Fixed("module", "tickets")),
        )
        .identity()
        .required()
        .create_only()
        .openapi(sent("layoutId"))
        .doc("The layout of the tickets, one of the module `tickets`. Names count inside of it."),
        text("ticketTemplateName")
            .max(200)
            .pattern(patterns::NAME)
            .naming()
            .required()
            .doc("The template's name."),
        flag("showInCustomerPortal")
            .never_null()
            .doc("Whether customers find it in the help center."),
        map("ticketTemplateValues", VALUES)
            .never_null()
            .openapi(in_object("ticketTemplateValues"))
            .doc("What the ticket says. A creation needs it. What is not named stays as it is, and is null of a new one; `null` takes a value away."),
    ],
    openapi: Some(Api {
        listing: Listing::Whole("/ticketTemplates"),
        item: Some("/ticketTemplates/{id}"),
        create: Create::Post("/ticketTemplates"),
        required_on_create: &["ticketTemplateValues"],
        update: Some("/ticketTemplates/{id}"),
        // The answer is 200 even where an id fails.
        removal: Removal::Bulk("/ticketTemplates/deleteMany", "ids"),
        scopes: SCOPES,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
