//! Webhooks.

use crate::problem::Code;

use super::rules::{Allowance, Clash, Is, Mark, Most};
use super::{
    Api, Create, Enabled, Field, Form, Grouping, Kind, Listing, Map, Null, Owned, Removal, Risk,
    Scopes, Sent, Shape, Switch, Wire, choice, flag, patterns, references, text, to,
};
use crate::dialect::Edition;

/// Only of these departments. Source: Webhook, the filter schemas; older answers have another key.
const DEPARTMENT: Field = references("departments", to("departments"))
    .openapi(super::read_at(
        "departmentIds",
        "departmentIds|departmentId",
    ))
    .doc("Only of these departments.");
/// Source: Webhook, the filter schemas.
const PREVIOUS_STATE: Field = flag("includePrevState")
    .unsaid(Switch::Flag(false))
    .doc("Whether the call carries the state before.");
/// Source: Webhook, `FilterTicketUpdate`.
const FIELDS: Field = Field::new(
    "fields",
    Shape::Texts {
        max_items: 5,
        max: 100,
        set: true,
        pattern: Some(patterns::NAME),
        choices: &[],
    },
)
.doc("Only when one of these fields changes, at most five of them.");

const NONE: &[Field] = &[];
const DEPARTMENTS: &[Field] = &[DEPARTMENT];
const PREVIOUS: &[Field] = &[PREVIOUS_STATE];
const DEPARTMENTS_PREVIOUS: &[Field] = &[DEPARTMENT, PREVIOUS_STATE];
/// Source: Webhook, `FilterTicketThreadAdd`.
const THREAD: &[Field] = &[
    DEPARTMENT,
    choice("direction", &["in", "out"]).doc("Only threads in this direction."),
];
const TICKET_UPDATE: &[Field] = &[DEPARTMENT, FIELDS, PREVIOUS_STATE];

/// An event with its filter; null is the event without a filter.
const fn event(name: &'static str, filter: &'static [Field]) -> Field {
    let filter = Map {
        fields: filter,
        owned: Owned::Whole,
        sent: Sent::Whole,
        null: Null::Empty,
        elsewhere: &[],
        keeps_unknown: true,
    };
    Field::new(name, Shape::Map(filter))
        .doc("The filter of the event; `{}` where every such event is wanted.")
}

/// Every event. Source: Webhook, `Subscriptions` (56 names).
pub const EVENTS: &[Field] = &[
    event("Account_Add", NONE),
    event("Account_Delete", NONE),
    event("Account_Update", PREVIOUS),
    event("Agent_Add", NONE),
    event("Agent_Channel_Preference_Update", NONE),
    event("Agent_Delete", NONE),
    event("Agent_Presence_Update", NONE),
    event("Agent_Update", PREVIOUS),
    event("Article_Add", NONE),
    event("Article_Delete", NONE),
    event("Article_Feedback_Add", NONE),
    event("Article_Translation_Add", NONE),
    event("Article_Translation_Delete", NONE),
    event("Article_Translation_Update", PREVIOUS),
    event("Article_Update", PREVIOUS),
    event("Call_Add", DEPARTMENTS),
    event("Call_Delete", NONE),
    event("Call_Update", DEPARTMENTS_PREVIOUS),
    event("Contact_Add", NONE),
    event("Contact_Delete", NONE),
    event("Contact_Update", PREVIOUS),
    event("Department_Add", NONE),
    event("Department_Update", PREVIOUS),
    event("Event_Add", DEPARTMENTS),
    event("Event_Delete", NONE),
    event("Event_Update", DEPARTMENTS_PREVIOUS),
    event("IM_Message_Add", DEPARTMENTS),
    event("IM_Message_Status", DEPARTMENTS),
    event("IM_Session_Status", DEPARTMENTS),
    event("KBRootCategory_Add", NONE),
    event("KBRootCategory_Delete", NONE),
    event("KBRootCategory_Update", PREVIOUS),
    event("KBSection_Add", NONE),
    event("KBSection_Delete", NONE),
    event("KBSection_Update", PREVIOUS),
    event("Task_Add", DEPARTMENTS),
    event("Task_Delete", NONE),
    event("Task_Update", DEPARTMENTS_PREVIOUS),
    event("Ticket_Add", DEPARTMENTS),
    event("Ticket_Approval_Add", NONE),
    event("Ticket_Approval_Update", PREVIOUS),
    event("Ticket_Attachment_Add", NONE),
    event("Ticket_Attachment_Delete", DEPARTMENTS),
    event("Ticket_Attachment_Restored", DEPARTMENTS),
    event("Ticket_Attachment_Trashed", DEPARTMENTS),
    event("Ticket_Attachment_Update", NONE),
    event("Ticket_Comment_Add", DEPARTMENTS),
    event("Ticket_Comment_Attachment_Add", NONE),
    event("Ticket_Comment_Attachment_Delete", NONE),
    event("Ticket_Comment_Update", DEPARTMENTS),
    event("Ticket_Delete", NONE),
    event("Ticket_Thread_Add", THREAD),
    event("Ticket_Update", TICKET_UPDATE),
    event("TimeEntry_Add", NONE),
    event("TimeEntry_Delete", NONE),
    event("TimeEntry_Update", PREVIOUS),
];

/// The guide's event names beside the official ones, with the one ticket field whose change they
/// stand for. Source: the guide's list of webhook events.
pub const GUIDE_EVENTS: &[(&str, &str, Option<&str>)] = &[
    ("Ticket.Add", "Ticket_Add", None),
    ("Ticket.Update", "Ticket_Update", None),
    ("Ticket.Delete", "Ticket_Delete", None),
    ("Ticket.StatusChange", "Ticket_Update", Some("status")),
    (
        "Ticket.AssignmentChange",
        "Ticket_Update",
        Some("assigneeId"),
    ),
    ("Ticket.CommentAdd", "Ticket_Comment_Add", None),
    ("Contact.Add", "Contact_Add", None),
    ("Contact.Update", "Contact_Update", None),
    ("Account.Add", "Account_Add", None),
    ("Account.Update", "Account_Update", None),
];

/// The guide's event names, with what manifests write. Source: the guide's list of webhook events.
const GUIDE_NAMES: &[(&str, &str)] = &[
    ("Ticket.Add", "Ticket_Add: {}"),
    ("Ticket.Update", "Ticket_Update: {}"),
    ("Ticket.Delete", "Ticket_Delete: {}"),
    ("Ticket.StatusChange", "Ticket_Update: {fields: [status]}"),
    (
        "Ticket.AssignmentChange",
        "Ticket_Update: {fields: [assigneeId]}",
    ),
    ("Ticket.CommentAdd", "Ticket_Comment_Add: {}"),
    ("Contact.Add", "Contact_Add: {}"),
    ("Contact.Update", "Contact_Update: {}"),
    ("Account.Add", "Account_Add: {}"),
    ("Account.Update", "Account_Update: {}"),
];

/// The guide's `/events` objects with one URL are one webhook. Source: the guide's event object and
/// `POST /events`.
const GROUPING: Grouping = Grouping {
    by: "url",
    parts: "subscriptions",
    singular: "event",
    entry: ("subscription", "subscribed here"),
    part: "eventType",
    switch: "isActive",
    besides: ("actions", &["add"]),
    names: GUIDE_EVENTS,
    words: "fields",
    help: "the guide knows ten events without filters, and `Ticket_Update` with `fields: [status]` or `[assigneeId]`; use an overlay for the rest",
    left: ("the events of its old URL", "its old URL"),
    no_name: (
        "the guide's webhooks have no names; a URL says which one is to be removed",
        "list its URL, in an overlay of the environments that speak the guide dialect",
    ),
};

/// Where the `openapi` dialect lists them; the guide's API has no such path.
pub const PATH: &str = "/webhooks";

/// A webhook. Source: Webhook (`getWebhooks`, `createWebhook`, `updateWebhook`,
/// `deleteWebhook`); in the guide the set of `/events` objects with one URL.
pub static KIND: Kind = Kind {
    collection: "webhooks",
    singular: "webhook",
    doc: "A call of your service when something happens in the help desk. `subscriptions` is owned whole: an event that is not listed is unsubscribed.",
    managed: true,
    enabled: Some(Enabled {
        field: "isEnabled",
        on: Switch::Flag(true),
        send_on_create: true,
    }),
    seed: false,
    create_effect: Some("the URL is called to check it"),
    effect_help: Some(
        "Zoho Desk calls the URL of a webhook when it is made or changed: see that it can be reached from the internet and answers a POST with 200",
    ),
    // An address of more than 100 characters can be given on creation only.
    replaces_itself: true,
    fields: &[
        text("name")
            .max(100)
            .pattern(patterns::TEXT)
            .naming()
            .required()
            .guide(Wire::Harmless)
            .doc("The webhook's name. The guide's webhooks have none; there the URL names them."),
        text("url")
            .max(500)
            .update_max(100)
            .pattern(patterns::HOOK)
            .required()
            .unique(&Clash {
                code: Code::DuplicateUrl,
                what: "call one URL",
                labels: ("and here", "called here"),
                help: "merge their `subscriptions` into one webhook, or add a query such as `?source=…` to one URL",
            })
            .renews()
            .risk(Risk::Outside)
            .alike(super::Alike::Url)
            .may_hold_key()
            .doc("The address that is called; 100 characters at most once the webhook exists. A secret in it is percent-encoded for its place: give it as the receiver knows it."),
        Field::new(
            "subscriptions",
            Shape::Map(Map {
                fields: EVENTS,
                owned: Owned::Whole,
                sent: Sent::Whole,
                null: Null::Nothing,
                elsewhere: GUIDE_NAMES,
                keeps_unknown: true,
            }),
        )
            .required()
            .risk(Risk::Outside)
            .known(
                "The guide dialect knows these alone, by names of its own and without other filters",
                &[
                    "Ticket_Add",
                    "Ticket_Update",
                    "Ticket_Update: {fields: [status]}",
                    "Ticket_Update: {fields: [assigneeId]}",
                    "Ticket_Delete",
                    "Ticket_Comment_Add",
                    "Contact_Add",
                    "Contact_Update",
                    "Account_Add",
                    "Account_Update",
                ],
            )
            .doc("The events, each with its filter: `{departments: [..], includePrevState: true, fields: [..], direction: in}`."),
        text("description")
            .max(3000)
            .pattern(patterns::NAME_OR_EMPTY)
            .guide(Wire::Harmless)
            .doc("What the webhook is for."),
        Field::new(
            "includeEventsFrom",
            Shape::Texts {
                max_items: 0,
                max: 100,
                set: true,
                pattern: None,
                choices: &["AUTOMATION"],
            },
        )
        .guide(Wire::Refused("the guide's webhooks cannot tell events of automations"))
        .risk(Risk::Outside)
        .doc("Other sources of events: `AUTOMATION`."),
        text("ignoreSourceId")
            .max(100)
            .pattern(patterns::UUID)
            .guide(Wire::Refused("the guide's webhooks cannot leave out a source"))
            .risk(Risk::Outside)
            .doc("Events that carry this source id (a UUID) are not sent."),
        flag("isEnabled")
            .server_default()
            .guide(super::sent("isActive"))
            .risk(Risk::Outside)
            .doc("Whether the webhook is in use; declaring it implies `true`."),
    ],
    marks: &[Mark::foreign(
        "type",
        Is::Word("EXTENSION_WEBHOOK"),
        "a webhook of an extension",
        "of extensions",
    )],
    openapi: Some(Api {
        listing: Listing::Whole(PATH),
        page: 0,
        id: "id",
        item: Some("/webhooks/{id}"),
        takes_fields: false,
        create: Create::Post(PATH),
        required_on_create: &[],
        update: Some("/webhooks/{id}"),
        resend: &["subscriptions"],
        removal: Removal::Delete("/webhooks/{id}"),
        switch: None,
        form: Form::Plain,
        // Source: the webhook documentation of the product.
        most: &[
            Most {
                allows: Allowance::InAll(20),
                code: Code::TooManyWebhooks,
                help: "remove some, or put their subscriptions together",
            },
            Most {
                allows: Allowance::InUse(&[
                    (Edition::Free, 0),
                    (Edition::Express, 0),
                    (Edition::Standard, 0),
                    (Edition::Professional, 5),
                    (Edition::Enterprise, 10),
                ]),
                code: Code::TooManyWebhooks,
                help: "disable some with `isEnabled: false`",
            },
        ],
        scopes: Scopes {
            read: &["Desk.settings.READ", "Desk.webhooks.READ", "Desk.events.READ"],
            create: &["Desk.settings.CREATE", "Desk.webhooks.CREATE", "Desk.events.CREATE"],
            update: &["Desk.settings.UPDATE", "Desk.webhooks.UPDATE", "Desk.events.UPDATE"],
            delete: &["Desk.settings.DELETE", "Desk.webhooks.DELETE", "Desk.events.DELETE"],
        },
        ..Api::BLANK
    }),
    guide: Some(Api {
        listing: Listing::Whole("/events"),
        page: 100,
        id: "id",
        // The guide shows none.
        item: None,
        takes_fields: false,
        create: Create::Post("/events"),
        required_on_create: &[],
        update: None,
        resend: &[],
        removal: Removal::Delete("/events/{id}"),
        switch: None,
        form: Form::Grouped(&GROUPING),
        // The guide says nothing of a check of the URL.
        creates_quietly: true,
        scopes: super::GUIDE_SETTINGS,
        ..Api::BLANK
    }),
    ..Kind::BLANK
};
