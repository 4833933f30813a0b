//! Accounts.

use super::{
    Api, Create, Encoding, Form, Holders, Kind, Listing, Removal, Scopes, Search, Wire, Within,
    by_fields, custom_values, email, encoded, in_object, integer, patterns, reference, references,
    sent, text, to,
};

/// An account. Source: Account (`getAccounts`, `createAccount`, `updateAccount`,
/// `deleteAccount`); the guide's account object.
pub static KIND: Kind = Kind {
    collection: "accounts",
    singular: "account",
    doc: "A company that contacts belong to. Accounts are seeds: deleting a line never deletes a company unless `prune` says so.",
    managed: true,
    enabled: None,
    seed: true,
    may_be_pruned: false,
    create_effect: None,
    holders: Holders {
        fields: &[],
        places: &["the recycle bin"],
    },
    delete_effect: Some("it goes to the recycle bin for 60 days; contacts lose their account"),
    fields: &[
        text("accountName")
            .max(200)
            .naming()
            .required()
            .doc("The company's name."),
        text("website")
            .max(120)
            .pattern(patterns::WEBSITE)
            .contradicted()
            .nullable()
            .doc("The web site, with its scheme."),
        text("phone")
            .max(30)
            .pattern(patterns::PHONE)
            .contradicted()
            .nullable()
            .doc("The phone number."),
        email("email", 255, patterns::EMAIL)
            .nullable()
            .doc("The e-mail address."),
        text("industry")
            .max(120)
            .pattern(patterns::NAME)
            .openapi(by_fields("industry"))
            .doc("The industry, one of the organization's choices."),
        text("annualrevenue")
            .max(100)
            .pattern(patterns::AMOUNT)
            .openapi(by_fields("annualrevenue"))
            .guide(encoded("annualRevenue", Encoding::TextAsNumber))
            .doc("The yearly revenue, as a text of digits."),
        integer("numberOfEmployees", 0, 2_147_483_647)
            .openapi(Wire::Harmless)
            .doc("How many people work there (guide only)."),
        text("description")
            .max(65_535)
            .openapi(in_object("description"))
            .doc("Notes about the company."),
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
            .doc("The city; 30 characters at most once the account exists."),
        text("state")
            .max(100)
            .update_max(30)
            .openapi(by_fields("state"))
            .guide(Wire::Harmless)
            .doc("The state; 30 characters at most once the account exists."),
        text("country")
            .max(100)
            .update_max(30)
            .openapi(by_fields("country"))
            .guide(Wire::Harmless)
            .doc("The country; 30 characters at most once the account exists."),
        text("code")
            .max(30)
            .pattern(patterns::NAME)
            .contradicted()
            .openapi(by_fields("code"))
            .guide(Wire::Harmless)
            .doc("The postal code."),
        text("fax")
            .max(30)
            .pattern(patterns::MOBILE)
            .contradicted()
            .openapi(by_fields("fax"))
            .guide(Wire::Harmless)
            .doc("The fax number."),
        reference("owner", to("agents"))
            .server_default()
            .openapi(by_fields("ownerId"))
            .guide(Wire::Refused("the guide's accounts have no owner"))
            .doc("The agent who looks after the company."),
        references("slas", to("slas"))
            .openapi(in_object("associatedSLAIds"))
            .guide(Wire::Refused("the guide's accounts have no SLAs"))
            .doc("The SLAs that hold for the company."),
        reference("layout", to("layouts").within(Within::Fixed("module", "accounts")))
            .openapi(by_fields("layoutId"))
            .guide(Wire::Harmless)
            .doc("The layout of the record, by name."),
        custom_values("accounts")
            .openapi(by_fields("cf"))
            .guide(sent("cf"))
            .doc("Values of custom fields of the module `accounts`, by `customFields` handle or API name."),
    ],
    disable_effect: None,
    openapi: Some(Api {
        listing: Listing::Whole("/accounts"),
        page: 100,
        id: "id",
        item: Some("/accounts/{id}"),
        takes_fields: true,
        search: Some(Search {
            path: "/accounts/search",
            by: "accountName",
            ..super::SEARCH
        }),
        // The listing lacks `modifiedTime`.
        dated_in_object: true,
        create: Create::Post("/accounts"),
        required_on_create: &[],
        update: Some("/accounts/{id}"),
        resend: &[],
        removal: Removal::Trash("/accounts/moveToTrash", "accountIds"),
        switch: None,
        form: Form::Plain,
        scopes: super::CONTACTS_SCOPES,
        ..Api::BLANK
    }),
    guide: Some(Api {
        listing: Listing::Whole("/accounts"),
        page: 100,
        id: "id",
        item: Some("/accounts/{id}"),
        takes_fields: false,
        create: Create::Post("/accounts"),
        required_on_create: &[],
        update: Some("/accounts/{id}"),
        resend: &[],
        removal: Removal::Delete("/accounts/{id}"),
        switch: None,
        form: Form::Plain,
        scopes: Scopes {
            read: &["Desk.accounts.ALL", "Desk.contacts.ALL", "Desk.contacts.READ"],
            create: &["Desk.accounts.ALL", "Desk.contacts.ALL", "Desk.contacts.WRITE"],
            update: &["Desk.accounts.ALL", "Desk.contacts.ALL", "Desk.contacts.WRITE"],
            delete: &["Desk.accounts.ALL", "Desk.contacts.ALL", "Desk.contacts.WRITE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
