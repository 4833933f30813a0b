//! Addresses from which a department answers.

use crate::problem::Code;

use super::rules::{Clash, GoWith, Rule};
use super::{
    Api, Create, Encoding, Kind, Listing, Pattern, Removal, Scopes, Stage, Switch, Wire, choice,
    email, flag, in_department, integer, map, patterns, text,
};

/// Source: Mail Reply Address, `addFromAddress`. How long each half of an address may be, the expression says
/// besides; its whole length says it here.
const ADDRESS: Pattern = Pattern {
    regex: r"^[A-Za-z0-9]+(?:[._+&!*'-][A-Za-z0-9]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}$",
    words: "an e-mail address of letters, digits and single `. _ + & ! * ' -`",
    sample: "support@example.com",
    allows_empty: false,
};

/// Source: Mail Reply Address, `addFromAddress`; `updateFromAddress` has no expression.
const DISPLAYED: Pattern = Pattern {
    regex: r"^(?:[A-Za-z0-9\[\]()._\- |']|[^\x00-\x7F])+$",
    words: "made of letters, digits, blanks and `[ ] ( ) . _ - | '`",
    sample: "Example",
    allows_empty: false,
};

/// An address from which a department answers. Source: Mail Reply Address (`getReplyMailAddresses`,
/// `getFromAddress`, `addFromAddress`, `updateFromAddress`, `deleteMailReplyAddress`). One listing shows
/// those of all departments.
///
/// A person confirms a new address by the link that is mailed to it, and no request says that it is confirmed: a
/// declaration implies that it shall be, which is a step done by hand until it is. A creation takes no
/// `isActive`: an update that follows sends it. Whoever sends a word that goes with SMTP details sends them, and
/// whoever sends those sends the password.
///
/// Not written: `isSmtpEnabled`, which says the same as `serviceProviderType`. The source does not say
///
/// - what becomes of tickets and templates that use a deleted address;
/// - whether the default of a department gives way to a new one: what is declared is compared each time;
/// - whether an update may move an address to another department: it takes one, and names count below it, so that
///   an address stays.
pub static KIND: Kind = Kind {
    collection: "mailReplyAddresses",
    singular: "reply address",
    word: "mailReplyAddress",
    doc: "An address from which a department answers. A person confirms a new one by the link that Zoho Desk mails to it; until then that is a step done by hand. Addresses that receive mail are others, which no request makes.",
    fields: &[
        in_department("The department that answers from the address."),
        email("address", 100, ADDRESS)
            .naming()
            .required()
            .create_only()
            .doc("The e-mail address."),
        text("displayName")
            .max(100)
            .pattern(DISPLAYED)
            .doc("The name that readers see. A creation needs it."),
        choice(
            "serviceProviderType",
            &["ZohoSMTP", "CustomSMTP", "Outlook", "Office", "Google"],
        )
        .never_null()
        .doc("Who sends the mails. For Outlook, Office and Google a person has to consent besides."),
        map(
            "smtpDetails",
            &[
                text("host")
                    .max(100)
                    .pattern(patterns::NAME)
                    .never_null()
                    .doc("The server."),
                choice("port", &["25", "465", "587"])
                    .never_null()
                    .doc("Its port, in quotes."),
                text("userName")
                    .max(100)
                    .never_null()
                    .doc("The name of the account."),
                choice("connectionType", &["PLAIN", "SSL", "TLS"])
                    .never_null()
                    .doc("How the connection is secured."),
                text("password")
                    .max(30)
                    .never_null()
                    .secret()
                    .doc("The password of the account."),
                integer("passwordVersion", 1, 1_000_000)
                    .never_null()
                    .remembered()
                    .doc("Any number: another one than the last that was applied sends the password again."),
            ],
        )
        .doc("The server that sends the mails where `serviceProviderType` is `CustomSMTP`."),
        flag("isDepartmentDefault")
            .never_null()
            .exclusive(&Clash {
                code: Code::TwoDefaults,
                what: "are both the default of one department",
                labels: ("the first default", "the default again"),
                help: "a department has one default; take `isDepartmentDefault: true` out of the others",
            })
            .doc("Whether the department answers from it where nobody chooses."),
        flag("isActive")
            .never_null()
            .stage(Stage::Update)
            .doc("Whether the address is in use."),
        flag("isVerified")
            .implied(Switch::Flag(true))
            .openapi(Wire::Manual {
                read: Some("isVerified"),
                encoding: Encoding::Plain,
                instruction: "the mailbox of the address, by the link that Zoho Desk sent there",
            })
            .doc("Whether a person has confirmed the address; `false` asks nobody to."),
    ],
    rules: &[Rule::GoWith(&GoWith {
        fields: &["smtpDetails"],
        with: "serviceProviderType",
        is: &["CustomSMTP"],
        instead: "choose another `serviceProviderType`",
        always: false,
        together: true,
    })],
    openapi: Some(Api {
        listing: Listing::Whole("/mailReplyAddress?departmentId=allDepartment"),
        page: 100,
        item: Some("/mailReplyAddress/{id}"),
        create: Create::Post("/mailReplyAddress"),
        required_on_create: &["displayName"],
        update: Some("/mailReplyAddress/{id}"),
        removal: Removal::Delete("/mailReplyAddress/{id}"),
        scopes: Scopes {
            read: &["Desk.settings.READ", "Desk.basic.READ"],
            create: &["Desk.settings.CREATE"],
            update: &["Desk.settings.UPDATE"],
            delete: &["Desk.settings.DELETE"],
        },
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
