//! Contacts.

use super::{
    Api, Create, Form, Holders, Kind, Listing, Removal, Scopes, Search, Wire, Within, by_fields,
    custom_values, email, in_object, patterns, reference, sent, text, to,
};

/// A contact. Source: Contact (`getContacts`, `createContact`, `updateContact`,
/// `deleteContact`); the guide's contact object.
pub static KIND: Kind = Kind {
    collection: "contacts",
    singular: "contact",
    doc: "A person who writes tickets. The handle is the e-mail address. Contacts are seeds: deleting a line never deletes a person unless `prune` says so.",
    managed: true,
    enabled: None,
    seed: true,
    may_be_pruned: false,
    create_effect: None,
    holders: Holders {
        fields: &["secondaryEmail"],
        places: &["the recycle bin","the second e-mail addresses of other contacts"],
    },
    delete_effect: Some("the record goes to the recycle bin for 60 days"),
    fields: &[
        email("email", 255, patterns::EMAIL)
            .naming()
            .required()
            .doc("The e-mail address."),
        text("firstName").max(40).nullable().doc("The first name."),
        text("lastName")
            .max(200)
            .required()
            .doc("The last name; the product demands it."),
        email("secondaryEmail", 100, patterns::EMAIL)
            .nullable()
            .guide(Wire::Harmless)
            .doc("A second e-mail address."),
        text("phone")
            .max(50)
            .pattern(patterns::PHONE)
            .contradicted()
            .nullable()
            .doc("The phone number."),
        text("mobile")
            .max(50)
            .pattern(patterns::MOBILE)
            .contradicted()
            .doc("The mobile number."),
        reference("account", to("accounts"))
            .nullable()
            .openapi(sent("accountId"))
            .guide(sent("accountId"))
            .doc("The company the contact belongs to."),
        reference("owner", to("agents"))
            .nullable()
            .server_default()
            .openapi(sent("ownerId"))
            .guide(Wire::Refused("the guide's contacts have no owner"))
            .doc("The agent who looks after the contact; left out, the server fills in the acting agent."),
        text("title")
            .max(100)
            .openapi(by_fields("title"))
            .doc("The job title."),
        text("type")
            .max(120)
            .pattern(patterns::WORDS)
            .nullable()
            .doc("What kind of contact it is, one of the organization's choices."),
        text("description")
            .max(65_535)
            .openapi(in_object("description"))
            .doc("Notes about the contact."),
        text("street")
            .max(250)
            .openapi(by_fields("street"))
            .guide(Wire::Harmless)
            .doc("The street."),
        text("city")
            .max(100)
            .update_max(30)
            .openapi(by_fields("city"))
            .guide(Wire::Harmless)
            .doc("The city; 30 characters at most once the contact exists."),
        text("state")
            .max(100)
            .update_max(30)
            .openapi(by_fields("state"))
            .guide(Wire::Harmless)
            .doc("The state; 30 characters at most once the contact exists."),
        text("country")
            .max(100)
            .update_max(30)
            .openapi(by_fields("country"))
            .guide(Wire::Harmless)
            .doc("The country; 30 characters at most once the contact exists."),
        text("zip")
            .max(18)
            .pattern(patterns::DIGITS)
            .contradicted()
            .openapi(by_fields("zip"))
            .guide(Wire::Harmless)
            .doc("The postal code; quote it if it begins with 0."),
        text("twitter")
            .max(100)
            .openapi(by_fields("twitter"))
            .guide(Wire::Harmless)
            .doc("The name on X."),
        text("facebook")
            .max(100)
            .openapi(by_fields("facebook"))
            .guide(Wire::Harmless)
            .doc("The name on Facebook."),
        text("language")
            .max(255)
            .pattern(patterns::WORDS)
            .write_only()
            .guide(Wire::Harmless)
            .doc("The language of mails to the contact. The API takes it and never shows it, so it is sent on creation and not compared afterwards."),
        reference("layout", to("layouts").within(Within::Fixed("module", "contacts")))
            .openapi(by_fields("layoutId"))
            .guide(Wire::Harmless)
            .doc("The layout of the record, by name."),
        custom_values("contacts")
            .openapi(by_fields("cf"))
            .guide(sent("cf"))
            .doc("Values of custom fields of the module `contacts`, by `customFields` handle or API name."),
    ],
    disable_effect: None,
    openapi: Some(Api {
        listing: Listing::Whole("/contacts"),
        page: 100,
        id: "id",
        item: Some("/contacts/{id}"),
        takes_fields: true,
        search: Some(Search {
            path: "/contacts/search",
            by: "email",
            ..super::SEARCH
        }),
        // Measured: a second contact with one address is refused. Addresses of more than 100 characters were
        // cut once, so that the server did not tell them apart.
        unique: Some(100),
        // The listing lacks `modifiedTime`.
        dated_in_object: true,
        create: Create::Post("/contacts"),
        required_on_create: &[],
        update: Some("/contacts/{id}"),
        resend: &[],
        removal: Removal::Trash("/contacts/moveToTrash", "contactIds"),
        switch: None,
        form: Form::Plain,
        scopes: super::CONTACTS_SCOPES,
        ..Api::BLANK
    }),
    guide: Some(Api {
        listing: Listing::Whole("/contacts"),
        page: 100,
        id: "id",
        item: Some("/contacts/{id}"),
        takes_fields: false,
        // Source: the guide's search of contacts, which takes the address alone.
        search: Some(Search {
            path: "/contacts/search",
            by: "email",
            page: 0,
            ..super::SEARCH
        }),
        unique: Some(100),
        create: Create::Post("/contacts"),
        required_on_create: &[],
        update: Some("/contacts/{id}"),
        resend: &[],
        removal: Removal::Delete("/contacts/{id}"),
        switch: None,
        form: Form::Plain,
        scopes: Scopes {
            read: &["Desk.contacts.ALL", "Desk.contacts.READ"],
            create: &["Desk.contacts.ALL", "Desk.contacts.WRITE"],
            update: &["Desk.contacts.ALL", "Desk.contacts.WRITE"],
            delete: &["Desk.contacts.ALL", "Desk.contacts.WRITE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
