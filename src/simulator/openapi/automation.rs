//! Webhooks, service levels of accounts.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::limits::enabled_webhooks;
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, list as list_of, object, param, shaped, text,
};
use super::super::store::ids;
use super::{complete, overlay};

const WEBHOOK_READ: Scopes = Scopes::Any(&[
    "Desk.events.READ",
    "Desk.settings.READ",
    "Desk.webhooks.READ",
]);
const WEBHOOK_CREATE: Scopes = Scopes::Any(&[
    "Desk.events.CREATE",
    "Desk.settings.CREATE",
    "Desk.webhooks.CREATE",
]);
const WEBHOOK_UPDATE: Scopes = Scopes::Any(&[
    "Desk.events.UPDATE",
    "Desk.settings.UPDATE",
    "Desk.webhooks.UPDATE",
]);
const WEBHOOK_DELETE: Scopes = Scopes::Any(&[
    "Desk.events.DELETE",
    "Desk.settings.DELETE",
    "Desk.webhooks.DELETE",
]);
const SETTINGS_READ: Scopes = Scopes::Any(&["Desk.settings.READ"]);
const ACCOUNTS_UPDATE: Scopes = Scopes::Any(&["Desk.accounts.UPDATE"]);

const ANY_ID: Shape = Shape::Id("");
const FIELD_NAME: Shape = Shape::Text {
    min: 0,
    max: 100,
    pattern: Pattern::Name,
};
const AUTOMATION: Shape = Shape::Choice(&["AUTOMATION"]);

// The filters of the events. Their keys are read as optional: the examples send one alone.
const EMPTY: [Rule; 0] = [];
const DEPARTMENT: [Rule; 1] = [list_of("departmentIds", &ANY_ID, 0, usize::MAX).nullable()];
const BOTH: [Rule; 2] = [
    list_of("departmentId", &ANY_ID, 0, usize::MAX).nullable(),
    DEPARTMENT[0],
];
const PREVIOUS: [Rule; 1] = [boolean("includePrevState").nullable()];
const DEPARTMENT_PREVIOUS: [Rule; 2] = [DEPARTMENT[0], PREVIOUS[0]];
const TICKET_UPDATE: [Rule; 4] = [
    BOTH[0],
    BOTH[1],
    list_of("fields", &FIELD_NAME, 0, 5).nullable(),
    PREVIOUS[0],
];
const THREAD_ADD: [Rule; 3] = [
    BOTH[0],
    BOTH[1],
    choice("direction", &["in", "out"]).nullable(),
];

const fn none(name: &'static str) -> Rule {
    shaped(name, Shape::TextOrNull)
}

const fn filter(name: &'static str, keys: &'static [Rule]) -> Rule {
    object(name, keys).nullable()
}

/// The 56 events and the filter of each. Source: Webhook, schema of the subscriptions.
const SUBSCRIPTIONS: [Rule; 56] = [
    none("Account_Add"),
    none("Account_Delete"),
    filter("Account_Update", &PREVIOUS),
    none("Agent_Add"),
    none("Agent_Channel_Preference_Update"),
    none("Agent_Delete"),
    none("Agent_Presence_Update"),
    filter("Agent_Update", &PREVIOUS),
    none("Article_Add"),
    none("Article_Delete"),
    none("Article_Feedback_Add"),
    none("Article_Translation_Add"),
    none("Article_Translation_Delete"),
    filter("Article_Translation_Update", &PREVIOUS),
    filter("Article_Update", &PREVIOUS),
    filter("Call_Add", &DEPARTMENT),
    none("Call_Delete"),
    filter("Call_Update", &DEPARTMENT_PREVIOUS),
    none("Contact_Add"),
    none("Contact_Delete"),
    filter("Contact_Update", &PREVIOUS),
    none("Department_Add"),
    filter("Department_Update", &PREVIOUS),
    filter("Event_Add", &DEPARTMENT),
    none("Event_Delete"),
    filter("Event_Update", &DEPARTMENT_PREVIOUS),
    filter("IM_Message_Add", &DEPARTMENT),
    filter("IM_Message_Status", &DEPARTMENT),
    filter("IM_Session_Status", &BOTH),
    none("KBRootCategory_Add"),
    none("KBRootCategory_Delete"),
    filter("KBRootCategory_Update", &PREVIOUS),
    none("KBSection_Add"),
    none("KBSection_Delete"),
    filter("KBSection_Update", &PREVIOUS),
    filter("Task_Add", &DEPARTMENT),
    none("Task_Delete"),
    filter("Task_Update", &DEPARTMENT_PREVIOUS),
    filter("Ticket_Add", &BOTH),
    none("Ticket_Approval_Add"),
    filter("Ticket_Approval_Update", &PREVIOUS),
    filter("Ticket_Attachment_Add", &EMPTY),
    filter("Ticket_Attachment_Delete", &DEPARTMENT),
    filter("Ticket_Attachment_Restored", &DEPARTMENT),
    filter("Ticket_Attachment_Trashed", &DEPARTMENT),
    filter("Ticket_Attachment_Update", &EMPTY),
    filter("Ticket_Comment_Add", &BOTH),
    none("Ticket_Comment_Attachment_Add"),
    none("Ticket_Comment_Attachment_Delete"),
    filter("Ticket_Comment_Update", &BOTH),
    none("Ticket_Delete"),
    filter("Ticket_Thread_Add", &THREAD_ADD),
    filter("Ticket_Update", &TICKET_UPDATE),
    none("TimeEntry_Add"),
    none("TimeEntry_Delete"),
    filter("TimeEntry_Update", &PREVIOUS),
];

/// Source: Webhook, operation `createWebhook`. The callback is not called here.
const WEBHOOK_NEW: [Rule; 7] = [
    object("subscriptions", &SUBSCRIPTIONS)
        .nullable()
        .required(),
    form("url", 500, Pattern::Callback).required(),
    form("name", 100, Pattern::Wide),
    form("description", 3_000, Pattern::Name),
    list_of("includeEventsFrom", &AUTOMATION, 0, usize::MAX),
    form("ignoreSourceId", 250, Pattern::UuidOrEmpty),
    boolean("isEnabled"),
];

/// Source: Webhook, operation `updateWebhook`: other limits than for the creation.
const WEBHOOK_CHANGE: [Rule; 7] = [
    object("subscriptions", &SUBSCRIPTIONS)
        .nullable()
        .required(),
    form("url", 100, Pattern::WebsiteSemicolon),
    text("name", 100),
    text("description", 3_000),
    list_of("includeEventsFrom", &AUTOMATION, 0, usize::MAX),
    form("ignoreSourceId", 100, Pattern::UuidOrEmpty),
    boolean("isEnabled"),
];

/// Webhooks that may be configured. Source: the webhook page.
const CONFIGURED_WEBHOOKS: usize = 20;

/// Source: Service levels of accounts, operation `getSlasUnderAccount`.
const ACCOUNT_SLAS: [Param; 4] = [
    param("departmentId", Form::Id),
    param("limit", Form::Range(1, 100)),
    param("from", Form::Range(0, i64::MAX)),
    param("status", Form::Choice(&["ACTIVE", "INACTIVE"])),
];

/// Source: Service levels of accounts, operation `associateAndDisassociateSlaInAccount`.
const ASSOCIATE: [Rule; 1] = [boolean("associate").required()];

/// The operations of this file.
pub(super) static ROUTES: [Route; 7] = [
    list("/webhooks", WEBHOOK_READ, &[], |e| {
        Ok(Answer::List(e.organization.objects("webhooks")))
    }),
    post(
        "/webhooks",
        WEBHOOK_CREATE,
        Content::Object(&WEBHOOK_NEW),
        create_webhook,
    ),
    get("/webhooks/{id}", WEBHOOK_READ, &[], |e| {
        Ok(Answer::Object(200, e.seen("webhooks", e.id())?))
    }),
    patch(
        "/webhooks/{id}",
        WEBHOOK_UPDATE,
        Content::Change(&WEBHOOK_CHANGE),
        change_webhook,
    ),
    delete("/webhooks/{id}", WEBHOOK_DELETE, delete_webhook),
    list(
        "/accounts/{id}/sla",
        SETTINGS_READ,
        &ACCOUNT_SLAS,
        account_slas,
    ),
    post(
        "/accounts/{id}/sla/{id}",
        ACCOUNTS_UPDATE,
        Content::Object(&ASSOCIATE),
        associate_sla,
    ),
];

fn create_webhook(exchange: &mut Exchange<'_>) -> Outcome {
    let id = exchange.organization.fresh_id();
    let now = exchange.now();
    let defaults = json!({"id": id, "name": null, "description": null, "url": null, "subscriptions": {},
        "includeEventsFrom": [], "ignoreSourceId": null, "isEnabled": true, "type": "CUSTOMER_WEBHOOK",
        "createdBy": exchange.organization.acting_agent(), "createdTime": now, "modifiedTime": now});
    let webhook = complete(&exchange.body, defaults);
    if exchange.organization.live("webhooks").count() >= CONFIGURED_WEBHOOKS {
        return Err(Fault::State(format!(
            "At most {CONFIGURED_WEBHOOKS} webhooks can be configured."
        )));
    }
    check_edition(exchange, &webhook)?;
    exchange.organization.put("webhooks", webhook);
    Ok(Answer::Object(200, exchange.seen("webhooks", &id)?))
}

/// The edition limits how many webhooks are enabled.
fn check_edition(exchange: &Exchange<'_>, webhook: &Map<String, Value>) -> Result<(), Fault> {
    let others = exchange
        .organization
        .live("webhooks")
        .filter(|other| {
            other["isEnabled"] == json!(true) && Some(&other["id"]) != webhook.get("id")
        })
        .count();
    let most = enabled_webhooks(exchange.organization.edition());
    if webhook.get("isEnabled") == Some(&json!(true)) && others >= most {
        return Err(Fault::State(format!(
            "At most {most} webhooks can be enabled in this edition."
        )));
    }
    Ok(())
}

/// `subscriptions` is sent with every change and replaces what was there.
fn change_webhook(exchange: &mut Exchange<'_>) -> Outcome {
    let mut webhook = exchange.stored("webhooks")?;
    let was_enabled = webhook.get("isEnabled") == Some(&json!(true));
    overlay(&mut webhook, &exchange.body);
    if !was_enabled {
        check_edition(exchange, &webhook)?;
    }
    webhook.insert("modifiedTime".into(), exchange.now());
    exchange.organization.put("webhooks", webhook);
    Ok(Answer::Object(
        200,
        exchange.seen("webhooks", exchange.id())?,
    ))
}

/// Success is 200 without body.
fn delete_webhook(exchange: &mut Exchange<'_>) -> Outcome {
    exchange.stored("webhooks")?;
    let id = exchange.id().to_owned();
    exchange.organization.remove("webhooks", &id);
    Ok(Answer::Empty(200))
}

fn account_slas(exchange: &mut Exchange<'_>) -> Outcome {
    let bound = ids(exchange
        .stored("accounts")?
        .get("associatedSLAIds")
        .unwrap_or(&Value::Null));
    let query = &exchange.query;
    let wanted = exchange.organization.live("slas").filter(|sla| {
        sla["id"]
            .as_str()
            .is_some_and(|id| bound.iter().any(|other| other == id))
            && query
                .get("departmentId")
                .is_none_or(|id| sla["departmentId"] == id)
            && query
                .get("status")
                .is_none_or(|status| (status == "ACTIVE") == (sla["isActive"] == json!(true)))
    });
    let shown = |sla: &Value| {
        let department = sla["departmentId"]
            .as_str()
            .and_then(|id| exchange.organization.stored("departments", id))
            .map(|department| json!({"id": department["id"], "name": department["name"]}));
        json!({"id": sla["id"], "name": sla["name"], "isActive": sla["isActive"], "department": department})
    };
    Ok(Answer::List(
        exchange
            .page(wanted, 0, 10)
            .into_iter()
            .map(shown)
            .collect(),
    ))
}

fn associate_sla(exchange: &mut Exchange<'_>) -> Outcome {
    let mut account = exchange.stored("accounts")?;
    let sla = exchange.parts.get(1).cloned().unwrap_or_default();
    if !exchange.organization.holds("slas", &sla) {
        return Err(Fault::invalid("/slaId", "names no object of slas"));
    }
    let mut bound = ids(account.get("associatedSLAIds").unwrap_or(&Value::Null));
    bound.retain(|id| *id != sla);
    if exchange.body.get("associate") == Some(&json!(true)) {
        bound.push(sla);
    }
    account.insert("associatedSLAIds".into(), json!(bound));
    exchange.organization.put("accounts", account);
    Ok(Answer::Empty(204))
}
